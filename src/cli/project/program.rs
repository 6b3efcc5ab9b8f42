//! Builds the stacks crate and runs its program: the boundary between the user's code and the tool.
//!
//! In: a project and an environment. Out: the [`Assembly`]. The program's own output goes to stderr; it gets no AWS credentials
//! and is given a minute. The build gets an environment of its own, see [`build_env`](crate::project::build_env).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, anyhow};
use serde::Deserialize;
use tablewright::program::{REQUEST, RESPONSE, Request, origin};
use tablewright::{Assembly, Env, FORMAT, ReadError};

use crate::error::{CommandError, OrExit as _, Result};
use crate::exit::Exit;
use crate::project::build_env::build_env;
use crate::project::find::Project;
use crate::project::freshness::LastBuild;
use crate::project::scratch;

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// How to build.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Build {
    /// Ask cargo, even where the last build looks good.
    pub(crate) fresh: bool,
    /// `--locked`, as in CI: `Cargo.lock` is not to change.
    pub(crate) locked: bool,
}

/// Builds the program where needed and has it make the stacks for an environment.
pub(crate) fn assemble(project: &Project, env: &Env, build: Build) -> Result<Assembly> {
    let executable = executable(project, build)?;
    let folder = RunFolder::new()?;
    let (request, response) = (folder.0.join("request.json"), folder.0.join("response.json"));
    let json = serde_json::to_vec(&Request { format: FORMAT, env: env.clone() }).or_exit(Exit::Internal)?;
    fs::write(&request, json)
        .with_context(|| format!("cannot write {}", request.display()))
        .or_exit(Exit::Internal)?;
    run(&executable, project, &request, &response)?;
    is_ours(&response, &project.stacks)?;
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
    // A build that cannot be kept, in a folder that cannot be written, costs the next run 50 ms and nothing else.
    let kept = scratch::make(&scratch)
        .and_then(|()| LastBuild::keep(&scratch, &project.stacks, &executable, began))
        .map(|last| last.program);
    Ok(kept.unwrap_or(executable))
}

/// Runs `cargo build`; the compiler's words go through untouched.
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
            .context("cannot run cargo, which builds the stacks crate")
            .hint("install Rust (https://rustup.rs)")
    })?;
    if !output.status.success() {
        return Err(CommandError::usage(format!("the stacks crate {} cannot be built", stacks.display()))
            .hint("cargo's messages stand above; the compiler's name file and line"));
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
        (None, _) => Err(CommandError::usage(format!("{} has no program", manifest.display()))
            .hint("it needs a main.rs with `tablewright::stacks!(…);`")),
        (Some(_), Some(_)) => {
            Err(CommandError::usage(format!("{} has several programs", manifest.display()))
                .hint("keep the stacks in a crate of their own, with one program"))
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
        // stdout is the template's; what the user's program prints must not get into it.
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
        Some(status) => Err(CommandError::usage(format!("the stacks program failed ({status})"))
            .hint("what it said stands above; a panic names its file and line")),
        None => Err(CommandError::usage(format!(
            "the stacks program ran for {} seconds and was stopped",
            TIME_LIMIT.as_secs()
        ))
        .hint("stacks are made from code alone: no network, no input")),
    }
}

/// Waits for the program; `None` when the time is up and it was killed.
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
        // The usual program takes three milliseconds.
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Refuses the program of another project: cargo can mix up two crates of one name that share a target folder.
fn is_ours(response: &Path, stacks: &Path) -> Result<()> {
    let Ok(folder) = fs::read_to_string(origin(response)) else { return Ok(()) };
    let same = match (Path::new(&folder).canonicalize(), stacks.canonicalize()) {
        (Ok(theirs), Ok(ours)) => theirs == ours,
        // The folder that the program was built from is gone: this project was moved.
        _ => true,
    };
    if same {
        return Ok(());
    }
    Err(CommandError::usage(format!("cargo handed over the program of another project, {folder}")).hint(
        "both crates have one name and one target folder: give this one another `name` in its Cargo.toml",
    ))
}

fn read_response(response: &Path, executable: &Path) -> Result<Assembly> {
    let json = fs::read(response).map_err(|_| {
        CommandError::usage(format!("the stacks program handed over no manifest ({})", executable.display()))
            .hint("its main.rs must be `tablewright::stacks!(…);`")
    })?;
    Assembly::read(&json).map_err(|error| {
        let ours = env!("CARGO_PKG_VERSION");
        match &error {
            ReadError::Malformed(_) => CommandError::new(Exit::Usage, error)
                .context("the stacks program handed over a manifest that cannot be read")
                .hint(
                    "its main.rs must be `tablewright::stacks!(…);`, and nothing else may write the manifest",
                ),
            ReadError::Format { .. } | ReadError::Requires { .. } => CommandError::new(Exit::Usage, error)
                .context(format!("this is tablewright {ours}; the stacks crate uses another version"))
                .hint("use the same version of the library and the tool"),
        }
    })
}

/// A folder of its own for request and response, gone afterwards.
struct RunFolder(PathBuf);

impl RunFolder {
    fn new() -> Result<Self> {
        let parent = std::env::temp_dir();
        // The process id alone may have been used before by a run that was killed.
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
        Err(anyhow!("cannot make a folder in {}", parent.display())).or_exit(Exit::Internal)
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
