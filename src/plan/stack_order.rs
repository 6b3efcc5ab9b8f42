//! Deployment order of stacks, by their exports and imports.
//!
//! In: the templates of several stacks. Out: waves, in which every stack comes after the stacks that it depends on. A stack
//! depends on another one that exports what it imports (`Fn::ImportValue`), has an output that it reads
//! (`Fn::GetStackOutput`), or creates an SSM parameter that it resolves. A name that the templates do not determine makes no
//! dependency.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tablewright_template::{Sub, SubPart, sub_parts};

use crate::PseudoParameters;
use crate::equality::identity;
use crate::parameters::Parameters;

/// A stack and its template.
#[derive(Clone, Copy, Debug)]
pub struct StackTemplate<'a> {
    /// `StackName`
    pub stack_name: &'a str,
    /// Its template, in long form.
    pub template: &'a Value,
}

/// Stacks that depend on each other, as indexes into the list of stacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The stacks: each depends on the next one, and the last on the first.
    pub stacks: Vec<usize>,
}

/// Returns for each stack the indexes in `stacks` of the stacks that it depends on.
#[must_use]
pub fn dependencies(stacks: &[StackTemplate<'_>]) -> Vec<BTreeSet<usize>> {
    let exports: Vec<BTreeSet<Shared>> = stacks.iter().map(exports_of).collect();
    let exporters = |import: &Shared, own: usize| {
        let others = exports.iter().enumerate().filter(|(at, _)| *at != own);
        others.filter(|(_, exports)| exports.contains(import)).map(|(at, _)| at).collect::<Vec<_>>()
    };
    let of_stack = |(own, stack): (usize, &StackTemplate<'_>)| {
        imports_of(stack).iter().flat_map(|import| exporters(import, own)).collect()
    };
    stacks.iter().enumerate().map(of_stack).collect()
}

/// Returns the stacks in waves, as indexes into `stacks`: the stacks of a wave depend on stacks of earlier waves only. Within
/// a wave they keep their order.
///
/// ```
/// use serde_json::json;
/// use tablewright_plan::{StackTemplate, waves};
///
/// let reader = json!({ "Resources": { "R": { "Properties": { "Arn": { "Fn::ImportValue": "notes-arn" } } } } });
/// let notes = json!({ "Outputs": { "Arn": { "Value": "a", "Export": { "Name": "notes-arn" } } } });
/// let stacks = [
///     StackTemplate { stack_name: "reader", template: &reader },
///     StackTemplate { stack_name: "notes", template: &notes },
/// ];
/// assert_eq!(waves(&stacks), Ok(vec![vec![1], vec![0]]));
/// ```
///
/// # Errors
///
/// [`Cycle`], when stacks depend on each other.
pub fn waves(stacks: &[StackTemplate<'_>]) -> Result<Vec<Vec<usize>>, Cycle> {
    let dependencies = dependencies(stacks);
    let (mut waves, mut done) = (Vec::new(), BTreeSet::new());
    while done.len() < stacks.len() {
        let ready = |at: &usize| !done.contains(at) && dependencies[*at].is_subset(&done);
        let wave: Vec<usize> = (0..stacks.len()).filter(ready).collect();
        if wave.is_empty() {
            return Err(cycle(&dependencies, &done));
        }
        done.extend(&wave);
        waves.push(wave);
    }
    Ok(waves)
}

/// Follows the dependencies of a stack that is not done until one of them is reached twice.
fn cycle(dependencies: &[BTreeSet<usize>], done: &BTreeSet<usize>) -> Cycle {
    let mut path = Vec::new();
    let mut at = (0..dependencies.len()).find(|at| !done.contains(at)).expect("a stack is not done");
    loop {
        if let Some(begin) = path.iter().position(|seen| *seen == at) {
            return Cycle { stacks: path.split_off(begin) };
        }
        path.push(at);
        at = *dependencies[at]
            .difference(done)
            .next()
            .expect("a stack that is not done depends on one that is not");
    }
}

/// A value that one stack provides and another one reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    /// The name of an export; an expression in its one spelling.
    Export(String),
    /// An output of a stack.
    Output { stack_name: String, output: String },
    /// The name of an SSM parameter.
    Parameter(String),
}

/// Returns what other stacks can read from a stack.
fn exports_of(stack: &StackTemplate<'_>) -> BTreeSet<Shared> {
    let StackTemplate { stack_name, template } = *stack;
    let outputs = template["Outputs"].as_object().into_iter().flatten();
    let exports = outputs.clone().filter_map(|(_, output)| {
        let name = output.pointer("/Export/Name")?;
        Some(Shared::Export(spelled(name, stack_name)))
    });
    let outputs = outputs
        .map(|(output, _)| Shared::Output { stack_name: stack_name.to_owned(), output: output.clone() });
    let resources = template["Resources"].as_object().into_iter().flatten();
    let parameters = resources.filter(|(_, resource)| resource["Type"] == "AWS::SSM::Parameter").filter_map(
        |(_, resource)| Some(Shared::Parameter(spelled(resource.pointer("/Properties/Name")?, stack_name))),
    );
    exports.chain(outputs).chain(parameters).collect()
}

/// Returns what a stack reads from others.
fn imports_of(stack: &StackTemplate<'_>) -> BTreeSet<Shared> {
    let mut imports = BTreeSet::new();
    collect_imports(stack.template, stack.stack_name, &mut imports);
    imports
}

/// Returns the names of the exports that a stack imports, without those that only a deployment knows.
///
/// ```
/// use serde_json::json;
/// use tablewright_plan::{StackTemplate, imported_exports};
///
/// let template = json!({ "Resources": { "R": { "Properties": { "Arn": { "Fn::ImportValue": "notes-arn" } } } } });
/// let names = imported_exports(&StackTemplate { stack_name: "reader", template: &template });
/// assert!(names.into_iter().eq(["notes-arn"]));
/// ```
#[must_use]
pub fn imported_exports(stack: &StackTemplate<'_>) -> BTreeSet<String> {
    let imports = imports_of(stack).into_iter();
    imports
        .filter_map(|import| match import {
            Shared::Export(name) => Some(name),
            Shared::Output { .. } | Shared::Parameter(_) => None,
        })
        .collect()
}

fn collect_imports(value: &Value, stack_name: &str, imports: &mut BTreeSet<Shared>) {
    match value {
        Value::String(text) => {
            imports.extend(resolved(text).map(Shared::Parameter));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_imports(item, stack_name, imports)),
        Value::Object(entries) => {
            if let Some(name) = entries.get("Fn::ImportValue") {
                imports.insert(Shared::Export(spelled(name, stack_name)));
            }
            if let Some(of) = entries.get("Fn::GetStackOutput") {
                imports.insert(Shared::Output {
                    stack_name: spelled(&of["StackName"], stack_name),
                    output: spelled(&of["OutputName"], stack_name),
                });
            }
            if let Some(sub) = entries.get("Fn::Sub").and_then(Sub::read) {
                let name = |text: String| spelled(&json!({ "Fn::Sub": sub.with_text(&text) }), stack_name);
                imports.extend(resolved(sub.text).map(|text| Shared::Parameter(name(text))));
            }
            // A parameter of the template that is read from the store.
            if entries
                .get("Type")
                .and_then(Value::as_str)
                .is_some_and(|it| it.starts_with("AWS::SSM::Parameter::Value"))
                && let Some(name) = entries.get("Default").and_then(Value::as_str)
            {
                imports.insert(Shared::Parameter(name.to_owned()));
            }
            entries.values().for_each(|entry| collect_imports(entry, stack_name, imports));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns the names of the SSM parameters that a text resolves, `{{resolve:ssm:/notes/table:3}}`, with the variables of an
/// `Fn::Sub` as they are.
fn resolved(text: &str) -> impl Iterator<Item = String> {
    text.split("{{resolve:ssm").skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix("-secure").unwrap_or(rest).strip_prefix(':')?;
        let end = rest.find("}}").unwrap_or(rest.len());
        let is_in_variable = rest[..end].rfind("${") > rest[..end].rfind('}');
        // Of `${Stage}}}` the first brace closes the variable.
        Some(without_version(&rest[..end + usize::from(is_in_variable && end < rest.len())]))
    })
}

fn without_version(name: &str) -> String {
    let mut without = String::new();
    for part in sub_parts(name) {
        match part {
            SubPart::Text(text) if text.contains(':') => {
                without.extend(text.split(':').next());
                break;
            }
            SubPart::Text(_) | SubPart::Escaped(_) | SubPart::Variable(_) => {
                without.push_str(&part.to_string());
            }
        }
    }
    without
}

/// Returns a name in its one spelling, with the stack name written out.
fn spelled(name: &Value, stack_name: &str) -> String {
    let known = PseudoParameters { stack_name: Some(stack_name.to_owned()), ..PseudoParameters::default() };
    let resolved = Parameters::of_pseudo(&known).resolve(name);
    identity(resolved.as_ref().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(templates: &[Value], expected: &Result<Vec<Vec<usize>>, Cycle>) {
        let names = ["a", "b", "c", "d"];
        let stacks: Vec<StackTemplate<'_>> = templates
            .iter()
            .zip(names)
            .map(|(template, stack_name)| StackTemplate { stack_name, template })
            .collect();
        assert_eq!(&waves(&stacks), expected, "{templates:#?}");
    }

    fn import(name: &Value) -> Value {
        json!({ "Resources": { "R": { "Properties": { "P": [{ "Fn::ImportValue": name }] } } } })
    }

    fn export(name: &Value) -> Value {
        json!({ "Outputs": { "O": { "Value": "v", "Export": { "Name": name } } } })
    }

    #[test]
    fn an_exporter_comes_before_its_importers() {
        let after = Ok(vec![vec![1], vec![0]]);
        let apart = Ok(vec![vec![0, 1]]);
        check(&[import(&json!("x")), export(&json!("x"))], &after);
        check(&[import(&json!("x")), export(&json!("y"))], &apart);
        check(&[import(&json!("b-x")), export(&json!({ "Fn::Sub": "${AWS::StackName}-x" }))], &after);
        check(&[import(&json!("a-x")), export(&json!({ "Fn::Sub": "${AWS::StackName}-x" }))], &apart);
        for spelled in [
            json!({ "Fn::Sub": "${ AWS::StackName }-x" }),
            json!({ "Fn::Sub": ["${n}-x", { "n": { "Ref": "AWS::StackName" } }] }),
            json!({ "Fn::Join": ["-", [{ "Fn::Sub": "${ AWS::StackName }" }, "x"]] }),
        ] {
            check(&[import(&json!("b-x")), export(&spelled)], &after);
            check(&[import(&json!("a-x")), export(&spelled)], &apart);
        }
        check(
            &[
                import(&json!({ "Fn::Sub": "${ Stage }-x" })),
                export(&json!({ "Fn::Join": ["-", [{ "Ref": "Stage" }, "x"]] })),
            ],
            &after,
        );
        check(
            &[import(&json!({ "Fn::Sub": "${!Stage}-x" })), export(&json!({ "Fn::Sub": "${Stage}-x" }))],
            &apart,
        );
        // Unknown, but made in the same way.
        let made = json!({ "Fn::Join": ["-", [{ "Ref": "Stage" }, "x"]] });
        check(&[import(&made), export(&made)], &after);

        let reads = |stack: &str, output: &str| json!({ "Resources": { "R": { "P": { "Fn::GetStackOutput": { "StackName": stack, "OutputName": output } } } } });
        check(&[reads("b", "O"), export(&json!("x"))], &after);
        check(&[reads("b", "P"), export(&json!("x"))], &apart);
        check(&[reads("a", "O"), export(&json!("x"))], &apart);
    }

    #[test]
    fn a_parameter_is_created_before_it_is_resolved() {
        let after = Ok(vec![vec![1], vec![0]]);
        let apart = Ok(vec![vec![0, 1]]);
        let publishes = json!({ "Resources": { "P": { "Type": "AWS::SSM::Parameter", "Properties": { "Name": "/n/t" } } } });
        for reader in [
            json!({ "Resources": { "R": { "P": "x{{resolve:ssm:/n/t:3}}y" } } }),
            json!({ "Resources": { "R": { "P": { "Fn::Sub": "{{resolve:ssm-secure:/n/t}}" } } } }),
            json!({ "Parameters": { "T": { "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/n/t" } } }),
        ] {
            check(&[reader, publishes.clone()], &after);
        }
        let by_stage = json!({ "Resources": { "P": { "Type": "AWS::SSM::Parameter", "Properties": { "Name": { "Fn::Sub": "/${Stage}/t" } } } } });
        for value in [
            json!({ "Fn::Sub": "{{resolve:ssm:/${ Stage }/t:1}}" }),
            json!({ "Fn::Sub": ["{{resolve:ssm:/${s}/t}}", { "s": { "Ref": "Stage" } }] }),
        ] {
            let reader = json!({ "Resources": { "R": { "P": value } } });
            check(&[reader.clone(), by_stage.clone()], &after);
            check(&[reader, publishes.clone()], &apart);
        }
        for unrelated in [
            json!({ "Resources": { "R": { "P": "{{resolve:ssm:/n/table}}" } } }),
            json!({ "Resources": { "R": { "P": "{{resolve:secretsmanager:/n/t}}" } } }),
            json!({ "Parameters": { "T": { "Type": "String", "Default": "/n/t" } } }),
            json!(null),
            json!([1, "x"]),
        ] {
            check(&[unrelated, publishes.clone()], &apart);
        }
    }

    #[test]
    fn the_name_of_a_resolved_parameter_ends_before_its_version() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(resolved(text).collect::<Vec<_>>(), expected, "{text}");
        };
        check("{{resolve:ssm:/n/t}}", &["/n/t"]);
        check("a{{resolve:ssm:/n/t:3}}b{{resolve:ssm-secure:x}}", &["/n/t", "x"]);
        check("{{resolve:ssm:/${Stage}/t}}", &["/${Stage}/t"]);
        check("{{resolve:ssm:/t/${ Stage }}}", &["/t/${Stage}"]);
        check("{{resolve:ssm:/t/${Stage}:${Version}}}", &["/t/${Stage}"]);
        check("{{resolve:ssm:/${AWS::StackName}:1}}", &["/${AWS::StackName}"]);
        check("{{resolve:ssm:/t}}}", &["/t"]);
        check("{{resolve:ssm:/t", &["/t"]);
        check("{{resolve:ssm", &[]);
        check("{{resolve:ssm:", &[""]);
        check("{{resolve:ssm:${", &["${"]);
    }

    #[test]
    fn a_chain_has_a_wave_for_each_stack_and_an_own_export_is_no_dependency() {
        let both = |exported: &str, imported: &str| {
            let mut template = export(&json!(exported));
            template["Resources"] = json!({ "R": { "P": { "Fn::ImportValue": imported } } });
            template
        };
        check(
            &[both("1", "2"), both("2", "3"), both("3", "none"), both("4", "4")],
            &Ok(vec![vec![2, 3], vec![1], vec![0]]),
        );
        check(&[], &Ok(vec![]));
        check(&[both("0", "1"), both("1", "2"), both("2", "1")], &Err(Cycle { stacks: vec![1, 2] }));
    }
}
