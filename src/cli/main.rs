//! The `tablewright` command.

mod args;
mod commands;
mod error;
mod event_loop;
mod exit;
mod follow;
mod project;
mod prompt;
mod report;
mod source;
mod target;

fn main() -> std::process::ExitCode {
    commands::main().into()
}
