//! The requirements of a profile: `check --policy dev|safe|hardened`.
//!
//! Each [`Problem`] has the source location of the setting, how to fix it, and the ids of equivalent controls of other tools.
//! Rules check the template, so that overrides and raw resources of tables and keys are checked, too. *Invariants:* the value of
//! an intrinsic function is unknown and never a problem; the defaults of a profile meet its requirements.
//!
//! `error` is required, `warning` recommended, `protected` required if the environment is protected.
//!
//! | rule | `dev` | `safe` | `hardened` | requirement | equivalent controls |
//! | --- | --- | --- | --- | --- | --- |
//! | H1 | – | error | error | point-in-time recovery is on, in every replica | checkov `CKV_AWS_28`, `CKV_AWS_165`; Control Tower `CT.DYNAMODB.PR.1`; Security Hub `DynamoDB.2`; Guard `DYNAMODB_PITR_ENABLED`; cfn_nag `W78`; cdk-nag `DynamoDBPITREnabled` |
//! | H2 | – | – | error | the recovery period is 35 days | none; a shorter period is not cheaper |
//! | H3 | – | error | error | `DeletionPolicy` and `UpdateReplacePolicy` retain the table | none; cfn-lint's `I3011` only requires that they are set |
//! | H4 | – | protected | error | deletion protection is on, in every replica | Security Hub `DynamoDB.6`; Config `DYNAMODB_TABLE_DELETION_PROTECTION_ENABLED` |
//! | H5 | – | protected | error | termination protection of the stack is on | Security Hub `CloudFormation.3` |
//! | H6 | – | – | error | the stack policy denies replacing and deleting tables | none |
//! | H7 | – | – | error | encryption with a customer managed key, in every replica | checkov `CKV_AWS_119`; Control Tower `CT.DYNAMODB.PR.2`; Guard `DYNAMODB_TABLE_ENCRYPTED_KMS`; cfn_nag `W74`; only the first distinguishes customer managed from AWS managed keys |
//! | H8 | error | error | error | a key in the stack is retained if a table that it encrypts is | none; the items cannot be read without it |
//! | H9 | – | – | error | a key in the stack is rotated | checkov `CKV_AWS_7`; Control Tower `CT.KMS.PR.1`; Security Hub `KMS.4`; Guard `CMK_BACKING_KEY_ROTATION_ENABLED`; cdk-nag `KMSBackingKeyRotationEnabled` |
//! | H10 | error | error | error | no policy allows actions to everyone, in overrides and raw resources, which R1 does not check | DynamoDB: `Resource-based policy grants unbounded access` |
//! | H11 | – | – | error | no Contributor Insights with a customer managed key: it exposes keys of items as plain text in CloudWatch | DynamoDB's documentation; C1 warns |
//! | H12 | – | error | error | the configured tags | Security Hub `DynamoDB.5` requires any |
//! | H13 | – | warning | error | provisioned capacity has auto scaling | Security Hub `DynamoDB.1`; Config `DYNAMODB_AUTOSCALING_ENABLED`; checkov `CKV2_AWS_16`; cdk-nag `DynamoDBAutoScalingEnabled` |
//! | H14 | – | error | error | the billing mode is set; only an override or a raw resource can omit it | cfn_nag `W73`; Guard `DYNAMODB_BILLING_MODE_RULE` |
//! | H15 | warning | – | – | tables are deleted with the stack, and both can be deleted if the environment is not protected | none; a retained table keeps its costs and name |
//!
//! Not checked, as a template does not show it: backup plans (Security Hub `DynamoDB.4`), which select tables by tags, so require
//! the tag; and account limits (Guard `DYNAMODB_THROUGHPUT_LIMIT_CHECK`). Deliberately not checked: cfn_nag `W28`, which requires
//! generated names, as a custom name prevents a replacement.
//!
//! A table or key can have exceptions in its `Metadata`, in the format of checkov (`checkov.skip`), cfn_nag
//! (`cfn_nag.rules_to_suppress`), cdk-nag (`cdk_nag.rules_to_suppress`) or Guard (`guard.SuppressedRules`) with the id of the
//! control, or in our own: `.metadata("tablewright", json!({ "skip": [{ "id": "H4", "comment": "a cache" }] }))`.

mod judged;
mod key;
mod rule;
mod scaling;
mod stack;
mod stack_policy;
mod table;

use crate::check::profile::judged::Judged;
use crate::check::profile::rule::Rule;
use crate::place::Place;
use crate::problem::{Problem, Severity};
use crate::program::assembly::Assembly;
use crate::program::env::Profile;

/// Requirements for definitions.
///
/// ```
/// use tablewright::Profile;
/// use tablewright::check::Policy;
///
/// let policy = Policy { protected: true, tags: vec!["owner".into()], ..Policy::of(Profile::Safe) };
/// assert_eq!(policy.profile, Profile::Safe);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The profile whose requirements apply; it may differ from the profile that the definitions were created with.
    pub profile: Profile,
    /// Whether the environment is protected: then `safe` requires protection against deletion.
    pub protected: bool,
    /// The keys of tags that `safe` and `hardened` require on every table.
    pub tags: Vec<String>,
}

impl Policy {
    /// Returns the requirements of a profile for an environment that is not protected, without tags.
    ///
    /// See [`Policy`].
    #[must_use]
    pub const fn of(profile: Profile) -> Self {
        Self { profile, protected: false, tags: Vec::new() }
    }
}

/// Returns the problems of definitions that do not meet the requirements, in the order of the stacks.
///
/// It does not include the problems that [`check`](fn@crate::check::check) returns.
///
/// ```
/// use tablewright::check::{Policy, check_policy};
/// use tablewright::{Assembly, Env, Profile, Scalar, Stack, Table};
///
/// let env = Env::new("shop", "prod").with_profile(Profile::Safe);
/// let assembly = Assembly::new(&env, &[("orders", |_| {
///     let mut stack = Stack::new("orders");
///     stack.table(Table::define("Order").partition("id", Scalar::S).no_point_in_time_recovery());
///     Ok(stack)
/// })]);
///
/// let problems = check_policy(&assembly, &Policy::of(Profile::Safe));
/// assert_eq!(problems[0].message, "point-in-time recovery of table `Order` is off");
/// assert!(problems[0].help.as_ref().unwrap().contains("CKV_AWS_28"));
/// assert!(check_policy(&assembly, &Policy::of(Profile::Dev)).iter().all(|problem| problem.rule != "H1"));
/// ```
#[must_use]
pub fn check_policy(assembly: &Assembly, policy: &Policy) -> Vec<Problem> {
    let mut problems = Vec::new();
    for stack in &assembly.stacks {
        let tables = Judged::all(stack);
        // Protection of a stack matters only if it has tables.
        if !tables.is_empty() {
            stack::check(stack, &tables, policy, &mut problems);
        }
        for table in &tables {
            table::check(stack, table, policy, &mut problems);
        }
        key::check(stack, &tables, policy, &mut problems);
    }
    problems
}

fn problem(
    rule: &Rule,
    severity: Severity,
    at: &Place,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Problem {
    let mut help = help.into();
    if !rule.controls.is_empty() {
        help = format!("{help}; required by {}", rule.controls.join(", "));
    }
    Problem { severity, ..Problem::error(rule.id, at, message) }.help(help)
}
