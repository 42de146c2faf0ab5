"""Templates: texts with merge fields such as {{client.first_name|there}}, replaced in one pass."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from longcode.errors import BadTemplate, BadValue, EmptyField, RequestError
from longcode.shown import Shown

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

_NAME_FIELDS = frozenset({"client.first_name", "client.last_name", "client.name"})

CLIENT_AND_STUDIO_FIELDS = frozenset(name for name in FIELDS if name.startswith(("client.", "studio.")))
"""The fields with values from our own records; the others get theirs from an event."""

_OWN = "client.fields."

OWN_FIELD = r"^[a-z][a-z0-9_]{0,29}$"
"""The name of a field of the studio's own, whose values its clients have."""

ONE_LINE = r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+\Z"
"""A title or reason in one line: not blank, without line breaks, control characters and lone surrogates."""

# What a value can have and yet show nothing: categories of Unicode, and letters and symbols drawn as a space. Emoji
# that are newer than Python's tables are in no category yet.
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mc", "Me", "Mn", "Zl", "Zp", "Zs"})
_EMOJI = range(0x1F000, 0x1FB00)
_DRAWN_AS_SPACE = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffc\U0001d159")

# What programs write for a missing name. Null, Nan, Nil and Na are names of people, which programs write otherwise.
_PLACEHOLDERS = frozenset({"null", "NULL", "nil", "none", "None", "NONE", "nan", "NaN", "na", "NA", "nul", "\\N"})
_PLACEHOLDER_PHRASES = frozenset(
    {"n/a", "n.a.", "n.a", "n/d", "s/n", "k.a.", "undefined", "unknown", "unbekannt", "inconnu", "desconocido"}
    | {"not available", "not applicable", "no name", "noname", "no first name", "no last name", "not provided"}
    | {"not set", "not specified", "tbd", "tba", "[object object]"}
)
_EMPTY_IN_BRACKETS = frozenset({"blank", "empty", "missing"})  # Blank is a family name
# Errors of spreadsheets in all their languages, brackets around a word, and merge fields that nobody filled in:
# patterns that are compiled on first use.
_SHEET_ERROR = r"#[¡¿]?(?:[^\W\d_]+(?:/\w+)?|getting_data)[!?]?|#+"
_IN_BRACKETS = r"[(<\[{](.*)[)>\]}]"
_UNMERGED = r"[%\[<{(*|$«]+\s*(?:(?:first|last|full|client)?[ _-]?name|[fl]name)\s*[%\]>})*|$»]*"

_MOST_SHOWN, _LONGEST_SHOWN = 20, 60  # faults in an error's detail, and characters of each

_FIELD = r"\{\{([^{}]*)\}\}"
_LOGIC = r"\{[%#][^{}]*[%#]?\}?"
_BRACES = r"(\{+)([^{}]*)(\}+)|\{\{+|\}\}+"


class Template(Shown, frozen=True, kw_only=True):
    """A text that a studio uses often; the subject is shown in the hub and never sent (facts S7).

    One with a `shortcut` is a canned reply: in the hub, `/` and the shortcut insert its words into a reply.
    `changed_at` and `changed_by`, a person of the hub, say who wrote these words; null if that was not kept.
    """

    account: str
    name: str
    subject: str
    body: str
    shortcut: str | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None


class TemplateVersion(Shown, frozen=True, kw_only=True):
    """Former words of a template, which were written at `changed_at` by `changed_by`; null if that was not kept."""

    subject: str
    body: str
    changed_at: datetime | None = None
    changed_by: str | None = None


def own_field(name: str) -> str:
    """Return the merge field of a field of the studio's own."""
    return f"{_OWN}{name}"


def check(text: str, own: Collection[str] = ()) -> None:
    """Raise `BadTemplate` if a template has unknown fields, loops or broken braces; the error lists them.

    `own` are the merge fields of the studio's own fields.
    """
    known = FIELDS.union(own)
    unknown = [name for name in fields(text) if name not in known]
    broken = list(_broken_braces(text, known))
    faults = []
    if logic := re.findall(_LOGIC, text):
        faults.append(f"Templates have no loops or conditions: {_listed(logic, ' ')}.")
    if unknown:
        faults.append(f"Unknown merge fields: {_listed(unknown, ', ')}. Known are {', '.join(sorted(known))}.")
    if broken:
        faults.append(f"Broken braces: {_listed(broken, ' ')}. A merge field is written {{{{client.name}}}}.")
    if faults:
        raise BadTemplate(" ".join(faults), field="body")


def check_values(values: Mapping[str, str], own: Collection[str] = ()) -> None:
    """Raise `RequestError` if `values` names unknown fields; `own` are those of the studio's own."""
    unknown = sorted(values.keys() - FIELDS.union(own))
    if unknown:
        raise RequestError(f"Unknown merge fields: {', '.join(unknown)}.", field=f"values.{unknown[0]}")


def check_no_braces(value: str) -> str:
    """Return a value; raise `ValueError` if it contains the braces of a merge field."""
    if "{{" in value or "}}" in value:
        raise ValueError("cannot contain a merge field")
    return value


def is_blank(value: str) -> bool:
    """Return whether a value shows nothing: no characters, or only blanks, zero-width characters and lone marks."""
    return not any(map(_is_seen, value))


def check_not_blank(value: str) -> str:
    """Return a value; raise `ValueError` if it shows nothing."""
    if is_blank(value):
        raise ValueError("shows nothing")
    return value


def is_placeholder(name: str) -> bool:
    """Return whether a name is what a program writes where there is none: null, N/A, undefined, #REF!, (none), --."""
    bare = " ".join(name.split())
    if not is_blank(bare) and not any(_is_seen(c) and unicodedata.category(c)[0] != "P" for c in bare):
        return True
    if re.fullmatch(f"{_SHEET_ERROR}|{_UNMERGED}", bare, re.IGNORECASE):
        return True
    if inside := re.fullmatch(_IN_BRACKETS, bare):
        word = inside[1].casefold().strip()
        is_empty = is_blank(word) or word in _EMPTY_IN_BRACKETS or bare.casefold() in _PLACEHOLDER_PHRASES
        return is_empty or is_placeholder(inside[1])
    words = bare.split()
    return bare.casefold() in _PLACEHOLDER_PHRASES or (
        bool(words) and all(word in _PLACEHOLDERS or word.casefold() in _PLACEHOLDER_PHRASES for word in words)
    )


def full_name(*names: str) -> str:
    """Return the names of a person that say something, in one line."""
    return " ".join(name.strip() for name in names if not is_blank(name) and not is_placeholder(name))


def without_fields(text: str) -> str:
    """Return a template without its merge fields: the words that are the same for every recipient."""
    return re.sub(_FIELD, "", text)


def fields(text: str) -> tuple[str, ...]:
    """Return the distinct fields of a template, known or not, in order of appearance."""
    return tuple(dict.fromkeys(name for name, _ in map(_name_and_default, re.findall(_FIELD, text)) if name))


def render(text: str, values: Mapping[str, str]) -> str:
    """Return a template with its fields replaced. A default may be empty: {{name|}}.

    A value that shows nothing counts as missing, and so does a placeholder for the name of a client. `values` has a
    value, perhaps "", for each of the studio's own fields. Raise `BadTemplate`; or, with the field's name,
    `EmptyField` or `BadValue` for this recipient's values.
    """
    check(text, [name for name in values if name.startswith(_OWN)])

    def value(field: re.Match[str]) -> str:
        name, default = _name_and_default(field[1])
        given = values.get(name, "")
        if "{{" in given or "}}" in given:
            raise BadValue(f"The {name} of this recipient has braces in it: {given[:40]!r}.", field=name)
        if not is_blank(given) and not (name in _NAME_FIELDS and is_placeholder(given)):
            return given
        if default is None:
            raise EmptyField(f"There is no {name} for this recipient, and no default in the text.", field=name)
        return default

    return re.sub(_FIELD, value, text)


def _is_seen(character: str) -> bool:
    is_unseen = unicodedata.category(character) in _UNSEEN and ord(character) not in _EMOJI
    return not is_unseen and character not in _DRAWN_AS_SPACE


def _listed(faults: list[str], separator: str) -> str:
    """Return a list of faults for a person, of bounded length."""
    more = [f"and {len(faults) - _MOST_SHOWN:,} more"] if len(faults) > _MOST_SHOWN else []
    shown = [
        fault if len(fault) <= _LONGEST_SHOWN else f"{fault[:_LONGEST_SHOWN]}…" for fault in faults[:_MOST_SHOWN]
    ]
    return separator.join(shown + more)


def _name_and_default(inside: str) -> tuple[str, str | None]:
    name, bar, default = inside.partition("|")
    return name.strip(), default.strip() if bar else None


def _broken_braces(text: str, known: Collection[str]) -> Iterator[str]:
    """Yield braces that do not form a field. Single braces are text, unless they enclose the name of a field."""
    for braces in re.finditer(_BRACES, text):
        opening, inside, closing = braces.groups()
        name = _name_and_default(inside or "")[0]
        if (opening, closing) == ("{{", "}}"):
            is_broken = not name
        else:
            is_broken = (opening, closing) != ("{", "}") or name in known
        if is_broken:
            yield braces[0]
