//! The values of a template before layout, with CloudFormation's names and in the order of the template.
//!
//! The tree is the input of the tera templates, and what the rendered text is compared with.

use std::borrow::Cow;

use serde_json::json;
use tera::value::Key;

use crate::render::block::{block, get_att};
use crate::render::scalar::{flow_scalar, scalar};
use crate::table::global::{Consistency, SettingsReplication};
use crate::table::import::{Compression, Delimiter};
use crate::table::settings::{InsightsMode, Precision, StreamView, TableClass};
use crate::value::{Argument, Expression, Sub, Value};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree<'a> {
    Text(Cow<'a, str>),
    /// A plain string that is a boolean in YAML 1.1 but not in CloudFormation: `N` of `AttributeType`.
    Word(&'static str),
    Number(u64),
    Bool(bool),
    Call(Cow<'a, Expression>),
    /// JSON of the user, with functions in their long form.
    Json(Cow<'a, serde_json::Value>),
    List(Vec<Self>),
    /// In the order of the template.
    Map(Vec<(&'static str, Self)>),
    /// A map as an item of a list, with comment lines above it.
    Commented(Vec<String>, Box<Self>),
}

/// The key of the comment lines of a map in tera values. No property has this name.
pub(super) const COMMENT: &str = "#";

impl<'a> Tree<'a> {
    /// Creates a map of the entries that have a value.
    pub(super) fn map<const N: usize>(entries: [(&'static str, Option<Self>); N]) -> Self {
        Self::Map(entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
    }

    /// Creates a list, or returns `None` if it would be empty, as DynamoDB rejects empty lists.
    pub(super) fn list(items: impl IntoIterator<Item = Self>) -> Option<Self> {
        let items: Vec<Self> = items.into_iter().collect();
        (!items.is_empty()).then_some(Self::List(items))
    }

    /// Returns the value of a map under a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(name, _)| *name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Returns the tree as JSON, with intrinsic functions in their long form, like the parsed text.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => (&**text).into(),
            Self::Word(word) => (*word).into(),
            Self::Number(number) => (*number).into(),
            Self::Bool(yes) => (*yes).into(),
            Self::Call(call) => json!(**call),
            Self::Json(value) => (**value).clone(),
            Self::List(items) => items.iter().map(Tree::to_json).collect(),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            Self::Commented(_, value) => value.to_json(),
        }
    }

    /// Converts the tree to a tera value for the user's templates. Functions, in their short form, and JSON of the user are
    /// already YAML that follows a `key:`. Text is escaped when a template prints it.
    pub(super) fn to_tera(&self) -> tera::Value {
        match self {
            Self::Text(text) => (&**text).into(),
            Self::Word(word) => tera::Value::safe_string(word),
            Self::Number(number) => (*number).into(),
            Self::Bool(yes) => (*yes).into(),
            Self::Call(call) => tera::Value::safe_string(&short_form_of_call(call)),
            Self::Json(value) => tera::Value::safe_string(&block(&**value)),
            Self::List(items) => items.iter().map(Tree::to_tera).collect::<Vec<_>>().into(),
            Self::Map(entries) => tera_map(entries, Self::to_tera).into(),
            Self::Commented(lines, value) => match value.to_tera().into_map() {
                Some(mut entries) => {
                    entries.insert(Key::Str(COMMENT), lines.clone().into());
                    entries.into()
                }
                None => value.to_tera(),
            },
        }
    }

    /// Converts the tree to a tera value for the built-in templates, which print properties as a whole: the entries of a map are
    /// already YAML. The result is that of the filter `yaml` on [`to_tera`](Self::to_tera), in a fraction of the time.
    pub(super) fn to_finished(&self) -> tera::Value {
        match self {
            Self::Map(entries) => tera_map(entries, Self::to_block).into(),
            Self::List(_) | Self::Json(_) | Self::Commented(..) => self.to_block(),
            Self::Text(_) | Self::Word(_) | Self::Number(_) | Self::Bool(_) | Self::Call(_) => self.to_tera(),
        }
    }

    /// Returns the YAML that follows a `key:`.
    pub(super) fn to_block(&self) -> tera::Value {
        tera::Value::safe_string(&block(self))
    }
}

/// Converts entries to a tera map, in order.
fn tera_map<'a>(entries: &[(&'static str, Tree<'a>)], value: impl Fn(&Tree<'a>) -> tera::Value) -> tera::Map {
    entries.iter().map(|(key, tree)| (Key::Str(key), value(tree))).collect()
}

/// Returns a function in its short form, in one line. Functions inside of it are in their long form: CloudFormation does not
/// allow all short forms there, and YAML does not allow two tags on one value.
pub(super) fn short_form_of_call(call: &Expression) -> String {
    match call {
        Expression::Ref(name) => format!("!Ref {}", scalar(name)),
        Expression::GetAtt(id, attribute) => match get_att(id, attribute) {
            Some(path) => format!("!GetAtt {path}"),
            None => flow_call(call),
        },
        Expression::Sub(_)
        | Expression::ImportValue(_)
        | Expression::FindInMap(..)
        | Expression::If(..)
        | Expression::Join(..)
        | Expression::Select(..)
        | Expression::Split(..) => {
            let (name, argument) = parts(call);
            format!("!{} {argument}", name.trim_start_matches("Fn::"))
        }
    }
}

fn flow_call(call: &Expression) -> String {
    let (name, argument) = parts(call);
    format!("{{{}: {argument}}}", flow_scalar(name))
}

/// Returns the name of a function, and its arguments in flow style.
fn parts(call: &Expression) -> (&'static str, String) {
    match call {
        Expression::Ref(name) => ("Ref", flow_scalar(name)),
        Expression::Sub(Sub::Text(text)) => ("Fn::Sub", flow_scalar(text)),
        Expression::Sub(Sub::With(text, values)) => {
            let values: Vec<String> = values
                .iter()
                .map(|(name, value)| format!("{}: {}", flow_scalar(name), flow(value)))
                .collect();
            ("Fn::Sub", format!("[{}, {{{}}}]", flow_scalar(text), values.join(", ")))
        }
        Expression::GetAtt(id, attribute) => {
            ("Fn::GetAtt", format!("[{}, {}]", flow_scalar(id), flow_scalar(attribute)))
        }
        Expression::ImportValue(name) => ("Fn::ImportValue", flow(name)),
        Expression::FindInMap(map, top, second) => {
            ("Fn::FindInMap", format!("[{}, {}, {}]", flow(map), flow(top), flow(second)))
        }
        Expression::If(condition, then, otherwise) => {
            ("Fn::If", format!("[{}, {}, {}]", flow_scalar(condition), flow(then), flow(otherwise)))
        }
        Expression::Join(delimiter, list) => {
            ("Fn::Join", format!("[{}, {}]", flow_scalar(delimiter), flow(list)))
        }
        Expression::Select(position, list) => ("Fn::Select", format!("[{}, {}]", flow(position), flow(list))),
        Expression::Split(delimiter, text) => {
            ("Fn::Split", format!("[{}, {}]", flow_scalar(delimiter), flow(text)))
        }
    }
}

fn flow(argument: &Argument) -> String {
    match argument {
        Argument::Text(text) => flow_scalar(text),
        Argument::Number(number) => number.to_string(),
        Argument::Bool(yes) => yes.to_string(),
        Argument::Call(call) => flow_call(call),
        Argument::List(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
    }
}

impl<'a> From<&'a str> for Tree<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Tree<'a> {
    fn from(text: &'a String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for Tree<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<Expression> for Tree<'_> {
    fn from(call: Expression) -> Self {
        Self::Call(Cow::Owned(call))
    }
}

impl<'a> From<&'a Expression> for Tree<'a> {
    fn from(call: &'a Expression) -> Self {
        Self::Call(Cow::Borrowed(call))
    }
}

impl<'a> From<&'a serde_json::Value> for Tree<'a> {
    fn from(value: &'a serde_json::Value) -> Self {
        Self::Json(Cow::Borrowed(value))
    }
}

impl From<bool> for Tree<'_> {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl From<u64> for Tree<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl<'a, T: Literal> From<&'a Value<T>> for Tree<'a> {
    fn from(value: &'a Value<T>) -> Self {
        match value {
            Value::Literal(literal) => literal.tree(),
            Value::Expression(call) => call.into(),
        }
    }
}

/// A literal of a property.
pub(super) trait Literal {
    fn tree(&self) -> Tree<'_>;
}

impl Literal for String {
    fn tree(&self) -> Tree<'_> {
        self.into()
    }
}

impl Literal for u64 {
    fn tree(&self) -> Tree<'_> {
        (*self).into()
    }
}

impl Literal for u32 {
    fn tree(&self) -> Tree<'_> {
        u64::from(*self).into()
    }
}

impl Literal for bool {
    fn tree(&self) -> Tree<'_> {
        (*self).into()
    }
}

macro_rules! literal_words {
    ($($words:ty),+ $(,)?) => {
        $(impl Literal for $words {
            fn tree(&self) -> Tree<'_> {
                self.as_str().into()
            }
        })+
    };
}

literal_words!(
    Compression,
    Consistency,
    Delimiter,
    InsightsMode,
    Precision,
    SettingsReplication,
    StreamView,
    TableClass,
);
