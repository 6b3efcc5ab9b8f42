//! What a table is to be: one reader for CreateTable's input and for the properties of `AWS::DynamoDB::Table`.
//!
//! The two differ in a handful of names only. Scalars may be strings, as templates have them. Nothing is judged here.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::state::table_spec::{
    Encryption, IndexSpec, Key, Recovery, TableSpec, Throughput, TimeToLive, Warm,
};

impl TableSpec {
    /// Reads CreateTable's input or a resource's properties.
    pub(crate) fn read(input: &Value) -> Self {
        let list = |name: &str| input.get(name).and_then(Value::as_array);
        let stream =
            input.get("StreamSpecification").filter(|spec| flag(spec, "StreamEnabled") != Some(false));
        let mut spec = Self {
            attributes: read_attributes(input),
            keys: read_keys(input),
            pay_per_request: text(input, "BillingMode").as_deref() == Some("PAY_PER_REQUEST"),
            throughput: read_throughput(input),
            on_demand: input.get("OnDemandThroughput").cloned(),
            warm: read_warm(input),
            class: text(input, "TableClass"),
            deletion_protection: flag(input, "DeletionProtectionEnabled").unwrap_or(false),
            stream: stream.and_then(|spec| text(spec, "StreamViewType")),
            sse: read_encryption(input),
            indexes: list("GlobalSecondaryIndexes").into_iter().flatten().map(IndexSpec::read).collect(),
            local_indexes: list("LocalSecondaryIndexes").into_iter().flatten().map(IndexSpec::read).collect(),
            empty_lists: Vec::new(),
            resource_policy: input.get("ResourcePolicy").cloned(),
            tags: read_tags(input),
            time_to_live: input.get("TimeToLiveSpecification").map(|block| TimeToLive {
                enabled: flag(block, "Enabled").unwrap_or(false),
                attribute: text(block, "AttributeName"),
            }),
            recovery: input.get("PointInTimeRecoverySpecification").map(|block| Recovery {
                enabled: flag(block, "PointInTimeRecoveryEnabled").unwrap_or(false),
                days: int(block, "RecoveryPeriodInDays"),
            }),
            insights: input.get("ContributorInsightsSpecification").cloned(),
            kinesis: input.get("KinesisStreamSpecification").cloned(),
        };
        for name in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
            if list(name).is_some_and(Vec::is_empty) {
                spec.empty_lists.push(name.to_owned());
            }
        }
        spec
    }
}

impl IndexSpec {
    pub(crate) fn read(input: &Value) -> Self {
        let projection = input.get("Projection");
        let non_key = projection.and_then(|projection| projection.get("NonKeyAttributes")?.as_array());
        Self {
            name: text(input, "IndexName").unwrap_or_default(),
            keys: read_keys(input),
            projection: projection.and_then(|projection| text(projection, "ProjectionType")),
            non_key: non_key.into_iter().flatten().filter_map(as_text).collect(),
            throughput: read_throughput(input),
            on_demand: input.get("OnDemandThroughput").cloned(),
            warm: read_warm(input),
            insights: input.get("ContributorInsightsSpecification").cloned(),
        }
    }
}

fn read_attributes(input: &Value) -> BTreeMap<String, String> {
    let list = input.get("AttributeDefinitions").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .map(|item| {
            (text(item, "AttributeName").unwrap_or_default(), text(item, "AttributeType").unwrap_or_default())
        })
        .collect()
}

fn read_keys(input: &Value) -> Vec<Key> {
    let list = input.get("KeySchema").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .map(|item| Key {
            name: text(item, "AttributeName").unwrap_or_default(),
            kind: text(item, "KeyType").unwrap_or_default(),
        })
        .collect()
}

pub(crate) fn read_throughput(input: &Value) -> Option<Throughput> {
    let block = input.get("ProvisionedThroughput")?;
    Some(Throughput {
        read: int(block, "ReadCapacityUnits").unwrap_or_default(),
        write: int(block, "WriteCapacityUnits").unwrap_or_default(),
    })
}

pub(crate) fn read_warm(input: &Value) -> Option<Warm> {
    let block = input.get("WarmThroughput")?;
    Some(Warm { read: int(block, "ReadUnitsPerSecond"), write: int(block, "WriteUnitsPerSecond") })
}

pub(crate) fn read_encryption(input: &Value) -> Option<Encryption> {
    let block = input.get("SSESpecification")?;
    Some(Encryption {
        enabled: flag(block, "SSEEnabled").or_else(|| flag(block, "Enabled")).unwrap_or(false),
        kind: text(block, "SSEType"),
        key: text(block, "KMSMasterKeyId"),
    })
}

pub(crate) fn read_tags(input: &Value) -> Vec<(String, String)> {
    let list = input.get("Tags").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .map(|tag| (text(tag, "Key").unwrap_or_default(), text(tag, "Value").unwrap_or_default()))
        .collect()
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A scalar member as text.
pub(crate) fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(as_text)
}

/// A number, which a template may have written as a string.
pub(crate) fn int(value: &Value, name: &str) -> Option<i64> {
    match value.get(name)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A boolean, which a template may have written as a string.
pub(crate) fn flag(value: &Value, name: &str) -> Option<bool> {
    match value.get(name)? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The members of `OnDemandThroughput` as numbers.
pub(crate) fn on_demand(value: &Value) -> Value {
    let mut out = Map::new();
    for name in ["MaxReadRequestUnits", "MaxWriteRequestUnits"] {
        if let Some(units) = int(value, name) {
            out.insert(name.to_owned(), units.into());
        }
    }
    Value::Object(out)
}
