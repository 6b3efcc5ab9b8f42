//! Rules of profiles, each with a definition that breaks only this rule, and a similar valid definition. Overrides are checked;
//! values of intrinsic functions are not.

use serde_json::{Value as Json, json};

use super::{book, unknown};
use crate::check::{Policy, check, check_policy};
use crate::{
    Assembly, Billing, Capacity, Days, DeletionPolicy, Encryption, Env, Expression, Global, Place, Problem,
    Profile, Severity, Stack, Statement, Table, UpdateReplacePolicy,
};

const PROFILES: [Profile; 3] = [Profile::Dev, Profile::Safe, Profile::Hardened];

type Fill = fn(&mut Stack);

const NOTHING: [String; 0] = [];

fn dev() -> Policy {
    Policy::of(Profile::Dev)
}

fn safe() -> Policy {
    Policy::of(Profile::Safe)
}

fn hardened() -> Policy {
    Policy::of(Profile::Hardened)
}

fn protected(mut policy: Policy) -> Policy {
    policy.protected = true;
    policy
}

fn tagged(mut policy: Policy) -> Policy {
    policy.tags = vec!["owner".into(), "team".into()];
    policy
}

/// Returns the problems of a stack, created in an environment with the profile, with the requirements of the profile.
fn problems(policy: &Policy, fill: impl FnOnce(&mut Stack)) -> Vec<Problem> {
    let mut stack = Stack::new("books");
    fill(&mut stack);
    let env = Env::new("library", "dev").with_profile(policy.profile).with_protection(policy.protected);
    stack.apply_environment(&env);
    let assembly = Assembly { stacks: vec![stack], ..Assembly::new(&env, &[]) };
    // The stack must be valid otherwise.
    let errors: Vec<Problem> =
        check(&assembly).into_iter().filter(|it| it.severity == Severity::Error).collect();
    assert_eq!(errors, []);
    check_policy(&assembly, policy)
}

/// Returns the rule and message of each problem; warnings are marked.
fn held(policy: &Policy, fill: impl FnOnce(&mut Stack)) -> Vec<String> {
    let said = |problem: Problem| match problem.severity {
        Severity::Error => format!("{}: {}", problem.rule, problem.message),
        Severity::Warning => format!("{} warns: {}", problem.rule, problem.message),
    };
    problems(policy, fill).into_iter().map(said).collect()
}

#[track_caller]
fn check_table(policy: &Policy, fault: Table, expected: &[&str], neighbour: Table) {
    assert_eq!(held(policy, |stack| drop(stack.table(fault))), expected);
    assert_eq!(held(policy, |stack| drop(stack.table(neighbour))), NOTHING);
}

#[track_caller]
fn check_stack(policy: &Policy, fault: Fill, expected: &[&str], neighbour: Fill) {
    assert_eq!(held(policy, fault), expected);
    assert_eq!(held(policy, neighbour), NOTHING);
}

/// Returns a global table that meets the requirements of `hardened`.
fn global(change: fn(crate::Replica) -> crate::Replica) -> Table {
    book()
        .encryption(Encryption::customer_key("alias/books"))
        .global(Global::eventual().here(|replica| replica).replica("eu-west-1", change))
}

/// Returns a raw resource that meets the requirements of `hardened`; `change` is merged into its properties.
fn by_hand(kind: &str, change: &Json) -> Json {
    let settings = json!({
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        "DeletionProtectionEnabled": true,
        "SSESpecification": { "KMSMasterKeyId": "alias/books" },
    });
    let mut properties = json!({ "BillingMode": "PAY_PER_REQUEST" });
    match kind {
        "Table" => {
            lay_over(&mut properties, &settings);
            properties["SSESpecification"]["SSEEnabled"] = true.into();
        }
        _ => {
            properties["SSESpecification"] = json!({ "SSEEnabled": true });
            properties["Replicas"] = json!([settings]);
            properties["Replicas"][0]["Region"] = json!({ "Ref": "AWS::Region" });
        }
    }
    lay_over(&mut properties, change);
    json!({
        "Type": format!("AWS::DynamoDB::{kind}"),
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    })
}

/// Merges `above` into `below`; `null` removes.
fn lay_over(below: &mut Json, above: &Json) {
    for (key, value) in above.as_object().cloned().into_iter().flatten() {
        match value {
            Json::Null => drop(below.as_object_mut().unwrap().remove(&key)),
            value => below[key] = value,
        }
    }
}

#[test]
fn the_defaults_of_a_profile_meet_its_requirements() {
    for profile in PROFILES {
        for protected in [false, true] {
            let policy = Policy { protected, ..Policy::of(profile) };
            let found = held(&policy, |stack| {
                let book = stack.table(book());
                stack.table(
                    Table::define("Notes")
                        .partition("id", crate::Scalar::S)
                        .billing(Billing::provisioned(Capacity::auto(5..=10), Capacity::auto(5..=10)))
                        .point_in_time_recovery(Days(35)),
                );
                stack.output("Book", book.name());
            });
            assert_eq!(found, NOTHING, "{profile:?}, protected: {protected}");
        }
    }
}

#[test]
fn each_profile_requires_more_than_the_one_before() {
    let bare = json!({ "Type": "AWS::DynamoDB::Table", "Properties": { "ResourcePolicy": { "PolicyDocument": {
        "Statement": { "Effect": "Allow", "Principal": "*", "Action": "*" },
    } } } });
    let rules = |policy: Policy| -> Vec<String> {
        let found = problems(&policy, |stack| {
            *stack = stack
                .clone()
                .termination_protection(false)
                .policy(json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } }));
            stack.raw_resource("Bare", bare.clone());
        });
        found.into_iter().map(|problem| problem.rule).collect()
    };
    assert_eq!(rules(dev()), ["H10"]);
    assert_eq!(rules(safe()), ["H3", "H3", "H14", "H13", "H1", "H10"]);
    assert_eq!(
        rules(tagged(protected(safe()))),
        ["H5", "H3", "H3", "H14", "H13", "H1", "H4", "H10", "H12", "H12"]
    );
    assert_eq!(rules(hardened()), ["H5", "H6", "H3", "H3", "H14", "H13", "H7", "H1", "H4", "H10"]);
}

#[test]
fn recovery() {
    let off = "H1: point-in-time recovery of table `Book` is off";
    check_table(&safe(), book().no_point_in_time_recovery(), &[off], book().point_in_time_recovery(Days(1)));
    assert_eq!(held(&dev(), |stack| drop(stack.table(book().no_point_in_time_recovery()))), NOTHING);
    check_table(
        &hardened(),
        book().point_in_time_recovery(Days(34)),
        &["H2: the recovery period of table `Book` is 34 days; 35 are required"],
        book().point_in_time_recovery(crate::PointInTimeRecovery::days(unknown())),
    );
    check_table(
        &safe(),
        global(crate::Replica::no_point_in_time_recovery),
        &["H1: point-in-time recovery of the replica of table `Book` in eu-west-1 is off"],
        global(|replica| replica.point_in_time_recovery(Days(7))),
    );
    check_table(
        &hardened(),
        global(|replica| replica.point_in_time_recovery(Days(7))),
        &["H2: the recovery period of the replica of table `Book` in eu-west-1 is 7 days; 35 are required"],
        global(|replica| replica),
    );
}

#[test]
fn retention_of_tables() {
    check_table(
        &safe(),
        book().deletion_policy(DeletionPolicy::Delete),
        &["H3: table `Book` and its items are deleted when it is removed from the stack"],
        book().deletion_policy(DeletionPolicy::Retain),
    );
    check_table(
        &safe(),
        book().update_replace_policy(UpdateReplacePolicy::Delete),
        &["H3: table `Book` and its items are deleted when it is replaced"],
        book(),
    );
    check_table(
        &dev(),
        book().deletion_policy(DeletionPolicy::RetainExceptOnCreate),
        &[
            "H15 warns: table `Book` is retained when it is removed from the stack, and keeps its name and costs",
        ],
        book().deletion_policy(DeletionPolicy::Delete),
    );
    check_table(
        &dev(),
        book().update_replace_policy(UpdateReplacePolicy::Retain),
        &["H15 warns: table `Book` is retained when it is replaced, and keeps its name and costs"],
        book(),
    );
}

#[test]
fn protection_of_tables() {
    let off = "H4: deletion protection of table `Book` is off";
    check_table(&hardened(), book().deletion_protection(false), &[off], book());
    check_table(&protected(safe()), book().deletion_protection(false), &[off], book());
    assert_eq!(held(&safe(), |stack| drop(stack.table(book().deletion_protection(false)))), NOTHING);
    check_table(
        &hardened(),
        global(|replica| replica.deletion_protection(false)),
        &["H4: deletion protection of the replica of table `Book` in eu-west-1 is off"],
        global(|replica| replica.deletion_protection(unknown())),
    );
    check_table(
        &dev(),
        book().deletion_protection(true),
        &["H15 warns: deletion protection of table `Book` is on: `destroy` cannot delete it"],
        book().deletion_protection(unknown()),
    );
}

#[test]
fn dev_allows_protection_in_a_protected_environment() {
    let found = held(&protected(dev()), |stack| drop(stack.table(book().deletion_protection(true))));
    assert_eq!(found, NOTHING);
}

#[test]
fn protection_of_stacks() {
    fn with(stack: &mut Stack, change: impl FnOnce(Stack) -> Stack) {
        *stack = change(stack.clone());
        stack.table(book());
    }
    let off = "H5: termination protection of stack `books` is off";
    check_stack(
        &hardened(),
        |stack| with(stack, |stack| stack.termination_protection(false)),
        &[off],
        |stack| with(stack, |stack| stack),
    );
    check_stack(
        &protected(safe()),
        |stack| with(stack, |stack| stack.termination_protection(false)),
        &[off],
        |stack| with(stack, |stack| stack),
    );
    let without_tables = held(&hardened(), |stack| {
        *stack = stack.clone().termination_protection(false);
        stack.raw_resource("Topic", json!({ "Type": "AWS::SNS::Topic" }));
    });
    assert_eq!(without_tables, NOTHING);
    check_stack(
        &dev(),
        |stack| with(stack, |stack| stack.termination_protection(true)),
        &["H15 warns: termination protection of stack `books` is on: `destroy` cannot delete it"],
        |stack| with(stack, |stack| stack.termination_protection(false)),
    );
    let in_protected =
        held(&protected(dev()), |stack| with(stack, |stack| stack.termination_protection(true)));
    assert_eq!(in_protected, NOTHING);
    check_stack(
        &hardened(),
        |stack| {
            let all = json!({ "Effect": "Allow", "Action": "Update:*", "Resource": "*" });
            with(stack, |stack| stack.policy(json!({ "Statement": all })));
        },
        &["H6: the stack policy of stack `books` allows `Update:Replace` of table `Book`"],
        |stack| with(stack, Stack::keep_tables),
    );
}

#[test]
fn a_stack_policy_is_evaluated_like_cloudformation_does() {
    let allow = || json!({ "Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*" });
    let deny = |rest: Json| {
        let mut statement = json!({ "Effect": "Deny", "Principal": "*" });
        lay_over(&mut statement, &rest);
        json!({ "Statement": [allow(), statement] })
    };
    let both = || json!(["Update:Replace", "Update:Delete"]);
    let of_type = |operator: &str, types: Json| {
        deny(
            json!({ "Action": both(), "Resource": "*", "Condition": { operator: { "ResourceType": types } } }),
        )
    };
    let (table, global) = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable");
    for (policy, allowed) in [
        (json!({ "Statement": [allow()] }), Some("Update:Replace")),
        (json!({ "Statement": allow() }), Some("Update:Replace")),
        // Anything that is not allowed is denied.
        (json!({ "Statement": [] }), None),
        (json!({ "Statement": [{ "Effect": "Allow", "Action": "Update:Modify", "Resource": "*" }] }), None),
        (
            json!({ "Statement": [{ "Effect": "Allow", "Action": ["Update:M*", "Update:D*"], "Resource": "*" }] }),
            Some("Update:Delete"),
        ),
        (deny(json!({ "Action": both(), "Resource": "*" })), None),
        (deny(json!({ "Action": "Update:*", "Resource": "*" })), None),
        (deny(json!({ "Action": "Update:Replace", "Resource": "*" })), Some("Update:Delete")),
        (deny(json!({ "Action": "Update:Delete", "Resource": "*" })), Some("Update:Replace")),
        (deny(json!({ "NotAction": "Update:Modify", "Resource": "*" })), None),
        (deny(json!({ "NotAction": "Update:Delete", "Resource": "*" })), Some("Update:Delete")),
        (deny(json!({ "Action": both(), "Resource": "LogicalResourceId/Book" })), None),
        (deny(json!({ "Action": both(), "Resource": ["LogicalResourceId/B*"] })), None),
        (deny(json!({ "Action": both(), "Resource": "LogicalResourceId/Order" })), Some("Update:Replace")),
        (deny(json!({ "Action": both(), "NotResource": "LogicalResourceId/Order" })), None),
        (deny(json!({ "Action": both(), "NotResource": "LogicalResourceId/Book" })), Some("Update:Replace")),
        (deny(json!({ "Action": both() })), Some("Update:Replace")),
        (of_type("StringEquals", json!([table])), None),
        (of_type("StringEquals", json!(global)), Some("Update:Replace")),
        (of_type("StringEquals", json!("AWS::DynamoDB::*")), Some("Update:Replace")),
        (of_type("StringLike", json!("AWS::DynamoDB::*")), None),
        (of_type("StringNotEquals", json!("AWS::SNS::Topic")), Some("Update:Replace")),
    ] {
        let found = held(&hardened(), |stack| {
            *stack = stack.clone().policy(policy.clone());
            stack.table(book());
        });
        let expected = allowed
            .map(|action| format!("H6: the stack policy of stack `books` allows `{action}` of table `Book`"));
        assert_eq!(found, Vec::from_iter(expected), "{policy}");
    }
}

#[test]
fn keys_of_tables() {
    check_table(
        &hardened(),
        book().encryption(Encryption::AwsOwned),
        &["H7: table `Book` is encrypted with an AWS owned key, not a customer managed key"],
        book().encryption(Encryption::customer_key("alias/books")),
    );
    check_table(
        &hardened(),
        book().encryption(Encryption::AwsManaged),
        &["H7: table `Book` is encrypted with the AWS managed key, not a customer managed key"],
        book().encryption(Encryption::customer_key(unknown())),
    );
    let managed = "H7: table `Book` is encrypted with the AWS managed key, not a customer managed key";
    check_table(
        &hardened(),
        book().encryption(Encryption::customer_key("alias/aws/dynamodb")),
        &[managed],
        book(),
    );
    check_table(&hardened(), book().encryption(Encryption::AwsManagedIf(unknown())), &[managed], book());
    check_table(
        &hardened(),
        book().global(Global::single_replica()),
        &["H7: table `Book` is encrypted with an AWS owned key, not a customer managed key"],
        book().global(Global::eventual().here(|replica| replica.key("alias/books"))),
    );
    check_table(
        &hardened(),
        book().encryption(Encryption::AwsManaged).global(Global::single_replica()),
        &[
            "H7: the replica of table `Book` in the stack's Region is encrypted with the AWS managed key, not a customer managed key",
        ],
        global(|replica| replica.key("alias/others")),
    );
}

/// Adds a table with this key, and the key with `body` merged into it.
fn with_key(stack: &mut Stack, key: Expression, body: &Json) {
    let mut whole = json!({
        "Type": "AWS::KMS::Key",
        "DeletionPolicy": "Retain",
        "Properties": { "EnableKeyRotation": true, "KeyPolicy": {} },
    });
    lay_over(&mut whole, body);
    stack.raw_resource("Key", whole);
    stack.table(book().deletion_policy(DeletionPolicy::Retain).encryption(Encryption::customer_key(key)));
}

#[test]
fn keys_of_the_stack() {
    let arn = || Expression::GetAtt("Key".into(), "Arn".into());
    let lost =
        "H8: key `Key` is deleted with the stack, but table `Book` is retained and cannot be read without it";
    for policy in [safe(), hardened()] {
        for body in [json!({ "DeletionPolicy": "Delete" }), json!({ "DeletionPolicy": null })] {
            assert_eq!(held(&policy, |stack| with_key(stack, arn(), &body)), [lost], "{body}");
        }
        let unsaid = json!({ "DeletionPolicy": unknown() });
        for body in [json!({}), json!({ "DeletionPolicy": "RetainExceptOnCreate" }), unsaid] {
            assert_eq!(held(&policy, |stack| with_key(stack, arn(), &body)), NOTHING, "{body}");
        }
    }
    let in_dev = held(&dev(), |stack| with_key(stack, arn(), &json!({ "DeletionPolicy": "Delete" })));
    assert_eq!(in_dev[1..], [lost.to_owned()], "in a trial too, the items of a table that stays are lost");
    let gone_together = held(&dev(), |stack| {
        stack.raw_resource("Key", json!({ "Type": "AWS::KMS::Key" }));
        stack.table(book().encryption(Encryption::customer_key(arn())));
    });
    assert_eq!(gone_together, NOTHING);

    let never = "H9: key `Key` is never rotated";
    let properties = |properties: Json| json!({ "Properties": properties });
    for (body, expected) in [
        (properties(json!({})), vec![never]),
        (properties(json!({ "EnableKeyRotation": false })), vec![never]),
        (properties(json!({ "EnableKeyRotation": "true" })), vec![]),
        (properties(json!({ "EnableKeyRotation": unknown() })), vec![]),
        (properties(json!({ "Origin": "EXTERNAL" })), vec![]),
        (properties(json!({ "Origin": "AWS_KMS" })), vec![never]),
        (json!({ "Type": "AWS::KMS::ReplicaKey", "Properties": {} }), vec![]),
        (json!({ "Type": "AWS::KMS::ReplicaKey", "DeletionPolicy": null }), vec![lost]),
        (json!({ "Type": "AWS::SNS::Topic", "DeletionPolicy": null }), vec![]),
    ] {
        assert_eq!(held(&hardened(), |stack| with_key(stack, arn(), &body)), expected, "{body}");
    }
    assert_eq!(held(&safe(), |stack| with_key(stack, arn(), &properties(json!({})))), NOTHING);

    // By an alias, and in a replica. A key that no table uses is not checked.
    let by_alias = held(&hardened(), |stack| {
        stack.raw_resource(
            "Alias",
            json!({ "Type": "AWS::KMS::Alias", "Properties": { "TargetKeyId": { "Ref": "Key" } } }),
        );
        with_key(stack, Expression::Ref("Alias".into()), &json!({ "DeletionPolicy": "Delete" }));
    });
    assert_eq!(by_alias, [lost]);
    let of_replica = held(&hardened(), |stack| {
        stack.raw_resource(
            "Key",
            json!({ "Type": "AWS::KMS::Key", "Properties": { "EnableKeyRotation": true } }),
        );
        stack.table(
            book().global(Global::eventual().here(|replica| replica.key(Expression::Ref("Key".into())))),
        );
    });
    assert_eq!(of_replica, [lost]);
    let of_nobody = held(&hardened(), |stack| {
        stack.raw_resource("Key", json!({ "Type": "AWS::KMS::Key" }));
        stack.table(book());
    });
    assert_eq!(of_nobody, NOTHING);
}

#[test]
fn the_controls_for_encryption_depend_on_the_kind_of_key() {
    let asked = |encryption: Encryption| {
        let found = problems(&hardened(), |stack| drop(stack.table(book().encryption(encryption))));
        let help = found[0].help.clone().unwrap();
        help.rsplit_once("; required by ").unwrap().1.to_owned()
    };
    assert_eq!(asked(Encryption::AwsManaged), "CKV_AWS_119");
    assert_eq!(
        asked(Encryption::AwsOwned),
        "CKV_AWS_119, CT.DYNAMODB.PR.2, DYNAMODB_TABLE_ENCRYPTED_KMS, W74"
    );
}

#[test]
fn public_policies() {
    let public = json!({ "Effect": "Allow", "Principal": "*", "Action": "dynamodb:*", "Resource": "*" });
    let document = |statement: &Json| json!({ "PolicyDocument": { "Statement": [statement] } });
    let for_one =
        json!({ "Effect": "Allow", "Principal": { "AWS": "444455556666" }, "Action": "dynamodb:*" });
    let found = "H10: a policy of table `Book` allows actions to everyone";
    for policy in [dev(), safe(), hardened()] {
        check_table(
            &policy,
            book().override_property("/ResourcePolicy", document(&public)),
            &[found],
            book().override_property("/ResourcePolicy", document(&for_one)),
        );
    }
    let of_statement = |principal: &str| {
        book()
            .policy(Statement::allow(["dynamodb:GetItem"]).account("444455556666"))
            .override_property("/ResourcePolicy/PolicyDocument/Statement/0/Principal", json!(principal))
    };
    check_table(&safe(), of_statement("*"), &[found], of_statement("444455556666"));
    let stream = |statement: &Json| {
        let policy = json!({ "StreamViewType": "KEYS_ONLY", "ResourcePolicy": document(statement) });
        book().override_property("/StreamSpecification", policy)
    };
    check_table(&safe(), stream(&public), &[found], stream(&for_one));
    let replica = |statement: &Json| {
        global(|replica| replica).override_property(
            "/Replicas/1/ReplicaStreamSpecification",
            json!({ "ResourcePolicy": document(statement) }),
        )
    };
    let of_replica = "H10: a policy of the replica of table `Book` in eu-west-1 allows actions to everyone";
    check_table(&safe(), replica(&public), &[of_replica], replica(&for_one));

    // Problems that R1 reports are not reported again.
    let mut stack = Stack::new("books");
    stack.table(book().policy(Statement::allow(["dynamodb:*"]).principal("*")));
    let assembly = Assembly { stacks: vec![stack], ..Assembly::new(&Env::new("library", "dev"), &[]) };
    assert!(check(&assembly).iter().any(|problem| problem.rule == "R1"));
    assert!(check_policy(&assembly, &safe()).iter().all(|problem| problem.rule != "H10"));
}

#[test]
fn insights_into_encrypted_tables() {
    check_table(
        &hardened(),
        book().contributor_insights(true),
        &["H11: Contributor Insights exposes keys of table `Book` as plain text in CloudWatch"],
        book().contributor_insights(false),
    );
    check_table(
        &hardened(),
        book().index("by-author", |index| index.contributor_insights(true)),
        &[
            "H11: Contributor Insights exposes keys of index `by-author` of table `Book` as plain text in CloudWatch",
        ],
        book().index("by-author", |index| index.contributor_insights(unknown())),
    );
    check_table(
        &hardened(),
        global(|replica| replica.index("by-author", |index| index.contributor_insights(true))),
        &[
            "H11: Contributor Insights exposes keys of index `by-author` of the replica of table `Book` in eu-west-1 as plain text in CloudWatch",
        ],
        global(|replica| replica.contributor_insights(false)),
    );
    let not_yours = book().encryption(Encryption::AwsManaged).contributor_insights(true);
    let found = held(&hardened(), |stack| drop(stack.table(not_yours)));
    assert_eq!(found, ["H7: table `Book` is encrypted with the AWS managed key, not a customer managed key"]);
}

#[test]
fn required_tags() {
    let complete = || book().tag("owner", "ann").tag("team", unknown());
    let no_team = "H12: table `Book` has no tag `team`";
    for policy in [tagged(safe()), tagged(hardened())] {
        check_table(&policy, book().tag("owner", "ann").tag("Team", "core"), &[no_team], complete());
    }
    assert_eq!(held(&tagged(dev()), |stack| drop(stack.table(book()))), NOTHING);
    // Tags of the stack are propagated to tables, but not to replicas.
    let of_stack = |table: Table| {
        held(&tagged(safe()), |stack| {
            *stack = stack.clone().tag("team", "core");
            stack.table(table.tag("owner", "ann"));
        })
    };
    assert_eq!(of_stack(book()), NOTHING);
    assert_eq!(
        of_stack(global(|replica| replica.tag("team", "core"))),
        ["H12: the replica of table `Book` in the stack's Region has no tag `team`"]
    );
    // A list or a tag from an intrinsic function may have all of them.
    for tags in [
        json!({ "Fn::FindInMap": ["Tags", "all", "x"] }),
        json!([{ "Key": "owner", "Value": "x" }, { "Fn::GetAtt": ["Book", "Arn"] }]),
        json!([{ "Key": { "Ref": "AWS::StackName" }, "Value": "x" }]),
    ] {
        let raw = by_hand("Table", &json!({ "Tags": tags }));
        let mut stack = Stack::new("books");
        stack.raw_resource("Raw", raw);
        let assembly = Assembly { stacks: vec![stack], ..Assembly::new(&Env::new("library", "dev"), &[]) };
        assert_eq!(check_policy(&assembly, &tagged(safe())), [], "{tags}");
    }
}

#[test]
fn provisioned_capacity_needs_auto_scaling() {
    let scaled = || Capacity::from(Capacity::auto(5..=10));
    let fixed = || Capacity::fixed(5);
    let provisioned = |read: Capacity, write: Capacity| book().billing(Billing::provisioned(read, write));
    check_table(
        &hardened(),
        provisioned(fixed(), scaled()),
        &["H13: the read capacity of table `Book` is fixed"],
        provisioned(scaled(), scaled()),
    );
    check_table(
        &safe(),
        provisioned(scaled(), fixed()),
        &["H13 warns: the write capacity of table `Book` is fixed"],
        book(),
    );
    let index = |read: Capacity| {
        provisioned(scaled(), scaled())
            .index("by-author", |index| index.provisioned(Billing::provisioned(read, scaled())))
    };
    check_table(
        &hardened(),
        index(fixed()),
        &["H13: the read capacity of index `by-author` of table `Book` is fixed"],
        index(scaled()),
    );
    check_table(
        &hardened(),
        book().override_property("/BillingMode", json!("PROVISIONED")),
        &["H13: the capacity of table `Book` is fixed"],
        provisioned(fixed(), fixed()).override_property("/BillingMode", json!("PAY_PER_REQUEST")),
    );
    assert_eq!(held(&dev(), |stack| drop(stack.table(provisioned(fixed(), fixed())))), NOTHING);
    // A raw scalable target may be for this table.
    let by_hand = held(&hardened(), |stack| {
        stack.raw_resource("Scaling", json!({ "Type": "AWS::ApplicationAutoScaling::ScalableTarget" }));
        stack.table(provisioned(fixed(), fixed()));
    });
    assert_eq!(by_hand, NOTHING);
}

#[test]
fn capacity_of_global_tables_needs_auto_scaling_in_every_replica() {
    let fixed = || Capacity::fixed(5);
    let scaled = || Capacity::from(Capacity::auto(5..=10));
    let provisioned = |read: Capacity, change: fn(crate::Replica) -> crate::Replica| {
        global(change).billing(Billing::provisioned(read, scaled()))
    };
    let sound = || provisioned(scaled(), |replica| replica);
    check_table(
        &hardened(),
        provisioned(scaled(), |replica| replica.read(5)),
        &["H13: the read capacity of the replica of table `Book` in eu-west-1 is fixed"],
        sound(),
    );
    check_table(
        &hardened(),
        provisioned(scaled(), |replica| replica.index("by-author", |index| index.read(5))),
        &["H13: the read capacity of index `by-author` of the replica of table `Book` in eu-west-1 is fixed"],
        provisioned(scaled(), |replica| {
            replica.index("by-author", |index| index.read(Capacity::auto(5..=9)))
        }),
    );
    let two_indexes = |read: Capacity| {
        sound().gsi(
            crate::Index::new("by-x")
                .partition("x", crate::Scalar::S)
                .provisioned(Billing::provisioned(read, scaled())),
        )
    };
    let of_here_and_there = ["the stack's Region", "eu-west-1"].map(|region| {
        format!("H13: the read capacity of index `by-x` of the replica of table `Book` in {region} is fixed")
    });
    check_table(
        &hardened(),
        two_indexes(fixed()),
        &of_here_and_there.each_ref().map(String::as_str),
        two_indexes(scaled()),
    );
    let second = global(|replica| replica.index("by-x", |index| index.read(5)))
        .billing(Billing::provisioned(scaled(), scaled()))
        .gsi(crate::Index::new("by-x").partition("x", crate::Scalar::S));
    assert_eq!(held(&hardened(), |stack| drop(stack.table(second))), of_here_and_there[1..]);
    let all_reads =
        held(&hardened(), |stack| drop(stack.table(provisioned(Capacity::fixed(5), |replica| replica))));
    assert_eq!(all_reads.len(), 4, "table and index, here and there: {all_reads:?}");
    let writes = "/WriteProvisionedThroughputSettings/WriteCapacityAutoScalingSettings";
    check_table(
        &hardened(),
        sound().override_property(writes, Json::Null),
        &["H13: the write capacity of table `Book` is fixed"],
        sound().override_property(format!("{writes}/MinCapacity"), json!(6)),
    );
    check_table(
        &hardened(),
        sound().override_property(format!("/GlobalSecondaryIndexes/0{writes}"), Json::Null),
        &["H13: the write capacity of index `by-author` of table `Book` is fixed"],
        sound(),
    );
}

#[test]
fn a_global_index_after_local_ones_is_found() {
    let line = Place::caller().line + 1;
    let global = crate::Index::new("by-y").partition("y", crate::Scalar::S);
    let table = book()
        .lsi(crate::Index::new("by-x").sort("x", crate::Scalar::S))
        .gsi(
            global.provisioned(Billing::provisioned(5_u64, Capacity::auto(5..=9))).contributor_insights(true),
        )
        .billing(Billing::provisioned(Capacity::auto(5..=9), Capacity::auto(5..=9)));
    let found = problems(&hardened(), |stack| drop(stack.table(table)));
    let told: Vec<(&str, u32)> =
        found.iter().map(|problem| (problem.rule.as_str(), problem.at.line)).collect();
    assert_eq!(told, [("H13", line), ("H11", line)]);
}

#[test]
fn overrides_are_checked() {
    let line = Place::caller().line + 1;
    let turned_off = book().override_property(
        "/PointInTimeRecoverySpecification",
        json!({ "PointInTimeRecoveryEnabled": false }),
    );
    let found = problems(&safe(), |stack| drop(stack.table(turned_off)));
    assert_eq!((found.len(), found[0].rule.as_str()), (1, "H1"));
    assert_eq!(found[0].at.line, line, "the line of the override");
    assert!(
        found[0]
            .help
            .as_ref()
            .unwrap()
            .starts_with("change or remove the override of `/PointInTimeRecoverySpecification`")
    );

    let twice = |last: &str| {
        let first = book()
            .override_property("/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled", json!(true));
        first.override_property(
            "/PointInTimeRecoverySpecification",
            json!({ "PointInTimeRecoveryEnabled": last }),
        )
    };
    check_table(
        &safe(),
        twice("false"),
        &["H1: point-in-time recovery of table `Book` is off"],
        twice("true"),
    );
    let found = problems(&safe(), |stack| drop(stack.table(twice("false"))));
    assert_eq!(found[0].at, twice("false").overrides[1].at, "the last one decides");

    let turned_on = book()
        .no_point_in_time_recovery()
        .override_property("/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled", json!(true));
    assert_eq!(held(&safe(), |stack| drop(stack.table(turned_on))), NOTHING);
    check_table(
        &safe(),
        book().override_property("/BillingMode", Json::Null),
        &[
            "H14: table `Book` has no billing mode, which defaults to provisioned",
            "H13 warns: the capacity of table `Book` is fixed",
        ],
        book().override_property("/BillingMode", json!("PAY_PER_REQUEST")),
    );
    // A pointer with a common prefix is another property.
    let beside = book().no_point_in_time_recovery().override_property("/PointInTimeRecovery", json!(true));
    let found = problems(&safe(), |stack| drop(stack.table(beside)));
    assert_eq!(found[0].at, book().at);
}

#[test]
fn values_of_intrinsic_functions_are_not_checked() {
    let condition = || Expression::if_else("IsProd", true, false);
    let sound = held(&hardened(), |stack| {
        stack.condition("IsProd", crate::Test::equals(Expression::Ref("AWS::Region".into()), "eu-west-1"));
        stack.table(
            book()
                .point_in_time_recovery(condition())
                .deletion_protection(condition())
                .contributor_insights(condition())
                .encryption(Encryption::customer_key(unknown())),
        );
        for (id, pointer) in [
            ("A", "PointInTimeRecoverySpecification"),
            ("B", "SSESpecification"),
            ("C", "BillingMode"),
            ("D", "Tags"),
        ] {
            stack.raw_resource(id, by_hand("Table", &json!({ pointer: { "Fn::If": ["IsProd", {}, {}] } })));
        }
        stack.raw_resource("E", json!({ "Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": { "Fn::Transform": {} } }));
        stack.raw_resource(
            "F",
            by_hand("GlobalTable", &json!({ "Replicas": { "Fn::If": ["IsProd", [], []] } })),
        );
        stack.raw_resource(
            "G",
            by_hand("GlobalTable", &json!({ "Replicas": [{ "Fn::If": ["IsProd", {}, {}] }] })),
        );
        stack.raw_resource(
            "H",
            by_hand("Table", &json!({ "DeletionProtectionEnabled": "{{resolve:ssm:/x}}" })),
        );
    });
    assert_eq!(sound, NOTHING);
    // `AWS::NoValue` is known to be absent.
    let none = json!({ "PointInTimeRecoverySpecification": { "Ref": "AWS::NoValue" } });
    let found = held(&safe(), |stack| stack.raw_resource("Raw", by_hand("Table", &none)));
    assert_eq!(found, ["H1: point-in-time recovery of table `Raw` is off"]);
}

#[test]
fn raw_tables_are_checked() {
    let held_by_hand = |kind: &str, change: &Json| {
        held(&hardened(), |stack| stack.raw_resource("Raw", by_hand(kind, change)))
    };
    let found =
        |problems: &[&str]| -> Vec<String> { problems.iter().map(|problem| (*problem).to_owned()).collect() };
    // A stack without defined tables gets no stack policy from the profile.
    let guard = "H6: the stack policy of stack `books` allows `Update:Replace` of table `Raw`";
    for (kind, change, expected) in [
        ("Table", json!({}), vec![guard]),
        ("GlobalTable", json!({}), vec![guard]),
        (
            "Table",
            json!({ "DeletionProtectionEnabled": "false" }),
            vec![guard, "H4: deletion protection of table `Raw` is off"],
        ),
        (
            "Table",
            json!({ "SSESpecification": null }),
            vec![guard, "H7: table `Raw` is encrypted with an AWS owned key, not a customer managed key"],
        ),
        (
            "Table",
            json!({ "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": "7" } }),
            vec![guard, "H2: the recovery period of table `Raw` is 7 days; 35 are required"],
        ),
        (
            "Table",
            json!({ "BillingMode": "PROVISIONED" }),
            vec![guard, "H13: the capacity of table `Raw` is fixed"],
        ),
        (
            "GlobalTable",
            json!({ "Replicas": [{
                "Region": "eu-west-1",
                "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
                "DeletionProtectionEnabled": true,
            }] }),
            vec![
                guard,
                "H7: the replica of table `Raw` in eu-west-1 is encrypted with the AWS managed key, not a customer managed key",
            ],
        ),
    ] {
        assert_eq!(held_by_hand(kind, &change), found(&expected), "{kind} {change}");
    }
    // Other resource types are not checked.
    let topic = held(&hardened(), |stack| stack.raw_resource("Topic", json!({ "Type": "AWS::SNS::Topic" })));
    assert_eq!(topic, NOTHING);
}

#[test]
fn metadata_can_have_exceptions() {
    let unrecovered = || book().no_point_in_time_recovery();
    let rules = |table: Table| held(&safe(), |stack| drop(stack.table(table)));
    for (tool, value) in [
        ("tablewright", json!({ "skip": [{ "id": "H1", "comment": "a cache" }] })),
        ("tablewright", json!({ "skip": ["H1"] })),
        ("checkov", json!({ "skip": [{ "id": "CKV_AWS_28", "comment": "a cache" }] })),
        ("cfn_nag", json!({ "rules_to_suppress": [{ "id": "W78", "reason": "a cache" }] })),
        (
            "cdk_nag",
            json!({ "rules_to_suppress": [{ "id": "NIST.800.53.R5-DynamoDBPITREnabled", "reason": "a cache" }] }),
        ),
        ("guard", json!({ "SuppressedRules": ["DYNAMODB_PITR_ENABLED"] })),
    ] {
        assert_eq!(rules(unrecovered().metadata(tool, value.clone())), NOTHING, "{tool} {value}");
    }
    for (tool, value) in [
        ("tablewright", json!({ "skip": [{ "id": "H2" }] })),
        ("checkov", json!({ "skip": [{ "id": "CKV_AWS_119" }] })),
        ("checkov", json!({ "rules_to_suppress": [{ "id": "CKV_AWS_28" }] })),
        ("checkov", json!({ "skip": "CKV_AWS_28" })),
        ("mine", json!({ "skip": [{ "id": "H1" }] })),
    ] {
        assert_eq!(rules(unrecovered().metadata(tool, value.clone())).len(), 1, "{tool} {value}");
    }
    // For a key as well.
    let key = json!({ "Properties": {}, "Metadata": { "checkov": { "skip": [{ "id": "CKV_AWS_7" }] } } });
    let found = held(&hardened(), |stack| with_key(stack, Expression::Ref("Key".into()), &key));
    assert_eq!(found, NOTHING);
}

#[test]
fn a_problem_has_the_source_location_of_the_setting_and_a_fix() {
    let first = Place::caller().line + 2;
    let found = problems(&hardened(), |stack| {
        let index = crate::Index::new("by-x").partition("x", crate::Scalar::S);
        let replica = Global::eventual()
            .here(|r| r.key("alias/x"))
            .replica("eu-west-1", |r| r.key("alias/x").deletion_protection(false));
        stack.table(
            Table::define("A").partition("id", crate::Scalar::S).gsi(index.contributor_insights(true)),
        );
        stack.table(Table::define("B").partition("id", crate::Scalar::S).global(replica));
        stack.table(Table::define("C").partition("id", crate::Scalar::S).no_point_in_time_recovery());
        stack.raw_resource("D", by_hand("Table", &json!({ "DeletionProtectionEnabled": false })));
    });
    let told: Vec<(&str, u32, &str)> = found
        .iter()
        .map(|problem| (problem.rule.as_str(), problem.at.line - first, problem.help.as_deref().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            (
                "H11",
                0,
                "remove `.contributor_insights(…)`: the table is encrypted with a customer managed key"
            ),
            (
                "H4",
                3,
                "set `.deletion_protection(true)`, or use the default of the environment; required by DynamoDB.6, DYNAMODB_TABLE_DELETION_PROTECTION_ENABLED"
            ),
            (
                "H1",
                8,
                "use `.point_in_time_recovery(Days(35))`, or remove `.no_point_in_time_recovery()`; required by CKV_AWS_28, CKV_AWS_165, CT.DYNAMODB.PR.1, DynamoDB.2, DYNAMODB_PITR_ENABLED, W78, DynamoDBPITREnabled"
            ),
            (
                "H4",
                9,
                "set `DeletionProtectionEnabled: true`; required by DynamoDB.6, DYNAMODB_TABLE_DELETION_PROTECTION_ENABLED"
            ),
        ]
    );
}
