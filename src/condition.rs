//! What a stack decides when it is deployed: `Conditions` and `Mappings`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::place::Place;
use crate::value::Value;

/// One of a stack's `Conditions`, for `Fn::If` and for outputs.
///
/// Most conditions are better decided in Rust, when the stack is made: then the template that is reviewed is the one that runs.
///
/// ```
/// use tablewright::{Expression, Stack, Test};
///
/// let mut stack = Stack::new("orders");
/// let prod = Test::equals(Expression::Ref("Stage".into()), "prod");
/// stack.condition("IsProd", prod.clone());
/// stack.condition("IsNotProd", prod.negated());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// Its name.
    pub name: String,
    /// When it holds.
    pub test: Test,
    /// Where it is made.
    pub at: Place,
}

/// When a condition holds. Serialised it is the function's long form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Test {
    /// `Fn::Equals`
    #[serde(rename = "Fn::Equals")]
    Equals(Value<String>, Value<String>),
    /// `Fn::And`: 2 to 10 tests.
    #[serde(rename = "Fn::And")]
    And(Vec<Test>),
    /// `Fn::Or`: 2 to 10 tests.
    #[serde(rename = "Fn::Or")]
    Or(Vec<Test>),
    /// `Fn::Not`
    #[serde(rename = "Fn::Not")]
    Not([Box<Test>; 1]),
    /// Another condition of the stack.
    Condition(String),
}

impl Test {
    /// Holds when both are the same text.
    #[must_use]
    pub fn equals(left: impl Into<Value<String>>, right: impl Into<Value<String>>) -> Self {
        Self::Equals(left.into(), right.into())
    }

    /// Holds when this does not.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not([Box::new(self)])
    }
}

/// One of a stack's `Mappings`: values by top-level key and second-level key, read with `Fn::FindInMap`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mapping {
    /// Its name.
    pub name: String,
    /// The values.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Where it is made.
    pub at: Place,
}
