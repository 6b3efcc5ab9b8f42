//! The values of parameters, and of the conditions and mappings that depend on them.
//!
//! In: both templates, the deployed parameter values and the wanted ones, and the pseudo parameters. Out: [`Parameters`] for each side. A value that is
//! known on one side only counts as unknown on both, so that equal text stays equal. A `NoEcho` value is never known, nor
//! is the value of an SSM parameter.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::equality::{intrinsic, same, text};
use crate::view::{Templates, entries};
use crate::{PlanOptions, PseudoParameters};

/// What CloudFormation shows instead of a `NoEcho` value.
const HIDDEN: &str = "****";

/// The known values of one template.
#[derive(Debug, Default)]
pub(crate) struct Parameters<'a> {
    /// The values that `Ref` returns.
    values: BTreeMap<&'a str, Value>,
    /// The values that are passed for the parameters, for reports.
    given: BTreeMap<&'a str, Value>,
    conditions: BTreeMap<&'a str, bool>,
    /// The conditions that are known by the values of this template alone.
    own_conditions: BTreeMap<&'a str, bool>,
    mappings: Option<&'a Map<String, Value>>,
}

/// Returns the known values of the deployed and of the wanted template.
pub(crate) fn of_both<'a>(
    deployed: &'a Value,
    wanted: &'a Value,
    options: &PlanOptions,
) -> (Parameters<'a>, Parameters<'a>) {
    let mut before = Parameters::of(deployed, options.deployed_parameters.as_ref());
    let mut after = Parameters::of(wanted, options.wanted_parameters.as_ref());
    let declared = |section, name: &str| {
        let has = |template: &Value| template.get(section).is_some_and(|entries| entries.get(name).is_some());
        has(deployed) && has(wanted)
    };
    retain_common(&mut before.values, &mut after.values, |name| declared("Parameters", name));
    for known in [&mut before, &mut after] {
        for (name, value) in options.pseudo_parameters.values() {
            known.values.insert(name, value);
        }
    }
    before.evaluate_conditions(deployed);
    after.evaluate_conditions(wanted);
    for known in [&mut before, &mut after] {
        known.own_conditions.clone_from(&known.conditions);
    }
    retain_common(&mut before.conditions, &mut after.conditions, |name| declared("Conditions", name));
    (before, after)
}

/// A parameter whose default changes without effect: the stack has a value, which it keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenDefault {
    /// The parameter.
    pub parameter: String,
    /// The value that the stack has; `****` for a hidden one.
    pub value: String,
    /// The new default.
    pub default: String,
}

impl fmt::Display for HiddenDefault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { parameter, value, default } = self;
        write!(
            f,
            "the new default `{default}` of parameter `{parameter}` has no effect: the stack keeps its value `{value}` \
             unless another one is given"
        )
    }
}

/// Returns the parameters whose new default the deployed value hides.
pub(crate) fn hidden_defaults(templates: Templates<'_>) -> Vec<HiddenDefault> {
    let options = templates.options;
    let (Some(before), Some(after)) = (&options.deployed_parameters, &options.wanted_parameters) else {
        return Vec::new();
    };
    let default = |template: &Value, name: &str| template["Parameters"][name].get("Default").and_then(text);
    let hidden = entries(templates.written, "Parameters").filter_map(|(name, _)| {
        let new = default(templates.written, name)?;
        let old = default(templates.deployed, name)?;
        let value = before.get(name).filter(|value| after.get(name) == Some(value))?;
        let is_hidden = new != old && new != *value;
        is_hidden.then(|| HiddenDefault { parameter: name.to_owned(), value: value.clone(), default: new })
    });
    hidden.collect()
}

/// Removes what is known on one side only although both declare it.
fn retain_common<T>(
    before: &mut BTreeMap<&str, T>,
    after: &mut BTreeMap<&str, T>,
    declared_in_both: impl Fn(&str) -> bool,
) {
    before.retain(|name, _| after.contains_key(name) || !declared_in_both(name));
    after.retain(|name, _| before.contains_key(name) || !declared_in_both(name));
}

impl<'a> Parameters<'a> {
    /// Returns the values that are known of every stack.
    pub(crate) fn of_pseudo(pseudo_parameters: &PseudoParameters) -> Self {
        Self { values: pseudo_parameters.values().collect(), ..Self::default() }
    }

    /// `given` are the values of the parameters. Without them the defaults do not count either: other values may have been
    /// passed.
    fn of(template: &'a Value, given: Option<&BTreeMap<String, String>>) -> Self {
        let mut parameters =
            Self { mappings: template.get("Mappings").and_then(Value::as_object), ..Self::default() };
        for (name, parameter) in entries(template, "Parameters") {
            let default = parameter.get("Default").and_then(text);
            let Some(value) = given.and_then(|given| given.get(name).cloned().or(default)) else { continue };
            let kind = parameter.get("Type").and_then(Value::as_str).unwrap_or("String");
            if parameter.get("NoEcho").and_then(text).as_deref() == Some("true") || value == HIDDEN {
                // `****` is the value as it was.
                if value != HIDDEN {
                    parameters.given.insert(name, json!(HIDDEN));
                }
                continue;
            }
            if !kind.starts_with("AWS::SSM::Parameter::Value") {
                let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
                let elements = || value.split(',').map(str::trim).collect();
                parameters.values.insert(name, if is_list { elements() } else { json!(value) });
            }
            parameters.given.insert(name, json!(value));
        }
        parameters
    }

    /// Returns the value that `Ref` of a parameter returns.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Returns the value that is passed for a parameter: `****` for a new hidden value.
    pub(crate) fn given(&self, name: &str) -> Option<&Value> {
        self.given.get(name)
    }

    /// Returns whether the value that is passed for a parameter is hidden.
    pub(crate) fn is_hidden(&self, name: &str) -> bool {
        self.given(name).is_some_and(|value| value == HIDDEN)
    }

    /// Returns whether a condition is true, where that is known.
    pub(crate) fn holds(&self, condition: &str) -> Option<bool> {
        self.conditions.get(condition).copied()
    }

    /// Returns whether a condition is true in this template, where that is known, whatever is known of the other one.
    pub(crate) fn holds_here(&self, condition: &str) -> Option<bool> {
        self.own_conditions.get(condition).copied()
    }

    /// Returns the value of a mapping.
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

    /// Returns whether a condition function is true; `None` when that depends on an unknown value.
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
            // One operand can decide it, whatever the unknown ones are.
            "Fn::And" => settled_by(false, &all(argument)?),
            "Fn::Or" => settled_by(true, &all(argument)?),
            _ => None,
        }
    }

    /// Returns the value of an operand, if all of it is known.
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
