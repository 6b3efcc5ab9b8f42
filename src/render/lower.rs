//! From the model to CloudFormation's words: which resources a stack has and what their properties are.
//!
//! In: a stack. Out: one [`Piece`] for each resource and output. Logic lives here, layout in `templates/`.

use crate::billing::{Billing, OnDemand, Provisioned};
use crate::index::{Attribute, Index, Key, Projection};
use crate::item::IndexKind;
use crate::render::tree::Tree;
use crate::scaling::{self, Dimension, Units};
use crate::stack::{Output, Stack};
use crate::table::Table;
use crate::value::Expression;

/// A resource or an output: something with a logical id.
pub(super) struct Piece {
    pub(super) id: String,
    /// The template that lays it out.
    pub(super) template: &'static str,
    /// The doc comment, as comment lines.
    pub(super) comment: Vec<String>,
    /// What stands below the logical id.
    pub(super) body: Vec<(&'static str, Tree)>,
    /// Doc comments of attributes, by attribute name.
    pub(super) attribute_comments: Vec<(String, Vec<String>)>,
}

/// Returns the resources of a stack: each table with its scaling behind it, in the order of declaration.
pub(super) fn resources(stack: &Stack) -> impl Iterator<Item = Piece> {
    stack.tables.iter().flat_map(|table| {
        let scaling = scaling::dimensions(table);
        std::iter::once(table_resource(table)).chain(
            scaling
                .into_iter()
                .flat_map(|dimension| [scalable_target(table, &dimension), scaling_policy(&dimension)]),
        )
    })
}

/// Returns the outputs of a stack in the order of declaration.
pub(super) fn outputs(stack: &Stack) -> impl Iterator<Item = (&str, Vec<(&'static str, Tree)>)> {
    stack.outputs.iter().map(|output| (output.name.as_str(), output_body(output)))
}

fn output_body(output: &Output) -> Vec<(&'static str, Tree)> {
    entries([
        ("Description", output.description.as_deref().map(Tree::from)),
        ("Value", Some((&output.value).into())),
        ("Export", output.export.as_ref().map(|name| Tree::map([("Name", Some(name.into()))]))),
    ])
}

fn table_resource(table: &Table) -> Piece {
    Piece {
        id: table.id.clone(),
        template: "table.yaml",
        comment: comment(&table.doc),
        body: entries([
            ("Type", Some("AWS::DynamoDB::Table".into())),
            ("DeletionPolicy", Some(table.deletion_policy.as_str().into())),
            ("UpdateReplacePolicy", Some(table.update_replace_policy.as_str().into())),
            ("Properties", Some(table_properties(table))),
        ]),
        attribute_comments: attributes(table)
            .into_iter()
            .map(|attribute| (attribute.name.clone(), comment(&attribute.doc)))
            .filter(|(_, lines)| !lines.is_empty())
            .collect(),
    }
}

fn table_properties(table: &Table) -> Tree {
    let (mode, provisioned, limits) = match &table.billing {
        Billing::OnDemand(limits) => ("PAY_PER_REQUEST", None, on_demand(limits)),
        Billing::Provisioned(units) => ("PROVISIONED", Some(provisioned(units)), None),
    };
    let of_kind =
        |kind| Tree::list(table.indexes.iter().filter(move |i| i.kind == kind).map(|i| index(table, i)));
    Tree::map([
        ("TableName", table.name.as_ref().map(Tree::from)),
        ("TableClass", table.class.map(|class| class.as_str().into())),
        // Always said: CloudFormation's default is PROVISIONED, which surprises.
        ("BillingMode", Some(mode.into())),
        ("ProvisionedThroughput", provisioned),
        ("OnDemandThroughput", limits),
        ("AttributeDefinitions", Tree::list(attributes(table).into_iter().map(attribute_definition))),
        ("KeySchema", Some(key_schema(&table.key))),
        ("GlobalSecondaryIndexes", of_kind(IndexKind::Global)),
        ("LocalSecondaryIndexes", of_kind(IndexKind::Local)),
        (
            "TimeToLiveSpecification",
            table.ttl.as_ref().map(|ttl| {
                Tree::map([("AttributeName", Some(ttl.name.as_str().into())), ("Enabled", Some(true.into()))])
            }),
        ),
        (
            "StreamSpecification",
            table.stream.map(|view| Tree::map([("StreamViewType", Some(view.as_str().into()))])),
        ),
        (
            "PointInTimeRecoverySpecification",
            Some(Tree::map([
                ("PointInTimeRecoveryEnabled", Some(table.point_in_time_recovery.is_some().into())),
                (
                    "RecoveryPeriodInDays",
                    table
                        .point_in_time_recovery
                        .as_ref()
                        .and_then(|recovery| Some(recovery.days.as_ref()?.into())),
                ),
            ])),
        ),
        ("DeletionProtectionEnabled", Some(table.deletion_protection.unwrap_or_default().into())),
        (
            "Tags",
            Tree::list(table.tags.iter().map(|(key, value)| {
                Tree::map([("Key", Some(key.as_str().into())), ("Value", Some(value.into()))])
            })),
        ),
    ])
}

/// Returns the attributes that keys use, once each, sorted as DescribeTable sorts them.
fn attributes(table: &Table) -> Vec<&Attribute> {
    let of_indexes = table.indexes.iter().flat_map(|index| index.key.attributes());
    let mut attributes: Vec<&Attribute> = table.key.attributes().chain(of_indexes).collect();
    // Stable, so that of two fields with one name the table's own comes first and gives its comment.
    attributes.sort_by(|a, b| a.name.cmp(&b.name));
    attributes.dedup_by(|a, b| a.name == b.name);
    attributes
}

fn attribute_definition(attribute: &Attribute) -> Tree {
    Tree::map([
        ("AttributeName", Some(attribute.name.as_str().into())),
        ("AttributeType", Some(attribute.scalar.as_str().into())),
    ])
}

fn key_schema(key: &Key) -> Tree {
    let element = |attribute: &Attribute, key_type: &str| {
        Tree::map([
            ("AttributeName", Some(attribute.name.as_str().into())),
            ("KeyType", Some(key_type.into())),
        ])
    };
    let partition = key.partition.iter().map(|attribute| element(attribute, "HASH"));
    Tree::List(partition.chain(key.sort.iter().map(|attribute| element(attribute, "RANGE"))).collect())
}

fn index(table: &Table, index: &Index) -> Tree {
    Tree::map([
        ("IndexName", Some(index.name.as_str().into())),
        ("KeySchema", Some(key_schema(&index.key))),
        ("Projection", Some(projection(&index.projection))),
        ("ProvisionedThroughput", table.provisioned_for(index).map(provisioned)),
        ("OnDemandThroughput", on_demand(&index.on_demand)),
    ])
}

fn projection(projection: &Projection) -> Tree {
    let (kind, names) = match projection {
        Projection::All => ("ALL", None),
        Projection::KeysOnly => ("KEYS_ONLY", None),
        Projection::Include(names) => {
            let mut names = names.clone();
            names.sort_unstable();
            ("INCLUDE", Tree::list(names.into_iter().map(Tree::from)))
        }
    };
    Tree::map([("ProjectionType", Some(kind.into())), ("NonKeyAttributes", names)])
}

fn provisioned(units: &Provisioned) -> Tree {
    Tree::map([
        ("ReadCapacityUnits", Some(units.read.initial().into())),
        ("WriteCapacityUnits", Some(units.write.initial().into())),
    ])
}

fn on_demand(limits: &OnDemand) -> Option<Tree> {
    (!limits.is_unlimited()).then(|| {
        Tree::map([
            ("MaxReadRequestUnits", limits.max_read.as_ref().map(Tree::from)),
            ("MaxWriteRequestUnits", limits.max_write.as_ref().map(Tree::from)),
        ])
    })
}

/// No `RoleARN`: Application Auto Scaling makes and uses DynamoDB's own service-linked role.
fn scalable_target(table: &Table, dimension: &Dimension<'_>) -> Piece {
    let (kind, resource) = match dimension.index {
        None => ("table", format!("table/${{{}}}", table.id)),
        Some(index) => ("index", format!("table/${{{}}}/index/{}", table.id, index.name)),
    };
    scaling_piece(
        dimension.id.clone(),
        "scalable-target.yaml",
        "AWS::ApplicationAutoScaling::ScalableTarget",
        Tree::map([
            ("ServiceNamespace", Some("dynamodb".into())),
            (
                "ScalableDimension",
                Some(format!("dynamodb:{kind}:{}CapacityUnits", dimension.units.as_str()).into()),
            ),
            ("ResourceId", Some(Expression::Sub(resource).into())),
            ("MinCapacity", Some((&dimension.scaling.min).into())),
            ("MaxCapacity", Some((&dimension.scaling.max).into())),
        ]),
    )
}

fn scaling_policy(dimension: &Dimension<'_>) -> Piece {
    let metric = match dimension.units {
        Units::Read => "DynamoDBReadCapacityUtilization",
        Units::Write => "DynamoDBWriteCapacityUtilization",
    };
    let configuration = Tree::map([
        ("PredefinedMetricSpecification", Some(Tree::map([("PredefinedMetricType", Some(metric.into()))]))),
        ("TargetValue", Some(dimension.scaling.target.into())),
        ("ScaleInCooldown", Some(dimension.scaling.scale_in_cooldown.into())),
        ("ScaleOutCooldown", Some(dimension.scaling.scale_out_cooldown.into())),
    ]);
    let id = dimension.policy_id();
    scaling_piece(
        id.clone(),
        "scaling-policy.yaml",
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        Tree::map([
            ("PolicyName", Some(id.into())),
            ("PolicyType", Some("TargetTrackingScaling".into())),
            ("ScalingTargetId", Some(Expression::Ref(dimension.id.clone()).into())),
            ("TargetTrackingScalingPolicyConfiguration", Some(configuration)),
        ]),
    )
}

fn scaling_piece(id: String, template: &'static str, resource_type: &str, properties: Tree) -> Piece {
    Piece {
        id,
        template,
        comment: Vec::new(),
        body: entries([("Type", Some(resource_type.into())), ("Properties", Some(properties))]),
        attribute_comments: Vec::new(),
    }
}

fn entries<const N: usize>(entries: [(&'static str, Option<Tree>); N]) -> Vec<(&'static str, Tree)> {
    entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// Makes comment lines of a doc comment: nothing in it may end the comment.
fn comment(doc: &str) -> Vec<String> {
    let printable =
        |line: &str| line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    doc.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
        .map(|line| match printable(line).trim_end() {
            "" => String::new(),
            line => format!(" {line}"),
        })
        .skip_while(String::is_empty)
        .collect()
}
