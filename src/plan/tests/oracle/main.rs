//! Holds the planner against a second opinion: rules that were written anew from the reference pages, without a look at the planner,
//! over random pairs of templates.
//!
//! `generator` makes a pair: a stack as plain data (`model`), `changes` of it, what makes it valid (`tidy`), its templates (`template`),
//! and other spellings that mean the same (`spelling`). `resolve` and `normal` read a template as CloudFormation does, which gives one
//! `side` of the comparison. `oracle` and `tables` are the rules: how mild and how bad the verdict on each difference can be.
//! `simulator` deploys the steps. `judge` compares, and `shrink` makes a pair that they disagree on small.
//!
//! A pair follows from its seed. `ORACLE_CASES` is the count of pairs, `ORACLE_SEED` another start, and `ORACLE_SHOWN` how many pairs
//! of each kind of disagreement are shown.

mod changes;
mod generator;
mod judge;
mod model;
mod normal;
mod oracle;
mod random;
mod resolve;
mod shrink;
mod side;
mod simulator;
mod spelling;
mod tables;
mod template;
mod tidy;

use std::collections::BTreeMap;

use serde_json::Value;
use tablewright_plan::PlanOptions;

/// What is planned: two templates, and what is known besides.
#[derive(Clone, Debug)]
struct Pair {
    deployed: Value,
    wanted: Value,
    options: PlanOptions,
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// No verdict is milder than the rules say, none worse, and the steps can be deployed.
#[test]
fn the_planner_agrees_with_the_oracle() {
    let cases = setting("ORACLE_CASES", 4500);
    let first = setting("ORACLE_SEED", 1) << 32;
    let half = cases / 2;
    let check = |range: std::ops::Range<u64>| {
        let seeds = range.map(|case| first + case);
        seeds
            .flat_map(|seed| judge::of_seed(seed, u64::MAX).into_iter().map(move |fault| (fault, seed)))
            .collect::<Vec<_>>()
    };
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| check(0..half));
        let other = check(half..cases);
        (one.join().expect("a check does not panic"), other)
    });
    let mut kinds: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (fault, seed) in one.into_iter().chain(other) {
        kinds.entry(fault.kind).or_default().push(seed);
    }
    let shown = setting("ORACLE_SHOWN", 1);
    for (kind, seeds) in &kinds {
        println!("\n=== {} pairs: {kind}", seeds.len());
        for seed in seeds.iter().take(usize::try_from(shown).expect("it is small")) {
            println!("{}", shrink::shrunken(*seed, kind));
        }
    }
    assert!(kinds.is_empty(), "{} kinds of disagreements", kinds.len());
}
