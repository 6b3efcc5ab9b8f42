//! No credentials, no region, no endpoint: said at once, with what was tried and what to do.

use insta::assert_snapshot;

use crate::support::{Output, Peer, Project};

fn project(name: &str) -> Project {
    Project::sample(&format!("access-{name}"))
}

/// Runs with keys in the environment, as a CI system gives them.
fn run_with_keys(project: &Project, args: &[&str]) -> Output {
    let mut command = project.command(args);
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "secret");
    // One attempt: the waits between attempts are the SDK's, and are tested where they are made.
    project.finish(command.env("AWS_MAX_ATTEMPTS", "1"))
}

#[test]
fn no_credentials_and_no_region() {
    let project = project("none");
    assert_snapshot!(project.run(&["diff", "notes"]), @"
    exit code 3
    --- stderr
    error: no region
      tried: AWS_REGION and AWS_DEFAULT_REGION are not set
      tried: profile `default` has no `region`
      tried: EC2 instance metadata provides no region
      help: pass `--region`, set AWS_REGION, or give the environment a `region` in tablewright.toml; or try `--sandbox`, which needs no account
    ");
    assert_snapshot!(project.run(&["diff", "notes", "--region", "eu-west-1"]), @"
    exit code 3
    --- stderr
    error: no credentials
      tried: Environment: environment variable not set
      tried: Profile: nothing is configured
      tried: WebIdentityToken: $AWS_WEB_IDENTITY_TOKEN_FILE was not set
      tried: EcsContainer: ECS provider not configured
      tried: Ec2InstanceMetadata: IMDS disabled by AWS_EC2_METADATA_DISABLED env var set to `true`
      help: sign in (`aws configure`, `aws sso login`, `aws login`), choose a profile with `--profile`, or try `--sandbox`, which needs no account
    ");
    // Every command that calls AWS says the same.
    for args in
        [&["deploy", "--yes"][..], &["watch", "notes"], &["outputs", "notes"], &["destroy", "notes", "--yes"]]
    {
        let _ = project
            .run(&[args, &["--region", "eu-west-1"]].concat())
            .ends_with(3)
            .says("error: no credentials");
        let _ = project.run(args).ends_with(3).says("error: no region");
    }
    // A region of another form, in every place where one can be said.
    assert_snapshot!(run_with_keys(&project, &["diff", "notes", "--region", "Frankfurt"]), @"
    exit code 2
    --- stderr
    error: `Frankfurt` (as given) is not a valid region: lower-case letters, digits and `-`
      help: use a Region name such as eu-west-1
    ");
}

#[test]
fn profiles() {
    let project = project("profile");
    assert_snapshot!(project.run(&["diff", "notes", "--profile", "work"]), @"
    exit code 3
    --- stderr
    error: profile `work` (as given) is not in the AWS configuration files; there are none
      help: choose another with `--profile`, or create it with `aws configure --profile NAME`
    ");
    project.write(
        "home/.aws/config",
        "[profile home]\nregion = eu-west-1\n\n[profile office]\nregion = eu-west-1\n",
    );
    assert_snapshot!(project.run(&["diff", "notes", "--profile", "work"]), @"
    exit code 3
    --- stderr
    error: profile `work` (as given) is not in the AWS configuration files; there are: home, office
      help: choose another with `--profile`, or create it with `aws configure --profile NAME`
    ");
    let variable = project.finish(project.command(&["diff", "notes"]).env("AWS_PROFILE", "work"));
    let _ = variable.ends_with(3).says("profile `work` (AWS_PROFILE)");
    // The environment's own profile counts, and the flag beats it.
    project.replace("tablewright.toml", "[env.dev]", "[env.dev]\naws_profile = \"team\"");
    let _ = project.run(&["diff", "notes"]).ends_with(3).says("profile `team`");
    let _ = project.run(&["diff", "notes", "--profile", "home"]).ends_with(3).says("no credentials");
    project.write("home/.aws/config", "[profile\n");
    assert_snapshot!(project.run(&["diff", "notes", "--profile", "home"]), @"
    exit code 3
    --- stderr
    error: failed to read the AWS configuration files: could not parse profile file: error parsing [ROOT]/home/.aws/config on line 1:
      Profile definition must end with ']'
      help: correct the file, or unset the variable with its path
    ");
}

#[test]
fn an_endpoint_that_nobody_answers_at() {
    let project = project("nobody");
    let nobody = Peer::nobody();
    let at = ["--region", "eu-west-1", "--endpoint-url", &nobody.url];
    assert_snapshot!(run_with_keys(&project, &[&["diff", "notes"][..], &at].concat()), @"
    exit code 3
    --- stderr
    error: no connection to http://127.0.0.1:…: Connection refused (os error 111)
      help: check the endpoint: `--endpoint-url`, AWS_ENDPOINT_URL and the profile
    ");
    let _ = run_with_keys(&project, &[&["deploy", "notes", "--yes"][..], &at].concat())
        .ends_with(3)
        .says("no connection to");
    let _ = run_with_keys(&project, &[&["destroy", "notes", "--yes"][..], &at].concat())
        .ends_with(3)
        .says("no connection to");
}

#[test]
fn an_endpoint_that_never_answers() {
    let project = project("silent");
    let (silent, _listener) = Peer::silent();
    let at = ["--region", "eu-west-1", "--endpoint-url", &silent.url, "--timeout", "1s"];
    assert_snapshot!(run_with_keys(&project, &[&["deploy", "notes", "--yes"][..], &at].concat()), @"
    exit code 10
    --- stderr
    error: there was no answer in the time of `--timeout`; nothing was changed
      help: check the endpoint and the network, or run the same command with a longer `--timeout`
    ");
}

#[test]
fn an_endpoint_that_answers_with_a_page() {
    let project = project("page");
    for (status, page) in
        [("200 OK", "<html><body>Sign in</body></html>"), ("502 Bad Gateway", "<html>Bad Gateway</html>")]
    {
        let peer = Peer::with_page(status, page);
        let output =
            run_with_keys(&project, &["diff", "notes", "--region", "eu-west-1", "--endpoint-url", &peer.url]);
        let _ = output
            .ends_with(3)
            .says("is not CloudFormation: it answered DescribeStacks with")
            .says("check the endpoint:");
    }
}

#[test]
fn an_endpoint_that_is_no_url() {
    let project = project("url");
    assert_snapshot!(run_with_keys(&project, &["diff", "--region", "eu-west-1", "--endpoint-url", "localhost:4566"]), @"
    exit code 2
    --- stderr
    error: `localhost:4566` (as given) is not a valid endpoint: it does not begin with `http://` or `https://`
      help: use a URL such as http://127.0.0.1:4566
    ");
    assert_snapshot!(run_with_keys(&project, &["diff", "--region", "eu-west-1", "--endpoint-url", ""]), @"
    exit code 2
    --- stderr
    error: `` (as given) is not a valid endpoint: it does not begin with `http://` or `https://`
      help: use a URL such as http://127.0.0.1:4566
    ");
}
