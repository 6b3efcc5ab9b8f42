//! Runs with a name. Each is asserted by its own words, and by the statements as well.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tablewright_deploy::{Options, WaitOptions};

use crate::colleague::{Act, Edit};
use crate::interposer::{Moment, Script, When};
use crate::shop::{
    DONE, SHOP, acting, deployed, held, indexes, kind, orders, shop, the_ladder_is_climbed, wish, with_child,
};
use crate::stacks::bare_table;
use crate::subject::{Kind, Loss, Said, WantedStack, Wish, plan_file};
use crate::world::{REGION, World};

#[tokio::test]
async fn a_description_does_not_end_a_ladder() {
    let mut after = shop(&["g", "h"]);
    after["Description"] = json!("orders of the shop");
    the_ladder_is_climbed(shop(&[]), after).await;
}

#[tokio::test]
async fn a_table_that_a_colleague_adds_after_the_plan_was_shown_stops_the_rollout() {
    let world = deployed(&shop(&[])).await;
    let script = acting(When::Of("CreateChangeSet", 0), Act::Update(SHOP, Edit::AddTable));
    let told = held(&world, &wish(shop(&["g"])), script).await;
    assert!(matches!(kind(told.only()), Some(Kind::Stale | Kind::Refused)), "{told:?}");
    assert!(world.direct.resources(SHOP).await.contains_key("Theirs"));
}

#[tokio::test]
async fn an_interrupt_before_anything_leaves_nothing() {
    let world = deployed(&shop(&[])).await;
    for moment in [Moment::Before, Moment::After] {
        for when in [When::Of("CreateChangeSet", 0), When::Of("DescribeChangeSet", 0), When::Call(0)] {
            let script = Script { interrupt: Some((when, moment)), ..Script::default() };
            let told = held(&world, &wish(shop(&["g"])), script).await;
            assert_eq!(told.running.as_deref(), Some(&[][..]), "{told:?}");
            assert_eq!(world.direct.change_sets(SHOP).await, [""; 0]);
        }
    }
}

#[tokio::test]
async fn a_change_set_that_waits_for_an_approval_outlives_a_deployment_without_changes() {
    let world = deployed(&shop(&[])).await;
    let act = Act::LeaveChangeSet(SHOP, "release-42".to_owned());
    let told = held(&world, &wish(shop(&[])), acting(When::Call(0), act)).await;
    assert_eq!(*told.only(), Said::Unchanged);
    assert_eq!(world.direct.change_sets(SHOP).await, ["release-42"]);
}

#[tokio::test]
async fn a_plan_file_does_not_hold_when_a_colleague_was_there_since() {
    let world = deployed(&shop(&[])).await;
    let mut wish = wish(shop(&["g"]));
    wish.plan_file = Some(plan_file(&world, &wish).await);
    let script = acting(When::Call(0), Act::Update(SHOP, Edit::AddOutput));
    let told = held(&world, &wish, script).await;
    assert_eq!(kind(told.only()), Some(Kind::Stale), "{told:?}");
}

#[tokio::test]
async fn a_nested_stack_keeps_its_tables_when_its_parent_gets_a_tag() {
    let world = World::new().await;
    let parent = with_child(&world, &["Order", "User"]);
    world.direct.create(SHOP, &parent, &BTreeMap::new()).await;
    let wish = Wish::of(WantedStack::new(SHOP, parent).tag("team", "orders"));
    let told = held(&world, &wish, Script::default()).await;
    assert_eq!(*told.only(), DONE);
}

#[tokio::test]
async fn a_table_is_deleted_by_consent_and_no_other() {
    let mut before = shop(&[]);
    before["Resources"]["User"] = bare_table(None);
    let world = deployed(&before).await;
    let user = world.direct.resources(SHOP).await["User"].1.clone();
    let told = held(&world, &wish(shop(&["g"])), Script::default()).await;
    assert_eq!(kind(told.only()), Some(Kind::Refused), "{told:?}");
    assert!(world.direct.table(&user).await.is_some());
    let told = held(&world, &wish(shop(&["g"])).consenting("User", Loss::Data), Script::default()).await;
    assert_eq!(*told.only(), DONE);
    assert!(world.direct.table(&user).await.is_none());
    assert_eq!(indexes(&world, "Order").await, ["by-g"]);
    // The same job, run again.
    let again = wish(shop(&["g"])).consenting("User", Loss::Data);
    let told = crate::subject::deploy(&world, &again, Script::default()).await;
    assert_eq!(*told.only(), Said::Unchanged);
}

#[tokio::test]
async fn a_region_that_is_spelled_otherwise_in_a_tag_does_not_end_a_ladder() {
    let before = json!({ "Resources": { "Order": orders(&[], &json!({ "Ref": "AWS::Region" })) } });
    the_ladder_is_climbed(before, shop(&["g", "h"])).await;
}

#[tokio::test]
async fn a_region_that_is_spelled_otherwise_in_an_output_does_not_end_a_ladder() {
    let (mut before, mut after) = (shop(&[]), shop(&["g", "h"]));
    before["Outputs"]["Region"] = json!({ "Value": { "Fn::Sub": "${AWS::Region}" } });
    after["Outputs"]["Region"] = json!({ "Value": REGION });
    the_ladder_is_climbed(before, after).await;
}

#[tokio::test]
async fn a_table_that_a_colleague_adds_between_two_steps_stops_the_rollout() {
    let world = deployed(&shop(&[])).await;
    let script = acting(When::Of("DescribeTable", 2), Act::Update(SHOP, Edit::AddTable));
    let told = held(&world, &wish(shop(&["g", "h"])), script).await;
    assert_eq!(kind(told.only()), Some(Kind::Stale), "{told:?}");
    assert!(world.direct.resources(SHOP).await.contains_key("Theirs"));
    assert_eq!(indexes(&world, "Order").await, ["by-g"]);
}

#[tokio::test]
async fn an_output_that_a_colleague_adds_between_two_steps_is_not_removed() {
    let world = deployed(&shop(&[])).await;
    let script = acting(When::Of("DescribeTable", 2), Act::Update(SHOP, Edit::AddOutput));
    let told = held(&world, &wish(shop(&["g", "h"])), script).await;
    assert_eq!(kind(told.only()), Some(Kind::Stale), "{told:?}");
}

#[tokio::test]
async fn consent_to_a_retained_replacement_is_none_to_a_deletion() {
    let with_key = |key: &str, indexes: &[&str]| {
        let mut template = shop(indexes);
        let mut table = bare_table(Some("Retain"));
        table["Properties"]["AttributeDefinitions"][0]["AttributeName"] = json!(key);
        table["Properties"]["KeySchema"][0]["AttributeName"] = json!(key);
        template["Resources"]["User"] = table;
        template
    };
    let world = deployed(&with_key("id", &[])).await;
    let user = world.direct.resources(SHOP).await["User"].1.clone();
    let script = acting(When::Of("DescribeTable", 2), Act::Update(SHOP, Edit::DeletionPolicies));
    let wish = wish(with_key("other", &["g", "h"])).consenting("User", Loss::Replacement);
    let told = held(&world, &wish, script).await;
    assert_eq!(kind(told.only()), Some(Kind::Stale), "{told:?}");
    assert!(world.direct.table(&user).await.is_some());
}

#[tokio::test]
async fn consent_to_leave_a_table_is_none_to_delete_it() {
    let mut before = shop(&[]);
    before["Resources"]["User"] = bare_table(Some("Retain"));
    let world = deployed(&before).await;
    let user = world.direct.resources(SHOP).await["User"].1.clone();
    let script = acting(When::Of("DescribeTable", 2), Act::Update(SHOP, Edit::DeletionPolicies));
    let wish = wish(shop(&["g", "h"])).consenting("User", Loss::Replacement);
    let told = held(&world, &wish, script).await;
    assert!(world.direct.table(&user).await.is_some());
    assert_eq!(kind(told.only()), Some(Kind::Stale), "{told:?}");
}

#[tokio::test]
async fn what_cloudformation_cannot_apply_does_not_stay_pending() {
    let with = |edit: fn(&mut Value)| {
        let mut template = shop(&[]);
        template["Resources"]["Other"] = bare_table(Some("Retain"));
        edit(&mut template);
        template
    };
    let world = deployed(&with(|_| {})).await;
    for edit in
        [(|template| template["Description"] = json!("orders of the shop")) as fn(&mut Value), |template| {
            template["Resources"]["Other"]["DependsOn"] = json!("Order");
        }]
    {
        let wish = wish(with(edit));
        let first = held(&world, &wish, Script::default()).await;
        assert!(matches!(first.only(), Said::Done { .. } | Said::Unchanged), "{first:?}");
        let second = held(&world, &wish, Script::default()).await;
        assert_eq!(*second.only(), Said::Unchanged);
    }
}

#[tokio::test]
async fn an_interrupt_while_an_index_is_built_says_that_it_is() {
    let world = deployed(&shop(&[])).await;
    let interrupt = Some((When::Of("DescribeTable", 3), Moment::Before));
    let script = Script { interrupt, ..Script::default() };
    let told = held(&world, &wish(shop(&["g"])), script).await;
    assert_eq!(told.running.as_deref(), Some(&[SHOP.to_owned()][..]), "{told:?}");
}

#[tokio::test]
async fn a_plan_file_holds_between_two_steps() {
    let world = deployed(&shop(&[])).await;
    let mut wish = wish(shop(&["g", "h"]));
    wish.plan_file = Some(plan_file(&world, &wish).await);
    let script = acting(When::Of("DescribeTable", 2), Act::Update(SHOP, Edit::Recovery));
    let told = held(&world, &wish, script).await;
    assert_eq!(kind(told.only()), Some(Kind::Stale), "{told:?}");
}

#[tokio::test]
async fn a_change_set_of_another_run_that_waits_for_an_approval_outlives_a_deployment_without_changes() {
    let world = deployed(&shop(&[])).await;
    let name = "tablewright-0123456789abcdef0123456789abcdef";
    let act = Act::LeaveChangeSet(SHOP, name.to_owned());
    let told = held(&world, &wish(shop(&[])), acting(When::Call(0), act)).await;
    assert_eq!(*told.only(), Said::Unchanged);
    assert_eq!(world.direct.change_sets(SHOP).await, [name]);
}

#[tokio::test]
async fn a_job_with_a_plan_file_can_be_run_again() {
    let world = deployed(&shop(&[])).await;
    let mut wish = wish(shop(&["g", "h"]));
    wish.plan_file = Some(plan_file(&world, &wish).await);
    let told = held(&world, &wish, Script::default()).await;
    assert_eq!(*told.only(), DONE);
    let told = held(&world, &wish, Script::default()).await;
    assert_eq!(*told.only(), Said::Unchanged);
}

/// The parent has another tag, and its child, at the same URL, no longer has its table.
#[tokio::test]
async fn a_table_of_a_nested_stack_is_not_lost_with_a_change_of_its_parent() {
    let world = World::new().await;
    let parent = with_child(&world, &["Order", "User"]);
    world.direct.create(SHOP, &parent, &BTreeMap::new()).await;
    with_child(&world, &["User"]);
    let wish = Wish::of(WantedStack::new(SHOP, parent).tag("team", "orders"));
    let told = held(&world, &wish, Script::default()).await;
    assert_eq!(kind(told.only()), Some(Kind::Refused), "{told:?}");
}

#[tokio::test]
async fn a_hidden_parameter_is_kept_and_not_said() {
    let template = |tag: &str| {
        let mut template = shop(&[]);
        template["Parameters"]["Secret"] = json!({ "Type": "String", "NoEcho": true });
        template["Resources"]["Order"]["Properties"]["Tags"] =
            json!([{ "Key": "secret", "Value": { "Ref": "Secret" } }, { "Key": "tag", "Value": tag }]);
        template
    };
    let world = World::new().await;
    let parameters = BTreeMap::from([("Secret".to_owned(), "swordfish".to_owned())]);
    let first = Wish { parameters, ..wish(template("one")) };
    let told = held(&world, &first, Script::default()).await;
    assert_eq!(*told.only(), DONE);
    // Without the value, it is kept.
    let told = held(&world, &wish(template("one")), Script::default()).await;
    assert_eq!(*told.only(), Said::Unchanged);
    let told = held(&world, &wish(template("two")), Script::default()).await;
    assert_eq!(*told.only(), DONE);
    assert!(!format!("{told:?}").contains("swordfish"));
}

#[tokio::test]
async fn consent_to_a_replacement_is_none_to_a_loss() {
    let mut before = shop(&[]);
    before["Resources"]["User"] = bare_table(None);
    let world = deployed(&before).await;
    let user = world.direct.resources(SHOP).await["User"].1.clone();
    let wish = wish(shop(&[])).consenting("User", Loss::Replacement);
    let told = held(&world, &wish, Script::default()).await;
    assert_eq!(kind(told.only()), Some(Kind::Refused), "{told:?}");
    assert!(world.direct.table(&user).await.is_some());
}

#[tokio::test]
async fn a_stack_that_is_deleted_while_it_is_planned_is_not_unchanged() {
    let world = deployed(&shop(&[])).await;
    let script = acting(When::Of("GetTemplate", 0), Act::DeleteStack(SHOP));
    let told = held(&world, &wish(shop(&[])), script).await;
    assert_ne!(*told.only(), Said::Unchanged);
}

/// A creation that fails: the key has an attribute that is not defined.
async fn failed_creation(world: &World, retained: bool) {
    let mut template = shop(&[]);
    let mut broken = bare_table(None);
    broken["Properties"]["KeySchema"][0]["AttributeName"] = json!("undefined");
    if retained {
        template["Resources"]["Order"]["DeletionPolicy"] = json!("Retain");
    } else {
        template["Resources"]["Order"]["DeletionPolicy"] = json!("Delete");
    }
    broken["DependsOn"] = json!("Order");
    template["Resources"]["Broken"] = broken;
    world.direct.begin_creation(SHOP, &template).await;
    world.direct.wait(1_200);
    assert_eq!(world.direct.status(SHOP).await.as_deref(), Some("ROLLBACK_COMPLETE"));
}

#[tokio::test]
async fn a_stack_whose_creation_was_rolled_back_is_made_anew() {
    let world = World::new().await;
    failed_creation(&world, false).await;
    let told = held(&world, &wish(shop(&["g"])), Script::default()).await;
    assert_eq!(*told.only(), DONE);
    assert_eq!(indexes(&world, "Order").await, ["by-g"]);
}

#[tokio::test]
async fn what_a_failed_creation_has_retained_is_named_and_left_alone() {
    let world = World::new().await;
    failed_creation(&world, true).await;
    let order = world.direct.resources(SHOP).await["Order"].1.clone();
    let told = held(&world, &wish(shop(&["g"])), Script::default()).await;
    let Said::Failed { text, .. } = told.only() else { panic!("{told:?}") };
    assert!(text.contains(&order), "{text}");
    assert_eq!(world.direct.status(SHOP).await.as_deref(), Some("ROLLBACK_COMPLETE"));
    assert!(world.direct.table(&order).await.is_some());
}

#[tokio::test]
async fn what_is_left_of_a_failed_creation_is_not_deleted_once_a_colleague_has_made_it_anew() {
    let world = World::new().await;
    failed_creation(&world, false).await;
    for when in [When::Of("DescribeStacks", 1), When::Of("DeleteStack", 0)] {
        let act = Act::MakeAnew(SHOP);
        let told = held(&world, &wish(shop(&["g"])), acting(when, act)).await;
        assert!(matches!(kind(told.only()), Some(Kind::Stale | Kind::Refused)), "{told:?}");
        assert!(world.direct.resources(SHOP).await.contains_key("Theirs"));
        world.direct.cloudformation.delete_stack().stack_name(SHOP).send().await.unwrap();
        world.direct.wait(1_200);
        failed_creation(&world, false).await;
    }
}

#[tokio::test]
async fn every_wait_ends_with_the_timeout() {
    let timeout =
        |seconds| WaitOptions { timeout: Some(Duration::from_secs(seconds)), ..WaitOptions::default() };
    // The change set takes longer, then the operation, then the indexes.
    for (seconds, of_stack) in [(1, 0), (4, 1), (15, 1)] {
        let world = deployed(&shop(&[])).await;
        let wish = Wish { wait: timeout(seconds), ..wish(shop(&["g"])) };
        let told = held(&world, &wish, Script::default()).await;
        assert_eq!(kind(told.only()), Some(Kind::StillRunning), "after {seconds} s: {told:?}");
        let executed = told.calls.iter().filter(|call| *call == "ExecuteChangeSet").count();
        assert_eq!(executed, of_stack, "after {seconds} s");
    }
    let world = deployed(&shop(&[])).await;
    let wish = Wish { wait: timeout(600), ..wish(shop(&["g"])) };
    assert_eq!(*held(&world, &wish, Script::default()).await.only(), DONE);
}

#[tokio::test]
async fn a_job_with_a_plan_file_goes_on_where_it_was_interrupted() {
    let world = deployed(&shop(&[])).await;
    let mut wish = wish(shop(&["g", "h"]));
    wish.plan_file = Some(plan_file(&world, &wish).await);
    let interrupt = Some((When::Of("CreateChangeSet", 1), Moment::Before));
    let _ = held(&world, &wish, Script { interrupt, ..Script::default() }).await;
    assert_eq!(indexes(&world, "Order").await, ["by-g"]);
    let told = held(&world, &wish, Script::default()).await;
    assert_eq!(*told.only(), DONE, "{told:?}");
    assert_eq!(indexes(&world, "Order").await, ["by-g", "by-h"]);
}

#[tokio::test]
async fn a_plan_file_holds_in_its_region_and_account_alone() {
    let world = World::new().await;
    let wish = wish(shop(&[]));
    let file = plan_file(&world, &wish).await;
    for (here, elsewhere) in
        [(r#""region":"eu-west-1""#, r#""region":"us-east-1""#), (r#""account":null"#, r#""account":"1""#)]
    {
        assert!(file.contains(here), "{file}");
        let wish = Wish { plan_file: Some(file.replace(here, elsewhere)), ..wish.clone() };
        let told = held(&world, &wish, Script::default()).await;
        assert_eq!(kind(told.only()), Some(Kind::Stale), "{told:?}");
        assert_eq!(world.direct.status(SHOP).await, None);
    }
    let told = held(&world, &Wish { plan_file: Some(file), ..wish }, Script::default()).await;
    assert_eq!(*told.only(), DONE);
}

#[tokio::test]
async fn a_secret_value_is_not_in_the_digests_of_a_plan() {
    let mut template = shop(&[]);
    template["Parameters"]["Secret"] = json!({ "Type": "String", "NoEcho": true });
    let world = World::new().await;
    let with = |secret: &str| {
        let parameters = BTreeMap::from([("Secret".to_owned(), secret.to_owned())]);
        let options = Options { parameters, ..Options::default() };
        Wish { options, ..wish(template.clone()) }
    };
    let (one, other) = (plan_file(&world, &with("one")).await, plan_file(&world, &with("other")).await);
    assert_eq!(one, other);
}

#[tokio::test]
async fn a_stack_that_lets_go_of_an_export_goes_before_the_one_that_drops_it() {
    let world = World::new().await;
    let mut producer = shop(&[]);
    producer["Outputs"]["Word"] = json!({ "Value": "word", "Export": { "Name": "shop-word" } });
    let mut consumer = json!({ "Resources": { "User": bare_table(Some("Retain")) } });
    consumer["Outputs"]["Word"] = json!({ "Value": { "Fn::ImportValue": "shop-word" } });
    world.direct.create(SHOP, &producer, &BTreeMap::new()).await;
    world.direct.create("demo-second", &consumer, &BTreeMap::new()).await;
    consumer["Outputs"]["Word"] = json!({ "Value": "another" });
    let mut wish = wish(shop(&[]));
    wish.stacks.push(WantedStack::new("demo-second", consumer));
    let told = held(&world, &wish, Script::default()).await;
    assert!(told.stacks.values().all(|said| matches!(said, Said::Done { .. })), "{told:?}");
}

/// The first stack is done, and the change set of the second one is being created.
#[tokio::test]
async fn an_interrupt_between_two_stacks_says_that_the_first_is_deployed() {
    let world = World::new().await;
    let mut producer = shop(&[]);
    producer["Outputs"]["Word"] = json!({ "Value": "word", "Export": { "Name": "shop-word" } });
    let mut consumer = json!({ "Resources": { "User": bare_table(Some("Retain")) } });
    consumer["Outputs"]["Word"] = json!({ "Value": { "Fn::ImportValue": "shop-word" } });
    let mut wish = wish(producer);
    wish.stacks.push(WantedStack::new("demo-second", consumer));
    let interrupt = Some((When::Of("CreateChangeSet", 1), Moment::Before));
    let told = held(&world, &wish, Script { interrupt, ..Script::default() }).await;
    assert_eq!(told.running.as_deref(), Some(&[SHOP.to_owned()][..]), "{told:?}");
}

/// What is set without a change set was set as well.
#[tokio::test]
async fn an_interrupt_while_settings_are_set_says_that_they_may_be() {
    let world = deployed(&shop(&[])).await;
    let policy = json!({ "Statement": [
        { "Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*" },
    ] });
    let wish = Wish::of(WantedStack::new(SHOP, shop(&[])).policy(policy));
    let interrupt = Some((When::Of("SetStackPolicy", 0), Moment::After));
    let told = held(&world, &wish, Script { interrupt, ..Script::default() }).await;
    assert_eq!(told.running.as_deref(), Some(&[SHOP.to_owned()][..]), "{told:?}");
}

/// The deletion of what a failed creation has left has begun, and its answer was not seen.
#[tokio::test]
async fn an_interrupt_while_a_failed_creation_is_deleted_says_that_it_may_be() {
    let world = World::new().await;
    failed_creation(&world, false).await;
    let interrupt = Some((When::Of("DeleteStack", 0), Moment::After));
    let told = held(&world, &wish(shop(&["g"])), Script { interrupt, ..Script::default() }).await;
    assert_eq!(told.running.as_deref(), Some(&[SHOP.to_owned()][..]), "{told:?}");
}

/// What the change set of the second step tells was not shown.
#[tokio::test]
async fn what_a_nested_stack_loses_between_two_steps_does_not_hide_the_first() {
    let world = World::new().await;
    let template = |indexes: &[&str]| {
        let mut template = with_child(&world, &["User", "Note"]);
        template["Resources"]["Order"] = shop(indexes)["Resources"]["Order"].take();
        template
    };
    world.direct.create(SHOP, &template(&[]), &BTreeMap::new()).await;
    let script = acting(When::Of("DescribeTable", 2), Act::DropFromChild(SHOP));
    let told = held(&world, &wish(template(&["g", "h"])), script).await;
    assert_eq!(kind(told.only()), Some(Kind::Refused), "{told:?}");
}

/// CloudFormation finds nothing in the first of three steps, and the rollout does not take that for the end.
#[tokio::test]
async fn a_name_that_is_spelled_as_a_reference_before_does_not_end_a_ladder() {
    let with_users = |indexes: &[&str], users: Value| {
        let mut template = shop(indexes);
        template["Resources"]["User"] = bare_table(Some("Retain"));
        template["Resources"]["Order"]["Properties"]["Tags"] = json!([{ "Key": "users", "Value": users }]);
        template
    };
    let world = deployed(&with_users(&[], json!({ "Ref": "User" }))).await;
    let name = world.direct.resources(SHOP).await["User"].1.clone();
    let told = held(&world, &wish(with_users(&["g", "h"], json!(name))), Script::default()).await;
    assert_eq!(told.passed_over.len(), 1, "{told:?}");
    assert_eq!(*told.only(), DONE);
    assert_eq!(indexes(&world, "Order").await, ["by-g", "by-h"]);
}

/// The only step is executed, and its index is being built.
#[tokio::test]
async fn what_a_colleague_takes_back_after_the_last_step_is_not_done() {
    let with_output = |indexes: &[&str]| {
        let mut template = shop(indexes);
        template["Outputs"]["Order"] = json!({ "Value": { "Ref": "Order" } });
        template
    };
    let world = deployed(&with_output(&[])).await;
    let script = acting(When::Of("DescribeTable", 2), Act::Update(SHOP, Edit::RemoveOutputs));
    let told = held(&world, &wish(with_output(&["g"])), script).await;
    assert_eq!(kind(told.only()), Some(Kind::Stale), "{told:?}");
    let executed = told.calls.iter().filter(|call| *call == "ExecuteChangeSet").count();
    assert_eq!(executed, 1, "{told:?}");
    assert_eq!(indexes(&world, "Order").await, ["by-g"]);
}

/// Both have a change set for the stack that there is not yet.
#[tokio::test]
async fn a_creation_that_is_interrupted_leaves_the_change_set_of_a_colleague() {
    let world = World::new().await;
    let act = Act::LeaveChangeSet(SHOP, "release-42".to_owned());
    let interrupt = Some((When::Of("ExecuteChangeSet", 0), Moment::Before));
    let script = Script { interrupt, ..acting(When::Of("DescribeChangeSet", 0), act) };
    let told = held(&world, &wish(shop(&["g"])), script).await;
    assert_eq!(told.running.as_deref(), Some(&[][..]), "{told:?}");
    assert_eq!(world.direct.change_sets(SHOP).await, ["release-42"]);
    assert_eq!(world.direct.status(SHOP).await.as_deref(), Some("REVIEW_IN_PROGRESS"));
}

/// A token that has expired is renewed by whoever signs in again: once something is deployed, the rollout waits for that.
#[tokio::test]
async fn a_sign_in_that_expires_after_a_step_is_waited_for() {
    let quiet = {
        let world = deployed(&shop(&[])).await;
        held(&world, &wish(shop(&["g", "h"])), Script::default()).await
    };
    let first = quiet.calls.iter().position(|call| call == "ExecuteChangeSet").unwrap();
    let reads = ["DescribeStacks", "GetTemplate"];
    let after_first =
        (first + 1..quiet.calls.len()).filter(|call| reads.contains(&quiet.calls[*call].as_str()));
    let mut tried = 0;
    for call in after_first {
        let world = deployed(&shop(&[])).await;
        let faults = vec![(When::Call(call), tablewright_sandbox::CallFailure::ExpiredToken)];
        let script = Script { faults, ..Script::default() };
        let told = held(&world, &wish(shop(&["g", "h"])), script).await;
        assert_eq!(*told.only(), DONE, "at call {call}, {}", quiet.calls[call]);
        tried += 1;
    }
    assert!(tried > 6, "{tried}");
}
