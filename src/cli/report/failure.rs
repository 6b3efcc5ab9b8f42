//! Errors of failed operations: the root cause first, with source location and hint.

use std::fmt::Write as _;

use anyhow::anyhow;
use tablewright::{Place, Stack};
use tablewright_cloudformation::{
    CancelError, Cause, Failure, PrepareError, RequestError, RollbackError, StackStatus,
};
use tablewright_deploy::{Error, after_steps};
use tablewright_dynamodb::advice;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::report::printable;
use crate::target::SelectedTarget;

/// Returns the error of a rollout of a stack, with source locations, and with commands for the target as hints.
pub(crate) fn rollout_failed(target: &SelectedTarget, stack: &Stack, error: Error) -> CommandError {
    match error {
        Error::Failed { status, failure, .. } => failed(target, stack, &status, &failure),
        Error::Request(error) => cannot_take(target, stack, error),
        Error::Prepare { error, executed } => not_prepared(stack, error, executed),
        Error::Cancel(error) => not_cancelled(target, &stack.id, error),
        Error::RetainedByCreation { .. } => CommandError::from(error).hint(format!(
            "{} deletes the stack and leaves them in the account",
            target.command("destroy", &stack.id)
        )),
        Error::Detached => detached([(target, &*stack.id)]),
        Error::StillBusy { .. } => CommandError::from(error).hint(format!(
            "{} follows the running operation; a longer `--wait-for-idle` waits longer",
            target.command("watch", &stack.id)
        )),
        Error::Watch(_) => {
            CommandError::from(error).hint(format!("{} follows it again", target.command("watch", &stack.id)))
        }
        Error::TablesUnknown { source: tablewright_dynamodb::Error::Denied { .. }, .. } => error.into(),
        Error::TablesUnknown { .. } | Error::TablesPending { .. } => {
            CommandError::from(error).hint(format!("{} checks again", target.command("watch", &stack.id)))
        }
        error => error.into(),
    }
}

pub(crate) fn interrupted_before() -> CommandError {
    CommandError::new(Exit::Interrupted, anyhow!("interrupted before anything was changed"))
}

/// Returns the error for detached operations, with the commands to follow them.
pub(crate) fn detached<'a>(running: impl IntoIterator<Item = (&'a SelectedTarget, &'a str)>) -> CommandError {
    let error = CommandError::new(Exit::StillRunning, Error::Detached);
    running.into_iter().fold(error, |error, (target, stack)| {
        error.hint(format!("{} follows it again", target.command("watch", stack)))
    })
}

/// Returns the error of a failed operation: the root cause first.
fn failed(target: &SelectedTarget, stack: &Stack, status: &StackStatus, failure: &Failure) -> CommandError {
    let exit = Exit::of_failure(status);
    let what = if exit == Exit::RolledBack { "failed and was rolled back" } else { "failed" };
    let mut text = format!("stack {} {what}; it is in {status}", stack.id);
    for cause in &failure.causes {
        write!(text, "\n  {}", cause_text(stack, cause)).expect("writing to a String does not fail");
    }
    if failure.causes.is_empty()
        && let Some(reason) = &failure.reason
    {
        write!(text, "\n  {}", printable(reason)).expect("writing to a String does not fail");
    }
    if !failure.cancelled.is_empty() {
        write!(text, "\n  cancelled with it: {}", failure.cancelled.join(", "))
            .expect("writing to a String does not fail");
    }
    let first = failure.causes.first().and_then(|cause| place(stack, &cause.logical_id));
    let mut error = CommandError::new(exit, anyhow!(text)).at(first.cloned());
    let reasons = failure.causes.iter().filter_map(|cause| cause.reason.as_deref());
    if let Some(advice) = reasons.filter_map(advice).next() {
        error = error.hint(advice);
    }
    match status {
        StackStatus::RollbackComplete => error.hint(only_delete(target, stack)),
        StackStatus::UpdateRollbackFailed => error.hint(format!(
            "fix the cause, then {} continues the rollback; `--skip ID` skips a resource",
            target.command("rollback", &stack.id)
        )),
        StackStatus::DeleteFailed => {
            error.hint(format!("fix the cause, then run {} again", target.command("destroy", &stack.id)))
        }
        _ => error,
    }
}

fn only_delete(target: &SelectedTarget, stack: &Stack) -> String {
    let destroy = target.command("destroy", &stack.id);
    let deploy = target.command("deploy", &stack.id);
    format!(
        "a stack in ROLLBACK_COMPLETE can only be deleted: {deploy} does that and creates it anew; {destroy} only deletes it"
    )
}

/// Returns the error for a stack for which no change set can be created, with a command as a hint.
fn cannot_take(target: &SelectedTarget, stack: &Stack, error: RequestError) -> CommandError {
    let hint = match &error {
        RequestError::Busy { .. } => format!(
            "{} follows the running operation; `--wait-for-idle 30m` waits until it has ended, and goes on",
            target.command("watch", &stack.id)
        ),
        RequestError::CreationRolledBack { .. } => only_delete(target, stack),
        RequestError::Request(_) => {
            "pass it with `--parameter NAME=VALUE`, `--parameters-file FILE` or `parameters` in tablewright.toml".into()
        }
        RequestError::TemplateTooLarge(_) => format!(
            "specify a bucket with `--bucket` or `bucket` in tablewright.toml, or move some of the tables of stack `{}` ({}) to another stack",
            stack.id, stack.at
        ),
        RequestError::StackName(_)
        | RequestError::Paused { .. }
        | RequestError::Stuck { .. }
        | RequestError::UnknownStatus { .. }
        | RequestError::Api(_) => return error.into(),
    };
    let mut error = CommandError::from(error);
    error.hints = vec![hint];
    error
}

/// Returns the error for a change set that CloudFormation rejected, with source locations.
fn not_prepared(stack: &Stack, error: PrepareError, executed: usize) -> CommandError {
    let PrepareError::Failed { reason, details, .. } = &error else { return error.into() };
    let mut text =
        format!("CloudFormation refused the change set of stack {}{}", stack.id, after_steps(executed));
    for detail in details {
        let id = detail.logical_id.as_deref();
        let place =
            id.and_then(|id| place(stack, id)).map_or_else(String::new, |place| format!(" ({place})"));
        let found = printable(&detail.reason);
        write!(text, "\n  {}{place}: {found}", id.unwrap_or("the template"))
            .expect("writing to a String does not fail");
    }
    if details.is_empty() {
        write!(text, "\n  {}", printable(reason)).expect("writing to a String does not fail");
    }
    let reasons = details.iter().map(|detail| detail.reason.as_str()).chain([reason.as_str()]);
    let advice = reasons.filter_map(advice).next();
    let first = details.iter().find_map(|detail| place(stack, detail.logical_id.as_deref()?));
    let error = CommandError::new(Exit::of_refusal(executed), anyhow!(text)).at(first.cloned());
    advice.into_iter().fold(error, CommandError::hint)
}

/// Returns the error for an operation that could not be cancelled.
pub(crate) fn not_cancelled(target: &SelectedTarget, argument: &str, error: CancelError) -> CommandError {
    match error {
        CancelError::BeingCreated(_) => CommandError::from(error)
            .hint(format!("it continues; {} follows it", target.command("watch", argument)))
            .hint(format!("{} deletes it", target.command("cancel --delete", argument))),
        error => error.into(),
    }
}

/// Returns the error for a rollback that could not be started.
pub(crate) fn not_rolled_back(target: &SelectedTarget, argument: &str, error: RollbackError) -> CommandError {
    match error {
        RollbackError::NotNow { .. } => CommandError::new(Exit::Refused, error)
            .hint(format!("{} shows its latest operation", target.command("watch", argument))),
        RollbackError::NothingToSkip(_) => {
            CommandError::new(Exit::Usage, error).hint("omit `--skip`; it is for a rollback that has failed")
        }
        RollbackError::Api(error) => error.into(),
    }
}

fn cause_text(stack: &Stack, cause: &Cause) -> String {
    let place = place(stack, &cause.logical_id).map_or_else(String::new, |place| format!(" ({place})"));
    let reason = cause.reason.as_deref().map_or_else(|| "no reason given".to_owned(), printable);
    format!("{}{place} {}: {reason}", cause.logical_id, cause.status)
}

/// Returns the source location of a resource.
fn place<'a>(stack: &'a Stack, logical_id: &str) -> Option<&'a Place> {
    stack.place_of("Resources", logical_id, None)
}

/// Returns the note about a stack that is deployed under a name of the project and is not defined.
pub(crate) fn not_defined(target: &SelectedTarget, stack_name: &str, status: &StackStatus) -> String {
    let shown = printable(stack_name);
    let destroy = target.command("destroy", &format!("--stack-name {shown}"));
    format!(
        "stack {shown} has a name of this project, is deployed ({status}), and is not defined: define it again, or delete it with {destroy}"
    )
}
