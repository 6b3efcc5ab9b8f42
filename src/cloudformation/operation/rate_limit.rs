//! How many calls an account and region take from us: one rate limit for all stacks that are followed at once.
//!
//! CloudFormation's rates are unpublished and shared with every other pipeline and the console. So the rate limit begins
//! modestly, halves when a call is throttled, and grows back slowly while it is quiet. Pure but for the wait for a turn,
//! which is on the client's clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::connection::clock::Clock;

/// A rate limit of calls. Clones share it: give every watch of an account and region a clone of the same one.
///
/// ```
/// use tablewright_cloudformation::{Polling, RateLimit};
///
/// let rate_limit = RateLimit::default();
/// let one_stack = Polling { rate_limit: rate_limit.clone(), ..Polling::default() };
/// let another = Polling { rate_limit, ..Polling::default() };
/// assert_eq!(one_stack, another);
/// ```
#[derive(Debug, Clone)]
pub struct RateLimit(Arc<Mutex<Bucket>>);

impl RateLimit {
    /// A rate limit of at most `rate` calls a second, of which `burst` may come at once.
    pub fn new(rate: f64, burst: f64) -> RateLimit {
        RateLimit(Arc::new(Mutex::new(Bucket::new(rate, burst))))
    }

    /// A rate limit that runs `scale` times faster, for a world whose time does.
    pub(crate) fn faster(&self, scale: f64) -> RateLimit {
        let (most, burst) = self.with(|bucket| (bucket.most, bucket.burst));
        RateLimit::new(most * scale, burst)
    }

    /// Waits for its turn: first come, first served.
    pub(crate) async fn take(&self, clock: &Clock) {
        let wait = self.with(|bucket| bucket.take(clock.now()));
        if !wait.is_zero() {
            clock.sleep(wait).await;
        }
    }

    /// Takes what nobody waits for, and leaves one call for somebody who comes now; else takes nothing.
    pub(crate) fn take_spare(&self, clock: &Clock) -> bool {
        self.with(|bucket| bucket.take_spare(clock.now()))
    }

    /// A call was throttled.
    pub(crate) fn throttled(&self, clock: &Clock) {
        self.with(|bucket| bucket.throttled(clock.now()));
    }

    fn with<T>(&self, act: impl FnOnce(&mut Bucket) -> T) -> T {
        // Numbers that are all written before anything can panic.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for RateLimit {
    /// Two calls a second, four at once.
    fn default() -> RateLimit {
        RateLimit::new(2.0, 4.0)
    }
}

/// Whether they are one and the same limit.
impl PartialEq for RateLimit {
    fn eq(&self, other: &RateLimit) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for RateLimit {}

/// A token bucket whose rate follows what CloudFormation takes: additive increase, multiplicative decrease.
#[derive(Debug, Clone, PartialEq)]
struct Bucket {
    /// Calls that may be made now. Below zero: calls that have been promised and wait.
    tokens: f64,
    /// Calls a second, now.
    rate: f64,
    /// Calls a second, at most.
    most: f64,
    burst: f64,
    filled: Option<SystemTime>,
    /// Since when nothing was throttled and the rate has not been raised.
    quiet_since: Option<SystemTime>,
    slowed: Option<SystemTime>,
}

/// How long it has to be quiet for the rate to be raised by one step.
const QUIET: Duration = Duration::from_secs(10);
/// The step, as a part of the highest rate: 0.1 calls a second of 2.
const STEP: f64 = 0.05;
/// The lowest rate, as a part of the highest one.
const LEAST: f64 = 0.05;

impl Bucket {
    fn new(rate: f64, burst: f64) -> Bucket {
        Bucket { tokens: burst, rate, most: rate, burst, filled: None, quiet_since: None, slowed: None }
    }

    /// Promises a call, and says how long it has to wait.
    fn take(&mut self, now: SystemTime) -> Duration {
        self.fill(now);
        self.tokens -= 1.0;
        if self.tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-self.tokens / self.rate) }
    }

    fn take_spare(&mut self, now: SystemTime) -> bool {
        self.fill(now);
        let spare = self.tokens >= 2.0;
        if spare {
            self.tokens -= 1.0;
        }
        spare
    }

    fn throttled(&mut self, now: SystemTime) {
        self.fill(now);
        self.quiet_since = Some(now);
        self.tokens = self.tokens.min(0.0);
        // Several calls that are throttled together are one sign, not several.
        if self.slowed.is_none_or(|at| since(now, at) >= Duration::from_secs(1)) {
            self.slowed = Some(now);
            self.rate = (self.rate / 2.0).max(self.most * LEAST);
        }
    }

    fn fill(&mut self, now: SystemTime) {
        let filled = self.filled.replace(now).unwrap_or(now);
        self.tokens = (self.tokens + since(now, filled).as_secs_f64() * self.rate).min(self.burst);
        let quiet_since = self.quiet_since.get_or_insert(now);
        while self.rate < self.most && since(now, *quiet_since) >= QUIET {
            *quiet_since += QUIET;
            self.rate = (self.rate + self.most * STEP).min(self.most);
        }
    }
}

/// The time between two; zero when the clock was set back.
fn since(now: SystemTime, earlier: SystemTime) -> Duration {
    now.duration_since(earlier).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: f64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs_f64(1000.0 + seconds)
    }

    fn waits(bucket: &mut Bucket, seconds: f64, calls: usize) -> Vec<f64> {
        (0..calls).map(|_| bucket.take(at(seconds)).as_secs_f64()).collect()
    }

    #[test]
    fn a_burst_is_free_and_then_it_is_two_a_second() {
        let mut bucket = Bucket::new(2.0, 4.0);
        assert_eq!(waits(&mut bucket, 0.0, 7), [0.0, 0.0, 0.0, 0.0, 0.5, 1.0, 1.5]);
        // Three have been promised, two seconds make four.
        assert_eq!(waits(&mut bucket, 2.0, 2), [0.0, 0.5]);
        assert_eq!(waits(&mut bucket, 100.0, 5), [0.0, 0.0, 0.0, 0.0, 0.5]);
    }

    #[test]
    fn throttling_halves_and_quiet_brings_it_back() {
        let mut bucket = Bucket::new(2.0, 4.0);
        bucket.throttled(at(0.0));
        // Another one at the same moment says nothing new.
        bucket.throttled(at(0.5));
        assert_eq!(bucket.rate, 1.0);
        bucket.throttled(at(1.5));
        assert_eq!(bucket.rate, 0.5);
        bucket.fill(at(11.4));
        assert_eq!(bucket.rate, 0.5);
        bucket.fill(at(11.5));
        assert!((bucket.rate - 0.6).abs() < 1e-9, "{bucket:?}");
        bucket.fill(at(1000.0));
        assert_eq!(bucket.rate, 2.0);
    }

    #[test]
    fn it_never_stops_altogether() {
        let mut bucket = Bucket::new(2.0, 4.0);
        (0..100).for_each(|second| bucket.throttled(at(f64::from(second) * 2.0)));
        assert_eq!(bucket.rate, 0.1);
    }

    #[test]
    fn spare_calls_leave_one_and_never_wait() {
        let mut bucket = Bucket::new(2.0, 4.0);
        let spare: Vec<bool> = (0..4).map(|_| bucket.take_spare(at(0.0))).collect();
        assert_eq!(spare, [true, true, true, false]);
        assert_eq!(bucket.take(at(0.0)), Duration::ZERO);
        // Somebody waits: nothing is spare.
        bucket.take(at(0.0));
        assert!(!bucket.take_spare(at(0.5)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// However the calls come, never more than the burst and what has been filled since.
        #[test]
        fn no_schedule_gets_more_than_the_rate(gaps in prop::collection::vec(0.0..3.0f64, 1..200)) {
            let mut bucket = Bucket::new(2.0, 4.0);
            let (mut now, mut calls) = (0.0, Vec::new());
            for gap in gaps {
                now += gap;
                calls.push(now + bucket.take(at(now)).as_secs_f64());
            }
            for (first, from) in calls.iter().enumerate() {
                for (count, until) in calls[first..].iter().enumerate() {
                    prop_assert!((count + 1) as f64 <= 4.0 + 2.0 * (until - from) + 1e-3);
                }
            }
        }
    }
}
