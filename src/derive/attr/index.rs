//! The grammar of `index(…)` and `local_index(…)`.
//!
//! In: the tokens between the parentheses. Out: name, key lists in written order and projection. Which fields exist, and
//! how many of them an index may have, is decided in [`valid`](crate::valid).

use std::fmt;

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::{LitStr, Token, parenthesized};

use super::{once, one_word, string, unknown_option};
use crate::errors::Errors;
use crate::suggest;

const INDEX_OPTIONS: [&str; 4] = ["name", "partition", "sort", "project"];
const PROJECTIONS: [&str; 3] = ["all", "keys_only", "only"];

/// One `index(…)` or `local_index(…)` as it is written.
pub(crate) struct IndexOptions {
    pub(crate) kind: IndexKind,
    /// The word `index` or `local_index`.
    pub(crate) word: Ident,
    pub(crate) name: Option<LitStr>,
    pub(crate) partition: Option<FieldList>,
    pub(crate) sort: Option<FieldList>,
    pub(crate) projection: ProjectionOption,
}

/// Which of the two words was used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum IndexKind {
    Global,
    Local,
}

/// A word and the fields in its parentheses, in written order.
pub(crate) struct FieldList {
    pub(crate) word: Ident,
    pub(crate) names: Vec<FieldPath>,
}

/// `field`, or `field.part` for a key of the key struct that is nested as `field`.
#[derive(Clone)]
pub(crate) struct FieldPath {
    pub(crate) field: Ident,
    pub(crate) part: Option<Ident>,
}

impl FieldPath {
    /// The field without `r#`.
    pub(crate) fn field_name(&self) -> String {
        self.field.unraw().to_string()
    }

    /// The part without `r#`.
    pub(crate) fn part_name(&self) -> Option<String> {
        self.part.as_ref().map(|part| part.unraw().to_string())
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.field)?;
        self.part.iter().try_for_each(|part| write!(f, ".{part}"))
    }
}

impl ToTokens for FieldPath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.field.to_tokens(tokens);
        self.part.to_tokens(tokens);
    }
}

/// What `project(…)` says the index holds besides the keys.
pub(crate) enum ProjectionOption {
    All,
    KeysOnly,
    Only(FieldList),
}

/// Reads what follows the word `index` or `local_index`.
pub(super) fn read(
    word: &Ident,
    kind: IndexKind,
    meta: &ParseNestedMeta<'_>,
    errors: &mut Errors,
) -> syn::Result<IndexOptions> {
    let (mut name, mut partition, mut sort, mut projection) = (None, None, None, None);
    let keys = match kind {
        IndexKind::Global => "partition(field), sort(field)",
        IndexKind::Local => "sort(field)",
    };
    needs_list(word, meta, &format!("name = \"…\", {keys}"))?;
    meta.parse_nested_meta(|meta| {
        let word = one_word(&meta)?;
        match word.to_string().as_str() {
            "name" => once(&mut name, word, string(word, &meta)?, errors),
            "partition" => once(&mut partition, word, field_list(word, &meta, errors)?, errors),
            "sort" => once(&mut sort, word, field_list(word, &meta, errors)?, errors),
            "project" => once(&mut projection, word, project(word, &meta, errors)?, errors),
            _ => unknown_option(word, "an index", &INDEX_OPTIONS, &meta, errors),
        }
        Ok(())
    })?;
    let projection = projection.unwrap_or(ProjectionOption::All);
    Ok(IndexOptions { kind, word: word.clone(), name, partition, sort, projection })
}

fn project(word: &Ident, meta: &ParseNestedMeta<'_>, errors: &mut Errors) -> syn::Result<ProjectionOption> {
    let mut chosen = Vec::new();
    needs_list(word, meta, "all | keys_only | only(field, …)")?;
    meta.parse_nested_meta(|meta| {
        let word = one_word(&meta)?;
        match word.to_string().as_str() {
            "all" => chosen.push(ProjectionOption::All),
            "keys_only" => chosen.push(ProjectionOption::KeysOnly),
            "only" => chosen.push(ProjectionOption::Only(field_list(word, &meta, errors)?)),
            _ => unknown_option(word, "`project`", &PROJECTIONS, &meta, errors),
        }
        Ok(())
    })?;
    if chosen.len() > 1 {
        errors.at(word, format!("`project` takes one of {}", suggest::list(&PROJECTIONS)));
    }
    Ok(chosen.pop().unwrap_or(ProjectionOption::All))
}

fn field_list(word: &Ident, meta: &ParseNestedMeta<'_>, errors: &mut Errors) -> syn::Result<FieldList> {
    needs_list(word, meta, "field, …")?;
    let content;
    parenthesized!(content in meta.input);
    let mut names = Vec::new();
    for written in content.parse_terminated(FieldName::parse, Token![,])? {
        match written {
            FieldName::Plain(name) => names.push(name),
            FieldName::Quoted(name) => {
                errors.at(
                    &name,
                    format!("expected a Rust field name without quotes: `{word}({})`", name.value()),
                );
            }
        }
    }
    Ok(FieldList { word: word.clone(), names })
}

/// A field as Rust names it. A string is most likely the name on the wire, or a habit from another tool.
enum FieldName {
    Plain(FieldPath),
    Quoted(LitStr),
}

impl FieldName {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Quoted);
        }
        let field = Ident::parse_any(input)?;
        let part = match input.parse::<Option<Token![.]>>()? {
            Some(_) => Some(Ident::parse_any(input)?),
            None => None,
        };
        Ok(Self::Plain(FieldPath { field, part }))
    }
}

/// Whether parentheses follow that are not empty; otherwise says what to write in them.
fn needs_list(word: &Ident, meta: &ParseNestedMeta<'_>, content: &str) -> syn::Result<()> {
    if is_list(&meta.input.fork()).unwrap_or(false) {
        return Ok(());
    }
    Err(syn::Error::new(word.span(), format!("expected `{word}({content})`")))
}

fn is_list(input: ParseStream<'_>) -> syn::Result<bool> {
    let content;
    parenthesized!(content in input);
    Ok(!content.is_empty())
}
