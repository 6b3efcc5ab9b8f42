use std::fmt::Write as _;

use anyhow::anyhow;
use tablewright_deploy::stack as cloud_stack;

use crate::commands::aws::AwsArgs;
use crate::commands::drive::run;
use crate::commands::{Common, print, select};
use crate::error::{CommandError, Result};
use crate::exit::Exit;
use crate::report::ndjson::by_key;
use crate::report::printable;

/// Print the outputs of a stack
#[derive(clap::Args)]
pub(super) struct Args {
    /// The stack
    #[arg(value_name = "STACK")]
    stack: String,
    #[command(flatten)]
    aws: AwsArgs,
    /// Form of the outputs
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// A line each, for people
    Text,
    /// One object
    Json,
}

pub(super) fn outputs(common: &Common, args: &Args) -> Result<Exit> {
    let project = common.project()?;
    let (env, env_config) = common.env(&project)?;
    let assembly = common.sound_assembly(&project, &env)?;
    let stack = select(&assembly, std::slice::from_ref(&args.stack))?.remove(0);
    run(async {
        let target = args.aws.connect(common, &project.scratch(), env_config).await?;
        let name = stack.name.as_deref().unwrap_or_default();
        let deployed = cloud_stack::describe(&target.cloudformation, name).await?.ok_or_else(|| {
            CommandError::new(Exit::Usage, anyhow!("there is no stack {name} in {}", target.name))
                .hint(format!("{} makes it", target.command("deploy", &stack.id)))
        })?;
        let mut outputs = deployed.outputs;
        // CloudFormation answers in no order.
        outputs.sort_by(|a, b| a.key.cmp(&b.key));
        let mut text = String::new();
        match args.format {
            Format::Json => writeln!(text, "{:#}", by_key(&outputs)),
            Format::Text => outputs
                .iter()
                .try_for_each(|output| writeln!(text, "{} = {}", output.key, printable(&output.value))),
        }
        .expect("writing to a String does not fail");
        print(&text)?;
        Ok(Exit::Done)
    })
}
