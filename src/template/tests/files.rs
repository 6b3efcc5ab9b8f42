//! Files with other encodings, other formats, and templates of other tools.

use serde_json::{Value, json};
use tablewright_template::{MAX_BYTES, ParseErrorKind, parse, parse_bytes};

fn check_refused(bytes: &[u8], message: &str) {
    match parse_bytes(bytes) {
        Ok(node) => panic!("{message:?} should be said, and it is {}", node.to_value()),
        Err(error) => assert_eq!(error.to_string(), message),
    }
}

fn check(text: &str, pointer: &str, value: impl Into<Value>) {
    let node =
        parse_bytes(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{}", error.excerpt(text)));
    let found = node.pointer(pointer).unwrap_or_else(|| panic!("there is no {pointer}"));
    assert_eq!(found.to_value(), value.into(), "{pointer}");
}

#[test]
fn other_encodings() {
    let utf_16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
        let text = "Resources: {}\n".encode_utf16().flat_map(bytes);
        mark.into_iter().chain(text).collect::<Vec<u8>>()
    };
    let message = "line 1, column 1: UTF-16: a template is text in UTF-8";
    check_refused(&utf_16([0xff, 0xfe], u16::to_le_bytes), message);
    check_refused(&utf_16([0xfe, 0xff], u16::to_be_bytes), message);
    // Without a byte order mark, every second character is NUL.
    check_refused(
        &utf_16([0xff, 0xfe], u16::to_le_bytes)[2..],
        "line 1, column 2: YAML not well-formed: unexpected character: `\\u{0}'",
    );
    check_refused(b"a: b\r\nc: caf\xe9\n", "line 2, column 7: not UTF-8: a template is text in UTF-8");
    check_refused(b"\xef\xbb\xbfa: \xff", "line 1, column 4: not UTF-8: a template is text in UTF-8");
    check_refused(b"a: \xe2\x82", "line 1, column 4: not UTF-8: a template is text in UTF-8");
    let error = parse_bytes(b"a: \xe9").expect_err("Latin-1");
    assert_eq!(error.hint().as_deref(), Some("save the file as UTF-8"));
    // A byte order mark of UTF-8 is not part of the text.
    check("\u{feff}Resources: {}\n", "/Resources", json!({}));
    check("\u{feff}{\"Resources\": {}}\n", "/Resources", json!({}));
}

#[test]
fn control_characters() {
    check_refused(b"a: \0\n", "line 1, column 4: YAML not well-formed: unexpected character: `\\u{0}'");
    check_refused(b"\0", "line 1, column 1: YAML not well-formed: unexpected character: `\\u{0}'");
    check_refused(
        b"{\"a\": \"\0\"}",
        "line 1, column 7: JSON not well-formed: a string with an invalid escape or a control character",
    );
    check_refused(b"{\"a\":\0 1}", "line 1, column 6: JSON not well-formed: expected a value");
    check("a: \"\\0\"\n", "/a", "\0");
}

#[test]
fn tabs() {
    check_refused(
        b"Resources:\n\tT:\n\t\tType: AWS::X::Y\n",
        "line 2, column 2: YAML not well-formed: tabs disallowed within this context (block indentation)",
    );
    check("Resources:\t{}\t# a comment\n", "/Resources", json!({}));
    check("{\n\t\"Resources\":\t{}\n}\n", "/Resources", json!({}));
}

#[test]
fn files_that_are_not_templates() {
    check_refused(
        b"\x7fELF\x02\x01\x01\0",
        "line 1, column 1: YAML not well-formed: unexpected character: `\\u{7f}'",
    );
    check_refused(b"\x89PNG\r\n", "line 1, column 1: not UTF-8: a template is text in UTF-8");
    check_refused(b"PK\x03\x04", "line 1, column 1: YAML not well-formed: unexpected character: `\\u{3}'");
    check_refused(
        b"{\n  // the tables\n  \"Resources\": {}\n}\n",
        "line 2, column 3: JSON not well-formed: expected a key in double quotes",
    );
    check_refused(
        b"{ /* the tables */ \"Resources\": {} }",
        "line 1, column 3: JSON not well-formed: expected a key in double quotes",
    );
    check_refused(
        b"{\"Resources\": {},}",
        "line 1, column 18: JSON not well-formed: expected a key in double quotes",
    );
    check_refused(
        b"<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code></Error>\n<a: b/>",
        "line 3, column 3: YAML not well-formed: mapping values are not allowed in this context",
    );
    check_refused(
        b"resource \"aws_dynamodb_table\" \"notes\" {\n  name = \"notes\"\n}\nx: y\n",
        "line 4, column 2: YAML not well-formed: mapping values are not allowed in this context",
    );
    // In YAML any line is a string. The caller has to check that the root is a mapping.
    check("Not a template\n", "", "Not a template");
}

#[test]
fn a_file_of_fifty_megabytes_is_too_long() {
    // The length is checked before the encoding and the brackets.
    for bytes in [vec![0xff_u8; 50 << 20], vec![b'['; MAX_BYTES + 1]] {
        let error = parse_bytes(&bytes).expect_err("too long");
        assert_eq!(error.kind(), &ParseErrorKind::TooLong { bytes: bytes.len() });
    }
    let text = "[".repeat(MAX_BYTES + 1);
    assert!(matches!(
        parse(&text).map_err(|error| error.kind().clone()),
        Err(ParseErrorKind::TooLong { .. })
    ));
}

#[test]
fn a_template_of_the_cdk() {
    let text = r#"{
 "Resources": {
  "Table8235A42E": {
   "Type": "AWS::DynamoDB::Table",
   "Properties": {
    "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
    "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
    "ProvisionedThroughput": { "ReadCapacityUnits": 5, "WriteCapacityUnits": 5 }
   },
   "UpdateReplacePolicy": "Retain",
   "DeletionPolicy": "Retain",
   "Metadata": { "aws:cdk:path": "Notes/Table/Resource" }
  },
  "CDKMetadata": {
   "Type": "AWS::CDK::Metadata",
   "Properties": { "Analytics": "v2:deflate64:H4sIAAAAAAAA/zPSMzIw" },
   "Condition": "CDKMetadataAvailable"
  }
 },
 "Conditions": {
  "CDKMetadataAvailable": { "Fn::Or": [{ "Fn::Equals": [{ "Ref": "AWS::Region" }, "af-south-1"] }] }
 },
 "Parameters": {
  "BootstrapVersion": {
   "Type": "AWS::SSM::Parameter::Value<String>",
   "Default": "/cdk-bootstrap/hnb659fds/version",
   "Description": "Version of the CDK Bootstrap resources in this environment, automatically retrieved from SSM Parameter Store. [cdk:skip]"
  }
 },
 "Rules": {
  "CheckBootstrapVersion": {
   "Assertions": [{ "Assert": { "Fn::Not": [{ "Fn::Contains": [["1", "2"], { "Ref": "BootstrapVersion" }] }] } }]
  }
 }
}"#;
    check(text, "/Resources/Table8235A42E/Properties/ProvisionedThroughput/ReadCapacityUnits", 5);
    check(text, "/Rules/CheckBootstrapVersion/Assertions/0/Assert/Fn::Not/0/Fn::Contains/0/1", "2");
}

#[test]
fn a_template_of_sam() {
    let text = "\
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Timeout: 3 } }
Resources:
  Api:
    Type: AWS::Serverless::Function
    Connectors:
      Notes: { Properties: { Destination: { Id: Notes }, Permissions: [Read, Write] } }
    Properties:
      CodeUri: ./target/lambda/api/
      Handler: bootstrap
      Runtime: provided.al2023
      Environment: { Variables: { NOTES_TABLE: !Ref Notes } }
      Policies:
        - DynamoDBCrudPolicy:
            TableName: !Ref Notes
      Events:
        Get: {Type: HttpApi, Properties: {Path: '/{id}', Method: get}}
  Notes:
    Type: AWS::Serverless::SimpleTable
    Properties: { PrimaryKey: { Name: id, Type: String } }
Outputs:
  Url:
    Value: !Sub https://${ServerlessHttpApi}.execute-api.${AWS::Region}.amazonaws.com/
";
    check(text, "/AWSTemplateFormatVersion", "2010-09-09");
    check(text, "/Resources/Api/Properties/Environment/Variables/NOTES_TABLE", json!({ "Ref": "Notes" }));
    check(text, "/Resources/Api/Properties/Events/Get/Properties/Path", "/{id}");
    let url = "https://${ServerlessHttpApi}.execute-api.${AWS::Region}.amazonaws.com/";
    check(text, "/Outputs/Url/Value", json!({ "Fn::Sub": url }));
}

#[test]
fn a_template_of_amplify() {
    let text = "{\n    \"AWSTemplateFormatVersion\": \"2010-09-09\",\n    \"Description\": \"{\\\"createdOn\\\":\\\"Mac\\\",\\\"createdBy\\\":\\\"Amplify\\\"}\",\n    \"Conditions\": {\n        \"HasEnvironmentParameter\": {\n            \"Fn::Not\": [\n                {\n                    \"Fn::Equals\": [\n                        {\n                            \"Ref\": \"env\"\n                        },\n                        \"NONE\"\n                    ]\n                }\n            ]\n        }\n    },\n    \"Resources\": {\n        \"NoteTable\": {\n            \"Type\": \"AWS::DynamoDB::Table\",\n            \"Properties\": {\n                \"StreamSpecification\": {\n                    \"StreamViewType\": \"NEW_AND_OLD_IMAGES\"\n                },\n                \"TableName\": {\n                    \"Fn::If\": [\n                        \"HasEnvironmentParameter\",\n                        {\n                            \"Fn::Join\": [\n                                \"-\",\n                                [\n                                    \"Note\",\n                                    {\n                                        \"Ref\": \"env\"\n                                    }\n                                ]\n                            ]\n                        },\n                        {\n                            \"Ref\": \"AWS::NoValue\"\n                        }\n                    ]\n                }\n            }\n        }\n    }\n}\n";
    check(text, "/Description", r#"{"createdOn":"Mac","createdBy":"Amplify"}"#);
    check(
        text,
        "/Resources/NoteTable/Properties/TableName/Fn::If/1",
        json!({ "Fn::Join": ["-", ["Note", { "Ref": "env" }]] }),
    );
}

#[test]
fn the_resources_of_a_serverless_project() {
    let text = "\
service: notes
frameworkVersion: '4'
provider:
  name: aws
  environment:
    NOTES_TABLE: ${self:service}-${sls:stage}
  iam: {role: {statements: [{Effect: Allow, Action: ['dynamodb:*'], Resource: !GetAtt NotesTable.Arn}]}}
functions:
  get:
    handler: src/get.handler
    events:
      - httpApi: 'GET /notes/{id}'
resources:
  Resources:
    NotesTable:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: ${self:provider.environment.NOTES_TABLE}
";
    check(
        text,
        "/resources/Resources/NotesTable/Properties/TableName",
        "${self:provider.environment.NOTES_TABLE}",
    );
    check(text, "/provider/iam/role/statements/0/Resource", json!({ "Fn::GetAtt": ["NotesTable", "Arn"] }));
    // Its variables are not in quotes.
    check_refused(
        b"custom: {stage: ${opt:stage}}\n",
        "line 1, column 18: YAML not well-formed: while parsing a flow mapping, did not find expected ',' or '}'",
    );
}
