//! Runs cancel and rollback operations, which succeed when the stack is rolled back.

use std::cell::Cell;

use tablewright_cloudformation::watch;
use tablewright_cloudformation::{Events, Operation, Outcome};
use tablewright_deploy::{Ending, EventSender, RolloutEvent, Work, conclude};

use crate::args::Common;
use crate::args::aws::AwsArgs;
use crate::args::stack::SelectedStack;
use crate::error::Result;
use crate::event_loop::{Interrupted, Interrupts, run, run_until_interrupted};
use crate::exit::Exit;
use crate::report::failure::{detached, interrupted_before, rollout_failed};
use crate::report::{OutputFormat, Reporter};
use crate::target::SelectedTarget;

/// Starts an operation and follows it. Once it has started, an interrupt leaves it running.
pub(crate) fn follow(
    common: &Common,
    aws: &AwsArgs,
    selected: &SelectedStack,
    work: Work,
    output: OutputFormat,
    start: impl AsyncFnOnce(&SelectedTarget, &EventSender, &SelectedStack) -> Result<Operation>,
) -> Result<Exit> {
    run(async {
        let mut interrupts = Interrupts::listen()?;
        let mut reporter = Reporter::new(output, common.quiet);
        let target = selected.connect(common, aws).await?;
        let (events, mut receiver) = EventSender::channel();
        let stack = &selected.stack;
        let has_started = Cell::new(false);
        let operation = async {
            let operation = start(&target, &events, selected).await?;
            has_started.set(true);
            events.send(RolloutEvent::Began { stack: stack.id.clone(), work });
            let (client, pace) = (&target.target.cloudformation, &target.target.pace);
            let call = async |events: &Events| watch(client, &operation, pace, events).await;
            let ending = match events.forward_events(&stack.id, call).await? {
                // A rollback is the expected result.
                Outcome::RolledBack { status, .. } => Ending::Undone { status },
                outcome => outcome.into(),
            };
            conclude(&events, &stack.id, &stack.id, ending)
                .map_err(|error| rollout_failed(&target, stack, error))?;
            Ok(Exit::Done)
        };
        interrupts.operation_may_run();
        match run_until_interrupted(operation, &mut receiver, &mut reporter, &mut interrupts).await {
            Ok(done) => done,
            Err(Interrupted) if !has_started.get() => Err(interrupted_before()),
            Err(Interrupted) => Err(detached([(&target, &*selected.argument)])),
        }
    })
}
