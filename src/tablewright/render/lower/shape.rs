//! Properties that tables and global tables have in common: attributes, keys, projections and simple settings.

use std::collections::BTreeMap;

use crate::item::IndexKind;
use crate::render::comment::comment;
use crate::render::tree::Tree;
use crate::table::Table;
use crate::table::billing::AutoScaling;
use crate::table::index::{Attribute, Index, Key, Projection};
use crate::table::policy::Policy;
use crate::table::settings::{ContributorInsights, Kinesis, PointInTimeRecovery, WarmThroughput};
use crate::value::Value;

/// Returns the unique attributes of all keys, sorted by name like in DescribeTable.
fn attributes(table: &Table) -> Vec<&Attribute> {
    let of_indexes = table.indexes.iter().flat_map(|index| index.key.attributes());
    let mut attributes: Vec<&Attribute> = table.key.attributes().chain(of_indexes).collect();
    // The sort is stable: of two attributes with the same name, that of the table's key comes first, and its comment is used.
    attributes.sort_by(|a, b| a.name.cmp(&b.name));
    attributes.dedup_by(|a, b| a.name == b.name);
    attributes
}

/// Returns `AttributeDefinitions`, with the doc comments of the fields.
pub(super) fn attribute_definitions(table: &Table) -> Option<Tree<'_>> {
    Tree::list(attributes(table).into_iter().map(|attribute| {
        let definition = Tree::map([
            ("AttributeName", Some(attribute.name.as_str().into())),
            ("AttributeType", Some(Tree::Word(attribute.scalar.as_str()))),
        ]);
        match comment(&attribute.doc) {
            lines if lines.is_empty() => definition,
            lines => Tree::Commented(lines, Box::new(definition)),
        }
    }))
}

pub(super) fn key_schema<'a>(key: &'a Key) -> Tree<'a> {
    let element = |attribute: &'a Attribute, key_type: &'static str| {
        Tree::map([
            ("AttributeName", Some(attribute.name.as_str().into())),
            ("KeyType", Some(key_type.into())),
        ])
    };
    let partition = key.partition.iter().map(|attribute| element(attribute, "HASH"));
    Tree::List(partition.chain(key.sort.iter().map(|attribute| element(attribute, "RANGE"))).collect())
}

pub(super) fn projection(projection: &Projection) -> Tree<'_> {
    let (kind, names) = match projection {
        Projection::All => ("ALL", None),
        Projection::KeysOnly => ("KEYS_ONLY", None),
        Projection::Include(names) => {
            let mut names: Vec<&String> = names.iter().collect();
            names.sort_unstable();
            ("INCLUDE", Tree::list(names.into_iter().map(Tree::from)))
        }
    };
    Tree::map([("ProjectionType", Some(kind.into())), ("NonKeyAttributes", names)])
}

pub(super) fn global_indexes(table: &Table) -> impl Iterator<Item = &Index> {
    table.indexes.iter().filter(|index| index.kind == IndexKind::Global)
}

pub(super) fn local_indexes(table: &Table) -> Option<Tree<'_>> {
    let local = table.indexes.iter().filter(|index| index.kind == IndexKind::Local);
    Tree::list(local.map(|index| {
        Tree::map([
            ("IndexName", Some(index.name.as_str().into())),
            ("KeySchema", Some(key_schema(&index.key))),
            ("Projection", Some(projection(&index.projection))),
        ])
    }))
}

pub(super) fn time_to_live(table: &Table) -> Option<Tree<'_>> {
    table.ttl.as_ref().map(|ttl| {
        Tree::map([
            ("AttributeName", Some(ttl.name.as_str().into())),
            ("Enabled", Some((&table.ttl_enabled).into())),
        ])
    })
}

pub(super) fn warm_throughput(warm: Option<&WarmThroughput>) -> Option<Tree<'_>> {
    warm.map(|warm| {
        Tree::map([
            ("ReadUnitsPerSecond", warm.read.as_ref().map(Tree::from)),
            ("WriteUnitsPerSecond", warm.write.as_ref().map(Tree::from)),
        ])
    })
}

/// Written even if it is off, to be visible in reviews.
pub(super) fn point_in_time_recovery(recovery: Option<&PointInTimeRecovery>) -> Tree<'_> {
    Tree::map([
        (
            "PointInTimeRecoveryEnabled",
            Some(recovery.map_or_else(|| false.into(), |recovery| (&recovery.enabled).into())),
        ),
        ("RecoveryPeriodInDays", recovery.and_then(|recovery| Some(recovery.days.as_ref()?.into()))),
    ])
}

pub(super) fn contributor_insights(insights: Option<&ContributorInsights>) -> Option<Tree<'_>> {
    insights.map(|insights| {
        Tree::map([
            ("Enabled", Some((&insights.enabled).into())),
            ("Mode", insights.mode.as_ref().map(Tree::from)),
        ])
    })
}

pub(super) fn kinesis(kinesis: Option<&Kinesis>) -> Option<Tree<'_>> {
    kinesis.map(|kinesis| {
        Tree::map([
            ("StreamArn", Some((&kinesis.stream_arn).into())),
            ("ApproximateCreationDateTimePrecision", kinesis.precision.as_ref().map(Tree::from)),
        ])
    })
}

pub(super) fn resource_policy(policy: Option<&Policy>) -> Option<Tree<'_>> {
    policy.map(|policy| Tree::map([("PolicyDocument", Some(Tree::from(&policy.document)))]))
}

pub(super) fn tags<'a>(tags: impl Iterator<Item = (&'a String, &'a Value<String>)>) -> Option<Tree<'a>> {
    // By key: a tag of a replica overrides that of the table.
    let by_key: BTreeMap<&String, &Value<String>> = tags.collect();
    Tree::list(
        by_key.into_iter().map(|(key, value)| {
            Tree::map([("Key", Some(key.as_str().into())), ("Value", Some(value.into()))])
        }),
    )
}

/// Properties of a target-tracking policy of tables and global tables.
pub(super) fn target_tracking(scaling: &AutoScaling) -> [(&'static str, Option<Tree<'_>>); 4] {
    [
        ("TargetValue", Some((&scaling.target).into())),
        ("ScaleInCooldown", Some((&scaling.scale_in_cooldown).into())),
        ("ScaleOutCooldown", Some((&scaling.scale_out_cooldown).into())),
        ("DisableScaleIn", scaling.disable_scale_in.as_ref().map(Tree::from)),
    ]
}
