"""What SAM makes of a template, from inside of SAM's own packages: run by the Python of .venv-sam, answers in JSON.

`translate FILE` prints the CloudFormation template that SAM's translator makes; `local FILE` the environment of each
function under `sam local`; `yaml FILE…` what SAM's own YAML reader makes of files, one value or error each; `calls FILE` what
botocore has to say against requests to DynamoDB.
"""

import json
import sys


def translate(path):
    from samcli.yamlhelper import yaml_parse
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    for function in template["Resources"].values():
        if function.get("Type") == "AWS::Serverless::Function":
            # What `sam package` would put there.
            function["Properties"]["CodeUri"] = "s3://bucket/key"
    managed = {
        "AWSLambdaDynamoDBExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole",
        "AWSLambdaBasicExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    }
    return Translator(managed, Parser()).translate(template, {})


def local(path):
    from samcli.lib.providers.sam_function_provider import SamFunctionProvider
    from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

    stacks, _ = SamLocalStackProvider.get_stacks(path)
    functions = SamFunctionProvider(stacks).get_all()
    return {function.name: (function.environment or {}).get("Variables", {}) for function in functions}


def read(paths):
    from samcli.yamlhelper import yaml_parse

    values = {}
    for path in paths:
        try:
            with open(path, encoding="utf-8-sig", newline="") as file:
                values[path] = {"value": yaml_parse(file.read())}
        except Exception as error:  # Whatever it says, the test decides.
            values[path] = {"error": f"{type(error).__name__}: {error}"}
    return values


def calls(path):
    import botocore.loaders
    import botocore.model
    from botocore.validate import ParamValidator

    model = botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model("dynamodb", "service-2"))
    with open(path, encoding="utf-8") as file:
        requests = json.load(file)
    report = lambda operation, given: ParamValidator().validate(given, model.operation_model(operation).input_shape)
    return [[operation, report(operation, given).generate_report()] for operation, given in requests]


if __name__ == "__main__":
    command, *paths = sys.argv[1:]
    answer = {"translate": lambda: translate(paths[0]), "local": lambda: local(paths[0]), "yaml": lambda: read(paths),
              "calls": lambda: calls(paths[0])}
    print(json.dumps(answer[command](), default=str))
