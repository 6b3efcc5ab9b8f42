//! Whole deployments through the real SDK clients: statuses, events, tables.

use aws_sdk_cloudformation::types::{ChangeSetType, OnStackFailure};
use serde_json::json;

use crate::support::{add_index, notes, refusal, world};

#[tokio::test]
async fn a_stack_is_created_through_a_change_set() {
    let world = world();
    assert_eq!(world.create("app", &notes(|_| ())).await, "CREATE_COMPLETE");
    assert_eq!(
        world.lines("app").await,
        [
            "app REVIEW_IN_PROGRESS User Initiated",
            "app CREATE_IN_PROGRESS User Initiated",
            "Notes CREATE_IN_PROGRESS",
            "Notes CREATE_IN_PROGRESS Resource creation Initiated",
            "Notes CREATE_COMPLETE",
            "app CREATE_COMPLETE",
        ]
    );
    let table = world.table("notes").await.unwrap();
    assert_eq!(table.table_status().unwrap().as_str(), "ACTIVE");
    let stacks = world.cfn.describe_stacks().stack_name("app").send().await.unwrap();
    let arn = stacks.stacks()[0].outputs()[0].output_value().unwrap();
    assert_eq!(arn, "arn:aws:dynamodb:eu-west-1:000000000000:table/notes");
}

#[tokio::test]
async fn statuses_pass_in_order() {
    let world = world();
    let call = world
        .cfn
        .create_change_set()
        .stack_name("app")
        .change_set_name("one")
        .change_set_type(ChangeSetType::Create);
    call.template_body(notes(|_| ())).send().await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..40 {
        let set =
            world.cfn.describe_change_set().stack_name("app").change_set_name("one").send().await.unwrap();
        let pair = format!("{} {}", set.status().unwrap().as_str(), set.execution_status().unwrap().as_str());
        if seen.last() != Some(&pair) {
            seen.push(pair);
        }
        world.clock.advance(std::time::Duration::from_millis(100));
    }
    assert_eq!(
        seen,
        ["CREATE_PENDING UNAVAILABLE", "CREATE_IN_PROGRESS UNAVAILABLE", "CREATE_COMPLETE AVAILABLE"]
    );
    world.cfn.execute_change_set().stack_name("app").change_set_name("one").send().await.unwrap();
    assert_eq!(world.status("app").await, "CREATE_IN_PROGRESS");
    world.wait(8);
    assert_eq!(world.table("notes").await.unwrap().table_status().unwrap().as_str(), "CREATING");
    world.wait(30);
    assert_eq!(world.status("app").await, "CREATE_COMPLETE");
}

#[tokio::test]
async fn an_index_outlives_its_update() {
    let world = world();
    world.create("app", &notes(|_| ())).await;
    assert_eq!(world.update("app", &notes(|t| add_index(t, "byTopic", "topic"))).await, "UPDATE_COMPLETE");
    let state = |table: aws_sdk_dynamodb::types::TableDescription| {
        let index = &table.global_secondary_indexes()[0];
        (
            table.table_status().unwrap().as_str().to_owned(),
            index.index_status().unwrap().as_str().to_owned(),
            index.backfilling(),
        )
    };
    let now = state(world.table("notes").await.unwrap());
    assert_eq!(now, ("ACTIVE".into(), "CREATING".into(), Some(true)));
    // The next index change meets DynamoDB's limit, and the stack rolls back.
    let two = notes(|t| {
        add_index(t, "byTopic", "topic");
        add_index(t, "byDay", "day");
    });
    assert_eq!(world.update("app", &two).await, "UPDATE_ROLLBACK_COMPLETE");
    let lines = world.lines("app").await.join("\n");
    assert!(
        lines.contains("Only 1 online index can be created or deleted simultaneously per table"),
        "{lines}"
    );
    world.wait(600);
    let later = state(world.table("notes").await.unwrap());
    assert_eq!(later, ("ACTIVE".into(), "ACTIVE".into(), None));
    assert_eq!(world.update("app", &two).await, "UPDATE_COMPLETE");
}

#[tokio::test]
async fn a_failing_create_rolls_back_and_takes_only_a_delete() {
    let world = world();
    world.create("other", &notes(|_| ())).await;
    // Without early validation the handler finds the name in use; the sibling is cancelled.
    let mut template: serde_json::Value = serde_json::from_str(&notes(|_| ())).unwrap();
    template["Resources"]["Second"] = template["Resources"]["Notes"].clone();
    template["Resources"]["Second"]["Properties"]["TableName"] = json!("second");
    template["Resources"]["Notes"]["DeletionPolicy"] = json!("RetainExceptOnCreate");
    let call = world.cfn.create_stack().stack_name("app").template_body(template.to_string());
    let id = call.client_request_token("t1").send().await.unwrap().stack_id.unwrap();
    world.wait(120);
    let lines: Vec<String> = world.lines("app").await;
    assert_eq!(lines[0], "app CREATE_IN_PROGRESS User Initiated");
    assert!(
        lines[3].starts_with(
            "Notes CREATE_FAILED Resource of type 'AWS::DynamoDB::Table' with identifier 'notes' already exists. \
             (RequestToken: "
        ) && lines[3].ends_with(", HandlerErrorCode: AlreadyExists)"),
        "{lines:?}"
    );
    assert_eq!(
        lines[4..],
        [
            "Second CREATE_FAILED Resource creation cancelled",
            "app ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Notes, Second]. Rollback requested by user.",
            "Notes DELETE_COMPLETE",
            "Second DELETE_COMPLETE",
            "app ROLLBACK_COMPLETE",
        ]
    );
    assert!(world.table("notes").await.is_some(), "the other stack's table is untouched");
    let update = world
        .cfn
        .create_change_set()
        .stack_name("app")
        .change_set_name("x")
        .template_body(notes(|_| ()))
        .send();
    assert_eq!(
        refusal(update.await),
        format!("ValidationError: Stack:{id} is in ROLLBACK_COMPLETE state and can not be updated.")
    );
    world.cfn.delete_stack().stack_name("app").send().await.unwrap();
    world.wait(60);
    assert_eq!(world.status(&id).await, "DELETE_COMPLETE");
}

#[tokio::test]
async fn a_name_in_use_is_found_early() {
    let world = world();
    world.create("other", &notes(|_| ())).await;
    let (status, reason) = world.change_set("app", "one", ChangeSetType::Create, &notes(|_| ())).await;
    assert_eq!(status, "FAILED");
    assert_eq!(
        reason.unwrap(),
        "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early \
         Validation errors, use the DescribeEvents API for detailed failure information."
    );
    let set = world.cfn.describe_change_set().stack_name("app").change_set_name("one").send().await.unwrap();
    let events =
        world.cfn.describe_events().change_set_name(set.change_set_id().unwrap()).send().await.unwrap();
    let event = &events.operation_events()[0];
    assert_eq!(event.event_type().unwrap().as_str(), "VALIDATION_ERROR");
    assert_eq!(event.validation_name().unwrap(), "NAME_CONFLICT_VALIDATION");
    assert_eq!(event.validation_path().unwrap(), "/Resources/Notes");
    assert_eq!(
        event.validation_status_reason().unwrap(),
        "Resource of type 'AWS::DynamoDB::Table' with identifier 'notes' already exists."
    );
    // The name of a change set is not enough.
    let by_name = world.cfn.describe_events().change_set_name("one").send().await;
    assert_eq!(
        refusal(by_name),
        "ValidationError: One of ChangeSetName, OperationId or StackName must be specified"
    );
    let broken = notes(|t| {
        t["Resources"]["Notes"]["Properties"] = json!({"TableName": "fresh", "Colour": "red"});
        t.as_object_mut().unwrap().remove("Outputs");
    });
    let (_, reason) = world.change_set("third", "one", ChangeSetType::Create, &broken).await;
    assert!(reason.unwrap().contains("[AWS::EarlyValidation::PropertyValidation]"));
    let set =
        world.cfn.describe_change_set().stack_name("third").change_set_name("one").send().await.unwrap();
    let events =
        world.cfn.describe_events().change_set_name(set.change_set_id().unwrap()).send().await.unwrap();
    let reasons: Vec<&str> =
        events.operation_events().iter().filter_map(|e| e.validation_status_reason()).collect();
    assert_eq!(reasons, ["Unsupported property [Colour]", "Required property [KeySchema] not found"]);
}

#[tokio::test]
async fn a_failed_creation_can_delete_the_stack() {
    let world = world();
    let bad = notes(|t| t["Resources"]["Notes"]["Properties"]["TableName"] = json!("no"));
    let call = world
        .cfn
        .create_change_set()
        .stack_name("app")
        .change_set_name("one")
        .change_set_type(ChangeSetType::Create);
    let made = call.on_stack_failure(OnStackFailure::Delete).template_body(bad).send().await.unwrap();
    world.wait(5);
    world.cfn.execute_change_set().stack_name("app").change_set_name("one").send().await.unwrap();
    world.wait(60);
    let id = made.stack_id().unwrap();
    assert_eq!(world.status(id).await, "DELETE_COMPLETE");
    let lines = world.lines(id).await.join("\n");
    assert!(lines.contains("Value 'no' at 'tableName' failed to satisfy constraint"), "{lines}");
    assert!(lines.contains("HandlerErrorCode: InvalidRequest)"), "{lines}");
    assert!(lines.contains("app DELETE_IN_PROGRESS The following resource(s) failed to create: [Notes]. Delete requested by user."));
}

#[tokio::test]
async fn execution_is_idempotent_by_its_token() {
    let world = world();
    world.change_set("app", "one", ChangeSetType::Create, &notes(|_| ())).await;
    world.change_set("app", "two", ChangeSetType::Create, &notes(|_| ())).await;
    let execute = |token: &str| {
        world
            .cfn
            .execute_change_set()
            .stack_name("app")
            .change_set_name("one")
            .client_request_token(token)
            .send()
    };
    execute("t1").await.unwrap();
    execute("t1").await.unwrap();
    assert!(
        refusal(execute("t2").await)
            .contains("cannot be executed in its current status of [EXECUTE_IN_PROGRESS]")
    );
    let other = world.cfn.describe_change_set().stack_name("app").change_set_name("two").send().await;
    assert_eq!(refusal(other), "ChangeSetNotFound: ChangeSet [two] does not exist");
    world.wait(60);
    let events = world.events("app").await;
    assert!(events[1..].iter().all(|event| event.client_request_token() == Some("t1")));
    let creates = events
        .iter()
        .filter(|event| event.resource_status().unwrap().as_str() == "CREATE_IN_PROGRESS")
        .count();
    assert_eq!(creates, 3, "one operation only");
    assert!(
        events
            .iter()
            .filter_map(|event| event.resource_properties())
            .all(|text| text.contains("\"TableName\":\"notes\""))
    );
}

#[tokio::test]
async fn deletion_honours_protection_and_retention() {
    let world = world();
    let protected =
        notes(|t| t["Resources"]["Notes"]["Properties"]["DeletionProtectionEnabled"] = json!(true));
    world.create("app", &protected).await;
    world.cfn.delete_stack().stack_name("app").send().await.unwrap();
    world.wait(60);
    assert_eq!(world.status("app").await, "DELETE_FAILED");
    let lines = world.lines("app").await.join("\n");
    assert!(
        lines.contains("Resource cannot be deleted as it is currently protected against deletion."),
        "{lines}"
    );
    assert!(world.table("notes").await.is_some());

    let retained = notes(|t| {
        t["Resources"]["Notes"]["DeletionPolicy"] = json!("RetainExceptOnCreate");
        t["Resources"]["Notes"]["Properties"]["TableName"] = json!("kept");
    });
    world.create("kept", &retained).await;
    let on = world.cfn.update_termination_protection().stack_name("kept").enable_termination_protection(true);
    on.send().await.unwrap();
    let refused = world.cfn.delete_stack().stack_name("kept").send().await;
    assert_eq!(
        refusal(refused),
        "ValidationError: Stack [kept] cannot be deleted while TerminationProtection is enabled"
    );
    let off =
        world.cfn.update_termination_protection().stack_name("kept").enable_termination_protection(false);
    off.send().await.unwrap();
    world.cfn.delete_stack().stack_name("kept").send().await.unwrap();
    let id = world.cfn.describe_stacks().stack_name("kept").send().await.unwrap().stacks()[0]
        .stack_id()
        .unwrap()
        .to_owned();
    world.wait(60);
    assert_eq!(world.status(&id).await, "DELETE_COMPLETE");
    assert!(world.lines(&id).await.contains(&"Notes DELETE_SKIPPED".to_owned()));
    assert!(world.table("kept").await.is_some());
    assert!(
        refusal(world.cfn.describe_stacks().stack_name("kept").send().await)
            .ends_with("Stack with id kept does not exist")
    );
}

#[tokio::test]
async fn exports_are_guarded() {
    let world = world();
    let exporter = notes(|t| t["Outputs"]["Arn"]["Export"] = json!({"Name": "notes-arn"}));
    world.create("notes", &exporter).await;
    let user = json!({"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {
        "Type": "String", "Value": {"Fn::ImportValue": {"Fn::Sub": "${Name}-arn"}},
    }}}, "Parameters": {"Name": {"Type": "String", "Default": "notes"}}});
    world.create("user", &user.to_string()).await;
    let refused = world.cfn.delete_stack().stack_name("notes").send().await;
    assert_eq!(
        refusal(refused),
        "ValidationError: Export notes-arn cannot be deleted as it is in use by user"
    );
    let missing = user.to_string().replace("\"notes\"", "\"none\"");
    let (status, reason) = world.change_set("third", "one", ChangeSetType::Create, &missing).await;
    assert_eq!((status.as_str(), reason.as_deref()), ("CREATE_COMPLETE", None));
    let exports = world.cfn.list_exports().send().await.unwrap();
    assert_eq!(exports.exports()[0].name().unwrap(), "notes-arn");
    let imports = world.cfn.list_imports().export_name("notes-arn").send().await.unwrap();
    assert_eq!(imports.imports(), ["user"]);
    let refused = world.cfn.list_imports().export_name("none-arn").send().await;
    assert_eq!(refusal(refused), "ValidationError: Export 'none-arn' is not imported by any stack.");
}
