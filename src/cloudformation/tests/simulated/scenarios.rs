//! Named stories: what is told, how it ends, with how many calls, and when.

use std::fmt::Write as _;
use std::time::Duration;

use tablewright_cloudformation::operation::OperationKind;
use tablewright_cloudformation::{Operation, Outcome, Polling};

use crate::cloud::{DENIED, EXPIRED, Knobs, THROTTLED, Trouble};
use crate::story::{Line, TOKEN, arn, story};
use crate::{Seen, follow, follow_operation, head, operation};

/// A stack that is created.
fn new_stack() -> Knobs {
    Knobs { before: "REVIEW_IN_PROGRESS", ..Knobs::default() }
}

/// The lines of a story that are the operation's own, as they are told: each once, in order.
fn told(text: &str) -> Vec<String> {
    story(text).iter().map(Line::told).collect()
}

/// A summary for a snapshot.
fn summary(seen: &Seen) -> String {
    let mut text = format!("{}; {:.1} s; {}", seen.ending(), seen.end, seen.calls);
    for trouble in &seen.troubles {
        write!(text, "\n{trouble}").unwrap();
    }
    text
}

/// Follows a story that is all ours, and checks that all of it is told.
#[track_caller]
fn check(text: &str, knobs: Knobs) -> Seen {
    let seen = follow(text, knobs);
    assert_eq!(seen.told, told(text));
    seen
}

const CREATE: &str = "
    0.2 STACK CREATE_IN_PROGRESS User Initiated
    3.7 A? CREATE_IN_PROGRESS
    4.4 A CREATE_IN_PROGRESS Resource creation Initiated
    8.0 A CREATE_COMPLETE
    8.9 STACK CREATE_COMPLETE";

const UPDATE: &str = "
    0.2 STACK UPDATE_IN_PROGRESS User Initiated
    3.7 A UPDATE_IN_PROGRESS
    7.0 A UPDATE_COMPLETE
    7.4 B? CREATE_IN_PROGRESS
    8.1 B CREATE_IN_PROGRESS Resource creation Initiated
    12.0 B CREATE_COMPLETE
    12.9 STACK UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
    13.4 C DELETE_IN_PROGRESS
    15.0 C DELETE_COMPLETE
    15.9 STACK UPDATE_COMPLETE";

#[test]
fn create() {
    insta::assert_snapshot!(summary(&check(CREATE, new_stack())), @"
    deployed: CREATE_COMPLETE; 9.7 s; DescribeStackEvents 6, DescribeStacks 1
    ");
}

#[test]
fn update_with_a_removal() {
    insta::assert_snapshot!(summary(&check(UPDATE, Knobs::default())), @"
    deployed: UPDATE_COMPLETE; 17.0 s; DescribeStackEvents 7, DescribeStacks 1
    ");
}

#[test]
fn create_that_is_rolled_back() {
    let seen = check(
        "0.2 STACK CREATE_IN_PROGRESS User Initiated
         3.7 A? CREATE_IN_PROGRESS
         3.8 B? CREATE_IN_PROGRESS
         5.0 B CREATE_FAILED Name in use
         5.1 A CREATE_FAILED Resource creation cancelled
         5.9 STACK ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [A, B]. Rollback requested by user.
         9.4 B DELETE_COMPLETE
         9.5 A DELETE_IN_PROGRESS
         10.0 A DELETE_COMPLETE
         10.9 STACK ROLLBACK_COMPLETE",
        new_stack(),
    );
    insta::assert_snapshot!(summary(&seen), @r#"
    rolled back: ROLLBACK_COMPLETE, because of ["B"] (["A"] were cancelled); 13.0 s; DescribeStackEvents 7
    "#);
}

#[test]
fn update_that_is_rolled_back() {
    let seen = check(
        "0.2 STACK UPDATE_IN_PROGRESS User Initiated
         3.7 A UPDATE_IN_PROGRESS
         5.0 A UPDATE_FAILED Resource handler returned message: no
         5.9 STACK UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [A].
         9.4 A UPDATE_IN_PROGRESS
         11.0 A UPDATE_COMPLETE
         11.9 STACK UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
         12.8 STACK UPDATE_ROLLBACK_COMPLETE",
        Knobs::default(),
    );
    insta::assert_snapshot!(summary(&seen), @r#"
    rolled back: UPDATE_ROLLBACK_COMPLETE, because of ["A"]; 13.7 s; DescribeStackEvents 7
    "#);
}

#[test]
fn rollback_that_fails() {
    let seen = check(
        "0.2 STACK UPDATE_IN_PROGRESS User Initiated
         3.7 A UPDATE_IN_PROGRESS
         5.0 A UPDATE_FAILED no
         5.9 STACK UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [A].
         9.4 A UPDATE_IN_PROGRESS
         11.0 A UPDATE_FAILED never
         11.9 STACK UPDATE_ROLLBACK_FAILED The following resource(s) failed to update: [A].",
        Knobs::default(),
    );
    insta::assert_snapshot!(summary(&seen), @r#"
    failed: UPDATE_ROLLBACK_FAILED, because of ["A", "A"]; 12.7 s; DescribeStackEvents 6
    "#);
}

#[test]
fn failure_that_stays_where_it_stopped() {
    let text = "0.2 STACK UPDATE_IN_PROGRESS User Initiated
         3.7 A UPDATE_IN_PROGRESS
         5.0 A UPDATE_FAILED no
         5.9 STACK UPDATE_FAILED The following resource(s) failed to update: [A].";
    let lines = story(text);
    let operation = Operation { rollback_disabled: true, ..operation(&lines) };
    let seen = follow_operation(lines, Knobs::default(), &operation, &Polling::default());
    assert_eq!(seen.told, told(text));
    insta::assert_snapshot!(summary(&seen), @r#"
    failed: UPDATE_FAILED, because of ["A"]; 7.7 s; DescribeStackEvents 4
    "#);
}

#[test]
fn failed_creation_that_is_deleted() {
    let seen = check(
        "0.2 STACK CREATE_IN_PROGRESS User Initiated
         3.7 A? CREATE_IN_PROGRESS
         5.0 A CREATE_FAILED no
         5.9 STACK DELETE_IN_PROGRESS The following resource(s) failed to create: [A]. . Delete requested by user.
         9.4 A DELETE_COMPLETE
         10.3 STACK DELETE_COMPLETE",
        new_stack(),
    );
    insta::assert_snapshot!(summary(&seen), @r#"
    deleted, because of ["A"]; 10.8 s; DescribeStackEvents 6
    "#);
}

#[test]
fn cancelled_siblings() {
    let seen = check(
        "0.2 STACK UPDATE_IN_PROGRESS User Initiated
         3.7 A UPDATE_IN_PROGRESS
         3.8 B UPDATE_IN_PROGRESS
         3.9 C UPDATE_IN_PROGRESS
         5.0 B UPDATE_FAILED no
         5.1 A UPDATE_FAILED Resource update cancelled
         5.2 C UPDATE_FAILED Resource update cancelled
         5.9 STACK UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [A, B, C].
         9.9 STACK UPDATE_ROLLBACK_COMPLETE",
        Knobs::default(),
    );
    insta::assert_snapshot!(summary(&seen), @r#"
    rolled back: UPDATE_ROLLBACK_COMPLETE, because of ["B"] (["A", "C"] were cancelled); 10.0 s; DescribeStackEvents 5
    "#);
}

#[test]
fn orphan_of_a_clean_up() {
    let seen = check(
        "0.2 STACK UPDATE_IN_PROGRESS User Initiated
         3.7 A UPDATE_IN_PROGRESS
         5.0 A UPDATE_COMPLETE
         5.9 STACK UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
         6.4 Old DELETE_IN_PROGRESS
         8.0 Old DELETE_FAILED still in use
         9.0 Old DELETE_IN_PROGRESS
         11.0 Old DELETE_FAILED still in use
         11.9 STACK UPDATE_COMPLETE Update successful. One or more resources could not be deleted.",
        Knobs::default(),
    );
    insta::assert_snapshot!(summary(&seen), @"
    deployed: UPDATE_COMPLETE; 12.7 s; DescribeStackEvents 7, DescribeStacks 1
    ");
    let Ok(Outcome::Deployed { orphans, .. }) = seen.outcome else { panic!() };
    assert_eq!(orphans.len(), 1);
    assert_eq!(orphans[0].physical_id.as_deref(), Some("Old-1"));
}

#[test]
fn replacement_that_keeps_the_old_one() {
    let seen = check(
        "0.2 STACK UPDATE_IN_PROGRESS User Initiated
         3.7 A#1 UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.
         4.4 A#2 UPDATE_IN_PROGRESS Resource creation Initiated
         9.0 A#2 UPDATE_COMPLETE
         9.9 STACK UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
         10.4 A#1 DELETE_SKIPPED
         11.3 STACK UPDATE_COMPLETE",
        Knobs::default(),
    );
    insta::assert_snapshot!(summary(&seen), @"
    deployed: UPDATE_COMPLETE; 11.6 s; DescribeStackEvents 6, DescribeStacks 1
    ");
    let Ok(Outcome::Deployed { retained, .. }) = seen.outcome else { panic!() };
    assert_eq!(retained[0].physical_id.as_deref(), Some("A-1"));
}

#[test]
fn import() {
    let seen = check(
        "0.2 STACK IMPORT_IN_PROGRESS User Initiated
         3.7 A IMPORT_IN_PROGRESS
         5.0 A IMPORT_COMPLETE
         5.9 STACK IMPORT_COMPLETE",
        Knobs { execution: Some("EXECUTE_COMPLETE"), ..Knobs::default() },
    );
    insta::assert_snapshot!(summary(&seen), @"
    deployed: IMPORT_COMPLETE; 6.5 s; DescribeStackEvents 4, DescribeStacks 1
    ");
}

#[test]
fn resource_that_says_it_is_done_before_it_is() {
    let seen = check(
        "0.2 STACK CREATE_IN_PROGRESS User Initiated
         3.7 A? CREATE_IN_PROGRESS
         4.4 A CREATE_IN_PROGRESS Resource creation Initiated
         5.0 A CREATE_IN_PROGRESS Eventual consistency check initiated
         8.0 A CREATE_COMPLETE
         8.9 STACK CREATE_COMPLETE",
        new_stack(),
    );
    insta::assert_snapshot!(summary(&seen), @"
    deployed: CREATE_COMPLETE; 9.7 s; DescribeStackEvents 6, DescribeStacks 1
    ");
}

#[test]
fn update_without_any_resource() {
    // Outputs or tags alone.
    let seen = check(
        "0.2 STACK UPDATE_IN_PROGRESS User Initiated
         4.0 STACK UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
         4.9 STACK UPDATE_COMPLETE",
        Knobs::default(),
    );
    insta::assert_snapshot!(summary(&seen), @"
    deployed: UPDATE_COMPLETE; 5.7 s; DescribeStackEvents 4, DescribeStacks 1
    ");
}

const NESTED: &str = "
    0.2 STACK CREATE_IN_PROGRESS User Initiated
    3.7 N? CREATE_IN_PROGRESS
    4.4 N CREATE_IN_PROGRESS Resource creation Initiated
    4.5 N/STACK CREATE_IN_PROGRESS
    7.7 N/A? CREATE_IN_PROGRESS
    8.4 N/A CREATE_IN_PROGRESS Resource creation Initiated
    8.5 N/M? CREATE_IN_PROGRESS
    9.2 N/M CREATE_IN_PROGRESS Resource creation Initiated
    9.3 N/M/STACK CREATE_IN_PROGRESS
    12.0 N/M/B? CREATE_IN_PROGRESS
    12.7 N/M/B CREATE_IN_PROGRESS Resource creation Initiated
    15.0 N/A CREATE_COMPLETE
    21.0 N/M/B CREATE_COMPLETE
    21.9 N/M/STACK CREATE_COMPLETE
    22.4 N/M CREATE_COMPLETE
    23.3 N/STACK CREATE_COMPLETE
    23.8 N CREATE_COMPLETE
    24.7 STACK CREATE_COMPLETE";

/// What was told of one stack.
fn of<'a>(told: &'a [String], path: &str) -> Vec<&'a str> {
    let depth = path.matches('/').count() + usize::from(!path.is_empty());
    let mine = |line: &&String| line.matches('/').count() == depth && line.starts_with(path);
    told.iter().filter(mine).map(String::as_str).collect()
}

/// Checks that each stack's entries are told once and in order, whatever lies between them.
#[track_caller]
fn check_nested(text: &str, knobs: Knobs, paths: &[&str]) -> Seen {
    let seen = follow(text, knobs);
    let all = told(text);
    for path in paths {
        assert_eq!(of(&seen.told, path), of(&all, path), "{path}");
    }
    assert_eq!(seen.told.len(), all.len());
    // A nested stack is told of before its end is told by its parent.
    assert_eq!(seen.told.last(), all.last());
    seen
}

#[test]
fn nested_stacks_two_deep() {
    let seen = check_nested(NESTED, new_stack(), &["", "N", "N/M"]);
    insta::assert_snapshot!(summary(&seen), @"
    deployed: CREATE_COMPLETE; 25.2 s; DescribeStackEvents 20, DescribeStacks 1
    ");
}

#[test]
fn nested_stacks_whose_events_are_late() {
    let knobs = Knobs { event_lags: vec![0.0, 3.0, 1.0, 6.0], ..new_stack() };
    check_nested(NESTED, knobs, &["", "N", "N/M"]);
}

#[test]
fn nested_failure_is_the_cause() {
    let seen = check_nested(
        "0.2 STACK UPDATE_IN_PROGRESS User Initiated
         3.7 N UPDATE_IN_PROGRESS
         3.8 N/STACK UPDATE_IN_PROGRESS
         7.0 N/A UPDATE_IN_PROGRESS
         9.0 N/A UPDATE_FAILED the real reason
         9.9 N/STACK UPDATE_FAILED The following resource(s) failed to update: [A].
         10.4 N UPDATE_FAILED Embedded stack arn:x was not successfully updated.
         11.3 STACK UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [N].
         14.8 N UPDATE_IN_PROGRESS
         14.9 N/STACK UPDATE_ROLLBACK_IN_PROGRESS
         18.0 N/A UPDATE_IN_PROGRESS
         20.0 N/A UPDATE_COMPLETE
         20.9 N/STACK UPDATE_ROLLBACK_COMPLETE
         21.4 N UPDATE_COMPLETE
         22.3 STACK UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
         23.2 STACK UPDATE_ROLLBACK_COMPLETE",
        Knobs::default(),
        &["", "N"],
    );
    insta::assert_snapshot!(summary(&seen), @r#"
    rolled back: UPDATE_ROLLBACK_COMPLETE, because of ["A", "N"]; 23.6 s; DescribeStackEvents 14
    "#);
    let Ok(Outcome::RolledBack { failure, .. }) = seen.outcome else { panic!() };
    assert_eq!(failure.causes[0].reason.as_deref(), Some("the real reason"));
    assert_eq!(failure.cancelled_by, None);
    assert_eq!(failure.reason.as_deref(), Some("The following resource(s) failed to update: [N]."));
}

#[test]
fn nested_stack_that_is_deleted_with_a_failed_creation() {
    let seen = check_nested(
        "0.2 STACK CREATE_IN_PROGRESS User Initiated
         3.7 N? CREATE_IN_PROGRESS
         4.4 N CREATE_IN_PROGRESS Resource creation Initiated
         4.5 N/STACK CREATE_IN_PROGRESS
         7.7 N/A? CREATE_IN_PROGRESS
         9.0 N/A CREATE_FAILED the real reason
         9.9 N/STACK CREATE_FAILED The following resource(s) failed to create: [A].
         10.4 N CREATE_FAILED Embedded stack arn:x was not successfully created.
         11.3 STACK ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [N]. Rollback requested by user.
         14.8 N DELETE_IN_PROGRESS
         14.9 N/STACK DELETE_IN_PROGRESS
         18.0 N/A DELETE_COMPLETE
         18.9 N/STACK DELETE_COMPLETE
         19.4 N DELETE_COMPLETE
         20.3 STACK ROLLBACK_COMPLETE",
        new_stack(),
        &["", "N"],
    );
    insta::assert_snapshot!(summary(&seen), @r#"
    rolled back: ROLLBACK_COMPLETE, because of ["A", "N"]; 21.8 s; DescribeStackEvents 15
    "#);
}

#[test]
fn nested_stack_without_a_change_is_not_waited_for() {
    // What it did a year ago is not ours.
    let text = "
        -90.0 N/STACK@- CREATE_IN_PROGRESS
        -80.0 N/STACK@- CREATE_COMPLETE
        0.2 STACK UPDATE_IN_PROGRESS User Initiated
        3.7 N UPDATE_IN_PROGRESS
        4.0 N UPDATE_COMPLETE
        4.9 STACK UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
        5.8 STACK UPDATE_COMPLETE";
    let seen = follow(text, Knobs::default());
    assert_eq!(seen.told, told(text)[2..]);
    insta::assert_snapshot!(summary(&seen), @"
    deployed: UPDATE_COMPLETE; 6.9 s; DescribeStackEvents 5, DescribeStacks 1
    ");
}

#[test]
fn nested_stack_that_may_not_be_read_decides_nothing() {
    for trouble in [DENIED, THROTTLED, Trouble::Lost] {
        let knobs = Knobs { nested_trouble: Some(trouble), ..new_stack() };
        let seen = follow(NESTED, knobs);
        assert_eq!(of(&seen.told, ""), of(&told(NESTED), ""), "{trouble:?}");
        assert_eq!(seen.ending(), "deployed: CREATE_COMPLETE");
    }
}

#[test]
fn many_nested_stacks_stay_within_the_budget() {
    let mut text = String::from("0.2 STACK CREATE_IN_PROGRESS User Initiated\n");
    for number in 0..20 {
        writeln!(text, "3.7 N{number} CREATE_IN_PROGRESS\n4.0 N{number}/STACK CREATE_IN_PROGRESS").unwrap();
    }
    for number in 0..20 {
        writeln!(text, "60.0 N{number}/STACK CREATE_COMPLETE\n60.5 N{number} CREATE_COMPLETE").unwrap();
    }
    text.push_str("61.4 STACK CREATE_COMPLETE");
    let seen = follow(&text, new_stack());
    assert_eq!(seen.told.len(), told(&text).len());
    assert_eq!(seen.ending(), "deployed: CREATE_COMPLETE");
    // Two a second and four at once, and twenty last reads.
    assert!(seen.reads <= 2 * 62 + 4 + 21, "{}", seen.reads);
}

#[test]
fn throttle_storm_at_the_end() {
    // The read that would show the end, and the confirmation (aws-cdk-cli#1777).
    let knobs = Knobs { windows: vec![(8.5..40.0, "*", THROTTLED)], ..new_stack() };
    insta::assert_snapshot!(summary(&check(CREATE, knobs)), @"
    deployed: CREATE_COMPLETE; 47.3 s; DescribeStackEvents 10, DescribeStacks 1
    DescribeStackEvents was throttled
    DescribeStackEvents was throttled
    DescribeStackEvents was throttled
    DescribeStackEvents was throttled
    DescribeStackEvents was throttled
    ");
}

#[test]
fn confirmation_that_is_throttled_for_ever() {
    let knobs = Knobs { windows: vec![(0.0..9e9, "DescribeStacks", THROTTLED)], ..new_stack() };
    let seen = check(CREATE, knobs);
    // Five minutes of trying, each attempt reported.
    assert_eq!(seen.ending(), "deployed: CREATE_COMPLETE");
    assert!((309.0..325.0).contains(&seen.end), "{}", seen.end);
    assert!(seen.troubles.iter().all(|trouble| trouble == "DescribeStacks was throttled"));
    assert_eq!(format!("DescribeStackEvents 6, DescribeStacks {}", seen.troubles.len() + 1), seen.calls);
    assert!(matches!(seen.outcome, Ok(Outcome::Deployed { outputs: None, .. })));
}

#[test]
fn network_that_is_away_for_a_while() {
    for trouble in [Trouble::Lost, Trouble::Page, Trouble::Refused(500, "InternalFailure", "oops")] {
        let knobs = Knobs { windows: vec![(3.0..300.0, "*", trouble)], ..new_stack() };
        let seen = check(CREATE, knobs);
        assert_eq!(seen.ending(), "deployed: CREATE_COMPLETE");
        assert!(seen.end < 312.0, "{}", seen.end);
    }
}

#[test]
fn stale_status_after_the_execution() {
    // As long as the events tell, the status is not asked (aws-cdk-cli#1802).
    let knobs = Knobs { status_lag: 15.0, ..new_stack() };
    let seen = check(CREATE, knobs);
    insta::assert_snapshot!(summary(&seen), @"
    deployed: CREATE_COMPLETE; 25.1 s; DescribeStackEvents 6, DescribeStacks 5
    ");
    let Ok(Outcome::Deployed { outputs: Some(outputs), .. }) = seen.outcome else { panic!() };
    assert_eq!(outputs[0].value, "CREATE_COMPLETE");
}

#[test]
fn stale_status_when_the_events_are_late() {
    // The stack is asked, shows its state from before, and is not believed.
    for before in ["UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"] {
        let knobs = Knobs { status_lag: 200.0, event_lags: vec![150.0], before, ..Knobs::default() };
        let seen = follow(&format!("-9.0 STACK@x {before}{UPDATE}"), knobs);
        assert_eq!(seen.told, told(UPDATE));
        assert_eq!(seen.ending(), "deployed: UPDATE_COMPLETE", "{before}");
    }
}

#[test]
fn events_that_never_come() {
    // The status and the change set decide, and nothing else is there to be told.
    let knobs = Knobs { event_lags: vec![9e9], ..Knobs::default() };
    let seen = follow(UPDATE, knobs);
    assert_eq!(seen.told, Vec::<String>::new());
    insta::assert_snapshot!(summary(&seen), @"
    deployed: UPDATE_COMPLETE; 31.1 s; DescribeChangeSet 1, DescribeStackEvents 21, DescribeStacks 2
    ");
}

#[test]
fn events_without_a_token() {
    let text = UPDATE.replace("STACK", "STACK@-");
    let seen = follow(&text, Knobs::default());
    insta::assert_snapshot!(summary(&seen), @"
    deployed: UPDATE_COMPLETE; 17.6 s; DescribeChangeSet 1, DescribeStackEvents 15, DescribeStacks 8
    ");
}

#[test]
fn change_set_that_was_never_executed() {
    let knobs = Knobs { execution: Some("AVAILABLE"), ..Knobs::default() };
    let seen = follow("900.0 STACK@other UPDATE_IN_PROGRESS", knobs);
    insta::assert_snapshot!(summary(&seen), @"
    no outcome: the operation on stack shop never started; the stack is in UPDATE_COMPLETE; 62.4 s; DescribeChangeSet 2, DescribeStackEvents 35, DescribeStacks 2
    ");
}

#[test]
fn equal_times() {
    // All within one minute, and so all at its beginning (GHA#195).
    let knobs = Knobs { equal_times: true, ..new_stack() };
    insta::assert_snapshot!(summary(&check(CREATE, knobs)), @"
    deployed: CREATE_COMPLETE; 9.7 s; DescribeStackEvents 6, DescribeStacks 1
    ");
    check(UPDATE, Knobs { equal_times: true, ..Knobs::default() });
}

#[test]
fn small_pages_that_overlap() {
    for page_size in [1, 2, 3] {
        for overlap in [false, true] {
            check(UPDATE, Knobs { page_size, overlap, ..Knobs::default() });
        }
    }
}

#[test]
fn replicas_that_disagree() {
    let knobs = Knobs { event_lags: vec![0.0, 5.0, 2.0, 9.0], ..Knobs::default() };
    insta::assert_snapshot!(summary(&check(UPDATE, knobs)), @"
    deployed: UPDATE_COMPLETE; 18.6 s; DescribeStackEvents 9, DescribeStacks 1
    ");
}

/// A long history of others before ours.
fn with_history(entries: usize) -> String {
    let mut text = String::new();
    for number in 0..entries / 4 {
        let at = -100_000.0 + number as f64;
        writeln!(
            text,
            "{at:.1} STACK@old{number} UPDATE_IN_PROGRESS\n{at:.1} A@old{number} UPDATE_IN_PROGRESS\n\
             {at:.1} A@old{number} UPDATE_COMPLETE\n{at:.1} STACK@old{number} UPDATE_COMPLETE"
        )
        .unwrap();
    }
    text + UPDATE
}

#[test]
fn long_history() {
    let lines = story(&with_history(10_000));
    let knobs = Knobs::default();
    // What was there before is known from one page.
    let operation = Operation { before: head(&lines, 0.0), ..operation(&lines) };
    assert_eq!(operation.before.len(), 100);
    let seen = follow_operation(lines, knobs, &operation, &Polling::default());
    assert_eq!(seen.told, told(UPDATE));
    insta::assert_snapshot!(summary(&seen), @"
    deployed: UPDATE_COMPLETE; 17.0 s; DescribeStackEvents 7, DescribeStacks 1
    ");
}

#[test]
fn two_pipelines() {
    // Somebody else's update before ours and another after it, on the same resources, in the same second.
    let text = format!(
        "-9.0 STACK@theirs UPDATE_IN_PROGRESS
         -8.0 A@theirs UPDATE_FAILED no
         0.1 STACK@theirs UPDATE_ROLLBACK_COMPLETE
         {UPDATE}
         15.9 STACK@later UPDATE_IN_PROGRESS
         15.9 A@later UPDATE_FAILED no
         15.9 STACK@later UPDATE_ROLLBACK_COMPLETE"
    );
    let seen = follow(&text, Knobs { execution: Some("EXECUTE_COMPLETE"), ..Knobs::default() });
    assert_eq!(seen.told, told(UPDATE));
    insta::assert_snapshot!(summary(&seen), @"
    deployed: UPDATE_COMPLETE; 42.5 s; DescribeStackEvents 7, DescribeStacks 6
    ");
}

#[test]
fn success_of_somebody_else_is_not_ours() {
    let text = UPDATE.replace("STACK", "STACK@theirs");
    let seen = follow(&text, Knobs { execution: Some("OBSOLETE"), ..Knobs::default() });
    assert_eq!(seen.told, Vec::<String>::new());
    insta::assert_snapshot!(summary(&seen), @"
    no outcome: the operation on stack shop never started; the stack is in UPDATE_COMPLETE; 62.4 s; DescribeChangeSet 2, DescribeStackEvents 35, DescribeStacks 2
    ");
}

#[test]
fn cancelled_by_somebody_else() {
    let seen = check(
        "0.2 STACK UPDATE_IN_PROGRESS User Initiated
         3.7 A UPDATE_IN_PROGRESS
         9.0 STACK@Console-CancelUpdateStack-1 UPDATE_ROLLBACK_IN_PROGRESS User Initiated
         9.5 A@Console-CancelUpdateStack-1 UPDATE_FAILED Resource update cancelled
         12.0 A@Console-CancelUpdateStack-1 UPDATE_COMPLETE
         13.0 STACK@Console-CancelUpdateStack-1 UPDATE_ROLLBACK_COMPLETE",
        Knobs::default(),
    );
    insta::assert_snapshot!(summary(&seen), @r#"
    rolled back: UPDATE_ROLLBACK_COMPLETE, because of [] (["A"] were cancelled); 15.0 s; DescribeStackEvents 7
    "#);
    let Ok(Outcome::RolledBack { failure, .. }) = seen.outcome else { panic!() };
    assert_eq!(failure.cancelled_by.as_deref(), Some("Console-CancelUpdateStack-1"));
}

#[test]
fn credentials_that_are_renewed_in_time() {
    let knobs = Knobs { windows: vec![(5.0..200.0, "*", EXPIRED)], ..Knobs::default() };
    insta::assert_snapshot!(summary(&check(UPDATE, knobs)), @"
    deployed: UPDATE_COMPLETE; 204.8 s; DescribeStackEvents 25, DescribeStacks 1
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    the credentials have expired: The security token included in the request is expired
    ");
}

#[test]
fn keys_that_end_are_asked_for_anew() {
    let knobs = Knobs { expires: Some(5.0), ..Knobs::default() };
    insta::assert_snapshot!(summary(&check(UPDATE, knobs)), @"
    deployed: UPDATE_COMPLETE; 16.7 s; DescribeStackEvents 7, DescribeStacks 1
    the credentials have expired: The security token included in the request is expired
    ");
}

#[test]
fn credentials_that_expire_for_good() {
    let knobs = Knobs { windows: vec![(5.0..9e9, "*", EXPIRED)], ..Knobs::default() };
    let seen = follow(UPDATE, knobs);
    assert_eq!(seen.ending(), "no outcome: cannot follow stack shop; the result of its operation is unknown");
    // Five minutes of grace from the last good read on.
    assert!((300.0..320.0).contains(&seen.end), "{}", seen.end);
}

#[test]
fn permission_that_is_taken_away() {
    let knobs = Knobs { windows: vec![(5.0..9e9, "DescribeStackEvents", DENIED)], ..Knobs::default() };
    let seen = follow(UPDATE, knobs);
    assert_eq!(seen.ending(), "no outcome: cannot follow stack shop; the result of its operation is unknown");
}

#[test]
fn attached_to_an_operation_that_has_ended() {
    let lines = story(&with_history(400).replace("0.2 STACK UPDATE", "0.2 STACK@x UPDATE"));
    let operation = Operation { kind: OperationKind::Latest, ..operation(&lines) };
    let lines: Vec<Line> = lines.into_iter().map(|line| Line { at: line.at - 50.0, ..line }).collect();
    let seen = follow_operation(lines, Knobs::default(), &operation, &Polling::default());
    assert_eq!(seen.told, told(UPDATE));
    insta::assert_snapshot!(summary(&seen), @"
    deployed: UPDATE_COMPLETE; 0.2 s; DescribeStackEvents 1, DescribeStacks 1
    ");
}

#[test]
fn deletion() {
    let text = "0.2 STACK DELETE_IN_PROGRESS User Initiated
         3.7 A DELETE_IN_PROGRESS
         3.8 Kept DELETE_SKIPPED
         6.0 A DELETE_COMPLETE
         6.9 STACK DELETE_COMPLETE";
    let lines = story(text);
    let operation =
        Operation { kind: OperationKind::Delete { token: TOKEN.to_owned() }, ..operation(&lines) };
    assert_eq!(operation.stack_id, arn(""));
    let seen = follow_operation(lines, Knobs::default(), &operation, &Polling::default());
    assert_eq!(seen.told, told(text));
    insta::assert_snapshot!(summary(&seen), @"
    deleted; 7.8 s; DescribeStackEvents 5
    ");
}

#[test]
fn time_that_is_up() {
    let lines = story(UPDATE);
    let operation = operation(&lines);
    let polling = |seconds| Polling { timeout: Some(Duration::from_secs(seconds)), ..Polling::default() };
    let seen = follow_operation(lines.clone(), Knobs::default(), &operation, &polling(10));
    insta::assert_snapshot!(summary(&seen), @"
    no outcome: the operation on stack shop is still running after 10 s; the stack is in UPDATE_IN_PROGRESS; 10.0 s; DescribeStackEvents 4
    ");
    // Whether calls are answered makes no difference.
    let knobs = Knobs { windows: vec![(1.5..9e9, "*", THROTTLED)], ..Knobs::default() };
    let seen = follow_operation(lines.clone(), knobs, &operation, &polling(30));
    assert!((30.0..30.5).contains(&seen.end), "{}", seen.end);
    assert!(seen.ending().contains("still running after 30"), "{}", seen.ending());
    // What ends in time has ended.
    let seen = follow_operation(lines, Knobs::default(), &operation, &polling(17));
    assert_eq!(seen.ending(), "deployed: UPDATE_COMPLETE");
}

#[test]
fn rollback_that_was_asked_for() {
    let text = "-9.0 STACK@x UPDATE_FAILED no
         0.2 STACK UPDATE_ROLLBACK_IN_PROGRESS User Initiated
         3.7 A UPDATE_IN_PROGRESS
         6.0 A UPDATE_COMPLETE
         6.9 STACK UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
         7.8 STACK UPDATE_ROLLBACK_COMPLETE";
    let lines = story(text);
    let operation = Operation {
        kind: OperationKind::Rollback { token: TOKEN.to_owned() },
        before: head(&lines, 0.0),
        ..operation(&lines)
    };
    let seen = follow_operation(lines.clone(), Knobs::default(), &operation, &Polling::default());
    assert_eq!(seen.told, told(text)[1..]);
    insta::assert_snapshot!(summary(&seen), @"
    rolled back: UPDATE_ROLLBACK_COMPLETE, because of []; 8.4 s; DescribeStackEvents 5
    ");
    // By the status alone, when the events never come.
    let knobs = Knobs { event_lags: vec![9e9], before: "UPDATE_FAILED", ..Knobs::default() };
    let seen = follow_operation(lines, knobs, &operation, &Polling::default());
    insta::assert_snapshot!(summary(&seen), @"
    rolled back: UPDATE_ROLLBACK_COMPLETE, because of []; 30.9 s; DescribeStackEvents 21, DescribeStacks 1
    ");
}

#[test]
fn pages_of_events_that_never_end() {
    let seen = follow(UPDATE, Knobs { endless: true, event_lags: vec![9e9], ..Knobs::default() });
    insta::assert_snapshot!(summary(&seen), @"no outcome: cannot follow stack shop; the result of its operation is unknown; 0.2 s; DescribeStackEvents 2");
}

#[test]
fn timeout_that_comes_while_the_outputs_are_read() {
    let lines = story(CREATE);
    let operation = Operation { before: head(&lines, 0.0), ..operation(&lines) };
    let knobs = Knobs { windows: vec![(0.0..9e9, "DescribeStacks", THROTTLED)], ..new_stack() };
    let polling = Polling { timeout: Some(Duration::from_secs(20)), ..Polling::default() };
    let seen = follow_operation(lines, knobs, &operation, &polling);
    assert_eq!(seen.ending(), "deployed: CREATE_COMPLETE");
    assert!(seen.end <= 20.5, "{}", seen.end);
}

#[test]
fn end_of_an_operation_on_an_endpoint_without_tokens() {
    // However long it takes, the report is at most 4 s behind the end.
    for seconds in [1.0, 5.0, 12.5, 60.0, 170.0] {
        let text = format!("0.5 STACK@- UPDATE_IN_PROGRESS\n{seconds:.1} STACK@- UPDATE_COMPLETE");
        let seen = follow(&text, Knobs::default());
        assert_eq!(seen.ending(), "deployed: UPDATE_COMPLETE");
        assert!(seen.end - seconds <= 4.0, "{seconds}: {}", seen.end);
    }
}
