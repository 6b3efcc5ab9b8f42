//! Deploys while something is wrong with the calls. The verdict never changes; only the way to it is longer.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::collections::BTreeMap;

use common::{ONE, TWO, World, facts};
use proptest::prelude::*;
use tablewright_cloudformation::operation::OperationKind;
use tablewright_cloudformation::{Operation, Outcome, Prepared, StackStatus, execute};
use tablewright_sandbox::{CallFailure, CallFault, Faults};

/// Deploys an update under `faults` and checks that it ends as without, and returns what happened.
async fn check(faults: Faults) -> World {
    check_against(&WithoutFaults::deploy().await, faults).await
}

/// How an update goes when nothing is wrong.
struct WithoutFaults {
    outcome: Outcome,
    transcript: String,
    calls: u64,
}

impl WithoutFaults {
    async fn deploy() -> WithoutFaults {
        let mut world = World::deployed(ONE).await;
        let operation = world.start(TWO).await;
        world.forget();
        let outcome = world.follow(&operation).await.unwrap();
        WithoutFaults { outcome, transcript: world.transcript(), calls: world.call_count() }
    }
}

async fn check_against(expected: &WithoutFaults, faults: Faults) -> World {
    let mut world = World::deployed(ONE).await;
    // Some faults have to be there when the operation begins; those of calls are for its watch.
    world.faults(Faults { calls: Vec::new(), ..faults.clone() });
    let operation = world.start(TWO).await;
    world.forget();
    world.faults(faults.clone());
    let outcome = world.follow(&operation).await.unwrap();
    assert_eq!(outcome, expected.outcome, "{faults:?}");
    assert!(matches!(outcome, Outcome::Deployed { outputs: Some(_), .. }), "{outcome:?}");
    let transcript = world.transcript();
    assert_eq!(facts(&transcript), facts(&expected.transcript), "{faults:?}");
    world
}

fn calls(action: &str, from: u64, to: u64, failure: CallFailure) -> Faults {
    Faults { calls: vec![CallFault { action: action.to_owned(), from, to, failure }], ..Faults::default() }
}

#[tokio::test]
async fn without_faults_the_end_is_seen_at_once() {
    let mut world = World::deployed(ONE).await;
    world.deploy(TWO).await.unwrap();
    let transcript = world.transcript();
    let times =
        transcript.lines().rev().filter_map(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    let [settled, complete] = times.take(2).collect::<Vec<_>>()[..] else { panic!("{transcript}") };
    assert!(settled - complete <= 1.5, "{transcript}");
    let world = check(Faults::default()).await;
    insta::assert_snapshot!(format!("{:.1} s, {}", world.elapsed(), world.calls()), @"
    9.4 s, DescribeStackEvents 5, DescribeStacks 1
    ");
}

#[tokio::test]
async fn throttled_reads() {
    let world = check(calls("DescribeStackEvents", 2, 6, CallFailure::Throttled)).await;
    insta::assert_snapshot!(format!("{:.1} s, {}", world.elapsed(), world.calls()), @"
    41.6 s, DescribeStackEvents 7, DescribeStacks 1
    ");
}

#[tokio::test]
async fn a_throttled_last_read() {
    // The read that would show the end (aws-cdk-cli#1777), and the confirmation.
    check(calls("DescribeStackEvents", 8, 14, CallFailure::Throttled)).await;
    check(calls("DescribeStacks", 1, 8, CallFailure::Throttled)).await;
}

#[tokio::test]
async fn reads_that_fail_in_every_other_way() {
    check(calls("DescribeStackEvents", 2, 4, CallFailure::ServerError)).await;
    check(calls("DescribeStackEvents", 2, 4, CallFailure::HtmlPage)).await;
    check(calls("DescribeStackEvents", 2, 4, CallFailure::Truncated)).await;
    check(calls("DescribeStackEvents", 2, 4, CallFailure::ConnectionLost)).await;
    check(calls("DescribeStackEvents", 2, 4, CallFailure::ExpiredToken)).await;
}

#[tokio::test]
async fn stale_stack() {
    let stale = |stale_stack_seconds| Faults { stale_stack_seconds, ..Faults::default() };
    check(stale(5)).await;
    check(stale(20)).await;
    // The verdict does not wait for the outputs, and old ones are not taken for new ones.
    let mut world = World::deployed(ONE).await;
    world.faults(stale(300));
    let operation = world.start(TWO).await;
    let outcome = world.follow(&operation).await.unwrap();
    assert!(matches!(outcome, Outcome::Deployed { outputs: None, .. }), "{outcome:?}");
}

#[tokio::test]
async fn late_events() {
    let late = |event_lag_seconds| Faults { event_lag_seconds, ..Faults::default() };
    check(late(3)).await;
    // So late that the stack itself is asked, again and again.
    check(late(20)).await;
}

#[tokio::test]
async fn equal_times() {
    let mut world = World::new().await;
    world.faults(Faults { event_timestamp_seconds: 60, ..Faults::default() });
    let outcome = world.deploy(TWO).await.unwrap();
    assert!(matches!(outcome, Outcome::Deployed { .. }), "{outcome:?}");
    insta::assert_snapshot!(world.transcript(), @"
     0.2 change-1 was made to Create
     3.5 changes: Add A, Add B
     3.7 execution began as token-1
     0.0 CREATE_IN_PROGRESS: User Initiated
     0.0 - A CREATE_IN_PROGRESS
     0.0 - A CREATE_IN_PROGRESS: Resource creation Initiated
     0.0 - A CREATE_COMPLETE
     0.0 - B CREATE_IN_PROGRESS
     0.0 - B CREATE_IN_PROGRESS: Resource creation Initiated
     0.0 - B CREATE_COMPLETE
     0.0 CREATE_COMPLETE
    12.5 settled in CREATE_COMPLETE
    ");
}

#[tokio::test]
async fn small_pages() {
    let pages = |size| Faults { event_page_size: Some(size), ..Faults::default() };
    check(pages(1)).await;
    check(pages(2)).await;
}

/// Every failure that can pass. A denied permission cannot: nothing but a new policy ends it.
const PASSING: [CallFailure; 10] = [
    CallFailure::Throttled,
    CallFailure::ServerError,
    CallFailure::HtmlPage,
    CallFailure::Truncated,
    CallFailure::Garbage,
    CallFailure::ExpiredToken,
    CallFailure::RequestExpired,
    CallFailure::BadSignature,
    CallFailure::ConnectionLost,
    CallFailure::AnswerLost,
];

#[tokio::test]
async fn no_single_fault_changes_the_verdict_whichever_call_it_meets() {
    let expected = WithoutFaults::deploy().await;
    for failure in PASSING {
        for call in 1..=expected.calls {
            check_against(&expected, calls("*", call, call, failure)).await;
        }
    }
}

#[tokio::test]
async fn no_series_of_faults_loses_the_outputs() {
    let expected = WithoutFaults::deploy().await;
    for failure in PASSING {
        check_against(&expected, calls("DescribeStacks", 1, 20, failure)).await;
    }
}

#[tokio::test]
async fn outputs_that_may_not_be_read_do_not_change_the_verdict() {
    let mut world = World::deployed(ONE).await;
    let operation = world.start(TWO).await;
    world.forget();
    world.fail("DescribeStacks", 1, 99, CallFailure::AccessDenied);
    let outcome = world.follow(&operation).await.unwrap();
    assert!(matches!(outcome, Outcome::Deployed { outputs: None, .. }), "{outcome:?}");
    assert!(world.elapsed() < 15.0, "{}", world.elapsed());
}

fn any_failure() -> impl Strategy<Value = CallFailure> {
    prop::sample::select(PASSING.to_vec())
}

fn any_faults() -> impl Strategy<Value = Faults> {
    let action =
        prop::sample::select(vec!["*", "DescribeStackEvents", "DescribeStacks", "DescribeChangeSet"]);
    let call = (action, 1..20u64, 0..6u64, any_failure()).prop_map(|(action, from, more, failure)| {
        CallFault { action: action.to_owned(), from, to: from + more, failure }
    });
    let calls = prop::collection::vec(call, 0..4);
    (calls, 0..15u32, 0..15u32, prop::option::of(1..4usize)).prop_map(
        |(calls, stale, lag, event_page_size)| Faults {
            calls,
            stale_stack_seconds: stale,
            event_lag_seconds: lag,
            event_page_size,
            ..Faults::default()
        },
    )
}

proptest! {
    // Each case is two deploys through the whole SDK.
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_faults_change_the_verdict(faults in any_faults()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check(faults));
    }
}

#[tokio::test]
async fn an_operation_that_never_began() {
    let mut world = World::deployed(ONE).await;
    let Prepared::Ready(change_set) = world.prepare(TWO).await.unwrap() else { panic!("nothing to do") };
    let operation = Operation {
        stack_name: "shop".to_owned(),
        stack_id: change_set.stack_id.clone(),
        kind: OperationKind::Deploy {
            token: "never-sent".to_owned(),
            change_set_id: change_set.id.clone(),
            resources: BTreeMap::new(),
        },
        rollback_disabled: false,
        before: Vec::new(),
    };
    world.forget();
    let error = world.follow(&operation).await.unwrap_err();
    insta::assert_snapshot!(error, @"the operation on stack shop never started; the stack is in CREATE_COMPLETE");
    assert!(world.elapsed() < 100.0, "{}", world.elapsed());
    // Not even when somebody else succeeds meanwhile.
    world.deploy(TWO).await.unwrap();
    world.forget();
    let error = world.follow(&operation).await.unwrap_err();
    insta::assert_snapshot!(error, @"the operation on stack shop never started; the stack is in UPDATE_COMPLETE");
    insta::assert_snapshot!(world.transcript(), @"");
}

#[tokio::test]
async fn everything_at_once() {
    let faults = Faults {
        calls: vec![
            CallFault { action: "*".to_owned(), from: 3, to: 5, failure: CallFailure::Throttled },
            CallFault { action: "*".to_owned(), from: 9, to: 9, failure: CallFailure::AnswerLost },
            CallFault { action: "*".to_owned(), from: 12, to: 13, failure: CallFailure::HtmlPage },
        ],
        stale_stack_seconds: 20,
        event_lag_seconds: 2,
        event_page_size: Some(2),
        ..Faults::default()
    };
    check(faults).await;
}

#[tokio::test]
async fn an_execution_whose_answer_is_lost_is_executed_once() {
    for lost in 1..=2 {
        let mut world = World::deployed(ONE).await;
        let prepared = world.prepare(TWO).await.unwrap();
        let Prepared::Ready(change_set) = prepared else { panic!("nothing to do") };
        world.forget();
        world.fail("ExecuteChangeSet", 1, lost, CallFailure::AnswerLost);
        let operation = execute(&world.client, &change_set, "token", &world.events).await.unwrap();
        let outcome = world.follow(&operation).await.unwrap();
        assert!(matches!(outcome, Outcome::Deployed { .. }), "{outcome:?}");
        let begun =
            world.transcript().lines().filter(|line| line.contains(" UPDATE_IN_PROGRESS: User")).count();
        assert_eq!(begun, 1);
    }
}

#[tokio::test]
async fn a_change_set_whose_answer_is_lost_is_made_once() {
    let mut world = World::deployed(ONE).await;
    world.fail("CreateChangeSet", 1, 2, CallFailure::AnswerLost);
    let prepared = world.prepare(TWO).await.unwrap();
    assert!(matches!(prepared, Prepared::Ready(_)), "{prepared:?}");
    insta::assert_snapshot!(world.left().await, @r#"CREATE_COMPLETE with change sets ["change-2"]"#);
}

#[tokio::test]
async fn a_change_set_whose_answer_never_comes_is_cleaned_up() {
    let mut world = World::new().await;
    world.fail("CreateChangeSet", 1, 99, CallFailure::AnswerLost);
    insta::assert_snapshot!(world.prepare(ONE).await.unwrap_err().lines().next().unwrap(), @"no connection to https://cloudformation.eu-west-1.amazonaws.com: connection reset by the sandbox");
    // Not its time: the SDK waits at random between attempts.
    assert_eq!(facts(&world.transcript()), ["change-1 was deleted"]);
    assert_eq!(world.left().await, "no stack");
}

#[tokio::test]
async fn waiting_for_a_change_set_survives_throttling() {
    let mut world = World::deployed(ONE).await;
    world.fail("DescribeChangeSet", 1, 3, CallFailure::Throttled);
    world.prepare(TWO).await.unwrap();
    insta::assert_snapshot!(world.transcript(), @"
     0.2 change-2 was made to Update
     0.3 throttled DescribeChangeSet, again in 2s
     2.4 throttled DescribeChangeSet, again in 4s
     6.5 throttled DescribeChangeSet, again in 8s
    14.7 changes: Modify A (False), Add B
    ");
}

#[tokio::test]
async fn without_the_permission_to_read_events_nothing_is_executed() {
    let mut world = World::deployed(ONE).await;
    let prepared = world.prepare(TWO).await.unwrap();
    let Prepared::Ready(change_set) = prepared else { panic!("nothing to do") };
    world.fail("DescribeStackEvents", 1, 99, CallFailure::AccessDenied);
    let error = execute(&world.client, &change_set, "token", &world.events).await.unwrap_err();
    insta::assert_snapshot!(error, @"cloudformation:DescribeStackEvents is not allowed: User: arn:aws:iam::000000000000:user/sandbox is not authorized to perform: cloudformation:DescribeStackEvents");
    assert!(!world.calls().contains("ExecuteChangeSet"), "{}", world.calls());
}

#[tokio::test]
async fn without_the_permission_for_details_a_failure_is_told_all_the_same() {
    let mut world = World::deployed(ONE).await;
    world.fail("DescribeEvents", 1, 99, CallFailure::AccessDenied);
    let twice = r#"{"Resources": {"C": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String"}}}}"#;
    let error = world.prepare(twice).await.unwrap_err();
    insta::assert_snapshot!(error, @r#"
    the change set of stack shop failed: The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.
    Failed { stack_name: "shop", reason: "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.", details: [] }
    "#);
}

#[tokio::test]
async fn credentials_that_expire_for_good() {
    let mut world = World::deployed(ONE).await;
    let operation = world.start(TWO).await;
    world.forget();
    world.fail("*", 4, 9_999, CallFailure::ExpiredToken);
    insta::assert_snapshot!(world.follow(&operation).await.unwrap_err(), @"cannot follow stack shop; the result of its operation is unknown: the credentials have expired: The security token included in the request is expired");
    // Five minutes of trying.
    assert!((300.0..340.0).contains(&world.elapsed()), "{}", world.elapsed());
    // With new ones, the way back.
    world.faults(Faults::default());
    world.forget();
    let outcome = world.follow(&operation).await.unwrap();
    assert!(matches!(outcome, Outcome::Deployed { .. }), "{outcome:?}");
    assert!(world.transcript().ends_with(&format!("settled in {}", StackStatus::UpdateComplete)));
}

#[tokio::test]
async fn an_unreachable_endpoint_is_not_the_end() {
    let mut world = World::deployed(ONE).await;
    let operation = world.start(TWO).await;
    world.forget();
    // Some twenty minutes without a network.
    world.fail("*", 3, 125, CallFailure::ConnectionLost);
    let outcome = world.follow(&operation).await.unwrap();
    assert!(matches!(outcome, Outcome::Deployed { .. }), "{outcome:?}");
    assert!(world.elapsed() > 1000.0, "{}", world.elapsed());
}
