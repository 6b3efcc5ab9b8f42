//! CPU time of one thread, as Linux keeps it: other work on the machine disturbs it little.

use std::fs;
use std::hint::black_box;
use std::time::Duration;

/// How often a piece of work is done; the cheapest run counts.
pub(crate) const RUNS: usize = 40;

/// Returns the CPU time of the cheapest run, what it made dropped again.
pub(crate) fn least<T>(mut work: impl FnMut() -> T) -> Duration {
    let runs = (0..RUNS).map(|_| {
        let start = cpu_time();
        drop(black_box(work()));
        cpu_time() - start
    });
    runs.min().unwrap_or_default()
}

/// Returns the CPU time of this thread so far: the first number in its `schedstat`, in ns.
fn cpu_time() -> Duration {
    // Else Linux brings the number up to date only at the next tick, up to 10 ms later.
    std::thread::yield_now();
    let path = "/proc/thread-self/schedstat";
    let text = fs::read_to_string(path).expect("Linux keeps the CPU time of threads here");
    let first = text.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(first.expect("the line begins with a number"))
}

pub(crate) fn ms(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}
