//! Every kind of fragment, as text and embedded in the function of a template.

use insta::assert_snapshot;
use tablewright::{Encryption, Global, Index, Place, Problem, Scalar, Stack, StreamView, Table};
use tablewright_sam::{
    Access, EmbedError, FragmentKind, Options, RegionsError, Request, Way, embed_fragment, env_json,
    fragment, remove,
};

pub(crate) fn stack() -> Stack {
    let mut stack = Stack::new("notes").name("demo-notes-dev");
    let note = stack.table(
        Table::define("NoteItem")
            .name("demo-dev-notes")
            .partition("userId", Scalar::S)
            .sort("noteId", Scalar::S)
            .gsi(Index::new("by-day").partition("day", Scalar::S).sort("noteId", Scalar::S))
            .gsi(Index::new("by-size").partition("size", Scalar::N))
            .stream(StreamView::NewAndOldImages),
    );
    stack.output("Name", note.name()).export("notes-name");
    stack.output("StreamArn", note.stream_arn().unwrap());
    stack.publish_ssm("/notes/name", note.name());
    stack.table(Table::define("Plain").name("demo-dev-plain").partition("id", Scalar::S));
    stack
}

/// Returns the text of a fragment for the function `Api` and the table `NoteItem`.
fn text(kind: FragmentKind, change: impl FnOnce(&mut Request<'_>)) -> String {
    let stack = stack();
    let mut request = Request::new(&stack, "NoteItem", "Api");
    change(&mut request);
    match fragment(kind, &request) {
        Ok(fragment) => fragment.text,
        Err(error) => panic!("{error}"),
    }
}

fn problem(stack: &Stack, kind: FragmentKind, change: impl FnOnce(&mut Request<'_>)) -> Problem {
    let mut request = Request::new(stack, "NoteItem", "Api");
    change(&mut request);
    match fragment(kind, &request).unwrap_err() {
        RegionsError::Problem(problem) => *problem,
        error => panic!("{error}"),
    }
}

#[test]
fn fragments_with_the_table_name() {
    assert_snapshot!(text(FragmentKind::Env, |_| {}), @"
    Environment:
      Variables:
        NOTE_ITEM_TABLE_NAME: !Ref NoteItemTableName
    ");
    assert_snapshot!(text(FragmentKind::Globals, |_| {}), @"
    Globals:
      Function:
        Environment:
          Variables:
            NOTE_ITEM_TABLE_NAME: !Ref NoteItemTableName
    ");
    assert_snapshot!(text(FragmentKind::Outputs, |_| {}), @"
    Outputs:
      NoteItemTableArn:
        Value: !GetAtt NoteItem.Arn
      NoteItemTableName:
        Value: !Ref NoteItemTableName
    ");
    assert_snapshot!(text(FragmentKind::EnvJson, |_| {}), @r#"
    {
      "Api": {
        "NOTE_ITEM_TABLE_NAME": "demo-dev-notes"
      }
    }
    "#);
}

#[test]
fn policies_grant_only_the_requested_access() {
    assert_snapshot!(text(FragmentKind::Policies, |_| {}), @"
    Policies:
      - Version: '2012-10-17'
        Statement:
          - Sid: NoteItemRead
            Effect: Allow
            Action:
              - dynamodb:BatchGetItem
              - dynamodb:ConditionCheckItem
              - dynamodb:DescribeTable
              - dynamodb:GetItem
              - dynamodb:Query
              - dynamodb:Scan
            Resource:
              - !GetAtt NoteItem.Arn
          - Sid: NoteItemReadIndexes
            Effect: Allow
            Action:
              - dynamodb:Query
              - dynamodb:Scan
            Resource:
              - !Sub '${NoteItem.Arn}/index/by-day'
              - !Sub '${NoteItem.Arn}/index/by-size'
    ");
    assert_snapshot!(text(FragmentKind::Policies, |request| request.access = Access::Write), @"
    Policies:
      - Version: '2012-10-17'
        Statement:
          - Sid: NoteItemWrite
            Effect: Allow
            Action:
              - dynamodb:BatchWriteItem
              - dynamodb:DeleteItem
              - dynamodb:PutItem
              - dynamodb:UpdateItem
            Resource:
              - !GetAtt NoteItem.Arn
    ");
    assert_snapshot!(text(FragmentKind::Policies, |request| request.access = Access::Crud), @"
    Policies:
      - Version: '2012-10-17'
        Statement:
          - Sid: NoteItemCrud
            Effect: Allow
            Action:
              - dynamodb:BatchGetItem
              - dynamodb:BatchWriteItem
              - dynamodb:ConditionCheckItem
              - dynamodb:DeleteItem
              - dynamodb:DescribeTable
              - dynamodb:GetItem
              - dynamodb:PutItem
              - dynamodb:Query
              - dynamodb:Scan
              - dynamodb:UpdateItem
            Resource:
              - !GetAtt NoteItem.Arn
          - Sid: NoteItemReadIndexes
            Effect: Allow
            Action:
              - dynamodb:Query
              - dynamodb:Scan
            Resource:
              - !Sub '${NoteItem.Arn}/index/by-day'
              - !Sub '${NoteItem.Arn}/index/by-size'
    ");
    assert_snapshot!(text(FragmentKind::Policies, |request| request.access = Access::Stream), @"
    Policies:
      - Version: '2012-10-17'
        Statement:
          - Sid: NoteItemStream
            Effect: Allow
            Action:
              - dynamodb:DescribeStream
              - dynamodb:GetRecords
              - dynamodb:GetShardIterator
            Resource:
              - !GetAtt NoteItem.StreamArn
          - Sid: NoteItemListStreams
            Effect: Allow
            Action:
              - dynamodb:ListStreams
            Resource:
              - !Sub '${NoteItem.Arn}/stream/*'
    ");
    assert_snapshot!(text(FragmentKind::Policies, |request| request.index = Some("by-day")), @"
    Policies:
      - Version: '2012-10-17'
        Statement:
          - Sid: NoteItemRead
            Effect: Allow
            Action:
              - dynamodb:Query
              - dynamodb:Scan
            Resource:
              - !Sub '${NoteItem.Arn}/index/by-day'
    ");
}

#[test]
fn policies_can_be_limited_to_keys_and_attributes() {
    assert_snapshot!(text(FragmentKind::Policies, |request| {
        request.index = Some("by-day");
        request.leading_keys = vec!["monday".to_owned()];
    }), @"
    Policies:
      - Version: '2012-10-17'
        Statement:
          - Sid: NoteItemRead
            Effect: Allow
            Action:
              - dynamodb:Query
            Resource:
              - !Sub '${NoteItem.Arn}/index/by-day'
            Condition:
              ForAllValues:StringEquals:
                dynamodb:LeadingKeys:
                  - monday
    ");
    assert_snapshot!(text(FragmentKind::Policies, |request| {
        request.access = Access::Crud;
        request.attributes = vec!["content".to_owned()];
    }), @"
    Policies:
      - Version: '2012-10-17'
        Statement:
          - Sid: NoteItemCrud
            Effect: Allow
            Action:
              - dynamodb:BatchGetItem
              - dynamodb:BatchWriteItem
              - dynamodb:ConditionCheckItem
              - dynamodb:DeleteItem
              - dynamodb:DescribeTable
              - dynamodb:GetItem
              - dynamodb:PutItem
              - dynamodb:Query
              - dynamodb:Scan
              - dynamodb:UpdateItem
            Resource:
              - !GetAtt NoteItem.Arn
            Condition:
              ForAllValues:StringEquals:
                dynamodb:Attributes:
                  - content
                  - day
                  - noteId
                  - size
                  - userId
              StringEqualsIfExists:
                dynamodb:ReturnValues:
                  - NONE
                  - UPDATED_NEW
                  - UPDATED_OLD
                dynamodb:Select: SPECIFIC_ATTRIBUTES
          - Sid: NoteItemReadIndexes
            Effect: Allow
            Action:
              - dynamodb:Query
              - dynamodb:Scan
            Resource:
              - !Sub '${NoteItem.Arn}/index/by-day'
              - !Sub '${NoteItem.Arn}/index/by-size'
            Condition:
              ForAllValues:StringEquals:
                dynamodb:Attributes:
                  - content
                  - day
                  - noteId
                  - size
                  - userId
              StringEqualsIfExists:
                dynamodb:ReturnValues:
                  - NONE
                  - UPDATED_NEW
                  - UPDATED_OLD
                dynamodb:Select: SPECIFIC_ATTRIBUTES
    ");
    let stack = stack();
    let mut request = Request::new(&stack, "Plain", "Api");
    request.leading_keys = vec!["a".to_owned(), "${b}".to_owned()];
    assert_snapshot!(fragment(FragmentKind::Policies, &request).unwrap().text, @"
    Policies:
      - Version: '2012-10-17'
        Statement:
          - Sid: PlainRead
            Effect: Allow
            Action:
              - dynamodb:BatchGetItem
              - dynamodb:ConditionCheckItem
              - dynamodb:GetItem
              - dynamodb:Query
            Resource:
              - !GetAtt Plain.Arn
            Condition:
              ForAllValues:StringEquals:
                dynamodb:LeadingKeys:
                  - a
                  - '${b}'
    ");
}

#[test]
fn a_key_of_yours_is_granted_too_and_through_dynamodb_only() {
    let granted = |key: &str, access: Access| {
        let mut stack = Stack::new("notes");
        let table = Table::define("Note").name("notes").partition("id", Scalar::S);
        stack.table(table.encryption(Encryption::customer_key(key)));
        let request = Request { access, ..Request::new(&stack, "Note", "Api") };
        let text = fragment(FragmentKind::Policies, &request).unwrap().text;
        text[text.find("      - Sid: NoteKey").unwrap()..].to_owned()
    };
    assert_snapshot!(granted("arn:aws:kms:eu-west-1:111122223333:key/abc", Access::Read), @"
    - Sid: NoteKey
      Effect: Allow
      Action:
        - kms:Decrypt
        - kms:DescribeKey
      Resource:
        - arn:aws:kms:eu-west-1:111122223333:key/abc
      Condition:
        StringEquals:
          kms:ViaService: !Sub 'dynamodb.${AWS::Region}.${AWS::URLSuffix}'
    ");
    assert_snapshot!(granted("1234abcd-12ab-34cd-56ef-1234567890ab", Access::Write), @"
    - Sid: NoteKey
      Effect: Allow
      Action:
        - kms:Decrypt
        - kms:DescribeKey
        - kms:Encrypt
        - 'kms:GenerateDataKey*'
        - 'kms:ReEncrypt*'
      Resource:
        - !Sub 'arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/1234abcd-12ab-34cd-56ef-1234567890ab'
      Condition:
        StringEquals:
          kms:ViaService: !Sub 'dynamodb.${AWS::Region}.${AWS::URLSuffix}'
    ");
    assert_snapshot!(granted("alias/notes", Access::Read), @"
    - Sid: NoteKey
      Effect: Allow
      Action:
        - kms:Decrypt
        - kms:DescribeKey
      Resource:
        - !Sub 'arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*'
      Condition:
        ForAnyValue:StringEquals:
          kms:ResourceAliases:
            - alias/notes
        StringEquals:
          kms:ViaService: !Sub 'dynamodb.${AWS::Region}.${AWS::URLSuffix}'
    ");
    assert_eq!(
        granted("arn:aws:kms:eu-west-1:111122223333:alias/notes", Access::Read),
        granted("alias/notes", Access::Read)
    );
}

#[test]
fn connectors_are_what_sam_can_grant() {
    assert_snapshot!(text(FragmentKind::Connector, |request| request.access = Access::Crud), @"
    Resources:
      ApiToNoteItem:
        Type: AWS::Serverless::Connector
        Properties:
          Destination:
            Id: NoteItem
          Permissions:
            - Read
            - Write
          Source:
            Id: Api
    ");
    assert_snapshot!(text(FragmentKind::Connector, |request| request.access = Access::Stream), @"
    Resources:
      NoteItemToApi:
        Type: AWS::Serverless::Connector
        Properties:
          Destination:
            Id: Api
          Permissions:
            - Read
          Source:
            Id: NoteItem
    ");
    assert_snapshot!(text(FragmentKind::Connector, |request| request.way = Way::Parameter), @"
    Resources:
      ApiToNoteItem:
        Type: AWS::Serverless::Connector
        Properties:
          Destination:
            Type: AWS::DynamoDB::Table
            Arn: !Sub 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${NoteItemTableName}'
          Permissions:
            - Read
          Source:
            Id: Api
    ");
}

#[test]
fn a_stream_is_an_event_of_the_function() {
    assert_snapshot!(text(FragmentKind::Events, |_| {}), @"
    Events:
      NoteItemStream:
        Type: DynamoDB
        Properties:
          BisectBatchOnFunctionError: true
          MaximumRetryAttempts: 10
          StartingPosition: TRIM_HORIZON
          Stream: !GetAtt NoteItem.StreamArn
    ");
}

#[test]
fn a_table_elsewhere_is_referred_to_in_each_way() {
    let env = |way: Way| text(FragmentKind::Env, |request| request.way = way);
    let event = |way: Way| {
        let text = text(FragmentKind::Events, |request| request.way = way);
        text[text.find("Stream: ").or(text.find("Stream:\n        Fn")).unwrap()..].to_owned()
    };
    assert_eq!(env(Way::Nested), env(Way::Embedded));
    assert_eq!(env(Way::Include), env(Way::Embedded));
    assert_eq!(env(Way::Parameter), env(Way::Embedded));
    assert_eq!(env(Way::Ssm), env(Way::Embedded));
    assert_snapshot!(env(Way::GetStackOutput), @"
    Environment:
      Variables:
        NOTE_ITEM_TABLE_NAME:
          Fn::GetStackOutput:
            OutputName: Name
            StackName: demo-notes-dev
    ");
    assert_snapshot!(env(Way::ImportValue), @"
    Environment:
      Variables:
        NOTE_ITEM_TABLE_NAME: !ImportValue notes-name
    ");
    assert_snapshot!(event(Way::GetStackOutput), @"
    Stream:
            Fn::GetStackOutput:
              OutputName: StreamArn
              StackName: demo-notes-dev
    ");
    assert_eq!(event(Way::Nested), "Stream: !GetAtt Notes.Outputs.StreamArn\n");
    assert_eq!(event(Way::Parameter), "Stream: !Ref NoteItemStreamArn\n");
    let policies = |way: Way| {
        let text = text(FragmentKind::Policies, |request| request.way = way);
        text.lines().filter(|line| line.contains("arn:")).map(|line| format!("{line}\n")).collect::<String>()
    };
    assert_snapshot!(policies(Way::Parameter), @"
    - !Sub 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${NoteItemTableName}'
    - !Sub 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${NoteItemTableName}/index/by-day'
    - !Sub 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${NoteItemTableName}/index/by-size'
    ");
    assert_eq!(policies(Way::Ssm), policies(Way::Parameter));
    assert_snapshot!(policies(Way::ImportValue), @"
    - 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Name}'
          - 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Name}'
          - 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Name}'
    ");
    assert_snapshot!(policies(Way::GetStackOutput), @"
    - 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Name}'
          - 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Name}'
          - 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Name}'
    ");
}

#[test]
fn requests_that_cannot_be_granted_are_problems_with_a_source_location() {
    let stack = stack();
    let here = |problem: &Problem, at: &Place| {
        assert_eq!(&problem.at, at, "{}", problem.message);
        assert!(problem.help.is_some(), "{}", problem.message);
    };
    let table = &stack.tables[0].at;
    let check = |kind, change: fn(&mut Request<'_>), rule: &str, message: &str, at: &Place| {
        let problem = problem(&stack, kind, change);
        assert_eq!((problem.rule.as_str(), problem.message.as_str()), (rule, message));
        here(&problem, at);
    };
    let plain = &stack.tables[1].at;
    let no_stream = "table `Plain` has no stream";
    check(FragmentKind::Events, |it| it.table = "Plain", "SAM3", no_stream, plain);
    check(
        FragmentKind::Policies,
        |it| (it.table, it.access) = ("Plain", Access::Stream),
        "SAM3",
        no_stream,
        plain,
    );
    check(
        FragmentKind::Connector,
        |it| (it.table, it.access) = ("Plain", Access::Stream),
        "SAM3",
        no_stream,
        plain,
    );
    let of_plain = problem(&stack, FragmentKind::Events, |it| it.table = "Plain");
    assert_eq!(of_plain.help.unwrap(), "add `.stream(StreamView::NewAndOldImages)` to the table");
    let no_table = "stack `notes` has no table `NoteItm`";
    check(FragmentKind::Env, |it| it.table = "NoteItm", "SAM6", no_table, &stack.at);
    let near = problem(&stack, FragmentKind::Env, |it| it.table = "NoteItm");
    assert_eq!(near.help.as_deref(), Some("did you mean `NoteItem`?"));
    let no_index = "table `NoteItem` has no index `by-dya`";
    check(FragmentKind::Policies, |it| it.index = Some("by-dya"), "SAM6", no_index, table);
    let near = problem(&stack, FragmentKind::Policies, |it| it.index = Some("by-dya"));
    assert_eq!(near.help.as_deref(), Some("did you mean `by-day`?"));
    for access in [Access::Write, Access::Crud] {
        let problem = problem(&stack, FragmentKind::Policies, |it| {
            (it.index, it.access) = (Some("by-day"), access);
        });
        assert_eq!(problem.message, "indexes of table `NoteItem` are read-only");
    }
    let whole = "access to the stream of table `NoteItem` cannot be limited to an index, keys or attributes";
    check(
        FragmentKind::Policies,
        |it| (it.index, it.access) = (Some("by-day"), Access::Stream),
        "SAM6",
        whole,
        table,
    );
    let texts = "leading keys are compared as strings, but table `NoteItem` has a partition key that is not a single string attribute";
    check(FragmentKind::Policies, |it| it.leading_keys = vec!["a".into()], "SAM6", texts, table);
    let wide = "a connector always grants access to the whole table and all of its indexes";
    check(FragmentKind::Connector, |it| it.index = Some("by-day"), "SAM6", wide, table);
    check(FragmentKind::Connector, |it| it.attributes = vec!["a".into()], "SAM6", wide, table);
    let import = "the stream ARN of table `NoteItem` cannot be imported";
    check(FragmentKind::Events, |it| it.way = Way::ImportValue, "SAM5", import, table);
    let no_output = "stack `notes` has no output with the name of table `Plain`";
    let plain_by = |it: &mut Request<'_>| (it.table, it.way) = ("Plain", Way::GetStackOutput);
    check(FragmentKind::Env, plain_by, "SAM4", no_output, &stack.at);
    let mut conditional = stack.clone();
    conditional.outputs[0].condition = Some("IsProd".to_owned());
    let sometimes = problem(&conditional, FragmentKind::Env, |it| it.way = Way::GetStackOutput);
    assert_eq!(sometimes.message, "stack `notes` has no output with the name of table `NoteItem`");
    let unpublished = "stack `notes` does not publish the stream of table `NoteItem`";
    check(FragmentKind::Events, |it| it.way = Way::Ssm, "SAM4", unpublished, &stack.at);

    let mut global = Stack::new("notes");
    let table = Table::define("NoteItem").name("notes").partition("id", Scalar::S);
    global.table(table.global(Global::single_replica()));
    let problem = problem(&global, FragmentKind::Connector, |_| {});
    assert_eq!(problem.message, "connectors do not support global tables, and `NoteItem` is a global table");
    here(&problem, &global.tables[0].at);
}

/// What the fragments refer to.
const DEFINITIONS: &str = "  NoteItem:
    Type: AWS::DynamoDB::Table
  Plain:
    Type: AWS::DynamoDB::Table
Parameters:
  NoteItemTableName: {Type: String}
  PlainTableName: {Type: String}
";

/// Returns a template whose function has the given properties, with [`DEFINITIONS`] at its end.
fn template(properties: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Api: # ours\n    Type: AWS::Serverless::Function\n{properties}  Topic:\n    Type: AWS::SNS::Topic\n{DEFINITIONS}"
    )
}

/// Embeds a fragment, checks that embedding again changes nothing and that removing restores the template, and returns the text
/// without the definitions.
fn embedded(template: &str, kind: FragmentKind, access: Access) -> String {
    let stack = stack();
    let request = Request { access, ..Request::new(&stack, "NoteItem", "Api") };
    let fragment = fragment(kind, &request).unwrap();
    let edit = embed_fragment(template, &fragment, Options::default())
        .unwrap_or_else(|error| panic!("{error}\n{template}"));
    let again = embed_fragment(&edit.text, &fragment, Options::default()).unwrap();
    assert_eq!(again.text, edit.text);
    assert_eq!(edit.warnings, []);
    assert_eq!(remove(&edit.text, "notes", Options::default()).unwrap().text, template);
    edit.text.replace(DEFINITIONS, "")
}

#[test]
fn a_fragment_is_embedded_in_the_function() {
    let of = |properties: &str, kind| embedded(&template(properties), kind, Access::Read);
    assert_snapshot!(of("    Properties:\n      Handler: a\n      Environment:\n        Variables: {}\n", FragmentKind::Env), @r#"
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Api: # ours
        Type: AWS::Serverless::Function
        Properties:
          Handler: a
          Environment:
            Variables:
              # >>> tablewright v1 notes.NoteItem.Api Resources/Api/Properties/Environment/Variables sha256:082472fd41bb00bf was:" {}"
              # From src/sam/tests/sam/fragments.rs. Do not edit: change it there, then embed again.
              NOTE_ITEM_TABLE_NAME: !Ref NoteItemTableName
              # <<< tablewright notes.NoteItem.Api Resources/Api/Properties/Environment/Variables
      Topic:
        Type: AWS::SNS::Topic
    "#);
    assert_snapshot!(of("    Properties:\n        Handler: a # deep\n", FragmentKind::Env), @"
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Api: # ours
        Type: AWS::Serverless::Function
        Properties:
            Handler: a # deep
            Environment:
                Variables:
                    # >>> tablewright v1 notes.NoteItem.Api Resources/Api/Properties/Environment/Variables sha256:082472fd41bb00bf made:2
                    # From src/sam/tests/sam/fragments.rs. Do not edit: change it there, then embed again.
                    NOTE_ITEM_TABLE_NAME: !Ref NoteItemTableName
                    # <<< tablewright notes.NoteItem.Api Resources/Api/Properties/Environment/Variables
      Topic:
        Type: AWS::SNS::Topic
    ");
    assert_snapshot!(of("    Properties:\n      Environment:\n        Variables:\n          LOG: info # how much\n      Handler: a\n", FragmentKind::Env), @"
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Api: # ours
        Type: AWS::Serverless::Function
        Properties:
          Environment:
            Variables:
              LOG: info # how much
              # >>> tablewright v1 notes.NoteItem.Api Resources/Api/Properties/Environment/Variables sha256:082472fd41bb00bf
              # From src/sam/tests/sam/fragments.rs. Do not edit: change it there, then embed again.
              NOTE_ITEM_TABLE_NAME: !Ref NoteItemTableName
              # <<< tablewright notes.NoteItem.Api Resources/Api/Properties/Environment/Variables
          Handler: a
      Topic:
        Type: AWS::SNS::Topic
    ");
    assert_snapshot!(of("    Properties: {Handler: a, Environment: {Variables: {LOG: info}}}\n", FragmentKind::Env), @r#"
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Api: # ours
        Type: AWS::Serverless::Function
        Properties: {Handler: a, Environment: {Variables: {
          # >>> tablewright v1 notes.NoteItem.Api Resources/Api/Properties/Environment/Variables sha256:3272800411bfc192 inline
          "NOTE_ITEM_TABLE_NAME": {
            "Ref": "NoteItemTableName"
          },
          # <<< tablewright notes.NoteItem.Api Resources/Api/Properties/Environment/Variables
          LOG: info}}}
      Topic:
        Type: AWS::SNS::Topic
    "#);
    assert_snapshot!(of("    Properties:\n      Events: {}\n      Handler: a\n", FragmentKind::Events), @r#"
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Api: # ours
        Type: AWS::Serverless::Function
        Properties:
          Events:
            # >>> tablewright v1 notes.NoteItem.Api Resources/Api/Properties/Events sha256:3bf4c1a44a668768 was:" {}"
            # From src/sam/tests/sam/fragments.rs. Do not edit: change it there, then embed again.
            NoteItemStream:
              Type: DynamoDB
              Properties:
                BisectBatchOnFunctionError: true
                MaximumRetryAttempts: 10
                StartingPosition: TRIM_HORIZON
                Stream: !GetAtt NoteItem.StreamArn
            # <<< tablewright notes.NoteItem.Api Resources/Api/Properties/Events
          Handler: a
      Topic:
        Type: AWS::SNS::Topic
    "#);
}

#[test]
fn policies_are_added_to_block_and_flow_lists() {
    let of = |properties: &str| embedded(&template(properties), FragmentKind::Policies, Access::Stream);
    assert_snapshot!(of("    Properties:\n      Policies:\n      - A # zero\n      - DynamoDBReadPolicy:\n          TableName: x\n      Handler: a\n"), @"
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Api: # ours
        Type: AWS::Serverless::Function
        Properties:
          Policies:
          - A # zero
          - DynamoDBReadPolicy:
              TableName: x
          # >>> tablewright v1 notes.NoteItem.Api Resources/Api/Properties/Policies sha256:2f48f3720f420e80
          # From src/sam/tests/sam/fragments.rs. Do not edit: change it there, then embed again.
          - Version: '2012-10-17'
            Statement:
              - Sid: NoteItemStream
                Effect: Allow
                Action:
                  - dynamodb:DescribeStream
                  - dynamodb:GetRecords
                  - dynamodb:GetShardIterator
                Resource:
                  - !GetAtt NoteItem.StreamArn
              - Sid: NoteItemListStreams
                Effect: Allow
                Action:
                  - dynamodb:ListStreams
                Resource:
                  - !Sub '${NoteItem.Arn}/stream/*'
          # <<< tablewright notes.NoteItem.Api Resources/Api/Properties/Policies
          Handler: a
      Topic:
        Type: AWS::SNS::Topic
    ");
    assert_snapshot!(of("    Properties:\n      Policies: [A, B]\n"), @r#"
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Api: # ours
        Type: AWS::Serverless::Function
        Properties:
          Policies: [
            # >>> tablewright v1 notes.NoteItem.Api Resources/Api/Properties/Policies sha256:29aa199cdbac6684 inline
            {
              "Version": "2012-10-17",
              "Statement": [
                {
                  "Sid": "NoteItemStream",
                  "Effect": "Allow",
                  "Action": [
                    "dynamodb:DescribeStream",
                    "dynamodb:GetRecords",
                    "dynamodb:GetShardIterator"
                  ],
                  "Resource": [
                    {
                      "Fn::GetAtt": [
                        "NoteItem",
                        "StreamArn"
                      ]
                    }
                  ]
                },
                {
                  "Sid": "NoteItemListStreams",
                  "Effect": "Allow",
                  "Action": [
                    "dynamodb:ListStreams"
                  ],
                  "Resource": [
                    {
                      "Fn::Sub": "${NoteItem.Arn}/stream/*"
                    }
                  ]
                }
              ]
            },
            # <<< tablewright notes.NoteItem.Api Resources/Api/Properties/Policies
            A, B]
      Topic:
        Type: AWS::SNS::Topic
    "#);
    assert_snapshot!(of("    Properties:\n      Policies: []\n"), @r#"
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Api: # ours
        Type: AWS::Serverless::Function
        Properties:
          Policies:
            # >>> tablewright v1 notes.NoteItem.Api Resources/Api/Properties/Policies sha256:2f48f3720f420e80 was:" []"
            # From src/sam/tests/sam/fragments.rs. Do not edit: change it there, then embed again.
            - Version: '2012-10-17'
              Statement:
                - Sid: NoteItemStream
                  Effect: Allow
                  Action:
                    - dynamodb:DescribeStream
                    - dynamodb:GetRecords
                    - dynamodb:GetShardIterator
                  Resource:
                    - !GetAtt NoteItem.StreamArn
                - Sid: NoteItemListStreams
                  Effect: Allow
                  Action:
                    - dynamodb:ListStreams
                  Resource:
                    - !Sub '${NoteItem.Arn}/stream/*'
            # <<< tablewright notes.NoteItem.Api Resources/Api/Properties/Policies
      Topic:
        Type: AWS::SNS::Topic
    "#);
    assert_snapshot!(of("    Properties:\n      Handler: a\n"), @"
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Api: # ours
        Type: AWS::Serverless::Function
        Properties:
          Handler: a
          Policies:
            # >>> tablewright v1 notes.NoteItem.Api Resources/Api/Properties/Policies sha256:2f48f3720f420e80 made:1
            # From src/sam/tests/sam/fragments.rs. Do not edit: change it there, then embed again.
            - Version: '2012-10-17'
              Statement:
                - Sid: NoteItemStream
                  Effect: Allow
                  Action:
                    - dynamodb:DescribeStream
                    - dynamodb:GetRecords
                    - dynamodb:GetShardIterator
                  Resource:
                    - !GetAtt NoteItem.StreamArn
                - Sid: NoteItemListStreams
                  Effect: Allow
                  Action:
                    - dynamodb:ListStreams
                  Resource:
                    - !Sub '${NoteItem.Arn}/stream/*'
            # <<< tablewright notes.NoteItem.Api Resources/Api/Properties/Policies
      Topic:
        Type: AWS::SNS::Topic
    ");
}

#[test]
fn several_fragments_of_a_function_can_be_removed_in_any_order() {
    let start = template("    Properties:\n      Handler: a\n");
    let stack = stack();
    let make = |table, kind| fragment(kind, &Request::new(&stack, table, "Api")).unwrap();
    let put =
        |text: &str, table, kind| embed_fragment(text, &make(table, kind), Options::default()).unwrap().text;
    let kinds = [FragmentKind::Env, FragmentKind::Policies, FragmentKind::Connector];
    let mut text = start.clone();
    for table in ["NoteItem", "Plain"] {
        for kind in kinds {
            text = put(&text, table, kind);
        }
    }
    text = put(&text, "NoteItem", FragmentKind::Events);
    text = put(&text, "Plain", FragmentKind::Globals);
    let without = |text: &str, owner: &str| remove(text, owner, Options::default()).unwrap().text;
    assert_eq!(without(&text, "notes"), start);
    let one = without(&text, "notes.NoteItem");
    assert!(one.contains("PLAIN_TABLE_NAME") && !one.contains("NOTE_ITEM_TABLE_NAME"), "{one}");
    assert_eq!(without(&one, "notes.Plain"), start);
    let other = without(&without(&text, "notes.Plain.Api"), "notes.Plain");
    assert_eq!(without(&other, "notes.NoteItem.Api"), start);
}

#[test]
fn created_keys_are_kept_if_other_entries_were_added() {
    let text = embedded(&template("    Properties:\n      Handler: a\n"), FragmentKind::Env, Access::Read);
    let template = |properties: &str| template(properties).replace(DEFINITIONS, "");
    let more = text.replace("      Environment:\n", "      Environment:\n        Other: x\n");
    assert_ne!(more, text);
    let left = remove(&more, "notes", Options::default()).unwrap().text;
    assert_eq!(left, template("    Properties:\n      Handler: a\n      Environment:\n        Other: x\n"));
    let behind = text.replace("  Topic:\n", "        Other: x\n  Topic:\n");
    let left = remove(&behind, "notes", Options::default()).unwrap().text;
    assert_eq!(left, template("    Properties:\n      Handler: a\n      Environment:\n        Other: x\n"));
}

#[test]
fn templates_that_cannot_take_a_fragment_are_refused_with_the_position() {
    let refused = |template: &str, kind, message: &str, hint: &str| {
        let stack = stack();
        let fragment = fragment(kind, &Request::new(&stack, "NoteItem", "Api")).unwrap();
        let error = embed_fragment(template, &fragment, Options::default()).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.hint().as_deref()),
            (message, Some(hint)),
            "{template}"
        );
    };
    let block = "write it in block style, one entry per line";
    refused(
        &template("    Properties:\n      Policies: AmazonDynamoDBFullAccess\n"),
        FragmentKind::Policies,
        "line 6, column 7: cannot add to `Resources/Api/Properties/Policies`: it is a scalar",
        "write it as a list:\nPolicies:\n  - AmazonDynamoDBFullAccess",
    );
    refused(
        &template("    Properties:\n      Policies:\n        Statement: []\n"),
        FragmentKind::Policies,
        "line 6, column 7: cannot add to `Resources/Api/Properties/Policies`: it is a mapping, expected a list",
        "write it as a list:\nPolicies:\n  - Statement: []",
    );
    refused(
        &template("    Properties:\n      Environment: *env\n"),
        FragmentKind::Env,
        "line 6, column 7: cannot add to `Resources/Api/Properties/Environment`: it is an alias",
        block,
    );
    refused(
        &template("    Properties:\n      Environment:\n        Variables:\n          Fn::If: [a, b, c]\n"),
        FragmentKind::Env,
        "line 7, column 9: cannot add to `Resources/Api/Properties/Environment/Variables`: it is computed by an intrinsic function",
        block,
    );
    refused(
        &template(
            "    Properties:\n      Environment:\n        Variables:\n          NOTE_ITEM_TABLE_NAME: x\n",
        ),
        FragmentKind::Env,
        "`NOTE_ITEM_TABLE_NAME` is already defined in line 8",
        "rename or delete one of them: SAM keeps only the last one without a warning",
    );
    let no_function = "the template has no function `Api`";
    let other = template("").replace("  Api:", "  Apis:");
    refused(&other, FragmentKind::Env, no_function, "did you mean `Apis`?");
    let several = template("").replace("  Api:", "  Reports:");
    refused(&several, FragmentKind::Policies, no_function, "it has Reports");
    refused("Transform: X\n", FragmentKind::Events, no_function, "it has no functions");
    let topic = template("").replace("Serverless::Function", "SNS::Topic");
    refused(
        &topic,
        FragmentKind::Env,
        "line 3, column 3: `Api` is an `AWS::SNS::Topic`, not an `AWS::Serverless::Function`",
        "pass the logical id of an `AWS::Serverless::Function`",
    );
    let plain = template("    Properties:\n      Handler: a\n").replace("Serverless::", "Lambda::");
    embedded(&plain, FragmentKind::Env, Access::Read);
    refused(
        &plain,
        FragmentKind::Policies,
        "line 3, column 3: `Api` is an `AWS::Lambda::Function`, not an `AWS::Serverless::Function`",
        "pass the logical id of an `AWS::Serverless::Function`",
    );
    let stack = stack();
    let json = fragment(FragmentKind::EnvJson, &Request::new(&stack, "NoteItem", "Api")).unwrap();
    assert!(matches!(embed_fragment(&plain, &json, Options::default()), Err(EmbedError::Internal(_))));
}

/// The hint for a value that is not a list is a text that the user can paste: with it, the fragment can be embedded.
#[test]
fn a_single_policy_is_shown_as_the_item_of_a_list() {
    let check = |policies: &str, expected: &str| {
        let head =
            "Resources:\n  Api:\n    Type: AWS::Serverless::Function\n    Properties:\n      Policies:";
        let template = format!("{head}{policies}\n      Handler: a\n");
        let stack = stack();
        let fragment = fragment(FragmentKind::Policies, &Request::new(&stack, "NoteItem", "Api")).unwrap();
        let error = embed_fragment(&template, &fragment, Options::default()).unwrap_err();
        assert_eq!(error.position().map(|position| position.line), Some(5), "{error}");
        let hint = error.hint().unwrap();
        let list = hint.strip_prefix("write it as a list:\nPolicies:").unwrap();
        assert_eq!(list, expected, "{template}");
        if !list.contains('…') {
            let template =
                format!("{head}{}\n      Handler: a\n{DEFINITIONS}", list.replace('\n', "\n      "));
            let text = embed_fragment(&template, &fragment, Options::default()).unwrap().text;
            assert!(text.starts_with(&template[..template.find("      Handler").unwrap()]), "{text}");
        }
    };
    check(" AmazonS3ReadOnlyAccess", "\n  - AmazonS3ReadOnlyAccess");
    check(" 'A' # why", "\n  - 'A'");
    check("\n        \"A\"", "\n  - \"A\"");
    check(" !Ref Policy", "\n  - !Ref Policy");
    check(" !Sub >-\n        arn:\n        x", "\n  - !Sub >-\n      arn:\n      x");
    check(" {S3ReadPolicy: {BucketName: demo}}", "\n  - {S3ReadPolicy: {BucketName: demo}}");
    check("\n        Fn::Sub: x", "\n  - Fn::Sub: x");
    check(
        "\n        S3ReadPolicy:\n          BucketName: demo # the one\n\n          # More.\n          X: y\n        Other: {}",
        "\n  - S3ReadPolicy:\n      BucketName: demo # the one\n\n      # More.\n      X: y\n    Other: {}",
    );
    check(" # why\n         Statement:\n         - Effect: Allow", "\n  - Statement:\n    - Effect: Allow");
    let long = (1..=20).map(|number| format!("\n        K{number}: v")).collect::<String>();
    let shown = (2..=12).map(|number| format!("\n    K{number}: v")).collect::<String>();
    check(&long, &format!("\n  - K1: v{shown}\n    …"));
    for unclear in [
        " !If [A, b, c]",
        "\n        Fn::If: [A, b, c]",
        " *p",
        " !Split [a, b]",
        " !FindInMap [a, b, c]",
        " &p",
    ] {
        check(unclear, "\n  - …");
    }
}

#[test]
fn templates_whose_policies_are_one_mapping_or_one_text_are_refused() {
    let mapping = include_str!("cases/policies-is-one-mapping.yaml");
    let text = include_str!("cases/policies-is-one-text.yaml");
    let stack = stack();
    let fragment = fragment(FragmentKind::Policies, &Request::new(&stack, "NoteItem", "Reader")).unwrap();
    for (template, hint) in [
        (mapping, "write it as a list:\nPolicies:\n  - S3ReadPolicy:\n      BucketName: demo"),
        (text, "write it as a list:\nPolicies:\n  - AmazonS3ReadOnlyAccess"),
    ] {
        let error = embed_fragment(template, &fragment, Options::default()).unwrap_err();
        assert_eq!(error.hint().as_deref(), Some(hint));
        assert_eq!(error.position().map(|position| position.line), Some(9));
    }
}

#[test]
fn env_json_has_the_names_of_all_tables() {
    let table = || Table::define("Note").name("notes").partition("user", Scalar::S).sort("id", Scalar::S);
    let stack = |table: Table| {
        let mut stack = Stack::new("notes");
        stack.table(table);
        stack
    };
    let other = {
        let mut stack = Stack::new("shop");
        stack.table(Table::define("CartItem").name("carts").partition("id", Scalar::S));
        stack
    };
    let names = env_json([&stack(table()), &other]).unwrap();
    assert_eq!(
        names,
        serde_json::json!({ "Parameters": { "CART_ITEM_TABLE_NAME": "carts", "NOTE_TABLE_NAME": "notes" } })
    );
    assert!(env_json([&stack(table().generated_name())]).is_err());
}
