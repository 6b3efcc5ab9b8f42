//! What was done, from the sandbox's side.

use std::collections::{BTreeMap, BTreeSet};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use crate::colleague::Done;
use crate::world::StackState;

/// How far a rollout is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// What is shown to a person is worked out.
    #[default]
    Planning,
    /// It was approved.
    Approved,
}

/// The record of one rollout.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) phase: Phase,
    /// The calls of the rollout.
    pub(crate) calls: Vec<Call>,
    /// The change sets that it has executed.
    pub(crate) executed: Vec<Executed>,
    /// The tokens of all executions, also of earlier rollouts.
    pub(crate) tokens: BTreeSet<String>,
    /// What was there whenever the rollout read a template for its plan, by stack name.
    pub(crate) planned: BTreeMap<String, Vec<Option<StackState>>>,
    /// What was there when it last read the template of a stack, and the number of that call.
    pub(crate) last_read: BTreeMap<String, (usize, Option<StackState>)>,
    /// What the first change set of a stack showed of its nested stacks: the stack before, and as the change set makes it.
    pub(crate) nested_shown: BTreeMap<String, (StackState, StackState)>,
    /// What colleagues have done, each with the number of the call before which they did it.
    pub(crate) acts: Vec<(usize, Done)>,
    pub(crate) interrupted: bool,
    pub(crate) is_endless: bool,
}

/// A call of the rollout.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) action: String,
    pub(crate) parameters: BTreeMap<String, String>,
}

/// A change set that was executed.
#[derive(Clone, Debug)]
pub(crate) struct Executed {
    /// The number of the call.
    pub(crate) call: usize,
    pub(crate) stack: String,
    pub(crate) token: String,
    /// The stack before; `None` when it is created.
    pub(crate) before: Option<StackState>,
    /// The stack as the change set makes it.
    pub(crate) after: StackState,
}

impl Call {
    pub(crate) fn read(request: &HttpRequest) -> Self {
        let body = request.body().bytes().unwrap_or_default();
        if let Some(target) = request.headers().get("x-amz-target") {
            let action = target.rsplit('.').next().unwrap_or_default().to_owned();
            let fields: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
            let field = |(key, value): (&String, &serde_json::Value)| {
                (key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            };
            let parameters = fields.as_object().into_iter().flatten().map(field).collect();
            return Self { action, parameters };
        }
        let parameters: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
        Self { action: parameters.get("Action").cloned().unwrap_or_default(), parameters }
    }

    /// Returns the name of the stack that the call is about, also where it is told by its id.
    pub(crate) fn stack_name(&self) -> String {
        stack_name(self.parameters.get("StackName").map_or("", String::as_str)).to_owned()
    }
}

/// Returns the name in a stack id, or the name itself.
pub(crate) fn stack_name(name_or_id: &str) -> &str {
    match name_or_id.strip_prefix("arn:") {
        Some(arn) => arn.split('/').nth(1).unwrap_or_default(),
        None => name_or_id,
    }
}
