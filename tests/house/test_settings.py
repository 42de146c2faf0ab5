"""One list of settings: the template gives what aws/settings.py reads, and the tests give the same."""

import ast
import os
from dataclasses import fields
from typing import Any

from longcode.aws import settings
from tests.house.reading import ROOT, dotted, of_type, tree

NAMES = {field.name.upper() for field in fields(settings.Settings)}
THEIRS = ("POWERTOOLS_", "AWS_")


def test_the_template_gives_every_setting_and_no_other(template: dict[str, Any]) -> None:
    given = template["Globals"]["Function"]["Environment"]["Variables"]

    assert {name for name in given if not name.startswith(THEIRS)} == NAMES


def test_no_function_has_settings_of_its_own(template: dict[str, Any]) -> None:
    own = [name for name, one in of_type(template, "AWS::Serverless::Function").items() if "Environment" in one]

    assert own == []


def test_the_tests_give_every_setting_and_no_other() -> None:
    (given,) = (
        node.value
        for path in (ROOT / "tests").glob("*.py")
        for node in tree(path).body
        if isinstance(node, ast.AugAssign) and dotted(node.target) == "os.environ"
    )
    spelled = {str(one.value) for one in getattr(given, "keys", []) if isinstance(one, ast.Constant)}
    unknown = {name for name in spelled if not name.startswith(THEIRS)} - NAMES
    queues = {name for name in os.environ if name.endswith("_QUEUE_URL")}

    assert settings.read(os.environ)
    assert unknown == set()
    assert queues == {name for name in NAMES if name.endswith("_QUEUE_URL")}
