//! What a deployment is given besides templates, and how far it is followed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tablewright_cloudformation::{Bucket, OnFailure, RollbackConfiguration};
use tablewright_plan::Verdict;

use crate::consent::{Consent, ResourcePath};

/// What the stacks of one target are deployed with, besides their templates.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The name of the environment, by which consents name it.
    pub environment: String,
    /// The losses that are consented to, of all environments of the run.
    pub consents: Vec<Consent>,
    /// The tables whose indexes may be deleted and created again under their name, of all environments of the run.
    pub index_rebuilds: Vec<ResourcePath>,
    /// Values of parameters. A parameter that is not named keeps its deployed value, or gets its default.
    pub parameters: BTreeMap<String, String>,
    /// The role that CloudFormation assumes; the stack keeps using it.
    pub role_arn: Option<String>,
    /// The topics that the events of the stacks are published to; `None` keeps those of each stack.
    pub notification_arns: Option<Vec<String>>,
    /// The alarms that roll an update back.
    pub rollback: Option<RollbackConfiguration>,
    /// A stack policy for this run alone: it is set before a stack is updated and replaced by the defined one after.
    pub policy_during_update: Option<Value>,
    /// What happens to a stack when its operation fails.
    pub on_failure: OnFailure,
    /// The bucket for templates that are too large for a request.
    pub bucket: Option<Bucket>,
    /// Whether tables are backed up before a change set that replaces them, or removes them from their stack.
    pub backup_first: bool,
}

/// How a rollout waits.
#[derive(Clone, Copy, Debug, Default)]
pub struct WaitOptions {
    /// How far the last step of a stack is followed.
    pub wait_for: WaitFor,
    /// How long to wait for another operation on a stack to end; `None` fails at once.
    pub idle_timeout: Option<Duration>,
    /// How long one operation is followed; `None` has no limit.
    pub timeout: Option<Duration>,
    /// What to do with an operation that takes longer than `timeout`.
    pub on_timeout: OnTimeout,
}

/// How far a deployment is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitFor {
    /// Until every table and index is `ACTIVE`.
    #[default]
    Active,
    /// Until CloudFormation has completed the operation.
    Stack,
    /// Until CloudFormation has accepted the operation.
    Accepted,
}

/// What happens to an operation that is no longer waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTimeout {
    /// It continues in CloudFormation.
    #[default]
    Detach,
    /// It is cancelled, and CloudFormation rolls it back.
    Cancel,
}

impl Options {
    /// Returns the resources of a stack whose loss is consented to, each with the worst verdict.
    pub(crate) fn consents_for(&self, stack: &str) -> BTreeMap<String, Verdict> {
        let mut allowed: BTreeMap<String, Verdict> = BTreeMap::new();
        for Consent { resource, verdict } in &self.consents {
            if resource.environment == self.environment && resource.stack == stack {
                let worst = allowed.entry(resource.logical_id.clone()).or_default();
                *worst = (*worst).max(*verdict);
            }
        }
        allowed
    }

    /// Returns the tables of a stack whose indexes may be deleted and created again.
    pub(crate) fn index_rebuilds_for(&self, stack: &str) -> BTreeSet<String> {
        let of_stack = |path: &&ResourcePath| path.environment == self.environment && path.stack == stack;
        self.index_rebuilds.iter().filter(of_stack).map(|path| path.logical_id.clone()).collect()
    }

    /// Returns the given values of those parameters that a template declares.
    #[must_use]
    pub fn parameters_of(&self, template: &Value) -> BTreeMap<String, String> {
        let given = |name: &str| self.parameters.get(name).cloned();
        declared_parameters(template).filter_map(|name| Some((name.to_owned(), given(name)?))).collect()
    }
}

/// Returns the names of the parameters that a template declares.
pub fn declared_parameters(template: &Value) -> impl Iterator<Item = &str> {
    template["Parameters"].as_object().into_iter().flatten().map(|(name, _)| name.as_str())
}
