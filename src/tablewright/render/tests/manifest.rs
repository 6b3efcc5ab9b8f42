//! The manifest is deterministic, and edits are detected.

use std::error::Error as _;

use insta::assert_snapshot;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Event, forms, stack};
use crate::render::{Manifest, ManifestError, Rendered, Templates, VerifyError, render};
use crate::{Env, Stack, Table};

fn manifest() -> (Manifest, Vec<(Stack, Rendered)>) {
    let env = Env::new("demo", "prod")
        .located(Some("eu-west-1".into()), Some("444455556666".into()))
        .with_protection(true);
    let mut second = forms::everything().termination_protection(true).policy(json!({
        "Statement": [{ "Principal": "*", "Effect": "Allow", "Action": "Update:*", "Resource": "*" }],
    }));
    second.id = "everything".into();
    second.name = None;
    let rendered = [stack(Table::of::<Event>()), second].map(|stack| {
        let rendered = render(&stack, "prod", &Templates::builtin()).unwrap();
        (stack, rendered)
    });
    let manifest = Manifest::new(&env, rendered.iter().map(|(stack, rendered)| (stack, rendered)));
    (manifest, rendered.into())
}

#[test]
fn a_manifest_has_what_a_deployment_needs() {
    assert_snapshot!(manifest().0.to_json(), @r#"
    {
      "tablewright": "0.1.0",
      "format": 1,
      "environment": {
        "project": "demo",
        "name": "prod",
        "protected": true,
        "region": "eu-west-1",
        "account": "444455556666"
      },
      "stacks": [
        {
          "id": "events",
          "name": "demo-events-dev",
          "file": "events.yaml",
          "sha256": "e16bc58b232b36726a2e8b6061af575a38f8c5526b811acd48e119e32651c419",
          "bytes": 2276,
          "resources": 1
        },
        {
          "id": "everything",
          "name": "demo-everything-prod",
          "file": "everything.yaml",
          "sha256": "6ce7f7b4ff6c85be420676f8d383f92ba0578643f67b497efb59fbf1a97332af",
          "bytes": 4494,
          "resources": 3,
          "tags": {
            "cost centre": "4711",
            "team": "events"
          },
          "termination_protection": true,
          "policy": {
            "Statement": [
              {
                "Action": "Update:*",
                "Effect": "Allow",
                "Principal": "*",
                "Resource": "*"
              }
            ]
          }
        }
      ],
      "digest": "sha256:c70f5e6ff3f89873547eb88626f4d19380f7f1ea365570ddc3152023db9372e6"
    }
    "#);
}

#[test]
fn a_manifest_round_trips_and_verifies_its_files() {
    let (manifest, stacks) = manifest();
    let read = Manifest::read(manifest.to_json().as_bytes()).unwrap();
    assert_eq!(read, manifest);
    for (stack, rendered) in &stacks {
        let file = format!("{}.yaml", stack.id);
        assert_eq!(read.verify(&file, rendered.text.as_bytes()).unwrap().id, stack.id);
    }
    let text = &stacks[0].1.text;
    for (file, bytes, only_line_ends) in [
        ("events.yaml", text.replace('\n', "\r\n"), true),
        ("events.yaml", format!("{text} "), false),
        ("events.yaml", String::new(), false),
        ("everything.yaml", text.clone(), false),
    ] {
        let error = read.verify(file, bytes.as_bytes()).unwrap_err();
        let stated = &read.stacks.iter().find(|stack| stack.file == file).unwrap().sha256;
        let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let message = format!(
            "`{file}` was changed after it was rendered: its SHA-256 is {found}, but the manifest states {stated}"
        );
        assert_eq!(error.to_string(), message);
        assert_eq!(error.hint().contains(".gitattributes"), only_line_ends, "{error:?}");
    }
    let error = read.verify("other.yaml", b"").unwrap_err();
    assert_eq!(error, VerifyError::Unknown { file: "other.yaml".into() });
}

#[test]
fn the_digest_covers_every_value() {
    let (manifest, _) = manifest();
    let value: Value = serde_json::from_str(&manifest.to_json()).unwrap();
    assert_eq!(manifest.digest(), digest(value));
    assert_eq!(self::manifest().0.digest(), manifest.digest(), "made once more");

    // The order of keys and white space are ignored.
    let mut lines = manifest.to_json().replace("\n", "").replace("  ", "");
    assert_eq!(Manifest::read(lines.as_bytes()).unwrap().digest(), manifest.digest());
    lines = lines.replacen("{\"tablewright\": \"0.1.0\",", "{", 1);
    lines.truncate(lines.len() - 1);
    let reordered = format!("{lines}, \"tablewright\": \"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(Manifest::read(reordered.as_bytes()).unwrap().digest(), manifest.digest());

    // Every value counts.
    let value: Value = serde_json::from_str(&manifest.to_json()).unwrap();
    let mut leaves = Vec::new();
    collect(&value, "", &mut leaves);
    assert!(leaves.len() > 25, "{leaves:?}");
    for pointer in leaves {
        let mut edited = value.clone();
        let leaf = edited.pointer_mut(&pointer).unwrap();
        *leaf = match &*leaf {
            Value::String(text) => format!("{text}x").into(),
            Value::Number(number) => (number.as_u64().unwrap() + 1).into(),
            Value::Bool(yes) => (!yes).into(),
            other => panic!("{other}"),
        };
        match Manifest::read(edited.to_string().as_bytes()).unwrap_err() {
            ManifestError::Edited { stated, found } => assert_ne!(stated, found),
            ManifestError::Format { found } => assert_eq!((pointer.as_str(), found), ("/format", 2)),
            other => panic!("{pointer}: {other:?}"),
        }
    }
    let mut swapped = value.clone();
    swapped["stacks"].as_array_mut().unwrap().swap(0, 1);
    let mut added = value.clone();
    added["stacks"][0]["of_the_future"] = json!(1);
    for edited in [swapped, added] {
        let error = Manifest::read(edited.to_string().as_bytes()).unwrap_err();
        assert!(matches!(error, ManifestError::Edited { .. }), "{error:?}");
    }
}

/// Computes the digest as documented, independently of the implementation.
fn digest(mut manifest: Value) -> String {
    manifest.as_object_mut().unwrap().remove("digest");
    format!("sha256:{}", hex::encode(Sha256::digest(manifest.to_string())))
}

#[test]
fn no_name_in_a_manifest_breaks_a_line() {
    let (manifest, _) = manifest();
    for pointer in ["/environment/name", "/stacks/0/id", "/stacks/0/name", "/stacks/0/file"] {
        let mut hostile: Value = serde_json::from_str(&manifest.to_json()).unwrap();
        *hostile.pointer_mut(pointer).unwrap() = "a\n::stop-commands::b".into();
        hostile["digest"] = digest(hostile.clone()).into();
        let error = Manifest::read(hostile.to_string().as_bytes()).unwrap_err();
        assert!(matches!(error, ManifestError::ControlCharacter { .. }), "{pointer}: {error:?}");
        assert!(!error.to_string().contains('\n'));
    }
}

fn collect(value: &Value, pointer: &str, leaves: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(key, value)| collect(value, &format!("{pointer}/{key}"), leaves));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| collect(item, &format!("{pointer}/{i}"), leaves));
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => leaves.push(pointer.to_owned()),
    }
}

/// Returns a manifest that was changed with a correct digest.
fn with(change: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(&manifest().0.to_json()).unwrap();
    change(&mut value);
    value.as_object_mut().unwrap().remove("digest");
    let digest: String = Sha256::digest(value.to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
    value["digest"] = format!("sha256:{digest}").into();
    value.to_string()
}

#[test]
fn invalid_manifests_are_errors() {
    let unknown = with(|value| value["of_the_future"] = json!([{ "b": 1, "a": 2 }]));
    assert!(Manifest::read(unknown.as_bytes()).is_ok(), "what an old reader may ignore");
    let mut told = String::new();
    for text in [
        String::new(),
        "AWSTemplateFormatVersion: '2010-09-09'".into(),
        "[]".into(),
        "{}".into(),
        "{\"format\": \"1\"}".into(),
        "{\"format\": 99}".into(),
        with(|value| {
            value["requires"] = json!(["telepathy", "time-travel"]);
            value["stacks"] = json!({});
        }),
        with(|value| drop(value["stacks"][0].as_object_mut().unwrap().remove("sha256"))),
        with(|value| value["stacks"][1]["file"] = "events.yaml".into()),
        with(|value| value["stacks"][1]["file"] = "../prod/events.yaml".into()),
        with(|value| value["stacks"][1]["file"] = "C:\\events.yaml".into()),
        with(|value| value["stacks"][1]["file"] = "".into()),
    ] {
        let error = Manifest::read(text.as_bytes()).unwrap_err();
        told += &format!("{error}");
        if let Some(cause) = error.source() {
            told += &format!("\n  because: {cause}");
        }
        told += &format!("\n  help: {}\n", error.hint());
    }
    assert_snapshot!(told, @r#"
    the manifest is malformed
      because: EOF while parsing a value at line 1 column 0
      help: render the templates again with `tablewright render --out DIR`, and have them reviewed
    the manifest is malformed
      because: expected value at line 1 column 1
      help: render the templates again with `tablewright render --out DIR`, and have them reviewed
    the manifest is malformed
      because: invalid length 0, expected struct Manifest with 5 elements
      help: render the templates again with `tablewright render --out DIR`, and have them reviewed
    the manifest is malformed
      because: missing field `tablewright`
      help: render the templates again with `tablewright render --out DIR`, and have them reviewed
    the manifest is malformed
      because: invalid type: string "1", expected u32
      help: render the templates again with `tablewright render --out DIR`, and have them reviewed
    the manifest has format 99; this version reads format 1
      help: use the version of tablewright that rendered the templates, or a newer one
    the manifest requires capabilities that this version does not support: telepathy, time-travel
      help: use the version of tablewright that rendered the templates, or a newer one
    the manifest is malformed
      because: missing field `sha256`
      help: render the templates again with `tablewright render --out DIR`, and have them reviewed
    the manifest lists `events.yaml`, which is listed twice
      help: render the templates again with `tablewright render --out DIR`, and have them reviewed
    the manifest lists `../prod/events.yaml`, which is not in the same directory
      help: render the templates again with `tablewright render --out DIR`, and have them reviewed
    the manifest lists `C:\events.yaml`, which is not in the same directory
      help: render the templates again with `tablewright render --out DIR`, and have them reviewed
    the manifest lists ``, which is not in the same directory
      help: render the templates again with `tablewright render --out DIR`, and have them reviewed
    "#);
}
