//! What comes out is what was meant: every property once, hostile text, templates of the user's.

use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::render::{Error, Rendered, Templates, render};
use crate::{
    Billing, Capacity, Days, DeletionPolicy, Env, Expression, Stack, StreamView, Table, TableClass,
    TableItem, UpdateReplacePolicy,
};

/// Events of a tenant.
///
/// Kept for a year.
#[derive(TableItem)]
#[ddb(
    index(name = "by-region", partition(tenant, region), sort(status, at), project(only(total))),
    index(name = "by-status", partition(status), project(keys_only)),
    local_index(name = "by-total", sort(total))
)]
#[expect(dead_code, reason = "only its shape is of interest")]
struct Event {
    #[ddb(partition)]
    tenant: String,
    /// Milliseconds since 1970.
    #[ddb(sort)]
    at: u64,
    region: String,
    status: String,
    total: u64,
    #[ddb(ttl)]
    gone_at: u64,
}

fn rendered(table: Table) -> Rendered {
    render(&stack(table), "dev", &Templates::builtin()).unwrap()
}

fn stack(table: Table) -> Stack {
    let mut stack = Stack::new("events").description("Events");
    let events = stack.table(table);
    stack.output("EventsTable", events.name()).description("The table").export("events-table");
    stack.settle(&Env::new("demo", "dev"));
    stack
}

#[test]
fn every_property_has_its_place() {
    let table = Table::of::<Event>()
        .name(Expression::Sub("${AWS::StackName}-events".into()))
        .class(TableClass::StandardInfrequentAccess)
        .billing(Billing::provisioned(Capacity::auto(5..=50).target(60).cooldowns(30, 0), 5_u64))
        .index("by-status", |index| index.provisioned(Billing::provisioned(1_u64, 2_u64)))
        .point_in_time_recovery(Days(7))
        .deletion_protection(true)
        .stream(StreamView::NewAndOldImages)
        .tag("team", "core")
        .tag("cost: centre", Expression::Ref("CostCentre".into()))
        .deletion_policy(DeletionPolicy::Retain)
        .update_replace_policy(UpdateReplacePolicy::Delete);
    insta::assert_snapshot!("every_property", rendered(table).text);
}

#[test]
fn on_demand_limits_of_table_and_index() {
    let table = Table::of::<Event>()
        .generated_name()
        .billing(Billing::on_demand().max_read(100))
        .index("by-status", |index| index.on_demand(Billing::on_demand().max_write(10)))
        .no_point_in_time_recovery();
    insta::assert_snapshot!("on_demand_limits", rendered(table).text);
}

#[test]
fn the_same_definition_gives_the_same_bytes_and_the_checksum_is_theirs() {
    let text = rendered(Table::of::<Event>()).text;
    assert_eq!(text, rendered(Table::of::<Event>()).text);
    let (header, body) = text.split_at(text.find("AWSTemplateFormatVersion").unwrap());
    let checksum: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(header.ends_with(&format!("{checksum}\n")));
}

#[test]
fn no_text_breaks_out_of_its_place() {
    for hostile in [
        "",
        " ",
        "yes",
        "No",
        "on",
        "~",
        "null",
        "012",
        "1e3",
        "12:30",
        "0x1F",
        "1_000",
        ".5",
        "2026-11-20",
        "=",
        "<<",
        "a: b",
        "a #b",
        "# a",
        "- a",
        "? a",
        "[a",
        "{a: b}",
        "!Ref x",
        "&a",
        "*a",
        "%a",
        "@a",
        "`a`",
        "|",
        ">",
        "'",
        "\"",
        "\\",
        "it's \"so\"",
        "two\nlines",
        "tab\there",
        "cr\rlf\r\n",
        "\u{0}\u{7}\u{1b}",
        "\u{85}\u{2028}\u{2029}\u{feff}",
        "é – 漢 🎉",
        "{{resolve:ssm:/a/b}}",
        "{{ x }}",
        "{% if %}",
        "${Note}",
        "${!Literal}",
        "trailing ",
        " leading",
        "---",
        "...",
        ": ",
    ] {
        let mut table = Table::of::<Event>().name(hostile).tag(format!("k{hostile}"), hostile);
        table.doc = format!("{hostile}\n{hostile}");
        table.key.partition[0].name = hostile.into();
        table.key.partition[0].doc = hostile.into();
        let mut stack = stack(table);
        stack.description = Some(hostile.into());
        // Rendering compares what it parses back with the model, so that coming back at all is the proof;
        // the name is looked at once more because a comparison could be wrong as well.
        let rendered = render(&stack, "dev", &Templates::builtin())
            .unwrap_or_else(|error| panic!("{hostile:?}: {error:?}"));
        assert_eq!(rendered.template["Resources"]["Event"]["Properties"]["TableName"], hostile);
    }
}

/// Makes templates of the user's in a folder that is gone afterwards.
fn with_files<T>(test: &str, files: &[(&str, &str)], body: impl FnOnce(Result<Templates, Error>) -> T) -> T {
    let folder: PathBuf =
        std::env::temp_dir().join(format!("tablewright-render-{test}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let done = body(Templates::with_folder(&folder));
    std::fs::remove_dir_all(&folder).unwrap();
    done
}

fn rendered_with(test: &str, name: &str, text: &str) -> Result<Rendered, Error> {
    with_files(test, &[(name, text)], |templates| render(&stack(Table::of::<Event>()), "dev", &templates?))
}

#[test]
fn a_file_of_the_same_name_takes_the_place_of_a_template() {
    let text = "{% extends \"builtin/stack.yaml\" %}{% block outputs %}\n# Outputs are below.{{ super() }}{% endblock outputs %}\n";
    let rendered = rendered_with("override", "stack.yaml", text).unwrap();
    assert!(rendered.text.contains("# Outputs are below.\n"), "{}", rendered.text);
    assert!(rendered.template["Outputs"]["EventsTable"].is_object());
}

#[test]
fn a_template_cannot_drop_or_add_or_change_anything_unnoticed() {
    for (what, block, path) in [
        ("drops", "", "/Resources/Event/Properties"),
        (
            "adds",
            "{{ super() }}\n      SSESpecification:\n        SSEEnabled: true",
            "/Resources/Event/Properties/SSESpecification",
        ),
        (
            "changes",
            "{{ super() | replace(from=\"PAY_PER_REQUEST\", to=\"PROVISIONED\") }}",
            "/Resources/Event/Properties/BillingMode",
        ),
    ] {
        let text = format!(
            "{{% extends \"builtin/table.yaml\" %}}{{% block properties %}}{block}{{% endblock properties %}}"
        );
        match rendered_with(what, "table.yaml", &text) {
            Err(Error::Unfaithful { path: found, .. }) => assert_eq!(found, path, "{what}"),
            Err(Error::Template(_) | Error::Layout { .. }) if what == "changes" => {}
            other => panic!("{what}: {other:?}"),
        }
    }
}

#[test]
fn a_mistake_in_a_template_is_told_with_its_place() {
    use std::error::Error as _;
    let syntax = rendered_with("syntax", "table.yaml", "A:\n  {{ LogicalId").unwrap_err();
    assert!(matches!(syntax, Error::Template(_)));
    let report = syntax.source().unwrap().to_string();
    assert!(report.contains("table.yaml:2"), "{report}");

    let unknown = rendered_with("unknown", "table.yaml", "\n  {{ LogicalID }}:\n").unwrap_err();
    assert!(matches!(&unknown, Error::Layout { id, .. } if id == "Event"), "{unknown:?}");
    let report = unknown.source().unwrap().to_string();
    assert!(report.contains("table.yaml:2"), "{report}");

    let malformed = rendered_with("malformed", "stack.yaml", "a: [").unwrap_err();
    assert!(matches!(malformed, Error::Unparsable { .. }), "{malformed:?}");

    let stray = with_files("stray", &[("tabel.yaml", "")], |templates| templates.err().unwrap());
    assert!(matches!(&stray, Error::UnknownTemplate { name } if name == "tabel.yaml"));
    assert!(Templates::with_folder(&std::env::temp_dir().join("tablewright-no-such-folder")).is_ok());
}
