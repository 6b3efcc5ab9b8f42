//! The settings of a table that are one choice each, or few.
//!
//! Words are CloudFormation's own, in the manifest and in the template alike. Every scalar takes a literal or an
//! [`Expression`].

use serde::Serialize;

use crate::value::{Expression, Value, from_expression};

/// An enumeration with the words that CloudFormation uses, in the manifest and in the template alike.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        #[cfg_attr(feature = "render", derive(serde::Deserialize))]
        pub enum $name { $($(#[$variant_meta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Returns CloudFormation's word.
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
    /// `TableClass`. Can be changed twice in thirty days.
    ///
    /// ```
    /// use tablewright::{Table, TableClass};
    ///
    /// let archive = Table::define("Archive").class(TableClass::StandardInfrequentAccess);
    /// assert_eq!(archive.class, Some(TableClass::StandardInfrequentAccess.into()));
    /// assert_eq!(TableClass::StandardInfrequentAccess.as_str(), "STANDARD_INFREQUENT_ACCESS");
    /// ```
    pub enum TableClass {
        /// For most tables.
        Standard = "STANDARD",
        /// For tables whose storage costs more than their requests: cheaper storage, dearer requests.
        StandardInfrequentAccess = "STANDARD_INFREQUENT_ACCESS",
    }
}

words! {
    /// `StreamViewType`: what a record of the table's stream holds. A change makes a new stream with a new ARN.
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
        /// The item as it is after the change.
        NewImage = "NEW_IMAGE",
        /// The item as it was before the change.
        OldImage = "OLD_IMAGE",
        /// Both.
        NewAndOldImages = "NEW_AND_OLD_IMAGES",
    }
}

words! {
    /// `DeletionPolicy`: what becomes of the table when its resource leaves the stack or the stack is deleted.
    ///
    /// ```
    /// use tablewright::{DeletionPolicy, Table};
    ///
    /// assert_eq!(Table::define("Order").deletion_policy, DeletionPolicy::RetainExceptOnCreate, "without a word");
    /// let cache = Table::define("Cache").deletion_policy(DeletionPolicy::Delete);
    /// assert_eq!(cache.deletion_policy.as_str(), "Delete");
    /// ```
    pub enum DeletionPolicy {
        /// The table and its items are deleted.
        Delete = "Delete",
        /// The table stays.
        Retain = "Retain",
        /// The table stays, unless the very operation that made it is rolled back.
        RetainExceptOnCreate = "RetainExceptOnCreate",
    }
}

words! {
    /// `UpdateReplacePolicy`: what becomes of the old table when an update puts a new one in its place.
    ///
    /// ```
    /// use tablewright::{Table, UpdateReplacePolicy};
    ///
    /// assert_eq!(Table::define("Order").update_replace_policy, UpdateReplacePolicy::Retain, "without a word");
    /// let cache = Table::define("Cache").update_replace_policy(UpdateReplacePolicy::Delete);
    /// assert_eq!(cache.update_replace_policy.as_str(), "Delete");
    /// ```
    pub enum UpdateReplacePolicy {
        /// The old table and its items are deleted.
        Delete = "Delete",
        /// The old table stays.
        Retain = "Retain",
    }
}

words! {
    /// `ApproximateCreationDateTimePrecision`: how exactly a Kinesis record says when its item was changed.
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
    /// `Mode` of contributor insights: which keys are counted.
    ///
    /// ```
    /// use tablewright::{InsightsMode, Table};
    ///
    /// let table = Table::define("Order").contributor_insights(InsightsMode::ThrottledKeys);
    /// let insights = table.contributor_insights.expect("it was set just now");
    /// assert_eq!(insights.enabled.literal(), Some(&true), "a mode turns it on");
    /// assert_eq!(InsightsMode::ThrottledKeys.as_str(), "THROTTLED_KEYS");
    /// ```
    pub enum InsightsMode {
        /// The keys read and written most, and those throttled most.
        AccessedAndThrottledKeys = "ACCESSED_AND_THROTTLED_KEYS",
        /// Those throttled most only, which costs less.
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
/// let as_a_parameter_says = Table::of::<Note>().point_in_time_recovery(PointInTimeRecovery::days(Expression::Ref("Days".into())));
/// assert_eq!(a_week.point_in_time_recovery, Some(PointInTimeRecovery::days(7)));
/// # assert!(as_a_parameter_says.point_in_time_recovery.is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct PointInTimeRecovery {
    /// `PointInTimeRecoveryEnabled`
    #[serde(default = "on", skip_serializing_if = "is_on")]
    pub enabled: Value<bool>,
    /// `RecoveryPeriodInDays`: how far back, 1 to 35; `None` leaves DynamoDB's own 35.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Value<u64>>,
}

impl PointInTimeRecovery {
    /// On, and reaching this many days back.
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
    /// How many.
    pub u64,
);

impl From<Days> for PointInTimeRecovery {
    fn from(days: Days) -> Self {
        Self::days(days.0)
    }
}

/// On where the expression says so, with DynamoDB's own 35 days.
impl From<Expression> for PointInTimeRecovery {
    fn from(enabled: Expression) -> Self {
        Self { enabled: enabled.into(), days: None }
    }
}

/// `SSESpecification`: whose key the items are encrypted with. They are encrypted always.
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
    /// A key that DynamoDB owns: free, and invisible to you. What a table without `SSESpecification` has.
    AwsOwned,
    /// The key `aws/dynamodb` of your account.
    AwsManaged,
    /// The key `aws/dynamodb` where the expression says so, else DynamoDB's own.
    AwsManagedIf(Expression),
    /// A key of yours: its id, ARN or alias.
    CustomerKey(Value<String>),
}

impl Encryption {
    /// Makes [`CustomerKey`](Self::CustomerKey).
    ///
    /// See [`Encryption`].
    #[must_use]
    pub fn customer_key(key: impl Into<Value<String>>) -> Self {
        Self::CustomerKey(key.into())
    }
}

/// `WarmThroughput`: what a table or index can take at once, in units per second. It can be raised, never lowered.
///
/// ```
/// use tablewright::WarmThroughput;
///
/// let both = WarmThroughput::new(15_000, 5_000);
/// let reads = WarmThroughput::read(20_000);
/// assert_eq!(both.write, Some(5_000.into()));
/// assert_eq!(reads.write, None, "left to DynamoDB");
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
    /// Both.
    ///
    /// See [`WarmThroughput`].
    #[must_use]
    pub fn new(read: impl Into<Value<u64>>, write: impl Into<Value<u64>>) -> Self {
        Self { read: Some(read.into()), write: Some(write.into()) }
    }

    /// Reads only.
    ///
    /// See [`WarmThroughput`].
    #[must_use]
    pub fn read(units: impl Into<Value<u64>>) -> Self {
        Self { read: Some(units.into()), write: None }
    }

    /// Writes only.
    ///
    /// See [`WarmThroughput`].
    #[must_use]
    pub fn write(units: impl Into<Value<u64>>) -> Self {
        Self { read: None, write: Some(units.into()) }
    }
}

/// `ContributorInsightsSpecification`: CloudWatch counts the keys that are used and throttled most.
///
/// ```
/// use tablewright::{ContributorInsights, InsightsMode};
///
/// let on: ContributorInsights = true.into();
/// let cheaper: ContributorInsights = InsightsMode::ThrottledKeys.into();
/// assert_eq!(on.mode, None, "DynamoDB's own");
/// assert_eq!(cheaper.enabled, true.into());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct ContributorInsights {
    /// `Enabled`
    pub enabled: Value<bool>,
    /// `Mode`; `None` leaves DynamoDB's own, which counts both.
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

/// On where the expression says so.
impl From<Expression> for ContributorInsights {
    fn from(enabled: Expression) -> Self {
        Self { enabled: enabled.into(), mode: None }
    }
}

/// `KinesisStreamSpecification`: a Kinesis stream that every change of an item goes to.
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
    /// `ApproximateCreationDateTimePrecision`; `None` leaves DynamoDB's own, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<Value<Precision>>,
}

impl Kinesis {
    /// To the stream with this ARN.
    ///
    /// See [`Kinesis`].
    #[must_use]
    pub fn new(stream_arn: impl Into<Value<String>>) -> Self {
        Self { stream_arn: stream_arn.into(), precision: None }
    }

    /// Sets how exactly a record says when its item was changed.
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
