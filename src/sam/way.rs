//! The ways in which a SAM template can have tables, and how it refers to them in each.
//!
//! In: a stack and a [`Way`]. Out: the [`Regions`] that the template is to have, and the expressions for a table's name, ARN and
//! stream. No `Fn::ForEach` (SAM expands it only behind a flag), and no exported stream ARNs: a stream that is made anew has
//! another one, and an export that is imported can never change (amplify-cli#4054).

use serde_json::{Value as Json, json};
use tablewright::render::{Error as RenderError, Form, Templates, render};
use tablewright::{Expression, Output, Parameter, Problem, Stack, Table, Value};
use tablewright_template::{ParseError, Syntax};

use crate::names::{name_of, parameter_of, with_name_parameters};
use crate::region::{Region, Regions};

/// How a SAM template has the tables of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// In the template itself.
    Embedded,
    /// In a nested stack, whose template stands beside this one. The nested stack outlives its resource.
    Nested,
    /// In a snippet beside the template, which `AWS::Include` puts in at deploy. For projects that have it already: few tools
    /// see through it.
    Include,
    /// In a stack of their own; names come in as parameters.
    Parameter,
    /// In a stack of their own; read from its outputs by `Fn::GetStackOutput`, which holds nobody back from changing them.
    GetStackOutput,
    /// In a stack of their own; imported from its exports, which can then be neither changed nor removed.
    ImportValue,
    /// In a stack of their own; read from the SSM Parameter Store whenever this one is updated.
    Ssm,
}

/// Why there are no regions for a stack.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegionsError {
    /// The definition lacks something.
    #[error("{}: {}", .0.at, .0.message)]
    Problem(Box<Problem>),
    /// The stack cannot be rendered.
    #[error("the stack cannot be rendered")]
    Render(#[from] RenderError),
    /// What was rendered cannot be taken apart.
    #[error("what was rendered cannot be read")]
    Read(#[from] ParseError),
}

impl From<Box<Problem>> for RegionsError {
    fn from(problem: Box<Problem>) -> Self {
        Self::Problem(problem)
    }
}

/// A section, and what stands in it.
type Part = (&'static str, String);

const SECTIONS: [&str; 5] = ["Parameters", "Mappings", "Conditions", "Resources", "Outputs"];

/// Returns the regions that a template is to have so that it has the tables of a stack: all sections, those empty that need
/// nothing. The owner is the stack's id, and `env` the environment that the stack was made for.
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

/// Returns the file that a template refers to, which belongs beside it: its name, and its text. None where the tables are in the
/// template itself or in a stack of their own.
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

/// The line that says where a region comes from. No version and no date: an update of the tool is no change.
pub(crate) fn provenance(stack: &Stack) -> String {
    format!("# From {}. Do not edit: change it there, then embed again.\n", stack.at.file)
}

/// Returns the Rust lines of what a region defines.
fn places(stack: &Stack, section: &str, region: &Region) -> Vec<(String, tablewright::Place)> {
    let Some(tablewright_template::Kind::Mapping(entries)) = region.content.as_ref().map(|node| &node.kind)
    else {
        return Vec::new();
    };
    let place = |key: &String| Some((key.clone(), stack.place_of(section, key, None)?.clone()));
    entries.iter().filter_map(|entry| place(&entry.key)).collect()
}

/// Returns the sections of a rendered template, each without its key and at the left margin, as the renderer laid it out.
fn sections(rendered: &str) -> Result<Vec<Part>, ParseError> {
    let syntax = Syntax::parse(rendered)?;
    let Some(root) = syntax.documents.first() else { return Ok(Vec::new()) };
    let section = |name: &'static str| {
        let entry = root.get(name).filter(|entry| !entry.value.entries().is_empty())?;
        // With the comments above the first entry.
        let text = &rendered[entry.key.range.end..entry.value.range.end];
        Some((name, dedented(text.lines().skip(1))))
    };
    Ok(SECTIONS.into_iter().filter_map(section).collect())
}

/// Returns parameters as the renderer lays them out.
fn only_parameters(
    parameters: Vec<Parameter>,
    env: &str,
    templates: &Templates,
) -> Result<Vec<Part>, RegionsError> {
    let mut stack = Stack { parameters, ..Stack::new("parameters") };
    // A template has a resource.
    stack.raw_resource("Nothing", json!({ "Type": "AWS::CloudFormation::WaitConditionHandle" }));
    let mut parts = sections(&render(&stack, env, templates)?.text)?;
    parts.retain(|(section, _)| *section == "Parameters");
    Ok(parts)
}

fn dedented<'l>(lines: impl Iterator<Item = &'l str>) -> String {
    lines.map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line))).collect()
}

/// Returns the parameters by which the names come into a template whose tables are elsewhere.
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

/// A table as a template refers to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference<'s> {
    /// With its name parameters.
    pub(crate) stack: &'s Stack,
    pub(crate) table: &'s Table,
    pub(crate) way: Way,
}

impl Reference<'_> {
    /// The table's name.
    pub(crate) fn name(&self) -> Result<Json, Box<Problem>> {
        let Self { stack, table, way } = *self;
        match way {
            Way::Embedded | Way::Nested | Way::Include => Ok(json!(name_of(stack, table)?)),
            Way::Parameter | Way::Ssm => Ok(json!({ "Ref": parameter_of(table) })),
            Way::GetStackOutput => self.stack_output(&reference(table), "name", "table.name()"),
            Way::ImportValue => self.import(&reference(table), "name", "table.name()"),
        }
    }

    /// The table's ARN.
    pub(crate) fn arn(&self) -> Result<Json, Box<Problem>> {
        let Self { table, way, .. } = *self;
        let arn = attribute(table, "Arn");
        let told = match way {
            Way::Embedded | Way::Include => return Ok(json!(arn)),
            Way::Nested => self.nested_output(&arn, "ARN", "table.arn()"),
            Way::GetStackOutput => self.stack_output(&arn, "ARN", "table.arn()"),
            Way::ImportValue => self.import(&arn, "ARN", "table.arn()"),
            Way::Parameter | Way::Ssm => return Ok(arn_of(&self.name()?)),
        };
        // Where nobody tells the ARN, the name is enough.
        told.or_else(|_| Ok(arn_of(&self.name()?)))
    }

    /// The ARN of an index.
    pub(crate) fn index_arn(&self, index: &str) -> Result<Json, Box<Problem>> {
        self.behind_arn(&format!("/index/{index}"))
    }

    /// The table's ARN with a text behind it.
    pub(crate) fn behind_arn(&self, text: &str) -> Result<Json, Box<Problem>> {
        Ok(behind(&self.arn()?, text))
    }

    /// An expression of the stack, as the template can say it.
    pub(crate) fn value(&self, value: &Value<String>, what: &str) -> Result<Json, Box<Problem>> {
        match self.way {
            Way::Embedded | Way::Include => Ok(json!(value)),
            Way::Nested => self.nested_output(value, what, "…"),
            Way::GetStackOutput => self.stack_output(value, what, "…"),
            Way::ImportValue => self.import(value, what, "…"),
            Way::Parameter | Way::Ssm => {
                let Self { table, .. } = *self;
                let message = format!("the {what} of table `{}` is known to its own stack only", table.id);
                let help = "write its ARN as a text, or read it from an output";
                Err(Box::new(Problem::error("SAM4", &table.at, message).help(help)))
            }
        }
    }

    /// The ARN of the table's stream.
    pub(crate) fn stream_arn(&self) -> Result<Json, Box<Problem>> {
        let Self { stack, table, way } = *self;
        if table.stream.is_none() {
            let message = format!("table `{}` has no stream that a function could read", table.id);
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
                let message = format!("the stream of table `{}` is not to be imported", table.id);
                let help = "a stream that is made anew has another ARN, which an import would never let change: \
                            take it from a parameter, an output or the SSM Parameter Store";
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
                let message = format!("output `{}` is not exported under a name that is known", output.name);
                let help = "write `.export(\"…\")` behind the output";
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

/// The ARN of a table of this account and Region, by its name.
fn arn_of(name: &Json) -> Json {
    const PREFIX: &str = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/";
    match (name.get("Ref").and_then(Json::as_str), name.get("Fn::Sub").and_then(Json::as_str)) {
        (Some(parameter), _) => json!({ "Fn::Sub": format!("{PREFIX}${{{parameter}}}") }),
        (None, Some(text)) => json!({ "Fn::Sub": format!("{PREFIX}{text}") }),
        (None, None) => json!({ "Fn::Sub": [format!("{PREFIX}${{Name}}"), { "Name": name }] }),
    }
}

/// Returns an expression with a text behind it.
fn behind(value: &Json, text: &str) -> Json {
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
