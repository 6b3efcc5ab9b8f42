//! Evaluates expressions without AWS: parameters have their default values, and intrinsic functions follow CloudFormation's
//! rules.
//!
//! Used for `sam local` and DynamoDB Local, where no CloudFormation is available. An expression that only a deployment can
//! evaluate is an error, [`Unresolved`].

use std::fmt;

use tablewright_template::{SubPart, sub_parts};

use crate::place::Place;
use crate::stack::Stack;
use crate::stack::condition::{Condition, Test};
use crate::stack::parameter::ParameterType;
use crate::table::Table;
use crate::value::{Argument, Expression, Sub, Value};

/// The value of an expression.
///
/// See [`expression`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// A string; numbers and booleans are converted to strings.
    Text(String),
    /// A list.
    List(Vec<Known>),
    /// `AWS::NoValue`
    Nothing,
}

/// Why an expression cannot be evaluated without AWS.
///
/// ```
/// use tablewright::{Expression, Stack, resolve};
///
/// let region = Expression::Ref("AWS::Region".to_owned());
/// let error = resolve::text(&Stack::new("notes"), &region.into()).unwrap_err();
/// assert_eq!(error.to_string(), "`AWS::Region` is known only after deployment");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unresolved {
    /// A pseudo parameter, an attribute, a resource or a dynamic reference is known only after deployment.
    #[error("`{0}` is known only after deployment")]
    AtDeployment(String),
    /// `Fn::ImportValue` reads an export of another stack.
    #[error("the export of another stack is known only after deployment")]
    Import,
    /// The table has no name in its definition.
    #[error("CloudFormation generates it")]
    GeneratedName,
    /// The parameter has no default.
    #[error("the parameter `{name}` ({at}) has no default")]
    NoDefault {
        /// The parameter.
        name: String,
        /// Source location of the parameter.
        at: Place,
    },
    /// The parameter has an AWS-specific or SSM type.
    #[error("the parameter `{name}` ({at}) is of type `{kind}`, whose value only AWS can look up")]
    ResolvedByAws {
        /// The parameter.
        name: String,
        /// Source location of the parameter.
        at: Place,
        /// Its type.
        kind: String,
    },
    /// The condition does not exist, or refers to itself.
    #[error("no condition `{0}`")]
    NoCondition(String),
    /// The mapping has no such entry.
    #[error("the mapping `{map}` has no `{top}`, `{second}`")]
    NoMapEntry {
        /// The mapping.
        map: String,
        /// The top-level key.
        top: String,
        /// The second-level key.
        second: String,
    },
    /// The index of `Fn::Select` is out of range.
    #[error("the list has no item {0}")]
    NoItem(String),
    /// A string of `Fn::Sub` has `${` without `}`.
    #[error("`{0}` has an unclosed `${{`")]
    NotClosed(String),
    /// A function got a value of the wrong kind.
    #[error("expected {expected}, found {found}")]
    Mismatch {
        /// The kind of the value.
        found: Kind,
        /// The kind that the function requires.
        expected: Kind,
    },
}

/// The kind of a value.
///
/// See [`Unresolved::Mismatch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A list.
    List,
    /// A string or a number.
    Scalar,
    /// `AWS::NoValue`
    Nothing,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a string",
            Self::List => "a list",
            Self::Scalar => "a string or number",
            Self::Nothing => "`AWS::NoValue`",
        })
    }
}

/// Returns the name of a table without CloudFormation.
///
/// ```
/// use tablewright::{Expression, Parameter, Scalar, Stack, Table, resolve};
///
/// let mut stack = Stack::new("notes");
/// stack.parameter(Parameter::string("Stage").default("dev"));
/// stack.table(Table::define("Note").name(Expression::sub("${Stage}-notes")).partition("id", Scalar::S));
/// assert_eq!(resolve::table_name(&stack, &stack.tables[0])?, "dev-notes");
/// # Ok::<(), resolve::Unresolved>(())
/// ```
///
/// # Errors
///
/// Returns an [`Unresolved`] if only a deployment determines the result.
pub fn table_name(stack: &Stack, table: &Table) -> Result<String, Unresolved> {
    text(stack, table.name.as_ref().ok_or(Unresolved::GeneratedName)?)
}

/// Evaluates a string value.
///
/// # Errors
///
/// Returns an [`Unresolved`] if the value cannot be evaluated without AWS, or is not a string.
pub fn text(stack: &Stack, value: &Value<String>) -> Result<String, Unresolved> {
    match value {
        Value::Literal(text) => literal(text),
        Value::Expression(call) => as_text(expression(stack, call)?),
    }
}

/// Evaluates an expression.
///
/// ```
/// use tablewright::resolve::{Known, expression};
/// use tablewright::{Expression, Parameter, Stack};
///
/// let mut stack = Stack::new("notes");
/// stack.parameter(Parameter::string("Stage").default("dev"));
/// let name = Expression::sub("${Stage}-notes");
/// assert_eq!(expression(&stack, &name), Ok(Known::Text("dev-notes".to_owned())));
/// ```
///
/// # Errors
///
/// Returns an [`Unresolved`] if only a deployment determines the result.
pub fn expression(stack: &Stack, call: &Expression) -> Result<Known, Unresolved> {
    match call {
        Expression::Ref(name) if name == "AWS::NoValue" => Ok(Known::Nothing),
        Expression::Ref(name) => reference(stack, name),
        Expression::Sub(Sub::Text(text)) => substitute(stack, text, &mut |_| None),
        Expression::Sub(Sub::With(text, values)) => {
            substitute(stack, text, &mut |name| values.get(name).map(|value| argument(stack, value)))
        }
        Expression::GetAtt(id, attribute) => Err(Unresolved::AtDeployment(format!("{id}.{attribute}"))),
        Expression::ImportValue(_) => Err(Unresolved::Import),
        Expression::FindInMap(map, top, second) => find_in_map(
            stack,
            &as_text(argument(stack, map)?)?,
            &as_text(argument(stack, top)?)?,
            &as_text(argument(stack, second)?)?,
        ),
        Expression::If(condition, then, otherwise) => {
            argument(stack, if holds(stack, condition, 0)? { then } else { otherwise })
        }
        Expression::Join(delimiter, list) => {
            let parts: Vec<String> =
                as_list(argument(stack, list)?)?.into_iter().map(as_text).collect::<Result<_, _>>()?;
            Ok(Known::Text(parts.join(delimiter)))
        }
        Expression::Select(position, list) => {
            let position = as_text(argument(stack, position)?)?;
            let list = as_list(argument(stack, list)?)?;
            let selected = position.parse().ok().and_then(|position: usize| list.into_iter().nth(position));
            selected.ok_or(Unresolved::NoItem(position))
        }
        Expression::Split(delimiter, text) => {
            let text = as_text(argument(stack, text)?)?;
            Ok(Known::List(text.split(delimiter).map(|part| Known::Text(part.to_owned())).collect()))
        }
    }
}

fn argument(stack: &Stack, argument: &Argument) -> Result<Known, Unresolved> {
    match argument {
        Argument::Bool(yes) => Ok(Known::Text(yes.to_string())),
        Argument::Number(number) => Ok(Known::Text(number.to_string())),
        Argument::Text(text) => Ok(Known::Text(literal(text)?)),
        Argument::List(items) => {
            items.iter().map(|item| self::argument(stack, item)).collect::<Result<_, _>>().map(Known::List)
        }
        Argument::Call(call) => expression(stack, call),
    }
}

fn literal(text: &str) -> Result<String, Unresolved> {
    if text.contains("{{resolve:") {
        return Err(Unresolved::AtDeployment(text.to_owned()));
    }
    Ok(text.to_owned())
}

fn reference(stack: &Stack, name: &str) -> Result<Known, Unresolved> {
    if name.starts_with("AWS::") {
        return Err(Unresolved::AtDeployment(name.to_owned()));
    }
    let Some(parameter) = stack.parameters.iter().find(|parameter| parameter.name == name) else {
        return Err(Unresolved::AtDeployment(name.to_owned()));
    };
    let (name, at) = (name.to_owned(), parameter.at.clone());
    let Some(default) = &parameter.default else { return Err(Unresolved::NoDefault { name, at }) };
    match &parameter.kind {
        ParameterType::Text | ParameterType::Number => Ok(Known::Text(literal(default)?)),
        ParameterType::CommaDelimitedList => {
            Ok(Known::List(default.split(',').map(|item| Known::Text(item.trim().to_owned())).collect()))
        }
        ParameterType::Aws(kind) => Err(Unresolved::ResolvedByAws { name, at, kind: kind.clone() }),
    }
}

fn substitute(
    stack: &Stack,
    text: &str,
    own: &mut dyn FnMut(&str) -> Option<Result<Known, Unresolved>>,
) -> Result<Known, Unresolved> {
    literal(text)?;
    let mut out = String::new();
    for part in sub_parts(text) {
        match part {
            SubPart::Text(part) if part.contains("${") => return Err(Unresolved::NotClosed(text.to_owned())),
            SubPart::Text(part) => out.push_str(part),
            SubPart::Escaped(name) => out.push_str(&format!("${{{name}}}")),
            SubPart::Variable(name) => {
                out.push_str(&as_text(own(name).unwrap_or_else(|| reference(stack, name))?)?);
            }
        }
    }
    Ok(Known::Text(out))
}

fn find_in_map(stack: &Stack, map: &str, top: &str, second: &str) -> Result<Known, Unresolved> {
    let found = stack.mappings.iter().find(|mapping| mapping.name == map);
    let value = found.and_then(|mapping| mapping.values.get(top)?.get(second));
    value.cloned().map(Known::Text).ok_or_else(|| Unresolved::NoMapEntry {
        map: map.to_owned(),
        top: top.to_owned(),
        second: second.to_owned(),
    })
}

/// Maximum number of conditions that refer to each other in a row; a longer chain is treated as a cycle.
const DEEPEST: usize = 64;

fn holds(stack: &Stack, name: &str, depth: usize) -> Result<bool, Unresolved> {
    let missing = || Unresolved::NoCondition(name.to_owned());
    if depth >= DEEPEST {
        return Err(missing());
    }
    let named = |condition: &&Condition| condition.name == name;
    let condition = stack.conditions.iter().find(named).ok_or_else(missing)?;
    test(stack, &condition.test, depth + 1)
}

fn test(stack: &Stack, test: &Test, depth: usize) -> Result<bool, Unresolved> {
    let each = |tests: &[Test]| -> Result<Vec<bool>, Unresolved> {
        tests.iter().map(|test| self::test(stack, test, depth)).collect()
    };
    match test {
        Test::Equals(left, right) => Ok(text(stack, left)? == text(stack, right)?),
        Test::And(tests) => Ok(each(tests)?.into_iter().all(|holds| holds)),
        Test::Or(tests) => Ok(each(tests)?.into_iter().any(|holds| holds)),
        Test::Not([test]) => Ok(!self::test(stack, test, depth)?),
        Test::Condition(name) => holds(stack, name, depth),
    }
}

/// Evaluates a condition of the stack.
///
/// # Errors
///
/// Returns an [`Unresolved`] if only a deployment determines the result.
pub fn condition(stack: &Stack, name: &str) -> Result<bool, Unresolved> {
    holds(stack, name, 0)
}

fn as_text(known: Known) -> Result<String, Unresolved> {
    let found = match known {
        Known::Text(text) => return Ok(text),
        Known::List(_) => Kind::List,
        Known::Nothing => Kind::Nothing,
    };
    Err(Unresolved::Mismatch { found, expected: Kind::Text })
}

fn as_list(known: Known) -> Result<Vec<Known>, Unresolved> {
    let found = match known {
        Known::List(items) => return Ok(items),
        Known::Text(_) => Kind::Text,
        Known::Nothing => Kind::Nothing,
    };
    Err(Unresolved::Mismatch { found, expected: Kind::List })
}

#[cfg(test)]
mod tests {
    use crate::{Argument, Expression, Parameter, ParameterType, Stack, Test};

    use super::{Known, expression};

    fn stack() -> Stack {
        let mut stack = Stack::new("orders");
        stack.parameter(Parameter::string("Stage").default("dev"));
        stack.parameter(Parameter::number("Count").default("3"));
        stack.parameter(Parameter::string("Given"));
        stack.parameter(Parameter::ssm("Key", "/key"));
        stack.parameter(Parameter::new("Zones", ParameterType::CommaDelimitedList).default("a, b"));
        stack.parameter(Parameter::string("Secret").default("{{resolve:ssm:/x}}"));
        stack.mapping("Limits", [("dev", [("reads", "100")])]);
        stack.condition("IsDev", Test::equals(Expression::Ref("Stage".into()), "dev"));
        stack.condition("IsNot", Test::Condition("IsDev".into()).negated());
        stack.condition(
            "Both",
            Test::And(vec![Test::Condition("IsDev".into()), Test::Condition("IsNot".into())]),
        );
        stack.condition(
            "Any",
            Test::Or(vec![Test::Condition("IsDev".into()), Test::Condition("IsNot".into())]),
        );
        stack.condition("Circle", Test::Condition("Circle".into()));
        stack
    }

    fn check(call: &Expression, wanted: &str) {
        assert_eq!(expression(&stack(), call), Ok(Known::Text(wanted.to_owned())), "{call:?}");
    }

    fn check_unresolved(call: &Expression, why: &str) {
        let error = expression(&stack(), call).unwrap_err().to_string();
        // Remove source locations, which change with every edit of this file.
        let error: String = error
            .split(" (")
            .enumerate()
            .map(|(i, part)| match i {
                0 => part.to_owned(),
                _ => part.split_once(')').map(|(_, rest)| rest.to_owned()).unwrap_or_default(),
            })
            .collect();
        assert_eq!(error, why, "{call:?}");
    }

    fn reference(name: &str) -> Expression {
        Expression::Ref(name.to_owned())
    }

    #[test]
    fn functions_of_parameters_are_evaluated() {
        check(&reference("Stage"), "dev");
        check(&reference("Count"), "3");
        check(&Expression::sub("x-${Stage}-${ Count }-${!no}"), "x-dev-3-${no}");
        check(&Expression::sub_with("${A}-${Stage}", [("A", reference("Count"))]), "3-dev");
        check(&Expression::join("-", [reference("Stage").into(), "a".into(), 1_u64.into()]), "dev-a-1");
        check(&Expression::find_in_map("Limits", reference("Stage"), "reads"), "100");
        check(&Expression::select_split(1, "/", "a/b/c"), "b");
        check(&Expression::Select(Box::new(1_u64.into()), Box::new(reference("Zones").into())), "b");
        for (condition, wanted) in [("IsDev", "a"), ("IsNot", "b"), ("Both", "b"), ("Any", "a")] {
            check(&Expression::if_else(condition, "a", "b"), wanted);
        }
        let no_value = Expression::if_else("IsDev", reference("AWS::NoValue"), "b");
        assert_eq!(expression(&stack(), &no_value), Ok(Known::Nothing));
        let zones = Known::List(vec![Known::Text("a".into()), Known::Text("b".into())]);
        assert_eq!(expression(&stack(), &reference("Zones")), Ok(zones));
    }

    #[test]
    fn values_that_only_a_deployment_determines_are_errors() {
        check_unresolved(&reference("AWS::Region"), "`AWS::Region` is known only after deployment");
        check_unresolved(&reference("Topic"), "`Topic` is known only after deployment");
        check_unresolved(&reference("Given"), "the parameter `Given` has no default");
        check_unresolved(
            &reference("Key"),
            "the parameter `Key` is of type `AWS::SSM::Parameter::Value<String>`, whose value only AWS can look up",
        );
        check_unresolved(&reference("Secret"), "`{{resolve:ssm:/x}}` is known only after deployment");
        check_unresolved(
            &Expression::sub("a-{{resolve:ssm:/x}}"),
            "`a-{{resolve:ssm:/x}}` is known only after deployment",
        );
        check_unresolved(
            &Expression::sub("{{resolve:ssm:/${Stage}/x}}-${Stage}"),
            "`{{resolve:ssm:/${Stage}/x}}-${Stage}` is known only after deployment",
        );
        check_unresolved(&Expression::sub("${Stage"), "`${Stage` has an unclosed `${`");
        check_unresolved(
            &Expression::GetAtt("T".into(), "Arn".into()),
            "`T.Arn` is known only after deployment",
        );
        check_unresolved(
            &Expression::import_value("x"),
            "the export of another stack is known only after deployment",
        );
        check_unresolved(
            &Expression::find_in_map("Limits", "prod", "reads"),
            "the mapping `Limits` has no `prod`, `reads`",
        );
        check_unresolved(&Expression::select_split(7, "/", "a/b"), "the list has no item 7");
        check_unresolved(&Expression::if_else("Circle", "a", "b"), "no condition `Circle`");
        check_unresolved(&Expression::if_else("Nowhere", "a", "b"), "no condition `Nowhere`");
        check_unresolved(
            &Expression::join("", [reference("Zones").into()]),
            "expected a string, found a list",
        );
        check_unresolved(
            &Expression::Join("-".into(), Box::new(Argument::from("a"))),
            "expected a list, found a string",
        );
    }
}
