//! H5, H6: termination protection and stack policy of a stack with tables.

use crate::check::profile::judged::Judged;
use crate::check::profile::rule::{self, Rule};
use crate::check::profile::{Policy, problem, stack_policy};
use crate::problem::Problem;
use crate::stack::Stack;

pub(super) fn check(stack: &Stack, tables: &[Judged<'_>], policy: &Policy, problems: &mut Vec<Problem>) {
    let id = &stack.id;
    let mut broken = |rule: &Rule, message: String, help: &str| {
        if let Some(severity) = rule.severity(policy) {
            problems.push(problem(rule, severity, &stack.at, message, help));
        }
    };
    if stack.termination_protection != Some(true) {
        broken(
            &rule::TERMINATION_PROTECTION,
            format!("termination protection of stack `{id}` is off"),
            "set `.termination_protection(true)`, or use the default of the environment",
        );
    } else if !policy.protected {
        broken(
            &rule::LEAVES_NOTHING,
            format!("termination protection of stack `{id}` is on: `destroy` cannot delete it"),
            "remove `.termination_protection(true)`, or pass `env.protected()`",
        );
    }
    let allowed = tables.iter().find_map(|table| {
        let mut actions = ["Update:Replace", "Update:Delete"].into_iter();
        let action = actions.find(|action| !stack_policy::denies(stack.policy.as_ref(), action, table))?;
        Some((action, table.id))
    });
    if let Some((action, table)) = allowed {
        broken(
            &rule::STACK_POLICY,
            format!("the stack policy of stack `{id}` allows `{action}` of table `{table}`"),
            "use `.keep_tables()`, or deny it in `.policy(…)`",
        );
    }
}
