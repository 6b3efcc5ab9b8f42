//! A CloudFormation and DynamoDB control plane in one process, with the part of S3 that a template upload needs.
//!
//! In goes an HTTP request as an AWS SDK sends it, out comes the answer that AWS would give, with its statuses, events,
//! bodies and exact refusals, in a time that can run faster. It is the judge of a deployment, not its accomplice: it
//! shares no code with the planner, and what it does not model it refuses by name.
//!
//! The account is 000000000000. The region is the one in the request's credential scope, us-east-1 without one; regions are
//! kept apart. Signatures are not checked, permissions are not modelled: a `RoleARN` is kept and shown, and judged by whom it
//! trusts if a stack of the sandbox made the role. Faults are injected with [`Sandbox::set_faults`], or
//! from another process by a PUT to `/_sandbox/faults`.
//! Entry points: [`Sandbox::answer`], [`Sandbox::http_client`] for an SDK in this process, [`serve`] for other tools.
//!
//! ```
//! use tablewright_sandbox::{Options, Request, Sandbox};
//!
//! let sandbox = Sandbox::in_memory(Options::default());
//! let body = b"Action=DescribeStacks&Version=2010-05-15&StackName=notes".to_vec();
//! let request = Request { method: "POST".into(), path: "/".into(), headers: vec![], body };
//! let answer = sandbox.answer(&request)?;
//! assert_eq!(answer.status, 400);
//! assert!(String::from_utf8(answer.body)?.contains("Stack with id notes does not exist"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Lowest first: a module imports only those above it in this list, as a test reads from the sources.
mod clock;
mod wire;
mod state;
mod template;
mod dynamodb;
mod s3;
mod resources;
mod engine;
mod cloudformation;

// These may import all of the above, and each other.
mod connector;
mod control;
mod effects;
mod sandbox;
mod server;
mod service_call;

pub use clock::{Clock, VirtualClock};
pub use sandbox::{Call, ConnectionLost, Options, Sandbox};
pub use server::serve;
pub use state::faults::{
    CallFailure, CallFault, CallWindow, CancelFault, Faults, HandlerOperation, HookFault, HookMode,
    HookTarget, NthResourceFault, ResourceFault,
};
pub use state::store::StoreError;
pub use state::timings::Timings;
pub use wire::{Request, Response};
