//! Compares two sources: finds and pairs their templates, and plans the changes.

use std::collections::BTreeMap;
use std::path::Path;

use similar::TextDiff;
use tablewright::render::{Manifest, Rendered};
use tablewright::{Env, Place, Stack};
use tablewright_cloudformation::stack::StackSummary;
use tablewright_deploy::{declared_parameters, deployed_template, plan_stack, read_changed_tables};
use tablewright_plan::{Action, Change, Language, Plan, PlanOptions, PseudoParameters, TakenNames, Verdict};
use tablewright_review::{Comparison, Located, Review};

use crate::args::comparison::ComparisonArgs;
use crate::args::{Common, select};
use crate::error::{CommandError, Result};
use crate::project::{EnvConfig, Project};
use crate::report::failure::not_defined;
use crate::report::plan;
use crate::report::tables::{notes, reading_object};
use crate::source::children::nested_stacks;
use crate::source::stacks::{RenderedStacks, environments, is_rendered, of_definitions, rendered_before};
use crate::source::{Files, Git, Pair, Side, Source, Template, crlf, job_notes, pair, templates};

/// Compares two sources in each selected environment.
pub(crate) async fn compare_all(common: &Common, args: &ComparisonArgs) -> Result<Review> {
    if let (Source::Deployed, Source::Path(folder)) = (&args.against, &args.of)
        && is_rendered(folder)
    {
        let comparisons = compare_rendered(common, args, folder).await?;
        return Ok(Review { comparisons, ..Review::default() });
    }
    let project = match common.project() {
        Ok(project) => Some(project),
        // Two files can be compared without a project.
        Err(_) if [&args.against, &args.of].iter().all(|source| is_apart(source)) => None,
        Err(error) => return Err(error),
    };
    let envs = match &project {
        None => {
            let comparisons = compare(&Sources { common, args, project: None, env: None }).await?;
            return Ok(Review { comparisons, ..Review::default() });
        }
        Some(project) if args.all_envs => project.config.envs.keys().map(String::as_str).map(Some).collect(),
        Some(_) => vec![common.env.as_deref()],
    };
    let mut comparisons = Vec::new();
    for env in envs {
        let project = project.as_ref().expect("sources that need a project were checked");
        let sources = Sources { common, args, project: Some(project), env: Some(project.config.env(env)?) };
        comparisons.extend(compare(&sources).await?);
    }
    let at = project.as_ref().map(Project::listed_at);
    Ok(Review { comparisons, at, ..Review::default() })
}

/// Plans templates that were rendered before against what is deployed, as `deploy --from` does: their manifest names the stacks, so
/// neither cargo nor the definitions are needed.
async fn compare_rendered(common: &Common, args: &ComparisonArgs, folder: &Path) -> Result<Vec<Comparison>> {
    let envs = match args.all_envs {
        true => environments(folder).into_iter().map(Some).collect(),
        false => vec![common.env.clone()],
    };
    let mut comparisons = Vec::new();
    for env in envs {
        let wanted = rendered_before(common, folder, env.as_deref(), &args.stacks)?;
        let env_name = wanted.env_name.clone();
        let planned = plans(common, args, wanted).await?.into_iter();
        comparisons.extend(planned.map(|comparison| Comparison {
            environment: Some(env_name.clone()),
            after: folder.display().to_string(),
            ..comparison
        }));
    }
    Ok(comparisons)
}

/// Returns whether a source can be read without a project.
fn is_apart(source: &Source) -> bool {
    matches!(source, Source::Path(_) | Source::Revision { path: Some(_), .. })
}

/// Compares in one environment, or without an environment.
async fn compare(sources: &Sources<'_>) -> Result<Vec<Comparison>> {
    let args = sources.args;
    let comparisons = match (&args.against, &args.of) {
        (Source::Deployed, Source::Definitions) => {
            let (project, env, _) = sources.place();
            let wanted = of_definitions(sources.common, project, Some(env.name()), &args.stacks)?;
            plans(sources.common, args, wanted).await?
        }
        (against, of) => {
            // Deployed templates are read for the stacks of the other side.
            let of_side = match of {
                Source::Deployed => None,
                of => Some(sources.side(of, false)?),
            };
            let against_side = match (against, &of_side) {
                (Source::Deployed, Some(other)) => sources.deployed(other).await?,
                (against, _) => sources.side(against, true)?,
            };
            let of_side = match of_side {
                Some(side) => side,
                None => sources.deployed(&against_side).await?,
            };
            // A file, and a stack that is selected, need not have the parameters of the others.
            let is_file = |side: &Side| matches!(side, Side::One(_));
            let is_whole = args.stacks.is_empty() && ![&against_side, &of_side].into_iter().any(is_file);
            let pairs = pair(against_side, of_side, &args.stacks)?;
            for pair in &pairs {
                for template in pair.against.iter().chain(&pair.of) {
                    sources.common.show_notes(&template.notes);
                }
                sources.common.show_notes(line_ends(pair).as_slice());
            }
            sources.compare_pairs(pairs, is_whole, sources.listed_at(of).as_ref())?
        }
    };
    let env = sources.env.as_ref().map(|(env, _)| env.name().to_owned());
    Ok(comparisons
        .into_iter()
        .map(|comparison| Comparison { environment: env.clone(), ..comparison })
        .collect())
}

/// The sources of the templates of one environment.
struct Sources<'a> {
    common: &'a Common,
    args: &'a ComparisonArgs,
    project: Option<&'a Project>,
    env: Option<(Env, &'a EnvConfig)>,
}

impl Sources<'_> {
    /// Compares pairs of templates with what is known of their stacks besides; `is_whole` is whether they are all of the environment.
    fn compare_pairs(
        &self,
        pairs: Vec<Pair>,
        is_whole: bool,
        listed_at: Option<&Place>,
    ) -> Result<Vec<Comparison>> {
        let given = self.args.parameters.read()?;
        let templates = pairs.iter().flat_map(|pair| pair.against.iter().chain(&pair.of));
        let declared = templates.flat_map(|template| declared_parameters(&template.value));
        let declared: Vec<String> = declared.map(str::to_owned).collect();
        if let (true, Some((env, config))) = (is_whole, &self.env) {
            config.check_declared(env.name(), declared.clone())?;
        }
        given.check_declared(declared)?;
        let nowhere = EnvConfig::default();
        let env = self.env.as_ref().map_or(&nowhere, |(_, env)| *env);
        let place = PseudoParameters {
            account_id: env.account.clone(),
            ..self
                .args
                .aws
                .region(env)?
                .map_or_else(PseudoParameters::default, |region| PseudoParameters::of_region(&region))
        };
        let parameters = given.for_env(env).parameters;
        let deployed =
            pairs.iter().filter_map(|pair| Some((pair.stack.as_str(), &pair.against.as_ref()?.value)));
        let taken = TakenNames::of(deployed);
        // A pair is dropped when it is compared: a template takes thirty times its text.
        let compared = |pair: Pair| {
            let known = known(&pair, &place, &parameters);
            let mut compared = comparison(&pair, &known, listed_at, self.args.allow_empty_base);
            if let Some(of) = &pair.of {
                for located in &mut compared.changes {
                    taken.refuse(&pair.stack, &of.value, &mut located.change);
                }
            }
            compared
        };
        Ok(pairs.into_iter().map(compared).collect())
    }

    /// Returns the place where a source lists its stacks: where one that is gone is missed.
    fn listed_at(&self, source: &Source) -> Option<Place> {
        match source {
            Source::Definitions => self.project.map(Project::listed_at),
            Source::Path(folder) => {
                let of_env = self.env.as_ref().map(|(env, _)| folder.join(env.name()));
                let folders = of_env.into_iter().chain([folder.clone()]);
                let manifest =
                    folders.map(|folder| folder.join(Manifest::FILE)).find(|file| file.is_file())?;
                Some(Place { file: manifest.display().to_string(), line: 1 })
            }
            Source::Revision { .. } | Source::Deployed => None,
        }
    }

    /// Reads a source other than the deployed stacks.
    fn side(&self, source: &Source, is_old: bool) -> Result<Side> {
        let env = self.env.as_ref().map(|(env, _)| env.name());
        let (files, path) = match source {
            Source::Definitions => return self.definitions(),
            Source::Path(path) => (Files::Disk, path.to_string_lossy().into_owned()),
            Source::Revision { revision, path: Some(path) } => {
                (Files::Commit { git: Git::at(Path::new("."), revision)?, revision }, path.clone())
            }
            Source::Revision { revision, path: None } => {
                let (project, ..) = self.place();
                let git = Git::at(&project.stacks, revision)?;
                let folder = git.rooted(&project.config.project.rendered)?;
                (Files::Commit { git, revision }, folder)
            }
            Source::Deployed => unreachable!("deployed templates are read for the stacks of the other side"),
        };
        match (templates(&files, &path, env, is_old)?, source) {
            (Some(side), _) if !matches!(&side, Side::Many(templates) if templates.is_empty()) => Ok(side),
            (found, Source::Revision { revision, path: named }) if is_old => {
                let base = self.without_base(&files, revision, &path, found.is_some());
                base.map_err(|error| match named {
                    Some(_) => error,
                    None => error.hint(format!(
                        "if the templates were in another folder there, name it: `{revision}:FOLDER`"
                    )),
                })
            }
            (Some(_), _) => Err(CommandError::usage(format!("no template in {source}"))),
            (None, _) => Err(CommandError::usage(format!("no file or directory {source}"))),
        }
    }

    /// Returns the old side where a commit has no templates of the environment: what is compared with nothing passes every gate, so this
    /// has to be said, or seen to be right because other environments have some.
    fn without_base(&self, files: &Files<'_>, revision: &str, path: &str, exists: bool) -> Result<Side> {
        if let (Some((env, _)), true) = (&self.env, exists && files.has_environments(path)?) {
            self.common.show_notes(&[format!(
                "there is no folder {path}/{name} at {revision}: all stacks of environment {name} are taken for new",
                name = env.name()
            )]);
        } else if !self.args.allow_empty_base {
            let what = if exists { "are no templates in" } else { "is no file or folder" };
            return Err(CommandError::usage(format!(
                "there {what} {path} at {revision}, so there is nothing to compare with"
            ))
            .hint("`--allow-empty-base` takes every stack for new, for the first time that templates are committed"));
        }
        Ok(Side::Many(BTreeMap::new()))
    }

    fn definitions(&self) -> Result<Side> {
        let (project, env, _) = self.place();
        let wanted = of_definitions(self.common, project, Some(env.name()), &[])?;
        let template =
            |(stack, rendered): (Stack, Rendered)| (stack.id.clone(), Template::rendered(&stack, rendered));
        Ok(Side::Many(wanted.stacks.into_iter().map(template).collect()))
    }

    /// Reads the deployed templates of the stacks of the other side.
    async fn deployed(&self, other: &Side) -> Result<Side> {
        let (project, env, env_config) = self.place();
        let assembly = self.common.sound_assembly(project, env)?;
        let target = self.args.aws.connect(self.common, &project.scratch(), env_config).await?;
        let mut found = BTreeMap::new();
        // A file has no stack ids: the stack is the one that was named.
        let named = if matches!(other, Side::One(_)) { &self.args.stacks[..] } else { &[] };
        for id in other.ids().chain(named.iter().map(String::as_str)) {
            let stack = select(&assembly, &[id.to_owned()])?[0];
            let name = stack.name.as_deref().unwrap_or_default();
            if let Some(deployed) = deployed_template(&target.target.cloudformation, name).await? {
                found.insert(id.to_owned(), Template::deployed(deployed));
            }
        }
        Ok(Side::Many(found))
    }

    fn place(&self) -> (&Project, &Env, &EnvConfig) {
        let project = self.project.expect("sources that need a project were checked");
        let (env, env_config) = self.env.as_ref().expect("a project has an environment");
        (project, env, env_config)
    }
}

/// Plans rendered templates against what is deployed, and what changes beside the templates.
async fn plans(
    common: &Common,
    args: &ComparisonArgs,
    mut wanted: RenderedStacks,
) -> Result<Vec<Comparison>> {
    let mut target = args.aws.connect(common, &wanted.scratch, &wanted.env).await?;
    target.know_account().await;
    let given = args.parameters.read()?;
    given.apply(&mut wanted.stacks)?;
    if args.stacks.is_empty() {
        wanted.check_parameters()?;
    }
    if args.stacks.is_empty() {
        let stacks = wanted.defined.not_defined(&target.target).await.unwrap_or_default();
        for StackSummary { name, status } in stacks {
            common.show_notes(&[not_defined(&target, &name, &status)]);
        }
    }
    let (mut comparisons, options) = (Vec::new(), given.for_env(&wanted.env));
    for (stack, rendered) in &wanted.stacks {
        let plan_options =
            PlanOptions { language: Language::Rust, report_only: true, ..PlanOptions::default() };
        let job = plan_stack(&target.target, stack, rendered.clone(), &options, &plan_options).await?;
        let tables = read_changed_tables(&job).await;
        common.show_notes(&job_notes(&job));
        common.show_notes(&notes(&tables));
        let tables = tables.iter().map(reading_object).collect();
        let deployed = job.deployed.as_ref().map_or("", |deployed| &deployed.text);
        let text_diff = text_diff(("deployed", deployed), ("definitions", &job.rendered.text));
        comparisons.push(Comparison { text_diff, tables, ..plan::comparison(&job) });
    }
    Ok(comparisons)
}

/// Stands for a value that a parameter has and that is not known: the planner takes it for what it was.
const UNKNOWN_VALUE: &str = "****";

/// Returns what is known of the stack of two templates besides them.
///
/// The values that were given hold for both sides. Where none was given, and none is deployed, other values than the defaults may be in
/// use, so the parameters are not known.
fn known(
    Pair { against, of, .. }: &Pair,
    place: &PseudoParameters,
    given: &BTreeMap<String, String>,
) -> PlanOptions {
    let sides = || against.iter().chain(of);
    let deployed = sides().find_map(Template::deployed_stack);
    let name = sides().find_map(|template| template.definition()?.name.clone());
    let of_place = || PseudoParameters { stack_name: name, ..place.clone() };
    let pseudo_parameters =
        deployed.and_then(|stack| PseudoParameters::of_stack(&stack.id)).unwrap_or_else(of_place);
    let nested = nested_stacks(against.as_ref(), of.as_ref(), &pseudo_parameters);
    let mut values = deployed.map(|stack| stack.parameters.clone()).unwrap_or_default();
    values.extend(given.clone());
    let is_known = deployed.is_some() || !given.is_empty();
    if deployed.is_none() {
        // What was passed for the others before, which they keep, no file shows; only a new parameter has its default.
        let declared = against.iter().flat_map(|template| declared_parameters(&template.value));
        for name in declared {
            values.entry(name.to_owned()).or_insert_with(|| UNKNOWN_VALUE.to_owned());
        }
    }
    let of_deployed = against.as_ref().and_then(Template::deployed_stack);
    let is_defined = of.as_ref().is_some_and(|template| template.definition().is_some());
    PlanOptions {
        language: if is_defined { Language::Rust } else { Language::Template },
        report_only: true,
        deployed_parameters: match of_deployed {
            Some(stack) => Some(stack.parameters.clone()),
            None => is_known.then(|| values.clone()),
        },
        wanted_parameters: is_known.then_some(values),
        pseudo_parameters,
        nested,
        ..PlanOptions::default()
    }
}

/// Compares two templates of a stack.
fn comparison(
    Pair { stack, against, of }: &Pair,
    known: &PlanOptions,
    listed_at: Option<&Place>,
    is_new_accepted: bool,
) -> Comparison {
    let (before_name, before_text) = against.as_ref().map_or(("nothing", ""), |it| (&it.name, &it.text));
    let Some(of) = of else {
        return Comparison {
            changes: vec![gone(stack)],
            at: listed_at.cloned(),
            template: against.as_ref().and_then(|it| it.file().map(str::to_owned)),
            ..Comparison::of(stack, [before_name, "nothing"], &Plan::default(), |_| None)
        };
    };
    let plan = tablewright_plan::plan(against.as_ref().map(|it| &it.value), &of.value, known);
    let locate = |change: &Change| of.place(change);
    let mut compared = Comparison::of(stack, [before_name, &of.name], &plan, locate);
    compared.name_items(|change| match change.action {
        Action::Remove => against.as_ref()?.entry(change),
        Action::Add | Action::Modify | Action::Move { .. } => of.entry(change),
    });
    let broken = against.as_ref().and_then(|old| not_deployable(old, is_new_accepted));
    let broken = broken.map(|change| {
        let at = locate(&change);
        Located::new(change, at)
    });
    let settings = against.as_ref().and_then(|old| old.settings.as_ref()).zip(of.settings.as_ref());
    let settings =
        settings.map(|(before, after)| tablewright_plan::settings(before, after)).unwrap_or_default();
    let settings = settings.into_iter().map(|change| {
        let at = of.definition().map(|stack| stack.at.clone());
        Located::new(change, at)
    });
    Comparison {
        changes: broken.into_iter().chain(compared.changes).chain(settings).collect(),
        stack_name: of.definition().and_then(|stack| stack.name.clone()),
        at: of.definition().or(against.as_ref().and_then(Template::definition)).map(|stack| stack.at.clone()),
        // A deployed template is in no file of the repository.
        template: of.file().or(against.as_ref().and_then(Template::file)).map(str::to_owned),
        text_diff: text_diff((before_name, before_text), (&of.name, &of.text)),
        ..compared
    }
}

/// Returns the change that says what of an old template cannot have been deployed: what was there instead is not known.
///
/// `is_new_accepted` says that what it does not show may be taken for new, with `--allow-empty-base`.
fn not_deployable(old: &Template, is_new_accepted: bool) -> Option<Change> {
    if old.broken.is_empty() {
        return None;
    }
    let (verdict, hint) = if is_new_accepted {
        (Verdict::InPlaceWithRisk, "compare it with `--against deployed` as well")
    } else {
        (
            Verdict::Refused,
            "compare it with `--against deployed`, or let `--allow-empty-base` take it for new",
        )
    };
    Some(Change {
        section: "Template".into(),
        logical_id: String::new(),
        resource_type: None,
        action: Action::Modify,
        path: String::new(),
        before: None,
        after: None,
        verdict,
        why: format!(
            "{} cannot be read ({}), so what is repaired is shown as new, and what was removed is not shown; {hint}",
            old.name,
            old.broken.join("; ")
        ),
        server_text: None,
        recipe: None,
    })
}

/// Returns the change for a stack that one side no longer has. A deployment does not delete it.
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
        why: "the stack is no longer defined; it remains deployed until `tablewright destroy` deletes it"
            .into(),
        server_text: None,
        recipe: None,
    };
    Located::new(change, None)
}

/// Returns the note about a pair of templates of which one has the line ends of Windows.
fn line_ends(pair: &Pair) -> Option<String> {
    let (against, of) = (pair.against.as_ref()?, pair.of.as_ref()?);
    let (old, new) = (against.text.contains("\r\n"), of.text.contains("\r\n"));
    let name = if old { &against.name } else { &of.name };
    (old != new).then(|| crlf(name))
}

/// Returns the unified diff of two texts; `None` if they are equal but for their line ends.
fn text_diff((before_name, before): (&str, &str), (after_name, after): (&str, &str)) -> Option<String> {
    let [before, after] = [before, after].map(|text| text.replace("\r\n", "\n"));
    let diff = TextDiff::from_lines(&before, &after);
    let unified = diff.unified_diff().header(before_name, after_name).to_string();
    Some(unified).filter(|unified| !unified.is_empty())
}
