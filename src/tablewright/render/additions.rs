//! What templates of the user's add to a definition, and how they say so.
//!
//! In: the text of a template. Out: what its `{# adds: … #}` comments declare. Nobody has to look for such a thing in the
//! middle of a layout: it is declared in words, stands in the plan, and is listed with what was rendered.

use crate::render::Error;
use crate::render::templates::position;

/// Something that the definition does not have, and that a template declares to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// JSON pointer into the template, such as `/Resources/Note/Metadata/Owner`.
    pub pointer: String,
    /// The file that declares it, such as `table.yaml`.
    pub template_file: String,
}

/// One pointer of an `adds:` comment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) template_file: String,
    /// The pointer's parts; `*` is any one part.
    tokens: Vec<String>,
}

impl Declared {
    /// Returns whether what stands at `tokens` is declared.
    pub(super) fn covers(&self, tokens: &[String]) -> bool {
        self.tokens.len() == tokens.len() && self.agrees(tokens)
    }

    /// Returns whether something below `tokens` is declared.
    pub(super) fn is_below(&self, tokens: &[String]) -> bool {
        self.tokens.len() > tokens.len() && self.agrees(tokens)
    }

    fn agrees(&self, tokens: &[String]) -> bool {
        self.tokens.iter().zip(tokens).all(|(declared, token)| declared == "*" || declared == token)
    }
}

/// Returns what the comments of a template declare.
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

/// Returns what stands between `{#` and `#}`, and where it begins.
fn comments(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.match_indices("{#").map(|(start, _)| {
        let start = start + 2;
        let end = text[start..].find("#}").map_or(text.len(), |length| start + length);
        (&text[start..end], start)
    })
}

/// Returns the list of a comment that declares additions. A `-` at either end trims the blanks around the comment.
fn adds(comment: &str, start: usize) -> Option<(&str, usize)> {
    let list = comment.strip_prefix('-').unwrap_or(comment).trim_start().strip_prefix("adds:")?;
    Some((list.strip_suffix('-').unwrap_or(list), start + comment.len() - list.len()))
}

/// Returns the words of a list, and where each begins.
fn words(list: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut next = 0;
    let words = list.split([' ', '\t', '\r', '\n', ',']).map(move |word| {
        let start = next;
        next += word.len() + 1;
        (word, start)
    });
    words.filter(|(word, _)| !word.is_empty())
}

/// Returns the parts of a JSON pointer to something below the root.
fn tokens(pointer: &str) -> Option<Vec<String>> {
    let tokens: Vec<String> = pointer
        .strip_prefix('/')?
        .split('/')
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect();
    tokens.iter().all(|token| !token.is_empty()).then_some(tokens)
}
