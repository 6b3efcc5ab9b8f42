//! Your item struct is your DynamoDB table.
//!
//! A struct with `#[derive(TableItem)]` says what a table looks like; a few lines of Rust say how it is run; the
//! `tablewright` command renders that to a CloudFormation template that people like to review, plans the change so that no
//! data is lost, deploys it, and watches until the tables can be used. This crate is the part that such a struct needs: it
//! has twelve small dependencies and builds in seconds.
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
//! # The way of the data
//!
//! | module | in | out |
//! | --- | --- | --- |
//! | the derive [`TableItem`](macro@TableItem) | tokens of a struct | [`ItemDef`], constant data |
//! | [`Table::of`] and the builder | [`ItemDef`], settings | [`Table`], the one model |
//! | [`program`] | stack functions, an [`Env`] | [`Assembly`], JSON in a file |
//! | `check` (feature `render`) | an [`Assembly`] | every [`Problem`], each with its Rust line |
//! | `render` (feature `render`) | a [`Stack`] | a template, compared with the model before it leaves |
//!
//! The packages behind it, each with its own documentation: `tablewright-template` reads templates, `tablewright-plan`
//! judges changes, `tablewright-cloudformation` talks to CloudFormation, `tablewright-dynamodb` to DynamoDB, `tablewright-sandbox` plays
//! both of them, `tablewright-cli` is the command.
//!
//! *Invariants:* this crate never sees tokio, clap, the AWS SDK or a terminal; nothing in it reads a clock, the network or
//! random numbers; a fact about a table stands in one place, [`Table`].
//!
//! # Where a new table property goes
//!
//! No template line: `templates/resource.yaml` writes whatever `render/lower/` returns.
//!
//! | place | what | what fails without it |
//! | --- | --- | --- |
//! | `tests/schema/*.paths.txt` | the new path of AWS's schema | nothing: begin here |
//! | `table/mod.rs` | a field, its start value in `Table::blank`, a builder method, and a line in `has_more_settings`, so that an older tool refuses the manifest | the compiler; `render::tests::paths` |
//! | `table/settings.rs`, `table/index.rs`, `table/global.rs` | its type; the same setting of an index or a replica | `render::tests::paths` |
//! | `render/lower/table.rs`, `render/lower/global.rs` | its place among the properties; in `shape.rs` if both have it | `render::tests::paths` |
//! | `render/tests/definitions.rs` | a definition that uses it | `render::tests::paths` |
//! | `check/`, and its row in the documentation of `check` | what AWS would refuse | `check::tests`, with a case of its own |
//! | `stacks/gallery/`, rendered again | an example | `stacks/gallery/tests/complete.rs` |
//! | `src/plan/rules/` | the verdict of a change, one row with its source | the test of `src/plan` that reads the paths |
//! | `src/sandbox/dynamodb/`, `src/sandbox/resources/` | how the service takes it | a deployment in the sandbox, which refuses what it does not model |
//! | `src/dynamodb/local.rs`, `src/dynamodb/update.rs` | whether DynamoDB Local takes it | the tests of `local up` |
//! | `CHANGELOG.md` | one line | nothing |
//!
//! # Features
//!
//! * `render`: what only the command needs, and a team's own snapshot tests: reading manifests (`Assembly::read`, and
//!   `Deserialize` of the model), checks and templates. Off by default, so that a crate of item types does not build it.
//! * `bytes`, `chrono`, `jiff`, `serde_bytes`, `ulid`, `uuid`: the types of these crates as keys. Off by default.
//!
//! With `render`, a test of a team's own can read the template:
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
/// Writes JSON in Rust, for policies, overrides and raw resources.
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

/// What a stack function returns; `?` works on any error.
pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;
