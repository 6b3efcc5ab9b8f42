//! The rules for properties of tables, one row each, from the CloudFormation schemas and their update behaviors.
//!
//! A row with `Whole` applies to the whole value; a row with `Presence` applies if the value is added or removed, and its members
//! have their own rows. A property without a row is unknown, and the verdict says so.

use super::identity::{
    attribute_definition, import_source, key_schema, local_index, multi_region_consistency, source_arn,
    table_name, unreadable_definitions,
};
use super::index::{index, index_definition, unreadable_indexes, vector_index};
use super::settings::{
    billing_mode, deletion_protection, disassociation_protection, encryption, index_throughput, kinesis,
    on_demand_throughput, point_in_time_recovery, replica, stream, stream_view_type, table_class, throughput,
    time_to_live, unreadable_replicas, warm_throughput,
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
    Presence,
}

#[derive(Clone, Copy)]
enum Rule {
    Fixed(Verdict, &'static str),
    Judge(fn(&Case) -> Judgement),
}

use Extent::{Presence, Whole};
use Rule::{Fixed, Judge};

const fn row(pattern: &'static str, extent: Extent, rule: Rule) -> Row {
    Row { pattern, extent, rule }
}

const TAGS: Rule = Fixed(Verdict::InPlace, "tags change without affecting the table");
const POLICY: Rule =
    Fixed(Verdict::InPlace, "the resource policy is replaced; it controls access to the resource");
const INDEX_CAPACITY: Rule = Fixed(Verdict::InPlace, "the capacity of the index changes without downtime");
const INSIGHTS: Rule = Fixed(Verdict::InPlace, "contributor insights are turned on or off without downtime");

/// What both table types have.
const SHARED: &[Row] = &[
    // createOnly in both schemas: CloudFormation makes a new table.
    row("TableName", Whole, Judge(table_name)),
    // conditionalCreateOnly: UpdateTable has no KeySchema member.
    row("KeySchema", Whole, Judge(key_schema)),
    // "Updates are not supported"; conditionalCreateOnly for global tables, not declared at all for tables.
    row("LocalSecondaryIndexes", Whole, Judge(local_index)),
    row("LocalSecondaryIndexes/*", Whole, Judge(local_index)),
    // "Replacement if an existing definition is edited".
    row("AttributeDefinitions", Whole, Judge(unreadable_definitions)),
    row("AttributeDefinitions/*", Whole, Judge(attribute_definition)),
    // UpdateTable takes one index creation or deletion a call (aws-cdk#12246).
    row("GlobalSecondaryIndexes", Whole, Judge(unreadable_indexes)),
    row("GlobalSecondaryIndexes/*", Presence, Judge(index)),
    // amplify-cli#11384: fixed for the life of an index.
    row("GlobalSecondaryIndexes/*/KeySchema", Whole, Judge(index_definition)),
    row("GlobalSecondaryIndexes/*/Projection", Whole, Judge(index_definition)),
    row("GlobalSecondaryIndexes/*/WarmThroughput", Whole, Judge(warm_throughput)),
    // A third kind of index, which shares the one online operation of a table with the others. All of it is fixed.
    row("VectorIndexes", Whole, Judge(unreadable_indexes)),
    row("VectorIndexes/*", Presence, Judge(vector_index)),
    row("VectorIndexes/*/Dimensions", Whole, Judge(index_definition)),
    row("VectorIndexes/*/DistanceFunction", Whole, Judge(index_definition)),
    row("VectorIndexes/*/Projection", Whole, Judge(index_definition)),
    row("VectorIndexes/*/SearchSchema", Whole, Judge(index_definition)),
    row("VectorIndexes/*/VectorAttribute", Whole, Judge(index_definition)),
    // "WarmThroughput modification must be the only operation in the request", and so on for the exclusive ones.
    row("WarmThroughput", Whole, Judge(warm_throughput)),
    row("BillingMode", Whole, Judge(billing_mode)),
    row("SSESpecification", Whole, Judge(encryption)),
    row("StreamSpecification", Presence, Judge(stream)),
    row("StreamSpecification/StreamViewType", Whole, Judge(stream_view_type)),
    // aws-cdk#13106, aws-cdk#25655.
    row("TimeToLiveSpecification", Whole, Judge(time_to_live)),
    row("KinesisStreamSpecification", Whole, Judge(kinesis)),
    row("PointInTimeRecoverySpecification", Whole, Judge(point_in_time_recovery)),
    row("DeletionProtectionEnabled", Whole, Judge(deletion_protection)),
    row("TableClass", Whole, Judge(table_class)),
    row("ContributorInsightsSpecification", Whole, INSIGHTS),
    row("ResourcePolicy", Whole, POLICY),
    row("Tags", Whole, TAGS),
    row("Tags/*", Whole, TAGS),
];

/// What only `AWS::DynamoDB::Table` has.
const TABLE_ONLY: &[Row] = &[
    // createOnly: adding, changing and removing it all replace the table.
    row("ImportSourceSpecification", Whole, Judge(import_source)),
    row("ProvisionedThroughput", Whole, Judge(throughput)),
    row("OnDemandThroughput", Whole, Judge(on_demand_throughput)),
    row("StreamSpecification/ResourcePolicy", Whole, POLICY),
    row("StreamSpecification/Tags", Whole, TAGS),
    row("StreamSpecification/Tags/*", Whole, TAGS),
    row("GlobalSecondaryIndexes/*/ProvisionedThroughput", Whole, Judge(index_throughput)),
    row("GlobalSecondaryIndexes/*/OnDemandThroughput", Whole, INDEX_CAPACITY),
    // "IndexStatus must be ACTIVE to enable ContributorInsights": after the index, never with it.
    row("GlobalSecondaryIndexes/*/ContributorInsightsSpecification", Whole, INSIGHTS),
];

const READS: Rule = Fixed(Verdict::InPlace, "read capacity changes without downtime");
const WRITES: Rule = Fixed(Verdict::InPlace, "write capacity changes without downtime");

const FOLLOWS: Rule =
    Fixed(Verdict::InPlaceWithRisk, "it controls whether settings of other replicas apply to this one");

const TABLE_TYPE: Rule = Fixed(
    Verdict::InPlaceWithRisk,
    "it determines whether the table is a replica of a global table, and AWS does not document what its change does",
);

/// What only `AWS::DynamoDB::GlobalTable` has.
const GLOBAL_ONLY: &[Row] = &[
    row("GlobalTableSourceArn", Whole, Judge(source_arn)),
    row("TableType", Whole, TABLE_TYPE),
    row("MultiRegionConsistency", Whole, Judge(multi_region_consistency)),
    row("GlobalTableWitnesses", Whole, Judge(multi_region_consistency)),
    row("ReadOnDemandThroughputSettings", Whole, READS),
    row("ReadProvisionedThroughputSettings", Whole, READS),
    row("WriteOnDemandThroughputSettings", Whole, WRITES),
    row("WriteProvisionedThroughputSettings", Whole, WRITES),
    row("GlobalSecondaryIndexes/*/ReadOnDemandThroughputSettings", Whole, INDEX_CAPACITY),
    row("GlobalSecondaryIndexes/*/ReadProvisionedThroughputSettings", Whole, INDEX_CAPACITY),
    row("GlobalSecondaryIndexes/*/WriteOnDemandThroughputSettings", Whole, INDEX_CAPACITY),
    row("GlobalSecondaryIndexes/*/WriteProvisionedThroughputSettings", Whole, INDEX_CAPACITY),
    // One replica is added or removed per update, alone.
    row("Replicas", Whole, Judge(unreadable_replicas)),
    row("Replicas/*", Presence, Judge(replica)),
    row("Replicas/*/ContributorInsightsSpecification", Whole, INSIGHTS),
    row("Replicas/*/DisassociationProtectionEnabled", Whole, Judge(disassociation_protection)),
    row("Replicas/*/DeletionProtectionEnabled", Whole, Judge(deletion_protection)),
    row("Replicas/*/GlobalSecondaryIndexes/*", Presence, INDEX_CAPACITY),
    row("Replicas/*/GlobalSecondaryIndexes/*/ContributorInsightsSpecification", Whole, INSIGHTS),
    row("Replicas/*/GlobalSecondaryIndexes/*/ReadOnDemandThroughputSettings", Whole, INDEX_CAPACITY),
    row("Replicas/*/GlobalSecondaryIndexes/*/ReadProvisionedThroughputSettings", Whole, INDEX_CAPACITY),
    row("Replicas/*/GlobalTableSettingsReplicationMode", Whole, FOLLOWS),
    row("Replicas/*/KinesisStreamSpecification", Whole, Judge(kinesis)),
    row("Replicas/*/PointInTimeRecoverySpecification", Whole, Judge(point_in_time_recovery)),
    row("Replicas/*/ReadOnDemandThroughputSettings", Whole, READS),
    row("Replicas/*/ReadProvisionedThroughputSettings", Whole, READS),
    row("Replicas/*/ReplicaStreamSpecification", Presence, POLICY),
    row("Replicas/*/ReplicaStreamSpecification/ResourcePolicy", Whole, POLICY),
    row("Replicas/*/ReplicaStreamSpecification/Tags", Whole, TAGS),
    row("Replicas/*/ReplicaStreamSpecification/Tags/*", Whole, TAGS),
    row("Replicas/*/ResourcePolicy", Whole, POLICY),
    row("Replicas/*/SSESpecification", Whole, Judge(encryption)),
    row("Replicas/*/TableClass", Whole, Judge(table_class)),
    row("Replicas/*/Tags/*", Whole, TAGS),
];

/// SAM's small table becomes an `AWS::DynamoDB::Table` with these properties.
const SIMPLE: &[Row] = &[
    row("TableName", Whole, Judge(table_name)),
    row("PrimaryKey", Whole, Judge(key_schema)),
    row("ProvisionedThroughput", Whole, Judge(throughput)),
    row("SSESpecification", Whole, Judge(encryption)),
    row("PointInTimeRecoverySpecification", Whole, Judge(point_in_time_recovery)),
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
        Some(Judge(judge)) => judge(case),
        Some(Fixed(verdict, why)) => Judgement::new(verdict, why).at(stage(&pattern)),
        None => {
            let name = if pattern.is_empty() { "Properties" } else { &pattern };
            Judgement::new(
                Verdict::InPlaceWithRisk,
                format!("tablewright has no rule for `{name}`: CloudFormation's change set shows its effect"),
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
