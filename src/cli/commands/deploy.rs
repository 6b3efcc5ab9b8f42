use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::anyhow;
use tablewright_plan::{PlanOptions, Verdict};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::args::Common;
use crate::args::aws::{AwsArgs, Target};
use crate::args::deployment::{Deed, OptionArgs, Options};
use crate::commands::changes::Changes;
use crate::commands::endings::{conclude, detached, interrupted_before};
use crate::commands::planning::{Job, gate, hold_to, know, plan_stack, show};
use crate::commands::reviewed::Reviewed;
use crate::commands::together::{End, Together, carry_out};
use crate::error::{CommandError, Result};
use crate::event_loop::{Facts, Interrupted, Interrupts, drive, run};
use crate::exit::Exit;
use crate::prompt::{ask, must_be_able_to_ask};
use crate::report::fact::Fact;
use crate::report::{Form, Reporter};
use crate::source::stacks::{Wanted, of_definitions, rendered_before};

/// Plan the change, show it, ask, deploy it, and watch until the tables can be used
#[derive(clap::Args)]
pub(super) struct Args {
    /// Stacks to deploy (default: all)
    #[arg(value_name = "STACK")]
    stacks: Vec<String>,
    /// Deploy the very templates that `render --out DIR` wrote and that were reviewed: needs no Rust and no definitions
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    #[command(flatten)]
    aws: AwsArgs,
    /// Deploy to several environments of tablewright.toml in one run, each to its own account and region
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "env")]
    envs: Vec<String>,
    /// How many stacks to work on at once; a stack always waits for those that it takes something from
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=100))]
    concurrency: u16,
    /// When a stack fails, go on with those that do not wait for it
    #[arg(long)]
    keep_going: bool,
    /// Do not ask; the sandbox never does
    #[arg(long, short)]
    yes: bool,
    /// Execute only what was reviewed: what `diff --report json=FILE` has written
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Refuse this verdict and every worse one, such as `in-place-with-risk`
    #[arg(long, value_name = "VERDICT", value_delimiter = ',')]
    deny: Vec<Verdict>,
    /// Let a change replace or delete this table: its logical id, typed by name (may be repeated)
    #[arg(long, value_name = "TABLE")]
    allow_replace: Vec<String>,
    #[command(flatten)]
    options: OptionArgs,
    /// How to show what happens
    #[arg(long, value_name = "FORM", default_value = "auto")]
    pub(super) output: Form,
}

pub(super) fn deploy(common: &Common, args: &Args) -> Result<Exit> {
    let envs: Vec<Option<&str>> = match &args.envs[..] {
        [] => vec![None],
        envs => envs.iter().map(|env| Some(env.as_str())).collect(),
    };
    let wanted = envs.into_iter().map(|env| match &args.from {
        Some(folder) => rendered_before(common, folder, env, &args.stacks),
        None => of_definitions(common, env, &args.stacks),
    });
    let mut wanted = wanted.collect::<Result<Vec<_>>>()?;
    let options = args.options.read()?;
    options.apply(wanted.iter_mut().flat_map(|wanted| &mut wanted.stacks))?;
    let reviewed = args.plan.as_deref().map(Reviewed::read).transpose()?;
    run(async {
        let mut interrupts = Interrupts::listen()?;
        let mut reporter = Reporter::new(args.output, common.quiet);
        let targets = tokio::select! {
            targets = connect(common, args, &wanted) => targets?,
            () = interrupts.next() => return Err(interrupted_before()),
        };
        let (facts, receiver) = Facts::channel();
        let mut run = Run {
            args,
            options: &options,
            reviewed: reviewed.as_ref(),
            facts,
            receiver,
            reporter: &mut reporter,
            interrupts: &mut interrupts,
        };
        run.deploy(&wanted, &targets).await
    })
}

/// Connects to where each environment is, so that all credentials are known to work before anything is changed.
async fn connect(common: &Common, args: &Args, wanted: &[Wanted]) -> Result<Vec<Target>> {
    let mut targets: Vec<Target> = Vec::new();
    for Wanted { env_name, scratch, env, .. } in wanted {
        let target = args.aws.connect(common, scratch, env).await;
        let mut target = match wanted.len() {
            1 => target?,
            _ => target.map_err(|error| error.context(format!("environment {env_name}")))?.of(env_name),
        };
        // One budget of calls for what is in one place.
        if let Some(other) = targets.iter().find(|other| other.is_beside(&target)) {
            target.pace = other.pace.clone();
        }
        targets.push(target);
    }
    Ok(targets)
}

/// One run of the command.
struct Run<'a> {
    args: &'a Args,
    options: &'a Options,
    reviewed: Option<&'a Reviewed>,
    facts: Facts,
    receiver: UnboundedReceiver<Fact>,
    reporter: &'a mut Reporter,
    interrupts: &'a mut Interrupts,
}

impl Run<'_> {
    async fn deploy(&mut self, wanted: &[Wanted], targets: &[Target]) -> Result<Exit> {
        let allow: BTreeSet<String> = self.args.allow_replace.iter().cloned().collect();
        let plan_options = PlanOptions { allow, ..PlanOptions::default() };
        // In the sandbox nothing is at stake, and a newcomer's first command has to end with tables.
        let yes = self.args.yes || targets.iter().all(|target| target.is_sandbox);

        let planning = plan_all(wanted, targets, &plan_options, self.options, &self.facts);
        let planned = drive(planning, &mut self.receiver, self.reporter, self.interrupts).await;
        let jobs = planned.unwrap_or_else(|Interrupted| Err(interrupted_before()))?;
        show(&jobs, self.reporter);
        know(&plan_options.allow, &jobs)?;
        if let Some(reviewed) = self.reviewed {
            hold_to(reviewed, &jobs)?;
        }
        gate(&jobs, self.args.deny.iter().min().copied())?;
        let together = Together::of(&jobs, self.args.concurrency, self.args.keep_going)?;
        let has_changes = jobs.iter().any(Job::has_changes);
        if has_changes {
            must_be_able_to_ask(yes)?;
        }

        let facts = self.facts.clone();
        let changes = Changes::new(&facts, &plan_options, self.options, &self.args.options);
        let prepared = drive(
            changes.prepare_all(&jobs, |at| together.waits_for_nothing(at)),
            &mut self.receiver,
            self.reporter,
            self.interrupts,
        )
        .await;
        let first = match prepared {
            Ok(Ok(first)) => first,
            Ok(Err(error)) => return Err(changes.discard_open().await.unwrap_or(error)),
            Err(Interrupted) => return Err(changes.discard_open().await.unwrap_or_else(interrupted_before)),
        };
        if has_changes {
            let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
            let question = format!("Deploy to {}?", names.join(" and "));
            let asked = ask(&question, yes);
            let refusal = match drive(asked, &mut self.receiver, self.reporter, self.interrupts).await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error),
                Err(Interrupted) => Some(interrupted_before()),
            };
            if let Some(refusal) = refusal {
                return Err(changes.discard_open().await.unwrap_or(refusal));
            }
        }

        let work = carry_out(&jobs, &together, &changes, first);
        match drive(work, &mut self.receiver, self.reporter, self.interrupts).await {
            Ok(ends) => {
                let left = changes.discard_open().await;
                if jobs.len() > 1 && ends.iter().any(|end| !matches!(end, End::Done)) {
                    self.reporter.say(&table(&jobs, &ends));
                }
                first_trouble(ends).or(left).map_or(Ok(Exit::Done), Err)
            }
            Err(Interrupted) => {
                let left = changes.discard_open().await;
                let running = changes.running();
                if self.args.options.on_interrupt == Deed::Cancel && !running.is_empty() {
                    return Err(self.cancel(&jobs, &running, &changes).await);
                }
                Err(match &running[..] {
                    [] => left.unwrap_or_else(interrupted_before),
                    running => {
                        detached(running.iter().map(|at| (jobs[*at].target, jobs[*at].stack.id.as_str())))
                    }
                })
            }
        }
    }
}

impl Run<'_> {
    /// Cancels what runs; a second interrupt leaves at once.
    async fn cancel<'a>(
        &mut self,
        jobs: &[Job<'a>],
        running: &[usize],
        changes: &Changes<'a>,
    ) -> CommandError {
        let facts = self.facts.clone();
        let cancelling = async {
            let mut trouble = None;
            for at in running {
                let job = &jobs[*at];
                let ended = match changes.cancel(*at, job).await {
                    Ok(ending) => conclude(job.target, job.stack, &job.label, &facts, ending),
                    Err(error) => Err(error),
                };
                trouble = ended.err().or(trouble);
            }
            trouble.unwrap_or_else(|| {
                CommandError::new(Exit::RolledBack, anyhow!("interrupted; what ran had ended by itself"))
            })
        };
        match drive(cancelling, &mut self.receiver, self.reporter, self.interrupts).await {
            Ok(error) => error,
            Err(Interrupted) => {
                detached(running.iter().map(|at| (jobs[*at].target, jobs[*at].stack.id.as_str())))
            }
        }
    }
}

async fn plan_all<'a>(
    wanted: &'a [Wanted],
    targets: &'a [Target],
    plan_options: &PlanOptions,
    options: &Options,
    facts: &Facts,
) -> Result<Vec<Job<'a>>> {
    let mut jobs = Vec::new();
    for (wanted, target) in wanted.iter().zip(targets) {
        for (stack, rendered) in &wanted.stacks {
            let job = plan_stack(target, &wanted.env, stack, rendered.clone(), plan_options, options).await?;
            facts.tell(Fact::Planned { stack: job.label.clone(), plan: job.plan.clone() });
            jobs.push(job);
        }
    }
    Ok(jobs)
}

/// Returns a line for each stack, since the errors of one do not say what became of the others.
fn table(jobs: &[Job<'_>], ends: &[End]) -> String {
    let widest = jobs.iter().map(|job| job.label.len()).max().unwrap_or_default();
    let line = |(job, end): (&Job<'_>, &End)| {
        let end = match end {
            End::Done => "done".to_owned(),
            End::Trouble(error) => format!("failed: {}", error.error),
            End::NotBegun { because } => format!("not begun: {because}"),
        };
        format!("{:widest$}  {}", job.label, end.lines().next().unwrap_or_default())
    };
    jobs.iter().zip(ends).map(line).collect::<Vec<_>>().join("\n")
}

/// Returns the error of the first stack that failed. The others have told theirs in their own lines.
fn first_trouble(ends: Vec<End>) -> Option<CommandError> {
    let mut others = 0;
    let mut first: Option<CommandError> = None;
    for end in ends {
        match (end, &mut first) {
            (End::Trouble(error), None) => first = Some(error),
            (End::Trouble(_), Some(_)) => others += 1,
            (End::Done | End::NotBegun { .. }, _) => {}
        }
    }
    let first = first?;
    Some(if others == 0 { first } else { first.hint(format!("{others} more failed; see above")) })
}
