"""The sandbox is a real server: boto3, the AWS CLI and SAM CLI deploy stacks in it, with their own waiters."""

import json
import pathlib
import tempfile
import time
import unittest
import urllib.request

import boto3
import botocore.exceptions
from botocore.config import Config

from support import ROOT, aws, project, sandbox, stranger

SAM = ROOT / ".venv-sam" / "bin" / "sam"

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


PACE = {"Delay": 1, "MaxAttempts": 60}


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
        cls.s3 = boto3.client("s3", **options)

    def wait(self, waiter, stack):
        self.cloudformation.get_waiter(waiter).wait(StackName=stack, WaiterConfig=PACE)

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
        cli = lambda *args: aws(self.endpoint, *args).stdout
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

    def test_boto3_uploads_a_template_and_deploys_a_stack_within_a_stack(self):
        self.s3.create_bucket(Bucket="oracle-nested")
        inner = json.loads(with_properties(TableName="nested-notes"))
        inner["Metadata"] = {"Filler": "x" * 60_000}
        self.s3.put_object(Bucket="oracle-nested", Key="inner.json", Body=json.dumps(inner).encode())
        self.assertEqual(self.s3.head_object(Bucket="oracle-nested", Key="inner.json")["ContentLength"], len(json.dumps(inner)))
        self.assertEqual(json.loads(self.s3.get_object(Bucket="oracle-nested", Key="inner.json")["Body"].read()), inner)
        with self.assertRaises(self.s3.exceptions.NoSuchKey):
            self.s3.get_object(Bucket="oracle-nested", Key="none")
        child = {"Type": "AWS::CloudFormation::Stack",
                 "Properties": {"TemplateURL": "https://oracle-nested.s3.us-east-1.amazonaws.com/inner.json"}}
        outer = {"Resources": {"Child": child}, "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Child", "Outputs.Name"]}}}}
        made = self.cloudformation.create_stack(StackName="outer", TemplateBody=json.dumps(outer))
        self.wait("stack_create_complete", made["StackId"])
        stack = self.cloudformation.describe_stacks(StackName="outer")["Stacks"][0]
        self.assertEqual(stack["Outputs"][0]["OutputValue"], "nested-notes")
        resource = self.cloudformation.describe_stack_resource(StackName="outer", LogicalResourceId="Child")
        nested = resource["StackResourceDetail"]["PhysicalResourceId"]
        self.assertEqual(self.cloudformation.describe_stacks(StackName=nested)["Stacks"][0]["ParentId"], made["StackId"])
        self.cloudformation.delete_stack(StackName="outer")
        self.wait("stack_delete_complete", made["StackId"])
        self.wait("stack_delete_complete", nested)

    def test_boto3_imports_a_table_and_finds_its_drift(self):
        properties = {**TABLE["Properties"], "TableName": "oracle-found"}
        self.dynamodb.create_table(**properties)
        self.dynamodb.get_waiter("table_exists").wait(TableName="oracle-found", WaiterConfig=PACE)
        template = {"Resources": {"Found": {**TABLE, "DeletionPolicy": "Retain", "Properties": properties}}}
        made = self.cloudformation.create_change_set(
            StackName="imported", ChangeSetName="take", ChangeSetType="IMPORT", TemplateBody=json.dumps(template),
            ResourcesToImport=[{"ResourceType": "AWS::DynamoDB::Table", "LogicalResourceId": "Found",
                                "ResourceIdentifier": {"TableName": "oracle-found"}}],
        )
        self.cloudformation.get_waiter("change_set_create_complete").wait(ChangeSetName=made["Id"], WaiterConfig=PACE)
        self.cloudformation.execute_change_set(ChangeSetName=made["Id"])
        self.wait("stack_import_complete", made["StackId"])

        def drift():
            detection = self.cloudformation.detect_stack_drift(StackName="imported")["StackDriftDetectionId"]
            for _ in range(60):
                status = self.cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
                if status["DetectionStatus"] == "DETECTION_COMPLETE":
                    return status["StackDriftStatus"]
                time.sleep(0.2)

        self.assertEqual(drift(), "IN_SYNC")
        self.dynamodb.update_table(TableName="oracle-found", BillingMode="PROVISIONED",
                                   ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
        self.assertEqual(drift(), "DRIFTED")
        found = self.cloudformation.describe_stack_resource_drifts(StackName="imported")["StackResourceDrifts"][0]
        self.assertEqual([one["PropertyPath"] for one in found["PropertyDifferences"]], ["/BillingMode"])

    def test_boto3_follows_a_rollback_on_demand(self):
        endpoint = f"{self.endpoint}/_sandbox/faults"

        def faults(body):
            request = urllib.request.Request(endpoint, data=json.dumps(body).encode(), method="PUT")
            urllib.request.urlopen(request, timeout=10).close()

        name = with_properties(TableName="oracle-back").replace('"Notes"', '"Back"')
        made = self.cloudformation.create_stack(StackName="back", TemplateBody=name)
        self.wait("stack_create_complete", made["StackId"])
        changed = json.loads(name)
        changed["Resources"]["Back"]["Properties"]["DeletionProtectionEnabled"] = True
        faults({"resources": [{"logical_id": "Back", "on": "Update", "reason": "told to"}]})
        try:
            self.cloudformation.update_stack(StackName="back", TemplateBody=json.dumps(changed), DisableRollback=True)
            with self.assertRaises(botocore.exceptions.WaiterError):
                self.wait("stack_update_complete", made["StackId"])
        finally:
            faults({})
        self.cloudformation.rollback_stack(StackName="back")
        self.wait("stack_rollback_complete", made["StackId"])


class Commands(unittest.TestCase):
    """Commands that wait for half a minute when a stack is not done at once; here it is."""

    @classmethod
    def setUpClass(cls):
        cls.endpoint = cls.enterClassContext(sandbox(cls.enterClassContext(project()), scale=50_000))
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))

    # When the last deploy began.
    second = 0

    def template(self, name, filler=0, **properties):
        body = json.loads(with_properties(TableName=name, **properties))
        body["Metadata"] = {"Filler": "x" * filler}
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(body))
        return file

    def deploy(self, stack, file, *more, check=True):
        # The AWS CLI names its change sets after the second, and one that failed keeps its name.
        while int(time.time()) == self.second:
            pass
        type(self).second = int(time.time())
        return aws(self.endpoint, "cloudformation", "deploy", "--stack-name", stack, "--template-file", file, *more, check=check)

    def test_the_aws_cli_deploys_once_and_finds_no_changes_then(self):
        file = self.template("deployed")
        self.assertIn("Successfully created/updated stack - deployed", self.deploy("deployed", file).stdout)
        again = self.deploy("deployed", file, "--no-fail-on-empty-changeset")
        self.assertIn("No changes to deploy. Stack deployed is up to date", again.stdout)
        changed = self.template("deployed", DeletionProtectionEnabled=True)
        self.assertIn("Successfully created/updated stack - deployed", self.deploy("deployed", changed).stdout)
        renamed = self.folder / "renamed.json"
        renamed.write_text(changed.read_text().replace('"HASH"', '"RANGE"'))
        failed = self.deploy("deployed", renamed, check=False)
        self.assertEqual(failed.returncode, 255)
        self.assertIn("Failed to create/update the stack", failed.stderr)

    def test_the_aws_cli_uploads_what_is_too_large_for_a_call(self):
        file = self.template("large", filler=60_000)
        refused = self.deploy("large", file, check=False)
        self.assertIn("must be deployed via an S3 Bucket", refused.stderr)
        aws(self.endpoint, "s3api", "create-bucket", "--bucket", "oracle-artifacts")
        self.assertIn("Successfully created/updated stack - large", self.deploy("large", file, "--s3-bucket", "oracle-artifacts").stdout)
        nowhere = self.deploy("large", file, "--s3-bucket", "oracle-nowhere", check=False)
        self.assertIn("S3 Bucket does not exist", nowhere.stderr)

    def test_the_aws_cli_waits(self):
        body = f"file://{self.template('waited')}"
        cli = lambda *args: aws(self.endpoint, "cloudformation", *args)
        cli("create-stack", "--stack-name", "waited", "--template-body", body)
        for state in ["stack-exists", "stack-create-complete"]:
            cli("wait", state, "--stack-name", "waited")
        made = json.loads(cli(
            "create-change-set", "--stack-name", "waited", "--change-set-name", "next",
            "--template-body", f"file://{self.template('waited', DeletionProtectionEnabled=True)}",
        ).stdout)
        cli("wait", "change-set-create-complete", "--change-set-name", made["Id"])
        cli("execute-change-set", "--change-set-name", made["Id"])
        cli("wait", "stack-update-complete", "--stack-name", "waited")
        cli("update-stack", "--stack-name", "waited", "--template-body", f"file://{self.template('waited')}")
        cli("wait", "stack-update-complete", "--stack-name", "waited")
        cli("delete-stack", "--stack-name", "waited")
        cli("wait", "stack-delete-complete", "--stack-name", "waited")

    @unittest.skipUnless(SAM.exists(), "SAM CLI has a folder of its own, .venv-sam")
    def test_sam_deploys_a_template_without_a_transform(self):
        aws(self.endpoint, "s3api", "create-bucket", "--bucket", "oracle-sam")

        def sam(file, stack="sam", check=True):
            return stranger(
                [SAM, "deploy", "--stack-name", stack, "--template-file", file, "--s3-bucket", "oracle-sam",
                 "--region", "us-east-1", "--no-confirm-changeset", "--no-progressbar"], self.endpoint, check)

        first = sam(self.template("sam-notes", filler=60_000))
        self.assertIn("Successfully created/updated stack - sam in us-east-1", first.stdout)
        self.assertRegex(first.stdout, r"CREATE_COMPLETE +AWS::DynamoDB::Table +Notes")
        same = sam(self.template("sam-notes", filler=60_000), check=False)
        self.assertIn("No changes to deploy. Stack sam is up to date", same.stdout + same.stderr)
        # What SAM is mostly used for needs a transform, and the sandbox says that it has none.
        transform = self.folder / "transform.yaml"
        transform.write_text("Transform: AWS::Serverless-2016-10-31\nResources:\n  T:\n    Type: AWS::Serverless::SimpleTable\n")
        # Another stack: SAM names change sets by the second, and the one before may be of the same.
        refused = sam(transform, stack="transform", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("tablewright's sandbox does not model the Transform AWS::Serverless-2016-10-31", refused.stdout + refused.stderr)


if __name__ == "__main__":
    unittest.main()
