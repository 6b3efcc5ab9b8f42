//! What no other stand-in for AWS shows, and this one must: each behaviour, with the tests that show it.

use serde_json::{Value, json};
use tablewright_sandbox::Faults;

use crate::support::{Wire, notes};

/// A behaviour, and its tests as `file function`.
const SHOWN: &[(&str, &[&str])] = &[
    ("change sets are made by and by", &["deploy statuses_pass_in_order"]),
    ("operations take their time, and events are late", &["faults status_is_stale_and_events_are_late"]),
    (
        "a created resource has three events, with properties and reasons",
        &["sequences creations_and_deletions"],
    ),
    ("a replacement has the old id, the new id and a clean-up", &["sequences replacements"]),
    ("a name in use is found before anything is made", &["deploy a_name_in_use_is_found_early"]),
    (
        "early validation explains itself in DescribeEvents",
        &["deploy a_name_in_use_is_found_early", "hooks a_hook_stops_a_resource"],
    ),
    (
        "two index changes in one update are refused",
        &["updates two_index_changes", "updates settings_that_dynamodb_refuses"],
    ),
    ("a custom-named replacement is refused", &["updates a_custom_named_replacement"]),
    (
        "rollback, DisableRollback, OnStackFailure, RollbackStack",
        &[
            "sequences failed_creations",
            "updates rollback_can_be_disabled",
            "deploy a_failed_creation_can_delete_the_stack",
            "recovery a_paused_update_goes_back_when_asked",
        ],
    ),
    (
        "UPDATE_ROLLBACK_FAILED, ContinueUpdateRollback, DELETE_FAILED, ROLLBACK_FAILED, RetainResources",
        &[
            "recovery a_stuck_rollback_goes_on",
            "recovery what_sticks_can_be_passed_over",
            "sequences a_blocked_deletion_needs_retain_resources",
        ],
    ),
    (
        "stack policies, termination protection and capabilities are enforced",
        &[
            "policies a_policy_stops_what_it_denies",
            "deploy deletion_honours_protection_and_retention",
            "policies iam_resources_demand_capabilities",
        ],
    ),
    (
        "the n-th call of an action is throttled, fails or loses its connection",
        &[
            "faults throttling_is_retried_by_the_client",
            "faults calls_fail_in_many_ways",
            "faults a_lost_answer_is_carried_out",
            "faults windows_open_and_close",
        ],
    ),
    (
        "property values in change sets of updates, their warning, nested change sets",
        &[
            "bodies a_replacement_and_its_dependent",
            "emulators property_values_may_be_incomplete",
            "nested change_sets_reach_into_children",
        ],
    ),
    (
        "long lists come in pages",
        &[
            "faults change_sets_are_late_and_come_in_pages",
            "faults pages_are_small_and_times_equal",
            "emulators long_lists_come_in_pages",
        ],
    ),
    (
        "wrong credentials, regions and clocks are refused",
        &[
            "faults calls_fail_in_many_ways",
            "faults requests_are_not_believed",
            "s3 what_is_not_there_or_not_allowed_is_said",
        ],
    ),
    (
        "drift and import",
        &["drift what_somebody_changed_is_told_apart", "import a_new_stack_takes_a_table_over"],
    ),
    (
        "every setting of a table reaches it through the stack",
        &[
            "bodies tables",
            "bodies recovery_and_time_to_live",
            "updates settings_that_reach_the_table",
            "resources a_table_lives_and_dies_with_its_key",
        ],
    ),
];

const FILES: &[(&str, &str)] = &[
    ("bodies", include_str!("bodies.rs")),
    ("deploy", include_str!("deploy.rs")),
    ("drift", include_str!("drift.rs")),
    ("emulators", include_str!("emulators.rs")),
    ("faults", include_str!("faults.rs")),
    ("hooks", include_str!("hooks.rs")),
    ("import", include_str!("import.rs")),
    ("nested", include_str!("nested.rs")),
    ("policies", include_str!("policies.rs")),
    ("recovery", include_str!("recovery.rs")),
    ("resources", include_str!("resources.rs")),
    ("s3", include_str!("s3.rs")),
    ("sequences", include_str!("sequences.rs")),
    ("updates", include_str!("updates.rs")),
];

#[test]
fn every_behaviour_has_its_tests() {
    for (behaviour, tests) in SHOWN {
        assert!(!tests.is_empty(), "{behaviour}");
        for test in *tests {
            let (file, function) = test.split_once(' ').unwrap();
            let (_, text) =
                FILES.iter().find(|(name, _)| *name == file).unwrap_or_else(|| panic!("no file {file}"));
            let there = text.contains(&format!("]\nfn {function}()"))
                || text.contains(&format!("]\nasync fn {function}()"));
            assert!(there, "{behaviour}: no test {test}");
        }
    }
}

#[test]
fn property_values_may_be_incomplete() {
    let wire = Wire::new();
    let faults = Faults { incomplete_values: vec!["Notes".into()], ..Faults::default() };
    wire.sandbox.set_faults(faults).unwrap();
    let body = notes(|template| {
        template["Resources"]["H"] = json!({"Type": "AWS::CloudFormation::WaitConditionHandle"});
    });
    let (status, id) = wire.set("app", "one", &body, &[("ChangeSetType", "CREATE")]);
    assert_eq!(status, "CREATE_COMPLETE");
    let shown = |values: &str| {
        let set =
            wire.call("DescribeChangeSet", &[("ChangeSetName", &id), ("IncludePropertyValues", values)]);
        (
            set["Changes"].as_array().unwrap().len(),
            set["StatusReason"].as_str().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(shown("false"), (2, String::new()));
    let (changes, reason) = shown("true");
    assert_eq!(changes, 1);
    assert!(
        reason.starts_with(
            "[WARN] --include-property-values option can return incomplete ChangeSet data because: "
        ),
        "{reason}"
    );
}

#[test]
fn long_lists_come_in_pages() {
    let wire = Wire::new();
    let names: Vec<String> = (0..130).map(|place| format!("H{place}")).collect();
    let handle = json!({"Type": "AWS::CloudFormation::WaitConditionHandle"});
    let map = |value: &dyn Fn(&String) -> Value| -> Value {
        names.iter().map(|name| (name.clone(), value(name))).collect::<serde_json::Map<_, _>>().into()
    };
    let body = json!({
        "Resources": map(&|_| handle.clone()),
        "Outputs": map(&|name| json!({"Value": name, "Export": {"Name": name}})),
    });
    wire.call("CreateStack", &[("StackName", "many"), ("TemplateBody", &body.to_string())]);
    wire.wait(60);
    for place in 0..129 {
        let small = json!({"Resources": {"H": handle}}).to_string();
        wire.call("CreateStack", &[("StackName", &format!("s{place}")), ("TemplateBody", &small)]);
    }
    let check = |action: &str, list: &str, parameters: &[(&str, &str)]| {
        let first = wire.call(action, parameters);
        assert_eq!(first[list].as_array().unwrap().len(), 100, "{action}");
        let mut next = parameters.to_vec();
        next.push(("NextToken", first["NextToken"].as_str().unwrap()));
        let second = wire.call(action, &next);
        assert_eq!(second[list].as_array().unwrap().len(), 30, "{action}");
        assert_eq!(second.get("NextToken"), None, "{action}");
    };
    check("ListStackResources", "StackResourceSummaries", &[("StackName", "many")]);
    check("ListExports", "Exports", &[]);
    check("ListStacks", "StackSummaries", &[]);
    check("DescribeStacks", "Stacks", &[]);
}
