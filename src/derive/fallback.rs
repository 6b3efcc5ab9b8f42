//! What is emitted beside an error.
//!
//! In: a type whose derive went wrong, and the mistakes. Out: the messages, and an `impl` with empty data: code that uses
//! the type then adds no errors of its own, and one mistake is one message.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::ast::Input;
use crate::errors::Errors;
use crate::{attr, constants};

/// The messages and an empty `impl TableItem`.
pub(crate) fn table_item(node: &DeriveInput, error: &syn::Error) -> TokenStream {
    let krate = attr::struct_options(&node.attrs, &mut Errors::default()).krate;
    let (impl_generics, type_generics, where_clause) = node.generics.split_for_impl();
    let ident = &node.ident;
    let messages = error.to_compile_error();
    let constants = constants(node);
    quote! {
        #messages
        #constants
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #krate::TableItem for #ident #type_generics #where_clause {
            const ITEM: #krate::ItemDef = {
                let at = #krate::SourcePlace { file: "", line: 0 };
                #krate::ItemDef {
                    id: "",
                    doc: "",
                    at,
                    partition: #krate::AttributeDef { name: "", scalar: #krate::Scalar::S, doc: "", at },
                    sort: ::core::option::Option::None,
                    ttl: ::core::option::Option::None,
                    indexes: &[],
                }
            };
        }
    }
}

/// The messages and an `impl KeyParts` with one part of no name, at which no assertion speaks up.
pub(crate) fn key_parts(node: &DeriveInput, error: &syn::Error) -> TokenStream {
    let krate = attr::struct_options(&node.attrs, &mut Errors::default()).krate;
    let (impl_generics, type_generics, where_clause) = node.generics.split_for_impl();
    let ident = &node.ident;
    let messages = error.to_compile_error();
    let constants = constants(node);
    quote! {
        #messages
        #constants
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #krate::KeyParts for #ident #type_generics #where_clause {
            const PARTS: &'static [#krate::KeyPart] = {
                let at = #krate::SourcePlace { file: "", line: 0 };
                &[#krate::KeyPart {
                    field: "",
                    role: #krate::KeyRole::Partition,
                    may_lack: false,
                    attribute: #krate::AttributeDef { name: "", scalar: #krate::Scalar::S, doc: "", at },
                }]
            };
        }
    }
}

fn constants(node: &DeriveInput) -> TokenStream {
    let input = Input::read(node, "", &mut Errors::default());
    input.map_or_else(|_| TokenStream::new(), |input| constants::expand(&input))
}

/// The messages and an `impl KeyAttr` of no meaning.
pub(crate) fn key_attr(node: &DeriveInput, error: &syn::Error) -> TokenStream {
    let krate = attr::key_type_options(&node.attrs, &mut Errors::default()).krate;
    let (impl_generics, type_generics, where_clause) = node.generics.split_for_impl();
    let ident = &node.ident;
    let messages = error.to_compile_error();
    quote! {
        #messages
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #krate::KeyAttr for #ident #type_generics #where_clause {
            const SCALAR: #krate::Scalar = #krate::Scalar::S;
        }
    }
}
