//! The change sets of one run: made, executed, and none left behind.
//!
//! In: jobs, each with its plan. Out: facts as they come about, and how each job ended. *Invariant:* a change set that was made is
//! executed or deleted, whatever ends the run.

use std::cell::RefCell;
use std::collections::BTreeSet;

use anyhow::anyhow;
use serde_json::Value;
use tablewright::render::Body;
use tablewright_cloudformation::change_set::prepared_request::PreparedRequest;
use tablewright_cloudformation::stack::protection;
use tablewright_cloudformation::{
    CancelCreation, ChangeSet, Discarded, Events, Idle, Polling, Prepared, Request, Requirements, WatchError,
    discard_leftovers, execute, prepare, upload, wait_for_idle,
};
use tablewright_cloudformation::{Parameter, Template};
use tablewright_cloudformation::{cancel, discard, prepare_request, watch};
use tablewright_plan::{PlanOptions, Step};

use crate::args::aws::Target;
use crate::args::deployment::{Deed, OptionArgs, Options, Until};
use crate::commands::endings::{
    conclude, detached, ending, is_for_indexes, to_be_continued, wait_for_earlier_indexes, wait_for_tables,
};
use crate::commands::planning::{Job, agree, plan_stack};
use crate::commands::token::{TOKEN_PREFIX, token};
use crate::error::{CommandError, OrExit as _, Result};
use crate::event_loop::Facts;
use crate::exit::Exit;
use crate::report::fact::{Ending, Fact, Work};
use crate::report::failure::{cannot_take, not_cancelled, not_prepared};

/// The change sets that were made and not yet executed, and what runs.
pub(super) struct Changes<'a> {
    facts: &'a Facts,
    plan_options: &'a PlanOptions,
    options: &'a Options,
    args: &'a OptionArgs,
    open: RefCell<Vec<Open<'a>>>,
    /// The jobs whose operation runs now, by their place.
    running: RefCell<BTreeSet<usize>>,
}

/// A change set that would be left behind.
struct Open<'a> {
    target: &'a Target,
    /// The stack as the command line calls it.
    stack: String,
    draft: PreparedRequest,
}

/// The change set of a job's first step.
pub(super) enum First {
    /// It was made, or there is nothing to change.
    Made(Option<ChangeSet>),
    /// It cannot be made yet.
    ToBeMade,
}

impl<'a> Changes<'a> {
    pub(super) fn new(
        facts: &'a Facts,
        plan_options: &'a PlanOptions,
        options: &'a Options,
        args: &'a OptionArgs,
    ) -> Self {
        Self { facts, plan_options, options, args, open: RefCell::default(), running: RefCell::default() }
    }

    /// Returns the jobs whose operation runs, by their place.
    pub(super) fn running(&self) -> Vec<usize> {
        self.running.borrow().iter().copied().collect()
    }

    /// Makes the change set of the first step of every job that can be prepared by now. One that takes something from a stack
    /// that is only being deployed cannot.
    pub(super) async fn prepare_all(
        &self,
        jobs: &[Job<'a>],
        can_be: impl Fn(usize) -> bool,
    ) -> Result<Vec<First>> {
        let mut firsts = Vec::new();
        for (at, job) in jobs.iter().enumerate() {
            firsts.push(if can_be(at) {
                First::Made(self.prepare_first(job).await?)
            } else {
                First::ToBeMade
            });
        }
        Ok(firsts)
    }

    /// Makes the change set of a job's first step; `None` for a stack that is as it should be.
    pub(super) async fn prepare_first(&self, job: &Job<'a>) -> Result<Option<ChangeSet>> {
        match job.plan.steps.first() {
            Some(step) => self.prepare(job, step).await,
            // Tags of the stack are no part of the template; everything else is.
            None if job.tags_differ() => {
                self.prepare_text(job, job.rendered.text.clone(), &job.rendered.template).await
            }
            None => {
                // A stack with nothing to change is a success only if it is well (aws-cdk-cli#1972).
                self.draft(job, job.rendered.text.clone(), &job.rendered.template).await?;
                self.discard_leftovers(job).await;
                Ok(None)
            }
        }
    }

    /// Deletes what runs that were killed have left at a stack that nothing is executed on now.
    async fn discard_leftovers(&self, job: &Job<'a>) {
        let Some(deployed) = job.deployed() else { return };
        let client = &job.target.cloudformation;
        let call = async |events: &Events| discard_leftovers(client, deployed, TOKEN_PREFIX, events).await;
        // Tidiness is no condition of success: the credentials may lack ListChangeSets, and an emulator the call.
        let _ = self.facts.cloud(&job.label, call).await;
    }

    async fn prepare(&self, job: &Job<'a>, step: &Step) -> Result<Option<ChangeSet>> {
        // The last step is the reviewed text, byte for byte; those before it are made by the plan.
        let text = if step.template == job.rendered.template {
            job.rendered.text.clone()
        } else {
            step.template.to_string()
        };
        let change_set = self.prepare_text(job, text, &step.template).await?;
        if let Some(change_set) = &change_set {
            agree(job, change_set)?;
        }
        Ok(change_set)
    }

    async fn draft(&self, job: &Job<'a>, text: String, template: &Value) -> Result<PreparedRequest> {
        self.wait_for_idle(job).await?;
        let body = match Body::of(&text).or_exit(Exit::Internal)? {
            Body::Inline(text) => Template::Body(text.into_owned()),
            Body::Upload { text, .. } => match self.options.bucket(job) {
                Some(bucket) => upload(&job.target.connection, &bucket, &text).await?,
                // Refused before any call, with what to do.
                None => Template::Body(text.into_owned()),
            },
        };
        let drafted = prepare_request(&job.target.cloudformation, self.request(job, body, template)).await;
        drafted.map_err(|error| cannot_take(job.target, job.stack, error))
    }

    /// Waits for another operation on the stack to end, where that is wanted.
    async fn wait_for_idle(&self, job: &Job<'a>) -> Result<()> {
        let Some(most) = self.args.wait_for_idle else { return Ok(()) };
        let name = job.stack.name.as_deref().unwrap_or_default();
        let client = &job.target.cloudformation;
        let wait = async |events: &Events| wait_for_idle(client, name, most, &job.target.pace, events).await;
        match self.facts.cloud(&job.label, wait).await? {
            Idle::AtRest(_) => Ok(()),
            Idle::StillBusy(stack) => Err(CommandError::new(
                Exit::Refused,
                anyhow!("stack {} is still busy: {}", job.stack.id, stack.status),
            )
            .hint(format!("{} follows what is going on", job.target.command("watch", &job.stack.id)))),
        }
    }

    /// Of a step in between: its template declares what the stack had, and what is left out keeps its value.
    fn request(&self, job: &Job<'a>, body: Template, template: &Value) -> Request {
        let given =
            |(key, value): (&String, &String)| Parameter { key: key.clone(), value: Some(value.clone()) };
        let options = self.options;
        let parameters = options.parameters_of(template, &job.env.parameters);
        Request {
            requirements: Some(Requirements::of(template)),
            parameters: parameters.iter().map(given).collect(),
            tags: Some(job.stack.tags.clone().into_iter().collect()),
            role_arn: options.role_arn.clone().or_else(|| job.env.role_arn.clone()),
            notification_arns: options.notification_arns.clone(),
            rollback: options.rollback.clone(),
            on_failure: options.on_failure,
            ..Request::new(job.stack.name.clone().unwrap_or_default(), body, token())
        }
    }

    async fn prepare_text(&self, job: &Job<'a>, text: String, template: &Value) -> Result<Option<ChangeSet>> {
        let draft = self.draft(job, text, template).await?;
        // Before the call: an interrupt in the middle of it must know what to clean up.
        let open = Open { target: job.target, stack: job.stack.id.clone(), draft: draft.clone() };
        self.open.borrow_mut().push(open);
        let call = async |events: &Events| prepare(&job.target.cloudformation, &draft, events).await;
        match self.facts.cloud(&job.label, call).await {
            Ok(Prepared::Ready(change_set)) => Ok(Some(change_set)),
            Ok(Prepared::Unchanged { .. }) => {
                self.close(&draft.request.change_set_name);
                Ok(None)
            }
            Err(error) => Err(not_prepared(job.stack, error)),
        }
    }

    /// Brings one stack to what it should be, and tells how that ended.
    pub(super) async fn carry_out(&self, at: usize, job: &Job<'a>, first: Option<ChangeSet>) -> Result<()> {
        let ending = match first {
            Some(change_set) => {
                self.facts.tell(Fact::Began { stack: job.label.clone(), work: Work::Deploy });
                let stack_id = change_set.stack_id.clone();
                if job.found.is_some() {
                    protect(job, &stack_id).await?;
                    if let Some(step) = job.plan.steps.first() {
                        wait_for_earlier_indexes(job.target, job.stack, step, &job.label, self.facts).await?;
                    }
                }
                let ending = self.climb(at, job, change_set).await?;
                if matches!(ending, Ending::Done { .. }) {
                    // A new stack is protected once it is there: one whose creation fails must be deletable.
                    if job.found.is_none() {
                        protect(job, &stack_id).await?;
                    }
                    set_policy(job, &stack_id).await?;
                }
                ending
            }
            None => leave(job).await?,
        };
        conclude(job.target, job.stack, &job.label, self.facts, ending)
    }

    /// Executes the change set of the first step, and then makes and executes those of the others. What comes next is
    /// planned anew from what is deployed: a ladder that was broken off goes on where it stood.
    async fn climb(&self, at: usize, job: &Job<'a>, first: ChangeSet) -> Result<Ending> {
        let of = job.plan.steps.len();
        let (mut change_set, mut steps) = (first, job.plan.steps.clone());
        for number in 1.. {
            if let (true, Some(step)) = (of > 1, steps.first()) {
                self.facts.tell(Fact::Step {
                    stack: job.label.clone(),
                    number,
                    of,
                    summary: step.summary.join("; "),
                });
            }
            let ending = self.execute(at, job, &change_set, steps.len() <= 1).await?;
            if matches!(ending, Ending::Failed { .. }) || steps.len() <= 1 {
                return Ok(ending);
            }
            if let Some(wait) =
                steps.first().and_then(|step| step.waits.iter().find(|wait| !is_for_indexes(wait)))
            {
                return Err(to_be_continued(job.stack, number, of, wait));
            }
            steps = self.plan_anew(job).await?.plan.steps;
            let Some(step) = steps.first() else {
                return Ok(ending);
            };
            match self.prepare(job, step).await? {
                Some(next) => change_set = next,
                None => return Ok(ending),
            }
        }
        unreachable!("the loop has no end but the returns in it")
    }

    async fn plan_anew(&self, job: &Job<'a>) -> Result<Job<'a>> {
        plan_stack(job.target, job.env, job.stack, job.rendered.clone(), self.plan_options, self.options)
            .await
    }

    async fn execute(
        &self,
        at: usize,
        job: &Job<'a>,
        change_set: &ChangeSet,
        is_last: bool,
    ) -> Result<Ending> {
        let client = &job.target.cloudformation;
        let token = token();
        let operation = self
            .facts
            .cloud(&job.label, async |events: &Events| execute(client, change_set, &token, events).await)
            .await?;
        self.close(&change_set.name);
        self.running.borrow_mut().insert(at);
        if is_last && self.args.wait == Until::None {
            return Err(detached([(job.target, &*job.stack.id)]));
        }
        let pace = Polling { timeout: self.args.timeout, ..job.target.pace.clone() };
        let watched = async |events: &Events| watch(client, &operation, &pace, events).await;
        let outcome = match self.facts.cloud(&job.label, watched).await {
            Err(WatchError::StillRunning { .. }) if self.args.on_timeout == Deed::Cancel => {
                return self.cancel(at, job).await;
            }
            outcome => outcome.map_err(|error| {
                CommandError::from(error)
                    .hint(format!("{} follows it again", job.target.command("watch", &job.stack.id)))
            })?,
        };
        self.running.borrow_mut().remove(&at);
        let ending = ending(outcome);
        // Between two steps the indexes are always waited for: CloudFormation takes no second one before.
        let waits = self.args.wait == Until::Active || !is_last;
        if let Ending::Done { outputs, orphans, retained, .. } = &ending
            && waits
            && let Err(error) = wait_for_tables(job.target, job.stack, &job.label, self.facts).await
        {
            // The stack is deployed all the same, and its outputs are there.
            let (outputs, orphans, retained) = (outputs.clone(), orphans.clone(), retained.clone());
            let ending = Ending::Done { outputs, orphans, retained, usable: false };
            self.facts.tell(Fact::Ended { stack: job.label.clone(), ending });
            return Err(error);
        }
        Ok(match ending {
            Ending::Done { outputs, orphans, retained, .. } if !waits => {
                Ending::Done { outputs, orphans, retained, usable: false }
            }
            ending => ending,
        })
    }

    /// Cancels what runs on a job's stack and follows that to its end. A creation goes on: to cancel it is to delete the stack.
    pub(super) async fn cancel(&self, at: usize, job: &Job<'a>) -> Result<Ending> {
        let (client, token) = (&job.target.cloudformation, token());
        let name = job.stack.name.as_deref().unwrap_or_default();
        let call = async |events: &Events| cancel(client, name, CancelCreation::Refuse, &token, events).await;
        let operation = self
            .facts
            .cloud(&job.label, call)
            .await
            .map_err(|error| not_cancelled(job.target, &job.stack.id, error))?;
        let watched = async |events: &Events| watch(client, &operation, &job.target.pace, events).await;
        let outcome = self.facts.cloud(&job.label, watched).await?;
        self.running.borrow_mut().remove(&at);
        Ok(ending(outcome))
    }

    /// Forgets a change set that is executed or gone.
    fn close(&self, name: &str) {
        self.open.borrow_mut().retain(|open| open.draft.request.change_set_name != name);
    }

    /// Deletes every change set that was made and not executed. Returns an error where one turns out to run, or to stay.
    pub(super) async fn discard_open(&self) -> Option<CommandError> {
        let mut trouble = None;
        let open: Vec<Open<'_>> = self.open.borrow_mut().drain(..).collect();
        for Open { target, stack, draft } in open {
            let (events, _) = Events::channel();
            match discard(&target.cloudformation, &draft, &events).await {
                Ok(Discarded::Gone) => {}
                Ok(Discarded::Executed) => {
                    trouble = Some(detached([(target, &*stack)]));
                }
                Err(error) => {
                    trouble = Some(CommandError::from(error).context(format!(
                        "cannot delete change set {} of stack {}",
                        draft.request.change_set_name, draft.request.stack_name
                    )));
                }
            }
        }
        trouble
    }
}

/// Sets what is beside the template of a stack whose template is as it should be.
async fn leave(job: &Job<'_>) -> Result<Ending> {
    let outputs = job.deployed().map(|stack| stack.outputs.clone()).unwrap_or_default();
    let (Some(deployed), true) = (job.deployed(), job.has_changes()) else {
        return Ok(Ending::Unchanged { outputs });
    };
    protect(job, &deployed.id).await?;
    set_policy(job, &deployed.id).await?;
    Ok(Ending::Done { usable: true, outputs: Some(outputs), orphans: Vec::new(), retained: Vec::new() })
}

/// Sets termination protection.
async fn protect(job: &Job<'_>, stack_id: &str) -> Result<()> {
    if let Some(on) = job.termination_protection() {
        protection::set_termination_protection(&job.target.cloudformation, stack_id, on).await?;
    }
    Ok(())
}

/// Sets the stack policy: after the change, since it guards the updates to come.
async fn set_policy(job: &Job<'_>, stack_id: &str) -> Result<()> {
    if let Some(policy) = job.policy() {
        protection::set_policy(&job.target.cloudformation, stack_id, &policy.to_string()).await?;
    }
    Ok(())
}
