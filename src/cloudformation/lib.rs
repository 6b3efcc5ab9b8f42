//! Deploys a CloudFormation stack by change set and follows its events to the verdict.
//!
//! In goes a template and a client, out come facts on a channel and one [`Outcome`]. The verdict is read from the event
//! stream and confirmed once; throttled, stale, repeated or oddly paged reads never change it, and no path returns
//! [`Outcome::Deployed`] unless the success of *this* operation was seen.
//!
//! This crate never prints, has no clock of its own, and has never heard of any resource type but the stack.
//!
//! The way of a deploy: [`connect()`] → [`wait_for_idle`] → [`upload()`] if it is large → [`draft()`] → [`prepare`] → (ask) →
//! [`execute`] → [`watch()`]; or [`discard()`]. What has gone wrong is [`guidance()`]'s to name and [`cancel()`]'s,
//! [`rollback()`]'s or [`delete()`]'s to undo; each of them hands out an [`Operation`] to watch.
//!
//! ```
//! use tablewright_cloudformation::{Events, Outcome, Pace, Prepared, Request, discard, draft, execute, prepare, watch};
//!
//! # use aws_sdk_cloudformation::Client;
//! /// Deploys when `approve` says so; `None` when there was nothing to do or it was declined.
//! async fn deploy(
//!     client: &Client,
//!     request: Request,
//!     token: &str,
//!     approve: impl Fn(&tablewright_cloudformation::ChangeSet) -> bool,
//!     events: &Events,
//! ) -> Result<Option<Outcome>, Box<dyn std::error::Error>> {
//!     let draft = draft(client, request).await?;
//!     let Prepared::Ready(change_set) = prepare(client, &draft, events).await? else { return Ok(None) };
//!     if !approve(&change_set) {
//!         discard(client, &draft, events).await?;
//!         return Ok(None);
//!     }
//!     let operation = execute(client, &change_set, token, events).await?;
//!     Ok(Some(watch(client, &operation, &Pace::default(), events).await?))
//! }
//! ```

mod vocabulary;

pub mod connect;
pub mod credentials;
mod http;

pub mod endpoint;

mod clock;
pub mod error;

pub mod status;

pub mod event;

pub mod stack;

pub mod request;
pub mod requirements;

pub mod upload;

pub mod draft;

pub mod change;

pub mod finding;

pub mod change_set;

pub mod discard;

pub mod operation;

pub mod history;

pub mod timeline;

mod family;
mod outlook;

pub mod budget;
pub mod pace;

mod look;
pub mod watch;

pub mod outcome;

pub mod cancel;
pub mod delete;
pub mod rollback;

pub mod guidance;
pub mod idle;

pub mod guard;

pub use aws_sdk_cloudformation::Client;
pub use budget::RateBudget;
pub use cancel::{CancelCreation, CancelError, cancel};
pub use change_set::{ChangeSet, PrepareError, Prepared, prepare};
pub use connect::{Connect, ConnectError, Connection, connect};
pub use credentials::{MfaCode, SignIn};
pub use delete::{DeleteError, delete};
pub use discard::{Discarded, discard, discard_leftovers};
pub use draft::{ChangeSetType, Draft, DraftError, draft};
pub use error::{ApiError, ApiErrorKind};
pub use event::{Event, EventKind, Events, ResourceEvent};
pub use finding::ValidationDetail;
pub use guidance::{Guidance, guidance};
pub use idle::{Idle, wait_for_idle};
pub use operation::{Operation, execute, latest};
pub use outcome::{Cause, Failure, Leftover, Outcome};
pub use pace::Pace;
pub use request::{OnFailure, Request, RequestProblem, RollbackConfiguration};
pub use requirements::Requirements;
pub use rollback::{RollbackError, RollbackOptions, rollback};
pub use stack::Stack;
pub use status::{ResourceStatus, StackClass, StackStatus};
pub use upload::{Bucket, UploadError, upload};
pub use watch::{WatchError, watch};
