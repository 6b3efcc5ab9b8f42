//! Random trouble with every call: what is told and how it ends depend on what happened alone.

use proptest::prelude::*;

use crate::cloud::{EXPIRED, Knobs, THROTTLED, Trouble};
use crate::{Seen, follow};

const STORIES: [&str; 3] = [
    "0.2 STACK UPDATE_IN_PROGRESS User Initiated
     3.7 A UPDATE_IN_PROGRESS
     7.0 A UPDATE_COMPLETE
     7.9 STACK UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
     8.8 STACK UPDATE_COMPLETE
     20.0 STACK@theirs UPDATE_IN_PROGRESS User Initiated
     25.0 A@theirs UPDATE_FAILED no
     26.0 STACK@theirs UPDATE_ROLLBACK_COMPLETE",
    "-30.0 STACK@theirs UPDATE_IN_PROGRESS User Initiated
     -20.0 STACK@theirs UPDATE_COMPLETE
     0.2 STACK UPDATE_IN_PROGRESS User Initiated
     3.7 A UPDATE_IN_PROGRESS
     7.0 A UPDATE_FAILED no
     7.9 STACK UPDATE_ROLLBACK_IN_PROGRESS no
     11.0 A UPDATE_COMPLETE
     11.9 STACK UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
     12.8 STACK UPDATE_ROLLBACK_COMPLETE",
    "0.2 STACK UPDATE_IN_PROGRESS User Initiated
     3.7 N UPDATE_IN_PROGRESS
     3.8 N/STACK UPDATE_IN_PROGRESS
     7.0 N/A UPDATE_IN_PROGRESS
     8.0 N/A UPDATE_COMPLETE
     9.0 N/STACK UPDATE_COMPLETE
     9.5 N UPDATE_COMPLETE
     10.4 STACK UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
     11.3 STACK UPDATE_COMPLETE",
];

fn trouble() -> impl Strategy<Value = Trouble> {
    prop::sample::select(vec![
        THROTTLED,
        EXPIRED,
        Trouble::Lost,
        Trouble::Page,
        Trouble::Refused(500, "InternalFailure", "oops"),
    ])
}

fn knobs() -> impl Strategy<Value = Knobs> {
    let action =
        prop::sample::select(vec!["*", "DescribeStackEvents", "DescribeStacks", "DescribeChangeSet"]);
    let window = (0.0..30.0f64, 0.0..60.0f64, action, trouble());
    let windows = prop::collection::vec(window, 0..3);
    let lags = prop::collection::vec(0.0..8.0f64, 1..5);
    (windows, lags, 0.0..40.0f64, 1..5usize, any::<bool>()).prop_map(
        |(windows, event_lags, status_lag, page_size, overlap)| Knobs {
            windows: windows
                .into_iter()
                .map(|(from, length, action, trouble)| (from..from + length, action, trouble))
                .collect(),
            event_lags,
            status_lag,
            page_size,
            overlap,
            ..Knobs::default()
        },
    )
}

/// What was told of one stack.
fn of(seen: &Seen, nested: bool) -> Vec<&str> {
    seen.told.iter().map(String::as_str).filter(|line| line.contains('/') == nested).collect()
}

proptest! {
    // Each case is a whole watch through the SDK, on virtual time.
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_trouble_changes_what_is_told_or_how_it_ends(story in 0..STORIES.len(), knobs in knobs()) {
        let plain = follow(STORIES[story], Knobs::default());
        let seen = follow(STORIES[story], knobs);
        prop_assert_eq!(of(&seen, false), of(&plain, false));
        // Nested stacks are read on for a while after the root's end, and not for as long as any trouble lasts: what is told of
        // them is what happened, in order and once, and may break off.
        prop_assert!(of(&plain, true).starts_with(&of(&seen, true)), "{:?}", of(&seen, true));
        prop_assert_eq!(seen.ending(), plain.ending());
    }
}
