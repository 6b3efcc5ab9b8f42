use tablewright_cloudformation::Events;
use tablewright_cloudformation::operation::latest;
use tablewright_cloudformation::watch as watch_operation;
use tablewright_deploy::{Ending, EventSender, RolloutEvent, Work, conclude, wait_for_tables};

use crate::args::Common;
use crate::args::aws::AwsArgs;
use crate::args::stack::StackArgs;
use crate::error::Result;
use crate::event_loop::{Interrupted, Interrupts, run, run_until_interrupted};
use crate::exit::Exit;
use crate::report::failure::{detached, rollout_failed};
use crate::report::{OutputFormat, Reporter};

/// Follow the latest operation of a stack from its first event, whether it is running or has ended
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    stack: StackArgs,
    #[command(flatten)]
    aws: AwsArgs,
    /// Output format of the progress
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub(super) output: OutputFormat,
}

pub(super) fn watch(common: &Common, args: &Args) -> Result<Exit> {
    let selected = args.stack.select(common)?;
    let stack = &selected.stack;
    run(async {
        let mut interrupts = Interrupts::listen()?;
        let mut reporter = Reporter::new(args.output, common.quiet);
        let target = selected.connect(common, &args.aws).await?;
        let (events, mut receiver) = EventSender::channel();
        let failed = |error| rollout_failed(&target, stack, error);
        let operation = async {
            let name = stack.name.as_deref().unwrap_or_default();
            let operation = latest(&target.target.cloudformation, name).await?;
            let Some(operation) = operation else { return Err(selected.missing(&target).await) };
            events.send(RolloutEvent::Began { stack: stack.id.clone(), work: Work::Watch });
            let (client, pace) = (&target.target.cloudformation, &target.target.pace);
            let call = async |events: &Events| watch_operation(client, &operation, pace, events).await;
            let ending = Ending::from(events.forward_events(&stack.id, call).await?);
            if let Ending::Done { .. } = ending {
                wait_for_tables(&target.target, stack, &stack.id, &events).await.map_err(failed)?;
            }
            conclude(&events, &stack.id, &stack.id, ending).map_err(failed)?;
            Ok(Exit::Done)
        };
        interrupts.operation_may_run();
        match run_until_interrupted(operation, &mut receiver, &mut reporter, &mut interrupts).await {
            Ok(done) => done,
            Err(Interrupted) => Err(detached([(&target, &*selected.argument)])),
        }
    })
}
