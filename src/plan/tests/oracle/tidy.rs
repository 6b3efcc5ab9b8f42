//! Makes a random stack one that AWS would create.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Encryption, Kind, Replica, Stack, Table};

/// Makes the stack one that AWS would create.
pub(crate) fn tidy(stack: &mut Stack) {
    let mut ids = BTreeSet::new();
    stack.tables.retain(|table| ids.insert(table.id.clone()));
    let mut others = BTreeSet::new();
    stack.others.retain(|other| others.insert(other.id.clone()));
    let keys = stack.keys().len();
    let mut names: BTreeMap<String, Option<&str>> = BTreeMap::new();
    if let Some((looped, _)) = &mut stack.looped {
        looped.scaling.clear();
        tidy_table(looped);
    }
    for table in &mut stack.tables {
        // Two tables have one name only where their conditions exclude each other.
        let condition = table.condition;
        let other = table.name.clone().and_then(|name| names.insert(name, condition));
        if other.is_some_and(|other| other.is_none() || condition.is_none() || other == condition) {
            table.name = None;
        }
        if matches!(table.encryption, Encryption::Own(at) if at >= keys || table.kind == Kind::Global) {
            table.encryption = Encryption::Foreign(0);
        }
        tidy_table(table);
    }
}

/// Makes the table one that AWS would create.
pub(crate) fn tidy_table(table: &mut Table) {
    let mut names = BTreeSet::new();
    table.global.retain(|index| names.insert(index.name.clone()));
    table.global.iter_mut().for_each(|index| index.range = index.range.filter(|range| *range != index.hash));
    if table.kind == Kind::Simple {
        simplify(table);
    }
    if table.range.is_none() || table.import.is_some() {
        table.local.clear();
    }
    if table.capacity.is_some() {
        table.vectors.clear();
    } else {
        table.scaling.clear();
    }
    let names: Vec<String> = table.global.iter().map(|index| index.name.clone()).collect();
    table.scaling.retain(|index| index.as_ref().is_none_or(|index| names.contains(index)));
    if table.kind == Kind::Global {
        table.scaling.clear();
        table.import = None;
        if table.strong {
            // Three Regions of one set, and neither time to live nor local indexes.
            table.local.clear();
            table.ttl = None;
            let protected = table.replicas[0].protected;
            table.replicas = ["eu-west-1", "eu-west-2", "eu-central-1"]
                .map(|region| Replica {
                    region,
                    policy: false,
                    protected,
                    recovery: false,
                    infrequent: false,
                    insights: false,
                })
                .into();
        } else if table.replicas.len() > 1 {
            table.stream = Some("NEW_AND_OLD_IMAGES");
        }
    }
}

/// SAM writes out a table with no more than these.
fn simplify(table: &mut Table) {
    let (id, hash) = (table.id.clone(), table.hash);
    *table = Table {
        id,
        hash,
        range: None,
        local: Vec::new(),
        global: Vec::new(),
        vectors: Vec::new(),
        scaling: Vec::new(),
        ttl: None,
        stream: None,
        kinesis: None,
        caps: None,
        warm: None,
        infrequent: false,
        protected: None,
        insights: false,
        policy: None,
        import: None,
        ..table.clone()
    };
    if table.types[table.hash] == "B" {
        table.types.insert(table.hash, "S");
    }
}
