//! The status of a table and of its indexes.

use aws_sdk_dynamodb::types::TableDescription;

/// A table as DynamoDB describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// `TableName`
    pub table: String,
    /// `TableStatus`: `CREATING`, `UPDATING`, `ACTIVE`, …
    pub status: String,
    /// Its global secondary indexes, by name.
    pub indexes: Vec<IndexProgress>,
}

/// A global secondary index as DynamoDB describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexProgress {
    /// `IndexName`
    pub name: String,
    /// `IndexStatus`
    pub status: String,
    /// Whether DynamoDB is adding the existing items to it.
    pub backfilling: bool,
}

impl Progress {
    /// Returns whether the table and all its indexes can be used.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == "ACTIVE" && self.indexes.iter().all(IndexProgress::is_active)
    }

    pub(crate) fn of(name: &str, table: &TableDescription) -> Self {
        let mut indexes: Vec<IndexProgress> = table
            .global_secondary_indexes()
            .iter()
            .map(|index| IndexProgress {
                name: index.index_name().unwrap_or_default().to_owned(),
                status: index.index_status().map_or("unknown", |status| status.as_str()).to_owned(),
                backfilling: index.backfilling().unwrap_or_default(),
            })
            .collect();
        // DynamoDB documents no order.
        indexes.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            table: name.to_owned(),
            status: table.table_status().map_or("unknown", |status| status.as_str()).to_owned(),
            indexes,
        }
    }
}

impl IndexProgress {
    /// Returns whether the index can be queried.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == "ACTIVE" && !self.backfilling
    }
}
