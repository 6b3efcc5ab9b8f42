//! Writes the sample project's template with tables integrated in each [`Way`], and the corpus of unusual templates with embedded
//! tables, to be validated by SAM's own tools: `cargo run -p tablewright-sam --example ways -- OUT`.

use std::error::Error;
use std::fs;
use std::path::Path;

use tablewright::render::Templates;
use tablewright::{Assembly, Env, Expression, Result, Stack};
use tablewright_sam::{
    Access, FragmentKind, Options, Region, Regions, Request, Way, companion, embed, embed_fragment, fragment,
    regions, remove,
};

const WAYS: [(&str, Way); 7] = [
    ("embedded", Way::Embedded),
    ("nested", Way::Nested),
    ("include", Way::Include),
    ("parameter", Way::Parameter),
    ("getstackoutput", Way::GetStackOutput),
    ("import", Way::ImportValue),
    ("ssm", Way::Ssm),
];

/// Returns the sample's stack, with the outputs, exports and published parameters that all ways need.
fn stack(env: &Env) -> Result<Stack> {
    let mut stack = sam_notes::notes::stack(env)?;
    let stream = Expression::GetAtt("Note".into(), "StreamArn".into());
    stack.output("Name", Expression::Ref("Note".into())).export("notes-name");
    stack.output("Arn", Expression::GetAtt("Note".into(), "Arn".into())).export("notes-arn");
    stack.output("StreamArn", stream.clone());
    stack.publish_ssm("/notes/name", Expression::Ref("Note".into()));
    stack.publish_ssm("/notes/stream", stream);
    Ok(stack)
}

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let out = std::env::args().nth(1).ok_or("usage: ways OUT")?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sample = fs::read_to_string(here.join("../../stacks/sam/template.yaml"))?;
    let bare = remove(&sample, "notes", Options::default())?.text;
    let env = Env::new("demo", "dev");
    let sample_stack = &Assembly::new(&env, &[("notes", sam_notes::notes::stack)]).stacks[0];
    let stack_with_outputs = &Assembly::new(&env, &[("notes", stack)]).stacks[0];
    for (name, way) in WAYS {
        let stack = if way == Way::Embedded { sample_stack } else { stack_with_outputs };
        let folder = Path::new(&out).join(name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("template.yaml"), with_tables(&bare, stack, way)?)?;
        if let Some((name, text)) = companion(stack, "dev", &Templates::builtin(), way)? {
            fs::write(folder.join(name), text)?;
        }
    }
    corpus(&here.join("tests/corpus"), &Path::new(&out).join("corpus"))
}

/// Embeds the tables and all fragments of the function, except for the stream of an imported table, which cannot be imported.
fn with_tables(template: &str, stack: &Stack, way: Way) -> std::result::Result<String, Box<dyn Error>> {
    let regions = regions(stack, "dev", &Templates::builtin(), way)?;
    let mut text = embed(template, &regions, Options::default())?.text;
    let request = Request { way, ..Request::new(stack, "Note", "CountNotes") };
    let read = Request { access: Access::Crud, ..request.clone() };
    let mut fragments = vec![
        fragment(FragmentKind::Env, &request)?,
        fragment(FragmentKind::Policies, &read)?,
        fragment(FragmentKind::Connector, &read)?,
    ];
    if way != Way::ImportValue {
        fragments.push(fragment(FragmentKind::Events, &request)?);
    }
    for fragment in fragments {
        text = embed_fragment(&text, &fragment, Options::default())?.text;
    }
    Ok(text)
}

/// Embeds a table in each template of the corpus.
fn corpus(from: &Path, to: &Path) -> std::result::Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    let regions = Regions {
        owner: "notes".to_owned(),
        regions: vec![
            Region::new(["Parameters"], "NoteTableName:\n  Type: String\n")?,
            Region::new(["Resources"], "Note:\n  Type: AWS::DynamoDB::Table\n  Name: !Ref NoteTableName\n")?,
        ],
    };
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "yaml")
            && let Some(name) = path.file_name()
        {
            fs::write(to.join(name), embed(fs::read(&path)?, &regions, Options::default())?.text)?;
        }
    }
    Ok(())
}
