//! Who may do what: the grants of all policies of two templates, compared.
//!
//! In: both templates, with what is known written out. Out: the grants that only one of them has. A grant is an effect, a principal, an
//! action, a resource and a condition; a statement with lists has one for each combination. What another grant of the same side covers
//! by a wildcard is not new, wherever it stands: a statement that moves to another policy of the same role is no change.
//! *Invariant:* what cannot be compared, such as a function whose value is not known, counts as another grant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};

use crate::equality::{identity, intrinsic, is_no_value};
use crate::view::{entries, kind, property};
use crate::{Change, Verdict};

/// Above this, the lists of a statement are compared as a whole.
const MOST_COMBINATIONS: usize = 4_096;

/// Grants that only one of two templates has, and that differ in nothing but what is in the lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessChange {
    /// The resource whose property has the policy.
    pub logical_id: String,
    /// That property, such as `ResourcePolicy`.
    pub property: String,
    /// Whether it is only in the wanted template, else only in the deployed one.
    pub is_new: bool,
    /// Whether it allows, else denies.
    pub is_allowed: bool,
    /// Who: `*`, an ARN, `service lambda.amazonaws.com`, `role Reader`.
    pub principals: Vec<String>,
    /// What: actions, managed policies and templates of policies.
    pub actions: Vec<String>,
    /// On what. A policy of a resource that says `*` is about the resource itself.
    pub resources: Vec<String>,
    /// Under which condition, as JSON.
    pub condition: Option<String>,
}

impl AccessChange {
    /// Returns whether somebody can do more than before: something is allowed that was not, or no longer denied.
    pub fn widens(&self) -> bool {
        self.is_new == self.is_allowed
    }
}

impl fmt::Display for AccessChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = if self.is_allowed { "allow" } else { "deny" };
        let [principals, actions, resources] =
            [&self.principals, &self.actions, &self.resources].map(|list| list.join(", "));
        write!(f, "{effect} {principals}: {actions} on {resources}")?;
        self.condition.as_ref().map_or(Ok(()), |condition| write!(f, " if {condition}"))
    }
}

/// Returns the grants that only one of two templates has: the new ones first, in the order of the wanted template.
pub(crate) fn changes(deployed: &Value, wanted: &Value) -> Vec<AccessChange> {
    let (before, after) = (grants(deployed), grants(wanted));
    let missing = |from: &[(Grant, Origin)], other: &[(Grant, Origin)], is_new| {
        let equal: BTreeSet<Grant> = other.iter().map(|(grant, _)| grant.folded()).collect();
        let broad: Vec<&Grant> =
            other.iter().map(|(grant, _)| grant).filter(|grant| grant.is_broad()).collect();
        let is_there = |grant: Grant| {
            // One without a condition covers the same with one.
            equal.contains(&grant) || equal.contains(&Grant { condition: String::new(), ..grant })
        };
        let is_missing = |(grant, _): &&(Grant, Origin)| {
            !is_there(grant.folded()) && !broad.iter().any(|broad| broad.covers(grant))
        };
        grouped(from.iter().filter(is_missing), is_new)
    };
    let mut changes = missing(&after, &before, true);
    changes.extend(missing(&before, &after, false));
    changes
}

/// Raises the verdict of changes in place that widen access.
pub(crate) fn judge(access: &[AccessChange], changes: &mut [Change]) {
    for change in changes.iter_mut().filter(|change| change.verdict == Verdict::InPlace) {
        let Some(path) = change.path.strip_prefix("/Properties/") else { continue };
        let property = path.split('/').next();
        let of_change = |access: &&AccessChange| {
            access.logical_id == change.logical_id
                && Some(access.property.as_str()) == property
                && access.widens()
        };
        let mut widening = access.iter().filter(of_change);
        let Some(first) = widening.next() else { continue };
        let verb = if first.is_new { "it grants" } else { "it no longer has" };
        let more = match widening.count() {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        change.verdict = Verdict::InPlaceWithRisk;
        change.why = format!("access becomes wider: {verb} `{first}`{more}");
    }
}

/// One combination of a statement. The order decides how grants are grouped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Grant {
    is_allowed: bool,
    principal: Term,
    action: Term,
    resource: Term,
    condition: String,
}

/// Where a grant stands: logical id and property.
type Origin = (String, String);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Term {
    Is(String),
    /// `NotAction` and its like.
    NotIn(BTreeSet<String>),
}

impl Term {
    fn is_broad(&self) -> bool {
        match self {
            Self::Is(text) => text.contains(['*', '?']),
            Self::NotIn(_) => true,
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Is(pattern), Self::Is(text)) => matches(pattern, text),
            (Self::Is(pattern), Self::NotIn(_)) => pattern == "*",
            (Self::NotIn(excepted), Self::Is(text)) => {
                // What a pattern of the other side leaves open could be excepted here.
                !text.contains(['*', '?', '$']) && !excepted.iter().any(|pattern| matches(pattern, text))
            }
            (Self::NotIn(excepted), Self::NotIn(others)) => {
                excepted.iter().all(|text| others.iter().any(|pattern| matches(pattern, text)))
            }
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Is(text) => text.clone(),
            Self::NotIn(excepted) => {
                format!("all but {}", excepted.iter().cloned().collect::<Vec<_>>().join(", "))
            }
        }
    }
}

impl Grant {
    fn is_broad(&self) -> bool {
        [&self.principal, &self.action, &self.resource].iter().any(|term| term.is_broad())
    }

    /// IAM ignores the letter case of actions.
    fn folded(&self) -> Self {
        let action = match &self.action {
            Term::Is(text) => Term::Is(text.to_lowercase()),
            Term::NotIn(texts) => Term::NotIn(texts.iter().map(|text| text.to_lowercase()).collect()),
        };
        Self { action, ..self.clone() }
    }

    fn covers(&self, other: &Self) -> bool {
        self.is_allowed == other.is_allowed
            && (self.condition.is_empty() || self.condition == other.condition)
            && self.action.covers(&other.action)
            && self.resource.covers(&other.resource)
            && self.principal.covers(&other.principal)
    }
}

/// Whether a pattern with `*` and `?` matches all that a text, which can be a pattern too, does. Letter case of actions is ignored by IAM; of
/// the rest, it makes no other grant either.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.to_lowercase().chars().collect(), text.to_lowercase().chars().collect());
    let (mut at, mut in_text, mut star) = (0, 0, None);
    while in_text < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, in_text));
                at += 1;
            }
            Some(c) if *c == text[in_text] || (*c == '?' && text[in_text] != '*') => {
                at += 1;
                in_text += 1;
            }
            _ => match star {
                Some((position, from)) => {
                    (at, in_text) = (position + 1, from + 1);
                    star = Some((position, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

/// Joins grants that differ in one part only: actions first, then resources, then principals.
fn grouped<'a>(grants: impl Iterator<Item = &'a (Grant, Origin)>, is_new: bool) -> Vec<AccessChange> {
    type Lists = [Vec<String>; 3];
    let lists =
        |grant: &Grant| [&grant.action, &grant.resource, &grant.principal].map(|term| vec![term.shown()]);
    let head =
        |(grant, origin): &(Grant, Origin)| (origin.clone(), grant.is_allowed, grant.condition.clone());
    let mut groups: Vec<((Origin, bool, String), Lists)> =
        grants.map(|grant| (head(grant), lists(&grant.0))).collect();
    for part in 0..3 {
        let mut joined: Vec<((Origin, bool, String), Lists)> = Vec::new();
        let mut places: BTreeMap<((Origin, bool, String), Lists), usize> = BTreeMap::new();
        for (head, mut lists) in groups {
            let found = std::mem::take(&mut lists[part]);
            let place = *places.entry((head.clone(), lists.clone())).or_insert_with(|| {
                joined.push((head, lists));
                joined.len() - 1
            });
            let list = &mut joined[place].1[part];
            list.extend(found.into_iter().filter(|item| !list.contains(item)).collect::<Vec<_>>());
        }
        groups = joined;
    }
    let change = |((origin, is_allowed, condition), [actions, resources, principals]): (
        (Origin, bool, String),
        Lists,
    )| {
        let (logical_id, property) = origin;
        let condition = Some(condition).filter(|condition| !condition.is_empty());
        AccessChange { logical_id, property, is_new, is_allowed, principals, actions, resources, condition }
    };
    groups.into_iter().map(change).collect()
}

/// Returns the grants of a template, each once.
fn grants(template: &Value) -> Vec<(Grant, Origin)> {
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

/// Returns the grants of all combinations of principals, actions and resources.
fn combinations(is_allowed: bool, parts: [Vec<Term>; 3], condition: &str) -> Vec<Grant> {
    let count = parts.iter().fold(1_usize, |count, part| count.saturating_mul(part.len()));
    let parts =
        if count <= MOST_COMBINATIONS { parts } else { parts.each_ref().map(|part| whole_list(part)) };
    let [principals, actions, resources] = &parts;
    let mut grants = Vec::new();
    for principal in principals {
        for action in actions {
            grants.extend(resources.iter().map(|resource| Grant {
                is_allowed,
                principal: principal.clone(),
                action: action.clone(),
                resource: resource.clone(),
                condition: condition.to_owned(),
            }));
        }
    }
    grants
}

fn whole_list(terms: &[Term]) -> Vec<Term> {
    let shown: BTreeSet<String> = terms.iter().map(Term::shown).collect();
    vec![Term::Is(shown.into_iter().collect::<Vec<_>>().join(", "))]
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

#[cfg(test)]
mod tests;
