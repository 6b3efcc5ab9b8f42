//! Writes a review to stdout in one format, and to files in others.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use tablewright::Problem;
use tablewright_plan::Verdict;
use tablewright_review::{
    MarkdownOptions, Review, annotations, gitlab, json, junit, markdown, sarif, step_summary,
};

use crate::args::Common;
use crate::error::{CommandError, Result};
use crate::exit::Exit;
use crate::report::{plan, problems};
use crate::report::{print, printable, printable_json_lines};

/// GitHub shows at most ten annotations of a step.
const MOST_ANNOTATIONS: usize = 10;

/// Environment variable with the file for the summary of a step in GitHub Actions.
const STEP_SUMMARY_VARIABLE: &str = "GITHUB_STEP_SUMMARY";

/// Arguments for reports.
#[derive(clap::Args)]
pub(crate) struct ReportArgs {
    /// Format on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Report")]
    format: ReportFormat,
    /// Also write a report to a file, such as `markdown=comment.md` or `sarif=diff.sarif` (may be repeated)
    #[arg(long, value_name = "FORMAT=FILE", value_parser = report_file, help_heading = "Report")]
    report: Vec<(ReportFormat, PathBuf)>,
    /// URL of the full report, for a Markdown comment that is truncated
    #[arg(long, value_name = "URL", help_heading = "Report")]
    link: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Text for a terminal
    Text,
    /// Markdown for a comment on a pull request, at most 65,536 characters
    Markdown,
    /// JSON, described by a schema
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions, and the summary of the step
    Github,
    /// Code Quality report of GitLab
    Gitlab,
    /// JUnit report, with a test case for each change
    Junit,
}

fn report_file(text: &str) -> std::result::Result<(ReportFormat, PathBuf), String> {
    let (form, file) = text.split_once('=').ok_or("expected FORMAT=FILE, such as markdown=comment.md")?;
    let form = ReportFormat::from_str(form, false).map_err(|_| {
        let forms = ReportFormat::value_variants().iter().filter_map(ReportFormat::to_possible_value);
        let forms: Vec<String> = forms.map(|form| form.get_name().to_owned()).collect();
        format!("`{form}` is not one of: {}", forms.join(", "))
    })?;
    if file.is_empty() {
        return Err("expected a file name".into());
    }
    Ok((form, file.into()))
}

/// What a report is made for.
#[derive(Clone, Copy)]
pub(crate) struct Purpose {
    /// Distinguishes the comments of different reviews on a pull request.
    pub(crate) id: &'static str,
    /// The verdict from which on a change is a failed test.
    pub(crate) gate: Verdict,
}

impl ReportArgs {
    /// Writes a review to stdout and to the requested files.
    pub(crate) fn publish(&self, review: &mut Review, common: &Common, purpose: Purpose) -> Result<()> {
        // Text is for a terminal, where paths from the current directory can be opened.
        let shown = self.is_text().then(|| text(review));
        self.write_files(review, common, purpose)?;
        let text = shown.unwrap_or_else(|| self.text(self.format, review, purpose));
        match self.format {
            // anstream removes colors if stdout is not a terminal.
            ReportFormat::Text => {
                let _ = write!(anstream::stdout(), "{text}");
                Ok(())
            }
            ReportFormat::Github => {
                print(&text)?;
                append_step_summary(review)
            }
            ReportFormat::Markdown
            | ReportFormat::Json
            | ReportFormat::Sarif
            | ReportFormat::Gitlab
            | ReportFormat::Junit => print(&text),
        }
    }

    /// Writes a review to the requested files. Afterwards, the review has the paths of the repository.
    pub(crate) fn write_files(&self, review: &mut Review, common: &Common, purpose: Purpose) -> Result<()> {
        let repository = common.repository();
        review.rename_files(|file| repository.path(file));
        for (form, file) in &self.report {
            let mut text = self.text(*form, review, purpose);
            if *form == ReportFormat::Text {
                text = anstream::adapter::strip_str(&text).to_string();
            }
            fs::write(file, text).map_err(|error| cannot_write(file, error))?;
        }
        Ok(())
    }

    /// Whether the format on stdout is text.
    pub(crate) fn is_text(&self) -> bool {
        self.format == ReportFormat::Text
    }

    fn text(&self, form: ReportFormat, review: &Review, purpose: Purpose) -> String {
        match form {
            ReportFormat::Text => text(review),
            ReportFormat::Markdown => {
                let options = MarkdownOptions {
                    id: Some(purpose.id.to_owned()),
                    link: self.link.clone(),
                    ..MarkdownOptions::default()
                };
                markdown(review, &options)
            }
            ReportFormat::Json => printable_json_lines(&json(review)),
            ReportFormat::Sarif => printable_json_lines(&sarif(review, env!("CARGO_PKG_VERSION"))),
            ReportFormat::Github => annotations(review, MOST_ANNOTATIONS),
            ReportFormat::Gitlab => printable_json_lines(&gitlab(review)),
            ReportFormat::Junit => junit(review, purpose.gate),
        }
    }
}

fn text(review: &Review) -> String {
    let mut out = String::new();
    for comparison in &review.comparisons {
        let of = match &*comparison.before {
            "deployed" => String::new(),
            before => format!(" against {}", printable(before)),
        };
        writeln!(out, "{}{of}: {}", printable(&comparison.stack), plan::summary(comparison))
            .expect("writing to a String does not fail");
        out.push_str(&plan::changes(&comparison.changes));
        out.push_str(&plan::access(&comparison.access));
    }
    let found: Vec<Problem> = review.problems.iter().map(|found| found.problem.clone()).collect();
    out + &problems(&found)
}

fn append_step_summary(review: &Review) -> Result<()> {
    let Some(file) = std::env::var_os(STEP_SUMMARY_VARIABLE).filter(|file| !file.is_empty()) else {
        return Ok(());
    };
    append(Path::new(&file), &step_summary(review))
}

/// Appends to a file, which may have content of previous steps.
pub(crate) fn append(file: &Path, text: &str) -> Result<()> {
    let opened = File::options().append(true).create(true).open(file);
    opened.and_then(|mut open| open.write_all(text.as_bytes())).map_err(|error| cannot_write(file, error))
}

fn cannot_write(file: &Path, error: std::io::Error) -> CommandError {
    CommandError::new(Exit::Internal, error)
        .context(format!("cannot write {}", file.display()))
        .hint("check that the directory exists and is writable")
}
