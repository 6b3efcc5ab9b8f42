//! What a template asks of whoever deploys it: parameters, and powers that CloudFormation wants to be granted.
//!
//! In goes the template as a tree, out comes what a request has to bring. Pure. *Invariant:* a power is granted because the
//! template uses it, never because it might; what only CloudFormation can see (a nested template, what a macro makes) is
//! left to its refusal, which names it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::stack::STACK_TYPE;

/// What a template asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements {
    /// The parameters that it declares, and whether each has a default.
    pub parameters: BTreeMap<String, bool>,
    /// The powers that it uses.
    pub capabilities: Vec<Capability>,
    /// Whether stacks are nested in it, which have change sets of their own.
    pub nested_stacks: bool,
}

impl Requirements {
    /// Reads the requirements of a template.
    ///
    /// ```
    /// use serde_json::json;
    /// use tablewright_cloudformation::{Requirements, Capability};
    ///
    /// let template = json!({
    ///     "Parameters": {"Stage": {"Type": "String"}, "Size": {"Type": "Number", "Default": 1}},
    ///     "Resources": {"Worker": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "worker"}}},
    /// });
    /// let requirements = Requirements::of(&template);
    /// assert_eq!(requirements.parameters["Stage"], false);
    /// assert_eq!(requirements.parameters["Size"], true);
    /// assert_eq!(requirements.capabilities, [Capability::NamedIam]);
    /// ```
    pub fn of(template: &Value) -> Requirements {
        let members = |section: &str| template[section].as_object().into_iter().flatten();
        let parameters =
            members("Parameters").map(|(name, declared)| (name.clone(), declared.get("Default").is_some()));
        let types = members("Resources").filter_map(|(_, resource)| resource["Type"].as_str());
        let iam = members("Resources").filter_map(|(_, resource)| needed(resource)).max_by_key(|needed| {
            // The greater power includes the lesser.
            matches!(needed, Capability::NamedIam)
        });
        let macros = template.get("Transform").is_some() || calls_macro(template);
        Requirements {
            parameters: parameters.collect(),
            capabilities: iam.into_iter().chain(macros.then_some(Capability::AutoExpand)).collect(),
            nested_stacks: types.into_iter().any(|resource_type| resource_type == STACK_TYPE),
        }
    }
}

/// What a template may do besides the ordinary. Granted by the user or by [`Requirements`], never by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Make IAM resources.
    Iam,
    /// Make IAM resources with names of their own.
    NamedIam,
    /// Be changed by macros while it is deployed.
    AutoExpand,
}

/// The types whose creation gives rights to somebody, and the property that names them.
const IAM: [(&str, Option<&str>); 9] = [
    ("AWS::IAM::AccessKey", None),
    ("AWS::IAM::Group", Some("GroupName")),
    ("AWS::IAM::InstanceProfile", Some("InstanceProfileName")),
    ("AWS::IAM::ManagedPolicy", Some("ManagedPolicyName")),
    ("AWS::IAM::Policy", None),
    ("AWS::IAM::Role", Some("RoleName")),
    ("AWS::IAM::RolePolicy", None),
    ("AWS::IAM::User", Some("UserName")),
    ("AWS::IAM::UserToGroupAddition", None),
];

fn needed(resource: &Value) -> Option<Capability> {
    let resource_type = resource["Type"].as_str()?;
    let (_, name) = IAM.iter().find(|(known, _)| *known == resource_type)?;
    let named = name.is_some_and(|name| resource["Properties"].get(name).is_some());
    Some(if named { Capability::NamedIam } else { Capability::Iam })
}

/// Whether a macro is called anywhere inside.
fn calls_macro(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key("Fn::Transform") || members.values().any(calls_macro),
        Value::Array(items) => items.iter().any(calls_macro),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(template: &Value, capabilities: &[Capability]) {
        assert_eq!(Requirements::of(template).capabilities, capabilities);
    }

    #[test]
    fn only_what_is_used_is_granted() {
        let of = |resource_type: &str, properties: Value| json!({"Resources": {"A": {"Type": resource_type, "Properties": properties}}});
        check(&of("AWS::SNS::Topic", json!({"TopicName": "t"})), &[]);
        check(&of("AWS::IAM::Role", json!({})), &[Capability::Iam]);
        check(&of("AWS::IAM::Role", json!({"RoleName": {"Ref": "Name"}})), &[Capability::NamedIam]);
        // An inline policy has to have a name.
        check(&of("AWS::IAM::Policy", json!({"PolicyName": "p"})), &[Capability::Iam]);
        check(&of("AWS::IAM::Role2", json!({})), &[]);
        let both = json!({"Resources": {
            "A": {"Type": "AWS::IAM::User", "Properties": {"UserName": "u"}},
            "B": {"Type": "AWS::IAM::Role"}}});
        check(&both, &[Capability::NamedIam]);
    }

    #[test]
    fn macros_are_found_wherever_they_are_called() {
        check(&json!({"Transform": "AWS::LanguageExtensions"}), &[Capability::AutoExpand]);
        check(&json!({"Resources": {"A": {"Fn::Transform": {}}}}), &[Capability::AutoExpand]);
        check(&json!({"Outputs": {"O": {"Value": [{"Fn::Transform": {}}]}}}), &[Capability::AutoExpand]);
        check(&json!({"Outputs": {"O": {"Value": "Fn::Transform"}}}), &[]);
    }

    #[test]
    fn nested_stacks_are_seen() {
        let nested = json!({"Resources": {"N": {"Type": "AWS::CloudFormation::Stack"}}});
        assert!(Requirements::of(&nested).nested_stacks);
        assert!(!Requirements::of(&json!({"Resources": {"N": {"Type": "AWS::SNS::Topic"}}})).nested_stacks);
    }

    #[test]
    fn a_template_that_is_no_template_asks_for_nothing() {
        for odd in [json!(null), json!([]), json!({"Resources": []}), json!({"Resources": {"A": 1}})] {
            assert_eq!(Requirements::of(&odd), Requirements::default());
        }
    }
}
