//! Additions of the user's templates to a definition.
//!
//! A template declares them in `{# adds: … #}` comments, so that a reviewer sees them without reading the layout. They are
//! compared, planned, and listed with the result of rendering.

use crate::render::Error;
use crate::render::templates::position;

/// A value that is not in the definition, and that a template declares to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// JSON pointer into the template, such as `/Resources/Note/Metadata/Owner`.
    pub pointer: String,
    /// The file that declares it, such as `table.yaml`.
    pub template_file: String,
}

/// A JSON pointer in an `adds:` comment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) template_file: String,
    /// The parts of the pointer; `*` matches any one part.
    tokens: Vec<String>,
}

impl Declared {
    /// Whether the declaration covers the value at `tokens`.
    pub(super) fn covers(&self, tokens: &[String]) -> bool {
        self.tokens.len() == tokens.len() && self.agrees(tokens)
    }

    /// Whether the declaration is for something below `tokens`.
    pub(super) fn is_below(&self, tokens: &[String]) -> bool {
        self.tokens.len() > tokens.len() && self.agrees(tokens)
    }

    fn agrees(&self, tokens: &[String]) -> bool {
        self.tokens.iter().zip(tokens).all(|(declared, token)| declared == "*" || declared == token)
    }
}

/// Returns the declarations in the comments of a template.
pub(super) fn declared(template_file: &str, text: &str) -> Result<Vec<Declared>, Error> {
    let mut all = Vec::new();
    for (list, start) in comments(text).filter_map(|(comment, start)| adds(comment, start)) {
        for (pointer, offset) in words(list) {
            let Some(tokens) = tokens(pointer) else {
                let position = position(text, start + offset);
                return Err(Error::Declaration {
                    template_file: template_file.to_owned(),
                    pointer: pointer.to_owned(),
                    position,
                    excerpt: position.excerpt(text),
                });
            };
            all.push(Declared { template_file: template_file.to_owned(), tokens });
        }
    }
    Ok(all)
}

/// Returns the texts between `{#` and `#}`, with their byte offsets.
fn comments(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.match_indices("{#").map(|(start, _)| {
        let start = start + 2;
        let end = text[start..].find("#}").map_or(text.len(), |length| start + length);
        (&text[start..end], start)
    })
}

/// Returns the list of a comment that declares additions, with its byte offset. A `-` at either end is tera's whitespace control.
fn adds(comment: &str, start: usize) -> Option<(&str, usize)> {
    let list = comment.strip_prefix('-').unwrap_or(comment).trim_start().strip_prefix("adds:")?;
    Some((list.strip_suffix('-').unwrap_or(list), start + comment.len() - list.len()))
}

/// Returns the words of a list, with their byte offsets.
fn words(list: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut next = 0;
    let words = list.split([' ', '\t', '\r', '\n', ',']).map(move |word| {
        let start = next;
        next += word.len() + 1;
        (word, start)
    });
    words.filter(|(word, _)| !word.is_empty())
}

/// Returns the parts of a JSON pointer, or `None` if it is malformed or refers to the root.
fn tokens(pointer: &str) -> Option<Vec<String>> {
    let tokens: Vec<String> = pointer
        .strip_prefix('/')?
        .split('/')
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect();
    tokens.iter().all(|token| !token.is_empty()).then_some(tokens)
}
