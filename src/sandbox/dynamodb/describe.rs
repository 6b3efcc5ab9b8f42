//! A table as DescribeTable, DescribeTimeToLive and DescribeContinuousBackups show it.

use serde_json::{Map, Value, json};

use super::spec::on_demand;
use crate::clock::Millis;
use crate::state::table::{Replica, Table};
use crate::state::table_spec::{IndexSpec, Key, Throughput, Warm};

impl Table {
    /// The table's description in the answers of DescribeTable, CreateTable, UpdateTable and DeleteTable.
    pub(crate) fn describe(&self, now: Millis) -> Value {
        let spec = &self.spec;
        let mut body = json!({
            "AttributeDefinitions": spec.attributes.iter()
                .map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind })).collect::<Vec<_>>(),
            "CreationDateTime": seconds(self.created),
            "DeletionProtectionEnabled": spec.deletion_protection,
            "ItemCount": 0,
            "KeySchema": keys(&spec.keys),
            "ProvisionedThroughput": throughput(spec.throughput),
            "TableArn": self.arn,
            "TableId": self.id,
            "TableName": self.name,
            "TableSizeBytes": 0,
            "TableStatus": self.status(now),
        });
        if let Some(since) = self.pay_per_request_since {
            let mode = if spec.pay_per_request { "PAY_PER_REQUEST" } else { "PROVISIONED" };
            body["BillingModeSummary"] = json!({ "BillingMode": mode });
            if now >= self.active_at {
                body["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = seconds(since);
            }
        }
        if let Some(limits) = &spec.on_demand {
            body["OnDemandThroughput"] = on_demand(limits);
        }
        if let Some(class) = &spec.class {
            body["TableClassSummary"] = json!({ "TableClass": class });
            if let Some(at) = self.class_changed {
                body["TableClassSummary"]["LastUpdateDateTime"] = seconds(at);
            }
        }
        if let (Some(view), Some(label), Some(arn)) = (&spec.stream, &self.stream_label, self.stream_arn()) {
            body["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": view });
            body["LatestStreamLabel"] = json!(label);
            body["LatestStreamArn"] = json!(arn);
        }
        if let Some(key) = &self.kms_key {
            let status = if now < self.updating_until { "UPDATING" } else { "ENABLED" };
            body["SSEDescription"] = json!({ "Status": status, "SSEType": "KMS", "KMSMasterKeyArn": key });
        }
        self.add_replicas(&mut body, now);
        if let Some(warm) = self.warm(spec.throughput, spec.warm, now) {
            body["WarmThroughput"] = warm;
        }
        if !spec.indexes.is_empty() {
            body["GlobalSecondaryIndexes"] =
                spec.indexes.iter().map(|index| self.describe_index(index, now)).collect();
        }
        if !spec.local_indexes.is_empty() {
            body["LocalSecondaryIndexes"] =
                spec.local_indexes.iter().map(|index| self.index_body(index)).collect();
        }
        body
    }

    fn add_replicas(&self, body: &mut Value, now: Millis) {
        let replica_body = |(region, replica): (&String, &Replica)| json!({ "RegionName": region, "ReplicaStatus": replica.status(now) });
        if !self.replicas.is_empty() {
            body["GlobalTableVersion"] = json!("2019.11.21");
            body["Replicas"] = self.replicas.iter().map(replica_body).collect();
        }
        if let Some(consistency) = &self.consistency {
            body["MultiRegionConsistency"] = json!(consistency);
        }
    }

    fn describe_index(&self, index: &IndexSpec, now: Millis) -> Value {
        let (status, backfilling) = self.index_status(&index.name, now);
        let mut body = self.index_body(index);
        body["IndexStatus"] = json!(status);
        body["ProvisionedThroughput"] = throughput(index.throughput);
        if let Some(backfilling) = backfilling {
            body["Backfilling"] = json!(backfilling);
        }
        if let Some(limits) = &index.on_demand {
            body["OnDemandThroughput"] = on_demand(limits);
        }
        if status == "ACTIVE"
            && let Some(warm) = self.warm(index.throughput, index.warm, now)
        {
            body["WarmThroughput"] = warm;
        }
        body
    }

    fn index_body(&self, index: &IndexSpec) -> Value {
        let mut projection = json!({ "ProjectionType": index.projection });
        if !index.non_key.is_empty() {
            let mut names = index.non_key.clone();
            names.sort();
            projection["NonKeyAttributes"] = json!(names);
        }
        json!({
            "IndexArn": format!("{}/index/{}", self.arn, index.name),
            "IndexName": index.name,
            "IndexSizeBytes": 0,
            "ItemCount": 0,
            "KeySchema": keys(&index.keys),
            "Projection": projection,
        })
    }

    /// Warm throughput: as requested, or the billing mode's default. A table in creation shows it only if requested.
    fn warm(&self, provisioned: Option<Throughput>, asked: Option<Warm>, now: Millis) -> Option<Value> {
        let creating = now < self.active_at;
        if creating && asked.is_none() {
            return None;
        }
        let given = match provisioned {
            Some(Throughput { read, write }) if !self.spec.pay_per_request => (read, write),
            _ => (12_000, 4_000),
        };
        let read = asked.and_then(|warm| warm.read).unwrap_or(given.0);
        let write = asked.and_then(|warm| warm.write).unwrap_or(given.1);
        let status = if creating { "UPDATING" } else { "ACTIVE" };
        Some(json!({ "ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": status }))
    }

    /// DescribeTimeToLive's body.
    pub(crate) fn describe_ttl(&self) -> Value {
        match &self.ttl.attribute {
            Some(attribute) => json!({ "TimeToLiveStatus": "ENABLED", "AttributeName": attribute }),
            None => json!({ "TimeToLiveStatus": "DISABLED" }),
        }
    }

    /// DescribeContinuousBackups' body.
    pub(crate) fn describe_recovery(&self, now: Millis) -> Value {
        let recovery = match (self.spec.recovery, self.recovery_since) {
            (Some(recovery), Some(since)) if recovery.enabled => json!({
                "PointInTimeRecoveryStatus": "ENABLED",
                "RecoveryPeriodInDays": recovery.days.unwrap_or(35),
                "EarliestRestorableDateTime": seconds(since),
                "LatestRestorableDateTime": seconds(now),
            }),
            _ => json!({ "PointInTimeRecoveryStatus": "DISABLED" }),
        };
        json!({ "ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery })
    }
}

fn keys(keys: &[Key]) -> Value {
    keys.iter().map(|key| json!({ "AttributeName": key.name, "KeyType": key.kind })).collect()
}

fn throughput(units: Option<Throughput>) -> Value {
    let (read, write) = units.map_or((0, 0), |units| (units.read, units.write));
    let mut body = Map::new();
    body.insert("NumberOfDecreasesToday".to_owned(), json!(0));
    body.insert("ReadCapacityUnits".to_owned(), json!(read));
    body.insert("WriteCapacityUnits".to_owned(), json!(write));
    Value::Object(body)
}

/// A timestamp as DynamoDB writes it: seconds with a fraction.
pub(crate) fn seconds(millis: Millis) -> Value {
    json!(millis as f64 / 1_000.0)
}
