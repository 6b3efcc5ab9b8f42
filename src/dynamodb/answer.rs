//! Failed calls of DynamoDB, by what can be done about them.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Why a call failed. The texts are DynamoDB's own, or the innermost of the SDK's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The table or backup does not exist.
    NotFound(String),
    /// The credentials may not make the call.
    Denied(String),
    /// The table is busy in a way that passes: the call can be made again.
    Busy(String),
    /// Anything else: the network, throttling that outlasted the SDK's retries, a refusal.
    Other(String),
}

impl Failure {
    pub(crate) fn of<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        let message = message(error);
        match error.as_service_error().and_then(ProvideErrorMetadata::code) {
            Some("ResourceNotFoundException" | "TableNotFoundException" | "BackupNotFoundException") => {
                Self::NotFound(message)
            }
            Some("AccessDeniedException" | "UnrecognizedClientException") => Self::Denied(message),
            Some(
                "TableInUseException" | "BackupInUseException" | "ContinuousBackupsUnavailableException",
            ) => Self::Busy(message),
            _ => Self::Other(message),
        }
    }

    /// Returns the text.
    pub(crate) fn into_message(self) -> String {
        match self {
            Self::NotFound(message) | Self::Denied(message) | Self::Busy(message) | Self::Other(message) => {
                message
            }
        }
    }
}

/// Returns what happened in the innermost words: the SDK's own `Display` is only "service error".
fn message<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    if let Some(message) = error.as_service_error().and_then(ProvideErrorMetadata::message) {
        return message.to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
