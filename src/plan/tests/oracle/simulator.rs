//! Plays the steps of a plan: what DynamoDB and CloudFormation refuse of an update, and what it loses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tablewright_plan::{Action, Plan, PlanOptions, Verdict, Wait};

use crate::normal::{GLOBAL, Resource, TABLE};
use crate::resolve::{Facts, expanded, is_open};
use crate::side::Side;
use crate::tables::{INDEXES, STREAM, is_lower};

/// Returns what of the first step that fails would fail or be lost when the steps are deployed one after the other.
pub(crate) fn played(deployed: &Value, plan: &Plan, options: &PlanOptions) -> Vec<String> {
    // Where the values of one side are not known, those of what both have do not tell anything.
    let mut hidden = BTreeSet::new();
    if options.deployed_parameters.is_none() || options.wanted_parameters.is_none() {
        hidden.extend(deployed["Parameters"].as_object().into_iter().flat_map(|all| all.keys()).cloned());
    }
    let facts = |parameters| Facts { parameters, hidden: &hidden, pseudo: &options.pseudo_parameters };
    let mut before = Side::of(deployed, facts(options.deployed_parameters.as_ref()));
    let mut waiting: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (at, step) in plan.steps.iter().enumerate() {
        let after = Side::of(&step.template, facts(options.wanted_parameters.as_ref()));
        let mut fails = Vec::new();
        dangling(&expanded(&step.template, facts(options.wanted_parameters.as_ref())), &mut fails);
        update(&before, &after, options, plan, &mut fails);
        // What the last steps have begun must have been waited for.
        for (what, id) in
            begun(&before, &after).into_iter().filter(|(_, id)| !is_consented(id, plan, options))
        {
            if waiting.get(what).is_some_and(|tables| tables.contains(&id)) {
                fails.push(format!("{id}: the last change of its {what} is not waited for"));
            }
            waiting.entry(what).or_default().insert(id);
        }
        for wait in &step.waits {
            let (what, tables) = match wait {
                Wait::Indexes { tables } => ("indexes", tables),
                Wait::TimeToLive { tables } => ("time to live", tables),
                Wait::KinesisDestination { tables } => ("Kinesis stream", tables),
            };
            let begun = waiting.entry(what).or_default();
            begun.retain(|id| !tables.contains(id));
        }
        if !fails.is_empty() {
            let step = format!("step {} of {}", at + 1, plan.steps.len());
            return fails.iter().map(|fail| format!("{step}: {fail}")).collect();
        }
        before = after;
    }
    // UPDATE_COMPLETE arrives while an index is CREATING.
    let last = waiting.get("indexes").into_iter().flatten();
    last.map(|id| format!("the end: {id}: its indexes are not waited for")).collect()
}

/// The work of DynamoDB that goes on after the update.
fn begun(before: &Side, after: &Side) -> Vec<(&'static str, String)> {
    let mut begun = Vec::new();
    for (id, old, new) in tables(before, after) {
        let differs = |name: &str| old.get(name) != new.get(name);
        if INDEXES.iter().any(|(list, _)| old.names(list) != new.names(list)) {
            begun.push(("indexes", id.to_owned()));
        }
        if differs("TimeToLiveSpecification") {
            begun.push(("time to live", id.to_owned()));
        }
        if differs("KinesisStreamSpecification/StreamArn") && !old.get("KinesisStreamSpecification").is_null()
        {
            begun.push(("Kinesis stream", id.to_owned()));
        } else if differs("KinesisStreamSpecification/StreamArn") {
            begun.push(("Kinesis stream on", id.to_owned()));
        }
    }
    // Switching on only needs that switching off was waited for.
    begun
        .iter_mut()
        .filter(|(what, _)| *what == "Kinesis stream on")
        .for_each(|(what, _)| *what = "Kinesis stream");
    begun
}

fn tables<'a>(
    before: &'a Side,
    after: &'a Side,
) -> impl Iterator<Item = (&'a str, &'a Resource, &'a Resource)> {
    before.resources.iter().filter_map(|(id, old)| {
        let new = after.resources.get(id)?;
        (old.is_table() && new.is_table()).then_some((id.as_str(), old, new))
    })
}

/// Whether the loss or the replacement of the resource was consented to.
fn is_consented(id: &str, plan: &Plan, options: &PlanOptions) -> bool {
    let allows = |id: &str, verdict| options.allow.get(id).is_some_and(|worst| *worst >= verdict);
    plan.changes.iter().filter(|change| change.verdict >= Verdict::ReplacementKept).any(
        |change| match &change.action {
            Action::Move { from } if from == id => {
                allows(from, change.verdict) || allows(&change.logical_id, change.verdict)
            }
            _ => change.logical_id == id && allows(id, change.verdict),
        },
    )
}

fn update(before: &Side, after: &Side, options: &PlanOptions, plan: &Plan, fails: &mut Vec<String>) {
    for (id, old) in before.resources.iter().filter(|(_, old)| old.holds_data()) {
        let is_gone = after.resources.get(id).is_none_or(|new| new.kind != old.kind);
        let verdict =
            plan.changes.iter().filter(|change| change.logical_id == *id).map(|change| change.verdict).max();
        if is_gone && old.is_table() && !is_consented(id, plan, options) {
            fails.push(format!("{id} is removed without consent; the verdict is {verdict:?}"));
        }
    }
    for (id, old, new) in tables(before, after) {
        let is_known = !is_open(&old.written, &before.template) && !is_open(&new.written, &after.template);
        if is_consented(id, plan, options) || !is_known {
            continue;
        }
        let mut refuse = |text: &str| fails.push(format!("{id}: {text}"));
        replaced(old, new, &mut refuse);
        index_operations(old, new, &mut refuse);
        two_legs(old, new, &mut refuse);
        replicas(old, new, &mut refuse);
        scaling(id, before, after, old, new, &mut refuse);
        alone(id, before, after, &mut refuse);
    }
    valid(after, fails);
    let region = options.pseudo_parameters.region.as_deref();
    for (id, _, new) in tables(before, after).filter(|(_, _, new)| new.kind == GLOBAL) {
        if !is_open(&new.written, &after.template)
            && region.is_some_and(|region| !new.names("Replicas").contains(&region))
        {
            fails.push(format!("{id}: no replica in the Region of the stack"));
        }
    }
}

/// What every template must hold to, whatever is deployed.
pub(crate) fn valid(side: &Side, fails: &mut Vec<String>) {
    streams(side, fails);
    let mut names = BTreeMap::new();
    for (id, table) in side.resources.iter().filter(|(_, table)| table.is_table()) {
        if table.condition.is_some() {
            continue;
        }
        if table.get("TableName").as_str().is_some_and(|name| names.insert(name, id).is_some()) {
            fails.push(format!("{id}: two tables have one name"));
        }
        if is_open(&table.written, &side.template) {
            continue;
        }
        let mut refuse = |text: &str| fails.push(format!("{id}: {text}"));
        valid_table(table, &mut refuse);
        let places = side.scaled(id);
        if !places.is_empty() && !table.is_provisioned() {
            refuse("it scales on demand");
        }
    }
}

fn replaced(old: &Resource, new: &Resource, refuse: &mut dyn FnMut(&str)) {
    for name in [
        "TableName",
        "KeySchema",
        "LocalSecondaryIndexes",
        "ImportSourceSpecification",
        "MultiRegionConsistency",
    ] {
        if old.get(name) != new.get(name) {
            refuse(&format!("{name} changes"));
        }
    }
    for name in old.names("AttributeDefinitions") {
        let (was, is) = (&old.get("AttributeDefinitions")[name], &new.get("AttributeDefinitions")[name]);
        if !is.is_null() && was != is {
            refuse(&format!("the type of {name} changes"));
        }
    }
}

fn index_operations(old: &Resource, new: &Resource, refuse: &mut dyn FnMut(&str)) {
    let mut operations = 0;
    for (list, fixed) in INDEXES {
        let (was, is) = (old.names(list), new.names(list));
        operations += was.iter().filter(|name| !is.contains(name)).count();
        for name in is {
            let (before, after) = (&old.get(list)[name], &new.get(list)[name]);
            if before.is_null() {
                operations += 1;
                let is_watched =
                    new.get("Replicas").as_object().into_iter().flatten().any(|(region, replica)| {
                        let index = &replica["GlobalSecondaryIndexes"][name];
                        !old.get("Replicas")[region].is_null()
                            && index["ContributorInsightsSpecification"]["Enabled"] == "true"
                    });
                if is_watched || !after["ContributorInsightsSpecification"].is_null() {
                    refuse("insights on a new index: IndexStatus must be ACTIVE");
                }
            } else if is_lower(before, after) {
                refuse("warm throughput of an index decreases");
            } else if fixed.iter().any(|part| before[*part] != after[*part]) {
                refuse(&format!("index {name} is redefined in one update"));
            }
        }
    }
    let changed: Vec<&str> =
        ["SSESpecification", "TableClass", "DeletionProtectionEnabled", "WarmThroughput", STREAM]
            .into_iter()
            .filter(|name| old.get(name) != new.get(name))
            .filter(|name| *name != "WarmThroughput" || !new.get(name).is_null())
            .collect();
    if operations > 1 {
        refuse("more than one index is created or deleted");
    }
    if operations > 0 && !changed.is_empty() {
        refuse(&format!("an index operation together with {changed:?}"));
    }
    let switches = usize::from(old.get("BillingMode") != new.get("BillingMode"));
    let with_stream = switches > 0 && changed == [STREAM];
    if changed.len() + switches > 1 && !with_stream {
        refuse(&format!("more than one exclusive change: {changed:?} and billing {switches}"));
    }
}

/// In a round of index operations "nothing else in the stack changes", but index operations of other tables.
fn alone(id: &str, before: &Side, after: &Side, refuse: &mut dyn FnMut(&str)) {
    let (old, new) = (&before.resources[id], &after.resources[id]);
    if INDEXES.iter().all(|(list, _)| old.names(list) == new.names(list)) {
        return;
    }
    for (other, old) in &before.resources {
        let new = after.resources.get(other);
        if new.is_none_or(|new| !without_indexes(old).means(&without_indexes(new))) {
            refuse(&format!("an index operation together with a change of {other}"));
        }
    }
}

/// The resource without what an index operation changes of it.
fn without_indexes(of: &Resource) -> Resource {
    // That a warm throughput is no longer declared is no operation.
    let parts = ["GlobalSecondaryIndexes", "VectorIndexes", "AttributeDefinitions", "WarmThroughput"];
    let mut of = of.clone();
    if of.is_table() {
        // The settings that a replica has for an index come and go with it.
        let replicas = of.properties["Replicas"].as_object_mut().into_iter().flat_map(|all| all.values_mut());
        replicas.for_each(|replica| drop(replica.as_object_mut().and_then(|all| all.remove(parts[0]))));
        let table = of.properties.as_object_mut();
        table.into_iter().for_each(|table| table.retain(|part, _| !parts.contains(&part.as_str())));
    }
    of
}

fn two_legs(old: &Resource, new: &Resource, refuse: &mut dyn FnMut(&str)) {
    let ttl = |of: &Resource| of.written["TimeToLiveSpecification"].clone();
    let is_on = |of: &Resource| !of.get("TimeToLiveSpecification").is_null();
    if is_on(old) && ttl(old)["AttributeName"] != ttl(new)["AttributeName"] {
        refuse("time to live is active on a different attribute, or its name is missing");
    }
    if is_on(new) && ttl(new)["AttributeName"].is_null() {
        refuse("time to live without an attribute");
    }
    let arn = "KinesisStreamSpecification/StreamArn";
    if old.get(arn) != new.get(arn) && !old.get(arn).is_null() && !new.get(arn).is_null() {
        refuse("the Kinesis stream changes in one update");
    }
    if is_lower(&old.properties, &new.properties) {
        refuse("warm throughput decreases");
    }
}

fn replicas(old: &Resource, new: &Resource, refuse: &mut dyn FnMut(&str)) {
    if old.kind != GLOBAL {
        return;
    }
    let (was, is) = (old.names("Replicas"), new.names("Replicas"));
    let gone = was.iter().filter(|name| !is.contains(name)).count();
    let came: Vec<&&str> = is.iter().filter(|name| !was.contains(name)).collect();
    if gone + came.len() > 1 {
        refuse("more than one replica is added or removed");
    }
    if came.iter().any(|name| !new.get("Replicas")[**name]["ResourcePolicy"].is_null()) {
        refuse("a new replica with its ResourcePolicy");
    }
    if was
        .iter()
        .any(|name| !is.contains(name) && old.get("Replicas")[*name]["DeletionProtectionEnabled"] == "true")
    {
        refuse("a protected replica is removed");
    }
    let differs = |name: &str| old.get(name) != new.get(name);
    if differs(STREAM) && !old.get(STREAM).is_null() && was.len() > 1 {
        refuse("the stream changes while there are replicas");
    }
    let with = INDEXES.iter().any(|(list, _)| old.names(list) != new.names(list)) || differs("BillingMode");
    if gone + came.len() > 0 && (with || differs(STREAM) || differs("SSESpecification")) {
        refuse("a replica changes together with another exclusive change");
    }
}

fn scaling(
    id: &str,
    before: &Side,
    after: &Side,
    old: &Resource,
    new: &Resource,
    refuse: &mut dyn FnMut(&str),
) {
    let (was, is) = (before.scaled(id), after.scaled(id));
    if old.is_provisioned() && !new.is_provisioned() && !(was.is_empty() && is.is_empty()) {
        refuse("on demand while it scales");
    }
    if !old.is_provisioned() && new.is_provisioned() && !is.is_empty() {
        refuse("provisioned and scaled in one update");
    }
    let added = is.iter().filter(|place| !was.contains(place));
    for index in added.filter_map(|place| place.split_once("/index/")).map(|(_, index)| index) {
        if !new.get("GlobalSecondaryIndexes")[index].is_null()
            && old.get("GlobalSecondaryIndexes")[index].is_null()
        {
            refuse("an index scales that is being created");
        }
    }
}

/// `StreamArn` is there only where there is a stream.
fn streams(side: &Side, fails: &mut Vec<String>) {
    let used = side.template["Outputs"].to_string();
    for (id, table) in side.resources.iter().filter(|(_, table)| table.is_table()) {
        let is_read = used.contains(&format!("{{\"Fn::GetAtt\":[\"{id}\",\"StreamArn\"]}}"));
        if is_read && table.get("StreamSpecification").is_null() {
            fails.push(format!("{id}: an output has the ARN of a stream that is not there"));
        }
    }
}

/// What is "req" in an entry.
const REQUIRED: [(&str, &[&str]); 5] = [
    ("AttributeDefinitions", &["AttributeName", "AttributeType"]),
    ("GlobalSecondaryIndexes", &["IndexName", "KeySchema", "Projection"]),
    ("LocalSecondaryIndexes", &["IndexName", "KeySchema", "Projection"]),
    ("VectorIndexes", &["IndexName", "VectorAttribute", "Dimensions", "DistanceFunction", "Projection"]),
    ("Replicas", &["Region"]),
];

fn valid_table(table: &Resource, refuse: &mut dyn FnMut(&str)) {
    for (list, parts) in REQUIRED {
        let entries = table.get(list).as_object().into_iter().flat_map(|list| list.values());
        if entries.into_iter().any(|entry| parts.iter().any(|part| entry[*part].is_null())) {
            refuse(&format!("{list} without one of {parts:?}"));
        }
    }
    if table.get("KeySchema").is_null() {
        refuse("no KeySchema");
    }
    let mut used = BTreeSet::new();
    let local = table.get("LocalSecondaryIndexes");
    for list in [table.get("GlobalSecondaryIndexes"), local, table.get("VectorIndexes")] {
        for index in list.as_object().into_iter().flat_map(|list| list.values()) {
            let keys =
                ["KeySchema", "SearchSchema"].iter().filter_map(|name| index[*name].as_array()).flatten();
            used.extend(keys.filter_map(|key| key["AttributeName"].as_str()));
        }
    }
    let keys = table.get("KeySchema").as_array().into_iter().flatten();
    used.extend(keys.filter_map(|key| key["AttributeName"].as_str()));
    let defined: BTreeSet<&str> = table.names("AttributeDefinitions").into_iter().collect();
    if used != defined {
        refuse(&format!("AttributeDefinitions {defined:?} are not those of the keys {used:?}"));
    }
    for list in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes", "VectorIndexes"] {
        if table.written[list].as_array().is_some_and(Vec::is_empty) {
            refuse(&format!("{list} is empty"));
        }
    }
    let indexes =
        || table.get("GlobalSecondaryIndexes").as_object().into_iter().flat_map(|list| list.values());
    if table.kind == TABLE {
        let throughput = [table.get("ProvisionedThroughput")]
            .into_iter()
            .chain(indexes().map(|index| &index["ProvisionedThroughput"]));
        if throughput.clone().any(|units| units.is_null() == table.is_provisioned()) {
            refuse("BillingMode and ProvisionedThroughput do not fit");
        }
    } else if table.is_provisioned() {
        let settings = "WriteProvisionedThroughputSettings";
        if table.get(settings).is_null() || indexes().any(|index| index[settings].is_null()) {
            refuse("a provisioned global table must scale writes");
        }
    }
    if table.is_provisioned()
        && !(table.get("VectorIndexes").is_null() && table.get("OnDemandThroughput").is_null())
    {
        refuse("vector indexes or on-demand caps on a provisioned table");
    }
    if indexes().count() > 20 {
        refuse("more than 20 indexes");
    }
    if table.kind == GLOBAL {
        valid_global(table, refuse);
    }
}

fn valid_global(table: &Resource, refuse: &mut dyn FnMut(&str)) {
    let replicas = table.names("Replicas");
    if replicas.is_empty() {
        refuse("no replica");
    }
    let is_strong = table.get("MultiRegionConsistency") == "STRONG";
    if replicas.len() > 1
        && !is_strong
        && table.get("StreamSpecification/StreamViewType") != "NEW_AND_OLD_IMAGES"
    {
        refuse("several replicas without the stream");
    }
    let keyed =
        replicas.iter().filter(|name| !table.get("Replicas")[**name]["SSESpecification"].is_null()).count();
    if keyed != 0 && keyed != replicas.len() {
        refuse("KMSMasterKeyId must be specified for each replica");
    }
    if keyed != 0 && table.get("SSESpecification").is_null() {
        refuse("a key without SSESpecification");
    }
}

/// References to what the template does not have: CloudFormation refuses it.
pub(crate) fn dangling(template: &Value, fails: &mut Vec<String>) {
    let has = |section: &str, name: &str| template[section].get(name).is_some();
    let mut missing = Vec::new();
    let mut check = |name: &str| {
        let first = name.split('.').next().unwrap_or_default();
        if !first.starts_with("AWS::") && !has("Resources", first) && !has("Parameters", first) {
            missing.push(format!("{first} is referred to, and not there"));
        }
    };
    references(&template["Resources"], &mut check);
    references(&template["Outputs"], &mut check);
    references(&template["Conditions"], &mut check);
    fails.append(&mut missing);
    let mut names = Vec::new();
    conditions(template, &mut names);
    for name in names.iter().filter(|name| !has("Conditions", name)) {
        fails.push(format!("condition {name} is not there"));
    }
}

/// The names of the conditions in use.
fn conditions(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| conditions(item, names)),
        Value::Object(entries) => {
            for (name, inside) in entries {
                let used = match name.as_str() {
                    "Condition" => inside.as_str(),
                    "Fn::If" => inside[0].as_str(),
                    _ => None,
                };
                names.extend(used.map(str::to_owned));
                conditions(inside, names);
            }
        }
        _ => {}
    }
}

fn references(value: &Value, check: &mut dyn FnMut(&str)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, check)),
        Value::Object(entries) => {
            for (name, inside) in entries {
                match (name.as_str(), inside) {
                    ("Ref", Value::String(name)) => check(name),
                    ("Fn::GetAtt", Value::String(name)) => check(name),
                    ("Fn::GetAtt", Value::Array(parts)) => check(parts[0].as_str().unwrap_or_default()),
                    ("Fn::Sub", Value::String(pattern)) => {
                        for part in pattern.split("${").skip(1) {
                            check(part.split('}').next().unwrap_or_default());
                        }
                    }
                    _ => references(inside, check),
                }
            }
        }
        _ => {}
    }
}
