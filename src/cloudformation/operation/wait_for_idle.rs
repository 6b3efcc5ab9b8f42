//! Waits until no operation is in progress on a stack.
//!
//! In goes a stack's name, out comes the stack at rest, or the news that the time is up. Reads only, at the polling of a watch and
//! from its rate limit.

use std::time::Duration;

use aws_sdk_cloudformation::Client;

use crate::connection::clock::Clock;
use crate::error::{ApiError, ApiErrorKind};
use crate::event::{Events, StackEvents, failed_call};
use crate::operation::polling::{Jitter, Polling};
use crate::stack::status::StackClass;
use crate::stack::{self, Stack};

/// What came of waiting.
#[derive(Debug, Clone, PartialEq)]
pub enum Idle {
    /// Nothing runs: the stack as it is, `None` where there is none.
    AtRest(Option<Box<Stack>>),
    /// Something runs still.
    StillBusy(Box<Stack>),
}

/// Waits until nothing runs on the stack with this name or ARN, for `timeout` at most. Calls that go wrong in a way that may
/// pass are made again.
pub async fn wait_for_idle(
    client: &Client,
    stack: &str,
    timeout: Duration,
    polling: &Polling,
    events: &Events,
) -> Result<Idle, ApiError> {
    let clock = Clock::of(client);
    let facts = StackEvents { events, stack_name: stack };
    let mut jitter = Jitter::of(polling.seed, stack);
    let started = clock.now();
    let mut failures = 0;
    loop {
        polling.rate_limit.take(&clock).await;
        let wait = match stack::describe_once(client, stack).await {
            Ok(found) => {
                failures = 0;
                match found {
                    Some(found) if found.status.class() == StackClass::Moving => {
                        if clock.since(started) >= timeout {
                            return Ok(Idle::StillBusy(Box::new(found)));
                        }
                    }
                    found => return Ok(Idle::AtRest(found.map(Box::new))),
                }
                jitter.spread(polling.slow)
            }
            Err(error) if error.may_pass() && clock.since(started) < timeout => {
                if error.kind == ApiErrorKind::Throttled {
                    polling.rate_limit.throttled(&clock);
                }
                failures += 1;
                let wait = polling.backoff(failures);
                facts.emit(clock.now(), failed_call(error, wait));
                wait
            }
            Err(error) => return Err(error),
        };
        // Never beyond the time, but a last look at its end.
        clock.sleep(wait.min(timeout.saturating_sub(clock.since(started)))).await;
    }
}
