"""The template and functions/ agree: every handler is there, and everyone who has one is called."""

from typing import Any

from tests.house.reading import FUNCTIONS, handlers, of_type, reach


def test_every_handler_of_the_template_is_there_and_every_handler_is_in_the_template(
    template: dict[str, Any],
) -> None:
    named = sorted(one["Handler"] for one in of_type(template, "AWS::Serverless::Function").values())

    assert named == sorted(f"{name}.handler" for name in handlers())


def test_every_file_of_a_purpose_is_a_trigger_or_serves_one() -> None:
    served = {path for trigger in handlers().values() for path in reach(trigger)}

    assert sorted(set(FUNCTIONS.rglob("*.py")) - served) == []
