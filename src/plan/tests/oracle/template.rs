//! The templates of the stacks that the generator makes.

use serde_json::{Map, Value, json};

use crate::model::{Encryption, Index, Kind, Other, Resource, Stack, Table, Vector};
use crate::normal::{APPLICATION, BUCKET, GLOBAL, KEY, KINESIS, SIMPLE, STACK, TABLE};
use crate::resolve::text;

/// A key of the stack: its logical id and its condition.
type Key<'a> = (&'a str, Option<&'static str>);

impl Stack {
    /// The keys of the stack, in order.
    pub(crate) fn keys(&self) -> Vec<Key<'_>> {
        let keys = self.others.iter().filter(|other| matches!(other.what, Other::Key { .. }));
        keys.map(|key| (key.id.as_str(), key.condition)).collect()
    }

    pub(crate) fn template(&self) -> Value {
        let mut resources = Map::new();
        for other in &self.others {
            resources.insert(other.id.clone(), other.resource());
        }
        for table in &self.tables {
            resources.insert(table.id.clone(), table.resource(&self.keys()));
            table.scaling_resources(&mut resources);
        }
        if let Some((table, ids)) = &self.looped {
            let collection = if ids.len() == 2 { json!({ "Ref": "LoopIds" }) } else { json!(ids) };
            resources.insert(
                "Fn::ForEach::Tables".to_owned(),
                json!(["Id", collection, { "Loop${Id}": table.resource(&self.keys()) }]),
            );
        }
        let is_serverless =
            resources.values().any(|resource| text(&resource["Type"]).starts_with("AWS::Serverless"));
        let outputs = self.outputs.iter().filter_map(|(name, (id, export))| {
            let table = self.tables.iter().find(|table| table.id == *id)?;
            let mut output = json!({ "Value": { "Ref": id } });
            if table.stream.is_some() && table.kind != Kind::Simple {
                output["Value"] = json!({ "Fn::GetAtt": [id, "StreamArn"] });
            }
            if let Some(export) = export {
                output["Export"] = json!({ "Name": format!("export-{export}") });
            }
            if let Some(condition) = table.condition {
                output["Condition"] = json!(condition);
            }
            Some((name.clone(), output))
        });
        let mut template = json!({
            "Description": format!("stack {}", self.description),
            "Parameters": { "Stage": { "Type": "String", "Default": "dev" } },
            "Conditions": {
                "IsProd": { "Fn::Equals": [{ "Ref": "Stage" }, "prod"] },
                "IsDev": { "Fn::Not": [{ "Condition": "IsProd" }] },
            },
            "Outputs": outputs.collect::<Map<_, _>>(),
            "Resources": resources,
        });
        if is_serverless {
            template["Transform"] = json!("AWS::Serverless-2016-10-31");
        }
        if self.looped.is_some() {
            template["Transform"] = json!("AWS::LanguageExtensions");
            template["Parameters"]["LoopIds"] = json!({ "Type": "CommaDelimitedList", "Default": "A,B" });
        }
        template
    }
}

fn attributes(
    resource: &mut Value,
    deletion: Option<&str>,
    replacement: Option<&str>,
    condition: Option<&str>,
) {
    for (name, value) in
        [("DeletionPolicy", deletion), ("UpdateReplacePolicy", replacement), ("Condition", condition)]
    {
        if let Some(value) = value {
            resource[name] = json!(value);
        }
    }
}

impl Resource {
    fn resource(&self) -> Value {
        let (kind, properties) = match &self.what {
            Other::Key { enabled, policy, window, tag } => {
                let mut properties = json!({
                    "KeyPolicy": { "Version": "2012-10-17", "Statement": [statement(*policy)] },
                    "Tags": [{ "Key": "n", "Value": tag.to_string() }],
                });
                enabled.inspect(|enabled| properties["Enabled"] = json!(enabled));
                window.inspect(|window| properties["PendingWindowInDays"] = json!(window));
                (KEY, properties)
            }
            Other::Bucket { name, tag } => {
                let mut properties = json!({ "Tags": [{ "Key": "n", "Value": tag.to_string() }] });
                name.inspect(|name| properties["BucketName"] = json!(format!("bucket-{name}")));
                (BUCKET, properties)
            }
            Other::Foo { value } => ("AWS::Foo::Bar", json!({ "Value": value })),
            Other::Kinesis { hours } => (KINESIS, json!({ "RetentionPeriodHours": hours })),
            Other::Nested { url, .. } => (STACK, json!({ "TemplateURL": format!("https://s3.test/{url}") })),
            Other::Application { location } => {
                (APPLICATION, json!({ "Location": format!("https://s3.test/app/{location}") }))
            }
            Other::Module { value } => ("X::Y::Z::MODULE", json!({ "Value": value })),
        };
        let mut resource = json!({ "Type": kind, "Properties": properties });
        attributes(&mut resource, self.deletion, self.replacement, self.condition);
        resource
    }
}

fn statement(number: u64) -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::12345678901{number}:root") }, "Action": "kms:*", "Resource": "*" })
}

fn pair(hash: &str, range: Option<&str>) -> Value {
    let keys = [(Some(hash), "HASH"), (range, "RANGE")].into_iter();
    keys.filter_map(|(name, role)| Some(json!({ "AttributeName": name?, "KeyType": role }))).collect()
}

fn units(read: &str, write: &str, number: u64) -> Value {
    json!({ read: number, write: number })
}

impl Index {
    fn value(&self, table: &Table, is_local: bool) -> Value {
        let projection = match &self.projected {
            None => json!({ "ProjectionType": "ALL" }),
            Some(names) if names.is_empty() => json!({ "ProjectionType": "KEYS_ONLY" }),
            Some(names) => json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": names }),
        };
        let mut index = json!({ "IndexName": self.name, "Projection": projection });
        index["KeySchema"] = pair(if is_local { table.hash } else { self.hash }, self.range);
        if !is_local && table.kind == Kind::Table {
            if table.capacity.is_some() {
                index["ProvisionedThroughput"] =
                    units("ReadCapacityUnits", "WriteCapacityUnits", self.capacity);
            }
            if self.insights {
                index["ContributorInsightsSpecification"] = json!({ "Enabled": true });
            }
        }
        if let Some(warm) = self.warm.filter(|_| !is_local) {
            index["WarmThroughput"] = units("ReadUnitsPerSecond", "WriteUnitsPerSecond", warm);
        }
        if let Some(caps) =
            self.caps.filter(|_| !is_local && table.kind == Kind::Table && table.capacity.is_none())
        {
            index["OnDemandThroughput"] = units("MaxReadRequestUnits", "MaxWriteRequestUnits", caps);
        }
        if !is_local && table.kind == Kind::Global && table.capacity.is_some() {
            index["WriteProvisionedThroughputSettings"] = autoscaled(self.capacity);
        }
        index
    }
}

fn autoscaled(capacity: u64) -> Value {
    json!({ "WriteCapacityAutoScalingSettings": {
        "MinCapacity": capacity, "MaxCapacity": 100,
        "TargetTrackingScalingPolicyConfiguration": { "TargetValue": 70 },
    } })
}

impl Table {
    fn used(&self) -> Vec<&'static str> {
        let indexes = self.local.iter().flat_map(|index| [None, index.range]);
        let indexes = indexes.chain(self.global.iter().flat_map(|index| [Some(index.hash), index.range]));
        let vectors = self.vectors.iter().map(|vector| vector.hash);
        let all = [Some(self.hash), self.range].into_iter().chain(indexes).chain(vectors);
        let mut used: Vec<&str> = all.flatten().collect();
        used.sort_unstable();
        used.dedup();
        used
    }

    fn resource(&self, keys: &[Key<'_>]) -> Value {
        let (kind, properties) = match self.kind {
            Kind::Simple => (SIMPLE, self.simple(keys)),
            Kind::Table => (TABLE, self.plain(keys)),
            Kind::Global => (GLOBAL, self.spread()),
        };
        let mut resource = json!({ "Type": kind, "Properties": properties });
        attributes(&mut resource, self.deletion, self.replacement, self.condition);
        if let Some(metadata) = self.metadata {
            resource["Metadata"] = json!({ "Note": metadata });
        }
        resource
    }

    /// The name; of the stage where it begins so.
    fn table_name(&self) -> Option<Value> {
        self.name.as_ref().map(|name| match name.strip_prefix("stage-") {
            Some(rest) => json!({ "Fn::Sub": format!("${{Stage}}-{rest}") }),
            None => json!(name),
        })
    }

    fn encryption(&self, keys: &[Key<'_>]) -> Option<Value> {
        let key = match self.encryption {
            Encryption::Aws => return None,
            Encryption::Managed => return Some(json!({ "SSEEnabled": true })),
            Encryption::Own(at) => {
                let (key, condition) = keys.get(at)?;
                let block = json!({
                    "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": { "Fn::GetAtt": [key, "Arn"] },
                });
                return Some(match condition {
                    Some(condition) => json!({ "Fn::If": [condition, block, { "Ref": "AWS::NoValue" }] }),
                    None => block,
                });
            }
            Encryption::Foreign(number) => json!(format!("arn:aws:kms:eu-west-1:123456789012:key/{number}")),
        };
        Some(json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": key }))
    }

    fn backups(&self) -> Option<Value> {
        self.recovery.map(|(enabled, days)| {
            let mut block = json!({ "PointInTimeRecoveryEnabled": enabled });
            days.filter(|_| enabled).inspect(|days| block["RecoveryPeriodInDays"] = json!(days));
            block
        })
    }

    fn simple(&self, keys: &[Key<'_>]) -> Value {
        let kind = if self.types[self.hash] == "N" { "Number" } else { "String" };
        let mut properties = json!({});
        if self.hash != "id" || kind != "String" {
            properties["PrimaryKey"] = json!({ "Name": self.hash, "Type": kind });
        }
        let capacity =
            self.capacity.map(|capacity| units("ReadCapacityUnits", "WriteCapacityUnits", capacity));
        let tags: Map<String, Value> =
            self.tags.iter().map(|(key, value)| ((*key).to_owned(), json!(value.to_string()))).collect();
        for (name, value) in [
            ("TableName", self.table_name()),
            ("ProvisionedThroughput", capacity),
            ("SSESpecification", self.encryption(keys)),
            ("PointInTimeRecoverySpecification", self.backups()),
            ("Tags", (!tags.is_empty()).then(|| json!(tags))),
        ] {
            value.inspect(|value| properties[name] = value.clone());
        }
        properties
    }

    /// What both kinds of tables have in common.
    fn common(&self) -> Value {
        let list = |indexes: &[Index], is_local| {
            let values: Vec<Value> = indexes.iter().map(|index| index.value(self, is_local)).collect();
            (!values.is_empty()).then(|| json!(values))
        };
        let definitions: Vec<Value> = self
            .used()
            .iter()
            .map(|name| json!({ "AttributeName": name, "AttributeType": self.types[name] }))
            .collect();
        let vectors: Vec<Value> = self.vectors.iter().map(vector).collect();
        let mut properties = json!({
            "AttributeDefinitions": definitions,
            "KeySchema": pair(self.hash, self.range),
            "BillingMode": if self.capacity.is_some() { "PROVISIONED" } else { "PAY_PER_REQUEST" },
        });
        for (name, value) in [
            ("TableName", self.table_name()),
            ("LocalSecondaryIndexes", list(&self.local, true)),
            ("GlobalSecondaryIndexes", list(&self.global, false)),
            ("VectorIndexes", (!vectors.is_empty()).then(|| json!(vectors))),
            (
                "WarmThroughput",
                self.warm.map(|warm| units("ReadUnitsPerSecond", "WriteUnitsPerSecond", warm)),
            ),
            (
                "TimeToLiveSpecification",
                self.ttl.map(|(enabled, name)| json!({ "Enabled": enabled, "AttributeName": name })),
            ),
            ("StreamSpecification", self.stream.map(|view| json!({ "StreamViewType": view }))),
        ] {
            value.inspect(|value| properties[name] = value.clone());
        }
        properties
    }

    fn plain(&self, keys: &[Key<'_>]) -> Value {
        let mut properties = self.common();
        let tags: Vec<Value> =
            self.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value.to_string() })).collect();
        let capacity =
            self.capacity.map(|capacity| units("ReadCapacityUnits", "WriteCapacityUnits", capacity));
        let caps = self.caps.filter(|_| self.capacity.is_none());
        if self.stream_policy && self.stream.is_some() {
            properties["StreamSpecification"]["ResourcePolicy"] =
                json!({ "PolicyDocument": { "Statement": [statement(1)] } });
        }
        for (name, value) in [
            ("ProvisionedThroughput", capacity),
            (
                "OnDemandThroughput",
                caps.map(|caps| units("MaxReadRequestUnits", "MaxWriteRequestUnits", caps)),
            ),
            (
                "KinesisStreamSpecification",
                self.kinesis.map(|to| {
                    let arn = format!("arn:aws:kinesis:eu-west-1:123456789012:stream/{to}");
                    let precision = if self.microseconds { "MICROSECOND" } else { "MILLISECOND" };
                    json!({ "StreamArn": arn, "ApproximateCreationDateTimePrecision": precision })
                }),
            ),
            ("PointInTimeRecoverySpecification", self.backups()),
            ("SSESpecification", self.encryption(keys)),
            ("TableClass", self.infrequent.then(|| json!("STANDARD_INFREQUENT_ACCESS"))),
            ("DeletionProtectionEnabled", self.protected.map(|protected| json!(protected))),
            ("Tags", (!tags.is_empty()).then(|| json!(tags))),
            ("ContributorInsightsSpecification", self.insights.then(|| json!({ "Enabled": true }))),
            (
                "ResourcePolicy",
                self.policy.map(|policy| json!({ "PolicyDocument": { "Statement": [statement(policy)] } })),
            ),
            (
                "ImportSourceSpecification",
                self.import.map(|from| json!({ "S3BucketSource": { "S3Bucket": format!("from-{from}") }, "InputFormat": "ION" })),
            ),
        ] {
            value.inspect(|value| properties[name] = value.clone());
        }
        properties
    }

    fn spread(&self) -> Value {
        let mut properties = self.common();
        if let Some(capacity) = self.capacity {
            properties["WriteProvisionedThroughputSettings"] = autoscaled(capacity);
        }
        if self.strong {
            properties["MultiRegionConsistency"] = json!("STRONG");
        }
        if self.encryption != Encryption::Aws {
            properties["SSESpecification"] = json!({ "SSEEnabled": true, "SSEType": "KMS" });
        }
        let replicas = self.replicas.iter().map(|replica| {
            let mut value = json!({ "Region": replica.region });
            if let Encryption::Foreign(number) = self.encryption {
                value["SSESpecification"] =
                    json!({ "KMSMasterKeyId": format!("arn:aws:kms:{}:123456789012:key/{number}", replica.region) });
            }
            if replica.protected {
                value["DeletionProtectionEnabled"] = json!(true);
            }
            if replica.recovery {
                value["PointInTimeRecoverySpecification"] = json!({ "PointInTimeRecoveryEnabled": true });
            }
            if replica.infrequent {
                value["TableClass"] = json!("STANDARD_INFREQUENT_ACCESS");
            }
            if replica.insights && !self.global.is_empty() {
                let watched = self.global.iter().map(|index| {
                    json!({ "IndexName": index.name, "ContributorInsightsSpecification": { "Enabled": true } })
                });
                value["GlobalSecondaryIndexes"] = watched.collect();
            }
            if replica.policy {
                value["ResourcePolicy"] = json!({ "PolicyDocument": { "Statement": [statement(1)] } });
            }
            value
        });
        properties["Replicas"] = replicas.collect();
        properties
    }

    fn scaling_resources(&self, resources: &mut Map<String, Value>) {
        for index in self.scaling.iter().filter(|_| self.capacity.is_some() && self.kind == Kind::Table) {
            let suffix = index.as_deref().unwrap_or("Table").replace('-', "");
            let target = format!("{}{suffix}Reads", self.id);
            let (dimension, place) = match index {
                None => ("table", format!("table/${{{}}}", self.id)),
                Some(name) => ("index", format!("table/${{{}}}/index/{name}", self.id)),
            };
            let mut scalable = json!({ "Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {
                "ServiceNamespace": "dynamodb", "ScalableDimension": format!("dynamodb:{dimension}:ReadCapacityUnits"),
                "ResourceId": { "Fn::Sub": place }, "MinCapacity": 1, "MaxCapacity": self.scaled_to,
            } });
            let mut policy = json!({ "Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": {
                "PolicyName": format!("{suffix}-reads"), "PolicyType": "TargetTrackingScaling", "ScalingTargetId": { "Ref": target },
                "TargetTrackingScalingPolicyConfiguration": { "TargetValue": 70, "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "DynamoDBReadCapacityUtilization" } },
            } });
            attributes(&mut scalable, None, None, self.condition);
            attributes(&mut policy, None, None, self.condition);
            resources.insert(format!("{target}Policy"), policy);
            resources.insert(target, scalable);
        }
    }
}

fn vector(vector: &Vector) -> Value {
    let mut value = json!({
        "IndexName": vector.name, "VectorAttribute": { "AttributeName": "embedding" },
        "Dimensions": vector.dimensions, "DistanceFunction": "COSINE", "Projection": { "ProjectionType": "ALL" },
    });
    if let Some(hash) = vector.hash {
        value["SearchSchema"] = json!([{ "AttributeName": hash, "SearchSchemaElementType": "HASH" }]);
    }
    value
}
