//! The `impl KeyParts` of a struct of keys.
//!
//! In: a struct whose fields are keys. Out: the keys as constant data, for the items into which it is nested.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path};

use super::{assertions_on, attribute_def, key_trait, where_clause};
use crate::ast::{Field, Input};
use crate::errors::Errors;
use crate::item::{KeyStruct, Role};
use crate::{constants, generics, types, valid};

/// Reads, checks and expands a struct that derives `KeyParts`.
pub(crate) fn key_parts(node: &DeriveInput) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let input = Input::read(node, "KeyParts", &mut errors)?;
    Ok(expand(&valid::key_struct(&input, errors)?))
}

fn expand(keys: &KeyStruct<'_>) -> TokenStream {
    let node = keys.input.node;
    let krate = &keys.input.options.krate;
    let (impl_generics, type_generics, _) = node.generics.split_for_impl();
    let where_clause = where_clause(keys.input, &keys.attributes);
    let ident = &node.ident;
    let parts = keys.attributes.iter().filter_map(|(field, role)| part(krate, field, role));
    let assertions: Vec<TokenStream> =
        keys.attributes.iter().flat_map(|(field, role)| assertions_on(krate, field, role)).collect();
    // As in `evaluated`, except that a list of constants has no room for assertions.
    let (inside, beside) = if node.generics.params.is_empty() {
        (TokenStream::new(), quote!(#(const _: () = #assertions;)*))
    } else {
        let beside = generics::without_types(&node.generics).map(
            |arguments| quote!(const _: &[#krate::KeyPart] = <#ident #arguments as #krate::KeyParts>::PARTS;),
        );
        (quote!(#(#assertions;)*), beside.unwrap_or_default())
    };
    let constants = constants::expand(keys.input);
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #krate::KeyParts for #ident #type_generics #where_clause {
            const PARTS: &'static [#krate::KeyPart] = {
                #inside
                &[#(#parts),*]
            };
        }
        #constants
        #beside
    }
}

fn part(krate: &Path, field: &Field<'_>, role: &Role) -> Option<TokenStream> {
    let attribute = attribute_def(krate, field, role)?;
    let Field { name, ty, .. } = field;
    let role_word = match role {
        Role::Partition => quote!(Partition),
        Role::Sort => quote!(Sort),
        Role::Key(_) | Role::IndexKey(_) | Role::Ttl | Role::Projected(_) => quote!(Key),
    };
    let skipped = field.serde.skip_serializing_if.is_some();
    let may_lack = match (role, key_trait(field, role)) {
        (Role::Partition | Role::Sort, _) => quote!(false),
        (_, Some(key_trait)) if !skipped => {
            let key_trait = syn::Ident::new(key_trait, proc_macro2::Span::mixed_site());
            quote!(<#ty as #krate::#key_trait>::OPTIONAL)
        }
        (_, _) => {
            let may_lack = skipped || types::is_option(ty);
            quote!(#may_lack)
        }
    };
    Some(quote! {
        #krate::KeyPart {
            field: #name,
            role: #krate::KeyRole::#role_word,
            may_lack: #may_lack,
            attribute: #attribute,
        }
    })
}
