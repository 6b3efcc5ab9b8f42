//! A fragment with an `AWS::Serverless::Connector`, which grants access to the whole table and all of its indexes.

use serde_json::{Value as Json, json};
use tablewright::Problem;

use crate::fragment::{Access, Piece, Request, SAM_FUNCTION, path, problem};
use crate::way::{Reference, Way};

pub(super) fn connector(reference: &Reference<'_>, request: &Request<'_>) -> Result<Piece, Box<Problem>> {
    let Reference { table, way, .. } = *reference;
    if table.global.is_some() {
        // `sam validate` refuses them, `sam validate --lint` does not.
        let message =
            format!("connectors do not support global tables, and `{}` is a global table", table.id);
        return Err(problem(table, message, "use a `policies` fragment"));
    }
    if request.index.is_some() || !request.leading_keys.is_empty() || !request.attributes.is_empty() {
        let message = "a connector always grants access to the whole table and all of its indexes".to_owned();
        return Err(problem(table, message, "use a `policies` fragment to grant less"));
    }
    let destination: Json = match way {
        Way::Embedded => json!({ "Id": table.id }),
        // `Id` refers to resources of the same template only.
        Way::Nested | Way::Include | Way::Parameter | Way::GetStackOutput | Way::ImportValue | Way::Ssm => {
            json!({ "Type": "AWS::DynamoDB::Table", "Arn": reference.arn()? })
        }
    };
    let function = json!({ "Id": request.function });
    let (source, destination, permissions) = match request.access {
        Access::Read => (function, destination, json!(["Read"])),
        Access::Write => (function, destination, json!(["Write"])),
        Access::Crud => (function, destination, json!(["Read", "Write"])),
        Access::Stream => {
            reference.stream_arn()?;
            (destination, function, json!(["Read"]))
        }
    };
    let id = match request.access {
        Access::Read | Access::Write | Access::Crud => format!("{}To{}", request.function, table.id),
        Access::Stream => format!("{}To{}", table.id, request.function),
    };
    Ok(Piece {
        path: path(&["Resources"]),
        shown: 1,
        content: json!({
            id: reference.under_condition(json!({
                "Type": "AWS::Serverless::Connector",
                "Properties": { "Source": source, "Destination": destination, "Permissions": permissions },
            })),
        }),
        types: SAM_FUNCTION,
    })
}
