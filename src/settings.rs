//! The settings of a table that are one choice each, or few.
//!
//! Words are CloudFormation's own, in the manifest and in the template alike. Every scalar takes a literal or an
//! [`Expression`].

use serde::{Deserialize, Serialize};

use crate::value::{Expression, Value, from_expression};

/// An enumeration with the words that CloudFormation uses, in the manifest and in the template alike.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    pub enum TableClass {
        /// For most tables.
        Standard = "STANDARD",
        /// For tables whose storage costs more than their requests: cheaper storage, dearer requests.
        StandardInfrequentAccess = "STANDARD_INFREQUENT_ACCESS",
    }
}

words! {
    /// `StreamViewType`: what a record of the table's stream holds. A change makes a new stream with a new ARN.
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
    pub enum UpdateReplacePolicy {
        /// The old table and its items are deleted.
        Delete = "Delete",
        /// The old table stays.
        Retain = "Retain",
    }
}

words! {
    /// `ApproximateCreationDateTimePrecision`: how exactly a Kinesis record says when its item was changed.
    pub enum Precision {
        /// Milliseconds.
        Millisecond = "MILLISECOND",
        /// Microseconds.
        Microsecond = "MICROSECOND",
    }
}

words! {
    /// `Mode` of contributor insights: which keys are counted.
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
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    #[must_use]
    pub fn days(days: impl Into<Value<u64>>) -> Self {
        Self { enabled: true.into(), days: Some(days.into()) }
    }
}

/// A number of days, for [`Table::point_in_time_recovery`](crate::Table::point_in_time_recovery).
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
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    #[must_use]
    pub fn new(read: impl Into<Value<u64>>, write: impl Into<Value<u64>>) -> Self {
        Self { read: Some(read.into()), write: Some(write.into()) }
    }

    /// Reads only.
    #[must_use]
    pub fn read(units: impl Into<Value<u64>>) -> Self {
        Self { read: Some(units.into()), write: None }
    }

    /// Writes only.
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
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kinesis {
    /// `StreamArn`
    pub stream_arn: Value<String>,
    /// `ApproximateCreationDateTimePrecision`; `None` leaves DynamoDB's own, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<Value<Precision>>,
}

impl Kinesis {
    /// To the stream with this ARN.
    #[must_use]
    pub fn new(stream_arn: impl Into<Value<String>>) -> Self {
        Self { stream_arn: stream_arn.into(), precision: None }
    }

    /// Sets how exactly a record says when its item was changed.
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
