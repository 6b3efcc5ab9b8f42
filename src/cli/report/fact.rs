//! What a command tells its reporter: facts, in the order in which they came about.

use tablewright_cloudformation as deploy;
use tablewright_cloudformation::stack::Output;
use tablewright_dynamodb::Progress;
use tablewright_plan::Plan;

/// One fact about one stack. `stack` is what the command line calls it.
#[derive(Debug, Clone)]
pub(crate) enum Fact {
    /// The plan was made; nothing was changed yet.
    Planned {
        /// The stack's id.
        stack: String,
        /// What would be done.
        plan: Plan,
    },
    /// Work on a stack began.
    Began {
        /// The stack's id.
        stack: String,
        /// What is done to it.
        work: Work,
    },
    /// One step of several began.
    Step {
        /// The stack's id.
        stack: String,
        /// Which one, from 1.
        number: usize,
        /// Of how many.
        of: usize,
        /// What it does.
        summary: String,
    },
    /// CloudFormation said something.
    Cloud {
        /// The stack's id.
        stack: String,
        /// What.
        event: deploy::Event,
    },
    /// DynamoDB said something.
    Table {
        /// The stack's id.
        stack: String,
        /// How far the table is.
        progress: Progress,
    },
    /// Work on a stack ended.
    Ended {
        /// The stack's id.
        stack: String,
        /// How.
        ending: Ending,
    },
}

/// What is done to a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Deploy,
    Destroy,
    Cancel,
    Rollback,
    Watch,
}

/// How the work on a stack ended.
#[derive(Debug, Clone)]
pub(crate) enum Ending {
    /// Nothing was to be done.
    Unchanged {
        /// The stack's outputs.
        outputs: Vec<Output>,
    },
    /// It is done.
    Done {
        /// Whether it is known that the tables can be used.
        usable: bool,
        /// The stack's outputs, where they could be read.
        outputs: Option<Vec<Output>>,
        /// Resources that CloudFormation no longer cares for and left behind.
        orphans: Vec<deploy::Leftover>,
        /// Resources that stay by their own policy.
        retained: Vec<deploy::Leftover>,
    },
    /// What was done to it was undone, as was asked for.
    Undone {
        /// The status that the stack is in now.
        status: deploy::StackStatus,
    },
    /// The stack is gone.
    Deleted {
        /// Resources that stay by their own policy.
        retained: Vec<deploy::Leftover>,
    },
    /// It failed.
    Failed {
        /// The status that the stack is in now.
        status: deploy::StackStatus,
        /// Why.
        failure: deploy::Failure,
    },
}

impl Fact {
    /// Returns the stack that the fact is about.
    pub(crate) fn stack(&self) -> &str {
        match self {
            Self::Planned { stack, .. }
            | Self::Began { stack, .. }
            | Self::Step { stack, .. }
            | Self::Cloud { stack, .. }
            | Self::Table { stack, .. }
            | Self::Ended { stack, .. } => stack,
        }
    }
}

impl Work {
    /// Returns the word for what goes on.
    pub(crate) const fn going_on(self) -> &'static str {
        match self {
            Self::Deploy => "deploying",
            Self::Destroy => "destroying",
            Self::Cancel => "cancelling",
            Self::Rollback => "rolling back",
            Self::Watch => "watching",
        }
    }
}
