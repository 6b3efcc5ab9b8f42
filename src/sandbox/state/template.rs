//! A template as it is kept: the tree of a text that passed the checks, in long form.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A template that passed the checks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Template(Value);

impl Template {
    /// Wraps a tree. Its sections are unchecked: only the reader of templates may call this.
    pub(crate) fn from_tree(tree: Value) -> Self {
        Self(tree)
    }

    pub(crate) fn tree(&self) -> &Value {
        &self.0
    }

    pub(crate) fn section(&self, name: &str) -> Option<&Map<String, Value>> {
        self.0.get(name).and_then(Value::as_object)
    }

    pub(crate) fn entries(&self, name: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.section(name).into_iter().flatten().map(|(key, value)| (key.as_str(), value))
    }

    pub(crate) fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries("Resources")
    }

    pub(crate) fn resource(&self, logical_id: &str) -> Option<&Value> {
        self.section("Resources")?.get(logical_id)
    }

    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries("Parameters")
    }

    pub(crate) fn outputs(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries("Outputs")
    }

    pub(crate) fn conditions(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries("Conditions")
    }

    pub(crate) fn condition(&self, name: &str) -> Option<&Value> {
        self.section("Conditions")?.get(name)
    }

    pub(crate) fn mapping(&self, name: &str, first: &str, second: &str) -> Option<&Value> {
        self.section("Mappings")?.get(name)?.get(first)?.get(second)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub(crate) fn metadata(&self) -> Option<&Value> {
        self.0.get("Metadata")
    }
}
