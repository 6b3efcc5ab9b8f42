//! Restores characters that CloudFormation did not return.
//!
//! `GetTemplate` returns `?` for every character beyond ASCII of a template that was sent with such characters
//! (coverage-roadmap#1220). They are replaced by those of the new template if the rest of the text is equal. Whether the deployed
//! template really had these characters is not known.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Returns the deployed template with the characters that the wanted one has, and the pointers of the texts that have got some;
/// `None` where nothing of the kind is in it.
pub(crate) fn restored(deployed: &Value, wanted: &Value) -> Option<(Value, Vec<String>)> {
    if !any_text(deployed, &|text| text.contains('?')) || !any_text(wanted, &|text| !text.is_ascii()) {
        return None;
    }
    let mut texts = BTreeMap::new();
    collect(wanted, &mut texts);
    let mut restore = Restore { texts, found: Vec::new() };
    let restored = restore.value(deployed, Some(wanted), "");
    (!restore.found.is_empty()).then_some((restored, restore.found))
}

struct Restore<'a> {
    /// The texts beyond ASCII of the wanted template by what CloudFormation returns for them.
    texts: BTreeMap<String, &'a str>,
    found: Vec<String>,
}

impl Restore<'_> {
    fn value(&mut self, value: &Value, wanted: Option<&Value>, at: &str) -> Value {
        match value {
            Value::String(text) => {
                let same_place = wanted.and_then(Value::as_str);
                Value::String(self.text(text, same_place, at).unwrap_or_else(|| text.clone()))
            }
            Value::Array(items) => {
                let item = |(position, item): (usize, &Value)| {
                    let wanted = wanted.and_then(|wanted| wanted.get(position));
                    self.value(item, wanted, &format!("{at}/{position}"))
                };
                items.iter().enumerate().map(item).collect()
            }
            Value::Object(map) => {
                let mut restored = Map::new();
                for (key, member) in map {
                    let place = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                    let key = self.text(key, None, &place).unwrap_or_else(|| key.clone());
                    let wanted = wanted.and_then(|wanted| wanted.get(&key));
                    let member = self.value(member, wanted, &place);
                    restored.insert(key, member);
                }
                Value::Object(restored)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn text(&mut self, text: &str, same_place: Option<&str>, at: &str) -> Option<String> {
        if !text.contains('?') {
            return None;
        }
        let masked = mask(text);
        let here = same_place.filter(|wanted| !wanted.is_ascii() && mask(wanted) == masked);
        let original = here.or_else(|| self.texts.get(&masked).copied())?.to_owned();
        self.found.push(at.to_owned());
        Some(original)
    }
}

fn any_text(value: &Value, is: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is(text),
        Value::Array(items) => items.iter().any(|item| any_text(item, is)),
        Value::Object(map) => map.iter().any(|(key, member)| is(key) || any_text(member, is)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn collect<'a>(value: &'a Value, texts: &mut BTreeMap<String, &'a str>) {
    let mut add = |text: &'a str| {
        if !text.is_ascii() {
            texts.entry(mask(text)).or_insert(text);
        }
    };
    match value {
        Value::String(text) => add(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(map) => {
            map.keys().for_each(|key| add(key));
            map.values().for_each(|member| collect(member, texts));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns a text with one `?` for each run of `?` and of characters beyond ASCII: how many `?` stand for a character is not
/// documented.
fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for character in text.chars() {
        let character = if character.is_ascii() { character } else { '?' };
        if character != '?' || !masked.ends_with('?') {
            masked.push(character);
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_get_the_characters_of_the_wanted_template() {
        let wanted = json!({ "a": ["größe", "größe?", "b"], "süß": "x?", "same": "gräße" });
        let deployed = json!({ "a": ["gr??e", "gr??e?", "b?"], "s??": "x?", "same": "gr????e" });
        let (restored, found) = restored(&deployed, &wanted).unwrap();
        assert_eq!(restored, json!({ "a": ["größe", "größe?", "b?"], "süß": "x?", "same": "gräße" }));
        assert_eq!(found, ["/a/0", "/a/1", "/s??", "/same"]);
    }

    #[test]
    fn nothing_is_restored_from_ascii() {
        assert_eq!(restored(&json!("a?"), &json!("a?")), None);
        assert_eq!(restored(&json!("größe"), &json!("größe")), None);
        assert_eq!(restored(&json!("b?"), &json!("größe")), None);
    }
}
