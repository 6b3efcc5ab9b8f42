//! U1: unused parameters, mappings and conditions, as in cfn-lint's W2001, W7001 and W8001.

use std::collections::HashSet;

use tablewright_template::Reference;

use crate::check::reference::find::Use;
use crate::place::Place;
use crate::problem::Problem;
use crate::stack::Stack;

pub(super) fn check(stack: &Stack, uses: &[Use], problems: &mut Vec<Problem>) {
    let mut names: HashSet<&str> = HashSet::new();
    let mut mappings: HashSet<&str> = HashSet::new();
    let mut conditions: HashSet<&str> = HashSet::new();
    let mut any_mapping = false;
    for Use { of, .. } in uses {
        match of {
            Reference::Name(name) => drop(names.insert(name)),
            Reference::Condition(name) | Reference::If(name) => drop(conditions.insert(name)),
            Reference::Mapping { map: Some(map), .. } => drop(mappings.insert(map)),
            // The name is computed by an intrinsic function.
            Reference::Mapping { map: None, .. } => any_mapping = true,
            // A macro may use anything, and so may an intrinsic function that cannot be parsed.
            Reference::Macro | Reference::Malformed(_) => return,
            Reference::Attribute { .. } | Reference::DependsOn(_) => {}
        }
    }
    let parameters = stack.parameters.iter().map(|one| (&one.name, &one.at));
    let mut unused = |what: &str, of_linter: &str, name: &str, at: &Place| {
        problems.push(
            Problem::warning("U1", at, format!("{what} `{name}` of stack `{}` is not used", stack.id))
                .help(format!("remove it (cfn-lint {of_linter})")),
        );
    };
    for (name, at) in parameters.filter(|(name, _)| !names.contains(name.as_str())) {
        unused("parameter", "W2001", name, at);
    }
    for mapping in stack.mappings.iter().filter(|one| !any_mapping && !mappings.contains(one.name.as_str())) {
        unused("mapping", "W7001", &mapping.name, &mapping.at);
    }
    for condition in stack.conditions.iter().filter(|one| !conditions.contains(one.name.as_str())) {
        unused("condition", "W8001", &condition.name, &condition.at);
    }
}
