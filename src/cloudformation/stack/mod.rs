//! A stack as it is: status, outputs, template, resources.
//!
//! In goes a name or an ARN, out comes owned data; a stack that does not exist is `None`. Reads only.
//! *Invariant:* a verdict is never taken from here alone; `DescribeStacks` may lag behind the events.

pub(crate) mod vocabulary;
pub mod status;
pub mod guidance;
pub mod protection;

use std::collections::BTreeMap;
use std::time::SystemTime;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::SdkError;
use aws_sdk_cloudformation::operation::describe_stacks::{DescribeStacksError, DescribeStacksOutput};
use aws_sdk_cloudformation::types::{self, StackResourceSummary, TemplateStage};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;

use crate::change_set::request::RollbackConfiguration;
use crate::connection::pages::PageTokens;
use crate::connection::retry::without_retries;
use crate::error::{ApiError, ApiErrorKind};

use crate::stack::status::{ResourceStatus, StackClass, StackStatus};
use crate::text::{identifier, optional_identifier};

/// The type of stacks, of the root's own entries and of nested stacks alike.
pub(crate) const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// A stack as `DescribeStacks` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// Its ARN. Names can be bound anew by a deletion and a creation; the ARN cannot.
    pub id: String,
    /// Its status.
    pub status: StackStatus,
    /// Why, where CloudFormation says so. The text disappears while the status stays.
    pub reason: Option<String>,
    /// Its outputs, in CloudFormation's order.
    pub outputs: Vec<Output>,
    /// Its parameters by name.
    pub parameters: BTreeMap<String, String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was created.
    pub created: Option<SystemTime>,
    /// When it was updated last.
    pub updated: Option<SystemTime>,
    /// Whether CloudFormation refuses to delete it.
    pub termination_protection: bool,
    /// Whether a failed operation stays where it stopped.
    pub disable_rollback: bool,
    /// The topics that its events are sent to.
    pub notification_arns: Vec<String>,
    /// The role that CloudFormation assumes.
    pub role_arn: Option<String>,
    /// The alarms that roll an update back.
    pub rollback: RollbackConfiguration,
}

#[cfg(test)]
impl Stack {
    /// Makes a stack in this status, for tests that ask about nothing else.
    pub(crate) fn in_status(status: &StackStatus) -> Self {
        Self {
            name: "s".to_owned(),
            id: "arn:s".to_owned(),
            status: status.clone(),
            reason: None,
            outputs: Vec::new(),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            created: None,
            updated: None,
            termination_protection: false,
            disable_rollback: false,
            notification_arns: Vec::new(),
            role_arn: None,
            rollback: RollbackConfiguration::default(),
        }
    }
}

/// An output of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its key in the template.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Its description.
    pub description: Option<String>,
    /// The name that other stacks import it by.
    pub export_name: Option<String>,
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackResource {
    /// Its name in the template.
    pub logical_id: String,
    /// Its name in the account, once it has one.
    pub physical_id: Option<String>,
    /// Its type, such as `AWS::SNS::Topic`.
    pub resource_type: String,
    /// Its status.
    pub status: ResourceStatus,
    /// Why, where CloudFormation says so.
    pub reason: Option<String>,
}

/// Describes the stack with this name or ARN; `None` when there is none. A deleted stack is found by its ARN only.
pub async fn describe(client: &Client, stack: &str) -> Result<Option<Stack>, ApiError> {
    described(client.describe_stacks().stack_name(stack).send().await)
}

/// As [`describe`], but one call is one call: for loops that are the retry.
pub(crate) async fn describe_once(client: &Client, stack: &str) -> Result<Option<Stack>, ApiError> {
    let call = client.describe_stacks().stack_name(stack).customize();
    described(call.config_override(without_retries()).send().await)
}

fn described(
    answer: Result<DescribeStacksOutput, SdkError<DescribeStacksError, HttpResponse>>,
) -> Result<Option<Stack>, ApiError> {
    match answer.map_err(|error| ApiError::unpack("DescribeStacks", &error)) {
        Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next().map(read_stack)),
        Err(error) if error.kind == ApiErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the template that the stack was last deployed with, as it was sent.
pub async fn template(client: &Client, stack: &str) -> Result<Option<String>, ApiError> {
    template_at(client, stack, TemplateStage::Original).await
}

/// Returns the template that the stack was last deployed with, after its transforms: with the resources that they have generated.
pub async fn processed_template(client: &Client, stack: &str) -> Result<Option<String>, ApiError> {
    template_at(client, stack, TemplateStage::Processed).await
}

async fn template_at(client: &Client, stack: &str, stage: TemplateStage) -> Result<Option<String>, ApiError> {
    let answer = client.get_template().stack_name(stack).template_stage(stage).send().await;
    match answer.map_err(|error| ApiError::unpack("GetTemplate", &error)) {
        Ok(answer) => Ok(answer.template_body),
        Err(error) if error.kind == ApiErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the template of a change set, by its ARN, as it was sent.
pub async fn template_of_change_set(
    client: &Client,
    change_set_id: &str,
) -> Result<Option<String>, ApiError> {
    let call = client.get_template().change_set_name(change_set_id).template_stage(TemplateStage::Original);
    let answer = call.send().await.map_err(|error| ApiError::unpack("GetTemplate", &error))?;
    Ok(answer.template_body)
}

/// Lists the resources of the stack, all pages.
pub async fn resources(client: &Client, stack: &str) -> Result<Vec<StackResource>, ApiError> {
    let call = client.list_stack_resources().stack_name(stack);
    let mut tokens = PageTokens::of("ListStackResources");
    let (mut resources, mut next) = (Vec::new(), None);
    loop {
        let page = call.clone().set_next_token(next).send().await;
        let page = page.map_err(|error| ApiError::unpack("ListStackResources", &error))?;
        resources.extend(page.stack_resource_summaries.unwrap_or_default().into_iter().map(read_resource));
        next = tokens.next(page.next_token)?;
        if next.is_none() {
            return Ok(resources);
        }
    }
}

/// A stack as `ListStacks` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackSummary {
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: StackStatus,
}

/// Lists the stacks of the account and Region that exist, all pages: without those nested in others, and without those that are in review
/// or being deleted.
pub async fn list(client: &Client) -> Result<Vec<StackSummary>, ApiError> {
    let is_deployed =
        |status: &&str| !matches!(StackStatus::parse(status).class(), StackClass::Review | StackClass::Gone);
    let statuses = types::StackStatus::values().iter().copied().filter(is_deployed);
    let statuses = statuses.filter(|status| *status != "DELETE_IN_PROGRESS").map(types::StackStatus::from);
    let call = client.list_stacks().set_stack_status_filter(Some(statuses.collect()));
    let mut tokens = PageTokens::of("ListStacks");
    let (mut stacks, mut next) = (Vec::new(), None);
    loop {
        let page = call.clone().set_next_token(next).send().await;
        let page = page.map_err(|error| ApiError::unpack("ListStacks", &error))?;
        let own =
            page.stack_summaries.unwrap_or_default().into_iter().filter(|stack| stack.root_id.is_none());
        stacks.extend(own.map(|stack| StackSummary {
            name: identifier(stack.stack_name),
            status: StackStatus::parse(stack.stack_status.as_ref().map_or("", |status| status.as_str())),
        }));
        next = tokens.next(page.next_token)?;
        if next.is_none() {
            return Ok(stacks);
        }
    }
}

/// Lists the names of the stacks that import an export, all pages.
pub async fn importers(client: &Client, export: &str) -> Result<Vec<String>, ApiError> {
    let call = client.list_imports().export_name(export);
    let mut tokens = PageTokens::of("ListImports");
    let (mut names, mut next) = (Vec::new(), None);
    loop {
        let page = call.clone().set_next_token(next).send().await;
        let page = match page.map_err(|error| ApiError::unpack("ListImports", &error)) {
            Ok(page) => page,
            // CloudFormation has no empty answer for this call.
            Err(error) if error.message.contains("is not imported by any stack") => return Ok(names),
            Err(error) => return Err(error),
        };
        names.extend(page.imports.unwrap_or_default().into_iter().map(identifier));
        next = tokens.next(page.next_token)?;
        if next.is_none() {
            return Ok(names);
        }
    }
}

fn read_resource(summary: StackResourceSummary) -> StackResource {
    StackResource {
        logical_id: identifier(summary.logical_resource_id),
        physical_id: optional_identifier(summary.physical_resource_id),
        resource_type: identifier(summary.resource_type),
        status: ResourceStatus::parse(summary.resource_status.as_ref().map_or("", |status| status.as_str())),
        reason: filled(summary.resource_status_reason),
    }
}

fn read_stack(stack: types::Stack) -> Stack {
    Stack {
        name: identifier(stack.stack_name),
        id: stack.stack_id.unwrap_or_default(),
        status: StackStatus::parse(stack.stack_status.as_ref().map_or("", |status| status.as_str())),
        reason: filled(stack.stack_status_reason),
        outputs: stack.outputs.unwrap_or_default().into_iter().map(read_output).collect(),
        parameters: stack
            .parameters
            .unwrap_or_default()
            .into_iter()
            .map(|parameter| {
                (identifier(parameter.parameter_key), parameter.parameter_value.unwrap_or_default())
            })
            .collect(),
        tags: stack
            .tags
            .unwrap_or_default()
            .into_iter()
            .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
            .collect(),
        created: stack.creation_time.and_then(time),
        updated: stack.last_updated_time.and_then(time),
        termination_protection: stack.enable_termination_protection.unwrap_or_default(),
        disable_rollback: stack.disable_rollback.unwrap_or_default(),
        notification_arns: stack.notification_arns.unwrap_or_default(),
        role_arn: filled(stack.role_arn),
        rollback: stack.rollback_configuration.map(read_rollback).unwrap_or_default(),
    }
}

fn read_rollback(configuration: types::RollbackConfiguration) -> RollbackConfiguration {
    let triggers = configuration.rollback_triggers.unwrap_or_default();
    RollbackConfiguration {
        alarms: triggers.into_iter().filter_map(|trigger| trigger.arn).collect(),
        monitoring_minutes: configuration
            .monitoring_time_in_minutes
            .and_then(|minutes| u32::try_from(minutes).ok())
            .unwrap_or_default(),
    }
}

fn read_output(output: types::Output) -> Output {
    Output {
        key: identifier(output.output_key),
        value: output.output_value.unwrap_or_default(),
        description: filled(output.description),
        export_name: optional_identifier(output.export_name),
    }
}

/// Emulators send empty strings where AWS leaves the field out.
pub(crate) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

pub(crate) fn time(time: DateTime) -> Option<SystemTime> {
    SystemTime::try_from(time).ok()
}
