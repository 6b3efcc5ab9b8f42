//! What is to be in a template: regions, each a piece of YAML and the place where it belongs.
//!
//! In: block YAML, as the renderer lays it out. Out: the lines of a region, in the indentation or the brackets of the template
//! around it.

use tablewright::Place;
use tablewright_template::{JsonLayout, Layout, Node, ParseError, Syntax, SyntaxKind, SyntaxNode};

/// The regions that somebody owns in a template.
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
    /// Whose they are, one word, such as the id of a stack. Regions of others are left alone.
    pub owner: String,
    /// The regions, no place twice. One that is empty is taken out of the template.
    pub regions: Vec<Region>,
}

/// A piece of a template.
///
/// See [`Regions`].
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// The keys that lead to the mapping or list that it adds to, such as `Resources`.
    pub path: Vec<String>,
    /// The entries or items as block YAML at the left margin, with comments; empty where nothing is wanted.
    pub yaml: String,
    /// Where what is defined comes from, by key.
    pub places: Vec<(String, Place)>,
    /// What `yaml` means.
    pub(crate) content: Option<Node>,
}

impl Region {
    /// Makes a region of block YAML. Text of nothing but white space is a region that is to go.
    ///
    /// See [`Regions`].
    ///
    /// # Errors
    ///
    /// Where the text is no YAML that CloudFormation reads.
    pub fn new<K: Into<String>>(
        path: impl IntoIterator<Item = K>,
        yaml: impl Into<String>,
    ) -> Result<Self, ParseError> {
        let (path, yaml) = (path.into_iter().map(Into::into).collect(), yaml.into());
        let content = if yaml.trim().is_empty() { None } else { Some(tablewright_template::parse(&yaml)?) };
        Ok(Self { path, yaml, places: Vec::new(), content })
    }

    /// Says where what is defined comes from.
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

/// How a region is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape<'a> {
    pub(crate) layout: Layout,
    /// The spaces before each line.
    pub(crate) indentation: usize,
    /// Keys that the content is wrapped in: those of the path that brackets do not have.
    pub(crate) wrapped_in: &'a [String],
}

/// Returns the lines of a region without their line breaks, indented.
pub(crate) fn lines(region: &Region, content: &Node, shape: Shape<'_>) -> Vec<String> {
    let text = match shape.layout {
        Layout::Block => region.yaml.trim_matches(['\n', '\r']).to_owned(),
        Layout::Flow => flow(content, shape.wrapped_in),
    };
    let indented = text.lines().map(|line| match line.trim_end() {
        "" => String::new(),
        line => format!("{:width$}{line}", "", width = shape.indentation),
    });
    indented.collect()
}

/// Returns the entries or items as JSON, each with a comma behind it: right whatever follows.
fn flow(content: &Node, wrapped_in: &[String]) -> String {
    let json = content.write_json(JsonLayout::Pretty);
    let mut json = wrapped_in.iter().rev().fold(json, |json, key| {
        format!("{{\n  {}: {}\n}}", serde_json::Value::from(key.as_str()), json.replace('\n', "\n  "))
    });
    // Of the whole collection, what is between its brackets.
    json.pop();
    let inner: Vec<&str> = json.trim_end().lines().skip(1).collect();
    let dedented: Vec<&str> = inner.iter().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
    // Two spaces, then something, is the beginning or the end of an entry; the last line ends the last.
    dedented.join("\n") + ","
}

/// Returns what a region comes to when it is read, to be compared with what stands in the template.
pub(crate) fn meaning(region: &Region, content: &Node, shape: Shape<'_>) -> Result<Syntax, ParseError> {
    let shape = Shape { indentation: 0, ..shape };
    let text = lines(region, content, shape).join("\n");
    Syntax::parse(&match shape.layout {
        Layout::Block => text,
        // An open bracket of the same kind.
        Layout::Flow => match (&content.kind, shape.wrapped_in) {
            (tablewright_template::Kind::Sequence(_), []) => format!("[\n{text}\n]"),
            _ => format!("{{\n{text}\n}}"),
        },
    })
}

/// Whether two nodes say the same, wherever they stand.
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
