//! Sixty unusual templates: embedding keeps every byte outside of the regions, and removing restores the original.

use std::fs;
use std::path::Path;

use crate::support::{embedded, grown, others, tables};
use tablewright_sam::{ChangeKind, Options, Region, Regions, check, embed, remove};
use tablewright_template::{Syntax, SyntaxNode};

/// Returns the files of the corpus, by name.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let paths = fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("it can be read").path());
    let mut files: Vec<(String, Vec<u8>)> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            (name, fs::read(&path).expect("it can be read"))
        })
        .collect();
    files.sort();
    assert!(files.len() >= 60, "the corpus has {} files", files.len());
    files
}

/// Runs a check on each file; the message of a failure names the files.
fn each(check: impl Fn(&str)) {
    let mut failed = Vec::new();
    for (name, bytes) in corpus() {
        let text = String::from_utf8(bytes).expect("templates are UTF-8");
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&text)));
        if outcome.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn embedding_twice_changes_nothing() {
    each(|template| {
        let once = embedded(template, &tables());
        let again = embed(&once, &tables(), Options::default()).unwrap();
        assert_eq!(again.text, once);
        assert!(
            again.changes.iter().all(|change| change.kind == ChangeKind::Unchanged),
            "{:?}",
            again.changes
        );
        assert_eq!(check(&once, &tables()), Ok(Vec::new()));
    });
}

#[test]
fn removing_restores_the_template_byte_for_byte() {
    each(|template| {
        let once = embedded(template, &tables());
        assert_ne!(once, template);
        assert_eq!(remove(&once, "notes", Options::default()).unwrap().text, template);
    });
}

#[test]
fn an_update_can_be_undone_and_removed() {
    each(|template| {
        let once = embedded(template, &tables());
        let updated = embedded(&once, &grown());
        assert_ne!(updated, once);
        assert_eq!(embedded(&updated, &tables()), once);
        assert_eq!(remove(&updated, "notes", Options::default()).unwrap().text, template);
    });
}

#[test]
fn regions_of_two_owners_can_be_removed_in_any_order() {
    each(|template| {
        let both = embedded(&embedded(template, &tables()), &others());
        let without = |text: &str, owner: &str| remove(text, owner, Options::default()).unwrap().text;
        assert_eq!(without(&without(&both, "shop"), "notes"), template);
        assert_eq!(without(&without(&both, "notes"), "shop"), template);
        assert_eq!(embedded(&embedded(&both, &tables()), &others()), both);
        assert_eq!(without(&both, "shop"), embedded(template, &tables()));
    });
}

#[test]
fn regions_without_content_are_removed() {
    each(|template| {
        let nothing = |path: &str| Region::new([path], "").unwrap();
        let none = Regions {
            owner: "notes".to_owned(),
            regions: ["Parameters", "Conditions", "Resources", "Outputs"].map(nothing).to_vec(),
        };
        assert_eq!(embedded(template, &none), template);
        assert_eq!(embedded(&embedded(template, &tables()), &none), template);
    });
}

#[test]
fn the_syntax_tree_outside_of_the_regions_is_unchanged() {
    each(|template| {
        let text = embedded(template, &tables());
        // Independent of the editor: compares the syntax trees without the names that were added.
        let tree = |text: &str| {
            let documents = Syntax::parse(text).unwrap().documents;
            documents.iter().map(|document| show(document, 0)).collect::<String>()
        };
        assert_eq!(tree(&text), tree(template));
    });
}

#[test]
fn in_an_existing_section_only_the_lines_of_the_region_are_new() {
    let count = std::cell::Cell::new(0);
    each(|template| {
        let mut resources = tables();
        resources.regions.retain(|region| region.path == ["Resources"]);
        let text = embedded(template, &resources);
        let is_begin = |line: &str| {
            line.trim_start().starts_with("# >>> tablewright v1 notes ") && !line.contains("sha256:0")
        };
        let begins: Vec<&str> = text.split_inclusive('\n').filter(|line| is_begin(line)).collect();
        if ["made:", "was:", "inline"].iter().any(|word| begins.iter().any(|line| line.contains(word)))
            || !template.ends_with('\n')
        {
            return;
        }
        let (mut left, mut inside) = (String::new(), false);
        for line in text.split_inclusive('\n') {
            inside |= is_begin(line);
            if !inside {
                left += line;
            }
            inside &= !line.trim_start().starts_with("# <<< tablewright notes ");
        }
        assert_eq!(left, template);
        count.set(count.get() + 1);
    });
    assert!(count.get() >= 30, "{}", count.get());
}

/// Formats a syntax tree, without the names that the regions of `tables` add and without empty nodes.
fn show(node: &SyntaxNode, depth: usize) -> String {
    const OURS: [&str; 4] = ["NoteTableName", "HasNotes", "Note", "NotesTable"];
    use tablewright_template::SyntaxKind;
    let properties = format!("{:?}{:?}", node.anchor, node.tag);
    match &node.kind {
        SyntaxKind::Scalar(scalar)
            if scalar.text.is_empty() || scalar.text == "~" || scalar.text == "null" =>
        {
            String::new()
        }
        SyntaxKind::Scalar(scalar) => format!("{properties}{:?}\n", scalar.text),
        SyntaxKind::Alias(name) => format!("*{name}\n"),
        SyntaxKind::Sequence(_, items) => {
            let items: Vec<String> = items.iter().map(|item| show(item, depth + 1)).collect();
            format!("{properties}list of {}:\n{}", items.len(), items.join(", "))
        }
        SyntaxKind::Mapping(_, entries) => {
            let lines: String = entries
                .iter()
                .filter(|entry| depth != 1 || !OURS.contains(&entry.key.as_str().unwrap_or_default()))
                .map(|entry| (show(&entry.key, depth + 1), show(&entry.value, depth + 1)))
                .filter(|(_, value)| !value.is_empty())
                .map(|(key, value)| format!("{key}: {value}"))
                .collect();
            let is_plain = node.anchor.is_none() && node.tag.is_none();
            if lines.is_empty() && is_plain { lines } else { format!("{properties}map\n{lines}end\n") }
        }
    }
}

#[test]
fn keys_that_were_created_in_an_empty_mapping_are_removed_in_any_order() {
    let region = |owner: &str, path: &[&str], yaml: &str| Regions {
        owner: owner.to_owned(),
        regions: vec![Region::new([&["Resources", "F", "Properties"], path].concat(), yaml).unwrap()],
    };
    let all = [
        region("a", &["Policies"], "- a\n"),
        region("b", &["Environment", "Variables"], "B: b\n"),
        region("c", &["Policies"], "- c\n"),
        region("b.c", &["Policies"], "- e\n"),
        region("d", &["Environment", "Variables"], "D: d\n"),
    ];
    // Removing `b` also removes `b.c`.
    let orders: [&[usize]; 6] =
        [&[0, 1, 2, 4], &[4, 2, 1, 0], &[0, 2, 1, 4], &[1, 4, 0, 2], &[2, 0, 4, 1], &[1, 0, 4, 2]];
    for was in ["", " {}", " { }", " null", " ~", "\t{}", " {} # c", "\n      {}"] {
        for end in ["", "\n", "\n\n  G: x\n", "\r\n"] {
            let template = format!("{}{was}{end}", "Resources:\n  F:\n    Type: X\n    Properties:");
            let text = all.iter().fold(template.clone(), |text, regions| embedded(&text, regions));
            for order in orders {
                let bare = order.iter().fold(text.clone(), |text, i| {
                    remove(&text, &all[*i].owner, Options::default()).unwrap().text
                });
                assert_eq!(bare, template, "{order:?}");
            }
        }
    }
}
