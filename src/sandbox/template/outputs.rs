//! A stack's outputs and exports, resolved when every resource exists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::state::Region;
use crate::state::stack::{Output, Stack, StackStatus};
use crate::template::error::TemplateError;
use crate::template::intrinsics::{Scope, UNKNOWN};
use crate::wire::text::scalar;

/// The exports of the region's stacks, except one.
pub(crate) fn exports(region: &Region, but: Option<&str>) -> BTreeMap<String, String> {
    region
        .stacks
        .iter()
        .filter(|stack| stack.status != StackStatus::DeleteComplete && Some(stack.id.as_str()) != but)
        .flat_map(|stack| &stack.outputs)
        .filter_map(|output| Some((output.export.clone()?, output.value.clone())))
        .collect()
}

/// Why the exports of a stack cannot become those of `wanted`: another stack imports one that would go or change.
///
/// The rule is documented ("Get exported outputs from a deployed CloudFormation stack"); the words are those that users of
/// AWS report.
pub(crate) fn export_in_use(region: &Region, stack: &Stack, wanted: &[Output]) -> Option<String> {
    let is_live = |other: &&Stack| other.id != stack.id && other.status != StackStatus::DeleteComplete;
    stack.outputs.iter().find_map(|output| {
        let export = output.export.as_ref()?;
        let user = region.stacks.iter().filter(is_live).find(|other| other.imports.contains(export))?;
        let what = match wanted.iter().find(|one| one.export.as_ref() == Some(export)) {
            Some(same) if same.value == output.value => return None,
            Some(_) => "updated",
            None => "deleted",
        };
        Some(format!("Export {export} cannot be {what} as it is in use by {}", user.name))
    })
}

/// The resources that import an export that is not there, each with the export's name.
pub(crate) fn missing_exports(scope: &Scope<'_>) -> Result<Vec<(String, String)>, TemplateError> {
    let mut missing = Vec::new();
    for (name, resource) in scope.definition.template.resources() {
        let imports = scope.imports_of(resource)?;
        let lost =
            imports.into_iter().filter(|export| !scope.exports.contains_key(export) && export != UNKNOWN);
        missing.extend(lost.map(|export| (name.to_owned(), export)));
    }
    Ok(missing)
}

/// Refuses names of exports that CloudFormation refuses before anything begins, in the words that users of AWS report.
pub(crate) fn check_exports(scope: &Scope<'_>) -> Result<(), TemplateError> {
    let template = &scope.definition.template;
    let malformed = |key: &str, rule: &str| {
        Err(TemplateError::Format(format!("Output {key} is malformed. The Name field of {rule}")))
    };
    let (mut names, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for (key, output) in template.outputs() {
        let Some(export) = output.get("Export").filter(|_| scope.is_active(output).unwrap_or(true)) else {
            continue;
        };
        let references = scope.live_references(export);
        if references.iter().any(|reference| template.resource(&reference.name).is_some()) {
            return malformed(
                key,
                "Export must not depend on any resources, imported values, or Fn::GetAZs.",
            );
        }
        let name = match export.get("Name") {
            Some(name) => scope.resolve(name)?.map(|name| scalar(&name)).unwrap_or_default(),
            None => String::new(),
        };
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-');
        if name.is_empty() || !name.chars().all(is_allowed) {
            return malformed(
                key,
                "every Export member must be specified and consist only of alphanumeric characters, colons, or hyphens.",
            );
        }
        if !names.insert(name.clone()) {
            twice.insert(name);
        }
    }
    if twice.is_empty() {
        return Ok(());
    }
    Err(TemplateError::Format(format!(
        "The Outputs section contains duplicate Export names: [{}]. Specify a unique name for each export.",
        twice.into_iter().collect::<Vec<_>>().join(", ")
    )))
}

/// Resolves the outputs, when every resource exists.
pub(crate) fn set_outputs(region: &mut Region, index: usize) -> Result<(), TemplateError> {
    let (outputs, imports) = {
        let all = exports(region, None);
        let stack = &region.stacks[index];
        let Some(definition) = &stack.definition else {
            return Ok(());
        };
        let scope = Scope::new(&region.name, stack, definition, None, &all);
        let outputs = outputs(&scope)?;
        let others = exports(region, Some(&stack.id));
        if let Some(taken) =
            outputs.iter().filter_map(|output| output.export.as_ref()).find(|name| others.contains_key(*name))
        {
            let owner = region
                .stacks
                .iter()
                .find(|stack| stack.outputs.iter().any(|output| output.export.as_ref() == Some(taken)))
                .map(|stack| stack.name.clone())
                .unwrap_or_default();
            return Err(TemplateError::Other(format!(
                "Export with name {taken} is already exported by stack {owner}"
            )));
        }
        if let Some(refusal) = export_in_use(region, stack, &outputs) {
            return Err(TemplateError::Other(refusal));
        }
        (outputs, scope.imports()?)
    };
    let stack = &mut region.stacks[index];
    stack.outputs = outputs;
    stack.imports = imports;
    Ok(())
}

/// The outputs whose condition holds.
pub(crate) fn outputs(scope: &Scope<'_>) -> Result<Vec<Output>, TemplateError> {
    let mut outputs = Vec::new();
    for (key, output) in scope.definition.template.outputs() {
        if !scope.is_active(output)? {
            continue;
        }
        let text = |value: Option<&Value>| -> Result<Option<String>, TemplateError> {
            Ok(match value {
                Some(value) => scope.resolve(value)?.map(|value| scalar(&value)),
                None => None,
            })
        };
        let Some(value) = text(output.get("Value"))? else {
            continue;
        };
        outputs.push(Output {
            key: key.to_owned(),
            value,
            description: output.get("Description").and_then(Value::as_str).map(str::to_owned),
            export: text(output.get("Export").and_then(|export| export.get("Name")))?,
        });
    }
    Ok(outputs)
}
