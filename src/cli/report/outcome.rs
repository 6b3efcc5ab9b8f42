//! What became of the stacks of a deployment: a line for each, and the error that the command ends with.

use tablewright_deploy::Job;

use crate::error::CommandError;
use crate::target::SelectedTarget;

/// The result of a stack, for the summary.
pub(crate) enum Outcome {
    Done,
    Failed(CommandError),
    NotStarted(String),
}

/// Returns what is deployed of a stack whose rollout has failed later, and how to go on.
pub(crate) fn deployed_before(target: &SelectedTarget, job: &Job<'_>, succeeded: usize) -> String {
    let command = target.command("deploy", &job.stack.id);
    match (succeeded, job.plan.steps.len()) {
        (1, 0 | 1) => {
            format!(
                "the change of stack {} is deployed; {command} compares again what is deployed",
                job.label
            )
        }
        (1, _) => {
            format!("the first step of stack {} is deployed; {command} continues from there", job.label)
        }
        (steps, _) => {
            format!("{steps} steps of stack {} are deployed; {command} continues from there", job.label)
        }
    }
}

/// Returns a line for each stack.
pub(crate) fn summary(jobs: &[Job<'_>], outcomes: &[Outcome]) -> String {
    let widest = jobs.iter().map(|job| job.label.len()).max().unwrap_or_default();
    let line = |(job, outcome): (&Job<'_>, &Outcome)| {
        let outcome = match outcome {
            Outcome::Done => "done".to_owned(),
            Outcome::Failed(error) => format!("failed: {}", error.error),
            Outcome::NotStarted(because) => format!("not started: {because}"),
        };
        format!("{:widest$}  {}", job.label, outcome.lines().next().unwrap_or_default())
    };
    jobs.iter().zip(outcomes).map(line).collect::<Vec<_>>().join("\n")
}

/// Returns the error of the first failed stack; the summary has the others.
pub(crate) fn first_error(outcomes: Vec<Outcome>) -> Option<CommandError> {
    let mut failed = outcomes.into_iter().filter_map(|outcome| match outcome {
        Outcome::Failed(error) => Some(error),
        Outcome::Done | Outcome::NotStarted(_) => None,
    });
    let first = failed.next()?;
    match failed.count() {
        0 => Some(first),
        others => Some(first.hint(format!("{others} more failed; see above"))),
    }
}
