//! Arguments of a deployment besides the templates: from flags, from a file in the format of CodePipeline, from
//! tablewright.toml. A flag overrides the file, and the file overrides the configuration.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::anyhow;
use serde::Deserialize;
use serde_json::Value;
use tablewright::Stack;
use tablewright::check::PARAMETER_VALUE_BYTES;
use tablewright::render::Rendered;
use tablewright_cloudformation::{Bucket, OnFailure, RollbackConfiguration};
use tablewright_deploy::{OnTimeout, Options, WaitFor, WaitOptions, declared_parameters};

use crate::error::{CommandError, OrExit as _, Result};
use crate::exit::Exit;
use crate::project::{EnvConfig, nearest};

/// Parameters and tags: a plan depends on them as much as a deployment does.
#[derive(clap::Args)]
#[command(next_help_heading = "Deployment")]
pub(crate) struct ParameterArgs {
    /// Value of a template parameter (may be repeated); a parameter that is not given keeps its value, or gets its default
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    parameter: Vec<(String, String)>,
    /// JSON file with `Parameters`, `Tags` and `StackPolicy`, as for CodePipeline, or a list of parameters, as for the AWS CLI
    #[arg(long, value_name = "FILE")]
    parameters_file: Option<PathBuf>,
    /// Tag of the stacks, in addition to those of the definitions (may be repeated)
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    tag: Vec<(String, String)>,
}

/// Options of a deployment.
#[derive(clap::Args)]
#[command(next_help_heading = "Deployment")]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    parameters: ParameterArgs,
    /// Role for CloudFormation to assume; the stack keeps using it
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// SNS topic for the events of the stacks (may be repeated); without it, the topics are unchanged
    #[arg(long, value_name = "ARN")]
    notification_arn: Vec<String>,
    /// Remove all notification topics
    #[arg(long, conflicts_with = "notification_arn")]
    no_notifications: bool,
    /// What to do when an operation fails
    #[arg(long, value_name = "ACTION", default_value = "rollback")]
    on_failure: OnFailureArg,
    /// CloudWatch alarm that rolls back the update if it goes off (may be repeated)
    #[arg(long, value_name = "ARN")]
    rollback_alarm: Vec<String>,
    /// Minutes to keep monitoring the alarms after the update
    #[arg(long, value_name = "MINUTES", requires = "rollback_alarm", value_parser = clap::value_parser!(u32).range(0..=180))]
    rollback_monitoring: Option<u32>,
    /// JSON file with a stack policy for this update alone; the defined policy is set again when it has ended
    #[arg(long, value_name = "FILE")]
    stack_policy_during_update: Option<PathBuf>,
    /// Bucket for templates larger than 51,200 bytes, in the region of the stacks
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
    /// Make an on-demand backup of every table that is replaced or removed, and wait until it can be restored
    #[arg(long)]
    backup_first: bool,
    /// How far to follow the deployment
    #[arg(long, value_name = "STATE", default_value = "active")]
    wait: WaitArg,
    /// How long to wait for another operation on a stack to end, such as `10m`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    wait_for_idle: Option<Duration>,
    /// How long to wait for the plan, for each operation, and for tables and indexes after it, such as `1h30m`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout: Option<Duration>,
    /// What to do on timeout
    #[arg(long, value_name = "ACTION", default_value = "detach", requires = "timeout")]
    on_timeout: OnTimeoutArg,
    /// What to do on the first Ctrl-C or SIGTERM; the second one exits at once
    #[arg(long, value_name = "ACTION", default_value = "detach")]
    on_interrupt: OnTimeoutArg,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum OnFailureArg {
    /// Roll back the operation
    Rollback,
    /// Keep the stack in its failed state
    DoNothing,
    /// Delete the stack; only for a stack that is being created
    Delete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum WaitArg {
    /// Until every table and index is ACTIVE
    Active,
    /// Until CloudFormation is done
    Stack,
    /// Until CloudFormation has accepted the operation
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum OnTimeoutArg {
    /// Exit; the operation continues in CloudFormation
    Detach,
    /// Cancel the operation, which rolls it back
    Cancel,
}

/// The arguments of a deployment, merged with the parameters file.
#[derive(Debug, Default)]
pub(crate) struct MergedArgs {
    /// The options for all environments, before the configuration of each environment is merged.
    options: Options,
    bucket: Option<String>,
    tags: BTreeMap<String, String>,
    policy: Option<Value>,
}

/// The template configuration file of CodePipeline.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct TemplateConfiguration {
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    stack_policy: Option<Value>,
}

/// A parameter in the format of the AWS CLI.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct CliParameter {
    parameter_key: String,
    parameter_value: Option<String>,
    #[serde(default)]
    use_previous_value: bool,
}

impl ParameterArgs {
    /// Returns whether any of the arguments is given.
    pub(crate) fn is_given(&self) -> bool {
        !self.parameter.is_empty() || self.parameters_file.is_some() || !self.tag.is_empty()
    }

    /// Reads the parameters file and merges the flags into it.
    pub(crate) fn read(&self) -> Result<MergedArgs> {
        let file = self.parameters_file.as_deref().map(read_file).transpose()?.unwrap_or_default();
        let merged = |mut base: BTreeMap<String, String>, given: &[(String, String)]| {
            base.extend(given.iter().cloned());
            base
        };
        for given in [&self.parameter, &self.tag] {
            let mut keys: Vec<&str> = given.iter().map(|(key, _)| key.as_str()).collect();
            keys.sort_unstable();
            if let Some(twice) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(CommandError::usage(format!("`{}` is given twice", twice[0])));
            }
        }
        let parameters = merged(file.parameters, &self.parameter);
        check_sizes(&parameters, "")?;
        Ok(MergedArgs {
            options: Options { parameters, ..Options::default() },
            bucket: None,
            tags: merged(file.tags, &self.tag),
            policy: file.stack_policy,
        })
    }
}

impl DeployArgs {
    /// Reads the parameters file and merges the flags into it.
    pub(crate) fn read(&self) -> Result<MergedArgs> {
        let notification_arns = match (&self.notification_arn[..], self.no_notifications) {
            ([], false) => None,
            (arns, _) => Some(arns.to_vec()),
        };
        let rollback = match &self.rollback_alarm[..] {
            [] => None,
            alarms => Some(RollbackConfiguration {
                alarms: alarms.to_vec(),
                monitoring_minutes: self.rollback_monitoring.unwrap_or_default(),
            }),
        };
        let merged = self.parameters.read()?;
        let options = Options {
            role_arn: self.role_arn.clone(),
            notification_arns,
            rollback,
            policy_during_update: self.stack_policy_during_update.as_deref().map(read_policy).transpose()?,
            on_failure: match self.on_failure {
                OnFailureArg::Rollback => OnFailure::Rollback,
                OnFailureArg::DoNothing => OnFailure::DoNothing,
                OnFailureArg::Delete => OnFailure::Delete,
            },
            backup_first: self.backup_first,
            ..merged.options
        };
        Ok(MergedArgs { options, bucket: self.bucket.clone(), ..merged })
    }

    /// Returns the options for waiting.
    pub(crate) fn wait_options(&self) -> WaitOptions {
        WaitOptions {
            wait_for: match self.wait {
                WaitArg::Active => WaitFor::Active,
                WaitArg::Stack => WaitFor::Stack,
                WaitArg::None => WaitFor::Accepted,
            },
            idle_timeout: self.wait_for_idle,
            timeout: self.timeout,
            on_timeout: match self.on_timeout {
                OnTimeoutArg::Detach => OnTimeout::Detach,
                OnTimeoutArg::Cancel => OnTimeout::Cancel,
            },
        }
    }

    /// Whether an interrupt cancels the running operations.
    pub(crate) fn cancels_on_interrupt(&self) -> bool {
        self.on_interrupt == OnTimeoutArg::Cancel
    }
}

impl MergedArgs {
    /// Sets tags and policy on the stacks, and returns an error if no template declares one of the parameters.
    pub(crate) fn apply<'a>(
        &self,
        stacks: impl IntoIterator<Item = &'a mut (Stack, Rendered)>,
    ) -> Result<()> {
        let mut known = Vec::new();
        for (stack, rendered) in stacks {
            stack.tags.extend(self.tags.clone());
            if let Some(policy) = &self.policy {
                stack.policy = Some(policy.clone());
            }
            known.extend(declared_parameters(&rendered.template).map(str::to_owned));
        }
        self.check_declared(known)
    }

    /// Checks that some template declares each parameter of the command line; `known` are those that are declared.
    pub(crate) fn check_declared(&self, known: Vec<String>) -> Result<()> {
        check_declared(self.options.parameters.keys(), known, "")
    }

    /// Returns the options for the stacks of an environment: arguments override its configuration.
    pub(crate) fn for_env(&self, env: &EnvConfig) -> Options {
        let mut parameters = env.parameters.clone();
        parameters.extend(self.options.parameters.clone());
        let bucket = self.bucket.clone().or_else(|| env.bucket.clone());
        Options {
            parameters,
            role_arn: self.options.role_arn.clone().or_else(|| env.role_arn.clone()),
            bucket: bucket.map(|name| Bucket { name, prefix: "tablewright/".into(), kms_key_id: None }),
            ..self.options.clone()
        }
    }
}

impl EnvConfig {
    /// Checks that some template of an environment declares each of its parameters; `known` are those that all templates declare.
    pub(crate) fn check_declared(&self, name: &str, known: Vec<String>) -> Result<()> {
        check_declared(self.parameters.keys(), known, &format!(" of environment `{name}`"))
    }
}

/// Checks that no value of a parameter is longer than CloudFormation allows; `origin` is where they are from.
pub(crate) fn check_sizes(parameters: &BTreeMap<String, String>, origin: &str) -> Result<()> {
    match parameters.iter().find(|(_, value)| value.len() > PARAMETER_VALUE_BYTES) {
        None => Ok(()),
        Some((name, value)) => Err(CommandError::usage(format!(
            "the value of parameter `{name}`{origin} has {} bytes; CloudFormation allows {PARAMETER_VALUE_BYTES} (\"CloudFormation quotas\")",
            value.len()
        ))),
    }
}

fn check_declared<'a>(
    given: impl Iterator<Item = &'a String>,
    mut known: Vec<String>,
    origin: &str,
) -> Result<()> {
    let unknown: Vec<&String> = given.filter(|name| !known.contains(name)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let names = unknown.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut error = CommandError::usage(format!("no template has the parameter {names}{origin}"));
    for name in unknown {
        if let Some(near) = nearest(name, &known) {
            error = error.hint(format!("did you mean `{near}` for `{name}`?"));
        }
    }
    known.sort_unstable();
    known.dedup();
    Err(error.hint(match &known[..] {
        [] => "the templates have no parameters".to_owned(),
        known => format!("the parameters are: {}", known.join(", ")),
    }))
}

fn read_policy(path: &Path) -> Result<Value> {
    let policy = read_json(path)?;
    if policy.get("Statement").is_none() {
        return Err(CommandError::usage(format!("{} is not a stack policy", path.display()))
            .hint("expected an object with `Statement`"));
    }
    Ok(policy)
}

fn read_json(path: &Path) -> Result<Value> {
    let shown = path.display();
    let bytes = fs::read(path)
        .map_err(|error| CommandError::new(Exit::Usage, error).context(format!("cannot read {shown}")))?;
    let save = |what: &str| CommandError::usage(format!("{shown} is {what}")).hint("save the file as UTF-8");
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(save("UTF-16"));
    }
    let text = str::from_utf8(&bytes).map_err(|_| save("not UTF-8"))?;
    // Editors and PowerShell write a byte order mark, which JSON does not have.
    serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text))
        .map_err(|error| CommandError::new(Exit::Usage, error).context(format!("{shown} is not JSON")))
}

fn read_file(path: &Path) -> Result<TemplateConfiguration> {
    let shown = path.display();
    let value = read_json(path)?;
    let read = if value.is_array() {
        serde_json::from_value(value).map(|parameters: Vec<CliParameter>| TemplateConfiguration {
            parameters: parameters
                .into_iter()
                // A parameter without a value keeps its previous value.
                .filter(|parameter| !parameter.use_previous_value)
                .filter_map(|parameter| Some((parameter.parameter_key, parameter.parameter_value?)))
                .collect(),
            ..TemplateConfiguration::default()
        })
    } else {
        serde_json::from_value(value)
    };
    read.map_err(|error| anyhow!("{error}")).or_exit(Exit::Usage).map_err(|error| {
        error.context(format!("{shown} is invalid")).hint(
            "expected an object with `Parameters`, `Tags` (strings by name) and `StackPolicy`, or a list of objects with `ParameterKey` and `ParameterValue`",
        )
    })
}

fn key_value(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".into()),
    }
}

/// Parses a duration: `90s`, `10m`, `1h30m`.
pub(crate) fn duration(text: &str) -> std::result::Result<Duration, String> {
    let wrong = || "expected a duration such as 90s, 10m or 1h30m".to_owned();
    let (mut seconds, mut rest) = (0u64, text);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit = match rest.as_bytes()[digits] {
            b's' => 1,
            b'm' => 60,
            b'h' => 3_600,
            _ => return Err(wrong()),
        };
        seconds = number.checked_mul(unit).and_then(|more| seconds.checked_add(more)).ok_or_else(wrong)?;
        rest = &rest[digits + 1..];
    }
    // More than a month is treated as a typing error.
    match seconds {
        1..=2_678_400 => Ok(Duration::from_secs(seconds)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h30m", 5_400), ("1h", 3_600), ("1m1s", 61)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in
            ["", "10", "0s", "m", "-1m", "1d", "1.5h", "10 m", "99999999999999999999s", "ü", "32000000s"]
        {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pairs_are_parsed() {
        assert_eq!(key_value("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert_eq!(key_value("a="), Ok(("a".into(), String::new())));
        for text in ["", "a", "=b"] {
            assert!(key_value(text).is_err(), "{text}");
        }
    }
}
