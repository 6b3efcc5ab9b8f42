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

/// A struct that derives `TableItem` or `KeyParts`.
pub(crate) struct Input<'a> {
    pub(crate) node: &'a DeriveInput,
    pub(crate) options: StructOptions,
    pub(crate) serde: serde_attr::Container,
    pub(crate) fields: Vec<Field<'a>>,
}

/// A field of it.
pub(crate) struct Field<'a> {
    pub(crate) attrs: &'a [Attribute],
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
    /// Reads a struct with named fields for a derive; nothing else has attribute names.
    pub(crate) fn read(node: &'a DeriveInput, derive: &str, errors: &mut Errors) -> syn::Result<Self> {
        let fields = named_fields(node, derive)?;
        let options = attr::struct_options(&node.attrs, errors);
        let serde = match (&options.keys_only, &options.rename_all) {
            (Some(_), Some(rule)) => serde_attr::Container::renamed_by(rule.value),
            (Some(_), None) => serde_attr::Container::default(),
            (None, _) => serde_attr::Container::read(&node.attrs),
        };
        let is_written = options.keys_only.is_none();
        let fields = fields.map(|field| Field::read(field, &serde, is_written, errors)).collect();
        Ok(Self { node, options, serde, fields })
    }

    /// The key structs that serde flattens into the item.
    pub(crate) fn nested(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(|field| field.options.nested.is_some())
    }

    /// The fields that serde writes under a name of their own.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(|field| field.is_attribute())
    }
}

impl<'a> Field<'a> {
    fn read(
        field: (&'a syn::Field, &'a Ident),
        container: &serde_attr::Container,
        is_written: bool,
        errors: &mut Errors,
    ) -> Self {
        let (node, ident) = field;
        let name = ident.unraw().to_string();
        let options = attr::field_options(&node.attrs, errors);
        let serde = match &options.rename {
            _ if is_written => serde_attr::Field::read(&node.attrs),
            Some(rename) => serde_attr::Field::renamed(rename),
            None => serde_attr::Field::default(),
        };
        Self {
            attrs: &node.attrs,
            ident,
            ty: &node.ty,
            doc: doc(&node.attrs),
            options,
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

fn named_fields<'a>(
    node: &'a DeriveInput,
    derive: &str,
) -> syn::Result<impl Iterator<Item = (&'a syn::Field, &'a Ident)> + use<'a>> {
    let found = match &node.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                return Ok(fields.named.iter().filter_map(|field| Some((field, field.ident.as_ref()?))));
            }
            Fields::Unnamed(_) => "this is a tuple struct",
            Fields::Unit => "this struct has no fields",
        },
        Data::Enum(_) => "this is an enum",
        Data::Union(_) => "this is a union",
    };
    let message = format!("`{derive}` requires a struct with named fields, but {found}");
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
