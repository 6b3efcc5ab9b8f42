//! A stack on its way: what is deployed, what is wanted, and the plan from one to the other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tablewright::Stack;
use tablewright::render::Rendered;
use tablewright_cloudformation::{self as cloudformation, RollbackConfiguration};
use tablewright_plan::{
    Change, Plan, PlanOptions, PseudoParameters, RollbackAlarms, StackSetting, StackSettings, Verdict,
    is_as_strict, plan, settings,
};

use crate::approval::Approval;
use crate::consent::ResourcePath;
use crate::deployed::{DeployedTemplate, Found, RolledBackCreation, find};
use crate::error::Error;
use crate::options::Options;
use crate::reviewed_plan::PlanDigests;
use crate::target::Target;

/// The place of a job among the jobs of its rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(usize);

impl JobId {
    /// Returns the id of the job at a position of the slice that a rollout is made of.
    #[must_use]
    pub const fn new(position: usize) -> Self {
        Self(position)
    }

    /// Returns the position in that slice.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

/// What CloudFormation shows in the place of a value that a template hides.
pub(crate) const HIDDEN: &str = "****";

/// One stack to be deployed to one target.
#[derive(Debug)]
pub struct Job<'a> {
    /// Where.
    pub target: &'a Target,
    /// What it is deployed with.
    pub options: &'a Options,
    /// The name in events: the stack's id, after its environment where there are several.
    pub label: String,
    /// The definition: names, tags, protection, policy.
    pub stack: &'a Stack,
    /// The wanted template.
    pub rendered: Rendered,
    /// The deployed stack, if there is one.
    pub deployed: Option<DeployedTemplate>,
    /// What is left of a failed creation under the stack's name. It is deleted before the stack is created anew.
    pub rolled_back: Option<RolledBackCreation>,
    /// The plan for the template.
    pub plan: Plan,
    /// What changes besides the template, such as tags. Empty for a stack that is new.
    pub settings: Vec<Change>,
    /// Both sides of the plan as digests, to hold it against a plan that was reviewed.
    pub digests: PlanDigests,
    /// What the plan was made with: the consents, and the parameters of both sides.
    pub(crate) plan_options: PlanOptions,
}

impl Job<'_> {
    /// Returns the stack's name in CloudFormation.
    #[must_use]
    pub fn stack_name(&self) -> &str {
        self.stack.name.as_deref().unwrap_or_default()
    }

    /// Returns whether anything is to be done.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        !self.plan.steps.is_empty() || !self.settings.is_empty()
    }

    /// Returns how a consent names a resource of this job.
    #[must_use]
    pub fn path_of(&self, logical_id: &str) -> ResourcePath {
        ResourcePath {
            environment: self.options.environment.clone(),
            stack: self.stack.id.clone(),
            logical_id: logical_id.to_owned(),
        }
    }

    /// Returns what approving this plan approves: its changes, and nothing else.
    #[must_use]
    pub fn approval(&self) -> Approval {
        Approval::new(&self.plan, &self.settings, &self.rendered.template, &self.plan_options)
    }

    /// Returns the tables whose indexes have to be deleted and created again, where consent to that is all that a refused plan lacks.
    pub(crate) fn missing_index_rebuilds(&self) -> Vec<ResourcePath> {
        let refused = |plan: &Plan| -> BTreeSet<String> {
            let refused = plan.changes.iter().filter(|change| change.verdict == Verdict::Refused);
            refused.map(|change| change.logical_id.clone()).collect()
        };
        let tables = refused(&self.plan);
        let options = PlanOptions {
            redefine_indexes: &self.plan_options.redefine_indexes | &tables,
            ..self.plan_options.clone()
        };
        let deployed = self.deployed.as_ref().map(|deployed| &deployed.value);
        if !refused(&plan(deployed, &self.rendered.template, &options)).is_empty() {
            return Vec::new();
        }
        tables.iter().map(|table| self.path_of(table)).collect()
    }

    /// Returns every change, of the template and besides it.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.plan.changes.iter().chain(&self.settings)
    }

    /// Returns the worst verdict of all changes.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.changes().map(|change| change.verdict).max().unwrap_or_default()
    }

    /// Returns the stack as it is deployed.
    #[must_use]
    pub fn deployed_stack(&self) -> Option<&cloudformation::Stack> {
        self.deployed.as_ref().map(|deployed| &deployed.stack)
    }

    /// Returns the ARN of the deployed stack.
    pub(crate) fn stack_id(&self) -> Option<&str> {
        self.deployed_stack().map(|stack| stack.id.as_str())
    }

    /// Returns the changes beside the template that a change set carries out.
    pub(crate) fn settings_by_change_set(&self) -> Vec<&Change> {
        let is_by_change_set =
            |change: &&Change| change.setting().is_some_and(StackSetting::is_set_by_change_set);
        self.settings.iter().filter(is_by_change_set).collect()
    }

    /// Returns what termination protection is to be set to; `None` where it is as wanted already.
    pub(crate) fn termination_protection(&self) -> Option<bool> {
        let now = self.deployed_stack().is_some_and(|deployed| deployed.termination_protection);
        self.stack.termination_protection.filter(|wanted| *wanted != now)
    }

    /// Returns the stack policy that is deployed.
    pub(crate) fn deployed_policy(&self) -> Option<&Value> {
        self.deployed.as_ref()?.policy.as_ref()
    }

    /// Returns the stack policy to set, and when; `None` where it is as wanted already.
    pub(crate) fn policy_change(&self) -> Option<PolicyChange<'_>> {
        let is_policy = |change: &Change| change.setting() == Some(StackSetting::Policy);
        let wanted = self.stack.policy.as_ref()?;
        if self.deployed.is_some() && !self.settings.iter().any(is_policy) {
            return None;
        }
        let is_first =
            self.deployed_policy().is_some_and(|before| is_as_strict(before, wanted) != Some(true));
        Some(PolicyChange { wanted, is_first })
    }

    /// Returns the stack policy that the update is made under.
    pub(crate) fn policy_in_force(&self) -> Option<&Value> {
        let deployed = self.deployed_policy();
        let wanted = self.policy_change().filter(|change| change.is_first).map(|change| change.wanted);
        deployed.and(self.options.policy_during_update.as_ref()).or(wanted).or(deployed)
    }
}

/// A stack policy that is to be set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PolicyChange<'a> {
    /// The policy.
    pub(crate) wanted: &'a Value,
    /// Whether it is set before the update: it may allow what the deployed one refuses. One that is as strict is set after it.
    pub(crate) is_first: bool,
}

/// Plans the way from what is deployed to what is wanted. Reads only.
///
/// # Errors
///
/// Returns an error if what is deployed cannot be read; see [`deployed_template`](crate::deployed::deployed_template).
pub async fn plan_stack<'a>(
    target: &'a Target,
    stack: &'a Stack,
    rendered: Rendered,
    options: &'a Options,
    plan_options: &PlanOptions,
) -> Result<Job<'a>, Error> {
    let name = stack.name.as_deref().unwrap_or_default();
    let (deployed, rolled_back) = match find(&target.cloudformation, name).await? {
        Found::Nothing => (None, None),
        Found::RolledBack(creation) => (None, Some(creation)),
        Found::Deployed(deployed) => (Some(deployed), None),
    };
    let deployed_stack = deployed.as_ref().map(|deployed| &deployed.stack);
    let given = options.parameters_of(&rendered.template);
    let deployed_parameters = deployed_stack.map(|stack| stack.parameters.clone()).unwrap_or_default();
    // A parameter that is not given keeps its deployed value.
    let wanted_parameters = deployed_parameters.clone().into_iter().chain(given).collect();
    let plan_options = PlanOptions {
        deployed_parameters: Some(deployed_parameters),
        wanted_parameters: Some(wanted_parameters),
        pseudo_parameters: pseudo_parameters(target, name, deployed_stack),
        allow: plan_options.allow.clone().into_iter().chain(options.consents_for(&stack.id)).collect(),
        redefine_indexes: &plan_options.redefine_indexes | &options.index_rebuilds_for(&stack.id),
        ..plan_options.clone()
    };
    let plan = plan(deployed.as_ref().map(|deployed| &deployed.value), &rendered.template, &plan_options);
    if let (Some(error), Some(_)) =
        (deployed.as_ref().and_then(|deployed| deployed.policy_unknown.clone()), &stack.policy)
    {
        return Err(error.into());
    }
    let wanted_settings = wanted_settings(stack, options);
    let deployed_settings = deployed.as_ref().map(deployed_settings);
    let settings = deployed_settings
        .as_ref()
        .map(|deployed_settings| settings(deployed_settings, &wanted_settings))
        .unwrap_or_default();
    let digests = digests(
        target,
        (deployed.as_ref(), deployed_settings.as_ref()),
        (&rendered.template, &wanted_settings),
        &plan_options,
    );
    let label = target.label(&stack.id);
    Ok(Job {
        target,
        options,
        label,
        stack,
        rendered,
        deployed,
        rolled_back,
        plan,
        settings,
        digests,
        plan_options,
    })
}

/// Returns the digests of both sides of a plan.
fn digests(
    target: &Target,
    (deployed, deployed_settings): (Option<&DeployedTemplate>, Option<&StackSettings>),
    (wanted, wanted_settings): (&Value, &StackSettings),
    options: &PlanOptions,
) -> PlanDigests {
    let parameters = options.wanted_parameters.clone().unwrap_or_default();
    PlanDigests {
        deployed: digest(&json!([
            deployed.map(|deployed| &deployed.value),
            options.deployed_parameters,
            deployed_settings.map(settings_value),
        ])),
        wanted: digest(&json!([
            wanted,
            shown_parameters(&parameters, wanted),
            settings_value(wanted_settings),
        ])),
        account: deployed.and_then(|deployed| account_of(&deployed.stack)).or_else(|| target.account.clone()),
        region: target.connection.region.clone(),
    }
}

/// Returns what is known of a stack's place without a call: the ARN of a deployed stack tells everything, the connection the Region.
fn pseudo_parameters(
    target: &Target,
    name: &str,
    deployed: Option<&cloudformation::Stack>,
) -> PseudoParameters {
    let of_target = || PseudoParameters {
        stack_name: Some(name.to_owned()),
        ..PseudoParameters::of_region(&target.connection.region)
    };
    deployed.and_then(|stack| PseudoParameters::of_stack(&stack.id)).unwrap_or_else(of_target)
}

/// Returns the jobs of each target, which are next to each other.
pub fn by_target<'a, 'j>(jobs: &'j [Job<'a>]) -> impl Iterator<Item = &'j [Job<'a>]> {
    jobs.chunk_by(|one, next| std::ptr::eq(one.target, next.target))
}

fn deployed_settings(deployed: &DeployedTemplate) -> StackSettings {
    let DeployedTemplate { stack, policy, .. } = deployed;
    StackSettings {
        tags: stack.tags.clone(),
        termination_protection: Some(stack.termination_protection),
        policy: policy.clone(),
        notification_arns: Some(stack.notification_arns.clone()),
        role_arn: stack.role_arn.clone(),
        rollback: Some(alarms(&stack.rollback)),
    }
}

fn wanted_settings(stack: &Stack, options: &Options) -> StackSettings {
    StackSettings {
        tags: stack.tags.clone(),
        termination_protection: stack.termination_protection,
        policy: stack.policy.clone(),
        notification_arns: options.notification_arns.clone(),
        role_arn: options.role_arn.clone(),
        rollback: options.rollback.as_ref().map(alarms),
    }
}

fn alarms(rollback: &RollbackConfiguration) -> RollbackAlarms {
    RollbackAlarms { arns: rollback.alarms.clone(), monitoring_minutes: rollback.monitoring_minutes }
}

/// Returns a form of the settings for a digest.
fn settings_value(settings: &StackSettings) -> Value {
    let StackSettings { tags, termination_protection, policy, notification_arns, role_arn, rollback } =
        settings;
    let rollback = rollback.as_ref().map(|alarms| (&alarms.arns, alarms.monitoring_minutes));
    json!([tags, termination_protection, policy, notification_arns, role_arn, rollback])
}

/// Returns the values of parameters without those that a template hides. A digest over such a value could be guessed; whether one
/// is given is no secret.
fn shown_parameters(parameters: &BTreeMap<String, String>, template: &Value) -> BTreeMap<String, String> {
    let is_hidden = |name: &str| {
        template["Parameters"][name]["NoEcho"] != json!(null)
            && template["Parameters"][name]["NoEcho"] != json!(false)
    };
    let shown = |(name, value): (&String, &String)| {
        let is_given = value != HIDDEN;
        let value = if is_hidden(name) && is_given { "given" } else { value.as_str() };
        (name.clone(), value.to_owned())
    };
    parameters.iter().map(shown).collect()
}

/// Returns the account in the ARN of a stack.
fn account_of(stack: &cloudformation::Stack) -> Option<String> {
    stack.id.split(':').nth(4).map(str::to_owned)
}

/// Returns the digest of a value. The keys of its objects are sorted, so equal values have equal digests.
fn digest(value: &Value) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(value.to_string())))
}
