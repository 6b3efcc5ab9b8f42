//! Names of change sets and client request tokens.

/// The prefix of the name of every change set that this crate creates.
pub const TOKEN_PREFIX: &str = "tablewright-";

/// Returns a unique name for a change set, or a unique client request token for an operation.
///
/// # Panics
///
/// When the operating system provides no random numbers: without a unique token, operations cannot be told apart.
#[must_use]
pub fn token() -> String {
    let random = || getrandom::u64().expect("the operating system provides random numbers");
    format!("{TOKEN_PREFIX}{:016x}{:016x}", random(), random())
}
