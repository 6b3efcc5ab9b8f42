//! Deletes a stack, as far as that was approved.

use std::cell::Cell;
use std::time::Duration;

use tablewright_cloudformation::{
    DeleteError, Events, Leftover, Outcome, Polling, prepare_deletion, start_deletion, watch,
};

use crate::destroy::plan::{DestroyPlan, Fate, plan_destroy};
use crate::ending::Ending;
use crate::error::Error;
use crate::event::{EventSender, RolloutEvent, Work};
use crate::target::Target;
use crate::token::token;

/// The execution of a plan that was shown.
///
/// Dropping the future of [`run`](Self::run) stops at that point; [`was_requested`](Self::was_requested) tells whether the deletion may
/// continue in CloudFormation.
pub struct Destroy<'a> {
    target: &'a Target,
    approved: &'a DestroyPlan,
    /// The stack's name in events and errors.
    label: &'a str,
    events: &'a EventSender,
    timeout: Option<Duration>,
    was_requested: Cell<bool>,
}

impl<'a> Destroy<'a> {
    /// Makes the execution of a plan. Nothing is called yet.
    #[must_use]
    pub const fn new(
        target: &'a Target,
        approved: &'a DestroyPlan,
        label: &'a str,
        events: &'a EventSender,
    ) -> Self {
        Self { target, approved, label, events, timeout: None, was_requested: Cell::new(false) }
    }

    /// Follows the deletion for this time at most; it goes on in CloudFormation. `None` for as long as it takes.
    #[must_use]
    pub fn with_timeout(self, timeout: Option<Duration>) -> Self {
        Self { timeout, ..self }
    }

    /// Returns whether CloudFormation was asked to delete the stack. It may not have answered yet.
    #[must_use]
    pub const fn was_requested(&self) -> bool {
        self.was_requested.get()
    }

    /// Plans anew, deletes the stack if that deletes nothing that was not shown, and follows the deletion to its end.
    ///
    /// # Errors
    ///
    /// [`Error::DestroyStale`] when more would be deleted by now, [`Error::DestroyRefused`] when something stands in the way,
    /// [`Error::Delete`] when CloudFormation refuses, [`Error::Watch`] when the end was not seen, [`Error::DeletedUnseen`] when another
    /// client has changed the stack between the last look and the deletion.
    pub async fn run(&self) -> Result<Ending, Error> {
        let shown = &self.approved.stack;
        // By ARN: the name may have been bound to another stack.
        let Some(now) = plan_destroy(self.target, &shown.id).await? else {
            return Ok(Ending::Deleted { retained: Vec::new() });
        };
        if let Some(refusal) = now.refusals().into_iter().next() {
            return Err(refusal.into());
        }
        let resources = now.not_in(self.approved);
        if !resources.is_empty() {
            return Err(Error::DestroyStale { stack: self.label.to_owned(), resources });
        }
        let (client, token) = (&self.target.cloudformation, token());
        let prepare = async |events: &Events| prepare_deletion(client, &now.stack, events).await;
        let prepared = match self.events.forward_events(self.label, prepare).await {
            Err(DeleteError::Changed { .. }) => {
                return Err(Error::DestroyStale { stack: self.label.to_owned(), resources: Vec::new() });
            }
            prepared => prepared?,
        };
        self.events.send(RolloutEvent::Began { stack: self.label.to_owned(), work: Work::Destroy });
        self.was_requested.set(true);
        let start = async |events: &Events| start_deletion(client, prepared, &token, events).await;
        let operation = self.events.forward_events(self.label, start).await?;
        let pace = Polling { timeout: self.timeout, ..self.target.pace.clone() };
        let follow = async |events: &Events| watch(client, &operation, &pace, events).await;
        let outcome = self.events.forward_events(self.label, follow).await?;
        let unseen = self.not_shown(&outcome);
        let ending = Ending::from(outcome);
        if unseen.is_empty() {
            return Ok(ending);
        }
        self.events.send(RolloutEvent::Ended { stack: self.label.to_owned(), ending });
        Err(Error::DeletedUnseen { stack: self.label.to_owned(), resources: unseen })
    }

    /// Returns the resources that were deleted and were not shown as deleted: another client has changed the stack at the last moment.
    fn not_shown(&self, outcome: &Outcome) -> Vec<String> {
        let Outcome::Deleted { deleted, .. } = outcome else { return Vec::new() };
        let shown = self.approved.resources.iter().filter(|resource| resource.fate != Fate::Retained);
        let shown: Vec<&str> = shown.filter_map(|resource| resource.physical_id.as_deref()).collect();
        // Without a name it has never existed.
        let unseen = |gone: &Leftover| {
            let physical_id = gone.physical_id.as_deref().filter(|id| !shown.contains(id))?;
            Some(format!("{} ({physical_id})", gone.logical_id))
        };
        deleted.iter().filter_map(unseen).collect()
    }
}
