//! Finds references in a part of a template: `Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::If`, `Fn::FindInMap`, `Condition`, `DependsOn`.
//!
//! The input is JSON with functions in their long form. All branches of conditions are searched. Functions are not evaluated, and
//! names are not looked up.

use serde_json::Value;

use crate::sub::{Sub, SubPart};

/// A reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reference<S> {
    /// A parameter, a pseudo parameter or a resource: `Ref`, or `${Name}` in `Fn::Sub`.
    Name(S),
    /// An attribute of a resource: `Fn::GetAtt`, or `${Name.Attribute}` in `Fn::Sub`.
    Attribute {
        /// The logical id.
        resource: S,
        /// The attribute; `None` if it is computed by a function.
        attribute: Option<S>,
    },
    /// A resource that must be created first: `DependsOn`.
    DependsOn(S),
    /// The condition of a resource, of an output, or inside another condition: `Condition`.
    Condition(S),
    /// The condition of `Fn::If`.
    If(S),
    /// `Fn::FindInMap`. A part that is `None` is computed by a function.
    Mapping {
        /// The mapping.
        map: Option<S>,
        /// The top-level key.
        top: Option<S>,
        /// The second-level key.
        second: Option<S>,
    },
    /// `Fn::Transform`: a macro, whose result is unknown.
    Macro,
    /// A function with invalid arguments.
    Malformed(Malformed),
}

impl Reference<&str> {
    /// Returns the reference with owned strings.
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

/// A function with invalid arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Malformed {
    /// The argument of `Ref` is not a string.
    Ref,
    /// `Fn::GetAtt` without a resource or without an attribute.
    GetAtt,
    /// The argument of `Fn::Sub` is neither a string nor a list of a string and variables.
    Sub,
    /// `${…}` with an invalid name.
    SubVariable,
    /// `Fn::If` without three arguments, or with a first argument that is not a string.
    If,
    /// `Fn::FindInMap` without three arguments.
    FindInMap,
}

impl Malformed {
    /// Returns the error message of CloudFormation.
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

/// The role of a value in its template. It determines whether its members `Condition` and `DependsOn` are references.
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

/// One step of a path into a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathSegment<'a> {
    /// A member of an object.
    Key(&'a str),
    /// An element of a list.
    Index(usize),
}

/// Calls `found` for every reference in a value, with the path of its function. The path is empty for `DependsOn` and `Condition`
/// of a resource or output.
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
    found: &mut dyn FnMut(&[PathSegment<'a>], Reference<&'a str>),
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
    way: &mut Vec<PathSegment<'a>>,
    found: &mut dyn FnMut(&[PathSegment<'a>], Reference<&'a str>),
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
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| inside(PathSegment::Index(at), item));
        }
        Value::Object(members) => {
            members.iter().for_each(|(key, member)| inside(PathSegment::Key(key), member));
        }
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
            // The fourth argument is `DefaultValue`, of the transform `AWS::LanguageExtensions`.
            Some([map, top, second] | [map, top, second, Value::Object(_)]) => {
                Reference::Mapping { map: map.as_str(), top: top.as_str(), second: second.as_str() }
            }
            _ => Reference::Malformed(Malformed::FindInMap),
        },
        "Fn::Transform" => Reference::Macro,
        // Other functions have references only in their arguments.
        _ => return,
    });
}

/// Parses `[resource, attribute]`, or `resource.attribute`, which YAML allows.
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

/// Returns the variables of a string of `Fn::Sub` that do not have a value in the list form.
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
