//! What an expression comes to before anything is deployed: parameters by their defaults, the rest by the rules of the functions.
//!
//! In: a stack and a value of it. Out: the literal, or why nobody knows it yet. It is how `sam local` and a local DynamoDB see
//! the stack: neither has a CloudFormation that could be asked.

use tablewright::{Argument, Condition, Expression, ParameterType, Stack, Sub, Test, Value};
use tablewright_template::{SubPart, sub_parts};

/// What a value comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Known {
    Text(String),
    List(Vec<Known>),
    /// `AWS::NoValue`
    Nothing,
}

/// Why a value is not known, as a fragment: "`AWS::Region` is known when it is deployed".
type Unknown = String;

/// Returns the text that a value comes to.
pub(crate) fn text(stack: &Stack, value: &Value<String>) -> Result<String, Unknown> {
    match value {
        Value::Literal(text) => literal(text),
        Value::Expression(call) => as_text(expression(stack, call)?),
    }
}

/// Returns what an expression comes to.
pub(crate) fn expression(stack: &Stack, call: &Expression) -> Result<Known, Unknown> {
    match call {
        Expression::Ref(name) if name == "AWS::NoValue" => Ok(Known::Nothing),
        Expression::Ref(name) => reference(stack, name),
        Expression::Sub(Sub::Text(text)) => substitute(stack, text, &mut |_| None),
        Expression::Sub(Sub::With(text, values)) => {
            substitute(stack, text, &mut |name| values.get(name).map(|value| argument(stack, value)))
        }
        Expression::GetAtt(id, attribute) => Err(format!("`{id}.{attribute}` is known when it is deployed")),
        Expression::ImportValue(_) => {
            Err("what another stack exports is known when it is deployed".to_owned())
        }
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
            selected.ok_or_else(|| format!("a list has no item {position}"))
        }
        Expression::Split(delimiter, text) => {
            let text = as_text(argument(stack, text)?)?;
            Ok(Known::List(text.split(delimiter).map(|part| Known::Text(part.to_owned())).collect()))
        }
    }
}

fn argument(stack: &Stack, argument: &Argument) -> Result<Known, Unknown> {
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

fn literal(text: &str) -> Result<String, Unknown> {
    if text.contains("{{resolve:") {
        return Err(format!("`{text}` is known when it is deployed"));
    }
    Ok(text.to_owned())
}

fn reference(stack: &Stack, name: &str) -> Result<Known, Unknown> {
    if name.starts_with("AWS::") {
        return Err(format!("`{name}` is known when it is deployed"));
    }
    let Some(parameter) = stack.parameters.iter().find(|parameter| parameter.name == name) else {
        return Err(format!("what `{name}` comes to is known when it is deployed"));
    };
    let Some(default) = &parameter.default else {
        return Err(format!("the parameter `{name}` ({}) has no default", parameter.at));
    };
    match &parameter.kind {
        ParameterType::Text | ParameterType::Number => Ok(Known::Text(literal(default)?)),
        ParameterType::CommaDelimitedList => {
            Ok(Known::List(default.split(',').map(|item| Known::Text(item.trim().to_owned())).collect()))
        }
        ParameterType::Aws(kind) => {
            Err(format!("the parameter `{name}` ({}) is of type `{kind}`, which AWS resolves", parameter.at))
        }
    }
}

fn substitute(
    stack: &Stack,
    text: &str,
    own: &mut dyn FnMut(&str) -> Option<Result<Known, Unknown>>,
) -> Result<Known, Unknown> {
    literal(text)?;
    let mut out = String::new();
    for part in sub_parts(text) {
        match part {
            SubPart::Text(part) if part.contains("${") => return Err(format!("`{text}` is not closed")),
            SubPart::Text(part) => out.push_str(part),
            SubPart::Escaped(name) => out.push_str(&format!("${{{name}}}")),
            SubPart::Variable(name) => {
                out.push_str(&as_text(own(name).unwrap_or_else(|| reference(stack, name))?)?);
            }
        }
    }
    Ok(Known::Text(out))
}

fn find_in_map(stack: &Stack, map: &str, top: &str, second: &str) -> Result<Known, Unknown> {
    let found = stack.mappings.iter().find(|mapping| mapping.name == map);
    let value = found.and_then(|mapping| mapping.values.get(top)?.get(second));
    value.cloned().map(Known::Text).ok_or_else(|| format!("the mapping `{map}` has no `{top}`, `{second}`"))
}

/// How many conditions may refer to each other in a row; more is a circle.
const DEEPEST: usize = 64;

fn holds(stack: &Stack, name: &str, depth: usize) -> Result<bool, Unknown> {
    let condition: Option<&Condition> = stack.conditions.iter().find(|condition| condition.name == name);
    let condition = condition.filter(|_| depth < DEEPEST);
    let condition = condition.ok_or_else(|| format!("there is no condition `{name}`"))?;
    test(stack, &condition.test, depth + 1)
}

fn test(stack: &Stack, test: &Test, depth: usize) -> Result<bool, Unknown> {
    let each = |tests: &[Test]| -> Result<Vec<bool>, Unknown> {
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

/// Returns whether a condition holds.
pub(crate) fn condition(stack: &Stack, name: &str) -> Result<bool, Unknown> {
    holds(stack, name, 0)
}

pub(crate) fn as_text(known: Known) -> Result<String, Unknown> {
    match known {
        Known::Text(text) => Ok(text),
        Known::List(_) => Err("a list stands where a text is wanted".to_owned()),
        Known::Nothing => Err("`AWS::NoValue` stands where a text is wanted".to_owned()),
    }
}

fn as_list(known: Known) -> Result<Vec<Known>, Unknown> {
    match known {
        Known::List(items) => Ok(items),
        Known::Text(_) | Known::Nothing => Err("a text stands where a list is wanted".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use tablewright::{Argument, Expression, Parameter, ParameterType, Stack, Test};

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
        let error = expression(&stack(), call).unwrap_err();
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
        unknown(&reference("Topic"), "what `Topic` comes to is known when it is deployed");
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
