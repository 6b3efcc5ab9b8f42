//! Whole rollouts against the sandbox, on a clock that stands still until somebody sleeps.

use serde_json::{Value, json};
use tablewright::Stack;
use tablewright::render::Rendered;
use tablewright_deploy::{
    Consent, Ending, Error, EventSender, Job, JobId, JobResult, NotStarted, Options, ReviewedPlan, Rollout,
    RolloutEvent, Schedule, Staleness, Target, WaitFor, WaitOptions, check_consents, deny, plan_stack,
    read_changed_tables, require_reviewed_plan, require_steps,
};
use tablewright_plan::{PlanOptions, Verdict};
use tablewright_sandbox::Sandbox;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::support::sandbox;

/// A sandbox and a target in it.
struct World {
    sandbox: Sandbox,
    target: Target,
    events: EventSender,
    receiver: UnboundedReceiver<RolloutEvent>,
    options: Options,
    plan_options: PlanOptions,
}

impl World {
    async fn new() -> Self {
        let (sandbox, _, target) = sandbox().await;
        let (events, receiver) = EventSender::channel();
        let options = Options { environment: "dev".to_owned(), ..Options::default() };
        let plan_options = PlanOptions::default();
        Self { sandbox, target, events, receiver, options, plan_options }
    }

    async fn plan<'a>(&'a self, stacks: &'a [(Stack, Value)]) -> Vec<Job<'a>> {
        let mut jobs = Vec::new();
        for (stack, template) in stacks {
            let rendered = rendered(template);
            let job = plan_stack(&self.target, stack, rendered, &self.options, &self.plan_options).await;
            jobs.push(job.unwrap());
        }
        jobs
    }

    /// Plans, prepares and executes, one stack at a time.
    async fn deploy(&self, stacks: &[(Stack, Value)]) -> Vec<JobResult> {
        let jobs = self.plan(stacks).await;
        require_steps(&jobs).unwrap();
        let schedule = Schedule::new(&jobs, 1, false).unwrap();
        let rollout = Rollout::new(&jobs, &self.plan_options, WaitOptions::default(), &self.events);
        rollout.prepare(&schedule).await.unwrap();
        let results = rollout.run(&schedule).await;
        assert!(rollout.discard_open().await.is_empty());
        assert!(rollout.running().is_empty());
        results
    }

    /// Returns what was sent since the last call, without the events of CloudFormation.
    fn sent(&mut self) -> Vec<String> {
        let mut sent = Vec::new();
        while let Ok(event) = self.receiver.try_recv() {
            sent.extend(match event {
                RolloutEvent::Began { stack, .. } => Some(format!("{stack} began")),
                RolloutEvent::Step { stack, number, of, summary } => {
                    Some(format!("{stack} {number}/{of} {summary}"))
                }
                RolloutEvent::PassedOver { stack, summary, kept_imports } => {
                    let kept = kept_imports.iter().map(|export| format!(", still importing {export}"));
                    Some(format!("{stack} passed over: {summary}{}", kept.collect::<String>()))
                }
                RolloutEvent::Found { stack, changes } => {
                    let change = |change: &tablewright_plan::Change| {
                        format!("{} {}: {}", change.action.as_str(), change.logical_id, change.verdict)
                    };
                    let changes: Vec<String> = changes.iter().map(change).collect();
                    Some(format!("{stack} found {}", changes.join(", ")))
                }
                RolloutEvent::Ended { stack, ending: Ending::Unchanged { .. } } => {
                    Some(format!("{stack} unchanged"))
                }
                RolloutEvent::Ended { stack, ending: Ending::Done { usable, .. } } => {
                    Some(format!("{stack} done, usable: {usable}"))
                }
                RolloutEvent::Ended { stack, ending } => Some(format!("{stack} {ending:?}")),
                RolloutEvent::RolledBackDeleted { stack } => Some(format!("{stack} was deleted")),
                RolloutEvent::Planned { .. }
                | RolloutEvent::TablesRead { .. }
                | RolloutEvent::DestroyPlanned { .. }
                | RolloutEvent::NotDefined { .. }
                | RolloutEvent::Cloud { .. }
                | RolloutEvent::Table { .. }
                | RolloutEvent::BackedUp { .. } => None,
            });
        }
        sent
    }

    /// Returns the indexes of a table, each with its status.
    async fn indexes(&self, table: &str) -> Vec<String> {
        let answer = self.target.dynamodb.describe_table().table_name(table).send().await.unwrap();
        let table = answer.table().unwrap();
        let index = |index: &aws_sdk_dynamodb::types::GlobalSecondaryIndexDescription| {
            format!("{} {}", index.index_name().unwrap(), index.index_status().unwrap())
        };
        let mut indexes: Vec<String> = table.global_secondary_indexes().iter().map(index).collect();
        indexes.sort();
        indexes
    }

    fn calls(&self, action: &str) -> usize {
        self.sandbox.calls().iter().filter(|call| call.action == action).count()
    }
}

fn rendered(template: &Value) -> Rendered {
    Rendered { text: template.to_string(), template: template.clone(), additions: Vec::new() }
}

fn stack(id: &str) -> Stack {
    Stack::new(id).name(format!("demo-{id}"))
}

/// A table of notes, retained, with an index for each of the attributes.
fn notes(key: &str, indexes: &[&str]) -> Value {
    let attribute = |name: &&str| json!({ "AttributeName": name, "AttributeType": "S" });
    let hash = |name: &str| json!([{ "AttributeName": name, "KeyType": "HASH" }]);
    let index = |name: &&str| {
        json!({
            "IndexName": format!("by-{name}"),
            "KeySchema": hash(name),
            "Projection": { "ProjectionType": "ALL" },
        })
    };
    let attributes: Vec<Value> = [&key].into_iter().chain(indexes).map(attribute).collect();
    let mut properties = json!({
        "TableName": "demo-notes",
        "AttributeDefinitions": attributes,
        "KeySchema": hash(key),
        "BillingMode": "PAY_PER_REQUEST",
    });
    if !indexes.is_empty() {
        properties["GlobalSecondaryIndexes"] = indexes.iter().map(index).collect();
    }
    json!({ "Resources": { "Note": {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    } } })
}

#[tokio::test]
async fn a_stack_is_created_and_then_unchanged() {
    let mut world = World::new().await;
    let mut protected = stack("notes");
    protected.termination_protection = Some(true);
    let stacks = [(protected, notes("id", &[]))];
    assert!(matches!(world.deploy(&stacks).await[..], [JobResult::Done]));
    assert_eq!(world.sent(), ["notes began", "notes done, usable: true"]);
    assert_eq!(world.indexes("demo-notes").await, [""; 0]);

    let change_sets = world.calls("CreateChangeSet");
    assert!(matches!(world.deploy(&stacks).await[..], [JobResult::Done]));
    assert_eq!(world.sent(), ["notes unchanged"]);
    assert_eq!(world.calls("CreateChangeSet"), change_sets);
}

#[tokio::test]
async fn two_indexes_take_two_steps() {
    let mut world = World::new().await;
    world.deploy(&[(stack("notes"), notes("id", &[]))]).await;
    world.sent();

    let results = world.deploy(&[(stack("notes"), notes("id", &["author", "day"]))]).await;
    assert!(matches!(results[..], [JobResult::Done]), "{results:?}");
    assert_eq!(
        world.sent(),
        [
            "notes began",
            "notes 1/2 create index by-author on Note",
            "notes 2/2 create index by-day on Note",
            "notes done, usable: true",
        ]
    );
    assert_eq!(world.indexes("demo-notes").await, ["by-author ACTIVE", "by-day ACTIVE"]);
}

#[tokio::test]
async fn what_loses_items_has_no_steps_without_consent() {
    let world = World::new().await;
    world.deploy(&[(stack("notes"), notes("id", &[]))]).await;

    let changed = [(
        stack("notes"),
        json!({ "Resources": {
        "Other": { "Type": "AWS::DynamoDB::Table", "Properties": {
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
            "BillingMode": "PAY_PER_REQUEST",
        } },
    } }),
    )];
    let jobs = world.plan(&changed).await;
    let refused = require_steps(&jobs).unwrap_err();
    assert_eq!(refused.job.index(), 0);
    let Error::PlanRefused { needs_consent, .. } = *refused.error else { panic!("{refused:?}") };
    let [Consent { resource, verdict: Verdict::ReplacementKept }] = &needs_consent[..] else {
        panic!("{needs_consent:?}")
    };
    assert_eq!(resource.to_string(), "dev/notes/Note");
    assert_eq!(world.calls("ExecuteChangeSet"), 1);
}

#[tokio::test]
async fn a_table_under_another_logical_id_is_deployed_with_consent_to_the_loss_of_the_old_one() {
    for (policy, verdict) in [("Retain", Verdict::ReplacementKept), ("Delete", Verdict::DataLoss)] {
        let mut world = World::new().await;
        let mut before = notes("id", &["day"]);
        before["Resources"]["Note"]["DeletionPolicy"] = json!(policy);
        world.deploy(&[(stack("notes"), before.clone())]).await;
        world.sent();

        let mut memo = before["Resources"]["Note"].clone();
        memo["Properties"]["TableName"] = json!("demo-memos");
        let wanted = [(stack("notes"), json!({ "Resources": { "Memo": memo } }))];
        let jobs = world.plan(&wanted).await;
        let Error::PlanRefused { needs_consent, .. } = *require_steps(&jobs).unwrap_err().error else {
            panic!("no consent is asked for")
        };
        assert_eq!(needs_consent.len(), 1);
        assert_eq!(
            (needs_consent[0].resource.to_string().as_str(), needs_consent[0].verdict),
            ("dev/notes/Note", verdict)
        );
        let tables: Vec<String> =
            read_changed_tables(&jobs[0]).await.into_iter().map(|reading| reading.logical_id).collect();
        assert_eq!(tables, ["Note"], "the table that is lost is looked at");
        drop(jobs);

        world.options.consents = needs_consent;
        let jobs = world.plan(&wanted).await;
        check_consents(&world.options, &jobs).unwrap();
        drop(jobs);
        let results = world.deploy(&wanted).await;
        assert!(matches!(results[..], [JobResult::Done]), "{policy}: {results:?}");
        assert_eq!(world.indexes("demo-memos").await, ["by-day ACTIVE"]);
    }
}

#[tokio::test]
async fn a_verdict_is_denied_and_a_plan_goes_stale() {
    let world = World::new().await;
    world.deploy(&[(stack("notes"), notes("id", &[]))]).await;
    let wanted = [(stack("notes"), notes("id", &["author", "day"]))];
    let jobs = world.plan(&wanted).await;

    assert!(deny(&jobs, Verdict::Refused).is_ok());
    let denied = deny(&jobs, Verdict::Staged).unwrap_err();
    assert!(matches!(*denied.error, Error::Denied { verdict: Verdict::Staged, .. }), "{denied:?}");

    let digests = &jobs[0].digests;
    let plan = |deployed: &str, wanted: &str| {
        let digests = json!({ "deployed": deployed, "wanted": wanted, "account": "000000000000", "region": "eu-west-1" });
        let plan =
            json!({ "schema": 2, "comparisons": [{ "stack_name": "demo-notes", "digests": digests }] });
        ReviewedPlan::parse(plan.to_string().as_bytes()).unwrap()
    };
    assert!(require_reviewed_plan(&plan(&digests.deployed, &digests.wanted), &jobs).is_ok());
    for (plan, why) in [
        (plan("sha256:0", &digests.wanted), Staleness::DeployedChanged),
        (plan(&digests.deployed, "sha256:0"), Staleness::WantedChanged),
        (ReviewedPlan::parse(br#"{ "schema": 2 }"#).unwrap(), Staleness::NotReviewed),
    ] {
        let stale = require_reviewed_plan(&plan, &jobs).unwrap_err();
        assert!(matches!(&*stale.error, Error::Stale { staleness, .. } if *staleness == why), "{stale:?}");
    }
}

#[tokio::test]
async fn dependencies_come_first_and_a_failure_stops_the_others() {
    let mut world = World::new().await;
    let mut exporting = notes("id", &[]);
    exporting["Outputs"] = json!({ "Arn": {
        "Value": { "Fn::GetAtt": ["Note", "Arn"] },
        "Export": { "Name": "notes-arn" },
    } });
    let importing = json!({
        "Resources": { "Log": { "Type": "AWS::DynamoDB::Table", "Properties": {
            "TableName": "demo-log",
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
            "BillingMode": "PAY_PER_REQUEST",
        } } },
        "Outputs": { "Notes": { "Value": { "Fn::ImportValue": "notes-arn" } } },
    });
    // A table of that name stands in the way, so the first stack fails.
    let in_the_way = [(stack("old"), notes("id", &[]))];
    world.deploy(&in_the_way).await;
    world.sent();
    let stacks = [(stack("log"), importing), (stack("notes"), exporting)];
    let jobs = world.plan(&stacks).await;
    let schedule = Schedule::new(&jobs, 4, true).unwrap();
    let rollout = Rollout::new(&jobs, &world.plan_options, WaitOptions::default(), &world.events);
    let prepared = rollout.prepare(&schedule).await;
    let results = match prepared {
        Ok(()) => rollout.run(&schedule).await,
        // Early validation may already see it.
        Err(error) => {
            vec![JobResult::NotStarted(NotStarted::DependsOn(error.job)), JobResult::Failed(*error.error)]
        }
    };
    assert!(rollout.discard_open().await.is_empty());
    let [JobResult::NotStarted(NotStarted::DependsOn(on)), JobResult::Failed(_)] = &results[..] else {
        panic!("{results:?}")
    };
    assert_eq!(on.index(), 1);
    drop(rollout);
    drop(jobs);
    assert!(world.sent().iter().all(|sent| !sent.starts_with("log")));
}

#[tokio::test]
async fn a_step_in_which_cloudformation_sees_no_change_is_passed_over() {
    let mut world = World::new().await;
    let with_output = |mut template: Value, value: Value| {
        template["Outputs"] = json!({ "Region": { "Value": value } });
        template
    };
    let deployed = with_output(notes("id", &[]), json!({ "Ref": "AWS::Region" }));
    world.deploy(&[(stack("notes"), deployed)]).await;
    world.sent();

    // The same value, written as another function: the first step holds the output and an attribute, or the output alone.
    let respelled = json!({ "Fn::Sub": "${AWS::Region}" });
    let results =
        world.deploy(&[(stack("notes"), with_output(notes("id", &["author", "day"]), respelled))]).await;
    assert!(matches!(results[..], [JobResult::Done]), "{results:?}");
    assert_eq!(world.sent().last().unwrap(), "notes done, usable: true");
    assert_eq!(world.indexes("demo-notes").await, ["by-author ACTIVE", "by-day ACTIVE"]);
}

#[tokio::test]
async fn a_difference_that_cloudformation_does_not_see_is_no_failure() {
    let mut world = World::new().await;
    let described = |text: &str| {
        let mut template = notes("id", &[]);
        template["Description"] = json!(text);
        [(stack("notes"), template)]
    };
    world.deploy(&described("Notes")).await;
    world.sent();
    for _ in 0..2 {
        let results = world.deploy(&described("Notes of a user")).await;
        assert!(matches!(results[..], [JobResult::Done]), "{results:?}");
        assert_eq!(world.calls("ExecuteChangeSet"), 1);
        let sent = world.sent();
        assert_eq!(sent.last().unwrap(), "notes unchanged");
        assert!(sent[0].starts_with("notes passed over: "), "{sent:?}");
    }
}

#[tokio::test]
async fn what_is_deployed_between_plan_and_execution_makes_the_plan_stale() {
    let world = World::new().await;
    world.deploy(&[(stack("notes"), notes("id", &[]))]).await;
    let wanted = [(stack("notes"), notes("id", &["author"]))];
    let jobs = world.plan(&wanted).await;
    let schedule = Schedule::new(&jobs, 1, false).unwrap();

    // Another client is quicker: before the change set is created, and so unseen by CloudFormation.
    let mut elsewhere = notes("id", &[]);
    elsewhere["Outputs"] = json!({ "Table": { "Value": { "Ref": "Note" } } });
    world.deploy(&[(stack("notes"), elsewhere.clone())]).await;

    let rollout = Rollout::new(&jobs, &world.plan_options, WaitOptions::default(), &world.events);
    rollout.prepare(&schedule).await.unwrap();
    let results = rollout.run(&schedule).await;
    let [JobResult::Failed(Error::NotApproved { executed: 0, .. })] = &results[..] else {
        panic!("{results:?}")
    };
    assert!(rollout.discard_open().await.is_empty());
    let template = world.target.cloudformation.get_template().stack_name("demo-notes").send().await.unwrap();
    let template: Value = serde_json::from_str(template.template_body().unwrap()).unwrap();
    assert_eq!(template, elsewhere);
}

#[tokio::test]
async fn what_only_cloudformation_can_tell_is_denied_too() {
    let mut world = World::new().await;
    let store = |value: &str| {
        let parameter = json!({ "Type": "String", "Name": "/notes/team", "Value": value });
        json!({ "Resources": { "Team": { "Type": "AWS::SSM::Parameter", "Properties": parameter } } })
    };
    let mut tagged = notes("id", &[]);
    tagged["Resources"]["Note"]["Properties"]["Tags"] =
        json!([{ "Key": "team", "Value": { "Ref": "Team" } }]);
    tagged["Parameters"] =
        json!({ "Team": { "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/notes/team" } });
    let stacks = [(stack("notes"), tagged)];
    world.deploy(&[(stack("store"), store("one"))]).await;
    world.deploy(&stacks).await;
    world.sent();
    world.deploy(&stacks).await;
    assert_eq!(world.sent(), ["notes unchanged"]);
    world.deploy(&[(stack("store"), store("two"))]).await;
    world.sent();

    let jobs = world.plan(&stacks).await;
    assert!(!jobs[0].has_changes());
    let schedule = Schedule::new(&jobs, 1, false).unwrap();
    let rollout = |limit| {
        Rollout::new(&jobs, &world.plan_options, WaitOptions::default(), &world.events).denying(limit)
    };
    let denying = rollout(Some(Verdict::InPlace));
    let denied = denying.prepare(&schedule).await.unwrap_err();
    assert!(matches!(*denied.error, Error::Denied { .. }), "{denied:?}");
    assert!(denying.discard_open().await.is_empty());
    let reviewed = rollout(None).reviewed(true);
    let stale = reviewed.prepare(&schedule).await.unwrap_err();
    assert!(matches!(*stale.error, Error::NotApproved { executed: 0, .. }), "{stale:?}");
    assert!(reviewed.discard_open().await.is_empty());
    let free = rollout(None);
    free.prepare(&schedule).await.unwrap();
    assert!(free.has_work());
    assert!(!free.found(JobId::new(0)).is_empty());
    assert!(matches!(free.run(&schedule).await[..], [JobResult::Done]));
    assert!(free.discard_open().await.is_empty());
    drop((denying, reviewed, free));
    drop(jobs);
    let sent = world.sent();
    assert!(sent[0].starts_with("notes found modify Note: "), "{sent:?}");
    assert_eq!(sent.last().unwrap(), "notes done, usable: true");
}

#[tokio::test]
async fn only_tables_that_change_are_described() {
    let world = World::new().await;
    let mut many = json!({ "Resources": {} });
    for number in 0..40 {
        let mut table = notes("id", &[])["Resources"]["Note"].clone();
        table["Properties"]["TableName"] = json!(format!("table-{number}"));
        many["Resources"][format!("Table{number}")] = table;
    }
    let first = [(stack("notes"), many.clone())];
    assert!(matches!(world.deploy(&first).await[..], [JobResult::Done]));
    let before = world.calls("DescribeTable");
    // A tag of the stack is a change of every table.
    let tagged = [(stack("notes").tag("team", "shop"), many.clone())];
    assert!(matches!(world.deploy(&tagged).await[..], [JobResult::Done]));
    assert_eq!(world.calls("DescribeTable"), before, "tags make no table busy");
    many["Resources"]["Table7"]["Properties"]["PointInTimeRecoverySpecification"] =
        json!({ "PointInTimeRecoveryEnabled": true });
    let changed = [(stack("notes").tag("team", "shop"), many)];
    assert!(matches!(world.deploy(&changed).await[..], [JobResult::Done]));
    assert_eq!(world.calls("DescribeTable"), before + 1);
}

#[tokio::test]
async fn an_index_that_an_interrupted_run_has_left_is_waited_for_though_nothing_changes() {
    let mut world = World::new().await;
    world.deploy(&[(stack("notes"), notes("id", &[]))]).await;
    let wanted = [(stack("notes"), notes("id", &["a"]))];
    {
        // A run that does not wait leaves what one that was killed leaves.
        let jobs = world.plan(&wanted).await;
        let schedule = Schedule::new(&jobs, 1, false).unwrap();
        let options = WaitOptions { wait_for: WaitFor::Stack, ..WaitOptions::default() };
        let rollout = Rollout::new(&jobs, &world.plan_options, options, &world.events);
        rollout.prepare(&schedule).await.unwrap();
        rollout.run(&schedule).await;
    }
    assert_eq!(world.indexes("demo-notes").await, ["by-a CREATING"]);
    world.sent();
    assert!(matches!(world.deploy(&wanted).await[..], [JobResult::Done]));
    assert_eq!(world.indexes("demo-notes").await, ["by-a ACTIVE"]);
    assert_eq!(world.sent(), ["notes unchanged"]);
}

#[tokio::test]
async fn an_import_that_is_replaced_by_its_own_value_stays_one() {
    let mut world = World::new().await;
    let mut exporter = notes("id", &[]);
    exporter["Outputs"]["Name"] =
        json!({ "Value": "demo-notes", "Export": { "Name": { "Fn::Sub": "${AWS::StackName}-name" } } });
    let reader = |value: &Value| {
        json!({ "Resources": { "Value": {
            "Type": "AWS::SSM::Parameter",
            "Properties": { "Type": "String", "Value": value },
        } } })
    };
    let imported = reader(&json!({ "Fn::ImportValue": "demo-notes-name" }));
    let stacks = [(stack("notes"), exporter), (stack("reader"), imported)];
    let results = world.deploy(&stacks).await;
    assert!(matches!(results[..], [JobResult::Done, JobResult::Done]), "{results:?}");
    let _ = world.sent();
    let results = world.deploy(&[(stack("reader"), reader(&json!("demo-notes")))]).await;
    assert!(matches!(results[..], [JobResult::Done]), "{results:?}");
    let expected =
        ["reader passed over: change Value/Value, still importing demo-notes-name", "reader unchanged"];
    assert_eq!(world.sent(), expected);
    // With a change that CloudFormation sees, it is let go.
    let _ = world.deploy(&[(stack("reader"), reader(&json!("other")))]).await;
    assert!(world.sent().iter().all(|event| !event.contains("still importing")));
    let imports = world.target.cloudformation.list_imports().export_name("demo-notes-name").send().await;
    assert!(imports.is_err(), "nobody imports it");
}

/// What a deployment of one table calls. Each call is a round trip that somebody waits for; this list is to be shortened.
#[tokio::test]
async fn a_deployment_calls_no_more_than_it_has_to() {
    let world = World::new().await;
    let calls_of = async |template: Value| {
        let before = world.sandbox.calls().len();
        let results = world.deploy(&[(stack("notes"), template)]).await;
        assert!(matches!(results[..], [JobResult::Done]), "{results:?}");
        let mut calls: Vec<String> =
            world.sandbox.calls()[before..].iter().map(|call| call.action.clone()).collect();
        // How often a running operation is asked for depends on how long it takes.
        calls.dedup();
        calls.join(" ")
    };
    let _ = calls_of(notes("id", &[])).await;
    assert_eq!(
        calls_of(notes("id", &[])).await,
        "DescribeStacks GetTemplate GetStackPolicy ListChangeSets DescribeStacks"
    );
    let mut changed = notes("id", &[]);
    changed["Resources"]["Note"]["Properties"]["DeletionProtectionEnabled"] = json!(true);
    assert_eq!(
        calls_of(changed).await,
        "DescribeStacks GetTemplate GetStackPolicy \
         CreateChangeSet DescribeChangeSet DescribeEvents DescribeStacks \
         DescribeStackEvents ExecuteChangeSet DescribeStackEvents DescribeStacks \
         ListStackResources DescribeTable \
         DescribeStacks GetTemplate GetStackPolicy DescribeStacks"
    );
}

/// The empty stack of a change set that was not executed is on its way out: nothing is deployed, and there is no template to be read.
#[tokio::test]
async fn an_empty_stack_that_is_being_deleted_is_no_deployed_one() {
    let world = World::new().await;
    let client = &world.target.cloudformation;
    let template = notes("id", &[]).to_string();
    let call = client.create_change_set().stack_name("demo-notes").change_set_name("review");
    let call = call.change_set_type(aws_sdk_cloudformation::types::ChangeSetType::Create);
    call.template_body(template).send().await.unwrap();
    client.delete_stack().stack_name("demo-notes").send().await.unwrap();
    let found = client.describe_stacks().stack_name("demo-notes").send().await.unwrap();
    let status = found.stacks()[0].stack_status().unwrap().as_str();
    assert_eq!(status, "DELETE_IN_PROGRESS");
    let stacks = [(stack("notes"), notes("id", &[]))];
    let jobs = world.plan(&stacks).await;
    assert!(jobs[0].deployed.is_none());
}
