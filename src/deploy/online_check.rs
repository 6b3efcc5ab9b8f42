//! Asks CloudFormation whether it would take the change of each stack, without executing anything.
//!
//! CloudFormation checks a change set before it can be executed: names that are in use, properties, quotas, hooks. In go the jobs of a
//! rollout, out comes what it says of each. The change sets are deleted afterwards, by
//! [`discard_open`](crate::Rollout::discard_open).

use tablewright_cloudformation::{PrepareError, ValidationDetail, hooks};

use crate::error::{Error, JobError};
use crate::job::JobId;
use crate::rollout::Rollout;
use crate::schedule::Schedule;

/// What CloudFormation says of the change of one stack.
#[derive(Debug)]
#[non_exhaustive]
pub enum OnlineCheck {
    /// It takes the first step of the plan, or finds nothing to change.
    Accepted {
        /// What its checks warn of.
        warnings: Vec<ValidationDetail>,
        /// How many further steps the plan has: CloudFormation takes them only once the first one is deployed.
        later_steps: usize,
    },
    /// It refuses the change, or the plan does not allow what it would do.
    Refused(Error),
    /// It was not asked.
    NotAsked(NotAsked),
}

/// Why CloudFormation was not asked about a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAsked {
    /// The plan is refused, or needs a consent: it has no steps.
    PlanRefused,
    /// It depends on a stack that changes, which has to be deployed first.
    DependsOnAnother,
    /// Its creation was rolled back: it takes no change set until it is deleted.
    CreationRolledBack,
}

impl Rollout<'_> {
    /// Creates the change set of the first step of every job, and tells what CloudFormation says of it.
    ///
    /// Returns a result for each job, in their order. Call [`discard_open`](Self::discard_open) then, also when the future was dropped.
    ///
    /// # Errors
    ///
    /// The first error that is no answer about the stack, such as missing credentials or a lost connection.
    pub async fn check_online(&self, schedule: &Schedule) -> Result<Vec<OnlineCheck>, JobError> {
        let mut checks = Vec::new();
        for id in self.job_ids() {
            let check = match self.reason_not_to_ask(id, schedule) {
                Some(reason) => OnlineCheck::NotAsked(reason),
                None => self.ask(id).await.map_err(|error| error.of(id))?,
            };
            checks.push(check);
        }
        Ok(checks)
    }

    fn reason_not_to_ask(&self, id: JobId, schedule: &Schedule) -> Option<NotAsked> {
        let job = self.job(id);
        if job.plan.is_stopped() {
            Some(NotAsked::PlanRefused)
        } else if job.rolled_back.is_some() {
            Some(NotAsked::CreationRolledBack)
        } else if !schedule.is_independent(id) {
            Some(NotAsked::DependsOnAnother)
        } else {
            None
        }
    }

    async fn ask(&self, id: JobId) -> Result<OnlineCheck, Error> {
        match Box::pin(self.prepare_planned(id, self.job(id))).await {
            Ok(prepared) => {
                let Some(first) = prepared.first else {
                    return Ok(OnlineCheck::Accepted { warnings: Vec::new(), later_steps: 0 });
                };
                let mut warnings = first.change_set.warnings;
                warnings.extend(hooks(&self.job(id).target.cloudformation, &first.change_set.id).await);
                let later_steps = first.steps.len().saturating_sub(1);
                Ok(OnlineCheck::Accepted { warnings, later_steps })
            }
            Err(
                error @ (Error::Prepare {
                    error: PrepareError::Failed { .. } | PrepareError::ReplacementWithoutRollback { .. },
                    ..
                }
                | Error::Disagreement { .. }
                | Error::PlanRefused { .. }
                | Error::DeniedByStackPolicy { .. }),
            ) => Ok(OnlineCheck::Refused(error)),
            Err(error) => Err(error),
        }
    }
}
