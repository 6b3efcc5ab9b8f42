//! Changes of a stack outside of its template: tags, termination protection, policy, notification topics and role.
//!
//! Returns [`Change`]s of the section `Stack`, named like in CloudFormation. Changed values of parameters are handled by
//! [`plan`](crate::plan), as their effect depends on where they are used.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::compare::finding;
use crate::diff::Difference;
use crate::equality::list_semantics::Semantics;
use crate::equality::same_by;
use crate::path::Path;
use crate::rules::Judgement;
use crate::stack_policy::is_as_strict;
use crate::{Change, Verdict};

/// What a stack has beside its template. The default is what a new stack has, and, as what is wanted, to leave
/// everything but the tags as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StackSettings {
    /// The tags of the stack, all of them.
    pub tags: BTreeMap<String, String>,
    /// Termination protection; `None` leaves it unchanged.
    pub termination_protection: Option<bool>,
    /// The stack policy, as JSON. `None` and `null`: of a deployed stack, that it has none; of a wanted one, that it is left unchanged.
    pub policy: Option<Value>,
    /// The topics that the stack's events are published to; `None` leaves them unchanged, an empty list removes them.
    pub notification_arns: Option<Vec<String>>,
    /// The role that CloudFormation assumes; `None` leaves it unchanged.
    pub role_arn: Option<String>,
    /// The alarms that roll an update back; `None` leaves them unchanged.
    pub rollback: Option<RollbackAlarms>,
}

/// The alarms that roll an update back when they go off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RollbackAlarms {
    /// Their ARNs.
    pub arns: Vec<String>,
    /// For how many minutes they are watched after the update.
    pub monitoring_minutes: u32,
}

/// What a [`Change`] of a stack beside its template is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackSetting {
    /// A tag.
    Tag,
    /// Termination protection.
    TerminationProtection,
    /// The stack policy.
    Policy,
    /// The topics that the events are sent to.
    NotificationArns,
    /// The role that CloudFormation assumes.
    Role,
    /// The alarms that roll an update back.
    RollbackAlarms,
}

impl StackSetting {
    const ALL: [Self; 6] = [
        Self::Tag,
        Self::TerminationProtection,
        Self::Policy,
        Self::NotificationArns,
        Self::Role,
        Self::RollbackAlarms,
    ];

    /// Returns the name that CloudFormation has for it.
    fn name(self) -> &'static str {
        match self {
            Self::Tag => "Tags",
            Self::TerminationProtection => "EnableTerminationProtection",
            Self::Policy => "StackPolicyBody",
            Self::NotificationArns => "NotificationARNs",
            Self::Role => "RoleARN",
            Self::RollbackAlarms => "RollbackConfiguration",
        }
    }

    /// Returns whether it is set by a change set; the others have calls of their own.
    #[must_use]
    pub fn is_set_by_change_set(self) -> bool {
        match self {
            Self::Tag | Self::NotificationArns | Self::Role | Self::RollbackAlarms => true,
            Self::TerminationProtection | Self::Policy => false,
        }
    }
}

impl Change {
    /// Returns the setting of the stack that this change is about; `None` for a change of the template.
    #[must_use]
    pub fn setting(&self) -> Option<StackSetting> {
        let is_setting = self.section == SECTION && self.logical_id.is_empty();
        if !is_setting {
            return None;
        }
        let name = self.path.split('/').nth(1)?;
        StackSetting::ALL.into_iter().find(|setting| setting.name() == name)
    }
}

/// The section of changes that are in no template.
const SECTION: &str = "Stack";

/// Judges what changes about a stack beside its template.
///
/// ```
/// use tablewright_plan::{StackSettings, Verdict, settings};
///
/// let protected = StackSettings { termination_protection: Some(true), ..StackSettings::default() };
/// let open = StackSettings { termination_protection: Some(false), ..StackSettings::default() };
///
/// let changes = settings(&protected, &open);
/// assert_eq!(changes[0].path, "/EnableTerminationProtection");
/// assert_eq!(changes[0].verdict, Verdict::InPlaceWithRisk);
/// assert!(settings(&protected, &StackSettings::default()).is_empty());
/// ```
pub fn settings(deployed: &StackSettings, wanted: &StackSettings) -> Vec<Change> {
    let mut changes = tags(&deployed.tags, &wanted.tags);
    changes.extend(termination_protection(deployed, wanted));
    changes.extend(policy(deployed.policy.as_ref(), wanted.policy.as_ref()));
    changes.extend(notification_arns(deployed, wanted));
    changes.extend(role(deployed.role_arn.as_deref(), wanted.role_arn.as_deref()));
    changes.extend(rollback_alarms(deployed, wanted));
    changes
}

fn tags(deployed: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> Vec<Change> {
    let gone = deployed.keys().filter(|key| !wanted.contains_key(*key));
    let changed = wanted.keys().chain(gone).filter(|key| deployed.get(*key) != wanted.get(*key));
    changed
        .map(|key| {
            let why = if wanted.contains_key(key) {
                "CloudFormation sets the tag on every resource of the stack that supports tags; data is not affected"
            } else {
                "CloudFormation removes the tag from every resource of the stack; data is not affected"
            };
            let value = |tags: &BTreeMap<String, String>| tags.get(key).map(|value| json!(value));
            let place = place(StackSetting::Tag).key(key);
            change(place, value(deployed).as_ref(), value(wanted).as_ref(), Judgement::new(Verdict::InPlace, why))
        })
        .collect()
}

fn termination_protection(deployed: &StackSettings, wanted: &StackSettings) -> Option<Change> {
    let (before, after) = (deployed.termination_protection.unwrap_or(false), wanted.termination_protection?);
    let judgement = match (before, after) {
        (false, true) => Judgement::new(Verdict::InPlace, "the stack is protected against deletion"),
        (true, false) => {
            Judgement::new(Verdict::InPlaceWithRisk, "the stack is no longer protected against deletion")
        }
        (false, false) | (true, true) => return None,
    };
    Some(change(
        place(StackSetting::TerminationProtection),
        Some(&json!(before)),
        Some(&json!(after)),
        judgement,
    ))
}

fn policy(deployed: Option<&Value>, wanted: Option<&Value>) -> Option<Change> {
    let (before, wanted) = (deployed.filter(|policy| !policy.is_null()), wanted?);
    let after = Some(wanted).filter(|policy| !policy.is_null());
    let judgement = match (before, after) {
        (None, None) => return None,
        (Some(before), Some(after)) if same_by(Semantics::Document, before, after) => return None,
        (None, Some(_)) => Judgement::new(Verdict::InPlace, "updates are checked against a stack policy"),
        (Some(_), None) => {
            let why = "CloudFormation cannot remove a stack policy, only replace it";
            Judgement::new(Verdict::InPlaceWithRisk, why)
        }
        (Some(before), Some(after)) => match is_as_strict(before, after) {
            Some(true) => Judgement::new(Verdict::InPlace, "the policy is at least as strict as before"),
            Some(false) => Judgement::new(
                Verdict::InPlaceWithRisk,
                "the policy may allow updates that it refused, such as replacing or deleting a resource",
            ),
            None => Judgement::new(
                Verdict::InPlaceWithRisk,
                "the policy cannot be read, so it may allow updates that it refused",
            ),
        },
    };
    Some(change(place(StackSetting::Policy), before, after, judgement))
}

fn notification_arns(deployed: &StackSettings, wanted: &StackSettings) -> Option<Change> {
    let before = deployed.notification_arns.as_deref().unwrap_or_default();
    let after = wanted.notification_arns.as_deref()?;
    let is_in = |list: &[String], others: &[String]| list.iter().all(|arn| others.contains(arn));
    let judgement = match (is_in(after, before), is_in(before, after)) {
        (true, true) => return None,
        (false, true) => Judgement::new(Verdict::InPlace, "stack events are sent to more topics"),
        (_, false) => Judgement::new(
            Verdict::InPlaceWithRisk,
            "stack events are no longer sent to a topic and its subscribers",
        ),
    };
    let list = |arns: &[String]| (!arns.is_empty()).then(|| json!(arns));
    let place = place(StackSetting::NotificationArns);
    Some(change(place, list(before).as_ref(), list(after).as_ref(), judgement))
}

fn role(deployed: Option<&str>, wanted: Option<&str>) -> Option<Change> {
    let wanted = wanted.filter(|wanted| deployed != Some(*wanted))?;
    let why = "CloudFormation assumes this role for all later operations on the stack, so the role needs every permission that the stack needs";
    let judgement = Judgement::new(Verdict::InPlaceWithRisk, why);
    Some(change(
        place(StackSetting::Role),
        deployed.map(|role| json!(role)).as_ref(),
        Some(&json!(wanted)),
        judgement,
    ))
}

fn rollback_alarms(deployed: &StackSettings, wanted: &StackSettings) -> Option<Change> {
    let (before, after) = (deployed.rollback.clone().unwrap_or_default(), wanted.rollback.as_ref()?);
    let is_in = |list: &[String], others: &[String]| list.iter().all(|arn| others.contains(arn));
    let is_as_careful =
        is_in(&before.arns, &after.arns) && before.monitoring_minutes <= after.monitoring_minutes;
    if is_as_careful
        && is_in(&after.arns, &before.arns)
        && before.monitoring_minutes == after.monitoring_minutes
    {
        return None;
    }
    let judgement = match is_as_careful {
        true => Judgement::new(Verdict::InPlace, "an alarm rolls updates back when it goes off"),
        false => Judgement::new(
            Verdict::InPlaceWithRisk,
            "an alarm no longer rolls updates back, or is watched for a shorter time",
        ),
    };
    let value = |alarms: &RollbackAlarms| {
        let minutes = alarms.monitoring_minutes;
        let value = json!({ "RollbackTriggers": alarms.arns, "MonitoringTimeInMinutes": minutes });
        (*alarms != RollbackAlarms::default()).then_some(value)
    };
    let place = place(StackSetting::RollbackAlarms);
    Some(change(place, value(&before).as_ref(), value(after).as_ref(), judgement))
}

fn place(setting: StackSetting) -> Path {
    Path::entry(SECTION, "").key(setting.name())
}

fn change(path: Path, before: Option<&Value>, after: Option<&Value>, judgement: Judgement) -> Change {
    finding(Difference { path, before, after }, None, judgement).change
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::1:role/deploy";

    /// Compares settings, and the changes, each as `action path: verdict`.
    fn check(deployed: &StackSettings, wanted: &StackSettings, expected: &[&str]) -> Vec<Change> {
        let changes = settings(deployed, wanted);
        let line =
            |change: &Change| format!("{} {}: {}", change.action.as_str(), change.path, change.verdict);
        assert_eq!(changes.iter().map(line).collect::<Vec<_>>(), expected);
        for change in &changes {
            assert_eq!((change.section.as_str(), change.logical_id.as_str()), ("Stack", ""));
            assert!(!change.why.is_empty() && !change.why.ends_with('.'), "{}", change.why);
        }
        changes
    }

    fn tagged(tags: &[(&str, &str)]) -> StackSettings {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        StackSettings { tags, ..StackSettings::default() }
    }

    #[test]
    fn tags_come_change_and_go() {
        let before = tagged(&[("env", "dev"), ("owner", "a"), ("same", "s")]);
        let after = tagged(&[("cost/centre", "4711"), ("owner", "b"), ("same", "s")]);
        let changes = check(
            &before,
            &after,
            &[
                "add /Tags/cost~1centre: in-place",
                "modify /Tags/owner: in-place",
                "remove /Tags/env: in-place",
            ],
        );
        assert_eq!((&changes[1].before, &changes[1].after), (&Some(json!("a")), &Some(json!("b"))));
        assert!(changes[0].why.contains("sets the tag on every resource"));
        assert!(changes[2].why.contains("removes the tag from every resource"));
        check(&before, &before, &[]);
    }

    #[test]
    fn termination_protection_off_is_a_risk() {
        let with =
            |on: Option<bool>| StackSettings { termination_protection: on, ..StackSettings::default() };
        let off = "modify /EnableTerminationProtection: in-place-with-risk";
        let on = "modify /EnableTerminationProtection: in-place";
        check(&with(Some(true)), &with(Some(false)), &[off]);
        check(&with(Some(false)), &with(Some(true)), &[on]);
        check(&with(None), &with(Some(true)), &[on]);
        check(&with(None), &with(Some(false)), &[]);
        for now in [None, Some(false), Some(true)] {
            check(&with(now), &with(None), &[]);
            check(&with(now), &with(now), &[]);
        }
    }

    #[test]
    fn a_weaker_policy_is_a_risk() {
        let with = |policy: Option<Value>| StackSettings { policy, ..StackSettings::default() };
        let statement = |effect: &str, actions: Value| json!({ "Effect": effect, "Action": actions, "Principal": "*", "Resource": "*" });
        let open = json!({ "Statement": [statement("Allow", json!("Update:*"))] });
        let strict = json!({ "Statement": [statement("Allow", json!("Update:*")), statement("Deny", json!(["Update:Replace", "Update:Delete"]))] });
        let reordered = json!({ "Statement": [statement("Deny", json!(["Update:Delete", "Update:Replace"])), statement("Allow", json!(["Update:*"]))] });
        let weaker = "modify /StackPolicyBody: in-place-with-risk";
        check(&with(None), &with(Some(strict.clone())), &["add /StackPolicyBody: in-place"]);
        check(&with(Some(open.clone())), &with(Some(strict.clone())), &["modify /StackPolicyBody: in-place"]);
        check(&with(Some(strict.clone())), &with(Some(open)), &[weaker]);
        check(&with(Some(strict.clone())), &with(Some(reordered)), &[]);
        check(&with(Some(strict.clone())), &with(Some(json!(strict.to_string()))), &[]);
        check(&with(Some(strict.clone())), &with(None), &[]);
        check(
            &with(Some(strict.clone())),
            &with(Some(json!(null))),
            &["remove /StackPolicyBody: in-place-with-risk"],
        );
        check(&with(None), &with(Some(json!(null))), &[]);
        check(&with(Some(json!(null))), &with(Some(strict.clone())), &["add /StackPolicyBody: in-place"]);
        let unread = check(&with(Some(strict)), &with(Some(json!("{"))), &[weaker]);
        assert!(unread[0].why.contains("cannot be read"));
    }

    #[test]
    fn topics_and_role() {
        let told = |arns: Option<&[&str]>| StackSettings {
            notification_arns: arns.map(|arns| arns.iter().map(|arn| (*arn).to_owned()).collect()),
            ..StackSettings::default()
        };
        check(&told(None), &told(Some(&["a"])), &["add /NotificationARNs: in-place"]);
        check(&told(Some(&["a"])), &told(Some(&["b", "a"])), &["modify /NotificationARNs: in-place"]);
        check(&told(Some(&["a", "b"])), &told(Some(&["b", "a"])), &[]);
        check(&told(Some(&["a"])), &told(Some(&["b"])), &["modify /NotificationARNs: in-place-with-risk"]);
        check(&told(Some(&["a"])), &told(Some(&[])), &["remove /NotificationARNs: in-place-with-risk"]);
        check(&told(Some(&["a"])), &told(None), &[]);
        check(&told(None), &told(Some(&[])), &[]);

        let under = |role: Option<&str>| StackSettings {
            role_arn: role.map(str::to_owned),
            ..StackSettings::default()
        };
        check(&under(None), &under(Some(ROLE)), &["add /RoleARN: in-place-with-risk"]);
        check(&under(Some("other")), &under(Some(ROLE)), &["modify /RoleARN: in-place-with-risk"]);
        check(&under(Some(ROLE)), &under(Some(ROLE)), &[]);
        check(&under(Some(ROLE)), &under(None), &[]);

        let watched = |arns: &[&str], monitoring_minutes: u32| StackSettings {
            rollback: Some(RollbackAlarms {
                arns: arns.iter().map(|arn| (*arn).to_owned()).collect(),
                monitoring_minutes,
            }),
            ..StackSettings::default()
        };
        let nothing = StackSettings::default();
        check(&nothing, &watched(&["a"], 5), &["add /RollbackConfiguration: in-place"]);
        check(&watched(&["a"], 5), &nothing, &[]);
        check(&watched(&["b", "a"], 5), &watched(&["a", "b"], 5), &[]);
        check(&watched(&["a"], 5), &watched(&["a", "b"], 6), &["modify /RollbackConfiguration: in-place"]);
        let less = ["modify /RollbackConfiguration: in-place-with-risk"];
        check(&watched(&["a"], 5), &watched(&["a"], 4), &less);
        check(&watched(&["a"], 5), &watched(&["b"], 5), &less);
    }

    #[test]
    fn a_change_knows_its_setting() {
        let deployed = tagged(&[("owner", "a")]);
        let wanted = StackSettings {
            termination_protection: Some(true),
            policy: Some(json!({ "Statement": [] })),
            notification_arns: Some(vec!["a".to_owned()]),
            role_arn: Some(ROLE.to_owned()),
            rollback: Some(RollbackAlarms { arns: vec!["a".to_owned()], monitoring_minutes: 0 }),
            ..StackSettings::default()
        };
        let found: Vec<Option<StackSetting>> =
            settings(&deployed, &wanted).iter().map(Change::setting).collect();
        assert_eq!(found, StackSetting::ALL.map(Some));
        let template = json!({ "Resources": { "T": { "Type": "AWS::SNS::Topic" } } });
        let plan = crate::plan(None, &template, &crate::PlanOptions::default());
        assert_eq!(plan.changes[0].setting(), None);
    }
}
