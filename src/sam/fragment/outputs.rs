//! Name and ARN of a table in `Outputs`. Never the ARN of its stream: whoever imports it keeps it from ever changing.

use serde_json::json;
use tablewright::Problem;

use crate::fragment::{Piece, path};
use crate::way::Reference;

pub(super) fn outputs(reference: &Reference<'_>) -> Result<Piece, Box<Problem>> {
    let id = &reference.table.id;
    Ok(Piece {
        path: path(&["Outputs"]),
        shown: 1,
        content: json!({
            format!("{id}TableName"): { "Value": reference.name()? },
            format!("{id}TableArn"): { "Value": reference.arn()? },
        }),
        types: &[],
    })
}
