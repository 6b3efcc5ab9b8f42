mod embed;
mod file;
mod fragment;

use clap::Subcommand;
use tablewright_sam::{EmbedError, RegionsError, Way};

use crate::args::Common;
use crate::error::{CommandError, Result};
use crate::exit::Exit;

/// Integrate tables in a SAM project
#[derive(clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Sam,
}

#[derive(Subcommand)]
enum Sam {
    Embed(embed::Args),
    Fragment(fragment::Args),
}

pub(super) fn sam(common: &Common, args: &Args) -> Result<Exit> {
    match &args.command {
        Sam::Embed(args) => embed::embed(common, args),
        Sam::Fragment(args) => fragment::fragment(common, args),
    }
}

/// How the template integrates the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Consume {
    /// As resources of the template
    Embedded,
    /// In a nested stack, whose template is written beside it
    Nested,
    /// In a snippet beside it, inserted by the `AWS::Include` transform
    Include,
    /// In a separate stack; names are parameters of the template
    Parameter,
    /// In a separate stack, whose outputs are read with `Fn::GetStackOutput`
    Getstackoutput,
    /// In a separate stack, whose exports are imported with `Fn::ImportValue`
    Import,
    /// In a separate stack, which publishes names in the SSM Parameter Store
    Ssm,
}

impl From<Consume> for Way {
    fn from(consume: Consume) -> Self {
        match consume {
            Consume::Embedded => Self::Embedded,
            Consume::Nested => Self::Nested,
            Consume::Include => Self::Include,
            Consume::Parameter => Self::Parameter,
            Consume::Getstackoutput => Self::GetStackOutput,
            Consume::Import => Self::ImportValue,
            Consume::Ssm => Self::Ssm,
        }
    }
}

/// Returns the error for a template that cannot be edited, with its line. The file was not changed.
fn cannot_embed(template: &str, error: EmbedError) -> CommandError {
    let line = error.position().map_or_else(String::new, |position| format!(":{}", position.line));
    let hint = error.hint().map(|hint| hint.replace("<TEMPLATE>", template));
    let context = format!("cannot update {template}{line}; the file is unchanged");
    let error = CommandError::new(Exit::Usage, error).context(context);
    hint.into_iter().fold(error, CommandError::hint)
}

/// Returns the error for a definition that does not support the requested integration, with its source location.
pub(super) fn no_regions(error: RegionsError) -> CommandError {
    match error {
        RegionsError::Problem(problem) => {
            let help = problem.help.clone();
            let error =
                CommandError::usage(format!("{}: {}", problem.at, problem.message)).at(Some(problem.at));
            help.into_iter().fold(error, CommandError::hint)
        }
        RegionsError::Render(error) => error.into(),
        error => CommandError::new(Exit::Internal, error),
    }
}
