//! The history of a stack: its events, read from the newest back.
//!
//! In goes a stack's ARN, out come owned entries. CloudFormation gives the newest first and all operations there ever
//! were, so reading stops at what is known already. A page token is never kept: every read starts at the head.

use std::time::SystemTime;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::Config;
use aws_sdk_cloudformation::types::StackEvent;
use aws_smithy_types::retry::RetryConfig;

use crate::connection::clock::Clock;
use crate::error::ApiError;
use crate::event::{EventKind, ResourceEvent};
use crate::operation::rate_limit::RateBudget;
use crate::operation::timeline::Timeline;
use crate::stack::status::{ResourceStatus, StackStatus};
use crate::stack::{filled, time};

/// One entry of a stack's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id: the only thing that tells two entries apart, as times repeat.
    pub id: String,
    /// When it happened.
    pub at: SystemTime,
    /// The stack whose history this is, by ARN.
    pub stack_id: String,
    /// The resource's name in the template; the stack's name for the stack's own entries.
    pub logical_id: String,
    /// The resource's name in the account.
    pub physical_id: Option<String>,
    /// The resource's type.
    pub resource_type: String,
    /// The status as CloudFormation wrote it: of a resource, or of the stack.
    pub status: String,
    /// Why, where CloudFormation says so.
    pub reason: Option<String>,
    /// The client request token of the operation that this entry belongs to.
    pub token: Option<String>,
}

/// The type of stacks, of the root's own entries and of nested stacks alike.
pub(crate) const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

impl Entry {
    /// The stack's own status, when this entry is about the stack itself.
    pub fn stack_status(&self) -> Option<StackStatus> {
        // A nested stack has the same type; a resource may have the stack's name. Only the ARN decides.
        let own = self.resource_type == STACK_TYPE && self.physical_id.as_deref() == Some(&self.stack_id);
        own.then(|| StackStatus::parse(&self.status))
    }

    /// The resource's status, when this entry is about a resource.
    pub fn resource_status(&self) -> Option<ResourceStatus> {
        self.stack_status().is_none().then(|| ResourceStatus::parse(&self.status))
    }

    /// This entry as a fact to report about the stack `root`. A nested stack's own entries are those of a resource.
    pub(crate) fn to_event(&self, root: &str) -> EventKind {
        match self.stack_status() {
            Some(status) if self.stack_id == root => EventKind::Stack { status, reason: self.reason.clone() },
            _ => EventKind::Resource(ResourceEvent {
                stack_id: self.stack_id.clone(),
                logical_id: self.logical_id.clone(),
                physical_id: self.physical_id.clone(),
                resource_type: self.resource_type.clone(),
                status: ResourceStatus::parse(&self.status),
                reason: self.reason.clone(),
            }),
        }
    }
}

/// Reads what `timeline` does not know yet. Newest first. The caller has taken the first page from the budget.
pub(crate) async fn read_new(
    client: &Client,
    stack_id: &str,
    timeline: &Timeline,
    clock: &Clock,
    budget: &RateBudget,
) -> Result<Vec<Entry>, ApiError> {
    read_back(timeline, async |next: Option<String>| {
        if next.is_some() {
            budget.take(clock).await;
        }
        read_page(client, stack_id, next).await
    })
    .await
}

/// Reads from the head of the history to something that `timeline` knows, or to the beginning.
///
/// Either the whole way is read or nothing is: a gap between two reads would never be noticed.
pub(crate) async fn read_back<E>(
    timeline: &Timeline,
    mut page: impl AsyncFnMut(Option<String>) -> Result<Page, E>,
) -> Result<Vec<Entry>, E> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut next = None;
    loop {
        let mut page = page(next).await?;
        let known = timeline.reaches(&page.entries);
        next_to(&entries, &mut page.entries);
        entries.extend(page.entries);
        next = page.next;
        if known || next.is_none() {
            return Ok(entries);
        }
    }
}

/// Leaves of a page what comes below the pages `above` it. Entries that arrive between two reads push the others down, so
/// that a page begins with what has been read, or even with what is newer: that is for the next time.
fn next_to(above: &[Entry], page: &mut Vec<Entry>) {
    let (Some(head), Some(last)) = (above.first(), above.last()) else { return };
    if let Some(place) = page.iter().position(|entry| entry.id == last.id) {
        page.drain(..=place);
    }
    page.retain(|entry| entry.at <= head.at);
}

/// Reads the newest page of the history.
pub(crate) async fn read_head(client: &Client, stack_id: &str) -> Result<Vec<Entry>, ApiError> {
    Ok(read_page(client, stack_id, None).await?.entries)
}

/// A page of the history, newest first, and where the next older one begins.
pub(crate) struct Page {
    pub(crate) entries: Vec<Entry>,
    pub(crate) next: Option<String>,
}

async fn read_page(client: &Client, stack_id: &str, next: Option<String>) -> Result<Page, ApiError> {
    let answer = client
        .describe_stack_events()
        .stack_name(stack_id)
        .set_next_token(next)
        .customize()
        .config_override(without_retries())
        .send()
        .await
        .map_err(|error| ApiError::unpack("DescribeStackEvents", &error))?;
    let entries = answer.stack_events.unwrap_or_default().into_iter().filter_map(read_entry).collect();
    Ok(Page { entries, next: filled(answer.next_token) })
}

/// Where a loop is the retry, the SDK's own would only hide how often we are throttled.
pub(crate) fn without_retries() -> aws_sdk_cloudformation::config::Builder {
    Config::builder().retry_config(RetryConfig::disabled())
}

/// An event without an id or a time cannot be placed and is dropped; AWS requires both.
fn read_entry(event: StackEvent) -> Option<Entry> {
    Some(Entry {
        id: event.event_id?,
        at: time(event.timestamp?)?,
        stack_id: event.stack_id?,
        logical_id: event.logical_resource_id.unwrap_or_default(),
        physical_id: filled(event.physical_resource_id),
        resource_type: event.resource_type.unwrap_or_default(),
        status: event.resource_status.as_ref().map_or("", |status| status.as_str()).to_owned(),
        reason: filled(event.resource_status_reason),
        token: filled(event.client_request_token),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Entries by the second that they were written in; the second is their id as well.
    fn page(seconds: &[u64]) -> Vec<Entry> {
        let entry = |second: &u64| Entry {
            id: second.to_string(),
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(*second),
            stack_id: "arn:s".to_owned(),
            logical_id: "A".to_owned(),
            physical_id: None,
            resource_type: "AWS::SNS::Topic".to_owned(),
            status: "CREATE_COMPLETE".to_owned(),
            reason: None,
            token: None,
        };
        seconds.iter().map(entry).collect()
    }

    #[track_caller]
    fn check(above: &[u64], below: &[u64], left: &[u64]) {
        let mut found = page(below);
        next_to(&page(above), &mut found);
        assert_eq!(found, page(left));
    }

    #[test]
    fn a_page_goes_on_where_the_one_above_it_ends() {
        check(&[], &[9, 8], &[9, 8]);
        check(&[9, 8], &[7, 6], &[7, 6]);
        // Pushed down by one entry that has arrived, and by two.
        check(&[9, 8], &[8, 7], &[7]);
        check(&[9, 8], &[9, 8], &[]);
        // And by so many that it shows them: they come before what has been read, and are read next time.
        check(&[9], &[11], &[]);
        check(&[9, 8], &[11, 10], &[]);
    }
}
