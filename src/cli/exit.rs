//! Exit codes: part of the interface, listed by `tablewright --help` and in the README.

/// How a run of the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// A fault of the tool's own, or of the machine: a full disk, a folder that cannot be written.
    Internal = 1,
    /// The command line, the configuration or the definitions are wrong.
    Usage = 2,
    /// No credentials, no region, a permission that is missing, an endpoint that cannot be reached.
    Access = 3,
    /// The deployment failed and was rolled back: what ran before runs on.
    RolledBack = 4,
    /// The deployment failed and the stack needs a hand.
    NeedsHand = 5,
    /// Refused before anything was changed: by the plan, by a gate, or by the person who was asked.
    Refused = 6,
    /// What was reviewed is not what would be deployed.
    Stale = 7,
    /// Changes are pending, or a committed template is stale.
    Pending = 8,
    /// The operation goes on without us: detached, or timed out.
    StillRunning = 9,
    /// How the operation ended is not known.
    Unknown = 10,
    /// Interrupted before anything began.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
