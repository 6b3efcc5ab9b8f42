//! What a stack has besides tables: resources written by hand, and names published in the SSM Parameter Store.

use serde::Serialize;

use crate::place::Place;
use crate::value::Value;

/// A resource that is written as CloudFormation has it, for what tablewright has no word for.
///
/// It is rendered as it stands and judged by nobody but CloudFormation.
///
/// ```
/// use serde_json::json;
/// use tablewright::Stack;
///
/// let mut stack = Stack::new("orders");
/// stack.raw_resource("Topic", json!({ "Type": "AWS::SNS::Topic" }));
/// assert_eq!(stack.resources[0].body["Type"], "AWS::SNS::Topic");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct RawResource {
    /// The logical id.
    pub id: String,
    /// `Type`, `Properties` and what else stands below the logical id.
    pub body: serde_json::Value,
    /// Where it is made.
    pub at: Place,
}

/// A text published as a parameter of the SSM Parameter Store: a safer hand-off to other stacks than an export, which can
/// be neither changed nor removed while somebody imports it.
///
/// ```
/// use tablewright::Stack;
///
/// let mut stack = Stack::new("orders");
/// stack.publish_ssm("/shop/prod/notes", "shop-prod-notes");
/// assert_eq!(stack.published[0].logical_id(), "PublishedShopProdNotes");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Published {
    /// The name of the parameter, such as `/shop/prod/notes`.
    pub path: String,
    /// Its value.
    pub value: Value<String>,
    /// Where it is published.
    pub at: Place,
}

impl Published {
    /// Returns the logical id: the words of the path in Pascal case, `Published` before them.
    ///
    /// See [`Published`].
    #[must_use]
    pub fn logical_id(&self) -> String {
        format!("Published{}", crate::table::scaling::pascal(&self.path))
    }
}
