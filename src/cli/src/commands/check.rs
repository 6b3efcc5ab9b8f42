use std::io::Write as _;

use tablewright_review::Review;

use crate::commands::reporting::ReportArgs;
use crate::commands::{Common, errors_in, unsound};
use crate::error::Result;
use crate::exit::Exit;

/// Check the definitions against the rules of DynamoDB and CloudFormation
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    report: ReportArgs,
}

pub(super) fn check(common: &Common, args: &Args) -> Result<Exit> {
    let project = common.project()?;
    let envs = match &common.env {
        Some(_) => vec![common.env(&project)?.0],
        None => project.config.all_envs(),
    };
    // All environments, so that one run tells everything.
    let (mut review, mut errors, mut unsound_envs) = (Review::default(), 0, Vec::new());
    for env in envs {
        let assembly = common.assembly(&project, &env)?;
        let found = common.problems(&assembly);
        if args.report.is_text() {
            Common::show_problems(&found);
        }
        match errors_in(&found) {
            0 if common.quiet || !args.report.is_text() => {}
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
        // What is wrong in every environment is one problem for a reviewer.
        let news = found.into_iter().filter(|problem| !review.problems.contains(problem)).collect::<Vec<_>>();
        review.problems.extend(news);
    }
    if args.report.is_text() {
        args.report.write_files(&review, "check")?;
    } else {
        args.report.publish(&review, "check")?;
    }
    if unsound_envs.is_empty() { Ok(Exit::Done) } else { Err(unsound(errors, &unsound_envs.join(", "))) }
}
