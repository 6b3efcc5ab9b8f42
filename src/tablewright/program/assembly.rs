//! The manifest: all stacks of a project for one environment, as the user's program passes them to the tool.
//!
//! An [`Assembly`] is exchanged as JSON between two versions: that of the library and that of the tool. `format` changes only if
//! an old reader would misinterpret a manifest. An optional field does not change it. A field that an old reader must not ignore
//! adds a capability to `requires`.

use serde::Serialize;

use crate::place::Place;
use crate::problem::Problem;
use crate::program::env::Env;
use crate::stack::Stack;
use crate::table::Table;

/// The manifest format that this version writes and reads.
///
/// See [`Header`].
pub const FORMAT: u32 = 1;

/// The capabilities that this version supports; see [`Assembly::requires`].
///
/// ```
/// use tablewright::{Assembly, CAPABILITIES, Env, Stack, Table};
///
/// let assembly = Assembly::new(&Env::new("shop", "dev"), &[("orders", |_| {
///     let mut stack = Stack::new("orders");
///     stack.table(Table::define("Order").depends_on("Topic"));
///     Ok(stack)
/// })]);
/// assert_eq!(assembly.requires, ["table-settings"]);
/// assert!(CAPABILITIES.contains(&"table-settings"));
/// ```
pub const CAPABILITIES: &[&str] =
    &[MULTI_ATTRIBUTE_KEYS, GLOBAL_TABLE, TABLE_SETTINGS, OVERRIDES, STACK_SETTINGS];

/// An index whose key has more than one partition or sort attribute.
const MULTI_ATTRIBUTE_KEYS: &str = "multi-attribute-keys";

/// An `AWS::DynamoDB::GlobalTable`; a reader that ignored it would create a table without replicas.
const GLOBAL_TABLE: &str = "global-table";

/// Table settings that the first version did not have; see [`Table::has_more_settings`].
const TABLE_SETTINGS: &str = "table-settings";

/// Overridden properties.
const OVERRIDES: &str = "overrides";

/// Anything in a stack other than tables and outputs; see [`Stack::has_settings`].
const STACK_SETTINGS: &str = "stack-settings";

/// A stack function: the function `stack` of a module in `stacks/`.
///
/// See [`Assembly`].
pub type StackFn = fn(&Env) -> crate::Result<Stack>;

/// All stacks of a project for one environment.
///
/// ```
/// use tablewright::{Assembly, Env, Stack, Table};
///
/// let assembly = Assembly::new(&Env::new("shop", "dev"), &[
///     ("orders", |_| {
///         let mut stack = Stack::new("orders");
///         stack.table(Table::define("Order"));
///         Ok(stack)
///     }),
///     ("reports", |_| Err("no such region".into())),
/// ]);
/// assert_eq!(assembly.stacks.len(), 1);
/// assert_eq!(assembly.problems[0].message, "stack `reports` cannot be created: no such region");
///
/// let json = serde_json::to_vec(&assembly)?;
/// # #[cfg(feature = "render")]
/// assert_eq!(Assembly::read(&json)?.stacks[0].id, "orders");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Assembly {
    /// Format and version of the library that wrote it.
    pub tablewright: Header,
    /// Capabilities that a reader must support.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// Name of the environment that it was created for.
    pub env: String,
    /// The stacks in the order of `stacks!`.
    pub stacks: Vec<Stack>,
    /// Errors of stack functions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

/// Format and version of the library that wrote a manifest.
///
/// ```
/// use tablewright::{Assembly, Env, FORMAT};
///
/// let header = Assembly::new(&Env::new("shop", "dev"), &[]).tablewright;
/// assert_eq!(header.format, FORMAT);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Header {
    /// [`FORMAT`] of the library that wrote it.
    pub format: u32,
    /// Version of the library that wrote it.
    pub library: String,
}

impl Assembly {
    /// Calls all stack functions for `env`. An error of one of them becomes a problem and does not stop the others.
    ///
    /// See [`Assembly`].
    #[must_use]
    #[track_caller]
    pub fn new(env: &Env, stacks: &[(&str, StackFn)]) -> Self {
        let at = Place::caller();
        let mut assembly = Self {
            tablewright: Header { format: FORMAT, library: env!("CARGO_PKG_VERSION").to_owned() },
            requires: Vec::new(),
            env: env.name().to_owned(),
            stacks: Vec::new(),
            problems: Vec::new(),
        };
        for (module, make) in stacks {
            match make(env) {
                Ok(mut stack) => {
                    stack.apply_environment(env);
                    assembly.stacks.push(stack);
                }
                Err(error) => assembly.problems.push(stack_failed(module, &at, &*error)),
            }
        }
        assembly.note_requirements();
        assembly
    }

    fn note_requirements(&mut self) {
        let words: [(&str, Uses); 4] = [
            (MULTI_ATTRIBUTE_KEYS, has_multi_attribute_keys),
            (GLOBAL_TABLE, |table| table.global.is_some()),
            (TABLE_SETTINGS, Table::has_more_settings),
            (OVERRIDES, |table| !table.overrides.is_empty()),
        ];
        for (word, is_used) in words {
            if self.stacks.iter().flat_map(|stack| &stack.tables).any(is_used) {
                self.requires.push(word.to_owned());
            }
        }
        if self.stacks.iter().any(Stack::has_settings) {
            self.requires.push(STACK_SETTINGS.to_owned());
        }
    }
}

type Uses = fn(&Table) -> bool;

fn has_multi_attribute_keys(table: &Table) -> bool {
    table.indexes.iter().any(|index| index.key.partition.len() > 1 || index.key.sort.len() > 1)
}

fn stack_failed(module: &str, at: &Place, error: &(dyn std::error::Error + Send + Sync)) -> Problem {
    let mut message = format!("stack `{module}` cannot be created: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    Problem::error("stack-failed", at, message)
}

#[cfg(all(test, feature = "render"))]
mod tests {
    use super::*;
    use crate::ReadError;
    use crate::{Capacity, Encryption, Global, Scalar, TableItem, WarmThroughput};

    #[derive(TableItem)]
    #[ddb(index(name = "by-place", partition(country, city)))]
    #[expect(dead_code, reason = "only its shape is of interest")]
    struct Shop {
        #[ddb(partition)]
        id: String,
        country: String,
        city: String,
    }

    fn assembly() -> Assembly {
        let make = |_: &Env| {
            let mut stack = Stack::new("shops");
            let shop = stack.table(Table::of::<Shop>());
            stack.output("Shops", shop.name());
            Ok(stack)
        };
        Assembly::new(&Env::new("demo", "dev").with_protection(true), &[("shops", make)])
    }

    #[test]
    fn a_manifest_round_trips() {
        let written = assembly();
        let read = Assembly::read(&serde_json::to_vec(&written).unwrap()).unwrap();
        assert_eq!(read, written);
        let table = &read.stacks[0].tables[0];
        assert_eq!(table.name, Some("demo-dev-shop".into()));
        assert_eq!(table.deletion_protection, Some(true.into()), "the environment is protected");
        assert_eq!(table.at.file, "src/tablewright/program/assembly.rs");
    }

    #[test]
    fn an_unknown_capability_is_an_error() {
        let mut json = serde_json::to_value(assembly()).unwrap();
        assert_eq!(json["requires"], serde_json::json!(["multi-attribute-keys", "stack-settings"]));
        json["requires"] = serde_json::json!(["multi-attribute-keys", "time-travel"]);
        let error = Assembly::read(json.to_string().as_bytes()).unwrap_err();
        assert!(matches!(&error, ReadError::Requires { words, .. } if words == &["time-travel"]), "{error}");
    }

    #[test]
    fn everything_that_an_old_reader_must_not_ignore_is_a_capability() {
        let table = || Table::define("Shop").partition("id", Scalar::S);
        let requires = |table: Table| {
            let mut assembly = Assembly::new(&Env::new("demo", "dev"), &[]);
            let mut stack = Stack::new("shops");
            stack.table(table);
            stack.apply_environment(&Env::new("demo", "dev"));
            assembly.stacks.push(stack);
            assembly.note_requirements();
            assert_eq!(Assembly::read(&serde_json::to_vec(&assembly).unwrap()).unwrap(), assembly);
            assembly.requires
        };
        assert_eq!(requires(table()), Vec::<String>::new());
        assert_eq!(requires(table().global(Global::single_replica())), ["global-table"]);
        assert_eq!(requires(table().override_property("/TableName", "x".into())), ["overrides"]);
        let scaled = crate::Billing::provisioned(Capacity::auto(1..=9).initial(2), 5_u64);
        for settled in [
            table().encryption(Encryption::AwsManaged),
            table().ttl("at").time_to_live(false),
            table().condition("IsProd"),
            table().gsi(
                crate::Index::new("gsi")
                    .partition("x", Scalar::S)
                    .warm_throughput(WarmThroughput::read(12_000)),
            ),
            table().billing(scaled),
        ] {
            assert_eq!(requires(settled), ["table-settings"]);
        }
    }

    #[test]
    fn another_format_is_not_reported_as_malformed() {
        let json = br#"{ "tablewright": { "format": 7, "library": "9.9.9" }, "something": "else" }"#;
        let error = Assembly::read(json).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the manifest is of format 7 (tablewright 9.9.9); this version reads format 1"
        );
        assert!(matches!(Assembly::read(b"hello").unwrap_err(), ReadError::Malformed(_)));
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let mut json = serde_json::to_value(assembly()).unwrap();
        json["stacks"][0]["tables"][0]["colour"] = "green".into();
        assert!(Assembly::read(json.to_string().as_bytes()).is_ok());
    }

    #[test]
    fn a_failed_stack_function_is_a_problem_with_all_its_causes() {
        let env = Env::new("demo", "dev");
        let assembly =
            Assembly::new(&env, &[("shops", |env| env.config::<u32>("shops").map(|_| Stack::new("shops")))]);
        assert_eq!(
            assembly.problems[0].message,
            "stack `shops` cannot be created: [env.dev.config.shops] is missing"
        );
        assert_eq!(assembly.problems[0].at.file, "src/tablewright/program/assembly.rs");
    }
}
