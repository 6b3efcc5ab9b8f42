//! The one place that calls the rollout, as a tool does: plan, gates, change sets, approval, execution.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tablewright::Stack;
use tablewright::render::Rendered;
use tablewright_cloudformation::{
    ApiError, ApiErrorKind, Conflict, DeleteError, PrepareError, RequestError, WatchError,
};
use tablewright_deploy::{
    Destroy, Ending, Error, EventSender, Job, JobError, JobId, JobResult, Options, PLAN_SCHEMA, PlanDigests,
    ResourcePath, ReviewedPlan, Rollout, RolloutEvent, Schedule, WaitOptions, check_consents, plan_destroy,
    plan_stack, require_reviewed_plan, require_steps,
};
use tablewright_plan::{PlanOptions, Verdict};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::interposer::Script;
use crate::record::Phase;
use crate::world::World;

/// What somebody wants to be deployed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    pub(crate) stacks: Vec<WantedStack>,
    pub(crate) consents: Vec<Consent>,
    pub(crate) parameters: BTreeMap<String, String>,
    /// Everything else that the run is given.
    pub(crate) options: Options,
    pub(crate) wait: WaitOptions,
    /// How many stacks are deployed at once, besides the first.
    pub(crate) more_at_once: usize,
    /// The plan file that the run is held to.
    pub(crate) plan_file: Option<String>,
}

impl Wish {
    pub(crate) fn of(stack: WantedStack) -> Self {
        Self { stacks: vec![stack], ..Self::default() }
    }

    /// Consents to the loss of a resource of the first stack.
    pub(crate) fn consenting(mut self, resource: &str, loss: Loss) -> Self {
        let stack = self.stacks[0].name;
        self.consents.push(Consent { stack, resource: resource.to_owned(), loss });
        self
    }
}

/// A stack as it is wanted.
#[derive(Clone, Debug)]
pub(crate) struct WantedStack {
    pub(crate) name: &'static str,
    pub(crate) template: Value,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) policy: Option<Value>,
    /// The wanted templates of nested stacks, which are at their URLs already, by logical ids.
    pub(crate) children: BTreeMap<String, Value>,
    pub(crate) is_protected: Option<bool>,
}

impl WantedStack {
    pub(crate) fn new(name: &'static str, template: Value) -> Self {
        let (tags, children) = (BTreeMap::new(), BTreeMap::new());
        Self { name, template, tags, policy: None, children, is_protected: None }
    }

    pub(crate) fn policy(self, policy: Value) -> Self {
        Self { policy: Some(policy), ..self }
    }

    pub(crate) fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.to_owned(), value.to_owned());
        self
    }
}

/// Consent to a loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Consent {
    pub(crate) stack: &'static str,
    pub(crate) resource: String,
    pub(crate) loss: Loss,
}

/// What is consented to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Loss {
    /// The stack has a new table, and the old one is retained.
    Replacement,
    /// The items are gone.
    Data,
}

/// What a rollout said at its end.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// What was said of each stack.
    pub(crate) stacks: BTreeMap<String, Said>,
    /// The stacks that are said to be changed or still running; `None` when the rollout was not interrupted.
    pub(crate) running: Option<Vec<String>>,
    /// Errors of the clean-up.
    pub(crate) left: Vec<String>,
    /// The stacks that are said to have the policy for one update still.
    pub(crate) open_policies: Vec<String>,
    /// The summaries of steps that were passed over.
    pub(crate) passed_over: Vec<String>,
    /// The actions that were called, in order.
    pub(crate) calls: Vec<String>,
    /// How many pauses there were.
    pub(crate) pauses: usize,
}

/// What was said of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Done { usable: bool },
    Unchanged,
    NotStarted,
    Failed { kind: Kind, text: String },
}

/// What an error is, coarsely: these become exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Refused,
    Stale,
    Failed,
    StillRunning,
    Unknown,
    /// Credentials, permissions, or nobody who answers.
    Access,
    Other,
}

impl Told {
    /// Returns what was said of the only stack.
    pub(crate) fn only(&self) -> &Said {
        self.stacks.values().next().unwrap()
    }
}

/// Deploys, with everything in the script happening meanwhile.
pub(crate) async fn deploy(world: &World, wish: &Wish, script: Script) -> Told {
    world.interposer.play(script);
    let (events, receiver) = EventSender::channel();
    let mut told = Box::pin(run(world, wish, &events)).await;
    world.interposer.quiet();
    told.pauses = world.interposer.pauses();
    told.calls = world.interposer.record().calls.iter().map(|call| call.action.clone()).collect();
    read_endings(receiver, &mut told);
    told
}

async fn run(world: &World, wish: &Wish, events: &EventSender) -> Told {
    let stacks: Vec<(Stack, Rendered)> = wish.stacks.iter().map(definition).collect();
    let consents = wish.consents.iter().map(|consent| tablewright_deploy::Consent {
        resource: ResourcePath {
            environment: String::new(),
            stack: consent.stack.to_owned(),
            logical_id: consent.resource.clone(),
        },
        verdict: match consent.loss {
            Loss::Replacement => Verdict::ReplacementKept,
            Loss::Data => Verdict::DataLoss,
        },
    });
    let consents = consents.collect();
    let options = Options { parameters: wish.parameters.clone(), consents, ..wish.options.clone() };
    let plan_options = PlanOptions::default();
    let planning = async {
        let mut jobs = Vec::new();
        for (stack, rendered) in &stacks {
            let job = plan_stack(&world.target, stack, rendered.clone(), &options, &plan_options).await;
            jobs.push(job.map_err(|error| (stack.name.clone().unwrap_or_default(), said(&error)))?);
        }
        Ok(jobs)
    };
    let planned = tokio::select! {
        planned = planning => planned,
        () = world.interposer.interrupted() => return interrupted(Vec::new(), Vec::new()),
    };
    let jobs = match planned {
        Ok(jobs) => jobs,
        Err((stack, said)) => return Told { stacks: BTreeMap::from([(stack, said)]), ..Told::default() },
    };
    world.interposer.record().phase = Phase::Approved;
    let schedule = match gates(wish, &jobs, &options) {
        Ok(schedule) => schedule,
        Err(error) => return failed(&jobs, &error),
    };
    Box::pin(execute(world, &jobs, &plan_options, (&schedule, wish.wait), events)).await
}

/// Deletes a stack, every loss being consented to, with everything in the script happening meanwhile.
pub(crate) async fn destroy(world: &World, name: &str, script: Script) -> Told {
    world.interposer.play(script);
    let (events, _receiver) = EventSender::channel();
    let told = run_destroy(world, name, &events).await;
    world.interposer.quiet();
    let calls = world.interposer.record().calls.iter().map(|call| call.action.clone()).collect();
    Told { calls, pauses: world.interposer.pauses(), ..told }
}

async fn run_destroy(world: &World, name: &str, events: &EventSender) -> Told {
    let ended = |said| Told { stacks: BTreeMap::from([(name.to_owned(), said)]), ..Told::default() };
    let planned = tokio::select! {
        planned = plan_destroy(&world.target, name) => planned,
        () = world.interposer.interrupted() => return interrupted(Vec::new(), Vec::new()),
    };
    let plan = match planned {
        Ok(Some(plan)) => plan,
        Ok(None) => return ended(Said::Unchanged),
        Err(error) => return ended(said(&error)),
    };
    let destroy = Destroy::new(&world.target, &plan, name, events);
    let ended_with = tokio::select! {
        ended_with = destroy.run() => ended_with,
        () = world.interposer.interrupted() => {
            let running = destroy.was_requested().then(|| name.to_owned());
            return interrupted(running.into_iter().collect(), Vec::new());
        }
    };
    ended(ended_with.map_or_else(|error| said(&error), |_| Said::Done { usable: true }))
}

/// Plans only, and returns the plan file.
pub(crate) async fn plan_file(world: &World, wish: &Wish) -> String {
    let (options, plan_options) = (wish.options.clone(), PlanOptions::default());
    let mut comparisons = Vec::new();
    for (stack, rendered) in wish.stacks.iter().map(definition) {
        let job = plan_stack(&world.target, &stack, rendered, &options, &plan_options).await.unwrap();
        let PlanDigests { deployed, wanted, account, region } = &job.digests;
        let digests = json!({ "deployed": deployed, "wanted": wanted, "account": account, "region": region });
        let changes: Vec<Value> = job.changes().map(tablewright_review::change).collect();
        comparisons.push(json!({ "stack_name": stack.name, "digests": digests, "changes": changes }));
    }
    json!({ "schema": PLAN_SCHEMA, "comparisons": comparisons }).to_string()
}

async fn execute(
    world: &World,
    jobs: &[Job<'_>],
    plan_options: &PlanOptions,
    (schedule, wait): (&Schedule, WaitOptions),
    events: &EventSender,
) -> Told {
    let rollout = Rollout::new(jobs, plan_options, wait, events);
    let executing = async {
        let prepared = rollout.prepare(schedule).await;
        rollout.check_nested_consents()?;
        prepared?;
        Ok::<_, JobError>(rollout.run(schedule).await)
    };
    let ended = tokio::select! {
        ended = executing => Some(ended),
        () = world.interposer.interrupted() => None,
    };
    world.interposer.quiet();
    let left: Vec<String> = rollout.discard_open().await.iter().map(|error| chain(&error.error)).collect();
    let open_policies = rollout.open_policies().into_iter().map(|id| rollout.job(id).stack_name().to_owned());
    let open_policies: Vec<String> = open_policies.collect();
    let told = match ended {
        None => {
            let ids = rollout.running().into_iter().chain(rollout.unfinished()).chain(rollout.completed());
            let names = ids.map(|id| rollout.job(id).stack_name().to_owned());
            interrupted(names.collect(), left)
        }
        Some(Err(error)) => Told { left, ..failed(jobs, &error) },
        Some(Ok(results)) => {
            let stacks = jobs.iter().zip(results).map(|(job, result)| {
                let said = match result {
                    JobResult::Done => Said::Done { usable: false },
                    JobResult::Failed(error) => said(&error),
                    JobResult::NotStarted(_) => Said::NotStarted,
                };
                (job.stack_name().to_owned(), said)
            });
            Told { stacks: stacks.collect(), left, ..Told::default() }
        }
    };
    Told { open_policies, ..told }
}

fn definition(wanted: &WantedStack) -> (Stack, Rendered) {
    let mut stack = Stack::new(wanted.name).name(wanted.name);
    for (key, value) in &wanted.tags {
        stack = stack.tag(key, value);
    }
    stack.policy.clone_from(&wanted.policy);
    stack.termination_protection = wanted.is_protected;
    let (text, template) = (wanted.template.to_string(), wanted.template.clone());
    (stack, Rendered { text, template, additions: Vec::new() })
}

fn gates(wish: &Wish, jobs: &[Job<'_>], options: &Options) -> Result<Schedule, JobError> {
    let of_run = |error: Error| JobError { job: JobId::new(0), error: Box::new(error) };
    check_consents(options, jobs).map_err(of_run)?;
    if let Some(file) = &wish.plan_file {
        require_reviewed_plan(&ReviewedPlan::parse(file.as_bytes()).unwrap(), jobs)?;
    }
    require_steps(jobs)?;
    Schedule::new(jobs, 1 + wish.more_at_once, false).map_err(of_run)
}

fn failed(jobs: &[Job<'_>], JobError { job, error }: &JobError) -> Told {
    let stack = jobs[job.index()].stack_name().to_owned();
    Told { stacks: BTreeMap::from([(stack, said(error))]), ..Told::default() }
}

fn interrupted(running: Vec<String>, left: Vec<String>) -> Told {
    Told { running: Some(running), left, ..Told::default() }
}

pub(crate) fn said(error: &Error) -> Said {
    let kind = match error {
        Error::Stale { .. }
        | Error::NotApproved { .. }
        | Error::Overtaken { conflict: Conflict::Changed, .. } => Kind::Stale,
        Error::Request(RequestError::Busy { .. })
        | Error::Prepare {
            error: PrepareError::Request(RequestError::Busy { .. }) | PrepareError::Failed { .. },
            ..
        }
        | Error::Overtaken { .. }
        | Error::Denied { .. }
        | Error::PlanRefused { .. }
        | Error::Disagreement { .. }
        | Error::DeniedByStackPolicy { .. }
        | Error::StillBusy { .. } => Kind::Refused,
        Error::Failed { .. } => Kind::Failed,
        Error::Detached
        | Error::StepsRemain { .. }
        | Error::TablesPending { .. }
        | Error::PreparationTimedOut { .. }
        | Error::Watch(WatchError::StillRunning { .. }) => Kind::StillRunning,
        Error::Watch(_) | Error::TablesUnknown { .. } => Kind::Unknown,
        error if api_error(error).is_some_and(is_about_access) => Kind::Access,
        _ => Kind::Other,
    };
    Said::Failed { kind, text: chain(error) }
}

fn api_error(error: &Error) -> Option<&ApiError> {
    match error {
        Error::Api(error)
        | Error::Request(RequestError::Api(error))
        | Error::Prepare {
            error: PrepareError::Api(error) | PrepareError::Request(RequestError::Api(error)),
            ..
        }
        | Error::Delete(DeleteError::Api(error)) => Some(error),
        _ => None,
    }
}

fn is_about_access(error: &ApiError) -> bool {
    !matches!(error.kind, ApiErrorKind::NotFound | ApiErrorKind::Validation | ApiErrorKind::Other)
}

/// Returns the text of an error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Takes over from the events how each stack that was done has ended.
fn read_endings(mut receiver: UnboundedReceiver<RolloutEvent>, told: &mut Told) {
    while let Ok(event) = receiver.try_recv() {
        if let RolloutEvent::PassedOver { summary, .. } = &event {
            told.passed_over.push(summary.clone());
        }
        let RolloutEvent::Ended { stack, ending } = event else { continue };
        let Some(said @ Said::Done { .. }) = told.stacks.get_mut(&stack) else { continue };
        *said = match ending {
            Ending::Unchanged { .. } => Said::Unchanged,
            Ending::Done { usable, .. } => Said::Done { usable },
            _ => continue,
        };
    }
}
