//! Every property path of the schema can be defined, and no other path is rendered.
//!
//! The paths are read from `tests/schema`; a path that no definition uses fails the test with its name.
//! `only-by-override.txt` lists the properties that the builder has no method for.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Json;

use crate::Table;
use crate::render::tests::{definitions, rendered};

#[test]
fn every_path_of_a_table_can_be_defined() {
    check("aws-dynamodb-table.paths.txt", &definitions::tables());
}

#[test]
fn every_path_of_a_global_table_can_be_defined() {
    check("aws-dynamodb-globaltable.paths.txt", &definitions::global_tables());
}

fn check(file: &str, tables: &[(&str, Table)]) {
    let (text, only_by_override) = (read(file), read("only-by-override.txt"));
    let schema: BTreeSet<&str> = text.lines().collect();
    assert!(!schema.is_empty(), "{file} is empty");
    let mut said = BTreeSet::new();
    for (name, table) in tables {
        let template = rendered(table.clone()).template;
        let mut paths = BTreeSet::new();
        collect(&template["Resources"][&table.id]["Properties"], "", &mut paths);
        let unknown: Vec<_> = paths.iter().filter(|path| !schema.contains(path.as_str())).collect();
        assert_eq!(unknown, Vec::<&String>::new(), "definition `{name}` has what {file} does not have");
        said.extend(paths);
    }
    let only_by_override = |path: &str| {
        only_by_override.lines().any(|property| path == property || path.starts_with(&format!("{property}/")))
    };
    let definable: Vec<_> = said.iter().filter(|path| only_by_override(path)).collect();
    assert_eq!(definable, Vec::<&String>::new(), "these paths can be defined by now");
    let unsaid: Vec<_> =
        schema.iter().filter(|path| !said.contains(**path) && !only_by_override(path)).collect();
    assert_eq!(unsaid, Vec::<&&str>::new(), "no definition reaches these paths of {file}");
}

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Collects the property paths of a tree, with `*` for list items, without the content of policy documents and functions.
fn collect(value: &Json, path: &str, paths: &mut BTreeSet<String>) {
    match value {
        Json::Object(entries) if !path.ends_with("/PolicyDocument") => {
            for (key, value) in entries.iter().filter(|(key, _)| *key != "Ref" && !key.starts_with("Fn::")) {
                let path = format!("{path}/{key}");
                paths.insert(path.clone());
                collect(value, &path, paths);
            }
        }
        Json::Array(items) => {
            for item in items {
                collect(item, &format!("{path}/*"), paths);
            }
        }
        Json::Object(_) | Json::String(_) | Json::Number(_) | Json::Bool(_) | Json::Null => {}
    }
}
