//! What the deletion of a stack does, as people and programs read it.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tablewright_deploy::{DestroyPlan, DestroyedResource, Fate, TableToLose};

use crate::report::style;
use crate::report::tables;
use crate::report::text::printable;

/// Returns what is deleted and what stays: what is lost comes last, where the eye is when it is asked.
pub(crate) fn text(plan: &DestroyPlan) -> String {
    let mut resources: Vec<&DestroyedResource> = plan.resources.iter().collect();
    resources.sort_by_key(|resource| (resource.fate != Fate::Retained, resource.table.is_some()));
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").expect("writing to a String does not fail");
    for resource in resources {
        line(resource_line(resource));
        if let (Some(table), true) = (&resource.table, resource.fate != Fate::Retained) {
            for fact in facts(table) {
                line(format!("      {fact}"));
            }
        }
    }
    if plan.resources.is_empty() {
        line("  It has no resources.".to_owned());
    }
    if let Some(why) = &plan.imports_unreadable {
        line(format!(
            "note: it is not known whether other stacks import its exports: {}",
            tables::because(why)
        ));
    }
    out
}

fn resource_line(resource: &DestroyedResource) -> String {
    let (sign, colour) = match resource.fate {
        Fate::Retained => ("=", style::GOOD),
        _ if resource.table.is_some() => ("-", style::ERROR),
        _ => ("-", style::WARNING),
    };
    let fate = match (resource.fate, &resource.table) {
        (Fate::Retained, Some(_)) => "retained, with its items",
        (Fate::Retained, None) => "retained",
        (Fate::Deleted, Some(_)) => "deleted, with its items",
        (Fate::Deleted, None) => "deleted",
        (Fate::Snapshot, _) => "deleted, after a snapshot",
        (Fate::Unknown, _) => "deleted or retained: its DeletionPolicy is an expression",
    };
    let kind = resource.resource_type.strip_prefix("AWS::").unwrap_or(&resource.resource_type);
    // Other ids than the names of tables say nothing to people.
    let name = resource.physical_id.as_ref().filter(|_| resource.table.is_some());
    let name = name.map_or_else(String::new, |name| format!(" ({name})"));
    format!(
        "  {colour}{sign}{colour:#} {}{}  {}  {colour}[{fate}]{colour:#}",
        printable(&resource.path),
        printable(&name),
        printable(kind)
    )
}

fn facts(table: &TableToLose) -> Vec<String> {
    let mut facts = vec![tables::contents(&table.live)];
    if let (Some(recovery), Some(last_backup)) = (&table.recovery, &table.last_backup) {
        facts.extend(tables::restorable(recovery, last_backup));
    }
    if table.is_protected {
        facts.push("deletion protection: on".to_owned());
    }
    facts
}

/// Returns the members of the event for programs.
pub(crate) fn object(plan: &DestroyPlan) -> Value {
    let resource = |resource: &DestroyedResource| {
        let table = resource.table.as_ref().map(|table| {
            let mut object = tables::object(&table.live, table.recovery.as_ref(), table.last_backup.as_ref());
            object["deletion_protection"] = json!(table.is_protected);
            object
        });
        json!({
            "path": resource.path,
            "resource_type": resource.resource_type,
            "physical_id": resource.physical_id,
            "fate": fate_word(resource.fate),
            "table": table,
        })
    };
    let in_use = |export: &tablewright_deploy::ExportInUse| json!({ "export": export.export, "stacks": export.stacks });
    json!({
        "resources": plan.resources.iter().map(resource).collect::<Vec<_>>(),
        "exports_in_use": plan.exports_in_use.iter().map(in_use).collect::<Vec<_>>(),
        "refusals": plan.refusals().iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

const fn fate_word(fate: Fate) -> &'static str {
    match fate {
        Fate::Deleted => "deleted",
        Fate::Snapshot => "snapshot",
        Fate::Retained => "retained",
        Fate::Unknown => "unknown",
    }
}
