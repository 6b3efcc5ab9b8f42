//! Fragments: the lines of a template that give a function access to a table.
//!
//! A fragment is both text to paste and a region in the function's own properties. Only [`embed_fragment`] reads a template.

mod connector;
mod definitions;
mod env;
mod events;
mod outputs;
mod policies;
mod statement;

use serde_json::Value as Json;
use tablewright::render::yaml;
use tablewright::{Problem, Stack, Table};
use tablewright_template::nearest;

use crate::EmbedError;
use crate::document::Document;
use crate::embed::{Edit, Options, embed};
use crate::fragment::definitions::{Needs, names_in};
use crate::names::with_name_parameters;
use crate::region::{Region, Regions};
use crate::way::{Reference, RegionsError, Way, provenance};
pub use env::env_json;

/// Kinds of fragments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FragmentKind {
    /// The table's name in `Environment.Variables` of the function.
    Env,
    /// Least-privilege statements in `Policies` of the function.
    Policies,
    /// An `AWS::Serverless::Connector`, as an alternative to `Policies`.
    Connector,
    /// The table's stream in `Events` of the function.
    Events,
    /// The table's name in `Globals`, for all functions.
    Globals,
    /// Name and ARN in `Outputs`.
    Outputs,
    /// The content of a file for `sam local --env-vars`. It has no region, as it is not a part of a template.
    EnvJson,
}

/// What a function may do with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Access {
    /// Get, query, scan and check items.
    #[default]
    Read,
    /// Put, update and delete items.
    Write,
    /// `Read` and `Write`.
    Crud,
    /// Read the table's stream.
    Stream,
}

/// A request for a fragment: a function, a table, and the access of the function to the table.
///
/// ```
/// use tablewright::{Index, Scalar, Stack, Table};
/// use tablewright_sam::{Access, FragmentKind, Request, fragment};
///
/// let mut stack = Stack::new("notes");
/// let by_day = Index::new("by-day").partition("day", Scalar::S);
/// stack.table(Table::define("Note").name("demo-notes").partition("user", Scalar::S).gsi(by_day));
///
/// let request = Request { index: Some("by-day"), ..Request::new(&stack, "Note", "Report") };
/// let policies = fragment(FragmentKind::Policies, &request)?;
/// assert_eq!(policies.text, "\
/// Policies:
///   - Version: '2012-10-17'
///     Statement:
///       - Sid: NoteRead
///         Effect: Allow
///         Action:
///           - dynamodb:Query
///           - dynamodb:Scan
///         Resource:
///           - !Sub '${Note.Arn}/index/by-day'
/// ");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The stack of the table.
    pub stack: &'a Stack,
    /// The logical id of the table.
    pub table: &'a str,
    /// The logical id of the function.
    pub function: &'a str,
    /// What the function may do.
    pub access: Access,
    /// The only index that it may read; `None` for the table and all of its indexes.
    pub index: Option<&'a str>,
    /// The values of the partition key that it may access; empty for all.
    pub leading_keys: Vec<String>,
    /// The attributes that it may access, in addition to the keys; empty for all.
    pub attributes: Vec<String>,
    /// How the template integrates the table.
    pub way: Way,
}

impl<'a> Request<'a> {
    /// Creates a request for read access to a table that is embedded in the function's template.
    ///
    /// See [`Request`].
    #[must_use]
    pub fn new(stack: &'a Stack, table: &'a str, function: &'a str) -> Self {
        Self {
            stack,
            table,
            function,
            access: Access::default(),
            index: None,
            leading_keys: Vec::new(),
            attributes: Vec::new(),
            way: Way::Embedded,
        }
    }
}

/// Lines for a template.
///
/// See [`Request`].
#[derive(Debug, Clone, PartialEq)]
pub struct Fragment {
    /// Text to paste, including the key that it belongs to, without indentation.
    pub text: String,
    /// The region to embed; `None` for [`FragmentKind::EnvJson`].
    pub region: Option<Regions>,
    /// The function that the template must define, and its allowed types.
    pub(crate) function: Option<(String, &'static [&'static str])>,
    /// What the template must define; `None` for [`FragmentKind::EnvJson`].
    pub(crate) needs: Option<Needs>,
}

/// A piece of a template, before it is written as YAML.
struct Piece {
    path: Vec<String>,
    /// Number of keys, at the end of the path, that are part of the text to paste.
    shown: usize,
    content: Json,
    types: &'static [&'static str],
}

const SAM_FUNCTION: &[&str] = &["AWS::Serverless::Function"];
const ANY_FUNCTION: &[&str] = &["AWS::Serverless::Function", "AWS::Lambda::Function"];

/// Returns the fragment for a request.
///
/// See [`Request`].
///
/// # Errors
///
/// Returns [`RegionsError::Problem`], with the source location in Rust, if the stack has no such table or index (`SAM6`), if the
/// table has no stream (`SAM3`), if only a deployment determines its name (`SAM2`), if the stack does not output or publish a
/// value that is needed (`SAM4`, `SAM5`), or if the requested access cannot be granted (`SAM6`).
pub fn fragment(kind: FragmentKind, request: &Request<'_>) -> Result<Fragment, RegionsError> {
    let stack = with_name_parameters(request.stack)?;
    let table = table_of(&stack, request.table)?;
    let reference = Reference { stack: &stack, table, way: request.way };
    let piece = match kind {
        FragmentKind::Env => env::variables(&reference, request.function)?,
        FragmentKind::Globals => env::globals(&reference)?,
        FragmentKind::EnvJson => return Ok(env::json(&reference, request.function)?),
        FragmentKind::Policies => policies::policies(&reference, request)?,
        FragmentKind::Connector => connector::connector(&reference, request)?,
        FragmentKind::Events => events::events(&reference, request.function)?,
        FragmentKind::Outputs => outputs::outputs(&reference)?,
    };
    let shown = &piece.path[piece.path.len() - piece.shown..];
    let wrapped = shown.iter().rev().fold(piece.content.clone(), |content, key| {
        Json::Object([(key.clone(), content)].into_iter().collect())
    });
    let (function, owner) = if piece.types.is_empty() {
        (None, format!("{}.{}", stack.id, table.id))
    } else {
        (
            Some((request.function.to_owned(), piece.types)),
            format!("{}.{}.{}", stack.id, table.id, request.function),
        )
    };
    let mut names = names_in(&piece.content);
    if matches!((kind, request.way), (FragmentKind::Connector, Way::Embedded)) {
        // A connector names the resources themselves.
        names.push((table.id.clone(), None));
    }
    let needs = Needs {
        stack: stack.id.clone(),
        way: request.way,
        table: table.id.clone(),
        table_type: if table.global.is_some() {
            "AWS::DynamoDB::GlobalTable"
        } else {
            "AWS::DynamoDB::Table"
        },
        nested: stack.pascal_id(),
        condition: match kind {
            FragmentKind::Connector | FragmentKind::Outputs => reference.condition().map(str::to_owned),
            _ => None,
        },
        names,
    };
    let region = Region::new(piece.path, format!("{}{}", provenance(&stack), yaml(&piece.content)))?;
    let region = Regions { owner, regions: vec![region] };
    Ok(Fragment { text: yaml(&wrapped), region: Some(region), function, needs: Some(needs) })
}

/// Inserts or updates a fragment in a template: in the function's own `Environment.Variables`, `Policies` or `Events`, or in a
/// section. An existing fragment is updated in place. The template must define the table and the parameters that the fragment
/// refers to; the [`warnings`](Edit::warnings) name those that do not always exist.
///
/// ```
/// use tablewright::{Scalar, Stack, Table};
/// use tablewright_sam::{FragmentKind, Options, Request, embed_fragment, fragment};
///
/// let mut stack = Stack::new("notes");
/// stack.table(Table::define("Note").name("demo-notes").partition("user", Scalar::S));
/// let env = fragment(FragmentKind::Env, &Request::new(&stack, "Note", "Report"))?;
///
/// let template = "Resources:\n  Report:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: bootstrap\n";
/// let error = embed_fragment(template, &env, Options::default()).unwrap_err();
/// assert_eq!(error.to_string(), "the template does not define `NoteTableName`, to which the fragment refers");
///
/// let template = format!("Parameters:\n  NoteTableName:\n    Type: String\n{template}");
/// let text = embed_fragment(&template, &env, Options::default())?.text;
/// assert!(text.contains("      Environment:\n        Variables:\n"));
/// assert!(text.contains("          NOTE_TABLE_NAME: !Ref NoteTableName\n"));
///
/// let error = embed_fragment(&template.replace("Report", "Reports"), &env, Options::default()).unwrap_err();
/// assert_eq!(error.to_string(), "the template has no function `Report`");
/// assert_eq!(error.hint().as_deref(), Some("did you mean `Reports`?"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Returns an [`EmbedError`] if the template does not define the function, the table or a parameter, or cannot be edited safely.
pub fn embed_fragment(
    template: impl AsRef<[u8]>,
    fragment: &Fragment,
    options: Options,
) -> Result<Edit, EmbedError> {
    let template = crate::embed::utf8(template.as_ref())?;
    let Some(region) = &fragment.region else {
        return Err(EmbedError::Internal("an `env-json` fragment cannot be embedded".to_owned()));
    };
    if let Some((function, types)) = &fragment.function {
        find_function(template, function, types)?;
    }
    let mut edit = embed(template, region, options)?;
    edit.warnings = definitions::check(&Document::read(template)?, fragment)?;
    Ok(edit)
}

/// Returns an error if the template does not define the function with one of the given types.
fn find_function(template: &str, name: &str, types: &[&'static str]) -> Result<(), EmbedError> {
    let document = Document::read(template)?;
    let resources = document.root().get("Resources").map(|entry| entry.value.entries()).unwrap_or_default();
    let type_of = |entry: &tablewright_template::SyntaxEntry| -> String {
        let of_type = entry.value.get("Type").and_then(|entry| entry.value.as_str());
        of_type.unwrap_or_default().to_owned()
    };
    let found = resources.iter().find(|entry| entry.key.as_str() == Some(name));
    match found.map(|entry| (entry, type_of(entry))) {
        Some((_, found)) if types.contains(&found.as_str()) => Ok(()),
        Some((entry, found)) => Err(EmbedError::NotAFunction {
            name: name.to_owned(),
            found,
            expected: types[0],
            position: entry.key.position,
        }),
        None => {
            let functions = resources.iter().filter(|entry| types.contains(&type_of(entry).as_str()));
            let known: Vec<String> =
                functions.filter_map(|entry| entry.key.as_str().map(str::to_owned)).collect();
            let near = nearest(name, &known).cloned();
            Err(EmbedError::NoFunction { name: name.to_owned(), near, known })
        }
    }
}

fn table_of<'s>(stack: &'s Stack, id: &str) -> Result<&'s Table, Box<Problem>> {
    stack.tables.iter().find(|table| table.id == id).ok_or_else(|| {
        let known: Vec<String> = stack.tables.iter().map(|table| table.id.clone()).collect();
        let message = format!("stack `{}` has no table `{id}`", stack.id);
        let help = match nearest(id, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has {}", known.join(", ")),
        };
        Box::new(Problem::error("SAM6", &stack.at, message).help(help))
    })
}

/// Returns problem `SAM6`, at the source location of the table.
fn problem(table: &Table, message: String, help: impl Into<String>) -> Box<Problem> {
    Box::new(Problem::error("SAM6", &table.at, message).help(help))
}

fn path(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

fn in_function(function: &str, keys: &[&str]) -> Vec<String> {
    path(&[&["Resources", function, "Properties"], keys].concat())
}
