//! Newline-delimited JSON for programs, one object for each event.
//!
//! Every object has `v`, the version of the format (1), and `type`; all but the last `error` have `stack`. A new optional member
//! does not change `v`.

use std::time::SystemTime;

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use serde_json::{Value, json};
use tablewright_cloudformation::stack::Output;
use tablewright_cloudformation::{Event, EventKind, Failure, Leftover};
use tablewright_dynamodb::Progress;
use tablewright_plan::{Change, Plan};

use crate::error::CommandError;
use crate::report::destroy;
use crate::report::tables::{self, backup_object};
use tablewright_deploy::{Ending, RolloutEvent, Work};

/// Returns the object of an event.
pub(crate) fn object(event: &RolloutEvent) -> Value {
    let (kind, rest) = match event {
        RolloutEvent::Planned { plan, .. } => ("planned", planned(plan)),
        RolloutEvent::Found { changes, .. } => ("found", found(changes)),
        RolloutEvent::Began { work, .. } => ("began", json!({ "work": work_word(*work) })),
        RolloutEvent::Step { number, of, summary, .. } => {
            ("step", json!({ "number": number, "of": of, "summary": summary }))
        }
        RolloutEvent::PassedOver { summary, kept_imports, .. } => {
            ("passed_over", json!({ "summary": summary, "kept_imports": kept_imports }))
        }
        RolloutEvent::NotDefined { status, .. } => ("not_defined", json!({ "status": status.to_string() })),
        RolloutEvent::RolledBackDeleted { .. } => ("rolled_back_deleted", json!({})),
        RolloutEvent::Cloud { event, .. } => cloud(event),
        RolloutEvent::Table { progress, .. } => ("table", table(progress)),
        RolloutEvent::TablesRead { tables: read, .. } => {
            ("tables", json!({ "tables": read.iter().map(tables::reading_object).collect::<Vec<_>>() }))
        }
        RolloutEvent::DestroyPlanned { plan, .. } => ("destroy_planned", destroy::object(plan)),
        RolloutEvent::BackedUp { table, backup, .. } => {
            ("backed_up", json!({ "table": table, "backup": backup_object(backup) }))
        }
        RolloutEvent::Ended { ending, .. } => ("ended", ended(ending)),
    };
    let mut object = json!({ "v": 1, "type": kind, "stack": event.stack() });
    if let (Value::Object(object), Value::Object(rest)) = (&mut object, rest) {
        object.extend(rest.into_iter().filter(|(_, value)| !value.is_null()));
    }
    object
}

fn work_word(work: Work) -> &'static str {
    match work {
        Work::Deploy => "deploy",
        Work::Destroy => "destroy",
        Work::Cancel => "cancel",
        Work::Rollback => "rollback",
        Work::Watch => "watch",
    }
}

fn planned(plan: &Plan) -> Value {
    let unknown: Vec<String> = plan.unknown.iter().map(ToString::to_string).collect();
    json!({
        "verdict": plan.verdict().as_str(),
        "steps": plan.steps.len(),
        "changes": changes(&plan.changes),
        "unknown": (!unknown.is_empty()).then_some(unknown),
    })
}

/// What only CloudFormation could tell.
fn found(found: &[Change]) -> Value {
    let worst = found.iter().map(|change| change.verdict).max().unwrap_or_default();
    json!({ "verdict": worst.as_str(), "changes": changes(found) })
}

fn changes(changes: &[Change]) -> Vec<Value> {
    let change = |change: &Change| {
        json!({
            "section": change.section,
            "logical_id": change.logical_id,
            "resource_type": change.resource_type,
            "action": change.action.as_str(),
            "path": change.path,
            "before": change.before,
            "after": change.after,
            "verdict": change.verdict.as_str(),
            "why": change.why,
            "server_text": change.server_text,
        })
    };
    changes.iter().map(change).collect()
}

fn cloud(event: &Event) -> (&'static str, Value) {
    let at = time(event.at);
    match &event.kind {
        EventKind::ChangeSetCreated { name, .. } => {
            ("change_set_created", json!({ "at": at, "change_set": name }))
        }
        EventKind::ChangesDescribed { changes } => {
            ("changes_described", json!({ "at": at, "count": changes.len() }))
        }
        EventKind::ChangeSetDeleted { name } => {
            ("change_set_deleted", json!({ "at": at, "change_set": name }))
        }
        EventKind::ChangeSetLeft { name, error } => {
            ("change_set_left", json!({ "at": at, "change_set": name, "error": error.to_string() }))
        }
        EventKind::ChangeSetWaiting { name } => {
            ("change_set_waiting", json!({ "at": at, "change_set": name }))
        }
        EventKind::ExecutionStarted { token } => ("execution_started", json!({ "at": at, "token": token })),
        EventKind::DeletionStarted { token } => ("deletion_started", json!({ "at": at, "token": token })),
        EventKind::Cancelled { token } => ("cancelled", json!({ "at": at, "token": token })),
        EventKind::RollbackStarted { token } => ("rollback_started", json!({ "at": at, "token": token })),
        EventKind::Resource(resource) => (
            "resource",
            json!({
                "at": at,
                "logical_id": resource.logical_id,
                "physical_id": resource.physical_id,
                "resource_type": resource.resource_type,
                "status": resource.status.to_string(),
                "reason": resource.reason,
            }),
        ),
        EventKind::Stack { status, reason } => {
            ("stack", json!({ "at": at, "status": status.to_string(), "reason": reason }))
        }
        EventKind::Throttled { action, retry_in } => {
            ("throttled", json!({ "at": at, "action": action, "retry_in_seconds": retry_in.as_secs_f64() }))
        }
        EventKind::CallFailed { error, retry_in } => (
            "call_failed",
            json!({ "at": at, "error": error.to_string(), "retry_in_seconds": retry_in.as_secs_f64() }),
        ),
        EventKind::Settled { status } => ("settled", json!({ "at": at, "status": status.to_string() })),
    }
}

fn table(progress: &Progress) -> Value {
    let indexes = progress.indexes.iter();
    let index = |index: &tablewright_dynamodb::IndexProgress| json!({ "name": index.name, "status": index.status, "backfilling": index.backfilling });
    let mut object = json!({ "table": progress.table, "status": progress.status, "indexes": indexes.map(index).collect::<Vec<_>>() });
    if !progress.replicas.is_empty() {
        let replica = |replica: &tablewright_dynamodb::ReplicaProgress| json!({ "region": replica.region, "status": replica.status });
        object["replicas"] = progress.replicas.iter().map(replica).collect();
    }
    object
}

fn ended(ending: &Ending) -> Value {
    match ending {
        Ending::Unchanged { outputs } => json!({ "outcome": "unchanged", "outputs": by_key(outputs) }),
        Ending::Done { usable, outputs, orphans, retained } => json!({
            "outcome": "done",
            "usable": usable,
            "outputs": outputs.as_deref().map(by_key),
            "orphans": names(orphans),
            "retained": names(retained),
        }),
        Ending::Undone { status } => json!({ "outcome": "undone", "status": status.as_str() }),
        Ending::Deleted { retained } => json!({ "outcome": "deleted", "retained": names(retained) }),
        Ending::Failed { status, failure } => {
            json!({ "outcome": "failed", "status": status.to_string(), "failure": causes(failure) })
        }
    }
}

/// Returns outputs as one object, by key.
pub(crate) fn by_key(outputs: &[Output]) -> Value {
    outputs
        .iter()
        .map(|output| (output.key.clone(), Value::from(output.value.clone())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn names(leftovers: &[Leftover]) -> Vec<Value> {
    let name = |leftover: &Leftover| json!({ "logical_id": leftover.logical_id, "physical_id": leftover.physical_id });
    leftovers.iter().map(name).collect()
}

fn causes(failure: &Failure) -> Value {
    let cause = |cause: &tablewright_cloudformation::Cause| {
        json!({
            "logical_id": cause.logical_id,
            "resource_type": cause.resource_type,
            "status": cause.status.to_string(),
            "reason": cause.reason,
        })
    };
    json!({
        "reason": failure.reason,
        "causes": failure.causes.iter().map(cause).collect::<Vec<_>>(),
        "cancelled": failure.cancelled,
    })
}

/// Returns a time as RFC 3339 in UTC.
pub(crate) fn time(at: SystemTime) -> Option<String> {
    DateTime::from(at).fmt(DateTimeFormat::DateTime).ok()
}

/// Returns the object for an error of the command, the last object of the stream.
pub(crate) fn error(error: &CommandError) -> Value {
    let causes: Vec<String> = error.error.chain().map(ToString::to_string).collect();
    json!({ "v": 1, "type": "error", "exit": error.exit as u8, "message": causes.join(": "), "help": error.hints })
}
