//! `AWS::DynamoDB::GlobalTable`: the table of the stack's region, and its replicas elsewhere.
//!
//! In the stack's region it is a table like another, with its settings gathered from two places; so the handler of tables
//! does that work. Replicas are states with a time. The words in which replica rules are refused are ours, but for the key's:
//! no recording shows AWS's.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{HandlerContext, HandlerOutput, Refusal, table};
use crate::clock::Millis;
use crate::dynamodb::rules;
use crate::state::Moment;
use crate::state::resource_type::ResourceType;
use crate::state::stack::Resource;
use crate::state::table::Replica;
use crate::wire::error::not_modelled;
use crate::wire::text::scalar;

/// Settings that are one for all replicas, under the names that a table has.
const COMMON: &[&str] = &[
    "AttributeDefinitions",
    "KeySchema",
    "LocalSecondaryIndexes",
    "StreamSpecification",
    "TableName",
    "TimeToLiveSpecification",
    "WarmThroughput",
];

/// Settings of a replica, under the names that a table has.
const LOCAL: &[&str] = &[
    "ContributorInsightsSpecification",
    "DeletionProtectionEnabled",
    "KinesisStreamSpecification",
    "PointInTimeRecoverySpecification",
    "ResourcePolicy",
    "TableClass",
    "Tags",
];

pub(super) fn create(
    context: &mut HandlerContext<'_>,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    check(properties, context.region)?;
    let mut output =
        table::create(ResourceType::GlobalTable, context, &local(properties, context.region)?, moment)?;
    let Some(table) = context.services.tables.get_mut(&output.physical_id) else {
        return Err(Refusal::NotFound(ResourceType::GlobalTable, output.physical_id));
    };
    output.attributes.insert("TableId".to_owned(), table.id.clone());
    table.consistency = properties.get("MultiRegionConsistency").map(scalar);
    // One after the other, as DynamoDB adds them.
    let mut active_at = table.active_at;
    for region in regions(properties).into_iter().filter(|region| region != context.region) {
        active_at += moment.timings.replica_create;
        table.replicas.insert(region, Replica { active_at, gone_at: None });
    }
    output.takes = output.takes.max(active_at - moment.now);
    Ok(output)
}

pub(super) fn update(
    context: &mut HandlerContext<'_>,
    resource: &Resource,
    properties: &Value,
    is_rollback: bool,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    check(properties, context.region)?;
    let (before, after) = (regions(&resource.properties), regions(properties));
    let changed: BTreeSet<&String> = before.symmetric_difference(&after).collect();
    if changed.len() > 1 && !is_rollback {
        return Err(Refusal::Invalid(
            "Cannot perform more than one replica creation or deletion in a single update".to_owned(),
        ));
    }
    check_removed(&resource.properties, |region| !after.contains(region), context)?;
    if !is_rollback {
        check_policies(properties, |region| region != context.region && !before.contains(region))?;
    }
    let known = Resource { properties: local(&resource.properties, context.region)?, ..resource.clone() };
    let mut output =
        table::update(context, &known, &local(properties, context.region)?, is_rollback, moment)?;
    let Some(table) = context.services.tables.get_mut(&output.physical_id) else {
        return Err(Refusal::NotFound(ResourceType::GlobalTable, output.physical_id));
    };
    output.attributes.insert("TableId".to_owned(), table.id.clone());
    let mut takes: Millis = output.takes;
    for region in after.difference(&before) {
        let active_at = moment.now + moment.timings.replica_create;
        table.replicas.insert(region.clone(), Replica { active_at, gone_at: None });
        takes = takes.max(moment.timings.replica_create);
    }
    for region in before.difference(&after) {
        if let Some(replica) = table.replicas.get_mut(region) {
            replica.gone_at = Some(moment.now + moment.timings.replica_delete);
            takes = takes.max(moment.timings.replica_delete);
        }
    }
    Ok(HandlerOutput { takes, ..output })
}

pub(super) fn delete(
    context: &mut HandlerContext<'_>,
    resource: &Resource,
    moment: Moment<'_>,
) -> Result<Millis, Refusal> {
    check_removed(&resource.properties, |_| true, context)?;
    table::delete(context, resource, moment)
}

/// Refuses the removal of a replica that is protected, as DynamoDB refuses that of any table.
fn check_removed(
    properties: &Value,
    is_removed: impl Fn(&String) -> bool,
    context: &mut HandlerContext<'_>,
) -> Result<(), Refusal> {
    let is_protected = |replica: &Value| {
        let region = replica.get("Region").map(scalar).unwrap_or_default();
        let protection = replica.get("DeletionProtectionEnabled").map(scalar);
        is_removed(&region) && protection.as_deref() == Some("true")
    };
    // The table of the stack's Region is judged as it is, not as its template is.
    let region = context.region;
    let elsewhere = |replica: &&Value| replica.get("Region").map(scalar).as_deref() != Some(region);
    if !replicas(properties).filter(elsewhere).any(is_protected) {
        return Ok(());
    }
    Err(Refusal::from_service("DynamoDb", rules::PROTECTED, context.random))
}

/// Refuses a replica that comes together with its policy. The rule is documented (DynamoDB developer guide, "Resource-based
/// policy considerations") for updates in Regions other than the stack's; the words of the server are not recorded.
fn check_policies(properties: &Value, is_new: impl Fn(&String) -> bool) -> Result<(), Refusal> {
    let mut regions = replicas(properties).filter_map(|replica| {
        replica.get("ResourcePolicy")?;
        replica.get("Region").map(scalar)
    });
    match regions.find(|region| is_new(region)) {
        None => Ok(()),
        Some(region) => Err(Refusal::Invalid(format!(
            "A replica and its resource-based policy cannot be created in the same stack update in a Region other than the \
             stack's: {region}"
        ))),
    }
}

pub(super) fn must_replace(before: &Value, after: &Value) -> bool {
    let locals = |properties: &Value| properties.get("LocalSecondaryIndexes").cloned();
    table::must_replace(before, after) || locals(before) != locals(after)
}

fn replicas(properties: &Value) -> impl Iterator<Item = &Value> {
    properties.get("Replicas").and_then(Value::as_array).into_iter().flatten()
}

fn regions(properties: &Value) -> BTreeSet<String> {
    replicas(properties).filter_map(|replica| replica.get("Region").map(scalar)).collect()
}

fn check(properties: &Value, region: &str) -> Result<(), Refusal> {
    let refuse = |text: String| Err(Refusal::Invalid(text));
    for name in ["GlobalTableSourceArn"] {
        if properties.get(name).is_some() {
            return Err(Refusal::Plain(not_modelled(&format!(
                "the property {name} of AWS::DynamoDB::GlobalTable"
            ))));
        }
    }
    let regions = regions(properties);
    let count = replicas(properties).count();
    if regions.len() < count {
        return refuse("Replicas must be in different Regions".to_owned());
    }
    if !regions.contains(region) {
        return refuse(format!("Replicas must contain the Region of the stack, {region}"));
    }
    let keyed = replicas(properties)
        .filter(|replica| replica.pointer("/SSESpecification/KMSMasterKeyId").is_some())
        .count();
    if keyed > 0 && keyed < count {
        return refuse("KMSMasterKeyId must be specified for each replica".to_owned());
    }
    let strong = properties.get("MultiRegionConsistency").is_some_and(|mode| mode == "STRONG");
    let view = properties.pointer("/StreamSpecification/StreamViewType").map(scalar);
    if count > 1 && !strong && view.as_deref() != Some("NEW_AND_OLD_IMAGES") {
        return refuse(
            "StreamSpecification with the StreamViewType NEW_AND_OLD_IMAGES is required for more than one replica"
                .to_owned(),
        );
    }
    let witnesses = properties.get("GlobalTableWitnesses").and_then(Value::as_array).map_or(0, Vec::len);
    match (strong, count + witnesses, witnesses) {
        (false, _, 0) | (true, 3, 0 | 1) => {}
        (false, _, _) => {
            return refuse("GlobalTableWitnesses need the MultiRegionConsistency STRONG".to_owned());
        }
        (true, _, _) => {
            return refuse(
                "MultiRegionConsistency STRONG needs three Regions: three replicas, or two and a witness"
                    .to_owned(),
            );
        }
    }
    for name in ["TimeToLiveSpecification", "LocalSecondaryIndexes"] {
        if strong && properties.get(name).is_some() {
            return refuse(format!("{name} cannot be used with the MultiRegionConsistency STRONG"));
        }
    }
    Ok(())
}

/// The properties of a table that stands for the global one in a region.
pub(crate) fn local(properties: &Value, region: &str) -> Result<Value, Refusal> {
    let nothing = json!({});
    let replica = replicas(properties)
        .find(|replica| replica.get("Region").map(scalar).as_deref() == Some(region))
        .unwrap_or(&nothing);
    let mut table = Map::new();
    for (from, names) in [(properties, COMMON), (replica, LOCAL)] {
        for name in names {
            if let Some(value) = from.get(*name) {
                table.insert((*name).to_owned(), value.clone());
            }
        }
    }
    let on_demand = properties.get("BillingMode").map(scalar).as_deref() == Some("PAY_PER_REQUEST");
    let mode = if on_demand { "PAY_PER_REQUEST" } else { "PROVISIONED" };
    table.insert("BillingMode".to_owned(), json!(mode));
    let capacity = Capacity { on_demand, table: properties, replica };
    capacity.add(&mut table, properties, replica)?;
    if let Some(indexes) = properties.get("GlobalSecondaryIndexes").and_then(Value::as_array) {
        let indexes: Result<Vec<Value>, Refusal> =
            indexes.iter().map(|index| capacity.index(index)).collect();
        table.insert("GlobalSecondaryIndexes".to_owned(), Value::Array(indexes?));
    }
    if let Some(sse) = properties.get("SSESpecification") {
        let mut sse = sse.clone();
        if let Some(key) = replica.pointer("/SSESpecification/KMSMasterKeyId") {
            sse["KMSMasterKeyId"] = key.clone();
        }
        table.insert("SSESpecification".to_owned(), sse);
    }
    Ok(Value::Object(table))
}

/// Where throughput is said: once for all, once for the replica.
struct Capacity<'a> {
    on_demand: bool,
    table: &'a Value,
    replica: &'a Value,
}

impl Capacity<'_> {
    fn add(&self, out: &mut Map<String, Value>, common: &Value, own: &Value) -> Result<(), Refusal> {
        if self.on_demand {
            let reads = own
                .get("ReadOnDemandThroughputSettings")
                .or_else(|| common.get("ReadOnDemandThroughputSettings"));
            let mut limits = Map::new();
            for settings in [reads, common.get("WriteOnDemandThroughputSettings")].into_iter().flatten() {
                limits.extend(settings.as_object().cloned().unwrap_or_default());
            }
            if !limits.is_empty() {
                out.insert("OnDemandThroughput".to_owned(), Value::Object(limits));
            }
            return Ok(());
        }
        let read = own
            .get("ReadProvisionedThroughputSettings")
            .or_else(|| common.get("ReadProvisionedThroughputSettings"))
            .and_then(|settings| {
                settings
                    .get("ReadCapacityUnits")
                    .or_else(|| scaled(settings, "ReadCapacityAutoScalingSettings"))
            });
        let write = common
            .get("WriteProvisionedThroughputSettings")
            .and_then(|settings| scaled(settings, "WriteCapacityAutoScalingSettings"));
        let (Some(read), Some(write)) = (read, write) else {
            return Err(Refusal::Invalid(
                "ReadProvisionedThroughputSettings and WriteProvisionedThroughputSettings must be specified when BillingMode \
                 is PROVISIONED"
                    .to_owned(),
            ));
        };
        out.insert(
            "ProvisionedThroughput".to_owned(),
            json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write }),
        );
        Ok(())
    }

    fn index(&self, index: &Value) -> Result<Value, Refusal> {
        let name = index.get("IndexName");
        let list = self.replica.get("GlobalSecondaryIndexes").and_then(Value::as_array);
        let nothing = json!({});
        let own = list.into_iter().flatten().find(|own| own.get("IndexName") == name).unwrap_or(&nothing);
        let mut out = Map::new();
        for (from, name) in [
            (index, "IndexName"),
            (index, "KeySchema"),
            (index, "Projection"),
            (index, "WarmThroughput"),
            (own, "ContributorInsightsSpecification"),
        ] {
            if let Some(value) = from.get(name) {
                out.insert(name.to_owned(), value.clone());
            }
        }
        // An index without a setting of its own has the table's.
        let own = if own.get("ReadProvisionedThroughputSettings").is_some() { own } else { self.replica };
        let index =
            if index.get("WriteProvisionedThroughputSettings").is_some() { index } else { self.table };
        self.add(&mut out, index, own)?;
        Ok(Value::Object(out))
    }
}

/// Where automatic scaling begins.
fn scaled<'a>(settings: &'a Value, name: &str) -> Option<&'a Value> {
    let scaling = settings.get(name)?;
    scaling.get("SeedCapacity").or_else(|| scaling.get("MinCapacity"))
}
