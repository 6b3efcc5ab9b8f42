//! Rules for references. X2: conditions. X3: parameters and resources. X4: attributes. X5: mappings. X6: circular dependencies.
//! U1: unused definitions.
//!
//! Intrinsic functions in raw resources are checked, too. Attributes are checked only for tables, as those of other resource
//! types are not known.

mod circle;
mod find;
mod unused;

use std::collections::HashMap;

use serde_json::Value as Json;
use tablewright_template::{Reference, function};

use crate::check::reference::find::{From, Use, uses};
use crate::place::Place;
use crate::problem::Problem;
use crate::stack::Stack;

/// The pseudo parameters of CloudFormation.
const PSEUDO_PARAMETERS: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

pub(super) fn check(stack: &Stack, problems: &mut Vec<Problem>) {
    let uses = uses(stack);
    let known = Known::of(stack);
    // An index without its own capacity has that of the table, which would report the same problem again.
    let mut found: Vec<Problem> = Vec::new();
    for problem in uses.iter().filter_map(|usage| known.judge(usage)) {
        if !found.contains(&problem) {
            found.push(problem);
        }
    }
    problems.append(&mut found);
    circle::check(stack, &uses, problems);
    unused::check(stack, &uses, problems);
}

/// The names that a stack defines.
struct Known<'a> {
    stack: &'a Stack,
    resources: HashMap<String, Kind>,
}

/// The known attributes of a resource.
enum Kind {
    /// A table or the raw resource of one: whether it is global, and whether it has a stream.
    Table {
        global: bool,
        stream: bool,
    },
    Other,
}

impl<'a> Known<'a> {
    fn of(stack: &'a Stack) -> Self {
        let mut resources = HashMap::new();
        for table in &stack.tables {
            // The last override counts. An override inside of the block does not decide whether there is a stream.
            let changed =
                table.overrides.iter().rev().find(|change| change.pointer == "/StreamSpecification");
            let stream = changed.map_or(table.stream.is_some(), |change| !change.value.is_null());
            resources.insert(table.id.clone(), Kind::Table { global: table.global.is_some(), stream });
            resources.extend(crate::table::scaling::logical_ids(table).map(|id| (id, Kind::Other)));
        }
        resources.extend(stack.published.iter().map(|published| (published.logical_id(), Kind::Other)));
        for raw in &stack.resources {
            resources.insert(raw.id.clone(), raw_kind(&raw.body));
        }
        Self { stack, resources }
    }

    fn judge(&self, Use { of, from, at }: &Use) -> Option<Problem> {
        match of {
            Reference::Name(name) => self.name(name, from, at),
            Reference::Attribute { resource, attribute } => {
                self.attribute(resource, attribute.as_deref(), from, at)
            }
            Reference::DependsOn(id) => {
                self.is_missing(id).then(|| self.no_resource(id, at).server_text(unresolved(id, from)))
            }
            Reference::Condition(name) => self.condition(name, at).map(|problem| {
                problem.server_text(format!(
                    "Template format error: Unresolved condition dependency {name} in the template"
                ))
            }),
            Reference::If(name) => self.condition(name, at).map(|problem| {
                problem
                    .server_text(format!("Template error: unresolved condition dependency {name} in Fn::If"))
            }),
            Reference::Mapping { map, top, second } => {
                self.mapping(map.as_deref()?, top.as_deref(), second.as_deref(), at)
            }
            Reference::Macro => None,
            Reference::Malformed(malformed) => Some(
                Problem::error("X3", at, "an intrinsic function has invalid arguments")
                    .help("use the format of `Expression`; write `${!x}` for a literal `${x}`")
                    .server_text(malformed.server_text()),
            ),
        }
    }

    fn name(&self, name: &str, from: &From, at: &Place) -> Option<Problem> {
        if PSEUDO_PARAMETERS.contains(&name) || self.is_parameter(name) {
            return None;
        }
        if self.is_missing(name) {
            let message = format!("stack `{}` has no parameter and no resource `{name}`", self.stack.id);
            let help = match name.starts_with("AWS::") {
                true => format!("known: {}", listed(PSEUDO_PARAMETERS)),
                false => format!(
                    "add the parameter with `stack.parameter(…)`; known: {}",
                    listed(self.parameters().chain(self.own_resources()))
                ),
            };
            return Some(Problem::error("X3", at, message).help(help).server_text(unresolved(name, from)));
        }
        too_early(name, from, at)
    }

    fn attribute(&self, id: &str, attribute: Option<&str>, from: &From, at: &Place) -> Option<Problem> {
        let Some(kind) = self.resources.get(id) else {
            return Some(self.no_resource(id, at).server_text(match from {
                From::Condition(_) => unresolved(id, from),
                From::Resource(_) | From::Metadata | From::Output | From::Export => {
                    format!("Template error: instance of Fn::GetAtt references undefined resource {id}")
                }
            }));
        };
        too_early(id, from, at).or_else(|| match kind {
            Kind::Table { global, stream } => of_table(id, *global, *stream, attribute?, at),
            Kind::Other => None,
        })
    }

    fn no_resource(&self, id: &str, at: &Place) -> Problem {
        let stack = &self.stack.id;
        if self.is_parameter(id) {
            return Problem::error(
                "X3",
                at,
                format!("`{id}` is a parameter of stack `{stack}`, not a resource"),
            )
            .help("a parameter has no attributes: use `Ref`");
        }
        Problem::error("X3", at, format!("stack `{stack}` has no resource `{id}`"))
            .help(format!("known: {}", listed(self.own_resources())))
    }

    fn condition(&self, name: &str, at: &Place) -> Option<Problem> {
        let mut known = self.stack.conditions.iter().map(|condition| condition.name.as_str());
        if known.any(|known| known == name) {
            return None;
        }
        let known = self.stack.conditions.iter().map(|condition| condition.name.as_str());
        Some(
            Problem::error("X2", at, format!("stack `{}` has no condition `{name}`", self.stack.id))
                .help(format!("add it with `stack.condition(…)`; known: {}", listed(known))),
        )
    }

    /// Checks a mapping and its keys. If one key is an intrinsic function, the other key is still checked.
    fn mapping(&self, map: &str, top: Option<&str>, second: Option<&str>, at: &Place) -> Option<Problem> {
        let wrong = |message: String, known: String| {
            let key = |key: Option<&str>| key.unwrap_or("…").to_owned();
            let text =
                format!("Template error: Unable to get mapping for {map}::{}::{}", key(top), key(second));
            Problem::error("X5", at, message).help(known).server_text(text)
        };
        let mappings = &self.stack.mappings;
        let Some(mapping) = mappings.iter().find(|mapping| mapping.name == map) else {
            let known = mappings.iter().map(|mapping| mapping.name.as_str());
            return Some(wrong(
                format!("stack `{}` has no mapping `{map}`", self.stack.id),
                format!("add it with `stack.mapping(…)`; known: {}", listed(known)),
            ));
        };
        if let Some(top) = top.filter(|top| !mapping.values.contains_key(*top)) {
            let known = listed(mapping.values.keys().map(String::as_str));
            return Some(wrong(format!("mapping `{map}` has no key `{top}`"), format!("known: {known}")));
        }
        let second = second?;
        let entries = mapping.values.iter().filter(|(key, _)| top.is_none_or(|top| *key == top));
        let mut keys: Vec<&str> = entries.flat_map(|(_, values)| values.keys()).map(String::as_str).collect();
        if keys.contains(&second) {
            return None;
        }
        keys.sort_unstable();
        keys.dedup();
        let of = top.map_or_else(|| format!("mapping `{map}`"), |top| format!("`{top}` of mapping `{map}`"));
        Some(wrong(format!("{of} has no key `{second}`"), format!("known: {}", listed(keys))))
    }

    fn is_missing(&self, id: &str) -> bool {
        !self.resources.contains_key(id)
    }

    fn is_parameter(&self, name: &str) -> bool {
        self.parameters().any(|known| known == name)
    }

    fn parameters(&self) -> impl Iterator<Item = &'a str> {
        self.stack.parameters.iter().map(|parameter| parameter.name.as_str())
    }

    /// Returns the names of resources that the user defines, in order, without those that tablewright adds.
    fn own_resources(&self) -> impl Iterator<Item = &'a str> {
        let tables = self.stack.tables.iter().map(|table| table.id.as_str());
        tables.chain(self.stack.resources.iter().map(|raw| raw.id.as_str()))
    }
}

/// Conditions and export names must not refer to resources, which are created after these are evaluated.
fn too_early(id: &str, from: &From, at: &Place) -> Option<Problem> {
    match from {
        From::Condition(condition) => Some(
            Problem::error("X3", at, format!("condition `{condition}` refers to resource `{id}`"))
                .help("conditions are evaluated before resources are created: use parameters")
                .server_text(unresolved(id, from)),
        ),
        From::Export => Some(
            Problem::error("X3", at, format!("the name of an export refers to resource `{id}`"))
                .help("use parameters, such as `AWS::StackName`"),
        ),
        From::Resource(_) | From::Metadata | From::Output => None,
    }
}

fn unresolved(name: &str, from: &From) -> String {
    let block = match from {
        From::Resource(_) | From::Metadata => "Resources",
        From::Output | From::Export => "Outputs",
        From::Condition(_) => {
            return format!(
                "Template format error: Unresolved dependencies [{name}]. Cannot reference resources in the Conditions block of the template"
            );
        }
    };
    format!(
        "Template format error: Unresolved resource dependencies [{name}] in the {block} block of the template"
    )
}

/// X4: attributes of tables. Source: `readOnlyProperties` in the schemas of the two resource types.
fn of_table(id: &str, global: bool, stream: bool, attribute: &str, at: &Place) -> Option<Problem> {
    let known: &[&str] = if global { &["Arn", "StreamArn", "TableId"] } else { &["Arn", "StreamArn"] };
    let problem = if !known.contains(&attribute) {
        Problem::error("X4", at, format!("table `{id}` has no attribute `{attribute}`"))
            .help(format!("known: {}; `Ref` returns its name", listed(known.iter().copied())))
    } else if attribute == "StreamArn" && !stream {
        return Some(
            Problem::error("X4", at, format!("table `{id}` has no `StreamArn`, as it has no stream"))
                .help("add `.stream(…)` to the table"),
        );
    } else {
        return None;
    };
    Some(problem.server_text(format!(
        "Template error: resource {id} does not support attribute type {attribute} in Fn::GetAtt"
    )))
}

fn raw_kind(body: &Json) -> Kind {
    let global = match body.get("Type").and_then(Json::as_str) {
        Some("AWS::DynamoDB::Table") => false,
        Some("AWS::DynamoDB::GlobalTable") => true,
        Some(_) | None => return Kind::Other,
    };
    // Properties from an intrinsic function may include a stream.
    let properties = body.get("Properties").unwrap_or(&Json::Null);
    let stream = function(properties).is_some() || properties.get("StreamSpecification").is_some();
    Kind::Table { global, stream }
}

/// Formats a list of names: `` `A`, `B` and 7 more ``, or `none`.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 8;
    let mut names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    match (names.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    }
}
