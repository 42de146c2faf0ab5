"""The template that the emulator is given."""

from pathlib import Path

import yaml

from infra.local.deployment import without_code

BUILT = """
Globals:
  Function:
    Environment: {Variables: {TABLE_NAME: {Ref: Table}}}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties: {BinaryMediaTypes: [text~1csv, text~1html]}
  Worker:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions, Handler: send.worker.handler}
  Invoice:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions_pdf, Environment: {Variables: {MAIL_FROM: {Ref: MailFrom}}}}
"""


def test_functions_are_deployed_without_code_and_import_the_artifact_that_was_built_for_each() -> None:
    functions = yaml.safe_load(without_code(BUILT, Path("/run/build")))["Resources"]

    worker, invoice = functions["Worker"]["Properties"], functions["Invoice"]["Properties"]
    assert (worker["CodeUri"], invoice["CodeUri"]) == ("no_code", "no_code")
    assert worker["Environment"]["Variables"] == {"PYTHONPATH": "/run/build/functions"}
    assert invoice["Environment"]["Variables"] == {
        "MAIL_FROM": {"Ref": "MailFrom"},
        "PYTHONPATH": "/run/build/functions_pdf",
    }


def test_the_rest_of_the_template_is_deployed_as_it_is_with_the_types_of_files_unescaped() -> None:
    deployed = yaml.safe_load(without_code(BUILT, Path("/run/build")))

    assert deployed["Globals"] == {"Function": {"Environment": {"Variables": {"TABLE_NAME": {"Ref": "Table"}}}}}
    accepted_by_browsers = "text/html,application/xhtml+xml,application/xml"
    types = deployed["Resources"]["Api"]["Properties"]["BinaryMediaTypes"]
    assert types == ["text/csv", "text/html", accepted_by_browsers]
    assert deployed["Resources"]["Worker"]["Properties"]["Handler"] == "send.worker.handler"
