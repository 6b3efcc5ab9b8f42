//! The formats of a stack's template: YAML, JSON, and snippets for other templates.
//!
//! All formats are derived from the rendered YAML, so that they contain only what was reviewed: each parses to the same tree, or
//! to its resources.

use std::borrow::Cow;

use serde_json::{Map, json};
use tablewright_template::{self as template, JsonLayout, Node};

use crate::render::block::{block, long_block};
use crate::render::header::with_header;
use crate::render::{Rendered, RenderedText, lower};
use crate::stack::Stack;
use crate::table::settings::DeletionPolicy;

/// A format of a stack's template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// YAML with functions in their short form, doc comments and a header, to be reviewed and committed.
    Yaml,
    /// JSON with one value per line, in the same order.
    Json,
    /// JSON without white space, the shortest format, to fit into the 51,200 bytes of a request.
    JsonCompact,
    /// Only the resources, as YAML for the `AWS::Include` transform below `Resources`. Functions are in their long form, as
    /// `AWS::Include` does not support short forms. The including template must define the parameters, mappings and conditions
    /// that the resources refer to.
    Include,
    /// An `AWS::CloudFormation::Stack` to be pasted below `Resources` of a parent template, which passes the parameters on.
    /// [`Yaml`](Self::Yaml) is the template of the nested stack, in a file beside it. The nested stack is retained if this
    /// resource is removed, unless all tables have `DeletionPolicy: Delete`.
    Nested,
}

impl Rendered {
    /// Returns the template in another format. `stack` and `env` are those that it was rendered from.
    ///
    /// ```
    /// use tablewright::render::{Form, Templates, render};
    /// use tablewright::{Assembly, Env, Scalar, Stack, Table};
    ///
    /// let env = Env::new("demo", "dev");
    /// let assembly = Assembly::new(&env, &[("notes", |_| {
    ///     let mut stack = Stack::new("notes");
    ///     let note = stack.table(Table::define("Note").partition("id", Scalar::S));
    ///     stack.publish_ssm("/notes/arn", note.arn());
    ///     Ok(stack)
    /// })]);
    /// let stack = &assembly.stacks[0];
    /// let rendered = render(stack, "dev", &Templates::builtin())?;
    /// assert!(rendered.text.contains("Value: !GetAtt Note.Arn\n"));
    ///
    /// let json = rendered.in_form(Form::JsonCompact, stack, "dev");
    /// assert_eq!(serde_json::from_str::<serde_json::Value>(&json)?, rendered.template);
    /// let include = rendered.in_form(Form::Include, stack, "dev");
    /// assert!(include.contains("    Value:\n      Fn::GetAtt:\n        - Note\n        - Arn\n"));
    /// let nested = rendered.in_form(Form::Nested, stack, "dev");
    /// assert!(nested.contains("  Notes:\n    Type: AWS::CloudFormation::Stack\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn in_form(&self, form: Form, stack: &Stack, env: &str) -> Cow<'_, str> {
        in_form(&self.text, form, stack, env)
    }

    /// Converts the template to another format, like [`in_form`](Self::in_form), and drops the rest.
    ///
    /// ```
    /// use tablewright::render::{Form, Templates, render};
    /// use tablewright::{Assembly, Env, Scalar, Stack, Table};
    ///
    /// # let assembly = Assembly::new(&Env::new("demo", "dev"), &[("notes", |_| {
    /// #     let mut stack = Stack::new("notes");
    /// #     stack.table(Table::define("Note").partition("id", Scalar::S));
    /// #     Ok(stack)
    /// # })]);
    /// let rendered = render(&assembly.stacks[0], "dev", &Templates::builtin())?;
    /// assert_eq!(rendered.clone().into_form(Form::Yaml, &assembly.stacks[0], "dev"), rendered.text);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn into_form(self, form: Form, stack: &Stack, env: &str) -> String {
        into_form(self.text, form, stack, env)
    }
}

impl RenderedText {
    /// Converts the template to another format; see [`Rendered::into_form`].
    #[must_use]
    pub fn into_form(self, form: Form, stack: &Stack, env: &str) -> String {
        into_form(self.text, form, stack, env)
    }
}

fn into_form(text: String, form: Form, stack: &Stack, env: &str) -> String {
    match form {
        Form::Yaml => text,
        Form::Json | Form::JsonCompact | Form::Include | Form::Nested => {
            in_form(&text, form, stack, env).into_owned()
        }
    }
}

fn in_form<'a>(text: &'a str, form: Form, stack: &Stack, env: &str) -> Cow<'a, str> {
    let document = || template::parse(text).expect("the text was parsed when it was rendered");
    match form {
        Form::Yaml => Cow::Borrowed(text),
        Form::Json => Cow::Owned(document().write_json(JsonLayout::Pretty) + "\n"),
        Form::JsonCompact => Cow::Owned(document().write_json(JsonLayout::Compact)),
        Form::Include => Cow::Owned(include(&document(), stack, env)),
        Form::Nested => Cow::Owned(nested(stack, env)),
    }
}

fn include(document: &Node, stack: &Stack, env: &str) -> String {
    let sections = lower::sections(stack)
        .into_iter()
        .filter(|(name, entries)| *name != "Outputs" && !entries.is_empty());
    let needed: Vec<String> = sections
        .map(|(name, entries)| {
            let names: Vec<&str> = entries.iter().map(|(id, _)| *id).collect();
            format!("{name} {}", names.join(", "))
        })
        .collect();
    let notes = match &needed[..] {
        [] => Vec::new(),
        needed => vec![format!(
            "If the resources refer to any of these, the including template must define them: {}.",
            needed.join("; ")
        )],
    };
    let resources = document.get("Resources").map(long_block).unwrap_or_default();
    with_header(stack, env, Form::Include, &notes, resources.trim_start())
}

fn nested(stack: &Stack, env: &str) -> String {
    let parameters: Map<_, _> =
        stack.parameters.iter().map(|one| (one.name.clone(), json!({ "Ref": one.name }))).collect();
    let tags: Vec<_> = stack.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    let mut properties = json!({ "TemplateURL": format!("./{}.yaml", stack.id) });
    if !parameters.is_empty() {
        properties["Parameters"] = parameters.into();
    }
    if !tags.is_empty() {
        properties["Tags"] = tags.into();
    }
    let stays = stack.tables.iter().any(|table| table.deletion_policy != DeletionPolicy::Delete);
    let (deletion, replacement) =
        if stays { ("RetainExceptOnCreate", "Retain") } else { ("Delete", "Delete") };
    let id = stack.pascal_id();
    let resource = json!({
        &id: {
            "Type": "AWS::CloudFormation::Stack",
            "DeletionPolicy": deletion,
            "UpdateReplacePolicy": replacement,
            "Properties": properties,
        },
    });
    let mut notes = vec!["Paste it below `Resources` of the parent template.".to_owned()];
    if !stack.outputs.is_empty() {
        let outputs: Vec<String> =
            stack.outputs.iter().map(|output| format!("!GetAtt {id}.Outputs.{}", output.name)).collect();
        notes.push(format!("Outputs for the parent template: {}.", outputs.join(", ")));
    }
    with_header(
        stack,
        env,
        Form::Nested,
        &notes,
        block(&resource).replace('\n', "\n  ").trim_start_matches('\n'),
    )
}
