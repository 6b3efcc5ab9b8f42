//! CloudFormation's Query API.
//!
//! In goes an action with its form, out comes the tree of its answer, or a refusal in AWS's words. An action or parameter
//! that is not in [`ACTIONS`] is refused by name, so that nothing is silently passed over.

use serde_json::Value;

use crate::state::{Moment, Region};
use crate::wire::error::ApiError;
use crate::wire::query::Params;

pub(crate) mod change_set_calls;
mod change_set_views;
mod definition_views;
mod drift;
mod early_validation;
mod executions;
mod import;
mod nested_change_sets;
mod recovery;
mod resource_views;
mod stack_calls;
mod stack_views;
mod template_calls;

type Run = fn(&mut Region, &Params, Moment<'_>) -> Result<Value, ApiError>;

/// A modelled action.
struct ModelledAction {
    name: &'static str,
    /// The parameters that it implements.
    honours: &'static [&'static str],
    run: Run,
}

/// Parameters that any action may have, with the values that ask for the sandbox's normal behaviour.
const NEUTRAL: &[(&str, &str)] = &[
    ("DeploymentMode", "STANDARD"),
    ("RetainExceptOnCreate", "false"),
    ("DisableRollback", "false"),
    ("DisableValidation", "false"),
    ("UsePreviousTemplate", "false"),
    ("TemplateStage", "Original"),
    ("DeploymentConfig.Mode", "STANDARD"),
];

const ACTIONS: &[ModelledAction] = &[
    ModelledAction {
        name: "CancelUpdateStack",
        honours: &["StackName", "ClientRequestToken"],
        run: recovery::cancel_update,
    },
    ModelledAction {
        name: "ContinueUpdateRollback",
        honours: &["ClientRequestToken", "ForceRollback", "ResourcesToSkip", "RoleARN", "StackName"],
        run: recovery::continue_update_rollback,
    },
    ModelledAction {
        name: "CreateChangeSet",
        honours: &[
            "Capabilities",
            "ChangeSetName",
            "ChangeSetType",
            "ClientToken",
            "Description",
            "DisableValidation",
            "ImportExistingResources",
            "IncludeNestedStacks",
            "NotificationARNs",
            "OnStackFailure",
            "Parameters",
            "ResourceTypes",
            "ResourcesToImport",
            "RoleARN",
            "RollbackConfiguration",
            "StackName",
            "Tags",
            "TemplateBody",
            "TemplateURL",
            "UsePreviousTemplate",
        ],
        run: change_set_calls::create,
    },
    ModelledAction {
        name: "CreateStack",
        honours: &[
            "Capabilities",
            "ClientRequestToken",
            "DisableRollback",
            "DisableValidation",
            "EnableTerminationProtection",
            "NotificationARNs",
            "OnFailure",
            "Parameters",
            "ResourceTypes",
            "RetainExceptOnCreate",
            "RoleARN",
            "RollbackConfiguration",
            "StackName",
            "StackPolicyBody",
            "StackPolicyURL",
            "Tags",
            "TemplateBody",
            "TemplateURL",
            "TimeoutInMinutes",
        ],
        run: stack_calls::create,
    },
    ModelledAction {
        name: "DeleteChangeSet",
        honours: &["ChangeSetName", "StackName"],
        run: change_set_calls::delete,
    },
    ModelledAction {
        name: "DeleteStack",
        honours: &["ClientRequestToken", "DeletionMode", "RetainResources", "RoleARN", "StackName"],
        run: stack_calls::delete,
    },
    ModelledAction {
        name: "DescribeChangeSet",
        honours: &["ChangeSetName", "IncludePropertyValues", "NextToken", "StackName"],
        run: change_set_calls::describe,
    },
    ModelledAction {
        name: "DescribeEvents",
        honours: &["ChangeSetName", "Filters", "NextToken", "OperationId", "StackName"],
        run: early_validation::describe_events,
    },
    ModelledAction {
        name: "DescribeStackDriftDetectionStatus",
        honours: &["StackDriftDetectionId"],
        run: drift::detection_status,
    },
    ModelledAction {
        name: "DescribeStackEvents",
        honours: &["NextToken", "StackName"],
        run: stack_views::describe_events,
    },
    ModelledAction {
        name: "DescribeStackResource",
        honours: &["LogicalResourceId", "StackName"],
        run: resource_views::describe,
    },
    ModelledAction {
        name: "DescribeStackResourceDrifts",
        honours: &["NextToken", "StackName", "StackResourceDriftStatusFilters"],
        run: drift::describe,
    },
    ModelledAction {
        name: "DescribeStackResources",
        honours: &["LogicalResourceId", "PhysicalResourceId", "StackName"],
        run: resource_views::describe_all,
    },
    ModelledAction {
        name: "DescribeStacks",
        honours: &["NextToken", "StackName"],
        run: stack_views::describe,
    },
    ModelledAction { name: "DetectStackDrift", honours: &["StackName"], run: drift::detect_stack },
    ModelledAction {
        name: "DetectStackResourceDrift",
        honours: &["LogicalResourceId", "StackName"],
        run: drift::detect_resource,
    },
    ModelledAction {
        name: "ExecuteChangeSet",
        honours: &[
            "ChangeSetName",
            "ClientRequestToken",
            "DisableRollback",
            "RetainExceptOnCreate",
            "StackName",
        ],
        run: executions::execute,
    },
    ModelledAction { name: "GetHookResult", honours: &["HookResultId"], run: crate::state::hook::get },
    ModelledAction { name: "GetStackPolicy", honours: &["StackName"], run: stack_views::get_policy },
    ModelledAction {
        name: "GetTemplate",
        honours: &["ChangeSetName", "StackName", "TemplateStage"],
        run: template_calls::get,
    },
    ModelledAction {
        name: "GetTemplateSummary",
        honours: &["StackName", "TemplateBody", "TemplateURL"],
        run: template_calls::summary,
    },
    ModelledAction {
        name: "ListChangeSets",
        honours: &["NextToken", "StackName"],
        run: change_set_calls::list,
    },
    ModelledAction { name: "ListExports", honours: &["NextToken"], run: stack_views::list_exports },
    ModelledAction {
        name: "ListHookResults",
        honours: &["NextToken", "TargetId", "TargetType"],
        run: crate::state::hook::list,
    },
    ModelledAction {
        name: "ListImports",
        honours: &["ExportName", "NextToken"],
        run: stack_views::list_imports,
    },
    ModelledAction {
        name: "ListStackResources",
        honours: &["NextToken", "StackName"],
        run: resource_views::list,
    },
    ModelledAction {
        name: "ListStacks",
        honours: &["NextToken", "StackStatusFilter"],
        run: stack_views::list,
    },
    ModelledAction {
        name: "RollbackStack",
        honours: &["ClientRequestToken", "RetainExceptOnCreate", "RoleARN", "StackName"],
        run: recovery::rollback_stack,
    },
    ModelledAction {
        name: "SetStackPolicy",
        honours: &["StackName", "StackPolicyBody", "StackPolicyURL"],
        run: stack_views::set_policy,
    },
    ModelledAction {
        name: "UpdateStack",
        honours: &[
            "Capabilities",
            "ClientRequestToken",
            "DisableRollback",
            "DisableValidation",
            "NotificationARNs",
            "Parameters",
            "ResourceTypes",
            "RetainExceptOnCreate",
            "RoleARN",
            "RollbackConfiguration",
            "StackName",
            "StackPolicyBody",
            "StackPolicyDuringUpdateBody",
            "StackPolicyDuringUpdateURL",
            "StackPolicyURL",
            "Tags",
            "TemplateBody",
            "TemplateURL",
            "UsePreviousTemplate",
        ],
        run: stack_calls::update,
    },
    ModelledAction {
        name: "UpdateTerminationProtection",
        honours: &["EnableTerminationProtection", "StackName"],
        run: stack_views::update_termination_protection,
    },
    ModelledAction {
        name: "ValidateTemplate",
        honours: &["TemplateBody", "TemplateURL"],
        run: template_calls::validate,
    },
];

/// Runs an action.
pub(crate) fn answer(
    region: &mut Region,
    name: &str,
    params: &Params,
    moment: Moment<'_>,
) -> Result<Value, ApiError> {
    let Some(action) = ACTIONS.iter().find(|action| action.name == name) else {
        return Err(ApiError::not_modelled(&format!("CloudFormation's {name}")));
    };
    for root in params.roots() {
        let neutral = NEUTRAL
            .iter()
            .any(|(name, value)| name.split('.').next() == Some(root) && params.get(name) == Some(*value));
        if !matches!(root, "Action" | "Version") && !action.honours.contains(&root) && !neutral {
            return Err(ApiError::not_modelled(&format!("the parameter {root} of {name}")));
        }
    }
    (action.run)(region, params, moment)
}

/// `StackName`, checked against the rule for names.
fn stack_name(params: &Params) -> Result<&str, ApiError> {
    let name = params.required("StackName")?;
    let arn =
        name.starts_with("arn:") && name.chars().all(|c| c.is_ascii_alphanumeric() || "-:/._+".contains(c));
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !arn && !plain {
        return Err(ApiError::validation(format!(
            "1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"
        )));
    }
    if !arn && name.len() > 128 {
        return Err(ApiError::validation(format!(
            "1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must have \
             length less than or equal to 128"
        )));
    }
    Ok(name)
}

/// Finds a stack, or refuses in the wording of DescribeStacks and GetTemplate.
fn stack_with_id(region: &Region, name: &str) -> Result<usize, ApiError> {
    crate::state::stack::find(region, name)
        .ok_or_else(|| ApiError::validation(format!("Stack with id {name} does not exist")))
}

/// Finds a stack, or refuses in the wording of the other calls.
fn stack_in_brackets(region: &Region, name: &str) -> Result<usize, ApiError> {
    crate::state::stack::find(region, name)
        .ok_or_else(|| ApiError::validation(format!("Stack [{name}] does not exist")))
}
