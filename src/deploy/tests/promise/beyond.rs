//! What only CloudFormation can tell: nested stacks, and values that it looks up.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tablewright_sandbox::CallFailure;

use crate::interposer::{Script, When};
use crate::shop::{DONE, SHOP, held, kind, wish, with_child};
use crate::stacks::bare_table;
use crate::subject::{Kind, Loss, Said, Wish};
use crate::world::World;

/// A deployed parent whose child has these tables.
async fn deployed(tables: &[&str]) -> (World, Value) {
    let world = World::new().await;
    let parent = with_child(&world, tables);
    world.direct.create(SHOP, &parent, &BTreeMap::new()).await;
    (world, parent)
}

/// The ids of the resources of the only nested stack.
async fn tables_of_child(world: &World) -> Vec<String> {
    let child = world.direct.resources(SHOP).await["Child"].1.clone();
    world.direct.resources(&child).await.into_keys().collect()
}

#[tokio::test]
async fn a_nested_stack_without_changes_is_unchanged() {
    let (world, parent) = deployed(&["Order"]).await;
    let told = held(&world, &wish(parent), Script::default()).await;
    assert_eq!(*told.only(), Said::Unchanged);
}

#[tokio::test]
async fn another_content_at_the_same_url_is_deployed() {
    let (world, parent) = deployed(&["Order"]).await;
    with_child(&world, &["Order", "User"]);
    let told = held(&world, &wish(parent.clone()), Script::default()).await;
    assert_eq!(*told.only(), DONE);
    assert_eq!(tables_of_child(&world).await, ["Order", "User"]);
    let told = held(&world, &wish(parent), Script::default()).await;
    assert_eq!(*told.only(), Said::Unchanged);
}

#[tokio::test]
async fn a_table_that_a_nested_stack_drops_needs_consent_by_its_name() {
    let (world, parent) = deployed(&["Order", "User"]).await;
    with_child(&world, &["User"]);
    for (consent, expected) in [
        (None, Err(())),
        (Some(("Child/User", Loss::Data)), Err(())),
        (Some(("Order", Loss::Data)), Err(())),
        (Some(("Child/Order", Loss::Replacement)), Err(())),
        (Some(("Child/Order", Loss::Data)), Ok(())),
    ] {
        let mut wish = wish(parent.clone());
        if let Some((resource, loss)) = consent {
            wish = wish.consenting(resource, loss);
        }
        let told = held(&world, &wish, Script::default()).await;
        if expected.is_ok() {
            assert_eq!(*told.only(), DONE);
            assert_eq!(tables_of_child(&world).await, ["User"]);
        } else {
            assert!(matches!(kind(told.only()), Some(Kind::Refused | Kind::Other)), "{consent:?}: {told:?}");
            assert_eq!(tables_of_child(&world).await, ["Order", "User"]);
        }
    }
}

#[tokio::test]
async fn a_misspelled_consent_in_a_nested_stack_does_not_pass() {
    let (world, parent) = deployed(&["Order"]).await;
    with_child(&world, &["Order", "User"]);
    let misspelled = wish(parent.clone()).consenting("Child/Oder", Loss::Data);
    let told = held(&world, &misspelled, Script::default()).await;
    assert_eq!(kind(told.only()), Some(Kind::Other), "{told:?}");
    assert_eq!(tables_of_child(&world).await, ["Order"]);
    let elsewhere = wish(parent.clone()).consenting("Chlid/User", Loss::Data);
    let told = held(&world, &elsewhere, Script::default()).await;
    assert_eq!(kind(told.only()), Some(Kind::Other), "{told:?}");
    // In a stack with changes it is known before the change set that it has no such resource.
    let mut changed = parent.clone();
    changed["Outputs"]["Child"] = json!({ "Value": { "Ref": "Child" } });
    let elsewhere = wish(changed).consenting("Chlid/User", Loss::Data);
    let told = held(&world, &elsewhere, Script::default()).await;
    assert_eq!(kind(told.only()), Some(Kind::Other), "{told:?}");
    assert!(!told.calls.iter().any(|call| call == "CreateChangeSet"), "{told:?}");
    let named = wish(parent.clone()).consenting("Child/User", Loss::Data);
    assert_eq!(*held(&world, &named, Script::default()).await.only(), DONE);
    // Nothing is left to change, so that there is nothing to hold it against.
    let again = held(&world, &named, Script::default()).await;
    assert_eq!(*again.only(), Said::Unchanged);
}

#[tokio::test]
async fn a_nested_table_with_another_key_or_name_is_not_replaced() {
    for (property, value) in [
        ("TableName", json!("other")),
        ("KeySchema", json!([{ "AttributeName": "other", "KeyType": "HASH" }])),
    ] {
        let (world, parent) = deployed(&["Order"]).await;
        let mut table = bare_table(None);
        if property == "KeySchema" {
            table["Properties"]["AttributeDefinitions"] =
                json!([{ "AttributeName": "other", "AttributeType": "S" }]);
        }
        table["Properties"][property] = value;
        world.direct.put("templates", "child", &json!({ "Resources": { "Order": table } }).to_string());
        let told = held(&world, &wish(parent), Script::default()).await;
        assert_eq!(kind(told.only()), Some(Kind::Refused), "{property}: {told:?}");
    }
}

/// The deployed value of a parameter of the store changes what the stack would be, and no template says so.
#[tokio::test]
async fn another_value_in_the_store_is_deployed() {
    let store = |value: &str| {
        json!({ "Resources": { "Value": { "Type": "AWS::SSM::Parameter", "Properties": {
            "Type": "String", "Name": "/shop/team", "Value": value,
        } } } })
    };
    let mut table = bare_table(Some("Retain"));
    table["Properties"]["Tags"] = json!([{ "Key": "team", "Value": { "Ref": "Team" } }]);
    let shop = json!({
        "Parameters": { "Team": { "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/shop/team" } },
        "Resources": { "Order": table },
    });
    let world = World::new().await;
    world.direct.create("demo-store", &store("one"), &BTreeMap::new()).await;
    world.direct.create(SHOP, &shop, &BTreeMap::new()).await;
    let told = held(&world, &wish(shop.clone()), Script::default()).await;
    assert_eq!(*told.only(), Said::Unchanged);

    let now = world.direct.stack("demo-store").await.unwrap();
    assert!(world.direct.update(&now, &store("two"), "two").await);
    world.direct.wait(60);
    let told = held(&world, &Wish { ..wish(shop.clone()) }, Script::default()).await;
    assert_eq!(*told.only(), DONE);
    let told = held(&world, &wish(shop), Script::default()).await;
    assert_eq!(*told.only(), Said::Unchanged);
}

/// Without the permission to read their templates, nested stacks are not planned: the change set is all that is known.
#[tokio::test]
async fn a_nested_stack_whose_templates_may_not_be_read_loses_no_table() {
    for told_at in [1, 2] {
        let (world, parent) = deployed(&["Order", "User"]).await;
        with_child(&world, &["User"]);
        let faults = vec![(When::Of("GetTemplate", told_at), CallFailure::AccessDenied)];
        let told = held(&world, &wish(parent), Script { faults, ..Script::default() }).await;
        let Said::Failed { kind: Kind::Refused, text } = told.only() else { panic!("{told:?}") };
        assert!(text.contains("Child/Order"), "{text}");
        assert!(!told.calls.iter().any(|call| call == "ExecuteChangeSet"), "{told:?}");
        assert_eq!(tables_of_child(&world).await, ["Order", "User"]);
    }
}
