//! The scalable targets and scaling policies of a table.

use crate::render::lower::{Resource, entries, shape};
use crate::render::tree::Tree;
use crate::table::Table;
use crate::table::scaling::{self, Dimension, Units};
use crate::table::schedule::Schedule;
use crate::value::Expression;

pub(super) fn resources(table: &Table) -> impl Iterator<Item = Resource<'_>> {
    scaling::dimensions(table)
        .into_iter()
        .flat_map(|dimension| [scalable_target(table, &dimension), scaling_policy(table, &dimension)])
}

/// `RoleARN` is not set: Application Auto Scaling uses its service-linked role for DynamoDB.
fn scalable_target<'a>(table: &'a Table, dimension: &Dimension<'a>) -> Resource<'a> {
    let (kind, resource) = match dimension.index {
        None => ("table", format!("table/${{{}}}", table.id)),
        Some(index) => ("index", format!("table/${{{}}}/index/{}", table.id, index.name)),
    };
    scaling_resource(
        table,
        dimension.id.clone(),
        "scalable-target.yaml",
        "AWS::ApplicationAutoScaling::ScalableTarget",
        Tree::map([
            ("ServiceNamespace", Some("dynamodb".into())),
            (
                "ScalableDimension",
                Some(format!("dynamodb:{kind}:{}CapacityUnits", dimension.units.as_str()).into()),
            ),
            ("ResourceId", Some(Expression::sub(resource).into())),
            ("MinCapacity", Some((&dimension.scaling.min).into())),
            ("MaxCapacity", Some((&dimension.scaling.max).into())),
            ("ScheduledActions", Tree::list(dimension.scaling.schedules.iter().map(scheduled_action))),
        ]),
    )
}

fn scheduled_action(schedule: &Schedule) -> Tree<'_> {
    let action = Tree::map([
        ("MinCapacity", schedule.min.as_ref().map(Tree::from)),
        ("MaxCapacity", schedule.max.as_ref().map(Tree::from)),
    ]);
    Tree::map([
        ("ScheduledActionName", Some(schedule.name.as_str().into())),
        ("Schedule", Some((&schedule.schedule).into())),
        ("Timezone", schedule.timezone.as_ref().map(Tree::from)),
        ("StartTime", schedule.start.as_ref().map(Tree::from)),
        ("EndTime", schedule.end.as_ref().map(Tree::from)),
        ("ScalableTargetAction", Some(action)),
    ])
}

fn scaling_policy<'a>(table: &'a Table, dimension: &Dimension<'a>) -> Resource<'a> {
    let metric = match dimension.units {
        Units::Read => "DynamoDBReadCapacityUtilization",
        Units::Write => "DynamoDBWriteCapacityUtilization",
    };
    let mut configuration = entries([(
        "PredefinedMetricSpecification",
        Some(Tree::map([("PredefinedMetricType", Some(metric.into()))])),
    )]);
    configuration.extend(entries(shape::target_tracking(dimension.scaling)));
    let id = dimension.policy_id();
    scaling_resource(
        table,
        id.clone(),
        "scaling-policy.yaml",
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        Tree::map([
            ("PolicyName", Some(id.into())),
            ("PolicyType", Some("TargetTrackingScaling".into())),
            ("ScalingTargetId", Some(Expression::Ref(dimension.id.clone()).into())),
            ("TargetTrackingScalingPolicyConfiguration", Some(Tree::Map(configuration))),
        ]),
    )
}

/// Auto scaling has the condition of its table.
fn scaling_resource<'a>(
    table: &'a Table,
    id: String,
    template: &'static str,
    resource_type: &'static str,
    properties: Tree<'a>,
) -> Resource<'a> {
    let mut resource = Resource { template, ..Resource::new(id, resource_type, properties) };
    if let Some(condition) = &table.condition {
        resource.body.insert(1, ("Condition", condition.into()));
    }
    resource
}
