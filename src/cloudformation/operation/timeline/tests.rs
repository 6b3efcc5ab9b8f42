//! Random histories × random reads: each entry once, in order, and the verdict that the history has.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;
use crate::operation::events::{Page, read_back};

const STACK: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/s/1";
const OURS: &str = "tw-ours";

/// One operation: the statuses of the stack, between them resources, and how it ends.
#[derive(Debug, Clone)]
struct Script {
    token: Option<String>,
    statuses: &'static [&'static str],
    /// Entries of resources after each status but the last.
    resources: usize,
}

/// With rollback on. The first of each is its start, the last its end.
const WAYS: [&[&str]; 9] = [
    &["CREATE_IN_PROGRESS", "CREATE_COMPLETE"],
    &["CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"],
    &["CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED"],
    &["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"],
    &[
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ],
    &["UPDATE_IN_PROGRESS", "UPDATE_FAILED", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"],
    &["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"],
    &["DELETE_IN_PROGRESS", "DELETE_COMPLETE"],
    &["IMPORT_IN_PROGRESS", "IMPORT_COMPLETE"],
];

/// Writes histories. Ids are what they are at AWS, unique; times are not.
struct Writer {
    entries: Vec<Entry>,
    ticks: u64,
}

impl Writer {
    fn write(&mut self, script: &Script) {
        for (place, status) in script.statuses.iter().enumerate() {
            self.push("s", Some(STACK), "AWS::CloudFormation::Stack", status, script.token.as_deref());
            let last = place + 1 == script.statuses.len();
            for resource in 0..if last { 0 } else { script.resources } {
                // A nested stack, and a resource with the stack's name, look almost like the stack itself.
                let (logical_id, physical_id, resource_type) = match resource % 3 {
                    0 => ("Topic", Some("topic-1"), "AWS::SNS::Topic"),
                    1 => (
                        "Nested",
                        Some("arn:aws:cloudformation:eu-west-1:111111111111:stack/n/2"),
                        "AWS::CloudFormation::Stack",
                    ),
                    _ => ("s", None, "AWS::CloudFormation::Stack"),
                };
                self.push(logical_id, physical_id, resource_type, "UPDATE_COMPLETE", script.token.as_deref());
            }
        }
    }

    fn push(
        &mut self,
        logical_id: &str,
        physical_id: Option<&str>,
        resource_type: &str,
        status: &str,
        token: Option<&str>,
    ) {
        let id = self.entries.len();
        // Three entries share a time.
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(self.ticks / 3);
        self.ticks += 1;
        self.entries.push(Entry {
            id: format!("event-{id}"),
            at,
            stack_id: STACK.to_owned(),
            logical_id: logical_id.to_owned(),
            physical_id: physical_id.map(str::to_owned),
            resource_type: resource_type.to_owned(),
            status: status.to_owned(),
            reason: None,
            token: token.map(str::to_owned),
        });
    }
}

/// A history with the place of one operation in it.
#[derive(Debug, Clone)]
struct History {
    entries: Vec<Entry>,
    ours: std::ops::Range<usize>,
}

fn write(before: &[Script], ours: &Script, after: &[Script]) -> History {
    let mut writer = Writer { entries: Vec::new(), ticks: 0 };
    writer.push("s", Some(STACK), "AWS::CloudFormation::Stack", "REVIEW_IN_PROGRESS", None);
    before.iter().for_each(|script| writer.write(script));
    let start = writer.entries.len();
    writer.write(ours);
    let ours = start..writer.entries.len();
    after.iter().for_each(|script| writer.write(script));
    History { entries: writer.entries, ours }
}

/// One read: how much of the history this replica shows, in pages of what size, and what goes wrong.
#[derive(Debug, Clone)]
struct Read {
    /// In thousandths.
    visible: usize,
    page_size: usize,
    /// Entries that arrive between two pages and push everything down, at most a page, so that pages overlap.
    arriving: usize,
    /// The page that is throttled.
    fails_at: Option<usize>,
}

const EVERYTHING: Read = Read { visible: 1000, page_size: 100, arriving: 0, fails_at: None };

impl Read {
    /// Reads as `read_new` does, from a history instead of from AWS.
    async fn read(&self, history: &[Entry], timeline: &Timeline) -> Result<Vec<Entry>, &'static str> {
        let mut visible = history.len() * self.visible / 1000;
        let mut pages = 0;
        read_back(timeline, async |next: Option<String>| {
            if self.fails_at == Some(pages) {
                return Err("Rate exceeded");
            }
            let offset: usize = next.map_or(0, |next| next.parse().unwrap());
            if pages > 0 {
                visible = (visible + self.arriving.min(self.page_size)).min(history.len());
            }
            pages += 1;
            let newest_first = history[..visible].iter().rev();
            let entries: Vec<Entry> = newest_first.skip(offset).take(self.page_size).cloned().collect();
            let end = offset + entries.len();
            Ok(Page { next: (end < visible).then(|| end.to_string()), entries })
        })
        .await
    }
}

/// Follows `history` by `reads` and one that shows everything.
fn follow(timeline: &mut Timeline, history: &[Entry], reads: &[Read]) -> Vec<Entry> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut emitted = Vec::new();
    for read in reads.iter().chain([&EVERYTHING]) {
        if let Ok(read) = runtime.block_on(read.read(history, timeline)) {
            emitted.extend_from_slice(timeline.feed(read));
        }
    }
    emitted
}

fn script(token: Option<&'static str>) -> impl Strategy<Value = Script> {
    (0..WAYS.len(), 0..5usize).prop_map(move |(way, resources)| Script {
        token: token.map(str::to_owned),
        statuses: WAYS[way],
        resources,
    })
}

/// Operations of others: by other tools, which send tokens of their own or none.
fn foreign() -> impl Strategy<Value = Vec<Script>> {
    prop::collection::vec(prop_oneof![script(None), script(Some("Console-UpdateStack-1"))], 0..4)
}

fn history() -> impl Strategy<Value = History> {
    (foreign(), script(Some(OURS)), foreign()).prop_map(|(before, ours, after)| write(&before, &ours, &after))
}

fn reads() -> impl Strategy<Value = Vec<Read>> {
    let read = (0..=1000usize, 1..9usize, 0..4usize, prop::option::weighted(0.2, 0..3usize));
    let read = read.prop_map(|(visible, page_size, arriving, fails_at)| Read {
        visible,
        page_size,
        arriving,
        fails_at,
    });
    prop::collection::vec(read, 0..20)
}

fn ids(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.id.as_str()).collect()
}

fn last_status(entries: &[Entry]) -> Option<StackStatus> {
    entries.last().and_then(Entry::stack_status)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_entry_once_in_order_and_the_true_verdict(
        history in history(),
        reads in reads(),
        // The mark from before the start may itself be a stale read, or missing.
        mark in 0..=1000usize,
        mark_size in 0..5usize,
    ) {
        let marked = history.ours.start * mark / 1000;
        let before: Vec<Entry> = history.entries[..marked].iter().rev().take(mark_size).cloned().collect();
        let mut timeline = Timeline::of_token(OURS, &before, false);
        let emitted = follow(&mut timeline, &history.entries, &reads);
        let ours = &history.entries[history.ours.clone()];
        prop_assert_eq!(ids(&emitted), ids(ours));
        prop_assert_eq!(ids(timeline.entries()), ids(ours));
        prop_assert_eq!(timeline.verdict().map(|verdict| verdict.status.clone()), last_status(ours));
    }

    #[test]
    fn no_success_without_our_own(before in foreign(), after in foreign(), reads in reads()) {
        let history = write(&before, &Script { token: None, statuses: WAYS[3], resources: 2 }, &after);
        let mut timeline = Timeline::of_token(OURS, &[], false);
        let emitted = follow(&mut timeline, &history.entries, &reads);
        prop_assert_eq!(ids(&emitted), Vec::<&str>::new());
        prop_assert_eq!(timeline.verdict(), None);
    }

    #[test]
    fn a_replay_shows_the_latest_operation(before in foreign(), ours in script(None), page_size in 1..9usize) {
        let history = write(&before, &ours, &[]);
        let mut timeline = Timeline::of_latest(false);
        let emitted = follow(&mut timeline, &history.entries, &[Read { page_size, ..EVERYTHING }]);
        let ours = &history.entries[history.ours.clone()];
        prop_assert_eq!(ids(&emitted), ids(ours));
        prop_assert_eq!(timeline.verdict().map(|verdict| verdict.status.clone()), last_status(ours));
    }
}

/// The verdict after each entry of an operation: the number of entries and the status.
#[track_caller]
fn check(statuses: &'static [&'static str], rollback_disabled: bool, expected: Option<(usize, &str)>) {
    let ours = Script { token: Some(OURS.to_owned()), statuses, resources: 1 };
    let history = write(&[], &ours, &[]);
    let mut timeline = Timeline::of_token(OURS, &[], rollback_disabled);
    for end in 0..=history.entries.len() {
        timeline.feed(history.entries[..end].iter().rev().cloned().collect());
    }
    let found =
        timeline.verdict().map(|verdict| (timeline.entries().len(), verdict.status.as_str().to_owned()));
    assert_eq!(found, expected.map(|(entries, status)| (entries, status.to_owned())));
}

#[test]
fn a_failed_update_is_the_end_only_without_rollback() {
    let statuses =
        &["UPDATE_IN_PROGRESS", "UPDATE_FAILED", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"];
    check(statuses, true, Some((3, "UPDATE_FAILED")));
    check(statuses, false, Some((7, "UPDATE_ROLLBACK_COMPLETE")));
}

#[test]
fn cleaning_up_is_not_the_end() {
    check(&["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"], false, None);
}

#[test]
fn a_failed_rollback_is_the_end() {
    check(
        &["CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED"],
        false,
        Some((5, "ROLLBACK_FAILED")),
    );
}

#[test]
fn a_status_from_the_future_is_not_the_end() {
    check(&["UPDATE_IN_PROGRESS", "UPDATE_TELEPORTED"], false, None);
}

#[test]
fn a_replay_goes_on_past_a_rollback_that_was_continued() {
    let statuses = &[
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_FAILED",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ];
    let history = write(&[], &Script { token: None, statuses, resources: 0 }, &[]);
    let mut timeline = Timeline::of_latest(false);
    timeline.feed(history.entries.iter().rev().cloned().collect());
    assert_eq!(timeline.entries().len(), 5);
    assert_eq!(timeline.verdict().unwrap().status, StackStatus::UpdateRollbackComplete);
}

#[test]
fn a_mark_keeps_a_long_history_from_being_read() {
    let old: Vec<Script> =
        (0..2_000).map(|_| Script { token: None, statuses: WAYS[3], resources: 1 }).collect();
    let ours = Script { token: Some(OURS.to_owned()), statuses: WAYS[3], resources: 1 };
    let history = write(&old, &ours, &[]);
    let before: Vec<Entry> = history.entries[..history.ours.start].iter().rev().take(100).cloned().collect();
    let timeline = Timeline::of_token(OURS, &before, false);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let page_size = 100;
    // Even a replica that has not seen the mark itself yet shows something that the mark's page had.
    for visible in [998, 999, 1000] {
        let read =
            runtime.block_on(Read { visible, page_size, ..EVERYTHING }.read(&history.entries, &timeline));
        assert!(read.unwrap().len() <= 2 * page_size);
    }
}

#[test]
fn a_cancel_by_somebody_else_belongs_to_the_operation() {
    let mut writer = Writer { entries: Vec::new(), ticks: 0 };
    let root = |writer: &mut Writer, status, token| {
        writer.push("s", Some(STACK), "AWS::CloudFormation::Stack", status, Some(token));
    };
    root(&mut writer, "UPDATE_IN_PROGRESS", OURS);
    root(&mut writer, "UPDATE_ROLLBACK_IN_PROGRESS", "Console-CancelUpdateStack-1");
    root(&mut writer, "UPDATE_ROLLBACK_COMPLETE", "Console-CancelUpdateStack-1");
    let mut timeline = Timeline::of_token(OURS, &[], false);
    timeline.feed(writer.entries.into_iter().rev().collect());
    assert_eq!(timeline.entries().len(), 3);
    assert_eq!(timeline.verdict().unwrap().status, StackStatus::UpdateRollbackComplete);
}
