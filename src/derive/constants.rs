//! The constants for the application: `Note::USER_ID`, `Note::ATTRIBUTES`, `Event::BY_REGION`.
//!
//! In: the fields that serde writes, and the indexes. Out: an `impl` with one constant each, as visible as the struct.
//! Fields come first: an index with the name of a field has `_INDEX` behind it, so that `EMAIL` stays the attribute.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Visibility;

use crate::ast::Input;
use crate::constant_name::{self, ATTRIBUTES};
use crate::span::located_at;

/// Returns the `impl` with the constants; nothing after `no_constants`. Of two with one name the first, since this also
/// stands beside the error that says so.
pub(crate) fn expand(input: &Input<'_>) -> TokenStream {
    if input.options.no_constants.is_some() {
        return TokenStream::new();
    }
    let (vis, ident, krate) = (&input.node.vis, &input.node.ident, &input.options.krate);
    let (impl_generics, type_generics, where_clause) = input.node.generics.split_for_impl();
    let names: Vec<String> = input.attributes().map(|field| constant_name::of_field(field)).collect();
    let written: Vec<&String> = input.attributes().map(|field| &field.wire.written).collect();
    let mut constants = TokenStream::new();
    let mut taken = HashSet::new();
    for (field, name) in input.attributes().zip(&names) {
        if taken.insert(name.clone()) {
            let constant = Ident::new(name, field.ident.span());
            let written = &field.wire.written;
            let doc = format!("The attribute `{written}`.");
            constants.extend(constant_at(
                field.ident.span(),
                &doc,
                vis,
                &quote!(#constant: &'static str = #written),
            ));
        }
    }
    for (index, name) in constant_name::of_indexes(input, &names) {
        if taken.insert(name.clone()) {
            let constant = Ident::new(&name, index.span());
            let doc = format!("The index `{}`.", index.value());
            let data = quote!(#constant: #krate::IndexName = #krate::IndexName::new(#index));
            constants.extend(constant_at(index.span(), &doc, vis, &data));
        }
    }
    // A field of that name keeps it.
    if !taken.contains(ATTRIBUTES) {
        let constant = Ident::new(ATTRIBUTES, Span::call_site());
        let data = quote!(#constant: &'static [&'static str] = &[#(#written),*]);
        constants.extend(constant_at(
            ident.span(),
            "Its attributes, in the order of the fields.",
            vis,
            &data,
        ));
    }
    quote! {
        #[automatically_derived]
        #[allow(dead_code, deprecated, non_upper_case_globals, unreachable_pub)]
        impl #impl_generics #ident #type_generics #where_clause {
            #constants
        }
    }
}

/// Placed at the field, so that the compiler points there when the user has a constant of that name.
fn constant_at(span: Span, doc: &str, vis: &Visibility, data: &TokenStream) -> TokenStream {
    let span = span.resolved_at(Span::mixed_site());
    let vis = located_at(vis, span);
    quote_spanned!(span=> #[doc = #doc] #vis const #data;)
}
