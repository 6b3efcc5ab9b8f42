//! A change set's life: made, waited for, read to its last page, and deleted when it is not wanted.
//!
//! In goes a [`PreparedRequest`], out comes a [`ChangeSet`] that is ready to be executed, or the news that there is nothing to do.
//! *Invariant:* a change set that is not handed out is deleted, with the empty shell of a stack that came with it; failed
//! ones would pile up to the account's limit. Who drops the future half-way calls [`discard`](crate::discard()).

pub mod requirements;
pub mod request;
pub mod prepared_request;
pub mod change;
pub mod validation;
pub mod delete;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types as sdk;

use crate::change_set::change::{Change, ChangeAction, Replacement, is_incomplete, merge, read_change};
use crate::change_set::delete::clean_up;
use crate::change_set::prepared_request::{PreparedRequest, RequestError, change_set_type};
use crate::change_set::request::{ChangeSetType, OnFailure, RollbackConfiguration, Template};
use crate::change_set::requirements::Capability;
use crate::change_set::validation::ValidationDetail;
use crate::connection::clock::Clock;
use crate::connection::pages::PageTokens;
use crate::connection::retry::{default_backoff, without_retries};
use crate::error::{ApiError, ApiErrorKind};
use crate::event::{EventKind, Events, StackEvents, failed_call};
use crate::stack::status::StackStatus;
use crate::stack::{self, Stack, filled};

/// The result of preparing a change set.
#[derive(Debug, Clone, PartialEq)]
pub enum Prepared {
    /// A change set is ready to be executed.
    Ready(ChangeSet),
    /// The stack is as the request wants it. The change set is deleted again.
    Unchanged {
        /// The stack, with its outputs.
        stack: Stack,
    },
}

/// A change set that is ready to be executed.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeSet {
    /// Its ARN.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The stack's ARN. From here on the stack is never called by name, which can be bound anew.
    pub stack_id: String,
    /// The stack's name.
    pub stack_name: String,
    /// Whether the stack is created or updated.
    pub change_set_type: ChangeSetType,
    /// What executing it will do. May be empty: new tags or outputs alone are changes too.
    pub changes: Vec<Change>,
    /// What it changes in nested stacks, to any depth.
    pub nested: Vec<NestedChange>,
    /// The nested stacks that it creates or updates, to any depth, each after its parent.
    pub nested_stacks: Vec<NestedStack>,
    /// Whether a failed operation of this stack stays where it stopped; `None` where nothing has to be said about it.
    pub disable_rollback: Option<bool>,
    /// Whether resources that a failed operation made are deleted with it, whatever their `DeletionPolicy`.
    pub retain_except_on_create: bool,
    /// What CloudFormation's checks warn of. It can be executed all the same.
    pub warnings: Vec<ValidationDetail>,
}

/// A change of a resource of a nested stack.
#[derive(Debug, Clone, PartialEq)]
pub struct NestedChange {
    /// The logical ids that lead to the resource, such as `Child/Orders`.
    pub path: String,
    /// The change.
    pub change: Change,
}

/// A nested stack that a change set creates or updates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NestedStack {
    /// The logical ids that lead to it, such as `Child`.
    pub path: String,
    /// The ARN of its own change set.
    pub change_set_id: String,
    /// Its ARN, where it exists.
    pub stack_id: Option<String>,
    /// The values that its parameters will have.
    pub parameters: BTreeMap<String, String>,
}

/// Why a change set could not be prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// CloudFormation could not work out the change set.
    #[error("the change set of stack {stack_name} failed: {reason}")]
    Failed {
        /// The stack's name.
        stack_name: String,
        /// CloudFormation's reason.
        reason: String,
        /// What its validation found, as far as it tells.
        details: Vec<ValidationDetail>,
    },
    /// There is nothing to change, and the stack is not well: that is no success (aws-cdk-cli#1972).
    #[error("stack {} has no changes and is in {}", .0.name, .0.status)]
    UnchangedButFailed(Box<Stack>),
    /// CloudFormation has not worked the change set out in time.
    #[error("the change set of stack {stack_name} is not worked out after {} minutes", .waited.as_secs() / 60)]
    TimedOut {
        /// The stack's name.
        stack_name: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// A resource would be replaced with rollback disabled. CloudFormation refuses that when it is at it, and leaves the
    /// stack where nothing but the old template gets it out (aws-cdk-cli#1931).
    #[error(
        "stack {stack_name} cannot replace {} with rollback disabled",
        .resources.join(", ")
    )]
    ReplacementWithoutRollback {
        /// The stack's name.
        stack_name: String,
        /// The resources that would be replaced, or might be.
        resources: Vec<String>,
    },
    /// The stack could not take a change set any more.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// CloudFormation did not answer as hoped.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// The reason of a change set without changes: as it is, and when a macro is at work.
const NO_CHANGES: [&str; 2] =
    ["The submitted information didn't contain changes.", "No updates are to be performed."];

impl PrepareError {
    /// What to do about it, where there is a way.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            PrepareError::Failed { .. } | PrepareError::TimedOut { .. } | PrepareError::Api(_) => None,
            PrepareError::ReplacementWithoutRollback { .. } => Some(
                "deploy with rollback enabled; the old resource is then kept until its replacement exists",
            ),
            PrepareError::UnchangedButFailed(stack) => {
                change_set_type(stack).err().and_then(|error| error.hint())
            }
            PrepareError::Request(error) => error.hint(),
        }
    }
}

/// Makes the change set, waits until CloudFormation has worked it out, and reads all of it.
pub async fn prepare(
    client: &Client,
    prepared: &PreparedRequest,
    events: &Events,
) -> Result<Prepared, PrepareError> {
    let clock = Clock::of(client);
    let facts = StackEvents { events, stack_name: &prepared.request.stack_name };
    let worked_out = match create(client, prepared).await {
        Ok(created) => {
            let kind = EventKind::ChangeSetCreated {
                name: prepared.request.change_set_name.clone(),
                change_set_type: prepared.change_set_type,
            };
            facts.emit(clock.now(), kind);
            work_out(client, prepared, created, &clock, &facts).await
        }
        // A refused call has made nothing, but an answer may have been lost on the way.
        Err(error) if error.may_pass() => Err(error.into()),
        Err(error) => return Err(error.into()),
    };
    match worked_out {
        Ok(Some(change_set)) => {
            facts.emit(clock.now(), EventKind::ChangesDescribed { changes: change_set.changes.clone() });
            Ok(Prepared::Ready(change_set))
        }
        Ok(None) => {
            clean_up(client, prepared, events, &clock).await;
            unchanged(client, prepared).await
        }
        Err(error) => {
            clean_up(client, prepared, events, &clock).await;
            Err(error)
        }
    }
}

struct Created {
    id: String,
    stack_id: String,
}

async fn create(client: &Client, prepared: &PreparedRequest) -> Result<Created, ApiError> {
    let request = &prepared.request;
    let mut call = client
        .create_change_set()
        .stack_name(&request.stack_name)
        .change_set_name(&request.change_set_name)
        .client_token(&request.client_token)
        .change_set_type(match prepared.change_set_type {
            ChangeSetType::Create => sdk::ChangeSetType::Create,
            ChangeSetType::Update => sdk::ChangeSetType::Update,
        })
        .set_role_arn(request.role_arn.clone())
        .set_rollback_configuration(request.rollback.as_ref().map(rollback_configuration))
        .set_on_stack_failure(match request.on_failure {
            OnFailure::Delete => Some(sdk::OnStackFailure::Delete),
            // Said when it is executed; CloudFormation refuses both.
            OnFailure::Rollback | OnFailure::DoNothing => None,
        })
        // Without it CloudFormation shows a nested stack as one change of unknown content.
        .set_include_nested_stacks(
            request.requirements.as_ref().filter(|asked| asked.nested_stacks).map(|_| true),
        )
        .set_notification_arns(request.notification_arns.clone());
    call = match &request.template {
        Template::Body(body) => call.template_body(body),
        Template::Url(url) => call.template_url(url),
    };
    for parameter in &request.parameters {
        let previous = parameter.value.is_none().then_some(true);
        call = call.parameters(
            sdk::Parameter::builder()
                .parameter_key(&parameter.key)
                .set_parameter_value(parameter.value.clone())
                .set_use_previous_value(previous)
                .build(),
        );
    }
    if let Some(tags) = &request.tags {
        let tags = tags.iter().map(|(key, value)| sdk::Tag::builder().key(key).value(value).build());
        call = call.set_tags(Some(tags.collect()));
    }
    for capability in request.granted() {
        call = call.capabilities(match capability {
            Capability::Iam => sdk::Capability::CapabilityIam,
            Capability::NamedIam => sdk::Capability::CapabilityNamedIam,
            Capability::AutoExpand => sdk::Capability::CapabilityAutoExpand,
        });
    }
    let answer = call.send().await.map_err(|error| ApiError::unpack("CreateChangeSet", &error))?;
    Ok(Created { id: answer.id.unwrap_or_default(), stack_id: answer.stack_id.unwrap_or_default() })
}

fn rollback_configuration(configuration: &RollbackConfiguration) -> sdk::RollbackConfiguration {
    let trigger = |arn: &String| {
        // Metric alarms. A composite alarm has a type of its own and an ARN of the same form.
        sdk::RollbackTrigger::builder().arn(arn).r#type("AWS::CloudWatch::Alarm").build()
    };
    sdk::RollbackConfiguration::builder()
        .set_rollback_triggers(Some(configuration.alarms.iter().map(trigger).collect()))
        .monitoring_time_in_minutes(i32::try_from(configuration.monitoring_minutes).unwrap_or(i32::MAX))
        .build()
}

/// Waits for the end of CloudFormation's work; `None` when there is nothing to change.
async fn work_out(
    client: &Client,
    prepared: &PreparedRequest,
    created: Created,
    clock: &Clock,
    facts: &StackEvents<'_>,
) -> Result<Option<ChangeSet>, PrepareError> {
    let Some(described) = wait(client, &created, clock, facts).await? else {
        let stack_name = prepared.request.stack_name.clone();
        return Err(PrepareError::TimedOut { stack_name, waited: LONGEST_WAIT });
    };
    let reason = filled(described.status_reason.clone()).unwrap_or_default();
    if described.status == Some(sdk::ChangeSetStatus::CreateComplete) {
        let configured = described.deployment_config.as_ref().and_then(|config| config.disable_rollback);
        let stayed = prepared.stack.as_ref().is_some_and(|stack| stack.disable_rollback);
        let disable_rollback = match prepared.request.on_failure {
            OnFailure::DoNothing => Some(true),
            // Whether the choice of the last operation holds for this one is not documented.
            OnFailure::Rollback => configured.or(stayed.then_some(false)),
            OnFailure::Delete => None,
        };
        let changes = all_changes(client, &created, described).await?;
        if disable_rollback == Some(true) {
            refuse_replacements(&prepared.request.stack_name, &changes)?;
        }
        let (nested, nested_stacks) = nested_changes(client, &changes).await?;
        let warnings = validation::validations(client, &created.id).await;
        return Ok(Some(ChangeSet {
            id: created.id,
            name: prepared.request.change_set_name.clone(),
            stack_id: created.stack_id,
            stack_name: prepared.request.stack_name.clone(),
            change_set_type: prepared.change_set_type,
            changes,
            nested,
            nested_stacks,
            disable_rollback,
            retain_except_on_create: prepared.request.retain_except_on_create,
            warnings,
        }));
    }
    if NO_CHANGES.iter().any(|text| reason.starts_with(text)) {
        return Ok(None);
    }
    let reason = match (reason.as_str(), described.status) {
        ("", Some(status)) => format!("it is in {}", status.as_str()),
        _ => reason,
    };
    // Before the change set is deleted, and its findings with it.
    let mut details = validation::validations(client, &created.id).await;
    details.extend(validation::hooks(client, &created.id).await);
    Err(PrepareError::Failed { stack_name: prepared.request.stack_name.clone(), reason, details })
}

fn refuse_replacements(stack_name: &str, changes: &[Change]) -> Result<(), PrepareError> {
    let replaces = |change: &&Change| {
        change.action != ChangeAction::Add
            && matches!(change.replacement, Some(Replacement::True | Replacement::Conditional))
    };
    let resources: Vec<String> =
        changes.iter().filter(replaces).map(|change| change.logical_id.clone()).collect();
    match resources.is_empty() {
        true => Ok(()),
        false => {
            Err(PrepareError::ReplacementWithoutRollback { stack_name: stack_name.to_owned(), resources })
        }
    }
}

/// How long CloudFormation may work a change set out. A large one with nested stacks takes minutes.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// Asks for the change set until it is complete or failed: from half a second to five seconds apart. `None` when it takes too long.
async fn wait(
    client: &Client,
    created: &Created,
    clock: &Clock,
    facts: &StackEvents<'_>,
) -> Result<Option<DescribeChangeSetOutput>, ApiError> {
    let mut interval = Duration::from_millis(500);
    let started = clock.now();
    let mut last_answer = started;
    let mut failures = 0;
    loop {
        match describe_page(client, created, None, true).await {
            Ok(described) => {
                use sdk::ChangeSetStatus::{CreateInProgress, CreatePending};
                if !matches!(described.status, Some(CreatePending | CreateInProgress)) {
                    return Ok(Some(described));
                }
                if clock.since(started) >= LONGEST_WAIT {
                    return Ok(None);
                }
                (failures, last_answer) = (0, clock.now());
                clock.sleep(interval).await;
                interval = (interval * 6 / 5).min(Duration::from_secs(5));
            }
            Err(error) if clock.since(last_answer) < patience(&error) => {
                failures += 1;
                let retry_in = default_backoff(failures);
                facts.emit(clock.now(), failed_call(error, retry_in));
                clock.sleep(retry_in).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// How long a description may fail before the change set is given up.
fn patience(error: &ApiError) -> Duration {
    match error.may_pass() {
        true => Duration::from_secs(120),
        // Just made, it may not be readable everywhere yet.
        false if error.kind == ApiErrorKind::NotFound => Duration::from_secs(15),
        false => Duration::ZERO,
    }
}

/// Reads the pages after the first, and everything once more without values where values are incomplete.
async fn all_changes(
    client: &Client,
    created: &Created,
    first: DescribeChangeSetOutput,
) -> Result<Vec<Change>, ApiError> {
    let mut incomplete = is_incomplete(first.status_reason.as_deref());
    let mut changes = Vec::new();
    let mut tokens = PageTokens::of("DescribeChangeSet");
    let mut page = first;
    loop {
        changes.extend(page.changes.take().unwrap_or_default().into_iter().filter_map(read_change));
        let Some(next) = tokens.next(page.next_token.take())? else {
            break;
        };
        page = describe_page_retrying(client, created, Some(next), true).await?;
        incomplete |= is_incomplete(page.status_reason.as_deref());
    }
    if !incomplete {
        return Ok(changes);
    }
    let mut complete = Vec::new();
    let mut tokens = PageTokens::of("DescribeChangeSet");
    let mut next = None;
    loop {
        let mut page = describe_page_retrying(client, created, next, false).await?;
        complete.extend(page.changes.take().unwrap_or_default().into_iter().filter_map(read_change));
        next = tokens.next(page.next_token)?;
        if next.is_none() {
            return Ok(merge(changes, complete));
        }
    }
}

/// Reads the changes of nested stacks, to any depth. CloudFormation shows a nested stack as one change of its parent.
async fn nested_changes(
    client: &Client,
    changes: &[Change],
) -> Result<(Vec<NestedChange>, Vec<NestedStack>), ApiError> {
    let below = |parent: &str, change: &Change| {
        Some(NestedStack {
            path: format!("{parent}{}", change.logical_id),
            change_set_id: change.nested_change_set_id.clone()?,
            stack_id: change.physical_id.clone(),
            parameters: BTreeMap::new(),
        })
    };
    let mut pending: Vec<NestedStack> = changes.iter().filter_map(|change| below("", change)).collect();
    let (mut read, mut nested, mut stacks) = (BTreeSet::new(), Vec::new(), Vec::new());
    while let Some(mut found) = pending.pop() {
        if !read.insert(found.change_set_id.clone()) {
            continue;
        }
        let (stack, id) = (found.path.clone(), found.change_set_id.clone());
        let mut tokens = PageTokens::of("DescribeChangeSet");
        let mut next = None;
        loop {
            let call = client.describe_change_set().change_set_name(&id).set_next_token(next);
            let page = call.send().await.map_err(|error| ApiError::unpack("DescribeChangeSet", &error))?;
            found.parameters.extend(page.parameters.into_iter().flatten().filter_map(|parameter| {
                Some((parameter.parameter_key?, parameter.parameter_value.unwrap_or_default()))
            }));
            for change in page.changes.unwrap_or_default().into_iter().filter_map(read_change) {
                pending.extend(below(&format!("{stack}/"), &change));
                nested.push(NestedChange { path: format!("{stack}/{}", change.logical_id), change });
            }
            next = tokens.next(page.next_token)?;
            if next.is_none() {
                break;
            }
        }
        stacks.push(found);
    }
    Ok((nested, stacks))
}

async fn describe_page(
    client: &Client,
    created: &Created,
    next: Option<String>,
    values: bool,
) -> Result<DescribeChangeSetOutput, ApiError> {
    client
        .describe_change_set()
        .change_set_name(&created.id)
        .stack_name(&created.stack_id)
        .include_property_values(values)
        .set_next_token(next)
        .customize()
        .config_override(without_retries())
        .send()
        .await
        .map_err(|error| ApiError::unpack("DescribeChangeSet", &error))
}

async fn describe_page_retrying(
    client: &Client,
    created: &Created,
    next: Option<String>,
    values: bool,
) -> Result<DescribeChangeSetOutput, ApiError> {
    client
        .describe_change_set()
        .change_set_name(&created.id)
        .stack_name(&created.stack_id)
        .include_property_values(values)
        .set_next_token(next)
        .send()
        .await
        .map_err(|error| ApiError::unpack("DescribeChangeSet", &error))
}

/// Returns the stack that has nothing to change, unless its last operation failed.
async fn unchanged(client: &Client, prepared: &PreparedRequest) -> Result<Prepared, PrepareError> {
    let described = stack::describe(client, &prepared.request.stack_name).await?;
    let Some(stack) = described.or_else(|| prepared.stack.clone()) else {
        return Err(RequestError::UnknownStatus {
            stack_name: prepared.request.stack_name.clone(),
            status: StackStatus::DeleteComplete,
        }
        .into());
    };
    match change_set_type(&stack) {
        Ok(_) => Ok(Prepared::Unchanged { stack }),
        Err(RequestError::Busy { stack_name, status }) => {
            Err(RequestError::Busy { stack_name, status }.into())
        }
        Err(_) => Err(PrepareError::UnchangedButFailed(Box::new(stack))),
    }
}
