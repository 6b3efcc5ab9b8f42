//! The functions of CloudFormation, and what their short forms stand for.
//!
//! `!Join [..]` stands for `{"Fn::Join": [..]}`, `!Ref x` for `{"Ref": "x"}`. Which arguments a
//! function takes is not looked at, but for the text of `!GetAtt`, which has to be split.

use crate::error::quote;
use crate::nearest::nearest;
use crate::{Entry, Kind, Node, ParseError, ParseErrorKind, Position, Scalar};

/// Every function, by the key of its long form. The tag is the part after `Fn::`.
const LONG_FORMS: [&str; 28] = [
    "Ref",
    "Condition",
    "Fn::And",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::ForEach",
    GET_ATT,
    "Fn::GetAZs",
    "Fn::GetStackOutput",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
];

const GET_ATT: &str = "Fn::GetAtt";

/// A short form that waits for its argument.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Function {
    long_form: &'static str,
    /// Where the tag is.
    position: Position,
}

impl Function {
    /// The function of a tag, given without its exclamation mark.
    pub(crate) fn of_tag(name: &str, position: Position) -> Option<Self> {
        let long_form = LONG_FORMS.into_iter().find(|long_form| short(long_form) == name)?;
        Some(Self { long_form, position })
    }

    /// The long form of a scalar argument, and how many levels of nesting it is.
    pub(crate) fn of_scalar(self, position: Position, scalar: Scalar) -> Result<(Node, usize), ParseError> {
        if self.long_form != GET_ATT {
            let kind = Kind::Scalar(scalar);
            return Ok((self.call(Node { position, kind }), 1));
        }
        // At the first dot only: `Child.Outputs.Arn` is the attribute `Outputs.Arn` (aws-cli#2332).
        let part =
            |text: &str| Node { position, kind: Kind::Scalar(Scalar::string(text.to_owned(), scalar.style)) };
        match scalar.text.split_once('.') {
            Some((resource, attribute)) if !resource.is_empty() && !attribute.is_empty() => {
                let kind = Kind::Sequence(vec![part(resource), part(attribute)]);
                Ok((self.call(Node { position, kind }), 2))
            }
            _ => Err(ParseErrorKind::GetAtt(quote(&scalar.text)).at(self.position)),
        }
    }

    /// The long form with this argument.
    pub(crate) fn call(self, argument: Node) -> Node {
        let entry = Entry { key: self.long_form.to_owned(), key_position: self.position, value: argument };
        Node { position: self.position, kind: Kind::Mapping(vec![entry]) }
    }
}

/// The tag, without its exclamation mark, that somebody may have meant by an unknown one.
pub(crate) fn nearest_tag(tag: &str) -> Option<&'static str> {
    nearest(short(tag.trim_start_matches('!')), LONG_FORMS.map(short))
}

fn short(long_form: &str) -> &str {
    long_form.strip_prefix("Fn::").unwrap_or(long_form)
}
