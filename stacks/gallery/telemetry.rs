//! What the roasting machines say: provisioned capacity that follows load and clock, and what somebody else fills in.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tablewright::{
    Billing, Capacity, Env, Expression, InsightsMode, Kinesis, Parameter, ParameterType, PointInTimeRecovery,
    Precision, Result, Schedule, Stack, StreamView, Table, TableClass, TableItem, Test, WarmThroughput,
};

/// A measurement; ten a second of each machine.
#[derive(Serialize, Deserialize, TableItem)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::duplicated_attributes, reason = "two indexes have `at` in their keys")]
#[ddb(
    index(name = "by-kind", partition(plant, kind), sort(at), project(only(value))),
    index(name = "alarms", partition(alarm), sort(at), project(keys_only))
)]
pub struct Reading {
    /// `plant/line/machine`, as in: hamburg/2/drum-1.
    #[ddb(partition)]
    pub machine: String,
    /// Milliseconds since 1970.
    #[ddb(sort)]
    pub at: u64,
    pub plant: String,
    pub kind: String,
    pub value: f64,
    /// Only where something is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<String>,
    #[ddb(ttl)]
    pub expires_at: u64,
}

/// A batch: green beans in, roasted beans out.
#[derive(Serialize, Deserialize, TableItem)]
pub struct Batch {
    #[ddb(partition)]
    pub batch: u64,
    pub profile: String,
    pub loss_percent: f32,
}

pub fn stack(env: &Env) -> Result<Stack> {
    let mut stack = Stack::new("telemetry")
        .description("Readings of the machines: 10/s each, kept for 90 days")
        .tag("team", "roasting");

    // What the code cannot know is a parameter. Everything else is decided here, so that what is reviewed is what runs.
    let topic = Parameter::string("AlarmTopic")
        .description("ARN of the topic that is told of throttled writes; or: none")
        .default("none")
        .pattern("^(none|arn:[^:]+:sns:.+)$")
        .constraint("an ARN of SNS, or `none`");
    let machines = Parameter::number("Machines")
        .description("How many machines there are")
        .default("4")
        .between(1, 500)
        .constraint("1 to 500");
    let plants = Parameter::new("Plants", ParameterType::CommaDelimitedList)
        .description("The plants, the main one first")
        .default("hamburg,lisbon");
    let recovery = Parameter::string("Recovery").allow("on").allow("off").default("on").between(2, 3);
    let topic = stack.parameter(topic);
    let machines = stack.parameter(machines);
    let plants = stack.parameter(plants);
    let recovery = stack.parameter(recovery);

    stack.mapping(
        "Region",
        [
            ("eu-central-1", [("shards", "2"), ("timezone", "Europe/Berlin")]),
            ("eu-west-1", [("shards", "1"), ("timezone", "Europe/Lisbon")]),
        ],
    );
    let of_region = |key: &str| Expression::find_in_map("Region", Expression::Ref("AWS::Region".into()), key);

    stack.condition("HasAlarmTopic", Test::equals(topic, "none").negated());
    stack.condition("Recovers", Test::equals(recovery, "on"));
    stack.condition(
        "IsSmall",
        Test::Or(vec![Test::equals(machines.clone(), "1"), Test::equals(machines, "2")]),
    );
    stack.condition(
        "IsWatched",
        Test::And(vec![Test::Condition("HasAlarmTopic".into()), Test::Condition("IsSmall".into()).negated()]),
    );

    let most = if env.protected() { 2_000 } else { 40 };
    let readings = stack.table(
        Table::of::<Reading>()
            .base_name("readings")
            .billing(Billing::provisioned(
                Capacity::auto(5..=most).target(60).cooldowns(300, 0),
                Capacity::auto(10..=most)
                    .initial(20)
                    // Capacity can be lowered only so many times a day: the evening's schedule does it instead.
                    .disable_scale_in(true)
                    // The drums are heated at six; the load comes within a minute, faster than tracking follows.
                    .schedule(
                        Schedule::new("first-shift", "cron(45 5 ? * MON-FRI *)")
                            .timezone(of_region("timezone"))
                            .min(30)
                            .max(most),
                    )
                    .schedule(
                        Schedule::new("night", "cron(30 20 ? * MON-FRI *)")
                            .timezone(of_region("timezone"))
                            .min(10)
                            .max(40),
                    )
                    .schedule(
                        Schedule::new("fair", "at(2027-05-14T08:00:00)")
                            .timezone("Europe/Berlin")
                            .min(40)
                            .max(most),
                    )
                    .schedule(
                        Schedule::new("trial", "rate(7 days)")
                            .start("2027-01-04T00:00:00Z")
                            .end("2027-03-01T00:00:00Z")
                            .max(most),
                    ),
            ))
            // An index without capacity of its own has the table's and is scaled as the table is. One that is behind
            // throttles the writes of the table.
            .index(Reading::ALARMS, |index| {
                index
                    .provisioned(Billing::provisioned(5, 5))
                    .contributor_insights(InsightsMode::AccessedAndThrottledKeys)
            })
            .index(Reading::BY_KIND, |index| index.warm_throughput(WarmThroughput::read(12_000)))
            .warm_throughput(WarmThroughput::new(12_000, 4_000))
            .contributor_insights(InsightsMode::ThrottledKeys)
            .kinesis(
                Kinesis::new(Expression::GetAtt("Changes".into(), "Arn".into()))
                    .precision(Precision::Microsecond),
            )
            .stream(StreamView::NewImage)
            .point_in_time_recovery(Expression::if_else("Recovers", true, false))
            // Other tools look into the metadata: this one cannot tell what the parameter will be.
            .metadata(
                "checkov",
                json!({ "skip": [{ "id": "CKV_AWS_28", "comment": "on unless a parameter says otherwise" }] }),
            ),
    );
    stack.table(
        Table::of::<Batch>()
            .base_name("batches")
            .billing(Billing::provisioned(
                Expression::if_else("IsSmall", 1, 5),
                Expression::if_else("IsSmall", 1, 2),
            ))
            // Written once, read by the yearly report.
            .class(TableClass::StandardInfrequentAccess)
            .kinesis(
                Kinesis::new(Expression::GetAtt("Changes".into(), "Arn".into()))
                    .precision(Precision::Millisecond),
            )
            .point_in_time_recovery(PointInTimeRecovery::days(Expression::if_else("IsSmall", 7, 35)))
            .tag("main-plant", Expression::Select(Box::new(0.into()), Box::new(plants.clone().into())))
            .tag("plants", Expression::Join(" + ".into(), Box::new(plants.into()))),
    );

    // What tablewright has no word for is written as CloudFormation has it.
    stack.raw_resource(
        "Changes",
        json!({
            "Type": "AWS::Kinesis::Stream",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "ShardCount": of_region("shards"),
                "RetentionPeriodHours": 168,
                "StreamEncryption": { "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis" },
            },
        }),
    );
    stack.raw_resource(
        "ThrottledWrites",
        json!({
            "Type": "AWS::CloudWatch::Alarm",
            "Condition": "IsWatched",
            "Properties": {
                "AlarmDescription": "Machines keep what they cannot write for five minutes",
                "Namespace": "AWS/DynamoDB",
                "MetricName": "WriteThrottleEvents",
                "Dimensions": [{ "Name": "TableName", "Value": readings.name() }],
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 3,
                "DatapointsToAlarm": 2,
                "Threshold": 0,
                "ComparisonOperator": "GreaterThanThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [{ "Ref": "AlarmTopic" }],
            },
        }),
    );

    stack.output("ReadingsTable", readings.name());
    stack
        .output("WatchedTable", readings.arn())
        .description("The table that the alarm is about")
        .condition("IsWatched");
    Ok(stack)
}
