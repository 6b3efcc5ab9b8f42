//! The status of a table, of its indexes and of its replicas.

use aws_sdk_dynamodb::types::{IndexStatus, ReplicaDescription, TableDescription};

/// A table as DynamoDB describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// `TableName`
    pub table: String,
    /// `TableStatus`: `CREATING`, `UPDATING`, `ACTIVE`, …
    pub status: String,
    /// Why the table is archived or its data cannot be read, where DynamoDB says so.
    pub reason: Option<String>,
    /// Its global secondary indexes and its vector indexes, by name.
    pub indexes: Vec<IndexProgress>,
    /// Its replicas in other Regions, by Region.
    pub replicas: Vec<ReplicaProgress>,
}

/// A global secondary index or a vector index as DynamoDB describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexProgress {
    /// `IndexName`
    pub name: String,
    /// `IndexStatus`
    pub status: String,
    /// Whether DynamoDB is adding the existing items to it.
    pub backfilling: bool,
}

/// A replica of a global table as DynamoDB describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaProgress {
    /// `RegionName`
    pub region: String,
    /// `ReplicaStatus`
    pub status: String,
    /// `ReplicaStatusDescription`
    pub reason: Option<String>,
}

/// A state of a table or a replica in which it cannot be used, and which does not pass by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalState {
    /// The Region of the replica; `None` for the table itself.
    pub replica: Option<String>,
    /// `TableStatus` or `ReplicaStatus`
    pub status: String,
    /// Why: what DynamoDB says, or else what the status means.
    pub reason: String,
}

impl Progress {
    /// Returns whether the table, all its indexes and all its replicas can be used.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == "ACTIVE"
            && self.indexes.iter().all(IndexProgress::is_active)
            && self.replicas.iter().all(|replica| replica.status == "ACTIVE")
    }

    /// Returns the state that waiting does not change, if the table or one of its replicas is in one.
    #[must_use]
    pub fn final_state(&self) -> Option<FinalState> {
        if let Some(reason) = final_reason(&self.status) {
            let reason = self.reason.clone().unwrap_or_else(|| reason.to_owned());
            return Some(FinalState { replica: None, status: self.status.clone(), reason });
        }
        self.replicas.iter().find_map(|replica| {
            let reason = final_reason(&replica.status)?;
            Some(FinalState {
                replica: Some(replica.region.clone()),
                status: replica.status.clone(),
                reason: replica.reason.clone().unwrap_or_else(|| reason.to_owned()),
            })
        })
    }

    pub(crate) fn of(name: &str, table: &TableDescription) -> Self {
        let global = table
            .global_secondary_indexes()
            .iter()
            .map(|index| index_progress(index.index_name(), index.index_status(), index.backfilling()));
        let vector = table
            .vector_indexes()
            .iter()
            .map(|index| index_progress(index.index_name(), index.index_status(), index.backfilling()));
        let mut indexes: Vec<IndexProgress> = global.chain(vector).collect();
        let mut replicas: Vec<ReplicaProgress> = table.replicas().iter().map(replica_progress).collect();
        // DynamoDB documents no order.
        indexes.sort_by(|a, b| a.name.cmp(&b.name));
        replicas.sort_by(|a, b| a.region.cmp(&b.region));
        let archival = table.archival_summary().and_then(|summary| summary.archival_reason());
        Self {
            table: name.to_owned(),
            status: table.table_status().map_or("unknown", |status| status.as_str()).to_owned(),
            reason: archival.map(str::to_owned),
            indexes,
            replicas,
        }
    }
}

impl IndexProgress {
    /// Returns whether the index can be queried or searched.
    ///
    /// A global secondary index has `Backfilling` only while it is being created. A vector index of a new table has none either, and
    /// one that is added has `false` while it is allocated, then `true`, and becomes `ACTIVE` after that.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == "ACTIVE" && !self.backfilling
    }
}

fn index_progress(
    name: Option<&str>,
    status: Option<&IndexStatus>,
    backfilling: Option<bool>,
) -> IndexProgress {
    IndexProgress {
        name: name.unwrap_or_default().to_owned(),
        status: status.map_or("unknown", IndexStatus::as_str).to_owned(),
        backfilling: backfilling.unwrap_or_default(),
    }
}

fn replica_progress(replica: &ReplicaDescription) -> ReplicaProgress {
    ReplicaProgress {
        region: replica.region_name().unwrap_or_default().to_owned(),
        // AWS always sends it; an emulator may not.
        status: replica.replica_status().map_or("ACTIVE", |status| status.as_str()).to_owned(),
        reason: replica.replica_status_description().filter(|text| !text.is_empty()).map(str::to_owned),
    }
}

/// Returns why a table or replica is in a status that does not pass by itself; `None` for the other statuses.
fn final_reason(status: &str) -> Option<&'static str> {
    Some(match status {
        "INACCESSIBLE_ENCRYPTION_CREDENTIALS" => {
            "DynamoDB cannot use its KMS key; a table that stays in this state for seven days is archived"
        }
        "ARCHIVING" | "ARCHIVED" => "its KMS key could not be used for seven days",
        "REPLICATION_NOT_AUTHORIZED" => "DynamoDB is not authorized to replicate it",
        "REGION_DISABLED" => "its Region is disabled in the account",
        "CREATION_FAILED" => "DynamoDB could not create it",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::{
        GlobalSecondaryIndexDescription, ReplicaStatus, TableStatus, VectorIndexDescription,
    };

    use super::*;

    fn active() -> aws_sdk_dynamodb::types::builders::TableDescriptionBuilder {
        TableDescription::builder().table_status(TableStatus::Active)
    }

    /// The phases of an index in which it cannot be used: of one that came with its table, and of one that was added.
    const NOT_YET: [(IndexStatus, Option<bool>); 5] = [
        (IndexStatus::Creating, None),
        (IndexStatus::Creating, Some(false)),
        (IndexStatus::Creating, Some(true)),
        (IndexStatus::Active, Some(true)),
        (IndexStatus::Deleting, None),
    ];

    #[test]
    fn an_index_of_either_kind_is_waited_for_through_all_its_phases() {
        for (status, backfilling) in NOT_YET {
            let vector = VectorIndexDescription::builder()
                .index_name("by-meaning")
                .index_status(status.clone())
                .set_backfilling(backfilling)
                .build();
            let global = GlobalSecondaryIndexDescription::builder()
                .index_name("by-author")
                .index_status(status.clone())
                .set_backfilling(backfilling)
                .build();
            let with_vector = Progress::of("notes", &active().vector_indexes(vector).build());
            let with_global = Progress::of("notes", &active().global_secondary_indexes(global).build());
            assert!(!with_vector.is_active(), "{status:?} {backfilling:?}");
            assert!(!with_global.is_active(), "{status:?} {backfilling:?}");
        }
        for backfilling in [None, Some(false)] {
            let vector = VectorIndexDescription::builder()
                .index_name("by-meaning")
                .index_status(IndexStatus::Active)
                .set_backfilling(backfilling)
                .build();
            assert!(Progress::of("notes", &active().vector_indexes(vector).build()).is_active());
        }
    }

    #[test]
    fn replicas_are_waited_for_in_the_order_of_their_regions() {
        let replica = |region: &str, status: Option<ReplicaStatus>| {
            ReplicaDescription::builder().region_name(region).set_replica_status(status).build()
        };
        let table = active()
            .replicas(replica("us-east-1", Some(ReplicaStatus::Creating)))
            .replicas(replica("eu-central-1", Some(ReplicaStatus::Active)))
            .build();
        let progress = Progress::of("notes", &table);
        assert_eq!(progress.replicas[1].region, "us-east-1");
        assert!(!progress.is_active());
        assert_eq!(progress.final_state(), None);
        let table = active().replicas(replica("us-east-1", Some(ReplicaStatus::Active))).build();
        assert!(Progress::of("notes", &table).is_active());
    }

    #[test]
    fn states_that_do_not_pass_are_known_with_their_reason() {
        let archived = aws_sdk_dynamodb::types::ArchivalSummary::builder()
            .archival_reason("INACCESSIBLE_ENCRYPTION_CREDENTIALS")
            .build();
        for status in [
            TableStatus::Archived,
            TableStatus::Archiving,
            TableStatus::InaccessibleEncryptionCredentials,
            TableStatus::ReplicationNotAuthorized,
        ] {
            let table = TableDescription::builder().table_status(status.clone()).build();
            let state = Progress::of("notes", &table).final_state().unwrap();
            assert_eq!((state.replica, &*state.status), (None, status.as_str()));
            assert!(!state.reason.is_empty());
        }
        let table =
            TableDescription::builder().table_status(TableStatus::Archived).archival_summary(archived);
        let state = Progress::of("notes", &table.build()).final_state().unwrap();
        assert_eq!(state.reason, "INACCESSIBLE_ENCRYPTION_CREDENTIALS");
        for status in
            [TableStatus::Creating, TableStatus::Updating, TableStatus::Deleting, TableStatus::Active]
        {
            let table = TableDescription::builder().table_status(status).build();
            assert_eq!(Progress::of("notes", &table).final_state(), None);
        }
        for status in [ReplicaStatus::CreationFailed, ReplicaStatus::RegionDisabled, ReplicaStatus::Archived]
        {
            let replica = ReplicaDescription::builder()
                .region_name("us-east-1")
                .replica_status(status)
                .replica_status_description("it broke")
                .build();
            let state = Progress::of("notes", &active().replicas(replica).build()).final_state().unwrap();
            assert_eq!((state.replica.as_deref(), &*state.reason), (Some("us-east-1"), "it broke"));
        }
    }
}
