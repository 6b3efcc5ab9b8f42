//! The text of a change, for the terminal, pull requests and annotations.
//!
//! *Invariant:* the text is plain, without colors or escapes; text of templates is unchanged, and each format escapes it.

use std::fmt;

use serde_json::Value;
use tablewright_plan::{AccessChange, Action, Change, Verdict, Wait};

use crate::Located;

/// A change in words, a part for each thing a reader looks for.
///
/// ```
/// use serde_json::json;
/// use tablewright_plan::{PlanOptions, plan};
/// use tablewright_review::Wording;
///
/// let table = |mode: &str| json!({ "Resources": { "Notes": {
///     "Type": "AWS::DynamoDB::Table",
///     "Properties": { "TableName": "notes", "BillingMode": mode },
/// } } });
/// let plan = plan(Some(&table("PROVISIONED")), &table("PAY_PER_REQUEST"), &PlanOptions::default());
///
/// let words = Wording::of(&plan.changes[0]);
/// assert_eq!((words.sign, words.name.as_str()), ("~", "Notes.BillingMode"));
/// assert_eq!(words.values.unwrap().to_string(), "PROVISIONED → PAY_PER_REQUEST");
/// assert_eq!(words.label, "in place, with risk");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording<'a> {
    /// `+`, `-`, `~` or, for what moved, `>`.
    pub sign: &'static str,
    /// What changes: `Notes.BillingMode`, `output NotesArn`.
    pub name: String,
    /// The type without `AWS::`, where a whole resource is meant.
    pub kind: Option<&'a str>,
    /// The value before and after; `None` for what is added or removed as a whole.
    pub values: Option<Values>,
    /// Its effect, in a few words.
    pub label: &'static str,
    /// The reason for the verdict, where there is something to explain.
    pub why: Option<&'a str>,
}

/// A value before and after, each short enough for a line; at least one of them is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// The value before.
    pub before: Option<String>,
    /// The value after.
    pub after: Option<String>,
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (Some(before), after) => write!(f, "{before} → {}", after.as_deref().unwrap_or("(none)")),
            (None, Some(after)) => f.write_str(after),
            (None, None) => Ok(()),
        }
    }
}

impl<'a> Wording<'a> {
    /// Returns the wording of a change, with the names of items of lists that are known of it.
    #[must_use]
    pub fn located(Located { change, path, .. }: &'a Located) -> Self {
        let words = Self::of(change);
        match path {
            Some(path) => Self { name: name(change) + &dotted(path), ..words },
            None => words,
        }
    }

    /// Returns the wording of a change.
    #[must_use]
    pub fn of(change: &'a Change) -> Self {
        let whole = change.path.is_empty();
        let kind = if whole { change.resource_type.as_deref() } else { None };
        // A whole resource, output or index that comes or goes is named, not quoted.
        let comes_or_goes = change.before.is_some() != change.after.is_some();
        let named = (whole || index_name(change).is_some()) && comes_or_goes;
        Self {
            sign: sign(&change.action),
            name: name(change) + &pointer(change),
            kind: kind.map(|kind| kind.strip_prefix("AWS::").unwrap_or(kind)),
            values: if named { None } else { values(change) },
            label: label(change),
            why: (change.verdict > Verdict::InPlace).then_some(change.why.as_str()),
        }
    }
}

/// Returns what changes come to in one line: how many of which kind, worst last.
///
/// ```
/// assert_eq!(tablewright_review::summary([]), "no changes");
/// ```
#[must_use]
pub fn summary<'a>(changes: impl IntoIterator<Item = &'a Change>) -> String {
    let counts = counts(changes);
    if counts.is_empty() {
        return "no changes".to_owned();
    }
    counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}

/// Returns how many changes there are of which kind, worst last.
pub(crate) fn counts<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Vec<(&'static str, usize)> {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    let mut changes: Vec<&Change> = changes.into_iter().filter(|change| is_news(change)).collect();
    changes.sort_by_key(|change| change.verdict);
    for change in changes {
        match counts.iter_mut().find(|(kind, _)| *kind == label(change)) {
            Some((_, count)) => *count += 1,
            None => counts.push((label(change), 1)),
        }
    }
    counts
}

/// Returns a verdict as a heading.
///
/// ```
/// use tablewright_plan::Verdict;
///
/// assert_eq!(tablewright_review::title(Verdict::ReplacementKept), "Old table retained");
/// ```
#[must_use]
pub fn title(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::None => "No effect",
        Verdict::InPlace => "In place",
        Verdict::InPlaceWithRisk => "In place, with risk",
        Verdict::Staged => "Staged",
        Verdict::Refused => "Refused",
        Verdict::ReplacementKept => "Old table retained",
        Verdict::DataLoss => "Data loss",
    }
}

/// Returns what a verdict means, in a sentence.
///
/// ```
/// use tablewright_plan::Verdict;
///
/// assert_eq!(tablewright_review::meaning(Verdict::DataLoss), "Items are deleted.");
/// ```
#[must_use]
pub fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::None => "Only the text differs; deployed resources do not change.",
        Verdict::InPlace => "One update that keeps the items.",
        Verdict::InPlaceWithRisk => "One update that keeps the items, with a side effect to review.",
        Verdict::Staged => "Needs several updates in a fixed order, which the plan contains.",
        Verdict::Refused => "AWS would refuse it, or the template does not show its effect.",
        Verdict::ReplacementKept => {
            "The table is removed from the stack or replaced by a new, empty one; the old table is retained with its items."
        }
        Verdict::DataLoss => "Items are deleted.",
    }
}

/// Returns whether a change is shown. Changes without effect are not, nor are attribute definitions, which follow the
/// keys.
#[must_use]
pub fn is_news(change: &Change) -> bool {
    let follows = change.path.starts_with("/Properties/AttributeDefinitions");
    change.verdict > Verdict::None && !(follows && change.verdict == Verdict::InPlace)
}

/// Returns the words before the answer of AWS to a change. What is staged is refused only in one update, which is why it has steps.
pub(crate) const fn answer_lead(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Staged => "In one update, AWS would answer",
        _ => "AWS would answer",
    }
}

/// Returns what a change of access comes to: `new: allow, wider`.
#[must_use]
pub fn access_label(grant: &AccessChange) -> &'static str {
    match (grant.is_new, grant.is_allowed) {
        (true, true) => "new: allow, wider",
        (true, false) => "new: deny, narrower",
        (false, true) => "gone: allow, narrower",
        (false, false) => "gone: deny, wider",
    }
}

/// Returns what has to be waited for: `every index of Notes is ACTIVE`.
#[must_use]
pub fn wait(wait: &Wait) -> String {
    match wait {
        Wait::Indexes { tables } => format!("every index of {} is ACTIVE", tables.join(", ")),
        Wait::TimeToLive { tables } => {
            format!(
                "DynamoDB accepts another change of time to live on {}, after about an hour",
                tables.join(", ")
            )
        }
        Wait::KinesisDestination { tables } => {
            format!("the old Kinesis destination of {} is DISABLED, after a few minutes", tables.join(", "))
        }
    }
}

/// Returns at most `width` characters of a line, the last one `…` where something was cut.
///
/// ```
/// assert_eq!(tablewright_review::cut("BillingMode", 8), "Billing…");
/// ```
#[must_use]
pub fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

fn sign(action: &Action) -> &'static str {
    match action {
        Action::Add => "+",
        Action::Remove => "-",
        Action::Modify => "~",
        Action::Move { .. } => ">",
    }
}

/// The section is named for everything but resources.
fn name(change: &Change) -> String {
    match (change.section.as_str(), change.logical_id.as_str()) {
        ("Resources", id) => id.to_owned(),
        ("Outputs", id) => format!("output {id}"),
        (section, "") => section.to_owned(),
        (section, id) => format!("{section}.{id}"),
    }
}

/// `/Properties/BillingMode` → `.BillingMode`. An index is named by its name.
fn pointer(change: &Change) -> String {
    let path = dotted(&change.path);
    match (index_name(change), path.rsplit_once('.')) {
        (Some(name), Some((list, _))) => format!("{list}.{name}"),
        _ => path,
    }
}

fn dotted(path: &str) -> String {
    path.strip_prefix("/Properties").unwrap_or(path).replace('/', ".")
}

/// Returns the name of the index that is added, removed or changed as a whole.
fn index_name(change: &Change) -> Option<&str> {
    let index = change.after.as_ref().or(change.before.as_ref())?;
    index.get("IndexName")?.as_str()
}

fn values(change: &Change) -> Option<Values> {
    if let Action::Move { from } = &change.action {
        return Some(Values { before: Some(from.clone()), after: Some(change.logical_id.clone()) });
    }
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    // The text may stay while what it refers to changes.
    (before != after).then(|| {
        let (before, after) = (before.map(value), after.map(value));
        let skipped =
            before.as_deref().zip(after.as_deref()).map_or(0, |(before, after)| skipped(before, after));
        let shown = |text: String| match skipped {
            0 => cut(&text, WIDTH),
            _ => cut(&['…'].into_iter().chain(text.chars().skip(skipped)).collect::<String>(), WIDTH),
        };
        Values { before: before.map(shown), after: after.map(shown) }
    })
}

/// The most characters of a value that are shown.
const WIDTH: usize = 60;

/// How many characters at the start of two values are left out, so that the place where they differ is shown.
fn skipped(before: &str, after: &str) -> usize {
    const CONTEXT: usize = 12;
    /// What is shown of a difference, at least.
    const DIFFERENCE: usize = 6;
    if before.chars().count() <= WIDTH && after.chars().count() <= WIDTH {
        return 0;
    }
    let same = before.chars().zip(after.chars()).take_while(|(before, after)| before == after).count();
    if same + DIFFERENCE <= WIDTH { 0 } else { same - CONTEXT }
}

fn value(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        other => key_schema(other).unwrap_or_else(|| other.to_string()),
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
        Verdict::ReplacementKept => "old table retained",
        Verdict::DataLoss => "data loss",
    }
}
