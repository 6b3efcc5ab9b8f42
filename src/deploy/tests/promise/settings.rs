//! What a stack has beside its template: tags, topics, alarms, the role and the stack policy.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tablewright_cloudformation::RollbackConfiguration;
use tablewright_deploy::Options;

use crate::interposer::{Moment, Script, When};
use crate::shop::{DONE, SHOP, deployed, held, indexes, kind, shop, wish};
use crate::stacks::bare_table;
use crate::subject::{Kind, Loss, Said, WantedStack, Wish, deploy};
use crate::world::World;

const TOPIC: &str = "arn:aws:sns:eu-west-1:000000000000:deployments";
const ALARM: &str = "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:errors";

fn with(options: Options) -> Wish {
    Wish { options, ..wish(shop(&[])) }
}

#[tokio::test]
async fn topics_of_an_unchanged_template_are_set_and_removed() {
    let world = deployed(&shop(&[])).await;
    let topics = |topics: &[&str]| {
        let arns = topics.iter().map(|arn| (*arn).to_owned()).collect();
        with(Options { notification_arns: Some(arns), ..Options::default() })
    };
    for wanted in [&[TOPIC][..], &[]] {
        let told = held(&world, &topics(wanted), Script::default()).await;
        assert_eq!(*told.only(), DONE);
        assert_eq!(world.direct.stack(SHOP).await.unwrap().topics, wanted);
        let told = held(&world, &topics(wanted), Script::default()).await;
        assert_eq!(*told.only(), Said::Unchanged);
    }
}

#[tokio::test]
async fn the_last_tag_of_a_stack_is_removed() {
    let world = World::new().await;
    let tags = BTreeMap::from([("team".to_owned(), "orders".to_owned())]);
    world.direct.create(SHOP, &shop(&[]), &tags).await;
    let told = held(&world, &wish(shop(&[])), Script::default()).await;
    assert_eq!(*told.only(), DONE);
    assert_eq!(world.direct.stack(SHOP).await.unwrap().tags, BTreeMap::new());
}

#[tokio::test]
async fn alarms_come_with_the_next_update_and_are_not_lost_in_silence() {
    let world = deployed(&shop(&[])).await;
    let rollback = RollbackConfiguration { alarms: vec![ALARM.to_owned()], monitoring_minutes: 5 };
    let options = Options { rollback: Some(rollback), ..Options::default() };
    // CloudFormation finds no change in alarms alone; that is said.
    let told = held(&world, &with(options.clone()), Script::default()).await;
    assert_eq!(*told.only(), Said::Unchanged);
    assert!(told.passed_over.iter().any(|summary| summary.contains("RollbackConfiguration")), "{told:?}");
    let alarm = json!({ "Type": "AWS::CloudWatch::Alarm", "Properties": {
        "AlarmName": "errors",
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "MetricName": "Errors",
        "Namespace": "demo",
        "Period": 60,
        "Statistic": "Sum",
        "Threshold": 1,
    } });
    let alarms = json!({ "Resources": { "Errors": alarm } });
    world.direct.create("demo-alarms", &alarms, &BTreeMap::new()).await;
    let told = held(&world, &Wish { options, ..wish(shop(&["g"])) }, Script::default()).await;
    assert_eq!(*told.only(), DONE);
    assert_eq!(world.direct.stack(SHOP).await.unwrap().alarms, [ALARM]);
}

#[tokio::test]
async fn a_malformed_role_on_an_unchanged_template_is_an_error() {
    let world = deployed(&shop(&[])).await;
    let options = Options { role_arn: Some("deployer".to_owned()), ..Options::default() };
    let told = held(&world, &with(options), Script::default()).await;
    assert!(matches!(told.only(), Said::Failed { kind: Kind::Other, .. }), "{told:?}");
}

fn allow() -> Value {
    json!({ "Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*" })
}

fn open() -> Value {
    json!({ "Statement": [allow()] })
}

fn denying(action: &str, resource: &str) -> Value {
    let resource = format!("LogicalResourceId/{resource}");
    json!({ "Statement": [
        allow(),
        { "Effect": "Deny", "Action": action, "Principal": "*", "Resource": resource },
    ] })
}

/// A shop with users, whose stack has a policy.
async fn guarded(policy: &Value) -> World {
    let mut before = shop(&[]);
    before["Resources"]["User"] = bare_table(None);
    let world = deployed(&before).await;
    world.direct.set_policy(SHOP, policy).await;
    world
}

/// A wish that removes the users.
fn without_users(policy: Option<Value>) -> Wish {
    let stack = WantedStack { policy, ..WantedStack::new(SHOP, shop(&[])) };
    Wish::of(stack).consenting("User", Loss::Data)
}

#[tokio::test]
async fn what_the_deployed_policy_denies_is_refused_before_the_change_set() {
    let world = guarded(&denying("Update:Delete", "User")).await;
    let told = held(&world, &without_users(None), Script::default()).await;
    assert_eq!(kind(told.only()), Some(Kind::Refused), "{told:?}");
    let Said::Failed { text, .. } = told.only() else { panic!("{told:?}") };
    assert!(text.contains("does not allow [Update:Delete] for resource [LogicalResourceId/User]"), "{text}");
    assert!(!told.calls.iter().any(|call| call == "CreateChangeSet"), "{told:?}");
}

#[tokio::test]
async fn what_the_policy_denies_of_a_change_set_is_not_executed() {
    let world = guarded(&denying("Update:Modify", "Order")).await;
    let mut after = shop(&["g"]);
    after["Resources"]["User"] = bare_table(None);
    let told = held(&world, &wish(after), Script::default()).await;
    assert_eq!(kind(told.only()), Some(Kind::Refused), "{told:?}");
    let told = held(&world, &without_users(None), Script::default()).await;
    assert_eq!(*told.only(), DONE);
}

/// The template is the deployed one, and only the change set tells that a table changes.
#[tokio::test]
async fn what_the_policy_denies_of_a_looked_up_value_is_not_executed() {
    let store = |value: &str| {
        json!({ "Resources": { "Value": { "Type": "AWS::SSM::Parameter", "Properties": {
            "Type": "String", "Name": "/shop/team", "Value": value,
        } } } })
    };
    let mut template = shop(&[]);
    template["Parameters"]["Team"] =
        json!({ "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/shop/team" });
    template["Resources"]["Order"]["Properties"]["Tags"] =
        json!([{ "Key": "team", "Value": { "Ref": "Team" } }]);
    let world = World::new().await;
    world.direct.create("demo-store", &store("one"), &BTreeMap::new()).await;
    world.direct.create(SHOP, &template, &BTreeMap::new()).await;
    world.direct.set_policy(SHOP, &denying("Update:Modify", "Order")).await;
    let now = world.direct.stack("demo-store").await.unwrap();
    assert!(world.direct.update(&now, &store("two"), "two").await);
    world.direct.wait(60);
    let told = held(&world, &wish(template), Script::default()).await;
    let Said::Failed { kind: Kind::Refused, text } = told.only() else { panic!("{told:?}") };
    assert!(text.contains("[LogicalResourceId/Order]"), "{text}");
    assert!(!told.calls.iter().any(|call| call == "ExecuteChangeSet"), "{told:?}");
}

#[tokio::test]
async fn a_policy_that_is_set_between_two_steps_is_refused_before_the_next_change_set() {
    let world = deployed(&shop(&[])).await;
    let act = crate::colleague::Act::DenyUpdates(SHOP);
    let script = crate::shop::acting(When::Of("GetStackPolicy", 1), act);
    let told = held(&world, &wish(shop(&["g", "h"])), script).await;
    let Said::Failed { text, .. } = told.only() else { panic!("{told:?}") };
    assert!(text.contains("the stack policy denies the update of `"), "{text}");
    assert!(text.contains("` after its first step: "), "{text}");
    let calls = |action: &str| told.calls.iter().filter(|call| *call == action).count();
    assert_eq!((calls("CreateChangeSet"), calls("ExecuteChangeSet")), (1, 1));
}

#[tokio::test]
async fn a_policy_that_is_loosened_is_set_before_the_change() {
    let world = guarded(&denying("Update:Delete", "User")).await;
    let told = held(&world, &without_users(Some(open())), Script::default()).await;
    assert_eq!(*told.only(), DONE);
    assert_eq!(world.direct.policy(SHOP).await, Some(open()));
    assert!(!world.direct.resources(SHOP).await.contains_key("User"));
}

#[tokio::test]
async fn a_policy_that_is_tightened_is_set_after_the_change() {
    let world = guarded(&open()).await;
    let strict = denying("Update:*", "User");
    let told = held(&world, &without_users(Some(strict.clone())), Script::default()).await;
    assert_eq!(*told.only(), DONE);
    assert_eq!(world.direct.policy(SHOP).await, Some(strict));
}

#[tokio::test]
async fn a_policy_for_one_update_is_set_back_however_that_ends() {
    let strict = denying("Update:Delete", "User");
    let during = |wish: Wish| {
        let options = Options { policy_during_update: Some(open()), ..Options::default() };
        Wish { options, ..wish }
    };
    let world = guarded(&strict).await;
    let told = held(&world, &during(without_users(Some(strict.clone()))), Script::default()).await;
    assert_eq!(*told.only(), DONE);
    assert_eq!(world.direct.policy(SHOP).await, Some(strict.clone()));
    // A colleague comes between two steps.
    let world = deployed(&shop(&[])).await;
    world.direct.set_policy(SHOP, &strict).await;
    let stack = WantedStack::new(SHOP, shop(&["g", "h"])).policy(strict.clone());
    let act = crate::colleague::Act::Update(SHOP, crate::colleague::Edit::AddTable);
    let script = crate::shop::acting(When::Of("DescribeTable", 2), act);
    let told = held(&world, &during(Wish::of(stack)), script).await;
    assert_eq!(kind(told.only()), Some(Kind::Stale), "{told:?}");
    assert_eq!(world.direct.policy(SHOP).await, Some(strict));
}

#[tokio::test]
async fn a_policy_for_one_update_that_was_interrupted_is_set_back_by_the_next_run() {
    let strict = denying("Update:Delete", "User");
    let options = Options { policy_during_update: Some(open()), ..Options::default() };
    let wish = Wish { options, ..without_users(Some(strict.clone())) };
    let world = guarded(&strict).await;
    let interrupt = Some((When::Of("DescribeStackEvents", 2), Moment::After));
    let told = held(&world, &wish, Script { interrupt, ..Script::default() }).await;
    assert_eq!(told.open_policies, [SHOP], "{told:?}");
    world.direct.wait(600);
    // Not judged: what the first run has deleted was consented to in the first run.
    let again = Wish { consents: Vec::new(), ..without_users(Some(strict.clone())) };
    let told = deploy(&world, &again, Script::default()).await;
    assert!(matches!(told.only(), Said::Done { .. }), "{told:?}");
    assert_eq!(world.direct.policy(SHOP).await, Some(strict));
}

#[tokio::test]
async fn a_policy_for_one_update_needs_one_to_return_to() {
    let world = guarded(&denying("Update:Delete", "User")).await;
    let options = Options { policy_during_update: Some(open()), ..Options::default() };
    let told = held(&world, &Wish { options, ..without_users(None) }, Script::default()).await;
    let Said::Failed { text, .. } = told.only() else { panic!("{told:?}") };
    assert!(text.contains("could not be set back"), "{text}");
    assert_eq!(indexes(&world, "User").await, [""; 0]);
}
