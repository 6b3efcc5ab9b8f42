//! Hooks: checks of a change set or a resource before it is provisioned.
//!
//! Which hooks there are is one of the faults. A result is kept from the moment the hook has run; ListHookResults and
//! GetHookResult show it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::state::faults::{HookFault, HookMode, HookTarget};
use crate::state::{ACCOUNT, Moment, Region};
use crate::wire::error::ApiError;
use crate::wire::query::Params;
use crate::wire::text;
use crate::wire::text::Page;

const PAGE: usize = 100;

/// The result of a hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HookResult {
    id: String,
    at: Millis,
    type_name: String,
    mode: HookMode,
    reason: String,
    remediation: Option<String>,
    target_type: String,
    target_id: String,
}

/// The part of a stack event that a hook adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HookEvent {
    pub(crate) type_name: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) invocation_id: String,
    pub(crate) mode: HookMode,
}

/// Keeps the result of a hook on a target. Returns the result's id.
pub(crate) fn run(
    region: &mut Region,
    hook: &HookFault,
    target_type: &str,
    target_id: &str,
    now: Millis,
) -> String {
    let id = region.random.uuid();
    region.hook_results.push(HookResult {
        id: id.clone(),
        at: now,
        type_name: hook.type_name.clone(),
        mode: hook.mode,
        reason: hook.reason.clone(),
        remediation: hook.remediation.clone(),
        target_type: target_type.to_owned(),
        target_id: target_id.to_owned(),
    });
    id
}

/// Runs the hooks on change sets. Returns the reason for which the change set fails.
pub(crate) fn on_change_set(region: &mut Region, id: &str, moment: Moment<'_>) -> Option<String> {
    let mut failed = Vec::new();
    for hook in moment.faults.hooks.iter().filter(|hook| hook.target == HookTarget::ChangeSet) {
        run(region, hook, "CHANGE_SET", id, moment.now);
        if hook.mode == HookMode::Fail {
            failed.push(hook.type_name.as_str());
        }
    }
    let list = failed.join(", ");
    (!failed.is_empty())
        .then(|| format!("Change set creation failed. The following hook(s) failed: [{list}]"))
}

fn mode(mode: HookMode) -> &'static str {
    match mode {
        HookMode::Fail => "FAIL",
        HookMode::Warn => "WARN",
    }
}

impl HookEvent {
    pub(crate) fn mode(&self) -> &'static str {
        mode(self.mode)
    }
}

impl HookResult {
    fn body(&self, region: &str) -> Value {
        json!({
            "HookResultId": self.id,
            "InvocationPoint": "PRE_PROVISION",
            "FailureMode": mode(self.mode),
            "TypeName": self.type_name,
            "TypeVersionId": "00000001",
            "TypeArn": format!(
                "arn:aws:cloudformation:{region}:{ACCOUNT}:type/hook/{}",
                self.type_name.replace("::", "-")
            ),
            "Status": "HOOK_COMPLETE_FAILED",
            "HookStatusReason": self.reason,
            "InvokedAt": text::iso(self.at),
        })
    }
}

/// ListHookResults.
pub(crate) fn list(region: &mut Region, params: &Params, _: Moment<'_>) -> Result<Value, ApiError> {
    let (kind, target) = (params.get("TargetType"), params.get("TargetId"));
    if kind.is_some() != target.is_some() {
        return Err(ApiError::validation("TargetType and TargetId must be specified together"));
    }
    let found: Vec<&HookResult> = region
        .hook_results
        .iter()
        .rev()
        .filter(|result| kind.is_none_or(|kind| kind == result.target_type))
        .filter(|result| target.is_none_or(|target| target == result.target_id))
        .collect();
    let page = Page::of(&found, PAGE, params.get("NextToken"), |result| result.id.clone())?;
    let results: Vec<Value> = page
        .items
        .iter()
        .map(|result| {
            let mut body = result.body(&region.name);
            body["TargetType"] = json!(result.target_type);
            body["TargetId"] = json!(result.target_id);
            body
        })
        .collect();
    Ok(json!({ "TargetType": kind, "TargetId": target, "HookResults": results, "NextToken": page.next }))
}

/// GetHookResult.
pub(crate) fn get(region: &mut Region, params: &Params, _: Moment<'_>) -> Result<Value, ApiError> {
    let id = params.required("HookResultId")?;
    let found = region.hook_results.iter().find(|result| result.id == id).ok_or_else(|| {
        ApiError::new(404, "HookResultNotFound", format!("Hook result {id} does not exist"))
    })?;
    let mut body = found.body(&region.name);
    let mut annotation = json!({
        "AnnotationName": found.type_name,
        "Status": "FAILED",
        "StatusMessage": found.reason,
        "SeverityLevel": if found.mode == HookMode::Fail { "HIGH" } else { "LOW" },
    });
    if let Some(remediation) = &found.remediation {
        annotation["RemediationMessage"] = json!(remediation);
    }
    body["Annotations"] = json!([annotation]);
    body["Target"] = json!({
        "TargetType": found.target_type,
        "TargetTypeName": if found.target_type == "RESOURCE" { "AWS::CloudFormation::Resource" } else { "CHANGE_SET" },
        "TargetId": found.target_id,
        "Action": "CREATE",
    });
    Ok(body)
}
