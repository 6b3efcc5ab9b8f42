//! Connecting in environments of all kinds. The SDK reads the environment of its process, so each case runs in a process
//! of its own: this test program, started again with nothing but the case's variables.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::Command;

use aws_credential_types::provider::ProvideCredentials as _;
use tablewright_cloudformation::{Connect, ConnectError, MfaCode, connect};

/// A case: variables, configuration files, and what the caller says.
#[derive(Default, Clone, Copy)]
struct Case<'a> {
    name: &'a str,
    variables: &'a [(&'a str, &'a str)],
    config: &'a str,
    /// `profile`, `region`, `endpoint_url`, as the caller says them.
    said: &'a [(&'a str, &'a str)],
    ca_bundle: Option<&'a str>,
}

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];

#[track_caller]
fn run(case: &Case<'_>) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("connect-{}", case.name));
    std::fs::create_dir_all(&folder).unwrap();
    let config = folder.join("config");
    std::fs::write(&config, case.config).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "in_a_process_of_its_own", "--ignored", "--nocapture", "--test-threads=1"])
        .env_clear()
        .env("HOME", &folder)
        .env("AWS_CONFIG_FILE", &config)
        .env("AWS_SHARED_CREDENTIALS_FILE", folder.join("credentials"))
        // The metadata service of a machine that is not EC2: nobody answers, at once.
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")
        .env("AWS_MAX_ATTEMPTS", "1")
        .envs(case.variables.iter().copied())
        .envs(case.said.iter().map(|(key, value)| (format!("SAID_{key}"), value)));
    if let Some(content) = case.ca_bundle {
        let bundle = folder.join("bundle.pem");
        std::fs::write(&bundle, content).unwrap();
        command.env("AWS_CA_BUNDLE", bundle);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answer = text.split_once("<<<").and_then(|(_, rest)| rest.split_once(">>>"));
    let (answer, _) = answer.unwrap_or_else(|| panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)));
    answer.replace(&*folder.to_string_lossy(), "FOLDER")
}

/// The other half: connects as its environment says, and writes what came of it.
#[tokio::test]
#[ignore = "started by the other tests"]
async fn in_a_process_of_its_own() {
    let said = |key: &str| std::env::var(format!("SAID_{key}")).ok();
    let request = Connect {
        profile: said("profile"),
        region: said("region"),
        endpoint_url: said("endpoint_url"),
        mfa_code: said("code").map(|code| MfaCode::new(move |_| Some(code.clone()))),
        ..Connect::default()
    };
    let answer = match connect(&request).await {
        Ok(connection) => {
            let endpoint = connection.endpoint.as_ref();
            let endpoint =
                endpoint.map_or("AWS".to_owned(), |said| format!("{} ({})", said.url, said.origin));
            let mut answer = format!("{} at {endpoint}", connection.region);
            // Where a call really goes, when the case is about that: nobody listens there.
            if said("call").is_some() {
                let error = tablewright_cloudformation::stack::describe(&connection.cloudformation(), "s")
                    .await
                    .unwrap_err();
                answer.push_str(&format!("\n{error}"));
            }
            // What the credentials are, now and later.
            if said("provide").is_some() {
                let provider = connection.sdk_config.credentials_provider().unwrap();
                for _ in 0..2 {
                    let credentials = provider.provide_credentials().await.unwrap();
                    answer.push_str(&format!("\nas {}", credentials.access_key_id()));
                    if said("renew").is_some() {
                        let config = std::env::var("AWS_CONFIG_FILE").unwrap();
                        let renewed =
                            std::fs::read_to_string(&config).unwrap().replace("AKIDEXAMPLE", "AKIDRENEWED");
                        std::fs::write(&config, renewed).unwrap();
                    }
                }
            }
            answer
        }
        Err(ConnectError::SignedOut { profile, sign_in, .. }) => format!("{profile}: {sign_in}"),
        Err(ConnectError::NoRegion { tried }) => format!("no region\n- {}", tried.join("\n- ")),
        Err(ConnectError::NoCredentials { tried }) => format!("no credentials\n- {}", tried.join("\n- ")),
        Err(error) => error.to_string(),
    };
    println!("<<<{answer}>>>");
}

#[test]
fn no_region() {
    let found = run(&Case { name: "no-region", variables: &KEYS, ..Case::default() });
    insta::assert_snapshot!(found, @"
        no region
        - AWS_REGION and AWS_DEFAULT_REGION are not set
        - profile `default` has no `region`
        - EC2 instance metadata provides no region
        ");
}

#[test]
fn region_of_the_profile() {
    let config = "[default]\nregion = eu-central-1\n[profile b]\nregion = eu-north-1\n";
    let case = Case { name: "region-profile", variables: &KEYS, config, ..Case::default() };
    insta::assert_snapshot!(run(&case), @"eu-central-1 at AWS");
    insta::assert_snapshot!(run(&Case { said: &[("profile", "b")], ..case }), @"
    eu-north-1 at AWS
    ");
}

#[test]
fn the_caller_beats_the_variable_beats_the_profile() {
    let config = "[default]\nregion = eu-central-1\n";
    let variables = [KEYS[0], KEYS[1], ("AWS_REGION", "eu-west-2"), ("AWS_DEFAULT_REGION", "eu-west-3")];
    let case = Case { name: "region-order", variables: &variables, config, ..Case::default() };
    insta::assert_snapshot!(run(&case), @"eu-west-2 at AWS");
    insta::assert_snapshot!(run(&Case { said: &[("region", "ap-south-1")], ..case }), @"ap-south-1 at AWS");
}

#[test]
fn a_region_that_cannot_be_one() {
    let case =
        Case { name: "region-odd", variables: &KEYS, said: &[("region", "eu_west_1")], ..Case::default() };
    insta::assert_snapshot!(run(&case), @"`eu_west_1` (as given) is not a valid region: lower-case letters, digits and `-`");
    let variables = [KEYS[0], KEYS[1], ("AWS_REGION", "evil.example/")];
    insta::assert_snapshot!(run(&Case { variables: &variables, said: &[], ..case }), @"`evil.example/` (AWS_REGION) is not a valid region: lower-case letters, digits and `-`");
}

#[test]
fn unknown_profile() {
    let config = "[default]\nregion = eu-central-1\n[profile shop]\n[profile notes]\n";
    let case =
        Case { name: "profile", variables: &KEYS, config, said: &[("profile", "shpo")], ..Case::default() };
    insta::assert_snapshot!(run(&case), @"profile `shpo` (as given) is not in the AWS configuration files; there are: default, notes, shop");
    let variables = [("AWS_PROFILE", "shpo")];
    insta::assert_snapshot!(run(&Case { variables: &variables, said: &[], ..case }), @"profile `shpo` (AWS_PROFILE) is not in the AWS configuration files; there are: default, notes, shop");
    insta::assert_snapshot!(run(&Case { config: "", ..case }), @"profile `shpo` (as given) is not in the AWS configuration files; there are none");
}

#[test]
fn configuration_files_that_cannot_be_read() {
    let case = Case { name: "config-odd", variables: &KEYS, config: "[default\nregion", ..Case::default() };
    insta::assert_snapshot!(run(&case), @"
        failed to read the AWS configuration files: could not parse profile file: error parsing FOLDER/config on line 1:
          Profile definition must end with ']'
        ");
}

#[test]
fn no_credentials() {
    let case = Case { name: "no-credentials", said: &[("region", "eu-west-1")], ..Case::default() };
    insta::assert_snapshot!(run(&case), @"
    no credentials
    - Environment: environment variable not set
    - Profile: nothing is configured
    - WebIdentityToken: $AWS_WEB_IDENTITY_TOKEN_FILE was not set
    - EcsContainer: ECS provider not configured
    - Ec2InstanceMetadata: could not communicate with IMDS
    ");
    let variables = [("AWS_EC2_METADATA_DISABLED", "true")];
    insta::assert_snapshot!(run(&Case { variables: &variables, ..case }), @"
    no credentials
    - Environment: environment variable not set
    - Profile: nothing is configured
    - WebIdentityToken: $AWS_WEB_IDENTITY_TOKEN_FILE was not set
    - EcsContainer: ECS provider not configured
    - Ec2InstanceMetadata: IMDS disabled by AWS_EC2_METADATA_DISABLED env var set to `true`
    ");
}

#[test]
fn credentials_that_cannot_be_had() {
    let said = [("region", "eu-west-1")];
    let config = "[default]\ncredential_process = /no/such/program\n";
    let case = Case { name: "credentials-odd", config, said: &said, ..Case::default() };
    insta::assert_snapshot!(run(&case), @"failed to get credentials: an error occurred while loading credentials: Error retrieving credentials: external process exited with code exit status: 127. Stderr: sh: 1: /no/such/program: not found");
    let config = "[default]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n\
                  [sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://example.com/start\n";
    insta::assert_snapshot!(run(&Case { config, ..case }), @"
    default: aws sso login
    ");
    let config = "[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = gone\n";
    insta::assert_snapshot!(run(&Case { config, ..case }), @"
    no credentials
    - Environment: environment variable not set
    - Profile: profile `gone` was not defined: could not find source profile gone referenced from default
    - WebIdentityToken: $AWS_WEB_IDENTITY_TOKEN_FILE was not set
    - EcsContainer: ECS provider not configured
    - Ec2InstanceMetadata: could not communicate with IMDS
    ");
}

#[test]
fn endpoints_and_where_they_were_said() {
    let said = [("region", "eu-west-1"), ("call", "1")];
    let config = "[default]\nservices = local\n[services local]\ncloudformation =\n  endpoint_url = http://127.0.0.1:3\n\
                  [profile plain]\nendpoint_url = http://127.0.0.1:4\n";
    let case = Case { name: "endpoint", variables: &KEYS, config, said: &said, ..Case::default() };
    insta::assert_snapshot!(run(&case), @"
        eu-west-1 at http://127.0.0.1:3 (profile `default`)
        no connection to http://127.0.0.1:3: Connection refused (os error 111)
        ");
    let said_plain = [said[0], said[1], ("profile", "plain")];
    insta::assert_snapshot!(run(&Case { said: &said_plain, ..case }), @"
    eu-west-1 at http://127.0.0.1:4 (profile `plain`)
    no connection to http://127.0.0.1:4: Connection refused (os error 111)
    ");
    let variables = [KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL", "http://127.0.0.1:5")];
    insta::assert_snapshot!(run(&Case { variables: &variables, ..case }), @"
        eu-west-1 at http://127.0.0.1:5 (AWS_ENDPOINT_URL)
        no connection to http://127.0.0.1:5: Connection refused (os error 111)
        ");
    let both =
        [variables[0], variables[1], variables[2], ("AWS_ENDPOINT_URL_CLOUDFORMATION", "http://127.0.0.1:6")];
    insta::assert_snapshot!(run(&Case { variables: &both, ..case }), @"
        eu-west-1 at http://127.0.0.1:6 (AWS_ENDPOINT_URL_CLOUDFORMATION)
        no connection to http://127.0.0.1:6: Connection refused (os error 111)
        ");
    let said_all = [said[0], said[1], ("endpoint_url", "http://127.0.0.1:7")];
    insta::assert_snapshot!(run(&Case { variables: &both, said: &said_all, ..case }), @"
        eu-west-1 at http://127.0.0.1:7 (as given)
        no connection to http://127.0.0.1:7: Connection refused (os error 111)
        ");
}

#[test]
fn endpoints_that_cannot_be_one() {
    let said = [("region", "eu-west-1"), ("endpoint_url", "localhost:4566")];
    let case = Case { name: "endpoint-odd", variables: &KEYS, said: &said, ..Case::default() };
    insta::assert_snapshot!(run(&case), @"`localhost:4566` (as given) is not a valid endpoint: it does not begin with `http://` or `https://`");
    let variables = [KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL_CLOUDFORMATION", "notaurl")];
    insta::assert_snapshot!(run(&Case { variables: &variables, said: &said[..1], ..case }), @"`notaurl` (AWS_ENDPOINT_URL_CLOUDFORMATION) is not a valid endpoint: it does not begin with `http://` or `https://`");
    let variables =
        [KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL", "notaurl"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")];
    insta::assert_snapshot!(run(&Case { variables: &variables, said: &said[..1], ..case }), @"eu-west-1 at AWS");
}

#[test]
fn certificates_that_cannot_be_used() {
    let said = [("region", "eu-west-1")];
    let case = Case { name: "bundle-odd", variables: &KEYS, said: &said, ..Case::default() };
    let variables = [KEYS[0], KEYS[1], ("AWS_CA_BUNDLE", "/no/such/file")];
    insta::assert_snapshot!(run(&Case { variables: &variables, ..case }), @"failed to use the certificates in /no/such/file (AWS_CA_BUNDLE): No such file or directory (os error 2)");
    insta::assert_snapshot!(run(&Case { ca_bundle: Some("not a certificate"), ..case }), @"failed to use the certificates in FOLDER/bundle.pem (AWS_CA_BUNDLE): there is no PEM certificate in it");
    let broken = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
    insta::assert_snapshot!(run(&Case { ca_bundle: Some(broken), ..case }), @"failed to use the certificates in FOLDER/bundle.pem (AWS_CA_BUNDLE): base64 decode error: InvalidCharacter(33)");
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    insta::assert_snapshot!(run(&Case { ca_bundle: Some(no_certificate), ..case }), @"failed to use the certificates in FOLDER/bundle.pem (AWS_CA_BUNDLE): invalid peer certificate: BadEncoding");
}

#[test]
fn a_proxy_is_used() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        let answer =
            "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/plain\r\ncontent-length: 11\r\n\r\nI, a proxy.";
        stream.write_all(answer.as_bytes()).unwrap();
    });
    // The endpoint itself is in a network that is reserved for documents.
    let said = [("region", "eu-west-1"), ("endpoint_url", "http://192.0.2.1"), ("call", "1")];
    let variables = [KEYS[0], KEYS[1], ("HTTP_PROXY", &proxy)];
    let case = Case { name: "proxy", variables: &variables, said: &said, ..Case::default() };
    insta::assert_snapshot!(run(&case), @"
    eu-west-1 at http://192.0.2.1 (as given)
    http://192.0.2.1 is not CloudFormation: it answered DescribeStacks with HTTP 502, text/plain, `I, a proxy.`
    ");
}

/// A token service that answers once, with a session; it notes what it was asked.
fn token_service(answer: &'static str) -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            // Until the body, which ends with the code.
            while !String::from_utf8_lossy(&request).contains("TokenCode=") {
                let mut part = [0; 4096];
                let length = stream.read(&mut part).unwrap();
                request.extend_from_slice(&part[..length]);
            }
            let request = String::from_utf8(request).unwrap();
            sender.send(request.lines().last().unwrap().to_owned()).unwrap();
            let head = "content-type: text/xml\r\nconnection: close";
            let status = if answer.starts_with("<ErrorResponse") { "403 Forbidden" } else { "200 OK" };
            let answer =
                format!("HTTP/1.1 {status}\r\n{head}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, receiver)
}

const MFA: &str = "[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me\n\
                   external_id = x\n[profile base]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n";

#[test]
fn a_role_with_a_device_is_assumed_with_its_code() {
    const SESSION: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>\
        <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>\
        </Credentials></AssumeRoleResult></AssumeRoleResponse>";
    let (url, asked) = token_service(SESSION);
    let variables = [("AWS_ENDPOINT_URL_STS", url.as_str()), ("AWS_REGION", "eu-west-1")];
    let case = Case { name: "mfa", config: MFA, variables: &variables, ..Case::default() };
    insta::assert_snapshot!(run(&case), @"
    profile `default` requires an MFA code from device arn:aws:iam::1:mfa/me
    ");
    insta::assert_snapshot!(run(&Case { said: &[("code", "12345")], ..case }), @"
    failed to get credentials: the credentials provider was not properly configured: an MFA code has six digits
    ");
    assert!(asked.try_recv().is_err());
    // Asked for once, and once more only when the session has ended.
    insta::assert_snapshot!(run(&Case { said: &[("code", " 123456\n"), ("provide", "1")], ..case }), @"
    eu-west-1 at AWS
    as ASIA
    as ASIA
    ");
    insta::assert_snapshot!(asked.recv().unwrap(), @"
    Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=tablewright&ExternalId=x&SerialNumber=arn%3Aaws%3Aiam%3A%3A1%3Amfa%2Fme&TokenCode=123456
    ");
    assert!(asked.try_recv().is_err());
}

#[test]
fn a_role_that_may_not_be_assumed_names_the_permission() {
    const NO: &str =
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
    let (url, _asked) = token_service(NO);
    let variables = [("AWS_ENDPOINT_URL_STS", url.as_str()), ("AWS_REGION", "eu-west-1")];
    let said = [("code", "123456")];
    let case =
        Case { name: "mfa-denied", config: MFA, variables: &variables, said: &said, ..Case::default() };
    insta::assert_snapshot!(run(&case), @"
    failed to get credentials: an error occurred while loading credentials: sts:AssumeRole is not allowed: no
    ");
}

#[test]
fn profiles_that_are_not_signed_in() {
    let said = [("region", "eu-west-1")];
    let config = "[default]\nlogin_session = arn:aws:iam::1:user/me\n";
    let case = Case { name: "signed-out", config, said: &said, ..Case::default() };
    insta::assert_snapshot!(run(&case), @"
    default: aws login
    ");
}

#[test]
fn keys_that_are_renewed_in_the_files_are_seen() {
    let said = [("region", "eu-west-1"), ("provide", "1"), ("renew", "1")];
    let config = "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n";
    let case = Case { name: "renewed", config, said: &said, ..Case::default() };
    insta::assert_snapshot!(run(&case), @"
    eu-west-1 at AWS
    as AKIDEXAMPLE
    as AKIDRENEWED
    ");
}

#[test]
fn a_profile_that_is_said_beats_keys_in_the_environment() {
    let config = "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = s\n\
                  [profile shop]\naws_access_key_id = AKIDSHOP\naws_secret_access_key = s\n[profile bare]\n";
    let said = [("region", "eu-west-1"), ("provide", "1")];
    let case = Case { name: "profile-keys", variables: &KEYS, config, said: &said, ..Case::default() };
    insta::assert_snapshot!(run(&case), @"
    eu-west-1 at AWS
    as AKIDEXAMPLE
    as AKIDEXAMPLE
    ");
    let said = [said[0], said[1], ("profile", "shop")];
    insta::assert_snapshot!(run(&Case { said: &said, ..case }), @"
    eu-west-1 at AWS
    as AKIDSHOP
    as AKIDSHOP
    ");
    let said = [said[0], ("profile", "bare")];
    insta::assert_snapshot!(run(&Case { said: &said, ..case }), @"
    eu-west-1 at AWS
    ");
    // Nor is a code asked for when the keys in the environment are used.
    let variables = [KEYS[0], KEYS[1], ("AWS_REGION", "eu-west-1")];
    let case = Case { config: MFA, variables: &variables, said: &[("provide", "1")], ..case };
    insta::assert_snapshot!(run(&case), @"
    eu-west-1 at AWS
    as AKIDEXAMPLE
    as AKIDEXAMPLE
    ");
}
