//! The `impl KeyAttr` of a key type.
//!
//! In: a newtype or an enum. Out: what serde stores it as, where its shape shows it; otherwise what to write.
//! *Invariant:* never a guess: `stored_as` is the user's word where the shape is silent.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Data, DataEnum, DeriveInput, Fields, Type};

use crate::attr::{self, KeyTypeOptions};
use crate::errors::Errors;
use crate::expand::scalar_of;
use crate::generics;
use crate::serde_attr::{Container, Field};
use crate::types;

/// What to write where the shape does not tell.
const SAY_IT: &str = "say what it is stored as with `#[ddb(stored_as = S)]` (or `N`, or `B`) on the type";

/// Where the scalar comes from.
enum Source<'a> {
    Said(&'a syn::Ident),
    Inner(&'a Type),
    UnitVariants,
}

/// Reads, checks and expands a type that derives `KeyAttr`.
pub(crate) fn key_attr(node: &DeriveInput) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let options = attr::key_type_options(&node.attrs, &mut errors);
    only_on_the_type(node, &mut errors);
    let source = match &options.stored_as {
        Some(stored_as) => Ok(Source::Said(&stored_as.scalar)),
        None => shape(node),
    };
    // After a misspelt option the shape may only seem wrong.
    match source {
        Ok(source) => errors.into_result(impl_key_attr(node, &options, &source)),
        Err(error) if errors.is_empty() => Err(error),
        Err(_) => errors.into_result(TokenStream::new()),
    }
}

fn impl_key_attr(node: &DeriveInput, options: &KeyTypeOptions, source: &Source<'_>) -> TokenStream {
    let KeyTypeOptions { krate, .. } = options;
    let (scalar, bound) = match source {
        Source::Said(scalar) => (quote!(#krate::Scalar::#scalar), None),
        Source::Inner(ty) => (scalar_of(krate, ty, "KeyAttr"), Some((*ty, "KeyAttr"))),
        Source::UnitVariants => (quote!(#krate::Scalar::S), None),
    };
    let (impl_generics, type_generics, _) = node.generics.split_for_impl();
    let where_clause = generics::where_clause(&node.generics, krate, bound.into_iter());
    let ident = &node.ident;
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #krate::KeyAttr for #ident #type_generics #where_clause {
            const SCALAR: #krate::Scalar = #scalar;
        }
    }
}

fn only_on_the_type(node: &DeriveInput, errors: &mut Errors) {
    let inner: Vec<&Vec<Attribute>> = match &node.data {
        Data::Struct(data) => data.fields.iter().map(|field| &field.attrs).collect(),
        Data::Enum(data) => data.variants.iter().map(|variant| &variant.attrs).collect(),
        Data::Union(_) => Vec::new(),
    };
    for attr in inner.into_iter().flatten().filter(|attr| attr::is_ddb(attr)) {
        errors.at(attr, "`KeyAttr` takes `#[ddb(…)]` above the type, not inside it");
    }
}

fn shape(node: &DeriveInput) -> syn::Result<Source<'_>> {
    let serde = Container::read(&node.attrs);
    if let Some(into) = &serde.into {
        return wrong(into, format!("`into` writes another type: {SAY_IT}"));
    }
    match &node.data {
        Data::Struct(data) => newtype(node, &data.fields, &serde),
        Data::Enum(data) => unit_variants(data, &serde),
        Data::Union(_) => {
            wrong(&node.ident, "serde cannot write a union: use a newtype or an enum of unit variants")
        }
    }
}

/// serde writes a tuple struct of one field as that field, and what is marked `transparent` as its one real field.
fn newtype<'a>(node: &'a DeriveInput, fields: &'a Fields, serde: &Container) -> syn::Result<Source<'a>> {
    let ident = &node.ident;
    let is_real =
        |field: &&syn::Field| !types::is_phantom(&field.ty) && Field::read(&field.attrs).skip.is_none();
    let real: Vec<&syn::Field> = fields.iter().filter(is_real).collect();
    match (real.as_slice(), &serde.transparent, fields) {
        ([field], Some(_), _) => inner(field),
        ([field], None, Fields::Unnamed(all)) if all.unnamed.len() == 1 => inner(field),
        ([_], None, Fields::Unnamed(_)) => wrong(
            ident,
            "serde writes a struct like this as a list: add `#[serde(transparent)]` to store the one field alone",
        ),
        ([_], None, Fields::Named(_) | Fields::Unit) => wrong(
            ident,
            "serde writes a struct like this as a map: add `#[serde(transparent)]` to store the one field alone",
        ),
        _ => wrong(ident, format!("a key attribute is one value: use a struct with one field, or {SAY_IT}")),
    }
}

fn inner(field: &syn::Field) -> syn::Result<Source<'_>> {
    match Field::read(&field.attrs).with {
        Some((with, _)) => wrong(with, format!("the type does not show what this writes: {SAY_IT}")),
        None if types::is_list_of_bytes(&field.ty) => wrong(
            &field.ty,
            "serde writes these bytes as a list of numbers: add `#[serde(with = \"serde_bytes\")]` here \
             and `#[ddb(stored_as = B)]` on the type to store them as Binary",
        ),
        None => Ok(Source::Inner(&field.ty)),
    }
}

fn unit_variants<'a>(data: &DataEnum, serde: &Container) -> syn::Result<Source<'a>> {
    if let Some(untagged) = &serde.untagged {
        return wrong(untagged, format!("`untagged` does not write the name of a variant: {SAY_IT}"));
    }
    if let Some(tag) = &serde.tag {
        return wrong(
            tag,
            "a tagged enum is written as a map: remove `tag` to store the name of the variant as a String",
        );
    }
    match data.variants.iter().find(|variant| !matches!(variant.fields, Fields::Unit)) {
        Some(variant) => {
            let message =
                format!("serde writes this variant as a map, and a key attribute is one value: {SAY_IT}");
            wrong(variant, message)
        }
        None => Ok(Source::UnitVariants),
    }
}

fn wrong<T>(tokens: impl ToTokens, message: impl std::fmt::Display) -> syn::Result<T> {
    Err(syn::Error::new_spanned(tokens, message))
}
