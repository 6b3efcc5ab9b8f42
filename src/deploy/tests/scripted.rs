//! Answers that no sandbox gives: what AWS has been seen to send, word for word.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudformation::Client;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use tablewright_deploy::draft::{ChangeSetType, Template};
use tablewright_deploy::{
    ApiError, ChangeSet, Connect, Draft, Events, Operation, PrepareError, Prepared, Request, connect,
    execute, prepare,
};

/// Answers by action, the last one again and again; the actions that were called, in order.
#[derive(Debug, Clone, Default)]
struct Script {
    answers: Arc<Mutex<BTreeMap<&'static str, Vec<String>>>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Script {
    /// Adds the result of `action`: the inside of `<ActionResult>`.
    fn on(self, action: &'static str, result: &str) -> Script {
        let body = format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>");
        self.answers.lock().unwrap().entry(action).or_default().push(body);
        self
    }

    /// Adds a refusal of `action`.
    fn refuse(self, action: &'static str, code: &str, message: &str) -> Script {
        let body = format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        );
        self.answers.lock().unwrap().entry(action).or_default().push(body);
        self
    }

    /// Adds a connection that breaks instead of an answer to `action`.
    fn lose(self, action: &'static str) -> Script {
        self.answers.lock().unwrap().entry(action).or_default().push(String::new());
        self
    }

    async fn client(&self) -> Client {
        let script = self.clone();
        let request = Connect {
            region: Some("eu-west-1".to_owned()),
            http_client: Some(http_client_fn(move |_, _| SharedHttpConnector::new(script.clone()))),
            credentials: Some(SharedCredentialsProvider::new(Credentials::from_keys("a", "b", None))),
            sleep: Some(SharedAsyncSleep::new(NoSleep)),
            ..Connect::default()
        };
        connect(&request).await.unwrap().cloudformation()
    }

    fn calls(&self) -> String {
        self.calls.lock().unwrap().join(", ")
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let form = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
        let value = |key: &str| form.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
        let action = value("Action").unwrap().to_owned();
        let values =
            value("IncludePropertyValues").map_or(String::new(), |values| format!(" values={values}"));
        let next = value("NextToken").map_or(String::new(), |next| format!(" next={next}"));
        self.calls.lock().unwrap().push(format!("{action}{values}{next}"));
        let mut answers = self.answers.lock().unwrap();
        let queue = answers.get_mut(action.as_str()).unwrap_or_else(|| panic!("no answer for {action}"));
        let body = if queue.len() > 1 { queue.remove(0) } else { queue[0].clone() };
        if body.is_empty() {
            return HttpConnectorFuture::ready(Err(ConnectorError::io("connection reset".into())));
        }
        let status = if body.starts_with("<ErrorResponse") { 400 } else { 200 };
        let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
        response.headers_mut().insert("content-type", "text/xml");
        HttpConnectorFuture::ready(Ok(response))
    }
}

#[derive(Debug)]
struct NoSleep;

impl AsyncSleep for NoSleep {
    fn sleep(&self, _: std::time::Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}

fn update() -> Draft {
    Draft {
        request: Request {
            stack_name: "shop".to_owned(),
            template: Template::Body("{}".to_owned()),
            parameters: Vec::new(),
            tags: None,
            capabilities: Vec::new(),
            role_arn: None,
            notification_arns: None,
            change_set_name: "change-1".to_owned(),
            client_token: "create-1".to_owned(),
        },
        change_set_type: ChangeSetType::Update,
        // Any stack: it was there before.
        stack: Some(tablewright_deploy::Stack {
            name: "shop".to_owned(),
            id: "arn:stack".to_owned(),
            status: tablewright_deploy::StackStatus::UpdateComplete,
            reason: None,
            outputs: Vec::new(),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            created: None,
            updated: None,
            termination_protection: false,
            disable_rollback: false,
        }),
    }
}

fn script() -> Script {
    Script::default()
        .on("CreateChangeSet", "<Id>arn:change-set</Id><StackId>arn:stack</StackId>")
        .on("DeleteChangeSet", "")
}

fn described(status: &str, reason: &str, rest: &str) -> String {
    format!(
        "<Status>{status}</Status><StatusReason>{reason}</StatusReason><ExecutionStatus>UNAVAILABLE</ExecutionStatus>{rest}"
    )
}

fn stack(status: &str) -> String {
    format!(
        "<Stacks><member><StackName>shop</StackName><StackId>arn:stack</StackId><StackStatus>{status}</StackStatus>\
         <CreationTime>2026-01-01T00:00:00Z</CreationTime></member></Stacks>"
    )
}

fn changes(ids: &[&str]) -> String {
    let change = |id: &&str| {
        format!(
            "<member><Type>Resource</Type><ResourceChange><Action>Modify</Action><LogicalResourceId>{id}\
             </LogicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType></ResourceChange></member>"
        )
    };
    format!("<Changes>{}</Changes>", ids.iter().map(change).collect::<String>())
}

const PLAIN: &str =
    "The submitted information didn't contain changes. Submit different information to create a change set.";
const WITH_MACRO: &str = "No updates are to be performed.";

async fn prepare_update(script: &Script) -> Result<Prepared, PrepareError> {
    let (events, _receiver) = Events::channel();
    prepare(&script.client().await, &update(), &events).await
}

#[tokio::test]
async fn both_texts_for_no_changes() {
    for text in [PLAIN, WITH_MACRO] {
        let script = script()
            .on("DescribeChangeSet", &described("FAILED", text, ""))
            .on("DescribeStacks", &stack("UPDATE_COMPLETE"));
        let prepared = prepare_update(&script).await.unwrap();
        assert!(matches!(prepared, Prepared::Unchanged { .. }), "{prepared:?}");
        assert!(script.calls().contains("DeleteChangeSet"), "{}", script.calls());
    }
}

#[tokio::test]
async fn no_changes_for_a_stack_that_failed_is_no_success() {
    for status in ["UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED", "ROLLBACK_COMPLETE"] {
        let script = script()
            .on("DescribeChangeSet", &described("FAILED", PLAIN, ""))
            .on("DescribeStacks", &stack(status));
        let error = prepare_update(&script).await.unwrap_err();
        assert_eq!(error.to_string(), format!("stack shop has nothing to change and is in {status}"));
        assert!(script.calls().contains("DeleteChangeSet"), "{}", script.calls());
    }
}

#[tokio::test]
async fn a_failed_change_set_is_told_and_deleted() {
    let finding = "<OperationEvents><member><EventId>1</EventId><EventType>VALIDATION_ERROR</EventType>\
        <LogicalResourceId>Topic</LogicalResourceId><ValidationName>PROPERTY_VALIDATION</ValidationName>\
        <ValidationPath>/Resources/Topic/Properties</ValidationPath>\
        <ValidationStatusReason>Required property [PolicyDocument] not found</ValidationStatusReason></member></OperationEvents>";
    let script = script()
        .on("DescribeChangeSet", &described("FAILED", "The following hook(s)/validation failed: [X].", ""))
        .on("DescribeEvents", finding)
        .on("DescribeStacks", &stack("UPDATE_COMPLETE"));
    let PrepareError::Failed { details, .. } = prepare_update(&script).await.unwrap_err() else { panic!() };
    assert_eq!(details[0].reason, "Required property [PolicyDocument] not found");
    assert_eq!(details[0].path.as_deref(), Some("/Resources/Topic/Properties"));
    insta::assert_snapshot!(script.calls(), @"CreateChangeSet, DescribeChangeSet values=true, DescribeEvents, DescribeChangeSet, DeleteChangeSet");
}

#[tokio::test]
async fn every_page_is_read_and_incomplete_values_are_made_up_for() {
    const WARN: &str = "[WARN] --include-property-values option can return incomplete ChangeSet data because: ChangeSet \
                        creation failed for resource [B]";
    let complete = |reason: &str, ids: &[&str], next: &str| {
        let next = if next.is_empty() { String::new() } else { format!("<NextToken>{next}</NextToken>") };
        described("CREATE_COMPLETE", reason, &format!("{}{next}", changes(ids)))
    };
    let script = script()
        .on("DescribeChangeSet", &described("CREATE_PENDING", "", ""))
        .on("DescribeChangeSet", &described("CREATE_IN_PROGRESS", "", ""))
        .on("DescribeChangeSet", &complete(WARN, &["A"], "p2"))
        .on("DescribeChangeSet", &complete(WARN, &["D"], ""))
        .on("DescribeChangeSet", &complete("", &["A", "B"], "q2"))
        .on("DescribeChangeSet", &complete("", &["C", "D"], ""));
    let Prepared::Ready(change_set) = prepare_update(&script).await.unwrap() else { panic!() };
    let ids: Vec<&str> = change_set.changes.iter().map(|change| change.logical_id.as_str()).collect();
    assert_eq!(ids, ["A", "B", "C", "D"]);
    insta::assert_snapshot!(script.calls(), @"CreateChangeSet, DescribeChangeSet values=true, DescribeChangeSet values=true, DescribeChangeSet values=true, DescribeChangeSet values=true next=p2, DescribeChangeSet values=false, DescribeChangeSet values=false next=q2");
}

#[tokio::test]
async fn a_change_set_that_somebody_else_deletes() {
    let script = script()
        .on("DescribeChangeSet", &described("CREATE_PENDING", "", ""))
        .on("DescribeChangeSet", &described("DELETE_IN_PROGRESS", "", ""))
        .on("DescribeEvents", "");
    let error = prepare_update(&script).await.unwrap_err();
    insta::assert_snapshot!(error, @"the change set of stack shop failed: it is in DELETE_IN_PROGRESS");
}

/// Executes a change set whose first call is lost and whose second is refused, as AWS may do when it heard the first.
async fn execute_after_a_lost_answer(execution_status: &str) -> (Result<Operation, ApiError>, String) {
    let change_set = ChangeSet {
        id: "arn:change-set".to_owned(),
        name: "change-1".to_owned(),
        stack_id: "arn:stack".to_owned(),
        stack_name: "shop".to_owned(),
        change_set_type: ChangeSetType::Update,
        changes: Vec::new(),
        disable_rollback: false,
    };
    let text = "ChangeSet [arn:change-set] cannot be executed in its current status of [EXECUTE_IN_PROGRESS]";
    let script = Script::default()
        .on("DescribeStackEvents", "<StackEvents/>")
        .lose("ExecuteChangeSet")
        .refuse("ExecuteChangeSet", "InvalidChangeSetStatus", text)
        .on("DescribeChangeSet", &format!("<ExecutionStatus>{execution_status}</ExecutionStatus>"));
    let (events, _receiver) = Events::channel();
    (execute(&script.client().await, &change_set, "token", &events).await, script.calls())
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_is_looked_into() {
    let (executed, calls) = execute_after_a_lost_answer("EXECUTE_IN_PROGRESS").await;
    assert!(executed.is_ok(), "{executed:?}");
    insta::assert_snapshot!(calls, @"DescribeStackEvents, ExecuteChangeSet, ExecuteChangeSet, DescribeChangeSet");
    // Somebody else's change set was executed instead.
    let (executed, _) = execute_after_a_lost_answer("OBSOLETE").await;
    insta::assert_snapshot!(executed.unwrap_err(), @"ExecuteChangeSet was refused: ChangeSet [arn:change-set] cannot be executed in its current status of [EXECUTE_IN_PROGRESS] (InvalidChangeSetStatus)");
}
