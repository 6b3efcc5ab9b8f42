//! Replicas of global tables: what they are created with, and what all of them have in common.

use serde_json::{Value, json};
use tablewright_plan::{Plan, PlanOptions, PseudoParameters, Verdict, Wait, plan};

use crate::support::{attributes, index, key, merged, resource, with};

/// A global table with these replicas.
fn global(replicas: Value) -> Value {
    json!({ "Resources": { "T": { "Type": "AWS::DynamoDB::GlobalTable", "Properties": {
        "AttributeDefinitions": attributes(&["pk"]), "KeySchema": key(&["pk"]), "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": { "StreamViewType": "NEW_AND_OLD_IMAGES" }, "Replicas": replicas,
    } } } })
}

/// A replica whose table and stream have a policy.
fn with_policies(region: &str) -> Value {
    let policy = json!({ "PolicyDocument": { "Statement": [] } });
    json!({ "Region": region, "ResourcePolicy": policy, "ReplicaStreamSpecification": { "ResourcePolicy": policy } })
}

/// The replicas of each step: `+` has a policy.
fn replicas(plan: &Plan) -> Vec<String> {
    let of_step = |step: &tablewright_plan::Step| {
        let replicas = step.template["Resources"]["T"]["Properties"]["Replicas"].as_array().cloned();
        let words: Vec<String> = replicas
            .unwrap_or_default()
            .iter()
            .map(|replica| {
                let policies = [
                    replica.get("ResourcePolicy"),
                    replica.pointer("/ReplicaStreamSpecification/ResourcePolicy"),
                ];
                let mark = if policies.iter().any(Option::is_some) { "+" } else { "" };
                format!("{}{mark}", replica["Region"].as_str().unwrap_or("here"))
            })
            .collect();
        words.join(" ")
    };
    plan.steps.iter().map(of_step).collect()
}

#[test]
fn a_new_replica_gets_its_policies_after_it_is_created() {
    let home = json!({ "Region": "us-east-1" });
    let options =
        PlanOptions { pseudo_parameters: PseudoParameters::of_region("us-east-1"), ..PlanOptions::default() };
    let planned = |before: Option<&Value>, after: &Value| plan(before, after, &options);
    let one = global(json!([home]));

    let two = planned(Some(&one), &global(json!([home, with_policies("eu-west-1")])));
    assert_eq!(replicas(&two), ["us-east-1 eu-west-1", "us-east-1 eu-west-1+"]);
    assert_eq!(two.verdict(), Verdict::Staged);
    let three = global(json!([home, with_policies("eu-west-1"), with_policies("us-west-2")]));
    let three = planned(Some(&one), &three);
    assert_eq!(
        replicas(&three),
        ["us-east-1 eu-west-1", "us-east-1 eu-west-1 us-west-2", "us-east-1 eu-west-1+ us-west-2+"]
    );
    // An existing replica gets its policy at once.
    let before = global(json!([home, { "Region": "eu-west-1" }]));
    let later = planned(Some(&before), &global(json!([home, with_policies("eu-west-1")])));
    assert_eq!(replicas(&later), ["us-east-1 eu-west-1+"]);

    // The same of a new table, in a new stack and beside another one.
    let beside = json!({ "Resources": { "U": { "Type": "AWS::DynamoDB::Table", "Properties": {} } } });
    let new = global(json!([with_policies("us-east-1"), with_policies("eu-west-1")]));
    let both = with(&beside, "/Resources/T", new["Resources"]["T"].clone());
    for (before, after) in [(None, &new), (Some(&beside), &both)] {
        let created = planned(before, after);
        assert_eq!(replicas(&created), ["us-east-1+ eu-west-1", "us-east-1+ eu-west-1+"]);
        assert_eq!(created.verdict(), Verdict::Staged);
        assert_eq!(&created.steps[1].template, after);
    }
    // The replica in the Region of the stack is created with its table.
    let alone = planned(None, &global(json!([with_policies("us-east-1")])));
    assert_eq!(replicas(&alone), ["us-east-1+"]);
    let here =
        json!([{ "Region": { "Ref": "AWS::Region" }, "ResourcePolicy": {} }, with_policies("eu-west-1")]);
    let unknown = plan(None, &global(here), &PlanOptions::default());
    assert_eq!(replicas(&unknown), ["here+ eu-west-1", "here+ eu-west-1+"]);
}

#[test]
fn replicas_have_customer_managed_keys_all_or_none() {
    let keyed = |region: &str| json!({ "Region": region, "SSESpecification": { "KMSMasterKeyId": region } });
    let plain = |region: &str| json!({ "Region": region });
    let options =
        PlanOptions { pseudo_parameters: PseudoParameters::of_region("us-east-1"), ..PlanOptions::default() };
    let none = global(json!([plain("us-east-1"), plain("eu-west-1")]));
    let all = global(json!([keyed("us-east-1"), keyed("eu-west-1")]));
    let some = global(json!([keyed("us-east-1"), plain("eu-west-1")]));
    let verdict = |before: &Value, after: &Value| plan(Some(before), after, &options).verdict();
    assert_eq!(verdict(&none, &all), Verdict::InPlaceWithRisk);
    assert_eq!(verdict(&none, &some), Verdict::Refused);
    assert_eq!(verdict(&all, &some), Verdict::Refused);
    let one = global(json!([keyed("us-east-1")]));
    assert_eq!(verdict(&one, &some), Verdict::Refused);
    assert_eq!(verdict(&one, &all), Verdict::InPlaceWithRisk);
}

#[test]
fn of_the_deployed_replicas_one_stays() {
    let replica = |region: &str| json!({ "Region": region });
    let swap = |before: &[&str], after: &[&str], home: Option<&str>| {
        let of = |regions: &[&str]| global(regions.iter().map(|region| replica(region)).collect());
        let pseudo_parameters = home.map(PseudoParameters::of_region).unwrap_or_default();
        plan(Some(&of(before)), &of(after), &PlanOptions { pseudo_parameters, ..PlanOptions::default() })
            .verdict()
    };
    // Whichever the Region of the stack is, its replica would be removed.
    assert_eq!(swap(&["eu-west-1"], &["us-east-1"], None), Verdict::Refused);
    assert_eq!(swap(&["eu-west-1", "us-west-2"], &["us-east-1"], None), Verdict::Refused);
    assert_eq!(swap(&["eu-west-1", "us-west-2"], &["us-west-2"], None), Verdict::InPlaceWithRisk);
    assert_eq!(swap(&["eu-west-1", "us-west-2"], &["us-west-2"], Some("eu-west-1")), Verdict::Refused);
}

#[test]
fn a_replica_leaves_before_the_others_change_their_keys() {
    let side = |replicas: &[(&str, bool)]| {
        let replica = |(region, is_keyed): &(&str, bool)| {
            let mut replica = json!({ "Region": region });
            if *is_keyed {
                replica["SSESpecification"] = json!({ "KMSMasterKeyId": region });
            }
            replica
        };
        let mut template = global(replicas.iter().map(replica).collect());
        if replicas[0].1 {
            template["Resources"]["T"]["Properties"]["SSESpecification"] =
                json!({ "SSEEnabled": true, "SSEType": "KMS" });
        }
        template
    };
    let (home, away, third) = ("eu-west-1", "us-east-1", "us-west-2");
    let options =
        PlanOptions { pseudo_parameters: PseudoParameters::of_region(home), ..PlanOptions::default() };
    for (before, after, steps) in [
        (side(&[(home, true), (away, true)]), side(&[(home, false)]), 2),
        (side(&[(home, false), (away, false)]), side(&[(home, true)]), 2),
        (side(&[(home, true), (away, true), (third, true)]), side(&[(home, false), (third, false)]), 2),
        (side(&[(home, false)]), side(&[(home, true), (away, true)]), 2),
        (side(&[(home, true)]), side(&[(home, false), (away, false)]), 2),
        (side(&[(home, true), (away, true)]), side(&[(home, false), (third, false)]), 3),
    ] {
        let plan = plan(Some(&before), &after, &options);
        assert_eq!(plan.steps.len(), steps, "{:?}", replicas(&plan));
        for step in &plan.steps {
            let replicas =
                step.template["Resources"]["T"]["Properties"]["Replicas"].as_array().expect("replicas");
            let keyed = replicas.iter().filter(|replica| replica.get("SSESpecification").is_some()).count();
            assert!([0, replicas.len()].contains(&keyed), "{}", step.template);
        }
        assert_eq!(plan.steps.last().map(|step| &step.template), Some(&after));
    }
}

#[test]
fn a_global_table_goes_back_to_one_replica() {
    let here = json!({ "Region": { "Ref": "AWS::Region" } });
    let two = global(json!([here, { "Region": "eu-west-1" }]));
    let one = with(&global(json!([here])), "/Resources/T/Properties/StreamSpecification", json!(null));
    for pseudo_parameters in [PseudoParameters::default(), PseudoParameters::of_region("us-east-1")] {
        let options = PlanOptions { pseudo_parameters, ..PlanOptions::default() };
        for (before, after) in [(&two, &one), (&one, &two)] {
            let plan = plan(Some(before), after, &options);
            assert_eq!(plan.steps.len(), 2, "{:?}", plan.changes);
            let has_stream = |template: &Value| {
                template["Resources"]["T"]["Properties"].get("StreamSpecification").is_some()
            };
            // Both replicas need the stream.
            assert!(plan.steps.iter().all(|step| {
                let replicas = step.template["Resources"]["T"]["Properties"]["Replicas"].as_array();
                has_stream(&step.template) || replicas.is_some_and(|replicas| replicas.len() == 1)
            }));
            assert_eq!(&plan.steps[1].template, after);
        }
    }
}

/// A global table with an index, for which each replica has settings.
fn indexed(attribute: &str, regions: &[&str], settings: &[(&str, Value)]) -> Value {
    let mut of_index = json!({ "IndexName": "by" });
    for (name, value) in settings {
        of_index[*name] = value.clone();
    }
    let replica = |region: &&str| json!({ "Region": region, "GlobalSecondaryIndexes": [of_index] });
    let template = global(regions.iter().map(replica).collect());
    let template =
        with(&template, "/Resources/T/Properties/AttributeDefinitions", attributes(&["pk", attribute]));
    with(&template, "/Resources/T/Properties/GlobalSecondaryIndexes", json!([index("by", &[attribute])]))
}

/// The settings of each step for the index, in the first replica.
fn settings_of_index(plan: &Plan) -> Vec<String> {
    let of_step = |step: &tablewright_plan::Step| {
        let table = &step.template["Resources"]["T"]["Properties"];
        let has_index = table.get("GlobalSecondaryIndexes").is_some();
        let settings = table.pointer("/Replicas/0/GlobalSecondaryIndexes/0").and_then(Value::as_object);
        let names = settings.map(|settings| settings.keys().cloned().collect::<Vec<_>>().join(" "));
        format!("{}: {}", if has_index { "index" } else { "none" }, names.unwrap_or_default())
    };
    plan.steps.iter().map(of_step).collect()
}

#[test]
fn replicas_have_settings_for_an_index_while_it_is_there() {
    let insights = [("ContributorInsightsSpecification", json!({ "Enabled": true }))];
    let reads = [("ReadOnDemandThroughputSettings", json!({ "MaxReadRequestUnits": 5 }))];
    let regions = ["us-east-1", "eu-west-1"];
    let none = global(json!([{ "Region": "us-east-1" }, { "Region": "eu-west-1" }]));
    let options = PlanOptions {
        redefine_indexes: ["T".to_owned()].into(),
        pseudo_parameters: PseudoParameters::of_region("us-east-1"),
        ..PlanOptions::default()
    };
    let planned = |before: &Value, after: &Value| settings_of_index(&plan(Some(before), after, &options));

    let created = planned(&none, &indexed("g", &regions, &reads));
    assert_eq!(created, ["index: IndexName ReadOnDemandThroughputSettings"]);
    let created = planned(&none, &indexed("g", &regions, &insights));
    assert_eq!(created, ["index: IndexName", "index: ContributorInsightsSpecification IndexName"]);
    assert_eq!(planned(&indexed("g", &regions, &insights), &none), ["none: "]);
    // Deleted and created again, they go and come with the index.
    let rebuilt = planned(&indexed("g", &regions, &reads), &indexed("h", &regions, &reads));
    assert_eq!(rebuilt, ["none: ", "index: IndexName ReadOnDemandThroughputSettings"]);
    let rebuilt = planned(&indexed("g", &regions, &insights), &indexed("h", &regions, &insights));
    assert_eq!(rebuilt, ["none: ", "index: IndexName", "index: ContributorInsightsSpecification IndexName"]);
}

#[test]
fn a_wait_stands_before_the_step_that_needs_it() {
    let table = |attribute: &str, over: Value| {
        let base = json!({ "TimeToLiveSpecification": { "Enabled": true, "AttributeName": attribute } });
        resource(merged(base, over))
    };
    let new =
        global(json!([{ "Region": "us-east-1" }, with_policies("eu-west-1")]))["Resources"]["T"].clone();
    let settings = json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS", "DeletionProtectionEnabled": true });
    let before = json!({ "Resources": { "Notes": table("a", json!({})) } });
    for settings in [json!({}), json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS" }), settings] {
        let after = json!({ "Resources": { "Notes": table("b", settings), "N": new } });
        let options = PlanOptions {
            pseudo_parameters: PseudoParameters::of_region("us-east-1"),
            ..PlanOptions::default()
        };
        let plan = plan(Some(&before), &after, &options);
        let enabled = |step: &tablewright_plan::Step| {
            step.template.pointer("/Resources/Notes/Properties/TimeToLiveSpecification/AttributeName")
                == Some(&json!("b"))
        };
        let on_again = plan.steps.iter().position(enabled).expect("the second step");
        let waits = |step: &tablewright_plan::Step| {
            step.waits.iter().any(|wait| matches!(wait, Wait::TimeToLive { .. }))
        };
        let waited: Vec<usize> = (0..plan.steps.len()).filter(|at| waits(&plan.steps[*at])).collect();
        assert_eq!(waited, [on_again - 1], "{:?}", crate::support::steps(&plan));
        assert_eq!(plan.steps.last().map(|step| &step.template), Some(&after));
    }
}

#[test]
fn the_view_type_changes_while_there_is_one_replica() {
    let side = |view: &str, regions: &[&str]| {
        let template = global(regions.iter().map(|region| json!({ "Region": region })).collect());
        with(&template, "/Resources/T/Properties/StreamSpecification/StreamViewType", json!(view))
    };
    let options =
        PlanOptions { pseudo_parameters: PseudoParameters::of_region("eu-west-1"), ..PlanOptions::default() };
    let views = |before: &Value, after: &Value| {
        let plan = plan(Some(before), after, &options);
        let view = |step: &tablewright_plan::Step| {
            let table = &step.template["Resources"]["T"]["Properties"];
            let replicas = table["Replicas"].as_array().map_or(0, Vec::len);
            format!(
                "{} {replicas}",
                table["StreamSpecification"]["StreamViewType"].as_str().unwrap_or_default()
            )
        };
        plan.steps.iter().map(view).collect::<Vec<_>>()
    };
    let (one, two) = (["eu-west-1"], ["eu-west-1", "us-east-1"]);
    let both = "NEW_AND_OLD_IMAGES";
    assert_eq!(views(&side(both, &two), &side("KEYS_ONLY", &one)), ["NEW_AND_OLD_IMAGES 1", "KEYS_ONLY 1"]);
    assert_eq!(
        views(&side("KEYS_ONLY", &one), &side(both, &two)),
        ["NEW_AND_OLD_IMAGES 1", "NEW_AND_OLD_IMAGES 2"]
    );
    for (before, after) in
        [(side(both, &two), side("KEYS_ONLY", &two)), (side(both, &one), side("KEYS_ONLY", &two))]
    {
        assert_eq!(plan(Some(&before), &after, &options).verdict(), Verdict::Refused);
    }
}

#[test]
fn a_table_has_one_replica_in_a_region() {
    let regions =
        |regions: [&str; 2]| global(regions.iter().map(|region| json!({ "Region": region })).collect());
    let twice = plan(
        Some(&regions(["us-east-1", "eu-west-1"])),
        &regions(["us-east-1", "us-east-1"]),
        &PlanOptions::default(),
    );
    assert_eq!(twice.verdict(), Verdict::Refused, "{:?}", twice.changes);
}
