//! A shop with a table of orders, and what the scenarios do with it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::colleague::Act;
use crate::interposer::{Script, When};
use crate::stacks::bare_table;
use crate::statements::judged;
use crate::subject::{Kind, Said, Told, WantedStack, Wish};
use crate::world::{REGION, World};

pub(crate) const SHOP: &str = "demo-first";
pub(crate) const DONE: Said = Said::Done { usable: true };

/// A retained table with an index for each of the attributes, and a tag with the region.
pub(crate) fn orders(indexes: &[&str], region: &Value) -> Value {
    let mut table = bare_table(Some("Retain"));
    let properties = &mut table["Properties"];
    properties["Tags"] = json!([{ "Key": "region", "Value": region }]);
    for name in indexes {
        let attribute = json!({ "AttributeName": name, "AttributeType": "S" });
        properties["AttributeDefinitions"].as_array_mut().unwrap().push(attribute);
    }
    let index = |name: &&str| {
        json!({
            "IndexName": format!("by-{name}"),
            "KeySchema": [{ "AttributeName": name, "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "ALL" },
        })
    };
    if !indexes.is_empty() {
        properties["GlobalSecondaryIndexes"] = indexes.iter().map(index).collect();
    }
    table
}

pub(crate) fn shop(indexes: &[&str]) -> Value {
    json!({ "Resources": { "Order": orders(indexes, &json!(REGION)) } })
}

pub(crate) fn wish(template: Value) -> Wish {
    Wish::of(WantedStack::new(SHOP, template))
}

pub(crate) async fn deployed(template: &Value) -> World {
    let world = World::new().await;
    world.direct.create(SHOP, template, &BTreeMap::new()).await;
    world
}

/// Deploys, and asserts that the statements hold.
pub(crate) async fn held(world: &World, wish: &Wish, script: Script) -> Told {
    let (told, broken) = judged(world, wish, script).await;
    assert!(broken.is_empty(), "{broken:#?}\n{told:#?}");
    told
}

pub(crate) async fn indexes(world: &World, resource: &str) -> Vec<String> {
    let resources = world.direct.resources(SHOP).await;
    let table = world.direct.table(&resources[resource].1).await.unwrap();
    assert!(table.is_active(), "{table:?}");
    table.indexes.into_keys().collect()
}

pub(crate) fn acting(when: When, act: Act) -> Script {
    Script { acts: vec![(when, act)], ..Script::default() }
}

pub(crate) fn kind(said: &Said) -> Option<Kind> {
    match said {
        Said::Failed { kind, .. } => Some(*kind),
        _ => None,
    }
}

/// CloudFormation does not see everything that differs, and the indexes come all the same.
pub(crate) async fn the_ladder_is_climbed(before: Value, after: Value) {
    let world = deployed(&before).await;
    let told = held(&world, &wish(after), Script::default()).await;
    assert_eq!(*told.only(), DONE);
    assert_eq!(indexes(&world, "Order").await, ["by-g", "by-h"]);
}

/// Puts the template of a nested stack with some tables at its URL, and returns that of its parent.
pub(crate) fn with_child(world: &World, tables: &[&str]) -> Value {
    let tables = tables.iter().map(|id| ((*id).to_owned(), bare_table(None)));
    let child = json!({ "Resources": tables.collect::<serde_json::Map<_, _>>() });
    let url = world.direct.put("templates", "child", &child.to_string());
    let nested = json!({ "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": url } });
    json!({ "Resources": { "Child": nested } })
}
