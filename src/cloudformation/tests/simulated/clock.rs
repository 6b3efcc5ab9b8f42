//! Virtual time for any number of futures: it stands still while one of them can go on, and then jumps to the next deadline.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;

/// When every story begins.
pub(crate) const BEGINNING: SystemTime = SystemTime::UNIX_EPOCH;

#[derive(Debug, Clone, Default)]
pub(crate) struct Clock(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    now: Duration,
    /// Who waits, by deadline and by number.
    sleepers: BTreeMap<(Duration, u64), Waker>,
    count: u64,
}

impl Clock {
    /// Seconds since the beginning.
    pub(crate) fn seconds(&self) -> f64 {
        self.0.lock().unwrap().now.as_secs_f64()
    }

    /// Runs `future` to its end, in no time.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&flag));
        let mut future = pin!(future);
        loop {
            while flag.0.swap(false, Ordering::SeqCst) {
                if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return output;
                }
            }
            self.jump();
        }
    }

    /// Goes to the next deadline.
    fn jump(&self) {
        let mut state = self.0.lock().unwrap();
        let ((deadline, _), waker) = state.sleepers.pop_first().expect("somebody waits for time to pass");
        state.now = state.now.max(deadline);
        drop(state);
        waker.wake();
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        BEGINNING + self.0.lock().unwrap().now
    }
}

impl AsyncSleep for Clock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let mut state = self.0.lock().unwrap();
        state.count += 1;
        let key = (state.now.saturating_add(duration), state.count);
        Sleep::new(Sleeper { clock: self.clone(), key })
    }
}

struct Sleeper {
    clock: Clock,
    key: (Duration, u64),
}

impl Future for Sleeper {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.0.lock().unwrap();
        if state.now >= self.key.0 {
            return Poll::Ready(());
        }
        state.sleepers.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleeper {
    /// One that lost a race moves nothing.
    fn drop(&mut self) {
        self.clock.0.lock().unwrap().sleepers.remove(&self.key);
    }
}
