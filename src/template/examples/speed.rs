//! Measures parsing a large template: `cargo run --release -p tablewright-template --example speed`.
//!
//! Prints the shortest time of several runs, in milliseconds, for YAML and for the same template as JSON. The goal is 60 ms for
//! 1.4 MB of YAML, including `to_value`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use tablewright_template::{JsonLayout, ParseError, parse};

const TABLE: &str = "
  Table{n}:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      TableName: !Sub '${Stage}-orders-{n}'
      BillingMode: PAY_PER_REQUEST
      DeletionProtectionEnabled: true
      AttributeDefinitions:
        - AttributeName: customerId
          AttributeType: 'S'
        - AttributeName: createdAt
          AttributeType: 'N'
      KeySchema:
        - AttributeName: customerId
          KeyType: HASH
      # Newest first.
      GlobalSecondaryIndexes:
        - IndexName: by-date
          KeySchema:
            - {AttributeName: customerId, KeyType: HASH}
            - {AttributeName: createdAt, KeyType: RANGE}
          Projection:
            ProjectionType: ALL
      SSESpecification:
        SSEEnabled: true
        KMSMasterKeyId: !GetAtt Key.Arn
      Tags:
        - Key: owner
          Value: \"team \\\"orders\\\"\"
";

fn main() -> Result<(), ParseError> {
    let mut yaml = "Resources:".to_owned();
    for n in 0.. {
        if yaml.len() >= 1_400_000 {
            break;
        }
        yaml.push_str(&TABLE.replace("{n}", &n.to_string()));
    }
    let template = parse(&yaml)?;
    for (name, text) in [
        ("YAML", &yaml),
        ("pretty JSON", &template.write_json(JsonLayout::Pretty)),
        ("compact JSON", &template.write_json(JsonLayout::Compact)),
    ] {
        let (mut parsing, mut converting) = (Duration::MAX, Duration::MAX);
        for _ in 0..30 {
            let start = Instant::now();
            let template = parse(text)?;
            parsing = parsing.min(start.elapsed());
            let start = Instant::now();
            black_box(template.to_value());
            converting = converting.min(start.elapsed());
        }
        println!("{name}: {} bytes, parse {parsing:.1?}, to_value {converting:.1?}", text.len());
    }
    Ok(())
}
