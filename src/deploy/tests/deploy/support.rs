//! A sandbox, and a target in it.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_async::time::SharedTimeSource;
use tablewright_cloudformation::{Connect, connect};
use tablewright_deploy::Target;
use tablewright_sandbox::{Clock, Options, Sandbox, VirtualClock};

/// Returns an empty sandbox, its clock, and a target in eu-west-1 of it.
pub(crate) async fn sandbox() -> (Sandbox, VirtualClock, Target) {
    let clock = VirtualClock::default();
    let options = Options { clock: Clock::Virtual(clock.clone()), ..Options::default() };
    let sandbox = Sandbox::in_memory(options);
    let connection = connect(&Connect {
        region: Some("eu-west-1".to_owned()),
        http_client: Some(sandbox.http_client()),
        credentials: Some(SharedCredentialsProvider::new(Credentials::from_keys("a", "b", None))),
        sleep: Some(SharedAsyncSleep::new(clock.clone())),
        time: Some(SharedTimeSource::new(clock.clone())),
        ..Connect::default()
    })
    .await
    .unwrap();
    (sandbox, clock, Target::new(connection, "the sandbox"))
}
