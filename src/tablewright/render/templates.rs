//! The tera templates: built-in ones, which a user's file with the same name overrides.

use std::path::Path;

use tablewright_template::Position;
use tera::{ErrorKind, Tera};

use crate::render::additions::{self, Declared};
use crate::render::block::yaml_filter;
use crate::render::{Error, scalar};

/// Prefix of the names of built-in templates, for `extends`.
const PREFIX: &str = "builtin/";

const BUILTIN: [(&str, &str); 7] = [
    ("global-table.yaml", include_str!("../../../templates/global-table.yaml")),
    ("resource.yaml", include_str!("../../../templates/resource.yaml")),
    ("scalable-target.yaml", include_str!("../../../templates/scalable-target.yaml")),
    ("scaling-policy.yaml", include_str!("../../../templates/scaling-policy.yaml")),
    ("ssm-parameter.yaml", include_str!("../../../templates/ssm-parameter.yaml")),
    ("stack.yaml", include_str!("../../../templates/stack.yaml")),
    ("table.yaml", include_str!("../../../templates/table.yaml")),
];

/// A set of templates, ready to render.
///
/// `stack.yaml` is the template of a stack, and `resource.yaml` that of any resource. `table.yaml`, `global-table.yaml`,
/// `scalable-target.yaml`, `scaling-policy.yaml` and `ssm-parameter.yaml` extend it for one resource type each. A file with the
/// same name overrides a template, and can extend it: `{% extends "builtin/table.yaml" %}` with a block `properties` or
/// `metadata`.
///
/// The variables of a resource template are `LogicalId`, `comment`, `Type`, `Condition`, `DependsOn`, `DeletionPolicy`,
/// `UpdateReplacePolicy`, `Metadata`, `Properties`, `attribute_comments`, and `overridden` with the overridden properties.
/// `{{ value | yaml(indent=8) }}` writes a value as the text that follows a `key:`.
///
/// The rendered text is parsed and compared with the definition. Changed and dropped values are errors, and so are added values
/// unless the template declares them in a comment, as JSON pointers in which `*` matches any one part:
///
/// ```
/// use tablewright::render::{Templates, render};
/// use tablewright::{Assembly, Env, Scalar, Stack, Table};
///
/// let table = r#"{% extends "builtin/table.yaml" %}
/// {# adds: /Resources/*/Metadata/Owner #}
/// {% block metadata %}
///     Metadata:
///       Owner: team-notes
/// {%- endblock metadata %}
/// "#;
/// let templates = Templates::with_files([("table.yaml", table)])?;
/// # let env = Env::new("demo", "dev");
/// # let assembly = Assembly::new(&env, &[("notes", |_| {
/// #     let mut stack = Stack::new("notes");
/// #     stack.table(Table::define("Note").partition("id", Scalar::S));
/// #     Ok(stack)
/// # })]);
/// let rendered = render(&assembly.stacks[0], env.name(), &templates)?;
/// assert_eq!(rendered.template["Resources"]["Note"]["Metadata"]["Owner"], "team-notes");
/// assert_eq!(rendered.additions[0].pointer, "/Resources/Note/Metadata/Owner");
/// assert_eq!(rendered.additions[0].template_file, "table.yaml");
/// # Ok::<(), tablewright::render::Error>(())
/// ```
///
/// Added values are planned and deployed like all others.
pub struct Templates {
    pub(super) tera: Tera,
    /// The additions that the user's files declare.
    pub(super) declared: Vec<Declared>,
    /// The names of the user's files.
    pub(super) files: Vec<String>,
}

impl Templates {
    /// Returns the built-in templates.
    #[must_use]
    pub fn builtin() -> Self {
        Self::with_files::<String, String>([]).expect("the built-in templates are well-formed")
    }

    /// Returns the built-in templates, overridden by the `.yaml` files of a directory, if it exists.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be read, is not a valid template, or does not have the name of a built-in template.
    pub fn with_folder(folder: &Path) -> Result<Self, Error> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Unreadable { path, source }
        };
        let mut files = Vec::new();
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::builtin()),
            Err(error) => return Err(unreadable(folder)(error)),
        };
        for entry in entries {
            let path = entry.map_err(unreadable(folder))?.path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.push((name, std::fs::read_to_string(&path).map_err(unreadable(&path))?));
            }
        }
        files.sort();
        Self::with_files(files)
    }

    /// Returns the built-in templates, overridden by others, given by name and text.
    ///
    /// See [`Templates`].
    ///
    /// # Errors
    ///
    /// Returns an error if a text is not a valid template, or a name is not that of a built-in template.
    pub fn with_files<N, T>(files: impl IntoIterator<Item = (N, T)>) -> Result<Self, Error>
    where
        N: Into<String>,
        T: Into<String>,
    {
        let mut tera = Tera::default();
        tera.set_fallback_prefixes([PREFIX]).expect("no template was added yet");
        // Every string that a template prints is escaped.
        tera.autoescape_on([".yaml"]);
        tera.set_escape_fn(scalar::escape);
        tera.register_filter("yaml", |value: &tera::Value, kwargs: tera::Kwargs, _: &tera::State| {
            yaml_filter(value, &kwargs)
        });
        let mut all: Vec<(String, String)> =
            BUILTIN.iter().map(|(name, text)| (format!("{PREFIX}{name}"), (*text).to_owned())).collect();
        let (mut declared, mut names) = (Vec::new(), Vec::new());
        for (name, text) in files {
            let (name, text) = (name.into(), text.into());
            if !BUILTIN.iter().any(|(builtin, _)| *builtin == name) {
                return Err(Error::UnknownTemplate { name, names: BUILTIN.map(|(name, _)| name).into() });
            }
            declared.extend(additions::declared(&name, &text)?);
            names.push(name.clone());
            all.push((name, text));
        }
        tera.add_raw_templates(all.iter().map(|(name, text)| (name, text)))
            .map_err(|error| wrong_parent(&error, &all).unwrap_or(Error::Template(error)))?;
        Ok(Self { tera, declared, files: names })
    }

    /// Whether a file of the user overrides the template `name`.
    pub(super) fn overrides(&self, name: &str) -> bool {
        self.files.iter().any(|file| file == name)
    }
}

/// Returns the error for an invalid parent template, with the position, which tera's error does not have.
fn wrong_parent(error: &tera::Error, all: &[(String, String)]) -> Option<Error> {
    let (name, parent) = match error.kind() {
        ErrorKind::MissingParent { current, parent } => (current, parent),
        ErrorKind::CircularExtend { tpl, inheritance_chain } => (tpl, inheritance_chain.last()?),
        _ => return None,
    };
    let (_, text) = all.iter().find(|(other, _)| other == name)?;
    let position =
        position(text, text.find(&format!("\"{parent}\"")).or_else(|| text.find(parent.as_str()))?);
    let (template_file, parent) = (name.clone(), parent.clone());
    Some(Error::Parent { template_file, parent, position, excerpt: position.excerpt(text) })
}

/// Returns the position of a byte offset.
pub(super) fn position(text: &str, offset: usize) -> Position {
    let before = &text[..offset];
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Position { line: before.matches('\n').count() + 1, column }
}
