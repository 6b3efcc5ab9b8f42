//! The edits of one step.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::compare::Finding;
use crate::path::Path;
use crate::{Action, Wait};

/// The edits of one step, applied after those of the steps before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepEdits<'a> {
    pub(crate) values: Vec<Edit<'a>>,
    /// The findings that the step carries out, for the summary.
    pub(crate) findings: BTreeSet<usize>,
    pub(crate) indexes: Vec<IndexEdit>,
    /// Further lines of the summary.
    pub(crate) notes: Vec<String>,
    pub(crate) waits: Vec<Wait>,
}

/// A value to be set at a path, or removed.
#[derive(Clone, Debug)]
pub(crate) struct Edit<'a> {
    pub(crate) path: Path,
    pub(crate) to: Option<Cow<'a, Value>>,
}

/// The creation or deletion of an index.
#[derive(Clone, Debug)]
pub(crate) struct IndexEdit {
    pub(crate) table: String,
    pub(crate) name: String,
    pub(crate) creates: bool,
}

impl<'a> StepEdits<'a> {
    pub(crate) fn write(&mut self, path: Path, to: Option<Cow<'a, Value>>) {
        self.values.push(Edit { path, to });
    }

    /// Writes the wanted value of the finding.
    pub(crate) fn carry_out(&mut self, at: usize, finding: &Finding<'a>) {
        if let Action::Move { from } = &finding.change.action {
            self.write(Path::entry("Resources", from), None);
        }
        self.write(finding.path.clone(), finding.after.map(Cow::Borrowed));
        self.findings.insert(at);
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.values.extend(other.values);
        self.findings.extend(other.findings);
        self.indexes.extend(other.indexes);
        self.notes.extend(other.notes);
        self.waits.extend(other.waits);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// Returns the edits of this step, adding empty ones up to it.
pub(crate) fn edits_at<'r, 'a>(steps: &'r mut Vec<StepEdits<'a>>, at: usize) -> &'r mut StepEdits<'a> {
    if steps.len() <= at {
        steps.resize_with(at + 1, StepEdits::default);
    }
    &mut steps[at]
}
