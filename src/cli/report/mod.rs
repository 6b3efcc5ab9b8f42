//! Reporters: the output for humans and programs. *Invariant:* a reporter shows events and makes no decisions.

pub(crate) mod destroy;
mod ending;
pub(crate) mod failure;
pub(crate) mod outcome;
mod lines;
mod live;
pub(crate) mod ndjson;
pub(crate) mod plan;
mod problems;
pub(crate) mod review;
pub(crate) mod tables;
mod text;
mod tree;
mod view;

#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use tablewright::Place;
use tablewright_deploy::{Ending, RolloutEvent};
use tablewright_review::workflow_error;

use crate::error::{CommandError, Result};
use crate::exit::Exit;
use crate::project::Repository;
use live::Live;
pub(crate) use problems::problems;
use text::going_on;
pub(crate) use text::{printable, printable_json, printable_json_lines, printable_lines};
use view::View;

/// Terminal styles. The text is complete without them.
pub(crate) mod style {
    use anstyle::{AnsiColor, Style};

    pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
    pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
    pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
    pub(crate) const HELP: Style = AnsiColor::Cyan.on_default();
    pub(crate) const STRONG: Style = Style::new().bold();
    pub(crate) const FAINT: Style = Style::new().dimmed();
}

/// The output format of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OutputFormat {
    /// A live tree on a terminal, otherwise lines
    Auto,
    /// A live tree
    Tree,
    /// One line for each event
    Lines,
    /// A JSON object for each event, on stdout
    Ndjson,
    /// Lines, with the groups and annotations of GitHub Actions
    Github,
}

/// Reports a run in one format. Messages go to stderr, data to stdout.
#[derive(Debug)]
pub(crate) struct Reporter {
    form: OutputFormat,
    quiet: bool,
    view: View,
    live: Live,
}

impl Reporter {
    pub(crate) fn new(form: OutputFormat, quiet: bool) -> Self {
        let form = match form {
            OutputFormat::Auto if can_redraw() && std::env::var_os("CI").is_none() => OutputFormat::Tree,
            OutputFormat::Auto => OutputFormat::Lines,
            OutputFormat::Tree | OutputFormat::Lines | OutputFormat::Ndjson | OutputFormat::Github => form,
        };
        Self { form, quiet, view: View::default(), live: Live::default() }
    }

    /// Shows an event. Write errors are ignored: a closed pipe must not end a deployment.
    pub(crate) fn show(&mut self, event: &RolloutEvent) {
        self.view.take(event);
        let _ = match self.form {
            OutputFormat::Ndjson => write_object(event),
            OutputFormat::Tree if !self.quiet => self.draw().and_then(|()| self.show_ending(event)),
            OutputFormat::Lines | OutputFormat::Auto if !self.quiet => {
                write_line(event).and_then(|()| self.show_ending(event))
            }
            OutputFormat::Github if !self.quiet => group(event)
                .and_then(|()| write_line(event))
                .and_then(|()| end_group(event))
                .and_then(|()| self.show_ending(event)),
            OutputFormat::Tree | OutputFormat::Lines | OutputFormat::Auto | OutputFormat::Github => {
                self.show_ending(event)
            }
        };
    }

    /// Reports that there was no event for a while, as some CI systems stop a job without output.
    pub(crate) fn still_waiting(&self, silence: Duration) {
        if matches!(self.form, OutputFormat::Lines | OutputFormat::Github) && !self.quiet {
            for line in lines::still_waiting(&self.view, silence) {
                let _ = writeln!(anstream::stderr(), "{line}");
            }
        }
    }

    /// Prints a line break after the `^C` of the terminal.
    pub(crate) fn break_line(&self) {
        if self.form != OutputFormat::Ndjson && io::stderr().is_terminal() {
            let _ = writeln!(anstream::stderr());
        }
    }

    /// Prints a message, unless the format is for programs.
    pub(crate) fn say(&mut self, text: &str) {
        if self.form != OutputFormat::Ndjson && !self.quiet {
            let _ = self.live.clear(&mut terminal());
            let _ = writeln!(anstream::stderr(), "{text}");
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        let (width, height) = match terminal_size::terminal_size_of(io::stderr()) {
            Some((width, height)) => (usize::from(width.0), usize::from(height.0)),
            None => (80, 24),
        };
        // One line less than the window, which would otherwise scroll, so that the first line could not be redrawn.
        let lines = tree::lines(&self.view, width, height.saturating_sub(1));
        let is_plain = AutoStream::choice(&io::stderr()) == ColorChoice::Never;
        let styled = |line| {
            let line = tree::styled(line);
            if is_plain { strip_str(&line).to_string() } else { line }
        };
        let lines: Vec<String> = lines.iter().map(styled).collect();
        self.live.draw(&mut terminal(), &lines)
    }

    /// Reports the result of a stack. Outputs go to stdout, as data.
    fn show_ending(&mut self, event: &RolloutEvent) -> io::Result<()> {
        let RolloutEvent::Ended { stack, ending } = event else {
            return Ok(());
        };
        let others_run = self.view.stacks.iter().any(|it| it.ended.is_none());
        if others_run {
            // Print the result above the live tree.
            let _ = self.live.clear(&mut terminal());
            self.view.stacks.retain(|it| it.id != *stack);
        } else {
            // Keep the final tree above the result.
            self.live.keep();
            self.view = View::default();
        }
        if !self.quiet {
            write!(anstream::stderr(), "{}", ending::text(stack, ending))?;
        }
        let outputs = ending::outputs(stack, ending);
        let mut out = io::stdout().lock();
        out.write_all(outputs.as_bytes())?;
        out.flush()
    }
}

/// Whether stderr is a terminal that understands more than characters.
fn can_redraw() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Returns stderr for the live tree. Without colors, anstream would take away the movements of the cursor too, and each frame would stand
/// below the last.
fn terminal() -> Box<dyn io::Write> {
    if can_redraw() { Box::new(io::stderr()) } else { Box::new(anstream::stderr()) }
}

/// Writes data to stdout. A closed pipe is not an error.
pub(crate) fn print(text: &str) -> Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CommandError::new(Exit::Internal, error).context("cannot write to stdout"))
        }
        _ => Ok(()),
    }
}

fn write_object(event: &RolloutEvent) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", printable_json(&ndjson::object(event)))?;
    out.flush()
}

/// Groups the lines of a stack in the log of GitHub Actions. Groups cannot be nested.
fn group(event: &RolloutEvent) -> io::Result<()> {
    match event {
        RolloutEvent::Began { stack, work } => {
            writeln!(anstream::stderr(), "::group::{}: {}", printable(stack), going_on(*work))
        }
        _ => Ok(()),
    }
}

fn end_group(event: &RolloutEvent) -> io::Result<()> {
    match event {
        // What has nothing to change has begun nothing.
        RolloutEvent::Ended { ending: Ending::Unchanged { .. }, .. } => Ok(()),
        RolloutEvent::Ended { .. } => writeln!(anstream::stderr(), "::endgroup::"),
        _ => Ok(()),
    }
}

fn write_line(event: &RolloutEvent) -> io::Result<()> {
    match lines::line(event) {
        Some(line) => writeln!(anstream::stderr(), "{line}"),
        None => Ok(()),
    }
}

/// Formats an error as an annotation of GitHub Actions, with its source location if it has one in the repository.
pub(crate) fn annotation(error: &CommandError, repository: &Repository) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let in_repository = |at: &Place| Some(Place { file: repository.path(&at.file)?, line: at.line });
    workflow_error(error.at.as_ref().and_then(in_repository).as_ref(), "tablewright", text)
}

/// Formats an error for a terminal.
pub(crate) fn error(error: &CommandError) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("error:").unwrap_or(&text);
    let (red, cyan) = (style::ERROR, style::HELP);
    format!("{red}error:{red:#}{}", text.replace("\n  help:", &format!("\n  {cyan}help:{cyan:#}")))
}
