//! Effects with a due time, and their carrying out in order.

use serde::{Deserialize, Serialize};

use super::{begin, calls, phases, starts, tasks};
use crate::clock::Millis;
use crate::cloudformation::change_set_calls;
use crate::state::{Moment, Region};

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

/// Lets everything happen that is due by now, in the order in which it is due. Says whether anything did.
pub(crate) fn catch_up(region: &mut Region, moment: Moment<'_>) -> bool {
    let mut happened = false;
    while let Some(next) = next_due(region, moment.now) {
        let at = moment.at(next.due);
        region.services.settle(next.due);
        apply(region, next.effect, at);
        happened = true;
    }
    region.services.settle(moment.now);
    happened
}

fn next_due(region: &mut Region, now: Millis) -> Option<Scheduled> {
    let (index, _) = region
        .schedule
        .iter()
        .enumerate()
        .filter(|(_, scheduled)| scheduled.due <= now)
        .min_by_key(|(_, scheduled)| (scheduled.due, scheduled.serial))?;
    Some(region.schedule.swap_remove(index))
}

fn apply(region: &mut Region, effect: Effect, at: Moment<'_>) {
    match effect {
        Effect::ChangeSetBegins { id } => change_set_calls::begin(region, &id),
        Effect::ChangeSetEnds { id } => change_set_calls::end(region, &id, at),
        Effect::TaskStarts { stack_id, phase, logical_id } => {
            starts::start(region, &stack_id, phase, &logical_id, at);
        }
        Effect::TaskCalls { stack_id, phase, logical_id } => {
            calls::call(region, &stack_id, phase, &logical_id, at);
        }
        Effect::TaskEnds { stack_id, phase, logical_id } => {
            tasks::end(region, &stack_id, phase, &logical_id, at);
        }
        Effect::PhaseEnds { stack_id, phase } => phases::end(region, &stack_id, phase, at),
        Effect::CalledOff { stack_id, operation, reason } => {
            begin::call_off_late(region, &stack_id, &operation, &reason, at);
        }
    }
}
