//! The regions that integrate the tables of a stack in a template, in each [`Way`].

use insta::assert_snapshot;
use tablewright::render::Templates;
use tablewright::{Billing, Capacity, Expression, Parameter, Scalar, Stack, StreamView, Table, Test, Value};
use tablewright_sam::{Options, RegionsError, Way, embed, regions, remove};

fn stack() -> Stack {
    let mut stack = Stack::new("notes").name("demo-notes-dev");
    stack.parameter(Parameter::string("Stage").default("dev"));
    stack.condition("IsDev", Test::equals(Expression::Ref("Stage".into()), "dev"));
    let note = stack.table(
        Table::define("Note")
            .name("demo-dev-notes")
            .partition("id", Scalar::S)
            .billing(Billing::provisioned(Capacity::auto(1..=3), 1))
            .stream(StreamView::KeysOnly),
    );
    stack.table(Table::define("Audit").name(Expression::sub("${Stage}-audit")).partition("id", Scalar::S));
    stack.output("NoteTable", note.name());
    stack.publish_ssm("/notes/name", note.name());
    stack
}

/// Embeds the stack in a minimal template and returns the text without markers.
fn embedded(way: Way) -> String {
    let regions = regions(&stack(), "dev", &Templates::builtin(), way).unwrap();
    let template = "Resources:\n  Api: {}\n";
    let text = embed(template, &regions, Options::default()).unwrap().text;
    assert_eq!(remove(&text, "notes", Options::default()).unwrap().text, template);
    let of_ours = |line: &&str| !line.contains("# >>> tablewright") && !line.contains("# <<< tablewright");
    text.lines().filter(of_ours).map(|line| format!("{line}\n")).collect()
}

#[test]
fn embedded_tables_have_the_layout_of_the_renderer() {
    assert_snapshot!(embedded(Way::Embedded), @"
    Resources:
      Api: {}
      # From src/sam/tests/sam/ways.rs. Do not edit: change it there, then embed again.
      Note:
        Type: AWS::DynamoDB::Table
        DeletionPolicy: RetainExceptOnCreate
        UpdateReplacePolicy: Retain
        Properties:
          TableName: !Ref NoteTableName
          BillingMode: PROVISIONED
          ProvisionedThroughput:
            ReadCapacityUnits: 1
            WriteCapacityUnits: 1
          AttributeDefinitions:
            - AttributeName: id
              AttributeType: S
          KeySchema:
            - AttributeName: id
              KeyType: HASH
          StreamSpecification:
            StreamViewType: KEYS_ONLY
          PointInTimeRecoverySpecification:
            PointInTimeRecoveryEnabled: true
          DeletionProtectionEnabled: false

      NoteReadScaling:
        Type: AWS::ApplicationAutoScaling::ScalableTarget
        Properties:
          ServiceNamespace: dynamodb
          ScalableDimension: dynamodb:table:ReadCapacityUnits
          ResourceId: !Sub 'table/${Note}'
          MinCapacity: 1
          MaxCapacity: 3

      NoteReadScalingPolicy:
        Type: AWS::ApplicationAutoScaling::ScalingPolicy
        Properties:
          PolicyName: NoteReadScalingPolicy
          PolicyType: TargetTrackingScaling
          ScalingTargetId: !Ref NoteReadScaling
          TargetTrackingScalingPolicyConfiguration:
            PredefinedMetricSpecification:
              PredefinedMetricType: DynamoDBReadCapacityUtilization
            TargetValue: 70
            ScaleInCooldown: 60
            ScaleOutCooldown: 60

      Audit:
        Type: AWS::DynamoDB::Table
        DeletionPolicy: RetainExceptOnCreate
        UpdateReplacePolicy: Retain
        Properties:
          TableName: !Sub '${Stage}-audit'
          BillingMode: PAY_PER_REQUEST
          AttributeDefinitions:
            - AttributeName: id
              AttributeType: S
          KeySchema:
            - AttributeName: id
              KeyType: HASH
          PointInTimeRecoverySpecification:
            PointInTimeRecoveryEnabled: true
          DeletionProtectionEnabled: false

      PublishedNotesName:
        Type: AWS::SSM::Parameter
        Properties:
          Name: '/notes/name'
          Type: String
          Value: !Ref Note
    Parameters:
      # From src/sam/tests/sam/ways.rs. Do not edit: change it there, then embed again.
      NoteTableName:
        Type: String
        Description: Name of the table Note
        Default: demo-dev-notes
        AllowedPattern: '^[a-zA-Z0-9_.-]{3,255}$'
      Stage:
        Type: String
        Default: dev
    Conditions:
      # From src/sam/tests/sam/ways.rs. Do not edit: change it there, then embed again.
      IsDev: !Equals
        - Ref: Stage
        - dev
    Outputs:
      # From src/sam/tests/sam/ways.rs. Do not edit: change it there, then embed again.
      NoteTable:
        Value: !Ref Note
    ");
}

#[test]
fn a_nested_stack_is_retained_and_gets_its_parameters() {
    assert_snapshot!(embedded(Way::Nested), @"
    Resources:
      Api: {}
      # From src/sam/tests/sam/ways.rs. Do not edit: change it there, then embed again.
      Notes:
        Type: AWS::CloudFormation::Stack
        DeletionPolicy: RetainExceptOnCreate
        UpdateReplacePolicy: Retain
        Properties:
          Parameters:
            NoteTableName: !Ref NoteTableName
            Stage: !Ref Stage
          TemplateURL: './notes.yaml'
    Parameters:
      # From src/sam/tests/sam/ways.rs. Do not edit: change it there, then embed again.
      NoteTableName:
        Type: String
        Description: Name of the table Note
        Default: demo-dev-notes
        AllowedPattern: '^[a-zA-Z0-9_.-]{3,255}$'
      Stage:
        Type: String
        Default: dev
    ");
}

#[test]
fn a_snippet_needs_its_parameters_in_the_template() {
    assert_snapshot!(embedded(Way::Include), @"
    Resources:
      Api: {}
      # From src/sam/tests/sam/ways.rs. Do not edit: change it there, then embed again.
      Fn::Transform:
        Name: AWS::Include
        Parameters:
          Location: './notes.include.yaml'
    Parameters:
      # From src/sam/tests/sam/ways.rs. Do not edit: change it there, then embed again.
      NoteTableName:
        Type: String
        Description: Name of the table Note
        Default: demo-dev-notes
        AllowedPattern: '^[a-zA-Z0-9_.-]{3,255}$'
      Stage:
        Type: String
        Default: dev
    Conditions:
      # From src/sam/tests/sam/ways.rs. Do not edit: change it there, then embed again.
      IsDev: !Equals
        - Ref: Stage
        - dev
    ");
}

#[test]
fn names_of_tables_in_another_stack_are_parameters() {
    assert_snapshot!(embedded(Way::Parameter), @"
    Resources:
      Api: {}
    Parameters:
      # From src/sam/tests/sam/ways.rs. Do not edit: change it there, then embed again.
      NoteTableName:
        Type: String
        Description: Name of the table Note
        Default: demo-dev-notes
      NoteStreamArn:
        Type: String
        Description: ARN of the stream of the table Note
      AuditTableName:
        Type: String
        Description: Name of the table Audit
        Default: dev-audit
    ");
    let mut published = stack();
    published.tables.truncate(1);
    let regions = regions(&published, "dev", &Templates::builtin(), Way::Ssm).unwrap();
    assert_snapshot!(regions.regions[0].yaml, @"
    # From src/sam/tests/sam/ways.rs. Do not edit: change it there, then embed again.
    NoteTableName:
      Type: 'AWS::SSM::Parameter::Value<String>'
      Default: '/notes/name'
    ");
}

#[test]
fn outputs_and_imports_need_no_parameters() {
    for way in [Way::GetStackOutput, Way::ImportValue] {
        let regions = regions(&stack(), "dev", &Templates::builtin(), way).unwrap();
        assert!(regions.regions.iter().all(|region| region.yaml.is_empty()), "{way:?}");
        assert_eq!(regions.regions.len(), 5, "empty regions remove what another way has left");
    }
}

#[test]
fn a_template_can_switch_from_one_way_to_another() {
    let regions = |way| regions(&stack(), "dev", &Templates::builtin(), way).unwrap();
    let template = "Resources: {}\n";
    let embedded = embed(template, &regions(Way::Embedded), Options::default()).unwrap().text;
    let nested = embed(&embedded, &regions(Way::Nested), Options::default()).unwrap().text;
    assert_eq!(nested, embed(template, &regions(Way::Nested), Options::default()).unwrap().text);
    let output = embed(&nested, &regions(Way::GetStackOutput), Options::default()).unwrap().text;
    assert_eq!(output, template);
}

#[test]
fn each_name_in_a_region_has_a_source_location() {
    let stack = stack();
    let regions = regions(&stack, "dev", &Templates::builtin(), Way::Embedded).unwrap();
    let place = |section: &str, key: &str| {
        let region = regions.regions.iter().find(|region| region.path == [section]).unwrap();
        region.places.iter().find(|(name, _)| name == key).map(|(_, place)| place.clone())
    };
    let table = Some(stack.tables[0].at.clone());
    assert_eq!(place("Resources", "Note"), table);
    assert_eq!(place("Resources", "NoteReadScaling"), table);
    assert_eq!(place("Parameters", "NoteTableName"), table);
    assert_eq!(place("Outputs", "NoteTable"), Some(stack.outputs[0].at.clone()));
}

#[test]
fn an_unpublished_name_is_a_problem() {
    let error = regions(&stack(), "dev", &Templates::builtin(), Way::Ssm).unwrap_err();
    let RegionsError::Problem(problem) = error else { panic!("{error}") };
    assert_eq!(problem.message, "stack `notes` does not publish the name of table `Audit`");
    assert_eq!(stack().tables[1].name.as_ref().and_then(Value::literal), None);
}
