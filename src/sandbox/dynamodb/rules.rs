//! DynamoDB's rules for one table, each with the text in which it refuses.
//!
//! [`create`] judges a table that is to be made; [`indexes_change`] what may happen to its indexes later. The texts are
//! from field reports and API studies; each rule carries the id of the reference's rule table.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::clock::Millis;
use crate::state::table::Table;
use crate::state::table_spec::{IndexSpec, Key, TableSpec};
use crate::wire::error::ApiError;

/// Judges a table as CreateTable does; the first broken rule speaks.
pub(crate) fn create(name: &str, spec: &TableSpec) -> Result<(), ApiError> {
    check_name("tableName", name)?;
    check_keys(spec)?;
    check_attributes(spec)?;
    check_local_indexes(spec)?;
    check_global_indexes(spec)?;
    check_projections(spec)?;
    check_billing(spec)?;
    check_warm(spec)?;
    check_one_of("tableClass", spec.class.as_deref(), &["STANDARD", "STANDARD_INFREQUENT_ACCESS"])?;
    check_one_of(
        "streamSpecification.streamViewType",
        spec.stream.as_deref(),
        &["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"],
    )?;
    check_encryption(spec)?;
    check_tags(&spec.tags)
}

fn invalid(text: impl std::fmt::Display) -> ApiError {
    ApiError::invalid(format!("One or more parameter values were invalid: {text}"))
}

fn check_one_of(member: &str, value: Option<&str>, allowed: &[&str]) -> Result<(), ApiError> {
    match value.filter(|value| !allowed.contains(value)) {
        None => Ok(()),
        Some(odd) => Err(ApiError::invalid(format!(
            "1 validation error detected: Value '{odd}' at '{member}' failed to satisfy constraint: Member must satisfy enum \
             value set: [{}]",
            allowed.join(", ")
        ))),
    }
}

/// N1.
fn check_name(member: &str, name: &str) -> Result<(), ApiError> {
    let refuse = |constraint: &str| {
        Err(ApiError::invalid(format!(
            "1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: {constraint}"
        )))
    };
    if name.len() < 3 {
        return refuse("Member must have length greater than or equal to 3");
    }
    if name.len() > 255 {
        return refuse("Member must have length less than or equal to 255");
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')) {
        return refuse("Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
    }
    Ok(())
}

/// K1.
fn check_keys(spec: &TableSpec) -> Result<(), ApiError> {
    match spec.keys.as_slice() {
        [] => Err(ApiError::invalid(
            "1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: Member must have length \
             greater than or equal to 1",
        )),
        [first, ..] if first.kind != "HASH" => {
            Err(invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"))
        }
        [_] => Ok(()),
        [_, second] if second.kind != "RANGE" => {
            Err(invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"))
        }
        // As conformance tests recorded it.
        [first, second] if first.name == second.name && spec.attributes.len() < 2 => {
            Err(ApiError::invalid("Invalid KeySchema: Some index key attribute have no definition"))
        }
        [first, second] if first.name == second.name => {
            Err(invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name"))
        }
        [_, _] => Ok(()),
        _ => Err(ApiError::invalid(
            "1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length less \
             than or equal to 2",
        )),
    }
}

/// K3, K4.
fn check_attributes(spec: &TableSpec) -> Result<(), ApiError> {
    for (name, kind) in &spec.attributes {
        if !matches!(kind.as_str(), "S" | "N" | "B") {
            return Err(ApiError::invalid(format!(
                "1 validation error detected: Value '{kind}' at 'attributeDefinitions.{name}.attributeType' failed to \
                 satisfy constraint: Member must satisfy enum value set: [B, N, S]"
            )));
        }
    }
    let defined: BTreeSet<&str> = spec.attributes.keys().map(String::as_str).collect();
    let table: BTreeSet<&str> = spec.keys.iter().map(|key| key.name.as_str()).collect();
    let index: BTreeSet<&str> = index_keys(spec).map(|key| key.name.as_str()).collect();
    let list = |names: &BTreeSet<&str>| format!("[{}]", names.iter().copied().collect::<Vec<_>>().join(", "));
    if !table.is_subset(&defined) {
        return Err(invalid(format!(
            "Some index key attributes are not defined in AttributeDefinitions. Keys: {}, AttributeDefinitions: {}",
            list(&table),
            list(&defined)
        )));
    }
    if !index.is_subset(&defined) {
        return Err(invalid(format!(
            "Some index key attributes are not defined in AttributeDefinitions. Keys: {}, AttributeDefinitions: {}",
            list(&index),
            list(&defined)
        )));
    }
    let used: BTreeSet<&str> = table.union(&index).copied().collect();
    if used == defined {
        return Ok(());
    }
    Err(if spec.indexes.is_empty() && spec.local_indexes.is_empty() {
        invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
        )
    } else {
        invalid(format!(
            "Some AttributeDefinitions are not used. AttributeDefinitions: {}, keys used: {}",
            list(&defined),
            list(&used)
        ))
    })
}

/// Whether the attributes are exactly those that keys use, as the resource handler checks before it calls.
pub(crate) fn attributes_match(spec: &TableSpec) -> bool {
    let used: BTreeSet<&str> =
        spec.keys.iter().chain(index_keys(spec)).map(|key| key.name.as_str()).collect();
    used == spec.attributes.keys().map(String::as_str).collect()
}

fn index_keys(spec: &TableSpec) -> impl Iterator<Item = &Key> {
    spec.indexes.iter().chain(&spec.local_indexes).flat_map(|index| &index.keys)
}

/// L1.
fn check_local_indexes(spec: &TableSpec) -> Result<(), ApiError> {
    if spec.empty_lists.iter().any(|name| name == "LocalSecondaryIndexes") {
        return Err(invalid("List of LocalSecondaryIndexes is empty"));
    }
    if spec.local_indexes.len() > 5 {
        return Err(invalid("Number of LocalSecondaryIndexes exceeds per-table limit of 5"));
    }
    if !spec.local_indexes.is_empty() && spec.keys.len() < 2 {
        return Err(invalid(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        ));
    }
    for index in &spec.local_indexes {
        check_name("localSecondaryIndexes.indexName", &index.name)?;
        let leading = index.keys.first().filter(|key| key.kind == "HASH").map(|key| key.name.as_str());
        if leading != spec.keys.first().map(|key| key.name.as_str()) {
            return Err(invalid(format!(
                "Index KeySchema does not have the same leading hash key as table KeySchema for index: {}",
                index.name
            )));
        }
        if index.keys.len() != 2 || index.keys[1].kind != "RANGE" {
            return Err(invalid(format!(
                "Index KeySchema does not have a range key for index: {}",
                index.name
            )));
        }
    }
    Ok(())
}

/// G1, K2, P3.
fn check_global_indexes(spec: &TableSpec) -> Result<(), ApiError> {
    if spec.empty_lists.iter().any(|name| name == "GlobalSecondaryIndexes") {
        return Err(invalid("List of GlobalSecondaryIndexes is empty"));
    }
    if spec.indexes.len() > 20 {
        return Err(invalid("GlobalSecondaryIndex count exceeds the per-table limit of 20"));
    }
    let mut names = BTreeSet::new();
    for index in spec.indexes.iter().chain(&spec.local_indexes) {
        if !names.insert(&index.name) {
            return Err(invalid(format!("Duplicate index name: {}", index.name)));
        }
    }
    spec.indexes.iter().try_for_each(check_index_keys)
}

/// N1 and K2 for one index.
pub(crate) fn check_index_keys(index: &IndexSpec) -> Result<(), ApiError> {
    check_name("globalSecondaryIndexes.indexName", &index.name)?;
    let hashes = index.keys.iter().take_while(|key| key.kind == "HASH").count();
    if hashes == 0 {
        return Err(invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"));
    }
    if index.keys[hashes..].iter().any(|key| key.kind != "RANGE") {
        return Err(invalid("All HASH key attributes must precede RANGE key attributes"));
    }
    if hashes > 4 {
        return Err(invalid("The KeySchema exceeds the maximum allowed number of HASH key attributes"));
    }
    if index.keys.len() - hashes > 4 {
        return Err(invalid("The KeySchema exceeds the maximum allowed number of RANGE key attributes"));
    }
    let names: BTreeSet<&str> = index.keys.iter().map(|key| key.name.as_str()).collect();
    if names.len() < index.keys.len() {
        return Err(invalid(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name",
        ));
    }
    Ok(())
}

/// P1, P2.
fn check_projections(spec: &TableSpec) -> Result<(), ApiError> {
    let indexes = || spec.indexes.iter().chain(&spec.local_indexes);
    indexes().try_for_each(check_projection)?;
    if indexes().map(|index| index.non_key.len()).sum::<usize>() > 100 {
        return Err(invalid(
            "Number of NonKeyAttributes over all secondary indexes exceeds per-table limit of 100",
        ));
    }
    Ok(())
}

/// P1 for one index.
pub(crate) fn check_projection(index: &IndexSpec) -> Result<(), ApiError> {
    match (index.projection.as_deref(), index.non_key.len()) {
        (None, _) => Err(invalid("Unknown ProjectionType: null")),
        (Some("INCLUDE"), 0) => {
            Err(invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified"))
        }
        (Some("INCLUDE"), 21..) => Err(invalid("NonKeyAttributes exceeds the limit of 20 for an index")),
        (Some("INCLUDE"), _) => Ok(()),
        (Some("ALL" | "KEYS_ONLY"), 0) => Ok(()),
        (Some(kind @ ("ALL" | "KEYS_ONLY")), _) => {
            Err(invalid(format!("ProjectionType is {kind}, but NonKeyAttributes is specified")))
        }
        (Some(kind), _) => Err(invalid(format!("Unknown ProjectionType: {kind}"))),
    }
}

/// B1, B2.
pub(crate) fn check_billing(spec: &TableSpec) -> Result<(), ApiError> {
    if spec.pay_per_request {
        if spec.throughput.is_some() {
            return Err(invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
            ));
        }
        if let Some(index) = spec.indexes.iter().find(|index| index.throughput.is_some()) {
            return Err(invalid(format!(
                "ProvisionedThroughput should not be specified for index: {} when BillingMode is PAY_PER_REQUEST",
                index.name
            )));
        }
        return Ok(());
    }
    let Some(units) = spec.throughput else {
        return Err(invalid(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ));
    };
    for (member, units) in [("readCapacityUnits", units.read), ("writeCapacityUnits", units.write)] {
        if units < 1 {
            return Err(ApiError::invalid(format!(
                "1 validation error detected: Value '{units}' at 'provisionedThroughput.{member}' failed to satisfy \
                 constraint: Member must have value greater than or equal to 1"
            )));
        }
        if units > 40_000 {
            return Err(ApiError::limit(format!(
                "Subscriber limit exceeded: Provisioned throughput for a table may not exceed 40000 units ({member}: {units})"
            )));
        }
    }
    if spec.on_demand.is_some() {
        return Err(invalid("OnDemandThroughput can only be specified when BillingMode is PAY_PER_REQUEST"));
    }
    match spec
        .indexes
        .iter()
        .find(|index| index.throughput.is_none_or(|units| units.read < 1 || units.write < 1))
    {
        Some(index) => {
            Err(invalid(format!("ProvisionedThroughput must be specified for index: {}", index.name)))
        }
        None => Ok(()),
    }
}

/// W1.
fn check_warm(spec: &TableSpec) -> Result<(), ApiError> {
    let floor = match spec.throughput {
        Some(units) if !spec.pay_per_request => (units.read, units.write),
        _ => (12_000, 4_000),
    };
    let Some(warm) = spec.warm else { return Ok(()) };
    let mode = if spec.pay_per_request { "OnDemand" } else { "Provisioned" };
    for (name, asked, least) in
        [("ReadUnitsPerSecond", warm.read, floor.0), ("WriteUnitsPerSecond", warm.write, floor.1)]
    {
        if let Some(units) = asked
            && units < least
        {
            return Err(invalid(format!(
                "Requested {name} for WarmThroughput for table is lower than initial throughput for {mode}: \
                 {units} < {least}"
            )));
        }
    }
    Ok(())
}

/// S1.
pub(crate) fn check_encryption(spec: &TableSpec) -> Result<(), ApiError> {
    let Some(sse) = &spec.sse else { return Ok(()) };
    if !sse.enabled && (sse.kind.is_some() || sse.key.is_some()) {
        return Err(invalid("SSEType can not be specified if Enabled is false"));
    }
    match (sse.kind.as_deref(), &sse.key) {
        (Some("AES256"), _) => Err(invalid("SSEType AES256 is not supported")),
        (None, Some(_)) => Err(invalid("SSEType KMS is required if KMSMasterKeyId is specified")),
        _ => Ok(()),
    }
}

/// Refuses a call that defines an attribute twice, or names one twice in a projection. The second text is ours.
pub(crate) fn check_definitions(input: &Value) -> Result<(), ApiError> {
    let list =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut names = BTreeSet::new();
    let definitions = list(input, "AttributeDefinitions");
    if !definitions.iter().all(|one| names.insert(one.get("AttributeName").map(Value::to_string))) {
        return Err(ApiError::invalid("Cannot have two attributes with the same name"));
    }
    let updates = list(input, "GlobalSecondaryIndexUpdates");
    let created = updates.iter().filter_map(|update| update.get("Create")).cloned();
    let indexes = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"].map(|name| list(input, name)).concat();
    for index in indexes.into_iter().chain(created) {
        let mut names = BTreeSet::new();
        let projection = index.get("Projection").cloned().unwrap_or_default();
        if !list(&projection, "NonKeyAttributes").iter().all(|name| names.insert(name.to_string())) {
            return Err(invalid("Duplicate attributes in NonKeyAttributes"));
        }
    }
    Ok(())
}

/// Refuses tags without a key or a value, and characters that a tag may not have. That a tag is invalid when a part is missing
/// is recorded; characters are documented ("Tagging restrictions").
pub(crate) fn check_raw_tags(input: &Value) -> Result<(), ApiError> {
    let fits = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == ' ' || "+-=._:/@".contains(c));
    for tag in input.get("Tags").and_then(Value::as_array).into_iter().flatten() {
        for part in ["Key", "Value"] {
            let text = tag.get(part).and_then(Value::as_str);
            if text.is_none_or(|text| !fits(text)) {
                let shown = text.unwrap_or("null");
                return Err(ApiError::invalid(format!(
                    "The Tag {part} provided is invalid, {part}: {shown}"
                )));
            }
        }
    }
    Ok(())
}

/// D1.
pub(crate) fn check_tags(tags: &[(String, String)]) -> Result<(), ApiError> {
    if tags.len() > 50 {
        return Err(ApiError::invalid("Number of Tags exceed the current limit of 50 tags per resource"));
    }
    let mut keys = BTreeSet::new();
    for (key, value) in tags {
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(ApiError::invalid(format!(
                "Tag keys have 1 to 128 and values up to 256 characters: {key}"
            )));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(ApiError::invalid(format!(
                "Tags with the prefix aws: are reserved and cannot be set: {key}"
            )));
        }
        if !keys.insert(key) {
            return Err(ApiError::invalid(format!("Duplicate tag key: {key}")));
        }
    }
    Ok(())
}

/// What happens to the set of a table's indexes.
#[derive(Debug, Default)]
pub(crate) struct IndexesChange {
    pub(crate) creates: Vec<IndexSpec>,
    pub(crate) deletes: Vec<String>,
}

/// Judges index changes against the table as it stands (items 4 and 7 of the reference's section 3.1).
pub(crate) fn indexes_change(table: &Table, change: &IndexesChange, now: Millis) -> Result<(), ApiError> {
    if change.creates.len() + change.deletes.len() > 1 {
        return Err(ApiError::limit(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
        ));
    }
    for index in &change.creates {
        check_index_keys(index)?;
        check_projection(index)?;
        if table.spec.index(&index.name).is_some() {
            return Err(invalid(format!(
                "Attempting to create an index which already exists. Index: {}",
                index.name
            )));
        }
        if table.busy_index(now).is_some() {
            return Err(ApiError::limit(
                "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
            ));
        }
    }
    for name in &change.deletes {
        if table.spec.index(name).is_none() {
            return Err(ApiError::new(
                400,
                "ResourceNotFoundException",
                format!("Requested resource not found: Table: {} index: {name} not found", table.name),
            ));
        }
        match table.index_status(name, now) {
            ("ACTIVE", _) | ("CREATING", Some(true)) => {}
            _ => {
                return Err(ApiError::in_use(format!(
                    "Attempt to change a resource which is still in use: Index is being updated: {name}"
                )));
            }
        }
        if let Some(busy) = table.busy_index(now).filter(|busy| busy != name) {
            return Err(ApiError::limit(format!(
                "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table ({busy})"
            )));
        }
    }
    Ok(())
}

/// The refusal to delete a protected table, as users of AWS report it.
pub(crate) const PROTECTED: &str = "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.";

/// Judges a deletion.
pub(crate) fn delete(table: &Table, now: Millis) -> Result<(), ApiError> {
    if table.spec.deletion_protection {
        return Err(ApiError::invalid(PROTECTED));
    }
    match table.status(now) {
        "CREATING" => {
            return Err(ApiError::in_use(format!(
                "Attempt to change a resource which is still in use: Table is being created: {}",
                table.name
            )));
        }
        "UPDATING" if table.busy_index(now).is_none() => {
            return Err(ApiError::in_use(format!(
                "Attempt to change a resource which is still in use: Table is being updated: {}",
                table.name
            )));
        }
        _ => {}
    }
    if table.busy_index(now).is_some() {
        return Err(ApiError::in_use(
            "Cannot delete table while indexes are being created, updated, or deleted",
        ));
    }
    Ok(())
}
