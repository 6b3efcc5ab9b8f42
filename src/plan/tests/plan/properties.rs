//! Properties of every plan, checked with random stacks.

use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::sample::subsequence;
use serde_json::{Value, json};
use tablewright_plan::{Change, PlanOptions, PseudoParameters, Verdict, Wait, plan};

use crate::machine::{index_operations, is_like, tables, template_faults, update_faults};
use crate::support::{attributes, key};

const INDEXES: [&str; 6] = ["by-a", "by-b", "by-c", "by-d", "by-e", "by-f"];
const ATTRIBUTES: [&str; 4] = ["g0", "g1", "g2", "g3"];

/// What may differ between two states of one table; its key may not.
#[derive(Clone, Debug)]
struct Table {
    indexes: Vec<(&'static str, usize, bool, bool)>,
    numbers: [bool; 4],
    provisioned: Option<u8>,
    rare: bool,
    protected: bool,
    stream: Option<bool>,
    /// On, and by which of two attributes.
    ttl: (bool, bool),
    kinesis: Option<bool>,
    tag: u8,
    scaled: bool,
    alarms: Vec<&'static str>,
}

fn table() -> impl Strategy<Value = Table> {
    let index = (0..4_usize, any::<bool>(), any::<bool>());
    let indexes = subsequence(&INDEXES[..], 0..=6).prop_flat_map(move |names| {
        let count = names.len();
        prop::collection::vec(index.clone(), count).prop_map(move |indexes| {
            names
                .iter()
                .zip(indexes)
                .map(|(name, (attribute, narrow, insights))| (*name, attribute, narrow, insights))
                .collect::<Vec<_>>()
        })
    });
    let settings = (
        prop::option::of(1..3_u8),
        prop::option::of(any::<bool>()),
        any::<(bool, bool)>(),
        prop::option::of(any::<bool>()),
    );
    (
        indexes,
        any::<[bool; 4]>(),
        settings,
        any::<(bool, bool, bool)>(),
        0..2_u8,
        subsequence(&INDEXES[..], 0..=2),
    )
        .prop_map(
            |(
                indexes,
                numbers,
                (provisioned, stream, ttl, kinesis),
                (rare, protected, scaled),
                tag,
                alarms,
            )| {
                let alarms = alarms
                    .into_iter()
                    .filter(|alarm| indexes.iter().any(|(name, ..)| name == alarm))
                    .collect();
                Table {
                    indexes,
                    numbers,
                    provisioned,
                    rare,
                    protected,
                    stream,
                    ttl,
                    kinesis,
                    tag,
                    scaled,
                    alarms,
                }
            },
        )
}

/// Two states of up to three tables.
pub(crate) fn stacks() -> impl Strategy<Value = (Value, Value)> {
    prop::collection::vec((table(), table(), any::<bool>()), 1..=3).prop_map(|mut tables| {
        for (before, after, _) in &mut tables {
            // What turns time to live off must name the attribute it is on; anything else is refused.
            after.ttl.1 = if after.ttl.0 { after.ttl.1 } else { before.ttl.1 };
        }
        let before: Vec<&Table> = tables.iter().map(|(before, ..)| before).collect();
        // Unchanged tables are as important as changed ones.
        let after: Vec<&Table> =
            tables.iter().map(|(before, after, same)| if *same { before } else { after }).collect();
        (template(&before), template(&after))
    })
}

fn template(tables: &[&Table]) -> Value {
    let mut template = json!({ "Resources": {} });
    for (at, table) in tables.iter().enumerate() {
        let id = format!("T{at}");
        let units = |table: &Table| {
            table.provisioned.map(|units| json!({ "ReadCapacityUnits": units, "WriteCapacityUnits": 1 }))
        };
        let mut used: Vec<String> = vec!["pk".to_owned()];
        let mut properties = json!({
            "TableName": format!("app-{at}"),
            "KeySchema": key(&["pk"]),
            "BillingMode": if table.provisioned.is_some() { "PROVISIONED" } else { "PAY_PER_REQUEST" },
            "DeletionProtectionEnabled": table.protected,
            "TableClass": if table.rare { "STANDARD_INFREQUENT_ACCESS" } else { "STANDARD" },
            "TimeToLiveSpecification": { "Enabled": table.ttl.0, "AttributeName": if table.ttl.1 { "x" } else { "y" } },
            "Tags": [{ "Key": "v", "Value": table.tag }],
        });
        let set = |properties: &mut Value, name: &str, value: Option<Value>| {
            if let Some(value) = value {
                properties[name] = value;
            }
        };
        set(&mut properties, "ProvisionedThroughput", units(table));
        set(
            &mut properties,
            "StreamSpecification",
            table
                .stream
                .map(|all| json!({ "StreamViewType": if all { "NEW_AND_OLD_IMAGES" } else { "KEYS_ONLY" } })),
        );
        set(
            &mut properties,
            "KinesisStreamSpecification",
            table.kinesis.map(|one| json!({ "StreamArn": if one { "one" } else { "two" } })),
        );
        let mut indexes = Vec::new();
        for (name, attribute, narrow, insights) in &table.indexes {
            let number = if table.numbers[*attribute] { ":N" } else { "" };
            let typed = format!("{}{number}", ATTRIBUTES[*attribute]);
            if !used.contains(&typed) {
                used.push(typed);
            }
            let mut index = json!({ "IndexName": name, "KeySchema": key(&[ATTRIBUTES[*attribute]]), "Projection": { "ProjectionType": if *narrow { "KEYS_ONLY" } else { "ALL" } } });
            set(&mut index, "ProvisionedThroughput", units(table));
            set(&mut index, "ContributorInsightsSpecification", insights.then(|| json!({ "Enabled": true })));
            indexes.push(index);
        }
        set(
            &mut properties,
            "GlobalSecondaryIndexes",
            (!indexes.is_empty()).then_some(Value::Array(indexes)),
        );
        properties["AttributeDefinitions"] = attributes(&used.iter().map(String::as_str).collect::<Vec<_>>());
        template["Resources"][&id] = json!({ "Type": "AWS::DynamoDB::Table", "Properties": properties });
        if table.scaled && table.provisioned.is_some() {
            add_scaling(&mut template, &id, None);
            for (name, ..) in &table.indexes {
                add_scaling(&mut template, &id, Some(name));
            }
        }
        for alarm in &table.alarms {
            let name = format!("{id}Alarm{}", alarm.replace('-', ""));
            template["Resources"][&name] = json!({ "Type": "AWS::CloudWatch::Alarm", "Properties": { "Dimensions": [{ "Name": "GlobalSecondaryIndexName", "Value": alarm }, { "Name": "TableName", "Value": { "Ref": id } }] } });
            template["Outputs"][&name] = json!({ "Value": { "Ref": name } });
        }
    }
    template
}

fn add_scaling(template: &mut Value, id: &str, index: Option<&str>) {
    let (suffix, dimension) =
        index.map_or((String::new(), "table"), |index| (format!("/index/{index}"), "index"));
    let target = format!("{id}Reads{}", index.unwrap_or_default().replace('-', ""));
    template["Resources"][&target] = json!({
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": { "ServiceNamespace": "dynamodb", "ScalableDimension": format!("dynamodb:{dimension}:ReadCapacityUnits"), "ResourceId": { "Fn::Sub": format!("table/${{{id}}}{suffix}") }, "MinCapacity": 1, "MaxCapacity": 5 },
    });
    template["Resources"][format!("{target}Policy")] = json!({
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Properties": { "PolicyName": target, "PolicyType": "TargetTrackingScaling", "ScalingTargetId": { "Ref": target } },
    });
}

pub(crate) fn options() -> PlanOptions {
    PlanOptions {
        redefine_indexes: ["T0", "T1", "T2", "AnotherT0", "AnotherT1", "AnotherT2"].map(str::to_owned).into(),
        ..PlanOptions::default()
    }
}

/// Plans after every step of every plan take a while; `PROPTEST_CASES` still scales it.
pub(crate) fn fewer() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.div_ceil(4), ..usual }
}

/// Pseudo parameters whose values occur in the stacks. What they are does not matter here, only that they are known.
fn pseudo_parameters() -> PseudoParameters {
    PseudoParameters {
        stack_name: Some("app".to_owned()),
        region: Some("KEYS_ONLY".to_owned()),
        account_id: Some("pk".to_owned()),
        partition: Some("x".to_owned()),
        url_suffix: Some("PAY_PER_REQUEST".to_owned()),
        stack_id: None,
    }
}

/// Writes the values of pseudo parameters as references to them, where the next of the choices says so.
fn respell(value: &mut Value, choices: &mut impl Iterator<Item = bool>) {
    match value {
        Value::String(text) => {
            let whole = ["KEYS_ONLY", "pk", "x", "PAY_PER_REQUEST"].iter().position(|known| *known == text);
            let names = ["AWS::Region", "AWS::AccountId", "AWS::Partition", "AWS::URLSuffix"];
            let respelled = match (whole, text.strip_prefix("app-")) {
                (Some(at), _) => json!({ "Ref": names[at] }),
                (None, Some(rest)) => json!({ "Fn::Sub": format!("${{AWS::StackName}}-{rest}") }),
                (None, None) => return,
            };
            if choices.next() == Some(true) {
                *value = respelled;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| respell(item, choices)),
        Value::Object(map) => map.values_mut().for_each(|member| respell(member, choices)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn respelled(template: &Value, choices: &[bool]) -> Value {
    let mut template = template.clone();
    let mut choices = choices.iter().copied().cycle();
    for (_, resource) in template["Resources"].as_object_mut().expect("resources") {
        respell(&mut resource["Properties"], &mut choices);
    }
    template
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn spelling_what_is_known_changes_no_verdict(
        (before, after) in stacks(),
        choices in prop::collection::vec(any::<bool>(), 1..40),
        other_choices in prop::collection::vec(any::<bool>(), 1..40),
    ) {
        let known = PlanOptions { pseudo_parameters: pseudo_parameters(), ..options() };
        let spelled = plan(Some(&respelled(&before, &choices)), &respelled(&after, &other_choices), &known);
        let literal = plan(Some(&before), &after, &options());
        let told = |change: &Change| (change.logical_id.clone(), change.action.clone(), change.verdict, change.why.clone());
        prop_assert_eq!(spelled.changes.iter().map(told).collect::<Vec<_>>(), literal.changes.iter().map(told).collect::<Vec<_>>());
        prop_assert_eq!(spelled.steps.len(), literal.steps.len());
    }

    #[test]
    fn aws_accepts_every_step((before, after) in stacks()) {
        let plan = plan(Some(&before), &after, &options());
        prop_assert!(plan.verdict() <= Verdict::Staged, "{:?}", plan.changes);
        let mut at = &before;
        for step in &plan.steps {
            prop_assert_eq!(template_faults(&step.template), Vec::<String>::new(), "{}", step.template);
            prop_assert_eq!(update_faults(at, &step.template), Vec::<String>::new(), "{}\n{}", at, step.template);
            at = &step.template;
        }
        prop_assert!(is_like(at, &after));
        if let Some(last) = plan.steps.last() {
            prop_assert_eq!(&last.template, &after);
        }
    }

    #[test]
    fn second_legs_wait_for_the_first((before, after) in stacks()) {
        let plan = plan(Some(&before), &after, &options());
        for (id, table) in tables(&before) {
            let wanted = &after["Resources"][&id]["Properties"];
            let by = |properties: &Value| (properties["TimeToLiveSpecification"]["Enabled"] == true).then(|| properties["TimeToLiveSpecification"]["AttributeName"].clone());
            let stream = |properties: &Value| properties["KinesisStreamSpecification"]["StreamArn"].clone();
            let old = &table["Properties"];
            let renamed = by(old).is_some() && by(wanted).is_some() && by(old) != by(wanted);
            let joined = !stream(old).is_null() && !stream(wanted).is_null() && stream(old) != stream(wanted);
            let waits: Vec<&Wait> = plan.steps.iter().rev().skip(1).take(1).flat_map(|step| &step.waits).collect();
            prop_assert_eq!(renamed, waits.iter().any(|wait| matches!(wait, Wait::TimeToLive { tables } if tables.contains(&id))));
            prop_assert_eq!(joined, waits.iter().any(|wait| matches!(wait, Wait::KinesisDestination { tables } if tables.contains(&id))));
        }
    }

    #[test]
    fn there_are_as_many_index_rounds_as_the_busiest_table_needs((before, after) in stacks()) {
        let plan = plan(Some(&before), &after, &options());
        let needed = tables(&before).into_iter().map(|(id, table)| index_operations(table, &after["Resources"][&id]));
        let rounds = plan.steps.iter().filter(|step| step.waits.iter().any(|wait| matches!(wait, Wait::Indexes { .. })));
        prop_assert_eq!(rounds.count(), needed.max().unwrap_or_default());
    }

    #[test]
    fn steps_resume_after_an_interruption((before, after) in stacks()) {
        let whole = plan(Some(&before), &after, &options());
        for (at, step) in whole.steps.iter().enumerate() {
            let rest = plan(Some(&step.template), &after, &options());
            prop_assert_eq!(rest.steps.len(), whole.steps.len() - at - 1, "after step {}\n{:#?}\n{:#?}", at, whole.steps.iter().map(|s| &s.summary).collect::<Vec<_>>(), rest.steps.iter().map(|s| &s.summary).collect::<Vec<_>>());
            for (again, first) in rest.steps.iter().zip(&whole.steps[at + 1..]) {
                prop_assert!(is_like(&again.template, &first.template), "{:?}\n{:?}", again, first);
            }
        }
    }

    #[test]
    fn equal_templates_have_an_empty_plan((before, after) in stacks()) {
        for template in [&before, &after] {
            let same = plan(Some(template), template, &options());
            prop_assert!(same.is_empty() && same.steps.is_empty());
        }
        let first = plan(Some(&before), &after, &options());
        prop_assert_eq!(&first, &plan(Some(&before), &after, &options()));
    }

    #[test]
    fn a_new_key_never_has_steps((before, after) in stacks()) {
        let mut rekeyed = after.clone();
        rekeyed["Resources"]["T0"]["Properties"]["KeySchema"] = key(&["other"]);
        let plan = plan(Some(&before), &rekeyed, &options());
        prop_assert!(plan.verdict() >= Verdict::Refused);
        prop_assert!(plan.steps.is_empty());
    }
}
