//! `tablewright sam`: embedding tables and fragments in a SAM template.

use std::fs;

use insta::assert_snapshot;

use crate::support::Project;

const TEMPLATE: &str = "\
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31

Resources:
  # Reads notes.
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Handler: bootstrap
      Runtime: provided.al2023
";

fn with_template(name: &str) -> Project {
    let project = Project::sample(&format!("sam-{name}"));
    project.write("template.yaml", TEMPLATE);
    project
}

#[test]
fn embed_update_and_remove() {
    let project = with_template("embed");
    let embed = |args: &[&str]| project.run(&[&["sam", "embed", "template.yaml", "notes"], args].concat());
    assert_snapshot!(embed(&["--check"]), @"
    exit code 8
    --- stderr
    template.yaml is not up to date:
    template.yaml:5: Parameters of notes added
    template.yaml:21: Resources of notes added
    template.yaml:97: Outputs of notes added
    error: template.yaml is not up to date
      help: run the same command without `--check`, look at the difference, and commit it
    ");
    assert_eq!(project.read("template.yaml"), TEMPLATE);
    assert!(embed(&["--diff"]).ends_with(0).stdout.contains("+  Note:\n"));
    assert_snapshot!(embed(&[]), @"
    exit code 0
    --- stderr
    template.yaml:5: Parameters of notes added
    template.yaml:21: Resources of notes added
    template.yaml:97: Outputs of notes added
    ");
    let embedded = project.read("template.yaml");
    assert!(embedded.contains("TableName: !Ref NoteTableName"), "{embedded}");
    assert_eq!(embed(&[]).ends_with(0).stderr, "");
    let _ = embed(&["--check"]).ends_with(0);
    // A change of the definition is an update of the region.
    project.replace("notes.rs", "Days(35)", "Days(7)");
    let _ = embed(&["--check"]).ends_with(8);
    let _ = embed(&[]).ends_with(0).says("updated");
    // An edit by hand is not overwritten without `--force`.
    project.write(
        "template.yaml",
        &project.read("template.yaml").replace("RecoveryPeriodInDays: 7", "RecoveryPeriodInDays: 9"),
    );
    assert_snapshot!(embed(&[]), @"
    exit code 2
    --- stderr
    error: cannot update template.yaml:21; the file is unchanged
      because: line 21: the region `notes Resources` was edited by hand
      help: make the change in the definition, or discard it with `--force`
    ");
    let _ = embed(&["--force"]).ends_with(0);
    let _ = embed(&["--remove"]).ends_with(0);
    assert_eq!(project.read("template.yaml"), TEMPLATE);
}

#[test]
fn fragments_are_printed_or_embedded() {
    let project = with_template("fragment");
    let fragment = |args: &[&str]| project.run(&[&["sam", "fragment"], args].concat());
    assert_snapshot!(fragment(&["policies", "--table", "Note", "--function", "Reader"]).ends_with(0).stdout, @"
    Policies:
      - Version: '2012-10-17'
        Statement:
          - Sid: NoteRead
            Effect: Allow
            Action:
              - dynamodb:BatchGetItem
              - dynamodb:ConditionCheckItem
              - dynamodb:DescribeTable
              - dynamodb:GetItem
              - dynamodb:Query
              - dynamodb:Scan
            Resource:
              - !GetAtt Note.Arn
    ");
    assert_snapshot!(fragment(&["env-json", "--table", "Note", "--function", "Reader"]).ends_with(0).stdout, @r#"
    {
      "Reader": {
        "NOTE_TABLE_NAME": "demo-dev-notes"
      }
    }
    "#);
    let _ = project.run(&["sam", "embed", "template.yaml", "notes"]).ends_with(0);
    let inside = ["env", "--table", "Note", "--function", "Reader", "--embed", "template.yaml"];
    let _ = fragment(&inside).ends_with(0);
    assert!(project.read("template.yaml").contains("Environment:"), "{}", project.read("template.yaml"));
    assert_eq!(fragment(&inside).ends_with(0).stderr, "");
    let _ = project.run(&["sam", "embed", "template.yaml", "notes", "--remove"]).ends_with(0);
    assert_eq!(project.read("template.yaml"), TEMPLATE);

    assert_snapshot!(fragment(&["events", "--table", "Note", "--function", "Reader"]), @"
    exit code 2
    --- stderr
    error: stacks/notes.rs:9: table `Note` has no stream
      help: add `.stream(StreamView::NewAndOldImages)` to the table
    ");
    assert_snapshot!(fragment(&["env", "--table", "Notes", "--function", "Reader"]), @"
    exit code 2
    --- stderr
    error: no table `Notes`
      help: did you mean `Note`?
      help: the tables are: Product, Category, Note
    ");
    assert_snapshot!(fragment(&["env", "--table", "Note", "--function", "Raeder", "--embed", "template.yaml"]), @"
    exit code 2
    --- stderr
    error: cannot update template.yaml; the file is unchanged
      because: the template has no function `Raeder`
      help: did you mean `Reader`?
    ");
    let _ = fragment(&["env-json", "--table", "Note", "--function", "Reader", "--embed", "template.yaml"])
        .ends_with(2);
}

#[test]
fn a_fragment_needs_its_table_and_a_list_of_policies() {
    let project = with_template("fragment-refused");
    let policies = |changed: &str| {
        project.write("template.yaml", changed);
        let args = ["policies", "--table", "Note", "--function", "Reader", "--embed", "template.yaml"];
        let output = project.run(&[&["sam", "fragment"], &args[..]].concat());
        assert!(output.code == 0 || project.read("template.yaml") == changed, "{output}");
        output
    };
    assert_snapshot!(policies(TEMPLATE), @"
    exit code 2
    --- stderr
    error: cannot update template.yaml; the file is unchanged
      because: the template does not define `Note`, to which the fragment refers
      help: run `tablewright sam embed template.yaml notes` first; or, if another stack has the table, add `--consume parameter`, `getstackoutput`, `import` or `ssm` to both
    ");
    assert_snapshot!(policies(&format!("{TEMPLATE}      Policies:\n        S3ReadPolicy:\n          BucketName: demo\n")), @"
    exit code 2
    --- stderr
    error: cannot update template.yaml:11; the file is unchanged
      because: line 11, column 7: cannot add to `Resources/Reader/Properties/Policies`: it is a mapping, expected a list
      help: write it as a list:
        Policies:
          - S3ReadPolicy:
              BucketName: demo
    ");
    assert_snapshot!(policies(&format!("{TEMPLATE}      Policies: AmazonS3ReadOnlyAccess\n")), @"
    exit code 2
    --- stderr
    error: cannot update template.yaml:11; the file is unchanged
      because: line 11, column 7: cannot add to `Resources/Reader/Properties/Policies`: it is a scalar
      help: write it as a list:
        Policies:
          - AmazonS3ReadOnlyAccess
    ");
    let table = "  Note:\n    Type: AWS::DynamoDB::Table\n    Condition: HasNotes\n";
    assert_snapshot!(policies(&format!("{TEMPLATE}{table}")), @"
    exit code 0
    --- stderr
    warning: template.yaml:11: `Note` depends on the condition `HasNotes`, but function `Reader`, which refers to it, does not; add `Condition: HasNotes` to the function
    Wrote template.yaml
    ");
}

#[test]
fn a_nested_stack_writes_its_template_beside() {
    let project = with_template("nested");
    let args = ["sam", "embed", "template.yaml", "notes", "--consume", "nested"];
    let _ = project.run(&args).ends_with(0);
    assert!(project.read("notes.yaml").contains("Type: AWS::DynamoDB::Table"));
    project.write("notes.yaml", "");
    let _ = project.run(&[&args[..], &["--check"]].concat()).ends_with(8).says("notes.yaml");
}

#[test]
fn files_that_cannot_be_edited_are_refused() {
    let project = with_template("files");
    let check = |file: &str| {
        let output = project.run(&["sam", "embed", file, "notes"]);
        assert_ne!(output.code, 0, "{output}");
        output
    };
    assert_snapshot!(check("nowhere.yaml"), @"
    exit code 2
    --- stderr
    error: cannot read nowhere.yaml
      because: No such file or directory (os error 2)
    ");
    project.write("text.yaml", "just text\n");
    assert_snapshot!(check("text.yaml"), @"
    exit code 2
    --- stderr
    error: cannot update text.yaml; the file is unchanged
      because: the file is not a SAM or CloudFormation template: it has none of `Resources`, `Transform` and `AWSTemplateFormatVersion`
      help: pass the `template.yaml` of the SAM project
    ");
    project.write("bad.yaml", "Resources: [\n");
    let _ = check("bad.yaml").ends_with(2);
    project.write("taken.yaml", &format!("{TEMPLATE}  Note:\n    Type: AWS::SNS::Topic\n"));
    assert_snapshot!(check("taken.yaml"), @"
    exit code 2
    --- stderr
    error: cannot update taken.yaml:11; the file is unchanged
      because: `Note` is already defined in line 11 and by stacks/notes.rs:9
      help: rename or delete one of them: SAM keeps only the last one without a warning
    ");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("template.yaml", project.root.join("link.yaml")).unwrap();
        assert_snapshot!(check("link.yaml"), @"
    exit code 2
    --- stderr
    error: link.yaml is a link to template.yaml
      help: name the file itself: a link would be replaced by a file
    ");
        let mut permissions = fs::metadata(project.root.join("template.yaml")).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(project.root.join("template.yaml"), permissions).unwrap();
        assert_snapshot!(check("template.yaml"), @"
    exit code 2
    --- stderr
    error: template.yaml is read-only
      help: make it writable, if it is meant to be changed
    ");
    }
    assert_eq!(project.read("template.yaml"), TEMPLATE);
    assert_eq!(
        fs::read_dir(&project.root)
            .unwrap()
            .filter(|it| it.as_ref().unwrap().file_name().to_string_lossy().ends_with("unfinished"))
            .count(),
        0
    );
}
