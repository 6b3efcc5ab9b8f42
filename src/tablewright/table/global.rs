//! Global tables: tables with replicas in several Regions, `AWS::DynamoDB::GlobalTable`.
//!
//! Settings of the table apply to every replica that does not override them; [`render`](crate::render) writes them for each
//! replica. A table cannot be converted to a global table in place, or back: the resource types differ.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::place::Place;
use crate::table::billing::Capacity;
use crate::table::policy::Policy;
use crate::table::settings::{ContributorInsights, Kinesis, PointInTimeRecovery, TableClass, words};
use crate::value::{Expression, Value, from_expression};

words! {
    /// `MultiRegionConsistency`. It is fixed when the second replica is added.
    ///
    /// ```
    /// use tablewright::{Consistency, Global};
    ///
    /// assert_eq!(Global::strong().consistency.literal(), Some(&Consistency::Strong));
    /// assert_eq!(Consistency::Strong.as_str(), "STRONG");
    /// ```
    pub enum Consistency {
        /// Multi-Region eventual consistency (MREC): writes are replicated within about a second, and the last writer wins.
        Eventual = "EVENTUAL",
        /// Multi-Region strong consistency (MRSC): reads return the latest write of any Region. Requires three Regions of one
        /// Region set; TTL, local secondary indexes and transactions are not supported.
        Strong = "STRONG",
    }
}

words! {
    /// `GlobalTableSettingsReplicationMode` of a replica in another account.
    ///
    /// ```
    /// use tablewright::{Global, SettingsReplication};
    ///
    /// let copy = Global::eventual()
    ///     .source("arn:aws:dynamodb:eu-west-1:444455556666:table/orders")
    ///     .here(|replica| replica.settings_replication(SettingsReplication::Enabled));
    /// assert_eq!(copy.replicas[0].settings_replication, Some(SettingsReplication::Enabled.into()));
    /// ```
    pub enum SettingsReplication {
        /// Settings are replicated from the other replicas.
        Enabled = "ENABLED",
        /// The replica has its own settings.
        Disabled = "DISABLED",
    }
}

/// Settings of a global table.
///
/// ```
/// use tablewright::{Days, Global, Table, TableClass, TableItem};
///
/// #[derive(TableItem)]
/// struct Session {
///     #[ddb(partition)]
///     id: String,
/// }
///
/// let table = Table::of::<Session>().global(
///     Global::eventual()
///         .here(|replica| replica.point_in_time_recovery(Days(7)))
///         .replica("ap-south-1", |replica| replica.class(TableClass::StandardInfrequentAccess)),
/// );
/// assert!(table.stream.is_some(), "replication reads the stream");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Global {
    /// `MultiRegionConsistency`
    #[serde(default = "eventual", skip_serializing_if = "is_eventual")]
    pub consistency: Value<Consistency>,
    /// `GlobalTableWitnesses`: the witness Region of a strongly consistent table with two replicas. It stores no items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<Value<String>>,
    /// `GlobalTableSourceArn`: the table in another account that this table is a replica of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Value<String>>,
    /// `Replicas`, including the one in the Region of the stack.
    pub replicas: Vec<Replica>,
    /// The Region of the environment, if it is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    /// Source location of its definition.
    pub at: Place,
}

impl Global {
    /// Creates a global table with eventual consistency (MREC) and without replicas.
    ///
    /// See [`Global`].
    #[must_use]
    #[track_caller]
    pub fn eventual() -> Self {
        Self {
            consistency: eventual(),
            witness: None,
            source: None,
            replicas: Vec::new(),
            home: None,
            at: Place::caller(),
        }
    }

    /// Creates a global table with strong consistency (MRSC) and without replicas.
    ///
    /// ```
    /// use tablewright::Global;
    ///
    /// let three = Global::strong().here(|r| r).replica("us-east-2", |r| r).replica("us-west-2", |r| r);
    /// let two_and_a_witness = Global::strong().here(|r| r).replica("us-east-2", |r| r).witness("us-west-2");
    /// assert_eq!(three.replicas.len(), 3);
    /// assert_eq!(two_and_a_witness.witness, Some("us-west-2".into()));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn strong() -> Self {
        Self { consistency: Consistency::Strong.into(), ..Self::eventual() }
    }

    /// Creates a global table with one replica, in the Region of the stack. Unlike with `AWS::DynamoDB::Table`, Regions can be
    /// added later.
    ///
    /// ```
    /// use tablewright::{Global, Table};
    ///
    /// let table = Table::define("Session").global(Global::single_replica());
    /// assert_eq!(table.global.map(|global| global.replicas.len()), Some(1));
    /// assert!(table.stream.is_none(), "one replica needs no stream");
    /// ```
    #[must_use]
    #[track_caller]
    pub fn single_replica() -> Self {
        Self::eventual().here(|replica| replica)
    }

    /// Adds the replica in the Region of the stack.
    ///
    /// ```
    /// use tablewright::{Expression, Global};
    ///
    /// let global = Global::eventual().here(|replica| replica.deletion_protection(true));
    /// assert_eq!(global.replicas[0].region, Expression::Ref("AWS::Region".into()).into());
    /// ```
    #[must_use]
    #[track_caller]
    pub fn here(self, change: impl FnOnce(Replica) -> Replica) -> Self {
        self.replica(Expression::Ref("AWS::Region".into()), change)
    }

    /// Adds a replica in a Region.
    ///
    /// See [`Replica`].
    #[must_use]
    #[track_caller]
    pub fn replica(
        mut self,
        region: impl Into<Value<String>>,
        change: impl FnOnce(Replica) -> Replica,
    ) -> Self {
        self.replicas.push(change(Replica::new(region.into(), Place::caller())));
        self
    }

    /// Sets the witness Region.
    ///
    /// See [`strong`](Self::strong).
    #[must_use]
    pub fn witness(mut self, region: impl Into<Value<String>>) -> Self {
        self.witness = Some(region.into());
        self
    }

    /// Makes the table a replica of a table in another account, by its ARN.
    ///
    /// See [`SettingsReplication`].
    #[must_use]
    pub fn source(mut self, arn: impl Into<Value<String>>) -> Self {
        self.source = Some(arn.into());
        self
    }
}

/// A replica. Settings that are `None` are those of the table.
///
/// ```
/// use tablewright::{Capacity, Encryption, Global, InsightsMode};
///
/// let global = Global::eventual().here(|r| r.key("alias/orders")).replica("eu-west-1", |replica| {
///     replica
///         .key("alias/orders")
///         .read(Capacity::auto(5..=100))
///         .deletion_protection(true)
///         .tag("residency", "eu")
///         .contributor_insights(InsightsMode::ThrottledKeys)
///         .index("by-region", |index| index.read(10))
/// });
/// assert_eq!(global.replicas[1].key, Some("alias/orders".into()));
/// assert_eq!(global.replicas[1].class, None, "the setting of the table");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Replica {
    /// `Region`
    pub region: Value<String>,
    /// `TableClass`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Value<TableClass>>,
    /// `PointInTimeRecoverySpecification`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point_in_time_recovery: Option<PointInTimeRecovery>,
    /// `DeletionProtectionEnabled`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<Value<bool>>,
    /// `SSESpecification.KMSMasterKeyId`: a customer managed key in this Region, by id, ARN or alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Value<String>>,
    /// `ContributorInsightsSpecification`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributor_insights: Option<ContributorInsights>,
    /// `KinesisStreamSpecification`: a stream in this Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinesis: Option<Kinesis>,
    /// `ResourcePolicy`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// `ReplicaStreamSpecification.ResourcePolicy`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_policy: Option<Policy>,
    /// `ReadProvisionedThroughputSettings` or `ReadOnDemandThroughputSettings`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Read>,
    /// `Tags`, in addition to those of the table.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Value<String>>,
    /// `GlobalSecondaryIndexes`: overridden settings of indexes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<ReplicaIndex>,
    /// `GlobalTableSettingsReplicationMode`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings_replication: Option<Value<SettingsReplication>>,
    /// Source location of its definition.
    pub at: Place,
}

/// Read capacity or limit of a replica, or of an index of a replica.
///
/// ```
/// use tablewright::{Capacity, Global, Read};
///
/// let global = Global::eventual()
///     .here(|replica| replica.max_read(1_000))
///     .replica("eu-west-1", |replica| replica.read(20));
/// assert_eq!(global.replicas[0].read, Some(Read::OnDemand(1_000.into())));
/// assert_eq!(global.replicas[1].read, Some(Read::Provisioned(Capacity::fixed(20))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// `MaxReadRequestUnits` of an on-demand table.
    OnDemand(Value<u64>),
    /// `ReadCapacityUnits` of a provisioned table, fixed or with auto scaling.
    Provisioned(Capacity),
}

/// Settings of an index in a replica that differ from those of the table.
///
/// ```
/// use tablewright::Global;
///
/// let global = Global::eventual()
///     .here(|replica| replica.index("by-day", |index| index.max_read(500).contributor_insights(true)));
/// let index = &global.replicas[0].indexes[0];
/// assert_eq!(index.name, "by-day");
/// assert!(index.read.is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct ReplicaIndex {
    /// `IndexName`
    pub name: String,
    /// `ContributorInsightsSpecification`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributor_insights: Option<ContributorInsights>,
    /// `ReadProvisionedThroughputSettings` or `ReadOnDemandThroughputSettings`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Read>,
    /// Source location of its definition.
    pub at: Place,
}

impl Replica {
    fn new(region: Value<String>, at: Place) -> Self {
        Self {
            region,
            class: None,
            point_in_time_recovery: None,
            deletion_protection: None,
            key: None,
            contributor_insights: None,
            kinesis: None,
            policy: None,
            stream_policy: None,
            read: None,
            tags: BTreeMap::new(),
            indexes: Vec::new(),
            settings_replication: None,
            at,
        }
    }

    /// Sets the table class.
    ///
    /// See [`Global`].
    #[must_use]
    pub fn class(mut self, class: impl Into<Value<TableClass>>) -> Self {
        self.class = Some(class.into());
        self
    }

    /// Turns point-in-time recovery on, with a recovery period in days.
    ///
    /// See [`Global`].
    #[must_use]
    pub fn point_in_time_recovery(mut self, recovery: impl Into<PointInTimeRecovery>) -> Self {
        self.point_in_time_recovery = Some(recovery.into());
        self
    }

    /// Turns point-in-time recovery off.
    ///
    /// ```
    /// use tablewright::Global;
    ///
    /// let global = Global::eventual().here(|r| r).replica("eu-west-1", |r| r.no_point_in_time_recovery());
    /// assert!(global.replicas[0].point_in_time_recovery.is_none(), "the setting of the table");
    /// let there = global.replicas[1].point_in_time_recovery.as_ref().expect("it is set");
    /// assert_eq!(there.enabled.literal(), Some(&false));
    /// ```
    #[must_use]
    pub fn no_point_in_time_recovery(mut self) -> Self {
        self.point_in_time_recovery = Some(PointInTimeRecovery { enabled: false.into(), days: None });
        self
    }

    /// Sets deletion protection.
    ///
    /// See [`Replica`].
    #[must_use]
    pub fn deletion_protection(mut self, on: impl Into<Value<bool>>) -> Self {
        self.deletion_protection = Some(on.into());
        self
    }

    /// Sets the customer managed key of the replica. If one replica has a key, every replica needs one.
    ///
    /// See [`Replica`].
    #[must_use]
    pub fn key(mut self, key: impl Into<Value<String>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets CloudWatch Contributor Insights, which reports the most accessed and throttled keys.
    ///
    /// See [`Replica`].
    #[must_use]
    pub fn contributor_insights(mut self, insights: impl Into<ContributorInsights>) -> Self {
        self.contributor_insights = Some(insights.into());
        self
    }

    /// Sends item changes to a Kinesis data stream in this Region.
    ///
    /// ```
    /// use tablewright::Global;
    ///
    /// let arn = "arn:aws:kinesis:eu-west-1:444455556666:stream/changes";
    /// let global = Global::eventual().here(|r| r).replica("eu-west-1", |r| r.kinesis(arn));
    /// let kinesis = global.replicas[1].kinesis.as_ref().expect("it is set");
    /// assert_eq!(kinesis.stream_arn, arn.into());
    /// ```
    #[must_use]
    pub fn kinesis(mut self, kinesis: impl Into<Kinesis>) -> Self {
        self.kinesis = Some(kinesis.into());
        self
    }

    /// Sets the resource policy of the replica.
    ///
    /// ```
    /// use tablewright::{Global, Statement};
    ///
    /// let read = Statement::allow(["dynamodb:GetItem"]).account("444455556666");
    /// let global = Global::eventual().here(|r| r).replica("eu-west-1", |r| r.policy(read));
    /// assert!(global.replicas[0].policy.is_none());
    /// assert!(global.replicas[1].policy.is_some());
    /// ```
    #[must_use]
    pub fn policy(mut self, policy: impl Into<Policy>) -> Self {
        self.policy = Some(policy.into());
        self
    }

    /// Sets the resource policy of the replica's stream.
    ///
    /// ```
    /// use tablewright::{Global, Statement};
    ///
    /// let read = Statement::allow(["dynamodb:GetRecords"]).account("444455556666");
    /// let global = Global::eventual().here(|r| r.stream_policy(read));
    /// assert!(global.replicas[0].stream_policy.is_some());
    /// ```
    #[must_use]
    pub fn stream_policy(mut self, policy: impl Into<Policy>) -> Self {
        self.stream_policy = Some(policy.into());
        self
    }

    /// Sets the read capacity of a provisioned table.
    ///
    /// See [`Read`].
    #[must_use]
    pub fn read(mut self, capacity: impl Into<Capacity>) -> Self {
        self.read = Some(Read::Provisioned(capacity.into()));
        self
    }

    /// Sets the maximum read request units per second of an on-demand table.
    ///
    /// See [`Read`].
    #[must_use]
    pub fn max_read(mut self, units: impl Into<Value<u64>>) -> Self {
        self.read = Some(Read::OnDemand(units.into()));
        self
    }

    /// Adds a tag.
    ///
    /// See [`Replica`].
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<Value<String>>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Overrides settings of an index.
    ///
    /// See [`ReplicaIndex`].
    #[must_use]
    #[track_caller]
    pub fn index(mut self, name: impl AsRef<str>, change: impl FnOnce(ReplicaIndex) -> ReplicaIndex) -> Self {
        let name = name.as_ref().to_owned();
        let index = ReplicaIndex { name, contributor_insights: None, read: None, at: Place::caller() };
        self.indexes.push(change(index));
        self
    }

    /// Sets whether settings are replicated to a replica in another account.
    ///
    /// See [`SettingsReplication`].
    #[must_use]
    pub fn settings_replication(mut self, mode: impl Into<Value<SettingsReplication>>) -> Self {
        self.settings_replication = Some(mode.into());
        self
    }
}

impl ReplicaIndex {
    /// Sets CloudWatch Contributor Insights, which reports the most accessed and throttled keys.
    ///
    /// See [`ReplicaIndex`].
    #[must_use]
    pub fn contributor_insights(mut self, insights: impl Into<ContributorInsights>) -> Self {
        self.contributor_insights = Some(insights.into());
        self
    }

    /// Sets the read capacity of an index of a provisioned table.
    ///
    /// See [`Replica`].
    #[must_use]
    pub fn read(mut self, capacity: impl Into<Capacity>) -> Self {
        self.read = Some(Read::Provisioned(capacity.into()));
        self
    }

    /// Sets the maximum read request units per second of an index of an on-demand table.
    ///
    /// See [`ReplicaIndex`].
    #[must_use]
    pub fn max_read(mut self, units: impl Into<Value<u64>>) -> Self {
        self.read = Some(Read::OnDemand(units.into()));
        self
    }
}

fn eventual() -> Value<Consistency> {
    Consistency::Eventual.into()
}

fn is_eventual(value: &Value<Consistency>) -> bool {
    value.literal() == Some(&Consistency::Eventual)
}
