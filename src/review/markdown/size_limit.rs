//! Limits the size of a comment by omitting less important entries.
//!
//! The most important sections are filled first. A section that does not fit keeps its first entries, and says how many were
//! omitted.

/// A part of the document that can be cut between its entries.
pub(super) struct Section {
    /// The lower, the longer it is kept.
    pub(super) rank: u8,
    pub(super) open: String,
    pub(super) entries: Vec<Entry>,
    pub(super) close: String,
    /// What the entries are called, one and many.
    pub(super) noun: [&'static str; 2],
}

/// Something that is shown whole, or lines that can be cut.
pub(super) enum Entry {
    Whole(String),
    Lines { open: String, lines: Vec<String>, close: String },
}

/// Fewer lines of a diff than this are not worth a fold.
const WORTH: usize = 10;

/// Returns the sections within `room` bytes; `link` is whether there is a full report to refer to.
pub(super) fn fit(sections: &[Section], room: usize, link: bool) -> String {
    if sections.iter().map(Section::len).sum::<usize>() <= room {
        return sections.iter().map(|section| section.within(section.len(), link)).collect();
    }
    let notice = |section: &Section| section.notice(section.entries.len(), link).len();
    let mut room = room.saturating_sub(sections.iter().map(notice).sum());
    let mut texts = vec![String::new(); sections.len()];
    let mut order: Vec<usize> = (0..sections.len()).collect();
    order.sort_by_key(|at| sections[*at].rank);
    for at in order {
        room += notice(&sections[at]);
        texts[at] = sections[at].within(room, link);
        room -= texts[at].len();
    }
    texts.concat()
}

/// Returns `1 change` or `2 changes`.
pub(super) fn count(count: usize, [one, many]: [&str; 2]) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

impl Section {
    fn len(&self) -> usize {
        self.open.len() + self.entries.iter().map(Entry::len).sum::<usize>() + self.close.len()
    }

    /// Returns what fits; `room` is enough for the notice.
    fn within(&self, room: usize, link: bool) -> String {
        let all = self.entries.len();
        let frame = self.open.len() + self.close.len();
        let notice = if self.len() <= room { 0 } else { self.notice(all, link).len() };
        let Some(mut left) = room.checked_sub(frame + notice) else { return self.notice(all, link) };
        let (mut out, mut shown) = (self.open.clone(), 0);
        for entry in &self.entries {
            let Some(text) = entry.within(left, link) else { break };
            left -= text.len();
            out.push_str(&text);
            shown += 1;
        }
        if shown == 0 {
            return self.notice(all, link);
        }
        out + &self.close + &self.notice(all - shown, link)
    }

    fn notice(&self, left_out: usize, link: bool) -> String {
        notice(left_out, self.entries.len(), self.noun, link)
    }
}

impl Entry {
    fn len(&self) -> usize {
        match self {
            Self::Whole(text) => text.len(),
            Self::Lines { open, lines, close } => open.len() + total(lines) + close.len(),
        }
    }

    fn within(&self, room: usize, link: bool) -> Option<String> {
        let fits = self.len() <= room;
        match self {
            Self::Whole(text) => fits.then(|| text.clone()),
            Self::Lines { open, lines, close } if fits => Some([open, &*lines.concat(), close].concat()),
            Self::Lines { open, lines, close } => {
                let notice = |left_out| {
                    notice(left_out, lines.len(), ["line of this diff", "lines of this diff"], link)
                };
                let mut left = room.checked_sub(open.len() + close.len() + notice(lines.len()).len())?;
                let fitting = lines.iter().take_while(|line| {
                    let rest = left.checked_sub(line.len());
                    left = rest.unwrap_or_default();
                    rest.is_some()
                });
                let shown = fitting.count();
                let cut = || [open, &*lines[..shown].concat(), close, &*notice(lines.len() - shown)].concat();
                (shown >= WORTH).then(cut)
            }
        }
    }
}

fn total(lines: &[String]) -> usize {
    lines.iter().map(String::len).sum()
}

/// What is said of what was left out; nothing where it is nothing. No longer for fewer.
fn notice(left_out: usize, all: usize, [one, many]: [&str; 2], link: bool) -> String {
    if left_out == 0 {
        return String::new();
    }
    let noun = if all == 1 { one } else { many };
    let link = if link { "; they are in the [full report][full-report]" } else { "" };
    format!("*Left out to fit the size limit: {left_out} of {all} {noun}{link}.*\n\n")
}
