//! What a stack has beside its template and takes calls of its own: termination protection and the stack policy.
//!
//! A policy that is loosened is set before the update, one that is tightened after it, and one that was given for this update alone is
//! set back, however that ends.

use tablewright_cloudformation::stack::protection;

use crate::ending::Ending;
use crate::error::Error;
use crate::job::{Job, JobId};
use crate::rollout::Rollout;

impl Rollout<'_> {
    /// Sets the policy that the update is made under, where it is not the deployed one: the one that was given for this update, or
    /// the wanted one, when that may allow what the deployed one refuses.
    pub(crate) async fn open_policy(&self, id: JobId, stack_id: &str) -> Result<(), Error> {
        let job = self.job(id);
        let client = &job.target.cloudformation;
        if let (Some(_), Some(policy)) = (job.deployed_policy(), &job.options.policy_during_update) {
            self.own_policies.borrow_mut().insert(id);
            protection::set_policy(client, stack_id, &policy.to_string()).await?;
        } else if let Some(change) = job.policy_change().filter(|change| change.is_first) {
            protection::set_policy(client, stack_id, &change.wanted.to_string()).await?;
        }
        Ok(())
    }

    /// Replaces the policy of the update by the defined one.
    pub(crate) async fn set_policy_back(&self, id: JobId, stack_id: &str) -> Result<(), Error> {
        let job = self.job(id);
        if let Some(policy) = &job.stack.policy {
            protection::set_policy(&job.target.cloudformation, stack_id, &policy.to_string()).await?;
        }
        self.own_policies.borrow_mut().remove(&id);
        Ok(())
    }
}

/// Returns whether something changes that is set by a call of its own.
pub(crate) fn has_settings_of_their_own(job: &Job<'_>) -> bool {
    job.settings.len() > job.settings_by_change_set().len()
}

/// Sets what is not part of a change set, for a stack whose template is as wanted.
pub(crate) async fn apply_settings(job: &Job<'_>) -> Result<Ending, Error> {
    let outputs = job.deployed_stack().map(|stack| stack.outputs.clone()).unwrap_or_default();
    let (Some(deployed), true) = (job.deployed_stack(), has_settings_of_their_own(job)) else {
        return Ok(Ending::Unchanged { outputs });
    };
    set_termination_protection(job, &deployed.id).await?;
    if let Some(change) = job.policy_change() {
        let policy = change.wanted.to_string();
        protection::set_policy(&job.target.cloudformation, &deployed.id, &policy).await?;
    }
    Ok(Ending::Done { usable: true, outputs: Some(outputs), orphans: Vec::new(), retained: Vec::new() })
}

pub(crate) async fn set_termination_protection(job: &Job<'_>, stack_id: &str) -> Result<(), Error> {
    if let Some(on) = job.termination_protection() {
        protection::set_termination_protection(&job.target.cloudformation, stack_id, on).await?;
    }
    Ok(())
}

/// Sets a stack policy that is as strict as the deployed one, or is the first one: it guards later updates.
pub(crate) async fn set_policy_after(job: &Job<'_>, stack_id: &str) -> Result<(), Error> {
    let during_update = job.options.policy_during_update.is_some() && job.deployed_policy().is_some();
    match job.policy_change() {
        Some(change) if !change.is_first && !during_update => {
            let policy = change.wanted.to_string();
            protection::set_policy(&job.target.cloudformation, stack_id, &policy).await?;
            Ok(())
        }
        _ => Ok(()),
    }
}
