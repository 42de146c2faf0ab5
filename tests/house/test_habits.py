"""What a contributor meets: pages, hooks and the workflow run commands that exist, and CI is the same everywhere."""

import re
from typing import Any

import yaml

from tests.house.test_files import pages
from tests.support.source_reading import ROOT, relative_path

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
COMMAND = re.compile(r"^    make ([a-z ]+?)(?: +#| [A-Z]+=|$)|`make ([a-z ]+?)(?: [A-Z]+=[^`]*)?`", re.MULTILINE)


def test_every_target_that_a_page_names_is_there() -> None:
    named = [
        (relative_path(page), target)
        for page in pages()
        for command in COMMAND.findall(page.read_text())
        for target in " ".join(command).split()
    ]

    assert len(named) > 60
    assert [(page, target) for page, target in named if target not in TARGETS] == []


def test_every_target_that_is_no_file_is_phony_and_says_what_it_does() -> None:
    [phony] = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    described = set(re.findall(r"^([a-z]+):.*## \w", MAKEFILE, re.MULTILINE))

    assert set(phony.split()) == described == TARGETS


def test_the_public_ci_runs_what_our_own_runs_and_audits_on_a_schedule() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    own = (ROOT / ".ci" / "run").read_text().splitlines()[-1]

    assert workflow["jobs"]["test"]["steps"][-1]["run"] == own == "make check test"
    assert workflow["jobs"]["audit"]["steps"][-1]["run"] == "make audit"
    assert workflow["jobs"]["audit"]["if"].startswith("github.event_name == 'schedule'")
    assert workflow["permissions"] == {"contents": "read"}
    actions = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert [action for action in actions if not re.fullmatch(r"actions/[a-z-]+@v\d+", action)] == []


def test_the_hooks_of_git_are_tools_of_this_repository() -> None:
    hooks: dict[str, Any] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())

    assert [source["repo"] for source in hooks["repos"]] == ["local"]
    assert [hook["entry"].split()[0] for hook in hooks["repos"][0]["hooks"]] == [".venv/dev/bin/ruff"] * 2
