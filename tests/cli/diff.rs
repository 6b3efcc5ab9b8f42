//! `tablewright diff`.

use insta::assert_snapshot;

use crate::support::{Cloud, Project};

#[test]
fn before_and_after_a_deploy() {
    let project = Project::sample("diff");
    let cloud = Cloud::quick(&project);
    assert_snapshot!(project.run(&["diff", "--sandbox"]), @"
    exit code 0
    --- stdout
    shop: 4 new
      + output CategoryTable  [new]
      + output ProductTable  [new]
      + Category  DynamoDB::Table  [new]
      + Product  DynamoDB::Table  [new]
    notes: 7 new
      + output NotesTable  [new]
      + output NotesTableArn  [new]
      + Note  DynamoDB::Table  [new]
      + NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
      + NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
    ");
    let _ = project.run(&["diff", "--sandbox", "--detailed-exitcode"]).ends_with(8);
    // A look makes nothing.
    assert_eq!(cloud.status("demo-notes-dev"), None);

    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
    assert_snapshot!(project.run(&["diff", "notes", "--sandbox", "--detailed-exitcode"]), @"
    exit code 0
    --- stdout
    notes: nothing to change
    ");
    let _ = project.run(&["diff", "--sandbox", "--detailed-exitcode"]).ends_with(8);

    project.replace(
        "notes.rs",
        "Billing::provisioned(Capacity::auto(5..=most), Capacity::auto(5..=most))",
        "Billing::on_demand()",
    );
    project.replace("notes.rs", "Billing, Capacity, Days", "Billing, Days");
    project.replace(
        "notes.rs",
        "    let most = if env.protected() { 500 } else { 10 };\n",
        "    let _ = env;\n",
    );
    assert_snapshot!(project.run(&["diff", "notes", "--sandbox", "--detailed-exitcode"]), @r#"
    exit code 8
    --- stdout
    notes: 4 removed, 2 staged, in 2 steps
      - NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [removed]
      - NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [removed]
      - NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [removed]
      - NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [removed]
      ~ Note.BillingMode  PROVISIONED → PAY_PER_REQUEST  [staged]
          a table can be switched to on-demand four times in 24 hours; it needs a separate step
          --> stacks/notes.rs:9
      - Note.ProvisionedThroughput  {"ReadCapacityUnits":5,"WriteCapacityUnits":5} → (none)  [staged]
          provisioned capacity is set or removed with the billing mode; it needs a separate step
          --> stacks/notes.rs:9
    "#);
}

#[test]
fn tags_alone() {
    let project = Project::sample("diff-tags");
    let _ = Cloud::quick(&project);
    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
    project.replace(
        "notes.rs",
        "stack = Stack::new(\"notes\")",
        "stack = Stack::new(\"notes\").tag(\"team\", \"blue\")",
    );
    let output = project.run(&["diff", "notes", "--sandbox", "--detailed-exitcode"]).ends_with(8);
    assert_eq!(output.stdout, "notes: 1 in place\n  + Stack.Tags.team  blue  [in place]\n");
}

/// A project whose rendered templates are committed.
fn committed(name: &str) -> Project {
    let project = Project::sample(&format!("diff-{name}"));
    let _ = project.run(&["render", "--out", "stacks/rendered"]).ends_with(0);
    git(&project, &["init", "--quiet", "--initial-branch", "main"]);
    git(&project, &["add", "stacks"]);
    git(&project, &["commit", "--quiet", "--message", "as it was"]);
    project
}

fn git(project: &Project, args: &[&str]) {
    let mut git = std::process::Command::new("git");
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
    let output =
        git.current_dir(&project.root).env("HOME", &project.root).args(who).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

const OTHER_KEY: (&str, &str) = (
    "    #[ddb(sort)]\n    pub note_id: String,",
    "    pub note_id: String,\n    #[ddb(sort)]\n    pub written_at: u64,",
);

#[test]
fn against_a_revision() {
    let project = committed("revision");
    assert_snapshot!(project.run(&["diff", "--against", "main", "--all-envs", "--exit-code"]), @"
    exit code 0
    --- stdout
    notes against stacks/rendered/dev/notes.yaml at main: nothing to change
    shop against stacks/rendered/dev/shop.yaml at main: nothing to change
    notes against stacks/rendered/prod/notes.yaml at main: nothing to change
    shop against stacks/rendered/prod/shop.yaml at main: nothing to change
    ");
    project.replace("notes.rs", OTHER_KEY.0, OTHER_KEY.1);
    assert_snapshot!(project.run(&["diff", "notes", "--against", "main", "--exit-code"]), @"
    exit code 8
    --- stdout
    notes against stacks/rendered/dev/notes.yaml at main: 1 refused
      ~ Note.KeySchema  userId HASH, noteId RANGE → userId HASH, writtenAt RANGE  [refused]
          the key of a table is fixed when it is created, and CloudFormation does not replace a table that has an explicit name
          AWS would answer: CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename demo-dev-notes and update the stack again.
          --> stacks/notes.rs:9
          to change the key and keep the items:
            1. Define the new table beside the old one, with a struct of its own such as `Note2` and `stack.table(Table::of::<Note2>())`, and deploy.
            2. Write to both tables, and backfill the items. Or export the old table to S3 first, and let `.import_data(…)` fill the new one when it is created.
            3. Let readers and writers use the new table, and compare.
            4. Remove `Note` and deploy with `--allow-replacement ENV/STACK/Note`: its `DeletionPolicy` retains the table with its items.
    ");
    let _ =
        project.run(&["diff", "shop", "--against", "main", "--exit-code", "--fail-on", "none"]).ends_with(0);

    // A gate stops at its verdict and at every worse one.
    let _ = project.run(&["diff", "--against", "main", "--fail-on", "replacement-kept"]).ends_with(0);
    let gated = project.run(&["diff", "--against", "main", "--fail-on", "data-loss,staged"]).ends_with(6);
    assert_eq!(gated.stderr, "error: the worst verdict is refused, and `--fail-on` stops at staged\n");
}

#[test]
fn a_revision_without_templates_is_nothing_to_compare_with() {
    let project = Project::sample("diff-empty-base");
    let _ = project.run(&["render", "--out", "stacks/rendered"]).ends_with(0);
    git(&project, &["init", "--quiet", "--initial-branch", "main"]);
    git(&project, &["add", "stacks/Cargo.toml", "stacks/tablewright.toml"]);
    git(&project, &["commit", "--quiet", "--message", "before the templates"]);
    assert_snapshot!(project.run(&["diff", "--against", "main", "--fail-on", "refused"]), @"
    exit code 2
    --- stderr
    error: there is no file or folder stacks/rendered at main, so there is nothing to compare with
      help: `--allow-empty-base` takes every stack for new, for the first time that templates are committed
      help: if the templates were in another folder there, name it: `main:FOLDER`
    ");
    let allowed = ["diff", "--against", "main", "--fail-on", "refused", "--allow-empty-base"];
    let _ = project.run(&allowed).ends_with(0).prints("7 new");
    // A folder that is named, and one that has something else.
    let named = ["diff", "--against", "main:stacks/rendered", "--fail-on", "refused"];
    let _ = project.run(&named).ends_with(2).says("there is no file or folder stacks/rendered at main");
    let _ = project
        .run(&["diff", "--against", "main:stacks"])
        .ends_with(2)
        .says("there are no templates in stacks at main");
    let _ = project.run(&[&named[..], &["--allow-empty-base"]].concat()).ends_with(0).prints("7 new");

    // An environment that is new, beside others that are not.
    std::fs::remove_dir_all(project.root.join("stacks/rendered/prod")).unwrap();
    git(&project, &["add", "stacks"]);
    git(&project, &["commit", "--quiet", "--message", "one environment"]);
    let new = project.run(&["diff", "--against", "main", "--all-envs", "--fail-on", "refused"]).ends_with(0);
    let _ = new.prints("7 new").says("note: there is no folder stacks/rendered/prod at main: all stacks of environment prod are taken for new");
}

#[test]
fn a_pull_request_is_compared_with_its_merge_base() {
    let project = committed("merge-base");
    git(&project, &["checkout", "--quiet", "-b", "topic"]);
    git(&project, &["commit", "--quiet", "--allow-empty", "--message", "the change"]);
    git(&project, &["checkout", "--quiet", "main"]);
    // The base branch gains a table meanwhile.
    let template = project.read("stacks/rendered/dev/notes.yaml");
    let table = "  Theirs:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      KeySchema: [{AttributeName: id, KeyType: HASH}]\n";
    project.write(
        "stacks/rendered/dev/notes.yaml",
        &template.replace("Resources:\n", &format!("Resources:\n{table}")),
    );
    git(&project, &["add", "stacks"]);
    git(&project, &["commit", "--quiet", "--message", "a table of somebody else"]);
    git(&project, &["checkout", "--quiet", "topic"]);
    let diff = |against: &str| project.run(&["diff", "--against", against, "--fail-on", "refused"]);
    let _ = diff("main").ends_with(6);
    for against in ["main...topic", "main...HEAD", "main..."] {
        let _ = diff(against).ends_with(0).prints("nothing to change");
    }
    let _ = diff("nosuch...HEAD").ends_with(2).says("`nosuch` is neither a file nor a git revision");
}

#[test]
fn a_broken_old_side_does_not_block_its_repair() {
    let project = Project::empty("diff-broken");
    let table = |tags: &str| {
        format!(
            "Resources:\n  Notes:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      KeySchema: []\n{tags}"
        )
    };
    project.write("old.yaml", &table("      TableClass: STANDARD\n      TableClass: STANDARD\n"));
    project.write("new.yaml", &table("      TableClass: STANDARD\n"));
    let _ = project
        .run(&["diff", "--of", "new.yaml", "--against", "old.yaml"])
        .ends_with(0)
        .prints("nothing to change")
        .says("note: old.yaml: ");
    let _ = project
        .run(&["diff", "--of", "old.yaml", "--against", "new.yaml"])
        .ends_with(2)
        .says("duplicate key");
    // What CloudFormation cannot have accepted is left out and named.
    let broken = table("      TableClass: A\n      TableClass: B\n      TableName: !Reff x\n");
    let latin = [table("").as_bytes(), b"# caf\xe9\n"].concat();
    let utf_16: Vec<u8> = table("").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, message) in [
        (broken.into_bytes(), "line 8, column 18: unknown tag `!Reff`"),
        (latin, "line 6, column 6: not UTF-8"),
        ([b"\xff\xfe", &utf_16[..]].concat(), "UTF-16: a template is text in UTF-8"),
    ] {
        project.write_bytes("old.yaml", &bytes);
        let _ =
            project.run(&["diff", "--of", "new.yaml", "--against", "old.yaml"]).ends_with(0).prints(message);
    }
}

#[test]
fn an_old_side_that_cannot_have_been_deployed_is_named_and_left_out() {
    let project = Project::empty("diff-no-template");
    let table = "  Notes:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      KeySchema: []\n";
    project.write("new.yaml", &format!("Resources:\n{table}"));
    let diff = |old: &[u8], args: &[&str]| {
        std::fs::write(project.root.join("old.yaml"), old).unwrap();
        project.run(&[&["diff", "--of", "new.yaml", "--against", "old.yaml"], args].concat())
    };
    let conflict = b"<<<<<<< ours\nResources:\n=======\n\tResources: {\n>>>>>>> theirs\n";
    let olds: [(&[u8], &str); 6] = [
        (conflict, "old.yaml cannot be read ("),
        (b"", "the template is empty"),
        (b"just text", "it has no `Resources`"),
        (b"Resources:\n", "it has no `Resources`"),
        (b"Resources: [a]\n", "it has no `Resources`"),
        (b"\xff\xfe\x00", "UTF-16: a template is text in UTF-8"),
    ];
    for (old, said) in olds {
        let output =
            diff(old, &["--fail-on", "refused"]).ends_with(6).prints("+ Notes  DynamoDB::Table  [new]");
        let _ = output.prints("~ Template  [refused]").prints(said);
        // The repair passes where somebody says that nothing was there.
        let accepted = diff(old, &["--fail-on", "refused", "--allow-empty-base"]).ends_with(0);
        let _ = accepted.prints("~ Template  [in place, with risk]");
        let _ = diff(old, &["--fail-on", "in-place-with-risk", "--allow-empty-base"]).ends_with(6);
    }
    // Only the resource that is broken is left out: what happens to the others is judged.
    let other =
        format!("Resources:\n{}  Broken: {{Properties: {{}}}}\n{table}", table.replace("Notes", "Gone"));
    let _ = diff(other.as_bytes(), &["--fail-on", "data-loss"])
        .ends_with(6)
        .prints("`Type` of resource `Broken` is missing");
    // The side that is to be deployed has to be a template.
    std::fs::write(project.root.join("old.yaml"), conflict).unwrap();
    let _ = project
        .run(&["diff", "--of", "old.yaml", "--against", "new.yaml"])
        .ends_with(2)
        .says("cannot parse template");
}

#[test]
fn every_report_format() {
    let project = committed("forms");
    project.replace("notes.rs", OTHER_KEY.0, OTHER_KEY.1);
    let json = project.run(&["diff", "--against", "main", "--all-envs", "--format", "json"]).ends_with(0);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["verdict"], "refused", "{json:#}");
    let report = [
        "--format",
        "github",
        "--report",
        "sarif=out.sarif",
        "--report",
        "markdown=comment.md",
        "--report",
        "text=out.txt",
        "--report",
        "gitlab=quality.json",
        "--report",
        "junit=junit.xml",
    ];
    let mut command = project.command(&[&["diff", "--against", "main"], &report[..]].concat());
    let output = project.finish(command.env("GITHUB_STEP_SUMMARY", project.root.join("summary.md")));
    assert!(output.stdout.starts_with("::error file=stacks/notes.rs,line="), "{output}");
    let sarif: serde_json::Value = serde_json::from_str(&project.read("out.sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(project.read("out.txt").contains("--> stacks/notes.rs:"));
    let issues: serde_json::Value = serde_json::from_str(&project.read("quality.json")).unwrap();
    assert_eq!(
        (&issues[0]["severity"], &issues[0]["location"]["path"]),
        (&"critical".into(), &"stacks/notes.rs".into())
    );
    let junit = project.read("junit.xml");
    assert!(
        junit.contains(
            r#"<testcase classname="notes (dev)" name="modify Note.KeySchema" file="stacks/notes.rs""#
        ),
        "{junit}"
    );
    assert!(junit.contains(r#"failures="1""#) && junit.contains(r#"type="change/refused""#), "{junit}");
    let _ = project
        .run(&["diff", "--against", "main", "--fail-on", "data-loss", "--report", "junit=junit.xml"])
        .ends_with(0);
    assert!(!project.read("junit.xml").contains("<failure"), "a gate that lets it pass is no failed test");
    for file in ["comment.md", "summary.md"] {
        assert!(project.read(file).contains("refused"), "{}", project.read(file));
    }
    // The summary of a step that ran before stays.
    let _ = project.finish(command.env("GITHUB_STEP_SUMMARY", project.root.join("summary.md")));
    assert_eq!(project.read("summary.md").matches("refused").count() % 2, 0);
}

#[test]
fn stacks_on_one_side_only() {
    let project = committed("gone");
    project.replace("main.rs", "stacks!(shop, notes)", "stacks!(notes)");
    assert_snapshot!(project.run(&["diff", "--against", "main"]), @"
    exit code 0
    --- stdout
    notes against stacks/rendered/dev/notes.yaml at main: nothing to change
    shop against stacks/rendered/dev/shop.yaml at main: 1 in place, with risk
      - Stack.shop  [in place, with risk]
          the stack is no longer defined; it remains deployed until `tablewright destroy` deletes it
    ");
    // The other way round it is new.
    assert_snapshot!(project.run(&["diff", "shop", "--against", "definitions", "--of", "main"]), @"
    exit code 0
    --- stdout
    shop against nothing: 4 new
      + output CategoryTable  [new]
      + output ProductTable  [new]
      + Category  DynamoDB::Table  [new]
      + Product  DynamoDB::Table  [new]
    ");
}

#[test]
fn files_without_a_project() {
    let project = Project::empty("diff-files");
    let template = |billing: &str| {
        format!(
            "Resources:\n  Notes:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      BillingMode: {billing}\n"
        )
    };
    project.write("old.yaml", &template("PROVISIONED"));
    project.write("new.json", r#"{ "Resources": { "Notes": { "Type": "AWS::DynamoDB::Table", "Properties": { "BillingMode": "PAY_PER_REQUEST" } } } }"#);
    assert_snapshot!(project.run(&["diff", "--of", "new.json", "--against", "old.yaml"]), @"
    exit code 0
    --- stdout
    new against old.yaml: 1 in place, with risk
      ~ Notes.BillingMode  PROVISIONED → PAY_PER_REQUEST  [in place, with risk]
          a table can be switched to on-demand four times in 24 hours
          --> new.json:1
    ");
}

#[test]
fn files_in_a_region_and_with_parameters() {
    let project = Project::empty("diff-known");
    let table = |name: &str| {
        format!(
            "Parameters:\n  Stage: {{Type: String, Default: dev}}\nResources:\n  Notes:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: {name}\n"
        )
    };
    project.write("old.yaml", &table("!Sub 'notes-${Stage}-${AWS::Region}'"));
    project.write("new.yaml", &table("!Sub 'notes-${Stage}-eu-west-1'"));
    let diff = |args: &[&str]| {
        project.run(
            &[&["diff", "--of", "new.yaml", "--against", "old.yaml", "--fail-on", "refused"], args].concat(),
        )
    };
    let _ = diff(&[]).ends_with(6);
    let _ = diff(&["--region", "eu-west-1"]).ends_with(0).prints("new against old.yaml: nothing to change");
    let _ = diff(&["--region", "us-east-1"]).ends_with(6);

    project.write("new.yaml", &table("notes-prod-eu-west-1"));
    let _ = diff(&["--region", "eu-west-1"]).ends_with(6);
    let _ = diff(&["--region", "eu-west-1", "--parameter", "Stage=prod"])
        .ends_with(0)
        .prints("nothing to change");
    let _ = diff(&["--region", "eu-west-1", "--parameter", "Stage=dev"]).ends_with(6);
    let _ = diff(&["--parameter", "Stag=dev"]).ends_with(2).says("did you mean `Stage`");
}

#[test]
fn parameters_and_region_of_the_environment_hold_for_both_sides() {
    let project = committed("env-parameters");
    let table = |name: &str| {
        format!(
            "Parameters:\n  Stage: {{Type: String, Default: none}}\nResources:\n  Notes:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: {name}\n"
        )
    };
    project.write("old/notes.yaml", &table("!Sub 'notes-${Stage}-${AWS::Region}'"));
    project.write("new/notes.yaml", &table("notes-prod-eu-west-1"));
    git(&project, &["add", "old", "new"]);
    git(&project, &["commit", "--quiet", "--message", "templates"]);
    project.replace(
        "tablewright.toml",
        "[env.dev]",
        "[env.dev]\nregion = \"eu-west-1\"\nparameters = { Stage = \"prod\" }",
    );
    let diff = |against: &str, of: &str, args: &[&str]| {
        project.run(&[&["diff", "--against", against, "--of", of, "--fail-on", "refused"], args].concat())
    };
    // Folders, revisions and files, in both directions.
    for (old, new) in [
        ("old", "new"),
        ("main:old", "new"),
        ("main:old", "main:new"),
        ("old", "main:new"),
        ("old/notes.yaml", "main:new/notes.yaml"),
    ] {
        let _ = diff(old, new, &[]).ends_with(0).prints("nothing to change");
        let _ = diff(new, old, &[]).ends_with(0).prints("nothing to change");
        // A flag overrides the environment.
        let _ = diff(old, new, &["--parameter", "Stage=dev"]).ends_with(6);
        project.write("parameters.json", r#"{ "Parameters": { "Stage": "dev" } }"#);
        let _ = diff(old, new, &["--parameters-file", "parameters.json"]).ends_with(6);
        let _ = diff(old, new, &["--parameter", "stage=dev"])
            .ends_with(2)
            .says("did you mean `Stage` for `stage`?");
        let _ = diff(old, new, &["--region", "us-east-1"])
            .ends_with(6)
            .says("the environment is in Region eu-west-1");
    }
    project.replace("tablewright.toml", "Stage =", "Stge =");
    let refused = diff("main:old", "new", &[]).ends_with(2);
    let said =
        "no template has the parameter `Stge` of environment `dev`\n  help: did you mean `Stage` for `Stge`?";
    assert!(refused.stderr.contains(said), "{refused}");
    // A file, and a stack that is selected, need not have the parameters of the others.
    let _ = diff("old/notes.yaml", "main:new/notes.yaml", &[]).ends_with(6);
    let _ = project.run(&["diff", "notes", "--against", "old", "--of", "new"]).ends_with(0);
    let _ = project.run(&["deploy", "--sandbox", "--yes"]).ends_with(2).says("`Stge` of environment `dev`");
}

#[test]
fn access_that_becomes_wider_is_said() {
    let project = Project::empty("diff-access");
    let template = |action: &str, policies: &str| {
        format!(
            "Resources:\n  Notes:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: notes\n      ResourcePolicy:\n        PolicyDocument:\n          Statement:\n            - {{Effect: Allow, Principal: {{AWS: '111122223333'}}, Action: {action}, Resource: '*'}}\n  Reader:\n    Type: AWS::Serverless::Function\n    Properties:\n      Policies:\n        - DynamoDBReadPolicy: {{TableName: !Ref Notes}}\n{policies}"
        )
    };
    project.write("old.yaml", &template("dynamodb:Query", ""));
    project.write(
        "new.yaml",
        &template("'dynamodb:*'", "        - DynamoDBWritePolicy: {TableName: !Ref Notes}\n"),
    );
    let diff = |old: &str, new: &str, args: &[&str]| {
        project.run(&[&["diff", "--against", old, "--of", new], args].concat())
    };
    assert_snapshot!(diff("old.yaml", "new.yaml", &["--fail-on", "in-place-with-risk"]), @r#"
    exit code 6
    --- stdout
    new against old.yaml: 2 in place, with risk
      ~ Notes.ResourcePolicy  {"PolicyDocument":{"Statement":[{"Action":"dynamodb:Query",… → {"PolicyDocument":{"Statement":[{"Action":"dynamodb:*","Eff…  [in place, with risk]
          access becomes wider: it grants `allow arn:aws:iam::111122223333:root: dynamodb:* on Notes`
          --> new.yaml:6
      ~ Reader.Policies  [{"DynamoDBReadPolicy":{"TableName":{"Ref":"Notes"}}}] → [{"DynamoDBReadPolicy":{"TableName":{"Ref":"Notes"}}},{"Dyn…  [in place, with risk]
          tablewright has no update rules for AWS::Serverless::Function: CloudFormation's change set shows whether it is replaced
          --> new.yaml:13
      + access: allow arn:aws:iam::111122223333:root: dynamodb:* on Notes  [new: allow, wider]
      + access: allow function Reader: DynamoDBWritePolicy on ${Notes}  [new: allow, wider]
    --- stderr
    error: the worst verdict is in-place-with-risk, and `--fail-on` stops at in-place-with-risk
    "#);
    let narrower = diff("new.yaml", "old.yaml", &[]).ends_with(0);
    assert!(
        narrower.stdout.contains("[gone: allow, narrower]") && !narrower.stdout.contains("wider"),
        "{narrower}"
    );
    let json = diff("old.yaml", "new.yaml", &["--format", "json"]).ends_with(0);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&json["widens_access"], json["comparisons"][0]["access"].as_array().unwrap().len()),
        (&true.into(), 2)
    );
}

#[test]
fn names_that_mean_harm_are_text_in_every_form() {
    let project = Project::empty("diff-hostile");
    let harm = "\u{1b}[2J\u{202e}\u{9b}`|<b>\n::stop-commands::x\n##[add-mask]x ##vso[task.setvariable]x";
    let template = |value: &str| {
        let tags = serde_json::json!([{ "Key": harm, "Value": value }]);
        let table = serde_json::json!({ "Type": "AWS::DynamoDB::Table", "Properties": { "TableName": harm, "Tags": tags } });
        let other = serde_json::json!({ "Type": harm, "Properties": { harm: value } });
        serde_json::json!({ "Resources": { harm: table, "Other": other, "Broken": { harm: 1 } } }).to_string()
    };
    let file = "t\u{1b}[2J\u{202e}.json";
    project.write(file, &template(&"x".repeat(100_000)));
    project.write(
        "new.json",
        &template("new").replace("\"Broken\"", "\"Fine\"").replace(": 1}", ": 1, \"Type\": \"A::B::C\"}"),
    );
    for form in ["text", "markdown", "json", "sarif", "github", "gitlab", "junit"] {
        let output =
            project.run(&["diff", "--against", file, "--of", "new.json", "--format", form]).ends_with(0);
        let is_hidden = |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{202a}'..='\u{202e}'));
        assert!(!output.stdout.contains(is_hidden), "{form}: {output}");
        assert!(!output.stderr.contains(is_hidden), "{form}: {output}");
        let commands = output.stdout.lines().filter(|line| line.trim_start().starts_with("::"));
        assert!(
            commands.filter(|line| form != "github" || line.contains("stop-commands::x::")).count() == 0,
            "{output}"
        );
        // JSON has the values, as they are.
        assert!(
            form == "json" || output.stdout.lines().all(|line| line.len() < 50_000),
            "{form}: a line is cut"
        );
        if form == "text" || form == "json" {
            assert!(!output.stdout.contains("##[") && !output.stdout.contains("##vso["), "{output}");
        }
    }
}

#[test]
fn nested_templates_beside_their_parent() {
    let project = Project::empty("diff-nested");
    let parent = |child: &str| {
        format!(
            "Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: {child}\n"
        )
    };
    let table =
        "Resources:\n  Notes:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: notes\n";
    project.write("old/parent.yaml", &parent("below/child.yaml"));
    project.write("old/below/child.yaml", &parent("../tables.yaml"));
    project.write("old/tables.yaml", table);
    project.write("new/parent.yaml", &parent("below/child.yaml"));
    project.write("new/below/child.yaml", &parent("../tables.yaml"));
    project.write("new/tables.yaml", &table.replace("notes", "memos"));
    let diff = ["diff", "--of", "new/parent.yaml", "--against", "old/parent.yaml", "--fail-on", "refused"];
    assert_snapshot!(project.run(&diff), @"
    exit code 6
    --- stdout
    parent against old/parent.yaml: 1 data loss
      ~ Child/Child/Notes.TableName  notes → memos  [data loss]
          a table cannot be renamed, so CloudFormation creates a new, empty table and deletes the old one with its items; no `UpdateReplacePolicy: Retain` retains it
          --> new/tables.yaml:5
          to give the table another name and keep the items:
            1. Keep its name: `TableName: notes`.
            2. Or add a second table with the new definition, such as `Notes2`, with a name of its own, and deploy.
            3. Write to both tables, and backfill the items. Or export the old table to S3 first, and let `ImportSourceSpecification` fill the new one when it is created.
            4. Let readers and writers use the new table, and compare.
            5. Set `DeletionPolicy: Retain` on `Notes` and deploy, then remove it and deploy again.
    --- stderr
    error: the worst verdict is data-loss, and `--fail-on` stops at refused
    ");
    project.write("new/tables.yaml", table);
    let _ = project.run(&diff).ends_with(0).prints("nothing to change");
    // One that nests itself is not followed for ever.
    project.write("new/tables.yaml", &parent("tables.yaml"));
    let _ = project.run(&diff).ends_with(6).prints("Child/Child/Notes");
}

#[test]
fn files_that_are_no_templates() {
    let project = Project::empty("diff-bad");
    project.write("good.yaml", "Resources: {}\n");
    let check = |file: &str, bytes: &[u8]| {
        std::fs::write(project.root.join(file), bytes).unwrap();
        let output = project.run(&["diff", "--of", file, "--against", "good.yaml"]).ends_with(2);
        assert_eq!(output.stdout, "");
        output.stderr
    };
    assert_snapshot!(check("a.yaml", b"Resources:\n  A: [\n"), @"
    error: cannot parse template a.yaml
      because: line 2, column 6: YAML not well-formed: unclosed bracket '['
        2 |   A: [
          |      ^
    ");
    assert_snapshot!(check("b.yaml", b"just text\n"), @"
    error: b.yaml is not a CloudFormation template: it has no `Resources`
    ");
    assert_snapshot!(check("c.yaml", b"Resources: &r\n  A: *r\n"), @"
    error: cannot parse template c.yaml
      because: line 2, column 6: YAML aliases are not allowed in CloudFormation templates: `*r`
        2 |   A: *r
          |      ^
      help: write the values out, or let `aws cloudformation package --use-json` do it
    ");
    assert_snapshot!(check("d.yaml", b"Resources:\n  A: 1\n  A: 2\n"), @"
    error: cannot parse template d.yaml
      because: line 3, column 3: duplicate key `A`, first at line 2, column 3
        3 |   A: 2
          |   ^
    ");
    assert_snapshot!(check("e.yaml", b"Resources: \xff\n"), @"
    error: cannot parse template e.yaml
      because: line 1, column 12: not UTF-8: a template is text in UTF-8
        1 | Resources: �
          |            ^
      help: save the file as UTF-8
    ");
    assert_snapshot!(check("f.yaml", b"Resources:\n  A: !Nope b\n"), @"
    error: cannot parse template f.yaml
      because: line 2, column 6: unknown tag `!Nope`
        2 |   A: !Nope b
          |      ^
      help: did you mean `!Not`?
    ");
    assert_snapshot!(check("g.yaml", b""), @"
    error: cannot parse template g.yaml
      because: line 1, column 1: the template is empty
        1 | 
          | ^
    ");
    assert_snapshot!(check("h.yaml", &vec![b' '; 50_000_000]), @"
    error: h.yaml has 50000000 bytes
      help: CloudFormation accepts templates of up to 1 MB; check that this is the right file
    ");
    std::fs::create_dir(project.root.join("folder")).unwrap();
    assert_snapshot!(project.run(&["diff", "--of", "folder", "--against", "good.yaml"]), @"
    exit code 2
    --- stderr
    error: no template in folder
    ");
}

#[test]
fn sources_that_do_not_exist() {
    let project = committed("sources");
    assert_snapshot!(project.run(&["diff", "--against", "nosuch"]), @"
    exit code 2
    --- stderr
    error: `nosuch` is neither a file nor a git revision
      help: a source is `definitions`, `deployed`, a file, a directory or a git revision
    ");
    assert_snapshot!(project.run(&["diff", "--against", "missing.yaml"]), @"
    exit code 2
    --- stderr
    error: no file or directory missing.yaml
    ");
    assert_snapshot!(project.run(&["diff", "--against", "main:nowhere"]), @"
    exit code 2
    --- stderr
    error: there is no file or folder nowhere at main, so there is nothing to compare with
      help: `--allow-empty-base` takes every stack for new, for the first time that templates are committed
    ");
    assert_snapshot!(project.run(&["diff", "nots", "--against", "main"]), @"
    exit code 2
    --- stderr
    error: neither side has a stack `nots`
      help: did you mean `notes`?
      help: the stacks are: notes, shop
    ");
    assert_snapshot!(project.run(&["diff", "--of", "deployed"]), @"
    exit code 2
    --- stderr
    error: `--of deployed` cannot be compared with itself
      help: pass another source with `--against`, such as a file or a git revision
    ");
    assert_snapshot!(project.run(&["diff", "--against=--help"]), @"
    exit code 2
    --- stderr
    error: invalid value '--help' for '--against <SOURCE>': not a valid file name or git revision

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["diff", "--against", "main", "--fail-on", "data_loss"]), @"
    exit code 2
    --- stderr
    error: invalid value 'data_loss' for '--fail-on <VERDICT>': unknown verdict `data_loss`, expected one of none, in-place, in-place-with-risk, staged, refused, replacement-kept, data-loss

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["diff", "--against", "main", "--report", "html=a.html"]), @"
    exit code 2
    --- stderr
    error: invalid value 'html=a.html' for '--report <FORMAT=FILE>': `html` is not one of: text, markdown, json, sarif, github, gitlab, junit

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["diff", "--against", "main", "--report", "json=no/such/folder.json"]), @"
    exit code 1
    --- stderr
    error: cannot write no/such/folder.json
      because: No such file or directory (os error 2)
      help: check that the directory exists and is writable
    ");
    // Without git the other sources go on working.
    let mut command = project.command(&["diff", "--against", "main"]);
    assert_snapshot!(project.finish(command.env("PATH", project.root.join("nowhere"))), @"
    exit code 3
    --- stderr
    error: cannot run `git`
      because: No such file or directory (os error 2)
      help: install git, or compare with a file instead of a revision
    ");
}

#[test]
fn a_change_in_a_loop_is_at_the_line_of_the_loop() {
    let project = Project::empty("diff-loop");
    let looped = |names: &str, class: &str| {
        format!(
            "Transform: AWS::LanguageExtensions\nResources:\n  Other:\n    Type: AWS::SNS::Topic\n  Fn::ForEach::Tables:\n    - Name\n    - {names}\n    - ${{Name}}Table:\n        Type: AWS::DynamoDB::Table\n        Properties:\n          TableClass: {class}\n          KeySchema: [{{AttributeName: id, KeyType: HASH}}]\n          AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}]\n          BillingMode: PAY_PER_REQUEST\n"
        )
    };
    project.write("old.yaml", &looped("[Note, Order]", "STANDARD"));
    project.write("new.yaml", &looped("[Note]", "STANDARD_INFREQUENT_ACCESS"));
    assert_snapshot!(project.run(&["diff", "--of", "new.yaml", "--against", "old.yaml"]), @"
    exit code 0
    --- stdout
    new against old.yaml: 1 in place, with risk, 1 data loss
      ~ NoteTable.TableClass  STANDARD → STANDARD_INFREQUENT_ACCESS  [in place, with risk]
          the table class can change twice in 30 days
          --> new.yaml:11
      - OrderTable  DynamoDB::Table  [data loss]
          the table is deleted with its items; its deployed `DeletionPolicy` does not retain it
          --> new.yaml:8
          to remove the table from the stack and keep its items:
            1. Set `DeletionPolicy: Retain` on `OrderTable` and deploy that alone: CloudFormation applies the deployed policy.
            2. Then remove `OrderTable` and deploy again: the table is retained in the account.
    ");
}

#[test]
fn a_parameter_that_is_not_given_keeps_a_value_that_is_not_known() {
    let project = Project::empty("diff-unrelated-parameter");
    let template = |condition: &str, name: &str| {
        format!(
            "Parameters:\n  Z: {{Type: String, Default: '0'}}\n  S: {{Type: String, Default: p}}\nConditions:\n  C: !Equals [!Ref S, p]\nResources:\n  T:\n    Type: AWS::DynamoDB::Table\n{condition}    Properties:\n      TableName: {name}\n      KeySchema: [{{AttributeName: id, KeyType: HASH}}]\n      AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}]\n      BillingMode: PAY_PER_REQUEST\n  Z:\n    Type: AWS::SNS::Topic\n    Properties: {{TopicName: !Ref Z}}\n"
        )
    };
    let diff = |old: &str, new: &str, values: &[&str]| {
        project.write("old.yaml", old);
        project.write("new.yaml", new);
        let parameters = values.iter().flat_map(|value| ["--parameter", value]);
        let args = ["diff", "--of", "new.yaml", "--against", "old.yaml", "--fail-on", "refused"];
        project.run(&args.into_iter().chain(parameters).collect::<Vec<_>>())
    };
    let plain = template("", "one");
    let conditional = template("    Condition: C\n", "one");
    let _ = diff(&plain, &conditional, &[]).ends_with(6);
    let _ = diff(&plain, &conditional, &["Z=1"]).ends_with(6);
    let _ = diff(&plain, &conditional, &["S=p"]).ends_with(0).prints("nothing to change");
    let _ = diff(&plain, &conditional, &["S=q"]).ends_with(6);
    let named = template("", "!Ref S");
    let _ = diff(&plain, &named, &["Z=1"]).ends_with(6);
    let _ = diff(&named, &plain, &["Z=1"]).ends_with(6);
    // A new parameter has its default.
    let new = plain
        .replace("Conditions:", "  N: {Type: String, Default: one}\nConditions:")
        .replace("TableName: one", "TableName: !Ref N");
    let _ = diff(&plain, &new, &["Z=1"]).ends_with(0);
}

#[test]
fn a_path_with_the_name_of_the_base_does_not_pass_for_it() {
    let project = Project::empty("diff-ambiguous");
    let table = |key: &str| {
        format!(
            "Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      KeySchema: [{{AttributeName: {key}, KeyType: HASH}}]\n      AttributeDefinitions: [{{AttributeName: {key}, AttributeType: S}}]\n      BillingMode: PAY_PER_REQUEST\n"
        )
    };
    git(&project, &["init", "--quiet", "--initial-branch=main", "."]);
    project.write("tpl/t.yaml", &table("id"));
    git(&project, &["add", "."]);
    git(&project, &["-c", "user.name=n", "-c", "user.email=e@x", "commit", "--quiet", "-m", "one"]);
    git(&project, &["tag", "v1"]);
    project.write("tpl/t.yaml", &table("other"));
    let diff =
        |against: &str| project.run(&["diff", "--of", "tpl", "--against", against, "--fail-on", "refused"]);
    let _ = diff("v1:tpl").ends_with(6);
    for path in ["v1:tpl/t.yaml", "v1...HEAD/t.yaml", "main/t.yaml", "v1...HEAD:tpl/t.yaml"] {
        project.write(path, &table("other"));
        let name = path.strip_suffix("/t.yaml").unwrap();
        let _ = diff(name).ends_with(2).says("both a path and a git revision");
        let _ = diff(&format!("./{name}")).ends_with(0).prints("nothing to change");
    }
    // One that is no revision is a path.
    project.write("rendered/t.yaml", &table("id"));
    let _ = diff("rendered").ends_with(6);
}

#[cfg(unix)]
#[test]
fn a_link_in_a_commit_is_the_file_that_it_leads_to() {
    let project = Project::empty("diff-link");
    let table = |key: &str| {
        format!(
            "Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      KeySchema: [{{AttributeName: {key}, KeyType: HASH}}]\n      AttributeDefinitions: [{{AttributeName: {key}, AttributeType: S}}]\n      BillingMode: PAY_PER_REQUEST\n"
        )
    };
    git(&project, &["init", "--quiet", "--initial-branch=main", "."]);
    project.write("real/t.yaml", &table("id"));
    project.write("tpl/other.yaml", &table("id"));
    std::os::unix::fs::symlink("../real/t.yaml", project.root.join("tpl/t.yaml")).unwrap();
    git(&project, &["add", "."]);
    git(&project, &["-c", "user.name=n", "-c", "user.email=e@x", "commit", "--quiet", "-m", "one"]);
    project.write("real/t.yaml", &table("other"));
    let _ = project
        .run(&["diff", "--of", "tpl", "--against", "HEAD:tpl", "--fail-on", "refused"])
        .ends_with(6)
        .prints("t against tpl/t.yaml at HEAD: 1 data loss");
    std::fs::remove_file(project.root.join("tpl/t.yaml")).unwrap();
    std::os::unix::fs::symlink("../../outside.yaml", project.root.join("tpl/t.yaml")).unwrap();
    git(&project, &["add", "."]);
    git(&project, &["-c", "user.name=n", "-c", "user.email=e@x", "commit", "--quiet", "-m", "two"]);
    std::fs::remove_file(project.root.join("tpl/t.yaml")).unwrap();
    project.write("tpl/t.yaml", &table("id"));
    let _ = project
        .run(&["diff", "--of", "tpl", "--against", "HEAD:tpl"])
        .ends_with(2)
        .says("symbolic link out of the repository");
}

#[test]
fn the_settings_and_names_of_stacks_are_compared_with_a_commit() {
    let project = committed("diff-settings");
    let stack = "Stack::new(\"notes\")";
    project.replace(
        "notes.rs",
        stack,
        "Stack::new(\"notes\").termination_protection(true).tag(\"a\", \"b\")",
    );
    let _ = project.run(&["render", "--out", "stacks/rendered"]).ends_with(0);
    git(&project, &["add", "stacks"]);
    git(&project, &["commit", "--quiet", "--message", "protected"]);
    project.replace(
        "notes.rs",
        ".termination_protection(true).tag(\"a\", \"b\")",
        ".termination_protection(false)",
    );
    let _ = project
        .run(&["diff", "notes", "--against", "HEAD", "--fail-on", "in-place-with-risk"])
        .ends_with(6)
        .prints("no longer protected against deletion")
        .prints("Tag");

    // A stack under another id is a new one, and its tables have the names of those that remain.
    project.replace(
        "notes.rs",
        "Stack::new(\"notes\").termination_protection(false)",
        "Stack::new(\"memos\")",
    );
    let _ = project
        .run(&["diff", "--against", "HEAD", "--fail-on", "refused"])
        .ends_with(6)
        .prints("the name `demo-dev-notes` is in use by the table `Note` of stack notes");
}

#[cfg(unix)]
#[test]
fn a_file_name_cannot_be_a_command_and_names_one_stack() {
    let table = "Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n";
    for name in ["::error::x.yaml", "a\n::error::x.yaml", "a.json"] {
        let project = Project::empty("diff-names");
        project.write("old/a.yaml", table);
        project.write("new/a.yaml", table);
        project.write(
            &format!("new/{name}"),
            if name.ends_with("json") {
                "{\"Resources\":{\"T\":{\"Type\":\"AWS::SNS::Topic\"}}}"
            } else {
                table
            },
        );
        let output = project.run(&["diff", "--of", "new", "--against", "old"]).ends_with(2);
        let lines = output.stdout.lines().chain(output.stderr.lines());
        assert!(lines.into_iter().all(|line| !line.starts_with("::")), "{output}");
    }
}
