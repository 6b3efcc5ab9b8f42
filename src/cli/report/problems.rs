//! Formats problems of definitions like compiler messages.

use std::fmt::Write as _;

use tablewright::{Problem, Severity};

use crate::report::{printable, printable_lines, style};

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
    let message = printable_lines(&problem.message, "  ");
    writeln!(out, "{colour}{word}[{}]{colour:#}{strong}: {message}{strong:#}", printable(&problem.rule))?;
    writeln!(out, " {faint}-->{faint:#} {}", printable(&problem.at.to_string()))?;
    if let Some(text) = &problem.help {
        writeln!(out, "  {faint}={faint:#} {help}help{help:#}: {}", printable_lines(text, "    "))?;
    }
    if let Some(text) = &problem.server_text {
        writeln!(out, "  {faint}={faint:#} AWS would answer: {}", printable_lines(text, "    "))?;
    }
    writeln!(out)
}
