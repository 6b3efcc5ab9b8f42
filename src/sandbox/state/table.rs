//! A table and its status.
//!
//! Its statuses are functions of time: a table is CREATING until `active_at`, an index CREATING until `ready_at` and
//! backfilling in the second part of that. So nothing has to run for them to change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::kinesis_destination::Destination;
use super::table_spec::TableSpec;
use crate::clock::Millis;
use crate::state::ACCOUNT;
use crate::wire::text;

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) id: String,
    pub(crate) created: Millis,
    pub(crate) active_at: Millis,
    pub(crate) updating_until: Millis,
    /// When a deletion that has begun ends.
    pub(crate) gone_at: Option<Millis>,
    pub(crate) spec: TableSpec,
    /// Indexes that were added or are being removed; the others are as old as the table.
    pub(crate) index_times: BTreeMap<String, IndexTimes>,
    pub(crate) stream_label: Option<String>,
    pub(crate) pay_per_request_since: Option<Millis>,
    pub(crate) class_changed: Option<Millis>,
    pub(crate) ttl: Ttl,
    pub(crate) recovery_since: Option<Millis>,
    pub(crate) kms_key: Option<String>,
    /// Whether the key is disabled or deleted, so that the table cannot be read.
    pub(crate) key_is_lost: bool,
    pub(crate) destinations: Vec<Destination>,
    /// Its replicas in other regions.
    pub(crate) replicas: BTreeMap<String, Replica>,
    pub(crate) consistency: Option<String>,
}

/// A replica in another region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replica {
    pub(crate) active_at: Millis,
    pub(crate) gone_at: Option<Millis>,
}

impl Replica {
    pub(crate) fn status(&self, now: Millis) -> &'static str {
        match self.gone_at {
            Some(_) => "DELETING",
            None if now < self.active_at => "CREATING",
            None => "ACTIVE",
        }
    }
}

/// The life of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IndexTimes {
    /// Until then the table is UPDATING and the index not yet backfilling.
    pub(crate) allocated_at: Millis,
    pub(crate) ready_at: Millis,
    pub(crate) gone_at: Option<Millis>,
}

/// The time-to-live setting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ttl {
    /// The attribute while it is enabled.
    pub(crate) attribute: Option<String>,
    /// When it was last changed; DynamoDB refuses another change for a while.
    pub(crate) changed: Option<Millis>,
}

/// The ARN of a table.
pub(crate) fn arn(region: &str, name: &str) -> String {
    format!("arn:aws:dynamodb:{region}:{ACCOUNT}:table/{name}")
}

impl Table {
    pub(crate) fn stream_arn(&self) -> Option<String> {
        Some(format!("{}/stream/{}", self.arn, self.stream_label.as_ref()?))
    }

    pub(crate) fn status(&self, now: Millis) -> &'static str {
        let allocating =
            self.index_times.values().any(|times| times.gone_at.is_none() && now < times.allocated_at);
        if self.gone_at.is_some() {
            "DELETING"
        } else if now < self.active_at {
            "CREATING"
        } else if self.key_is_lost {
            "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
        } else if now < self.updating_until || allocating {
            "UPDATING"
        } else {
            "ACTIVE"
        }
    }

    /// The customer managed key of this account that it is encrypted with.
    pub(crate) fn own_key(&self) -> Option<&str> {
        self.spec.sse.as_ref().filter(|sse| sse.enabled && sse.key.is_some())?;
        let key = self.kms_key.as_deref()?;
        (key.split(':').nth(4) == Some(ACCOUNT)).then_some(key)
    }

    /// The status of an index, and whether it is backfilling (`None` unless it is being created).
    pub(crate) fn index_status(&self, name: &str, now: Millis) -> (&'static str, Option<bool>) {
        match self.index_times.get(name) {
            _ if now < self.active_at => ("CREATING", None),
            Some(times) if times.gone_at.is_some_and(|at| now < at) => ("DELETING", None),
            Some(times) if now < times.ready_at => ("CREATING", Some(now >= times.allocated_at)),
            _ => ("ACTIVE", None),
        }
    }

    /// The first index that is being created or deleted.
    pub(crate) fn busy_index(&self, now: Millis) -> Option<&str> {
        self.spec
            .indexes
            .iter()
            .map(|index| index.name.as_str())
            .find(|name| self.index_status(name, now).0 != "ACTIVE")
    }

    /// Removes deleted indexes and replicas.
    pub(crate) fn settle(&mut self, now: Millis) {
        self.replicas.retain(|_, replica| replica.gone_at.is_none_or(|at| at > now));
        let gone = |times: &IndexTimes| times.gone_at.is_some_and(|at| at <= now);
        if !self.index_times.values().any(gone) {
            return;
        }
        let times = &self.index_times;
        self.spec.indexes.retain(|index| !times.get(&index.name).is_some_and(gone));
        self.index_times.retain(|_, times| !gone(times));
        let used: Vec<&str> = self.used_attributes();
        let unused: Vec<String> =
            self.spec.attributes.keys().filter(|name| !used.contains(&name.as_str())).cloned().collect();
        for name in unused {
            self.spec.attributes.remove(&name);
        }
    }

    fn used_attributes(&self) -> Vec<&str> {
        let indexes = self.spec.indexes.iter().chain(&self.spec.local_indexes);
        self.spec
            .keys
            .iter()
            .chain(indexes.flat_map(|index| &index.keys))
            .map(|key| key.name.as_str())
            .collect()
    }

    /// The table as seen from the region of one of its replicas.
    pub(crate) fn seen_from(mut self, here: &str, home: &str) -> Self {
        if let Some(replica) = self.replicas.remove(here) {
            self.active_at = replica.active_at;
            self.gone_at = replica.gone_at;
        }
        self.replicas.insert(home.to_owned(), Replica { active_at: self.created, gone_at: None });
        self.arn = arn(here, &self.name);
        self
    }
}

/// The label of a stream that is enabled now.
pub(crate) fn stream_label(now: Millis) -> String {
    text::iso(now).trim_end_matches('Z').to_owned()
}
