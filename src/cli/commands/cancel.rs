use tablewright_cloudformation::cancel as cancel_operation;
use tablewright_cloudformation::{CancelCreation, Events};

use crate::args::Common;
use crate::args::aws::AwsArgs;
use crate::args::stack::StackArgs;
use crate::commands::token::token;
use crate::error::Result;
use crate::exit::Exit;
use crate::follow::follow;
use crate::prompt::ask;
use crate::report::Form;
use crate::report::fact::Work;
use crate::report::failure::not_cancelled;

/// Cancel the update that runs on a stack, and watch it being undone
///
/// A stack that is only being created cannot go back to anything: cancelling that is deleting it, which has to be said.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    stack: StackArgs,
    #[command(flatten)]
    aws: AwsArgs,
    /// Delete a stack that is being created; its tables go by their DeletionPolicy
    #[arg(long)]
    delete: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// How to show what happens
    #[arg(long, value_name = "FORM", default_value = "auto")]
    pub(super) output: Form,
}

pub(super) fn cancel(common: &Common, args: &Args) -> Result<Exit> {
    let chosen = args.stack.choose(common)?;
    let creation = if args.delete { CancelCreation::Delete } else { CancelCreation::Refuse };
    follow(common, &args.aws, &chosen, Work::Cancel, args.output, async |target, facts, stack| {
        let name = stack.stack.name.as_deref().unwrap_or_default();
        ask(&format!("Cancel what runs on stack {name}?"), args.yes || target.is_sandbox).await?;
        let token = token();
        let begin = async |events: &Events| {
            cancel_operation(&target.cloudformation, name, creation, &token, events).await
        };
        let begun = facts.cloud(&stack.stack.id, begin).await;
        begun.map_err(|error| not_cancelled(target, &stack.argument, error))
    })
}
