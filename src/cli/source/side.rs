//! The two sides of a comparison, and the pairing of their templates.

use std::collections::BTreeMap;

use crate::error::{CommandError, Result};
use crate::project::nearest;
use crate::source::template::Template;

/// The templates of a source.
#[derive(Debug)]
pub(crate) enum Side {
    /// A single file, for the stack of the other side.
    One(Box<Template>),
    /// Templates by stack id.
    Many(BTreeMap<String, Template>),
}

/// The templates of a stack on both sides; one of them may be missing.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) stack: String,
    pub(crate) against: Option<Template>,
    pub(crate) of: Option<Template>,
}

impl Side {
    /// Returns the stack ids; none for a single file.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        let many = match self {
            Self::One(_) => None,
            Self::Many(templates) => Some(templates.keys().map(String::as_str)),
        };
        many.into_iter().flatten()
    }
}

/// Pairs the templates of two sides by stack id; `wanted` are the selected stacks, empty for all.
pub(crate) fn pair(against: Side, of: Side, wanted: &[String]) -> Result<Vec<Pair>> {
    let (mut against, mut of) = match (against, of) {
        (Side::One(against), Side::One(of)) => {
            let stack = wanted.first().cloned().unwrap_or_else(|| of.stem());
            return Ok(vec![Pair { stack, against: Some(*against), of: Some(*of) }]);
        }
        (Side::One(one), Side::Many(many)) => {
            let stack = stack_of(&one, &many, wanted)?;
            (BTreeMap::from([(stack.clone(), *one)]), only(many, &stack))
        }
        (Side::Many(many), Side::One(one)) => {
            let stack = stack_of(&one, &many, wanted)?;
            (only(many, &stack), BTreeMap::from([(stack, *one)]))
        }
        (Side::Many(against), Side::Many(of)) => (against, of),
    };
    let mut stacks: Vec<String> = against.keys().chain(of.keys()).cloned().collect();
    stacks.sort();
    stacks.dedup();
    if let Some(unknown) = wanted.iter().find(|stack| !stacks.contains(stack)) {
        return Err(unknown_stack(unknown, &stacks));
    }
    stacks.retain(|stack| wanted.is_empty() || wanted.contains(stack));
    let pairs = stacks.into_iter().map(|stack| Pair {
        against: against.remove(&stack),
        of: of.remove(&stack),
        stack,
    });
    Ok(pairs.collect())
}

/// Returns the stack of a single file: the selected one, else the one with the name of the file.
fn stack_of(file: &Template, many: &BTreeMap<String, Template>, wanted: &[String]) -> Result<String> {
    let stacks: Vec<String> = many.keys().cloned().collect();
    match wanted {
        // There is nothing to compare the file with.
        _ if many.is_empty() => Ok(wanted.first().cloned().unwrap_or_else(|| file.stem())),
        [stack] if many.contains_key(stack) => Ok(stack.clone()),
        [stack] => Err(unknown_stack(stack, &stacks)),
        [] if many.contains_key(&file.stem()) => Ok(file.stem()),
        [] if many.len() == 1 => Ok(stacks[0].clone()),
        _ => Err(CommandError::usage(format!("cannot determine the stack of template {}", file.name))
            .hint(format!("pass the id of the stack, one of: {}", stacks.join(", ")))),
    }
}

fn only(mut many: BTreeMap<String, Template>, stack: &str) -> BTreeMap<String, Template> {
    many.remove_entry(stack).into_iter().collect()
}

fn unknown_stack(stack: &str, stacks: &[String]) -> CommandError {
    let mut error = CommandError::usage(format!("neither side has a stack `{stack}`"));
    if let Some(near) = nearest(stack, stacks) {
        error = error.hint(format!("did you mean `{near}`?"));
    }
    error.hint(format!("the stacks are: {}", stacks.join(", ")))
}
