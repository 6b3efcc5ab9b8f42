//! Fragments with the table's name in the environment of functions, and the file for `sam local --env-vars`.

use serde_json::{Map, Value as Json, json};
use tablewright::{Problem, Stack, Table};

use crate::fragment::{ANY_FUNCTION, Fragment, Piece, in_function, path};
use crate::names::text_name;
use crate::way::Reference;

pub(super) fn variables(reference: &Reference<'_>, function: &str) -> Result<Piece, Box<Problem>> {
    Ok(Piece {
        path: in_function(function, &["Environment", "Variables"]),
        shown: 2,
        content: json!({ variable(reference.table): reference.name()? }),
        types: ANY_FUNCTION,
    })
}

/// `Globals` can set the environment of all functions, but not their policies.
pub(super) fn globals(reference: &Reference<'_>) -> Result<Piece, Box<Problem>> {
    Ok(Piece {
        path: path(&["Globals", "Function", "Environment", "Variables"]),
        shown: 4,
        content: json!({ variable(reference.table): reference.name()? }),
        types: &[],
    })
}

/// `sam local` overrides only variables that the template declares.
pub(super) fn json(reference: &Reference<'_>, function: &str) -> Result<Fragment, Box<Problem>> {
    let Reference { stack, table, .. } = *reference;
    let name = text_name(stack, table)?;
    let json: Json = json!({ function: { variable(table): name } });
    let text = format!("{json:#}\n");
    Ok(Fragment { text, region: None, function: None, needs: None })
}

/// Returns the content of a file for `sam local --env-vars` with the names of all tables, for every function that declares their
/// variables.
///
/// ```
/// use tablewright::{Scalar, Stack, Table, json};
/// use tablewright_sam::env_json;
///
/// let mut stack = Stack::new("notes");
/// stack.table(Table::define("NoteItem").name("demo-notes").partition("id", Scalar::S));
/// assert_eq!(env_json([&stack])?, json!({ "Parameters": { "NOTE_ITEM_TABLE_NAME": "demo-notes" } }));
/// # Ok::<(), Box<tablewright::Problem>>(())
/// ```
///
/// # Errors
///
/// Returns problem `SAM2` if only a deployment determines a name.
pub fn env_json<'s>(stacks: impl IntoIterator<Item = &'s Stack>) -> Result<Json, Box<Problem>> {
    let mut variables = Map::new();
    for stack in stacks {
        for table in &stack.tables {
            variables.insert(variable(table), text_name(stack, table)?.into());
        }
    }
    Ok(json!({ "Parameters": variables }))
}

/// Returns the name of the variable. SAM requires at least two characters, of letters, digits and underscores.
fn variable(table: &Table) -> String {
    format!("{}_TABLE_NAME", table.kebab_id().replace('-', "_").to_uppercase())
}
