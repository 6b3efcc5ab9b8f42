//! A fragment with the name and ARN of a table in `Outputs`. The ARN of its stream is left out: it changes whenever the stream is
//! created again.

use serde_json::json;
use tablewright::Problem;

use crate::fragment::{Piece, path};
use crate::way::Reference;

pub(super) fn outputs(reference: &Reference<'_>) -> Result<Piece, Box<Problem>> {
    let id = &reference.table.id;
    let output = |value| reference.under_condition(json!({ "Value": value }));
    Ok(Piece {
        path: path(&["Outputs"]),
        shown: 1,
        content: json!({
            format!("{id}TableName"): output(reference.name()?),
            format!("{id}TableArn"): output(reference.arn()?),
        }),
        types: &[],
    })
}
