//! Redraws lines at the bottom of a terminal.

use std::io::{self, Write};

/// Lines at the bottom of a terminal that are redrawn as a whole.
#[derive(Debug, Default)]
pub(crate) struct Live {
    drawn: usize,
}

impl Live {
    /// Redraws with `lines`.
    pub(crate) fn draw(&mut self, out: &mut dyn Write, lines: &[String]) -> io::Result<()> {
        // Synchronized output: terminals that support it redraw without flicker; others ignore it.
        write!(out, "\x1b[?2026h{}", self.back())?;
        for line in lines {
            writeln!(out, "{line}")?;
        }
        write!(out, "\x1b[?2026l")?;
        self.drawn = lines.len();
        out.flush()
    }

    /// Erases the lines, so that other text can be printed.
    pub(crate) fn clear(&mut self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{}", self.back())?;
        self.drawn = 0;
        out.flush()
    }

    /// Keeps the current lines on the terminal.
    pub(crate) fn keep(&mut self) {
        self.drawn = 0;
    }

    /// Returns the escape sequence that moves to the first line and erases everything below.
    fn back(&self) -> String {
        match self.drawn {
            0 => String::new(),
            lines => format!("\r\x1b[{lines}A\x1b[J"),
        }
    }
}
