//! The rules: the verdict of a difference, and how it has to be deployed.
//!
//! A rule gets one difference with the two resources around it, and returns a [`Judgement`]. `table` has a row for each property;
//! the other modules have rules that need more context. Steps are not ordered here. `Replacement` of a change set is not used, as
//! it is `Conditional` for tables.

mod identity;
mod index;
mod known_types;
mod resource;
mod settings;
mod stack;
mod table;

use serde_json::Value;

use crate::path::Path;
use crate::recipe::{self, Language};
use crate::view::{Templates, retains};
use crate::{Recipe, Verdict};

pub(crate) use identity::{index_redefinitions, kept_or_lost, replacement};
pub(crate) use index::{ONE_INDEX, not_separable, projected, unknown_index_definition};
pub use known_types::is_harmless;
pub(crate) use known_types::{is_container, known_type};
pub(crate) use resource::{
    added, attribute, clashing_name, clashing_target, depends_on_condition, moved, removed, type_changed,
    unknown_content, unknown_value,
};
pub(crate) use settings::stream_still_read;
pub(crate) use stack::{followed_definition, macro_at_work, section_entry, transform, unused_definition};
pub(crate) use table::{is_fixed, judged_place, of_property, stops_at};

/// One difference inside a resource, and what stands around it.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) templates: Templates<'a>,
    pub(crate) id: &'a str,
    pub(crate) deployed: &'a Value,
    pub(crate) wanted: &'a Value,
    pub(crate) path: &'a Path,
    pub(crate) before: Option<&'a Value>,
    pub(crate) after: Option<&'a Value>,
    /// The text is unchanged; the resource that it refers to is replaced.
    pub(crate) by_reference: bool,
}

/// What a difference means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    pub(crate) why: String,
    pub(crate) server_text: Option<String>,
    pub(crate) recipe: Option<Recipe>,
    pub(crate) stage: Stage,
}

/// How a difference must be brought to AWS when there are others beside it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stage {
    /// Nothing is updated: definitions are written with the first step, everything else with the last.
    NoEffect,
    /// May share an update with others; before the indexes.
    Free,
    /// DynamoDB requires it to be the only operation of an `UpdateTable` call.
    Exclusive(Setting),
    /// An index is created, deleted, or both.
    Index(IndexChange),
    /// An attribute definition: recomputed for every step.
    Definition,
    /// The first step sets this value (`None` removes the property), the second one the wanted value.
    TwoSteps { first: Option<Value>, wait: Transition },
    /// Comes after the indexes.
    Last,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexChange {
    Create,
    Delete,
    Redefine,
}

/// What has to take effect between the two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Transition {
    TimeToLive,
    Kinesis,
}

/// The settings that DynamoDB changes one at a time, in the order in which the plan does: billing first, since
/// what an index may say about capacity depends on it; the stream before replicas, which need one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Setting {
    Billing,
    Throughput,
    Stream,
    Encryption,
    TableClass,
    WarmThroughput,
    DeletionProtection,
    Replica,
}

impl Case<'_> {
    fn language(&self) -> Language {
        self.templates.options.language
    }

    /// Returns whether the deployed resource is retained when it leaves the template.
    fn is_retained(&self) -> bool {
        retains(self.deployed, "DeletionPolicy")
    }

    /// Returns the recipe for a property that is fixed when a table is created.
    pub(crate) fn new_table(&self, what: &str) -> Recipe {
        recipe::new_table(self.language(), self.id, self.is_retained(), what)
    }
}

impl Judgement {
    pub(crate) fn new(verdict: Verdict, why: impl Into<String>) -> Self {
        let stage = if verdict == Verdict::None { Stage::NoEffect } else { Stage::Free };
        Self { verdict, why: why.into(), server_text: None, recipe: None, stage }
    }

    fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    fn server(self, text: impl Into<String>) -> Self {
        Self { server_text: Some(text.into()), ..self }
    }

    fn recipe(self, recipe: Recipe) -> Self {
        Self { recipe: Some(recipe), ..self }
    }
}
