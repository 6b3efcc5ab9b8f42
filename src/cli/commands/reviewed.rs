//! A plan that was reviewed: the JSON of `diff`, read again before a deployment.

use std::fs;
use std::path::Path;

use anyhow::anyhow;
use serde::Deserialize;
use tablewright_review::{Digests, SCHEMA};

use crate::error::{CommandError, Result};
use crate::exit::Exit;

/// What a deployment is held to.
#[derive(Debug)]
pub(crate) struct Reviewed(Vec<Comparison>);

#[derive(Debug, Deserialize)]
struct Document {
    schema: u64,
    #[serde(default)]
    comparisons: Vec<Comparison>,
}

#[derive(Debug, Deserialize)]
struct Comparison {
    stack_name: Option<String>,
    digests: Option<DigestsOfPlan>,
}

#[derive(Debug, Deserialize)]
struct DigestsOfPlan {
    deployed: String,
    wanted: String,
}

impl Reviewed {
    /// Reads the plan.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let shown = file.display();
        let how = "it is what `tablewright diff --report json=FILE` writes, against what is deployed";
        let text = fs::read(file)
            .map_err(|error| CommandError::new(Exit::Usage, error).context(format!("cannot read {shown}")))?;
        let value: serde_json::Value = serde_json::from_slice(&text).map_err(|error| {
            CommandError::new(Exit::Usage, error).context(format!("{shown} is not JSON")).hint(how)
        })?;
        let document: Document = serde_json::from_value(value).map_err(|error| {
            CommandError::new(Exit::Usage, anyhow!("{error}"))
                .context(format!("{shown} is no plan"))
                .hint(how)
        })?;
        if document.schema != u64::from(SCHEMA) {
            return Err(CommandError::new(
                Exit::Stale,
                anyhow!(
                    "{shown} is of another version: schema {}, and this version has {SCHEMA}",
                    document.schema
                ),
            )
            .hint("make the plan with the version that deploys it"));
        }
        let comparisons = document.comparisons;
        if !comparisons.is_empty() && comparisons.iter().all(|comparison| comparison.digests.is_none()) {
            return Err(
                CommandError::usage(format!("{shown} compares with nothing that is deployed")).hint(how)
            );
        }
        Ok(Self(comparisons))
    }

    /// Returns what was reviewed of a stack, by its name in CloudFormation.
    pub(crate) fn digests(&self, stack_name: &str) -> Option<Digests> {
        let of_stack = self.0.iter().find(|comparison| comparison.stack_name.as_deref() == Some(stack_name));
        let DigestsOfPlan { deployed, wanted } = of_stack?.digests.as_ref()?;
        Some(Digests { deployed: deployed.clone(), wanted: wanted.clone() })
    }
}
