//! What a profile demands of definitions, whatever they say: `check --policy dev|safe|hardened`.
//!
//! In: an [`Assembly`] and [`Demands`]. Out: a [`Problem`] for each demand that a table, a key or a stack does not meet, at the
//! Rust line that says so, with what to write and the controls of others that ask for the same. What counts is the template:
//! an override is judged, and so are tables and keys by hand. *Invariant:* what a function comes to is CloudFormation's to
//! know; of it nothing is said. The defaults of a profile meet its demands.
//!
//! `error` is demanded, `warning` advised, `protected` an error where the environment is protected.
//!
//! | rule | `dev` | `safe` | `hardened` | what | who asks |
//! | --- | --- | --- | --- | --- | --- |
//! | H1 | – | error | error | point-in-time recovery is on, in every replica | checkov `CKV_AWS_28`, `CKV_AWS_165`; Control Tower `CT.DYNAMODB.PR.1`; Security Hub `DynamoDB.2`; Guard `DYNAMODB_PITR_ENABLED`; cfn_nag `W78`; cdk-nag `DynamoDBPITREnabled` |
//! | H2 | – | – | error | it reaches back the full 35 days | nobody: fewer are no cheaper |
//! | H3 | – | error | error | `DeletionPolicy` and `UpdateReplacePolicy` keep the items | nobody: cfn-lint's `I3011` asks only that they are said |
//! | H4 | – | protected | error | deletion protection is on, in every replica | Security Hub `DynamoDB.6`; Config `DYNAMODB_TABLE_DELETION_PROTECTION_ENABLED` |
//! | H5 | – | protected | error | termination protection of the stack is on | Security Hub `CloudFormation.3` |
//! | H6 | – | – | error | the stack policy lets no update replace or delete a table | nobody: it is CloudFormation's own guard |
//! | H7 | – | – | error | the key is yours, in every replica | checkov `CKV_AWS_119`; Control Tower `CT.DYNAMODB.PR.2`; Guard `DYNAMODB_TABLE_ENCRYPTED_KMS`; cfn_nag `W74`; of these only the first tells your key from AWS's |
//! | H8 | error | error | error | a key of the stack outlives the tables that it encrypts | nobody: without it their items are lost |
//! | H9 | – | – | error | a key of the stack is rotated | checkov `CKV_AWS_7`; Control Tower `CT.KMS.PR.1`; Security Hub `KMS.4`; Guard `CMK_BACKING_KEY_ROTATION_ENABLED`; cdk-nag `KMSBackingKeyRotationEnabled` |
//! | H10 | error | error | error | no policy allows actions to everybody, where R1 cannot see it: in an override, by hand | DynamoDB: `Resource-based policy grants unbounded access` |
//! | H11 | – | – | error | no contributor insights with a key of yours: they put keys of items in plain text into CloudWatch | DynamoDB's documentation; C1 warns |
//! | H12 | – | error | error | the tags that are asked for | Security Hub `DynamoDB.5` asks for any |
//! | H13 | – | warning | error | provisioned capacity is scaled | Security Hub `DynamoDB.1`; Config `DYNAMODB_AUTOSCALING_ENABLED`; checkov `CKV2_AWS_16`; cdk-nag `DynamoDBAutoScalingEnabled` |
//! | H14 | – | error | error | the billing mode is written; only an override or a table by hand could leave it out | cfn_nag `W73`; Guard `DYNAMODB_BILLING_MODE_RULE` |
//! | H15 | warning | – | – | nothing stays behind: tables go with the stack, and both can go where the environment is not protected | nobody: a table that stays has its costs and its name |
//!
//! Not held to, since no template can tell: a backup plan (Security Hub `DynamoDB.4`), which selects tables by tags, so ask for
//! the tag; the limits of the account (Guard `DYNAMODB_THROUGHPUT_LIMIT_CHECK`). Not held to on purpose: cfn_nag `W28`, which
//! wants generated names, while a fixed name is what stops a replacement.
//!
//! A table or key with a reason is excepted by its `Metadata`, in the form of checkov (`checkov.skip`), cfn_nag
//! (`cfn_nag.rules_to_suppress`), cdk-nag (`cdk_nag.rules_to_suppress`) or Guard (`guard.SuppressedRules`) and their id, or in
//! our own: `.metadata("tablewright", json!({ "skip": [{ "id": "H4", "comment": "a cache" }] }))`.

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

/// What definitions are held to.
///
/// ```
/// use tablewright::Profile;
/// use tablewright::check::Demands;
///
/// let demands = Demands { protected: true, tags: vec!["owner".into()], ..Demands::of(Profile::Safe) };
/// assert_eq!(demands.profile, Profile::Safe);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demands {
    /// Whose demands; not necessarily the profile that the definitions were made with.
    pub profile: Profile,
    /// Whether the environment is protected: then `safe` demands what guards against deletion.
    pub protected: bool,
    /// The keys of the tags that every table must have, for `safe` and `hardened`.
    pub tags: Vec<String>,
}

impl Demands {
    /// Makes the demands of a profile, for an environment that is not protected, with no tags.
    ///
    /// See [`Demands`].
    #[must_use]
    pub const fn of(profile: Profile) -> Self {
        Self { profile, protected: false, tags: Vec::new() }
    }
}

/// Returns where the definitions do not meet the demands, in the order of the stacks; empty when all is well.
///
/// It says nothing of what [`check`](fn@crate::check::check) says: run both.
///
/// ```
/// use tablewright::check::{Demands, hold};
/// use tablewright::{Assembly, Env, Profile, Scalar, Stack, Table};
///
/// let env = Env::new("shop", "prod").with_profile(Profile::Safe);
/// let assembly = Assembly::new(&env, &[("orders", |_| {
///     let mut stack = Stack::new("orders");
///     stack.table(Table::define("Order").partition("id", Scalar::S).no_point_in_time_recovery());
///     Ok(stack)
/// })]);
///
/// let problems = hold(&assembly, &Demands::of(Profile::Safe));
/// assert_eq!(problems[0].message, "point-in-time recovery of table `Order` is off");
/// assert!(problems[0].help.as_ref().unwrap().contains("CKV_AWS_28"));
/// assert!(hold(&assembly, &Demands::of(Profile::Dev)).iter().all(|problem| problem.rule != "H1"));
/// ```
#[must_use]
pub fn hold(assembly: &Assembly, demands: &Demands) -> Vec<Problem> {
    let mut problems = Vec::new();
    for stack in &assembly.stacks {
        let tables = Judged::all(stack);
        // What guards a stack guards its tables.
        if !tables.is_empty() {
            stack::check(stack, &tables, demands, &mut problems);
        }
        for table in &tables {
            table::check(stack, table, demands, &mut problems);
        }
        key::check(stack, &tables, demands, &mut problems);
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
        help = format!("{help}; asked for by {}", rule.controls.join(", "));
    }
    Problem { severity, ..Problem::error(rule.id, at, message) }.help(help)
}
