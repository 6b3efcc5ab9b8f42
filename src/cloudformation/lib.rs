//! Deploys a CloudFormation stack by change set and follows its events to the verdict.
//!
//! In goes a template and a client, out come facts on a channel and one [`Outcome`]. The verdict is read from the event
//! stream and confirmed once; throttled, stale, repeated or oddly paged reads never change it, and no path returns
//! [`Outcome::Deployed`] unless the success of *this* operation was seen.
//!
//! This crate never prints, uses the client's clock, and knows no resource type but the stack.
//!
//! The calls of a deployment, in order: [`connect()`] → [`wait_for_idle`] → [`upload()`] if the template is large →
//! [`prepare_request()`] → [`prepare`] → (ask) →
//! [`execute`] → [`watch()`]; or [`discard()`]. For a stack that needs attention, [`guidance()`] names the action; [`cancel()`],
//! [`rollback()`] and [`delete()`] start one. Each returns an [`Operation`] to watch.
//!
//! ```
//! use tablewright_cloudformation::{Events, Outcome, Polling, Prepared, Request, discard, execute, prepare, prepare_request, watch};
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
//!     let prepared_request = prepare_request(client, request).await?;
//!     let Prepared::Ready(change_set) = prepare(client, &prepared_request, events).await? else { return Ok(None) };
//!     if !approve(&change_set) {
//!         discard(client, &prepared_request, events).await?;
//!         return Ok(None);
//!     }
//!     let operation = execute(client, &change_set, token, events).await?;
//!     Ok(Some(watch(client, &operation, &Polling::default(), events).await?))
//! }
//! ```

mod text;
pub mod error;
pub mod connection;
pub mod stack;
pub mod event;
pub mod change_set;
pub mod template_upload;
pub mod operation;

pub use aws_sdk_cloudformation::Client;
pub use change_set::delete::{Discarded, discard, discard_leftovers};
pub use change_set::prepared_request::{PreparedRequest, RequestError, prepare_request, prepare_request_for};
pub use change_set::request::{
    ChangeSetType, OnFailure, Parameter, Request, RequestProblem, RollbackConfiguration, Template,
};
pub use change_set::requirements::{Capability, Requirements};
pub use change_set::validation::{ValidationDetail, hooks};
pub use change_set::{ChangeSet, PrepareError, Prepared, prepare};
pub use connection::error::{ConnectError, SignIn};
pub use connection::options::{Connect, MfaCode, Origin};
pub use connection::pages::PageTokens;
pub use connection::{Connection, connect};
pub use error::{ApiError, ApiErrorKind, Conflict};
pub use event::{Event, EventKind, Events, ResourceEvent};
pub use operation::cancel::{CancelCreation, CancelError, cancel};
pub use operation::delete_stack::{DeleteError, PreparedDeletion, delete, prepare_deletion, start_deletion};
pub use operation::outcome::{Cause, Failure, Leftover, Outcome};
pub use operation::polling::Polling;
pub use operation::rate_limit::RateLimit;
pub use operation::rollback::{RollbackError, RollbackOptions, rollback};
pub use operation::wait_for_idle::{Idle, wait_for_idle};
pub use operation::watch::{WatchError, watch};
pub use operation::{Operation, execute, latest, pause_after};
pub use stack::Stack;
pub use stack::guidance::{Guidance, guidance};
pub use stack::status::{ResourceStatus, StackClass, StackStatus};
pub use template_upload::{Bucket, UploadError, upload};
