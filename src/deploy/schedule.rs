//! The order of several stacks: dependencies first, some at the same time.

use std::collections::BTreeSet;

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
    /// Finds the dependencies of jobs by what their templates export and import. Jobs of different targets are independent.
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
            all.extend(dependencies(&stacks).into_iter().map(|of_stack| {
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
