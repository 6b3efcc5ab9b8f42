//! A bound on answers that come in pages: reading ends even where the service never stops giving tokens.

use std::collections::BTreeSet;

use crate::error::{ApiError, ApiErrorKind};
use crate::stack::filled;

/// Far more than any answer of AWS has: a stack has 500 resources and keeps 1,000 change sets, 100 in a page, and one operation makes
/// some dozen pages of events.
const MOST_PAGES: usize = 1_000;

/// The page tokens of one answer.
///
/// ```
/// use tablewright_cloudformation::PageTokens;
///
/// let mut tokens = PageTokens::of("ListStackResources");
/// assert_eq!(tokens.next(Some("p2".to_owned()))?, Some("p2".to_owned()));
/// assert_eq!(tokens.next(None)?, None);
/// assert!(tokens.next(Some("p2".to_owned())).is_err());
/// # Ok::<(), tablewright_cloudformation::ApiError>(())
/// ```
#[derive(Debug)]
pub struct PageTokens {
    action: &'static str,
    seen: BTreeSet<String>,
}

impl PageTokens {
    /// Starts to read an answer of `action`, such as `ListStackResources`.
    #[must_use]
    pub const fn of(action: &'static str) -> PageTokens {
        PageTokens { action, seen: BTreeSet::new() }
    }

    /// Takes the token that came with a page and returns the token of the next page; `None` after the last one.
    ///
    /// # Errors
    ///
    /// An error of kind `Other` where a token comes a second time, or where the answer has more pages than any answer of AWS.
    pub fn next(&mut self, token: Option<String>) -> Result<Option<String>, ApiError> {
        let Some(token) = filled(token) else { return Ok(None) };
        let problem = if self.seen.len() >= MOST_PAGES {
            format!("the answer has more than {MOST_PAGES} pages")
        } else if self.seen.insert(token.clone()) {
            return Ok(Some(token));
        } else {
            "the pages do not end: the answer repeats a page token".to_owned()
        };
        Err(ApiError { action: self.action, kind: ApiErrorKind::Other, code: None, message: problem })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_tokens_without_an_end_are_an_error() {
        let mut tokens = PageTokens::of("DescribeStackEvents");
        for page in 0..MOST_PAGES {
            assert!(tokens.next(Some(page.to_string())).unwrap().is_some());
        }
        let error = tokens.next(Some("more".to_owned())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "failed to call DescribeStackEvents: the answer has more than 1000 pages"
        );
        assert!(!error.may_pass());
    }

    #[test]
    fn an_empty_token_is_the_end() {
        assert_eq!(PageTokens::of("ListChangeSets").next(Some(String::new())).unwrap(), None);
    }
}
