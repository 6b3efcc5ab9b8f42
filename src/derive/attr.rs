//! The grammar of `#[ddb(…)]`.
//!
//! In: the attributes of a struct, a field or a key type. Out: the options that are written, each with the tokens that
//! later rules point at. What an option means together with others is decided in [`valid`](crate::valid), not here.

mod index;

use proc_macro2::{Ident, TokenTree};
use syn::meta::ParseNestedMeta;
use syn::parse::ParseBuffer;
use syn::{Attribute, LitStr, Path, Token, Type, parse_quote};

pub(crate) use self::index::{FieldList, FieldPath, IndexKind, IndexOptions, ProjectionOption};
use crate::case::RenameRule;
use crate::errors::Errors;
use crate::suggest;

const STRUCT_OPTIONS: [&str; 8] =
    ["id", "index", "local_index", "keys_only", "rename_all", "stored_in", "no_constants", "crate"];
const FIELD_OPTIONS: [&str; 7] = ["partition", "sort", "ttl", "stored_as", "key", "nested", "rename"];
const KEY_TYPE_OPTIONS: [&str; 2] = ["stored_as", "crate"];

/// The options above a struct or an enum that derives `TableItem` or `KeyParts`. Which of them may stand together is
/// decided in [`valid`](crate::valid).
pub(crate) struct StructOptions {
    pub(crate) id: Option<Setting<LitStr>>,
    pub(crate) indexes: Vec<IndexOptions>,
    pub(crate) keys_only: Option<Ident>,
    pub(crate) rename_all: Option<Setting<RenameRule>>,
    /// The type that defines the table.
    pub(crate) stored_in: Option<Setting<Type>>,
    pub(crate) no_constants: Option<Ident>,
    /// The path of tablewright itself.
    pub(crate) krate: Path,
}

/// The value of an option, with the word of the option.
pub(crate) struct Setting<T> {
    pub(crate) word: Ident,
    pub(crate) value: T,
}

/// The options above a field; each flag keeps its word.
#[derive(Default)]
pub(crate) struct FieldOptions {
    pub(crate) partition: Option<Ident>,
    pub(crate) sort: Option<Ident>,
    pub(crate) ttl: Option<Ident>,
    pub(crate) stored_as: Option<StoredAs>,
    /// A key of the table that the item is `stored_in`.
    pub(crate) key: Option<Ident>,
    /// A key struct that serde flattens.
    pub(crate) nested: Option<Ident>,
    pub(crate) rename: Option<Setting<LitStr>>,
}

/// The options above a type that derives `KeyAttr`.
pub(crate) struct KeyTypeOptions {
    pub(crate) stored_as: Option<StoredAs>,
    pub(crate) krate: Path,
}

/// `stored_as = S`: the promise of the user where the type does not tell.
pub(crate) struct StoredAs {
    pub(crate) word: Ident,
    /// `S`, `N` or `B`.
    pub(crate) scalar: Ident,
}

/// Reads the options above a struct or an enum.
pub(crate) fn struct_options(attrs: &[Attribute], errors: &mut Errors) -> StructOptions {
    let (mut id, mut krate, mut indexes) = (None, None, Vec::new());
    let (mut keys_only, mut rename_all, mut stored_in, mut no_constants) = (None, None, None, None);
    each_option(attrs, errors, |word, meta, errors| {
        match word.to_string().as_str() {
            "id" => once(&mut id, word, setting(word, string(word, meta)?), errors),
            "index" => indexes.push(index::read(word, IndexKind::Global, meta, errors)?),
            "local_index" => indexes.push(index::read(word, IndexKind::Local, meta, errors)?),
            "keys_only" => flag(&mut keys_only, word, meta, errors),
            "rename_all" => once(&mut rename_all, word, setting(word, rename_rule(word, meta)?), errors),
            "stored_in" => once(&mut stored_in, word, setting(word, table_type(word, meta)?), errors),
            "no_constants" => flag(&mut no_constants, word, meta, errors),
            "crate" => once(&mut krate, word, path(meta)?, errors),
            other if FIELD_OPTIONS.contains(&other) => {
                misplaced(word, "a field, not on the struct", meta, errors);
            }
            _ => unknown_option(word, "a struct", &STRUCT_OPTIONS, meta, errors),
        }
        Ok(())
    });
    let krate = krate.unwrap_or_else(tablewright);
    StructOptions { id, indexes, keys_only, rename_all, stored_in, no_constants, krate }
}

/// Reads the options above a field.
pub(crate) fn field_options(attrs: &[Attribute], errors: &mut Errors) -> FieldOptions {
    let mut options = FieldOptions::default();
    each_option(attrs, errors, |word, meta, errors| {
        match word.to_string().as_str() {
            "partition" => flag(&mut options.partition, word, meta, errors),
            "sort" => flag(&mut options.sort, word, meta, errors),
            "ttl" => flag(&mut options.ttl, word, meta, errors),
            "stored_as" => stored_as(&mut options.stored_as, word, meta, errors),
            "key" => flag(&mut options.key, word, meta, errors),
            "nested" => flag(&mut options.nested, word, meta, errors),
            "rename" => once(&mut options.rename, word, setting(word, string(word, meta)?), errors),
            other if STRUCT_OPTIONS.contains(&other) => {
                misplaced(word, "the struct, not on a field", meta, errors);
            }
            _ => unknown_option(word, "a field", &FIELD_OPTIONS, meta, errors),
        }
        Ok(())
    });
    options
}

/// Reads the options above a type that derives `KeyAttr`.
pub(crate) fn key_type_options(attrs: &[Attribute], errors: &mut Errors) -> KeyTypeOptions {
    let (mut scalar, mut krate) = (None, None);
    each_option(attrs, errors, |word, meta, errors| {
        match word.to_string().as_str() {
            "stored_as" => stored_as(&mut scalar, word, meta, errors),
            "crate" => once(&mut krate, word, path(meta)?, errors),
            _ => unknown_option(word, "a key type", &KEY_TYPE_OPTIONS, meta, errors),
        }
        Ok(())
    });
    KeyTypeOptions { stored_as: scalar, krate: krate.unwrap_or_else(tablewright) }
}

/// Whether an attribute is one of ours.
pub(crate) fn is_ddb(attr: &Attribute) -> bool {
    attr.path().is_ident("ddb")
}

fn tablewright() -> Path {
    parse_quote!(::tablewright)
}

/// Calls `read` with every option of every `#[ddb(…)]`. What `read` returns as an error ends that attribute; what it
/// pushes does not hide the options after it.
fn each_option(
    attrs: &[Attribute],
    errors: &mut Errors,
    mut read: impl FnMut(&Ident, &ParseNestedMeta<'_>, &mut Errors) -> syn::Result<()>,
) {
    for attr in attrs.iter().filter(|attr| is_ddb(attr)) {
        let parsed = attr.parse_nested_meta(|meta| read(one_word(&meta)?, &meta, errors));
        if let Err(error) = parsed {
            errors.push(error);
        }
    }
}

fn one_word<'a>(meta: &'a ParseNestedMeta<'_>) -> syn::Result<&'a Ident> {
    meta.path.get_ident().ok_or_else(|| meta.error("expected a single word"))
}

/// Goes on to the next comma, so that the options after a mistake are read too.
pub(crate) fn skip_value(meta: &ParseNestedMeta<'_>) {
    while !at_end(meta) && meta.input.parse::<TokenTree>().is_ok() {}
}

fn at_end(meta: &ParseNestedMeta<'_>) -> bool {
    meta.input.is_empty() || meta.input.peek(Token![,])
}

fn once<T>(slot: &mut Option<T>, word: &Ident, value: T, errors: &mut Errors) {
    if slot.is_some() {
        errors.at(word, format!("`{word}` is written twice"));
    }
    *slot = Some(value);
}

fn flag(slot: &mut Option<Ident>, word: &Ident, meta: &ParseNestedMeta<'_>, errors: &mut Errors) {
    if !at_end(meta) {
        errors.at(word, format!("`{word}` takes no value: use `#[ddb({word})]`"));
        skip_value(meta);
    }
    once(slot, word, word.clone(), errors);
}

fn string(word: &Ident, meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let written = meta.value().and_then(ParseBuffer::parse);
    written.map_err(|error| syn::Error::new(error.span(), format!("expected a string: `{word} = \"…\"`")))
}

fn setting<T>(word: &Ident, value: T) -> Setting<T> {
    Setting { word: word.clone(), value }
}

/// `rename_all = "camelCase"`, with serde's rules.
fn rename_rule(word: &Ident, meta: &ParseNestedMeta<'_>) -> syn::Result<RenameRule> {
    let name = string(word, meta)?;
    RenameRule::from_name(&name.value()).ok_or_else(|| {
        let rules = suggest::list(&RenameRule::NAMES);
        syn::Error::new(name.span(), format!("unknown rule: expected one of serde's, {rules}"))
    })
}

/// `stored_in = App`: a type, without quotes.
fn table_type(word: &Ident, meta: &ParseNestedMeta<'_>) -> syn::Result<Type> {
    let quoted = meta.value()?;
    if quoted.peek(LitStr) {
        let name: LitStr = quoted.parse()?;
        let message = format!("expected a type without quotes: `{word} = {}`", name.value());
        return Err(syn::Error::new(name.span(), message));
    }
    quoted.parse()
}

/// `crate = "path"` as serde writes it, or `crate = path`.
fn path(meta: &ParseNestedMeta<'_>) -> syn::Result<Path> {
    let value = meta.value()?;
    if value.peek(LitStr) {
        return value.parse::<LitStr>()?.parse_with(Path::parse_mod_style);
    }
    value.call(Path::parse_mod_style)
}

fn stored_as(slot: &mut Option<StoredAs>, word: &Ident, meta: &ParseNestedMeta<'_>, errors: &mut Errors) {
    let scalar = meta.value().and_then(ParseBuffer::parse::<Ident>);
    match scalar {
        Ok(scalar) if scalar == "S" || scalar == "N" || scalar == "B" => {
            once(slot, word, StoredAs { word: word.clone(), scalar }, errors);
        }
        Ok(_) | Err(_) => {
            skip_value(meta);
            errors.push(meta.error("expected `stored_as = S` (String), `N` (Number) or `B` (Binary)"));
        }
    }
}

fn misplaced(word: &Ident, place: &str, meta: &ParseNestedMeta<'_>, errors: &mut Errors) {
    errors.at(word, format!("`{word}` belongs on {place}"));
    skip_value(meta);
}

/// Reports a word that is not an option, with the option that was most likely meant.
fn unknown_option(
    word: &Ident,
    place: &str,
    options: &[&str],
    meta: &ParseNestedMeta<'_>,
    errors: &mut Errors,
) {
    let written = word.to_string();
    let meant = suggest::option_called(&written).filter(|word| options.contains(word));
    let message = match meant.or_else(|| suggest::nearest(&written, options.iter().copied())) {
        Some(meant) => format!("unknown option `{word}`: did you mean `{meant}`?"),
        None => format!("unknown option `{word}`: the options of {place} are {}", suggest::list(options)),
    };
    errors.at(word, message);
    skip_value(meta);
}
