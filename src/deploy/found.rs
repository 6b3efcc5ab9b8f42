//! What only CloudFormation could tell: changes of a change set that the templates do not show.
//!
//! In: a change set. Out: changes as the planner judges them. Nested stacks are planned from their templates, under the logical ids
//! that lead to them (`Child/Orders`); a resource whose value only CloudFormation looks up is planned from what the change set says
//! that it was and will be.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tablewright_cloudformation::change_set::NestedStack as NestedChangeSet;
use tablewright_cloudformation::change_set::change::{Change as ResourceChange, ChangeAction, PolicyAction};
use tablewright_cloudformation::{ApiError, ApiErrorKind, ChangeSet, stack};
use tablewright_plan::{Action, Change, NestedStack, Plan, PlanOptions, PseudoParameters, Verdict, plan};
use tablewright_template::parse_deployed;

use crate::error::Error;
use crate::job::Job;

const STACK: &str = "AWS::CloudFormation::Stack";

/// Returns the changes of a change set that a plan does not have.
///
/// # Errors
///
/// [`Error::Api`] when a template of a nested stack cannot be read. Without the permission to read it, its change set is still held
/// against losses.
pub(crate) async fn beyond_plan(
    job: &Job<'_>,
    planned: &Plan,
    template: &Value,
    change_set: &ChangeSet,
) -> Result<Vec<Change>, Error> {
    let mut found = Vec::new();
    if !planned.unknown.is_empty() {
        let is_planned =
            |change: &&ResourceChange| planned.changes.iter().any(|known| known.is_about(&change.logical_id));
        let of_values = change_set.changes.iter().filter(|change| !is_planned(change) && is_direct(change));
        let of_values = of_values.filter(|change| change.resource_type != STACK);
        found.extend(of_values.flat_map(|change| judged(change, &job.plan_options)));
    }
    if !change_set.nested_stacks.is_empty() {
        found.extend(nested(job, template, change_set).await?);
    }
    Ok(found)
}

/// Plans the nested stacks of a change set.
async fn nested(job: &Job<'_>, template: &Value, change_set: &ChangeSet) -> Result<Vec<Change>, Error> {
    let client = &job.target.cloudformation;
    let reading = change_set.nested_stacks.iter().map(|nested| read(client, nested));
    let read = try_join_all(reading).await?;
    let mut options = PlanOptions { nested: BTreeMap::new(), ..job.plan_options.clone() };
    for (found, nested) in change_set.nested_stacks.iter().zip(read) {
        let Some(nested) = nested else { continue };
        let mut children = &mut options.nested;
        let mut ids = found.path.split('/').peekable();
        while let Some(id) = ids.next() {
            let child = children.entry(id.to_owned()).or_default();
            if ids.peek().is_none() {
                let below = std::mem::take(&mut child.options.nested);
                *child = nested;
                child.options.nested = below;
                break;
            }
            children = &mut child.options.nested;
        }
    }
    // The parent is planned already: held against itself, only what is below it differs. New nested stacks are not deployed yet.
    let mut deployed = template.clone();
    for (id, _) in options.nested.iter().filter(|(_, nested)| nested.deployed.is_none()) {
        deployed["Resources"].as_object_mut().map(|resources| resources.remove(id));
    }
    let plan = plan(Some(&deployed), template, &options);
    Ok(plan.changes.into_iter().filter(|change| change.logical_id.contains('/')).collect())
}

/// Reads both templates of a nested stack and its parameters; `None` where that is denied, or the template cannot be read.
async fn read(
    client: &tablewright_cloudformation::Client,
    nested: &NestedChangeSet,
) -> Result<Option<NestedStack>, Error> {
    let Some(text) = permitted(stack::template_of_change_set(client, &nested.change_set_id).await)?.flatten()
    else {
        return Ok(None);
    };
    let Some(wanted) = template(&text) else { return Ok(None) };
    let mut options = PlanOptions {
        wanted_parameters: Some(nested.parameters.clone()),
        deployed_parameters: Some(BTreeMap::new()),
        ..PlanOptions::default()
    };
    let mut deployed = None;
    if let Some(id) = &nested.stack_id {
        let (text, found) = tokio::join!(stack::template(client, id), stack::describe(client, id));
        let (text, found) = (permitted(text)?.flatten(), permitted(found)?.flatten());
        let known = text.as_deref().and_then(template).zip(found);
        let Some((value, found)) = known else { return Ok(None) };
        options.pseudo_parameters = PseudoParameters::of_stack(&found.id).unwrap_or_default();
        options.deployed_parameters = Some(found.parameters);
        deployed = Some(value);
    }
    Ok(Some(NestedStack { deployed, wanted: Some(wanted), options }))
}

fn template(text: &str) -> Option<Value> {
    let value = parse_deployed(text).ok()?.template.to_value();
    value.get("Resources").is_some().then_some(value)
}

/// Takes a missing permission for an answer.
fn permitted<T>(answer: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if matches!(error.kind, ApiErrorKind::Denied { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns whether a resource changes by itself, and not because it refers to one that may change: that follows from the other one.
fn is_direct(change: &ResourceChange) -> bool {
    let follows = |source: Option<&str>| matches!(source, Some("ResourceReference" | "ResourceAttribute"));
    let details = &change.details;
    details.is_empty() || details.iter().any(|detail| !follows(detail.change_source.as_deref()))
}

/// Judges one resource of a change set by what it was and what it will be.
fn judged(change: &ResourceChange, options: &PlanOptions) -> Vec<Change> {
    let (before, after) =
        (resource(change, change.before.as_deref()), resource(change, change.after.as_deref()));
    let sides = match change.action {
        ChangeAction::Add => Some((None, after.unwrap_or_else(|| json!({ "Type": change.resource_type })))),
        ChangeAction::Remove => None,
        _ => before.zip(after).map(|(before, after)| (Some(before), after)),
    };
    let changes = match sides {
        Some((before, after)) => {
            let alone = |resource: &Value| json!({ "Resources": { &change.logical_id: resource } });
            let options = PlanOptions { nested: BTreeMap::new(), ..options.clone() };
            plan(before.as_ref().map(alone).as_ref(), &alone(&after), &options).changes
        }
        None => Vec::new(),
    };
    if changes.is_empty() {
        return vec![unjudged(change)];
    }
    let why = |change: Change| Change {
        why: format!("CloudFormation found a value that is not in the template: {}", change.why),
        ..change
    };
    changes.into_iter().map(why).collect()
}

/// Returns a resource as it is in a template, from its context in a change set.
fn resource(change: &ResourceChange, context: Option<&str>) -> Option<Value> {
    let mut resource: Value = serde_json::from_str(context?).ok().filter(Value::is_object)?;
    resource["Type"] = json!(change.resource_type);
    // The context has no policies; what becomes of the resource is said besides.
    let retains = matches!(change.policy_action, Some(PolicyAction::Retain | PolicyAction::ReplaceAndRetain));
    if retains {
        resource["DeletionPolicy"] = json!("Retain");
        resource["UpdateReplacePolicy"] = json!("Retain");
    }
    Some(resource)
}

/// A change of which nothing more is known. Whether it loses anything is held against the change set itself.
fn unjudged(change: &ResourceChange) -> Change {
    let properties: Vec<&str> = change.details.iter().filter_map(|detail| detail.name.as_deref()).collect();
    let what = if properties.is_empty() { "a value".to_owned() } else { properties.join(", ") };
    Change {
        section: "Resources".to_owned(),
        logical_id: change.logical_id.clone(),
        resource_type: Some(change.resource_type.clone()),
        action: match change.action {
            ChangeAction::Add => Action::Add,
            ChangeAction::Remove => Action::Remove,
            _ => Action::Modify,
        },
        path: String::new(),
        before: None,
        after: None,
        verdict: Verdict::InPlaceWithRisk,
        why: format!("CloudFormation found a change that is not in the template: {what}"),
        server_text: None,
        recipe: None,
    }
}
