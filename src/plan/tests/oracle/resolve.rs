//! What CloudFormation makes of a template before it compares it: parameters, conditions and intrinsic functions evaluated.
//!
//! Source: the CloudFormation template reference. An expression whose value is not known stays, in one canonical form, with
//! the names of conditions replaced by their definitions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use tablewright_plan::PseudoParameters;

/// What is known besides the template.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    /// `None`: the values are not known, and neither are the defaults in use.
    pub(crate) parameters: Option<&'a BTreeMap<String, String>>,
    /// The parameters whose values are not known all the same.
    pub(crate) hidden: &'a BTreeSet<String>,
    pub(crate) pseudo: &'a PseudoParameters,
}

/// Returns the template with its loops (`Fn::ForEach` in `Resources`) written out where their collections are known.
pub(crate) fn expanded(template: &Value, facts: Facts<'_>) -> Value {
    let known = Known { template, values: values(template, facts) };
    let mut result = template.clone();
    let Some(resources) = template["Resources"].as_object() else { return result };
    let all = resources.iter().flat_map(|(id, entry)| match known.value(&entry[1]) {
        Some(Value::Array(items)) if id.starts_with("Fn::ForEach::") => {
            let (variable, bodies) = (text(&entry[0]), entry[2].as_object().into_iter().flatten());
            let item = |item: &Value, (id, body): (&String, &Value)| {
                let item = text(item);
                (id.replace(&format!("${{{variable}}}"), &item), put(body, &variable, &item))
            };
            bodies.flat_map(|body| items.iter().map(move |one| item(one, body))).collect()
        }
        _ => vec![(id.clone(), entry.clone())],
    });
    result["Resources"] = all.collect::<Map<_, _>>().into();
    result
}

/// Puts an element of the collection in the place of the variable of a loop.
fn put(body: &Value, variable: &str, item: &str) -> Value {
    match body {
        Value::String(text) => json!(text.replace(&format!("${{{variable}}}"), item)),
        Value::Array(items) => items.iter().map(|inside| put(inside, variable, item)).collect(),
        Value::Object(entries)
            if body.get("Ref").is_some_and(|name| name == variable) && entries.len() == 1 =>
        {
            json!(item)
        }
        Value::Object(entries) => {
            entries.iter().map(|(name, inside)| (name.clone(), put(inside, variable, item))).collect()
        }
        other => other.clone(),
    }
}

/// Returns the template with what is known written out. What a false condition leaves out is gone.
pub(crate) fn resolved(template: &Value, facts: Facts<'_>) -> Value {
    let template = &expanded(template, facts);
    let known = Known { template, values: values(template, facts) };
    let mut result = template.clone();
    for section in ["Resources", "Outputs"] {
        let Some(entries) = template[section].as_object() else { continue };
        result[section] =
            entries.iter().filter_map(|(id, entry)| Some((id.clone(), known.entry(entry)?))).collect();
    }
    result
}

struct Known<'a> {
    template: &'a Value,
    values: BTreeMap<String, Value>,
}

fn values(template: &Value, facts: Facts<'_>) -> BTreeMap<String, Value> {
    let pseudo = facts.pseudo;
    let mut values: BTreeMap<String, Value> = [
        ("AWS::Region", &pseudo.region),
        ("AWS::AccountId", &pseudo.account_id),
        ("AWS::Partition", &pseudo.partition),
        ("AWS::StackName", &pseudo.stack_name),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))))
    .collect();
    let Some(given) = facts.parameters else { return values };
    let parameters = template["Parameters"].as_object().into_iter().flatten();
    for (name, parameter) in parameters.filter(|(name, _)| !facts.hidden.contains(*name)) {
        let value = given.get(name).map(|value| json!(value)).or_else(|| parameter.get("Default").cloned());
        let kind = parameter["Type"].as_str().unwrap_or_default();
        match value {
            Some(value) if kind.contains("List") => {
                let items = text(&value);
                values.insert(name.clone(), items.split(',').map(|item| json!(item.trim())).collect());
            }
            // The value of such a parameter is a name; only CloudFormation reads what is behind it.
            Some(_) if kind.starts_with("AWS::SSM::") => {}
            // Hidden: the same as it was, whatever it is.
            Some(value) if value == "****" => {}
            Some(value) => drop(values.insert(name.clone(), json!(text(&value)))),
            None => {}
        }
    }
    values
}

/// Returns a scalar as CloudFormation compares it: `5` is `"5"`, and `true` is `"true"`.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns whether a part of the value is only known to CloudFormation. A reference to a resource is an identity, not a
/// value: it does not count.
pub(crate) fn is_open(value: &Value, template: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| is_open(item, template)),
        Value::Object(entries) if entries.len() == 1 => {
            entries.iter().any(|(name, inside)| match name.as_str() {
                "Ref" | "Fn::GetAtt" => {
                    let id = inside.as_str().or_else(|| inside[0].as_str()).unwrap_or_default();
                    template["Resources"].get(id).is_none()
                }
                name if name.starts_with("Fn::") => true,
                _ => is_open(inside, template),
            })
        }
        Value::Object(entries) => entries.values().any(|inside| is_open(inside, template)),
        _ => false,
    }
}

impl Known<'_> {
    fn entry(&self, entry: &Value) -> Option<Value> {
        // A loop over what is not known stays.
        let Some(entry) = entry.as_object() else { return Some(entry.clone()) };
        let mut entry = entry.clone();
        if let Some(name) = entry.remove("Condition") {
            match self.condition(&json!({ "Condition": name })) {
                Ok(false) => return None,
                Ok(true) => {}
                Err(open) => drop(entry.insert("Condition".to_owned(), open)),
            }
        }
        Some(self.object(&entry))
    }

    fn object(&self, entries: &Map<String, Value>) -> Value {
        entries.iter().filter_map(|(name, value)| Some((name.clone(), self.value(value)?))).collect()
    }

    /// Returns the value; `None` for `AWS::NoValue`.
    fn value(&self, value: &Value) -> Option<Value> {
        let entries = match value {
            Value::Array(items) => return Some(items.iter().filter_map(|item| self.value(item)).collect()),
            Value::Object(entries) => entries,
            scalar => return Some(scalar.clone()),
        };
        let (Some((name, inside)), 1) = (entries.iter().next(), entries.len()) else {
            return Some(self.object(entries));
        };
        Some(match name.as_str() {
            "Ref" if inside == "AWS::NoValue" => return None,
            "Ref" => self.values.get(inside.as_str()?).cloned().unwrap_or_else(|| value.clone()),
            "Fn::GetAtt" => match inside.as_str().and_then(|inside| inside.split_once('.')) {
                Some((id, attribute)) => json!({ "Fn::GetAtt": [id, attribute] }),
                None => value.clone(),
            },
            "Fn::If" => match self.condition(&json!({ "Condition": inside[0] })) {
                Ok(true) => return self.value(&inside[1]),
                Ok(false) => return self.value(&inside[2]),
                Err(open) => json!({ "Fn::If": [open, self.value(&inside[1]), self.value(&inside[2])] }),
            },
            "Fn::Sub" => self.substituted(inside),
            "Fn::Join" => self.joined(inside),
            "Fn::FindInMap" => self.mapped(inside),
            "Fn::Select" => self.selected(inside),
            _ => self.object(entries),
        })
    }

    fn substituted(&self, inside: &Value) -> Value {
        let (pattern, local) = match inside {
            Value::Array(parts) => (text(&parts[0]), self.value(&parts[1]).unwrap_or_default()),
            pattern => (text(pattern), Value::Null),
        };
        let mut done = String::new();
        let mut open = false;
        let mut rest = pattern.as_str();
        while let Some((before, (name, after))) =
            rest.split_once("${").and_then(|(before, after)| Some((before, after.split_once('}')?)))
        {
            done.push_str(before);
            rest = after;
            match local.get(name).or_else(|| self.values.get(name)) {
                Some(value) => done.push_str(&text(value)),
                None if name.starts_with('!') => done.push_str(&format!("${{{}}}", &name[1..])),
                None => {
                    open = true;
                    done.push_str(&format!("${{{name}}}"));
                }
            }
        }
        done.push_str(rest);
        let whole = done.strip_prefix("${").and_then(|done| done.strip_suffix('}'));
        match whole.filter(|name| open && !name.contains("${")) {
            Some(name) => match name.split_once('.') {
                Some((id, attribute)) => json!({ "Fn::GetAtt": [id, attribute] }),
                None => json!({ "Ref": name }),
            },
            None if open => json!({ "Fn::Sub": done }),
            None => json!(done),
        }
    }

    fn joined(&self, inside: &Value) -> Value {
        let items = self.value(&inside[1]).unwrap_or_default();
        let texts = items.as_array().and_then(|items| {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        texts.map_or_else(
            || json!({ "Fn::Join": [inside[0], items] }),
            |texts| json!(texts.join(inside[0].as_str().unwrap_or_default())),
        )
    }

    fn mapped(&self, inside: &Value) -> Value {
        let inside = self.value(inside).unwrap_or_default();
        let keys: Vec<&str> = inside.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        match keys[..] {
            [map, first, second] => self.template["Mappings"][map][first][second].clone(),
            _ => json!({ "Fn::FindInMap": inside }),
        }
    }

    fn selected(&self, inside: &Value) -> Value {
        let inside = self.value(inside).unwrap_or_default();
        let found = text(&inside[0]).parse::<usize>().ok().and_then(|at| inside[1].get(at));
        found.cloned().unwrap_or_else(|| json!({ "Fn::Select": inside }))
    }

    /// Returns whether the condition holds, or, if that is not known, its definition.
    fn condition(&self, condition: &Value) -> Result<bool, Value> {
        let Some((name, inside)) = condition.as_object().and_then(|entries| entries.iter().next()) else {
            return Err(condition.clone());
        };
        let parts = || inside.as_array().into_iter().flatten().map(|part| self.condition(part));
        let open = || {
            let parts: Vec<Value> =
                parts().map(|part| part.map_or_else(|open| open, |holds| json!(holds))).collect();
            Err(json!({ name: parts }))
        };
        match name.as_str() {
            "Condition" => self.condition(&self.template["Conditions"][inside.as_str().unwrap_or_default()]),
            "Fn::Not" => parts().next().unwrap_or(Ok(false)).map(|holds| !holds).or_else(|_| open()),
            "Fn::And" if parts().any(|part| part == Ok(false)) => Ok(false),
            "Fn::And" if parts().all(|part| part == Ok(true)) => Ok(true),
            "Fn::Or" if parts().any(|part| part == Ok(true)) => Ok(true),
            "Fn::Or" if parts().all(|part| part == Ok(false)) => Ok(false),
            "Fn::And" | "Fn::Or" => open(),
            "Fn::Equals" => match (self.value(&inside[0]), self.value(&inside[1])) {
                (Some(left), Some(right)) if !left.is_object() && !right.is_object() => {
                    Ok(text(&left) == text(&right))
                }
                (left, right) => Err(json!({ name: [left, right] })),
            },
            _ => Err(condition.clone()),
        }
    }
}
