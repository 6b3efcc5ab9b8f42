//! Evaluates parameters, mappings, conditions and functions of them in a template, as far as their values are known.
//!
//! Unknown values stay expressions. *Invariant:* references to resources stay, as the order of an update depends on them.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use tablewright_template::{Sub, SubPart};

use crate::equality::{LONGEST_TEXT, intrinsic, is_no_value, text};
use crate::parameters::Parameters;
use crate::path::{Path, Segment};

impl Parameters<'_> {
    /// Returns the template with what is known written out. Resources and outputs whose condition does not hold are
    /// not in it.
    pub(crate) fn template<'t>(&self, written: &'t Value) -> Cow<'t, Value> {
        let mut template = Cow::Borrowed(written);
        for section in ["Resources", "Outputs"] {
            let Some(entries) = written.get(section).and_then(Value::as_object) else { continue };
            let mut resolved = Vec::with_capacity(entries.len());
            let mut is_changed = false;
            for (id, entry) in entries {
                match self.entry(entry) {
                    ResolvedEntry::AsWritten => resolved.push((id, Cow::Borrowed(entry))),
                    ResolvedEntry::Absent => is_changed = true,
                    ResolvedEntry::Resolved(entry) => {
                        is_changed = true;
                        resolved.push((id, Cow::Owned(entry)));
                    }
                }
            }
            if is_changed {
                let resolved =
                    resolved.into_iter().map(|(id, entry)| (id.clone(), entry.into_owned())).collect();
                template.to_mut()[section] = Value::Object(resolved);
            }
        }
        template
    }

    fn entry(&self, entry: &Value) -> ResolvedEntry {
        let Some(map) = entry.as_object() else {
            return self.resolve(entry).map_or(ResolvedEntry::AsWritten, ResolvedEntry::Resolved);
        };
        let holds = map.get("Condition").and_then(Value::as_str).and_then(|condition| self.holds(condition));
        if holds == Some(false) {
            return ResolvedEntry::Absent;
        }
        let is_said = |name: &str| name == "Condition" && holds.is_some();
        let mut is_changed = false;
        let mut resolved = Map::new();
        for (name, value) in map.iter().filter(|(name, _)| !is_said(name)) {
            // Metadata is for people and tools, who read it as it stands.
            let new = if name == "Metadata" { None } else { self.resolve(value) };
            is_changed |= new.is_some();
            resolved.insert(name.clone(), new.unwrap_or_else(|| value.clone()));
        }
        if is_changed || resolved.len() < map.len() {
            ResolvedEntry::Resolved(Value::Object(resolved))
        } else {
            ResolvedEntry::AsWritten
        }
    }

    /// Returns the value with what is known written out, `None` when that is the value itself.
    pub(crate) fn resolve(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
            Value::Array(items) => {
                let new: Vec<Option<Value>> = items.iter().map(|item| self.resolve(item)).collect();
                let new_or_old = |(new, old): (Option<Value>, &Value)| new.unwrap_or_else(|| old.clone());
                let is_changed = new.iter().any(Option::is_some);
                is_changed.then(|| new.into_iter().zip(items).map(new_or_old).collect())
            }
            Value::Object(map) => match intrinsic(value) {
                Some((function, argument)) => self.function(function, argument),
                None => self.members(map),
            },
        }
    }

    fn members(&self, map: &Map<String, Value>) -> Option<Value> {
        let new: Vec<(&String, Value)> =
            map.iter().filter_map(|(name, value)| Some((name, self.resolve(value)?))).collect();
        let is_changed = !new.is_empty();
        let mut map = is_changed.then(|| map.clone())?;
        for (name, value) in new {
            map[name] = value;
        }
        Some(Value::Object(map))
    }

    /// Returns what a function comes to, as far as that is known; `None` when nothing of it is. Arguments are read
    /// once, whatever becomes of them: expressions may be nested as deep as JSON goes.
    fn function(&self, function: &str, argument: &Value) -> Option<Value> {
        if function == "Ref" {
            return self.value(argument.as_str()?).cloned();
        }
        if function == "Fn::If"
            && let Some((_, branch)) = self.branch(argument)
        {
            return Some(self.resolve(branch).unwrap_or_else(|| branch.clone()));
        }
        let resolved = self.resolve(argument);
        let arguments = resolved.as_ref().unwrap_or(argument);
        let result = if function == "Fn::Sub" {
            self.substituted(arguments)
        } else {
            self.called(function, arguments)
        };
        result.or_else(|| resolved.map(|arguments| json!({ function: arguments })))
    }

    /// Returns what a function comes to whose arguments are all known.
    fn called(&self, function: &str, arguments: &Value) -> Option<Value> {
        match (function, arguments.as_array()?.as_slice()) {
            ("Fn::FindInMap", [map, top, second, ..]) => {
                self.mapped(map.as_str()?, &text(top)?, &text(second)?).cloned()
            }
            ("Fn::Join", [delimiter, Value::Array(items)]) => {
                let items = items.iter().filter(|item| !is_no_value(item)).map(text);
                Some(json!(items.collect::<Option<Vec<String>>>()?.join(delimiter.as_str()?)))
            }
            ("Fn::Select", [at, Value::Array(items)]) => items.get(text(at)?.parse::<usize>().ok()?).cloned(),
            ("Fn::Split", [delimiter, Value::String(text)]) => {
                Some(text.split(delimiter.as_str().filter(|delimiter| !delimiter.is_empty())?).collect())
            }
            _ => None,
        }
    }

    /// Returns the branch of an `Fn::If` that counts, with its place in the arguments.
    fn branch<'v>(&self, arguments: &'v Value) -> Option<(usize, &'v Value)> {
        let [condition, yes, no] = arguments.as_array()?.as_slice() else { return None };
        Some(if self.holds(condition.as_str()?)? { (1, yes) } else { (2, no) })
    }

    /// Returns an `Fn::Sub` with its known variables replaced by their values; the variables of its own map are resolved already.
    fn substituted(&self, argument: &Value) -> Option<Value> {
        let sub = Sub::read(argument)?;
        // A value that looks like a variable itself could not be told from one.
        let known = |name: &str| {
            let value = sub.variable(name).or_else(|| self.value(name)).and_then(text);
            value.filter(|text| !text.contains("${"))
        };
        let mut whole = Some(String::new());
        let mut expression = String::new();
        let mut open = Map::new();
        let mut is_changed = false;
        for part in sub.parts() {
            let (value, spelled) = match part {
                SubPart::Text(text) => (Some(text.to_owned()), text.to_owned()),
                SubPart::Escaped(name) => (Some(format!("${{{name}}}")), part.to_string()),
                SubPart::Variable(name) => match known(name) {
                    Some(value) => {
                        is_changed = true;
                        (Some(value.clone()), value)
                    }
                    None => {
                        open.extend(sub.variable(name).map(|own| (name.to_owned(), own.clone())));
                        (None, part.to_string())
                    }
                },
            };
            expression.push_str(&spelled);
            whole = whole.zip(value).map(|(whole, value)| whole + &value);
            if expression.len() > LONGEST_TEXT {
                return None;
            }
        }
        if let Some(whole) = whole {
            return Some(Value::String(whole));
        }
        let new = if open.is_empty() { json!(expression) } else { json!([expression, open]) };
        is_changed.then(|| json!({ "Fn::Sub": new }))
    }

    /// Returns where a place of the resolved template stands in the one that was written. What is worked out has no
    /// places inside: the expression stands for all of them.
    pub(crate) fn written_place(&self, written: &Value, place: &Path) -> Path {
        let mut path = Path::default();
        let mut segments = place.0.iter();
        let mut next = segments.next();
        loop {
            let Some(value) = path.get(written) else { return path };
            let function = intrinsic(value);
            if let Some(("Fn::If", arguments)) = function
                && let Some((at, _)) = self.branch(arguments)
            {
                path = path.key("Fn::If").join(Segment::At(at));
                continue;
            }
            let Some(segment) = next else { return path };
            let longer = path.join(match segment {
                // Its name may be worked out; elements stay where they were written.
                Segment::Item { at, .. } => Segment::At(*at),
                Segment::Key(_) | Segment::At(_) => segment.clone(),
            });
            // What is only in the other template has no place here.
            if function.is_some() && longer.get(written).is_none() {
                return path;
            }
            path = longer;
            next = segments.next();
        }
    }
}

/// An entry of a section with the known values written out.
enum ResolvedEntry {
    AsWritten,
    /// Its condition does not hold.
    Absent,
    Resolved(Value),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::PlanOptions;
    use crate::parameters::of_both;

    /// Resolves a value where `P` is `p`, `L` is a list, `Yes` holds, and `Odd` looks like a variable.
    fn check(value: &Value, expected: Option<&Value>) {
        let template = json!({
            "Parameters": { "P": {}, "L": { "Type": "CommaDelimitedList" }, "Odd": {}, "Unknown": { "NoEcho": true } },
            "Mappings": { "M": { "p": { "k": [1, 2] } } },
            "Conditions": { "Yes": { "Fn::Equals": [{ "Ref": "P" }, "p"] }, "Open": { "Fn::Equals": [{ "Ref": "X" }, "p"] } },
        });
        let values: BTreeMap<String, String> = [("P", "p"), ("L", "a, b"), ("Odd", "${P}")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let options = PlanOptions {
            deployed_parameters: Some(values.clone()),
            wanted_parameters: Some(values),
            ..PlanOptions::default()
        };
        let (known, _) = of_both(&template, &template, &options);
        assert_eq!(known.resolve(value).as_ref(), expected, "{value}");
    }

    #[test]
    fn what_is_known_is_written_out() {
        let written = |value: Value, expected: Value| check(&value, Some(&expected));
        written(json!({ "Ref": "P" }), json!("p"));
        written(json!({ "Ref": "L" }), json!(["a", "b"]));
        written(json!([{ "k": { "Ref": "P" } }, 5]), json!([{ "k": "p" }, 5]));
        written(json!({ "Fn::If": ["Yes", { "Ref": "P" }, "no"] }), json!("p"));
        written(
            json!({ "Fn::If": ["Open", { "Ref": "P" }, "no"] }),
            json!({ "Fn::If": ["Open", "p", "no"] }),
        );
        written(json!({ "Fn::FindInMap": ["M", { "Ref": "P" }, "k"] }), json!([1, 2]));
        written(json!({ "Fn::Select": ["1", { "Ref": "L" }] }), json!("b"));
        written(json!({ "Fn::Split": ["-", "a-b"] }), json!(["a", "b"]));
        written(json!({ "Fn::Join": ["-", { "Ref": "L" }] }), json!("a-b"));
        written(json!({ "Fn::Join": ["-", ["x", { "Ref": "AWS::NoValue" }, 1]] }), json!("x-1"));
        written(
            json!({ "Fn::Join": ["-", ["x", { "Ref": "P" }, { "Ref": "T" }]] }),
            json!({ "Fn::Join": ["-", ["x", "p", { "Ref": "T" }]] }),
        );
        written(json!({ "Fn::Sub": "plain" }), json!("plain"));
        written(json!({ "Fn::Sub": "${P}-${!P}" }), json!("p-${P}"));
        written(json!({ "Fn::Sub": "${ P }-${ !P}" }), json!("p-${P}"));
        written(json!({ "Fn::Sub": ["${ v }${ T.Arn }", { "v ": "a" }] }), json!({ "Fn::Sub": "a${T.Arn}" }));
        written(json!({ "Fn::Sub": "${P}-${T.Arn}-${!P}" }), json!({ "Fn::Sub": "p-${T.Arn}-${!P}" }));
        written(
            json!({ "Fn::Sub": ["${v}-${w}", { "v": { "Ref": "P" }, "w": { "Ref": "T" } }] }),
            json!({ "Fn::Sub": ["p-${w}", { "w": { "Ref": "T" } }] }),
        );
    }

    #[test]
    fn what_is_not_known_is_left_alone() {
        for value in [
            json!("text"),
            json!({ "Ref": "T" }),
            json!({ "Ref": "AWS::Region" }),
            json!({ "Ref": "Unknown" }),
            json!({ "Ref": ["P"] }),
            json!({ "Fn::GetAtt": ["T", "Arn"] }),
            json!({ "Fn::Sub": "${T}-${AWS::Region}" }),
            json!({ "Fn::Sub": ["${w}", { "w": { "Ref": "T" } }] }),
            json!({ "Fn::Sub": ["${ w }-${ T }", { "w": { "Ref": "T" }, "unused": 1 }] }),
            // Written out it would be another variable.
            json!({ "Fn::Sub": "${Odd}-${T}" }),
            json!({ "Fn::Sub": 5 }),
            json!({ "Fn::Sub": ["${P}"] }),
            json!({ "Fn::If": ["Open", "a", "b"] }),
            json!({ "Fn::If": ["Yes", "a"] }),
            json!({ "Fn::FindInMap": ["M", "p", "other"] }),
            json!({ "Fn::Select": [5, ["a"]] }),
            json!({ "Fn::Select": ["x", ["a"]] }),
            json!({ "Fn::Split": ["", "ab"] }),
            json!({ "Fn::Join": ["-", ["a", ["b"]]] }),
            json!({ "Fn::Join": [{ "Ref": "T" }, ["a"]] }),
        ] {
            check(&value, None);
        }
    }
}
