//! Problems of a definition.

use serde::Serialize;

use crate::place::Place;

/// A problem of a definition, with its source location and how to fix it.
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
    /// The id of the rule, such as `K2`. Ids are stable.
    pub rule: String,
    /// Whether it prevents a deployment.
    pub severity: Severity,
    /// Source location.
    pub at: Place,
    /// The problem, in one line.
    pub message: String,
    /// How to fix it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The error message that AWS would return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_text: Option<String>,
}

/// Severity of a problem.
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
    /// It can be deployed, but is probably a mistake.
    Warning,
    /// AWS would reject it, or a policy requires it to be fixed.
    Error,
}

impl Problem {
    /// Creates an error.
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

    /// Creates a warning.
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

    /// Adds how to fix it.
    ///
    /// See [`Problem`].
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the error message that AWS would return.
    ///
    /// See [`Problem`].
    #[must_use]
    pub fn server_text(mut self, text: impl Into<String>) -> Self {
        self.server_text = Some(text.into());
        self
    }
}
