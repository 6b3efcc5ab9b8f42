//! Deletes a stack, as far as that was approved.

use std::cell::Cell;
use std::time::Duration;

use tablewright_cloudformation::{Events, Polling, delete, stack, watch};

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
    /// [`Error::Delete`] when CloudFormation refuses, [`Error::Watch`] when the end was not seen.
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
        // CloudFormation takes no condition with the deletion, so the stack is asked last whether it is still the one of the plan.
        let last = stack::describe(&self.target.cloudformation, &shown.id).await?;
        if !last.is_some_and(|last| (&last.updated, &last.status) == (&now.stack.updated, &now.stack.status))
        {
            return Err(Error::DestroyStale { stack: self.label.to_owned(), resources: Vec::new() });
        }
        self.events.send(RolloutEvent::Began { stack: self.label.to_owned(), work: Work::Destroy });
        let (client, token) = (&self.target.cloudformation, token());
        self.was_requested.set(true);
        let begin = async |events: &Events| delete(client, &now.stack, &token, events).await;
        let operation = self.events.forward_events(self.label, begin).await?;
        let pace = Polling { timeout: self.timeout, ..self.target.pace.clone() };
        let follow = async |events: &Events| watch(client, &operation, &pace, events).await;
        Ok(self.events.forward_events(self.label, follow).await?.into())
    }
}
