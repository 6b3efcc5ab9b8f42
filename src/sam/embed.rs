//! Inserts, updates and removes regions of a template.
//!
//! *Invariants:* no file is read or written. Every new text is parsed again and compared before it is returned. Bytes outside of
//! the owner's regions change only as recorded in the marker (see [`insert`](crate::insert)).

use tablewright_template::{Layout, Position, SyntaxEntry};

use crate::document::{Document, is_flow, starts_of_children};
use crate::found::Found;
use crate::insert::insertion;
use crate::marker::{Begin, Name, checksum, end};
use crate::region::{Region, Regions, Shape, lines};
use crate::remove::cut;
use crate::splice::{Splice, apply};
use crate::{EmbedError, conflict, text, verify};

/// Options of [`embed`] and [`remove`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether to overwrite regions that were edited by hand.
    pub force: bool,
}

/// The result of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The whole new text of the template.
    pub text: String,
    /// What happened to each region.
    pub changes: Vec<Change>,
    /// Why a deployment of the new template may fail.
    pub warnings: Vec<Warning>,
}

/// Why a deployment may fail although the template was edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The position in the old template.
    pub position: Position,
    /// The problem, and what to do about it.
    pub message: String,
}

impl Edit {
    /// Whether any region was added, updated or removed.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.changes.iter().any(|change| change.kind != ChangeKind::Unchanged)
    }
}

/// What happened to one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Path of the mapping or list that the region adds to, such as `Resources`.
    pub path: String,
    /// What happened to it.
    pub kind: ChangeKind,
    /// Line of its begin marker, from 1: in the new text, or in the old text if the region was removed.
    pub line: usize,
}

/// What can happen to a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// The template did not have it before.
    Added,
    /// Its content or marker changed.
    Updated,
    /// It was in the template and has no content any more.
    Removed,
    /// Nothing changed.
    Unchanged,
}

/// Inserts or updates the regions of one owner in a template. Existing regions are updated in place; a region without content is
/// removed.
///
/// ```
/// use tablewright_sam::{Options, Region, Regions, embed};
///
/// let template = "Transform: AWS::Serverless-2016-10-31\nResources: # ours\n  Api: *api\n";
/// let topic = Region::new(["Resources"], "Topic:\n  Type: AWS::SNS::Topic\n")?;
/// let regions = Regions { owner: "alarms".to_owned(), regions: vec![topic] };
///
/// let edit = embed(template, &regions, Options::default())?;
/// assert_eq!(edit.text, "\
/// Transform: AWS::Serverless-2016-10-31
/// Resources: # ours
///   Api: *api
///   ## >>> tablewright v1 alarms Resources sha256:d17b24a1d73fdbb6
///   Topic:
///     Type: AWS::SNS::Topic
///   ## <<< tablewright alarms Resources
/// ");
/// assert!(!embed(&edit.text, &regions, Options::default())?.is_change());
/// assert_eq!(tablewright_sam::remove(&edit.text, "alarms", Options::default())?.text, template);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Returns an [`EmbedError`] if the template cannot be edited safely; the caller should leave the file unchanged.
pub fn embed(template: impl AsRef<[u8]>, wanted: &Regions, options: Options) -> Result<Edit, EmbedError> {
    let original = utf8(template.as_ref())?;
    let before = Document::read(original)?;
    let mut changes = Vec::new();
    let mut gone = Vec::new();
    for region in &wanted.regions {
        let Some(found) = before.region(&wanted.owner, &region.path) else { continue };
        refuse_edited(found, original, options)?;
        match (&region.content, shape_in_place(&before, found)?) {
            (None, _) => {
                let path = found.name().path();
                changes.push(Change { path, kind: ChangeKind::Removed, line: found.line });
                gone.push(found);
            }
            // Someone deleted its content, so it has no position to update in place: remove it, then insert it again.
            (Some(_), None) => gone.push(found),
            (Some(_), Some(_)) => {}
        }
    }
    let (sections, nested): (Vec<&Region>, Vec<&Region>) = wanted
        .regions
        .iter()
        .filter(|region| region.content.is_some())
        .partition(|region| region.path.len() == 1);
    let mut text = if gone.is_empty() {
        write(&before, &wanted.owner, sections)?
    } else {
        write(&Document::read(&cut(&before, &gone)?)?, &wanted.owner, sections)?
    };
    for region in nested {
        // One at a time: keys that are created for one region may hold the next one.
        text = write(&Document::read(&text)?, &wanted.owner, vec![region])?;
    }
    let after = verify::embedded(&before, &text, wanted)?;
    for region in &wanted.regions {
        let Some(now) = after.region(&wanted.owner, &region.path) else { continue };
        let kind = match before.region(&wanted.owner, &region.path) {
            None => ChangeKind::Added,
            Some(old) if original[old.range.clone()] == text[now.range.clone()] => ChangeKind::Unchanged,
            Some(_) => ChangeKind::Updated,
        };
        changes.push(Change { path: now.name().path(), kind, line: now.line });
    }
    Ok(Edit { changes, text, warnings: Vec::new() })
}

/// Returns the changes that [`embed`] would make; empty if the template is up to date. A region edited by hand is an error.
///
/// ```
/// use tablewright_sam::{Region, Regions, ChangeKind, check};
///
/// let topic = Region::new(["Resources"], "Topic:\n  Type: AWS::SNS::Topic\n")?;
/// let regions = Regions { owner: "alarms".to_owned(), regions: vec![topic] };
/// let changes = check("Resources:\n", &regions)?;
/// assert_eq!(changes[0].kind, ChangeKind::Added);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Same as [`embed`].
pub fn check(template: impl AsRef<[u8]>, wanted: &Regions) -> Result<Vec<Change>, EmbedError> {
    let mut changes = embed(template, wanted, Options::default())?.changes;
    changes.retain(|change| change.kind != ChangeKind::Unchanged);
    Ok(changes)
}

/// Removes all regions of an owner, and those of `owner.…`, which belong to single tables of a stack. The result is byte for byte
/// the text from before they were embedded.
///
/// See [`embed`].
///
/// # Errors
///
/// Returns an [`EmbedError`] if the template cannot be edited safely, or if a region was edited by hand and `options.force` is
/// not set.
pub fn remove(template: impl AsRef<[u8]>, owner: &str, options: Options) -> Result<Edit, EmbedError> {
    let original = utf8(template.as_ref())?;
    let before = Document::read(original)?;
    let is_owned = |name: &Name| {
        name.owner.strip_prefix(owner).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let gone: Vec<&Found> = before.regions.iter().filter(|found| is_owned(found.name())).collect();
    for found in &gone {
        refuse_edited(found, original, options)?;
        shape_in_place(&before, found)?;
    }
    let text = cut(&before, &gone)?;
    verify::removed(&before, &text, &gone)?;
    let change =
        |found: &&Found| Change { path: found.name().path(), kind: ChangeKind::Removed, line: found.line };
    Ok(Edit { changes: gone.iter().map(change).collect(), text, warnings: Vec::new() })
}

pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, EmbedError> {
    std::str::from_utf8(bytes).map_err(|error| EmbedError::NotUtf8 { offset: error.valid_up_to() })
}

fn refuse_edited(found: &Found, source: &str, options: Options) -> Result<(), EmbedError> {
    if found.is_edited(source) && !options.force {
        return Err(EmbedError::EditedByHand { name: found.name().to_string(), line: found.line });
    }
    Ok(())
}

/// Inserts or updates regions; each is either missing from the template or in the right place.
fn write(document: &Document<'_>, owner: &str, mut wanted: Vec<&Region>) -> Result<String, EmbedError> {
    let mut splices = Vec::new();
    // Existing sections first: a missing section may be inserted where an existing one ends, and splices at one offset keep
    // order.
    wanted.sort_by_key(|region| document.find(&region.path).depth < region.path.len());
    conflict::refuse_duplicates(document, owner, &wanted)?;
    for region in wanted {
        conflict::refuse_taken(document, owner, region)?;
        conflict::refuse_repeated(document, region)?;
        match document.region(owner, &region.path) {
            Some(found) => splices.push(update(document, found, region)?),
            None => splices.extend(insertion(document, owner, region)?),
        }
    }
    Ok(apply(document.text, splices))
}

/// Rewrites a region in place.
fn update(document: &Document<'_>, found: &Found, region: &Region) -> Result<Splice, EmbedError> {
    let shape = shape_in_place(document, found)?
        .ok_or_else(|| EmbedError::Internal("an empty region cannot be updated in place".to_owned()))?;
    let newline = text::newline_at(document.text, found.body.start);
    Ok(Splice { at: found.range.clone(), with: write_region(region, found.begin.clone(), shape, newline) })
}

/// Returns the text of a region with its markers, without the final line break.
pub(crate) fn write_region(region: &Region, begin: Begin, shape: Shape<'_>, newline: &str) -> String {
    let content = region.content.as_ref().expect("a region without content is never written");
    let lines = lines(region, content, shape).into_iter();
    let body: String = lines.map(|line| line + newline).collect();
    let begin = Begin { checksum: checksum(&body), ..begin };
    let margin = " ".repeat(shape.indentation);
    format!("{margin}{begin}{newline}{body}{margin}{}", end(&begin.name))
}

/// Returns the layout of a region at its current position, or `None` if nothing but comments is left in it.
pub(crate) fn shape_in_place<'d>(
    document: &'d Document<'_>,
    found: &'d Found,
) -> Result<Option<Shape<'d>>, EmbedError> {
    let misplaced = || EmbedError::Misplaced { name: found.name().to_string(), line: found.line };
    let path = &found.name().path;
    // Descend to the last node on the path whose key is outside of the region.
    let mut node = document.root();
    let mut depth = 0;
    let mut layout = Layout::Block;
    for key in path {
        let is_other = |entry: &SyntaxEntry| entry.key.as_str() != Some(key);
        if node.entries().iter().any(|entry| is_other(entry) && found.contains(entry.key.range.start)) {
            return Err(misplaced());
        }
        match node.get(key) {
            Some(entry) if found.contains(entry.key.range.start) => break,
            Some(entry) => node = &entry.value,
            None => return Err(misplaced()),
        }
        if is_flow(node) {
            layout = Layout::Flow;
        }
        depth += 1;
    }
    let has_content = starts_of_children(node).into_iter().any(|start| found.contains(start));
    let body = &document.text[found.body.clone()];
    let is_empty = body.lines().all(|line| matches!(line.trim_start().bytes().next(), None | Some(b'#')));
    match (has_content, is_empty) {
        (false, true) => Ok(None),
        (false, false) => Err(misplaced()),
        (true, _) => {
            let indentation = match layout {
                Layout::Block => node.position.column - 1,
                Layout::Flow => found.indentation,
            };
            Ok(Some(Shape { layout, indentation, wrapped_in: &path[depth..] }))
        }
    }
}
