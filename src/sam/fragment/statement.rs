//! Actions and conditions of policy statements, by what is to be done.

use serde_json::{Value as Json, json};

use crate::fragment::Access;

/// What reads the items of a table. `Scan` reads them all, whatever their keys.
pub(super) const READ: [&str; 6] = [
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
];

/// What writes them. Writes go to the table alone, never to an index.
pub(super) const WRITE: [&str; 4] =
    ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];

/// What can be asked of an index.
pub(super) const READ_INDEX: [&str; 2] = ["dynamodb:Query", "dynamodb:Scan"];

pub(super) const READ_STREAM: [&str; 3] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];

/// What the caller needs of a key of yours: DynamoDB uses it in the caller's name (aws-cdk#19531).
pub(super) fn of_key(access: Access) -> &'static [&'static str] {
    match access {
        Access::Read | Access::Stream => &["kms:Decrypt", "kms:DescribeKey"],
        Access::Write | Access::Crud => {
            &["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        }
    }
}

pub(super) fn allow(sid: &str, actions: &[&str], resources: &[Json], condition: Option<&Json>) -> Json {
    let mut statement = json!({
        "Sid": sid,
        "Effect": "Allow",
        "Action": actions,
        "Resource": resources,
    });
    if let Some(condition) = condition {
        statement["Condition"] = condition.clone();
    }
    statement
}
