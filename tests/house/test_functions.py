"""The template and functions/ have the same handlers, and each function is deployed with the packages it imports."""

from typing import Any

from infra.build import ARTIFACTS, BUILD, ROOT
from tests.support.source_reading import (
    FUNCTIONS,
    functions,
    handlers,
    reach,
    reached_names,
    resources_of_type,
    within,
)


def test_every_handler_of_the_template_is_there_and_every_handler_is_in_the_template(
    template: dict[str, Any],
) -> None:
    named = sorted(
        function["Handler"] for function in resources_of_type(template, "AWS::Serverless::Function").values()
    )

    assert named == sorted(f"{name}.handler" for name in handlers())


def test_every_file_is_reached_from_a_handler() -> None:
    served = {path for trigger in handlers().values() for path in reach(trigger)}

    assert sorted(set(FUNCTIONS.rglob("*.py")) - served) == []


def test_a_function_is_deployed_with_the_packages_that_its_code_imports(template: dict[str, Any]) -> None:
    artifacts = {"reportlab": "functions_pdf", "stripe": "functions_stripe"}
    needed = {
        name: {
            artifacts[imported_name.partition(".")[0]]
            for imported_name in reached_names(path)
            if within(imported_name, *artifacts)
        }
        for name, path in handlers().items()
    }

    deployed = {name: function["CodeUri"] for name, function in functions(template).items()}

    folders = {artifact: (BUILD / artifact).relative_to(ROOT).as_posix() for artifact in ARTIFACTS}
    assert deployed == {name: folders[(used or {"functions"}).pop()] for name, used in needed.items()}
    assert set(deployed.values()) == set(folders.values())
