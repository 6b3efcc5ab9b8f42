//! The root of an operation and the nested stacks that its entries name, at any depth. Pure: no calls, no clock.
//!
//! In go reads of each stack's history; out come new entries, and which stack to read next. A nested stack is known from the
//! first entry of its parent that shows its ARN, and is dropped after its own last entry; when the parent takes it up again,
//! for a rollback, so do we. *Invariant:* only the root has a verdict; nothing about a nested stack changes it.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use crate::operation::entry::Entry;
use crate::operation::timeline::Timeline;
use crate::stack::STACK_TYPE;
use crate::stack::status::StackClass;

/// The stacks of one operation.
#[derive(Debug, Clone)]
pub(crate) struct StackTree {
    pub(crate) root: Timeline,
    nested: Vec<Nested>,
}

/// A nested stack.
#[derive(Debug, Clone)]
pub(crate) struct Nested {
    pub(crate) stack_id: String,
    pub(crate) timeline: Timeline,
    read_at: Option<SystemTime>,
    /// Whether something new is still to come.
    open: bool,
    /// When its parent began to do something with it.
    taken_up: SystemTime,
    /// Whether its parent says that it is at rest.
    parent_done: bool,
    /// Reads since its parent said so.
    late_reads: u32,
    /// Whether it cannot be read.
    lost: bool,
}

/// Reads after which a nested stack that tells nothing is taken to have had nothing to do.
const READS_OF_NOTHING: u32 = 2;

impl StackTree {
    pub(crate) fn new(root: Timeline) -> StackTree {
        StackTree { root, nested: Vec::new() }
    }

    /// Takes a read of the root; returns what is new, oldest first.
    pub(crate) fn feed_root(&mut self, read: Vec<Entry>) -> Vec<Entry> {
        let fresh = self.root.feed(read).to_vec();
        self.notice(&fresh);
        fresh
    }

    /// Takes a read of a nested stack; returns what is new, oldest first.
    pub(crate) fn feed_nested(&mut self, place: usize, read: Vec<Entry>, now: SystemTime) -> Vec<Entry> {
        let nested = &mut self.nested[place];
        nested.read_at = Some(now);
        let fresh = nested.timeline.feed(read).to_vec();
        nested.judge();
        self.notice(&fresh);
        fresh
    }

    /// The nested stack that is to be read next, when there is one: the one that was read longest ago, and not within
    /// `every`. One whose parent is done with it is not waited for.
    pub(crate) fn due(&self, now: SystemTime, every: Duration) -> Option<usize> {
        let due = |nested: &Nested| {
            nested.open
                && nested.read_at.is_none_or(|at| {
                    let since = now.duration_since(at).unwrap_or_default();
                    since >= every || (nested.parent_done && nested.late_reads == 0)
                })
        };
        let places = (0..self.nested.len()).filter(|place| due(&self.nested[*place]));
        places.min_by_key(|place| self.nested[*place].read_at)
    }

    /// The nested stacks that may still have something to tell.
    pub(crate) fn open(&self) -> Vec<usize> {
        (0..self.nested.len()).filter(|place| self.nested[*place].open).collect()
    }

    pub(crate) fn nested(&self, place: usize) -> &Nested {
        &self.nested[place]
    }

    /// A read went wrong in a way that may pass: others come first now.
    pub(crate) fn postpone(&mut self, place: usize, now: SystemTime) {
        self.nested[place].read_at = Some(now);
    }

    /// A nested stack cannot be read, and is not asked again.
    pub(crate) fn lose(&mut self, place: usize) {
        self.nested[place].lost = true;
        self.nested[place].open = false;
    }

    /// The entries of all stacks, in the order of their times.
    pub(crate) fn entries(&self) -> Cow<'_, [Entry]> {
        if self.nested.iter().all(|nested| nested.timeline.entries().is_empty()) {
            return Cow::Borrowed(self.root.entries());
        }
        let nested = self.nested.iter().flat_map(|nested| nested.timeline.entries());
        let mut entries: Vec<Entry> = self.root.entries().iter().chain(nested).cloned().collect();
        in_order(&mut entries);
        Cow::Owned(entries)
    }

    /// Takes up the nested stacks that `fresh` entries of a parent speak of.
    fn notice(&mut self, fresh: &[Entry]) {
        let Some(since) = self.root.entries().first().map(|entry| entry.at) else { return };
        for entry in fresh {
            // The first entry of a creation has no ARN yet.
            let (Some(status), Some(stack_id)) = (entry.resource_status(), &entry.physical_id) else {
                continue;
            };
            if entry.resource_type != STACK_TYPE || !stack_id.starts_with("arn:") {
                continue;
            }
            let place = self.nested.iter().position(|nested| &nested.stack_id == stack_id);
            let place = place.unwrap_or_else(|| {
                self.nested.push(Nested {
                    stack_id: stack_id.clone(),
                    timeline: Timeline::of_nested(since),
                    read_at: None,
                    open: true,
                    taken_up: entry.at,
                    parent_done: false,
                    late_reads: 0,
                    lost: false,
                });
                self.nested.len() - 1
            });
            let nested = &mut self.nested[place];
            // The first of several in a row: the second tells of what is under way.
            if status.is_in_progress() && nested.parent_done {
                nested.taken_up = entry.at;
            }
            nested.parent_done = !status.is_in_progress();
            nested.late_reads = 0;
            nested.open |= !nested.parent_done && !nested.lost;
        }
    }
}

impl Nested {
    /// Closes the stack when it has told its end.
    fn judge(&mut self) {
        if self.parent_done {
            self.late_reads += 1;
        }
        let own = |entry: &Entry| entry.stack_status().map(|status| (status.class(), entry.at));
        let at_rest = match self.timeline.entries().iter().rev().find_map(own) {
            // An end from before its parent took it up again is not the end of that.
            Some((StackClass::Done | StackClass::RolledBack | StackClass::Stuck | StackClass::Gone, at)) => {
                at >= self.taken_up || self.has_nothing()
            }
            // A nested stack that fails waits for its parent to undo it.
            Some((StackClass::Paused, at)) => self.parent_done && (at >= self.taken_up || self.has_nothing()),
            Some((StackClass::Moving | StackClass::Review | StackClass::Unknown, _)) => false,
            None => self.has_nothing(),
        };
        if at_rest {
            self.open = false;
        }
    }

    /// Whether its parent is done with it, and it had time to tell of something.
    fn has_nothing(&self) -> bool {
        self.parent_done && self.late_reads >= READS_OF_NOTHING
    }
}

/// Sorts entries of several stacks by time; those of one stack stay in their order.
pub(crate) fn in_order(entries: &mut [Entry]) {
    entries.sort_by_key(|entry| entry.at);
}

#[cfg(test)]
mod tests;
