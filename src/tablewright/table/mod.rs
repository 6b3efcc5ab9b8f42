//! The model of a table: keys and indexes from the item type, settings from builder calls.
//!
//! Checks, templates and plans are all derived from this model. The documentation of the crate lists all files to change for a
//! new property.

pub(crate) mod schedule;
pub(crate) mod billing;
pub(crate) mod settings;
pub(crate) mod policy;
pub(crate) mod import;
pub(crate) mod index;
pub(crate) mod global;
pub(crate) mod overrides;
pub(crate) mod define;
pub(crate) mod profile;
pub mod scaling;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::item::{IndexKind, ItemDef, TableItem};
use crate::place::Place;
use crate::problem::Problem;
use crate::table::billing::{Billing, Capacity, Provisioned};
use crate::table::global::{Consistency, Global};
use crate::table::import::S3Import;
use crate::table::index::{Attribute, Index, Key};
use crate::table::overrides::Override;
use crate::table::policy::Policy;
use crate::table::profile::{ExplicitSettings, Naming};
use crate::table::settings::{
    ContributorInsights, DeletionPolicy, Encryption, Kinesis, PointInTimeRecovery, StreamView, TableClass,
    UpdateReplacePolicy, WarmThroughput, is_on, on,
};
use crate::value::Value;

/// A DynamoDB table.
///
/// The defaults are safe: on-demand billing, point-in-time recovery on, `DeletionPolicy: RetainExceptOnCreate`,
/// `UpdateReplacePolicy: Retain`, and deletion protection if the environment is protected.
///
/// ```
/// use tablewright::{Billing, Capacity, Days, Table, TableItem};
///
/// /// Notes of a user.
/// #[derive(serde::Serialize, TableItem)]
/// #[serde(rename_all = "camelCase")]
/// struct Note {
///     #[ddb(partition)]
///     user_id: String,
///     #[ddb(sort)]
///     note_id: String,
///     content: String,
/// }
///
/// let table = Table::of::<Note>()
///     .billing(Billing::provisioned(Capacity::auto(5..=50), Capacity::auto(5..=25)))
///     .point_in_time_recovery(Days(35));
/// assert_eq!(table.key.partition[0].name, "userId");
/// ```
///
/// All other properties of `AWS::DynamoDB::Table`:
///
/// ```
/// use tablewright::{
///     Encryption, Expression, InsightsMode, Kinesis, Precision, S3Import, Statement, StreamView, Table, TableClass,
///     TableItem, WarmThroughput,
/// };
///
/// #[derive(TableItem)]
/// #[ddb(index(name = "by-region", partition(region)))]
/// struct Event {
///     #[ddb(partition)]
///     id: String,
///     region: String,
///     #[ddb(ttl)]
///     gone_at: u64,
/// }
///
/// let table = Table::of::<Event>()
///     .class(TableClass::StandardInfrequentAccess)
///     .warm_throughput(WarmThroughput::new(15_000, 5_000))
///     .stream(StreamView::NewAndOldImages)
///     .stream_policy(Statement::allow(["dynamodb:GetRecords"]).account("444455556666"))
///     .kinesis(Kinesis::new(Expression::Ref("ChangesArn".into())).precision(Precision::Microsecond))
///     .encryption(Encryption::customer_key("{{resolve:ssm:/shop/kms}}"))
///     .policy(Statement::allow(["dynamodb:GetItem", "dynamodb:Query"]).account("444455556666"))
///     .contributor_insights(InsightsMode::ThrottledKeys)
///     .import_data(S3Import::dynamodb_json("seed-bucket").prefix("events/"))
///     .index("by-region", |index| index.warm_throughput(WarmThroughput::read(20_000)).contributor_insights(true))
///     .time_to_live(false)
///     .deletion_protection(Expression::if_else("IsProd", true, false))
///     .condition("HasEvents")
///     .depends_on("Changes");
/// assert!(table.problems.is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Table {
    /// The logical id in the template.
    pub id: String,
    /// `TableName`; `None` lets CloudFormation generate one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Value<String>>,
    /// The doc comment of the item type.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Source location of the item type.
    pub at: Place,
    /// `KeySchema`
    pub key: Key,
    /// `GlobalSecondaryIndexes` and `LocalSecondaryIndexes`, in the order of the definition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// `TimeToLiveSpecification`: the attribute with the time, in seconds since 1970, after which DynamoDB deletes the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Attribute>,
    /// `TimeToLiveSpecification.Enabled`
    #[serde(default = "on", skip_serializing_if = "is_on")]
    pub ttl_enabled: Value<bool>,
    /// `BillingMode` and throughput.
    pub billing: Billing,
    /// `WarmThroughput`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_throughput: Option<WarmThroughput>,
    /// `TableClass`; `None` for DynamoDB's default, Standard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Value<TableClass>>,
    /// `SSESpecification`; `None` for DynamoDB's default, an AWS owned key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// `PointInTimeRecoverySpecification`; `None` is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point_in_time_recovery: Option<PointInTimeRecovery>,
    /// `DeletionProtectionEnabled`; `None` until the environment is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<Value<bool>>,
    /// `StreamSpecification`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<Value<StreamView>>,
    /// `StreamSpecification.ResourcePolicy`: the resource policy of the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_policy: Option<Policy>,
    /// `KinesisStreamSpecification`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinesis: Option<Kinesis>,
    /// `ContributorInsightsSpecification`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributor_insights: Option<ContributorInsights>,
    /// `ResourcePolicy`: the resource policy of the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// `ImportSourceSpecification`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<S3Import>,
    /// `Tags`
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Value<String>>,
    /// `DeletionPolicy`
    pub deletion_policy: DeletionPolicy,
    /// `UpdateReplacePolicy`
    pub update_replace_policy: UpdateReplacePolicy,
    /// Settings of a global table; if set, the table is rendered as `AWS::DynamoDB::GlobalTable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global: Option<Global>,
    /// `Condition`: the name of the condition under which the table exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// `DependsOn`: logical ids of resources that must be created first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// `Metadata` of the resource, for other tools, such as the suppressions of linters.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// Properties that override the rendered ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// Problems that builder calls found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,

    /// How `name` is determined when the environment is applied.
    #[serde(skip)]
    pub(crate) naming: Naming,
    /// The settings that the definition sets, so that the profile of the environment does not change them.
    #[serde(skip)]
    pub(crate) explicit: ExplicitSettings,
}

impl Table {
    /// Creates the table that an item type defines.
    ///
    /// See [`Table`].
    #[must_use]
    pub fn of<T: TableItem>() -> Self {
        Self::of_item(const { &T::ITEM })
    }

    /// Not generic, so that a crate of item types has it once and not for each type.
    fn of_item(item: &ItemDef) -> Self {
        Self {
            doc: item.doc.to_owned(),
            key: Key {
                partition: vec![(&item.partition).into()],
                sort: item.sort.iter().map(Attribute::from).collect(),
            },
            indexes: item.indexes.iter().map(Index::from).collect(),
            ttl: item.ttl.as_ref().map(Attribute::from),
            ..Self::blank(item.id, item.at.into())
        }
    }

    /// Creates a table without a key, with default settings.
    pub(crate) fn blank(id: &str, at: Place) -> Self {
        Self {
            id: id.to_owned(),
            name: None,
            doc: String::new(),
            at,
            key: Key::default(),
            indexes: Vec::new(),
            ttl: None,
            ttl_enabled: on(),
            billing: Billing::on_demand().into(),
            warm_throughput: None,
            class: None,
            encryption: None,
            point_in_time_recovery: Some(PointInTimeRecovery { enabled: on(), days: None }),
            deletion_protection: None,
            stream: None,
            stream_policy: None,
            kinesis: None,
            contributor_insights: None,
            policy: None,
            import: None,
            tags: BTreeMap::new(),
            deletion_policy: DeletionPolicy::RetainExceptOnCreate,
            update_replace_policy: UpdateReplacePolicy::Retain,
            global: None,
            condition: None,
            depends_on: Vec::new(),
            metadata: serde_json::Map::new(),
            overrides: Vec::new(),
            problems: Vec::new(),
            naming: Naming::FromId,
            explicit: ExplicitSettings::default(),
        }
    }

    /// Sets `TableName` for all environments, without applying the name pattern.
    ///
    /// ```
    /// use tablewright::Table;
    ///
    /// let table = Table::define("Note").name("notes");
    /// assert_eq!(table.name, Some("notes".into()));
    /// ```
    #[must_use]
    pub fn name(mut self, name: impl Into<Value<String>>) -> Self {
        self.name = Some(name.into());
        self.naming = Naming::Final;
        self
    }

    /// Sets the value of `{table}` in the pattern of table names (by default `{project}-{env}-{table}`). By default, it is the
    /// logical id in kebab case.
    ///
    /// ```
    /// use tablewright::{Assembly, Env, Stack, Table};
    ///
    /// let assembly = Assembly::new(&Env::new("shop", "dev"), &[("orders", |_| {
    ///     let mut stack = Stack::new("orders");
    ///     stack.table(Table::define("OrderLine"));
    ///     stack.table(Table::define("Draft").base_name("carts"));
    ///     Ok(stack)
    /// })]);
    /// let tables = &assembly.stacks[0].tables;
    /// assert_eq!(tables[0].name, Some("shop-dev-order-line".into()));
    /// assert_eq!(tables[1].name, Some("shop-dev-carts".into()));
    /// ```
    #[must_use]
    pub fn base_name(mut self, base: impl Into<String>) -> Self {
        self.name = None;
        self.naming = Naming::FromBase(base.into());
        self
    }

    /// Lets CloudFormation generate `TableName`.
    ///
    /// This removes a safeguard: CloudFormation refuses to replace a table with a custom name. A table with a generated name is
    /// replaced by a new, empty one if its key changes.
    ///
    /// ```
    /// use tablewright::{Assembly, Env, Stack, Table};
    ///
    /// let assembly = Assembly::new(&Env::new("shop", "dev"), &[("orders", |_| {
    ///     let mut stack = Stack::new("orders");
    ///     stack.table(Table::define("Order").generated_name());
    ///     Ok(stack)
    /// })]);
    /// assert_eq!(assembly.stacks[0].tables[0].name, None);
    /// ```
    #[must_use]
    pub fn generated_name(mut self) -> Self {
        self.name = None;
        self.naming = Naming::Final;
        self
    }

    /// Sets the billing mode and throughput.
    ///
    /// See [`Billing`].
    #[must_use]
    pub fn billing(mut self, billing: impl Into<Billing>) -> Self {
        self.billing = billing.into();
        self
    }

    /// Sets the warm throughput of the table.
    ///
    /// See [`WarmThroughput`].
    #[must_use]
    pub fn warm_throughput(mut self, warm: WarmThroughput) -> Self {
        self.warm_throughput = Some(warm);
        self
    }

    /// Sets the table class.
    ///
    /// See [`TableClass`].
    #[must_use]
    pub fn class(mut self, class: impl Into<Value<TableClass>>) -> Self {
        self.class = Some(class.into());
        self
    }

    /// Sets the KMS key that encrypts the items.
    ///
    /// See [`Encryption`].
    #[must_use]
    pub fn encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = Some(encryption);
        self
    }

    /// Sets whether DynamoDB deletes expired items. By default, it does if the table has a TTL attribute.
    ///
    /// To turn TTL off, pass `false` and keep the attribute: CloudFormation needs its name (aws-cdk#25655).
    ///
    /// ```
    /// use tablewright::Table;
    ///
    /// let table = Table::define("Session").ttl("expires_at").time_to_live(false);
    /// assert_eq!(table.ttl_enabled.literal(), Some(&false));
    /// assert!(table.ttl.is_some(), "the name is kept");
    /// ```
    #[must_use]
    pub fn time_to_live(mut self, enabled: impl Into<Value<bool>>) -> Self {
        self.ttl_enabled = enabled.into();
        self
    }

    /// Turns point-in-time recovery on, with a recovery period in days.
    ///
    /// See [`PointInTimeRecovery`].
    #[must_use]
    pub fn point_in_time_recovery(mut self, recovery: impl Into<PointInTimeRecovery>) -> Self {
        self.point_in_time_recovery = Some(recovery.into());
        self.explicit.point_in_time_recovery = true;
        self
    }

    /// Turns point-in-time recovery off.
    ///
    /// ```
    /// use tablewright::Table;
    ///
    /// assert!(Table::define("Cache").point_in_time_recovery.is_some(), "on by default");
    /// assert!(Table::define("Cache").no_point_in_time_recovery().point_in_time_recovery.is_none());
    /// ```
    #[must_use]
    pub fn no_point_in_time_recovery(mut self) -> Self {
        self.point_in_time_recovery = None;
        self.explicit.point_in_time_recovery = true;
        self
    }

    /// Sets deletion protection. By default, it is on if the environment is protected.
    ///
    /// ```
    /// use tablewright::{Assembly, Env, Stack, Table};
    ///
    /// let prod = Env::new("shop", "prod").with_protection(true);
    /// let assembly = Assembly::new(&prod, &[("orders", |_| {
    ///     let mut stack = Stack::new("orders");
    ///     stack.table(Table::define("Order"));
    ///     stack.table(Table::define("Cache").deletion_protection(false));
    ///     Ok(stack)
    /// })]);
    /// let tables = &assembly.stacks[0].tables;
    /// assert_eq!(tables[0].deletion_protection, Some(true.into()));
    /// assert_eq!(tables[1].deletion_protection, Some(false.into()));
    /// ```
    #[must_use]
    pub fn deletion_protection(mut self, on: impl Into<Value<bool>>) -> Self {
        self.deletion_protection = Some(on.into());
        self
    }

    /// Turns the table's stream on.
    ///
    /// See [`StreamView`].
    #[must_use]
    pub fn stream(mut self, view: impl Into<Value<StreamView>>) -> Self {
        self.stream = Some(view.into());
        self
    }

    /// Sets the resource policy of the table's stream.
    ///
    /// ```
    /// use tablewright::{Statement, StreamView, Table};
    ///
    /// let table = Table::define("Order")
    ///     .stream(StreamView::KeysOnly)
    ///     .stream_policy(Statement::allow(["dynamodb:GetRecords"]).account("444455556666"));
    /// let policy = table.stream_policy.expect("it is set");
    /// assert_eq!(policy.document["Statement"][0]["Resource"], "*", "in the policy of a stream, this is the stream");
    /// ```
    #[must_use]
    pub fn stream_policy(mut self, policy: impl Into<Policy>) -> Self {
        self.stream_policy = Some(policy.into());
        self
    }

    /// Sends item changes to a Kinesis data stream.
    ///
    /// See [`Kinesis`].
    #[must_use]
    pub fn kinesis(mut self, kinesis: impl Into<Kinesis>) -> Self {
        self.kinesis = Some(kinesis.into());
        self
    }

    /// Sets CloudWatch Contributor Insights, which reports the most accessed and throttled keys.
    ///
    /// See [`ContributorInsights`].
    #[must_use]
    pub fn contributor_insights(mut self, insights: impl Into<ContributorInsights>) -> Self {
        self.contributor_insights = Some(insights.into());
        self
    }

    /// Sets the resource policy of the table.
    ///
    /// See [`Policy`].
    #[must_use]
    pub fn policy(mut self, policy: impl Into<Policy>) -> Self {
        self.policy = Some(policy.into());
        self
    }

    /// Sets the items to import when the table is created.
    ///
    /// Keep it in the definition afterwards: adding, changing or removing it later replaces the table.
    ///
    /// See [`S3Import`].
    #[must_use]
    pub fn import_data(mut self, import: S3Import) -> Self {
        self.import = Some(import);
        self
    }

    /// Adds a tag to the table.
    ///
    /// ```
    /// use tablewright::{Expression, Table};
    ///
    /// let table = Table::define("Order").tag("team", "shop").tag("stack", Expression::Ref("AWS::StackName".into()));
    /// assert_eq!(table.tags["team"], "shop".into());
    /// ```
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<Value<String>>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Sets what happens to the table when its resource is removed from the stack.
    ///
    /// See [`DeletionPolicy`].
    #[must_use]
    pub fn deletion_policy(mut self, policy: DeletionPolicy) -> Self {
        self.deletion_policy = policy;
        self.explicit.deletion_policy = true;
        self
    }

    /// Sets what happens to the old table when an update replaces it.
    ///
    /// See [`UpdateReplacePolicy`].
    #[must_use]
    pub fn update_replace_policy(mut self, policy: UpdateReplacePolicy) -> Self {
        self.update_replace_policy = policy;
        self.explicit.update_replace_policy = true;
        self
    }

    /// Makes it a global table, with replicas in several Regions.
    ///
    /// Settings of the table apply to every replica that does not override them. A table with several replicas needs a stream; if
    /// none is set yet, this sets one with new and old images.
    ///
    /// See [`Global`].
    #[must_use]
    pub fn global(mut self, global: Global) -> Self {
        if global.consistency == Consistency::Eventual.into() && global.replicas.len() > 1 {
            self.stream.get_or_insert(StreamView::NewAndOldImages.into());
        }
        self.global = Some(global);
        self
    }

    /// Creates the table only if a condition of the stack is true.
    ///
    /// ```
    /// use tablewright::{Expression, Stack, Table, Test};
    ///
    /// let mut stack = Stack::new("orders");
    /// stack.condition("HasAudit", Test::equals(Expression::Ref("AWS::Region".into()), "eu-west-1"));
    /// stack.table(Table::define("Audit").condition("HasAudit"));
    /// assert_eq!(stack.tables[0].condition.as_deref(), Some("HasAudit"));
    /// ```
    #[must_use]
    pub fn condition(mut self, name: impl Into<String>) -> Self {
        self.condition = Some(name.into());
        self
    }

    /// Adds the logical id of a resource that must be created before the table.
    ///
    /// ```
    /// use serde_json::json;
    /// use tablewright::{Stack, Table};
    ///
    /// let mut stack = Stack::new("orders");
    /// stack.raw_resource("Topic", json!({ "Type": "AWS::SNS::Topic" }));
    /// stack.table(Table::define("Order").depends_on("Topic"));
    /// assert_eq!(stack.tables[0].depends_on, ["Topic"]);
    /// ```
    #[must_use]
    pub fn depends_on(mut self, id: impl Into<String>) -> Self {
        self.depends_on.push(id.into());
        self
    }

    /// Adds an entry to the `Metadata` of the resource.
    ///
    /// ```
    /// use serde_json::json;
    /// use tablewright::{Table, TableItem};
    ///
    /// #[derive(TableItem)]
    /// struct Draft {
    ///     #[ddb(partition)]
    ///     id: String,
    /// }
    ///
    /// let table = Table::of::<Draft>().metadata("checkov", json!({ "skip": [{ "id": "CKV_AWS_28" }] }));
    /// assert_eq!(table.metadata["checkov"]["skip"][0]["id"], "CKV_AWS_28");
    /// ```
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: serde_json::Value) -> Self {
        self.metadata.insert(key.into(), value);
        self
    }

    /// Sets the value at a JSON pointer into the resource's `Properties`, for properties that this library does not model. `null`
    /// removes the value.
    ///
    /// The value is not checked; `tablewright check` reports each override as a warning.
    ///
    /// ```
    /// use serde_json::json;
    /// use tablewright::{Encryption, Table, TableItem};
    ///
    /// #[derive(TableItem)]
    /// struct Draft {
    ///     #[ddb(partition)]
    ///     id: String,
    /// }
    ///
    /// let table = Table::of::<Draft>()
    ///     .encryption(Encryption::AwsManaged)
    ///     .override_property("/SSESpecification/SSEType", json!("KMS"));
    /// assert_eq!(table.overrides[0].pointer, "/SSESpecification/SSEType");
    /// ```
    #[must_use]
    #[track_caller]
    pub fn override_property(mut self, pointer: impl Into<String>, value: serde_json::Value) -> Self {
        self.overrides.push(Override { pointer: pointer.into(), value, at: Place::caller() });
        self
    }

    /// Changes the settings of an index that the item type defines. An unknown name is a problem that `check` reports (`X1`).
    ///
    /// ```
    /// use tablewright::{Billing, Table, TableItem};
    ///
    /// #[derive(TableItem)]
    /// #[ddb(index(name = "by-owner", partition(owner)))]
    /// struct Draft {
    ///     #[ddb(partition)]
    ///     id: String,
    ///     owner: String,
    /// }
    ///
    /// let table = Table::of::<Draft>()
    ///     .index("by-owner", |index| index.on_demand(Billing::on_demand().max_read(100)).contributor_insights(true));
    /// assert_eq!(table.indexes[0].on_demand.max_read, Some(100.into()));
    ///
    /// let mistyped = Table::of::<Draft>().index("by-onwer", |index| index);
    /// assert_eq!(mistyped.problems[0].rule, "X1");
    /// ```
    #[must_use]
    #[track_caller]
    pub fn index(mut self, name: impl AsRef<str>, change: impl FnOnce(Index) -> Index) -> Self {
        let name = name.as_ref();
        match self.indexes.iter().position(|index| index.name == name) {
            Some(position) => {
                let index = self.indexes.remove(position);
                self.indexes.insert(position, change(index));
            }
            // Not a panic, so that it is reported together with all other problems.
            None => self.problems.push(no_such_index(&self, name, &Place::caller())),
        }
        self
    }

    /// Applies `change` if `condition` is true, to distinguish environments in a chain of calls.
    ///
    /// ```
    /// use tablewright::{Env, StreamView, Table};
    ///
    /// let orders = |env: &Env| Table::define("Order").when(env.is("prod"), |table| table.stream(StreamView::NewImage));
    /// assert!(orders(&Env::new("shop", "prod")).stream.is_some());
    /// assert!(orders(&Env::new("shop", "dev")).stream.is_none());
    /// ```
    #[must_use]
    pub fn when(self, condition: bool, change: impl FnOnce(Self) -> Self) -> Self {
        if condition { change(self) } else { self }
    }

    /// Returns the capacity of an index: its own, or that of the table. `None` for an on-demand table, and for a local index,
    /// which uses the capacity of the table.
    ///
    /// ```
    /// use tablewright::{Billing, Index, Scalar, Table};
    ///
    /// let table = Table::define("Order")
    ///     .billing(Billing::provisioned(10, 5))
    ///     .gsi(Index::new("by-day").partition("day", Scalar::S));
    /// let of_the_index = table.provisioned_for(&table.indexes[0]).expect("the table is provisioned");
    /// assert_eq!(of_the_index.read.initial().literal(), Some(&10), "the capacity of the table");
    /// ```
    #[must_use]
    pub fn provisioned_for<'a>(&'a self, index: &'a Index) -> Option<&'a Provisioned> {
        match (&self.billing, index.kind) {
            (Billing::Provisioned(table), IndexKind::Global) => {
                Some(index.provisioned.as_ref().unwrap_or(table))
            }
            (Billing::Provisioned(_) | Billing::OnDemand(_), _) => None,
        }
    }

    /// Whether the table has settings that the first version of the manifest did not have. A reader that ignored them would
    /// render a wrong template.
    pub(crate) fn has_more_settings(&self) -> bool {
        let more_scaling =
            |units: &Provisioned| [&units.read, &units.write].into_iter().any(Capacity::has_more_settings);
        let of_billing = match &self.billing {
            Billing::OnDemand(_) => false,
            Billing::Provisioned(units) => more_scaling(units),
        };
        let of_indexes = self.indexes.iter().any(|index| {
            index.warm_throughput.is_some()
                || index.contributor_insights.is_some()
                || index.provisioned.as_ref().is_some_and(more_scaling)
        });
        of_billing
            || of_indexes
            || !is_on(&self.ttl_enabled)
            || self.point_in_time_recovery.as_ref().is_some_and(|recovery| !is_on(&recovery.enabled))
            || self.warm_throughput.is_some()
            || self.encryption.is_some()
            || self.stream_policy.is_some()
            || self.kinesis.is_some()
            || self.contributor_insights.is_some()
            || self.policy.is_some()
            || self.import.is_some()
            || self.condition.is_some()
            || !self.depends_on.is_empty()
            || !self.metadata.is_empty()
    }
}

/// Returns problem `X1`: the table has no index with this name.
pub(crate) fn no_such_index(table: &Table, name: &str, at: &Place) -> Problem {
    let known: Vec<String> = table.indexes.iter().map(|index| format!("`{}`", index.name)).collect();
    let help = match known.len() {
        0 => "the table has no indexes".to_owned(),
        _ => format!("the table has {}", known.join(", ")),
    };
    Problem::error("X1", at, format!("table `{}` has no index `{name}`", table.id)).help(help)
}
