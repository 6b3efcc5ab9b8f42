//! Templates that are refused: each mistake has an error with its line and a hint.

use crate::support::{embedded, grown, tables};
use tablewright::Place;
use tablewright_sam::{EmbedError, Options, Region, Regions, check, embed, remove};

const SAM: &str = "Transform: AWS::Serverless-2016-10-31\n";

/// Checks the message and hint of `embed`, and that `check` returns the same error.
fn refused(template: &str, message: &str, hint: &str) {
    let error = embed(template, &tables(), Options::default()).expect_err(template);
    assert_eq!((error.to_string().as_str(), error.hint().as_deref()), (message, Some(hint)), "{template}");
    assert_eq!(check(template, &tables()), Err(error));
}

const KEEPS_LAST: &str = "rename or delete one of them: SAM keeps only the last one without a warning";
const PUT_BACK: &str = "restore the marker, or delete the rest of the region and embed again";
const AS_BLOCK: &str = "write it in block style, one entry per line";

#[test]
fn files_that_are_not_templates_are_refused() {
    let no_template = "the file is not a SAM or CloudFormation template: it has none of `Resources`, `Transform` and `AWSTemplateFormatVersion`";
    for other in
        ["services:\n  web: {}\n", "- a\n", "text\n", "", "# nothing\n", "---\n", "resources:\n  A: b\n"]
    {
        refused(other, no_template, "pass the `template.yaml` of the SAM project");
    }
    let json = "the file is JSON, which has no comments to mark a region with";
    let advice = "convert the template to YAML, or deploy the tables in a separate or nested stack";
    for template in [
        "{\"Resources\": {}}",
        "\u{feff} {}",
        "{Resources: {}}",
        "--- {Resources: {}}\n",
        "&a {Transform: X}",
    ] {
        refused(template, json, advice);
    }
    refused(
        "Transform: X\n---\nTransform: X\n",
        "the file contains two templates, at line 1, column 1 and at line 3, column 1",
        "CloudFormation accepts one document per file: split the file",
    );
    let error = embed(b"Resources:\n  \xe9", &tables(), Options::default()).unwrap_err();
    assert_eq!(error, EmbedError::NotUtf8 { offset: 13 });
    let error = embed("Resources:\n  A: b\n C: d\n", &tables(), Options::default()).unwrap_err();
    assert_eq!(error.position().map(|position| position.line), Some(3), "{error}");
    assert!(matches!(error, EmbedError::Unreadable(_)), "{error}");
}

#[test]
fn duplicate_names_are_refused_with_both_lines() {
    let taken = |line: usize, name: &str| format!("`{name}` is already defined in line {line}");
    refused(&format!("{SAM}Resources:\n  Note:\n    Type: X\n"), &taken(3, "Note"), KEEPS_LAST);
    refused(&format!("{SAM}Resources: {{A: b, 'Note': {{}}}}\n"), &taken(2, "Note"), KEEPS_LAST);
    refused(&format!("{SAM}Parameters:\n  Note:\n    Type: String\n"), &taken(3, "Note"), KEEPS_LAST);
    refused(&format!("{SAM}Resources:\n  NoteTableName: {{}}\n"), &taken(3, "NoteTableName"), KEEPS_LAST);
    refused(
        &format!("{SAM}X: &x\n  Note: {{}}\nResources:\n  <<: *x\n  A: b\n"),
        &taken(5, "Note"),
        KEEPS_LAST,
    );
    let place: Place = "stacks/notes.rs:8".parse().unwrap();
    let resources = Region::new(["Resources"], "Note: {}").unwrap().at([("Note".to_owned(), place)]);
    let regions = Regions { owner: "notes".to_owned(), regions: vec![resources] };
    let error = embed("Resources:\n  Note: {}\n", &regions, Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "`Note` is already defined in line 2 and by stacks/notes.rs:8");

    let twice = |key: &str, section: &str, first: usize, second: usize| {
        format!("`{key}` appears twice in `{section}`, in line {first} and in line {second}")
    };
    refused(
        &format!("{SAM}Resources:\n  A: {{}}\n  B: {{}}\n  'A': {{}}\n"),
        &twice("A", "Resources", 3, 5),
        KEEPS_LAST,
    );
    refused(
        &format!("Resources:\n  A: {{}}\n{SAM}Resources:\n  B: {{}}\n"),
        &twice("Resources", "the template", 1, 4),
        KEEPS_LAST,
    );
    // The same name inside and outside of the region.
    let text = embedded(&format!("{SAM}Resources:\n  A: {{}}\n"), &tables());
    let text = text.replace("  A: {}\n", "  A: {}\n  Note: {}\n");
    let line = 1 + text.lines().position(|line| line == "  Note: {}").unwrap();
    refused(&text, &taken(line, "Note"), KEEPS_LAST);
}

#[test]
fn nodes_that_cannot_be_extended_are_refused() {
    let at =
        |section: &str, found: &str| format!("line 2, column 1: cannot add to `{section}`: it is {found}");
    refused(&format!("{SAM}Resources: *x\n"), &at("Resources", "an alias"), AS_BLOCK);
    refused(&format!("{SAM}Resources: text\n"), &at("Resources", "a scalar"), AS_BLOCK);
    refused(&format!("{SAM}Resources: 5\n"), &at("Resources", "a scalar"), AS_BLOCK);
    refused(&format!("{SAM}Resources: [a]\n"), &at("Resources", "a list"), AS_BLOCK);
    refused(
        &format!("{SAM}Resources: !If [a, b]\n"),
        &at("Resources", "computed by an intrinsic function"),
        AS_BLOCK,
    );
    refused(&format!("{SAM}Outputs:\n- a\n"), &at("Outputs", "a list"), AS_BLOCK);
    refused(
        &format!("{SAM}Resources: &x\nA: b\n"),
        &at("Resources", "empty, with an anchor or a comment"),
        AS_BLOCK,
    );
    refused(
        &format!("{SAM}Resources: # c\n  null\n"),
        &at("Resources", "empty, with an anchor or a comment"),
        AS_BLOCK,
    );
}

#[test]
fn a_block_scalar_that_a_line_break_would_change_is_refused_if_nothing_can_be_added_before_it() {
    refused(
        &format!("{SAM}Resources:\n  ? A\n  : |\n    x"),
        "line 5, column 5: nothing can be added after this block scalar: a line break would be added to its value",
        "end its header with `-`, as in `|-`, and the file with a line break: the value stays the same",
    );
    embedded(&format!("{SAM}Resources:\n  ? A\n  : |-\n    x\n"), &tables());
}

#[test]
fn nodes_that_an_alias_repeats_are_refused() {
    let hint = "replace the alias by a copy of the content";
    refused(
        &format!("{SAM}Resources: &all\n  A: {{}}\nMetadata:\n  Copy: *all\n"),
        "`Resources` cannot be extended: the alias `*all` in line 5 repeats its content",
        hint,
    );
    refused(
        &format!("{SAM}Outputs: &o {{}}\nMetadata: [{{<<: *o}}]\n"),
        "`Outputs` cannot be extended: the alias `*o` in line 3 repeats its content",
        hint,
    );
    // An anchor without an alias, or on another node, is allowed.
    embedded(&format!("{SAM}Resources: &all\n  A: &a {{}}\n  B: *a\n"), &tables());
}

#[test]
fn damaged_markers_are_refused() {
    let begin = "  # >>> tablewright v1 notes Resources sha256:0123456789abcdef\n";
    let end = "  # <<< tablewright notes Resources\n";
    let with = |lines: &str| format!("{SAM}Resources:\n  A: {{}}\n{lines}");
    refused(&with(begin), "line 4: the region `notes Resources` has no end marker", PUT_BACK);
    refused(
        &with(end),
        "line 4: the region `notes Resources` has an end marker but no begin marker before it",
        PUT_BACK,
    );
    refused(
        &with(&format!("{end}  B: {{}}\n{begin}")),
        "line 4: the region `notes Resources` has an end marker but no begin marker before it",
        PUT_BACK,
    );
    refused(
        &with(&format!("{begin}{begin}{end}{end}")),
        "line 5: the region `notes Resources`, which begins in line 4, contains a marker of `notes Resources`",
        PUT_BACK,
    );
    refused(
        &with(&format!("{begin}  # <<< tablewright shop Resources\n")),
        "line 5: the region `notes Resources`, which begins in line 4, contains a marker of `shop Resources`",
        PUT_BACK,
    );
    refused(
        &with(&format!("{begin}  B: {{}}\n{end}{begin}  C: {{}}\n{end}")),
        "the region `notes Resources` appears twice, in line 4 and in line 7",
        "delete one of them with both of its markers",
    );
    refused(
        &with("  # >>> tablewright v2 notes {\"new\": \"form\"}\n"),
        "line 4: the region was written in marker format `v2`; this version of tablewright supports `v1`",
        "use the version of tablewright that wrote the region",
    );
    refused(
        &with("  # >>> tablewright v1 notes\n"),
        "line 4: malformed region marker",
        "undo the edit of that line, or delete the region with both of its markers and embed again",
    );
    refused(
        &with(&format!("  B: {{}} {}", begin.trim_start())),
        "line 4: a region marker must be on a line of its own",
        PUT_BACK,
    );
    // Damaged markers of other owners are refused, too.
    let of_others = with("  # >>> tablewright v1 shop Resources sha256:0123456789abcdef\n");
    assert!(matches!(
        remove(&of_others, "notes", Options::default()),
        Err(EmbedError::NoEnd { line: 4, .. })
    ));
}

#[test]
fn a_hand_edit_is_refused_without_force() {
    let template = format!("{SAM}Resources:\n  A: {{}}\n");
    let text = embedded(&template, &tables());
    let edited = text.replace("    DeletionPolicy: Retain\n", "    DeletionPolicy: Delete\n");
    assert_ne!(edited, text);
    let line = 1 + text.lines().position(|line| line.contains(">>> tablewright v1 notes Resources")).unwrap();
    let message = format!("line {line}: the region `notes Resources` was edited by hand");
    let hint = "make the change in the definition, or discard it with `--force`";
    refused(&edited, &message, hint);
    let error = remove(&edited, "notes", Options::default()).unwrap_err();
    assert_eq!(error.to_string(), message);

    let force = Options { force: true };
    assert_eq!(embed(&edited, &tables(), force).unwrap().text, text);
    assert_eq!(embed(&edited, &grown(), force).unwrap().text, embedded(&text, &grown()));
    assert_eq!(remove(&edited, "notes", force).unwrap().text, template);

    // A region whose content was deleted, and a checksum that was changed.
    let body =
        text.find("  # From stacks").unwrap()..text.find("  # <<< tablewright notes Resources").unwrap();
    let mut emptied = text.clone();
    emptied.replace_range(body, "");
    refused(&emptied, &message, hint);
    assert_eq!(embed(&emptied, &tables(), force).unwrap().text, text);
    let other_sum = text.replacen("Resources sha256:", "Resources sha256:0", 1);
    refused(&other_sum, &message, hint);
}

#[test]
fn line_breaks_and_indentation_do_not_count_as_edits() {
    let template = format!("{SAM}Resources:\n  A: {{}}\n");
    let text = embedded(&template, &tables());
    let crlf = text.replace('\n', "\r\n");
    assert_eq!(embedded(&crlf, &tables()), crlf, "a checkout with other line breaks");
    let deeper = text.replace("\n  ", "\n    ");
    assert_eq!(check(&deeper, &tables()).map(|_| ()), Ok(()), "an editor that indents a block");
    let with_newline = embedded(template.trim_end(), &tables()) + "\n";
    assert_eq!(remove(&with_newline, "notes", Options::default()).unwrap().text, template);
}

#[test]
fn moved_markers_are_refused_even_with_force() {
    let force = Options { force: true };
    let template = format!("{SAM}Resources:\n  A: {{}}\nOutputs:\n  B: {{Value: c}}\n");
    let text = embedded(&template, &tables());
    let end = "  # <<< tablewright notes Resources\n";
    // The end marker was moved below another section.
    let moved = text.replace(end, "") + end;
    let error = embed(&moved, &tables(), force).unwrap_err();
    assert!(matches!(error, EmbedError::Crossed { .. }), "{error}");
    let alone = {
        let mut regions = tables();
        regions.regions.retain(|region| region.path == ["Resources"]);
        let text = embedded(&template, &regions);
        let moved = text.replace(end, "") + end;
        let error = embed(&moved, &regions, force).unwrap_err();
        assert_eq!(remove(&moved, "notes", force).unwrap_err(), error);
        error
    };
    assert_eq!(alone.to_string(), "line 4: the markers of the region `notes Resources` were moved");
    // The whole region was moved to another section.
    let start = text.find("  # >>> tablewright v1 notes Resources").unwrap();
    let region = text[start..text.find(end).unwrap() + end.len()].to_owned();
    let moved =
        text.replace(&region, "").replace("  B: {Value: c}\n", &format!("  B: {{Value: c}}\n{region}"));
    let error = embed(&moved, &tables(), Options::default()).unwrap_err();
    assert!(matches!(error, EmbedError::Misplaced { .. }), "{error}");
}

#[test]
fn removing_never_adds_empty_lines_to_a_block_scalar() {
    let text = embedded("Resources:\n  A: {}\n\n\nOutputs:\n  B: {Value: c}\n", &tables());
    let with_scalar = text.replace("  A: {}\n", "  A: {}\n  C: |+\n    keeps\n");
    let error = remove(&with_scalar, "notes", Options::default()).unwrap_err();
    assert_eq!(error, EmbedError::ChangesRest);
    assert!(error.hint().unwrap().contains("`|+`"));
    assert_eq!(embedded(&with_scalar, &tables()), with_scalar);
}

#[test]
fn a_region_can_be_moved_within_its_section() {
    let template = format!("{SAM}Resources:\n  A: {{}}\n  B: {{}}\nOutputs: {{}}\n");
    let text = embedded(&template, &tables());
    let end = "  # <<< tablewright notes Resources\n";
    let start = text.find("  # >>> tablewright v1 notes Resources").unwrap();
    let region = text[start..text.find(end).unwrap() + end.len()].to_owned();
    let moved = text.replace(&region, "").replace("  B: {}\n", &format!("{region}  B: {{}}\n"));
    assert_ne!(moved, text);
    assert_eq!(embedded(&moved, &tables()), moved);
    let updated = embedded(&moved, &grown());
    assert!(updated.find("NoteArchive").unwrap() < updated.find("  B: {}").unwrap());
    assert_eq!(remove(&updated, "notes", Options::default()).unwrap().text, template);
}

#[test]
fn comments_stay_with_the_node_that_they_belong_to() {
    let check = |before: &str, after: &str| {
        let mut resources = tables();
        resources.regions.retain(|region| region.path == ["Resources"]);
        let text = embedded(&format!("{before}{after}"), &resources);
        let marker = text.find("  # >>> tablewright").unwrap();
        assert_eq!(&text[..marker], before);
    };
    check("Resources:\n  A: {}\n  # of A\n    # of A too\n  # of Resources\n", "# of Outputs\nOutputs: {}\n");
    check("Resources:\n  A: {}\n", "\n  # by itself\n\nOutputs: {}\n");
    check("Resources:\n  # nothing yet\n", "# of Outputs\nOutputs: {}\n");
    check("Resources:\n  A: {}\n  # the end\n", "# of nothing\n");
}

#[test]
fn created_sections_are_kept_if_other_entries_were_added() {
    let text = embedded(&format!("{SAM}Resources: {{}}\n"), &tables());
    let used = text
        .replace("Parameters:\n", "Parameters:\n  Mine: {Type: String}\n")
        .replace("\nResources:\n", "\nResources:\n  Mine: {Type: X}\n");
    let left = remove(&used, "notes", Options::default()).unwrap().text;
    assert_eq!(
        left,
        format!("{SAM}Parameters:\n  Mine: {{Type: String}}\nResources:\n  Mine: {{Type: X}}\n")
    );
}
