"""What the API's preview knows of a text before it is sent, in words."""

from datetime import datetime

from msgspec import Struct

from hub import conversations, words
from hub.texting.recipients import Addressee
from longcode.accounts.account import Account
from longcode.billing.invoice import money
from longcode.clients import store as client_store
from longcode.clients.client import Client
from longcode.errors import OptedOut, RequestError
from longcode.messages import accept as messages_accept
from longcode.messages import compose, timing
from longcode.phone import in_words
from longcode.segments import UNIT_CHARACTERS, measure
from send import api as send

_WORTH_SHORTENING = 20  # characters: so few can be left out


class ShownPreview(Struct, frozen=True, kw_only=True):
    """A preview. `text` are the words as they go, `refused` is why nothing would go, `notes` what else to know.

    `when` is the chosen time in words, "" for now.
    """

    length: str = ""
    text: str = ""
    differs: bool = False
    to: list[str] = []
    when: str = ""
    refused: str = ""
    notes: list[str] = []


def of(account: Account, to: Addressee, form: send.NewMessage, now: datetime, *, nights: bool) -> ShownPreview:
    """Return what a text would be and do, as the API previews it; with `nights`, also whether it is night there."""
    found = send.preview(account.id, form, now)
    if not found.may_be_sent:
        return ShownPreview(
            refused=_stopped(account, to, now)
            if found.code == OptedOut.code
            else words.why_refused(found.code, found.reason or "", found.frees_at, account, now)
        )
    people = client_store.of_phones(account.id, found.phones)
    text = found.text or ""
    currency = messages_accept.plan_at(account, form.send_at or now).currency
    price = money(found.price_micros, currency) if found.price_micros else ""
    return ShownPreview(
        length=length_of(text, found.units, len(found.phones) > 1, price),
        text=text,
        differs=text.split() != (form.body or "").split(),
        to=[_name(account, phone, people[phone]) for phone in found.phones],
        when=words.ahead(form.send_at, now, account.time_zone) if form.send_at else "",
        notes=[
            *(_waiting(found) or (_nights(account, form, people, now) if nights else [])),
            *_skipped(account, found, now),
        ],
    )


def why_refused(refusal: RequestError, to: Addressee | None, account: Account, now: datetime) -> str:
    """Return why a text is refused; if the phone has opted out, with when and with which words."""
    if to and isinstance(refusal, OptedOut):
        return _stopped(account, to, now)
    return words.refusal(refusal, account, now)


def _stopped(account: Account, to: Addressee, now: datetime) -> str:
    if to.phone is None:  # a client whose numbers have all opted out
        return words.stopped(None, to.label.rpartition(", ")[0], now, account.time_zone)
    who = words.who(to.phone, client_store.of_phones(account.id, [to.phone])[to.phone], account)
    return words.stopped(conversations.last_opt_out(account, to.phone, now), who, now, account.time_zone)


def length_of(text: str, units: int, several: bool = False, price: str = "") -> str:
    """Return how long a text is, how many texts it counts as, and what it costs beyond the plan.

    `several`: it goes to several numbers, and counts for each. Of a text that is slightly too long, say by how much.
    """
    characters = len(text)
    said = f"{characters} of {UNIT_CHARACTERS} characters"
    if units > 1:
        said = f"{words.number(characters)} characters, counts as {words.counted(units, 'text')}"
    said += " for each number" if several else ""
    said += f", {price} beyond your plan" if price else ""
    over = characters - UNIT_CHARACTERS * (units - 1)
    if units > 1 and over <= _WORTH_SHORTENING:
        said += f". {words.counted(over, 'character')} less, and it counts as {units - 1}"
    return said


def dearer_with_name(account: Account, text: str) -> str:
    """Return that a text counts as more after the sender's name, which begins a conversation; "" if it does not."""
    name = compose.sender_prefix(account)
    units = measure(f"{name}: {text}").units if name else 0
    if units <= measure(text).units:
        return ""
    return f"After “{name}:”, which begins a conversation, it counts as {words.counted(units, 'text')}."


def _name(account: Account, phone: str, with_phone: list[Client]) -> str:
    number, who = in_words(phone, account.country_code), words.who(phone, with_phone, account)
    return number if who == number else f"{who}, {number}"


def _waiting(found: send.Preview) -> list[str]:
    return [f"It waits: {why}." for held in found.held if (why := words.waiting(held.code))]


def _skipped(account: Account, found: send.Preview, now: datetime) -> list[str]:
    return [
        f"{in_words(one.phone, account.country_code)} gets none:"
        f" {words.why_refused(one.code, one.detail, None, account, now)}"
        for one in found.skipped
    ]


def _nights(account: Account, form: send.NewMessage, people: dict[str, list[Client]], now: datetime) -> list[str]:
    """Return that it is night where the text goes: the service holds no text that a person sends to one client."""
    at = form.send_at or now
    ends = [timing.held_until(phone, account, next(iter(of), None), at) for phone, of in people.items()]
    last = max(filter(None, ends), default=None)
    if last is None:
        return []
    begin = "It will be" if form.send_at else "It is"
    until = words.at(last, now, account.time_zone).removeprefix("at ")
    return [f"{begin} night where the client is, until {until} your time. The text goes out all the same."]
