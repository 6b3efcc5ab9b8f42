//! Why a resource, an operation or a change set fails.

use crate::template::error::TemplateError;
use crate::wire::error::ApiError;

/// A failure. Its text is the status reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// A value of the template cannot be resolved.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A resource handler refuses.
    #[error("{0}")]
    Handler(String),
    /// The definition of a nested stack is refused.
    #[error("{0}")]
    NestedDefinition(String),
    /// Another stack imports an export of a nested stack that is to be deleted.
    #[error("{0}")]
    ExportInUse(String),
    /// The nested stack with this id does not exist.
    #[error("Stack [{0}] does not exist")]
    NestedStackMissing(String),
    /// A nested stack cannot be updated in its status.
    #[error("Stack:{id} is in {status} state and can not be updated.")]
    NotUpdatable { id: String, status: &'static str },
    /// The change set of a nested stack has failed.
    #[error("Nested change set {0} was not successfully created: Currently in FAILED.")]
    NestedChangeSet(String),
    /// A change set would change nothing.
    #[error(
        "The submitted information didn't contain changes. Submit different information to create a change set."
    )]
    NoChanges,
    /// A resource cannot be imported.
    #[error("{0}")]
    Import(String),
    /// Early validation has found an error.
    #[error("{0}")]
    EarlyValidation(String),
    /// A state for which CloudFormation gives no reason either.
    #[error("Internal Failure")]
    Internal,
}

impl Failure {
    /// The refusal of a nested stack's definition.
    pub(crate) fn nested(error: ApiError) -> Self {
        Self::NestedDefinition(error.message)
    }
}
