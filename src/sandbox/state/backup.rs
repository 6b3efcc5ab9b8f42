//! A backup of a table. It outlives its table.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// A backup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Backup {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) kind: BackupKind,
    pub(crate) created: Millis,
    /// When it becomes `AVAILABLE`.
    pub(crate) available_at: Millis,
    pub(crate) table_name: String,
    pub(crate) table_arn: String,
    pub(crate) table_id: String,
}

/// Who made a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BackupKind {
    /// A caller of CreateBackup.
    User,
    /// DynamoDB, of a table with point-in-time recovery that is deleted. It is kept for 35 days.
    System,
}

/// How long a backup that DynamoDB has made is kept.
const SYSTEM_BACKUP_LIFETIME: Millis = 35 * 24 * 3_600 * 1_000;

impl Backup {
    pub(crate) fn status(&self, now: Millis) -> &'static str {
        if now < self.available_at { "CREATING" } else { "AVAILABLE" }
    }

    pub(crate) fn expires_at(&self) -> Option<Millis> {
        match self.kind {
            BackupKind::User => None,
            BackupKind::System => Some(self.created + SYSTEM_BACKUP_LIFETIME),
        }
    }
}

impl BackupKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::System => "SYSTEM",
        }
    }
}
