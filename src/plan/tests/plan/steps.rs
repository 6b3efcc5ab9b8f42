//! The order of steps, and the templates of intermediate steps.

use serde_json::{Value, json};
use tablewright_plan::{Plan, PlanOptions, Verdict, Wait, plan};

use crate::machine::{template_faults, update_faults};
use crate::support::{attributes, index, key, merged, named, resource, steps, table, with};

/// Compares the steps, each as its summary; every step must be one that AWS takes.
fn check(before: &Value, after: &Value, expected: &[&str]) -> Plan {
    check_with(&PlanOptions::default(), before, after, expected)
}

fn check_with(options: &PlanOptions, before: &Value, after: &Value, expected: &[&str]) -> Plan {
    let plan = plan(Some(before), after, options);
    let sorted = |line: &&str| {
        let mut parts: Vec<&str> = line.split("; ").collect();
        parts.sort_unstable();
        parts.join("; ")
    };
    assert_eq!(steps(&plan), expected.iter().map(sorted).collect::<Vec<_>>(), "{:#?}", plan.changes);
    let mut at = before;
    for step in &plan.steps {
        assert_eq!(template_faults(&step.template), [""; 0], "{}", step.template);
        assert_eq!(update_faults(at, &step.template), [""; 0], "{}", step.template);
        at = &step.template;
    }
    assert_eq!(at, after);
    plan
}

fn consent() -> PlanOptions {
    PlanOptions { redefine_indexes: ["T", "U"].map(str::to_owned).into(), ..PlanOptions::default() }
}

/// A named table with these indexes, each on the attribute of its own name; `a:N` is a number.
fn indexed(names: &[&str], over: Value) -> Value {
    let used: Vec<&str> = ["pk"].iter().chain(names).copied().collect();
    let plain = |name: &&str| name.split(':').next().unwrap_or_default().to_owned();
    let indexes: Value = names.iter().map(plain).map(|name| index(&name, &[&name])).collect();
    let base = json!({ "AttributeDefinitions": attributes(&used), "GlobalSecondaryIndexes": if names.is_empty() { json!(null) } else { indexes } });
    named(merged(base, over))
}

fn attribute_names(template: &Value) -> Vec<&str> {
    let definitions =
        template.pointer("/Resources/T/Properties/AttributeDefinitions").and_then(Value::as_array);
    definitions.into_iter().flatten().filter_map(|definition| definition["AttributeName"].as_str()).collect()
}

fn on_indexes(tables: &[&str]) -> Vec<Wait> {
    vec![Wait::Indexes { tables: tables.iter().map(|id| (*id).to_owned()).collect() }]
}

#[test]
fn the_first_deploy_is_one_step() {
    let wanted = indexed(
        &["a", "b", "c"],
        json!({ "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "x" } }),
    );
    let plan = plan(None, &wanted, &PlanOptions::default());
    assert_eq!(steps(&plan), ["add T"]);
    assert_eq!(plan.steps[0].template, wanted);
    assert_eq!((plan.verdict(), plan.steps[0].waits.len()), (Verdict::InPlace, 0));
    let malformed =
        tablewright_plan::plan(None, &json!({ "Resources": { "T": {} } }), &PlanOptions::default());
    assert!(malformed.is_stopped());
}

#[test]
fn text_changes_are_one_step() {
    let described = merged(named(json!({})), json!({ "Description": "d" }));
    assert_eq!(check(&named(json!({})), &described, &["add Description"]).verdict(), Verdict::None);
}

#[test]
fn changes_in_place_go_together() {
    let after = with(
        &named(json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS", "Tags": [{ "Key": "a", "Value": "b" }] })),
        "/Resources/T/Metadata",
        json!({}),
    );
    check(&named(json!({})), &after, &["add T/TableClass; add T/Tags/0; add T/Metadata"]);
}

#[test]
fn indexes_go_one_by_one_with_their_attributes() {
    let plan = check(
        &indexed(&[], json!({})),
        &indexed(&["a", "b"], json!({})),
        &["create index a on T", "create index b on T"],
    );
    assert_eq!(attribute_names(&plan.steps[0].template), ["pk", "a"]);
    assert!(plan.steps.iter().all(|step| step.waits == on_indexes(&["T"])));
    assert_eq!(plan.verdict(), Verdict::Staged);
    check(
        &indexed(&["a", "b"], json!({})),
        &indexed(&[], json!({})),
        &["delete index a on T", "delete index b on T"],
    );
    // One alone needs one step.
    let plan = check(&indexed(&[], json!({})), &indexed(&["a"], json!({})), &["create index a on T"]);
    assert_eq!((plan.verdict(), plan.steps[0].waits.clone()), (Verdict::InPlace, on_indexes(&["T"])));
}

#[test]
fn an_index_is_created_before_another_is_deleted() {
    check(
        &indexed(&["old"], json!({})),
        &indexed(&["new"], json!({})),
        &["create index new on T", "delete index old on T"],
    );
}

#[test]
fn deletes_come_first_when_they_make_room() {
    // A slot: there is never a twenty-first index.
    let names: Vec<String> = (10..30).map(|at| format!("i{at}")).collect();
    let full: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut swapped = full.clone();
    swapped[7] = "new";
    check(
        &indexed(&full, json!({})),
        &indexed(&swapped, json!({})),
        &["delete index i17 on T", "create index new on T"],
    );
    let mut halved = full[..18].to_vec();
    halved[..3].copy_from_slice(&["x", "y", "z"]);
    check(
        &indexed(&full, json!({})),
        &indexed(&halved, json!({})),
        &[
            "delete index i10 on T",
            "delete index i11 on T",
            "delete index i12 on T",
            "create index x on T",
            "create index y on T",
            "create index z on T",
            "delete index i28 on T",
            "delete index i29 on T",
        ],
    );
    // A type: the attribute must be gone before it comes back.
    let typed = |name: &str, kind: &str| {
        named(
            json!({ "AttributeDefinitions": attributes(&["pk", kind]), "GlobalSecondaryIndexes": [index(name, &["g"])] }),
        )
    };
    let plan =
        check(&typed("old", "g"), &typed("new", "g:N"), &["delete index old on T", "create index new on T"]);
    assert_eq!(attribute_names(&plan.steps[0].template), ["pk"]);
    // Names to project: never more than a hundred.
    let projected = |name: &str, count: usize| {
        let names: Vec<String> = (0..count).map(|at| format!("n{at}")).collect();
        let wide = merged(
            index(name, &["g"]),
            json!({ "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": names } }),
        );
        named(
            json!({ "AttributeDefinitions": attributes(&["pk", "g"]), "GlobalSecondaryIndexes": [wide, index("rest", &["g"])] }),
        )
    };
    check(&projected("old", 60), &projected("new", 60), &["delete index old on T", "create index new on T"]);
    check(&projected("old", 60), &projected("new", 40), &["create index new on T", "delete index old on T"]);
}

#[test]
fn redefinition_needs_consent() {
    let before = indexed(&["a", "b"], json!({}));
    let narrow = json!({ "ProjectionType": "KEYS_ONLY" });
    let narrowed = merged(
        index("a", &["b"]),
        json!({ "Projection": narrow, "ContributorInsightsSpecification": { "Enabled": false } }),
    );
    let after = named(
        json!({ "AttributeDefinitions": attributes(&["pk", "b"]), "GlobalSecondaryIndexes": [narrowed, index("b", &["b"])] }),
    );
    assert!(plan(Some(&before), &after, &PlanOptions::default()).is_stopped());
    let plan = check_with(&consent(), &before, &after, &["delete index a on T", "create index a on T"]);
    assert_eq!(plan.verdict(), Verdict::Staged);
    assert_eq!(attribute_names(&plan.steps[0].template), ["pk", "b"]);

    // A new type of its key redefines an index that says nothing else new.
    let plan = check_with(
        &consent(),
        &indexed(&["a", "b"], json!({})),
        &indexed(&["a:N", "b"], json!({})),
        &["delete index a on T", "create index a on T"],
    );
    assert_eq!(plan.verdict(), Verdict::Staged);
    // The type belongs to the table: no consent helps.
    assert!(
        tablewright_plan::plan(
            Some(&named(json!({}))),
            &named(json!({ "AttributeDefinitions": attributes(&["pk:N"]) })),
            &consent()
        )
        .is_stopped()
    );
}

#[test]
fn what_is_free_comes_before_the_indexes_and_does_not_leak() {
    let after = with(
        &indexed(
            &["a", "b"],
            json!({ "Tags": [{ "Key": "k", "Value": "v" }], "TableClass": "STANDARD_INFREQUENT_ACCESS" }),
        ),
        "/Resources/U",
        resource(json!({})),
    );
    let plan = check(
        &indexed(&[], json!({})),
        &after,
        &["add T/TableClass; add T/Tags/0; add U", "create index a on T", "create index b on T"],
    );
    assert_eq!(attribute_names(&plan.steps[0].template), ["pk"]);
    // Free before, staged because it takes two steps.
    let one = indexed(&["a"], json!({ "Tags": [{ "Key": "k", "Value": "v" }] }));
    assert_eq!(
        check(&indexed(&[], json!({})), &one, &["add T/Tags/0", "create index a on T"]).verdict(),
        Verdict::Staged
    );
}

#[test]
fn tables_climb_side_by_side() {
    let both = |t: &[&str], u: &[&str]| {
        let mut template = indexed(t, json!({}));
        template["Resources"]["U"] = indexed(u, json!({ "TableName": "app-u" }))["Resources"]["T"].clone();
        template
    };
    let plan = check(
        &both(&["a"], &["x"]),
        &both(&["b"], &["x", "y", "z", "w"]),
        &[
            "create index b on T; create index y on U",
            "create index z on U; delete index a on T",
            "create index w on U",
        ],
    );
    assert_eq!(plan.steps[1].waits, on_indexes(&["T", "U"]));
    assert_eq!(plan.steps[2].waits, on_indexes(&["U"]));
}

fn target(table: &str, index: Option<&str>) -> Value {
    let (suffix, dimension) =
        index.map_or((String::new(), "table"), |index| (format!("/index/{index}"), "index"));
    json!({ "Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {
        "ServiceNamespace": "dynamodb", "ScalableDimension": format!("dynamodb:{dimension}:ReadCapacityUnits"),
        "ResourceId": { "Fn::Sub": format!("table/${{{table}}}{suffix}") }, "MinCapacity": 1, "MaxCapacity": 9,
    } })
}

fn provisioned(names: &[&str]) -> Value {
    let units = json!({ "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 });
    let mut template =
        indexed(names, json!({ "BillingMode": "PROVISIONED", "ProvisionedThroughput": units }));
    let indexes =
        template.pointer_mut("/Resources/T/Properties/GlobalSecondaryIndexes").and_then(Value::as_array_mut);
    indexes.into_iter().flatten().for_each(|index| index["ProvisionedThroughput"] = units.clone());
    template
}

#[test]
fn scaling_goes_with_its_index() {
    let scaled = |names: &[&str]| {
        let mut template = provisioned(names);
        for name in names {
            template["Resources"][format!("R{name}")] = target("T", Some(name));
            template["Resources"][format!("P{name}")] = json!({ "Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": { "ScalingTargetId": { "Ref": format!("R{name}") } } });
        }
        template
    };
    check(&scaled(&["a"]), &scaled(&["a", "b"]), &["create index b on T", "add Pb; add Rb"]);
    check(&scaled(&["a", "b"]), &scaled(&["a"]), &["remove Pb; remove Rb", "delete index b on T"]);
    check(
        &scaled(&["a"]),
        &scaled(&["b"]),
        &["remove Pa; remove Ra", "create index b on T", "delete index a on T", "add Pb; add Rb"],
    );
}

#[test]
fn changes_that_use_a_new_index_come_after_it() {
    let using = |names: &[&str], used: &str| {
        let mut template = indexed(names, json!({}));
        template["Resources"]["Policy"] = json!({ "Type": "AWS::IAM::ManagedPolicy", "Properties": { "PolicyDocument": { "Resource": { "Fn::Sub": format!("${{T.Arn}}/index/{used}") } } } });
        template["Resources"]["Alarm"] = json!({ "Type": "AWS::CloudWatch::Alarm", "Properties": { "Dimensions": [{ "Name": "GlobalSecondaryIndexName", "Value": used }] } });
        template["Outputs"] = json!({ "Alarm": { "Value": { "Ref": "Alarm" } } });
        template
    };
    check(
        &using(&["a"], "a"),
        &using(&["b"], "b"),
        &[
            "create index b on T",
            "delete index a on T",
            "change Policy/PolicyDocument; change Alarm/Dimensions/0/Value",
        ],
    );
    // An output of a resource that comes late comes late too.
    let mut bare = using(&["a"], "a");
    for (section, id) in [("Resources", "Policy"), ("Resources", "Alarm"), ("Outputs", "Alarm")] {
        bare[section].as_object_mut().unwrap().remove(id);
    }
    bare.as_object_mut().unwrap().remove("Outputs");
    check(
        &bare,
        &using(&["a", "b"], "b"),
        &["create index b on T", "add Alarm; add Outputs/Alarm; add Policy"],
    );
}

#[test]
fn insights_are_turned_on_once_an_index_is_active() {
    let insights = |on: Value| {
        let watched =
            merged(index("a", &["a"]), json!({ "ContributorInsightsSpecification": { "Enabled": on } }));
        named(
            json!({ "AttributeDefinitions": attributes(&["pk", "a"]), "GlobalSecondaryIndexes": [watched] }),
        )
    };
    check(
        &named(json!({})),
        &insights(json!(true)),
        &["create index a on T", "turn contributor insights on for index a on T"],
    );
    check(&named(json!({})), &insights(json!("false")), &["create index a on T"]);
}

#[test]
fn time_to_live_takes_two_legs() {
    let ttl = |name: &str, over: Value| {
        named(merged(json!({ "TimeToLiveSpecification": { "Enabled": true, "AttributeName": name } }), over))
    };
    let wait = vec![Wait::TimeToLive { tables: vec!["T".to_owned()] }];
    let plan = check(
        &ttl("a", json!({})),
        &ttl("b", json!({ "Tags": [{ "Key": "k", "Value": "v" }] })),
        &["add T/Tags/0; turn time to live off on T", "change T/TimeToLiveSpecification"],
    );
    assert_eq!(
        plan.steps[0].template.pointer("/Resources/T/Properties/TimeToLiveSpecification"),
        Some(&json!({ "Enabled": false, "AttributeName": "a" }))
    );
    assert_eq!((&plan.steps[0].waits, plan.steps[1].waits.len()), (&wait, 0));
    // It is turned off right before it is turned on again: a plan that is made in between would not know of the wait.
    let indexed = json!({ "AttributeDefinitions": attributes(&["pk", "a"]), "GlobalSecondaryIndexes": [index("a", &["a"])] });
    let plan = check(
        &ttl("a", json!({})),
        &ttl("b", indexed),
        &["create index a on T", "turn time to live off on T", "change T/TimeToLiveSpecification"],
    );
    assert_eq!((&plan.steps[0].waits, &plan.steps[1].waits), (&on_indexes(&["T"]), &wait));
}

#[test]
fn kinesis_takes_two_legs() {
    let kinesis = |arn: &str| named(json!({ "KinesisStreamSpecification": { "StreamArn": arn } }));
    let plan = check(
        &kinesis("a"),
        &kinesis("b"),
        &["detach T from its Kinesis stream", "change T/KinesisStreamSpecification"],
    );
    assert_eq!(plan.steps[0].template, named(json!({})));
    assert_eq!(plan.steps[0].waits, [Wait::KinesisDestination { tables: vec!["T".to_owned()] }]);
}

#[test]
fn exclusive_settings_go_one_by_one() {
    let rare = json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS" });
    check(&named(json!({})), &named(rare.clone()), &["add T/TableClass"]);
    let both =
        merged(rare, json!({ "DeletionProtectionEnabled": true, "Tags": [{ "Key": "k", "Value": "v" }] }));
    let plan = check(
        &named(json!({})),
        &named(both),
        &["add T/Tags/0", "add T/TableClass", "add T/DeletionProtectionEnabled"],
    );
    assert_eq!(plan.verdict(), Verdict::Staged);
    let tags = plan.changes.iter().find(|change| change.path.contains("Tags")).unwrap();
    assert_eq!(tags.verdict, Verdict::InPlace);
}

#[test]
fn billing_takes_capacities_along() {
    check(
        &provisioned(&["a"]),
        &indexed(&["a"], json!({})),
        &[
            "change T/BillingMode; remove T/GlobalSecondaryIndexes/0/ProvisionedThroughput; remove T/ProvisionedThroughput",
        ],
    );
    // An index that goes later has to fit the new mode until then.
    let plan = check(
        &provisioned(&["a"]),
        &indexed(&[], json!({})),
        &["change T/BillingMode; remove T/ProvisionedThroughput", "delete index a on T"],
    );
    assert_eq!(
        plan.steps[0]
            .template
            .pointer("/Resources/T/Properties/GlobalSecondaryIndexes/0/ProvisionedThroughput"),
        None
    );
    let plan = check(
        &indexed(&["a"], json!({})),
        &provisioned(&["b"]),
        &["change T/BillingMode; add T/ProvisionedThroughput", "create index b on T", "delete index a on T"],
    );
    assert!(
        plan.steps[0]
            .template
            .pointer("/Resources/T/Properties/GlobalSecondaryIndexes/0/ProvisionedThroughput")
            .is_some()
    );
}

#[test]
fn billing_and_scaling_change_one_after_the_other() {
    let scaled = with(&provisioned(&[]), "/Resources/Reads", target("T", None));
    let on_demand = indexed(&[], json!({}));
    let plan =
        check(&scaled, &on_demand, &["remove Reads", "change T/BillingMode; remove T/ProvisionedThroughput"]);
    assert_eq!(plan.verdict(), Verdict::Staged);
    check(&on_demand, &scaled, &["change T/BillingMode; add T/ProvisionedThroughput", "add Reads"]);
    check(&provisioned(&[]), &scaled, &["add Reads"]);
    // One table each way.
    let both = |t: &Value, u: &Value| {
        let mut template = t.clone();
        template["Resources"]["U"] =
            with(u, "/Resources/T/Properties/TableName", json!("app-u"))["Resources"]["T"].clone();
        if u["Resources"].get("Reads").is_some() {
            template["Resources"]["UReads"] = target("U", None);
        }
        template
    };
    check(
        &both(&scaled, &on_demand),
        &both(&on_demand, &scaled),
        &[
            "remove Reads",
            "change T/BillingMode; remove T/ProvisionedThroughput; change U/BillingMode; add U/ProvisionedThroughput",
            "add UReads",
        ],
    );
}

#[test]
fn replicas_go_one_by_one() {
    let global = |regions: &[&str], protected: bool| {
        let replicas: Value = regions.iter().map(|region| json!({ "Region": region })).collect();
        with(
            &named(json!({ "Replicas": replicas, "DeletionProtectionEnabled": protected })),
            "/Resources/T/Type",
            json!("AWS::DynamoDB::GlobalTable"),
        )
    };
    check(&global(&["a"], true), &global(&["a", "b"], true), &["add T/Replicas/1"]);
    check(&global(&["a"], true), &global(&["a", "b", "c"], true), &["add T/Replicas/1", "add T/Replicas/2"]);
    check(
        &global(&["a", "b"], false),
        &global(&["a", "c"], false),
        &["add T/Replicas/1", "remove T/Replicas/1"],
    );
}

#[test]
fn replicas_come_after_the_indexes_they_have_settings_for() {
    let global = |names: &[&str], regions: &[&str]| {
        let settings: Value = names.iter().map(|name| json!({ "IndexName": name })).collect();
        let replicas: Value = regions
            .iter()
            .map(|region| json!({ "Region": region, "GlobalSecondaryIndexes": settings }))
            .collect();
        let mut template =
            with(&indexed(names, json!({})), "/Resources/T/Type", json!("AWS::DynamoDB::GlobalTable"));
        template["Resources"]["T"]["Properties"]["Replicas"] = replicas;
        template
    };
    check(
        &global(&["i"], &["a"]),
        &global(&["i", "j"], &["a", "b"]),
        &["create index j on T", "add T/Replicas/1"],
    );
}

#[test]
fn settings_of_an_index_in_a_replica_go_with_the_index() {
    let global = |names: &[&str]| {
        let mut template =
            with(&indexed(names, json!({})), "/Resources/T/Type", json!("AWS::DynamoDB::GlobalTable"));
        let settings: Vec<Value> = names
            .iter()
            .map(|name| json!({ "IndexName": name, "ReadOnDemandThroughputSettings": {} }))
            .collect();
        template["Resources"]["T"]["Properties"]["Replicas"] =
            json!([{ "Region": "a", "GlobalSecondaryIndexes": settings }]);
        template
    };
    let plan =
        check(&global(&["a", "b"]), &global(&["a", "c"]), &["create index c on T", "delete index b on T"]);
    let names = |step: usize| {
        plan.steps[step].template["Resources"]["T"]["Properties"]["Replicas"][0]["GlobalSecondaryIndexes"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((names(0), names(1)), (3, 2));
}

#[test]
fn templates_between_refer_to_nothing_that_is_not_there() {
    // A parameter that is wanted is defined from the first step on, one that is not needed any more goes last.
    let sized = |parameter: &str, names: &[&str]| {
        merged(
            indexed(names, json!({ "OnDemandThroughput": { "MaxReadRequestUnits": { "Ref": parameter } } })),
            json!({ "Parameters": { parameter: { "Type": "Number", "Default": 1 } } }),
        )
    };
    check(
        &sized("Old", &[]),
        &sized("New", &["a"]),
        &["change T/OnDemandThroughput", "create index a on T; add Parameters/New; remove Parameters/Old"],
    );
    // `DependsOn` is only text, but must not name what is gone.
    let depending =
        |names: &[&str], on: Value| with(&indexed(names, json!({})), "/Resources/T/DependsOn", on);
    let gone = with(
        &depending(&[], json!(["Key", "Role"])),
        "/Resources/Key",
        json!({ "Type": "AWS::KMS::Key", "DeletionPolicy": "Retain" }),
    );
    let gone = with(&gone, "/Resources/Role", json!({ "Type": "AWS::IAM::Role" }));
    let after =
        with(&depending(&["a"], json!("Role")), "/Resources/Role", json!({ "Type": "AWS::IAM::Role" }));
    let plan = check(&gone, &after, &["remove Key", "create index a on T; change T/DependsOn"]);
    assert_eq!(plan.steps[0].template["Resources"]["T"]["DependsOn"], json!(["Role"]));
    // A key comes before the setting that needs it, and the old one goes after.
    let keyed = |id: &str| {
        let properties = json!({ "SSESpecification": { "SSEEnabled": true, "KMSMasterKeyId": { "Ref": id } }, "TableClass": if id == "Old" { "STANDARD" } else { "STANDARD_INFREQUENT_ACCESS" } });
        with(
            &named(properties),
            &format!("/Resources/{id}"),
            json!({ "Type": "AWS::KMS::Key", "DeletionPolicy": "Retain" }),
        )
    };
    check(
        &keyed("Old"),
        &keyed("New"),
        &["add New", "change T/SSESpecification", "change T/TableClass; remove Old"],
    );
    // Even a key that speaks of an index which is yet to come.
    let speaking = |id: &str, names: &[&str]| {
        let mut template =
            with(&keyed(id), &format!("/Resources/{id}/Properties"), json!({ "Description": "i" }));
        let indexed = indexed(names, json!({}));
        for list in ["AttributeDefinitions", "GlobalSecondaryIndexes"] {
            template["Resources"]["T"]["Properties"][list] =
                indexed["Resources"]["T"]["Properties"][list].clone();
        }
        template
    };
    check(
        &speaking("Old", &["h"]),
        &speaking("New", &["h", "i"]),
        &["add New", "change T/SSESpecification", "change T/TableClass", "create index i on T", "remove Old"],
    );
}

#[test]
fn conditions_leave_a_way_or_say_that_there_is_none() {
    let conditional = |names: &[&str], definitions: Value| {
        let indexes: Value = names
            .iter()
            .map(|name| json!({ "Fn::If": ["Prod", index(name, &[name]), { "Ref": "AWS::NoValue" }] }))
            .collect();
        named(json!({ "AttributeDefinitions": definitions, "GlobalSecondaryIndexes": indexes }))
    };
    // The list of definitions can be read, so there is a list for every step.
    let before = conditional(&["a"], attributes(&["pk", "a"]));
    let plan = plan(
        Some(&before),
        &conditional(&["b", "c"], attributes(&["pk", "b", "c"])),
        &PlanOptions::default(),
    );
    assert_eq!(steps(&plan), ["create index b on T", "create index c on T", "delete index a on T"]);
    assert_eq!(attribute_names(&plan.steps[0].template), ["pk", "a", "b"]);
    // It cannot, so there is no valid template between.
    let whole = |names: &[&str]| json!({ "Fn::If": ["Prod", attributes(names), attributes(&["pk"])] });
    let plan = |names: &[&str]| {
        let used: Vec<&str> = ["pk"].iter().chain(names).copied().collect();
        tablewright_plan::plan(
            Some(&conditional(&["a"], whole(&["pk", "a"]))),
            &conditional(names, whole(&used)),
            &PlanOptions::default(),
        )
    };
    let stopped = plan(&["b"]);
    assert_eq!((stopped.verdict(), stopped.steps.len()), (Verdict::Refused, 0));
    assert!(stopped.changes.iter().any(|change| change.server_text.as_deref()
        == Some("Cannot perform more than one GSI creation or deletion in a single update")));
    assert_eq!(steps(&plan(&["a", "b"])), ["create index b on T"]);
    // One index needs no list of its own: the definitions are taken as they are wanted, in the same step.
    let beside = |names: &[&str], u: &[&str]| {
        let used: Vec<&str> = ["pk"].iter().chain(names).copied().collect();
        let mut template = conditional(names, whole(&used));
        template["Resources"]["U"] = indexed(u, json!({ "TableName": "u" }))["Resources"]["T"].clone();
        template
    };
    let wanted = beside(&["a", "b"], &["x", "y"]);
    let both = tablewright_plan::plan(Some(&beside(&["a"], &[])), &wanted, &PlanOptions::default());
    assert_eq!(steps(&both), ["create index b on T; create index x on U", "create index y on U"]);
    assert_eq!(both.steps[0].template["Resources"]["T"], wanted["Resources"]["T"]);
}

#[test]
fn consent_carries_out_what_was_consented_to() {
    let allow = PlanOptions { allow: [("T".to_owned(), Verdict::DataLoss)].into(), ..PlanOptions::default() };
    let rest = json!({ "Resources": { "U": resource(json!({})) } });
    let mut both = rest.clone();
    both["Resources"]["T"] = resource(json!({}));
    let removed = plan(Some(&both), &rest, &allow);
    assert_eq!((steps(&removed), removed.verdict()), (vec!["remove T".to_owned()], Verdict::DataLoss));
    // A table that is replaced gets no intermediate steps.
    let replaced = table(
        json!({ "TableName": "b", "AttributeDefinitions": attributes(&["pk", "x", "y"]), "GlobalSecondaryIndexes": [index("x", &["x"]), index("y", &["y"])] }),
    );
    let plan = plan(Some(&table(json!({ "TableName": "a" }))), &replaced, &allow);
    assert_eq!((plan.steps.len(), plan.verdict()), (1, Verdict::DataLoss));
    // Beside the steps of another table it comes last.
    let beside = |t: &Value, u: &[&str]| {
        let mut template = t.clone();
        template["Resources"]["U"] = indexed(u, json!({ "TableName": "u" }))["Resources"]["T"].clone();
        template
    };
    let old = beside(&table(json!({ "TableName": "a" })), &[]);
    let climbing =
        tablewright_plan::plan(Some(&old), &beside(&table(json!({ "TableName": "b" })), &["x", "y"]), &allow);
    assert_eq!(steps(&climbing), ["create index x on U", "create index y on U", "change T/TableName"]);
    assert_eq!(climbing.steps[1].template["Resources"]["T"], old["Resources"]["T"]);
    let moved = tablewright_plan::plan(
        Some(&both),
        &json!({ "Resources": { "U": resource(json!({})), "New": resource(json!({})) } }),
        &allow,
    );
    assert_eq!(steps(&moved), ["move T to New"]);
    // Only for what was named, and never against AWS.
    let other = PlanOptions { allow: [("U".to_owned(), Verdict::DataLoss)].into(), ..PlanOptions::default() };
    assert!(tablewright_plan::plan(Some(&both), &rest, &other).is_stopped());
    assert!(
        tablewright_plan::plan(
            Some(&named(json!({ "KeySchema": key(&["pk"]) }))),
            &named(json!({ "KeySchema": key(&["sk"]) })),
            &allow
        )
        .is_stopped()
    );
}

#[test]
fn a_table_that_is_replaced_with_consent_changes_in_the_last_step_only() {
    let local = |name: &str, attribute: &str| index(name, &["pk", attribute]);
    let table = |names: &[&str], locals: Value| {
        let mut table = resource(json!({
            "AttributeDefinitions": attributes(names),
            "KeySchema": key(&["pk", "sk"]),
            "LocalSecondaryIndexes": locals,
        }));
        table["UpdateReplacePolicy"] = json!("Retain");
        table
    };
    let other = |names: &[&str]| {
        let indexes: Vec<Value> = names.iter().map(|name| index(name, &[name])).collect();
        let defined: Vec<&str> = ["pk"].iter().chain(names).copied().collect();
        let indexes = if indexes.is_empty() { json!(null) } else { json!(indexes) };
        resource(json!({ "AttributeDefinitions": attributes(&defined), "GlobalSecondaryIndexes": indexes }))
    };
    let template = |names: &[&str], locals: Value, indexes: &[&str]| json!({ "Resources": { "T": table(names, locals), "Other": other(indexes) } });
    let before = template(&["pk", "sk", "l"], json!([local("a", "l")]), &[]);
    let after =
        template(&["pk", "sk", "l", "m"], json!([local("a", "l"), local("b", "m")]), &["x", "y", "z"]);
    let options =
        PlanOptions { allow: [("T".to_owned(), Verdict::ReplacementKept)].into(), ..PlanOptions::default() };
    let plan = plan(Some(&before), &after, &options);
    assert_eq!(plan.verdict(), Verdict::ReplacementKept);
    assert!(plan.steps.len() > 1, "{:?}", steps(&plan));
    let (last, earlier) = plan.steps.split_last().expect("steps");
    assert_eq!(last.template, after);
    for step in earlier {
        assert_eq!(step.template["Resources"]["T"], before["Resources"]["T"]);
    }
}

#[test]
fn what_reads_a_new_stream_comes_after_it() {
    let before = named(json!({}));
    let streaming = |over: Value| {
        named(merged(json!({ "StreamSpecification": { "StreamViewType": "NEW_IMAGE" } }), over))
    };
    let mapping = |arn: Value| json!({ "Type": "AWS::Lambda::EventSourceMapping", "Properties": { "EventSourceArn": arn } });
    for arn in [json!({ "Fn::GetAtt": ["T", "StreamArn"] }), json!({ "Fn::Sub": "${T.StreamArn}" })] {
        for over in [
            json!({}),
            json!({ "DeletionProtectionEnabled": true }),
            json!({ "AttributeDefinitions": attributes(&["pk", "a"]), "GlobalSecondaryIndexes": [index("by-a", &["a"])] }),
        ] {
            let after = with(&streaming(over), "/Outputs", json!({ "Stream": { "Value": arn } }));
            let after = with(&after, "/Resources/M", mapping(arn.clone()));
            let plan = plan(Some(&before), &after, &PlanOptions::default());
            for step in &plan.steps {
                let has_stream =
                    step.template.pointer("/Resources/T/Properties/StreamSpecification").is_some();
                assert!(has_stream || !step.template.to_string().contains("StreamArn"), "{:?}", steps(&plan));
            }
            assert_eq!(plan.steps.last().map(|step| &step.template), Some(&after));
        }
    }
}

#[test]
fn a_report_needs_no_templates() {
    let before = named(json!({}));
    let after = named(json!({
        "AttributeDefinitions": attributes(&["pk", "a", "b"]),
        "GlobalSecondaryIndexes": [index("by-a", &["a"]), index("by-b", &["b"])],
    }));
    let whole = plan(Some(&before), &after, &PlanOptions::default());
    let report = plan(Some(&before), &after, &PlanOptions { report_only: true, ..PlanOptions::default() });
    assert!(report.steps.iter().all(|step| step.template.is_null()));
    assert_eq!(report.changes, whole.changes);
    assert_eq!(steps(&report), steps(&whole));
    let waits = |plan: &Plan| plan.steps.iter().map(|step| step.waits.clone()).collect::<Vec<_>>();
    assert_eq!(waits(&report), waits(&whole));
}

#[test]
fn the_first_of_two_steps_is_the_one_before_the_second() {
    let side = |attribute: &str, indexes: &[&str], over: Value| {
        let defined: Vec<&str> = ["pk"].iter().chain(indexes).copied().collect();
        let mut properties = json!({
            "AttributeDefinitions": attributes(&defined),
            "TimeToLiveSpecification": { "Enabled": true, "AttributeName": attribute },
        });
        if !indexes.is_empty() {
            properties["GlobalSecondaryIndexes"] = indexes.iter().map(|name| index(name, &[name])).collect();
        }
        named(merged(properties, over))
    };
    let exclusive = json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS", "DeletionProtectionEnabled": true });
    for (indexes, over) in
        [(&[][..], json!({})), (&["x", "y"], json!({})), (&[], exclusive.clone()), (&["x", "y"], exclusive)]
    {
        let (before, after) = (side("a", &[], json!({})), side("b", indexes, over));
        let plan = plan(Some(&before), &after, &PlanOptions::default());
        let block = |step: &tablewright_plan::Step| {
            step.template["Resources"]["T"]["Properties"]["TimeToLiveSpecification"].clone()
        };
        let off = plan
            .steps
            .iter()
            .position(|step| block(step)["Enabled"] == json!(false))
            .expect("a step that turns it off");
        assert_eq!(off, plan.steps.len() - 2, "{:?}", steps(&plan));
        assert!(plan.steps[off].waits.iter().any(|wait| matches!(wait, Wait::TimeToLive { .. })));
        assert_eq!(plan.steps.last().map(|step| &step.template), Some(&after));
    }
}
