//! Expressions are compared by their values, if the values of the parameters are known.

use serde_json::{Value, json};
use tablewright_plan::{Change, Plan, PlanOptions, Verdict, plan};

use crate::support::{attributes, index, key, lines, merged, named, resource, table, with};

type Values<'a> = &'a [(&'a str, &'a str)];

fn known(before: Values, after: Values) -> PlanOptions {
    let values = |values: Values| {
        Some(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    };
    PlanOptions {
        deployed_parameters: values(before),
        wanted_parameters: values(after),
        ..PlanOptions::default()
    }
}

/// Plans a template against itself under other values, or against another one.
fn check(before: (&Value, Values), after: (&Value, Values), expected: &[&str]) -> Plan {
    let plan = plan(Some(before.0), after.0, &known(before.1, after.1));
    let mut found = lines(&plan);
    let mut expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "\nfrom {before:?}\n  to {after:?}");
    if let Some(last) = plan.steps.last() {
        assert_eq!(&last.template, after.0, "the last step is what was written");
    }
    plan
}

fn find<'p>(plan: &'p Plan, path: &str) -> &'p Change {
    plan.changes.iter().find(|change| change.path == path).expect("the change")
}

/// A table with these properties, and the parameters that they refer to.
fn stack(parameters: Value, properties: Value) -> Value {
    merged(table(properties), json!({ "Parameters": parameters }))
}

#[test]
fn changing_a_value_in_the_table_name_renames_the_table() {
    for name in [
        json!({ "Ref": "Name" }),
        json!({ "Fn::Sub": "${Name}" }),
        json!({ "Fn::Sub": "app-${Name}-notes" }),
        json!({ "Fn::Sub": ["${n}-notes", { "n": { "Ref": "Name" } }] }),
        // CloudFormation trims what stands in the braces.
        json!({ "Fn::Sub": "${ Name }-notes" }),
        json!({ "Fn::Sub": "${Name }-${!Name}-${ !Name }-notes" }),
        json!({ "Fn::Sub": ["${ n }-notes", { "n": { "Ref": "Name" } }] }),
        json!({ "Fn::Sub": ["${n}-notes", { " n ": { "Fn::Sub": "${\tName\n}" } }] }),
        json!({ "Fn::Sub": "${ AWS::Region }-${ Name }" }),
        json!({ "Fn::Join": ["-", [{ "Fn::Sub": "${ Name }" }, "notes"]] }),
        json!({ "Fn::If": ["IsSub", "one", "two"] }),
        json!({ "Fn::Join": ["-", ["app", { "Ref": "Name" }]] }),
        json!({ "Fn::Sub": "${AWS::Region}-${Name}" }),
        json!({ "Fn::Select": [0, { "Fn::Split": [",", { "Ref": "Name" }] }] }),
        json!({ "Fn::FindInMap": ["Names", { "Ref": "Name" }, "notes"] }),
        json!({ "Fn::If": ["IsA", "one", { "Fn::If": ["IsA", "two", "three"] }] }),
    ] {
        let template = merged(
            stack(json!({ "Name": { "Type": "String" } }), json!({ "TableName": name })),
            json!({
                "Mappings": { "Names": { "a": { "notes": "x" }, "b": { "notes": "y" } } },
                "Conditions": { "IsA": { "Fn::Equals": [{ "Ref": "Name" }, "a"] }, "IsSub": { "Fn::Equals": [{ "Fn::Sub": "${ Name }" }, "a"] } },
            }),
        );
        let same = [("Name", "a")];
        check((&template, &same), (&template, &same), &[]);
        let plan = plan(Some(&template), &template, &known(&same, &[("Name", "b")]));
        let renamed = plan.changes.iter().find(|change| change.section == "Resources").expect("a change");
        assert_eq!(renamed.verdict, Verdict::DataLoss, "{name}");
        let written = template.pointer(&format!("/Resources/T{}", renamed.path));
        assert!(written.is_some(), "{}", renamed.path);
        assert_ne!(renamed.before, renamed.after);
        let value = find(&plan, "");
        assert_eq!((value.section.as_str(), value.logical_id.as_str()), ("Parameters", "Name"));
        assert_eq!((&value.before, &value.after), (&Some(json!("a")), &Some(json!("b"))));
        assert_eq!(value.why, "its effect is reported where it is used", "{name}");
        assert!(plan.is_stopped());
    }
}

#[test]
fn equal_values_written_differently_are_no_change() {
    let parameters = json!({ "Env": { "Type": "String", "Default": "prod" }, "Reads": { "Type": "Number" } });
    let with_values = merged(
        stack(
            parameters,
            json!({
                "TableName": { "Fn::Sub": "app-${Env}" },
                "BillingMode": { "Fn::If": ["IsProd", "PROVISIONED", "PAY_PER_REQUEST"] },
                "ProvisionedThroughput": { "ReadCapacityUnits": { "Ref": "Reads" }, "WriteCapacityUnits": 1 },
                "DeletionProtectionEnabled": { "Fn::If": ["IsProd", true, { "Ref": "AWS::NoValue" }] },
            }),
        ),
        json!({ "Conditions": { "IsProd": { "Fn::Equals": ["prod", { "Ref": "Env" }] } } }),
    );
    let literal = named(json!({
        "TableName": "app-prod",
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": { "ReadCapacityUnits": 5, "WriteCapacityUnits": 1 },
        "DeletionProtectionEnabled": true,
    }));
    // The definitions come and go, the table does not see it.
    let gone =
        ["remove Conditions/IsProd: none", "remove Parameters/Env: none", "remove Parameters/Reads: none"];
    check((&with_values, &[("Reads", "5")]), (&literal, &[]), &gone);
    let come = ["add Conditions/IsProd: none", "add Parameters/Env: none", "add Parameters/Reads: none"];
    check((&literal, &[]), (&with_values, &[("Reads", "5")]), &come);
}

#[test]
fn unknown_values_are_compared_as_text() {
    let template = stack(
        json!({ "Name": { "Type": "String" }, "Key": { "Type": "AWS::SSM::Parameter::Value<String>" }, "Secret": { "Type": "String", "NoEcho": true } }),
        json!({ "TableName": { "Fn::Sub": "${Name}-${Key}-${Secret}" } }),
    );
    let values: Values = &[("Name", "a"), ("Key", "/k"), ("Secret", "****")];
    check((&template, values), (&template, values), &[]);
    // Known on one side only: equal text stays equal.
    for (before, after) in [(&[] as Values, values), (values, &[])] {
        check((&template, before), (&template, after), &[]);
    }
    let nothing = PlanOptions::default();
    assert!(plan(Some(&template), &template, &nothing).is_empty());
    let one_side = PlanOptions { deployed_parameters: None, ..known(&[], values) };
    assert!(plan(Some(&template), &template, &one_side).is_empty());
    // The key in the parameter store is another one, so what it says may be, too.
    let plan = check(
        (&template, values),
        (&template, &[("Name", "a"), ("Key", "/other"), ("Secret", "****")]),
        &["modify Parameters/Key: data-loss"],
    );
    assert!(
        plan.changes[0].why.starts_with("it determines `T/Properties/TableName`; "),
        "{:?}",
        plan.changes
    );
}

#[test]
fn hidden_values_are_never_shown() {
    let secret = json!({ "Secret": { "Type": "String", "NoEcho": "true" } });
    let template = stack(secret.clone(), json!({ "Tags": [{ "Key": "k", "Value": { "Ref": "Secret" } }] }));
    let plan = check(
        (&template, &[("Secret", "****")]),
        (&template, &[("Secret", "hunter2")]),
        &["modify Parameters/Secret: in-place-with-risk"],
    );
    assert_eq!(plan.steps.len(), 1);
    assert!(!format!("{plan:?}").contains("hunter2"));
    // `****` is the value as it was.
    check((&template, &[("Secret", "****")]), (&template, &[("Secret", "****")]), &[]);
    // Also where the value could be seen.
    let open = stack(json!({ "Name": { "Type": "String" } }), json!({ "TableName": { "Ref": "Name" } }));
    check((&open, &[("Name", "a")]), (&open, &[("Name", "****")]), &[]);
    // It is new: there is nothing to compare with.
    let bare = table(json!({ "Tags": [{ "Key": "k", "Value": { "Ref": "Secret" } }] }));
    check((&bare, &[]), (&template, &[("Secret", "hunter2")]), &["add Parameters/Secret: none"]);
}

#[test]
fn defaults_count_where_no_value_is_given() {
    let template = |default: &str| {
        stack(
            json!({ "Name": { "Type": "String", "Default": default } }),
            json!({ "TableName": { "Ref": "Name" } }),
        )
    };
    check(
        (&template("a"), &[]),
        (&template("b"), &[]),
        &[
            "modify Parameters/Name/Default: none",
            "modify Parameters/Name: none",
            "modify T/Properties/TableName: data-loss",
        ],
    );
    // The deployed value stays what it was given, whatever the default says now.
    let plan = check(
        (&template("a"), &[("Name", "n")]),
        (&template("b"), &[("Name", "n")]),
        &["modify Parameters/Name/Default: none"],
    );
    assert_eq!(plan.changes[0].why, "its effect is reported where it is used");
    assert_eq!(plan.steps.len(), 1);
    check(
        (&template("a"), &[("Name", "b")]),
        (&template("b"), &[]),
        &["modify Parameters/Name/Default: none"],
    );
}

#[test]
fn lists_are_lists() {
    for kind in ["CommaDelimitedList", "List<String>"] {
        check_list(kind);
    }
}

fn check_list(kind: &str) {
    let template = stack(
        json!({ "Names": { "Type": kind } }),
        json!({
            "AttributeDefinitions": attributes(&["pk", "a"]),
            "GlobalSecondaryIndexes": [merged(index("i", &["a"]), json!({
                "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": { "Ref": "Names" } },
            }))],
        }),
    );
    check(
        (&template, &[("Names", "x,y")]),
        (&template, &[("Names", "y, x")]),
        &["modify Parameters/Names: none"],
    );
    check(
        (&template, &[("Names", "x,y")]),
        (&template, &[("Names", "x,z")]),
        &[
            "modify Parameters/Names: none",
            "modify T/Properties/GlobalSecondaryIndexes/0/Projection: refused",
        ],
    );
}

/// `Fn::If` is followed to the branch that counts, and the change is told where it was written.
#[test]
fn changes_stand_where_they_were_written() {
    let template = |keys: &[&str]| {
        merged(
            stack(
                json!({ "Env": { "Type": "String" } }),
                json!({
                    "AttributeDefinitions": attributes(&["pk", "a"]),
                    "GlobalSecondaryIndexes": [
                        { "Fn::If": ["IsProd", { "Ref": "AWS::NoValue" }, index("dev", &["a"])] },
                        { "Fn::If": ["IsProd", index("prod", keys), { "Ref": "AWS::NoValue" }] },
                    ],
                }),
            ),
            json!({ "Conditions": { "IsProd": { "Fn::Equals": [{ "Ref": "Env" }, "prod"] } } }),
        )
    };
    let prod: Values = &[("Env", "prod")];
    let path = "/Properties/GlobalSecondaryIndexes/1/Fn::If/1/KeySchema";
    let after = template(&["a", "pk"]);
    let plan = check((&template(&["a"]), prod), (&after, prod), &[&format!("modify T{path}: refused")]);
    assert_eq!(after.pointer(&format!("/Resources/T{path}")), plan.changes[0].after.as_ref());
    // In another environment the same text is another index.
    check((&template(&["a"]), &[("Env", "dev")]), (&template(&["a", "pk"]), &[("Env", "dev")]), &[]);
    check(
        (&template(&["a"]), &[("Env", "dev")]),
        (&template(&["a"]), prod),
        &[
            "modify Parameters/Env: none",
            "add T/Properties/GlobalSecondaryIndexes/1/Fn::If/1: staged",
            "remove T/Properties/GlobalSecondaryIndexes/0/Fn::If/2: staged",
        ],
    );
}

#[test]
fn a_condition_adds_and_removes_its_table() {
    let template = |table: Value| {
        merged(
            json!({ "Resources": { "T": with(&named(json!({})), "/Resources/T/Condition", json!("Wanted"))["Resources"]["T"], "U": table } }),
            json!({
                "Parameters": { "Env": { "Type": "String" } },
                "Conditions": {
                    "IsProd": { "Fn::Equals": [{ "Ref": "Env" }, "prod"] },
                    "Wanted": { "Fn::Or": [{ "Condition": "IsProd" }, { "Fn::Not": [{ "Fn::Equals": [{ "Ref": "Env" }, "dev"] }] }] },
                },
                "Outputs": { "Name": { "Condition": "Wanted", "Value": { "Ref": "T" }, "Export": { "Name": "t" } } },
            }),
        )
    };
    let plain = template(resource(json!({})));
    let (dev, prod): (Values, Values) = (&[("Env", "dev")], &[("Env", "prod")]);
    let value = "modify Parameters/Env: none";
    check((&plain, dev), (&plain, prod), &["add Outputs/Name: in-place", "add T: in-place", value]);
    let off = ["remove Outputs/Name: in-place-with-risk", "remove T: data-loss", value];
    let plan = check((&plain, prod), (&plain, dev), &off);
    assert!(plan.is_stopped());
    // By the policy and the protection that are deployed.
    for (pointer, set, verdict) in [
        ("DeletionPolicy", json!("Retain"), "replacement-kept"),
        ("DeletionPolicy", json!("RetainExceptOnCreate"), "replacement-kept"),
        ("DeletionPolicy", json!({ "Fn::If": ["IsProd", "Retain", "Delete"] }), "replacement-kept"),
        ("DeletionPolicy", json!({ "Fn::If": ["IsProd", "Delete", "Retain"] }), "data-loss"),
        ("Properties/DeletionProtectionEnabled", json!(true), "refused"),
    ] {
        let guarded = with(&plain, &format!("/Resources/T/{pointer}"), set);
        check(
            (&guarded, prod),
            (&guarded, dev),
            &["remove Outputs/Name: in-place-with-risk", &format!("remove T: {verdict}"), value],
        );
    }
    // Another value that comes to the same.
    check((&plain, prod), (&plain, &[("Env", "stage")]), &[value]);
    // The condition itself is written anew.
    let always = with(&plain, "/Conditions/Wanted", json!({ "Fn::Equals": [1, "1"] }));
    check((&plain, prod), (&always, prod), &["modify Conditions/Wanted: none"]);
    check(
        (&plain, dev),
        (&always, dev),
        &["add Outputs/Name: in-place", "add T: in-place", "modify Conditions/Wanted: none"],
    );
}

/// To CloudFormation the table of one environment goes and the other comes, and the name is taken.
#[test]
fn two_tables_under_opposite_conditions() {
    let one = |condition: &str, mode: &str| {
        with(&named(json!({ "BillingMode": mode })), "/Resources/T/Condition", json!(condition))["Resources"]
            ["T"]
            .clone()
    };
    let template = json!({
        "Parameters": { "Env": { "Type": "String" } },
        "Conditions": { "IsProd": { "Fn::Equals": [{ "Ref": "Env" }, "prod"] }, "IsDev": { "Fn::Not": [{ "Condition": "IsProd" }] } },
        "Resources": { "Prod": one("IsProd", "PROVISIONED"), "Dev": one("IsDev", "PAY_PER_REQUEST") },
    });
    let (dev, prod): (Values, Values) = (&[("Env", "dev")], &[("Env", "prod")]);
    let plan = check(
        (&template, dev),
        (&template, prod),
        &["modify Parameters/Env: none", "move Dev to Prod: refused"],
    );
    let moved = plan.changes.iter().find(|change| change.verdict == Verdict::Refused).expect("the move");
    assert_eq!(
        moved.server_text.as_deref(),
        Some("Resource of type 'AWS::DynamoDB::Table' with identifier 'app-t' already exists.")
    );
    check((&template, prod), (&template, prod), &[]);
}

/// Between two steps the deployed values must stay, although CloudFormation is given the wanted ones.
#[test]
fn no_value_leaks_into_a_step_before_its_turn() {
    let template = |indexes: &[&str], allowed: &[&str]| {
        let used: Vec<&str> = [&["pk"], indexes].concat();
        stack(
            json!({ "Reads": { "Type": "Number", "AllowedValues": allowed }, "View": { "Type": "String" } }),
            json!({
                "AttributeDefinitions": attributes(&used),
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": { "ReadCapacityUnits": { "Ref": "Reads" }, "WriteCapacityUnits": 1 },
                "StreamSpecification": { "StreamViewType": { "Ref": "View" } },
                "GlobalSecondaryIndexes": indexes.iter().map(|name| index(name, &[name])).collect::<Value>(),
            }),
        )
    };
    let before = template(&["a"], &["1"]);
    let after = template(&["a", "b", "c"], &["1", "2"]);
    let staged = plan(
        Some(&before),
        &after,
        &known(&[("Reads", "1"), ("View", "KEYS_ONLY")], &[("Reads", "2"), ("View", "NEW_IMAGE")]),
    );
    assert_eq!(staged.verdict(), Verdict::Staged);
    let seen: Vec<(Value, Value, usize, Value)> = staged
        .steps
        .iter()
        .map(|step| {
            let properties = &step.template["Resources"]["T"]["Properties"];
            (
                properties["ProvisionedThroughput"]["ReadCapacityUnits"].clone(),
                properties["StreamSpecification"]["StreamViewType"].clone(),
                properties["GlobalSecondaryIndexes"].as_array().map_or(0, Vec::len),
                step.template["Parameters"]["Reads"]["AllowedValues"].clone(),
            )
        })
        .collect();
    let allowed = json!(["1", "2"]);
    assert_eq!(
        seen,
        [
            (json!("2"), json!("KEYS_ONLY"), 1, allowed.clone()),
            (json!("2"), json!("NEW_IMAGE"), 1, allowed.clone()),
            (json!("2"), json!("NEW_IMAGE"), 2, allowed.clone()),
            (json!({ "Ref": "Reads" }), json!({ "Ref": "View" }), 3, allowed),
        ]
    );
    assert_eq!(staged.steps[3].template, after);
    // After each step the rest of the way is the same.
    for (at, step) in staged.steps.iter().enumerate() {
        let values: Values = &[("Reads", "2"), ("View", "NEW_IMAGE")];
        let rest = plan(Some(&step.template), &after, &known(values, values));
        assert_eq!(rest.steps.len(), staged.steps.len() - at - 1, "after step {at}");
    }
}

#[test]
fn conditions_that_cannot_be_worked_out_stay_as_they_are() {
    let template = |condition: Value| {
        merged(
            stack(
                json!({ "Env": { "Type": "String" } }),
                json!({ "TableClass": { "Fn::If": ["C", "STANDARD", "STANDARD_INFREQUENT_ACCESS"] } }),
            ),
            json!({ "Conditions": { "C": condition, "Loop": { "Fn::Not": [{ "Condition": "Loop" }] } } }),
        )
    };
    let env: Values = &[("Env", "a")];
    let equals = |b: Value| json!({ "Fn::Equals": [{ "Ref": "Env" }, b] });
    let region = equals(json!({ "Ref": "AWS::Region" }));
    for odd in [
        region.clone(),
        json!({ "Fn::Not": [region] }),
        json!({ "Fn::And": [{ "Fn::Equals": ["a", "a"] }, region] }),
        json!({ "Fn::Or": [{ "Fn::Equals": ["a", "b"] }, region] }),
        json!({ "Condition": "Loop" }),
        json!({ "Condition": "Missing" }),
        json!({ "Fn::Equals": ["a"] }),
        json!({ "Fn::Not": [] }),
        json!({ "Fn::Contains": [["a"], "a"] }),
        json!("C"),
    ] {
        let (a, b) = (template(odd.clone()), template(json!({ "Fn::Equals": ["a", "a"] })));
        check((&a, env), (&a, env), &[]);
        // Known on the wanted side only: still text, and so is what it decides.
        let plan = plan(Some(&a), &b, &known(env, env));
        assert_eq!(lines(&plan), ["modify Conditions/C: in-place-with-risk"], "{odd}");
    }
    for (settled, class) in [
        (
            json!({ "Fn::And": [equals(json!("a")), equals(json!("b")), region] }),
            "STANDARD_INFREQUENT_ACCESS",
        ),
        (json!({ "Fn::Or": [region, equals(json!("a"))] }), "STANDARD"),
        (json!({ "Fn::Not": [equals(json!("a"))] }), "STANDARD_INFREQUENT_ACCESS"),
        (json!({ "Fn::And": [equals(json!("a")), equals(json!("a"))] }), "STANDARD"),
        (json!({ "Fn::Or": [equals(json!("c")), equals(json!("b"))] }), "STANDARD_INFREQUENT_ACCESS"),
    ] {
        let literal = merged(
            stack(json!({ "Env": { "Type": "String" } }), json!({ "TableClass": class })),
            json!({ "Conditions": { "C": settled, "Loop": { "Fn::Not": [{ "Condition": "Loop" }] } } }),
        );
        check((&template(settled), env), (&literal, env), &[]);
    }
}

/// The default of a parameter whose value cannot be worked out, while the value that is given stays.
#[test]
fn a_value_overrides_the_default() {
    let template = |default: &str| {
        stack(
            json!({ "Key": { "Type": "AWS::SSM::Parameter::Value<String>", "Default": default } }),
            json!({ "TableName": { "Ref": "Key" } }),
        )
    };
    let given: Values = &[("Key", "/k")];
    let plan =
        check((&template("/a"), given), (&template("/b"), given), &["modify Parameters/Key/Default: none"]);
    assert_eq!(plan.changes[0].why, "its effect is reported where it is used");
}

/// Without values, a default may be what the next step is given.
#[test]
fn definitions_stay_until_the_last_step_where_no_values_are_known() {
    let template = |allowed: &str, names: &[&str]| {
        stack(
            json!({ "Unused": { "Type": "String", "Default": allowed, "AllowedValues": [allowed] } }),
            json!({
                "AttributeDefinitions": attributes(&[&["pk"], names].concat()),
                "GlobalSecondaryIndexes": names.iter().map(|name| index(name, &[name])).collect::<Value>(),
            }),
        )
    };
    let (before, after) = (template("a", &["x"]), template("b", &["x", "y", "z"]));
    let plan = plan(Some(&before), &after, &PlanOptions::default());
    assert_eq!(plan.steps.len(), 2);
    assert_eq!(plan.steps[0].template["Parameters"], before["Parameters"]);
}

#[test]
fn metadata_is_read_as_it_stands() {
    let template = stack(json!({ "Env": { "Type": "String" } }), json!({}));
    let template = with(&template, "/Resources/T/Metadata", json!({ "env": { "Ref": "Env" } }));
    let plan =
        check((&template, &[("Env", "a")]), (&template, &[("Env", "b")]), &["modify Parameters/Env: none"]);
    assert_eq!(plan.steps.len(), 1, "the value is to be given");
}

#[test]
fn key_attributes_can_be_values_too() {
    let template = stack(
        json!({ "Key": { "Type": "String" } }),
        json!({
            "AttributeDefinitions": [{ "AttributeName": { "Ref": "Key" }, "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": { "Ref": "Key" }, "KeyType": "HASH" }],
        }),
    );
    check(
        (&template, &[("Key", "id")]),
        (&template, &[("Key", "pk")]),
        &[
            "modify Parameters/Key: none",
            "add T/Properties/AttributeDefinitions/0: in-place",
            "remove T/Properties/AttributeDefinitions/0: in-place",
            "modify T/Properties/KeySchema: data-loss",
        ],
    );
    let literal = table(json!({ "KeySchema": key(&["pk"]) }));
    check((&template, &[("Key", "pk")]), (&literal, &[]), &["remove Parameters/Key: none"]);
}

#[test]
fn a_computed_mapping_name_is_unknown() {
    let template = |value: &str| {
        merged(
            stack(
                json!({ "Map": { "Type": "String" } }),
                json!({ "TableName": { "Fn::FindInMap": [{ "Ref": "Map" }, "a", "b"] } }),
            ),
            json!({ "Mappings": { "Names": { "a": { "b": value } } } }),
        )
    };
    let plan = plan(Some(&template("x")), &template("y"), &PlanOptions::default());
    let mapping = plan.changes.iter().find(|change| change.section == "Mappings").expect("a change");
    assert!(mapping.verdict > Verdict::Refused, "{mapping:?}");
}

#[test]
fn blanks_in_the_braces_of_a_text_are_no_change() {
    let template = |name: &str| named(json!({ "TableName": { "Fn::Sub": name } }));
    let none = PlanOptions::default();
    for (before, after) in [("${T}-n", "${ T }-n"), ("${T.Arn}", "${\tT.Arn }"), ("${!T}", "${ !T}")] {
        assert!(plan(Some(&template(before)), &template(after), &none).is_empty(), "{before} {after}");
    }
}

/// What stands in braces reaches a tag, an output and an export as it reaches the name of a table.
#[test]
fn blanks_in_the_braces_hide_no_change() {
    let template = merged(
        stack(
            json!({ "Stage": { "Type": "String" } }),
            json!({ "TableName": "notes", "Tags": [{ "Key": "k", "Value": { "Fn::Sub": "${ Stage }" } }] }),
        ),
        json!({ "Outputs": { "O": { "Value": { "Fn::Sub": "${ Stage }" }, "Export": { "Name": { "Fn::Sub": "${ Stage }-x" } } } } }),
    );
    let plan = plan(Some(&template), &template, &known(&[("Stage", "a")], &[("Stage", "b")]));
    let places: Vec<&str> = plan.changes.iter().map(|change| change.path.as_str()).collect();
    for place in ["/Properties/Tags/0", "/Value", "/Export"] {
        assert!(places.contains(&place), "{place} in {places:?}");
    }
}
