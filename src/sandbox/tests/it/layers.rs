//! Imports inside the crate run down one list of modules only: read from the sources, also where no `use` stands.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The folders and files of the crate, lowest first: each may import itself and what stands before it.
const LAYERS: [&str; 9] =
    ["clock", "wire", "state", "template", "dynamodb", "s3", "resources", "engine", "cloudformation"];

/// What stands above all layers: these may import everything.
const TOP: [&str; 6] = ["connector", "control", "effects", "sandbox", "server", "service_call"];

/// A word or a punctuation mark of a source file, with its line.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// The tokens of a source file without comments, strings, characters and lifetimes.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => string(rest),
            '\'' => character(rest),
            _ if matches!(&rest[..word], "r" | "br") && rest[word..].starts_with(['"', '#']) => {
                word + raw_string(&rest[word..])
            }
            ':' if rest.starts_with("::") => 2,
            _ if word > 0 => word,
            _ => first.len_utf8(),
        };
        let text = &rest[..length];
        if word > 0 && length == word
            || length <= 2 && !text.starts_with(['"', '\'']) && !first.is_whitespace()
        {
            found.push(Token { text, line: source[..at].matches('\n').count() + 1 });
        }
        at += length;
    }
    found
}

fn string(rest: &str) -> usize {
    let mut escaped = true;
    let end = rest.char_indices().find(|(_, c)| {
        let is_end = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        is_end
    });
    end.map_or(rest.len(), |(end, _)| end + 1)
}

/// A raw string from its `#`s on; a raw identifier such as `r#type` is passed over by its `#`.
fn raw_string(rest: &str) -> usize {
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    if !rest[hashes..].starts_with('"') {
        return 1;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let body = hashes + 1;
    rest[body..].find(&close).map_or(rest.len(), |end| body + end + close.len())
}

/// A character, or a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => rest[3..].find('\'').map_or(rest.len(), |end| end + 4),
        Some((_, _)) => match chars.next() {
            Some((end, '\'')) => end + 1,
            _ => 1 + rest[1..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len() - 1),
        },
        None => 1,
    }
}

/// The module that a file holds, as path below the crate's root.
fn module_of(file: &str) -> Vec<&str> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" { Vec::new() } else { path.split('/').collect() }
}

/// Every top-level name that a file reaches through `crate` or `super`, with its line.
fn reached<'a>(file: &'a str, source: &'a str) -> Vec<Token<'a>> {
    let tokens = tokens(source);
    let mut module: Vec<&str> = module_of(file);
    // The inline modules that are open, each by the depth of its braces.
    let mut open = Vec::new();
    let mut depth = 0;
    let mut found = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        let before = |back: usize| place.checked_sub(back).map_or("", |place| tokens[place].text);
        match token.text {
            "{" => {
                depth += 1;
                if before(2) == "mod" {
                    module.push(before(1));
                    open.push(depth);
                }
            }
            "}" => {
                if open.last() == Some(&depth) {
                    open.pop();
                    module.pop();
                }
                depth -= 1;
            }
            "crate" | "super" if before(1) != "::" => path(&tokens[place..], module.len(), &mut found),
            _ => {}
        }
    }
    found
}

/// Reads a path from its `crate` or `super` on, in a module `depth` levels below the root. Adds what follows the root.
fn path<'a>(mut tokens: &[Token<'a>], mut depth: usize, found: &mut Vec<Token<'a>>) {
    loop {
        match tokens {
            [Token { text: "crate", .. }, ..] => depth = 0,
            [Token { text: "super", .. }, ..] => depth = depth.saturating_sub(1),
            _ => return,
        }
        match &tokens[1..] {
            [Token { text: "::", .. }, next @ ..] if depth == 0 => return below_root(next, found),
            [Token { text: "::", .. }, next @ ..] => tokens = next,
            // The root under another name could lead anywhere.
            [alias @ Token { text: "as", .. }, ..] if depth == 0 => return found.push(*alias),
            _ => return,
        }
    }
}

/// The names that a path or the group of a `use` begins with below the root.
fn below_root<'a>(tokens: &[Token<'a>], found: &mut Vec<Token<'a>>) {
    let [first, rest @ ..] = tokens else { return };
    if first.text != "{" {
        return found.push(*first);
    }
    let (mut depth, mut begins) = (0, true);
    for token in rest {
        match token.text {
            "}" if depth == 0 => return,
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 0 => begins = true,
            _ if begins && depth == 0 => {
                begins = false;
                found.push(*token);
            }
            _ => {}
        }
    }
}

/// What is wrong with the imports of a file, a line each: `FILE:LINE: …`.
fn problems(file: &str, source: &str) -> String {
    let mut problems = String::new();
    let own = match module_of(file).first() {
        None => return problems,
        Some(top) if TOP.contains(top) => return problems,
        Some(top) => *top,
    };
    let Some(level) = LAYERS.iter().position(|layer| *layer == own) else {
        return format!("{file}:1: `{own}` has no place in the list of layers\n");
    };
    for Token { text, line } in reached(file, source) {
        let allowed = LAYERS.iter().position(|layer| *layer == text).is_some_and(|other| other <= level);
        if !allowed {
            writeln!(problems, "{file}:{line}: `{own}` may not import `{text}`").unwrap();
        }
    }
    problems
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn imports_run_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(root, &mut files);
    files.retain(|file| !file.starts_with(root.join("tests")));
    files.sort();
    assert!(files.len() > 60, "the sources are read: {files:?}");
    let found: String = files
        .iter()
        .map(|file| {
            let name: Vec<_> =
                file.strip_prefix(root).unwrap().iter().map(|part| part.to_str().unwrap()).collect();
            problems(&name.join("/"), &std::fs::read_to_string(file).unwrap())
        })
        .collect();
    assert!(found.is_empty(), "imports that do not run down {LAYERS:?}:\n{found}");
}

#[test]
fn an_upward_import_is_found_however_it_is_written() {
    let check =
        |file: &str, source: &str, expected: &str| assert_eq!(problems(file, source), expected, "{source}");
    let upward = "state/stack.rs:1: `state` may not import `engine`\n";
    check("state/stack.rs", "use crate::engine::begin;", upward);
    check(
        "state/stack.rs",
        "use crate::{clock::Millis, wire::{text, error}, engine::{begin, calls}};",
        upward,
    );
    check("state/stack.rs", "fn f() { crate::engine::begin::begin() }", upward);
    check("state/stack.rs", "use super::super::engine;", upward);
    check("state/stack.rs", "use super::{event, stack}; use super::super::{wire, engine as e};", upward);
    check("state/stack.rs", "mod tests { use super::super::super::engine::begin; }", upward);
    check("state/mod.rs", "pub(crate) use super::engine::begin;", &upward.replace("stack.rs", "mod.rs"));
    check("state/a/b.rs", "use super::super::super::engine;", &upward.replace("stack.rs", "a/b.rs"));
    check(
        "state/stack.rs",
        "\n\nfn f() -> super::super::engine::Operation {}",
        &upward.replace(":1:", ":3:"),
    );
    check("state/stack.rs", "macro_rules! m { () => { $crate::engine::begin() } }", upward);
    check("state/stack.rs", "const C: char = '\"'; use crate::engine;", upward);
    check("state/stack.rs", "use crate::*;", "state/stack.rs:1: `state` may not import `*`\n");
    check("state/stack.rs", "use crate as root;", "state/stack.rs:1: `state` may not import `as`\n");
    check("state/stack.rs", "use crate::Sandbox;", "state/stack.rs:1: `state` may not import `Sandbox`\n");
    check(
        "engine/calls.rs",
        "use crate::sandbox::Sandbox;",
        "engine/calls.rs:1: `engine` may not import `sandbox`\n",
    );
    check("queues/mod.rs", "", "queues/mod.rs:1: `queues` has no place in the list of layers\n");
    check("queue.rs", "", "queue.rs:1: `queue` has no place in the list of layers\n");
}

#[test]
fn what_runs_down_or_is_no_import_is_let_be() {
    let check = |file: &str, source: &str| assert_eq!(problems(file, source), "", "{source}");
    check("engine/calls.rs", "use crate::state::{self, stack}; use super::tasks; use crate::engine::nested;");
    check(
        "state/stack.rs",
        "// use crate::engine;\n/* crate::engine */ /// [`crate::engine`]\npub(crate) fn f() {}",
    );
    check(
        "state/stack.rs",
        "const T: &str = \"use \\\" crate::engine\"; const R: &str = r#\"\" crate::engine\"#;",
    );
    check(
        "state/stack.rs",
        "mod tests { use super::*; use super::super::event; fn f<'a>(c: &'a str) -> char { '\\'' } }",
    );
    check("lib.rs", "mod engine; pub use engine::X;");
    check("effects.rs", "use crate::cloudformation::change_set_calls;");
}
