//! The rules of changes of a table.

use std::collections::BTreeSet;

use serde_json::Value;
use tablewright_plan::Verdict;

use crate::normal::{GLOBAL, Resource};
use crate::oracle::Claims;

use Verdict::{DataLoss, InPlace, InPlaceWithRisk, Refused, Staged};

/// What CloudFormation makes a new table for.
const REPLACING: [(&str, &str); 5] = [
    ("TableName", "schema: TableName is createOnly"),
    ("KeySchema", "CloudFormation docs: KeySchema: replacement"),
    ("LocalSecondaryIndexes", "DynamoDB docs: local indexes exist only from creation"),
    ("ImportSourceSpecification", "schema: ImportSourceSpecification is createOnly"),
    ("GlobalTableSourceArn", "schema: GlobalTableSourceArn is conditionalCreateOnly"),
];

/// Settings of a table that change in place, with the range of the verdict.
const SETTINGS: [(&str, Verdict, Verdict, &str); 13] = [
    ("Tags", InPlace, InPlace, "CloudFormation docs: no interruption"),
    (
        "TableClass",
        InPlace,
        InPlaceWithRisk,
        "CloudFormation docs: no interruption; DynamoDB docs: two changes in 30 days",
    ),
    ("ContributorInsightsSpecification", InPlace, InPlaceWithRisk, "CloudFormation docs: no interruption"),
    ("ResourcePolicy", InPlace, InPlaceWithRisk, "CloudFormation docs: no interruption"),
    ("OnDemandThroughput", InPlace, InPlaceWithRisk, "UpdateTable: OnDemandThroughput"),
    ("ProvisionedThroughput", InPlace, InPlaceWithRisk, "CloudFormation docs: no interruption"),
    (
        "WriteProvisionedThroughputSettings",
        InPlace,
        InPlaceWithRisk,
        "UpdateTable: the writes of a global table",
    ),
    (
        "BillingMode",
        InPlaceWithRisk,
        Staged,
        "UpdateTable: BillingMode, four switches to on-demand in 24 hours",
    ),
    ("SSESpecification", InPlace, InPlaceWithRisk, "UpdateTable: SSESpecification, four changes in 24 hours"),
    ("DeletionProtectionEnabled", InPlace, InPlaceWithRisk, "a safeguard is turned on or off"),
    ("PointInTimeRecoverySpecification", InPlace, InPlaceWithRisk, "a safeguard is turned on or off"),
    ("StreamSpecification/StreamViewType", InPlace, Staged, "CloudFormation docs: the stream is replaced"),
    (
        "StreamSpecification/ResourcePolicy",
        InPlace,
        InPlaceWithRisk,
        "schema: the stream has a policy of its own",
    ),
];

/// Settings that UpdateTable takes alone: `modification must be the only operation in the request`.
const EXCLUSIVE: [&str; 8] = [
    "SSESpecification",
    "TableClass",
    "DeletionProtectionEnabled",
    "WarmThroughput",
    "StreamSpecification/StreamViewType",
    "BillingMode",
    "ProvisionedThroughput",
    "Replicas",
];

/// The index lists that updates of a table can change, with the parts of an index that are fixed.
pub(crate) const INDEXES: [(&str, &[&str]); 2] = [
    ("GlobalSecondaryIndexes", &["KeySchema", "Projection"]),
    ("VectorIndexes", &["VectorAttribute", "Dimensions", "DistanceFunction", "SearchSchema", "Projection"]),
];

pub(crate) const STREAM: &str = "StreamSpecification/StreamViewType";

impl Claims<'_> {
    pub(crate) fn tables(&mut self, id: &str, old: &Resource, new: &Resource) {
        let is_open = self.is_open(old, new);
        let from = self.list.len();
        for (name, why) in REPLACING {
            if old.get(name) != new.get(name) {
                self.replaced(id, old, new, why);
            }
        }
        if old.get("MultiRegionConsistency") != new.get("MultiRegionConsistency") {
            self.claim(id, Refused, Refused, "DynamoDB docs: the consistency mode is fixed at creation");
        }
        self.key_types(id, old, new);
        let operations = self.indexes(id, old, new);
        let exclusive = EXCLUSIVE.iter().filter(|name| is_exclusive(name, old, new)).count();
        if is_open && operations + exclusive > 1 {
            self.claim(id, InPlace, DataLoss, "how many index changes these are is not known");
        } else if operations > 1 {
            self.claim(
                id,
                Staged,
                Staged,
                "Cannot perform more than one GSI creation or deletion in a single update",
            );
        } else if exclusive > 1 || (operations > 0 && exclusive > 0) {
            self.claim(id, Staged, Staged, "modification must be the only operation in the request");
        }
        for (name, least, most, why) in SETTINGS {
            if old.get(name) != new.get(name) {
                self.claim(id, if is_open { Verdict::None } else { least }, most, why);
            }
        }
        self.risks(id, old, new);
        self.legs(id, old, new);
        self.replicas(id, old, new);
        if self.list.len() == from && old.properties != new.properties {
            self.claim(id, Verdict::None, InPlaceWithRisk, "another setting");
        }
        // Whether what is not known is such a change cannot be told.
        for claim in self.list[from..].iter_mut().filter(|_| is_open) {
            claim.most = DataLoss;
            claim.least = match claim.least {
                Staged => InPlaceWithRisk,
                InPlace => Verdict::None,
                least => least,
            };
        }
    }

    /// With an explicit name the replacement is refused, with a generated one it is executed.
    fn replaced(&mut self, id: &str, old: &Resource, new: &Resource, why: &'static str) {
        let name = old.get("TableName");
        if !name.is_null() && name == new.get("TableName") {
            self.claim(id, Refused, Refused, why);
        } else {
            self.lost(id, old, &[&old.replacement, &new.replacement], why);
        }
    }

    /// The type of an attribute that both sides have cannot change; that of an index key can where no index uses it meanwhile.
    fn key_types(&mut self, id: &str, old: &Resource, new: &Resource) {
        for name in old.names("AttributeDefinitions") {
            let kind = |of: &Resource| of.get("AttributeDefinitions")[name]["AttributeType"].clone();
            if kind(new).is_null() || kind(old) == kind(new) {
                continue;
            }
            if of_keys(old).contains(name) && of_keys(new).contains(name) {
                self.replaced(
                    id,
                    old,
                    new,
                    "CloudFormation docs: AttributeDefinitions: an edited definition of a key",
                );
            } else {
                let same = INDEXES.iter().any(|(list, _)| {
                    let uses = |of: &Resource, index: &str| uses(&of.get(list)[index], name);
                    old.names(list).into_iter().any(|index| uses(old, index) && uses(new, index))
                });
                let is_consented = self.options.redefine_indexes.contains(id);
                let least = if same && !is_consented { Refused } else { Staged };
                self.claim(id, least, least, "the type of an index key changes only while no index uses it");
            }
        }
    }

    /// Returns the count of creations and deletions.
    fn indexes(&mut self, id: &str, old: &Resource, new: &Resource) -> usize {
        let mut operations = 0;
        for (list, fixed) in INDEXES {
            let (was, is) = (old.names(list), new.names(list));
            for name in &is {
                let (before, after) = (&old.get(list)[*name], &new.get(list)[*name]);
                if !was.contains(name) {
                    operations += 1;
                    let replicas = new.get("Replicas").as_object().into_iter().flatten();
                    let is_watched = replicas
                        .filter(|(region, _)| old.names("Replicas").contains(&region.as_str()))
                        .any(|(_, replica)| {
                            let index = &replica["GlobalSecondaryIndexes"][*name];
                            index["ContributorInsightsSpecification"]["Enabled"] == "true"
                        });
                    let has_insights = is_watched || !after["ContributorInsightsSpecification"].is_null();
                    let least = if has_insights { Staged } else { InPlace };
                    self.claim(
                        id,
                        least,
                        Staged,
                        "an index is created; IndexStatus must be ACTIVE to enable ContributorInsights",
                    );
                } else if fixed.iter().any(|part| before[*part] != after[*part]) {
                    operations += 2;
                    let is_consented = self.options.redefine_indexes.contains(id);
                    let least = if is_consented { Staged } else { Refused };
                    self.claim(
                        id,
                        least,
                        least,
                        "Cannot update GSI's properties other than Provisioned Throughput",
                    );
                } else if is_lower(before, after) {
                    self.claim(id, Refused, Refused, "decreasing WarmThroughput is not supported");
                } else if before != after {
                    self.claim(
                        id,
                        Verdict::None,
                        InPlaceWithRisk,
                        "CloudFormation docs: index throughput and insights: no interruption",
                    );
                }
            }
            for _ in was.iter().filter(|name| !is.contains(name)) {
                operations += 1;
                self.claim(id, InPlace, Staged, "an index is deleted");
            }
        }
        operations
    }

    /// Changes in place with a risk that the pages name.
    fn risks(&mut self, id: &str, old: &Resource, new: &Resource) {
        let gone = |name: &str| !old.get(name).is_null() && new.get(name).is_null();
        let differs = |name: &str| old.get(name) != new.get(name);
        for (holds, why) in [
            (gone("DeletionProtectionEnabled"), "deletion protection is turned off"),
            (gone("PointInTimeRecoverySpecification"), "point-in-time recovery is turned off"),
            (
                !old.get(STREAM).is_null() && differs(STREAM),
                "consumers of the old stream lose unread records",
            ),
            (differs("SSESpecification/KMSMasterKeyId"), "the encryption key changes"),
        ] {
            if holds {
                self.claim(id, InPlaceWithRisk, Staged, why);
            }
        }
        if differs("WarmThroughput") {
            if is_lower(&old.properties, &new.properties) {
                self.claim(id, Refused, Refused, "decreasing WarmThroughput is not supported");
            } else {
                self.claim(
                    id,
                    Verdict::None,
                    InPlaceWithRisk,
                    "warm throughput is raised, or no longer declared",
                );
            }
        }
    }

    /// Changes of two steps.
    fn legs(&mut self, id: &str, old: &Resource, new: &Resource) {
        let attribute = "TimeToLiveSpecification/AttributeName";
        let ttl = "TimeToLiveSpecification";
        let is_named = !new.written[ttl]["AttributeName"].is_null();
        if !old.get(ttl).is_null() && old.get(ttl) != new.get(ttl) {
            let other = new.written.pointer(&format!("/{attribute}"))
                != old.written.pointer(&format!("/{attribute}"));
            let other = if new.get(ttl).is_null() { !is_named || other } else { other };
            let least = if other { Staged } else { InPlaceWithRisk };
            let is_literal = new.written[ttl]["AttributeName"].is_string() || new.get(ttl).is_null();
            // aws-cdk#25655: the block stays, with the attribute and `Enabled: false`.
            let most = if is_named && !(other && new.get(ttl).is_null()) { Staged } else { Refused };
            self.claim(
                id,
                if is_literal { least } else { Verdict::None },
                most,
                "TimeToLive is active on a different AttributeName, or AttributeName is required",
            );
        } else if old.get(ttl) != new.get(ttl) {
            self.claim(id, InPlace, InPlaceWithRisk, "CloudFormation docs: time to live on: no interruption");
        }
        let arn = "KinesisStreamSpecification/StreamArn";
        match (old.get(arn), new.get(arn)) {
            (old_arn, new_arn) if old_arn == new_arn => {
                if old.get("KinesisStreamSpecification") != new.get("KinesisStreamSpecification") {
                    self.claim(
                        id,
                        Verdict::None,
                        Staged,
                        "CloudFormation docs: the precision: no interruption",
                    );
                }
            }
            (Value::Null, _) | (_, Value::Null) => {
                self.claim(id, InPlace, InPlaceWithRisk, "CloudFormation docs: no interruption");
            }
            _ => self.claim(id, Staged, Staged, "EnableKinesisStreamingDestination must be DISABLED"),
        }
        let (was, is) = (old.is_provisioned(), new.is_provisioned());
        let has_vectors = |of: &Resource| !of.names("VectorIndexes").is_empty();
        // A provisioned table must switch first, and a table with a vector index cannot become provisioned.
        if was != is && (has_vectors(old) || has_vectors(new)) {
            // KNOWN: the planner refuses the switch where scaling is added with it.
            let most = if self.after.scaled(id).is_empty() { Staged } else { Refused };
            self.claim(id, Staged, most, "DynamoDB docs: vector indexes are for on-demand tables");
        }
        if was && !is && !self.before.scaled(id).is_empty() {
            self.claim(id, Staged, Staged, "scaling resources go before the switch to on-demand");
        } else if !was && is && !self.after.scaled(id).is_empty() {
            self.claim(id, Staged, Staged, "aws-cdk#16302: scaling comes after the switch to provisioned");
        }
    }

    /// One replica is added or removed an update; the stack's own cannot be removed; the stream changes with one replica.
    fn replicas(&mut self, id: &str, old: &Resource, new: &Resource) {
        if old.kind != GLOBAL {
            return;
        }
        let (was, is) = (old.names("Replicas"), new.names("Replicas"));
        if was.iter().chain(&is).any(|region| region.starts_with('{')) {
            return self.claim(id, Verdict::None, DataLoss, "which replicas there are is not known");
        }
        let gone: Vec<&&str> = was.iter().filter(|name| !is.contains(name)).collect();
        let came: Vec<&&str> = is.iter().filter(|name| !was.contains(name)).collect();
        let protected =
            gone.iter().any(|name| old.get("Replicas")[**name]["DeletionProtectionEnabled"] == "true");
        let most = if protected { Refused } else { Staged };
        if gone.len() + came.len() > 1 {
            self.claim(id, Staged, most, "CloudFormation docs: one replica is added or removed an update");
        } else if gone.len() + came.len() > 0 {
            self.claim(id, InPlace, most, "CloudFormation docs: a replica is added or removed");
        }
        if !gone.is_empty() {
            // The deletion of what is protected fails; its protection is turned off in an own update.
            let least = if protected { Staged } else { InPlaceWithRisk };
            self.claim(id, least, most, "a replica is removed");
        }
        // Where the Region of the stack is not known, it is one of those that were.
        let own = self.options.pseudo_parameters.region.as_deref();
        let all_gone = !gone.is_empty() && gone.len() == was.len();
        let own_gone = own.is_some_and(|own| was.contains(&own) && !is.contains(&own));
        if (all_gone || own_gone) && !self.is_open(old, new) {
            self.claim(
                id,
                Refused,
                Refused,
                "CloudFormation docs: the replica in the stack's Region cannot be removed",
            );
        }
        if came.iter().any(|name| !new.get("Replicas")[**name]["ResourcePolicy"].is_null()) {
            self.claim(id, Staged, Staged, "aws-cdk#30705: a new replica together with its ResourcePolicy");
        }
        let has_changed = old.get(STREAM) != new.get(STREAM);
        if !came.is_empty() && has_changed {
            self.claim(
                id,
                Staged,
                Staged,
                "the stream changes only with one replica: before a second one comes",
            );
        }
        if has_changed && !old.get(STREAM).is_null() && was.len() > 1 {
            let least =
                if is.iter().filter(|name| was.contains(name)).count() > 1 { Refused } else { Staged };
            self.claim(id, least, Refused, "the stream changes only with one replica");
        }
        self.kept_replicas(id, old, new);
    }

    fn kept_replicas(&mut self, id: &str, old: &Resource, new: &Resource) {
        let (was, is) = (old.names("Replicas"), new.names("Replicas"));
        for name in was.iter().filter(|name| is.contains(name)) {
            let (before, after) = (&old.get("Replicas")[*name], &new.get("Replicas")[*name]);
            let off = ["DeletionProtectionEnabled", "PointInTimeRecoverySpecification"];
            if off.iter().any(|part| !before[*part].is_null() && after[*part].is_null()) {
                self.claim(id, InPlaceWithRisk, Staged, "protection or recovery of a replica is turned off");
            }
            if before != after {
                self.claim(id, InPlace, Staged, "settings of a replica");
            }
        }
    }
}

fn is_exclusive(name: &str, old: &Resource, new: &Resource) -> bool {
    match name {
        "Replicas" => old.names(name) != new.names(name),
        // A stream is accepted together with a switch to on-demand, capacity is a part of the switch; a removed
        // warm throughput is no operation.
        "StreamSpecification/StreamViewType" | "ProvisionedThroughput" => {
            old.get(name) != new.get(name) && old.get("BillingMode") == new.get("BillingMode")
        }
        "WarmThroughput" => old.get(name) != new.get(name) && !new.get(name).is_null(),
        _ => old.get(name) != new.get(name),
    }
}

/// Whether the warm throughput of a table or of an index would decrease.
pub(crate) fn is_lower(old: &Value, new: &Value) -> bool {
    ["ReadUnitsPerSecond", "WriteUnitsPerSecond"].iter().any(|name| {
        let units =
            |of: &Value| of["WarmThroughput"][*name].as_str().and_then(|units| units.parse::<u64>().ok());
        units(new).is_some_and(|new| units(old) > Some(new))
    })
}

/// The attributes of the table's key and of its local indexes.
fn of_keys(table: &Resource) -> BTreeSet<&str> {
    let local = table.get("LocalSecondaryIndexes").as_object().into_iter().flatten();
    let schemas = local.map(|(_, index)| &index["KeySchema"]).chain([table.get("KeySchema")]);
    schemas
        .flat_map(|schema| schema.as_array().into_iter().flatten())
        .filter_map(|key| key["AttributeName"].as_str())
        .collect()
}

/// Whether a part of the key of the index is the attribute.
fn uses(index: &Value, attribute: &str) -> bool {
    let keys = ["KeySchema", "SearchSchema"].iter().filter_map(|schema| index[*schema].as_array()).flatten();
    keys.into_iter().any(|key| key["AttributeName"] == attribute)
}
