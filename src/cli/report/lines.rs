//! The reporter for pipes, CI and logs: one line for each event.

use std::fmt::Write as _;
use std::time::Duration;

use tablewright_cloudformation::{Event, EventKind};
use tablewright_dynamodb::Progress;

use crate::report::text::{clock, going_on, is_nested_itself, length, printable, resource_name};
use crate::report::view::{StackView, View};
use tablewright_deploy::RolloutEvent;

/// Returns the line of an event; `None` for events that only programs need.
pub(crate) fn line(event: &RolloutEvent) -> Option<String> {
    match event {
        RolloutEvent::Planned { .. }
        | RolloutEvent::Found { .. }
        | RolloutEvent::TablesRead { .. }
        | RolloutEvent::NotDefined { .. }
        | RolloutEvent::DestroyPlanned { .. }
        | RolloutEvent::Ended { .. } => None,
        RolloutEvent::BackedUp { stack, table, backup } => {
            Some(format!("          {stack}  {table} is backed up: {}", printable(&backup.arn)))
        }
        RolloutEvent::Began { stack, work, .. } => Some(format!("{stack}: {}", going_on(*work))),
        RolloutEvent::Step { stack, number, of, summary } => {
            Some(format!("{stack}: step {number} of {of}: {summary}"))
        }
        RolloutEvent::PassedOver { stack, summary, kept_imports } => {
            let mut line = format!(
                "{stack}: CloudFormation sees no change in this step, which is passed over: {summary}"
            );
            if !kept_imports.is_empty() {
                let exports: Vec<String> = kept_imports.iter().map(|export| printable(export)).collect();
                let exports = exports.join(", ");
                line +=
                    &format!("; the stack still imports {exports}, until an update changes something else");
            }
            Some(line)
        }
        RolloutEvent::RolledBackDeleted { stack } => {
            Some(format!("{stack}: what was left of its failed creation is deleted; it is created anew"))
        }
        RolloutEvent::Cloud { stack, event } => {
            let text = event_text(event)?;
            Some(format!("{}  {stack}  {text}", clock(event.at)))
        }
        RolloutEvent::Table { stack, progress } => Some(format!("          {stack}  {}", table(progress))),
    }
}

/// Returns a line for each running stack: the resources in progress, or the tables that are not ready, and the time since the last event.
pub(crate) fn still_waiting(view: &View, silence: Duration) -> Vec<String> {
    let waiting = view.stacks.iter().filter(|stack| stack.ended.is_none());
    let line = |stack: &StackView| {
        let mut moving: Vec<&str> = stack
            .resources
            .iter()
            .filter(|resource| resource.status.is_in_progress())
            .map(|resource| resource.logical_id.as_str())
            .collect();
        if moving.is_empty() {
            let busy = stack.tables.iter().filter(|table| !table.is_active());
            moving.extend(busy.map(|table| table.table.as_str()));
        }
        let more = moving.len().saturating_sub(3);
        moving.truncate(3);
        let what = match (&moving[..], more) {
            ([], _) => "an answer".to_owned(),
            (ids, 0) => ids.join(", "),
            (ids, more) => format!("{} and {more} more", ids.join(", ")),
        };
        format!("          {}  no events for {}; waiting for {what}", stack.id, length(silence))
    };
    waiting.map(line).collect()
}

fn event_text(event: &Event) -> Option<String> {
    Some(match &event.kind {
        EventKind::Resource(resource) if is_nested_itself(resource) => return None,
        EventKind::Resource(resource) => {
            let text = format!("{}  {}", resource_name(&event.stack_name, resource), resource.status);
            with_reason(text, resource.reason.as_deref())
        }
        EventKind::Stack { status, reason } => with_reason(format!("stack  {status}"), reason.as_deref()),
        EventKind::Throttled { action, retry_in } => {
            format!("{action} is throttled by AWS; next call in {}", length(*retry_in))
        }
        EventKind::CallFailed { error, retry_in } => {
            format!("{}; trying again in {}", printable(&error.to_string()), length(*retry_in))
        }
        EventKind::ChangeSetLeft { name, error } => {
            format!("change set {name} could not be deleted: {}", printable(&error.to_string()))
        }
        EventKind::ChangeSetWaiting { name } => {
            let stack = &event.stack_name;
            format!(
                "change set {name} of another run was left alone; if that run is over: \
                 aws cloudformation delete-change-set --stack-name {stack} --change-set-name {name}"
            )
        }
        EventKind::ChangeSetCreated { .. }
        | EventKind::ChangesDescribed { .. }
        | EventKind::ChangeSetDeleted { .. }
        | EventKind::ExecutionStarted { .. }
        | EventKind::DeletionStarted { .. }
        | EventKind::Cancelled { .. }
        | EventKind::RollbackStarted { .. }
        | EventKind::Settled { .. } => return None,
    })
}

fn with_reason(mut text: String, reason: Option<&str>) -> String {
    if let Some(reason) = reason {
        write!(text, "  {}", printable(reason)).expect("writing to a String does not fail");
    }
    text
}

fn table(progress: &Progress) -> String {
    let mut text = format!("{}  {}", progress.table, progress.status);
    for index in &progress.indexes {
        let filling = if index.backfilling { " (filling)" } else { "" };
        write!(text, ", index {} {}{filling}", index.name, index.status)
            .expect("writing to a String does not fail");
    }
    // A replica that is in use, which is nearly always so, is not news.
    for replica in progress.replicas.iter().filter(|replica| replica.status != "ACTIVE") {
        write!(text, ", replica in {} {}", replica.region, replica.status)
            .expect("writing to a String does not fail");
    }
    text
}
