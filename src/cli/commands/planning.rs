//! From a stack to a plan: what is deployed against what is wanted, shown, and held against what may be done.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::anyhow;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tablewright::Stack;
use tablewright::render::Rendered;
use tablewright_cloudformation::ChangeSet;
use tablewright_cloudformation::stack as cloud_stack;
use tablewright_cloudformation::stack::protection;
use tablewright_plan::{Change, Plan, PlanOptions, StackSettings, Verdict, plan, settings};
use tablewright_review::{Comparison, Digests, Located};

use crate::args::aws::Target;
use crate::args::deployment::Options;
use crate::commands::reviewed::Reviewed;
use crate::error::{CommandError, Result};
use crate::exit::Exit;
use crate::project::{EnvConfig, nearest};
use crate::report::{Reporter, plan as plan_text, printable};
use crate::source::{Template, deployed, notes, place_in_definition};

/// A stack on its way: what it should be, and what that takes.
pub(crate) struct Job<'a> {
    pub(crate) target: &'a Target,
    pub(crate) env: &'a EnvConfig,
    /// What reports call it: the stack, with its environment where there are several.
    pub(crate) label: String,
    pub(crate) stack: &'a Stack,
    pub(crate) rendered: Rendered,
    pub(crate) plan: Plan,
    /// The plan as people review it.
    pub(crate) comparison: Comparison,
    /// What runs.
    pub(crate) found: Option<Template>,
    /// What changes beside the template. Of a stack that is new everything is, and nothing is here.
    settings: Vec<Change>,
}

impl Job<'_> {
    pub(crate) fn has_changes(&self) -> bool {
        !self.plan.steps.is_empty() || !self.settings.is_empty()
    }

    /// Returns what a reader should know beside the plan, a line each.
    pub(crate) fn notes(&self) -> Vec<String> {
        let of_found = self.found.iter().flat_map(|found| found.notes.clone());
        notes(&self.stack.id, &self.rendered).into_iter().chain(of_found).collect()
    }

    /// Returns the stack as it is.
    pub(crate) fn deployed(&self) -> Option<&cloud_stack::Stack> {
        self.found.as_ref().and_then(Template::stack)
    }

    pub(crate) fn tags_differ(&self) -> bool {
        self.settings.iter().any(|change| change.path.starts_with("/Tags/"))
    }

    /// Returns what termination protection is to be set to, where it is not so already.
    pub(crate) fn termination_protection(&self) -> Option<bool> {
        let now = self.deployed().is_some_and(|deployed| deployed.termination_protection);
        self.stack.termination_protection.filter(|wanted| *wanted != now)
    }

    /// Returns the stack policy to be set, where it is not so already.
    pub(crate) fn policy(&self) -> Option<&Value> {
        let differs = self.settings.iter().any(|change| change.path == "/StackPolicyBody");
        self.stack.policy.as_ref().filter(|_| differs || self.found.is_none())
    }
}

/// Plans the way from what is deployed to what is wanted.
pub(crate) async fn plan_stack<'a>(
    target: &'a Target,
    env: &'a EnvConfig,
    stack: &'a Stack,
    rendered: Rendered,
    plan_options: &PlanOptions,
    options: &Options,
) -> Result<Job<'a>> {
    let name = stack.name.as_deref().unwrap_or_default();
    let found = deployed(&target.cloudformation, name).await?;
    let deployed = found.as_ref().and_then(Template::stack);
    let parameters = options.parameters_of(&rendered.template, &env.parameters);
    let deployed_parameters = deployed.map(|deployed| deployed.parameters.clone()).unwrap_or_default();
    // What is left out stays as it is.
    let wanted_parameters = deployed_parameters.clone().into_iter().chain(parameters).collect();
    let plan_options = PlanOptions {
        deployed_parameters: Some(deployed_parameters),
        wanted_parameters: Some(wanted_parameters),
        ..plan_options.clone()
    };
    let plan = plan(found.as_ref().map(|found| &found.value), &rendered.template, &plan_options);
    let settings = match deployed {
        None => Vec::new(),
        Some(deployed) => settings(&settings_of(target, deployed, stack).await?, &wanted_settings(stack)),
    };
    let locate = |change: &Change| place_in_definition(stack, change);
    let mut comparison = Comparison {
        stack_name: stack.name.clone(),
        at: Some(stack.at.clone()),
        ..Comparison::of(&stack.id, ["deployed", "definitions"], &plan, locate)
    };
    let located = |change: &Change| Located { at: locate(change), change: change.clone() };
    comparison.changes.extend(settings.iter().map(located));
    comparison.digests = Some(Digests {
        deployed: digest(&json!([
            found.as_ref().map(|found| &found.value),
            plan_options.deployed_parameters,
            deployed.map(|deployed| (&deployed.tags, deployed.termination_protection)),
        ])),
        wanted: digest(&json!([
            rendered.template,
            plan_options.wanted_parameters,
            (&stack.tags, stack.termination_protection, &stack.policy),
        ])),
    });
    let label = target.label(&stack.id);
    Ok(Job { target, env, label, stack, rendered, plan, comparison, found, settings })
}

/// Returns what a stack has beside its template. Its policy takes a call of its own, made only where a policy is wanted.
async fn settings_of(
    target: &Target,
    deployed: &cloud_stack::Stack,
    wanted: &Stack,
) -> Result<StackSettings> {
    let policy = match wanted.policy {
        Some(_) => protection::policy(&target.cloudformation, &deployed.id).await?,
        None => None,
    };
    Ok(StackSettings {
        tags: deployed.tags.clone(),
        termination_protection: Some(deployed.termination_protection),
        policy: policy.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))),
        ..StackSettings::default()
    })
}

fn wanted_settings(stack: &Stack) -> StackSettings {
    StackSettings {
        tags: stack.tags.clone(),
        termination_protection: stack.termination_protection,
        policy: stack.policy.clone(),
        ..StackSettings::default()
    }
}

/// Returns the jobs of each place, which come one after the other.
pub(crate) fn by_target<'a, 'j>(jobs: &'j [Job<'a>]) -> impl Iterator<Item = &'j [Job<'a>]> {
    jobs.chunk_by(|one, next| std::ptr::eq(one.target, next.target))
}

/// Shows the plans of all stacks.
pub(crate) fn show(jobs: &[Job<'_>], reporter: &mut Reporter) {
    for jobs in by_target(jobs) {
        reporter.say(&format!("Plan for {}:", jobs[0].target.name));
        for job in jobs {
            let name = job.stack.name.as_deref().unwrap_or_default();
            reporter.say(&format!("{} ({name}): {}", job.label, plan_text::summary(&job.comparison)));
            for note in job.notes() {
                reporter.say(&format!("note: {}", printable(&note)));
            }
            let changes = plan_text::changes(&job.comparison.changes);
            if !changes.is_empty() {
                reporter.say(changes.trim_end());
            }
        }
    }
}

/// Returns an error for a table that is allowed to be replaced and does not exist: a slip of the fingers must not pass for
/// consent.
pub(crate) fn know(allowed: &BTreeSet<String>, jobs: &[Job<'_>]) -> Result<()> {
    let tables = jobs.iter().flat_map(|job| job.stack.tables.iter().map(|table| table.id.as_str()));
    let changed =
        jobs.iter().flat_map(|job| job.plan.changes.iter().map(|change| change.logical_id.as_str()));
    let known: Vec<&str> = tables.chain(changed).collect();
    let Some(unknown) = allowed.iter().find(|table| !known.contains(&table.as_str())) else { return Ok(()) };
    let error = CommandError::usage(format!("there is no table `{unknown}` to replace"));
    Err(match nearest(unknown, &known) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    })
}

/// Returns a digest of a value; keys of objects are sorted, so that it is the same for the same value.
fn digest(value: &Value) -> String {
    let mut digest = "sha256:".to_owned();
    for byte in Sha256::digest(value.to_string()) {
        write!(digest, "{byte:02x}").expect("writing to a String does not fail");
    }
    digest
}

/// Holds jobs against a plan that was reviewed: nothing else is executed.
pub(crate) fn hold_to(reviewed: &Reviewed, jobs: &[Job<'_>]) -> Result<()> {
    for job in jobs {
        let Some(now) = &job.comparison.digests else { continue };
        let stack_name = job.stack.name.as_deref().unwrap_or_default();
        let why = match reviewed.digests(stack_name) {
            None if !job.has_changes() => continue,
            None => "the plan does not have it".to_owned(),
            Some(then) if then == *now => continue,
            Some(then) if then.deployed != now.deployed => "what is deployed has changed since".to_owned(),
            Some(_) => "what is wanted has changed since".to_owned(),
        };
        return Err(CommandError::new(
            Exit::Stale,
            anyhow!("the plan that was reviewed does not hold for stack {}: {why}", job.stack.id),
        )
        .hint("nothing was changed; make the plan again (`tablewright diff --report json=FILE`), and have it reviewed"));
    }
    Ok(())
}

/// Lets pass what loses nothing, or what was allowed by name; and nothing from `deny` on.
pub(crate) fn gate(jobs: &[Job<'_>], deny: Option<Verdict>) -> Result<()> {
    for (job, deny) in jobs.iter().filter_map(|job| Some((job, deny?))) {
        let worst = job.comparison.verdict();
        if job.has_changes() && worst >= deny {
            return Err(CommandError::new(
                Exit::Refused,
                anyhow!(
                    "stack {} has a change of verdict {worst}, and `--deny` stops at {deny}; nothing was changed",
                    job.stack.id
                ),
            ));
        }
    }
    let Some(job) = jobs.iter().find(|job| job.plan.is_stopped()) else {
        return Ok(());
    };
    let worst = job.plan.changes.iter().max_by_key(|change| change.verdict);
    let what = worst.map_or_else(String::new, |change| format!("{}: {}", change.logical_id, change.why));
    let error = CommandError::new(
        Exit::Refused,
        anyhow!("the plan of stack {} is refused, and nothing was changed: {what}", job.stack.id),
    )
    .hint("the plan above says what to do instead");
    Err(match job.plan.verdict() {
        Verdict::ReplacementKept | Verdict::DataLoss => {
            let tables = job.plan.changes.iter().filter(|change| change.verdict >= Verdict::ReplacementKept);
            let mut flags: Vec<String> =
                tables.map(|change| format!("--allow-replace {}", change.logical_id)).collect();
            flags.dedup();
            error.hint(format!("if it is meant: `{}`", flags.join(" ")))
        }
        Verdict::None | Verdict::InPlace | Verdict::InPlaceWithRisk | Verdict::Staged | Verdict::Refused => {
            error
        }
    })
}

/// Holds CloudFormation's change set against the plan: it may not replace or delete a table that the plan keeps.
pub(crate) fn agree(job: &Job<'_>, change_set: &ChangeSet) -> Result<()> {
    use tablewright_cloudformation::change_set::change::{ChangeAction, PolicyAction, Replacement};
    for change in &change_set.changes {
        let destroys = match (&change.action, &change.policy_action) {
            (ChangeAction::Remove, Some(PolicyAction::Retain)) => false,
            (ChangeAction::Remove, _) => true,
            (ChangeAction::Modify, Some(action)) => action.as_str().starts_with("Replace"),
            (ChangeAction::Modify, None) => change.replacement == Some(Replacement::True),
            _ => false,
        };
        let expected = job.plan.changes.iter().any(|planned| {
            planned.logical_id == change.logical_id && planned.verdict >= Verdict::ReplacementKept
        });
        if destroys && !expected && change.resource_type.starts_with("AWS::DynamoDB::") {
            return Err(CommandError::new(
                Exit::Refused,
                anyhow!(
                    "CloudFormation would replace or delete `{}`, which the plan keeps; nothing was changed",
                    change.logical_id
                ),
            )
            .hint("the plan and CloudFormation must agree about a table; please report this with both templates"));
        }
    }
    Ok(())
}
