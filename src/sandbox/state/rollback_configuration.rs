//! Rollback triggers: alarms that are watched while an operation runs, and for some minutes after.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::state::Moment;
use crate::state::resource_type::ResourceType;
use crate::state::services::Services;
use crate::wire::error::ApiError;
use crate::wire::query::Params;

/// The alarms, and how long they are watched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RollbackConfiguration {
    triggers: Vec<Trigger>,
    minutes: Option<Millis>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Trigger {
    arn: String,
    kind: String,
}

impl RollbackConfiguration {
    /// Reads the configuration in a call; `current` stays when the call has none.
    pub(crate) fn read(params: &Params, current: Option<&Self>) -> Result<Self, ApiError> {
        const ROOT: &str = "RollbackConfiguration";
        if !params.roots().contains(ROOT) {
            return Ok(current.cloned().unwrap_or_default());
        }
        let minutes = match params.get(&format!("{ROOT}.MonitoringTimeInMinutes")) {
            None => None,
            Some(text) => match text.parse() {
                Ok(minutes @ 0..=180) => Some(minutes),
                _ => {
                    return Err(ApiError::validation(format!(
                        "1 validation error detected: Value '{text}' at 'rollbackConfiguration.monitoringTimeInMinutes' failed \
                         to satisfy constraint: Member must have value less than or equal to 180"
                    )));
                }
            },
        };
        let mut triggers = Vec::new();
        for record in params.records(&format!("{ROOT}.RollbackTriggers")) {
            let (arn, kind) = (record.required("Arn")?.to_owned(), record.required("Type")?.to_owned());
            if !matches!(kind.as_str(), "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm") {
                return Err(ApiError::validation("Rollback Trigger Type not supported"));
            }
            if alarm_name(&arn).is_none() {
                return Err(ApiError::validation("RelativeId of a Rollback Trigger's ARN is incorrect"));
            }
            triggers.push(Trigger { arn, kind });
        }
        if triggers.len() > 5 {
            return Err(ApiError::validation(
                "1 validation error detected: Value at 'rollbackConfiguration.rollbackTriggers' failed to satisfy \
                 constraint: Member must have length less than or equal to 5",
            ));
        }
        Ok(Self { triggers, minutes })
    }

    /// As DescribeStacks shows it.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({});
        if let Some(minutes) = self.minutes {
            body["MonitoringTimeInMinutes"] = json!(minutes);
        }
        if !self.triggers.is_empty() {
            body["RollbackTriggers"] = self
                .triggers
                .iter()
                .map(|trigger| json!({ "Arn": trigger.arn, "Type": trigger.kind }))
                .collect();
        }
        body
    }

    /// How long the alarms are watched after the last resource.
    pub(crate) fn watch(&self) -> Millis {
        if self.triggers.is_empty() { 0 } else { self.minutes.unwrap_or_default() * 60_000 }
    }

    /// The reason to roll back now. The wording is ours: no recording shows AWS's.
    pub(crate) fn pulled(&self, services: &Services, moment: Moment<'_>) -> Option<String> {
        let arns = |wanted: &dyn Fn(&str) -> bool| {
            let list: Vec<&str> = self
                .triggers
                .iter()
                .map(|trigger| trigger.arn.as_str())
                .filter(|arn| alarm_name(arn).is_some_and(wanted))
                .collect();
            (!list.is_empty()).then(|| list.join(", "))
        };
        let there = |name: &str| services.name_in_use(ResourceType::Alarm, name);
        if let Some(list) = arns(&|name| !there(name)) {
            return Some(format!("The following rollback trigger(s) do not exist: [{list}]"));
        }
        let firing = arns(&|name| moment.faults.firing_alarms.iter().any(|firing| firing == name))?;
        Some(format!("The following rollback trigger(s) went into ALARM state: [{firing}]"))
    }
}

/// The name in `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`.
fn alarm_name(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(7, ':');
    let service = parts.nth(2)?;
    let kind = parts.nth(2)?;
    (arn.starts_with("arn:") && service == "cloudwatch" && kind == "alarm").then(|| parts.next()).flatten()
}
