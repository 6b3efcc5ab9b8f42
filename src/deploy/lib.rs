//! Rolls out planned changes of CloudFormation stacks with DynamoDB tables, step by step.
//!
//! In goes a [`Target`], the stacks as they are wanted, and what was consented to. Out come [`RolloutEvent`]s on a channel and
//! one [`JobResult`] for each stack. This crate never prints, never asks and knows no exit code: what an [`Error`] means to a person,
//! and what to do about it, is said by whoever runs the rollout.
//!
//! The way of a rollout:
//!
//! 1. [`plan_stack`] reads what is deployed and plans the change: a [`Job`] with a verdict for each change, and steps.
//! 2. The gates say whether it may be done: [`check_consents`], [`require_reviewed_plan`], [`deny`], [`require_steps`].
//! 3. [`Schedule::new`] orders the stacks: dependencies first, some at the same time.
//! 4. [`Rollout::prepare`] creates the first change sets. Each is held against its plan: CloudFormation may replace or delete no
//!    table that the plan keeps.
//! 5. The caller asks for approval. [`Rollout::discard_open`] is the answer to a no, and is to be called at every other end, too.
//! 6. [`Rollout::run`] executes: a change set, its events to the end, tables and indexes until they are `ACTIVE`, and then the next
//!    step, planned anew from what is deployed by now.
//!
//! # What it promises
//!
//! 1. **Approved is what is executed.** The changes that were shown are an [`Approval`]. Before the first step the stack must be the
//!    one that was planned for; after every step the rest is planned anew, and a change that was not shown, another value or a worse
//!    verdict ends the rollout before it is executed, with [`Error::NotApproved`].
//!    Consent to a loss names environment, stack and resource, and holds for the verdict that was shown ([`Consent`]).
//! 2. **Done is done.** A step in which CloudFormation sees no change is passed over. [`JobResult::Done`] is returned only when a plan
//!    made after the last step has nothing left that CloudFormation would change, and every table that
//!    it changed was seen `ACTIVE` with its indexes.
//! 3. **CloudFormation's word is held against the approval.** No change set is executed that replaces or deletes a resource beyond it, in the stack or in one nested in it,
//!    unless its type is known to hold no data.
//! 4. **An ending says what was done.** [`Rollout::running`], [`Rollout::unfinished`] and [`Rollout::completed`] tell what a rollout that was dropped has done.
//!    A change set that was created is executed or deleted, as far as [`Rollout::discard_open`] is called and reaches CloudFormation.
//!    [`WaitOptions::timeout`] bounds operations, change sets, tables and indexes.
//! 5. **Others are respected.** A busy stack is refused, or waited for with [`WaitOptions::idle_timeout`]. What the stack policy denies
//!    is refused before a change set is created.
//!
//! What only CloudFormation can tell, such as the changes inside nested stacks, is planned from its change set, and is approved like
//! the rest: [`Rollout::found`]. Without the permission to read the templates of nested stacks, their change sets are held against losses.
//!
//! What is *not* promised yet: the nested stacks of a job that depends on another one of the run are planned when it is its turn, so
//! that only what loses nothing, or was consented to, is executed unseen. Tables are looked at after a step that changes them, and
//! tables with indexes also when nothing changes; nothing is said of a table without indexes that no step changes.
//!
//! ```
//! use tablewright::Stack;
//! use tablewright::render::Rendered;
//! use tablewright_deploy::{
//!     EventSender, JobResult, Options, Rollout, Schedule, Target, WaitOptions, check_consents, plan_stack,
//!     require_steps,
//! };
//! use tablewright_plan::PlanOptions;
//!
//! /// Deploys one stack when `approve` says so. Returns whether it was done.
//! async fn deploy(
//!     target: &Target,
//!     stack: &Stack,
//!     rendered: Rendered,
//!     options: &Options,
//!     approve: impl Fn(&tablewright_deploy::Job<'_>) -> bool,
//!     events: &EventSender,
//! ) -> Result<bool, Box<dyn std::error::Error>> {
//!     let plan_options = PlanOptions::default();
//!     let jobs = [plan_stack(target, stack, rendered, options, &plan_options).await?];
//!     check_consents(options, &jobs)?;
//!     require_steps(&jobs)?;
//!     let schedule = Schedule::new(&jobs, 1, false)?;
//!     let rollout = Rollout::new(&jobs, &plan_options, WaitOptions::default(), events);
//!     let prepared = rollout.prepare(&schedule).await;
//!     if prepared.is_err() || !approve(&jobs[0]) {
//!         rollout.discard_open().await;
//!         return Ok(prepared.map(|()| false)?);
//!     }
//!     let results = rollout.run(&schedule).await;
//!     rollout.discard_open().await;
//!     Ok(matches!(results[..], [JobResult::Done]))
//! }
//!
//! # use aws_credential_types::Credentials;
//! # use aws_credential_types::provider::SharedCredentialsProvider;
//! # use serde_json::json;
//! # use tablewright_cloudformation::{Connect, Polling, connect};
//! # use tablewright_sandbox::{Clock, Options as SandboxOptions, Sandbox, VirtualClock};
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! # let clock = VirtualClock::default();
//! # let sandbox = Sandbox::in_memory(SandboxOptions { clock: Clock::Virtual(clock.clone()), ..SandboxOptions::default() });
//! # let connection = connect(&Connect {
//! #     region: Some("eu-west-1".into()),
//! #     http_client: Some(sandbox.http_client()),
//! #     credentials: Some(SharedCredentialsProvider::new(Credentials::from_keys("a", "b", None))),
//! #     sleep: Some(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(clock.clone())),
//! #     time: Some(aws_smithy_async::time::SharedTimeSource::new(clock.clone())),
//! #     ..Connect::default()
//! # }).await?;
//! # let template = json!({ "Resources": { "Note": { "Type": "AWS::DynamoDB::Table", "Properties": {
//! #     "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
//! #     "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
//! #     "BillingMode": "PAY_PER_REQUEST",
//! # } } } });
//! let target = Target::new(connection, "the sandbox");
//! let stack = Stack::new("notes").name("demo-notes");
//! let rendered = Rendered { text: template.to_string(), template, additions: Vec::new() };
//! let (events, _receiver) = EventSender::channel();
//! assert!(deploy(&target, &stack, rendered, &Options::default(), |_| true, &events).await?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The modules are in the order of the data: `target`, `options` and `event` are what everything is about; `deployed` and
//! `reviewed_plan` read what a plan is compared with; `job` plans, `gate` says whether it may be done, `schedule` in which order;
//! `approval` is what may be executed; `prepare` keeps the change sets, `settings` sets what they do not have,
//! `recheck` holds what is deployed by then against the approval, `rollout` executes them, with `wait` and `ending`.

mod target;
mod consent;
mod options;
mod token;
mod error;
mod ending;
mod event;
mod deployed;
mod reviewed_plan;
mod approval;
mod job;
mod stack_policy;
mod found;
mod gate;
mod schedule;
mod wait;
mod backup;
mod live;
mod undefined;
mod destroy;
mod prepare;
mod online_check;
mod settings;
mod recheck;
mod rollout;

pub use approval::Approval;
pub use backup::back_up_tables;
pub use consent::{Consent, NotAResourcePath, ResourcePath};
pub use deployed::{DeployedTemplate, RolledBackCreation, deployed_template};
pub use destroy::{
    Destroy, DestroyPlan, DestroyRefusal, DestroyedResource, ExportInUse, Fate, KeyInUse, TableToLose,
    plan_destroy,
};
pub use ending::{Ending, conclude};
pub use error::{Error, JobError, Staleness, after_steps};
pub use event::{EventSender, RolloutEvent, Work};
pub use gate::{check_consents, deny, require_reviewed_plan, require_steps};
pub use job::{Job, JobId, by_target, plan_stack};
pub use live::{Remark, Restorable, TableReading, read_changed_tables};
pub use online_check::{NotAsked, OnlineCheck};
pub use options::{OnTimeout, Options, WaitFor, WaitOptions, declared_parameters};
pub use reviewed_plan::{PLAN_SCHEMA, PlanDigests, ReviewedPlan, ReviewedPlanError};
pub use rollout::Rollout;
pub use schedule::{JobResult, NotStarted, Schedule};
pub use target::Target;
pub use token::{TOKEN_PREFIX, token};
pub use undefined::{StackNames, undefined_stacks};
pub use wait::wait_for_tables;
