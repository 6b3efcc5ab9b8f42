//! The constants for the application: `Note::USER_ID`, `Note::ATTRIBUTES`, `Event::BY_REGION`.
//!
//! In: the fields that serde writes, and the indexes. Out: an `impl` with one constant each, as visible as the struct.
//! Fields come first: an index with the name of a field has `_INDEX` behind it, so that `EMAIL` stays the attribute.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{LitStr, Visibility};

use crate::ast::Input;
use crate::case;
use crate::errors::Errors;
use crate::expand::placed;

const ATTRIBUTES: &str = "ATTRIBUTES";

/// Checks that no two constants have one name.
pub(crate) fn check(input: &Input<'_>, errors: &mut Errors) {
    if input.options.no_constants.is_some() {
        return;
    }
    let mut taken: HashMap<String, &str> = HashMap::new();
    for field in input.attributes() {
        let constant = case::constant(&field.name);
        if let Some(first) = taken.get(&constant) {
            let name = &field.name;
            let message = format!(
                "`{name}` and `{first}` would both have the constant `{constant}`: rename one of them, \
                 or write `#[ddb(no_constants)]` above the struct"
            );
            errors.at(field.ident, message);
        }
        taken.insert(constant, &field.name);
    }
    let fields: Vec<String> = taken.into_keys().collect();
    let mut taken: HashMap<String, String> = HashMap::new();
    for (name, constant) in index_constants(input, &fields) {
        let written = name.value();
        if fields.contains(&constant) {
            let message = format!(
                "index `{written}` has no constant left, `{constant}` is that of a field: choose another name, \
                 or write `#[ddb(no_constants)]` above the struct"
            );
            errors.at(name, message);
        } else if let Some(first) = taken.get(&constant).filter(|first| **first != written) {
            let message = format!(
                "indexes `{written}` and `{first}` would both have the constant `{constant}`: choose another name, \
                 or write `#[ddb(no_constants)]` above the struct"
            );
            errors.at(name, message);
        }
        taken.insert(constant, written);
    }
}

/// Returns the `impl` with the constants; nothing after `no_constants`. Of two with one name the first, since this also
/// stands beside the error that says so.
pub(crate) fn expand(input: &Input<'_>) -> TokenStream {
    if input.options.no_constants.is_some() {
        return TokenStream::new();
    }
    let (vis, ident, krate) = (&input.node.vis, &input.node.ident, &input.options.krate);
    let (impl_generics, type_generics, where_clause) = input.node.generics.split_for_impl();
    let names: Vec<String> = input.attributes().map(|field| case::constant(&field.name)).collect();
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
    for (index, name) in index_constants(input, &names) {
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
    let vis = placed(vis, span);
    quote_spanned!(span=> #[doc = #doc] #vis const #data;)
}

fn index_constants<'a>(input: &'a Input<'_>, fields: &[String]) -> Vec<(&'a LitStr, String)> {
    let names = input.options.indexes.iter().filter_map(|index| index.name.as_ref());
    let constant = |name: &'a LitStr| {
        let mut constant = case::constant(&name.value());
        if constant == ATTRIBUTES || fields.contains(&constant) {
            constant.push_str("_INDEX");
        }
        (name, constant)
    };
    names.map(constant).collect()
}
