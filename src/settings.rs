//! The settings of a table that are one choice each.

use serde::{Deserialize, Serialize};

use crate::value::Value;

/// An enumeration with the words that CloudFormation uses, in the manifest and in the template alike.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_meta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Returns CloudFormation's word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

words! {
    /// `TableClass`. Can be changed twice in thirty days.
    pub enum TableClass {
        /// For most tables.
        Standard = "STANDARD",
        /// For tables whose storage costs more than their requests: cheaper storage, dearer requests.
        StandardInfrequentAccess = "STANDARD_INFREQUENT_ACCESS",
    }
}

words! {
    /// `StreamViewType`: what a record of the table's stream holds. A change makes a new stream with a new ARN.
    pub enum StreamView {
        /// The keys of the changed item.
        KeysOnly = "KEYS_ONLY",
        /// The item as it is after the change.
        NewImage = "NEW_IMAGE",
        /// The item as it was before the change.
        OldImage = "OLD_IMAGE",
        /// Both.
        NewAndOldImages = "NEW_AND_OLD_IMAGES",
    }
}

words! {
    /// `DeletionPolicy`: what becomes of the table when its resource leaves the stack or the stack is deleted.
    pub enum DeletionPolicy {
        /// The table and its items are deleted.
        Delete = "Delete",
        /// The table stays.
        Retain = "Retain",
        /// The table stays, unless the very operation that made it is rolled back.
        RetainExceptOnCreate = "RetainExceptOnCreate",
    }
}

words! {
    /// `UpdateReplacePolicy`: what becomes of the old table when an update puts a new one in its place.
    pub enum UpdateReplacePolicy {
        /// The old table and its items are deleted.
        Delete = "Delete",
        /// The old table stays.
        Retain = "Retain",
    }
}

/// `PointInTimeRecoverySpecification`: continuous backups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointInTimeRecovery {
    /// `RecoveryPeriodInDays`: how far back, 1 to 35; `None` leaves DynamoDB's own 35.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Value<u64>>,
}

/// A number of days, for [`Table::point_in_time_recovery`](crate::Table::point_in_time_recovery).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(
    /// How many.
    pub u64,
);

impl From<Days> for PointInTimeRecovery {
    fn from(days: Days) -> Self {
        Self { days: Some(days.0.into()) }
    }
}
