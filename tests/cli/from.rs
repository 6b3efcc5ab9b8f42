//! `tablewright deploy --from DIR`: the templates that were reviewed, without the definitions.

use insta::assert_snapshot;

use tablewright::render::{Manifest, ManifestStack, RenderedText, Size};
use tablewright::{Env, Stack};

use crate::support::{Cloud, Project};

/// A folder with rendered templates and nothing else: no stacks crate, no tablewright.toml.
fn rendered(name: &str) -> Project {
    let source = Project::sample(&format!("from-{name}-source"));
    let _ = source.run(&["render", "--out", "out"]).ends_with(0);
    let project = Project::empty(&format!("from-{name}"));
    for env in ["dev", "prod"] {
        for file in ["manifest.json", "notes.yaml", "shop.yaml"] {
            project.write(&format!("out/{env}/{file}"), &source.read(&format!("out/{env}/{file}")));
        }
    }
    // The repository that this runs in has a stacks crate above; here is one that cannot be built.
    project.write("stacks/Cargo.toml", "broken");
    project.write("stacks/tablewright.toml", "[project]\nname = \"other\"\n[env.dev]\n");
    project
}

#[test]
fn what_was_reviewed_is_deployed() {
    let project = rendered("deploy");
    let cloud = Cloud::quick(&project);
    let deploy = |args: &[&str]| project.run(&[&["deploy", "--from", "out", "--sandbox"], args].concat());
    assert_snapshot!(deploy(&["notes", "--env", "dev"]), @"
    exit code 0
    --- stdout
    notes.NotesTable = demo-dev-notes
    notes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 7 new
      + output NotesTable  [new]
      + output NotesTableArn  [new]
      + Note  DynamoDB::Table  [new]
      + NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
      + NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
    notes: deploying
    --:--:--  notes  stack  CREATE_IN_PROGRESS  User Initiated
    --:--:--  notes  Note  CREATE_IN_PROGRESS
    --:--:--  notes  Note  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  Note  CREATE_COMPLETE
    --:--:--  notes  NoteReadScaling  CREATE_IN_PROGRESS
    --:--:--  notes  NoteWriteScaling  CREATE_IN_PROGRESS
    --:--:--  notes  NoteReadScaling  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  NoteWriteScaling  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  NoteReadScaling  CREATE_COMPLETE
    --:--:--  notes  NoteWriteScaling  CREATE_COMPLETE
    --:--:--  notes  NoteReadScalingPolicy  CREATE_IN_PROGRESS
    --:--:--  notes  NoteWriteScalingPolicy  CREATE_IN_PROGRESS
    --:--:--  notes  NoteReadScalingPolicy  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  NoteWriteScalingPolicy  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  NoteReadScalingPolicy  CREATE_COMPLETE
    --:--:--  notes  NoteWriteScalingPolicy  CREATE_COMPLETE
    --:--:--  notes  stack  CREATE_COMPLETE
              notes  demo-dev-notes  ACTIVE
    ✓ notes: done, and the tables it changed can be used.
    ");
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("CREATE_COMPLETE"));
    // Protection and tags come with the manifest.
    let _ = project.run(&["deploy", "--from", "out/prod", "notes", "--sandbox"]).ends_with(0);
    assert!(cloud.call("DescribeStacks", "demo-notes-prod").contains("<EnableTerminationProtection>true<"));
    // The text that was reviewed, to the byte.
    assert!(cloud.call("GetTemplate", "demo-notes-dev").contains("# Do not edit: change the definition"));
    assert_snapshot!(deploy(&["nots", "--env", "dev"]), @"
    exit code 2
    --- stderr
    error: out/dev/manifest.json has no stack `nots`
      help: did you mean `notes`?
      help: the stacks are: shop, notes
    ");
    assert_snapshot!(deploy(&[]), @"
    exit code 2
    --- stderr
    error: no environment selected
      help: pass `--env NAME` with one of: dev, prod
    ");
    assert_snapshot!(deploy(&["--env", "test"]), @"
    exit code 2
    --- stderr
    error: out has no environment `test`
      help: it has: dev, prod
    ");
}

#[test]
fn what_was_rendered_is_planned_without_the_definitions() {
    let project = rendered("plan");
    let _cloud = Cloud::quick(&project);
    let diff = |args: &[&str]| {
        project.run(&[&["diff", "--of", "out", "--against", "deployed", "--sandbox"], args].concat())
    };
    let _ =
        diff(&["--env", "dev", "notes", "--report", "json=plan.json"]).ends_with(0).prints("notes: 7 new");
    let deploy = ["deploy", "notes", "--from", "out", "--env", "dev", "--sandbox", "--plan", "plan.json"];
    let _ = project.run(&deploy).ends_with(0);
    let _ = diff(&["--env", "dev", "notes", "--exit-code"]).ends_with(0).prints("notes: nothing to change");
    let _ = diff(&["--all-envs", "--exit-code"]).ends_with(8).prints("notes: 7 new");
    let _ = diff(&[]).ends_with(2).says("no environment selected");
}

#[test]
fn the_folder_of_one_environment_is_not_deployed_as_another() {
    let project = Project::sample("from-env");
    let cloud = Cloud::quick(&project);
    let _ = project.run(&["render", "--out", "out"]).ends_with(0);
    for env in [["--env", "prod"], ["--env", "nonsense"], ["--envs", "prod"]] {
        let deploy = [&["deploy", "--from", "out/dev", "notes", "--sandbox", "--yes"][..], &env].concat();
        let _ = project
            .run(&deploy)
            .ends_with(2)
            .says(&format!("out/dev has the templates of environment `dev`, not of `{}`", env[1]));
    }
    assert_eq!((cloud.status("demo-notes-dev"), cloud.status("demo-notes-prod")), (None, None));
}

#[test]
fn templates_that_were_edited_are_refused() {
    let project = rendered("changed");
    let cloud = Cloud::quick(&project);
    let deploy = || project.run(&["deploy", "--from", "out/dev", "--sandbox"]);
    let template = project.read("out/dev/notes.yaml");
    project.write("out/dev/notes.yaml", &template.replace("MaxCapacity: 10", "MaxCapacity: 11"));
    assert_snapshot!(deploy(), @"
    exit code 7
    --- stderr
    error: out/dev/notes.yaml does not match the manifest
      because: `notes.yaml` was changed after it was rendered: its SHA-256 is 7d905fa11034bc7331f4b4519b1013e30240df84da8ac335962642cbacc52919, but the manifest states 2c514f1bd1169231174d7223a3c5e9b70720a8083ae0fa7c28dd03dcbd031287
      help: render the templates again with `tablewright render --out DIR`, and have them reviewed
    ");
    project.write("out/dev/notes.yaml", &template.replace('\n', "\r\n"));
    let _ = deploy().ends_with(7).says("eol=lf");
    project.write("out/dev/notes.yaml", &template);

    let manifest = project.read("out/dev/manifest.json");
    project.write("out/dev/manifest.json", &manifest.replace("demo-notes-dev", "other-notes-dev"));
    assert_snapshot!(deploy(), @"
    exit code 2
    --- stderr
    error: out/dev/manifest.json
      because: the manifest was changed after it was written: its digest is sha256:645590ae3593ea8ad14aa8610dccba8f5cc186082b66aa601e590df602cf36b1, but it states sha256:e303b1e35c9f2b1bd3129d2a01888e06c75d5a27e2e2079902950c3bc60fe45d
      help: render the templates again with `tablewright render --out DIR`, and have them reviewed
    ");
    project.write("out/dev/manifest.json", "{");
    assert_snapshot!(deploy(), @"
    exit code 2
    --- stderr
    error: out/dev/manifest.json
      because: the manifest is malformed
      because: EOF while parsing an object at line 1 column 1
      help: render the templates again with `tablewright render --out DIR`, and have them reviewed
    ");
    project.write("out/dev/manifest.json", &manifest.replace("\"format\": 1", "\"format\": 2"));
    assert_snapshot!(deploy(), @"
    exit code 2
    --- stderr
    error: out/dev/manifest.json
      because: the manifest has format 2; this version reads format 1
      help: use the version of tablewright that rendered the templates, or a newer one
    ");
    std::fs::remove_file(project.root.join("out/dev/manifest.json")).unwrap();
    std::fs::remove_file(project.root.join("out/prod/manifest.json")).unwrap();
    assert_snapshot!(deploy(), @"
    exit code 2
    --- stderr
    error: out/dev has no manifest.json
      help: `tablewright render --out DIR` without STACK writes it
    ");
    assert_snapshot!(project.run(&["deploy", "--from", "nowhere", "--sandbox"]), @"
    exit code 2
    --- stderr
    error: cannot read nowhere
      because: No such file or directory (os error 2)
    ");
    assert_eq!(cloud.status("demo-notes-dev"), None);
}

#[test]
fn a_failure_names_the_line_of_the_template() {
    let project = rendered("line");
    let _ = Cloud::quick(&project);
    let _ = project.run(&["deploy", "--from", "out/dev", "notes", "--sandbox"]).ends_with(0);
    let manifest = project.read("out/dev/notes.yaml");
    let line = manifest.lines().position(|line| line == "  Note:").unwrap() + 1;
    let _ = project.run(&["destroy", "--stack-name", "demo-notes-dev", "--sandbox", "--yes"]).ends_with(0);
    // The table stays by its DeletionPolicy, and its name is taken.
    let output = project.run(&["deploy", "--from", "out/dev", "notes", "--sandbox"]);
    assert!(output.stderr.contains(&format!("out/dev/notes.yaml:{line}")), "{output}");
}

#[test]
fn quotas_hold_for_templates_that_were_rendered_elsewhere() {
    let project = Project::empty("from-quotas");
    let topics: String =
        (0..501).map(|number| format!("  Topic{number}: {{Type: AWS::SNS::Topic}}\n")).collect();
    let text = format!("Description: {}\nResources:\n{topics}", "x".repeat(1_025));
    let env = Env::new("demo", "dev");
    let rendered = RenderedText {
        text: text.clone(),
        size: Size { resources: 501, outputs: 0, bytes: 1 },
        additions: Vec::new(),
    };
    let entry = ManifestStack::of_text(&env, &Stack::new("topics").name("demo-topics-dev"), &rendered);
    project.write("out/dev/manifest.json", &Manifest::of_stacks(&env, vec![entry]).to_json());
    project.write("out/dev/topics.yaml", &text);
    project.write("old.yaml", "Resources:\n  Topic0: {Type: AWS::SNS::Topic}\n");
    let said = "out/dev/topics.yaml exceeds the quotas of CloudFormation: 501 resources (500 are allowed), 1,025 bytes in `Description` (1,024 are allowed)";
    for command in [
        &["deploy", "--from", "out/dev", "--sandbox", "--yes"][..],
        &["diff", "--of", "out/dev", "--against", "deployed", "--sandbox"],
        &["diff", "--of", "out/dev", "--against", "old.yaml"],
        &["diff", "--of", "out/dev/topics.yaml", "--against", "old.yaml"],
    ] {
        let _ = project.run(command).ends_with(2).says(said);
    }
    // What is deployed may be smaller than what a file of before says.
    let _ = project.run(&["diff", "--of", "old.yaml", "--against", "out/dev/topics.yaml"]).ends_with(0);
    let long = format!("Stage={}", "x".repeat(4_097));
    let _ = project
        .run(&["diff", "--of", "old.yaml", "--against", "old.yaml", "--parameter", &long])
        .ends_with(2)
        .says("the value of parameter `Stage` has 4097 bytes");
}
