"""YAML 1.1, which is what CloudFormation reads, as PyYAML and cfn-lint understand it: the models that the tests of the renderer
write to target/yaml mean the same there as their JSON."""

import json
import unittest

import yaml
from cfnlint.decode import cfn_yaml

from support import ROOT

MODELS = sorted((ROOT / "target" / "yaml").glob("*.yaml"))


class Loader(yaml.SafeLoader):
    """PyYAML's own rules for scalars, and CloudFormation's short forms."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.constructor.ConstructorError(None, None, f"a key is there twice: {keys}", node.start_mark)
        return super().construct_mapping(node, deep)


def short_form(loader, name, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


Loader.add_multi_constructor("!", short_form)


class Yaml11(unittest.TestCase):
    def test_models_are_there(self):
        self.assertEqual(len(MODELS), 200, "`cargo test -p tablewright --features render` writes them")

    def check(self, read):
        for path in MODELS:
            with self.subTest(path.name):
                # As text: to Python, True is 1.
                found, wanted = read(path), json.loads(path.with_suffix(".json").read_text())
                self.assertEqual(json.dumps(found, sort_keys=True), json.dumps(wanted, sort_keys=True))

    def test_pyyaml_reads_what_the_json_says(self):
        self.check(lambda path: yaml.load(path.read_text(), Loader))

    def test_cfn_lint_reads_what_the_json_says(self):
        self.check(lambda path: cfn_yaml.load(str(path)))

    def test_the_rules_are_those_of_yaml_1_1(self):
        text = "[yes, 012, 1_0, 12:30, 2012-10-17, 1e3, 1.0e+3, ~, 0x1F]"
        read = yaml.load(text, Loader)
        self.assertEqual([type(value).__name__ for value in read], ["bool", "int", "int", "int", "date", "str", "float", "NoneType", "int"])


if __name__ == "__main__":
    unittest.main()
