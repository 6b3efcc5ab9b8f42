//! The shapes of the calls' input, and what DynamoDB says of input that does not fit.
//!
//! A value of the wrong type is refused at once, with a `SerializationException`; broken constraints are collected. The forms
//! of both are those that conformance tests and API studies recorded from DynamoDB; in which order it lists several is not.

use serde_json::Value;

use crate::wire::error::ApiError;
use crate::wire::query::lower_first;
use crate::wire::text::scalar;

/// What a value may be.
enum Shape {
    /// A text with a least and a largest length, and whether it is a name: `[a-zA-Z0-9_.-]+`.
    Text(usize, usize, bool),
    Enum(&'static [&'static str]),
    /// A number with a least and a largest value.
    Long(i64, i64),
    Bool,
    /// A list with a least and a largest length, and the type of its members.
    List(usize, usize, &'static str, &'static Shape),
    Struct(&'static [Member]),
}

struct Member {
    name: &'static str,
    required: bool,
    shape: &'static Shape,
}

const fn needs(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, required: true, shape }
}

const fn may(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, required: false, shape }
}

const ANY: usize = usize::MAX;
const TEXT: Shape = Shape::Text(0, ANY, false);
const NAME: Shape = Shape::Text(3, 255, true);
const UNITS: Shape = Shape::Long(1, i64::MAX);
/// Limits of their own rules say what is wrong with these.
const NUMBER: Shape = Shape::Long(i64::MIN, i64::MAX);

const KEY: Shape = Shape::Struct(&[
    needs("AttributeName", &Shape::Text(1, 255, false)),
    needs("KeyType", &Shape::Enum(&["HASH", "RANGE"])),
]);
const INDEX_KEYS: Shape = Shape::List(1, ANY, "KeySchemaElement", &KEY);
const PROJECTION: Shape = Shape::Struct(&[
    may("ProjectionType", &Shape::Enum(&["ALL", "INCLUDE", "KEYS_ONLY"])),
    may("NonKeyAttributes", &Shape::List(1, ANY, "", &Shape::Text(1, 255, false))),
]);
const THROUGHPUT: Shape =
    Shape::Struct(&[needs("ReadCapacityUnits", &UNITS), needs("WriteCapacityUnits", &UNITS)]);
const ON_DEMAND: Shape =
    Shape::Struct(&[may("MaxReadRequestUnits", &NUMBER), may("MaxWriteRequestUnits", &NUMBER)]);
const WARM: Shape = Shape::Struct(&[may("ReadUnitsPerSecond", &NUMBER), may("WriteUnitsPerSecond", &NUMBER)]);
const LOCAL_INDEX: Shape = Shape::Struct(&[
    needs("IndexName", &NAME),
    needs("KeySchema", &INDEX_KEYS),
    needs("Projection", &PROJECTION),
]);
const INDEX: Shape = Shape::Struct(&[
    needs("IndexName", &NAME),
    needs("KeySchema", &INDEX_KEYS),
    needs("Projection", &PROJECTION),
    may("ProvisionedThroughput", &THROUGHPUT),
    may("OnDemandThroughput", &ON_DEMAND),
    may("WarmThroughput", &WARM),
]);
const INDEX_UPDATE: Shape = Shape::Struct(&[
    may("Create", &INDEX),
    may(
        "Update",
        &Shape::Struct(&[
            needs("IndexName", &NAME),
            may("ProvisionedThroughput", &THROUGHPUT),
            may("OnDemandThroughput", &ON_DEMAND),
            may("WarmThroughput", &WARM),
        ]),
    ),
    may("Delete", &Shape::Struct(&[needs("IndexName", &NAME)])),
]);
const DEFINITIONS: Shape = Shape::List(
    0,
    ANY,
    "AttributeDefinition",
    &Shape::Struct(&[
        needs("AttributeName", &Shape::Text(1, 255, false)),
        needs("AttributeType", &Shape::Enum(&["B", "N", "S"])),
    ]),
);
const BILLING: Shape = Shape::Enum(&["PROVISIONED", "PAY_PER_REQUEST"]);
const STREAM: Shape = Shape::Struct(&[
    needs("StreamEnabled", &Shape::Bool),
    may("StreamViewType", &Shape::Enum(&["OLD_IMAGE", "KEYS_ONLY", "NEW_AND_OLD_IMAGES", "NEW_IMAGE"])),
]);
const ENCRYPTION: Shape = Shape::Struct(&[
    may("Enabled", &Shape::Bool),
    may("SSEType", &Shape::Enum(&["AES256", "KMS"])),
    may("KMSMasterKeyId", &Shape::Text(1, ANY, false)),
]);
const CLASS: Shape = Shape::Enum(&["STANDARD", "STANDARD_INFREQUENT_ACCESS"]);
const TAGS: Shape = Shape::List(0, ANY, "Tag", &Shape::Struct(&[may("Key", &TEXT), may("Value", &TEXT)]));

const CREATE_TABLE: Shape = Shape::Struct(&[
    may("TableName", &NAME),
    may("AttributeDefinitions", &DEFINITIONS),
    may("KeySchema", &Shape::List(1, 2, "KeySchemaElement", &KEY)),
    may("BillingMode", &BILLING),
    may("ProvisionedThroughput", &THROUGHPUT),
    may("OnDemandThroughput", &ON_DEMAND),
    may("WarmThroughput", &WARM),
    may("GlobalSecondaryIndexes", &Shape::List(0, ANY, "GlobalSecondaryIndex", &INDEX)),
    may("LocalSecondaryIndexes", &Shape::List(0, ANY, "LocalSecondaryIndex", &LOCAL_INDEX)),
    may("StreamSpecification", &STREAM),
    may("SSESpecification", &ENCRYPTION),
    may("TableClass", &CLASS),
    may("DeletionProtectionEnabled", &Shape::Bool),
    may("ResourcePolicy", &TEXT),
    may("Tags", &TAGS),
]);
const UPDATE_TABLE: Shape = Shape::Struct(&[
    may("TableName", &TEXT),
    may("AttributeDefinitions", &DEFINITIONS),
    may("BillingMode", &BILLING),
    may("ProvisionedThroughput", &THROUGHPUT),
    may("OnDemandThroughput", &ON_DEMAND),
    may("WarmThroughput", &WARM),
    may("GlobalSecondaryIndexUpdates", &Shape::List(0, ANY, "GlobalSecondaryIndexUpdate", &INDEX_UPDATE)),
    may("StreamSpecification", &STREAM),
    may("SSESpecification", &ENCRYPTION),
    may("TableClass", &CLASS),
    may("DeletionProtectionEnabled", &Shape::Bool),
]);
const UPDATE_TTL: Shape = Shape::Struct(&[
    may("TableName", &TEXT),
    needs(
        "TimeToLiveSpecification",
        &Shape::Struct(&[
            needs("AttributeName", &Shape::Text(1, 255, false)),
            needs("Enabled", &Shape::Bool),
        ]),
    ),
]);
const UPDATE_RECOVERY: Shape = Shape::Struct(&[
    may("TableName", &TEXT),
    needs(
        "PointInTimeRecoverySpecification",
        &Shape::Struct(&[
            needs("PointInTimeRecoveryEnabled", &Shape::Bool),
            may("RecoveryPeriodInDays", &Shape::Long(1, 35)),
        ]),
    ),
]);
const TAG: Shape = Shape::Struct(&[needs("ResourceArn", &TEXT), needs("Tags", &TAGS)]);
const UNTAG: Shape =
    Shape::Struct(&[needs("ResourceArn", &TEXT), needs("TagKeys", &Shape::List(0, ANY, "", &TEXT))]);
const OF_TABLE: Shape = Shape::Struct(&[may("TableName", &TEXT)]);

/// Refuses input that does not have the shape of its action.
pub(super) fn check(action: &str, input: &Value) -> Result<(), ApiError> {
    let shape = match action {
        "CreateTable" => &CREATE_TABLE,
        "UpdateTable" => &UPDATE_TABLE,
        "UpdateTimeToLive" => &UPDATE_TTL,
        "UpdateContinuousBackups" => &UPDATE_RECOVERY,
        "TagResource" => &TAG,
        "UntagResource" => &UNTAG,
        "DeleteTable" | "DescribeTable" | "DescribeTimeToLive" | "DescribeContinuousBackups" => &OF_TABLE,
        _ => return Ok(()),
    };
    check_type(shape, input)?;
    if matches!(
        action,
        "CreateTable" | "UpdateTable" | "DeleteTable" | "DescribeTable" | "DescribeTimeToLive"
    ) && input.get("TableName").is_none_or(Value::is_null)
    {
        return Err(ApiError::invalid(
            "The parameter 'TableName' is required but was not present in the request",
        ));
    }
    let mut broken = Vec::new();
    collect("", shape, input, &mut broken);
    if broken.is_empty() {
        return Ok(());
    }
    let errors = if broken.len() == 1 { "error" } else { "errors" };
    Err(ApiError::invalid(format!("{} validation {errors} detected: {}", broken.len(), broken.join("; "))))
}

/// The first value of another type than its shape's.
fn check_type(shape: &Shape, value: &Value) -> Result<(), ApiError> {
    let refuse = |text: String| Err(ApiError::new(400, "SerializationException", text));
    let target = match shape {
        Shape::Text(..) | Shape::Enum(_) => "String",
        Shape::Long(..) => "Long",
        Shape::Bool => "Boolean",
        Shape::List(..) | Shape::Struct(_) => "",
    };
    match (shape, value) {
        (_, Value::Null)
        | (Shape::Text(..) | Shape::Enum(_), Value::String(_))
        | (Shape::Long(..), Value::Number(_))
        | (Shape::Bool, Value::Bool(_)) => Ok(()),
        (Shape::List(_, _, _, of), Value::Array(items)) => {
            items.iter().try_for_each(|item| check_type(of, item))
        }
        (Shape::Struct(members), Value::Object(fields)) => members
            .iter()
            .filter_map(|member| Some((member, fields.get(member.name)?)))
            .try_for_each(|(member, value)| check_type(member.shape, value)),
        (_, Value::Object(_)) => refuse("Start of structure or map found where not expected".to_owned()),
        (_, Value::Array(_)) => refuse("Start of list found where not expected".to_owned()),
        (Shape::List(..) | Shape::Struct(_), _) => refuse("Unexpected field type".to_owned()),
        (_, Value::String(_)) => refuse(format!("STRING_VALUE cannot be converted to {target}")),
        (_, Value::Number(_)) => refuse(format!("NUMBER_VALUE cannot be converted to {target}")),
        (_, Value::Bool(flag)) => {
            refuse(format!("{}_VALUE cannot be converted to {target}", flag.to_string().to_uppercase()))
        }
    }
}

/// Collects the broken constraints at a path and below.
fn collect(path: &str, shape: &Shape, value: &Value, broken: &mut Vec<String>) {
    let mut complain = |shown: &str, constraint: &str| {
        broken.push(format!("Value {shown} at '{path}' failed to satisfy constraint: {constraint}"));
    };
    let length = |length: usize, least: usize, most: usize| match length {
        short if short < least => Some(format!("Member must have length greater than or equal to {least}")),
        long if long > most => Some(format!("Member must have length less than or equal to {most}")),
        _ => None,
    };
    match (shape, value) {
        (Shape::Text(least, most, is_name), Value::String(text)) => {
            if let Some(constraint) = length(text.chars().count(), *least, *most) {
                complain(&format!("'{text}'"), &constraint);
            }
            let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
            if *is_name && (text.is_empty() || !text.bytes().all(fits)) {
                let constraint = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+";
                complain(&format!("'{text}'"), constraint);
            }
        }
        (Shape::Enum(values), Value::String(text)) if !values.contains(&text.as_str()) => {
            let constraint = format!("Member must satisfy enum value set: [{}]", values.join(", "));
            complain(&format!("'{text}'"), &constraint);
        }
        (Shape::Long(least, most), Value::Number(number)) => {
            let number = number.as_i64().unwrap_or(i64::MAX);
            if number < *least {
                let constraint = format!("Member must have value greater than or equal to {least}");
                complain(&format!("'{number}'"), &constraint);
            } else if number > *most {
                let constraint = format!("Member must have value less than or equal to {most}");
                complain(&format!("'{number}'"), &constraint);
            }
        }
        (Shape::List(least, most, kind, of), Value::Array(items)) => {
            if let Some(constraint) = length(items.len(), *least, *most) {
                complain(&format!("'{}'", shown(kind, items)), &constraint);
            }
            for (place, item) in items.iter().enumerate() {
                collect(&format!("{path}.{}.member", place + 1), of, item, broken);
            }
        }
        (Shape::Struct(members), Value::Object(fields)) => {
            for member in *members {
                let name = lower_first(member.name);
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                match fields.get(member.name).filter(|value| !value.is_null()) {
                    Some(value) => collect(&path, member.shape, value, broken),
                    None if member.required => broken.push(format!(
                        "Value null at '{path}' failed to satisfy constraint: Member must not be null"
                    )),
                    None => {}
                }
            }
        }
        _ => {}
    }
}

/// A list as DynamoDB shows it: `[KeySchemaElement(attributeName=id, keyType=HASH)]`.
fn shown(kind: &str, items: &[Value]) -> String {
    let item = |item: &Value| match item {
        Value::Object(fields) => {
            let members: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}={}", lower_first(name), scalar(value)))
                .collect();
            format!("{kind}({})", members.join(", "))
        }
        other => scalar(other),
    };
    format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(", "))
}
