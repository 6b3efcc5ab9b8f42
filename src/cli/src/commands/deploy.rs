use std::cell::RefCell;

use tablewright::Stack;
use tablewright::render::{Body, Rendered};
use tablewright_deploy::draft::{Draft, Template};
use tablewright_deploy::{
    ChangeSet, Discarded, Events, Prepared, Request, discard, draft, execute, guard, prepare, watch,
};
use tablewright_plan::{PlanOptions, Step};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::commands::Common;
use crate::commands::ask::{ask, must_be_able_to_ask};
use crate::commands::aws::{AwsArgs, Target};
use crate::commands::drive::{Facts, Interrupted, Interrupts, drive, run};
use crate::commands::endings::{
    conclude, detached, ending, interrupted_before, is_for_indexes, to_be_continued, token, wait_for_tables,
};
use crate::commands::failure::{cannot_take, not_prepared};
use crate::commands::planning::{Job, agree, gate, know, plan_stack, show};
use crate::commands::wanted::of_definitions;
use crate::error::{CommandError, OrExit as _, Result};
use crate::exit::Exit;
use crate::report::fact::{Ending, Fact, Work};
use crate::report::{Form, Reporter};

/// Plan the change, show it, ask, deploy it, and watch until the tables can be used
#[derive(clap::Args)]
pub(super) struct Args {
    /// Stacks to deploy (default: all)
    #[arg(value_name = "STACK")]
    stacks: Vec<String>,
    #[command(flatten)]
    aws: AwsArgs,
    /// Do not ask; the sandbox never does
    #[arg(long, short)]
    yes: bool,
    /// Let a change replace or delete this table: its logical id, typed by name (may be repeated)
    #[arg(long, value_name = "TABLE")]
    allow_replace: Vec<String>,
    /// How to show what happens
    #[arg(long, value_name = "FORM", default_value = "auto")]
    pub(super) output: Form,
}

pub(super) fn deploy(common: &Common, args: &Args) -> Result<Exit> {
    let wanted = of_definitions(common, &args.stacks)?;
    run(async {
        let mut interrupts = Interrupts::listen()?;
        let mut reporter = Reporter::new(args.output, common.quiet);
        let target = tokio::select! {
            target = args.aws.connect(common, &wanted.scratch, &wanted.env) => target?,
            () = interrupts.next() => return Err(interrupted_before()),
        };
        let (facts, mut receiver) = Facts::channel();
        let session = Session::new(&target, args, facts);
        session.deploy(&wanted.stacks, &mut receiver, &mut reporter, &mut interrupts).await
    })
}

/// One run of the command: the change sets that it has made and not yet executed, so that none is left behind.
struct Session<'a> {
    target: &'a Target,
    yes: bool,
    options: PlanOptions,
    open: RefCell<Vec<(String, Draft)>>,
    /// The stack whose operation runs now.
    running: RefCell<Option<String>>,
    facts: Facts,
}

impl<'a> Session<'a> {
    fn new(target: &'a Target, args: &Args, facts: Facts) -> Self {
        let options =
            PlanOptions { allow: args.allow_replace.iter().cloned().collect(), ..PlanOptions::default() };
        let (open, running) = (RefCell::default(), RefCell::default());
        // In the sandbox nothing is at stake, and a newcomer's first command has to end with tables.
        let yes = args.yes || target.is_sandbox;
        Self { target, yes, options, open, running, facts }
    }

    async fn deploy(
        &self,
        stacks: &[(Stack, Rendered)],
        receiver: &mut UnboundedReceiver<Fact>,
        reporter: &mut Reporter,
        interrupts: &mut Interrupts,
    ) -> Result<Exit> {
        let planned = drive(self.plan_all(stacks), receiver, reporter, interrupts).await;
        let jobs = planned.unwrap_or_else(|Interrupted| Err(interrupted_before()))?;
        show(&jobs, self.target, reporter);
        know(&self.options.allow, &jobs)?;
        gate(&jobs)?;
        if jobs.iter().any(Job::has_changes) {
            must_be_able_to_ask(self.yes)?;
        }

        let prepared = drive(self.prepare_all(&jobs), receiver, reporter, interrupts).await;
        let first_steps = match prepared {
            Ok(Ok(change_sets)) => change_sets,
            Ok(Err(error)) => return Err(self.discard_open().await.unwrap_or(error)),
            Err(Interrupted) => return Err(self.discard_open().await.unwrap_or_else(interrupted_before)),
        };
        if jobs.iter().any(Job::has_changes) {
            let question = format!("Deploy to {}?", self.target.name);
            let answered = drive(ask(&question, self.yes), receiver, reporter, interrupts).await;
            let refusal = match answered {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error),
                Err(Interrupted) => Some(interrupted_before()),
            };
            if let Some(refusal) = refusal {
                return Err(self.discard_open().await.unwrap_or(refusal));
            }
        }

        match drive(self.carry_out(&jobs, first_steps), receiver, reporter, interrupts).await {
            Ok(Ok(())) => Ok(Exit::Done),
            Ok(Err(error)) => Err(self.discard_open().await.unwrap_or(error)),
            Err(Interrupted) => {
                let left = self.discard_open().await;
                let running = self.running.borrow();
                Err(match (running.as_deref(), left) {
                    (Some(stack), _) => detached(self.target, stack),
                    (None, left) => left.unwrap_or_else(interrupted_before),
                })
            }
        }
    }

    async fn plan_all<'s>(&self, stacks: &'s [(Stack, Rendered)]) -> Result<Vec<Job<'s>>> {
        let mut jobs = Vec::new();
        for (stack, rendered) in stacks {
            let job = plan_stack(self.target, stack, rendered.clone(), &self.options).await?;
            self.facts.tell(Fact::Planned { stack: stack.id.clone(), plan: job.plan.clone() });
            jobs.push(job);
        }
        Ok(jobs)
    }

    /// Makes the change set of every job's first step; `None` for a stack that is as it should be.
    async fn prepare_all(&self, jobs: &[Job<'_>]) -> Result<Vec<Option<ChangeSet>>> {
        let mut change_sets = Vec::new();
        for job in jobs {
            change_sets.push(match job.plan.steps.first() {
                Some(step) => self.prepare(job, step).await?,
                // Tags of the stack are no part of the template; everything else is.
                None if job.tags_differ() => self.prepare_text(job, job.rendered.text.clone()).await?,
                None => {
                    // A stack with nothing to change is a success only if it is well (aws-cdk-cli#1972).
                    self.draft(job, job.rendered.text.clone()).await?;
                    None
                }
            });
        }
        Ok(change_sets)
    }

    async fn prepare(&self, job: &Job<'_>, step: &Step) -> Result<Option<ChangeSet>> {
        // The last step is the reviewed text, byte for byte; those before it are made by the plan.
        let text = if step.template == job.rendered.template {
            job.rendered.text.clone()
        } else {
            step.template.to_string()
        };
        let change_set = self.prepare_text(job, text).await?;
        if let Some(change_set) = &change_set {
            agree(job, change_set)?;
        }
        Ok(change_set)
    }

    async fn draft(&self, job: &Job<'_>, text: String) -> Result<Draft> {
        let text = match Body::of(&text).or_exit(Exit::Internal)? {
            Body::Inline(text) | Body::Upload { text, .. } => text.into_owned(),
        };
        let drafted = draft(&self.target.cloudformation, request(job, text)).await;
        drafted.map_err(|error| cannot_take(self.target, job.stack, error))
    }

    async fn prepare_text(&self, job: &Job<'_>, text: String) -> Result<Option<ChangeSet>> {
        let draft = self.draft(job, text).await?;
        // Before the call: an interrupt in the middle of it must know what to clean up.
        self.open.borrow_mut().push((job.stack.id.clone(), draft.clone()));
        let call = async |events: &Events| prepare(&self.target.cloudformation, &draft, events).await;
        match self.facts.cloud(&job.stack.id, call).await {
            Ok(Prepared::Ready(change_set)) => Ok(Some(change_set)),
            Ok(Prepared::Unchanged { .. }) => {
                self.close(&draft.request.change_set_name);
                Ok(None)
            }
            Err(error) => Err(not_prepared(job.stack, error)),
        }
    }

    async fn carry_out(&self, jobs: &[Job<'_>], first_steps: Vec<Option<ChangeSet>>) -> Result<()> {
        for (job, first) in jobs.iter().zip(first_steps) {
            let ending = match first {
                Some(change_set) => {
                    self.facts.tell(Fact::Began { stack: job.stack.id.clone(), work: Work::Deploy });
                    let stack_id = change_set.stack_id.clone();
                    if job.found.is_some() {
                        self.protect(job, &stack_id).await?;
                    }
                    let ending = self.climb(job, change_set).await?;
                    if matches!(ending, Ending::Done { .. }) {
                        // A new stack is protected once it is there: one whose creation fails must be deletable.
                        if job.found.is_none() {
                            self.protect(job, &stack_id).await?;
                        }
                        self.set_policy(job, &stack_id).await?;
                    }
                    ending
                }
                None => self.leave(job).await?,
            };
            conclude(self.target, job.stack, &self.facts, ending)?;
        }
        Ok(())
    }

    /// Sets what is beside the template of a stack whose template is as it should be.
    async fn leave(&self, job: &Job<'_>) -> Result<Ending> {
        let outputs = job.deployed().map(|stack| stack.outputs.clone()).unwrap_or_default();
        let (Some(deployed), true) = (job.deployed(), job.has_changes()) else {
            return Ok(Ending::Unchanged { outputs });
        };
        self.protect(job, &deployed.id).await?;
        self.set_policy(job, &deployed.id).await?;
        Ok(Ending::Done { usable: true, outputs: Some(outputs), orphans: Vec::new(), retained: Vec::new() })
    }

    /// Sets termination protection.
    async fn protect(&self, job: &Job<'_>, stack_id: &str) -> Result<()> {
        if let Some(on) = job.termination_protection() {
            guard::set_termination_protection(&self.target.cloudformation, stack_id, on).await?;
        }
        Ok(())
    }

    /// Sets the stack policy: after the change, since it guards the updates to come.
    async fn set_policy(&self, job: &Job<'_>, stack_id: &str) -> Result<()> {
        if let Some(policy) = job.policy() {
            guard::set_policy(&self.target.cloudformation, stack_id, &policy.to_string()).await?;
        }
        Ok(())
    }

    /// Executes the change set of the first step, and then makes and executes those of the others. What comes next is
    /// planned anew from what is deployed: a ladder that was broken off goes on where it stood.
    async fn climb(&self, job: &Job<'_>, first: ChangeSet) -> Result<Ending> {
        let of = job.plan.steps.len();
        let (mut change_set, mut steps) = (first, job.plan.steps.clone());
        for number in 1.. {
            if let (true, Some(step)) = (of > 1, steps.first()) {
                self.facts.tell(Fact::Step {
                    stack: job.stack.id.clone(),
                    number,
                    of,
                    summary: step.summary.join("; "),
                });
            }
            let ending = self.execute(job, &change_set).await?;
            if matches!(ending, Ending::Failed { .. }) || steps.len() <= 1 {
                return Ok(ending);
            }
            if let Some(wait) =
                steps.first().and_then(|step| step.waits.iter().find(|wait| !is_for_indexes(wait)))
            {
                return Err(to_be_continued(job.stack, number, of, wait));
            }
            steps = plan_stack(self.target, job.stack, job.rendered.clone(), &self.options).await?.plan.steps;
            let Some(step) = steps.first() else {
                return Ok(ending);
            };
            match self.prepare(job, step).await? {
                Some(next) => change_set = next,
                None => return Ok(ending),
            }
        }
        unreachable!("the loop has no end but the returns in it")
    }

    async fn execute(&self, job: &Job<'_>, change_set: &ChangeSet) -> Result<Ending> {
        let client = &self.target.cloudformation;
        let token = token();
        let operation = self
            .facts
            .cloud(&job.stack.id, async |events: &Events| execute(client, change_set, &token, events).await)
            .await?;
        self.close(&change_set.name);
        self.running.replace(Some(job.stack.id.clone()));
        let watched = async |events: &Events| watch(client, &operation, &self.target.pace, events).await;
        let outcome = self.facts.cloud(&job.stack.id, watched).await.map_err(|error| {
            CommandError::from(error)
                .hint(format!("{} follows it again", self.target.command("watch", &job.stack.id)))
        })?;
        let ending = ending(outcome);
        if let Ending::Done { outputs, orphans, retained, .. } = &ending
            && let Err(error) = wait_for_tables(self.target, job.stack, &self.facts).await
        {
            // The stack is deployed all the same, and its outputs are there.
            let (outputs, orphans, retained) = (outputs.clone(), orphans.clone(), retained.clone());
            let ending = Ending::Done { outputs, orphans, retained, usable: false };
            self.facts.tell(Fact::Ended { stack: job.stack.id.clone(), ending });
            return Err(error);
        }
        self.running.replace(None);
        Ok(ending)
    }

    /// Forgets a change set that is executed or gone.
    fn close(&self, name: &str) {
        self.open.borrow_mut().retain(|(_, draft)| draft.request.change_set_name != name);
    }

    /// Deletes every change set that was made and not executed. Returns an error where one turns out to run, or to stay.
    async fn discard_open(&self) -> Option<CommandError> {
        let mut trouble = None;
        let open: Vec<(String, Draft)> = self.open.borrow_mut().drain(..).collect();
        for (stack, draft) in open {
            let (events, _) = Events::channel();
            match discard(&self.target.cloudformation, &draft, &events).await {
                Ok(Discarded::Gone) => {}
                Ok(Discarded::Executed) => {
                    trouble = Some(detached(self.target, &stack));
                }
                Err(error) => {
                    trouble = Some(CommandError::from(error).context(format!(
                        "cannot delete change set {} of stack {}",
                        draft.request.change_set_name, draft.request.stack_name
                    )));
                }
            }
        }
        trouble
    }
}

fn request(job: &Job<'_>, text: String) -> Request {
    let token = token();
    Request {
        stack_name: job.stack.name.clone().unwrap_or_default(),
        template: Template::Body(text),
        parameters: Vec::new(),
        tags: Some(job.stack.tags.clone().into_iter().collect()),
        capabilities: Vec::new(),
        role_arn: None,
        notification_arns: None,
        change_set_name: token.clone(),
        client_token: token,
    }
}
