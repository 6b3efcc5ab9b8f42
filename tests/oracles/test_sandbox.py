"""The sandbox is a real server: boto3 and the AWS CLI create, update and delete stacks in it, with their own waiters."""

import json
import unittest

import boto3
import botocore.exceptions
from botocore.config import Config

from support import aws, project, sandbox

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Delete",
    "UpdateReplacePolicy": "Delete",
    "Properties": {
        "TableName": "oracle-notes",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    },
}
TEMPLATE = {"Resources": {"Notes": TABLE}, "Outputs": {"Name": {"Value": {"Ref": "Notes"}}}}


def with_properties(**properties):
    changed = json.loads(json.dumps(TEMPLATE))
    changed["Resources"]["Notes"]["Properties"].update(properties)
    return json.dumps(changed)


class Sandbox(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.endpoint = cls.enterClassContext(sandbox(cls.enterClassContext(project())))
        options = {
            "endpoint_url": cls.endpoint,
            "region_name": "us-east-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "config": Config(retries={"max_attempts": 1}),
        }
        cls.cloudformation = boto3.client("cloudformation", **options)
        cls.dynamodb = boto3.client("dynamodb", **options)

    def change(self, stack, template, kind, name):
        """Creates and executes a change set, with boto3's waiters."""
        made = self.cloudformation.create_change_set(
            StackName=stack, ChangeSetName=name, ChangeSetType=kind, TemplateBody=template
        )
        pace = {"Delay": 1, "MaxAttempts": 60}
        self.cloudformation.get_waiter("change_set_create_complete").wait(
            ChangeSetName=made["Id"], StackName=made["StackId"], WaiterConfig=pace
        )
        self.cloudformation.execute_change_set(ChangeSetName=made["Id"], ClientRequestToken=f"token-{name}")
        waiter = "stack_create_complete" if kind == "CREATE" else "stack_update_complete"
        self.cloudformation.get_waiter(waiter).wait(StackName=made["StackId"], WaiterConfig=pace)
        return made["StackId"]

    def test_boto3_creates_a_stack_and_reads_its_events_and_table(self):
        stack_id = self.change("boto3", json.dumps(TEMPLATE), "CREATE", "first")
        events = self.cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"]
        told = [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(events)]
        self.assertEqual(
            told,
            [
                ("boto3", "REVIEW_IN_PROGRESS"),
                ("boto3", "CREATE_IN_PROGRESS"),
                ("Notes", "CREATE_IN_PROGRESS"),
                ("Notes", "CREATE_IN_PROGRESS"),
                ("Notes", "CREATE_COMPLETE"),
                ("boto3", "CREATE_COMPLETE"),
            ],
        )
        self.assertEqual({event.get("ClientRequestToken") for event in events[:-1]}, {"token-first"})
        stack = self.cloudformation.describe_stacks(StackName="boto3")["Stacks"][0]
        self.assertEqual([(o["OutputKey"], o["OutputValue"]) for o in stack["Outputs"]], [("Name", "oracle-notes")])
        table = self.dynamodb.describe_table(TableName="oracle-notes")["Table"]
        self.assertEqual(table["TableStatus"], "ACTIVE")
        self.assertEqual(table["KeySchema"], [{"AttributeName": "id", "KeyType": "HASH"}])

        self.change("boto3", with_properties(DeletionProtectionEnabled=True), "UPDATE", "second")
        table = self.dynamodb.describe_table(TableName="oracle-notes")["Table"]
        self.assertTrue(table["DeletionProtectionEnabled"])

        unchanged = self.cloudformation.create_change_set(
            StackName="boto3", ChangeSetName="third", ChangeSetType="UPDATE",
            TemplateBody=with_properties(DeletionProtectionEnabled=True),
        )
        with self.assertRaises(botocore.exceptions.WaiterError) as failed:
            self.cloudformation.get_waiter("change_set_create_complete").wait(
                ChangeSetName=unchanged["Id"], WaiterConfig={"Delay": 1, "MaxAttempts": 30}
            )
        self.assertIn("The submitted information didn't contain changes.", failed.exception.last_response["StatusReason"])

    def test_refusals_come_in_the_words_of_aws(self):
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "Stack with id nowhere does not exist"):
            self.cloudformation.describe_stacks(StackName="nowhere")
        with self.assertRaises(self.dynamodb.exceptions.ResourceNotFoundException):
            self.dynamodb.describe_table(TableName="nowhere")
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "YAML not well-formed|unsupported structure"):
            self.cloudformation.create_change_set(
                StackName="broken", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody="a: [",
            )

    def test_the_aws_cli_does_the_same(self):
        template = with_properties(TableName="cli-notes")
        cli = lambda *args: aws(self.endpoint, *args)
        made = json.loads(cli(
            "cloudformation", "create-change-set", "--stack-name", "cli", "--change-set-name", "one",
            "--change-set-type", "CREATE", "--template-body", template,
        ))
        # The CLI's own waiters poll every 30 seconds; the sandbox has finished by the first look.
        cli("cloudformation", "wait", "change-set-create-complete", "--change-set-name", made["Id"])
        cli("cloudformation", "execute-change-set", "--change-set-name", made["Id"])
        self.cloudformation.get_waiter("stack_create_complete").wait(
            StackName=made["StackId"], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        events = json.loads(cli("cloudformation", "describe-stack-events", "--stack-name", "cli"))["StackEvents"]
        self.assertEqual(events[0]["ResourceStatus"], "CREATE_COMPLETE")
        table = json.loads(cli("dynamodb", "describe-table", "--table-name", "cli-notes"))["Table"]
        self.assertEqual(table["TableStatus"], "ACTIVE")
        cli("cloudformation", "delete-stack", "--stack-name", "cli")
        self.cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=made["StackId"], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        with self.assertRaises(self.dynamodb.exceptions.ResourceNotFoundException):
            self.dynamodb.describe_table(TableName="cli-notes")


if __name__ == "__main__":
    unittest.main()
