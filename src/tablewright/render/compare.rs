//! Compares a rendered template with the definition.
//!
//! Returns every [`Difference`], and every [`Addition`] that a template declares. A changed or dropped value is always a
//! difference.

use std::fmt;

use serde_json::Value;
use tablewright_template::{Kind, Node, Position};

use crate::render::additions::{Addition, Declared};

/// A difference between a rendered template and the definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// JSON pointer into the template.
    pub pointer: String,
    /// The kind of difference.
    pub kind: DifferenceKind,
    /// The user's template that writes this part, if any.
    pub template_file: Option<String>,
    /// Position in the rendered text.
    pub position: Position,
}

/// The kind of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// The value is missing from the rendered template.
    Dropped,
    /// The values differ.
    Changed {
        /// The rendered value, as JSON.
        found: String,
        /// The value of the definition, as JSON.
        wanted: String,
    },
    /// The value is not in the definition, and no template declares it.
    Added,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pointer, kind, template_file, position: _ } = self;
        let file = template_file.as_deref().unwrap_or("a template");
        match kind {
            DifferenceKind::Dropped => write!(f, "{file} drops {pointer}"),
            DifferenceKind::Changed { found, wanted } => {
                write!(f, "{file} changes {pointer} from {} to {}", short(wanted), short(found))
            }
            DifferenceKind::Added => write!(f, "{file} adds {pointer}"),
        }
    }
}

/// Shortens a text that may be a whole resource.
fn short(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown: String = text.chars().take(MOST).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    shown
}

/// The result of comparing two trees.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Comparison {
    pub(super) differences: Vec<Difference>,
    pub(super) additions: Vec<Addition>,
}

pub(super) fn compare(wanted: &Value, found: &Node, declared: &[Declared]) -> Comparison {
    let mut comparison = Comparison::default();
    Comparing { declared, out: &mut comparison }.nodes(&Path::Root, wanted, found);
    comparison
}

/// The current path: a linked list on the stack, so that equal values need no allocation.
enum Path<'a> {
    Root,
    Key(&'a Self, &'a str),
    Item(&'a Self, usize),
}

impl Path<'_> {
    fn tokens(&self) -> Vec<String> {
        let (mut tokens, last) = match self {
            Path::Root => return Vec::new(),
            Path::Key(above, key) => (above.tokens(), (*key).to_owned()),
            Path::Item(above, position) => (above.tokens(), position.to_string()),
        };
        tokens.push(last);
        tokens
    }

    fn pointer(&self) -> String {
        self.tokens()
            .iter()
            .map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1")))
            .collect()
    }
}

struct Comparing<'a> {
    declared: &'a [Declared],
    out: &'a mut Comparison,
}

impl Comparing<'_> {
    fn nodes(&mut self, path: &Path<'_>, wanted: &Value, found: &Node) {
        match (wanted, &found.kind) {
            (Value::Object(wanted), Kind::Mapping(entries)) => {
                let mut common = 0;
                for entry in entries {
                    let path = Path::Key(path, &entry.key);
                    match wanted.get(&entry.key) {
                        Some(wanted) => {
                            common += 1;
                            self.nodes(&path, wanted, &entry.value);
                        }
                        None => self.added(&path, entry.key_position, &entry.value),
                    }
                }
                // Keys are unique: if the number of common keys is that of the definition, none is missing.
                if common < wanted.len() {
                    for key in wanted.keys().filter(|key| found.get(key).is_none()) {
                        self.differ(&Path::Key(path, key), DifferenceKind::Dropped, found.position);
                    }
                }
            }
            (Value::Array(wanted), Kind::Sequence(items)) if wanted.len() <= items.len() => {
                for (position, item) in items.iter().enumerate() {
                    let path = Path::Item(path, position);
                    match wanted.get(position) {
                        Some(wanted) => self.nodes(&path, wanted, item),
                        None => self.added(&path, item.position, item),
                    }
                }
            }
            (Value::String(wanted), _) if found.as_str() == Some(wanted) => {}
            (wanted, _) => {
                let value = found.to_value();
                if value != *wanted {
                    let (found_text, wanted) = (value.to_string(), wanted.to_string());
                    let kind = DifferenceKind::Changed { found: found_text, wanted };
                    self.differ(path, kind, found.position);
                }
            }
        }
    }

    /// Records an added value: an addition if it is declared, or if it is a mapping and all its entries are declared.
    fn added(&mut self, path: &Path<'_>, position: Position, found: &Node) {
        let tokens = path.tokens();
        if let Some(declared) = self.declared.iter().find(|declared| declared.covers(&tokens)) {
            let template_file = declared.template_file.clone();
            self.out.additions.push(Addition { pointer: path.pointer(), template_file });
            return;
        }
        match &found.kind {
            Kind::Mapping(entries)
                if !entries.is_empty() && self.declared.iter().any(|declared| declared.is_below(&tokens)) =>
            {
                for entry in entries {
                    self.added(&Path::Key(path, &entry.key), entry.key_position, &entry.value);
                }
            }
            Kind::Mapping(_) | Kind::Sequence(_) | Kind::Scalar(_) => {
                self.differ(path, DifferenceKind::Added, position);
            }
        }
    }

    fn differ(&mut self, path: &Path<'_>, kind: DifferenceKind, position: Position) {
        let pointer = path.pointer();
        self.out.differences.push(Difference { pointer, kind, template_file: None, position });
    }
}
