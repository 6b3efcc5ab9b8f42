//! Where a command works: AWS, another endpoint, or the sandbox.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use tablewright_cloudformation::{Connect, Connection, MfaCode, Polling, connect};
use tablewright_sandbox::{Clock, Options, Sandbox};

use crate::args::Common;
use crate::commands::token::random;
use crate::error::{CommandError, OrExit as _, Result};
use crate::exit::Exit;
use crate::project::EnvConfig;
use crate::prompt::ask_for_line;

/// How much faster the sandbox's time runs than ours, where nobody says otherwise: a table takes ten seconds on AWS and one
/// here.
const SANDBOX_SCALE: f64 = 10.0;

/// The variable that says otherwise. An index that is added takes nine minutes on AWS.
const SANDBOX_SCALE_VARIABLE: &str = "TABLEWRIGHT_SANDBOX_SCALE";

/// The region of a sandbox where nothing says another.
const SANDBOX_REGION: &str = "us-east-1";

/// Where to work.
#[derive(clap::Args)]
pub(crate) struct AwsArgs {
    /// Work in the sandbox: no account, no network, kept in a file between runs
    ///
    /// Its time runs ten times as fast as ours, or as often as TABLEWRIGHT_SANDBOX_SCALE says.
    #[arg(long, help_heading = "AWS", conflicts_with_all = ["profile", "endpoint_url"])]
    pub(crate) sandbox: bool,
    /// Profile of the AWS configuration (default: `aws_profile` of the environment, then AWS_PROFILE)
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    profile: Option<String>,
    /// Region (default: `region` of the environment, then the SDK's own settings)
    #[arg(long, value_name = "REGION", help_heading = "AWS")]
    region: Option<String>,
    /// Code of the device, for a profile with an `mfa_serial` (default: it is asked for)
    #[arg(long, value_name = "CODE", help_heading = "AWS")]
    mfa_code: Option<String>,
    /// Endpoint to call in the place of AWS, such as an emulator's
    #[arg(long, value_name = "URL", help_heading = "AWS")]
    endpoint_url: Option<String>,
}

/// A place to work in.
pub(crate) struct Target {
    pub(crate) connection: Connection,
    pub(crate) cloudformation: tablewright_cloudformation::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    /// How often to ask CloudFormation.
    pub(crate) pace: Polling,
    /// How often to ask DynamoDB.
    pub(crate) table_pace: tablewright_dynamodb::Pace,
    /// Whether it is the sandbox, where nothing is at stake.
    pub(crate) is_sandbox: bool,
    /// What it is called in messages.
    pub(crate) name: String,
    /// What to add to a command line to work in the same place.
    flags: String,
    /// The environment, where the run has several.
    env: Option<String>,
}

impl AwsArgs {
    /// Connects. Region and credentials are checked before anything is called.
    pub(crate) async fn connect(&self, common: &Common, scratch: &Path, env: &EnvConfig) -> Result<Target> {
        self.guard_region(env)?;
        let region = self.region.clone().or_else(|| env.region.clone());
        if self.sandbox {
            let target = sandbox_target(scratch, region).await?;
            return Ok(Target { is_sandbox: true, flags: self.flags(common), ..target });
        }
        let connection = connect(&Connect {
            profile: self.profile.clone().or_else(|| env.aws_profile.clone()),
            region,
            endpoint_url: self.endpoint_url.clone(),
            mfa_code: Some(mfa_code(self.mfa_code.clone())),
            ..Connect::default()
        })
        .await?;
        guard_account(&connection, env).await?;
        let name = match &connection.endpoint {
            Some(endpoint) => format!("{} ({}), {}", endpoint.url, endpoint.origin, connection.region),
            None => format!("AWS, {}", connection.region),
        };
        Ok(Target { flags: self.flags(common), ..target(&connection, Polling::default(), name) })
    }

    /// An environment that has a region is deployed there and nowhere else.
    fn guard_region(&self, env: &EnvConfig) -> Result<()> {
        match (&self.region, &env.region) {
            (Some(asked), Some(fixed)) if asked != fixed => Err(CommandError::new(
                Exit::Refused,
                anyhow::anyhow!("the environment belongs to region {fixed}, and `--region` says {asked}"),
            )
            .hint("leave `--region` out, or change the environment's `region` in tablewright.toml")),
            _ => Ok(()),
        }
    }

    /// Returns what to add to a command line to work in the same place.
    fn flags(&self, common: &Common) -> String {
        let stacks = common.stacks.as_ref().map(|folder| folder.display().to_string());
        let given = [
            ("--stacks", &stacks),
            ("--env", &common.env),
            ("--profile", &self.profile),
            ("--region", &self.region),
            ("--endpoint-url", &self.endpoint_url),
        ];
        let mut flags: String =
            given.iter().filter_map(|(flag, value)| Some(format!(" {flag} {}", value.as_ref()?))).collect();
        if self.sandbox {
            flags.push_str(" --sandbox");
        }
        flags
    }
}

impl Target {
    /// Makes it one of several environments of a run.
    pub(crate) fn of(self, env: &str) -> Self {
        let flags = format!(" --env {env}{}", self.flags);
        Self { env: Some(env.to_owned()), name: format!("{env} ({})", self.name), flags, ..self }
    }

    /// Returns whether AWS counts the calls of both together, as far as it is known here.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        let place = |target: &Self| {
            let connection = &target.connection;
            let endpoint = connection.endpoint.as_ref().map(|endpoint| endpoint.url.clone());
            (connection.region.clone(), connection.profile.clone(), endpoint)
        };
        place(self) == place(other)
    }

    /// Returns what reports call a stack of this place.
    pub(crate) fn label(&self, stack: &str) -> String {
        match &self.env {
            Some(env) => format!("{env}/{stack}"),
            None => stack.to_owned(),
        }
    }

    /// Returns the command line that does `verb` to a stack in the same place.
    pub(crate) fn command(&self, verb: &str, stack: &str) -> String {
        format!("`tablewright {verb} {stack}{}`", self.flags)
    }
}

/// Returns who knows the code of a device: the command line, once, and then whoever sits at the terminal.
fn mfa_code(given: Option<String>) -> MfaCode {
    let given = Mutex::new(given);
    MfaCode::new(move |serial| {
        let given = given.lock().unwrap_or_else(PoisonError::into_inner).take();
        given.or_else(|| ask_for_line(&format!("Code of {serial}: ")))
    })
}

/// An environment that has an account is deployed there and nowhere else.
async fn guard_account(connection: &Connection, env: &EnvConfig) -> Result<()> {
    let Some(fixed) = &env.account else {
        return Ok(());
    };
    let found = connection.account().await.map_err(|error| {
        CommandError::from(error)
            .context(format!("cannot tell whether the credentials belong to account {fixed}"))
    })?;
    if found == *fixed {
        return Ok(());
    }
    Err(CommandError::new(
        Exit::Refused,
        anyhow::anyhow!("the environment belongs to account {fixed}, and the credentials to {found}"),
    )
    .hint(
        "choose another profile with `--profile`, or change the environment's `account` in tablewright.toml",
    ))
}

/// Returns the file that a project's sandbox is kept in: in the folder of what may be lost.
pub(crate) fn sandbox_file(scratch: &Path) -> PathBuf {
    scratch.join("sandbox.json")
}

/// Opens a project's sandbox.
pub(crate) fn open_sandbox(scratch: &Path) -> Result<Sandbox> {
    crate::project::make_scratch(scratch)
        .with_context(|| format!("cannot make {}, where the sandbox is kept", scratch.display()))
        .or_exit(Exit::Internal)?;
    let options =
        Options { clock: Clock::Wall { scale: sandbox_scale()? }, seed: random(), ..Options::default() };
    Sandbox::at(sandbox_file(scratch), options).or_exit(Exit::Internal)
}

fn sandbox_scale() -> Result<f64> {
    let Some(text) = std::env::var_os(SANDBOX_SCALE_VARIABLE) else {
        return Ok(SANDBOX_SCALE);
    };
    match text.to_string_lossy().parse() {
        Ok(scale) if (0.001..=100_000.0).contains(&scale) => Ok(scale),
        _ => Err(CommandError::usage(format!("{SANDBOX_SCALE_VARIABLE} is `{}`", text.to_string_lossy()))
            .hint("it is how much faster the sandbox's time runs than ours, such as 10")),
    }
}

/// Goes to a project's sandbox.
pub(crate) async fn sandbox_target(scratch: &Path, region: Option<String>) -> Result<Target> {
    let sandbox = open_sandbox(scratch)?;
    let region = region.unwrap_or_else(|| SANDBOX_REGION.to_owned());
    let connection = connect(&Connect {
        region: Some(region.clone()),
        // The sandbox is not AWS: whatever endpoint the environment names, nothing is sent there.
        endpoint_url: Some("http://sandbox.tablewright.invalid".into()),
        http_client: Some(sandbox.http_client()),
        credentials: Some(SharedCredentialsProvider::new(Credentials::new(
            "sandbox", "sandbox", None, None, "sandbox",
        ))),
        ..Connect::default()
    })
    .await?;
    let scale = sandbox_scale()?.max(1.0);
    let pace = Polling::default().faster(scale);
    let name = format!("the sandbox, {region}");
    Ok(Target { flags: " --sandbox".into(), ..target(&connection, pace, name) })
}

fn target(connection: &Connection, pace: Polling, name: String) -> Target {
    Target {
        connection: connection.clone(),
        cloudformation: connection.cloudformation(),
        dynamodb: aws_sdk_dynamodb::Client::new(&connection.sdk_config),
        pace,
        table_pace: tablewright_dynamodb::Pace::default(),
        is_sandbox: false,
        name,
        flags: String::new(),
        env: None,
    }
}
