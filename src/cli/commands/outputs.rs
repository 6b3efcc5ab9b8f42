use std::fmt::Write as _;
use std::path::Path;

use tablewright_cloudformation::stack::{self as cloud_stack, Output};

use crate::args::Common;
use crate::args::aws::AwsArgs;
use crate::args::stack::StackArgs;
use crate::error::{CommandError, Result};
use crate::event_loop::run;
use crate::exit::Exit;
use crate::report::ndjson::by_key;
use crate::report::print;
use crate::report::review::append;
use crate::report::{printable, printable_lines};

/// Environment variable with the file for outputs of a step in GitHub Actions.
const GITHUB_OUTPUT: &str = "GITHUB_OUTPUT";

/// Print the outputs of a stack
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    stack: StackArgs,
    #[command(flatten)]
    aws: AwsArgs,
    /// Format of the outputs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// One line for each output
    Text,
    /// One object
    Json,
    /// One line for each output, in the format of `.env` files
    Dotenv,
    /// Append to the file GITHUB_OUTPUT, for later steps in GitHub Actions
    Github,
}

pub(super) fn outputs(common: &Common, args: &Args) -> Result<Exit> {
    let selected = args.stack.select(common)?;
    let stack = &selected.stack;
    run(async {
        let target = selected.connect(common, &args.aws).await?;
        let name = stack.name.as_deref().unwrap_or_default();
        let deployed = cloud_stack::describe(&target.target.cloudformation, name).await?;
        let Some(deployed) = deployed else { return Err(selected.missing(&target).await) };
        let mut outputs = deployed.outputs;
        // CloudFormation returns outputs in no particular order.
        outputs.sort_by(|a, b| a.key.cmp(&b.key));
        match args.format {
            Format::Text => print(&text(&outputs)),
            Format::Json => print(&format!("{:#}\n", by_key(&outputs))),
            Format::Dotenv => print(&dotenv(&outputs)),
            Format::Github => append_for_github(&outputs),
        }?;
        Ok(Exit::Done)
    })
}

fn text(outputs: &[Output]) -> String {
    let line =
        |output: &Output| printable_lines(&format!("{} = {}", output.key, printable(&output.value)), "");
    outputs.iter().map(|output| line(output) + "\n").collect()
}

/// Formats outputs for `.env` files, quoted so that spaces and `$` in values have no meaning.
fn dotenv(outputs: &[Output]) -> String {
    let quoted = |value: &str| {
        let escaped: String = value
            .chars()
            .map(|c| match c {
                '"' | '\\' | '$' | '`' => format!("\\{c}"),
                '\n' => "\\n".to_owned(),
                '\r' => "\\r".to_owned(),
                c => c.to_string(),
            })
            .collect();
        format!("\"{escaped}\"")
    };
    outputs.iter().map(|output| format!("{}={}\n", output.key, quoted(&output.value))).collect()
}

fn append_for_github(outputs: &[Output]) -> Result<()> {
    let Some(file) = std::env::var_os(GITHUB_OUTPUT).filter(|file| !file.is_empty()) else {
        return Err(CommandError::usage(format!("{GITHUB_OUTPUT} is not set"))
            .hint("it is set in the steps of a GitHub Actions job; use another `--format` elsewhere"));
    };
    let mut text = String::new();
    for Output { key, value, .. } in outputs {
        // A value with several lines could inject other outputs, so the delimiter must not occur in it.
        let end = tablewright_deploy::token();
        writeln!(text, "{key}<<{end}\n{value}\n{end}").expect("writing to a String does not fail");
    }
    append(Path::new(&file), &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped() {
        let output = |value: &str| Output {
            key: "Key".into(),
            value: value.into(),
            description: None,
            export_name: None,
        };
        for (value, line) in [
            ("plain", "Key=\"plain\"\n"),
            ("a b", "Key=\"a b\"\n"),
            ("", "Key=\"\"\n"),
            ("a\"b\\c$d`e", "Key=\"a\\\"b\\\\c\\$d\\`e\"\n"),
            ("a\nOther=1\r", "Key=\"a\\nOther=1\\r\"\n"),
        ] {
            assert_eq!(dotenv(&[output(value)]), line);
        }
    }
}
