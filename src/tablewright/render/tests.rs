//! Rendering of every property, every section, and hostile text.

mod block_reader;
mod definitions;
mod faithful;
mod forms;
mod manifest;
mod overrides;
mod paths;
mod properties;
mod size;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::check::check;
use crate::render::{Rendered, Templates, render};
use crate::{
    Assembly, AutoScaling, Billing, Capacity, Encryption, Env, Expression, Kinesis, Parameter, Severity,
    Stack, Table, TableItem, Test, Value, WarmThroughput,
};

/// Events of a tenant.
///
/// Kept for a year.
#[derive(TableItem)]
#[ddb(
    index(name = "by-region", partition(tenant, region), sort(status, at), project(only(total))),
    index(name = "by-status", partition(status), project(keys_only)),
    local_index(name = "by-total", sort(total))
)]
#[expect(dead_code, reason = "only its shape is of interest")]
struct Event {
    #[ddb(partition)]
    tenant: String,
    /// Milliseconds since 1970.
    #[ddb(sort)]
    at: u64,
    region: String,
    status: String,
    total: u64,
    #[ddb(ttl)]
    gone_at: u64,
}

fn rendered(table: Table) -> Rendered {
    render(&stack(table), "dev", &Templates::builtin()).unwrap()
}

fn stack(table: Table) -> Stack {
    let mut stack = Stack::new("events").description("Events");
    let events = stack.table(table);
    stack.output("EventsTable", events.name()).description("The table").export("events-table");
    stack.apply_environment(&Env::new("demo", "dev"));
    stack
}

#[test]
fn every_property_is_rendered() {
    for (name, table) in definitions::tables().into_iter().chain(definitions::global_tables()) {
        insta::assert_snapshot!(name, rendered(table).text);
    }
}

#[test]
fn definitions_with_every_property_are_valid() {
    for (name, table) in definitions::tables().into_iter().chain(definitions::global_tables()) {
        let mut stack = stack(table);
        stack.apply_environment(&Env::new("demo", "dev"));
        let assembly = Assembly { stacks: vec![stack], ..Assembly::new(&Env::new("demo", "dev"), &[]) };
        let errors: Vec<_> = check(&assembly).into_iter().filter(|p| p.severity == Severity::Error).collect();
        assert_eq!(errors, [], "{name}");
    }
}

#[test]
fn rendering_is_deterministic_and_the_checksum_matches() {
    let text = rendered(Table::of::<Event>()).text;
    assert_eq!(text, rendered(Table::of::<Event>()).text);
    let (header, body) = text.split_at(text.find("AWSTemplateFormatVersion").unwrap());
    let checksum = hex::encode(Sha256::digest(body));
    assert!(header.ends_with(&format!("{checksum}\n")));
}

#[test]
fn hostile_text_is_escaped_everywhere() {
    for hostile in [
        "",
        " ",
        "yes",
        "No",
        "on",
        "~",
        "null",
        "012",
        "1e3",
        "12:30",
        "0x1F",
        "1_000",
        ".5",
        "2026-11-20",
        "=",
        "<<",
        "a: b",
        "a #b",
        "# a",
        "- a",
        "? a",
        "[a",
        "{a: b}",
        "!Ref x",
        "&a",
        "*a",
        "%a",
        "@a",
        "`a`",
        "|",
        ">",
        "'",
        "\"",
        "\\",
        "it's \"so\"",
        "two\nlines",
        "tab\there",
        "cr\rlf\r\n",
        "\u{0}\u{7}\u{1b}",
        "\u{85}\u{2028}\u{2029}\u{feff}",
        "é – 漢 🎉",
        "{{resolve:ssm:/a/b}}",
        "{{ x }}",
        "{% if %}",
        "${Note}",
        "${!Literal}",
        "trailing ",
        " leading",
        "---",
        "...",
        ": ",
    ] {
        let mut table = Table::of::<Event>().name(hostile).tag(format!("k{hostile}"), hostile);
        table.doc = format!("{hostile}\n{hostile}");
        table.key.partition[0].name = hostile.into();
        table.key.partition[0].doc = hostile.into();
        table = table
            .policy(json!({ hostile: [hostile, { "Fn::Sub": hostile }] }))
            .metadata(hostile, json!(hostile))
            .depends_on(hostile)
            .encryption(Encryption::customer_key(Expression::join(
                hostile,
                [hostile.into(), Expression::sub(hostile).into()],
            )))
            .kinesis(Kinesis::new(Expression::sub_with(hostile, [(hostile, hostile)])));
        let mut stack = stack(table);
        stack.description = Some(hostile.into());
        // Rendering compares the parsed text with the model, so success is the proof. The name is checked again in case the
        // comparison is wrong.
        let rendered = render(&stack, "dev", &Templates::builtin())
            .unwrap_or_else(|error| panic!("{hostile:?}: {error:?}"));
        assert_eq!(rendered.template["Resources"]["Event"]["Properties"]["TableName"], hostile);
        assert!(rendered.text.is_ascii(), "{}", rendered.text);
    }
}

#[test]
fn nested_functions_are_in_their_long_form() {
    let reference = |name: &str| Expression::Ref(name.into());
    for (expression, yaml) in [
        (reference("Name"), "!Ref Name"),
        (Expression::sub("${AWS::StackName}-x"), "!Sub '${AWS::StackName}-x'"),
        (Expression::GetAtt("Other".into(), "Arn".into()), "!GetAtt Other.Arn"),
        (Expression::GetAtt("a.b".into(), "c".into()), "{'Fn::GetAtt': [a.b, c]}"),
        (Expression::import_value("shop-name"), "!ImportValue shop-name"),
        (Expression::import_value(Expression::sub("${X}-name")), "!ImportValue {'Fn::Sub': '${X}-name'}"),
        (
            Expression::find_in_map("Names", reference("AWS::Region"), "Table"),
            "!FindInMap [Names, {Ref: 'AWS::Region'}, Table]",
        ),
        (
            Expression::if_else("IsProd", "prod", reference("AWS::NoValue")),
            "!If [IsProd, prod, {Ref: 'AWS::NoValue'}]",
        ),
        (
            Expression::join("-", [reference("Env").into(), "0123".into(), 7.into(), true.into()]),
            "!Join ['-', [{Ref: Env}, '0123', 7, true]]",
        ),
        (
            Expression::sub_with("${A}", [("A", Expression::GetAtt("Other".into(), "Arn".into()))]),
            "!Sub ['${A}', {A: {'Fn::GetAtt': [Other, Arn]}}]",
        ),
        (Expression::select_split(1, ":", reference("Arn")), "!Select [1, {'Fn::Split': [':', {Ref: Arn}]}]"),
    ] {
        // Rendering compares the parsed text with the long form.
        let rendered = rendered(Table::of::<Event>().name(expression.clone()));
        let line = rendered.text.lines().find_map(|line| line.trim().strip_prefix("TableName: ")).unwrap();
        assert_eq!(line, yaml);
        let json = serde_json::to_value(&expression).unwrap();
        assert_eq!(rendered.template["Resources"]["Event"]["Properties"]["TableName"], json);
        assert_eq!(serde_json::from_value::<Expression>(json).unwrap(), expression);
    }
}

#[test]
fn any_scalar_can_be_an_expression() {
    let of = |name: &str| Expression::Ref(name.into());
    let auto = AutoScaling::between(of("Min"), of("Max"))
        .target(of("Target"))
        .cooldowns(of("In"), of("Out"))
        .initial(of("First"))
        .disable_scale_in(of("Hold"));
    let table = Table::of::<Event>()
        .class(of("Class"))
        .billing(Billing::provisioned(auto, of("Writes")))
        .warm_throughput(WarmThroughput::new(of("WarmReads"), of("WarmWrites")))
        .stream(of("View"))
        .kinesis(Kinesis::new(of("Arn")).precision(of("Precision")))
        .encryption(Encryption::AwsManagedIf(of("Encrypted")))
        .contributor_insights(of("Insights"))
        .point_in_time_recovery(of("Recovery"))
        .deletion_protection(of("Protected"))
        .time_to_live(of("Expires"));
    let mut stack = stack(table);
    stack.apply_environment(&Env::new("demo", "dev"));
    let rendered = render(&stack, "dev", &Templates::builtin()).unwrap();
    for name in [
        "Min",
        "Max",
        "Target",
        "In",
        "Out",
        "First",
        "Hold",
        "Class",
        "Writes",
        "WarmReads",
        "WarmWrites",
        "View",
        "Arn",
        "Precision",
        "Encrypted",
        "Insights",
        "Recovery",
        "Protected",
        "Expires",
    ] {
        assert!(rendered.text.contains(&format!(": !Ref {name}\n")), "{name}: {}", rendered.text);
    }
    let read = Assembly { stacks: vec![stack], ..Assembly::new(&Env::new("demo", "dev"), &[]) };
    assert_eq!(Assembly::read(&serde_json::to_vec(&read).unwrap()).unwrap(), read);
}

#[test]
fn an_override_replaces_the_value_of_the_model() {
    let table = Table::of::<Event>()
        .override_property("/BillingMode", json!("PROVISIONED"))
        .override_property("/KeySchema/0/KeyType", json!("hash: #"))
        .override_property("/DeletionProtectionEnabled", json!(null))
        .override_property("/New", json!({ "Deep": [{ "Ref": "X" }, [], 1.5] }))
        .override_property("/New/Deep/-", json!({ "Fn::Sub": ["${a}", { "a": { "Ref": "Y" } }] }));
    let rendered = rendered(table);
    let properties = &rendered.template["Resources"]["Event"]["Properties"];
    assert_eq!(properties["BillingMode"], "PROVISIONED");
    assert_eq!(properties["KeySchema"][0], json!({ "AttributeName": "tenant", "KeyType": "hash: #" }));
    assert_eq!(properties.get("DeletionProtectionEnabled"), None);
    assert_eq!(properties["New"]["Deep"][3]["Fn::Sub"][1]["a"], json!({ "Ref": "Y" }));
    assert!(
        rendered.text.contains("\n      New:\n        Deep:\n          - !Ref X\n          - []\n"),
        "{}",
        rendered.text
    );

    let missed = render(
        &stack(Table::of::<Event>().override_property("/A/B", json!(1))),
        "dev",
        &Templates::builtin(),
    );
    let message = missed.unwrap_err().to_string();
    assert!(message.starts_with("the override of `/A/B` at src/tablewright/render/tests.rs:"), "{message}");
    assert!(message.ends_with("does not apply: no value at `/A`"), "{message}");
}

#[test]
fn every_section_of_a_stack_is_rendered() {
    let mut stack = Stack::new("events").description("Events");
    let stage = stack.parameter(
        Parameter::string("Stage")
            .description("Which")
            .default("dev")
            .allow("dev")
            .allow("prod")
            .between(3, 4),
    );
    let most: Value<u64> = Parameter::number("Most").default("50").between(1, 100).value();
    stack.parameter(Parameter::number("Most").default("50").between(1, 100));
    stack.parameter(
        Parameter::string("AlarmTopic").default("").pattern("^(|arn:.+)$").constraint("an ARN, or nothing"),
    );
    stack.parameter(Parameter::string("Secret").no_echo());
    stack.mapping(
        "Limits",
        [("dev", [("reads", "5"), ("writes", "5")]), ("prod", [("reads", "50"), ("writes", "10")])],
    );
    stack.condition("IsProd", Test::equals(stage, "prod"));
    let reads = Expression::if_else(
        "IsProd",
        Expression::find_in_map("Limits", Expression::Ref("Stage".into()), "reads"),
        most,
    );
    let events = stack.table(Table::of::<Event>().billing(Billing::on_demand().max_read(reads)));
    stack.raw_resource(
        "Topic",
        json!({
            "Properties": { "TopicName": { "Fn::Sub": "${AWS::StackName}-events" }, "Tags": [{ "Value": { "Ref": "Secret" }, "Key": "a: b" }] },
            "Type": "AWS::SNS::Topic",
            "DependsOn": "Event",
        }),
    );
    stack.publish_ssm("/events/table", events.name());
    stack.output("EventsTable", events.name()).condition("IsProd");
    stack.output("AlarmTopic", Expression::Ref("AlarmTopic".into()));
    stack.apply_environment(&Env::new("demo", "dev"));
    insta::assert_snapshot!("every_section", render(&stack, "dev", &Templates::builtin()).unwrap().text);
    let assembly = Assembly { stacks: vec![stack], ..Assembly::new(&Env::new("demo", "dev"), &[]) };
    let problems: Vec<_> = check(&assembly).into_iter().filter(|problem| problem.rule != "L2").collect();
    assert_eq!(problems, [], "what uses every section is sound");
}

#[test]
fn attributes_beside_properties_are_rendered() {
    let table = Table::of::<Event>()
        .billing(Billing::provisioned(Capacity::auto(1..=9), 1_u64))
        .condition("IsProd")
        .depends_on("Other")
        .depends_on("Third")
        .metadata("why", json!(["a: b", { "c": "é" }]));
    let rendered = rendered(table);
    let resources = &rendered.template["Resources"];
    assert_eq!(resources["Event"]["DependsOn"], json!(["Other", "Third"]));
    assert_eq!(resources["Event"]["Metadata"], json!({ "why": ["a: b", { "c": "é" }] }));
    for id in ["Event", "EventReadScaling", "EventReadScalingPolicy", "EventByRegionReadScaling"] {
        assert_eq!(resources[id]["Condition"], "IsProd", "{id}");
    }
}
