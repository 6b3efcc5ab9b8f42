//! Finds all references of a stack, with the source location of each.
//!
//! Structs are destructured without `..`, so that a new field does not compile until it is decided here whether it can have
//! references.

use serde::Serialize;
use serde_json::{Value as Json, json};
use tablewright_template::{PathSegment, Reference, Role, visit_references};

use crate::place::Place;
use crate::stack::condition::Test;
use crate::stack::{Output, Stack};
use crate::table::Table;
use crate::table::billing::{AutoScaling, Billing, Capacity, OnDemand, Provisioned};
use crate::table::global::{Global, Read, Replica, ReplicaIndex};
use crate::table::import::{Csv, ImportFormat, S3Import};
use crate::table::index::Index;
use crate::table::policy::Policy;
use crate::table::scaling::{Dimension, dimensions};
use crate::table::schedule::Schedule;
use crate::table::settings::{ContributorInsights, Encryption, Kinesis, PointInTimeRecovery, WarmThroughput};
use crate::value::Value;

/// A reference, the part of the template that it is in, and its source location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) of: Reference<String>,
    pub(super) from: From,
    pub(super) at: Place,
}

/// The part of a template that a reference is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// The resource with this logical id, which depends on what it refers to.
    Resource(String),
    /// The `Metadata` of a resource.
    Metadata,
    /// The condition with this name.
    Condition(String),
    /// An output.
    Output,
    /// The name of an export.
    Export,
}

pub(super) fn uses(stack: &Stack) -> Vec<Use> {
    let mut found = Vec::new();
    for condition in &stack.conditions {
        let mut finder = Finder::new(&mut found, From::Condition(condition.name.clone()));
        finder.test(&condition.at, &condition.test);
    }
    for table in &stack.tables {
        of_table(table, &mut found);
    }
    for raw in &stack.resources {
        of_raw(&raw.id, &raw.body, &raw.at, &mut found);
    }
    for published in &stack.published {
        let mut finder = Finder::new(&mut found, From::Resource(published.logical_id()));
        finder.values(&published.at, [&published.value]);
    }
    for Output { name: _, value, description: _, condition, export, at } in &stack.outputs {
        let mut finder = Finder::new(&mut found, From::Output);
        finder.values(at, [value]);
        finder.condition(at, condition.as_deref());
        Finder::new(&mut found, From::Export).values(at, export);
    }
    found
}

fn of_table(table: &Table, found: &mut Vec<Use>) {
    let Table {
        id,
        name,
        doc: _,
        at,
        key: _,
        indexes,
        ttl: _,
        ttl_enabled,
        billing,
        warm_throughput,
        class,
        encryption,
        point_in_time_recovery,
        deletion_protection,
        stream,
        stream_policy,
        kinesis,
        contributor_insights,
        policy,
        import,
        tags,
        deletion_policy: _,
        update_replace_policy: _,
        global,
        condition,
        depends_on,
        metadata,
        overrides,
        problems: _,
        naming: _,
        explicit: _,
    } = table;
    let first = found.len();
    let mut properties = Finder::new(found, From::Resource(id.clone()));
    properties.values(at, name);
    properties.values(at, [ttl_enabled]);
    properties.billing(at, billing, global.is_some());
    properties.warm_throughput(at, warm_throughput.as_ref());
    properties.values(at, class);
    properties.encryption(at, encryption.as_ref());
    properties.recovery(at, point_in_time_recovery.as_ref());
    properties.values(at, deletion_protection);
    properties.values(at, stream);
    properties.policies(at, [stream_policy, policy]);
    properties.kinesis(at, kinesis.as_ref());
    properties.insights(at, contributor_insights.as_ref());
    if let Some(import) = import {
        properties.import(at, import);
    }
    properties.values(at, tags.values());
    for index in indexes {
        properties.index(index, global.is_some());
    }
    if let Some(global) = global {
        properties.global(global);
    }
    for change in overrides {
        properties.json(&change.at, &change.value);
    }
    forget_overridden(table, first, found);
    for dimension in dimensions(table) {
        let at = dimension.index.filter(|index| index.provisioned.is_some()).map_or(at, |index| &index.at);
        of_scaling(&dimension, at, found);
    }
    let mut beside = Finder::new(found, From::Resource(id.clone()));
    beside.condition(at, condition.as_deref());
    depends_on.iter().for_each(|id| beside.push(at, Reference::DependsOn(id.clone())));
    let mut finder = Finder::new(found, From::Metadata);
    metadata.values().for_each(|entry| finder.json(at, entry));
}

/// Removes references in settings that an override replaces, as they are not in the template.
#[cfg(feature = "render")]
fn forget_overridden(table: &Table, first: usize, found: &mut Vec<Use>) {
    if table.overrides.is_empty() {
        return;
    }
    let mut kept = Vec::new();
    visit_references(Role::Value, &crate::render::lower::overridden(table).0, &mut |_, reference| {
        kept.push(reference.into_owned());
    });
    let mut position = 0;
    found.retain(|usage| {
        position += 1;
        position <= first || kept.contains(&usage.of)
    });
}

#[cfg(not(feature = "render"))]
fn forget_overridden(_: &Table, _: usize, _: &mut Vec<Use>) {}

/// Finds the references of auto scaling. They are dependencies of the scalable target or the policy, not of the table.
fn of_scaling(dimension: &Dimension<'_>, at: &Place, found: &mut Vec<Use>) {
    let AutoScaling {
        min,
        max,
        initial: _,
        target,
        scale_in_cooldown,
        scale_out_cooldown,
        disable_scale_in,
        schedules,
    } = dimension.scaling;
    let mut of_target = Finder::new(found, From::Resource(dimension.id.clone()));
    of_target.values(at, [min, max]);
    for Schedule { name: _, schedule, timezone, start, end, min, max, at } in schedules {
        of_target.values(
            at,
            [Some(schedule), timezone.as_ref(), start.as_ref(), end.as_ref()].into_iter().flatten(),
        );
        of_target.values(at, min.iter().chain(max));
    }
    let mut of_policy = Finder::new(found, From::Resource(dimension.policy_id()));
    of_policy.values(at, [target, scale_in_cooldown, scale_out_cooldown]);
    of_policy.values(at, disable_scale_in);
}

fn of_raw(id: &str, body: &Json, at: &Place, found: &mut Vec<Use>) {
    visit_references(Role::Resource, body, &mut |way, reference| {
        let from = match way.first() {
            Some(PathSegment::Key("Metadata")) => From::Metadata,
            Some(PathSegment::Key(_) | PathSegment::Index(_)) | None => From::Resource(id.to_owned()),
        };
        found.push(Use { of: reference.into_owned(), from, at: at.clone() });
    });
}

struct Finder<'a> {
    found: &'a mut Vec<Use>,
    from: From,
}

impl<'a> Finder<'a> {
    fn new(found: &'a mut Vec<Use>, from: From) -> Self {
        Self { found, from }
    }

    fn push(&mut self, at: &Place, of: Reference<String>) {
        self.found.push(Use { of, from: self.from.clone(), at: at.clone() });
    }

    fn json(&mut self, at: &Place, value: &Json) {
        visit_references(Role::Value, value, &mut |_, reference| self.push(at, reference.into_owned()));
    }

    fn values<'v, T: Serialize + 'v>(&mut self, at: &Place, values: impl IntoIterator<Item = &'v Value<T>>) {
        for value in values {
            match value {
                Value::Literal(_) => {}
                Value::Expression(expression) => self.json(at, &json!(expression)),
            }
        }
    }

    fn condition(&mut self, at: &Place, name: Option<&str>) {
        if let Some(name) = name {
            self.push(at, Reference::Condition(name.to_owned()));
        }
    }

    fn test(&mut self, at: &Place, test: &Test) {
        match test {
            Test::Equals(left, right) => self.values(at, [left, right]),
            Test::And(tests) | Test::Or(tests) => tests.iter().for_each(|test| self.test(at, test)),
            Test::Not([test]) => self.test(at, test),
            Test::Condition(name) => self.condition(at, Some(name)),
        }
    }

    /// A global table has auto scaling in its properties; otherwise it is in separate resources, see [`of_scaling`].
    fn billing(&mut self, at: &Place, billing: &Billing, global: bool) {
        match billing {
            Billing::OnDemand(limits) => self.limits(at, limits),
            Billing::Provisioned(units) => self.provisioned(at, units, global),
        }
    }

    fn limits(&mut self, at: &Place, OnDemand { max_read, max_write }: &OnDemand) {
        self.values(at, max_read.iter().chain(max_write));
    }

    fn provisioned(&mut self, at: &Place, Provisioned { read, write }: &Provisioned, global: bool) {
        for capacity in [read, write] {
            self.values(at, [capacity.initial()]);
            if global {
                self.capacity(at, capacity);
            }
        }
    }

    /// Global tables have no schedules (GT2).
    fn capacity(&mut self, at: &Place, capacity: &Capacity) {
        match capacity {
            Capacity::Fixed(units) => self.values(at, [units]),
            Capacity::Auto(scaling) => {
                let AutoScaling {
                    min,
                    max,
                    initial,
                    target,
                    scale_in_cooldown,
                    scale_out_cooldown,
                    disable_scale_in,
                    schedules: _,
                } = &**scaling;
                self.values(at, [min, max].into_iter().chain(initial));
                self.values(at, [target, scale_in_cooldown, scale_out_cooldown]);
                self.values(at, disable_scale_in);
            }
        }
    }

    fn warm_throughput(&mut self, at: &Place, warm: Option<&WarmThroughput>) {
        if let Some(WarmThroughput { read, write }) = warm {
            self.values(at, read.iter().chain(write));
        }
    }

    fn encryption(&mut self, at: &Place, encryption: Option<&Encryption>) {
        match encryption {
            Some(Encryption::CustomerKey(key)) => self.values(at, [key]),
            Some(Encryption::AwsManagedIf(expression)) => self.json(at, &json!(expression)),
            Some(Encryption::AwsOwned | Encryption::AwsManaged) | None => {}
        }
    }

    fn recovery(&mut self, at: &Place, recovery: Option<&PointInTimeRecovery>) {
        if let Some(PointInTimeRecovery { enabled, days }) = recovery {
            self.values(at, [enabled]);
            self.values(at, days);
        }
    }

    fn kinesis(&mut self, at: &Place, kinesis: Option<&Kinesis>) {
        if let Some(Kinesis { stream_arn, precision }) = kinesis {
            self.values(at, [stream_arn]);
            self.values(at, precision);
        }
    }

    fn insights(&mut self, at: &Place, insights: Option<&ContributorInsights>) {
        if let Some(ContributorInsights { enabled, mode }) = insights {
            self.values(at, [enabled]);
            self.values(at, mode);
        }
    }

    fn policies(&mut self, at: &Place, policies: [&Option<Policy>; 2]) {
        policies.into_iter().flatten().for_each(|policy| self.json(at, &policy.document));
    }

    fn import(&mut self, at: &Place, import: &S3Import) {
        let S3Import { bucket, owner, prefix, format, compression } = import;
        self.values(at, [bucket].into_iter().chain(owner).chain(prefix));
        match format {
            ImportFormat::Csv(Csv { delimiter, headers }) => {
                self.values(at, delimiter);
                self.values(at, headers);
            }
            ImportFormat::DynamodbJson | ImportFormat::Ion => {}
        }
        self.values(at, compression);
    }

    fn index(&mut self, index: &Index, global: bool) {
        let Index {
            name: _,
            kind: _,
            key: _,
            projection: _,
            provisioned,
            on_demand,
            warm_throughput,
            contributor_insights,
            at,
        } = index;
        if let Some(units) = provisioned {
            self.provisioned(at, units, global);
        }
        self.limits(at, on_demand);
        self.warm_throughput(at, warm_throughput.as_ref());
        self.insights(at, contributor_insights.as_ref());
    }

    fn global(&mut self, global: &Global) {
        let Global { consistency, witness, source, replicas, home: _, at } = global;
        self.values(at, [consistency]);
        self.values(at, witness.iter().chain(source));
        replicas.iter().for_each(|replica| self.replica(replica));
    }

    fn replica(&mut self, replica: &Replica) {
        let Replica {
            region,
            class,
            point_in_time_recovery,
            deletion_protection,
            key,
            contributor_insights,
            kinesis,
            policy,
            stream_policy,
            read,
            tags,
            indexes,
            settings_replication,
            at,
        } = replica;
        self.values(at, [region].into_iter().chain(key).chain(tags.values()));
        self.values(at, class);
        self.recovery(at, point_in_time_recovery.as_ref());
        self.values(at, deletion_protection);
        self.insights(at, contributor_insights.as_ref());
        self.kinesis(at, kinesis.as_ref());
        self.policies(at, [policy, stream_policy]);
        self.read(at, read.as_ref());
        self.values(at, settings_replication);
        for ReplicaIndex { name: _, contributor_insights, read, at } in indexes {
            self.insights(at, contributor_insights.as_ref());
            self.read(at, read.as_ref());
        }
    }

    fn read(&mut self, at: &Place, read: Option<&Read>) {
        match read {
            Some(Read::OnDemand(units)) => self.values(at, [units]),
            Some(Read::Provisioned(capacity)) => self.capacity(at, capacity),
            None => {}
        }
    }
}
