"""Lists that come in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypedDict, TypeVar

T = TypeVar("T")


class Page(TypedDict, Generic[T]):
    """A page of a list. `next_cursor` begins the next page; it is None on the last one."""

    items: list[T]
    next_cursor: str | None


class Items(Generic[T]):
    """The items of a list. Each page is fetched when the loop comes to it."""

    def __init__(self, fetch: Callable[[str | None], Page[T]], cursor: str | None) -> None:
        self._fetch = fetch
        self._cursor = cursor

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page["items"]

    def pages(self) -> Iterator[Page[T]]:
        """Return the pages. A page may be short or empty, and others follow all the same."""
        cursor = self._cursor
        while True:
            page = self._fetch(cursor)
            yield page
            if page["next_cursor"] in (None, cursor):  # new replies have a cursor on their last page too
                return
            cursor = page["next_cursor"]
