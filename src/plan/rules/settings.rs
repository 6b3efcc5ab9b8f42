//! Rules for settings of a table that change in place, each with its risks.

use serde_json::Value;

use super::{Case, Judgement, Setting, Stage, Transition};
use crate::Verdict;
use crate::equality::{identity, intrinsic, same_option, text};
use crate::recipe::{self, Language};
use crate::scaling::{self, gets_scaling};
use crate::view::{GLOBAL_TABLE, billing_mode as mode_of, kind, property, resource};

pub(super) fn billing_mode(case: &Case) -> Judgement {
    let mode = |value: Option<&Value>| value.map_or(Some("PROVISIONED".to_owned()), text);
    let (before, after) = (mode(case.before), mode(case.after));
    let stage = Stage::Exclusive(Setting::Billing);
    match after.as_deref() {
        _ if before.is_some() && before == after => unchanged("PROVISIONED is the default of `BillingMode`"),
        Some(mode) if !["PROVISIONED", "PAY_PER_REQUEST"].contains(&mode) => {
            let why = format!("`{mode}` is no billing mode");
            Judgement::new(Verdict::Refused, why)
                .recipe(recipe::one_of("BillingMode", "PROVISIONED or PAY_PER_REQUEST"))
        }
        Some("PROVISIONED") if property(case.wanted, "VectorIndexes").is_some() => {
            let why = "only an on-demand table can have vector indexes";
            Judgement::new(Verdict::Refused, why).recipe(recipe::on_demand_first(case.language(), case.id))
        }
        // Scaling is set up in a later update than the switch, which already comes after the vector indexes are gone.
        Some("PROVISIONED") if leaves_vector_indexes(case) && gets_scaling(case.templates, case.id) => {
            let why = "only an on-demand table can have vector indexes, and the deployed table has some";
            Judgement::new(Verdict::Refused, why).recipe(recipe::remove_vector_indexes_first(case.language()))
        }
        Some("PAY_PER_REQUEST") => {
            let left = case.templates.scaling.after(case.id, case.wanted).join(", ");
            let scaling = if left.is_empty() {
                String::new()
            } else {
                format!("; {left} would scale a table without provisioned capacity")
            };
            let why = format!("a table can be switched to on-demand four times in 24 hours{scaling}");
            Judgement::new(Verdict::InPlaceWithRisk, why).at(stage)
        }
        _ => {
            let why = "the capacity of the table and of each index starts at the values in the template, whatever the traffic";
            Judgement::new(Verdict::InPlaceWithRisk, why).at(stage)
        }
    }
}

fn leaves_vector_indexes(case: &Case) -> bool {
    property(case.deployed, "VectorIndexes").is_some()
}

pub(super) fn throughput(case: &Case) -> Judgement {
    let stage = Stage::Exclusive(Setting::Throughput);
    if mode_of(case.deployed) != mode_of(case.wanted) {
        return Judgement::new(
            Verdict::InPlace,
            "provisioned capacity is set or removed with the billing mode",
        )
        .at(stage);
    }
    let targets = case.templates.scaling.before(case.id, case.deployed);
    if let Some(target) = targets.first() {
        // CloudFormation compares templates: the number that auto scaling set is not in them.
        let why = format!(
            "the values in the template replace those that auto scaling (`{target}`) has set, which can cause throttling"
        );
        return Judgement::new(Verdict::InPlaceWithRisk, why).at(stage);
    }
    let units = |value: Option<&Value>, name: &str| value.and_then(|value| value.get(name)).and_then(number);
    let less = ["ReadCapacityUnits", "WriteCapacityUnits"]
        .iter()
        .any(|name| units(case.after, name) < units(case.before, name));
    let why = if less {
        "capacity decreases; DynamoDB allows a limited number of decreases per day"
    } else {
        "capacity increases without downtime"
    };
    Judgement::new(Verdict::InPlace, why).at(stage)
}

pub(super) fn on_demand_throughput(case: &Case) -> Judgement {
    let why = if case.after.is_some() {
        "the maximum throughput of an on-demand table changes without downtime"
    } else {
        "the table no longer has a maximum throughput"
    };
    Judgement::new(Verdict::InPlace, why)
}

pub(super) fn warm_throughput(case: &Case) -> Judgement {
    let stage = if case.path.item_of("GlobalSecondaryIndexes").is_some() {
        Stage::Free
    } else {
        Stage::Exclusive(Setting::WarmThroughput)
    };
    let Some(after) = case.after else {
        return unchanged("warm throughput never decreases: without the setting it keeps its value");
    };
    let units = |value: Option<&Value>, name: &str| value.and_then(|value| value.get(name)).and_then(number);
    let lower = ["ReadUnitsPerSecond", "WriteUnitsPerSecond"].iter().any(|name| {
        units(case.before, name).zip(units(Some(after), name)).is_some_and(|(before, after)| after < before)
    });
    if lower {
        return Judgement::new(Verdict::Refused, "warm throughput can only increase")
            .server("decreasing WarmThroughput is not supported")
            .recipe(recipe::keep_warm(case.language()));
    }
    Judgement::new(Verdict::InPlace, "DynamoDB pre-warms the table for more throughput, at a one-time charge")
        .at(stage)
}

pub(super) fn stream(case: &Case) -> Judgement {
    let stage = Stage::Exclusive(Setting::Stream);
    if case.before.is_none() {
        return Judgement::new(Verdict::InPlace, "a stream is turned on").at(stage);
    }
    let replicas = |table| property(table, "Replicas").and_then(Value::as_array).map_or(0, Vec::len);
    // Replicas need the stream: it goes with the last step, after them.
    let stage = if replicas(case.deployed) > 1 { Stage::Last } else { stage };
    if is_replicated(case) {
        return Judgement::new(Verdict::Refused, "replication between the replicas requires the stream")
            .server("Disabling Stream is not allowed for a Global Table replica.")
            .recipe(recipe::one_replica(case.language()));
    }
    let why = "the stream is deleted: consumers lose unread records, and the stream ARN is no longer valid";
    Judgement::new(Verdict::InPlaceWithRisk, why).at(stage)
}

/// A stream that is turned off while something in the template still reads its ARN: a table has `StreamArn` only with a
/// `StreamSpecification` (return values of `AWS::DynamoDB::Table`). How CloudFormation words its refusal is not recorded.
pub(crate) fn stream_still_read(language: Language, id: &str, readers: &str) -> Judgement {
    let why = format!("the stream is deleted, and {readers} would still read its ARN");
    Judgement::new(Verdict::Refused, why).recipe(recipe::stop_reading_stream(language, id))
}

pub(super) fn stream_view_type(case: &Case) -> Judgement {
    let replicas = |table| property(table, "Replicas").and_then(Value::as_array).map_or(0, Vec::len);
    let (before, after) = (replicas(case.deployed), replicas(case.wanted));
    if before > 1 && after > 1 {
        return Judgement::new(
            Verdict::Refused,
            "the view type can be changed only while there is one replica",
        )
        .recipe(recipe::one_replica(case.language()));
    }
    if after > 1 && case.after.and_then(text).is_some_and(|view| view != "NEW_AND_OLD_IMAGES") {
        return Judgement::new(Verdict::Refused, "replication requires a stream of NEW_AND_OLD_IMAGES")
            .recipe(recipe::one_replica(case.language()));
    }
    // The other replicas leave first, and come later.
    let stage = if before > 1 { Stage::Last } else { Stage::Exclusive(Setting::Stream) };
    let why =
        "CloudFormation creates a new stream with a new ARN: consumers are recreated and lose unread records";
    Judgement::new(Verdict::InPlaceWithRisk, why).at(stage).recipe(recipe::stream_off_and_on(case.language()))
}

fn is_replicated(case: &Case) -> bool {
    let replicas = property(case.wanted, "Replicas").and_then(Value::as_array);
    kind(case.wanted) == Some(GLOBAL_TABLE) && replicas.is_some_and(|replicas| replicas.len() > 1)
}

pub(super) fn kinesis(case: &Case) -> Judgement {
    let arn = |value: Option<&'_ Value>| value.and_then(|value| value.get("StreamArn")).cloned();
    let (before, after) = (arn(case.before), arn(case.after));
    match (case.before, case.after) {
        (None, _) => Judgement::new(Verdict::InPlace, "item changes are sent to Kinesis").at(Stage::Last),
        (_, None) => Judgement::new(Verdict::InPlaceWithRisk, "item changes are no longer sent to Kinesis"),
        (Some(_), Some(_))
            if case.by_reference || !same_option("StreamArn", before.as_ref(), after.as_ref()) =>
        {
            let why = "the old Kinesis destination is disabled before the new one is enabled; item changes between the two steps are sent to neither";
            Judgement::new(Verdict::Staged, why)
                .server("EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation")
                .at(Stage::TwoSteps { first: None, wait: Transition::Kinesis })
        }
        (Some(_), Some(_)) => Judgement::new(Verdict::InPlace, "the precision of the timestamps changes"),
    }
}

pub(super) fn time_to_live(case: &Case) -> Judgement {
    const NAME_REQUIRED: &str = "AttributeName property of TimeToLiveSpecification is required when TTL status is enabled or while enabling/disabling TTL.";
    let (Some(before), Some(after)) = (TimeToLive::read(case.before), TimeToLive::read(case.after)) else {
        let why = "whether time to live is on depends on an expression, and its attribute can change only after time to live is turned off";
        return Judgement::new(Verdict::InPlaceWithRisk, why);
    };
    let active = |name: &str| {
        format!("TimeToLive is active on a different AttributeName: current AttributeName is {name}")
    };
    match (before, after) {
        (TimeToLive::Off(_), TimeToLive::Off(_)) => unchanged("time to live stays off"),
        (TimeToLive::Off(_), TimeToLive::On(name)) => {
            let why = format!(
                "items whose time in `{name}` is past are deleted, also those that exist by now; DynamoDB refuses the change within an hour of an earlier one"
            );
            Judgement::new(Verdict::InPlaceWithRisk, why).at(Stage::Last)
        }
        (TimeToLive::On(a), TimeToLive::Off(Some(b))) if a == b => {
            Judgement::new(Verdict::InPlaceWithRisk, format!("items no longer expire by `{a}`"))
        }
        (TimeToLive::On(a), TimeToLive::Off(name)) => {
            let text = if name.is_some() { active(&a) } else { NAME_REQUIRED.to_owned() };
            let why = format!(
                "to turn off time to live, keep `TimeToLiveSpecification` with its current attribute, `{a}`"
            );
            Judgement::new(Verdict::Refused, why).server(text).recipe(recipe::disable_ttl(case.language()))
        }
        (TimeToLive::On(a), TimeToLive::On(b)) if a == b => unchanged("time to live stays as it is"),
        (TimeToLive::On(a), TimeToLive::On(b)) => {
            let mut off = case.before.cloned().unwrap_or_default();
            if let Some(block) = off.as_object_mut() {
                block.insert("Enabled".to_owned(), Value::Bool(false));
            }
            let why = format!(
                "time to live is turned off for `{a}` and, an hour later, on for `{b}`: no items expire in between, and then those whose time in `{b}` is past are deleted"
            );
            Judgement::new(Verdict::Staged, why)
                .server(active(&a))
                .at(Stage::TwoSteps { first: Some(off), wait: Transition::TimeToLive })
        }
    }
}

enum TimeToLive {
    Off(Option<String>),
    On(String),
}

impl TimeToLive {
    /// Reads the block; `None` when an expression decides.
    fn read(block: Option<&Value>) -> Option<Self> {
        let Some(block) = block else { return Some(Self::Off(None)) };
        let name = block.get("AttributeName").map(identity);
        match (block.get("Enabled").and_then(text).as_deref(), name) {
            (Some("true"), Some(name)) => Some(Self::On(name)),
            (Some("false"), name) => Some(Self::Off(name)),
            _ => None,
        }
    }
}

pub(super) fn point_in_time_recovery(case: &Case) -> Judgement {
    let member = |value: Option<&Value>, name: &str| value.and_then(|value| value.get(name)).and_then(text);
    // `None` where an expression decides.
    let on = |value: Option<&Value>| match value {
        None => Some(false),
        Some(block) => match block.get("PointInTimeRecoveryEnabled") {
            None if intrinsic(block).is_none() => Some(false),
            enabled => match enabled.and_then(text).as_deref() {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => None,
            },
        },
    };
    let days =
        |value| member(value, "RecoveryPeriodInDays").map_or(Some(35.0), |days| days.parse::<f64>().ok());
    match (on(case.before), on(case.after)) {
        (Some(false), Some(false)) => unchanged("point-in-time recovery stays off"),
        (None, _) | (_, None) => {
            let why = "whether point-in-time recovery is on depends on an expression, and turning it off loses its continuous backups";
            Judgement::new(Verdict::InPlaceWithRisk, why)
        }
        (_, Some(false)) => {
            let why = "point-in-time recovery is turned off: its continuous backups are lost";
            Judgement::new(Verdict::InPlaceWithRisk, why)
        }
        (Some(true), Some(true)) if days(case.after).is_some() && days(case.after) == days(case.before) => {
            unchanged("the recovery period is 35 days by default")
        }
        (Some(true), Some(true)) if days(case.after) < days(case.before) => {
            let why = "the recovery period gets shorter: earlier points in time can no longer be restored";
            Judgement::new(Verdict::InPlaceWithRisk, why)
        }
        _ => Judgement::new(Verdict::InPlace, "point-in-time recovery changes without downtime"),
    }
}

pub(super) fn encryption(case: &Case) -> Judgement {
    if let Some(refused) = keys_of_some_replicas(case) {
        return refused;
    }
    let is_off = |value: Option<&Value>| {
        value.is_none_or(|value| value.get("SSEEnabled").and_then(text).as_deref() == Some("false"))
    };
    // "SSEType: KMS" is the only type, and the default.
    let written = |value: &Value| {
        let mut value = value.clone();
        if let Some(block) = value.as_object_mut() {
            block.entry("SSEType").or_insert_with(|| Value::from("KMS"));
        }
        value
    };
    let is_same = case.before.zip(case.after).is_some_and(|(before, after)| {
        same_option("SSESpecification", Some(&written(before)), Some(&written(after)))
    });
    let judgement = if is_same && !case.by_reference {
        unchanged("KMS is the default of `SSEType`")
    } else if is_off(case.before) && is_off(case.after) {
        unchanged("the table keeps the AWS owned key")
    } else {
        let why = "the encryption key changes, which DynamoDB allows a few times per day; without access to the key the items cannot be read";
        Judgement::new(Verdict::InPlaceWithRisk, why).at(Stage::Exclusive(Setting::Encryption))
    };
    if case.before.is_none() || case.after.is_some() {
        return judgement;
    }
    // aws-cdk#8286, coverage-roadmap#1070: without the block, CloudFormation has been seen to send an update that changes nothing.
    let why =
        format!("{}; the update has failed for others when the block was removed as a whole", judgement.why);
    Judgement { why, ..judgement }
        .server("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
        .recipe(recipe::disable_encryption(case.language()))
}

pub(super) fn deletion_protection(case: &Case) -> Judgement {
    let on = |value: Option<&Value>| value.map_or(Some("false".to_owned()), text);
    let stage = Stage::Exclusive(Setting::DeletionProtection);
    match (on(case.before).as_deref(), on(case.after).as_deref()) {
        (Some(before), Some(after)) if before == after => unchanged("deletion protection is off by default"),
        (_, Some("true")) => {
            Judgement::new(Verdict::InPlace, "the table is protected against deletion").at(stage)
        }
        _ => Judgement::new(Verdict::InPlaceWithRisk, "the table is no longer protected against deletion")
            .at(stage),
    }
}

/// A replica that is disassociated from its global table keeps its items and receives no more changes.
pub(super) fn disassociation_protection(case: &Case) -> Judgement {
    let on = |value: Option<&Value>| value.map_or(Some("false".to_owned()), text);
    match (on(case.before).as_deref(), on(case.after).as_deref()) {
        (Some(before), Some(after)) if before == after => {
            unchanged("disassociation protection is off by default")
        }
        (_, Some("true")) => {
            Judgement::new(Verdict::InPlace, "the replica is protected against disassociation")
        }
        _ => Judgement::new(
            Verdict::InPlaceWithRisk,
            "the replica is no longer protected against disassociation",
        ),
    }
}

pub(super) fn table_class(case: &Case) -> Judgement {
    let class = |value: Option<&Value>| value.map_or(Some("STANDARD".to_owned()), text);
    let (before, after) = (class(case.before), class(case.after));
    if before.is_some() && before == after {
        return unchanged("STANDARD is the default of `TableClass`");
    }
    let why = "the table class can change twice in 30 days";
    Judgement::new(Verdict::InPlaceWithRisk, why).at(Stage::Exclusive(Setting::TableClass))
}

/// Replicas that cannot be told apart by their Regions.
pub(super) fn unreadable_replicas(case: &Case) -> Judgement {
    let regions = |replicas: Option<&Value>| -> Vec<String> {
        let replicas = replicas.and_then(Value::as_array).into_iter().flatten();
        replicas.filter_map(|replica| replica.get("Region").and_then(text)).collect()
    };
    let regions = regions(case.after);
    if let Some((_, twice)) = regions.iter().enumerate().find(|(at, region)| regions[..*at].contains(region))
    {
        let why = format!("there are two replicas in {twice}, and a table has one in a Region");
        return Judgement::new(Verdict::Refused, why).recipe(recipe::one_replica_per_region());
    }
    let why = "the replicas cannot be matched by Region, and AWS adds or removes one per update";
    Judgement::new(Verdict::InPlaceWithRisk, why)
}

pub(super) fn replica(case: &Case) -> Judgement {
    let strong = property(case.wanted, "MultiRegionConsistency").and_then(text).as_deref() == Some("STRONG");
    if strong {
        let why = "the Regions of a strongly consistent global table are fixed when it is created";
        return Judgement::new(Verdict::Refused, why).recipe(case.new_table("the Regions"));
    }
    let home = case.templates.options.pseudo_parameters.region.as_deref();
    let region = case.path.item_of("Replicas").map(|(_, region)| region);
    // Whichever the Region of the stack is, it had one of the replicas.
    let is_home = home.is_some() && region == home || !keeps_a_replica(case);
    if case.after.is_none() && is_home {
        let why = "the replica in the Region of the stack cannot be removed";
        return Judgement::new(Verdict::Refused, why).recipe(recipe::move_home(
            case.language(),
            case.id,
            case.is_retained(),
        ));
    }
    if let (Some(region), Some(true), None) = (region, case.before.map(is_protected_replica), case.after) {
        let why = "the replica has deletion protection, so DynamoDB refuses to delete it";
        return Judgement::new(Verdict::Refused, why)
            .server("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
            .recipe(recipe::unprotect_replica_first(case.language(), case.id, region));
    }
    if let Some(refused) = keys_of_some_replicas(case) {
        return refused;
    }
    let why = match (case.before, case.after) {
        (None, _) => "a replica is created in another Region, which can take hours",
        (_, None) => {
            "the replica and its items are deleted in its Region; the other Regions are not affected"
        }
        (Some(_), Some(_)) => "whether the replica exists depends on a condition",
    };
    Judgement::new(Verdict::InPlaceWithRisk, why).at(Stage::Exclusive(Setting::Replica))
}

/// Returns whether a deployed replica is in the wanted template; also where that is not known.
fn keeps_a_replica(case: &Case) -> bool {
    let regions = |table: &Value| -> Option<Vec<String>> {
        let replicas = property(table, "Replicas").and_then(Value::as_array)?;
        replicas.iter().map(|replica| replica.get("Region").map(identity)).collect()
    };
    match (regions(case.deployed), regions(case.wanted)) {
        (Some(before), Some(after)) => before.iter().any(|region| after.contains(region)),
        (None, _) | (_, None) => true,
    }
}

/// A global table whose replicas have customer managed keys only in part.
fn keys_of_some_replicas(case: &Case) -> Option<Judgement> {
    let replicas = property(case.wanted, "Replicas").and_then(Value::as_array)?;
    let has_key = |replica: &&Value| replica.pointer("/SSESpecification/KMSMasterKeyId").is_some();
    let is_known = replicas.iter().all(|replica| intrinsic(replica).is_none());
    let with_key = replicas.iter().filter(has_key).count();
    (is_known && with_key > 0 && with_key < replicas.len()).then(|| {
        let why = "some replicas have a customer managed key and others have none";
        Judgement::new(Verdict::Refused, why)
            .server("KMSMasterKeyId must be specified for each replica")
            .recipe(recipe::key_for_each_replica(case.language()))
    })
}

fn is_protected_replica(replica: &Value) -> bool {
    replica.get("DeletionProtectionEnabled").and_then(text).as_deref() == Some("true")
}

/// Provisioned capacity of an index.
pub(super) fn index_throughput(case: &Case) -> Judgement {
    let index = case.path.item_of("GlobalSecondaryIndexes").map_or("", |(_, name)| name);
    let targets = case.templates.scaling.before(case.id, case.deployed);
    let scales = |target: &&str| {
        resource(case.templates.deployed, target)
            .and_then(|target| property(target, "ResourceId"))
            .is_some_and(|id| scaling::is_of_index(id, index))
    };
    match targets.iter().find(|target| scales(target)) {
        Some(target) if mode_of(case.deployed) == mode_of(case.wanted) => {
            let why = format!(
                "the values in the template replace those that auto scaling (`{target}`) has set, which can cause throttling"
            );
            Judgement::new(Verdict::InPlaceWithRisk, why)
        }
        _ => Judgement::new(Verdict::InPlace, "the capacity of the index changes without downtime"),
    }
}

fn unchanged(why: &str) -> Judgement {
    Judgement::new(Verdict::None, why)
}

fn number(value: &Value) -> Option<f64> {
    text(value)?.parse().ok()
}
