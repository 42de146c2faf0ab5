"""docs/deploy.md has each question of `sam deploy --guided`, in order, and names only outputs that exist."""

import re
from typing import Any

from tests.support.source_reading import ROOT, resources_of_type

PAGE = (ROOT / "docs" / "deploy.md").read_text()
QUESTIONS = re.findall(r"`([^`]+)`", "".join(row.split("|")[1] for row in PAGE.splitlines() if row.startswith("| `")))


def test_the_page_has_each_parameter_in_the_order_of_the_questions(template: dict[str, Any]) -> None:
    asked = [question for question in QUESTIONS if question in template["Parameters"]]

    assert asked == list(template["Parameters"])


def test_the_page_has_the_question_about_each_function_url(template: dict[str, Any]) -> None:
    """SAM asks with no as the default, and ends at a no (SAM CLI: sam deploy --guided)."""
    functions = resources_of_type(template, "AWS::Serverless::Function").items()
    public = {name for name, function in functions if function.get("FunctionUrlConfig") == {"AuthType": "NONE"}}
    sentence = " Function Url has no authentication. Is this okay?"

    assert {question.removesuffix(sentence) for question in QUESTIONS if question.endswith(sentence)} == public


def test_the_page_names_outputs_that_exist(template: dict[str, Any]) -> None:
    named = set(re.findall(r"\$([A-Z]\w*[a-z]\w*)", PAGE)) | set(re.findall(r"output\s+`(\w+)`", PAGE))

    assert len(named) > 5
    assert named <= template["Outputs"].keys()
