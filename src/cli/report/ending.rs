//! Formats the result of a stack.

use std::fmt::Write as _;

use tablewright_cloudformation::Leftover;
use tablewright_cloudformation::stack::Output;

use crate::report::style;
use crate::report::text::{printable, printable_lines};
use tablewright_deploy::Ending;

/// Returns the text for an ending; empty for a failure, which the command returns as its error.
pub(crate) fn text(stack: &str, ending: &Ending) -> String {
    let (good, warning) = (style::GOOD, style::WARNING);
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").expect("writing to a String does not fail");
    match ending {
        Ending::Unchanged { .. } => line(format!("{good}✓{good:#} {stack}: nothing to change.")),
        Ending::Done { usable, orphans, retained, .. } => {
            let tables = if *usable {
                "and the tables it changed can be used"
            } else {
                "but its tables may not be usable yet"
            };
            line(format!("{good}✓{good:#} {stack}: done, {tables}."));
            for left in orphans {
                line(format!(
                    "{warning}!{warning:#} {} could not be deleted and is no longer part of the stack: {}",
                    name(left),
                    reason(left)
                ));
            }
            retained.iter().for_each(|left| line(kept(left)));
        }
        Ending::Deleted { retained } => {
            line(format!("{good}✓{good:#} {stack}: the stack is deleted."));
            retained.iter().for_each(|left| line(kept(left)));
        }
        Ending::Undone { status } => {
            line(format!("{good}✓{good:#} {stack}: rolled back ({status})."));
        }
        Ending::Failed { .. } => {}
    }
    out
}

/// Returns the outputs of a stack, one line each.
pub(crate) fn outputs(stack: &str, ending: &Ending) -> String {
    let outputs: &[Output] = match ending {
        Ending::Unchanged { outputs } | Ending::Done { outputs: Some(outputs), .. } => outputs,
        Ending::Done { outputs: None, .. }
        | Ending::Undone { .. }
        | Ending::Deleted { .. }
        | Ending::Failed { .. } => &[],
    };
    let mut outputs: Vec<&Output> = outputs.iter().collect();
    // CloudFormation returns outputs in no particular order.
    outputs.sort_by(|a, b| a.key.cmp(&b.key));
    let mut out = String::new();
    for output in outputs {
        writeln!(out, "{stack}.{} = {}", output.key, printable(&output.value))
            .expect("writing to a String does not fail");
    }
    out
}

fn kept(left: &Leftover) -> String {
    let text = format!("{} is retained outside the stack, by its policy.", name(left));
    format!("  {}", printable_lines(&text, ""))
}

fn name(left: &Leftover) -> String {
    match &left.physical_id {
        Some(physical) => format!("{} ({physical})", left.logical_id),
        None => left.logical_id.clone(),
    }
}

fn reason(left: &Leftover) -> String {
    left.reason.as_deref().map_or_else(|| "no reason given".to_owned(), printable)
}
