//! Random stacks, and random changes of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tablewright_plan::{NestedStack, PlanOptions, PseudoParameters, Verdict};

use crate::Pair;
use crate::changes::mutate;
use crate::model::{Encryption, Index, Kind, Other, Replica, Resource, Stack, Table, Vector};
use crate::random::{Random, hash};
use crate::spelling::respelled;
use crate::tidy::{tidy, tidy_table};

pub(crate) const ATTRIBUTES: [&str; 5] = ["id", "pk", "sk", "g1", "g2"];
pub(crate) const VIEWS: [&str; 3] = ["KEYS_ONLY", "NEW_IMAGE", "NEW_AND_OLD_IMAGES"];
pub(crate) const REGIONS: [&str; 4] = ["eu-west-1", "eu-west-2", "us-east-1", "us-west-2"];
pub(crate) const DELETIONS: [Option<&str>; 5] =
    [None, None, Some("Delete"), Some("Retain"), Some("RetainExceptOnCreate")];
pub(crate) const REPLACEMENTS: [Option<&str>; 4] = [None, None, Some("Delete"), Some("Retain")];
pub(crate) const CONDITIONS: [Option<&str>; 6] = [None, None, None, None, Some("IsProd"), Some("IsDev")];

/// Returns the pair of a seed; of its changes those that `kept` has a bit for.
pub(crate) fn pair(seed: u64, kept: u64) -> Pair {
    let mut random = Random(seed);
    let deployed = stack(&mut random, 0);
    let mut wanted = deployed.clone();
    let changes = if random.percent(12) { 0 } else { 1 + random.below(4) };
    for change in 0..changes {
        let mut random = Random(hash(seed, &format!("change {change}")));
        if kept >> change & 1 == 1 {
            // Not every change changes something.
            let before = wanted.template();
            for _ in 0..4 {
                mutate(&mut wanted, &mut random);
                tidy(&mut wanted);
                if wanted.template() != before {
                    break;
                }
            }
        }
    }
    tidy(&mut wanted);
    let is_new = random.percent(2);
    let is_known = random.percent(85);
    let nothing = Stack::default();
    let mut options = PlanOptions::default();
    if random.percent(85) {
        options.pseudo_parameters = PseudoParameters::of_region("eu-west-1");
    }
    for table in deployed.tables.iter().chain(&wanted.tables) {
        if random.percent(30) {
            options.redefine_indexes.insert(table.id.clone());
        }
        if random.percent(10) {
            options
                .allow
                .insert(table.id.clone(), random.pick(&[Verdict::ReplacementKept, Verdict::DataLoss]));
        }
    }
    nest(if is_new { &nothing } else { &deployed }, &wanted, &mut options);
    let amount = random.pick(&[0, 0, 5, 20]);
    let more = random.pick(&[0, 0, 10, 60]);
    let (before, before_values) = respelled(&deployed, seed, &[(amount, "both")]);
    let (after, after_values) = respelled(&wanted, seed, &[(amount, "both"), (more, "wanted")]);
    // Where they are not all known, those of one side may be.
    let known = if is_known { 0 } else { 1 + random.below(3) };
    options.deployed_parameters = Some(before_values).filter(|_| known < 2);
    options.wanted_parameters = Some(after_values).filter(|_| known % 2 == 0);
    Pair { deployed: if is_new { json!({}) } else { before }, wanted: after, options }
}

/// What is known of the nested stacks that both sides, or one, really have.
fn nest(deployed: &Stack, wanted: &Stack, options: &mut PlanOptions) {
    let ids: BTreeSet<&String> =
        deployed.others.iter().chain(&wanted.others).map(|other| &other.id).collect();
    for id in ids {
        let (old, new) = (child(deployed, id), child(wanted, id));
        if old.is_none() && new.is_none() {
            continue;
        }
        let stage = |child: Option<&Stack>| {
            Some(
                child
                    .map(|child| BTreeMap::from([("Stage".to_owned(), child.stage.to_owned())]))
                    .unwrap_or_default(),
            )
        };
        let mut nested = NestedStack {
            deployed: old.map(Stack::template),
            wanted: new.map(Stack::template),
            options: PlanOptions {
                deployed_parameters: stage(old),
                wanted_parameters: stage(new),
                ..PlanOptions::default()
            },
        };
        nest(old.unwrap_or(&Stack::default()), new.unwrap_or(&Stack::default()), &mut nested.options);
        options.nested.insert(id.clone(), nested);
    }
}

fn child<'a>(stack: &'a Stack, id: &str) -> Option<&'a Stack> {
    let other = stack.others.iter().find(|other| other.id == id)?;
    let is_there = match other.condition {
        Some("IsProd") => stack.stage == "prod",
        Some(_) => stack.stage != "prod",
        None => true,
    };
    match &other.what {
        Other::Nested { child: Some(child), .. } if is_there => Some(child),
        _ => None,
    }
}

fn stack(random: &mut Random, depth: usize) -> Stack {
    let mut stack = Stack { stage: random.pick(&["dev", "prod"]), ..Stack::default() };
    for at in 0..random.pick(if depth == 0 { &[0, 0, 1, 2] } else { &[0, 0, 0, 1] }) {
        stack.others.push(other(random, format!("Other{at}"), depth));
    }
    let keys = stack.keys().len();
    for at in 0..=random.pick(&[0, 0, 0, 1]) {
        stack.tables.push(table(random, format!("Table{at}"), keys));
    }
    if random.percent(5) && stack.others.is_empty() {
        let mut looped = table(random, "Loop".to_owned(), 0);
        looped.name = None;
        looped.scaling.clear();
        tidy_table(&mut looped);
        if looped.kind != Kind::Simple {
            stack.looped = Some((looped, vec!["A", "B"]));
            stack.tables.iter_mut().for_each(|table| table.kind = Kind::Table);
        }
    }
    if random.percent(8) {
        let mut twin = stack.tables[0].clone();
        twin.id = "Twin0".to_owned();
        stack.tables[0].condition = Some("IsProd");
        twin.condition = Some("IsDev");
        stack.tables.push(twin);
    }
    for table in &stack.tables {
        if random.percent(20) {
            let export = random.percent(60).then(|| random.next() % 3);
            stack.outputs.insert(format!("Of{}", table.id), (table.id.clone(), export));
        }
    }
    tidy(&mut stack);
    stack
}

pub(crate) fn other(random: &mut Random, id: String, depth: usize) -> Resource {
    let what = match random.below(if depth < 2 { 9 } else { 5 }) {
        0..3 => Other::Key {
            enabled: random.pick(&[None, Some(true), Some(false)]),
            policy: 1,
            window: random.pick(&[None, Some(7), Some(30)]),
            tag: 1,
        },
        3 => Other::Bucket { name: random.pick(&[None, Some(1)]), tag: 1 },
        4 if random.percent(50) => Other::Kinesis { hours: 24 },
        4 => Other::Foo { value: 1 },
        5 | 6 => {
            let child = random.percent(70).then(|| Box::new(stack(random, depth + 1)));
            Other::Nested { url: 1, child }
        }
        7 => Other::Application { location: 1 },
        _ => Other::Module { value: 1 },
    };
    let (deletion, replacement) = (random.pick(&DELETIONS), random.pick(&REPLACEMENTS));
    Resource { id, what, deletion, replacement, condition: random.pick(&CONDITIONS) }
}

pub(crate) fn table(random: &mut Random, id: String, keys: usize) -> Table {
    let kind = random.pick(&[Kind::Table, Kind::Table, Kind::Table, Kind::Global, Kind::Simple]);
    let types = ATTRIBUTES.iter().map(|name| (*name, random.pick(&["S", "S", "N"]))).collect();
    let mut table = Table {
        name: random
            .pick(&[None, None, Some(""), Some(""), Some("stage-")])
            .map(|prefix| format!("{prefix}{}-name", id.to_lowercase())),
        id,
        kind,
        types,
        hash: random.pick(&["id", "pk"]),
        range: random.pick(&[None, Some("sk")]),
        local: Vec::new(),
        global: Vec::new(),
        vectors: Vec::new(),
        capacity: random.pick(&[None, None, Some(5)]),
        caps: random.pick(&[None, None, Some(100)]),
        warm: random.pick(&[None, None, None, Some(20000)]),
        ttl: random.pick(&[None, None, Some((true, "expires")), Some((false, "expires"))]),
        stream: random.pick(&[None, None, Some("KEYS_ONLY"), Some("NEW_AND_OLD_IMAGES")]),
        kinesis: random.pick(&[None, None, None, Some(1)]),
        microseconds: random.percent(50),
        stream_policy: random.percent(20),
        recovery: random.pick(&[
            None,
            Some((true, None)),
            Some((true, Some(7))),
            Some((true, Some(35))),
            Some((false, None)),
        ]),
        encryption: encryption(random, keys),
        infrequent: random.percent(20),
        protected: random.pick(&[None, None, None, Some(true), Some(false)]),
        tags: BTreeMap::from([("a", 1), ("b", 2)]),
        insights: random.percent(10),
        policy: random.pick(&[None, None, None, Some(1)]),
        import: random.pick(&[None, None, None, None, None, None, Some(1)]),
        deletion: random.pick(&DELETIONS),
        replacement: random.pick(&REPLACEMENTS),
        condition: random.pick(&CONDITIONS),
        replicas: vec![replica(random, "eu-west-1")],
        strong: random.percent(10),
        scaling: Vec::new(),
        scaled_to: 50,
        metadata: random.pick(&[None, None, Some(1)]),
    };
    grow(&mut table, random);
    table
}

/// Adds replicas, indexes and scaling.
fn grow(table: &mut Table, random: &mut Random) {
    for region in REGIONS.iter().skip(1).take(random.pick(&[0, 0, 1, 2])) {
        table.replicas.push(replica(random, region));
    }
    for at in 0..random.pick(&[0, 0, 1, 2, 3]) {
        let index = index(random, format!("by-{at}"));
        table.global.push(index);
    }
    if random.percent(20) {
        table
            .local
            .push(Index { range: Some(random.pick(&["g1", "g2"])), ..index(random, "local".to_owned()) });
    }
    if random.percent(10) {
        table.vectors.push(Vector {
            name: "near".to_owned(),
            dimensions: 8,
            hash: random.pick(&[None, Some("g1")]),
        });
    }
    if random.percent(40) {
        table.scaling.push(None);
        table.scaling.extend(table.global.first().map(|index| Some(index.name.clone())));
    }
}

pub(crate) fn encryption(random: &mut Random, keys: usize) -> Encryption {
    match random.below(6) {
        0 => Encryption::Managed,
        1 => Encryption::Foreign(random.next() % 2),
        2 | 3 if keys > 0 => Encryption::Own(random.below(keys)),
        _ => Encryption::Aws,
    }
}

pub(crate) fn replica(random: &mut Random, region: &'static str) -> Replica {
    Replica {
        region,
        policy: random.percent(15),
        protected: random.percent(15),
        recovery: random.percent(40),
        infrequent: random.percent(15),
        insights: random.percent(15),
    }
}

pub(crate) fn index(random: &mut Random, name: String) -> Index {
    Index {
        name,
        hash: random.pick(&["g1", "g2", "sk"]),
        range: random.pick(&[None, Some("id")]),
        projected: random
            .pick(&[Some(0), None, Some(1), Some(2)])
            .map(|count| ["color", "size"].iter().take(count).copied().collect()),
        capacity: 5,
        insights: random.percent(15),
        warm: random.pick(&[None, None, None, Some(20000)]),
        caps: random.pick(&[None, None, None, Some(100)]),
    }
}
