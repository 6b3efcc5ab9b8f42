//! One operation on one stack, put together from reads of the stack's history. Pure: no calls, no clock.
//!
//! In go reads, each newest first, in any number of pieces, repeated, or older than the one before; out come the
//! operation's entries, each once, in order, and the verdict. A stack runs one operation at a time, so everything from
//! the operation's first entry to its last status of the stack is ours, rollback included, whoever asked for it.

use std::collections::HashSet;
use std::time::SystemTime;

use crate::operation::entry::Entry;
use crate::stack::status::{StackClass, StackStatus};

/// The entries of one operation, and its verdict once there is one.
#[derive(Debug, Clone)]
pub struct Timeline {
    start: Start,
    rollback_disabled: bool,
    /// Ids that were read, before and in the operation.
    seen: HashSet<String>,
    /// Ids of the operation's entries.
    own: HashSet<String>,
    entries: Vec<Entry>,
    verdict: Option<Verdict>,
}

/// How the operation's first entry is told from those of other operations.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Start {
    /// The first status of the stack with this client request token. Never a time: clocks differ.
    Token(String),
    /// The newest status of the stack that starts an operation.
    Latest,
    /// The first entry at or after this time: for a nested stack, which works only while its root does. Both times are
    /// CloudFormation's own. Whether a nested stack's entries carry the root's token is not documented.
    Since(SystemTime),
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The stack's status at the end.
    pub status: StackStatus,
    /// Why, where CloudFormation says so.
    pub reason: Option<String>,
}

impl Timeline {
    /// Follows the operation that carries `token`. `before` are entries that were there before it was started.
    pub fn of_token(token: &str, before: &[Entry], rollback_disabled: bool) -> Timeline {
        let mut timeline = Timeline::new(Start::Token(token.to_owned()), rollback_disabled);
        timeline.seen.extend(before.iter().map(|entry| entry.id.clone()));
        timeline
    }

    /// Follows the latest operation of the stack, whoever started it; it may have ended long ago.
    pub fn of_latest(rollback_disabled: bool) -> Timeline {
        Timeline::new(Start::Latest, rollback_disabled)
    }

    /// Follows a nested stack in an operation whose root began at `since`. It never ends by itself: what the root does
    /// later, such as a rollback, is done to the nested stack as well.
    pub fn of_nested(since: SystemTime) -> Timeline {
        Timeline::new(Start::Since(since), false)
    }

    fn new(start: Start, rollback_disabled: bool) -> Timeline {
        Timeline {
            start,
            rollback_disabled,
            seen: HashSet::new(),
            own: HashSet::new(),
            entries: Vec::new(),
            verdict: None,
        }
    }

    /// Whether `page` reaches back to something known, so that older pages have nothing new.
    pub fn reaches(&self, page: &[Entry]) -> bool {
        let reaches = |entry: &Entry| match &self.start {
            Start::Token(_) => false,
            Start::Latest => entry.stack_status().is_some_and(|status| status.starts_operation()),
            Start::Since(since) => entry.at < *since,
        };
        page.iter().any(|entry| self.seen.contains(&entry.id) || reaches(entry))
    }

    /// Takes one read, newest first, and returns the entries of the operation that are new, oldest first.
    pub fn feed(&mut self, read: Vec<Entry>) -> &[Entry] {
        let known = self.entries.len();
        if let Some(end) = self.anchor(&read) {
            let mut fresh: Vec<Entry> = Vec::new();
            for entry in read.into_iter().take(end) {
                // Pages overlap when entries arrive between two of them.
                if self.seen.insert(entry.id.clone()) {
                    fresh.push(entry);
                }
            }
            fresh.reverse();
            if self.verdict.is_none() {
                self.take(fresh);
            }
        }
        &self.entries[known..]
    }

    /// The place in `read` below which everything is older than what is known; `None` for a read that has nothing known
    /// in it, which comes from a replica that is far behind and cannot be placed.
    fn anchor(&self, read: &[Entry]) -> Option<usize> {
        let anchors = if self.entries.is_empty() { &self.seen } else { &self.own };
        if anchors.is_empty() {
            return Some(read.len());
        }
        read.iter().rposition(|entry| anchors.contains(&entry.id))
    }

    /// Every entry of the operation so far, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How the operation ended, once it has.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref()
    }

    fn take(&mut self, fresh: Vec<Entry>) {
        let opening = self.entries.is_empty();
        let skip = if opening { self.opening(&fresh) } else { 0 };
        let last_status = fresh.iter().rposition(|entry| entry.stack_status().is_some());
        for (index, entry) in fresh.into_iter().enumerate().skip(skip) {
            let end = entry.stack_status().filter(|status| self.ends(status));
            let reason = entry.reason.clone();
            self.own.insert(entry.id.clone());
            self.entries.push(entry);
            // In a replay, an end that was followed by more was not the end: a rollback that failed and was continued.
            let superseded =
                opening && self.start == Start::Latest && last_status.is_some_and(|last| last > index);
            if let Some(status) = end
                && !superseded
            {
                self.verdict = Some(Verdict { status, reason });
                // What follows belongs to the next operation.
                return;
            }
        }
    }

    /// The place of the operation's first entry; past the end when it is not there yet.
    fn opening(&self, fresh: &[Entry]) -> usize {
        let place = match &self.start {
            Start::Token(token) => fresh
                .iter()
                .position(|entry| entry.stack_status().is_some() && entry.token.as_ref() == Some(token)),
            Start::Latest => fresh
                .iter()
                .rposition(|entry| entry.stack_status().is_some_and(|status| status.starts_operation())),
            Start::Since(since) => fresh.iter().position(|entry| entry.at >= *since),
        };
        place.unwrap_or(fresh.len())
    }

    /// Whether the operation is over when the stack comes to `status`.
    fn ends(&self, status: &StackStatus) -> bool {
        if matches!(self.start, Start::Since(_)) {
            return false;
        }
        match status.class() {
            StackClass::Done | StackClass::RolledBack | StackClass::Stuck | StackClass::Gone => true,
            // With rollback on, the rollback follows.
            StackClass::Paused => self.rollback_disabled,
            StackClass::Moving | StackClass::Review | StackClass::Unknown => false,
        }
    }
}

#[cfg(test)]
mod tests;
