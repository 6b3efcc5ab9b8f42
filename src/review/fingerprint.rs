//! What a finding is about, as a number that is the same in every run.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::finding::Finding;
use crate::{FoundProblem, Wording};

/// Returns what a finding is about, without what moves when a file is edited: lines, values, the verdict.
pub(crate) fn fingerprint(finding: Finding<'_>, seen: &mut BTreeMap<String, usize>) -> String {
    let parts = match finding {
        Finding::Change { comparison, located } => {
            let change = &located.change;
            let environment = comparison.environment.as_deref().unwrap_or_default();
            let name = Wording::located(located).name;
            ["change", &comparison.stack, environment, change.action.as_str(), &change.section, &name]
                .join("\0")
        }
        Finding::Problem(FoundProblem { problem, .. }) => {
            ["problem", &problem.rule, &problem.at.file, &without_lines(&problem.message)].join("\0")
        }
    };
    // Two of a kind are told apart by their order.
    let count = seen.entry(parts.clone()).or_default();
    *count += 1;
    hex::encode(&Sha256::digest(format!("{parts}\0{count}"))[..16])
}

/// A message may name another place: `notes.rs:14` → `notes.rs:`.
fn without_lines(message: &str) -> String {
    let mut out = String::new();
    for c in message.chars() {
        if !(c.is_ascii_digit() && out.ends_with(':')) {
            out.push(c);
        }
    }
    out
}
