//! Whose account the credentials belong to.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use tablewright_cloudformation::{ApiErrorKind, Connect, connect};
use tablewright_sandbox::{CallFailure, CallFault, Faults, Options, Sandbox};

#[tokio::test]
async fn the_account_is_asked_for_and_a_refusal_is_named() {
    let sandbox = Sandbox::in_memory(Options::default());
    let connection = connect(&Connect {
        region: Some("eu-west-1".to_owned()),
        http_client: Some(sandbox.http_client()),
        credentials: Some(SharedCredentialsProvider::new(Credentials::from_keys("a", "b", None))),
        ..Connect::default()
    })
    .await
    .unwrap();
    assert_eq!(connection.account().await.unwrap(), "000000000000");

    let calls = vec![CallFault { action: "*".into(), from: 1, to: 99, failure: CallFailure::AccessDenied }];
    sandbox.set_faults(Faults { calls, ..Faults::default() }).unwrap();
    let error = connection.account().await.unwrap_err();
    assert!(matches!(error.kind, ApiErrorKind::Denied { .. }), "{error:?}");
    assert!(error.to_string().contains("GetCallerIdentity"), "{error}");
}
