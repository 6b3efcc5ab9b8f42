//! The code that a derive writes.
//!
//! In: a struct whose rules hold. Out: one `impl` with constant data, the constants for the application, and the
//! assertions that only the compiler can decide. *Invariant:* adds nothing else to the user's module, and names everything
//! by its absolute path.

mod table;
mod stored;
mod key_struct;
mod variants;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Path, Type};

pub(crate) use self::key_struct::key_parts;
use crate::ast::{Field, Input};
use crate::errors::Errors;
use crate::item::Role;
use crate::span::located_at;
use crate::{generics, valid};

/// Reads, checks and expands a type that derives `TableItem`.
pub(crate) fn table_item(node: &DeriveInput) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    if let Data::Enum(data) = &node.data {
        return variants::expand(node, data);
    }
    let input = Input::read(node, "TableItem", &mut errors)?;
    match &input.options.stored_in {
        Some(stored_in) => {
            let item = valid::stored_item(&input, &stored_in.value, errors)?;
            Ok(stored::expand(&item))
        }
        None => Ok(table::expand(&valid::table(&input, errors)?)),
    }
}

/// The trait that knows what the field is stored as; none where the user says it, or nobody needs it.
fn key_trait(field: &Field<'_>, role: &Role) -> Option<&'static str> {
    match role {
        _ if field.options.stored_as.is_some() => None,
        Role::Partition | Role::Sort => Some("KeyAttr"),
        Role::Key(_) | Role::IndexKey(_) | Role::Ttl => Some("IndexKeyAttr"),
        Role::Projected(_) => None,
    }
}

/// The `where` clause of an `impl`, with a bound for each type that depends on a parameter of the user's.
fn where_clause(input: &Input<'_>, attributes: &[(&Field<'_>, Role)]) -> Option<syn::WhereClause> {
    let keys = attributes.iter().filter_map(|(field, role)| Some((field.ty, key_trait(field, role)?)));
    let nested = input.nested().map(|nested| (nested.ty, "KeyParts"));
    generics::where_clause(&input.node.generics, &input.options.krate, keys.chain(nested))
}

/// What a field is stored as; `None` where nobody needs to know.
fn scalar(krate: &Path, field: &Field<'_>, role: &Role) -> Option<TokenStream> {
    match (key_trait(field, role), &field.options.stored_as) {
        (Some(key_trait), _) => Some(scalar_of(krate, field.ty, key_trait)),
        (None, Some(stored_as)) => {
            let scalar = &stored_as.scalar;
            Some(quote!(#krate::Scalar::#scalar))
        }
        (None, None) => None,
    }
}

/// An attribute as constant data.
fn attribute_def(krate: &Path, field: &Field<'_>, role: &Role) -> Option<TokenStream> {
    let scalar = scalar(krate, field, role)?;
    let Field { doc, .. } = field;
    let name = &field.wire.written;
    let at = place(krate, field.ident.span());
    Some(quote!(#krate::AttributeDef { name: #name, scalar: #scalar, doc: #doc, at: #at }))
}

/// The trait bound is checked, and reported, at the type of the field.
pub(crate) fn scalar_of(krate: &Path, ty: &Type, key_trait: &str) -> TokenStream {
    let span = ty.span().resolved_at(Span::mixed_site());
    let key_trait = Ident::new(key_trait, span);
    quote_spanned!(span=> <#ty as #krate::#key_trait>::SCALAR)
}

/// `line!()` answers for the tokens that it is made of: with a span of the user's, it is the user's own line. In a struct
/// that a `macro_rules!` macro writes, both answer for the call of that macro, so that they stay together.
fn place(krate: &Path, span: Span) -> TokenStream {
    let file = quote_spanned!(span=> ::core::file!());
    let line = quote_spanned!(span=> ::core::line!());
    quote!(#krate::SourcePlace { file: #file, line: #line })
}

/// A call of one of our assertions, placed where a mistake is to be underlined. Each token stands there: the compiler names
/// the place of a whole call by its ends, and falls back to the derive when they stand apart.
fn assertion(krate: &Path, span: Span, function: &str, arguments: &TokenStream) -> TokenStream {
    let span = span.resolved_at(Span::mixed_site());
    let krate = located_at(krate, span);
    let function = Ident::new(function, span);
    quote_spanned!(span=> #krate::single_table::#function(#arguments))
}

/// Returns the assertions as they stand in `ITEM`, and beside the `impl`, so that they fail in the crate that is wrong: a
/// constant of an `impl` is evaluated only where it is used. A generic struct has to wait for its types.
fn evaluated(node: &DeriveInput, krate: &Path, assertions: &[TokenStream]) -> (TokenStream, TokenStream) {
    if assertions.is_empty() {
        return (TokenStream::new(), TokenStream::new());
    }
    if node.generics.params.is_empty() {
        // One constant each: all of them are reported, and without the detour through `ITEM` the message is shorter.
        return (TokenStream::new(), quote!(#(const _: () = #assertions;)*));
    }
    (quote!(#(#assertions;)*), evaluation(node, krate))
}

/// Makes the compiler look at `ITEM` where the type is defined; a generic one has to wait for its types.
fn evaluation(node: &DeriveInput, krate: &Path) -> TokenStream {
    let ident = &node.ident;
    let arguments = generics::without_types(&node.generics);
    let evaluated = arguments
        .map(|arguments| quote!(const _: #krate::ItemDef = <#ident #arguments as #krate::TableItem>::ITEM;));
    evaluated.unwrap_or_default()
}

/// The constant data of a nested key struct.
fn parts_of(krate: &Path, nested: &Field<'_>) -> TokenStream {
    let ty = nested.ty;
    let span = ty.span().resolved_at(Span::mixed_site());
    quote_spanned!(span=> <#ty as #krate::KeyParts>::PARTS)
}

/// The same of all nested key structs, as an argument.
fn all_parts(input: &Input<'_>) -> TokenStream {
    let parts = input.nested().map(|nested| parts_of(&input.options.krate, nested));
    quote!(&[#(#parts),*])
}

/// The assertion that nested keys and own attributes have names of their own.
fn nested_names_differ(input: &Input<'_>) -> Option<TokenStream> {
    let first = input.nested().next()?;
    let krate = &input.options.krate;
    let own = input.attributes().map(|field| &field.wire.written).cloned();
    let own = own.chain(input.serde.tag.as_ref().map(syn::LitStr::value));
    let parts = all_parts(input);
    Some(assertion(krate, first.ident.span(), "assert_names_differ", &quote!(&[#(#own),*], #parts)))
}

/// What only the compiler can check, because it sees through aliases and generic parameters.
fn assertions_on(krate: &Path, field: &Field<'_>, role: &Role) -> Vec<TokenStream> {
    let ty = field.ty;
    let span = ty.span().resolved_at(Span::mixed_site());
    let mut assertions = Vec::new();
    if field.options.stored_as.is_some() {
        return assertions;
    }
    if matches!(role, Role::Key(None) | Role::IndexKey(_)) && field.serde.skip_serializing_if.is_none() {
        let message = valid::optional_index_key(&field.name, role);
        assertions.push(quote_spanned! {span=>
            ::core::assert!(!<#ty as #krate::IndexKeyAttr>::OPTIONAL, #message)
        });
    }
    if field.options.ttl.is_some() {
        let message = valid::ttl_not_a_number(&field.name);
        assertions.push(quote_spanned! {span=>
            ::core::assert!(::core::matches!(<#ty as #krate::IndexKeyAttr>::SCALAR, #krate::Scalar::N), #message)
        });
    }
    assertions
}
