//! Tables that are there become a stack's: by an IMPORT change set, or along with other changes.

use serde_json::{Value, json};

use crate::support::Wire;

fn table(name: &str, edit: impl Fn(&mut Value)) -> Value {
    let mut resource = json!({
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "Properties": {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        },
    });
    edit(&mut resource);
    resource
}

fn with(resources: &[(&str, &Value)]) -> String {
    let map: serde_json::Map<String, Value> =
        resources.iter().map(|(name, value)| ((*name).to_owned(), (*value).clone())).collect();
    json!({ "Resources": map }).to_string()
}

/// A sandbox in which somebody made a table by hand.
fn found() -> Wire {
    let wire = Wire::new();
    let input = table("orders", |_| ())["Properties"].clone();
    assert_eq!(wire.dynamodb("CreateTable", &input).0, 200);
    wire.wait(20);
    wire
}

const IMPORT: (&str, &str) = ("ChangeSetType", "IMPORT");

fn orders(id: &str) -> Vec<(&str, &str)> {
    vec![
        IMPORT,
        ("ResourcesToImport.member.1.ResourceType", "AWS::DynamoDB::Table"),
        ("ResourcesToImport.member.1.LogicalResourceId", id),
        ("ResourcesToImport.member.1.ResourceIdentifier.entry.1.key", "TableName"),
        ("ResourcesToImport.member.1.ResourceIdentifier.entry.1.value", "orders"),
    ]
}

fn import(wire: &Wire, template: &str) {
    let (status, id) = wire.set("app", "adopt", template, &orders("Orders"));
    assert_eq!(status, "CREATE_COMPLETE");
    wire.call("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    wire.wait(60);
}

#[test]
fn a_new_stack_takes_a_table_over() {
    let wire = found();
    let template = with(&[("Orders", &table("orders", |_| ()))]);
    let (status, id) = wire.set("app", "adopt", &template, &orders("Orders"));
    assert_eq!(status, "CREATE_COMPLETE");
    let change = wire.change(&id, "Orders");
    assert_eq!(
        (change["Action"].as_str(), change["PhysicalResourceId"].as_str()),
        (Some("Import"), Some("orders"))
    );
    let mut tagged = orders("Orders");
    tagged.extend([("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "web")]);
    let (_, id) = wire.set("app", "tagged", &template, &tagged);
    wire.call("ExecuteChangeSet", &[("ChangeSetName", &id), ("ClientRequestToken", "t")]);
    wire.wait(60);
    assert_eq!(
        wire.lines("app"),
        [
            "STACK REVIEW_IN_PROGRESS User Initiated",
            "STACK IMPORT_IN_PROGRESS User Initiated",
            "Orders IMPORT_IN_PROGRESS Resource import started.",
            "Orders IMPORT_COMPLETE Resource import completed.",
            "Orders UPDATE_IN_PROGRESS Apply stack-level tags to imported resource if applicable.",
            "Orders UPDATE_COMPLETE",
            "STACK IMPORT_COMPLETE",
        ]
    );
    let (_, described) = wire.dynamodb("DescribeTable", &json!({"TableName": "orders"}));
    let arn = described["Table"]["TableArn"].clone();
    let (_, tags) = wire.dynamodb("ListTagsOfResource", &json!({"ResourceArn": arn}));
    assert_eq!(tags["Tags"], json!([{"Key": "team", "Value": "web"}]));
    // From now on it is a resource like another.
    let body = with(&[(
        "Orders",
        &table("orders", |table| table["Properties"]["DeletionProtectionEnabled"] = json!(true)),
    )]);
    wire.call("UpdateStack", &[("StackName", "app"), ("TemplateBody", &body)]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "UPDATE_COMPLETE");
    let (_, described) = wire.dynamodb("DescribeTable", &json!({"TableName": "orders"}));
    assert_eq!(described["Table"]["DeletionProtectionEnabled"], true);
}

#[test]
fn a_stack_that_is_there_takes_a_table_over() {
    let wire = found();
    let other = table("others", |_| ());
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &with(&[("Others", &other)]))]);
    wire.wait(60);
    import(&wire, &with(&[("Others", &other), ("Orders", &table("orders", |_| ()))]));
    assert_eq!(wire.status("app"), "IMPORT_COMPLETE");
    let resources =
        wire.call("ListStackResources", &[("StackName", "app")])["StackResourceSummaries"].clone();
    assert_eq!(resources.as_array().unwrap().len(), 2);
    // Nobody else can have it now.
    let (status, _) =
        wire.set("thief", "adopt", &with(&[("Orders", &table("orders", |_| ()))]), &orders("Orders"));
    assert!(
        status.starts_with("FAILED Resource of type 'AWS::DynamoDB::Table' with identifier 'orders' is already managed by stack"),
        "{status}"
    );
}

#[test]
fn a_table_that_is_not_there_is_not_taken_over() {
    let wire = Wire::new();
    let other = table("others", |_| ());
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &with(&[("Others", &other)]))]);
    wire.wait(60);
    let before = wire.lines("app").len();
    import(&wire, &with(&[("Others", &other), ("Orders", &table("orders", |_| ()))]));
    let lines = wire.lines("app")[before..].to_vec();
    assert_eq!(lines[0], "STACK IMPORT_IN_PROGRESS User Initiated");
    assert!(lines[2].starts_with("Orders IMPORT_FAILED Resource of type 'AWS::DynamoDB::Table' with identifier 'orders' was not found."), "{lines:#?}");
    assert_eq!(
        lines[3],
        "STACK IMPORT_ROLLBACK_IN_PROGRESS The following resource(s) failed to import: [Orders]."
    );
    assert_eq!(wire.status("app"), "IMPORT_ROLLBACK_COMPLETE");
    let resources =
        wire.call("ListStackResources", &[("StackName", "app")])["StackResourceSummaries"].clone();
    assert_eq!(resources.as_array().unwrap().len(), 1);
    // The stack takes an update again.
    wire.call(
        "UpdateStack",
        &[
            ("StackName", "app"),
            ("TemplateBody", &with(&[("Others", &other)])),
            ("Tags.member.1.Key", "a"),
            ("Tags.member.1.Value", "b"),
        ],
    );
}

type Parameters<'a> = Vec<(&'a str, &'a str)>;
type Edit<'a> = &'a dyn Fn(&mut Parameters<'_>);

#[test]
fn imports_are_refused_in_the_words_of_aws() {
    let wire = found();
    let good = table("orders", |_| ());
    let other = table("others", |_| ());
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &with(&[("Others", &other)]))]);
    wire.wait(60);
    let check = |template: String, change: Edit, expected: &str| {
        let mut more = orders("Orders");
        change(&mut more);
        let mut parameters =
            vec![("StackName", "app"), ("ChangeSetName", "x"), ("TemplateBody", template.as_str())];
        parameters.extend(more);
        assert_eq!(wire.refused("CreateChangeSet", &parameters), format!("ValidationError: {expected}"));
    };
    let both = with(&[("Others", &other), ("Orders", &good)]);
    let nothing = |_: &mut Parameters<'_>| ();
    let bare = table("orders", |table| drop(table.as_object_mut().unwrap().remove("DeletionPolicy")));
    check(
        with(&[("Others", &other), ("Orders", &bare)]),
        &nothing,
        "The following resources to import [Orders] must have DeletionPolicy attribute specified in the template.",
    );
    let mut with_output: Value = serde_json::from_str(&both).unwrap();
    with_output["Outputs"] = json!({"Name": {"Value": {"Ref": "Orders"}}});
    check(
        with_output.to_string(),
        &nothing,
        "As part of the import operation, you cannot modify or add [Outputs]",
    );
    let changed = table("others", |table| table["Properties"]["DeletionProtectionEnabled"] = json!(true));
    check(
        with(&[("Others", &changed), ("Orders", &good)]),
        &nothing,
        "You have modified resources [Others] in your template that are not being imported. Update, create or delete operations \
         cannot be executed during import operations.",
    );
    let third = table("third", |_| ());
    check(
        with(&[("Others", &other), ("Orders", &good), ("Third", &third)]),
        &nothing,
        "Resources [Third] is missing from ResourceToImport list",
    );
    check(
        both.clone(),
        &|more| more[1].1 = "AWS::CloudFormation::WaitConditionHandle",
        "ResourceTypes [AWS::CloudFormation::WaitConditionHandle] are not supported for Import",
    );
    check(
        both.clone(),
        &|more| more[2].1 = "Nobody",
        "Resources [Nobody] to import are missing from the template",
    );
    check(
        both.clone(),
        &|more| more[3].1 = "Name",
        "Resource identifiers [Name] are not those of AWS::DynamoDB::Table: [TableName]",
    );
    check(
        both.clone(),
        &|more| more.truncate(1),
        "You must specify ResourcesToImport for a change set of the type IMPORT",
    );
    check(
        both,
        &|more| more[0].1 = "UPDATE",
        "ResourcesToImport is only valid for change sets of the type IMPORT",
    );
}

const ADOPT: [(&str, &str); 2] = [("ChangeSetType", "CREATE"), ("ImportExistingResources", "true")];

#[test]
fn what_exists_can_be_taken_over_along_with_other_changes() {
    let wire = found();
    let template = with(&[("Orders", &table("orders", |_| ())), ("Others", &table("others", |_| ()))]);
    // Without it the name is in use.
    let (status, _) = wire.set("app", "plain", &template, &ADOPT[..1]);
    assert!(status.contains("AWS::EarlyValidation::ResourceExistenceCheck"), "{status}");
    let (status, id) = wire.set("app", "adopt", &template, &ADOPT);
    assert_eq!(status, "CREATE_COMPLETE");
    assert_eq!(wire.change(&id, "Orders")["Action"], "Import");
    assert_eq!(wire.change(&id, "Others")["Action"], "Add");
    assert_eq!(wire.call("DescribeChangeSet", &[("ChangeSetName", &id)])["ImportExistingResources"], "true");
    wire.call("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "CREATE_COMPLETE");
    assert!(wire.lines("app").contains(&"Orders IMPORT_COMPLETE Resource import completed.".to_owned()));

    let wire = found();
    let bare = with(&[("Orders", &table("orders", |table| table["DeletionPolicy"] = json!("Delete")))]);
    let (status, _) = wire.set("app", "adopt", &bare, &ADOPT);
    assert_eq!(
        status,
        "FAILED CloudFormation is attempting to import some resources because they already exist in your account. The resources \
         must have the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for successful import. \
         The affected resources are Orders ({TableName=orders})"
    );
}
