"""`sam build` makes what runs, and what the SAM CLI deploys, packages or invokes is what `sam build` made."""

import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from infra import build
from infra.build import PRODUCTION
from tests.support.source_reading import ROOT, events, resources_of_type

BUILT = ".aws-sam/build/template.yaml"
CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text())


def test_what_is_built_is_what_is_deployed(template: dict[str, Any]) -> None:
    shared = template["Globals"]["Function"]
    own = {
        (name, setting)
        for name, function in resources_of_type(template, "AWS::Serverless::Function").items()
        for setting in ("Runtime", "Architectures", "CodeUri")
        if setting in function
    }

    assert (shared["Runtime"], shared["Architectures"]) == (PRODUCTION.runtime, [PRODUCTION.architecture])
    assert own == set()


def test_the_makefile_builds_every_function(template: dict[str, Any]) -> None:
    """SAM's own builder for Python leaves out `*.so` (docs/facts.md)."""
    functions = {n: r for n, r in template["Resources"].items() if r["Type"] == "AWS::Serverless::Function"}
    elsewhere = {
        name: resource.get("Metadata")
        for name, resource in functions.items()
        if resource.get("Metadata") != {"BuildMethod": "makefile", "ContextPath": ".", "WorkingDirectory": "."}
    }

    assert elsewhere == {}
    assert "\nbuild-%: " in (ROOT / "Makefile").read_text()


def test_sam_deploys_and_packages_what_was_built_and_never_the_sources() -> None:
    """Otherwise `sam deploy` takes template.yaml where there is no build (SAM CLI: sam deploy, `--template-file`).

    With `template_file` as the key, `--guided` would save its answers into .aws-sam/build, which `sam build` removes.
    """
    read = {
        (environment, command): commands[command]["parameters"].get("template")
        for environment, commands in environments().items()
        for command in ("deploy", "package")
    }

    assert read == dict.fromkeys(read, BUILT)
    for command in ("local_invoke", "local_start_api"):
        assert CONFIG["default"][command]["parameters"] == {"template": BUILT, "env_vars": "env.json"}


@pytest.mark.parametrize("target", ["deploy", "update"])
@pytest.mark.parametrize("ends_with", [0, 1])
def test_a_deployment_leaves_no_build_that_a_later_bare_deployment_could_take(
    tmp_path: Path, target: str, ends_with: int
) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    sam = tmp_path / "sam"
    sam.write_text(f"#!/bin/sh\n[ $1 != build ] || {{ mkdir -p .aws-sam/build; touch {BUILT}; exit 0; }}\n")
    sam.write_text(sam.read_text() + f"[ -f {BUILT} ] && touch deployed; exit {ends_with}\n")
    sam.chmod(0o755)

    made = subprocess.run(
        ["make", "-o", ".venv/sam/done", target, "SAM=./sam"], cwd=tmp_path, check=False, capture_output=True
    )

    assert (made.returncode == 0, (tmp_path / "deployed").exists()) == (ends_with == 0, True)
    assert not (tmp_path / BUILT).exists()


def test_a_build_is_current_by_the_contents_of_the_sources_and_not_by_their_times(tmp_path: Path) -> None:
    """`cp -p` and `git stash` bring files back with the time that they had."""
    built = tmp_path / "functions"
    built.mkdir()
    built.with_suffix(".stamp").write_text(build._stamp_of("functions", PRODUCTION))
    os.utime(built.with_suffix(".stamp"), (0, 0))

    assert build.build_function("SendApi", tmp_path / "SendApi", PRODUCTION) == f"SendApi: as {built}"
    assert not build._is_current(built, "of other sources")


def test_a_sync_builds_without_the_cache() -> None:
    """The cache compares the files of CodeUri only (SAM CLI: sam sync, `--cached`)."""
    synced = {name: commands.get("sync", {}).get("parameters") for name, commands in environments().items()}

    assert synced.pop("prod") is None
    assert [(name, one["cached"], one["dependency_layer"]) for name, one in synced.items()] == [
        ("default", False, False),
        ("dev", False, False),
    ]


def test_the_table_of_dev_outlives_its_stack_as_the_configuration_says(template: dict[str, Any]) -> None:
    comment = (ROOT / "samconfig.toml").read_text().partition("[dev.global")[0].rpartition("\n\n")[0]

    assert template["Resources"]["Table"]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert "kept when the stack is deleted" in comment


def test_dev_and_prod_are_two_stacks_and_a_command_without_either_names_none() -> None:
    stacks = {name: commands.get("global", {}).get("parameters", {}) for name, commands in environments().items()}

    assert {name: parameters.get("stack_name") for name, parameters in stacks.items()} == {
        "default": None,
        "dev": "longcode-dev",
        "prod": "longcode",
    }
    assert CONFIG["prod"]["deploy"]["parameters"]["confirm_changeset"] is True


def test_a_local_invocation_sets_what_only_a_stack_knows(template: dict[str, Any]) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    set_by_file = json.loads((ROOT / "env.json").read_text())["Parameters"]

    assert set_by_file.keys() == {name for name, value in variables.items() if not isinstance(value, str)} | {
        "PUBLIC_URL_PARAMETER",
        "RECEIPTS_URL_PARAMETER",
        "INBOUND_URL_PARAMETER",
    }


def test_each_queue_and_schedule_has_a_sample_event_and_so_has_each_other_kind_of_trigger(
    template: dict[str, Any],
) -> None:
    samples = {path.stem: json.loads(path.read_text()) for path in (ROOT / "events").glob("*.json")}
    fed = {resource for _, event in events(template, "SQS") for resource in event["Queue"].values()}
    queues = {
        record["eventSourceARN"].partition("longcode-")[2]
        for sample in samples.values()
        for record in sample.get("Records", [])
    }
    schedules = sorted(name for name in samples if name.startswith("schedule_"))

    not_shown = {resource.removesuffix(".Arn") for resource in fed} - queues
    assert not_shown == {"BulkQueue"}  # whose jobs are those of the send queue
    assert schedules == ["schedule_close_month", "schedule_forward", "schedule_reconcile", "schedule_sweep"]
    assert samples["authorizer"]["type"] == "REQUEST"
    assert samples["post_messages"]["resource"] == "/messages"
    assert samples["twilio_receipt_at_its_own_address"]["version"] == "2.0"  # a function URL
    assert samples["admin_plans_show"]["do"] == "plans.show"


def environments() -> dict[str, dict[str, Any]]:
    return {name: commands for name, commands in CONFIG.items() if isinstance(commands, dict)}
