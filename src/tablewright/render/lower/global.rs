//! The properties of `AWS::DynamoDB::GlobalTable`.
//!
//! Most settings are properties of replicas: those of the table are written for every replica that does not override them.

use std::sync::LazyLock;

use crate::render::lower::{Properties, entries, shape};
use crate::render::tree::Tree;
use crate::table::Table;
use crate::table::billing::{AutoScaling, Billing, Capacity, OnDemand, Provisioned};
use crate::table::global::{Consistency, Global, Read, Replica};
use crate::table::index::Index;
use crate::table::settings::Encryption;
use crate::value::Value;

pub(super) fn properties<'a>(table: &'a Table, global: &'a Global) -> Properties<'a> {
    let (mode, settings) = match &table.billing {
        Billing::OnDemand(limits) => ("PAY_PER_REQUEST", on_demand(limits)),
        Billing::Provisioned(units) => ("PROVISIONED", provisioned(units)),
    };
    let mut properties =
        entries([("TableName", table.name.as_ref().map(Tree::from)), ("BillingMode", Some(mode.into()))]);
    properties.extend(settings);
    properties.extend(entries([
        ("WarmThroughput", shape::warm_throughput(table.warm_throughput.as_ref())),
        ("AttributeDefinitions", shape::attribute_definitions(table)),
        ("KeySchema", Some(shape::key_schema(&table.key))),
        ("GlobalSecondaryIndexes", Tree::list(shape::global_indexes(table).map(|i| index(table, i)))),
        ("LocalSecondaryIndexes", shape::local_indexes(table)),
        ("TimeToLiveSpecification", shape::time_to_live(table)),
        (
            "StreamSpecification",
            table.stream.as_ref().map(|view| Tree::map([("StreamViewType", Some(view.into()))])),
        ),
        ("SSESpecification", encryption(table, global)),
        ("GlobalTableSourceArn", global.source.as_ref().map(Tree::from)),
        // Omitted if it is the default: consistency is not decided before there is a second replica.
        (
            "MultiRegionConsistency",
            (global.consistency != Consistency::Eventual.into()).then(|| (&global.consistency).into()),
        ),
        (
            "GlobalTableWitnesses",
            global
                .witness
                .as_ref()
                .map(|region| Tree::List(vec![Tree::map([("Region", Some(region.into()))])])),
        ),
        ("Replicas", Tree::list(global.replicas.iter().map(|r| replica(table, r)))),
    ]));
    properties
}

type Settings<'a> = Vec<(&'static str, Tree<'a>)>;

fn on_demand(limits: &OnDemand) -> Settings<'_> {
    let write = |units| Tree::map([("MaxWriteRequestUnits", Some(units))]);
    entries([
        ("WriteOnDemandThroughputSettings", limits.max_write.as_ref().map(|units| write(units.into()))),
        ("ReadOnDemandThroughputSettings", limits.max_read.as_ref().map(max_read)),
    ])
}

fn max_read(units: &Value<u64>) -> Tree<'_> {
    Tree::map([("MaxReadRequestUnits", Some(units.into()))])
}

fn provisioned(units: &Provisioned) -> Settings<'_> {
    // Write capacity must have auto scaling (GT2); a fixed capacity is written as a range of one.
    let write = match &units.write {
        Capacity::Auto(scaling) => auto_scaling(&scaling.min, &scaling.max, scaling),
        Capacity::Fixed(units) => auto_scaling(units, units, &FIXED),
    };
    entries([
        (
            "WriteProvisionedThroughputSettings",
            Some(Tree::map([("WriteCapacityAutoScalingSettings", Some(write))])),
        ),
        (
            "ReadProvisionedThroughputSettings",
            match &units.read {
                Capacity::Fixed(units) => Some(Tree::map([("ReadCapacityUnits", Some(units.into()))])),
                // A property of each replica.
                Capacity::Auto(_) => None,
            },
        ),
    ])
}

/// Auto scaling of a fixed capacity, other than its minimum and maximum.
static FIXED: LazyLock<AutoScaling> = LazyLock::new(|| AutoScaling::between(0_u64, 0_u64));

fn auto_scaling<'a>(min: &'a Value<u64>, max: &'a Value<u64>, scaling: &'a AutoScaling) -> Tree<'a> {
    Tree::map([
        ("MinCapacity", Some(min.into())),
        ("MaxCapacity", Some(max.into())),
        ("SeedCapacity", scaling.initial.as_ref().map(Tree::from)),
        ("TargetTrackingScalingPolicyConfiguration", Some(Tree::map(shape::target_tracking(scaling)))),
    ])
}

fn index<'a>(table: &'a Table, index: &'a Index) -> Tree<'a> {
    let settings = match table.provisioned_for(index) {
        Some(units) => provisioned(units),
        None => on_demand(&index.on_demand),
    };
    let mut entries = entries([
        ("IndexName", Some(index.name.as_str().into())),
        ("KeySchema", Some(shape::key_schema(&index.key))),
        ("Projection", Some(shape::projection(&index.projection))),
        ("WarmThroughput", shape::warm_throughput(index.warm_throughput.as_ref())),
    ]);
    entries.extend(settings);
    Tree::Map(entries)
}

/// Customer managed keys are properties of replicas; the table only has the type of encryption.
fn encryption<'a>(table: &'a Table, global: &Global) -> Option<Tree<'a>> {
    let has_keys = global.replicas.iter().any(|replica| replica.key.is_some());
    let (enabled, kind) = match &table.encryption {
        Some(Encryption::AwsManaged | Encryption::CustomerKey(_)) => (true.into(), Some("KMS")),
        Some(Encryption::AwsManagedIf(enabled)) => (enabled.into(), None),
        Some(Encryption::AwsOwned) | None if has_keys => (true.into(), Some("KMS")),
        Some(Encryption::AwsOwned) => (false.into(), None),
        None => return None,
    };
    Some(Tree::map([("SSEEnabled", Some(enabled)), ("SSEType", kind.map(Tree::from))]))
}

fn replica<'a>(table: &'a Table, replica: &'a Replica) -> Tree<'a> {
    let own_or_table_key = replica.key.as_ref().or(match &table.encryption {
        Some(Encryption::CustomerKey(key)) => Some(key),
        Some(Encryption::AwsOwned | Encryption::AwsManaged | Encryption::AwsManagedIf(_)) | None => None,
    });
    let scaled = match &table.billing {
        Billing::Provisioned(Provisioned { read: Capacity::Auto(scaling), .. }) => Some(&**scaling),
        Billing::Provisioned(_) | Billing::OnDemand(_) => None,
    };
    let mut entries = entries([
        ("Region", Some((&replica.region).into())),
        ("TableClass", replica.class.as_ref().or(table.class.as_ref()).map(Tree::from)),
        (
            "PointInTimeRecoverySpecification",
            Some(shape::point_in_time_recovery(
                replica.point_in_time_recovery.as_ref().or(table.point_in_time_recovery.as_ref()),
            )),
        ),
        (
            "DeletionProtectionEnabled",
            Some(
                replica
                    .deletion_protection
                    .as_ref()
                    .or(table.deletion_protection.as_ref())
                    .map_or_else(|| false.into(), Tree::from),
            ),
        ),
        ("SSESpecification", own_or_table_key.map(|key| Tree::map([("KMSMasterKeyId", Some(key.into()))]))),
        (
            "ContributorInsightsSpecification",
            shape::contributor_insights(
                replica.contributor_insights.as_ref().or(table.contributor_insights.as_ref()),
            ),
        ),
        ("KinesisStreamSpecification", shape::kinesis(replica.kinesis.as_ref().or(table.kinesis.as_ref()))),
    ]);
    entries.extend(read(replica.read.as_ref(), scaled));
    entries.extend(super::entries([
        (
            "GlobalSecondaryIndexes",
            Tree::list(shape::global_indexes(table).filter_map(|i| replica_index(table, i, replica))),
        ),
        ("ResourcePolicy", shape::resource_policy(replica.policy.as_ref().or(table.policy.as_ref()))),
        (
            "ReplicaStreamSpecification",
            shape::resource_policy(replica.stream_policy.as_ref().or(table.stream_policy.as_ref()))
                .map(|policy| Tree::map([("ResourcePolicy", Some(policy))])),
        ),
        ("GlobalTableSettingsReplicationMode", replica.settings_replication.as_ref().map(Tree::from)),
        ("Tags", shape::tags(table.tags.iter().chain(&replica.tags))),
    ]));
    Tree::Map(entries)
}

/// Returns the read capacity of a replica: its own, or the auto scaling of the table, which is not a property of the table.
fn read<'a>(own: Option<&'a Read>, scaled: Option<&'a AutoScaling>) -> Settings<'a> {
    let provisioned = |key, value| ("ReadProvisionedThroughputSettings", Tree::map([(key, Some(value))]));
    let scaled_by = |scaling: &'a AutoScaling| {
        vec![provisioned(
            "ReadCapacityAutoScalingSettings",
            auto_scaling(&scaling.min, &scaling.max, scaling),
        )]
    };
    match (own, scaled) {
        (Some(Read::OnDemand(units)), _) => vec![("ReadOnDemandThroughputSettings", max_read(units))],
        (Some(Read::Provisioned(Capacity::Fixed(units))), _) => {
            vec![provisioned("ReadCapacityUnits", units.into())]
        }
        (Some(Read::Provisioned(Capacity::Auto(scaling))), _) => scaled_by(scaling),
        (None, Some(scaling)) => scaled_by(scaling),
        (None, None) => Vec::new(),
    }
}

/// Returns the settings of an index in a replica, or `None` if there are none.
fn replica_index<'a>(table: &'a Table, index: &'a Index, replica: &'a Replica) -> Option<Tree<'a>> {
    let own = replica.indexes.iter().find(|own| own.name == index.name);
    let scaled = match table.provisioned_for(index) {
        Some(Provisioned { read: Capacity::Auto(scaling), .. }) => Some(&**scaling),
        Some(_) | None => None,
    };
    let insights = own.and_then(|own| own.contributor_insights.as_ref());
    let mut settings = entries([(
        "ContributorInsightsSpecification",
        shape::contributor_insights(insights.or(index.contributor_insights.as_ref())),
    )]);
    settings.extend(read(own.and_then(|own| own.read.as_ref()), scaled));
    if settings.is_empty() {
        return None;
    }
    settings.insert(0, ("IndexName", index.name.as_str().into()));
    Some(Tree::Map(settings))
}
