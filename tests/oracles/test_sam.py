"""SAM CLI and SAM's translator, judges that we did not write, read templates with our tables in them.

The sample project of stacks/sam in each way to have its table: `sam validate`, `sam validate --lint` (they check different
things, cfn-lint#4636), `sam build`, what the translator makes of policies and events, and what a function sees under
`sam local`. And the corpus of awkward templates, before and after, by SAM's own YAML reader.

SAM CLI lives in `.venv-sam`, which `.ci/run` installs. Nothing here needs an account, a container or a network.
"""

import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import unittest

from support import ENV, ROOT

SAM = ROOT / ".venv-sam" / "bin" / "sam"
PYTHON = ROOT / ".venv-sam" / "bin" / "python"
INSIDE = pathlib.Path(__file__).with_name("sam_inside.py")
CORPUS = ROOT / "src" / "sam" / "tests" / "corpus"
WAYS = ["embedded", "nested", "include", "parameter", "getstackoutput", "import", "ssm"]

# What SAM cannot read without us either: several documents, a list as a key, a tab behind a colon, an anchor with an accent.
UNREADABLE = {"empty-document-behind", "keys-that-are-no-strings", "several-documents", "tabs-in-comments", "unicode"}

# cargo-lambda compiles for Lambda, and is not here: whatever is asked for is an empty program.
CARGO_LAMBDA = """#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in --bin) bin=$2 ;; --target-dir) target=$2 ;; esac
  shift
done
folder="${target:-${CARGO_TARGET_DIR:-target}}/lambda/${bin:-count-notes}"
mkdir -p "$folder" && printf 'program' > "$folder/bootstrap"
"""


def sam(*args, cwd, path=""):
    home = cwd / "home"
    home.mkdir(exist_ok=True)
    env = {**ENV, "SAM_CLI_TELEMETRY": "0", "HOME": str(home), "PATH": f"{path}{os.environ['PATH']}"}
    # Cargo and rustup keep their things in the real home.
    env.setdefault("CARGO_HOME", str(pathlib.Path.home() / ".cargo"))
    env.setdefault("RUSTUP_HOME", str(pathlib.Path.home() / ".rustup"))
    env.pop("CARGO_TARGET_DIR", None)
    return subprocess.run([SAM, *args], cwd=cwd, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def inside(command, *paths):
    done = subprocess.run([PYTHON, INSIDE, command, *paths], env=ENV, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


class Sam(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tablewright-sam-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        command = ["cargo", "run", "--quiet", "--locked", "--package", "tablewright-sam", "--example", "ways", "--", cls.folder]
        subprocess.run(command, cwd=ROOT, check=True)
        command = ["cargo", "run", "--quiet", "--locked", "--package", "tablewright-dynamodb", "--example", "local_requests"]
        requests = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
        (cls.folder / "calls.json").write_bytes(requests)
        for way in WAYS:
            source = ROOT / "stacks" / "sam" / "function"
            shutil.copytree(source, cls.folder / way / "function", ignore=shutil.ignore_patterns("target"))

    def template(self, way):
        return self.folder / way / "template.yaml"

    def accepted(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_way_is_valid_to_both_of_sams_validators(self):
        for way in WAYS:
            for option in [(), ("--lint",)]:
                with self.subTest(way=way, option=option):
                    done = sam("validate", "--template", self.template(way), *option, cwd=self.folder)
                    self.accepted(done)
                    self.assertIn("is a valid SAM Template", done.stdout)

    def test_the_validators_can_say_no(self):
        template = self.folder / "broken.yaml"
        text = self.template("embedded").read_text()
        for broken in [text.replace("    Type: AWS::Serverless::Connector", "    Type: AWS::Serverless::Conector"),
                       text.replace("      TableName: !Ref NoteTableName", "      TableName: !Ref NoSuchName")]:
            self.assertNotEqual(broken, text)
            template.write_text(broken)
            done = sam("validate", "--lint", "--template", template, cwd=self.folder)
            self.assertNotEqual(done.returncode, 0, done.stdout)

    def test_the_committed_sample_is_valid(self):
        template = ROOT / "stacks" / "sam" / "template.yaml"
        for option in [(), ("--lint",)]:
            self.accepted(sam("validate", "--template", template, *option, cwd=self.folder))

    def test_every_way_builds_and_keeps_the_table(self):
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        program = tools / "cargo-lambda"
        program.write_text(CARGO_LAMBDA)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        for way in WAYS:
            with self.subTest(way=way):
                out = self.folder / way / "out"
                done = sam("build", "--template", self.template(way), "--build-dir", out, "--cache-dir", out / "cache",
                           cwd=self.folder, path=f"{tools}{os.pathsep}")
                self.accepted(done)
                self.assertEqual((out / "CountNotes" / "bootstrap").read_text(), "program")
                built = inside("yaml", out / "template.yaml")[str(out / "template.yaml")]["value"]
                if way == "embedded":
                    name = {"Ref": "NoteTableName"}
                    self.assertEqual(built["Resources"]["Note"]["Properties"]["TableName"], name)
                if way == "nested":
                    nested = inside("yaml", out / "Notes" / "template.yaml")[str(out / "Notes" / "template.yaml")]["value"]
                    self.assertEqual(nested["Resources"]["Note"]["Type"], "AWS::DynamoDB::Table")
                    self.assertEqual(built["Resources"]["Notes"]["UpdateReplacePolicy"], "Retain")

    def test_the_translator_grants_what_was_asked_for_and_reads_the_stream(self):
        resources = inside("translate", ROOT / "stacks" / "sam" / "template.yaml")["Resources"]
        role = resources["CountNotesRole"]["Properties"]
        [policy] = role["Policies"]
        self.assertEqual(policy["PolicyDocument"], {
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": "NoteRead",
                "Effect": "Allow",
                "Action": ["dynamodb:Query", "dynamodb:Scan"],
                "Resource": [{"Fn::Sub": "${Note.Arn}/index/by-day"}],
            }],
        })
        # Who may read the stream comes with the event.
        self.assertIn("AWSLambdaDynamoDBExecutionRole", role["ManagedPolicyArns"][1])
        mapping = resources["CountNotesNoteStream"]
        self.assertEqual(mapping["Type"], "AWS::Lambda::EventSourceMapping")
        self.assertEqual(mapping["Properties"], {
            "EventSourceArn": {"Fn::GetAtt": ["Note", "StreamArn"]},
            "FunctionName": {"Ref": "CountNotes"},
            "StartingPosition": "TRIM_HORIZON",
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": 10,
        })
        variables = resources["CountNotes"]["Properties"]["Environment"]["Variables"]
        self.assertEqual(variables, {"NOTE_TABLE_NAME": {"Ref": "NoteTableName"}})

    def test_each_way_comes_to_the_same_grants_on_another_arn(self):
        ours = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${NoteTableName}"
        output = {"Fn::GetStackOutput": {"OutputName": "Arn", "StackName": "demo-notes-dev"}}
        arns = {
            "embedded": ({"Fn::GetAtt": ["Note", "Arn"]}, {"Fn::Sub": "${Note.Arn}/index/by-day"}),
            "include": ({"Fn::GetAtt": ["Note", "Arn"]}, {"Fn::Sub": "${Note.Arn}/index/by-day"}),
            "nested": ({"Fn::GetAtt": ["Notes", "Outputs.Arn"]}, {"Fn::Sub": "${Notes.Outputs.Arn}/index/by-day"}),
            "parameter": ({"Fn::Sub": ours}, {"Fn::Sub": f"{ours}/index/by-day"}),
            "ssm": ({"Fn::Sub": ours}, {"Fn::Sub": f"{ours}/index/by-day"}),
            "getstackoutput": (output, {"Fn::Join": ["", [output, "/index/by-day"]]}),
            "import": ({"Fn::ImportValue": "notes-arn"},
                       {"Fn::Join": ["", [{"Fn::ImportValue": "notes-arn"}, "/index/by-day"]]}),
        }
        self.assertEqual(set(arns), set(WAYS))
        for way, (table, index) in arns.items():
            with self.subTest(way=way):
                resources = inside("translate", self.template(way))["Resources"]
                [policy] = resources["CountNotesRole"]["Properties"]["Policies"]
                first, second = policy["PolicyDocument"]["Statement"]
                self.assertEqual((first["Resource"], second["Resource"]), ([table], [index]))
                self.assertEqual(len(first["Action"]), 10)
                self.assertEqual(second["Action"], ["dynamodb:Query", "dynamodb:Scan"])
                connected = [one for one in resources.values() if one.get("Type") == "AWS::IAM::ManagedPolicy"]
                self.assertEqual(len(connected), 1, "the connector's")

    def test_a_function_finds_its_table_under_sam_local(self):
        told = {way: inside("local", self.template(way))["CountNotes"]["NOTE_TABLE_NAME"] for way in WAYS}
        # Not the logical id, which is what `!Ref Note` would have given (aws-sam-cli#1604).
        for way in ["embedded", "nested", "include", "parameter"]:
            self.assertEqual(told[way], "demo-dev-notes", way)
        # What only a deployment can know: a parameter of the function's own stack is the way for `sam local`.
        self.assertEqual(told["ssm"], "/notes/name")
        self.assertEqual(told["import"], {"Fn::ImportValue": "notes-name"})

    def test_requests_to_a_local_dynamodb_have_the_form_of_its_api(self):
        reports = inside("calls", self.folder / "calls.json")
        operations = {operation for operation, _ in reports}
        self.assertEqual(operations, {"CreateTable", "UpdateTable", "UpdateTimeToLive", "TagResource", "UntagResource"})
        self.assertEqual([report for report in reports if report[1]], [])

    def test_sams_own_reader_finds_nothing_changed_in_the_corpus_but_our_names(self):
        names = sorted(path.name for path in CORPUS.glob("*.yaml"))
        self.assertGreaterEqual(len(names), 60)
        before = inside("yaml", *[CORPUS / name for name in names])
        after = inside("yaml", *[self.folder / "corpus" / name for name in names])
        unreadable = set()
        for name in names:
            old, new = before[str(CORPUS / name)], after[str(self.folder / "corpus" / name)]
            if "error" in old:
                unreadable.add(pathlib.Path(name).stem)
                self.assertIn("error", new, name)
                continue
            with self.subTest(name=name):
                new, old = new["value"], old["value"]
                for section, key in [("Parameters", "NoteTableName"), ("Resources", "Note")]:
                    self.assertIn(key, new[section])
                    del new[section][key]
                bare = lambda tree: {key: value for key, value in tree.items() if value not in ({}, None)}
                self.assertEqual(bare(new), bare(old))
        self.assertEqual(unreadable, UNREADABLE)


if __name__ == "__main__":
    unittest.main()
