//! Templates that exceed quotas, and how a template is sent.

use std::borrow::Cow;

use insta::assert_snapshot;
use serde_json::json;

use super::{Event, stack};
use crate::render::{Body, Error, INLINE_BYTES, Rendered, Size, Templates, render};
use crate::{Billing, Capacity, Stack, Table};

/// Returns a stack with `count` tables, each with a scalable target and a scaling policy.
fn tables(count: usize, described: usize) -> Stack {
    let mut stack = Stack::new("events");
    for number in 0..count {
        let mut table = Table::of::<Event>().billing(Billing::provisioned(Capacity::auto(1..=9), 1_u64));
        table.indexes.clear();
        table.id = format!("Event{number}");
        table.doc = "x".repeat(described);
        stack.table(table);
    }
    stack
}

fn rendered(stack: &Stack) -> Result<Rendered, Error> {
    render(stack, "dev", &Templates::builtin())
}

fn report_of(stack: &Stack) -> String {
    let error = rendered(stack).expect_err("too large");
    assert!(matches!(error, Error::TooLarge(_)), "{error:?}");
    format!("{error}\nhelp: {}", error.hint().unwrap())
}

#[test]
fn templates_within_the_quotas_are_rendered() {
    let mut stack = tables(166, 0);
    for name in 0..2 {
        stack.raw_resource(format!("Raw{name}"), json!({ "Type": "AWS::SNS::Topic" }));
    }
    for name in 0..200 {
        stack.output(format!("Output{name}"), "x");
    }
    let size = rendered(&stack).unwrap().size();
    assert_eq!((size.resources, size.outputs), (500, 200));
    assert_eq!(size.near_limits(), ["500 of 500 resources", "200 of 200 outputs"]);

    // A long comment does not prevent a deployment, as it can be left out.
    let rendered = rendered(&tables(1, 1_100_000)).unwrap();
    assert!(rendered.text.len() > 1_100_000);
    assert!(matches!(Body::of(&rendered.text), Ok(Body::Inline(text)) if text.starts_with('{')));
}

#[test]
fn the_hint_for_too_many_resources_splits_the_tables() {
    let mut stack = tables(168, 0);
    stack.tables[7].tags = (0..40).map(|n| (format!("tag{n}"), "x".into())).collect();
    assert_snapshot!(report_of(&stack), @"
    stack `events` is too large for CloudFormation: it has 504 resources (500 are allowed)
    help: split its tables into 2 stacks, such as:
      Event0 to Event132: 133 tables, 399 resources, 171,896 bytes
      Event133 to Event167: 35 tables, 105 resources, 45,115 bytes
    move tables that are not deployed yet: a deployed table must be imported into its new stack
    the largest tables: Event7 (3 resources, 2,396 bytes), Event100 (3 resources, 1,289 bytes), Event101 (3 resources, 1,289 bytes)
    ");
}

#[test]
fn the_hint_for_too_many_outputs_does_not_split_the_stack() {
    let mut stack = stack(Table::of::<Event>());
    for name in 0..200 {
        stack.output(format!("Output{name}"), "x");
    }
    assert_snapshot!(report_of(&stack), @"
    stack `events` is too large for CloudFormation: it has 201 outputs (200 are allowed)
    help: remove outputs that are not used, or publish values with `publish_ssm` instead
    ");
}

#[test]
fn too_many_bytes_are_an_error() {
    let mut stack = tables(30, 0);
    for table in &mut stack.tables {
        table.metadata.insert("text".into(), json!("x".repeat(40_000)));
    }
    assert_snapshot!(report_of(&stack), @"
    stack `events` is too large for CloudFormation: it has 1,239,175 bytes (1,000,000 are allowed)
    help: split its tables into 2 stacks, such as:
      Event0 to Event18: 19 tables, 57 resources, 784,754 bytes
      Event19 to Event29: 11 tables, 33 resources, 454,366 bytes
    move tables that are not deployed yet: a deployed table must be imported into its new stack
    the largest tables: Event10 (3 resources, 41,306 bytes), Event11 (3 resources, 41,306 bytes), Event12 (3 resources, 41,306 bytes)
    ");

    let mut stack = tables(1, 0);
    stack.raw_resource(
        "Large",
        json!({ "Type": "Custom::Large", "Properties": { "Text": "x".repeat(5_000_000) } }),
    );
    assert_snapshot!(report_of(&stack), @"
    stack `events` is too large for CloudFormation: it has 5,001,390 bytes (1,000,000 are allowed)
    help: move some of its resources to another stack
    the largest tables: Event0 (3 resources, 1,277 bytes)
    ");
}

#[test]
fn additions_of_a_template_count() {
    let added: String = (0..500).map(|n| format!("\n  Topic{n}:\n    Type: AWS::SNS::Topic")).collect();
    let text = format!(
        "{{% extends \"builtin/stack.yaml\" %}}{{# adds: /Resources/* #}}{{% block resources %}}{{{{ super() }}}}{added}{{% endblock %}}"
    );
    let templates = Templates::with_files([("stack.yaml", text)]).unwrap();
    match render(&tables(1, 0), "dev", &templates) {
        Err(Error::TooLarge(error)) => assert_eq!(error.size.resources, 503),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_template_is_sent_as_it_is_as_json_or_by_s3() {
    let yaml = |resources: usize, comments: usize| {
        let topics: String = (0..resources).map(|n| format!("  T{n}: {{Type: AWS::SNS::Topic}}\n")).collect();
        format!("Resources:\n{topics}{}", "#\n".repeat(comments))
    };
    let exact = yaml(1, (INLINE_BYTES - yaml(1, 0).len()) / 2);
    let exact = format!("{exact}{}", "#".repeat(INLINE_BYTES - exact.len()));
    assert_eq!(exact.len(), INLINE_BYTES);
    assert_eq!(Body::of(&exact), Ok(Body::Inline(Cow::Borrowed(&exact))));

    let longer = format!("{exact}\n");
    assert_eq!(
        Body::of(&longer),
        Ok(Body::Inline(r#"{"Resources":{"T0":{"Type":"AWS::SNS::Topic"}}}"#.into()))
    );

    let many = yaml(2_000, 0);
    let Ok(Body::Upload { text, compact }) = Body::of(&many) else { panic!("it does not fit") };
    assert_eq!(text, many);
    assert_eq!(compact, tablewright_template::parse(&many).unwrap().to_value().to_string().len());

    let commented = yaml(2_000, 500_000);
    let Ok(Body::Upload { text, compact }) = Body::of(&commented) else { panic!("it does not fit") };
    assert_eq!((text.len(), text.starts_with('{')), (compact, true));

    assert!(Body::of(&"a: [".repeat(20_000)).is_err());
}

#[test]
fn every_body_is_ascii() {
    let inline = |text| match Body::of(text) {
        Ok(Body::Inline(text)) => text.into_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        inline("# für alle\nResources:\n  T: {Type: AWS::SNS::Topic} # groß\n"),
        "# f?r alle\nResources:\n  T: {Type: AWS::SNS::Topic} # gro?\n"
    );
    assert_snapshot!(inline("# für alle\nMetadata: {größe: !Ref ß}\n"), @r#"
    {
      "Metadata": {
        "gr\u00f6\u00dfe": {
          "Ref": "\u00df"
        }
      }
    }
    "#);
    // A value may have other characters although the text is ASCII, by escapes.
    let escaped = format!("A: \"\\u00df\"\n#{}", "#".repeat(INLINE_BYTES));
    assert_eq!(inline(&escaped), r#"{"A":"\u00df"}"#);

    let many: String = (0..4_000).map(|n| format!("  T{n}: größe\n")).collect();
    let many = format!("Metadata:\n{many}");
    let Ok(Body::Upload { text, compact }) = Body::of(&many) else { panic!("it does not fit") };
    assert!(text.is_ascii());
    let value = |text: &str| tablewright_template::parse(text).unwrap().to_value();
    assert_eq!(value(&text), value(&many));
    assert!(compact < text.len());

    // Escapes are longer than the characters, and count.
    let nearly = format!(r#"{{"A":"{}"}}"#, "ß".repeat(INLINE_BYTES / 2 - 10));
    assert!(nearly.len() < INLINE_BYTES);
    assert!(matches!(Body::of(&nearly), Ok(Body::Upload { .. })));
}

#[test]
fn near_limits_starts_at_90_percent() {
    let near = |resources, outputs, bytes| Size { resources, outputs, bytes }.near_limits();
    assert_eq!(near(449, 179, 899_999), [] as [&str; 0]);
    assert_eq!(
        near(450, 180, 900_000),
        ["450 of 500 resources", "180 of 200 outputs", "900,000 of 1,000,000 bytes"]
    );
}
