//! Two sources become comparisons: templates are found, paired, and their changes judged.

use std::collections::BTreeMap;
use std::path::Path;

use similar::TextDiff;
use tablewright::render::Rendered;
use tablewright::{Env, Stack};
use tablewright_deploy::{deployed_template, plan_stack};
use tablewright_plan::{Action, Change, Plan, PlanOptions, Verdict};
use tablewright_review::{Comparison, Located};

use crate::args::comparison::ComparisonArgs;
use crate::args::{Common, select};
use crate::error::{CommandError, Result};
use crate::project::{EnvConfig, Project};
use crate::report::plan;
use crate::source::stacks::of_definitions;
use crate::source::{Files, Git, Pair, Side, Source, Template, job_notes, pair, templates};

/// Compares what two sources have, in each environment that is asked for.
pub(crate) async fn compare_all(common: &Common, args: &ComparisonArgs) -> Result<Vec<Comparison>> {
    let project = match common.project() {
        Ok(project) => Some(project),
        // Two files can be compared anywhere.
        Err(_) if [&args.against, &args.of].iter().all(|source| is_apart(source)) => None,
        Err(error) => return Err(error),
    };
    let envs = match &project {
        None => return compare(&Sources { common, args, project: None, env: None }).await,
        Some(project) if args.all_envs => project.config.envs.keys().map(String::as_str).map(Some).collect(),
        Some(_) => vec![common.env.as_deref()],
    };
    let mut comparisons = Vec::new();
    for env in envs {
        let project = project.as_ref().expect("without a project nothing is left to be done");
        let sources = Sources { common, args, project: Some(project), env: Some(project.config.env(env)?) };
        comparisons.extend(compare(&sources).await?);
    }
    Ok(comparisons)
}

/// Returns whether a source can be read without a project.
fn is_apart(source: &Source) -> bool {
    matches!(source, Source::Path(_) | Source::Revision { path: Some(_), .. })
}

/// Compares in one environment, or in none.
async fn compare(sources: &Sources<'_>) -> Result<Vec<Comparison>> {
    let args = sources.args;
    let comparisons = match (&args.against, &args.of) {
        (Source::Deployed, Source::Definitions) => sources.plans().await?,
        (against, of) => {
            // What is deployed is asked for by the names of the other side.
            let of_side = match of {
                Source::Deployed => None,
                of => Some(sources.side(of)?),
            };
            let against_side = match (against, &of_side) {
                (Source::Deployed, Some(other)) => sources.deployed(other).await?,
                (against, _) => sources.side(against)?,
            };
            let of_side = match of_side {
                Some(side) => side,
                None => sources.deployed(&against_side).await?,
            };
            let pairs = pair(against_side, of_side, &args.stacks)?;
            for template in pairs.iter().flat_map(|pair| pair.against.iter().chain(&pair.of)) {
                sources.common.show_notes(&template.notes);
            }
            pairs.iter().map(comparison).collect()
        }
    };
    let env = sources.env.as_ref().map(|(env, _)| env.name().to_owned());
    Ok(comparisons
        .into_iter()
        .map(|comparison| Comparison { environment: env.clone(), ..comparison })
        .collect())
}

/// Where the templates of one environment are found.
struct Sources<'a> {
    common: &'a Common,
    args: &'a ComparisonArgs,
    project: Option<&'a Project>,
    env: Option<(Env, &'a EnvConfig)>,
}

impl Sources<'_> {
    /// Plans the definitions against what is deployed, and what changes beside the templates.
    async fn plans(&self) -> Result<Vec<Comparison>> {
        let (project, env, env_config) = self.place();
        let mut wanted = of_definitions(self.common, Some(env.name()), &self.args.stacks)?;
        let target = self.args.aws.connect(self.common, &project.scratch(), env_config).await?;
        let given = self.args.parameters.read()?;
        given.apply(&mut wanted.stacks)?;
        let (mut comparisons, options) = (Vec::new(), given.for_env(env_config));
        for (stack, rendered) in &wanted.stacks {
            let plan_options = PlanOptions::default();
            let job = plan_stack(&target.target, stack, rendered.clone(), &options, &plan_options).await?;
            self.common.show_notes(&job_notes(&job));
            let deployed = job.deployed.as_ref().map_or("", |deployed| &deployed.text);
            let text_diff = text_diff(("deployed", deployed), ("definitions", &job.rendered.text));
            comparisons.push(Comparison { text_diff, ..plan::comparison(&job) });
        }
        Ok(comparisons)
    }

    /// Reads a source that is not what is deployed.
    fn side(&self, source: &Source) -> Result<Side> {
        let env = self.env.as_ref().map(|(env, _)| env.name());
        let found = match source {
            Source::Definitions => return self.definitions(),
            Source::Path(path) => templates(&Files::Disk, &path.to_string_lossy(), env)?,
            Source::Revision { revision, path: Some(path) } => {
                let files = Files::Commit { git: Git::at(Path::new("."), revision)?, revision };
                templates(&files, path, env)?
            }
            Source::Revision { revision, path: None } => {
                let (project, ..) = self.place();
                let git = Git::at(&project.stacks, revision)?;
                let folder = git.rooted(&project.config.project.rendered)?;
                let files = Files::Commit { git, revision };
                // The commit may be from before the templates were committed: then all of them are new.
                return Ok(templates(&files, &folder, env)?.unwrap_or(Side::Many(BTreeMap::new())));
            }
            Source::Deployed => unreachable!("what is deployed is asked for by the names of the other side"),
        };
        match found {
            None => Err(CommandError::usage(format!("nothing found at {source}"))),
            Some(Side::Many(templates)) if templates.is_empty() => {
                Err(CommandError::usage(format!("there is no template in {source}")))
            }
            Some(side) => Ok(side),
        }
    }

    fn definitions(&self) -> Result<Side> {
        let (_, env, _) = self.place();
        let wanted = of_definitions(self.common, Some(env.name()), &[])?;
        let template =
            |(stack, rendered): (Stack, Rendered)| (stack.id.clone(), Template::rendered(&stack, rendered));
        Ok(Side::Many(wanted.stacks.into_iter().map(template).collect()))
    }

    /// Reads what is deployed of the stacks that the other side has.
    async fn deployed(&self, other: &Side) -> Result<Side> {
        let (project, env, env_config) = self.place();
        let assembly = self.common.sound_assembly(project, env)?;
        let target = self.args.aws.connect(self.common, &project.scratch(), env_config).await?;
        let mut found = BTreeMap::new();
        let named = self.args.stacks.iter().map(String::as_str);
        for id in other.ids().chain(named.filter(|_| matches!(other, Side::One(_)))) {
            let stack = select(&assembly, &[id.to_owned()])?[0];
            let name = stack.name.as_deref().unwrap_or_default();
            if let Some(deployed) = deployed_template(&target.target.cloudformation, name).await? {
                found.insert(id.to_owned(), Template::deployed(deployed));
            }
        }
        Ok(Side::Many(found))
    }

    fn place(&self) -> (&Project, &Env, &EnvConfig) {
        let project = self.project.expect("a source that needs a project is read with one");
        let (env, env_config) = self.env.as_ref().expect("a project has an environment");
        (project, env, env_config)
    }
}

/// Compares two templates of a stack.
fn comparison(Pair { stack, against, of }: &Pair) -> Comparison {
    let (before_name, before_text) = against.as_ref().map_or(("nothing", ""), |it| (&it.name, &it.text));
    let Some(of) = of else {
        return Comparison {
            changes: vec![gone(stack)],
            ..Comparison::of(stack, [before_name, "nothing"], &Plan::default(), |_| None)
        };
    };
    let plan =
        tablewright_plan::plan(against.as_ref().map(|it| &it.value), &of.value, &PlanOptions::default());
    let locate = |change: &Change| of.place(change);
    Comparison {
        stack_name: of.definition().and_then(|stack| stack.name.clone()),
        at: of.definition().map(|stack| stack.at.clone()),
        template: of.file().map(str::to_owned),
        text_diff: text_diff((before_name, before_text), (&of.name, &of.text)),
        ..Comparison::of(stack, [before_name, &of.name], &plan, locate)
    }
}

/// The change of a stack that one side no longer has. No deployment deletes it: deployments are of stacks that exist.
fn gone(stack: &str) -> Located {
    let change = Change {
        section: "Stack".into(),
        logical_id: stack.to_owned(),
        resource_type: None,
        action: Action::Remove,
        path: String::new(),
        before: None,
        after: None,
        verdict: Verdict::InPlaceWithRisk,
        why: "the stack is no longer defined; it stays deployed until `tablewright destroy` deletes it"
            .into(),
        server_text: None,
        recipe: None,
    };
    Located { change, at: None }
}

/// Returns how two texts differ, as a unified diff; `None` where they are the same, or no text of ours.
fn text_diff((before_name, before): (&str, &str), (after_name, after): (&str, &str)) -> Option<String> {
    let diff = TextDiff::from_lines(before, after);
    let unified = diff.unified_diff().header(before_name, after_name).to_string();
    Some(unified).filter(|unified| !unified.is_empty())
}
