//! Scheduled changes of the limits of auto scaling: `ScheduledActions` of a scalable target.
//!
//! A scheduled action changes the minimum and maximum; within the limits, the capacity still follows the load.

use serde::Serialize;

use crate::place::Place;
use crate::value::Value;

/// A scheduled action.
///
/// ```
/// use tablewright::{Capacity, Schedule};
///
/// let reads = Capacity::auto(5..=100)
///     .schedule(Schedule::new("morning", "cron(0 7 ? * MON-FRI *)").timezone("Europe/Berlin").min(50))
///     .schedule(Schedule::new("evening", "cron(0 19 ? * MON-FRI *)").timezone("Europe/Berlin").min(5))
///     .schedule(Schedule::new("sale", "at(2027-11-26T00:00:00)").min(80).max(1_000))
///     .schedule(Schedule::new("trial", "rate(1 day)").max(50).start("2027-01-01T00:00:00Z").end("2027-02-01T00:00:00Z"));
/// assert_eq!(reads.schedules[2].max, Some(1_000.into()));
/// assert_eq!(reads.schedules[2].timezone, None, "UTC");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Schedule {
    /// `ScheduledActionName`
    pub name: String,
    /// `Schedule`: `at(…)`, `rate(…)` or `cron(…)` with six fields.
    pub schedule: Value<String>,
    /// `Timezone`, such as `Europe/Berlin`; `None` is UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<Value<String>>,
    /// `StartTime`: when the schedule starts, such as `2027-01-01T00:00:00Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Value<String>>,
    /// `EndTime`: when the schedule ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Value<String>>,
    /// `ScalableTargetAction.MinCapacity`: the new minimum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Value<u64>>,
    /// `ScalableTargetAction.MaxCapacity`: the new maximum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Value<u64>>,
    /// Source location of its definition.
    pub at: Place,
}

impl Schedule {
    /// Creates a scheduled action without limits; set [`min`](Self::min), [`max`](Self::max) or both.
    ///
    /// See [`Schedule`].
    #[must_use]
    #[track_caller]
    pub fn new(name: impl Into<String>, schedule: impl Into<Value<String>>) -> Self {
        Self {
            name: name.into(),
            schedule: schedule.into(),
            timezone: None,
            start: None,
            end: None,
            min: None,
            max: None,
            at: Place::caller(),
        }
    }

    /// Sets the time zone of `at(…)` and `cron(…)`.
    ///
    /// See [`Schedule`].
    #[must_use]
    pub fn timezone(mut self, timezone: impl Into<Value<String>>) -> Self {
        self.timezone = Some(timezone.into());
        self
    }

    /// Sets when the schedule starts.
    ///
    /// See [`Schedule`].
    #[must_use]
    pub fn start(mut self, time: impl Into<Value<String>>) -> Self {
        self.start = Some(time.into());
        self
    }

    /// Sets when the schedule ends.
    ///
    /// See [`Schedule`].
    #[must_use]
    pub fn end(mut self, time: impl Into<Value<String>>) -> Self {
        self.end = Some(time.into());
        self
    }

    /// Sets the new minimum capacity.
    ///
    /// See [`Schedule`].
    #[must_use]
    pub fn min(mut self, units: impl Into<Value<u64>>) -> Self {
        self.min = Some(units.into());
        self
    }

    /// Sets the new maximum capacity.
    ///
    /// See [`Schedule`].
    #[must_use]
    pub fn max(mut self, units: impl Into<Value<u64>>) -> Self {
        self.max = Some(units.into());
        self
    }
}
