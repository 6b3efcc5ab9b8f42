//! Formats problems of definitions like compiler messages.

use std::fmt::Write as _;

use tablewright::{Problem, Severity};

use crate::report::style;

/// Formats problems, one paragraph each.
pub(crate) fn problems(problems: &[Problem]) -> String {
    let mut out = String::new();
    for problem in problems {
        write(&mut out, problem).expect("writing to a String does not fail");
    }
    out
}

fn write(out: &mut String, problem: &Problem) -> std::fmt::Result {
    let (word, colour) = match problem.severity {
        Severity::Error => ("error", style::ERROR),
        Severity::Warning => ("warning", style::WARNING),
    };
    let (strong, faint, help) = (style::STRONG, style::FAINT, style::HELP);
    writeln!(out, "{colour}{word}[{}]{colour:#}{strong}: {}{strong:#}", problem.rule, problem.message)?;
    writeln!(out, " {faint}-->{faint:#} {}", problem.at)?;
    if let Some(text) = &problem.help {
        writeln!(out, "  {faint}={faint:#} {help}help{help:#}: {text}")?;
    }
    if let Some(text) = &problem.server_text {
        writeln!(out, "  {faint}={faint:#} AWS would answer: {text}")?;
    }
    writeln!(out)
}
