//! What a definition would change on a stack: the content of a change set.
//!
//! Both sides are resolved with the values known now, resource by resource and property by property. An execution uses
//! the same function, so it does what the change set shows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::state::Region;
use crate::state::change_set::{Action, Change, ChangeType, Detail, Replacement, Shown};
use crate::state::resource_type::ResourceType;
use crate::state::stack::{Definition, Parameter, Policy, Resource, Stack};
use crate::template::error::TemplateError;
use crate::template::intrinsics::{Reference, Scope, outputs_of, references};
use crate::template::{order, outputs};
use crate::wire::text::scalar;
use crate::wire::text::strings;

/// Returns all changes, in the order of the logical ids.
pub(crate) fn changes(
    region: &Region,
    stack: &Stack,
    wanted: &Definition,
    exports: &BTreeMap<String, String>,
) -> Result<Vec<Change>, TemplateError> {
    changes_but(region, stack, wanted, exports, &BTreeSet::new())
}

/// Returns all changes but those of nested stacks known to be `unchanged`.
pub(crate) fn changes_but(
    region: &Region,
    stack: &Stack,
    wanted: &Definition,
    exports: &BTreeMap<String, String>,
    unchanged: &BTreeSet<String>,
) -> Result<Vec<Change>, TemplateError> {
    check_types(stack, &Scope::new(&region.name, stack, wanted, None, exports))?;
    let mut unknown = BTreeSet::new();
    let mut result;
    // References to a replaced resource are unknown, which may replace the resources that have them.
    loop {
        let scope = Scope::new(&region.name, stack, wanted, Some(&unknown), exports);
        result = pass(stack, &scope)?;
        result.retain(|change| !unchanged.contains(&change.logical_id));
        let replaced: BTreeSet<String> = result
            .iter()
            .filter_map(|change| match (change.replacement, change.action, change.kind) {
                (Some(Replacement::True), _, _) | (_, Action::Add, _) => Some(change.logical_id.clone()),
                // A nested stack keeps its id, but its outputs are not known.
                (_, Action::Modify, ResourceType::Stack) => Some(outputs_of(&change.logical_id)),
                _ => None,
            })
            .collect();
        if replaced.is_subset(&unknown) {
            return Ok(result);
        }
        unknown.extend(replaced);
    }
}

/// A resource keeps its type. The words are those that users of AWS report for change sets and for UpdateStack.
fn check_types(stack: &Stack, scope: &Scope<'_>) -> Result<(), TemplateError> {
    let template = &scope.definition.template;
    let retyped: Vec<String> = order::active(scope)?
        .into_iter()
        .filter(|name| {
            let present = stack.resources.get(name).filter(|resource| !resource.physical_id.is_empty());
            present.is_some_and(|resource| {
                template.resource(name).is_some_and(|wanted| kind_of(wanted) != resource.kind)
            })
        })
        .collect();
    if retyped.is_empty() {
        return Ok(());
    }
    Err(TemplateError::Other(format!(
        "Update of resource type is not permitted. The new template modifies resource type of the following resources: [{}]",
        retyped.join(", ")
    )))
}

fn pass(stack: &Stack, scope: &Scope<'_>) -> Result<Vec<Change>, TemplateError> {
    let active = order::active(scope)?;
    let names: BTreeSet<&String> = active.iter().chain(stack.resources.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        // A resource that was never created is created.
        let present = stack.resources.get(name).filter(|resource| !resource.physical_id.is_empty());
        match (present, active.contains(name)) {
            (None, true) => changes.push(add(name, scope)?),
            (Some(resource), false) => changes.push(remove(name, resource, stack, scope)),
            (Some(resource), true) => changes.extend(modify(name, resource, stack, scope)?),
            (None, false) => {}
        }
    }
    Ok(changes)
}

fn kind_of(template: &Value) -> ResourceType {
    let name = template.get("Type").and_then(Value::as_str).unwrap_or_default();
    ResourceType::of(name).expect("the template's types were checked when it was read")
}

fn add(name: &str, scope: &Scope<'_>) -> Result<Change, TemplateError> {
    let template = scope.definition.template.resource(name).cloned().unwrap_or_default();
    Ok(Change {
        action: Action::Add,
        logical_id: name.to_owned(),
        physical_id: None,
        kind: kind_of(&template),
        replacement: None,
        policy_action: None,
        scope: Vec::new(),
        details: Vec::new(),
        before: None,
        after: Some(scope.properties(&template)?),
        change_set_id: None,
    })
}

fn remove(name: &str, resource: &Resource, stack: &Stack, scope: &Scope<'_>) -> Change {
    // As recorded: what a removed resource took from others reads as unknown, whatever it was.
    let unknown: BTreeSet<String> = stack.resources.keys().cloned().collect();
    let before = stack.definition.as_ref().and_then(|definition| {
        let template = definition.template.resource(name)?;
        let before = Scope { definition, unknown: Some(&unknown), ..*scope };
        before.properties(template).ok()
    });
    let policy = if resource.deletion_policy.retains() { "Retain" } else { "Delete" };
    Change {
        action: Action::Remove,
        logical_id: name.to_owned(),
        physical_id: Some(resource.physical_id.clone()),
        kind: resource.kind,
        replacement: None,
        policy_action: Some(policy.to_owned()),
        scope: Vec::new(),
        details: Vec::new(),
        before: before.or_else(|| Some(resource.properties.clone())),
        after: None,
        change_set_id: None,
    }
}

fn modify(
    name: &str,
    resource: &Resource,
    stack: &Stack,
    scope: &Scope<'_>,
) -> Result<Option<Change>, TemplateError> {
    let template = scope.definition.template.resource(name).cloned().unwrap_or_default();
    let kind = kind_of(&template);
    let old_template = stack.definition.as_ref().and_then(|definition| definition.template.resource(name));
    let after = scope.properties(&template)?;
    let mut details = Vec::new();
    property_details(kind, resource, old_template, &template, &after, stack, scope, &mut details);
    details.extend(attribute_details(resource, old_template, &template));
    if kind.takes_stack_tags()
        && stack.definition.as_ref().is_some_and(|old| old.tags != scope.definition.tags)
    {
        details.push(direct("Tags", None, Replacement::False));
    }
    if kind == ResourceType::Stack && details.is_empty() {
        // The template at the URL may have changed; only the update reads it.
        let automatic = direct("Properties", None, Replacement::False);
        details.push(Detail { dynamic: true, source: "Automatic".to_owned(), ..automatic });
    }
    if details.is_empty() {
        return Ok(None);
    }
    let replacement = details.iter().map(|detail| detail.recreation).max().unwrap_or(Replacement::False);
    let policy_action = (replacement == Replacement::True).then(|| {
        let keeps = policy(&template, "UpdateReplacePolicy").retains();
        if keeps { "ReplaceAndRetain" } else { "ReplaceAndDelete" }.to_owned()
    });
    Ok(Some(Change {
        action: Action::Modify,
        logical_id: name.to_owned(),
        physical_id: Some(resource.physical_id.clone()),
        kind,
        replacement: Some(replacement),
        policy_action,
        scope: attributes(&details),
        details,
        before: Some(resource.properties.clone()),
        after: Some(after),
        change_set_id: None,
    }))
}

/// Changes of a resource's attributes beside its properties.
fn attribute_details(resource: &Resource, old_template: Option<&Value>, template: &Value) -> Vec<Detail> {
    let unchanged = [
        ("Metadata", old_template.and_then(|old| old.get("Metadata")) == template.get("Metadata")),
        ("DeletionPolicy", resource.deletion_policy == policy(template, "DeletionPolicy")),
        ("UpdateReplacePolicy", resource.update_replace_policy == policy(template, "UpdateReplacePolicy")),
    ];
    let changed = unchanged.into_iter().filter(|(_, unchanged)| !unchanged);
    changed.map(|(attribute, _)| direct(attribute, None, Replacement::False)).collect()
}

/// The `Scope` of a change: the attributes of its details, each once.
fn attributes(details: &[Detail]) -> Vec<String> {
    let mut attributes: Vec<String> = Vec::new();
    for detail in details {
        if !attributes.contains(&detail.attribute) {
            attributes.push(detail.attribute.clone());
        }
    }
    attributes
}

fn policy(template: &Value, attribute: &str) -> Policy {
    Policy::of(template.get(attribute).and_then(Value::as_str))
}

fn direct(attribute: &str, name: Option<&str>, recreation: Replacement) -> Detail {
    Detail {
        attribute: attribute.to_owned(),
        name: name.map(str::to_owned),
        path: name.map_or_else(|| format!("/{attribute}"), |name| format!("/{attribute}/{name}")),
        recreation,
        change_type: ChangeType::Modify,
        before: None,
        after: None,
        dynamic: false,
        source: "DirectModification".to_owned(),
        causing_entity: None,
        shown: Shown::Always,
    }
}

#[expect(clippy::too_many_arguments, reason = "the two sides of a comparison, each in two forms")]
fn property_details(
    kind: ResourceType,
    resource: &Resource,
    old_template: Option<&Value>,
    template: &Value,
    after: &Value,
    stack: &Stack,
    scope: &Scope<'_>,
    details: &mut Vec<Detail>,
) {
    let before = strings(&resource.properties);
    let after = strings(after);
    let names: BTreeSet<&String> =
        [&before, &after].into_iter().filter_map(Value::as_object).flat_map(Map::keys).collect();
    for name in names {
        let (was, is) = (before.get(name), after.get(name));
        if was == is {
            continue;
        }
        let source = |template: Option<&Value>| {
            template.and_then(|template| template.get("Properties")?.get(name)).cloned()
        };
        let (old_source, new_source) = (source(old_template), source(Some(template)));
        let causes = if old_source == new_source {
            new_source.map(|source| causes(&source, stack, scope)).unwrap_or_default()
        } else {
            Vec::new()
        };
        let recreation = kind.recreation(name);
        property_detail(name, was, is, recreation, &causes, details);
    }
}

/// Why a property with unchanged text changes: through a parameter, or a resource that will be replaced.
enum Cause {
    Parameter(String),
    Resource(Reference),
}

fn causes(source: &Value, stack: &Stack, scope: &Scope<'_>) -> Vec<Cause> {
    let old = stack.definition.as_ref();
    references(source)
        .into_iter()
        .filter_map(|reference| {
            let is = scope.definition.parameter(&reference.name);
            if let Some(is) = is {
                let was = old.and_then(|old| old.parameter(&reference.name));
                return (was.map(Parameter::effective) != Some(is.effective()))
                    .then_some(Cause::Parameter(reference.name));
            }
            let unknown = scope.is_unknown(&reference.name, reference.attribute.is_some());
            unknown.then_some(Cause::Resource(reference))
        })
        .collect()
}

fn property_detail(
    name: &str,
    was: Option<&Value>,
    is: Option<&Value>,
    recreation: Replacement,
    causes: &[Cause],
    details: &mut Vec<Detail>,
) {
    let mut leaves = Vec::new();
    leaf_differences(&format!("/Properties/{name}"), was, is, &mut leaves);
    let detail = |leaf: Option<&Leaf>| {
        let mut detail = direct("Properties", Some(name), recreation);
        if let Some(leaf) = leaf {
            detail.path.clone_from(&leaf.path);
            detail.change_type = leaf.change_type;
            detail.before.clone_from(&leaf.before);
            detail.after.clone_from(&leaf.after);
        }
        detail
    };
    let all_dynamic = !causes.is_empty();
    for cause in causes {
        let (source, entity) = match cause {
            Cause::Parameter(name) => ("ParameterReference", name.clone()),
            Cause::Resource(Reference { name, attribute: Some(attribute) }) => {
                ("ResourceAttribute", format!("{name}.{attribute}"))
            }
            Cause::Resource(Reference { name, attribute: None }) => ("ResourceReference", name.clone()),
        };
        let with_cause = |leaf: Option<&Leaf>, shown| Detail {
            source: source.to_owned(),
            causing_entity: Some(entity.clone()),
            shown,
            ..detail(leaf)
        };
        // As recorded: a resource's change is doubled by a direct one only when values are shown, a parameter's always.
        let doubled = if matches!(cause, Cause::Resource(_)) { Shown::WithValues } else { Shown::Always };
        let direct_first = Detail { dynamic: true, shown: doubled, ..detail(leaves.first()) };
        let caused = with_cause(leaves.first(), Shown::Always);
        match cause {
            Cause::Resource(_) => details.extend([direct_first, caused]),
            Cause::Parameter(_) => details.extend([caused, direct_first]),
        }
    }
    if all_dynamic {
        return;
    }
    match leaves.as_slice() {
        [only] => details.push(detail(Some(only))),
        several => {
            details.push(Detail { shown: Shown::WithoutValues, ..detail(None) });
            details
                .extend(several.iter().map(|leaf| Detail { shown: Shown::WithValues, ..detail(Some(leaf)) }));
        }
    }
}

/// The innermost path at which two values differ.
struct Leaf {
    path: String,
    change_type: ChangeType,
    before: Option<String>,
    after: Option<String>,
}

fn leaf_differences(path: &str, was: Option<&Value>, is: Option<&Value>, leaves: &mut Vec<Leaf>) {
    match (was, is) {
        (Some(was), Some(is)) if was == is => {}
        (Some(Value::Object(was)), Some(Value::Object(is))) => {
            let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
            for name in names {
                leaf_differences(&format!("{path}/{name}"), was.get(name), is.get(name), leaves);
            }
        }
        (Some(Value::Array(was)), Some(Value::Array(is))) => {
            for index in 0..was.len().max(is.len()) {
                leaf_differences(&format!("{path}/{index}"), was.get(index), is.get(index), leaves);
            }
        }
        (was, is) => leaves.push(Leaf {
            path: path.to_owned(),
            change_type: match (was, is) {
                (None, _) => ChangeType::Add,
                (_, None) => ChangeType::Remove,
                _ => ChangeType::Modify,
            },
            before: was.map(scalar),
            after: is.map(scalar),
        }),
    }
}

/// Whether a resource has these properties already.
pub(crate) fn same_properties(resource: &Resource, properties: &Value) -> bool {
    strings(&resource.properties) == strings(properties)
}

/// Whether two definitions differ outside their resources: in outputs, tags or notification topics.
pub(crate) fn differ_beside_resources(
    region: &Region,
    stack: &Stack,
    current: &Definition,
    wanted: &Definition,
) -> bool {
    if current.tags != wanted.tags || current.notification_arns != wanted.notification_arns {
        return true;
    }
    let exports = outputs::exports(region, Some(&stack.id));
    let outputs = |definition: &Definition| {
        let nothing = BTreeSet::new();
        let scope = Scope::new(&region.name, stack, definition, Some(&nothing), &exports);
        outputs::outputs(&scope)
    };
    outputs(current) != outputs(wanted)
}
