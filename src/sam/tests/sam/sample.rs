//! The template of the sample project matches its definitions.

use std::fs;
use std::path::Path;

use tablewright::render::Templates;
use tablewright::{Assembly, Env, Stack};
use tablewright_sam::{
    Access, FragmentKind, Options, Request, Way, embed, embed_fragment, fragment, regions, remove,
};

fn stack() -> Stack {
    let mut assembly = Assembly::new(&Env::new("demo", "dev"), &[("notes", sam_notes::notes::stack)]);
    assembly.stacks.remove(0)
}

fn template() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../stacks/sam/template.yaml");
    fs::read_to_string(path).unwrap()
}

/// Embeds the tables and fragments of the sample.
fn embedded(template: &str) -> String {
    let stack = stack();
    let regions = regions(&stack, "dev", &Templates::builtin(), Way::Embedded).unwrap();
    let mut text = embed(template, &regions, Options::default()).unwrap().text;
    let request = Request { index: Some("by-day"), ..Request::new(&stack, "Note", "CountNotes") };
    for kind in [FragmentKind::Env, FragmentKind::Policies, FragmentKind::Events] {
        let fragment = fragment(kind, &request).unwrap();
        text = embed_fragment(&text, &fragment, Options::default()).unwrap().text;
    }
    text
}

#[test]
fn the_sample_is_up_to_date() {
    let template = template();
    let text = embedded(&template);
    if std::env::var_os("TABLEWRIGHT_WRITE_SAMPLE").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../stacks/sam/template.yaml");
        fs::write(path, &text).unwrap();
    }
    assert_eq!(text, template, "run this test with TABLEWRIGHT_WRITE_SAMPLE=1 to write it");
}

#[test]
fn the_sample_without_its_regions_embeds_to_the_same_text() {
    let bare = remove(template(), "notes", Options::default()).unwrap().text;
    assert!(!bare.contains("ablewright") && bare.contains("CountNotes"), "{bare}");
    assert_eq!(embedded(&bare), template());
}

#[test]
fn write_access_to_an_index_is_refused() {
    let stack = stack();
    let request = Request {
        index: Some("by-day"),
        access: Access::Write,
        ..Request::new(&stack, "Note", "CountNotes")
    };
    assert!(fragment(FragmentKind::Policies, &request).is_err());
}
