//! The table name that is right on AWS and under `sam local`.
//!
//! In: a stack. Out: the same stack with a parameter for each literal table name, that name its default, and the table named by
//! it. `Ref` of a table is its *logical id* under `sam local`, whatever `TableName` says (aws-sam-cli#1604, #4905, #7413);
//! `Ref` of a parameter is right in both places, so functions get the parameter and never the table.

use tablewright::{Expression, Parameter, Problem, Stack, Table, Value, resolve};

/// Returns the stack with a parameter for the name of each table, where the name is a literal. The line of the parameter is that
/// of the table.
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
/// `SAM1` where the stack has something of the parameter's name already.
pub fn with_name_parameters(stack: &Stack) -> Result<Stack, Box<Problem>> {
    let mut stack = stack.clone();
    let mut parameters = Vec::new();
    for i in 0..stack.tables.len() {
        let table = &stack.tables[i];
        let Some(literal) = table.name.as_ref().and_then(Value::literal) else { continue };
        // A dynamic reference is no default that a table could be named by.
        if literal.contains("{{resolve:") {
            continue;
        }
        let name = parameter_of(table);
        if stack.place_of("Parameters", &name, None).or(stack.place_of("Resources", &name, None)).is_some() {
            let message =
                format!("the name of table `{}` needs a parameter `{name}`, which is taken", table.id);
            let help = format!("rename the other `{name}`, or name the table by a parameter of the stack");
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
    // In front: whoever deploys sees the names first.
    stack.parameters.splice(0..0, parameters);
    Ok(stack)
}

/// The logical id of the parameter with a table's name.
pub(crate) fn parameter_of(table: &Table) -> String {
    format!("{}TableName", table.id)
}

/// Returns the name of a table as the environment of a function has it: a value that is known without CloudFormation. `stack` has
/// its [name parameters](with_name_parameters).
pub(crate) fn name_of<'s>(stack: &'s Stack, table: &'s Table) -> Result<&'s Value<String>, Box<Problem>> {
    text_name(stack, table)?;
    Ok(table.name.as_ref().expect("a table whose name is known has a name"))
}

/// Returns the name of a table as a text.
pub(crate) fn text_name(stack: &Stack, table: &Table) -> Result<String, Box<Problem>> {
    resolve::table_name(stack, table).map_err(|why| {
        let message = format!("the name of table `{}` is not known under `sam local`: {why}", table.id);
        let help = "name it by a text, or by `Expression::sub` of parameters that have defaults";
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
    fn a_name_that_is_known_everywhere_is_what_functions_are_told() {
        let check = |name: Value<String>, parameters: &[&str], told: serde_json::Value| {
            let stack = with_name_parameters(&stack(Some(name))).unwrap();
            let names: Vec<&str> = stack.parameters.iter().map(|it| it.name.as_str()).collect();
            assert_eq!(names, parameters);
            assert_eq!(json!(name_of(&stack, &stack.tables[0]).unwrap()), told);
            assert_eq!(stack.parameters[0].at.file, "src/sam/names.rs");
        };
        check("notes".into(), &["NoteTableName", "Stage"], json!({ "Ref": "NoteTableName" }));
        let by_stage = Expression::sub("${Stage}-notes");
        check(by_stage.into(), &["Stage"], json!({ "Fn::Sub": "${Stage}-notes" }));
        check(Expression::Ref("Stage".into()).into(), &["Stage"], json!({ "Ref": "Stage" }));
    }

    #[test]
    fn a_name_that_sam_local_cannot_know_is_a_problem_at_its_line() {
        let check = |name: Option<Value<String>>, why: &str| {
            let stack = with_name_parameters(&stack(name)).unwrap();
            let problem = name_of(&stack, &stack.tables[0]).unwrap_err();
            let wanted = format!("the name of table `Note` is not known under `sam local`: {why}");
            assert_eq!((problem.rule.as_str(), problem.message), ("SAM2", wanted));
            assert_eq!(problem.at, stack.tables[0].at);
            assert!(problem.help.is_some());
        };
        check(None, "CloudFormation generates it");
        let by_stack = Expression::sub("${AWS::StackName}-notes");
        check(Some(by_stack.into()), "`AWS::StackName` is known when it is deployed");
        let resolved = "{{resolve:ssm:/name}}";
        let unnamed = with_name_parameters(&stack(Some(resolved.into()))).unwrap();
        assert_eq!(unnamed.parameters.len(), 1, "no default that a table could be named by");
        check(Some(resolved.into()), "`{{resolve:ssm:/name}}` is known when it is deployed");
    }

    #[test]
    fn a_parameter_of_that_name_is_not_overwritten() {
        let mut stack = stack(Some("notes".into()));
        stack.parameter(Parameter::string("NoteTableName"));
        let problem = with_name_parameters(&stack).unwrap_err();
        assert_eq!(
            problem.message,
            "the name of table `Note` needs a parameter `NoteTableName`, which is taken"
        );
    }
}
