//! Where the sandbox's time comes from.
//!
//! A [`Clock::Wall`] runs with real time, faster by a factor; base and factor are kept in the state, so that time goes
//! on evenly in the next process. A [`VirtualClock`] advances only when code sleeps on it: with an SDK client that has it as
//! sleep and time source, minutes of a deployment pass in milliseconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;
use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, in sandbox time.
pub(crate) type Millis = i64;

/// The source of time of a sandbox.
#[derive(Debug, Clone)]
pub enum Clock {
    /// Real time, `scale` times as fast.
    Wall {
        /// How many sandbox seconds pass in a real one.
        scale: f64,
    },
    /// Time that only advances explicitly.
    Virtual(VirtualClock),
}

impl Default for Clock {
    fn default() -> Self {
        Self::Wall { scale: 1.0 }
    }
}

/// The pair of wall time and sandbox time from which sandbox time is computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TimeBase {
    wall: Millis,
    sandbox: Millis,
    scale: f64,
}

impl Clock {
    /// Returns sandbox time, setting `base` when there is none or when the factor has changed.
    pub(crate) fn now(&self, base: &mut Option<TimeBase>) -> Millis {
        match self {
            Self::Virtual(clock) => clock.millis(),
            Self::Wall { scale } => scaled(*scale, wall_millis(SystemTime::now()), base),
        }
    }
}

fn scaled(scale: f64, wall: Millis, base: &mut Option<TimeBase>) -> Millis {
    let now = base.as_ref().map_or(wall, |base| {
        let passed = (wall - base.wall).max(0) as f64 * base.scale;
        base.sandbox.saturating_add(passed as Millis)
    });
    if base.as_ref().is_none_or(|base| base.scale != scale) {
        *base = Some(TimeBase { wall, sandbox: now, scale });
    }
    now
}

fn wall_millis(time: SystemTime) -> Millis {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}

/// A clock that moves only by [`VirtualClock::advance`] and by sleeping on it.
///
/// A sleep ends when it is first polled, and moves the clock to its deadline. A sleep that loses a race against
/// something that is ready (an SDK timeout around an answer) is never polled and moves nothing.
#[derive(Debug, Clone)]
pub struct VirtualClock(Arc<AtomicI64>);

impl VirtualClock {
    /// A clock that shows `start`.
    pub fn new(start: SystemTime) -> Self {
        Self(Arc::new(AtomicI64::new(wall_millis(start))))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let by = Millis::try_from(by.as_millis()).unwrap_or(Millis::MAX / 4);
        self.0.fetch_add(by, Ordering::SeqCst);
    }

    /// Returns the clock's time.
    pub fn now(&self) -> SystemTime {
        let millis = u64::try_from(self.millis()).unwrap_or_default();
        UNIX_EPOCH + Duration::from_millis(millis)
    }

    fn millis(&self) -> Millis {
        self.0.load(Ordering::SeqCst)
    }
}

impl Default for VirtualClock {
    /// 2026-01-01T00:00:00Z, so that transcripts of tests are the same every day.
    fn default() -> Self {
        Self::new(UNIX_EPOCH + Duration::from_secs(1_767_225_600))
    }
}

impl AsyncSleep for VirtualClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.clone();
        let length = Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX / 4);
        let deadline = clock.millis().saturating_add(length);
        Sleep::new(async move {
            clock.0.fetch_max(deadline, Ordering::SeqCst);
        })
    }
}

impl TimeSource for VirtualClock {
    fn now(&self) -> SystemTime {
        Self::now(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scaled_clock_goes_on_where_it_was() {
        let mut base = None;
        assert_eq!(scaled(10.0, 1_000, &mut base), 1_000);
        assert_eq!(scaled(10.0, 1_100, &mut base), 2_000);
        // Another process, slower: no jump at the change.
        assert_eq!(scaled(1.0, 1_200, &mut base), 3_000);
        assert_eq!(scaled(1.0, 1_300, &mut base), 3_100);
        // Sandbox time does not run backwards when the wall clock is set back.
        assert_eq!(scaled(1.0, 900, &mut base), 3_000);
    }

    #[tokio::test]
    async fn sleeping_moves_a_virtual_clock() {
        let clock = VirtualClock::default();
        let start = clock.now();
        let lost = clock.sleep(Duration::from_secs(60));
        clock.sleep(Duration::from_secs(5)).await;
        drop(lost);
        assert_eq!(clock.now().duration_since(start).unwrap(), Duration::from_secs(5));
    }
}
