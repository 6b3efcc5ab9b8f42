//! A sandbox on a virtual clock, the target that the rollout is given, and a second pair of clients for everybody else.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudformation::types::{Capability, Parameter, RollbackConfiguration, StackEvent, Tag};
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use serde_json::Value;
use tablewright_cloudformation::{Connect, Connection, connect};
use tablewright_deploy::Target;
use tablewright_sandbox::{Clock, Options, Request, Sandbox, Timings, VirtualClock};

use crate::interposer::{Interposer, Pauses};

/// The region of everything.
pub(crate) const REGION: &str = "eu-west-1";

/// A sandbox, the target that leads to it through the interposer, and direct access for colleagues and for the judge.
pub(crate) struct World {
    pub(crate) direct: Direct,
    pub(crate) interposer: Interposer,
    pub(crate) target: Target,
}

impl World {
    pub(crate) async fn new() -> Self {
        let clock = VirtualClock::default();
        // Indexes are built in a tenth of the time that AWS takes: what is tried is between the calls, and a wait is many of them.
        let timings = Timings { index_allocation: 3_000, index_backfill: 50_000, ..Timings::default() };
        let options = Options { clock: Clock::Virtual(clock.clone()), timings, ..Options::default() };
        let sandbox = Sandbox::in_memory(options);
        let sleep = SharedAsyncSleep::new(clock.clone());
        let connection = connected(sandbox.http_client(), sleep, &clock).await;
        let direct = Direct {
            cloudformation: connection.cloudformation(),
            dynamodb: aws_sdk_dynamodb::Client::new(&connection.sdk_config),
            sandbox,
            clock: clock.clone(),
        };
        let interposer = Interposer::new(direct.clone());
        let sleep = SharedAsyncSleep::new(Pauses::new(interposer.clone()));
        let connection = connected(SharedHttpClient::new(interposer.clone()), sleep, &clock).await;
        let target = Target::new(connection, "the sandbox");
        Self { direct, interposer, target }
    }
}

async fn connected(http: SharedHttpClient, sleep: SharedAsyncSleep, clock: &VirtualClock) -> Connection {
    let request = Connect {
        region: Some(REGION.to_owned()),
        http_client: Some(http),
        credentials: Some(SharedCredentialsProvider::new(Credentials::from_keys("a", "b", None))),
        sleep: Some(sleep),
        time: Some(SharedTimeSource::new(clock.clone())),
        ..Connect::default()
    };
    connect(&request).await.unwrap()
}

/// The credentials of who puts templates into buckets.
const SCOPE: &str = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/s3/aws4_request, Signature=0";

/// The type of nested stacks.
pub(crate) const NESTED: &str = "AWS::CloudFormation::Stack";

/// Calls that do not go through the interposer: those of the judge and of colleagues.
#[derive(Clone, Debug)]
pub(crate) struct Direct {
    pub(crate) cloudformation: tablewright_cloudformation::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: VirtualClock,
}

/// A stack as it is deployed, or as a change set would make it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StackState {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) template: Value,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) topics: Vec<String>,
    pub(crate) alarms: Vec<String>,
    pub(crate) is_protected: bool,
    /// The nested stacks by their logical ids.
    pub(crate) children: BTreeMap<String, StackState>,
}

/// A table as DynamoDB describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableState {
    pub(crate) id: String,
    pub(crate) status: String,
    /// Status and whether it is backfilling, by name.
    pub(crate) indexes: BTreeMap<String, (String, bool)>,
}

impl TableState {
    pub(crate) fn is_active(&self) -> bool {
        self.status == "ACTIVE"
            && self.indexes.values().all(|(status, backfilling)| status == "ACTIVE" && !backfilling)
    }
}

impl Direct {
    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Returns a stack that has resources or has had some; `None` for one in review as well.
    pub(crate) async fn stack(&self, name: &str) -> Option<StackState> {
        let answer = self.cloudformation.describe_stacks().stack_name(name).send().await.ok()?;
        let stack = answer.stacks().first()?;
        let status = stack.stack_status()?.as_str().to_owned();
        if status == "REVIEW_IN_PROGRESS" {
            return None;
        }
        let id = stack.stack_id()?.to_owned();
        let template = self.cloudformation.get_template().stack_name(&id).send().await.ok()?;
        let template = read(template.template_body()?);
        let (parameters, tags) = (of_parameters(stack.parameters()), of_tags(stack.tags()));
        let (topics, alarms) =
            (stack.notification_arns().to_vec(), of_alarms(stack.rollback_configuration()));
        let is_protected = stack.enable_termination_protection() == Some(true);
        let children = self.children(&id).await;
        Some(StackState { id, status, template, parameters, tags, topics, alarms, is_protected, children })
    }

    /// Returns the nested stacks of a stack.
    async fn children(&self, stack: &str) -> BTreeMap<String, StackState> {
        let mut children = BTreeMap::new();
        for (logical_id, (kind, physical_id)) in self.resources(stack).await {
            if kind == NESTED
                && let Some(child) = Box::pin(self.stack(&physical_id)).await
            {
                children.insert(logical_id, child);
            }
        }
        children
    }

    pub(crate) async fn protect(&self, name: &str) -> bool {
        let call = self.cloudformation.update_termination_protection().stack_name(name);
        call.enable_termination_protection(true).send().await.is_ok()
    }

    pub(crate) async fn policy(&self, name: &str) -> Option<Value> {
        let answer = self.cloudformation.get_stack_policy().stack_name(name).send().await.ok()?;
        Some(read(answer.stack_policy_body()?))
    }

    pub(crate) async fn set_policy(&self, name: &str, policy: &Value) {
        let call = self.cloudformation.set_stack_policy().stack_name(name);
        call.stack_policy_body(policy.to_string()).send().await.unwrap();
    }

    pub(crate) async fn status(&self, name: &str) -> Option<String> {
        let answer = self.cloudformation.describe_stacks().stack_name(name).send().await.ok()?;
        Some(answer.stacks().first()?.stack_status()?.as_str().to_owned())
    }

    /// Returns what a change set would make of its stack. One that is told by its ARN needs no stack.
    pub(crate) async fn change_set(&self, stack: Option<&str>, name: &str) -> Option<StackState> {
        let call = self.cloudformation.describe_change_set().set_stack_name(stack.map(str::to_owned));
        let described = call.change_set_name(name).send().await.ok()?;
        let call = self.cloudformation.get_template().set_stack_name(stack.map(str::to_owned));
        let template = read(call.change_set_name(name).send().await.ok()?.template_body()?);
        // A nested stack without a change set of its own stays as it is, if it stays.
        let mut children = self.children(described.stack_id()?).await;
        children.retain(|logical_id, _| template["Resources"].get(logical_id).is_some());
        for change in described.changes().iter().filter_map(|change| change.resource_change()) {
            let Some((nested, logical_id)) = change.change_set_id().zip(change.logical_resource_id()) else {
                continue;
            };
            if let Some(child) = Box::pin(self.change_set(None, nested)).await {
                children.insert(logical_id.to_owned(), child);
            }
        }
        Some(StackState {
            id: described.stack_id()?.to_owned(),
            status: described.execution_status()?.as_str().to_owned(),
            template,
            parameters: of_parameters(described.parameters()),
            tags: of_tags(described.tags()),
            topics: described.notification_arns().to_vec(),
            alarms: of_alarms(described.rollback_configuration()),
            children,
            ..StackState::default()
        })
    }

    /// Returns the names of the change sets of a stack.
    pub(crate) async fn change_sets(&self, stack: &str) -> Vec<String> {
        let answer = self.cloudformation.list_change_sets().stack_name(stack).send().await;
        let Ok(answer) = answer else { return Vec::new() };
        answer.summaries().iter().filter_map(|one| one.change_set_name().map(str::to_owned)).collect()
    }

    /// Returns the events of a stack, oldest first.
    pub(crate) async fn events(&self, stack: &str) -> Vec<StackEvent> {
        let mut events = Vec::new();
        let mut pages = self.cloudformation.describe_stack_events().stack_name(stack).into_paginator().send();
        while let Some(Ok(page)) = pages.next().await {
            events.extend(page.stack_events().iter().cloned());
        }
        events.reverse();
        events
    }

    /// Returns the ids of all stacks that there are or were, nested ones included.
    pub(crate) async fn stack_ids(&self) -> Vec<String> {
        let answer = self.cloudformation.list_stacks().send().await.unwrap();
        answer.stack_summaries().iter().filter_map(|one| one.stack_id().map(str::to_owned)).collect()
    }

    pub(crate) async fn table(&self, name: &str) -> Option<TableState> {
        let answer = self.dynamodb.describe_table().table_name(name).send().await.ok()?;
        let table = answer.table()?;
        let index = |index: &aws_sdk_dynamodb::types::GlobalSecondaryIndexDescription| {
            let status = index.index_status().map_or(String::new(), |status| status.as_str().to_owned());
            (index.index_name().unwrap_or_default().to_owned(), (status, index.backfilling() == Some(true)))
        };
        Some(TableState {
            id: table.table_id()?.to_owned(),
            status: table.table_status()?.as_str().to_owned(),
            indexes: table.global_secondary_indexes().iter().map(index).collect(),
        })
    }

    /// Returns the physical ids of the resources of a stack by their logical ids.
    pub(crate) async fn resources(&self, stack: &str) -> BTreeMap<String, (String, String)> {
        let answer = self.cloudformation.describe_stack_resources().stack_name(stack).send().await;
        let Ok(answer) = answer else { return BTreeMap::new() };
        let resource = |one: &aws_sdk_cloudformation::types::StackResource| {
            let kind = one.resource_type()?.to_owned();
            Some((one.logical_resource_id()?.to_owned(), (kind, one.physical_resource_id()?.to_owned())))
        };
        answer.stack_resources().iter().filter_map(resource).collect()
    }

    /// Begins to create a stack.
    pub(crate) async fn begin_creation(&self, name: &str, template: &Value) {
        let call = self.cloudformation.create_stack().stack_name(name).template_body(template.to_string());
        call.capabilities(Capability::CapabilityNamedIam).send().await.unwrap();
    }

    /// Creates a stack and waits until everything in it can be used.
    pub(crate) async fn create(&self, name: &str, template: &Value, tags: &BTreeMap<String, String>) {
        let call = self.cloudformation.create_stack().stack_name(name).template_body(template.to_string());
        let call = call.capabilities(Capability::CapabilityNamedIam).set_tags(Some(to_tags(tags)));
        call.client_request_token("colleague-create").send().await.unwrap();
        self.wait(1_200);
        let status = self.status(name).await;
        assert_eq!(status.as_deref(), Some("CREATE_COMPLETE"), "{:?}", self.events(name).await);
    }

    /// Updates a stack as a colleague does, with everything that is not in the template as it is. Returns whether CloudFormation
    /// took it.
    pub(crate) async fn update(&self, now: &StackState, template: &Value, token: &str) -> bool {
        let kept = |key: &String| Parameter::builder().parameter_key(key).use_previous_value(true).build();
        let declares = |key: &&String| template["Parameters"].get(key.as_str()).is_some();
        let parameters = now.parameters.keys().filter(declares).map(kept).collect();
        let call = self.cloudformation.update_stack().stack_name(&now.id).client_request_token(token);
        let call = call.template_body(template.to_string()).set_tags(Some(to_tags(&now.tags)));
        let call = call.capabilities(Capability::CapabilityNamedIam).set_parameters(Some(parameters));
        call.send().await.is_ok()
    }

    /// Returns the object at a URL that [`put`](Self::put) has returned.
    pub(crate) fn get(&self, url: &str) -> Option<Value> {
        let path = url.strip_prefix("https://s3.amazonaws.com")?.to_owned();
        let headers = vec![("Authorization".into(), SCOPE.into())];
        let answer = self.sandbox.answer(&Request { method: "GET".into(), path, headers, body: Vec::new() });
        serde_json::from_slice(&answer.ok()?.body).ok()
    }

    /// Puts an object into a bucket, which is made for it, and returns the URL.
    pub(crate) fn put(&self, bucket: &str, key: &str, body: &str) -> String {
        let put = |path: String, body: &str| {
            let headers = vec![("Authorization".into(), SCOPE.into())];
            let request = Request { method: "PUT".into(), path, headers, body: body.as_bytes().to_vec() };
            self.sandbox.answer(&request).unwrap().status
        };
        put(format!("/{bucket}"), "");
        assert_eq!(put(format!("/{bucket}/{key}"), body), 200);
        format!("https://s3.amazonaws.com/{bucket}/{key}")
    }
}

fn read(body: &str) -> Value {
    serde_json::from_str(body)
        .unwrap_or_else(|error| panic!("a template that no test has made: {error}\n{body}"))
}

fn of_parameters(parameters: &[Parameter]) -> BTreeMap<String, String> {
    let one = |one: &Parameter| Some((one.parameter_key()?.to_owned(), one.parameter_value()?.to_owned()));
    parameters.iter().filter_map(one).collect()
}

fn of_tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tags.iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()))).collect()
}

fn of_alarms(configuration: Option<&RollbackConfiguration>) -> Vec<String> {
    let triggers = configuration.map(RollbackConfiguration::rollback_triggers).unwrap_or_default();
    triggers.iter().filter_map(|trigger| trigger.arn().map(str::to_owned)).collect()
}

fn to_tags(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
