//! Measures embedding in a template of 20,000 lines: `cargo run --release -p tablewright-sam --example embed_speed`.
//!
//! Prints the least CPU time of several runs, in milliseconds, for embedding, embedding again without changes, and removing. The
//! goal is 100 ms each.

#[path = "../../../tests/bench/cpu.rs"]
mod cpu;

use std::error::Error;

use tablewright_sam::{Options, Region, Regions, embed, remove};

const FUNCTION: &str = "
  Function{n}:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/f{n}
      Handler: bootstrap # of cargo-lambda
      Environment:
        Variables:
          STAGE: !Ref Stage
          # Where the others are.
          OTHERS: !Sub 'https://${Api}/{n}'
      Policies:
        - {DynamoDBReadPolicy: {TableName: !Ref Table}}
        - Statement:
            - Effect: Allow
              Action: ['s3:GetObject']
              Resource: \"arn:aws:s3:::bucket/{n}/*\"
      Events:
        Api:
          Type: HttpApi
";

type Run<'a> = &'a dyn Fn() -> Result<String, Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut template = "Transform: AWS::Serverless-2016-10-31\nResources:".to_owned();
    while template.lines().count() < 20_000 {
        let n = template.len();
        for n in n..n + 50 {
            template.push_str(&FUNCTION.replace("{n}", &n.to_string()));
        }
    }
    let table = "T{n}:\n  Type: AWS::DynamoDB::Table\n  Properties:\n    TableName: !Ref T{n}Name\n";
    let name = "T{n}Name:\n  Type: String\n  Default: demo-{n}\n";
    let all = |text: &str| (0..40).map(|n: u32| text.replace("{n}", &n.to_string())).collect::<String>();
    let regions = vec![Region::new(["Parameters"], all(name))?, Region::new(["Resources"], all(table))?];
    let regions = Regions { owner: "demo".to_owned(), regions };
    let embedded = embed(&template, &regions, Options::default())?.text;
    println!("{} bytes, {} lines", template.len(), template.lines().count());
    let runs: [(&str, Run<'_>); 3] = [
        ("embed", &|| Ok(embed(&template, &regions, Options::default())?.text)),
        ("embed again", &|| Ok(embed(&embedded, &regions, Options::default())?.text)),
        ("remove", &|| Ok(remove(&embedded, "demo", Options::default())?.text)),
    ];
    for (name, run) in runs {
        println!("{name}: {} ms of CPU", cpu::ms(cpu::least(run)));
    }
    Ok(())
}
