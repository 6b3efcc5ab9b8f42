//! Applies the effects in a region's schedule, each at the time at which it is due.
//!
//! Stands above the engine and the API, because an effect may end a resource's task or the creation of a change set.

use crate::cloudformation::change_set_calls;
use crate::engine::{begin, calls, phases, starts, tasks};
use crate::state::schedule::{Effect, next_due};
use crate::state::{Moment, Region};

/// Applies all due effects, in the order of their due times. Returns whether there were any.
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
