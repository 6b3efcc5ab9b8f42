mod up;

mod endpoint;
mod env_file;
mod refused;

use clap::Subcommand;

use crate::args::Common;
use crate::error::Result;
use crate::exit::Exit;

/// Create tables in DynamoDB Local, an emulator or the sandbox
#[derive(clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Local,
}

#[derive(Subcommand)]
enum Local {
    Up(up::Args),
}

pub(super) fn local(common: &Common, args: &Args) -> Result<Exit> {
    match &args.command {
        Local::Up(args) => up::up(common, args),
    }
}
