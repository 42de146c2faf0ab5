"""The form of a trigger: its fields as a page posts them, to and from a rule."""

import re
from collections.abc import Mapping

from msgspec import Struct
from pydantic import ValidationError

from longcode import errors
from longcode.accounts.account import Account
from longcode.triggers.sentences import KINDS, status_in_words
from longcode.triggers.trigger import DateOf, RecordKind, TextTo, Trigger, ordered_statuses
from triggers.rules_api import TimingForm, TriggerForm

AT_ONCE, BEFORE, ON, AFTER = "at_once", "before", "on", "after"
WHENS = {
    AT_ONCE: "as soon as",
    BEFORE: "days before",
    ON: "on the day of",
    AFTER: "days after",
}
DATES = {"": "its date", DateOf.SESSION_DATE: "its session date", DateOf.DUE_DATE: "its due date"}
_MEETINGS = {RecordKind.SESSION, RecordKind.APPOINTMENT}
_UNDATED = {RecordKind.CLIENT, RecordKind.KEYWORD}
_DEFAULTS = {
    "watches": RecordKind.SESSION.value,
    "when": BEFORE,
    "days": "1",
    "at": "10:00",
    "to": TextTo.CLIENT.value,
}
_LABELS = {
    "days": "number of days",
    "at": "time of day",
    "staff_phone": "phone",
    "body": "words",
    "types": "types",
    "keyword": "keyword",
}
_MOST_DIGITS = 9
_NO_NAME = "Give it a name, by which you know it in the list."
_BAD_NAME = "A name has letters, digits and spaces, 100 at most. Choose another one."
_NAME = r"[-.,!'()&+\w]{1,100}"  # as the name of a template: it is a part of addresses
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of record that can be watched, and the statuses of it by the words that people read."""

    value: str
    title: str
    statuses: dict[str, str]


def kinds(account: Account) -> list[Kind]:
    """Return the kinds of records that can be watched, with the studio's own statuses."""
    return [
        Kind(
            value=kind.value,
            title="a client's reply" if kind is RecordKind.KEYWORD else title,
            statuses={word: status_in_words(word) for word in ordered_statuses(kind, account.statuses)},
        )
        for kind, title in KINDS.items()
    ]


def of_trigger(trigger: Trigger | None) -> dict[str, str]:
    """Return the fields of the form for a trigger, or of an empty one."""
    if trigger is None:
        return dict(_DEFAULTS)
    fields = _DEFAULTS | {
        "name": shown_name(trigger.name),
        "watches": trigger.watches.value,
        "types": ", ".join(map(status_in_words, trigger.types)),
        "keyword": trigger.keyword or "",
        "to": trigger.to.value,
        "staff_phone": trigger.staff_phone or "",
        "letter": trigger.template or "",
        "words": trigger.body or "",
        "when": AT_ONCE,
        **{f"status_{trigger.watches}_{status}": "on" for status in trigger.statuses},
        **({"sms_else_call": "on"} if trigger.sms_else_call else {}),
    }
    if timing := trigger.timing:
        fields |= {"when": ON if not timing.days else BEFORE if timing.days < 0 else AFTER, "of": timing.of.value}
        fields |= {"days": str(abs(timing.days) or 1), "at": timing.at}
    return fields


def shown_name(name: str) -> str:
    """Return a trigger's name as people read it: a name has no spaces, because it is a part of addresses."""
    return name.replace("-", " ")


def read_count(typed: str) -> int:
    """Return a count as a page or a person writes it, 0 for anything else."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= _MOST_DIGITS else 0


def name_of(fields: Mapping[str, str]) -> str:
    """Return the name of a new trigger; raise `RequestError` if it has none."""
    name = "-".join(fields.get("name", "").split())
    if not name:
        raise errors.RequestError(_NO_NAME, field="name")
    if not re.fullmatch(_NAME, name) or name == "new":
        raise errors.RequestError(_BAD_NAME, field="name")
    return name


def read(fields: Mapping[str, str], *, enabled: bool) -> TriggerForm:
    """Return the form that the API takes; parts that are not meant for what is watched are left out.

    Raise `RequestError` with the field that is wrong.
    """
    kind = RecordKind(fields["watches"]) if fields.get("watches") in {*RecordKind} else RecordKind.SESSION
    to = TextTo.STAFF if fields.get("to") == TextTo.STAFF else TextTo.CLIENT
    of_kind, template = f"status_{kind}_", fields.get("letter") or None
    words_typed = fields.get("words", "").strip()
    if not template and not words_typed:
        raise errors.RequestError("Write the words of the text, or choose a template.", field="body")
    try:
        return TriggerForm(
            watches=kind,
            statuses=[name.removeprefix(of_kind) for name in fields if name.startswith(of_kind)],
            types=[]
            if kind is RecordKind.KEYWORD
            else list(filter(None, map(str.strip, fields.get("types", "").split(",")))),
            keyword=fields.get("keyword", "") if kind is RecordKind.KEYWORD else None,
            timing=None if kind in _UNDATED else _timing(kind, fields),
            to=to,
            staff_phone=fields.get("staff_phone", "") or None if to is TextTo.STAFF else None,
            template=template,
            body=None if template else words_typed,
            sms_else_call="sms_else_call" in fields and to is TextTo.CLIENT,
            enabled=enabled,
        )
    except ValidationError as error:
        fault = error.errors()[0]
        place = next((str(part) for part in reversed(fault["loc"]) if isinstance(part, str)), "")
        raise errors.form_refusal({**fault, "loc": (place,) if place else ()}, _LABELS) from error


def _timing(kind: RecordKind, fields: Mapping[str, str]) -> TimingForm | None:
    when = fields.get("when", BEFORE)
    if when == AT_ONCE:
        return None
    days = read_count(fields.get("days", "")) if when != ON else 0
    if when != ON and not days:
        raise errors.RequestError("Write the number of days, such as 1.", field="days")
    at = fields.get("at", "")
    if not re.fullmatch(_TIME, at):
        raise errors.RequestError("Write the time of day, such as 10:00.", field="at")
    given = fields.get("of", "")
    of = DateOf(given) if given in {*DateOf} else DateOf.SESSION_DATE if kind in _MEETINGS else DateOf.DUE_DATE
    return TimingForm(days=-days if when == BEFORE else days, of=of, at=at)
