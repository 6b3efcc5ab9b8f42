//! Exit codes: part of the interface, listed by `tablewright --help` and in the README.

use tablewright_cloudformation::{StackClass, StackStatus};

/// The exit codes of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Internal error, or a system error, such as a full disk or a directory that is not writable.
    Internal = 1,
    /// The command line, the configuration or the definitions are wrong.
    Usage = 2,
    /// Missing credentials, Region or permission, or an endpoint that cannot be reached.
    Access = 3,
    /// The deployment failed and was rolled back.
    RolledBack = 4,
    /// The deployment failed and the stack has to be recovered manually.
    ManualRecovery = 5,
    /// Refused before anything was changed: by the plan, by a flag, or at the prompt.
    Refused = 6,
    /// The reviewed plan or template does not match what would be deployed.
    Stale = 7,
    /// Changes are pending, or a committed template is stale.
    Pending = 8,
    /// The operation is still running: detached, or timed out.
    StillRunning = 9,
    /// The result of the operation is not known.
    Unknown = 10,
    /// Interrupted before anything was changed.
    Interrupted = 130,
}

impl Exit {
    /// Returns the exit code of a refusal after so many steps: once something was executed, it is the rest of an approved plan that no
    /// longer applies.
    pub(crate) const fn of_refusal(executed: usize) -> Self {
        if executed == 0 { Self::Refused } else { Self::Stale }
    }

    /// Returns the exit code of a failed operation, by the status of the stack.
    pub(crate) fn of_failure(status: &StackStatus) -> Self {
        match status.class() {
            StackClass::RolledBack | StackClass::Gone => Self::RolledBack,
            StackClass::Done
            | StackClass::Paused
            | StackClass::Stuck
            | StackClass::Moving
            | StackClass::Review
            | StackClass::Unknown => Self::ManualRecovery,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
