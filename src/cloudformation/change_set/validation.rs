//! What CloudFormation's checks and hooks found in a change set. Best effort: many roles may not ask, and emulators do not have
//! the calls. Findings that exist and cannot be read to the end are a warning of their own.
//!
//! In goes a change set's ARN, out come findings, the oldest first. Hooks make no events of their own, so they are asked for
//! by another call; a check in warn mode leaves the change set as it is and is told in no other place.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types as sdk;

use crate::connection::pages::PageTokens;
use crate::error::ApiError;
use crate::stack::filled;
use crate::text::optional_identifier;

/// One finding of CloudFormation's validation before a deployment, or of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationDetail {
    /// The check, such as `NAME_CONFLICT_VALIDATION`, or the hook's type.
    pub name: Option<String>,
    /// The resource's name in the template.
    pub logical_id: Option<String>,
    /// The place in the template, such as `/Resources/Topic/Properties`.
    pub path: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// What to do about it, where a hook says so.
    pub advice: Option<String>,
    /// Whether it only warns.
    pub is_warning: bool,
}

/// What the checks found.
pub(crate) async fn validations(client: &Client, change_set_id: &str) -> Vec<ValidationDetail> {
    let filter = sdk::EventFilter::builder().failed_events(true).build();
    let call = client.describe_events().change_set_name(change_set_id).filters(filter);
    let mut tokens = PageTokens::of("DescribeEvents");
    let (mut details, mut next) = (Vec::new(), None);
    let unread = loop {
        let is_first = next.is_none();
        let page = match call.clone().set_next_token(next).send().await {
            Ok(page) => page,
            Err(error) => {
                let error = ApiError::unpack("DescribeEvents", &error);
                // Without a page it is not known that there are findings at all.
                break (!is_first).then_some(error);
            }
        };
        details.extend(page.operation_events.unwrap_or_default().into_iter().filter_map(read_event));
        next = match tokens.next(page.next_token) {
            Ok(next) => next,
            Err(error) => break Some(error),
        };
        if next.is_none() {
            break None;
        }
    };
    // Newest first, like all events.
    details.reverse();
    details.extend(unread.as_ref().map(incomplete));
    details
}

/// The warning that there is more than what was read.
fn incomplete(error: &ApiError) -> ValidationDetail {
    ValidationDetail {
        name: None,
        logical_id: None,
        path: None,
        reason: format!("not all findings of CloudFormation's checks could be read: {error}"),
        advice: None,
        is_warning: true,
    }
}

fn read_event(event: sdk::OperationEvent) -> Option<ValidationDetail> {
    let warns = |mode: Option<sdk::HookFailureMode>| mode == Some(sdk::HookFailureMode::Warn);
    Some(ValidationDetail {
        reason: filled(event.validation_status_reason)
            .or(filled(event.hook_status_reason))
            .or(filled(event.resource_status_reason))?,
        name: filled(event.validation_name).or(filled(event.hook_type)),
        logical_id: optional_identifier(event.logical_resource_id),
        path: filled(event.validation_path),
        advice: None,
        is_warning: warns(event.validation_failure_mode) || warns(event.hook_failure_mode),
    })
}

/// Returns what the hooks found that were called for a change set. A change set that is ready to be executed has only findings of hooks
/// in warn mode; [`ChangeSet::warnings`](crate::ChangeSet::warnings) does not have them, as they take calls of their own.
pub async fn hooks(client: &Client, change_set_id: &str) -> Vec<ValidationDetail> {
    let call = client
        .list_hook_results()
        .target_type(sdk::ListHookResultsTargetType::ChangeSet)
        .target_id(change_set_id);
    let Ok(answer) = call.send().await else { return Vec::new() };
    let failed = answer.hook_results.unwrap_or_default().into_iter().filter(|result| {
        matches!(result.status, Some(sdk::HookStatus::HookCompleteFailed | sdk::HookStatus::HookFailed))
    });
    let mut details = Vec::new();
    for summary in failed {
        details.extend(annotated(client, summary).await);
    }
    details
}

/// The annotations of a hook's result; its own reason where it has none.
async fn annotated(client: &Client, summary: sdk::HookResultSummary) -> Vec<ValidationDetail> {
    let detail = |reason: String, advice: Option<String>| ValidationDetail {
        name: filled(summary.type_name.clone()),
        logical_id: None,
        path: None,
        reason,
        advice,
        is_warning: summary.failure_mode == Some(sdk::HookFailureMode::Warn),
    };
    let annotations = match &summary.hook_result_id {
        Some(id) => client.get_hook_result().hook_result_id(id).send().await.ok(),
        None => None,
    };
    let annotations = annotations.and_then(|answer| answer.annotations).unwrap_or_default();
    let told: Vec<ValidationDetail> = annotations
        .into_iter()
        .filter(|annotation| annotation.status == Some(sdk::AnnotationStatus::Failed))
        .filter_map(|annotation| {
            let reason = filled(annotation.status_message).or(filled(annotation.annotation_name))?;
            Some(detail(reason, filled(annotation.remediation_message)))
        })
        .collect();
    if told.is_empty() {
        let reason = filled(summary.hook_status_reason.clone());
        return reason.into_iter().map(|reason| detail(reason, None)).collect();
    }
    told
}
