//! The gallery shows everything: what it does not have in its committed templates, nobody would find to copy.
//!
//! The property paths are those of AWS's schema, in `tests/schema`; a line of a newer schema that no stack uses fails with its
//! name. Functions, sections and words are those that a definition can say.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

#[test]
fn every_property_of_a_table_is_used() {
    every_property("AWS::DynamoDB::Table", "aws-dynamodb-table.paths.txt");
}

#[test]
fn every_property_of_a_global_table_is_used() {
    every_property("AWS::DynamoDB::GlobalTable", "aws-dynamodb-globaltable.paths.txt");
}

fn every_property(kind: &str, file: &str) {
    let read = |file: &str| read(&folder().join("../../tests/schema").join(file));
    let (paths, only_by_override) = (read(file), read("only-by-override.txt"));
    let tables = resources(kind);
    let missing: Vec<&str> = paths
        .lines()
        .filter(|path| {
            let is_in = |property: &str| *path == property || path.starts_with(&format!("{property}/"));
            !only_by_override.lines().any(is_in)
        })
        .filter(|path| !tables.iter().any(|table| reaches(&table["Properties"], path)))
        .collect();
    assert!(paths.lines().count() > 70, "{file} is not whole");
    assert!(missing.is_empty(), "no {kind} of the gallery has: {missing:#?}");
}

#[test]
fn every_section_and_attribute_is_used() {
    let templates = templates();
    for path in [
        "/AWSTemplateFormatVersion",
        "/Description",
        "/Parameters/*/AllowedPattern",
        "/Parameters/*/AllowedValues",
        "/Parameters/*/ConstraintDescription",
        "/Parameters/*/Default",
        "/Parameters/*/Description",
        "/Parameters/*/MaxLength",
        "/Parameters/*/MaxValue",
        "/Parameters/*/MinLength",
        "/Parameters/*/MinValue",
        "/Parameters/*/NoEcho",
        "/Parameters/*/Type",
        "/Mappings/*/*/*",
        "/Conditions/*/Fn::And",
        "/Conditions/*/Fn::Equals",
        "/Conditions/*/Fn::Not",
        "/Conditions/*/Fn::Or",
        "/Conditions/*/Fn::And/*/Condition",
        "/Resources/*/Condition",
        "/Resources/*/DeletionPolicy",
        "/Resources/*/DependsOn",
        "/Resources/*/Metadata",
        "/Resources/*/Properties/ScheduledActions/*/EndTime",
        "/Resources/*/Properties/ScheduledActions/*/ScalableTargetAction/MaxCapacity",
        "/Resources/*/Properties/ScheduledActions/*/ScalableTargetAction/MinCapacity",
        "/Resources/*/Properties/ScheduledActions/*/StartTime",
        "/Resources/*/Properties/ScheduledActions/*/Timezone",
        "/Resources/*/Properties/TargetTrackingScalingPolicyConfiguration/DisableScaleIn",
        "/Resources/*/UpdateReplacePolicy",
        "/Outputs/*/Condition",
        "/Outputs/*/Description",
        "/Outputs/*/Export/Name",
        "/Outputs/*/Value",
    ] {
        assert!(templates.iter().any(|template| reaches(template, path)), "no template has {path}");
    }
}

#[test]
fn every_function_is_used() {
    let templates = templates();
    for function in [
        "Ref",
        "Fn::FindInMap",
        "Fn::GetAtt",
        "Fn::If",
        "Fn::ImportValue",
        "Fn::Join",
        "Fn::Select",
        "Fn::Split",
        "Fn::Sub",
    ] {
        assert!(
            templates
                .iter()
                .any(|template| any(&template["Resources"], &|value| value.get(function).is_some())),
            "no resource has {function}"
        );
    }
}

#[test]
fn every_word_is_used() {
    let templates = templates();
    for (property, words) in [
        ("ApproximateCreationDateTimePrecision", &["MICROSECOND", "MILLISECOND"][..]),
        ("AttributeType", &["B", "N", "S"]),
        ("BillingMode", &["PAY_PER_REQUEST", "PROVISIONED"]),
        ("DeletionPolicy", &["Delete", "Retain", "RetainExceptOnCreate"]),
        ("GlobalTableSettingsReplicationMode", &["DISABLED", "ENABLED"]),
        ("InputCompressionType", &["GZIP", "NONE", "ZSTD"]),
        ("InputFormat", &["CSV", "DYNAMODB_JSON", "ION"]),
        ("Mode", &["ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"]),
        ("MultiRegionConsistency", &["STRONG"]),
        ("ProjectionType", &["ALL", "INCLUDE", "KEYS_ONLY"]),
        ("StreamViewType", &["KEYS_ONLY", "NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE"]),
        ("TableClass", &["STANDARD", "STANDARD_INFREQUENT_ACCESS"]),
        ("Type", &["AWS::SSM::Parameter::Value<String>", "CommaDelimitedList", "Number", "String"]),
        ("UpdateReplacePolicy", &["Delete", "Retain"]),
    ] {
        for word in words {
            let says = |value: &Json| value.get(property).is_some_and(|value| value == word);
            assert!(templates.iter().any(|template| any(template, &says)), "nothing says {property}: {word}");
        }
    }
    let refers = |value: &Json| value.as_str().is_some_and(|text| text.starts_with("{{resolve:ssm:"));
    assert!(templates.iter().any(|template| any(template, &refers)), "there is no dynamic reference");
}

/// What is not in a template, but set with the deployment.
#[test]
fn every_setting_of_a_stack_is_used() {
    let manifests: Vec<Json> = files("json")
        .iter()
        .map(|path| {
            serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        })
        .collect();
    assert_eq!(manifests.len(), 3, "one for each environment");
    for path in ["/stacks/*/policy/Statement", "/stacks/*/tags", "/stacks/*/termination_protection"] {
        assert!(manifests.iter().all(|manifest| reaches(manifest, path)), "a manifest lacks {path}");
    }
}

/// Returns whether something is at the path, where `*` is each item of a list and each entry of a mapping.
fn reaches(value: &Json, path: &str) -> bool {
    let Some((_, path)) = path.split_once('/') else {
        return true;
    };
    let token = path.split('/').next().unwrap_or_default();
    let rest = &path[token.len()..];
    match (token, value) {
        ("*", Json::Array(items)) => items.iter().any(|item| reaches(item, rest)),
        ("*", Json::Object(entries)) => entries.values().any(|entry| reaches(entry, rest)),
        _ => value.get(token).is_some_and(|value| reaches(value, rest)),
    }
}

/// Returns whether a value, or one inside of it, fits.
fn any(value: &Json, fits: &impl Fn(&Json) -> bool) -> bool {
    fits(value)
        || match value {
            Json::Array(items) => items.iter().any(|item| any(item, fits)),
            Json::Object(entries) => entries.values().any(|entry| any(entry, fits)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
        }
}

fn resources(kind: &str) -> Vec<Json> {
    let of = |mut template: Json| match template["Resources"].take() {
        Json::Object(resources) => resources.into_iter().map(|(_, resource)| resource).collect(),
        _ => Vec::new(),
    };
    let resources = templates().into_iter().flat_map(of);
    resources.filter(|resource| resource["Type"] == kind).collect()
}

/// Returns the committed templates of all environments.
fn templates() -> Vec<Json> {
    let files = files("yaml");
    assert_eq!(files.len(), 21, "seven stacks in three environments");
    let parse = |path: &PathBuf| {
        let node = tablewright_template::parse(&read(path));
        node.unwrap_or_else(|error| panic!("{}: {error}", path.display())).to_value()
    };
    files.iter().map(parse).collect()
}

/// Returns the committed files of all environments that end so.
fn files(extension: &str) -> Vec<PathBuf> {
    let environments = entries(&folder().join("../rendered/gallery"));
    let files = environments.iter().flat_map(|environment| entries(environment));
    files.filter(|file| file.extension().is_some_and(|found| found == extension)).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
