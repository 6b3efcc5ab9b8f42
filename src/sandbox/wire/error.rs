//! An error as AWS sends it: HTTP status, code and text.
//!
//! The messages are AWS's own wherever a recording shows them. What the sandbox does not model is refused by name, so that
//! a test cannot pass because something was ignored.

use serde_json::json;

use super::{Response, xml};

/// A refusal with AWS's code and message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl ApiError {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    /// CloudFormation's general client error.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    /// DynamoDB's general client error, with another code than CloudFormation's.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationException", message)
    }

    /// DynamoDB's answer when a limit on concurrent work is hit.
    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::new(400, "LimitExceededException", message)
    }

    /// DynamoDB's answer when the table is busy or exists.
    pub(crate) fn in_use(message: impl Into<String>) -> Self {
        Self::new(400, "ResourceInUseException", message)
    }

    /// DynamoDB's answer when the table does not exist.
    pub(crate) fn table_not_found(name: &str) -> Self {
        Self::new(
            400,
            "ResourceNotFoundException",
            format!("Requested resource not found: Table: {name} not found"),
        )
    }

    /// The refusal of a feature that AWS has and the sandbox does not model.
    pub(crate) fn not_modelled(what: &str) -> Self {
        Self::new(400, "NotImplemented", not_modelled(what))
    }

    /// The XML form that Query services send.
    pub(crate) fn to_xml(&self, request_id: &str) -> Response {
        let kind = if self.status >= 500 { "Receiver" } else { "Sender" };
        let body = xml::error(kind, &self.code, &self.message, request_id);
        Response::new(self.status, "text/xml", request_id, body)
    }

    /// The JSON form of the Query protocol.
    pub(crate) fn to_query_json(&self, request_id: &str) -> Response {
        let kind = if self.status >= 500 { "Receiver" } else { "Sender" };
        let error = json!({ "Code": self.code, "Message": self.message, "Type": kind });
        let body = json!({ "Error": error, "RequestId": request_id });
        Response::new(self.status, "application/json", request_id, body.to_string())
    }

    /// The JSON form that DynamoDB sends.
    pub(crate) fn to_json(&self, request_id: &str) -> Response {
        // Errors common to all JSON services have another namespace than DynamoDB's own.
        let namespace = match self.code.as_str() {
            "ValidationException"
            | "ThrottlingException"
            | "UnknownOperationException"
            | "SerializationException"
            | "ExpiredTokenException"
            | "MissingAuthenticationTokenException" => "com.amazon.coral.service",
            _ => "com.amazonaws.dynamodb.v20120810",
        };
        let body = json!({ "__type": format!("{namespace}#{}", self.code), "message": self.message });
        Response::new(self.status, "application/x-amz-json-1.0", request_id, body.to_string())
    }
}

/// The message of a refusal to model something.
pub(crate) fn not_modelled(what: &str) -> String {
    format!("tablewright's sandbox does not model {what}")
}
