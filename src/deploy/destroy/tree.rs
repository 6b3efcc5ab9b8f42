//! The resources of a stack and of the stacks nested in it, each with what its deletion policy makes of it.

use std::collections::VecDeque;

use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use tablewright_cloudformation::stack::{self, StackResource};
use tablewright_cloudformation::{Client, ResourceStatus};
use tablewright_template::parse_deployed;

use crate::destroy::plan::Fate;
use crate::error::Error;

/// The type of nested stacks.
const STACK: &str = "AWS::CloudFormation::Stack";

/// A stack of the tree, as it is deployed.
pub(super) struct DeployedStack {
    /// The logical ids that lead to it, each followed by `/`. Empty for the root.
    pub(super) prefix: String,
    pub(super) name: String,
    /// The names of its exports.
    pub(super) exports: Vec<String>,
    /// Whether the stack itself stays, and all its resources with it.
    pub(super) is_retained: bool,
    /// The template after its transforms.
    pub(super) template: Value,
    pub(super) resources: Vec<FoundResource>,
}

/// A resource that exists, as far as CloudFormation knows.
pub(super) struct FoundResource {
    pub(super) logical_id: String,
    pub(super) resource_type: String,
    pub(super) physical_id: Option<String>,
    pub(super) fate: Fate,
}

/// Reads a stack and the stacks nested in it, the root first. Those of one depth are read at the same time.
pub(super) async fn read_tree(client: &Client, root: &stack::Stack) -> Result<Vec<DeployedStack>, Error> {
    let mut found: Vec<DeployedStack> = Vec::new();
    let mut waiting = VecDeque::from([(String::new(), root.id.clone(), false)]);
    while !waiting.is_empty() {
        let level = stream::iter(waiting.drain(..).collect::<Vec<_>>());
        let level =
            level.map(async |(prefix, id, is_retained)| read_stack(client, prefix, &id, is_retained).await);
        let mut level = level.buffered(4);
        while let Some(stack) = level.next().await {
            let Some(stack) = stack? else { continue };
            for nested in stack.resources.iter().filter(|resource| resource.resource_type == STACK) {
                let Some(id) = &nested.physical_id else { continue };
                let prefix = format!("{}{}/", stack.prefix, nested.logical_id);
                waiting.push_back((prefix, id.clone(), nested.fate == Fate::Retained));
            }
            found.push(stack);
        }
    }
    Ok(found)
}

/// Reads one stack; `None` for one that is gone.
async fn read_stack(
    client: &Client,
    prefix: String,
    id: &str,
    is_retained: bool,
) -> Result<Option<DeployedStack>, Error> {
    let Some(stack) = stack::describe(client, id).await? else { return Ok(None) };
    let resources = stack::resources(client, id).await?;
    let text = stack::processed_template(client, id).await?.unwrap_or_default();
    // A stack that is in review has neither resources nor a template.
    let template = if text.is_empty() {
        Value::Null
    } else {
        let read = parse_deployed(&text).map_err(|source| {
            let excerpt = source.excerpt(&text);
            Error::UnreadableTemplate { stack_name: stack.name.clone(), excerpt, source }
        })?;
        read.template.to_value()
    };
    let exists = |resource: &StackResource| exists(resource).then(|| resource.clone());
    let found = resources.iter().filter_map(exists).map(|resource| FoundResource {
        fate: if is_retained { Fate::Retained } else { fate(&template, &resource) },
        logical_id: resource.logical_id,
        resource_type: resource.resource_type,
        physical_id: resource.physical_id,
    });
    let exports = stack.outputs.iter().filter_map(|output| output.export_name.clone()).collect();
    let resources = found.collect();
    Ok(Some(DeployedStack { prefix, name: stack.name, exports, is_retained, template, resources }))
}

/// Returns whether there is a resource that belongs to the stack. A creation that failed because something of the same name exists
/// has made none: that belongs to somebody else, and CloudFormation leaves it alone.
fn exists(resource: &StackResource) -> bool {
    match resource.status {
        ResourceStatus::DeleteComplete => false,
        ResourceStatus::CreateFailed => {
            let reason = resource.reason.as_deref().unwrap_or_default();
            resource.physical_id.is_some() && !reason.contains("already exists")
        }
        _ => true,
    }
}

fn fate(template: &Value, resource: &StackResource) -> Fate {
    if resource.status == ResourceStatus::DeleteSkipped {
        return Fate::Retained;
    }
    match &template["Resources"][&resource.logical_id]["DeletionPolicy"] {
        // `RetainExceptOnCreate` deletes only when the creation of the resource is rolled back.
        Value::String(policy) if policy == "Retain" || policy == "RetainExceptOnCreate" => Fate::Retained,
        Value::String(policy) if policy == "Snapshot" => Fate::Snapshot,
        Value::String(_) | Value::Null => Fate::Deleted,
        _ => Fate::Unknown,
    }
}
