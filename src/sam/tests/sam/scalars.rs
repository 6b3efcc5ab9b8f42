//! The value of a block scalar at the end of a template is the same before and after embedding and removing.
//!
//! Values are read with [`parse`], which is not what the editor verifies its edits with.

use proptest::prelude::*;
use serde_json::Value;
use tablewright_sam::{EmbedError, Options, Region, Regions, embed, remove};
use tablewright_template::parse;

use crate::support::{embedded, grown, others, tables};

/// Headers of block scalars. `D` is an indentation indicator for content that is two spaces deeper than the key.
const HEADERS: [&str; 14] = [
    "|",
    "|-",
    "|+",
    ">",
    ">-",
    ">+",
    "|2",
    "|2-",
    "|+2",
    ">2",
    ">-2",
    ">2+",
    "| # a comment",
    ">+ # a comment",
];

/// Where the scalar is: the text before its header, the number of spaces before its content, and the path to it.
const PLACES: [(&str, usize, &str); 10] = [
    ("Transform: X\nDescription: ", 2, "/Description"),
    ("Transform: X\nResources:\n  Settings:\n    Value: ", 6, "/Resources/Settings/Value"),
    ("Transform: X\nResources:\n  Other: {}\n\n  # Of both.\n  Settings: ", 4, "/Resources/Settings"),
    ("Resources:\n  A:\n    Policies:\n      - x\n      - ", 8, "/Resources/A/Policies/1"),
    ("Resources:\n  A:\n    Policies:\n    - ", 6, "/Resources/A/Policies/0"),
    ("Resources:\n  A:\n    Policies:\n      - B: ", 10, "/Resources/A/Policies/0/B"),
    ("Transform: X\n\nOutputs:\n  # The value.\n  Url: !Sub ", 4, "/Outputs/Url/Fn::Sub"),
    ("Resources:\n\n  A: {}\n\nOutputs:\n  Url:\n    Value: &v\n      ", 6, "/Outputs/Url/Value"),
    ("Resources: {}\nMetadata:\n  K: |+\n    kept\n\n  L: ", 4, "/Metadata/L"),
    ("Parameters:\nResources:\n    A: b\nConditions:\n    C: ", 6, "/Conditions/C"),
];

/// Lines of a block scalar, after their indentation.
fn lines() -> impl Strategy<Value = Vec<&'static str>> {
    let line = prop::sample::select(vec![
        "{\"limit\": 5}",
        "x",
        "# no comment",
        "- y",
        "",
        "   ",
        "  deeper",
        "z ",
        "\tt",
    ]);
    prop::collection::vec(line, 0..5)
}

/// What follows the last line.
const ENDS: [&str; 10] =
    ["", "\n", "\n\n", " ", "\n  ", "\n          ", "\n\n \n", "\n# c", "\n# c\n", "\n \n\n# c\n\n"];

/// A template that ends in a block scalar, and the path to it.
fn template() -> impl Strategy<Value = (String, &'static str)> {
    let header = prop::sample::select(HEADERS.to_vec());
    let place = prop::sample::select(PLACES.to_vec());
    let end = prop::sample::select(ENDS.to_vec());
    (place, header, lines(), end, any::<[bool; 2]>()).prop_map(|(place, header, lines, end, [crlf, mark])| {
        let (before, indent, path) = place;
        let lines: String = lines
            .iter()
            .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("\n{:indent$}{line}", "") })
            .collect();
        let text = format!("{before}{header}{lines}{end}");
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        (if mark { format!("\u{feff}{text}") } else { text }, path)
    })
}

/// Returns the value at a path, not counting the items that [`nested`] adds; `None` if [`parse`] refuses the template.
fn value(text: &str, path: &str) -> Option<Value> {
    let mut value = parse(text).ok()?.to_value();
    for key in path.split('/').skip(1) {
        value = match value {
            Value::Array(items) => {
                let mut theirs = items.into_iter().filter(|item| item.get("Version").is_none());
                theirs.nth(key.parse().expect("an index"))?
            }
            mut other => other.get_mut(key)?.take(),
        };
    }
    Some(value)
}

/// Regions below the sections: of a mapping and of a list, each of which may hold the last scalar.
fn nested() -> Vec<Regions> {
    let at = |path: &[&str], yaml: &str| Regions {
        owner: format!("nested.{}", path.len()),
        regions: vec![Region::new(path.iter().copied(), yaml).expect("it is YAML")],
    };
    vec![
        at(&["Resources", "A", "Policies"], "- Version: '2012-10-17'\n"),
        at(&["Resources", "Settings"], "Ours: x\n"),
        at(&["Outputs", "Url", "More", "Names"], "Ours: x\n"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_last_block_scalar_keeps_its_value((template, path) in template()) {
        let before = value(&template, path);
        prop_assume!(before.is_some());
        let mut text = template.clone();
        for regions in [tables(), others(), grown()] {
            text = embedded(&text, &regions);
            prop_assert_eq!(&value(&text, path), &before, "{}", text);
        }
        let without = |text: &str, owner: &str| remove(text, owner, Options::default()).unwrap().text;
        let one = without(&text, "shop");
        prop_assert_eq!(&value(&one, path), &before, "{}", one);
        prop_assert_eq!(&without(&one, "notes"), &template);
        prop_assert_eq!(without(&without(&text, "notes"), "shop"), template);
    }

    #[test]
    fn the_last_block_scalar_keeps_its_value_beside_nested_regions((template, path) in template()) {
        let before = value(&template, path);
        prop_assume!(before.is_some());
        for regions in nested() {
            let edit = match embed(&template, &regions, Options::default()) {
                // Where the template has another kind of node.
                Err(EmbedError::NotAContainer { .. }) => continue,
                edit => edit.unwrap_or_else(|error| panic!("{error}\n{template}")),
            };
            prop_assert_eq!(&value(&edit.text, path), &before, "{}", edit.text);
            let bare = remove(&edit.text, &regions.owner, Options::default()).unwrap().text;
            prop_assert_eq!(&bare, &template);
        }
    }
}

#[test]
fn a_line_break_that_belongs_to_a_block_scalar_stays() {
    // The final line break was removed after embedding.
    let template = "Resources:\n  A: |\n    x\n";
    let mut resources = tables();
    resources.regions.retain(|region| region.path == ["Resources"]);
    let text = embedded(template, &resources);
    assert!(text.ends_with("# <<< tablewright notes Resources\n"), "{text}");
    assert_eq!(remove(text.trim_end(), "notes", Options::default()).unwrap().text, template);
}

#[test]
fn a_last_block_scalar_without_a_final_line_break_stays_last() {
    let template = include_str!("cases/block-without-final-newline.yaml");
    let text = embedded(template, &tables());
    assert!(text.ends_with("\n      Value: |\n        {\"limit\": 5}"), "{text}");
    assert_eq!(
        value(&text, "/Resources/Settings/Properties/Value"),
        Some(Value::from("{\"limit\": 5}")),
        "without a line break"
    );
    assert_eq!(remove(&text, "notes", Options::default()).unwrap().text, template);
}

/// What a region ends with is read as it was given, wherever it is inserted.
#[test]
fn a_block_scalar_at_the_end_of_a_region_keeps_its_value() {
    for (yaml, expected) in [
        ("A: |\n  x\n", "x\n"),
        ("A: |\n  x\n\n\n", "x\n"),
        ("A: >-\n  x\n  y ", "x y "),
        ("\nA: |+\n  x\n\n", "x\n\n"),
        ("A: |+\r\n\r\n", "\n"),
        ("A: |\n  x \n    \n \n", "x \n  \n"),
        ("A: 'x \\\n\n  y'\n\n", "x \\\ny"),
    ] {
        for template in
            ["Resources:\n  B: c\n", "Resources: {B: c}\n", "Resources:\n  B: |\n    c", "Resources:"]
        {
            let region = Region::new(["Resources"], yaml).unwrap();
            let regions = Regions { owner: "notes".to_owned(), regions: vec![region] };
            let text = embedded(template, &regions);
            assert_eq!(value(&text, "/Resources/A"), Some(Value::from(expected)), "{text}");
            assert_eq!(remove(&text, "notes", Options::default()).unwrap().text, template);
        }
    }
}
