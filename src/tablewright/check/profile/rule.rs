//! The rules as data: an id, what each profile makes of it, and the controls of others that ask for the same.

use crate::check::profile::Demands;
use crate::problem::Severity;
use crate::program::env::Profile;

/// One thing that definitions are held to.
pub(super) struct Rule {
    pub(super) id: &'static str,
    dev: Asked,
    safe: Asked,
    hardened: Asked,
    /// As the tools call them; an exception from one of them is an exception from the rule.
    pub(super) controls: &'static [&'static str],
}

/// How much a profile asks for something.
#[derive(Clone, Copy)]
enum Asked {
    Not,
    /// It is advised: a warning.
    Advised,
    /// It is demanded: an error.
    Demanded,
    /// It is demanded where the environment is protected.
    WhereProtected,
}
use Asked::{Advised, Demanded, Not, WhereProtected};

impl Rule {
    const fn new(
        id: &'static str,
        [dev, safe, hardened]: [Asked; 3],
        controls: &'static [&'static str],
    ) -> Self {
        Self { id, dev, safe, hardened, controls }
    }

    /// Returns how bad it is to break the rule, or nothing where nobody asks.
    pub(super) fn severity(&self, demands: &Demands) -> Option<Severity> {
        let asked = match demands.profile {
            Profile::Dev => self.dev,
            Profile::Safe => self.safe,
            Profile::Hardened => self.hardened,
        };
        match asked {
            Not => None,
            Advised => Some(Severity::Warning),
            Demanded => Some(Severity::Error),
            WhereProtected => demands.protected.then_some(Severity::Error),
        }
    }
}

pub(super) const RECOVERY: Rule = Rule::new(
    "H1",
    [Not, Demanded, Demanded],
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
pub(super) const RECOVERY_DAYS: Rule = Rule::new("H2", [Not, Not, Demanded], &[]);
pub(super) const KEPT: Rule = Rule::new("H3", [Not, Demanded, Demanded], &[]);
pub(super) const DELETION_PROTECTION: Rule = Rule::new(
    "H4",
    [Not, WhereProtected, Demanded],
    &["DynamoDB.6", "DYNAMODB_TABLE_DELETION_PROTECTION_ENABLED"],
);
pub(super) const TERMINATION_PROTECTION: Rule =
    Rule::new("H5", [Not, WhereProtected, Demanded], &["CloudFormation.3"]);
pub(super) const STACK_POLICY: Rule = Rule::new("H6", [Not, Not, Demanded], &[]);
pub(super) const CUSTOMER_KEY: Rule = Rule::new(
    "H7",
    [Not, Not, Demanded],
    &["CKV_AWS_119", "CT.DYNAMODB.PR.2", "DYNAMODB_TABLE_ENCRYPTED_KMS", "W74"],
);
/// The others are content with the key of your account that AWS manages.
pub(super) const NOT_AWS_KEY: Rule = Rule { controls: &["CKV_AWS_119"], ..CUSTOMER_KEY };
pub(super) const KEY_OUTLIVES: Rule = Rule::new("H8", [Demanded, Demanded, Demanded], &[]);
pub(super) const KEY_ROTATION: Rule = Rule::new(
    "H9",
    [Not, Not, Demanded],
    &[
        "CKV_AWS_7",
        "CT.KMS.PR.1",
        "KMS.4",
        "CMK_BACKING_KEY_ROTATION_ENABLED",
        "KMSBackingKeyRotationEnabled",
    ],
);
pub(super) const NOT_PUBLIC: Rule = Rule::new("H10", [Demanded, Demanded, Demanded], &[]);
pub(super) const NO_INSIGHTS: Rule = Rule::new("H11", [Not, Not, Demanded], &[]);
pub(super) const TAGS: Rule = Rule::new("H12", [Not, Demanded, Demanded], &["DynamoDB.5"]);
pub(super) const SCALED: Rule = Rule::new(
    "H13",
    [Not, Advised, Demanded],
    &["DynamoDB.1", "DYNAMODB_AUTOSCALING_ENABLED", "CKV2_AWS_16", "DynamoDBAutoScalingEnabled"],
);
pub(super) const BILLING_SAID: Rule =
    Rule::new("H14", [Not, Demanded, Demanded], &["W73", "DYNAMODB_BILLING_MODE_RULE"]);
pub(super) const LEAVES_NOTHING: Rule = Rule::new("H15", [Advised, Not, Not], &[]);

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
    use super::{ALL, Asked};

    /// The table in the documentation says of each rule what the code does.
    #[test]
    fn the_documentation_has_every_rule_as_it_is() {
        let word = |asked: Asked| match asked {
            Asked::Not => "–",
            Asked::Advised => "warning",
            Asked::Demanded => "error",
            Asked::WhereProtected => "protected",
        };
        let rows: Vec<&str> =
            include_str!("mod.rs").lines().filter_map(|line| line.strip_prefix("//! | H")).collect();
        assert_eq!(rows.len(), ALL.len());
        for (rule, row) in ALL.into_iter().zip(rows) {
            let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
            let asked = [rule.dev, rule.safe, rule.hardened].map(word);
            assert_eq!(format!("H{}", cells[0]), rule.id);
            assert_eq!(cells[1..4], asked, "{}", rule.id);
            for control in rule.controls {
                assert!(cells[5].contains(&format!("`{control}`")), "{}: {control}", rule.id);
            }
        }
    }
}
