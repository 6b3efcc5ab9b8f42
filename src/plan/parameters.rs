//! What is known of the values that a template leaves open: its parameters, and the conditions on them.
//!
//! In go both templates and the values that were and will be given, out comes a [`Known`] for each side. What is known
//! on one side only counts as unknown on both, so that equal text stays equal. A `NoEcho` value is never known, and
//! neither is what Systems Manager will say.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::PlanOptions;
use crate::equality::{intrinsic, same, text};
use crate::view::entries;

/// What CloudFormation shows instead of a `NoEcho` value.
const HIDDEN: &str = "****";

/// What is known of one template.
#[derive(Debug, Default)]
pub(crate) struct Known<'a> {
    /// What `Ref` says of a parameter.
    values: BTreeMap<&'a str, Value>,
    /// What is given for a parameter, to be shown.
    given: BTreeMap<&'a str, Value>,
    conditions: BTreeMap<&'a str, bool>,
    mappings: Option<&'a Map<String, Value>>,
}

/// Returns what is known of the deployed and of the wanted template.
pub(crate) fn of_both<'a>(
    deployed: &'a Value,
    wanted: &'a Value,
    options: &PlanOptions,
) -> (Known<'a>, Known<'a>) {
    let mut before = Known::of(deployed, options.deployed_parameters.as_ref());
    let mut after = Known::of(wanted, options.wanted_parameters.as_ref());
    let declared = |section, name: &str| {
        let has = |template: &Value| template.get(section).is_some_and(|entries| entries.get(name).is_some());
        has(deployed) && has(wanted)
    };
    retain_common(&mut before.values, &mut after.values, |name| declared("Parameters", name));
    before.evaluate_conditions(deployed);
    after.evaluate_conditions(wanted);
    retain_common(&mut before.conditions, &mut after.conditions, |name| declared("Conditions", name));
    (before, after)
}

/// Takes away what one side knows and the other, which has it too, does not.
fn retain_common<T>(
    before: &mut BTreeMap<&str, T>,
    after: &mut BTreeMap<&str, T>,
    declared_in_both: impl Fn(&str) -> bool,
) {
    before.retain(|name, _| after.contains_key(name) || !declared_in_both(name));
    after.retain(|name, _| before.contains_key(name) || !declared_in_both(name));
}

impl<'a> Known<'a> {
    /// Returns what is known of every stack: its name.
    pub(crate) fn of_stack(stack_name: &str) -> Self {
        Self { values: BTreeMap::from([("AWS::StackName", json!(stack_name))]), ..Self::default() }
    }

    /// `given` are the values of the parameters; without them, defaults are not taken for what was given either.
    fn of(template: &'a Value, given: Option<&BTreeMap<String, String>>) -> Self {
        let mut known =
            Self { mappings: template.get("Mappings").and_then(Value::as_object), ..Self::default() };
        for (name, parameter) in entries(template, "Parameters") {
            let default = parameter.get("Default").and_then(text);
            let Some(value) = given.and_then(|given| given.get(name).cloned().or(default)) else { continue };
            let kind = parameter.get("Type").and_then(Value::as_str).unwrap_or("String");
            if parameter.get("NoEcho").and_then(text).as_deref() == Some("true") || value == HIDDEN {
                // `****` is the value as it was.
                if value != HIDDEN {
                    known.given.insert(name, json!(HIDDEN));
                }
                continue;
            }
            if !kind.starts_with("AWS::SSM::Parameter::Value") {
                let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
                let elements = || value.split(',').map(str::trim).collect();
                known.values.insert(name, if is_list { elements() } else { json!(value) });
            }
            known.given.insert(name, json!(value));
        }
        known
    }

    /// Returns what `Ref` says of a parameter.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Returns what is given for a parameter; a hidden value as `****`, when a new one is given.
    pub(crate) fn given(&self, name: &str) -> Option<&Value> {
        self.given.get(name)
    }

    /// Returns whether the given value of a parameter is one that cannot be seen.
    pub(crate) fn is_hidden(&self, name: &str) -> bool {
        self.given(name).is_some_and(|value| value == HIDDEN)
    }

    /// Returns whether a condition holds.
    pub(crate) fn holds(&self, condition: &str) -> Option<bool> {
        self.conditions.get(condition).copied()
    }

    pub(crate) fn mapped(&self, map: &str, top: &str, second: &str) -> Option<&'a Value> {
        self.mappings?.get(map)?.get(top)?.get(second)
    }

    fn evaluate_conditions(&mut self, template: &'a Value) {
        // Conditions refer to each other in any order; one that refers to itself is never known.
        loop {
            let open =
                entries(template, "Conditions").filter(|(name, _)| !self.conditions.contains_key(name));
            let more: Vec<(&str, bool)> =
                open.filter_map(|(name, condition)| Some((name, self.evaluate(condition)?))).collect();
            if more.is_empty() {
                return;
            }
            self.conditions.extend(more);
        }
    }

    /// Returns whether a condition function holds; `None` when that depends on what is not known.
    fn evaluate(&self, condition: &Value) -> Option<bool> {
        let (function, argument) = intrinsic(condition)?;
        let all = |arguments: &Value| -> Option<Vec<Option<bool>>> {
            Some(arguments.as_array()?.iter().map(|argument| self.evaluate(argument)).collect())
        };
        match function {
            "Condition" => self.holds(argument.as_str()?),
            "Fn::Equals" => match argument.as_array()?.as_slice() {
                [a, b] => Some(same("", &self.settled(a)?, &self.settled(b)?)),
                _ => None,
            },
            "Fn::Not" => match all(argument)?.as_slice() {
                [one] => one.map(|one| !one),
                _ => None,
            },
            // One that settles it is enough, whatever the others are.
            "Fn::And" => settled_by(false, &all(argument)?),
            "Fn::Or" => settled_by(true, &all(argument)?),
            _ => None,
        }
    }

    /// Returns the value of an operand, if nothing in it is open.
    fn settled(&self, operand: &Value) -> Option<Value> {
        let value = self.resolve(operand).unwrap_or_else(|| operand.clone());
        let is_text = |value: &Value| text(value).is_some();
        let settled = is_text(&value) || value.as_array().is_some_and(|items| items.iter().all(is_text));
        settled.then_some(value)
    }
}

fn settled_by(decisive: bool, operands: &[Option<bool>]) -> Option<bool> {
    if operands.contains(&Some(decisive)) {
        Some(decisive)
    } else {
        operands.iter().all(Option::is_some).then_some(!decisive)
    }
}
