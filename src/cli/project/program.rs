//! Builds the stacks crate, and runs its program to get the [`Assembly`] of an environment.
//!
//! This is the boundary between the user's code and the tool: the program's output goes to stderr, it gets no AWS credentials, and it
//! is stopped after a minute. For the environment of the build, see [`build_env`](crate::project::build_env).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, anyhow};
use serde::Deserialize;
use tablewright::program::{REQUEST, RESPONSE, Request, origin};
use tablewright::{Assembly, Env, FORMAT, Place, ReadError};

use crate::error::{CommandError, OrExit as _, Result};
use crate::exit::Exit;
use crate::project::build_env::build_env;
use crate::project::find::Project;
use crate::project::freshness::LastBuild;
use crate::project::places::Workspace;
use crate::project::scratch;

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Options of the build.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Build {
    /// Run cargo even if the last build is up to date.
    pub(crate) fresh: bool,
    /// Pass `--locked`, as in CI, where `Cargo.lock` must not change.
    pub(crate) locked: bool,
}

/// Builds the program if necessary, and runs it for an environment.
pub(crate) fn assemble(project: &Project, env: &Env, build: Build) -> Result<Assembly> {
    let executable = executable(project, build)?;
    let folder = RunFolder::new()?;
    let (request, response) = (folder.0.join("request.json"), folder.0.join("response.json"));
    let json = serde_json::to_vec(&Request { format: FORMAT, env: env.clone() }).or_exit(Exit::Internal)?;
    fs::write(&request, json)
        .with_context(|| format!("cannot write {}", request.display()))
        .or_exit(Exit::Internal)?;
    run(&executable, project, &request, &response)?;
    if let Some(origin) = Origin::read(&response) {
        origin.is_ours(&project.stacks)?;
        if let Some(workspace) = origin.listed_at.and_then(|at| Workspace::of(&origin.folder, at)) {
            // The program has run before, for another environment.
            let _ = project.workspace.set(workspace);
        }
    }
    read_response(&response, &executable)
}

fn executable(project: &Project, build: Build) -> Result<PathBuf> {
    let scratch = project.scratch();
    if !build.fresh
        && let Some(last) = LastBuild::still_good(&scratch)
    {
        return Ok(last.program);
    }
    let began = SystemTime::now();
    let executable = cargo_build(project, build)?;
    // If the record cannot be written, the next run only takes 50 ms longer.
    let kept = scratch::make(&scratch)
        .and_then(|()| LastBuild::keep(&scratch, &project.stacks, &executable, began))
        .map(|last| last.program);
    Ok(kept.unwrap_or(executable))
}

/// Runs `cargo build`. Messages of the compiler are passed through.
fn cargo_build(project: &Project, build: Build) -> Result<PathBuf> {
    let (stacks, named_env) = (&project.stacks, &project.config.build.env);
    let manifest = stacks.join("Cargo.toml");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--quiet", "--bins", "--message-format=json-render-diagnostics", "--manifest-path"])
        .arg(&manifest)
        .env_clear()
        .envs(build_env(named_env))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    if build.locked {
        cargo.arg("--locked");
    }
    let output = cargo.output().map_err(|error| {
        CommandError::new(Exit::Usage, error)
            .context("cannot run cargo to build the stacks crate")
            .hint("install Rust (https://rustup.rs)")
    })?;
    if !output.status.success() {
        return Err(CommandError::usage(format!("cannot build the stacks crate {}", stacks.display()))
            .hint("see the messages of cargo above"));
    }
    the_executable(&output.stdout, &manifest)
}

/// Finds the program of the stacks crate in cargo's messages.
fn the_executable(messages: &[u8], manifest: &Path) -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        reason: String,
        executable: Option<PathBuf>,
        manifest_path: Option<PathBuf>,
    }
    let is_ours = |path: &Path| match (path.canonicalize(), manifest.canonicalize()) {
        (Ok(path), Ok(manifest)) => path == manifest,
        _ => false,
    };
    let mut programs: Vec<PathBuf> = messages
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Message>(line).ok())
        .filter(|message| {
            message.reason == "compiler-artifact" && message.manifest_path.as_deref().is_some_and(is_ours)
        })
        .filter_map(|message| message.executable)
        .collect();
    match (programs.pop(), programs.pop()) {
        (Some(program), None) => Ok(program),
        (None, _) => Err(CommandError::usage(format!("{} has no binary target", manifest.display()))
            .hint("add a main.rs with `tablewright::stacks!(…);`")),
        (Some(_), Some(_)) => {
            Err(CommandError::usage(format!("{} has several binary targets", manifest.display()))
                .hint("move the stacks to a separate crate with one binary target"))
        }
    }
}

fn run(executable: &Path, project: &Project, request: &Path, response: &Path) -> Result<()> {
    let mut command = Command::new(executable);
    command
        .env(REQUEST, request)
        .env(RESPONSE, response)
        .current_dir(project.root())
        .stdin(Stdio::null())
        // stdout is reserved for templates, so the output of the user's program goes to stderr.
        .stdout(Stdio::from(std::io::stderr()));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    let child = command
        .spawn()
        .with_context(|| format!("cannot run {}", executable.display()))
        .or_exit(Exit::Internal)?;
    match wait(child, TIME_LIMIT).or_exit(Exit::Internal)? {
        Some(status) if status.success() => Ok(()),
        Some(status) => {
            Err(CommandError::usage(format!("the stacks program failed ({status})"))
                .hint("see its output above"))
        }
        None => Err(CommandError::usage(format!(
            "the stacks program ran for {} seconds and was stopped",
            TIME_LIMIT.as_secs()
        ))
        .hint("stack functions must not use the network or wait for input")),
    }
}

/// Waits for the program. Returns `None` if it was killed after the time limit.
fn wait(mut child: Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let began = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if began.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        // A typical program takes three milliseconds.
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// What a program says of itself, beside the response.
struct Origin {
    /// The directory of the crate that it was built from.
    folder: PathBuf,
    /// The place of `stacks!`, as the compiler names it. Programs with version 0.1.0 of the library do not say it.
    listed_at: Option<Place>,
}

impl Origin {
    fn read(response: &Path) -> Option<Self> {
        let text = fs::read_to_string(origin(response)).ok()?;
        let with_place = text.rsplit_once('\n').and_then(|(folder, at)| Some((folder, at.parse().ok()?)));
        Some(match with_place {
            Some((folder, at)) => Self { folder: folder.into(), listed_at: Some(at) },
            None => Self { folder: text.into(), listed_at: None },
        })
    }

    /// Returns an error if the program is that of another project: cargo can confuse crates with the same name in a shared target
    /// directory.
    fn is_ours(&self, stacks: &Path) -> Result<()> {
        let same = match (self.folder.canonicalize(), stacks.canonicalize()) {
            (Ok(theirs), Ok(ours)) => theirs == ours,
            // The directory that the program was built from no longer exists: the project was moved.
            _ => true,
        };
        if same {
            return Ok(());
        }
        let folder = self.folder.display();
        Err(CommandError::usage(format!("cargo returned the program of another project, {folder}")).hint(
            "both crates have the same name and target directory: change the `name` in the Cargo.toml of this one",
        ))
    }
}

fn read_response(response: &Path, executable: &Path) -> Result<Assembly> {
    let json = fs::read(response).map_err(|_| {
        CommandError::usage(format!("the stacks program wrote no manifest ({})", executable.display()))
            .hint("its main.rs must be `tablewright::stacks!(…);`")
    })?;
    Assembly::read(&json).map_err(|error| {
        let ours = env!("CARGO_PKG_VERSION");
        match &error {
            ReadError::Malformed(_) => CommandError::new(Exit::Usage, error)
                .context("the stacks program wrote an invalid manifest")
                .hint(
                    "its main.rs must be `tablewright::stacks!(…);`, and nothing else may write the manifest",
                ),
            ReadError::Format { .. } | ReadError::Requires { .. } => CommandError::new(Exit::Usage, error)
                .context(format!("this is tablewright {ours}, but the stacks crate uses another version"))
                .hint("use the same version of the library and the tool"),
        }
    })
}

/// A temporary directory for request and response.
struct RunFolder(PathBuf);

impl RunFolder {
    fn new() -> Result<Self> {
        let parent = std::env::temp_dir();
        // A killed process with the same id may have left a directory.
        for attempt in 0..1000 {
            let folder = parent.join(format!("tablewright-{}-{attempt}", std::process::id()));
            match fs::create_dir(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("cannot make {}", folder.display()))
                        .or_exit(Exit::Internal);
                }
            }
        }
        Err(anyhow!("cannot create a directory in {}", parent.display())).or_exit(Exit::Internal)
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
