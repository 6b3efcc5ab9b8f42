//! Sends a request to DynamoDB whose JSON is there already.
//!
//! In: the operation's name and its input. Out: the answer's JSON, or what went wrong. The SDK does the rest: it signs, sends
//! and tries again.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use serde_json::Value as Json;
use tablewright_cloudformation::{ApiError, ApiErrorKind};

use crate::error::CommandError;
use crate::exit::Exit;

/// Puts a request in the place of another one before it is signed, and keeps the answer.
#[derive(Debug)]
struct Instead {
    action: &'static str,
    body: String,
    answer: Arc<Mutex<Vec<u8>>>,
}

impl Intercept for Instead {
    fn name(&self) -> &'static str {
        "Instead"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let request = context.request_mut();
        request.headers_mut().insert("x-amz-target", format!("DynamoDB_20120810.{}", self.action));
        request.headers_mut().insert("content-length", self.body.len().to_string());
        *request.body_mut() = self.body.clone().into();
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let body = context.response().body().bytes().unwrap_or_default();
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = body.to_vec();
        Ok(())
    }
}

/// Sends a request as it is. The SDK takes typed input only, and its types cannot be read from JSON: it is made to send
/// ListTables, which takes nothing, and this goes in its place.
pub(super) async fn send(client: &Client, action: &'static str, input: &Json) -> Result<Json, ApiError> {
    let answer = Arc::new(Mutex::new(Vec::new()));
    let instead = Instead { action, body: input.to_string(), answer: Arc::clone(&answer) };
    let sent = client.list_tables().customize().interceptor(instead).send().await;
    sent.map_err(|error| ApiError::unpack(action, &error))?;
    let answer = answer.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(serde_json::from_slice(&answer).expect("the SDK has read it as JSON"))
}

/// Whether the endpoint has never heard of an operation, as DynamoDB Local of tags.
pub(super) fn is_unknown_operation(error: &ApiError) -> bool {
    error.code.as_deref() == Some("UnknownOperationException")
}

/// Returns the error of a request that was not carried out, in DynamoDB's words.
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
