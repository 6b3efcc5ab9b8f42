//! Deletes a stack, as far as that was approved.

use std::cell::Cell;

use tablewright_cloudformation::{Events, delete, watch};

use crate::destroy::plan::{DestroyPlan, plan_destroy};
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
        Self { target, approved, label, events, was_requested: Cell::new(false) }
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
    /// [`Error::Delete`] when CloudFormation refuses, [`Error::Watch`] when the end was not seen.
    pub async fn run(&self) -> Result<Ending, Error> {
        let stack = &self.approved.stack;
        // By ARN: the name may have been bound to another stack.
        let Some(now) = plan_destroy(self.target, &stack.id).await? else {
            return Ok(Ending::Deleted { retained: Vec::new() });
        };
        if let Some(refusal) = now.refusals().into_iter().next() {
            return Err(refusal.into());
        }
        let resources = now.not_in(self.approved);
        if !resources.is_empty() {
            return Err(Error::DestroyStale { stack: self.label.to_owned(), resources });
        }
        self.events.send(RolloutEvent::Began { stack: self.label.to_owned(), work: Work::Destroy });
        let (client, token) = (&self.target.cloudformation, token());
        self.was_requested.set(true);
        let begin = async |events: &Events| delete(client, &now.stack, &token, events).await;
        let operation = self.events.forward_events(self.label, begin).await?;
        let follow = async |events: &Events| watch(client, &operation, &self.target.pace, events).await;
        Ok(self.events.forward_events(self.label, follow).await?.into())
    }
}
