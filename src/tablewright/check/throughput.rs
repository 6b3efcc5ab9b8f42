//! Rules for throughput. B1, B2: billing mode. W1: warm throughput. A1: auto scaling.

use crate::item::IndexKind;
use crate::place::Place;
use crate::problem::Problem;
use crate::stack::Stack;
use crate::table::Table;
use crate::table::billing::{AutoScaling, Billing, Capacity, OnDemand, Provisioned};
use crate::table::index::Index;
use crate::table::schedule::Schedule;
use crate::table::settings::WarmThroughput;
use crate::value::Value;

/// The warm throughput of every new on-demand table: reads and writes per second.
const LEAST_WARM: (u64, u64) = (12_000, 4_000);
/// The default quota for all provisioned tables and indexes of an account in a Region, which AWS can raise.
const USUAL_MOST_IN_ALL: u64 = 80_000;
/// The default quota for a table or index, which AWS can raise.
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
        if let Some(warm) = &index.warm_throughput {
            warm_throughput(&owner, warm, table.provisioned_for(index), &index.at, problems);
        }
    }
    if let Some(warm) = &table.warm_throughput {
        let units = match &table.billing {
            Billing::Provisioned(units) => Some(units),
            Billing::OnDemand(_) => None,
        };
        warm_throughput(&owner, warm, units, &table.at, problems);
    }
}

/// Checks across stacks: the total provisioned capacity.
pub(super) fn check_across(stacks: &[Stack], problems: &mut Vec<Problem>) {
    let provisioned = |table: &Table| match &table.billing {
        Billing::Provisioned(units) => {
            let of_indexes = table.indexes.iter().filter_map(|index| table.provisioned_for(index));
            std::iter::once(units).chain(of_indexes).cloned().collect()
        }
        Billing::OnDemand(_) => Vec::new(),
    };
    let all: Vec<Provisioned> = stacks.iter().flat_map(|stack| &stack.tables).flat_map(provisioned).collect();
    let sum = |units: fn(&Provisioned) -> &Capacity| -> u64 {
        all.iter()
            .filter_map(|all| units(all).initial().literal())
            .fold(0, |sum, units| sum.saturating_add(*units))
    };
    for (what, units) in [("read", sum(|all| &all.read)), ("write", sum(|all| &all.write))] {
        if units > USUAL_MOST_IN_ALL
            && let Some(stack) = stacks.first()
        {
            problems.push(
                Problem::warning(
                    "B1",
                    &stack.at,
                    format!("all tables together have {units} {what} capacity units"),
                )
                .help(format!(
                    "the quota of an account in a Region is {USUAL_MOST_IN_ALL} unless AWS raised it"
                )),
            );
        }
    }
}

fn warm_throughput(
    owner: &str,
    warm: &WarmThroughput,
    units: Option<&Provisioned>,
    at: &Place,
    problems: &mut Vec<Problem>,
) {
    if warm.read.is_none() && warm.write.is_none() {
        problems.push(
            Problem::error("W1", at, format!("the warm throughput of {owner} sets neither reads nor writes"))
                .help("set one of them, or remove it"),
        );
    }
    let provisioned = |units: Option<&Value<u64>>| units.and_then(Value::literal).copied();
    let (least_read, least_write, why) = match units {
        None => (Some(LEAST_WARM.0), Some(LEAST_WARM.1), "an on-demand table always supports that"),
        Some(units) => (
            provisioned(Some(units.read.initial())),
            provisioned(Some(units.write.initial())),
            "it must not be lower than the provisioned capacity",
        ),
    };
    for (what, value, least) in [("reads", &warm.read, least_read), ("writes", &warm.write, least_write)] {
        if let (Some(value), Some(least)) = (value.as_ref().and_then(Value::literal), least)
            && *value < least
        {
            problems.push(
                Problem::error(
                    "W1",
                    at,
                    format!("the warm throughput of {owner} is {value} {what}; the minimum is {least}"),
                )
                .help(why)
                .server_text(
                    "The requested WarmThroughput value is lower than initial throughput for OnDemand",
                ),
            );
        }
    }
}

fn fits_billing(table: &Table, index: &Index, problems: &mut Vec<Problem>) {
    let has_units = index.provisioned.is_some();
    let has_limits = !index.on_demand.is_unlimited();
    let has_more = index.warm_throughput.is_some() || index.contributor_insights.is_some();
    if index.kind == IndexKind::Local && (has_units || has_limits || has_more) {
        problems.push(
            Problem::error(
                "B1",
                &index.at,
                format!("local index `{}` has its own throughput or Contributor Insights", index.name),
            )
            .help("a local index uses those of the table; remove them"),
        );
        return;
    }
    match &table.billing {
        Billing::OnDemand(_) if has_units => problems.push(
            Problem::error("B2", &index.at, format!("index `{}` has capacity, but its table is on demand", index.name))
                .help("remove it, or use `Billing::provisioned(…)` for the table")
                .server_text("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"),
        ),
        Billing::Provisioned(_) if has_limits => problems.push(
            Problem::error("B2", &index.at, format!("index `{}` has request limits, but its table is provisioned", index.name))
                .help("remove them, or use `Billing::on_demand()` for the table"),
        ),
        Billing::OnDemand(_) | Billing::Provisioned(_) => {}
    }
}

fn provisioned(owner: &str, units: &Provisioned, at: &Place, problems: &mut Vec<Problem>) {
    capacity("read", owner, &units.read, at, problems);
    capacity("write", owner, &units.write, at, problems);
}

pub(super) fn capacity(
    what: &str,
    owner: &str,
    capacity: &Capacity,
    at: &Place,
    problems: &mut Vec<Problem>,
) {
    match capacity {
        Capacity::Fixed(units) => amount(&format!("{what} capacity"), owner, units, at, problems),
        Capacity::Auto(scaling) => auto_scaling(what, owner, scaling, at, problems),
    }
}

fn auto_scaling(what: &str, owner: &str, scaling: &AutoScaling, at: &Place, problems: &mut Vec<Problem>) {
    amount(&format!("minimum {what} capacity"), owner, &scaling.min, at, problems);
    amount(&format!("maximum {what} capacity"), owner, &scaling.max, at, problems);
    let (min, max) = (scaling.min.literal(), scaling.max.literal());
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        problems.push(
            Problem::error("A1", at, format!("the {what} capacity of {owner} scales from {min} to {max}"))
                .help("the minimum must not exceed the maximum")
                .server_text("Maximum capacity cannot be less than minimum capacity"),
        );
    } else if let Some(initial) = scaling.initial.as_ref().and_then(Value::literal)
        && (min.is_some_and(|min| initial < min) || max.is_some_and(|max| initial > max))
    {
        problems.push(
            Problem::error(
                "A1",
                at,
                format!("the {what} capacity of {owner} starts at {initial}, outside of its range"),
            )
            .help("start between the minimum and the maximum"),
        );
    }
    if let Some(target) = scaling.target.literal()
        && !(20..=90).contains(target)
    {
        problems.push(
            Problem::error(
                "A1",
                at,
                format!("the {what} target of {owner} is {target} %; 20 to 90 are allowed"),
            )
            .help("70 leaves room for growth until auto scaling reacts"),
        );
    }
    for (position, schedule) in scaling.schedules.iter().enumerate() {
        if scaling.schedules[..position].iter().any(|other| other.name == schedule.name) {
            problems.push(
                Problem::error(
                    "A1",
                    &schedule.at,
                    format!("the {what} capacity of {owner} has two schedules `{}`", schedule.name),
                )
                .help("give one of them another name: the second would replace the first"),
            );
        }
        for (message, help) in wrong_with(schedule, scaling) {
            problems.push(
                Problem::error(
                    "A1",
                    &schedule.at,
                    format!("schedule `{}` of {owner} {message}", schedule.name),
                )
                .help(help),
            );
        }
    }
}

/// Returns the problems of a schedule, and how to fix each.
fn wrong_with(schedule: &Schedule, scaling: &AutoScaling) -> Vec<(String, &'static str)> {
    let mut wrong = Vec::new();
    if let Some(when) = schedule.schedule.literal()
        && !is_schedule(when)
    {
        wrong.push((
            format!("has the invalid expression `{when}`"),
            "use `at(2027-01-01T00:00:00)`, `rate(1 day)` or `cron(0 7 ? * MON-FRI *)`, six fields",
        ));
    }
    if schedule.name.is_empty() {
        wrong.push(("has no name".to_owned(), "set a name"));
    }
    if schedule.min.is_none() && schedule.max.is_none() {
        wrong.push(("changes nothing".to_owned(), "add `.min(…)` or `.max(…)`"));
    }
    let units =
        |own: &Option<Value<u64>>, else_: &Value<u64>| own.as_ref().unwrap_or(else_).literal().copied();
    if let (Some(min), Some(max)) = (units(&schedule.min, &scaling.min), units(&schedule.max, &scaling.max))
        && min > max
    {
        wrong.push((
            format!("scales from {min} to {max}"),
            "a limit that is not set is unchanged: set both limits",
        ));
    }
    if let (Some(Value::Literal(start)), Some(Value::Literal(end))) = (&schedule.start, &schedule.end)
        && start >= end
    {
        wrong.push((format!("ends at {end}, before it starts"), "swap start and end"));
    }
    wrong
}

/// Whether a schedule is `at(…)`, `rate(…)` or `cron(…)` with the right number of fields.
fn is_schedule(text: &str) -> bool {
    let fields = |function: &str| {
        let inner = text.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')')?;
        Some(inner.split_whitespace().count())
    };
    fields("at") == Some(1) || fields("rate") == Some(2) || fields("cron") == Some(6)
}

fn on_demand(owner: &str, limits: &OnDemand, at: &Place, problems: &mut Vec<Problem>) {
    for (what, limit) in [("read limit", &limits.max_read), ("write limit", &limits.max_write)] {
        if let Some(units) = limit {
            amount(what, owner, units, at, problems);
        }
    }
}

pub(super) fn amount(what: &str, owner: &str, units: &Value<u64>, at: &Place, problems: &mut Vec<Problem>) {
    match units.literal() {
        Some(0) => problems.push(
            Problem::error("B1", at, format!("the {what} of {owner} is 0"))
                .help("the minimum is 1")
                .server_text(
                    "failed to satisfy constraint: Member must have value greater than or equal to 1",
                ),
        ),
        Some(units) if *units > USUAL_MOST_UNITS => problems.push(
            Problem::warning("B1", at, format!("the {what} of {owner} is {units}"))
                .help(format!("the quota is {USUAL_MOST_UNITS} unless AWS raised it for the account")),
        ),
        Some(_) | None => {}
    }
}
