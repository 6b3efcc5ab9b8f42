//! The commands: one module each, with `Args`, whose doc comments are the help texts, and one function.

mod list;
mod check;
mod render;
mod diff;
mod deploy;
mod watch;
mod cancel;
mod rollback;
mod destroy;
mod outputs;
mod sam;
mod local;
mod sandbox;
mod completions;

use std::io::Write as _;

use clap::{Parser, Subcommand};

use crate::args::Common;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::report::{OutputFormat, print};

/// Define DynamoDB tables as Rust structs, review the templates, and deploy changes without losing data
#[derive(Parser)]
#[command(name = "tablewright", version, max_term_width = 100, disable_help_subcommand = true, after_help = AFTER_HELP)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  done, or nothing to do          6  refused; nothing was changed
  1  internal error                  7  stale: not what was reviewed
  2  usage or definitions            8  changes are pending (--check, --exit-code)
  3  credentials or permission       9  still running: detached or timed out
  4  failed and rolled back         10  outcome unknown
  5  failed; manual recovery needed 130  interrupted before anything began

Try it without an account:  tablewright deploy --sandbox";

#[derive(Subcommand)]
enum Command {
    List(list::Args),
    Check(check::Args),
    Render(render::Args),
    Diff(diff::Args),
    Deploy(deploy::Args),
    Watch(watch::Args),
    Cancel(cancel::Args),
    Rollback(rollback::Args),
    Destroy(destroy::Args),
    Outputs(outputs::Args),
    Sam(sam::Args),
    Local(local::Args),
    Sandbox(sandbox::Args),
    Completions(completions::Args),
}

/// Parses the command line and runs the command.
pub(crate) fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return show_usage(&error),
    };
    match cli.common.color {
        clap::ColorChoice::Auto => {}
        clap::ColorChoice::Always => anstream::ColorChoice::Always.write_global(),
        clap::ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
    }
    let form = cli.command.form();
    let done = match cli.command {
        Command::List(args) => list::list(&cli.common, &args),
        Command::Check(args) => check::check(&cli.common, &args),
        Command::Render(args) => render::render(&cli.common, &args),
        Command::Diff(args) => diff::diff(&cli.common, &args),
        Command::Deploy(args) => deploy::deploy(&cli.common, &args),
        Command::Watch(args) => watch::watch(&cli.common, &args),
        Command::Cancel(args) => cancel::cancel(&cli.common, &args),
        Command::Rollback(args) => rollback::rollback(&cli.common, &args),
        Command::Destroy(args) => destroy::destroy(&cli.common, &args),
        Command::Outputs(args) => outputs::outputs(&cli.common, &args),
        Command::Sam(args) => sam::sam(&cli.common, &args),
        Command::Local(args) => local::local(&cli.common, &args),
        Command::Sandbox(args) => sandbox::sandbox(&cli.common, &args),
        Command::Completions(args) => completions::completions(&args),
    };
    done.unwrap_or_else(|error| show(&cli.common, &error, form))
}

/// Prints a usage error or help. clap's exit codes, 0 and 2, have the same meaning as ours.
fn show_usage(error: &clap::Error) -> Exit {
    // A closed pipe (`tablewright --help | head -1`) is not an error.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

impl Command {
    /// Returns the output format of the command, if it has one.
    fn form(&self) -> OutputFormat {
        match self {
            Self::Deploy(args) => args.output,
            Self::Watch(args) => args.output,
            Self::Cancel(args) => args.output,
            Self::Rollback(args) => args.output,
            Self::Destroy(args) => args.output,
            _ => OutputFormat::Auto,
        }
    }
}

fn show(common: &Common, error: &CommandError, form: OutputFormat) -> Exit {
    if form == OutputFormat::Ndjson {
        // The last object tells a program that the command ended with an error, and was not killed.
        let _ = print(&format!("{}\n", crate::report::printable_json(&crate::report::ndjson::error(error))));
    }
    let _ = writeln!(anstream::stderr(), "{}", crate::report::error(error));
    if form == OutputFormat::Github {
        let _ = writeln!(anstream::stderr(), "{}", crate::report::annotation(error, &common.repository()));
    }
    error.exit
}
