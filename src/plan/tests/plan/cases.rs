//! Small templates, before and after, with the answer that is right.

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
fn what_the_region_decides_is_compared_by_its_value() {
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
