//! Formats a review as JSON, for programs.
//!
//! The worst verdict and the counts come first. *Invariant:* the output is described by `review.schema.json`.

use serde_json::{Map, Value, json};
use tablewright::{Place, Severity};
use tablewright_plan::{AccessChange, Action, Change, Verdict, Wait};

use crate::{Comparison, Digests, FoundProblem, Located, Review, Step, Wording, summary};

/// The version of the JSON form.
pub const SCHEMA: u32 = 2;

/// The JSON Schema (draft 2020-12) of what [`json`](fn@json) returns.
///
/// ```
/// let schema: serde_json::Value = serde_json::from_str(tablewright_review::JSON_SCHEMA)?;
/// assert_eq!(schema["properties"]["schema"]["const"], tablewright_review::SCHEMA);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub const JSON_SCHEMA: &str = include_str!("review.schema.json");

/// Returns a review as JSON.
///
/// A field that has nothing to say is left out. A later version of the tool may add fields without another `schema`;
/// `schema` is increased when a field is removed or changes its meaning.
///
/// ```
/// use tablewright_review::{Review, json};
///
/// let value = json(&Review::default());
/// assert_eq!((value["schema"].as_u64(), value["verdict"].as_str()), (Some(2), Some("none")));
/// ```
#[must_use]
pub fn json(review: &Review) -> Value {
    let located = || review.comparisons.iter().flat_map(|comparison| &comparison.changes);
    let problems =
        |severity| review.problems.iter().filter(|found| found.problem.severity == severity).count();
    let mut digests = review.comparisons.iter().filter_map(|comparison| comparison.digests.as_ref());
    let made = digests.find_map(|digests| digests.made.as_ref());
    present(json!({
        "schema": SCHEMA,
        "made": made,
        "verdict": review.verdict().as_str(),
        "changed": review.has_changes(),
        "widens_access": review.widens_access(),
        "counts": counts(located()),
        "errors": problems(Severity::Error),
        "warnings": problems(Severity::Warning),
        "comparisons": review.comparisons.iter().map(comparison).collect::<Vec<_>>(),
        "problems": review.problems.iter().map(problem).collect::<Vec<_>>(),
    }))
}

/// Returns a change as JSON: `$defs/change` of [`JSON_SCHEMA`], without the place.
///
/// ```
/// use serde_json::json;
/// use tablewright_plan::{PlanOptions, plan};
///
/// let wanted = json!({ "Resources": { "Notes": { "Type": "AWS::DynamoDB::Table" } } });
/// let plan = plan(None, &wanted, &PlanOptions::default());
/// let change = tablewright_review::change(&plan.changes[0]);
/// assert_eq!((change["action"].as_str(), change["name"].as_str()), (Some("add"), Some("Notes")));
/// ```
#[must_use]
pub fn change(change: &Change) -> Value {
    let from = match &change.action {
        Action::Move { from } => Some(from),
        Action::Add | Action::Remove | Action::Modify => None,
    };
    let recipe = change.recipe.as_ref();
    let mut value = present(json!({
        "section": change.section,
        "logical_id": change.logical_id,
        "resource_type": change.resource_type,
        "action": change.action.as_str(),
        "from": from,
        "path": change.path,
        "name": Wording::of(change).name,
        "verdict": change.verdict.as_str(),
        "why": change.why,
        "server_text": change.server_text,
        "recipe": recipe.map(|recipe| json!({ "goal": recipe.goal, "steps": recipe.steps })),
    }));
    // A `null` in a template is a value.
    for (name, side) in [("before", &change.before), ("after", &change.after)] {
        if let Some(side) = side {
            value[name] = side.clone();
        }
    }
    value
}

fn comparison(comparison: &Comparison) -> Value {
    let changes = comparison.changes.iter().map(|located| &located.change);
    present(json!({
        "stack": comparison.stack,
        "stack_name": comparison.stack_name,
        "environment": comparison.environment,
        "before": comparison.before,
        "after": comparison.after,
        "template": comparison.template,
        "at": comparison.at.as_ref().map(place),
        "verdict": comparison.verdict().as_str(),
        "changed": comparison.has_changes(),
        "stopped": comparison.stopped,
        "summary": summary(changes),
        "counts": counts(&comparison.changes),
        "changes": comparison.changes.iter().map(located).collect::<Vec<_>>(),
        "access": Some(&comparison.access)
            .filter(|access| !access.is_empty())
            .map(|access| access.iter().map(grant).collect::<Vec<_>>()),
        "digests": comparison.digests.as_ref().map(digests),
        "steps": comparison.steps.iter().map(step).collect::<Vec<_>>(),
        "tables": Some(&comparison.tables).filter(|tables| !tables.is_empty()),
        "text_diff": comparison.text_diff,
    }))
}

fn grant(grant: &AccessChange) -> Value {
    present(json!({
        "logical_id": grant.logical_id,
        "property": grant.property,
        "action": if grant.is_new { "add" } else { "remove" },
        "effect": if grant.is_allowed { "allow" } else { "deny" },
        "widens": grant.widens(),
        "principals": grant.principals,
        "actions": grant.actions,
        "resources": grant.resources,
        "condition": grant.condition,
    }))
}

fn digests(digests: &Digests) -> Value {
    present(json!({
        "deployed": digests.deployed,
        "wanted": digests.wanted,
        "account": digests.account,
        "region": digests.region,
    }))
}

fn located(located: &Located) -> Value {
    let mut value = change(&located.change);
    value["name"] = json!(Wording::located(located).name);
    if let Some(at) = &located.at {
        value["at"] = place(at);
    }
    value
}

fn step(step: &Step) -> Value {
    json!({ "summary": step.summary, "waits": step.waits.iter().map(wait).collect::<Vec<_>>() })
}

fn wait(wait: &Wait) -> Value {
    let (what, tables) = match wait {
        Wait::Indexes { tables } => ("indexes", tables),
        Wait::TimeToLive { tables } => ("time-to-live", tables),
        Wait::KinesisDestination { tables } => ("kinesis-destination", tables),
    };
    json!({ "for": what, "tables": tables })
}

fn problem(FoundProblem { problem, environments }: &FoundProblem) -> Value {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    present(json!({
        "rule": problem.rule,
        "severity": severity,
        "at": place(&problem.at),
        "message": problem.message,
        "help": problem.help,
        "environments": Some(environments).filter(|names| !names.is_empty()),
        "server_text": problem.server_text,
    }))
}

fn place(place: &Place) -> Value {
    json!({ "file": place.file, "line": place.line })
}

/// How many changes have which verdict; every verdict is there.
fn counts<'a>(changes: impl IntoIterator<Item = &'a Located>) -> Value {
    let mut counts = [0_u64; Verdict::ALL.len()];
    for located in changes {
        counts[located.change.verdict as usize] += 1;
    }
    let words = Verdict::ALL.map(|verdict| verdict.as_str().to_owned());
    words.into_iter().zip(counts.map(Value::from)).collect::<Map<_, _>>().into()
}

/// Omits empty fields.
fn present(mut object: Value) -> Value {
    if let Value::Object(fields) = &mut object {
        fields.retain(|_, value| !value.is_null());
    }
    object
}
