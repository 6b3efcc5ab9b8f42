//! Sends a request to DynamoDB from its JSON input.
//!
//! In: the operation's name and its input. Out: the answer's JSON, or the SDK's error. The SDK signs, sends and retries.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::list_tables::ListTablesError;
use serde_json::Value as Json;

/// Replaces a request before it is signed, and keeps the answer.
#[derive(Debug)]
struct ReplaceRequest {
    action: &'static str,
    body: String,
    answer: Arc<Mutex<Vec<u8>>>,
}

impl Intercept for ReplaceRequest {
    fn name(&self) -> &'static str {
        "ReplaceRequest"
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

/// Why a request was not carried out. The code and the message are those of the operation that was sent.
pub type SendError = SdkError<ListTablesError>;

/// Sends `input` as a request of the operation `action`, such as `CreateTable`, and returns the answer.
///
/// The SDK takes typed input only, and its types cannot be read from JSON: it is made to send ListTables, which has no required
/// input, and this request is sent in its place.
///
/// # Errors
///
/// The SDK's error: no connection, no credentials, or DynamoDB's refusal.
pub async fn send(client: &Client, action: &'static str, input: &Json) -> Result<Json, SendError> {
    let answer = Arc::new(Mutex::new(Vec::new()));
    let replace = ReplaceRequest { action, body: input.to_string(), answer: Arc::clone(&answer) };
    client.list_tables().customize().interceptor(replace).send().await?;
    let answer = answer.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(serde_json::from_slice(&answer).expect("the SDK has read it as JSON"))
}
