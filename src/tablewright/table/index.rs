//! Keys and secondary indexes of a table.
//!
//! Keys are ordered lists, as a global secondary index may have up to four partition and four sort key attributes. A table has at
//! most one each. The limits are in `check`.

use serde::Serialize;

use crate::item::scalar::Scalar;
use crate::item::{AttributeDef, IndexDef, IndexKind, ProjectionDef};
use crate::place::Place;
use crate::table::billing::{OnDemand, Provisioned};
use crate::table::settings::{ContributorInsights, WarmThroughput};

/// The key of a table or an index: `KeySchema`, partition attributes (`HASH`) before sort attributes (`RANGE`).
///
/// ```
/// use tablewright::{Scalar, Table};
///
/// let key = Table::define("Order").partition("customer", Scalar::S).sort("at", Scalar::N).key;
/// let names: Vec<&str> = key.attributes().map(|attribute| attribute.name.as_str()).collect();
/// assert_eq!(names, ["customer", "at"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Key {
    /// Attributes with `KeyType` `HASH`, in key order.
    pub partition: Vec<Attribute>,
    /// Attributes with `KeyType` `RANGE`, in key order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sort: Vec<Attribute>,
}

impl Key {
    /// Returns all attributes of the key, in key order.
    ///
    /// See [`Key`].
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.partition.iter().chain(&self.sort)
    }
}

/// An attribute that a key uses.
///
/// ```
/// use tablewright::{Scalar, Table, TableItem};
///
/// #[derive(serde::Serialize, TableItem)]
/// #[serde(rename_all = "camelCase")]
/// struct Order {
///     /// The customer's id.
///     #[ddb(partition)]
///     customer_id: u64,
/// }
///
/// let attribute = &Table::of::<Order>().key.partition[0];
/// assert_eq!((attribute.name.as_str(), attribute.scalar), ("customerId", Scalar::N));
/// assert_eq!(attribute.doc, "The customer's id.");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Attribute {
    /// `AttributeName`: the serialized name.
    pub name: String,
    /// `AttributeType`.
    #[serde(rename = "type")]
    pub scalar: Scalar,
    /// The doc comment of the field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Source location of the field.
    pub at: Place,
}

/// A secondary index.
///
/// An item type defines its indexes, and [`Table::index`](crate::Table::index) changes their settings. Without an item type:
///
/// ```
/// use tablewright::{Billing, Index, Projection, Scalar, WarmThroughput};
///
/// let index = Index::new("by-day")
///     .partition("day", Scalar::S)
///     .sort("at", Scalar::N)
///     .project(Projection::KeysOnly)
///     .on_demand(Billing::on_demand().max_read(1_000))
///     .warm_throughput(WarmThroughput::read(20_000))
///     .contributor_insights(true);
/// assert_eq!(index.key.attributes().count(), 2);
/// assert!(index.provisioned.is_none(), "the index has the capacity of the table");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Index {
    /// `IndexName`.
    pub name: String,
    /// Global or local.
    pub kind: IndexKind,
    /// `KeySchema`.
    pub key: Key,
    /// `Projection`.
    pub projection: Projection,
    /// Capacity of the index; `None` for that of the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioned: Option<Provisioned>,
    /// Request limits of the index of an on-demand table.
    #[serde(default, skip_serializing_if = "OnDemand::is_unlimited")]
    pub on_demand: OnDemand,
    /// `WarmThroughput`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_throughput: Option<WarmThroughput>,
    /// `ContributorInsightsSpecification`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributor_insights: Option<ContributorInsights>,
    /// Source location of its definition.
    pub at: Place,
}

/// The attributes that are projected into an index, besides the keys.
///
/// ```
/// use tablewright::{Index, Projection};
///
/// assert_eq!(Index::new("by-day").projection, Projection::All);
/// let index = Index::new("by-day").project(Projection::only(["total", "state"]));
/// assert_eq!(index.projection, Projection::Include(vec!["total".into(), "state".into()]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Projection {
    /// `ALL`: the whole item.
    All,
    /// `KEYS_ONLY`: the keys of the table and of the index.
    KeysOnly,
    /// `INCLUDE`: the keys and these attributes.
    Include(Vec<String>),
}

impl From<&AttributeDef> for Attribute {
    fn from(def: &AttributeDef) -> Self {
        Self { name: def.name.to_owned(), scalar: def.scalar, doc: def.doc.to_owned(), at: def.at.into() }
    }
}

impl From<&IndexDef> for Index {
    fn from(def: &IndexDef) -> Self {
        Self {
            name: def.name.to_owned(),
            kind: def.kind,
            key: Key {
                partition: def.partition.iter().map(Attribute::from).collect(),
                sort: def.sort.iter().map(Attribute::from).collect(),
            },
            projection: match def.projection {
                ProjectionDef::All => Projection::All,
                ProjectionDef::KeysOnly => Projection::KeysOnly,
                ProjectionDef::Include(names) => {
                    Projection::Include(names.iter().map(ToString::to_string).collect())
                }
            },
            provisioned: None,
            on_demand: OnDemand::default(),
            warm_throughput: None,
            contributor_insights: None,
            at: def.at.into(),
        }
    }
}

impl Index {
    /// Sets the capacity of the index. By default, an index of a provisioned table has the capacity of the table.
    ///
    /// ```
    /// use tablewright::{Billing, Capacity, Index};
    ///
    /// let index = Index::new("by-day").provisioned(Billing::provisioned(Capacity::auto(5..=50), 5));
    /// let own = index.provisioned.expect("it is set");
    /// assert_eq!(own.read.initial().literal(), Some(&5));
    /// ```
    #[must_use]
    pub fn provisioned(mut self, provisioned: Provisioned) -> Self {
        self.provisioned = Some(provisioned);
        self
    }

    /// Sets the request limits of the index of an on-demand table.
    ///
    /// See [`Index`].
    #[must_use]
    pub fn on_demand(mut self, on_demand: OnDemand) -> Self {
        self.on_demand = on_demand;
        self
    }

    /// Sets the warm throughput of the index.
    ///
    /// See [`Index`].
    #[must_use]
    pub fn warm_throughput(mut self, warm: WarmThroughput) -> Self {
        self.warm_throughput = Some(warm);
        self
    }

    /// Sets CloudWatch Contributor Insights for the index, which reports the most accessed and throttled keys.
    ///
    /// See [`Index`].
    #[must_use]
    pub fn contributor_insights(mut self, insights: impl Into<ContributorInsights>) -> Self {
        self.contributor_insights = Some(insights.into());
        self
    }
}
