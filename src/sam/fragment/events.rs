//! The table's stream as an event of a function.

use serde_json::json;
use tablewright::Problem;

use crate::fragment::{Piece, SAM_FUNCTION, in_function};
use crate::way::Reference;

/// Every linter takes `!GetAtt Table.StreamArn` of a table without a stream; [`Reference::stream_arn`] does not.
pub(super) fn events(reference: &Reference<'_>, function: &str) -> Result<Piece, Box<Problem>> {
    let stream = reference.stream_arn()?;
    Ok(Piece {
        path: in_function(function, &["Events"]),
        shown: 1,
        content: json!({
            format!("{}Stream", reference.table.id): {
                "Type": "DynamoDB",
                "Properties": {
                    "Stream": stream,
                    // From the oldest record on: what changed before the function was there is not lost.
                    "StartingPosition": "TRIM_HORIZON",
                    // One record that always fails must not hold up those behind it for a day.
                    "BisectBatchOnFunctionError": true,
                    "MaximumRetryAttempts": 10,
                },
            },
        }),
        types: SAM_FUNCTION,
    })
}
