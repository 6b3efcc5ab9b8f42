//! The value of an expression without AWS: parameters by their defaults, functions by CloudFormation's rules.
//!
//! In: a stack and a value in it. Out: the literal, or [`Unresolved`]: why only a deployment can know it. `sam local` and a local
//! DynamoDB see a stack in this way, since no CloudFormation is there to ask.

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
    /// A text; numbers and booleans are written as text.
    Text(String),
    /// A list.
    List(Vec<Known>),
    /// `AWS::NoValue`
    Nothing,
}

/// Why a value is not known without AWS.
///
/// ```
/// use tablewright::{Expression, Stack, resolve};
///
/// let region = Expression::Ref("AWS::Region".to_owned());
/// let error = resolve::text(&Stack::new("notes"), &region.into()).unwrap_err();
/// assert_eq!(error.to_string(), "`AWS::Region` is known when it is deployed");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unresolved {
    /// A pseudo parameter, an attribute, a resource or a dynamic reference.
    #[error("`{0}` is known when it is deployed")]
    AtDeployment(String),
    /// The export of another stack.
    #[error("what another stack exports is known when it is deployed")]
    Import,
    /// A table without a name of its own.
    #[error("CloudFormation generates it")]
    GeneratedName,
    /// A parameter without a default.
    #[error("the parameter `{name}` ({at}) has no default")]
    NoDefault {
        /// The parameter.
        name: String,
        /// Where it is declared.
        at: Place,
    },
    /// A parameter of an AWS type, such as one that names an SSM parameter.
    #[error("the parameter `{name}` ({at}) is of type `{kind}`, which AWS resolves")]
    ResolvedByAws {
        /// The parameter.
        name: String,
        /// Where it is declared.
        at: Place,
        /// Its type.
        kind: String,
    },
    /// A condition that does not exist, or that refers to itself.
    #[error("there is no condition `{0}`")]
    NoCondition(String),
    /// An entry that the mapping does not have.
    #[error("the mapping `{map}` has no `{top}`, `{second}`")]
    NoMapEntry {
        /// The mapping.
        map: String,
        /// The top-level key.
        top: String,
        /// The second-level key.
        second: String,
    },
    /// A position behind the end of a list.
    #[error("a list has no item {0}")]
    NoItem(String),
    /// `${` without `}`.
    #[error("`{0}` is not closed")]
    NotClosed(String),
    /// A value of one kind where another is needed.
    #[error("{found} stands where {expected} is wanted")]
    Mismatch {
        /// What the expression is.
        found: Kind,
        /// What is needed.
        expected: Kind,
    },
}

/// The kind of a value, as a message names it.
///
/// See [`Unresolved::Mismatch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A list.
    List,
    /// A text or a number.
    Scalar,
    /// `AWS::NoValue`
    Nothing,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a text",
            Self::List => "a list",
            Self::Scalar => "a value",
            Self::Nothing => "`AWS::NoValue`",
        })
    }
}

/// Returns the name of a table.
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
/// See [`Unresolved`].
pub fn table_name(stack: &Stack, table: &Table) -> Result<String, Unresolved> {
    text(stack, table.name.as_ref().ok_or(Unresolved::GeneratedName)?)
}

/// Returns the text that a value stands for.
///
/// # Errors
///
/// See [`Unresolved`].
pub fn text(stack: &Stack, value: &Value<String>) -> Result<String, Unresolved> {
    match value {
        Value::Literal(text) => literal(text),
        Value::Expression(call) => as_text(expression(stack, call)?),
    }
}

/// Returns the value of an expression.
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
/// See [`Unresolved`].
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

/// How many conditions may refer to each other in a row; a longer chain is a cycle.
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

/// Returns whether a condition of the stack is true.
///
/// # Errors
///
/// See [`Unresolved`].
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

    fn unknown(call: &Expression, why: &str) {
        let error = expression(&stack(), call).unwrap_err().to_string();
        // Without the lines of this file.
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
    fn functions_of_parameters_are_known() {
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
    fn what_only_a_deployment_can_know_is_named() {
        unknown(&reference("AWS::Region"), "`AWS::Region` is known when it is deployed");
        unknown(&reference("Topic"), "`Topic` is known when it is deployed");
        unknown(&reference("Given"), "the parameter `Given` has no default");
        unknown(
            &reference("Key"),
            "the parameter `Key` is of type `AWS::SSM::Parameter::Value<String>`, which AWS resolves",
        );
        unknown(&reference("Secret"), "`{{resolve:ssm:/x}}` is known when it is deployed");
        unknown(
            &Expression::sub("a-{{resolve:ssm:/x}}"),
            "`a-{{resolve:ssm:/x}}` is known when it is deployed",
        );
        unknown(
            &Expression::sub("{{resolve:ssm:/${Stage}/x}}-${Stage}"),
            "`{{resolve:ssm:/${Stage}/x}}-${Stage}` is known when it is deployed",
        );
        unknown(&Expression::sub("${Stage"), "`${Stage` is not closed");
        unknown(&Expression::GetAtt("T".into(), "Arn".into()), "`T.Arn` is known when it is deployed");
        unknown(&Expression::import_value("x"), "what another stack exports is known when it is deployed");
        unknown(
            &Expression::find_in_map("Limits", "prod", "reads"),
            "the mapping `Limits` has no `prod`, `reads`",
        );
        unknown(&Expression::select_split(7, "/", "a/b"), "a list has no item 7");
        unknown(&Expression::if_else("Circle", "a", "b"), "there is no condition `Circle`");
        unknown(&Expression::if_else("Nowhere", "a", "b"), "there is no condition `Nowhere`");
        unknown(&Expression::join("", [reference("Zones").into()]), "a list stands where a text is wanted");
        unknown(
            &Expression::Join("-".into(), Box::new(Argument::from("a"))),
            "a text stands where a list is wanted",
        );
    }
}
