//! The schedule of a region: effects, each with the time at which it is due.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::state::Region;

/// Something that is to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scheduled {
    pub(crate) due: Millis,
    pub(crate) serial: u64,
    pub(crate) effect: Effect,
}

/// What is to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Effect {
    /// A change set's creation begins.
    ChangeSetBegins { id: String },
    /// A change set's creation ends, in one way or the other.
    ChangeSetEnds { id: String },
    /// A resource's turn has come.
    TaskStarts { stack_id: String, phase: u64, logical_id: String },
    /// A resource's handler is called.
    TaskCalls { stack_id: String, phase: u64, logical_id: String },
    /// A resource's handler is done.
    TaskEnds { stack_id: String, phase: u64, logical_id: String },
    /// The last task of a phase is over.
    PhaseEnds { stack_id: String, phase: u64 },
    /// A creation has taken too long, or somebody else cancels an update.
    CalledOff { stack_id: String, operation: String, reason: String },
}

/// Puts an effect into the schedule.
pub(crate) fn after(region: &mut Region, due: Millis, effect: Effect) {
    let serial = region.next_serial();
    region.schedule.push(Scheduled { due, serial, effect });
}

/// Takes the next effect that is due by now out of the schedule.
pub(crate) fn next_due(region: &mut Region, now: Millis) -> Option<Scheduled> {
    let (index, _) = region
        .schedule
        .iter()
        .enumerate()
        .filter(|(_, scheduled)| scheduled.due <= now)
        .min_by_key(|(_, scheduled)| (scheduled.due, scheduled.serial))?;
    Some(region.schedule.swap_remove(index))
}
