//! Which change comes in which step.
//!
//! In go judged findings, out come rungs: sets of edits that may be one update. The phases are those of
//! DynamoDB's update rules (one exclusive setting, one index, one replica a call); the order inside a table's
//! indexes is the business of `indexes`, the templates that of `ladder`.

pub(crate) mod after_indexes;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::compare::Finding;
use crate::indexes::{self, IndexOp};
use crate::path::Path;
use crate::phases::after_indexes::late;
use crate::rules::{Leg, Setting, Stage};
use crate::steps::step_edits::{IndexStep, Rung, rung_at};
use crate::view::{Templates, billing_mode, resource};
use crate::{Action, Verdict, Wait};

/// The rungs by phase, in the order of the fields.
#[derive(Debug, Default)]
pub(crate) struct Phases<'a> {
    /// Everything free, and the first legs.
    first: Rung<'a>,
    exclusive: Vec<Rung<'a>>,
    indexes: Vec<Rung<'a>>,
    /// After the indexes, since a new replica may have settings for them.
    replicas: Vec<Rung<'a>>,
    /// Second legs, and what uses new indexes.
    last: Rung<'a>,

    /// The tables whose second leg has to wait for the first.
    legs: BTreeMap<Leg, BTreeSet<String>>,
    /// Something in the last rung must not be in one update with something in the first.
    apart: bool,
    /// The findings that cannot share an update with every other.
    alone: BTreeSet<usize>,
}

/// One exclusive unit of a table: a setting, of the table or of one replica.
type Unit = (Setting, String);

/// Returns the rungs in order, none of them empty, and the findings that cannot share one with every other.
pub(crate) fn rungs<'a>(
    templates: Templates<'a>,
    findings: &[Finding<'a>],
) -> (Vec<Rung<'a>>, BTreeSet<usize>) {
    let replaced = replaced_tables(findings);
    let mut ops = indexes::ops(templates, findings);
    ops.retain(|id, _| !replaced.contains(id.as_str()));
    let mut phases = Phases::default();
    phases.add_replaced(templates, findings, &replaced);

    let rest: Vec<usize> = (0..findings.len())
        .filter(|at| {
            !is_part_of(&replaced, &findings[*at]) && !indexes::absorbs(&mut ops, *at, &findings[*at])
        })
        .collect();
    let switched = switched_tables(findings, &rest);
    let mut free = BTreeSet::new();
    let mut units: BTreeMap<&str, BTreeMap<Unit, Rung>> = BTreeMap::new();
    for at in rest {
        let finding = &findings[at];
        let id = finding.change.logical_id.as_str();
        if let Some(unit) = unit_of(finding, &switched) {
            units.entry(id).or_default().entry(unit).or_default().carry_out(at, finding);
        } else if is_free(finding) {
            free.insert(at);
        } else {
            phases.add_late_or_in_legs(at, finding);
        }
    }
    for id in &switched {
        let unit = (Setting::Billing, String::new());
        let vanishing = ops.get(*id).into_iter().flatten().filter(|op| !op.creates);
        let rung = units.entry(id).or_default().entry(unit).or_default();
        for (path, to) in indexes::under_other_billing(templates, id, vanishing) {
            rung.write(path, to);
        }
        phases.apart |= gets_scaling(templates, id);
    }
    // Also what uses an index that is there already: it must not matter how far an earlier run came.
    let names = if ops.is_empty() { BTreeSet::new() } else { indexes::names(templates.wanted) };
    let late = late(findings, &free, &names);
    phases.add_free(findings, free, &late);
    phases.add_exclusive(templates, units);
    phases.add_indexes(templates, findings, ops);
    let alone = std::mem::take(&mut phases.alone);
    (phases.into_rungs(), alone)
}

impl<'a> Phases<'a> {
    /// A table that is replaced is not changed setting by setting.
    fn add_replaced(
        &mut self,
        templates: Templates<'a>,
        findings: &[Finding<'a>],
        replaced: &BTreeSet<&str>,
    ) {
        for id in replaced {
            let path = Path::entry("Resources", id);
            self.last.write(path, resource(templates.wanted, id).map(Cow::Borrowed));
        }
        let of_replaced = (0..findings.len()).filter(|at| is_part_of(replaced, &findings[*at]));
        self.last.findings.extend(of_replaced);
    }

    fn add_late_or_in_legs(&mut self, at: usize, finding: &Finding<'a>) {
        match &finding.stage {
            Stage::TwoLegs { first, wait } => {
                let id = &finding.change.logical_id;
                self.first.write(finding.path.clone(), first.clone().map(Cow::Owned));
                self.first.notes.push(first_leg(*wait, id));
                self.last.carry_out(at, finding);
                self.legs.entry(*wait).or_default().insert(id.clone());
                self.alone.insert(at);
            }
            Stage::Last if !finding.by_reference => self.last.carry_out(at, finding),
            // Where only what is referred to changes, nothing is to be written. Indexes are operations, and what
            // rides is written by the last step, which is the wanted template.
            Stage::Last | Stage::Rides | Stage::Index(_) => {}
            Stage::Free | Stage::Definition | Stage::Exclusive(_) => {}
        }
    }

    fn add_free(&mut self, findings: &[Finding<'a>], free: BTreeSet<usize>, late: &BTreeSet<usize>) {
        for at in free {
            let rung = if late.contains(&at) { &mut self.last } else { &mut self.first };
            rung.carry_out(at, &findings[at]);
        }
    }

    /// One exclusive unit per table goes with what is free; more, or one that must come later, go one by one. Then
    /// all tables do: a table that is done sooner must not make an extra step when the plan is made again.
    fn add_exclusive(&mut self, templates: Templates<'a>, tables: BTreeMap<&str, BTreeMap<Unit, Rung<'a>>>) {
        let is_replica = |(setting, _): &Unit| *setting == Setting::Replica;
        let one_by_one = tables.iter().any(|(id, units)| {
            let settings = units.keys().filter(|unit| !is_replica(unit)).count();
            let switched = units.contains_key(&(Setting::Billing, String::new()));
            // Scaling is removed in the first rung; the switch to on-demand comes after it.
            settings > 1 || switched && loses_scaling(templates, id)
        });
        for units in tables.into_values() {
            let (replicas, settings): (Vec<_>, Vec<_>) =
                units.into_iter().partition(|(unit, _)| is_replica(unit));
            for (at, (_, replica)) in replicas.into_iter().enumerate() {
                self.alone.extend(&replica.findings);
                rung_at(&mut self.replicas, at).join(replica);
            }
            for (at, ((kind, _), setting)) in settings.into_iter().enumerate() {
                if one_by_one || self.apart && kind == Setting::Billing {
                    self.alone.extend(&setting.findings);
                }
                if one_by_one {
                    rung_at(&mut self.exclusive, at).join(setting);
                } else {
                    self.first.join(setting);
                }
            }
        }
    }

    fn add_indexes(
        &mut self,
        templates: Templates<'a>,
        findings: &[Finding<'a>],
        ops: BTreeMap<String, Vec<IndexOp>>,
    ) {
        for (id, ops) in ops {
            for (at, op) in indexes::ordered(ops, templates, &id).into_iter().enumerate() {
                let rung = rung_at(&mut self.indexes, at);
                let (item, later) = indexes::item(templates, &op);
                rung.write(op.path.clone(), item);
                // Written, but not told: the index is what a person looks for.
                for &beside in &op.beside {
                    rung.write(findings[beside].path.clone(), findings[beside].after.map(Cow::Borrowed));
                }
                rung.indexes.push(IndexStep {
                    table: id.clone(),
                    name: op.name.clone(),
                    creates: op.creates,
                });
                if let Some(item) = later {
                    self.last.write(op.path, Some(Cow::Borrowed(item)));
                    self.last
                        .notes
                        .push(format!("turn contributor insights on for index {} on {id}", op.name));
                }
                self.alone.extend(op.findings);
            }
        }
        for rung in &mut self.indexes {
            let tables = rung.indexes.iter().map(|index| index.table.clone()).collect();
            rung.waits.push(Wait::Indexes { tables });
        }
    }

    fn into_rungs(self) -> Vec<Rung<'a>> {
        let Self { mut first, mut exclusive, indexes, replicas, mut last, legs, apart, alone: _ } = self;
        let waits = legs.into_iter().map(|(leg, tables)| {
            let tables = tables.into_iter().collect();
            match leg {
                Leg::TimeToLive => Wait::TimeToLive { tables },
                Leg::Kinesis => Wait::KinesisDestination { tables },
            }
        });
        let waits: Vec<Wait> = waits.collect();
        // Without indexes to wait for, what is last needs no step of its own, unless it must not share one with the
        // only step there would be.
        if indexes.is_empty() && replicas.is_empty() {
            match exclusive.len() {
                0 if waits.is_empty() && !apart => first.join(std::mem::take(&mut last)),
                0 => {}
                1 if apart => {}
                count => exclusive[count - 1].join(std::mem::take(&mut last)),
            }
        }
        let mut rungs: Vec<Rung> =
            [first].into_iter().chain(exclusive).chain(indexes).chain(replicas).collect();
        rungs.push(last);
        rungs.retain(|rung| !rung.is_empty());
        // The second legs are in the last rung, wherever they joined it.
        if let [.., before, _] = rungs.as_mut_slice() {
            before.waits.extend(waits);
        }
        rungs
    }
}

/// The tables that CloudFormation would replace: they have steps only with consent.
fn replaced_tables<'f>(findings: &'f [Finding]) -> BTreeSet<&'f str> {
    let replaced = findings.iter().filter(|finding| {
        finding.change.section == "Resources"
            && finding.change.action == Action::Modify
            && finding.change.verdict > Verdict::Refused
            && finding.path.pattern(2).starts_with("Properties")
    });
    replaced.map(|finding| finding.change.logical_id.as_str()).collect()
}

fn is_part_of(replaced: &BTreeSet<&str>, finding: &Finding) -> bool {
    finding.change.section == "Resources" && replaced.contains(finding.change.logical_id.as_str())
}

/// The tables that get another billing mode.
fn switched_tables<'f>(findings: &'f [Finding], rest: &[usize]) -> BTreeSet<&'f str> {
    let rest = rest.iter().map(|at| &findings[*at]);
    let switched = rest.filter(|finding| finding.stage == Stage::Exclusive(Setting::Billing));
    switched.map(|finding| finding.change.logical_id.as_str()).collect()
}

/// Returns the exclusive unit that a finding belongs to. Billing mode and capacities are one call: a provisioned
/// table needs its numbers, an on-demand one forbids them.
fn unit_of(finding: &Finding, switched: &BTreeSet<&str>) -> Option<Unit> {
    if finding.by_reference {
        return None;
    }
    let property = finding.path.property();
    let capacity = matches!(property, "ProvisionedThroughput" | "OnDemandThroughput")
        || property.ends_with("ThroughputSettings");
    if capacity && is_part_of(switched, finding) {
        return Some((Setting::Billing, String::new()));
    }
    let Stage::Exclusive(setting) = finding.stage else { return None };
    let replica = finding.path.item_of("Replicas").map_or("", |(_, name)| name);
    Some((setting, replica.to_owned()))
}

fn is_free(finding: &Finding) -> bool {
    matches!(finding.stage, Stage::Free | Stage::Definition) && !finding.by_reference
}

fn loses_scaling(templates: Templates, id: &str) -> bool {
    let table = resource(templates.deployed, id);
    let targets = table.map(|table| templates.scaling.before(id, table)).unwrap_or_default();
    targets.iter().any(|target| resource(templates.wanted, target).is_none())
}

/// A table that begins to be provisioned is switched first: a stray target of the switch would be in the way.
fn gets_scaling(templates: Templates, id: &str) -> bool {
    let provisioned = |table: &&Value| billing_mode(table).as_deref() != Some("PAY_PER_REQUEST");
    let table = resource(templates.wanted, id).filter(provisioned);
    let targets = table.map(|table| templates.scaling.after(id, table)).unwrap_or_default();
    targets.iter().any(|target| resource(templates.deployed, target).is_none())
}

fn first_leg(leg: Leg, id: &str) -> String {
    match leg {
        Leg::TimeToLive => format!("turn time to live off on {id}"),
        Leg::Kinesis => format!("detach {id} from its Kinesis stream"),
    }
}
