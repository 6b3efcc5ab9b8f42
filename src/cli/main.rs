//! The `tablewright` command.

mod commands;
mod error;
mod exit;
mod project;
mod report;
mod source;

fn main() -> std::process::ExitCode {
    commands::main().into()
}
