//! Regions to embed.

use tablewright_sam::{Options, Region, Regions, embed};

const PARAMETERS: &str = "NoteTableName:\n  Type: String\n  Default: demo-dev-notes\n";
const CONDITIONS: &str = "HasNotes: !Equals\n  - Ref: NoteTableName\n  - ''\n";
const RESOURCES: &str = "\
# From stacks/notes.rs; é.
# A note.
Note:
  Type: AWS::DynamoDB::Table
  DeletionPolicy: Retain
  Properties:
    TableName: !Ref NoteTableName
    KeySchema:
      - AttributeName: \"two\\nlines\"
        KeyType: HASH
";
const OUTPUTS: &str = "NotesTable:\n  Value: !GetAtt Note.Arn\n";

/// Returns the regions of the owner `notes`.
pub(crate) fn tables() -> Regions {
    regions("notes", [PARAMETERS, CONDITIONS, RESOURCES, OUTPUTS])
}

/// Returns the regions of the owner `notes` with more content.
pub(crate) fn grown() -> Regions {
    let resources = format!("{RESOURCES}\nNoteArchive:\n  Type: AWS::DynamoDB::Table\n  Properties: {{}}\n");
    regions("notes", [PARAMETERS, CONDITIONS, &resources, "NotesTable:\n  Value: 'new'\n"])
}

/// Returns the regions of another owner, `shop`.
pub(crate) fn others() -> Regions {
    regions("shop", ["ShopName:\n  Type: String\n", "", "Shop:\n  Type: A::B\n", "ShopTable:\n  Value: x\n"])
}

fn regions(owner: &str, yaml: [&str; 4]) -> Regions {
    let sections = ["Parameters", "Conditions", "Resources", "Outputs"];
    let regions = sections.into_iter().zip(yaml);
    Regions {
        owner: owner.to_owned(),
        regions: regions.map(|(section, yaml)| Region::new([section], yaml).expect("it is YAML")).collect(),
    }
}

/// Returns the template with the regions; panics if it is refused.
pub(crate) fn embedded(template: &str, regions: &Regions) -> String {
    match embed(template, regions, Options::default()) {
        Ok(edit) => edit.text,
        Err(error) => panic!("{error}\n{template}"),
    }
}
