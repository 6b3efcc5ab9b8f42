//! Backups of tables: made on demand, and by DynamoDB of a table with point-in-time recovery that is deleted.

use serde_json::{Value, json};

use crate::support::{Wire, world};

fn table(wire: &Wire, name: &str) {
    let input = json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
    });
    assert_eq!(wire.dynamodb("CreateTable", &input).0, 200);
    wire.wait(60);
}

fn backups(wire: &Wire, table: &str, kind: &str) -> Vec<(String, String)> {
    let (_, answer) = wire.dynamodb("ListBackups", &json!({"TableName": table, "BackupType": kind}));
    let name = |backup: &Value| {
        let text = |member: &str| backup[member].as_str().unwrap().to_owned();
        (text("BackupName"), text("BackupStatus"))
    };
    answer["BackupSummaries"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn a_backup_takes_a_moment_and_outlives_its_table() {
    let wire = Wire::new();
    table(&wire, "books");
    let input = json!({"TableName": "books", "BackupName": "before"});
    let (status, answer) = wire.dynamodb("CreateBackup", &input);
    assert_eq!((status, answer["BackupDetails"]["BackupStatus"].as_str()), (200, Some("CREATING")));
    let arn = answer["BackupDetails"]["BackupArn"].as_str().unwrap().to_owned();
    assert!(arn.contains(":table/books/backup/"), "{arn}");
    wire.wait(10);
    assert_eq!(wire.dynamodb("DeleteTable", &json!({"TableName": "books"})).0, 200);
    wire.wait(60);
    let (_, answer) = wire.dynamodb("DescribeBackup", &json!({"BackupArn": arn}));
    assert_eq!(answer["BackupDescription"]["BackupDetails"]["BackupStatus"], "AVAILABLE");
    assert_eq!(answer["BackupDescription"]["SourceTableDetails"]["TableName"], "books");
    // Without point-in-time recovery DynamoDB keeps nothing of its own.
    assert_eq!(backups(&wire, "books", "ALL"), [("before".to_owned(), "AVAILABLE".to_owned())]);
    assert_eq!(wire.dynamodb("DeleteBackup", &json!({"BackupArn": arn})).0, 200);
    let (status, answer) = wire.dynamodb("DescribeBackup", &json!({"BackupArn": arn}));
    assert_eq!((status, answer["message"].as_str()), (400, Some(&*format!("Backup not found: {arn}"))));
}

#[test]
fn a_backup_needs_a_table_and_a_name() {
    let wire = Wire::new();
    table(&wire, "books");
    let message = |input: Value| {
        let (status, answer) = wire.dynamodb("CreateBackup", &input);
        assert_eq!(status, 400);
        answer["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(message(json!({"TableName": "none", "BackupName": "before"})), "Table not found: none");
    assert!(message(json!({"TableName": "books", "BackupName": "a b"})).contains("at 'backupName'"));
    assert!(message(json!({"TableName": "books"})).contains("'backupName'"));
}

#[tokio::test]
async fn a_deleted_table_with_recovery_leaves_a_backup_for_35_days() {
    let wire = Wire::new();
    table(&wire, "books");
    let recovery = json!({"PointInTimeRecoveryEnabled": true});
    let input = json!({"TableName": "books", "PointInTimeRecoverySpecification": recovery});
    assert_eq!(wire.dynamodb("UpdateContinuousBackups", &input).0, 200);
    assert_eq!(wire.dynamodb("DeleteTable", &json!({"TableName": "books"})).0, 200);
    assert_eq!(wire.dynamodb("DeleteTable", &json!({"TableName": "books"})).0, 200);
    assert_eq!(
        backups(&wire, "books", "SYSTEM"),
        [("books$DeletedTableBackup".to_owned(), "AVAILABLE".to_owned())]
    );
    assert_eq!(backups(&wire, "books", "USER"), []);
    wire.wait(36 * 24 * 3_600);
    assert_eq!(backups(&wire, "books", "ALL"), []);

    // And so does one that a stack deletes.
    let world = world();
    let template = crate::support::notes(|template| {
        let table = &mut template["Resources"]["Notes"];
        table["Properties"]["PointInTimeRecoverySpecification"] = json!({"PointInTimeRecoveryEnabled": true});
    });
    world.create("notes", &template).await;
    world.cfn.delete_stack().stack_name("notes").send().await.unwrap();
    world.wait(120);
    let list = world.ddb.list_backups().backup_type(aws_sdk_dynamodb::types::BackupTypeFilter::All);
    let names: Vec<String> = list
        .send()
        .await
        .unwrap()
        .backup_summaries()
        .iter()
        .filter_map(|backup| backup.backup_name().map(str::to_owned))
        .collect();
    assert!(names.len() == 1 && names[0].ends_with("$DeletedTableBackup"), "{names:?}");
}
