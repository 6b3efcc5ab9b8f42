//! What a stranger reads after a mistake: one mistake per file, named after it.
//!
//! Bless with `TRYBUILD=overwrite cargo test -p tablewright-derive --test ui`, on the toolchain that CI pins, and read
//! what was blessed.

#[test]
fn mistakes() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
