use std::io::Write as _;

use crate::commands::{Common, unsound};
use crate::error::Result;
use crate::exit::Exit;

/// Check the definitions against the rules of DynamoDB and CloudFormation
#[derive(clap::Args)]
pub(super) struct Args {}

pub(super) fn check(common: &Common, _: &Args) -> Result<Exit> {
    let project = common.project()?;
    let envs = match &common.env {
        Some(_) => vec![common.env(&project)?.0],
        None => project.config.all_envs(),
    };
    // All environments, so that one run tells everything.
    let (mut errors, mut unsound_envs) = (0, Vec::new());
    for env in envs {
        let assembly = common.assembly(&project, &env)?;
        match common.show_problems(&assembly) {
            0 if common.quiet => {}
            0 => {
                let tables: usize = assembly.stacks.iter().map(|stack| stack.tables.len()).sum();
                let stacks = assembly.stacks.len();
                let name = env.name();
                let _ = writeln!(
                    anstream::stderr(),
                    "Environment {name}: {stacks} stacks and {tables} tables are sound."
                );
            }
            found => {
                errors += found;
                unsound_envs.push(env.name().to_owned());
            }
        }
    }
    if unsound_envs.is_empty() { Ok(Exit::Done) } else { Err(unsound(errors, &unsound_envs.join(", "))) }
}
