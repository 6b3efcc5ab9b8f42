//! The state of the services behind the resource types: tables, parameters, scaling, and records of other types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Millis;
use crate::state::backup::Backup;
use crate::state::resource_type::ResourceType;
use crate::state::table::Table;
use crate::wire::text::scalar;

/// The state of the services.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Services {
    pub(crate) tables: BTreeMap<String, Table>,
    /// Backups of tables, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) backups: Vec<Backup>,
    pub(crate) parameters: BTreeMap<String, Value>,
    /// By `resource|dimension|namespace`.
    pub(crate) scalable_targets: BTreeMap<String, Value>,
    /// By ARN.
    pub(crate) scaling_policies: BTreeMap<String, Value>,
    /// Resources of which only the properties are kept, by type and physical id.
    pub(crate) records: BTreeMap<ResourceType, BTreeMap<String, Record>>,
}

impl Services {
    /// Removes deleted tables and records, and marks the tables whose key is unusable.
    pub(crate) fn settle(&mut self, now: Millis) {
        self.tables.retain(|_, table| table.gone_at.is_none_or(|at| at > now));
        for records in self.records.values_mut() {
            records.retain(|_, record| record.gone_at.is_none_or(|at| at > now));
        }
        self.backups.retain(|backup| backup.expires_at().is_none_or(|at| at > now));
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

    /// Whether a key of this account exists and is enabled.
    pub(crate) fn key_is_usable(&self, key: &str) -> bool {
        self.find_key(key).is_some_and(|(_, key)| key.is_enabled())
    }

    /// Whether a resource of that type and name exists.
    pub(crate) fn name_in_use(&self, kind: ResourceType, name: &str) -> bool {
        match kind {
            ResourceType::GlobalTable | ResourceType::Table => self.tables.contains_key(name),
            ResourceType::Parameter => self.parameters.contains_key(name),
            ResourceType::ScalableTarget
            | ResourceType::ScalingPolicy
            | ResourceType::Stack
            | ResourceType::WaitConditionHandle => false,
            ResourceType::Alarm
            | ResourceType::Role
            | ResourceType::Alias
            | ResourceType::Key
            | ResourceType::Stream
            | ResourceType::LogGroup
            | ResourceType::ManagedPolicy
            | ResourceType::Topic => {
                let records = self.records.get(&kind);
                records.is_some_and(|records| records.keys().any(|id| kind.name_in(id) == name))
            }
        }
    }

    /// The id of the key that an alias, id or ARN in a template or call refers to.
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
    /// When a key that is pending deletion is deleted.
    pub(crate) gone_at: Option<Millis>,
}

impl Record {
    /// Whether a key can be used.
    pub(crate) fn is_enabled(&self) -> bool {
        let on = self.properties.get("Enabled").is_none_or(|flag| scalar(flag) != "false");
        on && self.gone_at.is_none()
    }
}
