//! Compares the planner with the oracle.

use serde_json::Value;
use tablewright_plan::{Action, Plan, Verdict, plan};

use crate::generator::pair;
use crate::oracle::{Claim, claims};
use crate::side::{Side, sides};
use crate::{Pair, simulator};

/// A disagreement.
pub(crate) struct Fault {
    /// What kind it is: stays the same while the pair is made smaller.
    pub(crate) kind: String,
    pub(crate) text: String,
}

/// What the oracle has against the plan of a seed; of its changes those that `kept` has a bit for.
pub(crate) fn of_seed(seed: u64, kept: u64) -> Vec<Fault> {
    faults(&pair(seed, kept))
}

/// The plan of the pair; a stack that has no template is new.
pub(crate) fn planned(pair: &Pair) -> Plan {
    let is_new = pair.deployed.as_object().is_some_and(serde_json::Map::is_empty);
    plan((!is_new).then_some(&pair.deployed), &pair.wanted, &pair.options)
}

/// What the oracle has against the plan.
pub(crate) fn faults(pair: &Pair) -> Vec<Fault> {
    let plan = planned(pair);
    let (before, after) = sides(&pair.deployed, &pair.wanted, &pair.options);
    let claims = claims(&pair.deployed, &pair.wanted, &pair.options);
    if let Some(text) = invalid(&before, &after) {
        return vec![Fault { kind: format!("generator: {}", kind_of(&text)), text }];
    }
    let mut faults = Vec::new();
    for claim in &claims {
        let verdict = verdict_on(&plan, &claim.id);
        if verdict < claim.least {
            let kind = format!("milder than {}: {verdict}: {}", claim.least, claim.why);
            faults.push(Fault { kind, text: format!("{claim:?}") });
        }
    }
    let most = claims.iter().map(|claim| claim.most).max().unwrap_or_default();
    if plan.verdict() > most {
        let whys: Vec<&str> =
            claims.iter().filter(|claim| claim.most == most).map(|claim| claim.why).collect();
        let why = whys.first().copied().unwrap_or("nothing differs in meaning");
        let kind = format!("worse than {most}: {}: {why}", plan.verdict());
        faults.push(Fault { kind, text: format!("{claims:?}") });
    }
    for text in unknown(pair, &before, &after, &plan).into_iter().chain(steps(pair, &plan, &claims)) {
        faults.push(Fault { kind: format!("steps: {}", kind_of(&text)), text });
    }
    faults
}

/// The text without what differs from pair to pair.
fn kind_of(text: &str) -> String {
    let kind = text.rsplit_once(": ").map_or(text, |(_, kind)| kind);
    kind.replace(|letter: char| letter.is_ascii_digit(), "")
}

/// a nested stack whose templates are not known, never unchanged.
fn unknown(pair: &Pair, before: &Side, after: &Side, plan: &Plan) -> Vec<String> {
    let mut missing = Vec::new();
    for (id, old) in before.resources.iter().filter(|(id, _)| after.resources.contains_key(*id)) {
        let nested = pair.options.nested.get(id);
        let is_known = nested.is_some_and(|nested| nested.deployed.is_some() && nested.wanted.is_some());
        let is_told = plan.unknown.iter().any(|unknown| unknown.logical_id == *id)
            || plan.changes.iter().any(|change| change.logical_id == *id);
        if old.is_container() && !is_known && !is_told && !plan.is_stopped() {
            missing.push(format!("{id}: what is nested is not known, and nothing is said"));
        }
    }
    let parameters = |template: &Value| template["Parameters"].as_object().cloned().unwrap_or_default();
    let is_read = parameters(&pair.deployed).iter().any(|(name, parameter)| {
        let is_ssm = parameter["Type"].as_str().is_some_and(|kind| kind.starts_with("AWS::SSM"));
        let used = format!("{{\"Ref\":\"{name}\"}}");
        let is_used =
            [before, after].iter().all(|side| side.template["Resources"].to_string().contains(&used));
        is_ssm && is_used && parameters(&pair.wanted).get(name) == Some(parameter)
    });
    if is_read && plan.unknown.is_empty() && !plan.is_stopped() {
        missing.push("a value of SSM is not known, and nothing is said".to_owned());
    }
    missing
}

/// The worst verdict on what has the logical id, or had it.
fn verdict_on(plan: &Plan, id: &str) -> Verdict {
    let changes = plan.changes.iter().filter(|change| {
        let is_inside = change.logical_id.strip_prefix(id).is_some_and(|inside| inside.starts_with('/'));
        change.logical_id == id || is_inside || matches!(&change.action, Action::Move { from } if from == id)
    });
    changes.map(|change| change.verdict).max().unwrap_or_default()
}

fn steps(pair: &Pair, plan: &Plan, claims: &[Claim]) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    let stops = plan.changes.iter().any(|change| {
        let allows = |id: &str| pair.options.allow.get(id).is_some_and(|worst| *worst >= change.verdict);
        let old = matches!(&change.action, Action::Move { from } if allows(from));
        change.verdict == Verdict::Refused
            || (change.verdict > Verdict::Refused && !old && !allows(&change.logical_id))
    });
    if stops || plan.changes.is_empty() {
        return if plan.steps.is_empty() { Vec::new() } else { one("a plan that stops has steps") };
    }
    let Some(last) = plan.steps.last() else { return one("no steps") };
    if last.template != pair.wanted {
        return one("the last step is not what is wanted");
    }
    let is_known = pair.options.deployed_parameters.is_some() && pair.options.wanted_parameters.is_some();
    let is_literal = claims.iter().all(|claim| claim.most < Verdict::DataLoss);
    if !is_known && !is_literal {
        return Vec::new();
    }
    simulator::played(&pair.deployed, plan, &pair.options)
}

/// Why one of the templates could not be deployed at all, if so.
fn invalid(before: &Side, after: &Side) -> Option<String> {
    let mut fails = Vec::new();
    for side in [before, after] {
        simulator::dangling(&side.expanded, &mut fails);
        simulator::valid(side, &mut fails);
        for resource in side.expanded["Resources"]
            .as_object()
            .into_iter()
            .flat_map(|resources| resources.values())
            .filter(|resource| !resource.is_array())
        {
            if !resource["Type"].is_string() || !resource["Properties"].is_object() {
                fails.push("a resource without type or properties".to_owned());
            }
        }
    }
    fails.into_iter().next()
}
