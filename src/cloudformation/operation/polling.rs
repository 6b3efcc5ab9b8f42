//! How often CloudFormation is polled. Pure: what is known in, a wait out.
//!
//! Polls are spent where the end can be: quickly when everything is at rest or about to be, slowly while something has not
//! even begun, and ever more slowly in a long silence, since an operation may take a day. Between a last resource and
//! the end of its stack AWS lets pass 0.9 s at least, so a steady wait below 2.5 s sees the end within 1.5 s.

use std::time::Duration;

use crate::connection::retry::backoff;
use crate::operation::forecast::{Forecast, SETTLING};
use crate::operation::rate_limit::RateLimit;

/// The waits of a watch. The defaults keep a 3-minute deploy below 110 reads and one of 30 minutes below 500.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polling {
    /// Between reads near the end.
    pub fast: Duration,
    /// Between reads when the end may come at any time.
    pub steady: Duration,
    /// Between reads while the end cannot come yet, or after three minutes of silence; and between those of a nested stack.
    pub slow: Duration,
    /// Between reads after half an hour of silence.
    pub slowest: Duration,
    /// The longest wait that throttling or a failing network can lead to.
    pub longest: Duration,
    /// When the events have not begun for this long, the stack itself is asked as well.
    pub begin_by: Duration,
    /// As `begin_by`, where new events carry no token: such an endpoint shows the end in its status only.
    pub begin_without_token: Duration,
    /// As `begin_by`, once events have come; also the time between two such questions.
    pub silence: Duration,
    /// How long expired credentials are tried again before the watch is given up.
    pub credential_grace: Duration,
    /// How long no read may be answered, for whatever reason that may pass, before the watch is given up.
    pub outage_grace: Duration,
    /// How long an operation is followed at most. It continues in CloudFormation.
    pub timeout: Option<Duration>,
    /// Spreads the waits of watches that begin together: waits are up to a tenth shorter, as this number has it.
    pub seed: u64,
    /// How many calls may be made. Shared by the watches that are given a clone of this value.
    pub rate_limit: RateLimit,
}

impl Default for Polling {
    /// AWS's own polling, with a rate limit of its own.
    fn default() -> Polling {
        Polling {
            fast: Duration::from_secs(1),
            steady: Duration::from_millis(2_350),
            slow: Duration::from_millis(4_800),
            slowest: Duration::from_secs(10),
            longest: Duration::from_secs(10),
            begin_by: Duration::from_secs(30),
            begin_without_token: Duration::from_secs(3),
            silence: Duration::from_secs(60),
            credential_grace: Duration::from_secs(300),
            outage_grace: Duration::from_secs(3_600),
            timeout: None,
            seed: 0,
            rate_limit: RateLimit::default(),
        }
    }
}

/// Where a watch stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Since the watch began.
    pub(crate) elapsed: Duration,
    /// Since the last new entry, or since the beginning.
    pub(crate) silence: Duration,
    /// What the events say about the end.
    pub(crate) forecast: Forecast,
}

impl Polling {
    /// This polling in a world whose time runs `scale` times faster than ours. Waits stay long enough for something to happen.
    pub fn faster(&self, scale: f64) -> Polling {
        let faster = |wait: Duration| wait.div_f64(scale).max(Duration::from_millis(20));
        Polling {
            fast: faster(self.fast),
            steady: faster(self.steady),
            slow: faster(self.slow),
            slowest: faster(self.slowest),
            rate_limit: self.rate_limit.faster(scale),
            ..self.clone()
        }
    }

    /// The wait before the next read.
    pub(crate) fn interval(&self, moment: Moment) -> Duration {
        let by_silence = match moment.silence.as_secs() {
            0..180 => self.steady,
            180..1800 => self.slow,
            _ => self.slowest,
        };
        match moment.forecast {
            // The first entries are awaited by somebody at a screen.
            Forecast::NotBegun if moment.elapsed < self.fast * 10 => self.fast,
            // Near for long is not near: a monitoring time may follow the last resource.
            Forecast::Near if moment.silence < self.fast * 20 => self.fast,
            Forecast::NotBefore(end) => end.clamp(self.fast, self.slow),
            // As late after the end as a steady wait is where the end may follow a last resource at once.
            Forecast::SomeTimeAfter(end) => {
                (end + self.steady.saturating_sub(SETTLING)).clamp(self.steady, self.slow).max(by_silence)
            }
            Forecast::NotBegun | Forecast::Near | Forecast::Open => by_silence,
        }
    }

    /// The wait after `failures` reads in a row went wrong.
    pub(crate) fn backoff(&self, failures: u32) -> Duration {
        backoff(failures, self.fast, self.longest)
    }
}

/// Numbers that look like chance and are not: the same seed gives the same waits.
#[derive(Debug, Clone)]
pub(crate) struct Jitter(u64);

impl Jitter {
    /// The jitter of one stack among those with the same seed.
    pub(crate) fn of(seed: u64, stack_id: &str) -> Jitter {
        // FNV-1a; the standard library's hash is not promised to stay the same.
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Jitter(stack_id.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, hash))
    }

    /// `wait`, a tenth shorter at most: a longer one would see the end too late.
    pub(crate) fn spread(&mut self, wait: Duration) -> Duration {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        wait * (900 + u32::try_from(bits % 101).expect("a remainder of 101 fits")) / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(elapsed: u64, silence: u64, forecast: Forecast, milliseconds: u64) {
        let (elapsed, silence) = (Duration::from_secs(elapsed), Duration::from_secs(silence));
        let moment = Moment { elapsed, silence, forecast };
        assert_eq!(Polling::default().interval(moment), Duration::from_millis(milliseconds));
    }

    #[test]
    fn fast_at_the_beginning_and_near_the_end_but_not_for_ever() {
        check(0, 0, Forecast::NotBegun, 1000);
        check(9, 9, Forecast::NotBegun, 1000);
        check(10, 10, Forecast::NotBegun, 2350);
        check(100, 19, Forecast::Near, 1000);
        check(100, 20, Forecast::Near, 2350);
        check(900, 400, Forecast::Near, 4800);
    }

    #[test]
    fn slow_while_the_end_cannot_come() {
        let after = |millis| Forecast::SomeTimeAfter(Duration::from_millis(millis));
        check(30, 1, after(100), 2350);
        check(30, 1, after(900), 2350);
        check(30, 1, after(1800), 3250);
        check(30, 1, after(60_000), 4800);
        check(3000, 2000, after(900), 10_000);
        let not_before = |millis| Forecast::NotBefore(Duration::from_millis(millis));
        check(30, 1, not_before(100), 1000);
        check(30, 1, not_before(1800), 1800);
        check(30, 1, not_before(60_000), 4800);
    }

    #[test]
    fn slow_in_silence() {
        check(400, 179, Forecast::Open, 2350);
        check(400, 180, Forecast::Open, 4800);
        check(1801, 1800, Forecast::Open, 10_000);
    }

    #[test]
    fn a_silent_half_hour_stays_within_its_budget() {
        let mut elapsed = Duration::ZERO;
        let mut reads = 0;
        while elapsed < Duration::from_secs(1800) {
            let forecast = Forecast::Open;
            elapsed += Polling::default().interval(Moment { elapsed, silence: elapsed, forecast });
            reads += 1;
        }
        assert!(reads <= 500, "{reads}");
    }

    #[test]
    fn backing_off_doubles_and_ends() {
        let waits: Vec<u64> = (0..8).map(|failures| Polling::default().backoff(failures).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 10, 10, 10, 10]);
        assert_eq!(Polling::default().backoff(u32::MAX), Duration::from_secs(10));
    }

    #[test]
    fn a_faster_world_has_shorter_waits_and_a_higher_rate_limit() {
        let polling = Polling::default().faster(10.0);
        assert_eq!((polling.fast, polling.steady), (Duration::from_millis(100), Duration::from_millis(235)));
        assert_eq!(Polling::default().faster(1e6).fast, Duration::from_millis(20));
        assert_ne!(polling.rate_limit, Polling::default().rate_limit);
        // How long somebody is patient is not a matter of the world's time.
        assert_eq!(polling.credential_grace, Polling::default().credential_grace);
    }

    #[test]
    fn jitter_is_a_tenth_and_differs_by_stack_but_not_by_run() {
        let second = Duration::from_secs(1);
        let waits = |seed, stack| {
            let mut jitter = Jitter::of(seed, stack);
            (0..100).map(|_| jitter.spread(second)).collect::<Vec<_>>()
        };
        assert_eq!(waits(1, "a"), waits(1, "a"));
        assert_ne!(waits(1, "a"), waits(1, "b"));
        assert_ne!(waits(1, "a"), waits(2, "a"));
        let all = waits(7, "arn:stack");
        assert!(all.iter().all(|wait| (900..=1000).contains(&wait.as_millis())), "{all:?}");
        let mean = all.iter().sum::<Duration>() / 100;
        assert!((940..960).contains(&mean.as_millis()), "{mean:?}");
    }
}
