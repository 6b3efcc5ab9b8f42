//! A plan as people read it: what changes, what it does to the data, what to do instead.

use std::fmt::{self, Write as _};

use anstyle::Style;
use serde_json::Value;
use tablewright_plan::{Action, Change, Plan, Verdict};

use crate::report::style;
use crate::report::text::cut;

/// Returns the changes of a plan that have an effect, worst last, where the eye is when it is asked.
pub(crate) fn changes(plan: &Plan) -> String {
    let mut changes: Vec<&Change> = plan.changes.iter().filter(|change| is_news(change)).collect();
    changes.sort_by_key(|change| change.verdict);
    let mut out = String::new();
    for change in changes {
        write_change(&mut out, change).expect("writing to a String does not fail");
    }
    out
}

/// Returns what a plan comes to in one line: how many changes of which kind, the harmless ones only where there are no others.
pub(crate) fn summary(plan: &Plan) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let mut changes: Vec<&Change> = plan.changes.iter().filter(|change| is_news(change)).collect();
    changes.sort_by_key(|change| change.verdict);
    for change in changes {
        match counts.iter_mut().find(|(kind, _)| *kind == label(change)) {
            Some((_, count)) => *count += 1,
            None => counts.push((label(change), 1)),
        }
    }
    if counts.is_empty() {
        return "nothing that has an effect".to_owned();
    }
    counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}

/// Whether a change says something. What has no effect does not, nor do attribute definitions, which follow the keys.
fn is_news(change: &Change) -> bool {
    let follows = change.path.starts_with("/Properties/AttributeDefinitions");
    change.verdict > Verdict::None && !(follows && change.verdict == Verdict::InPlace)
}

fn write_change(out: &mut String, change: &Change) -> fmt::Result {
    let colour = colour(change.verdict);
    let sign = match change.action {
        Action::Add => "+",
        Action::Remove => "-",
        Action::Modify => "~",
        Action::Move { .. } => ">",
    };
    write!(out, "  {colour}{sign}{colour:#} {}{}", name(change), pointer(change))?;
    if let (Some(kind), true) = (&change.resource_type, change.path.is_empty()) {
        write!(out, "  {}", kind.strip_prefix("AWS::").unwrap_or(kind))?;
    }
    // A whole resource, output or index that comes or goes is named, not quoted.
    let whole = change.path.is_empty() || index_name(change).is_some();
    let comes_or_goes = change.before.is_some() != change.after.is_some();
    if let (Some(values), false) = (values(change), whole && comes_or_goes) {
        write!(out, "  {values}")?;
    }
    writeln!(out, "  {colour}[{}]{colour:#}", label(change))?;
    if change.verdict > Verdict::InPlace {
        writeln!(out, "      {}", change.why)?;
    }
    if let Some(text) = &change.server_text {
        writeln!(out, "      AWS would answer: {text}")?;
    }
    if let Some(recipe) = &change.recipe {
        let help = style::HELP;
        writeln!(out, "      {help}to {}{help:#}:", recipe.goal)?;
        for (number, step) in recipe.steps.iter().enumerate() {
            writeln!(out, "        {}. {step}", number + 1)?;
        }
    }
    Ok(())
}

/// Resources stand for themselves; everything else says which section it is in.
fn name(change: &Change) -> String {
    match (change.section.as_str(), change.logical_id.as_str()) {
        ("Resources", id) => id.to_owned(),
        ("Outputs", id) => format!("output {id}"),
        (section, "") => section.to_owned(),
        (section, id) => format!("{section}.{id}"),
    }
}

/// `/Properties/BillingMode` → `.BillingMode`: everybody knows where properties are. An index goes by its name.
fn pointer(change: &Change) -> String {
    let path = change.path.strip_prefix("/Properties").unwrap_or(&change.path).replace('/', ".");
    match (index_name(change), path.rsplit_once('.')) {
        (Some(name), Some((list, _))) => format!("{list}.{name}"),
        _ => path,
    }
}

/// Returns the name of the index that comes, goes or changes as a whole.
fn index_name(change: &Change) -> Option<&str> {
    let index = change.after.as_ref().or(change.before.as_ref())?;
    index.get("IndexName")?.as_str()
}

fn values(change: &Change) -> Option<String> {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) if before != after => {
            Some(format!("{} → {}", value(before), value(after)))
        }
        (Some(before), None) => Some(format!("{} → (none)", value(before))),
        (None, Some(after)) => Some(value(after)),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text, 60),
        other => key_schema(other).unwrap_or_else(|| cut(&other.to_string(), 60)),
    }
}

/// A key schema as people say it: `userId HASH, noteId RANGE`.
fn key_schema(value: &Value) -> Option<String> {
    let element = |element: &Value| {
        Some(format!("{} {}", element["AttributeName"].as_str()?, element["KeyType"].as_str()?))
    };
    let elements: Option<Vec<String>> = value.as_array()?.iter().map(element).collect();
    elements.filter(|elements| !elements.is_empty()).map(|elements| elements.join(", "))
}

/// What a change does, in two words.
fn label(change: &Change) -> &'static str {
    match change.verdict {
        Verdict::None => "no effect",
        Verdict::InPlace if change.path.is_empty() && change.action == Action::Add => "new",
        Verdict::InPlace if change.path.is_empty() && change.action == Action::Remove => "removed",
        Verdict::InPlace => "in place",
        Verdict::InPlaceWithRisk => "in place, with risk",
        Verdict::Staged => "staged",
        Verdict::Refused => "refused",
        Verdict::ReplacementKept => "old table kept",
        Verdict::DataLoss => "data loss",
    }
}

fn colour(verdict: Verdict) -> Style {
    match verdict {
        Verdict::None => style::FAINT,
        Verdict::InPlace => style::GOOD,
        Verdict::InPlaceWithRisk | Verdict::Staged => style::WARNING,
        Verdict::Refused | Verdict::ReplacementKept | Verdict::DataLoss => style::ERROR,
    }
}
