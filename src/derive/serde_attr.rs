//! What `#[serde(…)]` means for the wire.
//!
//! In: the attributes of a container or a field. Out: the facts that decide a name, or whether and in which form a field
//! is written. *Invariant:* never an error about serde's own grammar: what serde does not accept, serde reports, and
//! better. What serde knows and we do not is skipped.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Ident, LitStr, token};

use crate::attr::{Setting, skip_value};
use crate::case::RenameRule;

/// A thing that serde lets differ between writing and reading.
#[derive(Default)]
pub(crate) struct Both<T> {
    pub(crate) serialize: T,
    pub(crate) deserialize: T,
}

/// What serde's attributes above a struct or an enum say. Options without a value of interest keep their word.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) rename_all: Both<Option<RenameRule>>,
    pub(crate) tag: Option<LitStr>,
    pub(crate) content: Option<Ident>,
    pub(crate) transparent: Option<Ident>,
    pub(crate) untagged: Option<Ident>,
    pub(crate) into: Option<Ident>,
    /// `from` or `try_from`.
    pub(crate) from: Option<Ident>,
    pub(crate) remote: Option<Ident>,
}

/// What serde's attributes above a field say.
#[derive(Default)]
pub(crate) struct Field {
    pub(crate) rename: Option<Ident>,
    /// The names that `rename` gives; serde allows several for reading.
    names: Both<Vec<LitStr>>,
    aliases: Vec<LitStr>,
    /// `skip` or `skip_serializing`.
    pub(crate) skip: Option<Ident>,
    /// `skip` or `skip_deserializing`.
    pub(crate) skip_reading: bool,
    pub(crate) skip_serializing_if: Option<Ident>,
    /// `with` or `serialize_with`, and the module or function it names.
    pub(crate) with: Option<(Ident, LitStr)>,
    pub(crate) flatten: Option<Ident>,
}

/// The names of a field on the wire.
pub(crate) struct WireName {
    pub(crate) written: String,
    /// The names that are read into the field, the main one first.
    pub(crate) read: Vec<String>,
}

impl Container {
    /// The names of a struct that serde never sees, by a rule of our own `rename_all`.
    pub(crate) fn renamed_by(rule: RenameRule) -> Self {
        Self { rename_all: Both { serialize: Some(rule), deserialize: Some(rule) }, ..Self::default() }
    }

    /// Reads the attributes above a struct or an enum.
    pub(crate) fn read(attrs: &[Attribute]) -> Self {
        let mut container = Self::default();
        each_option(attrs, |word, meta| {
            let written = || Some(word.clone());
            match word.to_string().as_str() {
                "rename_all" => {
                    let names = both(meta)?;
                    let rules = &mut container.rename_all;
                    rules.serialize = rule(&names.serialize).or(rules.serialize);
                    rules.deserialize = rule(&names.deserialize).or(rules.deserialize);
                }
                "tag" => container.tag = Some(meta.value()?.parse()?),
                "content" => container.content = written(),
                "transparent" => container.transparent = written(),
                "untagged" => container.untagged = written(),
                "into" => container.into = written(),
                "from" | "try_from" => container.from = written(),
                "remote" => container.remote = written(),
                _ => {}
            }
            Ok(())
        });
        container
    }
}

impl Field {
    /// The name of a field that serde never sees, by our own `rename`.
    pub(crate) fn renamed(rename: &Setting<LitStr>) -> Self {
        let names = Both { serialize: vec![rename.value.clone()], deserialize: vec![rename.value.clone()] };
        Self { rename: Some(rename.word.clone()), names, ..Self::default() }
    }

    /// Reads the attributes above a field.
    pub(crate) fn read(attrs: &[Attribute]) -> Self {
        let mut field = Self::default();
        each_option(attrs, |word, meta| {
            let written = || Some(word.clone());
            match word.to_string().as_str() {
                "rename" => {
                    let names = both(meta)?;
                    field.rename = written();
                    field.names.serialize.extend(names.serialize);
                    field.names.deserialize.extend(names.deserialize);
                }
                "alias" => field.aliases.push(meta.value()?.parse()?),
                "skip" => (field.skip, field.skip_reading) = (written(), true),
                "skip_serializing" => field.skip = written(),
                "skip_deserializing" => field.skip_reading = true,
                "skip_serializing_if" => field.skip_serializing_if = written(),
                "with" | "serialize_with" => {
                    field.with = Some((word.clone(), meta.value()?.parse()?));
                }
                "flatten" => field.flatten = written(),
                _ => {}
            }
            Ok(())
        });
        field
    }

    /// Returns the wire names of the field that Rust calls `name` (without `r#`).
    pub(crate) fn wire_name(&self, name: &str, container: &Container) -> WireName {
        let by_rule =
            |rule: Option<RenameRule>| rule.map_or(name.to_owned(), |rule| rule.apply_to_field(name));
        let rules = &container.rename_all;
        let written = self.names.serialize.first().map_or_else(|| by_rule(rules.serialize), LitStr::value);
        let mut read: Vec<String> = self.names.deserialize.iter().map(LitStr::value).collect();
        if read.is_empty() {
            read.push(by_rule(rules.deserialize));
        }
        read.extend(self.aliases.iter().map(LitStr::value));
        WireName { written, read }
    }
}

fn rule(names: &[LitStr]) -> Option<RenameRule> {
    RenameRule::from_name(&names.first()?.value())
}

/// Reads `= "name"` as well as `(serialize = "name", deserialize = "name")`.
fn both(meta: &ParseNestedMeta<'_>) -> syn::Result<Both<Vec<LitStr>>> {
    let mut names: Both<Vec<LitStr>> = Both::default();
    if meta.input.peek(token::Paren) {
        meta.parse_nested_meta(|meta| {
            let name = meta.value()?.parse()?;
            if meta.path.is_ident("serialize") {
                names.serialize.push(name);
            } else if meta.path.is_ident("deserialize") {
                names.deserialize.push(name);
            }
            Ok(())
        })?;
        return Ok(names);
    }
    let name: LitStr = meta.value()?.parse()?;
    names.serialize.push(name.clone());
    names.deserialize.push(name);
    Ok(names)
}

fn each_option(attrs: &[Attribute], mut read: impl FnMut(&Ident, &ParseNestedMeta<'_>) -> syn::Result<()>) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        // Dropped on purpose: serde reads the same tokens and reports its own grammar.
        let _ = attr.parse_nested_meta(|meta| {
            if let Some(word) = meta.path.get_ident() {
                read(word, &meta)?;
            }
            skip_value(&meta);
            Ok(())
        });
    }
}
