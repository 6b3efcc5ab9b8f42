//! Answers that no sandbox gives: what AWS has been seen to send, word for word.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod script;

use std::collections::BTreeMap;

use script::{Script, stack};
use tablewright_cloudformation::{
    ApiError, ChangeSet, EventKind, Events, OnFailure, Operation, PrepareError, Prepared, PreparedRequest,
    Request, Requirements, RollbackConfiguration, discard_leftovers, execute, prepare,
};
use tablewright_cloudformation::{Capability, ChangeSetType, Parameter, Template};

fn update() -> PreparedRequest {
    PreparedRequest {
        request: Request::new("shop".to_owned(), Template::Body("{}".to_owned()), "change-1".to_owned()),
        change_set_type: ChangeSetType::Update,
        // Any stack: it was there before.
        stack: Some(tablewright_cloudformation::Stack {
            name: "shop".to_owned(),
            id: "arn:stack".to_owned(),
            status: tablewright_cloudformation::StackStatus::UpdateComplete,
            reason: None,
            outputs: Vec::new(),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            created: None,
            updated: None,
            termination_protection: false,
            disable_rollback: false,
            notification_arns: Vec::new(),
            role_arn: None,
            rollback: RollbackConfiguration::default(),
        }),
    }
}

fn script() -> Script {
    Script::default()
        .on("CreateChangeSet", "<Id>arn:change-set</Id><StackId>arn:stack</StackId>")
        .on("DeleteChangeSet", "")
        .on("DescribeEvents", "")
        .on("ListHookResults", "")
}

fn described(status: &str, reason: &str, rest: &str) -> String {
    format!(
        "<Status>{status}</Status><StatusReason>{reason}</StatusReason><ExecutionStatus>UNAVAILABLE</ExecutionStatus>{rest}"
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
        assert_eq!(error.to_string(), format!("stack shop has no changes and is in {status}"));
        assert!(script.calls().contains("DeleteChangeSet"), "{}", script.calls());
    }
}

#[tokio::test]
async fn a_failed_change_set_is_told_and_deleted() {
    let finding = "<OperationEvents><member><EventId>1</EventId><EventType>VALIDATION_ERROR</EventType>\
        <LogicalResourceId>Topic</LogicalResourceId><ValidationName>PROPERTY_VALIDATION</ValidationName>\
        <ValidationPath>/Resources/Topic/Properties</ValidationPath>\
        <ValidationStatusReason>Required property [PolicyDocument] not found</ValidationStatusReason></member></OperationEvents>";
    let script = Script::default()
        .on("CreateChangeSet", "<Id>arn:change-set</Id><StackId>arn:stack</StackId>")
        .on("DeleteChangeSet", "")
        .on("ListHookResults", "")
        .on("DescribeChangeSet", &described("FAILED", "The following hook(s)/validation failed: [X].", ""))
        .on("DescribeEvents", finding)
        .on("DescribeStacks", &stack("UPDATE_COMPLETE"));
    let PrepareError::Failed { details, .. } = prepare_update(&script).await.unwrap_err() else { panic!() };
    assert_eq!(details[0].reason, "Required property [PolicyDocument] not found");
    assert_eq!(details[0].path.as_deref(), Some("/Resources/Topic/Properties"));
    insta::assert_snapshot!(script.calls(), @"
    CreateChangeSet, DescribeChangeSet values=true, DescribeEvents, ListHookResults, DescribeChangeSet, DeleteChangeSet
    ");
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
    insta::assert_snapshot!(script.calls(), @"
    CreateChangeSet, DescribeChangeSet values=true, DescribeChangeSet values=true, DescribeChangeSet values=true, DescribeChangeSet values=true next=p2, DescribeChangeSet values=false, DescribeChangeSet values=false next=q2, DescribeEvents
    ");
}

#[tokio::test]
async fn a_change_set_that_somebody_else_deletes() {
    let script = script()
        .on("DescribeChangeSet", &described("CREATE_PENDING", "", ""))
        .on("DescribeChangeSet", &described("DELETE_IN_PROGRESS", "", ""));
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
        nested: Vec::new(),
        nested_stacks: Vec::new(),
        changes: Vec::new(),
        disable_rollback: None,
        retain_except_on_create: false,
        warnings: Vec::new(),
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

/// What is sent for a request: when the change set is made, and when it is executed.
async fn sent_for(request: Request) -> String {
    let script = script()
        .on("DescribeChangeSet", &described("CREATE_COMPLETE", "", &changes(&["A"])))
        .on("DescribeStackEvents", "<StackEvents/>")
        .on("ExecuteChangeSet", "");
    let (events, _receiver) = Events::channel();
    let client = script.client().await;
    let prepared_request = PreparedRequest { request, ..update() };
    let Prepared::Ready(change_set) = prepare(&client, &prepared_request, &events).await.unwrap() else {
        panic!()
    };
    execute(&client, &change_set, "token", &events).await.unwrap();
    format!("{}\n---\n{}", script.sent("CreateChangeSet"), script.sent("ExecuteChangeSet"))
}

fn plain() -> Request {
    Request::new("shop", Template::Url("https://b.s3.eu-west-1.amazonaws.com/k".to_owned()), "change-1")
}

#[tokio::test]
async fn nothing_is_sent_that_was_not_asked_for() {
    insta::assert_snapshot!(sent_for(plain()).await, @"
    StackName=shop
    TemplateURL=https:%2F%2Fb.s3.eu-west-1.amazonaws.com%2Fk
    ChangeSetName=change-1
    ClientToken=change-1
    ChangeSetType=UPDATE
    ---
    ChangeSetName=arn:change-set
    StackName=arn:stack
    ClientRequestToken=token
    ");
}

#[tokio::test]
async fn every_option_is_sent() {
    let request = Request {
        requirements: Some(Requirements {
            capabilities: vec![Capability::NamedIam],
            nested_stacks: true,
            ..Requirements::default()
        }),
        parameters: vec![
            Parameter { key: "Stage".to_owned(), value: Some("prod".to_owned()) },
            Parameter { key: "Size".to_owned(), value: None },
        ],
        tags: Some(vec![("team".to_owned(), "shop".to_owned())]),
        capabilities: vec![Capability::AutoExpand],
        role_arn: Some("arn:role".to_owned()),
        notification_arns: Some(vec!["arn:topic".to_owned()]),
        rollback: Some(RollbackConfiguration { alarms: vec!["arn:alarm".to_owned()], monitoring_minutes: 5 }),
        on_failure: OnFailure::DoNothing,
        retain_except_on_create: true,
        ..plain()
    };
    insta::assert_snapshot!(sent_for(request).await, @"
    StackName=shop
    TemplateURL=https:%2F%2Fb.s3.eu-west-1.amazonaws.com%2Fk
    Parameters.member.1.ParameterKey=Stage
    Parameters.member.1.ParameterValue=prod
    Parameters.member.2.ParameterKey=Size
    Parameters.member.2.UsePreviousValue=true
    Capabilities.member.1=CAPABILITY_AUTO_EXPAND
    Capabilities.member.2=CAPABILITY_NAMED_IAM
    RoleARN=arn:role
    RollbackConfiguration.RollbackTriggers.member.1.Arn=arn:alarm
    RollbackConfiguration.RollbackTriggers.member.1.Type=AWS::CloudWatch::Alarm
    RollbackConfiguration.MonitoringTimeInMinutes=5
    NotificationARNs.member.1=arn:topic
    Tags.member.1.Key=team
    Tags.member.1.Value=shop
    ChangeSetName=change-1
    ClientToken=change-1
    ChangeSetType=UPDATE
    IncludeNestedStacks=true
    ---
    ChangeSetName=arn:change-set
    StackName=arn:stack
    ClientRequestToken=token
    DisableRollback=true
    RetainExceptOnCreate=true
    ");
}

#[tokio::test]
async fn what_is_cleared_is_sent_empty() {
    let request = Request {
        tags: Some(Vec::new()),
        notification_arns: Some(Vec::new()),
        rollback: Some(RollbackConfiguration::default()),
        on_failure: OnFailure::Delete,
        ..plain()
    };
    insta::assert_snapshot!(sent_for(request).await, @"
    StackName=shop
    TemplateURL=https:%2F%2Fb.s3.eu-west-1.amazonaws.com%2Fk
    RollbackConfiguration.RollbackTriggers=
    RollbackConfiguration.MonitoringTimeInMinutes=0
    NotificationARNs=
    Tags=
    ChangeSetName=change-1
    ClientToken=change-1
    ChangeSetType=UPDATE
    OnStackFailure=DELETE
    ---
    ChangeSetName=arn:change-set
    StackName=arn:stack
    ClientRequestToken=token
    ");
}

/// A script whose change set ends in `status`, with what checks and hooks found.
fn with_findings(status: &str, findings: &str, hooks: &str) -> Script {
    Script::default()
        .on("CreateChangeSet", "<Id>arn:change-set</Id><StackId>arn:stack</StackId>")
        .on("DeleteChangeSet", "")
        .on("DescribeChangeSet", &described(status, "no", &changes(&["A"])))
        .on("DescribeEvents", &format!("<OperationEvents>{findings}</OperationEvents>"))
        .on("ListHookResults", &format!("<HookResults>{hooks}</HookResults>"))
}

#[tokio::test]
async fn what_only_warns_is_told_with_a_change_set_that_is_ready() {
    let finding = "<member><EventId>1</EventId><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>B</LogicalResourceId>\
        <ValidationName>QUOTA</ValidationName><ValidationFailureMode>WARN</ValidationFailureMode>\
        <ValidationStatusReason>nearly full</ValidationStatusReason></member>";
    let script = with_findings("CREATE_COMPLETE", finding, "");
    let Prepared::Ready(change_set) = prepare_update(&script).await.unwrap() else { panic!() };
    assert_eq!(change_set.warnings.len(), 1);
    assert!(change_set.warnings[0].is_warning);
    assert_eq!(change_set.warnings[0].reason, "nearly full");
}

#[tokio::test]
async fn hooks_say_why_and_what_to_do() {
    let hook = |id: &str, status: &str, mode: &str| {
        format!(
            "<member><HookResultId>{id}</HookResultId><FailureMode>{mode}</FailureMode><TypeName>Our::Guard::Hook</TypeName>\
             <Status>{status}</Status><HookStatusReason>template failed</HookStatusReason></member>"
        )
    };
    let hooks = [
        hook("1", "HOOK_COMPLETE_FAILED", "FAIL"),
        hook("2", "HOOK_COMPLETE_SUCCEEDED", "FAIL"),
        hook("3", "HOOK_COMPLETE_FAILED", "WARN"),
    ];
    let script = with_findings("FAILED", "", &hooks.concat())
        .on(
            "GetHookResult",
            "<Annotations><member><AnnotationName>R1</AnnotationName><Status>FAILED</Status>\
             <StatusMessage>no tags</StatusMessage><RemediationMessage>add tags</RemediationMessage></member>\
             <member><AnnotationName>R2</AnnotationName><Status>PASSED</Status></member></Annotations>",
        )
        .refuse("GetHookResult", "AccessDenied", "no");
    let PrepareError::Failed { details, .. } = prepare_update(&script).await.unwrap_err() else { panic!() };
    let told: Vec<String> = details
        .iter()
        .map(|detail| format!("{:?} {:?} warning: {}", detail.reason, detail.advice, detail.is_warning))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    "no tags" Some("add tags") warning: false
    "template failed" None warning: true
    "#);
}

#[tokio::test]
async fn a_replacement_with_rollback_disabled_is_refused_before_it_wedges_the_stack() {
    let change = |id: &str, action: &str, replacement: &str| {
        format!(
            "<member><Type>Resource</Type><ResourceChange><Action>{action}</Action><LogicalResourceId>{id}</LogicalResourceId>\
             <ResourceType>AWS::SNS::Topic</ResourceType><Replacement>{replacement}</Replacement></ResourceChange></member>"
        )
    };
    let changes = [
        change("New", "Add", "True"),
        change("Kept", "Modify", "False"),
        change("Anew", "Modify", "True"),
        change("Perhaps", "Modify", "Conditional"),
    ];
    let changes = format!("<Changes>{}</Changes>", changes.concat());
    for (on_failure, refused) in [(OnFailure::DoNothing, true), (OnFailure::Rollback, false)] {
        let script = script().on("DescribeChangeSet", &described("CREATE_COMPLETE", "", &changes));
        let (events, _receiver) = Events::channel();
        let prepared_request = PreparedRequest { request: Request { on_failure, ..plain() }, ..update() };
        let prepared = prepare(&script.client().await, &prepared_request, &events).await;
        assert_eq!(prepared.is_err(), refused, "{prepared:?}");
        assert_eq!(script.calls().contains("DeleteChangeSet"), refused);
        if let Err(error) = prepared {
            insta::assert_snapshot!(error, @"
    stack shop cannot replace Anew, Perhaps with rollback disabled
    ");
        }
    }
}

/// Members with `action`'s list and a token that never changes.
fn endless(list: &str) -> String {
    format!("<{list}></{list}><NextToken>same</NextToken>")
}

#[tokio::test]
async fn pages_that_never_end_are_an_error() {
    let changes =
        described("CREATE_COMPLETE", "", &format!("{}<NextToken>same</NextToken>", changes(&["A"])));
    let script = script()
        .on("DescribeChangeSet", &changes)
        .on("ListStackResources", &endless("StackResourceSummaries"))
        .on("ListChangeSets", &endless("Summaries"))
        .on("DescribeStacks", &stack("UPDATE_COMPLETE"));
    let client = script.client().await;
    let (events, _receiver) = Events::channel();
    let error = tablewright_cloudformation::stack::resources(&client, "shop").await.unwrap_err();
    insta::assert_snapshot!(error, @"failed to call ListStackResources: the pages do not end: the answer repeats a page token");
    let stack = tablewright_cloudformation::stack::describe(&client, "shop").await.unwrap().unwrap();
    let error = discard_leftovers(&client, &stack, "tablewright-", &events).await.unwrap_err();
    insta::assert_snapshot!(error, @"failed to call ListChangeSets: the pages do not end: the answer repeats a page token");
    let error = prepare_update(&script).await.unwrap_err();
    insta::assert_snapshot!(error, @"failed to call DescribeChangeSet: the pages do not end: the answer repeats a page token");
}

#[tokio::test]
async fn findings_that_cannot_be_read_to_the_end_are_a_warning() {
    let finding = "<member><EventId>1</EventId><EventType>VALIDATION_ERROR</EventType>\
        <ValidationFailureMode>WARN</ValidationFailureMode><ValidationStatusReason>nearly full</ValidationStatusReason></member>";
    let ready = described("CREATE_COMPLETE", "", &changes(&["A"]));
    let first = format!("<OperationEvents>{finding}</OperationEvents><NextToken>p2</NextToken>");
    let script = Script::default()
        .on("CreateChangeSet", "<Id>arn:change-set</Id><StackId>arn:stack</StackId>")
        .on("DescribeChangeSet", &ready)
        .on("DescribeEvents", &first)
        .refuse("DescribeEvents", "AccessDenied", "no");
    let Prepared::Ready(change_set) = prepare_update(&script).await.unwrap() else { panic!() };
    let reasons: Vec<&str> = change_set.warnings.iter().map(|detail| detail.reason.as_str()).collect();
    insta::assert_snapshot!(reasons.join("\n"), @"
    nearly full
    not all findings of CloudFormation's checks could be read: cloudformation:DescribeEvents is not allowed: no
    ");
    assert!(change_set.warnings.iter().all(|detail| detail.is_warning));
}

#[tokio::test]
async fn a_change_set_that_waits_for_somebody_is_left_alone() {
    let set = |name: &str, status: &str, execution: &str| {
        format!(
            "<member><ChangeSetName>{name}</ChangeSetName><Status>{status}</Status>\
             <ExecutionStatus>{execution}</ExecutionStatus></member>"
        )
    };
    let sets = [
        set("tablewright-waiting", "CREATE_COMPLETE", "AVAILABLE"),
        set("tablewright-failed", "FAILED", "UNAVAILABLE"),
        set("tablewright-executed", "CREATE_COMPLETE", "EXECUTE_COMPLETE"),
        set("tablewright-begun", "CREATE_IN_PROGRESS", "UNAVAILABLE"),
        set("somebody-elses", "FAILED", "UNAVAILABLE"),
    ];
    let script = script()
        .on("ListChangeSets", &format!("<Summaries>{}</Summaries>", sets.concat()))
        .on("DescribeStacks", &stack("UPDATE_COMPLETE"));
    let client = script.client().await;
    let (events, mut receiver) = Events::channel();
    let stack = tablewright_cloudformation::stack::describe(&client, "shop").await.unwrap().unwrap();
    discard_leftovers(&client, &stack, "tablewright-", &events).await.unwrap();
    let mut told = Vec::new();
    while let Ok(event) = receiver.try_recv() {
        told.push(event.kind);
    }
    let name = |name: &str| name.to_owned();
    assert_eq!(
        told,
        [
            EventKind::ChangeSetWaiting { name: name("tablewright-waiting") },
            EventKind::ChangeSetDeleted { name: name("tablewright-failed") },
        ]
    );
    assert_eq!(script.calls(), "DescribeStacks, ListChangeSets, DeleteChangeSet");
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_into_memory() {
    let reason = "x".repeat(33 << 20);
    let script = script().on("DescribeStacks", &stack(&reason));
    let error =
        tablewright_cloudformation::stack::describe(&script.client().await, "shop").await.unwrap_err();
    insta::assert_snapshot!(error, @"failed to call DescribeStacks: the answer is larger than 32 MiB");
}
