//! What is written in one step.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::compare::Finding;
use crate::path::Path;
use crate::{Action, Wait};

/// The edits of one step, on top of those before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rung<'a> {
    pub(crate) edits: Vec<Edit<'a>>,
    /// The findings that it carries out, for the summary.
    pub(crate) findings: BTreeSet<usize>,
    pub(crate) indexes: Vec<IndexStep>,
    /// What it does besides, in words.
    pub(crate) notes: Vec<String>,
    pub(crate) waits: Vec<Wait>,
}

/// A value that is put at a place, or taken away.
#[derive(Clone, Debug)]
pub(crate) struct Edit<'a> {
    pub(crate) path: Path,
    pub(crate) to: Option<Cow<'a, Value>>,
}

/// An index that appears or vanishes.
#[derive(Clone, Debug)]
pub(crate) struct IndexStep {
    pub(crate) table: String,
    pub(crate) name: String,
    pub(crate) creates: bool,
}

impl<'a> Rung<'a> {
    pub(crate) fn write(&mut self, path: Path, to: Option<Cow<'a, Value>>) {
        self.edits.push(Edit { path, to });
    }

    /// Writes what the finding wants.
    pub(crate) fn carry_out(&mut self, at: usize, finding: &Finding<'a>) {
        if let Action::Move { from } = &finding.change.action {
            self.write(Path::entry("Resources", from), None);
        }
        self.write(finding.path.clone(), finding.after.map(Cow::Borrowed));
        self.findings.insert(at);
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.edits.extend(other.edits);
        self.findings.extend(other.findings);
        self.indexes.extend(other.indexes);
        self.notes.extend(other.notes);
        self.waits.extend(other.waits);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }
}

/// Returns the rung at this place, making those that are missing.
pub(crate) fn rung_at<'r, 'a>(rungs: &'r mut Vec<Rung<'a>>, at: usize) -> &'r mut Rung<'a> {
    if rungs.len() <= at {
        rungs.resize_with(at + 1, Rung::default);
    }
    &mut rungs[at]
}
