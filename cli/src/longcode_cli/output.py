"""What commands print: tables for people, JSON for programs, questions before something is destroyed."""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

_WIDE = 1_000  # columns, where no person looks: a line of a file is not broken

Columns = Mapping[str, str | Callable[[Mapping[str, Any]], object]]

Phones = Annotated[bool, typer.Option("--phones", help="Show phones; without it, only how they begin and end.")]
Words = Annotated[bool, typer.Option("--words", help="Show the words of texts.")]

_PHONES = {"phone", "other_recipients"}
_WORDS = {"body", "words", "media", "subject"}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}")
_GAP, _NARROWEST = 2, 24  # characters between columns, and of a column that is folded at least
_SHOWN_BEFORE, _SHOWN_AFTER = 5, 4  # characters of a phone: +1212…0123


@dataclass(frozen=True, kw_only=True)
class Output:
    """Where a command prints to, and whether a program reads it."""

    json: bool = False
    console: Console = field(default_factory=lambda: Console(width=None if sys.stdout.isatty() else _WIDE))

    def items(self, items: Sequence[Mapping[str, Any]], columns: Columns, empty: str) -> None:
        """Print a list as a table or a JSON array; a column is a field's name, or makes its cell from the item."""
        if self.json:
            self._json(list(items))
        elif not items:
            self._say(empty)
        else:
            cells = {title: [_cell(item, cell) for item in items] for title, cell in columns.items()}
            self._table({_titled(title, column): column for title, column in cells.items() if any(column)})

    def facts(self, answer: Mapping[str, Any], facts: Mapping[str, object]) -> None:
        """Print facts, one in a line with its title, or the whole answer as JSON; a fact that is None is left out."""
        if self.json:
            self._json(answer)
            return
        has_times = any(_TIME.search(str(fact)) for fact in facts.values())
        self._lines({**facts, "times": "in UTC"} if has_times else facts)

    def _table(self, columns: Mapping[str, list[str]]) -> None:
        """Print columns as a table that folds the widest, or, if that breaks words, each row with a cell in a line.

        Nobody could copy an id that is broken over two lines.
        """
        widths = {title: max(map(_width, [title, *column])) for title, column in columns.items()}
        widest = max(widths, key=lambda title: widths[title])
        rows = list(zip(*columns.values(), strict=True))
        others = sum(widths.values()) - widths[widest] + _GAP * (len(widths) - 1)
        longest_word = max((_width(word) for cell in columns[widest] for word in cell.split()), default=0)
        if others + min(widths[widest], max(_NARROWEST, longest_word)) <= self.console.width:
            table = Table(box=None, pad_edge=False, header_style="bold")
            for title in columns:
                table.add_column(title, overflow="fold", no_wrap=title != widest)
            for row in rows:
                table.add_row(*map(_text, row))
            self.console.print(table)
            return
        for row in rows:
            self._lines({title: cell for title, cell in zip(columns, row, strict=True) if cell})
            self.console.print()

    def _lines(self, facts: Mapping[str, object]) -> None:
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for title, fact in facts.items():
            if fact is not None:
                table.add_row(title, _text(fact))
        self.console.print(table)

    def done(self, answer: Mapping[str, Any], sentence: str) -> None:
        """Print what was done as a sentence, or the answer as JSON."""
        if self.json:
            self._json(answer)
        else:
            self._say(sentence)

    def raw(self, text: str) -> None:
        """Write a text as it is, for a file or a program; a person's terminal gets it without control characters."""
        self.console.file.write(without_control(text) if self.console.file.isatty() else text)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something is destroyed; end the command unless the answer is yes. A program must say --yes."""
        if yes:
            return
        if self.json or not sys.stdin.isatty():
            raise typer.BadParameter("This needs --yes where nobody can be asked.", param_hint="--yes")
        typer.confirm(without_control(question), abort=True)

    def _say(self, sentence: str) -> None:
        self.console.print(escape(without_control(sentence)), highlight=False, soft_wrap=True)

    def _json(self, value: object) -> None:
        # Not by the console, which would break long lines.
        self.console.file.write(printable_json(json.dumps(value, indent=2, ensure_ascii=False)) + "\n")


def discreet(answer: Any, *, phones: bool = False, words: bool = False) -> Any:
    """Return an answer with phones and words only as they were asked for: by name, however deep they are in it."""
    if isinstance(answer, Mapping):
        return {
            name: masked(value) if name in _PHONES and not phones else discreet(value, phones=phones, words=words)
            for name, value in answer.items()
            if words or name not in _WORDS
        }
    return [discreet(one, phones=phones, words=words) for one in answer] if isinstance(answer, list) else answer


def masked(phone: Any) -> Any:
    """Return a phone, or each of a list, with how it begins and ends: `+1212…0123`."""
    if isinstance(phone, list):
        return [masked(one) for one in phone]
    if not isinstance(phone, str):
        return phone
    hidden = phone[_SHOWN_BEFORE:-_SHOWN_AFTER]
    return f"{phone[:_SHOWN_BEFORE]}…{phone[-_SHOWN_AFTER:]}" if hidden else "…" * bool(phone)


def day_and_time(instant: str | None) -> str:
    """Return an instant of an answer as a person reads it: in UTC, to the minute."""
    if not instant:
        return ""
    return f"{datetime.fromisoformat(instant).astimezone(UTC):%Y-%m-%d %H:%M}"


def _titled(title: str, column: Sequence[str]) -> str:
    """Return the title of a column; that of a column of times says in which zone they are."""
    return f"{title} (UTC)" if all(_TIME.match(cell) for cell in column if cell) else title


def _cell(item: Mapping[str, Any], cell: str | Callable[[Mapping[str, Any]], object]) -> str:
    value = item.get(cell) if isinstance(cell, str) else cell(item)
    return "" if value is None else str(value)


def _width(text: str) -> int:
    return max((cell_len(without_control(line)) for line in text.split("\n")), default=0)


def without_control(text: str) -> str:
    """Leave out control characters: a studio's name must not steer the operator's terminal."""
    return "".join(character for character in text if character.isprintable() or character == "\n")


def printable_json(text: str) -> str:
    """Return JSON of the same value in which each control character, and half of a pair, is an escape."""
    return "".join(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1]
        for character in text
    )


def _text(value: object) -> str:
    return escape(without_control(str(value)))
