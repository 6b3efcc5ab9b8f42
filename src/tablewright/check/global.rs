//! Rules for global tables. GT1: streams. GT2: capacity. GT3: Regions. GT4: strong consistency. GT5: KMS keys. GT6: unsupported
//! properties. X1: index names in replicas. C1, D1, R2 and B1: settings of replicas.

use crate::check::{settings, throughput};
use crate::item::IndexKind;
use crate::problem::Problem;
use crate::table::billing::{Billing, Capacity, Provisioned};
use crate::table::global::{Consistency, Global, Read, Replica};
use crate::table::settings::{Encryption, StreamView};
use crate::table::{Table, no_such_index};
use crate::value::{Expression, Value};

/// The Region sets: all replicas of a strongly consistent table must be in the same one. Source: "Multi-Region strong
/// consistency" in the developer guide.
const STRONG_SETS: [&[&str]; 3] = [
    &["us-east-1", "us-east-2", "us-west-2"],
    &["eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"],
    &["ap-northeast-1", "ap-northeast-2", "ap-northeast-3"],
];

pub(super) fn check(table: &Table, problems: &mut Vec<Problem>) {
    let Some(global) = &table.global else {
        return;
    };
    stream(table, global, problems);
    capacity(table, problems);
    regions(table, global, problems);
    match global.consistency.literal() {
        Some(Consistency::Strong) => strong(table, global, problems),
        Some(Consistency::Eventual) if global.witness.is_some() => problems.push(
            Problem::error(
                "GT4",
                &global.at,
                format!("global table `{}` has a witness, but is eventually consistent", table.id),
            )
            .help("only a table with `Global::strong()` can have a witness")
            .server_text("GlobalTableWitnesses can only be specified when MultiRegionConsistency is STRONG"),
        ),
        Some(Consistency::Eventual) | None => {}
    }
    keys(table, global, problems);
    if table.import.is_some() {
        problems.push(
            Problem::error("GT6", &global.at, format!("global table `{}` imports items", table.id))
                .help("`AWS::DynamoDB::GlobalTable` has no ImportSourceSpecification; import into an `AWS::DynamoDB::Table`, or write the items"),
        );
    }
    for replica in &global.replicas {
        of_replica(table, global, replica, problems);
    }
}

fn stream(table: &Table, global: &Global, problems: &mut Vec<Problem>) {
    let eventual = global.consistency.literal() == Some(&Consistency::Eventual);
    let right = match &table.stream {
        Some(view) => view.literal().is_none_or(|view| *view == StreamView::NewAndOldImages),
        None => false,
    };
    if eventual && global.replicas.len() > 1 && !right {
        problems.push(
            Problem::error(
                "GT1",
                &global.at,
                format!("global table `{}` has replicas, but no stream of new and old images", table.id),
            )
            .help("replication requires it: add `.stream(StreamView::NewAndOldImages)`")
            .server_text("Table must have a stream enabled with view type NEW_AND_OLD_IMAGES"),
        );
    }
}

fn capacity(table: &Table, problems: &mut Vec<Problem>) {
    let own = match &table.billing {
        Billing::OnDemand(_) => return,
        Billing::Provisioned(units) => (format!("table `{}`", table.id), units, &table.at),
    };
    let of_indexes =
        table.indexes.iter().filter(|index| index.kind == IndexKind::Global).filter_map(|index| {
            Some((format!("index `{}`", index.name), index.provisioned.as_ref()?, &index.at))
        });
    for (owner, units, at) in std::iter::once(own).chain(of_indexes) {
        if let Capacity::Fixed(_) = units.write {
            problems.push(
                Problem::error(
                    "GT2",
                    at,
                    format!("the write capacity of {owner} is fixed in a global table"),
                )
                .help("use auto scaling, such as `Capacity::auto(5..=50)`, or on-demand billing")
                .server_text("Table write capacity should either be Pay-Per-Request or AutoScaled."),
            );
        }
        let Provisioned { read, write } = units;
        let scheduled = |capacity: &Capacity| matches!(capacity, Capacity::Auto(scaling) if !scaling.schedules.is_empty());
        if scheduled(read) || scheduled(write) {
            problems.push(
                Problem::error("GT2", at, format!("the capacity of {owner} has schedules in a global table"))
                    .help("`AWS::DynamoDB::GlobalTable` has no ScheduledActions; remove the schedules"),
            );
        }
    }
}

fn regions(table: &Table, global: &Global, problems: &mut Vec<Problem>) {
    let mut wrong = |at, message: String, help: &str| {
        problems.push(Problem::error("GT3", at, message).help(help));
    };
    if global.replicas.is_empty() {
        wrong(
            &global.at,
            format!("global table `{}` has no replicas", table.id),
            "add one in the Region of the stack with `.here(|replica| replica)`",
        );
        return;
    }
    let mut seen: Vec<&str> = Vec::new();
    for replica in &global.replicas {
        let Some(region) = region(global, &replica.region) else {
            continue;
        };
        if seen.contains(&region) {
            wrong(
                &replica.at,
                format!("global table `{}` has two replicas in {region}", table.id),
                "list each Region once",
            );
        } else if region != HERE && !is_region(region) {
            wrong(
                &replica.at,
                format!("`{region}` is not a Region"),
                "use a Region name such as `eu-west-1`",
            );
        }
        seen.push(region);
    }
    let known = global.replicas.iter().all(|replica| region(global, &replica.region).is_some());
    if let Some(home) = &global.home
        && known
        && !seen.contains(&home.as_str())
    {
        wrong(
            &global.at,
            format!("global table `{}` has no replica in {home}, where its stack is", table.id),
            "add it with `.here(|replica| replica)`",
        );
    }
}

const HERE: &str = "AWS::Region";

/// Returns the Region of a value, `AWS::Region` if it is the Region of the stack and not configured, or `None` for other
/// expressions.
fn region<'a>(global: &'a Global, value: &'a Value<String>) -> Option<&'a str> {
    match value {
        Value::Literal(region) => Some(region),
        Value::Expression(Expression::Ref(name)) if name == HERE => {
            Some(global.home.as_deref().unwrap_or(HERE))
        }
        Value::Expression(_) => None,
    }
}

/// Whether a string looks like a Region, such as `eu-west-1` or `us-gov-east-1`: words and a number.
fn is_region(text: &str) -> bool {
    let mut parts = text.rsplit('-');
    let number =
        parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let words: Vec<&str> = parts.collect();
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    number && words.len() >= 2 && words.iter().all(is_word)
}

fn strong(table: &Table, global: &Global, problems: &mut Vec<Problem>) {
    let mut wrong = |message: String, help: &str, server_text: &str| {
        problems.push(Problem::error("GT4", &global.at, message).help(help).server_text(server_text));
    };
    let id = &table.id;
    let replicas = global.replicas.len();
    let witnesses = usize::from(global.witness.is_some());
    if (replicas, witnesses) != (3, 0) && (replicas, witnesses) != (2, 1) {
        wrong(
            format!("strongly consistent table `{id}` has {replicas} replicas and {witnesses} witnesses"),
            "use three replicas, or two replicas and a witness",
            "Unsupported replica count",
        );
    }
    let all = global.replicas.iter().map(|replica| &replica.region).chain(&global.witness);
    let known: Vec<&str> =
        all.filter_map(|value| region(global, value)).filter(|region| *region != HERE).collect();
    if !STRONG_SETS.iter().any(|set| known.iter().all(|region| set.contains(region))) {
        wrong(
            format!("strongly consistent table `{id}` spans {}", known.join(", ")),
            "all Regions must be in the same Region set: us-east-1 us-east-2 us-west-2; eu-west-1 eu-west-2 eu-west-3 eu-central-1; ap-northeast-1 ap-northeast-2 ap-northeast-3",
            "Unsupported Region(s) specified",
        );
    }
    if let Some(witness) = global.witness.as_ref().and_then(|value| region(global, value))
        && global.replicas.iter().any(|replica| region(global, &replica.region) == Some(witness))
    {
        wrong(
            format!("the witness of table `{id}` is in {witness}, which already has a replica"),
            "use the third Region of the set",
            "Unsupported Region(s) specified",
        );
    }
    if table.ttl.is_some() && table.ttl_enabled.literal() != Some(&false) {
        wrong(
            format!("strongly consistent table `{id}` has TTL turned on"),
            "turn it off with `.time_to_live(false)`, or use eventual consistency",
            "TTL is not supported for multi-Region strong consistency",
        );
    }
    if table.indexes.iter().any(|index| index.kind == IndexKind::Local) {
        wrong(
            format!("strongly consistent table `{id}` has a local index"),
            "use a global index",
            "Local secondary indexes are not supported for multi-Region strong consistency",
        );
    }
}

fn keys(table: &Table, global: &Global, problems: &mut Vec<Problem>) {
    if matches!(table.encryption, Some(Encryption::CustomerKey(_))) {
        return;
    }
    let with_key = global.replicas.iter().filter(|replica| replica.key.is_some()).count();
    for replica in global.replicas.iter().filter(|replica| replica.key.is_none() && with_key > 0) {
        problems.push(
            Problem::error(
                "GT5",
                &replica.at,
                format!("a replica of table `{}` has no KMS key, but other replicas have one", table.id),
            )
            .help(
                "set `.key(…)` for every replica, or use an alias that exists in every Region for the table",
            )
            .server_text("KMSMasterKeyId must be specified for each replica."),
        );
    }
}

fn of_replica(table: &Table, global: &Global, replica: &Replica, problems: &mut Vec<Problem>) {
    let at = &replica.at;
    let here = region(global, &replica.region).unwrap_or("another Region");
    let owner = format!("the replica of table `{}` in {here}", table.id);
    if let Some(recovery) = &replica.point_in_time_recovery {
        settings::point_in_time_recovery(&owner, recovery, at, problems);
    }
    settings::tags(&owner, table.tags.iter().chain(&replica.tags), at, problems);
    if let Some(key) = &replica.key {
        settings::key(&owner, key, at, problems);
    }
    if let Some(kinesis) = &replica.kinesis {
        settings::kinesis(&owner, kinesis, at, problems);
    }
    let inherited_key = match &table.encryption {
        Some(Encryption::CustomerKey(key)) => Some(key),
        Some(Encryption::AwsOwned | Encryption::AwsManaged | Encryption::AwsManagedIf(_)) | None => None,
    };
    let kinesis = replica.kinesis.as_ref().or(table.kinesis.as_ref()).map(|kinesis| &kinesis.stream_arn);
    for (rule, what, arn) in
        [("GT5", "key", replica.key.as_ref().or(inherited_key)), ("S2", "Kinesis stream", kinesis)]
    {
        let elsewhere = arn.and_then(Value::literal).and_then(|arn| arn.split(':').nth(3));
        if let Some(elsewhere) = elsewhere.filter(|elsewhere| is_region(here) && *elsewhere != here) {
            problems.push(
                Problem::error(rule, at, format!("the {what} of {owner} is in {elsewhere}"))
                    .help("each replica needs one in its own Region"),
            );
        }
    }
    if replica.key.as_ref().or(inherited_key).is_some() {
        let insights = replica.contributor_insights.as_ref().or(table.contributor_insights.as_ref());
        settings::insights_of_encrypted(&owner, insights, at, problems);
    }
    if replica.stream_policy.is_some() && table.stream.is_none() {
        settings::policy_without_stream(&owner, at, problems);
    }
    if let Some(read) = &replica.read {
        reads(table, &owner, read, at, problems);
    }
    for index in &replica.indexes {
        let known = table.indexes.iter().any(|own| own.name == index.name && own.kind == IndexKind::Global);
        if !known {
            problems.push(no_such_index(table, &index.name, &index.at));
        }
        if let Some(read) = &index.read {
            reads(table, &format!("index `{}` in {here}", index.name), read, &index.at, problems);
        }
    }
}

fn reads(table: &Table, owner: &str, read: &Read, at: &crate::Place, problems: &mut Vec<Problem>) {
    match (read, &table.billing) {
        (Read::OnDemand(units), Billing::OnDemand(_)) => {
            throughput::amount("read limit", owner, units, at, problems);
        }
        (Read::Provisioned(capacity), Billing::Provisioned(_)) => {
            throughput::capacity("read", owner, capacity, at, problems);
            if let Capacity::Auto(scaling) = capacity
                && !scaling.schedules.is_empty()
            {
                problems.push(
                    Problem::error("GT2", at, format!("the capacity of {owner} has schedules in a global table"))
                        .help("`AWS::DynamoDB::GlobalTable` has no ScheduledActions; remove the schedules"),
                );
            }
        }
        (Read::OnDemand(_), Billing::Provisioned(_)) => problems.push(
            Problem::error("B2", at, format!("{owner} has a read limit, but the table is provisioned"))
                .help("`.read(…)` instead of `.max_read(…)`"),
        ),
        (Read::Provisioned(_), Billing::OnDemand(_)) => problems.push(
            Problem::error("B2", at, format!("{owner} has read capacity, but the table is on demand"))
                .help("`.max_read(…)` instead of `.read(…)`")
                .server_text("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"),
        ),
    }
}
