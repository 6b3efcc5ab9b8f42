//! Define a DynamoDB table by its item struct.
//!
//! A struct with `#[derive(TableItem)]` defines the keys and indexes of a table, and a few lines of Rust its settings. The
//! `tablewright` command renders the definition to a CloudFormation template for review, plans changes so that no data is lost,
//! deploys them, and waits until the tables are ready. This crate is what such a definition depends on: it has twelve small
//! dependencies and builds in seconds.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use tablewright::{Billing, Capacity, Days, Env, Result, Stack, Table, TableItem};
//!
//! /// A note, found by its user.
//! #[derive(Serialize, Deserialize, TableItem)]
//! #[serde(rename_all = "camelCase")]
//! pub struct Note {
//!     #[ddb(partition)]
//!     pub user_id: String, // `userId`, S
//!     #[ddb(sort)]
//!     pub note_id: String,
//!     pub content: String,
//! }
//!
//! pub fn stack(_env: &Env) -> Result<Stack> {
//!     let mut stack = Stack::new("notes");
//!     let notes = stack.table(
//!         Table::of::<Note>()
//!             .billing(Billing::provisioned(Capacity::auto(5..=50), Capacity::auto(5..=25)))
//!             .point_in_time_recovery(Days(35)),
//!     );
//!     stack.output("NotesTable", notes.name());
//!     Ok(stack)
//! }
//! # stack(&Env::new("demo", "dev")).unwrap();
//! ```
//!
//! # Data flow
//!
//! | module | takes | returns |
//! | --- | --- | --- |
//! | the derive [`TableItem`](macro@TableItem) | tokens of a struct | [`ItemDef`], constant data |
//! | [`Table::of`] and the builder | [`ItemDef`], settings | [`Table`], the one model |
//! | [`program`] | stack functions, an [`Env`] | [`Assembly`], JSON in a file |
//! | `check` (feature `render`) | an [`Assembly`] | every [`Problem`], with its source location |
//! | `render` (feature `render`) | a [`Stack`] | a template, verified against the model |
//!
//! Other packages of the workspace: `tablewright-template` parses templates, `tablewright-plan` plans changes,
//! `tablewright-cloudformation` and `tablewright-dynamodb` call the services, `tablewright-sandbox` simulates both services,
//! `tablewright-deploy` rolls out changes, and `tablewright-cli` is the command.
//!
//! *Invariants:* this crate does not depend on tokio, clap, the AWS SDK or a terminal; it reads no clock, network or random
//! numbers; every fact about a table is in one place, [`Table`].
//!
//! # Where a new table property goes
//!
//! Templates need no change: `templates/resource.yaml` writes whatever `render/lower/` returns.
//!
//! | file | change | what fails without it |
//! | --- | --- | --- |
//! | `tests/schema/*.paths.txt` | the new path of AWS's schema | nothing: begin here |
//! | `table/mod.rs` | a field, its initial value in `Table::blank`, a builder method, and a line in `has_more_settings`, so that an older tool refuses the manifest | the compiler; `render::tests::paths` |
//! | `table/settings.rs`, `table/index.rs`, `table/global.rs` | its type; the same setting of an index or a replica | `render::tests::paths` |
//! | `render/lower/table.rs`, `render/lower/global.rs` | its position among the properties; in `shape.rs` if both resource types have it | `render::tests::paths` |
//! | `render/tests/definitions.rs` | a definition that uses it | `render::tests::paths` |
//! | `check/`, and its row in the documentation of `check` | what AWS would reject | `check::tests`, with a case of its own |
//! | `stacks/gallery/`, rendered again | an example | `stacks/gallery/tests/complete.rs` |
//! | `src/plan/rules/` | the verdict of a change, one row with its source | the test of `src/plan` that reads the paths |
//! | `src/sandbox/dynamodb/`, `src/sandbox/resources/` | how the service handles it | a deployment in the sandbox, which rejects what it does not model |
//! | `src/dynamodb/local.rs`, `src/dynamodb/update.rs` | whether DynamoDB Local supports it | the tests of `local up` |
//! | `CHANGELOG.md` | one line | nothing |
//!
//! # Features
//!
//! * `render`: reading manifests (`Assembly::read`, and `Deserialize` of the model), checks and templates, for the command and
//!   for snapshot tests. Off by default, to keep the build of a crate of item types small.
//! * `bytes`, `chrono`, `jiff`, `serde_bytes`, `ulid`, `uuid`: support for key attributes of types of these crates. Off by
//!   default.
//!
//! With `render`, a test can inspect the template:
//!
//! ```
//! # #[cfg(feature = "render")]
//! # fn test() -> Result<(), tablewright::render::Error> {
//! use tablewright::render::{Templates, render};
//! use tablewright::{Assembly, Env, Scalar, Stack, Table};
//!
//! let assembly = Assembly::new(&Env::new("shop", "dev"), &[("orders", |_| {
//!     let mut stack = Stack::new("orders");
//!     stack.table(Table::define("Order").partition("customer", Scalar::S));
//!     Ok(stack)
//! })]);
//! let rendered = render(&assembly.stacks[0], &assembly.env, &Templates::builtin())?;
//! assert!(rendered.text.contains("TableName: shop-dev-order"));
//! assert_eq!(rendered.template["Resources"]["Order"]["DeletionPolicy"], "RetainExceptOnCreate");
//! # Ok(())
//! # }
//! # #[cfg(feature = "render")]
//! # test().unwrap();
//! ```

extern crate self as tablewright;

mod item;

mod place;
mod problem;
mod value;
mod table;
mod stack;

pub mod program;

#[cfg(feature = "render")]
pub mod check;
#[cfg(feature = "render")]
pub mod render;

pub use item::key_parts::{KeyPart, KeyParts, KeyRole};
pub use item::scalar::{IndexKeyAttr, KeyAttr, Scalar};
#[doc(hidden)]
pub use item::single_table;
pub use item::testing;
pub use item::{
    Attr, AttributeDef, IndexDef, IndexKind, IndexName, ItemDef, ProjectionDef, SourcePlace, TableItem,
};
pub use place::Place;
pub use problem::{Problem, Severity};
pub use program::assembly::{Assembly, CAPABILITIES, FORMAT, Header, StackFn};
pub use program::env::{Env, Profile};
#[cfg(feature = "render")]
pub use program::read::ReadError;
/// JSON literals, for policies, overrides and raw resources.
#[doc(no_inline)]
pub use serde_json::json;
pub use stack::condition::{Condition, Mapping, Test};
pub use stack::parameter::{Parameter, ParameterType};
#[cfg(feature = "render")]
pub use stack::resolve;
pub use stack::resource::{Published, RawResource};
pub use stack::{Output, Stack, TableRef};
pub use table::billing::{AutoScaling, Billing, Capacity, OnDemand, Provisioned};
pub use table::global::{Consistency, Global, Read, Replica, ReplicaIndex, SettingsReplication};
pub use table::import::{Compression, Csv, Delimiter, ImportFormat, S3Import};
pub use table::index::{Attribute, Index, Key, Projection};
pub use table::overrides::Override;
pub use table::policy::{Policy, Statement};
pub use table::schedule::Schedule;
pub use table::settings::{
    ContributorInsights, Days, DeletionPolicy, Encryption, InsightsMode, Kinesis, PointInTimeRecovery,
    Precision, StreamView, TableClass, UpdateReplacePolicy, WarmThroughput,
};
pub use table::{Table, scaling};
pub use tablewright_derive::{KeyAttr, KeyParts, TableItem};
pub use value::{Argument, Expression, Sub, Value};

/// The return type of stack functions; `?` accepts any error.
pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;
