//! A resource's turn: what its first event is, and whether there is anything to call.

use serde_json::json;

use super::nested;
use super::tasks::{advance, fail, record, resolved, set_state, set_work, stack_in_phase, subject};
use crate::engine::differences;
use crate::state::operation::{OperationKind, Phase, TaskState, Work};
use crate::state::resource_type::ResourceType;
use crate::state::schedule::{self, Effect};
use crate::state::stack::{Policy, Resource, ResourceStatus, Stack};
use crate::state::{Moment, Region};
use crate::template::stack_policy::{self, UpdateAction};

const IMPORT_STARTED: &str = "Resource import started.";
const REPLACES: &str =
    "Requested update requires the creation of a new physical resource; hence creating one.";

/// A resource's turn: its first event.
pub(crate) fn start(region: &mut Region, stack_id: &str, phase: u64, logical_id: &str, at: Moment<'_>) {
    let Some((index, work)) = stack_in_phase(region, stack_id, phase, logical_id, TaskState::Scheduled)
    else {
        return;
    };
    set_state(&mut region.stacks[index], logical_id, TaskState::Started);
    let goes_on = match work {
        Work::Create => start_create(region, index, logical_id, at),
        Work::Import => start_import(region, index, logical_id, at),
        Work::Update => start_update(region, index, logical_id, at),
        Work::Restore => start_restore(region, index, logical_id, at),
        Work::Delete => start_delete(&mut region.stacks[index], logical_id, at),
        Work::Keep | Work::Replace => Next::Done,
    };
    let stack = &mut region.stacks[index];
    match goes_on {
        Next::Call => {
            let effect =
                Effect::TaskCalls { stack_id: stack_id.to_owned(), phase, logical_id: logical_id.to_owned() };
            schedule::after(region, at.now + at.timings.handler_call, effect);
        }
        Next::Done | Next::Skip => {
            set_state(stack, logical_id, TaskState::Done);
            if goes_on == Next::Skip {
                nested::let_go(region, index, logical_id);
            }
            advance(region, stack_id, at.timings.next_resource, at);
        }
        Next::Fail(reason) => fail(region, index, logical_id, reason, at),
    }
}

#[derive(PartialEq)]
enum Next {
    Call,
    Done,
    /// The physical resource stays without a stack.
    Skip,
    Fail(String),
}

fn start_create(region: &mut Region, index: usize, logical_id: &str, at: Moment<'_>) -> Next {
    let outcome = resolved(region, index, logical_id);
    let (kind, properties, deletion_policy, update_replace_policy, problem) = match outcome {
        Ok((kind, properties, deletion, replace)) => (kind, properties, deletion, replace, None),
        Err(failure) => {
            // The event needs a type even when the properties cannot be worked out.
            let definition = region.stacks[index].definition.as_ref();
            let template = definition.and_then(|definition| definition.template.resource(logical_id));
            let kind = template.and_then(|template| ResourceType::of(template.get("Type")?.as_str()?));
            let Some(kind) = kind else { return Next::Done };
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
        return Next::Fail(failure.to_string());
    }
    record(stack, logical_id, ResourceStatus::CreateInProgress, None, at);
    Next::Call
}

/// A physical resource becomes the stack's, under the name that the change set found it by.
fn start_import(region: &mut Region, index: usize, logical_id: &str, at: Moment<'_>) -> Next {
    let (kind, properties, deletion_policy, update_replace_policy) = match resolved(region, index, logical_id)
    {
        Ok(resolved) => resolved,
        Err(failure) => return Next::Fail(failure.to_string()),
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
    Next::Call
}

fn start_update(region: &mut Region, index: usize, logical_id: &str, at: Moment<'_>) -> Next {
    let operation = region.stacks[index].operation.as_ref();
    if let Some(reason) = operation.and_then(|operation| operation.denied.get(logical_id)) {
        return Next::Fail(reason.clone());
    }
    let (kind, properties, deletion_policy, update_replace_policy) = match resolved(region, index, logical_id)
    {
        Ok(resolved) => resolved,
        Err(failure) => return Next::Fail(failure.to_string()),
    };
    let stack = &mut region.stacks[index];
    let tags_changed = kind.takes_stack_tags() && tags_changed(stack);
    let Some(resource) = stack.resources.get_mut(logical_id) else {
        return Next::Done;
    };
    resource.deletion_policy = deletion_policy;
    resource.update_replace_policy = update_replace_policy;
    let replace = differences::must_replace(resource, kind, &properties);
    // Whether a nested stack has anything to do turns out when its template is read.
    if !replace
        && !tags_changed
        && kind != ResourceType::Stack
        && differences::same_properties(resource, &properties)
    {
        // Only policies or metadata change, or what was unknown turned out the same: no event, no call.
        return Next::Done;
    }
    let old_id = resource.physical_id.clone();
    let same_kind = resource.kind == kind;
    let action = if replace { UpdateAction::Replace } else { UpdateAction::Modify };
    if let Some(reason) = denied(stack, action, logical_id, kind) {
        return Next::Fail(reason);
    }
    if !replace {
        record(stack, logical_id, ResourceStatus::UpdateInProgress, None, at);
        return Next::Call;
    }
    let custom_name =
        kind.name_property().and_then(|property| properties.get(property)?.as_str().map(str::to_owned));
    let same_name = custom_name.filter(|name| *name == old_id && same_kind);
    record(stack, logical_id, ResourceStatus::UpdateInProgress, Some(REPLACES.to_owned()), at);
    if let Some(name) = same_name {
        return Next::Fail(format!(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {name} and \
             update the stack again."
        ));
    }
    if stack.disable_rollback {
        return Next::Fail(
            "Replacement type updates not supported on stack with disable-rollback.".to_owned(),
        );
    }
    set_work(stack, logical_id, Work::Replace);
    Next::Call
}

/// What the stack policy says against it; the rollback then knows that nothing was done.
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

fn start_restore(region: &mut Region, index: usize, logical_id: &str, at: Moment<'_>) -> Next {
    let stack = &mut region.stacks[index];
    let previous = stack.operation.as_ref().and_then(|operation| operation.previous.as_ref());
    let Some(old) = previous.and_then(|previous| previous.resources.get(logical_id)).cloned() else {
        return Next::Done;
    };
    let Some(present) = stack.resources.get(logical_id).cloned() else {
        return Next::Done;
    };
    if present.physical_id == old.physical_id {
        record(stack, logical_id, ResourceStatus::UpdateInProgress, None, at);
        return Next::Call;
    }
    // The old physical resource is still there; the new one goes in the cleanup.
    if let Some(operation) = &mut stack.operation {
        operation
            .leftovers
            .insert(logical_id.to_owned(), Resource { deletion_policy: Policy::Delete, ..present });
    }
    stack.resources.insert(logical_id.to_owned(), old);
    record(stack, logical_id, ResourceStatus::UpdateComplete, None, at);
    Next::Done
}

fn start_delete(stack: &mut Stack, logical_id: &str, at: Moment<'_>) -> Next {
    let Some(operation) = &stack.operation else {
        return Next::Done;
    };
    let undoes_creation = match operation.phase {
        Phase::Rollback | Phase::RollbackCleanup => true,
        Phase::Delete => operation.kind == OperationKind::Create,
        Phase::Forward | Phase::Cleanup => false,
    };
    let spared = operation.retain.contains(logical_id);
    let no_retain = operation.retain_except_on_create;
    let Some(resource) = subject(stack, logical_id) else {
        return Next::Done;
    };
    let keeps = match resource.deletion_policy {
        Policy::Delete => false,
        Policy::Retain => !(undoes_creation && no_retain),
        Policy::RetainExceptOnCreate => !undoes_creation,
    };
    if resource.physical_id.is_empty() {
        // It never came to be; AWS says it is gone.
        record(stack, logical_id, ResourceStatus::DeleteComplete, None, at);
        return Next::Done;
    }
    if spared || keeps {
        record(stack, logical_id, ResourceStatus::DeleteSkipped, None, at);
        return Next::Skip;
    }
    record(stack, logical_id, ResourceStatus::DeleteInProgress, None, at);
    Next::Call
}
