//! One fault at a time: every kind of it at every call of a rollout, and an interrupt at every call and pause.
//!
//! Whatever it is, the statements hold, the ending is of the right class, and the same rollout, run again, comes to the wanted end.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tablewright_sandbox::CallFailure;

use crate::interposer::{Moment, Script, When};
use crate::shop::{DONE, SHOP, deployed, shop, wish, with_child};
use crate::stacks::bare_table;
use crate::statements::judged;
use crate::subject::{Kind, Loss, Said, Told, WantedStack, Wish, destroy};
use crate::world::World;

/// What passes by itself: the call is made again, and nobody sees a difference.
const PASSING: [CallFailure; 4] =
    [CallFailure::Throttled, CallFailure::ServerError, CallFailure::ConnectionLost, CallFailure::AnswerLost];

/// What does not, where it hits a call that is needed.
const LASTING: [CallFailure; 2] = [CallFailure::ExpiredToken, CallFailure::AccessDenied];

/// Runs a rollout once for each trouble at each of its places.
async fn withstands_everything(make: impl AsyncFn() -> (World, Wish)) {
    let (world, wish) = make().await;
    let (quiet, broken) = judged(&world, &wish, Script::default()).await;
    assert!(broken.is_empty() && quiet.stacks.values().all(is_success), "{broken:#?}\n{quiet:#?}");
    let mut failures = Vec::new();
    let mut tried = 0;
    for script in scripts(&quiet) {
        let (world, wish) = make().await;
        let (told, mut broken) = judged(&world, &wish, script.clone()).await;
        broken.extend(wrong_ending(&script, &quiet, &told));
        let (again, after) = judged(&world, &wish, Script::default()).await;
        broken.extend(after.into_iter().map(|line| format!("again: {line}")));
        if again.stacks.len() < wish.stacks.len() || !again.stacks.values().all(is_success) {
            broken.push(format!("again, it ends with {:?}", again.stacks));
        }
        tried += 1;
        if !broken.is_empty() {
            failures.push(format!("{script:?}\n{}\nsaid was {told:?}", broken.join("\n")));
        }
    }
    assert!(failures.is_empty(), "{} of {tried}:\n{}", failures.len(), failures.join("\n\n"));
}

/// Returns a script for each trouble at each place of a rollout.
///
/// In CI the kinds of trouble take turns, and every other place meets one of them; of a row of equal calls, which waits for something, the
/// first, the second and the last count, and of the pauses some. With `PROMISE_FAULTS=all` every place meets every kind.
fn scripts(quiet: &Told) -> Vec<Script> {
    let is_all = std::env::var("PROMISE_FAULTS").is_ok_and(|what| what == "all");
    let calls = &quiet.calls;
    let is_within_row = |call: &usize| {
        let is_same = |other: Option<usize>| other.and_then(|at| calls.get(at)) == Some(&calls[*call]);
        is_same(call.checked_sub(2)) && is_same(call.checked_sub(1)) && is_same(Some(call + 1))
    };
    let places = (0..calls.len()).filter(|call| is_all || !is_within_row(call)).map(When::Call);
    let troubles = |when: When| {
        let failures = PASSING.into_iter().chain(LASTING);
        let faults =
            failures.map(move |failure| Script { faults: vec![(when, failure)], ..Script::default() });
        let interrupts = [Moment::Before, Moment::After];
        faults.chain(interrupts.map(|moment| interrupted(when, moment))).collect::<Vec<_>>()
    };
    // Prime to the number of kinds, so that these take turns.
    let every = if is_all { 1 } else { 15 };
    let at_calls = places.flat_map(troubles).step_by(every);
    let pauses = (0..quiet.pauses).step_by(if is_all { 1 } else { 20 });
    at_calls.chain(pauses.map(|pause| interrupted(When::Pause(pause), Moment::After))).collect()
}

fn interrupted(when: When, moment: Moment) -> Script {
    Script { interrupt: Some((when, moment)), ..Script::default() }
}

fn is_success(said: &Said) -> bool {
    matches!(said, Said::Done { .. } | Said::Unchanged)
}

/// Returns why an ending is not of the class that belongs to the trouble.
fn wrong_ending(script: &Script, quiet: &Told, told: &Told) -> Option<String> {
    let Some((When::Call(call), failure)) = script.faults.first() else {
        // A pause that loses a race does not come to its end.
        let is_over = matches!(script.interrupt, Some((When::Pause(_), _))) && told.stacks == quiet.stacks;
        let is_said = is_over || told.running.is_some() && told.stacks.is_empty();
        return (!is_said).then(|| "4: the rollout was interrupted, and that is not said".to_owned());
    };
    let action = &quiet.calls[*call];
    if PASSING.contains(failure) {
        let is_same = told.stacks == quiet.stacks;
        return (!is_same).then(|| format!("4: {failure:?} of {action} has made a difference"));
    }
    let was_executed =
        quiet.calls[..*call].iter().any(|call| call == "ExecuteChangeSet" || call == "DeleteStack");
    let is_right = |said: &Said| match said {
        Said::Done { .. } | Said::Unchanged | Said::NotStarted => true,
        Said::Failed { kind: Kind::Access, .. } => true,
        Said::Failed { kind: Kind::Unknown, .. } => was_executed,
        Said::Failed { .. } => false,
    };
    let wrong = told.stacks.values().find(|said| !is_right(said));
    wrong.map(|said| format!("4: after {failure:?} of {action} it ends with {said:?}"))
}

#[tokio::test]
async fn a_creation_withstands_everything() {
    withstands_everything(async || (World::new().await, wish(shop(&["g"])))).await;
}

#[tokio::test]
async fn an_update_withstands_everything() {
    withstands_everything(async || {
        let world = deployed(&shop(&[])).await;
        let mut after = shop(&[]);
        after["Resources"]["User"] = bare_table(None);
        after["Outputs"]["Order"] = json!({ "Value": { "Ref": "Order" } });
        (world, Wish::of(WantedStack::new(SHOP, after).tag("team", "orders")))
    })
    .await;
}

#[tokio::test]
async fn a_ladder_withstands_everything() {
    withstands_everything(async || (deployed(&shop(&[])).await, wish(shop(&["g", "h"])))).await;
}

#[tokio::test]
async fn a_replacement_withstands_everything() {
    let with_key = |key: &str| {
        let mut template = shop(&[]);
        let mut table = bare_table(Some("Retain"));
        table["Properties"]["AttributeDefinitions"][0]["AttributeName"] = json!(key);
        table["Properties"]["KeySchema"][0]["AttributeName"] = json!(key);
        template["Resources"]["User"] = table;
        template
    };
    withstands_everything(async || {
        let world = deployed(&with_key("id")).await;
        (world, wish(with_key("other")).consenting("User", Loss::Replacement))
    })
    .await;
}

#[tokio::test]
async fn two_stacks_with_an_export_withstand_everything() {
    withstands_everything(async || {
        let world = deployed(&shop(&[])).await;
        let consumer = json!({ "Resources": { "User": bare_table(Some("Retain")) } });
        world.direct.create("demo-second", &consumer, &BTreeMap::new()).await;
        let with = |mut template: Value, word: Value| {
            template["Outputs"]["Word"] = word;
            template
        };
        let export = json!({ "Value": "word", "Export": { "Name": "shop-word" } });
        let import = json!({ "Value": { "Fn::ImportValue": "shop-word" } });
        let mut wish = wish(with(shop(&[]), export));
        wish.stacks.push(WantedStack::new("demo-second", with(consumer, import)));
        (world, wish)
    })
    .await;
}

#[tokio::test]
async fn a_nested_stack_withstands_everything() {
    withstands_everything(async || {
        let world = World::new().await;
        let parent = with_child(&world, &["Order", "User"]);
        world.direct.create(SHOP, &parent, &BTreeMap::new()).await;
        with_child(&world, &["User"]);
        let wanted = WantedStack::new(SHOP, parent).tag("team", "orders");
        (world, Wish::of(wanted).consenting("Child/Order", Loss::Data))
    })
    .await;
}

/// A stack with a table that is lost by consent, one that stays, and one in a nested stack.
async fn to_destroy() -> World {
    let world = World::new().await;
    let mut parent = with_child(&world, &["User"]);
    parent["Resources"]["Order"] = bare_table(None);
    parent["Resources"]["Note"] = bare_table(Some("Retain"));
    world.direct.create(SHOP, &parent, &BTreeMap::new()).await;
    world
}

/// The names of the tables of the stack: of the one that stays, and of those that go.
async fn tables(world: &World) -> (String, Vec<String>) {
    let resources = world.direct.resources(SHOP).await;
    let below = world.direct.resources(&resources["Child"].1).await;
    (resources["Note"].1.clone(), vec![resources["Order"].1.clone(), below["User"].1.clone()])
}

#[tokio::test]
async fn a_deletion_withstands_everything() {
    let world = to_destroy().await;
    let quiet = destroy(&world, SHOP, Script::default()).await;
    assert_eq!(*quiet.only(), DONE, "{quiet:?}");
    let mut failures = Vec::new();
    for script in scripts(&quiet) {
        let world = to_destroy().await;
        let (stays, go) = tables(&world).await;
        let told = destroy(&world, SHOP, script.clone()).await;
        let mut broken: Vec<String> = wrong_ending(&script, &quiet, &told).into_iter().collect();
        let was_requested = told.calls.iter().any(|call| call == "DeleteStack");
        let is_running = told.running.as_ref().is_some_and(|running| !running.is_empty());
        if told.running.is_some() && was_requested && !is_running {
            broken.push("4: the interrupt does not say that the stack is deleted".to_owned());
        }
        world.direct.wait(4 * 3_600);
        if world.direct.status(SHOP).await.is_some() {
            let again = destroy(&world, SHOP, Script::default()).await;
            if *again.only() != DONE {
                broken.push(format!("again, it ends with {:?}", again.stacks));
            }
        }
        if world.direct.table(&stays).await.is_none() {
            broken.push("3: the table that was to stay is gone".to_owned());
        }
        for table in &go {
            if world.direct.table(table).await.is_some() {
                broken.push(format!("2: table {table} is still there"));
            }
        }
        if !broken.is_empty() {
            failures.push(format!("{script:?}\n{}\nsaid was {told:?}", broken.join("\n")));
        }
    }
    assert!(failures.is_empty(), "{}:\n{}", failures.len(), failures.join("\n\n"));
}
