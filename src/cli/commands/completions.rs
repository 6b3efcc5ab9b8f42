use clap::CommandFactory as _;

use crate::commands::Cli;
use crate::error::Result;
use crate::exit::Exit;
use crate::report::print;

/// Print a completion script for a shell
#[derive(clap::Args)]
pub(super) struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

pub(super) fn completions(args: &Args) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tablewright", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
