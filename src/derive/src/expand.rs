//! The `impl TableItem` of an item struct.
//!
//! In: a table whose rules hold. Out: one `impl` with constant data, and one constant that makes the compiler look at it.
//! *Invariant:* adds nothing else to the user's module, and names everything by its absolute path.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{DeriveInput, Path, Type};

use crate::ast::{self, Field, Input};
use crate::attr::IndexKind;
use crate::errors::Errors;
use crate::generics;
use crate::item::{Index, Item, Projection, Role};
use crate::valid;

/// Reads, checks and expands a struct that derives `TableItem`.
pub(crate) fn table_item(node: &DeriveInput) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let input = Input::read(node, &mut errors)?;
    let item = valid::check(&input, errors)?;
    Ok(impl_table_item(&item))
}

fn impl_table_item(item: &Item<'_>) -> TokenStream {
    let node = item.input.node;
    let krate = &item.input.options.krate;
    let (impl_generics, type_generics, _) = node.generics.split_for_impl();
    let bounds = item.attributes.iter().filter_map(|(field, role)| Some((field.ty, key_trait(field, role)?)));
    let where_clause = generics::where_clause(&node.generics, krate, bounds);
    let ident = &node.ident;
    let attributes = item.attributes.iter().filter_map(|(field, role)| attribute(krate, field, role));
    let (assertions, beside) = assertions(item);
    let data = item_def(item);
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #krate::TableItem for #ident #type_generics #where_clause {
            const ITEM: #krate::ItemDef = {
                #(#attributes)*
                #assertions
                #data
            };
        }
        #beside
    }
}

/// The trait that knows what the field is stored as; none where the user says it, or nobody needs it.
fn key_trait(field: &Field<'_>, role: &Role) -> Option<&'static str> {
    match role {
        _ if field.options.stored_as.is_some() => None,
        Role::Partition | Role::Sort => Some("KeyAttr"),
        Role::IndexKey(_) | Role::Ttl => Some("IndexKeyAttr"),
        Role::Projected(_) => None,
    }
}

/// An attribute is bound once and used wherever the table names it, so that a wrong type is one error.
fn attribute(krate: &Path, field: &Field<'_>, role: &Role) -> Option<TokenStream> {
    let scalar = match (key_trait(field, role), &field.options.stored_as) {
        (Some(key_trait), _) => scalar_of(krate, field.ty, key_trait),
        (None, Some(stored_as)) => {
            let scalar = &stored_as.scalar;
            quote!(#krate::Scalar::#scalar)
        }
        (None, None) => return None,
    };
    let binding = binding(field);
    let Field { doc, .. } = field;
    let name = &field.wire.written;
    let at = place(krate, field.ident.span());
    Some(quote! {
        let #binding = #krate::AttributeDef { name: #name, scalar: #scalar, doc: #doc, at: #at };
    })
}

fn binding(field: &Field<'_>) -> Ident {
    // Two underscores: a constant of the user's with the field's name would turn the binding into a pattern.
    format_ident!("__{}", field.name, span = Span::mixed_site())
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

/// Returns the assertions that belong into `ITEM`, and what stands beside the `impl` so that they fail in the crate that is
/// wrong: a constant of an `impl` is evaluated only where it is used. A generic struct has to wait for its types.
fn assertions(item: &Item<'_>) -> (TokenStream, TokenStream) {
    let krate = &item.input.options.krate;
    let assertions: TokenStream =
        item.attributes.iter().flat_map(|(field, role)| assertions_on(krate, field, role)).collect();
    let node = item.input.node;
    if assertions.is_empty() {
        return (assertions, TokenStream::new());
    }
    if node.generics.params.is_empty() {
        // The message is shorter without the detour through `ITEM`.
        return (TokenStream::new(), quote!(const _: () = { #assertions };));
    }
    let ident = &node.ident;
    let arguments = generics::without_types(&node.generics);
    let evaluated = arguments
        .map(|arguments| quote!(const _: #krate::ItemDef = <#ident #arguments as #krate::TableItem>::ITEM;));
    (assertions, evaluated.unwrap_or_default())
}

/// What only the compiler can check, because it sees through aliases and generic parameters.
fn assertions_on(krate: &Path, field: &Field<'_>, role: &Role) -> Vec<TokenStream> {
    let ty = field.ty;
    let span = ty.span().resolved_at(Span::mixed_site());
    let mut assertions = Vec::new();
    if field.options.stored_as.is_some() {
        return assertions;
    }
    if matches!(role, Role::IndexKey(_)) && field.serde.skip_serializing_if.is_none() {
        let message = valid::optional_index_key(&field.name, role);
        assertions.push(quote_spanned! {span=>
            ::core::assert!(!<#ty as #krate::IndexKeyAttr>::OPTIONAL, #message);
        });
    }
    if field.options.ttl.is_some() {
        let message = valid::ttl_no_number(&field.name);
        assertions.push(quote_spanned! {span=>
            ::core::assert!(::core::matches!(<#ty as #krate::IndexKeyAttr>::SCALAR, #krate::Scalar::N), #message);
        });
    }
    assertions
}

fn item_def(item: &Item<'_>) -> TokenStream {
    let Item { input, id, .. } = item;
    let krate = &input.options.krate;
    let doc = ast::doc(&input.node.attrs);
    let at = place(krate, input.node.ident.span());
    let partition = binding(item.partition);
    let sort = option(item.sort);
    let ttl = option(item.ttl);
    let indexes = item.indexes.iter().map(|index| index_def(krate, index));
    quote! {
        #krate::ItemDef {
            id: #id,
            doc: #doc,
            at: #at,
            partition: #partition,
            sort: #sort,
            ttl: #ttl,
            indexes: &[#(#indexes),*],
        }
    }
}

fn option(field: Option<&Field<'_>>) -> TokenStream {
    match field.map(binding) {
        Some(binding) => quote!(::core::option::Option::Some(#binding)),
        None => quote!(::core::option::Option::None),
    }
}

fn index_def(krate: &Path, index: &Index<'_>) -> TokenStream {
    let Index { name, .. } = index;
    let kind = match index.kind {
        IndexKind::Global => quote!(Global),
        IndexKind::Local => quote!(Local),
    };
    let partition = index.partition.iter().map(|field| binding(field));
    let sort = index.sort.iter().map(|field| binding(field));
    let projection = match &index.projection {
        Projection::All => quote!(All),
        Projection::KeysOnly => quote!(KeysOnly),
        Projection::Only(fields) => {
            let names = fields.iter().map(|field| &field.wire.written);
            quote!(Include(&[#(#names),*]))
        }
    };
    let at = place(krate, index.word.span());
    quote! {
        #krate::IndexDef {
            name: #name,
            kind: #krate::IndexKind::#kind,
            partition: &[#(#partition),*],
            sort: &[#(#sort),*],
            projection: #krate::ProjectionDef::#projection,
            at: #at,
        }
    }
}
