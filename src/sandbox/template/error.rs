//! What is wrong with a template, or with a value in it, in AWS's words.

use crate::wire::error::{ApiError, not_modelled};

/// A template that CloudFormation refuses, or a value that cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TemplateError {
    /// The structure of the template is invalid.
    #[error("Template format error: {0}")]
    Format(String),
    /// An intrinsic function is invalid, or has no value.
    #[error("Template error: {0}")]
    Function(String),
    /// The template asks for what the sandbox does not model.
    #[error("{}", not_modelled(.0))]
    NotModelled(String),
    /// A refusal that AWS words without one of the prefixes above.
    #[error("{0}")]
    Other(String),
}

impl From<TemplateError> for ApiError {
    fn from(error: TemplateError) -> Self {
        Self::validation(error.to_string())
    }
}
