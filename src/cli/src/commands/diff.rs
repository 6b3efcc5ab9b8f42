use tablewright::render::{Templates, render};
use tablewright_plan::PlanOptions;

use crate::commands::aws::AwsArgs;
use crate::commands::drive::run;
use crate::commands::planning::plan_stack;
use crate::commands::{Common, print, select};
use crate::error::{OrExit as _, Result};
use crate::exit::Exit;
use crate::report::plan as plan_text;

/// Show what a deploy would do, and what it would do to the data
#[derive(clap::Args)]
pub(super) struct Args {
    /// Stacks to compare (default: all)
    #[arg(value_name = "STACK")]
    stacks: Vec<String>,
    #[command(flatten)]
    aws: AwsArgs,
    /// End with exit code 8 where something would change
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(super) fn diff(common: &Common, args: &Args) -> Result<Exit> {
    let project = common.project()?;
    let (env, env_config) = common.env(&project)?;
    let assembly = common.sound_assembly(&project, &env)?;
    let templates = Templates::with_folder(&project.stacks.join("templates")).or_exit(Exit::Usage)?;
    run(async {
        let target = args.aws.connect(common, &project, env_config).await?;
        let mut pending = false;
        for stack in select(&assembly, &args.stacks)? {
            let rendered = render(stack, env.name(), &templates).or_exit(Exit::Usage)?;
            let job = plan_stack(&target, stack, rendered, &PlanOptions::default()).await?;
            pending |= !job.plan.changes.is_empty() || job.has_changes();
            let text = format!("{}: {}\n{}", stack.id, job.summary(), plan_text::changes(&job.plan));
            // Data on stdout may go to a file: colour only where it is wanted.
            let text = anstream::adapter::strip_str(&text).to_string();
            print(&text)?;
        }
        Ok(if pending && args.detailed_exitcode { Exit::Pending } else { Exit::Done })
    })
}
