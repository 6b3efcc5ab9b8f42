//! Other spellings of a template that mean the same: parameters, conditions, mappings, substitutions, numbers as text, order of sets,
//! and defaults that are written out.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::model::Stack;
use crate::normal::{GLOBAL, TABLE};
use crate::random::{Random, hash};
use crate::resolve::text;

/// Returns the template of the stack in another spelling, and the values of its parameters. Each of `amounts` is how many percent of
/// the places change, and a name that decides which.
pub(crate) fn respelled(
    stack: &Stack,
    seed: u64,
    amounts: &[(usize, &str)],
) -> (Value, BTreeMap<String, String>) {
    let mut template = stack.template();
    let mut speller = Speller {
        seed,
        amounts,
        is_prod: stack.stage == "prod",
        parameters: BTreeMap::new(),
        mappings: Map::new(),
    };
    // Only with language extensions is a policy an expression.
    let mut is_extended = false;
    let resources = template["Resources"].as_object_mut().into_iter().flatten();
    for (id, resource) in resources {
        // A loop: its body is the same for all.
        if resource.is_array() {
            continue;
        }
        let kind = text(&resource["Type"]);
        let Some(properties) = resource["Properties"].as_object_mut() else { continue };
        // SAM itself reads the key of a simple table: it is a literal.
        let key = properties.remove("PrimaryKey");
        if kind == TABLE || kind == GLOBAL {
            speller.write_defaults(id, &kind, properties);
        }
        for (name, value) in properties {
            speller.respell(&format!("{id}/{name}"), name, value);
        }
        is_extended |= speller.respell_policies(id, resource);
        if let Some(key) = key {
            resource["Properties"]["PrimaryKey"] = key;
        }
    }
    speller.declare(&mut template);
    if is_extended {
        let others = template.get("Transform").cloned();
        template["Transform"] = others.into_iter().chain([json!("AWS::LanguageExtensions")]).collect();
    }
    let mut values = speller.parameters;
    values.insert("Stage".to_owned(), stack.stage.to_owned());
    // CloudFormation does not tell what is hidden.
    values
        .iter_mut()
        .filter(|(name, _)| name.starts_with('H'))
        .for_each(|(_, value)| *value = "****".to_owned());
    let parameters = &template["Parameters"];
    values.retain(|name, value| {
        parameters[name]["Default"] != json!(value) || hash(seed, name).is_multiple_of(2)
    });
    (template, values)
}

struct Speller<'a> {
    seed: u64,
    amounts: &'a [(usize, &'a str)],
    is_prod: bool,
    parameters: BTreeMap<String, String>,
    mappings: Map<String, Value>,
}

/// What is the same written out and left out.
const DEFAULTS: [(&str, &str, &str); 4] = [
    ("", "MultiRegionConsistency", "EVENTUAL"),
    (TABLE, "TableClass", "STANDARD"),
    (TABLE, "DeletionProtectionEnabled", "false"),
    ("", "BillingMode", "PROVISIONED"),
];

impl Speller<'_> {
    fn random(&self, place: &str) -> Option<Random> {
        self.amounts.iter().find_map(|(percent, salt)| {
            let mut random = Random(hash(self.seed, &format!("{salt} {place}")));
            random.percent(*percent).then_some(random)
        })
    }

    /// Declares the parameters and the mapping in use.
    fn declare(&self, template: &mut Value) {
        for (name, value) in &self.parameters {
            // The value of a parameter is not its default, unless nobody passes one.
            let default = if hash(self.seed, name).is_multiple_of(3) { "unused" } else { value };
            template["Parameters"][name] = match name.as_bytes()[0] {
                b'L' => json!({ "Type": "CommaDelimitedList", "Default": value }),
                b'S' => json!({ "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/some/name" }),
                b'H' => json!({ "Type": "String", "NoEcho": true, "Default": value }),
                _ => json!({ "Type": "String", "Default": default }),
            };
        }
        if !self.mappings.is_empty() {
            let elsewhere: Map<String, Value> =
                self.mappings.keys().map(|name| (name.clone(), json!("elsewhere"))).collect();
            template["Mappings"] =
                json!({ "ByRegion": { "eu-west-1": self.mappings, "us-east-1": elsewhere } });
        }
    }

    fn write_defaults(&self, id: &str, kind: &str, properties: &mut Map<String, Value>) {
        for (of, name, default) in DEFAULTS {
            let is_here = of == kind || (of.is_empty() && (kind == GLOBAL || name == "BillingMode"));
            if !is_here || self.random(&format!("{id} default {name}")).is_none() {
                continue;
            }
            if properties.get(name).is_some_and(|value| value == default) {
                properties.remove(name);
            } else if name != "BillingMode" {
                properties.entry(name).or_insert_with(|| json!(default));
            }
        }
    }

    /// Makes a policy an expression, and returns whether it did.
    fn respell_policies(&mut self, id: &str, resource: &mut Value) -> bool {
        let mut did = false;
        for name in ["DeletionPolicy", "UpdateReplacePolicy"] {
            let place = format!("{id} {name}");
            let here = self.random(&place).is_some_and(|random| random.0.is_multiple_of(5));
            if let Some(policy) = resource.get(name).map(text).filter(|_| here) {
                resource[name] = self.parameter('P', &place, policy);
                did = true;
            }
        }
        did
    }

    fn respell(&mut self, place: &str, name: &str, value: &mut Value) {
        match value {
            Value::Object(entries) => {
                // An expression stays as it is, and SAM reads a key's name itself.
                let is_expression = entries.len() == 1
                    && entries.keys().all(|name| name == "Ref" || name.starts_with("Fn::"));
                if !is_expression {
                    for (name, value) in entries {
                        self.respell(&format!("{place}/{name}"), name, value);
                    }
                }
                self.rewrite_reference(place, value);
            }
            Value::Array(items) => {
                for (at, item) in items.iter_mut().enumerate() {
                    self.respell(&format!("{place}/{at}"), "", item);
                }
                if name == "NonKeyAttributes" && self.random(&format!("{place} list")).is_some() {
                    let names: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                    if let Some(names) = names {
                        *value = self.parameter('L', place, names.join(","));
                        return;
                    }
                }
                let is_set = name != "KeySchema" && name != "SearchSchema" && name != "Statement";
                if is_set && self.random(&format!("{place} order")).is_some() {
                    items.reverse();
                }
            }
            _ => self.rewrite_scalar(place, value),
        }
        if let Some(mut random) = self.random(&format!("{place} if")).filter(|random| random.0 % 3 == 0) {
            let otherwise =
                if random.percent(50) { json!({ "Ref": "AWS::NoValue" }) } else { json!("other") };
            let (condition, is_true) = random.pick(&[("IsProd", self.is_prod), ("IsDev", !self.is_prod)]);
            let [first, second] =
                if is_true { [value.clone(), otherwise] } else { [otherwise, value.clone()] };
            *value = json!({ "Fn::If": [condition, first, second] });
        }
    }

    fn rewrite_reference(&self, place: &str, value: &mut Value) {
        let Some(_) = self.random(&format!("{place} reference")) else { return };
        if let Some(attribute) = value.get("Fn::GetAtt").and_then(Value::as_array) {
            let (id, name) = (text(&attribute[0]), text(&attribute[1]));
            *value = if hash(self.seed, place).is_multiple_of(2) {
                json!({ "Fn::GetAtt": format!("{id}.{name}") })
            } else {
                json!({ "Fn::Sub": format!("${{{id}.{name}}}") })
            };
        }
    }

    fn rewrite_scalar(&mut self, place: &str, value: &mut Value) {
        let Some(mut random) = self.random(place) else { return };
        let plain = text(value);
        let name = format!("P{:x}", hash(7, place) & 0xFFFF_FFFF);
        *value = match random.below(40) / 4 {
            0 => json!(plain),
            1 => json!({ "Fn::Sub": plain }),
            2 => {
                self.mappings.insert(name.clone(), json!(plain));
                json!({ "Fn::FindInMap": ["ByRegion", { "Ref": "AWS::Region" }, name] })
            }
            3 => json!({ "Fn::Join": ["", [plain]] }),
            5 => json!({ "Fn::Select": [0, [plain, "other"]] }),
            6 => json!({ "Fn::Sub": ["${a}", { "a": plain }] }),
            7 if place.contains("Tags") => self.parameter('S', place, "/some/name".to_owned()),
            8 if place.contains("Tags") => self.parameter('H', place, plain),
            4 => {
                self.parameters.insert(name.clone(), plain);
                json!({ "Fn::Sub": format!("${{{name}}}") })
            }
            _ => self.parameter('P', place, plain),
        };
    }

    /// A reference to a parameter with the value; the first letter of its name tells its type.
    fn parameter(&mut self, kind: char, place: &str, value: String) -> Value {
        let name = format!("{kind}{:x}", hash(7, place) & 0xFFFF_FFFF);
        self.parameters.insert(name.clone(), value);
        json!({ "Ref": name })
    }
}
