//! Stacks that are deployed under the names of a project and that it no longer defines. Reads only.

use tablewright_cloudformation::stack::{self, StackSummary};

use crate::error::Error;
use crate::target::Target;

/// The names that the stacks of an environment have: the id of a stack between two texts.
///
/// ```
/// use tablewright_deploy::StackNames;
///
/// let names = StackNames::of_pattern(|stack| format!("demo-{stack}-dev")).unwrap();
/// assert_eq!(names.id_of("demo-notes-dev"), Some("notes"));
/// assert_eq!(names.id_of("demo-notes-prod"), None);
/// assert!(StackNames::of_pattern(|stack| stack.to_owned()).is_none(), "every stack would have such a name");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackNames {
    before: String,
    after: String,
}

impl StackNames {
    /// Reads the names off a function that returns the name for an id. `None` where the id alone is the name, so that every stack of
    /// the account has one, or where the id is not in it once.
    #[must_use]
    pub fn of_pattern(name_of: impl Fn(&str) -> String) -> Option<Self> {
        // No name of a stack has this character.
        const ID: &str = "\0";
        let name = name_of(ID);
        let (before, after) = name.split_once(ID)?;
        let is_telling = before.len() + after.len() > 1 && !after.contains(ID);
        is_telling.then(|| Self { before: before.to_owned(), after: after.to_owned() })
    }

    /// Reads the names off stacks, given as ids and names, of a project. `None` where they do not agree, or do not name the project.
    pub fn of_stacks<'a>(
        project: &str,
        stacks: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Option<Self> {
        let mut stacks = stacks.into_iter();
        let (id, name) = stacks.next()?;
        let (before, after) = name.split_once(id)?;
        let names = Self { before: before.to_owned(), after: after.to_owned() };
        let is_of_project = !project.is_empty() && (before.contains(project) || after.contains(project));
        (is_of_project && stacks.all(|(id, name)| names.id_of(name) == Some(id))).then_some(names)
    }

    /// Returns the id in the name of a stack; `None` where it is no such name.
    #[must_use]
    pub fn id_of<'a>(&self, name: &'a str) -> Option<&'a str> {
        name.strip_prefix(&self.before)?.strip_suffix(&self.after).filter(|id| !id.is_empty())
    }

    /// Returns whether every name of `other` is one of these as well, such as those of an environment `dev-eu` beside `dev`.
    fn has_within(&self, other: &Self) -> bool {
        self != other && other.before.starts_with(&self.before) && other.after.ends_with(&self.after)
    }
}

/// Finds the stacks that are deployed under `names` and are not among `defined`, the names of those that are. `others` are the names of
/// other environments: what has one of them is theirs.
///
/// # Errors
///
/// [`Error::Api`] when the stacks cannot be listed.
pub async fn undefined_stacks(
    target: &Target,
    names: &StackNames,
    others: &[StackNames],
    defined: &[String],
) -> Result<Vec<StackSummary>, Error> {
    let others: Vec<&StackNames> = others.iter().filter(|other| names.has_within(other)).collect();
    let is_undefined = |stack: &StackSummary| {
        names.id_of(&stack.name).is_some()
            && !defined.contains(&stack.name)
            && !others.iter().any(|other| other.id_of(&stack.name).is_some())
    };
    let mut stacks = stack::list(&target.cloudformation).await?;
    stacks.retain(is_undefined);
    stacks.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(stacks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_off_stacks_that_agree() {
        let names = |stacks: &[(&'static str, &'static str)]| {
            let names = StackNames::of_stacks("demo", stacks.iter().copied())?;
            Some((names.before, names.after))
        };
        let expected = Some(("demo-".to_owned(), "-dev".to_owned()));
        assert_eq!(names(&[("notes", "demo-notes-dev"), ("shop", "demo-shop-dev")]), expected);
        assert_eq!(names(&[("notes", "demo-notes-dev"), ("shop", "the-shop")]), None);
        assert_eq!(names(&[("notes", "other-notes-dev")]), None, "another project may have such names");
        assert_eq!(names(&[("notes", "notes")]), None);
        assert_eq!(names(&[("notes", "demo")]), None);
        assert_eq!(names(&[]), None);
    }

    #[test]
    fn names_of_another_environment_can_be_within() {
        let names = |env: &str| StackNames::of_pattern(|stack| format!("demo-{env}-{stack}")).unwrap();
        assert!(names("dev").has_within(&names("dev-eu")));
        assert!(!names("dev-eu").has_within(&names("dev")));
        assert!(!names("dev").has_within(&names("dev")));
        assert!(!names("dev").has_within(&names("prod")));
    }
}
