//! The `impl TableItem` of a struct that defines a table.
//!
//! In: a table whose rules hold. Out: its [`Item`] as constant data.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::Path;

use super::{
    all_parts, assertion, assertions_on, attribute_def, evaluated, evaluation, nested_names_differ, parts_of,
    place, where_clause,
};
use crate::ast::{self, Field};
use crate::attr::IndexKind;
use crate::constants;
use crate::item::{Index, Item, Named, Projection, Role};
use crate::valid;

/// Expands a struct that defines a table.
pub(super) fn expand(item: &Item<'_>) -> TokenStream {
    let node = item.input.node;
    let krate = &item.input.options.krate;
    let (impl_generics, type_generics, _) = node.generics.split_for_impl();
    let where_clause = where_clause(item.input, &item.attributes);
    let ident = &node.ident;
    let attributes = item.attributes.iter().filter_map(|(field, role)| attribute(krate, field, role));
    let of_fields = item.attributes.iter().flat_map(|(field, role)| assertions_on(krate, field, role));
    let (assertions, mut beside) = evaluated(node, krate, &of_fields.collect::<Vec<_>>());
    let nested = nested_keys(item);
    if !nested.is_empty() && node.generics.params.is_empty() {
        beside.extend(evaluation(node, krate));
    }
    let data = item_def(item);
    let constants = constants::expand(item.input);
    let used = item.input.options.keys_only.as_ref().map(|_| used(item));
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #krate::TableItem for #ident #type_generics #where_clause {
            const ITEM: #krate::ItemDef = {
                #(#attributes)*
                #nested
                #assertions
                #data
            };
        }
        #constants
        #beside
        #used
    }
}

/// An attribute is bound once and used wherever the table names it, so that a wrong type is one error.
fn attribute(krate: &Path, field: &Field<'_>, role: &Role) -> Option<TokenStream> {
    let binding = binding(field);
    let data = attribute_def(krate, field, role)?;
    Some(quote!(let #binding = #data;))
}

fn binding(field: &Field<'_>) -> Ident {
    // Two underscores: a constant of the user's with the field's name would turn the binding into a pattern.
    format_ident!("__{}", field.name, span = Span::mixed_site())
}

/// No field begins with a digit, so this is nobody else's binding.
fn partition_of_nested() -> Ident {
    Ident::new("__1_partition", Span::mixed_site())
}

fn sort_of_nested() -> Ident {
    Ident::new("__1_sort", Span::mixed_site())
}

/// Takes the keys of the table that no field is marked for from the nested key structs, and asserts that there is one of
/// each. All of it inside `ITEM`, which needs those keys anyway: elsewhere each mistake would be two.
fn nested_keys(item: &Item<'_>) -> TokenStream {
    let Some(first) = item.input.nested().next() else {
        return TokenStream::new();
    };
    let krate = &item.input.options.krate;
    let name = item.input.node.ident.to_string();
    let (parts, span) = (all_parts(item.input), first.ident.span());
    let names_differ = nested_names_differ(item.input);
    let partition = match item.partition {
        Some(own) => {
            let own = &own.name;
            assertion(krate, span, "assert_no_other_partition", &quote!(#own, #name, #parts))
        }
        None => {
            let binding = partition_of_nested();
            let key = assertion(krate, span, "partition_of", &quote!(#name, #parts));
            quote!(let #binding = #key)
        }
    };
    let sort = match item.sort {
        Some(own) => {
            let own = &own.name;
            assertion(krate, span, "assert_no_other_sort", &quote!(#own, #name, #parts))
        }
        None => {
            let binding = sort_of_nested();
            let key = assertion(krate, span, "sort_of", &quote!(#name, #parts));
            let needed = sort_is_needed(item);
            quote!(let #binding = #key; #needed)
        }
    };
    quote!(#names_differ; #partition; #sort;)
}

/// A local index cannot do without a sort key of the table.
fn sort_is_needed(item: &Item<'_>) -> Option<TokenStream> {
    let local = item.indexes.iter().find(|index| index.kind == IndexKind::Local)?;
    let (binding, message) = (sort_of_nested(), valid::LOCAL_WITHOUT_SORT);
    let span = local.word.span().resolved_at(Span::mixed_site());
    Some(quote_spanned!(span=> ::core::assert!(#binding.is_some(), #message)))
}

/// A `keys_only` struct is made for its shape, and nobody ever makes a value of it: this keeps the compiler from calling
/// the struct and its fields unused.
fn used(item: &Item<'_>) -> TokenStream {
    let node = item.input.node;
    let (impl_generics, type_generics, where_clause) = node.generics.split_for_impl();
    let ident = &node.ident;
    let fields: Vec<&Ident> = item.input.fields.iter().map(|field| field.ident).collect();
    let bindings: Vec<Ident> =
        (0..fields.len()).map(|at| format_ident!("__{at}", span = Span::mixed_site())).collect();
    quote! {
        const _: () = {
            #[allow(dead_code, deprecated)]
            fn used #impl_generics (item: #ident #type_generics) -> #ident #type_generics #where_clause {
                let #ident { #(#fields: #bindings),* } = item;
                #ident { #(#fields: #bindings),* }
            }
        };
    }
}

fn item_def(item: &Item<'_>) -> TokenStream {
    let Item { input, id, .. } = item;
    let krate = &input.options.krate;
    let doc = ast::doc(&input.node.attrs);
    let at = place(krate, input.node.ident.span());
    let partition = item.partition.map_or_else(partition_of_nested, binding);
    let sort = match item.sort {
        None if input.nested().next().is_some() => sort_of_nested().to_token_stream(),
        sort => option(sort),
    };
    let ttl = option(item.ttl);
    let indexes = item.indexes.iter().map(|index| index_def(krate, index, &partition));
    quote! {
        #krate::ItemDef {
            id: #id,
            doc: #doc,
            at: #at,
            partition: #partition,
            sort: #sort,
            ttl: #ttl,
            indexes: &[#(#indexes),*],
        }
    }
}

fn option(field: Option<&Field<'_>>) -> TokenStream {
    match field.map(binding) {
        Some(binding) => quote!(::core::option::Option::Some(#binding)),
        None => quote!(::core::option::Option::None),
    }
}

fn index_def(krate: &Path, index: &Index<'_>, of_table: &Ident) -> TokenStream {
    let Index { name, .. } = index;
    let (kind, partition) = match index.kind {
        IndexKind::Global => {
            let keys = index.partition.iter().map(|key| named(krate, key));
            (quote!(Global), quote!(#(#keys),*))
        }
        IndexKind::Local => (quote!(Local), quote!(#of_table)),
    };
    let sort = index.sort.iter().map(|key| named(krate, key));
    let projection = match &index.projection {
        Projection::All => quote!(All),
        Projection::KeysOnly => quote!(KeysOnly),
        Projection::Only(fields) => {
            let names = fields.iter().map(|field| name_of(krate, field));
            quote!(Include(&[#(#names),*]))
        }
    };
    let at = place(krate, index.word.span());
    quote! {
        #krate::IndexDef {
            name: #name,
            kind: #krate::IndexKind::#kind,
            partition: &[#partition],
            sort: &[#(#sort),*],
            projection: #krate::ProjectionDef::#projection,
            at: #at,
        }
    }
}

/// An attribute that an index names.
fn named(krate: &Path, named: &Named<'_>) -> TokenStream {
    match named.path.part_name() {
        None => binding(named.field).to_token_stream(),
        Some(part) => {
            let (path, parts) = (named.path.to_string(), parts_of(krate, named.field));
            assertion(krate, named.path.field.span(), "part", &quote!(#path, #part, #parts))
        }
    }
}

fn name_of(krate: &Path, projected: &Named<'_>) -> TokenStream {
    match projected.path.part {
        None => projected.field.wire.written.to_token_stream(),
        Some(_) => {
            let attribute = named(krate, projected);
            quote!(#attribute.name)
        }
    }
}
