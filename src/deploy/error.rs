//! What a rollout fails with. The texts say what happened; what to do about it depends on who runs the rollout, so that is the
//! caller's to say.

use std::error::Error as StdError;
use std::fmt;

use tablewright_cloudformation::stack::StackResource;
use tablewright_cloudformation::{
    ApiError, CancelError, Conflict, DeleteError, Failure, PrepareError, RequestError, StackStatus,
    UploadError, WatchError,
};
use tablewright_dynamodb::BackupError;
use tablewright_plan::{Change, Verdict, Wait};
use tablewright_template::ParseError;

use crate::consent::{Consent, ResourcePath};
use crate::destroy::DestroyRefusal;
use crate::job::JobId;

/// Why a stack was not planned, not prepared, or not deployed to the end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A call of CloudFormation failed.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A template could not be uploaded.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// The stack takes no change set now, or the request is wrong.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// CloudFormation did not create the change set.
    #[error("{error}")]
    Prepare {
        /// Why.
        error: PrepareError,
        /// How many steps this rollout has executed before.
        executed: usize,
    },
    /// The operation was not seen to end.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// The operation could not be cancelled.
    #[error(transparent)]
    Cancel(#[from] CancelError),

    /// The deletion did not begin.
    #[error(transparent)]
    Delete(#[from] DeleteError),
    /// A table could not be backed up, so nothing was executed.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Something stands in the way of the deletion of a stack.
    #[error(transparent)]
    DestroyRefused(#[from] DestroyRefusal),
    /// The stack has changed since the plan of its deletion was shown.
    #[error("the plan that was shown for stack {stack} no longer applies; nothing was deleted. {}", to_be_deleted(.resources))]
    DestroyStale {
        /// The stack.
        stack: String,
        /// The resources that were not shown as deleted. Empty when the stack changed while that was looked up.
        resources: Vec<String>,
    },
    /// The stack was deleted, and with it resources that were not shown as deleted.
    #[error("stack {stack} is deleted, and with it what was not shown: {}", .resources.join(", "))]
    DeletedUnseen {
        /// The stack.
        stack: String,
        /// The resources, each with its name in the account.
        resources: Vec<String>,
    },

    /// The deployed template cannot be read, so a change of it cannot be planned.
    #[error("the template that stack {stack_name} was deployed from cannot be read")]
    UnreadableTemplate {
        /// The stack's name.
        stack_name: String,
        /// The lines of the template around the place.
        excerpt: String,
        /// What is wrong, and where.
        source: ParseError,
    },
    /// The deployed template has no `Resources`.
    #[error("the template that stack {stack_name} was deployed from has no `Resources`")]
    NotATemplate {
        /// The stack's name.
        stack_name: String,
    },
    /// A template is too large for a request and cannot be read to shorten it.
    #[error("the template to deploy cannot be read")]
    TemplateBody(#[source] ParseError),

    /// A consent names no resource of the stacks to deploy.
    #[error("there is no resource `{resource}` in this deployment whose loss could be allowed")]
    UnknownConsent {
        /// What was named.
        resource: ResourcePath,
        /// The resources that could have been meant.
        known: Vec<String>,
    },
    /// The plan is not the one that was reviewed.
    #[error("the reviewed plan of stack {stack} is stale: {staleness}")]
    Stale {
        /// The stack.
        stack: String,
        /// What differs.
        staleness: Staleness,
    },
    /// A change has a verdict that was denied.
    #[error("stack {stack} has a change with verdict {verdict}, which is denied{}", after_steps(*.executed))]
    Denied {
        /// The stack.
        stack: String,
        /// The worst verdict of its changes.
        verdict: Verdict,
        /// The least verdict that is denied.
        limit: Verdict,
        /// How many steps this rollout has executed before.
        executed: usize,
    },
    /// The plan has changes and no steps.
    #[error("the plan of stack {stack} is refused{}{}", after_steps(*.executed), reason(.worst.as_deref()))]
    PlanRefused {
        /// The stack.
        stack: String,
        /// The worst change.
        worst: Option<Box<Change>>,
        /// The consents that would be needed; empty when consent would not help.
        needs_consent: Vec<Consent>,
        /// The tables whose indexes would have to be deleted and created again under their name, which needs consent, too; empty when
        /// something else is refused.
        index_rebuilds: Vec<ResourcePath>,
        /// How many steps this rollout has executed before.
        executed: usize,
    },
    /// The creation of the stack was rolled back and has left resources that are no longer managed once the stack is deleted.
    #[error(
        "the creation of stack {stack} was rolled back, and it has left {}; nothing was changed",
        listed(.resources)
    )]
    RetainedByCreation {
        /// The stack.
        stack: String,
        /// What the rollback has not deleted.
        resources: Vec<StackResource>,
    },
    /// What is deployed has changed since the plan was shown, and the rest of the way is no longer what was approved.
    #[error("the approved plan of stack {stack} no longer applies{}: {}", after_steps(*.executed), unapproved(.changes))]
    NotApproved {
        /// The stack.
        stack: String,
        /// How many steps this rollout has executed before.
        executed: usize,
        /// What a new plan would change and was not shown. Empty when the stack itself is another one.
        changes: Vec<Change>,
    },
    /// CloudFormation would replace or delete a resource that the plan keeps.
    #[error("CloudFormation would replace or delete `{resource}` ({resource_type}), which the plan keeps")]
    Disagreement {
        /// The resource. One of a nested stack has the ids that lead to it, such as `Child/Orders`.
        resource: ResourcePath,
        /// Its type.
        resource_type: String,
    },
    /// The stack policy that the update would be made under refuses it.
    #[error("the stack policy denies the update of `{resource}`{}: {reason}", after_steps(*.executed))]
    DeniedByStackPolicy {
        /// The resource.
        resource: ResourcePath,
        /// Why, in CloudFormation's words.
        reason: String,
        /// How many steps this rollout has executed before.
        executed: usize,
    },
    /// A stack policy for one update was given for a stack whose own policy is not defined, so that no later run could set it back.
    #[error(
        "stack {stack} has a stack policy that is not in its definition, so it could not be set back after the update"
    )]
    NoPolicyToReturnTo {
        /// The stack.
        stack: String,
    },
    /// Stacks depend on each other.
    #[error("stacks depend on each other: {}", .stacks.join(", "))]
    Cycle {
        /// The stacks, each of which depends on the next, and the last on the first.
        stacks: Vec<String>,
    },

    /// Another operation on the stack did not end in the time that was given.
    #[error("stack {stack} is still busy: {status}")]
    StillBusy {
        /// The stack.
        stack: String,
        /// Its status.
        status: StackStatus,
    },
    /// The operation failed.
    #[error("stack {stack} failed; it is in {status}")]
    Failed {
        /// The stack.
        stack: String,
        /// Its status.
        status: StackStatus,
        /// The causes.
        failure: Box<Failure>,
    },
    /// The operation runs and is no longer followed.
    #[error("detached; the operation continues in CloudFormation")]
    Detached,
    /// A step is done, and the next one has to wait for longer than a rollout does.
    #[error("stack {stack}: step {number} of {of} is done; the next step is possible when {}", state(.wait))]
    StepsRemain {
        /// The stack.
        stack: String,
        /// The number of the step that is done, from 1.
        number: usize,
        /// How many steps there are.
        of: usize,
        /// What the next step waits for.
        wait: Wait,
    },
    /// The stack is deployed, and the state of its tables is not known.
    #[error("stack {stack} is deployed, but it is not known whether its tables can be used")]
    TablesUnknown {
        /// The stack.
        stack: String,
        /// Why.
        source: tablewright_dynamodb::Error,
    },
    /// The stack is deployed, and one of its tables is in a state in which it cannot be used.
    #[error("stack {stack} is deployed, but not all of its tables can be used")]
    TablesUnusable {
        /// The stack.
        stack: String,
        /// Which table, and why.
        source: tablewright_dynamodb::Error,
    },
    /// Another client has worked on the stack at the same time, and CloudFormation has refused a call for that reason.
    #[error("another client works on stack {stack}{}", after_steps(*.executed))]
    Overtaken {
        /// The stack.
        stack: String,
        /// How many steps this rollout has executed before.
        executed: usize,
        /// What CloudFormation says of it.
        conflict: Conflict,
        /// The refused call.
        source: Box<ApiError>,
    },
    /// The change set was not worked out in the time that was given.
    #[error("the change set of stack {stack} was not worked out in time{}", after_steps(*.executed))]
    PreparationTimedOut {
        /// The stack.
        stack: String,
        /// How many steps this rollout has executed before.
        executed: usize,
    },
    /// CloudFormation has not answered a call in the time that was given.
    #[error("CloudFormation has not answered about stack {stack} in time{}", after_steps(*.executed))]
    NotAnswered {
        /// The stack.
        stack: String,
        /// How many steps this rollout has executed before.
        executed: usize,
    },
    /// The stack is deployed, and its tables were not usable in the time that was given.
    #[error(
        "stack {stack} is deployed, and its tables or indexes are still being made ready after the time that was given"
    )]
    TablesPending {
        /// The stack.
        stack: String,
    },
    /// The backup of a table was not finished in the time that was given.
    #[error("the backup of table {table} was not finished in time; nothing was executed after it")]
    BackupPending {
        /// The table.
        table: String,
    },
    /// A change set that was not executed could not be deleted.
    #[error("cannot delete change set {change_set} of stack {stack_name}")]
    ChangeSetLeft {
        /// The change set's name.
        change_set: String,
        /// The stack's name.
        stack_name: String,
        /// Why.
        source: Box<ApiError>,
    },
}

/// In what a plan differs from the one that was reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staleness {
    /// The stack has changes and was not reviewed.
    NotReviewed,
    /// Something else is deployed by now.
    DeployedChanged,
    /// Something else is to be deployed.
    WantedChanged,
    /// It is for another account or Region.
    OtherTarget,
}

/// The error of one job of a rollout.
///
/// It reads as the error itself, and has its causes.
#[derive(Debug)]
pub struct JobError {
    /// The job.
    pub job: JobId,
    /// What happened.
    pub error: Box<Error>,
}

impl Error {
    /// Returns the refused call, where it was refused because of the work of another client.
    pub(crate) fn conflict(&self) -> Option<(Conflict, &ApiError)> {
        match self {
            Self::Api(error)
            | Self::Request(RequestError::Api(error))
            | Self::Prepare {
                error: PrepareError::Api(error) | PrepareError::Request(RequestError::Api(error)),
                ..
            }
            | Self::Delete(DeleteError::Api(error))
            | Self::Cancel(CancelError::Api(error)) => Some((error.conflict()?, error)),
            _ => None,
        }
    }

    /// Says of a refusal how many steps were executed before it.
    pub(crate) fn after_steps(mut self, steps: usize) -> Self {
        if let Self::Prepare { executed, .. }
        | Self::Denied { executed, .. }
        | Self::PlanRefused { executed, .. }
        | Self::DeniedByStackPolicy { executed, .. } = &mut self
        {
            *executed = steps;
        }
        self
    }

    /// Returns whether the message says how far the rollout of the stack has come.
    #[must_use]
    pub fn tells_progress(&self) -> bool {
        matches!(
            self,
            Self::Prepare { error: PrepareError::Failed { .. }, .. }
                | Self::Denied { .. }
                | Self::PlanRefused { .. }
                | Self::DeniedByStackPolicy { .. }
                | Self::NotApproved { .. }
                | Self::StepsRemain { .. }
                | Self::Overtaken { .. }
                | Self::PreparationTimedOut { .. }
                | Self::NotAnswered { .. }
                | Self::TablesPending { .. }
                | Self::TablesUnknown { .. }
                | Self::TablesUnusable { .. }
                | Self::Detached
        )
    }

    /// Says which job it is about.
    pub(crate) fn of(self, job: JobId) -> JobError {
        JobError { job, error: Box::new(self) }
    }
}

impl From<PrepareError> for Error {
    fn from(error: PrepareError) -> Self {
        Self::Prepare { error, executed: 0 }
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl StdError for JobError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

impl fmt::Display for Staleness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotReviewed => "the stack is not in the plan",
            Self::DeployedChanged => "what is deployed has changed since the review",
            Self::OtherTarget => "it was made for another account or Region",
            Self::WantedChanged => "what is to be deployed has changed since the review",
        })
    }
}

fn listed(resources: &[StackResource]) -> String {
    let one = |resource: &StackResource| {
        let physical = resource.physical_id.as_deref().unwrap_or_default();
        format!("{} ({} `{physical}`)", resource.logical_id, resource.resource_type)
    };
    resources.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn to_be_deleted(resources: &[String]) -> String {
    match resources {
        [] => "Another client has changed it in the meantime".to_owned(),
        resources => format!("Now it would delete: {}", resources.join(", ")),
    }
}

/// Returns the end of a message about a refusal after so many steps: `; nothing was changed`, ` after its first step`.
#[must_use]
pub fn after_steps(executed: usize) -> String {
    match executed {
        0 => "; nothing was changed".to_owned(),
        1 => " after its first step".to_owned(),
        executed => format!(" after {executed} steps"),
    }
}

fn unapproved(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "another client has deployed or deleted the stack in the meantime".to_owned();
    }
    let place = |change: &Change| {
        let place = format!("{}{}", change.logical_id, change.path.replace('/', "."));
        let place = if change.logical_id.is_empty() { change.section.clone() } else { place };
        format!("{} {place} ({})", change.action.as_str(), change.verdict)
    };
    format!("not approved: {}", changes.iter().map(place).collect::<Vec<_>>().join(", "))
}

fn reason(worst: Option<&Change>) -> String {
    worst.map_or_else(String::new, |change| format!(": {}: {}", change.logical_id, change.why))
}

fn state(wait: &Wait) -> &'static str {
    match wait {
        Wait::Indexes { .. } => "every index is ACTIVE",
        Wait::TimeToLive { .. } => "DynamoDB accepts another change of time to live, in about an hour",
        Wait::KinesisDestination { .. } => "the old Kinesis destination is DISABLED, in a few minutes",
    }
}
