//! A change set as DescribeChangeSet and ListChangeSets show it.

use serde_json::{Value, json};

use super::definition_views;
use crate::state::change_set::{Action, Change, ChangeSet, ChangeType, Detail, Replacement, Shown};
use crate::wire::text;

impl ChangeSet {
    /// DescribeChangeSet's answer, with the changes given as a page.
    pub(crate) fn describe(
        &self,
        root: Option<&str>,
        changes: &[Change],
        next: Option<String>,
        with_values: bool,
    ) -> Value {
        let mut body = self.summary(root);
        body["Capabilities"] = json!(self.definition.capabilities);
        body["Changes"] = changes
            .iter()
            .map(|change| json!({ "Type": "Resource", "ResourceChange": change.describe(with_values) }))
            .collect();
        body["NotificationARNs"] = json!(self.definition.notification_arns);
        body["RollbackConfiguration"] = self.definition.rollback.body();
        if self.adopts {
            body["ImportExistingResources"] = json!(true);
        }
        if !self.definition.parameters.is_empty() {
            body["Parameters"] = definition_views::parameters(&self.definition);
        }
        if !self.definition.tags.is_empty() {
            body["Tags"] = definition_views::tags(&self.definition.tags);
        }
        if let Some(on_failure) = self.on_stack_failure {
            body["OnStackFailure"] = json!(on_failure.as_str());
        }
        if let Some(next) = next {
            body["NextToken"] = json!(next);
        }
        body
    }

    /// The change set's entry in ListChangeSets.
    pub(crate) fn summary(&self, root: Option<&str>) -> Value {
        let mut body = json!({
            "ChangeSetId": self.id,
            "ChangeSetName": self.name,
            "StackId": self.stack_id,
            "StackName": self.stack_name,
            "CreationTime": text::iso(self.created),
            "Status": self.status.as_str(),
            "ExecutionStatus": self.execution.as_str(),
            "IncludeNestedStacks": self.nested,
        });
        if let Some(reason) = &self.status_reason {
            body["StatusReason"] = json!(reason);
        }
        if let Some(description) = &self.description {
            body["Description"] = json!(description);
        }
        if let (Some(parent), Some(root)) = (&self.parent, root) {
            body["ParentChangeSetId"] = json!(parent);
            body["RootChangeSetId"] = json!(root);
        }
        body
    }
}

impl Change {
    fn describe(&self, with_values: bool) -> Value {
        let hidden = if with_values { Shown::WithoutValues } else { Shown::WithValues };
        let details: Vec<Value> = self
            .details
            .iter()
            .filter(|detail| detail.shown != hidden)
            .map(|detail| detail.describe(with_values))
            .collect();
        let mut body = json!({
            "Action": match self.action {
                Action::Add => "Add",
                Action::Modify => "Modify",
                Action::Remove => "Remove",
                Action::Import => "Import",
            },
            "LogicalResourceId": self.logical_id,
            "ResourceType": self.kind.name(),
            "Scope": self.scope,
            "Details": details,
        });
        if let Some(physical_id) = &self.physical_id {
            body["PhysicalResourceId"] = json!(physical_id);
        }
        if let Some(replacement) = self.replacement {
            body["Replacement"] = json!(match replacement {
                Replacement::True => "True",
                Replacement::False => "False",
                Replacement::Conditional => "Conditional",
            });
        }
        if let Some(id) = &self.change_set_id {
            body["ChangeSetId"] = json!(id);
        }
        if let Some(policy_action) = &self.policy_action {
            body["PolicyAction"] = json!(policy_action);
        }
        if with_values {
            let context = |properties: &Value| {
                Value::String(json!({ "Properties": text::strings(properties) }).to_string())
            };
            if let Some(before) = &self.before {
                body["BeforeContext"] = context(before);
            }
            if let Some(after) = &self.after {
                body["AfterContext"] = context(after);
            }
        }
        body
    }
}

impl Detail {
    fn describe(&self, with_values: bool) -> Value {
        let mut target = json!({
            "Attribute": self.attribute,
            "RequiresRecreation": match self.recreation {
                Replacement::True => "Always",
                Replacement::Conditional => "Conditionally",
                Replacement::False => "Never",
            },
        });
        if let Some(name) = &self.name {
            target["Name"] = json!(name);
        }
        if with_values {
            target["Path"] = json!(self.path);
            target["AttributeChangeType"] = json!(match self.change_type {
                ChangeType::Add => "Add",
                ChangeType::Remove => "Remove",
                ChangeType::Modify => "Modify",
            });
            if let Some(before) = &self.before {
                target["BeforeValue"] = json!(before);
            }
            if let Some(after) = &self.after {
                target["AfterValue"] = json!(after);
            }
        }
        let mut body = json!({
            "Target": target,
            "Evaluation": if self.dynamic { "Dynamic" } else { "Static" },
            "ChangeSource": self.source,
        });
        if let Some(causing) = &self.causing_entity {
            body["CausingEntity"] = json!(causing);
        }
        body
    }
}
