//! Actions of policy statements, by kind of access.

use serde_json::{Value as Json, json};

use crate::fragment::Access;

/// Actions that read items of a table.
pub(super) const READ: [&str; 6] = [
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
];

/// Actions that write items. An index cannot be written to.
pub(super) const WRITE: [&str; 4] =
    ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];

/// Actions that read an index.
pub(super) const READ_INDEX: [&str; 2] = ["dynamodb:Query", "dynamodb:Scan"];

pub(super) const READ_STREAM: [&str; 3] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];

/// Actions on a customer managed key that the caller needs, as DynamoDB uses the key on behalf of the caller (aws-cdk#19531).
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
