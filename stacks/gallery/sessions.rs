//! Sessions and subscriptions, near every customer: global tables with eventual consistency, the last writer wins.
//!
//! A table cannot become a global one, nor the other way round. Where it may ever be needed, begin with
//! [`Global::single_replica`], which costs what a plain table costs.

use serde::{Deserialize, Serialize};
use tablewright::{
    Billing, Capacity, Days, Env, Expression, Global, InsightsMode, Kinesis, Precision, Replica, Result,
    Stack, Statement, Table, TableClass, TableItem, WarmThroughput,
};

use crate::key;

/// Who is logged in.
#[derive(Serialize, Deserialize, TableItem)]
#[serde(rename_all = "camelCase")]
#[ddb(
    index(name = "by-customer", partition(customer_id), sort(seen_at), project(keys_only)),
    local_index(name = "by-device", sort(device), project(only(seen_at)))
)]
pub struct Session {
    /// Random; the cookie's value is its SHA-256.
    #[ddb(partition)]
    pub session_id: String,
    #[ddb(sort)]
    pub part: u32,
    pub customer_id: String,
    pub device: String,
    pub seen_at: u64,
    #[ddb(ttl)]
    pub expires_at: u64,
}

/// Coffee that comes every month: "the usual".
#[derive(Serialize, Deserialize, TableItem)]
#[serde(rename_all = "camelCase")]
#[ddb(index(name = "by-day", partition(day), sort(customer_id), project(only(grams))))]
pub struct Subscription {
    #[ddb(partition)]
    pub customer_id: String,
    /// The day of the month that it is sent on.
    pub day: u8,
    pub grams: u32,
}

/// What a customer likes; one Region is enough so far.
#[derive(Serialize, Deserialize, TableItem)]
pub struct Taste {
    #[ddb(partition)]
    pub customer: String,
    pub notes: Vec<String>,
}

pub fn stack(env: &Env) -> Result<Stack> {
    let mut stack = Stack::new("sessions")
        .description("Sessions & subscriptions, in Frankfurt and Mumbai")
        .tag("team", "accounts");

    let sessions = stack.table(key::of_every_region(
        Table::of::<Session>()
            .base_name("sessions")
            .billing(Billing::on_demand().max_read(4_000).max_write(2_000))
            .index(Session::BY_CUSTOMER, |index| {
                index.on_demand(Billing::on_demand().max_read(1_000).max_write(2_000))
            })
            // Everything that is said of the table holds for each replica …
            .tag("personal-data", "yes")
            .point_in_time_recovery(Days(7))
            .global(
                Global::eventual()
                    .here(|replica| replica.stream_policy(mailer()))
                    // … that does not say otherwise.
                    .replica("ap-south-1", |replica| {
                        replica
                            .max_read(1_000)
                            .index(Session::BY_CUSTOMER, |index| index.max_read(200))
                            .no_point_in_time_recovery()
                            .tag("residency", "india")
                    }),
            ),
        env,
    ));

    let reads = || Capacity::auto(5..=100).initial(10).cooldowns(120, 30).disable_scale_in(true);
    let mumbai = |replica: Replica| {
        replica
            .read(reads())
            .index(Subscription::BY_DAY, |index| {
                index.read(reads()).contributor_insights(InsightsMode::ThrottledKeys)
            })
            .class(TableClass::StandardInfrequentAccess)
            .deletion_protection(env.protected())
            .contributor_insights(InsightsMode::ThrottledKeys)
            .policy(
                Statement::allow(["dynamodb:GetItem", "dynamodb:Query"])
                    .sid("Support")
                    .account("555566667777"),
            )
            .kinesis(
                Kinesis::new(Expression::sub(
                    "arn:${AWS::Partition}:kinesis:ap-south-1:${AWS::AccountId}:stream/subscriptions",
                ))
                .precision(Precision::Millisecond),
            )
    };
    let subscriptions = stack.table(key::of_every_region(
        Table::of::<Subscription>()
            .base_name("subscriptions")
            // Writes are replicated, so they are scaled in all Regions alike; reads may differ. There are no schedules.
            .billing(Billing::provisioned(20, Capacity::auto(5..=50).initial(10).disable_scale_in(false)))
            .index(Subscription::BY_DAY, |index| {
                index
                    .provisioned(Billing::provisioned(
                        10,
                        Capacity::auto(5..=50).initial(5).cooldowns(60, 0).disable_scale_in(true),
                    ))
                    .warm_throughput(WarmThroughput::new(12_000, 4_000))
            })
            .warm_throughput(WarmThroughput::new(12_000, 4_000))
            .class(TableClass::Standard)
            .global(Global::eventual().here(|replica| replica).replica("ap-south-1", mumbai).replica(
                "eu-west-1",
                // The reports' Region: a fixed capacity, and less of it on the index.
                |replica| replica.read(9).index(Subscription::BY_DAY, |index| index.read(3)),
            )),
        env,
    ));
    stack.table(key::of_every_region(Table::of::<Taste>().global(Global::single_replica()), env));

    stack.output("SessionsTable", sessions.name());
    stack.output("SessionsStream", sessions.stream_arn()?);
    stack.output("SubscriptionsTable", subscriptions.name());
    Ok(stack)
}

/// The mailer runs in another account.
fn mailer() -> Statement {
    Statement::allow(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"])
        .sid("Mailer")
        .principal("arn:aws:iam::555566667777:role/mailer")
}
