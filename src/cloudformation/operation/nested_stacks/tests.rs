//! Random trees of stacks × random reads: each entry once, in the order of its stack, and the root's own verdict.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::operation::events::{Page, read_back};
use crate::stack::status::StackStatus;

const OURS: &str = "tw-ours";

/// A stack and the stacks that are nested in it.
#[derive(Debug, Clone)]
struct Tree {
    resources: usize,
    nested: Vec<Tree>,
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = (0..4usize).prop_map(|resources| Tree { resources, nested: Vec::new() });
    leaf.prop_recursive(3, 12, 3, |inner| {
        (0..3usize, prop::collection::vec(inner, 0..3))
            .prop_map(|(resources, nested)| Tree { resources, nested })
    })
}

fn arn(path: &str) -> String {
    format!("arn:aws:cloudformation:eu-west-1:1:stack/s{path}/1")
}

/// Writes what happens to a tree, each stack's own history and in the order of time.
#[derive(Debug, Clone, Default)]
struct Writer {
    histories: BTreeMap<String, Vec<Entry>>,
    ticks: u64,
}

impl Writer {
    fn push(&mut self, path: &str, id: &str, physical_id: Option<String>, status: &str, token: Option<&str>) {
        self.ticks += 1;
        let is_stack = physical_id.as_deref().is_some_and(|id| id.starts_with("arn:")) || id.starts_with('N');
        let history = self.histories.entry(arn(path)).or_default();
        history.push(Entry {
            id: format!("{path}-{}", history.len()),
            // Two entries share a time.
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(self.ticks / 2),
            stack_id: arn(path),
            logical_id: id.to_owned(),
            physical_id,
            resource_type: if is_stack { STACK_TYPE } else { "AWS::SNS::Topic" }.to_owned(),
            status: status.to_owned(),
            reason: None,
            token: token.map(str::to_owned),
        });
    }

    /// One phase of an operation: `verb` is what is done to the stack and to all that is in it.
    fn phase(&mut self, path: &str, tree: &Tree, verb: &str, end: &str, token: Option<&str>) {
        self.push(path, "s", Some(arn(path)), &format!("{verb}_IN_PROGRESS"), token);
        let inner = verb.rsplit('_').next().unwrap().replace("ROLLBACK", "UPDATE");
        for resource in 0..tree.resources {
            self.push(path, &format!("R{resource}"), None, &format!("{inner}_IN_PROGRESS"), token);
            self.push(
                path,
                &format!("R{resource}"),
                Some("r".to_owned()),
                &format!("{inner}_COMPLETE"),
                token,
            );
        }
        for (number, nested) in tree.nested.iter().enumerate() {
            let (id, child) = (format!("N{number}"), format!("{path}/{number}"));
            self.push(path, &id, None, &format!("{inner}_IN_PROGRESS"), token);
            self.push(path, &id, Some(arn(&child)), &format!("{inner}_IN_PROGRESS"), token);
            // Whether nested entries carry the token is not known.
            self.phase(&child, nested, verb, &format!("{verb}_COMPLETE"), None);
            self.push(path, &id, Some(arn(&child)), &format!("{inner}_COMPLETE"), token);
        }
        self.push(path, "s", Some(arn(path)), end, token);
    }
}

/// What happened, and where ours begins in each history.
#[derive(Debug, Clone)]
struct Story {
    histories: BTreeMap<String, Vec<Entry>>,
    before: BTreeMap<String, usize>,
    end: &'static str,
}

fn story() -> impl Strategy<Value = Story> {
    (tree(), any::<bool>(), 0..3usize).prop_map(|(tree, rolls_back, earlier)| {
        let mut writer = Writer::default();
        for _ in 0..earlier {
            writer.phase("", &tree, "UPDATE", "UPDATE_COMPLETE", Some("theirs"));
        }
        // The next second: a nested stack's history is told apart by time.
        writer.ticks += 2;
        let before = writer.histories.iter().map(|(stack, history)| (stack.clone(), history.len())).collect();
        let end = if rolls_back {
            writer.phase("", &tree, "UPDATE", "UPDATE_FAILED", Some(OURS));
            writer.phase("", &tree, "UPDATE_ROLLBACK", "UPDATE_ROLLBACK_COMPLETE", Some(OURS));
            "UPDATE_ROLLBACK_COMPLETE"
        } else {
            writer.phase("", &tree, "UPDATE", "UPDATE_COMPLETE", Some(OURS));
            "UPDATE_COMPLETE"
        };
        Story { histories: writer.histories, before, end }
    })
}

/// One turn of a watch: how much of the time is visible of the root, and at least of what is nested, in thousandths, and the
/// size of pages. A nested stack's entries are written before those of its parent that speak of their end.
type Turn = (usize, usize, usize);

/// Reads what a history has `until` then as `read_new` does.
fn read(history: &[Entry], until: SystemTime, page_size: usize, timeline: &Timeline) -> Vec<Entry> {
    let visible = history.iter().filter(|entry| entry.at <= until).count();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let pages = read_back(timeline, async |next: Option<String>| {
        let offset: usize = next.map_or(0, |next| next.parse().unwrap());
        let newest_first = history[..visible].iter().rev();
        let entries: Vec<Entry> = newest_first.skip(offset).take(page_size).cloned().collect();
        let end = offset + entries.len();
        Ok::<_, ()>(Page { next: (end < visible).then(|| end.to_string()), entries })
    });
    runtime.block_on(pages).unwrap()
}

/// Follows the story, and returns what was told, by stack.
fn follow(story: &Story, turns: &[Turn]) -> (BTreeMap<String, Vec<String>>, Option<StackStatus>) {
    let mut family = StackTree::new(Timeline::of_token(OURS, &[], false));
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut now = SystemTime::UNIX_EPOCH;
    let last = story.histories.values().flatten().map(|entry| entry.at).max().unwrap();
    let length = last.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let at = |part: usize| SystemTime::UNIX_EPOCH + length * u32::try_from(part).unwrap() / 1000;
    // In the end everything is visible, as it is at AWS.
    for (root, nested, page_size) in turns.iter().copied().chain([(1000, 1000, 100); 40]) {
        now += Duration::from_secs(1);
        let fresh = read(&story.histories[&arn("")], at(root), page_size, &family.root);
        let mut fresh = family.feed_root(fresh);
        while let Some(place) = family.due(now, Duration::from_secs(2)) {
            let stack_id = family.nested(place).stack_id.clone();
            let read = read(
                &story.histories[&stack_id],
                at(nested.max(root)),
                page_size,
                &family.nested(place).timeline,
            );
            fresh.extend(family.feed_nested(place, read, now));
        }
        for entry in fresh {
            told.entry(entry.stack_id).or_default().push(entry.id);
        }
    }
    assert_eq!(family.open(), Vec::<usize>::new());
    (told, family.root.verdict().map(|verdict| verdict.status.clone()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_entry_of_each_stack_once_in_order_and_the_roots_verdict(
        story in story(),
        turns in prop::collection::vec((0..=1000usize, 0..=1000usize, 1..6usize), 0..30),
    ) {
        let (told, verdict) = follow(&story, &turns);
        let ours: BTreeMap<String, Vec<String>> = story
            .histories
            .iter()
            .map(|(stack, history)| {
                let from = story.before.get(stack).copied().unwrap_or_default();
                (stack.clone(), history[from..].iter().map(|entry| entry.id.clone()).collect())
            })
            .collect();
        prop_assert_eq!(told, ours);
        prop_assert_eq!(verdict, Some(StackStatus::parse(story.end)));
    }
}
