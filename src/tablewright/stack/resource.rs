//! Resources of a stack other than tables: raw resources, and values published in the SSM Parameter Store.

use serde::Serialize;

use crate::place::Place;
use crate::value::Value;

/// A resource in CloudFormation's JSON format, for resource types that tablewright does not model.
///
/// It is rendered unchanged; its properties are validated only by CloudFormation.
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
    /// `Type`, `Properties` and other attributes of the resource.
    pub body: serde_json::Value,
    /// Source location of its definition.
    pub at: Place,
}

/// A string published as an SSM parameter, for other stacks to read. Unlike an export, it can be changed and removed while other
/// stacks use it.
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
    /// The name of the SSM parameter, such as `/shop/prod/notes`.
    pub path: String,
    /// Its value.
    pub value: Value<String>,
    /// Source location of its definition.
    pub at: Place,
}

impl Published {
    /// Returns the logical id: `Published`, followed by the words of the path in Pascal case.
    ///
    /// See [`Published`].
    #[must_use]
    pub fn logical_id(&self) -> String {
        format!("Published{}", crate::table::scaling::pascal(&self.path))
    }
}
