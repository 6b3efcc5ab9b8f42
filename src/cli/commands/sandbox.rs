use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context as _;
use tablewright_sandbox::Sandbox;
use tokio::net::TcpListener;

use crate::args::Common;
use crate::args::aws::{open_sandbox, sandbox_file};
use crate::error::{CommandError, OrExit as _, Result};
use crate::event_loop::{Interrupts, run};
use crate::exit::Exit;
use crate::project::Project;
use crate::report::print;

/// Serve the sandbox, which simulates CloudFormation and DynamoDB, to other tools, or reset it
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Serve the sandbox on a loopback port, for the AWS CLI, boto3 and any SDK
    Serve {
        /// Port (default: any free port)
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
    /// Delete everything in the sandbox
    Reset,
    /// Show where the sandbox is stored
    Status,
}

pub(super) fn sandbox(common: &Common, args: &Args) -> Result<Exit> {
    let project = common.project()?;
    match args.command {
        Command::Serve { port } => serve(&project, port),
        Command::Reset => reset(common, &project),
        Command::Status => status(&project),
    }
}

fn serve(project: &Project, port: u16) -> Result<Exit> {
    let sandbox = open_sandbox(&project.scratch())?;
    run(async {
        let mut interrupts = Interrupts::listen()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))
            .or_exit(Exit::Internal)?;
        let address = listener.local_addr().or_exit(Exit::Internal)?;
        let _ = writeln!(
            anstream::stderr(),
            "The sandbox runs until Ctrl-C. Any credentials work:\n\
             \n  export AWS_ENDPOINT_URL=http://{address} AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox\n"
        );
        // On stdout, so that a script can read the address from the first line.
        print(&format!("http://{address}\n"))?;
        tablewright_sandbox::serve(sandbox, listener, async { interrupts.next().await })
            .await
            .or_exit(Exit::Internal)?;
        Ok(Exit::Done)
    })
}

fn reset(common: &Common, project: &Project) -> Result<Exit> {
    let file = sandbox_file(&project.scratch());
    Sandbox::reset(&file).map_err(|error| CommandError::new(Exit::Internal, error))?;
    if !common.quiet {
        let _ = writeln!(anstream::stderr(), "The sandbox is empty.");
    }
    Ok(Exit::Done)
}

fn status(project: &Project) -> Result<Exit> {
    let file = sandbox_file(&project.scratch());
    let state = if file.exists() { "stored in" } else { "empty; it will be stored in" };
    print(&format!("The sandbox is {state} {}\n", file.display()))?;
    Ok(Exit::Done)
}
