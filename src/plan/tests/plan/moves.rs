//! Changed logical ids and names: single ones, several at once, in circles, and combined with other changes.

use serde_json::{Value, json};
use tablewright_plan::{Change, Plan, PlanOptions, Verdict, plan};

use crate::support::{attributes, key, lines, merged, resource, with};

fn check(before: Value, after: Value, expected: &[&str]) -> Plan {
    let plan = plan(Some(&before), &after, &PlanOptions::default());
    let mut found = lines(&plan);
    let mut expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "\nfrom {before}\n  to {after}");
    plan
}

fn stack(resources: &[(&str, &Value)]) -> Value {
    json!({ "Resources": resources.iter().map(|(id, resource)| ((*id).to_owned(), (*resource).clone())).collect::<serde_json::Map<_, _>>() })
}

fn called(name: &str) -> Value {
    resource(json!({ "TableName": name }))
}

fn find<'p>(plan: &'p Plan, id: &str) -> &'p Change {
    plan.changes.iter().find(|change| change.logical_id == id).expect("the change")
}

const TAKEN: &str = "Resource of type 'AWS::DynamoDB::Table' with identifier 'y' already exists.";

#[test]
fn several_tables_move_at_once() {
    let (x, y, z) = (called("x"), called("y"), called("z"));
    let kept = with(&stack(&[("G", &resource(json!({})))]), "/Resources/G/DeletionPolicy", json!("Retain"));
    let generated = &kept["Resources"]["G"];
    let plan = check(
        stack(&[("A", &x), ("B", &y), ("C", &z), ("G", generated)]),
        stack(&[("A2", &x), ("B2", &y), ("C", &z), ("G2", generated)]),
        &["move A to A2: refused", "move B to B2: refused", "move G to G2: replacement-kept"],
    );
    assert_eq!(find(&plan, "B2").server_text.as_deref(), Some(TAKEN));
    // One of them has the key of a table that is gone, and another name.
    check(
        stack(&[("A", &x), ("B", &y)]),
        stack(&[("B2", &y), ("N", &z)]),
        &["move B to B2: refused", "move A to N: data-loss"],
    );
}

#[test]
fn two_tables_swap_their_ids() {
    let (x, y) = (called("x"), called("y"));
    let plan = check(
        stack(&[("A", &x), ("B", &y)]),
        stack(&[("A", &y), ("B", &x)]),
        &["move B to A: refused", "move A to B: refused"],
    );
    let change = find(&plan, "A");
    assert_eq!(change.server_text.as_deref(), Some(TAKEN));
    assert_eq!((change.before.as_ref(), change.after.as_ref()), (Some(&y), Some(&y)));
    assert!(change.recipe.clone().expect("a recipe").steps[0].contains("logical id `B`"));
    // Whatever their keys are: there is no talk of a key that changes.
    let keyed = resource(
        json!({ "TableName": "y", "AttributeDefinitions": attributes(&["id"]), "KeySchema": key(&["id"]) }),
    );
    check(
        stack(&[("A", &x), ("B", &keyed)]),
        stack(&[("A", &keyed), ("B", &x)]),
        &["move B to A: refused", "move A to B: refused"],
    );
    // In a circle of three.
    let z = called("z");
    check(
        stack(&[("A", &x), ("B", &y), ("C", &z)]),
        stack(&[("A", &y), ("B", &z), ("C", &x)]),
        &["move B to A: refused", "move C to B: refused", "move A to C: refused"],
    );
    // Without names the tables stay where they are, and only what is said about them is swapped.
    let (plain, rare) =
        (resource(json!({})), resource(json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS" })));
    check(
        stack(&[("A", &plain), ("B", &rare)]),
        stack(&[("A", &rare), ("B", &plain)]),
        &[
            "add A/Properties/TableClass: in-place-with-risk",
            "remove B/Properties/TableClass: in-place-with-risk",
        ],
    );
}

#[test]
fn a_name_in_use_is_not_available() {
    let (x, y, z) = (called("x"), called("y"), called("z"));
    // It goes on to another id, and its own id gets a new table.
    check(
        stack(&[("A", &x), ("B", &y)]),
        stack(&[("A", &y), ("B", &z)]),
        &["move B to A: refused", "modify B/Properties/TableName: data-loss"],
    );
    // Its table is removed, but only after the new one is made.
    check(stack(&[("A", &x), ("B", &y)]), stack(&[("A", &y)]), &["move B to A: refused"]);
    // It is kept.
    let plan = check(
        stack(&[("A", &x), ("B", &y)]),
        stack(&[("A", &y), ("B", &y)]),
        &["modify A/Properties/TableName: refused"],
    );
    assert_eq!(plan.changes[0].server_text.as_deref(), Some(TAKEN));
    assert!(plan.changes[0].why.contains("`B`") && plan.changes[0].recipe.is_some());
    let plan = check(stack(&[("B", &y)]), stack(&[("B", &y), ("C", &y)]), &["add C: refused"]);
    assert_eq!(plan.changes[0].server_text.as_deref(), Some(TAKEN));
    // Only one of two can be the table that moved.
    check(stack(&[("B", &y)]), stack(&[("C", &y), ("D", &y)]), &["move B to C: refused", "add D: refused"]);
    // A name of another table that changes nothing here.
    check(
        stack(&[("A", &x), ("B", &y)]),
        stack(&[("A", &z), ("B", &y)]),
        &["modify A/Properties/TableName: data-loss"],
    );
}

#[test]
fn a_table_moves_and_changes_at_once() {
    let (x, rekeyed) = (called("y"), resource(json!({ "TableName": "y", "KeySchema": key(&["pk", "pk"]) })));
    let plan = check(stack(&[("A", &x)]), stack(&[("B", &rekeyed)]), &["move A to B: refused"]);
    assert!(plan.changes[0].why.ends_with("its other changes are reported once it has its logical id"));
    let plan = check(stack(&[("A", &x)]), stack(&[("B", &x)]), &["move A to B: refused"]);
    assert!(plan.changes[0].why.ends_with("its name is in use by `A`"));
    let (plain, tagged) = (resource(json!({})), resource(json!({ "Tags": [{ "Key": "k", "Value": "v" }] })));
    let plan = check(stack(&[("A", &plain)]), stack(&[("B", &tagged)]), &["move A to B: data-loss"]);
    assert!(plan.changes[0].why.contains("its other changes"), "{}", plan.changes[0].why);
    // With its type, whose recipe is the one that matters.
    let global = merged(x.clone(), json!({ "Type": "AWS::DynamoDB::GlobalTable" }));
    let plan = check(stack(&[("A", &x)]), stack(&[("B", &global)]), &["move A to B: refused"]);
    assert!(plan.changes[0].recipe.clone().expect("a recipe").goal.contains("global table"));
    assert_eq!(
        plan.changes[0].server_text.as_deref(),
        Some("Resource of type 'AWS::DynamoDB::GlobalTable' with identifier 'y' already exists.")
    );
}

#[test]
fn a_moved_table_with_consent_and_without_refusal_is_one_step() {
    let (plain, after) = (resource(json!({})), stack(&[("New", &resource(json!({})))]));
    let before = stack(&[("Old", &plain)]);
    for id in ["Old", "New"] {
        let options =
            PlanOptions { allow: [(id.to_owned(), Verdict::DataLoss)].into(), ..PlanOptions::default() };
        let plan = plan(Some(&before), &after, &options);
        assert_eq!(plan.steps.len(), 1);
        assert_eq!(plan.steps[0].summary, ["move Old to New"]);
        assert_eq!(plan.steps[0].template, after);
    }
}

#[test]
fn scalable_targets_that_move() {
    let target = |table: &str, dimension: &str| {
        json!({
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": { "ServiceNamespace": "dynamodb", "ScalableDimension": format!("dynamodb:table:{dimension}CapacityUnits"), "ResourceId": format!("table/{table}"), "MinCapacity": 1 },
        })
    };
    let t = called("t");
    let (reads, writes, other) = (target("t", "Read"), target("t", "Write"), target("u", "Read"));
    let taken = |plan: &Plan, id: &str| find(plan, id).server_text.clone().expect("a refusal");
    let plan = check(
        stack(&[("T", &t), ("R", &reads), ("W", &writes)]),
        stack(&[("T", &t), ("Reads", &reads), ("Writes", &writes)]),
        &["add Reads: refused", "add Writes: refused", "remove R: in-place", "remove W: in-place"],
    );
    assert_eq!(taken(&plan, "Writes"), "table/t|dynamodb:table:WriteCapacityUnits|dynamodb already exists");
    // They swap: each would be registered while the other is.
    let plan = check(
        stack(&[("T", &t), ("R", &reads), ("W", &writes)]),
        stack(&[("T", &t), ("R", &writes), ("W", &reads)]),
        &["modify R/Properties/ScalableDimension: refused", "modify W/Properties/ScalableDimension: refused"],
    );
    assert_eq!(taken(&plan, "R"), "table/t|dynamodb:table:WriteCapacityUnits|dynamodb already exists");
    // One takes the place of one that goes.
    check(
        stack(&[("T", &t), ("R", &other), ("W", &reads)]),
        stack(&[("T", &t), ("R", &reads)]),
        &["modify R/Properties/ResourceId: refused", "remove W: in-place"],
    );
    // One that stays is there already.
    check(
        stack(&[("T", &t), ("R", &reads)]),
        stack(&[("T", &t), ("R", &reads), ("S", &reads)]),
        &["add S: refused"],
    );
    // Its table is replaced, and it with it: nobody else holds its place.
    let by_reference =
        with(&json!({ "R": reads }), "/R/Properties/ResourceId", json!({ "Fn::Sub": "table/${T}" }))["R"]
            .clone();
    check(
        stack(&[("T", &t), ("R", &by_reference)]),
        stack(&[("T", &called("t2")), ("R", &by_reference)]),
        &["modify T/Properties/TableName: data-loss", "modify R/Properties/ResourceId: in-place-with-risk"],
    );
    // A free place.
    check(
        stack(&[("T", &t), ("R", &reads)]),
        stack(&[("T", &t), ("R", &other)]),
        &["modify R/Properties/ResourceId: in-place-with-risk"],
    );
}

#[test]
fn no_type_changes_in_place() {
    let (topic, queue) = (json!({ "Type": "AWS::SNS::Topic" }), json!({ "Type": "AWS::SQS::Queue" }));
    let plan = check(stack(&[("X", &topic)]), stack(&[("X", &queue)]), &["modify X: refused"]);
    let change = find(&plan, "X");
    assert_eq!(
        change.server_text.as_deref(),
        Some(
            "Update of resource type is not permitted. The new template modifies resource type of the following resources: [X]"
        )
    );
    assert!(change.recipe.clone().expect("a recipe").steps[0].contains("another logical id than `X`"));
    // A table that becomes something else is a table all the same.
    let table = called("y");
    let plan = check(stack(&[("X", &table)]), stack(&[("X", &queue)]), &["modify X: refused"]);
    assert!(plan.is_stopped());
}
