//! `check --online`: what CloudFormation says of the stacks, without executing anything.

use tablewright::{Place, Problem, Stack};
use tablewright_cloudformation::{PrepareError, ValidationDetail};
use tablewright_deploy::{
    Error, EventSender, Job, JobError, NotAsked, OnlineCheck, Options, Rollout, Schedule, WaitOptions,
    plan_stack,
};
use tablewright_dynamodb::advice;
use tablewright_plan::{Language, PlanOptions};

use crate::args::Common;
use crate::args::aws::AwsArgs;
use crate::args::deployment::ParameterArgs;
use crate::error::{CommandError, Result};
use crate::event_loop::{Interrupts, run};
use crate::report::failure::{interrupted_before, rollout_failed};
use crate::report::printable;
use crate::source::stacks::RenderedStacks;
use crate::target::SelectedTarget;

/// The rule of problems that CloudFormation tells.
const RULE: &str = "CFN";

/// Arguments of a check by CloudFormation.
#[derive(clap::Args)]
pub(super) struct OnlineArgs {
    /// Also ask CloudFormation, without executing anything: names in use, quotas, its validation, hooks
    ///
    /// It creates the change set of each stack as `deploy` would, reads what CloudFormation says of it, and deletes it. One environment
    /// is checked: `--env`, or the default one.
    #[arg(long)]
    pub(super) online: bool,
    #[command(flatten)]
    aws: AwsArgs,
    #[command(flatten)]
    parameters: ParameterArgs,
}

impl OnlineArgs {
    /// Returns an error where arguments are given that only `--online` uses.
    pub(super) fn validate(&self) -> Result<()> {
        if self.online || !self.aws.is_given() && !self.parameters.is_given() {
            return Ok(());
        }
        Err(CommandError::usage("a target, parameters and tags are used with `--online` only")
            .hint("add `--online` to ask CloudFormation, or omit them"))
    }
}

/// What CloudFormation has said of an environment.
pub(super) struct Answers {
    /// The stacks that it was asked about.
    pub(super) asked: usize,
    pub(super) problems: Vec<Problem>,
    /// What it was not asked.
    pub(super) notes: Vec<String>,
}

/// Asks CloudFormation about the stacks of an environment.
pub(super) fn ask(common: &Common, args: &OnlineArgs, mut wanted: RenderedStacks) -> Result<Answers> {
    let given = args.parameters.read()?;
    given.apply(&mut wanted.stacks)?;
    let options = Options { environment: wanted.env_name.clone(), ..given.for_env(&wanted.env) };
    let plan_options = PlanOptions { language: Language::Rust, ..PlanOptions::default() };
    run(async {
        let mut interrupts = Interrupts::listen()?;
        let target = tokio::select! {
            target = args.aws.connect(common, &wanted.scratch, &wanted.env) => target?,
            () = interrupts.next() => return Err(interrupted_before()),
        };
        let jobs = tokio::select! {
            jobs = plan(&target, &wanted, &options, &plan_options) => jobs?,
            () = interrupts.next() => return Err(interrupted_before()),
        };
        let schedule = Schedule::new(&jobs, 1, true)?;
        let (events, _receiver) = EventSender::channel();
        let rollout = Rollout::new(&jobs, &plan_options, WaitOptions::default(), &events);
        let checks = tokio::select! {
            checks = Box::pin(rollout.check_online(&schedule)) => Some(checks),
            () = interrupts.next() => None,
        };
        let failed = |error: JobError| rollout_failed(&target, jobs[error.job.index()].stack, *error.error);
        if let Some(left) = rollout.discard_open().await.pop() {
            return Err(failed(left));
        }
        Ok(answers(&target, &jobs, checks.ok_or_else(interrupted_before)?.map_err(failed)?))
    })
}

async fn plan<'a>(
    target: &'a SelectedTarget,
    wanted: &'a RenderedStacks,
    options: &'a Options,
    plan_options: &'a PlanOptions,
) -> Result<Vec<Job<'a>>> {
    let mut jobs = Vec::new();
    for (stack, rendered) in &wanted.stacks {
        jobs.push(plan_stack(&target.target, stack, rendered.clone(), options, plan_options).await?);
    }
    Ok(jobs)
}

fn answers(target: &SelectedTarget, jobs: &[Job<'_>], checks: Vec<OnlineCheck>) -> Answers {
    let mut answers = Answers { asked: 0, problems: Vec::new(), notes: Vec::new() };
    for (job, check) in jobs.iter().zip(checks) {
        let stack = job.stack;
        match check {
            OnlineCheck::NotAsked(reason) => {
                answers.problems.push(Problem::warning(RULE, &stack.at, not_asked(target, stack, reason)));
            }
            OnlineCheck::Accepted { warnings, later_steps } => {
                answers.asked += 1;
                answers.problems.extend(warnings.iter().map(|detail| problem(stack, detail)));
                if later_steps > 0 {
                    answers.notes.push(format!(
                        "stack {}: CloudFormation was asked about the first step; {later_steps} more follow once it is deployed",
                        stack.id
                    ));
                }
            }
            OnlineCheck::Refused(error) => {
                answers.asked += 1;
                answers.problems.extend(problems(stack, error));
            }
            _ => {}
        }
    }
    answers
}

fn not_asked(target: &SelectedTarget, stack: &Stack, reason: NotAsked) -> String {
    let why = match reason {
        NotAsked::PlanRefused => {
            format!("its plan is refused or needs consent, as {} shows", target.command("diff", &stack.id))
        }
        NotAsked::DependsOnAnother => "it depends on a stack that has to be deployed first".to_owned(),
        NotAsked::CreationRolledBack => {
            "its creation was rolled back, and it must be deleted first".to_owned()
        }
    };
    format!("stack {}: CloudFormation was not asked, because {why}", stack.id)
}

fn problems(stack: &Stack, error: Error) -> Vec<Problem> {
    match error {
        Error::Prepare { error: PrepareError::Failed { details, .. }, .. } if !details.is_empty() => {
            details.iter().map(|detail| problem(stack, detail)).collect()
        }
        Error::Prepare { error: PrepareError::Failed { reason, .. }, .. } => {
            let message =
                format!("CloudFormation refuses the change of stack {}: {}", stack.id, printable(&reason));
            vec![helped(Problem::error(RULE, &stack.at, message), advice(&reason))]
        }
        error => {
            let resource = match &error {
                Error::Disagreement { resource, .. } | Error::DeniedByStackPolicy { resource, .. } => {
                    Some(resource.logical_id.as_str())
                }
                _ => None,
            };
            vec![Problem::error(RULE, place(stack, resource), printable(&error.to_string()))]
        }
    }
}

/// Returns a finding of CloudFormation's checks or of a hook, at the line of its resource.
fn problem(stack: &Stack, detail: &ValidationDetail) -> Problem {
    let id = detail.logical_id.as_deref();
    let (at, reason) = (place(stack, id), printable(&detail.reason));
    let what = id.map_or_else(|| format!("the template of stack {}", stack.id), |id| format!("`{id}`"));
    // The type of a hook; the checks of CloudFormation itself have names such as `NAME_CONFLICT_VALIDATION`.
    let hook = detail.name.as_deref().filter(|name| name.contains("::"));
    let who = hook.map_or_else(|| "CloudFormation".to_owned(), |hook| format!("hook {}", printable(hook)));
    let problem = if detail.is_warning {
        Problem::warning(RULE, at, format!("{who} warns of {what}: {reason}"))
    } else {
        Problem::error(RULE, at, format!("{who} refuses {what}: {reason}"))
    };
    helped(problem, detail.advice.as_deref().or_else(|| advice(&detail.reason)))
}

fn helped(problem: Problem, help: Option<&str>) -> Problem {
    match help {
        Some(help) => problem.help(printable(help)),
        None => problem,
    }
}

fn place<'a>(stack: &'a Stack, logical_id: Option<&str>) -> &'a Place {
    logical_id.and_then(|id| stack.place_of("Resources", id, None)).unwrap_or(&stack.at)
}
