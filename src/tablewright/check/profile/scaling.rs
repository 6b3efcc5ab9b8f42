//! H13: provisioned capacity is scaled, of the table and of its indexes.

use crate::check::profile::judged::{Instead, Setting, Source};
use crate::check::profile::rule;
use crate::check::profile::table::Holder;
use crate::item::IndexKind;
use crate::table::Table;
use crate::table::billing::{Billing, Capacity, Provisioned};

impl Holder<'_> {
    /// A scalable target by hand may be for any table: then nothing is known.
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
            Source::ByHand(_) => self.fixed(
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
            &Instead {
                call: "scale it: `Capacity::auto(5..=50)`; or `Billing::on_demand()`",
                property: "scale it, or `BillingMode: PAY_PER_REQUEST`",
            },
        );
    }

    /// The scaling of a plain table is resources of its own, which tablewright makes by the definition.
    fn scaling_of(&mut self, table: &Table) {
        let owner = format!("table `{}`", table.id);
        match &table.billing {
            // An override has made it provisioned, and nothing scales it.
            Billing::OnDemand(_) => self.fixed("/Properties/BillingMode", "capacity", &owner),
            Billing::Provisioned(units) => self.units("/Properties", units, &owner),
        }
        let global = table.indexes.iter().filter(|index| index.kind == IndexKind::Global);
        for (position, index) in global.enumerate() {
            // Without capacity of its own it is scaled with the table.
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

    /// A global table has its scaling in its properties: of writes with the table and the index, of reads with each replica.
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
                // What a replica says nothing of is as the table says, which is a fixed number.
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
