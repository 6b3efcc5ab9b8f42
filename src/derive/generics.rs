//! Generic parameters of the types that derive.
//!
//! In: the parameters as the user wrote them. Out: the bounds of our `impl`, and the arguments to name the type without
//! choosing any type for it. The user's own bounds are carried along.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote};
use syn::{GenericParam, Generics, Path, Type, WhereClause, parse_quote};

/// Returns the user's `where` clause with `Type: Trait` added for each type that depends on a parameter, as serde does:
/// `Event<Id>` then needs no bound on the struct. Other types get none, so that the error stands at the field.
pub(crate) fn where_clause<'a>(
    generics: &Generics,
    krate: &Path,
    bounds: impl Iterator<Item = (&'a Type, &'static str)>,
) -> Option<WhereClause> {
    let mut clause = generics.where_clause.clone();
    for (ty, key_trait) in bounds.filter(|(ty, _)| depends_on(ty, generics)) {
        let key_trait = format_ident!("{key_trait}");
        let clause = clause.get_or_insert_with(|| parse_quote!(where));
        clause.predicates.push(parse_quote!(#ty: #krate::#key_trait));
    }
    clause
}

/// Returns the generic arguments of a type that has no more than lifetimes: `<'static>` for `<'a>`.
pub(crate) fn without_types(generics: &Generics) -> Option<TokenStream> {
    let mut lifetimes = Vec::new();
    for parameter in &generics.params {
        match parameter {
            GenericParam::Lifetime(_) => lifetimes.push(quote!('static)),
            GenericParam::Type(_) | GenericParam::Const(_) => return None,
        }
    }
    Some(if lifetimes.is_empty() { TokenStream::new() } else { quote!(<#(#lifetimes),*>) })
}

fn depends_on(ty: &Type, generics: &Generics) -> bool {
    let parameters: Vec<&Ident> = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(&parameter.ident),
            GenericParam::Const(parameter) => Some(&parameter.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    !parameters.is_empty() && names_any(ty.to_token_stream(), &parameters)
}

fn names_any(tokens: TokenStream, words: &[&Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => words.iter().any(|word| **word == ident),
        TokenTree::Group(group) => names_any(group.stream(), words),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
