//! Requests and responses, independent of any HTTP library.
//!
//! A [`Request`] comes in from the connector or the listener, a [`Response`] goes back. The submodules read AWS's Query
//! form, write its XML and define its errors. Nothing here depends on an action.

pub(crate) mod text;

pub(crate) mod error;
pub(crate) mod query;
pub(crate) mod xml;

/// One HTTP request, read completely.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The method, in upper case.
    pub method: String,
    /// Path and query string, as sent.
    pub path: String,
    /// Header names and values, in the order sent.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Request {
    /// Returns the first header of that name, without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// One HTTP answer, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Response {
    pub(crate) fn new(status: u16, content_type: &str, request_id: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![
                ("content-type".to_owned(), content_type.to_owned()),
                ("x-amzn-requestid".to_owned(), request_id.to_owned()),
            ],
            body: body.into(),
        }
    }
}
