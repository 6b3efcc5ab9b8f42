//! A plan that was reviewed: the JSON of `tablewright diff`, read again before a deployment.

use serde::Deserialize;

/// The version of the JSON that this crate reads, which is the one that `tablewright-review` writes.
pub const PLAN_SCHEMA: u32 = 1;

/// Both sides of the plan of one stack as digests: the plan holds as long as neither of them changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanDigests {
    /// What was deployed: template, parameters, tags and termination protection.
    pub deployed: String,
    /// What was to be deployed.
    pub wanted: String,
}

/// The plans of some stacks, as they were reviewed.
#[derive(Debug)]
pub struct ReviewedPlan(Vec<ReviewedStack>);

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
    schema: u64,
    #[serde(default)]
    comparisons: Vec<ReviewedStack>,
}

#[derive(Debug, Deserialize)]
struct ReviewedStack {
    stack_name: Option<String>,
    digests: Option<DigestsInJson>,
}

#[derive(Debug, Deserialize)]
struct DigestsInJson {
    deployed: String,
    wanted: String,
}

impl ReviewedPlan {
    /// Reads the plan.
    ///
    /// # Errors
    ///
    /// See [`ReviewedPlanError`].
    pub fn parse(json: &[u8]) -> Result<Self, ReviewedPlanError> {
        let value: serde_json::Value = serde_json::from_slice(json).map_err(ReviewedPlanError::NotJson)?;
        let document: Document = serde_json::from_value(value).map_err(ReviewedPlanError::NotAPlan)?;
        if document.schema != u64::from(PLAN_SCHEMA) {
            return Err(ReviewedPlanError::OtherSchema { found: document.schema });
        }
        let stacks = document.comparisons;
        if !stacks.is_empty() && stacks.iter().all(|stack| stack.digests.is_none()) {
            return Err(ReviewedPlanError::NotAgainstDeployed);
        }
        Ok(Self(stacks))
    }

    /// Returns the digests of a stack, by its name in CloudFormation.
    #[must_use]
    pub fn digests(&self, stack_name: &str) -> Option<PlanDigests> {
        let stack = self.0.iter().find(|stack| stack.stack_name.as_deref() == Some(stack_name));
        let DigestsInJson { deployed, wanted } = stack?.digests.as_ref()?;
        Some(PlanDigests { deployed: deployed.clone(), wanted: wanted.clone() })
    }
}
