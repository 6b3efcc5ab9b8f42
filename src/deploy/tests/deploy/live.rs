//! The tables that a plan changes, as they are, and their backups before a change that loses them.

use std::time::Duration;

use serde_json::{Value, json};
use tablewright::Stack;
use tablewright::render::Rendered;
use tablewright_deploy::{
    Consent, Error, EventSender, JobResult, Options, Remark, ResourcePath, Rollout, RolloutEvent, Schedule,
    TableReading, Target, WaitOptions, plan_stack, read_changed_tables,
};
use tablewright_dynamodb::{Reading, Units};
use tablewright_plan::{PlanOptions, Verdict};
use tablewright_sandbox::{CallFailure, CallFault, Faults, Sandbox, VirtualClock};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::support::sandbox;

struct World {
    sandbox: Sandbox,
    clock: VirtualClock,
    target: Target,
    options: Options,
    events: EventSender,
    receiver: UnboundedReceiver<RolloutEvent>,
}

impl World {
    async fn new() -> Self {
        let (sandbox, clock, target) = sandbox().await;
        let (events, receiver) = EventSender::channel();
        let options = Options { environment: "dev".to_owned(), ..Options::default() };
        Self { sandbox, clock, target, options, events, receiver }
    }

    /// Reads the tables that a plan for this template changes.
    async fn read(&self, template: &Value) -> Vec<TableReading> {
        let stack = Stack::new("notes").name("demo-notes");
        let plan_options = PlanOptions::default();
        let job = plan_stack(&self.target, &stack, rendered(template), &self.options, &plan_options).await;
        read_changed_tables(&job.unwrap()).await
    }

    async fn deploy(&self, template: &Value) -> JobResult {
        let stack = Stack::new("notes").name("demo-notes");
        let plan_options = PlanOptions::default();
        let job = plan_stack(&self.target, &stack, rendered(template), &self.options, &plan_options).await;
        let jobs = [job.unwrap()];
        let schedule = Schedule::new(&jobs, 1, false).unwrap();
        let rollout = Rollout::new(&jobs, &plan_options, WaitOptions::default(), &self.events);
        rollout.prepare(&schedule).await.unwrap();
        let result = rollout.run(&schedule).await.pop().unwrap();
        let _ = rollout.discard_open().await;
        result
    }

    fn deny(&self, actions: &[&str]) {
        let deny = |action: &&str| CallFault {
            action: (*action).to_owned(),
            from: 1,
            to: u64::MAX,
            failure: CallFailure::AccessDenied,
        };
        let calls = actions.iter().map(deny).collect();
        self.sandbox.set_faults(Faults { calls, ..Faults::default() }).unwrap();
    }

    fn calls(&self, action: &str) -> usize {
        self.sandbox.calls().iter().filter(|call| call.action == action).count()
    }
}

fn rendered(template: &Value) -> Rendered {
    Rendered { text: template.to_string(), template: template.clone(), additions: Vec::new() }
}

fn tables(policy: &str) -> Value {
    let table = |name: &str| {
        json!({
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": policy,
            "UpdateReplacePolicy": policy,
            "Properties": {
                "TableName": name,
                "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
                "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": { "ReadCapacityUnits": 5, "WriteCapacityUnits": 5 },
            },
        })
    };
    json!({ "Resources": { "Note": table("notes"), "User": table("users") } })
}

fn with(mut template: Value, property: &str, value: Value) -> Value {
    template["Resources"]["Note"]["Properties"][property] = value;
    template
}

fn without_note(mut template: Value) -> Value {
    template["Resources"].as_object_mut().unwrap().remove("Note");
    template
}

fn recovery(on: bool) -> Value {
    json!({ "PointInTimeRecoveryEnabled": on })
}

fn units(read: i64, write: i64) -> Value {
    json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write })
}

#[tokio::test]
async fn only_deployed_tables_that_change_are_read() {
    let world = World::new().await;
    let template = tables("Retain");
    assert_eq!(world.read(&template).await, [], "nothing is deployed");
    assert!(matches!(world.deploy(&template).await, JobResult::Done));
    let before = (world.calls("DescribeTable"), world.calls("ListStackResources"));
    assert_eq!(world.read(&template).await, []);
    assert_eq!((world.calls("DescribeTable"), world.calls("ListStackResources")), before);
    let read = world.read(&with(template, "PointInTimeRecoverySpecification", recovery(true))).await;
    let [note] = &read[..] else { panic!("one table changes: {read:?}") };
    assert_eq!((&*note.logical_id, note.name.as_deref()), ("Note", Some("notes")));
    assert!(note.remarks.is_empty() && note.loss.is_none(), "{note:?}");
    assert_eq!(world.calls("DescribeTable"), before.0 + 1);
}

#[tokio::test]
async fn a_table_under_a_new_logical_id_is_not_missing() {
    let world = World::new().await;
    let template = tables("Retain");
    world.deploy(&template).await;
    let mut renamed = template.clone();
    let resources = renamed["Resources"].as_object_mut().unwrap();
    let note = resources.remove("Note").unwrap();
    resources.insert("Memo".to_owned(), note);
    let read = world.read(&renamed).await;
    assert!(read.iter().all(|table| table.logical_id != "Memo"), "{read:?}");
}

#[tokio::test]
async fn a_table_that_is_missing_or_busy_or_protected_is_found() {
    let world = World::new().await;
    let template = tables("Delete");
    world.deploy(&template).await;
    let call = world.target.dynamodb.update_table().table_name("notes").deletion_protection_enabled(true);
    call.send().await.unwrap();
    let lost = without_note(template.clone());
    let note = world.read(&lost).await.remove(0);
    assert_eq!(note.remarks, [Remark::DeletionProtected, Remark::NotActive]);
    let loss = note.loss.unwrap();
    assert_eq!((loss.recovery, loss.last_backup), (Reading::Found(None), Reading::Found(None)));

    world.clock.advance(Duration::from_secs(60));
    let call = world.target.dynamodb.update_table().table_name("notes").deletion_protection_enabled(false);
    call.send().await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    world.target.dynamodb.delete_table().table_name("notes").send().await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    let changed = with(template, "PointInTimeRecoverySpecification", recovery(true));
    let note = world.read(&changed).await.remove(0);
    assert_eq!((note.live, note.remarks), (Reading::Missing, vec![Remark::Missing]));
}

#[tokio::test]
async fn capacity_that_the_update_would_overwrite_and_warm_throughput_that_cannot_sink_are_found() {
    let world = World::new().await;
    let template = tables("Retain");
    world.deploy(&template).await;
    let scaled = aws_sdk_dynamodb::types::ProvisionedThroughput::builder()
        .read_capacity_units(40)
        .write_capacity_units(30)
        .build()
        .unwrap();
    let call = world.target.dynamodb.update_table().table_name("notes").provisioned_throughput(scaled);
    call.send().await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    // What the update does not write stays.
    let changed = with(template.clone(), "PointInTimeRecoverySpecification", recovery(true));
    assert_eq!(world.read(&changed).await[0].remarks, []);
    let changed = with(template.clone(), "ProvisionedThroughput", units(6, 6));
    let (template_units, live) = (Units { read: 6, write: 6 }, Units { read: 40, write: 30 });
    assert_eq!(
        world.read(&changed).await[0].remarks,
        [Remark::CapacityOverwritten { index: None, template: template_units, live }]
    );
    let warm = json!({ "ReadUnitsPerSecond": 10, "WriteUnitsPerSecond": 50 });
    let changed = with(template, "WarmThroughput", warm);
    let template_units = Units { read: 10, write: 50 };
    assert_eq!(
        world.read(&changed).await[0].remarks,
        [Remark::WarmThroughputAbove { index: None, template: template_units, live }]
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_no_failure() {
    let world = World::new().await;
    let template = tables("Retain");
    world.deploy(&template).await;
    let changed = with(template, "PointInTimeRecoverySpecification", recovery(true));
    for action in ["DescribeTable", "ListStackResources"] {
        world.deny(&[action]);
        let read = world.read(&changed).await;
        let Reading::Unreadable(why) = &read[0].live else { panic!("{action} is denied") };
        assert!(why.permission.unwrap().ends_with(action), "{why:?}");
    }
}

#[tokio::test]
async fn a_table_is_backed_up_before_the_change_set_that_loses_it_is_executed() {
    for policy in ["Delete", "Retain"] {
        let mut world = World::new().await;
        let template = tables(policy);
        world.deploy(&template).await;
        world.options.backup_first = true;
        let resource: ResourcePath = "dev/notes/Note".parse().unwrap();
        world.options.consents = vec![Consent { resource, verdict: Verdict::DataLoss }];
        // Nothing is lost here.
        world.deploy(&with(template.clone(), "PointInTimeRecoverySpecification", recovery(true))).await;
        assert_eq!(world.calls("CreateBackup"), 0);

        world.deny(&["CreateBackup"]);
        let lost = without_note(template);
        let executed = world.calls("ExecuteChangeSet");
        let result = world.deploy(&lost).await;
        assert!(matches!(result, JobResult::Failed(Error::Backup(_))), "{result:?}");
        assert_eq!(world.calls("ExecuteChangeSet"), executed, "nothing is executed without a backup");

        world.sandbox.set_faults(Faults::default()).unwrap();
        assert!(matches!(world.deploy(&lost).await, JobResult::Done));
        let mut backed_up = Vec::new();
        while let Ok(event) = world.receiver.try_recv() {
            if let RolloutEvent::BackedUp { table, backup, .. } = event {
                backed_up.push((table, backup.name));
            }
        }
        assert_eq!(backed_up, [("notes".to_owned(), "before-deploy-demo-notes".to_owned())]);
        let actions: Vec<String> = world.sandbox.calls().iter().map(|call| call.action.clone()).collect();
        let last = |action: &str| actions.iter().rposition(|one| one == action).unwrap();
        assert!(last("DescribeBackup") < last("ExecuteChangeSet"), "{policy}");
    }
}
