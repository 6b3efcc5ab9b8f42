//! The schedule of a region: effects, each with the time at which it is due.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::state::Region;

/// A scheduled effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scheduled {
    pub(crate) due: Millis,
    pub(crate) serial: u64,
    pub(crate) effect: Effect,
}

/// What an effect does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Effect {
    /// A change set's creation begins.
    ChangeSetBegins { id: String },
    /// A change set's creation ends, in one way or the other.
    ChangeSetEnds { id: String },
    /// A task starts.
    TaskStarts { stack_id: String, phase: u64, logical_id: String },
    /// A resource's handler is called.
    TaskCalls { stack_id: String, phase: u64, logical_id: String },
    /// A resource's handler is done.
    TaskEnds { stack_id: String, phase: u64, logical_id: String },
    /// The last task of a phase is over.
    PhaseEnds { stack_id: String, phase: u64 },
    /// An operation is cancelled: a creation at its timeout, or an update by another caller.
    CalledOff { stack_id: String, operation: String, reason: String },
}

/// Schedules an effect.
pub(crate) fn after(region: &mut Region, due: Millis, effect: Effect) {
    let serial = region.next_serial();
    region.schedule.push(Scheduled { due, serial, effect });
}

/// Removes and returns the next due effect.
pub(crate) fn next_due(region: &mut Region, now: Millis) -> Option<Scheduled> {
    let (index, _) = region
        .schedule
        .iter()
        .enumerate()
        .filter(|(_, scheduled)| scheduled.due <= now)
        .min_by_key(|(_, scheduled)| (scheduled.due, scheduled.serial))?;
    Some(region.schedule.swap_remove(index))
}
