//! Who may do what: the grants of all policies of two templates, compared.
//!
//! In: both templates, with what is known written out. Out: the grants that only one of them has. A grant is an effect, a principal, an
//! action, a resource and a condition; a statement with lists has one for each combination. What another grant of the same side covers
//! by a wildcard is not new, wherever it stands: a statement that moves to another policy of the same role is no change.
//! *Invariant:* what cannot be compared, such as a function whose value is not known, counts as another grant.

mod grant;
mod statements;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::{Change, Verdict};
use grant::{Grant, Origin};
use statements::grants;

/// Grants that only one of two templates has, and that differ in nothing but what is in the lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessChange {
    /// The resource whose property has the policy.
    pub logical_id: String,
    /// That property, such as `ResourcePolicy`.
    pub property: String,
    /// Whether it is only in the wanted template, else only in the deployed one.
    pub is_new: bool,
    /// Whether it allows, else denies.
    pub is_allowed: bool,
    /// Who: `*`, an ARN, `service lambda.amazonaws.com`, `role Reader`.
    pub principals: Vec<String>,
    /// What: actions, managed policies and templates of policies.
    pub actions: Vec<String>,
    /// On what. A policy of a resource that says `*` is about the resource itself.
    pub resources: Vec<String>,
    /// Under which condition, as JSON.
    pub condition: Option<String>,
}

impl AccessChange {
    /// Returns whether somebody can do more than before: something is allowed that was not, or no longer denied.
    pub fn widens(&self) -> bool {
        self.is_new == self.is_allowed
    }
}

impl fmt::Display for AccessChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = if self.is_allowed { "allow" } else { "deny" };
        let [principals, actions, resources] =
            [&self.principals, &self.actions, &self.resources].map(|list| list.join(", "));
        write!(f, "{effect} {principals}: {actions} on {resources}")?;
        self.condition.as_ref().map_or(Ok(()), |condition| write!(f, " if {condition}"))
    }
}

/// Returns the grants that only one of two templates has: the new ones first, in the order of the wanted template.
pub(crate) fn changes(deployed: &Value, wanted: &Value) -> Vec<AccessChange> {
    let (before, after) = (grants(deployed), grants(wanted));
    let missing = |from: &[(Grant, Origin)], other: &[(Grant, Origin)], is_new| {
        let equal: BTreeSet<Grant> = other.iter().map(|(grant, _)| grant.folded()).collect();
        let broad: Vec<&Grant> =
            other.iter().map(|(grant, _)| grant).filter(|grant| grant.is_broad()).collect();
        let is_there = |grant: Grant| {
            // One without a condition covers the same with one.
            equal.contains(&grant) || equal.contains(&Grant { condition: String::new(), ..grant })
        };
        let is_missing = |(grant, _): &&(Grant, Origin)| {
            !is_there(grant.folded()) && !broad.iter().any(|broad| broad.covers(grant))
        };
        grouped(from.iter().filter(is_missing), is_new)
    };
    let mut changes = missing(&after, &before, true);
    changes.extend(missing(&before, &after, false));
    changes
}

/// Raises the verdict of changes in place that widen access.
pub(crate) fn judge(access: &[AccessChange], changes: &mut [Change]) {
    for change in changes.iter_mut().filter(|change| change.verdict == Verdict::InPlace) {
        let Some(path) = change.path.strip_prefix("/Properties/") else { continue };
        let property = path.split('/').next();
        let of_change = |access: &&AccessChange| {
            access.logical_id == change.logical_id
                && Some(access.property.as_str()) == property
                && access.widens()
        };
        let mut widening = access.iter().filter(of_change);
        let Some(first) = widening.next() else { continue };
        let verb = if first.is_new { "it grants" } else { "it no longer has" };
        let more = match widening.count() {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        change.verdict = Verdict::InPlaceWithRisk;
        change.why = format!("access becomes wider: {verb} `{first}`{more}");
    }
}

/// Joins grants that differ in one part only: actions first, then resources, then principals.
fn grouped<'a>(grants: impl Iterator<Item = &'a (Grant, Origin)>, is_new: bool) -> Vec<AccessChange> {
    type Lists = [Vec<String>; 3];
    let lists =
        |grant: &Grant| [&grant.action, &grant.resource, &grant.principal].map(|term| vec![term.shown()]);
    let head =
        |(grant, origin): &(Grant, Origin)| (origin.clone(), grant.is_allowed, grant.condition.clone());
    let mut groups: Vec<((Origin, bool, String), Lists)> =
        grants.map(|grant| (head(grant), lists(&grant.0))).collect();
    for part in 0..3 {
        let mut joined: Vec<((Origin, bool, String), Lists)> = Vec::new();
        let mut places: BTreeMap<((Origin, bool, String), Lists), usize> = BTreeMap::new();
        for (head, mut lists) in groups {
            let found = std::mem::take(&mut lists[part]);
            let place = *places.entry((head.clone(), lists.clone())).or_insert_with(|| {
                joined.push((head, lists));
                joined.len() - 1
            });
            let list = &mut joined[place].1[part];
            list.extend(found.into_iter().filter(|item| !list.contains(item)).collect::<Vec<_>>());
        }
        groups = joined;
    }
    let change = |((origin, is_allowed, condition), [actions, resources, principals]): (
        (Origin, bool, String),
        Lists,
    )| {
        let (logical_id, property) = origin;
        let condition = Some(condition).filter(|condition| !condition.is_empty());
        AccessChange { logical_id, property, is_new, is_allowed, principals, actions, resources, condition }
    };
    groups.into_iter().map(change).collect()
}

#[cfg(test)]
mod tests;
