"""What a review is written as, by judges that we did not write: JSON Schema for the JSON, SARIF's own schema for SARIF,
GitHub's own parser for Markdown, expat for JUnit."""

import hashlib
import html.parser
import json
import pathlib
import re
import shutil
import subprocess
import unittest
import urllib.parse
import xml.etree.ElementTree

import cmarkgfm
import jsonschema
from cmarkgfm.cmark import Options

from support import ROOT

SAMPLES = ROOT / "target" / "review-samples"

# The crate that carries the schema of OASIS. It is fetched, not built; the digest tells that it is the one we mean.
CARRIER = "serde-sarif"
CARRIER_VERSION = "0.8.0"
SARIF_SCHEMA_SHA256 = "af47e7b67f24efe74076621fd3a5fbe7398add9e84fe820c971219a385895cea"

# What the Markdown consists of. Everything else would come out of a name.
TAGS = {
    *("table", "thead", "tbody", "tr", "th", "td"),
    *("p", "h3", "strong", "em", "ol", "ul", "li", "br", "code", "pre", "details", "summary", "a"),
}
VERDICTS = ["data-loss", "replacement-kept", "refused", "staged", "in-place-with-risk"]


def setUpModule():
    shutil.rmtree(SAMPLES, ignore_errors=True)
    command = ["cargo", "run", "--locked", "--quiet", "--package", "tablewright-review", "--example", "samples", "--", SAMPLES]
    subprocess.run(command, cwd=ROOT, check=True)


def samples(form):
    """Every sample in a form, by name."""
    found = {path.name[: -len(form) - 1]: path.read_bytes().decode() for path in sorted(SAMPLES.glob(f"*.{form}"))}
    return {name: text for name, text in found.items() if not name.endswith((".cut", ".schema"))}


class Json(unittest.TestCase):
    def setUp(self):
        self.schema = json.loads((SAMPLES / "review.schema.json").read_text())

    def test_the_schema_is_one(self):
        jsonschema.Draft202012Validator.check_schema(self.schema)

    def test_every_review_is_as_the_schema_says_and_has_nothing_beside_it(self):
        # Readers shall pass over fields that they do not know; we shall not write any that the schema does not tell of.
        for part in [self.schema, *self.schema["$defs"].values()]:
            if "properties" in part:
                part["additionalProperties"] = False
        validator = jsonschema.Draft202012Validator(self.schema)
        reviews = samples("json")
        self.assertGreater(len(reviews), 100)
        for name, text in reviews.items():
            with self.subTest(name):
                validator.validate(json.loads(text))

    def test_the_schema_refuses_what_it_should(self):
        validator = jsonschema.Draft202012Validator(self.schema)
        rich = samples("json")["rich"]
        for path, value in [
            (["schema"], 1),
            (["verdict"], "worst"),
            (["comparisons", 0, "changes", 0, "verdict"], None),
            (["problems", 0, "at"], "stacks/notes.rs:14"),
        ]:
            review = json.loads(rich)
            parent = review
            for step in path[:-1]:
                parent = parent[step]
            parent[path[-1]] = value
            with self.subTest(path=path):
                self.assertFalse(validator.is_valid(review))


class Sarif(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.validator = jsonschema.Draft7Validator(sarif_schema())

    def test_every_log_is_sarif(self):
        logs = samples("sarif")
        self.assertGreater(len(logs), 100)
        for name, text in logs.items():
            with self.subTest(name):
                self.validator.validate(json.loads(text))

    def test_a_log_is_within_what_code_scanning_shows(self):
        run = json.loads(samples("sarif")["long"])["runs"][0]
        self.assertEqual(len(run["results"]), 5_000)

    def test_places_lead_back_to_files(self):
        review, log = (json.loads(samples(form)["hostile"]) for form in ("json", "sarif"))
        files = {comparison["changes"][0]["at"]["file"] for comparison in review["comparisons"]}
        places = [result["locations"][0]["physicalLocation"] for result in log["runs"][0]["results"]]
        uris = {place["artifactLocation"]["uri"] for place in places}
        self.assertEqual({urllib.parse.unquote(uri, errors="strict") for uri in uris}, files)
        for uri in uris:
            split = urllib.parse.urlsplit(uri)
            self.assertEqual((split.scheme, split.netloc, split.query, split.fragment), ("", "", "", ""), uri)


class CodeQuality(unittest.TestCase):
    def test_every_report_is_as_gitlab_documents_it(self):
        text = {"type": "string"}
        issue = {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "additionalProperties": False,
            "properties": {
                "description": text,
                "check_name": text,
                "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": {"type": "string", "pattern": "^(?!\\./)", "minLength": 1},
                        "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                    },
                },
            },
        }
        validator = jsonschema.Draft202012Validator({"type": "array", "items": issue})
        reports = samples("gitlab")
        self.assertGreater(len(reports), 100)
        for name, report in reports.items():
            with self.subTest(name):
                validator.validate(json.loads(report))
                prints = [issue["fingerprint"] for issue in json.loads(report)]
                self.assertEqual(len(prints), len({*prints}))


class Junit(unittest.TestCase):
    def test_every_report_is_well_formed_and_counts_what_is_in_it(self):
        reports = samples("junit")
        self.assertGreater(len(reports), 100)
        for name, report in reports.items():
            with self.subTest(name):
                root = xml.etree.ElementTree.fromstring(report.encode())
                self.assertEqual(root.tag, "testsuites")
                for suite in [root, *root]:
                    self.assertEqual(int(suite.get("tests")), len(suite.findall(".//testcase")))
                    self.assertEqual(int(suite.get("failures")), len(suite.findall(".//failure")))


class Markdown(unittest.TestCase):
    def test_githubs_parser_finds_the_rows_that_the_json_has(self):
        pages = samples("md")
        self.assertGreater(len(pages), 100)
        for name, review in samples("json").items():
            with self.subTest(name):
                page = Page.of(pages[name])
                self.judge(page)
                self.assertEqual(page.links, [])
                tables = iter(page.tables)
                review = json.loads(review)
                if review["comparisons"]:
                    self.assertEqual(len(next(tables)), len(review["comparisons"]))
                for verdict in VERDICTS:
                    changes = [change for change in changes_of(review) if change["verdict"] == verdict]
                    if changes:
                        self.assertEqual([row[0] for row in next(tables)], [what(change) for change in changes])
                access = [grant for comparison in review["comparisons"] for grant in comparison.get("access", [])]
                if access:
                    access.sort(key=lambda grant: not grant["widens"])
                    effects = [(grant["effect"], grant["widens"]) for grant in access]
                    cells = [re.findall("allow|deny|wider", row[0]) for row in next(tables)]
                    self.assertEqual([(cell[0], "wider" in cell) for cell in cells], effects)
                problems = sorted(review["problems"], key=lambda problem: problem["severity"])
                if problems:
                    rules = [spaced(shown(problem["rule"])) for problem in problems]
                    self.assertEqual([row[1] for row in next(tables)], rules)

    def test_a_comment_that_is_cut_is_as_sound(self):
        links = 0
        for path in SAMPLES.glob("*.cut.md"):
            with self.subTest(path.name):
                page = Page.of(path.read_bytes().decode())
                self.judge(page)
                self.assertLessEqual({*page.links}, {"https://ci.example.com/runs/7"})
                links += len(page.links)
        self.assertGreater(links, 0, "something was cut")

    def judge(self, page):
        """No tag that is not ours, and no word outside of code that GitHub makes a link of."""
        self.assertLessEqual(page.tags, TAGS)
        for word in page.prose.split():
            self.assertNotRegex(word, r"[@#$]|://|www\.|\b[0-9a-fA-F]{7,}\b")


class Page(html.parser.HTMLParser):
    """What a reader of the page gets: rows of tables, links, and the text outside of code."""

    def __init__(self):
        super().__init__()
        self.tables, self.links, self.tags, self.prose = [], [], set(), ""
        self.cell, self.code = None, 0

    @classmethod
    def of(cls, markdown):
        page = cls()
        # As GitHub: raw HTML is let through (and sanitised later), tables and bare addresses are recognised.
        page.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE))
        page.close()
        return page

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "td":
            self.cell = ""
        elif tag == "code":
            self.code += 1
        elif tag == "a":
            target = dict(attrs).get("href", "")
            # An address of mail in code leads nowhere and calls nobody; GitHub's parser links it whatever the source.
            if not (self.code and target.startswith("mailto:")):
                self.links.append(target)
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        # A table begins with its head, which has no cells of this kind.
        elif tag == "tbody":
            self.tables[-1].clear()

    def handle_endtag(self, tag):
        if tag == "td":
            self.tables[-1][-1].append(spaced(self.cell))
            self.cell = None
        elif tag == "code":
            self.code -= 1

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data
        self.prose += " " if self.code else data


def sarif_schema():
    """The schema of SARIF 2.1.0, out of a crate that carries it."""
    folder = ROOT / "target" / "review-sarif"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lib.rs").write_text("")
    (folder / "Cargo.toml").write_text(
        f'[package]\nname = "sarif-schema"\n[lib]\npath = "lib.rs"\n[workspace]\n'
        f'[dependencies]\n{CARRIER} = "={CARRIER_VERSION}"\n'
    )
    command = ["cargo", "metadata", "--quiet", "--format-version", "1"]
    metadata = json.loads(subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout)
    manifest = next(package["manifest_path"] for package in metadata["packages"] if package["name"] == CARRIER)
    schema = (pathlib.Path(manifest).parent / "src" / "schema.json").read_bytes()
    if hashlib.sha256(schema).hexdigest() != SARIF_SCHEMA_SHA256:
        raise AssertionError(f"{CARRIER} carries another schema")
    return json.loads(schema)


def changes_of(review):
    changes = (change for comparison in review["comparisons"] for change in comparison["changes"])
    follows = "/Properties/AttributeDefinitions"
    return [it for it in changes if not (it["verdict"] == "in-place" and it["path"].startswith(follows))]


def what(change):
    """A change as the first cell names it."""
    whole = change["path"] == "" and "resource_type" in change
    kind = f" ({shown(change['resource_type'].removeprefix('AWS::'))})" if whole else ""
    return spaced(f"{change['action']} {shown(change['name'])}{kind}")


def shown(text):
    """Text as it is shown: what cannot be seen is written out."""
    names = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    hidden = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
    return re.sub(hidden, lambda found: names.get(found[0], f"\\u{{{ord(found[0]):x}}}"), text)


def spaced(text):
    """HTML makes no difference between one space and many."""
    return re.sub(" +", " ", text).strip(" ")


if __name__ == "__main__":
    unittest.main()
