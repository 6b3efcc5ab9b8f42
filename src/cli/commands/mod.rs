//! The commands: one file each, `Args` with the help as its doc comment, then one function.

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

mod ask;
mod aws;
mod changes;
mod chosen;
mod comparing;
mod drive;
mod endings;
mod failure;
mod following;
mod options;
mod planning;
mod reporting;
mod reviewed;
mod together;
mod token;
mod wanted;

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use tablewright::check::check as check_assembly;
use tablewright::{Assembly, Env, Problem, Severity, Stack};

use crate::error::{CommandError, Result};
use crate::exit::Exit;
use crate::project::{Build, EnvConfig, Project, assemble, nearest};
use crate::report::{Form, problems};

/// DynamoDB tables from Rust structs: templates to review, changes without loss, deployments that can be trusted
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
  1  a fault of the tool             7  stale: not what was reviewed
  2  usage, or wrong definitions     8  changes are pending (--check, --exit-code)
  3  credentials or permission       9  still running: detached, or out of time
  4  failed and rolled back         10  the outcome is not known
  5  failed; the stack needs a hand 130  interrupted before anything began

Try it without an account:  tablewright deploy --sandbox";

/// What every command understands.
#[derive(clap::Args)]
pub(crate) struct Common {
    /// Folder of the crate that makes the stacks (default: `stacks` here or above)
    #[arg(id = "stacks_dir", long = "stacks", global = true, value_name = "DIR", help_heading = "Project")]
    stacks: Option<PathBuf>,
    /// Environment of tablewright.toml (default: its `default_env`)
    #[arg(long, short, global = true, value_name = "NAME", help_heading = "Project")]
    env: Option<String>,
    /// Ask cargo whether the stacks crate is up to date, even where nothing looks newer
    #[arg(long, global = true, help_heading = "Project")]
    fresh: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    color: clap::ColorChoice,
    /// Say only what goes wrong
    #[arg(long, short, global = true, help_heading = "Output")]
    quiet: bool,
}

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
    done.unwrap_or_else(|error| show(&error, form))
}

/// clap's own exit codes are 0 and 2, which are ours too.
fn show_usage(error: &clap::Error) -> Exit {
    // A closed pipe (`tablewright --help | head -1`) is no failure.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

impl Command {
    /// Returns the form that the command reports in, where it has a choice.
    fn form(&self) -> Form {
        match self {
            Self::Deploy(args) => args.output,
            Self::Watch(args) => args.output,
            Self::Cancel(args) => args.output,
            Self::Rollback(args) => args.output,
            Self::Destroy(args) => args.output,
            _ => Form::Auto,
        }
    }
}

fn show(error: &CommandError, form: Form) -> Exit {
    if form == Form::Ndjson {
        // A program must be able to tell a refusal from a death.
        let _ = print(&format!("{}\n", crate::report::ndjson::error(error)));
    }
    let _ = writeln!(anstream::stderr(), "{}", crate::report::error(error));
    if form == Form::Github {
        let _ = writeln!(anstream::stderr(), "{}", crate::report::annotation(error));
    }
    error.exit
}

/// Writes data to stdout. A reader that has gone away is no failure.
pub(crate) fn print(text: &str) -> Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CommandError::new(Exit::Internal, error).context("cannot write to stdout"))
        }
        _ => Ok(()),
    }
}

impl Common {
    fn project(&self) -> Result<Project> {
        let here = std::env::current_dir().map_err(|error| {
            CommandError::new(Exit::Internal, error).context("cannot tell the current folder")
        })?;
        Project::find(self.stacks.as_deref(), &here)
    }

    /// Has the stacks made for one environment and checks them: problems are shown, errors end the command.
    fn sound_assembly(&self, project: &Project, env: &Env) -> Result<Assembly> {
        let assembly = self.assembly(project, env)?;
        let found = self.problems(&assembly);
        Self::show_problems(&found);
        match errors_in(&found) {
            0 => Ok(assembly),
            errors => Err(unsound(errors, env.name())),
        }
    }

    /// Returns what is wrong with an assembly.
    fn problems(&self, assembly: &Assembly) -> Vec<Problem> {
        let mut found = check_assembly(assembly);
        found.retain(|problem| !self.quiet || problem.severity == Severity::Error);
        found
    }

    /// Shows problems to people.
    fn show_problems(found: &[Problem]) {
        let _ = write!(anstream::stderr(), "{}", problems(found));
    }

    /// Shows what a reader should know beside the data.
    fn show_notes(&self, notes: &[String]) {
        for note in notes.iter().filter(|_| !self.quiet) {
            let _ = writeln!(anstream::stderr(), "note: {}", crate::report::printable(note));
        }
    }

    fn assembly(&self, project: &Project, env: &Env) -> Result<Assembly> {
        let locked = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        assemble(project, env, Build { fresh: self.fresh, locked })
    }

    fn env<'a>(&self, project: &'a Project) -> Result<(Env, &'a EnvConfig)> {
        project.config.env(self.env.as_deref())
    }
}

fn errors_in(problems: &[Problem]) -> usize {
    problems.iter().filter(|problem| problem.severity == Severity::Error).count()
}

fn unsound(errors: usize, envs: &str) -> CommandError {
    let plural = if errors == 1 { "" } else { "s" };
    CommandError::usage(format!("{errors} problem{plural} in the definitions of environment {envs}"))
}

/// Returns the stacks that are named, in the order of the assembly; all of them where none is named.
fn select<'a>(assembly: &'a Assembly, names: &[String]) -> Result<Vec<&'a Stack>> {
    for name in names {
        if !assembly.stacks.iter().any(|stack| stack.id == *name) {
            let ids: Vec<&str> = assembly.stacks.iter().map(|stack| stack.id.as_str()).collect();
            let mut error = CommandError::usage(format!("there is no stack `{name}`"));
            if let Some(near) = nearest(name, &ids) {
                error = error.hint(format!("did you mean `{near}`?"));
            }
            return Err(error.hint(format!("the stacks are: {}", ids.join(", "))));
        }
    }
    Ok(assembly.stacks.iter().filter(|stack| names.is_empty() || names.contains(&stack.id)).collect())
}
