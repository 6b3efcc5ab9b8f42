//! The state of the services behind the resource types: tables, parameters, scaling, and what has only properties.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Millis;
use crate::state::resource_type::ResourceType;
use crate::state::table::Table;
use crate::wire::text::scalar;

/// What lies behind the handlers: the services' own state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Services {
    pub(crate) tables: BTreeMap<String, Table>,
    pub(crate) parameters: BTreeMap<String, Value>,
    /// By `resource|dimension|namespace`.
    pub(crate) scalable_targets: BTreeMap<String, Value>,
    /// By ARN.
    pub(crate) scaling_policies: BTreeMap<String, Value>,
    /// What has no more than properties, by type and physical id.
    pub(crate) records: BTreeMap<ResourceType, BTreeMap<String, Record>>,
}

impl Services {
    /// Takes away what is gone by now, and lets tables know of their keys.
    pub(crate) fn settle(&mut self, now: Millis) {
        self.tables.retain(|_, table| table.gone_at.is_none_or(|at| at > now));
        for records in self.records.values_mut() {
            records.retain(|_, record| record.gone_at.is_none_or(|at| at > now));
        }
        let lost: Vec<String> = self
            .tables
            .iter()
            .filter(|(_, table)| table.own_key().is_some_and(|key| !self.key_is_usable(key)))
            .map(|(name, _)| name.clone())
            .collect();
        for (name, table) in &mut self.tables {
            table.settle(now);
            table.key_is_lost = lost.contains(name);
        }
    }

    /// Whether a key of this account is there and enabled.
    pub(crate) fn key_is_usable(&self, key: &str) -> bool {
        self.find_key(key).is_some_and(|(_, key)| key.is_enabled())
    }

    /// Whether a resource of that type and name is there.
    pub(crate) fn name_in_use(&self, kind: ResourceType, name: &str) -> bool {
        match kind {
            ResourceType::GlobalTable | ResourceType::Table => self.tables.contains_key(name),
            ResourceType::Parameter => self.parameters.contains_key(name),
            ResourceType::ScalableTarget
            | ResourceType::ScalingPolicy
            | ResourceType::Stack
            | ResourceType::WaitConditionHandle => false,
            ResourceType::ManagedPolicy | ResourceType::Topic => self
                .records
                .get(&kind)
                .is_some_and(|records| records.keys().any(|arn| arn.rsplit(['/', ':']).next() == Some(name))),
            ResourceType::Alarm
            | ResourceType::Role
            | ResourceType::Alias
            | ResourceType::Key
            | ResourceType::Stream
            | ResourceType::LogGroup => {
                self.records.get(&kind).is_some_and(|records| records.contains_key(name))
            }
        }
    }

    /// The name of a key's alias or the id of a key, as templates and calls give them, led back to the key.
    pub(crate) fn find_key(&self, name: &str) -> Option<(&str, &Record)> {
        let keys = self.records.get(&ResourceType::Key)?;
        let last = name.rsplit_once(":key/").map_or(name, |(_, id)| id);
        let last = last
            .rsplit_once(":alias/")
            .map_or_else(|| last.to_owned(), |(_, alias)| format!("alias/{alias}"));
        let id = match last.starts_with("alias/") {
            true => {
                let alias = self.records.get(&ResourceType::Alias)?.get(&last)?;
                let target = alias.properties.get("TargetKeyId").map(scalar)?;
                target.rsplit_once(":key/").map_or(target.clone(), |(_, id)| id.to_owned())
            }
            false => last,
        };
        keys.get_key_value(&id).map(|(id, record)| (id.as_str(), record))
    }
}

/// What is kept of a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) properties: Value,
    /// When a key that is pending deletion goes.
    pub(crate) gone_at: Option<Millis>,
}

impl Record {
    /// Whether a key can be used.
    pub(crate) fn is_enabled(&self) -> bool {
        let on = self.properties.get("Enabled").is_none_or(|flag| scalar(flag) != "false");
        on && self.gone_at.is_none()
    }
}
