//! Names that nobody else has.

/// What the name of every change set of ours begins with.
pub(crate) const TOKEN_PREFIX: &str = "tablewright-";

/// Returns a name that nobody else has, for a change set or an operation.
pub(crate) fn token() -> String {
    format!("{TOKEN_PREFIX}{:016x}{:016x}", random(), random())
}

/// Returns a random number. Where the system has none to give, nothing that needs an unheard-of name can be done.
pub(crate) fn random() -> u64 {
    getrandom::u64().expect("the system gives random numbers")
}
