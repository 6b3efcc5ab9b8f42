//! The `impl TableItem` of an item that is stored in the table of another type.
//!
//! In: a struct that says `stored_in`. Out: the data of that table, and assertions that the two
//! agree: every key there, each of the same type, none without its mark.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{LitStr, Path};

use super::{
    all_parts, assertion, assertions_on, evaluated, key_trait, nested_names_differ, parts_of, scalar,
    where_clause,
};
use crate::ast::Field;
use crate::item::{Role, StoredItem};
use crate::{constants, types};

/// Expands an item of another type's table.
pub(super) fn expand(item: &StoredItem<'_>) -> TokenStream {
    let node = item.input.node;
    let krate = &item.input.options.krate;
    let (impl_generics, type_generics, _) = node.generics.split_for_impl();
    let where_clause = where_clause(item.input, &item.attributes);
    let ident = &node.ident;
    let (assertions, beside) = evaluated(node, krate, &assertions(item));
    let table = table(item);
    let constants = constants::expand(item.input);
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #krate::TableItem for #ident #type_generics #where_clause {
            const ITEM: #krate::ItemDef = {
                #assertions
                #table
            };
        }
        #constants
        #beside
    }
}

fn table(item: &StoredItem<'_>) -> TokenStream {
    let (krate, ty) = (&item.input.options.krate, item.table);
    let span = ty.span().resolved_at(Span::mixed_site());
    quote_spanned!(span=> <#ty as #krate::TableItem>::ITEM)
}

fn assertions(item: &StoredItem<'_>) -> Vec<TokenStream> {
    let input = item.input;
    let krate = &input.options.krate;
    let of_fields = item.attributes.iter().flat_map(|(field, role)| assertions_on(krate, field, role));
    let mut assertions: Vec<TokenStream> = of_fields.collect();
    assertions.push(has_keys(item));
    assertions.extend(item.attributes.iter().filter_map(|(field, role)| mark_fits(item, field, role)));
    let is_marked = |field: &Field<'_>| item.attributes.iter().any(|(marked, _)| marked.name == field.name);
    assertions
        .extend(input.attributes().filter(|field| !is_marked(field)).map(|field| is_no_key(item, field)));
    assertions.extend(input.serde.tag.as_ref().map(|tag| tag_fits(item, tag)));
    assertions.extend(input.nested().map(|nested| parts_fit(item, nested)));
    assertions.extend(nested_names_differ(input));
    assertions
}

/// Underlined at the table: what is missing has no place of its own. A field without its mark is another mistake.
fn has_keys(item: &StoredItem<'_>) -> TokenStream {
    let (name, table) = (item.input.node.ident.to_string(), table(item));
    let own = item.input.attributes().map(|field| field.wire.written.clone());
    let own = own.chain(item.input.serde.tag.as_ref().map(LitStr::value));
    let parts = all_parts(item.input);
    let krate = &item.input.options.krate;
    assertion(krate, item.table.span(), "assert_has_keys", &quote!(&#table, #name, &[#(#own),*], #parts))
}

fn mark_fits(item: &StoredItem<'_>, field: &Field<'_>, role: &Role) -> Option<TokenStream> {
    let krate = &item.input.options.krate;
    let (name, table) = (item.input.node.ident.to_string(), table(item));
    let wire = &field.wire.written;
    if matches!(role, Role::Ttl) {
        return Some(assertion(krate, field.ident.span(), "assert_ttl", &quote!(&#table, #wire)));
    }
    let scalar = scalar(krate, field, role)?;
    let optional = optional(krate, field, role);
    let skipped = field.serde.skip_serializing_if.is_some();
    let key = quote! {
        #krate::single_table::StoredKey { name: #wire, scalar: #scalar, optional: #optional, skipped: #skipped }
    };
    Some(assertion(krate, field.ty.span(), "assert_key", &quote!(&#table, #name, &#key)))
}

/// Behind a promise only the tokens tell.
fn optional(krate: &Path, field: &Field<'_>, role: &Role) -> TokenStream {
    let ty = field.ty;
    match key_trait(field, role) {
        Some(_) => quote!(<#ty as #krate::IndexKeyAttr>::OPTIONAL),
        None => {
            let optional = types::is_option(ty);
            quote!(#optional)
        }
    }
}

fn is_no_key(item: &StoredItem<'_>, field: &Field<'_>) -> TokenStream {
    let (table, wire) = (table(item), &field.wire.written);
    assertion(&item.input.options.krate, field.ident.span(), "assert_not_a_key", &quote!(&#table, #wire))
}

fn tag_fits(item: &StoredItem<'_>, tag: &LitStr) -> TokenStream {
    let (name, table) = (item.input.node.ident.to_string(), table(item));
    assertion(&item.input.options.krate, tag.span(), "assert_tag", &quote!(&#table, #name, #tag))
}

fn parts_fit(item: &StoredItem<'_>, nested: &Field<'_>) -> TokenStream {
    let krate = &item.input.options.krate;
    let (name, table, parts) = (item.input.node.ident.to_string(), table(item), parts_of(krate, nested));
    assertion(krate, nested.ty.span(), "assert_key_parts", &quote!(&#table, #name, #parts))
}
