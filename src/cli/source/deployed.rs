//! What runs: a stack and the template that it was deployed from.

use tablewright_cloudformation::{Client, StackClass, StackStatus, stack};

use crate::error::{CommandError, Result};
use crate::source::template::Template;

/// Reads the template of a stack, or returns `None` where nothing is deployed.
pub(crate) async fn deployed(cloudformation: &Client, stack_name: &str) -> Result<Option<Template>> {
    let Some(found) = stack::describe(cloudformation, stack_name).await? else { return Ok(None) };
    // Of a stack whose creation was rolled back nothing is left but the template.
    let is_nothing = matches!(found.status.class(), StackClass::Review | StackClass::Gone)
        || found.status == StackStatus::RollbackComplete;
    if is_nothing {
        return Ok(None);
    }
    let text = stack::template(cloudformation, &found.id).await?.unwrap_or_default();
    let read = Template::deployed(found, text).map_err(|error| {
        CommandError::hint(
            error,
            "another tool made it? tablewright must be able to read it to plan a change",
        )
    })?;
    Ok(Some(read))
}
