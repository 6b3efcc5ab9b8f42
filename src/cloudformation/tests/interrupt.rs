//! Interrupted at every call: what the program was doing is dropped in the middle, then discarded.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use common::{ONE, TWO, World};
use tablewright_cloudformation::discard;
use tablewright_cloudformation::watch;
use tablewright_cloudformation::{Discarded, Outcome, Polling, Prepared, execute, prepare};

/// Counts calls down; the one at zero never comes back: either it is not sent, or its answer is not received.
#[derive(Debug, Clone)]
struct Hanging {
    inner: SharedHttpClient,
    left: Arc<AtomicUsize>,
    sent: bool,
}

impl HttpClient for Hanging {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        parts: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(HangingConnector { inner, hanging: self.clone() })
    }
}

#[derive(Debug)]
struct HangingConnector {
    inner: SharedHttpConnector,
    hanging: Hanging,
}

impl HttpConnector for HangingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let left = self.hanging.left.load(Ordering::SeqCst);
        self.hanging.left.store(left.wrapping_sub(1), Ordering::SeqCst);
        if left != 0 {
            return self.inner.call(request);
        }
        let answer = self.hanging.sent.then(|| self.inner.call(request));
        HttpConnectorFuture::new(async move {
            if let Some(answer) = answer {
                let _ = answer.await;
            }
            std::future::pending().await
        })
    }
}

const NEVER: usize = usize::MAX;

async fn hanging_world(sent: bool) -> (World, Arc<AtomicUsize>) {
    let left = Arc::new(AtomicUsize::new(NEVER));
    let counter = Arc::clone(&left);
    let world = World::with(move |inner| SharedHttpClient::new(Hanging { inner, left, sent })).await;
    (world, counter)
}

/// Runs `future` until it hangs or is done, and drops it.
async fn until_it_hangs<F: Future>(future: F) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = future => Some(output),
        // The sandbox answers at once: what is not done now hangs.
        () = tokio::task::yield_now() => None,
    }
}

/// Interrupts `prepare` at its first call, its second, and so on, and checks that nothing is left.
async fn interrupt_preparing(first: Option<&str>, left_behind: &str) {
    for sent in [false, true] {
        for nth in 0.. {
            let (mut world, left) = hanging_world(sent).await;
            if let Some(template) = first {
                world.deploy(template).await.unwrap();
            }
            let prepared_request = world.prepare_request(TWO).await;
            left.store(nth, Ordering::SeqCst);
            let done = until_it_hangs(prepare(&world.client, &prepared_request, &world.events)).await;
            left.store(NEVER, Ordering::SeqCst);
            assert_eq!(
                discard(&world.client, &prepared_request, &world.events).await.unwrap(),
                Discarded::Gone
            );
            assert_eq!(world.left().await, left_behind, "call {nth}, sent: {sent}");
            // Declined: discarded after it was ready.
            if let Some(prepared) = done {
                assert!(matches!(prepared.unwrap(), Prepared::Ready(_)));
                assert!(nth >= 2, "{nth}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn preparing_a_creation() {
    interrupt_preparing(None, "no stack").await;
}

#[tokio::test]
async fn preparing_an_update() {
    interrupt_preparing(Some(ONE), "CREATE_COMPLETE with change sets []").await;
}

#[tokio::test]
async fn a_shell_that_was_there_stays() {
    let mut world = World::new().await;
    world.prepare(ONE).await.unwrap();
    let prepared_request = world.prepare_request(TWO).await;
    prepare(&world.client, &prepared_request, &world.events).await.unwrap();
    discard(&world.client, &prepared_request, &world.events).await.unwrap();
    insta::assert_snapshot!(world.left().await, @r#"REVIEW_IN_PROGRESS with change sets ["change-1"]"#);
}

#[tokio::test]
async fn executing() {
    for sent in [false, true] {
        // The mark, then the execution itself.
        for nth in 0..2 {
            let (mut world, left) = hanging_world(sent).await;
            let prepared_request = world.prepare_request(ONE).await;
            let prepared = prepare(&world.client, &prepared_request, &world.events).await.unwrap();
            let Prepared::Ready(change_set) = prepared else { panic!("nothing to do") };
            left.store(nth, Ordering::SeqCst);
            let done = until_it_hangs(execute(&world.client, &change_set, "token", &world.events)).await;
            assert!(done.is_none());
            left.store(NEVER, Ordering::SeqCst);
            let discarded = discard(&world.client, &prepared_request, &world.events).await.unwrap();
            if sent && nth == 1 {
                // It runs: it is left alone, and can be watched to its end.
                assert_eq!(discarded, Discarded::Executed);
                let operation =
                    tablewright_cloudformation::latest(&world.client, "shop").await.unwrap().unwrap();
                let outcome = world.follow(&operation).await.unwrap();
                assert!(matches!(outcome, Outcome::Deployed { .. }), "{outcome:?}");
            } else {
                assert_eq!(discarded, Discarded::Gone);
                assert_eq!(world.left().await, "no stack");
            }
        }
    }
}

#[tokio::test]
async fn watching() {
    let (mut world, left) = hanging_world(true).await;
    let operation = world.start(ONE).await;
    left.store(2, Ordering::SeqCst);
    let done = until_it_hangs(watch(&world.client, &operation, &Polling::default(), &world.events)).await;
    assert!(done.is_none());
    left.store(NEVER, Ordering::SeqCst);
    // The stack went on without us, and the same operation can be followed from its beginning.
    world.forget();
    let outcome = world.follow(&operation).await.unwrap();
    assert!(matches!(outcome, Outcome::Deployed { .. }), "{outcome:?}");
    insta::assert_snapshot!(world.transcript().lines().count(), @"6");
}
