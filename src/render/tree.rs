//! A piece of a template as data: what the model comes to before layout.
//!
//! Names are CloudFormation's own, so the tree is both the vocabulary of the tera templates and the yardstick that the
//! rendered text is compared with.

use serde_json::json;

use crate::render::scalar::scalar;
use crate::value::{Expression, Value};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Text(String),
    Number(u64),
    Bool(bool),
    Call(Expression),
    List(Vec<Tree>),
    /// In the order of the template.
    Map(Vec<(&'static str, Tree)>),
}

impl Tree {
    /// Makes a map of those entries that have a value.
    pub(super) fn map<const N: usize>(entries: [(&'static str, Option<Tree>); N]) -> Self {
        Self::Map(entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
    }

    /// Makes a list, or nothing where it would be empty: DynamoDB refuses empty lists.
    pub(super) fn list(items: impl IntoIterator<Item = Tree>) -> Option<Self> {
        let items: Vec<Tree> = items.into_iter().collect();
        (!items.is_empty()).then_some(Self::List(items))
    }

    /// Returns the tree as parsed text would give it: JSON with intrinsic functions in their long form.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => (*number).into(),
            Self::Bool(yes) => (*yes).into(),
            Self::Call(call) => json!(call),
            Self::List(items) => items.iter().map(Tree::to_json).collect(),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    /// Returns the tree as tera's templates see it. Functions are finished YAML in their short form; text is escaped when
    /// a template prints it.
    pub(super) fn to_tera(&self) -> tera::Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => (*number).into(),
            Self::Bool(yes) => (*yes).into(),
            Self::Call(call) => tera::Value::safe_string(&short_form(call)),
            Self::List(items) => items.iter().map(Tree::to_tera).collect::<Vec<_>>().into(),
            Self::Map(entries) => tera_map(entries).into(),
        }
    }
}

/// Returns the entries as tera's templates see them.
pub(super) fn tera_map(entries: &[(&'static str, Tree)]) -> tera::Map {
    entries.iter().map(|(key, value)| (tera::value::Key::Str(key), value.to_tera())).collect()
}

fn short_form(call: &Expression) -> String {
    match call {
        Expression::Ref(name) => format!("!Ref {}", scalar(name)),
        Expression::Sub(text) => format!("!Sub {}", scalar(text)),
        Expression::GetAtt(id, attribute) => format!("!GetAtt {}", scalar(&format!("{id}.{attribute}"))),
        Expression::ImportValue(name) => format!("!ImportValue {}", scalar(name)),
        Expression::FindInMap(map, top, second) => {
            // Flow style: the only function here with several arguments, all of them short.
            let quoted = [map, top, second].map(|argument| scalar(argument));
            format!("!FindInMap [{}]", quoted.join(", "))
        }
    }
}

impl From<&str> for Tree {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Tree {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Tree {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Tree {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl From<Expression> for Tree {
    fn from(call: Expression) -> Self {
        Self::Call(call)
    }
}

impl From<&Value<String>> for Tree {
    fn from(value: &Value<String>) -> Self {
        match value {
            Value::Literal(text) => Self::Text(text.clone()),
            Value::Expression(call) => Self::Call(call.clone()),
        }
    }
}

impl From<&Value<u64>> for Tree {
    fn from(value: &Value<u64>) -> Self {
        match value {
            Value::Literal(number) => Self::Number(*number),
            Value::Expression(call) => Self::Call(call.clone()),
        }
    }
}
