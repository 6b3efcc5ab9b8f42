//! The deployed side of a plan: a stack, the template that it was deployed from, and its policy.

use futures_util::future::join;
use serde_json::Value;
use tablewright_cloudformation::stack::{StackResource, protection};
use tablewright_cloudformation::{
    ApiError, ApiErrorKind, Client, ResourceStatus, Stack, StackClass, StackStatus, stack,
};
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
    /// The stack policy; `None` when there is none.
    pub policy: Option<Value>,
    /// Why the stack policy could not be read: a missing permission, or an endpoint that has none.
    pub policy_unknown: Option<ApiError>,
    /// Keys that occur more than once in the text. CloudFormation has used one of each.
    pub duplicates: Vec<DuplicateKey>,
}

/// A stack whose creation failed and was rolled back. It can only be deleted.
#[derive(Clone, Debug)]
pub struct RolledBackCreation {
    /// The stack, in `ROLLBACK_COMPLETE`.
    pub stack: Stack,
    /// The resources that the rollback has not deleted: retained by their policy. Deleting the stack leaves them in the account.
    pub retained: Vec<StackResource>,
}

/// What a stack name stands for.
pub(crate) enum Found {
    /// There is no stack, or an empty one that holds change sets.
    Nothing,
    /// There is what is left of a failed creation.
    RolledBack(RolledBackCreation),
    /// There is a stack.
    Deployed(DeployedTemplate),
}

/// Reads a stack and its template; `None` when nothing is deployed under the name.
///
/// A stack whose creation was rolled back counts as not deployed.
///
/// # Errors
///
/// [`Error::Api`] when CloudFormation cannot be read, [`Error::UnreadableTemplate`] or [`Error::NotATemplate`] when a change of what
/// is deployed cannot be planned.
pub async fn deployed_template(
    cloudformation: &Client,
    stack_name: &str,
) -> Result<Option<DeployedTemplate>, Error> {
    match find(cloudformation, stack_name).await? {
        Found::Deployed(deployed) => Ok(Some(deployed)),
        Found::Nothing | Found::RolledBack(_) => Ok(None),
    }
}

/// Reads what is deployed under a name, with its template.
pub(crate) async fn find(cloudformation: &Client, stack_name: &str) -> Result<Found, Error> {
    let Some(found) = stack::describe(cloudformation, stack_name).await? else { return Ok(Found::Nothing) };
    if matches!(found.status.class(), StackClass::Review | StackClass::Gone) {
        return Ok(Found::Nothing);
    }
    if found.status == StackStatus::RollbackComplete {
        let mut retained = stack::resources(cloudformation, &found.id).await?;
        retained.retain(|resource| {
            resource.status != ResourceStatus::DeleteComplete && resource.physical_id.is_some()
        });
        return Ok(Found::RolledBack(RolledBackCreation { stack: found, retained }));
    }
    let template = stack::template(cloudformation, &found.id);
    let (text, policy) = join(template, protection::policy(cloudformation, &found.id)).await;
    let is_going = found.status == StackStatus::DeleteInProgress;
    let text = match text {
        // The empty stack of a change set that was not executed has no template while it is deleted.
        Err(error) if is_going && error.kind == ApiErrorKind::Validation => return Ok(Found::Nothing),
        text => text?,
    };
    // Deleted since it was described.
    let Some(text) = text else { return Ok(Found::Nothing) };
    let (policy, policy_unknown) = match policy {
        Ok(policy) => (policy.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))), None),
        Err(error) if error.may_pass() || error.kind == ApiErrorKind::Expired => return Err(error.into()),
        Err(error) => (None, Some(error)),
    };
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
    let value = template.to_value();
    Ok(Found::Deployed(DeployedTemplate { stack: found, text, value, policy, policy_unknown, duplicates }))
}
