//! The same events in every output format.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use insta::assert_snapshot;
use tablewright_cloudformation::{Event, EventKind, ResourceEvent, ResourceStatus, StackStatus};
use tablewright_dynamodb::{IndexProgress, Progress};

use crate::report::view::View;
use crate::report::{lines, ndjson, tree};
use tablewright_deploy::{Ending, RolloutEvent, Work};

fn cloud(seconds: u64, kind: EventKind) -> RolloutEvent {
    let at = UNIX_EPOCH + Duration::from_secs(1_767_225_600 + seconds);
    RolloutEvent::Cloud {
        stack: "notes".into(),
        event: Event { at, stack_name: "demo-notes-dev".into(), kind },
    }
}

fn resource(seconds: u64, id: &str, status: &str, reason: Option<&str>) -> RolloutEvent {
    cloud(
        seconds,
        EventKind::Resource(ResourceEvent {
            stack_id: "arn".into(),
            logical_id: id.into(),
            physical_id: None,
            resource_type: "AWS::DynamoDB::Table".into(),
            status: ResourceStatus::parse(status),
            reason: reason.map(str::to_owned),
        }),
    )
}

fn stack(seconds: u64, status: &str, reason: Option<&str>) -> RolloutEvent {
    cloud(seconds, EventKind::Stack { status: StackStatus::parse(status), reason: reason.map(str::to_owned) })
}

fn table(status: &str, index: &str, backfilling: bool) -> RolloutEvent {
    let index = IndexProgress { name: "by-author".into(), status: index.into(), backfilling };
    let progress = Progress {
        table: "demo-dev-notes".into(),
        status: status.into(),
        indexes: vec![index],
        ..Progress::default()
    };
    RolloutEvent::Table { stack: "notes".into(), progress }
}

fn began() -> RolloutEvent {
    RolloutEvent::Began { stack: "notes".into(), work: Work::Deploy }
}

/// Events of a failed deployment of two tables: one is rejected, and the other cancelled.
fn failing() -> Vec<RolloutEvent> {
    vec![
        began(),
        cloud(0, EventKind::ExecutionStarted { token: "t".into() }),
        stack(1, "CREATE_IN_PROGRESS", Some("User Initiated")),
        resource(5, "Note", "CREATE_IN_PROGRESS", None),
        resource(5, "User", "CREATE_IN_PROGRESS", None),
        cloud(6, EventKind::Throttled { action: "DescribeStackEvents", retry_in: Duration::from_secs(4) }),
        resource(
            16,
            "User",
            "CREATE_FAILED",
            Some("Resource handler returned message: \"no\u{1b}[2J\" (HandlerErrorCode: X)"),
        ),
        resource(16, "Note", "CREATE_FAILED", Some("Resource creation cancelled")),
        stack(17, "ROLLBACK_IN_PROGRESS", None),
        resource(20, "Note", "DELETE_COMPLETE", None),
        stack(85, "ROLLBACK_COMPLETE", None),
    ]
}

/// Events of the second step of two: an index is still being created after the stack operation is complete.
fn building() -> Vec<RolloutEvent> {
    vec![
        began(),
        RolloutEvent::Step {
            stack: "notes".into(),
            number: 2,
            of: 2,
            summary: "create index by-author on Note".into(),
        },
        stack(1, "UPDATE_IN_PROGRESS", Some("User Initiated")),
        resource(5, "Note", "UPDATE_IN_PROGRESS", None),
        resource(40, "Note", "UPDATE_COMPLETE", None),
        stack(41, "UPDATE_COMPLETE", None),
        table("ACTIVE", "CREATING", true),
    ]
}

fn drawn(events: &[RolloutEvent], width: usize, height: usize) -> String {
    let mut view = View::default();
    events.iter().for_each(|fact| view.take(fact));
    let mut out = String::new();
    for line in tree::lines(&view, width, height) {
        writeln!(out, "{}", anstream::adapter::strip_str(&tree::styled(&line))).unwrap();
    }
    out
}

fn lines_of(events: &[RolloutEvent]) -> String {
    events.iter().filter_map(lines::line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_failing_deployment_as_a_tree() {
    assert_snapshot!(drawn(&failing()[..6], 80, 24), @"
    • notes  CREATE_IN_PROGRESS  4s  throttled by AWS; waiting
      • Note  CREATE_IN_PROGRESS  DynamoDB::Table  0s
      • User  CREATE_IN_PROGRESS  DynamoDB::Table  0s
    ");
    assert_snapshot!(drawn(&failing(), 80, 24), @r#"
    • notes  ROLLBACK_COMPLETE  1m24s
      ✓ Note  DELETE_COMPLETE  DynamoDB::Table  15s
      ✗ User  CREATE_FAILED  DynamoDB::Table  11s
          Resource handler returned message: "no [2J" (HandlerErrorCode: X)
    "#);
}

#[test]
fn a_resource_that_failed_is_shown_with_its_reason_to_the_end() {
    let mut facts = failing();
    facts.push(resource(90, "User", "DELETE_IN_PROGRESS", None));
    facts.push(resource(91, "User", "DELETE_COMPLETE", None));
    assert_snapshot!(drawn(&facts, 80, 24), @r#"
    • notes  ROLLBACK_COMPLETE  1m30s
      ✓ Note  DELETE_COMPLETE  DynamoDB::Table  15s
      ✗ User  CREATE_FAILED, then DELETE_COMPLETE  DynamoDB::Table  1m26s
          Resource handler returned message: "no [2J" (HandlerErrorCode: X)
    "#);
}

#[test]
fn a_tree_fits_into_its_window() {
    for (width, height) in [(80, 3), (30, 24), (10, 2), (1, 1), (0, 0)] {
        let drawn = drawn(&failing(), width, height);
        assert!(drawn.lines().count() <= height.max(1), "{height}:\n{drawn}");
        // The mark and the space after it are always there, even in a narrower window.
        assert!(
            drawn.lines().all(|line| line.trim_end().chars().count() <= width.max(7)),
            "{width}:\n{drawn}"
        );
    }
    assert_snapshot!(drawn(&failing(), 40, 4), @"
    • notes  ROLLBACK_COMPLETE  1m24s
      ✓ Note  DELETE_COMPLETE  DynamoDB::Ta…
      ✗ User  CREATE_FAILED  DynamoDB::Tabl…
          Resource handler returned message…
    ");
}

#[test]
fn an_index_is_shown_while_it_is_created() {
    assert_snapshot!(drawn(&building(), 80, 24), @"
    • notes  UPDATE_COMPLETE  step 2 of 2  40s
      ✓ Note  UPDATE_COMPLETE  DynamoDB::Table  35s
      • demo-dev-notes  ACTIVE
        • by-author  CREATING  filling
    ");
    let mut events = building();
    events.push(table("ACTIVE", "ACTIVE", false));
    events.push(RolloutEvent::Ended {
        stack: "notes".into(),
        ending: Ending::Done { usable: true, outputs: None, orphans: Vec::new(), retained: Vec::new() },
    });
    assert_snapshot!(drawn(&events, 80, 24), @"
    ✓ notes  UPDATE_COMPLETE  step 2 of 2  40s
      ✓ Note  UPDATE_COMPLETE  DynamoDB::Table  35s
      ✓ demo-dev-notes  ACTIVE
        ✓ by-author  ACTIVE
    ");
}

#[test]
fn events_as_lines() {
    assert_snapshot!(lines_of(&failing()), @r#"
    notes: deploying
    00:00:01  notes  stack  CREATE_IN_PROGRESS  User Initiated
    00:00:05  notes  Note  CREATE_IN_PROGRESS
    00:00:05  notes  User  CREATE_IN_PROGRESS
    00:00:06  notes  DescribeStackEvents is throttled by AWS; next call in 4s
    00:00:16  notes  User  CREATE_FAILED  Resource handler returned message: "no [2J" (HandlerErrorCode: X)
    00:00:16  notes  Note  CREATE_FAILED  Resource creation cancelled
    00:00:17  notes  stack  ROLLBACK_IN_PROGRESS
    00:00:20  notes  Note  DELETE_COMPLETE
    00:01:25  notes  stack  ROLLBACK_COMPLETE
    "#);
    assert_snapshot!(lines_of(&building()), @"
    notes: deploying
    notes: step 2 of 2: create index by-author on Note
    00:00:01  notes  stack  UPDATE_IN_PROGRESS  User Initiated
    00:00:05  notes  Note  UPDATE_IN_PROGRESS
    00:00:40  notes  Note  UPDATE_COMPLETE
    00:00:41  notes  stack  UPDATE_COMPLETE
              notes  demo-dev-notes  ACTIVE, index by-author CREATING (filling)
    ");
}

#[test]
fn events_as_ndjson() {
    let objects: Vec<String> = failing()[..7].iter().map(|fact| ndjson::object(fact).to_string()).collect();
    assert_snapshot!(objects.join("\n"), @r#"
    {"stack":"notes","type":"began","v":1,"work":"deploy"}
    {"at":"2026-01-01T00:00:00Z","stack":"notes","token":"t","type":"execution_started","v":1}
    {"at":"2026-01-01T00:00:01Z","reason":"User Initiated","stack":"notes","status":"CREATE_IN_PROGRESS","type":"stack","v":1}
    {"at":"2026-01-01T00:00:05Z","logical_id":"Note","resource_type":"AWS::DynamoDB::Table","stack":"notes","status":"CREATE_IN_PROGRESS","type":"resource","v":1}
    {"at":"2026-01-01T00:00:05Z","logical_id":"User","resource_type":"AWS::DynamoDB::Table","stack":"notes","status":"CREATE_IN_PROGRESS","type":"resource","v":1}
    {"action":"DescribeStackEvents","at":"2026-01-01T00:00:06Z","retry_in_seconds":4.0,"stack":"notes","type":"throttled","v":1}
    {"at":"2026-01-01T00:00:16Z","logical_id":"User","reason":"Resource handler returned message: \"no\u001b[2J\" (HandlerErrorCode: X)","resource_type":"AWS::DynamoDB::Table","stack":"notes","status":"CREATE_FAILED","type":"resource","v":1}
    "#);
}
