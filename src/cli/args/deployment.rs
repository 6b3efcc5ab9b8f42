//! What goes with a deployment besides the template: from flags, from a file in the form of CodePipeline, from
//! tablewright.toml. A flag comes before the file, and the file before the configuration.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::anyhow;
use serde::Deserialize;
use serde_json::Value;
use tablewright::Stack;
use tablewright::render::Rendered;
use tablewright_cloudformation::{Bucket, OnFailure, RollbackConfiguration};

use crate::commands::planning::Job;
use crate::error::{CommandError, OrExit as _, Result};
use crate::exit::Exit;
use crate::project::nearest;

/// What the templates are given: a plan depends on it as much as a deployment does.
#[derive(clap::Args)]
#[command(next_help_heading = "Deployment")]
pub(crate) struct GivenArgs {
    /// Value of a parameter of the templates (may be repeated); what is left out stays as it is, or has its default
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    parameter: Vec<(String, String)>,
    /// JSON with `Parameters`, `Tags` and `StackPolicy`, as CodePipeline has it, or a list of parameters, as the AWS CLI has it
    #[arg(long, value_name = "FILE")]
    parameters_file: Option<PathBuf>,
    /// Tag of the stacks besides those of the definitions (may be repeated)
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    tag: Vec<(String, String)>,
}

/// What a deployment takes along.
#[derive(clap::Args)]
#[command(next_help_heading = "Deployment")]
pub(crate) struct OptionArgs {
    #[command(flatten)]
    given: GivenArgs,
    /// Role that CloudFormation works with; it sticks to the stack
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// Topic that is told of the stack's events (may be repeated); without it, they stay as they are
    #[arg(long, value_name = "ARN")]
    notification_arn: Vec<String>,
    /// Tell no topic any more
    #[arg(long, conflicts_with = "notification_arn")]
    no_notifications: bool,
    /// What becomes of a failed operation
    #[arg(long, value_name = "WAY", default_value = "rollback")]
    on_failure: Way,
    /// Alarm that undoes the update when it goes off (may be repeated)
    #[arg(long, value_name = "ARN")]
    rollback_alarm: Vec<String>,
    /// For how many minutes the alarms are watched afterwards
    #[arg(long, value_name = "MINUTES", requires = "rollback_alarm", value_parser = clap::value_parser!(u32).range(0..=180))]
    rollback_monitoring: Option<u32>,
    /// Bucket for templates of more than 51,200 bytes, in the region of the stacks
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
    /// Where to stop waiting
    #[arg(long, value_name = "STATE", default_value = "active")]
    pub(crate) wait: Until,
    /// Wait so long for another operation on a stack to end, such as `10m`
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) wait_for_idle: Option<Duration>,
    /// Follow an operation for so long at most, such as `1h30m`
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) timeout: Option<Duration>,
    /// What to do when the time is up
    #[arg(long, value_name = "DEED", default_value = "detach", requires = "timeout")]
    pub(crate) on_timeout: Deed,
    /// What the first Ctrl-C or SIGTERM does; the second leaves at once
    #[arg(long, value_name = "DEED", default_value = "detach")]
    pub(crate) on_interrupt: Deed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Way {
    /// It is undone
    Rollback,
    /// It stays where it stopped
    DoNothing,
    /// The stack is deleted; for a stack that is new
    Delete,
}

/// How far a deployment is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Until {
    /// Until tables and indexes can be used
    Active,
    /// Until CloudFormation is done
    Stack,
    /// Not at all: the operation is begun, and that is it
    None,
}

/// What becomes of an operation that is not waited for any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Deed {
    /// It goes on without us
    Detach,
    /// It is cancelled, and undone
    Cancel,
}

/// What a deployment takes along, read and merged.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) parameters: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    policy: Option<Value>,
    pub(crate) role_arn: Option<String>,
    pub(crate) notification_arns: Option<Vec<String>>,
    pub(crate) rollback: Option<RollbackConfiguration>,
    pub(crate) on_failure: OnFailure,
    bucket: Option<String>,
}

/// The template configuration of CodePipeline.
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

/// One of the parameters of the AWS CLI.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct CliParameter {
    parameter_key: String,
    parameter_value: Option<String>,
    #[serde(default)]
    use_previous_value: bool,
}

impl GivenArgs {
    /// Reads what is given, and merges it.
    pub(crate) fn read(&self) -> Result<Options> {
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
        Ok(Options {
            parameters: merged(file.parameters, &self.parameter),
            tags: merged(file.tags, &self.tag),
            policy: file.stack_policy,
            ..Options::default()
        })
    }
}

impl OptionArgs {
    /// Reads what is given, and merges it.
    pub(crate) fn read(&self) -> Result<Options> {
        let notification_arns = match (&self.notification_arn[..], self.no_notifications) {
            ([], false) => None,
            (arns, _) => Some(arns.to_vec()),
        };
        let rollback = RollbackConfiguration {
            alarms: self.rollback_alarm.clone(),
            monitoring_minutes: self.rollback_monitoring.unwrap_or_default(),
        };
        Ok(Options {
            role_arn: self.role_arn.clone(),
            notification_arns,
            rollback: Some(rollback).filter(|rollback| !rollback.alarms.is_empty()),
            on_failure: match self.on_failure {
                Way::Rollback => OnFailure::Rollback,
                Way::DoNothing => OnFailure::DoNothing,
                Way::Delete => OnFailure::Delete,
            },
            bucket: self.bucket.clone(),
            ..self.given.read()?
        })
    }
}

impl Options {
    /// Puts tags and policy to the stacks, and finds out which parameters no template has.
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
            known.extend(declared(&rendered.template).map(str::to_owned));
        }
        let unknown: Vec<&String> = self.parameters.keys().filter(|name| !known.contains(name)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let names = unknown.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let mut error = CommandError::usage(format!("no template has the parameter {names}"));
        for name in unknown {
            if let Some(near) = nearest(name, &known) {
                error = error.hint(format!("did you mean `{near}` for `{name}`?"));
            }
        }
        known.dedup();
        Err(error.hint(match &known[..] {
            [] => "the templates have none".to_owned(),
            known => format!("the parameters are: {}", known.join(", ")),
        }))
    }

    /// Returns the values that a stack's template will have: those that are given, and those of the stack as it is.
    pub(crate) fn parameters_of(
        &self,
        template: &Value,
        configured: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let given = |name: &str| self.parameters.get(name).or_else(|| configured.get(name)).cloned();
        declared(template).filter_map(|name| Some((name.to_owned(), given(name)?))).collect()
    }

    /// Returns where templates go that are too large to be sent along.
    pub(crate) fn bucket(&self, job: &Job<'_>) -> Option<Bucket> {
        let name = self.bucket.clone().or_else(|| job.env.bucket.clone())?;
        Some(Bucket { name, prefix: "tablewright/".into(), kms_key_id: None })
    }
}

/// Returns the names of the parameters that a template declares.
fn declared(template: &Value) -> impl Iterator<Item = &str> {
    template["Parameters"].as_object().into_iter().flatten().map(|(name, _)| name.as_str())
}

fn read_file(path: &Path) -> Result<TemplateConfiguration> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| CommandError::new(Exit::Usage, error).context(format!("cannot read {shown}")))?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| CommandError::new(Exit::Usage, error).context(format!("{shown} is not JSON")))?;
    let read = if value.is_array() {
        serde_json::from_value(value).map(|parameters: Vec<CliParameter>| TemplateConfiguration {
            parameters: parameters
                .into_iter()
                // The previous value is what a parameter has that is left out.
                .filter(|parameter| !parameter.use_previous_value)
                .filter_map(|parameter| Some((parameter.parameter_key, parameter.parameter_value?)))
                .collect(),
            ..TemplateConfiguration::default()
        })
    } else {
        serde_json::from_value(value)
    };
    read.map_err(|error| anyhow!("{error}")).or_exit(Exit::Usage).map_err(|error| {
        error.context(format!("{shown} is not as it should be")).hint(
            "it has `Parameters`, `Tags` (texts by name) and `StackPolicy`, or is a list of `ParameterKey` and `ParameterValue`",
        )
    })
}

fn key_value(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("it is written NAME=VALUE".into()),
    }
}

/// Reads a length of time: `90s`, `10m`, `1h30m`.
pub(crate) fn time(text: &str) -> std::result::Result<Duration, String> {
    let wrong = || "a time is such as 90s, 10m or 1h30m".to_owned();
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
    // A month and more is a slip of the fingers.
    match seconds {
        1..=2_678_400 => Ok(Duration::from_secs(seconds)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h30m", 5_400), ("1h", 3_600), ("1m1s", 61)] {
            assert_eq!(time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in
            ["", "10", "0s", "m", "-1m", "1d", "1.5h", "10 m", "99999999999999999999s", "ü", "32000000s"]
        {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pairs_are_read() {
        assert_eq!(key_value("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert_eq!(key_value("a="), Ok(("a".into(), String::new())));
        for text in ["", "a", "=b"] {
            assert!(key_value(text).is_err(), "{text}");
        }
    }
}
