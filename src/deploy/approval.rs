//! What was approved, as data: the changes that a plan showed. A plan that is made later has to stay within them.

use serde_json::Value;
use tablewright_cloudformation::change_set::change::{Change as ChangeSetChange, PolicyAction};
use tablewright_plan::{Action, Change, Plan, PlanOptions, Verdict, plan};

/// The changes of one stack that may be executed.
///
/// Made from the plan that is shown. While its steps are executed, the rest of the way is planned anew from what is deployed by
/// then. Each change of such a plan must be one that was shown, with the same values, and its verdict may not be worse.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    changes: Vec<Change>,
}

impl Approval {
    /// Approves the changes of a plan, and those besides the template.
    ///
    /// A change starts from another value when steps before it have changed it already, such as the attribute definitions of a
    /// table whose indexes are added one by one. So what is left after each step counts as shown, too; with a verdict that was not
    /// shown for its resource it does not.
    pub(crate) fn new(shown: &Plan, settings: &[Change], wanted: &Value, options: &PlanOptions) -> Self {
        let mut changes: Vec<Change> = shown.changes.iter().chain(settings).cloned().collect();
        let between = shown.steps.iter().take(shown.steps.len().saturating_sub(1));
        // From the first step on, the stack has the wanted values of the parameters.
        let options =
            PlanOptions { deployed_parameters: options.wanted_parameters.clone(), ..options.clone() };
        for step in between {
            let rest = plan(Some(&step.template), wanted, &options);
            let shown_verdict = |change: &Change| {
                let of_resource = shown.changes.iter().filter(|shown| is_about_the_same(shown, change));
                of_resource.map(|shown| shown.verdict).max().unwrap_or(Verdict::None)
            };
            changes.extend(rest.changes.into_iter().filter(|change| change.verdict <= shown_verdict(change)));
        }
        Self { changes }
    }

    /// Approves changes that only CloudFormation could tell, beside those of the plan.
    pub(crate) fn add(&mut self, found: &[Change]) {
        self.changes.extend_from_slice(found);
    }

    /// Returns those changes of a later plan that were not approved: new ones, other values, worse verdicts.
    pub(crate) fn not_covered<'c>(&self, changes: impl Iterator<Item = &'c Change>) -> Vec<Change> {
        changes.filter(|change| !self.covers(change)).cloned().collect()
    }

    /// Returns whether a removal or replacement of CloudFormation's change set was approved.
    ///
    /// A resource that CloudFormation deletes is lost: only the verdict data loss covers that, or a removal that was shown of something
    /// that holds no data. `path` are the logical ids that lead to the resource: one, or several for a nested stack.
    pub(crate) fn covers_loss(&self, path: &str, change: &ChangeSetChange) -> bool {
        let is_deleted =
            matches!(change.policy_action, Some(PolicyAction::Delete | PolicyAction::ReplaceAndDelete));
        let is_about_it =
            |approved: &&Change| approved.section == "Resources" && approved.deployed_id() == path;
        let about_it = self.changes.iter().filter(is_about_it);
        about_it.into_iter().any(|approved| match approved.verdict {
            Verdict::DataLoss => true,
            Verdict::ReplacementKept => !is_deleted,
            _ => approved.action == Action::Remove && approved.path.is_empty(),
        })
    }

    fn covers(&self, change: &Change) -> bool {
        self.changes.iter().any(|approved| {
            is_about_the_same(approved, change)
                && approved.path == change.path
                && approved.action == change.action
                && approved.before == change.before
                && approved.after == change.after
                && approved.verdict >= change.verdict
        })
    }
}

/// Returns whether two changes are about one resource, output or other entry.
fn is_about_the_same(one: &Change, other: &Change) -> bool {
    one.section == other.section && one.logical_id == other.logical_id
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tablewright_cloudformation::change_set::change::ChangeAction;

    use super::*;

    fn table(indexes: &[&str], policy: &str) -> Value {
        let attributes = ["id"].iter().chain(indexes);
        let attributes: Vec<Value> =
            attributes.map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).collect();
        let index = |name: &&str| {
            json!({
                "IndexName": name,
                "KeySchema": [{ "AttributeName": name, "KeyType": "HASH" }],
                "Projection": { "ProjectionType": "ALL" },
            })
        };
        let mut properties = json!({
            "AttributeDefinitions": attributes,
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
            "BillingMode": "PAY_PER_REQUEST",
        });
        if !indexes.is_empty() {
            properties["GlobalSecondaryIndexes"] = indexes.iter().map(index).collect();
        }
        json!({ "Resources": { "Note": {
            "Type": "AWS::DynamoDB::Table", "DeletionPolicy": policy, "UpdateReplacePolicy": policy, "Properties": properties,
        } } })
    }

    fn approve(deployed: &Value, wanted: &Value) -> (Plan, Approval) {
        let options = PlanOptions::default();
        let shown = plan(Some(deployed), wanted, &options);
        let approval = Approval::new(&shown, &[], wanted, &options);
        (shown, approval)
    }

    #[test]
    fn what_is_left_after_each_step_is_approved() {
        let wanted = table(&["a", "b", "c"], "Retain");
        let (shown, approval) = approve(&table(&[], "Retain"), &wanted);
        assert_eq!(shown.steps.len(), 3);
        for step in &shown.steps {
            let rest = plan(Some(&step.template), &wanted, &PlanOptions::default());
            assert_eq!(approval.not_covered(rest.changes.iter()), []);
        }
    }

    #[test]
    fn what_somebody_else_deploys_in_between_is_not_approved() {
        let wanted = table(&["a", "b"], "Retain");
        let (shown, approval) = approve(&table(&[], "Retain"), &wanted);
        type Edit = fn(&mut Value);
        let elsewhere: [(&str, Edit); 4] = [
            ("a new table", |template| {
                template["Resources"]["Other"] = table(&[], "Retain")["Resources"]["Note"].clone();
            }),
            ("an output", |template| template["Outputs"] = json!({ "Name": { "Value": "x" } })),
            ("a policy", |template| template["Resources"]["Note"]["DeletionPolicy"] = json!("Delete")),
            ("a setting", |template| {
                template["Resources"]["Note"]["Properties"]["PointInTimeRecoverySpecification"] =
                    json!({ "PointInTimeRecoveryEnabled": true });
            }),
        ];
        for (what, edit) in elsewhere {
            let mut deployed = shown.steps[0].template.clone();
            edit(&mut deployed);
            let rest = plan(Some(&deployed), &wanted, &PlanOptions::default());
            assert_ne!(approval.not_covered(rest.changes.iter()), [], "{what}");
        }
    }

    #[test]
    fn a_worse_verdict_is_not_approved() {
        let wanted = json!({ "Resources": { "Topic": { "Type": "AWS::SNS::Topic" } } });
        let (shown, approval) = approve(&with_topic(table(&[], "Retain")), &wanted);
        assert!(shown.verdict() < Verdict::DataLoss, "{shown:?}");
        let rest = plan(Some(&with_topic(table(&[], "Delete"))), &wanted, &PlanOptions::default());
        assert_eq!(rest.verdict(), Verdict::DataLoss);
        assert_ne!(approval.not_covered(rest.changes.iter()), []);
    }

    #[test]
    fn the_same_change_with_a_worse_verdict_is_not_approved() {
        let deployed = with_topic(table(&[], "Retain"));
        let (shown, approval) = approve(&deployed, &table(&[], "Retain"));
        let [change] = &shown.changes[..] else { panic!("{shown:?}") };
        let found = Verdict::ALL.map(|verdict| Change { verdict, ..change.clone() });
        let worse: Vec<Change> =
            found.iter().filter(|found| found.verdict > shown.verdict()).cloned().collect();
        assert_eq!(approval.not_covered(found.iter()), worse);
        assert!(!worse.is_empty());
    }

    #[test]
    fn what_is_retained_is_not_approved_to_be_deleted() {
        let topic = |policy: Option<&str>| {
            let mut template = with_topic(table(&[], policy.unwrap_or("Delete")));
            if policy.is_none() {
                template["Resources"].as_object_mut().unwrap().remove("Note");
            }
            template
        };
        let only_topic = topic(None);
        let removal = |logical_id: &str, policy_action| ChangeSetChange {
            action: ChangeAction::Remove,
            logical_id: logical_id.to_owned(),
            physical_id: None,
            resource_type: "AWS::DynamoDB::Table".to_owned(),
            replacement: None,
            policy_action: Some(policy_action),
            scope: Vec::new(),
            details: Vec::new(),
            before: None,
            after: None,
            nested_change_set_id: None,
        };
        let (shown, retained) = approve(&topic(Some("Retain")), &only_topic);
        assert_eq!(shown.verdict(), Verdict::ReplacementKept);
        assert!(retained.covers_loss("Note", &removal("Note", PolicyAction::Retain)));
        assert!(!retained.covers_loss("Note", &removal("Note", PolicyAction::Delete)));
        assert!(!retained.covers_loss("Note", &removal("Note", PolicyAction::ReplaceAndDelete)));
        assert!(!retained.covers_loss("Other", &removal("Other", PolicyAction::Retain)));
        let (shown, lost) = approve(&topic(Some("Delete")), &only_topic);
        assert_eq!(shown.verdict(), Verdict::DataLoss);
        assert!(lost.covers_loss("Note", &removal("Note", PolicyAction::Delete)));
        let (_, gone) = approve(&topic(Some("Retain")), &table(&[], "Retain"));
        assert!(gone.covers_loss("Topic", &removal("Topic", PolicyAction::Delete)));
    }

    fn with_topic(mut template: Value) -> Value {
        template["Resources"]["Topic"] = json!({ "Type": "AWS::SNS::Topic" });
        template
    }
}
