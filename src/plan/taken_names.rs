//! Names of new tables that tables of other stacks have: an account has one table of a name in a Region.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::equality::text;
use crate::view::{property, tables};
use crate::{Action, Change, Verdict, recipe};

/// The names of deployed tables, as far as they are written out, each with its stack and logical id.
///
/// ```
/// use serde_json::json;
/// use tablewright_plan::{PlanOptions, TakenNames, Verdict, plan};
///
/// let template = json!({ "Resources": { "Note": { "Type": "AWS::DynamoDB::Table", "Properties": { "TableName": "app-note" } } } });
/// // A stack was renamed: the old one stays, with its table.
/// let taken = TakenNames::of([("notes", &template)]);
/// let mut changes = plan(None, &template, &PlanOptions::default()).changes;
/// taken.refuse("memos", &template, &mut changes[0]);
/// assert_eq!(changes[0].verdict, Verdict::Refused);
/// ```
#[derive(Clone, Debug, Default)]
pub struct TakenNames {
    holders: BTreeMap<String, (String, String)>,
}

impl TakenNames {
    /// Reads the deployed templates of stacks.
    pub fn of<'a>(stacks: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Self {
        let mut holders = BTreeMap::new();
        for (stack, deployed) in stacks {
            for (id, table) in tables(deployed) {
                if let Some(name) = name(table) {
                    holders.entry(name).or_insert_with(|| (stack.to_owned(), id.to_owned()));
                }
            }
        }
        Self { holders }
    }

    /// Refuses a change of a stack that creates a table whose name is in use by another stack.
    pub fn refuse(&self, stack: &str, wanted: &Value, change: &mut Change) {
        let is_whole = change.section == "Resources" && change.path.is_empty();
        if !is_whole || !matches!(change.action, Action::Add | Action::Move { .. }) {
            return;
        }
        let Some(name) = wanted["Resources"].get(&change.logical_id).and_then(name) else { return };
        let Some((holder, id)) = self.holders.get(&name).filter(|(holder, _)| holder != stack) else {
            return;
        };
        let why = format!("the name `{name}` is in use by the table `{id}` of stack {holder}");
        change.why = if change.verdict > Verdict::Refused { format!("{}; {why}", change.why) } else { why };
        change.verdict = change.verdict.max(Verdict::Refused);
        change.server_text = Some(format!(
            "Resource of type '{}' with identifier '{name}' already exists.",
            change.resource_type.as_deref().unwrap_or_default()
        ));
        change.recipe = Some(recipe::move_between_stacks(&name));
    }
}

fn name(table: &Value) -> Option<String> {
    property(table, "TableName").and_then(text)
}
