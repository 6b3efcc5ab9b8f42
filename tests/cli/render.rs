//! `tablewright render`: to stdout, into a folder, and the check of what is committed.

use std::fs;

use insta::assert_snapshot;

use crate::support::{Project, repository};

#[test]
fn templates_on_stdout() {
    let project = Project::sample("render");
    let notes = project.run(&["render", "notes"]).ends_with(0);
    let shop = project.run(&["render", "shop"]).ends_with(0);
    // What is committed in the repository is what a user gets.
    let committed = |file: &str| fs::read_to_string(repository().join("stacks/rendered").join(file)).unwrap();
    assert_eq!(notes.stdout, committed("dev/notes.yaml"));
    assert_eq!(shop.stdout, committed("dev/shop.yaml"));
    assert_eq!(
        project.run(&["render", "notes", "--env", "prod"]).ends_with(0).stdout,
        committed("prod/notes.yaml")
    );

    // Several are documents of one stream, in the order of the definitions, whatever the order on the command line.
    let both = project.run(&["render", "notes", "shop"]).ends_with(0);
    assert_eq!(both.stdout, format!("{}---\n{}", shop.stdout, notes.stdout));
    assert_eq!(project.run(&["render"]).ends_with(0), both);

    let json = project.run(&["render", "notes", "--format", "json"]).ends_with(0);
    let tree = serde_json::from_str::<serde_json::Value>(&json.stdout).unwrap();
    assert_eq!(tree["Resources"]["Note"]["Properties"]["TableName"], "demo-dev-notes");
    assert_eq!(
        tree["Resources"]["NoteReadScaling"]["Properties"]["ResourceId"],
        serde_json::json!({ "Fn::Sub": "table/${Note}" })
    );
    let yaml = tablewright_template::parse(&notes.stdout).unwrap();
    assert_eq!(yaml.to_value(), tree);
}

#[test]
fn other_template_formats() {
    let project = Project::sample("render-forms");
    let form = |form: &str| project.run(&["render", "notes", "--format", form]).ends_with(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&form("json")).unwrap();
    let compact = form("json-compact");
    assert_eq!(compact.lines().count(), 1);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&compact).unwrap(), json);
    // What others include has no function in its short form.
    let include = form("include");
    assert_eq!(tablewright_template::parse(&include).unwrap().to_value(), json["Resources"]);
    assert!(!include.contains('!'), "{include}");
    assert_snapshot!(form("nested"), @"
    # Stack `notes` of environment `dev`, to be nested in another one, made by tablewright 0.1.0 from stacks/notes.rs.
    # Do not edit: change the definition, then run `tablewright render notes --env dev --format nested`.
    # Paste it below `Resources` of the parent template.
    # Outputs for the parent template: !GetAtt Notes.Outputs.NotesTable, !GetAtt Notes.Outputs.NotesTableArn.
    # sha256 of what follows: a1386470f2b23074fe6e3eeede3552e6110cd28c7ee48e3ff7037eb32d1debad
      Notes:
        Type: AWS::CloudFormation::Stack
        DeletionPolicy: RetainExceptOnCreate
        UpdateReplacePolicy: Retain
        Properties:
          TemplateURL: './notes.yaml'
    ");
    assert_snapshot!(project.run(&["render", "notes", "--format", "toml"]), @"
    exit code 2
    --- stderr
    error: invalid value 'toml' for '--format <FORMAT>'
      [possible values: yaml, json, json-compact, include, nested]

    For more information, try '--help'.
    ");
}

#[test]
fn additions_of_a_template_are_reported() {
    let project = Project::sample("render-adds");
    let owner = "{% extends \"builtin/table.yaml\" %}\n{# adds: /Resources/*/Metadata/Owner #}\n\
                 {% block metadata %}\n    Metadata:\n      Owner: me\n{%- endblock metadata %}\n";
    project.write("stacks/templates/table.yaml", owner);
    let output = project
        .run(&["render", "notes"])
        .ends_with(0)
        .says("note: stack notes: table.yaml adds /Resources/Note/Metadata/Owner\n");
    assert!(output.stdout.contains("      Owner: me\n"), "{output}");
    assert_eq!(project.run(&["render", "notes", "--quiet"]).stderr, "");
    let _ = project
        .run(&["diff", "notes", "--sandbox"])
        .ends_with(0)
        .says("note: stack notes: table.yaml adds /Resources/Note/Metadata/Owner\n");
    // Undeclared it is an error that says how to declare it.
    project.write("stacks/templates/table.yaml", &owner.replace("adds:", "says:"));
    assert_snapshot!(project.run(&["render", "notes"]), @"
    exit code 2
    --- stderr
    error: the rendered template of stack `notes` differs from its definition
    table.yaml adds /Resources/Note/Metadata
    13 |     Metadata:
       |     ^
      help: if it is intended, declare it in table.yaml: `{# adds: /Resources/*/Metadata #}`
    ");
}

#[test]
fn the_same_bytes_in_every_folder() {
    let render = |project: &Project| {
        let _ = project.run(&["render", "--out", "out"]).ends_with(0);
        ["dev/notes.yaml", "dev/shop.yaml", "prod/notes.yaml", "prod/shop.yaml"]
            .map(|file| project.read(&format!("out/{file}")))
    };
    let (one, other) = (Project::sample("render-here"), Project::sample("render-there"));
    let bytes = render(&one);
    assert_eq!(bytes, render(&other));
    fs::remove_dir_all(one.root.join("out")).unwrap();
    assert_eq!(bytes, render(&one));
}

#[test]
fn into_a_folder_and_checked() {
    let project = Project::sample("render-out");
    assert_snapshot!(project.run(&["render", "--out", "out", "--check"]), @"
    exit code 8
    --- stderr
    out/dev/notes.yaml is missing.
    out/dev/shop.yaml is missing.
    out/dev/manifest.json is missing.
    out/prod/notes.yaml is missing.
    out/prod/shop.yaml is missing.
    out/prod/manifest.json is missing.
    error: 6 of 6 files are stale
      help: run the same command without `--check`, look at the difference, and commit it
    ");
    assert!(!project.root.join("out").exists());
    assert_snapshot!(project.run(&["render", "--out", "out"]), @"
    exit code 0
    --- stderr
    Wrote out/dev/notes.yaml
    Wrote out/dev/shop.yaml
    Wrote out/dev/manifest.json
    Wrote out/prod/notes.yaml
    Wrote out/prod/shop.yaml
    Wrote out/prod/manifest.json
    ");
    assert_snapshot!(project.run(&["render", "--out", "out"]), @"
    exit code 0
    ");
    assert_snapshot!(project.run(&["render", "--out", "out", "--check"]), @"
    exit code 0
    ");

    // Stale, edited, missing, of a stack that is gone, and somebody else's.
    project.write(
        "out/dev/notes.yaml",
        &project.read("out/dev/notes.yaml").replace("MaxCapacity: 10", "MaxCapacity: 11"),
    );
    fs::remove_file(project.root.join("out/prod/shop.yaml")).unwrap();
    fs::copy(project.root.join("out/dev/shop.yaml"), project.root.join("out/dev/old.yaml")).unwrap();
    project.write("out/dev/mine.yaml", "Resources: {}\n");
    assert_snapshot!(project.run(&["render", "--out", "out", "--check"]), @"
    exit code 8
    --- stderr
    out/dev/notes.yaml is stale:
    --- committed
    +++ rendered
    @@ -40,7 +40,7 @@
           ScalableDimension: dynamodb:table:ReadCapacityUnits
           ResourceId: !Sub 'table/${Note}'
           MinCapacity: 5
    -      MaxCapacity: 11
    +      MaxCapacity: 10

       NoteReadScalingPolicy:
         Type: AWS::ApplicationAutoScaling::ScalingPolicy
    @@ -62,7 +62,7 @@
           ScalableDimension: dynamodb:table:WriteCapacityUnits
           ResourceId: !Sub 'table/${Note}'
           MinCapacity: 5
    -      MaxCapacity: 11
    +      MaxCapacity: 10

       NoteWriteScalingPolicy:
         Type: AWS::ApplicationAutoScaling::ScalingPolicy

    out/dev/old.yaml is the template of a stack that no longer exists.
    out/prod/shop.yaml is missing.
    error: 3 of 7 files are stale
      help: run the same command without `--check`, look at the difference, and commit it
    ");
    // One environment, one stack: nothing is said of the others.
    assert_snapshot!(project.run(&["render", "shop", "--env", "dev", "--out", "out", "--check"]), @"
    exit code 0
    ");
    assert_snapshot!(project.run(&["render", "--out", "out"]), @"
    exit code 0
    --- stderr
    Wrote out/dev/notes.yaml
    Removed out/dev/old.yaml
    Wrote out/prod/shop.yaml
    ");
    assert_eq!(project.read("out/dev/mine.yaml"), "Resources: {}\n");
    let mut files: Vec<_> =
        fs::read_dir(project.root.join("out/dev")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["manifest.json", "mine.yaml", "notes.yaml", "shop.yaml"]);
    let _ = project.run(&["render", "--out", "out", "--check"]).ends_with(0);

    // An empty file of that name is stale as well.
    project.write("out/dev/notes.yaml", "");
    let _ = project.run(&["render", "--out", "out", "--check"]).ends_with(8);
}

#[test]
fn files_of_a_removed_environment() {
    let project = Project::sample("render-gone");
    let _ = project.run(&["render", "--out", "out"]).ends_with(0);
    project.replace("tablewright.toml", "[env.prod]", "[env.live]");
    // What another project has rendered into the same folder, and what nobody has.
    project
        .write("out/other/manifest.json", &project.read("out/prod/manifest.json").replace("demo", "other"));
    project.write("out/mine/notes.yaml", "Resources: {}\n");
    let stale = project.run(&["render", "--out", "out", "--check"]).ends_with(8);
    let _ = stale
        .says("out/prod/notes.yaml is the template of a stack that no longer exists.")
        .says("out/live/notes.yaml is missing.");
    let _ = project.run(&["render", "--out", "out"]).ends_with(0);
    let left = |folder: &str| fs::read_dir(project.root.join(folder)).unwrap().count();
    assert_eq!((left("out/prod"), left("out/other"), left("out/mine"), left("out/live")), (0, 1, 1, 3));
}

#[test]
fn a_folder_that_cannot_be_written() {
    let project = Project::sample("render-readonly");
    // Also for root, whom permissions do not bind: a file stands where the folder should.
    project.write("out", "a file");
    assert_snapshot!(project.run(&["render", "--out", "out"]), @"
    exit code 1
    --- stderr
    error: cannot read out/dev
      because: Not a directory (os error 20)
    ");
    assert_snapshot!(project.run(&["render", "--out", "out", "--check"]), @"
    exit code 1
    --- stderr
    error: cannot read out/dev
      because: Not a directory (os error 20)
    ");
    assert_snapshot!(project.run(&["render", "notes", "--env", "dev", "--out", "out"]), @"
    exit code 1
    --- stderr
    error: cannot write out/dev/notes.yaml
      because: Not a directory (os error 20)
      help: check that the directory exists and is writable
    ");
    assert_eq!(project.read("out"), "a file");

    // A folder stands where a template should.
    fs::create_dir_all(project.root.join("other/dev/notes.yaml")).unwrap();
    assert_snapshot!(project.run(&["render", "--env", "dev", "--out", "other"]), @"
    exit code 1
    --- stderr
    error: cannot write other/dev/notes.yaml
      because: Is a directory (os error 21)
      help: check that the directory exists and is writable
    ");
    // Without a manifest, what was written is not taken for the whole.
    let left: Vec<_> = fs::read_dir(project.root.join("other/dev"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["notes.yaml"]);
}

#[test]
fn a_stdout_that_is_full() {
    let project = Project::sample("render-full");
    let mut command = project.command(&["render"]);
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = project.finish(command.stdout(full));
    assert_snapshot!(output, @"
    exit code 1
    --- stderr
    error: cannot write to stdout
      because: No space left on device (os error 28)
    ");
}

#[test]
fn templates_of_ones_own() {
    let project = Project::sample("render-templates");
    let table = fs::read_to_string(repository().join("templates/resource.yaml")).unwrap();
    project.write(
        "stacks/templates/table.yaml",
        &table.replace("Type: {{ Type }}\n", "Type: {{ Type }}\n    # ours\n"),
    );
    let output = project.run(&["render", "notes"]).ends_with(0);
    assert!(output.stdout.contains("# ours"), "{output}");
    project.write("stacks/templates/table.yaml", "{% if %}\n");
    assert_snapshot!(project.run(&["render", "notes"]), @"
    exit code 2
    --- stderr
    error: invalid template
      because: error: Found `%}` but expected one of: integer, float, string, bool, ident, `-`, `not`, `<`, `{`, `[` or `(`
         --> table.yaml:1:7
          |
        1 | {% if %}
          |       ^^
    ");
    project.write("stacks/templates/table.yaml", "{{ tabel.name }}\n");
    assert_snapshot!(project.run(&["render", "notes"]), @"
    exit code 2
    --- stderr
    error: cannot lay out `Note`
      because: error: Variable `tabel` is not defined. Available variables: DeletionPolicy, LogicalId, Properties, Type, UpdateReplacePolicy, attribute_comments, comment
         --> table.yaml:1:4
          |
        1 | {{ tabel.name }}
          |    ^^^^^
    ");
    project.write("stacks/templates/table.yaml", "a: [\n");
    assert_snapshot!(project.run(&["render", "notes"]), @"
    exit code 2
    --- stderr
    error: the output of table.yaml for stack `notes` is not valid YAML
    11 |     Type: AWS::ApplicationAutoScaling::ScalableTarget
       |         ^
      because: line 11, column 9: YAML not well-formed: while parsing a flow mapping, did not find expected ',' or '}'
    ");
    fs::remove_file(project.root.join("stacks/templates/table.yaml")).unwrap();
    project.write("stacks/templates/tabel.yaml", &table);
    assert_snapshot!(project.run(&["render", "notes"]), @"
    exit code 2
    --- stderr
    error: no built-in template `tabel.yaml`; the built-in templates are: global-table.yaml, resource.yaml, scalable-target.yaml, scaling-policy.yaml, ssm-parameter.yaml, stack.yaml, table.yaml
    ");
}
