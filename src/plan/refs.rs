//! The references in a value, with the path of each.

use std::collections::BTreeSet;

use serde_json::Value;
use tablewright_template::{PathSegment, Reference, Role, visit_references};

use crate::path::{Path, Segment, children};

/// Calls `found` for every reference inside the value at this path, with the path of the function that makes it.
pub(crate) fn visit<'a>(value: &'a Value, at: &Path, found: &mut dyn FnMut(Path, Reference<&'a str>)) {
    visit_references(role(at), value, &mut |way, reference| found(below(at, value, way), reference));
}

/// Returns the names of all resources and parameters that the value at this path refers to.
pub(crate) fn names<'a>(value: &'a Value, at: &Path) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    visit_references(role(at), value, &mut |_, reference| match reference {
        Reference::Name(name) | Reference::Attribute { resource: name, .. } | Reference::DependsOn(name) => {
            names.insert(name);
        }
        Reference::Condition(_)
        | Reference::If(_)
        | Reference::Mapping { .. }
        | Reference::Macro
        | Reference::Malformed(_) => {}
    });
    names
}

fn role(at: &Path) -> Role {
    // A loop is a list, whose elements have no attributes of a resource.
    if at.key_at(1).is_some_and(|id| id.starts_with("Fn::")) {
        return Role::Value;
    }
    match (at.key_at(0), at.0.len()) {
        (Some("Resources"), 2) => Role::Resource,
        (Some("Outputs"), 2) => Role::Output,
        (Some("Conditions"), _) => Role::Condition,
        _ => Role::Value,
    }
}

/// Returns the path at the end of the way; elements of keyed lists by their names.
fn below(at: &Path, value: &Value, way: &[PathSegment<'_>]) -> Path {
    let (mut path, mut value) = (at.clone(), value);
    for step in way {
        let inside =
            children(path.property(), value).into_iter().find(|(segment, _)| match (step, segment) {
                (PathSegment::Key(key), Segment::Key(name)) => key == name,
                (PathSegment::Index(at), Segment::Item { at: found, .. } | Segment::At(found)) => at == found,
                (PathSegment::Key(_) | PathSegment::Index(_), _) => false,
            });
        // An element that is `AWS::NoValue` is none.
        let Some((segment, child)) = inside else { return path };
        (path, value) = (path.join(segment), child);
    }
    path
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(at: &Path, value: &Value, expected: &[&str]) {
        let mut found = Vec::new();
        visit(value, at, &mut |path, reference| found.push(format!("{} {reference:?}", path.pointer(0))));
        assert_eq!(found, expected, "{value}");
    }

    #[test]
    fn references_have_the_path_of_their_function() {
        let table = Path::entry("Resources", "T");
        check(
            &table,
            &json!({
                "Condition": "C",
                "DependsOn": "D",
                "Properties": {
                    "GlobalSecondaryIndexes": [{ "IndexName": "i", "KeySchema": [{ "AttributeName": { "Ref": "P" } }] }],
                    "TableName": { "Fn::Sub": "${ Stage }-notes" },
                },
            }),
            &[
                r#"/Resources/T DependsOn("D")"#,
                r#"/Resources/T Condition("C")"#,
                r#"/Resources/T/Properties/GlobalSecondaryIndexes/0/KeySchema/0/AttributeName Name("P")"#,
                r#"/Resources/T/Properties/TableName Name("Stage")"#,
            ],
        );
        let mut path = None;
        let indexes = json!([{ "Ref": "AWS::NoValue" }, { "IndexName": "i", "X": { "Ref": "P" } }]);
        visit(&indexes, &table.key("GlobalSecondaryIndexes"), &mut |at, _| path = Some(at));
        let item = Segment::Item { name: "i".to_owned(), at: 1 };
        assert_eq!(path, Some(table.key("GlobalSecondaryIndexes").join(item).key("X")));
    }

    #[test]
    fn the_section_decides_what_a_condition_is() {
        let value = json!({ "Condition": "C" });
        check(&Path::entry("Resources", "T"), &value, &[r#"/Resources/T Condition("C")"#]);
        check(&Path::entry("Resources", "T").key("Properties"), &value, &[]);
        check(&Path::entry("Outputs", "O"), &value, &[r#"/Outputs/O Condition("C")"#]);
        check(&Path::entry("Conditions", "D"), &value, &[r#"/Conditions/D Condition("C")"#]);
    }
}
