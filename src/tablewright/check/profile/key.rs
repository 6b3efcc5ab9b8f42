//! H8, H9: KMS keys of a stack that encrypt its tables.

use serde_json::Value as Json;
use tablewright_template::{Reference, Role, visit_references};

use crate::check::profile::Policy;
use crate::check::profile::judged::{Fix, Judged, Setting};
use crate::check::profile::rule::{self, Rule};
use crate::problem::Problem;
use crate::stack::Stack;

pub(super) fn check(stack: &Stack, tables: &[Judged<'_>], policy: &Policy, problems: &mut Vec<Problem>) {
    for raw in &stack.resources {
        let is_key = raw.body["Type"] == "AWS::KMS::Key";
        if !is_key && raw.body["Type"] != "AWS::KMS::ReplicaKey" {
            continue;
        }
        let key = Judged::from_raw(raw);
        let mut broken = |rule: &Rule, pointer: &str, message: String, fix: &'static str| {
            if let Some(severity) = rule.severity(policy) {
                problems.extend(key.broken(
                    rule,
                    severity,
                    pointer,
                    message,
                    &Fix { call: fix, property: fix },
                ));
            }
        };
        let mut encrypted = tables.iter().filter(|table| keys_of(stack, table).contains(&raw.id)).peekable();
        if is_key && encrypted.peek().is_some() && rotates(&key) == Some(false) {
            let message = format!("key `{}` is never rotated", raw.id);
            broken(
                &rule::KEY_ROTATION,
                "/Properties/EnableKeyRotation",
                message,
                "`EnableKeyRotation: true`",
            );
        }
        if let Some(table) = encrypted.find(|table| is_kept(table) == Some(true))
            && is_kept(&key) == Some(false)
        {
            let message = format!(
                "key `{}` is deleted with the stack, but table `{}` is retained and cannot be read without it",
                raw.id, table.id
            );
            broken(
                &rule::KEY_OUTLIVES,
                "/DeletionPolicy",
                message,
                "`DeletionPolicy: Retain` and `UpdateReplacePolicy: Retain`",
            );
        }
    }
}

/// Whether KMS rotates a key; `None` if that is unknown, or for imported key material, which KMS cannot rotate.
fn rotates(key: &Judged<'_>) -> Option<bool> {
    match key.setting("/Properties/Origin") {
        Setting::Absent => key.is_on("/Properties/EnableKeyRotation"),
        Setting::Value(origin) if origin == "AWS_KMS" => key.is_on("/Properties/EnableKeyRotation"),
        Setting::Value(_) | Setting::Unknown => None,
    }
}

/// Whether a resource is retained when it is removed from the stack; `None` if that is unknown.
fn is_kept(resource: &Judged<'_>) -> Option<bool> {
    match resource.setting("/DeletionPolicy") {
        Setting::Absent => Some(false),
        Setting::Value(policy) => Some(policy != "Delete"),
        Setting::Unknown => None,
    }
}

/// Returns the logical ids of the KMS keys that a table refers to, directly or by an alias in the stack.
fn keys_of(stack: &Stack, table: &Judged<'_>) -> Vec<String> {
    let mut keys = Vec::new();
    for (base, _) in table.parts() {
        name(table.json(&format!("{base}/SSESpecification")), &mut keys);
    }
    let is_alias = |id: &String| {
        stack.resources.iter().find(|raw| raw.id == *id && raw.body["Type"] == "AWS::KMS::Alias")
    };
    let aliases: Vec<_> = keys.iter().filter_map(is_alias).collect();
    for alias in aliases {
        name(&alias.body["Properties"]["TargetKeyId"], &mut keys);
    }
    keys
}

fn name(value: &Json, names: &mut Vec<String>) {
    visit_references(Role::Value, value, &mut |_, reference| match reference {
        Reference::Name(id) | Reference::Attribute { resource: id, .. } => names.push(id.to_owned()),
        Reference::DependsOn(_)
        | Reference::Condition(_)
        | Reference::If(_)
        | Reference::Mapping { .. }
        | Reference::Macro
        | Reference::Malformed(_) => {}
    });
}
