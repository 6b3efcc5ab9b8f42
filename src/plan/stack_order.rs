//! In which order stacks are deployed: what one tells, another may have to hear.
//!
//! In go the templates of several stacks, out come waves: every stack after all that it takes something from. A stack takes
//! what it imports (`Fn::ImportValue`), reads (`Fn::GetStackOutput`) or resolves from the SSM Parameter Store, where another of the
//! stacks says it. What cannot be known from the templates makes no order.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tablewright_template::{Sub, SubPart, sub_parts};

use crate::equality::identity;
use crate::parameters::Known;

/// A stack that is to be put in order.
#[derive(Clone, Copy, Debug)]
pub struct Ordered<'a> {
    /// `StackName`
    pub stack_name: &'a str,
    /// Its template, in long form.
    pub template: &'a Value,
}

/// Stacks that wait for each other, by the place in what was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The stacks, each of which takes something from the next, and the last from the first.
    pub stacks: Vec<usize>,
}

/// Returns for each stack the stacks that it takes something from, by their place in `stacks`.
#[must_use]
pub fn dependencies(stacks: &[Ordered<'_>]) -> Vec<BTreeSet<usize>> {
    let says: Vec<BTreeSet<Message>> = stacks.iter().map(said).collect();
    let from = |message: &Message, own: usize| {
        let sayers = says.iter().enumerate().filter(move |(at, said)| *at != own && said.contains(message));
        sayers.map(|(at, _)| at).collect::<Vec<_>>()
    };
    let heard = |(own, stack): (usize, &Ordered<'_>)| {
        let mut messages = BTreeSet::new();
        hear(stack.template, stack.stack_name, &mut messages);
        messages.iter().flat_map(|message| from(message, own)).collect()
    };
    stacks.iter().enumerate().map(heard).collect()
}

/// Puts stacks in waves: those of a wave take nothing from each other, nor from those of later waves. Within a wave they are as they
/// were given.
///
/// ```
/// use serde_json::json;
/// use tablewright_plan::{Ordered, waves};
///
/// let reader = json!({ "Resources": { "R": { "Properties": { "Arn": { "Fn::ImportValue": "notes-arn" } } } } });
/// let notes = json!({ "Outputs": { "Arn": { "Value": "a", "Export": { "Name": "notes-arn" } } } });
/// let stacks = [
///     Ordered { stack_name: "reader", template: &reader },
///     Ordered { stack_name: "notes", template: &notes },
/// ];
/// assert_eq!(waves(&stacks), Ok(vec![vec![1], vec![0]]));
/// ```
///
/// # Errors
///
/// The first stacks that wait for each other.
pub fn waves(stacks: &[Ordered<'_>]) -> Result<Vec<Vec<usize>>, Cycle> {
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

/// Follows what is not done from one to the next until somebody comes twice.
fn cycle(dependencies: &[BTreeSet<usize>], done: &BTreeSet<usize>) -> Cycle {
    let mut path = Vec::new();
    let mut at = (0..dependencies.len()).find(|at| !done.contains(at)).expect("somebody waits");
    loop {
        if let Some(begin) = path.iter().position(|seen| *seen == at) {
            return Cycle { stacks: path.split_off(begin) };
        }
        path.push(at);
        at = *dependencies[at].difference(done).next().expect("who waits, waits for somebody who waits");
    }
}

/// Something that one stack says and another hears.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Message {
    /// The name of an export, or what makes the name.
    Export(String),
    /// An output of a stack.
    Output { stack_name: String, output: String },
    /// The name of an SSM parameter.
    Parameter(String),
}

fn said(stack: &Ordered<'_>) -> BTreeSet<Message> {
    let Ordered { stack_name, template } = *stack;
    let outputs = template["Outputs"].as_object().into_iter().flatten();
    let exports = outputs.clone().filter_map(|(_, output)| {
        let name = output.pointer("/Export/Name")?;
        Some(Message::Export(spelled(name, stack_name)))
    });
    let outputs = outputs
        .map(|(output, _)| Message::Output { stack_name: stack_name.to_owned(), output: output.clone() });
    let resources = template["Resources"].as_object().into_iter().flatten();
    let parameters = resources.filter(|(_, resource)| resource["Type"] == "AWS::SSM::Parameter").filter_map(
        |(_, resource)| Some(Message::Parameter(spelled(resource.pointer("/Properties/Name")?, stack_name))),
    );
    exports.chain(outputs).chain(parameters).collect()
}

fn hear(value: &Value, stack_name: &str, messages: &mut BTreeSet<Message>) {
    match value {
        Value::String(text) => {
            messages.extend(resolved(text).map(Message::Parameter));
        }
        Value::Array(items) => items.iter().for_each(|item| hear(item, stack_name, messages)),
        Value::Object(entries) => {
            if let Some(name) = entries.get("Fn::ImportValue") {
                messages.insert(Message::Export(spelled(name, stack_name)));
            }
            if let Some(of) = entries.get("Fn::GetStackOutput") {
                messages.insert(Message::Output {
                    stack_name: spelled(&of["StackName"], stack_name),
                    output: spelled(&of["OutputName"], stack_name),
                });
            }
            if let Some(sub) = entries.get("Fn::Sub").and_then(Sub::read) {
                let name = |text: String| spelled(&json!({ "Fn::Sub": sub.with_text(&text) }), stack_name);
                messages.extend(resolved(sub.text).map(|text| Message::Parameter(name(text))));
            }
            // A parameter of the template that is read from the store.
            if entries
                .get("Type")
                .and_then(Value::as_str)
                .is_some_and(|it| it.starts_with("AWS::SSM::Parameter::Value"))
                && let Some(name) = entries.get("Default").and_then(Value::as_str)
            {
                messages.insert(Message::Parameter(name.to_owned()));
            }
            entries.values().for_each(|entry| hear(entry, stack_name, messages));
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

/// Returns one spelling of a name, with what is known of it written out: the name of its stack is.
fn spelled(name: &Value, stack_name: &str) -> String {
    let resolved = Known::of_stack(stack_name).resolve(name);
    identity(resolved.as_ref().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(templates: &[Value], expected: &Result<Vec<Vec<usize>>, Cycle>) {
        let names = ["a", "b", "c", "d"];
        let stacks: Vec<Ordered<'_>> = templates
            .iter()
            .zip(names)
            .map(|(template, stack_name)| Ordered { stack_name, template })
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
    fn whoever_says_comes_before_whoever_hears() {
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

        let publishes = json!({ "Resources": { "P": { "Type": "AWS::SSM::Parameter", "Properties": { "Name": "/n/t" } } } });
        for hearer in [
            json!({ "Resources": { "R": { "P": "x{{resolve:ssm:/n/t:3}}y" } } }),
            json!({ "Resources": { "R": { "P": { "Fn::Sub": "{{resolve:ssm-secure:/n/t}}" } } } }),
            json!({ "Parameters": { "T": { "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/n/t" } } }),
        ] {
            check(&[hearer, publishes.clone()], &after);
        }
        let by_stage = json!({ "Resources": { "P": { "Type": "AWS::SSM::Parameter", "Properties": { "Name": { "Fn::Sub": "/${Stage}/t" } } } } });
        for value in [
            json!({ "Fn::Sub": "{{resolve:ssm:/${ Stage }/t:1}}" }),
            json!({ "Fn::Sub": ["{{resolve:ssm:/${s}/t}}", { "s": { "Ref": "Stage" } }] }),
        ] {
            let hearer = json!({ "Resources": { "R": { "P": value } } });
            check(&[hearer.clone(), by_stage.clone()], &after);
            check(&[hearer, publishes.clone()], &apart);
        }
        for stranger in [
            json!({ "Resources": { "R": { "P": "{{resolve:ssm:/n/table}}" } } }),
            json!({ "Resources": { "R": { "P": "{{resolve:secretsmanager:/n/t}}" } } }),
            json!({ "Parameters": { "T": { "Type": "String", "Default": "/n/t" } } }),
            json!(null),
            json!([1, "x"]),
        ] {
            check(&[stranger, publishes.clone()], &apart);
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
    fn a_chain_is_as_many_waves_and_what_hears_itself_is_none() {
        let both = |says: &str, hears: &str| {
            let mut template = export(&json!(says));
            template["Resources"] = json!({ "R": { "P": { "Fn::ImportValue": hears } } });
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
