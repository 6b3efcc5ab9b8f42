//! What DynamoDB and CloudFormation would refuse, said before anything is sent, all at once and with the Rust line.
//!
//! In: an [`Assembly`]. Out: every [`Problem`] in it. Each rule has a stable id, says what to do, and quotes the answer of
//! AWS that it prevents. *Invariant:* a rule looks at values only; what tokens can tell, the derive has told already.
//! Expressions are not judged: what they come to is known to CloudFormation alone.

mod index;
mod key;
mod name;
mod settings;
mod stack;
mod throughput;

#[cfg(test)]
mod tests;

use crate::assembly::Assembly;
use crate::problem::Problem;

/// Returns everything that is wrong with an assembly, in the order of the stacks and tables; empty when all is well.
///
/// ```
/// use tablewright::{Assembly, Env, Stack, Table, TableItem, check::check};
///
/// #[derive(serde::Serialize, TableItem)]
/// struct Note {
///     #[ddb(partition)]
///     id: String,
/// }
///
/// let env = Env::new("demo", "dev");
/// let assembly = Assembly::new(&env, &[("notes", |_| {
///     let mut stack = Stack::new("notes");
///     stack.table(Table::of::<Note>().name("ab"));
///     Ok(stack)
/// })]);
/// let problems = check(&assembly);
/// assert_eq!(problems[0].rule, "N1");
/// ```
#[must_use]
pub fn check(assembly: &Assembly) -> Vec<Problem> {
    let mut problems = assembly.problems.clone();
    for stack in &assembly.stacks {
        stack::check(stack, &mut problems);
        for table in &stack.tables {
            name::check(table, &mut problems);
            key::check(table, &mut problems);
            index::check(table, &mut problems);
            throughput::check(table, &mut problems);
            settings::check(table, &mut problems);
        }
    }
    stack::check_across(&assembly.stacks, &mut problems);
    problems
}
