use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use similar::TextDiff;
use tablewright::render::{Form, Manifest, Rendered, Templates, render as render_stack};
use tablewright::{Env, Stack};

use crate::args::{Common, select};
use crate::error::{CommandError, Result};
use crate::exit::Exit;
use crate::project::Project;
use crate::report::print;
use crate::source::notes;

/// Write the CloudFormation templates to stdout or to a directory
///
/// With `--out DIR`, each environment (or only that of `--env`) has a directory in DIR, and each stack a file in it.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Stacks to render (default: all)
    #[arg(value_name = "STACK")]
    stacks: Vec<String>,
    /// Directory for the templates, to be committed and reviewed
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write nothing; exit with code 8 if a template in `--out DIR` is stale
    #[arg(long, requires = "out")]
    check: bool,
    /// Format of the templates on stdout
    #[arg(long, value_name = "FORMAT", default_value = "yaml", conflicts_with = "out")]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// For people: short-form functions, comments
    Yaml,
    /// For programs
    Json,
    /// JSON without white space: what fits best into a request
    JsonCompact,
    /// The resources alone, functions in their long form, for the `AWS::Include` transform
    Include,
    /// The `AWS::CloudFormation::Stack` that a parent template pastes in
    Nested,
}

impl From<Format> for Form {
    fn from(format: Format) -> Self {
        match format {
            Format::Yaml => Self::Yaml,
            Format::Json => Self::Json,
            Format::JsonCompact => Self::JsonCompact,
            Format::Include => Self::Include,
            Format::Nested => Self::Nested,
        }
    }
}

pub(super) fn render(common: &Common, args: &Args) -> Result<Exit> {
    let project = common.project()?;
    let templates = Templates::with_folder(&project.stacks.join("templates"))?;
    let Some(out) = &args.out else {
        let (env, _) = common.env(&project)?;
        let rendered = rendered(common, &project, &env, args, &templates)?;
        return to_stdout(&rendered, args.format.into(), env.name());
    };
    let all_envs = project.config.all_envs();
    let envs = match &common.env {
        Some(_) => vec![common.env(&project)?.0],
        None => all_envs.clone(),
    };
    let mut wanted = BTreeMap::new();
    for env in envs {
        let folder = out.join(env.name());
        let rendered = rendered(common, &project, &env, args, &templates)?;
        // Only when all are rendered it is known what belongs to the folder.
        if args.stacks.is_empty() {
            let manifest = Manifest::new(&env, rendered.iter().map(|(stack, rendered)| (stack, rendered)));
            wanted.insert(folder.join(Manifest::FILE), Some(manifest.to_json()));
            for path in ours(&folder)? {
                wanted.entry(path).or_default();
            }
        }
        for (stack, rendered) in rendered {
            wanted.insert(folder.join(format!("{}.yaml", stack.id)), Some(rendered.text));
        }
    }
    if args.stacks.is_empty() && common.env.is_none() {
        for path in of_envs_that_are_gone(out, &all_envs)? {
            wanted.entry(path).or_default();
        }
    }
    if args.check { check(&wanted) } else { write_all(common, &wanted) }
}

fn rendered(
    common: &Common,
    project: &Project,
    env: &Env,
    args: &Args,
    templates: &Templates,
) -> Result<Vec<(Stack, Rendered)>> {
    let assembly = common.sound_assembly(project, env)?;
    let stacks = select(&assembly, &args.stacks)?;
    let rendered = stacks.into_iter().map(|stack| {
        let rendered = render_stack(stack, env.name(), templates)?;
        common.show_notes(&notes(&stack.id, &rendered));
        Ok((stack.clone(), rendered))
    });
    rendered.collect()
}

fn to_stdout(stacks: &[(Stack, Rendered)], form: Form, env: &str) -> Result<Exit> {
    for (position, (stack, rendered)) in stacks.iter().enumerate() {
        // Several documents in one stream, where there are several.
        if position > 0 && !matches!(form, Form::Json | Form::JsonCompact) {
            print("---\n")?;
        }
        let text = rendered.in_form(form, stack, env);
        print(&text)?;
        print(if text.ends_with('\n') { "" } else { "\n" })?;
    }
    Ok(Exit::Done)
}

/// Compares files with what they should be; `None` is for a file that should not be there.
fn check(wanted: &BTreeMap<PathBuf, Option<String>>) -> Result<Exit> {
    let mut stale = 0;
    for (path, text) in wanted {
        let found = match fs::read_to_string(path) {
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(CommandError::new(Exit::Internal, error)
                    .context(format!("cannot read {}", path.display())));
            }
        };
        if found == *text {
            continue;
        }
        stale += 1;
        let shown = path.display();
        let what = match (found, text) {
            (None, _) => format!("{shown} is missing."),
            (Some(_), None) => format!("{shown} belongs to a stack that no longer exists."),
            (Some(found), Some(text)) => {
                let diff = TextDiff::from_lines(&found, text);
                let diff = diff.unified_diff().header("committed", "rendered").to_string();
                format!("{shown} is stale:\n{diff}")
            }
        };
        let _ = writeln!(anstream::stderr(), "{what}");
    }
    if stale == 0 {
        return Ok(Exit::Done);
    }
    Err(CommandError::new(Exit::Pending, anyhow::anyhow!("{stale} of {} files are stale", wanted.len()))
        .hint("run the same command without `--check`, look at the difference, and commit it"))
}

fn write_all(common: &Common, wanted: &BTreeMap<PathBuf, Option<String>>) -> Result<Exit> {
    for (path, text) in wanted {
        let (done, what) = match text {
            None => (fs::remove_file(path), "Removed"),
            Some(text) if fs::read_to_string(path).is_ok_and(|found| found == *text) => continue,
            Some(text) => (write_whole(path, text), "Wrote"),
        };
        done.map_err(|error| {
            CommandError::new(Exit::Internal, error)
                .context(format!("cannot write {}", path.display()))
                .hint("check that the directory exists and is writable")
        })?;
        if !common.quiet {
            let _ = writeln!(anstream::stderr(), "{what} {}", path.display());
        }
    }
    Ok(Exit::Done)
}

/// Writes a file whole or not at all.
pub(super) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, text)
        .and_then(|()| fs::rename(&unfinished, path))
        .inspect_err(|_| drop(fs::remove_file(&unfinished)))
}

/// Lists what this tool made for environments that the project no longer has. Another project's folder is left alone.
fn of_envs_that_are_gone(out: &Path, envs: &[Env]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in entries(out)? {
        let file = folder.join(Manifest::FILE);
        let Some(manifest) = fs::read(&file).ok().and_then(|json| Manifest::read(&json).ok()) else {
            continue;
        };
        let is_gone = envs.iter().all(|env| {
            env.project() == manifest.environment.project && env.name() != manifest.environment.name
        });
        if is_gone {
            files.extend(ours(&folder)?);
            files.push(file);
        }
    }
    Ok(files)
}

/// Lists the files of a folder that this tool made, by their header.
fn ours(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = entries(folder)?;
    found.retain(|path| {
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml");
        is_yaml && fs::read_to_string(path).is_ok_and(|text| tablewright::render::is_ours(&text))
    });
    Ok(found)
}

/// Lists what is in a folder; of one that does not exist, nothing.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable =
        |error| CommandError::new(Exit::Internal, error).context(format!("cannot read {}", folder.display()));
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry.map_err(unreadable)?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(unreadable(error)),
    }
}
