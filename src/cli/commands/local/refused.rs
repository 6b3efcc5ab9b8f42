use anyhow::anyhow;
use tablewright_cloudformation::{ApiError, ApiErrorKind};
use tablewright_dynamodb::local::LocalError;

use crate::error::CommandError;
use crate::exit::Exit;

/// Whether the endpoint does not implement the operation, such as tags in DynamoDB Local.
pub(super) fn is_unknown_operation(error: &ApiError) -> bool {
    error.code.as_deref() == Some("UnknownOperationException")
}

/// Returns the error for a request that DynamoDB rejected or did not receive.
pub(super) fn refused(error: ApiError) -> CommandError {
    let ApiError { action, message, .. } = &error;
    let advice = tablewright_dynamodb::advice(message);
    let access = |text: String| CommandError::new(Exit::Access, anyhow!(text));
    let refused = match &error.kind {
        ApiErrorKind::NotCloudFormation { endpoint } => {
            let endpoint = endpoint.as_deref().unwrap_or("the endpoint");
            access(format!("{endpoint} is not DynamoDB: the response to {action} was {message}"))
                .hint("check the endpoint")
        }
        ApiErrorKind::Unreachable { .. } => {
            CommandError::from(error.clone()).hint("check that it is running, or use `--sandbox`")
        }
        ApiErrorKind::Unavailable => access(format!("DynamoDB failed to answer {action}: {message}")),
        ApiErrorKind::Denied { .. } => access(format!("{action} is not allowed: {message}")),
        ApiErrorKind::Other if error.code.is_some() => CommandError::new(Exit::Refused, error),
        ApiErrorKind::Throttled
        | ApiErrorKind::Expired
        | ApiErrorKind::Credentials
        | ApiErrorKind::NotFound
        | ApiErrorKind::Validation
        | ApiErrorKind::Other => error.into(),
    };
    advice.into_iter().fold(refused, CommandError::hint)
}

/// Returns the error for a table that cannot be updated to its definition, with its source location.
pub(super) fn no_requests(error: LocalError) -> CommandError {
    let exit = match error {
        LocalError::Render(error) => return error.into(),
        LocalError::NeedsNewTable { .. } => Exit::Refused,
        _ => Exit::Usage,
    };
    let (at, hint) = (error.at().cloned(), error.hint());
    let error = CommandError::new(exit, error).at(at);
    hint.into_iter().fold(error, CommandError::hint)
}
