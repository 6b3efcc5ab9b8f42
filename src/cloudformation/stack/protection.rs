//! Termination protection and the stack policy. A change set contains neither.

use aws_sdk_cloudformation::Client;

use crate::error::ApiError;

/// Turns termination protection on or off. Can be done before a new stack's first execution, so that it is never without.
pub async fn set_termination_protection(client: &Client, stack: &str, on: bool) -> Result<(), ApiError> {
    let call = client.update_termination_protection().stack_name(stack).enable_termination_protection(on);
    let answer = call.send().await;
    answer.map(drop).map_err(|error| ApiError::unpack("UpdateTerminationProtection", &error))
}

/// Reads the stack policy, as it was set; `None` where there is none.
pub async fn policy(client: &Client, stack: &str) -> Result<Option<String>, ApiError> {
    let answer = client.get_stack_policy().stack_name(stack).send().await;
    let answer = answer.map_err(|error| ApiError::unpack("GetStackPolicy", &error))?;
    Ok(answer.stack_policy_body.filter(|body| !body.is_empty()))
}

/// Sets the stack policy. It guards the updates that come after, not the one that brought it.
pub async fn set_policy(client: &Client, stack: &str, policy: &str) -> Result<(), ApiError> {
    let answer = client.set_stack_policy().stack_name(stack).stack_policy_body(policy).send().await;
    answer.map(drop).map_err(|error| ApiError::unpack("SetStackPolicy", &error))
}
