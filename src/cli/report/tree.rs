//! The live tree: a pure function from a view and a window size to lines.

use tablewright_cloudformation::ResourceStatus;

use crate::report::style;
use tablewright_review::cut;

use crate::report::text::{going_on, length, printable};
use crate::report::view::{Ended, ResourceView, StackView, View};

/// A line: a mark with its style, then plain text. The color adds no information to the mark and the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) depth: usize,
    pub(crate) mark: Mark,
    pub(crate) text: String,
}

/// The mark of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Running,
    Good,
    Bad,
    Plain,
}

/// Returns the lines of a view, at most `height`; successful stacks and resources are left out first.
pub(crate) fn lines(view: &View, width: usize, height: usize) -> Vec<Line> {
    let all: Vec<Line> = view.stacks.iter().flat_map(stack).collect();
    let surplus = all.len().saturating_sub(height.max(1));
    let mut folded = 0;
    let mut shown: Vec<Line> = all
        .into_iter()
        .filter(|line| {
            let fold = folded < surplus && line.depth > 0 && line.mark == Mark::Good;
            folded += usize::from(fold);
            !fold
        })
        .collect();
    if shown.len() > height.max(1) {
        shown.drain(..shown.len() - height.max(1));
    }
    for line in &mut shown {
        let taken = 2 * line.depth + 2;
        line.text = cut(&line.text, width.saturating_sub(taken));
    }
    shown
}

/// Formats a line with its style.
pub(crate) fn styled(line: &Line) -> String {
    let (mark, colour) = match line.mark {
        Mark::Running => ("•", style::HELP),
        Mark::Good => ("✓", style::GOOD),
        Mark::Bad => ("✗", style::ERROR),
        Mark::Plain => (" ", style::FAINT),
    };
    let (start, end) = if line.depth == 0 { (style::STRONG, style::STRONG) } else { Default::default() };
    format!("{}{colour}{mark}{colour:#} {start}{}{end:#}", "  ".repeat(line.depth), line.text)
}

fn stack(stack: &StackView) -> Vec<Line> {
    let mark = match stack.ended {
        None => Mark::Running,
        Some(Ended::Unchanged | Ended::Well) => Mark::Good,
        Some(Ended::Badly) => Mark::Bad,
    };
    let state = match (stack.ended, &stack.status) {
        (Some(Ended::Unchanged), _) => "nothing to change".to_owned(),
        (_, Some(status)) => status.clone(),
        (_, None) => going_on(stack.work).to_owned(),
    };
    let step = stack.step.map_or_else(String::new, |(number, of)| format!("  step {number} of {of}"));
    let time = stack.elapsed().map_or_else(String::new, |time| format!("  {}", length(time)));
    let note = stack.note.as_ref().map_or_else(String::new, |note| format!("  {}", printable(note)));
    let mut lines = vec![Line { depth: 0, mark, text: format!("{}  {state}{step}{time}{note}", stack.id) }];
    let widest = stack.resources.iter().map(|resource| resource.logical_id.len()).max().unwrap_or_default();
    for resource in &stack.resources {
        lines.push(resource_line(resource, widest));
        let reason = match &resource.failure {
            Some((_, reason)) => reason.as_ref(),
            None if resource.status.is_failed() => resource.reason.as_ref(),
            None => None,
        };
        if let Some(reason) = reason {
            lines.push(Line { depth: 2, mark: Mark::Plain, text: printable(reason) });
        }
    }
    // Tables are listed only while they are not ready; otherwise the resource line is enough.
    for table in stack.tables.iter().filter(|table| !table.is_active() || !table.indexes.is_empty()) {
        let mark = if table.is_active() { Mark::Good } else { Mark::Running };
        lines.push(Line { depth: 1, mark, text: format!("{}  {}", table.table, table.status) });
        for index in &table.indexes {
            let mark = if index.is_active() { Mark::Good } else { Mark::Running };
            let filling = if index.backfilling { "  filling" } else { "" };
            lines.push(Line { depth: 2, mark, text: format!("{}  {}{filling}", index.name, index.status) });
        }
    }
    lines
}

fn resource_line(resource: &ResourceView, widest: usize) -> Line {
    let ResourceView { logical_id, resource_type, status, failure, since, until, .. } = resource;
    let state = match failure {
        Some((failed, _)) if failed != status => format!("{failed}, then {status}"),
        _ => status.to_string(),
    };
    let mark = if failure.is_some() || status.is_failed() {
        Mark::Bad
    } else if status.is_in_progress() {
        Mark::Running
    } else {
        Mark::Good
    };
    let kind = resource_type.strip_prefix("AWS::").unwrap_or(resource_type);
    let time = match status {
        ResourceStatus::DeleteSkipped => "kept".to_owned(),
        _ => until.duration_since(*since).map(length).unwrap_or_default(),
    };
    Line {
        depth: 1,
        mark,
        text: format!("{logical_id:widest$}  {state}  {kind}  {time}").trim_end().to_owned(),
    }
}
