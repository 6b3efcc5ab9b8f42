//! What a watch costs and how soon it sees the end: the figures that the polling is made for.

use std::fmt::Write as _;
use std::future::{Future as _, poll_fn};
use std::task::Poll;

use tablewright_cloudformation::watch;
use tablewright_cloudformation::{Events, Outcome, Polling, RateLimit};

use crate::clock::Clock;
use crate::cloud::{Cloud, Knobs};
use crate::story::story;
use crate::{client, follow, operation};

/// A creation of `waves` times `width` resources that take `length` seconds each, from second `first` on, and when it ends.
fn creation(waves: u32, width: u32, first: f64, length: f64) -> (String, f64) {
    let mut text = String::from("0.2 STACK CREATE_IN_PROGRESS User Initiated\n");
    let mut begin = first;
    for wave in 0..waves {
        let each = |text: &mut String, at: f64, mark: &str, status: &str| {
            for column in 0..width {
                let (at, number) = (at + 0.04 * f64::from(column), wave * width + column);
                writeln!(text, "{at:.2} T{number}{mark} {status}").unwrap();
            }
        };
        each(&mut text, begin, "?", "CREATE_IN_PROGRESS");
        each(&mut text, begin + 0.7, "", "CREATE_IN_PROGRESS");
        each(&mut text, begin + length, "", "CREATE_COMPLETE");
        begin += length + 0.4;
    }
    let end = begin + 0.5;
    writeln!(text, "{end:.2} STACK CREATE_COMPLETE").unwrap();
    (text, end)
}

/// An update of one resource that takes `length` seconds, and when it ends.
fn update(length: f64) -> (String, f64) {
    let end = 3.7 + length;
    let text = format!(
        "0.2 STACK UPDATE_IN_PROGRESS User Initiated
         3.7 T1 UPDATE_IN_PROGRESS
         {end:.2} T1 UPDATE_COMPLETE
         {:.2} STACK UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
         {:.2} STACK UPDATE_COMPLETE",
        end + 0.9,
        end + 1.8
    );
    (text, end + 1.8)
}

/// Median and 95th percentile of the time from the readable end to ours, and the largest number of calls.
struct Figures {
    median: f64,
    p95: f64,
    calls: usize,
    first: f64,
}

/// Follows many stacks that differ by a little, so that reads meet their ends at every phase.
fn measure(runs: u32, make: impl Fn(f64) -> (String, f64)) -> Figures {
    let mut lags = Vec::new();
    let (mut calls, mut first) = (0, 0.0_f64);
    for run in 0..runs {
        let (text, end) = make(f64::from(run) / f64::from(runs));
        let seen = follow(&text, Knobs { before: "REVIEW_IN_PROGRESS", ..Knobs::default() });
        assert!(seen.ending().starts_with("deployed"), "{}", seen.ending());
        assert_eq!(seen.told.len(), story(&text).len());
        lags.push(seen.end - end);
        calls = calls.max(seen.reads);
        first = first.max(seen.first - 0.2);
    }
    lags.sort_by(f64::total_cmp);
    let at = |part: f64| lags[((lags.len() - 1) as f64 * part) as usize];
    let figures = Figures { median: at(0.5), p95: at(0.95), calls, first };
    println!(
        "median {:.2} s, p95 {:.2} s, {} calls, first entry after {:.2} s",
        figures.median, figures.p95, figures.calls, figures.first
    );
    figures
}

#[track_caller]
fn check(figures: &Figures, calls: usize) {
    assert!(figures.calls <= calls, "{} calls", figures.calls);
    assert!(figures.median <= 1.0, "median {}", figures.median);
    assert!(figures.p95 <= 1.5, "p95 {}", figures.p95);
    assert!(figures.first <= 1.5, "first entry after {}", figures.first);
}

#[test]
fn a_minute_of_tables_one_after_the_other() {
    // Five waves of 10 to 11 seconds: 55 to 60 seconds.
    check(&measure(20, |part| creation(5, 3, 3.0 + 1.7 * part, 10.0 + part)), 20);
}

#[test]
fn a_minute_of_one_slow_resource() {
    // Nothing tells how long it will take: the end is seen as soon, for a few more calls.
    check(&measure(20, |part| update(50.0 + 5.0 * part)), 24);
    check(&measure(20, |part| creation(1, 3, 3.0 + 1.7 * part, 50.0 + 5.0 * part)), 29);
}

#[test]
fn a_quick_stack() {
    check(&measure(20, |part| creation(1, 1, 3.0 + 1.7 * part, 1.5 + 3.0 * part)), 10);
    check(&measure(20, |part| creation(2, 2, 3.0 + 1.7 * part, 1.5 + 3.0 * part)), 12);
}

#[test]
fn three_minutes() {
    check(&measure(20, |part| creation(17, 2, 3.0 + 1.7 * part, 10.0 + 0.3 * part)), 60);
    check(&measure(20, |part| creation(1, 2, 3.0 + 1.7 * part, 170.0 + 5.0 * part)), 85);
    check(&measure(20, |part| update(170.0 + 5.0 * part)), 85);
}

#[test]
fn half_an_hour() {
    let figures = measure(2, |part| update(1790.0 + part));
    assert!(figures.calls <= 500, "{} calls", figures.calls);
}

#[test]
fn a_hundred_stacks_share_one_budget() {
    let (text, end) = creation(1, 3, 5.0, 170.0);
    let lines = story(&text);
    let operation = operation(&lines);
    let clock = Clock::default();
    let cloud = Cloud::new(clock.clone(), lines, Knobs { before: "REVIEW_IN_PROGRESS", ..Knobs::default() });
    let client = client(&cloud);
    let rate_limit = RateLimit::default();
    let (events, receiver) = Events::channel();
    drop(receiver);
    let paces: Vec<Polling> =
        (0..100).map(|seed| Polling { seed, rate_limit: rate_limit.clone(), ..Polling::default() }).collect();
    let mut watches: Vec<_> =
        paces.iter().map(|polling| Some(Box::pin(watch(&client, &operation, polling, &events)))).collect();
    let mut ends = Vec::new();
    clock.run(poll_fn(|context| {
        for watch in &mut watches {
            if let Some(running) = watch
                && let Poll::Ready(outcome) = running.as_mut().poll(context)
            {
                assert!(matches!(outcome, Ok(Outcome::Deployed { .. })), "{outcome:?}");
                ends.push(clock.seconds() - end);
                *watch = None;
            }
        }
        if watches.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    }));
    let calls: Vec<f64> = cloud.calls().into_iter().map(|(at, _)| at).collect();
    println!(
        "{} calls in {:.0} s; ends seen after {:.0} to {:.0} s",
        calls.len(),
        clock.seconds(),
        ends[0],
        ends[ends.len() - 1]
    );
    for (first, from) in calls.iter().enumerate() {
        let within = calls[first..].iter().take_while(|at| **at - from <= 60.0).count();
        assert!(within as f64 <= 2.0 * 60.0 + 4.0 + 1.0, "{within} calls within a minute");
    }
    // A hundred last reads and as many confirmations, at two a second.
    assert!(ends[ends.len() - 1] <= 110.0, "{ends:?}");
}
