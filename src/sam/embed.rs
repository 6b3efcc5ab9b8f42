//! Writes regions into a template, and takes them out.
//!
//! In: the bytes of a template and the [`Regions`] that it is to have. Out: an [`Edit`] with the whole new text, which was read
//! again and compared, or an [`EmbedError`]. It never touches a file, and never a byte that is not in a region of the owner's,
//! but for what [`insert`](crate::insert) keeps in the marker.

use tablewright_template::{Layout, SyntaxEntry};

use crate::document::{Document, is_flow, starts_of_children};
use crate::found::Found;
use crate::insert::insertion;
use crate::marker::{Begin, Name, checksum, end};
use crate::region::{Region, Regions, Shape, lines};
use crate::remove::cut;
use crate::splice::{Splice, apply};
use crate::{EmbedError, conflict, text, verify};

/// How to embed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether what was edited by hand between the markers may be lost.
    pub force: bool,
}

/// A template with its regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The whole text.
    pub text: String,
    /// What became of each region that was wanted or there.
    pub changes: Vec<Change>,
}

impl Edit {
    /// Whether the text is another than before.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.changes.iter().any(|change| change.what != What::Unchanged)
    }
}

/// What became of a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where the region belongs, such as `Resources`.
    pub path: String,
    /// What became of it.
    pub what: What,
    /// The line of its first marker: in the new text, or in the old one where it was removed.
    pub line: usize,
}

/// What can become of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It was not there before.
    Added,
    /// It is another than before.
    Updated,
    /// It was there and is no longer wanted.
    Removed,
    /// It is as it was.
    Unchanged,
}

/// Has a template have these regions of the owner's, each with what is wanted in it. Those that are there are updated where they
/// stand.
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
/// See [`EmbedError`]. The text is then to be left as it is.
pub fn embed(template: impl AsRef<[u8]>, wanted: &Regions, options: Options) -> Result<Edit, EmbedError> {
    let original = utf8(template.as_ref())?;
    let before = Document::read(original)?;
    let mut changes = Vec::new();
    let mut gone = Vec::new();
    for region in &wanted.regions {
        let Some(found) = before.region(&wanted.owner, &region.path) else { continue };
        refuse_edited(found, original, options)?;
        match (&region.content, standing(&before, found)?) {
            (None, _) => {
                let path = found.name().path();
                changes.push(Change { path, what: What::Removed, line: found.line });
                gone.push(found);
            }
            // Somebody emptied it: to be written anew.
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
        // One by one: what is made for one may be where the next belongs.
        text = write(&Document::read(&text)?, &wanted.owner, vec![region])?;
    }
    let after = verify::embedded(&before, &text, wanted)?;
    for region in &wanted.regions {
        let Some(now) = after.region(&wanted.owner, &region.path) else { continue };
        let what = match before.region(&wanted.owner, &region.path) {
            None => What::Added,
            Some(old) if original[old.range.clone()] == text[now.range.clone()] => What::Unchanged,
            Some(_) => What::Updated,
        };
        changes.push(Change { path: now.name().path(), what, line: now.line });
    }
    Ok(Edit { changes, text })
}

/// Returns what [`embed`] would change, nothing where the template is up to date. A hand edit is an error.
///
/// ```
/// use tablewright_sam::{Region, Regions, What, check};
///
/// let topic = Region::new(["Resources"], "Topic:\n  Type: AWS::SNS::Topic\n")?;
/// let regions = Regions { owner: "alarms".to_owned(), regions: vec![topic] };
/// let changes = check("Resources:\n", &regions)?;
/// assert_eq!(changes[0].what, What::Added);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// As [`embed`].
pub fn check(template: impl AsRef<[u8]>, wanted: &Regions) -> Result<Vec<Change>, EmbedError> {
    let mut changes = embed(template, wanted, Options::default())?.changes;
    changes.retain(|change| change.what != What::Unchanged);
    Ok(changes)
}

/// Takes all regions of an owner out of a template, and those of `owner.…`, which are for single tables of a stack. Every byte
/// is then as it was before they were embedded.
///
/// See [`embed`].
///
/// # Errors
///
/// See [`EmbedError`]; also where a region was edited by hand, for that would be lost.
pub fn remove(template: impl AsRef<[u8]>, owner: &str, options: Options) -> Result<Edit, EmbedError> {
    let original = utf8(template.as_ref())?;
    let before = Document::read(original)?;
    let is_owned = |name: &Name| {
        name.owner.strip_prefix(owner).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let gone: Vec<&Found> = before.regions.iter().filter(|found| is_owned(found.name())).collect();
    for found in &gone {
        refuse_edited(found, original, options)?;
        standing(&before, found)?;
    }
    let text = cut(&before, &gone)?;
    verify::removed(&before, &text, &gone)?;
    let change = |found: &&Found| Change { path: found.name().path(), what: What::Removed, line: found.line };
    Ok(Edit { changes: gone.iter().map(change).collect(), text })
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

/// Writes regions into a template that has them in the right place or not at all.
fn write(document: &Document<'_>, owner: &str, mut wanted: Vec<&Region>) -> Result<String, EmbedError> {
    let mut splices = Vec::new();
    // Where a section that is there ends, one that is missing may begin.
    wanted.sort_by_key(|region| document.find(&region.path).depth < region.path.len());
    conflict::refuse_twice(document, owner, &wanted)?;
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

/// Writes a region where it stands.
fn update(document: &Document<'_>, found: &Found, region: &Region) -> Result<Splice, EmbedError> {
    let shape = standing(document, found)?
        .ok_or_else(|| EmbedError::Internal("a region that has nothing in it is updated".to_owned()))?;
    let newline = text::newline_at(document.text, found.body.start);
    Ok(Splice { at: found.range.clone(), with: write_region(region, found.begin.clone(), shape, newline) })
}

/// Returns the lines of a region with its markers, without the last line break.
pub(crate) fn write_region(region: &Region, begin: Begin, shape: Shape<'_>, newline: &str) -> String {
    let content = region.content.as_ref().expect("a region without content is never written");
    let body = lines(region, content, shape).join(newline);
    let begin = Begin { checksum: checksum(&body), ..begin };
    let margin = " ".repeat(shape.indentation);
    format!("{margin}{begin}{newline}{body}{newline}{margin}{}", end(&begin.name))
}

/// Returns how a region is written where it stands, or nothing where there is nothing in it any more.
pub(crate) fn standing<'d>(
    document: &'d Document<'_>,
    found: &'d Found,
) -> Result<Option<Shape<'d>>, EmbedError> {
    let misplaced = || EmbedError::Misplaced { name: found.name().to_string(), line: found.line };
    let path = &found.name().path;
    // The last node on the path whose key is outside of the region.
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
