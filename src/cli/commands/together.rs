//! Several stacks in one run: in the order of what they take from each other, some at once.

use std::collections::BTreeSet;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tablewright_plan::{Ordered, dependencies, waves};

use crate::commands::changes::{Changes, First};
use crate::commands::planning::{Job, by_target};
use crate::error::{CommandError, Result};

/// Which job waits for which.
pub(super) struct Together {
    /// For each job the jobs that it takes something from and that change.
    waits_for: Vec<BTreeSet<usize>>,
    most: usize,
    keep_going: bool,
}

/// What became of a job.
pub(super) enum End {
    Done,
    Trouble(CommandError),
    /// It was never begun.
    NotBegun {
        because: String,
    },
}

impl Together {
    /// Finds out which job waits for which. Stacks of different environments take nothing from each other.
    ///
    /// # Errors
    ///
    /// When stacks wait for each other.
    pub(super) fn of(jobs: &[Job<'_>], concurrency: u16, keep_going: bool) -> Result<Self> {
        let mut waits_for = Vec::new();
        for jobs in by_target(jobs) {
            let before = waits_for.len();
            let stacks = jobs.iter().map(|job| Ordered {
                stack_name: job.stack.name.as_deref().unwrap_or_default(),
                template: &job.rendered.template,
            });
            let stacks: Vec<Ordered<'_>> = stacks.collect();
            if let Err(cycle) = waves(&stacks) {
                let names: Vec<&str> = cycle.stacks.iter().map(|at| jobs[*at].stack.id.as_str()).collect();
                return Err(CommandError::usage(format!("stacks wait for each other: {}", names.join(", ")))
                    .hint("each takes something from the next, by an export, an output or an SSM parameter; break the circle"));
            }
            waits_for.extend(dependencies(&stacks).into_iter().map(|from| {
                let changing = from.into_iter().filter(|at| jobs[*at].has_changes());
                changing.map(|at| before + at).collect::<BTreeSet<_>>()
            }));
        }
        Ok(Self { waits_for, most: usize::from(concurrency), keep_going })
    }

    pub(super) fn waits_for_nothing(&self, at: usize) -> bool {
        self.waits_for[at].is_empty()
    }
}

/// Works on the jobs until all are done, or one has failed and what runs has ended.
pub(super) async fn carry_out<'a>(
    jobs: &[Job<'a>],
    together: &Together,
    changes: &Changes<'a>,
    firsts: Vec<First>,
) -> Vec<End> {
    let mut firsts: Vec<Option<First>> = firsts.into_iter().map(Some).collect();
    let mut ends: Vec<Option<End>> = jobs.iter().map(|_| None).collect();
    let mut running = FuturesUnordered::new();
    loop {
        let failed = ends.iter().flatten().any(|end| matches!(end, End::Trouble(_)));
        while running.len() < together.most && (!failed || together.keep_going) {
            let is_ready = |at: &usize| {
                firsts[*at].is_some()
                    && together.waits_for[*at].iter().all(|from| matches!(ends[*from], Some(End::Done)))
            };
            let Some(at) = (0..jobs.len()).find(is_ready) else { break };
            let first = firsts[at].take();
            running.push(async move { (at, one(at, &jobs[at], changes, first).await) });
        }
        match running.next().await {
            Some((at, Ok(()))) => ends[at] = Some(End::Done),
            Some((at, Err(error))) => ends[at] = Some(End::Trouble(error)),
            None => break,
        }
    }
    let because = |at: usize| {
        let waits_for = together.waits_for[at].iter().find(|from| !matches!(ends[**from], Some(End::Done)));
        match waits_for {
            Some(from) => format!("it takes something from {}", jobs[*from].label),
            None => "another stack failed".to_owned(),
        }
    };
    let left: Vec<String> = (0..jobs.len()).map(because).collect();
    let ends = ends.into_iter().zip(left);
    ends.map(|(end, because)| end.unwrap_or(End::NotBegun { because })).collect()
}

async fn one<'a>(at: usize, job: &Job<'a>, changes: &Changes<'a>, first: Option<First>) -> Result<()> {
    let first = match first {
        Some(First::Made(first)) => first,
        Some(First::ToBeMade) | None => changes.prepare_first(job).await?,
    };
    changes.carry_out(at, job, first).await
}
