//! A connector: SAM's own grants, for the whole table with all of its indexes.

use serde_json::{Value as Json, json};
use tablewright::Problem;

use crate::fragment::{Access, Piece, Request, SAM_FUNCTION, path, problem};
use crate::way::{Reference, Way};

pub(super) fn connector(reference: &Reference<'_>, request: &Request<'_>) -> Result<Piece, Box<Problem>> {
    let Reference { table, way, .. } = *reference;
    if table.global.is_some() {
        // `sam validate` says so, `--lint` does not.
        let message = format!("a connector takes no global table, and `{}` is one", table.id);
        return Err(problem(table, message, "grant it with `policies`"));
    }
    if request.index.is_some() || !request.leading_keys.is_empty() || !request.attributes.is_empty() {
        let message = "a connector grants the whole table with all of its indexes".to_owned();
        return Err(problem(table, message, "grant less with `policies`"));
    }
    let there: Json = match way {
        Way::Embedded => json!({ "Id": table.id }),
        // It finds only what stands in the template by its id.
        Way::Nested | Way::Include | Way::Parameter | Way::GetStackOutput | Way::ImportValue | Way::Ssm => {
            json!({ "Type": "AWS::DynamoDB::Table", "Arn": reference.arn()? })
        }
    };
    let function = json!({ "Id": request.function });
    let (source, destination, permissions) = match request.access {
        Access::Read => (function, there, json!(["Read"])),
        Access::Write => (function, there, json!(["Write"])),
        Access::Crud => (function, there, json!(["Read", "Write"])),
        Access::Stream => {
            reference.stream_arn()?;
            (there, function, json!(["Read"]))
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
            id: {
                "Type": "AWS::Serverless::Connector",
                "Properties": { "Source": source, "Destination": destination, "Permissions": permissions },
            },
        }),
        types: SAM_FUNCTION,
    })
}
