//! Parses texts for a comparison with another parser: each line of stdin is a JSON string, each line of stdout is the tree of
//! that text or its error.
//!
//! `tests/oracles/test_reader.py` compares the trees with those of PyYAML.

use std::io::{self, BufRead as _, BufWriter, Write as _};

use serde_json::json;
use tablewright_template::{JsonLayout, parse};

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        let answer = match parse(&text) {
            // In the order of the document, which a `Value` does not keep.
            Ok(node) => format!("{{\"tree\":{}}}", node.write_json(JsonLayout::Compact)),
            Err(error) => json!({ "error": error.kind().to_string() }).to_string(),
        };
        writeln!(out, "{answer}")?;
    }
    out.flush()
}
