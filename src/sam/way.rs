//! Ways to integrate the tables of a stack in a SAM template, and how the template refers to them in each.
//!
//! `Fn::ForEach` is not used: SAM expands it only behind a flag. Stream ARNs are never imported: a stream that is created again
//! has a new ARN, and an export cannot change while it is imported (amplify-cli#4054).

use serde_json::{Value as Json, json};
use tablewright::render::{Error as RenderError, Form, Templates, render};
use tablewright::{Expression, Output, Parameter, Problem, Stack, Table, Value};
use tablewright_template::{ParseError, Syntax};

use crate::names::{name_of, parameter_of, with_name_parameters};
use crate::region::{Region, Regions};

/// How a SAM template integrates the tables of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// The tables are resources of the template.
    Embedded,
    /// The tables are in a nested stack, whose template is a file beside this one. Its `DeletionPolicy` retains it if the
    /// resource is removed.
    Nested,
    /// The tables are in a snippet beside the template, which the `AWS::Include` transform inserts on deployment. For projects
    /// that already use it: few tools can read through the transform.
    Include,
    /// The tables are in a separate stack; their names are parameters of the template.
    Parameter,
    /// The tables are in a separate stack, whose outputs are read by `Fn::GetStackOutput`. The other stack can still change or
    /// remove them.
    GetStackOutput,
    /// The tables are in a separate stack, whose exports are imported. Imported exports cannot be changed or removed.
    ImportValue,
    /// The tables are in a separate stack, which publishes their names in the SSM Parameter Store. They are read on every update
    /// of this stack.
    Ssm,
}

impl Way {
    /// Returns the value of the option `--consume`.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Nested => "nested",
            Self::Include => "include",
            Self::Parameter => "parameter",
            Self::GetStackOutput => "getstackoutput",
            Self::ImportValue => "import",
            Self::Ssm => "ssm",
        }
    }
}

/// Why the regions of a stack cannot be created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegionsError {
    /// The definition does not support the requested integration.
    #[error("{}: {}", .0.at, .0.message)]
    Problem(Box<Problem>),
    /// The stack cannot be rendered.
    #[error("the stack cannot be rendered")]
    Render(#[from] RenderError),
    /// The rendered template cannot be parsed.
    #[error("the rendered template cannot be parsed")]
    Read(#[from] ParseError),
}

impl From<Box<Problem>> for RegionsError {
    fn from(problem: Box<Problem>) -> Self {
        Self::Problem(problem)
    }
}

/// The name and content of a section.
type Part = (&'static str, String);

const SECTIONS: [&str; 5] = ["Parameters", "Mappings", "Conditions", "Resources", "Outputs"];

/// Returns the regions that integrate the tables of a stack in a template, one for each section; sections that need nothing are
/// empty, so that embedding removes what another [`Way`] has left there. The owner is the stack's id; `env` is the environment
/// that the stack was created for.
///
/// ```
/// use tablewright::render::Templates;
/// use tablewright::{Scalar, Stack, Table};
/// use tablewright_sam::{Options, Way, embed, regions};
///
/// let mut stack = Stack::new("notes");
/// stack.table(Table::define("Note").name("demo-dev-notes").partition("id", Scalar::S));
///
/// let regions = regions(&stack, "dev", &Templates::builtin(), Way::Embedded)?;
/// let text = embed("Resources:\n  Api: {}\n", &regions, Options::default())?.text;
/// assert!(text.contains("      TableName: !Ref NoteTableName\n"));
/// assert!(text.contains("    Default: demo-dev-notes\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// See [`RegionsError`].
pub fn regions(stack: &Stack, env: &str, templates: &Templates, way: Way) -> Result<Regions, RegionsError> {
    let named = with_name_parameters(stack)?;
    let parts = match way {
        Way::Embedded => sections(&render(&named, env, templates)?.text)?,
        Way::Nested => {
            let nested = render(&named, env, templates)?.in_form(Form::Nested, &named, env).into_owned();
            let parameters = only_parameters(named.parameters.clone(), env, templates)?;
            // A resource without `Resources` around it, two spaces in.
            let nested = dedented(nested.lines().filter(|line| !line.starts_with('#')));
            parameters.into_iter().chain([("Resources", nested)]).collect()
        }
        Way::Include => {
            let mut parts = sections(&render(&named, env, templates)?.text)?;
            parts.retain(|(section, _)| !matches!(*section, "Resources" | "Outputs"));
            let include = json!({
                "Fn::Transform": {
                    "Name": "AWS::Include",
                    "Parameters": { "Location": format!("./{}.include.yaml", stack.id) },
                },
            });
            parts.push(("Resources", tablewright::render::yaml(&include)));
            parts
        }
        Way::Parameter | Way::GetStackOutput | Way::ImportValue | Way::Ssm => {
            only_parameters(parameters(&named, way)?, env, templates)?
        }
    };
    let region = |section: &'static str| {
        let yaml = parts.iter().find(|(name, _)| *name == section).map(|(_, yaml)| yaml.as_str());
        let yaml = yaml.map(|yaml| format!("{}{yaml}", provenance(stack))).unwrap_or_default();
        let mut region = Region::new([section], yaml)?;
        region.places = places(&named, section, &region);
        Ok(region)
    };
    let regions = SECTIONS.into_iter().map(region).collect::<Result<_, ParseError>>()?;
    Ok(Regions { owner: stack.id.clone(), regions })
}

/// Returns the name and text of the file that has to be beside the template, for [`Way::Nested`] and [`Way::Include`]; otherwise
/// `None`.
///
/// ```
/// use tablewright::render::Templates;
/// use tablewright::{Scalar, Stack, Table};
/// use tablewright_sam::{Way, companion};
///
/// let mut stack = Stack::new("notes");
/// stack.table(Table::define("Note").name("demo-dev-notes").partition("id", Scalar::S));
///
/// let (name, text) = companion(&stack, "dev", &Templates::builtin(), Way::Nested)?.expect("it nests a template");
/// assert_eq!(name, "notes.yaml");
/// assert!(text.contains("      TableName: !Ref NoteTableName\n"));
/// assert_eq!(companion(&stack, "dev", &Templates::builtin(), Way::Embedded)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// See [`RegionsError`].
pub fn companion(
    stack: &Stack,
    env: &str,
    templates: &Templates,
    way: Way,
) -> Result<Option<(String, String)>, RegionsError> {
    let (name, form) = match way {
        Way::Nested => (format!("{}.yaml", stack.id), Form::Yaml),
        Way::Include => (format!("{}.include.yaml", stack.id), Form::Include),
        Way::Embedded | Way::Parameter | Way::GetStackOutput | Way::ImportValue | Way::Ssm => {
            return Ok(None);
        }
    };
    let named = with_name_parameters(stack)?;
    let text = render(&named, env, templates)?.in_form(form, &named, env).into_owned();
    Ok(Some((name, text)))
}

/// Returns the comment that names the source of a region. It has no version and no date, so that updating the tool changes
/// nothing.
pub(crate) fn provenance(stack: &Stack) -> String {
    format!("# From {}. Do not edit: change it there, then embed again.\n", stack.at.file)
}

/// Returns the source locations in Rust of the keys of a region.
fn places(stack: &Stack, section: &str, region: &Region) -> Vec<(String, tablewright::Place)> {
    let Some(tablewright_template::Kind::Mapping(entries)) = region.content.as_ref().map(|node| &node.kind)
    else {
        return Vec::new();
    };
    let place = |key: &String| Some((key.clone(), stack.place_of(section, key, None)?.clone()));
    entries.iter().filter_map(|entry| place(&entry.key)).collect()
}

/// Returns the sections of a rendered template as text, each without its key and without indentation.
fn sections(rendered: &str) -> Result<Vec<Part>, ParseError> {
    let syntax = Syntax::parse(rendered)?;
    let Some(root) = syntax.documents.first() else { return Ok(Vec::new()) };
    let section = |name: &'static str| {
        let entry = root.get(name).filter(|entry| !entry.value.entries().is_empty())?;
        // From the end of the key, to include comments above the first entry.
        let text = &rendered[entry.key.range.end..entry.value.range.end];
        Some((name, dedented(text.lines().skip(1))))
    };
    Ok(SECTIONS.into_iter().filter_map(section).collect())
}

/// Returns the section `Parameters` as the renderer writes it.
fn only_parameters(
    parameters: Vec<Parameter>,
    env: &str,
    templates: &Templates,
) -> Result<Vec<Part>, RegionsError> {
    let mut stack = Stack { parameters, ..Stack::new("parameters") };
    // A template without resources is not valid.
    stack.raw_resource("Nothing", json!({ "Type": "AWS::CloudFormation::WaitConditionHandle" }));
    let mut parts = sections(&render(&stack, env, templates)?.text)?;
    parts.retain(|(section, _)| *section == "Parameters");
    Ok(parts)
}

fn dedented<'l>(lines: impl Iterator<Item = &'l str>) -> String {
    lines.map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line))).collect()
}

/// Returns the parameters for the names and stream ARNs of tables in a separate stack.
fn parameters(stack: &Stack, way: Way) -> Result<Vec<Parameter>, Box<Problem>> {
    let mut parameters = Vec::new();
    for table in &stack.tables {
        match way {
            Way::Parameter => {
                let default =
                    table.name.as_ref().and_then(|name| tablewright::resolve::text(stack, name).ok());
                let name = Parameter {
                    default,
                    at: table.at.clone(),
                    ..Parameter::string(parameter_of(table))
                        .description(format!("Name of the table {}", table.id))
                };
                parameters.push(name);
                if table.stream.is_some() {
                    parameters.push(Parameter {
                        at: table.at.clone(),
                        ..Parameter::string(stream_parameter_of(table))
                            .description(format!("ARN of the stream of the table {}", table.id))
                    });
                }
            }
            Way::Ssm => {
                parameters.push(Parameter {
                    at: table.at.clone(),
                    ..Parameter::ssm(parameter_of(table), published(stack, table, &reference(table), "name")?)
                });
                if table.stream.is_some()
                    && let Ok(path) = published(stack, table, &attribute(table, "StreamArn"), "stream")
                {
                    parameters.push(Parameter {
                        at: table.at.clone(),
                        ..Parameter::ssm(stream_parameter_of(table), path)
                    });
                }
            }
            Way::Embedded | Way::Nested | Way::Include | Way::GetStackOutput | Way::ImportValue => {}
        }
    }
    Ok(parameters)
}

fn stream_parameter_of(table: &Table) -> String {
    format!("{}StreamArn", table.id)
}

fn reference(table: &Table) -> Value<String> {
    Expression::Ref(table.id.clone()).into()
}

fn attribute(table: &Table, attribute: &str) -> Value<String> {
    Expression::GetAtt(table.id.clone(), attribute.to_owned()).into()
}

/// A table, and how a template refers to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference<'s> {
    /// The stack, with its [name parameters](with_name_parameters).
    pub(crate) stack: &'s Stack,
    pub(crate) table: &'s Table,
    pub(crate) way: Way,
}

impl Reference<'_> {
    /// Returns the condition under which the table exists, if the template has both.
    pub(crate) fn condition(&self) -> Option<&str> {
        match self.way {
            Way::Embedded | Way::Include => self.table.condition.as_deref(),
            Way::Nested | Way::Parameter | Way::GetStackOutput | Way::ImportValue | Way::Ssm => None,
        }
    }

    /// Adds the condition of the table to a resource or an output that refers to it.
    pub(crate) fn under_condition(&self, mut value: Json) -> Json {
        if let Some(condition) = self.condition() {
            value["Condition"] = condition.into();
        }
        value
    }

    /// Returns the table's name.
    pub(crate) fn name(&self) -> Result<Json, Box<Problem>> {
        let Self { stack, table, way } = *self;
        match way {
            Way::Embedded | Way::Nested | Way::Include => Ok(json!(name_of(stack, table)?)),
            Way::Parameter | Way::Ssm => Ok(json!({ "Ref": parameter_of(table) })),
            Way::GetStackOutput => self.stack_output(&reference(table), "name", "table.name()"),
            Way::ImportValue => self.import(&reference(table), "name", "table.name()"),
        }
    }

    /// Returns the table's ARN.
    pub(crate) fn arn(&self) -> Result<Json, Box<Problem>> {
        let Self { table, way, .. } = *self;
        let arn = attribute(table, "Arn");
        let arn_elsewhere = match way {
            Way::Embedded | Way::Include => return Ok(json!(arn)),
            Way::Nested => self.nested_output(&arn, "ARN", "table.arn()"),
            Way::GetStackOutput => self.stack_output(&arn, "ARN", "table.arn()"),
            Way::ImportValue => self.import(&arn, "ARN", "table.arn()"),
            Way::Parameter | Way::Ssm => return Ok(arn_of(&self.name()?)),
        };
        // Without an output for the ARN, build it from the name.
        arn_elsewhere.or_else(|_| Ok(arn_of(&self.name()?)))
    }

    /// Returns the ARN of an index.
    pub(crate) fn index_arn(&self, index: &str) -> Result<Json, Box<Problem>> {
        self.arn_with_suffix(&format!("/index/{index}"))
    }

    /// Returns the table's ARN followed by a text.
    pub(crate) fn arn_with_suffix(&self, text: &str) -> Result<Json, Box<Problem>> {
        Ok(with_suffix(&self.arn()?, text))
    }

    /// Returns a value of the stack, as the template can refer to it. `what` names it in the message of a problem.
    pub(crate) fn value(&self, value: &Value<String>, what: &str) -> Result<Json, Box<Problem>> {
        match self.way {
            Way::Embedded | Way::Include => Ok(json!(value)),
            Way::Nested => self.nested_output(value, what, "…"),
            Way::GetStackOutput => self.stack_output(value, what, "…"),
            Way::ImportValue => self.import(value, what, "…"),
            Way::Parameter | Way::Ssm => {
                let Self { table, .. } = *self;
                let message = format!("the {what} of table `{}` is known only in its own stack", table.id);
                let help = "write its ARN as a literal, or read it from an output";
                Err(Box::new(Problem::error("SAM4", &table.at, message).help(help)))
            }
        }
    }

    /// Returns the ARN of the table's stream, or problem `SAM3` if it has none.
    pub(crate) fn stream_arn(&self) -> Result<Json, Box<Problem>> {
        let Self { stack, table, way } = *self;
        if table.stream.is_none() {
            let message = format!("table `{}` has no stream", table.id);
            let help = "add `.stream(StreamView::NewAndOldImages)` to the table";
            return Err(Box::new(Problem::error("SAM3", &table.at, message).help(help)));
        }
        let arn = attribute(table, "StreamArn");
        match way {
            Way::Embedded | Way::Include => Ok(json!(arn)),
            Way::Nested => self.nested_output(&arn, "stream ARN", "table.stream_arn()?"),
            Way::GetStackOutput => self.stack_output(&arn, "stream ARN", "table.stream_arn()?"),
            Way::Parameter => Ok(json!({ "Ref": stream_parameter_of(table) })),
            Way::Ssm => {
                published(stack, table, &arn, "stream")?;
                Ok(json!({ "Ref": stream_parameter_of(table) }))
            }
            Way::ImportValue => {
                let message = format!("the stream ARN of table `{}` cannot be imported", table.id);
                let help = "a new stream has a new ARN, and an imported export cannot change: \
                                            use `--consume parameter`, `getstackoutput` or `ssm`";
                Err(Box::new(Problem::error("SAM5", &table.at, message).help(help)))
            }
        }
    }

    fn output(&self, value: &Value<String>, what: &str, how: &str) -> Result<&Output, Box<Problem>> {
        let Self { stack, table, .. } = *self;
        let is_it = |output: &&Output| output.condition.is_none() && output.value == *value;
        stack.outputs.iter().find(is_it).ok_or_else(|| {
            let message =
                format!("stack `{}` has no output with the {what} of table `{}`", stack.id, table.id);
            let help = format!("write `stack.output(\"{}…\", {how})`", table.id);
            Box::new(Problem::error("SAM4", &stack.at, message).help(help))
        })
    }

    fn stack_output(&self, value: &Value<String>, what: &str, how: &str) -> Result<Json, Box<Problem>> {
        let output = self.output(value, what, how)?;
        let stack = self.stack.name.as_ref().unwrap_or(&self.stack.id);
        Ok(json!({ "Fn::GetStackOutput": { "StackName": stack, "OutputName": output.name } }))
    }

    fn nested_output(&self, value: &Value<String>, what: &str, how: &str) -> Result<Json, Box<Problem>> {
        let output = self.output(value, what, how)?;
        Ok(json!({ "Fn::GetAtt": [self.stack.pascal_id(), format!("Outputs.{}", output.name)] }))
    }

    fn import(&self, value: &Value<String>, what: &str, how: &str) -> Result<Json, Box<Problem>> {
        let output = self.output(value, what, how)?;
        match output.export.as_ref().and_then(Value::literal) {
            Some(export) => Ok(json!({ "Fn::ImportValue": export })),
            None => {
                let message = format!("output `{}` is not exported under a literal name", output.name);
                let help = "add `.export(\"…\")` to the output";
                Err(Box::new(Problem::error("SAM4", &output.at, message).help(help)))
            }
        }
    }
}

/// Returns the path under which a stack publishes a value in the SSM Parameter Store.
fn published(
    stack: &Stack,
    table: &Table,
    value: &Value<String>,
    what: &str,
) -> Result<String, Box<Problem>> {
    let found = stack.published.iter().find(|published| published.value == *value);
    found.map(|published| published.path.clone()).ok_or_else(|| {
        let message = format!("stack `{}` does not publish the {what} of table `{}`", stack.id, table.id);
        let help = "write `stack.publish_ssm(\"/…\", table.name())`";
        Box::new(Problem::error("SAM4", &stack.at, message).help(help))
    })
}

/// Returns the ARN of a table in the account and Region of the template, by its name.
fn arn_of(name: &Json) -> Json {
    const PREFIX: &str = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/";
    match (name.get("Ref").and_then(Json::as_str), name.get("Fn::Sub").and_then(Json::as_str)) {
        (Some(parameter), _) => json!({ "Fn::Sub": format!("{PREFIX}${{{parameter}}}") }),
        (None, Some(text)) => json!({ "Fn::Sub": format!("{PREFIX}{text}") }),
        (None, None) => json!({ "Fn::Sub": [format!("{PREFIX}${{Name}}"), { "Name": name }] }),
    }
}

/// Returns an expression followed by a text.
fn with_suffix(value: &Json, text: &str) -> Json {
    if let Some(sub) = value.get("Fn::Sub").and_then(Json::as_str) {
        return json!({ "Fn::Sub": format!("{sub}{text}") });
    }
    if let Some([Json::String(id), Json::String(attribute)]) =
        value.get("Fn::GetAtt").and_then(Json::as_array).map(Vec::as_slice)
    {
        return json!({ "Fn::Sub": format!("${{{id}.{attribute}}}{text}") });
    }
    json!({ "Fn::Join": ["", [value, text]] })
}
