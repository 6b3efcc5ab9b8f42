//! The rollout: planned jobs are executed step by step, each followed to its end.
//!
//! *Invariant:* a change set that was created is executed, or [`discard_open`](Rollout::discard_open) deletes it, however the rollout ends.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tablewright_cloudformation::stack;
use tablewright_cloudformation::{
    CancelCreation, CancelError, ChangeSet, Events, Outcome, Polling, Stack, StackStatus, ValidationDetail,
    WatchError, cancel, delete, execute, latest, watch,
};
use tablewright_plan::{Change, PlanOptions, Verdict};

use crate::approval::Approval;
use crate::backup::{back_up_tables, tables_to_back_up};
use crate::ending::{Ending, conclude};
use crate::error::Error;
use crate::event::{EventSender, RolloutEvent, Work};
use crate::job::{Job, JobId};
use crate::options::{OnTimeout, WaitFor, WaitOptions};
use crate::prepare::{OpenChangeSet, PreparedJob, PreparedStep};
use crate::schedule::{JobResult, Schedule};
use crate::settings::{
    apply_settings, has_settings_of_their_own, set_policy_after, set_termination_protection,
};
use crate::token::token;
use crate::wait::{wait_for_changed_tables, wait_for_earlier_indexes, wait_for_unfinished_indexes, within};

/// The execution of planned jobs.
///
/// Dropping the future of one of its methods stops at that point: what runs in CloudFormation continues, and is listed by
/// [`running`](Self::running). Call [`discard_open`](Self::discard_open) then, too.
pub struct Rollout<'a> {
    jobs: &'a [Job<'a>],
    /// What may be executed of each job.
    pub(crate) approvals: RefCell<Vec<Approval>>,
    /// The least verdict that is denied of what only CloudFormation could tell.
    pub(crate) denied: Option<Verdict>,
    /// Whether the jobs are held to a plan that was reviewed.
    pub(crate) is_reviewed: bool,
    /// What only CloudFormation could tell of the jobs whose first change set was created.
    pub(crate) found: RefCell<BTreeMap<JobId, Vec<Change>>>,
    pub(crate) plan_options: &'a PlanOptions,
    pub(crate) options: WaitOptions,
    pub(crate) events: &'a EventSender,
    /// The jobs that are prepared, each with its first change set.
    pub(crate) prepared: RefCell<BTreeMap<JobId, PreparedJob>>,
    /// The change sets that were created and not executed.
    pub(crate) open: RefCell<Vec<OpenChangeSet>>,
    /// The jobs whose operation runs.
    pub(crate) running: RefCell<BTreeSet<JobId>>,
    /// The jobs whose stack has the policy that was given for the update.
    pub(crate) own_policies: RefCell<BTreeSet<JobId>>,
    /// How many change sets were executed of each job.
    executed: RefCell<BTreeMap<JobId, usize>>,
    /// How many of them succeeded.
    succeeded: RefCell<BTreeMap<JobId, usize>>,
    /// The jobs of which a step was executed, and that have not come to their end.
    unfinished: RefCell<BTreeSet<JobId>>,
    /// The jobs that have changed their stack, and are done.
    completed: RefCell<BTreeSet<JobId>>,
}

impl<'a> Rollout<'a> {
    /// Makes a rollout of jobs that have passed the gates. Nothing is called yet.
    ///
    /// `plan_options` are those that the jobs were planned with: after every step of several, the next one is planned anew.
    #[must_use]
    pub fn new(
        jobs: &'a [Job<'a>],
        plan_options: &'a PlanOptions,
        options: WaitOptions,
        events: &'a EventSender,
    ) -> Self {
        Self {
            jobs,
            approvals: RefCell::new(jobs.iter().map(Job::approval).collect()),
            denied: None,
            is_reviewed: false,
            found: RefCell::default(),
            plan_options,
            options,
            events,
            prepared: RefCell::default(),
            open: RefCell::default(),
            running: RefCell::default(),
            own_policies: RefCell::default(),
            executed: RefCell::default(),
            succeeded: RefCell::default(),
            unfinished: RefCell::default(),
            completed: RefCell::default(),
        }
    }

    /// Denies changes with a verdict, or a worse one, also where only CloudFormation can tell of them.
    #[must_use]
    pub fn denying(self, limit: Option<Verdict>) -> Self {
        Self { denied: limit, ..self }
    }

    /// Holds the jobs to plans that were reviewed: what only CloudFormation can tell is not in them, so that a change of a resource that
    /// does not change by its plan ends the rollout before anything is executed. What is inside a nested stack that was reviewed as
    /// changed belongs to that change.
    #[must_use]
    pub fn reviewed(self, is_reviewed: bool) -> Self {
        Self { is_reviewed, ..self }
    }

    /// Returns what only CloudFormation could tell of a job, such as the changes inside its nested stacks: known once
    /// [`prepare`](Self::prepare) has created its change set. To approve the rollout approves it, too.
    #[must_use]
    pub fn found(&self, id: JobId) -> Vec<Change> {
        self.found.borrow().get(&id).cloned().unwrap_or_default()
    }

    /// Returns what the checks and hooks of CloudFormation warn of in the first change set of a job: known once
    /// [`prepare`](Self::prepare) has created it.
    #[must_use]
    pub fn warnings(&self, id: JobId) -> Vec<ValidationDetail> {
        let prepared = self.prepared.borrow();
        let first = prepared.get(&id).and_then(|prepared| prepared.first.as_ref());
        first.map(|first| first.change_set.warnings.clone()).unwrap_or_default()
    }

    /// Returns whether there is anything to execute, as far as the jobs are prepared.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.jobs.iter().any(Job::has_changes)
            || self.prepared.borrow().values().any(|prepared| prepared.first.is_some())
    }

    /// Returns a job.
    ///
    /// # Panics
    ///
    /// When the id is not one of this rollout.
    #[must_use]
    pub fn job(&self, id: JobId) -> &'a Job<'a> {
        &self.jobs[id.index()]
    }

    /// Returns the jobs whose operation runs in CloudFormation, as far as is known.
    #[must_use]
    pub fn running(&self) -> Vec<JobId> {
        self.running.borrow().iter().copied().collect()
    }

    /// Returns the jobs of which at least one step is deployed, and that are not done: further steps, or indexes that are still being
    /// built, were waited for when the rollout was dropped.
    #[must_use]
    pub fn unfinished(&self) -> Vec<JobId> {
        self.unfinished.borrow().iter().copied().collect()
    }

    /// Returns the jobs that have changed their stack, and were done when the rollout was dropped.
    #[must_use]
    pub fn completed(&self) -> Vec<JobId> {
        self.completed.borrow().iter().copied().collect()
    }

    /// Returns the jobs whose stack still has the policy that was given for the update alone: their operation was not seen to end.
    /// Deploying them again sets the defined policy.
    #[must_use]
    pub fn open_policies(&self) -> Vec<JobId> {
        self.own_policies.borrow().iter().copied().collect()
    }

    pub(crate) fn job_ids(&self) -> impl Iterator<Item = JobId> + use<> {
        (0..self.jobs.len()).map(JobId::new)
    }

    /// Executes the jobs in the order of the schedule, until all are done, or one has failed and those that run have ended.
    ///
    /// Returns what became of each job, in their order.
    pub async fn run(&self, schedule: &Schedule) -> Vec<JobResult> {
        let mut results: Vec<Option<JobResult>> = self.jobs.iter().map(|_| None).collect();
        let mut waiting: BTreeSet<JobId> = self.job_ids().collect();
        let mut running = FuturesUnordered::new();
        loop {
            let has_failed = results.iter().flatten().any(|result| matches!(result, JobResult::Failed(_)));
            while schedule.may_start(running.len(), has_failed) {
                let ready = waiting.iter().copied().find(|id| schedule.is_ready(*id, &results));
                let Some(id) = ready else { break };
                waiting.remove(&id);
                running.push(async move { (id, self.run_job(id).await) });
            }
            match running.next().await {
                Some((id, Ok(()))) => results[id.index()] = Some(JobResult::Done),
                Some((id, Err(error))) => {
                    results[id.index()] = Some(JobResult::Failed(self.overtaken(id, error)));
                }
                None => break,
            }
        }
        let not_started: Vec<_> = self.job_ids().map(|id| schedule.not_started(id, &results)).collect();
        let results = results.into_iter().zip(not_started);
        results.map(|(result, why)| result.unwrap_or(JobResult::NotStarted(why))).collect()
    }

    /// Deploys one stack and sends how that ended.
    async fn run_job(&self, id: JobId) -> Result<(), Error> {
        let job = self.job(id);
        let prepared = self.prepared.borrow_mut().remove(&id);
        let prepared = match prepared {
            Some(prepared) => prepared,
            // Its turn came late: the stacks that it depends on have been deployed since it was planned.
            None => {
                if let Some(creation) = &job.rolled_back {
                    self.delete_rolled_back(id, &creation.stack).await?;
                }
                let now = self.plan_again(id, job.stack_id()).await?;
                self.prepare_planned(id, &now).await?
            }
        };
        let PreparedJob { first, planned } = prepared;
        self.require_unchanged(id, planned.as_ref()).await?;
        let ending = match first {
            Some(first) => Box::pin(self.deploy(id, first)).await?,
            None => {
                if self.options.wait_for == WaitFor::Active {
                    let waiting = wait_for_unfinished_indexes(job, self.events);
                    self.tables_in_time(job, waiting).await?;
                }
                if has_settings_of_their_own(job) {
                    self.unfinished.borrow_mut().insert(id);
                }
                apply_settings(job).await?
            }
        };
        // What has failed is not done, whatever the rollback has left of it.
        if !matches!(ending, Ending::Failed { .. }) && self.unfinished.borrow_mut().remove(&id) {
            self.completed.borrow_mut().insert(id);
        }
        conclude(self.events, &job.label, &job.stack.id, ending)
    }

    /// Deletes what is left of a failed creation, if nobody has done anything with it since it was shown.
    async fn delete_rolled_back(&self, id: JobId, shown: &Stack) -> Result<(), Error> {
        let job = self.job(id);
        let (client, token) = (&job.target.cloudformation, token());
        let now = stack::describe(client, &shown.id).await?;
        let Some(now) = now.filter(|now| now.status == StackStatus::RollbackComplete) else {
            return Err(self.deployed_by_another(id));
        };
        let call = async |events: &Events| delete(client, &now, &token, events).await;
        // Before the call: a rollout that is dropped in the middle of it may have begun the deletion.
        self.running.borrow_mut().insert(id);
        let operation = self.events.forward_events(&job.label, call).await;
        let operation = operation.inspect_err(|_| {
            self.running.borrow_mut().remove(&id);
        })?;
        let pace = Polling { timeout: self.options.timeout, ..job.target.pace.clone() };
        let call = async |events: &Events| watch(client, &operation, &pace, events).await;
        let ending = Ending::from(self.events.forward_events(&job.label, call).await?);
        self.running.borrow_mut().remove(&id);
        self.unfinished.borrow_mut().insert(id);
        if let Ending::Failed { status, failure } = ending {
            let (stack, failure) = (job.stack.id.clone(), Box::new(failure));
            return Err(Error::Failed { stack, status, failure });
        }
        self.events.send(RolloutEvent::RolledBackDeleted { stack: job.label.clone() });
        Ok(())
    }

    /// Executes every step of a job, and sets what is not part of a change set.
    async fn deploy(&self, id: JobId, first: PreparedStep) -> Result<Ending, Error> {
        let job = self.job(id);
        self.events.send(RolloutEvent::Began { stack: job.label.clone(), work: Work::Deploy });
        let stack_id = first.change_set.stack_id.clone();
        let is_new = job.deployed.is_none();
        if !is_new {
            if job.termination_protection().is_some() || job.policy_in_force() != job.deployed_policy() {
                self.unfinished.borrow_mut().insert(id);
            }
            set_termination_protection(job, &stack_id).await?;
            if let Some(step) = first.steps.first() {
                let waiting = wait_for_earlier_indexes(job.target, job.stack, step, &job.label, self.events);
                self.tables_in_time(job, waiting).await?;
            }
            self.open_policy(id, &stack_id).await?;
        }
        let ended = self.execute_steps(id, first).await;
        // What runs is still under the policy of the update.
        if self.own_policies.borrow().contains(&id) && !self.running.borrow().contains(&id) {
            self.set_policy_back(id, &stack_id).await?;
        }
        let ending = ended?;
        if matches!(ending, Ending::Done { .. }) {
            // A new stack is protected once it exists: one whose creation fails must be deletable.
            if is_new {
                set_termination_protection(job, &stack_id).await?;
            }
            set_policy_after(job, &stack_id).await?;
        }
        Ok(ending)
    }

    /// Executes the change set of the first step, and then creates and executes those of the others.
    ///
    /// After each step, the last one included, the rest is planned anew from what is deployed, and held against what was approved. So
    /// a rollout that was interrupted continues where it stopped, what another client deploys in between is not undone unseen, and
    /// the end is reached only when nothing is left that CloudFormation would change.
    async fn execute_steps(&self, id: JobId, first: PreparedStep) -> Result<Ending, Error> {
        let job = self.job(id);
        let stack_id = first.change_set.stack_id.clone();
        let (mut next, mut executed) = (first, 0);
        // Another client that undoes each step could keep a rollout busy for ever.
        let most = job.plan.steps.len().max(1) + 2;
        loop {
            let (number, of) = (executed + 1, executed + next.steps.len().max(1));
            if let (true, Some(step)) = (of > 1, next.steps.first()) {
                let (stack, summary) = (job.label.clone(), step.summary.join("; "));
                self.events.send(RolloutEvent::Step { stack, number, of, summary });
            }
            // The parts are on the heap: one within the other, they would be too much for the stack of a thread.
            let ending = Box::pin(self.execute_step(id, &next.change_set, number == of)).await?;
            if matches!(ending, Ending::Failed { .. }) {
                // CloudFormation keeps a change set whose execution has failed.
                self.discard_leftovers(job).await;
                return Ok(ending);
            }
            executed += 1;
            if number < of
                && let Some(wait) = next.long_wait()
            {
                let (stack, wait) = (job.stack.id.clone(), wait.clone());
                return Err(Error::StepsRemain { stack, number, of, wait });
            }
            let now = Box::pin(self.plan_again(id, Some(&stack_id))).await?;
            let rest = Box::pin(self.prepare_rest(id, &now)).await?;
            // Since the plan was made, another client may have deployed the stack, or deleted it.
            self.require_unchanged(id, now.deployed_stack()).await?;
            match rest {
                None => return Ok(ending),
                Some(_) if executed >= most => return Err(self.deployed_by_another(id)),
                Some(step) => next = step,
            }
        }
    }

    /// Returns how many steps of a job are deployed by this rollout. They stay, however it ends.
    #[must_use]
    pub fn succeeded(&self, id: JobId) -> usize {
        self.succeeded.borrow().get(&id).copied().unwrap_or_default()
    }

    /// Returns how many change sets of a job were executed.
    pub(crate) fn executed(&self, id: JobId) -> usize {
        self.executed.borrow().get(&id).copied().unwrap_or_default()
    }

    /// Executes a change set, follows it to its end, and waits for tables.
    async fn execute_step(&self, id: JobId, change_set: &ChangeSet, is_last: bool) -> Result<Ending, Error> {
        let job = self.job(id);
        if job.options.backup_first {
            let tables = tables_to_back_up(change_set, job);
            let name = format!("before-deploy-{}", job.stack_name());
            back_up_tables(job.target, &tables, &name, &job.label, self.options.timeout, self.events).await?;
        }
        let ending = match self.execute(id, change_set, is_last).await? {
            Some(outcome) => outcome.into(),
            None => self.cancel(id).await?,
        };
        if matches!(ending, Ending::Done { .. }) {
            *self.succeeded.borrow_mut().entry(id).or_default() += 1;
        }
        // Between two steps indexes are always waited for: DynamoDB accepts no second one before.
        if is_last && self.options.wait_for != WaitFor::Active {
            return Ok(ending.not_known_usable());
        }
        if !matches!(ending, Ending::Done { .. }) {
            return Ok(ending);
        }
        let waiting = wait_for_changed_tables(job, change_set, self.events);
        let waited = self.tables_in_time(job, waiting).await;
        if let Err(error) = waited {
            // The stack is deployed all the same, and its outputs can be used.
            let ending = ending.not_known_usable();
            self.events.send(RolloutEvent::Ended { stack: job.label.clone(), ending });
            return Err(error);
        }
        Ok(ending)
    }

    /// Waits for tables, for as long as the rollout waits.
    async fn tables_in_time(
        &self,
        job: &Job<'_>,
        waiting: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), Error> {
        let pending = || Err(Error::TablesPending { stack: job.stack.id.clone() });
        within(job.target, self.options.timeout, waiting).await.unwrap_or_else(pending)
    }

    /// Executes a change set and follows it to its end; `None` when the time is up and the operation is to be cancelled.
    async fn execute(
        &self,
        id: JobId,
        change_set: &ChangeSet,
        is_last: bool,
    ) -> Result<Option<Outcome>, Error> {
        let job = self.job(id);
        let (client, token) = (&job.target.cloudformation, token());
        let call = async |events: &Events| execute(client, change_set, &token, events).await;
        let starting = Box::pin(self.events.forward_events(&job.label, call));
        let started = within(job.target, self.options.timeout, starting).await;
        // Whether it was heard is found out where what is open is discarded.
        let operation = started.ok_or_else(|| self.not_answered(id))??;
        self.close(&change_set.name);
        *self.executed.borrow_mut().entry(id).or_default() += 1;
        self.running.borrow_mut().insert(id);
        if is_last && self.options.wait_for == WaitFor::Accepted {
            return Err(Error::Detached);
        }
        let pace = Polling { timeout: self.options.timeout, ..job.target.pace.clone() };
        let call = async |events: &Events| watch(client, &operation, &pace, events).await;
        match self.events.forward_events(&job.label, call).await {
            Err(WatchError::StillRunning { .. }) if self.options.on_timeout == OnTimeout::Cancel => Ok(None),
            outcome => {
                let outcome = outcome?;
                self.running.borrow_mut().remove(&id);
                self.unfinished.borrow_mut().insert(id);
                Ok(Some(outcome))
            }
        }
    }

    /// Cancels the running operation of a job and follows that to its end. The creation of a stack is not cancelled: that would
    /// delete the stack. An operation that has just ended is followed to that end.
    ///
    /// # Errors
    ///
    /// [`Error::Cancel`] when the operation cannot be cancelled, [`Error::Watch`] when its end was not seen.
    pub async fn cancel(&self, id: JobId) -> Result<Ending, Error> {
        let job = self.job(id);
        let (client, token) = (&job.target.cloudformation, token());
        let call = async |events: &Events| {
            cancel(client, job.stack_name(), CancelCreation::Refuse, &token, events).await
        };
        let cancelled = self.events.forward_events(&job.label, call).await;
        let operation = match cancelled {
            Err(error @ CancelError::NothingToCancel { .. }) => {
                latest(client, job.stack_name()).await?.ok_or(error)?
            }
            cancelled => cancelled?,
        };
        let call = async |events: &Events| watch(client, &operation, &job.target.pace, events).await;
        let outcome = self.events.forward_events(&job.label, call).await?;
        self.running.borrow_mut().remove(&id);
        if matches!(outcome, Outcome::Deployed { .. }) {
            self.unfinished.borrow_mut().insert(id);
        }
        Ok(outcome.into())
    }
}
