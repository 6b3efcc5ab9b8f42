//! Finds values that may change although the templates are equal, as only CloudFormation looks them up.
//!
//! Both templates have their known values evaluated. Paths that differ are changes already, and added paths cannot have changed.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::NestedStack;
use crate::equality::{intrinsic, text};
use crate::path::{Path, children};
use crate::refs;
use crate::rules::is_container;
use crate::view::{Templates, entries, kind};

/// A place that may have changed: only CloudFormation can know.
///
/// The change set for the same template shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The top-level section of the template.
    pub section: String,
    /// The key in that section; empty for a section without entries (`Transform`). In a nested stack the ids that lead to it,
    /// such as `Child/Orders`.
    pub logical_id: String,
    /// A JSON pointer below the entry.
    pub path: String,
    /// Why it is not known.
    pub reason: UnknownReason,
}

/// Why the templates do not tell whether a value changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnknownReason {
    /// The parameter has the value of this parameter of the Systems Manager store.
    SsmParameter(String),
    /// The dynamic reference, such as `{{resolve:ssm:/notes/table}}`, names no version.
    DynamicReference(String),
    /// The template of a nested stack, or of a module, can be another one under the same name.
    NestedTemplate,
    /// The macro, such as `AWS::Include`, can return anything.
    Macro(String),
    /// Another stack can have changed its output.
    StackOutput,
    /// CloudFormation returned `?` for characters beyond ASCII.
    NonAscii,
}

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SsmParameter(name) => write!(f, "its value is that of the SSM parameter `{name}`"),
            Self::DynamicReference(reference) => write!(f, "`{reference}` names no version"),
            Self::NestedTemplate => f.write_str("the template behind its name may be another one"),
            Self::Macro(name) => write!(f, "the macro `{name}` can return anything"),
            Self::StackOutput => f.write_str("it reads the output of another stack"),
            Self::NonAscii => f.write_str("CloudFormation returned `?` for characters beyond ASCII"),
        }
    }
}

impl fmt::Display for Unknown {
    /// Writes the place and the reason.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { section, logical_id, path, reason } = self;
        let place = match (section.as_str(), logical_id.as_str()) {
            ("Resources", id) => format!("{id}{path}"),
            (section, "") => section.to_owned(),
            (section, id) => format!("{section}/{id}{path}"),
        };
        write!(f, "only CloudFormation can know whether `{place}` changes: {reason}")
    }
}

/// Returns what may have changed without a difference of the templates; nothing where no stack is deployed.
pub(crate) fn find(templates: Templates<'_>) -> Vec<Unknown> {
    let mut found = Vec::new();
    if entries(templates.deployed, "Resources").next().is_none() {
        return found;
    }
    macros_of_the_template(templates, &mut found);
    ssm_parameters(templates, &mut found);
    for section in ["Resources", "Outputs"] {
        for (id, entry) in entries(templates.wanted, section) {
            if templates.deployed[section].get(id).is_none() {
                continue;
            }
            let path = Path::entry(section, id);
            let is_unknown_content = section == "Resources"
                && kind(entry).is_some_and(is_container)
                && !templates.options.nested.get(id).is_some_and(NestedStack::is_known);
            if is_unknown_content {
                found.push(unknown(&path, UnknownReason::NestedTemplate));
            }
            if is_looked_up(entry) {
                look_up(entry, &path, &mut found);
            }
        }
    }
    found
}

fn unknown(path: &Path, reason: UnknownReason) -> Unknown {
    Unknown {
        section: path.key_at(0).unwrap_or_default().to_owned(),
        logical_id: path.key_at(1).unwrap_or_default().to_owned(),
        path: path.pointer(2),
        reason,
    }
}

/// A text at a JSON pointer of the deployed template that CloudFormation did not return as it was sent.
pub(crate) fn non_ascii(place: &str) -> Unknown {
    let mut parts = place.splitn(4, '/').skip(1);
    let mut key = || parts.next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
    let (section, logical_id) = (key(), key());
    let path = parts.next().map(|path| format!("/{path}")).unwrap_or_default();
    Unknown { section, logical_id, path, reason: UnknownReason::NonAscii }
}

fn macros_of_the_template(templates: Templates<'_>, found: &mut Vec<Unknown>) {
    for name in macros(templates.wanted) {
        found.push(unknown(&Path::default().key("Transform"), UnknownReason::Macro(name)));
    }
}

/// The function that puts what a macro returns in its place.
pub(crate) const TRANSFORM: &str = "Fn::Transform";

/// Returns the macro of the first `Fn::Transform` in a value.
pub(crate) fn included(value: &Value) -> Option<String> {
    match value {
        Value::Object(map) => match map.get(TRANSFORM) {
            Some(argument) => {
                Some(argument.get("Name").and_then(text).unwrap_or_else(|| TRANSFORM.to_owned()))
            }
            None => map.values().find_map(included),
        },
        Value::Array(items) => items.iter().find_map(included),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Returns the macros that a template passes through, but for the one that is a function of the template alone.
pub(crate) fn macros(template: &Value) -> Vec<String> {
    let name = |one: &Value| text(one).or_else(|| one.get("Name").and_then(text));
    let named: Vec<String> = match template.get("Transform") {
        Some(Value::Array(names)) => names.iter().filter_map(name).collect(),
        one => one.and_then(name).into_iter().collect(),
    };
    named.into_iter().filter(|name| name != "AWS::LanguageExtensions").collect()
}

/// Parameters whose value is looked up, as far as anything uses them.
fn ssm_parameters(templates: Templates<'_>, found: &mut Vec<Unknown>) {
    let is_looked_up = |parameter: &Value| {
        parameter
            .get("Type")
            .and_then(Value::as_str)
            .is_some_and(|kind| kind.starts_with("AWS::SSM::Parameter::Value"))
    };
    let parameters = entries(templates.written, "Parameters").filter(|(name, parameter)| {
        is_looked_up(parameter) && templates.deployed["Parameters"].get(name).is_some_and(is_looked_up)
    });
    let parameters: Vec<(&str, &Value)> = parameters.collect();
    if parameters.is_empty() {
        return;
    }
    let mut used = BTreeSet::new();
    for section in ["Resources", "Outputs", "Conditions"] {
        for (id, entry) in entries(templates.written, section) {
            used.append(&mut refs::names(entry, &Path::entry(section, id)));
        }
    }
    for (name, parameter) in parameters.into_iter().filter(|(name, _)| used.contains(name)) {
        let given = templates.after.given(name).and_then(text);
        let key = given.or_else(|| parameter.get("Default").and_then(text)).unwrap_or_default();
        found.push(unknown(&Path::entry("Parameters", name), UnknownReason::SsmParameter(key)));
    }
}

/// Returns whether anything in a value is looked up by CloudFormation. Most values hold nothing of the kind.
fn is_looked_up(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{resolve:"),
        Value::Array(items) => items.iter().any(is_looked_up),
        Value::Object(map) => {
            map.contains_key("Fn::Transform")
                || map.contains_key("Fn::GetStackOutput")
                || map.values().any(is_looked_up)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn look_up(value: &Value, path: &Path, found: &mut Vec<Unknown>) {
    if let Value::String(text) = value {
        let references = dynamic_references(text).filter(|reference| !is_pinned(reference));
        found.extend(
            references.map(|reference| {
                unknown(path, UnknownReason::DynamicReference(format!("{{{{{reference}}}}}")))
            }),
        );
    }
    match intrinsic(value) {
        Some(("Fn::Transform", argument)) => {
            let name = argument.get("Name").and_then(text).unwrap_or_else(|| "Fn::Transform".to_owned());
            return found.push(unknown(path, UnknownReason::Macro(name)));
        }
        Some(("Fn::GetStackOutput", _)) => return found.push(unknown(path, UnknownReason::StackOutput)),
        _ => {}
    }
    // A member beside others is a macro too.
    if let Some(argument) = value.get("Fn::Transform") {
        let name = argument.get("Name").and_then(text).unwrap_or_else(|| "Fn::Transform".to_owned());
        found.push(unknown(path, UnknownReason::Macro(name)));
    }
    for (segment, child) in children(path.property(), value) {
        if is_looked_up(child) {
            look_up(child, &path.join(segment), found);
        }
    }
}

/// Returns what stands between the braces of each dynamic reference in a text.
fn dynamic_references(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("{{resolve:").filter_map(|(at, _)| {
        let inside = &text[at + 2..];
        Some(&inside[..inside.find("}}")?])
    })
}

/// Returns whether a dynamic reference names the version that it reads, which never changes: `resolve:ssm:NAME:VERSION`, or
/// `resolve:secretsmanager:ID:SecretString:KEY:STAGE:VERSION`.
fn is_pinned(reference: &str) -> bool {
    if let Some((_, rest)) = reference.split_once(":SecretString") {
        return rest.split(':').nth(3).is_some_and(|version| !version.is_empty());
    }
    let is_store = reference.starts_with("resolve:ssm:") || reference.starts_with("resolve:ssm-secure:");
    let version = reference.rsplit(':').next().unwrap_or_default();
    is_store && !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_pins_a_dynamic_reference() {
        for (reference, expected) in [
            ("resolve:ssm:/notes/table", false),
            ("resolve:ssm:/notes/table:3", true),
            ("resolve:ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/notes:12", true),
            ("resolve:ssm-secure:key:1", true),
            ("resolve:ssm:/notes/${Version}", false),
            ("resolve:secretsmanager:key", false),
            ("resolve:secretsmanager:key:SecretString:password", false),
            ("resolve:secretsmanager:key:SecretString:password:AWSPREVIOUS", false),
            ("resolve:secretsmanager:key:SecretString:password::v1", true),
            (
                "resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:key-1:SecretString:::v1",
                true,
            ),
        ] {
            assert_eq!(is_pinned(reference), expected, "{reference}");
        }
    }

    #[test]
    fn dynamic_references_are_found_in_text() {
        let found = |text| dynamic_references(text).collect::<Vec<_>>();
        assert_eq!(found("a{{resolve:ssm:b}}c{{resolve:ssm:d:1}}"), ["resolve:ssm:b", "resolve:ssm:d:1"]);
        assert_eq!(found("{{resolve:ssm:b"), [""; 0]);
    }
}
