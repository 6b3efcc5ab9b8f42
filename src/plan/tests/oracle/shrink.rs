//! Makes a pair that has a fault small, and prints it.

use std::fmt::Write;

use serde_json::Value;

use crate::Pair;
use crate::generator::pair;
use crate::judge::{faults, of_seed, planned};

/// Returns the smallest pair that has the same kind of fault, as text.
pub(crate) fn shrunken(seed: u64, kind: &str) -> String {
    let mut kept = 0b1111;
    for change in 0..4 {
        let fewer = kept & !(1 << change);
        if of_seed(seed, fewer).iter().any(|fault| fault.kind == kind) {
            kept = fewer;
        }
    }
    let mut small = pair(seed, kept);
    let same = |pair: &Pair| faults(pair).iter().any(|fault| fault.kind == kind);
    for id in small.options.nested.keys().cloned().collect::<Vec<_>>() {
        let mut fewer = small.clone();
        fewer.options.nested.remove(&id);
        if same(&fewer) {
            small = fewer;
        }
    }
    while let Some(smaller) = smaller(&small).into_iter().find(|pair| same(pair)) {
        small = smaller;
    }
    let mut text = format!("seed {seed:#x}, changes {kept:#b}\n");
    let plan = planned(&small);
    let _ = writeln!(text, "deployed: {}\nwanted:   {}", small.deployed, small.wanted);
    let options = &small.options;
    let _ = writeln!(
        text,
        "redefine: {:?}, allow: {:?}, Region: {:?}",
        options.redefine_indexes, options.allow, options.pseudo_parameters.region
    );
    let _ =
        writeln!(text, "values: {:?}\n    and: {:?}", options.deployed_parameters, options.wanted_parameters);
    for (id, nested) in &options.nested {
        let [old, new] = [&nested.deployed, &nested.wanted].map(|side| side.clone().unwrap_or_default());
        let _ = writeln!(
            text,
            "nested {id}: {old}\n    to: {new}\n    with {:?} and {:?}",
            nested.options.deployed_parameters, nested.options.wanted_parameters
        );
    }
    for fault in faults(&small).iter().filter(|fault| fault.kind == kind) {
        let _ = writeln!(text, "oracle: {}", fault.text);
    }
    for change in &plan.changes {
        let _ = writeln!(
            text,
            "planner: {} {} {}{} ({:?} to {:?}): {}",
            change.verdict,
            change.action.as_str(),
            change.logical_id,
            change.path,
            change.before.as_ref().map(short),
            change.after.as_ref().map(short),
            change.why
        );
    }
    for step in &plan.steps {
        let _ = writeln!(text, "step: {:?} {:?} {}", step.summary, step.waits, step.template);
    }
    text
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(150).collect()
}

/// The pairs with one entry less, on both sides or on one.
fn smaller(pair: &Pair) -> Vec<Pair> {
    let mut places = Vec::new();
    pointers(&pair.deployed, "", &mut places);
    pointers(&pair.wanted, "", &mut places);
    let mut pairs = Vec::new();
    places.retain(|place| !place.starts_with("/Conditions/") && !place.contains("/Fn::") && place.len() > 1);
    places.retain(|place| !place.starts_with("/Mappings"));
    for place in &places {
        let (mut deployed, mut wanted) = (pair.deployed.clone(), pair.wanted.clone());
        remove(&mut deployed, place);
        remove(&mut wanted, place);
        for (deployed, wanted) in [(&deployed, &wanted), (&deployed, &pair.wanted), (&pair.deployed, &wanted)]
        {
            if *deployed != pair.deployed || *wanted != pair.wanted {
                pairs.push(Pair {
                    deployed: deployed.clone(),
                    wanted: wanted.clone(),
                    options: pair.options.clone(),
                });
            }
        }
    }
    pairs
}

fn pointers(value: &Value, place: &str, places: &mut Vec<String>) {
    // An expression with a part less is none, and a resource needs its type.
    let depth = if place.starts_with("/Parameters") { 1 } else { 5 };
    if place.matches('/').count() > depth || place.contains("/Fn::") {
        return;
    }
    match value {
        Value::Object(entries) => {
            for (name, inside) in entries {
                let place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                places.push(place.clone());
                pointers(inside, &place, places);
            }
        }
        Value::Array(items) => {
            for (at, inside) in items.iter().enumerate() {
                let place = format!("{place}/{at}");
                places.push(place.clone());
                pointers(inside, &place, places);
            }
        }
        _ => {}
    }
}

fn remove(value: &mut Value, place: &str) {
    let Some((parent, name)) = place.rsplit_once('/') else { return };
    let name = name.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(parent) {
        Some(Value::Object(entries)) => drop(entries.remove(&name)),
        Some(Value::Array(items)) => {
            if let Some(at) = name.parse().ok().filter(|at| *at < items.len()) {
                items.remove(at);
            }
        }
        _ => {}
    }
}
