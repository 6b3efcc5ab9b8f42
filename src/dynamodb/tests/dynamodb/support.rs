//! A sandbox, and a client of its DynamoDB.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region, SharedAsyncSleep};
use tablewright_sandbox::{Clock, Options, Sandbox, VirtualClock};

/// Returns an empty sandbox, its clock, and a client in eu-west-1 that tries nothing again.
pub(crate) fn sandbox() -> (Sandbox, VirtualClock, Client) {
    let clock = VirtualClock::default();
    let sandbox = Sandbox::in_memory(Options { clock: Clock::Virtual(clock.clone()), ..Options::default() });
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("a", "b", None, None, "test"))
        .http_client(sandbox.http_client())
        .sleep_impl(SharedAsyncSleep::new(clock.clone()))
        .time_source(clock.clone())
        .retry_config(RetryConfig::disabled())
        .build();
    (sandbox, clock, Client::from_conf(config))
}
