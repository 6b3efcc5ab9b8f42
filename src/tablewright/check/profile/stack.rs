//! H5, H6: the guards of a stack that has tables.

use crate::check::profile::judged::Judged;
use crate::check::profile::rule::{self, Rule};
use crate::check::profile::{Demands, problem, stack_policy};
use crate::problem::Problem;
use crate::stack::Stack;

pub(super) fn check(stack: &Stack, tables: &[Judged<'_>], demands: &Demands, problems: &mut Vec<Problem>) {
    let id = &stack.id;
    let mut broken = |rule: &Rule, message: String, help: &str| {
        if let Some(severity) = rule.severity(demands) {
            problems.push(problem(rule, severity, &stack.at, message, help));
        }
    };
    if stack.termination_protection != Some(true) {
        broken(
            &rule::TERMINATION_PROTECTION,
            format!("stack `{id}` can be deleted: termination protection is not on"),
            "`.termination_protection(true)`, or leave it to the environment",
        );
    } else if !demands.protected {
        broken(
            &rule::LEAVES_NOTHING,
            format!("termination protection of stack `{id}` is on: `destroy` cannot delete it"),
            "leave `.termination_protection(true)` out, or make it `env.protected()`",
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
            "`.keep_tables()`, or deny it in `.policy(…)`",
        );
    }
}
