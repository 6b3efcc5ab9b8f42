//! What is emitted beside an error.
//!
//! In: a type whose derive went wrong, and the mistakes. Out: the messages, and an `impl` with empty data: code that uses
//! the type then adds no errors of its own, and one mistake is one message.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::attr;
use crate::errors::Errors;

/// The messages and an empty `impl TableItem`.
pub(crate) fn table_item(node: &DeriveInput, error: &syn::Error) -> TokenStream {
    let krate = attr::struct_options(&node.attrs, &mut Errors::default()).krate;
    let (impl_generics, type_generics, where_clause) = node.generics.split_for_impl();
    let ident = &node.ident;
    let messages = error.to_compile_error();
    quote! {
        #messages
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
