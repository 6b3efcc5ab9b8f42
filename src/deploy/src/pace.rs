//! How often CloudFormation is asked. Pure: times in, a wait out.
//!
//! Fast at the beginning, after news and near the end, slow in a long silence: a table's index may take a day. The
//! rates of CloudFormation are shared with every other pipeline of the account, so a throttled call doubles the wait.

use std::time::Duration;

/// The waits of a watch. The defaults keep a 3-minute deploy below 110 reads and one of 30 minutes below 500.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// Between reads while something is going on.
    pub fast: Duration,
    /// Between reads otherwise.
    pub steady: Duration,
    /// Between reads after five minutes of silence.
    pub slow: Duration,
    /// Between reads after half an hour of silence.
    pub slowest: Duration,
    /// The longest wait that throttling or a failing network can lead to.
    pub longest: Duration,
    /// When the events have not begun, or have been silent, for this long, the stack itself is asked as well.
    pub begin_by: Duration,
    /// As `begin_by`, once they have begun; also the time between two such questions.
    pub silence: Duration,
    /// How long expired credentials are tried again before the watch is given up.
    pub credential_grace: Duration,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            fast: Duration::from_secs(1),
            steady: Duration::from_secs(2),
            slow: Duration::from_secs(5),
            slowest: Duration::from_secs(10),
            longest: Duration::from_secs(10),
            begin_by: Duration::from_secs(30),
            silence: Duration::from_secs(60),
            credential_grace: Duration::from_secs(300),
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
    /// Whether every resource of the change set has come to a final status.
    pub(crate) resources_done: bool,
}

impl Pace {
    /// The wait before the next read.
    pub(crate) fn interval(&self, moment: Moment) -> Duration {
        let seconds = |seconds| Duration::from_secs(seconds);
        if moment.elapsed < seconds(15) || moment.silence < seconds(10) {
            return self.fast;
        }
        // All resources done and no end yet: it is near, or a rollback is; either way not for long.
        if moment.resources_done && moment.silence < seconds(60) {
            return self.fast;
        }
        match moment.silence.as_secs() {
            0..300 => self.steady,
            300..1800 => self.slow,
            _ => self.slowest,
        }
    }

    /// The wait after `failures` reads in a row went wrong.
    pub(crate) fn backoff(&self, failures: u32) -> Duration {
        (self.fast * 2u32.saturating_pow(failures.min(16))).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(elapsed: u64, silence: u64, resources_done: bool, expected: u64) {
        let (elapsed, silence) = (Duration::from_secs(elapsed), Duration::from_secs(silence));
        let moment = Moment { elapsed, silence, resources_done };
        assert_eq!(Pace::default().interval(moment), Duration::from_secs(expected));
    }

    #[test]
    fn fast_when_something_happens() {
        check(0, 0, false, 1);
        check(14, 14, false, 1);
        check(15, 15, false, 2);
        check(900, 9, false, 1);
        check(900, 10, false, 2);
    }

    #[test]
    fn fast_near_the_end_but_not_for_ever() {
        check(100, 59, true, 1);
        check(100, 60, true, 2);
    }

    #[test]
    fn slow_in_silence() {
        check(400, 299, false, 2);
        check(400, 300, false, 5);
        check(1801, 1800, false, 10);
    }

    #[test]
    fn a_silent_half_hour_stays_within_its_budget() {
        let mut elapsed = Duration::ZERO;
        let mut reads = 0;
        while elapsed < Duration::from_secs(1800) {
            elapsed += Pace::default().interval(Moment { elapsed, silence: elapsed, resources_done: false });
            reads += 1;
        }
        assert!(reads <= 500, "{reads}");
    }

    #[test]
    fn backing_off_doubles_and_ends() {
        let waits: Vec<u64> = (0..8).map(|failures| Pace::default().backoff(failures).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 10, 10, 10, 10]);
        assert_eq!(Pace::default().backoff(u32::MAX), Duration::from_secs(10));
    }
}
