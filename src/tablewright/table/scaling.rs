//! Application Auto Scaling of a table: a scalable target and a scaling policy for each scaled capacity.
//!
//! Returns one [`Dimension`] for each scaled capacity of the table and its global indexes. An index without its own capacity is
//! scaled like the table, as an index with too little write capacity throttles the writes of the table.

use crate::table::Table;
use crate::table::billing::{AutoScaling, Billing, Capacity, Provisioned};
use crate::table::index::Index;

/// A scaled capacity: a scalable target and its policy.
///
/// ```
/// use tablewright::scaling::{Units, dimensions};
/// use tablewright::{Billing, Capacity, Index, Scalar, Table};
///
/// let table = Table::define("Order")
///     .billing(Billing::provisioned(Capacity::auto(5..=50), 5))
///     .gsi(Index::new("by-day").partition("day", Scalar::S));
/// let [of_table, of_index] = &dimensions(&table)[..] else { unreachable!("the reads of both are scaled") };
/// assert_eq!((of_table.id.as_str(), of_table.units), ("OrderReadScaling", Units::Read));
/// assert_eq!(of_index.id, "OrderByDayReadScaling");
/// assert_eq!(of_index.policy_id(), "OrderByDayReadScalingPolicy");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension<'a> {
    /// Logical id of the scalable target; that of the policy is the same with the suffix `Policy`.
    pub id: String,
    /// The index, or `None` for the table itself.
    pub index: Option<&'a Index>,
    /// Reads or writes.
    pub units: Units,
    /// The auto scaling settings.
    pub scaling: &'a AutoScaling,
}

/// Reads or writes.
///
/// ```
/// use tablewright::scaling::Units;
///
/// assert_eq!(Units::Write.as_str(), "Write");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// `ReadCapacityUnits`
    Read,
    /// `WriteCapacityUnits`
    Write,
}

/// Returns the scaled dimensions of a table: those of the table, then those of its indexes, in order. Empty for a global table,
/// which has auto scaling in its own properties.
///
/// See [`Dimension`].
#[must_use]
pub fn dimensions(table: &Table) -> Vec<Dimension<'_>> {
    let mut dimensions = Vec::new();
    if let (Billing::Provisioned(units), None) = (&table.billing, &table.global) {
        of(table, None, units, &mut dimensions);
        for index in &table.indexes {
            if let Some(units) = table.provisioned_for(index) {
                of(table, Some(index), units, &mut dimensions);
            }
        }
    }
    dimensions
}

/// Returns the logical ids of all scalable targets and policies of a table.
#[cfg(feature = "render")]
pub(crate) fn logical_ids(table: &Table) -> impl Iterator<Item = String> {
    dimensions(table).into_iter().flat_map(|dimension| [dimension.policy_id(), dimension.id])
}

impl Dimension<'_> {
    /// Returns the logical id of the scaling policy.
    ///
    /// See [`Dimension`].
    #[must_use]
    pub fn policy_id(&self) -> String {
        format!("{}Policy", self.id)
    }
}

impl Units {
    /// Returns `Read` or `Write`.
    ///
    /// See [`Units`].
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Write => "Write",
        }
    }
}

fn of<'a>(table: &Table, index: Option<&'a Index>, units: &'a Provisioned, into: &mut Vec<Dimension<'a>>) {
    let owner = index.map_or_else(String::new, |index| pascal(&index.name));
    for (units, capacity) in [(Units::Read, &units.read), (Units::Write, &units.write)] {
        match capacity {
            Capacity::Auto(scaling) => {
                let id = format!("{}{owner}{}Scaling", table.id, units.as_str());
                into.push(Dimension { id, index, units, scaling });
            }
            Capacity::Fixed(_) => {}
        }
    }
}

/// Converts an index name to a part of a logical id: `by-region` → `ByRegion`.
pub(crate) fn pascal(name: &str) -> String {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .flat_map(|word| {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect::<Vec<_>>()
        })
        .collect()
}
