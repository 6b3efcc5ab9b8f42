//! The stack policy is part of the plan: what it denies is refused before anything is created.

use tablewright_cloudformation::ChangeSet;
use tablewright_cloudformation::change_set::change::{Change as CloudChange, ChangeAction, Replacement};
use tablewright_plan::{Action, Change, UpdateAction, Verdict, denial};

use crate::error::Error;
use crate::job::Job;

/// Checks that the policy that the update is made under allows what the plan is sure to do.
///
/// # Errors
///
/// [`Error::DeniedByStackPolicy`], [`Error::NoPolicyToReturnTo`].
pub(crate) fn check_plan(job: &Job<'_>) -> Result<(), Error> {
    if job.deployed_policy().is_some()
        && job.options.policy_during_update.is_some()
        && job.stack.policy.is_none()
    {
        return Err(Error::NoPolicyToReturnTo { stack: job.stack.id.clone() });
    }
    let planned = job.plan.changes.iter().filter_map(|change| Some((change, action_of(change)?)));
    for (change, action) in planned {
        let kind = change.resource_type.as_deref().unwrap_or_default();
        check(job, action, change.deployed_id(), kind)?;
    }
    Ok(())
}

/// Checks the same of what CloudFormation is sure to do. What it works out while it updates, it refuses itself.
///
/// # Errors
///
/// [`Error::DeniedByStackPolicy`].
pub(crate) fn check_change_set(job: &Job<'_>, change_set: &ChangeSet) -> Result<(), Error> {
    let changes = change_set.changes.iter().filter_map(|change| Some((change, action_in(change)?)));
    for (change, action) in changes {
        check(job, action, &change.logical_id, &change.resource_type)?;
    }
    Ok(())
}

fn check(job: &Job<'_>, action: UpdateAction, logical_id: &str, resource_type: &str) -> Result<(), Error> {
    let Some(policy) = job.policy_in_force() else { return Ok(()) };
    match denial(policy, action, logical_id, resource_type) {
        None => Ok(()),
        Some(reason) => {
            Err(Error::DeniedByStackPolicy { resource: job.path_of(logical_id), reason, executed: 0 })
        }
    }
}

/// Returns what a planned change does to its resource; `None` when it is new or is not touched.
fn action_of(change: &Change) -> Option<UpdateAction> {
    let is_whole = change.path.is_empty();
    if change.section != "Resources" || change.verdict == Verdict::None {
        return None;
    }
    match change.action {
        Action::Remove if is_whole => Some(UpdateAction::Delete),
        Action::Move { .. } => Some(UpdateAction::Delete),
        Action::Add if is_whole => None,
        _ if !change.path.starts_with("/Properties") => None,
        _ if change.verdict >= Verdict::ReplacementKept => Some(UpdateAction::Replace),
        _ => Some(UpdateAction::Modify),
    }
}

/// Returns what a change set is sure to do to a resource.
fn action_in(change: &CloudChange) -> Option<UpdateAction> {
    let is_known = change.details.iter().any(|detail| detail.evaluation.as_deref() == Some("Static"));
    match (&change.action, &change.replacement) {
        (ChangeAction::Remove, _) => Some(UpdateAction::Delete),
        (ChangeAction::Modify, Some(Replacement::True)) => Some(UpdateAction::Replace),
        (ChangeAction::Modify, Some(Replacement::False) | None) if is_known => Some(UpdateAction::Modify),
        _ => None,
    }
}
