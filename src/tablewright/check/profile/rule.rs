//! The rules as data: an id, the level in each profile, and equivalent controls of other tools.

use crate::check::profile::Policy;
use crate::problem::Severity;
use crate::program::env::Profile;

/// A requirement for definitions.
pub(super) struct Rule {
    pub(super) id: &'static str,
    dev: Level,
    safe: Level,
    hardened: Level,
    /// Ids of equivalent controls of other tools; an exception for one of them is an exception for the rule.
    pub(super) controls: &'static [&'static str],
}

/// Level of a requirement in a profile.
#[derive(Clone, Copy)]
enum Level {
    Off,
    /// Recommended: a warning.
    Recommended,
    /// Required: an error.
    Required,
    /// Required if the environment is protected.
    RequiredIfProtected,
}
use Level::{Off, Recommended, Required, RequiredIfProtected};

impl Rule {
    const fn new(
        id: &'static str,
        [dev, safe, hardened]: [Level; 3],
        controls: &'static [&'static str],
    ) -> Self {
        Self { id, dev, safe, hardened, controls }
    }

    /// Returns the severity of breaking the rule, or `None` if the profile does not have it.
    pub(super) fn severity(&self, policy: &Policy) -> Option<Severity> {
        let level = match policy.profile {
            Profile::Dev => self.dev,
            Profile::Safe => self.safe,
            Profile::Hardened => self.hardened,
        };
        match level {
            Off => None,
            Recommended => Some(Severity::Warning),
            Required => Some(Severity::Error),
            RequiredIfProtected => policy.protected.then_some(Severity::Error),
        }
    }
}

pub(super) const RECOVERY: Rule = Rule::new(
    "H1",
    [Off, Required, Required],
    &[
        "CKV_AWS_28",
        "CKV_AWS_165",
        "CT.DYNAMODB.PR.1",
        "DynamoDB.2",
        "DYNAMODB_PITR_ENABLED",
        "W78",
        "DynamoDBPITREnabled",
    ],
);
pub(super) const RECOVERY_DAYS: Rule = Rule::new("H2", [Off, Off, Required], &[]);
pub(super) const KEPT: Rule = Rule::new("H3", [Off, Required, Required], &[]);
pub(super) const DELETION_PROTECTION: Rule = Rule::new(
    "H4",
    [Off, RequiredIfProtected, Required],
    &["DynamoDB.6", "DYNAMODB_TABLE_DELETION_PROTECTION_ENABLED"],
);
pub(super) const TERMINATION_PROTECTION: Rule =
    Rule::new("H5", [Off, RequiredIfProtected, Required], &["CloudFormation.3"]);
pub(super) const STACK_POLICY: Rule = Rule::new("H6", [Off, Off, Required], &[]);
pub(super) const CUSTOMER_KEY: Rule = Rule::new(
    "H7",
    [Off, Off, Required],
    &["CKV_AWS_119", "CT.DYNAMODB.PR.2", "DYNAMODB_TABLE_ENCRYPTED_KMS", "W74"],
);
/// The other controls accept the AWS managed key.
pub(super) const NOT_AWS_KEY: Rule = Rule { controls: &["CKV_AWS_119"], ..CUSTOMER_KEY };
pub(super) const KEY_OUTLIVES: Rule = Rule::new("H8", [Required, Required, Required], &[]);
pub(super) const KEY_ROTATION: Rule = Rule::new(
    "H9",
    [Off, Off, Required],
    &[
        "CKV_AWS_7",
        "CT.KMS.PR.1",
        "KMS.4",
        "CMK_BACKING_KEY_ROTATION_ENABLED",
        "KMSBackingKeyRotationEnabled",
    ],
);
pub(super) const NOT_PUBLIC: Rule = Rule::new("H10", [Required, Required, Required], &[]);
pub(super) const NO_INSIGHTS: Rule = Rule::new("H11", [Off, Off, Required], &[]);
pub(super) const TAGS: Rule = Rule::new("H12", [Off, Required, Required], &["DynamoDB.5"]);
pub(super) const SCALED: Rule = Rule::new(
    "H13",
    [Off, Recommended, Required],
    &["DynamoDB.1", "DYNAMODB_AUTOSCALING_ENABLED", "CKV2_AWS_16", "DynamoDBAutoScalingEnabled"],
);
pub(super) const BILLING_SAID: Rule =
    Rule::new("H14", [Off, Required, Required], &["W73", "DYNAMODB_BILLING_MODE_RULE"]);
pub(super) const LEAVES_NOTHING: Rule = Rule::new("H15", [Recommended, Off, Off], &[]);

#[cfg(test)]
pub(super) const ALL: [&Rule; 15] = [
    &RECOVERY,
    &RECOVERY_DAYS,
    &KEPT,
    &DELETION_PROTECTION,
    &TERMINATION_PROTECTION,
    &STACK_POLICY,
    &CUSTOMER_KEY,
    &KEY_OUTLIVES,
    &KEY_ROTATION,
    &NOT_PUBLIC,
    &NO_INSIGHTS,
    &TAGS,
    &SCALED,
    &BILLING_SAID,
    &LEAVES_NOTHING,
];

#[cfg(test)]
mod tests {
    use super::{ALL, Level};

    /// The table in the module documentation matches the code.
    #[test]
    fn the_documentation_matches_the_rules() {
        let word = |level: Level| match level {
            Level::Off => "–",
            Level::Recommended => "warning",
            Level::Required => "error",
            Level::RequiredIfProtected => "protected",
        };
        let rows: Vec<&str> =
            include_str!("mod.rs").lines().filter_map(|line| line.strip_prefix("//! | H")).collect();
        assert_eq!(rows.len(), ALL.len());
        for (rule, row) in ALL.into_iter().zip(rows) {
            let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
            let levels = [rule.dev, rule.safe, rule.hardened].map(word);
            assert_eq!(format!("H{}", cells[0]), rule.id);
            assert_eq!(cells[1..4], levels, "{}", rule.id);
            for control in rule.controls {
                assert!(cells[5].contains(&format!("`{control}`")), "{}: {control}", rule.id);
            }
        }
    }
}
