//! The state of the sandbox: plain data per region, with the schedule of effects to come.
//!
//! Nothing runs in the background. An operation puts effects with a due time into its region's [`schedule`]; every call
//! first applies those that are due. A killed process loses nothing, and the next one continues.

pub(crate) mod backup;
pub(crate) mod bucket;
pub(crate) mod change_set;
pub(crate) mod drift;
pub(crate) mod event;
pub(crate) mod faults;
pub(crate) mod hook;
pub(crate) mod kinesis_destination;
pub(crate) mod operation;
pub(crate) mod random;
pub(crate) mod resource_type;
pub(crate) mod rollback_configuration;
pub(crate) mod schedule;
pub(crate) mod services;
pub(crate) mod stack;
pub(crate) mod store;
pub(crate) mod table;
pub(crate) mod table_spec;
pub(crate) mod template;
pub(crate) mod timings;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::{Millis, TimeBase};
use crate::state::bucket::Buckets;
use crate::state::change_set::ChangeSet;
use crate::state::faults::Faults;
use crate::state::hook::HookResult;
use crate::state::random::Random;
use crate::state::schedule::Scheduled;
use crate::state::services::Services;
use crate::state::stack::Stack;
use crate::state::timings::Timings;

/// The format of the state file; any other number is refused.
pub(crate) const FORMAT: u32 = 2;

/// The whole state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) tablewright_sandbox: u32,
    pub(crate) time: Option<TimeBase>,
    /// Time as of the last change; it never runs backwards.
    pub(crate) now: Millis,
    /// The time of the first call.
    pub(crate) began: Option<Millis>,
    pub(crate) timings: Timings,
    pub(crate) faults: Faults,
    pub(crate) regions: Regions,
    pub(crate) buckets: Buckets,
}

/// The regions that have had calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Regions {
    seed: u64,
    pub(crate) by_name: BTreeMap<String, Region>,
}

impl Regions {
    /// The region of that name; empty at its first call.
    pub(crate) fn named(&mut self, name: &str) -> &mut Region {
        let seed =
            name.bytes().fold(self.seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        self.by_name.entry(name.to_owned()).or_insert_with(|| Region::new(name, seed))
    }
}

impl State {
    pub(crate) fn new(seed: u64, timings: Timings, faults: Faults) -> Self {
        Self {
            tablewright_sandbox: FORMAT,
            time: None,
            now: 0,
            began: None,
            timings,
            faults,
            regions: Regions { seed, by_name: BTreeMap::new() },
            buckets: Buckets::default(),
        }
    }

    /// The regions, and the moment under whose rules something happens in them.
    pub(crate) fn at(&mut self, now: Millis) -> (&mut Regions, Moment<'_>) {
        let moment = Moment { now, timings: &self.timings, faults: &self.faults, buckets: &self.buckets };
        (&mut self.regions, moment)
    }
}

/// One region of the account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Region {
    pub(crate) name: String,
    pub(crate) random: Random,
    /// In order of creation, with deleted stacks, which can be described by id.
    pub(crate) stacks: Vec<Stack>,
    pub(crate) change_sets: Vec<ChangeSet>,
    pub(crate) services: Services,
    pub(crate) hook_results: Vec<HookResult>,
    /// Counts of handler calls, by `STACK/RESOURCE OPERATION`.
    pub(crate) turns: BTreeMap<String, u64>,
    pub(crate) schedule: Vec<Scheduled>,
    /// Numbers effects and phases, for their order and to detect outdated ones.
    pub(crate) serial: u64,
}

impl Region {
    fn new(name: &str, seed: u64) -> Self {
        Self {
            name: name.to_owned(),
            random: Random::new(seed),
            stacks: Vec::new(),
            change_sets: Vec::new(),
            services: Services::default(),
            hook_results: Vec::new(),
            turns: BTreeMap::new(),
            schedule: Vec::new(),
            serial: 0,
        }
    }

    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}

/// The account, clearly not a real one.
pub(crate) const ACCOUNT: &str = "000000000000";

/// When something happens, and under which rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment<'a> {
    pub(crate) now: Millis,
    pub(crate) timings: &'a Timings,
    pub(crate) faults: &'a Faults,
    /// The buckets that templates are read from.
    pub(crate) buckets: &'a Buckets,
}

impl Moment<'_> {
    /// The same rules at another time.
    pub(crate) fn at(self, now: Millis) -> Self {
        Self { now, ..self }
    }
}
