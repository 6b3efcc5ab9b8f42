//! The normal form of a resource: two spellings of one setting are equal in it.
//!
//! Numbers and truth values are text; lists that are sets are ordered by what names their elements; what is at its default is left
//! out (CloudFormation docs), and a simple table is the table that SAM writes.

use serde_json::{Map, Value, json};

use crate::resolve::text;

/// A resource in normal form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resource {
    pub(crate) kind: String,
    pub(crate) properties: Value,
    /// The properties as they are written, with values resolved.
    pub(crate) written: Value,
    pub(crate) deletion: String,
    pub(crate) replacement: String,
    /// A condition that is not known to hold.
    pub(crate) condition: Option<Value>,
}

pub(crate) const TABLE: &str = "AWS::DynamoDB::Table";
pub(crate) const GLOBAL: &str = "AWS::DynamoDB::GlobalTable";
pub(crate) const SIMPLE: &str = "AWS::Serverless::SimpleTable";
pub(crate) const KEY: &str = "AWS::KMS::Key";
pub(crate) const BUCKET: &str = "AWS::S3::Bucket";
pub(crate) const KINESIS: &str = "AWS::Kinesis::Stream";
pub(crate) const STACK: &str = "AWS::CloudFormation::Stack";
pub(crate) const APPLICATION: &str = "AWS::Serverless::Application";

impl Resource {
    pub(crate) fn of(resource: &Value) -> Self {
        let kind = resource["Type"].as_str().unwrap_or_default();
        let mut properties = resource.get("Properties").cloned().unwrap_or_else(|| json!({}));
        let kind = if kind == SIMPLE {
            properties = lowered(&properties);
            TABLE
        } else {
            kind
        };
        let policy = |name: &str| resource.get(name).map_or_else(|| "Delete".to_owned(), text);
        let mut normal = normal("", &properties);
        if kind == TABLE || kind == GLOBAL {
            fill(&mut normal);
        }
        Self {
            kind: kind.to_owned(),
            properties: normal,
            written: properties,
            deletion: policy("DeletionPolicy"),
            replacement: policy("UpdateReplacePolicy"),
            condition: resource.get("Condition").cloned(),
        }
    }

    /// Whether both mean the same, whatever their spelling.
    pub(crate) fn means(&self, other: &Self) -> bool {
        let of = |resource: &Self| Self { written: Value::Null, ..resource.clone() };
        of(self) == of(other)
    }

    pub(crate) fn is_table(&self) -> bool {
        self.kind == TABLE || self.kind == GLOBAL
    }

    /// A container of other resources: its template holds tables, or nobody knows.
    pub(crate) fn is_container(&self) -> bool {
        self.kind == STACK || self.kind == APPLICATION || self.kind.ends_with("::MODULE")
    }

    pub(crate) fn holds_data(&self) -> bool {
        self.is_table() || self.is_container() || [KEY, BUCKET, KINESIS].contains(&self.kind.as_str())
    }

    /// The property, `null` if absent.
    pub(crate) fn get(&self, path: &str) -> &Value {
        self.properties.pointer(&format!("/{path}")).unwrap_or(&Value::Null)
    }

    /// The entries of an index list or of another set with names.
    pub(crate) fn names(&self, list: &str) -> Vec<&str> {
        self.get(list).as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect()
    }

    pub(crate) fn is_provisioned(&self) -> bool {
        self.get("BillingMode") == "PROVISIONED"
    }
}

/// The lists that are sets, with what names an element.
const SETS: [(&str, &str); 6] = [
    ("GlobalSecondaryIndexes", "IndexName"),
    ("LocalSecondaryIndexes", "IndexName"),
    ("VectorIndexes", "IndexName"),
    ("AttributeDefinitions", "AttributeName"),
    ("Replicas", "Region"),
    ("Tags", "Key"),
];

fn normal(name: &str, value: &Value) -> Value {
    match value {
        Value::Array(items) => match SETS.iter().find(|(list, _)| *list == name) {
            Some((_, key)) => {
                items.iter().map(|item| (text(item.get(key).unwrap_or(item)), normal("", item))).collect()
            }
            None => {
                let mut items: Vec<Value> = items.iter().map(|item| normal("", item)).collect();
                if name == "NonKeyAttributes" {
                    items.sort_by_key(text);
                }
                Value::Array(items)
            }
        },
        // A list is a set in the branches of an open condition too.
        Value::Object(entries) if entries.len() == 1 && entries.contains_key("Fn::If") => {
            let branches = &entries["Fn::If"];
            json!({ "Fn::If": [branches[0], normal(name, &branches[1]), normal(name, &branches[2])] })
        }
        Value::Object(entries) => {
            entries.iter().map(|(name, value)| (name.clone(), normal(name, value))).collect()
        }
        Value::Null => Value::Null,
        scalar => json!(text(scalar)),
    }
}

/// What means the same as its absence: a setting at its default, and a block that is switched off.
const ABSENT: [(&str, &str, &str); 7] = [
    ("DeletionProtectionEnabled", "", "false"),
    ("TableClass", "", "STANDARD"),
    ("MultiRegionConsistency", "", "EVENTUAL"),
    ("SSESpecification", "SSEEnabled", "false"),
    ("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled", "false"),
    ("ContributorInsightsSpecification", "Enabled", "false"),
    ("TimeToLiveSpecification", "Enabled", "false"),
];

fn fill(properties: &mut Value) {
    let Some(entries) = properties.as_object_mut() else { return };
    entries.entry("BillingMode").or_insert_with(|| json!("PROVISIONED"));
    settle(entries);
    for list in ["Replicas", "GlobalSecondaryIndexes"] {
        for entry in
            entries.get_mut(list).and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
        {
            entry.as_object_mut().into_iter().for_each(settle);
        }
    }
}

fn settle(entries: &mut Map<String, Value>) {
    for (name, switch, off) in ABSENT {
        let value = entries.get(name).map(|value| if switch.is_empty() { value } else { &value[switch] });
        if value.is_some_and(|value| value == off) {
            entries.remove(name);
        }
    }
    if let Some(Value::Object(recovery)) = entries.get_mut("PointInTimeRecoverySpecification") {
        recovery.entry("RecoveryPeriodInDays").or_insert_with(|| json!("35"));
    }
    if let Some(Value::Object(encryption)) = entries.get_mut("SSESpecification")
        && encryption.contains_key("SSEEnabled")
    {
        encryption.entry("SSEType").or_insert_with(|| json!("KMS"));
    }
    entries.retain(|_, value| value.as_object().is_none_or(|value| !value.is_empty()));
}

/// A simple table as SAM writes it out: on demand unless it has capacity, and the key is `id` unless it is named.
fn lowered(simple: &Value) -> Value {
    let key = simple.get("PrimaryKey").cloned().unwrap_or_else(|| json!({ "Name": "id", "Type": "String" }));
    let kind = match key["Type"].as_str() {
        Some("Number") => json!("N"),
        Some("Binary") => json!("B"),
        Some("String") => json!("S"),
        _ => key["Type"].clone(),
    };
    let mut table = json!({
        "AttributeDefinitions": [{ "AttributeName": key["Name"], "AttributeType": kind }],
        "KeySchema": [{ "AttributeName": key["Name"], "KeyType": "HASH" }],
    });
    for name in ["TableName", "ProvisionedThroughput", "SSESpecification", "PointInTimeRecoverySpecification"]
    {
        if let Some(value) = simple.get(name) {
            table[name] = value.clone();
        }
    }
    if simple.get("ProvisionedThroughput").is_none() {
        table["BillingMode"] = json!("PAY_PER_REQUEST");
    }
    if let Some(tags) = simple["Tags"].as_object() {
        table["Tags"] = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    }
    table
}
