//! Regions: pieces of YAML and the paths in a template that they belong to.
//!
//! The content of a region is block YAML, as the renderer writes it. Inside of a block collection its lines are indented; inside
//! of a flow collection it is written as JSON.

use tablewright::Place;
use tablewright_template::{
    JsonLayout, Kind, Layout, Node, ParseError, Style, Syntax, SyntaxKind, SyntaxNode,
};

/// The regions of one owner in a template.
///
/// ```
/// use tablewright_sam::{Region, Regions, embed, Options};
///
/// let topic = Region::new(["Resources"], "Topic:\n  Type: AWS::SNS::Topic\n")?;
/// let regions = Regions { owner: "alarms".to_owned(), regions: vec![topic] };
/// let edit = embed("Resources:\n    Api: {Type: x}\n", &regions, Options::default())?;
/// assert!(edit.text.contains("    Topic:\n      Type: AWS::SNS::Topic\n"), "at the indentation of the others");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Regions {
    /// The owner, a word without spaces, such as the id of a stack. Regions of other owners are not changed.
    pub owner: String,
    /// The regions, with distinct paths. A region without content is removed from the template.
    pub regions: Vec<Region>,
}

/// A piece of a template: entries of one mapping, or items of one list.
///
/// See [`Regions`].
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// Path of the mapping or list that it adds to, such as `["Resources"]`.
    pub path: Vec<String>,
    /// The entries or items as block YAML without indentation, with comments; empty to remove the region.
    pub yaml: String,
    /// Source locations in Rust, by key. They are shown in errors.
    pub places: Vec<(String, Place)>,
    /// `yaml`, parsed; `None` if it is empty.
    pub(crate) content: Option<Node>,
}

impl Region {
    /// Creates a region from its path and block YAML, whose last line gets a line break if it has none. If the YAML is blank, the
    /// region is removed from the template.
    ///
    /// See [`Regions`].
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not YAML that CloudFormation accepts.
    pub fn new<K: Into<String>>(
        path: impl IntoIterator<Item = K>,
        yaml: impl Into<String>,
    ) -> Result<Self, ParseError> {
        let (path, mut yaml): (_, String) = (path.into_iter().map(Into::into).collect(), yaml.into());
        if !yaml.trim().is_empty() && !yaml.ends_with(['\n', '\r']) {
            yaml.push('\n');
        }
        let content = if yaml.trim().is_empty() { None } else { Some(tablewright_template::parse(&yaml)?) };
        Ok(Self { path, yaml, places: Vec::new(), content })
    }

    /// Adds source locations, by key.
    ///
    /// ```
    /// use tablewright::Place;
    /// use tablewright_sam::Region;
    ///
    /// let region = Region::new(["Resources"], "Topic: {}")?.at([("Topic".to_owned(), Place::caller())]);
    /// assert_eq!(region.places[0].0, "Topic");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn at(mut self, places: impl IntoIterator<Item = (String, Place)>) -> Self {
        self.places.extend(places);
        self
    }

    pub(crate) fn place_of(&self, key: &str) -> Option<&Place> {
        self.places.iter().find(|(other, _)| other == key).map(|(_, place)| place)
    }
}

/// The layout of a region.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape<'a> {
    pub(crate) layout: Layout,
    /// Number of spaces before each line.
    pub(crate) indentation: usize,
    /// Keys that the content is wrapped in: the end of the path that does not exist in the flow collection.
    pub(crate) wrapped_in: &'a [String],
}

/// Returns the indented lines of a region, without line breaks. Empty lines around it are left out, but not after a block scalar,
/// to which they may belong.
pub(crate) fn lines(region: &Region, content: &Node, shape: Shape<'_>) -> Vec<String> {
    let text = match shape.layout {
        Layout::Block => region.yaml.trim_start_matches(['\n', '\r']).to_owned(),
        Layout::Flow => flow(content, shape.wrapped_in),
    };
    let mut lines: Vec<String> = text
        .lines()
        .map(
            |line| {
                if line.is_empty() { String::new() } else { format!("{:1$}{line}", "", shape.indentation) }
            },
        )
        .collect();
    while !ends_in_block_scalar(content) && lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    lines
}

fn ends_in_block_scalar(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(scalar) => matches!(scalar.style, Style::Literal | Style::Folded),
        Kind::Sequence(items) => items.last().is_some_and(ends_in_block_scalar),
        Kind::Mapping(entries) => entries.last().is_some_and(|entry| ends_in_block_scalar(&entry.value)),
    }
}

/// Returns the entries or items as JSON, with a comma at the end: YAML allows it before another entry and before the closing
/// bracket.
fn flow(content: &Node, wrapped_in: &[String]) -> String {
    let json = content.write_json(JsonLayout::Pretty);
    let mut json = wrapped_in.iter().rev().fold(json, |json, key| {
        format!("{{\n  {}: {}\n}}", serde_json::Value::from(key.as_str()), json.replace('\n', "\n  "))
    });
    // Remove the outer brackets and their indentation.
    json.pop();
    let inner: Vec<&str> = json.trim_end().lines().skip(1).collect();
    let dedented: Vec<&str> = inner.iter().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
    dedented.join("\n") + ","
}

/// Parses the content of a region in a layout, to be compared with the template.
pub(crate) fn meaning(region: &Region, content: &Node, shape: Shape<'_>) -> Result<Syntax, ParseError> {
    match shape.layout {
        Layout::Block => Syntax::parse(&region.yaml),
        // Flow content needs the brackets of its collection.
        Layout::Flow => {
            let text = lines(region, content, Shape { indentation: 0, ..shape }).join("\n");
            Syntax::parse(&match (&content.kind, shape.wrapped_in) {
                (Kind::Sequence(_), []) => format!("[\n{text}\n]"),
                _ => format!("{{\n{text}\n}}"),
            })
        }
    }
}

/// Whether two nodes are equal, except for their positions.
pub(crate) fn same(a: &SyntaxNode, b: &SyntaxNode) -> bool {
    a.tag == b.tag
        && a.anchor == b.anchor
        && match (&a.kind, &b.kind) {
            (SyntaxKind::Scalar(a), SyntaxKind::Scalar(b)) => a == b,
            (SyntaxKind::Alias(a), SyntaxKind::Alias(b)) => a == b,
            (SyntaxKind::Sequence(_, a), SyntaxKind::Sequence(_, b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (SyntaxKind::Mapping(_, a), SyntaxKind::Mapping(_, b)) => {
                let pairs = || a.iter().zip(b);
                a.len() == b.len() && pairs().all(|(a, b)| same(&a.key, &b.key) && same(&a.value, &b.value))
            }
            (
                SyntaxKind::Scalar(_)
                | SyntaxKind::Alias(_)
                | SyntaxKind::Sequence(..)
                | SyntaxKind::Mapping(..),
                _,
            ) => false,
        }
}
