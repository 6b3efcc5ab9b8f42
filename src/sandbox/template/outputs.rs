//! A stack's outputs and exports, resolved when every resource exists.

use std::collections::BTreeMap;

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
        if let Some(condition) = output.get("Condition").and_then(Value::as_str)
            && !scope.condition(condition)?
        {
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
