//! The text of an `Fn::Sub`, part by part.

/// The longest text that is written out; expressions that double each other would outgrow memory.
pub(crate) const LONGEST: usize = 1 << 16;

/// One part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// Text that stands for itself.
    Text(&'a str),
    /// `${!Name}`, which is written out as `${Name}`.
    Escaped(&'a str),
    /// `${Name}` or `${Name.Attribute}`.
    Variable(&'a str),
}

/// Returns the parts in order. A `${` that is not closed is text.
pub(crate) fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    let mut text_end = 0;
    while let Some(at) = rest[text_end..].find("${").map(|at| at + text_end) {
        let inside = &rest[at + 2..];
        let (close, open) = (inside.find('}'), inside.find("${"));
        let Some(close) = close.filter(|close| open.is_none_or(|open| *close < open)) else {
            text_end = at + 2;
            continue;
        };
        if at > 0 {
            parts.push(Part::Text(&rest[..at]));
        }
        parts.push(match inside[..close].strip_prefix('!') {
            Some(name) => Part::Escaped(name),
            None => Part::Variable(&inside[..close]),
        });
        (rest, text_end) = (&inside[close + 1..], 0);
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::Part::{Escaped, Text, Variable};
    use super::*;

    #[test]
    fn text_and_variables_alternate() {
        let check = |template: &str, expected: &[Part]| assert_eq!(parts(template), expected, "{template}");
        check("", &[]);
        check("plain", &[Text("plain")]);
        check("${T}", &[Variable("T")]);
        check("a${T.Arn}/${!x}b", &[Text("a"), Variable("T.Arn"), Text("/"), Escaped("x"), Text("b")]);
        check("${A}${B}", &[Variable("A"), Variable("B")]);
        check("${open ${T}", &[Text("${open "), Variable("T")]);
        check("${open", &[Text("${open")]);
        check("a}$b{", &[Text("a}$b{")]);
    }
}
