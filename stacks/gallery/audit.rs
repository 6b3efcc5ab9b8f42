//! Who did what: a key of the stack's own, policies on the table and its stream, and nothing that goes away.

use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};
use tablewright::{
    Days, DeletionPolicy, Encryption, Env, Expression, KeyAttr, Policy, Result, Stack, Statement, StreamView,
    Table, TableClass, TableItem, UpdateReplacePolicy,
};

/// An entry of the audit trail: subject, verb, object.
///
/// Entries are chained: `previous` is the digest of the entry before. "Nothing is ever changed", it says in § 7;
/// the policy below sees to that.
#[derive(Serialize, TableItem)]
#[serde(rename_all = "kebab-case")]
#[ddb(
    index(name = "by-digest", partition(digest), project(keys_only)),
    local_index(name = "by-verb", sort(verb), project(only(object, reason)))
)]
pub struct Entry {
    /// Who: `user:anna`, `role:packer`, `job:nightly`.
    #[ddb(partition)]
    pub subject: String,
    /// When, and counted within the second: 1800000000.0001
    #[ddb(sort)]
    pub at: f64,
    pub verb: String,
    pub object: String,
    pub reason: String,
    /// SHA-256 of the entry.
    pub digest: Digest,
    pub previous: Digest,
}

/// 32 bytes. serde writes a `Vec<u8>` as a list of numbers, so it is told how to write this one; the promise is `stored_as`.
#[derive(KeyAttr)]
#[ddb(stored_as = B)]
pub struct Digest(pub [u8; 32]);

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

pub fn stack(env: &Env) -> Result<Stack> {
    let alias = format!("alias/roastery-{}-audit", env.name());
    let mut stack = Stack::new("audit")
        .description("Who did what, when & why: 'append only'; 100 % of it; # of tables: 1")
        .tag("team", "security");
    let audit = stack.table(
        Table::of::<Entry>()
            .base_name("audit")
            // By its alias, the key can be another one day. CloudFormation sees no reference in a text: it must be told to
            // make the alias first.
            .encryption(Encryption::customer_key(alias.as_str()))
            .depends_on("AuditKeyAlias")
            // Insights would show keys of items in CloudWatch, in plain text.
            .contributor_insights(false)
            .class(TableClass::StandardInfrequentAccess)
            .point_in_time_recovery(Days(35))
            .deletion_protection(env.protected())
            .deletion_policy(DeletionPolicy::Retain)
            .update_replace_policy(UpdateReplacePolicy::Retain)
            .policy(append_only())
            .stream(StreamView::OldImage)
            .stream_policy(
                Statement::allow([
                    "dynamodb:DescribeStream",
                    "dynamodb:GetRecords",
                    "dynamodb:GetShardIterator",
                ])
                .sid("Archive")
                .principal("arn:aws:iam::555566667777:role/archive"),
            )
            .tag("data-class", "restricted: personal (GDPR)")
            .tag("stack", Expression::Ref("AWS::StackName".into()))
            // Other tools look there.
            .metadata(
                "owner",
                json!({ "team": "security", "pager": "sec-oncall@example.com", "review": "yearly" }),
            ),
    );
    stack.raw_resource("AuditKey", key());
    stack.raw_resource(
        "AuditKeyAlias",
        json!({
            "Type": "AWS::KMS::Alias",
            "Properties": { "AliasName": alias, "TargetKeyId": { "Ref": "AuditKey" } },
        }),
    );

    stack.output("AuditTable", audit.name());
    stack
        .output("AuditKeyArn", Expression::GetAtt("AuditKey".into(), "Arn".into()))
        .description("The key; the catalogue's tables use it too")
        .export(Expression::sub("${AWS::StackName}-key"));
    Ok(stack)
}

/// Whoever it is: entries are added, never changed.
fn append_only() -> Policy {
    Policy::new([
        Statement::allow(["dynamodb:GetItem", "dynamodb:Query"])
            .sid("Auditors")
            .account("555566667777")
            .condition("StringEquals", "aws:PrincipalTag/department", "audit"),
        Statement::deny([
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:PartiQLUpdate",
            "dynamodb:PartiQLDelete",
        ])
        .sid("AppendOnly")
        .principal("*"),
        Statement::deny(["dynamodb:*"]).sid("Encrypted").principal("*").condition(
            "Bool",
            "aws:SecureTransport",
            "false",
        ),
        Statement::allow(["dynamodb:DescribeTable"]).sid("Catalog").service("glue.amazonaws.com").condition(
            "StringEquals",
            "aws:SourceAccount",
            Expression::Ref("AWS::AccountId".into()),
        ),
    ])
}

/// A key that outlives the stack: without it nobody can read the table again.
fn key() -> Json {
    json!({
        "Type": "AWS::KMS::Key",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "Description": { "Fn::Sub": "Encrypts the audit trail of ${AWS::StackName}" },
            "EnableKeyRotation": true,
            "PendingWindowInDays": 30,
            "KeyPolicy": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Sid": "Account",
                    "Effect": "Allow",
                    "Principal": { "AWS": { "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" } },
                    "Action": "kms:*",
                    "Resource": "*",
                }],
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_binary_as_promised() {
        tablewright::testing::assert_shape(&Entry {
            subject: "role:packer".into(),
            at: 1_800_000_000.000_1,
            verb: "open".into(),
            object: "order/01KA3M".into(),
            reason: "\"lost\" parcel".into(),
            digest: Digest([7; 32]),
            previous: Digest([6; 32]),
        });
    }
}
