//! A property value: a literal, or an expression that CloudFormation resolves when it deploys.

use serde::{Deserialize, Serialize};

/// A literal or an expression.
///
/// A literal is the normal case; `From` makes one from a plain value. Serialised, both look as they do in a JSON template.
///
/// ```
/// use tablewright::{Expression, Value};
///
/// let fixed: Value<u64> = 5.into();
/// let from_parameter: Value<u64> = Expression::Ref("ReadCapacity".into()).into();
/// assert_eq!(fixed.literal(), Some(&5));
/// assert_eq!(from_parameter.literal(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value<T> {
    /// Known now.
    Literal(T),
    /// Known to CloudFormation.
    Expression(Expression),
}

/// An intrinsic function of CloudFormation. Serialised it is the function's long form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expression {
    /// `Ref`: the value of a parameter, or the physical id of a resource (of a table: its name).
    Ref(String),
    /// `Fn::Sub`: a string with `${Name}` and `${Resource.Attribute}` in it.
    #[serde(rename = "Fn::Sub")]
    Sub(String),
    /// `Fn::GetAtt`: logical id and attribute.
    #[serde(rename = "Fn::GetAtt")]
    GetAtt(String, String),
    /// `Fn::ImportValue`: the name of another stack's export.
    #[serde(rename = "Fn::ImportValue")]
    ImportValue(String),
    /// `Fn::FindInMap`: map, top-level key, second-level key.
    #[serde(rename = "Fn::FindInMap")]
    FindInMap(String, String, String),
}

impl<T> Value<T> {
    /// Returns the literal, or `None` for an expression.
    pub const fn literal(&self) -> Option<&T> {
        match self {
            Self::Literal(value) => Some(value),
            Self::Expression(_) => None,
        }
    }
}

impl<T> From<T> for Value<T> {
    fn from(value: T) -> Self {
        Self::Literal(value)
    }
}

impl From<&str> for Value<String> {
    fn from(value: &str) -> Self {
        Self::Literal(value.to_owned())
    }
}

macro_rules! from_expression {
    ($($type:ty),+) => {
        $(impl From<Expression> for Value<$type> {
            fn from(value: Expression) -> Self {
                Self::Expression(value)
            }
        })+
    };
}

from_expression!(String, u64, bool);
