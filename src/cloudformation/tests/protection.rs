//! Termination protection and the stack policy.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use common::{ONE, World};
use tablewright_cloudformation::delete;
use tablewright_cloudformation::stack::{self, protection};
use tablewright_cloudformation::{DeleteError, Prepared};

#[tokio::test]
async fn a_stack_is_protected_before_anything_is_in_it() {
    let mut world = World::new().await;
    let prepared_request = world.prepare_request(ONE).await;
    let prepared =
        tablewright_cloudformation::prepare(&world.client, &prepared_request, &world.events).await.unwrap();
    assert!(matches!(prepared, Prepared::Ready(_)));
    protection::set_termination_protection(&world.client, "shop", true).await.unwrap();
    let shop = stack::describe(&world.client, "shop").await.unwrap().unwrap();
    assert!(shop.termination_protection);
    let refused = delete(&world.client, &shop, "token", &world.events).await.unwrap_err();
    assert!(matches!(refused, DeleteError::Protected { .. }), "{refused:?}");
    protection::set_termination_protection(&world.client, "shop", false).await.unwrap();
    assert!(!stack::describe(&world.client, "shop").await.unwrap().unwrap().termination_protection);
}

#[tokio::test]
async fn a_policy_is_read_as_it_was_set() {
    let world = World::deployed(ONE).await;
    assert_eq!(protection::policy(&world.client, "shop").await.unwrap(), None);
    let policy = r#"{"Statement":[{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}]}"#;
    protection::set_policy(&world.client, "shop", policy).await.unwrap();
    assert_eq!(protection::policy(&world.client, "shop").await.unwrap().as_deref(), Some(policy));
    let error = protection::set_policy(&world.client, "shop", "no policy").await.unwrap_err();
    assert!(error.to_string().contains("Error validating stack policy"), "{error}");
    assert!(protection::policy(&world.client, "nowhere").await.is_err());
}
