//! What has to hold before anything is executed. Each gate takes planned jobs and answers with the first reason to stop.

use tablewright_cloudformation::ChangeSet;
use tablewright_cloudformation::change_set::change::{
    Change as ResourceChange, ChangeAction, PolicyAction, Replacement,
};
use tablewright_plan::{Change, Verdict, is_harmless};

use crate::approval::Approval;
use crate::consent::{Consent, ResourcePath};
use crate::error::{Error, JobError, Staleness};
use crate::job::{Job, JobId};
use crate::options::Options;
use crate::reviewed_plan::ReviewedPlan;
use crate::stack_policy;

/// Checks that every consent of the options names a resource of one of the jobs, or of a stack with nothing to change: a misspelled name
/// must not pass for consent.
///
/// # Errors
///
/// [`Error::UnknownConsent`].
pub fn check_consents(options: &Options, jobs: &[Job<'_>]) -> Result<(), Error> {
    let resources = |job: &Job<'_>| {
        let tables = job.stack.tables.iter().map(|table| table.id.clone());
        let ids = |change: &Change| [change.logical_id.clone(), change.deployed_id().to_owned()];
        let changed = job.plan.changes.iter().flat_map(ids);
        tables.chain(changed).map(|id| job.path_of(&id)).collect::<Vec<_>>()
    };
    let known: Vec<ResourcePath> = jobs.iter().flat_map(resources).collect();
    // A job that is run again names what it has removed already.
    let is_done = |resource: &ResourcePath| {
        let mut of_stack = jobs.iter().filter(|job| is_in_stack(job, resource));
        of_stack.any(|job| !job.has_changes() && !job.plan.is_stopped())
    };
    // What nested stacks have is known to CloudFormation alone; which there are is not.
    let is_known = |resource: &ResourcePath| match resource.logical_id.split_once('/') {
        Some((child, _)) => jobs.iter().any(|job| is_in_stack(job, resource) && has_resource(job, child)),
        None => known.contains(resource),
    };
    let consents = options.consents.iter().map(|consent| &consent.resource).chain(&options.index_rebuilds);
    match consents.into_iter().find(|resource| !is_known(resource) && !is_done(resource)) {
        None => Ok(()),
        Some(unknown) => Err(unknown_consent(unknown, &known)),
    }
}

/// Checks that the consents to losses in nested stacks name resources that only CloudFormation could tell of, for one job.
///
/// # Errors
///
/// [`Error::UnknownConsent`]. Where nothing of nested stacks was told, as without the permission to read their templates, there is
/// nothing to hold a consent against.
pub(crate) fn check_nested_consents(job: &Job<'_>, found: &[Change]) -> Result<(), Error> {
    let nested = found.iter().filter(|change| change.logical_id.contains('/'));
    let known: Vec<ResourcePath> = nested.map(|change| job.path_of(change.deployed_id())).collect();
    let is_of_job = |resource: &&ResourcePath| is_nested(resource) && is_in_stack(job, resource);
    let mut consents = job.options.consents.iter().map(|consent| &consent.resource).filter(is_of_job);
    match consents.find(|resource| !known.is_empty() && !known.contains(resource)) {
        None => Ok(()),
        Some(unknown) => Err(unknown_consent(unknown, &known)),
    }
}

/// Returns whether a path leads into a nested stack.
fn is_nested(resource: &ResourcePath) -> bool {
    resource.logical_id.contains('/')
}

fn is_in_stack(job: &Job<'_>, resource: &ResourcePath) -> bool {
    (&job.options.environment, &job.stack.id) == (&resource.environment, &resource.stack)
}

/// Returns whether a stack has a resource, as it is deployed or as it is wanted.
fn has_resource(job: &Job<'_>, logical_id: &str) -> bool {
    let deployed = job.deployed.as_ref().map(|deployed| &deployed.value);
    let mut templates = deployed.into_iter().chain([&job.rendered.template]);
    templates.any(|template| !template["Resources"][logical_id].is_null())
}

fn unknown_consent(resource: &ResourcePath, known: &[ResourcePath]) -> Error {
    let known = known.iter().map(ToString::to_string).collect();
    Error::UnknownConsent { resource: resource.clone(), known }
}

/// Checks that every job is what was reviewed: nothing else may be executed.
///
/// # Errors
///
/// [`Error::Stale`] for the first job that differs from its reviewed plan on either side, or has changes and none.
pub fn require_reviewed_plan(reviewed: &ReviewedPlan, jobs: &[Job<'_>]) -> Result<(), JobError> {
    each(jobs, |job| {
        // A stack that is as wanted by now has been deployed by an earlier run of the same plan, or needed nothing.
        if !job.has_changes() {
            return Ok(());
        }
        let staleness = match reviewed.digests(job.stack_name()) {
            None => Staleness::NotReviewed,
            Some(then) if !then.holds_at(&job.digests) => Staleness::OtherTarget,
            Some(then) if then.deployed == job.digests.deployed && then.wanted == job.digests.wanted => {
                return Ok(());
            }
            // An earlier run of the same plan may have come half the way.
            Some(then)
                if then.wanted == job.digests.wanted && reviewed.covers(job.stack_name(), job.changes()) =>
            {
                return Ok(());
            }
            Some(then) if then.deployed != job.digests.deployed => Staleness::DeployedChanged,
            Some(_) => Staleness::WantedChanged,
        };
        Err(Error::Stale { stack: job.stack.id.clone(), staleness })
    })
}

/// Checks that no change has the verdict `limit` or a worse one.
///
/// # Errors
///
/// [`Error::Denied`].
pub fn deny(jobs: &[Job<'_>], limit: Verdict) -> Result<(), JobError> {
    each(jobs, |job| match job.verdict() {
        verdict if job.has_changes() && verdict >= limit => {
            Err(Error::Denied { stack: job.stack.id.clone(), verdict, limit, executed: 0 })
        }
        _ => Ok(()),
    })
}

/// Checks that every plan can be carried out: what would lose items needs consent by name, and what AWS would refuse has no steps.
/// What is left of a failed creation can be deleted unless it has retained something. What the stack policy denies is refused.
///
/// # Errors
///
/// [`Error::PlanRefused`], [`Error::RetainedByCreation`], [`Error::DeniedByStackPolicy`], [`Error::NoPolicyToReturnTo`].
pub fn require_steps(jobs: &[Job<'_>]) -> Result<(), JobError> {
    each(jobs, |job| {
        if let Some(creation) = job.rolled_back.as_ref().filter(|creation| !creation.retained.is_empty()) {
            let resources = creation.retained.clone();
            return Err(Error::RetainedByCreation { stack: job.stack.id.clone(), resources });
        }
        if job.plan.is_stopped() {
            return Err(refusal(job, &job.plan.changes, job.missing_index_rebuilds()));
        }
        stack_policy::check_plan(job)
    })
}

/// Checks changes that only CloudFormation could tell: none may be denied, and what would lose items needs consent by name.
///
/// # Errors
///
/// [`Error::Denied`], [`Error::PlanRefused`].
pub(crate) fn check_found(job: &Job<'_>, found: &[Change], limit: Option<Verdict>) -> Result<(), Error> {
    let worst = found.iter().map(|change| change.verdict).max().unwrap_or_default();
    if let Some(limit) = limit.filter(|limit| worst >= *limit && worst > Verdict::None) {
        return Err(Error::Denied { stack: job.stack.id.clone(), verdict: worst, limit, executed: 0 });
    }
    let consents = job.options.consents_for(&job.stack.id);
    let is_consented = |change: &Change| {
        consents.get(change.deployed_id()).is_some_and(|consent| *consent >= change.verdict)
    };
    let stops = |change: &&Change| match change.verdict {
        Verdict::ReplacementKept | Verdict::DataLoss => !is_consented(change),
        verdict => verdict == Verdict::Refused,
    };
    let stopping: Vec<Change> = found.iter().filter(stops).cloned().collect();
    if stopping.is_empty() { Ok(()) } else { Err(refusal(job, &stopping, Vec::new())) }
}

/// Returns those changes that only CloudFormation could tell, of resources that do not change by the plan of the job.
pub(crate) fn not_reviewed(job: &Job<'_>, found: &[Change]) -> Vec<Change> {
    let is_planned = |change: &&Change| {
        let id = change.logical_id.split('/').next().unwrap_or_default();
        job.plan.changes.iter().any(|planned| planned.is_about(id))
    };
    found.iter().filter(|change| !is_planned(change)).cloned().collect()
}

/// Returns the error of changes that cannot be carried out, or not without consent.
fn refusal(job: &Job<'_>, changes: &[Change], index_rebuilds: Vec<ResourcePath>) -> Error {
    let worst = changes.iter().max_by_key(|change| change.verdict);
    let is_loss = |change: &&Change| matches!(change.verdict, Verdict::ReplacementKept | Verdict::DataLoss);
    // Consent does not help against what AWS would refuse, unless it is to delete an index and create it again.
    let is_refused =
        index_rebuilds.is_empty() && changes.iter().any(|change| change.verdict == Verdict::Refused);
    let mut needs_consent: Vec<Consent> = Vec::new();
    let losses = if is_refused { &[][..] } else { changes };
    for change in losses.iter().filter(is_loss) {
        let resource = job.path_of(change.deployed_id());
        match needs_consent.iter_mut().find(|consent| consent.resource == resource) {
            Some(consent) => consent.verdict = consent.verdict.max(change.verdict),
            None => needs_consent.push(Consent { resource, verdict: change.verdict }),
        }
    }
    Error::PlanRefused {
        stack: job.stack.id.clone(),
        worst: worst.cloned().map(Box::new),
        needs_consent,
        index_rebuilds,
        executed: 0,
    }
}

/// Holds CloudFormation's change set against what was approved: it may replace or delete no more than that, in the stack and in the
/// stacks nested in it.
///
/// # Errors
///
/// [`Error::Disagreement`].
pub(crate) fn check_change_set(
    job: &Job<'_>,
    approval: &Approval,
    change_set: &ChangeSet,
) -> Result<(), Error> {
    // What is consented to in a nested stack counts although its templates could not be read, and it was not planned.
    let consents = job.options.consents_for(&job.stack.id);
    let is_consented = |path: &str| path.contains('/') && consents.get(path) == Some(&Verdict::DataLoss);
    let own = change_set.changes.iter().map(|change| (change.logical_id.as_str(), change));
    let nested = change_set.nested.iter().map(|nested| (nested.path.as_str(), &nested.change));
    let all = own.chain(nested);
    let mut unapproved =
        all.filter(|(path, change)| !approval.covers_loss(path, change) && !is_consented(path));
    let is_loss =
        |(_, change): &(&str, &ResourceChange)| destroys(change) && !is_harmless(&change.resource_type);
    match unapproved.find(is_loss) {
        None => Ok(()),
        Some((path, change)) => Err(Error::Disagreement {
            resource: job.path_of(path),
            resource_type: change.resource_type.clone(),
        }),
    }
}

/// Returns whether the resource that a change is about is gone afterwards.
pub(crate) fn destroys(change: &ResourceChange) -> bool {
    match (&change.action, &change.policy_action) {
        (ChangeAction::Remove, Some(PolicyAction::Retain)) => false,
        (ChangeAction::Remove, _) => true,
        (ChangeAction::Modify, Some(action)) => action.as_str().starts_with("Replace"),
        (ChangeAction::Modify, None) => change.replacement == Some(Replacement::True),
        _ => false,
    }
}

fn each(jobs: &[Job<'_>], check: impl Fn(&Job<'_>) -> Result<(), Error>) -> Result<(), JobError> {
    jobs.iter()
        .enumerate()
        .try_for_each(|(position, job)| check(job).map_err(|error| error.of(JobId::new(position))))
}
