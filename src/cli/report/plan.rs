//! Formats a plan as text: the changes, their effect on the data, and what to do instead.

use std::fmt::{self, Write as _};
use std::time::SystemTime;

use anstyle::Style;
use tablewright_cloudformation::ValidationDetail;
use tablewright_deploy::{Job, TableReading, by_target};
use tablewright_plan::{AccessChange, Action, Change, Verdict};
use tablewright_review::{
    Comparison, Digests, Located, Wording, access_label, cut, is_news, summary as summary_of_changes,
};

use crate::report::ndjson::time;
use crate::report::tables::notes;
use crate::report::text::printable;
use crate::report::{Reporter, style};
use crate::source::{job_notes, place_in_definition};

/// A policy can list many actions and resources.
const MOST_OF_A_GRANT: usize = 400;

/// Shows the plans of all stacks.
///
/// `tables` are those that the plan of each job changes.
pub(crate) fn show(jobs: &[Job<'_>], tables: &[Vec<TableReading>], reporter: &mut Reporter) {
    let mut tables = tables.iter();
    for jobs in by_target(jobs) {
        reporter.say(&format!("Plan for {}:", jobs[0].target.name));
        for job in jobs {
            let comparison = comparison(job);
            reporter.say(&format!("{} ({}): {}", job.label, job.stack_name(), summary(&comparison)));
            for note in job_notes(job) {
                reporter.say(&format!("note: {}", printable(&note)));
            }
            if job.rolled_back.as_ref().is_some_and(|creation| creation.retained.is_empty()) {
                reporter.say(
                    "note: the stack is in ROLLBACK_COMPLETE: its creation failed, and nothing of it is left; \
                     it is deleted before it is created anew",
                );
            }
            let changes = changes(&comparison.changes) + &access(&comparison.access);
            if !changes.is_empty() {
                reporter.say(changes.trim_end());
            }
            for note in tables.next().into_iter().flat_map(|tables| notes(tables)) {
                reporter.say(&format!("note: {note}"));
            }
        }
    }
}

/// Shows what only CloudFormation could tell of a job.
pub(crate) fn show_found(job: &Job<'_>, found: &[Change], reporter: &mut Reporter) {
    if found.is_empty() {
        return;
    }
    let located = |change: &Change| Located::new(change.clone(), place_in_definition(job.stack, change));
    let (label, name) = (&job.label, job.stack_name());
    reporter.say(&format!("CloudFormation finds in {label} ({name}): {}", summary_of_changes(found)));
    let changes = changes(&found.iter().map(located).collect::<Vec<_>>());
    if !changes.is_empty() {
        reporter.say(changes.trim_end());
    }
}

/// Shows what the checks and hooks of CloudFormation warn of.
pub(crate) fn show_warnings(job: &Job<'_>, warnings: &[ValidationDetail], reporter: &mut Reporter) {
    for warning in warnings {
        let id = warning.logical_id.as_deref();
        let place = id.and_then(|id| job.stack.place_of("Resources", id, None));
        let place = place.map_or_else(String::new, |place| format!(" ({place})"));
        let (what, reason) = (id.unwrap_or("the template"), printable(&warning.reason));
        reporter.say(&format!("warning: CloudFormation warns of {what} of {}{place}: {reason}", job.label));
    }
}

/// Returns the plan of a job in the form that is reviewed.
pub(crate) fn comparison(job: &Job<'_>) -> Comparison {
    let locate = |change: &Change| place_in_definition(job.stack, change);
    let mut comparison = Comparison {
        stack_name: job.stack.name.clone(),
        at: Some(job.stack.at.clone()),
        ..Comparison::of(&job.stack.id, ["deployed", "definitions"], &job.plan, locate)
    };
    let sides = (job.deployed.as_ref().map(|deployed| &deployed.value), &job.rendered.template);
    comparison.name_items(|change| {
        let side = if change.action == Action::Remove { sides.0? } else { sides.1 };
        side.get(&change.section)?.get(&change.logical_id)
    });
    let located = |change: &Change| Located::new(change.clone(), locate(change));
    comparison.changes.extend(job.settings.iter().map(located));
    let tablewright_deploy::PlanDigests { deployed, wanted, account, region } = job.digests.clone();
    comparison.digests = Some(Digests { deployed, wanted, account, region, made: time(SystemTime::now()) });
    comparison
}

/// Returns the summary of a comparison in one line.
pub(crate) fn summary(comparison: &Comparison) -> String {
    let mut parts = Vec::new();
    if !comparison.changes.is_empty() {
        parts.push(summary_of_changes(comparison.changes.iter().map(|located| &located.change)));
    }
    if parts.is_empty() {
        parts.push("nothing to change".to_owned());
    }
    if comparison.steps.len() > 1 {
        parts.push(format!("in {} steps", comparison.steps.len()));
    }
    parts.join(", ")
}

/// Formats the changes that have an effect, the worst last, next to the confirmation prompt.
pub(crate) fn changes(changes: &[Located]) -> String {
    let mut changes: Vec<&Located> = changes.iter().filter(|located| is_news(&located.change)).collect();
    changes.sort_by_key(|located| located.change.verdict);
    let mut out = String::new();
    for located in changes {
        write_change(&mut out, located).expect("writing to a String does not fail");
    }
    out
}

/// Formats what policies grant that they did not, or no longer; what widens last.
pub(crate) fn access(access: &[AccessChange]) -> String {
    let mut grants: Vec<&AccessChange> = access.iter().collect();
    grants.sort_by_key(|grant| grant.widens());
    let mut out = String::new();
    for grant in grants {
        let colour = if grant.widens() { style::WARNING } else { style::GOOD };
        let (sign, label) = (if grant.is_new { '+' } else { '-' }, access_label(grant));
        let grant = cut(&printable(&grant.to_string()), MOST_OF_A_GRANT);
        writeln!(out, "  {colour}{sign}{colour:#} access: {grant}  {colour}[{label}]{colour:#}")
            .expect("writing to a String does not fail");
    }
    out
}

fn write_change(out: &mut String, located: &Located) -> fmt::Result {
    let (Located { change, at, .. }, words) = (located, Wording::located(located));
    let (colour, faint) = (colour(change.verdict), style::FAINT);
    write!(out, "  {colour}{}{colour:#} {}", words.sign, printable(&words.name))?;
    if let Some(kind) = words.kind {
        write!(out, "  {}", printable(kind))?;
    }
    if let Some(values) = words.values {
        // Tags and names may contain control characters.
        write!(out, "  {}", printable(&values.to_string()))?;
    }
    writeln!(out, "  {colour}[{}]{colour:#}", words.label)?;
    if let Some(why) = words.why {
        writeln!(out, "      {}", printable(why))?;
    }
    if let Some(text) = &change.server_text {
        let when = if change.verdict == Verdict::Staged { "in one update AWS" } else { "AWS" };
        writeln!(out, "      {when} would answer: {}", printable(text))?;
    }
    if let (Some(at), Some(_)) = (at, words.why) {
        writeln!(out, "      {faint}-->{faint:#} {}", printable(&at.to_string()))?;
    }
    if let Some(recipe) = &change.recipe {
        let help = style::HELP;
        writeln!(out, "      {help}to {}{help:#}:", printable(&recipe.goal))?;
        for (number, step) in recipe.steps.iter().enumerate() {
            writeln!(out, "        {}. {}", number + 1, printable(step))?;
        }
    }
    Ok(())
}

fn colour(verdict: Verdict) -> Style {
    match verdict {
        Verdict::None => style::FAINT,
        Verdict::InPlace => style::GOOD,
        Verdict::InPlaceWithRisk | Verdict::Staged => style::WARNING,
        Verdict::Refused | Verdict::ReplacementKept | Verdict::DataLoss => style::ERROR,
    }
}
