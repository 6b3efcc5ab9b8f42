//! The section `Rules`: assertions about parameters, evaluated before anything of a stack is touched.
//!
//! What a rule may hold is documented ("Rules section", "Rule-specific intrinsic functions"). That a rule refuses functions
//! of values is reported by users of AWS, with the words; the words of a failed assertion are ours.

use std::collections::BTreeSet;

use serde_json::Value;

use super::intrinsics::{Scope, function};
use crate::state::stack::Definition;
use crate::state::template::Template;
use crate::template::error::TemplateError;
use crate::wire::text::scalar;

const FUNCTIONS: &[&str] = &[
    "Fn::And",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
    "Ref",
];

/// Checks the structure of every rule.
pub(crate) fn check(template: &Template) -> Result<(), TemplateError> {
    let malformed = |name: &str, what: &str| Err(TemplateError::Format(format!("Rule {name} {what}")));
    for (name, rule) in template.entries("Rules") {
        let Some(fields) = rule.as_object() else { return malformed(name, "must be an object.") };
        if let Some(odd) = fields.keys().find(|key| !matches!(key.as_str(), "RuleCondition" | "Assertions")) {
            return malformed(name, &format!("has the unknown member {odd}."));
        }
        let Some(assertions) =
            rule.get("Assertions").and_then(Value::as_array).filter(|list| !list.is_empty())
        else {
            return malformed(name, "must have a list of Assertions.");
        };
        if assertions.iter().any(|assertion| assertion.get("Assert").is_none()) {
            return malformed(name, "has an assertion without Assert.");
        }
        let mut foreign = BTreeSet::new();
        let mut unknown = BTreeSet::new();
        for value in rule.get("RuleCondition").into_iter().chain(assertions.iter().map(|one| &one["Assert"]))
        {
            check_function(value, template, &mut foreign, &mut unknown)?;
        }
        if !foreign.is_empty() {
            return Err(TemplateError::Format(format!(
                "Following functions are not supported in the Rules block of the template: [{}]",
                foreign.into_iter().collect::<Vec<_>>().join(", ")
            )));
        }
        if !unknown.is_empty() {
            return Err(TemplateError::Format(format!(
                "Unresolved dependencies [{}]. Cannot reference resources in the Rules block of the template",
                unknown.into_iter().collect::<Vec<_>>().join(", ")
            )));
        }
    }
    Ok(())
}

/// Collects the functions that a rule may not use, and the names that are not parameters.
fn check_function(
    value: &Value,
    template: &Template,
    foreign: &mut BTreeSet<String>,
    unknown: &mut BTreeSet<String>,
) -> Result<(), TemplateError> {
    let arguments = match function(value) {
        Some((name @ ("Fn::ValueOf" | "Fn::ValueOfAll"), _)) => {
            return Err(TemplateError::NotModelled(format!("{name} in a rule")));
        }
        Some((name, argument)) => {
            if !FUNCTIONS.contains(&name) {
                foreign.insert(name.to_owned());
            }
            let target = argument.as_str().unwrap_or_default();
            if name == "Ref"
                && !target.starts_with("AWS::")
                && !template.parameters().any(|(parameter, _)| parameter == target)
            {
                unknown.insert(target.to_owned());
            }
            argument
        }
        None => value,
    };
    match arguments {
        Value::Array(items) => {
            items.iter().try_for_each(|item| check_function(item, template, foreign, unknown))
        }
        Value::Object(_) => check_function(arguments, template, foreign, unknown),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// Refuses a definition whose parameters break a rule.
pub(crate) fn evaluate(region: &str, definition: &Definition) -> Result<(), TemplateError> {
    let scope = Scope::of_parameters(region, definition);
    for (name, rule) in definition.template.entries("Rules") {
        let applies = rule.get("RuleCondition").map_or(Ok(true), |condition| holds(condition, &scope))?;
        if !applies {
            continue;
        }
        for assertion in rule.get("Assertions").and_then(Value::as_array).into_iter().flatten() {
            if !holds(&assertion["Assert"], &scope)? {
                let description = assertion.get("AssertDescription").map(scalar).unwrap_or_default();
                return Err(TemplateError::Function(format!(
                    "assertion of rule {name} failed: {description}"
                )));
            }
        }
    }
    Ok(())
}

fn holds(value: &Value, scope: &Scope<'_>) -> Result<bool, TemplateError> {
    let Some((name, argument)) = function(value) else {
        return Err(TemplateError::Format(
            "Every rule condition and assertion must be a function that yields a boolean".to_owned(),
        ));
    };
    let items = argument.as_array().map(Vec::as_slice).unwrap_or_default();
    let all = |items: &[Value]| items.iter().map(|item| holds(item, scope)).collect::<Result<Vec<_>, _>>();
    match (name, items) {
        ("Fn::And", [_, _, ..]) => Ok(all(items)?.into_iter().all(|one| one)),
        ("Fn::Or", [_, _, ..]) => Ok(all(items)?.into_iter().any(|one| one)),
        ("Fn::Not", [one]) => Ok(!holds(one, scope)?),
        ("Fn::Equals", [one, other]) => Ok(texts(one, scope)? == texts(other, scope)?),
        ("Fn::Contains", [list, value]) => {
            let list = texts(list, scope)?;
            Ok(texts(value, scope)?.iter().all(|value| list.contains(value)))
        }
        ("Fn::EachMemberEquals", [list, value]) => {
            let value = texts(value, scope)?;
            Ok(texts(list, scope)?.iter().all(|item| Some(item) == value.first()))
        }
        ("Fn::EachMemberIn", [list, allowed]) => {
            let allowed = texts(allowed, scope)?;
            Ok(texts(list, scope)?.iter().all(|item| allowed.contains(item)))
        }
        _ => Err(TemplateError::Function(format!("{name} has the wrong arguments in a rule"))),
    }
}

/// A value, or the items of a list.
fn texts(value: &Value, scope: &Scope<'_>) -> Result<Vec<String>, TemplateError> {
    if let Some(("Fn::RefAll", kind)) = function(value) {
        let template = &scope.definition.template;
        let of_kind = template.parameters().filter(|(_, declaration)| declaration.get("Type") == Some(kind));
        let values = of_kind.filter_map(|(name, _)| scope.definition.parameter(name));
        return Ok(values.map(|parameter| parameter.effective().to_owned()).collect());
    }
    Ok(match (value, function(value)) {
        (Value::Array(items), None) => {
            let mut all = Vec::new();
            for item in items {
                all.extend(texts(item, scope)?);
            }
            all
        }
        _ => match scope.resolve(value)? {
            Some(Value::Array(items)) => items.iter().map(scalar).collect(),
            Some(one) => vec![scalar(&one)],
            None => Vec::new(),
        },
    })
}
