//! Errors of the SDK, unpacked at the edge.
//!
//! In goes an `SdkError`, whose text is "service error" and nothing else; out comes an [`ApiError`] that says which call
//! failed, how, and in whose words. No other module looks at an SDK error.

use std::error::Error as StdError;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::retry::ErrorKind;

use http_body_util::LengthLimitError;

use crate::connection::http::{AtEndpoint, Endpoint, LARGEST_ANSWER};

/// A call that CloudFormation did not answer as hoped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The call, such as `DescribeStacks`.
    pub action: &'static str,
    /// How it failed.
    pub kind: ApiErrorKind,
    /// CloudFormation's code, such as `ValidationError`, when it was CloudFormation that answered.
    pub code: Option<String>,
    /// CloudFormation's words, or the innermost cause.
    pub message: String,
}

/// How a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiErrorKind {
    /// Too many calls for this account and region. It passes.
    Throttled,
    /// The credentials were good once.
    Expired,
    /// The credentials could not be had, or are not known to AWS.
    Credentials,
    /// The credentials are good and may not do this.
    Denied {
        /// The missing IAM action, such as `cloudformation:CreateChangeSet`.
        permission: String,
    },
    /// What was asked for does not exist.
    NotFound,
    /// CloudFormation does not take the request as it is.
    Validation,
    /// CloudFormation failed inside. It passes.
    Unavailable,
    /// Nobody answered.
    Unreachable {
        /// Where the call went, when it is known.
        endpoint: Option<String>,
    },
    /// Somebody answered who is not CloudFormation: a proxy's page, another service.
    NotCloudFormation {
        /// Where the call went, when it is known.
        endpoint: Option<String>,
    },
    /// Another refusal; see the code.
    Other,
}

/// What a refused call says about the work of others on the same stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Another operation runs.
    Busy,
    /// The stack or the change set is no longer what it was: executed over, deleted, made by somebody else.
    Changed,
}

impl ApiError {
    /// Returns whether the call was refused because somebody else works on the stack or has done so.
    #[must_use]
    pub fn conflict(&self) -> Option<Conflict> {
        let is_about_stack = self.message.starts_with("Stack ") || self.message.starts_with("Stack:");
        match &self.kind {
            _ if self.has_code("InvalidChangeSetStatus")
                || self.has_code("ChangeSetNotFound")
                || self.has_code("AlreadyExists")
                || self.has_code("StackNotFound") =>
            {
                Some(Conflict::Changed)
            }
            // "Stack [shop] already exists and cannot be created again with the changeSet [release]."
            ApiErrorKind::Validation if is_about_stack && self.message.contains("already exists") => {
                Some(Conflict::Changed)
            }
            _ if self.has_code("OperationInProgress") => Some(Conflict::Busy),
            ApiErrorKind::NotFound if is_about_stack => Some(Conflict::Changed),
            // "Stack:arn:… is in UPDATE_IN_PROGRESS state and can not be updated."
            ApiErrorKind::Validation if is_about_stack && self.message.contains("_IN_PROGRESS state") => {
                Some(Conflict::Busy)
            }
            ApiErrorKind::Validation if is_about_stack && self.message.contains(" state and can") => {
                Some(Conflict::Changed)
            }
            _ => None,
        }
    }

    /// Unpacks what the SDK returned for `action`.
    pub fn unpack<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> ApiError
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        match error {
            SdkError::ServiceError(service) => match service.err().code() {
                Some(code) => answered(action, code, service.err().message(), service.raw()),
                None => misunderstood(action, service.raw()),
            },
            SdkError::ResponseError(_) if find::<LengthLimitError>(error).is_some() => {
                let message = format!("the answer is larger than {} MiB", LARGEST_ANSWER >> 20);
                ApiError { action, kind: ApiErrorKind::Other, code: None, message }
            }
            SdkError::ResponseError(response) => misunderstood(action, response.raw()),
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => {
                not_answered(action, error)
            }
            // `SdkError` is open for new variants; all of them are ways not to get an answer.
            _ => not_answered(action, error),
        }
    }

    /// Whether the same call may well succeed a little later, whoever is to blame.
    pub fn may_pass(&self) -> bool {
        match &self.kind {
            ApiErrorKind::Throttled
            | ApiErrorKind::Unavailable
            | ApiErrorKind::Unreachable { .. }
            | ApiErrorKind::NotCloudFormation { .. } => true,
            ApiErrorKind::Expired
            | ApiErrorKind::Credentials
            | ApiErrorKind::Denied { .. }
            | ApiErrorKind::NotFound
            | ApiErrorKind::Validation
            | ApiErrorKind::Other => false,
        }
    }

    /// Whether other credentials may be all that it takes.
    pub(crate) fn is_about_credentials(&self) -> bool {
        matches!(self.kind, ApiErrorKind::Expired | ApiErrorKind::Credentials)
    }

    /// Whether CloudFormation's code is `code`.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        // Code and shape name differ (`ChangeSetNotFound`, `ChangeSetNotFoundException`), and emulators send either.
        self.code.as_deref().is_some_and(|own| own.strip_suffix("Exception").unwrap_or(own) == code)
    }
}

impl StdError for ApiError {}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ApiError { action, kind, message, .. } = self;
        match kind {
            ApiErrorKind::Throttled => write!(f, "{action} was throttled: {message}"),
            ApiErrorKind::Expired => write!(f, "the credentials have expired: {message}"),
            ApiErrorKind::Credentials => write!(f, "the credentials were rejected: {message}"),
            ApiErrorKind::Denied { permission } => write!(f, "{permission} is not allowed: {message}"),
            ApiErrorKind::NotFound | ApiErrorKind::Validation => {
                write!(f, "{action} was refused: {message}")
            }
            ApiErrorKind::Unavailable => write!(f, "CloudFormation failed to answer {action}: {message}"),
            ApiErrorKind::Unreachable { endpoint } => {
                write!(f, "no connection to {}: {message}", named(endpoint.as_deref()))
            }
            ApiErrorKind::NotCloudFormation { endpoint } => {
                write!(
                    f,
                    "{} is not CloudFormation: it answered {action} with {message}",
                    named(endpoint.as_deref())
                )
            }
            ApiErrorKind::Other => match &self.code {
                Some(code) => write!(f, "{action} was refused: {message} ({code})"),
                None => write!(f, "failed to call {action}: {message}"),
            },
        }
    }
}

fn named(endpoint: Option<&str>) -> &str {
    endpoint.unwrap_or("the endpoint")
}

/// CloudFormation answered with a code.
fn answered(action: &'static str, code: &str, message: Option<&str>, raw: &HttpResponse) -> ApiError {
    let message = message.unwrap_or(code).to_owned();
    let kind = match code.strip_suffix("Exception").unwrap_or(code) {
        "Throttling" | "RequestLimitExceeded" | "TooManyRequests" => ApiErrorKind::Throttled,
        "ExpiredToken" | "RequestExpired" | "TokenRefreshRequired" => ApiErrorKind::Expired,
        "InvalidClientTokenId"
        | "UnrecognizedClient"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "InvalidSignature"
        | "AuthFailure" => ApiErrorKind::Credentials,
        "AccessDenied" | "UnauthorizedOperation" => {
            ApiErrorKind::Denied { permission: missing_permission(action, &message) }
        }
        "ChangeSetNotFound" => ApiErrorKind::NotFound,
        // A missing stack has no code of its own; only the text tells it from a bad request.
        "ValidationError" if message.contains("does not exist") => ApiErrorKind::NotFound,
        "ValidationError" | "Validation" => ApiErrorKind::Validation,
        "ServiceUnavailable" | "InternalFailure" | "InternalError" => ApiErrorKind::Unavailable,
        _ if raw.status().is_server_error() => ApiErrorKind::Unavailable,
        _ => ApiErrorKind::Other,
    };
    ApiError { action, kind, code: Some(code.to_owned()), message }
}

/// The IAM action of "User: … is not authorized to perform: cloudformation:CreateChangeSet on resource: …".
fn missing_permission(action: &str, message: &str) -> String {
    message
        .split_once("not authorized to perform: ")
        .and_then(|(_, rest)| rest.split_whitespace().next())
        .filter(|named| named.contains(':'))
        .map_or_else(|| format!("{}:{action}", service(action)), str::to_owned)
}

/// The service that a call is made to, as IAM names it.
fn service(action: &str) -> &'static str {
    match action {
        "AssumeRole" | "GetCallerIdentity" => "sts",
        _ => "cloudformation",
    }
}

/// Somebody answered, and the SDK could not read it.
fn misunderstood(action: &'static str, raw: &HttpResponse) -> ApiError {
    let endpoint = raw.extension::<Endpoint>().map(|endpoint| endpoint.0.clone());
    let body = raw.body().bytes().unwrap_or_default();
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    let from_cloudformation = text.contains(&format!("<{action}Response")) || text.contains("<ErrorResponse");
    if from_cloudformation || (text.is_empty() && raw.status().is_server_error()) {
        let message = match text.is_empty() {
            true => format!("HTTP {}", raw.status()),
            false => "the answer broke off".to_owned(),
        };
        return ApiError { action, kind: ApiErrorKind::Unavailable, code: None, message };
    }
    let mut message = format!("HTTP {}", raw.status());
    if let Some(content_type) = raw.headers().get("content-type") {
        message.push_str(", ");
        message.push_str(content_type);
    }
    if let Some(line) = text.lines().find(|line| !line.trim().is_empty()) {
        let start: String = line.trim().chars().take(60).collect();
        message.push_str(&format!(", `{start}`"));
    }
    ApiError { action, kind: ApiErrorKind::NotCloudFormation { endpoint }, code: None, message }
}

/// Nobody answered: the cause is somewhere in the chain of sources.
fn not_answered<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> ApiError
where
    E: StdError + 'static,
{
    if let Some(credentials) = find::<CredentialsError>(error) {
        let message = chain(credentials).join(": ");
        return ApiError { action, kind: ApiErrorKind::Credentials, code: None, message };
    }
    let unreachable = match error {
        SdkError::TimeoutError(_) => true,
        // Also a connection that is closed before the answer is complete, which is no I/O error to the HTTP client.
        SdkError::DispatchFailure(failure) => {
            let kind = failure.as_connector_error().and_then(ConnectorError::as_other);
            failure.is_io() || failure.is_timeout() || kind == Some(ErrorKind::TransientError)
        }
        _ => false,
    };
    let endpoint = find::<AtEndpoint>(error).map(|at| at.endpoint.0.clone());
    let message = chain(error).pop().expect("a chain holds the error itself");
    let kind = if unreachable { ApiErrorKind::Unreachable { endpoint } } else { ApiErrorKind::Other };
    ApiError { action, kind, code: None, message }
}

/// An error and its sources, outermost first.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

/// The first error of type `T` in the chain of sources.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    causes(error).find_map(|error| error.downcast_ref::<T>())
}

/// The texts of an error and its sources, outermost first, without those that only repeat the next one.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for error in causes(error) {
        let text = error.to_string();
        if let Some(previous) = texts.last_mut()
            && previous.contains(&text)
        {
            *previous = previous.replace(&format!(": {text}"), "");
        }
        if texts.last() != Some(&text) {
            texts.push(text);
        }
    }
    texts
}
