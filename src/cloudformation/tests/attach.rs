//! Attaching to whatever a stack is doing, or has done last.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use common::{ONE, TWO, World, facts};
use tablewright_cloudformation::{Outcome, latest};

#[tokio::test]
async fn to_an_operation_that_runs() {
    let mut world = World::deployed(ONE).await;
    world.start(TWO).await;
    world.clock.advance(std::time::Duration::from_secs(5));
    world.forget();
    let operation = latest(&world.client, "shop").await.unwrap().unwrap();
    let outcome = world.follow(&operation).await.unwrap();
    assert!(matches!(outcome, Outcome::Deployed { .. }), "{outcome:?}");
    insta::assert_snapshot!(world.transcript(), @"
    -5.1 UPDATE_IN_PROGRESS: User Initiated
    -1.6 - A UPDATE_IN_PROGRESS
    -0.1 - A UPDATE_COMPLETE
     0.3 - B CREATE_IN_PROGRESS
     1.0 - B CREATE_IN_PROGRESS: Resource creation Initiated
     1.8 - B CREATE_COMPLETE
     2.7 UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
     3.6 UPDATE_COMPLETE
     4.9 settled in UPDATE_COMPLETE
    ");
}

#[tokio::test]
async fn to_an_operation_that_has_ended() {
    let mut world = World::deployed(ONE).await;
    world.deploy(TWO).await.unwrap();
    let told = world.transcript();
    world.clock.advance(std::time::Duration::from_secs(86_400));
    world.forget();
    let operation = latest(&world.client, "shop").await.unwrap().unwrap();
    let outcome = world.follow(&operation).await.unwrap();
    assert!(matches!(outcome, Outcome::Deployed { outputs: Some(_), .. }), "{outcome:?}");
    // The same facts as when it ran, and no waiting.
    let told = facts(&told);
    let begin = told.iter().position(|fact| fact.starts_with("UPDATE_IN_PROGRESS")).unwrap();
    assert_eq!(facts(&world.transcript()), told[begin..]);
    insta::assert_snapshot!(format!("{:.1} s, {}", world.elapsed(), world.calls()), @"0.3 s, DescribeStackEvents 1, DescribeStacks 2");
}

#[tokio::test]
async fn to_a_stack_that_does_not_exist() {
    let world = World::new().await;
    assert_eq!(latest(&world.client, "shop").await.unwrap(), None);
}

#[tokio::test]
async fn to_a_shell_without_an_operation() {
    let mut world = World::new().await;
    world.prepare(ONE).await.unwrap();
    let operation = latest(&world.client, "shop").await.unwrap().unwrap();
    insta::assert_snapshot!(world.follow(&operation).await.unwrap_err(), @"stack shop has no operations yet; it is in REVIEW_IN_PROGRESS");
}
