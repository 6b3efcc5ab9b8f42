//! Lowers the rest of a stack: parameters, mappings, conditions, outputs, published values.

use std::borrow::Cow;

use serde_json::json;

use crate::render::lower::{Properties, Resource, entries};
use crate::render::tree::Tree;
use crate::stack::parameter::{Parameter, ParameterType};
use crate::stack::resource::Published;
use crate::stack::{Output, Stack};

/// A section of a template: its name, and its entries by logical id.
pub(in crate::render) type Section<'a> = (&'static str, Vec<(&'a str, Tree<'a>)>);

/// The name of the section for resources.
pub(in crate::render) const RESOURCES: &str = "Resources";

/// Returns the sections of a template in order, including empty ones. `Resources` is always empty: its entries are rendered
/// separately.
pub(in crate::render) fn sections(stack: &Stack) -> [Section<'_>; 5] {
    let parameters = stack.parameters.iter().map(|one| (&one.name[..], Tree::Map(parameter(one))));
    let mappings =
        stack.mappings.iter().map(|one| (&one.name[..], Tree::Json(Cow::Owned(json!(one.values)))));
    let conditions =
        stack.conditions.iter().map(|one| (&one.name[..], Tree::Json(Cow::Owned(json!(one.test)))));
    let outputs = stack.outputs.iter().map(|one| (&one.name[..], Tree::Map(output(one))));
    [
        ("Parameters", parameters.collect()),
        ("Mappings", mappings.collect()),
        ("Conditions", conditions.collect()),
        (RESOURCES, Vec::new()),
        ("Outputs", outputs.collect()),
    ]
}

fn parameter(parameter: &Parameter) -> Properties<'_> {
    let (least, most) = match parameter.kind {
        ParameterType::Number => ("MinValue", "MaxValue"),
        ParameterType::Text | ParameterType::CommaDelimitedList | ParameterType::Aws(_) => {
            ("MinLength", "MaxLength")
        }
    };

    entries([
        ("Type", Some(parameter.kind.as_str().into())),
        ("Description", parameter.description.as_deref().map(Tree::from)),
        ("Default", parameter.default.as_deref().map(Tree::from)),
        ("AllowedValues", Tree::list(parameter.allowed.iter().map(|value| value.as_str().into()))),
        ("AllowedPattern", parameter.pattern.as_deref().map(Tree::from)),
        (least, parameter.least.map(Tree::from)),
        (most, parameter.most.map(Tree::from)),
        ("ConstraintDescription", parameter.constraint.as_deref().map(Tree::from)),
        ("NoEcho", parameter.no_echo.then(|| true.into())),
    ])
}

fn output(output: &Output) -> Properties<'_> {
    entries([
        ("Condition", output.condition.as_deref().map(Tree::from)),
        ("Description", output.description.as_deref().map(Tree::from)),
        ("Value", Some((&output.value).into())),
        ("Export", output.export.as_ref().map(|name| Tree::map([("Name", Some(name.into()))]))),
    ])
}

pub(super) fn published(published: &Published) -> Resource<'_> {
    let properties = Tree::map([
        ("Name", Some(published.path.as_str().into())),
        ("Type", Some("String".into())),
        ("Value", Some((&published.value).into())),
    ]);
    Resource {
        template: "ssm-parameter.yaml",
        ..Resource::new(published.logical_id(), "AWS::SSM::Parameter", properties)
    }
}
