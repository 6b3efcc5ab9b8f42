use anyhow::anyhow;
use serde_json::Value;
use tablewright::DeletionPolicy;
use tablewright_cloudformation::Events;
use tablewright_cloudformation::stack as cloud_stack;
use tablewright_cloudformation::{delete, watch};
use tablewright_deploy::{EventSender, RolloutEvent, Work, conclude, token};

use crate::args::Common;
use crate::args::aws::AwsArgs;
use crate::args::stack::StackArgs;
use crate::error::{CommandError, Result};
use crate::event_loop::{Interrupted, Interrupts, run, run_until_interrupted};
use crate::exit::Exit;
use crate::prompt::ask;
use crate::report::failure::{detached, interrupted_before, rollout_failed};
use crate::report::{OutputFormat, Reporter};

/// Delete a stack; tables are retained by their DeletionPolicy or deletion protection
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    stack: StackArgs,
    #[command(flatten)]
    aws: AwsArgs,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Output format of the progress
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub(super) output: OutputFormat,
}

pub(super) fn destroy(common: &Common, args: &Args) -> Result<Exit> {
    let selected = args.stack.select(common)?;
    let stack = &selected.stack;
    run(async {
        let mut interrupts = Interrupts::listen()?;
        let mut reporter = Reporter::new(args.output, common.quiet);
        let target = args.aws.connect(common, &selected.scratch, &selected.env).await?;
        let name = stack.name.as_deref().unwrap_or_default();
        let Some(deployed) = cloud_stack::describe(&target.target.cloudformation, name).await? else {
            reporter.say(&format!("There is no stack {name} in {}; nothing to do.", target.target.name));
            return Ok(Exit::Done);
        };
        let template =
            cloud_stack::template(&target.target.cloudformation, &deployed.id).await?.unwrap_or_default();
        let tables = deployed_tables(&template)?;
        reporter.say(&format!("Stack {} ({name}) in {}:", stack.id, target.target.name));
        for table in &tables {
            reporter.say(&format!("  {}: {}", table.id, table.fate()));
        }
        if let Some(table) = tables.iter().find(|table| table.protected && !table.kept) {
            return Err(CommandError::new(
                Exit::Refused,
                anyhow!("table `{}` has deletion protection, so deleting the stack would fail", table.id),
            )
            .hint("deploy it with `.deletion_protection(false)` first, if its items are no longer needed"));
        }
        let (events, mut receiver) = EventSender::channel();
        let question = format!("Delete stack {name}?");
        match run_until_interrupted(ask(&question, args.yes), &mut receiver, &mut reporter, &mut interrupts)
            .await
        {
            Ok(answer) => answer?,
            Err(Interrupted) => return Err(interrupted_before()),
        }
        let operation = async {
            events.send(RolloutEvent::Began { stack: stack.id.clone(), work: Work::Destroy });
            let token = token();
            let begin = async |events: &Events| {
                delete(&target.target.cloudformation, &deployed, &token, events).await
            };
            let operation = events.forward_events(&stack.id, begin).await?;
            let follow = async |events: &Events| {
                watch(&target.target.cloudformation, &operation, &target.target.pace, events).await
            };
            let ending = events.forward_events(&stack.id, follow).await?.into();
            conclude(&events, &stack.id, &stack.id, ending)
                .map_err(|error| rollout_failed(&target, stack, error))?;
            Ok(Exit::Done)
        };
        match run_until_interrupted(operation, &mut receiver, &mut reporter, &mut interrupts).await {
            Ok(done) => done,
            Err(Interrupted) => Err(detached([(&target, &*selected.argument)])),
        }
    })
}

/// A table as the deployed template has it: what counts is how it was deployed, not how it is defined now.
struct DeployedTable {
    id: String,
    kept: bool,
    protected: bool,
}

impl DeployedTable {
    fn fate(&self) -> &'static str {
        match (self.kept, self.protected) {
            (true, _) => "is retained, with its items (DeletionPolicy)",
            (false, true) => "cannot be deleted (deletion protection)",
            (false, false) => "is deleted, with its items",
        }
    }
}

fn deployed_tables(template: &str) -> Result<Vec<DeployedTable>> {
    let template = tablewright_template::parse_deployed(template)
        .map_err(|error| {
            CommandError::new(Exit::Usage, error).context("the deployed template cannot be read")
        })?
        .template
        .to_value();
    let resources = template["Resources"].as_object().into_iter().flatten();
    Ok(resources
        .filter(|(_, resource)| {
            resource["Type"] == "AWS::DynamoDB::Table" || resource["Type"] == "AWS::DynamoDB::GlobalTable"
        })
        .map(|(id, resource)| DeployedTable {
            id: id.clone(),
            kept: [DeletionPolicy::Retain, DeletionPolicy::RetainExceptOnCreate]
                .iter()
                .any(|policy| resource["DeletionPolicy"] == policy.as_str()),
            protected: is_protected(&resource["Properties"]),
        })
        .collect())
}

/// A global table has the setting in each of its replicas.
fn is_protected(properties: &Value) -> bool {
    let replicas = properties["Replicas"].as_array().into_iter().flatten();
    replicas.chain([properties]).any(|settings| settings["DeletionProtectionEnabled"] == true)
}
