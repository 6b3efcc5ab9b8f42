//! Consent to the loss of a resource: it names the environment, the stack and the resource, and the verdict that it covers.

use std::fmt;
use std::str::FromStr;

use tablewright_plan::Verdict;

/// Consent to a change that replaces or deletes one resource.
///
/// It holds in one stack of one environment only, and for no worse verdict than the one that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Which resource.
    pub resource: ResourcePath,
    /// The worst verdict that is consented to: [`Verdict::ReplacementKept`] or [`Verdict::DataLoss`].
    pub verdict: Verdict,
}

/// A resource of a stack of an environment, written `ENVIRONMENT/STACK/RESOURCE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePath {
    /// The environment's name.
    pub environment: String,
    /// The stack's id in the definitions.
    pub stack: String,
    /// The resource's logical id; in a nested stack the ids that lead to it, such as `Child/Orders`.
    pub logical_id: String,
}

/// The text is not a [`ResourcePath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a resource is named by its environment, its stack and its logical id, such as `prod/notes/Note`")]
pub struct NotAResourcePath;

impl FromStr for ResourcePath {
    type Err = NotAResourcePath;

    fn from_str(text: &str) -> Result<Self, NotAResourcePath> {
        let parts: Vec<&str> = text.splitn(3, '/').collect();
        match parts[..] {
            [environment, stack, logical_id] if text.split('/').all(|part| !part.is_empty()) => Ok(Self {
                environment: environment.to_owned(),
                stack: stack.to_owned(),
                logical_id: logical_id.to_owned(),
            }),
            _ => Err(NotAResourcePath),
        }
    }
}

impl fmt::Display for ResourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.environment, self.stack, self.logical_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_named_by_three_parts() {
        let path: ResourcePath = "prod/notes/Note".parse().unwrap();
        assert_eq!(path.to_string(), "prod/notes/Note");
        assert_eq!("prod/shop/Child/Orders".parse::<ResourcePath>().unwrap().logical_id, "Child/Orders");
        for text in ["", "Note", "notes/Note", "prod/notes/", "/notes/Note", "a/b/c/"] {
            assert_eq!(text.parse::<ResourcePath>(), Err(NotAResourcePath), "{text}");
        }
    }
}
