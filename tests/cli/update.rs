//! Changes to tables that exist: in place, step by step, and away.

use insta::assert_snapshot;

use crate::support::{Cloud, Project};

/// A project that is deployed, in a quick sandbox.
fn deployed(name: &str, stack: &str) -> (Project, Cloud) {
    let project = Project::sample(&format!("update-{name}"));
    let cloud = Cloud::quick(&project);
    let _ = deploy(&project, stack).ends_with(0);
    (project, cloud)
}

fn deploy(project: &Project, stack: &str) -> crate::support::Output {
    project.run(&["deploy", stack, "--sandbox", "--yes"])
}

#[test]
fn capacity_in_place() {
    let (project, cloud) = deployed("capacity", "notes");
    project.replace("notes.rs", "5..=most", "7..=most");
    assert_snapshot!(deploy(&project, "notes"), @r#"
    exit code 0
    --- stdout
    notes.NotesTable = demo-dev-notes
    notes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 2 in place, 1 in place, with risk
      ~ NoteReadScaling.MinCapacity  5 → 7  [in place]
      ~ NoteWriteScaling.MinCapacity  5 → 7  [in place]
      ~ Note.ProvisionedThroughput  {"ReadCapacityUnits":5,"WriteCapacityUnits":5} → {"ReadCapacityUnits":7,"WriteCapacityUnits":7}  [in place, with risk]
          the values in the template replace those that auto scaling (`NoteReadScaling`) has set, which can cause throttling
          --> stacks/notes.rs:9
    notes: deploying
    --:--:--  notes  stack  UPDATE_IN_PROGRESS  User Initiated
    --:--:--  notes  Note  UPDATE_IN_PROGRESS
    --:--:--  notes  Note  UPDATE_COMPLETE
    --:--:--  notes  NoteReadScaling  UPDATE_IN_PROGRESS
    --:--:--  notes  NoteWriteScaling  UPDATE_IN_PROGRESS
    --:--:--  notes  NoteReadScaling  UPDATE_COMPLETE
    --:--:--  notes  NoteWriteScaling  UPDATE_COMPLETE
    --:--:--  notes  stack  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
    --:--:--  notes  stack  UPDATE_COMPLETE
              notes  demo-dev-notes  ACTIVE
    ✓ notes: done, and the tables it changed can be used.
    "#);
    assert_eq!(cloud.table("demo-dev-notes")["ProvisionedThroughput"]["ReadCapacityUnits"], 7);
    assert_snapshot!(deploy(&project, "notes"), @"
    exit code 0
    --- stdout
    notes.NotesTable = demo-dev-notes
    notes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): nothing to change
    ✓ notes: nothing to change.
    ");
}

#[test]
fn an_index_is_redefined_with_consent() {
    let (project, cloud) = deployed("rebuild", "shop");
    let item = "pub struct Product {";
    let index = |field: &str| format!("#[ddb(index(name = \"byName\", partition({field})))]\n{item}");
    project.replace("shop.rs", item, &index("name"));
    let deploy = |args: &[&str]| project.run(&[&["deploy", "shop", "--sandbox", "--yes"], args].concat());
    let _ = deploy(&[]).ends_with(0);
    project.replace("shop.rs", &index("name"), &index("category"));
    let _ = deploy(&[]).ends_with(6).says("to allow it: `--allow-index-rebuild dev/shop/Product`");
    let _ = deploy(&["--allow-index-rebuild", "dev/shop/Produkt"])
        .ends_with(2)
        .says("did you mean `dev/shop/Product`?");
    // Consent to something else is none.
    let _ = deploy(&["--allow-index-rebuild", "dev/shop/Category"]).ends_with(6);
    let _ = deploy(&["--allow-index-rebuild", "dev/shop/Product"]).ends_with(0);
    let table = cloud.table("demo-dev-product");
    assert_eq!(table["GlobalSecondaryIndexes"][0]["KeySchema"][0]["AttributeName"], "Category");
}

#[test]
fn indexes_one_by_one() {
    let (project, cloud) = deployed("indexes", "shop");
    let index = |name: &str, field: &str| format!("#[ddb(index(name = \"{name}\", partition({field})))]\n");
    let item = "pub struct Product";
    project.replace("shop.rs", item, &format!("{}{item}", index("byName", "name")));
    assert_snapshot!(deploy(&project, "shop"), @"
    exit code 0
    --- stdout
    shop.CategoryTable = demo-dev-category
    shop.ProductTable = demo-dev-product
    --- stderr
    Plan for the sandbox, us-east-1:
    shop (demo-shop-dev): 1 in place
      + Product.GlobalSecondaryIndexes.byName  [in place]
    shop: deploying
    --:--:--  shop  stack  UPDATE_IN_PROGRESS  User Initiated
    --:--:--  shop  Product  UPDATE_IN_PROGRESS
    --:--:--  shop  Product  UPDATE_COMPLETE
    --:--:--  shop  stack  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
    --:--:--  shop  stack  UPDATE_COMPLETE
              shop  demo-dev-product  ACTIVE, index byName ACTIVE
    ✓ shop: done, and the tables it changed can be used.
    ");

    // DynamoDB takes one new index at a time, so two are two steps.
    project.replace(
        "shop.rs",
        item,
        &format!("{}{}{item}", index("byCategory", "category"), index("byImage", "resized_image_url")),
    );
    assert_snapshot!(deploy(&project, "shop"), @"
    exit code 0
    --- stdout
    shop.CategoryTable = demo-dev-category
    shop.ProductTable = demo-dev-product
    --- stderr
    Plan for the sandbox, us-east-1:
    shop (demo-shop-dev): 2 staged, in 2 steps
      + Product.GlobalSecondaryIndexes.byCategory  [staged]
          index `byCategory` is built while the table stays available, and can be queried once it is ACTIVE
          in one update AWS would answer: Cannot perform more than one GSI creation or deletion in a single update
          --> stacks/shop.rs:10
      + Product.GlobalSecondaryIndexes.byImage  [staged]
          index `byImage` is built while the table stays available, and can be queried once it is ACTIVE
          in one update AWS would answer: Cannot perform more than one GSI creation or deletion in a single update
          --> stacks/shop.rs:11
    shop: deploying
    shop: step 1 of 2: create index byCategory on Product
    --:--:--  shop  stack  UPDATE_IN_PROGRESS  User Initiated
    --:--:--  shop  Product  UPDATE_IN_PROGRESS
    --:--:--  shop  Product  UPDATE_COMPLETE
    --:--:--  shop  stack  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
    --:--:--  shop  stack  UPDATE_COMPLETE
              shop  demo-dev-product  ACTIVE, index byCategory ACTIVE, index byName ACTIVE
    shop: step 2 of 2: create index byImage on Product
    --:--:--  shop  stack  UPDATE_IN_PROGRESS  User Initiated
    --:--:--  shop  Product  UPDATE_IN_PROGRESS
    --:--:--  shop  Product  UPDATE_COMPLETE
    --:--:--  shop  stack  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
    --:--:--  shop  stack  UPDATE_COMPLETE
              shop  demo-dev-product  ACTIVE, index byCategory ACTIVE, index byImage ACTIVE, index byName ACTIVE
    ✓ shop: done, and the tables it changed can be used.
    ");
    let indexes = cloud.table("demo-dev-product")["GlobalSecondaryIndexes"].clone();
    let names: Vec<&str> =
        indexes.as_array().unwrap().iter().map(|index| index["IndexName"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(indexes.as_array().unwrap().iter().all(|index| index["IndexStatus"] == "ACTIVE"));
    assert_snapshot!(deploy(&project, "shop"), @"
    exit code 0
    --- stdout
    shop.CategoryTable = demo-dev-category
    shop.ProductTable = demo-dev-product
    --- stderr
    Plan for the sandbox, us-east-1:
    shop (demo-shop-dev): nothing to change
    ✓ shop: nothing to change.
    ");
}

#[test]
fn a_table_that_is_no_longer_defined_is_retained() {
    let (project, cloud) = deployed("removed", "shop");
    project.replace("shop.rs", "    let category = stack.table(", "    drop(");
    project.replace("shop.rs", "    stack.output(\"CategoryTable\", category.name());\n", "");
    assert_snapshot!(deploy(&project, "shop"), @"
    exit code 6
    --- stderr
    Plan for the sandbox, us-east-1:
    shop (demo-shop-dev): 1 in place, with risk, 1 old table retained
      - output CategoryTable  [in place, with risk]
          the output is no longer available to its readers
          --> stacks/shop.rs:34
      - Category  DynamoDB::Table  [old table retained]
          the table is removed from the stack; its deployed `DeletionPolicy` retains it in the account with its items
          --> stacks/shop.rs:34
    note: Category (demo-dev-category) has about 0 items, 0 bytes (DynamoDB counts about every six hours)
    note: Category (demo-dev-category): point-in-time recovery: from [TIME] to [TIME]
    note: Category (demo-dev-category): last backup: none
    error: the plan of stack shop is refused; nothing was changed: Category: the table is removed from the stack; its deployed `DeletionPolicy` retains it in the account with its items
      help: to allow it: `--allow-replacement dev/shop/Category`
    ");
    assert!(cloud.call("DescribeStackResources", "demo-shop-dev").contains("demo-dev-category"));
    // Meant, and said so by name.
    assert_snapshot!(project.run(&["deploy", "shop", "--sandbox", "--yes", "--allow-replacement", "dev/shop/Category"]), @"
    exit code 0
    --- stdout
    shop.ProductTable = demo-dev-product
    --- stderr
    Plan for the sandbox, us-east-1:
    shop (demo-shop-dev): 1 in place, with risk, 1 old table retained
      - output CategoryTable  [in place, with risk]
          the output is no longer available to its readers
          --> stacks/shop.rs:34
      - Category  DynamoDB::Table  [old table retained]
          the table is removed from the stack; its deployed `DeletionPolicy` retains it in the account with its items
          --> stacks/shop.rs:34
    note: Category (demo-dev-category) has about 0 items, 0 bytes (DynamoDB counts about every six hours)
    note: Category (demo-dev-category): point-in-time recovery: from [TIME] to [TIME]
    note: Category (demo-dev-category): last backup: none
    shop: deploying
    --:--:--  shop  stack  UPDATE_IN_PROGRESS  User Initiated
    --:--:--  shop  stack  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
    --:--:--  shop  Category  DELETE_SKIPPED
    --:--:--  shop  stack  UPDATE_COMPLETE
    ✓ shop: done, and the tables it changed can be used.
      Category (demo-dev-category) is retained outside the stack, by its policy.
    ");
    assert!(!cloud.call("DescribeStackResources", "demo-shop-dev").contains("demo-dev-category"));
    assert_eq!(cloud.table("demo-dev-category")["TableStatus"], "ACTIVE");
}

#[test]
fn outputs_alone() {
    let (project, _) = deployed("outputs", "notes");
    project.replace("notes.rs", "\"NotesTableArn\"", "\"NotesArn\"");
    assert_snapshot!(deploy(&project, "notes"), @"
    exit code 0
    --- stdout
    notes.NotesArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    notes.NotesTable = demo-dev-notes
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 1 new, 1 in place, with risk
      + output NotesArn  [new]
      - output NotesTableArn  [in place, with risk]
          the output is no longer available to its readers
          --> stacks/notes.rs:25
    notes: deploying
    --:--:--  notes  stack  UPDATE_IN_PROGRESS  User Initiated
    --:--:--  notes  stack  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
    --:--:--  notes  stack  UPDATE_COMPLETE
    ✓ notes: done, and the tables it changed can be used.
    ");
}

#[test]
fn tags_of_the_stack_alone() {
    let (project, cloud) = deployed("tags", "notes");
    project.replace(
        "notes.rs",
        ".description(\"Notes of a user\")",
        ".description(\"Notes of a user\").tag(\"team\", \"blue\")",
    );
    assert_snapshot!(deploy(&project, "notes"), @"
    exit code 0
    --- stdout
    notes.NotesTable = demo-dev-notes
    notes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 1 in place
      + Stack.Tags.team  blue  [in place]
    notes: deploying
    --:--:--  notes  stack  UPDATE_IN_PROGRESS  User Initiated
    --:--:--  notes  Note  UPDATE_IN_PROGRESS
    --:--:--  notes  Note  UPDATE_COMPLETE
    --:--:--  notes  stack  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
    --:--:--  notes  stack  UPDATE_COMPLETE
    ✓ notes: done, and the tables it changed can be used.
    ");
    assert!(cloud.call("DescribeStacks", "demo-notes-dev").contains("<Key>team</Key><Value>blue</Value>"));
    assert_snapshot!(deploy(&project, "notes"), @"
    exit code 0
    --- stdout
    notes.NotesTable = demo-dev-notes
    notes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): nothing to change
    ✓ notes: nothing to change.
    ");
}
