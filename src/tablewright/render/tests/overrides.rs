//! Templates of the user: what they can do, and the errors for mistakes.

use std::error::Error as _;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use serde_json::json;

use super::{Event, stack};
use crate::render::{Addition, DifferenceKind, Error, Rendered, Templates, render};
use crate::{Billing, Capacity, Stack, Table};

fn rendered_with(name: &str, text: &str) -> Result<Rendered, Error> {
    render(&stack(Table::of::<Event>()), "dev", &Templates::with_files([(name, text)])?)
}

/// Returns the error with its causes and hint.
fn report(name: &str, text: &str) -> String {
    report_of(&rendered_with(name, text).expect_err("a mistake"))
}

fn report_of(error: &Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        told += &format!("\nbecause: {next}");
        cause = next.source();
    }
    if let Some(hint) = error.hint() {
        told += &format!("\nhelp: {hint}");
    }
    told
}

fn extended(name: &str, block: &str, text: &str) -> String {
    format!("{{% extends \"builtin/{name}\" %}}\n{{% block {block} %}}{text}{{% endblock {block} %}}\n")
}

#[test]
fn a_file_with_the_same_name_overrides_a_template() {
    let text = extended("stack.yaml", "outputs", "\n# Outputs are below.{{ super() }}");
    let rendered = rendered_with("stack.yaml", &text).unwrap();
    assert!(rendered.text.contains("# Outputs are below.\n"), "{}", rendered.text);
    assert!(rendered.template["Outputs"]["EventsTable"].is_object());
    assert_eq!(rendered.additions, []);
}

#[test]
fn every_block_of_every_template_can_be_extended() {
    let plain = Table::of::<Event>().billing(Billing::provisioned(Capacity::auto(1..=9), 1_u64));
    let mut global = super::definitions::global_tables().remove(0).1;
    global.id = "Global".into();
    let mut stack = Stack::new("events");
    stack.table(plain);
    stack.table(global);
    stack.publish_ssm("/a", "b");
    for (name, blocks) in [
        ("stack.yaml", &["parameters", "mappings", "conditions", "resources", "outputs"][..]),
        ("table.yaml", &["metadata", "properties"]),
        ("global-table.yaml", &["metadata", "properties"]),
        ("scalable-target.yaml", &["properties"]),
        ("scaling-policy.yaml", &["properties"]),
        ("ssm-parameter.yaml", &["properties"]),
    ] {
        for block in blocks {
            let text = extended(name, block, "{{ super() }}\n# ours\n");
            let templates = Templates::with_files([(name, text)]).unwrap();
            let rendered = render(&stack, "dev", &templates).unwrap();
            assert!(rendered.text.contains("# ours\n"), "{name} {block}");
        }
    }
}

/// The built-in templates before `resource.yaml` was added, of which users have copies.
const SPELLED_OUT: [(&str, &str); 6] = [
    ("global-table.yaml", include_str!("spelled_out/global-table.yaml")),
    ("scalable-target.yaml", include_str!("spelled_out/scalable-target.yaml")),
    ("scaling-policy.yaml", include_str!("spelled_out/scaling-policy.yaml")),
    ("ssm-parameter.yaml", include_str!("spelled_out/ssm-parameter.yaml")),
    ("stack.yaml", include_str!("spelled_out/stack.yaml")),
    ("table.yaml", include_str!("spelled_out/table.yaml")),
];

#[test]
fn a_template_that_writes_each_property_renders_the_same_text() {
    let stacks = || super::faithful::stacks().chain([stack(overridden())]);
    let extended = |name| format!("{{% extends \"builtin/{name}\" %}}");
    let every_name = SPELLED_OUT.map(|(name, _)| (name, extended(name))).into_iter();
    let files = SPELLED_OUT.map(|(name, text)| (name, text.to_owned())).into_iter().chain(every_name);
    for (name, text) in files.chain([("resource.yaml", extended("resource.yaml"))]) {
        let templates = Templates::with_files([(name, text)]).unwrap();
        for stack in stacks() {
            let expected = render(&stack, "dev", &Templates::builtin()).unwrap().text;
            let text =
                render(&stack, "dev", &templates).unwrap_or_else(|error| panic!("{name}: {error}")).text;
            assert_eq!(text, expected, "{name}");
        }
    }
}

fn overridden() -> Table {
    Table::of::<Event>().override_property("/New", json!({ "Deep": [{ "Ref": "X" }, [], 1.5] }))
}

#[test]
fn overriding_the_resource_template_affects_every_type() {
    let text = extended("resource.yaml", "metadata", "\n    # ours\n    {{- super() }}");
    let templates = Templates::with_files([("resource.yaml", text)]).unwrap();
    let table = Table::of::<Event>().billing(Billing::provisioned(Capacity::auto(1..=9), 1_u64));
    let rendered = render(&stack(table), "dev", &templates).unwrap();
    let resources = rendered.template["Resources"].as_object().unwrap();
    assert_eq!(rendered.text.matches("    # ours\n").count(), resources.len(), "{}", rendered.text);

    let changed = extended("resource.yaml", "properties", "");
    let templates = Templates::with_files([("resource.yaml", changed)]).unwrap();
    let error = render(&stack(Table::of::<Event>()), "dev", &templates).unwrap_err();
    assert!(
        report_of(&error).contains("resource.yaml changes /Resources/Event/Properties"),
        "{}",
        report_of(&error)
    );
}

/// A template in the current form that writes some properties itself.
#[test]
fn a_template_can_loop_over_properties_and_write_any_value() {
    let block = "{% for name, value in Properties %}{% if name != \"KeySchema\" %}
      {{ name }}:{{ value | yaml(indent=8) }}{% endif %}{% endfor %}
      # the key last
      KeySchema:
      {%- for element in Properties.KeySchema %}
        - AttributeName: {{ element.AttributeName }}
          KeyType: {{ element.KeyType }}
      {%- endfor %}";
    let rendered = rendered_with("table.yaml", &extended("table.yaml", "properties", block)).unwrap();
    assert!(rendered.text.contains("      # the key last\n      KeySchema:\n"), "{}", rendered.text);
    assert!(
        rendered.text.contains("        # Milliseconds since 1970.\n        - AttributeName: at\n"),
        "{}",
        rendered.text
    );
}

#[test]
fn declared_additions_are_allowed() {
    for (name, block, text, pointers) in [
        (
            "table.yaml",
            "metadata",
            "\n    Metadata:\n      Owner: a\n      Since: b",
            &["/Resources/Event/Metadata"][..],
        ),
        (
            "table.yaml",
            "metadata",
            "\n    Metadata:\n      Owner: a\n      Since: b",
            &["/Resources/Event/Metadata/Owner", "/Resources/Event/Metadata/Since"],
        ),
        (
            "table.yaml",
            "properties",
            "{{ super() }}\n      SSESpecification:\n        SSEEnabled: true",
            &["/Resources/Event/Properties/SSESpecification/SSEEnabled"],
        ),
        (
            "table.yaml",
            "metadata",
            "\n    a/b: {}\n    ~: 1",
            &["/Resources/Event/a~1b", "/Resources/Event/~0"],
        ),
        ("stack.yaml", "outputs", "{{ super() }}\nRules:\n  Region:\n    Assertions: []", &["/Rules"]),
        (
            "stack.yaml",
            "resources",
            "{{ super() }}\n  Topic:\n    Type: AWS::SNS::Topic",
            &["/Resources/Topic"],
        ),
        ("stack.yaml", "outputs", "{{ super() }}\n  More:\n    Value: 1", &["/Outputs/More"]),
    ] {
        let text = extended(name, block, &text.replace("~:", "'~':"));
        let declare = |list: &str| format!("{text}{{# adds: {list} #}}\n");
        let additions: Vec<Addition> = pointers
            .iter()
            .map(|pointer| Addition { pointer: (*pointer).to_owned(), template_file: name.to_owned() })
            .collect();
        let said = pointers.join("\n  ");
        let anywhere = said.replace("/Event/", "/*/");
        for list in [&said, &anywhere, &said.replace('\n', ",")] {
            let rendered =
                rendered_with(name, &declare(list)).unwrap_or_else(|error| panic!("{}", report_of(&error)));
            assert_eq!(rendered.additions, additions);
            for pointer in pointers {
                assert!(rendered.template.pointer(pointer).is_some(), "{pointer} in {}", rendered.template);
            }
        }
        for list in ["", "/Resources/Other/Metadata", "/Resources/*/Metadata/Owner/Name", "/Conditions/*"] {
            let text = if list.is_empty() { text.clone() } else { declare(list) };
            let error = rendered_with(name, &text).expect_err(list);
            assert!(matches!(error, Error::Unfaithful { .. }), "{list}: {error}");
        }
    }
}

#[test]
fn undeclared_additions_are_errors_with_the_position() {
    for (metadata, declared, pointer) in [
        ("\n      Owner: a", "/Resources/*/Properties/Owner", "/Resources/Event/Metadata"),
        (
            "\n      Owner: a\n      Since: b",
            "/Resources/*/Metadata/Owner",
            "/Resources/Event/Metadata/Since",
        ),
        (" {}", "/Resources/*/Metadata/Owner", "/Resources/Event/Metadata"),
        (" []", "/Resources/*/Metadata/0", "/Resources/Event/Metadata"),
        (" Owner", "/Resources/*/Metadata/Owner", "/Resources/Event/Metadata"),
    ] {
        let text = extended("table.yaml", "metadata", &format!("\n    Metadata:{metadata}"));
        match rendered_with("table.yaml", &format!("{text}{{# adds: {declared} #}}")) {
            Err(Error::Unfaithful { differences, .. }) => {
                let found: Vec<_> = differences.iter().map(|one| (one.pointer.as_str(), &one.kind)).collect();
                assert_eq!(found, [(pointer, &DifferenceKind::Added)]);
            }
            other => panic!("{metadata}: {other:?}"),
        }
    }
}

#[test]
fn items_can_be_added_only_at_the_end_of_a_list() {
    let tagged = |text: &str| {
        let text = format!(
            "{}{{# adds: /Resources/*/Properties/Tags/* #}}",
            extended("table.yaml", "properties", text)
        );
        let table = Table::of::<Event>().tag("a", "b");
        render(&stack(table), "dev", &Templates::with_files([("table.yaml", text)]).unwrap())
    };
    let rendered = tagged("{{ super() }}\n        - Key: team\n          Value: events").unwrap();
    assert_eq!(rendered.additions[0].pointer, "/Resources/Event/Properties/Tags/1");
    assert_eq!(
        rendered.template["Resources"]["Event"]["Properties"]["Tags"],
        json!([{ "Key": "a", "Value": "b" }, { "Key": "team", "Value": "events" }])
    );
    let error = tagged("{{ super() | replace(from=\"Tags:\", to=\"Tags:\n        - Key: team\") }}");
    assert!(error.is_err(), "{error:?}");
}

#[test]
fn dropped_added_and_changed_values_are_errors() {
    for (block, pointers) in [
        ("", &["/Resources/Event/Properties"][..]),
        (
            "\n      BillingMode: PAY_PER_REQUEST",
            &[
                "/Resources/Event/Properties/AttributeDefinitions",
                "/Resources/Event/Properties/DeletionProtectionEnabled",
                "/Resources/Event/Properties/GlobalSecondaryIndexes",
                "/Resources/Event/Properties/KeySchema",
                "/Resources/Event/Properties/LocalSecondaryIndexes",
                "/Resources/Event/Properties/PointInTimeRecoverySpecification",
                "/Resources/Event/Properties/TableName",
                "/Resources/Event/Properties/TimeToLiveSpecification",
            ],
        ),
        (
            "{{ super() }}\n      SSESpecification:\n        SSEEnabled: true",
            &["/Resources/Event/Properties/SSESpecification"],
        ),
        (
            "{% set properties %}{{ super() }}{% endset %}{{ properties | replace(from=\"PAY_PER_REQUEST\", to=\"PROVISIONED\") | safe }}",
            &["/Resources/Event/Properties/BillingMode"],
        ),
        (
            "{% set properties %}{{ super() }}{% endset %}{{ properties | replace(from=\"KEYS_ONLY\", to=\"ALL\") | safe }}",
            &["/Resources/Event/Properties/GlobalSecondaryIndexes/1/Projection/ProjectionType"],
        ),
    ] {
        let text = extended("table.yaml", "properties", block);
        match rendered_with("table.yaml", &text) {
            Err(Error::Unfaithful { differences, .. }) => {
                let found: Vec<&str> = differences.iter().map(|one| one.pointer.as_str()).collect();
                assert_eq!(found, pointers, "{block}");
                assert!(
                    differences.iter().all(|one| one.template_file.as_deref() == Some("table.yaml")),
                    "{differences:?}"
                );
            }
            other => panic!("{block}: {other:?}"),
        }
    }
}

#[test]
fn a_difference_names_the_template_that_wrote_it() {
    let table = extended("table.yaml", "metadata", "\n    # ours");
    let outputs = extended("stack.yaml", "outputs", "");
    let templates = Templates::with_files([("table.yaml", table), ("stack.yaml", outputs)]).unwrap();
    let error = render(&stack(Table::of::<Event>()), "dev", &templates).unwrap_err();
    assert_snapshot!(report_of(&error), @"
    the rendered template of stack `events` differs from its definition
    stack.yaml drops /Outputs
    help: a template only lays out the definition: if the difference is intended, change the definition
    ");
}

#[test]
fn a_mistake_is_reported_with_file_line_and_caret() {
    let extended = |text: &str| extended("table.yaml", "properties", text);
    for (what, text) in [
        ("a tag that does not end", "A:\n  {{ LogicalId".to_owned()),
        ("a block that does not end", "{% if Condition is defined %}\n".to_owned()),
        ("an unknown variable", "\n  {{ LogicalID }}:\n".to_owned()),
        ("an unknown property", extended("\n      TableName: {{ Properties.Tablename }}")),
        ("an unknown filter", extended("\n      TableName: {{ Properties.TableName | uper }}")),
        ("a filter that fails", extended("\n      TableName: {{ Properties.AttributeDefinitions | upper }}")),
        ("a parent that does not exist", "{# ours #}\n{% extends \"builtin/tabel.yaml\" %}".to_owned()),
        ("an include that does not exist", extended("{% include \"tags.yaml\" %}")),
        ("a file that extends itself", "{% extends \"table.yaml\" %}".to_owned()),
        ("no YAML", extended("\n      a: [")),
        ("a tag that CloudFormation does not have", extended("\n      a: !Reff b")),
        ("a key that is there twice", extended("{{ super() }}\n      BillingMode: PROVISIONED")),
        ("a change", extended("\n      TableName: x")),
        ("a letter beyond ASCII", extended("{{ super() }}\n      # caf\u{e9}")),
        ("an addition", extended("{{ super() }}\n      SSESpecification:\n        SSEEnabled: true")),
        ("no pointer", format!("{{# adds:\n  /Rules,\n  Rules/x #}}{}", extended("{{ super() }}"))),
        (
            "a pointer to nothing",
            format!("{{#- adds: /Resources//Metadata -#}}{}", extended("{{ super() }}")),
        ),
        ("all of it", format!("{{# adds: / #}}{}", extended("{{ super() }}"))),
    ] {
        assert_snapshot!(what.replace(' ', "_"), report("table.yaml", &text));
    }
}

/// Creates templates in a temporary directory.
fn in_folder<T>(test: &str, files: &[(&str, &[u8])], body: impl FnOnce(&Path) -> T) -> T {
    let folder: PathBuf =
        std::env::temp_dir().join(format!("tablewright-render-{test}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let done = body(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    done
}

#[test]
fn a_directory_may_have_only_files_with_names_of_templates() {
    let ours = extended("stack.yaml", "outputs", "{{ super() }}\n# ours");
    in_folder("folder", &[("stack.yaml", ours.as_bytes()), ("README.md", b"{{")], |folder| {
        let templates = Templates::with_folder(folder).unwrap();
        let rendered = render(&stack(Table::of::<Event>()), "dev", &templates).unwrap();
        assert!(rendered.text.ends_with("# ours\n"), "{}", rendered.text);
    });
    in_folder("stray", &[("tabel.yaml", b"")], |folder| {
        let error = Templates::with_folder(folder).err().unwrap();
        assert_snapshot!(report_of(&error), @"
    no built-in template `tabel.yaml`; the built-in templates are: global-table.yaml, resource.yaml, scalable-target.yaml, scaling-policy.yaml, ssm-parameter.yaml, stack.yaml, table.yaml
    ");
    });
    in_folder("latin", &[("table.yaml", b"# \xe4")], |folder| {
        let error = Templates::with_folder(folder).err().unwrap();
        assert_eq!(error.to_string(), format!("cannot read {}", folder.join("table.yaml").display()));
        assert!(error.source().is_some());
    });
    assert!(Templates::with_folder(&std::env::temp_dir().join("tablewright-no-such-folder")).is_ok());
}
