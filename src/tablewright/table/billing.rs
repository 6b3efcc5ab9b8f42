//! Billing mode of a table: on demand, or provisioned with fixed or automatically scaled capacity.
//!
//! One read capacity unit is one strongly consistent read, two eventually consistent reads or half a transactional read per
//! second of an item of up to 4 KB. One write capacity unit is one write per second of an item of up to 1 KB; a transactional
//! write takes two. Sizes are rounded up per item (1 KB = 1,024 bytes). Source: "DynamoDB read and write operations" in the
//! developer guide.

use std::ops::RangeInclusive;

use serde::Serialize;

use crate::table::schedule::Schedule;
use crate::value::{Expression, Value};

/// `BillingMode` and throughput.
///
/// ```
/// use tablewright::{Billing, Capacity};
///
/// let scaled = Billing::provisioned(Capacity::auto(5..=50).target(70), Capacity::fixed(5));
/// let capped = Billing::on_demand().max_write(4_000);
/// assert_eq!(capped.max_write, Some(4_000.into()));
/// # assert_eq!(scaled.write, Capacity::fixed(5));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Billing {
    /// `PAY_PER_REQUEST`: billed by request, without provisioned capacity.
    OnDemand(OnDemand),
    /// `PROVISIONED`: billed by provisioned capacity.
    Provisioned(Provisioned),
}

impl Billing {
    /// Returns on-demand billing without limits.
    ///
    /// See [`OnDemand`].
    #[must_use]
    pub fn on_demand() -> OnDemand {
        OnDemand::default()
    }

    /// Returns provisioned billing with the given capacities.
    ///
    /// See [`Provisioned`].
    #[must_use]
    pub fn provisioned(read: impl Into<Capacity>, write: impl Into<Capacity>) -> Provisioned {
        Provisioned { read: read.into(), write: write.into() }
    }
}

/// `OnDemandThroughput`: upper limits of an on-demand table or index, in request units per second.
///
/// ```
/// use tablewright::Billing;
///
/// assert!(Billing::on_demand().is_unlimited());
/// let capped = Billing::on_demand().max_read(1_000).max_write(500);
/// assert_eq!(capped.max_write, Some(500.into()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct OnDemand {
    /// `MaxReadRequestUnits`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_read: Option<Value<u64>>,
    /// `MaxWriteRequestUnits`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_write: Option<Value<u64>>,
}

impl OnDemand {
    /// Sets the maximum read request units per second.
    ///
    /// See [`OnDemand`].
    #[must_use]
    pub fn max_read(mut self, units: impl Into<Value<u64>>) -> Self {
        self.max_read = Some(units.into());
        self
    }

    /// Sets the maximum write request units per second.
    ///
    /// See [`OnDemand`].
    #[must_use]
    pub fn max_write(mut self, units: impl Into<Value<u64>>) -> Self {
        self.max_write = Some(units.into());
        self
    }

    /// Whether neither reads nor writes are limited.
    ///
    /// See [`OnDemand`].
    #[must_use]
    pub const fn is_unlimited(&self) -> bool {
        self.max_read.is_none() && self.max_write.is_none()
    }
}

/// `ProvisionedThroughput`, with optional auto scaling.
///
/// ```
/// use tablewright::{Billing, Capacity};
///
/// let units = Billing::provisioned(Capacity::auto(5..=50), 20);
/// assert_eq!(units.write, Capacity::fixed(20));
/// assert_eq!(units.read.initial().literal(), Some(&5));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Provisioned {
    /// Read capacity units per second.
    pub read: Capacity,
    /// Write capacity units per second.
    pub write: Capacity,
}

/// Capacity units per second: a fixed number, or a range for Application Auto Scaling.
///
/// ```
/// use tablewright::Capacity;
///
/// let fixed = Capacity::fixed(20);
/// assert_eq!(fixed.initial().literal(), Some(&20));
///
/// let scaled = Capacity::from(Capacity::auto(5..=50));
/// assert_eq!(scaled.initial().literal(), Some(&5), "the minimum");
///
/// let with_initial = Capacity::from(Capacity::auto(5..=50).initial(30));
/// assert_eq!(with_initial.initial().literal(), Some(&30));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Capacity {
    /// Fixed capacity.
    Fixed(Value<u64>),
    /// Capacity that Application Auto Scaling adjusts.
    Auto(Box<AutoScaling>),
}

impl Capacity {
    /// Returns a fixed capacity, in units per second.
    ///
    /// See [`Capacity`].
    #[must_use]
    pub fn fixed(units: impl Into<Value<u64>>) -> Self {
        Self::Fixed(units.into())
    }

    /// Returns auto scaling within `units`, starting at the minimum, with a target utilization of 70 %.
    ///
    /// See [`AutoScaling`].
    #[must_use]
    pub fn auto(units: RangeInclusive<u64>) -> AutoScaling {
        let (min, max) = units.into_inner();
        AutoScaling::between(min, max)
    }

    /// Whether the scaling has settings that the first version of the manifest did not have.
    pub(crate) fn has_more_settings(&self) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Auto(scaling) => {
                scaling.initial.is_some()
                    || scaling.disable_scale_in.is_some()
                    || !scaling.schedules.is_empty()
            }
        }
    }

    /// Returns the capacity that the table is created with.
    ///
    /// See [`Capacity`].
    #[must_use]
    pub fn initial(&self) -> &Value<u64> {
        match self {
            Self::Fixed(units) => units,
            Self::Auto(scaling) => scaling.initial.as_ref().unwrap_or(&scaling.min),
        }
    }
}

/// A scalable target and its target-tracking policy.
///
/// ```
/// use tablewright::{AutoScaling, Capacity, Expression, Schedule};
///
/// let with_the_load = Capacity::auto(5..=100).target(60).cooldowns(300, 0);
/// let by_the_clock = Capacity::auto(5..=100).schedule(
///     Schedule::new("morning", "cron(0 7 ? * MON-FRI *)").timezone("Europe/Berlin").min(50),
/// );
/// let by_parameters = AutoScaling::between(Expression::Ref("Min".into()), Expression::Ref("Max".into()));
/// assert_eq!(with_the_load.scale_out_cooldown, 0.into());
/// assert_eq!(by_the_clock.target, 70.into(), "the default");
/// assert_eq!(by_parameters.min.literal(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct AutoScaling {
    /// `MinCapacity`
    pub min: Value<u64>,
    /// `MaxCapacity`
    pub max: Value<u64>,
    /// The capacity that the table is created with, and `SeedCapacity` of a global table; `None` for the minimum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<Value<u64>>,
    /// `TargetValue`: target utilization, the percentage of provisioned capacity that is consumed, 20 to 90.
    pub target: Value<u32>,
    /// `ScaleInCooldown` in seconds.
    pub scale_in_cooldown: Value<u32>,
    /// `ScaleOutCooldown` in seconds.
    pub scale_out_cooldown: Value<u32>,
    /// `DisableScaleIn`: do not reduce the capacity when the load decreases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_scale_in: Option<Value<bool>>,
    /// `ScheduledActions`: changes of the limits at scheduled times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<Schedule>,
}

impl AutoScaling {
    /// Returns auto scaling between `min` and `max`, starting at `min`, with a target utilization of 70 %.
    ///
    /// See [`AutoScaling`].
    #[must_use]
    pub fn between(min: impl Into<Value<u64>>, max: impl Into<Value<u64>>) -> Self {
        Self {
            min: min.into(),
            max: max.into(),
            initial: None,
            target: 70.into(),
            scale_in_cooldown: 60.into(),
            scale_out_cooldown: 60.into(),
            disable_scale_in: None,
            schedules: Vec::new(),
        }
    }

    /// Sets the target utilization, in percent.
    ///
    /// See [`AutoScaling`].
    #[must_use]
    pub fn target(mut self, percent: impl Into<Value<u32>>) -> Self {
        self.target = percent.into();
        self
    }

    /// Sets the cooldown periods after scaling in and out, in seconds.
    ///
    /// See [`AutoScaling`].
    #[must_use]
    pub fn cooldowns(mut self, scale_in: impl Into<Value<u32>>, scale_out: impl Into<Value<u32>>) -> Self {
        (self.scale_in_cooldown, self.scale_out_cooldown) = (scale_in.into(), scale_out.into());
        self
    }

    /// Sets the capacity for creating the table, and for changing it from on-demand to provisioned billing.
    ///
    /// See [`Capacity`].
    #[must_use]
    pub fn initial(mut self, units: impl Into<Value<u64>>) -> Self {
        self.initial = Some(units.into());
        self
    }

    /// Sets whether to keep the capacity when the load decreases.
    ///
    /// ```
    /// use tablewright::Capacity;
    ///
    /// let never_down = Capacity::auto(5..=100).disable_scale_in(true);
    /// assert_eq!(never_down.disable_scale_in, Some(true.into()));
    /// ```
    #[must_use]
    pub fn disable_scale_in(mut self, disable: impl Into<Value<bool>>) -> Self {
        self.disable_scale_in = Some(disable.into());
        self
    }

    /// Adds a scheduled change of the limits.
    ///
    /// See [`Schedule`].
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedules.push(schedule);
        self
    }
}

impl From<OnDemand> for Billing {
    fn from(on_demand: OnDemand) -> Self {
        Self::OnDemand(on_demand)
    }
}

impl From<Provisioned> for Billing {
    fn from(provisioned: Provisioned) -> Self {
        Self::Provisioned(provisioned)
    }
}

impl From<AutoScaling> for Capacity {
    fn from(scaling: AutoScaling) -> Self {
        Self::Auto(Box::new(scaling))
    }
}

impl From<u64> for Capacity {
    fn from(units: u64) -> Self {
        Self::fixed(units)
    }
}

impl From<Expression> for Capacity {
    fn from(units: Expression) -> Self {
        Self::fixed(units)
    }
}
