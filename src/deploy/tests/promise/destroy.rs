//! The deletion of a stack: what bounds it in time, and a colleague at any of its calls.

use std::time::Duration;

use serde_json::{Value, json};
use tablewright_cloudformation::WatchError;
use tablewright_deploy::{Destroy, Error, EventSender, back_up_tables, plan_destroy};

use crate::colleague::{Act, Edit};
use crate::interposer::When;
use crate::shop::acting;
use crate::world::World;

/// A stack with a table of notes.
fn notes(policy: &str) -> Value {
    json!({ "Resources": { "Note": {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": policy,
        "Properties": {
            "TableName": "notes",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        },
    } } })
}

async fn world(policy: &str) -> World {
    let world = World::new().await;
    let call = world.direct.cloudformation.create_stack().stack_name("notes");
    call.template_body(notes(policy).to_string()).send().await.unwrap();
    world.direct.wait(600);
    world
}

#[tokio::test]
async fn the_deletion_is_followed_for_a_time_and_goes_on() {
    let world = world("Delete").await;
    let (events, _receiver) = EventSender::channel();
    let plan = plan_destroy(&world.target, "notes").await.unwrap().unwrap();
    let destroy =
        Destroy::new(&world.target, &plan, "notes", &events).with_timeout(Some(Duration::from_secs(1)));
    let ended = destroy.run().await;
    assert!(matches!(ended, Err(Error::Watch(WatchError::StillRunning { .. }))), "{ended:?}");
    assert_eq!(world.direct.stack("notes").await.unwrap().status, "DELETE_IN_PROGRESS");
    world.direct.wait(600);
    assert_eq!(world.direct.stack("notes").await, None);
}

#[tokio::test]
async fn a_backup_is_waited_for_for_a_time() {
    let world = world("Delete").await;
    let (events, _receiver) = EventSender::channel();
    let tables = ["notes".to_owned()];
    for (milliseconds, is_in_time) in [(1, false), (600_000, true)] {
        let timeout = Some(Duration::from_millis(milliseconds));
        let ended = back_up_tables(&world.target, &tables, "before", "notes", timeout, &events).await;
        match ended {
            Ok(()) => assert!(is_in_time),
            Err(Error::BackupPending { table }) => assert!(!is_in_time && table == "notes"),
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// A colleague stops retaining the table at any call. Before the deletion is asked for it is found; in the one moment that CloudFormation
/// leaves, it is told afterwards.
#[tokio::test]
async fn a_table_that_is_retained_no_longer_is_found_at_every_call() {
    let mut found = 0;
    for call in 0..30 {
        let world = world("Retain").await;
        let (events, _receiver) = EventSender::channel();
        let plan = plan_destroy(&world.target, "notes").await.unwrap().unwrap();
        let act = Act::Update("notes", Edit::DeletionPolicies);
        world.interposer.play(acting(When::Call(call), act));
        let ended = Destroy::new(&world.target, &plan, "notes", &events).run().await;
        world.interposer.quiet();
        let is_there = world.direct.table("notes").await.is_some();
        match ended {
            Ok(_) => assert!(is_there, "at call {call}"),
            Err(Error::DestroyStale { .. } | Error::DestroyRefused(_)) => {
                found += 1;
                assert!(is_there, "at call {call}");
            }
            Err(Error::DeletedUnseen { resources, .. }) => {
                assert_eq!(resources, ["Note (notes)"], "at call {call}");
                assert!(!is_there);
                let calls = world.interposer.record().calls.clone();
                assert_eq!(calls[call].action, "DeleteStack", "only the last moment is left");
            }
            Err(error) => panic!("at call {call}: {error:?}"),
        }
    }
    assert!(found > 3, "{found}");
}
