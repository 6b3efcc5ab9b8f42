use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::anyhow;
use similar::TextDiff;
use tablewright::render::Templates;
use tablewright_sam::{Change, ChangeKind, Options, companion, embed as embed_regions, regions, remove};

use crate::args::{Common, select};
use crate::commands::sam::file::TemplateFile;
use crate::commands::sam::{Consume, cannot_embed, no_regions};
use crate::error::{CommandError, Result};
use crate::exit::Exit;
use crate::report::print;

/// Embed tables in a SAM template, or update embedded tables
///
/// Changes only the lines between its markers; every other byte of the template is preserved.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The template of the SAM project
    #[arg(value_name = "TEMPLATE")]
    template: PathBuf,
    /// Stacks whose tables to embed (default: all)
    #[arg(value_name = "STACK")]
    stacks: Vec<String>,
    /// How the template integrates the tables
    #[arg(long, value_name = "WAY", default_value = "embedded")]
    consume: Consume,
    /// Write nothing; exit with code 8 if the template is not up to date
    #[arg(long, conflicts_with_all = ["diff", "remove"])]
    check: bool,
    /// Write nothing; print the changes as a unified diff
    #[arg(long)]
    diff: bool,
    /// Remove the tables, restoring the template byte for byte
    #[arg(long)]
    remove: bool,
    /// Overwrite edits made by hand between the markers
    #[arg(long)]
    force: bool,
}

pub(super) fn embed(common: &Common, args: &Args) -> Result<Exit> {
    let file = TemplateFile::read(&args.template)?;
    let options = Options { force: args.force };
    let (mut text, mut changes, mut beside) = (file.bytes.clone(), Vec::new(), Vec::new());
    let project = common.project()?;
    let (env, _) = common.env(&project)?;
    let assembly = common.sound_assembly(&project, &env)?;
    let templates = Templates::with_folder(&project.stacks.join("templates"))?;
    for stack in select(&assembly, &args.stacks)? {
        let edit = if args.remove {
            remove(&text, &stack.id, options)
        } else {
            let way = args.consume.into();
            beside.extend(companion(stack, env.name(), &templates, way).map_err(no_regions)?);
            embed_regions(&text, &regions(stack, env.name(), &templates, way).map_err(no_regions)?, options)
        };
        let edit = edit.map_err(|error| cannot_embed(&file.shown(), error))?;
        changes.extend(edit.changes.into_iter().map(|change| (stack.id.clone(), change)));
        text = edit.text.into_bytes();
    }
    let text = String::from_utf8(text).expect("an edited template is UTF-8");
    changes.retain(|(_, change)| change.kind != ChangeKind::Unchanged);
    // Files that the template refers to are written to its directory.
    let beside: Vec<_> =
        beside.into_iter().map(|(name, text)| (file.path.with_file_name(name), text)).collect();
    let stale = beside.iter().filter(|(path, text)| fs::read_to_string(path).ok().as_deref() != Some(text));
    if args.diff {
        let before = String::from_utf8_lossy(&file.bytes);
        let diff = TextDiff::from_lines(&*before, &text);
        print(&diff.unified_diff().header(&file.shown(), &file.shown()).to_string())?;
        return Ok(Exit::Done);
    }
    if args.check {
        let stale: Vec<_> = stale.map(|(path, _)| path.display().to_string()).collect();
        if changes.is_empty() && stale.is_empty() {
            return Ok(Exit::Done);
        }
        say(common, &file, &changes, "is not up to date:");
        return Err(CommandError::new(
            Exit::Pending,
            anyhow!("{} is not up to date", [vec![file.shown()], stale].concat().join(", ")),
        )
        .hint("run the same command without `--check`, look at the difference, and commit it"));
    }
    for (path, text) in stale {
        fs::write(path, text).map_err(|error| {
            CommandError::new(Exit::Internal, error).context(format!("cannot write {}", path.display()))
        })?;
    }
    if !changes.is_empty() {
        file.replace(&text)?;
        say(common, &file, &changes, "");
    }
    Ok(Exit::Done)
}

fn say(common: &Common, file: &TemplateFile, changes: &[(String, Change)], what: &str) {
    if common.quiet {
        return;
    }
    if !what.is_empty() {
        let _ = writeln!(anstream::stderr(), "{} {what}", file.shown());
    }
    for (stack, change) in changes {
        let done = match change.kind {
            ChangeKind::Added => "added",
            ChangeKind::Updated => "updated",
            ChangeKind::Removed => "removed",
            ChangeKind::Unchanged => continue,
        };
        let _ = writeln!(
            anstream::stderr(),
            "{}:{}: {} of {stack} {done}",
            file.shown(),
            change.line,
            change.path
        );
    }
}
