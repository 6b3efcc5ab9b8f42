//! Intrinsic functions: their references and their values.
//!
//! [`references`] looks at a template alone; [`Scope::resolve`] needs parameters and resources. While a change
//! set is made, what a resource will be is not known yet: such a value reads [`UNKNOWN`], as AWS writes it.

use std::collections::{BTreeMap, BTreeSet};

use aws_smithy_types::base64;
use serde_json::{Map, Value};

use crate::state::ACCOUNT;
use crate::state::stack::{Definition, Resource, Stack};
use crate::template::error::TemplateError;
use crate::template::list_functions::list_function;
use crate::wire::text::scalar;

/// A value that only the execution of the change set will bring.
pub(crate) const UNKNOWN: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// The largest value of `Fn::Sub`, in bytes.
const LARGEST_TEXT: usize = 262_144;

/// The pseudo parameters.
pub(crate) const PSEUDO_PARAMETERS: &[&str] = &[
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// A name that a value refers to, with the attribute if it is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reference {
    pub(crate) name: String,
    pub(crate) attribute: Option<String>,
}

impl Reference {
    fn to(name: &str, attribute: Option<&str>) -> Self {
        Self { name: name.to_owned(), attribute: attribute.map(str::to_owned) }
    }
}

/// The function that an object is, if it is one: an object with a single key of that form.
pub(crate) fn function(value: &Value) -> Option<(&str, &Value)> {
    let fields = value.as_object()?;
    let (name, argument) = fields.iter().next()?;
    let is_function = name == "Ref" || name.starts_with("Fn::");
    (fields.len() == 1 && is_function).then_some((name.as_str(), argument))
}

pub(crate) fn get_att(argument: &Value) -> Option<(String, String)> {
    let (resource, attribute) = match argument {
        Value::String(text) => text.split_once('.').map(|(r, a)| (r.to_owned(), a.to_owned()))?,
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(resource), Value::String(attribute)] => (resource.clone(), attribute.clone()),
            _ => return None,
        },
        _ => return None,
    };
    (!resource.is_empty() && !attribute.is_empty()).then_some((resource, attribute))
}

pub(crate) fn sub(argument: &Value) -> (&str, Option<&Map<String, Value>>) {
    match argument {
        Value::String(text) => (text, None),
        Value::Array(items) => (
            items.first().and_then(Value::as_str).unwrap_or_default(),
            items.get(1).and_then(Value::as_object),
        ),
        _ => ("", None),
    }
}

/// A piece of the text of `Fn::Sub`.
pub(crate) enum SubPart<'a> {
    Text(&'a str),
    Literal(&'a str),
    Reference(&'a str),
}

pub(crate) fn sub_parts(text: &str) -> Result<Vec<SubPart<'_>>, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        parts.push(SubPart::Text(&rest[..start]));
        let inner = &rest[start + 2..];
        let Some(end) = inner.find('}') else {
            rest = &rest[start..];
            break;
        };
        let name = &inner[..end];
        if let Some(literal) = name.strip_prefix('!') {
            parts.push(SubPart::Literal(literal));
        } else {
            let name = name.trim();
            let well_formed = !name.is_empty()
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '_'));
            if !well_formed {
                return Err(TemplateError::Function(
                    "variable names in Fn::Sub syntax must contain only alphanumeric characters, \
                     underscores, periods, and colons"
                        .to_owned(),
                ));
            }
            parts.push(SubPart::Reference(name));
        }
        rest = &inner[end + 1..];
    }
    parts.push(SubPart::Text(rest));
    Ok(parts)
}

/// Everything that a value refers to, in all branches of its conditions.
pub(crate) fn references(value: &Value) -> BTreeSet<Reference> {
    let mut found = BTreeSet::new();
    collect(value, None, &mut found);
    found
}

fn collect(value: &Value, live: Option<&Scope<'_>>, found: &mut BTreeSet<Reference>) {
    match function(value) {
        Some(("Ref", Value::String(name))) => {
            found.insert(Reference::to(name, None));
        }
        Some(("Fn::GetAtt", argument)) => {
            if let Some((resource, attribute)) = get_att(argument) {
                found.insert(Reference::to(&resource, Some(&attribute)));
            }
        }
        Some(("Fn::Sub", argument)) => collect_sub(argument, live, found),
        Some(("Fn::If", Value::Array(items))) if live.is_some() && items.len() == 3 => {
            let scope = live.expect("guarded");
            let holds = items[0].as_str().and_then(|name| scope.condition(name).ok()).unwrap_or(true);
            collect(&items[if holds { 1 } else { 2 }], live, found);
        }
        _ => match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, live, found)),
            // A resource's own DependsOn and Condition are names, not functions; they contain no objects.
            Value::Object(fields) => fields.values().for_each(|field| collect(field, live, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        },
    }
}

fn collect_sub(argument: &Value, live: Option<&Scope<'_>>, found: &mut BTreeSet<Reference>) {
    let (text, variables) = sub(argument);
    // Each name once: a variable that is used twice, in a variable that is used twice, must not double the work.
    let mut names: Vec<&str> = Vec::new();
    for part in sub_parts(text).unwrap_or_default() {
        let SubPart::Reference(name) = part else { continue };
        if names.contains(&name) {
            continue;
        }
        names.push(name);
        match variables.and_then(|variables| variables.get(name)) {
            Some(value) => collect(value, live, found),
            None => {
                found.insert(match name.split_once('.') {
                    Some((resource, attribute)) => Reference::to(resource, Some(attribute)),
                    None => Reference::to(name, None),
                });
            }
        }
    }
}

/// The entry that stands for the outputs of a nested stack among what is not known.
pub(crate) fn outputs_of(name: &str) -> String {
    format!("{name}.Outputs")
}

/// What is known when a value is worked out.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) definition: &'a Definition,
    pub(crate) stack_id: &'a str,
    pub(crate) stack_name: &'a str,
    pub(crate) region: &'a str,
    pub(crate) resources: &'a BTreeMap<String, Resource>,
    /// Resources that a change set would create or replace; `None` when everything must be known.
    pub(crate) unknown: Option<&'a BTreeSet<String>>,
    pub(crate) exports: &'a BTreeMap<String, String>,
}

impl<'a> Scope<'a> {
    /// What a stack's values are worked out with; `unknown` as in the field.
    pub(crate) fn new(
        region: &'a str,
        stack: &'a Stack,
        definition: &'a Definition,
        unknown: Option<&'a BTreeSet<String>>,
        exports: &'a BTreeMap<String, String>,
    ) -> Self {
        Self {
            definition,
            stack_id: &stack.id,
            stack_name: &stack.name,
            region,
            resources: &stack.resources,
            unknown,
            exports,
        }
    }

    /// What is known before a stack exists: its parameters.
    pub(crate) fn of_parameters(region: &'a str, definition: &'a Definition) -> Self {
        static RESOURCES: BTreeMap<String, Resource> = BTreeMap::new();
        static UNKNOWN: BTreeSet<String> = BTreeSet::new();
        static EXPORTS: BTreeMap<String, String> = BTreeMap::new();
        Self {
            definition,
            stack_id: "",
            stack_name: "",
            region,
            resources: &RESOURCES,
            unknown: Some(&UNKNOWN),
            exports: &EXPORTS,
        }
    }
}

impl Scope<'_> {
    /// Returns the properties of a resource in the template, with its functions resolved as far as their values are known.
    pub(crate) fn properties(&self, resource: &Value) -> Result<Value, TemplateError> {
        let empty = Value::Object(Map::new());
        let properties = resource.get("Properties").unwrap_or(&empty);
        Ok(self.resolve(properties)?.unwrap_or(empty))
    }

    /// What a value refers to under the conditions that hold.
    pub(crate) fn live_references(&self, value: &Value) -> BTreeSet<Reference> {
        let mut found = BTreeSet::new();
        collect(value, Some(self), &mut found);
        found
    }

    /// The exports that the stack imports: those in its resources and outputs under the conditions that hold.
    pub(crate) fn imports(&self) -> Result<BTreeSet<String>, TemplateError> {
        let template = &self.definition.template;
        let mut found = BTreeSet::new();
        for (_, value) in template.resources().chain(template.outputs()) {
            found.extend(self.imports_of(value)?);
        }
        Ok(found)
    }

    /// The exports that a resource or an output imports; none when its condition does not hold.
    pub(crate) fn imports_of(&self, value: &Value) -> Result<BTreeSet<String>, TemplateError> {
        let mut found = BTreeSet::new();
        if self.is_active(value)? {
            self.collect_imports(value, &mut found)?;
        }
        Ok(found)
    }

    fn collect_imports(&self, value: &Value, found: &mut BTreeSet<String>) -> Result<(), TemplateError> {
        match function(value) {
            Some(("Fn::ImportValue", argument)) => {
                // A name that is not known yet is collected when the operation ends.
                if let Ok(Some(name)) = self.resolve(argument) {
                    found.insert(scalar(&name));
                }
                self.collect_imports(argument, found)
            }
            Some(("Fn::If", Value::Array(items))) if items.len() == 3 => {
                let holds = self.condition(items[0].as_str().unwrap_or_default())?;
                self.collect_imports(&items[if holds { 1 } else { 2 }], found)
            }
            _ => match value {
                Value::Array(items) => items.iter().try_for_each(|item| self.collect_imports(item, found)),
                Value::Object(fields) => {
                    fields.values().try_for_each(|field| self.collect_imports(field, found))
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
            },
        }
    }

    /// Whether the condition of a resource or an output holds; one without a condition is always there.
    pub(crate) fn is_active(&self, value: &Value) -> Result<bool, TemplateError> {
        value.get("Condition").and_then(Value::as_str).map_or(Ok(true), |condition| self.condition(condition))
    }

    /// Whether a named condition holds.
    pub(crate) fn condition(&self, name: &str) -> Result<bool, TemplateError> {
        self.condition_within(name, 0, &mut BTreeMap::new())
    }

    /// Evaluates each condition once: one that uses another twice, which uses another twice, must not double the work.
    fn condition_within(
        &self,
        name: &str,
        depth: usize,
        known: &mut BTreeMap<String, bool>,
    ) -> Result<bool, TemplateError> {
        if let Some(holds) = known.get(name) {
            return Ok(*holds);
        }
        if depth > 50 {
            return Err(TemplateError::Function("Found circular condition dependency".to_owned()));
        }
        let condition = self.definition.template.condition(name).ok_or_else(|| {
            TemplateError::Format(format!("Unresolved condition dependency {name} in the template"))
        })?;
        let holds = self.holds(condition, depth + 1, known)?;
        known.insert(name.to_owned(), holds);
        Ok(holds)
    }

    fn holds(
        &self,
        condition: &Value,
        depth: usize,
        known: &mut BTreeMap<String, bool>,
    ) -> Result<bool, TemplateError> {
        if let Some(name) = condition.get("Condition").and_then(Value::as_str) {
            return self.condition_within(name, depth, known);
        }
        let items = |argument: &Value| argument.as_array().cloned().unwrap_or_default();
        match function(condition) {
            Some(("Fn::Equals", argument)) => {
                let mut sides = Vec::new();
                for side in items(argument) {
                    sides.push(self.resolve(&side)?.map(|side| scalar(&side)));
                }
                Ok(sides.first() == sides.get(1))
            }
            Some(("Fn::Not", argument)) => {
                let first = items(argument).into_iter().next().unwrap_or_default();
                Ok(!self.holds(&first, depth, known)?)
            }
            Some(("Fn::And", argument)) => {
                items(argument).iter().try_fold(true, |all, item| Ok(self.holds(item, depth, known)? && all))
            }
            Some(("Fn::Or", argument)) => {
                items(argument).iter().try_fold(false, |any, item| Ok(self.holds(item, depth, known)? || any))
            }
            _ => Err(TemplateError::Format(
                "Every Condition must be a function that yields a boolean".to_owned(),
            )),
        }
    }

    /// Works a value out; `None` is `AWS::NoValue`.
    pub(crate) fn resolve(&self, value: &Value) -> Result<Option<Value>, TemplateError> {
        if let Some((name, argument)) = function(value) {
            return self.call(name, argument);
        }
        match value {
            Value::Object(fields) => {
                let mut resolved = Map::new();
                for (key, field) in fields {
                    if let Some(field) = self.resolve(field)? {
                        resolved.insert(key.clone(), field);
                    }
                }
                Ok(Some(Value::Object(resolved)))
            }
            Value::Array(items) => {
                let mut resolved = Vec::new();
                for item in items {
                    resolved.extend(self.resolve(item)?);
                }
                Ok(Some(Value::Array(resolved)))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(Some(value.clone())),
        }
    }

    fn call(&self, name: &str, argument: &Value) -> Result<Option<Value>, TemplateError> {
        let arguments = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match name {
            "Ref" => self.reference(argument.as_str().unwrap_or_default()),
            "Fn::GetAtt" => {
                let (resource, attribute) = get_att(argument).unwrap_or_default();
                Ok(Some(Value::String(self.attribute(&resource, &attribute)?)))
            }
            "Fn::Sub" => self.substitute(argument).map(|text| Some(Value::String(text))),
            "Fn::If" => {
                let holds = self.condition(arguments.first().and_then(Value::as_str).unwrap_or_default())?;
                arguments.get(if holds { 1 } else { 2 }).map_or(Ok(None), |branch| self.resolve(branch))
            }
            "Fn::Base64" => Ok(self
                .resolve(argument)?
                .map(|text| known(&scalar(&text), |text| Value::String(base64::encode(text))))),
            "Fn::ImportValue" => {
                let export = self.resolve(argument)?.map(|name| scalar(&name)).unwrap_or_default();
                match self.exports.get(&export) {
                    Some(value) => Ok(Some(Value::String(value.clone()))),
                    // A change set is made nevertheless; the execution fails.
                    None if self.unknown.is_some() => Ok(Some(Value::String(UNKNOWN.to_owned()))),
                    None => Err(TemplateError::Other(format!("No export named {export} found."))),
                }
            }
            "Fn::Join" | "Fn::Split" | "Fn::Select" | "Fn::FindInMap" => {
                let mut resolved = Vec::new();
                for argument in arguments {
                    resolved.push(self.resolve(argument)?.unwrap_or(Value::Null));
                }
                list_function(name, &resolved, &self.definition.template).map(Some)
            }
            // Conditions in a place of values: what CloudFormation would not take either.
            other => Err(TemplateError::Function(format!("{other} cannot be used here"))),
        }
    }

    fn reference(&self, name: &str) -> Result<Option<Value>, TemplateError> {
        let text = |text: &str| Ok(Some(Value::String(text.to_owned())));
        match name {
            "AWS::NoValue" => Ok(None),
            "AWS::AccountId" => text(ACCOUNT),
            "AWS::Partition" => text("aws"),
            "AWS::Region" => text(self.region),
            "AWS::StackId" => text(self.stack_id),
            "AWS::StackName" => text(self.stack_name),
            "AWS::URLSuffix" => text("amazonaws.com"),
            "AWS::NotificationARNs" => {
                Ok(Some(self.definition.notification_arns.iter().cloned().map(Value::String).collect()))
            }
            _ => match self.definition.parameter(name) {
                Some(parameter) if parameter.list => {
                    let items =
                        parameter.effective().split(',').map(|item| Value::String(item.trim().to_owned()));
                    Ok(Some(items.collect()))
                }
                Some(parameter) => text(parameter.effective()),
                None => self.physical_id(name).map(|id| Some(Value::String(id))),
            },
        }
    }

    /// Whether only the execution will bring what a resource is, or one of its attributes.
    pub(crate) fn is_unknown(&self, name: &str, attribute: bool) -> bool {
        self.unknown.is_some_and(|unknown| {
            unknown.contains(name) || (attribute && unknown.contains(&outputs_of(name)))
        })
    }

    fn physical_id(&self, name: &str) -> Result<String, TemplateError> {
        match (self.resources.get(name), self.unknown) {
            _ if self.is_unknown(name, false) => Ok(UNKNOWN.to_owned()),
            (Some(resource), _) if !resource.physical_id.is_empty() => Ok(resource.physical_id.clone()),
            (_, Some(_)) => Ok(UNKNOWN.to_owned()),
            (_, None) => Err(TemplateError::Other(format!(
                "Unresolved resource dependencies [{name}] in the Resources block of the template"
            ))),
        }
    }

    fn attribute(&self, name: &str, attribute: &str) -> Result<String, TemplateError> {
        match (self.resources.get(name), self.unknown) {
            _ if self.is_unknown(name, true) => Ok(UNKNOWN.to_owned()),
            (Some(resource), _) if resource.attributes.contains_key(attribute) => {
                Ok(resource.attributes[attribute].clone())
            }
            (_, Some(_)) => Ok(UNKNOWN.to_owned()),
            (_, None) => Err(TemplateError::Other(format!("Attribute '{attribute}' does not exist"))),
        }
    }

    fn substitute(&self, argument: &Value) -> Result<String, TemplateError> {
        let (text, variables) = sub(argument);
        let mut out = String::new();
        let mut known: BTreeMap<&str, String> = BTreeMap::new();
        for part in sub_parts(text)? {
            match part {
                SubPart::Text(text) => out.push_str(text),
                SubPart::Literal(name) => out.push_str(&format!("${{{name}}}")),
                SubPart::Reference(name) => {
                    if !known.contains_key(name) {
                        let value = match variables.and_then(|variables| variables.get(name)) {
                            Some(value) => self.resolve(value)?.map(|value| scalar(&value)),
                            None => match name.split_once('.') {
                                Some((resource, attribute)) => Some(self.attribute(resource, attribute)?),
                                None => self.reference(name)?.map(|value| scalar(&value)),
                            },
                        };
                        known.insert(name, value.unwrap_or_default());
                    }
                    out.push_str(&known[name]);
                }
            }
            // Doubling a value a few times over would fill the memory. The limit is ours.
            if out.len() > LARGEST_TEXT {
                return Err(TemplateError::Function(format!(
                    "the value of Fn::Sub is larger than {LARGEST_TEXT} bytes"
                )));
            }
        }
        Ok(if out.contains(UNKNOWN) { UNKNOWN.to_owned() } else { out })
    }
}

fn known(text: &str, then: impl FnOnce(&str) -> Value) -> Value {
    if text == UNKNOWN { Value::String(text.to_owned()) } else { then(text) }
}
