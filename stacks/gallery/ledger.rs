//! The ledger, which never forgets and never disagrees with itself: strong consistency over Regions, and a replica of
//! another account's table.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tablewright::{
    Billing, Encryption, Env, Expression, Global, Parameter, Result, SettingsReplication, Stack, Statement,
    Table, TableItem,
};

use crate::key;

/// A booking. Sums are in cents; debit == credit, always.
#[derive(Serialize, Deserialize, TableItem)]
#[serde(rename_all = "camelCase")]
#[ddb(index(name = "by-document", partition(document), sort(booked_at)))]
pub struct Booking {
    /// `1200`: a number that is a name, so text.
    #[ddb(partition)]
    pub account: String,
    /// Counts up from 1 within the account; a gap is an error.
    #[ddb(sort)]
    pub number: u64,
    pub document: String,
    pub booked_at: u64,
    pub cents: i64,
}

/// What a euro costs, by the holding's treasury.
#[derive(Serialize, Deserialize, TableItem)]
pub struct ExchangeRate {
    #[ddb(partition)]
    pub currency: String,
    #[ddb(sort)]
    pub day: String,
    pub rate: String,
}

/// Who may sign for what.
#[derive(Serialize, Deserialize, TableItem)]
pub struct Mandate {
    #[ddb(partition)]
    pub person: String,
    pub up_to_cents: u64,
}

pub fn stack(env: &Env) -> Result<Stack> {
    let mut stack = Stack::new("ledger")
        .description("The ledger: strongly consistent in three Regions (two replicas and a witness)")
        // Nobody's mistake takes the books away: not in dev either, where the auditors try things out.
        .termination_protection(true)
        .policy(json!({
            "Statement": [
                { "Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*" },
                {
                    "Effect": "Deny",
                    "Action": ["Update:Replace", "Update:Delete"],
                    "Principal": "*",
                    "Resource": "LogicalResourceId/Booking",
                },
            ],
        }))
        .tag("team", "finance")
        .tag("retention", "10 years");

    let bookings = stack.table(key::of_every_region(
        Table::of::<Booking>()
            .base_name("bookings")
            .billing(Billing::on_demand().max_write(1_000))
            .deletion_protection(true)
            .tag("legal-hold", "yes")
            // Three Regions of one set, decided when the table is made: no time to live, no local indexes.
            .global(
                Global::strong()
                    .here(|replica| {
                        replica.policy(
                            Statement::allow(["dynamodb:Query"]).sid("Auditors").account("555566667777"),
                        )
                    })
                    .replica("eu-west-1", |replica| replica)
                    .witness("eu-west-3"),
            ),
        env,
    ));
    let treasury = Parameter::string("TreasuryAccount")
        .description(
            "Account of the holding's treasury: to be given with each deployment, and not to be shown",
        )
        .no_echo()
        .pattern("^[0-9]{12}$");
    stack.parameter(treasury);
    let of_the_treasury = |table: &str| {
        Expression::sub(format!(
            "arn:${{AWS::Partition}}:dynamodb:eu-west-1:${{TreasuryAccount}}:table/{table}"
        ))
    };
    // The holding owns the table; this account has a replica of it, and its settings.
    stack.table(
        Table::of::<ExchangeRate>().global(
            Global::eventual()
                .source(of_the_treasury("exchange-rates"))
                .here(|replica| replica.settings_replication(SettingsReplication::Enabled)),
        ),
    );
    // This one goes its own way.
    stack.table(
        Table::of::<Mandate>().encryption(Encryption::AwsManaged).global(
            Global::eventual()
                .source(of_the_treasury("mandates"))
                .here(|replica| replica.settings_replication(SettingsReplication::Disabled)),
        ),
    );

    stack
        .output("BookingsTable", bookings.name())
        .description("Name of the table of bookings, in each Region");
    Ok(stack)
}
