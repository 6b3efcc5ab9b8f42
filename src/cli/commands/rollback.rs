use tablewright_cloudformation::rollback as roll_back;
use tablewright_cloudformation::stack::describe;
use tablewright_cloudformation::{Events, RollbackOptions};
use tablewright_deploy::{Work, token};

use crate::args::Common;
use crate::args::aws::AwsArgs;
use crate::args::stack::StackArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::follow::follow;
use crate::prompt::ask;
use crate::report::OutputFormat;
use crate::report::failure::not_rolled_back;

/// Roll back a stack whose last operation failed
///
/// In CREATE_FAILED and UPDATE_FAILED a rollback is started; in UPDATE_ROLLBACK_FAILED the failed rollback is continued.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    stack: StackArgs,
    #[command(flatten)]
    aws: AwsArgs,
    /// Skip a resource that cannot be rolled back, by its logical id (may be repeated)
    #[arg(long, value_name = "ID")]
    skip: Vec<String>,
    /// Role for CloudFormation to assume (default: the role of the stack)
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
    /// Output format of the progress
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub(super) output: OutputFormat,
}

pub(super) fn rollback(common: &Common, args: &Args) -> Result<Exit> {
    let selected = args.stack.select(common)?;
    let options = RollbackOptions {
        role_arn: args.role_arn.clone(),
        skip: args.skip.clone(),
        ..RollbackOptions::default()
    };
    follow(common, &args.aws, &selected, Work::Rollback, args.output, async |target, events, stack| {
        let name = stack.stack.name.as_deref().unwrap_or_default();
        let found = describe(&target.target.cloudformation, name).await?;
        let Some(found) = found else { return Err(stack.missing(target).await) };
        ask(&format!("Roll stack {name} back?"), args.yes || target.is_sandbox).await?;
        let token = token();
        let begin = async |events: &Events| {
            roll_back(&target.target.cloudformation, &found, &options, &token, events).await
        };
        events
            .forward_events(&stack.stack.id, begin)
            .await
            .map_err(|error| not_rolled_back(target, &stack.argument, error))
    })
}
