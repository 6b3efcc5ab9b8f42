//! Fuzz target of the parser; see `survive` for the checked properties.

#![no_main]

#[path = "../tests/survive/mod.rs"]
mod survive;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| survive::survive(bytes));
