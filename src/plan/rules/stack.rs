//! Rules for sections other than resources: outputs, parameters, mappings, conditions and others.

use serde_json::Value;

use super::Judgement;
use crate::equality::{identity, same_option};
use crate::recipe;
use crate::view::{Templates, entries, kind};
use crate::{PlanOptions, Verdict};

/// What a macro or an include makes of a template: only CloudFormation's change set shows it, which a report does not have.
pub(crate) fn macro_at_work(options: &PlanOptions, name: &str) -> Judgement {
    let why = format!(
        "the macro `{name}` can make anything of the changes, so they cannot be judged by the template: CloudFormation's change set shows them"
    );
    if options.report_only {
        Judgement::new(Verdict::Refused, why).recipe(recipe::expand_first())
    } else {
        Judgement::new(Verdict::InPlaceWithRisk, why)
    }
}

fn has_sam_resources(template: &Value) -> bool {
    entries(template, "Resources")
        .any(|(_, resource)| kind(resource).is_some_and(|kind| kind.starts_with("AWS::Serverless::")))
}

/// Other macros for the template, or other values for them.
pub(crate) fn transform(templates: Templates, before: Option<&Value>, after: Option<&Value>) -> Judgement {
    const SAM: &str = "AWS::Serverless-2016-10-31";
    let macros = |transform: Option<&Value>| -> Vec<Value> {
        let all = match transform {
            Some(Value::Array(all)) => all.clone(),
            one => one.cloned().into_iter().collect(),
        };
        all.into_iter().filter(|name| name != "AWS::LanguageExtensions").collect()
    };
    let (before, after) = (macros(before), macros(after));
    if before == after {
        return Judgement::new(Verdict::None, "`AWS::LanguageExtensions` only adds functions to templates");
    }
    let mut all = before.iter().chain(&after);
    match all.find(|name| *name != SAM) {
        Some(name) => {
            macro_at_work(templates.options, &name.get("Name").map_or_else(|| identity(name), identity))
        }
        None if after.is_empty() && has_sam_resources(templates.written) => Judgement::new(
            Verdict::Refused,
            "without the SAM transform, CloudFormation does not know resources of SAM",
        )
        .server("Unrecognized resource types"),
        None => Judgement::new(
            Verdict::InPlaceWithRisk,
            "the SAM transform turns resources of SAM into others; what it makes of simple tables is compared",
        ),
    }
}

/// Judges a difference in an entry of a section; `pattern` is the place below the entry.
pub(crate) fn section_entry(
    section: &str,
    pattern: &str,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Judgement {
    let is_entry = |entry: Option<&Value>| entry.is_none_or(Value::is_object);
    match section {
        "Outputs" | "Parameters" if !is_entry(before) || !is_entry(after) => {
            let why =
                format!("the entry of `{section}` is not a map, so the effect of its change is not known");
            Judgement::new(Verdict::InPlaceWithRisk, why)
        }
        "AWSTemplateFormatVersion" | "Description" | "Metadata" => {
            Judgement::new(Verdict::None, "it has no effect on resources")
        }
        "Outputs" => output(before, after, pattern),
        "Rules" => Judgement::new(Verdict::None, "rules only validate parameters"),
        "Parameters" => parameter(before, after, pattern),
        "Mappings" | "Conditions" => unused_definition(),
        _ => {
            let why =
                format!("the effect of `{section}` on the resources cannot be determined from the template");
            Judgement::new(Verdict::InPlaceWithRisk, why)
        }
    }
}

/// `before` and `after` are the whole output.
fn output(before: Option<&Value>, after: Option<&Value>, pattern: &str) -> Judgement {
    let export = |output: Option<&Value>| output.and_then(|output| output.pointer("/Export/Name")).cloned();
    let (old, new) = (export(before), export(after));
    let renamed = old.is_some() && !same_option("Name", old.as_ref(), new.as_ref());
    match (before, after) {
        (None, _) => Judgement::new(Verdict::InPlace, "an output is added"),
        (Some(_), None) if old.is_none() => {
            Judgement::new(Verdict::InPlaceWithRisk, "the output is no longer available to its readers")
        }
        _ if renamed && matches!(pattern, "" | "Export" | "Export/Name") => in_use("deleted", old.as_ref()),
        _ => match pattern {
            "Description" => Judgement::new(Verdict::None, "a description has no effect"),
            "Condition" => {
                Judgement::new(Verdict::InPlaceWithRisk, "whether the output exists depends on a condition")
            }
            "Export" | "Export/Name" => {
                Judgement::new(Verdict::InPlace, "the output can be imported by other stacks")
            }
            _ if old.is_some() => in_use("updated", old.as_ref()),
            _ => Judgement::new(Verdict::InPlace, "the value of the output changes"),
        },
    }
}

fn in_use(what: &str, export: Option<&Value>) -> Judgement {
    let name = export.map(identity).unwrap_or_default();
    let why = format!(
        "the export `{name}` cannot be {what} while another stack imports it; the whole update would roll back"
    );
    Judgement::new(Verdict::InPlaceWithRisk, why)
        .server(format!("Export {name} cannot be {what} as it is in use by …"))
        .recipe(recipe::free_export(&name))
}

fn parameter(before: Option<&Value>, after: Option<&Value>, pattern: &str) -> Judgement {
    match (before, after) {
        (None, Some(parameter)) if parameter.get("Default").is_none() => {
            Judgement::new(Verdict::None, "a value must be passed with the deployment")
        }
        (None, _) => Judgement::new(Verdict::None, "it has no effect until a resource uses it"),
        (_, None) => Judgement::new(Verdict::None, "it is no longer used"),
        (Some(_), Some(_)) => match pattern {
            "Default" | "Type" => unused_definition(),
            _ => Judgement::new(Verdict::None, "only the constraints or the description change"),
        },
    }
}

/// A parameter, mapping or condition that decides nothing.
pub(crate) fn unused_definition() -> Judgement {
    Judgement::new(Verdict::None, "no remaining resource or output uses it")
}

/// A parameter, mapping or condition all of whose uses are compared by their values.
pub(crate) fn followed_definition() -> Judgement {
    Judgement::new(Verdict::None, "its effect is reported where it is used")
}
