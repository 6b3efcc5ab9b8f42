//! The start of a task: the resource's first event, and whether its handler is called.

use serde_json::json;

use super::nested;
use super::tasks::{advance, fail, record, resolved, set_state, set_work, stack_in_phase, subject};
use crate::engine::differences;
use crate::resources;
use crate::state::operation::{OperationKind, Phase, TaskState, Work};
use crate::state::resource_type::ResourceType;
use crate::state::schedule::{self, Effect};
use crate::state::stack::{Policy, Resource, ResourceStatus, Stack};
use crate::state::{Moment, Region};
use crate::template::stack_policy::{self, UpdateAction};

const IMPORT_STARTED: &str = "Resource import started.";
const REPLACES: &str =
    "Requested update requires the creation of a new physical resource; hence creating one.";

/// Starts a task with the resource's first event.
pub(crate) fn start(region: &mut Region, stack_id: &str, phase: u64, logical_id: &str, at: Moment<'_>) {
    let Some((index, work)) = stack_in_phase(region, stack_id, phase, logical_id, TaskState::Scheduled)
    else {
        return;
    };
    set_state(&mut region.stacks[index], logical_id, TaskState::Started);
    let outcome = match work {
        Work::Create => start_create(region, index, logical_id, at),
        Work::Import => start_import(region, index, logical_id, at),
        Work::Update => start_update(region, index, logical_id, at),
        Work::Restore => start_restore(region, index, logical_id, at),
        Work::Delete => start_delete(&mut region.stacks[index], logical_id, at),
        Work::Keep | Work::Replace => StartOutcome::Done,
    };
    let stack = &mut region.stacks[index];
    match outcome {
        StartOutcome::Call => {
            let effect =
                Effect::TaskCalls { stack_id: stack_id.to_owned(), phase, logical_id: logical_id.to_owned() };
            schedule::after(region, at.now + at.timings.handler_call, effect);
        }
        StartOutcome::Done | StartOutcome::Skip => {
            set_state(stack, logical_id, TaskState::Done);
            if outcome == StartOutcome::Skip {
                nested::let_go(region, index, logical_id);
            }
            advance(region, stack_id, at.timings.next_resource, at);
        }
        StartOutcome::Fail(reason) => fail(region, index, logical_id, reason, at),
    }
}

#[derive(PartialEq)]
enum StartOutcome {
    Call,
    Done,
    /// The physical resource is retained, outside the stack.
    Skip,
    Fail(String),
}

fn start_create(region: &mut Region, index: usize, logical_id: &str, at: Moment<'_>) -> StartOutcome {
    let outcome = resolved(region, index, logical_id);
    let (kind, properties, deletion_policy, update_replace_policy, problem) = match outcome {
        Ok((kind, properties, deletion, replace)) => (kind, properties, deletion, replace, None),
        Err(failure) => {
            // The event needs a type even when the properties cannot be resolved.
            let definition = region.stacks[index].definition.as_ref();
            let template = definition.and_then(|definition| definition.template.resource(logical_id));
            let kind = template.and_then(|template| ResourceType::of(template.get("Type")?.as_str()?));
            let Some(kind) = kind else { return StartOutcome::Done };
            (kind, json!({}), Policy::Delete, Policy::Delete, Some(failure))
        }
    };
    let stack = &mut region.stacks[index];
    stack.resources.insert(
        logical_id.to_owned(),
        Resource {
            kind,
            physical_id: String::new(),
            status: ResourceStatus::CreateInProgress,
            status_reason: None,
            changed: at.now,
            properties,
            attributes: std::collections::BTreeMap::new(),
            deletion_policy,
            update_replace_policy,
            drift: None,
        },
    );
    if let Some(failure) = problem {
        return StartOutcome::Fail(failure.to_string());
    }
    record(stack, logical_id, ResourceStatus::CreateInProgress, None, at);
    StartOutcome::Call
}

/// Adds a physical resource to the stack, with the identifier in the change set.
fn start_import(region: &mut Region, index: usize, logical_id: &str, at: Moment<'_>) -> StartOutcome {
    let (kind, properties, deletion_policy, update_replace_policy) = match resolved(region, index, logical_id)
    {
        Ok(resolved) => resolved,
        Err(failure) => return StartOutcome::Fail(failure.to_string()),
    };
    let stack = &mut region.stacks[index];
    let identifier =
        stack.operation.as_ref().and_then(|operation| operation.imports.get(logical_id)).cloned();
    stack.resources.insert(
        logical_id.to_owned(),
        Resource {
            kind,
            physical_id: identifier.unwrap_or_default(),
            status: ResourceStatus::ImportInProgress,
            status_reason: None,
            changed: at.now,
            properties,
            attributes: std::collections::BTreeMap::new(),
            deletion_policy,
            update_replace_policy,
            drift: None,
        },
    );
    record(stack, logical_id, ResourceStatus::ImportInProgress, Some(IMPORT_STARTED.to_owned()), at);
    StartOutcome::Call
}

fn start_update(region: &mut Region, index: usize, logical_id: &str, at: Moment<'_>) -> StartOutcome {
    let operation = region.stacks[index].operation.as_ref();
    if let Some(reason) = operation.and_then(|operation| operation.denied.get(logical_id)) {
        return StartOutcome::Fail(reason.clone());
    }
    let (kind, properties, deletion_policy, update_replace_policy) = match resolved(region, index, logical_id)
    {
        Ok(resolved) => resolved,
        Err(failure) => return StartOutcome::Fail(failure.to_string()),
    };
    let stack = &mut region.stacks[index];
    let tags_changed = kind.takes_stack_tags() && tags_changed(stack);
    let Some(resource) = stack.resources.get_mut(logical_id) else {
        return StartOutcome::Done;
    };
    let same_policies = (resource.deletion_policy, resource.update_replace_policy)
        == (deletion_policy, update_replace_policy);
    resource.deletion_policy = deletion_policy;
    resource.update_replace_policy = update_replace_policy;
    let replace = resources::must_replace(kind, &resource.properties, &properties);
    // Whether a nested stack changes is known when its template is read.
    if !replace
        && !tags_changed
        && kind != ResourceType::Stack
        && differences::same_properties(resource, &properties)
    {
        // Only policies or metadata change, or unknown values resolved to the same: no event, no call. A rollback restores
        // the policies.
        if same_policies {
            set_work(stack, logical_id, Work::Keep);
        }
        return StartOutcome::Done;
    }
    let old_id = resource.physical_id.clone();
    let action = if replace { UpdateAction::Replace } else { UpdateAction::Modify };
    if let Some(reason) = denied(stack, action, logical_id, kind) {
        return StartOutcome::Fail(reason);
    }
    if !replace {
        record(stack, logical_id, ResourceStatus::UpdateInProgress, None, at);
        return StartOutcome::Call;
    }
    let custom_name =
        kind.name_property().and_then(|property| properties.get(property)?.as_str().map(str::to_owned));
    let same_name = custom_name.filter(|name| name == kind.name_in(&old_id));
    record(stack, logical_id, ResourceStatus::UpdateInProgress, Some(REPLACES.to_owned()), at);
    if let Some(name) = same_name {
        return StartOutcome::Fail(format!(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {name} and \
             update the stack again."
        ));
    }
    if stack.disable_rollback {
        return StartOutcome::Fail(
            "Replacement type updates not supported on stack with disable-rollback.".to_owned(),
        );
    }
    set_work(stack, logical_id, Work::Replace);
    StartOutcome::Call
}

/// The reason for which the stack policy denies an action. It is kept, as the rollback has nothing to restore then.
fn denied(stack: &mut Stack, action: UpdateAction, logical_id: &str, kind: ResourceType) -> Option<String> {
    let operation = stack.operation.as_mut()?;
    let policy = operation.policy.as_deref().or(stack.policy.as_deref());
    let reason = stack_policy::judge(policy, action, logical_id, kind)?;
    operation.denied.insert(logical_id.to_owned(), reason.clone());
    Some(reason)
}

fn tags_changed(stack: &Stack) -> bool {
    let previous = stack.operation.as_ref().and_then(|operation| operation.previous.as_ref());
    let old = previous.and_then(|previous| previous.definition.as_ref()).map(|definition| &definition.tags);
    let new = stack.definition.as_ref().map(|definition| &definition.tags);
    previous.is_some() && old != new
}

fn start_restore(region: &mut Region, index: usize, logical_id: &str, at: Moment<'_>) -> StartOutcome {
    let stack = &mut region.stacks[index];
    let previous = stack.operation.as_ref().and_then(|operation| operation.previous.as_ref());
    let Some(old) = previous.and_then(|previous| previous.resources.get(logical_id)).cloned() else {
        return StartOutcome::Done;
    };
    let Some(present) = stack.resources.get(logical_id).cloned() else {
        return StartOutcome::Done;
    };
    if present.physical_id == old.physical_id {
        record(stack, logical_id, ResourceStatus::UpdateInProgress, None, at);
        return StartOutcome::Call;
    }
    // The old physical resource still exists; the cleanup deletes the new one.
    if let Some(operation) = &mut stack.operation {
        operation
            .leftovers
            .insert(logical_id.to_owned(), Resource { deletion_policy: Policy::Delete, ..present });
    }
    stack.resources.insert(logical_id.to_owned(), old);
    record(stack, logical_id, ResourceStatus::UpdateComplete, None, at);
    StartOutcome::Done
}

fn start_delete(stack: &mut Stack, logical_id: &str, at: Moment<'_>) -> StartOutcome {
    let Some(operation) = &stack.operation else {
        return StartOutcome::Done;
    };
    let undoes_creation = match operation.phase {
        Phase::Rollback | Phase::RollbackCleanup => true,
        Phase::Delete => operation.kind == OperationKind::Create,
        Phase::Forward | Phase::Cleanup => false,
    };
    let spared = operation.retain.contains(logical_id);
    let no_retain = operation.retain_except_on_create;
    let Some(resource) = subject(stack, logical_id) else {
        return StartOutcome::Done;
    };
    let keeps = match resource.deletion_policy {
        Policy::Delete => false,
        Policy::Retain => !(undoes_creation && no_retain),
        Policy::RetainExceptOnCreate => !undoes_creation,
    };
    if resource.physical_id.is_empty() {
        // It was never created; AWS reports it as deleted.
        record(stack, logical_id, ResourceStatus::DeleteComplete, None, at);
        return StartOutcome::Done;
    }
    if spared || keeps {
        record(stack, logical_id, ResourceStatus::DeleteSkipped, None, at);
        return StartOutcome::Skip;
    }
    record(stack, logical_id, ResourceStatus::DeleteInProgress, None, at);
    StartOutcome::Call
}
