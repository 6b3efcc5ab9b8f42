//! Random reviews: any text in any place, any verdict, any number of comparisons.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use tablewright::{Place, Problem};
use tablewright_plan::{AccessChange, Action, Change, Recipe, Verdict, Wait};
use tablewright_review::{Comparison, Digests, Located, Review, Step};

use crate::samples::HOSTILE;

pub(crate) fn review() -> impl Strategy<Value = Review> {
    (vec(comparison(), 0..4), vec(problem(), 0..6)).prop_map(|(comparisons, problems)| Review {
        comparisons,
        problems: problems.into_iter().map(Into::into).collect(),
        ..Review::default()
    })
}

/// Mostly names as they are, with pieces that mean harm between.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[A-Za-z0-9 .-]{0,12}",
        2 => proptest::sample::select(HOSTILE).prop_map(str::to_owned),
        2 => r"[|`\\<>&@#*_~\[\]()!:$/ \n]{0,4}",
        1 => any::<char>().prop_map(String::from),
        1 => "[a-z ]{200,400}",
    ];
    vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn comparison() -> impl Strategy<Value = Comparison> {
    let names = (text(), option::of(text()), option::of(text()), text(), text(), option::of(text()));
    let rest = (
        option::of(place()),
        (vec(located(), 0..8), vec(access(), 0..3)),
        option::of((text(), text())),
        vec(step(), 0..4),
        option::of(diff()),
    );
    (names, rest, any::<bool>()).prop_map(
        |(
            (stack, stack_name, environment, before, after, template),
            (at, (changes, access), digests, steps, text_diff),
            stopped,
        )| {
            Comparison {
                stack,
                stack_name,
                environment,
                before,
                after,
                template,
                at,
                changes,
                access,
                digests: digests.map(|(deployed, wanted)| Digests {
                    account: Some(wanted.clone()),
                    region: deployed.clone(),
                    made: None,
                    deployed,
                    wanted,
                }),
                steps,
                tables: Vec::new(),
                text_diff,
                stopped,
            }
        },
    )
}

fn access() -> impl Strategy<Value = AccessChange> {
    let lists = (vec(text(), 0..3), vec(text(), 0..3), vec(text(), 0..3));
    (text(), text(), any::<[bool; 2]>(), lists, option::of(text())).prop_map(
        |(logical_id, property, [is_new, is_allowed], (principals, actions, resources), condition)| {
            AccessChange {
                logical_id,
                property,
                is_new,
                is_allowed,
                principals,
                actions,
                resources,
                condition,
            }
        },
    )
}

fn located() -> impl Strategy<Value = Located> {
    let names = (
        proptest::sample::select(vec!["Resources", "Outputs", "Description"]),
        text(),
        option::of(text()),
        action(),
        path(),
    );
    let values = (option::of(value()), option::of(value()));
    let words =
        (proptest::sample::select(&Verdict::ALL[..]), text(), option::of(text()), option::of(recipe()));
    (names, values, words, option::of(place())).prop_map(
        |(
            (section, logical_id, resource_type, action, path),
            (before, after),
            (verdict, why, server_text, recipe),
            at,
        )| {
            let section = section.to_owned();
            let change = Change {
                section,
                logical_id,
                resource_type,
                action,
                path,
                before,
                after,
                verdict,
                why,
                server_text,
                recipe,
            };
            Located::new(change, at)
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        Just(Action::Add),
        Just(Action::Remove),
        Just(Action::Modify),
        text().prop_map(|from| Action::Move { from })
    ]
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("/Properties/AttributeDefinitions/0".to_owned()),
        Just("/Properties/GlobalSecondaryIndexes/1".to_owned()),
        text().prop_map(|name| format!("/Properties/{name}")),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<u16>().prop_map(Value::from),
        text().prop_map(Value::from),
        text().prop_map(|name| json!({ "IndexName": name })),
        text().prop_map(|name| json!([{ "AttributeName": name, "KeyType": "HASH" }])),
    ]
}

fn recipe() -> impl Strategy<Value = Recipe> {
    (text(), vec(text(), 0..4)).prop_map(|(goal, steps)| Recipe { goal, steps })
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![
        vec(text(), 0..3).prop_map(|tables| Wait::Indexes { tables }),
        vec(text(), 0..3).prop_map(|tables| Wait::TimeToLive { tables }),
        vec(text(), 0..3).prop_map(|tables| Wait::KinesisDestination { tables }),
    ];
    (vec(text(), 0..3), vec(wait, 0..2)).prop_map(|(summary, waits)| Step { summary, waits })
}

fn diff() -> impl Strategy<Value = String> {
    vec(text(), 0..60).prop_map(|lines| lines.join("\n"))
}

fn problem() -> impl Strategy<Value = Problem> {
    (text(), any::<bool>(), place(), text(), option::of(text()), option::of(text())).prop_map(
        |(rule, error, at, message, help, server_text)| {
            let problem = if error { Problem::error } else { Problem::warning }(&rule, &at, message);
            Problem { help, server_text, ..problem }
        },
    )
}

fn place() -> impl Strategy<Value = Place> {
    (text(), any::<u32>()).prop_map(|(file, line)| Place { file, line })
}
