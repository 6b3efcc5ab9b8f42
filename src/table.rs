//! A table: its shape from the item type, its operation from the code in `stacks/`.
//!
//! In: an item type and builder calls. Out: the one model that checks, templates and plans read.
//! To add a property of `AWS::DynamoDB::Table`: a field and a method here, its line in `render/lower.rs` and
//! `templates/table.yaml`, its rule in `check/`, and a case in the tests of each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::billing::{Billing, Provisioned};
use crate::env::Env;
use crate::index::{Attribute, Index, Key};
use crate::item::TableItem;
use crate::place::Place;
use crate::settings::{DeletionPolicy, PointInTimeRecovery, StreamView, TableClass, UpdateReplacePolicy};
use crate::value::Value;

/// A DynamoDB table.
///
/// Safe by default: on demand, point-in-time recovery on, `DeletionPolicy: RetainExceptOnCreate`,
/// `UpdateReplacePolicy: Retain`, deletion protection where the environment is protected.
///
/// ```
/// use tablewright::{Billing, Capacity, Days, Table, TableItem};
///
/// /// Notes of a user.
/// #[derive(serde::Serialize, TableItem)]
/// #[serde(rename_all = "camelCase")]
/// struct Note {
///     #[ddb(partition)]
///     user_id: String,
///     #[ddb(sort)]
///     note_id: String,
///     content: String,
/// }
///
/// let table = Table::of::<Note>()
///     .billing(Billing::provisioned(Capacity::auto(5..=50), Capacity::auto(5..=25)))
///     .point_in_time_recovery(Days(35));
/// assert_eq!(table.key.partition[0].name, "userId");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The logical id in the template.
    pub id: String,
    /// `TableName`; `None` lets CloudFormation generate one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Value<String>>,
    /// The doc comment of the item type.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Where the item type stands.
    pub at: Place,
    /// `KeySchema`
    pub key: Key,
    /// `GlobalSecondaryIndexes` and `LocalSecondaryIndexes` in the order they are written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// `TimeToLiveSpecification`: the attribute with the epoch second after which DynamoDB deletes the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Attribute>,
    /// `BillingMode` and throughput.
    pub billing: Billing,
    /// `TableClass`; `None` leaves DynamoDB's own, Standard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<TableClass>,
    /// `PointInTimeRecoverySpecification`; `None` is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point_in_time_recovery: Option<PointInTimeRecovery>,
    /// `DeletionProtectionEnabled`; `None` until the environment decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// `StreamSpecification`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamView>,
    /// `Tags`
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Value<String>>,
    /// `DeletionPolicy`
    pub deletion_policy: DeletionPolicy,
    /// `UpdateReplacePolicy`
    pub update_replace_policy: UpdateReplacePolicy,

    /// How `name` comes about; spent when the stack is assembled.
    #[serde(skip)]
    naming: Naming,
}

#[derive(Clone, Debug, Default, PartialEq)]
enum Naming {
    /// From the environment's pattern, with the logical id in kebab case as `{table}`.
    FromId,
    /// From the environment's pattern, with this as `{table}`.
    FromBase(String),
    /// As it stands in `name`.
    #[default]
    Settled,
}

impl Table {
    /// Makes the table that the item type defines.
    #[must_use]
    pub fn of<T: TableItem>() -> Self {
        let item = const { T::ITEM };
        Self {
            id: item.id.to_owned(),
            name: None,
            doc: item.doc.to_owned(),
            at: item.at.into(),
            key: Key {
                partition: vec![(&item.partition).into()],
                sort: item.sort.iter().map(Attribute::from).collect(),
            },
            indexes: item.indexes.iter().map(Index::from).collect(),
            ttl: item.ttl.as_ref().map(Attribute::from),
            billing: Billing::on_demand().into(),
            class: None,
            point_in_time_recovery: Some(PointInTimeRecovery { days: None }),
            deletion_protection: None,
            stream: None,
            tags: BTreeMap::new(),
            deletion_policy: DeletionPolicy::RetainExceptOnCreate,
            update_replace_policy: UpdateReplacePolicy::Retain,
            naming: Naming::FromId,
        }
    }

    /// Sets `TableName` to exactly this, in every environment.
    #[must_use]
    pub fn name(mut self, name: impl Into<Value<String>>) -> Self {
        self.name = Some(name.into());
        self.naming = Naming::Settled;
        self
    }

    /// Sets what stands for `{table}` in the pattern of table names (`{project}-{env}-{table}` if not configured);
    /// without it that is the logical id in kebab case.
    #[must_use]
    pub fn base_name(mut self, base: impl Into<String>) -> Self {
        self.name = None;
        self.naming = Naming::FromBase(base.into());
        self
    }

    /// Lets CloudFormation generate `TableName`.
    ///
    /// Know what this gives up: CloudFormation refuses to replace a table with a name of its own, and that refusal guards the
    /// items. A table with a generated name is replaced by a new, empty one when its key changes.
    #[must_use]
    pub fn generated_name(mut self) -> Self {
        self.name = None;
        self.naming = Naming::Settled;
        self
    }

    /// Sets the billing mode and its throughput.
    #[must_use]
    pub fn billing(mut self, billing: impl Into<Billing>) -> Self {
        self.billing = billing.into();
        self
    }

    /// Sets the table class.
    #[must_use]
    pub fn class(mut self, class: TableClass) -> Self {
        self.class = Some(class);
        self
    }

    /// Turns point-in-time recovery on and says how many days back it reaches.
    #[must_use]
    pub fn point_in_time_recovery(mut self, recovery: impl Into<PointInTimeRecovery>) -> Self {
        self.point_in_time_recovery = Some(recovery.into());
        self
    }

    /// Turns point-in-time recovery off.
    #[must_use]
    pub fn no_point_in_time_recovery(mut self) -> Self {
        self.point_in_time_recovery = None;
        self
    }

    /// Sets deletion protection; without it the environment decides: on where it is protected.
    #[must_use]
    pub fn deletion_protection(mut self, on: bool) -> Self {
        self.deletion_protection = Some(on);
        self
    }

    /// Turns the table's stream on.
    #[must_use]
    pub fn stream(mut self, view: StreamView) -> Self {
        self.stream = Some(view);
        self
    }

    /// Adds a tag to the table.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<Value<String>>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Sets what becomes of the table when its resource leaves the stack.
    #[must_use]
    pub fn deletion_policy(mut self, policy: DeletionPolicy) -> Self {
        self.deletion_policy = policy;
        self
    }

    /// Sets what becomes of the old table when an update replaces it.
    #[must_use]
    pub fn update_replace_policy(mut self, policy: UpdateReplacePolicy) -> Self {
        self.update_replace_policy = policy;
        self
    }

    /// Changes the settings of the index `name`, which the item type defines.
    ///
    /// # Panics
    ///
    /// When the table has no such index: the definition contradicts itself.
    #[must_use]
    #[track_caller]
    pub fn index(mut self, name: &str, change: impl FnOnce(Index) -> Index) -> Self {
        let known: Vec<&str> = self.indexes.iter().map(|index| index.name.as_str()).collect();
        let Some(position) = known.iter().position(|known| *known == name) else {
            panic!("table `{}` has no index `{name}`; it has: {}", self.id, known.join(", "));
        };
        let index = self.indexes.remove(position);
        self.indexes.insert(position, change(index));
        self
    }

    /// Applies `change` when `condition` holds, so that environments can differ inside one chain of calls.
    #[must_use]
    pub fn when(self, condition: bool, change: impl FnOnce(Self) -> Self) -> Self {
        if condition { change(self) } else { self }
    }

    /// Returns the capacity that the index has: its own, or the table's. `None` on demand and for a local index, which has
    /// no capacity of its own.
    #[must_use]
    pub fn provisioned_for<'a>(&'a self, index: &'a Index) -> Option<&'a Provisioned> {
        match (&self.billing, index.kind) {
            (Billing::Provisioned(table), crate::IndexKind::Global) => {
                Some(index.provisioned.as_ref().unwrap_or(table))
            }
            (Billing::Provisioned(_) | Billing::OnDemand(_), _) => None,
        }
    }

    /// Settles what the environment decides: the name and deletion protection.
    pub(crate) fn settle(&mut self, env: &Env) {
        match std::mem::take(&mut self.naming) {
            Naming::FromId => self.name = Some(env.table_name(&kebab(&self.id)).into()),
            Naming::FromBase(base) => self.name = Some(env.table_name(&base).into()),
            Naming::Settled => {}
        }
        self.deletion_protection.get_or_insert(env.protected());
    }
}

/// Writes a Rust type name in kebab case: `ProductImage` → `product-image`, `SNSTopic` → `sns-topic`.
fn kebab(id: &str) -> String {
    let chars: Vec<char> = id.chars().collect();
    let mut out = String::with_capacity(id.len() + 4);
    for (i, c) in chars.iter().enumerate() {
        let after_word = i > 0 && (chars[i - 1].is_lowercase() || chars[i - 1].is_ascii_digit());
        let last_of_acronym =
            i > 0 && chars[i - 1].is_uppercase() && chars.get(i + 1).is_some_and(|c| c.is_lowercase());
        if c.is_uppercase() && (after_word || last_of_acronym) {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::kebab;

    #[test]
    fn a_logical_id_becomes_a_name_that_people_expect() {
        for (id, name) in [
            ("Note", "note"),
            ("ProductImage", "product-image"),
            ("SNSTopic", "sns-topic"),
            ("V2Order", "v2-order"),
            ("Order2", "order2"),
        ] {
            assert_eq!(kebab(id), name);
        }
    }
}
