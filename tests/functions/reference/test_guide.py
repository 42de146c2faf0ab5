"""The guide as one text: its order, and links that lead to its own sections."""

from pathlib import Path

from reference import guide
from tests.support.source_reading import ROOT

INDEX = """# Guide

- [Quick start](quickstart.md): ten minutes.
- [Opt-outs](opt-outs.md)

All [codes](../codes.md), [the document](../openapi.json), [rules of billing](../billing.md).
"""
QUICK_START = """# Quick start

## See it, or not

```python
# no heading
## none
handlers[name](event)
```

`[a](b.md)` is a link. See [what
is above](#see-it-or-not).
"""
PAGES = {
    "guide/README.md": INDEX,
    "guide/quickstart.md": QUICK_START,
    "guide/opt-outs.md": (
        "# Opt-outs\n\n[As before](quickstart.md#see-it-or-not), [RFC](https://rfc.example/9457#a).\n\n"
        "![A page](../screens/a.png)"
    ),
    "codes.md": "# Codes of refused requests\n\nA table.",
}


def write(folder: Path) -> Path:
    for name, page in PAGES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(page)
    (folder / "billing.md").write_text("# Rules that are not part of the guide")
    return folder


def test_the_index_gives_the_order_and_the_codes_come_last(tmp_path: Path) -> None:
    text = guide.text(write(tmp_path))

    titles = [line for line in text.splitlines() if line.startswith("# ") and line != "# no heading"]
    assert titles == ["# Guide", "# Quick start", "# Opt-outs", "# Codes of refused requests"]


def test_links_lead_to_the_sections_of_the_same_text() -> None:
    text = guide.merge(PAGES)

    assert "- [Quick start](#section/Quick-start): ten minutes." in text
    assert "All [codes](#section/Codes-of-refused-requests)," in text
    assert "See [what\nis above](#section/Quick-start/See-it-or-not)." in text
    assert "[As before](#section/Quick-start/See-it-or-not)" in text


def test_links_to_other_places_stay_and_of_those_to_other_files_the_words() -> None:
    text = guide.merge(PAGES)

    assert "[RFC](https://rfc.example/9457#a)" in text
    assert "[the document](docs/openapi.json), rules of billing." in text


def test_pictures_are_left_out() -> None:
    assert "A page" not in guide.merge(PAGES)


def test_code_stays_as_it_is() -> None:
    text = guide.merge(PAGES)

    assert "\n# no heading\n## none\nhandlers[name](event)\n```" in text
    assert "`[a](b.md)` is a link." in text


def test_without_a_guide_the_codes_are_all(tmp_path: Path) -> None:
    (tmp_path / "codes.md").write_text("# Codes")

    assert guide.text(tmp_path) == "# Codes"


def test_every_page_of_the_guide_is_shown_and_no_link_leads_nowhere() -> None:
    text = guide.text(ROOT / "docs")
    titles = [page.read_text().partition("\n")[0] for page in (ROOT / "docs" / "guide").glob("*.md")]

    assert [title for title in titles if title not in text.splitlines()] == []
    assert ".md)" not in text
