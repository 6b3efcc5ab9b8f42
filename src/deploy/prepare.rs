//! The change sets of a rollout: created, handed over for execution, and deleted when they are not executed.

use serde_json::Value;
use tablewright::render::Body;
use tablewright_cloudformation::{
    ApiError, ApiErrorKind, ChangeSet, Discarded, Events, Idle, Parameter, Prepared, PreparedRequest,
    Request, RequestError, Requirements, Stack, StackClass, Template, discard, discard_leftovers, prepare,
    prepare_request, prepare_request_for, upload, wait_for_idle,
};
use tablewright_plan::{Change, StackTemplate, Step, Wait, imported_exports};

use crate::error::{Error, JobError};
use crate::event::RolloutEvent;
use crate::found::beyond_plan;
use crate::gate::{check_change_set, check_found, check_nested_consents, not_reviewed};
use crate::job::{Job, JobId};
use crate::rollout::Rollout;
use crate::schedule::Schedule;
use crate::stack_policy;
use crate::token::{TOKEN_PREFIX, token};
use crate::wait::{is_for_indexes, within};

/// A change set that was created and not executed.
pub(crate) struct OpenChangeSet {
    job: JobId,
    request: PreparedRequest,
}

/// What is prepared for a job.
pub(crate) struct PreparedJob {
    /// The change set of the first step; `None` when there is nothing to change.
    pub(crate) first: Option<PreparedStep>,
    /// The stack that it was planned for; `None` when it is created.
    pub(crate) planned: Option<Stack>,
}

/// A change set, and the steps that it begins.
pub(crate) struct PreparedStep {
    pub(crate) change_set: ChangeSet,
    /// The step of the change set, and those after it. Empty for a change that is not one of the template.
    pub(crate) steps: Vec<Step>,
}

impl PreparedStep {
    /// Returns what has to be waited for after this step and takes longer than a rollout waits.
    pub(crate) fn long_wait(&self) -> Option<&Wait> {
        self.steps.first()?.waits.iter().find(|wait| !is_for_indexes(wait))
    }
}

impl Rollout<'_> {
    /// Creates the change set of the first step of every job that depends on no other. The others are prepared when it is their
    /// turn: what they import does not exist yet, or changes. So is a stack whose creation was rolled back: it takes no change set
    /// until it is deleted.
    ///
    /// # Errors
    ///
    /// The first error; call [`discard_open`](Rollout::discard_open) then.
    pub async fn prepare(&self, schedule: &Schedule) -> Result<(), JobError> {
        let can_take_one = |id: &JobId| schedule.is_independent(*id) && self.job(*id).rolled_back.is_none();
        for id in self.job_ids().filter(can_take_one) {
            let prepared = Box::pin(self.prepare_job(id)).await;
            let prepared = prepared.map_err(|error| self.overtaken(id, error).of(id))?;
            self.prepared.borrow_mut().insert(id, prepared);
        }
        Ok(())
    }

    /// Checks that the consents to losses in nested stacks name what the first change sets have told: a misspelled name must not pass
    /// for consent. To be called after [`prepare`](Self::prepare), also when that has failed.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownConsent`].
    pub fn check_nested_consents(&self) -> Result<(), JobError> {
        let found = self.found.borrow();
        found.iter().try_for_each(|(id, found)| {
            check_nested_consents(self.job(*id), found).map_err(|error| error.of(*id))
        })
    }

    /// Creates the change set of the first step of a job. A stack that was being changed when it was planned is planned again once
    /// it is at rest: that operation may have failed.
    async fn prepare_job(&self, id: JobId) -> Result<PreparedJob, Error> {
        let job = self.job(id);
        let is_moving = job.deployed_stack().is_some_and(|stack| stack.status.class() == StackClass::Moving);
        if is_moving && self.options.idle_timeout.is_some() {
            self.wait_for_idle(job).await?;
            let now = self.plan_again(id, job.stack_id()).await?;
            return self.prepare_planned(id, &now).await;
        }
        self.prepare_planned(id, job).await
    }

    /// Creates the change set of the first step of a plan for a job.
    pub(crate) async fn prepare_planned(&self, id: JobId, now: &Job<'_>) -> Result<PreparedJob, Error> {
        let first = self.prepare_first(id, now).await?;
        Ok(PreparedJob { first, planned: now.deployed_stack().cloned() })
    }

    /// Creates the change set of the first step of a plan for a job; `None` when there is nothing to change.
    async fn prepare_first(&self, id: JobId, now: &Job<'_>) -> Result<Option<PreparedStep>, Error> {
        let job = self.job(id);
        let reviewed_text = || job.rendered.text.clone();
        if !now.plan.steps.is_empty() {
            return self.prepare_steps(id, now).await;
        }
        // Tags of the stack and the like are not part of the template, and still take a change set. So does what only CloudFormation can
        // know.
        if !now.settings_by_change_set().is_empty() || !now.plan.unknown.is_empty() {
            return self.prepare_settings(id, now).await;
        }
        // A stack with nothing to change is a success only if it is in a good state (aws-cdk-cli#1972).
        self.prepare_request(id, now, reviewed_text(), &job.rendered.template).await?;
        self.discard_leftovers(job).await;
        Ok(None)
    }

    /// Creates the change set for what changes beside the template alone; `None` when CloudFormation finds no change in it.
    async fn prepare_settings(&self, id: JobId, now: &Job<'_>) -> Result<Option<PreparedStep>, Error> {
        let job = self.job(id);
        let text = job.rendered.text.clone();
        let change_set = self.create_change_set(id, now, text, &job.rendered.template).await?;
        let names = now.settings_by_change_set();
        if change_set.is_none() && !names.is_empty() {
            let names = names.iter().map(|change| change.path.trim_start_matches('/').to_owned());
            let summary = format!("change {} of the stack", names.collect::<Vec<_>>().join(", "));
            let (stack, kept_imports) = (job.label.clone(), Vec::new());
            self.events.send(RolloutEvent::PassedOver { stack, summary, kept_imports });
        }
        Ok(change_set.map(|change_set| PreparedStep { change_set, steps: Vec::new() }))
    }

    /// Creates the change set of what is left of a job after a step; `None` when CloudFormation finds nothing in it.
    pub(crate) async fn prepare_rest(&self, id: JobId, now: &Job<'_>) -> Result<Option<PreparedStep>, Error> {
        match now.plan.steps.is_empty() {
            true if now.settings_by_change_set().is_empty() => Ok(None),
            true => self.prepare_settings(id, now).await,
            false => self.prepare_steps(id, now).await,
        }
    }

    /// Creates the change set of the first step of a plan in which CloudFormation finds a change. `None` when it finds none in any of
    /// them.
    ///
    /// A step without a change is passed over: CloudFormation does not see everything that a template says differently, such as a
    /// description, or a value that is written as the function that returns it.
    async fn prepare_steps(&self, id: JobId, now: &Job<'_>) -> Result<Option<PreparedStep>, Error> {
        let (job, steps) = (self.job(id), &now.plan.steps);
        for (position, step) in steps.iter().enumerate() {
            // The last step is the reviewed text, byte for byte; the plan makes those before it.
            let text = if step.template == job.rendered.template {
                job.rendered.text.clone()
            } else {
                step.template.to_string()
            };
            if let Some(change_set) = self.create_change_set(id, now, text, &step.template).await? {
                return Ok(Some(PreparedStep { change_set, steps: steps[position..].to_vec() }));
            }
            let (stack, summary) = (job.label.clone(), step.summary.join("; "));
            let kept_imports = kept_imports(now, &step.template);
            self.events.send(RolloutEvent::PassedOver { stack, summary, kept_imports });
        }
        Ok(None)
    }

    /// Forgets a change set that was executed or is gone.
    pub(crate) fn close(&self, change_set_name: &str) {
        self.open.borrow_mut().retain(|open| open.request.request.change_set_name != change_set_name);
    }

    /// Deletes every change set that was created and not executed. To be called at every end of a rollout, however it came.
    ///
    /// Returns [`Error::Detached`] for a change set that turns out to be executing, and [`Error::ChangeSetLeft`] for one that could not
    /// be deleted.
    pub async fn discard_open(&self) -> Vec<JobError> {
        let mut errors = Vec::new();
        let open: Vec<OpenChangeSet> = self.open.borrow_mut().drain(..).collect();
        for OpenChangeSet { job, request } in open {
            let (events, _) = Events::channel();
            let target = self.job(job).target;
            let discarding = Box::pin(discard(&target.cloudformation, &request, &events));
            let discarded = within(target, self.options.timeout, discarding).await;
            match discarded.unwrap_or_else(|| Err(too_late())) {
                Ok(Discarded::Gone) => {}
                Ok(Discarded::Executed) => {
                    // Its execution was on its way when the rollout was dropped, or another client has executed it.
                    self.running.borrow_mut().insert(job);
                    errors.push(Error::Detached.of(job));
                }
                Err(source) => {
                    let source = Box::new(source);
                    let Request { change_set_name, stack_name, .. } = request.request;
                    let error = Error::ChangeSetLeft { change_set: change_set_name, stack_name, source };
                    errors.push(error.of(job));
                }
            }
        }
        errors
    }

    /// Creates a change set and holds it against what was approved; `None` when CloudFormation finds nothing to change.
    async fn create_change_set(
        &self,
        id: JobId,
        now: &Job<'_>,
        text: String,
        template: &Value,
    ) -> Result<Option<ChangeSet>, Error> {
        let job = self.job(id);
        let prepared = self.prepare_request(id, now, text, template).await?;
        // Before the call: a rollout that is dropped in the middle of it must know what to delete.
        self.open.borrow_mut().push(OpenChangeSet { job: id, request: prepared.clone() });
        let call = async |events: &Events| prepare(&job.target.cloudformation, &prepared, events).await;
        let preparing = self.events.forward_events(&job.label, call);
        let Some(prepared_change_set) = within(job.target, self.options.timeout, preparing).await else {
            let stack = job.stack.id.clone();
            return Err(Error::PreparationTimedOut { stack, executed: self.executed(id) });
        };
        match prepared_change_set? {
            Prepared::Ready(change_set) => {
                let found = Box::pin(beyond_plan(job, &now.plan, template, &change_set)).await?;
                self.check_found(id, &found)?;
                check_change_set(job, &self.approvals.borrow()[id.index()], &change_set)?;
                stack_policy::check_change_set(now, &change_set)?;
                Ok(Some(change_set))
            }
            Prepared::Unchanged { .. } => {
                self.close(&prepared.request.change_set_name);
                Ok(None)
            }
        }
    }

    /// Holds what only CloudFormation could tell against the gates, and against what was approved. What the first change set of a job
    /// tells belongs to what is approved: it is shown before anybody is asked.
    fn check_found(&self, id: JobId, found: &[Change]) -> Result<(), Error> {
        let job = self.job(id);
        let is_first = !self.found.borrow().contains_key(&id);
        if is_first {
            if !found.is_empty() {
                let (stack, changes) = (job.label.clone(), found.to_vec());
                self.events.send(RolloutEvent::Found { stack, changes });
            }
            self.found.borrow_mut().insert(id, found.to_vec());
        }
        check_found(job, found, self.denied)?;
        if self.is_reviewed {
            let unreviewed = not_reviewed(job, found);
            if !unreviewed.is_empty() {
                let stack = job.stack.id.clone();
                return Err(Error::NotApproved { stack, executed: 0, changes: unreviewed });
            }
        }
        let approval = &mut self.approvals.borrow_mut()[id.index()];
        if is_first {
            approval.add(found);
            return Ok(());
        }
        let changes = approval.not_covered(found.iter());
        if changes.is_empty() {
            return Ok(());
        }
        Err(self.not_approved(id, changes))
    }

    /// Checks a request against the state of the stack, which has to be the one that was planned for. Uploads a template that is too
    /// large for a request.
    async fn prepare_request(
        &self,
        id: JobId,
        now: &Job<'_>,
        text: String,
        template: &Value,
    ) -> Result<PreparedRequest, Error> {
        self.wait_for_idle(now).await?;
        let body = match Body::of(&text).map_err(Error::TemplateBody)? {
            Body::Inline(text) => Template::Body(text.into_owned()),
            Body::Upload { text, .. } => match &now.options.bucket {
                Some(bucket) => upload(&now.target.connection, bucket, &text).await?,
                // `prepare_request` refuses it with its size, before any call.
                None => Template::Body(text.into_owned()),
            },
        };
        let request = request(now, body, template);
        let prepared = match now.deployed_stack() {
            // The plan has described it; while another operation was waited for, it has changed.
            Some(stack) if self.options.idle_timeout.is_none() => {
                prepare_request_for(request, Some(stack.clone()))
            }
            _ => {
                let asking = Box::pin(prepare_request(&now.target.cloudformation, request));
                let asked = within(now.target, self.options.timeout, asking).await;
                asked.ok_or_else(|| self.not_answered(id))?
            }
        };
        let prepared = match prepared {
            Ok(prepared) => prepared,
            // What the request leaves out may be missing because the stack is another one by now.
            Err(error @ RequestError::Request(_)) => {
                self.require_unchanged(id, now.deployed_stack()).await?;
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        };
        let found = prepared.stack.as_ref().filter(|stack| stack.status.class() != StackClass::Review);
        if found.map(|stack| stack.id.as_str()) != now.stack_id() {
            return Err(self.deployed_by_another(id));
        }
        Ok(prepared)
    }

    /// Waits for another operation on the stack to end, where that is wanted.
    async fn wait_for_idle(&self, job: &Job<'_>) -> Result<(), Error> {
        let Some(timeout) = self.options.idle_timeout else { return Ok(()) };
        let (client, pace) = (&job.target.cloudformation, &job.target.pace);
        let wait =
            async |events: &Events| wait_for_idle(client, job.stack_name(), timeout, pace, events).await;
        match self.events.forward_events(&job.label, wait).await? {
            Idle::AtRest(_) => Ok(()),
            Idle::StillBusy(stack) => {
                Err(Error::StillBusy { stack: job.stack.id.clone(), status: stack.status })
            }
        }
    }

    /// Deletes failed change sets that earlier runs have left at a stack on which nothing is executed now.
    pub(crate) async fn discard_leftovers(&self, job: &Job<'_>) {
        let Some(deployed) = job.deployed_stack() else { return };
        let client = &job.target.cloudformation;
        let call = async |events: &Events| discard_leftovers(client, deployed, TOKEN_PREFIX, events).await;
        // Cleaning up is no condition of success: credentials may lack ListChangeSets, and an emulator the call.
        let _ = self.events.forward_events(&job.label, call).await;
    }
}

/// The error of a change set that is not known to be deleted, for want of an answer.
fn too_late() -> ApiError {
    ApiError {
        action: "DeleteChangeSet",
        kind: ApiErrorKind::Unavailable,
        code: None,
        message: "there is no answer in the time that was given".to_owned(),
    }
}

/// Returns the exports that a stack imports as it is deployed, and not by another template of it. Without an update, CloudFormation
/// counts them as imported.
fn kept_imports(job: &Job<'_>, template: &Value) -> Vec<String> {
    let imports = |template| imported_exports(&StackTemplate { stack_name: job.stack_name(), template });
    let deployed = job.deployed.as_ref().map(|deployed| imports(&deployed.value)).unwrap_or_default();
    deployed.difference(&imports(template)).cloned().collect()
}

/// Returns the request for a template of a job: the wanted one, or that of a step on the way, which declares the parameters that the
/// deployed one has.
fn request(job: &Job<'_>, body: Template, template: &Value) -> Request {
    let options = job.options;
    let parameters = options.parameters_of(template).into_iter();
    let parameters = parameters.map(|(key, value)| Parameter { key, value: Some(value) });
    Request {
        requirements: Some(Requirements::of(template)),
        parameters: parameters.collect(),
        tags: Some(job.stack.tags.clone().into_iter().collect()),
        role_arn: options.role_arn.clone(),
        notification_arns: options.notification_arns.clone(),
        rollback: options.rollback.clone(),
        on_failure: options.on_failure,
        ..Request::new(job.stack_name(), body, token())
    }
}
