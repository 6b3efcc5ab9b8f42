//! Arguments that several commands share, to select the project, its stacks and the target.

pub(crate) mod aws;
pub(crate) mod comparison;
pub(crate) mod deployment;
pub(crate) mod stack;

use std::io::Write as _;
use std::path::PathBuf;

use tablewright::check::check as check_assembly;
use tablewright::{Assembly, Env, Problem, Severity, Stack};

use crate::error::{CommandError, Result};
use crate::exit::Exit;
use crate::project::{Build, EnvConfig, Project, Repository, assemble, nearest};
use crate::report::problems;

/// Arguments of every command.
#[derive(clap::Args)]
pub(crate) struct Common {
    /// Directory of the stacks crate (default: `stacks` here or in a parent directory)
    #[arg(id = "stacks_dir", long = "stacks", global = true, value_name = "DIR", help_heading = "Project")]
    pub(crate) stacks: Option<PathBuf>,
    /// Environment of tablewright.toml (default: its `default_env`)
    #[arg(long, short, global = true, value_name = "NAME", help_heading = "Project")]
    pub(crate) env: Option<String>,
    /// Always ask cargo whether the stacks crate is up to date
    #[arg(long, global = true, help_heading = "Project")]
    pub(crate) fresh: bool,
    /// When to use color
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub(crate) color: clap::ColorChoice,
    /// Print only errors
    #[arg(long, short, global = true, help_heading = "Output")]
    pub(crate) quiet: bool,
}

impl Common {
    pub(crate) fn project(&self) -> Result<Project> {
        let here = std::env::current_dir().map_err(|error| {
            CommandError::new(Exit::Internal, error).context("cannot determine the current directory")
        })?;
        Project::find(self.stacks.as_deref(), &here)
    }

    /// Returns the repository whose files reports name: that of the project, or of the current directory.
    pub(crate) fn repository(&self) -> Repository {
        Repository::of(self.project().ok().as_ref().map(Project::root))
    }

    /// Builds and checks the stacks of an environment. Prints all problems, and returns an error if there are errors among them.
    pub(crate) fn sound_assembly(&self, project: &Project, env: &Env) -> Result<Assembly> {
        let assembly = self.assembly(project, env)?;
        let mut found = self.problems(&assembly);
        project.show_here(&mut found);
        Self::show_problems(&found);
        match errors_in(&found) {
            0 => Ok(assembly),
            errors => Err(unsound(errors, env.name())),
        }
    }

    /// Returns the problems of an assembly.
    pub(crate) fn problems(&self, assembly: &Assembly) -> Vec<Problem> {
        let mut found = check_assembly(assembly);
        found.retain(|problem| !self.quiet || problem.severity == Severity::Error);
        found
    }

    /// Prints problems to stderr.
    pub(crate) fn show_problems(found: &[Problem]) {
        let _ = write!(anstream::stderr(), "{}", problems(found));
    }

    /// Prints notes to stderr, unless `--quiet` is set.
    pub(crate) fn show_notes(&self, notes: &[String]) {
        if self.quiet {
            return;
        }
        for note in notes {
            let _ = writeln!(anstream::stderr(), "note: {}", crate::report::printable(note));
        }
    }

    pub(crate) fn assembly(&self, project: &Project, env: &Env) -> Result<Assembly> {
        let locked = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        assemble(project, env, Build { fresh: self.fresh, locked })
    }

    pub(crate) fn env<'a>(&self, project: &'a Project) -> Result<(Env, &'a EnvConfig)> {
        project.config.env(self.env.as_deref())
    }
}

pub(crate) fn errors_in(problems: &[Problem]) -> usize {
    problems.iter().filter(|problem| problem.severity == Severity::Error).count()
}

pub(crate) fn unsound(errors: usize, envs: &str) -> CommandError {
    let plural = if errors == 1 { "" } else { "s" };
    CommandError::usage(format!("{errors} problem{plural} in the definitions of environment {envs}"))
}

/// Returns the stacks with the given ids, in the order of the assembly; all stacks if no id is given.
pub(crate) fn select<'a>(assembly: &'a Assembly, names: &[String]) -> Result<Vec<&'a Stack>> {
    check_names(assembly, names)?;
    Ok(assembly.stacks.iter().filter(|stack| is_selected(stack, names)).collect())
}

/// Like [`select`], but takes ownership and drops the other stacks.
pub(crate) fn into_selected(mut assembly: Assembly, names: &[String]) -> Result<Vec<Stack>> {
    check_names(&assembly, names)?;
    assembly.stacks.retain(|stack| is_selected(stack, names));
    Ok(assembly.stacks)
}

fn is_selected(stack: &Stack, names: &[String]) -> bool {
    names.is_empty() || names.contains(&stack.id)
}

fn check_names(assembly: &Assembly, names: &[String]) -> Result<()> {
    for name in names {
        if !assembly.stacks.iter().any(|stack| stack.id == *name) {
            let ids: Vec<&str> = assembly.stacks.iter().map(|stack| stack.id.as_str()).collect();
            let mut error = CommandError::usage(format!("no stack `{name}`"));
            if let Some(near) = nearest(name, &ids) {
                error = error.hint(format!("did you mean `{near}`?"));
            }
            return Err(error.hint(format!("the stacks are: {}", ids.join(", "))));
        }
    }
    Ok(())
}
