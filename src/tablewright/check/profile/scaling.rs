//! H13: provisioned capacity of tables and indexes has auto scaling.

use crate::check::profile::judged::{Fix, Setting, Source};
use crate::check::profile::rule;
use crate::check::profile::table::Holder;
use crate::item::IndexKind;
use crate::table::Table;
use crate::table::billing::{Billing, Capacity, Provisioned};

impl Holder<'_> {
    /// Does nothing if the stack has a raw scalable target, as that may be for any table.
    pub(super) fn scaling(&mut self) {
        let provisioned = match self.judged.setting("/Properties/BillingMode") {
            Setting::Absent => true,
            Setting::Value(mode) => mode == "PROVISIONED",
            Setting::Unknown => false,
        };
        let by_hand = "AWS::ApplicationAutoScaling::ScalableTarget";
        if !provisioned || self.stack.resources.iter().any(|raw| raw.body["Type"] == by_hand) {
            return;
        }
        match self.judged.source {
            _ if self.judged.is_global() => self.scaling_of_replicas(),
            Source::Defined(table) => self.scaling_of(table),
            Source::Raw(_) => self.fixed(
                "/Properties/ProvisionedThroughput",
                "capacity",
                &format!("table `{}`", self.judged.id),
            ),
        }
    }

    fn fixed(&mut self, pointer: &str, what: &str, owner: &str) {
        self.broken(
            &rule::SCALED,
            pointer,
            format!("the {what} of {owner} is fixed"),
            &Fix {
                call: "use auto scaling, such as `Capacity::auto(5..=50)`, or `Billing::on_demand()`",
                property: "use auto scaling, or set `BillingMode: PAY_PER_REQUEST`",
            },
        );
    }

    /// Checks a table that is not global: its scalable targets are separate resources, rendered from the definition.
    fn scaling_of(&mut self, table: &Table) {
        let owner = format!("table `{}`", table.id);
        match &table.billing {
            // An override makes it provisioned, without scalable targets.
            Billing::OnDemand(_) => self.fixed("/Properties/BillingMode", "capacity", &owner),
            Billing::Provisioned(units) => self.units("/Properties", units, &owner),
        }
        let global = table.indexes.iter().filter(|index| index.kind == IndexKind::Global);
        for (position, index) in global.enumerate() {
            // Without its own capacity it has the auto scaling of the table.
            if let Some(units) = &index.provisioned {
                let place = format!("/Properties/GlobalSecondaryIndexes/{position}");
                self.units(&place, units, &format!("index `{}` of {owner}", index.name));
            }
        }
    }

    fn units(&mut self, place: &str, units: &Provisioned, owner: &str) {
        for (what, capacity) in [("read capacity", &units.read), ("write capacity", &units.write)] {
            match capacity {
                Capacity::Fixed(_) => self.fixed(&format!("{place}/ProvisionedThroughput"), what, owner),
                Capacity::Auto(_) => {}
            }
        }
    }

    /// Checks a global table, which has auto scaling in its properties: for writes in the table and indexes, for reads in each
    /// replica.
    fn scaling_of_replicas(&mut self) {
        let judged = self.judged;
        let table = format!("table `{}`", judged.id);
        let indexes: Vec<(String, &str)> = judged
            .items("/Properties/GlobalSecondaryIndexes")
            .into_iter()
            .filter_map(|place| Some((place.clone(), judged.index_name(&place)?)))
            .collect();
        self.scaled_or_fixed("/Properties", "Write", &table);
        for (place, name) in &indexes {
            self.scaled_or_fixed(place, "Write", &format!("index `{name}` of {table}"));
        }
        for (base, owner) in judged.parts() {
            self.scaled_or_fixed(&base, "Read", &owner);
            let own = format!("{base}/GlobalSecondaryIndexes");
            for (_, name) in &indexes {
                // A replica without a setting has that of the table, which is fixed.
                let place =
                    judged.items(&own).into_iter().find(|place| judged.index_name(place) == Some(name));
                let place = place.unwrap_or_else(|| format!("{own}/-"));
                self.scaled_or_fixed(&place, "Read", &format!("index `{name}` of {owner}"));
            }
        }
    }

    fn scaled_or_fixed(&mut self, place: &str, what: &str, owner: &str) {
        let pointer =
            format!("{place}/{what}ProvisionedThroughputSettings/{what}CapacityAutoScalingSettings");
        if self.judged.setting(&pointer) == Setting::Absent {
            self.fixed(&pointer, &format!("{} capacity", what.to_lowercase()), owner);
        }
    }
}
