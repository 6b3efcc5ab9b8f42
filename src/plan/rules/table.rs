//! The table of rules for the properties of tables, after the CloudFormation schemas and their update notes.
//!
//! A row with `Whole` is judged as one value, a row with `Entry` when the thing itself appears or vanishes; what is
//! inside an entry has rows of its own. A property without a row is not known, and that is what the verdict says.

use super::identity::{
    attribute_definition, import_source, key_schema, local_index, multi_region_consistency, source_arn,
    table_name, unreadable_definitions,
};
use super::index::{index, index_definition, unreadable_indexes};
use super::settings::{
    billing_mode, deletion_protection, encryption, kinesis, on_demand_throughput, point_in_time_recovery,
    replica, stream, stream_view_type, table_class, throughput, time_to_live, warm_throughput,
};
use super::{Case, Judgement, Stage};
use crate::Verdict;
use crate::path::Path;
use crate::view::{GLOBAL_TABLE, TABLE};

struct Row {
    pattern: &'static str,
    extent: Extent,
    rule: Rule,
}

#[derive(Clone, Copy, PartialEq)]
enum Extent {
    Whole,
    Entry,
}

#[derive(Clone, Copy)]
enum Rule {
    Says(Verdict, &'static str),
    Ask(fn(&Case) -> Judgement),
}

use Extent::{Entry, Whole};
use Rule::{Ask, Says};

const fn row(pattern: &'static str, extent: Extent, rule: Rule) -> Row {
    Row { pattern, extent, rule }
}

const TAGS: Rule = Says(Verdict::InPlace, "tags are set without touching the table");
const POLICY: Rule =
    Says(Verdict::InPlace, "the resource policy is put anew; it decides who else may use it");
const INDEX_CAPACITY: Rule = Says(Verdict::InPlace, "the capacity of an index is changed while it is in use");
const INSIGHTS: Rule = Says(Verdict::InPlace, "contributor insights are switched while the table is in use");

/// What both table types have.
const SHARED: &[Row] = &[
    // createOnly in both schemas: CloudFormation makes a new table.
    row("TableName", Whole, Ask(table_name)),
    // conditionalCreateOnly: UpdateTable has no KeySchema member.
    row("KeySchema", Whole, Ask(key_schema)),
    // "Updates are not supported"; conditionalCreateOnly for global tables, not declared at all for tables.
    row("LocalSecondaryIndexes", Whole, Ask(local_index)),
    row("LocalSecondaryIndexes/*", Whole, Ask(local_index)),
    // "Replacement if an existing definition is edited".
    row("AttributeDefinitions", Whole, Ask(unreadable_definitions)),
    row("AttributeDefinitions/*", Whole, Ask(attribute_definition)),
    // UpdateTable takes one index creation or deletion a call (aws-cdk#12246).
    row("GlobalSecondaryIndexes", Whole, Ask(unreadable_indexes)),
    row("GlobalSecondaryIndexes/*", Entry, Ask(index)),
    // amplify-cli#11384: fixed for the life of an index.
    row("GlobalSecondaryIndexes/*/KeySchema", Whole, Ask(index_definition)),
    row("GlobalSecondaryIndexes/*/Projection", Whole, Ask(index_definition)),
    row("GlobalSecondaryIndexes/*/WarmThroughput", Whole, Ask(warm_throughput)),
    // "WarmThroughput modification must be the only operation in the request", and so on for the exclusive ones.
    row("WarmThroughput", Whole, Ask(warm_throughput)),
    row("BillingMode", Whole, Ask(billing_mode)),
    row("SSESpecification", Whole, Ask(encryption)),
    row("StreamSpecification", Entry, Ask(stream)),
    row("StreamSpecification/StreamViewType", Whole, Ask(stream_view_type)),
    // aws-cdk#13106, aws-cdk#25655.
    row("TimeToLiveSpecification", Whole, Ask(time_to_live)),
    row("KinesisStreamSpecification", Whole, Ask(kinesis)),
    row("PointInTimeRecoverySpecification", Whole, Ask(point_in_time_recovery)),
    row("DeletionProtectionEnabled", Whole, Ask(deletion_protection)),
    row("TableClass", Whole, Ask(table_class)),
    row("ContributorInsightsSpecification", Whole, INSIGHTS),
    row("ResourcePolicy", Whole, POLICY),
    row("Tags", Whole, TAGS),
    row("Tags/*", Whole, TAGS),
];

/// What only `AWS::DynamoDB::Table` has.
const TABLE_ONLY: &[Row] = &[
    // createOnly: adding, changing and removing it all replace the table.
    row("ImportSourceSpecification", Whole, Ask(import_source)),
    row("ProvisionedThroughput", Whole, Ask(throughput)),
    row("OnDemandThroughput", Whole, Ask(on_demand_throughput)),
    row("StreamSpecification/ResourcePolicy", Whole, POLICY),
    row("GlobalSecondaryIndexes/*/ProvisionedThroughput", Whole, INDEX_CAPACITY),
    row("GlobalSecondaryIndexes/*/OnDemandThroughput", Whole, INDEX_CAPACITY),
    // "IndexStatus must be ACTIVE to enable ContributorInsights": after the index, never with it.
    row("GlobalSecondaryIndexes/*/ContributorInsightsSpecification", Whole, INSIGHTS),
];

const READS: Rule = Says(Verdict::InPlace, "read capacity is changed while the table is in use");
const WRITES: Rule = Says(Verdict::InPlace, "write capacity is changed while the table is in use");

const FOLLOWS: Rule =
    Says(Verdict::InPlaceWithRisk, "it decides whether settings of other replicas reach this one");

/// What only `AWS::DynamoDB::GlobalTable` has.
const GLOBAL_ONLY: &[Row] = &[
    row("GlobalTableSourceArn", Whole, Ask(source_arn)),
    row("MultiRegionConsistency", Whole, Ask(multi_region_consistency)),
    row("GlobalTableWitnesses", Whole, Ask(multi_region_consistency)),
    row("ReadOnDemandThroughputSettings", Whole, READS),
    row("ReadProvisionedThroughputSettings", Whole, READS),
    row("WriteOnDemandThroughputSettings", Whole, WRITES),
    row("WriteProvisionedThroughputSettings", Whole, WRITES),
    row("GlobalSecondaryIndexes/*/ReadOnDemandThroughputSettings", Whole, INDEX_CAPACITY),
    row("GlobalSecondaryIndexes/*/ReadProvisionedThroughputSettings", Whole, INDEX_CAPACITY),
    row("GlobalSecondaryIndexes/*/WriteOnDemandThroughputSettings", Whole, INDEX_CAPACITY),
    row("GlobalSecondaryIndexes/*/WriteProvisionedThroughputSettings", Whole, INDEX_CAPACITY),
    // One replica is added or removed per update, alone.
    row(
        "Replicas",
        Whole,
        Says(
            Verdict::InPlaceWithRisk,
            "the replicas cannot be told apart, and AWS adds or removes one per update",
        ),
    ),
    row("Replicas/*", Entry, Ask(replica)),
    row("Replicas/*/ContributorInsightsSpecification", Whole, INSIGHTS),
    row("Replicas/*/DeletionProtectionEnabled", Whole, Ask(deletion_protection)),
    row("Replicas/*/GlobalSecondaryIndexes/*", Entry, INDEX_CAPACITY),
    row("Replicas/*/GlobalSecondaryIndexes/*/ContributorInsightsSpecification", Whole, INSIGHTS),
    row("Replicas/*/GlobalSecondaryIndexes/*/ReadOnDemandThroughputSettings", Whole, INDEX_CAPACITY),
    row("Replicas/*/GlobalSecondaryIndexes/*/ReadProvisionedThroughputSettings", Whole, INDEX_CAPACITY),
    row("Replicas/*/GlobalTableSettingsReplicationMode", Whole, FOLLOWS),
    row("Replicas/*/KinesisStreamSpecification", Whole, Ask(kinesis)),
    row("Replicas/*/PointInTimeRecoverySpecification", Whole, Ask(point_in_time_recovery)),
    row("Replicas/*/ReadOnDemandThroughputSettings", Whole, READS),
    row("Replicas/*/ReadProvisionedThroughputSettings", Whole, READS),
    row("Replicas/*/ReplicaStreamSpecification", Whole, POLICY),
    row("Replicas/*/ResourcePolicy", Whole, POLICY),
    row("Replicas/*/SSESpecification", Whole, Ask(encryption)),
    row("Replicas/*/TableClass", Whole, Ask(table_class)),
    row("Replicas/*/Tags/*", Whole, TAGS),
];

/// SAM's small table becomes an `AWS::DynamoDB::Table` with these properties.
const SIMPLE: &[Row] = &[
    row("TableName", Whole, Ask(table_name)),
    row("PrimaryKey", Whole, Ask(key_schema)),
    row("ProvisionedThroughput", Whole, Ask(throughput)),
    row("SSESpecification", Whole, Ask(encryption)),
    row("PointInTimeRecoverySpecification", Whole, Ask(point_in_time_recovery)),
    row("Tags", Whole, TAGS),
];

/// Returns whether a value at this place below a table's `Properties` is judged as one. A list whose elements have
/// a row of their own is so only when it cannot be read element by element.
pub(crate) fn stops_at(kind: &str, pattern: &str) -> bool {
    find(kind, pattern).is_some_and(|row| row.extent == Whole)
        && find(kind, &format!("{pattern}/*")).is_none()
}

/// Returns whether the place belongs to what a table keeps for life.
pub(crate) fn is_fixed(kind: &str, pattern: &str) -> bool {
    let property = pattern.split('/').next().unwrap_or_default();
    find(kind, property).is_some()
        && matches!(
            property,
            "TableName" | "KeySchema" | "PrimaryKey" | "LocalSecondaryIndexes" | "ImportSourceSpecification"
        )
}

/// Judges a difference below the `Properties` of a table.
pub(crate) fn of_property(case: &Case, kind: &str) -> Judgement {
    let pattern = case.path.pattern(3);
    match find(kind, &pattern).map(|row| row.rule) {
        Some(Ask(judge)) => judge(case),
        Some(Says(verdict, why)) => Judgement::new(verdict, why).at(stage(&pattern)),
        None => {
            let name = if pattern.is_empty() { "Properties" } else { &pattern };
            Judgement::new(
                Verdict::InPlaceWithRisk,
                format!("`{name}` has no rule here, so only CloudFormation's change set says what it does"),
            )
        }
    }
}

/// The stage of a rule that always says the same.
fn stage(pattern: &str) -> Stage {
    if pattern.contains("GlobalSecondaryIndexes/*/ContributorInsights") { Stage::Last } else { Stage::Free }
}

fn find(kind: &str, pattern: &str) -> Option<&'static Row> {
    let own = match kind {
        TABLE => [SHARED, TABLE_ONLY],
        GLOBAL_TABLE => [SHARED, GLOBAL_ONLY],
        _ => [SIMPLE, &[]],
    };
    own.into_iter().flatten().find(|row| row.pattern == pattern)
}

/// Returns the path up to the place where a table's properties are judged as one.
pub(crate) fn judged_place(kind: &str, path: &Path) -> Path {
    let places = (4..=path.0.len()).map(|length| Path(path.0[..length].to_vec()));
    places.into_iter().find(|place| stops_at(kind, &place.pattern(3))).unwrap_or_else(|| path.clone())
}
