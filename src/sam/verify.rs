//! Verifies an edit by parsing the new text and comparing it with the old one.
//!
//! Outside of the regions, the bytes and the syntax tree must be the same; inside, exactly the content of the regions. If not,
//! the edit is discarded with an [`EmbedError`].

use tablewright_template::{SyntaxEntry, SyntaxKind, SyntaxNode};

use crate::EmbedError;
use crate::document::{Document, starts_of_children};
use crate::embed::shape_in_place;
use crate::found::Found;
use crate::region::{Region, Regions, meaning, same};
use crate::remove::cut;

/// Verifies that `text` is `before` with the given regions, and returns it parsed.
pub(crate) fn embedded<'t>(
    before: &Document<'_>,
    text: &'t str,
    wanted: &Regions,
) -> Result<Document<'t>, EmbedError> {
    let after = reread(text)?;
    let of_wanted = |document: &'_ Document<'_>| -> Vec<Found> {
        let regions = wanted.regions.iter().filter_map(|region| document.region(&wanted.owner, &region.path));
        regions.cloned().collect()
    };
    let (old, new) = (of_wanted(before), of_wanted(&after));
    for region in &wanted.regions {
        check_content(&after, &wanted.owner, region)?;
    }
    let without =
        |document: &Document<'_>, regions: &[Found]| cut(document, &regions.iter().collect::<Vec<_>>());
    if without(before, &old)? != without(&after, &new)? {
        return Err(internal("bytes outside of the regions changed"));
    }
    if !same_outside(before.root(), &old, after.root(), &new) {
        return Err(internal("the meaning of the template outside of the regions changed"));
    }
    Ok(after)
}

/// Verifies that `text` is `before` without the given regions.
pub(crate) fn removed(before: &Document<'_>, text: &str, gone: &[&Found]) -> Result<(), EmbedError> {
    let after = reread(text)?;
    let gone: Vec<Found> = gone.iter().map(|found| (*found).clone()).collect();
    if others(before, &gone) != others(&after, &[]) {
        return Err(internal("regions of other owners changed"));
    }
    if !same_outside(before.root(), &gone, after.root(), &[]) {
        return Err(EmbedError::ChangesRest);
    }
    Ok(())
}

fn internal(message: &str) -> EmbedError {
    EmbedError::Internal(message.to_owned())
}

fn reread(text: &str) -> Result<Document<'_>, EmbedError> {
    Document::read(text).map_err(|error| match &error {
        EmbedError::Unreadable(source) => internal(&format!("the new text cannot be read: {source}")),
        _ => internal(&format!("the new text was rejected: {error}")),
    })
}

/// Verifies that a region is in the template with exactly its content, or missing if it has none.
fn check_content(after: &Document<'_>, owner: &str, region: &Region) -> Result<(), EmbedError> {
    let found = after.region(owner, &region.path);
    let (found, content) = match (found, &region.content) {
        (None, None) => return Ok(()),
        (Some(found), Some(content)) => (found, content),
        (Some(_), None) => return Err(internal("a region was not removed")),
        (None, Some(_)) => return Err(internal("a region is missing")),
    };
    if found.is_edited(after.text) {
        return Err(internal("the checksum of a region is wrong"));
    }
    let shape = shape_in_place(after, found)?.ok_or_else(|| internal("a region is empty"))?;
    let meant = meaning(region, content, shape)
        .map_err(|error| internal(&format!("the content of a region cannot be read: {error}")))?;
    let place = after.find(&region.path[..region.path.len() - shape.wrapped_in.len()]);
    let there = children_in(place.node, found);
    let meant = meant.documents.first().map(all_children).unwrap_or_default();
    let equal = |(a, b): (&Child<'_>, &Child<'_>)| match (a, b) {
        (Child::Entry(a), Child::Entry(b)) => same(&a.key, &b.key) && same(&a.value, &b.value),
        (Child::Item(a), Child::Item(b)) => same(a, b),
        (Child::Entry(_), Child::Item(_)) | (Child::Item(_), Child::Entry(_)) => false,
    };
    if there.len() != meant.len() || !there.iter().zip(&meant).all(equal) {
        return Err(internal("a region has the wrong content"));
    }
    Ok(())
}

enum Child<'d> {
    Entry(&'d SyntaxEntry),
    Item(&'d SyntaxNode),
}

fn all_children(node: &SyntaxNode) -> Vec<Child<'_>> {
    match &node.kind {
        SyntaxKind::Mapping(_, entries) => entries.iter().map(Child::Entry).collect(),
        SyntaxKind::Sequence(_, items) => items.iter().map(Child::Item).collect(),
        SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) => Vec::new(),
    }
}

fn children_in<'d>(node: &'d SyntaxNode, region: &Found) -> Vec<Child<'d>> {
    let starts = starts_of_children(node);
    let children = all_children(node).into_iter().zip(starts);
    children.filter(|(_, start)| region.contains(*start)).map(|(child, _)| child).collect()
}

/// Returns the names and bodies of all other regions.
fn others<'d>(document: &'d Document<'_>, these: &[Found]) -> Vec<(String, &'d str)> {
    let others = document.regions.iter().filter(|region| these.iter().all(|one| one.name() != region.name()));
    others.map(|region| (region.name().to_string(), &document.text[region.body.clone()])).collect()
}

/// Whether two trees are equal outside of regions. A collection that is empty without its regions equals a missing one.
fn same_outside(a: &SyntaxNode, of_a: &[Found], b: &SyntaxNode, of_b: &[Found]) -> bool {
    let is_in = |regions: &[Found], at: usize| regions.iter().any(|region| region.contains(at));
    let nothing = |node: &SyntaxNode, regions: &[Found]| is_effectively_empty(node, regions);
    if nothing(a, of_a) && nothing(b, of_b) {
        return true;
    }
    match (&a.kind, &b.kind) {
        (SyntaxKind::Mapping(_, one), SyntaxKind::Mapping(_, other)) => {
            let outside = |entries: &'_ [SyntaxEntry], regions: &[Found]| -> Vec<usize> {
                let is_left = |entry: &SyntaxEntry| {
                    !is_in(regions, entry.key.range.start) && !nothing(&entry.value, regions)
                };
                (0..entries.len()).filter(|i| is_left(&entries[*i])).collect()
            };
            let (of_one, of_other) = (outside(one, of_a), outside(other, of_b));
            a.tag == b.tag
                && a.anchor == b.anchor
                && of_one.len() == of_other.len()
                && of_one.iter().zip(&of_other).all(|(i, j)| {
                    let (a, b) = (&one[*i], &other[*j]);
                    same(&a.key, &b.key) && same_outside(&a.value, of_a, &b.value, of_b)
                })
        }
        (SyntaxKind::Sequence(_, one), SyntaxKind::Sequence(_, other)) => {
            let outside = |items: &'_ [SyntaxNode], regions: &[Found]| -> Vec<usize> {
                (0..items.len()).filter(|i| !is_in(regions, items[*i].range.start)).collect()
            };
            let (of_one, of_other) = (outside(one, of_a), outside(other, of_b));
            a.tag == b.tag
                && a.anchor == b.anchor
                && of_one.len() == of_other.len()
                && of_one.iter().zip(&of_other).all(|(i, j)| same_outside(&one[*i], of_a, &other[*j], of_b))
        }
        (
            SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) | SyntaxKind::Mapping(..) | SyntaxKind::Sequence(..),
            _,
        ) => same(a, b),
    }
}

/// Whether a node is empty outside of regions, including keys that were created for a region.
fn is_effectively_empty(node: &SyntaxNode, regions: &[Found]) -> bool {
    let is_in = |at: usize| regions.iter().any(|region| region.contains(at));
    if node.tag.is_some() || node.anchor.is_some() {
        return false;
    }
    match &node.kind {
        SyntaxKind::Scalar(scalar) => scalar.value == tablewright_template::ScalarValue::Null,
        SyntaxKind::Alias(_) => false,
        SyntaxKind::Sequence(_, items) => items.iter().all(|item| is_in(item.range.start)),
        SyntaxKind::Mapping(_, entries) => entries
            .iter()
            .all(|entry| is_in(entry.key.range.start) || is_effectively_empty(&entry.value, regions)),
    }
}

#[cfg(test)]
mod tests {
    //! The editor never produces a wrong text, so each kind of mistake is made by hand.

    use super::{embedded, removed};
    use crate::document::Document;
    use crate::{Options, Region, Regions, embed};

    const TEMPLATE: &str = "Resources:\n  A: {Type: b} # c\nOutputs:\n  B: {Value: c}\n";

    fn wanted() -> Regions {
        let topic = Region::new(["Resources"], "Topic:\n  Type: d\n").unwrap();
        let gone = Region::new(["Parameters"], "").unwrap();
        Regions { owner: "notes".to_owned(), regions: vec![topic, gone] }
    }

    fn check(change: impl Fn(&str) -> String, message: &str) {
        let good = embed(TEMPLATE, &wanted(), Options::default()).unwrap().text;
        let before = Document::read(TEMPLATE).unwrap();
        assert!(embedded(&before, &good, &wanted()).is_ok());
        let bad = change(&good);
        assert_ne!(bad, good);
        let Err(error) = embedded(&before, &bad, &wanted()) else { panic!("accepted: {bad}") };
        assert_eq!(error.to_string(), format!("internal error: {message}"));
    }

    #[test]
    fn every_kind_of_mistake_is_detected() {
        check(|text| text.replace("# c", "# C"), "bytes outside of the regions changed");
        check(|text| format!("{text}\n"), "bytes outside of the regions changed");
        check(|text| text.replace("  A: {Type: b} # c\n", ""), "bytes outside of the regions changed");
        check(|text| text.replace("Type: d", "Type: e"), "the checksum of a region is wrong");
        check(|_| TEMPLATE.to_owned(), "a region is missing");
        check(
            |text| {
                let body = "  Topic:\n    Type: e\n";
                let sum = crate::marker::checksum(body);
                let old = crate::marker::checksum("  Topic:\n    Type: d\n");
                text.replace("  Topic:\n    Type: d\n", body).replace(&old, &sum)
            },
            "a region has the wrong content",
        );
        check(
            |text| {
                let (begin, end) = ("# >>> tablewright v1 x Outputs sha256:0", "# <<< tablewright x Outputs");
                text.replace("  B:", &format!("  {begin}\n  X: y\n  {end}\n  B:"))
            },
            "bytes outside of the regions changed",
        );
        let before = Document::read(TEMPLATE).unwrap();
        let Err(error) = embedded(&before, "Resources: [", &wanted()) else { panic!("accepted") };
        assert!(error.to_string().contains("the new text cannot be read"), "{error}");
    }

    #[test]
    fn a_different_syntax_tree_is_detected_even_if_the_bytes_match() {
        let before = Document::read(TEMPLATE).unwrap();
        let other = TEMPLATE.replace("Value: c", "Value: d");
        assert!(removed(&before, &other, &[]).is_err());
        assert!(removed(&before, TEMPLATE, &[]).is_ok());
        // The bytes outside are the same, but the empty line now belongs to the block scalar `A`.
        let text = "Resources:\n  A: |+\n    b\n  # >>> tablewright v1 notes Resources sha256:0\n  Topic:\n    Type: d\n  # <<< tablewright notes Resources\n\nOutputs: {}\n";
        let old = Document::read("Resources:\n  A: |+\n    b\n\nOutputs: {}\n").unwrap();
        let sum = crate::marker::checksum("  Topic:\n    Type: d\n");
        let Err(error) = embedded(&old, &text.replace("sha256:0", &format!("sha256:{sum}")), &wanted())
        else {
            panic!("accepted")
        };
        assert!(error.to_string().contains("the meaning of the template outside"), "{error}");
    }
}
