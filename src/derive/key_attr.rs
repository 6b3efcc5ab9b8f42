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

/// The advice where the shape of a type does not show its scalar.
const ADD_STORED_AS: &str = "add `#[ddb(stored_as = S)]` (or `N` or `B`) to the type";

/// Where the scalar comes from.
enum Source<'a> {
    StoredAs(&'a syn::Ident),
    Inner(&'a Type),
    UnitVariants,
}

/// Reads, checks and expands a type that derives `KeyAttr`.
pub(crate) fn key_attr(node: &DeriveInput) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let options = attr::key_type_options(&node.attrs, &mut errors);
    refuse_attributes_inside(node, &mut errors);
    let source = match &options.stored_as {
        Some(stored_as) => Ok(Source::StoredAs(&stored_as.scalar)),
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
        Source::StoredAs(scalar) => (quote!(#krate::Scalar::#scalar), None),
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

fn refuse_attributes_inside(node: &DeriveInput, errors: &mut Errors) {
    let inner: Vec<&Vec<Attribute>> = match &node.data {
        Data::Struct(data) => data.fields.iter().map(|field| &field.attrs).collect(),
        Data::Enum(data) => data.variants.iter().map(|variant| &variant.attrs).collect(),
        Data::Union(_) => Vec::new(),
    };
    for attr in inner.into_iter().flatten().filter(|attr| attr::is_ddb(attr)) {
        errors.at(attr, "`#[ddb(…)]` belongs on a type that derives `KeyAttr`, not inside it");
    }
}

fn shape(node: &DeriveInput) -> syn::Result<Source<'_>> {
    let serde = Container::read(&node.attrs);
    if let Some(into) = &serde.into {
        return error_at(into, format!("`into` serializes another type: {ADD_STORED_AS}"));
    }
    match &node.data {
        Data::Struct(data) => newtype(node, &data.fields, &serde),
        Data::Enum(data) => unit_variants(data, &serde),
        Data::Union(_) => {
            error_at(&node.ident, "serde cannot serialize a union: use a newtype or an enum of unit variants")
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
        ([_], None, Fields::Unnamed(_)) => error_at(
            ident,
            "serde serializes this struct as a list: add `#[serde(transparent)]` to serialize it as its field",
        ),
        ([_], None, Fields::Named(_) | Fields::Unit) => error_at(
            ident,
            "serde serializes this struct as a map: add `#[serde(transparent)]` to serialize it as its field",
        ),
        _ => error_at(
            ident,
            format!("a key attribute is a single value: use a struct with one field, or {ADD_STORED_AS}"),
        ),
    }
}

fn inner(field: &syn::Field) -> syn::Result<Source<'_>> {
    match Field::read(&field.attrs).with {
        Some((with, _)) => {
            error_at(with, format!("the serialized form is not known from the type: {ADD_STORED_AS}"))
        }
        None if types::is_list_of_bytes(&field.ty) => error_at(
            &field.ty,
            "serde serializes these bytes as a list of numbers: add `#[serde(with = \"serde_bytes\")]` here \
             and `#[ddb(stored_as = B)]` on the type to store them as Binary",
        ),
        None => Ok(Source::Inner(&field.ty)),
    }
}

fn unit_variants<'a>(data: &DataEnum, serde: &Container) -> syn::Result<Source<'a>> {
    if let Some(untagged) = &serde.untagged {
        return error_at(
            untagged,
            format!("`untagged` does not serialize the variant name: {ADD_STORED_AS}"),
        );
    }
    if let Some(tag) = &serde.tag {
        return error_at(
            tag,
            "serde serializes a tagged enum as a map: remove `tag` to serialize the variant name as a string",
        );
    }
    match data.variants.iter().find(|variant| !matches!(variant.fields, Fields::Unit)) {
        Some(variant) => {
            let message = format!(
                "serde serializes this variant as a map, but a key attribute is a single value: {ADD_STORED_AS}"
            );
            error_at(variant, message)
        }
        None => Ok(Source::UnitVariants),
    }
}

fn error_at<T>(tokens: impl ToTokens, message: impl std::fmt::Display) -> syn::Result<T> {
    Err(syn::Error::new_spanned(tokens, message))
}
