"""Every file of the repository: a docstring, no paths of a machine, no references to missing files."""

import ast
import re
import subprocess
from pathlib import Path

from tests.support.source_reading import FUNCTIONS, LONGCODE, ROOT, relative_path, sources, tree

HOSTS = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|(?:^|\s)--(?:extra-)?index-url[ =]|/simple/?\s*$", re.MULTILINE
)
PATHS = re.compile(r"(?<![\w.])/(?:home|Users|work|root|mnt)/[\w.-]+")
NAMED = re.compile(r"`([\w.-]+(?:/[\w.-]+)+\.(?:py|md|json|yaml|csv|toml|txt))`")


def test_every_module_begins_with_what_it_is_for() -> None:
    files = sources(FUNCTIONS, ROOT / "infra", ROOT / "bench")

    assert [relative_path(path) for path in files if not _first_line(path)] == []


def test_no_tracked_file_names_a_registry_or_a_place_on_somebodys_machine() -> None:
    named = [
        f"{name}: {match.group().strip()}"
        for name, text in tracked().items()
        for pattern in (HOSTS, PATHS)
        if (match := pattern.search(text))
    ]

    assert named == []


def test_every_file_that_a_page_names_is_there() -> None:
    pages = [path for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if path.is_file()]
    missing = [
        f"{relative_path(page)}: {name}"
        for page in pages
        for name in NAMED.findall(page.read_text())
        if not any((root / name).exists() for root in (ROOT, FUNCTIONS, LONGCODE))
    ]

    assert missing == []


def test_every_file_that_code_or_configuration_names_is_there() -> None:
    folders = "|".join(sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."))
    named = re.compile(rf"(?<![\w./*{{}}-])(?:{folders})(?:/[\w.-]+)+\.(?:py|md|json|yaml|csv|toml|txt)\b")
    missing = [
        f"{file}: {name}"
        for file, text in tracked().items()
        if file.endswith((".py", ".yaml", ".toml", "Makefile"))
        for name in named.findall(text)
        if not any((root / name).exists() for root in (ROOT, FUNCTIONS, LONGCODE))
    ]

    assert missing == []


def test_decisions_are_numbered_without_gaps_and_short() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))

    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    assert [path.name for path in decisions if len(path.read_text().splitlines()) > 25] == []


def tracked() -> dict[str, str]:
    """Return the texts of the files in git, by name."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return {relative_path(path): path.read_text(errors="replace") for path in files if path.is_file()}


def _first_line(path: Path) -> str:
    return (ast.get_docstring(tree(path)) or "").partition("\n")[0]
