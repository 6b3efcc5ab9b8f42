//! The stacks to deploy: rendered from the definitions, or read from rendered templates.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tablewright::render::{Manifest, ManifestStack, Rendered, Templates, render};
use tablewright::{Assembly, Env, Place, RawResource, Stack};
use tablewright_cloudformation::stack::StackSummary;
use tablewright_deploy::{StackNames, Target, declared_parameters, undefined_stacks};
use tablewright_template::{Entry, Kind, Node, parse};

use crate::args::{Common, into_selected};
use crate::error::{CommandError, OrExit as _, Result};
use crate::exit::Exit;
use crate::project::{EnvConfig, Project, nearest};
use crate::source::template::within_quotas;

/// Rendered stacks, and their environment.
pub(crate) struct RenderedStacks {
    pub(crate) env_name: String,
    pub(crate) env: EnvConfig,
    /// The scratch directory: see [`scratch`](crate::project::Project::scratch).
    pub(crate) scratch: PathBuf,
    pub(crate) stacks: Vec<(Stack, Rendered)>,
    pub(crate) defined: DefinedStacks,
}

impl RenderedStacks {
    /// Checks that some template declares each parameter of the environment. To be called only with all stacks of it.
    pub(crate) fn check_parameters(&self) -> Result<()> {
        let declared = self.stacks.iter().flat_map(|(_, rendered)| declared_parameters(&rendered.template));
        self.env.check_declared(&self.env_name, declared.map(str::to_owned).collect())
    }
}

/// All stacks of an environment, selected or not, by their names in CloudFormation.
pub(crate) struct DefinedStacks {
    names: Vec<String>,
    /// The names that stacks of the environment have; `None` where they follow no pattern.
    pattern: Option<StackNames>,
    /// The names that stacks of the other environments have.
    others: Vec<StackNames>,
}

impl DefinedStacks {
    pub(crate) fn of_definitions(project: &Project, env: &Env, assembly: &Assembly) -> Self {
        let pattern = |env: &Env| StackNames::of_pattern(|stack| env.stack_name(stack));
        let envs = project.config.envs.keys().filter(|name| *name != env.name());
        let envs = envs.filter_map(|name| Some(project.config.env(Some(name)).ok()?.0));
        Self {
            names: assembly.stacks.iter().filter_map(|stack| stack.name.clone()).collect(),
            pattern: pattern(env),
            others: envs.filter_map(|env| pattern(&env)).collect(),
        }
    }

    fn of_manifest(manifest: &Manifest) -> Self {
        let names = || manifest.stacks.iter().map(|stack| (stack.id.as_str(), stack.name.as_str()));
        Self {
            names: names().map(|(_, name)| name.to_owned()).collect(),
            pattern: StackNames::of_stacks(&manifest.environment.project, names()),
            others: Vec::new(),
        }
    }

    /// Finds the stacks that are deployed under a name of the environment and are not defined.
    pub(crate) async fn not_defined(&self, target: &Target) -> Result<Vec<StackSummary>> {
        let Some(pattern) = &self.pattern else { return Ok(Vec::new()) };
        Ok(undefined_stacks(target, pattern, &self.others, &self.names).await?)
    }
}

/// Renders the selected stacks from the definitions, for `env` or the environment of the command line.
pub(crate) fn of_definitions(
    common: &Common,
    project: &Project,
    env: Option<&str>,
    names: &[String],
) -> Result<RenderedStacks> {
    let (env, env_config) = project.config.env(env.or(common.env.as_deref()))?;
    let assembly = common.sound_assembly(project, &env)?;
    of_assembly(project, &env, env_config, assembly, names)
}

/// Renders the selected stacks of an assembly.
pub(crate) fn of_assembly(
    project: &Project,
    env: &Env,
    env_config: &EnvConfig,
    assembly: Assembly,
    names: &[String],
) -> Result<RenderedStacks> {
    let defined = DefinedStacks::of_definitions(project, env, &assembly);
    let stacks = into_selected(assembly, names)?;
    let templates = Templates::with_folder(&project.stacks.join("templates"))?;
    let stacks = stacks.into_iter().map(|stack| {
        let rendered = render(&stack, env.name(), &templates)?;
        let mut stack = stack;
        project.show_stack_here(&mut stack);
        // A template of the user's can have more than the definition.
        within_quotas(&format!("the template of stack `{}`", stack.id), &rendered.template)?;
        Ok((stack, rendered))
    });
    Ok(RenderedStacks {
        env_name: env.name().to_owned(),
        env: env_config.clone(),
        scratch: project.scratch(),
        stacks: stacks.collect::<Result<_>>()?,
        defined,
    })
}

/// Reads the selected stacks from a directory written by `render --out`, and verifies that they match its manifest.
pub(crate) fn rendered_before(
    common: &Common,
    folder: &Path,
    env: Option<&str>,
    names: &[String],
) -> Result<RenderedStacks> {
    let env = env.or(common.env.as_deref());
    let folder = folder_of(folder, env)?;
    let file = folder.join(Manifest::FILE);
    let manifest = Manifest::read(&read(&file)?).map_err(|error| {
        let hint = error.hint();
        CommandError::new(Exit::Usage, error).context(format!("{}", file.display())).hint(hint)
    })?;
    if let Some(env) = env.filter(|env| *env != manifest.environment.name) {
        let of = &manifest.environment.name;
        let error = CommandError::usage(format!(
            "{} has the templates of environment `{of}`, not of `{env}`",
            folder.display()
        ));
        return Err(error.hint("name the folder of that environment, or the one above them"));
    }
    if let Some(name) = names.iter().find(|name| manifest.stacks.iter().all(|stack| stack.id != **name)) {
        let ids: Vec<&str> = manifest.stacks.iter().map(|stack| stack.id.as_str()).collect();
        let mut error = CommandError::usage(format!("{} has no stack `{name}`", file.display()));
        if let Some(near) = nearest(name, &ids) {
            error = error.hint(format!("did you mean `{near}`?"));
        }
        return Err(error.hint(format!("the stacks are: {}", ids.join(", "))));
    }
    let stacks = manifest.stacks.iter().filter(|stack| names.is_empty() || names.contains(&stack.id));
    let stacks = stacks.map(|stack| template(&manifest, stack, &folder)).collect::<Result<_>>()?;
    Ok(RenderedStacks {
        defined: DefinedStacks::of_manifest(&manifest),
        env_name: manifest.environment.name.clone(),
        env: EnvConfig::of_manifest(manifest.environment),
        scratch: common.project().map_or_else(|_| PathBuf::from(".tablewright"), |project| project.scratch()),
        stacks,
    })
}

/// Returns whether `render --out` has written a folder: it has a manifest, or the folders of environments that have one.
pub(crate) fn is_rendered(folder: &Path) -> bool {
    folder.join(Manifest::FILE).is_file() || !environments(folder).is_empty()
}

/// Returns the names of the environments that a folder of `render --out` has folders for.
pub(crate) fn environments(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let with_manifest = entries.filter(|entry| entry.path().join(Manifest::FILE).is_file());
    let mut names: Vec<String> =
        with_manifest.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Returns the folder of an environment: the one that is given, or the one of that name in it.
fn folder_of(folder: &Path, env: Option<&str>) -> Result<PathBuf> {
    if folder.join(Manifest::FILE).is_file() {
        return Ok(folder.to_owned());
    }
    let has_manifest = |folder: &PathBuf| folder.join(Manifest::FILE).is_file();
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    let folders = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
    let mut folders = folders.map_err(|error| unreadable(folder, error))?;
    folders.retain(has_manifest);
    folders.sort();
    let names: Vec<String> = folders
        .iter()
        .filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()))
        .collect();
    let nothing = || {
        CommandError::usage(format!("{} has no {}", folder.display(), Manifest::FILE))
            .hint("`tablewright render --out DIR` without STACK writes it")
    };
    match env {
        _ if folders.is_empty() => Err(nothing()),
        Some(env) => folders.into_iter().zip(&names).find(|(_, name)| *name == env).map_or_else(
            || {
                Err(CommandError::usage(format!("{} has no environment `{env}`", folder.display()))
                    .hint(format!("it has: {}", names.join(", "))))
            },
            |(folder, _)| Ok(folder),
        ),
        None => Err(CommandError::usage("no environment selected")
            .hint(format!("pass `--env NAME` with one of: {}", names.join(", ")))),
    }
}

/// Reads a template and verifies that it matches the manifest.
fn template(manifest: &Manifest, entry: &ManifestStack, folder: &Path) -> Result<(Stack, Rendered)> {
    let path = folder.join(&entry.file);
    let bytes = read(&path)?;
    manifest.verify(&entry.file, &bytes).map_err(|error| {
        let hint = error.hint();
        CommandError::new(Exit::Stale, error)
            .context(format!("{} does not match the manifest", path.display()))
            .hint(hint)
    })?;
    let text = String::from_utf8(bytes).or_exit(Exit::Usage)?;
    let tree = parse(&text)
        .map_err(|error| CommandError::new(Exit::Usage, error).context(format!("{}", path.display())))?;
    let rendered = Rendered { template: tree.to_value(), text, additions: Vec::new() };
    within_quotas(&path.display().to_string(), &rendered.template)?;
    Ok((stack(entry, &path, &tree), rendered))
}

/// Creates a stack from a template, with the line of each resource in the file as its source location.
fn stack(entry: &ManifestStack, path: &Path, tree: &Node) -> Stack {
    let at = |line: usize| Place {
        file: path.display().to_string(),
        line: u32::try_from(line).unwrap_or(u32::MAX),
    };
    let mut stack = Stack { at: at(1), ..Stack::new(entry.id.as_str()) }.name(entry.name.as_str());
    stack.tags.clone_from(&entry.tags);
    stack.termination_protection = entry.termination_protection;
    stack.policy.clone_from(&entry.policy);
    if let Some(Node { kind: Kind::Mapping(resources), .. }) = tree.get("Resources") {
        let resource = |Entry { key, key_position, .. }: &Entry| RawResource {
            id: key.clone(),
            body: Value::Null,
            at: at(key_position.line),
        };
        stack.resources = resources.iter().map(resource).collect();
    }
    stack
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: io::Error) -> CommandError {
    CommandError::new(Exit::Usage, error).context(format!("cannot read {}", path.display()))
}
