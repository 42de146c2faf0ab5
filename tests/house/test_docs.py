"""The pages of docs/: short lines, existing files in diagrams, an index of all decisions, no outside references."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.house.test_files import pages, tracked
from tests.support.source_reading import FUNCTIONS, LONGCODE, ROOT, relative_path

DECISIONS = ROOT / "docs" / "decisions"
LONGEST = 160
OUTSIDE = re.compile(r"\b(?:facts|design)(?: page)? §|\.\./shared|\bfacts\.md §")
PARTICIPANT = re.compile(r"(?<![\w/])[a-z_]+(?:/[a-z_]+)+\.py\b")
LOG_LINE = re.compile(r"(?:message = \"|(?:log has|logged as)\s+`)([^\"`]+)[\"`]")
BAR = re.compile(r"(?<!\\)\|")
ROW = re.compile(r"^\| (\d+) \| \[(.+)\]\((.+)\) \| (\d{4}-\d\d-\d\d) \| ([^|]+) \| ", re.MULTILINE)
DATED = re.compile(r"^Date: ([0-9-]+)\. Status: ([^(\n]+?)(?: \(.+\))?\.$", re.MULTILINE)
RELATION = re.compile(r"(superseded by|extended by|supersedes|extends)|\b(\d+)\b")
CONVERSE = {"superseded by": "supersedes", "extended by": "extends"}


def test_lines_of_prose_fit_a_screen() -> None:
    long = [
        f"{relative_path(page)}:{number} has {len(line)} characters"
        for page in pages()
        for number, line in prose(page)
        if len(line) > LONGEST
    ]

    assert long == []


@pytest.mark.parametrize(
    ("page", "title", "at_least"),
    [("security.md", "Attacks, before and after", 25), ("architecture.md", "The five promises", 5)],
)
def test_each_attack_and_each_promise_names_tests_that_exist(page: str, title: str, at_least: int) -> None:
    table = (ROOT / "docs" / page).read_text().partition(f"## {title}")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    named = [re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row) for row in rows]

    assert len(rows) >= at_least
    assert [row for row, tests in zip(rows, named, strict=True) if not tests] == []
    assert [
        (file, test)
        for tests in named
        for file, test in tests
        if not (ROOT / file).is_file() or f"\ndef {test}(" not in (ROOT / file).read_text()
    ] == []


def test_every_row_of_a_table_has_as_many_cells_as_the_row_before() -> None:
    uneven = [
        f"{relative_path(page)}: {row}"
        for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
        for before, row in pairwise(page.read_text().splitlines())
        if before.startswith("|") and row.startswith("|") and len(BAR.findall(before)) != len(BAR.findall(row))
    ]

    assert uneven == []


def test_every_file_in_a_diagram_is_there() -> None:
    missing = [
        f"{relative_path(page)}: {name}"
        for page in sorted((ROOT / "docs" / "flows").glob("*.md"))
        for name in PARTICIPANT.findall(page.read_text())
        if not any((root / name).is_file() for root in (ROOT, FUNCTIONS, LONGCODE))
    ]

    assert missing == []


def test_every_file_that_the_page_on_security_refers_to_is_there() -> None:
    page = (ROOT / "docs" / "security.md").read_text()

    named = PARTICIPANT.findall(page)

    assert len(named) > 30
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_page_on_incidents_names_only_log_lines_that_exist() -> None:
    page = (ROOT / "docs" / "incidents.md").read_text()
    code = "\n".join(path.read_text() for path in FUNCTIONS.rglob("*.py"))

    lines = set(LOG_LINE.findall(page))

    assert len(lines) > 4
    assert [line for line in sorted(lines) if f'"{line}"' not in code] == []


def test_the_index_has_each_decision_under_its_title_with_its_date() -> None:
    titles = {path.name: path.read_text().partition("\n")[0] for path in DECISIONS.glob("[0-9]*.md")}

    indexed = {name: f"# {number}. {title}" for number, title, name, *_ in ROW.findall(index())}

    assert len(titles) > 40
    assert indexed == titles


def test_the_index_has_the_date_and_the_status_of_each_decision() -> None:
    in_decisions = {path.name: DATED.findall(path.read_text()) for path in DECISIONS.glob("[0-9]*.md")}

    assert {name: [(date, status)] for _, _, name, date, status in ROW.findall(index())} == in_decisions


def test_a_decision_that_extends_or_supersedes_another_is_named_there_too() -> None:
    forward, back = set(), set()
    for number, _, _, _, status in ROW.findall(index()):
        relation = ""
        for verb, other in RELATION.findall(status):
            relation = verb or relation
            if other and relation in CONVERSE:
                back.add((int(other), CONVERSE[relation], int(number)))
            elif other and relation:
                forward.add((int(number), relation, int(other)))

    assert len(forward) > 15
    assert forward == back


def test_nothing_points_outside_the_repository() -> None:
    pointing = [
        f"{name}: {match.group()}"
        for name, text in tracked().items()
        if name != relative_path(Path(__file__))
        for match in OUTSIDE.finditer(text)
    ]

    assert pointing == []


def index() -> str:
    return (DECISIONS / "README.md").read_text()


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of a page outside code and tables."""
    in_code = False
    for number, line in enumerate(page.read_text().splitlines(), start=1):
        if line.startswith("```"):
            in_code = not in_code
        elif not in_code and not line.startswith(("|", "    ")):
            yield number, line
