//! What `diff` compares.

use crate::args::aws::AwsArgs;
use crate::args::deployment::ParameterArgs;
use crate::source::Source;

/// The two sides of a comparison, and the stacks and environments that are compared.
#[derive(clap::Args)]
pub(crate) struct ComparisonArgs {
    /// Stacks to compare (default: all)
    #[arg(value_name = "STACK")]
    pub(crate) stacks: Vec<String>,
    /// What to compare with
    #[arg(long, value_name = "SOURCE", default_value = "deployed")]
    pub(crate) against: Source,
    /// What to judge
    #[arg(long, value_name = "SOURCE", default_value = "definitions")]
    pub(crate) of: Source,
    /// Take every stack for new where a revision has no folder of rendered templates
    #[arg(long)]
    pub(crate) allow_empty_base: bool,
    /// Compare in every environment of tablewright.toml
    #[arg(long, conflicts_with = "env")]
    pub(crate) all_envs: bool,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    #[command(flatten)]
    pub(crate) parameters: ParameterArgs,
}
