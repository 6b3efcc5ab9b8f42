//! Refuses duplicate keys. SAM keeps the last of two equal keys without a warning, so a duplicate logical id could replace a
//! table unnoticed.

use tablewright_template::{Kind, SyntaxEntry, SyntaxKind, SyntaxNode};

use crate::EmbedError;
use crate::document::{Document, keys};
use crate::found::Found;
use crate::region::Region;

/// Returns an error if a key of the region is already defined outside of it, in the same section or where `Ref` would find it.
pub(crate) fn refuse_taken(document: &Document<'_>, owner: &str, region: &Region) -> Result<(), EmbedError> {
    let own = document.region(owner, &region.path);
    let place = document.find(&region.path);
    let Some(Kind::Mapping(wanted)) = region.content.as_ref().map(|content| &content.kind) else {
        return Ok(());
    };
    let mut theirs = Vec::new();
    if place.depth == region.path.len() {
        theirs.extend(keys(&document.syntax, place.node));
    }
    // Parameters and resources share one namespace: `Ref` looks up both.
    let other = match &region.path[..] {
        [section] if section == "Resources" => "Parameters",
        [section] if section == "Parameters" => "Resources",
        _ => "",
    };
    if let Some(entry) = document.root().get(other) {
        let of_owner = document.region(owner, &[other.to_owned()]);
        let is_theirs = |start: usize| of_owner.is_none_or(|region| !region.contains(start));
        let keys = keys(&document.syntax, &entry.value).into_iter();
        theirs.extend(keys.filter(|(_, _, start)| is_theirs(*start)));
    }
    theirs.retain(|(_, _, start)| own.is_none_or(|own| !own.contains(*start)));
    for entry in wanted {
        if let Some((key, position, _)) = theirs.iter().find(|(key, ..)| *key == entry.key) {
            let at = region.place_of(key).cloned();
            return Err(EmbedError::AlreadyDefined { key: (*key).to_owned(), line: position.line, at });
        }
    }
    Ok(())
}

/// Returns an error if the region would be inside of a node that an alias repeats: its content would appear twice.
pub(crate) fn refuse_repeated(document: &Document<'_>, region: &Region) -> Result<(), EmbedError> {
    for depth in 1..=region.path.len() {
        let place = document.find(&region.path[..depth]);
        if place.depth == depth
            && let Some(anchor) = &place.node.anchor
            && let Some(alias) = alias_of(document.root(), anchor)
        {
            let (path, line) = (region.path[..depth].join("/"), alias.position.line);
            return Err(EmbedError::Repeated { path, anchor: anchor.clone(), line });
        }
    }
    Ok(())
}

fn alias_of<'d>(node: &'d SyntaxNode, anchor: &str) -> Option<&'d SyntaxNode> {
    match &node.kind {
        SyntaxKind::Scalar(_) => None,
        SyntaxKind::Alias(name) => (name == anchor).then_some(node),
        SyntaxKind::Sequence(_, items) => items.iter().find_map(|item| alias_of(item, anchor)),
        SyntaxKind::Mapping(_, entries) => entries
            .iter()
            .find_map(|entry| alias_of(&entry.key, anchor).or_else(|| alias_of(&entry.value, anchor))),
    }
}

/// Returns an error if the template, without the regions that are about to be rewritten, has a duplicate key itself.
pub(crate) fn refuse_duplicates(
    document: &Document<'_>,
    owner: &str,
    regions: &[&Region],
) -> Result<(), EmbedError> {
    const SECTIONS: [&str; 5] = ["Parameters", "Mappings", "Conditions", "Resources", "Outputs"];
    let replaced: Vec<&Found> =
        regions.iter().filter_map(|region| document.region(owner, &region.path)).collect();
    let sections =
        SECTIONS.iter().filter_map(|section| Some((*section, &document.root().get(section)?.value)));
    for (name, node) in [("the template", document.root())].into_iter().chain(sections) {
        let stays =
            |entry: &&SyntaxEntry| !replaced.iter().any(|region| region.contains(entry.key.range.start));
        let keys = node.entries().iter().filter(stays).filter_map(|entry| {
            Some((entry.key.as_str().filter(|key| *key != "<<")?, entry.key.position.line))
        });
        let mut keys: Vec<(&str, usize)> = keys.collect();
        keys.sort_unstable();
        if let Some([(key, first), (_, second)]) = keys.array_windows().find(|[(a, _), (b, _)]| a == b) {
            let (key, section) = ((*key).to_owned(), name.to_owned());
            return Err(EmbedError::DuplicateKey { key, section, first: *first, second: *second });
        }
    }
    Ok(())
}
