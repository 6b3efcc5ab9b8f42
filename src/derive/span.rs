//! Where the compiler underlines what is emitted.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;

/// Returns the same tokens located at `span`; how their names resolve does not change.
pub(crate) fn located_at(tokens: impl ToTokens, span: Span) -> TokenStream {
    let located = |mut token: TokenTree| {
        token.set_span(token.span().located_at(span));
        token
    };
    tokens.into_token_stream().into_iter().map(located).collect()
}
