//! The history of a stack: its events, read from the newest back.
//!
//! In goes a stack's ARN, out come owned entries. CloudFormation gives the newest first and all operations there ever
//! were, so reading stops at what is known already. A page token is never kept: every read starts at the head.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackEvent;

use crate::connection::clock::Clock;
use crate::connection::pages::PageTokens;
use crate::connection::retry::without_retries;
use crate::error::ApiError;
use crate::operation::entry::Entry;
use crate::operation::rate_limit::RateLimit;
use crate::operation::timeline::Timeline;
use crate::stack::{filled, time};
use crate::text::{identifier, optional_identifier};

/// Reads what `timeline` does not know yet. Newest first. The caller has taken the first page from the rate limit.
pub(crate) async fn read_new(
    client: &Client,
    stack_id: &str,
    timeline: &Timeline,
    clock: &Clock,
    rate_limit: &RateLimit,
) -> Result<Vec<Entry>, ApiError> {
    let mut tokens = PageTokens::of("DescribeStackEvents");
    read_back(timeline, async |next: Option<String>| {
        if next.is_some() {
            rate_limit.take(clock).await;
        }
        let page = read_page(client, stack_id, next).await?;
        Ok(Page { next: tokens.next(page.next)?, ..page })
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

/// An event without an id or a time cannot be placed and is dropped; AWS requires both.
fn read_entry(event: StackEvent) -> Option<Entry> {
    Some(Entry {
        id: event.event_id?,
        at: time(event.timestamp?)?,
        stack_id: event.stack_id?,
        logical_id: identifier(event.logical_resource_id),
        physical_id: optional_identifier(event.physical_resource_id),
        resource_type: identifier(event.resource_type),
        status: identifier(event.resource_status.map(|status| status.as_str().to_owned())),
        reason: filled(event.resource_status_reason),
        token: filled(event.client_request_token),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

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
