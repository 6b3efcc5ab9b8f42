//! The templates of nested stacks that lie beside the template of their parent, as `sam` and `aws cloudformation package` take them.

use std::collections::BTreeMap;

use serde_json::Value;
use tablewright_plan::{NestedStack, PlanOptions, PseudoParameters};

use crate::error::Result;
use crate::source::files::Files;
use crate::source::template::Template;

/// Reads the local templates of the nested stacks of a template, by their logical ids. `above` are the files that led here, the
/// template's own last: one that nests itself is not followed.
pub(super) fn children(
    files: &Files<'_>,
    template: &Value,
    above: &[String],
    is_old: bool,
) -> Result<BTreeMap<String, Template>> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    let mut children = BTreeMap::new();
    for (id, resource) in resources {
        let Some(path) = local_template(resource, above.last().map_or("", String::as_str)) else { continue };
        if above.contains(&path) || !files.is_file(&path)? {
            continue;
        }
        children.insert(id.clone(), files.template_below(&path, above, is_old)?);
    }
    Ok(children)
}

/// Returns the path of a nested stack's template, where that is a file beside the parent's.
fn local_template(resource: &Value, parent: &str) -> Option<String> {
    let property = match resource["Type"].as_str()? {
        "AWS::CloudFormation::Stack" => "TemplateURL",
        "AWS::Serverless::Application" => "Location",
        _ => return None,
    };
    let location = resource["Properties"][property].as_str()?;
    // A URL, an ARN, and text that is resolved when it is deployed.
    if location.contains(':') || location.contains("{{") {
        return None;
    }
    beside(parent, location)
}

/// Returns a path that is written relative to a file, without `.` and `..`; `None` where it leads out of the root.
pub(super) fn beside(file: &str, relative: &str) -> Option<String> {
    let is_absolute = relative.starts_with('/');
    let folder = if is_absolute { "" } else { file.rsplit_once('/').map_or("", |(folder, _)| folder) };
    let from_root = is_absolute || file.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(relative.split('/')) {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(last) if *last != ".." => drop(parts.pop()),
                _ if from_root => return None,
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    let root = if from_root { "/" } else { "" };
    (!parts.is_empty()).then(|| format!("{root}{}", parts.join("/")))
}

/// Returns what the templates of both sides tell of their nested stacks.
pub(super) fn nested_stacks(
    against: Option<&Template>,
    of: Option<&Template>,
    place: &PseudoParameters,
) -> BTreeMap<String, NestedStack> {
    let sides = || against.into_iter().chain(of);
    let ids = sides().flat_map(|side| side.children.keys());
    let nested = ids.map(|id| {
        let child = |side: Option<&'_ Template>| side.and_then(|side| side.children.get(id)).cloned();
        let (before, after) = (child(against), child(of));
        let options = PlanOptions {
            pseudo_parameters: PseudoParameters { stack_name: None, stack_id: None, ..place.clone() },
            nested: nested_stacks(before.as_ref(), after.as_ref(), place),
            ..PlanOptions::default()
        };
        let value = |template: Option<Template>| template.map(|template| template.value);
        (id.clone(), NestedStack { deployed: value(before), wanted: value(after), options })
    });
    nested.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_parent() {
        let check = |file: &str, relative: &str, expected: Option<&str>| {
            assert_eq!(beside(file, relative).as_deref(), expected, "{relative} beside {file}");
        };
        check("a/parent.yaml", "child.yaml", Some("a/child.yaml"));
        check("a/parent.yaml", "./b/../child.yaml", Some("a/child.yaml"));
        check("a/parent.yaml", "../child.yaml", Some("child.yaml"));
        check("parent.yaml", "../child.yaml", Some("../child.yaml"));
        check("/a/parent.yaml", "../../child.yaml", None);
        check("/a/parent.yaml", "child.yaml", Some("/a/child.yaml"));
        check("a/parent.yaml", "/child.yaml", Some("/child.yaml"));
        check("a/parent.yaml", "..", None);
    }
}
