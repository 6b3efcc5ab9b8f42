//! The settings of a table in a call or a template.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The settings of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct TableSpec {
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) keys: Vec<Key>,
    pub(crate) pay_per_request: bool,
    pub(crate) throughput: Option<Throughput>,
    pub(crate) on_demand: Option<Value>,
    pub(crate) warm: Option<Warm>,
    pub(crate) class: Option<String>,
    pub(crate) deletion_protection: bool,
    pub(crate) stream: Option<String>,
    pub(crate) sse: Option<Encryption>,
    pub(crate) indexes: Vec<IndexSpec>,
    pub(crate) local_indexes: Vec<IndexSpec>,
    /// Lists that were given empty, which DynamoDB refuses.
    pub(crate) empty_lists: Vec<String>,
    pub(crate) resource_policy: Option<Value>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) time_to_live: Option<TimeToLive>,
    pub(crate) recovery: Option<Recovery>,
    pub(crate) insights: Option<Value>,
    pub(crate) kinesis: Option<Value>,
}

/// An element of a key schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) kind: String,
}

/// Provisioned capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Throughput {
    pub(crate) read: i64,
    pub(crate) write: i64,
}

/// Warm throughput; either part may be left to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Warm {
    pub(crate) read: Option<i64>,
    pub(crate) write: Option<i64>,
}

/// Server-side encryption with a KMS key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Encryption {
    pub(crate) enabled: bool,
    pub(crate) kind: Option<String>,
    pub(crate) key: Option<String>,
}

/// A secondary index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct IndexSpec {
    pub(crate) name: String,
    pub(crate) keys: Vec<Key>,
    pub(crate) projection: Option<String>,
    pub(crate) non_key: Vec<String>,
    pub(crate) throughput: Option<Throughput>,
    pub(crate) on_demand: Option<Value>,
    pub(crate) warm: Option<Warm>,
    pub(crate) insights: Option<Value>,
}

/// The time-to-live block of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TimeToLive {
    pub(crate) enabled: bool,
    pub(crate) attribute: Option<String>,
}

/// The point-in-time-recovery block of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recovery {
    pub(crate) enabled: bool,
    pub(crate) days: Option<i64>,
}

impl TableSpec {
    pub(crate) fn index(&self, name: &str) -> Option<&IndexSpec> {
        self.indexes.iter().find(|index| index.name == name)
    }
}

impl IndexSpec {
    /// Whether two indexes of the same name differ only in settings that can be changed in place.
    pub(crate) fn same_shape(&self, other: &Self) -> bool {
        let sorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort();
            names
        };
        self.keys == other.keys
            && self.projection == other.projection
            && sorted(&self.non_key) == sorted(&other.non_key)
    }
}
