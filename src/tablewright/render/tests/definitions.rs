//! Definitions with every property, for the snapshots and for the paths of the schema.

use serde_json::json;

use crate::render::tests::Event;
use crate::{
    Billing, Capacity, Compression, ContributorInsights, Csv, Days, DeletionPolicy, Delimiter, Encryption,
    Expression, Global, Index, InsightsMode, Kinesis, PointInTimeRecovery, Policy, Precision, Projection,
    S3Import, Scalar, Schedule, SettingsReplication, Statement, StreamView, Table, TableClass,
    UpdateReplacePolicy, WarmThroughput,
};

pub(super) fn tables() -> Vec<(&'static str, Table)> {
    vec![
        ("every_property", every_property()),
        ("on_demand_limits", on_demand_limits()),
        ("import_of_csv", import_of_csv()),
    ]
}

pub(super) fn global_tables() -> Vec<(&'static str, Table)> {
    vec![
        ("global_provisioned", global_provisioned()),
        ("global_on_demand", global_on_demand()),
        ("global_strong", global_strong()),
        ("global_of_another_account", global_of_another_account()),
    ]
}

/// A provisioned table with all properties that can be combined.
fn every_property() -> Table {
    Table::of::<Event>()
        .name(Expression::sub("${AWS::StackName}-events"))
        .class(TableClass::StandardInfrequentAccess)
        .billing(Billing::provisioned(
            Capacity::auto(5..=50)
                .target(60)
                .cooldowns(30, 0)
                .initial(10)
                .disable_scale_in(true)
                .schedule(
                    Schedule::new("morning", "cron(0 7 ? * MON-FRI *)").timezone("Europe/Berlin").min(20),
                )
                .schedule(
                    Schedule::new("trial", "rate(1 day)")
                        .start("2027-01-01T00:00:00Z")
                        .end("2027-02-01T00:00:00Z")
                        .min(30)
                        .max(60),
                ),
            5_u64,
        ))
        .warm_throughput(WarmThroughput::new(15_000, 5_000))
        .index("by-status", |index| {
            index
                .provisioned(Billing::provisioned(1_u64, 2_u64))
                .warm_throughput(WarmThroughput::read(12_000))
                .contributor_insights(InsightsMode::ThrottledKeys)
        })
        .index("by-region", |index| index.warm_throughput(WarmThroughput::write(4_000)))
        .lsi(Index::new("by-kind").sort("kind", Scalar::S).project(Projection::only(["total", "note"])))
        .point_in_time_recovery(Days(7))
        .deletion_protection(true)
        .stream(StreamView::NewAndOldImages)
        .stream_policy(Statement::allow(["dynamodb:GetRecords"]).sid("Reader").account("444455556666"))
        .kinesis(
            Kinesis::new(Expression::sub(
                "arn:${AWS::Partition}:kinesis:${AWS::Region}:${AWS::AccountId}:stream/events",
            ))
            .precision(Precision::Microsecond),
        )
        .encryption(Encryption::customer_key("alias/events"))
        .contributor_insights(InsightsMode::AccessedAndThrottledKeys)
        .policy(Policy::new([
            Statement::allow(["dynamodb:GetItem", "dynamodb:Query"])
                .principal(Expression::sub("arn:${AWS::Partition}:iam::444455556666:role/reader")),
            Statement::deny(["dynamodb:*"]).principal("*").condition("Bool", "aws:SecureTransport", "false"),
        ]))
        .tag("team", "core")
        .tag("cost: centre", Expression::Ref("AWS::StackName".into()))
        .metadata("checkov", json!({ "skip": [{ "id": "CKV_AWS_28", "comment": "a week is enough" }] }))
        .deletion_policy(DeletionPolicy::Retain)
        .update_replace_policy(UpdateReplacePolicy::Delete)
}

fn on_demand_limits() -> Table {
    Table::of::<Event>()
        .generated_name()
        .billing(Billing::on_demand().max_read(100))
        .index("by-status", |index| index.on_demand(Billing::on_demand().max_write(10)))
        .index("by-region", |index| index.on_demand(Billing::on_demand().max_read(20)))
        .encryption(Encryption::AwsManaged)
        .contributor_insights(false)
        .time_to_live(false)
        .no_point_in_time_recovery()
}

fn import_of_csv() -> Table {
    Table::define("Customer")
        .doc("Customers of the old system.")
        .partition("id", Scalar::S)
        .gsi(Index::new("by-city").partition("country", Scalar::S).partition("city", Scalar::S))
        .billing(Billing::on_demand().max_read(Expression::select_split(0, "-", "100-200")).max_write(50))
        .encryption(Encryption::AwsOwned)
        .contributor_insights(ContributorInsights {
            enabled: true.into(),
            mode: Some(InsightsMode::ThrottledKeys.into()),
        })
        .import_data(
            S3Import::csv(
                "seed-bucket",
                Csv::new().delimiter(Delimiter::Tab).headers(["id", "country", "city"]),
            )
            .owner("444455556666")
            .prefix("customers/")
            .compression(Compression::Zstd),
        )
}

/// An eventually consistent global table with all properties that replicas can override.
fn global_provisioned() -> Table {
    let reads = || Capacity::auto(5..=50).initial(10).disable_scale_in(true);
    Table::of::<Event>()
        .billing(Billing::provisioned(reads(), Capacity::auto(5..=25).initial(6).disable_scale_in(false)))
        .index("by-status", |index| {
            index
                .provisioned(Billing::provisioned(
                    7_u64,
                    Capacity::auto(1..=9).initial(2).disable_scale_in(true),
                ))
                .warm_throughput(WarmThroughput::new(12_000, 4_000))
                .contributor_insights(true)
        })
        .warm_throughput(WarmThroughput::new(12_000, 4_000))
        .class(TableClass::Standard)
        .deletion_protection(true)
        .contributor_insights(true)
        .encryption(Encryption::customer_key("alias/events"))
        .policy(Statement::allow(["dynamodb:GetItem"]).account("444455556666"))
        .tag("team", "core")
        .global(
            Global::eventual()
                .here(|replica| {
                    replica
                        .kinesis(Kinesis::new(Expression::sub(
                            "arn:${AWS::Partition}:kinesis:${AWS::Region}:${AWS::AccountId}:stream/events",
                        )).precision(Precision::Millisecond))
                        .stream_policy(Statement::allow(["dynamodb:GetRecords"]).account("444455556666"))
                })
                .replica("eu-west-1", |replica| {
                    replica
                        .class(TableClass::StandardInfrequentAccess)
                        .point_in_time_recovery(PointInTimeRecovery::days(7))
                        .deletion_protection(false)
                        .contributor_insights(InsightsMode::ThrottledKeys)
                        .read(9)
                        .tag("residency", "eu")
                        .index("by-status", |index| {
                            index.read(reads()).contributor_insights(InsightsMode::ThrottledKeys)
                        })
                        .index("by-region", |index| index.read(8))
                }),
        )
}

fn global_on_demand() -> Table {
    Table::of::<Event>()
        .billing(Billing::on_demand().max_read(100).max_write(50))
        .index("by-status", |index| index.on_demand(Billing::on_demand().max_read(40).max_write(20)))
        .lsi(Index::new("by-kind").sort("kind", Scalar::S).project(Projection::only(["note"])))
        .global(Global::eventual().here(|replica| replica).replica("eu-west-1", |replica| {
            replica.max_read(10).no_point_in_time_recovery().index("by-status", |index| index.max_read(5))
        }))
}

fn global_strong() -> Table {
    Table::define("Ledger")
        .partition("id", Scalar::S)
        .encryption(Encryption::AwsManaged)
        .billing(Billing::provisioned(5_u64, Capacity::auto(5..=25)))
        .gsi(Index::new("by-owner").partition("owner", Scalar::S))
        .global(
            Global::strong()
                .here(|replica| replica)
                .replica("us-east-2", |replica| replica)
                .witness("us-west-2"),
        )
}

fn global_of_another_account() -> Table {
    Table::define("Shared").partition("id", Scalar::S).global(
        Global::eventual()
            .source("arn:aws:dynamodb:us-east-1:444455556666:table/shared")
            .here(|replica| replica.settings_replication(SettingsReplication::Enabled)),
    )
}
