//! Simple settings of a table.
//!
//! Enumerations have CloudFormation's values, in the manifest and in the template. Every scalar is a literal or an
//! [`Expression`].

use serde::Serialize;

use crate::value::{Expression, Value, from_expression};

/// Defines an enumeration with CloudFormation's values.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        #[cfg_attr(feature = "render", derive(serde::Deserialize))]
        pub enum $name { $($(#[$variant_meta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Returns CloudFormation's value.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        from_expression!($name);
    };
}
pub(crate) use words;

words! {
    /// `TableClass`. It can be changed twice in 30 days.
    ///
    /// ```
    /// use tablewright::{Table, TableClass};
    ///
    /// let archive = Table::define("Archive").class(TableClass::StandardInfrequentAccess);
    /// assert_eq!(archive.class, Some(TableClass::StandardInfrequentAccess.into()));
    /// assert_eq!(TableClass::StandardInfrequentAccess.as_str(), "STANDARD_INFREQUENT_ACCESS");
    /// ```
    pub enum TableClass {
        /// The default, for most tables.
        Standard = "STANDARD",
        /// Cheaper storage and more expensive requests, for tables that are rarely accessed.
        StandardInfrequentAccess = "STANDARD_INFREQUENT_ACCESS",
    }
}

words! {
    /// `StreamViewType`: the content of stream records. A change creates a new stream with a new ARN.
    ///
    /// ```
    /// use tablewright::{StreamView, Table};
    ///
    /// let order = Table::define("Order").stream(StreamView::NewAndOldImages);
    /// assert_eq!(order.stream, Some(StreamView::NewAndOldImages.into()));
    /// assert_eq!(StreamView::NewAndOldImages.as_str(), "NEW_AND_OLD_IMAGES");
    /// ```
    pub enum StreamView {
        /// The keys of the changed item.
        KeysOnly = "KEYS_ONLY",
        /// The item after the change.
        NewImage = "NEW_IMAGE",
        /// The item before the change.
        OldImage = "OLD_IMAGE",
        /// The item before and after the change.
        NewAndOldImages = "NEW_AND_OLD_IMAGES",
    }
}

words! {
    /// `DeletionPolicy`: what happens to the table when its resource is removed from the stack, or the stack is deleted.
    ///
    /// ```
    /// use tablewright::{DeletionPolicy, Table};
    ///
    /// assert_eq!(Table::define("Order").deletion_policy, DeletionPolicy::RetainExceptOnCreate, "the default");
    /// let cache = Table::define("Cache").deletion_policy(DeletionPolicy::Delete);
    /// assert_eq!(cache.deletion_policy.as_str(), "Delete");
    /// ```
    pub enum DeletionPolicy {
        /// The table and its items are deleted.
        Delete = "Delete",
        /// The table is retained.
        Retain = "Retain",
        /// The table is retained, unless the operation that created it is rolled back.
        RetainExceptOnCreate = "RetainExceptOnCreate",
    }
}

words! {
    /// `UpdateReplacePolicy`: what happens to the old table when an update replaces it.
    ///
    /// ```
    /// use tablewright::{Table, UpdateReplacePolicy};
    ///
    /// assert_eq!(Table::define("Order").update_replace_policy, UpdateReplacePolicy::Retain, "the default");
    /// let cache = Table::define("Cache").update_replace_policy(UpdateReplacePolicy::Delete);
    /// assert_eq!(cache.update_replace_policy.as_str(), "Delete");
    /// ```
    pub enum UpdateReplacePolicy {
        /// The old table and its items are deleted.
        Delete = "Delete",
        /// The old table is retained.
        Retain = "Retain",
    }
}

words! {
    /// `ApproximateCreationDateTimePrecision`: the precision of the time of a change in Kinesis records.
    ///
    /// ```
    /// use tablewright::{Kinesis, Precision};
    ///
    /// let changes = Kinesis::new("{{resolve:ssm:/shop/changes}}").precision(Precision::Microsecond);
    /// assert_eq!(changes.precision, Some(Precision::Microsecond.into()));
    /// assert_eq!(Precision::Microsecond.as_str(), "MICROSECOND");
    /// ```
    pub enum Precision {
        /// Milliseconds.
        Millisecond = "MILLISECOND",
        /// Microseconds.
        Microsecond = "MICROSECOND",
    }
}

words! {
    /// `Mode` of Contributor Insights: the reported keys.
    ///
    /// ```
    /// use tablewright::{InsightsMode, Table};
    ///
    /// let table = Table::define("Order").contributor_insights(InsightsMode::ThrottledKeys);
    /// let insights = table.contributor_insights.expect("it is set");
    /// assert_eq!(insights.enabled.literal(), Some(&true), "a mode turns it on");
    /// assert_eq!(InsightsMode::ThrottledKeys.as_str(), "THROTTLED_KEYS");
    /// ```
    pub enum InsightsMode {
        /// The most accessed and the most throttled keys.
        AccessedAndThrottledKeys = "ACCESSED_AND_THROTTLED_KEYS",
        /// Only the most throttled keys, which costs less.
        ThrottledKeys = "THROTTLED_KEYS",
    }
}

/// `PointInTimeRecoverySpecification`: continuous backups.
///
/// ```
/// use tablewright::{Days, Expression, PointInTimeRecovery, Table, TableItem};
///
/// #[derive(TableItem)]
/// struct Note {
///     #[ddb(partition)]
///     id: String,
/// }
///
/// let a_week = Table::of::<Note>().point_in_time_recovery(Days(7));
/// let from_parameter = Table::of::<Note>().point_in_time_recovery(PointInTimeRecovery::days(Expression::Ref("Days".into())));
/// assert_eq!(a_week.point_in_time_recovery, Some(PointInTimeRecovery::days(7)));
/// # assert!(from_parameter.point_in_time_recovery.is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct PointInTimeRecovery {
    /// `PointInTimeRecoveryEnabled`
    #[serde(default = "on", skip_serializing_if = "is_on")]
    pub enabled: Value<bool>,
    /// `RecoveryPeriodInDays`, 1 to 35; `None` for DynamoDB's default, 35.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Value<u64>>,
}

impl PointInTimeRecovery {
    /// Turns it on, with a recovery period in days.
    ///
    /// See [`PointInTimeRecovery`].
    #[must_use]
    pub fn days(days: impl Into<Value<u64>>) -> Self {
        Self { enabled: true.into(), days: Some(days.into()) }
    }
}

/// A number of days, for [`Table::point_in_time_recovery`](crate::Table::point_in_time_recovery).
///
/// ```
/// use tablewright::{Days, PointInTimeRecovery};
///
/// assert_eq!(PointInTimeRecovery::from(Days(7)), PointInTimeRecovery::days(7));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(
    /// The number of days.
    pub u64,
);

impl From<Days> for PointInTimeRecovery {
    fn from(days: Days) -> Self {
        Self::days(days.0)
    }
}

/// Enabled if the expression is true, with DynamoDB's default recovery period of 35 days.
impl From<Expression> for PointInTimeRecovery {
    fn from(enabled: Expression) -> Self {
        Self { enabled: enabled.into(), days: None }
    }
}

/// `SSESpecification`: the KMS key that encrypts the items. Items are always encrypted.
///
/// ```
/// use tablewright::Encryption;
///
/// let ours = Encryption::customer_key("alias/orders");
/// assert_eq!(ours, Encryption::CustomerKey("alias/orders".into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// An AWS owned key: free of charge, and not visible in the account. The default without `SSESpecification`.
    AwsOwned,
    /// The AWS managed key of the account, `aws/dynamodb`.
    AwsManaged,
    /// The AWS managed key if the expression is true, else an AWS owned key.
    AwsManagedIf(Expression),
    /// A customer managed key, by its id, ARN or alias.
    CustomerKey(Value<String>),
}

impl Encryption {
    /// Returns [`CustomerKey`](Self::CustomerKey).
    ///
    /// See [`Encryption`].
    #[must_use]
    pub fn customer_key(key: impl Into<Value<String>>) -> Self {
        Self::CustomerKey(key.into())
    }
}

/// `WarmThroughput`: the throughput that a table or index supports instantly, in units per second. It can be increased, but not
/// decreased.
///
/// ```
/// use tablewright::WarmThroughput;
///
/// let both = WarmThroughput::new(15_000, 5_000);
/// let reads = WarmThroughput::read(20_000);
/// assert_eq!(both.write, Some(5_000.into()));
/// assert_eq!(reads.write, None, "DynamoDB sets it");
/// assert_eq!(WarmThroughput::write(5_000).read, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct WarmThroughput {
    /// `ReadUnitsPerSecond`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Value<u64>>,
    /// `WriteUnitsPerSecond`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<Value<u64>>,
}

impl WarmThroughput {
    /// Sets the throughput of reads and writes.
    ///
    /// See [`WarmThroughput`].
    #[must_use]
    pub fn new(read: impl Into<Value<u64>>, write: impl Into<Value<u64>>) -> Self {
        Self { read: Some(read.into()), write: Some(write.into()) }
    }

    /// Sets the throughput of reads only.
    ///
    /// See [`WarmThroughput`].
    #[must_use]
    pub fn read(units: impl Into<Value<u64>>) -> Self {
        Self { read: Some(units.into()), write: None }
    }

    /// Sets the throughput of writes only.
    ///
    /// See [`WarmThroughput`].
    #[must_use]
    pub fn write(units: impl Into<Value<u64>>) -> Self {
        Self { read: None, write: Some(units.into()) }
    }
}

/// `ContributorInsightsSpecification`: CloudWatch Contributor Insights, which reports the most accessed and throttled keys.
///
/// ```
/// use tablewright::{ContributorInsights, InsightsMode};
///
/// let on: ContributorInsights = true.into();
/// let cheaper: ContributorInsights = InsightsMode::ThrottledKeys.into();
/// assert_eq!(on.mode, None, "DynamoDB's default");
/// assert_eq!(cheaper.enabled, true.into());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct ContributorInsights {
    /// `Enabled`
    pub enabled: Value<bool>,
    /// `Mode`; `None` for DynamoDB's default, accessed and throttled keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Value<InsightsMode>>,
}

impl From<bool> for ContributorInsights {
    fn from(enabled: bool) -> Self {
        Self { enabled: enabled.into(), mode: None }
    }
}

impl From<InsightsMode> for ContributorInsights {
    fn from(mode: InsightsMode) -> Self {
        Self { enabled: true.into(), mode: Some(mode.into()) }
    }
}

/// Enabled if the expression is true.
impl From<Expression> for ContributorInsights {
    fn from(enabled: Expression) -> Self {
        Self { enabled: enabled.into(), mode: None }
    }
}

/// `KinesisStreamSpecification`: a Kinesis data stream that receives all item changes.
///
/// ```
/// use tablewright::{Expression, Kinesis, Precision};
///
/// let changes = Kinesis::new(Expression::Ref("ChangesArn".into())).precision(Precision::Microsecond);
/// assert_eq!(changes.stream_arn, Expression::Ref("ChangesArn".into()).into());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Kinesis {
    /// `StreamArn`
    pub stream_arn: Value<String>,
    /// `ApproximateCreationDateTimePrecision`; `None` for DynamoDB's default, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<Value<Precision>>,
}

impl Kinesis {
    /// Creates the specification for the stream with the given ARN.
    ///
    /// See [`Kinesis`].
    #[must_use]
    pub fn new(stream_arn: impl Into<Value<String>>) -> Self {
        Self { stream_arn: stream_arn.into(), precision: None }
    }

    /// Sets the precision of the time of a change.
    ///
    /// See [`Precision`].
    #[must_use]
    pub fn precision(mut self, precision: impl Into<Value<Precision>>) -> Self {
        self.precision = Some(precision.into());
        self
    }
}

impl<T: Into<Value<String>>> From<T> for Kinesis {
    fn from(stream_arn: T) -> Self {
        Self::new(stream_arn)
    }
}

pub(crate) fn on() -> Value<bool> {
    true.into()
}

pub(crate) fn is_on(value: &Value<bool>) -> bool {
    value.literal() == Some(&true)
}
