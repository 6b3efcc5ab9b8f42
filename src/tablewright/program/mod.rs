//! The user's program, which the `stacks!` macro generates, and its protocol with the tool.
//!
//! The program reads a [`Request`] from the file named by `TABLEWRIGHT_REQUEST` and writes the manifest to the file named by
//! `TABLEWRIGHT_RESPONSE`; stdout and stderr are free for the user. Without a request it prints the manifest of `--env NAME`, for
//! debugging. *Invariant:* no network, clock or random numbers; the same request gives the same bytes.

pub(crate) mod env;
pub(crate) mod assembly;
#[cfg(feature = "render")]
pub(crate) mod read;
mod write;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use crate::place::Place;
use crate::program::assembly::{Assembly, StackFn};
use crate::program::env::Env;

/// Environment variable with the path of the request file.
///
/// See [`main`].
pub const REQUEST: &str = "TABLEWRIGHT_REQUEST";
/// Environment variable with the path to write the manifest to.
///
/// See [`main`].
pub const RESPONSE: &str = "TABLEWRIGHT_RESPONSE";

/// A request of the tool to the program.
///
/// ```
/// use tablewright::program::Request;
/// use tablewright::{Env, FORMAT};
///
/// let request = Request { format: FORMAT, env: Env::new("shop", "dev") };
/// let json = serde_json::to_vec(&request)?;
/// assert_eq!(serde_json::from_slice::<Request>(&json)?.env.name(), "dev");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The manifest format that the tool reads.
    pub format: u32,
    /// The environment.
    pub env: Env,
}

/// Declares the stack modules beside `main.rs` and generates the function `main`.
///
/// Each module exports `pub fn stack(env: &Env) -> Result<Stack>`. The list is explicit because a registry filled at link time
/// would silently miss modules that are not used otherwise.
///
/// ```ignore
/// // stacks/main.rs
/// tablewright::stacks!(shop, notes);
/// ```
#[macro_export]
macro_rules! stacks {
    ($($module:ident),+ $(,)?) => {
        $(mod $module;)+

        fn main() -> ::std::process::ExitCode {
            $crate::program::main(
                env!("CARGO_MANIFEST_DIR"),
                &[$((stringify!($module), $module::stack as $crate::StackFn)),+],
            )
        }
    };
}

/// Returns the path of the file, beside the response, that contains the directory of the crate that the program was built from, and
/// in a second line the place of [`stacks!`](crate::stacks) as the compiler names it.
///
/// From the two the tool finds the workspace, which all places are relative to. If two projects with crates of the same name and version share a target directory, Cargo can run the program of the other
/// project. The tool compares the directory to detect this.
///
/// ```
/// use std::path::Path;
/// use tablewright::program::origin;
///
/// assert_eq!(origin(Path::new("out/dev.json")), Path::new("out/dev.origin"));
/// ```
#[must_use]
pub fn origin(response: &Path) -> PathBuf {
    response.with_extension("origin")
}

/// Answers the request of the tool, or prints the manifest if there is none. [`stacks!`](crate::stacks) calls it with the
/// directory of the crate.
///
/// ```
/// use std::process::ExitCode;
/// use tablewright::{Env, Result, Stack, program};
///
/// fn orders(_env: &Env) -> Result<Stack> {
///     Ok(Stack::new("orders"))
/// }
///
/// // Without a request, it prints the manifest.
/// let code = program::main(env!("CARGO_MANIFEST_DIR"), &[("orders", orders)]);
/// assert_eq!(code, ExitCode::SUCCESS);
/// ```
#[must_use]
#[track_caller]
pub fn main(folder: &str, stacks: &[(&str, StackFn)]) -> ExitCode {
    let done = match (std::env::var_os(REQUEST), std::env::var_os(RESPONSE)) {
        (Some(request), Some(response)) => answer(folder, stacks, request.as_ref(), response.as_ref()),
        _ => print(stacks, std::env::args().skip(1)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[track_caller]
fn answer(folder: &str, stacks: &[(&str, StackFn)], request: &Path, response: &Path) -> crate::Result<()> {
    let text =
        std::fs::read(request).map_err(|error| format!("cannot read {}: {error}", request.display()))?;
    let request: Request =
        serde_json::from_slice(&text).map_err(|error| format!("the request is malformed: {error}"))?;
    let assembly = Assembly::new(&request.env, stacks);
    let listed_at = Place::caller();
    std::fs::write(origin(response), format!("{folder}\n{listed_at}"))
        .map_err(|error| format!("cannot write beside {}: {error}", response.display()))?;
    // Renamed when complete, so that the tool never reads a partial manifest.
    let unfinished = response.with_extension("unfinished");
    write_manifest(&assembly, &unfinished)
        .and_then(|()| std::fs::rename(&unfinished, response))
        .map_err(|error| format!("cannot write {}: {error}", response.display()).into())
}

fn write_manifest(assembly: &Assembly, path: &Path) -> std::io::Result<()> {
    if write::write(assembly, &mut std::fs::File::create(path)?).is_ok() {
        return Ok(());
    }
    std::fs::write(path, serde_json::to_vec(assembly)?)
}

#[track_caller]
fn print(stacks: &[(&str, StackFn)], mut args: impl Iterator<Item = String>) -> crate::Result<()> {
    let name = match (args.next().as_deref(), args.next(), args.next()) {
        (None, None, None) => "dev".to_owned(),
        (Some("--env"), Some(name), None) => name,
        _ => {
            return Err(
                "usage: stacks [--env NAME]   (prints the manifest; use `tablewright` for everything else)"
                    .into(),
            );
        }
    };
    let assembly = Assembly::new(&Env::new("project", name), stacks);
    println!("{}", serde_json::to_string_pretty(&assembly)?);
    Ok(())
}
