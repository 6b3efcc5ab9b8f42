//! What a rollout reports while it runs: typed events on a channel, in the order in which they came about.

use std::pin::pin;

use tablewright_cloudformation::{self as cloudformation, StackStatus};
use tablewright_dynamodb::{Backup, Progress};
use tablewright_plan::{Change, Plan};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::destroy::DestroyPlan;
use crate::ending::Ending;
use crate::live::TableReading;

/// One event of one stack. `stack` is the label of its job.
#[derive(Debug, Clone)]
pub enum RolloutEvent {
    /// The plan was made; nothing was changed yet.
    Planned {
        /// The stack.
        stack: String,
        /// The plan.
        plan: Plan,
    },
    /// The tables that the plan changes were read.
    TablesRead {
        /// The stack.
        stack: String,
        /// The tables, as they are now.
        tables: Vec<TableReading>,
    },
    /// The deletion of a stack was planned; nothing was changed yet.
    DestroyPlanned {
        /// The stack.
        stack: String,
        /// The plan.
        plan: Box<DestroyPlan>,
    },
    /// Work on a stack began.
    Began {
        /// The stack.
        stack: String,
        /// What is done to it.
        work: Work,
    },
    /// The stack whose creation was rolled back was deleted, so that it can be created anew.
    RolledBackDeleted {
        /// The stack.
        stack: String,
    },
    /// One step of several began.
    Step {
        /// The stack.
        stack: String,
        /// The number of the step, from 1.
        number: usize,
        /// How many steps there are.
        of: usize,
        /// What the step does.
        summary: String,
    },
    /// CloudFormation found changes that the templates do not show: in nested stacks, and of values that only it looks up.
    Found {
        /// The stack.
        stack: String,
        /// The changes.
        changes: Vec<Change>,
    },
    /// CloudFormation sees no change in a step, so it is passed over.
    PassedOver {
        /// The stack.
        stack: String,
        /// What the step would have done.
        summary: String,
        /// The exports that the stack would no longer have imported: they stay in use.
        kept_imports: Vec<String>,
    },
    /// A stack is deployed under a name of the project, and is not defined.
    NotDefined {
        /// The stack's name in CloudFormation.
        stack: String,
        /// The stack's status.
        status: StackStatus,
    },
    /// An event of CloudFormation.
    Cloud {
        /// The stack.
        stack: String,
        /// The event.
        event: cloudformation::Event,
    },
    /// The state of a table changed while it is waited for.
    Table {
        /// The stack.
        stack: String,
        /// The state of the table and its indexes.
        progress: Progress,
    },
    /// A table was backed up, and the backup can be restored.
    BackedUp {
        /// The stack.
        stack: String,
        /// The table's name.
        table: String,
        /// The backup.
        backup: Backup,
    },
    /// Work on a stack ended.
    Ended {
        /// The stack.
        stack: String,
        /// How.
        ending: Ending,
    },
}

/// What is done to a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// It is created or updated.
    Deploy,
    /// It is deleted.
    Destroy,
    /// Its running operation is cancelled.
    Cancel,
    /// Its failed operation is rolled back.
    Rollback,
    /// Its latest operation is followed.
    Watch,
}

impl RolloutEvent {
    /// Returns the stack that the event is about.
    #[must_use]
    pub fn stack(&self) -> &str {
        match self {
            Self::Planned { stack, .. }
            | Self::TablesRead { stack, .. }
            | Self::DestroyPlanned { stack, .. }
            | Self::Began { stack, .. }
            | Self::RolledBackDeleted { stack }
            | Self::Step { stack, .. }
            | Self::Found { stack, .. }
            | Self::PassedOver { stack, .. }
            | Self::NotDefined { stack, .. }
            | Self::Cloud { stack, .. }
            | Self::Table { stack, .. }
            | Self::BackedUp { stack, .. }
            | Self::Ended { stack, .. } => stack,
        }
    }
}

/// The sending half of a channel of [`RolloutEvent`]s.
#[derive(Clone, Debug)]
pub struct EventSender(UnboundedSender<RolloutEvent>);

impl EventSender {
    /// Creates a channel.
    #[must_use]
    pub fn channel() -> (Self, UnboundedReceiver<RolloutEvent>) {
        let (sender, receiver) = unbounded_channel();
        (Self(sender), receiver)
    }

    /// Sends an event. A receiver that was dropped is no reason to stop a deployment, so that is ignored.
    pub fn send(&self, event: RolloutEvent) {
        let _ = self.0.send(event);
    }

    /// Runs a call of `tablewright-cloudformation` and forwards its events as events of `stack`, in order.
    pub async fn forward_events<T>(
        &self,
        stack: &str,
        call: impl AsyncFnOnce(&cloudformation::Events) -> T,
    ) -> T {
        let (events, mut receiver) = cloudformation::Events::channel();
        let forward =
            |event: cloudformation::Event| self.send(RolloutEvent::Cloud { stack: stack.to_owned(), event });
        let mut call = pin!(call(&events));
        let done = loop {
            tokio::select! {
                biased;
                Some(event) = receiver.recv() => forward(event),
                done = &mut call => break done,
            }
        };
        while let Ok(event) = receiver.try_recv() {
            forward(event);
        }
        done
    }
}
