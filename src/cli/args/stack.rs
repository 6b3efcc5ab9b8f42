//! Arguments that select one stack: by its id in the definitions, or any other by its name.

use std::path::PathBuf;

use tablewright::Stack;
use tablewright_cloudformation::stack::list;

use crate::args::aws::AwsArgs;
use crate::args::{Common, select};
use crate::error::{CommandError, Result};
use crate::project::{EnvConfig, nearest};
use crate::report::printable;
use crate::target::SelectedTarget;

/// Arguments that select one stack.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct StackArgs {
    /// Stack, by its id in the definitions
    #[arg(value_name = "STACK")]
    stack: Option<String>,
    /// Any stack, by its CloudFormation name or ARN; the definitions are not needed
    #[arg(long, value_name = "NAME")]
    stack_name: Option<String>,
}

/// A selected stack, and its environment.
pub(crate) struct SelectedStack {
    pub(crate) stack: Stack,
    /// The arguments that select the stack, for command lines in hints.
    pub(crate) argument: String,
    pub(crate) env: EnvConfig,
    /// The name of the environment; `-` for a stack that is named without one.
    pub(crate) env_name: String,
    /// The directory for what is kept between runs and can be deleted.
    pub(crate) scratch: PathBuf,
}

impl StackArgs {
    /// Finds the stack in the definitions, unless its name is given.
    pub(crate) fn select(&self, common: &Common) -> Result<SelectedStack> {
        if let Some(name) = &self.stack_name {
            return by_name(common, name);
        }
        let id = self.stack.clone().unwrap_or_default();
        let project = common.project()?;
        let (env, env_config) = common.env(&project)?;
        let assembly = common.sound_assembly(&project, &env)?;
        let mut stack = select(&assembly, std::slice::from_ref(&id))?[0].clone();
        project.show_stack_here(&mut stack);
        let (env, env_name) = (env_config.clone(), env.name().to_owned());
        Ok(SelectedStack { stack, argument: id, env, env_name, scratch: project.scratch() })
    }
}

impl SelectedStack {
    /// Connects to the target of the stack. Commands for the target select a stack by its name where it was selected by it.
    pub(crate) async fn connect(&self, common: &Common, aws: &AwsArgs) -> Result<SelectedTarget> {
        let mut target = aws.connect(common, &self.scratch, &self.env).await?;
        if let (true, Some(name)) = (self.argument != self.stack.id, &self.stack.name) {
            target.stack_names.insert(self.stack.id.clone(), name.clone());
        }
        Ok(target)
    }

    /// Returns the deployed stack whose name is near the one that was given, where stacks can be listed.
    pub(crate) async fn near(&self, target: &SelectedTarget) -> Option<String> {
        if self.argument == self.stack.id {
            return None;
        }
        let stacks = list(&target.target.cloudformation).await.ok()?;
        nearest(self.stack.name.as_deref()?, stacks.into_iter().map(|stack| stack.name))
    }

    /// Returns the error for a stack that does not exist in the target.
    pub(crate) async fn missing(&self, target: &SelectedTarget) -> CommandError {
        let name = self.stack.name.as_deref().unwrap_or_default();
        let error = CommandError::usage(format!("no stack {name} in {}", target.target.name));
        if self.argument == self.stack.id {
            error.hint(format!("{} creates it", target.command("deploy", &self.argument)))
        } else {
            let error = match self.near(target).await {
                Some(near) => error.hint(format!("did you mean `{}`?", printable(&near))),
                None => error,
            };
            error.hint("it may be in another Region or account; see `--env`, `--region` and `--profile`")
        }
    }
}

/// Selects a stack by its name. The target is that of the project's environment, or that of the SDK's configuration if there is
/// no project.
fn by_name(common: &Common, name: &str) -> Result<SelectedStack> {
    let without_env = || (EnvConfig::default(), "-".to_owned());
    let ((env, env_name), scratch) = match common.project() {
        Ok(project) => match common.env(&project) {
            Ok((env, config)) => ((config.clone(), env.name().to_owned()), project.scratch()),
            Err(error) if common.env.is_some() => return Err(error),
            // Without a default environment, the target is that of the SDK's configuration.
            Err(_) => (without_env(), project.scratch()),
        },
        Err(error) if common.env.is_some() || common.stacks.is_some() => return Err(error),
        Err(_) => (without_env(), PathBuf::from(".tablewright")),
    };
    let stack = Stack::new(name).name(name);
    Ok(SelectedStack { stack, argument: format!("--stack-name {name}"), env, env_name, scratch })
}
