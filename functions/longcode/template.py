"""Templates: merge fields such as {{client.first_name|there}}, put in from a flat map in one pass."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from longcode.errors import BadTemplate, BadValue, EmptyField, RequestError

FIELDS = frozenset(
    {
        "client.first_name",
        "client.last_name",
        "client.name",
        "studio.name",
        "studio.phone",
        "session.date",
        "session.time",
        "session.type",
        "due.date",
        "order.number",
        "invoice.number",
        "invoice.balance",
        "task.name",
    }
)

OF_CLIENT_AND_STUDIO = frozenset(name for name in FIELDS if name.startswith(("client.", "studio.")))
"""The fields that our own records fill; an event fills the others."""

_MOST, _LONGEST = 20, 60  # faults that a refusal shows, and characters of each

_FIELD = re.compile(r"\{\{([^{}]*)\}\}")
_LOGIC = re.compile(r"\{[%#][^{}]*[%#]?\}?")
_BRACES = re.compile(r"(\{+)([^{}]*)(\}+)|\{\{+|\}\}+")

PATTERN = r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+\Z"
"""What such words are: something to read, without breaks and other control characters, and fit to be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text that a studio uses often; the subject is shown in the hub and never sent (facts S7)."""

    account: str
    name: str
    subject: str
    body: str


def check(text: str) -> None:
    """Refuse a template with unknown fields, loops or broken braces, naming all of them at once."""
    unknown = [name for name in fields(text) if name not in FIELDS]
    broken = list(_broken(text))
    faults = []
    if logic := _LOGIC.findall(text):
        faults.append(f"Loops and conditions are not for texts: {_some(logic, ' ')}.")
    if unknown:
        faults.append(f"Unknown merge fields: {_some(unknown, ', ')}. Known are {', '.join(sorted(FIELDS))}.")
    if broken:
        faults.append(f"Broken braces: {_some(broken, ' ')}. A merge field is written {{{{client.name}}}}.")
    if faults:
        raise BadTemplate(" ".join(faults), field="body")


def check_values(values: Mapping[str, str]) -> None:
    """Refuse values for fields that do not exist; raises `RequestError`."""
    unknown = sorted(values.keys() - FIELDS)
    if unknown:
        raise RequestError(f"Unknown merge fields: {', '.join(unknown)}.", field=f"values.{unknown[0]}")


def plain(value: str) -> str:
    """Give a value that is no merge field itself; raises `ValueError`."""
    if "{{" in value or "}}" in value:
        raise ValueError("cannot hold a merge field itself")
    return value


def without_fields(text: str) -> str:
    """Give what a template says to everybody."""
    return _FIELD.sub("", text)


def fields(text: str) -> tuple[str, ...]:
    """Tell the distinct fields that a template names, known or not, in order of appearance."""
    return tuple(dict.fromkeys(name for name, _ in map(_split, _FIELD.findall(text)) if name))


def render(text: str, values: Mapping[str, str]) -> str:
    """Put the values in. A blank value counts as none; an empty default, {{client.name|}}, is a default.

    Raises `BadTemplate`; `EmptyField` or `BadValue` for this recipient's values, with the field's name.
    """
    check(text)

    def value(field: re.Match[str]) -> str:
        name, default = _split(field[1])
        found = values.get(name, "")
        if "{{" in found or "}}" in found:
            raise BadValue(f"The {name} of this recipient has braces in it: {found[:40]!r}.", field=name)
        if found.strip():
            return found
        if default is None:
            raise EmptyField(f"There is no {name} for this recipient, and no default in the text.", field=name)
        return default

    return _FIELD.sub(value, text)


def _some(found: list[str], between: str) -> str:
    """List what was found; of a great many, or of what is endless, enough to find it."""
    more = [f"and {len(found) - _MOST:,} more"] if len(found) > _MOST else []
    return between.join([one if len(one) <= _LONGEST else f"{one[:_LONGEST]}…" for one in found[:_MOST]] + more)


def _split(inside: str) -> tuple[str, str | None]:
    name, bar, default = inside.partition("|")
    return name.strip(), default.strip() if bar else None


def _broken(text: str) -> Iterator[str]:
    """Find braces that are no field. Single ones are text, unless somebody meant a field by them."""
    for found in _BRACES.finditer(text):
        opening, inside, closing = found.groups()
        name = _split(inside or "")[0]
        if (opening, closing) == ("{{", "}}"):
            whole = bool(name)
        else:
            whole = (opening, closing) == ("{", "}") and name not in FIELDS
        if not whole:
            yield found[0]
