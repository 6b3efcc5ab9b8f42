//! A table as its template would have to say it: the other direction of [`super::spec`].

use serde_json::{Map, Value, json};

use crate::state::table::Table;
use crate::state::table_spec::{IndexSpec, Key, Throughput, Warm};

impl Table {
    /// The properties of `AWS::DynamoDB::Table` that describe the table as it is.
    pub(crate) fn properties(&self) -> Value {
        let spec = &self.spec;
        let definitions = spec.attributes.iter();
        let mut all = json!({
            "TableName": self.name,
            "AttributeDefinitions": definitions
                .map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind }))
                .collect::<Vec<_>>(),
            "KeySchema": keys(&spec.keys),
            "BillingMode": if spec.pay_per_request { "PAY_PER_REQUEST" } else { "PROVISIONED" },
            "DeletionProtectionEnabled": spec.deletion_protection,
            "TableClass": spec.class.clone().unwrap_or_else(|| "STANDARD".to_owned()),
            "Tags": spec.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect::<Vec<_>>(),
            "TimeToLiveSpecification": match &self.ttl.attribute {
                Some(attribute) => json!({ "Enabled": true, "AttributeName": attribute }),
                None => json!({ "Enabled": false }),
            },
            "PointInTimeRecoverySpecification": {
                "PointInTimeRecoveryEnabled": spec.recovery.is_some_and(|recovery| recovery.enabled),
                "RecoveryPeriodInDays": spec.recovery.and_then(|recovery| recovery.days).unwrap_or(35),
            },
            "SSESpecification": { "SSEEnabled": self.kms_key.is_some() },
        });
        throughput(&mut all, spec.throughput, spec.on_demand.as_ref(), spec.warm);
        if let Some(view) = &spec.stream {
            all["StreamSpecification"] = json!({ "StreamViewType": view });
        }
        if let Some(sse) = spec.sse.as_ref().filter(|sse| sse.enabled) {
            all["SSESpecification"]["SSEType"] = json!("KMS");
            // A key is named in many ways; the template's is the one to compare with.
            if let Some(key) = &sse.key {
                all["SSESpecification"]["KMSMasterKeyId"] = json!(key);
            }
        }
        for (name, list) in
            [("GlobalSecondaryIndexes", &spec.indexes), ("LocalSecondaryIndexes", &spec.local_indexes)]
        {
            if !list.is_empty() {
                all[name] = list.iter().map(index).collect();
            }
        }
        for (name, value) in [
            ("ResourcePolicy", &spec.resource_policy),
            ("ContributorInsightsSpecification", &spec.insights),
            ("KinesisStreamSpecification", &spec.kinesis),
        ] {
            if let Some(value) = value {
                all[name] = value.clone();
            }
        }
        all
    }
}

fn keys(keys: &[Key]) -> Value {
    keys.iter().map(|key| json!({ "AttributeName": key.name, "KeyType": key.kind })).collect()
}

fn throughput(out: &mut Value, units: Option<Throughput>, limits: Option<&Value>, warm: Option<Warm>) {
    if let Some(Throughput { read, write }) = units {
        out["ProvisionedThroughput"] = json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write });
    }
    if let Some(limits) = limits {
        out["OnDemandThroughput"] = limits.clone();
    }
    if let Some(Warm { read, write }) = warm {
        let mut block = Map::new();
        for (name, units) in [("ReadUnitsPerSecond", read), ("WriteUnitsPerSecond", write)] {
            if let Some(units) = units {
                block.insert(name.to_owned(), json!(units));
            }
        }
        out["WarmThroughput"] = Value::Object(block);
    }
}

fn index(index: &IndexSpec) -> Value {
    let mut projection = json!({ "ProjectionType": index.projection });
    if !index.non_key.is_empty() {
        projection["NonKeyAttributes"] = json!(index.non_key);
    }
    let mut out =
        json!({ "IndexName": index.name, "KeySchema": keys(&index.keys), "Projection": projection });
    throughput(&mut out, index.throughput, index.on_demand.as_ref(), index.warm);
    if let Some(insights) = &index.insights {
        out["ContributorInsightsSpecification"] = insights.clone();
    }
    out
}
