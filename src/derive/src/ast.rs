//! An item struct as the other files see it.
//!
//! In: syn's tree. Out: the struct and its fields with their options read, their names on the wire and their doc comments.
//! Borrowed from syn, so that every rule can point at the tokens it is about.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;
use syn::{Attribute, Data, DeriveInput, Expr, ExprLit, Fields, Lit, Meta, Type};

use crate::attr::{self, FieldOptions, StructOptions};
use crate::errors::Errors;
use crate::serde_attr::{self, WireName};

/// A struct that derives `TableItem`.
pub(crate) struct Input<'a> {
    pub(crate) node: &'a DeriveInput,
    pub(crate) options: StructOptions,
    pub(crate) serde: serde_attr::Container,
    pub(crate) fields: Vec<Field<'a>>,
}

/// A field of it.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    /// The name without `r#`.
    pub(crate) name: String,
    pub(crate) ty: &'a Type,
    pub(crate) doc: String,
    pub(crate) options: FieldOptions,
    pub(crate) serde: serde_attr::Field,
    pub(crate) wire: WireName,
}

impl<'a> Input<'a> {
    /// Reads a struct with named fields; nothing else has attribute names.
    pub(crate) fn read(node: &'a DeriveInput, errors: &mut Errors) -> syn::Result<Self> {
        let fields = named_fields(node)?;
        let options = attr::struct_options(&node.attrs, errors);
        let serde = serde_attr::Container::read(&node.attrs);
        let fields = fields.map(|field| Field::read(field, &serde, errors)).collect();
        Ok(Self { node, options, serde, fields })
    }
}

impl<'a> Field<'a> {
    fn read(
        field: (&'a syn::Field, &'a Ident),
        container: &serde_attr::Container,
        errors: &mut Errors,
    ) -> Self {
        let (node, ident) = field;
        let name = ident.unraw().to_string();
        let serde = serde_attr::Field::read(&node.attrs);
        Self {
            ident,
            ty: &node.ty,
            doc: doc(&node.attrs),
            options: attr::field_options(&node.attrs, errors),
            wire: serde.wire_name(&name, container),
            serde,
            name,
        }
    }

    /// Whether serde writes the field under its own name.
    pub(crate) fn is_attribute(&self) -> bool {
        self.serde.skip.is_none() && self.serde.flatten.is_none()
    }
}

fn named_fields(node: &DeriveInput) -> syn::Result<impl Iterator<Item = (&syn::Field, &Ident)>> {
    let found = match &node.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                return Ok(fields.named.iter().filter_map(|field| Some((field, field.ident.as_ref()?))));
            }
            Fields::Unnamed(_) => "the fields of a tuple struct have no names",
            Fields::Unit => "this struct has no fields",
        },
        Data::Enum(_) => "this is an enum",
        Data::Union(_) => "this is a union, which serde cannot write",
    };
    let message =
        format!("`TableItem` needs a struct with named fields, the attributes of the item: {found}");
    Err(syn::Error::new(node.ident.span(), message))
}

/// Returns the doc comment: lines joined by `\n`, each without the one blank after `///`.
pub(crate) fn doc(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter(|attr| attr.path().is_ident("doc")).filter_map(doc_text);
    let lines: Vec<String> =
        lines.flat_map(|text| text.split('\n').map(unindent).collect::<Vec<_>>()).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

fn doc_text(attr: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attr.meta else {
        return None;
    };
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value else {
        return None;
    };
    Some(text.value())
}

fn unindent(line: &str) -> String {
    line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()
}
