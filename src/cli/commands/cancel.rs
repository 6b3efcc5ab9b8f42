use tablewright_cloudformation::cancel as cancel_operation;
use tablewright_cloudformation::{CancelCreation, Events};
use tablewright_deploy::{Work, token};

use crate::args::Common;
use crate::args::aws::AwsArgs;
use crate::args::stack::StackArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::follow::follow;
use crate::prompt::ask;
use crate::report::OutputFormat;
use crate::report::failure::not_cancelled;

/// Cancel the running update of a stack, and follow its rollback
///
/// There is nothing to roll back to while a stack is being created: cancelling a creation deletes the stack; pass --delete to
/// confirm.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    stack: StackArgs,
    #[command(flatten)]
    aws: AwsArgs,
    /// Delete the stack if it is being created; its tables are deleted or retained by their DeletionPolicy
    #[arg(long)]
    delete: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
    /// Output format of the progress
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub(super) output: OutputFormat,
}

pub(super) fn cancel(common: &Common, args: &Args) -> Result<Exit> {
    let selected = args.stack.select(common)?;
    let creation = if args.delete { CancelCreation::Delete } else { CancelCreation::Refuse };
    follow(common, &args.aws, &selected, Work::Cancel, args.output, async |target, events, stack| {
        let name = stack.stack.name.as_deref().unwrap_or_default();
        ask(&format!("Cancel the running operation of stack {name}?"), args.yes || target.is_sandbox).await?;
        let token = token();
        let begin = async |events: &Events| {
            cancel_operation(&target.target.cloudformation, name, creation, &token, events).await
        };
        let begun = events.forward_events(&stack.stack.id, begin).await;
        begun.map_err(|error| not_cancelled(target, &stack.argument, error))
    })
}
