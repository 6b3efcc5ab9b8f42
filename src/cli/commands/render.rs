use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use similar::TextDiff;
use tablewright::render::{Form, Manifest, ManifestStack, RenderedText, Templates, render_text};
use tablewright::{Env, Stack};

use crate::args::{Common, into_selected};
use crate::error::{CommandError, Result};
use crate::exit::Exit;
use crate::project::Project;
use crate::report::{print, printable_lines};
use crate::source::{crlf, notes};

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
    /// With short-form functions and comments
    Yaml,
    /// For programs
    Json,
    /// JSON without white space, the shortest format
    JsonCompact,
    /// Only the resources, with long-form functions, for the `AWS::Include` transform
    Include,
    /// An `AWS::CloudFormation::Stack` to paste into a parent template
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
        let stacks = rendered(common, &project, &env, args, &templates)?;
        return to_stdout(stacks, args.format.into(), env.name());
    };
    let all_envs = project.config.all_envs();
    let envs = match &common.env {
        Some(_) => vec![common.env(&project)?.0],
        None => all_envs.clone(),
    };
    let mut files = Files::default();
    for env in envs {
        let folder = out.join(env.name());
        let mut manifest = Vec::new();
        for stack in rendered(common, &project, &env, args, &templates)? {
            let (stack, rendered) = stack?;
            let entry = ManifestStack::of_text(&env, &stack, &rendered);
            files.expect(folder.join(&entry.file), rendered.text);
            manifest.push(entry);
        }
        // The obsolete files are known only if all stacks are rendered.
        if args.stacks.is_empty() {
            for path in ours(&folder)? {
                files.expect_none(path);
            }
            files.expect(folder.join(Manifest::FILE), Manifest::of_stacks(&env, manifest).to_json());
        }
    }
    if args.stacks.is_empty() && common.env.is_none() {
        for path in of_envs_that_are_gone(out, &all_envs)? {
            files.expect_none(path);
        }
    }
    if args.check { files.check() } else { files.write(common) }
}

/// Renders the selected stacks one by one, to keep only one tree in memory.
fn rendered<'a>(
    common: &'a Common,
    project: &Project,
    env: &'a Env,
    args: &Args,
    templates: &'a Templates,
) -> Result<impl Iterator<Item = Result<(Stack, RenderedText)>> + use<'a>> {
    let stacks = into_selected(common.sound_assembly(project, env)?, &args.stacks)?;
    Ok(stacks.into_iter().map(|stack| {
        let rendered = render_text(&stack, env.name(), templates)?;
        common.show_notes(&notes(&stack.id, &rendered.additions, &rendered.size));
        Ok((stack, rendered))
    }))
}

fn to_stdout(
    stacks: impl Iterator<Item = Result<(Stack, RenderedText)>>,
    form: Form,
    env: &str,
) -> Result<Exit> {
    // Render all stacks before printing, so that an error leaves stdout empty.
    let texts = stacks.map(|stack| {
        let (stack, rendered) = stack?;
        Ok(rendered.into_form(form, &stack, env))
    });
    for (position, text) in texts.collect::<Result<Vec<_>>>()?.iter().enumerate() {
        // Several stacks are separate YAML documents.
        if position > 0 && !matches!(form, Form::Json | Form::JsonCompact) {
            print("---\n")?;
        }
        print(text)?;
        print(if text.ends_with('\n') { "" } else { "\n" })?;
    }
    Ok(Exit::Done)
}

/// The files of the output directory. The text is kept only for outdated files.
#[derive(Default)]
struct Files {
    by_path: BTreeMap<PathBuf, FileState>,
}

enum FileState {
    Current,
    /// The file is missing or differs from this text.
    Outdated(String),
    /// The file belongs to a stack or an environment that no longer exists.
    Obsolete,
}

impl Files {
    /// Records the expected text of a file.
    fn expect(&mut self, path: PathBuf, text: String) {
        let is_current = fs::read_to_string(&path).is_ok_and(|found| found == text);
        let state = if is_current { FileState::Current } else { FileState::Outdated(text) };
        self.by_path.insert(path, state);
    }

    /// Records that a file must not exist, unless a text is expected for it.
    fn expect_none(&mut self, path: PathBuf) {
        self.by_path.entry(path).or_insert(FileState::Obsolete);
    }

    /// Returns the files in the order of their paths, with the manifest last in each directory. If writing fails in between, the
    /// old manifest does not match the files, and `deploy --from` refuses the directory.
    fn in_order(&self) -> Vec<(&Path, &FileState)> {
        let mut files: Vec<_> = self.by_path.iter().map(|(path, state)| (path.as_path(), state)).collect();
        files.sort_by_key(|(path, _)| (path.parent(), path.ends_with(Manifest::FILE)));
        files
    }

    /// Prints the differences of files from their expected texts.
    fn check(&self) -> Result<Exit> {
        let mut stale = 0;
        for (path, state) in self.in_order() {
            if let Some(what) = difference(path, state)? {
                stale += 1;
                let _ = writeln!(anstream::stderr(), "{what}");
            }
        }
        if stale == 0 {
            return Ok(Exit::Done);
        }
        Err(CommandError::new(
            Exit::Pending,
            anyhow::anyhow!("{stale} of {} files are stale", self.by_path.len()),
        )
        .hint("run the same command without `--check`, look at the difference, and commit it"))
    }

    fn write(&self, common: &Common) -> Result<Exit> {
        for (path, state) in self.in_order() {
            let (done, what) = match state {
                FileState::Current => continue,
                FileState::Outdated(text) => (write_whole(path, text), "Wrote"),
                FileState::Obsolete => (fs::remove_file(path), "Removed"),
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
}

/// Returns the difference of a file from its expected text, or `None` if there is none.
fn difference(path: &Path, state: &FileState) -> Result<Option<String>> {
    let shown = path.display();
    let text = match state {
        FileState::Current => return Ok(None),
        FileState::Obsolete => {
            return Ok(Some(format!("{shown} is the template of a stack that no longer exists.")));
        }
        FileState::Outdated(text) => text,
    };
    match fs::read_to_string(path) {
        Ok(found) => {
            let unix = found.replace("\r\n", "\n");
            if unix == *text {
                return Ok(Some(crlf(&shown.to_string())));
            }
            let diff = TextDiff::from_lines(&unix, text);
            let diff = diff.unified_diff().header("committed", "rendered").to_string();
            Ok(Some(format!("{shown} is stale:\n{}\n", printable_lines(&diff, ""))))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(format!("{shown} is missing."))),
        Err(error) => Err(CommandError::new(Exit::Internal, error).context(format!("cannot read {shown}"))),
    }
}

/// Replaces a file atomically.
pub(super) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, text)
        .and_then(|()| fs::rename(&unfinished, path))
        .inspect_err(|_| drop(fs::remove_file(&unfinished)))
}

/// Lists rendered files of environments that the project no longer has. Directories of other projects are ignored.
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

/// Lists the rendered files of a directory, which are recognized by their header.
fn ours(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = entries(folder)?;
    found.retain(|path| {
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml");
        is_yaml && fs::read_to_string(path).is_ok_and(|text| tablewright::render::is_ours(&text))
    });
    Ok(found)
}

/// Lists the entries of a directory; empty if it does not exist.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable =
        |error| CommandError::new(Exit::Internal, error).context(format!("cannot read {}", folder.display()));
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry.map_err(unreadable)?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(unreadable(error)),
    }
}
