//! SAM's simple tables as the tables that the transform makes of them.
//!
//! In: a template with its known values written out. Out: the same with each `AWS::Serverless::SimpleTable` as `AWS::DynamoDB::Table`: an
//! on-demand table, unless it has provisioned throughput, with a key of one attribute, `id` of type String by default
//! (`SimpleTable.to_cloudformation` of the SAM translator). One whose key is an expression stays as it is.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::equality::{intrinsic, text};
use crate::view::{SIMPLE_TABLE, TABLE, entries, kind};

/// Returns the template without simple tables.
pub(crate) fn lowered(template: Cow<'_, Value>) -> Cow<'_, Value> {
    let global = template["Globals"]["SimpleTable"].as_object();
    let tables = entries(&template, "Resources").filter(|(_, resource)| kind(resource) == Some(SIMPLE_TABLE));
    let tables: Vec<(String, Value)> =
        tables.filter_map(|(id, resource)| Some((id.to_owned(), table(resource, global)?))).collect();
    if tables.is_empty() {
        return template;
    }
    let mut template = template.into_owned();
    for (id, table) in tables {
        template["Resources"][id] = table;
    }
    Cow::Owned(template)
}

fn table(simple: &Value, global: Option<&Map<String, Value>>) -> Option<Value> {
    let nothing = Map::new();
    let own = match simple.get("Properties") {
        None => &nothing,
        Some(properties) => properties.as_object().filter(|_| intrinsic(properties).is_none())?,
    };
    let mut properties = global.cloned().unwrap_or_default();
    properties.extend(own.clone());
    let (name, kind) = key(properties.remove("PrimaryKey").as_ref())?;
    properties.insert("KeySchema".to_owned(), json!([{ "AttributeName": name, "KeyType": "HASH" }]));
    let definitions = json!([{ "AttributeName": name, "AttributeType": kind }]);
    properties.insert("AttributeDefinitions".to_owned(), definitions);
    if let Some(Value::Object(tags)) = properties.get("Tags")
        && intrinsic(&properties["Tags"]).is_none()
    {
        let tags: Value = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        properties.insert("Tags".to_owned(), tags);
    }
    if !properties.contains_key("ProvisionedThroughput") {
        properties.insert("BillingMode".to_owned(), json!("PAY_PER_REQUEST"));
    }
    let mut table = simple.clone();
    table["Type"] = json!(TABLE);
    table["Properties"] = Value::Object(properties);
    Some(table)
}

/// Returns the attribute of the key and its type.
fn key(primary: Option<&Value>) -> Option<(Value, Value)> {
    let Some(primary) = primary else { return Some((json!("id"), json!("S"))) };
    let primary = primary.as_object().filter(|_| intrinsic(primary).is_none())?;
    let kind = match primary.get("Type").map(|kind| (text(kind), kind)) {
        None => json!("S"),
        Some((Some(kind), _)) => match kind.as_str() {
            "String" => json!("S"),
            "Number" => json!("N"),
            "Binary" => json!("B"),
            _ => json!(kind),
        },
        Some((None, expression)) => expression.clone(),
    };
    Some((primary.get("Name").cloned().unwrap_or_else(|| json!("id")), kind))
}

/// Returns where a place of the table stands in the simple table, as JSON pointers below the resource.
pub(crate) fn written_path(path: &str) -> String {
    let is = |property: &str| path.starts_with(&format!("/Properties/{property}"));
    if is("KeySchema") || is("AttributeDefinitions") {
        "/Properties/PrimaryKey".to_owned()
    } else if is("BillingMode") {
        "/Properties/ProvisionedThroughput".to_owned()
    } else if is("Tags") {
        "/Properties/Tags".to_owned()
    } else {
        path.to_owned()
    }
}
