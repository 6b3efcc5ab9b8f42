use anyhow::anyhow;
use tablewright_plan::Verdict;

use crate::args::Common;
use crate::args::comparison::ComparisonArgs;
use crate::error::{CommandError, Result};
use crate::event_loop::run;
use crate::exit::Exit;
use crate::report::review::{Purpose, ReportArgs};
use crate::source::Source;
use crate::source::comparison::compare_all;

/// Show the changes of stacks, and their effect on the data
///
/// Without options, the definitions are compared with what is deployed. A SOURCE is `definitions`, `deployed`, a template, a
/// directory as `render --out` writes it, or a git revision, such as `main` or `HEAD~1:stacks/rendered`; a revision alone means
/// the project's rendered folder at that commit, and `A...B` the merge base of two.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(flatten)]
    comparison: ComparisonArgs,
    #[command(flatten)]
    report: ReportArgs,
    /// Exit with code 6 if a change has this verdict or a worse one, such as `refused`
    #[arg(long, value_name = "VERDICT", value_delimiter = ',', help_heading = "Exit code")]
    fail_on: Vec<Verdict>,
    /// Exit with code 8 if there are changes
    #[arg(long, alias = "detailed-exitcode", help_heading = "Exit code")]
    exit_code: bool,
}

const AFTER_HELP: &str = "\
Verdicts, from harmless to worst: none, in-place, in-place-with-risk, staged, refused, replacement-kept, data-loss.

In a pull request, without an account:
  tablewright diff --all-envs --against origin/main...HEAD --format github --report markdown=comment.md --fail-on refused";

pub(super) fn diff(common: &Common, args: &Args) -> Result<Exit> {
    if [&args.comparison.against, &args.comparison.of].iter().all(|source| **source == Source::Deployed) {
        return Err(CommandError::usage("`--of deployed` cannot be compared with itself")
            .hint("pass another source with `--against`, such as a file or a git revision"));
    }
    let mut review = run(compare_all(common, &args.comparison))?;
    let gate = args.fail_on.iter().min();
    let purpose = Purpose { id: "diff", gate: gate.copied().unwrap_or(Verdict::Refused) };
    args.report.publish(&mut review, common, purpose)?;
    if let Some(gate) = gate.filter(|gate| review.has_changes() && review.verdict() >= **gate) {
        return Err(CommandError::new(
            Exit::Refused,
            anyhow!("the worst verdict is {}, and `--fail-on` stops at {gate}", review.verdict()),
        ));
    }
    Ok(if args.exit_code && review.has_changes() { Exit::Pending } else { Exit::Done })
}
