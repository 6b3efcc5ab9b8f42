//! Rules for settings. T1: TTL. R2: recovery period. S1: KMS keys. S2: streams. C1: Contributor Insights. I1: imports. D1: tags.

use crate::item::IndexKind;
use crate::item::scalar::Scalar;
use crate::place::Place;
use crate::problem::Problem;
use crate::table::Table;
use crate::table::import::{ImportFormat, S3Import};
use crate::table::settings::{ContributorInsights, Encryption, Kinesis, PointInTimeRecovery};
use crate::value::Value;

const MOST_TAGS: usize = 50;
const MOST_HEADERS: usize = 255;

pub(super) fn check(table: &Table, problems: &mut Vec<Problem>) {
    let owner = format!("table `{}`", table.id);
    time_to_live(table, problems);
    if let Some(recovery) = &table.point_in_time_recovery {
        point_in_time_recovery(&owner, recovery, &table.at, problems);
    }
    if let Some(Encryption::CustomerKey(value)) = &table.encryption {
        key(&owner, value, &table.at, problems);
        if table.global.is_none() {
            let of_indexes = table.indexes.iter().map(|index| index.contributor_insights.as_ref());
            for insights in std::iter::once(table.contributor_insights.as_ref()).chain(of_indexes) {
                insights_of_encrypted(&owner, insights, &table.at, problems);
            }
        }
    }
    if table.stream_policy.is_some() && table.stream.is_none() {
        policy_without_stream(&owner, &table.at, problems);
    }
    if let Some(stream) = &table.kinesis {
        kinesis(&owner, stream, &table.at, problems);
    }
    if let Some(data) = &table.import {
        import(table, data, problems);
    }
    if table.global.is_none() {
        tags(&owner, table.tags.iter(), &table.at, problems);
    }
}

fn time_to_live(table: &Table, problems: &mut Vec<Problem>) {
    match &table.ttl {
        Some(ttl) if ttl.scalar != Scalar::N => problems.push(
            Problem::error("T1", &ttl.at, format!("TTL attribute `{}` is stored as {}", ttl.name, ttl.scalar))
                .help("DynamoDB requires a Number of seconds since 1970 and ignores other types"),
        ),
        Some(ttl) => {
            let mut keys = table.key.attributes().chain(table.indexes.iter().flat_map(|index| index.key.attributes()));
            if let Some(key) = keys.find(|key| key.name == ttl.name && key.scalar != Scalar::N) {
                problems.push(
                    Problem::warning(
                        "T1",
                        &ttl.at,
                        format!("TTL attribute `{}` is a key that is stored as {}", ttl.name, key.scalar),
                    )
                    .help("DynamoDB requires a Number of seconds since 1970: items would never expire"),
                );
            }
        }
        None if table.ttl_enabled.literal() != Some(&true) => problems.push(
            Problem::error("T1", &table.at, format!("table `{}` turns TTL off, but has no TTL attribute", table.id))
                .help("keep `#[ddb(ttl)]` on the field, or `.ttl(…)`")
                .server_text("AttributeName property of TimeToLiveSpecification is required when TTL status is enabled or while enabling/disabling TTL."),
        ),
        None => {}
    }
}

pub(super) fn point_in_time_recovery(
    owner: &str,
    recovery: &PointInTimeRecovery,
    at: &Place,
    problems: &mut Vec<Problem>,
) {
    let Some(days) = &recovery.days else {
        return;
    };
    if recovery.enabled.literal() == Some(&false) {
        problems.push(
            Problem::error(
                "R2",
                at,
                format!("point-in-time recovery of {owner} is off, but has a recovery period"),
            )
            .help("remove the recovery period")
            .server_text("RecoveryPeriodInDays cannot be specified when PointInTimeRecoveryEnabled is false"),
        );
    }
    if let Some(days) = days.literal()
        && !(1..=35).contains(days)
    {
        problems.push(
            Problem::error("R2", at, format!("the recovery period of {owner} is {days} days"))
                .help("1 to 35 days are allowed")
                .server_text("Member must have value less than or equal to 35"),
        );
    }
}

pub(super) fn key(owner: &str, key: &Value<String>, at: &Place, problems: &mut Vec<Problem>) {
    let Some(key) = key.literal() else {
        return;
    };
    if key == "alias/aws/dynamodb" {
        problems.push(
            Problem::warning("S1", at, format!("the key of {owner} is the AWS managed key"))
                .help("use `Encryption::AwsManaged`"),
        );
    } else if key.is_empty() || key.starts_with("arn:") && key.split(':').nth(2) != Some("kms") {
        problems.push(
            Problem::error("S1", at, format!("`{key}` cannot be the key of {owner}"))
                .help("use a symmetric key in the table's Region, by its id, ARN or `alias/…`")
                .server_text("KMSMasterKeyId is not valid"),
        );
    }
}

/// Contributor Insights sends keys of items to CloudWatch, where they are not encrypted with the table's key.
pub(super) fn insights_of_encrypted(
    owner: &str,
    insights: Option<&ContributorInsights>,
    at: &Place,
    problems: &mut Vec<Problem>,
) {
    if insights.is_some_and(|insights| insights.enabled.literal() != Some(&false)) {
        problems.push(
            Problem::warning(
                "C1",
                at,
                format!("{owner} is encrypted with a customer managed key, but has Contributor Insights"),
            )
            .help("CloudWatch shows the keys of items as plain text"),
        );
    }
}

pub(super) fn policy_without_stream(owner: &str, at: &Place, problems: &mut Vec<Problem>) {
    problems.push(
        Problem::error("S2", at, format!("{owner} has a stream policy, but no stream"))
            .help("add `.stream(…)`, or remove the policy"),
    );
}

pub(super) fn kinesis(owner: &str, kinesis: &Kinesis, at: &Place, problems: &mut Vec<Problem>) {
    if let Some(arn) = kinesis.stream_arn.literal()
        && !arn.starts_with("{{resolve:")
        && (!arn.starts_with("arn:") || arn.split(':').nth(2) != Some("kinesis"))
    {
        problems.push(
            Problem::error("S2", at, format!("`{arn}` is not the ARN of a Kinesis stream, for {owner}"))
                .help("use an ARN such as `arn:aws:kinesis:eu-west-1:111122223333:stream/changes`")
                .server_text("Value at 'streamArn' failed to satisfy constraint"),
        );
    }
}

fn import(table: &Table, import: &S3Import, problems: &mut Vec<Problem>) {
    let mut wrong = |message: String, help: &str| {
        problems.push(Problem::error("I1", &table.at, message).help(help));
    };
    let id = &table.id;
    if table.indexes.iter().any(|index| index.kind == IndexKind::Local) {
        wrong(
            format!("table `{id}` imports items and has a local index"),
            "imports do not support local indexes: use a global index, or write the items after the table is created",
        );
    }
    if import.bucket.literal().is_some_and(|name| !(3..=63).contains(&name.len())) {
        wrong(
            format!("the import of table `{id}` has an invalid bucket name"),
            "a bucket name has 3 to 63 characters",
        );
    }
    let is_account = |owner: &String| owner.len() == 12 && owner.bytes().all(|b| b.is_ascii_digit());
    if import.owner.as_ref().and_then(Value::literal).is_some_and(|owner| !is_account(owner)) {
        wrong(
            format!("the import of table `{id}` has an invalid bucket owner"),
            "an account id has 12 digits",
        );
    }
    let ImportFormat::Csv(csv) = &import.format else {
        return;
    };
    if csv.headers.len() > MOST_HEADERS {
        wrong(
            format!(
                "the import of table `{id}` names {} columns; {MOST_HEADERS} are allowed",
                csv.headers.len()
            ),
            "import DynamoDB JSON instead",
        );
    }
    let literal: Option<Vec<&String>> = csv.headers.iter().map(Value::literal).collect();
    let Some(headers) = literal.filter(|headers| !headers.is_empty()) else {
        return;
    };
    if let Some(twice) = (1..headers.len()).find(|i| headers[..*i].contains(&headers[*i])) {
        wrong(format!("the import of table `{id}` lists column `{}` twice", headers[twice]), "list it once");
    }
    if let Some(key) = table.key.attributes().find(|key| !headers.contains(&&key.name)) {
        wrong(
            format!("the import of table `{id}` has no column `{}`, which is its key", key.name),
            "DynamoDB skips lines without the table's key",
        );
    }
}

pub(super) fn tags<'a>(
    owner: &str,
    tags: impl Iterator<Item = (&'a String, &'a Value<String>)>,
    at: &Place,
    problems: &mut Vec<Problem>,
) {
    let mut count = 0;
    for (key, value) in tags {
        count += 1;
        let wrong = if key.starts_with("aws:") {
            "starts with `aws:`, which is reserved".to_owned()
        } else if !(1..=128).contains(&key.chars().count()) {
            "has a key that is not 1 to 128 characters long".to_owned()
        } else if value.literal().is_some_and(|value| value.chars().count() > 256) {
            "has a value of more than 256 characters".to_owned()
        } else {
            continue;
        };
        problems.push(
            Problem::error("D1", at, format!("tag `{key}` of {owner} {wrong}")).help("rename or shorten it"),
        );
    }
    if count > MOST_TAGS {
        problems.push(
            Problem::error("D1", at, format!("{owner} has {count} tags; {MOST_TAGS} are allowed"))
                .help("put some of them on the stack")
                .server_text("Number of Tags exceed the current limit"),
        );
    }
}
