//! Creates the template of each step.
//!
//! The order of steps is: changes that can be combined with others, exclusive settings one by one, indexes one per table and
//! step, then the second steps of changes that need two. Every intermediate template is derived from the deployed one, so that a
//! step has only its own changes. The last template is the new one, unchanged.

pub(crate) mod definitions;
pub(crate) mod step_edits;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::compare::Finding;
use crate::path::Path;
use crate::phases;
use crate::rules::Stage;
use crate::steps::definitions::{is_separable, recompute};
use crate::steps::step_edits::StepEdits;
use crate::view::Templates;
use crate::{Action, Change, Step, Verdict};

/// The steps, and the findings that could not share one with others.
pub(crate) struct PlannedSteps {
    pub(crate) steps: Vec<Step>,
    pub(crate) staged: BTreeSet<usize>,
}

/// Returns the steps from the deployed to the wanted template.
pub(crate) fn plan_steps(templates: Templates, findings: &[Finding]) -> PlannedSteps {
    let (all_edits, alone) = phases::ordered_edits(templates, findings);
    let Some((last, earlier)) = all_edits.split_last() else {
        // At most text changed: one update, which CloudFormation may find empty.
        let step = || last_step(templates, findings, &StepEdits::default());
        let steps = if findings.is_empty() { Vec::new() } else { vec![step()] };
        return PlannedSteps { steps, staged: BTreeSet::new() };
    };
    let mut steps = Vec::with_capacity(earlier.len() + 1);
    if !earlier.is_empty() {
        let is_needed = !templates.options.report_only;
        let mut intermediate = is_needed.then(|| Intermediate::new(templates, findings));
        for edits in earlier {
            let template = intermediate.as_mut().map_or(Value::Null, |template| template.apply(edits));
            steps.push(Step { template, summary: summary(edits, findings), waits: edits.waits.clone() });
        }
    }
    let staged = if earlier.is_empty() { BTreeSet::new() } else { alone };
    steps.push(last_step(templates, findings, last));
    PlannedSteps { steps, staged }
}

impl PlannedSteps {
    /// Adds what changes in nested stacks: with the first update that touches them, and that there is one at all.
    pub(crate) fn add_nested(&mut self, templates: Templates, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        if self.steps.is_empty() {
            self.steps.push(last_step(templates, &[], &StepEdits::default()));
        }
        let has_effect = changes.iter().filter(|change| change.verdict > Verdict::None);
        self.steps[0].summary.extend(has_effect.map(describe_change));
    }
}

/// The last template is the wanted one, whatever its edits are, so it has the changes without effect too.
fn last_step(templates: Templates, findings: &[Finding], edits: &StepEdits) -> Step {
    let without_effect = findings.iter().filter(|finding| finding.stage == Stage::NoEffect).map(describe);
    let summary = summary(edits, findings).into_iter().chain(without_effect).collect();
    let template = if templates.options.report_only { Value::Null } else { templates.written.clone() };
    Step { template, summary, waits: edits.waits.clone() }
}

/// The template as it is between two steps.
pub(crate) struct Intermediate<'a> {
    templates: Templates<'a>,
    template: Value,
    /// The indexes that stand in their wanted form, by table.
    created: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Intermediate<'a> {
    pub(crate) fn new(templates: Templates<'a>, findings: &[Finding]) -> Self {
        let mut template = templates.deployed.clone();
        // What a later template refers to must be defined; by itself a definition does nothing. Where values are known,
        // every step is given the wanted ones, which the old `AllowedValues` may not have.
        let defines = |finding: &&Finding| match (finding.change.section.as_str(), &finding.change.action) {
            ("Parameters" | "Mappings" | "Conditions", Action::Add) => true,
            ("Parameters", _) => templates.options.wanted_parameters.is_some() && finding.path.0.len() == 3,
            (_, _) => false,
        };
        for finding in findings.iter().filter(defines) {
            finding.path.write(&mut template, finding.after);
        }
        Self { templates, template, created: BTreeMap::new() }
    }

    /// Applies the edits of a step and returns the template after it.
    pub(crate) fn apply(&mut self, edits: &StepEdits) -> Value {
        for edit in &edits.values {
            edit.path.write(&mut self.template, edit.to.as_deref());
        }
        for index in &edits.indexes {
            let created = self.created.entry(index.table.clone()).or_default();
            if index.creates {
                created.insert(index.name.clone());
            }
            if is_separable(self.templates, &index.table) {
                recompute(&mut self.template, self.templates, &index.table, created);
            }
        }
        forget_dependencies(&mut self.template);
        self.template.clone()
    }
}

/// Removes resources that no longer exist from `DependsOn`, which otherwise changes only in the last step.
fn forget_dependencies(template: &mut Value) {
    let Some(resources) = template.get("Resources").and_then(Value::as_object) else { return };
    let mut kept: Vec<(Path, Option<Value>)> = Vec::new();
    for (id, entry) in resources {
        let Some(depends_on) = entry.get("DependsOn") else { continue };
        let list = depends_on.as_array().map_or(std::slice::from_ref(depends_on), Vec::as_slice);
        let stays = |name: &&Value| name.as_str().is_none_or(|name| resources.contains_key(name));
        let left: Vec<Value> = list.iter().filter(stays).cloned().collect();
        if left.len() < list.len() {
            let left = (!left.is_empty()).then_some(Value::Array(left));
            kept.push((Path::entry("Resources", id).key("DependsOn"), left));
        }
    }
    for (path, left) in kept {
        path.write(template, left.as_ref());
    }
}

fn summary(edits: &StepEdits, findings: &[Finding]) -> Vec<String> {
    let mut lines: Vec<String> = edits.findings.iter().map(|at| describe(&findings[*at])).collect();
    lines.extend(edits.indexes.iter().map(|index| {
        let verb = if index.creates { "create" } else { "delete" };
        format!("{verb} index {} on {}", index.name, index.table)
    }));
    lines.extend(edits.notes.iter().cloned());
    lines
}

fn describe(finding: &Finding) -> String {
    describe_change(&finding.change)
}

fn describe_change(change: &Change) -> String {
    let what = match (change.section.as_str(), change.logical_id.as_str()) {
        ("Resources", id) => id.to_owned(),
        (section, "") => section.to_owned(),
        (section, id) => format!("{section}/{id}"),
    };
    let below = change.path.strip_prefix("/Properties").unwrap_or(&change.path);
    match &change.action {
        Action::Move { from } => format!("move {from} to {what}"),
        Action::Add => format!("add {what}{below}"),
        Action::Remove => format!("remove {what}{below}"),
        Action::Modify => format!("change {what}{below}"),
    }
}
