//! What a table is like now, and its backups, against the sandbox.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, KeySchemaElement, KeyType, PointInTimeRecoverySpecification, ProvisionedThroughput,
    ScalarAttributeType,
};
use tablewright_dynamodb::{
    BackupError, Reading, TablePolling, Units, create_backup, last_backup, live_table, recovery_window,
};
use tablewright_sandbox::{CallFailure, CallFault, Faults, Sandbox, VirtualClock};

use crate::support::sandbox;

struct World {
    sandbox: Sandbox,
    clock: VirtualClock,
    client: Client,
}

impl World {
    async fn new() -> Self {
        let (sandbox, clock, client) = sandbox();
        let world = Self { sandbox, clock, client };
        let attribute =
            AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
        let units = ProvisionedThroughput::builder().read_capacity_units(7).write_capacity_units(3);
        let call = world.client.create_table().table_name("notes").deletion_protection_enabled(true);
        let call = call.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
        call.provisioned_throughput(units.build().unwrap()).send().await.unwrap();
        world.clock.advance(Duration::from_secs(60));
        world
    }

    fn fail(&self, action: &str, failure: CallFailure) {
        let calls = vec![CallFault { action: action.into(), from: 1, to: u64::MAX, failure }];
        self.sandbox.set_faults(Faults { calls, ..Faults::default() }).unwrap();
    }

    async fn back_up(&self) -> Result<String, BackupError> {
        let backup = create_backup(&self.client, "notes", "before", TablePolling::default()).await;
        backup.map(|backup| backup.arn)
    }
}

#[tokio::test]
async fn a_table_is_read_as_it_is() {
    let world = World::new().await;
    let Reading::Found(live) = live_table(&world.client, "notes").await else { panic!("it is there") };
    assert!(live.deletion_protection && !live.on_demand);
    assert_eq!(live.capacity[&None], Units { read: 7, write: 3 });
    assert_eq!(live.progress.status, "ACTIVE");
    assert_eq!(live_table(&world.client, "nowhere").await, Reading::Missing);
}

#[tokio::test]
async fn what_cannot_be_read_names_the_missing_permission() {
    let world = World::new().await;
    world.fail("DescribeTable", CallFailure::AccessDenied);
    let Reading::Unreadable(why) = live_table(&world.client, "notes").await else { panic!("it is denied") };
    assert_eq!(why.permission, Some("dynamodb:DescribeTable"));
    world.fail("ListBackups", CallFailure::ServerError);
    let Reading::Unreadable(why) = last_backup(&world.client, "notes").await else { panic!("it fails") };
    assert_eq!(why.permission, None);
}

#[tokio::test]
async fn the_recovery_window_and_the_last_backup_are_read() {
    let world = World::new().await;
    assert_eq!(recovery_window(&world.client, "notes").await, Reading::Found(None));
    assert_eq!(last_backup(&world.client, "notes").await, Reading::Found(None));
    let recovery = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
    let call = world.client.update_continuous_backups().table_name("notes");
    call.point_in_time_recovery_specification(recovery.unwrap()).send().await.unwrap();
    world.clock.advance(Duration::from_secs(3_600));
    let Reading::Found(Some(window)) = recovery_window(&world.client, "notes").await else {
        panic!("it is on")
    };
    assert_eq!(window.latest.duration_since(window.earliest).unwrap().as_secs(), 3_600);

    let _ = world.back_up().await.unwrap();
    world.clock.advance(Duration::from_secs(3_600));
    let second = world.back_up().await.unwrap();
    let Reading::Found(Some(last)) = last_backup(&world.client, "notes").await else {
        panic!("there are two")
    };
    assert_eq!(last.arn, second);
}

#[tokio::test]
async fn a_backup_is_waited_for_until_it_can_be_restored() {
    let world = World::new().await;
    let began = world.clock.now();
    let arn = world.back_up().await.unwrap();
    assert!(world.clock.now().duration_since(began).unwrap() >= Duration::from_secs(4));
    let answer = world.client.describe_backup().backup_arn(arn).send().await.unwrap();
    let details = answer.backup_description().unwrap().backup_details().unwrap();
    assert_eq!(details.backup_status().as_str(), "AVAILABLE");
}

#[tokio::test]
async fn a_backup_that_is_not_made_is_an_error() {
    let world = World::new().await;
    world.fail("CreateBackup", CallFailure::AccessDenied);
    let error = world.back_up().await.unwrap_err();
    assert!(matches!(&error, BackupError::Denied { permission: "dynamodb:CreateBackup", .. }), "{error:?}");
    // An answer that is lost says nothing about the backup, so a second one is not made.
    world.fail("CreateBackup", CallFailure::ServerError);
    let before = world.sandbox.calls().len();
    assert!(matches!(world.back_up().await, Err(BackupError::Failed { .. })));
    assert_eq!(world.sandbox.calls().len(), before + 1);

    world.fail("DescribeBackup", CallFailure::ServerError);
    let began = world.clock.now();
    assert!(matches!(world.back_up().await, Err(BackupError::Failed { .. })));
    assert!(world.clock.now().duration_since(began).unwrap() < Duration::from_secs(3_700), "it has an end");
    world.sandbox.set_faults(Faults::default()).unwrap();
    let missing = create_backup(&world.client, "nowhere", "before", TablePolling::default()).await;
    assert!(matches!(missing, Err(BackupError::Missing { .. })), "{missing:?}");
}
