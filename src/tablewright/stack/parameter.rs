//! `Parameters` of a stack: values that are supplied on deployment.
//!
//! Use a parameter only for values that are not known when the stack is created, such as the ARN of another team's topic, or a
//! name that a SAM template passes on.

use serde::Serialize;

use crate::place::Place;
use crate::value::{Expression, Value};

/// One of a stack's `Parameters`.
///
/// ```
/// use tablewright::{Parameter, Stack};
///
/// let mut stack = Stack::new("orders");
/// let topic = stack.parameter(Parameter::string("AlarmTopic").default("").pattern("^(|arn:.+)$"));
/// assert!(topic.literal().is_none(), "its value is known only on deployment");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Parameter {
    /// The logical id, unique in the stack.
    pub name: String,
    /// `Type`
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// `Description`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `Default`, as a string. A parameter without a default is required on deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// `AllowedValues`
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// `AllowedPattern`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// `ConstraintDescription`: the error message for a value that violates a constraint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// `MinLength` of a string, `MinValue` of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<u64>,
    /// `MaxLength` of a string, `MaxValue` of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u64>,
    /// `NoEcho`: CloudFormation masks the value with asterisks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_echo: bool,
    /// Source location of its definition.
    pub at: Place,
}

/// `Type` of a parameter.
///
/// ```
/// use tablewright::{Parameter, ParameterType};
///
/// assert_eq!(Parameter::string("Stage").kind.as_str(), "String");
/// assert_eq!(Parameter::ssm("Key", "/shop/key").kind.as_str(), "AWS::SSM::Parameter::Value<String>");
/// assert_eq!(Parameter::new("Zones", ParameterType::CommaDelimitedList).kind.as_str(), "CommaDelimitedList");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub enum ParameterType {
    /// `String`. Named differently to avoid confusion with Rust's `String` in compiler messages.
    #[serde(rename = "String")]
    Text,
    /// `Number`
    Number,
    /// `CommaDelimitedList`
    CommaDelimitedList,
    /// An AWS-specific or SSM parameter type, such as `AWS::SSM::Parameter::Value<String>`.
    #[serde(untagged)]
    Aws(String),
}

impl ParameterType {
    /// Returns the value of `Type`.
    ///
    /// See [`ParameterType`].
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text => "String",
            Self::Number => "Number",
            Self::CommaDelimitedList => "CommaDelimitedList",
            Self::Aws(name) => name,
        }
    }
}

impl Parameter {
    /// Creates a parameter of a type.
    ///
    /// See [`ParameterType`].
    #[must_use]
    #[track_caller]
    pub fn new(name: impl Into<String>, kind: ParameterType) -> Self {
        Self {
            name: name.into(),
            kind,
            description: None,
            default: None,
            allowed: Vec::new(),
            pattern: None,
            constraint: None,
            least: None,
            most: None,
            no_echo: false,
            at: Place::caller(),
        }
    }

    /// Creates a parameter of type `String`.
    ///
    /// See [`Parameter`].
    #[must_use]
    #[track_caller]
    pub fn string(name: impl Into<String>) -> Self {
        Self::new(name, ParameterType::Text)
    }

    /// Creates a parameter of type `Number`.
    ///
    /// ```
    /// use tablewright::{Billing, Parameter, Stack};
    ///
    /// let mut stack = Stack::new("orders");
    /// let reads = Parameter::number("Reads").default("100").between(1, 40_000).constraint("1 to 40,000 units");
    /// let billing = Billing::on_demand().max_read(reads.value::<u64>());
    /// stack.parameter(reads);
    /// assert_eq!((stack.parameters[0].least, stack.parameters[0].most), (Some(1), Some(40_000)));
    /// # assert!(!billing.is_unlimited());
    /// ```
    #[must_use]
    #[track_caller]
    pub fn number(name: impl Into<String>) -> Self {
        Self::new(name, ParameterType::Number)
    }

    /// Creates a parameter whose value is read from the SSM Parameter Store on deployment, by default from `path`.
    ///
    /// ```
    /// use tablewright::Parameter;
    ///
    /// let key = Parameter::ssm("TableKey", "/shop/kms/tables");
    /// assert_eq!(key.default.as_deref(), Some("/shop/kms/tables"), "the path, not the value");
    /// ```
    #[must_use]
    #[track_caller]
    pub fn ssm(name: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new(name, ParameterType::Aws("AWS::SSM::Parameter::Value<String>".into())).default(path)
    }

    /// Sets `Description`.
    ///
    /// ```
    /// use tablewright::Parameter;
    ///
    /// let stage = Parameter::string("Stage").description("dev or prod");
    /// assert_eq!(stage.description.as_deref(), Some("dev or prod"));
    /// ```
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets `Default`.
    ///
    /// ```
    /// use tablewright::Parameter;
    ///
    /// assert_eq!(Parameter::number("Reads").default("100").default.as_deref(), Some("100"), "always a string");
    /// ```
    #[must_use]
    pub fn default(mut self, value: impl Into<String>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Adds a value to `AllowedValues`.
    ///
    /// ```
    /// use tablewright::Parameter;
    ///
    /// let stage = Parameter::string("Stage").allow("dev").allow("prod").default("dev");
    /// assert_eq!(stage.allowed, ["dev", "prod"]);
    /// ```
    #[must_use]
    pub fn allow(mut self, value: impl Into<String>) -> Self {
        self.allowed.push(value.into());
        self
    }

    /// Sets `AllowedPattern`, a regular expression that must match the whole value.
    ///
    /// See [`Parameter`].
    #[must_use]
    pub fn pattern(mut self, pattern: impl Into<String>) -> Self {
        self.pattern = Some(pattern.into());
        self
    }

    /// Sets `ConstraintDescription`.
    ///
    /// See [`number`](Self::number).
    #[must_use]
    pub fn constraint(mut self, text: impl Into<String>) -> Self {
        self.constraint = Some(text.into());
        self
    }

    /// Sets the minimum and maximum: of the length of a string (`MinLength`, `MaxLength`) or of a number (`MinValue`,
    /// `MaxValue`).
    ///
    /// See [`number`](Self::number).
    #[must_use]
    pub fn between(mut self, least: u64, most: u64) -> Self {
        (self.least, self.most) = (Some(least), Some(most));
        self
    }

    /// Sets `NoEcho`.
    ///
    /// ```
    /// use tablewright::Parameter;
    ///
    /// assert!(Parameter::string("Secret").no_echo().no_echo);
    /// ```
    #[must_use]
    pub fn no_echo(mut self) -> Self {
        self.no_echo = true;
        self
    }

    /// Returns the parameter's value, a `Ref`, for a property of any type.
    ///
    /// See [`number`](Self::number).
    #[must_use]
    pub fn value<T>(&self) -> Value<T> {
        Value::Expression(Expression::Ref(self.name.clone()))
    }
}
