"""Our `deploy` against MiniStack, a server that somebody else wrote.

MiniStack 1.5 finishes most operations at once and knows no auto scaling; where it cannot do a thing, the test's name
says so.
"""

import unittest

import boto3

from support import ENV, ministack, project, tool


class MiniStack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.endpoint = cls.enterClassContext(ministack())
        cls.folder = cls.enterClassContext(project())
        cls.options = {"endpoint_url": cls.endpoint, "region_name": "us-east-1",
                       "aws_access_key_id": "test", "aws_secret_access_key": "test"}

    def deploy(self, *args, **options):
        return tool("deploy", *args, "--yes", "--endpoint-url", self.endpoint, cwd=self.folder, **options)

    def test_shop_is_deployed_found_unchanged_and_destroyed(self):
        first = self.deploy("shop")
        self.assertIn("shop.ProductTable = demo-dev-product", first.stdout)
        tables = boto3.client("dynamodb", **self.options)
        described = tables.describe_table(TableName="demo-dev-product")["Table"]
        self.assertEqual(described["TableStatus"], "ACTIVE")
        self.assertEqual(described["KeySchema"], [{"AttributeName": "Id", "KeyType": "HASH"}])

        second = self.deploy("shop")
        self.assertIn("nothing to change", second.stderr)
        self.assertEqual(second.stdout, first.stdout)
        stacks = boto3.client("cloudformation", **self.options)
        left = stacks.list_change_sets(StackName="demo-shop-dev")["Summaries"]
        self.assertEqual([one for one in left if one["ExecutionStatus"] != "EXECUTE_COMPLETE"], [])

        source = self.folder / "stacks" / "shop.rs"
        text = source.read_text()
        source.write_text(text.replace("Table::of::<Product>()", "Table::of::<Product>().deletion_protection(true)"))
        try:
            third = self.deploy("shop")
        finally:
            source.write_text(text)
        self.assertIn("UPDATE_COMPLETE", third.stderr)
        described = tables.describe_table(TableName="demo-dev-product")["Table"]
        self.assertTrue(described["DeletionProtectionEnabled"])

    def test_notes_is_refused_because_ministack_knows_no_auto_scaling_and_leaves_no_change_set(self):
        done = self.deploy("notes", check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("AWS::ApplicationAutoScaling", done.stderr)
        stacks = boto3.client("cloudformation", **self.options)
        names = [stack["StackName"] for stack in stacks.describe_stacks()["Stacks"]]
        self.assertNotIn("demo-notes-dev", names)

    def test_local_up_creates_tables_straight_from_the_definitions_and_updates_them(self):
        def up(*args):
            return tool("local", "up", *args, "--endpoint-url", self.endpoint, cwd=self.folder).stderr.splitlines()

        self.assertEqual(up("notes"), ["notes  demo-dev-notes  created"])
        self.assertEqual(up("notes"), ["notes  demo-dev-notes  up to date"])
        source = self.folder / "stacks" / "notes.rs"
        text = source.read_text()
        index = '#[ddb(index(name = "byTime", partition(created_at)))]\npub struct Note'
        changed = text.replace("pub struct Note", index)
        source.write_text(changed.replace("Table::of::<Note>()", 'Table::of::<Note>().ttl("goneAt").tag("team", "a")'))
        try:
            self.assertEqual(up("notes"), ["notes  demo-dev-notes  updated: Create byTime, TimeToLive, Tags"])
            self.assertEqual(up("notes"), ["notes  demo-dev-notes  up to date"])
        finally:
            source.write_text(text)
        tables = boto3.client("dynamodb", **self.options)
        described = tables.describe_table(TableName="demo-dev-notes")["Table"]
        self.assertEqual([index["IndexName"] for index in described["GlobalSecondaryIndexes"]], ["byTime"])
        tags = tables.list_tags_of_resource(ResourceArn=described["TableArn"])["Tags"]
        self.assertEqual(tags, [{"Key": "team", "Value": "a"}])

    def test_an_endpoint_may_come_from_the_sdks_own_variable(self):
        env = {**ENV, "AWS_ENDPOINT_URL_CLOUDFORMATION": self.endpoint, "AWS_ENDPOINT_URL_DYNAMODB": self.endpoint}
        done = tool("diff", "shop", cwd=self.folder, env=env)
        self.assertIn("shop:", done.stdout)


if __name__ == "__main__":
    unittest.main()
