//! What is known of resource types: how they are updated, what goes with them, and whether it can be made again.
//!
//! The types that stand next to tables are known by their schemas in the CloudFormation registry. Of those that hold data it is known
//! only that they do, after "Attribute reference: DeletionPolicy" of the CloudFormation guide and the services' own guides.

use serde_json::Value;

use crate::Verdict;
use crate::equality::text;

pub(crate) const KEY: &str = "AWS::KMS::Key";
pub(crate) const REPLICA_KEY: &str = "AWS::KMS::ReplicaKey";

/// A resource type whose update rules are known, after its schema.
pub(crate) struct KnownType {
    name: &'static str,
    /// Its createOnlyProperties: a change makes a new resource and deletes the old one.
    create_only: &'static [&'static str],
    /// The property that names it, when a replacement for another reason would clash with the old name.
    pub(super) named_by: Option<&'static str>,
    /// What any other change does.
    pub(super) updated: (Verdict, &'static str),
    /// What goes with it when it is deleted.
    pub(super) deleted: (Verdict, &'static str),
}

const IN_PLACE: (Verdict, &str) = (Verdict::InPlace, "it is updated in place");

const KNOWN_TYPES: &[KnownType] = &[
    KnownType {
        name: "AWS::ApplicationAutoScaling::ScalableTarget",
        create_only: &["ServiceNamespace", "ScalableDimension", "ResourceId"],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::InPlace, "the capacity stays at the value that auto scaling set last"),
    },
    KnownType {
        name: "AWS::ApplicationAutoScaling::ScalingPolicy",
        create_only: &[
            "PolicyName",
            "ServiceNamespace",
            "ResourceId",
            "ScalableDimension",
            "ScalingTargetId",
        ],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::InPlace, "the capacity stays at the value that auto scaling set last"),
    },
    // Counts who uses which construct; it exists only on paper.
    KnownType {
        name: "AWS::CDK::Metadata",
        create_only: &[],
        named_by: None,
        updated: (Verdict::None, "it has no effect on resources"),
        deleted: (Verdict::None, "it has no effect on resources"),
    },
    KnownType {
        name: "AWS::CloudFormation::Stack",
        create_only: &[],
        named_by: None,
        updated: (Verdict::InPlaceWithRisk, "the changes inside the nested stack are not in this template"),
        deleted: (
            Verdict::DataLoss,
            "all resources of the nested stack are deleted, which may include tables",
        ),
    },
    KnownType {
        name: "AWS::CloudWatch::Alarm",
        create_only: &["AlarmName"],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::InPlace, "its actions no longer run"),
    },
    KnownType {
        name: "AWS::IAM::ManagedPolicy",
        create_only: &["ManagedPolicyName", "Description", "Path"],
        named_by: Some("ManagedPolicyName"),
        updated: IN_PLACE,
        deleted: (Verdict::InPlace, "principals lose the permissions that it grants"),
    },
    KnownType {
        name: KEY,
        create_only: &[],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::DataLoss, "data encrypted with it cannot be read after its waiting period"),
    },
    KnownType {
        name: REPLICA_KEY,
        create_only: &["PrimaryKeyArn"],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::DataLoss, "replicas encrypted with it cannot be read after its waiting period"),
    },
    KnownType {
        name: "AWS::Kinesis::Stream",
        create_only: &["Name"],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::DataLoss, "its records are lost"),
    },
    KnownType {
        name: "AWS::Lambda::EventSourceMapping",
        create_only: &[
            "EventSourceArn",
            "StartingPosition",
            "StartingPositionTimestamp",
            "SelfManagedEventSource",
        ],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::InPlace, "the function no longer receives records"),
    },
    KnownType {
        name: "AWS::SSM::Parameter",
        create_only: &["Name"],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::InPlaceWithRisk, "reading the parameter fails"),
    },
];

/// Returns what is known about a type.
pub(crate) fn known_type(kind: &str) -> Option<&'static KnownType> {
    KNOWN_TYPES.iter().find(|known| known.name == kind)
}

impl KnownType {
    /// Returns whether a change of this property makes a new resource.
    pub(crate) fn replaces(&self, property: &str) -> bool {
        self.create_only.contains(&property)
    }
}

/// Types that hold data, and are known for nothing else: what is in them is deleted with them.
const DATA: &[&str] = &[
    "AWS::Cassandra::Keyspace",
    "AWS::Cassandra::Table",
    "AWS::Cognito::IdentityPool",
    "AWS::Cognito::UserPool",
    "AWS::DSQL::Cluster",
    "AWS::DocDB::DBCluster",
    "AWS::DocDBElastic::Cluster",
    "AWS::DynamoDB::Backup",
    "AWS::EC2::Volume",
    "AWS::EFS::FileSystem",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::Elasticsearch::Domain",
    "AWS::Events::Archive",
    "AWS::FSx::FileSystem",
    "AWS::FSx::Volume",
    "AWS::InfluxDB::DbInstance",
    "AWS::Lightsail::Database",
    "AWS::Lightsail::Disk",
    "AWS::Logs::LogGroup",
    "AWS::MSK::Cluster",
    "AWS::MemoryDB::Cluster",
    "AWS::Neptune::DBCluster",
    "AWS::NeptuneGraph::Graph",
    "AWS::OpenSearchServerless::Collection",
    "AWS::OpenSearchService::Domain",
    "AWS::QLDB::Ledger",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::RDS::GlobalCluster",
    "AWS::Redshift::Cluster",
    "AWS::RedshiftServerless::Namespace",
    "AWS::S3Tables::Table",
    "AWS::S3Vectors::Index",
    "AWS::S3Vectors::VectorBucket",
    "AWS::SDB::Domain",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
    "AWS::Timestream::Database",
    "AWS::Timestream::InfluxDBInstance",
    "AWS::Timestream::Table",
    // The tables of Amplify Gen 2.
    "Custom::AmplifyDynamoDBTable",
];

/// Types that are deleted only when they are empty.
const REFUSED_UNLESS_EMPTY: &[(&str, &str)] = &[
    ("AWS::Backup::BackupVault", "AWS Backup refuses that unless the vault is empty"),
    ("AWS::Backup::LogicallyAirGappedBackupVault", "AWS Backup refuses that unless the vault is empty"),
    ("AWS::S3::Bucket", "S3 refuses that unless the bucket is empty"),
    ("AWS::S3Express::DirectoryBucket", "S3 refuses that unless the bucket is empty"),
    ("AWS::S3Tables::TableBucket", "S3 Tables refuses that unless the bucket is empty"),
];

/// Types that a snapshot is made of with `DeletionPolicy: Snapshot`.
const SNAPSHOTS: &[&str] = &[
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

/// Types whose resources can be created again from their definition, by the beginning of their names: nothing is lost with them.
const HARMLESS: &[&str] = &[
    "AWS::ApplicationAutoScaling::",
    "AWS::CloudWatch::",
    "AWS::Events::",
    "AWS::IAM::",
    "AWS::KMS::Alias",
    "AWS::Lambda::",
    "AWS::SNS::",
    "AWS::SSM::Parameter",
];

/// Returns whether a resource of this type holds no data, and nothing that data is encrypted with. A type that is not known to be
/// harmless may hold some.
///
/// ```
/// assert!(tablewright_plan::is_harmless("AWS::CloudWatch::Alarm"));
/// assert!(!tablewright_plan::is_harmless("AWS::KMS::Key"));
/// ```
#[must_use]
pub fn is_harmless(resource_type: &str) -> bool {
    HARMLESS.iter().any(|harmless| resource_type.starts_with(harmless))
        && deleted(resource_type).is_none_or(|(verdict, _)| verdict < Verdict::DataLoss)
}

/// Returns whether resources of this type are made of other resources, which may be tables.
pub(crate) fn is_container(kind: &str) -> bool {
    kind.ends_with("::MODULE")
        || matches!(
            kind,
            "AWS::CloudFormation::Stack" | "AWS::CloudFormation::StackSet" | "AWS::Serverless::Application"
        )
}

/// Returns what goes with a resource of this type when it is deleted; `None` where that is not known.
pub(crate) fn deleted(kind: &str) -> Option<(Verdict, &'static str)> {
    if let Some(known) = known_type(kind) {
        return Some(known.deleted);
    }
    if is_container(kind) {
        return Some((Verdict::DataLoss, "all resources in it are deleted, which may include tables"));
    }
    if DATA.contains(&kind) {
        return Some((Verdict::DataLoss, "its data is lost"));
    }
    let unless_empty = REFUSED_UNLESS_EMPTY.iter().find(|(name, _)| *name == kind);
    unless_empty.map(|(_, what)| (Verdict::InPlaceWithRisk, *what))
}

/// Returns the policy that a resource has without one: `Delete`, but `Snapshot` for the removal of RDS clusters, and of RDS instances
/// that belong to no cluster.
pub(crate) fn default_policy(policy: &str, kind: &str, resource: &Value) -> &'static str {
    let is_snapshot = policy == "DeletionPolicy"
        && match kind {
            "AWS::RDS::DBCluster" => true,
            "AWS::RDS::DBInstance" => resource.pointer("/Properties/DBClusterIdentifier").is_none(),
            _ => false,
        };
    if is_snapshot { "Snapshot" } else { "Delete" }
}

/// Returns whether a snapshot is made of a resource before it is deleted.
pub(crate) fn snapshots(kind: &str, resource: &Value) -> bool {
    let policy = match resource.get("DeletionPolicy") {
        None => Some(default_policy("DeletionPolicy", kind, resource).to_owned()),
        Some(policy) => text(policy),
    };
    policy.as_deref() == Some("Snapshot") && SNAPSHOTS.contains(&kind)
}
