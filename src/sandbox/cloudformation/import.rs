//! Imports: existing physical resources are added to a stack, by an IMPORT change set or with other changes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::engine::failure::Failure;
use crate::state::Region;
use crate::state::change_set::{Action, Change, ToImport};
use crate::state::resource_type::ResourceType;
use crate::state::stack::{Definition, Policy, Stack, StackStatus};
use crate::state::template::Template;
use crate::template::intrinsics::UNKNOWN;
use crate::wire::error::ApiError;
use crate::wire::query::Params;
use crate::wire::text::scalar;

fn refuse<T>(text: String) -> Result<T, ApiError> {
    Err(ApiError::validation(text))
}

fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// Reads and checks `ResourcesToImport` of an IMPORT change set.
pub(super) fn read(
    params: &Params,
    definition: &Definition,
    current: Option<&Definition>,
) -> Result<Vec<ToImport>, ApiError> {
    let template = &definition.template;
    let mut wanted = Vec::new();
    for record in params.records("ResourcesToImport") {
        let logical_id = record.required("LogicalResourceId")?.to_owned();
        let kind_name = record.required("ResourceType")?.to_owned();
        let kind = ResourceType::of(&kind_name).filter(|kind| kind.can_be_imported());
        let Some(kind) = kind else {
            return refuse(format!("ResourceTypes [{kind_name}] are not supported for Import"));
        };
        let Some(resource) = template.resource(&logical_id) else {
            return refuse(format!("Resources [{logical_id}] to import are missing from the template"));
        };
        if resource.get("Type").and_then(Value::as_str) != Some(kind.name()) {
            return refuse(format!(
                "Resource {logical_id} to import is of type {kind_name}, and of another in the template"
            ));
        }
        wanted.push(ToImport { identifier: identifier(&record, kind)?, logical_id });
    }
    if wanted.is_empty() {
        return refuse("You must specify ResourcesToImport for a change set of the type IMPORT".to_owned());
    }
    check_policies(template, &wanted)?;
    check_nothing_else_changes(template, &wanted, current)?;
    Ok(wanted)
}

/// The identifier in the call, which must have the name that the type defines.
fn identifier(record: &Params, kind: ResourceType) -> Result<String, ApiError> {
    let keys = kind.identifiers();
    let given = record.entries("ResourceIdentifier");
    let names: BTreeSet<&str> = given.keys().map(String::as_str).collect();
    if names != keys.iter().copied().collect() {
        return refuse(format!(
            "Resource identifiers [{}] are not those of {}: [{}]",
            list(names),
            kind.name(),
            list(keys.iter().copied())
        ));
    }
    Ok(given.into_values().collect::<Vec<_>>().join("|"))
}

fn check_policies(template: &Template, wanted: &[ToImport]) -> Result<(), ApiError> {
    let bare: Vec<&str> = wanted
        .iter()
        .map(|one| one.logical_id.as_str())
        .filter(|name| {
            template.resource(name).is_some_and(|resource| resource.get("DeletionPolicy").is_none())
        })
        .collect();
    if bare.is_empty() {
        return Ok(());
    }
    refuse(format!(
        "The following resources to import [{}] must have DeletionPolicy attribute specified in the template.",
        list(bare)
    ))
}

/// Nothing else may change in the same operation.
fn check_nothing_else_changes(
    template: &Template,
    wanted: &[ToImport],
    current: Option<&Definition>,
) -> Result<(), ApiError> {
    let is_wanted = |name: &str| wanted.iter().any(|one| one.logical_id == name);
    let known = |name: &str| current.and_then(|current| current.template.resource(name));
    let missing: Vec<&str> = template
        .resources()
        .map(|(name, _)| name)
        .filter(|name| !is_wanted(name) && known(name).is_none())
        .collect();
    if !missing.is_empty() {
        return refuse(format!("Resources [{}] is missing from ResourceToImport list", list(missing)));
    }
    let there: Vec<&str> =
        wanted.iter().map(|one| one.logical_id.as_str()).filter(|name| known(name).is_some()).collect();
    if !there.is_empty() {
        return refuse(format!(
            "Resources [{}] passed in ResourceToImport are already in the stack",
            list(there)
        ));
    }
    let mut modified: Vec<&str> = template
        .resources()
        .filter(|(name, resource)| known(name).is_some_and(|old| old != *resource))
        .map(|(name, _)| name)
        .collect();
    let old = current.iter().flat_map(|current| current.template.resources());
    modified.extend(old.map(|(name, _)| name).filter(|name| template.resource(name).is_none()));
    if !modified.is_empty() {
        return refuse(format!(
            "You have modified resources [{}] in your template that are not being imported. Update, create or delete \
             operations cannot be executed during import operations.",
            list(modified)
        ));
    }
    let outputs = |template: &Template| -> BTreeMap<String, Value> {
        template.outputs().map(|(name, output)| (name.to_owned(), output.clone())).collect()
    };
    let before = current.map(|current| outputs(&current.template)).unwrap_or_default();
    if outputs(template).iter().any(|(name, output)| before.get(name) != Some(output)) {
        return refuse("As part of the import operation, you cannot modify or add [Outputs]".to_owned());
    }
    Ok(())
}

/// Turns the additions of an IMPORT change set into imports.
pub(super) fn mark(changes: &mut [Change], wanted: &[ToImport]) {
    for change in changes {
        if let Some(one) = wanted.iter().find(|one| one.logical_id == change.logical_id) {
            change.action = Action::Import;
            change.physical_id = Some(one.identifier.clone());
        }
    }
}

/// The reason for which a resource cannot be imported, as the change set gives it.
pub(super) fn owned(region: &Region, changes: &[Change]) -> Option<String> {
    changes.iter().filter(|change| change.action == Action::Import).find_map(|change| {
        let identifier = change.physical_id.as_deref()?;
        let owner = owner(region, change.kind, identifier)?;
        Some(format!(
            "Resource of type '{}' with identifier '{identifier}' is already managed by stack {}",
            change.kind.name(),
            owner.id
        ))
    })
}

fn owner<'a>(region: &'a Region, kind: ResourceType, identifier: &str) -> Option<&'a Stack> {
    region.stacks.iter().filter(|stack| stack.status != StackStatus::DeleteComplete).find(|stack| {
        stack.resources.values().any(|resource| {
            let gone = resource.status.as_str().starts_with("DELETE_");
            !gone && resource.kind == kind && resource.physical_id == identifier
        })
    })
}

/// `ImportExistingResources`: additions whose resource exists and belongs to no stack become imports.
pub(super) fn adopt(region: &Region, definition: &Definition, changes: &mut [Change]) -> Result<(), Failure> {
    let mut unprotected = Vec::new();
    for change in changes.iter_mut().filter(|change| change.action == Action::Add) {
        if !change.kind.can_be_imported() {
            continue;
        }
        let Some(property) = change.kind.name_property() else { continue };
        let name = change.after.as_ref().and_then(|after| after.get(property)).map(scalar);
        let Some(name) = name.filter(|name| name != UNKNOWN) else { continue };
        if !region.services.name_in_use(change.kind, &name) || owner(region, change.kind, &name).is_some() {
            continue;
        }
        let policy = definition
            .template
            .resource(&change.logical_id)
            .and_then(|resource| resource.get("DeletionPolicy"));
        if !Policy::of(policy.and_then(Value::as_str)).retains() {
            unprotected.push(format!("{} ({{{property}={name}}})", change.logical_id));
            continue;
        }
        change.action = Action::Import;
        change.physical_id = Some(name);
    }
    if unprotected.is_empty() {
        return Ok(());
    }
    Err(Failure::Import(format!(
        "CloudFormation is attempting to import some resources because they already exist in your account. The resources \
         must have the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for successful \
         import. The affected resources are {}",
        unprotected.join(", ")
    )))
}

/// The physical ids of what a change set imports.
pub(super) fn identifiers(changes: &[Change]) -> BTreeMap<String, String> {
    changes
        .iter()
        .filter(|change| change.action == Action::Import)
        .filter_map(|change| Some((change.logical_id.clone(), change.physical_id.clone()?)))
        .collect()
}
