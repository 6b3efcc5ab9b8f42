//! A request whose service, action and region are known, and its answer in that service's form.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::clock::Millis;
use crate::s3::{self, S3Call};
use crate::sandbox::ConnectionLost;
use crate::state::faults::CallFailure;
use crate::state::{ACCOUNT, State};
use crate::wire::error::ApiError;
use crate::wire::query::Params;
use crate::wire::{Request, Response, xml};
use crate::{cloudformation, dynamodb};

/// A request whose service and action are known.
pub(crate) struct ServiceCall {
    service: Service,
    pub(crate) action: String,
    region: String,
    form: Form,
}

/// The form of an answer from a service of the Query protocol.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Xml,
    /// Query's own JSON, for a client that accepts only that.
    QueryJson,
    /// The JSON protocol, for a client that speaks it to whatever service.
    Json,
}

impl Form {
    fn of(request: &Request) -> Self {
        let has = |name: &str, kind: &str| request.header(name).is_some_and(|value| value.contains(kind));
        if request.header("x-amz-target").is_some() || has("content-type", "application/x-amz-json") {
            Self::Json
        } else if has("accept", "application/json") && !has("accept", "xml") {
            Self::QueryJson
        } else {
            Self::Xml
        }
    }
}

enum Service {
    CloudFormation(Params),
    Sts,
    DynamoDb(Result<Value, ApiError>),
    S3(S3Call),
    Unknown(ApiError),
}

impl Service {
    /// The service in the names of IAM's actions.
    fn prefix(&self) -> &'static str {
        match self {
            Self::DynamoDb(_) => "dynamodb",
            Self::S3(_) => "s3",
            Self::Sts => "sts",
            Self::CloudFormation(_) | Self::Unknown(_) => "cloudformation",
        }
    }
}

impl ServiceCall {
    /// Reads the service and action of a request. An unreadable request becomes a call that is refused.
    pub(crate) fn read(request: &Request) -> Self {
        let scope = CredentialScope::of(request);
        let form = Form::of(request);
        let call = |service, action: &str| Self {
            service,
            action: action.to_owned(),
            region: scope.region.clone(),
            form,
        };
        if let Some(target) = request.header("x-amz-target") {
            return match target.strip_prefix("DynamoDB_20120810.") {
                Some(action) => call(Service::DynamoDb(json_body(&request.body)), action),
                None => {
                    call(Service::Unknown(ApiError::not_modelled(&format!("the target {target}"))), target)
                }
            };
        }
        if scope.service == "s3" {
            let asked = S3Call::read(request);
            let action = asked.action.clone();
            return call(Service::S3(asked), &action);
        }
        let query = request.path.split_once('?').map_or("", |(_, query)| query);
        let form = if request.body.is_empty() { query.as_bytes() } else { &request.body };
        let params = Params::parse(form);
        let Some(action) = params.owned("Action") else {
            let problem = match scope.service.as_str() {
                "" | "cloudformation" | "sts" => {
                    ApiError::new(400, "MissingAction", "Missing Action parameter")
                }
                other => ApiError::not_modelled(&format!("the service {other}")),
            };
            return call(Service::Unknown(problem), "");
        };
        match (params.get("Version"), scope.service.as_str()) {
            (Some("2011-06-15"), _) | (None, "sts") => call(Service::Sts, &action),
            (Some("2010-05-15"), _) | (None, "" | "cloudformation") => {
                call(Service::CloudFormation(params), &action)
            }
            (version, service) => {
                let what = format!("{service} {} (action {action})", version.unwrap_or_default());
                call(Service::Unknown(ApiError::not_modelled(what.trim())), &action)
            }
        }
    }

    pub(crate) fn run(&self, state: &mut State, now: Millis, request_id: &str) -> Response {
        if !reads_only(&self.action) {
            state.now = now;
        }
        if let Service::S3(asked) = &self.service {
            let done = s3::answer(&mut state.buckets, asked, &self.region, now, request_id);
            return done.unwrap_or_else(|error| self.refuse(&error, request_id));
        }
        match self.result(state, now) {
            Ok(result) => self.accept(&result, request_id),
            Err(error) => self.refuse(&error, request_id),
        }
    }

    fn result(&self, state: &mut State, now: Millis) -> Result<Value, ApiError> {
        let (regions, moment) = state.at(now);
        match &self.service {
            Service::CloudFormation(params) => {
                cloudformation::answer(regions.named(&self.region), &self.action, params, moment)
            }
            Service::Sts if self.action == "GetCallerIdentity" => Ok(json!({
                "Account": ACCOUNT,
                "Arn": format!("arn:aws:iam::{ACCOUNT}:user/sandbox"),
                "UserId": "AIDASANDBOXSANDBOXSAN",
            })),
            Service::Sts => Err(ApiError::not_modelled(&self.action)),
            Service::DynamoDb(body) => {
                let body = body.as_ref().map_err(Clone::clone)?;
                if let Some(answer) = dynamodb::of_replica(regions, &self.region, &self.action, body, moment)
                {
                    return answer;
                }
                dynamodb::answer(regions.named(&self.region), &self.action, body, moment)
            }
            Service::S3(_) => unreachable!("S3 answers in a form of its own"),
            Service::Unknown(error) => Err(error.clone()),
        }
    }

    fn accept(&self, result: &Value, request_id: &str) -> Response {
        match self.service {
            Service::DynamoDb(_) => {
                Response::new(200, "application/x-amz-json-1.0", request_id, result.to_string())
            }
            _ if self.form != Form::Xml => {
                let body = json!({ format!("{}Response", self.action): {
                    format!("{}Result", self.action): result,
                    "ResponseMetadata": { "RequestId": request_id },
                }});
                Response::new(200, "application/json", request_id, body.to_string())
            }
            Service::Sts => {
                let body = xml::answer(xml::STS, &self.action, result, request_id);
                Response::new(200, "text/xml", request_id, body)
            }
            Service::CloudFormation(_) | Service::S3(_) | Service::Unknown(_) => {
                let body = xml::answer(xml::CLOUDFORMATION, &self.action, result, request_id);
                Response::new(200, "text/xml", request_id, body)
            }
        }
    }

    pub(crate) fn refuse(&self, error: &ApiError, request_id: &str) -> Response {
        match &self.service {
            Service::DynamoDb(_) => error.to_json(request_id),
            Service::S3(call) => s3::refuse(call, error, request_id),
            Service::CloudFormation(_) | Service::Sts | Service::Unknown(_) => match self.form {
                Form::Xml => error.to_xml(request_id),
                Form::QueryJson => error.to_query_json(request_id),
                Form::Json => error.to_json(request_id),
            },
        }
    }

    pub(crate) fn fail(&self, failure: CallFailure, request_id: &str) -> Result<Response, ConnectionLost> {
        let json = matches!(self.service, Service::DynamoDb(_));
        let error = match failure {
            CallFailure::Throttled if json => ApiError::new(400, "ThrottlingException", "Rate exceeded"),
            CallFailure::Throttled if matches!(self.service, Service::S3(_)) => {
                ApiError::new(503, "SlowDown", "Please reduce your request rate.")
            }
            CallFailure::Throttled => ApiError::new(400, "Throttling", "Rate exceeded"),
            CallFailure::ServerError => {
                ApiError::new(500, "InternalFailure", "We encountered an internal error. Please try again.")
            }
            CallFailure::ExpiredToken => {
                let code = if json { "ExpiredTokenException" } else { "ExpiredToken" };
                ApiError::new(403, code, "The security token included in the request is expired")
            }
            CallFailure::AccessDenied => {
                let code = if json { "AccessDeniedException" } else { "AccessDenied" };
                let message = format!(
                    "User: arn:aws:iam::{ACCOUNT}:user/sandbox is not authorized to perform: {}:{}",
                    self.service.prefix(),
                    self.action
                );
                ApiError::new(403, code, message)
            }
            CallFailure::HtmlPage => {
                let page = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>";
                return Ok(Response::new(502, "text/html", request_id, page));
            }
            CallFailure::Truncated => {
                let half = format!("<{}Response xmlns=\"{}\"><{0}Res", self.action, xml::CLOUDFORMATION);
                return Ok(Response::new(200, "text/xml", request_id, half));
            }
            CallFailure::Garbage => {
                return Ok(Response::new(200, "text/xml", request_id, "\u{1}not <xml & at all"));
            }
            CallFailure::BadSignature => {
                let code = if json { "InvalidSignatureException" } else { "SignatureDoesNotMatch" };
                let message = "The request signature we calculated does not match the signature you provided. Check your AWS \
                               Secret Access Key and signing method. Consult the service documentation for details.";
                ApiError::new(403, code, message)
            }
            CallFailure::RequestExpired => ApiError::new(403, "RequestExpired", "Request has expired."),
            CallFailure::ConnectionLost | CallFailure::AnswerLost => return Err(ConnectionLost),
        };
        Ok(self.refuse(&error, request_id))
    }

    pub(crate) fn parameters(&self) -> BTreeMap<String, String> {
        match &self.service {
            Service::CloudFormation(params) => params.clone().into_map(),
            Service::DynamoDb(Ok(Value::Object(fields))) => fields
                .iter()
                .map(|(key, value)| {
                    (key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                })
                .collect(),
            Service::S3(call) => BTreeMap::from([
                ("Bucket".to_owned(), call.bucket.clone()),
                ("Key".to_owned(), call.key.clone()),
            ]),
            Service::DynamoDb(_) | Service::Sts | Service::Unknown(_) => BTreeMap::new(),
        }
    }
}

/// Whether an action leaves everything as it is.
pub(crate) fn reads_only(action: &str) -> bool {
    ["Describe", "List", "Get", "Head", "Validate"].iter().any(|verb| action.starts_with(verb))
}

fn json_body(body: &[u8]) -> Result<Value, ApiError> {
    match serde_json::from_slice(body) {
        Ok(mut value @ Value::Object(_)) => {
            remove_null_members(&mut value);
            Ok(value)
        }
        _ => Err(ApiError::new(400, "SerializationException", "the request body is not a JSON object")),
    }
}

/// A member that is null is one that was not sent, as in every JSON protocol of AWS.
fn remove_null_members(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(remove_null_members);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_null_members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Region and service of a request, from the credential scope of its signature.
struct CredentialScope {
    region: String,
    service: String,
}

impl CredentialScope {
    fn of(request: &Request) -> Self {
        let mut parts = request
            .header("authorization")
            .and_then(|header| header.split_once("Credential="))
            .map(|(_, scope)| scope.split(',').next().unwrap_or_default())
            .unwrap_or_default()
            .split('/')
            .skip(2);
        let region = parts.next().filter(|name| is_region(name)).unwrap_or("us-east-1");
        Self { region: region.to_owned(), service: parts.next().unwrap_or_default().trim().to_owned() }
    }
}

fn is_region(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 32
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
