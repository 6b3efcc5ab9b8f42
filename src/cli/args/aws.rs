//! The target of a command: AWS, another endpoint, or the sandbox.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use tablewright_cloudformation::{Connect, Connection, MfaCode, Polling, connect};
use tablewright_deploy::Target;
use tablewright_sandbox::{Clock, Options, Sandbox};

use crate::args::Common;
use crate::error::{CommandError, OrExit as _, Result};
use crate::exit::Exit;
use crate::project::EnvConfig;
use crate::prompt::ask_for_line;
use crate::target::SelectedTarget;

/// Default factor by which the clock of the sandbox is faster than real time: creating a table takes one second instead of ten.
const SANDBOX_SCALE: f64 = 10.0;

/// Environment variable that overrides the factor, as adding an index takes nine minutes on AWS.
const SANDBOX_SCALE_VARIABLE: &str = "TABLEWRIGHT_SANDBOX_SCALE";

/// The default Region of the sandbox.
const SANDBOX_REGION: &str = "us-east-1";

/// Arguments that select the target.
#[derive(clap::Args)]
pub(crate) struct AwsArgs {
    /// Use the sandbox: no account, no network, kept in a file between runs
    ///
    /// Its clock is ten times faster than real time; TABLEWRIGHT_SANDBOX_SCALE sets another factor.
    #[arg(long, help_heading = "AWS", conflicts_with_all = ["profile", "endpoint_url"])]
    pub(crate) sandbox: bool,
    /// Profile of the AWS configuration (default: `aws_profile` of the environment, then AWS_PROFILE)
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    profile: Option<String>,
    /// Region (default: `region` of the environment, then the SDK's own settings)
    #[arg(long, value_name = "REGION", help_heading = "AWS")]
    region: Option<String>,
    /// MFA code, for a profile with an `mfa_serial` (default: ask for it)
    #[arg(long, value_name = "CODE", help_heading = "AWS")]
    mfa_code: Option<String>,
    /// Endpoint URL to use instead of AWS, such as that of an emulator
    #[arg(long, value_name = "URL", help_heading = "AWS")]
    endpoint_url: Option<String>,
}

impl AwsArgs {
    /// Returns whether any of the arguments is given.
    pub(crate) fn is_given(&self) -> bool {
        let values = [&self.profile, &self.region, &self.mfa_code, &self.endpoint_url];
        self.sandbox || values.into_iter().any(Option::is_some)
    }

    /// Connects to the target. Region and credentials are checked before any request is sent.
    pub(crate) async fn connect(
        &self,
        common: &Common,
        scratch: &Path,
        env: &EnvConfig,
    ) -> Result<SelectedTarget> {
        let region = self.region(env)?;
        if self.sandbox {
            let target = sandbox_target(scratch, region).await?;
            return Ok(SelectedTarget::new(target, true, self.flags(common)));
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
        let target = Target::new(connection, name);
        Ok(SelectedTarget::new(target, false, self.flags(common)))
    }

    /// Returns the Region of the command line or the environment, without the AWS configuration.
    pub(crate) fn region(&self, env: &EnvConfig) -> Result<Option<String>> {
        self.guard_region(env)?;
        Ok(self.region.clone().or_else(|| env.region.clone()))
    }

    /// Returns an error if `--region` differs from the Region of the environment.
    fn guard_region(&self, env: &EnvConfig) -> Result<()> {
        match (&self.region, &env.region) {
            (Some(asked), Some(fixed)) if asked != fixed => Err(CommandError::new(
                Exit::Refused,
                anyhow::anyhow!("the environment is in Region {fixed}, but `--region` is {asked}"),
            )
            .hint("omit `--region`, or change the environment's `region` in tablewright.toml")),
            _ => Ok(()),
        }
    }

    /// Returns the flags that select the same target, for command lines in hints.
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

/// Returns the source of MFA codes: the code of the command line, which is valid only once, then the terminal.
fn mfa_code(given: Option<String>) -> MfaCode {
    let given = Mutex::new(given);
    MfaCode::new(move |serial| {
        let given = given.lock().unwrap_or_else(PoisonError::into_inner).take();
        given.or_else(|| ask_for_line(&format!("Code of {serial}: ")))
    })
}

/// Returns an error if the credentials are not for the account of the environment.
async fn guard_account(connection: &Connection, env: &EnvConfig) -> Result<()> {
    let Some(fixed) = &env.account else {
        return Ok(());
    };
    let found = connection.account().await.map_err(|error| {
        CommandError::from(error)
            .context(format!("cannot determine whether the credentials belong to account {fixed}"))
    })?;
    if found == *fixed {
        return Ok(());
    }
    Err(CommandError::new(
        Exit::Refused,
        anyhow::anyhow!("the environment is in account {fixed}, but the credentials are for account {found}"),
    )
    .hint(
        "choose another profile with `--profile`, or change the environment's `account` in tablewright.toml",
    ))
}

/// Returns the state file of a project's sandbox, in the scratch directory.
pub(crate) fn sandbox_file(scratch: &Path) -> PathBuf {
    scratch.join("sandbox.json")
}

/// Opens a project's sandbox.
pub(crate) fn open_sandbox(scratch: &Path) -> Result<Sandbox> {
    crate::project::make_scratch(scratch)
        .with_context(|| format!("cannot create {}, the directory of the sandbox", scratch.display()))
        .or_exit(Exit::Internal)?;
    let seed = getrandom::u64()
        .context("the operating system provides no random numbers")
        .or_exit(Exit::Internal)?;
    let options = Options { clock: Clock::Wall { scale: sandbox_scale()? }, seed, ..Options::default() };
    Sandbox::at(sandbox_file(scratch), options).or_exit(Exit::Internal)
}

fn sandbox_scale() -> Result<f64> {
    let Some(text) = std::env::var_os(SANDBOX_SCALE_VARIABLE) else {
        return Ok(SANDBOX_SCALE);
    };
    match text.to_string_lossy().parse() {
        Ok(scale) if (0.001..=100_000.0).contains(&scale) => Ok(scale),
        _ => Err(CommandError::usage(format!("{SANDBOX_SCALE_VARIABLE} is `{}`", text.to_string_lossy()))
            .hint(
                "expected a factor by which the clock of the sandbox is faster than real time, such as 10",
            )),
    }
}

/// Connects to a project's sandbox.
pub(crate) async fn sandbox_target(scratch: &Path, region: Option<String>) -> Result<Target> {
    let sandbox = open_sandbox(scratch)?;
    let region = region.unwrap_or_else(|| SANDBOX_REGION.to_owned());
    let connection = connect(&Connect {
        region: Some(region.clone()),
        // An invalid URL, so that requests cannot reach an endpoint that environment variables configure.
        endpoint_url: Some("http://sandbox.tablewright.invalid".into()),
        http_client: Some(sandbox.http_client()),
        credentials: Some(SharedCredentialsProvider::new(Credentials::new(
            "sandbox", "sandbox", None, None, "sandbox",
        ))),
        ..Connect::default()
    })
    .await?;
    let scale = sandbox_scale()?.max(1.0);
    let name = format!("the sandbox, {region}");
    Ok(Target { pace: Polling::default().faster(scale), ..Target::new(connection, name) })
}
