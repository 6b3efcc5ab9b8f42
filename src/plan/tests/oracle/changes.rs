//! Random changes of a stack.

use crate::generator::{
    ATTRIBUTES, CONDITIONS, DELETIONS, REGIONS, REPLACEMENTS, VIEWS, encryption, index, other, replica, table,
};
use crate::model::{Encryption, Index, Kind, Other, Stack, Table, Vector};
use crate::random::Random;
use crate::tidy::tidy;

/// Changes something, as a rule.
pub(crate) fn mutate(stack: &mut Stack, random: &mut Random) {
    let Some(at) = random.index(stack.tables.len()) else {
        stack.tables.push(table(random, "Table9".to_owned(), 0));
        return;
    };
    match random.below(24) {
        0 => change_stack(stack, random),
        1 if stack.looped.is_some() => change_stack(stack, random),
        1 => drop(stack.tables.remove(at)),
        2 => {
            let keys = stack.keys().len();
            let id = format!("Table{}", 5 + random.below(3));
            stack.tables.push(table(random, id, keys));
        }
        3 => stack.tables[at].id = format!("Moved{}", random.below(2)),
        4 => change_outputs(stack, random, at),
        5..8 if !stack.others.is_empty() => change_other(stack, random),
        8 | 9 => identity(&mut stack.tables[at], random),
        10..15 => indexes(&mut stack.tables[at], random),
        15 | 16 => replicas(&mut stack.tables[at], random),
        _ => {
            let keys = stack.keys().len();
            settings(&mut stack.tables[at], random, keys);
        }
    }
}

fn change_stack(stack: &mut Stack, random: &mut Random) {
    match (random.below(4), &mut stack.looped) {
        (0 | 1, Some((looped, ids))) => match random.below(4) {
            0 => drop(ids.pop()),
            1 => *ids = vec!["A", "C", "D"],
            2 => stack.looped = None,
            _ => settings(looped, random, 0),
        },
        (0, None) => stack.description += 1,
        (1 | 2, _) => stack.stage = if stack.stage == "dev" { "prod" } else { "dev" },
        _ => {
            let id = format!("Other{}", 5 + random.below(3));
            stack.others.push(other(random, id, 1));
        }
    }
}

fn change_outputs(stack: &mut Stack, random: &mut Random, at: usize) {
    let id = stack.tables[at].id.clone();
    let name = format!("Of{id}");
    if stack.outputs.remove(&name).is_none() || random.percent(50) {
        let export = random.percent(60).then(|| random.next() % 3);
        stack.outputs.insert(name, (id, export));
    }
}

fn change_other(stack: &mut Stack, random: &mut Random) {
    let at = random.below(stack.others.len());
    if random.percent(25) {
        let gone = stack.others[at].id.clone();
        let key = stack.keys().iter().position(|(id, _)| *id == gone);
        stack.others.remove(at);
        for table in &mut stack.tables {
            table.encryption = match table.encryption {
                Encryption::Own(own) if Some(own) == key => Encryption::Aws,
                Encryption::Own(own) if key.is_some_and(|key| own > key) => Encryption::Own(own - 1),
                other => other,
            };
        }
        return;
    }
    let other = &mut stack.others[at];
    match random.below(6) {
        5 => other.id = format!("Renamed{}", random.below(2)),
        0 => other.deletion = random.pick(&DELETIONS),
        1 => other.condition = random.pick(&CONDITIONS),
        _ => match &mut other.what {
            Other::Key { enabled, policy, window, tag } => match random.below(4) {
                0 => *enabled = random.pick(&[None, Some(true), Some(false)]),
                1 => *policy = 2,
                2 => *window = random.pick(&[None, Some(7), Some(30)]),
                _ => *tag += 1,
            },
            Other::Bucket { name, tag } => match random.below(2) {
                0 => *name = random.pick(&[None, Some(1), Some(2)]),
                _ => *tag += 1,
            },
            Other::Kinesis { hours } => *hours += 24,
            Other::Foo { value } | Other::Module { value } => *value += 1,
            Other::Application { location } => *location += 1,
            Other::Nested { url, child } => {
                *url += 1;
                child.iter_mut().for_each(|child| {
                    mutate(child, random);
                    tidy(child);
                });
            }
        },
    }
}

/// What an update cannot change.
fn identity(table: &mut Table, random: &mut Random) {
    match random.below(9) {
        0 => table.name = random.pick(&[None, Some("other-name")]).map(str::to_owned),
        1 => table.hash = random.pick(&["id", "pk"]),
        2 => table.range = random.pick(&[None, Some("sk")]),
        3 | 4 => drop(table.types.insert(random.pick(&ATTRIBUTES), random.pick(&["S", "N", "B"]))),
        5 => table.import = random.pick(&[None, Some(1), Some(2)]),
        6 => table.kind = random.pick(&[Kind::Table, Kind::Global, Kind::Simple]),
        7 => match random.index(table.local.len()) {
            Some(at) if random.percent(50) => drop(table.local.remove(at)),
            Some(at) => table.local[at].projected = None,
            None => table.local.push(Index { range: Some("g2"), ..index(random, "local".to_owned()) }),
        },
        _ => table.strong = !table.strong,
    }
}

fn indexes(table: &mut Table, random: &mut Random) {
    let name = format!("by-{}", random.below(6));
    match (random.below(7), random.index(table.global.len())) {
        (0..3, _) if !table.global.iter().any(|index| index.name == name) => {
            table.global.push(index(random, name));
        }
        (3, Some(at)) => drop(table.global.remove(at)),
        (4, Some(at)) => {
            let name = table.global[at].name.clone();
            table.global[at] = index(random, name);
        }
        (5, Some(at)) => {
            table.global[at].capacity += random.next() % 3;
            table.global[at].insights = random.percent(50);
            table.global[at].warm = random.pick(&[None, Some(15000), Some(20000), Some(30000)]);
            table.global[at].caps = random.pick(&[None, Some(100), Some(200)]);
        }
        (6, _) if table.vectors.is_empty() => {
            table.vectors.push(Vector {
                name: "near".to_owned(),
                dimensions: 8,
                hash: random.pick(&[None, Some("g1")]),
            });
        }
        (6, _) => match random.below(3) {
            0 => table.vectors.clear(),
            1 => table.vectors[0].dimensions = 16,
            _ => table.vectors[0].name = "close".to_owned(),
        },
        (_, Some(at)) if random.percent(30) => table.global[at].name = "renamed".to_owned(),
        _ => {}
    }
}

fn replicas(table: &mut Table, random: &mut Random) {
    let region = random.pick(&REGIONS);
    match table.replicas.iter().position(|replica| replica.region == region) {
        None => table.replicas.push(replica(random, region)),
        Some(0) if random.percent(80) => {}
        Some(at) if random.percent(50) => drop(table.replicas.remove(at)),
        Some(at) => table.replicas[at] = replica(random, region),
    }
    if table.replicas.is_empty() {
        table.replicas.push(replica(random, "us-east-1"));
    }
}

fn settings(table: &mut Table, random: &mut Random, keys: usize) {
    match random.below(18) {
        0 | 1 => table.capacity = random.pick(&[None, Some(5), Some(8)]),
        2 => table.caps = random.pick(&[None, Some(100), Some(200)]),
        3 => table.warm = random.pick(&[None, Some(15000), Some(20000), Some(30000)]),
        4 | 5 => {
            table.ttl = random.pick(&[
                None,
                Some((true, "expires")),
                Some((true, "until")),
                Some((false, "expires")),
                Some((false, "until")),
            ]);
        }
        6 => table.stream = random.pick(&VIEWS.map(Some)),
        7 => table.stream = None,
        8 => {
            table.kinesis = random.pick(&[None, Some(1), Some(2)]);
            table.microseconds = random.percent(50);
            table.stream_policy = random.percent(50);
        }
        9 => {
            table.recovery =
                random.pick(&[None, Some((true, None)), Some((true, Some(7))), Some((false, None))]);
        }
        10 => table.encryption = encryption(random, keys),
        11 => table.infrequent = !table.infrequent,
        12 => table.protected = random.pick(&[None, Some(true), Some(false)]),
        13 => drop(table.tags.insert(random.pick(&["a", "c"]), random.next() % 3)),
        14 => match random.below(3) {
            0 => table.deletion = random.pick(&DELETIONS),
            1 => table.replacement = random.pick(&REPLACEMENTS),
            _ => table.condition = random.pick(&CONDITIONS),
        },
        15 => table.policy = random.pick(&[None, Some(1), Some(2)]),
        16 if random.percent(30) => table.scaled_to += 10,
        16 if table.scaling.is_empty() => {
            table.scaling.push(None);
            table.scaling.extend(table.global.first().map(|index| Some(index.name.clone())));
        }
        16 => table.scaling.clear(),
        _ => {
            table.metadata = random.pick(&[None, Some(1), Some(2)]);
            table.insights = random.percent(50);
        }
    }
}
