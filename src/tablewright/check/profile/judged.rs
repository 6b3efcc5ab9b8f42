//! The resource of a table as it is in the template: a defined table with its overrides applied, or a raw resource.
//!
//! Rules read settings by JSON pointer, as far as they are known before a deployment, with the source location that sets them.

use serde_json::{Value as Json, json};
use tablewright_template::function;

use crate::check::profile::rule::Rule;
use crate::item::IndexKind;
use crate::place::Place;
use crate::problem::{Problem, Severity};
use crate::render::lower;
use crate::stack::Stack;
use crate::stack::resource::RawResource;
use crate::table::Table;
use crate::table::overrides::Override;

pub(super) struct Judged<'a> {
    pub(super) id: &'a str,
    pub(super) source: Source<'a>,
    /// The attributes of the resource: `Type`, `Properties` and others.
    body: Json,
}

pub(super) enum Source<'a> {
    Defined(&'a Table),
    Raw(&'a RawResource),
}

/// The value of a property in a template.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Setting<'a> {
    /// Not set: the default of AWS applies.
    Absent,
    Value(&'a Json),
    /// The value of an intrinsic function, which only CloudFormation can evaluate.
    Unknown,
}

/// How to fix a problem: in Rust, and in a raw resource.
pub(super) struct Fix {
    pub(super) call: &'static str,
    pub(super) property: &'static str,
}

impl<'a> Judged<'a> {
    pub(super) fn all(stack: &'a Stack) -> Vec<Self> {
        let defined = stack.tables.iter().map(|table| Self {
            id: &table.id,
            source: Source::Defined(table),
            body: json!({
                "Type": if table.global.is_some() { GLOBAL } else { PLAIN },
                "DeletionPolicy": table.deletion_policy.as_str(),
                "UpdateReplacePolicy": table.update_replace_policy.as_str(),
                "Metadata": table.metadata,
                "Properties": lower::overridden(table).0,
            }),
        });
        let is_table = |raw: &&RawResource| raw.body["Type"] == PLAIN || raw.body["Type"] == GLOBAL;
        defined.chain(stack.resources.iter().filter(is_table).map(Self::from_raw)).collect()
    }

    pub(super) fn from_raw(raw: &'a RawResource) -> Self {
        Self { id: &raw.id, source: Source::Raw(raw), body: raw.body.clone() }
    }

    pub(super) fn is_global(&self) -> bool {
        self.resource_type() == GLOBAL
    }

    pub(super) fn resource_type(&self) -> &str {
        self.body["Type"].as_str().unwrap_or_default()
    }

    /// Returns the JSON pointers to the settings that a global table has for each replica, with a description of the owner for
    /// messages.
    pub(super) fn parts(&self) -> Vec<(String, String)> {
        if !self.is_global() {
            return vec![("/Properties".to_owned(), format!("table `{}`", self.id))];
        }
        let part = |base: String| {
            let region = match self.setting(&format!("{base}/Region")) {
                Setting::Value(Json::String(region)) => region.as_str(),
                Setting::Value(_) | Setting::Absent | Setting::Unknown => "the stack's Region",
            };
            let owner = format!("the replica of table `{}` in {region}", self.id);
            (base, owner)
        };
        self.items("/Properties/Replicas").into_iter().map(part).collect()
    }

    /// Returns the JSON pointers to the items of a list; empty if there is none.
    pub(super) fn items(&self, list: &str) -> Vec<String> {
        match self.setting(list) {
            Setting::Value(Json::Array(items)) => {
                (0..items.len()).map(|position| format!("{list}/{position}")).collect()
            }
            Setting::Value(_) | Setting::Absent | Setting::Unknown => Vec::new(),
        }
    }

    /// Returns the name of the index at a JSON pointer, if it is known.
    pub(super) fn index_name(&self, place: &str) -> Option<&str> {
        match self.setting(&format!("{place}/IndexName")) {
            Setting::Value(name) => name.as_str(),
            Setting::Absent | Setting::Unknown => None,
        }
    }

    /// Returns the setting at a JSON pointer into the resource.
    pub(super) fn setting(&self, pointer: &str) -> Setting<'_> {
        setting(&self.body, pointer)
    }

    /// Returns the JSON at a pointer, including intrinsic functions.
    pub(super) fn json(&self, pointer: &str) -> &Json {
        self.body.pointer(pointer).unwrap_or(&Json::Null)
    }

    /// Whether a boolean setting is true; `None` if that is unknown.
    pub(super) fn is_on(&self, pointer: &str) -> Option<bool> {
        match self.setting(pointer) {
            Setting::Absent => Some(false),
            Setting::Value(Json::Bool(on)) => Some(*on),
            // CloudFormation accepts these strings as booleans.
            Setting::Value(Json::String(text)) if text == "true" => Some(true),
            Setting::Value(Json::String(text)) if text == "false" => Some(false),
            Setting::Value(_) | Setting::Unknown => None,
        }
    }

    /// Returns the last override that affects the setting at a pointer.
    pub(super) fn override_of(&self, pointer: &str) -> Option<&'a Override> {
        let Source::Defined(table) = self.source else { return None };
        let pointer = pointer.strip_prefix("/Properties")?;
        let is_in = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mut last_first = table.overrides.iter().rev();
        last_first.find(|change| is_in(pointer, &change.pointer) || is_in(&change.pointer, pointer))
    }

    /// Returns the problem that a rule is broken, unless the table has an exception for it.
    pub(super) fn broken(
        &self,
        rule: &Rule,
        severity: Severity,
        pointer: &str,
        message: impl Into<String>,
        fix: &Fix,
    ) -> Option<Problem> {
        if self.is_excepted(rule) {
            return None;
        }
        let (at, help) = match (&self.source, self.override_of(pointer)) {
            (_, Some(change)) => {
                (&change.at, format!("change or remove the override of `{}`", change.pointer))
            }
            (Source::Raw(raw), None) => (&raw.at, fix.property.to_owned()),
            (Source::Defined(table), None) => {
                (place(table, pointer).unwrap_or(&table.at), fix.call.to_owned())
            }
        };
        Some(super::problem(rule, severity, at, message, help))
    }

    /// Whether `Metadata` has an exception for a rule, in our format or that of a linter, by our id or that of a control.
    fn is_excepted(&self, rule: &Rule) -> bool {
        const LISTS: [&str; 5] = [
            "/tablewright/skip",
            "/checkov/skip",
            "/cfn_nag/rules_to_suppress",
            "/cdk_nag/rules_to_suppress",
            "/guard/SuppressedRules",
        ];
        let lists = LISTS.iter().filter_map(|list| self.body["Metadata"].pointer(list)?.as_array());
        let ids = lists.flatten().filter_map(|entry| entry.get("id").unwrap_or(entry).as_str());
        let mut ids = ids.map(|id| id.strip_prefix("NIST.800.53.R5-").unwrap_or(id));
        ids.any(|id| id == rule.id || rule.controls.contains(&id))
    }
}

const PLAIN: &str = "AWS::DynamoDB::Table";
const GLOBAL: &str = "AWS::DynamoDB::GlobalTable";

/// Returns the setting at a JSON pointer. Settings below an intrinsic function are unknown, and `AWS::NoValue` is absent.
pub(super) fn setting<'a>(body: &'a Json, pointer: &str) -> Setting<'a> {
    let mut value = body;
    for key in pointer.split('/').skip(1) {
        if function(value).is_some() {
            break;
        }
        let below = match value {
            Json::Array(items) => key.parse().ok().and_then(|position: usize| items.get(position)),
            other => other.get(key),
        };
        match below {
            Some(below) => value = below,
            None => return Setting::Absent,
        }
    }
    match (function(value), value) {
        (Some(("Ref", Json::String(name))), _) if name == "AWS::NoValue" => Setting::Absent,
        (Some(_), _) => Setting::Unknown,
        (None, value) => Setting::Value(value),
    }
}

/// Returns the source location of the index or replica that a pointer refers to.
fn place<'a>(table: &'a Table, pointer: &str) -> Option<&'a Place> {
    let mut keys = pointer.split('/').skip(2);
    let (list, position) = (keys.next()?, keys.next()?.parse::<usize>().ok()?);
    match list {
        "GlobalSecondaryIndexes" => {
            let mut indexes = table.indexes.iter().filter(|index| index.kind == IndexKind::Global);
            indexes.nth(position).map(|index| &index.at)
        }
        "Replicas" => table.global.as_ref()?.replicas.get(position).map(|replica| &replica.at),
        _ => None,
    }
}
