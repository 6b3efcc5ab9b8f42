//! A plan that was reviewed: the JSON of `tablewright diff`, read again before a deployment.

use serde::Deserialize;
use serde_json::Value;
use tablewright_plan::{Change, Verdict};

/// The version of the JSON that this crate reads, which is the one that `tablewright-review` writes.
pub const PLAN_SCHEMA: u32 = 2;

/// Both sides of the plan of one stack as digests: the plan holds as long as neither of them changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanDigests {
    /// What was deployed: template, parameters, tags and termination protection.
    pub deployed: String,
    /// What was to be deployed.
    pub wanted: String,
    /// The account that it is deployed to; `None` where it is not known, as for a new stack at an emulator.
    pub account: Option<String>,
    /// The Region that it is deployed to.
    pub region: String,
}

impl PlanDigests {
    /// Returns whether a plan that was made for this holds for another look at it: in the same Region and account. Where the account
    /// was not known when the plan was made, as for a new stack at an emulator, any is taken.
    pub(crate) fn holds_at(&self, now: &Self) -> bool {
        self.region == now.region && (self.account.is_none() || self.account == now.account)
    }
}

/// The plans of some stacks, as they were reviewed.
#[derive(Debug)]
pub struct ReviewedPlan {
    /// When it was made, in RFC 3339.
    made: Option<String>,
    stacks: Vec<ReviewedStack>,
}

/// Why a file is not a plan that a deployment can be held to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReviewedPlanError {
    /// It is no JSON.
    #[error("not JSON")]
    NotJson(#[source] serde_json::Error),
    /// It is JSON of another kind.
    #[error("not a plan")]
    NotAPlan(#[source] serde_json::Error),
    /// It was written by another version.
    #[error("the plan has schema {found}, and this version reads schema {PLAN_SCHEMA}")]
    OtherSchema {
        /// The version of its form.
        found: u64,
    },
    /// It compares files or revisions.
    #[error("the plan does not compare with what is deployed")]
    NotAgainstDeployed,
}

#[derive(Debug, Deserialize)]
struct Document {
    made: Option<String>,
    #[serde(default)]
    comparisons: Vec<ReviewedStack>,
}

#[derive(Debug, Deserialize)]
struct ReviewedStack {
    stack_name: Option<String>,
    digests: Option<DigestsInJson>,
    #[serde(default)]
    changes: Vec<ReviewedChange>,
}

/// A change as it was reviewed.
#[derive(Debug, Deserialize)]
struct ReviewedChange {
    section: String,
    logical_id: String,
    action: String,
    #[serde(default)]
    path: String,
    verdict: String,
    /// A `null` is a value, and is not the same as none.
    #[serde(default, deserialize_with = "present")]
    before: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    after: Option<Value>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl ReviewedChange {
    fn covers(&self, change: &Change) -> bool {
        let verdict: Option<Verdict> = self.verdict.parse().ok();
        self.section == change.section
            && self.logical_id == change.logical_id
            && self.path == change.path
            && self.action == change.action.as_str()
            && self.before == change.before
            && self.after == change.after
            && verdict.is_some_and(|verdict| verdict >= change.verdict)
    }
}

#[derive(Debug, Deserialize)]
struct DigestsInJson {
    deployed: String,
    wanted: String,
    account: Option<String>,
    region: String,
}

impl ReviewedPlan {
    /// Reads the plan.
    ///
    /// # Errors
    ///
    /// See [`ReviewedPlanError`].
    pub fn parse(json: &[u8]) -> Result<Self, ReviewedPlanError> {
        let value: Value = serde_json::from_slice(json).map_err(ReviewedPlanError::NotJson)?;
        // Before the rest is read, which differs in another version.
        if let Some(found) = value["schema"].as_u64().filter(|schema| *schema != u64::from(PLAN_SCHEMA)) {
            return Err(ReviewedPlanError::OtherSchema { found });
        }
        let document: Document = serde_json::from_value(value).map_err(ReviewedPlanError::NotAPlan)?;
        let stacks = document.comparisons;
        if !stacks.is_empty() && stacks.iter().all(|stack| stack.digests.is_none()) {
            return Err(ReviewedPlanError::NotAgainstDeployed);
        }
        Ok(Self { made: document.made, stacks })
    }

    /// Returns the digests of a stack, by its name in CloudFormation.
    #[must_use]
    pub fn digests(&self, stack_name: &str) -> Option<PlanDigests> {
        let DigestsInJson { deployed, wanted, account, region } = self.stack(stack_name)?.digests.as_ref()?;
        let (deployed, wanted) = (deployed.clone(), wanted.clone());
        Some(PlanDigests { deployed, wanted, account: account.clone(), region: region.clone() })
    }

    /// Returns when it was made, in RFC 3339.
    #[must_use]
    pub fn made(&self) -> Option<&str> {
        self.made.as_deref()
    }

    /// Returns whether every change is one that was reviewed, with the same values and no worse verdict.
    pub(crate) fn covers<'c>(&self, stack_name: &str, mut changes: impl Iterator<Item = &'c Change>) -> bool {
        let reviewed = self.stack(stack_name).map(|stack| stack.changes.as_slice()).unwrap_or_default();
        changes.all(|change| reviewed.iter().any(|reviewed| reviewed.covers(change)))
    }

    fn stack(&self, stack_name: &str) -> Option<&ReviewedStack> {
        self.stacks.iter().find(|stack| stack.stack_name.as_deref() == Some(stack_name))
    }
}
