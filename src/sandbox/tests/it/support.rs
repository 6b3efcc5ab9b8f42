//! A sandbox with a virtual clock and the real SDK clients on it.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_cloudformation as cloudformation;
use aws_sdk_cloudformation::config::{BehaviorVersion, Region};
use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::types::{ChangeSetType, StackEvent};
use aws_sdk_dynamodb as dynamodb;
use quick_xml::events::Event;
use serde_json::Value;
use tablewright_sandbox::{Clock, Faults, Options, Request, Sandbox, VirtualClock};

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: VirtualClock,
    pub(crate) cfn: cloudformation::Client,
    pub(crate) ddb: dynamodb::Client,
}

pub(crate) fn world() -> World {
    world_with(Faults::default())
}

pub(crate) fn world_with(faults: Faults) -> World {
    let clock = VirtualClock::default();
    let options = Options { clock: Clock::Virtual(clock.clone()), faults, ..Options::default() };
    clients(Sandbox::in_memory(options), clock)
}

pub(crate) fn clients(sandbox: Sandbox, clock: VirtualClock) -> World {
    let credentials = Credentials::new("AKIDSANDBOX", "secret", None, None, "test");
    let cfn = cloudformation::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(credentials.clone())
        .http_client(sandbox.http_client())
        .sleep_impl(clock.clone())
        .time_source(clock.clone())
        .build();
    let ddb = dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(credentials)
        .http_client(sandbox.http_client())
        .sleep_impl(clock.clone())
        .time_source(clock.clone())
        .build();
    World {
        sandbox,
        clock,
        cfn: cloudformation::Client::from_conf(cfn),
        ddb: dynamodb::Client::from_conf(ddb),
    }
}

impl World {
    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Makes a change set, waits for it, and returns its status and reason.
    pub(crate) async fn change_set(
        &self,
        stack: &str,
        name: &str,
        kind: ChangeSetType,
        template: &str,
    ) -> (String, Option<String>) {
        let call = self.cfn.create_change_set().stack_name(stack).change_set_name(name).change_set_type(kind);
        call.template_body(template).send().await.unwrap();
        self.wait(5);
        let set =
            self.cfn.describe_change_set().stack_name(stack).change_set_name(name).send().await.unwrap();
        (set.status().unwrap().as_str().to_owned(), set.status_reason().map(str::to_owned))
    }

    /// Deploys through a change set, waits long enough, and returns the stack's status.
    pub(crate) async fn deploy(&self, stack: &str, kind: ChangeSetType, template: &str) -> String {
        let name = format!("set-{}", self.sandbox.calls().len());
        let (status, reason) = self.change_set(stack, &name, kind, template).await;
        assert_eq!(status, "CREATE_COMPLETE", "{reason:?}");
        let call = self.cfn.execute_change_set().stack_name(stack).change_set_name(&name);
        call.client_request_token(format!("token-{name}")).send().await.unwrap();
        self.wait(180);
        self.status(stack).await
    }

    pub(crate) async fn create(&self, stack: &str, template: &str) -> String {
        self.deploy(stack, ChangeSetType::Create, template).await
    }

    pub(crate) async fn update(&self, stack: &str, template: &str) -> String {
        self.deploy(stack, ChangeSetType::Update, template).await
    }

    pub(crate) async fn status(&self, stack: &str) -> String {
        let answer = self.cfn.describe_stacks().stack_name(stack).send().await.unwrap();
        answer.stacks()[0].stack_status().unwrap().as_str().to_owned()
    }

    /// All events, oldest first.
    pub(crate) async fn events(&self, stack: &str) -> Vec<StackEvent> {
        let mut events = Vec::new();
        let mut pages = self.cfn.describe_stack_events().stack_name(stack).into_paginator().send();
        while let Some(page) = pages.next().await {
            events.extend(page.unwrap().stack_events().to_vec());
        }
        events.reverse();
        events
    }

    /// `logical id STATUS reason`, oldest first.
    pub(crate) async fn lines(&self, stack: &str) -> Vec<String> {
        self.events(stack).await.iter().map(line).collect()
    }

    pub(crate) async fn table(&self, name: &str) -> Option<dynamodb::types::TableDescription> {
        self.ddb.describe_table().table_name(name).send().await.ok().and_then(|answer| answer.table)
    }
}

pub(crate) fn line(event: &StackEvent) -> String {
    let reason = event.resource_status_reason().map(|reason| format!(" {reason}")).unwrap_or_default();
    format!("{} {}{reason}", event.logical_resource_id().unwrap(), event.resource_status().unwrap().as_str())
}

/// `code: message` of a refusal.
pub(crate) fn refusal<T: std::fmt::Debug, E, R>(
    result: Result<T, aws_sdk_cloudformation::error::SdkError<E, R>>,
) -> String
where
    E: ProvideErrorMetadata + std::fmt::Debug,
    R: std::fmt::Debug,
{
    match result {
        Ok(answer) => panic!("not refused: {answer:?}"),
        Err(error) => format!("{}: {}", error.code().unwrap_or("?"), error.message().unwrap_or("?")),
    }
}

/// A template with one table named `Notes`, changed by `edit`.
pub(crate) fn notes(edit: impl Fn(&mut Value)) -> String {
    let mut template = serde_json::json!({
        "Resources": {
            "Notes": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "TableName": "notes",
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [{"AttributeName": "userId", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "userId", "KeyType": "HASH"}],
                },
            },
        },
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Notes", "Arn"]}}},
    });
    edit(&mut template);
    template.to_string()
}

/// Adds a string attribute and an index on it.
pub(crate) fn add_index(template: &mut Value, name: &str, attribute: &str) {
    let properties = &mut template["Resources"]["Notes"]["Properties"];
    let definitions = properties["AttributeDefinitions"].as_array_mut().unwrap();
    if !definitions.iter().any(|definition| definition["AttributeName"] == attribute) {
        definitions.push(serde_json::json!({"AttributeName": attribute, "AttributeType": "S"}));
    }
    let index = serde_json::json!({
        "IndexName": name,
        "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    });
    match properties["GlobalSecondaryIndexes"].as_array_mut() {
        Some(indexes) => indexes.push(index),
        None => properties["GlobalSecondaryIndexes"] = serde_json::json!([index]),
    }
}

/// A sandbox spoken to in bytes, as any client would.
pub(crate) struct Wire {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: VirtualClock,
}

impl Wire {
    pub(crate) fn new() -> Self {
        let clock = VirtualClock::default();
        let options = Options { clock: Clock::Virtual(clock.clone()), ..Options::default() };
        Self { sandbox: Sandbox::in_memory(options), clock }
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// The status and the result's tree, or the error's.
    pub(crate) fn cloudformation(&self, action: &str, parameters: &[(String, String)]) -> (u16, Value) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", "2010-05-15");
        form.extend_pairs(parameters);
        let request = Request {
            method: "POST".into(),
            path: "/".into(),
            headers: vec![],
            body: form.finish().into_bytes(),
        };
        let answer = self.sandbox.answer(&request).unwrap();
        let document = tree(&String::from_utf8(answer.body).unwrap());
        let result = match document.get(format!("{action}Result")) {
            Some(result) => result.clone(),
            None => document,
        };
        (answer.status, result)
    }

    /// A call that must be accepted; parameters as `Name=value` words.
    pub(crate) fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Value {
        let owned: Vec<(String, String)> =
            parameters.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let (status, answer) = self.cloudformation(action, &owned);
        assert_eq!(status, 200, "{action}: {answer}");
        answer
    }

    /// A call that must be refused; returns `code: message`.
    pub(crate) fn refused(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        let owned: Vec<(String, String)> =
            parameters.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let (status, answer) = self.cloudformation(action, &owned);
        assert!(status >= 400, "{action}: {answer}");
        let text = |name: &str| answer["Error"][name].as_str().unwrap().to_owned();
        format!("{}: {}", text("Code"), text("Message"))
    }

    /// `logical id STATUS reason`, oldest first; `*` for ids that are drawn.
    pub(crate) fn lines(&self, stack: &str) -> Vec<String> {
        let answer = self.call("DescribeStackEvents", &[("StackName", stack)]);
        let mut lines: Vec<String> = answer["StackEvents"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| {
                let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
                let own = text("PhysicalResourceId") == text("StackId");
                let name = if own { "STACK" } else { text("LogicalResourceId") };
                let hook = text("HookStatus");
                let reason = without_ids(text("ResourceStatusReason"));
                format!("{name} {} {reason}{hook}", text("ResourceStatus")).trim_end().to_owned()
            })
            .collect();
        lines.reverse();
        lines
    }

    /// What DescribeStacks says of a stack.
    pub(crate) fn stack(&self, name: &str) -> Value {
        self.call("DescribeStacks", &[("StackName", name)])["Stacks"][0].clone()
    }

    /// `STATUS: reason` of a stack.
    pub(crate) fn status(&self, name: &str) -> String {
        let stack = self.stack(name);
        let text = |name: &str| stack.get(name).and_then(Value::as_str).unwrap_or_default();
        without_ids(
            format!("{}: {}", text("StackStatus"), text("StackStatusReason")).trim_end_matches([':', ' ']),
        )
    }

    /// What a change set says of a resource.
    pub(crate) fn change(&self, id: &str, logical_id: &str) -> Value {
        let set = self.call("DescribeChangeSet", &[("ChangeSetName", id), ("IncludePropertyValues", "true")]);
        let changes = set["Changes"].as_array().cloned().unwrap_or_default();
        let found = changes.iter().find(|change| change["ResourceChange"]["LogicalResourceId"] == logical_id);
        found.unwrap_or_else(|| panic!("no change of {logical_id}: {set}"))["ResourceChange"].clone()
    }

    /// Makes a change set and waits for it; returns its status, its reason and its id.
    pub(crate) fn set(
        &self,
        stack: &str,
        name: &str,
        template: &str,
        more: &[(&str, &str)],
    ) -> (String, String) {
        let mut parameters = vec![("StackName", stack), ("ChangeSetName", name), ("TemplateBody", template)];
        parameters.extend(more);
        let id = self.call("CreateChangeSet", &parameters)["Id"].as_str().unwrap().to_owned();
        self.wait(5);
        let set = self.call("DescribeChangeSet", &[("ChangeSetName", &id)]);
        let text = |name: &str| set.get(name).and_then(Value::as_str).unwrap_or_default();
        (without_ids(format!("{} {}", text("Status"), text("StatusReason")).trim_end()), id)
    }

    /// Puts an object into a bucket, which is made at first sight, and returns its address.
    pub(crate) fn put(&self, bucket: &str, key: &str, body: &str) -> String {
        let scope = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/s3/aws4_request, Signature=0";
        for (path, body) in [(format!("/{bucket}"), ""), (format!("/{bucket}/{key}"), body)] {
            let headers = vec![("Authorization".into(), scope.into())];
            let request = Request { method: "PUT".into(), path, headers, body: body.as_bytes().to_vec() };
            assert_eq!(self.sandbox.answer(&request).unwrap().status, 200);
        }
        format!("https://s3.amazonaws.com/{bucket}/{key}")
    }

    pub(crate) fn dynamodb(&self, action: &str, body: &Value) -> (u16, Value) {
        let headers = vec![("X-Amz-Target".into(), format!("DynamoDB_20120810.{action}"))];
        let request =
            Request { method: "POST".into(), path: "/".into(), headers, body: body.to_string().into_bytes() };
        let answer = self.sandbox.answer(&request).unwrap();
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }
}

/// A text with `*` in the place of what is drawn at random: ARNs of stacks and change sets, and UUIDs.
pub(crate) fn without_ids(text: &str) -> String {
    let is_drawn = |word: &str| {
        let core = word.trim_matches(|c: char| "(),.;\"'[]".contains(c));
        core.starts_with("arn:aws:cloudformation:") || (core.len() == 36 && core.matches('-').count() == 4)
    };
    let words: Vec<String> =
        text.split(' ').map(|word| if is_drawn(word) { "*".to_owned() } else { word.to_owned() }).collect();
    words.join(" ").trim_end().to_owned()
}

/// An element that is being read: its name, its children, its text.
type Open = (String, Vec<(String, Value)>, String);

/// An XML document as a tree: `member`s become arrays, text becomes strings, empty elements become null.
pub(crate) fn tree(xml: &str) -> Value {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut stack: Vec<Open> = vec![(String::new(), Vec::new(), String::new())];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                stack.push((start.name().as_ref().to_owned(), Vec::new(), String::new()));
            }
            Event::Empty(empty) => {
                let name = empty.name().as_ref().to_owned();
                stack.last_mut().unwrap().1.push((name, Value::Null));
            }
            Event::Text(text) => stack.last_mut().unwrap().2.push_str(&text),
            Event::GeneralRef(entity) => {
                let character = match &*entity {
                    "lt" => "<",
                    "gt" => ">",
                    "amp" => "&",
                    "#13" => "\r",
                    other => panic!("unexpected &{other};"),
                };
                stack.last_mut().unwrap().2.push_str(character);
            }
            Event::End(_) => {
                let (name, children, text) = stack.pop().unwrap();
                let value = if children.is_empty() {
                    Value::String(text)
                } else if children.iter().all(|(name, _)| name == "member") {
                    Value::Array(children.into_iter().map(|(_, value)| value).collect())
                } else {
                    Value::Object(children.into_iter().collect())
                };
                stack.last_mut().unwrap().1.push((name, value));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let (_, children, _) = stack.pop().unwrap();
    children.into_iter().next().map_or(Value::Null, |(_, value)| value)
}

/// The recordings.
pub(crate) fn recordings() -> Value {
    serde_json::from_str(include_str!("../data/recorded.json")).unwrap()
}
