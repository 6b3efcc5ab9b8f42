//! Lowers a stack to CloudFormation resources and properties. Templates only lay them out.

mod global;
mod scaling;
mod shape;
mod stack;
mod table;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::render::Error;
use crate::render::comment::comment;
use crate::render::tree::Tree;
use crate::stack::Stack;
use crate::table::Table;
use crate::table::overrides::Override;
pub(super) use stack::{RESOURCES, Section, sections};

/// A resource of a template.
pub(super) struct Resource<'a> {
    pub(super) id: String,
    /// The name of its template.
    pub(super) template: &'static str,
    /// The comment lines above the resource.
    pub(super) comment: Vec<String>,
    /// The attributes below the logical id, such as `Type` and `Properties`.
    pub(super) body: Vec<(&'static str, Tree<'a>)>,
    /// Properties with overrides, with the overrides applied; `body` does not have them.
    pub(super) overridden: BTreeMap<String, Json>,
}

/// The template for any resource, which those for specific types extend.
pub(super) const RESOURCE_TEMPLATE: &str = "resource.yaml";

/// The only valid `AWSTemplateFormatVersion`.
pub(super) const FORMAT_VERSION: &str = "2010-09-09";

/// A stack as sections and resources, before layout.
pub(super) struct LoweredStack<'a> {
    /// The stack, for its description and raw resources.
    pub(super) stack: &'a Stack,
    pub(super) resources: Vec<Resource<'a>>,
    sections: [Section<'a>; 5],
}

impl<'a> LoweredStack<'a> {
    pub(super) fn of(stack: &'a Stack) -> Result<Self, Error> {
        let resources = resources(stack).collect::<Result<_, _>>()?;
        Ok(Self { stack, resources, sections: sections(stack) })
    }

    /// Returns the sections of the template, in order. The section `Resources` is empty: its entries are `resources` and the raw
    /// resources of `stack`.
    pub(super) fn sections(&self) -> impl Iterator<Item = &Section<'a>> {
        self.sections.iter().filter(|(name, entries)| *name == RESOURCES || !entries.is_empty())
    }

    /// Returns the template as JSON, with intrinsic functions in their long form.
    pub(super) fn to_json(&self) -> Json {
        let mut template = json!({ "AWSTemplateFormatVersion": FORMAT_VERSION });
        if let Some(description) = &self.stack.description {
            template["Description"] = json!(description);
        }
        for (section, entries) in self.sections() {
            let entries = entries.iter().map(|(id, entry)| ((*id).to_owned(), entry.to_json()));
            template[section] = entries.collect::<Map<_, _>>().into();
        }
        let resources = self.resources.iter().map(|resource| (resource.id.clone(), resource.to_json()));
        let raw = self.stack.resources.iter().map(|raw| (raw.id.clone(), raw.body.clone()));
        template[RESOURCES] = resources.chain(raw).collect::<Map<_, _>>().into();
        template
    }
}

impl<'a> Resource<'a> {
    /// Creates a resource with a type and properties, and [`RESOURCE_TEMPLATE`] as its template.
    fn new(id: String, resource_type: &'static str, properties: Tree<'a>) -> Self {
        Self {
            id,
            template: RESOURCE_TEMPLATE,
            comment: Vec::new(),
            body: entries([("Type", Some(resource_type.into())), ("Properties", Some(properties))]),
            overridden: BTreeMap::new(),
        }
    }

    fn to_json(&self) -> Json {
        let body = self.body.iter().map(|(key, value)| ((*key).to_owned(), value.to_json()));
        let mut body: Json = body.collect::<Map<_, _>>().into();
        for (name, value) in &self.overridden {
            body["Properties"][name] = value.clone();
        }
        body
    }
}

/// Returns the resources of a stack, except for raw ones: each table followed by its auto scaling, in the order of the
/// definition, then the published values. To add a resource type, add a module that creates its [`Resource`]s, and call it here.
pub(super) fn resources(stack: &Stack) -> impl Iterator<Item = Result<Resource<'_>, Error>> {
    let tables = stack
        .tables
        .iter()
        .flat_map(|table| std::iter::once(table_resource(table)).chain(scaling::resources(table).map(Ok)));
    tables.chain(stack.published.iter().map(|published| Ok(stack::published(published))))
}

fn table_resource(table: &Table) -> Result<Resource<'_>, Error> {
    let (template, resource_type, _) = kind(table);
    let (properties, overridden) = properties(table)?;
    Ok(Resource {
        id: table.id.clone(),
        template,
        comment: comment(&table.doc),
        body: entries([
            ("Type", Some(resource_type.into())),
            ("Condition", table.condition.as_deref().map(Tree::from)),
            ("DependsOn", Tree::list(table.depends_on.iter().map(|id| id.as_str().into()))),
            ("DeletionPolicy", Some(table.deletion_policy.as_str().into())),
            ("UpdateReplacePolicy", Some(table.update_replace_policy.as_str().into())),
            (
                "Metadata",
                (!table.metadata.is_empty()).then(|| Tree::Json(Cow::Owned(table.metadata.clone().into()))),
            ),
            ("Properties", Some(Tree::Map(properties))),
        ]),
        overridden,
    })
}

type Properties<'a> = Vec<(&'static str, Tree<'a>)>;

fn kind(table: &Table) -> (&'static str, &'static str, Properties<'_>) {
    match &table.global {
        None => ("table.yaml", "AWS::DynamoDB::Table", table::properties(table)),
        Some(global) => {
            ("global-table.yaml", "AWS::DynamoDB::GlobalTable", global::properties(table, global))
        }
    }
}

/// Returns the properties without overrides, and those with overrides as JSON.
fn properties(table: &Table) -> Result<(Properties<'_>, BTreeMap<String, Json>), Error> {
    let (_, _, mut properties) = kind(table);
    if table.overrides.is_empty() {
        return Ok((properties, BTreeMap::new()));
    }
    let mut all = Tree::Map(properties.clone()).to_json();
    for change in &table.overrides {
        change.apply(&mut all).map_err(|why| Error::Override {
            pointer: change.pointer.clone(),
            at: change.at.clone(),
            why,
        })?;
    }
    let changed: Vec<String> = table.overrides.iter().map(Override::property).collect();
    properties.retain(|(name, _)| !changed.iter().any(|changed| changed == name));
    let overridden = changed.into_iter().filter_map(|name| Some((name.clone(), all.get(&name)?.clone())));
    Ok((properties, overridden.collect()))
}

/// Returns the overrides of a table that do not apply, each with the reason.
pub(crate) fn missed_overrides(table: &Table) -> Vec<(&Override, String)> {
    if table.overrides.is_empty() { Vec::new() } else { overridden(table).1 }
}

/// Returns the properties of a table with its overrides applied, and the overrides that do not apply, each with the reason.
pub(crate) fn overridden(table: &Table) -> (Json, Vec<(&Override, String)>) {
    let mut all = Tree::Map(kind(table).2).to_json();
    let missed = table.overrides.iter().filter_map(|change| Some((change, change.apply(&mut all).err()?)));
    let missed = missed.collect();
    (all, missed)
}

fn entries<'a, const N: usize>(entries: [(&'static str, Option<Tree<'a>>); N]) -> Properties<'a> {
    entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}
