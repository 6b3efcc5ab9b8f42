//! Questions on the terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::error::{CommandError, OrExit as _, Result};
use crate::exit::Exit;

/// Returns an error if confirmation is needed but stdin is not a terminal. Called before anything is created, so that there is
/// nothing to clean up.
pub(crate) fn must_be_able_to_ask(yes: bool) -> Result<()> {
    if yes || io::stdin().is_terminal() {
        return Ok(());
    }
    Err(CommandError::new(
        Exit::Refused,
        anyhow::anyhow!("cannot ask for confirmation: stdin is not a terminal"),
    )
    .hint("pass `--yes` to continue without confirmation"))
}

/// Returns whether questions can be asked: whether stdin is a terminal.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// Asks for a line, if stdin is a terminal.
pub(crate) fn ask_for_line(question: &str) -> Option<String> {
    if !io::stdin().is_terminal() {
        return None;
    }
    let _ = write!(anstream::stderr(), "{question}");
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).ok()?;
    Some(line.trim().to_owned()).filter(|line| !line.is_empty())
}

/// Asks for confirmation on the terminal. Returns an error unless the answer is `y` or `yes`.
pub(crate) async fn ask(question: &str, yes: bool) -> Result<()> {
    must_be_able_to_ask(yes)?;
    if yes || ask_whether(question).await? { Ok(()) } else { Err(not_approved()) }
}

/// Asks `question` on the terminal, and returns whether the answer is `y` or `yes`.
pub(crate) async fn ask_whether(question: &str) -> Result<bool> {
    let answer = answer(&format!("{question} [y/N] ")).await?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// Asks for the name of what would be lost. Anything else is no approval.
pub(crate) async fn ask_for_name(question: &str, name: &str) -> Result<()> {
    if answer(question).await?.trim() == name { Ok(()) } else { Err(not_approved()) }
}

fn not_approved() -> CommandError {
    CommandError::new(Exit::Refused, anyhow::anyhow!("not approved; nothing was changed"))
}

async fn answer(question: &str) -> Result<String> {
    let _ = write!(anstream::stderr(), "{question}");
    // On a thread of its own: the loop goes on listening for Ctrl-C.
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    answer.await.or_exit(Exit::Internal)?.or_exit(Exit::Internal)
}
