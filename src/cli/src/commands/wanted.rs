//! What is to be deployed: the definitions as they are now, rendered.

use std::path::PathBuf;

use tablewright::Stack;
use tablewright::render::{Rendered, Templates, render};

use crate::commands::{Common, select};
use crate::error::Result;
use crate::project::EnvConfig;

/// Stacks on their way out, and the environment that they are made for.
pub(super) struct Wanted {
    pub(super) env_name: String,
    pub(super) env: EnvConfig,
    /// The folder of what may be lost.
    pub(super) scratch: PathBuf,
    pub(super) stacks: Vec<(Stack, Rendered)>,
}

/// Renders the definitions of the stacks that are named, for an environment or the one of the command line.
pub(super) fn of_definitions(common: &Common, env: Option<&str>, names: &[String]) -> Result<Wanted> {
    let project = common.project()?;
    let (env, env_config) = project.config.env(env.or(common.env.as_deref()))?;
    let assembly = common.sound_assembly(&project, &env)?;
    let templates = Templates::with_folder(&project.stacks.join("templates"))?;
    let stacks = select(&assembly, names)?.into_iter();
    let stacks = stacks.map(|stack| Ok((stack.clone(), render(stack, env.name(), &templates)?)));
    Ok(Wanted {
        env_name: env.name().to_owned(),
        env: env_config.clone(),
        scratch: project.scratch(),
        stacks: stacks.collect::<Result<_>>()?,
    })
}
