//! The part of a terminal that is drawn again and again.

use std::io::{self, Write};

/// Lines at the bottom of a terminal, replaced as a whole.
#[derive(Debug, Default)]
pub(crate) struct Live {
    drawn: usize,
}

impl Live {
    /// Replaces the lines on the terminal with `lines`.
    pub(crate) fn draw(&mut self, out: &mut dyn Write, lines: &[String]) -> io::Result<()> {
        // Synchronised: terminals that know it show the new lines at once, without flicker; others ignore it.
        write!(out, "\x1b[?2026h{}", self.back())?;
        for line in lines {
            writeln!(out, "{line}")?;
        }
        write!(out, "\x1b[?2026l")?;
        self.drawn = lines.len();
        out.flush()
    }

    /// Removes the lines, for text that stays.
    pub(crate) fn clear(&mut self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{}", self.back())?;
        self.drawn = 0;
        out.flush()
    }

    /// Leaves the lines where they are.
    pub(crate) fn keep(&mut self) {
        self.drawn = 0;
    }

    /// Goes to the first line and clears everything from there.
    fn back(&self) -> String {
        match self.drawn {
            0 => String::new(),
            lines => format!("\r\x1b[{lines}A\x1b[J"),
        }
    }
}
