//! Statements of both sides, and what is said of them.
#![expect(
    clippy::needless_pass_by_value,
    reason = "a test reads best with values that are made where they are passed"
)]

use serde_json::{Value, json};

use super::grant::matches;
use super::{AccessChange, changes};
use crate::{PlanOptions, Verdict, plan};

/// A change in one line: `+` for a grant that is new.
fn line(change: &AccessChange) -> String {
    let sign = if change.is_new { '+' } else { '-' };
    let wide = if change.widens() { " (wider)" } else { "" };
    format!("{sign} {change}{wide}")
}

fn lines(before: &Value, after: &Value) -> Vec<String> {
    changes(before, after).iter().map(line).collect()
}

/// A role with a policy.
fn role(statement: Value) -> Value {
    json!({ "Resources": { "Reader": { "Type": "AWS::IAM::Role", "Properties": {
        "Policies": [{ "PolicyName": "p", "PolicyDocument": { "Statement": statement } }],
    } } } })
}

fn statement(actions: Value, resources: Value) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

fn table(policy: Value) -> Value {
    let properties =
        json!({ "TableName": "n", "ResourcePolicy": { "PolicyDocument": { "Statement": policy } } });
    json!({ "Resources": { "Notes": { "Type": "AWS::DynamoDB::Table", "Properties": properties } } })
}

#[track_caller]
fn check(before: Value, after: Value, expected: &[&str]) {
    assert_eq!(lines(&role(before), &role(after)), expected);
}

#[test]
fn new_and_removed_actions_are_told_apart_and_joined() {
    check(
        statement(json!(["dynamodb:GetItem", "dynamodb:Scan"]), json!("${Notes.Arn}")),
        statement(
            json!(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"]),
            json!("${Notes.Arn}"),
        ),
        &[
            "+ allow role Reader: dynamodb:PutItem, dynamodb:DeleteItem on ${Notes.Arn} (wider)",
            "- allow role Reader: dynamodb:Scan on ${Notes.Arn}",
        ],
    );
    check(
        json!([]),
        statement(json!(["a:Get", "a:Put"]), json!(["x", "y"])),
        &["+ allow role Reader: a:Get, a:Put on x, y (wider)"],
    );
}

#[test]
fn the_same_grant_in_another_spelling_is_no_change() {
    for (before, after) in [
        (statement(json!("a:Get"), json!("x")), statement(json!(["a:Get"]), json!(["x"]))),
        (
            statement(json!(["a:Get", "a:Put"]), json!("x")),
            json!([statement(json!("a:Put"), json!("x")), statement(json!("A:GET"), json!("x"))]),
        ),
        (
            statement(json!("a:Get"), json!({ "Fn::GetAtt": ["Notes", "Arn"] })),
            statement(json!("a:Get"), json!({ "Fn::Sub": "${Notes.Arn}" })),
        ),
        (
            statement(
                json!("a:Get"),
                json!({ "Fn::Join": ["/", [{ "Fn::GetAtt": ["Notes", "Arn"] }, "index", "*"]] }),
            ),
            statement(json!("a:Get"), json!({ "Fn::Sub": "${Notes.Arn}/index/*" })),
        ),
    ] {
        check(before.clone(), after.clone(), &[]);
        check(after, before, &[]);
    }
    // A policy of its own grants what one in the role has granted.
    let inline = role(statement(json!("a:Get"), json!("x")));
    let mut own = role(json!([]));
    own["Resources"]["Policy"] = json!({ "Type": "AWS::IAM::Policy", "Properties": {
        "Roles": [{ "Ref": "Reader" }],
        "PolicyDocument": { "Statement": [statement(json!("a:Get"), json!("x"))] },
    } });
    assert_eq!(lines(&inline, &own), [""; 0]);
    own["Resources"]["Policy"]["Properties"]["Roles"] = json!([{ "Ref": "Writer" }]);
    assert_eq!(
        lines(&inline, &own),
        ["+ allow role Writer: a:Get on x (wider)", "- allow role Reader: a:Get on x"]
    );
}

#[test]
fn a_wildcard_covers_what_it_matches() {
    let of = |action: &str| statement(json!(action), json!("x"));
    check(of("a:*"), of("a:Get"), &["- allow role Reader: a:* on x"]);
    check(of("a:Get"), of("a:*"), &["+ allow role Reader: a:* on x (wider)"]);
    check(
        of("a:Get*"),
        of("a:*Item"),
        &["+ allow role Reader: a:*Item on x (wider)", "- allow role Reader: a:Get* on x"],
    );
    check(statement(json!("a:Get"), json!("*")), of("a:Get"), &["- allow role Reader: a:Get on *"]);
    for (pattern, text, expected) in [
        ("*", "anything", true),
        ("a:G?t", "a:Get", true),
        ("a:G?t", "a:G*t", false),
        ("a:*t*", "a:GetItem", true),
        ("a:*", "a:*", true),
        ("a:Get*", "a:*", false),
        ("", "", true),
        ("a", "", false),
        ("*a", "ba", true),
        ("*a*b", "xaxxbxb", true),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn conditions_narrow_and_their_loss_widens() {
    let open = statement(json!("a:Get"), json!("x"));
    let mut bound = open.clone();
    bound["Condition"] = json!({ "Bool": { "aws:SecureTransport": "true" } });
    // What the wider grant covers is not gone.
    check(bound.clone(), open.clone(), &["+ allow role Reader: a:Get on x (wider)"]);
    check(open.clone(), bound.clone(), &["- allow role Reader: a:Get on x"]);
    check(json!([open, bound.clone()]), json!([open.clone()]), &[]);
    let said = "+ allow role Reader: a:Get on x if {\"Bool\":{\"aws:SecureTransport\":\"true\"}} (wider)";
    check(json!([]), bound, &[said]);
}

#[test]
fn a_denial_that_goes_widens() {
    let mut deny = statement(json!("a:Delete*"), json!("x"));
    deny["Effect"] = json!("Deny");
    check(json!([deny]), json!([]), &["- deny role Reader: a:Delete* on x (wider)"]);
    check(json!([]), json!([deny]), &["+ deny role Reader: a:Delete* on x"]);
    let mut narrower = deny.clone();
    narrower["Action"] = json!("a:DeleteTable");
    check(json!([deny]), json!([narrower]), &["- deny role Reader: a:Delete* on x (wider)"]);
}

#[test]
fn negations_are_compared_by_what_they_leave_out() {
    let but = |actions: Value| json!({ "Effect": "Allow", "NotAction": actions, "Resource": "x" });
    check(
        but(json!(["a:B", "a:C"])),
        but(json!(["a:B"])),
        &["+ allow role Reader: all but a:B on x (wider)"],
    );
    check(but(json!(["a:B"])), but(json!(["a:B", "a:C"])), &["- allow role Reader: all but a:B on x"]);
    check(
        but(json!("iam:*")),
        statement(json!("a:Get"), json!("x")),
        &["- allow role Reader: all but iam:* on x"],
    );
    check(
        but(json!("iam:*")),
        statement(json!("iam:PassRole"), json!("x")),
        &["+ allow role Reader: iam:PassRole on x (wider)", "- allow role Reader: all but iam:* on x"],
    );
    check(statement(json!("*"), json!("x")), but(json!("iam:*")), &["- allow role Reader: * on x"]);
}

#[test]
fn every_kind_of_policy_is_found() {
    let allow = json!([{ "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "dynamodb:Query", "Resource": "*" }]);
    let document = json!({ "Statement": allow });
    let of = |kind: &str, properties: Value| json!({ "Resources": { "X": { "Type": kind, "Properties": properties } } });
    let nothing = json!({ "Resources": {} });
    let root = "arn:aws:iam::111122223333:root";
    for (kind, properties, said) in [
        (
            "AWS::DynamoDB::Table",
            json!({ "ResourcePolicy": { "PolicyDocument": document } }),
            format!("+ allow {root}: dynamodb:Query on X (wider)"),
        ),
        (
            "AWS::DynamoDB::Table",
            json!({ "StreamSpecification": { "ResourcePolicy": { "PolicyDocument": document } } }),
            format!("+ allow {root}: dynamodb:Query on stream of X (wider)"),
        ),
        (
            "AWS::DynamoDB::GlobalTable",
            json!({ "Replicas": [{ "ResourcePolicy": { "PolicyDocument": document } }] }),
            format!("+ allow {root}: dynamodb:Query on X (wider)"),
        ),
        (
            "AWS::KMS::Key",
            json!({ "KeyPolicy": document }),
            format!("+ allow {root}: dynamodb:Query on X (wider)"),
        ),
        (
            "AWS::KMS::Key",
            json!({ "KeyPolicy": document.to_string() }),
            format!("+ allow {root}: dynamodb:Query on X (wider)"),
        ),
        (
            "AWS::IAM::Role",
            json!({ "AssumeRolePolicyDocument": { "Statement": [{ "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" }] } }),
            "+ allow service lambda.amazonaws.com: sts:AssumeRole on role X (wider)".into(),
        ),
        (
            "AWS::IAM::Role",
            json!({ "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"] }),
            "+ allow role X: policy arn:aws:iam::aws:policy/ReadOnlyAccess on * (wider)".into(),
        ),
        (
            "AWS::IAM::ManagedPolicy",
            json!({ "PolicyDocument": { "Statement": statement(json!("a:B"), json!("*")) } }),
            "+ allow whoever has X: a:B on * (wider)".into(),
        ),
        (
            "AWS::IAM::ManagedPolicy",
            json!({ "Users": ["u"], "PolicyDocument": { "Statement": statement(json!("a:B"), json!("*")) } }),
            "+ allow user u: a:B on * (wider)".into(),
        ),
        (
            "AWS::Serverless::Function",
            json!({ "Policies": [{ "DynamoDBReadPolicy": { "TableName": { "Ref": "Notes" } } }] }),
            "+ allow function X: DynamoDBReadPolicy on ${Notes} (wider)".into(),
        ),
        (
            "AWS::Serverless::Function",
            json!({ "Policies": "AmazonDynamoDBFullAccess" }),
            "+ allow function X: policy AmazonDynamoDBFullAccess on * (wider)".into(),
        ),
        (
            "AWS::Serverless::Function",
            json!({ "Policies": [{ "Statement": [statement(json!("a:B"), json!("y"))] }] }),
            "+ allow function X: a:B on y (wider)".into(),
        ),
        (
            "AWS::Serverless::Connector",
            json!({ "Source": { "Id": "F" }, "Destination": { "Id": "T" }, "Permissions": ["Read"] }),
            "+ allow F: connector Read on T (wider)".into(),
        ),
        (
            "AWS::Lambda::Permission",
            json!({ "Principal": "s3.amazonaws.com", "Action": "lambda:InvokeFunction", "FunctionName": { "Ref": "F" }, "SourceAccount": "1" }),
            "+ allow s3.amazonaws.com: lambda:InvokeFunction on ${F} if SourceAccount = 1 (wider)".into(),
        ),
        (
            "AWS::S3::BucketPolicy",
            json!({ "PolicyDocument": { "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" }] } }),
            "+ allow *: s3:GetObject on arn:aws:s3:::b/* (wider)".into(),
        ),
    ] {
        assert_eq!(lines(&nothing, &of(kind, properties.clone())).concat(), said, "{kind}");
        let gone = said.replacen('+', "-", 1).replace(" (wider)", "");
        assert_eq!(lines(&of(kind, properties), &nothing), [gone], "{kind}");
    }
    let boundary = of("AWS::IAM::Role", json!({ "PermissionsBoundary": "arn:b" }));
    assert_eq!(
        lines(&boundary, &nothing),
        ["- deny role X: what boundary arn:b does not allow on * (wider)"]
    );
}

#[test]
fn a_branch_of_a_condition_is_a_grant_under_it() {
    let branch =
        json!([{ "Fn::If": ["IsProd", statement(json!("a:B"), json!("x")), { "Ref": "AWS::NoValue" }] }]);
    check(json!([]), branch.clone(), &["+ allow role Reader: a:B on x if when IsProd (wider)"]);
    check(json!([statement(json!("a:B"), json!("x"))]), branch, &["- allow role Reader: a:B on x"]);
}

#[test]
fn what_is_no_policy_is_passed_over() {
    for statement in [json!(null), json!("x"), json!(7), json!([7, null]), json!({ "Fn::If": [] })] {
        check(statement.clone(), statement, &[]);
    }
    for template in
        [json!(null), json!([]), json!({ "Resources": { "A": 5, "B": { "Type": "T", "Properties": [] } } })]
    {
        assert_eq!(changes(&template, &template), []);
    }
}

#[test]
fn long_lists_are_compared_as_a_whole() {
    let names = |count: usize| (0..count).map(|number| json!(format!("n{number}"))).collect::<Value>();
    let (before, after) = (role(statement(names(300), names(300))), role(statement(names(300), names(301))));
    assert_eq!(changes(&before, &before), []);
    let found = changes(&before, &after);
    assert_eq!(found.len(), 2);
    assert!(found[0].widens());
}

#[test]
fn a_policy_that_grants_more_is_a_risk() {
    let allow =
        |action: &str| json!([{ "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*" }]);
    let judged = |before: &Value, after: &Value| {
        let plan = plan(Some(before), after, &PlanOptions::default());
        assert_eq!((plan.changes.len(), plan.steps.len()), (1, 1));
        (plan.changes[0].verdict, plan.changes[0].why.clone())
    };
    let (narrow, wide) = (table(allow("dynamodb:GetItem")), table(allow("dynamodb:*")));
    let said = "access becomes wider: it grants `allow *: dynamodb:* on Notes`";
    assert_eq!(judged(&narrow, &wide), (Verdict::InPlaceWithRisk, said.to_owned()));
    assert_eq!(judged(&wide, &narrow).0, Verdict::InPlace);
    let without = json!({ "Resources": { "Notes": { "Type": "AWS::DynamoDB::Table", "Properties": { "TableName": "n" } } } });
    assert_eq!(judged(&without, &narrow).0, Verdict::InPlaceWithRisk);
    assert_eq!(judged(&narrow, &without).0, Verdict::InPlace);
    // A table that is new with its policy is new, and what it grants is told.
    let mut added = without.clone();
    added["Resources"]["Other"] = narrow["Resources"]["Notes"].clone();
    added["Resources"]["Other"]["Properties"]["TableName"] = json!("o");
    let found = plan(Some(&without), &added, &PlanOptions::default());
    assert_eq!((found.verdict(), found.access.len()), (Verdict::InPlace, 1));
}
