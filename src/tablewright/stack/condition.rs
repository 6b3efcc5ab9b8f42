//! `Conditions` and `Mappings` of a stack, which CloudFormation evaluates on deployment.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::place::Place;
use crate::value::Value;

/// One of a stack's `Conditions`, for `Fn::If` and for outputs.
///
/// Prefer deciding in Rust, when the stack is created: then the reviewed template is exactly what is deployed.
///
/// ```
/// use tablewright::{Expression, Stack, Test};
///
/// let mut stack = Stack::new("orders");
/// let prod = Test::equals(Expression::Ref("Stage".into()), "prod");
/// stack.condition("IsProd", prod.clone());
/// stack.condition("IsNotProd", prod.negated());
/// assert_eq!(stack.conditions[1].name, "IsNotProd");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Condition {
    /// Its name.
    pub name: String,
    /// The test; the condition is true if the test is.
    pub test: Test,
    /// Source location of its definition.
    pub at: Place,
}

/// The test of a condition. Serializes to the long form of the intrinsic function.
///
/// ```
/// use serde_json::json;
/// use tablewright::{Expression, Test};
///
/// let in_prod = Test::equals(Expression::Ref("Stage".into()), "prod");
/// let in_europe = Test::Condition("IsEurope".into());
/// let both = Test::And(vec![in_prod, in_europe.negated()]);
/// assert_eq!(
///     json!(both),
///     json!({ "Fn::And": [
///         { "Fn::Equals": [{ "Ref": "Stage" }, "prod"] },
///         { "Fn::Not": [{ "Condition": "IsEurope" }] },
///     ] }),
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
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
    /// Returns a test that is true if both strings are equal.
    ///
    /// See [`Test`].
    #[must_use]
    pub fn equals(left: impl Into<Value<String>>, right: impl Into<Value<String>>) -> Self {
        Self::Equals(left.into(), right.into())
    }

    /// Returns the negation of this test.
    ///
    /// See [`Test`].
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not([Box::new(self)])
    }
}

/// One of a stack's `Mappings`: values by top-level key and second-level key, read with `Fn::FindInMap`.
///
/// ```
/// use tablewright::{Billing, Expression, Stack};
///
/// let mut stack = Stack::new("orders");
/// stack.mapping("Limits", [("dev", [("reads", "100")]), ("prod", [("reads", "40000")])]);
/// assert_eq!(stack.mappings[0].values["prod"]["reads"], "40000");
///
/// let limit = Expression::find_in_map("Limits", Expression::Ref("Stage".into()), "reads");
/// let billing = Billing::on_demand().max_read(limit);
/// # assert!(!billing.is_unlimited());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Mapping {
    /// Its name.
    pub name: String,
    /// The values, by top-level key and second-level key.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Source location of its definition.
    pub at: Place,
}
