//! Plans nested stacks, whose templates the caller supplies.
//!
//! Changes have the path of logical ids, such as `Child/Orders`. CloudFormation updates a nested stack in one step with its
//! parent, so a change that needs several steps is refused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::compare::{Finding, is_expanded, unreadable};
use crate::equality::{same_option, text};
use crate::path::Path;
use crate::recipe::Language;
use crate::rules::{self, Judgement};
use crate::view::{Templates, entries, kind, retains};
use crate::{
    AccessChange, Action, Change, PlanOptions, Unknown, Verdict, for_each, parameters, plan, recipe, refs,
};

/// What is known of a nested stack. Without its templates a change of it can only be judged as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NestedStack {
    /// Its deployed template; `None` where it is new, or not known.
    pub deployed: Option<Value>,
    /// Its wanted template; `None` where it is removed, or not known.
    pub wanted: Option<Value>,
    /// Its parameters, pseudo parameters and nested stacks. Consents are those of the parent.
    pub options: PlanOptions,
}

impl NestedStack {
    /// Returns whether both templates are known, so that nothing of it is unknown.
    pub(crate) fn is_known(&self) -> bool {
        self.deployed.is_some() && self.wanted.is_some()
    }
}

/// What the plans of nested stacks have found.
#[derive(Default)]
pub(crate) struct NestedPlans {
    pub(crate) changes: Vec<Change>,
    pub(crate) access: Vec<AccessChange>,
    pub(crate) unknown: Vec<Unknown>,
}

/// Plans the nested stacks of a template, and judges what its own findings say of them by what is inside.
pub(crate) fn plan_nested(templates: Templates<'_>, findings: &mut [Finding<'_>]) -> NestedPlans {
    let mut changed_outputs = BTreeSet::new();
    loop {
        let plans = plan_each(templates, &changed_outputs, findings);
        let changed: BTreeSet<String> =
            stacks_with_other_outputs(&plans.changes).map(str::to_owned).collect();
        if changed.is_subset(&changed_outputs) {
            return plans;
        }
        // What one passes on to another is another value there.
        changed_outputs.extend(changed);
    }
}

/// Returns the logical ids of the nested stacks whose outputs change.
pub(crate) fn stacks_with_other_outputs(changes: &[Change]) -> impl Iterator<Item = &str> {
    let outputs =
        changes.iter().filter(|change| change.section == "Outputs" && change.verdict > Verdict::None);
    outputs.filter_map(|change| Some(change.logical_id.split_once('/')?.0))
}

fn plan_each(
    templates: Templates<'_>,
    changed_outputs: &BTreeSet<String>,
    findings: &mut [Finding<'_>],
) -> NestedPlans {
    let mut plans = NestedPlans::default();
    for (id, nested) in &templates.options.nested {
        let is_wanted = templates.wanted["Resources"].get(id).is_some();
        let is_retained = templates.deployed["Resources"]
            .get(id)
            .is_some_and(|resource| retains(resource, "DeletionPolicy"));
        let is_deployed = templates.deployed["Resources"].get(id).is_some();
        let before = plans.changes.len();
        match (&nested.deployed, &nested.wanted) {
            (deployed, wanted) if is_deployed && is_wanted && deployed.is_some() != wanted.is_some() => {
                // It is not new, nor gone.
                if templates.options.report_only {
                    plans.changes.push(one_side_unknown(templates, id, deployed.is_some()));
                }
                continue;
            }
            (None, _) if is_deployed => continue,
            (_, Some(wanted)) if is_wanted => plans.add(id, nested, wanted, templates, changed_outputs),
            (Some(deployed), _) if !is_wanted && !is_retained => {
                let removals = removals(templates.options.language, deployed, &nested.options);
                plans.changes.extend(removals.into_iter().map(|change| under(id, change)));
            }
            _ => continue,
        }
        judge_whole(id, is_wanted, &plans.changes[before..], findings);
    }
    plans
}

impl NestedPlans {
    fn add(
        &mut self,
        id: &str,
        nested: &NestedStack,
        wanted: &Value,
        templates: Templates<'_>,
        changed_outputs: &BTreeSet<String>,
    ) {
        let mut options = options_of(id, nested, templates.options);
        if options.deployed_parameters.is_none() && options.wanted_parameters.is_none() {
            options.changed_parameters = unknown_changes(templates, id, changed_outputs);
        }
        options.deployed_parameters.get_or_insert_with(|| passed_parameters(templates.deployed, id));
        options.wanted_parameters.get_or_insert_with(|| passed_parameters(templates.wanted, id));
        let plan = plan(nested.deployed.as_ref(), wanted, &options);
        let changes = plan.changes.into_iter().map(|change| under(id, in_one_step(change)));
        self.changes.extend(changes);
        let access = plan.access.into_iter();
        self.access.extend(
            access.map(|grant| AccessChange { logical_id: path_below(id, &grant.logical_id), ..grant }),
        );
        self.unknown.extend(
            plan.unknown
                .into_iter()
                .map(|unknown| Unknown { logical_id: path_below(id, &unknown.logical_id), ..unknown }),
        );
    }
}

/// Returns the options for a nested stack, with the consents that the parent has for what is below it.
fn options_of(id: &str, nested: &NestedStack, options: &PlanOptions) -> PlanOptions {
    let below = |path: &str| path.strip_prefix(id)?.strip_prefix('/').map(str::to_owned);
    let allow: BTreeMap<String, Verdict> =
        options.allow.iter().filter_map(|(path, verdict)| Some((below(path)?, *verdict))).collect();
    let redefine_indexes: BTreeSet<String> =
        options.redefine_indexes.iter().filter_map(|path| below(path)).collect();
    let PlanOptions { language, report_only, .. } = *options;
    PlanOptions { allow, redefine_indexes, language, report_only, ..nested.options.clone() }
}

/// Returns the values that a template passes for the parameters of a nested stack; `****` for one that only CloudFormation can know.
fn passed_parameters(template: &Value, id: &str) -> BTreeMap<String, String> {
    let given = template["Resources"][id]["Properties"]["Parameters"].as_object();
    let value = |value: &Value| passed_value(value).unwrap_or_else(|| "****".to_owned());
    given.into_iter().flatten().map(|(name, given)| (name.clone(), value(given))).collect()
}

/// Returns the parameters of a nested stack that get another value, where one of the two is not known.
///
/// So are values that read the outputs of nested stacks which change.
fn unknown_changes(
    templates: Templates<'_>,
    id: &str,
    changed_outputs: &BTreeSet<String>,
) -> BTreeSet<String> {
    let (before, after) = (&templates.deployed["Resources"][id], &templates.wanted["Resources"][id]);
    let [before, after] = [before, after].map(|stack| &stack["Properties"]["Parameters"]);
    let names = [before, after].into_iter().filter_map(Value::as_object).flat_map(|given| given.keys());
    let is_known = |value: Option<&Value>| value.is_none_or(|value| passed_value(value).is_some());
    let is_unknown_change = |name: &&String| {
        let (before, after) = (before.get(name), after.get(name));
        let reads_output = |value: &Value| {
            refs::names(value, &Path::default()).into_iter().any(|name| changed_outputs.contains(name))
        };
        after.is_some_and(reads_output)
            || !(same_option("", before, after) || is_known(before) && is_known(after))
    };
    names.filter(is_unknown_change).cloned().collect()
}

/// A nested stack whose template only one side knows.
fn one_side_unknown(templates: Templates<'_>, id: &str, is_deployed_known: bool) -> Change {
    let Judgement { verdict, why, server_text, recipe, .. } = rules::unknown_content();
    let side = if is_deployed_known { "new" } else { "old" };
    let resource = &templates.wanted["Resources"][id];
    Change {
        section: "Resources".to_owned(),
        logical_id: id.to_owned(),
        resource_type: kind(resource).map(str::to_owned),
        action: Action::Modify,
        path: String::new(),
        before: Some(resource.clone()),
        after: Some(resource.clone()),
        verdict,
        why: format!("its {side} template cannot be read: {why}"),
        server_text,
        recipe,
    }
}

/// Returns the text of a value for a parameter; a list is one with commas. `None` where an expression decides.
fn passed_value(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => {
            items.iter().map(text).collect::<Option<Vec<_>>>().map(|items| items.join(","))
        }
        one => text(one),
    }
}

fn path_below(id: &str, inner: &str) -> String {
    if inner.is_empty() { id.to_owned() } else { format!("{id}/{inner}") }
}

fn under(id: &str, change: Change) -> Change {
    let action = match change.action {
        Action::Move { from } => Action::Move { from: path_below(id, &from) },
        action => action,
    };
    Change { logical_id: path_below(id, &change.logical_id), action, ..change }
}

/// A change that needs several updates: a nested stack gets one, whatever the steps of its parent are.
fn in_one_step(change: Change) -> Change {
    if change.verdict != Verdict::Staged {
        return change;
    }
    Change {
        verdict: Verdict::Refused,
        why: format!("{}, and CloudFormation updates a nested stack in one step", change.why),
        recipe: Some(recipe::one_change_of_a_nested_stack()),
        ..change
    }
}

/// Returns the loss of each resource of a nested stack that is removed, and of those nested in it, as far as conditions have left them
/// in.
fn removals(language: Language, deployed: &Value, options: &PlanOptions) -> Vec<Change> {
    let loops = for_each::expanded(deployed, &Value::Null, options);
    let deployed = loops.as_ref().map_or(deployed, |(deployed, _)| deployed);
    let (known, _) = parameters::of_both(deployed, &Value::Null, options);
    let mut changes = Vec::new();
    for (id, resource) in entries(&known.template(deployed), "Resources") {
        let inner = options.nested.get(id).filter(|_| !retains(resource, "DeletionPolicy"));
        if let Some((nested, deployed)) = inner.and_then(|nested| Some((nested, nested.deployed.as_ref()?))) {
            let removals = removals(language, deployed, &nested.options);
            changes.extend(removals.into_iter().map(|change| under(id, change)));
            continue;
        }
        let judgement = if is_expanded(id) { unreadable(id) } else { rules::removed(language, id, resource) };
        let Judgement { verdict, why, server_text, recipe, .. } = judgement;
        changes.push(Change {
            section: "Resources".to_owned(),
            logical_id: id.to_owned(),
            resource_type: kind(resource).map(str::to_owned),
            action: Action::Remove,
            path: String::new(),
            before: Some(resource.clone()),
            after: None,
            verdict,
            why,
            server_text,
            recipe,
        });
    }
    changes
}

/// The change of the nested stack itself says no more than what is inside.
fn judge_whole(id: &str, is_wanted: bool, inside: &[Change], findings: &mut [Finding<'_>]) {
    let own = findings.iter_mut().filter(|finding| {
        finding.change.section == "Resources"
            && finding.change.logical_id == id
            && (!is_wanted || finding.path.key_at(2) == Some("Properties"))
    });
    for finding in own {
        let listed = if inside.is_empty() {
            "nothing changes inside the nested stack".to_owned()
        } else {
            format!("its changes are listed as `{id}/…`")
        };
        finding.change.verdict = Verdict::InPlace;
        finding.change.why = if is_wanted {
            listed
        } else {
            format!("the nested stack is deleted with its resources, which are listed as `{id}/…`")
        };
        finding.change.recipe = None;
    }
}
