//! libFuzzer hands over bytes, and the reader survives them: see `survive` for what that means.

#![no_main]

#[path = "../tests/survive/mod.rs"]
mod survive;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| survive::survive(bytes));
