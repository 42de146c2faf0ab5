"""Every file of the repository: a docstring, no paths of a machine, no references to missing files."""

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

from tests.support.source_reading import FUNCTIONS, LONGCODE, ROOT, nodes, relative_path, sources, strings, tree

HOSTS = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|(?:^|\s)--(?:extra-)?index-url[ =]|/simple/?\s*$", re.MULTILINE
)
PATHS = re.compile(r"(?<![\w.])/(?:home|Users|work|root|mnt)/[\w.-]+")
CARRIER_CODES = LONGCODE / "carriers" / "refusals.py"  # several codes of a carrier mean the same
UNREACHABLE = "unreachable: itertools.count does not end"
LONGEST_OF_A_NAME = 24
SECTION = re.compile(r"\b(docs/[\w/-]+\.md)#([\w-]+)|\]\(()#([\w-]+)\)")
NAMED = re.compile(r"`([\w.-]+(?:/[\w.-]+)+\.(?:py|md|json|yaml|csv|toml|txt))`")


def test_every_module_begins_with_what_it_is_for() -> None:
    files = sources(FUNCTIONS, ROOT / "infra", ROOT / "bench", ROOT / "sdk")

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
    missing = [
        f"{relative_path(page)}: {name}"
        for page in pages()
        for name in NAMED.findall(page.read_text())
        if not any((root / name).exists() for root in (ROOT, FUNCTIONS, LONGCODE, page.parent))
    ]

    assert missing == []


def test_every_section_that_a_page_the_code_or_the_template_leads_to_is_there() -> None:
    leading = [
        (name, page or name, section or own)
        for name, text in tracked().items()
        if name.endswith((".md", ".py", ".yaml")) and name != relative_path(Path(__file__))
        for page, section, _, own in SECTION.findall(text)
    ]

    assert len(leading) > 50
    assert [link for link in leading if link[2] not in anchors(ROOT / link[1])] == []


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


def test_no_sentence_is_written_twice() -> None:
    written = Counter(
        text
        for path in sources(FUNCTIONS)
        if path != CARRIER_CODES
        for text in (str(constant.value) for constant in strings(path))
        if len(text) > LONGEST_OF_A_NAME and " " in text.strip() and text not in docstrings(path)
    )

    assert [sentence for sentence, times in written.items() if times > 1 and sentence != UNREACHABLE] == []


def test_no_two_classes_have_one_name() -> None:
    names = Counter(
        node.name for path in sources(FUNCTIONS) for node in nodes(path) if isinstance(node, ast.ClassDef)
    )

    assert [name for name, times in names.items() if times > 1] == []


def test_decisions_are_numbered_without_gaps_and_short() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))

    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    assert [path.name for path in decisions if len(path.read_text().splitlines()) > 25] == []


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def pages() -> list[Path]:
    """Return the pages of the repository."""
    own = (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md"))
    return [
        *own,
        *(page for folder in ("docs", "sdk", "cli", "bench") for page in sorted((ROOT / folder).rglob("*.md"))),
    ]


def tracked() -> dict[str, str]:
    """Return the texts of the files in git, by name."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return {relative_path(path): path.read_text(errors="replace") for path in files if path.is_file()}


def docstrings(path: Path) -> set[str]:
    """Return the strings of a file that stand alone as statements."""
    expressions = (node.value for node in nodes(path) if isinstance(node, ast.Expr))
    return {node.value for node in expressions if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _first_line(path: Path) -> str:
    return (ast.get_docstring(tree(path)) or "").partition("\n")[0]
