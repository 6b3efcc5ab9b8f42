use tablewright_cloudformation::rollback as roll_back;
use tablewright_cloudformation::stack::describe;
use tablewright_cloudformation::{Events, RollbackOptions};

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
use crate::report::failure::not_rolled_back;

/// Take a stack that stands where it failed back to where it was
///
/// From CREATE_FAILED and UPDATE_FAILED it begins a rollback, from UPDATE_ROLLBACK_FAILED it continues the one that failed.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    stack: StackArgs,
    #[command(flatten)]
    aws: AwsArgs,
    /// Leave this resource as it is, by its logical id, since it cannot be rolled back (may be repeated)
    #[arg(long, value_name = "ID")]
    skip: Vec<String>,
    /// Role that CloudFormation works with (default: the stack's own)
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// How to show what happens
    #[arg(long, value_name = "FORM", default_value = "auto")]
    pub(super) output: Form,
}

pub(super) fn rollback(common: &Common, args: &Args) -> Result<Exit> {
    let chosen = args.stack.choose(common)?;
    let options = RollbackOptions {
        role_arn: args.role_arn.clone(),
        skip: args.skip.clone(),
        ..RollbackOptions::default()
    };
    follow(common, &args.aws, &chosen, Work::Rollback, args.output, async |target, facts, stack| {
        let name = stack.stack.name.as_deref().unwrap_or_default();
        let found = describe(&target.cloudformation, name).await?.ok_or_else(|| stack.missing(target))?;
        ask(&format!("Roll stack {name} back?"), args.yes || target.is_sandbox).await?;
        let token = token();
        let begin =
            async |events: &Events| roll_back(&target.cloudformation, &found, &options, &token, events).await;
        facts
            .cloud(&stack.stack.id, begin)
            .await
            .map_err(|error| not_rolled_back(target, &stack.argument, error))
    })
}
