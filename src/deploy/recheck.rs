//! What is deployed by now, held against what was approved: before the first step, after each, and at the end.

use std::time::Duration;

use tablewright_cloudformation::stack;
use tablewright_cloudformation::{ApiErrorKind, Events, Stack, StackStatus, pause_after};
use tablewright_plan::{Change, StackSetting};

use crate::error::Error;
use crate::job::{HIDDEN, Job, JobId, plan_stack};
use crate::rollout::Rollout;
use crate::stack_policy;
use crate::wait::within;

/// How long an outage between two steps is waited for, beyond what each call tries by itself.
const OUTAGE_PATIENCE: Duration = Duration::from_secs(120);

impl<'a> Rollout<'a> {
    /// Reads what is deployed. Once a step is, a sign-in that has expired is waited for, and so is an outage: whoever has waited for the
    /// step wants to know what became of it.
    async fn read_deployed<T>(
        &self,
        id: JobId,
        read: impl AsyncFn() -> Result<T, Error>,
    ) -> Result<T, Error> {
        // On the heap, as it is read in several places and each would have it within itself.
        let reading = Box::pin(self.read_patiently(id, read));
        let answer = within(self.job(id).target, self.options.timeout, reading).await;
        answer.unwrap_or_else(|| Err(self.not_answered(id)))
    }

    async fn read_patiently<T>(
        &self,
        id: JobId,
        read: impl AsyncFn() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let job = self.job(id);
        let (mut failures, mut waited) = (0, Duration::ZERO);
        loop {
            let error = match read().await {
                Err(Error::Api(error)) if self.succeeded(id) > 0 => error,
                answer => return answer,
            };
            let patience = match error.kind {
                ApiErrorKind::Expired | ApiErrorKind::Credentials => job.target.pace.credential_grace,
                _ if error.may_pass() => OUTAGE_PATIENCE,
                _ => Duration::ZERO,
            };
            if waited >= patience {
                return Err(error.into());
            }
            failures += 1;
            let pause = async |events: &Events| {
                pause_after(&job.target.cloudformation, job.stack_name(), error, failures, events).await
            };
            waited += self.events.forward_events(&job.label, pause).await;
        }
    }

    /// Plans a job again from what is deployed by now, and holds the plan against what was approved. `stack_id` is the stack that
    /// it has to be about; `None` when it is to be created.
    ///
    /// # Errors
    ///
    /// [`Error::NotApproved`] when the plan has a change that was not shown, or one with a worse verdict, and when the stack was
    /// deleted or created by another client.
    pub(crate) async fn plan_again(&self, id: JobId, stack_id: Option<&str>) -> Result<Job<'a>, Error> {
        let job = self.job(id);
        let plan = async || {
            let rendered = job.rendered.clone();
            Box::pin(plan_stack(job.target, job.stack, rendered, job.options, self.plan_options)).await
        };
        let now = self.read_deployed(id, plan).await?;
        if now.stack_id() != stack_id {
            return Err(self.deployed_by_another(id));
        }
        // All settings of a new stack are part of its creation; they are set once it exists.
        let settings = if job.deployed.is_none() { &[][..] } else { &now.settings };
        // The policy for this update is set back by this rollout.
        let is_ours = |change: &&Change| {
            change.setting() == Some(StackSetting::Policy) && self.own_policies.borrow().contains(&id)
        };
        let settings = settings.iter().filter(|change| !is_ours(change));
        // CloudFormation does not show the value of a `NoEcho` parameter, so it always seems to differ; this rollout has set it.
        let is_set = |change: &&Change| self.executed(id) > 0 && is_hidden_parameter(change);
        let changes = now.plan.changes.iter().chain(settings).filter(|change| !is_set(change));
        let changes = self.approvals.borrow()[id.index()].not_covered(changes);
        if changes.is_empty() && !now.plan.is_stopped() {
            // Another client may have set a policy since the first step.
            stack_policy::check_plan(&now)?;
            return Ok(now);
        }
        Err(self.not_approved(id, changes))
    }

    /// Checks that the stack is still the one that was planned for. The change set was created after the plan was made, and
    /// CloudFormation executes none that is older than the last operation; so this closes the time between the two.
    pub(crate) async fn require_unchanged(&self, id: JobId, planned: Option<&Stack>) -> Result<(), Error> {
        let job = self.job(id);
        let Some(planned) = planned else { return Ok(()) };
        let describe = async || Ok(stack::describe(&job.target.cloudformation, &planned.id).await?);
        let now = self.read_deployed(id, describe).await?;
        let is_same = now.is_some_and(|now| {
            // A deleted stack is still found by its id.
            now.status != StackStatus::DeleteComplete
                && (&now.created, &now.updated, &now.tags)
                    == (&planned.created, &planned.updated, &planned.tags)
        });
        if is_same {
            return Ok(());
        }
        Err(self.deployed_by_another(id))
    }

    /// Returns the error for a stack that another client has deployed or deleted since it was planned.
    pub(crate) fn deployed_by_another(&self, id: JobId) -> Error {
        self.not_approved(id, Vec::new())
    }

    /// Says of a call that was refused because of the work of another client that it was, and of other refusals after how many steps.
    pub(crate) fn overtaken(&self, id: JobId, error: Error) -> Error {
        let Some((conflict, source)) = error.conflict() else { return error.after_steps(self.executed(id)) };
        let (stack, source) = (self.job(id).stack.id.clone(), Box::new(source.clone()));
        Error::Overtaken { stack, executed: self.executed(id), conflict, source }
    }

    pub(crate) fn not_answered(&self, id: JobId) -> Error {
        Error::NotAnswered { stack: self.job(id).stack.id.clone(), executed: self.executed(id) }
    }

    pub(crate) fn not_approved(&self, id: JobId, changes: Vec<Change>) -> Error {
        Error::NotApproved { stack: self.job(id).stack.id.clone(), executed: self.executed(id), changes }
    }
}

fn is_hidden_parameter(change: &Change) -> bool {
    change.section == "Parameters" && change.before.as_ref().is_some_and(|value| value == HIDDEN)
}
