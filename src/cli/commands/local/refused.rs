use anyhow::anyhow;
use tablewright_cloudformation::{ApiError, ApiErrorKind};
use tablewright_dynamodb::local::LocalError;

use crate::error::CommandError;
use crate::exit::Exit;

/// Returns whether the endpoint does not implement the operation; DynamoDB Local has no tags, for example.
pub(super) fn is_unknown_operation(error: &ApiError) -> bool {
    error.code.as_deref() == Some("UnknownOperationException")
}

/// Returns the command's error for a request that DynamoDB refused or did not receive.
pub(super) fn refused(error: ApiError) -> CommandError {
    let ApiError { action, message, .. } = &error;
    let advice = tablewright_dynamodb::advice(message);
    let access = |text: String| CommandError::new(Exit::Access, anyhow!(text));
    let refused = match &error.kind {
        ApiErrorKind::NotCloudFormation { endpoint } => {
            let endpoint = endpoint.as_deref().unwrap_or("the endpoint");
            access(format!("{endpoint} is not DynamoDB: it answered {action} with {message}"))
                .hint("is it the right endpoint?")
        }
        ApiErrorKind::Unreachable { .. } => {
            CommandError::from(error.clone()).hint("is it running? `--sandbox` needs nothing that runs")
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

/// Returns the command's error for a table that cannot be brought to its definition, with its line.
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
