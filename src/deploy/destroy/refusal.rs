//! What stands in the way of a deletion, found before it begins.

use std::fmt;

use serde_json::Value;
use tablewright_cloudformation::{StackClass, StackStatus};
use tablewright_template::{Reference, Role, visit_references};

use crate::destroy::plan::{DestroyPlan, DestroyedResource, ExportInUse, Fate, is_table};
use crate::destroy::tree::DeployedStack;

/// Why a stack cannot be deleted, or must not be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DestroyRefusal {
    /// The stack has termination protection.
    #[error("stack {stack_name} has termination protection")]
    TerminationProtection {
        /// The stack's name.
        stack_name: String,
    },
    /// An operation is running on the stack.
    #[error("an operation is running on stack {stack_name}: it is in {status}")]
    Busy {
        /// The stack's name.
        stack_name: String,
        /// Its status.
        status: StackStatus,
    },
    /// Tables that would be deleted are protected, so the deletion would fail halfway.
    #[error("{} deletion protection, so deleting the stack would fail", have(.tables))]
    Protected {
        /// The tables.
        tables: Vec<String>,
    },
    /// Other stacks import exports of the stack, so CloudFormation would refuse.
    #[error("other stacks import from stack {stack_name}: {}", uses(.exports))]
    ExportsInUse {
        /// The stack's name.
        stack_name: String,
        /// The exports.
        exports: Vec<ExportInUse>,
    },
    /// Tables that stay are encrypted with keys that are deleted, so their items would become unreadable.
    #[error("deleting the stack would make the items of retained tables unreadable: {}", List(.keys))]
    KeysInUse {
        /// The keys.
        keys: Vec<KeyInUse>,
    },
}

/// A key that is deleted with a stack, and a table that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInUse {
    /// The key.
    pub key: String,
    /// The table.
    pub table: String,
    /// Whether the table is known to be encrypted with it. If not, neither the table nor its template tells which key it has.
    pub is_certain: bool,
}

impl DestroyPlan {
    /// Returns what stands in the way of the deletion, the worst first.
    #[must_use]
    pub fn refusals(&self) -> Vec<DestroyRefusal> {
        let stack_name = self.stack.name.clone();
        let mut refusals = Vec::new();
        if !self.keys_in_use.is_empty() {
            refusals.push(DestroyRefusal::KeysInUse { keys: self.keys_in_use.clone() });
        }
        let protected = self.lost_tables().filter(|(_, table)| table.is_protected);
        let tables: Vec<String> = protected.map(|(resource, _)| resource.path.clone()).collect();
        if !tables.is_empty() {
            refusals.push(DestroyRefusal::Protected { tables });
        }
        if self.stack.termination_protection {
            refusals.push(DestroyRefusal::TerminationProtection { stack_name: stack_name.clone() });
        }
        if !self.exports_in_use.is_empty() {
            let exports = self.exports_in_use.clone();
            refusals.push(DestroyRefusal::ExportsInUse { stack_name: stack_name.clone(), exports });
        }
        // CloudFormation deletes a stack that is being created, and no other one that is moving.
        let status = &self.stack.status;
        if status.class() == StackClass::Moving && *status != StackStatus::CreateInProgress {
            refusals.push(DestroyRefusal::Busy { stack_name, status: status.clone() });
        }
        refusals
    }
}

/// Finds the keys that are deleted while tables that are encrypted with them stay.
pub(super) fn keys_in_use(tree: &[DeployedStack], resources: &[DestroyedResource]) -> Vec<KeyInUse> {
    let is_key = |resource: &&DestroyedResource| {
        let is_key = matches!(&*resource.resource_type, "AWS::KMS::Key" | "AWS::KMS::ReplicaKey");
        is_key && resource.fate != Fate::Retained
    };
    let keys: Vec<&DestroyedResource> = resources.iter().filter(is_key).collect();
    let stays = |resource: &&DestroyedResource| matches!(resource.fate, Fate::Retained | Fate::Unknown);
    let tables = resources.iter().filter(stays).filter(|resource| is_table(&resource.resource_type));
    let uses = tables.flat_map(|table| {
        let use_of = move |key: &&DestroyedResource| {
            let is_certain = is_encrypted_with(table, key, tree)?;
            Some(KeyInUse { key: key.path.clone(), table: table.path.clone(), is_certain })
        };
        keys.iter().filter_map(use_of).collect::<Vec<_>>()
    });
    uses.collect()
}

/// Returns whether a table is certain to be encrypted with a key; `None` when it is certain not to be.
fn is_encrypted_with(
    table: &DestroyedResource,
    key: &DestroyedResource,
    tree: &[DeployedStack],
) -> Option<bool> {
    let id = key.physical_id.as_deref()?;
    let is_it = |text: &str| text == id || text.rsplit('/').next() == Some(id);
    if let Some(live) = table.table.as_ref().and_then(|table| table.live.found()) {
        return live.kms_keys.iter().any(|text| is_it(text)).then_some(true);
    }
    // The table cannot be read, so its template has to tell.
    let (prefix, logical_id) =
        table.path.rfind('/').map_or(("", &*table.path), |at| table.path.split_at(at + 1));
    let stack = tree.iter().find(|stack| stack.prefix == prefix)?;
    let named = key_properties(&stack.template["Resources"][logical_id]["Properties"]);
    let mut is_possible = false;
    for value in named {
        let key_of_stack = key.path.strip_prefix(prefix);
        if value.as_str().is_some_and(is_it) || key_of_stack.is_some_and(|key| refers_to(value, key)) {
            return Some(true);
        }
        is_possible |= match value.as_str() {
            // An alias can be that of any key; any other literal names another key.
            Some(text) => text.contains("alias/"),
            None => !names_only_keys(value, &stack.template),
        };
    }
    is_possible.then_some(false)
}

/// Returns the values that name the keys of a table, or of the replicas of a global table.
fn key_properties(properties: &Value) -> Vec<&Value> {
    let replicas = properties["Replicas"].as_array().into_iter().flatten();
    let settings =
        replicas.chain([properties]).map(|settings| &settings["SSESpecification"]["KMSMasterKeyId"]);
    settings.filter(|key| !key.is_null()).collect()
}

fn refers_to(value: &Value, logical_id: &str) -> bool {
    names_in(value).contains(&logical_id)
}

/// Returns whether an expression names keys of its own stack, and nothing whose value is not known.
fn names_only_keys(value: &Value, template: &Value) -> bool {
    let is_key = |name: &&str| {
        let kind = template["Resources"][*name]["Type"].as_str();
        matches!(kind, Some("AWS::KMS::Key" | "AWS::KMS::ReplicaKey"))
    };
    let names = names_in(value);
    !names.is_empty() && names.iter().all(is_key)
}

fn names_in(value: &Value) -> Vec<&str> {
    let mut names = Vec::new();
    visit_references(Role::Value, value, &mut |_, reference| {
        if let Reference::Name(name) | Reference::Attribute { resource: name, .. } = reference {
            names.push(name);
        }
    });
    names
}

fn have(tables: &[String]) -> String {
    match tables {
        [table] => format!("table `{table}` has"),
        tables => format!(
            "tables {} have",
            tables.iter().map(|table| format!("`{table}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

fn uses(exports: &[ExportInUse]) -> String {
    let one = |export: &ExportInUse| format!("{} (by {})", export.export, export.stacks.join(", "));
    exports.iter().map(one).collect::<Vec<_>>().join("; ")
}

struct List<'a>(&'a [KeyInUse]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, KeyInUse { key, table, is_certain }) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            let may = if *is_certain { "is" } else { "may be" };
            write!(f, "{separator}`{table}` {may} encrypted with key `{key}`, which is deleted")?;
        }
        Ok(())
    }
}
