mod online;

use std::io::Write as _;

use tablewright::check::{Policy, check_policy};
use tablewright::{Env, Problem, Profile, Severity};
use tablewright_plan::Verdict;
use tablewright_review::{FoundProblem, Review};

use crate::args::{Common, errors_in, unsound};
use crate::commands::check::online::OnlineArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::project::Project;
use crate::report::review::{Purpose, ReportArgs};
use crate::source::stacks::of_assembly;

/// Check the definitions against the rules of DynamoDB and CloudFormation, and against a policy
#[derive(clap::Args)]
pub(super) struct Args {
    /// Also check the definitions against the requirements of a profile: recovery, protection, keys, tags
    #[arg(long, value_name = "PROFILE")]
    policy: Option<ProfileArg>,
    #[command(flatten)]
    online: OnlineArgs,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum ProfileArg {
    /// No table is retained
    Dev,
    /// Tables are retained and recoverable
    Safe,
    /// Compliance requirements
    Hardened,
}

impl From<ProfileArg> for Profile {
    fn from(profile: ProfileArg) -> Self {
        match profile {
            ProfileArg::Dev => Self::Dev,
            ProfileArg::Safe => Self::Safe,
            ProfileArg::Hardened => Self::Hardened,
        }
    }
}

/// Returns `1 stack` or `2 stacks`.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

pub(super) fn check(common: &Common, args: &Args) -> Result<Exit> {
    args.online.validate()?;
    let project = common.project()?;
    let envs = match &common.env {
        None if !args.online.online => project.config.all_envs(),
        _ => vec![common.env(&project)?.0],
    };
    // All environments are checked, so that one run reports all problems.
    let (mut review, mut errors, mut unsound_envs) = (Review::default(), 0, Vec::new());
    let are_several = envs.len() > 1;
    for env in envs {
        let Checked { found, summary } = check_env(common, args, &project, &env)?;
        if args.report.is_text() {
            Common::show_problems(&found);
        }
        let errors_here = errors_in(&found);
        // Where only one environment is checked, the error at the end says all.
        let is_said = if errors_here == 0 { !common.quiet } else { are_several };
        if args.report.is_text() && is_said {
            let _ = writeln!(anstream::stderr(), "{summary}");
        }
        if errors_here > 0 {
            errors += errors_here;
            unsound_envs.push(env.name().to_owned());
        }
        // The same problem in several environments is reported once in a review.
        for problem in found {
            let environment = are_several.then(|| env.name().to_owned());
            match review.problems.iter_mut().find(|known| known.problem == problem) {
                Some(known) => known.environments.extend(environment),
                None => review
                    .problems
                    .push(FoundProblem { problem, environments: environment.into_iter().collect() }),
            }
        }
    }
    review.at = Some(project.listed_at());
    let purpose = Purpose { id: "check", gate: Verdict::Refused };
    if args.report.is_text() {
        args.report.write_files(&mut review, common, purpose)?;
    } else {
        args.report.publish(&mut review, common, purpose)?;
    }
    if unsound_envs.is_empty() { Ok(Exit::Done) } else { Err(unsound(errors, &unsound_envs.join(", "))) }
}

/// What the check of one environment has found.
struct Checked {
    found: Vec<Problem>,
    /// A line for people.
    summary: String,
}

fn check_env(common: &Common, args: &Args, project: &Project, env: &Env) -> Result<Checked> {
    let assembly = common.assembly(project, env)?;
    let mut found = common.problems(&assembly);
    if let Some(profile) = args.policy {
        let policy = Policy {
            profile: profile.into(),
            protected: env.protected(),
            tags: project.config.project.required_tags.clone(),
        };
        found.extend(check_policy(&assembly, &policy));
    }
    let tables = assembly.stacks.iter().map(|stack| stack.tables.len()).sum();
    let defined = format!("{} and {}", counted(assembly.stacks.len(), "stack"), counted(tables, "table"));
    let mut accepted = String::new();
    if args.online.online && errors_in(&found) == 0 {
        let (env, env_config) = project.config.env(Some(env.name()))?;
        let answers =
            online::ask(common, &args.online, of_assembly(project, &env, env_config, assembly, &[])?)?;
        common.show_notes(&answers.notes);
        found.extend(answers.problems);
        accepted = format!(" CloudFormation was asked about {}.", counted(answers.asked, "stack"));
    }
    found.retain(|problem| !common.quiet || problem.severity == Severity::Error);
    project.show_here(&mut found);
    let errors = match errors_in(&found) {
        0 => "no errors".to_owned(),
        errors => counted(errors, "error"),
    };
    Ok(Checked { found, summary: format!("Environment {}: {defined}, {errors}.{accepted}", env.name()) })
}
