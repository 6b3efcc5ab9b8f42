//! H1 to H4, H7, H10 to H12, H14, H15: what a table is held to, each replica of a global one on its own.

use serde_json::Value as Json;

use crate::check::profile::Demands;
use crate::check::profile::judged::{Instead, Judged, Setting, Source};
use crate::check::profile::rule::{self, Rule};
use crate::check::resource_policy;
use crate::problem::Problem;
use crate::stack::Stack;

pub(super) fn check(stack: &Stack, judged: &Judged<'_>, demands: &Demands, problems: &mut Vec<Problem>) {
    let mut holder = Holder { stack, judged, demands, problems };
    holder.what_becomes_of_it();
    holder.billing();
    holder.scaling();
    holder.key();
    for (base, owner) in judged.parts() {
        holder.recovery(&base, &owner);
        holder.deletion_protection(&base, &owner);
        holder.policies(&base, &owner);
        holder.tags(&base, &owner);
        holder.insights(&base, &owner);
    }
}

/// One table, what it is held to, and what was found.
pub(super) struct Holder<'a> {
    pub(super) stack: &'a Stack,
    pub(super) judged: &'a Judged<'a>,
    demands: &'a Demands,
    problems: &'a mut Vec<Problem>,
}

impl Holder<'_> {
    pub(super) fn broken(
        &mut self,
        rule: &Rule,
        pointer: &str,
        message: impl Into<String>,
        instead: &Instead,
    ) {
        if let Some(severity) = rule.severity(self.demands) {
            self.problems.extend(self.judged.broken(rule, severity, pointer, message, instead));
        }
    }

    fn recovery(&mut self, base: &str, owner: &str) {
        let block = format!("{base}/PointInTimeRecoverySpecification");
        let enabled = format!("{block}/PointInTimeRecoveryEnabled");
        if self.judged.is_on(&enabled) == Some(false) {
            self.broken(
                &rule::RECOVERY,
                &enabled,
                format!("point-in-time recovery of {owner} is off"),
                &Instead {
                    call: "`.point_in_time_recovery(Days(35))`, or leave `.no_point_in_time_recovery()` out",
                    property: "`PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }`",
                },
            );
            return;
        }
        let days = format!("{block}/RecoveryPeriodInDays");
        if let Setting::Value(value) = self.judged.setting(&days)
            && let Some(back) = number(value).filter(|back| *back < MOST_DAYS)
        {
            let message =
                format!("point-in-time recovery of {owner} reaches back {back} days of {MOST_DAYS}");
            self.broken(&rule::RECOVERY_DAYS, &days, message, &Instead {
                call: "`.point_in_time_recovery(Days(35))`; the days cost nothing, the size of the table does",
                property: "leave `RecoveryPeriodInDays` out: it is 35 then",
            });
        }
    }

    fn deletion_protection(&mut self, base: &str, owner: &str) {
        let pointer = format!("{base}/DeletionProtectionEnabled");
        match self.judged.is_on(&pointer) {
            Some(false) => {
                let message = format!("deletion protection of {owner} is off");
                self.broken(
                    &rule::DELETION_PROTECTION,
                    &pointer,
                    message,
                    &Instead {
                        call: "`.deletion_protection(true)`, or leave it to the environment",
                        property: "`DeletionProtectionEnabled: true`",
                    },
                );
            }
            Some(true) if !self.demands.protected => {
                let message = format!("deletion protection of {owner} is on: `destroy` cannot delete it");
                self.broken(
                    &rule::LEAVES_NOTHING,
                    &pointer,
                    message,
                    &Instead {
                        call: "leave `.deletion_protection(true)` out, or make it `env.protected()`",
                        property: "leave `DeletionProtectionEnabled` out",
                    },
                );
            }
            Some(true) | None => {}
        }
    }

    /// `DeletionPolicy` and `UpdateReplacePolicy`; without them CloudFormation deletes.
    fn what_becomes_of_it(&mut self) {
        let id = self.judged.id;
        for (policy, when, call) in [
            (
                "DeletionPolicy",
                "it leaves the stack",
                "`.deletion_policy(DeletionPolicy::RetainExceptOnCreate)`",
            ),
            (
                "UpdateReplacePolicy",
                "it is replaced",
                "`.update_replace_policy(UpdateReplacePolicy::Retain)`",
            ),
        ] {
            let pointer = format!("/{policy}");
            let kept = match self.judged.setting(&pointer) {
                Setting::Absent => false,
                Setting::Value(value) => value != "Delete",
                Setting::Unknown => continue,
            };
            if kept {
                let message = format!("table `{id}` stays behind when {when}, with its name and its costs");
                self.broken(
                    &rule::LEAVES_NOTHING,
                    &pointer,
                    message,
                    &Instead {
                        call: "leave the policy out: the profile `dev` deletes",
                        property: "`DeletionPolicy: Delete` and `UpdateReplacePolicy: Delete`",
                    },
                );
            } else {
                let message = format!("table `{id}` and its items are deleted when {when}");
                let property = "`DeletionPolicy: RetainExceptOnCreate` and `UpdateReplacePolicy: Retain`";
                self.broken(&rule::KEPT, &pointer, message, &Instead { call, property });
            }
        }
    }

    fn billing(&mut self) {
        let pointer = "/Properties/BillingMode";
        if self.judged.setting(pointer) == Setting::Absent {
            let message = format!(
                "table `{}` does not say its billing mode, which is then provisioned",
                self.judged.id
            );
            let instead = "`BillingMode: PAY_PER_REQUEST`";
            self.broken(&rule::BILLING_SAID, pointer, message, &Instead { call: instead, property: instead });
        }
    }
}

impl Holder<'_> {
    /// `SSEEnabled` is the whole table's; the key itself stands with each replica of a global one.
    fn key(&mut self) {
        let id = self.judged.id;
        let global = self.judged.is_global();
        let instead = Instead {
            call: match global {
                true => {
                    "`.key(…)` of every replica, or `Encryption::customer_key(\"alias/…\")` for an alias that every Region has"
                }
                false => {
                    "`.encryption(Encryption::customer_key(…))`, or leave it to the profile `hardened`, which makes a key"
                }
            },
            property: "`SSESpecification: { SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: … }`",
        };
        let enabled = "/Properties/SSESpecification/SSEEnabled";
        if self.judged.is_on(enabled) == Some(false) {
            self.broken(
                &rule::CUSTOMER_KEY,
                enabled,
                format!("table `{id}` has a key of DynamoDB's, not yours"),
                &instead,
            );
            return;
        }
        for (base, owner) in self.judged.parts() {
            let pointer = key_of(&base);
            let yours = match self.judged.setting(&pointer) {
                Setting::Absent => false,
                Setting::Value(key) => key != "alias/aws/dynamodb",
                Setting::Unknown => true,
            };
            if !yours {
                self.broken(
                    &rule::NOT_AWS_KEY,
                    &pointer,
                    format!("{owner} has a key of AWS's, not yours"),
                    &instead,
                );
            }
        }
    }

    /// What R1 cannot see: policies of tables by hand, and those that an override brings.
    fn policies(&mut self, base: &str, owner: &str) {
        for block in [
            "ResourcePolicy",
            "StreamSpecification/ResourcePolicy",
            "ReplicaStreamSpecification/ResourcePolicy",
        ] {
            let pointer = format!("{base}/{block}/PolicyDocument");
            let unseen = match self.judged.source {
                Source::Defined(_) => self.judged.override_of(&pointer).is_some(),
                Source::ByHand(_) => true,
            };
            if let Setting::Value(document) = self.judged.setting(&pointer)
                && unseen
                && resource_policy::statements(document).any(resource_policy::allows_everybody)
            {
                let message = format!("a policy of {owner} allows actions to everybody");
                let instead = "name an account or a role as `Principal`, or add a `Condition`";
                self.broken(
                    &rule::NOT_PUBLIC,
                    &pointer,
                    message,
                    &Instead { call: instead, property: instead },
                );
            }
        }
    }

    fn insights(&mut self, base: &str, owner: &str) {
        if self.judged.setting(&key_of(base)) == Setting::Absent {
            return;
        }
        let indexes = self.judged.items(&format!("{base}/GlobalSecondaryIndexes"));
        for place in std::iter::once(base.to_owned()).chain(indexes) {
            let pointer = format!("{place}/ContributorInsightsSpecification/Enabled");
            if self.judged.is_on(&pointer) == Some(true) {
                let index = self.judged.index_name(&place);
                let whose =
                    index.map_or_else(|| owner.to_owned(), |name| format!("index `{name}` of {owner}"));
                let message =
                    format!("contributor insights put keys of {whose} in plain text into CloudWatch");
                self.broken(
                    &rule::NO_INSIGHTS,
                    &pointer,
                    message,
                    &Instead {
                        call: "leave `.contributor_insights(…)` out: the table has a key of yours",
                        property: "leave `ContributorInsightsSpecification` out",
                    },
                );
            }
        }
    }

    /// CloudFormation hands tags of the stack on to plain tables; replicas have their own (aws-cdk#25443).
    fn tags(&mut self, base: &str, owner: &str) {
        let list = format!("{base}/Tags");
        let entries = match self.judged.setting(&list) {
            Setting::Absent => &[],
            Setting::Value(Json::Array(entries)) => &entries[..],
            Setting::Value(_) | Setting::Unknown => return,
        };
        let keys: Option<Vec<&str>> = entries.iter().map(|entry| entry.get("Key")?.as_str()).collect();
        // A tag that a function gives can be any.
        let Some(keys) = keys else { return };
        let missing = |tag: &&String| {
            let of_stack = !self.judged.is_global() && self.stack.tags.contains_key(*tag);
            !of_stack && !keys.contains(&tag.as_str())
        };
        let demands = self.demands;
        for tag in demands.tags.iter().filter(missing).collect::<Vec<_>>() {
            self.broken(
                &rule::TAGS,
                &list,
                format!("{owner} has no tag `{tag}`"),
                &Instead {
                    call: "`.tag(…)` on the table, or for all plain tables on the stack",
                    property: "add it to `Tags`",
                },
            );
        }
    }
}

fn key_of(base: &str) -> String {
    format!("{base}/SSESpecification/KMSMasterKeyId")
}

/// What `RecoveryPeriodInDays` can be at most, and is without a word.
const MOST_DAYS: u64 = 35;

fn number(value: &Json) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
