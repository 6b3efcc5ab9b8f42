use std::fmt::Write as _;

use tablewright::{Assembly, Billing, Capacity, Key, Table, Value};
use tablewright_cloudformation::stack::StackSummary;

use crate::args::Common;
use crate::args::aws::AwsArgs;
use crate::error::Result;
use crate::event_loop::run;
use crate::exit::Exit;
use crate::report::{print, printable};
use crate::source::stacks::DefinedStacks;

/// List stacks, tables, keys and indexes
#[derive(clap::Args)]
pub(super) struct Args {
    /// Also list stacks that are deployed under a name of this project and that are not defined
    #[arg(long)]
    deployed: bool,
    #[command(flatten)]
    aws: AwsArgs,
}

pub(super) fn list(common: &Common, args: &Args) -> Result<Exit> {
    let project = common.project()?;
    let (env, env_config) = common.env(&project)?;
    let assembly = common.sound_assembly(&project, &env)?;
    print(&overview(&assembly))?;
    if !args.deployed {
        return Ok(Exit::Done);
    }
    run(async {
        let target = args.aws.connect(common, &project.scratch(), env_config).await?;
        let defined = DefinedStacks::of_definitions(&project, &env, &assembly);
        let stacks = defined.not_defined(&target.target).await?;
        stacks.iter().try_for_each(|StackSummary { name, status }| {
            print(&format!("{}  not defined  {status}\n", printable(name)))
        })
    })?;
    Ok(Exit::Done)
}

/// Formats an assembly: one line for a stack, two for a table, one for an index.
fn overview(assembly: &Assembly) -> String {
    let mut out = String::new();
    for stack in &assembly.stacks {
        line(&mut out, 0, &[&stack.id, stack.name.as_deref().unwrap_or_default()]);
        for table in &stack.tables {
            let name = match &table.name {
                Some(Value::Literal(name)) => name.as_str(),
                Some(Value::Expression(_)) => "(name known after deployment)",
                None => "(name generated)",
            };
            line(&mut out, 1, &[&table.id, name, &key(&table.key), &billing(table), &table.at.to_string()]);
            for index in &table.indexes {
                line(&mut out, 2, &[&index.name, &key(&index.key)]);
            }
        }
    }
    out
}

fn line(out: &mut String, depth: usize, words: &[&str]) {
    writeln!(out, "{}{}", "  ".repeat(depth), words.join("  ")).expect("writing to a String does not fail");
}

fn key(key: &Key) -> String {
    let names: Vec<String> =
        key.attributes().map(|attribute| format!("{} {}", attribute.name, attribute.scalar)).collect();
    format!("[{}]", names.join(", "))
}

fn billing(table: &Table) -> String {
    let units = |capacity: &Capacity| match capacity {
        Capacity::Fixed(Value::Literal(units)) => units.to_string(),
        Capacity::Auto(scaling) => match (scaling.min.literal(), scaling.max.literal()) {
            (Some(min), Some(max)) => format!("{min}..{max}"),
            _ => "scaled".to_owned(),
        },
        Capacity::Fixed(Value::Expression(_)) => "parameter".to_owned(),
    };
    match &table.billing {
        Billing::OnDemand(_) => "on demand".to_owned(),
        Billing::Provisioned(provisioned) => {
            format!("{} reads, {} writes", units(&provisioned.read), units(&provisioned.write))
        }
    }
}
