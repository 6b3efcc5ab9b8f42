//! Finds all differences between two templates and judges each of them.
//!
//! Returns [`Finding`]s in the order of the new template. `dependents` adds the effects of a change on other resources, and
//! `phases` assigns changes to steps.

use serde_json::Value;

use crate::diff::{Difference, differences};
use crate::equality::{intrinsic, same};
use crate::path::{Path, Segment};
use crate::recipe::{self, Language};
use crate::renames::Renames;
use crate::rules::{self, Case, Judgement, Stage};
use crate::view::{Templates, entries, is_table, kind, resource, table_name};
use crate::{Action, Change, Verdict, for_each, unknown};

/// A change, and what the steps need to know about it.
#[derive(Clone, Debug)]
pub(crate) struct Finding<'a> {
    pub(crate) change: Change,
    pub(crate) path: Path,
    pub(crate) before: Option<&'a Value>,
    pub(crate) after: Option<&'a Value>,
    pub(crate) stage: Stage,
    /// The text is the same on both sides: nothing is written, unless the change takes two steps.
    pub(crate) by_reference: bool,
}

/// Returns all findings.
pub(crate) fn findings<'a>(templates: Templates<'a>) -> Vec<Finding<'a>> {
    let keys = |template: &'a Value| template.as_object().into_iter().flat_map(|map| map.keys());
    let wanted = keys(templates.wanted);
    let gone = keys(templates.deployed).filter(|section| templates.wanted.get(section).is_none());
    let mut found = Vec::new();
    for section in wanted.chain(gone) {
        if section == "Resources" {
            resources(templates, &mut found);
        } else {
            other_section(templates, section, &mut found);
        }
    }
    parameter_values(templates, &mut found);
    found.extend(macros_at_work(templates, &found));
    found
}

/// What a macro makes of the changes of a template, all of which it gets to see. That of SAM is known as far as tables go.
fn macros_at_work<'a>(templates: Templates<'a>, found: &[Finding<'a>]) -> Option<Finding<'a>> {
    let path = Path::default().key("Transform");
    let is_judged = found.iter().any(|finding| finding.path == path);
    let mut macros = [templates.deployed, templates.wanted].into_iter().flat_map(unknown::macros);
    let name = macros
        .find(|name| name != "AWS::Serverless-2016-10-31")
        .filter(|_| !found.is_empty() && !is_judged)?;
    let (before, after) = (path.get(templates.deployed), path.get(templates.wanted));
    let mut finding =
        finding(Difference { path, before, after }, None, rules::macro_at_work(templates.options, &name));
    finding.by_reference = true;
    Some(finding)
}

/// Other values for parameters that are in both templates. What they do is judged where they are used.
fn parameter_values<'a>(templates: Templates<'a>, found: &mut Vec<Finding<'a>>) {
    for (name, parameter) in entries(templates.written, "Parameters") {
        let (before, after) = (templates.before.given(name), templates.after.given(name));
        let is_declared = templates.deployed.get("Parameters").is_some_and(|all| all.get(name).is_some());
        let differs = templates.after.is_hidden(name) && is_declared
            || before.zip(after).is_some_and(|(before, after)| before != after);
        let is_changed = is_declared && templates.options.changed_parameters.contains(name);
        if differs || is_changed {
            let path = Path::entry("Parameters", name);
            let after = after.or(is_changed.then_some(parameter));
            let difference = Difference { path, before: before.or(after), after };
            let mut finding = finding(difference, None, rules::unused_definition());
            finding.by_reference = true;
            found.push(finding);
        }
    }
}

fn resources<'a>(templates: Templates<'a>, found: &mut Vec<Finding<'a>>) {
    let renames = Renames::between(templates);
    for (id, wanted) in entries(templates.wanted, "Resources") {
        match resource(templates.deployed, id) {
            Some(deployed) if same("", deployed, wanted) => {}
            _ if renames.previous(id).is_some() => {
                found.extend(moved(templates.options.language, &renames, id, wanted));
            }
            Some(deployed) => modified(templates, id, deployed, wanted, found),
            None => found.push(added(templates, id, wanted)),
        }
    }
    for (id, deployed) in entries(templates.deployed, "Resources") {
        if resource(templates.wanted, id).is_none() && !renames.is_renamed(id) {
            let judgement = if is_expanded(id) { unreadable(id) } else { removed(templates, id, deployed) };
            let difference =
                Difference { path: Path::entry("Resources", id), before: Some(deployed), after: None };
            found.push(finding(difference, kind(deployed), judgement));
        }
    }
}

fn removed(templates: Templates, id: &str, deployed: &Value) -> Judgement {
    let mut judgement = rules::removed(templates.options.language, id, deployed);
    if let Some(twin) = templates.twin(false, id) {
        judgement.why.push_str(&format!(
            "; `{twin}` has the same name, so the template that this is compared with cannot be deployed"
        ));
    }
    judgement
}

fn moved<'a>(
    language: Language,
    renames: &Renames<'a>,
    id: &'a str,
    wanted: &'a Value,
) -> Option<Finding<'a>> {
    let (old, deployed) = renames.previous(id)?;
    let judgement = rules::moved(language, old, id, deployed, wanted);
    let path = Path::entry("Resources", id);
    let difference = Difference { path, before: Some(deployed), after: Some(wanted) };
    let mut finding = finding(difference, kind(wanted), judgement);
    finding.change.action = Action::Move { from: old.to_owned() };
    Some(finding)
}

fn added<'a>(templates: Templates<'a>, id: &'a str, wanted: &'a Value) -> Finding<'a> {
    let path = Path::entry("Resources", id);
    let kind = kind(wanted);
    let target = templates.scaling.holder(wanted);
    let name = kind.filter(|kind| is_table(kind)).and_then(|_| table_name(wanted));
    let holder = name.and_then(|name| templates.holder(&name, id)).or_else(|| templates.twin(true, id));
    let judgement = match (target, holder) {
        _ if is_expanded(id) => unreadable(id),
        _ if is_malformed(wanted) => malformed(id),
        (Some(old), _) => rules::clashing_target(old, id, wanted),
        (None, Some(old)) => rules::clashing_name(old, wanted),
        (None, None) => rules::added(kind.unwrap_or_default()),
    };
    finding(Difference { path, before: None, after: Some(wanted) }, kind, judgement)
}

fn modified<'a>(
    templates: Templates<'a>,
    id: &'a str,
    deployed: &'a Value,
    wanted: &'a Value,
    found: &mut Vec<Finding<'a>>,
) {
    let path = Path::entry("Resources", id);
    let whole = Difference { path: path.clone(), before: Some(deployed), after: Some(wanted) };
    let refused = match kind(wanted) {
        _ if is_expanded(id) => Some(unreadable(id)),
        _ if is_malformed(wanted) => Some(malformed(id)),
        new if new != kind(deployed) => {
            Some(rules::type_changed(templates.options.language, id, deployed, wanted))
        }
        _ => None,
    };
    if let Some(judgement) = refused {
        return found.push(finding(whole, kind(wanted), judgement));
    }
    let kind = kind(wanted).unwrap_or_default();
    for difference in differences(path, Some(deployed), Some(wanted), &|path| stops(kind, path)) {
        let Difference { path, before, after } = &difference;
        let (before, after) = (*before, *after);
        let case = Case { templates, id, deployed, wanted, path, before, after, by_reference: false };
        let judgement = judge(&case, kind);
        found.push(finding(difference, Some(kind), judgement));
    }
}

/// Judges one difference inside a resource that is in both templates.
pub(crate) fn judge(case: &Case, kind: &str) -> Judgement {
    if let Some(name) =
        [case.before, case.after].into_iter().flatten().find_map(unknown::included).or_else(|| {
            case.path
                .0
                .contains(&Segment::Key(unknown::TRANSFORM.to_owned()))
                .then(|| unknown::TRANSFORM.to_owned())
        })
    {
        return rules::macro_at_work(case.templates.options, &name);
    }
    let of_loop = case.path.0.iter().find_map(|segment| match segment {
        Segment::Key(key) if for_each::is_loop(key) => Some(key),
        _ => None,
    });
    if let Some(key) = of_loop {
        return unreadable(key);
    }
    let pattern = case.path.pattern(2);
    if is_table(kind) && (pattern == "Properties" || pattern.starts_with("Properties/")) {
        rules::of_property(case, kind)
    } else {
        rules::attribute(case, kind, &pattern)
    }
}

/// Returns whether a place inside a resource is judged as one.
fn stops(kind: &str, path: &Path) -> bool {
    let pattern = path.pattern(2);
    match pattern.strip_prefix("Properties/") {
        Some(pattern) => is_table(kind) && rules::stops_at(kind, pattern),
        None => !pattern.is_empty() && pattern != "Properties",
    }
}

fn other_section<'a>(templates: Templates<'a>, section: &'a str, found: &mut Vec<Finding<'a>>) {
    let (before, after) = (templates.deployed.get(section), templates.wanted.get(section));
    let is_map = |value: Option<&Value>| value.is_none_or(Value::is_object);
    let has_entries = matches!(section, "Outputs" | "Parameters" | "Mappings" | "Conditions" | "Rules");
    let start = Path::default().key(section);
    let differences = if has_entries && is_map(before) && is_map(after) {
        let ids = entries(templates.wanted, section).map(|(id, _)| id);
        let gone = entries(templates.deployed, section).map(|(id, _)| id);
        let gone = gone.filter(|id| after.and_then(|after| after.get(id)).is_none());
        let whole = |path: &Path| stops_in_section(section, path);
        let of = |id: &str| {
            let entry = |section: Option<&'a Value>| section.and_then(|section| section.get(id));
            differences(start.key(id), entry(before), entry(after), &whole)
        };
        ids.chain(gone).flat_map(of).collect()
    } else {
        differences(start, before, after, &|_| true)
    };
    for difference in differences {
        let whole =
            |template: &'a Value| Path(difference.path.0.iter().take(2).cloned().collect()).get(template);
        let pattern = difference.path.pattern(2);
        let (before, after) = (whole(templates.deployed), whole(templates.wanted));
        let judgement = match section {
            "Transform" => rules::transform(templates, before, after),
            "Conditions" if difference.path.key_at(1).is_some_and(is_expanded) => {
                unreadable(difference.path.key_at(1).unwrap_or_default())
            }
            _ => rules::section_entry(section, &pattern, before, after),
        };
        found.push(finding(difference, None, judgement));
    }
}

/// How deep the entries of a section are told apart: a mapping down to its values, an output to its members.
fn stops_in_section(section: &str, path: &Path) -> bool {
    let depth = path.0.len();
    match section {
        "Conditions" | "Rules" => depth >= 2,
        "Mappings" => depth >= 4,
        _ => depth >= 3,
    }
}

/// Puts a judged difference into the form that callers see.
pub(crate) fn finding<'a>(
    difference: Difference<'a>,
    kind: Option<&str>,
    judgement: Judgement,
) -> Finding<'a> {
    let Difference { path, before, after } = difference;
    let part = |at: usize| match path.0.get(at) {
        Some(Segment::Key(key)) => key.clone(),
        _ => String::new(),
    };
    let change = Change {
        section: part(0),
        logical_id: part(1),
        resource_type: kind.map(str::to_owned),
        action: match (before, after) {
            (None, _) => Action::Add,
            (_, None) => Action::Remove,
            (Some(_), Some(_)) => Action::Modify,
        },
        path: path.pointer(2),
        before: before.cloned(),
        after: after.cloned(),
        verdict: judgement.verdict,
        why: judgement.why,
        server_text: judgement.server_text,
        recipe: judgement.recipe,
    };
    Finding { change, path, before, after, stage: judgement.stage, by_reference: false }
}

/// Returns whether CloudFormation writes other entries in the place of this one: a macro, or a loop whose collection is not known.
pub(crate) fn is_expanded(id: &str) -> bool {
    id.starts_with("Fn::")
}

fn is_malformed(resource: &Value) -> bool {
    let has_map = resource.get("Properties").is_none_or(Value::is_object);
    let is_function = resource.get("Properties").and_then(intrinsic).is_some();
    kind(resource).is_none_or(|kind| is_table(kind) && (!has_map || is_function))
}

pub(crate) fn unreadable(id: &str) -> Judgement {
    Judgement {
        verdict: Verdict::Refused,
        why: format!("`{id}` is expanded by CloudFormation, so its resources are not known"),
        server_text: None,
        recipe: Some(recipe::expand_first()),
        stage: Stage::Free,
    }
}

fn malformed(id: &str) -> Judgement {
    Judgement {
        verdict: Verdict::Refused,
        why: "it is not a valid resource: a resource is a map with a `Type`, and its `Properties` are a map"
            .to_owned(),
        server_text: Some(format!(
            "Template format error: [/Resources/{id}] Every Resources object must contain a Type member."
        )),
        recipe: None,
        stage: Stage::Free,
    }
}

/// Returns what is wrong with templates that cannot be compared at all.
pub(crate) fn unreadable_template(deployed: &Value, wanted: &Value) -> Option<Change> {
    let has_resources = |template: &Value| {
        template.get("Resources").and_then(Value::as_object).is_some_and(|resources| !resources.is_empty())
    };
    let is_template =
        |template: &Value| template.is_object() && template.get("Resources").is_none_or(Value::is_object);
    let (why, server_text) = if !has_resources(wanted) {
        let text = "Template format error: At least one Resources member must be defined.";
        ("the wanted template has no resources", Some(text.to_owned()))
    } else if !is_template(deployed) {
        ("the deployed template cannot be read, so the change cannot be judged", None)
    } else {
        return None;
    };
    let judgement = Judgement {
        verdict: Verdict::Refused,
        why: why.to_owned(),
        server_text,
        recipe: None,
        stage: Stage::Free,
    };
    let path = Path::default().key("Resources");
    let difference = Difference { before: path.get(deployed), after: path.get(wanted), path };
    Some(finding(difference, None, judgement).change)
}
