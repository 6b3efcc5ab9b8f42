//! The project's sandbox, seen from outside: what is in it, how fast it is, what goes wrong in it.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tablewright_sandbox::{Clock, Faults, Options, Request, Sandbox, Timings, VirtualClock};

use crate::support::Project;

/// The sandbox of a project.
#[derive(Clone)]
pub(crate) struct Cloud(PathBuf);

/// Everything takes next to no time.
pub(crate) fn moments() -> Timings {
    Timings {
        change_set_pending: 1,
        change_set_creation: 1,
        first_resource: 10,
        stagger: 10,
        next_resource: 10,
        handler_call: 10,
        settle: 10,
        table_create: 50,
        table_update: 50,
        table_delete: 50,
        index_allocation: 50,
        index_backfill: 50,
        index_delete: 50,
        replica_create: 50,
        replica_delete: 50,
        kinesis_switch: 50,
        drift_detection: 10,
        small: 10,
        ttl_cool_down: 50,
    }
}

/// A length of time that no test waits for.
pub(crate) const AGES: i64 = 1_000 * 3_600_000;

impl Cloud {
    /// Makes the sandbox of a project before the tool does, so that time and faults are the test's.
    pub(crate) fn new(project: &Project, timings: Timings, faults: Faults) -> Self {
        let file = project.root.join(".tablewright/sandbox.json");
        let options = Options { timings, faults, ..Options::default() };
        Sandbox::at(&file, options).unwrap();
        Self(file)
    }

    /// Makes a quick sandbox in which nothing goes wrong.
    pub(crate) fn quick(project: &Project) -> Self {
        Self::new(project, moments(), Faults::default())
    }

    fn open(&self) -> Sandbox {
        Sandbox::at(&self.0, Options::default()).unwrap()
    }

    /// Replaces what goes wrong from now on.
    pub(crate) fn set_faults(&self, faults: Faults) {
        self.open().set_faults(faults).unwrap();
    }

    /// Lets time pass, in which everything happens that was to come.
    pub(crate) fn pass(&self, millis: i64) {
        let time = Duration::from_millis(millis.unsigned_abs());
        let clock = Clock::Virtual(VirtualClock::new(SystemTime::now() + time));
        Sandbox::at(&self.0, Options { clock, ..Options::default() }).unwrap();
    }

    /// Returns the status of a stack, as DescribeStacks tells it.
    pub(crate) fn status(&self, stack: &str) -> Option<String> {
        element(&self.call("DescribeStacks", stack), "StackStatus")
    }

    /// Returns the names of the change sets of a stack that are there.
    pub(crate) fn change_sets(&self, stack: &str) -> Vec<String> {
        let answer = self.call("ListChangeSets", stack);
        answer
            .split("<member>")
            .filter(|member| !member.contains("<ExecutionStatus>EXECUTE_"))
            .filter_map(|member| Some(member.split_once("<ChangeSetName>")?.1.split_once('<')?.0.to_owned()))
            .collect()
    }

    /// Makes a change set as somebody else would: it deletes every resource but one that it adds.
    pub(crate) fn make_change_set(&self, stack: &str, name: &str) {
        let template = "Resources%3A%0A%20%20A%3A%0A%20%20%20%20Type%3A%20AWS%3A%3ASNS%3A%3ATopic%0A";
        let stack = format!("{stack}&ChangeSetName={name}&TemplateBody={template}");
        let answer = self.call("CreateChangeSet", &stack);
        assert!(answer.contains("<Id>"), "{answer}");
    }

    /// Returns what CloudFormation says of a stack, as XML.
    pub(crate) fn call(&self, action: &str, stack: &str) -> String {
        self.answer(Vec::new(), format!("Action={action}&Version=2010-05-15&StackName={stack}"))
    }

    /// Returns what DynamoDB says of a table, as JSON; null where there is none.
    pub(crate) fn table(&self, name: &str) -> serde_json::Value {
        let target = ("x-amz-target".to_owned(), "DynamoDB_20120810.DescribeTable".to_owned());
        let answer = self.answer(vec![target], serde_json::json!({ "TableName": name }).to_string());
        serde_json::from_str::<serde_json::Value>(&answer).unwrap()["Table"].clone()
    }

    /// Makes a call of DynamoDB.
    pub(crate) fn dynamodb(&self, action: &str, body: &serde_json::Value) -> String {
        let target = ("x-amz-target".to_owned(), format!("DynamoDB_20120810.{action}"));
        self.answer(vec![target], body.to_string())
    }

    fn answer(&self, headers: Vec<(String, String)>, body: String) -> String {
        let request = Request { method: "POST".into(), path: "/".into(), headers, body: body.into_bytes() };
        String::from_utf8(self.open().answer(&request).unwrap().body).unwrap()
    }
}

fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once('<')?.0.to_owned())
}
