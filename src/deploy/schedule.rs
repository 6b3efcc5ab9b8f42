//! The order of several stacks: dependencies first, some at the same time.

use std::collections::BTreeSet;

use serde_json::Value;
use tablewright_plan::{StackTemplate, dependencies, waves};

use crate::error::Error;
use crate::job::{Job, JobId, by_target};

/// Which job depends on which, and how many run at once.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// For each job, the jobs that it depends on and that have changes.
    dependencies: Vec<BTreeSet<JobId>>,
    concurrency: usize,
    keep_going: bool,
}

/// What became of a job.
#[derive(Debug)]
pub enum JobResult {
    /// It succeeded, or there was nothing to change.
    Done,
    /// It failed, or how it ended is not known.
    Failed(Error),
    /// It was not started.
    NotStarted(NotStarted),
}

/// Why a job was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStarted {
    /// It depends on a job that was not done.
    DependsOn(JobId),
    /// Another job failed.
    AnotherFailed,
}

impl Schedule {
    /// Finds the dependencies of jobs by what their templates export and import. Jobs of different targets are independent. A stack that
    /// no longer reads from another one goes before it: CloudFormation refuses to remove an export that is in use.
    ///
    /// At most `concurrency` jobs run at once. After a failure nothing is started any more, or, with `keep_going`, what does not
    /// depend on the failed job.
    ///
    /// # Errors
    ///
    /// [`Error::Cycle`].
    pub fn new(jobs: &[Job<'_>], concurrency: usize, keep_going: bool) -> Result<Self, Error> {
        let mut all = Vec::new();
        for jobs in by_target(jobs) {
            let before = all.len();
            let stacks: Vec<StackTemplate<'_>> = jobs
                .iter()
                .map(|job| StackTemplate { stack_name: job.stack_name(), template: &job.rendered.template })
                .collect();
            if let Err(cycle) = waves(&stacks) {
                let stacks = cycle.stacks.iter().map(|position| jobs[*position].stack.id.clone()).collect();
                return Err(Error::Cycle { stacks });
            }
            let mut order = dependencies(&stacks);
            release_first(&mut order, &dependencies(&deployed_templates(jobs)));
            all.extend(order.into_iter().map(|of_stack| {
                let changing = of_stack.into_iter().filter(|position| jobs[*position].has_changes());
                changing.map(|position| JobId::new(before + position)).collect::<BTreeSet<_>>()
            }));
        }
        Ok(Self { dependencies: all, concurrency: concurrency.max(1), keep_going })
    }

    /// Returns whether a job depends on no job that has changes, so that its change set can be created at once.
    #[must_use]
    pub fn is_independent(&self, job: JobId) -> bool {
        self.dependencies[job.index()].is_empty()
    }

    /// Returns whether another job may start now.
    pub(crate) fn may_start(&self, running: usize, has_failed: bool) -> bool {
        running < self.concurrency && (!has_failed || self.keep_going)
    }

    /// Returns whether everything that a job depends on is done.
    pub(crate) fn is_ready(&self, job: JobId, results: &[Option<JobResult>]) -> bool {
        self.blocker(job, results).is_none()
    }

    /// Returns why a job was not started.
    pub(crate) fn not_started(&self, job: JobId, results: &[Option<JobResult>]) -> NotStarted {
        self.blocker(job, results).map_or(NotStarted::AnotherFailed, NotStarted::DependsOn)
    }

    fn blocker(&self, job: JobId, results: &[Option<JobResult>]) -> Option<JobId> {
        let is_done = |id: &JobId| matches!(results[id.index()], Some(JobResult::Done));
        self.dependencies[job.index()].iter().copied().find(|id| !is_done(id))
    }
}

/// Returns the deployed templates of jobs; `null` where there is none.
fn deployed_templates<'j>(jobs: &'j [Job<'_>]) -> Vec<StackTemplate<'j>> {
    let template = |job: &'j Job<'_>| StackTemplate {
        stack_name: job.stack_name(),
        template: job.deployed.as_ref().map_or(&Value::Null, |deployed| &deployed.value),
    };
    jobs.iter().map(template).collect()
}

/// Puts each stack that read from another one and no longer does before that one, unless the wanted templates ask for the opposite.
fn release_first(order: &mut [BTreeSet<usize>], deployed: &[BTreeSet<usize>]) {
    for (reader, sources) in deployed.iter().enumerate() {
        for source in sources {
            if !depends_on(order, reader, *source) {
                order[*source].insert(reader);
            }
        }
    }
}

/// Returns whether a stack depends on another one, directly or by way of others.
fn depends_on(order: &[BTreeSet<usize>], stack: usize, other: usize) -> bool {
    let (mut seen, mut pending) = (BTreeSet::new(), vec![stack]);
    while let Some(at) = pending.pop() {
        if at == other {
            return true;
        }
        if seen.insert(at) {
            pending.extend(&order[at]);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_lets_go_goes_first() {
        let sets = |sets: &[&[usize]]| -> Vec<BTreeSet<usize>> {
            sets.iter().map(|set| set.iter().copied().collect()).collect()
        };
        let check = |wanted: &[&[usize]], deployed: &[&[usize]], expected: &[&[usize]]| {
            let mut order = sets(wanted);
            release_first(&mut order, &sets(deployed));
            assert_eq!(order, sets(expected));
        };
        // The second has read from the first.
        check(&[&[], &[]], &[&[], &[0]], &[&[1], &[]]);
        // It still does.
        check(&[&[], &[0]], &[&[], &[0]], &[&[], &[0]]);
        // It does by way of a third.
        check(&[&[], &[2], &[0]], &[&[], &[0], &[]], &[&[], &[2], &[0]]);
        // They have changed places.
        check(&[&[1], &[]], &[&[], &[0]], &[&[1], &[]]);
    }
}
