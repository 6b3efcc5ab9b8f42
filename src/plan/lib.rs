//! The planner: the effect of an update on the data, and the steps to make it.
//!
//! Compares the deployed and the new template, both in long form, and returns [`Change`]s, each with a [`Verdict`], and ordered
//! [`Step`]s, each with a complete template. Most plans have one step. Several index changes of a table need one step each, as
//! CloudFormation allows one index creation or deletion per update. So do settings that DynamoDB changes only separately; changes
//! of the TTL attribute and of the Kinesis stream need two. A change that would lose items has a [`Recipe`] instead of steps.
//!
//! *Invariants:* no I/O, no clock, no output, and no knowledge of the source of templates. No state is stored: plan again from
//! the deployed template after every step, so that an interrupted deployment can be resumed.
//!
//! ```
//! use serde_json::json;
//! use tablewright_plan::{PlanOptions, Verdict, plan};
//!
//! let table = |mode: &str| json!({ "Resources": { "Notes": {
//!     "Type": "AWS::DynamoDB::Table",
//!     "Properties": { "TableName": "notes", "BillingMode": mode },
//! } } });
//! let plan = plan(Some(&table("PROVISIONED")), &table("PAY_PER_REQUEST"), &PlanOptions::default());
//!
//! assert_eq!(plan.verdict(), Verdict::InPlaceWithRisk);
//! assert_eq!(plan.changes[0].path, "/Properties/BillingMode");
//! assert_eq!(plan.steps[0].template, table("PAY_PER_REQUEST"));
//! ```
//!
//! The modules, in reading order: `verdict` and `change` are the result. `equality`, `path`, `refs` and `view` read templates;
//! `parameters`, `pseudo_parameters` and `resolve` write out the values that parameters and conditions decide, and `for_each` the loops. `scaling` and
//! `renames` match resources of the two templates, and `diff` finds the differences. `rules` judges a difference, with a `recipe`
//! for what cannot be done; `compare` collects the findings, and `dependents` adds what follows from them. `unknown` finds what
//! only CloudFormation can know, `non_ascii` what it did not return, and `nested` plans nested stacks. `access` compares
//! what policies grant. `phases` assigns findings
//! to steps, with the order of index changes from `indexes`, and `steps` writes the templates. Independent of these,
//! `stack_settings` and `stack_policy` judge what a stack has outside its template, `stack_order` orders several stacks, and `taken_names` finds
//! tables that would get the name of a table of another stack.

mod verdict;
mod change;
mod equality;
mod path;
mod refs;
mod view;
mod pseudo_parameters;
mod parameters;
mod resolve;
mod for_each;
mod simple_table;
mod scaling;
mod renames;
mod diff;
mod rules;
mod recipe;
mod compare;
mod unknown;
mod nested;
mod access;
mod non_ascii;
mod dependents;
mod phases;
mod indexes;
mod steps;
mod stack_settings;
mod stack_policy;
mod stack_order;
mod taken_names;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

pub use access::AccessChange;
pub use change::{Action, Change, Recipe};
pub use nested::NestedStack;
pub use parameters::HiddenDefault;
pub use pseudo_parameters::PseudoParameters;
pub use recipe::Language;
pub use rules::is_harmless;
pub use stack_order::{Cycle, StackTemplate, dependencies, imported_exports, waves};
pub use stack_policy::{UpdateAction, denial, is_as_strict};
pub use stack_settings::{RollbackAlarms, StackSetting, StackSettings, settings};
pub use taken_names::TakenNames;
pub use unknown::{Unknown, UnknownReason};
pub use verdict::{UnknownVerdict, Verdict};

use compare::Finding;
use rules::Stage;
use scaling::Scaling;
use view::Templates;

/// Plans the change from the deployed template to the wanted one; `None` if nothing is deployed.
///
/// Any JSON is taken: what is no template is a [`Change`] that says so, with [`Verdict::Refused`].
pub fn plan(deployed: Option<&Value>, wanted: &Value, options: &PlanOptions) -> Plan {
    let nothing = json!({});
    let deployed = deployed.unwrap_or(&nothing);
    if let Some(change) = compare::unreadable_template(deployed, wanted) {
        return Plan { changes: vec![change], ..Plan::default() };
    }
    let restored = non_ascii::restored(deployed, wanted);
    let deployed = restored.as_ref().map_or(deployed, |(restored, _)| restored);
    let loops = for_each::expanded(deployed, wanted, options);
    let (deployed, expanded) =
        loops.as_ref().map_or((deployed, wanted), |(deployed, wanted)| (deployed, wanted));
    let mut plan = plan_expanded(deployed, expanded, wanted, options);
    let places = restored.iter().flat_map(|(_, places)| places);
    plan.unknown.extend(places.map(|place| unknown::non_ascii(place)));
    plan
}

/// Plans the change between two templates without loops; `written` is the wanted one as it was written.
fn plan_expanded(deployed: &Value, wanted: &Value, written: &Value, options: &PlanOptions) -> Plan {
    let (before, after) = parameters::of_both(deployed, wanted, options);
    let resolved_deployed = simple_table::lowered(before.template(deployed));
    let resolved_wanted = simple_table::lowered(after.template(wanted));
    let holders = view::holders(&resolved_deployed);
    let wanted_holders = view::holders(&resolved_wanted);
    let scaling = Scaling::of(&resolved_deployed, &resolved_wanted);
    let templates = Templates {
        deployed: &resolved_deployed,
        wanted: &resolved_wanted,
        written,
        before: &before,
        after: &after,
        holders: &holders,
        wanted_holders: &wanted_holders,
        scaling: &scaling,
        options,
    };
    let mut findings = compare::findings(templates);
    dependents::follow(templates, &mut findings);
    indexes::refuse_inseparable(templates, &mut findings);
    let mut unknown = unknown::find(templates);
    let nested = nested::plan_nested(templates, &mut findings);
    dependents::follow_outputs(templates, &nested.changes, &mut findings);
    unknown.extend(nested.unknown);
    let mut planned = steps::plan_steps(templates, &findings);
    planned.add_nested(templates, &nested.changes);
    let stops = findings.iter().map(|finding| &finding.change).chain(&nested.changes);
    let stops = stops.into_iter().any(|change| stops_plan(change, options));
    stage(&mut findings, &planned.staged);
    show_as_written(templates, deployed, wanted, &mut findings);
    let mut changes: Vec<Change> =
        findings.into_iter().map(|finding| finding.change).chain(nested.changes).collect();
    let mut access = access::changes(&resolved_deployed, &resolved_wanted);
    access::judge(&access, &mut changes);
    access.extend(nested.access);
    let hidden_defaults = parameters::hidden_defaults(templates);
    Plan { changes, access, unknown, hidden_defaults, steps: if stops { Vec::new() } else { planned.steps } }
}

/// Values that are known besides the templates, and the consents. The default is none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// The values that the parameters of the deployed stack have, `****` where `NoEcho` hides one. A parameter that is
    /// not named has its default.
    ///
    /// With the values of both sides known, properties are compared by their values: a table whose name contains
    /// `${Env}` is renamed by another `Env`, and a table under a condition may be added or removed. `None` if they are
    /// not known: then expressions are compared as text.
    pub deployed_parameters: Option<BTreeMap<String, String>>,
    /// The values of the parameters in every step; `****` for a hidden value that is unchanged.
    pub wanted_parameters: Option<BTreeMap<String, String>>,
    /// The pseudo parameters of the stack, which are the same on both sides: `!Ref AWS::Region` is compared by its value.
    pub pseudo_parameters: PseudoParameters,
    /// What is known of the nested stacks, by their logical ids.
    pub nested: BTreeMap<String, NestedStack>,
    /// The logical ids of tables whose indexes may be deleted and created again under their name when their key or projection
    /// changes; queries on them fail meanwhile.
    pub redefine_indexes: BTreeSet<String>,
    /// Logical ids for which [`Verdict::ReplacementKept`] and [`Verdict::DataLoss`] do not stop the plan, each with the worst
    /// verdict that is consented to: the verdict is unchanged, and there are steps. The `logical_id` of the change
    /// counts; for a moved table the old one does too. [`Verdict::Refused`] always stops, since AWS would refuse too.
    pub allow: BTreeMap<String, Verdict>,
    /// Parameters whose value changes to one that is not known, or from one: what they decide is judged at worst.
    pub changed_parameters: BTreeSet<String>,
    /// The language of the recipes.
    pub language: Language,
    /// Plans for a report: nothing is deployed from it, so no change set of CloudFormation tells what a macro makes of the template, and
    /// what the template does not show is [`Verdict::Refused`]. [`Step::template`] is left out (`null`), as the templates of many steps
    /// take much memory.
    pub report_only: bool,
}

/// The change from one template to another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Every difference in meaning, in the order of the wanted template, followed by the changes that result from others.
    pub changes: Vec<Change>,
    /// The grants of policies that are new or gone.
    pub access: Vec<AccessChange>,
    /// What may change without a difference of the templates. A plan without changes needs a change set of CloudFormation to
    /// tell.
    pub unknown: Vec<Unknown>,
    /// The parameters whose new default has no effect.
    pub hidden_defaults: Vec<HiddenDefault>,
    /// The templates to deploy, in order; the last one is the wanted template. Empty if there is nothing to change, and if
    /// a change stops the plan.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Returns whether there are no changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns whether there are changes that no step carries out: a verdict of [`Verdict::Refused`] or worse,
    /// without consent.
    pub fn is_stopped(&self) -> bool {
        self.steps.is_empty() && !self.changes.is_empty()
    }

    /// Returns the worst verdict.
    pub fn verdict(&self) -> Verdict {
        self.changes.iter().map(|change| change.verdict).max().unwrap_or_default()
    }
}

/// One update of the stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The whole template to deploy; `null` with [`PlanOptions::report_only`].
    pub template: Value,
    /// Descriptions of what the step does, for people.
    pub summary: Vec<String>,
    /// What must be true before the next step, and before the last one counts as done.
    pub waits: Vec<Wait>,
}

/// Work of DynamoDB that continues after CloudFormation has completed. Tables are named by their logical ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Every index of the tables must be ACTIVE or gone: CloudFormation does not wait for the backfill.
    Indexes {
        /// The tables.
        tables: Vec<String>,
    },
    /// DynamoDB accepts the next change of time to live only about an hour after the last one.
    TimeToLive {
        /// The tables.
        tables: Vec<String>,
    },
    /// The old Kinesis destination of the tables must be DISABLED.
    KinesisDestination {
        /// The tables.
        tables: Vec<String>,
    },
}

/// Gives every change the path that it has in the template that it is shown in, before parameters and conditions were written out.
fn show_as_written(templates: Templates, deployed: &Value, wanted: &Value, findings: &mut [Finding]) {
    for finding in findings {
        let (known, written) = match finding.after {
            Some(_) => (templates.after, wanted),
            None => (templates.before, deployed),
        };
        finding.change.path = known.written_place(written, &finding.path).pointer(2);
        if view::is_simple_table(written, &finding.change) {
            finding.change.path = simple_table::written_path(&finding.path.pointer(2));
            finding.change.resource_type = Some(view::SIMPLE_TABLE.to_owned());
        }
    }
}

/// Marks the changes that cannot share an update with the others as staged, with the reason.
fn stage(findings: &mut [Finding], staged: &BTreeSet<usize>) {
    let is_index = |finding: &Finding| matches!(finding.stage, Stage::Index(_));
    let mut indexes: BTreeMap<String, usize> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| is_index(finding)) {
        *indexes.entry(finding.change.logical_id.clone()).or_default() += 1;
    }
    for &at in staged {
        let finding = &mut findings[at];
        if finding.change.verdict >= Verdict::Staged {
            continue;
        }
        finding.change.verdict = Verdict::Staged;
        if is_index(finding) && indexes[&finding.change.logical_id] > 1 {
            finding.change.server_text = Some(rules::ONE_INDEX.to_owned());
        } else {
            finding.change.why.push_str("; it needs a separate step");
        }
    }
}

fn stops_plan(change: &Change, options: &PlanOptions) -> bool {
    let allowed = |id: &str| options.allow.get(id).is_some_and(|worst| *worst >= change.verdict);
    match change.verdict {
        Verdict::None | Verdict::InPlace | Verdict::InPlaceWithRisk | Verdict::Staged => false,
        Verdict::Refused => true,
        Verdict::ReplacementKept | Verdict::DataLoss => {
            !allowed(change.deployed_id()) && !allowed(&change.logical_id)
        }
    }
}
