use std::io::Write as _;
use std::path::PathBuf;

use tablewright_sam::{
    Access as SamAccess, FragmentKind, Options, Request, embed_fragment, fragment as make_fragment,
};

use crate::args::Common;
use crate::commands::sam::file::TemplateFile;
use crate::commands::sam::{Consume, cannot_embed, no_regions};
use crate::error::{CommandError, Result};
use crate::exit::Exit;
use crate::project::nearest;
use crate::report::{print, style};

/// Print the template lines that give a function access to a table, or embed them
///
/// Without --embed, prints the lines to paste. With --embed, inserts or updates them in the function's own properties.
#[derive(clap::Args)]
pub(super) struct Args {
    /// What to generate
    #[arg(value_name = "KIND")]
    kind: Kind,
    /// Logical id of the table
    #[arg(long, value_name = "TABLE")]
    table: String,
    /// Logical id of the function
    #[arg(long, value_name = "FUNCTION")]
    function: String,
    /// What the function may do
    #[arg(long, value_name = "ACCESS", default_value = "read")]
    access: Access,
    /// Limit access to this index
    #[arg(long, value_name = "INDEX")]
    index: Option<String>,
    /// Limit access to items with this value of the partition key (may be repeated)
    #[arg(long, value_name = "VALUE")]
    leading_key: Vec<String>,
    /// Limit access to the keys and this attribute (may be repeated)
    #[arg(long, value_name = "NAME")]
    attribute: Vec<String>,
    /// How the template integrates the table
    #[arg(long, value_name = "WAY", default_value = "embedded")]
    consume: Consume,
    /// Embed the lines in this template instead of printing them
    #[arg(long, value_name = "TEMPLATE")]
    embed: Option<PathBuf>,
    /// Overwrite edits made by hand between the markers
    #[arg(long, requires = "embed")]
    force: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Kind {
    /// The table's name in the function's environment
    Env,
    /// Least-privilege IAM statements
    Policies,
    /// An AWS::Serverless::Connector
    Connector,
    /// The table's stream as an event of the function
    Events,
    /// The table's name in the environment of all functions
    Globals,
    /// Name and ARN of the table as outputs
    Outputs,
    /// The file for sam local --env-vars
    EnvJson,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Access {
    Read,
    Write,
    Crud,
    Stream,
}

impl From<Kind> for FragmentKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Env => Self::Env,
            Kind::Policies => Self::Policies,
            Kind::Connector => Self::Connector,
            Kind::Events => Self::Events,
            Kind::Globals => Self::Globals,
            Kind::Outputs => Self::Outputs,
            Kind::EnvJson => Self::EnvJson,
        }
    }
}

impl From<Access> for SamAccess {
    fn from(access: Access) -> Self {
        match access {
            Access::Read => Self::Read,
            Access::Write => Self::Write,
            Access::Crud => Self::Crud,
            Access::Stream => Self::Stream,
        }
    }
}

pub(super) fn fragment(common: &Common, args: &Args) -> Result<Exit> {
    let project = common.project()?;
    let (env, _) = common.env(&project)?;
    let assembly = common.sound_assembly(&project, &env)?;
    let has_table = |stack: &&tablewright::Stack| stack.tables.iter().any(|table| table.id == args.table);
    let Some(stack) = assembly.stacks.iter().find(has_table) else {
        let tables: Vec<&str> =
            assembly.stacks.iter().flat_map(|stack| &stack.tables).map(|table| table.id.as_str()).collect();
        let mut error = CommandError::usage(format!("no table `{}`", args.table));
        if let Some(near) = nearest(&args.table, &tables) {
            error = error.hint(format!("did you mean `{near}`?"));
        }
        return Err(error.hint(format!("the tables are: {}", tables.join(", "))));
    };
    let request = Request {
        access: args.access.into(),
        index: args.index.as_deref(),
        leading_keys: args.leading_key.clone(),
        attributes: args.attribute.clone(),
        way: args.consume.into(),
        ..Request::new(stack, &args.table, &args.function)
    };
    let made = make_fragment(args.kind.into(), &request).map_err(no_regions)?;
    let Some(template) = &args.embed else {
        print(&made.text)?;
        return Ok(Exit::Done);
    };
    if made.region.is_none() {
        return Err(CommandError::usage(
            "an `env-json` fragment cannot be embedded: it is not a part of a template",
        )
        .hint("omit `--embed`, and redirect the output to a file"));
    }
    let file = TemplateFile::read(template)?;
    let edit = embed_fragment(&file.bytes, &made, Options { force: args.force })
        .map_err(|error| cannot_embed(&file.shown(), error))?;
    for warning in &edit.warnings {
        let (line, message, colour) = (warning.position.line, &warning.message, style::WARNING);
        let _ = writeln!(anstream::stderr(), "{colour}warning{colour:#}: {}:{line}: {message}", file.shown());
    }
    if edit.is_change() {
        file.replace(&edit.text)?;
        if !common.quiet {
            let _ = writeln!(anstream::stderr(), "Wrote {}", file.shown());
        }
    }
    Ok(Exit::Done)
}
