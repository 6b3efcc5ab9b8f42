use tablewright_cloudformation::Events;
use tablewright_cloudformation::operation::latest;
use tablewright_cloudformation::watch as watch_operation;

use crate::args::Common;
use crate::args::aws::AwsArgs;
use crate::args::stack::StackArgs;
use crate::commands::endings::{conclude, detached, ending, wait_for_tables};
use crate::error::Result;
use crate::event_loop::{Facts, Interrupted, Interrupts, drive, run};
use crate::exit::Exit;
use crate::report::fact::{Ending, Fact, Work};
use crate::report::{Form, Reporter};

/// Follow the latest operation on a stack, running or ended, from its first event
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    stack: StackArgs,
    #[command(flatten)]
    aws: AwsArgs,
    /// How to show what happens
    #[arg(long, value_name = "FORM", default_value = "auto")]
    pub(super) output: Form,
}

pub(super) fn watch(common: &Common, args: &Args) -> Result<Exit> {
    let chosen = args.stack.choose(common)?;
    let stack = &chosen.stack;
    run(async {
        let mut interrupts = Interrupts::listen()?;
        let mut reporter = Reporter::new(args.output, common.quiet);
        let target = args.aws.connect(common, &chosen.scratch, &chosen.env).await?;
        let (facts, mut receiver) = Facts::channel();
        let engine = async {
            let name = stack.name.as_deref().unwrap_or_default();
            let operation = latest(&target.cloudformation, name).await?;
            let operation = operation.ok_or_else(|| chosen.missing(&target))?;
            facts.tell(Fact::Began { stack: stack.id.clone(), work: Work::Watch });
            let call = async |events: &Events| {
                watch_operation(&target.cloudformation, &operation, &target.pace, events).await
            };
            let ending = ending(facts.cloud(&stack.id, call).await?);
            if let Ending::Done { .. } = ending {
                wait_for_tables(&target, stack, &stack.id, &facts).await?;
            }
            conclude(&target, stack, &stack.id, &facts, ending)?;
            Ok(Exit::Done)
        };
        match drive(engine, &mut receiver, &mut reporter, &mut interrupts).await {
            Ok(done) => done,
            Err(Interrupted) => Err(detached([(&target, &*chosen.argument)])),
        }
    })
}
