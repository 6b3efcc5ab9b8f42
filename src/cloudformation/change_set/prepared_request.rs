//! A request, checked against the stack as it is.
//!
//! In goes a [`Request`], out comes a [`PreparedRequest`] that knows whether the stack is created or updated, or the reason why
//! this stack cannot take a change set now. Reads only, so it may be repeated: waiting for a busy stack is a loop over it.

use aws_sdk_cloudformation::Client;

use crate::change_set::request::{ChangeSetType, Request, RequestProblem, Template};
use crate::error::ApiError;
use crate::stack::status::{StackClass, StackStatus};
use crate::stack::{self, Stack};

/// CloudFormation's limit for a template that is sent along with the call.
pub const TEMPLATE_BODY_LIMIT: usize = 51_200;

/// A request for a stack that can take it.
#[derive(Debug, Clone, PartialEq)]
pub struct PreparedRequest {
    /// The request.
    pub request: Request,
    /// Whether the stack is created or updated.
    pub change_set_type: ChangeSetType,
    /// The stack as it was: `None` when there was none, so that the empty shell of a declined change set is ours.
    pub stack: Option<Stack>,
}

/// Why a stack cannot be deployed now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The name breaks CloudFormation's rule.
    #[error(
        "`{0}` is not a valid stack name: letters, digits and `-`, starting with a letter, at most 128 characters"
    )]
    StackName(String),
    /// The template is too large to be sent along.
    #[error("the template has {0} bytes; an inline template can have at most {TEMPLATE_BODY_LIMIT}")]
    TemplateTooLarge(usize),
    /// The request is wrong in itself.
    #[error("the deployment request is invalid: {}", listed(.0))]
    Request(Vec<RequestProblem>),
    /// Another operation is running.
    #[error("stack {stack_name} is busy: {status}")]
    Busy {
        /// The stack's name.
        stack_name: String,
        /// What it is doing.
        status: StackStatus,
    },
    /// Its creation failed and was rolled back.
    #[error("stack {stack_name} is in ROLLBACK_COMPLETE: its creation failed, and it can only be deleted")]
    CreationRolledBack {
        /// The stack's name.
        stack_name: String,
    },
    /// The last operation failed with rollback disabled.
    #[error("stack {stack_name} failed and was not rolled back: {status}")]
    Paused {
        /// The stack's name.
        stack_name: String,
        /// How it stands.
        status: StackStatus,
    },
    /// The rollback or the deletion failed too.
    #[error("stack {stack_name} needs manual recovery: {status}")]
    Stuck {
        /// The stack's name.
        stack_name: String,
        /// How it stands.
        status: StackStatus,
    },
    /// The stack has a status that this version does not know.
    #[error("stack {stack_name} has an unknown status: {status}")]
    UnknownStatus {
        /// The stack's name.
        stack_name: String,
        /// The status.
        status: StackStatus,
    },
    /// CloudFormation did not answer as hoped.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// Looks at the stack and decides what kind of change set it takes.
pub async fn prepare_request(client: &Client, request: Request) -> Result<PreparedRequest, RequestError> {
    check(&request)?;
    let stack = stack::describe(client, &request.stack_name).await?;
    // By name a deleted stack is not found; an emulator may show it all the same.
    prepare_request_for(request, stack.filter(|stack| stack.status.class() != StackClass::Gone))
}

/// Decides like [`prepare_request`], about a stack that was described before; `None` when there is none of that name, not even one in
/// review. What has happened to it since then is CloudFormation's to refuse.
pub fn prepare_request_for(request: Request, stack: Option<Stack>) -> Result<PreparedRequest, RequestError> {
    check(&request)?;
    let change_set_type = match &stack {
        None => ChangeSetType::Create,
        Some(stack) => change_set_type(stack)?,
    };
    let mut request = request;
    // A stack in REVIEW_IN_PROGRESS has nothing that a request could leave out.
    let before = if change_set_type == ChangeSetType::Update { stack.as_ref() } else { None };
    let problems = request.complete(before);
    if !problems.is_empty() {
        return Err(RequestError::Request(problems));
    }
    Ok(PreparedRequest { request, change_set_type, stack })
}

fn listed(problems: &[RequestProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Checks what needs no knowledge of the stack.
fn check(request: &Request) -> Result<(), RequestError> {
    check_name(&request.stack_name)?;
    match &request.template {
        Template::Body(body) if body.len() > TEMPLATE_BODY_LIMIT => {
            Err(RequestError::TemplateTooLarge(body.len()))
        }
        _ => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), RequestError> {
    let mut characters = name.chars();
    let well_formed = characters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '-')
        && name.len() <= 128;
    if well_formed { Ok(()) } else { Err(RequestError::StackName(name.to_owned())) }
}

pub(crate) fn change_set_type(stack: &Stack) -> Result<ChangeSetType, RequestError> {
    let (stack_name, status) = (stack.name.clone(), stack.status.clone());
    match status.class() {
        // The shell exists and takes no updates.
        StackClass::Review => Ok(ChangeSetType::Create),
        StackClass::RolledBack if status == StackStatus::RollbackComplete => {
            Err(RequestError::CreationRolledBack { stack_name })
        }
        StackClass::Done | StackClass::RolledBack => Ok(ChangeSetType::Update),
        StackClass::Moving => Err(RequestError::Busy { stack_name, status }),
        StackClass::Paused => Err(RequestError::Paused { stack_name, status }),
        StackClass::Stuck => Err(RequestError::Stuck { stack_name, status }),
        StackClass::Gone | StackClass::Unknown => Err(RequestError::UnknownStatus { stack_name, status }),
    }
}

impl RequestError {
    /// What to do about it, where there is a way.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            RequestError::StackName(_)
            | RequestError::Request(_)
            | RequestError::UnknownStatus { .. }
            | RequestError::Api(_) => None,
            RequestError::TemplateTooLarge(_) => Some("upload the template to a bucket, or split the stack"),
            RequestError::Busy { .. } => Some("wait until the running operation has ended, then try again"),
            RequestError::CreationRolledBack { .. } => Some(
                "delete the stack and deploy again; its resources are gone already, except those that are retained",
            ),
            RequestError::Paused { status: StackStatus::CreateFailed, .. } => {
                Some("delete the stack, then deploy again")
            }
            RequestError::Paused { .. } => Some("roll the stack back, then deploy again"),
            RequestError::Stuck { status: StackStatus::UpdateRollbackFailed, .. } => {
                Some("remove what blocks the rollback and continue it, then deploy again")
            }
            RequestError::Stuck { .. } => {
                Some("remove what blocks the deletion and delete the stack, then deploy again")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_takes_a_change_set_or_says_why_not() {
        let lines: Vec<String> = StackStatus::ALL
            .iter()
            .map(|status| match change_set_type(&Stack::in_status(status)) {
                Ok(kind) => format!("{status}: {kind:?}"),
                Err(error) => format!("{status}: {error} -> {}", error.hint().unwrap_or("?")),
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
            CREATE_IN_PROGRESS: stack s is busy: CREATE_IN_PROGRESS -> wait until the running operation has ended, then try again
            CREATE_COMPLETE: Update
            CREATE_FAILED: stack s failed and was not rolled back: CREATE_FAILED -> delete the stack, then deploy again
            ROLLBACK_IN_PROGRESS: stack s is busy: ROLLBACK_IN_PROGRESS -> wait until the running operation has ended, then try again
            ROLLBACK_COMPLETE: stack s is in ROLLBACK_COMPLETE: its creation failed, and it can only be deleted -> delete the stack and deploy again; its resources are gone already, except those that are retained
            ROLLBACK_FAILED: stack s needs manual recovery: ROLLBACK_FAILED -> remove what blocks the deletion and delete the stack, then deploy again
            UPDATE_IN_PROGRESS: stack s is busy: UPDATE_IN_PROGRESS -> wait until the running operation has ended, then try again
            UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: stack s is busy: UPDATE_COMPLETE_CLEANUP_IN_PROGRESS -> wait until the running operation has ended, then try again
            UPDATE_COMPLETE: Update
            UPDATE_FAILED: stack s failed and was not rolled back: UPDATE_FAILED -> roll the stack back, then deploy again
            UPDATE_ROLLBACK_IN_PROGRESS: stack s is busy: UPDATE_ROLLBACK_IN_PROGRESS -> wait until the running operation has ended, then try again
            UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: stack s is busy: UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS -> wait until the running operation has ended, then try again
            UPDATE_ROLLBACK_COMPLETE: Update
            UPDATE_ROLLBACK_FAILED: stack s needs manual recovery: UPDATE_ROLLBACK_FAILED -> remove what blocks the rollback and continue it, then deploy again
            DELETE_IN_PROGRESS: stack s is busy: DELETE_IN_PROGRESS -> wait until the running operation has ended, then try again
            DELETE_COMPLETE: stack s has an unknown status: DELETE_COMPLETE -> ?
            DELETE_FAILED: stack s needs manual recovery: DELETE_FAILED -> remove what blocks the deletion and delete the stack, then deploy again
            IMPORT_IN_PROGRESS: stack s is busy: IMPORT_IN_PROGRESS -> wait until the running operation has ended, then try again
            IMPORT_COMPLETE: Update
            IMPORT_ROLLBACK_IN_PROGRESS: stack s is busy: IMPORT_ROLLBACK_IN_PROGRESS -> wait until the running operation has ended, then try again
            IMPORT_ROLLBACK_COMPLETE: Update
            IMPORT_ROLLBACK_FAILED: stack s needs manual recovery: IMPORT_ROLLBACK_FAILED -> remove what blocks the deletion and delete the stack, then deploy again
            REVIEW_IN_PROGRESS: Create
            ");
    }

    #[test]
    fn stack_names() {
        #[track_caller]
        fn check(name: &str, good: bool) {
            assert_eq!(check_name(name).is_ok(), good, "{name}");
        }
        check("a", true);
        check("Shop-prod-2", true);
        check(&"a".repeat(128), true);
        check(&"a".repeat(129), false);
        check("", false);
        check("2shop", false);
        check("-shop", false);
        check("shop_prod", false);
        check("shöp", false);
        check("arn:aws:cloudformation:eu-west-1:1:stack/s/1", false);
    }
}
