"""The pages of docs/guide/ and docs/codes.md as one text, whose links lead to its own sections."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from posixpath import dirname, join, normpath

_INDEX, _CODES, _DOCUMENT = "guide/README.md", "codes.md", "openapi.json"
_CODE = r"^```.*?^```$|`[^`]+`"
_HEADING = re.compile(rf"{_CODE}|^(##?) (.+?)$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(rf"{_CODE}|!?\[([^]]+)\]\(([^)\s#]*)(?:#([^)\s]+))?\)", re.MULTILINE | re.DOTALL)


def text(docs: Path) -> str:
    """Return the guide of a folder docs/: its index, its pages in the order of the index, and the codes."""
    names = [_CODES]
    if (docs / _INDEX).is_file():
        linked = [_target(_INDEX, page) for _, page, _ in _LINK.findall((docs / _INDEX).read_text()) if page]
        names = [*dict.fromkeys([_INDEX, *(name for name in linked if dirname(name) == dirname(_INDEX))]), *names]
    return merge({name: (docs / name).read_text() for name in names})


def merge(pages: Mapping[str, str]) -> str:
    """Return pages, given by their paths below docs/, as one text.

    A link to any other file becomes plain words, and a picture, which nothing serves, is left out.
    """
    places = {place: anchor for name, page in pages.items() for place, anchor in _places(name, page)}

    def link(match: re.Match[str], on: str) -> str:
        words, page, section = match.groups()
        if not words or "://" in page:
            return match[0]
        if match[0].startswith("!"):
            return ""
        if _target(on, page) == _DOCUMENT:
            return f"[{words}](docs/{_DOCUMENT})"
        anchor = places.get((_target(on, page), section))
        return f"[{words}](#section/{anchor})" if anchor else words

    return "\n\n".join(_LINK.sub(partial(link, on=name), page.strip()) for name, page in pages.items())


def _target(on: str, page: str) -> str:
    """Return the path below docs/ of what a page links to; a link without a file leads to the page itself."""
    return normpath(join(dirname(on), page)) if page else on


def _places(name: str, page: str) -> Iterator[tuple[tuple[str, str | None], str]]:
    """Yield the places that links can name, a page and a section or None, each with the viewer's anchor."""
    top = ""
    for level, heading in _HEADING.findall(page):
        if level == "#":
            top = _in_viewer(heading)
            yield (name, None), top
        elif level:
            yield (name, _in_markdown(heading)), f"{top}/{_in_viewer(heading)}"


def _in_viewer(heading: str) -> str:
    """Return a heading as the viewer has it in an anchor (npm: slugify)."""
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s$*+~.()'\"!\-:@]", "", heading).strip())


def _in_markdown(heading: str) -> str:
    """Return a heading as links to Markdown have it (GitHub: section links)."""
    return re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-")
