//! What can be seen of a type without the compiler.
//!
//! In: a type as it is written. Out: whether it is surely one that cannot be stored as it stands. *Invariant:* only for
//! better messages, and where `stored_as` hides the type from the traits: aliases and newtypes are the traits' business.

use quote::ToTokens as _;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// Whether the type is written as `Option<…>`.
pub(crate) fn is_option(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "Option")
}

/// Whether the type is written as `Attr`, our own for an attribute that is no key.
pub(crate) fn is_attr(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "Attr")
}

/// Returns the name of the type without its path and arguments, for a message.
pub(crate) fn name(ty: &Type) -> String {
    last_segment(ty).map_or_else(|| ty.to_token_stream().to_string(), |segment| segment.ident.to_string())
}

/// Whether the type is written as `PhantomData<…>`, which serde leaves out of what is `transparent`.
pub(crate) fn is_phantom(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "PhantomData")
}

/// Whether serde writes the type as a list of numbers although it looks like bytes.
pub(crate) fn is_list_of_bytes(ty: &Type) -> bool {
    match ty {
        Type::Group(group) => is_list_of_bytes(&group.elem),
        Type::Paren(paren) => is_list_of_bytes(&paren.elem),
        Type::Reference(reference) => is_list_of_bytes(&reference.elem),
        Type::Array(array) => is_u8(&array.elem),
        Type::Slice(slice) => is_u8(&slice.elem),
        Type::Path(_) => last_segment(ty).is_some_and(|segment| {
            let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
                return false;
            };
            let Some(GenericArgument::Type(inner)) = arguments.args.last() else {
                return false;
            };
            match segment.ident.to_string().as_str() {
                "Vec" => is_u8(inner),
                "Option" | "Box" | "Arc" | "Rc" | "Cow" => is_list_of_bytes(inner),
                _ => false,
            }
        }),
        _ => false,
    }
}

fn is_u8(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "u8")
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}
