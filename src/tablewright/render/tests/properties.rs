//! Property: for any model with any text, the YAML (parsed as 1.1 and 1.2) and the JSON have the same tree.
//!
//! Models are derived from definitions with every property. A string of a model is replaced by any text if the model still
//! round-trips afterwards. So new settings are tested without being listed here. `tests/oracles/test_yaml.py` reads what
//! [`models_for_other_judges`] writes.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};

use super::{Event, definitions, forms};
use crate::render::{Error, Form, Rendered, Templates, lower, render};
use crate::{Stack, Table};

/// A model, and the JSON pointers to strings that can be replaced by any text.
struct Base {
    json: Json,
    texts: Vec<String>,
    /// Keys of maps, by the pointer to them.
    keys: Vec<String>,
}

static TEMPLATES: LazyLock<Templates> = LazyLock::new(Templates::builtin);

static BASES: LazyLock<Vec<Base>> = LazyLock::new(|| {
    let overridden =
        Table::of::<Event>().override_property("/Tags", json!([{ "Key": "a", "Value": { "Fn::Sub": "b" } }]));
    let tables = definitions::tables().into_iter().chain(definitions::global_tables());
    tables.map(|(_, table)| table).chain([overridden]).map(base).collect()
});

fn base(table: Table) -> Base {
    let mut stack = forms::everything();
    stack.tables = vec![table.depends_on("Topic").condition("IsProd").metadata("a", json!([{ "b": ["c"] }]))];
    let policy = json!({ "Statement": [{ "Action": "sns:*", "Condition": { "Bool": { "aws:x": "y" } } }] });
    stack.raw_resource(
        "Topic",
        json!({ "Type": "AWS::SNS::Topic", "Properties": { "Policy": policy, "Numbers": [1e300, 1.5e-7, -0.1, u64::MAX, 0] } }),
    );
    let json = serde_json::to_value(&stack).unwrap();
    let (mut texts, mut keys) = (Vec::new(), Vec::new());
    places(&json, "", &mut texts, &mut keys);
    texts.retain(|pointer| takes_any_text(&json, pointer));
    keys.retain(|pointer| takes_any_key(&json, pointer));
    Base { json, texts, keys }
}

/// Collects pointers to all texts and to all keys.
fn places(json: &Json, pointer: &str, texts: &mut Vec<String>, keys: &mut Vec<String>) {
    match json {
        Json::String(_) => texts.push(pointer.to_owned()),
        Json::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                places(item, &format!("{pointer}/{position}"), texts, keys);
            }
        }
        Json::Object(entries) => {
            for (key, value) in entries {
                let pointer = format!("{pointer}/{}", escaped(key));
                keys.push(pointer.clone());
                places(value, &pointer, texts, keys);
            }
        }
        Json::Number(_) | Json::Bool(_) | Json::Null => {}
    }
}

fn escaped(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

const PROBE: &str = "a text: # that is nothing else";

fn takes_any_text(json: &Json, pointer: &str) -> bool {
    let mut changed = json.clone();
    put_text(&mut changed, pointer, PROBE);
    reads_as_itself(&changed)
}

fn takes_any_key(json: &Json, pointer: &str) -> bool {
    let mut changed = json.clone();
    put_key(&mut changed, pointer, PROBE) && reads_as_itself(&changed)
}

fn reads_as_itself(json: &Json) -> bool {
    serde_json::from_value::<Stack>(json.clone())
        .is_ok_and(|stack| serde_json::to_value(stack).unwrap() == *json)
}

fn put_text(json: &mut Json, pointer: &str, text: &str) {
    *json.pointer_mut(pointer).expect("a pointer to a text of it") = text.into();
}

/// Renames a key, unless there is one of that name.
fn put_key(json: &mut Json, pointer: &str, key: &str) -> bool {
    let (map, old) = pointer.rsplit_once('/').expect("a pointer to a key");
    let Some(Json::Object(entries)) = json.pointer_mut(map) else { return false };
    if entries.contains_key(key) {
        return false;
    }
    let value = entries.remove(&old.replace("~1", "/").replace("~0", "~")).expect("a pointer to a key of it");
    entries.insert(key.to_owned(), value);
    true
}

/// Texts that some YAML parser misinterprets, or that could end the scalar.
const HOSTILE: [&str; 84] = [
    "",
    " ",
    "  ",
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "N",
    "true",
    "False",
    "~",
    "null",
    "Null",
    "nan",
    ".nan",
    ".inf",
    "-.INF",
    "012",
    "0o17",
    "0x1F",
    "0b11",
    "1_000",
    "1e3",
    "1E+3",
    "1.5",
    ".5",
    "5.",
    "-1",
    "+1",
    "12:30",
    "1:2:3",
    "190:20:30.15",
    "2012-10-17",
    "2001-12-14t21:59:43.10-05:00",
    "=",
    "<<",
    "a: b",
    "a:",
    ":a",
    ": ",
    ":",
    "a #b",
    "#",
    "# a",
    "- a",
    "-",
    "? a",
    "?",
    "[a",
    "]",
    "{a: b}",
    "}",
    "a, b",
    ",",
    "!Ref x",
    "!",
    "!!str a",
    "&a",
    "*a",
    "%a",
    "%YAML 1.1",
    "@a",
    "`a`",
    "|",
    ">",
    "'",
    "''",
    "\"",
    "\\",
    "\\n",
    "it's \"so\"",
    "two\nlines\n",
    "tab\there",
    "\ttab",
    "cr\rlf\r\n",
    "\u{0}\u{7}\u{1b}\u{7f}",
    "\u{85}\u{a0}\u{2028}\u{2029}",
    "\u{feff}bom",
    "é – 漢 🎉",
    "{{resolve:ssm:/a/b:1}}{{ x }}{% if %}{# c #}",
    "${Note} ${!Literal} ${AWS::Region}",
    " leading and trailing ",
    "---\n...",
];

fn text() -> impl Strategy<Value = String> {
    let hostile = || select(&HOSTILE[..]).prop_map(str::to_owned);
    prop_oneof![
        4 => hostile(),
        1 => (hostile(), hostile()).prop_map(|(first, last)| first + &last),
        1 => (hostile(), "[a-zA-Z0-9:. ]{1,6}", hostile()).prop_map(|(first, middle, last)| first + &middle + &last),
        1 => any::<String>(),
    ]
}

fn model() -> impl Strategy<Value = Stack> {
    let changes = || vec((any::<prop::sample::Index>(), text()), 0..40);
    (0..BASES.len(), changes(), changes()).prop_map(|(base, texts, keys)| {
        let base = &BASES[base];
        let mut json = base.json.clone();
        for (place, text) in texts {
            put_text(&mut json, place.get::<String>(&base.texts), &text);
        }
        let mut keys: Vec<_> =
            keys.iter().map(|(place, key)| (place.get::<String>(&base.keys), key)).collect();
        // Deepest first, so that the other pointers stay valid.
        keys.sort_by_key(|(pointer, _)| std::cmp::Reverse(pointer.matches('/').count()));
        keys.dedup_by_key(|(pointer, _)| *pointer);
        for (pointer, key) in keys {
            if json.pointer(pointer).is_some() {
                put_key(&mut json, pointer, key);
            }
        }
        serde_json::from_value(json).expect("every place takes any text")
    })
}

/// Whether names are unique; duplicate names are refused by [`check`](crate::check::check) and cannot be rendered.
fn names_are_unique(stack: &Stack) -> bool {
    let resources = lower::resources(stack).flatten().map(|resource| resource.id);
    let all: Vec<String> = resources.chain(stack.resources.iter().map(|raw| raw.id.clone())).collect();
    let sections = lower::sections(stack);
    let mut lists =
        sections.iter().map(|(_, entries)| entries.iter().map(|(id, _)| (*id).to_owned()).collect());
    lists.all(|names: Vec<String>| is_set(&names)) && is_set(&all)
}

fn is_set(names: &[String]) -> bool {
    names.iter().collect::<BTreeSet<_>>().len() == names.len()
}

fn rendered(stack: &Stack) -> Option<Rendered> {
    match render(stack, "dev", &TEMPLATES) {
        Ok(rendered) => Some(rendered),
        // Its pointer is one of the texts.
        Err(Error::Override { .. }) => None,
        Err(error) => panic!("{error}\n{stack:#?}"),
    }
}

/// Parses a text with libyaml, and converts functions to their long form.
fn as_libyaml_reads(text: &str) -> Json {
    long_form(yaml_serde::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

fn long_form(value: yaml_serde::Value) -> Json {
    use yaml_serde::Value as Yaml;
    match value {
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            match (tag.trim_start_matches('!'), long_form(tagged.value)) {
                ("Ref", value) => json!({ "Ref": value }),
                ("GetAtt", Json::String(path)) => {
                    let (id, attribute) = path.split_once('.').expect("`!GetAtt Id.Attribute`");
                    json!({ "Fn::GetAtt": [id, attribute] })
                }
                (function, value) => json!({ format!("Fn::{function}"): value }),
            }
        }
        Yaml::Mapping(entries) => {
            let key = |key: Yaml| key.as_str().expect("every key is a text").to_owned();
            entries
                .into_iter()
                .map(|(name, value)| (key(name), long_form(value)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        Yaml::Sequence(items) => items.into_iter().map(long_form).collect(),
        scalar => serde_json::to_value(scalar).expect("scalars of JSON"),
    }
}

#[test]
fn replaceable_strings_are_found() {
    let texts: BTreeSet<&str> = BASES.iter().flat_map(|base| &base.texts).map(String::as_str).collect();
    let keys: BTreeSet<&str> = BASES.iter().flat_map(|base| &base.keys).map(String::as_str).collect();
    for place in [
        "/id",
        "/description",
        "/tables/0/id",
        "/tables/0/doc",
        "/tables/0/name/Fn::Sub",
        "/tables/0/key/partition/0/name",
        "/tables/0/policy/Statement/0/Action/0",
        "/parameters/0/default",
        "/mappings/0/values/dev/reads",
        "/outputs/0/export",
        "/published/0/path",
        "/resources/0/body/Properties/Policy/Statement/0/Action",
        "/tables/0/metadata/a/0/b/0",
        "/tables/0/import/bucket",
    ] {
        assert!(texts.contains(place), "{place} of {texts:#?}");
    }
    for place in [
        "/mappings/0/values/dev",
        "/tags/team",
        "/tables/0/tags/team",
        "/resources/0/body/Properties/Policy",
        "/tables/0/metadata/a",
    ] {
        assert!(keys.contains(place), "{place} of {keys:#?}");
    }
    for place in ["/tables/0/key/partition/0/type", "/at", "/tables/0/deletion_policy"] {
        assert!(!texts.contains(place), "{place}");
    }
    assert!(!keys.contains("/tables/0/key"));
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn all_parsers_return_the_same_tree(stack in model()) {
        prop_assume!(names_are_unique(&stack));
        let rendered = rendered(&stack);
        prop_assume!(rendered.is_some());
        let rendered = rendered.expect("as assumed");
        prop_assert!(rendered.text.is_ascii());
        prop_assert_eq!(&tablewright_template::parse(&rendered.text).unwrap().to_value(), &rendered.template);
        prop_assert_eq!(&as_libyaml_reads(&rendered.text), &rendered.template);
        for form in [Form::Json, Form::JsonCompact] {
            let json = rendered.in_form(form, &stack, "dev");
            prop_assert_eq!(&serde_json::from_str::<Json>(&json).unwrap(), &rendered.template);
        }
        let include = rendered.in_form(Form::Include, &stack, "dev");
        prop_assert!(include.is_ascii());
        prop_assert_eq!(&as_libyaml_reads(&include), &rendered.template["Resources"]);
        let nested = rendered.in_form(Form::Nested, &stack, "dev");
        prop_assert!(nested.is_ascii());
        prop_assert_eq!(as_libyaml_reads(&nested).as_object().map(serde_json::Map::len), Some(1));
        prop_assert_eq!(render(&stack.clone(), "dev", &TEMPLATES).unwrap(), rendered);
    }
}

/// Writes models as YAML and as JSON, the same ones in every run.
#[test]
fn models_for_other_judges() {
    const MODELS: usize = 200;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/yaml");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mut runner = TestRunner::deterministic();
    let stacks = std::iter::repeat_with(|| model().new_tree(&mut runner).unwrap().current());
    let rendered = stacks.filter(names_are_unique).filter_map(|stack| rendered(&stack));
    let mut written = 0;
    for (number, rendered) in rendered.take(MODELS).enumerate() {
        std::fs::write(folder.join(format!("{number}.yaml")), &rendered.text).unwrap();
        std::fs::write(folder.join(format!("{number}.json")), rendered.template.to_string()).unwrap();
        written += 1;
    }
    assert_eq!(written, MODELS);
}
