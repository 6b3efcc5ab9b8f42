//! What bounds the deletion of a stack in time.

use std::time::Duration;

use serde_json::json;
use tablewright_cloudformation::WatchError;
use tablewright_deploy::{Destroy, Error, EventSender, back_up_tables, plan_destroy};

use crate::world::World;

async fn world() -> World {
    let world = World::new().await;
    let template = json!({ "Resources": { "Note": {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Delete",
        "Properties": {
            "TableName": "notes",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        },
    } } });
    let call = world.direct.cloudformation.create_stack().stack_name("notes");
    call.template_body(template.to_string()).send().await.unwrap();
    world.direct.wait(600);
    world
}

#[tokio::test]
async fn the_deletion_is_followed_for_a_time_and_goes_on() {
    let world = world().await;
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
    let world = world().await;
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
