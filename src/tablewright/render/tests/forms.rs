//! The formats of a template parse to the same tree.

use insta::assert_snapshot;
use serde_json::Value;

use super::{Event, definitions, stack};
use crate::render::{Form, Rendered, Templates, is_ours, render};
use crate::{DeletionPolicy, Parameter, Stack, Table, Test};

fn rendered(stack: &Stack) -> Rendered {
    render(stack, "dev", &Templates::builtin()).unwrap()
}

fn read_back(text: &str) -> Value {
    tablewright_template::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}")).to_value()
}

/// Returns a stack with entries in every section.
pub(super) fn everything() -> Stack {
    let mut stack =
        stack(Table::of::<Event>().tag("team", "events")).tag("team", "events").tag("cost centre", "4711");
    let stage = stack.parameter(Parameter::string("Stage").default("dev"));
    stack.parameter(Parameter::string("Secret").no_echo());
    stack.mapping("Limits", [("dev", [("reads", "5")])]);
    stack.condition("IsProd", Test::equals(stage, "prod"));
    let events = stack.table(Table::of::<Event>().condition("IsProd"));
    stack.tables[1].id = "Other".into();
    stack.publish_ssm("/events/arn", events.arn());
    stack
}

#[test]
fn all_formats_have_the_same_tree() {
    let tables = definitions::tables().into_iter().chain(definitions::global_tables());
    let stacks = tables.map(|(_, table)| stack(table)).chain([everything()]);
    for stack in stacks {
        let rendered = rendered(&stack);
        let form = |form| rendered.in_form(form, &stack, "dev");
        assert_eq!(form(Form::Yaml), rendered.text);
        for json in [form(Form::Json), form(Form::JsonCompact)] {
            assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), rendered.template);
        }
        assert!(
            form(Form::Json).starts_with("{\n  \"AWSTemplateFormatVersion\": "),
            "in the order of the YAML"
        );
        let include = form(Form::Include);
        assert_eq!(read_back(&include), rendered.template["Resources"]);
        assert!(is_ours(&include) && is_ours(&form(Form::Nested)));
        for short in
            [" !Ref", " !GetAtt", " !Sub", " !If", " !Join", " !FindInMap", " !ImportValue", " !Select"]
        {
            assert!(!include.contains(short), "{short} in {include}");
        }
    }
}

#[test]
fn an_include_lists_the_names_that_it_needs() {
    let mut stack = everything();
    stack.tables.clear();
    assert_snapshot!(rendered(&stack).in_form(Form::Include, &stack, "dev"), @"
    # Stack `events` of environment `dev`, its resources to be included in another template, made by tablewright 0.1.0 from src/tablewright/render/tests.rs.
    # Do not edit: change the definition, then run `tablewright render events --env dev --format include`.
    # If the resources refer to any of these, the including template must define them: Parameters Stage, Secret; Mappings Limits; Conditions IsProd.
    # sha256 of what follows: 4b7379d434553aeaedb8853c45e925b1a299529ed2445f3a41214960d2de7d33
    PublishedEventsArn:
      Type: AWS::SSM::Parameter
      Properties:
        Name: '/events/arn'
        Type: String
        Value:
          Fn::GetAtt:
            - Event
            - Arn
    ");
}

#[test]
fn a_nested_stack_gets_its_parameters_and_is_retained() {
    let mut stack = everything();
    stack.id = "my-events".into();
    assert_snapshot!(rendered(&stack).in_form(Form::Nested, &stack, "dev"), @"
    # Stack `my-events` of environment `dev`, to be nested in another one, made by tablewright 0.1.0 from src/tablewright/render/tests.rs.
    # Do not edit: change the definition, then run `tablewright render my-events --env dev --format nested`.
    # Paste it below `Resources` of the parent template.
    # Outputs for the parent template: !GetAtt MyEvents.Outputs.EventsTable.
    # sha256 of what follows: 42d6d8155ba7023a1c738fe7cff945973b9f29f5a4ad2f41c7f6c4fe0ccecd6e
      MyEvents:
        Type: AWS::CloudFormation::Stack
        DeletionPolicy: RetainExceptOnCreate
        UpdateReplacePolicy: Retain
        Properties:
          Parameters:
            Secret: !Ref Secret
            Stage: !Ref Stage
          Tags:
            - Key: cost centre
              Value: '4711'
            - Key: team
              Value: events
          TemplateURL: './my-events.yaml'
    ");

    let mut stack = self::stack(Table::of::<Event>().deletion_policy(DeletionPolicy::Delete));
    stack.outputs.clear();
    assert_snapshot!(rendered(&stack).in_form(Form::Nested, &stack, "dev"), @"
    # Stack `events` of environment `dev`, to be nested in another one, made by tablewright 0.1.0 from src/tablewright/render/tests.rs.
    # Do not edit: change the definition, then run `tablewright render events --env dev --format nested`.
    # Paste it below `Resources` of the parent template.
    # sha256 of what follows: 77676eab7ffd0714a6ed2b78ec73f8e6114d0c61103bca8612c18a35d8fae4c2
      Events:
        Type: AWS::CloudFormation::Stack
        DeletionPolicy: Delete
        UpdateReplacePolicy: Delete
        Properties:
          TemplateURL: './events.yaml'
    ");
}
