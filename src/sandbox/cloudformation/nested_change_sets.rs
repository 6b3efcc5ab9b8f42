//! Change sets of nested stacks: with `IncludeNestedStacks`, every nested stack has one of its own, at any depth.

use std::collections::BTreeSet;

use crate::engine::differences;
use crate::engine::failure::Failure;
use crate::engine::{begin, nested};
use crate::state::change_set::{Action, Change, ChangeSet, ChangeSetStatus, ChangeSetType, ExecutionStatus};
use crate::state::event::{self, stack_event};
use crate::state::resource_type::ResourceType;
use crate::state::stack::{self, Definition, Parent, Stack, StackStatus};
use crate::state::{ACCOUNT, Moment, Region};
use crate::template::outputs;

/// Creates the change sets of the nested stacks that a root's change set adds or modifies. An unchanged nested stack is
/// removed from the root's changes; a failed nested change set fails the root's.
fn create(
    region: &mut Region,
    root: &ChangeSet,
    parent: &str,
    changes: Vec<Change>,
    moment: Moment<'_>,
) -> Result<Outcome, Failure> {
    let mut kept = Vec::new();
    let mut unchanged = BTreeSet::new();
    for mut change in changes {
        if change.kind != ResourceType::Stack || !matches!(change.action, Action::Add | Action::Modify) {
            kept.push(change);
            continue;
        }
        let (id, empty) = create_one(region, root, parent, &change, moment)?;
        let automatic = change.details.iter().all(|detail| detail.source == "Automatic");
        if empty && automatic && change.action == Action::Modify {
            region.change_sets.retain(|set| set.id != id);
            unchanged.insert(change.logical_id);
            continue;
        }
        change.change_set_id = Some(id);
        kept.push(change);
    }
    Ok(Outcome { changes: kept, unchanged })
}

/// What the nested change sets mean for the root's.
pub(super) struct Outcome {
    changes: Vec<Change>,
    /// The nested stacks without changes.
    unchanged: BTreeSet<String>,
}

/// Computes a stack's changes again, with the results of the nested change sets.
pub(super) fn with_children(
    region: &mut Region,
    set: &ChangeSet,
    changes: Vec<Change>,
    moment: Moment<'_>,
) -> Result<Vec<Change>, Failure> {
    let made = create(region, set, &set.stack_id, changes, moment)?;
    if made.unchanged.is_empty() {
        return Ok(made.changes);
    }
    let index = stack::find(region, &set.stack_id).ok_or(Failure::Internal)?;
    let exports = outputs::exports(region, Some(&set.stack_id));
    let stack = &region.stacks[index];
    let mut again = differences::changes_but(region, stack, &set.definition, &exports, &made.unchanged)?;
    for change in &mut again {
        let known = made.changes.iter().find(|known| known.logical_id == change.logical_id);
        change.change_set_id = known.and_then(|known| known.change_set_id.clone());
    }
    Ok(again)
}

fn create_one(
    region: &mut Region,
    root: &ChangeSet,
    parent: &str,
    change: &Change,
    moment: Moment<'_>,
) -> Result<(String, bool), Failure> {
    let index = child(region, parent, change, &root.operation_id, moment);
    let name = nested::child_name(&root.name, &change.logical_id, region);
    let id =
        format!("arn:aws:cloudformation:{}:{ACCOUNT}:changeSet/{name}/{}", region.name, region.random.uuid());
    let outcome = work_out(region, parent, index, change, moment);
    let child = &region.stacks[index];
    let (stack_id, stack_name) = (child.id.clone(), child.name.clone());
    let mut set = ChangeSet {
        id: id.clone(),
        name,
        stack_id: stack_id.clone(),
        stack_name,
        kind: if change.action == Action::Add { ChangeSetType::Create } else { ChangeSetType::Update },
        description: None,
        client_token: None,
        status: ChangeSetStatus::CreateComplete,
        execution: ExecutionStatus::Available,
        on_stack_failure: None,
        findings: Vec::new(),
        changes: Vec::new(),
        missing_exports: Vec::new(),
        execution_token: None,
        to_import: Vec::new(),
        parent: Some(change_set_of(region, parent, root)),
        ..root.clone()
    };
    match outcome {
        Ok((definition, changes)) => {
            set.definition = definition;
            let empty = changes.is_empty();
            region.change_sets.push(set.clone());
            let below = with_children(region, &set, changes, moment)?;
            let empty = empty || below.is_empty();
            if let Some(kept) = region.change_sets.iter_mut().find(|kept| kept.id == id) {
                kept.changes = below;
            }
            Ok((id, empty))
        }
        Err(failure) => {
            set.status = ChangeSetStatus::Failed;
            set.status_reason = Some(failure.to_string());
            set.execution = ExecutionStatus::Unavailable;
            region.change_sets.push(set);
            Err(Failure::NestedChangeSet(id))
        }
    }
}

/// The change set of the parent stack.
fn change_set_of(region: &Region, stack_id: &str, root: &ChangeSet) -> String {
    if root.stack_id == stack_id {
        return root.id.clone();
    }
    let above = region.change_sets.iter().rev().find(|set| set.stack_id == stack_id);
    above.map_or_else(|| root.id.clone(), |set| set.id.clone())
}

type WorkedOut = (Definition, Vec<Change>);

fn work_out(
    region: &Region,
    parent: &str,
    index: usize,
    change: &Change,
    moment: Moment<'_>,
) -> Result<WorkedOut, Failure> {
    let above = stack::find(region, parent).ok_or(Failure::Internal)?;
    let child = &region.stacks[index];
    let empty = serde_json::json!({});
    let properties = change.after.as_ref().unwrap_or(&empty);
    let definition =
        nested::define(region, &region.stacks[above], properties, child.definition.as_ref(), moment)?;
    let exports = outputs::exports(region, Some(&child.id));
    let changes = differences::changes(region, child, &definition, &exports)?;
    Ok((definition, changes))
}

/// The nested stack: the existing one, or a new one in review.
fn child(
    region: &mut Region,
    parent: &str,
    change: &Change,
    operation_id: &str,
    moment: Moment<'_>,
) -> usize {
    if let Some(index) = change.physical_id.as_deref().and_then(|id| stack::find(region, id)) {
        return index;
    }
    let above = region.stacks.iter().find(|stack| stack.id == parent).map(|stack| stack.name.clone());
    let name = nested::child_name(&above.unwrap_or_default(), &change.logical_id, region);
    let mut shell = Stack::new(region, &name, moment.now);
    shell.parent = Some(Parent { stack_id: parent.to_owned(), logical_id: change.logical_id.clone() });
    let event_id = region.random.uuid();
    let reason = Some(begin::USER_INITIATED.to_owned());
    stack_event(&mut shell, StackStatus::ReviewInProgress, reason, moment.now, event_id);
    event::belongs_to(&mut shell, operation_id);
    region.stacks.push(shell);
    region.stacks.len() - 1
}

/// Removes the nested change sets of a removed root, and the stacks in review created for them.
pub(super) fn remove(region: &mut Region, id: &str, moment: Moment<'_>) {
    let below: Vec<(String, String)> = region
        .change_sets
        .iter()
        .filter(|set| set.parent.as_deref() == Some(id))
        .map(|set| (set.id.clone(), set.stack_id.clone()))
        .collect();
    for (set, stack_id) in below {
        remove(region, &set, moment);
        region.change_sets.retain(|kept| kept.id != set);
        let (event_id, operation_id) = (region.random.uuid(), region.random.uuid());
        if let Some(index) = stack::find(region, &stack_id)
            && region.stacks[index].status == StackStatus::ReviewInProgress
        {
            let shell = &mut region.stacks[index];
            shell.deleted = Some(moment.now);
            stack_event(shell, StackStatus::DeleteComplete, None, moment.now, event_id);
            event::belongs_to(shell, &operation_id);
        }
    }
}

/// The root change set.
pub(super) fn root<'a>(region: &'a Region, set: &'a ChangeSet) -> &'a ChangeSet {
    let above = set.parent.as_ref().and_then(|id| region.change_sets.iter().find(|set| set.id == *id));
    above.map_or(set, |above| root(region, above))
}
