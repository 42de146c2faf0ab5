"""The template and functions/ have the same handlers, and each function is deployed with the packages it imports."""

from typing import Any

from infra.build import ARTIFACTS, artifact_of
from tests.support.source_reading import (
    FUNCTIONS,
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


def test_traces_pass_through(template: dict[str, Any]) -> None:
    """X-Ray records a text only if its caller asks for it (SAM: AWS::Serverless::Function, Tracing)."""
    functions = resources_of_type(template, "AWS::Serverless::Function").values()

    assert template["Globals"]["Function"]["Tracing"] == "PassThrough"
    assert [function["Handler"] for function in functions if "Tracing" in function] == []


def test_every_file_is_reached_from_a_handler() -> None:
    served = {path for trigger in handlers().values() for path in reach(trigger)}

    modules = {path for path in FUNCTIONS.rglob("*.py") if path.name != "__init__.py"}
    assert sorted(modules - served) == []


def test_a_function_is_deployed_with_the_packages_that_its_code_imports(template: dict[str, Any]) -> None:
    # The viewer's package is not imported: reference/api.py reads its files.
    artifacts = {"reportlab": "functions_pdf", "stripe": "functions_stripe", "reference.api": "functions_viewer"}
    needed = {
        name: {
            artifact
            for imported_name in (*reached_names(path), name)
            for package, artifact in artifacts.items()
            if within(imported_name, package)
        }
        or {"functions"}
        for name, path in handlers().items()
    }

    deployed = {
        function["Handler"].removesuffix(".handler"): {artifact_of(name)}
        for name, function in resources_of_type(template, "AWS::Serverless::Function").items()
    }

    assert deployed == needed
    assert {name for names in deployed.values() for name in names} == ARTIFACTS.keys()
