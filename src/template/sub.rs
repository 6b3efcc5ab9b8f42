//! Parses the string and the variables of `Fn::Sub`.
//!
//! CloudFormation trims spaces inside the braces: `${ Stage }` is `${Stage}` (cfn-lint issue 236).

use std::fmt;

use serde_json::{Map, Value, json};

/// A part of the string of `Fn::Sub`. Its `Display` is the source, without the spaces that CloudFormation trims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubPart<'a> {
    /// Literal text.
    Text(&'a str),
    /// `${!Name}`, which evaluates to the literal text `${Name}`.
    Escaped(&'a str),
    /// `${Name}` or `${Name.Attribute}`, without spaces around the name. The name is not validated.
    Variable(&'a str),
}

impl fmt::Display for SubPart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Escaped(name) => write!(f, "${{!{name}}}"),
            Self::Variable(name) => write!(f, "${{{name}}}"),
        }
    }
}

/// Splits a string of `Fn::Sub` into its parts. A `${` that is not closed before the next one is literal text.
///
/// ```
/// use tablewright_template::SubPart::{Escaped, Text, Variable};
/// use tablewright_template::sub_parts;
///
/// let parts = sub_parts("${ Stage }-notes-${!Stage}-${Notes.Arn}");
/// assert_eq!(parts, [
///     Variable("Stage"), Text("-notes-"), Escaped("Stage"), Text("-"), Variable("Notes.Arn"),
/// ]);
/// ```
#[must_use]
pub fn sub_parts(text: &str) -> Vec<SubPart<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut text_end = 0;
    while let Some(at) = rest[text_end..].find("${").map(|at| at + text_end) {
        let inside = &rest[at + 2..];
        let (close, open) = (inside.find('}'), inside.find("${"));
        let Some(close) = close.filter(|close| open.is_none_or(|open| *close < open)) else {
            text_end = at + 2;
            continue;
        };
        if at > 0 {
            parts.push(SubPart::Text(&rest[..at]));
        }
        let name = &inside[..close];
        parts.push(match name.trim_start().strip_prefix('!') {
            Some(literal) => SubPart::Escaped(literal),
            None => SubPart::Variable(name.trim()),
        });
        (rest, text_end) = (&inside[close + 1..], 0);
    }
    if !rest.is_empty() {
        parts.push(SubPart::Text(rest));
    }
    parts
}

/// The argument of `Fn::Sub`: a string, or a list of a string and variables.
#[derive(Clone, Copy, Debug)]
pub struct Sub<'a> {
    /// The string, with `${…}`.
    pub text: &'a str,
    variables: Option<&'a Map<String, Value>>,
}

impl<'a> Sub<'a> {
    /// Parses the argument of `Fn::Sub`; `None` if CloudFormation would reject it.
    #[must_use]
    pub fn read(argument: &'a Value) -> Option<Self> {
        match argument {
            Value::String(text) => Some(Self { text, variables: None }),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(text), Value::Object(variables)] => {
                    Some(Self { text, variables: Some(variables) })
                }
                _ => None,
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        }
    }

    /// Returns the parts of the string.
    #[must_use]
    pub fn parts(&self) -> Vec<SubPart<'a>> {
        sub_parts(self.text)
    }

    /// Returns the argument with another string and the same variables.
    #[must_use]
    pub fn with_text(&self, text: &str) -> Value {
        self.variables.map_or_else(|| json!(text), |variables| json!([text, variables]))
    }

    /// Returns the value of a variable in the list form. Spaces around the name in a key are ignored: if CloudFormation accepts
    /// such a key, the result depends on its value.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&'a Value> {
        let variables = self.variables?;
        variables
            .get(name)
            .or_else(|| variables.iter().find(|(key, _)| key.trim() == name).map(|(_, value)| value))
    }
}

#[cfg(test)]
mod tests {
    use super::SubPart::{Escaped, Text, Variable};
    use super::*;

    #[test]
    fn text_and_variables_alternate() {
        let check =
            |template: &str, expected: &[SubPart]| assert_eq!(sub_parts(template), expected, "{template}");
        check("", &[]);
        check("plain", &[Text("plain")]);
        check("${T}", &[Variable("T")]);
        check("a${T.Arn}/${!x}b", &[Text("a"), Variable("T.Arn"), Text("/"), Escaped("x"), Text("b")]);
        check("${A}${B}", &[Variable("A"), Variable("B")]);
        check("${open ${T}", &[Text("${open "), Variable("T")]);
        check("${open", &[Text("${open")]);
        check("a}$b{", &[Text("a}$b{")]);
    }

    #[test]
    fn spaces_inside_the_braces_are_trimmed() {
        let check =
            |template: &str, expected: SubPart| assert_eq!(sub_parts(template), [expected], "{template}");
        check("${ T }", Variable("T"));
        check("${T }", Variable("T"));
        check("${\n\tT.Arn}", Variable("T.Arn"));
        check("${ }", Variable(""));
        check("${a b}", Variable("a b"));
        check("${ AWS::Region }", Variable("AWS::Region"));
        // The result of an escape is literal text, including spaces.
        check("${!T}", Escaped("T"));
        check("${ !T }", Escaped("T "));
        check("${! T }", Escaped(" T "));
    }

    #[test]
    fn the_argument_is_a_string_or_a_list_of_string_and_variables() {
        let argument = json!(["${v}-${ w }", { "v": 1, " w ": 2 }]);
        let sub = Sub::read(&argument).unwrap();
        assert_eq!(sub.parts(), [Variable("v"), Text("-"), Variable("w")]);
        assert_eq!(["v", "w", "x"].map(|name| sub.variable(name)), [Some(&json!(1)), Some(&json!(2)), None]);
        assert_eq!(sub.with_text("x"), json!(["x", { "v": 1, " w ": 2 }]));
        assert_eq!(Sub::read(&json!("${v}")).unwrap().with_text("x"), json!("x"));
        assert!(Sub::read(&json!("${v}")).is_some_and(|sub| sub.variable("v").is_none()));
        for refused in [
            json!(5),
            json!(["a"]),
            json!(["a", "b"]),
            json!([1, {}]),
            json!(["a", {}, 1]),
            json!({}),
            json!(null),
        ] {
            assert!(Sub::read(&refused).is_none(), "{refused}");
        }
    }
}
