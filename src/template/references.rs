//! What a part of a template refers to: `Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::If`, `Fn::FindInMap`, `Condition`, `DependsOn`.
//!
//! In: JSON as it stands in a template, functions in their long form. Out: every [`Reference`] in it, in all branches of
//! its conditions, with the way to it. What a function comes to is never asked, and whether a name exists neither.

use serde_json::Value;

use crate::sub::{Sub, SubPart};

/// Something that is named, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reference<S> {
    /// A parameter, a pseudo parameter or a resource: `Ref`, or `${Name}` in `Fn::Sub`.
    Name(S),
    /// An attribute of a resource: `Fn::GetAtt`, or `${Name.Attribute}` in `Fn::Sub`.
    Attribute {
        /// The logical id.
        resource: S,
        /// The attribute; `None` where a function says which.
        attribute: Option<S>,
    },
    /// A resource that comes first: `DependsOn`.
    DependsOn(S),
    /// The condition of a resource, of an output, or inside another condition: `Condition`.
    Condition(S),
    /// The condition of `Fn::If`.
    If(S),
    /// `Fn::FindInMap`. What is `None` is said by a function.
    Mapping {
        /// The mapping.
        map: Option<S>,
        /// The top-level key.
        top: Option<S>,
        /// The second-level key.
        second: Option<S>,
    },
    /// `Fn::Transform`: a macro, which can put anything in its place.
    Macro,
    /// A function with arguments that it cannot have.
    Malformed(Malformed),
}

impl Reference<&str> {
    /// Returns the same with names of its own.
    #[must_use]
    pub fn into_owned(self) -> Reference<String> {
        let own = str::to_owned;
        match self {
            Self::Name(name) => Reference::Name(own(name)),
            Self::Attribute { resource, attribute } => {
                Reference::Attribute { resource: own(resource), attribute: attribute.map(own) }
            }
            Self::DependsOn(resource) => Reference::DependsOn(own(resource)),
            Self::Condition(condition) => Reference::Condition(own(condition)),
            Self::If(condition) => Reference::If(own(condition)),
            Self::Mapping { map, top, second } => {
                Reference::Mapping { map: map.map(own), top: top.map(own), second: second.map(own) }
            }
            Self::Macro => Reference::Macro,
            Self::Malformed(malformed) => Reference::Malformed(malformed),
        }
    }
}

/// A function with arguments that it cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Malformed {
    /// `Ref` of something other than text.
    Ref,
    /// `Fn::GetAtt` without a resource or without an attribute.
    GetAtt,
    /// `Fn::Sub` of something other than a text, alone or with variables.
    Sub,
    /// `${…}` with a name that no variable can have.
    SubVariable,
    /// `Fn::If` without its three arguments, or without a name in the first.
    If,
    /// `Fn::FindInMap` without its three arguments.
    FindInMap,
}

impl Malformed {
    /// Returns the answer of CloudFormation to a template that has it.
    #[must_use]
    pub fn server_text(self) -> &'static str {
        match self {
            Self::Ref => "Template error: every Ref object must have a single String value.",
            Self::GetAtt => {
                "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute"
            }
            Self::Sub => {
                "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string"
            }
            Self::SubVariable => {
                "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons"
            }
            Self::If => "Template error: Fn::If requires a list argument with three elements",
            Self::FindInMap => {
                "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value"
            }
        }
    }
}

/// What a value is in its template. It decides whether `Condition` and `DependsOn` in it are references or just members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An entry of `Resources`.
    Resource,
    /// An entry of `Outputs`.
    Output,
    /// An entry of `Conditions`.
    Condition,
    /// Everything else.
    Value,
}

/// One step down into a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A member of an object.
    Key(&'a str),
    /// An element of a list.
    Index(usize),
}

/// Calls `found` for every reference in a value, with the way to the function that makes it; the references of a
/// resource or an output itself (`DependsOn`, `Condition`) have an empty way.
///
/// ```
/// use serde_json::json;
/// use tablewright_template::{Reference, Role, visit_references};
///
/// let resource = json!({ "DependsOn": "Key", "Properties": { "TableName": { "Fn::Sub": "${ Stage }-notes" } } });
/// let mut found = Vec::new();
/// visit_references(Role::Resource, &resource, &mut |way, reference| found.push((way.len(), reference)));
/// assert_eq!(found, [(0, Reference::DependsOn("Key")), (2, Reference::Name("Stage"))]);
/// ```
pub fn visit_references<'a>(
    role: Role,
    value: &'a Value,
    found: &mut dyn FnMut(&[Step<'a>], Reference<&'a str>),
) {
    if role == Role::Resource
        && let Some(resources) = value.get("DependsOn")
    {
        let resources = resources.as_array().map_or(std::slice::from_ref(resources), Vec::as_slice);
        resources
            .iter()
            .filter_map(Value::as_str)
            .for_each(|resource| found(&[], Reference::DependsOn(resource)));
    }
    if matches!(role, Role::Resource | Role::Output)
        && let Some(condition) = value.get("Condition").and_then(Value::as_str)
    {
        found(&[], Reference::Condition(condition));
    }
    walk(role == Role::Condition, value, &mut Vec::new(), found);
}

fn walk<'a>(
    in_condition: bool,
    value: &'a Value,
    way: &mut Vec<Step<'a>>,
    found: &mut dyn FnMut(&[Step<'a>], Reference<&'a str>),
) {
    match function(value) {
        Some(("Condition", Value::String(condition))) if in_condition => {
            found(way, Reference::Condition(condition));
        }
        Some((name, argument)) => {
            of_function(name, argument, &mut |reference| found(way, reference));
        }
        None => {}
    }
    let mut inside = |step, child| {
        way.push(step);
        walk(in_condition, child, way, found);
        way.pop();
    };
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(at, item)| inside(Step::Index(at), item)),
        Value::Object(members) => members.iter().for_each(|(key, member)| inside(Step::Key(key), member)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns the name and the argument of an intrinsic function: an object whose one member is `Ref`, `Fn::…`, or
/// `Condition` with a name. `None` for everything else.
#[must_use]
pub fn function(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let (name, argument) = members.iter().next()?;
    let is_function =
        name == "Ref" || name.starts_with("Fn::") || name == "Condition" && argument.is_string();
    is_function.then_some((name, argument))
}

fn of_function<'a>(name: &str, argument: &'a Value, found: &mut dyn FnMut(Reference<&'a str>)) {
    let list = argument.as_array().map(Vec::as_slice);
    found(match name {
        "Ref" => argument.as_str().map_or(Reference::Malformed(Malformed::Ref), Reference::Name),
        "Fn::GetAtt" => get_att(argument).unwrap_or(Reference::Malformed(Malformed::GetAtt)),
        "Fn::Sub" => match Sub::read(argument) {
            Some(sub) => return of_sub(sub, found),
            None => Reference::Malformed(Malformed::Sub),
        },
        "Fn::If" => match list {
            Some([Value::String(condition), _, _]) => Reference::If(condition),
            _ => Reference::Malformed(Malformed::If),
        },
        "Fn::FindInMap" => match list {
            // The fourth is the `DefaultValue` of `AWS::LanguageExtensions`.
            Some([map, top, second] | [map, top, second, Value::Object(_)]) => {
                Reference::Mapping { map: map.as_str(), top: top.as_str(), second: second.as_str() }
            }
            _ => Reference::Malformed(Malformed::FindInMap),
        },
        "Fn::Transform" => Reference::Macro,
        // The others refer to nothing themselves; their arguments are walked through like every value.
        _ => return,
    });
}

/// `[resource, attribute]`, or `resource.attribute` as YAML has it.
fn get_att(argument: &Value) -> Option<Reference<&str>> {
    let (resource, attribute) = match argument {
        Value::String(both) => {
            both.split_once('.').map(|(resource, attribute)| (resource, Some(attribute)))?
        }
        Value::Array(both) => match both.as_slice() {
            [Value::String(resource), Value::String(attribute)] => {
                (resource.as_str(), Some(attribute.as_str()))
            }
            [Value::String(resource), Value::Object(_)] => (resource.as_str(), None),
            _ => return None,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    let is_complete = !resource.is_empty() && attribute.is_none_or(|attribute| !attribute.is_empty());
    is_complete.then_some(Reference::Attribute { resource, attribute })
}

/// The variables of a text, but for those that have a value of their own.
fn of_sub<'a>(sub: Sub<'a>, found: &mut dyn FnMut(Reference<&'a str>)) {
    for part in sub.parts() {
        let SubPart::Variable(name) = part else { continue };
        if sub.variable(name).is_some() {
            continue;
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':');
        found(match name.split_once('.') {
            _ if name.is_empty() || !name.chars().all(is_name) => {
                Reference::Malformed(Malformed::SubVariable)
            }
            Some((resource, attribute)) => Reference::Attribute { resource, attribute: Some(attribute) },
            None => Reference::Name(name),
        });
    }
}

#[cfg(test)]
mod tests;
