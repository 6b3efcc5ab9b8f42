"""The two tutorials' stacks, deployed to the sandbox by the tool: what boto3 finds there is what the committed templates say."""

import unittest

import boto3

from support import ROOT, project, sandbox, tool


class Tutorials(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(project())
        cls.deployed = tool("deploy", "shop", "notes", "--sandbox", "--yes", cwd=folder)
        # The sandbox keeps its state in a file: what was deployed to it in one process is served by another.
        options = {
            "endpoint_url": cls.enterClassContext(sandbox(folder)),
            "region_name": "us-east-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
        cls.cloudformation = boto3.client("cloudformation", **options)
        cls.dynamodb = boto3.client("dynamodb", **options)

    def test_the_templates_that_were_reviewed_are_those_that_run(self):
        for stack in ("shop", "notes"):
            with self.subTest(stack):
                described = self.cloudformation.describe_stacks(StackName=f"demo-{stack}-dev")["Stacks"][0]
                self.assertEqual(described["StackStatus"], "CREATE_COMPLETE")
                body = self.cloudformation.get_template(StackName=f"demo-{stack}-dev")["TemplateBody"]
                committed = (ROOT / "stacks" / "rendered" / "dev" / f"{stack}.yaml").read_text()
                # All but the first line, which names the definition's file: that is a copy here.
                self.assertEqual(body.split("\n")[1:], committed.split("\n")[1:])

    def test_nothing_else_is_there_and_every_table_can_be_used(self):
        names = self.dynamodb.list_tables()["TableNames"]
        self.assertEqual(names, ["demo-dev-category", "demo-dev-notes", "demo-dev-product"])
        for name, key, billing in (
            ("demo-dev-product", [("Id", "HASH")], "PAY_PER_REQUEST"),
            ("demo-dev-category", [("Id", "HASH")], "PAY_PER_REQUEST"),
            ("demo-dev-notes", [("userId", "HASH"), ("noteId", "RANGE")], "PROVISIONED"),
        ):
            with self.subTest(name):
                table = self.dynamodb.describe_table(TableName=name)["Table"]
                self.assertEqual(table["TableStatus"], "ACTIVE")
                self.assertEqual([(part["AttributeName"], part["KeyType"]) for part in table["KeySchema"]], key)
                self.assertEqual(table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"), billing)
                self.assertIn(f" = {name}\n", self.deployed.stdout)


if __name__ == "__main__":
    unittest.main()
