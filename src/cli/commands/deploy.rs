use std::path::{Path, PathBuf};

use anyhow::anyhow;
use tablewright_cloudformation::stack::StackSummary;
use tablewright_deploy::{
    Consent, EventSender, Job, JobError, JobId, JobResult, NotStarted, Options, ResourcePath, ReviewedPlan,
    Rollout, RolloutEvent, Schedule, TableReading, check_consents, conclude, deny, plan_stack,
    read_changed_tables, require_reviewed_plan, require_steps,
};
use tablewright_plan::{Language, PlanOptions, Verdict, Wait};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::args::Common;
use crate::args::aws::AwsArgs;
use crate::args::deployment::DeployArgs;
use crate::error::{CommandError, Result};
use crate::event_loop::{Interrupted, Interrupts, run, run_until_interrupted};
use crate::exit::Exit;
use crate::prompt::{ask, must_be_able_to_ask};
use crate::report::failure::{detached, interrupted_before, not_defined, rollout_failed};
use crate::report::outcome::{Outcome, deployed_before, first_error, summary};
use crate::report::plan::{show, show_found, show_warnings};
use crate::report::{OutputFormat, Reporter, printable};
use crate::source::stacks::{RenderedStacks, of_definitions, rendered_before};
use crate::target::SelectedTarget;

/// Plan the change, ask for confirmation, deploy it, and wait until the tables are ready
#[derive(clap::Args)]
pub(super) struct Args {
    /// Stacks to deploy (default: all)
    #[arg(value_name = "STACK")]
    stacks: Vec<String>,
    /// Deploy templates written by `render --out DIR`, without cargo and the definitions
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    #[command(flatten)]
    aws: AwsArgs,
    /// Deploy to several environments of tablewright.toml, each in its own account and Region
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "env")]
    envs: Vec<String>,
    /// How many stacks to deploy at the same time; dependencies are always deployed first
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=100))]
    concurrency: u16,
    /// After a failure, continue with stacks that do not depend on the failed one
    #[arg(long)]
    keep_going: bool,
    /// Do not ask for confirmation (the default in the sandbox)
    #[arg(long, short)]
    yes: bool,
    /// Deploy only if the plan still matches this reviewed plan, written by `diff --report json=FILE`
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Refuse changes with this verdict or a worse one, such as `in-place-with-risk`
    #[arg(long, value_name = "VERDICT", value_delimiter = ',')]
    deny: Vec<Verdict>,
    /// Allow a change that replaces this resource or removes it from its stack, and retains it (may be repeated)
    #[arg(long, value_name = "ENV/STACK/RESOURCE")]
    allow_replacement: Vec<ResourcePath>,
    /// Allow a change that loses the data of this resource (may be repeated)
    #[arg(long, value_name = "ENV/STACK/RESOURCE")]
    allow_data_loss: Vec<ResourcePath>,
    /// Allow indexes of this table to be deleted and created again under their name; queries on them fail meanwhile (may be repeated)
    #[arg(long, value_name = "ENV/STACK/TABLE")]
    allow_index_rebuild: Vec<ResourcePath>,
    /// Replaced by `--allow-replacement` and `--allow-data-loss`
    #[arg(long, value_name = "TABLE", hide = true)]
    allow_replace: Vec<String>,
    #[command(flatten)]
    deployment: DeployArgs,
    /// Output format of the progress
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub(super) output: OutputFormat,
}

pub(super) fn deploy(common: &Common, args: &Args) -> Result<Exit> {
    let envs: Vec<Option<&str>> = match &args.envs[..] {
        [] => vec![None],
        envs => envs.iter().map(|env| Some(env.as_str())).collect(),
    };
    let sources = envs.into_iter().map(|env| match &args.from {
        Some(folder) => rendered_before(common, folder, env, &args.stacks),
        None => of_definitions(common, &common.project()?, env, &args.stacks),
    });
    let mut sources = sources.collect::<Result<Vec<_>>>()?;
    let merged = args.deployment.read()?;
    merged.apply(sources.iter_mut().flat_map(|source| &mut source.stacks))?;
    if args.stacks.is_empty() {
        sources.iter().try_for_each(RenderedStacks::check_parameters)?;
    }
    let consents = consents(args)?;
    let for_env = |source: &RenderedStacks| Options {
        environment: source.env_name.clone(),
        consents: consents.clone(),
        index_rebuilds: args.allow_index_rebuild.clone(),
        ..merged.for_env(&source.env)
    };
    let options: Vec<Options> = sources.iter().map(for_env).collect();
    let reviewed = args.plan.as_deref().map(read_plan).transpose()?;
    run(async {
        let mut interrupts = Interrupts::listen()?;
        let mut reporter = Reporter::new(args.output, common.quiet);
        let targets = tokio::select! {
            targets = connect(common, args, &sources) => targets?,
            () = interrupts.next() => return Err(interrupted_before()),
        };
        let (events, receiver) = EventSender::channel();
        let mut run = Run {
            args,
            targets: &targets,
            reviewed: reviewed.as_ref(),
            events,
            receiver,
            reporter: &mut reporter,
            interrupts: &mut interrupts,
        };
        run.deploy(&sources, &options).await
    })
}

/// Reads the flags that consent to a loss.
fn consents(args: &Args) -> Result<Vec<Consent>> {
    if let Some(table) = args.allow_replace.first() {
        return Err(CommandError::usage("`--allow-replace` does not say in which stack and environment").hint(format!(
            "write `--allow-replacement ENV/STACK/{table}`, or `--allow-data-loss ENV/STACK/{table}` to lose its items; the plan shows which"
        )));
    }
    let consent = |verdict| move |resource: &ResourcePath| Consent { resource: resource.clone(), verdict };
    let replacements = args.allow_replacement.iter().map(consent(Verdict::ReplacementKept));
    Ok(replacements.chain(args.allow_data_loss.iter().map(consent(Verdict::DataLoss))).collect())
}

/// `deploy` reads the plan format that `diff` writes.
const _: () = assert!(tablewright_deploy::PLAN_SCHEMA == tablewright_review::SCHEMA);

fn read_plan(file: &Path) -> Result<ReviewedPlan> {
    let shown = file.display();
    let json = std::fs::read(file)
        .map_err(|error| CommandError::new(Exit::Usage, error).context(format!("cannot read {shown}")))?;
    ReviewedPlan::parse(&json)
        .map_err(|error| CommandError::from(error).context(format!("cannot use plan {shown}")))
}

/// Connects to the targets of all environments, so that invalid credentials are detected before anything is changed.
async fn connect(common: &Common, args: &Args, sources: &[RenderedStacks]) -> Result<Vec<SelectedTarget>> {
    let mut targets: Vec<SelectedTarget> = Vec::new();
    for RenderedStacks { env_name, scratch, env, stacks, .. } in sources {
        let target = args.aws.connect(common, scratch, env).await;
        let mut target = match sources.len() {
            1 => target?,
            _ => target.map_err(|error| error.context(format!("environment {env_name}")))?.in_env(env_name),
        };
        if args.plan.is_some() {
            target.know_account().await;
        }
        if args.from.is_some() {
            target.from.clone_from(&args.from);
            let names = stacks.iter().filter_map(|(stack, _)| Some((stack.id.clone(), stack.name.clone()?)));
            target.stack_names.extend(names);
        }
        // One rate limit for each account and Region.
        if let Some(other) = targets.iter().find(|other| other.target.shares_rate_limit_with(&target.target))
        {
            target.target.pace = other.target.pace.clone();
        }
        targets.push(target);
    }
    Ok(targets)
}

/// One run of the command.
struct Run<'a> {
    args: &'a Args,
    targets: &'a [SelectedTarget],
    reviewed: Option<&'a ReviewedPlan>,
    events: EventSender,
    receiver: UnboundedReceiver<RolloutEvent>,
    reporter: &'a mut Reporter,
    interrupts: &'a mut Interrupts,
}

impl Run<'_> {
    async fn deploy(&mut self, sources: &[RenderedStacks], options: &[Options]) -> Result<Exit> {
        let plan_options = PlanOptions { language: Language::Rust, ..PlanOptions::default() };
        let (events, targets) = (self.events.clone(), self.targets);
        let listed = self.args.stacks.is_empty().then_some(sources);
        let planning = async {
            tokio::join!(
                plan_all(sources, targets, options, &plan_options, &events),
                list_not_defined(listed.unwrap_or_default(), targets, &events),
            )
        };
        let (jobs, notes) = self.in_time(planning).await?;
        let jobs = jobs?;
        let tables = self.in_time(read_tables(&jobs, &events)).await?;
        show(&jobs, &tables, self.reporter);
        for note in notes {
            self.reporter.say(&note);
        }
        self.check(&jobs, options)?;
        let schedule = Schedule::new(&jobs, usize::from(self.args.concurrency), self.args.keep_going)?;
        let rollout = Rollout::new(&jobs, &plan_options, self.args.deployment.wait_options(), &events)
            .denying(self.args.deny.iter().min().copied())
            .reviewed(self.reviewed.is_some());
        self.approve(&jobs, &rollout, &schedule).await?;
        self.execute(&jobs, &rollout, &schedule).await
    }

    /// Checks the preconditions of the rollout, those of the command line first.
    fn check(&mut self, jobs: &[Job<'_>], options: &[Options]) -> Result<()> {
        if let Some(made) = self.reviewed.and_then(ReviewedPlan::made) {
            self.reporter.say(&format!("The plan was made at {}.", printable(made)));
        }
        let failed = |error| self.job_failed(jobs, error);
        if let Some(options) = options.first() {
            check_consents(options, jobs)?;
        }
        if let Some(reviewed) = self.reviewed {
            require_reviewed_plan(reviewed, jobs).map_err(failed)?;
        }
        if let Some(limit) = self.args.deny.iter().min() {
            deny(jobs, *limit).map_err(failed)?;
        }
        require_steps(jobs).map_err(failed)?;
        if jobs.iter().any(Job::has_changes) { must_be_able_to_ask(self.yes()) } else { Ok(()) }
    }

    /// Creates the first change sets and asks for confirmation. If it is denied, the change sets are deleted.
    async fn approve(&mut self, jobs: &[Job<'_>], rollout: &Rollout<'_>, schedule: &Schedule) -> Result<()> {
        let prepared = self.until_interrupted(rollout.prepare(schedule)).await;
        for (position, job) in jobs.iter().enumerate() {
            show_found(job, &rollout.found(JobId::new(position)), self.reporter);
            show_warnings(job, &rollout.warnings(JobId::new(position)), self.reporter);
        }
        // A misspelled consent explains why one is missing.
        let prepared = prepared.map(|prepared| match rollout.check_nested_consents() {
            Ok(()) => prepared,
            Err(error) => Err(error),
        });
        let refusal = match prepared {
            Ok(Ok(())) if !rollout.has_work() => None,
            Ok(Ok(())) => {
                let names: Vec<&str> =
                    self.targets.iter().map(|target| target.target.name.as_str()).collect();
                let question = format!("Deploy to {}?", names.join(" and "));
                let asked = ask(&question, self.yes());
                match self.until_interrupted(asked).await {
                    Ok(answer) => answer.err(),
                    Err(Interrupted) => Some(interrupted_before()),
                }
            }
            Ok(Err(error)) => Some(self.job_failed(jobs, error)),
            Err(Interrupted) => Some(interrupted_before()),
        };
        match refusal {
            None => Ok(()),
            Some(refusal) => Err(self.discard_open(jobs, rollout).await.unwrap_or(refusal)),
        }
    }

    /// Executes, and says which stacks are left with the policy of the update.
    async fn execute(
        &mut self,
        jobs: &[Job<'_>],
        rollout: &Rollout<'_>,
        schedule: &Schedule,
    ) -> Result<Exit> {
        let ended = self.execute_jobs(jobs, rollout, schedule).await;
        let open = rollout.open_policies();
        ended.map_err(|error| {
            open.into_iter().map(|id| &jobs[id.index()]).fold(error, |error, job| {
                let command = target_of(self.targets, job).command("deploy", &job.stack.id);
                error.hint(format!(
                    "stack {} still has the policy of `--stack-policy-during-update`; {command} without that flag sets the defined one",
                    job.label
                ))
            })
        })
    }

    async fn execute_jobs(
        &mut self,
        jobs: &[Job<'_>],
        rollout: &Rollout<'_>,
        schedule: &Schedule,
    ) -> Result<Exit> {
        self.interrupts.operation_may_run();
        match self.until_interrupted(rollout.run(schedule)).await {
            Ok(results) => {
                let left = self.discard_open(jobs, rollout).await;
                let results: Vec<Outcome> = results
                    .into_iter()
                    .zip(jobs)
                    .enumerate()
                    .map(|(at, (result, job))| {
                        self.outcome(jobs, job, result, rollout.succeeded(JobId::new(at)))
                    })
                    .collect();
                if jobs.len() > 1 && results.iter().any(|result| !matches!(result, Outcome::Done)) {
                    self.reporter.say(&summary(jobs, &results));
                }
                first_error(results).or(left).map_or(Ok(Exit::Done), Err)
            }
            Err(Interrupted) => {
                let left = self.discard_open(jobs, rollout).await;
                let running = rollout.running();
                if running.is_empty() {
                    let (done, unfinished) = (rollout.completed(), rollout.unfinished());
                    return Err(match left {
                        Some(left) => left,
                        None if done.is_empty() && unfinished.is_empty() => interrupted_before(),
                        None => self.interrupted_between(jobs, &done, &unfinished),
                    });
                }
                if self.args.deployment.cancels_on_interrupt() {
                    return Err(self.cancel(jobs, &running, rollout).await);
                }
                let detached = self.detached(jobs, &running);
                Err(match not_reached(jobs, rollout) {
                    names if names.is_empty() => detached,
                    names => detached.hint(format!(
                        "not deployed: {}; run the same command again when the operation has ended",
                        names.join(", ")
                    )),
                })
            }
        }
    }

    /// Cancels the running operations; a second interrupt exits at once.
    async fn cancel(&mut self, jobs: &[Job<'_>], running: &[JobId], rollout: &Rollout<'_>) -> CommandError {
        let (events, targets) = (self.events.clone(), self.targets);
        let cancelling = async {
            let mut last = None;
            for id in running {
                let job = &jobs[id.index()];
                let ended = match rollout.cancel(*id).await {
                    Ok(ending) => conclude(&events, &job.label, &job.stack.id, ending),
                    Err(error) => Err(error),
                };
                if let Err(error) = ended {
                    last = Some(rollout_failed(target_of(targets, job), job.stack, error));
                }
            }
            last
        };
        match self.until_interrupted(cancelling).await {
            Ok(Some(error)) => error,
            // They had ended before they could be cancelled.
            Ok(None) => self.interrupted_between(jobs, &rollout.completed(), &rollout.unfinished()),
            Err(Interrupted) => self.detached(jobs, running),
        }
    }

    /// Deletes the change sets that were not executed. Returns the error of the last one that could not be deleted.
    async fn discard_open(&self, jobs: &[Job<'_>], rollout: &Rollout<'_>) -> Option<CommandError> {
        rollout.discard_open().await.pop().map(|error| self.job_failed(jobs, error))
    }

    /// Runs what changes nothing, for the time of `--timeout` at most.
    async fn in_time<T>(&mut self, operation: impl Future<Output = T>) -> Result<T> {
        let timeout = self.args.deployment.wait_options().timeout;
        let bounded = async {
            match timeout {
                Some(timeout) => tokio::time::timeout(timeout, operation).await.ok(),
                None => Some(operation.await),
            }
        };
        let answer = self.until_interrupted(bounded).await.map_err(|Interrupted| interrupted_before())?;
        answer.ok_or_else(|| {
            let error = anyhow!("there was no answer in the time of `--timeout`; nothing was changed");
            CommandError::new(Exit::Unknown, error)
                .hint("check the endpoint and the network, or run the same command with a longer `--timeout`")
        })
    }

    async fn until_interrupted<T>(&mut self, operation: impl Future<Output = T>) -> Result<T, Interrupted> {
        run_until_interrupted(operation, &mut self.receiver, self.reporter, self.interrupts).await
    }

    /// Whether to continue without confirmation: with `--yes`, and in the sandbox, where no data can be lost.
    fn yes(&self) -> bool {
        self.args.yes || self.targets.iter().all(|target| target.is_sandbox)
    }

    fn job_failed(&self, jobs: &[Job<'_>], JobError { job, error }: JobError) -> CommandError {
        let job = &jobs[job.index()];
        rollout_failed(target_of(self.targets, job), job.stack, *error)
    }

    fn detached(&self, jobs: &[Job<'_>], running: &[JobId]) -> CommandError {
        let running = running.iter().map(|id| &jobs[id.index()]);
        detached(running.map(|job| (target_of(self.targets, job), job.stack.id.as_str())))
    }

    /// Returns the error for an interrupt between operations, when steps are left or indexes are still being created.
    fn interrupted_between(&self, jobs: &[Job<'_>], done: &[JobId], unfinished: &[JobId]) -> CommandError {
        let stacks: Vec<&str> =
            done.iter().chain(unfinished).map(|id| jobs[id.index()].label.as_str()).collect();
        let error = CommandError::new(
            Exit::StillRunning,
            anyhow!(
                "interrupted after changes of {} were deployed; no operation is running in CloudFormation",
                stacks.join(", ")
            ),
        );
        let all = jobs.iter().enumerate().map(|(position, job)| (JobId::new(position), job));
        let left = all.filter(|(id, job)| !done.contains(id) && job.has_changes());
        left.fold(error, |error, (id, job)| {
            let command = target_of(self.targets, job).command("deploy", &job.stack.id);
            let waits = job.plan.steps.iter().flat_map(|step| &step.waits);
            let changes_ttl = waits.into_iter().any(|wait| matches!(wait, Wait::TimeToLive { .. }));
            error.hint(if unfinished.contains(&id) && changes_ttl {
                format!("{command} continues with the remaining steps; if time to live is turned off by now, DynamoDB turns it on again only after an hour")
            } else if unfinished.contains(&id) {
                format!("{command} continues with the remaining steps, and waits for indexes that are being created")
            } else {
                format!("{command} deploys the stack, of which nothing was changed")
            })
        })
    }

    fn outcome(&self, jobs: &[Job<'_>], job: &Job<'_>, result: JobResult, succeeded: usize) -> Outcome {
        match result {
            JobResult::Done => Outcome::Done,
            JobResult::Failed(error) => {
                let is_told = succeeded == 0 || error.tells_progress();
                let target = target_of(self.targets, job);
                let failed = rollout_failed(target, job.stack, error);
                Outcome::Failed(if is_told {
                    failed
                } else {
                    failed.hint(deployed_before(target, job, succeeded))
                })
            }
            JobResult::NotStarted(NotStarted::DependsOn(on)) => {
                Outcome::NotStarted(format!("depends on {}", jobs[on.index()].label))
            }
            JobResult::NotStarted(NotStarted::AnotherFailed) => {
                Outcome::NotStarted("another stack failed".to_owned())
            }
        }
    }
}

/// Returns the stacks with changes that an interrupted rollout has not reached.
fn not_reached<'j>(jobs: &'j [Job<'_>], rollout: &Rollout<'_>) -> Vec<&'j str> {
    let reached = [rollout.running(), rollout.completed(), rollout.unfinished()].concat();
    let others =
        jobs.iter().enumerate().filter(|(at, job)| job.has_changes() && !reached.contains(&JobId::new(*at)));
    others.map(|(_, job)| job.label.as_str()).collect()
}

async fn plan_all<'a>(
    sources: &'a [RenderedStacks],
    targets: &'a [SelectedTarget],
    options: &'a [Options],
    plan_options: &PlanOptions,
    events: &EventSender,
) -> Result<Vec<Job<'a>>> {
    let mut jobs = Vec::new();
    for ((source, target), options) in sources.iter().zip(targets).zip(options) {
        for (stack, rendered) in &source.stacks {
            let planned = plan_stack(&target.target, stack, rendered.clone(), options, plan_options).await;
            let job = planned.map_err(|error| rollout_failed(target, stack, error))?;
            events.send(RolloutEvent::Planned { stack: job.label.clone(), plan: job.plan.clone() });
            jobs.push(job);
        }
    }
    Ok(jobs)
}

/// Finds the stacks that are deployed and no longer defined. Returns a note for each; none where stacks cannot be listed, as a
/// deployment takes no permission for that.
async fn list_not_defined(
    sources: &[RenderedStacks],
    targets: &[SelectedTarget],
    events: &EventSender,
) -> Vec<String> {
    let mut notes = Vec::new();
    for (source, target) in sources.iter().zip(targets) {
        let stacks = source.defined.not_defined(&target.target).await.unwrap_or_default();
        for StackSummary { name, status } in stacks {
            notes.push(format!("note: {}", not_defined(target, &name, &status)));
            events.send(RolloutEvent::NotDefined { stack: name, status });
        }
    }
    notes
}

/// Reads the tables that the plans change, a stack after the other.
async fn read_tables(jobs: &[Job<'_>], events: &EventSender) -> Vec<Vec<TableReading>> {
    let mut all = Vec::new();
    for job in jobs {
        let tables = read_changed_tables(job).await;
        if !tables.is_empty() {
            let (stack, tables) = (job.label.clone(), tables.clone());
            events.send(RolloutEvent::TablesRead { stack, tables });
        }
        all.push(tables);
    }
    all
}

fn target_of<'a>(targets: &'a [SelectedTarget], job: &Job<'_>) -> &'a SelectedTarget {
    let target = targets.iter().find(|target| std::ptr::eq(&target.target, job.target));
    target.expect("every job is planned for one of the targets")
}
