//! The mistakes found in one input.
//!
//! In: one mistake at a time, with the tokens it is about. Out: one `syn::Error` that reports all of them in one run of
//! the compiler. *Invariant:* a rule pushes and goes on; only what could not be read at all ends the reading.

use std::fmt::Display;

use quote::ToTokens;

/// Every mistake so far, in the order found.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Adds a mistake that the compiler will underline at `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds a mistake that already knows its place.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    /// Whether nothing was wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns `value` when nothing was wrong, otherwise all mistakes as one error.
    pub(crate) fn into_result<T>(self, value: T) -> syn::Result<T> {
        let all = self.0.into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });
        all.map_or(Ok(value), Err)
    }
}
