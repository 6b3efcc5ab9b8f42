//! B1, B2: throughput fits the billing mode. A1: auto scaling.

use crate::billing::{AutoScaling, Billing, Capacity, OnDemand, Provisioned};
use crate::index::Index;
use crate::item::IndexKind;
use crate::place::Place;
use crate::problem::Problem;
use crate::table::Table;
use crate::value::Value;

/// The quota of a table and of an index; AWS can raise it.
const USUAL_MOST_UNITS: u64 = 40_000;

pub(super) fn check(table: &Table, problems: &mut Vec<Problem>) {
    let owner = format!("table `{}`", table.id);
    match &table.billing {
        Billing::Provisioned(units) => provisioned(&owner, units, &table.at, problems),
        Billing::OnDemand(limits) => on_demand(&owner, limits, &table.at, problems),
    }
    for index in &table.indexes {
        fits_billing(table, index, problems);
        let owner = format!("index `{}`", index.name);
        if let Some(units) = &index.provisioned {
            provisioned(&owner, units, &index.at, problems);
        }
        on_demand(&owner, &index.on_demand, &index.at, problems);
    }
}

fn fits_billing(table: &Table, index: &Index, problems: &mut Vec<Problem>) {
    let has_units = index.provisioned.is_some();
    let has_limits = !index.on_demand.is_unlimited();
    if index.kind == IndexKind::Local && (has_units || has_limits) {
        problems.push(
            Problem::error(
                "B1",
                &index.at,
                format!("local index `{}` has throughput of its own", index.name),
            )
            .help("a local index uses the table's; leave it out"),
        );
        return;
    }
    match &table.billing {
        Billing::OnDemand(_) if has_units => problems.push(
            Problem::error("B2", &index.at, format!("index `{}` has capacity, but its table is on demand", index.name))
                .help("remove it, or make the table `Billing::provisioned(…)`")
                .server_text("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"),
        ),
        Billing::Provisioned(_) if has_limits => problems.push(
            Problem::error("B2", &index.at, format!("index `{}` has request limits, but its table is provisioned", index.name))
                .help("remove them, or make the table `Billing::on_demand()`"),
        ),
        Billing::OnDemand(_) | Billing::Provisioned(_) => {}
    }
}

fn provisioned(owner: &str, units: &Provisioned, at: &Place, problems: &mut Vec<Problem>) {
    for (what, capacity) in [("read", &units.read), ("write", &units.write)] {
        match capacity {
            Capacity::Fixed(units) => amount(&format!("{what} capacity"), owner, units, at, problems),
            Capacity::Auto(scaling) => auto_scaling(what, owner, scaling, at, problems),
        }
    }
}

fn auto_scaling(what: &str, owner: &str, scaling: &AutoScaling, at: &Place, problems: &mut Vec<Problem>) {
    amount(&format!("lowest {what} capacity"), owner, &scaling.min, at, problems);
    amount(&format!("highest {what} capacity"), owner, &scaling.max, at, problems);
    if let (Some(min), Some(max)) = (scaling.min.literal(), scaling.max.literal())
        && min > max
    {
        problems.push(
            Problem::error("A1", at, format!("the {what} capacity of {owner} scales from {min} to {max}"))
                .help("write the lower end first"),
        );
    }
    if !(20..=90).contains(&scaling.target) {
        problems.push(
            Problem::error(
                "A1",
                at,
                format!("the {what} target of {owner} is {} %; 20 to 90 are allowed", scaling.target),
            )
            .help("70 leaves room for a minute of growth"),
        );
    }
}

fn on_demand(owner: &str, limits: &OnDemand, at: &Place, problems: &mut Vec<Problem>) {
    for (what, limit) in [("read limit", &limits.max_read), ("write limit", &limits.max_write)] {
        if let Some(units) = limit {
            amount(what, owner, units, at, problems);
        }
    }
}

fn amount(what: &str, owner: &str, units: &Value<u64>, at: &Place, problems: &mut Vec<Problem>) {
    match units.literal() {
        Some(0) => problems
            .push(Problem::error("B1", at, format!("the {what} of {owner} is 0")).help("the least is 1")),
        Some(units) if *units > USUAL_MOST_UNITS => problems.push(
            Problem::warning("B1", at, format!("the {what} of {owner} is {units}"))
                .help(format!("the quota is {USUAL_MOST_UNITS} unless AWS raised it for the account")),
        ),
        Some(_) | None => {}
    }
}
