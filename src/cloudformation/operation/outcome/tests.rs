//! Entries as lines of text, outcomes as snapshots.

use std::time::SystemTime;

use super::*;

const STACK: &str = "arn:stack";

/// Reads lines of `logical id, status, reason`; the stack itself is `STACK`, a nested one begins with `Nested`.
fn entries(lines: &[(&str, &str, &str)]) -> Vec<Entry> {
    lines
        .iter()
        .enumerate()
        .map(|(index, (logical_id, status, reason))| Entry {
            id: index.to_string(),
            at: SystemTime::UNIX_EPOCH,
            stack_id: STACK.to_owned(),
            logical_id: (*logical_id).to_owned(),
            physical_id: Some(if *logical_id == "STACK" {
                STACK.to_owned()
            } else {
                format!("{logical_id}-1")
            }),
            resource_type: match logical_id.starts_with("Nested") || *logical_id == "STACK" {
                true => STACK_TYPE.to_owned(),
                false => "AWS::SNS::Topic".to_owned(),
            },
            status: (*status).to_owned(),
            reason: (!reason.is_empty()).then(|| (*reason).to_owned()),
            token: None,
        })
        .collect()
}

fn tell(lines: &[(&str, &str, &str)]) -> Outcome {
    let entries = entries(lines);
    let last = entries.last().unwrap();
    let verdict = Verdict { status: last.stack_status().unwrap(), reason: last.reason.clone() };
    outcome(STACK, &verdict, &entries, false, None)
}

fn failure_of(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::RolledBack { failure, .. } | Outcome::Failed { failure, .. } => failure,
        Outcome::Deployed { .. } | Outcome::Deleted { .. } => panic!("no failure: {outcome:?}"),
    }
}

fn names(leftovers: &[Leftover]) -> Vec<&str> {
    leftovers.iter().map(|leftover| leftover.logical_id.as_str()).collect()
}

#[track_caller]
fn check_failure(lines: &[(&str, &str, &str)], reason: Option<&str>, causes: &[&str], cancelled: &[&str]) {
    let failure = failure_of(tell(lines));
    assert_eq!(failure.reason.as_deref(), reason);
    let found: Vec<&str> = failure.causes.iter().map(|cause| cause.logical_id.as_str()).collect();
    assert_eq!(found, causes);
    assert_eq!(failure.cancelled, cancelled);
}

#[test]
fn the_first_failure_that_was_not_cancelled_is_the_root_cause() {
    check_failure(
        &[
            ("STACK", "UPDATE_IN_PROGRESS", "User Initiated"),
            ("B", "UPDATE_FAILED", "Resource update cancelled"),
            ("A", "UPDATE_FAILED", "Access denied"),
            ("C", "CREATE_FAILED", "Resource creation cancelled"),
            ("D", "CREATE_FAILED", "Name in use"),
            ("STACK", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [A, B]."),
            ("STACK", "UPDATE_ROLLBACK_COMPLETE", ""),
        ],
        Some("The following resource(s) failed to update: [A, B]."),
        &["A", "D"],
        &["B", "C"],
    );
}

#[test]
fn a_nested_stack_is_not_the_root_cause_when_a_resource_is() {
    check_failure(
        &[
            ("NestedA", "CREATE_FAILED", "Embedded stack was not successfully created"),
            ("NestedB", "CREATE_FAILED", "Embedded stack was not successfully created"),
            ("A", "CREATE_FAILED", "Name in use"),
            ("STACK", "ROLLBACK_COMPLETE", ""),
        ],
        None,
        &["A", "NestedA", "NestedB"],
        &[],
    );
}

#[test]
fn a_failure_without_a_failed_resource_has_the_stacks_reason() {
    check_failure(
        &[
            ("STACK", "UPDATE_IN_PROGRESS", "User Initiated"),
            ("STACK", "UPDATE_ROLLBACK_IN_PROGRESS", "Rollback trigger went off"),
            ("STACK", "UPDATE_ROLLBACK_COMPLETE", ""),
        ],
        Some("Rollback trigger went off"),
        &[],
        &[],
    );
}

#[test]
fn what_could_not_be_deleted_after_success_is_an_orphan() {
    let outcome = tell(&[
        ("A", "UPDATE_COMPLETE", ""),
        ("STACK", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""),
        ("Old", "DELETE_FAILED", "first attempt"),
        ("Slow", "DELETE_FAILED", "first attempt"),
        ("Old", "DELETE_FAILED", "last attempt"),
        ("Slow", "DELETE_COMPLETE", ""),
        ("Kept", "DELETE_SKIPPED", ""),
        ("STACK", "UPDATE_COMPLETE", "Update successful. One or more resources could not be deleted."),
    ]);
    let Outcome::Deployed { orphans, retained, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(names(&orphans), ["Old"]);
    assert_eq!(orphans[0].reason.as_deref(), Some("last attempt"));
    assert_eq!(names(&retained), ["Kept"]);
}

#[test]
fn every_last_status_has_its_outcome() {
    #[track_caller]
    fn check(status: &str, expected: &str) {
        let told = tell(&[("STACK", status, "")]);
        let found = match told {
            Outcome::Deployed { .. } => "deployed",
            Outcome::RolledBack { .. } => "rolled back",
            Outcome::Failed { .. } => "failed",
            Outcome::Deleted { failure: Some(_), .. } => "deleted by failure",
            Outcome::Deleted { failure: None, .. } => "deleted",
        };
        assert_eq!(found, expected, "{status}");
    }
    check("CREATE_COMPLETE", "deployed");
    check("UPDATE_COMPLETE", "deployed");
    check("ROLLBACK_COMPLETE", "rolled back");
    check("UPDATE_ROLLBACK_COMPLETE", "rolled back");
    check("UPDATE_FAILED", "failed");
    check("UPDATE_ROLLBACK_FAILED", "failed");
    check("DELETE_FAILED", "failed");
    // A creation with "on failure: delete".
    check("DELETE_COMPLETE", "deleted by failure");
}
