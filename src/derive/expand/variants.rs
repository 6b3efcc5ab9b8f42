//! The `impl TableItem` of an enum of items.
//!
//! In: an enum whose variants each hold an item of one table. Out: the data of that table, and the assertion that the
//! variants share it. *Invariant:* only what serde writes as one flat map with a tag; anything else would hide
//! the keys, or could not be told apart when it is read.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, DataEnum, DeriveInput, Fields, LitStr, Path, Type, Variant};

use super::{assertion, evaluated};
use crate::attr::{self, StructOptions};
use crate::errors::Errors;
use crate::generics;
use crate::serde_attr::{Container, Field};

/// The items of an enum.
struct Items<'a> {
    node: &'a DeriveInput,
    krate: Path,
    /// What `stored_in` says, or the first item.
    table: &'a Type,
    variants: Vec<(&'a Variant, &'a Type)>,
    tag: LitStr,
}

/// Reads, checks and expands an enum of items.
pub(super) fn expand(node: &DeriveInput, data: &DataEnum) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let options = attr::struct_options(&node.attrs, &mut errors);
    let all_read = errors.is_empty();
    refuse_struct_options(&options, &mut errors);
    refuse_attributes_inside(data, &mut errors);
    let tag = tag(node, &mut errors);
    let variants: Vec<(&Variant, &Type)> = data
        .variants
        .iter()
        .filter(|variant| Field::read(&variant.attrs).skip.is_none())
        .filter_map(|variant| Some((variant, item_of(variant, &mut errors)?)))
        .collect();
    if variants.is_empty() && all_read && errors.is_empty() {
        let ident = &node.ident;
        errors.at(
            ident,
            format!("`{ident}` has no variant that holds an item: add one, such as `Order(Order)`"),
        );
    }
    let (stored_in, krate) = (options.stored_in, options.krate);
    let table = stored_in.as_ref().map(|table| &table.value).or(variants.first().map(|(_, ty)| *ty));
    let (Some(table), Some(tag)) = (table, tag) else {
        return errors.into_result(TokenStream::new());
    };
    errors.into_result(())?;
    Ok(impl_table_item(&Items { node, krate, table, variants, tag }))
}

fn impl_table_item(items: &Items<'_>) -> TokenStream {
    let Items { node, krate, table, variants, .. } = items;
    let (impl_generics, type_generics, _) = node.generics.split_for_impl();
    let bounds = variants.iter().map(|(_, ty)| (*ty, "TableItem"));
    let where_clause = generics::where_clause(&node.generics, krate, bounds);
    let ident = &node.ident;
    let (assertions, beside) = evaluated(node, krate, &assertions(items));
    let table = item_of_type(krate, table);
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #krate::TableItem for #ident #type_generics #where_clause {
            const ITEM: #krate::ItemDef = {
                #assertions
                #table
            };
        }
        #beside
    }
}

fn item_of_type(krate: &Path, ty: &Type) -> TokenStream {
    let span = ty.span().resolved_at(Span::mixed_site());
    quote_spanned!(span=> <#ty as #krate::TableItem>::ITEM)
}

fn assertions(items: &Items<'_>) -> Vec<TokenStream> {
    let Items { node, krate, table, variants, tag } = items;
    let name = node.ident.to_string();
    let table = item_of_type(krate, table);
    let one_table = variants.iter().map(|(variant, ty)| {
        let (item, variant) = (item_of_type(krate, ty), variant.ident.to_string());
        assertion(krate, ty.span(), "assert_same_table", &quote!(&#table, &#item, #name, #variant))
    });
    let mut assertions: Vec<TokenStream> = one_table.collect();
    assertions.push(assertion(krate, tag.span(), "assert_tag_of_enum", &quote!(&#table, #name, #tag)));
    assertions
}

fn refuse_struct_options(options: &StructOptions, errors: &mut Errors) {
    let StructOptions { id, indexes, keys_only, rename_all, stored_in: _, no_constants, krate: _ } = options;
    let words = id.iter().map(|id| &id.word).chain(keys_only).chain(no_constants);
    let words = words.chain(rename_all.iter().map(|rule| &rule.word));
    for word in words.chain(indexes.iter().map(|index| &index.word)) {
        errors.at(word, format!("`{word}` is not allowed on an enum: its items define the table"));
    }
}

fn refuse_attributes_inside(data: &DataEnum, errors: &mut Errors) {
    let of_fields = data.variants.iter().flat_map(|variant| &variant.fields).flat_map(|field| &field.attrs);
    let of_variants = data.variants.iter().flat_map(|variant| &variant.attrs);
    let is_ours = |attr: &&Attribute| attr::is_ddb(attr);
    for attr in of_variants.chain(of_fields).filter(is_ours) {
        errors.at(
            attr,
            "`#[ddb(…)]` is not allowed inside an enum of items: put it on the enum or on the item types",
        );
    }
}

/// Returns the tag, when the enum is written as one flat map.
fn tag(node: &DeriveInput, errors: &mut Errors) -> Option<LitStr> {
    let serde = Container::read(&node.attrs);
    let Container { tag, content, untagged, into, from, remote, .. } = serde;
    let refused = [
        (&untagged, "items of an `untagged` enum cannot be told apart: use `#[serde(tag = \"type\")]`"),
        (&content, "`content` nests the keys in a map: remove it"),
        (&into, "`into` serializes another type: derive `TableItem` on that type"),
        (&from, "the items are deserialized as another type: derive `TableItem` on that type"),
        (&remote, "`remote` describes a type of another crate: derive `TableItem` on an enum of your own"),
    ];
    let mut is_flat = true;
    for (word, message) in refused {
        if let Some(word) = word {
            errors.at(word, message);
            is_flat = false;
        }
    }
    if tag.is_none() && is_flat {
        let ident = &node.ident;
        errors.at(
            ident,
            "without a tag, serde nests the keys in a map named after the variant: add `#[serde(tag = \"type\")]`",
        );
    }
    tag
}

fn item_of<'a>(variant: &'a Variant, errors: &mut Errors) -> Option<&'a Type> {
    let serde = Field::read(&variant.attrs);
    if let Some((with, _)) = &serde.with {
        let message = format!(
            "the serialized form is not known from the type, and it must contain the keys: remove `{with}`"
        );
        errors.at(with, message);
    }
    if let Some(untagged) = Container::read(&variant.attrs).untagged {
        errors.at(untagged, "items of an `untagged` variant cannot be told apart: remove it");
    }
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Some(&fields.unnamed[0].ty),
        Fields::Unnamed(_) | Fields::Named(_) | Fields::Unit => {
            let ident = &variant.ident;
            let message = format!(
                "a variant must hold one item: use `{ident}({ident})` with a type that derives `TableItem`, \
                 or exclude the variant with `#[serde(skip_serializing)]`"
            );
            errors.at(ident, message);
            None
        }
    }
}
