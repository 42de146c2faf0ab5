"""One version: that of CHANGELOG.md is in the template, the API document and every package."""

import json
import re
import tomllib
from itertools import pairwise
from typing import Any

from longcode_client import calls
from tests.house.test_files import tracked
from tests.support.source_reading import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
HEADING = re.compile(r"^## \[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)$", re.MULTILINE)
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_every_part_has_the_newest_version_of_the_changelog(template: dict[str, Any]) -> None:
    major, minor, patch, _ = HEADING.findall(CHANGELOG)[0]
    projects = {name: tomllib.loads(text) for name, text in tracked().items() if name.endswith("pyproject.toml")}
    versions = {name: read["project"]["version"] for name, read in projects.items()}
    versions["template.yaml"] = template["Outputs"]["Version"]["Value"]
    versions["docs/openapi.json"] = json.loads((ROOT / "docs" / "openapi.json").read_text())["info"]["version"]
    versions["longcode_client"] = calls.VERSION

    assert {"pyproject.toml", "sdk/python/pyproject.toml"} <= versions.keys()
    assert {name: version for name, version in versions.items() if version != f"{major}.{minor}.{patch}"} == {}


def test_versions_and_their_days_go_down_to_the_first() -> None:
    versions = [(tuple(map(int, numbers)), day) for *numbers, day in HEADING.findall(CHANGELOG)]

    assert versions[-1] == ((0, 1, 0), "2026-11-22")
    assert [newer for newer, older in pairwise(versions) if newer[0] <= older[0] or newer[1] < older[1]] == []


def test_the_changelog_begins_with_what_is_unreleased_and_has_no_other_headings() -> None:
    headings = re.findall(r"^(##+) (.+)$", CHANGELOG, re.MULTILINE)

    assert headings[0] == ("##", "[Unreleased]")
    assert [title for mark, title in headings[1:] if mark == "##" and not HEADING.fullmatch(f"## {title}")] == []
    assert {title for mark, title in headings if mark == "###"} <= KINDS
