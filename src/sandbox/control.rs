//! The sandbox's own addresses, for tools that are not in its process: `/_sandbox/faults` returns and replaces the
//! faults.
//!
//! These are not AWS calls: they are not counted, not recorded, and no fault applies to them.

use crate::sandbox::Sandbox;
use crate::state::faults::Faults;
use crate::state::store::StoreError;
use crate::wire::{Request, Response};

const FAULTS: &str = "/_sandbox/faults";

/// Answers a request to one of the addresses; `None` for every other request.
pub(crate) fn answer(sandbox: &Sandbox, request: &Request) -> Option<Response> {
    let path = request.path.split('?').next().unwrap_or_default();
    if path != FAULTS {
        return path.starts_with("/_sandbox/").then(|| text(404, "the sandbox has /_sandbox/faults only"));
    }
    Some(match request.method.as_str() {
        "GET" => shown(sandbox.faults()),
        "PUT" => match serde_json::from_slice::<Faults>(&request.body) {
            Ok(faults) => shown(sandbox.set_faults(faults.clone()).map(|()| faults)),
            Err(error) => text(400, &format!("these are no faults: {error}")),
        },
        _ => text(405, "GET shows the faults, PUT replaces them"),
    })
}

fn shown(faults: Result<Faults, StoreError>) -> Response {
    match faults.map(|faults| serde_json::to_vec(&faults)) {
        Ok(Ok(body)) => Response::new(200, "application/json", "", body),
        Ok(Err(error)) => text(500, &error.to_string()),
        Err(error) => text(500, &error.to_string()),
    }
}

fn text(status: u16, text: &str) -> Response {
    Response::new(status, "text/plain", "", format!("{text}\n"))
}
