//! Property values: literals, and expressions that CloudFormation evaluates on deployment.
//!
//! Both serialize to the JSON of a template. Any scalar property accepts both. Checks apply to literals only, as the value of an
//! expression is known only to CloudFormation.

use std::collections::BTreeMap;

use serde::Serialize;

/// A literal or an expression.
///
/// `From` converts plain values to literals. A dynamic reference, such as `{{resolve:ssm:/shop/kms}}`, is a literal, too:
/// CloudFormation resolves it in any string.
///
/// ```
/// use tablewright::{Expression, Value};
///
/// let fixed: Value<u64> = 5.into();
/// let from_parameter: Value<u64> = Expression::Ref("ReadCapacity".into()).into();
/// assert_eq!(fixed.literal(), Some(&5));
/// assert_eq!(from_parameter.literal(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
#[serde(untagged)]
pub enum Value<T> {
    /// A value that is known when the stack is created.
    Literal(T),
    /// A value that CloudFormation evaluates.
    Expression(Expression),
}

/// An intrinsic function of CloudFormation. Serializes to the long form of the function.
///
/// ```
/// use tablewright::{Expression, Table, TableItem};
///
/// #[derive(TableItem)]
/// struct Order {
///     #[ddb(partition)]
///     id: String,
/// }
///
/// let name = Expression::join("-", [Expression::Ref("AWS::StackName".into()).into(), "orders".into()]);
/// let table = Table::of::<Order>().name(name);
/// assert_eq!(
///     serde_json::to_string(&table.name)?,
///     r#"{"Fn::Join":["-",[{"Ref":"AWS::StackName"},"orders"]]}"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub enum Expression {
    /// `Ref`: the value of a parameter, or the physical id of a resource (the name of a table).
    Ref(String),
    /// `Fn::Sub`: a string with `${Name}` and `${Resource.Attribute}` in it.
    #[serde(rename = "Fn::Sub")]
    Sub(Sub),
    /// `Fn::GetAtt`: logical id and attribute.
    #[serde(rename = "Fn::GetAtt")]
    GetAtt(String, String),
    /// `Fn::ImportValue`: the name of another stack's export.
    #[serde(rename = "Fn::ImportValue")]
    ImportValue(Box<Argument>),
    /// `Fn::FindInMap`: map, top-level key, second-level key.
    #[serde(rename = "Fn::FindInMap")]
    FindInMap(Box<Argument>, Box<Argument>, Box<Argument>),
    /// `Fn::If`: the name of a condition, the value if it is true, the value if it is false.
    #[serde(rename = "Fn::If")]
    If(String, Box<Argument>, Box<Argument>),
    /// `Fn::Join`: a delimiter and the list to join.
    #[serde(rename = "Fn::Join")]
    Join(String, Box<Argument>),
    /// `Fn::Select`: an index, from 0, and the list to select from.
    #[serde(rename = "Fn::Select")]
    Select(Box<Argument>, Box<Argument>),
    /// `Fn::Split`: a delimiter and the string to split. Returns a list, for [`Select`](Self::Select) and [`Join`](Self::Join).
    #[serde(rename = "Fn::Split")]
    Split(String, Box<Argument>),
}

/// The argument of `Fn::Sub`, created by [`Expression::sub`] and [`Expression::sub_with`]: a string, and values for variables
/// that are not parameters or resources.
///
/// ```
/// use tablewright::{Expression, Sub};
///
/// assert_eq!(Expression::sub("${Env}-x"), Expression::Sub(Sub::Text("${Env}-x".into())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
#[serde(untagged)]
pub enum Sub {
    /// Every variable is a parameter, a pseudo parameter or a resource.
    Text(String),
    /// Some variables have the given values.
    With(String, BTreeMap<String, Argument>),
}

/// An argument of an intrinsic function: a string, a number, a boolean, another function, or a list of them.
///
/// ```
/// use tablewright::{Argument, Expression};
///
/// let parts: Argument = vec!["a".into(), Argument::from(Expression::Ref("Env".into())), 5.into()].into();
/// assert_eq!(serde_json::to_string(&parts)?, r#"["a",{"Ref":"Env"},5]"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
#[serde(untagged)]
pub enum Argument {
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(u64),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Argument>),
    /// The result of another function.
    Call(Expression),
}

impl<T> Value<T> {
    /// Returns the literal, or `None` for an expression.
    ///
    /// See [`Value`].
    pub const fn literal(&self) -> Option<&T> {
        match self {
            Self::Literal(value) => Some(value),
            Self::Expression(_) => None,
        }
    }
}

impl Expression {
    /// Creates `Fn::Sub` with variables that are parameters or resources.
    ///
    /// ```
    /// use tablewright::Expression;
    ///
    /// let name = Expression::sub("${AWS::StackName}-orders");
    /// assert_eq!(serde_json::to_string(&name)?, r#"{"Fn::Sub":"${AWS::StackName}-orders"}"#);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn sub(text: impl Into<String>) -> Self {
        Self::Sub(Sub::Text(text.into()))
    }

    /// Creates `Fn::Sub` with values for some of the variables.
    ///
    /// ```
    /// use tablewright::Expression;
    ///
    /// let stage = Expression::find_in_map("Stages", Expression::Ref("Stage".into()), "Name");
    /// let name = Expression::sub_with("${Stage}-orders", [("Stage", stage)]);
    /// assert_eq!(
    ///     serde_json::to_string(&name)?,
    ///     r#"{"Fn::Sub":["${Stage}-orders",{"Stage":{"Fn::FindInMap":["Stages",{"Ref":"Stage"},"Name"]}}]}"#,
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn sub_with<K: Into<String>, V: Into<Argument>>(
        text: impl Into<String>,
        values: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let values = values.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self::Sub(Sub::With(text.into(), values.collect()))
    }

    /// Creates `Fn::ImportValue`.
    ///
    /// ```
    /// use tablewright::{Encryption, Expression};
    ///
    /// let key = Encryption::customer_key(Expression::import_value("shop-key-arn"));
    /// assert_eq!(serde_json::to_value(key)?["customer_key"]["Fn::ImportValue"], "shop-key-arn");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn import_value(name: impl Into<Argument>) -> Self {
        Self::ImportValue(Box::new(name.into()))
    }

    /// Creates `Fn::FindInMap`.
    ///
    /// ```
    /// use tablewright::{Billing, Expression, Value};
    ///
    /// let most = Expression::find_in_map("Limits", Expression::Ref("AWS::Region".into()), "MostWrites");
    /// let billing = Billing::on_demand().max_write(most);
    /// assert_eq!(billing.max_write.as_ref().and_then(Value::literal), None, "known only to CloudFormation");
    /// ```
    #[must_use]
    pub fn find_in_map(
        map: impl Into<Argument>,
        top: impl Into<Argument>,
        second: impl Into<Argument>,
    ) -> Self {
        Self::FindInMap(Box::new(map.into()), Box::new(top.into()), Box::new(second.into()))
    }

    /// Creates `Fn::If`. Use `Ref` of `AWS::NoValue` to omit the property in one of the cases.
    ///
    /// ```
    /// use tablewright::{Billing, Expression};
    ///
    /// let billing = Billing::on_demand().max_read(Expression::if_else("IsProd", 40_000, 100));
    /// assert_eq!(serde_json::to_string(&billing)?, r#"{"max_read":{"Fn::If":["IsProd",40000,100]}}"#);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn if_else(
        condition: impl Into<String>,
        then: impl Into<Argument>,
        otherwise: impl Into<Argument>,
    ) -> Self {
        Self::If(condition.into(), Box::new(then.into()), Box::new(otherwise.into()))
    }

    /// Creates `Fn::Join` of a list.
    ///
    /// See [`Expression`].
    #[must_use]
    pub fn join(delimiter: impl Into<String>, parts: impl IntoIterator<Item = Argument>) -> Self {
        Self::Join(delimiter.into(), Box::new(Argument::List(parts.into_iter().collect())))
    }

    /// Creates `Fn::Select` of one part of `Fn::Split`. `position` is counted from 0.
    ///
    /// ```
    /// use tablewright::Expression;
    ///
    /// let account = Expression::select_split(4, ":", Expression::Ref("KeyArn".into()));
    /// assert_eq!(
    ///     serde_json::to_string(&account)?,
    ///     r#"{"Fn::Select":[4,{"Fn::Split":[":",{"Ref":"KeyArn"}]}]}"#,
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn select_split(position: u64, delimiter: impl Into<String>, text: impl Into<Argument>) -> Self {
        let split = Self::Split(delimiter.into(), Box::new(text.into()));
        Self::Select(Box::new(position.into()), Box::new(split.into()))
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

/// Implements `From<Expression>` for `Value` of each type. A generic implementation would overlap with `From<T> for Value<T>`.
macro_rules! from_expression {
    ($($type:ty),+ $(,)?) => {
        $(impl From<$crate::Expression> for $crate::Value<$type> {
            fn from(value: $crate::Expression) -> Self {
                Self::Expression(value)
            }
        })+
    };
}
pub(crate) use from_expression;

from_expression!(String, u64, u32, bool);

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Argument {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Argument {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl From<Expression> for Argument {
    fn from(call: Expression) -> Self {
        Self::Call(call)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Argument {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Self>> From<Value<T>> for Argument {
    fn from(value: Value<T>) -> Self {
        match value {
            Value::Literal(literal) => literal.into(),
            Value::Expression(call) => Self::Call(call),
        }
    }
}
