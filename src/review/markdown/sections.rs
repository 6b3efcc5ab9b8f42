//! The sections of a comment, in order.

use tablewright::{Place, Severity};
use tablewright_plan::{AccessChange, Recipe, Verdict};

use super::escape::{code, fence, html_code, text};
use super::size_limit::{Entry, Section, count};
use crate::finding::Finding;
use crate::visible::visible;
use crate::wording::{access_label, answer_lead, counts};
use crate::{Comparison, FoundProblem, Located, Review, Step, Wording, is_news, meaning, title, wait};

/// Between counts: a label may hold a comma.
pub(super) const SEPARATOR: &str = " · ";

/// The more important, the lower: rows of risks, then what was compared and what is wrong, then how to go about it.
mod rank {
    pub(super) const RISK: u8 = 0;
    pub(super) const PROBLEM: u8 = 1;
    pub(super) const COMPARED: u8 = 2;
    pub(super) const INSTEAD: u8 = 3;
    pub(super) const HARMLESS: u8 = 4;
    pub(super) const STEPS: u8 = 5;
    pub(super) const DIFF: u8 = 6;
}

/// A change, and its comparison.
type Row<'a> = (&'a Comparison, &'a Located);

/// Returns the sections that have something to show.
pub(super) fn sections(review: &Review) -> Vec<Section> {
    let mut sections = vec![compared(review)];
    for verdict in Verdict::ALL.into_iter().rev().filter(|verdict| *verdict > Verdict::InPlace) {
        let rows = rows(review, verdict);
        sections.push(risks(verdict, &rows));
        sections.push(instead(&rows));
    }
    sections.extend([access(review), problems(review), harmless(review), steps(review), diffs(review)]);
    sections.retain(|section| !section.entries.is_empty());
    sections
}

/// How many changes of which kind, worst first.
pub(super) fn tally<'a>(changes: impl IntoIterator<Item = &'a Located>) -> Vec<String> {
    let counts = counts(changes.into_iter().map(|located| &located.change));
    counts.iter().rev().map(|(kind, count)| format!("{count} {kind}")).collect()
}

fn rows(review: &Review, verdict: Verdict) -> Vec<Row<'_>> {
    let changes = review
        .comparisons
        .iter()
        .flat_map(|comparison| comparison.changes.iter().map(move |located| (comparison, located)));
    changes.filter(|(_, located)| located.change.verdict == verdict && is_news(&located.change)).collect()
}

fn compared(review: &Review) -> Section {
    let row = |comparison: &Comparison| {
        let mut result = tally(&comparison.changes);
        if result.is_empty() && !comparison.changes.is_empty() {
            result.push("no effect".to_owned());
        }
        if result.is_empty() {
            result.push("nothing to change".to_owned());
        }
        if comparison.steps.len() > 1 {
            result.push(format!("in {} steps", comparison.steps.len()));
        }
        if comparison.stopped {
            result.push("**stopped**: no step is executed".to_owned());
        }
        let name = comparison.stack_name.as_deref().map(|name| format!(" as {}", code(name)));
        table_row(&[
            code(&comparison.stack) + &name.unwrap_or_default(),
            comparison.environment.as_deref().map(code).unwrap_or_default(),
            text(&comparison.before),
            text(&comparison.after),
            result.join(SEPARATOR),
        ])
    };
    let head = table_head(&["Stack", "Environment", "Before", "After", "Result"]);
    let entries = review.comparisons.iter().map(row).map(Entry::Whole).collect();
    table(rank::COMPARED, String::new(), &head, entries, ["comparison", "comparisons"])
}

fn risks(verdict: Verdict, rows: &[Row<'_>]) -> Section {
    let noun = match verdict {
        Verdict::DataLoss => ["change that loses data", "changes that lose data"],
        Verdict::ReplacementKept => {
            ["change that retains the old table", "changes that retain the old table"]
        }
        Verdict::Refused => ["change that is refused", "changes that are refused"],
        Verdict::Staged => ["change in stages", "changes in stages"],
        Verdict::InPlaceWithRisk => ["change with a risk", "changes with a risk"],
        Verdict::InPlace | Verdict::None => ["change", "changes"],
    };
    let open = format!("### {}\n\n{}\n\n", title(verdict), meaning(verdict));
    let head = table_head(&["Change", "Value", "Why", "Stack", "Defined at"]);
    let row = |row: &Row<'_>| {
        let words = Wording::located(row.1);
        let why = words.why.map(text).unwrap_or_default();
        table_row(&[what(row, &words), value(&words), why, stack(row.0), place(row.1.at.as_ref())])
    };
    table(rank::RISK, open, &head, rows.iter().map(row).map(Entry::Whole).collect(), noun)
}

/// The server's words and the recipes: too long for a cell.
fn instead(rows: &[Row<'_>]) -> Section {
    let entry = |(comparison, located): &Row<'_>| {
        let change = &located.change;
        let say = answer(answer_lead(change.verdict), change.server_text.as_deref())
            + &change.recipe.as_ref().map(recipe).unwrap_or_default();
        let about =
            format!("**About** {} in {}\n\n", code(&Wording::located(located).name), stack(comparison));
        (!say.is_empty()).then(|| Entry::Whole(about + &say))
    };
    let entries = rows.iter().filter_map(entry).collect();
    let noun = ["answer and recipe", "answers and recipes"];
    Section { rank: rank::INSTEAD, open: String::new(), entries, close: String::new(), noun }
}

fn answer(lead: &str, server_text: Option<&str>) -> String {
    server_text.map(|words| format!("{lead}: {}\n\n", code(words))).unwrap_or_default()
}

fn recipe(recipe: &Recipe) -> String {
    let steps = recipe.steps.iter().zip(1..).map(|(step, number)| format!("{number}. {}\n", text(step)));
    format!("To {}:\n\n{}\n", text(&recipe.goal), steps.collect::<String>())
}

/// Returns all that there is to say of a finding.
pub(crate) fn finding(finding: Finding<'_>) -> String {
    let text = match finding {
        Finding::Change { comparison, located } => {
            let change = &located.change;
            let words = Wording::located(located);
            let values =
                Some(value(&words)).filter(|value| !value.is_empty()).map(|value| format!(": {value}"));
            let mut out = format!(
                "{} in {}{}\n\n{}\n\n",
                what(&(comparison, located), &words),
                stack(comparison),
                values.unwrap_or_default(),
                text(&change.why),
            );
            out += &answer(answer_lead(change.verdict), change.server_text.as_deref());
            out + &change.recipe.as_ref().map(recipe).unwrap_or_default()
        }
        Finding::Problem(FoundProblem { problem, .. }) => {
            let help = problem.help.as_deref().map(|help| format!("help: {}\n\n", text(help)));
            let message = text(&problem.message);
            format!(
                "{message}\n\n{}{}",
                help.unwrap_or_default(),
                answer("AWS would answer", problem.server_text.as_deref())
            )
        }
    };
    text.trim_end().to_owned()
}

/// What policies grant that they did not, or no longer; what widens first.
fn access(review: &Review) -> Section {
    let grants = review.comparisons.iter().flat_map(|it| it.access.iter().map(move |grant| (it, grant)));
    let mut grants: Vec<_> = grants.collect();
    grants.sort_by_key(|(_, grant)| !grant.widens());
    let row = |(comparison, grant): (&Comparison, &AccessChange)| {
        let list = |items: &[String]| items.iter().map(|item| code(item)).collect::<Vec<_>>().join(", ");
        table_row(&[
            access_label(grant).to_owned(),
            list(&grant.principals),
            list(&grant.actions),
            list(&grant.resources),
            grant.condition.as_deref().map(code).unwrap_or_default(),
            stack(comparison),
        ])
    };
    let head = table_head(&["Access", "Principal", "Action", "Resource", "Condition", "Stack"]);
    let open =
        "### Access\n\nWhat policies grant that they did not, and what they grant no longer.\n\n".to_owned();
    let entries = grants.into_iter().map(row).map(Entry::Whole).collect();
    table(rank::RISK, open, &head, entries, ["change of access", "changes of access"])
}

fn problems(review: &Review) -> Section {
    let mut problems: Vec<_> = review.problems.iter().collect();
    problems.sort_by_key(|found| std::cmp::Reverse(found.problem.severity));
    let row = |FoundProblem { problem, environments }: &FoundProblem| {
        let severity = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        table_row(&[
            severity.to_owned(),
            code(&problem.rule),
            text(&problem.message),
            problem.help.as_deref().map(text).unwrap_or_default(),
            problem.server_text.as_deref().map(code).unwrap_or_default(),
            place(Some(&problem.at)),
            environments.iter().map(|name| code(name)).collect::<Vec<_>>().join(", "),
        ])
    };
    let head =
        ["Severity", "Rule", "Problem", "What to do", "AWS would answer", "Defined at", "Environments"];
    let open = "### Problems in the definitions\n\n".to_owned();
    let entries = problems.into_iter().map(row).map(Entry::Whole).collect();
    table(rank::PROBLEM, open, &table_head(&head), entries, ["problem", "problems"])
}

fn harmless(review: &Review) -> Section {
    let rows = rows(review, Verdict::InPlace);
    let changes = review.comparisons.iter().flat_map(|comparison| &comparison.changes);
    let silent = changes.filter(|located| !is_news(&located.change)).count();
    let mut open = fold(&count(rows.len(), ["change in place", "changes in place"]));
    if silent > 0 {
        open += &format!(
            "And {} that only follow from other changes or have no effect.\n\n",
            count(silent, ["change", "changes"])
        );
    }
    let head = table_head(&["Change", "Value", "Stack", "Defined at"]);
    let row = |row: &Row<'_>| {
        let words = Wording::located(row.1);
        table_row(&[what(row, &words), value(&words), stack(row.0), place(row.1.at.as_ref())])
    };
    let entries = rows.iter().map(row).map(Entry::Whole).collect();
    let noun = ["change in place", "changes in place"];
    Section { close: format!("\n{UNFOLD}"), ..table(rank::HARMLESS, open, &head, entries, noun) }
}

fn steps(review: &Review) -> Section {
    let worth = |comparison: &&Comparison| {
        comparison.steps.len() > 1 || comparison.steps.iter().any(|step| !step.waits.is_empty())
    };
    let entry = |comparison: &Comparison| {
        let updates = count(comparison.steps.len(), ["step", "steps"]);
        let mut out = fold(&format!("{updates} of {}", html_stack(comparison)));
        for (step, number) in comparison.steps.iter().zip(1..) {
            out += &format!("{number}. {}\n", step_text(step));
        }
        Entry::Whole(out + "\n" + UNFOLD)
    };
    let entries = review.comparisons.iter().filter(worth).map(entry).collect();
    let noun = ["list of steps", "lists of steps"];
    Section { rank: rank::STEPS, open: String::new(), entries, close: String::new(), noun }
}

/// One thing a line; what is waited for comes last.
fn step_text(step: &Step) -> String {
    let waits = step.waits.iter().map(|waited| format!("then wait until {}", text(&wait(waited))));
    let lines: Vec<String> = step.summary.iter().map(|line| text(line)).chain(waits).collect();
    lines.join("<br>")
}

fn diffs(review: &Review) -> Section {
    let entry = |comparison: &Comparison| {
        let diff = comparison.text_diff.as_deref().filter(|diff| !diff.is_empty())?;
        let fence = fence(diff);
        let title = format!("Template diff of {}", html_stack(comparison));
        Some(Entry::Lines {
            open: format!("{}{fence}diff\n", fold(&title)),
            lines: diff.split_terminator('\n').map(|line| visible(line).into_owned() + "\n").collect(),
            close: format!("{fence}\n\n{UNFOLD}"),
        })
    };
    let entries = review.comparisons.iter().filter_map(entry).collect();
    let noun = ["diff of templates", "diffs of templates"];
    Section { rank: rank::DIFF, open: String::new(), entries, close: String::new(), noun }
}

fn what((_, located): &Row<'_>, words: &Wording<'_>) -> String {
    let kind = words.kind.map(|kind| format!(" ({})", code(kind)));
    format!("{} {}{}", located.change.action.as_str(), code(&words.name), kind.unwrap_or_default())
}

fn value(words: &Wording<'_>) -> String {
    let Some(values) = &words.values else { return String::new() };
    match (&values.before, &values.after) {
        (Some(before), Some(after)) => format!("{} → {}", code(before), code(after)),
        (Some(before), None) => format!("{} → (none)", code(before)),
        (None, after) => after.as_deref().map(code).unwrap_or_default(),
    }
}

fn stack(comparison: &Comparison) -> String {
    match &comparison.environment {
        Some(environment) => format!("{} ({})", code(&comparison.stack), code(environment)),
        None => code(&comparison.stack),
    }
}

fn html_stack(comparison: &Comparison) -> String {
    match &comparison.environment {
        Some(environment) => format!("{} ({})", html_code(&comparison.stack), html_code(environment)),
        None => html_code(&comparison.stack),
    }
}

fn place(at: Option<&Place>) -> String {
    at.map(|at| code(&at.to_string())).unwrap_or_default()
}

const UNFOLD: &str = "</details>\n\n";

fn fold(title: &str) -> String {
    format!("<details>\n<summary>{title}</summary>\n\n")
}

fn table(rank: u8, open: String, head: &str, entries: Vec<Entry>, noun: [&'static str; 2]) -> Section {
    Section { rank, open: open + head, entries, close: "\n".to_owned(), noun }
}

fn table_head(columns: &[&str]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
    table_row(&columns) + &table_row(&vec!["---".to_owned(); columns.len()])
}

fn table_row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}
