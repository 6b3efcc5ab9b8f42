//! Assigns each change to a step.
//!
//! A step is one update. The phases follow the rules of DynamoDB's UpdateTable: one exclusive setting, one index or one replica
//! per call. `indexes` orders the index changes of a table, and `steps` creates the templates.

pub(crate) mod after_indexes;
mod deferred;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::compare::Finding;
use crate::indexes::{self, IndexOp};
use crate::path::Path;
use crate::phases::after_indexes::after_indexes;
use crate::rules::{Setting, Stage, Transition};
use crate::scaling::gets_scaling;
use crate::steps::step_edits::{IndexEdit, StepEdits, edits_at};
use crate::view::{Templates, billing_mode, is_table, property, resource};
use crate::{Action, Verdict, Wait};

/// The edits by phase, in the order of the fields.
#[derive(Debug, Default)]
pub(crate) struct Phases<'a> {
    /// Changes that go with any others.
    first: StepEdits<'a>,
    exclusive: Vec<StepEdits<'a>>,
    indexes: Vec<StepEdits<'a>>,
    /// After the indexes, since a new replica may have settings for them.
    replicas: Vec<StepEdits<'a>>,
    /// The first of two steps, right before the second one: what is waited for between them must be waited for at once, as a plan that is
    /// made later does not know of it.
    before_last: StepEdits<'a>,
    /// The second of two steps, and what uses new indexes.
    last: StepEdits<'a>,

    /// The tables whose second step has to wait until the first one has taken effect.
    transitions: BTreeMap<Transition, BTreeSet<String>>,
    /// Whether an edit of the last step must not share an update with an edit of the first.
    apart: bool,
    /// What completes a replica or table that an earlier step has created, which may be the last one.
    completing: StepEdits<'a>,
    last_creates: bool,
    /// The findings that cannot share an update with every other.
    alone: BTreeSet<usize>,
}

/// One exclusive unit of a table: a setting, of the table or of one replica.
type Unit = (Setting, String);

/// Returns the edits of each step in order, none of them empty, and the findings that cannot share a step with all others.
pub(crate) fn ordered_edits<'a>(
    templates: Templates<'a>,
    findings: &[Finding<'a>],
) -> (Vec<StepEdits<'a>>, BTreeSet<usize>) {
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
    let mut units: BTreeMap<&str, BTreeMap<Unit, StepEdits>> = BTreeMap::new();
    let switched_late: BTreeSet<&str> =
        switched.iter().copied().filter(|id| is_switched_late(templates, id)).collect();
    for at in rest {
        let finding = &findings[at];
        let id = finding.change.logical_id.as_str();
        let unit = unit_of(finding, &switched);
        if switched_late.contains(id) && matches!(unit, Some((Setting::Billing, _))) {
            phases.last.carry_out(at, finding);
            phases.alone.insert(at);
        } else if let Some(unit) = unit {
            units.entry(id).or_default().entry(unit).or_default().carry_out(at, finding);
        } else if is_free(finding) {
            free.insert(at);
        } else {
            phases.add_late_or_in_two_steps(at, finding);
        }
    }
    for id in switched.difference(&switched_late) {
        let unit = (Setting::Billing, String::new());
        let vanishing = ops.get(*id).into_iter().flatten().filter(|op| !op.creates);
        let edits = units.entry(id).or_default().entry(unit).or_default();
        for (path, to) in indexes::under_other_billing(templates, id, vanishing) {
            edits.write(path, to);
        }
        phases.apart |= gets_scaling(templates, id);
    }
    // Also what uses an index that is there already: it must not matter how far an earlier run came.
    let in_two_steps = |finding: &Finding| matches!(finding.stage, Stage::TwoSteps { .. });
    let names = if ops.is_empty() && !findings.iter().any(in_two_steps) {
        BTreeSet::new()
    } else {
        indexes::names(templates.wanted)
    };
    let late = after_indexes(findings, &free, &names);
    phases.add_free(templates, findings, free, &late);
    phases.add_exclusive(templates, findings, units);
    phases.add_indexes(templates, findings, ops, &switched_late);
    let alone = std::mem::take(&mut phases.alone);
    (phases.into_ordered_edits(), alone)
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

    fn add_late_or_in_two_steps(&mut self, at: usize, finding: &Finding<'a>) {
        match &finding.stage {
            Stage::TwoSteps { first, wait } => {
                let id = &finding.change.logical_id;
                self.before_last.write(finding.path.clone(), first.clone().map(Cow::Owned));
                self.before_last.notes.push(first_of_two(*wait, id));
                self.last.carry_out(at, finding);
                self.transitions.entry(*wait).or_default().insert(id.clone());
                self.alone.insert(at);
            }
            Stage::Last if !finding.by_reference => self.last.carry_out(at, finding),
            // A change of a referenced resource alone writes nothing. Indexes are operations, and changes without effect
            // are written by the last step, which is the wanted template.
            Stage::Last | Stage::NoEffect | Stage::Index(_) => {}
            Stage::Free | Stage::Definition | Stage::Exclusive(_) => {}
        }
    }

    fn add_free(
        &mut self,
        templates: Templates<'a>,
        findings: &[Finding<'a>],
        free: BTreeSet<usize>,
        late: &BTreeSet<usize>,
    ) {
        let home = templates.options.pseudo_parameters.region.as_deref();
        for at in free {
            let finding = &findings[at];
            let edits = if late.contains(&at) { &mut self.last } else { &mut self.first };
            edits.carry_out(at, finding);
            let created = finding.after.filter(|_| finding.change.action == Action::Add);
            let Some((created, regions)) = created.map(|created| deferred::new_resource(created, home))
            else {
                continue;
            };
            if !regions.is_empty() {
                edits.write(finding.path.clone(), Some(Cow::Owned(created)));
                self.last_creates |= late.contains(&at);
                self.complete(finding, at, &regions);
            }
        }
    }

    /// Writes the whole of what an earlier step creates without the policies of its replicas.
    fn complete(&mut self, finding: &Finding<'a>, at: usize, regions: &[String]) {
        self.completing.write(finding.path.clone(), finding.after.map(Cow::Borrowed));
        self.completing.notes.extend(regions.iter().map(|region| {
            format!("set the policies of the replica in {region} of {}", finding.change.logical_id)
        }));
        self.alone.insert(at);
    }

    /// One exclusive unit per table shares the step of the free changes; several units, or one that must come later, get a step
    /// each. Then all tables wait for the same steps: a table that is complete earlier must not cause an additional step when
    /// the plan is made again.
    fn add_exclusive(
        &mut self,
        templates: Templates<'a>,
        findings: &[Finding<'a>],
        tables: BTreeMap<&str, BTreeMap<Unit, StepEdits<'a>>>,
    ) {
        let is_replica = |(setting, _): &Unit| *setting == Setting::Replica;
        let is_removal = |edits: &StepEdits| edits.values.iter().all(|edit| edit.to.is_none());
        // All replicas change their key in one update, so one that leaves must be gone by then.
        let leaves_first = |units: &BTreeMap<Unit, StepEdits>| {
            units.keys().any(|(setting, _)| *setting == Setting::Encryption)
                && units.iter().any(|(unit, edits)| is_replica(unit) && is_removal(edits))
        };
        let one_by_one = tables.iter().any(|(id, units)| {
            let settings = units.keys().filter(|unit| !is_replica(unit)).count();
            let switched = units.contains_key(&(Setting::Billing, String::new()));
            // Scaling is removed in the first step; the switch to on-demand comes after it.
            settings > 1 || switched && loses_scaling(templates, id) || leaves_first(units)
        });
        for units in tables.into_values() {
            let leaves_first = leaves_first(&units);
            let (mut replicas, mut settings): (Vec<_>, Vec<_>) = units
                .into_iter()
                .partition(|(unit, edits)| is_replica(unit) && !(leaves_first && is_removal(edits)));
            // A replica that takes the place of another one is there before that one leaves.
            replicas.sort_by_key(|(_, edits)| is_removal(edits));
            settings.sort_by_key(|(unit, _)| !is_replica(unit));
            for (at, (_, mut replica)) in replicas.into_iter().enumerate() {
                self.create_without_policies(findings, &mut replica);
                self.alone.extend(&replica.findings);
                edits_at(&mut self.replicas, at).join(replica);
            }
            for (at, ((kind, _), setting)) in settings.into_iter().enumerate() {
                if one_by_one || self.apart && kind == Setting::Billing {
                    self.alone.extend(&setting.findings);
                }
                if one_by_one {
                    edits_at(&mut self.exclusive, at).join(setting);
                } else {
                    self.first.join(setting);
                }
            }
        }
    }

    /// A replica gets its policies in a later update than the one that creates it.
    fn create_without_policies(&mut self, findings: &[Finding<'a>], replica: &mut StepEdits<'a>) {
        for at in replica.findings.clone() {
            let finding = &findings[at];
            let added = finding.after.filter(|_| finding.change.action == Action::Add);
            let Some((created, true)) = added.map(deferred::new_replica) else { continue };
            replica.write(finding.path.clone(), Some(Cow::Owned(created)));
            let region = finding.path.item_of("Replicas").map(|(_, region)| region.to_owned());
            self.complete(finding, at, region.as_slice());
        }
    }

    fn add_indexes(
        &mut self,
        templates: Templates<'a>,
        findings: &[Finding<'a>],
        ops: BTreeMap<String, Vec<IndexOp>>,
        switched_late: &BTreeSet<&str>,
    ) {
        for (id, ops) in ops {
            let is_on_demand = switched_late.contains(id.as_str());
            for (at, op) in indexes::ordered(ops, templates, &id).into_iter().enumerate() {
                let edits = edits_at(&mut self.indexes, at);
                let (item, later) = indexes::item(templates, &op, is_on_demand);
                edits.write(op.path.clone(), item);
                // Not in the summary: the index change is what a reader looks for.
                for &beside in &op.beside {
                    edits.write(findings[beside].path.clone(), findings[beside].after.map(Cow::Borrowed));
                }
                let in_replicas = indexes::settings_in_replicas(templates, &id, &op);
                for (path, settings, later) in in_replicas {
                    edits.write(path.clone(), settings);
                    if let Some(settings) = later {
                        self.last.write(path, Some(Cow::Borrowed(settings)));
                        self.last.notes.push(format!(
                            "turn contributor insights on for index {} in the replicas of {id}",
                            op.name
                        ));
                    }
                }
                edits.indexes.push(IndexEdit {
                    table: id.clone(),
                    name: op.name.clone(),
                    creates: op.creates,
                });
                if let Some(item) = later {
                    self.last.write(op.path, Some(Cow::Borrowed(item)));
                    let what = if is_on_demand { "complete" } else { "turn contributor insights on for" };
                    self.last.notes.push(format!("{what} index {} on {id}", op.name));
                }
                self.alone.extend(op.findings);
            }
        }
        for edits in &mut self.indexes {
            let tables = edits.indexes.iter().map(|index| index.table.clone()).collect();
            edits.waits.push(Wait::Indexes { tables });
        }
    }

    fn into_ordered_edits(self) -> Vec<StepEdits<'a>> {
        let Self {
            mut first,
            mut exclusive,
            indexes,
            replicas,
            before_last,
            mut last,
            completing,
            last_creates,
            transitions,
            apart,
            alone: _,
        } = self;
        let waits = transitions.into_iter().map(|(transition, tables)| {
            let tables = tables.into_iter().collect();
            match transition {
                Transition::TimeToLive => Wait::TimeToLive { tables },
                Transition::Kinesis => Wait::KinesisDestination { tables },
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
        let operations = 1 + exclusive.len();
        let mut steps: Vec<StepEdits> =
            [first].into_iter().chain(exclusive).chain(indexes).chain(replicas).collect();
        let has_last = !last.is_empty();
        let is_operation = steps.iter().enumerate().rfind(|(_, edits)| !edits.is_empty());
        let is_operation = is_operation.is_some_and(|(at, _)| at >= operations) && has_last;
        steps.push(last);
        steps.retain(|edits| !edits.is_empty());
        if !before_last.is_empty() {
            let position = steps.len().saturating_sub(1);
            // Changes of indexes and replicas stay alone.
            match position.checked_sub(1).filter(|_| !is_operation) {
                Some(before) => steps[before].join(before_last),
                None => steps.insert(position, before_last),
            }
        }
        // The second of two steps is in the last edits, wherever they went.
        if let [.., before, _] = steps.as_mut_slice() {
            before.waits.extend(waits);
        }
        // What completes others may share an update with the last changes, unless those create what is completed.
        match steps.last_mut() {
            Some(last) if has_last && !last_creates => last.join(completing),
            _ => steps.extend([completing].into_iter().filter(|edits| !edits.is_empty())),
        }
        steps
    }
}

/// The tables that CloudFormation would replace: they have steps only with consent.
fn replaced_tables<'f>(findings: &'f [Finding]) -> BTreeSet<&'f str> {
    let replaced = findings.iter().filter(|finding| {
        finding.change.section == "Resources"
            && finding.change.verdict > Verdict::Refused
            && finding.change.resource_type.as_deref().is_some_and(is_table)
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
    // "KMSMasterKeyId must be specified for each replica": all of them change their key in one update.
    let replica = match setting {
        Setting::Encryption => "",
        _ => finding.path.item_of("Replicas").map_or("", |(_, name)| name),
    };
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

/// Returns whether a table becomes provisioned only after its indexes have changed: as long as it has a vector index, it has to be on
/// demand.
fn is_switched_late(templates: Templates, id: &str) -> bool {
    let (deployed, wanted) = (resource(templates.deployed, id), resource(templates.wanted, id));
    deployed.is_some_and(|table| property(table, "VectorIndexes").is_some())
        && wanted.and_then(billing_mode).as_deref() == Some("PROVISIONED")
}

fn first_of_two(transition: Transition, id: &str) -> String {
    match transition {
        Transition::TimeToLive => format!("turn time to live off on {id}"),
        Transition::Kinesis => format!("detach {id} from its Kinesis stream"),
    }
}
