//! A change between the deployed and the new template, with its verdict.

use serde_json::Value;

use crate::Verdict;

/// One difference, and its effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The top-level section of the template, such as `Resources` or `Outputs`; `Stack` for what is in no template.
    pub section: String,
    /// The key in that section; empty when the section itself changes (`Description`, `Transform`).
    pub logical_id: String,
    /// The resource's type in the wanted template, or in the deployed one when it is removed.
    pub resource_type: Option<String>,
    /// What happens to it.
    pub action: Action,
    /// A JSON pointer below the entry (`/Properties/BillingMode`), empty when the whole entry changes.
    /// It points into the wanted template, for a removal into the deployed one. A parameter that is modified as a whole
    /// gets another value.
    pub path: String,
    /// The deployed value.
    pub before: Option<Value>,
    /// The wanted value. Equal to `before` if the text is unchanged and what it refers to changes.
    pub after: Option<Value>,
    /// Its effect on the data.
    pub verdict: Verdict,
    /// The reason for the verdict, in one sentence.
    pub why: String,
    /// The words of AWS when it would refuse this change as one update, or when it can (an export in use).
    pub server_text: Option<String>,
    /// What to do instead, or beside it.
    pub recipe: Option<Recipe>,
}

impl Change {
    /// Returns the logical id that the resource or other entry has in the deployed template: for a moved table the old one, under
    /// which CloudFormation deletes it.
    ///
    /// ```
    /// use serde_json::json;
    /// use tablewright_plan::{PlanOptions, plan};
    ///
    /// let template = |id: &str| json!({ "Resources": { id: { "Type": "AWS::DynamoDB::Table", "Properties": { "TableName": "notes" } } } });
    /// let plan = plan(Some(&template("Note")), &template("Memo"), &PlanOptions::default());
    /// assert_eq!((plan.changes[0].logical_id.as_str(), plan.changes[0].deployed_id()), ("Memo", "Note"));
    /// ```
    #[must_use]
    pub fn deployed_id(&self) -> &str {
        match &self.action {
            Action::Move { from } => from,
            Action::Add | Action::Remove | Action::Modify => &self.logical_id,
        }
    }

    /// Returns whether the change is about the resource with this logical id, in the deployed or in the wanted template.
    #[must_use]
    pub fn is_about(&self, logical_id: &str) -> bool {
        self.section == "Resources" && [self.logical_id.as_str(), self.deployed_id()].contains(&logical_id)
    }
}

/// What happens to the thing that a [`Change`] is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is only in the wanted template.
    Add,
    /// It is only in the deployed template.
    Remove,
    /// It is in both, and differs.
    Modify,
    /// A table got another logical id: `before` and `after` are the resource under the old and the new one.
    Move {
        /// The logical id it has in the deployed template.
        from: String,
    },
}

impl Action {
    /// Returns the word for reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Modify => "modify",
            Self::Move { .. } => "move",
        }
    }
}

/// How to reach the goal without losing data, as ordered steps in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// What the recipe achieves.
    pub goal: String,
    /// What to do, in order.
    pub steps: Vec<String>,
}
