//! H1 to H4, H7, H10 to H12, H14, H15: requirements for tables, and for each replica of a global table.

use serde_json::Value as Json;

use crate::check::profile::Policy;
use crate::check::profile::judged::{Fix, Judged, Setting, Source};
use crate::check::profile::rule::{self, Rule};
use crate::check::resource_policy;
use crate::problem::Problem;
use crate::stack::Stack;

pub(super) fn check(stack: &Stack, judged: &Judged<'_>, policy: &Policy, problems: &mut Vec<Problem>) {
    let mut holder = Holder { stack, judged, policy, problems };
    holder.retention();
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

/// A table, the requirements for it, and the problems found.
pub(super) struct Holder<'a> {
    pub(super) stack: &'a Stack,
    pub(super) judged: &'a Judged<'a>,
    policy: &'a Policy,
    problems: &'a mut Vec<Problem>,
}

impl Holder<'_> {
    pub(super) fn broken(&mut self, rule: &Rule, pointer: &str, message: impl Into<String>, fix: &Fix) {
        if let Some(severity) = rule.severity(self.policy) {
            self.problems.extend(self.judged.broken(rule, severity, pointer, message, fix));
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
                &Fix {
                    call: "use `.point_in_time_recovery(Days(35))`, or remove `.no_point_in_time_recovery()`",
                    property: "set `PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }`",
                },
            );
            return;
        }
        let days = format!("{block}/RecoveryPeriodInDays");
        if let Setting::Value(value) = self.judged.setting(&days)
            && let Some(back) = number(value).filter(|back| *back < MOST_DAYS)
        {
            let message = format!("the recovery period of {owner} is {back} days; {MOST_DAYS} are required");
            self.broken(&rule::RECOVERY_DAYS, &days, message, &Fix {
                call: "use `.point_in_time_recovery(Days(35))`; the price depends on the size of the table, not on the period",
                property: "remove `RecoveryPeriodInDays`: the default is 35",
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
                    &Fix {
                        call: "set `.deletion_protection(true)`, or use the default of the environment",
                        property: "set `DeletionProtectionEnabled: true`",
                    },
                );
            }
            Some(true) if !self.policy.protected => {
                let message = format!("deletion protection of {owner} is on: `destroy` cannot delete it");
                self.broken(
                    &rule::LEAVES_NOTHING,
                    &pointer,
                    message,
                    &Fix {
                        call: "remove `.deletion_protection(true)`, or pass `env.protected()`",
                        property: "remove `DeletionProtectionEnabled`",
                    },
                );
            }
            Some(true) | None => {}
        }
    }

    /// Checks `DeletionPolicy` and `UpdateReplacePolicy`; without them CloudFormation deletes the table.
    fn retention(&mut self) {
        let id = self.judged.id;
        for (policy, when, call) in [
            (
                "DeletionPolicy",
                "it is removed from the stack",
                "use `.deletion_policy(DeletionPolicy::RetainExceptOnCreate)`",
            ),
            (
                "UpdateReplacePolicy",
                "it is replaced",
                "use `.update_replace_policy(UpdateReplacePolicy::Retain)`",
            ),
        ] {
            let pointer = format!("/{policy}");
            let kept = match self.judged.setting(&pointer) {
                Setting::Absent => false,
                Setting::Value(value) => value != "Delete",
                Setting::Unknown => continue,
            };
            if kept {
                let message = format!("table `{id}` is retained when {when}, and keeps its name and costs");
                self.broken(
                    &rule::LEAVES_NOTHING,
                    &pointer,
                    message,
                    &Fix {
                        call: "remove the policy: the profile `dev` deletes the table",
                        property: "set `DeletionPolicy: Delete` and `UpdateReplacePolicy: Delete`",
                    },
                );
            } else {
                let message = format!("table `{id}` and its items are deleted when {when}");
                let property = "set `DeletionPolicy: RetainExceptOnCreate` and `UpdateReplacePolicy: Retain`";
                self.broken(&rule::KEPT, &pointer, message, &Fix { call, property });
            }
        }
    }

    fn billing(&mut self) {
        let pointer = "/Properties/BillingMode";
        if self.judged.setting(pointer) == Setting::Absent {
            let message =
                format!("table `{}` has no billing mode, which defaults to provisioned", self.judged.id);
            let fix = "set `BillingMode: PAY_PER_REQUEST`";
            self.broken(&rule::BILLING_SAID, pointer, message, &Fix { call: fix, property: fix });
        }
    }
}

impl Holder<'_> {
    /// Checks encryption. `SSEEnabled` is a property of the table; a global table has the key in each replica.
    fn key(&mut self) {
        let id = self.judged.id;
        let global = self.judged.is_global();
        let fix = Fix {
            call: match global {
                true => {
                    "set `.key(…)` for every replica, or `Encryption::customer_key(\"alias/…\")` with an alias that exists in every Region"
                }
                false => {
                    "set `.encryption(Encryption::customer_key(…))`, or use the profile `hardened`, which creates a key"
                }
            },
            property: "set `SSESpecification: { SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: … }`",
        };
        let enabled = "/Properties/SSESpecification/SSEEnabled";
        if self.judged.is_on(enabled) == Some(false) {
            self.broken(
                &rule::CUSTOMER_KEY,
                enabled,
                format!("table `{id}` is encrypted with an AWS owned key, not a customer managed key"),
                &fix,
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
                    format!("{owner} is encrypted with the AWS managed key, not a customer managed key"),
                    &fix,
                );
            }
        }
    }

    /// Checks policies that R1 does not: those in raw resources and overrides.
    fn policies(&mut self, base: &str, owner: &str) {
        for block in [
            "ResourcePolicy",
            "StreamSpecification/ResourcePolicy",
            "ReplicaStreamSpecification/ResourcePolicy",
        ] {
            let pointer = format!("{base}/{block}/PolicyDocument");
            let unseen = match self.judged.source {
                Source::Defined(_) => self.judged.override_of(&pointer).is_some(),
                Source::Raw(_) => true,
            };
            if let Setting::Value(document) = self.judged.setting(&pointer)
                && unseen
                && resource_policy::statements(document).any(resource_policy::allows_everyone)
            {
                let message = format!("a policy of {owner} allows actions to everyone");
                let fix = "use an account or a role as the `Principal`, or add a `Condition`";
                self.broken(&rule::NOT_PUBLIC, &pointer, message, &Fix { call: fix, property: fix });
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
                    format!("Contributor Insights exposes keys of {whose} as plain text in CloudWatch");
                self.broken(
                    &rule::NO_INSIGHTS,
                    &pointer,
                    message,
                    &Fix {
                        call: "remove `.contributor_insights(…)`: the table is encrypted with a customer managed key",
                        property: "remove `ContributorInsightsSpecification`",
                    },
                );
            }
        }
    }

    /// CloudFormation propagates tags of the stack to tables, but not to replicas (aws-cdk#25443).
    fn tags(&mut self, base: &str, owner: &str) {
        let list = format!("{base}/Tags");
        let entries = match self.judged.setting(&list) {
            Setting::Absent => &[],
            Setting::Value(Json::Array(entries)) => &entries[..],
            Setting::Value(_) | Setting::Unknown => return,
        };
        let keys: Option<Vec<&str>> = entries.iter().map(|entry| entry.get("Key")?.as_str()).collect();
        // A tag from an intrinsic function may have any key.
        let Some(keys) = keys else { return };
        let missing = |tag: &&String| {
            let of_stack = !self.judged.is_global() && self.stack.tags.contains_key(*tag);
            !of_stack && !keys.contains(&tag.as_str())
        };
        let policy = self.policy;
        for tag in policy.tags.iter().filter(missing).collect::<Vec<_>>() {
            self.broken(
                &rule::TAGS,
                &list,
                format!("{owner} has no tag `{tag}`"),
                &Fix {
                    call: "add `.tag(…)` to the table, or to the stack for all tables that are not global",
                    property: "add it to `Tags`",
                },
            );
        }
    }
}

fn key_of(base: &str) -> String {
    format!("{base}/SSESpecification/KMSMasterKeyId")
}

/// The maximum and default of `RecoveryPeriodInDays`.
const MOST_DAYS: u64 = 35;

fn number(value: &Json) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
