//! What a change set will do, resource by resource, as CloudFormation describes it.
//!
//! In go the pages of `DescribeChangeSet`, out come owned [`Change`]s. Values are CloudFormation's texts, unread:
//! large ones may be cut, and what is not known yet reads `{{changeSet:KNOWN_AFTER_APPLY}}`.

use aws_sdk_cloudformation::types::{Change as SdkChange, ResourceChange, ResourceChangeDetail};

use crate::stack::filled;
use crate::stack::vocabulary::vocabulary;
use crate::text::{identifier, optional_identifier};

/// One resource that a change set touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is done to it.
    pub action: ChangeAction,
    /// Its name in the template.
    pub logical_id: String,
    /// Its name in the account, when it is there already.
    pub physical_id: Option<String>,
    /// Its type, such as `AWS::SNS::Topic`.
    pub resource_type: String,
    /// Whether it is replaced. Means nothing on an `Add`.
    pub replacement: Option<Replacement>,
    /// What happens to what it holds when it goes.
    pub policy_action: Option<PolicyAction>,
    /// What of it changes, such as `Properties` or `Tags`.
    pub scope: Vec<String>,
    /// The changes within it.
    pub details: Vec<ChangeDetail>,
    /// What it is now, as JSON.
    pub before: Option<String>,
    /// What it will be, as JSON.
    pub after: Option<String>,
    /// The change set of the nested stack that this resource is.
    pub nested_change_set_id: Option<String>,
}

/// One change within a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeDetail {
    /// What is changed, such as `Properties`.
    pub attribute: String,
    /// The property, when it is one.
    pub name: Option<String>,
    /// The place within the resource.
    pub path: Option<String>,
    /// The value now.
    pub before: Option<String>,
    /// The value to be.
    pub after: Option<String>,
    /// Whether this change makes the resource anew: `Never`, `Conditionally`, `Always`.
    pub requires_recreation: Option<String>,
    /// Whether the new value is known: `Static`, `Dynamic`.
    pub evaluation: Option<String>,
    /// Where the change comes from, such as `DirectModification`.
    pub change_source: Option<String>,
    /// What brings it about, such as a parameter's name.
    pub causing_entity: Option<String>,
}

vocabulary! {
    /// What is done to a resource.
    ChangeAction {
        Add = "Add",
        Modify = "Modify",
        Remove = "Remove",
        Import = "Import",
        Dynamic = "Dynamic",
        SyncWithActual = "SyncWithActual",
    }
}

vocabulary! {
    /// Whether a resource is replaced.
    Replacement {
        True = "True",
        False = "False",
        Conditional = "Conditional",
    }
}

vocabulary! {
    /// What happens to what a resource holds: the most useful word in a change set.
    PolicyAction {
        Delete = "Delete",
        Retain = "Retain",
        Snapshot = "Snapshot",
        ReplaceAndDelete = "ReplaceAndDelete",
        ReplaceAndRetain = "ReplaceAndRetain",
        ReplaceAndSnapshot = "ReplaceAndSnapshot",
    }
}

/// What CloudFormation writes into the reason of a change set whose property values are incomplete. Whole resources may
/// be missing then, and the status is `CREATE_COMPLETE` all the same (aws-cdk-cli#1780).
const INCOMPLETE: &str = "[WARN] --include-property-values option can return incomplete ChangeSet data";

/// Whether a description with property values lacks something.
pub(crate) fn is_incomplete(status_reason: Option<&str>) -> bool {
    status_reason.is_some_and(|reason| reason.contains(INCOMPLETE))
}

/// Takes what a description without property values has and the one with them lacks. Order as in the complete one.
pub(crate) fn merge(with_values: Vec<Change>, complete: Vec<Change>) -> Vec<Change> {
    let mut with_values = with_values;
    let mut merged: Vec<Change> = complete
        .into_iter()
        .map(|plain| {
            let same =
                |change: &Change| change.logical_id == plain.logical_id && change.action == plain.action;
            match with_values.iter().position(same) {
                // The list of changes within a resource may be cut too; the longer one is the whole one.
                Some(place) if with_values[place].details.len() >= plain.details.len() => {
                    with_values.remove(place)
                }
                Some(place) => {
                    let valued = with_values.remove(place);
                    Change { before: valued.before, after: valued.after, ..plain }
                }
                None => plain,
            }
        })
        .collect();
    merged.append(&mut with_values);
    merged
}

/// Reads one change; `None` for a hook or for a kind that this version does not know.
pub(crate) fn read_change(change: SdkChange) -> Option<Change> {
    let change: ResourceChange = change.resource_change?;
    Some(Change {
        action: ChangeAction::parse(change.action.as_ref().map_or("", |action| action.as_str())),
        logical_id: identifier(change.logical_resource_id),
        physical_id: optional_identifier(change.physical_resource_id),
        resource_type: identifier(change.resource_type),
        replacement: change.replacement.map(|replacement| Replacement::parse(replacement.as_str())),
        policy_action: change.policy_action.map(|action| PolicyAction::parse(action.as_str())),
        scope: change.scope.unwrap_or_default().iter().map(|scope| scope.as_str().to_owned()).collect(),
        details: change.details.unwrap_or_default().into_iter().filter_map(read_detail).collect(),
        before: filled(change.before_context),
        after: filled(change.after_context),
        nested_change_set_id: filled(change.change_set_id),
    })
}

fn read_detail(detail: ResourceChangeDetail) -> Option<ChangeDetail> {
    let target = detail.target?;
    Some(ChangeDetail {
        attribute: target.attribute.as_ref().map_or("", |attribute| attribute.as_str()).to_owned(),
        name: filled(target.name),
        path: filled(target.path),
        before: target.before_value,
        after: target.after_value,
        requires_recreation: target.requires_recreation.map(|word| word.as_str().to_owned()),
        evaluation: detail.evaluation.map(|word| word.as_str().to_owned()),
        change_source: detail.change_source.map(|word| word.as_str().to_owned()),
        causing_entity: filled(detail.causing_entity),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(logical_id: &str, details: usize, before: Option<&str>) -> Change {
        let detail = ChangeDetail {
            attribute: "Properties".to_owned(),
            name: None,
            path: None,
            before: None,
            after: None,
            requires_recreation: None,
            evaluation: None,
            change_source: None,
            causing_entity: None,
        };
        Change {
            action: ChangeAction::Modify,
            logical_id: logical_id.to_owned(),
            physical_id: None,
            resource_type: "AWS::SNS::Topic".to_owned(),
            replacement: None,
            policy_action: None,
            scope: Vec::new(),
            details: vec![detail; details],
            before: before.map(str::to_owned),
            after: None,
            nested_change_set_id: None,
        }
    }

    #[test]
    fn the_marker_is_found_in_awss_own_text() {
        assert!(is_incomplete(Some(
            "[WARN] --include-property-values option can return incomplete ChangeSet data because: ChangeSet creation \
             failed for resource [Topic] because: Template error: every Fn::Equals object requires a list"
        )));
        assert!(!is_incomplete(Some("something else")));
        assert!(!is_incomplete(None));
    }

    #[test]
    fn nothing_is_lost_when_values_are_incomplete() {
        let with_values = vec![change("A", 2, Some("{}")), change("C", 1, Some("{}"))];
        let complete = vec![change("A", 2, None), change("B", 1, None), change("C", 3, None)];
        assert_eq!(
            merge(with_values, complete),
            [change("A", 2, Some("{}")), change("B", 1, None), change("C", 3, Some("{}"))]
        );
    }
}
