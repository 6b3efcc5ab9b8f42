//! The content of a review: comparisons of two templates with their changes, and the problems of the definitions.

use serde_json::Value;
use tablewright::{Place, Problem};
use tablewright_plan::{AccessChange, Change, Plan, Verdict, Wait};

/// Everything that a reviewer is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Review {
    /// One for each stack, and for each environment it was compared in.
    pub comparisons: Vec<Comparison>,
    /// What is wrong with the definitions.
    pub problems: Vec<FoundProblem>,
    /// Where something that has no place of its own is shown, such as the line that lists the stacks.
    pub at: Option<Place>,
}

/// A problem of the definitions, and the environments in which it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundProblem {
    /// The problem.
    pub problem: Problem,
    /// Their names, where several were looked at.
    pub environments: Vec<String>,
}

impl From<Problem> for FoundProblem {
    fn from(problem: Problem) -> Self {
        Self { problem, environments: Vec::new() }
    }
}

/// The comparison of two templates of a stack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// The stack as the definitions call it.
    pub stack: String,
    /// The stack as CloudFormation knows it.
    pub stack_name: Option<String>,
    /// The environment that the definitions were made for.
    pub environment: Option<String>,
    /// What was compared, as people say it: `deployed`, `stacks/rendered/prod/notes.yaml at main`.
    pub before: String,
    /// The other side of the comparison: `definitions`, a file.
    pub after: String,
    /// The file of the wanted template in the repository: where a change without a Rust line is shown.
    pub template: Option<String>,
    /// The Rust line of the stack's definition.
    pub at: Option<Place>,
    /// Every change, in the order of the plan.
    pub changes: Vec<Located>,
    /// What somebody may do from now on, or no longer.
    pub access: Vec<AccessChange>,
    /// The updates that bring the one to the other.
    pub steps: Vec<Step>,
    /// What the plan was made from, where a deployment is to be held to it.
    pub digests: Option<Digests>,
    /// The tables that change, as they are now: `$defs/table` of the JSON Schema.
    pub tables: Vec<Value>,
    /// The two templates as a unified diff.
    pub text_diff: Option<String>,
    /// Whether there are changes that no step carries out.
    pub stopped: bool,
}

/// What a plan was made from, as digests: one of what was deployed, one of what was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Of what was deployed: template, parameters and what the stack has beside them.
    pub deployed: String,
    /// Of what was wanted.
    pub wanted: String,
    /// The account that it is deployed to, where it is known.
    pub account: Option<String>,
    /// The Region that it is deployed to.
    pub region: String,
    /// When the plan was made, in RFC 3339.
    pub made: Option<String>,
}

/// A change, and the place of its definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Located {
    /// The change.
    pub change: Change,
    /// The Rust line.
    pub at: Option<Place>,
    /// The path of the change with names for the items of lists, where they have some: see [`Comparison::name_items`].
    pub path: Option<String>,
}

impl Located {
    /// Creates a change at a place.
    #[must_use]
    pub fn new(change: Change, at: Option<Place>) -> Self {
        Self { change, at, path: None }
    }
}

/// One update of the stack, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Descriptions of what it does.
    pub summary: Vec<String>,
    /// What must be true before the next step, and before the last one counts as done.
    pub waits: Vec<Wait>,
}

impl Review {
    /// Returns the worst verdict of all comparisons.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.comparisons.iter().map(Comparison::verdict).max().unwrap_or_default()
    }

    /// Returns whether anything would change.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.comparisons.iter().any(Comparison::has_changes)
    }

    /// Returns whether somebody can do more than before.
    #[must_use]
    pub fn widens_access(&self) -> bool {
        self.comparisons.iter().flat_map(|comparison| &comparison.access).any(AccessChange::widens)
    }

    /// Names every file as `path` names it, such as relative to the root of a repository, where code hosts look for it.
    ///
    /// What `path` has no name for, such as the source of a dependency, is shown at the next place that it has one for: a change at its
    /// stack, a stack at its template, anything else at [`at`](Self::at).
    ///
    /// ```
    /// use tablewright::Problem;
    /// use tablewright_review::Review;
    ///
    /// let problem = Problem::error("N1", &"notes.rs:9".parse()?, "no name");
    /// let mut review = Review { problems: vec![problem.into()], ..Review::default() };
    /// review.rename_files(|file| Some(format!("stacks/{file}")));
    /// assert_eq!(review.problems[0].problem.at.to_string(), "stacks/notes.rs:9");
    /// # Ok::<(), String>(())
    /// ```
    pub fn rename_files(&mut self, path: impl Fn(&str) -> Option<String>) {
        let renamed = |at: Option<Place>| at.and_then(|at| Some(Place { file: path(&at.file)?, ..at }));
        self.at = renamed(self.at.take());
        for comparison in &mut self.comparisons {
            comparison.at = renamed(comparison.at.take());
            comparison.template = comparison.template.take().and_then(|file| path(&file));
            for located in &mut comparison.changes {
                located.at = renamed(located.at.take());
            }
        }
        for FoundProblem { problem, .. } in &mut self.problems {
            let at = renamed(Some(problem.at.clone())).or_else(|| self.at.clone());
            problem.at = at.unwrap_or_else(|| problem.at.clone());
        }
    }
}

impl Comparison {
    /// Creates the comparison from a plan; `locate` returns the Rust line of a change.
    ///
    /// The two texts say what was compared: `deployed` and `definitions`.
    #[must_use]
    pub fn of(
        stack: &str,
        [before, after]: [&str; 2],
        plan: &Plan,
        locate: impl Fn(&Change) -> Option<Place>,
    ) -> Self {
        let located = |change: &Change| Located::new(change.clone(), locate(change));
        let steps = plan.steps.iter();
        Self {
            stack: stack.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
            changes: plan.changes.iter().map(located).collect(),
            access: plan.access.clone(),
            steps: steps
                .map(|step| Step { summary: step.summary.clone(), waits: step.waits.clone() })
                .collect(),
            stopped: plan.is_stopped(),
            ..Self::default()
        }
    }

    /// Names what changes in a list by the name of its item, such as that of an index, instead of its number. `entry` returns the
    /// entry of a template, such as a resource, into which the path of a change points.
    pub fn name_items<'a>(&mut self, entry: impl Fn(&Change) -> Option<&'a Value>) {
        for located in &mut self.changes {
            located.path = entry(&located.change).and_then(|entry| named_path(entry, &located.change.path));
        }
    }

    /// Returns the worst verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.changes.iter().map(|located| located.change.verdict).max().unwrap_or_default()
    }

    /// Returns whether anything would change.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }
}

/// The properties that name an item of a list, in the order in which they are looked for.
const NAMES: [&str; 7] = ["IndexName", "Region", "AttributeName", "Key", "PolicyName", "Sid", "Name"];

/// Returns a JSON pointer with the names of items instead of their numbers; `None` where there are none.
fn named_path(entry: &Value, path: &str) -> Option<String> {
    let (mut found, mut named, mut has_name) = (Some(entry), String::new(), false);
    for key in path.split('/').skip(1) {
        let item = found.and_then(|value| value.pointer(&format!("/{key}")));
        let is_item = found.is_some_and(Value::is_array);
        let name =
            item.filter(|_| is_item).and_then(|item| NAMES.iter().find_map(|name| item[*name].as_str()));
        has_name |= name.is_some();
        named = format!("{named}/{}", name.unwrap_or(key));
        found = item;
    }
    has_name.then_some(named)
}
