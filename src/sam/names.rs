//! Table names that resolve to the same value on AWS and under `sam local`.
//!
//! Under `sam local`, `Ref` of a table returns its *logical id*, whatever its `TableName` (aws-sam-cli#1604, #4905, #7413). `Ref`
//! of a parameter returns its value in both environments. So each literal table name becomes the default of a parameter, and
//! functions refer to the parameter, never to the table.

use tablewright::{Expression, Parameter, Problem, Stack, Table, Value, resolve};

/// Returns the stack with each literal table name replaced by a parameter, `<table>TableName`, that has the name as its default.
/// The parameters come first in the stack and have the source location of their table.
///
/// ```
/// use tablewright::{Scalar, Stack, Table, json};
/// use tablewright_sam::with_name_parameters;
///
/// let mut stack = Stack::new("notes");
/// stack.table(Table::define("Note").name("demo-dev-notes").partition("id", Scalar::S));
/// let stack = with_name_parameters(&stack)?;
/// assert_eq!(stack.parameters[0].name, "NoteTableName");
/// assert_eq!(stack.parameters[0].default.as_deref(), Some("demo-dev-notes"));
/// assert_eq!(json!(stack.tables[0].name), json!({ "Ref": "NoteTableName" }));
/// # Ok::<(), Box<tablewright::Problem>>(())
/// ```
///
/// # Errors
///
/// Returns problem `SAM1` if the stack already has a parameter or resource with the name of such a parameter.
pub fn with_name_parameters(stack: &Stack) -> Result<Stack, Box<Problem>> {
    let mut stack = stack.clone();
    let mut parameters = Vec::new();
    for i in 0..stack.tables.len() {
        let table = &stack.tables[i];
        let Some(literal) = table.name.as_ref().and_then(Value::literal) else { continue };
        // CloudFormation does not resolve dynamic references in parameter defaults.
        if literal.contains("{{resolve:") {
            continue;
        }
        let name = parameter_of(table);
        if stack.place_of("Parameters", &name, None).or(stack.place_of("Resources", &name, None)).is_some() {
            let message = format!(
                "the name of table `{}` needs a parameter `{name}`, but the stack already defines `{name}`",
                table.id
            );
            let help =
                format!("rename the other `{name}`, or use a parameter of the stack as the table name");
            return Err(Box::new(Problem::error("SAM1", &table.at, message).help(help)));
        }
        let parameter = Parameter {
            at: table.at.clone(),
            ..Parameter::string(&name)
                .description(format!("Name of the table {}", table.id))
                .default(literal)
                .pattern("^[a-zA-Z0-9_.-]{3,255}$")
        };
        stack.tables[i].name = Some(Expression::Ref(name).into());
        parameters.push(parameter);
    }
    // First, so that `sam deploy --guided` asks for the names before anything else.
    stack.parameters.splice(0..0, parameters);
    Ok(stack)
}

/// Returns the name of the parameter for a table's name.
pub(crate) fn parameter_of(table: &Table) -> String {
    format!("{}TableName", table.id)
}

/// Returns the name of a table as an expression that can be resolved without CloudFormation. `stack` must already have its
/// [name parameters](with_name_parameters). Otherwise returns problem `SAM2`.
pub(crate) fn name_of<'s>(stack: &'s Stack, table: &'s Table) -> Result<&'s Value<String>, Box<Problem>> {
    text_name(stack, table)?;
    Ok(table.name.as_ref().expect("a table whose name is known has a name"))
}

/// Returns the name of a table as it is without CloudFormation, or problem `SAM2` if only a deployment determines it.
pub(crate) fn text_name(stack: &Stack, table: &Table) -> Result<String, Box<Problem>> {
    resolve::table_name(stack, table).map_err(|why| {
        let message = format!("the name of table `{}` is not known under `sam local`: {why}", table.id);
        let help = "use a literal name, or `Expression::sub` with parameters that have defaults";
        Box::new(Problem::error("SAM2", &table.at, message).help(help))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tablewright::{Expression, Parameter, Scalar, Stack, Table, Value};

    use super::{name_of, with_name_parameters};

    fn stack(name: Option<Value<String>>) -> Stack {
        let mut stack = Stack::new("notes");
        stack.parameter(Parameter::string("Stage").default("dev"));
        let table = Table::define("Note").partition("id", Scalar::S);
        stack.table(match name {
            Some(name) => table.name(name),
            None => table.generated_name(),
        });
        stack
    }

    #[test]
    fn functions_get_a_name_that_sam_local_can_resolve() {
        let check = |name: Value<String>, parameters: &[&str], expected: serde_json::Value| {
            let stack = with_name_parameters(&stack(Some(name))).unwrap();
            let names: Vec<&str> = stack.parameters.iter().map(|it| it.name.as_str()).collect();
            assert_eq!(names, parameters);
            assert_eq!(json!(name_of(&stack, &stack.tables[0]).unwrap()), expected);
            assert_eq!(stack.parameters[0].at.file, "src/sam/names.rs");
        };
        check("notes".into(), &["NoteTableName", "Stage"], json!({ "Ref": "NoteTableName" }));
        let by_stage = Expression::sub("${Stage}-notes");
        check(by_stage.into(), &["Stage"], json!({ "Fn::Sub": "${Stage}-notes" }));
        check(Expression::Ref("Stage".into()).into(), &["Stage"], json!({ "Ref": "Stage" }));
    }

    #[test]
    fn a_name_that_sam_local_cannot_resolve_is_a_problem() {
        let check = |name: Option<Value<String>>, why: &str| {
            let stack = with_name_parameters(&stack(name)).unwrap();
            let problem = name_of(&stack, &stack.tables[0]).unwrap_err();
            let message = format!("the name of table `Note` is not known under `sam local`: {why}");
            assert_eq!((problem.rule.as_str(), problem.message), ("SAM2", message));
            assert_eq!(problem.at, stack.tables[0].at);
            assert!(problem.help.is_some());
        };
        check(None, "CloudFormation generates it");
        let by_stack = Expression::sub("${AWS::StackName}-notes");
        check(Some(by_stack.into()), "`AWS::StackName` is known only after deployment");
        let resolved = "{{resolve:ssm:/name}}";
        let unnamed = with_name_parameters(&stack(Some(resolved.into()))).unwrap();
        assert_eq!(unnamed.parameters.len(), 1, "no parameter for a dynamic reference");
        check(Some(resolved.into()), "`{{resolve:ssm:/name}}` is known only after deployment");
    }

    #[test]
    fn an_existing_parameter_is_not_overwritten() {
        let mut stack = stack(Some("notes".into()));
        stack.parameter(Parameter::string("NoteTableName"));
        let problem = with_name_parameters(&stack).unwrap_err();
        assert_eq!(
            problem.message,
            "the name of table `Note` needs a parameter `NoteTableName`, but the stack already defines `NoteTableName`"
        );
    }
}
