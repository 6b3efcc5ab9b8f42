//! Intrinsic functions, and the conversion of their short forms to long forms.
//!
//! `!Join [..]` is converted to `{"Fn::Join": [..]}`, `!Ref x` to `{"Ref": "x"}`. Arguments are not validated, except for the
//! string of `!GetAtt`, which has to be split.

use crate::error::quote;
use crate::nearest::nearest;
use crate::{Entry, Kind, Node, ParseError, ParseErrorKind, Position, Scalar};

/// All functions, by the key of the long form. The tag is the part after `Fn::`.
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

/// A short form whose argument has not been parsed yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Function {
    long_form: &'static str,
    /// Position of the tag.
    position: Position,
}

impl Function {
    /// Returns the function of a tag, given without the exclamation mark.
    pub(crate) fn of_tag(name: &str, position: Position) -> Option<Self> {
        let long_form = LONG_FORMS.into_iter().find(|long_form| short(long_form) == name)?;
        Some(Self { long_form, position })
    }

    /// Returns the long form with a scalar argument, and its levels of nesting.
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

    /// Returns the long form with an argument.
    pub(crate) fn call(self, argument: Node) -> Node {
        let entry = Entry { key: self.long_form.to_owned(), key_position: self.position, value: argument };
        Node { position: self.position, kind: Kind::Mapping(vec![entry]) }
    }
}

/// Returns the most similar known tag for an unknown one, without the exclamation mark.
pub(crate) fn nearest_tag(tag: &str) -> Option<&'static str> {
    nearest(short(tag.trim_start_matches('!')), LONG_FORMS.map(short))
}

fn short(long_form: &str) -> &str {
    long_form.strip_prefix("Fn::").unwrap_or(long_form)
}
