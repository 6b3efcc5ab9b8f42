//! Property: templates with the same meaning have the same plan, however they are written.

use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, proptest};
use serde_json::{Map, Value, json};
use tablewright_plan::{Plan, PlanOptions, StackSettings, plan, settings};

use crate::machine::is_like;
use crate::properties::{fewer, options, stacks};
use crate::support::{lines, merged};

/// A row of decisions, taken from a random number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }
}

/// The template with what stands beside tables, in every form that has more than one spelling.
fn with_company(mut template: Value) -> Value {
    let ids: Vec<String> = template["Resources"]
        .as_object()
        .expect("resources")
        .keys()
        .filter(|id| id.len() == 2)
        .cloned()
        .collect();
    for id in ids {
        let arn = json!({ "Fn::GetAtt": [id, "Arn"] });
        let statement = json!({ "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": [arn, { "Fn::Sub": format!("${{{id}.Arn}}/index/*") }], "Principal": { "AWS": ["1", "2"] } });
        let deny = json!({ "Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": { "Bool": { "aws:SecureTransport": ["false"] } } });
        let document = json!({ "Version": "2012-10-17", "Statement": [statement, deny] });
        template["Resources"][format!("{id}Policy")] = json!({
            "Type": "AWS::IAM::ManagedPolicy", "DependsOn": [id],
            "Properties": { "ManagedPolicyName": { "Fn::Sub": format!("${{AWS::StackName}}-{id}-reads") }, "PolicyDocument": document },
        });
        template["Resources"][&id]["Properties"]["Tags"] =
            json!([{ "Key": "a", "Value": "1" }, { "Key": "b", "Value": id }]);
    }
    template
}

/// The same in other words: lists that are sets in another order, scalars as text, expressions in their other forms.
fn reworded(name: &str, value: &Value, dice: &mut Dice) -> Value {
    match value {
        Value::Null | Value::String(_) => value.clone(),
        Value::Bool(_) | Value::Number(_) if dice.roll(2) == 0 => json!(value.to_string()),
        Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| reworded("", item, dice)).collect();
            let is_set = matches!(
                name,
                "AttributeDefinitions"
                    | "GlobalSecondaryIndexes"
                    | "Tags"
                    | "Statement"
                    | "Action"
                    | "Resource"
                    | "AWS"
                    | "Dimensions"
            );
            if is_set && !items.is_empty() {
                let by = dice.roll(items.len());
                items.rotate_left(by);
            }
            match items.as_slice() {
                [one]
                    if matches!(name, "DependsOn" | "Action" | "Resource" | "aws:SecureTransport")
                        && dice.roll(2) == 0 =>
                {
                    one.clone()
                }
                _ => Value::Array(items),
            }
        }
        Value::Object(map) => match (map.get("Fn::GetAtt"), map.get("Fn::Sub"), map.get("Ref")) {
            (Some(Value::Array(parts)), ..) => {
                let dotted = parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(".");
                [
                    json!({ "Fn::GetAtt": dotted }),
                    json!({ "Fn::Sub": format!("${{{dotted}}}") }),
                    value.clone(),
                ][dice.roll(3)]
                .clone()
            }
            (_, Some(Value::String(text)), _) => {
                [joined(text), json!({ "Fn::Sub": [text, {}] }), value.clone()][dice.roll(3)].clone()
            }
            (_, _, Some(Value::String(id))) => {
                [json!({ "Fn::Sub": format!("${{{id}}}") }), value.clone()][dice.roll(2)].clone()
            }
            _ => {
                let members = map.iter().map(|(name, value)| (name.clone(), reworded(name, value, dice)));
                let mut members: Vec<(String, Value)> = members.collect();
                let by = dice.roll(members.len().max(1));
                members.rotate_left(by);
                if dice.roll(4) == 0 && name == "Properties" {
                    members.push(("Absent".to_owned(), json!({ "Ref": "AWS::NoValue" })));
                }
                let object = Value::Object(members.into_iter().collect());
                if name == "PolicyDocument" && dice.roll(3) == 0 && !object.to_string().contains("Fn::") {
                    json!(object.to_string())
                } else {
                    object
                }
            }
        },
    }
}

/// `a${B.C}d` as `Fn::Join`.
fn joined(text: &str) -> Value {
    let parts = text.split_inclusive('}').flat_map(|part| match part.split_once("${") {
        Some((before, name)) => {
            let name = name.trim_end_matches('}');
            let reference = match name.split_once('.') {
                Some((name, attribute)) => json!({ "Fn::GetAtt": [name, attribute] }),
                None => json!({ "Ref": name }),
            };
            vec![json!(before), reference]
        }
        None => vec![json!(part)],
    });
    json!({ "Fn::Join": ["", parts.collect::<Vec<_>>()] })
}

/// Replaces the text of a whole template: every logical id that is one of a table gets another name.
fn renamed(template: &Value, to: &str) -> Value {
    let text = ["T0", "T1", "T2", "M0"].iter().fold(template.to_string(), |text, id| {
        text.replace(&format!("\"{id}"), &format!("\"{to}{id}"))
            .replace(&format!("${{{id}"), &format!("${{{to}{id}"))
    });
    serde_json::from_str(&text).expect("a template")
}

/// Writes scalars and branches by way of parameters, mappings and conditions, and returns their values.
fn parameterised(template: &Value, dice: &mut Dice) -> (Value, Vec<(String, String)>) {
    let mut values = Vec::new();
    let mut written = template.clone();
    for (id, table) in template["Resources"].as_object().expect("resources") {
        for (name, value) in table["Properties"].as_object().into_iter().flatten() {
            let parameter = format!("P{}", values.len());
            let expression = match (value, dice.roll(6)) {
                (Value::String(text), 0) => {
                    values.push((parameter.clone(), text.clone()));
                    json!({ "Ref": parameter })
                }
                (Value::String(text), 1) => {
                    let (half, rest) = text.split_at(text.len() / 2);
                    values.push((parameter.clone(), rest.to_owned()));
                    json!({ "Fn::Sub": format!("{half}${{{parameter}}}") })
                }
                (Value::Bool(_) | Value::Number(_), 0) => {
                    values.push((parameter.clone(), value.to_string()));
                    json!({ "Ref": parameter })
                }
                (_, 2) => json!({ "Fn::If": ["Yes", value, { "Ref": "AWS::NoValue" }] }),
                (_, 3) => json!({ "Fn::If": ["No", { "Ref": "Nowhere" }, value] }),
                (Value::Bool(_) | Value::String(_), 4) => {
                    written["Mappings"]["M"][id][name] = value.clone();
                    json!({ "Fn::FindInMap": ["M", id, name] })
                }
                _ => value.clone(),
            };
            written["Resources"][id]["Properties"][name] = expression;
        }
        if dice.roll(3) == 0 {
            written["Resources"][id]["Condition"] = json!("Yes");
        }
    }
    let declared: Map<String, Value> =
        values.iter().map(|(name, _)| (name.clone(), json!({ "Type": "String" }))).collect();
    written["Parameters"] = merged(json!({ "On": { "Type": "String" } }), Value::Object(declared));
    written["Conditions"] = json!({
        "Yes": { "Fn::Equals": [{ "Ref": "On" }, "1"] },
        "No": { "Fn::Not": [{ "Condition": "Yes" }] },
    });
    values.push(("On".to_owned(), "1".to_owned()));
    (written, values)
}

/// The same with every number and flag as text, as parameters give them.
fn as_text(value: &Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => json!(value.to_string()),
        Value::Array(items) => items.iter().map(as_text).collect(),
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name.clone(), as_text(value))).collect::<Map<_, _>>().into()
        }
        Value::Null | Value::String(_) => value.clone(),
    }
}

/// The changes of resources and outputs, without the places that expressions make longer.
fn essence(plan: &Plan) -> Vec<String> {
    let is_definition = |line: &&String| {
        ["Parameters/", "Mappings", "Conditions"].iter().any(|section| line.contains(section))
    };
    let plain = |line: String| line.replace("/Fn::If/1", "").replace("/Fn::If/2", "");
    let mut found: Vec<String> =
        lines(plan).iter().filter(|line| !is_definition(line)).cloned().map(plain).collect();
    found.sort_unstable();
    found
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn other_words_are_no_change((stack, _) in stacks(), seed in any::<u64>()) {
        let stack = with_company(stack);
        let other = reworded("", &stack, &mut Dice(seed));
        for (before, after) in [(&stack, &other), (&other, &stack), (&other, &other)] {
            let plan = plan(Some(before), after, &options());
            prop_assert!(plan.is_empty(), "{:?}\n{}\n{}", lines(&plan), before, after);
        }
    }

    #[test]
    fn other_words_change_nothing_about_a_change((before, after) in stacks(), seed in any::<u64>()) {
        let (before, after) = (with_company(before), with_company(after));
        let mut dice = Dice(seed);
        let plain = plan(Some(&before), &after, &options());
        let other = plan(Some(&reworded("", &before, &mut dice)), &reworded("", &after, &mut dice), &options());
        prop_assert_eq!(plain.verdict(), other.verdict(), "{:?}\n{:?}", lines(&plain), lines(&other));
        prop_assert_eq!(plain.changes.len(), other.changes.len());
        prop_assert_eq!(plain.steps.len(), other.steps.len());
    }

    #[test]
    fn logical_ids_are_only_names((before, after) in stacks(), moved in any::<bool>()) {
        let after = if moved {
            let mut moved = after;
            let resources = moved["Resources"].as_object_mut().expect("resources");
            let table = resources.remove("T0").expect("the first table");
            resources.insert("M0".to_owned(), table);
            moved
        } else {
            after
        };
        let plain = plan(Some(&before), &after, &options());
        let other = plan(Some(&renamed(&before, "Another")), &renamed(&after, "Another"), &options());
        let told = |plan: &Plan| {
            let mut lines: Vec<String> = lines(plan).iter().map(|line| line.replace("Another", "")).collect();
            lines.sort_unstable();
            lines
        };
        prop_assert_eq!(told(&plain), told(&other));
        prop_assert_eq!(plain.is_stopped(), moved);
        prop_assert_eq!(plain.steps.len(), other.steps.len());
    }

    /// A plan by way of known values is the plan of what they come to.
    #[test]
    fn known_values_are_as_good_as_literals((before, after) in stacks(), seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let (written_before, deployed) = parameterised(&before, &mut dice);
        let (written_after, wanted) = parameterised(&after, &mut dice);
        let known = PlanOptions {
            deployed_parameters: Some(deployed.into_iter().collect()),
            wanted_parameters: Some(wanted.into_iter().collect()),
            ..options()
        };
        let plain = plan(Some(&before), &after, &options());
        let other = plan(Some(&written_before), &written_after, &known);
        prop_assert_eq!(essence(&plain), essence(&other), "{}\n{}", written_before, written_after);
        if !plain.steps.is_empty() {
            prop_assert_eq!(plain.steps.len(), other.steps.len());
            prop_assert_eq!(&other.steps[other.steps.len() - 1].template, &written_after);
        }
        // Between the steps stands what the values of the deployed stack come to, whatever is given now.
        let between = other.steps.iter().rev().skip(1).zip(plain.steps.iter().rev().skip(1));
        for (other, plain) in between {
            let resources = |template: &Value| as_text(&json!({ "Resources": template["Resources"], "Outputs": template["Outputs"] }));
            prop_assert!(is_like(&resources(&other.template), &resources(&plain.template)), "{}\n{}", other.template, plain.template);
        }
    }

    #[test]
    fn any_values_and_settings_at_all((before, after) in stacks(), names in prop::collection::vec(("[A-Z]{0,2}", "[a-z,$\\{\\}!*]{0,6}"), 0..4), seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let (before, after) = (parameterised(&before, &mut dice).0, parameterised(&after, &mut dice).0);
        let values = Some(names.iter().cloned().collect());
        let known = PlanOptions { deployed_parameters: None, wanted_parameters: values.clone(), ..options() };
        prop_assert!(plan(Some(&before), &before, &known).is_empty());
        let both = PlanOptions { deployed_parameters: values, ..known };
        let there = plan(Some(&before), &after, &both);
        prop_assert!(there.steps.last().is_none_or(|step| step.template == after));
        let policy = |value: &Value| StackSettings { policy: Some(value.clone()), ..StackSettings::default() };
        let changes = settings(&policy(&before["Resources"]), &policy(&after["Resources"]));
        prop_assert!(changes.len() <= 1);
        prop_assert!(settings(&policy(&before), &policy(&before)).is_empty());
    }
}

/// Any policy, made of the words that policies are made of.
fn policy() -> impl Strategy<Value = Value> {
    let pick = |words: &'static [&'static str]| prop::sample::select(words).prop_map(Value::from);
    let actions = prop::collection::vec(
        pick(&["Update:*", "Update:Modify", "Update:Replace", "Update:Delete", "*"]),
        1..3,
    );
    let resource = pick(&[
        "*",
        "LogicalResourceId/*",
        "LogicalResourceId/A",
        "LogicalResourceId/B",
        "LogicalResourceId/A*",
    ]);
    let statement = (pick(&["Allow", "Deny"]), actions, resource, any::<bool>()).prop_map(|(effect, actions, resource, excepts)| {
        json!({ "Effect": effect, if excepts { "NotAction" } else { "Action" }: actions, "Resource": resource, "Principal": "*" })
    });
    prop::collection::vec(statement, 0..4).prop_map(|statements| json!({ "Statement": statements }))
}

/// What a policy says of one update, straight from CloudFormation's rules: another judge than the one that is tried.
fn refuses(policy: &Value, action: &str, resource: &str) -> bool {
    let matches = |pattern: &str, text: &str| match pattern.split_once('*') {
        Some((start, _)) => text.starts_with(start),
        None => pattern == text,
    };
    let holds = |statement: &&Value| {
        let any = |name: &str| {
            statement[name]
                .as_array()
                .map(|list| list.iter().any(|one| matches(one.as_str().expect("text"), action)))
        };
        let is_meant = any("Action").unwrap_or_else(|| !any("NotAction").expect("one of them"));
        is_meant && matches(statement["Resource"].as_str().expect("text"), resource)
    };
    let statements = policy["Statement"].as_array().expect("statements");
    let said = |effect: &str| statements.iter().filter(holds).any(|statement| statement["Effect"] == effect);
    said("Deny") || !said("Allow")
}

proptest! {
    /// A change that is not called a risk allows nothing that was refused.
    #[test]
    fn no_weaker_policy_passes_as_harmless(before in policy(), after in policy()) {
        let with = |policy: &Value| StackSettings { policy: Some(policy.clone()), ..StackSettings::default() };
        let changes = settings(&with(&before), &with(&after));
        let is_harmless = changes.iter().all(|change| change.verdict <= tablewright_plan::Verdict::InPlace);
        let updates = ["Update:Modify", "Update:Replace", "Update:Delete"].into_iter().flat_map(|action| {
            ["A", "AB", "B", "C"].map(|id| (action, format!("LogicalResourceId/{id}")))
        });
        for (action, resource) in updates {
            let is_weaker = refuses(&before, action, &resource) && !refuses(&after, action, &resource);
            prop_assert!(!(is_harmless && is_weaker), "{action} {resource}\n{before}\n{after}");
        }
        prop_assert!(settings(&with(&before), &with(&before)).is_empty());
    }
}
