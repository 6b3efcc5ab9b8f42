//! A fragment with the table's stream as an event of a function.

use serde_json::json;
use tablewright::Problem;

use crate::fragment::{Piece, SAM_FUNCTION, in_function};
use crate::way::Reference;

/// Linters accept `!GetAtt Table.StreamArn` of a table without a stream; [`Reference::stream_arn`] returns a problem.
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
                    // From the oldest record, so that changes from before the function was deployed are not lost.
                    "StartingPosition": "TRIM_HORIZON",
                    // A record that always fails must not block its shard until it expires, after 24 hours.
                    "BisectBatchOnFunctionError": true,
                    "MaximumRetryAttempts": 10,
                },
            },
        }),
        types: SAM_FUNCTION,
    })
}
