//! The deployed side of a plan: a stack, and the template that it was deployed from.

use serde_json::Value;
use tablewright_cloudformation::{Client, Stack, StackClass, StackStatus, stack};
use tablewright_template::{Deployed, DuplicateKey, parse_deployed};

use crate::error::Error;

/// A deployed stack with its template.
#[derive(Clone, Debug)]
pub struct DeployedTemplate {
    /// The stack.
    pub stack: Stack,
    /// The template as CloudFormation returns it.
    pub text: String,
    /// The template with intrinsic functions in their long form.
    pub value: Value,
    /// Keys that occur more than once in the text. CloudFormation has used one of each.
    pub duplicates: Vec<DuplicateKey>,
}

/// Reads a stack and its template; `None` when nothing is deployed under the name.
///
/// A stack whose creation was rolled back counts as not deployed: it has no resources.
///
/// # Errors
///
/// [`Error::Api`] when CloudFormation cannot be read, [`Error::UnreadableTemplate`] or [`Error::NotATemplate`] when a change of what
/// is deployed cannot be planned.
pub async fn deployed_template(
    cloudformation: &Client,
    stack_name: &str,
) -> Result<Option<DeployedTemplate>, Error> {
    let Some(found) = stack::describe(cloudformation, stack_name).await? else { return Ok(None) };
    let has_no_resources = matches!(found.status.class(), StackClass::Review | StackClass::Gone)
        || found.status == StackStatus::RollbackComplete;
    if has_no_resources {
        return Ok(None);
    }
    let text = stack::template(cloudformation, &found.id).await?.unwrap_or_default();
    let Deployed { template, duplicates } = match parse_deployed(&text) {
        Ok(read) => read,
        Err(source) => {
            let excerpt = source.excerpt(&text);
            return Err(Error::UnreadableTemplate { stack_name: found.name, excerpt, source });
        }
    };
    if template.get("Resources").is_none() {
        return Err(Error::NotATemplate { stack_name: found.name });
    }
    Ok(Some(DeployedTemplate { stack: found, text, value: template.to_value(), duplicates }))
}
