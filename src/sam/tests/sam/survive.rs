//! Properties: edits outside of the regions survive an update of the regions.

use crate::support::{embedded, grown, tables};
use proptest::prelude::*;
use tablewright_sam::{EmbedError, Options, embed, remove};
use tablewright_template::Syntax;

/// Lines that a user may write into a section of a template, or above it; `NAME` is replaced by a unique name.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z é#:'\"{}]{0,12}".prop_map(|text| format!("  NAME: # {text}")),
        "[a-z0-9 ]{0,12}".prop_map(|text| format!("  NAME: '{text}'")),
        Just("  NAME:\n    Type: A::B\n    Properties: {A: [b, *c]}".to_owned()),
        Just("  NAME: |\n    # >>> tablewright v1 notes Resources sha256:0\n\n    x".to_owned()),
        Just("  NAME: >+\n    keeps\n\n".to_owned()),
        "[ -~é]{0,20}".prop_map(|text| format!("  # {text}")),
        "[ -~é]{0,20}".prop_map(|text| format!("#\t{text}")),
        Just(String::new()),
        Just("    ".to_owned()),
    ]
}

/// Replaces each `NAME` by a unique name.
fn named(text: &str) -> String {
    let mut parts = text.split("NAME");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.enumerate().fold(first, |text, (i, part)| format!("{text}K{i}{part}"))
}

fn section() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(line(), 0..6)
}

/// Templates of such lines, with any sections in any order, LF or CRLF, with or without byte order mark and final line break.
fn template() -> impl Strategy<Value = String> {
    let sections = Just(vec!["Parameters", "Conditions", "Resources", "Outputs", "Metadata"]).prop_shuffle();
    let sections = sections.prop_flat_map(|names| {
        let bodies = prop::collection::vec(prop::option::weighted(0.7, section()), names.len());
        bodies.prop_map(move |bodies| {
            let both = names.iter().zip(bodies).filter_map(|(name, body)| Some((name, body?)));
            both.map(|(name, body)| format!("{name}:\n{}\n", body.join("\n"))).collect::<String>()
        })
    });
    (sections, any::<[bool; 3]>()).prop_map(|(sections, [crlf, mark, last])| {
        let text = named(&format!("# c\nTransform: X\n{sections}"));
        let text = if last { text } else { text.trim_end().to_owned() };
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        if mark { format!("\u{feff}{text}") } else { text }
    })
}

/// Inserts a line into a text after one of its lines that is outside of regions and scalars; `None` if there is no such line.
fn insert(text: &str, line: &str, at: prop::sample::Index) -> Option<String> {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut inside = false;
    let mut offset = 0;
    let mut places = Vec::new();
    for each in text.split_inclusive('\n') {
        inside |= each.contains("# >>> tablewright v1 notes") && !each.contains("sha256:0\n");
        offset += each.len();
        // Deeper lines belong to a value, which a line before them would split.
        if !inside
            && each.ends_with('\n')
            && !text[offset..].trim_start_matches(['\r', '\n']).starts_with("    ")
        {
            places.push(offset);
        }
        inside &= !each.contains("# <<< tablewright notes");
    }
    let place = *places.get(at.index(places.len().max(1)))?;
    let mut text = text.to_owned();
    text.insert_str(place, &format!("{}{newline}", line.replace('\n', newline)));
    Some(text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn embedding_and_removing_restores_every_template(template in template()) {
        let once = embedded(&template, &tables());
        prop_assert_eq!(&embedded(&once, &tables()), &once);
        let updated = embedded(&once, &grown());
        prop_assert_eq!(&embedded(&updated, &tables()), &once);
        prop_assert_eq!(remove(&updated, "notes", Options::default()).unwrap().text, template);
    }

    #[test]
    fn an_edit_outside_of_the_regions_survives(
        template in template(),
        edit in line(),
        at in any::<prop::sample::Index>(),
    ) {
        let once = embedded(&template, &tables());
        let edited = insert(&once, &edit, at);
        prop_assume!(edited.is_some());
        let edited = edited.unwrap();
        // The line may make the template invalid, or add a duplicate key, which is refused.
        prop_assume!(Syntax::parse(&edited).is_ok());
        let updated = match embed(&edited, &grown(), Options::default()) {
            Err(EmbedError::DuplicateKey { .. } | EmbedError::AlreadyDefined { .. }) => return Ok(()),
            // The line was added to a section that was null before.
            Err(EmbedError::NotAContainer { .. }) => return Ok(()),
            updated => updated.unwrap().text,
        };
        prop_assert_eq!(&embedded(&updated, &tables()), &edited);
        match remove(&edited, "notes", Options::default()) {
            // A block scalar with `+` was inserted between a region and empty lines.
            Err(EmbedError::ChangesRest) => {}
            bare => {
                let text = remove(&updated, "notes", Options::default()).unwrap().text;
                prop_assert_eq!(text, bare.unwrap().text);
            }
        }
    }
}
