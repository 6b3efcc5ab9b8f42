//! Writes reviews in every format to a directory, to be validated by external tools.
//!
//! `cargo run --package tablewright-review --example samples -- target/review-samples`

use std::path::PathBuf;
use std::{env, fs, io};

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tablewright_plan::Verdict;
use tablewright_review::{
    JSON_SCHEMA, MarkdownOptions, Review, annotations, gitlab, json, junit, markdown, sarif,
};

#[path = "../tests/review/generate.rs"]
mod generate;
#[path = "../tests/review/samples.rs"]
mod samples;

/// The same random reviews on every machine.
const RANDOM: usize = 100;

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args().nth(1).expect("the folder to write to is an argument"));
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("review.schema.json"), JSON_SCHEMA)?;
    let named = [
        ("empty", Review::default()),
        ("rich", samples::rich()),
        ("sound", samples::sound()),
        ("hostile", samples::hostile()),
        ("long", samples::long()),
    ];
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), seed);
    let mut random = |number: usize| {
        let review = generate::review().new_tree(&mut runner).expect("any review can be made").current();
        (format!("random-{number}"), review)
    };
    let named = named.map(|(name, review)| (name.to_owned(), review));
    for (name, review) in named.into_iter().chain((0..RANDOM).map(&mut random)) {
        let whole = MarkdownOptions { limit: usize::MAX, ..MarkdownOptions::default() };
        let link = Some("https://ci.example.com/runs/7".to_owned());
        let cut = MarkdownOptions { limit: MarkdownOptions::LEAST, link, ..MarkdownOptions::default() };
        let write = |form: &str, text: String| fs::write(folder.join(format!("{name}.{form}")), text);
        write("json", json(&review).to_string())?;
        write("sarif", sarif(&review, env!("CARGO_PKG_VERSION")).to_string())?;
        write("md", markdown(&review, &whole))?;
        write("cut.md", markdown(&review, &cut))?;
        write("annotations", annotations(&review, 10))?;
        write("gitlab", gitlab(&review).to_string())?;
        write("junit", junit(&review, Verdict::Refused))?;
    }
    Ok(())
}
