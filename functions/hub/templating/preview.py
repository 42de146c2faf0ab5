"""What the pages of templates show: the words as a client would get them, and the merge fields."""

from datetime import datetime

from msgspec import Struct

from hub import words
from hub.texting import previews
from longcode import segments
from longcode.accounts.account import Account, own_merge_fields
from longcode.clients.client import Client, client_merge_values
from longcode.errors import BadTemplate, EmptyField, RequestError
from longcode.messages import compose
from longcode.template import FIELDS, Template, fields, full_name, own_field, render

_OF_RECORDS = "Sessions, orders, tasks"
GROUPS = {
    "The client": {
        "client.first_name": ("First name", "Ann"),
        "client.last_name": ("Last name", "Lee"),
        "client.name": ("Whole name", "Ann Lee"),
    },
    "Your studio": {
        "studio.name": ("Name of your studio", "Foxglove Portraits"),
        "studio.phone": ("Phone of your studio", "(212) 555-0100"),
    },
    _OF_RECORDS: {
        "session.date": ("Day of the session", "Saturday, June 12"),
        "session.time": ("Time of the session", "10:00 AM"),
        "session.type": ("Kind of session", "Newborn"),
        "due.date": ("Day on which it is due", "Friday, June 18"),
        "order.number": ("Number of the order", "A-17"),
        "invoice.number": ("Number of the invoice", "2027-104"),
        "invoice.balance": ("What is left to pay", "$120.00"),
        "task.name": ("Name of the task", "Choose your proofs"),
    },
}
"""The merge fields that every studio has, with what they are and an example, by what they are about."""

_OF_ALL = {name: what for group in GROUPS.values() for name, what in group.items()}
_DEFAULTS = {"client.first_name": "there", "client.last_name": "", "client.name": "there"}
_LONGEST_START = 120


class PickedField(Struct, frozen=True, kw_only=True):
    """A merge field of the picker, as it is written and in words."""

    written: str
    label: str


class ShownWords(Struct, frozen=True, kw_only=True):
    """A template as `who` would get it; `refused` is why that client would get nothing."""

    who: str = ""
    text: str = ""
    length: str = ""
    refused: str = ""
    notes: list[str] = []


def picker(account: Account, *, of_records: bool = True) -> dict[str, list[PickedField]]:
    """Return the merge fields that a text may have, by group, with or without those of sessions, orders and tasks."""
    of_every_studio = {
        title: [PickedField(written=_written(name), label=label) for name, (label, _) in group.items()]
        for title, group in GROUPS.items()
        if of_records or title != _OF_RECORDS
    }
    own = _own_fields(account)
    return of_every_studio | ({"Your own fields": own} if own else {})


def _own_fields(account: Account) -> list[PickedField]:
    """Return the merge fields of a studio's own client fields."""
    own = sorted(account.client_fields.items())
    return [PickedField(written=_written(own_field(name)), label=label) for name, label in own]


def of(account: Account, body: str, client: Client | None, now: datetime) -> ShownWords | None:
    """Return what a client would get, or an example without one; None while there are no words."""
    if not body.strip():
        return None
    who = full_name(client.first_name, client.last_name) or "A client without a name" if client else "A client"
    examples = {name: example for name, (_, example) in _OF_ALL.items()}
    values = client_merge_values(account, client)
    if client is None:
        own = {own_field(name): label for name, label in account.client_fields.items()}
        values = values | {name: example for name, example in examples.items() if name.startswith("client.")} | own
    try:
        filled = render(body, examples | values)
        text = compose.final_text(filled, None, now, now, smart=account.smart_encoding, field="body")
    except EmptyField as empty:
        return ShownWords(who=who, refused=_missing(account, empty.field or "", who))
    except RequestError as refusal:
        return ShownWords(who=who, refused=why_refused(account, body, refusal))
    measure = segments.measure(text)
    with_name = previews.dearer_with_name(account, text)
    notes = [*_dear(measure), *([with_name] if with_name else []), *_examples(account, body)]
    return ShownWords(who=who, text=text, length=previews.length_of(text, measure.units), notes=notes)


def why_refused(account: Account, body: str, refusal: RequestError) -> str:
    """Return why a template is refused; of a merge field that does not exist, where to find those that do."""
    known = FIELDS.union(own_merge_fields(account))
    unknown = [name for name in fields(body) if name not in known]
    if not isinstance(refusal, BadTemplate) or not unknown:
        return refusal.detail
    return f"There is no merge field {unknown[0][:_LONGEST_START]}. Choose one of those under Merge fields."


def first_words(template: Template) -> str:
    """Return the words of a template in one line, as far as a list shows them."""
    line = " ".join(words.with_fields(template.body).split())
    return line if len(line) <= _LONGEST_START else f"{line[:_LONGEST_START].rstrip()}…"


def _written(name: str) -> str:
    return f"{{{{{name}|{_DEFAULTS[name]}}}}}" if name in _DEFAULTS else f"{{{{{name}}}}}"


def _missing(account: Account, name: str, who: str) -> str:
    """Return that a field has no value, and what helps."""
    if name in FIELDS and not name.startswith("client."):
        return f"Your settings have no {name}. Write {{{{{name}|…}}}} with other words in place of the dots."
    own = {own_field(own): label for own, label in account.client_fields.items()}
    label = own.get(name) or _OF_ALL[name][0].casefold()
    return (
        f"{who} would get no text: the record has no {label}. Write {{{{{name}|…}}}} with other words for that case."
    )


def _dear(measure: segments.Measure) -> list[str]:
    """Return what makes a text dear, in words; what carriers do with a rare character costs a studio nothing."""
    notes = []
    if measure.units > 1:
        notes.append(
            f"Each {segments.UNIT_CHARACTERS} characters count as one text. What is filled in for another client may"
            " make it longer or shorter."
        )
    if measure.forcing:
        rare = " ".join(measure.forcing[:5])
        parts = f" in {measure.segments} parts" if measure.segments > 1 else ""
        notes.append(
            f"It goes with special characters ({rare}){parts}. Phones show it as one text, at the same price."
        )
    return notes


def _examples(account: Account, body: str) -> list[str]:
    known = {*own_merge_fields(account), *client_merge_values(account, None), *GROUPS["The client"]}
    if not set(fields(body)) - known:
        return []
    return ["Days, times and numbers are examples: a trigger or your software fills them in."]
