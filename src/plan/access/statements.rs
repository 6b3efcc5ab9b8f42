//! Reads the grants of a template: from policies, from what is attached to a role, and from what CloudFormation and SAM write short.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::grant::{Grant, Origin, Term, combinations};
use crate::equality::{identity, intrinsic, is_no_value};
use crate::view::{entries, kind, property};

/// Returns the grants of a template, each once.
pub(super) fn grants(template: &Value) -> Vec<(Grant, Origin)> {
    let mut out = Vec::new();
    for (id, resource) in entries(template, "Resources") {
        let Some(kind) = kind(resource) else { continue };
        let owner = Owner { id, kind, resource };
        let properties = resource.get("Properties").and_then(Value::as_object);
        for (name, value) in properties.into_iter().flatten() {
            let mut found = owner.attached(name, value);
            owner.documents(name, value, &mut found);
            out.extend(found.into_iter().map(|grant| (grant, (id.to_owned(), name.clone()))));
        }
        out.extend(owner.whole().into_iter().map(|(grant, name)| (grant, (id.to_owned(), name.to_owned()))));
    }
    let mut seen = BTreeSet::new();
    out.retain(|(grant, _)| seen.insert(grant.clone()));
    out
}

/// A resource that may have policies.
#[derive(Clone, Copy)]
struct Owner<'a> {
    id: &'a str,
    kind: &'a str,
    resource: &'a Value,
}

impl Owner<'_> {
    /// Finds the policies in a property, at any depth.
    fn documents(self, name: &str, value: &Value, out: &mut Vec<Grant>) {
        match value {
            Value::Object(map) if map.contains_key("Statement") => {
                self.statements(name, &map["Statement"], "", out);
            }
            Value::Object(map) => map.values().for_each(|value| self.documents(name, value, out)),
            Value::Array(items) => items.iter().for_each(|value| self.documents(name, value, out)),
            // A policy can be written as JSON in a string.
            Value::String(text) if text.trim_start().starts_with('{') && text.contains("Statement") => {
                if let Ok(parsed @ Value::Object(_)) = serde_json::from_str(text) {
                    self.documents(name, &parsed, out);
                }
            }
            _ => {}
        }
    }

    fn statements(self, name: &str, value: &Value, when: &str, out: &mut Vec<Grant>) {
        match (value, intrinsic(value)) {
            (_, Some(("Fn::If", Value::Array(parts)))) if parts.len() == 3 => {
                let condition = readable(&parts[0]);
                self.statements(name, &parts[1], &format!("{when}when {condition} "), out);
                self.statements(name, &parts[2], &format!("{when}unless {condition} "), out);
            }
            _ if is_no_value(value) => {}
            (Value::Array(items), _) => items.iter().for_each(|item| self.statements(name, item, when, out)),
            (Value::Object(statement), None) => out.extend(self.statement(name, statement, when)),
            _ => {}
        }
    }

    fn statement(self, name: &str, statement: &Map<String, Value>, when: &str) -> Vec<Grant> {
        let is_of_resource = statement.contains_key("Principal") || statement.contains_key("NotPrincipal");
        let principals = match is_of_resource {
            true => terms(statement, "Principal", principals_in),
            false => self.principals().into_iter().map(Term::Is).collect(),
        };
        let mut resources = terms(statement, "Resource", texts);
        if is_of_resource && (resources.is_empty() || resources == [Term::Is("*".to_owned())]) {
            resources = vec![Term::Is(self.itself(name))];
        }
        let condition = statement.get("Condition").map(identity).unwrap_or_default();
        let is_allowed = statement.get("Effect").and_then(Value::as_str) != Some("Deny");
        let condition = format!("{when}{condition}").trim_end().to_owned();
        combinations(is_allowed, [principals, terms(statement, "Action", texts), resources], &condition)
    }

    /// What `*` means in a policy of the resource.
    fn itself(self, property: &str) -> String {
        match (self.kind, property) {
            (_, "StreamSpecification") => format!("stream of {}", self.id),
            ("AWS::IAM::Role", _) => format!("role {}", self.id),
            _ => self.id.to_owned(),
        }
    }

    /// Whom a policy without principals is about.
    fn principals(self) -> Vec<String> {
        let lists = [
            ("Roles", "role"),
            ("RoleName", "role"),
            ("Users", "user"),
            ("UserName", "user"),
            ("Groups", "group"),
            ("GroupName", "group"),
        ];
        let own = match self.kind {
            "AWS::IAM::Role" => Some("role"),
            "AWS::IAM::User" => Some("user"),
            "AWS::IAM::Group" => Some("group"),
            "AWS::Serverless::Function" => Some("function"),
            "AWS::Serverless::StateMachine" => Some("state machine"),
            _ => None,
        };
        if let Some(noun) = own {
            return vec![format!("{noun} {}", self.id)];
        }
        let attached = lists.iter().filter_map(|(name, noun)| {
            let names = texts(property(self.resource, name)?);
            Some(names.into_iter().map(move |name| format!("{noun} {}", without_ref(&name))))
        });
        let attached: Vec<String> = attached.flatten().collect();
        if attached.is_empty() { vec![format!("whoever has {}", self.id)] } else { attached }
    }

    /// Returns what a property attaches that is no policy itself: managed policies, templates of SAM, boundaries.
    fn attached(self, name: &str, value: &Value) -> Vec<Grant> {
        let grants = |is_allowed, action: String, resource: String| {
            let principals = self.principals().into_iter().map(Term::Is).collect();
            combinations(is_allowed, [principals, vec![Term::Is(action)], vec![Term::Is(resource)]], "")
        };
        let policy = |value: &Value| match value {
            Value::Object(template) if intrinsic(value).is_none() && !template.contains_key("Statement") => {
                let of_template = template.iter().filter(|(_, given)| given.is_object());
                let target = |given: &Value| {
                    let values = given.as_object().into_iter().flat_map(Map::values).map(readable);
                    Some(values.collect::<Vec<_>>().join(" "))
                        .filter(|it| !it.is_empty())
                        .unwrap_or("*".into())
                };
                of_template.flat_map(|(policy, given)| grants(true, policy.clone(), target(given))).collect()
            }
            Value::Object(template) if template.contains_key("Statement") => Vec::new(),
            value => grants(true, format!("policy {}", readable(value)), "*".to_owned()),
        };
        match (self.kind, name) {
            ("AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group", "ManagedPolicyArns") => {
                items(value).into_iter().flat_map(policy).collect()
            }
            ("AWS::Serverless::Function" | "AWS::Serverless::StateMachine", "Policies") => {
                items(value).into_iter().flat_map(policy).collect()
            }
            ("AWS::IAM::Role" | "AWS::IAM::User" | "AWS::Serverless::Function", "PermissionsBoundary") => {
                grants(false, format!("what boundary {} does not allow", readable(value)), "*".to_owned())
            }
            _ => Vec::new(),
        }
    }

    /// Returns the grants of a resource that is one as a whole, with the property that stands for it.
    fn whole(self) -> Vec<(Grant, &'static str)> {
        let text = |name: &str| property(self.resource, name).map(readable);
        match self.kind {
            "AWS::Lambda::Permission" => {
                let conditions = ["SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken"];
                let conditions =
                    conditions.iter().filter_map(|name| Some(format!("{name} = {}", text(name)?)));
                let condition = conditions.collect::<Vec<_>>().join(" and ");
                let part = |name: &str| vec![Term::Is(text(name).unwrap_or_else(|| "*".to_owned()))];
                let parts = [part("Principal"), part("Action"), part("FunctionName")];
                combinations(true, parts, &condition).into_iter().map(|grant| (grant, "Action")).collect()
            }
            "AWS::Serverless::Connector" => {
                let end =
                    |name: &str| property(self.resource, name).and_then(|end| end.get("Id")).map(readable);
                let (Some(source), Some(target)) = (end("Source"), end("Destination")) else {
                    return Vec::new();
                };
                let permissions = property(self.resource, "Permissions").map(texts).unwrap_or_default();
                let permissions =
                    permissions.into_iter().map(|it| Term::Is(format!("connector {it}"))).collect();
                let parts = [vec![Term::Is(source)], permissions, vec![Term::Is(target)]];
                combinations(true, parts, "").into_iter().map(|grant| (grant, "Permissions")).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Returns what a statement says of `Action`, `Resource` or `Principal`, or of its negation.
fn terms(statement: &Map<String, Value>, name: &str, read: fn(&Value) -> Vec<String>) -> Vec<Term> {
    if let Some(value) = statement.get(name) {
        return read(value).into_iter().map(Term::Is).collect();
    }
    let excepted = statement.get(&format!("Not{name}"));
    excepted.map(|value| Term::NotIn(read(value).into_iter().collect())).into_iter().collect()
}

fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().filter(|item| !is_no_value(item)).collect(),
        value if is_no_value(value) => Vec::new(),
        value => vec![value],
    }
}

fn texts(value: &Value) -> Vec<String> {
    items(value).into_iter().map(readable).collect()
}

fn principals_in(value: &Value) -> Vec<String> {
    let Value::Object(kinds) = value else { return texts(value) };
    if intrinsic(value).is_some() {
        return texts(value);
    }
    let named = |kind: &str, name: String| match kind {
        "AWS" if name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("arn:aws:iam::{name}:root")
        }
        "AWS" => name,
        kind => format!("{} {name}", kind.to_lowercase()),
    };
    let names = kinds.iter().flat_map(|(kind, value)| texts(value).into_iter().map(move |name| (kind, name)));
    names.map(|(kind, name)| named(kind, name)).collect()
}

/// Returns a value as people read it: a reference as `Fn::Sub` has it.
fn readable(value: &Value) -> String {
    match (value, intrinsic(value)) {
        (Value::String(text), _) => text.clone(),
        (_, Some(("Ref", Value::String(name)))) => format!("${{{name}}}"),
        (_, Some(("Fn::GetAtt", Value::String(path)))) => format!("${{{path}}}"),
        (_, Some(("Fn::GetAtt", Value::Array(path)))) => {
            format!("${{{}}}", path.iter().map(readable).collect::<Vec<_>>().join("."))
        }
        (_, Some(("Fn::Sub", Value::String(text)))) => text.clone(),
        (_, Some(("Fn::Join", Value::Array(parts)))) => match &parts[..] {
            [Value::String(separator), Value::Array(items)] => {
                items.iter().map(readable).collect::<Vec<_>>().join(separator)
            }
            _ => identity(value),
        },
        _ => identity(value),
    }
}

/// `${Reader}` is the resource `Reader`.
fn without_ref(name: &str) -> &str {
    name.strip_prefix("${").and_then(|name| name.strip_suffix('}')).unwrap_or(name)
}
