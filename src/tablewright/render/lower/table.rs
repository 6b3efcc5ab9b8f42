//! The properties of `AWS::DynamoDB::Table`.

use crate::render::lower::{Properties, entries, shape};
use crate::render::tree::Tree;
use crate::table::Table;
use crate::table::billing::{Billing, OnDemand, Provisioned};
use crate::table::import::{ImportFormat, S3Import};
use crate::table::index::Index;
use crate::table::settings::Encryption;

pub(super) fn properties(table: &Table) -> Properties<'_> {
    let (mode, provisioned, limits) = match &table.billing {
        Billing::OnDemand(limits) => ("PAY_PER_REQUEST", None, on_demand(limits)),
        Billing::Provisioned(units) => ("PROVISIONED", Some(provisioned(units)), None),
    };
    entries([
        ("TableName", table.name.as_ref().map(Tree::from)),
        ("TableClass", table.class.as_ref().map(Tree::from)),
        // Always written, as CloudFormation's default, PROVISIONED, is unexpected.
        ("BillingMode", Some(mode.into())),
        ("ProvisionedThroughput", provisioned),
        ("OnDemandThroughput", limits),
        ("WarmThroughput", shape::warm_throughput(table.warm_throughput.as_ref())),
        ("AttributeDefinitions", shape::attribute_definitions(table)),
        ("KeySchema", Some(shape::key_schema(&table.key))),
        ("GlobalSecondaryIndexes", Tree::list(shape::global_indexes(table).map(|i| index(table, i)))),
        ("LocalSecondaryIndexes", shape::local_indexes(table)),
        ("TimeToLiveSpecification", shape::time_to_live(table)),
        ("StreamSpecification", stream(table)),
        ("KinesisStreamSpecification", shape::kinesis(table.kinesis.as_ref())),
        (
            "PointInTimeRecoverySpecification",
            Some(shape::point_in_time_recovery(table.point_in_time_recovery.as_ref())),
        ),
        ("SSESpecification", table.encryption.as_ref().map(encryption)),
        (
            "ContributorInsightsSpecification",
            shape::contributor_insights(table.contributor_insights.as_ref()),
        ),
        ("ResourcePolicy", shape::resource_policy(table.policy.as_ref())),
        ("ImportSourceSpecification", table.import.as_ref().map(import)),
        (
            "DeletionProtectionEnabled",
            Some(table.deletion_protection.as_ref().map_or_else(|| false.into(), Tree::from)),
        ),
        ("Tags", shape::tags(table.tags.iter())),
    ])
}

fn index<'a>(table: &'a Table, index: &'a Index) -> Tree<'a> {
    Tree::map([
        ("IndexName", Some(index.name.as_str().into())),
        ("KeySchema", Some(shape::key_schema(&index.key))),
        ("Projection", Some(shape::projection(&index.projection))),
        ("ProvisionedThroughput", table.provisioned_for(index).map(provisioned)),
        ("OnDemandThroughput", on_demand(&index.on_demand)),
        ("WarmThroughput", shape::warm_throughput(index.warm_throughput.as_ref())),
        (
            "ContributorInsightsSpecification",
            shape::contributor_insights(index.contributor_insights.as_ref()),
        ),
    ])
}

fn provisioned(units: &Provisioned) -> Tree<'_> {
    Tree::map([
        ("ReadCapacityUnits", Some(units.read.initial().into())),
        ("WriteCapacityUnits", Some(units.write.initial().into())),
    ])
}

fn on_demand(limits: &OnDemand) -> Option<Tree<'_>> {
    (!limits.is_unlimited()).then(|| {
        Tree::map([
            ("MaxReadRequestUnits", limits.max_read.as_ref().map(Tree::from)),
            ("MaxWriteRequestUnits", limits.max_write.as_ref().map(Tree::from)),
        ])
    })
}

/// There is no `StreamEnabled` in CloudFormation: the specification turns the stream on.
fn stream(table: &Table) -> Option<Tree<'_>> {
    table.stream.as_ref().map(|view| {
        Tree::map([
            ("StreamViewType", Some(view.into())),
            ("ResourcePolicy", shape::resource_policy(table.stream_policy.as_ref())),
        ])
    })
}

fn encryption(encryption: &Encryption) -> Tree<'_> {
    let (enabled, kind, key) = match encryption {
        Encryption::AwsOwned => (false.into(), None, None),
        Encryption::AwsManaged => (true.into(), Some("KMS"), None),
        // Without a type, which DynamoDB rejects if the expression is false.
        Encryption::AwsManagedIf(enabled) => (enabled.into(), None, None),
        Encryption::CustomerKey(key) => (true.into(), Some("KMS"), Some(key.into())),
    };
    Tree::map([("SSEEnabled", Some(enabled)), ("SSEType", kind.map(Tree::from)), ("KMSMasterKeyId", key)])
}

fn import(import: &S3Import) -> Tree<'_> {
    let (format, csv) = match &import.format {
        ImportFormat::Csv(csv) => ("CSV", Some(csv)),
        ImportFormat::DynamodbJson => ("DYNAMODB_JSON", None),
        ImportFormat::Ion => ("ION", None),
    };
    let options = csv.filter(|csv| csv.delimiter.is_some() || !csv.headers.is_empty()).map(|csv| {
        let csv = Tree::map([
            ("Delimiter", csv.delimiter.as_ref().map(Tree::from)),
            ("HeaderList", Tree::list(csv.headers.iter().map(Tree::from))),
        ]);
        Tree::map([("Csv", Some(csv))])
    });
    let source = Tree::map([
        ("S3Bucket", Some((&import.bucket).into())),
        ("S3BucketOwner", import.owner.as_ref().map(Tree::from)),
        ("S3KeyPrefix", import.prefix.as_ref().map(Tree::from)),
    ]);
    Tree::map([
        ("S3BucketSource", Some(source)),
        ("InputFormat", Some(format.into())),
        ("InputFormatOptions", options),
        ("InputCompressionType", import.compression.as_ref().map(Tree::from)),
    ])
}
