//! Deletions of stacks against the sandbox, on a clock that stands still until somebody sleeps.

use std::time::Duration;

use serde_json::{Value, json};
use tablewright_deploy::{
    Destroy, DestroyPlan, DestroyRefusal, Ending, Error, EventSender, Fate, RolloutEvent, Target,
    back_up_tables, plan_destroy,
};
use tablewright_dynamodb::Reading;
use tablewright_sandbox::{CallFailure, CallFault, Faults, Request, Sandbox, VirtualClock};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::support::sandbox;

struct World {
    sandbox: Sandbox,
    clock: VirtualClock,
    target: Target,
    events: EventSender,
    receiver: UnboundedReceiver<RolloutEvent>,
}

impl World {
    async fn new() -> Self {
        let (sandbox, clock, target) = sandbox().await;
        let (events, receiver) = EventSender::channel();
        Self { sandbox, clock, target, events, receiver }
    }

    /// Creates a stack and waits until everything in it can be used.
    async fn create(&self, name: &str, template: &Value) {
        let call = self.target.cloudformation.create_stack().stack_name(name);
        call.template_body(template.to_string()).send().await.unwrap();
        self.clock.advance(Duration::from_secs(600));
    }

    /// Updates a stack, as a colleague does.
    async fn update(&self, name: &str, template: &Value) {
        let call = self.target.cloudformation.update_stack().stack_name(name);
        call.template_body(template.to_string()).send().await.unwrap();
        self.clock.advance(Duration::from_secs(600));
    }

    async fn plan(&self, name: &str) -> DestroyPlan {
        plan_destroy(&self.target, name).await.unwrap().unwrap()
    }

    async fn destroy(&self, plan: &DestroyPlan) -> Result<Ending, Error> {
        Destroy::new(&self.target, plan, "notes", &self.events).run().await
    }

    async fn back_up_users(&self) -> Result<(), Error> {
        let tables = ["users".to_owned()];
        back_up_tables(&self.target, &tables, "before", "notes", None, &self.events).await
    }

    async fn status(&self, name: &str) -> Option<String> {
        let answer = self.target.cloudformation.describe_stacks().stack_name(name).send().await.ok()?;
        Some(answer.stacks().first()?.stack_status()?.as_str().to_owned())
    }

    async fn table(&self, name: &str) -> Option<String> {
        let answer = self.target.dynamodb.describe_table().table_name(name).send().await.ok()?;
        Some(answer.table()?.table_status()?.as_str().to_owned())
    }

    async fn delete_table(&self, name: &str) {
        self.target.dynamodb.delete_table().table_name(name).send().await.unwrap();
        self.clock.advance(Duration::from_secs(60));
    }

    fn deny(&self, action: &str) {
        self.fail(action, u64::MAX, CallFailure::AccessDenied);
    }

    /// Lets the first calls of an action fail.
    fn fail(&self, action: &str, to: u64, failure: CallFailure) {
        let calls = vec![CallFault { action: action.into(), from: 1, to, failure }];
        self.sandbox.set_faults(Faults { calls, ..Faults::default() }).unwrap();
    }

    /// Puts a template into a bucket and returns its URL.
    fn put(&self, key: &str, template: &Value) -> String {
        let scope = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/s3/aws4_request, Signature=0";
        let put = |path: String, body: String| {
            let headers = vec![("Authorization".into(), scope.into())];
            let request = Request { method: "PUT".into(), path, headers, body: body.into_bytes() };
            self.sandbox.answer(&request).unwrap().status
        };
        // The bucket may be there already.
        put("/templates".to_owned(), String::new());
        assert_eq!(put(format!("/templates/{key}"), template.to_string()), 200);
        format!("https://s3.amazonaws.com/templates/{key}")
    }
}

fn table(name: &str, policy: &str) -> Value {
    json!({
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": policy,
        "Properties": {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        },
    })
}

fn encrypted(name: &str, policy: &str, key: &Value) -> Value {
    let mut table = table(name, policy);
    table["Properties"]["SSESpecification"] =
        json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": key });
    table
}

fn key() -> Value {
    json!({ "Type": "AWS::KMS::Key", "Properties": { "KeyPolicy": { "Version": "2012-10-17", "Statement": [] } } })
}

fn nested(url: &str) -> Value {
    json!({ "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": url } })
}

fn fates(plan: &DestroyPlan) -> Vec<(&str, Fate)> {
    plan.resources.iter().map(|resource| (&*resource.path, resource.fate)).collect()
}

fn lost(plan: &DestroyPlan) -> Vec<&str> {
    plan.lost_tables().map(|(resource, _)| &*resource.path).collect()
}

#[tokio::test]
async fn everything_is_listed_nested_stacks_included() {
    let world = World::new().await;
    let child = json!({ "Resources": {
        "Orders": table("orders", "Delete"),
        "Users": table("users", "RetainExceptOnCreate"),
    } });
    let kept = json!({ "Resources": { "Invoices": table("invoices", "Delete") } });
    let mut kept_stack = nested(&world.put("kept.json", &kept));
    kept_stack["DeletionPolicy"] = json!("Retain");
    let template = json!({ "Resources": {
        "Child": nested(&world.put("child.json", &child)),
        "Kept": kept_stack,
        "Note": table("notes", "Retain"),
        "Topic": { "Type": "AWS::SNS::Topic" },
    } });
    world.create("notes", &template).await;
    let plan = world.plan("notes").await;
    assert_eq!(
        fates(&plan),
        [
            ("Child", Fate::Deleted),
            ("Kept", Fate::Retained),
            ("Note", Fate::Retained),
            ("Topic", Fate::Deleted),
            ("Child/Orders", Fate::Deleted),
            ("Child/Users", Fate::Retained),
            ("Kept/Invoices", Fate::Retained),
        ]
    );
    assert_eq!(lost(&plan), ["Child/Orders"]);
    assert_eq!(plan.refusals(), []);
    let ending = world.destroy(&plan).await.unwrap();
    assert!(matches!(ending, Ending::Deleted { .. }), "{ending:?}");
    assert_eq!(world.table("orders").await, None);
    for stays in ["users", "invoices", "notes"] {
        assert_eq!(world.table(stays).await.as_deref(), Some("ACTIVE"), "{stays}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_not_mentioned() {
    let world = World::new().await;
    let resources = json!({ "Note": table("notes", "Delete"), "Old": table("old", "Retain"), "User": table("users", "Delete") });
    world.create("notes", &json!({ "Resources": resources })).await;
    world.delete_table("notes").await;
    world.delete_table("old").await;
    let plan = world.plan("notes").await;
    assert_eq!(fates(&plan), [("User", Fate::Deleted)]);
    assert!(plan_destroy(&world.target, "nowhere").await.unwrap().is_none());
}

#[tokio::test]
async fn a_table_of_another_stack_is_not_taken_for_one_of_a_failed_creation() {
    let world = World::new().await;
    world.create("first", &json!({ "Resources": { "Note": table("notes", "Delete") } })).await;
    let call = world.target.cloudformation.create_stack().stack_name("second").disable_rollback(true);
    let template =
        json!({ "Resources": { "Note": table("notes", "Delete"), "Topic": { "Type": "AWS::SNS::Topic" } } });
    call.disable_validation(true).template_body(template.to_string()).send().await.unwrap();
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(world.status("second").await.as_deref(), Some("CREATE_FAILED"));
    let plan = world.plan("second").await;
    assert_eq!(lost(&plan), Vec::<&str>::new(), "{plan:?}");
    world.destroy(&plan).await.unwrap();
    assert_eq!(world.table("notes").await.as_deref(), Some("ACTIVE"));
}

#[tokio::test]
async fn a_key_is_not_deleted_under_a_table_that_stays() {
    let world = World::new().await;
    let by_ref = json!({ "Fn::GetAtt": ["Key", "Arn"] });
    let template = json!({ "Resources": { "Key": key(), "Note": encrypted("notes", "Retain", &by_ref) } });
    world.create("notes", &template).await;
    let plan = world.plan("notes").await;
    let refusals = plan.refusals();
    assert_eq!(
        refusals[0].to_string(),
        "deleting the stack would make the items of retained tables unreadable: `Note` is encrypted with key `Key`, which is deleted"
    );
    let refused = world.destroy(&plan).await.unwrap_err();
    assert!(matches!(refused, Error::DestroyRefused(DestroyRefusal::KeysInUse { .. })), "{refused:?}");
    assert_eq!(world.status("notes").await.as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(world.table("notes").await.as_deref(), Some("ACTIVE"));

    // Where the table cannot be read, its template tells.
    world.deny("DescribeTable");
    let plan = world.plan("notes").await;
    assert!(plan.keys_in_use[0].is_certain, "{plan:?}");
    assert!(matches!(plan.resources[1].table.as_ref().unwrap().live, Reading::Unreadable(_)));
}

#[tokio::test]
async fn a_key_and_its_table_may_be_in_different_stacks_of_a_tree() {
    let world = World::new().await;
    let child = json!({
        "Parameters": { "Key": { "Type": "String" } },
        "Resources": { "Note": encrypted("notes", "Retain", &json!({ "Ref": "Key" })) },
    });
    let mut stack = nested(&world.put("child.json", &child));
    stack["Properties"]["Parameters"] = json!({ "Key": { "Fn::GetAtt": ["Key", "Arn"] } });
    world.create("notes", &json!({ "Resources": { "Key": key(), "Child": stack } })).await;
    let [of_table] = &world.plan("notes").await.keys_in_use[..] else { panic!("one key is in use") };
    assert_eq!((&*of_table.key, &*of_table.table, of_table.is_certain), ("Key", "Child/Note", true));

    // Neither the table nor its template tells which key it is.
    world.deny("DescribeTable");
    let plan = world.plan("notes").await;
    let [of_table] = &plan.keys_in_use[..] else { panic!("one key may be in use") };
    assert!(!of_table.is_certain);
    assert!(plan.refusals()[0].to_string().contains("`Child/Note` may be encrypted with key `Key`"));
}

#[tokio::test]
async fn a_key_that_only_lost_tables_have_stands_in_no_ones_way() {
    let world = World::new().await;
    let other = json!({ "Fn::GetAtt": ["Other", "Arn"] });
    let mut kept_key = key();
    kept_key["DeletionPolicy"] = json!("Retain");
    let template = json!({ "Resources": {
        "Key": key(),
        "Other": kept_key,
        "Lost": encrypted("lost", "Delete", &json!({ "Ref": "Key" })),
        "Note": encrypted("notes", "Retain", &other),
    } });
    world.create("notes", &template).await;
    assert_eq!(world.plan("notes").await.keys_in_use, []);
    world.deny("DescribeTable");
    assert_eq!(world.plan("notes").await.keys_in_use, []);
}

#[tokio::test]
async fn exports_that_others_import_are_found_before() {
    let world = World::new().await;
    let template = json!({
        "Resources": { "Note": table("notes", "Retain") },
        "Outputs": { "Name": { "Value": { "Ref": "Note" }, "Export": { "Name": "notes-name" } } },
    });
    world.create("notes", &template).await;
    assert_eq!(world.plan("notes").await.exports_in_use, []);
    let user = json!({ "Resources": { "P": { "Type": "AWS::SSM::Parameter", "Properties": {
        "Type": "String", "Value": { "Fn::ImportValue": "notes-name" },
    } } } });
    world.create("reader", &user).await;
    let plan = world.plan("notes").await;
    assert_eq!(
        plan.refusals()[0].to_string(),
        "other stacks import from stack notes: notes-name (by reader)"
    );
    let refused = world.destroy(&plan).await.unwrap_err();
    assert!(matches!(refused, Error::DestroyRefused(DestroyRefusal::ExportsInUse { .. })));
    world.deny("ListImports");
    let plan = world.plan("notes").await;
    let unreadable = plan.imports_unreadable.unwrap();
    assert_eq!(unreadable.permission, Some("cloudformation:ListImports"));
}

#[tokio::test]
async fn protection_is_read_from_the_table_itself() {
    let world = World::new().await;
    world.create("notes", &json!({ "Resources": { "Note": table("notes", "Delete") } })).await;
    let call = world.target.dynamodb.update_table().table_name("notes");
    call.deletion_protection_enabled(true).send().await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    let plan = world.plan("notes").await;
    let tables = vec!["Note".to_owned()];
    assert_eq!(plan.refusals(), [DestroyRefusal::Protected { tables }]);

    let call = world.target.cloudformation.update_termination_protection().stack_name("notes");
    call.enable_termination_protection(true).send().await.unwrap();
    let refusals = world.plan("notes").await.refusals();
    assert!(refusals.contains(&DestroyRefusal::TerminationProtection { stack_name: "notes".to_owned() }));
}

#[tokio::test]
async fn what_a_colleague_stops_retaining_meanwhile_is_not_deleted() {
    let world = World::new().await;
    world.create("notes", &json!({ "Resources": { "Note": table("notes", "Retain") } })).await;
    let plan = world.plan("notes").await;
    world.update("notes", &json!({ "Resources": { "Note": table("notes", "Delete") } })).await;
    let stale = world.destroy(&plan).await.unwrap_err();
    assert_eq!(
        stale.to_string(),
        "the plan that was shown for stack notes no longer applies; nothing was deleted. Now it would delete: Note"
    );
    assert_eq!(world.table("notes").await.as_deref(), Some("ACTIVE"));
    assert!(world.sandbox.calls().iter().all(|call| call.action != "DeleteStack"));
}

#[tokio::test]
async fn a_stack_that_is_moving_is_refused() {
    let world = World::new().await;
    world.create("notes", &json!({ "Resources": { "Note": table("notes", "Retain") } })).await;
    let call = world.target.cloudformation.update_stack().stack_name("notes");
    let template =
        json!({ "Resources": { "Note": table("notes", "Retain"), "Topic": { "Type": "AWS::SNS::Topic" } } });
    call.template_body(template.to_string()).send().await.unwrap();
    let refusals = world.plan("notes").await.refusals();
    assert!(matches!(&refusals[..], [DestroyRefusal::Busy { .. }]), "{refusals:?}");
}

#[tokio::test]
async fn a_lost_table_tells_how_it_could_be_restored_and_is_backed_up() {
    let mut world = World::new().await;
    let mut recoverable = table("notes", "Delete");
    recoverable["Properties"]["PointInTimeRecoverySpecification"] =
        json!({ "PointInTimeRecoveryEnabled": true });
    world
        .create("notes", &json!({ "Resources": { "Note": recoverable, "User": table("users", "Delete") } }))
        .await;
    world.back_up_users().await.unwrap();
    let Some(RolloutEvent::BackedUp { table, backup, .. }) = world.receiver.recv().await else {
        panic!("backed up")
    };
    assert_eq!(table, "users");
    let plan = world.plan("notes").await;
    let tables: Vec<_> = plan.lost_tables().map(|(_, table)| table).collect();
    assert!(matches!(tables[0].recovery, Some(Reading::Found(Some(_)))));
    assert_eq!(tables[0].last_backup, Some(Reading::Found(None)));
    assert_eq!(tables[1].recovery, Some(Reading::Found(None)));
    assert_eq!(tables[1].last_backup, Some(Reading::Found(Some(backup))));
    world.deny("CreateBackup");
    let failed = world.back_up_users().await;
    assert!(matches!(failed, Err(Error::Backup(_))), "{failed:?}");
}

#[tokio::test]
async fn a_deletion_whose_answer_is_lost_is_followed_all_the_same() {
    for answers_lost in [1, 3, u64::MAX] {
        let world = World::new().await;
        world.create("notes", &json!({ "Resources": { "Note": table("notes", "Retain") } })).await;
        let plan = world.plan("notes").await;
        world.fail("DeleteStack", answers_lost, CallFailure::AnswerLost);
        let ended = world.destroy(&plan).await;
        assert!(matches!(ended, Ok(Ending::Deleted { .. })), "{ended:?}");
        let world = World::new().await;
        world.create("notes", &json!({ "Resources": { "Note": table("notes", "Retain") } })).await;
        let plan = world.plan("notes").await;
        world.fail("DeleteStack", answers_lost, CallFailure::ConnectionLost);
        let ended = world.destroy(&plan).await;
        assert_eq!(ended.is_ok(), answers_lost < 5, "{ended:?}");
        let expected = if answers_lost < 5 { None } else { Some("CREATE_COMPLETE") };
        assert_eq!(world.status("notes").await.as_deref(), expected);
    }
}
