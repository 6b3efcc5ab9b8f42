//! Quotas that any template is held against, whoever wrote it.
//!
//! Source: "CloudFormation quotas" in the CloudFormation User Guide, and of the bytes the error `Template may not exceed 1000000 bytes in
//! size.` A definition is held against them with its Rust lines; [`ExceededQuota`] is for templates that were rendered before, or written
//! by hand.

use std::fmt;

use serde_json::{Map, Value};
use tablewright_template::escape_non_ascii;

/// Most bytes of a parameter's value, and of its default.
pub const PARAMETER_VALUE_BYTES: usize = 4_096;

pub(crate) const RESOURCES: usize = 500;
pub(crate) const OUTPUTS: usize = 200;
/// As compact JSON in ASCII, the shortest format.
pub(crate) const BYTES: usize = 1_000_000;
pub(super) const PARAMETERS: usize = 200;
pub(super) const MAPPINGS: usize = 200;
pub(super) const MAPPING_ATTRIBUTES: usize = 200;
pub(super) const DESCRIPTION_BYTES: usize = 1_024;
pub(super) const NAME_CHARACTERS: usize = 255;

/// A quota of CloudFormation that a template exceeds.
///
/// ```
/// use serde_json::json;
/// use tablewright::check::ExceededQuota;
///
/// let template = json!({ "Description": "x".repeat(1_025), "Resources": {} });
/// let exceeded = ExceededQuota::of(&template);
/// assert_eq!(exceeded[0].to_string(), "1,025 bytes in `Description` (1,024 are allowed)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceededQuota {
    /// What is counted.
    pub what: String,
    /// How many there are.
    pub found: usize,
    /// How many CloudFormation allows.
    pub most: usize,
}

impl ExceededQuota {
    /// Returns the quotas that a template exceeds. Functions that are not evaluated, such as `Fn::ForEach`, count once.
    #[must_use]
    pub fn of(template: &Value) -> Vec<Self> {
        let section = |name: &str| template.get(name).and_then(Value::as_object);
        let count = |name: &str| section(name).map_or(0, Map::len);
        let mut exceeded = Vec::new();
        let mut check = |found: usize, most: usize, what: &dyn Fn() -> String| {
            if found > most {
                exceeded.push(Self { what: what(), found, most });
            }
        };
        check(count("Resources"), RESOURCES, &|| "resources".into());
        check(count("Parameters"), PARAMETERS, &|| "parameters".into());
        check(count("Outputs"), OUTPUTS, &|| "outputs".into());
        check(count("Mappings"), MAPPINGS, &|| "mappings".into());
        let bytes = escape_non_ascii(template.to_string()).len();
        check(bytes, BYTES, &|| "bytes as compact JSON".into());
        let description = template["Description"].as_str().map_or(0, str::len);
        check(description, DESCRIPTION_BYTES, &|| "bytes in `Description`".into());
        for name in ["Resources", "Parameters", "Outputs", "Mappings"] {
            for key in section(name).into_iter().flat_map(Map::keys) {
                let what = || {
                    format!(
                        "characters in the name `{}…` in `{name}`",
                        &key.chars().take(20).collect::<String>()
                    )
                };
                check(key.chars().count(), NAME_CHARACTERS, &what);
            }
        }
        for (name, parameter) in section("Parameters").into_iter().flatten() {
            let default = parameter["Default"].as_str().map_or(0, str::len);
            check(default, PARAMETER_VALUE_BYTES, &|| format!("bytes in the default of parameter `{name}`"));
        }
        for (name, mapping) in section("Mappings").into_iter().flatten() {
            let attributes = mapping.as_object().map_or(0, Map::len);
            check(attributes, MAPPING_ATTRIBUTES, &|| format!("attributes in mapping `{name}`"));
        }
        exceeded
    }
}

/// Formats a number with thousands separators.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl fmt::Display for ExceededQuota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({} are allowed)", grouped(self.found), self.what, grouped(self.most))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A section with `count` entries, and names of `length` characters.
    fn section(count: usize, length: usize, entry: &Value) -> Value {
        let name = |number: usize| format!("{number:0>length$}");
        (0..count).map(|number| (name(number), entry.clone())).collect::<Map<_, _>>().into()
    }

    #[test]
    fn each_quota_is_held_to_the_number() {
        let topic = json!({ "Type": "AWS::SNS::Topic" });
        let output = json!({ "Value": "x" });
        let text = |length: usize| Value::String("x".repeat(length));
        let default = |length: usize| json!({ "Type": "String", "Default": text(length) });
        let of = |extra: &Value| {
            let mut template = json!({ "Resources": { "A": topic } });
            template.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            ExceededQuota::of(&template).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let cases = [
            (
                json!({ "Resources": section(500, 3, &topic) }),
                json!({ "Resources": section(501, 3, &topic) }),
                "501 resources (500 are allowed)",
            ),
            (
                json!({ "Parameters": section(200, 3, &default(1)) }),
                json!({ "Parameters": section(201, 3, &default(1)) }),
                "201 parameters (200 are allowed)",
            ),
            (
                json!({ "Outputs": section(200, 3, &output) }),
                json!({ "Outputs": section(201, 3, &output) }),
                "201 outputs (200 are allowed)",
            ),
            (
                json!({ "Mappings": section(200, 3, &json!({})) }),
                json!({ "Mappings": section(201, 3, &json!({})) }),
                "201 mappings (200 are allowed)",
            ),
            (
                json!({ "Mappings": { "M": section(200, 3, &json!({})) } }),
                json!({ "Mappings": { "M": section(201, 3, &json!({})) } }),
                "201 attributes in mapping `M` (200 are allowed)",
            ),
            (
                json!({ "Description": text(1_024) }),
                json!({ "Description": text(1_025) }),
                "1,025 bytes in `Description` (1,024 are allowed)",
            ),
            (
                json!({ "Parameters": { "P": default(4_096) } }),
                json!({ "Parameters": { "P": default(4_097) } }),
                "4,097 bytes in the default of parameter `P` (4,096 are allowed)",
            ),
            (
                json!({ "Metadata": text(999_940) }),
                json!({ "Metadata": text(1_000_000) }),
                "1,000,060 bytes as compact JSON (1,000,000 are allowed)",
            ),
            (
                json!({ "Resources": section(1, 255, &topic) }),
                json!({ "Resources": section(1, 256, &topic) }),
                "256 characters in the name `00000000000000000000…` in `Resources` (255 are allowed)",
            ),
            (
                json!({ "Outputs": section(1, 255, &output) }),
                json!({ "Outputs": section(1, 256, &output) }),
                "256 characters in the name `00000000000000000000…` in `Outputs` (255 are allowed)",
            ),
        ];
        for (most, more, said) in cases {
            assert_eq!(of(&most), Vec::<String>::new(), "{said}");
            assert_eq!(of(&more), [said]);
        }
        // Bytes, not characters.
        assert_eq!(of(&json!({ "Description": "ä".repeat(513) })).len(), 1);
    }

    #[test]
    fn what_is_no_template_exceeds_nothing() {
        for value in [
            json!(null),
            json!([]),
            json!("x"),
            json!({ "Resources": [], "Parameters": 7, "Mappings": { "M": 1 } }),
        ] {
            assert_eq!(ExceededQuota::of(&value), [], "{value}");
        }
    }
}
