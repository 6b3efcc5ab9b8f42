//! The resources of an operation, and their dependencies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::state::change_set::{Action, Change};
use crate::state::operation::{Task, Work};
use crate::state::stack::{Definition, Resource};
use crate::template::depends_on;
use crate::template::error::TemplateError;
use crate::template::intrinsics::Scope;

/// The resources whose condition holds.
pub(crate) fn active(scope: &Scope<'_>) -> Result<BTreeSet<String>, TemplateError> {
    let mut names = BTreeSet::new();
    for (name, resource) in scope.definition.template.resources() {
        let holds = match resource.get("Condition").and_then(Value::as_str) {
            Some(condition) => scope.condition(condition)?,
            None => true,
        };
        if holds {
            names.insert(name.to_owned());
        }
    }
    Ok(names)
}

/// What each active resource refers to or depends on.
pub(crate) fn dependencies(
    scope: &Scope<'_>,
    active: &BTreeSet<String>,
) -> BTreeMap<String, BTreeSet<String>> {
    active
        .iter()
        .map(|name| {
            let resource = scope.definition.template.resource(name).cloned().unwrap_or_default();
            let mut needs: BTreeSet<String> = depends_on(&resource).into_iter().collect();
            needs.extend(scope.live_references(&resource).into_iter().map(|reference| reference.name));
            needs.retain(|need| active.contains(need) && need != name);
            (name.clone(), needs)
        })
        .collect()
}

/// The tasks that bring a stack to what a definition says.
///
/// A resource that depends on one that changes is looked at again when that is done: a change set takes attributes from before
/// the update, as recorded, so it does not list the resource.
pub(crate) fn forward(
    changes: &[Change],
    active: &BTreeSet<String>,
    needs: &BTreeMap<String, BTreeSet<String>>,
) -> BTreeMap<String, Task> {
    let work = |name: &String| match changes
        .iter()
        .find(|change| change.logical_id == *name)
        .map(|change| change.action)
    {
        Some(Action::Add) => Work::Create,
        Some(Action::Import) => Work::Import,
        Some(Action::Modify) => Work::Update,
        Some(Action::Remove) | None => Work::Keep,
    };
    let mut works: BTreeMap<&String, Work> = active.iter().map(|name| (name, work(name))).collect();
    loop {
        let moves = |name: &String| matches!(works.get(name), Some(Work::Update));
        let reached: Vec<&String> = active
            .iter()
            .filter(|name| works[name] == Work::Keep)
            .filter(|name| needs.get(*name).is_some_and(|needs| needs.iter().any(moves)))
            .collect();
        if reached.is_empty() {
            break;
        }
        works.extend(reached.into_iter().map(|name| (name, Work::Update)));
    }
    works
        .into_iter()
        .map(|(name, work)| (name.clone(), Task::new(work, needs.get(name).cloned().unwrap_or_default())))
        .collect()
}

/// The tasks that delete resources: each waits for those that refer to it.
pub(crate) fn deletion(
    resources: &BTreeMap<String, Resource>,
    definition: Option<&Definition>,
) -> BTreeMap<String, Task> {
    let mut tasks: BTreeMap<String, Task> =
        resources.keys().map(|name| (name.clone(), Task::new(Work::Delete, BTreeSet::new()))).collect();
    let Some(definition) = definition else {
        return tasks;
    };
    for (name, resource) in definition.template.resources() {
        if !resources.contains_key(name) {
            continue;
        }
        let mut needs: BTreeSet<String> = depends_on(resource).into_iter().collect();
        needs.extend(
            crate::template::intrinsics::references(resource).into_iter().map(|reference| reference.name),
        );
        for need in needs {
            if let Some(task) = tasks.get_mut(&need) {
                task.after.insert(name.to_owned());
            }
        }
    }
    tasks
}
