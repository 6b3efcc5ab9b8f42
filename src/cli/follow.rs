//! An operation that takes a stack back: begun, followed to its end, and a success when the stack is where it was.

use std::cell::Cell;

use tablewright_cloudformation::watch;
use tablewright_cloudformation::{Events, Operation, Outcome};

use crate::args::Common;
use crate::args::aws::{AwsArgs, Target};
use crate::args::stack::Chosen;
use crate::commands::endings::{conclude, detached, ending, interrupted_before};
use crate::error::Result;
use crate::event_loop::{Facts, Interrupted, Interrupts, drive, run};
use crate::exit::Exit;
use crate::report::fact::{Ending, Fact, Work};
use crate::report::{Form, Reporter};

/// Begins an operation and follows it. An interrupt leaves it alone, once it has begun.
pub(crate) fn follow(
    common: &Common,
    aws: &AwsArgs,
    chosen: &Chosen,
    work: Work,
    output: Form,
    begin: impl AsyncFnOnce(&Target, &Facts, &Chosen) -> Result<Operation>,
) -> Result<Exit> {
    run(async {
        let mut interrupts = Interrupts::listen()?;
        let mut reporter = Reporter::new(output, common.quiet);
        let target = aws.connect(common, &chosen.scratch, &chosen.env).await?;
        let (facts, mut receiver) = Facts::channel();
        let stack = &chosen.stack;
        let has_begun = Cell::new(false);
        let engine = async {
            let operation = begin(&target, &facts, chosen).await?;
            has_begun.set(true);
            facts.tell(Fact::Began { stack: stack.id.clone(), work });
            let call =
                async |events: &Events| watch(&target.cloudformation, &operation, &target.pace, events).await;
            let outcome = facts.cloud(&stack.id, call).await?;
            let ending = match outcome {
                // It was to be undone, and it is.
                Outcome::RolledBack { status, .. } => Ending::Undone { status },
                outcome => ending(outcome),
            };
            conclude(&target, stack, &stack.id, &facts, ending)?;
            Ok(Exit::Done)
        };
        match drive(engine, &mut receiver, &mut reporter, &mut interrupts).await {
            Ok(done) => done,
            Err(Interrupted) if !has_begun.get() => Err(interrupted_before()),
            Err(Interrupted) => Err(detached([(&target, &*chosen.argument)])),
        }
    })
}
