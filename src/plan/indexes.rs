//! The ordered index changes of each table, as single creations and deletions.
//!
//! DynamoDB creates or deletes one index per update. A deletion is first if a creation depends on it (for the name, an attribute
//! type or the maximum number of indexes), otherwise last, so that readers can switch to the new indexes before.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Action;
use crate::compare::Finding;
use crate::equality::{intrinsic, same, text};
use crate::path::{Path, Segment, keyed};
use crate::rules::{self, IndexChange, Stage, index_redefinitions, projected};
use crate::steps::definitions::is_separable;
use crate::view::{
    Templates, billing_mode, definitions, entries, is_table, key_attributes, kind, property, property_path,
    resource,
};

/// What a table may have; both quotas can be raised, so what is wanted is taken to be allowed.
const INDEXES: usize = 20;
const PROJECTED_ATTRIBUTES: usize = 100;

/// The properties of an index that say its provisioned capacity.
const PROVISIONED: [&str; 3] =
    ["ProvisionedThroughput", "ReadProvisionedThroughputSettings", "WriteProvisionedThroughputSettings"];

const GSIS: &str = "GlobalSecondaryIndexes";

/// One creation or deletion.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IndexOp {
    /// Where the index stands.
    pub(crate) path: Path,
    pub(crate) name: String,
    pub(crate) creates: bool,
    /// The findings that it carries out.
    pub(crate) findings: Vec<usize>,
    /// Findings beside the index that must be written with it: the settings of its replicas.
    pub(crate) beside: Vec<usize>,
}

/// Returns the index changes of every table that has some.
pub(crate) fn ops(templates: Templates, findings: &[Finding]) -> BTreeMap<String, Vec<IndexOp>> {
    let mut ops: BTreeMap<String, Vec<IndexOp>> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate() {
        let id = &finding.change.logical_id;
        let changed: Vec<(Path, String, IndexChange)> = match &finding.stage {
            Stage::Index(change) => {
                let item = finding.path.index();
                item.map(|(path, name)| (path, name.to_owned(), *change)).into_iter().collect()
            }
            Stage::Definition if templates.options.redefine_indexes.contains(id) => {
                retyped_indexes(templates, id, finding)
                    .into_iter()
                    .map(|name| (place_of_index(templates, id, &name), name, IndexChange::Redefine))
                    .collect()
            }
            Stage::Definition
            | Stage::NoEffect
            | Stage::Free
            | Stage::Exclusive(_)
            | Stage::TwoSteps { .. }
            | Stage::Last => Vec::new(),
        };
        for (path, name, change) in changed {
            let sides: &[bool] = match change {
                IndexChange::Create => &[true],
                IndexChange::Delete => &[false],
                IndexChange::Redefine => &[false, true],
            };
            for &creates in sides {
                add(ops.entry(id.clone()).or_default(), at, &path, &name, creates);
            }
        }
    }
    ops
}

/// Returns the position of an index that both sides have.
fn place_of_index(templates: Templates, id: &str, name: &str) -> Path {
    let place = |list: &str| property_path(id, list).join(Segment::Item { name: name.to_owned(), at: 0 });
    let vector = place("VectorIndexes");
    if vector.get(templates.wanted).is_some() { vector } else { place("GlobalSecondaryIndexes") }
}

fn retyped_indexes(templates: Templates, id: &str, finding: &Finding) -> Vec<String> {
    let tables = resource(templates.deployed, id).zip(resource(templates.wanted, id));
    match (tables, finding.path.item_of("AttributeDefinitions")) {
        (Some((deployed, wanted)), Some((_, name))) if finding.change.action == Action::Modify => {
            index_redefinitions(deployed, wanted, name)
        }
        _ => Vec::new(),
    }
}

fn add(ops: &mut Vec<IndexOp>, at: usize, path: &Path, name: &str, creates: bool) {
    // An index whose key and projection both change is redefined once.
    match ops.iter_mut().find(|op| op.creates == creates && is_at(op, path)) {
        Some(op) => op.findings.push(at),
        None => ops.push(IndexOp {
            path: path.clone(),
            name: name.to_owned(),
            creates,
            findings: vec![at],
            beside: Vec::new(),
        }),
    }
}

/// Returns whether the index of the operation is the one at this place, wherever it stands in its list.
fn is_at(op: &IndexOp, path: &Path) -> bool {
    let list = |path: &Path| path.0.split_last().map(|(_, list)| list.to_vec());
    let name = |path: &Path| path.index().map(|(_, name)| name.to_owned());
    list(&op.path) == list(path) && name(&op.path) == name(path)
}

/// Returns whether an index operation carries out the finding, and adds the finding to it.
pub(crate) fn absorbs(ops: &mut BTreeMap<String, Vec<IndexOp>>, at: usize, finding: &Finding) -> bool {
    if finding.change.section != "Resources" {
        return false;
    }
    let Some(ops) = ops.get_mut(&finding.change.logical_id) else { return false };
    let in_replica = finding.path.item_of("Replicas").is_some();
    match (&finding.stage, finding.path.index()) {
        (Stage::Index(_), _) => true,
        // The step computes the definitions, or, where it cannot, uses the wanted ones.
        (Stage::Definition, _) => {
            ops[0].beside.push(at);
            true
        }
        // Settings of an index in a replica, which make sense only while the table has it.
        (_, Some((path, name))) if in_replica && path == finding.path => {
            let creates = match finding.change.action {
                Action::Add => true,
                Action::Remove => false,
                Action::Modify | Action::Move { .. } => return false,
            };
            let op = ops.iter_mut().find(|op| op.name == name && op.creates == creates);
            op.map(|op| op.beside.push(at)).is_some()
        }
        // Whatever else changes about an index comes with its creation.
        (_, Some((path, _))) => ops.iter().any(|op| op.creates && is_at(op, &path)),
        (_, None) => false,
    }
}

/// Returns what a creation or deletion writes, and the item that must be written again once the index is ACTIVE:
/// "IndexStatus must be ACTIVE to enable ContributorInsights". The index of a table that is on demand as yet (`is_on_demand`) gets its
/// capacity then, too.
pub(crate) fn item<'a>(
    templates: Templates<'a>,
    op: &IndexOp,
    is_on_demand: bool,
) -> (Option<Cow<'a, Value>>, Option<&'a Value>) {
    if !op.creates {
        return (None, None);
    }
    let Some(wanted) = op.path.get(templates.wanted) else { return (None, None) };
    let mut without = wanted.clone();
    let has_insights = strip_insights(&mut without);
    let capacity = without.as_object_mut().filter(|_| is_on_demand);
    let has_capacity =
        capacity.is_some_and(|index| PROVISIONED.iter().any(|name| index.remove(*name).is_some()));
    if has_insights || has_capacity {
        (Some(Cow::Owned(without)), Some(wanted))
    } else {
        (Some(Cow::Borrowed(wanted)), None)
    }
}

/// What an index change writes into a replica: the place of the settings, what they are with it, and what they are once the index is
/// ACTIVE where that is more.
type ReplicaSettings<'a> = (Path, Option<Cow<'a, Value>>, Option<&'a Value>);

/// Returns the settings that the replicas have for an index: none once it is deleted, and the wanted ones, without contributor
/// insights, when it is created.
pub(crate) fn settings_in_replicas<'a>(
    templates: Templates<'a>,
    id: &str,
    op: &IndexOp,
) -> Vec<ReplicaSettings<'a>> {
    let template = if op.creates { templates.wanted } else { templates.deployed };
    let replicas = resource(template, id).and_then(|table| property(table, "Replicas"));
    let Some(replicas) = replicas.and_then(Value::as_array).and_then(|items| keyed("Replicas", items)) else {
        return Vec::new();
    };
    let place = |(region, replica): (Segment, &'a Value)| {
        let settings = keyed(GSIS, replica.get(GSIS)?.as_array()?)?;
        let (item, settings) = settings
            .into_iter()
            .find(|(segment, _)| matches!(segment, Segment::Item { name, .. } if *name == op.name))?;
        let path = property_path(id, "Replicas").join(region).key(GSIS).join(item);
        if !op.creates {
            return Some((path, None, None));
        }
        // A replica that is not there yet comes with its settings.
        path.0
            .get(..path.0.len() - 2)
            .map(|replica| Path(replica.to_vec()))
            .filter(|replica| replica.get(templates.deployed).is_some())?;
        let mut without = settings.clone();
        let is_reduced = strip_insights(&mut without);
        Some((path, Some(Cow::Owned(without)), is_reduced.then_some(settings)))
    };
    replicas.into_iter().filter_map(place).collect()
}

fn strip_insights(index: &mut Value) -> bool {
    match index {
        Value::Object(map) => {
            let on = map
                .get("ContributorInsightsSpecification")
                .is_some_and(|insights| insights.get("Enabled").and_then(text).as_deref() != Some("false"));
            if on {
                map.remove("ContributorInsightsSpecification");
            }
            map.get_mut("Fn::If").is_some_and(strip_insights) || on
        }
        Value::Array(branches) => {
            branches.iter_mut().filter_map(|branch| strip_insights(branch).then_some(())).count() > 0
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Returns what vanishing indexes must say while the table already has its new billing mode: a provisioned table
/// needs capacity on every index, an on-demand one forbids it.
pub(crate) fn under_other_billing<'a, 'o>(
    templates: Templates<'a>,
    id: &str,
    vanishing: impl Iterator<Item = &'o IndexOp>,
) -> Vec<(Path, Option<Cow<'a, Value>>)> {
    const ON_DEMAND: [&str; 3] =
        ["OnDemandThroughput", "ReadOnDemandThroughputSettings", "WriteOnDemandThroughputSettings"];
    let Some(wanted) = resource(templates.wanted, id) else { return Vec::new() };
    let mode = billing_mode(wanted);
    let mut edits = Vec::new();
    for op in vanishing {
        let plain = op.path.get(templates.deployed).is_some_and(|index| intrinsic(index).is_none());
        let (gone, needed) = match mode.as_deref() {
            Some("PAY_PER_REQUEST") if plain => (PROVISIONED, None),
            Some("PROVISIONED") if plain => (ON_DEMAND, Some(PROVISIONED)),
            _ => continue,
        };
        edits.extend(gone.into_iter().map(|name| (op.path.key(name), None)));
        for name in needed.into_iter().flatten() {
            let capacity = property(wanted, name).map(Cow::Borrowed);
            edits.extend(capacity.map(|capacity| (op.path.key(name), Some(capacity))));
        }
    }
    edits
}

/// Returns the names of all indexes in a template.
pub(crate) fn names(template: &Value) -> BTreeSet<String> {
    let tables = entries(template, "Resources").map(|(_, resource)| resource);
    let indexes = tables.filter(|table| kind(table).is_some_and(is_table)).filter_map(crate::view::indexes);
    indexes.flatten().map(|(name, _)| name).collect()
}

/// Judges again what cannot be taken apart: several index changes with attribute definitions under conditions.
pub(crate) fn refuse_inseparable(templates: Templates, findings: &mut [Finding]) {
    for (id, ops) in ops(templates, findings) {
        if ops.len() < 2 || is_separable(templates, &id) {
            continue;
        }
        let refused = rules::not_separable();
        for at in ops.into_iter().flat_map(|op| op.findings) {
            let change = &mut findings[at].change;
            if change.verdict < refused.verdict {
                change.verdict = refused.verdict;
                change.why.clone_from(&refused.why);
                change.server_text.clone_from(&refused.server_text);
                change.recipe.clone_from(&refused.recipe);
            }
        }
    }
}

/// Returns the changes of one table in the order in which to make them.
///
/// The order of the remaining changes is the same after each of them, so that interrupted steps are resumed where they stopped.
pub(crate) fn ordered(ops: Vec<IndexOp>, templates: Templates, id: &str) -> Vec<IndexOp> {
    let (Some(deployed), Some(wanted)) = (resource(templates.deployed, id), resource(templates.wanted, id))
    else {
        return ops;
    };
    let retyped = retyped_attributes(deployed, wanted);
    let (mut creates, mut deletes): (Vec<IndexOp>, Vec<IndexOp>) = ops.into_iter().partition(|op| op.creates);
    // An index that is redefined was found at its definition; after its deletion it is one of the others.
    creates.sort_by_cached_key(|op| position(wanted, op));
    deletes.sort_by_cached_key(|op| position(deployed, op));
    let created: BTreeSet<&str> = creates.iter().map(|op| op.name.as_str()).collect();
    // A name or an attribute type is free only when it is no longer used.
    let frees = |op: &IndexOp| {
        let index = op.path.get(templates.deployed);
        created.contains(op.name.as_str())
            || index.is_some_and(|index| !key_attributes(index).is_disjoint(&retyped))
    };
    let mut first: Vec<IndexOp> = deletes.extract_if(.., |op| frees(op)).collect();

    let names = |template: &Value, ops: &[IndexOp]| -> usize {
        ops.iter().filter_map(|op| op.path.get(template)).map(projected).sum()
    };
    let peak = Size {
        indexes: (size(deployed).indexes + creates.len()).saturating_sub(first.len()),
        names: (size(deployed).names + names(templates.wanted, &creates))
            .saturating_sub(names(templates.deployed, &first)),
    };
    let mut excess = Size {
        indexes: peak.indexes.saturating_sub(INDEXES.max(size(wanted).indexes)),
        names: peak.names.saturating_sub(PROJECTED_ATTRIBUTES.max(size(wanted).names)),
    };
    let helps = |op: &IndexOp, excess: Size| {
        excess.indexes > 0 || excess.names > 0 && names(templates.deployed, std::slice::from_ref(op)) > 0
    };
    while let Some(at) = deletes.iter().position(|op| helps(op, excess)) {
        let op = deletes.remove(at);
        excess.indexes = excess.indexes.saturating_sub(1);
        excess.names = excess.names.saturating_sub(names(templates.deployed, std::slice::from_ref(&op)));
        first.push(op);
    }
    first.into_iter().chain(creates).chain(deletes).collect()
}

fn position(table: &Value, op: &IndexOp) -> Option<usize> {
    crate::view::indexes(table)?.iter().position(|(name, _)| *name == op.name)
}

#[derive(Clone, Copy)]
struct Size {
    indexes: usize,
    names: usize,
}

fn size(table: &Value) -> Size {
    let lists = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes", "VectorIndexes"];
    Size {
        indexes: crate::view::indexes(table).map_or(0, |indexes| indexes.len()),
        names: lists.iter().filter_map(|list| property(table, list)).map(projected).sum(),
    }
}

/// Returns the attributes that have another type on the wanted side.
fn retyped_attributes(deployed: &Value, wanted: &Value) -> BTreeSet<String> {
    let (Some(before), Some(after)) = (definitions(deployed), definitions(wanted)) else {
        return BTreeSet::new();
    };
    let changed = |(name, definition): &(String, &Value)| {
        after.iter().any(|(other, wanted)| other == name && !same("", definition, wanted))
    };
    before.iter().filter(|definition| changed(definition)).map(|(name, _)| name.clone()).collect()
}
