//! Somebody else, who works on the same stacks at the same time.

use aws_sdk_cloudformation::types::{Capability, ChangeSetType, Parameter};
use serde_json::{Value, json};

use crate::stacks::bare_table;
use crate::world::{Direct, StackState};

/// Something that a colleague may do to a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Updates the stack with one edit and waits for the end.
    Update(&'static str, Edit),
    /// Begins the same and leaves it running.
    BeginUpdate(&'static str, Edit),
    /// Deletes a table in DynamoDB itself.
    DropTable(&'static str),
    /// Makes a change set that waits for somebody's approval.
    LeaveChangeSet(&'static str, String),
    /// Deletes the stack.
    DeleteStack(&'static str),
    /// Deletes every change set of the stack.
    DeleteChangeSets(&'static str),
    /// Begins to delete the stack.
    BeginDeletion(&'static str),
    /// Deletes the stack, and creates it with one table.
    MakeAnew(&'static str),
    /// Creates the stack, if there is none, with one table.
    CreateStack(&'static str),
    /// Updates the nested stack itself.
    UpdateChild(&'static str, Edit),
    /// Puts a template without its first table at the URL of the nested stack.
    DropFromChild(&'static str),
    /// Sets a stack policy that denies to delete and to replace.
    SetPolicy(&'static str),
    /// Sets a stack policy that denies every update.
    DenyUpdates(&'static str),
    /// Protects the stack against termination.
    Protect(&'static str),
    /// Executes a change set of the stack, whoever made it.
    ExecuteChangeSet(&'static str),
}

/// An edit of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// Another table.
    AddTable,
    /// Every table loses what retains it.
    DeletionPolicies,
    /// The outputs go.
    RemoveOutputs,
    /// An output comes.
    AddOutput,
    /// A tag of the stack comes.
    Tag,
    /// Every table is recoverable.
    Recovery,
    /// The first table gets an index.
    AddIndex,
    /// The key goes, and no table is encrypted with it.
    RemoveKey,
}

/// What a colleague has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Updated(String),
    Deleted(String),
    Created(String),
    /// A table by its name in DynamoDB.
    DroppedTable(String),
    /// A change set of a stack.
    LeftChangeSet(String, String),
    /// The template at the URL of a nested stack of a stack.
    PutChild(String),
    /// A stack has another policy or protection.
    Guarded(String),
}

/// The tokens of colleagues begin with this.
pub(crate) const TOKEN: &str = "colleague-";

impl Act {
    /// Does it, if AWS lets him.
    pub(crate) async fn perform(&self, direct: &Direct) -> Option<Done> {
        match self {
            Self::Update(stack, edit) => {
                let done = Box::pin(update(direct, stack, *edit)).await?;
                direct.wait(120);
                Some(done)
            }
            Self::BeginUpdate(stack, edit) => Box::pin(update(direct, stack, *edit)).await,
            Self::DropTable(stack) => {
                let resources = direct.resources(stack).await;
                let table = resources.values().find(|(kind, _)| kind == "AWS::DynamoDB::Table")?;
                let call = direct.dynamodb.delete_table().table_name(&table.1);
                call.send().await.ok()?;
                Some(Done::DroppedTable(table.1.clone()))
            }
            Self::LeaveChangeSet(stack, name) => Box::pin(leave(direct, stack, name)).await,
            Self::DeleteChangeSets(stack) => {
                for name in direct.change_sets(stack).await {
                    let call = direct.cloudformation.delete_change_set().stack_name(*stack);
                    call.change_set_name(name).send().await.ok()?;
                }
                direct.wait(10);
                Some(Done::Updated((*stack).to_owned()))
            }
            Self::BeginDeletion(stack) => {
                let now = direct.stack(stack).await?;
                let call = direct.cloudformation.delete_stack().stack_name(&now.id);
                call.client_request_token(format!("{TOKEN}delete")).send().await.ok()?;
                Some(Done::Deleted((*stack).to_owned()))
            }
            Self::DeleteStack(stack) => {
                let now = direct.stack(stack).await?;
                let call = direct.cloudformation.delete_stack().stack_name(&now.id);
                call.client_request_token(format!("{TOKEN}delete")).send().await.ok()?;
                direct.wait(120);
                Some(Done::Deleted((*stack).to_owned()))
            }
            Self::MakeAnew(stack) => {
                Box::pin(Self::DeleteStack(stack).perform(direct)).await?;
                Box::pin(Self::CreateStack(stack).perform(direct)).await
            }
            Self::UpdateChild(stack, edit) => {
                let child = direct.resources(stack).await.remove(CHILD)?.1;
                Box::pin(update(direct, &child, *edit)).await?;
                direct.wait(120);
                Some(Done::Updated((*stack).to_owned()))
            }
            Self::DropFromChild(stack) => {
                let now = direct.stack(stack).await?;
                let url = &now.template["Resources"][CHILD]["Properties"]["TemplateURL"];
                let (_, path) = url.as_str()?.split_once("amazonaws.com/")?;
                let (bucket, key) = path.split_once('/')?;
                let mut template = direct.get(url.as_str()?)?;
                let resources = template["Resources"].as_object_mut()?;
                let first = resources.keys().next()?.clone();
                resources.remove(&first);
                resources.insert("Theirs".to_owned(), bare_table(None));
                direct.put(bucket, key, &template.to_string());
                Some(Done::PutChild((*stack).to_owned()))
            }
            Self::SetPolicy(stack) | Self::DenyUpdates(stack) => {
                direct.stack(stack).await?;
                let denied: &[&str] = match self {
                    Self::SetPolicy(_) => &["Update:Delete", "Update:Replace"],
                    _ => &["Update:*"],
                };
                direct.set_policy(stack, &denying(denied)).await;
                Some(Done::Guarded((*stack).to_owned()))
            }
            Self::Protect(stack) => {
                direct.stack(stack).await?;
                direct.protect(stack).await.then(|| Done::Guarded((*stack).to_owned()))
            }
            Self::ExecuteChangeSet(stack) => {
                let name = direct.change_sets(stack).await.pop()?;
                let call =
                    direct.cloudformation.execute_change_set().stack_name(*stack).change_set_name(name);
                call.client_request_token(format!("{TOKEN}execute")).send().await.ok()?;
                direct.wait(120);
                Some(Done::Updated((*stack).to_owned()))
            }
            Self::CreateStack(stack) => {
                let template = json!({ "Resources": { "Theirs": bare_table(None) } });
                let call = direct.cloudformation.create_stack().stack_name(*stack);
                let call = call.template_body(template.to_string());
                call.client_request_token(format!("{TOKEN}create")).send().await.ok()?;
                direct.wait(120);
                Some(Done::Created((*stack).to_owned()))
            }
        }
    }
}

/// The logical id of nested stacks.
pub(crate) const CHILD: &str = "Child";

fn denying(denied: &[&str]) -> Value {
    let statement = |effect: &str, actions: Value| json!({ "Effect": effect, "Action": actions, "Principal": "*", "Resource": "*" });
    json!({ "Statement": [
        statement("Allow", json!("Update:*")),
        statement("Deny", json!(denied)),
    ] })
}

async fn update(direct: &Direct, stack: &str, edit: Edit) -> Option<Done> {
    let mut now = direct.stack(stack).await?;
    let mut template = now.template.clone();
    edit.apply(&mut template, &mut now);
    let token = format!("{TOKEN}{edit:?}");
    direct.update(&now, &template, &token).await.then(|| Done::Updated(stack.to_owned()))
}

/// Leaves a change set that adds an output, or creates the stack where there is none.
async fn leave(direct: &Direct, stack: &str, name: &str) -> Option<Done> {
    let now = direct.stack(stack).await;
    let kind = if now.is_some() { ChangeSetType::Update } else { ChangeSetType::Create };
    let mut template = match &now {
        Some(now) => now.template.clone(),
        None => json!({ "Resources": { "Theirs": bare_table(None) } }),
    };
    template["Outputs"]["Waiting"] = json!({ "Value": "for an approval" });
    let kept = |key: &String| Parameter::builder().parameter_key(key).use_previous_value(true).build();
    let parameters = now.iter().flat_map(|now| now.parameters.keys()).map(kept).collect();
    let call = direct.cloudformation.create_change_set().stack_name(stack).change_set_name(name);
    let call = call.change_set_type(kind).template_body(template.to_string());
    let call = call.capabilities(Capability::CapabilityNamedIam).set_parameters(Some(parameters));
    call.send().await.ok()?;
    direct.wait(10);
    Some(Done::LeftChangeSet(stack.to_owned(), name.to_owned()))
}

impl Edit {
    fn apply(self, template: &mut Value, now: &mut StackState) {
        let stack = crate::record::stack_name(&now.id).to_owned();
        match self {
            Self::AddTable => template["Resources"]["Theirs"] = bare_table(None),
            Self::AddOutput => template["Outputs"]["Theirs"] = json!({ "Value": stack }),
            Self::RemoveOutputs => {
                template.as_object_mut().unwrap().remove("Outputs");
            }
            Self::Tag => {
                now.tags.insert("colleague".to_owned(), "was here".to_owned());
            }
            Self::DeletionPolicies => each_table(template, |table| {
                table["DeletionPolicy"] = json!("Delete");
                table["UpdateReplacePolicy"] = json!("Delete");
            }),
            Self::Recovery => each_table(template, |table| {
                let on = json!({ "PointInTimeRecoveryEnabled": true });
                table["Properties"]["PointInTimeRecoverySpecification"] = on;
            }),
            Self::RemoveKey => {
                template["Resources"].as_object_mut().unwrap().remove("Key");
                each_table(template, |table| {
                    table["Properties"].as_object_mut().unwrap().remove("SSESpecification");
                });
            }
            Self::AddIndex => {
                let mut is_first = true;
                each_table(template, |table| {
                    if std::mem::take(&mut is_first) {
                        add_index(&mut table["Properties"]);
                    }
                });
            }
        }
    }
}

fn each_table(template: &mut Value, mut edit: impl FnMut(&mut Value)) {
    let resources = template["Resources"].as_object_mut().unwrap();
    resources.values_mut().filter(|one| one["Type"] == "AWS::DynamoDB::Table").for_each(&mut edit);
}

fn add_index(table: &mut Value) {
    let attribute = json!({ "AttributeName": "theirs", "AttributeType": "S" });
    table["AttributeDefinitions"].as_array_mut().unwrap().push(attribute);
    let index = json!({
        "IndexName": "theirs",
        "KeySchema": [{ "AttributeName": "theirs", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "ALL" },
    });
    match table.get_mut("GlobalSecondaryIndexes").and_then(Value::as_array_mut) {
        Some(indexes) => indexes.push(index),
        None => table["GlobalSecondaryIndexes"] = json!([index]),
    }
}
