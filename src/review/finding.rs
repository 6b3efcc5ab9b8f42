//! Findings of a review, for changes and problems, the worst first.
//!
//! SARIF, Code Quality, JUnit and annotations are written from them. *Invariant:* the order depends only on the review.

use std::cmp::Reverse;

use tablewright::{Place, Severity};
use tablewright_plan::Verdict;

use crate::visible::visible;
use crate::wording::answer_lead;
use crate::{Comparison, FoundProblem, Located, Review, Wording, cut, is_news, title};

/// Something to see at a line of code.
#[derive(Clone, Copy)]
pub(crate) enum Finding<'a> {
    Change { comparison: &'a Comparison, located: &'a Located },
    Problem(&'a FoundProblem),
}

/// How loud a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Note,
    Warning,
    Error,
}

/// Where a finding is shown: a line, or a file as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot<'a> {
    pub(crate) file: &'a str,
    pub(crate) line: Option<u32>,
}

/// Returns what has something to say, worst first, else in the order of the review.
pub(crate) fn findings(review: &Review) -> Vec<Finding<'_>> {
    let changes = review.comparisons.iter().flat_map(|comparison| {
        let news = comparison.changes.iter().filter(|located| is_news(&located.change));
        news.map(move |located| Finding::Change { comparison, located })
    });
    let mut findings: Vec<_> = changes.chain(review.problems.iter().map(Finding::Problem)).collect();
    findings.sort_by_key(|finding| Reverse(finding.weight()));
    findings
}

impl<'a> Finding<'a> {
    pub(crate) fn level(self) -> Level {
        match self {
            Self::Change { located, .. } => level(located.change.verdict),
            Self::Problem(found) => match found.problem.severity {
                Severity::Error => Level::Error,
                Severity::Warning => Level::Warning,
            },
        }
    }

    /// Returns how bad it is. A problem has the severity of the corresponding verdict: an error is what AWS would refuse, a warning is a risk.
    pub(crate) fn weight(self) -> Verdict {
        match self {
            Self::Change { located, .. } => located.change.verdict,
            Self::Problem(found) => match found.problem.severity {
                Severity::Error => Verdict::Refused,
                Severity::Warning => Verdict::InPlaceWithRisk,
            },
        }
    }

    /// The Rust line of the change, else that of its stack, else the template, else what the review has for anything else.
    pub(crate) fn spot(self, review: &'a Review) -> Option<Spot<'a>> {
        let line = |at: &'a Place| Spot { file: &at.file, line: Some(at.line) };
        match self {
            Self::Change { comparison, located } => {
                let file = || comparison.template.as_deref().map(|file| Spot { file, line: None });
                let at = located.at.as_ref().or(comparison.at.as_ref()).map(line).or_else(file);
                at.or_else(|| review.at.as_ref().map(line))
            }
            Self::Problem(found) => Some(line(&found.problem.at)),
        }
    }

    /// The subject without what is said of it: `modify Notes.BillingMode`.
    pub(crate) fn name(self) -> String {
        let name = match self {
            Self::Change { located, .. } => {
                let change = &located.change;
                format!("{} {}", change.action.as_str(), Wording::located(located).name)
            }
            Self::Problem(found) => format!("{}: {}", found.problem.rule, found.problem.message),
        };
        shown(&name, MOST_OF_A_TITLE)
    }

    /// The subject, in a few words.
    pub(crate) fn title(self) -> String {
        let title = match self {
            Self::Change { located, .. } => {
                let change = &located.change;
                format!("{}: {}", title(change.verdict), Wording::located(located).name)
            }
            Self::Problem(found) => found.problem.rule.clone(),
        };
        shown(&title, MOST_OF_A_TITLE)
    }

    /// All that there is to say, one thing a line, without characters that a terminal or a viewer would obey.
    pub(crate) fn lines(self) -> Vec<String> {
        let lines = match self {
            Self::Change { comparison, located } => change_lines(comparison, located),
            Self::Problem(FoundProblem { problem, environments }) => {
                // A problem can have several lines; a change has names, in which a line break means harm.
                let message = problem.message.split('\n').map(|line| line.trim_end_matches('\r').to_owned());
                let mut lines: Vec<String> = message.collect();
                let help = problem.help.iter().flat_map(|help| help.split('\n')).zip(0..);
                lines.extend(
                    help.map(|(line, at)| if at == 0 { format!("help: {line}") } else { line.to_owned() }),
                );
                lines.extend(problem.server_text.iter().map(|text| format!("AWS would answer: {text}")));
                if !environments.is_empty() {
                    lines.push(format!("in {}", environments_text(environments)));
                }
                lines
            }
        };
        lines.iter().map(|line| shown(line, MOST_OF_A_LINE)).collect()
    }
}

/// Returns `environment dev`, or `environments dev and prod`.
fn environments_text(environments: &[String]) -> String {
    match environments {
        [one] => format!("environment {one}"),
        [all @ .., last] => format!("environments {} and {last}", all.join(", ")),
        [] => String::new(),
    }
}

/// A name can be as long as a template.
const MOST_OF_A_TITLE: usize = 300;
const MOST_OF_A_LINE: usize = 4_000;

fn shown(line: &str, width: usize) -> String {
    cut(&visible(line), width)
}

fn change_lines(comparison: &Comparison, located: &Located) -> Vec<String> {
    let (change, words) = (&located.change, Wording::located(located));
    let values = words.values.map_or_else(String::new, |values| format!(": {values}"));
    let place = match &comparison.environment {
        Some(environment) => format!("{} ({environment})", comparison.stack),
        None => comparison.stack.clone(),
    };
    let mut lines = vec![format!("{} {} in {place}{values}", change.action.as_str(), words.name)];
    lines.push(change.why.clone());
    let lead = answer_lead(change.verdict);
    lines.extend(change.server_text.iter().map(|text| format!("{lead}: {text}")));
    if let Some(recipe) = &change.recipe {
        lines.push(format!("To {}:", recipe.goal));
        lines.extend(recipe.steps.iter().zip(1..).map(|(step, number)| format!("{number}. {step}")));
    }
    lines
}

pub(crate) fn level(verdict: Verdict) -> Level {
    match verdict {
        Verdict::None | Verdict::InPlace => Level::Note,
        Verdict::InPlaceWithRisk | Verdict::Staged => Level::Warning,
        Verdict::Refused | Verdict::ReplacementKept | Verdict::DataLoss => Level::Error,
    }
}

/// Returns the stable id of what a finding is an instance of: a verdict (`change/data-loss`), or a rule of `check` (`K2`).
pub(crate) fn rule(finding: Finding<'_>) -> String {
    match finding {
        Finding::Change { located, .. } => change_rule(located.change.verdict),
        Finding::Problem(found) => found.problem.rule.clone(),
    }
}

pub(crate) fn change_rule(verdict: Verdict) -> String {
    format!("change/{verdict}")
}
