"""`longcode` finds the deployment that the options name, or the stack of this folder, if it is this user's."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from longcode_cli.deployment import find, local_url
from longcode_cli.errors import Unreachable
from tests.support.emulated_aws import environment

URL = "http://127.0.0.1:4566"
ME = os.geteuid()


@pytest.fixture
def profiles(tmp_path: Path) -> Iterator[None]:
    """A profile of AWS named ops."""
    (tmp_path / "config").write_text("[profile ops]\n")
    (tmp_path / "credentials").write_text("[ops]\naws_access_key_id = AKOPS\naws_secret_access_key = secret\n")
    config, credentials = str(tmp_path / "config"), str(tmp_path / "credentials")
    with environment(AWS_CONFIG_FILE=config, AWS_SHARED_CREDENTIALS_FILE=credentials):
        yield


@pytest.mark.usefixtures("profiles")
def test_calls_are_signed_for_the_region_with_the_credentials_of_the_profile() -> None:
    found = find("longcode-prod", "eu-west-1", "ops")

    signed = found.client("cloudformation").generate_presigned_url("describe_stacks")

    assert found.stack == "longcode-prod"
    assert re.search("X-Amz-Credential=AKOPS%2F[0-9]{8}%2Feu-west-1%2F", signed)


@pytest.mark.usefixtures("profiles")
def test_an_unknown_profile_is_refused_by_its_name() -> None:
    with pytest.raises(Unreachable, match="no-such-profile"):
        find("longcode-prod", None, "no-such-profile")


@pytest.fixture
def running(tmp_path: Path) -> Path:
    """Return a folder with the file of a stack that this process runs."""
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps({"emulator_url": URL, "pid": os.getpid()}))
    return tmp_path


def test_a_stack_is_found_from_its_folder_and_those_below(running: Path) -> None:
    below = running / "docs" / "flows"
    below.mkdir(parents=True)

    assert (local_url(running, ME), local_url(below, ME)) == (URL, URL)


def test_the_file_of_another_user_is_not_trusted(running: Path) -> None:
    assert local_url(running, ME + 1) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": 999999999, "emulator_url": "http://127.0.0.1:1"}'])
def test_a_file_that_a_killed_stack_left_behind_does_not_count(running: Path, content: str) -> None:
    (running / ".local" / "stack.json").write_text(content)

    assert local_url(running, ME) is None


def test_a_file_without_an_address_does_not_count(running: Path) -> None:
    (running / ".local" / "stack.json").write_text(json.dumps({"pid": os.getpid()}))

    assert local_url(running, ME) is None
