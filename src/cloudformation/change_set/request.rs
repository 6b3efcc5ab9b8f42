//! What is to be deployed: a stack's name, its template and everything that goes with it.
//!
//! Plain data, and the checks that need nothing but the data. Names and tokens come in from outside: this crate has no
//! randomness.

use std::fmt;

use crate::change_set::requirements::{Capability, Requirements};
use crate::stack::Stack;

/// A stack to be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The stack's name.
    pub stack_name: String,
    /// The template.
    pub template: Template,
    /// What the template asks for, when it was read: then parameters are checked before a call, and what is left out is
    /// taken from the stack.
    pub requirements: Option<Requirements>,
    /// Values of the template's parameters.
    pub parameters: Vec<Parameter>,
    /// Tags of the stack and of everything in it; `None` keeps the stack's own.
    pub tags: Option<Vec<(String, String)>>,
    /// What the template may do besides what its requirements say; see [`Capability`].
    pub capabilities: Vec<Capability>,
    /// The role that CloudFormation assumes. The stack keeps using it.
    pub role_arn: Option<String>,
    /// The ARNs of notification topics; `None` keeps the stack's own, an empty list removes them.
    pub notification_arns: Option<Vec<String>>,
    /// The alarms that roll an update back; `None` keeps the stack's own.
    pub rollback: Option<RollbackConfiguration>,
    /// What CloudFormation does after a failure.
    pub on_failure: OnFailure,
    /// Whether resources that a failed operation made are deleted with it, whatever their `DeletionPolicy`.
    pub retain_except_on_create: bool,
    /// The name of the change set, unique within the stack.
    pub change_set_name: String,
    /// The idempotency token of `CreateChangeSet`.
    pub client_token: String,
}

/// Where the template is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Template {
    /// Here, up to [`TEMPLATE_BODY_LIMIT`](crate::change_set::prepared_request::TEMPLATE_BODY_LIMIT) bytes.
    Body(String),
    /// At a URL that CloudFormation can read; see [`upload`](crate::upload()).
    Url(String),
}

/// A parameter's name and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the template.
    pub key: String,
    /// Its value; `None` takes the value that the stack has.
    pub value: Option<String>,
}

/// What CloudFormation does after a failure. One choice, because CloudFormation takes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// It is rolled back.
    #[default]
    Rollback,
    /// Nothing: the stack stays in its failed state.
    DoNothing,
    /// The stack is deleted. For a stack that is created only.
    Delete,
}

/// Alarms that roll an update back when they go off, during the update and the monitoring time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RollbackConfiguration {
    /// The ARNs of metric alarms.
    pub alarms: Vec<String>,
    /// How many minutes they are watched after all resources are done.
    pub monitoring_minutes: u32,
}

/// Whether a change set makes the stack or changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeSetType {
    /// The stack is created.
    Create,
    /// The stack is there and is updated.
    Update,
}

/// A problem of a request, found before CloudFormation is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestProblem {
    /// A parameter without value and default.
    MissingParameter(String),
    /// A parameter that the template does not declare.
    UnknownParameter(String),
    /// A parameter that is given more than once.
    RepeatedParameter(String),
    /// The value that the stack has is wanted, and it has none.
    NoPreviousValue(String),
    /// More of something than CloudFormation takes.
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many it takes.
        limit: usize,
    },
    /// A monitoring time of more than three hours.
    MonitoringTime(u32),
    /// An update cannot end with the deletion of the stack.
    DeleteOnFailureOfUpdate,
}

impl fmt::Display for RequestProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RequestProblem::MissingParameter(name) => write!(f, "parameter `{name}` has no value"),
            RequestProblem::UnknownParameter(name) => write!(f, "parameter `{name}` is not in the template"),
            RequestProblem::RepeatedParameter(name) => write!(f, "parameter `{name}` is given twice"),
            RequestProblem::NoPreviousValue(name) => {
                write!(f, "parameter `{name}` has no previous value to use")
            }
            RequestProblem::TooMany { what, count, limit } => {
                write!(f, "there are {count} {what}; a stack can have at most {limit}")
            }
            RequestProblem::MonitoringTime(minutes) => {
                write!(f, "a monitoring time of {minutes} minutes is too long: 180 at most")
            }
            RequestProblem::DeleteOnFailureOfUpdate => {
                f.write_str("a stack can be deleted on failure only while it is created")
            }
        }
    }
}

impl Request {
    /// A request with nothing but a template. `name` is the change set's name and its token.
    pub fn new(stack_name: impl Into<String>, template: Template, name: impl Into<String>) -> Request {
        let name = name.into();
        Request {
            stack_name: stack_name.into(),
            template,
            requirements: None,
            parameters: Vec::new(),
            tags: None,
            capabilities: Vec::new(),
            role_arn: None,
            notification_arns: None,
            rollback: None,
            on_failure: OnFailure::default(),
            retain_except_on_create: false,
            client_token: name.clone(),
            change_set_name: name,
        }
    }

    /// Takes from the stack what it has and the request leaves out, and returns everything that is wrong.
    pub(crate) fn complete(&mut self, stack: Option<&Stack>) -> Vec<RequestProblem> {
        let mut problems = self.limits();
        if self.on_failure == OnFailure::Delete && stack.is_some() {
            problems.push(RequestProblem::DeleteOnFailureOfUpdate);
        }
        let previous = |name: &str| stack.is_some_and(|stack| stack.parameters.contains_key(name));
        for (place, parameter) in self.parameters.iter().enumerate() {
            let name = &parameter.key;
            let declared = self.requirements.as_ref().is_none_or(|asked| asked.parameters.contains_key(name));
            if self.parameters[..place].iter().any(|other| &other.key == name) {
                problems.push(RequestProblem::RepeatedParameter(name.clone()));
            } else if !declared {
                problems.push(RequestProblem::UnknownParameter(name.clone()));
            } else if parameter.value.is_none() && !previous(name) {
                problems.push(RequestProblem::NoPreviousValue(name.clone()));
            }
        }
        let declared = self.requirements.iter().flat_map(|asked| asked.parameters.clone());
        for (name, has_default) in declared.collect::<Vec<_>>() {
            if self.parameters.iter().any(|given| given.key == name) {
                continue;
            }
            // What somebody once chose beats a default that somebody may since have changed.
            if previous(&name) {
                self.parameters.push(Parameter { key: name, value: None });
            } else if !has_default {
                problems.push(RequestProblem::MissingParameter(name));
            }
        }
        problems
    }

    fn limits(&self) -> Vec<RequestProblem> {
        let counts = [
            ("tags", self.tags.as_ref().map_or(0, Vec::len), 50),
            ("notification ARNs", self.notification_arns.as_ref().map_or(0, Vec::len), 5),
            ("rollback alarms", self.rollback.as_ref().map_or(0, |rollback| rollback.alarms.len()), 5),
            ("parameters", self.parameters.len(), 200),
        ];
        let too_many = counts
            .into_iter()
            .filter(|(_, count, limit)| count > limit)
            .map(|(what, count, limit)| RequestProblem::TooMany { what, count, limit });
        let minutes = self.rollback.as_ref().map(|rollback| rollback.monitoring_minutes);
        let too_long = minutes.filter(|minutes| *minutes > 180).map(RequestProblem::MonitoringTime);
        too_many.chain(too_long).collect()
    }

    /// What the template may do.
    pub(crate) fn granted(&self) -> Vec<Capability> {
        let mut granted = self.capabilities.clone();
        for capability in self.requirements.iter().flat_map(|asked| &asked.capabilities) {
            if !granted.contains(capability) {
                granted.push(*capability);
            }
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::status::StackStatus;

    fn stack(parameters: &[&str]) -> Stack {
        Stack {
            parameters: parameters.iter().map(|name| ((*name).to_owned(), "old".to_owned())).collect(),
            ..Stack::in_status(&StackStatus::UpdateComplete)
        }
    }

    /// A request whose template declares `declared` (`name=` has a default) and that gives `given` (`name=value`).
    fn request(declared: &[&str], given: &[&str]) -> Request {
        let declared =
            declared.iter().map(|text| (text.trim_end_matches('=').to_owned(), text.ends_with('=')));
        let requirements = Requirements { parameters: declared.collect(), ..Requirements::default() };
        let given = given.iter().map(|text| match text.split_once('=') {
            Some((key, value)) => Parameter { key: key.to_owned(), value: Some(value.to_owned()) },
            None => Parameter { key: (*text).to_owned(), value: None },
        });
        Request {
            requirements: Some(requirements),
            parameters: given.collect(),
            ..Request::new("s", Template::Body(String::new()), "c")
        }
    }

    fn told(problems: &[RequestProblem]) -> Vec<String> {
        problems.iter().map(ToString::to_string).collect()
    }

    #[track_caller]
    fn check(mut request: Request, stack: Option<&Stack>, sent: &[&str], problems: &[&str]) {
        assert_eq!(told(&request.complete(stack)), problems);
        let found: Vec<String> = request
            .parameters
            .iter()
            .map(|parameter| match &parameter.value {
                Some(value) => format!("{}={value}", parameter.key),
                None => parameter.key.clone(),
            })
            .collect();
        assert_eq!(found, sent);
    }

    #[test]
    fn parameters_are_given_or_previous_or_default_or_missing() {
        let deployed = stack(&["A", "B", "Gone"]);
        check(request(&["A", "B=", "C="], &["A=1"]), None, &["A=1"], &[]);
        check(request(&["A", "B=", "C="], &["A=1"]), Some(&deployed), &["A=1", "B"], &[]);
        check(request(&["A"], &["A"]), Some(&deployed), &["A"], &[]);
        check(
            request(&["A", "B=", "C"], &[]),
            None,
            &[],
            &["parameter `A` has no value", "parameter `C` has no value"],
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let mut request = request(&["A", "B", "C"], &["A=1", "A=2", "X=1", "Y", "B"]);
        request.tags = Some(vec![("k".to_owned(), "v".to_owned()); 51]);
        request.notification_arns = Some(vec!["arn".to_owned(); 6]);
        request.on_failure = OnFailure::Delete;
        request.rollback =
            Some(RollbackConfiguration { alarms: vec!["a".to_owned(); 6], monitoring_minutes: 181 });
        check(
            request,
            Some(&stack(&[])),
            &["A=1", "A=2", "X=1", "Y", "B"],
            &[
                "there are 51 tags; a stack can have at most 50",
                "there are 6 notification ARNs; a stack can have at most 5",
                "there are 6 rollback alarms; a stack can have at most 5",
                "a monitoring time of 181 minutes is too long: 180 at most",
                "a stack can be deleted on failure only while it is created",
                "parameter `A` is given twice",
                "parameter `X` is not in the template",
                "parameter `Y` is not in the template",
                "parameter `B` has no previous value to use",
                "parameter `C` has no value",
            ],
        );
    }

    #[test]
    fn without_the_template_only_cloudformation_knows_its_parameters() {
        let mut request = request(&[], &["A=1"]);
        request.requirements = None;
        check(request, None, &["A=1"], &[]);
    }

    #[test]
    fn powers_are_granted_once() {
        let mut request = request(&[], &[]);
        request.capabilities = vec![Capability::Iam];
        request.requirements.as_mut().unwrap().capabilities = vec![Capability::Iam, Capability::AutoExpand];
        assert_eq!(request.granted(), [Capability::Iam, Capability::AutoExpand]);
    }
}
