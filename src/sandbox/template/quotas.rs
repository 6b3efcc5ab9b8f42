//! CloudFormation's quotas for a template, as documented ("Understand CloudFormation quotas").
//!
//! The words for resources, outputs and the description are those that users of AWS report; the others follow their form and
//! are ours. The quota of a parameter's value stands with the values.

use crate::state::template::Template;
use crate::template::error::TemplateError;

/// The longest name of a resource, parameter, output or mapping, in characters.
const LONGEST_NAME: usize = 255;
/// The longest description of a template, in bytes.
const LONGEST_DESCRIPTION: usize = 1_024;
const RESOURCES: usize = 500;
/// Sections with a quota of their own, beside the resources.
const SECTIONS: &[(&str, usize)] = &[("Parameters", 200), ("Outputs", 200), ("Mappings", 200)];

/// Refuses a template that exceeds a quota.
pub(crate) fn check(template: &Template) -> Result<(), TemplateError> {
    let refuse = |text: String| Err(TemplateError::Format(text));
    let resources = template.resources().count();
    if resources > RESOURCES {
        return refuse(format!(
            "Number of resources, {resources}, is greater than maximum allowed, {RESOURCES}"
        ));
    }
    for (section, most) in SECTIONS {
        let count = template.entries(section).count();
        if count > *most {
            return refuse(format!("{section} count {count} is greater than max allowed {most}"));
        }
    }
    let kinds = [
        ("Resource", "Resources"),
        ("Parameter", "Parameters"),
        ("Output", "Outputs"),
        ("Mapping", "Mappings"),
    ];
    for (kind, section) in kinds {
        let long = template.entries(section).find(|(name, _)| name.chars().count() > LONGEST_NAME);
        if let Some((name, _)) = long {
            return refuse(format!("{kind} name {name} is longer than {LONGEST_NAME} characters."));
        }
    }
    if template.text("Description").is_some_and(|text| text.len() > LONGEST_DESCRIPTION) {
        return refuse(format!("'Description' length is greater than {LONGEST_DESCRIPTION}."));
    }
    Ok(())
}
