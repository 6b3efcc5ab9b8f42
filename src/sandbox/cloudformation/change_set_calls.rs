//! The calls on change sets, and the effects that create their content.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{early_validation, import, nested_change_sets, stack_in_brackets, stack_name};
use crate::clock::Millis;
use crate::engine::begin;
use crate::engine::differences;
use crate::engine::failure::Failure;
use crate::state::change_set::{
    Change, ChangeSet, ChangeSetStatus, ChangeSetType, ExecutionStatus, OnFailure, ToImport,
};
use crate::state::event::{self, stack_event};
use crate::state::hook;
use crate::state::schedule::{self, Effect};
use crate::state::stack::{self, Definition, OperationType, PastOperation, Stack, StackStatus};
use crate::state::{ACCOUNT, Moment, Region};
use crate::template::definition;
use crate::template::intrinsics::Scope;
use crate::template::outputs;
use crate::wire::error::ApiError;
use crate::wire::query::Params;
use crate::wire::text::Page;

/// AWS's (aws-cdk-cli#1780); a reason follows.
const INCOMPLETE: &str =
    "[WARN] --include-property-values option can return incomplete ChangeSet data because:";
/// The reason when values are dropped on purpose: ours.
const LOST: &str = "values of some resources could not be worked out.";
/// The changes in a page; AWS fills 1 MB.
const PAGE: usize = 100;

/// CreateChangeSet.
pub(crate) fn create(region: &mut Region, params: &Params, moment: Moment<'_>) -> Result<Value, ApiError> {
    let stack_name = stack_name(params)?.to_owned();
    let name = params.required("ChangeSetName")?.to_owned();
    check_name(&name)?;
    let kind = read_type(params)?;
    let on_stack_failure = read_on_failure(params, kind)?;
    let found = find_stack(region, &stack_name, &name, kind)?;
    let current = found.and_then(|index| region.stacks[index].definition.clone());
    if let Some(existing) = found.and_then(|index| same_name(region, &region.stacks[index].id, &name)) {
        return repeated(existing, params, moment);
    }
    let definition = definition::read(region, params, current.as_ref(), moment)?;
    let to_import = read_imports(params, kind, &definition, current.as_ref())?;
    let operation_id = region.random.uuid();
    let index = match found {
        Some(index) => index,
        None => create_stack_in_review(region, &stack_name, &definition, &operation_id, moment.now)?,
    };
    definition::check(region, &region.stacks[index], &definition)?;
    let id =
        format!("arn:aws:cloudformation:{}:{ACCOUNT}:changeSet/{name}/{}", region.name, region.random.uuid());
    let stack = &region.stacks[index];
    let answer = json!({ "Id": id, "StackId": stack.id });
    let change_set = ChangeSet {
        id: id.clone(),
        name,
        stack_id: stack.id.clone(),
        stack_name: stack.name.clone(),
        kind,
        description: params.owned("Description"),
        client_token: params.owned("ClientToken"),
        created: moment.now,
        settled: None,
        status: ChangeSetStatus::CreatePending,
        status_reason: None,
        execution: ExecutionStatus::Unavailable,
        definition,
        on_stack_failure,
        unvalidated: params.flag("DisableValidation")?,
        changes: Vec::new(),
        missing_exports: Vec::new(),
        findings: Vec::new(),
        operation_id: operation_id.clone(),
        to_import,
        adopts: params.flag("ImportExistingResources")?,
        nested: params.flag("IncludeNestedStacks")?,
        parent: None,
        execution_token: None,
    };
    region.change_sets.push(change_set);
    region.stacks[index]
        .past
        .insert(0, PastOperation { id: operation_id, kind: OperationType::CreateChangeset });
    let begins = moment.now + moment.timings.change_set_pending;
    schedule::after(region, begins, Effect::ChangeSetBegins { id: id.clone() });
    schedule::after(region, begins + moment.timings.change_set_creation, Effect::ChangeSetEnds { id });
    Ok(answer)
}

/// `ChangeSetType`; an update when it is left out.
fn read_type(params: &Params) -> Result<ChangeSetType, ApiError> {
    match params.get("ChangeSetType") {
        None | Some("UPDATE") => Ok(ChangeSetType::Update),
        Some("CREATE") => Ok(ChangeSetType::Create),
        Some("IMPORT") => Ok(ChangeSetType::Import),
        Some(other) => Err(ApiError::validation(format!(
            "1 validation error detected: Value '{other}' at 'changeSetType' failed to satisfy constraint: Member must \
             satisfy enum value set: [CREATE, UPDATE, IMPORT]"
        ))),
    }
}

/// `ResourcesToImport`, which only an import may have.
fn read_imports(
    params: &Params,
    kind: ChangeSetType,
    definition: &Definition,
    current: Option<&Definition>,
) -> Result<Vec<ToImport>, ApiError> {
    match kind {
        ChangeSetType::Import => import::read(params, definition, current),
        ChangeSetType::Create | ChangeSetType::Update if params.roots().contains("ResourcesToImport") => {
            Err(ApiError::validation("ResourcesToImport is only valid for change sets of the type IMPORT"))
        }
        ChangeSetType::Create | ChangeSetType::Update => Ok(Vec::new()),
    }
}

/// Adds the empty stack, REVIEW_IN_PROGRESS, that a change set for a new stack belongs to. Returns its index.
fn create_stack_in_review(
    region: &mut Region,
    name: &str,
    definition: &Definition,
    operation_id: &str,
    now: Millis,
) -> Result<usize, ApiError> {
    let stack = Stack::new(region, name, now);
    definition::check(region, &stack, definition)?;
    let event_id = region.random.uuid();
    region.stacks.push(stack);
    let index = region.stacks.len() - 1;
    let reason = Some(begin::USER_INITIATED.to_owned());
    stack_event(&mut region.stacks[index], StackStatus::ReviewInProgress, reason, now, event_id);
    event::belongs_to(&mut region.stacks[index], operation_id);
    Ok(index)
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && name.len() <= 128;
    if plain {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "1 validation error detected: Value '{name}' at 'changeSetName' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
    )))
}

/// `OnStackFailure`.
fn read_on_failure(params: &Params, kind: ChangeSetType) -> Result<Option<OnFailure>, ApiError> {
    let Some(text) = params.get("OnStackFailure") else { return Ok(None) };
    match OnFailure::of(text) {
        None => Err(ApiError::validation(format!(
            "1 validation error detected: Value '{text}' at 'onStackFailure' failed to satisfy constraint: Member must \
             satisfy enum value set: [ROLLBACK, DELETE, DO_NOTHING]"
        ))),
        Some(OnFailure::Delete) if kind != ChangeSetType::Create => Err(ApiError::validation(
            "OnStackFailure DELETE is only valid for change sets of the type CREATE",
        )),
        on_failure => Ok(on_failure),
    }
}

/// The stack that the change set is for; `None` when it is to be created.
fn find_stack(
    region: &Region,
    name: &str,
    change_set: &str,
    kind: ChangeSetType,
) -> Result<Option<usize>, ApiError> {
    let found = stack::find(region, name);
    match (kind, found.map(|index| &region.stacks[index])) {
        (ChangeSetType::Create | ChangeSetType::Import, None) if name.starts_with("arn:") => {
            Err(ApiError::validation(format!("Stack [{name}] does not exist")))
        }
        (ChangeSetType::Create | ChangeSetType::Import, None) => Ok(None),
        (ChangeSetType::Create | ChangeSetType::Import, Some(stack))
            if stack.status == StackStatus::ReviewInProgress =>
        {
            Ok(found)
        }
        (ChangeSetType::Create, Some(_)) => Err(ApiError::validation(format!(
            "Stack [{name}] already exists and cannot be created again with the changeSet [{change_set}]."
        ))),
        (ChangeSetType::Update, None) => Err(ApiError::validation(format!("Stack [{name}] does not exist"))),
        (ChangeSetType::Update | ChangeSetType::Import, Some(stack)) if stack.status.accepts_update() => {
            Ok(found)
        }
        (ChangeSetType::Update | ChangeSetType::Import, Some(stack)) => Err(not_updatable(stack)),
    }
}

/// The refusal of an update in the stack's current status.
pub(super) fn not_updatable(stack: &Stack) -> ApiError {
    ApiError::validation(format!(
        "Stack:{} is in {} state and can not be updated.",
        stack.id,
        stack.status.as_str()
    ))
}

fn same_name<'a>(region: &'a Region, stack_id: &str, name: &str) -> Option<&'a ChangeSet> {
    region.change_sets.iter().find(|set| {
        set.stack_id == stack_id
            && set.name == name
            && matches!(set.execution, ExecutionStatus::Available | ExecutionStatus::Unavailable)
    })
}

/// The answer to a second call with the same name: a repetition of the first, or a conflict with it.
fn repeated(existing: &ChangeSet, params: &Params, moment: Moment<'_>) -> Result<Value, ApiError> {
    let conflict = |attribute: &str| {
        Err(ApiError::new(
            400,
            "AlreadyExistsException",
            format!(
                "ChangeSet {} cannot be created due to a mismatch with existing attribute {attribute}",
                existing.name
            ),
        ))
    };
    let current = Some(&existing.definition);
    if definition::template_body(params, current, moment.buckets)? != existing.definition.body {
        return conflict("Template");
    }
    if params.get("ClientToken") != existing.client_token.as_deref() || existing.client_token.is_none() {
        return conflict("ClientToken");
    }
    Ok(json!({ "Id": existing.id, "StackId": existing.stack_id }))
}

/// Begins the creation.
pub(crate) fn begin(region: &mut Region, id: &str) {
    if let Some(change_set) = region.change_sets.iter_mut().find(|set| set.id == id) {
        change_set.status = ChangeSetStatus::CreateInProgress;
    }
}

/// Ends the creation: compares the definition with the stack as it is now.
pub(crate) fn end(region: &mut Region, id: &str, moment: Moment<'_>) {
    let Some(place) = region.change_sets.iter().position(|set| set.id == id) else {
        return;
    };
    let change_set = region.change_sets[place].clone();
    let Some(index) = stack::find(region, &change_set.stack_id) else {
        return;
    };
    let reason = match work_out(region, index, &change_set, moment) {
        Ok(changes) => {
            let hooked = hook::on_change_set(region, id, moment);
            if let Some(place) = region.change_sets.iter().position(|set| set.id == id) {
                region.change_sets[place].changes = changes;
            }
            hooked
        }
        Err(failure) => Some(failure.to_string()),
    };
    // Nested change sets were added behind it, so its index may differ.
    let Some(change_set) = region.change_sets.iter_mut().find(|set| set.id == id) else {
        return;
    };
    change_set.settled = Some(moment.now);
    match reason {
        Some(reason) => {
            change_set.status = ChangeSetStatus::Failed;
            change_set.status_reason = Some(reason);
            change_set.changes.clear();
        }
        None => {
            change_set.status = ChangeSetStatus::CreateComplete;
            change_set.execution = ExecutionStatus::Available;
        }
    }
}

/// The changes that an execution would make, or the reason for which the change set fails.
fn work_out(
    region: &mut Region,
    index: usize,
    change_set: &ChangeSet,
    moment: Moment<'_>,
) -> Result<Vec<Change>, Failure> {
    let exports = outputs::exports(region, Some(&change_set.stack_id));
    let stack = &region.stacks[index];
    let mut changes = differences::changes(region, stack, &change_set.definition, &exports)?;
    let nothing = BTreeSet::new();
    let scope = Scope::new(&region.name, stack, &change_set.definition, Some(&nothing), &exports);
    let missing = outputs::missing_exports(&scope)?;
    if let Some(kept) = region.change_sets.iter_mut().find(|set| set.id == change_set.id) {
        kept.missing_exports = missing;
    }
    import::mark(&mut changes, &change_set.to_import);
    if change_set.adopts {
        import::adopt(region, &change_set.definition, &mut changes)?;
    }
    if let Some(reason) = import::owned(region, &changes) {
        return Err(Failure::Import(reason));
    }
    if change_set.nested {
        changes = nested_change_sets::with_children(region, change_set, changes, moment)?;
    }
    if changes.is_empty() && nothing_else(region, &region.stacks[index], change_set) {
        return Err(Failure::NoChanges);
    }
    if !change_set.unvalidated {
        let Region { services, random, stacks, .. } = region;
        let findings = early_validation::findings(services, random, &stacks[index], &changes, moment.now);
        let reason = early_validation::reason(&findings);
        if let Some(kept) = region.change_sets.iter_mut().find(|set| set.id == change_set.id) {
            kept.findings = findings;
        }
        if let Some(reason) = reason {
            return Err(Failure::EarlyValidation(reason));
        }
    }
    Ok(changes)
}

/// Whether neither outputs nor tags nor notifications change.
fn nothing_else(region: &Region, stack: &Stack, change_set: &ChangeSet) -> bool {
    stack.definition.as_ref().is_some_and(|current| {
        !differences::differ_beside_resources(region, stack, current, &change_set.definition)
    })
}

/// Finds a change set by name and stack, or by ARN.
pub(super) fn find(region: &Region, params: &Params) -> Result<usize, ApiError> {
    let name = params.required("ChangeSetName")?;
    let missing = || ApiError::new(404, "ChangeSetNotFound", format!("ChangeSet [{name}] does not exist"));
    if name.starts_with("arn:") {
        return region.change_sets.iter().position(|set| set.id == name).ok_or_else(missing);
    }
    let Some(stack_name) = params.get("StackName") else {
        return Err(ApiError::validation(
            "StackName must be specified if ChangeSetName is not specified as an ARN.",
        ));
    };
    let stack = &region.stacks[stack_in_brackets(region, stack_name)?];
    region
        .change_sets
        .iter()
        .rposition(|set| set.stack_id == stack.id && set.name == name)
        .ok_or_else(missing)
}

/// DescribeChangeSet.
pub(crate) fn describe(region: &mut Region, params: &Params, moment: Moment<'_>) -> Result<Value, ApiError> {
    let found = &region.change_sets[find(region, params)?];
    let root = nested_change_sets::root(region, found).id.as_str();
    let late = Millis::from(moment.faults.change_set_lag_seconds) * 1_000;
    let seen = found.settled.is_none_or(|at| moment.now >= at + late);
    let early = ChangeSet {
        status: ChangeSetStatus::CreateInProgress,
        status_reason: None,
        execution: ExecutionStatus::Unavailable,
        changes: Vec::new(),
        ..found.clone()
    };
    let mut change_set = if seen { found.clone() } else { early };
    let with_values = params.flag("IncludePropertyValues")?;
    let lost = |change: &Change| moment.faults.incomplete_values.contains(&change.logical_id);
    if with_values && change_set.changes.iter().any(lost) {
        change_set.changes.retain(|change| !lost(change));
        change_set.status_reason = Some(format!("{INCOMPLETE} {LOST}"));
    } else if with_values && seen && change_set.status == ChangeSetStatus::CreateComplete {
        // As users of AWS report it for a missing export.
        let missing = change_set.missing_exports.first().map(|(logical_id, export)| {
            let reason = format!("No export named {export} found.");
            format!("{INCOMPLETE} ChangeSet creation failed for resource [{logical_id}] because: {reason}")
        });
        change_set.status_reason = missing.or(change_set.status_reason.take());
    }
    let size = moment.faults.change_page_size.unwrap_or(PAGE).max(1);
    let page =
        Page::of(&change_set.changes, size, params.get("NextToken"), |change| change.logical_id.clone())?;
    Ok(change_set.describe(Some(root), page.items, page.next, with_values))
}

/// ListChangeSets.
pub(crate) fn list(region: &mut Region, params: &Params, _: Moment<'_>) -> Result<Value, ApiError> {
    let stack = &region.stacks[stack_in_brackets(region, stack_name(params)?)?];
    let sets: Vec<&ChangeSet> = region
        .change_sets
        .iter()
        .filter(|set| set.stack_id == stack.id && set.execution != ExecutionStatus::ExecuteComplete)
        .collect();
    let page = Page::of(&sets, PAGE, params.get("NextToken"), |set| set.id.clone())?;
    let summaries: Vec<Value> =
        page.items.iter().map(|set| set.summary(Some(&nested_change_sets::root(region, set).id))).collect();
    Ok(json!({ "Summaries": summaries, "NextToken": page.next }))
}

/// DeleteChangeSet. Succeeds when there is no such change set.
pub(crate) fn delete(region: &mut Region, params: &Params, moment: Moment<'_>) -> Result<Value, ApiError> {
    let place = match find(region, params) {
        Ok(place) => place,
        Err(error) if error.code == "ChangeSetNotFound" => return Ok(json!({})),
        Err(error) => return Err(error),
    };
    let change_set = &region.change_sets[place];
    if change_set.execution == ExecutionStatus::ExecuteInProgress {
        return Err(ApiError::new(
            400,
            "InvalidChangeSetStatus",
            format!(
                "ChangeSet [{}] cannot be deleted in its current status of [EXECUTE_IN_PROGRESS]",
                change_set.id
            ),
        ));
    }
    if change_set.parent.is_some() {
        return Err(is_nested(change_set, "deleted"));
    }
    let id = region.change_sets.remove(place).id;
    nested_change_sets::remove(region, &id, moment);
    Ok(json!({}))
}

/// The refusal of a call on a nested change set, which belongs to the root's. The wording is ours.
pub(super) fn is_nested(change_set: &ChangeSet, verb: &str) -> ApiError {
    ApiError::validation(format!(
        "ChangeSet [{}] belongs to a nested stack and cannot be {verb} by itself; use the root change set",
        change_set.id
    ))
}
