//! What a run of the tool came to, and how it reads without what differs from run to run.

use std::fmt;

use crate::support::Project;
use crate::support::project::{repository, target};

#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Output {
    pub(crate) fn of(output: std::process::Output, project: &Project) -> Self {
        let text = |bytes| normal(&String::from_utf8(bytes).unwrap(), project);
        Self {
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            code: output.status.code().expect("ended by a signal"),
        }
    }

    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Asserts that stderr says something.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "`{text}` is not said in\n{self}");
        self
    }

    /// Asserts that stdout says something.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "`{text}` is not printed in\n{self}");
        self
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}", self.code)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "\n--- {name}")?;
                // clap fills lines with blanks, which editors take away from a snapshot.
                text.lines().try_for_each(|line| write!(f, "\n{}", line.trim_end()))?;
            }
        }
        Ok(())
    }
}

/// Takes out what differs from run to run and from machine to machine: paths, times, tokens, ports.
pub(crate) fn normal(text: &str, project: &Project) -> String {
    let mut text = text.to_owned();
    for (path, name) in
        [(project.root.as_path(), "[ROOT]"), (&target(), "[TARGET]"), (&repository(), "[REPOSITORY]")]
    {
        text = text.replace(path.to_str().unwrap(), name);
    }
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let line =
                marked(&marked(&without_time(line), "tablewright-", is_hex, 32), "127.0.0.1:", is_digit, 5);
            line.split(' ').map(without_moment).collect::<Vec<_>>().join(" ")
        })
        .collect();
    let end = if text.ends_with('\n') { "\n" } else { "" };
    lines.join("\n") + end
}

/// `12:34:56  …` becomes `--:--:--  …`.
fn without_time(line: &str) -> String {
    let shape: String = line.chars().take(8).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    if shape == "00:00:00" { format!("--:--:--{}", &line[8..]) } else { line.to_owned() }
}

/// `2026-12-01T12:34:56Z` becomes `[TIME]`, and the ARN of a backup, which has a time in it, `[BACKUP]`.
fn without_moment(word: &str) -> &str {
    let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    match &*shape {
        "0000-00-00T00:00:00Z" => "[TIME]",
        _ if word.contains(":table/") && word.contains("/backup/") => "[BACKUP]",
        _ => word,
    }
}

/// Replaces what follows `prefix`, where it is at least `least` characters of the class, by `…`.
fn marked(line: &str, prefix: &str, class: fn(char) -> bool, least: usize) -> String {
    let mut parts = line.split(prefix);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(class);
        let found = part.len() - rest.len();
        out.push_str(prefix);
        out.push_str(if found >= least { "…" } else { &part[..found] });
        out.push_str(rest);
    }
    out
}

fn is_hex(c: char) -> bool {
    c.is_ascii_hexdigit()
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}
