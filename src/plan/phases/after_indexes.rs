//! The changes that must be made after the index changes and the settings: those that use a new index or read the ARN of a new stream,
//! and those that depend on them.

use std::collections::BTreeSet;

use serde_json::Value;
use tablewright_template::Reference;

use crate::Action;
use crate::compare::Finding;
use crate::path::Path;
use crate::refs;
use crate::rules::{Setting, Stage};

/// Returns the free findings that go with the last step instead of the first.
///
/// `indexes` are the names of the indexes to wait for.
pub(crate) fn after_indexes(
    findings: &[Finding],
    free: &BTreeSet<usize>,
    indexes: &BTreeSet<String>,
) -> BTreeSet<usize> {
    let needed = needed_early(findings);
    let streams = new_streams(findings);
    let mut late = BTreeSet::new();
    for &at in free {
        let pinned = added_resource(&findings[at]).is_some_and(|id| needed.contains(id));
        let finding = &findings[at];
        let uses = |value: &Value| mentions(value, indexes) || reads_stream(value, &finding.path, &streams);
        if !pinned && finding.after.is_some_and(uses) {
            late.insert(at);
        }
    }
    // A change that refers to a resource which comes late comes late too; what is still referred to goes late.
    loop {
        let waits = |at: usize| late.contains(&at) || !free.contains(&at);
        let coming: BTreeSet<&str> = (0..findings.len())
            .filter(|at| late.contains(at) || findings[*at].stage == Stage::Last)
            .filter_map(|at| added_resource(&findings[at]))
            .collect();
        let still_used: BTreeSet<&str> = (0..findings.len())
            .filter(|at| waits(*at))
            .flat_map(|at| names(&findings[at], findings[at].before))
            .collect();
        let more: Vec<usize> = free
            .iter()
            .copied()
            .filter(|at| !late.contains(at))
            .filter(|at| {
                let finding = &findings[*at];
                let follows = || !names(finding, finding.after).is_disjoint(&coming);
                let held = || removed_resource(finding).is_some_and(|id| still_used.contains(id));
                follows() || held()
            })
            .collect();
        if more.is_empty() {
            return late;
        }
        late.extend(more);
    }
}

/// Returns the new resources that an exclusive setting or an index refers to, and what those refer to.
fn needed_early<'a>(findings: &'a [Finding<'a>]) -> BTreeSet<&'a str> {
    let early =
        findings.iter().filter(|finding| matches!(finding.stage, Stage::Exclusive(_) | Stage::Index(_)));
    let mut open: Vec<&str> = early.flat_map(|finding| names(finding, finding.after)).collect();
    let mut needed = BTreeSet::new();
    while let Some(id) = open.pop() {
        if needed.insert(id) {
            let added = findings.iter().filter(|finding| added_resource(finding) == Some(id));
            open.extend(added.flat_map(|finding| names(finding, finding.after)));
        }
    }
    needed
}

/// Returns the tables that get a stream: they have a `StreamArn` only then.
fn new_streams<'a>(findings: &'a [Finding<'a>]) -> BTreeSet<&'a str> {
    let is_new = |finding: &&Finding| {
        finding.stage == Stage::Exclusive(Setting::Stream) && finding.change.action == Action::Add
    };
    findings.iter().filter(is_new).map(|finding| finding.change.logical_id.as_str()).collect()
}

fn reads_stream(value: &Value, at: &Path, streams: &BTreeSet<&str>) -> bool {
    if streams.is_empty() {
        return false;
    }
    let mut reads = false;
    refs::visit(value, at, &mut |_, reference| {
        if let Reference::Attribute { resource, attribute } = reference {
            reads |= streams.contains(resource) && attribute.is_none_or(|attribute| attribute == "StreamArn");
        }
    });
    reads
}

/// Returns what one side of a finding refers to.
fn names<'a>(finding: &Finding, side: Option<&'a Value>) -> BTreeSet<&'a str> {
    side.map(|value| refs::names(value, &finding.path)).unwrap_or_default()
}

fn added_resource<'a>(finding: &'a Finding) -> Option<&'a str> {
    let added = matches!(finding.change.action, Action::Add | Action::Move { .. });
    (added && is_resource(finding)).then_some(finding.change.logical_id.as_str())
}

fn removed_resource<'a>(finding: &'a Finding) -> Option<&'a str> {
    let removed = finding.change.action == Action::Remove;
    (removed && is_resource(finding)).then_some(finding.change.logical_id.as_str())
}

fn is_resource(finding: &Finding) -> bool {
    finding.change.section == "Resources" && finding.path.0.len() == 2
}

/// Returns whether a value names one of the indexes: as a whole string, or behind `index/` in a resource id or ARN.
fn mentions(value: &Value, indexes: &BTreeSet<String>) -> bool {
    match value {
        Value::String(text) => {
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
            let mut behind =
                text.split("index/").skip(1).map(|rest| rest.split(|c| !is_name(c)).next().unwrap_or(rest));
            indexes.contains(text) || behind.any(|name| indexes.contains(name))
        }
        Value::Array(items) => items.iter().any(|item| mentions(item, indexes)),
        Value::Object(map) => map.values().any(|value| mentions(value, indexes)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
