//! Small templates, before and after, with the expected plan.

use std::collections::BTreeMap;

use serde_json::Value;
use tablewright_plan::{Plan, PlanOptions, PseudoParameters, Verdict, plan};
use tablewright_template::parse_deployed;

use crate::support::lines;

/// Reads a template of the folder `cases`.
fn read(name: &str) -> Value {
    let path = format!("{}/tests/plan/cases/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect(&path);
    parse_deployed(&text).expect("a template").template.to_value()
}

/// Plans one template against another in us-east-1, with these values of the parameters on both sides.
fn planned(before: &str, after: &str, values: Option<&[(&str, &str)]>) -> Plan {
    let values: Option<BTreeMap<String, String>> = values
        .map(|values| values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
    let options = PlanOptions {
        deployed_parameters: values.clone(),
        wanted_parameters: values,
        pseudo_parameters: PseudoParameters::of_region("us-east-1"),
        ..PlanOptions::default()
    };
    plan(Some(&read(before)), &read(after), &options)
}

fn worst(before: &str, after: &str, values: Option<&[(&str, &str)]>) -> Verdict {
    planned(before, after, values).verdict()
}

#[test]
fn values_that_depend_on_the_region_are_compared() {
    assert_eq!(lines(&planned("name-literal-before", "name-literal-after", None)), [""; 0]);
    assert_eq!(lines(&planned("name-literal-after", "name-literal-before", None)), [""; 0]);
    assert_eq!(worst("mapping-other-region-before", "mapping-other-region-after", None), Verdict::None);

    let indexes = planned("region-respelled-two-indexes-before", "region-respelled-two-indexes-after", None);
    let expected = [
        "add T/Properties/GlobalSecondaryIndexes/0: staged",
        "add T/Properties/GlobalSecondaryIndexes/1: staged",
    ];
    let found = lines(&indexes);
    assert!(found.iter().all(|line| !line.contains("Tags")), "{found:?}");
    assert!(expected.iter().all(|line| found.iter().any(|found| found == line)), "{found:?}");
    assert_eq!(indexes.steps.len(), 2);
}

const DEFAULTS: Option<&[(&str, &str)]> = Some(&[]);

/// Plans with the default values before, and these after.
fn changed(before: &str, after: &str, values: &[(&str, &str)]) -> Verdict {
    let given = |values: &[(&str, &str)]| {
        Some(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    };
    let options = PlanOptions {
        deployed_parameters: given(&[]),
        wanted_parameters: given(values),
        ..PlanOptions::default()
    };
    plan(Some(&read(before)), &read(after), &options).verdict()
}

#[test]
fn a_simple_table_is_the_table_that_the_transform_makes() {
    let same = planned("simple-default-key-before", "simple-default-key-after", None);
    assert_eq!(lines(&same), [""; 0]);
    assert_eq!(worst("simple-default-key-after", "simple-default-key-before", None), Verdict::None);
    assert!(worst("simple-default-key-before", "simple-to-table-after", None) <= Verdict::InPlace);
    assert!(worst("simple-to-table-after", "simple-default-key-before", None) <= Verdict::InPlace);
    let switched = planned("simple-default-key-before", "simple-provisioned-after", None);
    assert_eq!(switched.verdict(), Verdict::InPlaceWithRisk);
    assert_eq!(
        worst("simple-provisioned-after", "simple-default-key-before", None),
        Verdict::InPlaceWithRisk
    );
    let paths: Vec<&str> = switched.changes.iter().map(|change| change.path.as_str()).collect();
    assert!(paths.iter().all(|path| *path == "/Properties/ProvisionedThroughput"), "{paths:?}");
}

#[test]
fn tags_of_a_simple_table_are_tags_of_a_table() {
    let tagged = |tags: Value| serde_json::json!({ "Resources": { "T": { "Type": "AWS::Serverless::SimpleTable", "Properties": { "Tags": tags } } } });
    let (one, two) =
        (tagged(serde_json::json!({ "a": "1" })), tagged(serde_json::json!({ "c": "1", "a": "1" })));
    for (before, after) in [(&one, &two), (&two, &one)] {
        let plan = plan(Some(before), after, &PlanOptions::default());
        assert_eq!(plan.verdict(), Verdict::InPlace, "{:?}", plan.changes);
        assert_eq!(plan.changes[0].path, "/Properties/Tags");
    }
}

#[test]
fn recovery_by_an_expression_is_unknown() {
    for (before, after) in [
        ("pitr-by-parameter-before", "pitr-by-parameter-after"),
        ("pitr-by-parameter-after", "pitr-by-parameter-before"),
        ("pitr-literal", "pitr-by-parameter-after"),
        ("pitr-by-parameter-after", "pitr-literal"),
    ] {
        assert_eq!(worst(before, after, None), Verdict::InPlaceWithRisk, "{before} → {after}");
    }
    assert_eq!(worst("pitr-by-parameter-before", "pitr-by-parameter-after", DEFAULTS), Verdict::None);
}

#[test]
fn lists_under_conditions_are_compared_by_what_is_in_them() {
    let (before, after) = ("equal-under-condition-before", "equal-under-condition-after");
    assert_eq!(worst(before, after, Some(&[("SortKey", "")])), Verdict::None);
    assert_eq!(worst(before, after, Some(&[("SortKey", "when")])), Verdict::None);
    assert!(changed(before, after, &[("SortKey", "when")]) >= Verdict::Refused);
    assert!(worst(before, after, None) >= Verdict::Refused);
    assert_eq!(worst(before, "new-lsi-off-by-default-after", DEFAULTS), Verdict::None);
    assert!(changed(before, "new-lsi-off-by-default-after", &[("LocalKey", "l")]) >= Verdict::Refused);
    let empty = ["gsi-list-absent", "gsi-list-literal-empty", "gsi-list-empty-by-condition"];
    for before in empty {
        for after in empty {
            assert_eq!(lines(&planned(before, after, DEFAULTS)), [""; 0], "{before} → {after}");
        }
    }
}

#[test]
fn two_tables_of_one_name_are_two_tables() {
    let (before, gone) = ("two-tables-one-name-before", "two-tables-one-name-after");
    let prod: Option<&[(&str, &str)]> = Some(&[("Stage", "prod")]);
    let dev: Option<&[(&str, &str)]> = Some(&[("Stage", "dev")]);
    assert_eq!(worst(before, gone, None), Verdict::DataLoss);
    assert_eq!(worst(before, gone, prod), Verdict::DataLoss);
    assert_eq!(worst(before, gone, dev), Verdict::None);
    // The small table takes the name over, which CloudFormation refuses while the big one has it.
    let taken = "two-tables-one-name-after2";
    assert!(worst(before, taken, None) >= Verdict::Refused);
    assert!(worst(before, taken, prod) >= Verdict::Refused);
    assert_eq!(worst(before, taken, dev), Verdict::None);
    assert_eq!(worst("twin-removed-before", "twin-removed-after", None), Verdict::DataLoss);
    assert_eq!(worst("twin-removed-before", "twin-removed-after", Some(&[("Env", "dev")])), Verdict::None);
    assert_eq!(
        worst("twin-removed-before", "twin-removed-after", Some(&[("Env", "prod")])),
        Verdict::DataLoss
    );

    let twice = planned("same-name-twice-before", "same-name-twice-after", None);
    assert_eq!(lines(&twice), ["remove B: data-loss"]);
    assert!(twice.changes[0].why.contains("cannot be deployed"), "{}", twice.changes[0].why);
    let back = planned("same-name-twice-after", "same-name-twice-before", None);
    assert_eq!(lines(&back), ["add B: refused"]);
    let new = plan(None, &read("same-name-twice-before"), &PlanOptions::default());
    assert_eq!(lines(&new), ["add A: in-place", "add B: refused"]);
    let exclusive = plan(None, &read("twin-removed-before"), &PlanOptions::default());
    assert!(exclusive.verdict() <= Verdict::InPlace);
}

#[test]
fn a_nested_application_may_hold_tables() {
    let (with, without) = ("nested-application-before", "nested-application-after");
    assert_eq!(lines(&planned(with, without, None)), ["remove A: data-loss"]);
    assert_eq!(lines(&planned(without, with, None)), ["add A: in-place"]);
}

#[test]
fn replicas_change_in_an_order_that_aws_accepts() {
    let regions = |plan: &Plan| -> Vec<String> {
        let of_step = |step: &tablewright_plan::Step| {
            let replicas = step.template["Resources"]["T"]["Properties"]["Replicas"].as_array().cloned();
            let regions = replicas.unwrap_or_default();
            regions
                .iter()
                .map(|replica| replica["Region"].as_str().unwrap_or_default().to_owned())
                .collect::<Vec<_>>()
                .join(" ")
        };
        plan.steps.iter().map(of_step).collect()
    };
    let swap = planned("replica-swap-before", "replica-swap-after", None);
    assert_eq!(regions(&swap), ["us-east-1 eu-west-1 us-west-2", "us-east-1 us-west-2"]);
    let back = planned("replica-swap-after", "replica-swap-before", None);
    assert_eq!(regions(&back), ["us-east-1 us-west-2 eu-west-1", "us-east-1 eu-west-1"]);

    let off = planned("stream-off-and-replica-gone-before", "stream-off-and-replica-gone-after", None);
    assert_eq!(regions(&off), ["us-east-1", "us-east-1"]);
    assert!(!off.steps[0].template["Resources"]["T"]["Properties"]["StreamSpecification"].is_null());
    let on = planned("stream-off-and-replica-gone-after", "stream-off-and-replica-gone-before", None);
    assert_eq!(regions(&on), ["us-east-1", "us-east-1 eu-west-1"]);

    // The replica in the Region of the stack stays.
    let mut elsewhere = read("stream-off-and-replica-gone-before");
    elsewhere["Resources"]["T"]["Properties"]["Replicas"] = serde_json::json!([{ "Region": "eu-west-1" }]);
    let options =
        PlanOptions { pseudo_parameters: PseudoParameters::of_region("us-east-1"), ..PlanOptions::default() };
    let gone = plan(Some(&read("stream-off-and-replica-gone-before")), &elsewhere, &options);
    assert_eq!(gone.verdict(), Verdict::Refused);
}

#[test]
fn all_replicas_get_their_key_in_one_step() {
    for (before, after) in
        [("global-key-on-before", "global-key-on-after"), ("global-key-on-after", "global-key-on-before")]
    {
        let plan = planned(before, after, None);
        assert_eq!(plan.steps.len(), 1, "{:?}", lines(&plan));
        assert_eq!(plan.verdict(), Verdict::InPlaceWithRisk);
    }
}

#[test]
fn index_capacity_under_auto_scaling_is_overwritten() {
    let plan = planned("scaled-index-capacity-before", "scaled-index-capacity-after", None);
    assert_eq!(plan.verdict(), Verdict::InPlaceWithRisk);
    assert!(plan.changes[0].why.contains("auto scaling"), "{}", plan.changes[0].why);
}

#[test]
fn a_key_that_stands_twice_is_read_as_cloudformation_reads_it() {
    let (twice, fixed) = ("duplicate-key-in-old-before", "duplicate-key-fixed-after");
    assert!(worst(twice, fixed, None) <= Verdict::InPlace);
}

#[test]
fn a_ladder_on_a_key_beyond_ascii_goes_on() {
    let (before, after) = (read("nonascii-ladder-before"), read("nonascii-ladder-after"));
    let whole = plan(Some(&before), &after, &PlanOptions::default());
    assert_eq!(whole.steps.len(), 3);
    for (position, step) in whole.steps.iter().enumerate() {
        let text = step.template.to_string();
        let returned: String = text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
        let deployed: Value = serde_json::from_str(&returned).expect("a template");
        let rest = plan(Some(&deployed), &after, &PlanOptions::default());
        assert_eq!(rest.steps.len(), 2 - position, "{:?}", lines(&rest));
        assert!(rest.verdict() <= Verdict::Staged);
    }
}
