"""The reader of templates against PyYAML, on mutated templates: where both take a text, they make the same tree of it.

PyYAML's scanner and composer are taken as they are; what CloudFormation does otherwise is said here once more, on its nodes:
functions as tags, keys that are strings, no aliases, no merges, and the patterns of SnakeYAML for numbers.
"""

import collections
import json
import math
import os
import random
import re
import subprocess
import unittest

import yaml

from support import ROOT

DOCUMENTS = int(os.environ.get("READER_DOCUMENTS", "10000"))
SEED = int(os.environ.get("READER_SEED", "1"))

FUNCTIONS = (
    "And Base64 Cidr Contains EachMemberEquals EachMemberIn Equals FindInMap ForEach GetAtt GetAZs GetStackOutput If "
    "ImportValue Join Length Not Or RefAll Select Split Sub ToJsonString Transform ValueOf ValueOfAll"
).split()
LONG_FORMS = {"!Ref": "Ref", "!Condition": "Condition", **{f"!{name}": f"Fn::{name}" for name in FUNCTIONS}}

SNIPPETS = [
    "a: !GetAtt b.c\nd: !Sub ['${x}', {x: !Ref y}]\n",
    "a: |\n  one\n   two\n\n  three\nb: >-\n  folded\n  text\n\n  more\nc: |+2\n    kept\n\n",
    "? key\n: value\n? - not\n  - this\n: x\n",
    "a: [yes, No, on, ~, null, 012, 089, 0x1F, 0b11, 1_000, 1e3, 12:30, .5, 1., -1.5e-3, .inf, 2010-09-09, '1', =]\n",
    "'a b': \"c\\td\\x41\\u00e9\\\n   e\"\n# comment\n\"f\" : 'it''s' # comment\n",
    "- - a\n  - b: c\n    d: e\n-\n  - {f: [g, {h: i}], j}\n",
    "a: one\n  two\n  three\nb: 'one\n\n  two'\n",
    "a:\n  b: \"{\n    \\\"c\\\": 1\n  }\"\n  d: 'one\n\ntwo'\nf:\n  - e: 'three\n  '\n",
    "a:\n  - |\n    one\n     two\n\n    three",
    "a: >+\n  one\n  two\n   three\n\n   \n  ",
    "a: |+\n  one\n    ",
    "a:\n  - >\n\n    ",
    "a: |2-\n    one\n\n   two\n  three\n # comment\n",
    "%YAML 1.1\n---\na: !!str 012\nb: !!int '7'\nc: !!float 1\n...\n",
    "a: &x {b: 1}\nc: *x\n",
    "\ufeffa: é – 漢 🎉\r\nb: x\r\n",
    "{\"a\": [1, 2.5, true, null, \"\\u00e9\\n\"], \"b\": {}}",
]

TOKENS = [
    " ", "  ", "\n", "\r\n", "\t", ":", ": ", "- ", "? ", ",", "[", "]", "{", "}", "#", " #", "'", "\"", "\\", "|", ">", "|-", ">+",
    "!", "!!str ", "!!int ", "!Ref ", "!Sub ", "!GetAtt ", "!Foo ", "&a ", "*a", "<<", "%", "@", "`", "~", "yes", "off", "0", "08",
    "1_", "1e3", "1:30", ".5", "-", "+1", "0x", "=", "---", "...", "\ufeff", "\u0085", "\u2028", "é", "\x00", "\x7f", "\\x41", "\\N",
]


def mutants(random, count):
    """Pieces of the committed templates and of the snippets, with a few things changed."""
    templates = [path.read_text() for path in sorted((ROOT / "stacks" / "rendered").rglob("*.yaml"))]
    for number in range(count):
        if number % 3 == 0:
            text = random.choice(SNIPPETS)
        else:
            lines = random.choice(templates).splitlines(keepends=True)
            start = random.randrange(len(lines))
            text = "".join(lines[start : start + random.randint(2, 24)])
            indent = min((len(line) - len(line.lstrip()) for line in text.splitlines() if line.strip()), default=0)
            text = re.sub(rf"(?m)^ {{{indent}}}", "", text)
        for _ in range(random.choice((0, 1, 1, 2, 3, 5))):
            text = mutate(random, text)
        yield text


def mutate(random, text):
    at = random.randint(0, len(text))
    until = min(len(text), at + random.randint(1, 12))
    lines = text.splitlines(keepends=True) or [""]
    line = random.randrange(len(lines))
    match random.randrange(7):
        case 0 | 1:
            return text[:at] + random.choice(TOKENS) + text[at:]
        case 2:
            return text[:at] + text[until:]
        case 3:
            return text[:at] + text[at:until] * 2 + text[until:]
        case 4:
            lines[line] = random.choice([" " + lines[line], "  " + lines[line], lines[line].removeprefix(" ")])
        case 5:
            lines[line] = lines[line].rstrip("\r\n") + random.choice(["", " ", "\n\n"])
        case 6:
            other = random.randrange(len(lines))
            lines[line], lines[other] = lines[other], lines[line]
    return "".join(lines)


class Refused(Exception):
    """Why CloudFormation's rules refuse a text; the message is the class of the difference."""


INT = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*(?::[0-5]?[0-9])*)")
FLOAT = re.compile(
    r"[-+]?(?:(?:\.[0-9]+|[0-9_]+(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)"
)
NULLS = {"", "~", "null", "Null", "NULL"}
BOOLEANS = {
    form: value
    for value, words in ((True, ("true", "yes", "on")), (False, ("false", "no", "off")))
    for word in words
    for form in (word, word.capitalize(), word.upper())
}


def plain(text):
    """What CloudFormation makes of a scalar without quotes and tag."""
    if text in NULLS:
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    # SnakeYAML asks for the patterns of numbers only after these.
    if text[0] in "-+0123456789." and INT.fullmatch(text):
        try:
            number = integer(text)
        except ValueError:
            return text
        return number if -(2**63) <= number < 2**64 else text
    if text[0] in "-+0123456789." and FLOAT.fullmatch(text):
        try:
            number = floating(text)
        except ValueError:
            return text
        return number if math.isfinite(number) else text
    return text


def integer(text):
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-").replace("_", "")
    if ":" in digits:
        return sign * base_60(digits, int)
    if digits.startswith(("0b", "0x")):
        return sign * int(digits, 0)
    return sign * int(digits, 8 if digits.startswith("0") and len(digits) > 1 else 10)


def floating(text):
    sign = -1.0 if text.startswith("-") else 1.0
    digits = text.lstrip("+-").replace("_", "")
    return sign * (base_60(digits, float) if ":" in digits else float(digits))


def base_60(digits, kind):
    number = kind(0)
    for place in digits.split(":"):
        number = number * 60 + kind(place)
    return number


def tree(text):
    """The tree of a text by PyYAML and CloudFormation's rules."""
    events = list(yaml.parse(text, Loader=yaml.SafeLoader))
    if any(isinstance(event, yaml.AliasEvent) for event in events):
        raise Refused("an alias")
    if sum(isinstance(event, yaml.DocumentStartEvent) for event in events) != 1:
        raise Refused("no document, or several")
    # The events know whether there was a tag; the composer's nodes do not.
    events = iter(events)
    next(events), next(events)
    return value(next(events), events)


def value(event, events):
    name = getattr(event, "tag", None)
    function = LONG_FORMS.get(name)
    if name is not None and function is None and name != "!" and not name.startswith("tag:yaml.org,2002:"):
        raise Refused("an unknown tag")
    content = collection(event, events) if not isinstance(event, yaml.ScalarEvent) else scalar(event, function)
    if function == "Fn::GetAtt" and isinstance(content, str):
        resource, dot, attribute = content.partition(".")
        if not (resource and dot and attribute):
            raise Refused("GetAtt without an attribute")
        content = [resource, attribute]
    return {function: content} if function else content


def collection(event, events):
    kind = "seq" if isinstance(event, yaml.SequenceStartEvent) else "map"
    if event.tag not in (None, "!", f"tag:yaml.org,2002:{kind}", *LONG_FORMS):
        raise Refused("a tag that does not fit")
    items, end = [], yaml.SequenceEndEvent if kind == "seq" else yaml.MappingEndEvent
    while not isinstance(child := next(events), end):
        items.append(key(child) if kind == "map" and len(items) % 2 == 0 else value(child, events))
    if kind == "seq":
        return items
    keys = items[::2]
    if len(set(keys)) < len(keys):
        raise Refused("a duplicate key")
    return dict(zip(keys, items[1::2]))


def key(event):
    if not isinstance(event, yaml.ScalarEvent) or event.tag in LONG_FORMS:
        raise Refused("a key that is no scalar")
    if event.style is None and event.tag is None and event.value == "<<":
        raise Refused("a merge")
    found = scalar(event, None)
    if not isinstance(found, str):
        raise Refused("a key that is no string")
    return event.value


def scalar(event, function):
    if event.tag is None:
        return plain(event.value) if event.style is None else event.value
    if function or event.tag in ("!", "tag:yaml.org,2002:str"):
        return event.value
    if event.tag.startswith("!"):
        raise Refused("an unknown tag")
    found = plain(event.value)
    kinds = {"int": int, "float": (int, float), "bool": bool, "null": type(None)}
    wanted = kinds.get(event.tag.removeprefix("tag:yaml.org,2002:"), ())
    if not isinstance(found, wanted) or (isinstance(found, bool) and wanted is not bool):
        raise Refused("a tag that does not fit")
    return float(found) if event.tag.endswith(":float") else found


def same(one, other):
    """Equal, where 1 is not 1.0 and not true."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


# Texts that are read differently, and why ours is right.
KNOWN = {
    # In YAML 1.2, and for whoever looks at the file, U+0085, U+2028 and U+2029 end no line.
    "line breaks of YAML 1.1": re.compile("[\u0085\u2028\u2029]"),
    # Ours takes it for nothing before a comment; PyYAML for a letter, and so for a key.
    "a byte order mark inside": re.compile("(?s).\ufeff"),
}


class Reader(unittest.TestCase):
    maxDiff = None

    def test_where_both_take_a_text_they_make_the_same_tree_of_it(self):
        texts = list(mutants(random.Random(SEED), DOCUMENTS))
        lines = "".join(json.dumps(text) + "\n" for text in texts)
        program = ROOT / "target" / "debug" / "examples" / "trees"
        answers = subprocess.run([program], input=lines, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
        self.assertEqual(len(answers), len(texts))
        outcomes, different = collections.Counter(), []
        for text, answer in zip(texts, map(json.loads, answers)):
            # JSON is read by its own rules.
            if text.lstrip("\ufeff \t\r\n").startswith("{"):
                outcomes["JSON, which is no matter of YAML"] += 1
                continue
            known = next((name for name, pattern in KNOWN.items() if pattern.search(text)), None)
            try:
                expected = tree(text)
            except (Refused, yaml.YAMLError) as error:
                reason = str(error) if isinstance(error, Refused) else getattr(error, "problem", None) or "characters"
                refused = "error" in answer
                outcomes["both refuse" if refused else f"only PyYAML refuses: {reason}"] += 1
                continue
            if "error" in answer:
                outcomes[f"only we refuse: {re.sub(r'`.*`', '…', answer['error'])}"] += 1
            elif same(answer["tree"], expected):
                outcomes["both take, and agree"] += 1
            elif known:
                outcomes[f"known: {known}"] += 1
            else:
                different.append((text, answer["tree"], expected))
        for outcome, count in outcomes.most_common():
            print(f"{count:7} {outcome}")
        self.assertEqual(different[:3], [], f"{len(different)} of {len(texts)} texts are read differently")
        self.assertGreater(outcomes["both take, and agree"], DOCUMENTS // 4)


if __name__ == "__main__":
    unittest.main()
