//! The stacks that the generator makes, as plain data.

use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Table,
    Global,
    Simple,
}

#[derive(Clone, Debug)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) hash: &'static str,
    pub(crate) range: Option<&'static str>,
    /// `None`: ALL; an empty list: KEYS_ONLY.
    pub(crate) projected: Option<Vec<&'static str>>,
    pub(crate) capacity: u64,
    pub(crate) insights: bool,
    pub(crate) warm: Option<u64>,
    pub(crate) caps: Option<u64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) dimensions: u64,
    pub(crate) hash: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub(crate) struct Replica {
    pub(crate) region: &'static str,
    pub(crate) policy: bool,
    pub(crate) protected: bool,
    pub(crate) recovery: bool,
    pub(crate) infrequent: bool,
    /// Contributor insights on every index.
    pub(crate) insights: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    Aws,
    Managed,
    /// A key of the stack, by its place among them.
    Own(usize),
    Foreign(u64),
}

#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) name: Option<String>,
    pub(crate) types: BTreeMap<&'static str, &'static str>,
    pub(crate) hash: &'static str,
    pub(crate) range: Option<&'static str>,
    pub(crate) local: Vec<Index>,
    pub(crate) global: Vec<Index>,
    pub(crate) vectors: Vec<Vector>,
    /// `None`: on demand.
    pub(crate) capacity: Option<u64>,
    pub(crate) caps: Option<u64>,
    pub(crate) warm: Option<u64>,
    pub(crate) ttl: Option<(bool, &'static str)>,
    pub(crate) stream: Option<&'static str>,
    pub(crate) kinesis: Option<u64>,
    pub(crate) microseconds: bool,
    pub(crate) stream_policy: bool,
    pub(crate) recovery: Option<(bool, Option<u64>)>,
    pub(crate) encryption: Encryption,
    pub(crate) infrequent: bool,
    pub(crate) protected: Option<bool>,
    pub(crate) tags: BTreeMap<&'static str, u64>,
    pub(crate) insights: bool,
    pub(crate) policy: Option<u64>,
    pub(crate) import: Option<u64>,
    pub(crate) deletion: Option<&'static str>,
    pub(crate) replacement: Option<&'static str>,
    pub(crate) condition: Option<&'static str>,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) strong: bool,
    /// The dimensions that scale: `None` for the table, or an index.
    pub(crate) scaling: Vec<Option<String>>,
    pub(crate) scaled_to: u64,
    pub(crate) metadata: Option<u64>,
}

#[derive(Clone, Debug)]
pub(crate) enum Other {
    Key { enabled: Option<bool>, policy: u64, window: Option<u64>, tag: u64 },
    Bucket { name: Option<u64>, tag: u64 },
    Foo { value: u64 },
    Kinesis { hours: u64 },
    Nested { url: u64, child: Option<Box<Stack>> },
    Application { location: u64 },
    Module { value: u64 },
}

#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) id: String,
    pub(crate) what: Other,
    pub(crate) deletion: Option<&'static str>,
    pub(crate) replacement: Option<&'static str>,
    pub(crate) condition: Option<&'static str>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Stack {
    pub(crate) description: u64,
    pub(crate) stage: &'static str,
    pub(crate) tables: Vec<Table>,
    pub(crate) others: Vec<Resource>,
    /// A table that a loop makes of each of these.
    pub(crate) looped: Option<(Table, Vec<&'static str>)>,
    /// The outputs: of which table, and the name of the export.
    pub(crate) outputs: BTreeMap<String, (String, Option<u64>)>,
}
