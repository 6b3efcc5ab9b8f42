//! A template that was read from a source.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::anyhow;
use serde_json::{Value, json};
use tablewright::check::ExceededQuota;
use tablewright::render::{Addition, Rendered, Size};
use tablewright::{Place, Stack};
use tablewright_cloudformation::Stack as DeployedStack;
use tablewright_deploy::{DeployedTemplate, Job};
use tablewright_plan::{Change, StackSettings};
use tablewright_template::{
    Deployed, DuplicateKey, Kind, Node, ParseError, ParseErrorKind, parse, parse_bytes, parse_deployed,
};

use crate::error::{CommandError, Result};
use crate::exit::Exit;

/// The template of a stack.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// The name in reports, such as `stacks/rendered/prod/notes.yaml at main`.
    pub(crate) name: String,
    pub(crate) text: String,
    /// The template as JSON, with intrinsic functions in their long form.
    pub(crate) value: Value,
    pub(crate) origin: Origin,
    /// Notes about the template, one line each.
    pub(crate) notes: Vec<String>,
    /// Why an old template, or a part of it, cannot have been deployed.
    pub(crate) broken: Vec<String>,
    /// What the stack has beside its template, where a definition or a manifest says so.
    pub(crate) settings: Option<StackSettings>,
    /// The local templates of its nested stacks, by their logical ids.
    pub(crate) children: BTreeMap<String, Self>,
}

/// The origin of a template.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    Definition(Box<Stack>),
    File { path: String, tree: Node },
    Deployed(Box<DeployedStack>),
}

impl Template {
    /// Creates a template from a rendered definition.
    pub(crate) fn rendered(stack: &Stack, rendered: Rendered) -> Self {
        let notes = notes(&stack.id, &rendered.additions, &rendered.size());
        let Rendered { text, template: value, .. } = rendered;
        let origin = Origin::Definition(Box::new(stack.clone()));
        let (name, broken, children) = ("definitions".into(), Vec::new(), BTreeMap::new());
        let settings = Some(StackSettings {
            tags: stack.tags.clone(),
            termination_protection: stack.termination_protection,
            policy: stack.policy.clone(),
            ..StackSettings::default()
        });
        Self { name, text, value, origin, notes, broken, settings, children }
    }

    /// Parses the bytes of a file that is to be deployed.
    pub(crate) fn of_file(name: String, path: String, bytes: Vec<u8>) -> Result<Self> {
        let tree = parse_bytes(&bytes)
            .map_err(|error| unreadable(&name, &String::from_utf8_lossy(&bytes), &error))?;
        if tree.get("Resources").is_none() {
            return Err(CommandError::usage(format!(
                "{name} is not a CloudFormation template: it has no `Resources`"
            )));
        }
        let text = String::from_utf8(bytes).expect("a template is UTF-8");
        let template = Self::parsed(name, path, text, tree);
        within_quotas(&template.name, &template.value)?;
        Ok(template)
    }

    /// Parses the bytes of a file that is to be replaced. A mistake in it must not stand in the way of its repair: what CloudFormation
    /// accepts is read as it reads it, and what it cannot have accepted is left out and named.
    pub(crate) fn of_old_file(name: String, path: String, bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        match parse_old(bytes, &text) {
            Ok((tree, duplicates)) => {
                let mut template = Self::parsed(name, path, text, tree);
                template.broken = without_broken(&mut template.value);
                template.notes =
                    duplicates.iter().map(|duplicate| format!("{}: {duplicate}", template.name)).collect();
                template
            }
            Err(error) => {
                let empty = parse("Resources: {}").expect("a mapping is read");
                Self { broken: vec![error.to_string()], ..Self::parsed(name, path, text, empty) }
            }
        }
    }

    fn parsed(name: String, path: String, text: String, tree: Node) -> Self {
        let value = tree.to_value();
        let (notes, broken) = (Vec::new(), Vec::new());
        Self {
            name,
            text,
            value,
            origin: Origin::File { path, tree },
            notes,
            broken,
            settings: None,
            children: BTreeMap::new(),
        }
    }

    /// Creates a template from a deployed one.
    pub(crate) fn deployed(deployed: DeployedTemplate) -> Self {
        let notes = duplicate_keys(&deployed);
        let DeployedTemplate { stack, text, value, .. } = deployed;
        Self {
            name: "deployed".into(),
            text,
            value,
            origin: Origin::Deployed(Box::new(stack)),
            notes,
            broken: Vec::new(),
            settings: None,
            children: BTreeMap::new(),
        }
    }

    /// Returns the definition that the template was rendered from, if any.
    pub(crate) fn definition(&self) -> Option<&Stack> {
        match &self.origin {
            Origin::Definition(stack) => Some(stack),
            Origin::File { .. } | Origin::Deployed(_) => None,
        }
    }

    /// Returns the stack that was deployed from the template.
    pub(crate) fn deployed_stack(&self) -> Option<&DeployedStack> {
        match &self.origin {
            Origin::Deployed(stack) => Some(stack),
            Origin::Definition(_) | Origin::File { .. } => None,
        }
    }

    /// Returns the path of the file that the template was read from, if any.
    pub(crate) fn file(&self) -> Option<&str> {
        match &self.origin {
            Origin::File { path, .. } => Some(path.trim_start_matches("./")),
            Origin::Definition(_) | Origin::Deployed(_) => None,
        }
    }

    /// Returns the file name without directory and extension, for a template that was read from a file.
    pub(crate) fn stem(&self) -> String {
        let path = self.file().unwrap_or(&self.name);
        Path::new(path).file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Returns the entry that a change points into, such as a resource, also in a nested template.
    pub(crate) fn entry(&self, change: &Change) -> Option<&Value> {
        let nested = change.logical_id.split_once('/');
        if let Some((child, inner)) = nested.and_then(|(id, inner)| Some((self.children.get(id)?, inner))) {
            return child.entry(&Change { logical_id: inner.to_owned(), ..change.clone() });
        }
        self.value.get(&change.section)?.get(&change.logical_id)
    }

    /// Returns the source location of a change: in Rust for a definition, or the line in the file.
    pub(crate) fn place(&self, change: &Change) -> Option<Place> {
        let nested = change.logical_id.split_once('/');
        if let Some((child, inner)) = nested.and_then(|(id, inner)| Some((self.children.get(id)?, inner))) {
            return child.place(&Change { logical_id: inner.to_owned(), ..change.clone() });
        }
        match &self.origin {
            Origin::Definition(stack) => place_in_definition(stack, change),
            Origin::File { path, tree } => {
                let line = line(tree, change)?;
                format!("{}:{line}", path.trim_start_matches("./")).parse().ok()
            }
            Origin::Deployed(_) => None,
        }
    }
}

/// Returns notes about a rendered template, one line each: additions of the user's templates, and quotas that are nearly used.
pub(crate) fn notes(stack: &str, additions: &[Addition], size: &Size) -> Vec<String> {
    let added = |Addition { template_file, pointer }: &Addition| {
        format!("stack {stack}: {template_file} adds {pointer}")
    };
    let near = |limit: String| format!("stack {stack} has {limit}; it is time to split it");
    additions.iter().map(added).chain(size.near_limits().into_iter().map(near)).collect()
}

/// Returns notes about the plan of a job, one line each.
pub(crate) fn job_notes(job: &Job<'_>) -> Vec<String> {
    let of_deployed = job.deployed.iter().flat_map(duplicate_keys);
    let unknown = job.plan.unknown.iter().map(|unknown| format!("stack {}: {unknown}", job.stack.id));
    let hidden = job.plan.hidden_defaults.iter().map(|hidden| format!("stack {}: {hidden}", job.stack.id));
    let policy_unknown = job.deployed.as_ref().and_then(|deployed| deployed.policy_unknown.as_ref());
    let of_policy = policy_unknown.map(|error| {
        format!(
            "the stack policy of {} cannot be read, so what it denies is not known: {error}",
            job.stack_name()
        )
    });
    let of_deployed = of_deployed.chain(unknown).chain(hidden).chain(of_policy);
    let of_rendered = notes(&job.stack.id, &job.rendered.additions, &job.rendered.size());
    of_rendered.into_iter().chain(of_deployed).collect()
}

fn duplicate_keys(deployed: &DeployedTemplate) -> Vec<String> {
    let name = &deployed.stack.name;
    let note = |duplicate| format!("the template that stack {name} was deployed from: {duplicate}");
    deployed.duplicates.iter().map(note).collect()
}

/// Returns the source location of a change in a definition.
pub(crate) fn place_in_definition(stack: &Stack, change: &Change) -> Option<Place> {
    let value = change.after.as_ref().or(change.before.as_ref());
    let index = value.and_then(|value| value.get("IndexName")?.as_str());
    // Something that was removed from a stack is located at the stack.
    let place = stack.place_of(&change.section, &change.logical_id, index).unwrap_or(&stack.at);
    Some(place.clone())
}

fn unreadable(name: &str, text: &str, error: &ParseError) -> CommandError {
    let shown = format!("{error}\n{}", error.excerpt(text));
    let hint = error.hint();
    let error = CommandError::new(Exit::Usage, anyhow!(shown.trim_end().to_owned()))
        .context(format!("cannot parse template {name}"));
    hint.into_iter().fold(error, CommandError::hint)
}

/// Checks that a template that is to be deployed does not exceed a quota of CloudFormation. Every template comes through here, rendered or
/// not.
pub(super) fn within_quotas(name: &str, template: &Value) -> Result<()> {
    let exceeded = ExceededQuota::of(template);
    if exceeded.is_empty() {
        return Ok(());
    }
    let exceeded: Vec<String> = exceeded.iter().map(ToString::to_string).collect();
    Err(CommandError::usage(format!("{name} exceeds the quotas of CloudFormation: {}", exceeded.join(", ")))
        .hint("split the stack, or shorten what is too long; see \"CloudFormation quotas\" in the CloudFormation User Guide"))
}

/// Parses an old template: as it must be written today, else as CloudFormation has read it.
fn parse_old(bytes: &[u8], text: &str) -> std::result::Result<(Node, Vec<DuplicateKey>), ParseError> {
    match parse_bytes(bytes) {
        Ok(tree) => Ok((tree, Vec::new())),
        Err(error) if matches!(error.kind(), ParseErrorKind::DuplicateKey { .. }) => {
            parse_deployed(text).map(|Deployed { template, duplicates }| (template, duplicates))
        }
        Err(error) => Err(error),
    }
}

/// Removes from an old template what CloudFormation cannot have deployed, and says what that was.
fn without_broken(template: &mut Value) -> Vec<String> {
    let resources = template.get_mut("Resources").map(Value::take);
    let Some(Value::Object(mut resources)) = resources else {
        *template = json!({ "Resources": {} });
        return vec!["it has no `Resources`".to_owned()];
    };
    let mut broken = Vec::new();
    resources.retain(|id, resource| {
        let has_type = resource["Type"].is_string();
        let has_properties = resource.get("Properties").is_none_or(Value::is_object);
        // A loop is a list.
        let is_whole = id.starts_with("Fn::") || has_type && has_properties;
        if !is_whole {
            let lacks = if has_type { "are no mapping" } else { "is missing" };
            let what = if has_type { "Properties" } else { "Type" };
            broken.push(format!("`{what}` of resource `{id}` {lacks}"));
        }
        is_whole
    });
    template["Resources"] = resources.into();
    broken
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Returns where the `Fn::ForEach` that writes an entry has its text, as a JSON pointer below the entries of the section.
fn place_in_loop(entries: &Node, logical_id: &str) -> Option<String> {
    let Kind::Mapping(entries) = &entries.kind else { return None };
    if entries.iter().any(|entry| entry.key == logical_id) {
        return None;
    }
    entries.iter().find_map(|entry| {
        if entry.key.starts_with("Fn::ForEach::") {
            let inner = place_in_loop(entry.value.pointer("/2")?, logical_id)?;
            return Some(format!("/{}/2{inner}", escaped(&entry.key)));
        }
        is_written_by(&entry.key, logical_id).then(|| format!("/{}", escaped(&entry.key)))
    })
}

/// Returns whether a key with the identifiers of loops, such as `${Name}Table`, can become this logical id.
fn is_written_by(key: &str, logical_id: &str) -> bool {
    let start = |text: &str| [text.find("${"), text.find("&{")].into_iter().flatten().min();
    let (Some(start), Some(end)) = (start(key), key.rfind('}')) else { return false };
    let (before, after) = (&key[..start], &key[end + 1..]);
    logical_id.len() >= before.len() + after.len()
        && logical_id.starts_with(before)
        && logical_id.ends_with(after)
}

/// Returns the line of the changed value, or of its nearest existing parent.
fn line(tree: &Node, change: &Change) -> Option<usize> {
    let mut pointer = format!("/{}", escaped(&change.section));
    if !change.logical_id.is_empty() {
        let of_loop =
            tree.get(&change.section).and_then(|entries| place_in_loop(entries, &change.logical_id));
        let entry = of_loop.unwrap_or_else(|| format!("/{}", escaped(&change.logical_id)));
        pointer.push_str(&entry);
    }
    pointer.push_str(&change.path);
    loop {
        let (above, key) = pointer.rsplit_once('/')?;
        // The line of the key, as a value can start in the next line. An item of a list has no key.
        let unescaped = key.replace("~1", "/").replace("~0", "~");
        let found = tree.pointer(above).and_then(|node| match node.entry(&unescaped) {
            Some(entry) => Some(entry.key_position.line),
            None => Some(node.pointer(&format!("/{key}"))?.position.line),
        });
        match found {
            Some(line) => return Some(line),
            None => pointer.truncate(above.len()),
        }
    }
}
