//! Every refusal that was recorded on AWS and concerns what the sandbox models, word for word.
//!
//! `recorded.json` holds the recordings. A case gives the calls that lead there, one a line; the last one is refused. What
//! is out of scope is listed with its reason, so that no recording is forgotten.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Wire, recordings};

/// The calls, or why there are none.
enum Case {
    Calls(&'static str),
    Out(&'static str),
}
use Case::{Calls, Out};

const ITEMS: &str = "items are not modelled";
const SETS: &str = "no stack sets";
const LAMBDA: &str = "no Lambda";

/// By the end of the recording's test and its key.
const CASES: &[(&str, Case)] = &[
    ("test_name_conflicts create_stack_already_exists_exc", Calls("CreateStack app @p\nCreateStack app @p")),
    (
        "test_get_template_missing_resources_change_set_id change-set-error",
        Calls(
            "CreateStack app @p\nGetTemplate app ChangeSetName=arn:aws:cloudformation:us-east-1:000000000000:changeSet/no/1",
        ),
    ),
    (
        "test_describe_changeset_after_delete describe-deleted-cs",
        Calls("CreateStack app @p\nwait\nDescribeChangeSet app ChangeSetName=cs-1"),
    ),
    (
        "test_deleted_changeset postdelete_changeset_notfound/DescribeChangeSet",
        Calls(
            "CreateStack app @p\nwait\nDescribeChangeSet app ChangeSetName=arn:aws:cloudformation:us-east-1:000000000000:changeSet/cs/1",
        ),
    ),
    ("test_return_values_on_conditions_check_failure items", Out(ITEMS)),
    (
        "test_capabilities_requirements error",
        Calls(
            "CreateStack app TemplateBody={\"Transform\":\"Macro\",\"Resources\":{\"H\":{\"Type\":\"AWS::CloudFormation::WaitConditionHandle\"}}}",
        ),
    ),
    (
        "test_empty_changeset error_execute_failed/ExecuteChangeSet",
        Calls(
            "CreateStack app @p\nwait\nCreateChangeSet app ChangeSetName=cs @p\nwait\nExecuteChangeSet app ChangeSetName=cs",
        ),
    ),
    (
        "test_create_duplicate_table Error/CreateTable",
        Calls("ddb CreateTable @table\nddb CreateTable @table"),
    ),
    ("test_batch_write_not_existing_table exc-not-found-transact-write-items", Out(ITEMS)),
    (
        "test_kinesis_streaming_destination_crud enable-bad-table",
        Calls(
            "ddb EnableKinesisStreamingDestination {\"TableName\":\"bad-table\",\"StreamArn\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s\"}",
        ),
    ),
    ("test_table_crud delete-non-existent-table", Calls("ddb DeleteTable {\"TableName\":\"non-existent\"}")),
    ("test_cfn_function_url exception_url_config_nonexistent_version", Out(LAMBDA)),
    ("test_fetch_non_existent_stack_set_instances non-existent-stack-set-id/CreateStackInstances", Out(SETS)),
    (
        "test_fetch_non_existent_stack_set_instances non-existent-stack-set-name/CreateStackInstances",
        Out(SETS),
    ),
    ("test_transaction_write_canceled Error/TransactWriteItems", Out(ITEMS)),
    ("test_stack_name_creation stack_response", Calls("CreateStack *@da591fa3_$ @p")),
    ("test_to_validate_template_limit_for_macro error_response", Calls("CreateStack app @large")),
    ("test_no_template_error error", Calls("CreateStack app @p\nwait\nUpdateStack app")),
    (
        "test_invalid_policy error",
        Calls("CreateStack app @p\nSetStackPolicy app StackPolicyBody={\"Statement\":[{}]}"),
    ),
    (
        "test_get_template_summary_non_executed_change_set error",
        Calls("CreateChangeSet app ChangeSetName=cs ChangeSetType=CREATE @p\nGetTemplateSummary app"),
    ),
    (
        "test_resources_blocks[invalid-key] validation-error",
        Calls(
            "CreateStack app TemplateBody={\"Resources\":{\"A\":{\"Type\":\"AWS::SSM::Parameter\",\"Invalid\":10}}}",
        ),
    ),
    (
        "test_error_pass_macro_as_reference error",
        Calls(
            "CreateStack app Capabilities.member.1=CAPABILITY_AUTO_EXPAND TemplateBody={\"Resources\":{\"P\":{\"Type\":\"AWS::SSM::Parameter\",\"Properties\":{\"Value\":{\"Fn::Transform\":{\"Name\":{\"Ref\":\"AWS::Region\"}}}}}}}",
        ),
    ),
    (
        "test_update_stack_with_same_template_withoutchange no_change_exception",
        Calls("CreateStack app @p\nwait\nUpdateStack app @p"),
    ),
    (
        "test_invalid_parameter_type error",
        Calls(
            "CreateStack app TemplateBody={\"Parameters\":{\"Value\":{\"Type\":\"Number\"}},\"Resources\":{\"H\":{\"Type\":\"AWS::CloudFormation::WaitConditionHandle\"}}} Parameters.member.1.ParameterKey=Value Parameters.member.1.ParameterValue=x",
        ),
    ),
    (
        "test_resolve_ssm_missing_parameter error-response/CreateChangeSet",
        Calls(
            "CreateChangeSet app ChangeSetName=cs ChangeSetType=CREATE TemplateBody={\"Parameters\":{\"InputValue\":{\"Type\":\"AWS::SSM::Parameter::Value<String>\"}},\"Resources\":{\"H\":{\"Type\":\"AWS::CloudFormation::WaitConditionHandle\"}}}",
        ),
    ),
    (
        "test_no_parameters_given deploy-error/CreateChangeSet",
        Calls(
            "CreateChangeSet app ChangeSetName=cs ChangeSetType=CREATE TemplateBody={\"Parameters\":{\"Input\":{\"Type\":\"String\"}},\"Resources\":{\"H\":{\"Type\":\"AWS::CloudFormation::WaitConditionHandle\"}}}",
        ),
    ),
    (
        "test_update_with_invalid_rollback_configuration_errors arn_error",
        Calls(
            "CreateStack app @p\nwait\nUpdateStack app @other RollbackConfiguration.RollbackTriggers.member.1.Arn=arn:aws:cloudwatch:us-east-1:123456789012:example-name RollbackConfiguration.RollbackTriggers.member.1.Type=AWS::CloudWatch::Alarm",
        ),
    ),
    (
        "test_stack_resource_not_found Error",
        Calls("CreateStack app @p\nwait\nDescribeStackResource app LogicalResourceId=NonExistentResource"),
    ),
    (
        "test_describe_deleted_resource_on_update error",
        Calls(
            "CreateStack app @two\nwait\nUpdateStack app @other\nwait\nDescribeStackResource app LogicalResourceId=Parameter",
        ),
    ),
    (
        "test_describe_failed_resource error",
        Calls("CreateStack app @failing\nwait\nDescribeStackResource app LogicalResourceId=Parameter"),
    ),
    (
        "test_describe_non_existent_resource error/DescribeStackResource",
        Calls("CreateStack app @p\nwait\nDescribeStackResource app LogicalResourceId=not-a-valid-resource"),
    ),
    (
        "test_update_with_resource_types invalid_type_error",
        Calls("CreateStack app @topic\nwait\nUpdateStack app @topic ResourceTypes.member.1=AWS::EC2:*"),
    ),
    (
        "test_update_with_resource_types resource_not_allowed",
        Calls("CreateStack app @topic\nwait\nUpdateStack app @topic ResourceTypes.member.1=AWS::EC2::*"),
    ),
    (
        "test_update_with_role_without_permissions error",
        Calls(
            "CreateStack iam @role Capabilities.member.1=CAPABILITY_NAMED_IAM\nwait\nCreateStack app @p\nwait\nUpdateStack app @other RoleARN=arn:aws:iam::000000000000:role/role-fb405076",
        ),
    ),
    (
        "test_update_with_invalid_rollback_configuration_errors type_error",
        Calls(
            "CreateStack app @p\nwait\nUpdateStack app @other RollbackConfiguration.RollbackTriggers.member.1.Arn=arn:aws:cloudwatch:us-east-1:123456789012:alarm:example-name RollbackConfiguration.RollbackTriggers.member.1.Type=Another",
        ),
    ),
    (
        "test_create_stack_from_s3_template_url[s3_url] create-error",
        Calls("CreateStack app TemplateURL=s3://bucket/t.yaml"),
    ),
    (
        "test_describe_non_existent_stack error/DescribeStackResource",
        Calls("DescribeStackResource not-a-valid-stack LogicalResourceId=A"),
    ),
    (
        "test_create_changeset_for_deleted_stack ErrorForCreate",
        Calls(
            "CreateStack app @p\nwait\nDeleteStack app\nwait\nCreateChangeSet $app ChangeSetName=test ChangeSetType=CREATE @p",
        ),
    ),
    (
        "test_name_conflicts create_changeset_existingstack_exc",
        Calls("CreateStack app @p\nwait\nCreateChangeSet app ChangeSetName=cs ChangeSetType=CREATE @p"),
    ),
    (
        "test_name_conflicts deleted_stack_events_not_found_by_name",
        Calls("CreateStack app @p\nwait\nDeleteStack app\nwait\nDescribeStackEvents app"),
    ),
    (
        "test_create_changeset_with_stack_id recreate_deleted_with_id_exception",
        Calls(
            "CreateStack app @p\nwait\nDeleteStack app\nwait\nCreateChangeSet $app ChangeSetName=revived-stack-changeset ChangeSetType=CREATE @p",
        ),
    ),
    (
        "test_describe_stack_events_errors describe_stack_events_stack_not_found",
        Calls("DescribeStackEvents does-not-exist"),
    ),
    ("test_delete_change_set_exception e1", Calls("DeleteChangeSet nostack ChangeSetName=cs")),
    (
        "test_describe_change_set_nonexisting exception/DescribeChangeSet",
        Calls("DescribeChangeSet somestack ChangeSetName=cs"),
    ),
    (
        "test_deletion_of_failed_nested_stack error",
        Calls(
            "put @failing\nCreateStack app TemplateBody={\"Resources\":{\"Child\":{\"Type\":\"AWS::CloudFormation::Stack\",\"Properties\":{\"TemplateURL\":\"https://s3.amazonaws.com/artifacts/template\"}}}}\nwait\nDescribeStacks ^",
        ),
    ),
    (
        "test_stack_lifecycle describe_deleted_by_name_exc",
        Calls("CreateStack app @p\nwait\nDeleteStack app\nwait\nDescribeStacks app"),
    ),
    ("test_non_existing_stack_message Error", Calls("DescribeStacks app")),
    ("test_get_template_missing_resources stack-error", Calls("GetTemplate does-not-exist")),
    (
        "test_create_changeset_for_deleted_stack ErrorForUpdate",
        Calls(
            "CreateStack app @p\nwait\nDeleteStack app\nwait\nCreateChangeSet $app ChangeSetName=test ChangeSetType=UPDATE @p",
        ),
    ),
    (
        "test_changeset_for_deleted_stack ErrorForInProgress",
        Calls(
            "CreateStack app @p\nwait\nDeleteStack app\nCreateChangeSet app ChangeSetName=test ChangeSetType=UPDATE @p",
        ),
    ),
    (
        "test_get_template_missing_resources change-set-error",
        Calls("GetTemplate - ChangeSetName=does-not-exist"),
    ),
    ("test_get_template_no_arguments stack-error", Calls("GetTemplate -")),
    ("test_delete_change_set_exception e2", Calls("DeleteChangeSet - ChangeSetName=cs")),
    (
        "test_invalid_select_index_type[non-integer-index] error",
        Calls(
            "CreateStack app TemplateBody={\"Resources\":{\"P\":{\"Type\":\"AWS::SSM::Parameter\",\"Properties\":{\"Type\":\"String\",\"Value\":{\"Fn::Select\":[\"a\",[\"1\",\"2\"]]}}}}}",
        ),
    ),
    (
        "test_async_mapping_error_second_level_v2 error/CreateChangeSet",
        Calls(
            "CreateChangeSet app ChangeSetName=cs ChangeSetType=CREATE TemplateBody={\"Mappings\":{\"TopicSuffixMap\":{\"A\":{\"Suffix\":\"x\"}}},\"Resources\":{\"P\":{\"Type\":\"AWS::SSM::Parameter\",\"Properties\":{\"Type\":\"String\",\"Value\":{\"Fn::FindInMap\":[\"TopicSuffixMap\",\"A\",\"NotValid\"]}}}}}",
        ),
    ),
    (
        "test_mapping_with_nonexisting_key mapping_nonexisting_key_exc",
        Calls(
            "CreateStack app TemplateBody={\"Mappings\":{\"TopicSuffixMap\":{\"A\":{\"Suffix\":\"x\"}}},\"Resources\":{\"P\":{\"Type\":\"AWS::SSM::Parameter\",\"Properties\":{\"Type\":\"String\",\"Value\":{\"Fn::FindInMap\":[\"TopicSuffixMap\",\"C\",\"Suffix\"]}}}}}",
        ),
    ),
    (
        "test_validate_equals_args_len error",
        Calls(
            "CreateStack app TemplateBody={\"Conditions\":{\"C\":{\"Fn::Equals\":[\"a\"]}},\"Resources\":{\"H\":{\"Type\":\"AWS::CloudFormation::WaitConditionHandle\"}}}",
        ),
    ),
    (
        "test_invalid_structure[getatt_validation.yml] error",
        Calls(
            "CreateStack app TemplateBody={\"Resources\":{\"P\":{\"Type\":\"AWS::SSM::Parameter\",\"Properties\":{\"Type\":\"String\",\"Value\":{\"Fn::GetAtt\":[\"P\"]}}}}}",
        ),
    ),
    (
        "test_validate_split_arguments_len validation",
        Calls(
            "CreateStack app TemplateBody={\"Resources\":{\"P\":{\"Type\":\"AWS::SSM::Parameter\",\"Properties\":{\"Type\":\"String\",\"Value\":{\"Fn::Select\":[0,{\"Fn::Split\":[\",\"]}]}}}}}",
        ),
    ),
    (
        "test_missing_condition error",
        Calls(
            "CreateStack app TemplateBody={\"Resources\":{\"P\":{\"Type\":\"AWS::SSM::Parameter\",\"Properties\":{\"Type\":\"String\",\"Value\":{\"Fn::If\":[\"MissingCondition\",\"a\",\"b\"]}}}}}",
        ),
    ),
    (
        "test_linting_error_during_creation error",
        Calls("CreateStack app TemplateBody={\"Resources\":{\"A\":\"B\"}}"),
    ),
    (
        "test_get_template_summary_no_resources error",
        Calls("GetTemplateSummary - TemplateBody={\"Parameters\":{}}"),
    ),
    (
        "test_mapping_with_invalid_refs mapping_invalid_ref_exc",
        Calls(
            "CreateStack app TemplateBody={\"Mappings\":{\"M\":{\"A\":{\"Suffix\":{\"Ref\":\"X\"}}}},\"Resources\":{\"H\":{\"Type\":\"AWS::CloudFormation::WaitConditionHandle\"}}}",
        ),
    ),
    (
        "test_mapping_minimum_nesting_depth mapping_minimum_level_exc",
        Calls(
            "CreateStack app TemplateBody={\"Mappings\":{\"M\":{\"A\":\"x\"}},\"Resources\":{\"H\":{\"Type\":\"AWS::CloudFormation::WaitConditionHandle\"}}}",
        ),
    ),
    (
        "test_invalid_output_structure[multiple-nones] validation-error",
        Calls(
            "CreateStack app TemplateBody={\"Resources\":{\"H\":{\"Type\":\"AWS::CloudFormation::WaitConditionHandle\"}},\"Outputs\":{\"MyOutput\":{}}}",
        ),
    ),
    (
        "test_validate_invalid_json_template_should_fail validate-invalid-json",
        Calls("ValidateTemplate - @badjson"),
    ),
    (
        "test_using_pseudoparameters_in_places[parameter] error",
        Calls(
            "CreateStack app TemplateBody={\"Parameters\":{\"AWS::NoValue\":{\"Type\":\"String\"}},\"Resources\":{\"H\":{\"Type\":\"AWS::CloudFormation::WaitConditionHandle\"}}}",
        ),
    ),
    (
        "test_using_pseudoparameters_in_places[resource] error",
        Calls(
            "CreateStack app TemplateBody={\"Resources\":{\"AWS::NoValue\":{\"Type\":\"AWS::SSM::Parameter\"}}}",
        ),
    ),
    (
        "test_invalid_logical_resource_id error/CreateChangeSet",
        Calls(
            "CreateChangeSet app ChangeSetName=cs ChangeSetType=CREATE TemplateBody={\"Resources\":{\"my-bad-resource-id\":{\"Type\":\"AWS::SSM::Parameter\"}}}",
        ),
    ),
    (
        "test_useful_error_when_invalid_ref validation_error",
        Calls(
            "CreateStack app TemplateBody={\"Resources\":{\"P\":{\"Type\":\"AWS::SSM::Parameter\",\"Properties\":{\"Type\":\"String\",\"Value\":{\"Ref\":\"InvalidRef\"}}}}}",
        ),
    ),
    (
        "test_dependent_ref dependent_ref_exc",
        Calls(
            "CreateStack app TemplateBody={\"Conditions\":{\"No\":{\"Fn::Equals\":[\"a\",\"b\"]}},\"Resources\":{\"MyTopic\":{\"Type\":\"AWS::SSM::Parameter\",\"Condition\":\"No\"},\"P\":{\"Type\":\"AWS::SSM::Parameter\",\"Properties\":{\"Type\":\"String\",\"Value\":{\"Ref\":\"MyTopic\"}}}}}",
        ),
    ),
    (
        "test_depends_on_with_missing_reference depends_on_nonexisting_exception",
        Calls(
            "CreateStack app TemplateBody={\"Resources\":{\"P\":{\"Type\":\"AWS::SSM::Parameter\",\"DependsOn\":\"NonExistingResource\"}}}",
        ),
    ),
    (
        "test_create_stack_invalid_yaml_template_should_fail create-invalid-yaml",
        Calls("CreateStack app @badyaml"),
    ),
    (
        "test_resources_blocks[missing-type] validation-error",
        Calls("CreateStack app TemplateBody={\"Resources\":{\"A\":{\"Properties\":{}}}}"),
    ),
    (
        "test_no_type error/CreateChangeSet",
        Calls(
            "CreateChangeSet app ChangeSetName=cs ChangeSetType=CREATE TemplateBody={\"Resources\":{\"Foo\":{\"Properties\":{}}}}",
        ),
    ),
    (
        "test_create_stack_url_as_template stack_create_ec2/CreateStack",
        Calls("CreateStack app TemplateBody=https://example.org/template.yaml"),
    ),
    (
        "test_create_stack_from_s3_template_url[http_invalid] create-error",
        Calls("CreateStack app TemplateURL=/tmp/template.yaml"),
    ),
    (
        "test_output_reference_to_skipped_resource unresolved_resource_reference_exception",
        Calls(
            "CreateStack app TemplateBody={\"Conditions\":{\"No\":{\"Fn::Equals\":[\"a\",\"b\"]}},\"Resources\":{\"H\":{\"Type\":\"AWS::CloudFormation::WaitConditionHandle\"},\"MyTopic\":{\"Type\":\"AWS::SSM::Parameter\",\"Condition\":\"No\"}},\"Outputs\":{\"O\":{\"Value\":{\"Ref\":\"MyTopic\"}}}}",
        ),
    ),
    (
        "test_set_policy_both_policy_and_url error",
        Calls(
            "CreateStack app @p\nSetStackPolicy app StackPolicyBody={} StackPolicyURL=https://example.org/p",
        ),
    ),
    (
        "test_invalid_output_structure[none-value] validation-error",
        Calls(
            "CreateStack app TemplateBody={\"Resources\":{\"H\":{\"Type\":\"AWS::CloudFormation::WaitConditionHandle\"}},\"Outputs\":{\"MyOutput\":{\"Value\":null}}}",
        ),
    ),
    (
        "test_kinesis_streaming_destination_crud update-bad-precision",
        Calls(
            "CreateStack kin TemplateBody={\"Resources\":{\"S\":{\"Type\":\"AWS::Kinesis::Stream\",\"Properties\":{\"Name\":\"s\"}}}}\nwait\nddb CreateTable @table\nwait\nddb EnableKinesisStreamingDestination {\"TableName\":\"books\",\"StreamArn\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s\"}\nwait\nddb UpdateKinesisStreamingDestination {\"TableName\":\"books\",\"StreamArn\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s\",\"UpdateKinesisStreamingConfiguration\":{\"ApproximateCreationDateTimePrecision\":\"SECOND\"}}",
        ),
    ),
    ("test_dynamodb_execute_statement_empy_parameter invalid-param-error", Out(ITEMS)),
    (
        "test_kinesis_streaming_destination_crud update-no-idempotency",
        Calls(
            "CreateStack kin TemplateBody={\"Resources\":{\"S\":{\"Type\":\"AWS::Kinesis::Stream\",\"Properties\":{\"Name\":\"s\"}}}}\nwait\nddb CreateTable @table\nwait\nddb EnableKinesisStreamingDestination {\"TableName\":\"books\",\"StreamArn\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s\"}\nwait\nddb UpdateKinesisStreamingDestination {\"TableName\":\"books\",\"StreamArn\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s\",\"UpdateKinesisStreamingConfiguration\":{\"ApproximateCreationDateTimePrecision\":\"MICROSECOND\"}}\nwait\nddb UpdateKinesisStreamingDestination {\"TableName\":\"books\",\"StreamArn\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s\",\"UpdateKinesisStreamingConfiguration\":{\"ApproximateCreationDateTimePrecision\":\"MICROSECOND\"}}",
        ),
    ),
    (
        "test_dynamodb_pay_per_request Error/CreateTable",
        Calls(
            "ddb CreateTable {\"TableName\":\"books\",\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":[{\"AttributeName\":\"id\",\"AttributeType\":\"S\"}],\"KeySchema\":[{\"AttributeName\":\"id\",\"KeyType\":\"HASH\"}],\"ProvisionedThroughput\":{\"ReadCapacityUnits\":5,\"WriteCapacityUnits\":5}}",
        ),
    ),
    (
        "test_kinesis_streaming_destination_crud update-missing-params",
        Calls(
            "CreateStack kin TemplateBody={\"Resources\":{\"S\":{\"Type\":\"AWS::Kinesis::Stream\",\"Properties\":{\"Name\":\"s\"}}}}\nwait\nddb CreateTable @table\nwait\nddb EnableKinesisStreamingDestination {\"TableName\":\"books\",\"StreamArn\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s\"}\nwait\nddb UpdateKinesisStreamingDestination {\"TableName\":\"books\",\"StreamArn\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s\"}",
        ),
    ),
    (
        "test_kinesis_streaming_destination_crud update-bad-stream-arn",
        Calls(
            "CreateStack kin TemplateBody={\"Resources\":{\"S\":{\"Type\":\"AWS::Kinesis::Stream\",\"Properties\":{\"Name\":\"s\"}}}}\nwait\nddb CreateTable @table\nwait\nddb EnableKinesisStreamingDestination {\"TableName\":\"books\",\"StreamArn\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s\"}\nwait\nddb UpdateKinesisStreamingDestination {\"TableName\":\"books\",\"StreamArn\":\"arn:aws:kinesis:us-east-1:000000000000:stream/bad-stream\",\"UpdateKinesisStreamingConfiguration\":{\"ApproximateCreationDateTimePrecision\":\"MILLISECOND\"}}",
        ),
    ),
    ("test_batch_write_not_matching_schema ValidationException/BatchWriteItem", Out(ITEMS)),
];

fn named(name: &str) -> String {
    let parameter = |id: &str| {
        format!(
            r#"{{"Resources":{{"{id}":{{"Type":"AWS::SSM::Parameter","Properties":{{"Type":"String","Value":"x"}}}}}}}}"#
        )
    };
    match name {
        "@p" => parameter("P"),
        "@other" => parameter("Other"),
        "@two" => r#"{"Resources":{"Other":{"Type":"AWS::SSM::Parameter","Properties":{"Type":"String","Value":"x"}},"Parameter":{"Type":"AWS::SSM::Parameter","Properties":{"Type":"String","Value":"x"}}}}"#.to_owned(),
        "@failing" => r#"{"Resources":{"Parameter":{"Type":"AWS::SSM::Parameter","Properties":{"Value":"x"}}}}"#.to_owned(),
        "@large" => format!("# {}\n", "x".repeat(60_000)),
        "@badjson" => r#"{"Resources":{"P":{"Type" 1}}}"#.to_owned(),
        "@badyaml" => "Resources:\n  A: [\n B: }".to_owned(),
        "@topic" => r#"{"Resources":{"T":{"Type":"AWS::SNS::Topic"}}}"#.to_owned(),
        "@role" => r#"{"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"role-fb405076","AssumeRolePolicyDocument":{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}]}}}}}"#.to_owned(),
        "@table" => r#"{"TableName":"books","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}"#.to_owned(),
        other => panic!("no template {other}"),
    }
}

/// Carries the calls out, and returns the last answer's code and message.
fn refused(calls: &str) -> (String, String) {
    let wire = Wire::new();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let mut last = None;
    for line in calls.lines() {
        if let Some((_, problem)) = &last {
            panic!("refused before the last call: {problem}");
        }
        if line == "wait" {
            wire.wait(60);
            continue;
        }
        if let Some(rest) = line.strip_prefix("ddb ") {
            let (action, body) = rest.split_once(' ').unwrap();
            let body = if body.starts_with('@') { named(body) } else { body.to_owned() };
            let (status, answer) = wire.dynamodb(action, &serde_json::from_str(&body).unwrap());
            let code = answer["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap().to_owned();
            let message = answer["message"].as_str().unwrap_or_default().to_owned();
            last = (status != 200).then_some((code, message));
            continue;
        }
        if let Some(template) = line.strip_prefix("put ") {
            wire.put("artifacts", "template", &named(template));
            continue;
        }
        let mut words = line.split_whitespace();
        let action = words.next().unwrap();
        let stack = words.next().unwrap();
        let child;
        let stack = if stack == "^" {
            let stacks = wire.call("ListStacks", &[])["StackSummaries"].as_array().unwrap().clone();
            let nested = stacks.iter().find(|stack| stack.get("ParentId").is_some()).unwrap();
            child = nested["StackName"].as_str().unwrap().to_owned();
            child.as_str()
        } else {
            stack
        };
        let mut form: Vec<(String, String)> = Vec::new();
        match stack {
            "-" => {}
            id if id.starts_with('$') => form.push(("StackName".into(), ids[&id[1..]].clone())),
            name => form.push(("StackName".into(), name.into())),
        }
        for word in words {
            form.push(match word.split_once('=') {
                Some((key, value)) => (key.into(), value.into()),
                None => ("TemplateBody".into(), named(word)),
            });
        }
        let (status, answer) = wire.cloudformation(action, &form);
        if status == 200 {
            if let Some(id) = answer.pointer("/StackId").and_then(Value::as_str) {
                ids.insert(stack.to_owned(), id.to_owned());
            }
        } else {
            let text = |name: &str| {
                answer.pointer(&format!("/Error/{name}")).and_then(Value::as_str).unwrap().to_owned()
            };
            last = Some((text("Code"), text("Message")));
        }
    }
    last.unwrap_or_else(|| panic!("not refused: {calls}"))
}

/// Whether a text is the recorded one, whose placeholders stand for anything.
fn matches(text: &str, recorded: &str) -> bool {
    let recorded = recorded.replace("111111111111", "000000000000");
    let mut pieces = Vec::new();
    let mut rest = recorded.as_str();
    while let Some((before, after)) = rest.split_once('<') {
        pieces.push(before);
        rest = after.split_once('>').unwrap().1;
    }
    let Some(mut text) = text.strip_suffix(rest) else {
        return false;
    };
    for (index, piece) in pieces.iter().enumerate() {
        match (index, text.find(piece)) {
            (0, Some(0)) | (1.., Some(_)) => text = &text[text.find(piece).unwrap() + piece.len()..],
            _ => return false,
        }
    }
    !pieces.is_empty() || text.is_empty()
}

#[test]
fn refusals_are_word_for_word() {
    let recordings = recordings();
    let errors = recordings["errors"].as_array().unwrap();
    let mut wrong = Vec::new();
    let (mut checked, mut out) = (0, 0);
    for error in errors {
        let test = error["test"].as_str().unwrap().rsplit("::").next().unwrap();
        let key = format!("{test} {}", error["key"].as_str().unwrap());
        let case = CASES.iter().find(|(name, _)| *name == key).unwrap_or_else(|| panic!("no case for {key}"));
        match case.1 {
            Out(reason) => {
                assert!(!reason.is_empty());
                out += 1;
            }
            Calls(calls) => {
                let (code, message) = refused(calls);
                let expected = (error["code"].as_str().unwrap(), error["message"].as_str().unwrap());
                if code != expected.0 || !tolerated(&key, &message, expected.1) {
                    wrong.push(format!(
                        "{key}\n  recorded {}: {}\n  answered {code}: {message}",
                        expected.0, expected.1
                    ));
                }
                checked += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((checked, out), (79, 8));
    assert_eq!(CASES.len(), errors.len());
}

/// AWS's parsers are not ours: the kind of the complaint is theirs, the place in brackets is our parser's.
fn tolerated(key: &str, message: &str, recorded: &str) -> bool {
    if key.contains("invalid_json") || key.contains("invalid_yaml") {
        let kind = recorded.split(". (").next().unwrap().trim_end_matches('.');
        return message.starts_with(kind);
    }
    matches(message, recorded)
}
