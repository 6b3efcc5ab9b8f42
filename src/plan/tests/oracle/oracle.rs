//! The rules, written anew from the reference pages: for each difference of two templates, how mild and how bad its verdict can be.
//!
//! Each claim says where its rule is from: CloudFormation's registry schemas and documentation, DynamoDB's documentation, an issue, or
//! the words with which AWS refuses. Where these do not decide, a range is wide.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tablewright_plan::{PlanOptions, Verdict};

use crate::normal::{BUCKET, GLOBAL, KEY, KINESIS, Resource, STACK};
use crate::resolve::is_open;
use crate::side::{Side, sides};

use Verdict::{DataLoss, InPlace, InPlaceWithRisk, Refused, ReplacementKept, Staged};

/// What the oracle says of one difference.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) id: String,
    /// No verdict on it is milder.
    pub(crate) least: Verdict,
    /// No verdict on it is worse.
    pub(crate) most: Verdict,
    pub(crate) why: &'static str,
}

/// Returns what the oracle says of every difference; nothing if the templates mean the same.
pub(crate) fn claims(deployed: &Value, wanted: &Value, options: &PlanOptions) -> Vec<Claim> {
    if wanted["Resources"].as_object().is_none_or(serde_json::Map::is_empty) {
        let why = "CloudFormation: at least one Resources member must be defined";
        return vec![Claim { id: String::new(), least: Refused, most: Refused, why }];
    }
    let mut list = differences(deployed, wanted, options);
    // An index or a stream that is the only change needs no other step.
    if let [only] = &mut list[..]
        && only.least < Staged
        && only.most == Staged
        && (only.why.contains("an index is") || only.why.contains("the stream"))
    {
        only.most = InPlaceWithRisk;
    }
    list
}

fn differences(deployed: &Value, wanted: &Value, options: &PlanOptions) -> Vec<Claim> {
    let (before, after) = sides(deployed, wanted, options);
    let mut claims = Claims { before: &before, after: &after, options, list: Vec::new() };
    let ids: BTreeSet<&String> = before.resources.keys().chain(after.resources.keys()).collect();
    for id in ids {
        match (before.resources.get(id), after.resources.get(id)) {
            (Some(old), None) => claims.removed(id, old),
            (None, Some(new)) => claims.added(id, new),
            (Some(old), Some(new)) => claims.compared(id, old, new),
            (None, None) => {}
        }
    }
    claims.outputs();
    claims.rest();
    claims.list
}

/// The claims on two sides, as they are found.
pub(crate) struct Claims<'a> {
    pub(crate) before: &'a Side,
    pub(crate) after: &'a Side,
    pub(crate) options: &'a PlanOptions,
    pub(crate) list: Vec<Claim>,
}

impl Claims<'_> {
    pub(crate) fn claim(&mut self, id: &str, least: Verdict, most: Verdict, why: &'static str) {
        self.list.push(Claim { id: id.to_owned(), least, most: most.max(least), why });
    }

    /// The verdict on the old resource of a kind that holds data.
    pub(crate) fn lost(&mut self, id: &str, old: &Resource, policies: &[&str], why: &'static str) {
        let kept = policies.iter().filter(|policy| policy.starts_with("Retain")).count();
        let is_open = policies.iter().any(|policy| policy.starts_with('{'));
        let least = if kept == 0 && !is_open { DataLoss } else { ReplacementKept };
        let most = if kept == policies.len() { ReplacementKept } else { DataLoss };
        // S3 deletes no bucket that has objects, so nothing is lost where it is empty, and nothing where it is not.
        let least = match old.kind == BUCKET || (old.kind == KINESIS && kept > 0) {
            true => InPlaceWithRisk,
            false if is_protected(old) || old.condition.is_some() => Refused,
            false => least,
        };
        self.claim(id, least, most, why);
    }

    fn removed(&mut self, id: &str, old: &Resource) {
        // What a false condition leaves out is written in the wanted template, and may have another policy there.
        let policies = [old.deletion.as_str()];
        if old.is_table() {
            let moved = self.after.named(old.get("TableName"), self.before);
            match moved {
                Some(_) => self.claim(id, Refused, Refused, "the new one fails: already exists"),
                // The deletion of a protected table fails.
                None if is_protected(old) && old.deletion == "Delete" && old.condition.is_none() => {
                    self.claim(
                        id,
                        Refused,
                        Refused,
                        "Resource cannot be deleted as it is currently protected against deletion",
                    );
                }
                None => self.lost(id, old, &policies, "DeletionPolicy: a table is removed"),
            }
        } else if old.is_container() {
            self.container_removed(id, old);
        } else if old.kind == KEY {
            let is_kept = old.deletion.starts_with("Retain");
            let is_used = self.before.resources.values().any(|table| {
                table.is_table()
                    && *table.get("SSESpecification/KMSMasterKeyId") == json!({ "Fn::GetAtt": [id, "Arn"] })
            });
            let (least, most) = match (is_kept, is_used) {
                (true, _) => (InPlace, ReplacementKept),
                (false, true) => (InPlaceWithRisk, DataLoss),
                (false, false) => (InPlaceWithRisk, DataLoss),
            };
            self.claim(id, least, most, "without its key, a table is INACCESSIBLE_ENCRYPTION_CREDENTIALS");
        } else if old.kind == BUCKET || old.kind == KINESIS {
            self.lost(id, old, &policies, "a stream or a bucket is removed");
        } else {
            self.claim(id, InPlace, Staged, "a resource is removed");
        }
    }

    fn container_removed(&mut self, id: &str, old: &Resource) {
        let why = "a removed nested stack deletes its tables";
        if old.deletion.starts_with("Retain") {
            let most = if old.kind == STACK { ReplacementKept } else { DataLoss };
            return self.claim(id, InPlaceWithRisk, most, "the nested stack remains, outside the stack");
        }
        let child = self.options.nested.get(id);
        let Some(deployed) = child.and_then(|child| child.deployed.as_ref()) else {
            return self.claim(id, Refused, DataLoss, why);
        };
        let inside =
            differences(deployed, &json!({ "Resources": {} }), &child.expect("it has a template").options);
        let worst = inside.iter().filter(|claim| claim.least >= Refused).map(|claim| claim.least).max();
        let least = if old.condition.is_some() { worst.map(|_| Refused) } else { worst };
        let most = inside.iter().map(|claim| claim.most).max().unwrap_or_default().max(InPlaceWithRisk);
        self.claim(id, least.unwrap_or(InPlace), most, why);
    }

    fn added(&mut self, id: &str, new: &Resource) {
        let moved = self.before.named(new.get("TableName"), self.after);
        let most = if moved.is_some() { Refused } else { InPlace };
        // A new replica gets its policy in a second step, maybe of a new table too.
        let most = if new.kind == GLOBAL { most.max(Staged) } else { most };
        let is_plain = new.condition.is_none() && !new.is_container();
        self.claim(id, InPlace, if is_plain { most } else { DataLoss }, "the first creation needs no steps");
    }

    fn compared(&mut self, id: &str, old: &Resource, new: &Resource) {
        if old.means(new) {
            // Values that CloudFormation looks up are not seen here.
            return self.nested(id, false);
        }
        if old.kind != new.kind {
            if old.holds_data() {
                let named = !old.get("TableName").is_null() && old.get("TableName") == new.get("TableName");
                match named {
                    true => self.claim(
                        id,
                        Refused,
                        DataLoss,
                        "CloudFormation docs: a table cannot be converted by changing its type",
                    ),
                    false => {
                        let policies = [old.deletion.as_str(), &old.replacement, &new.replacement];
                        self.lost(id, old, &policies, "a changed type is another resource");
                    }
                }
                let last = self.list.last_mut().expect("it was just claimed");
                last.least = Refused;
            }
            return;
        }
        if old.condition != new.condition {
            // What a condition may leave out is as bad as its removal; that this cannot be judged is refused.
            let at = self.list.len();
            if old.condition.is_none() {
                self.removed(id, old);
            }
            let removal = self.list.drain(at..).map(|claim| claim.least).max().unwrap_or(InPlace);
            self.claim(id, removal.min(Refused), DataLoss, "the condition is not known to hold");
        }
        self.policies(id, old, new);
        if old.is_table() {
            self.tables(id, old, new);
        } else if old.properties != new.properties {
            self.nested(id, true);
            match old.kind.as_str() {
                KEY => self.keys(id, old, new),
                BUCKET if old.get("BucketName") != new.get("BucketName") => {
                    self.lost(
                        id,
                        old,
                        &[&old.replacement, &new.replacement],
                        "UpdateReplacePolicy: a bucket is renamed",
                    );
                }
                _ if old.is_container() => {}
                BUCKET if !self.is_open(old, new) => self.claim(id, InPlace, InPlaceWithRisk, "tags"),
                _ => self.claim(id, InPlace, InPlaceWithRisk, "another resource changes"),
            }
        } else {
            self.nested(id, false);
        }
    }

    pub(crate) fn is_open(&self, old: &Resource, new: &Resource) -> bool {
        is_open(&old.written, &self.before.template) || is_open(&new.written, &self.after.template)
    }

    /// A policy that no longer retains is a risk.
    fn policies(&mut self, id: &str, old: &Resource, new: &Resource) {
        for (old, new) in [(&old.deletion, &new.deletion), (&old.replacement, &new.replacement)] {
            if old != new {
                let is_weaker = old.starts_with("Retain") && !new.starts_with("Retain");
                let least = if is_weaker { InPlaceWithRisk } else { Verdict::None };
                self.claim(id, least, InPlaceWithRisk, "a policy changes");
            }
        }
    }

    fn keys(&mut self, id: &str, old: &Resource, new: &Resource) {
        let is_open = self.is_open(old, new);
        let most = |verdict| if is_open { DataLoss } else { verdict };
        for (name, least, limit) in [
            ("KeyPolicy", InPlaceWithRisk, InPlaceWithRisk),
            ("PendingWindowInDays", Verdict::None, InPlaceWithRisk),
            ("Tags", InPlace, InPlace),
        ] {
            if old.get(name) != new.get(name) {
                self.claim(id, least, most(limit), "without its key, data cannot be read");
            }
        }
        let (was, is) = (old.get("Enabled") != "false", new.get("Enabled") != "false");
        if was && !is {
            self.claim(id, InPlaceWithRisk, DataLoss, "a key is disabled");
        } else if old.get("Enabled") != new.get("Enabled") {
            self.claim(id, Verdict::None, most(InPlaceWithRisk), "a key is enabled");
        }
    }

    /// a nested stack whose templates are known; a change of several steps cannot be made through a parent.
    fn nested(&mut self, id: &str, differs: bool) {
        let is_container = self.after.resources.get(id).is_some_and(Resource::is_container);
        let child = self.options.nested.get(id).filter(|_| is_container);
        let both = child.and_then(|child| child.deployed.as_ref().zip(child.wanted.as_ref()));
        match both {
            Some((deployed, wanted)) => {
                let inside = claims(deployed, wanted, &child.expect("it has templates").options);
                if differs {
                    self.claim(
                        id,
                        Verdict::None,
                        InPlaceWithRisk,
                        "a nested stack whose templates are known",
                    );
                }
                self.list.extend(inside.into_iter().map(|claim| Claim {
                    id: format!("{id}/{}", claim.id).trim_end_matches('/').to_owned(),
                    least: if claim.least == Staged { Refused } else { claim.least },
                    most: if claim.most == Staged { Refused } else { claim.most },
                    why: claim.why,
                }));
            }
            None if differs && is_container => {
                self.claim(id, InPlaceWithRisk, DataLoss, "a nested stack whose templates are not known");
            }
            None => {}
        }
    }

    /// An export in use by other stacks can neither change nor go.
    fn outputs(&mut self) {
        let (old, new) = (&self.before.template["Outputs"], &self.after.template["Outputs"]);
        let names: BTreeSet<&String> =
            [old, new].into_iter().filter_map(Value::as_object).flat_map(|outputs| outputs.keys()).collect();
        for name in names {
            let (old, new) = (&old[name], &new[name]);
            if old == new {
                continue;
            }
            let export = &old["Export"]["Name"];
            let is_risk = !export.is_null() && *export != new["Export"]["Name"];
            let least = if is_risk { InPlaceWithRisk } else { Verdict::None };
            self.claim(name, least, InPlaceWithRisk, "an export in use can neither change nor go");
        }
    }

    fn rest(&mut self) {
        let loops = |side: &Side| {
            let resources = side.template["Resources"].as_object().into_iter().flatten();
            resources
                .filter(|(_, entry)| entry.is_array())
                .map(|(_, entry)| entry.clone())
                .collect::<Vec<_>>()
        };
        if loops(self.before) != loops(self.after) {
            self.list.retain(|claim| !claim.id.starts_with("Loop"));
            self.claim("", Verdict::None, DataLoss, "the collection of a loop is not known");
        }
        let (old, new) = (&self.before.template["Mappings"], &self.after.template["Mappings"]);
        let is_mapped = self.after.template["Resources"].to_string().contains("Fn::FindInMap");
        let changes = ["eu-west-1", "us-east-1"].iter().any(|region| {
            let (old, new) = (&old["ByRegion"][region], &new["ByRegion"][region]);
            old.as_object()
                .into_iter()
                .flatten()
                .any(|(name, value)| new.get(name).is_some_and(|new| new != value))
        });
        if is_mapped && changes {
            self.claim("", Verdict::None, DataLoss, "the key of a mapping is not known");
        }
        let defaults = |side: &Side| {
            let parameters = side.template["Parameters"].as_object().into_iter().flatten();
            parameters
                .map(|(name, parameter)| (name.clone(), parameter["Default"].clone()))
                .collect::<BTreeMap<_, _>>()
        };
        let is_known = self.options.deployed_parameters.is_some() && self.options.wanted_parameters.is_some();
        if !is_known && defaults(self.before) != defaults(self.after) {
            self.claim("", Verdict::None, DataLoss, "a default may be in use");
        }
        if self.before.template["Transform"] != self.after.template["Transform"] {
            self.claim("", Verdict::None, InPlaceWithRisk, "what a macro returns is not known");
        }
        if self.before.template["Description"] != self.after.template["Description"] {
            self.claim("", Verdict::None, InPlace, "a description has no effect");
        }
    }
}

/// Deletion protection, of the table or of one of its replicas.
pub(crate) fn is_protected(table: &Resource) -> bool {
    let replicas = table.get("Replicas").as_object().into_iter().flatten().map(|(_, replica)| replica);
    replicas.chain([&table.properties]).any(|block| block["DeletionProtectionEnabled"] == "true")
}
