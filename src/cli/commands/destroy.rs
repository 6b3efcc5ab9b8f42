use std::time::Duration;

use anyhow::anyhow;
use tablewright_deploy::{
    Destroy, DestroyPlan, EventSender, ResourcePath, RolloutEvent, back_up_tables, conclude, plan_destroy,
};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::args::Common;
use crate::args::aws::AwsArgs;
use crate::args::deployment::duration;
use crate::args::stack::{SelectedStack, StackArgs};
use crate::error::{CommandError, Result};
use crate::event_loop::{Interrupted, Interrupts, run, run_until_interrupted};
use crate::exit::Exit;
use crate::prompt::{ask, ask_for_name, ask_whether, can_ask, must_be_able_to_ask};
use crate::report::failure::{detached, interrupted_before, rollout_failed};
use crate::report::{OutputFormat, Reporter, destroy as report, printable};
use crate::target::SelectedTarget;

/// Delete a stack, after showing what is deleted and what is retained
///
/// A table is retained with its items if its DeletionPolicy says so. Before a table is deleted with its items, its name has to be
/// typed, or --allow-data-loss has to name it. Exports that other stacks import, deletion protection, termination protection, and keys
/// that retained tables are encrypted with are refused before anything is deleted.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    stack: StackArgs,
    #[command(flatten)]
    aws: AwsArgs,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
    /// Allow the deletion of this table with its items (may be repeated)
    #[arg(long, value_name = "ENV/STACK/TABLE")]
    allow_data_loss: Vec<ResourcePath>,
    /// Make an on-demand backup of every table that is deleted, and wait until it can be restored
    #[arg(long)]
    backup_first: bool,
    /// How long to follow the deletion, and to wait for each backup before it, such as `1h30m`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout: Option<Duration>,
    /// Output format of the progress
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub(super) output: OutputFormat,
}

pub(super) fn destroy(common: &Common, args: &Args) -> Result<Exit> {
    let selected = args.stack.select(common)?;
    run(async {
        let mut interrupts = Interrupts::listen()?;
        let mut reporter = Reporter::new(args.output, common.quiet);
        let target = tokio::select! {
            target = selected.connect(common, &args.aws) => target?,
            () = interrupts.next() => return Err(interrupted_before()),
        };
        let (events, receiver) = EventSender::channel();
        let mut run = Run {
            args,
            selected: &selected,
            target: &target,
            events,
            receiver,
            reporter: &mut reporter,
            interrupts: &mut interrupts,
        };
        run.destroy().await
    })
}

/// One run of the command.
struct Run<'a> {
    args: &'a Args,
    selected: &'a SelectedStack,
    target: &'a SelectedTarget,
    events: EventSender,
    receiver: UnboundedReceiver<RolloutEvent>,
    reporter: &'a mut Reporter,
    interrupts: &'a mut Interrupts,
}

impl Run<'_> {
    async fn destroy(&mut self) -> Result<Exit> {
        let (target, stack) = (self.target, &self.selected.stack);
        let name = stack.name.as_deref().unwrap_or_default();
        let planned = self.until_interrupted(plan_destroy(&target.target, name)).await;
        let planned = planned.map_err(|Interrupted| interrupted_before())?;
        let Some(plan) = planned.map_err(|error| rollout_failed(target, stack, error))? else {
            let near = self.selected.near(target).await;
            let near = near.map(|near| format!(" Did you mean `{}`?", printable(&near))).unwrap_or_default();
            self.reporter.say(&format!("No stack {name} in {}; nothing to do.{near}", target.target.name));
            return Ok(Exit::Done);
        };
        let event = RolloutEvent::DestroyPlanned { stack: stack.id.clone(), plan: Box::new(plan.clone()) };
        self.reporter.show(&event);
        self.reporter.say(&format!("Stack {} ({name}) in {}:", stack.id, target.target.name));
        self.reporter.say(report::text(&plan).trim_end());
        let backs_up = self.approve(&plan).await?;
        if backs_up {
            self.back_up(&plan).await?;
        }
        self.execute(&plan, backs_up).await
    }

    /// Checks the preconditions and asks for confirmation. Returns whether the tables that are lost are to be backed up.
    async fn approve(&mut self, plan: &DestroyPlan) -> Result<bool> {
        let mut refusals = plan.refusals().into_iter();
        if let Some(first) = refusals.next() {
            let error = CommandError::from(tablewright_deploy::Error::from(first));
            return Err(refusals.fold(error, |error, also| error.hint(format!("also: {also}"))));
        }
        let (environment, stack) = (&self.selected.env_name, &self.selected.stack.id);
        let unconfirmed = plan.not_consented(environment, stack, &self.args.allow_data_loss)?;
        if !unconfirmed.is_empty() && (self.args.yes || !can_ask()) {
            return Err(needs_consent(&unconfirmed));
        }
        must_be_able_to_ask(self.args.yes)?;
        let has_losses = plan.lost_tables().next().is_some();
        match self.until_interrupted(confirm(self.args, plan, &unconfirmed, has_losses)).await {
            Ok(answer) => answer,
            Err(Interrupted) => Err(interrupted_before()),
        }
    }

    async fn back_up(&mut self, plan: &DestroyPlan) -> Result<()> {
        let (target, stack) = (self.target, &self.selected.stack);
        let tables: Vec<String> =
            plan.lost_tables().filter_map(|(resource, _)| resource.physical_id.clone()).collect();
        let (events, name) = (self.events.clone(), format!("before-destroy-{}", plan.stack.name));
        let timeout = self.args.timeout;
        let backups = back_up_tables(&target.target, &tables, &name, &stack.id, timeout, &events);
        match self.until_interrupted(backups).await {
            Ok(backups) => backups.map_err(|error| rollout_failed(target, stack, error)),
            Err(Interrupted) => Err(interrupted_after_backups()),
        }
    }

    async fn execute(&mut self, plan: &DestroyPlan, backs_up: bool) -> Result<Exit> {
        let (target, stack, events) = (self.target, &self.selected.stack, self.events.clone());
        let destroy = Destroy::new(&target.target, plan, &stack.id, &events).with_timeout(self.args.timeout);
        let operation = async {
            let ending = destroy.run().await?;
            conclude(&events, &stack.id, &stack.id, ending)
        };
        self.interrupts.operation_may_run();
        match self.until_interrupted(operation).await {
            Ok(done) => done.map(|()| Exit::Done).map_err(|error| rollout_failed(target, stack, error)),
            Err(Interrupted) if destroy.was_requested() => {
                Err(detached([(target, &*self.selected.argument)]))
            }
            Err(Interrupted) if backs_up => Err(interrupted_after_backups()),
            Err(Interrupted) => Err(interrupted_before()),
        }
    }

    async fn until_interrupted<T>(&mut self, operation: impl Future<Output = T>) -> Result<T, Interrupted> {
        run_until_interrupted(operation, &mut self.receiver, self.reporter, self.interrupts).await
    }
}

/// Asks for what the flags do not say: the names of the tables that are lost, or whether to delete the stack; and whether to make
/// backups first, which is returned.
async fn confirm(
    args: &Args,
    plan: &DestroyPlan,
    unconfirmed: &[ResourcePath],
    has_losses: bool,
) -> Result<bool> {
    for (resource, _) in plan.lost_tables() {
        if unconfirmed.iter().any(|path| path.logical_id == resource.path) {
            let name = resource.physical_id.as_deref().unwrap_or(&resource.path);
            ask_for_name(&format!("To delete table {name} with its items, type its name: "), name).await?;
        }
    }
    if unconfirmed.is_empty() {
        ask(&format!("Delete stack {}?", plan.stack.name), args.yes).await?;
    }
    if args.backup_first || !has_losses || args.yes {
        return Ok(args.backup_first && has_losses);
    }
    ask_whether("Make an on-demand backup of the tables first?").await
}

fn interrupted_after_backups() -> CommandError {
    CommandError::new(
        Exit::Interrupted,
        anyhow!("interrupted before anything was deleted; backups that were begun are kept"),
    )
}

fn needs_consent(tables: &[ResourcePath]) -> CommandError {
    let names: Vec<&str> = tables.iter().map(|table| &*table.logical_id).collect();
    let flags: Vec<String> = tables.iter().map(|table| format!("--allow-data-loss {table}")).collect();
    CommandError::new(
        Exit::Refused,
        anyhow!("deleting the stack would delete tables with their items: {}", names.join(", ")),
    )
    .hint(format!("to allow it: `{}`", flags.join(" ")))
    .hint("`--backup-first` makes backups before; `.deletion_policy(…)`, deployed first, retains a table")
}
