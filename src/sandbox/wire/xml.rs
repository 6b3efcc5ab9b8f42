//! Writes AWS's Query answers as XML.
//!
//! An answer is a JSON tree: objects become nested elements, arrays become `member`s, nulls vanish. So every body is
//! plain data until here, and the recorded bodies can be compared with it directly.

use quick_xml::escape::partial_escape;
use serde_json::Value;

/// The namespace of every CloudFormation answer.
pub(crate) const CLOUDFORMATION: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";
/// The namespace of every STS answer.
pub(crate) const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Returns the document that answers `action` with `result`.
pub(crate) fn answer(namespace: &str, action: &str, result: &Value, request_id: &str) -> String {
    let mut out = format!("<{action}Response xmlns=\"{namespace}\">");
    element(&mut out, &format!("{action}Result"), result);
    out.push_str("<ResponseMetadata>");
    text(&mut out, "RequestId", request_id);
    out.push_str(&format!("</ResponseMetadata></{action}Response>"));
    out
}

/// Returns the document of an error.
pub(crate) fn error(kind: &str, code: &str, message: &str, request_id: &str) -> String {
    let mut out = format!("<ErrorResponse xmlns=\"{CLOUDFORMATION}\"><Error>");
    text(&mut out, "Type", kind);
    text(&mut out, "Code", code);
    text(&mut out, "Message", message);
    out.push_str("</Error>");
    text(&mut out, "RequestId", request_id);
    out.push_str("</ErrorResponse>");
    out
}

fn element(out: &mut String, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(flag) => text(out, name, if *flag { "true" } else { "false" }),
        Value::Number(number) => text(out, name, &number.to_string()),
        Value::String(string) => text(out, name, string),
        Value::Array(items) if items.is_empty() => out.push_str(&format!("<{name}/>")),
        Value::Array(items) => {
            out.push_str(&format!("<{name}>"));
            for item in items {
                element(out, "member", item);
            }
            out.push_str(&format!("</{name}>"));
        }
        Value::Object(fields) if fields.is_empty() => out.push_str(&format!("<{name}/>")),
        Value::Object(fields) => {
            out.push_str(&format!("<{name}>"));
            for (key, field) in fields {
                element(out, key, field);
            }
            out.push_str(&format!("</{name}>"));
        }
    }
}

fn text(out: &mut String, name: &str, value: &str) {
    // XML 1.0 cannot carry control characters, not even escaped. A carriage return would be read back as a line feed.
    let clean: String = value
        .chars()
        .map(|c| {
            if (c.is_control() && !matches!(c, '\n' | '\t' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}') {
                '?'
            } else {
                c
            }
        })
        .collect();
    let escaped = partial_escape(clean.as_str());
    out.push_str(&format!("<{name}>{escaped}</{name}>"));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(value: &Value, expected: &str) {
        let mut out = String::new();
        element(&mut out, "E", value);
        assert_eq!(out, expected);
    }

    #[test]
    fn trees_become_elements() {
        check(&json!(null), "");
        check(&json!([]), "<E/>");
        check(&json!({}), "<E/>");
        check(&json!(""), "<E></E>");
        check(&json!({"A": [1, true], "B": null}), "<E><A><member>1</member><member>true</member></A></E>");
    }

    #[test]
    fn text_cannot_break_out() {
        check(&json!("</E><X>&\u{1}\r\n"), "<E>&lt;/E&gt;&lt;X&gt;&amp;?&#13;\n</E>");
    }
}
