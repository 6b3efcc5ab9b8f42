//! Text formatting that several reporters share.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tablewright_cloudformation::ResourceEvent;
use tablewright_deploy::Work;
use tablewright_review::cut;
use tablewright_template::is_unprintable;

/// Formats the time of day in UTC, such as `12:34:56`.
pub(crate) fn clock(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() % 86_400;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Formats a duration, such as `8s`, `1m05s` or `2h03m`.
pub(crate) fn length(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        seconds => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// Returns the verb for running work, such as "deploying".
pub(crate) const fn going_on(work: Work) -> &'static str {
    match work {
        Work::Deploy => "deploying",
        Work::Destroy => "destroying",
        Work::Cancel => "cancelling",
        Work::Rollback => "rolling back",
        Work::Watch => "watching",
    }
}

/// Most characters of a line of untrusted text: a template can be one line.
const MOST_OF_A_LINE: usize = 4_000;

/// Replaces control characters in untrusted text, and those that reorder it, so that it cannot control the terminal. Commands that CI
/// systems find anywhere in a line (`##[add-mask]`, `##vso[task…]`) are taken apart, and a long line is cut.
pub(crate) fn printable(text: &str) -> String {
    let text = text.replace(is_unprintable, " ").replace("##[", "## [").replace("##vso[", "## vso[");
    cut(&text, MOST_OF_A_LINE)
}

/// Returns JSON of several lines that can be read on a terminal and in the log of a CI system: the characters that JSON need not escape and
/// [`printable`] replaces, escaped.
pub(crate) fn printable_json_lines(value: &Value) -> String {
    let json = format!("{value:#}\n");
    let is_hidden = |c: char| c != '\n' && is_unprintable(c);
    let json = if json.contains(is_hidden) {
        let escaped = |c: char| if is_hidden(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
        json.chars().map(escaped).collect()
    } else {
        json
    };
    json.replace("##[", "##\\u005b").replace("##vso[", "##vso\\u005b")
}

/// Returns JSON in one line that can be read on a terminal: the characters that JSON need not escape and [`printable`] replaces, escaped.
pub(crate) fn printable_json(value: &Value) -> String {
    let json = value.to_string();
    if !json.contains(is_unprintable) {
        return json;
    }
    let escaped =
        |c: char| if is_unprintable(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    json.chars().map(escaped).collect()
}

/// Replaces control characters in untrusted text of several lines, and indents all lines but the first. A line that GitHub Actions would
/// take for a workflow command (`::stop-commands::`, also behind white space) is quoted with a bar.
pub(crate) fn printable_lines(text: &str, indentation: &str) -> String {
    let lines = text.trim_end().split('\n').enumerate().map(|(number, line)| {
        let line = printable(line.trim_end_matches('\r'));
        let indentation = if number == 0 { "" } else { indentation };
        let bar = if line.trim_start().starts_with("::") { "| " } else { "" };
        format!("{indentation}{bar}{line}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the logical id of a resource, prefixed by those of the nested stacks that it is in. They are derived from the name of
/// the nested stack, which CloudFormation creates from the parent's name and the logical id (`shop-Tables-1K3J`).
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

/// Whether an event is that of a nested stack about itself, which duplicates an event of its parent.
pub(crate) fn is_nested_itself(resource: &ResourceEvent) -> bool {
    resource.physical_id.as_deref() == Some(resource.stack_id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_no_characters_that_control_a_terminal() {
        let value = serde_json::json!({ "reason": "a\u{9b}b\u{202e}c\nd" });
        let json = printable_json(&value);
        assert_eq!(json, r#"{"reason":"a\u009bb\u202ec\nd"}"#);
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
        let value = serde_json::json!({ "a": ["\u{9b}\u{202e}\n", "##[add-mask]x", "##vso[task.x]"] });
        let json = printable_json_lines(&value);
        assert!(!json.contains("##[") && !json.contains("##vso[") && json.lines().count() == 7, "{json}");
        assert!(!json.contains(|c: char| c != '\n' && is_unprintable(c)), "{json}");
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
    }

    #[test]
    fn times_and_durations_are_formatted() {
        assert_eq!(clock(UNIX_EPOCH + Duration::from_secs(86_400 + 3_723)), "01:02:03");
        for (seconds, text) in [(0, "0s"), (59, "59s"), (65, "1m05s"), (7_380, "2h03m")] {
            assert_eq!(length(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn no_line_of_untrusted_text_is_a_workflow_command() {
        let text = "Value 'a\n::stop-commands::x\r\n  ::error::y\u{1b}[2J' is wrong\n\n";
        let expected = "Value 'a\n    | ::stop-commands::x\n    |   ::error::y [2J' is wrong";
        assert_eq!(printable_lines(text, "    "), expected);
        assert_eq!(printable_lines("::add-mask::b", "    "), "| ::add-mask::b");
        assert_eq!(printable_lines("a::b\n5 | Type: AWS::X", ""), "a::b\n5 | Type: AWS::X");
    }

    #[test]
    fn a_resource_name_has_the_nested_stacks() {
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
    fn control_characters_are_replaced() {
        assert_eq!(printable("a\u{1b}[2Jb\nc"), "a [2Jb c");
        assert_eq!(printable("a ##[add-mask]b ##vso[task.x]c"), "a ## [add-mask]b ## vso[task.x]c");
        assert_eq!(printable(&"x".repeat(1_000_000)).chars().count(), 4_000);
    }
}
