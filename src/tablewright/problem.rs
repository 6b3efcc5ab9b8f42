//! Something that is wrong with a definition.

use serde::Serialize;

use crate::place::Place;

/// One thing that is wrong, where it stands, and what to do.
///
/// ```
/// use tablewright::{Place, Problem, Severity};
///
/// let at: Place = "stacks/notes.rs:14".parse()?;
/// let problem = Problem::error("N1", &at, "the name `ab` has 2 characters")
///     .help("use 3 to 255 characters")
///     .server_text("failed to satisfy constraint");
/// assert_eq!(problem.severity, Severity::Error);
/// assert_eq!(problem.at.line, 14);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Problem {
    /// The rule's id, such as `K2`; stable, so that it can be searched for.
    pub rule: String,
    /// Whether it stops a deployment.
    pub severity: Severity,
    /// The Rust line.
    pub at: Place,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What AWS would have answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_text: Option<String>,
}

/// How much a problem matters.
///
/// ```
/// use tablewright::Severity;
///
/// assert!(Severity::Error > Severity::Warning);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It works, and somebody will regret it.
    Warning,
    /// AWS would refuse it, or it is demanded.
    Error,
}

impl Problem {
    /// Makes an error.
    ///
    /// See [`Problem`].
    #[must_use]
    pub fn error(rule: &str, at: &Place, message: impl Into<String>) -> Self {
        Self {
            rule: rule.to_owned(),
            severity: Severity::Error,
            at: at.clone(),
            message: message.into(),
            help: None,
            server_text: None,
        }
    }

    /// Makes a warning.
    ///
    /// ```
    /// use tablewright::{Place, Problem, Severity};
    ///
    /// let problem = Problem::warning("V2", &Place::caller(), "a property is overridden");
    /// assert_eq!(problem.severity, Severity::Warning);
    /// ```
    #[must_use]
    pub fn warning(rule: &str, at: &Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(rule, at, message) }
    }

    /// Adds what to do.
    ///
    /// See [`Problem`].
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what AWS would have answered.
    ///
    /// See [`Problem`].
    #[must_use]
    pub fn server_text(mut self, text: impl Into<String>) -> Self {
        self.server_text = Some(text.into());
        self
    }
}
