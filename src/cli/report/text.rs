//! Pieces of text that several reporters share.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tablewright_cloudformation::ResourceEvent;
use tablewright_deploy::Work;

/// Returns the time of day in UTC, `12:34:56`.
pub(crate) fn clock(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() % 86_400;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Returns a length of time as people say it: `8s`, `1m05s`, `2h03m`.
pub(crate) fn length(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        seconds => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// Returns the word for work that is going on.
pub(crate) const fn going_on(work: Work) -> &'static str {
    match work {
        Work::Deploy => "deploying",
        Work::Destroy => "destroying",
        Work::Cancel => "cancelling",
        Work::Rollback => "rolling back",
        Work::Watch => "watching",
    }
}

/// Makes text from outside safe to print: no control characters, so that it cannot move the cursor.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Returns what people call a resource: its logical id, with those of the nested stacks that it is in. CloudFormation names a
/// nested stack after its parent and its logical id (`shop-Tables-1K3J`).
pub(crate) fn resource_name(root: &str, resource: &ResourceEvent) -> String {
    let name = resource.stack_id.split('/').nth(1).unwrap_or_default();
    match name.strip_prefix(root).and_then(|rest| rest.strip_prefix('-')) {
        Some(nested) => {
            let ids: Vec<&str> = nested.split('-').step_by(2).collect();
            format!("{}/{}", ids.join("/"), resource.logical_id)
        }
        None => resource.logical_id.clone(),
    }
}

/// Returns whether an event is what a nested stack says of itself; its parent says the same in the event before or after it.
pub(crate) fn is_nested_itself(resource: &ResourceEvent) -> bool {
    resource.physical_id.as_deref() == Some(resource.stack_id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        assert_eq!(clock(UNIX_EPOCH + Duration::from_secs(86_400 + 3_723)), "01:02:03");
        for (seconds, text) in [(0, "0s"), (59, "59s"), (65, "1m05s"), (7_380, "2h03m")] {
            assert_eq!(length(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_resource_goes_by_the_stacks_that_it_is_nested_in() {
        let name = |stack: &str, physical: &str| {
            let resource = ResourceEvent {
                stack_id: format!("arn:aws:cloudformation:eu-west-1:1:stack/{stack}/0-1"),
                logical_id: "Note".into(),
                physical_id: Some(
                    physical
                        .replace("SELF", &format!("arn:aws:cloudformation:eu-west-1:1:stack/{stack}/0-1")),
                ),
                resource_type: String::new(),
                status: tablewright_cloudformation::ResourceStatus::CreateComplete,
                reason: None,
            };
            (resource_name("shop-dev", &resource), is_nested_itself(&resource))
        };
        assert_eq!(name("shop-dev", "notes"), ("Note".into(), false));
        assert_eq!(name("shop-dev-Tables-1K3J", "notes"), ("Tables/Note".into(), false));
        assert_eq!(name("shop-dev-Tables-1K3J-Inner-9Z", "notes"), ("Tables/Inner/Note".into(), false));
        assert_eq!(name("shop-development", "SELF"), ("Note".into(), true));
    }

    #[test]
    fn nothing_from_outside_moves_the_cursor() {
        assert_eq!(printable("a\u{1b}[2Jb\nc"), "a [2Jb c");
    }
}
