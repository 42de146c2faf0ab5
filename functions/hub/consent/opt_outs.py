"""The pages of opt-outs: the list with the replies that may be some, the history of a phone, and recording one."""

import re
from datetime import date, datetime
from uuid import uuid4

from msgspec import Struct
from pydantic import ValidationError

from hub import form_data, words
from hub.consent import wording
from hub.site import Page, actor, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from longcode import errors
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.aws.at_once import at_once
from longcode.clients import store as client_store
from longcode.clients.client import Client
from longcode.errors import NotFound, RequestError
from longcode.months import local_day, time_zone
from longcode.optouts import listed
from longcode.optouts import store as optouts
from longcode.optouts.consent import Channel
from longcode.optouts.store import ListedOptOut
from longcode.phone import in_words, to_stored
from optout import api, questions

_ROWS = 40
_MOST_QUESTIONS = 20
_SECONDS = 4.0
_AT_FIRST = 0.1  # seconds: how long the page waits for the survey of the phones that were texted before
_FIELDS = {"how": "words", "asked_on": "day", "channel": "way"}
ASKABLE = (Channel.PHONE, Channel.EMAIL, Channel.IN_PERSON, Channel.LETTER, Channel.OTHER)


class PossibleOptOut(Struct, frozen=True, kw_only=True):
    """A reply that may be an opt-out, and who wrote it."""

    who: str
    digits: str
    message_id: str
    words: str
    at: datetime


class OptOutRow(Struct, frozen=True, kw_only=True):
    """An opted-out phone in the list. `who` is its client, or the number; `phone` is "" if that is the number."""

    digits: str
    who: str
    phone: str
    since: datetime
    words: str
    over: str
    means: str


@site.get("/hub/opt-outs")
@page_of_studio
def show_opt_outs(account: Account) -> Page:
    """Show the phones that are opted out; a number that is looked up has its history."""
    query = site.current_event.query_string_parameters or {}
    if number := query.get("number", "").strip():
        try:
            return go_to(f"opt-outs/{to_stored(number, account.country_code).removeprefix('+')}")
        except RequestError as refusal:
            return _list(account, query, refusal)
    return _list(account, query)


@site.post("/hub/opt-outs")
@form_of_studio
def answer_question(account: Account, fields: dict[str, str]) -> Page:
    """Answer whether a reply was an opt-out; or continue the survey of the phones that were texted before."""
    if fields.get("do") == "survey":
        return _list(account, {}, seconds=_SECONDS)
    phone, message_id = f"+{fields.get('digits', '')}", fields.get("message_id")
    by, now = name_of_person(), aws_clients.now()
    opted_out = fields.get("opted_out") == "yes"
    questions.answer(account.id, phone, actor(), opted_out=opted_out, message_id=message_id, by=by, now=now)
    return go_to("opt-outs?answered=1")


@site.get("/hub/opt-outs/record")
@page_of_studio
def ask_for_opt_out(account: Account) -> Page:
    """Ask which phone opted out, and how the client said so."""
    query = site.current_event.query_string_parameters or {}
    today = local_day(aws_clients.now(), time_zone(account.time_zone)).isoformat()
    return _form(account, {"channel": Channel.PHONE.value, "asked_on": today} | query)


@site.post("/hub/opt-outs/record")
@form_of_studio
def record_opt_out(account: Account, fields: dict[str, str]) -> Page:
    """Ask once more, then record an opt-out: only the client can undo it."""
    try:
        number = _number(account, fields)
        form = _opt_out_form(fields)
        if fields.get("sure") != "yes" or fields.get("do") == "change":
            return _form(account, fields, asks=fields.get("do") != "change", phone=number)
        api.record(account.id, number, form, aws_clients.now(), actor(), event_id=form_data.key(fields))
    except RequestError as refusal:
        return _form(account, fields, refusal)
    return go_to(f"opt-outs/{number.removeprefix('+')}?recorded=1")


@site.get("/hub/opt-outs/<digits>")
@page_of_studio
def show_history(account: Account, digits: str) -> Page:
    """Show when a phone stopped and started texts, in the exact words."""
    if not re.fullmatch(r"[0-9]{3,15}", digits):
        raise NotFound("There is no such number.")
    phone = f"+{digits}"
    state, people = at_once(
        lambda: api.known_state(phone, account.id), lambda: client_store.of_phones(account.id, [phone])[phone]
    )
    entry = listed.of_phone(account.id, phone) if state.opted_out else None
    return show(
        "consent/history",
        account,
        state=state,
        digits=digits,
        phone=in_words(phone, account.country_code),
        people=people,
        who=words.who(phone, people, account),
        stop=entry,
        is_elsewhere=state.opted_out and not any(event.out and not event.asks for event in state.history),
        recorded="recorded" in (site.current_event.query_string_parameters or {}),
        now=aws_clients.now(),
    )


def _list(
    account: Account, query: dict[str, str], wrong: RequestError | None = None, seconds: float = _AT_FIRST
) -> Page:
    cursor = query.get("after") or None
    is_done, looked_at = listed.survey(account.id, account.number_since, aws_clients.now(), seconds)
    if not is_done:
        return show("clients/survey", account, at="opt-outs", kept={}, looked_at=looked_at)
    (entries, next_cursor), (asked, more_questions) = at_once(
        lambda: listed.page(account.id, account.number_since, limit=_ROWS, cursor=cursor),
        lambda: optouts.question_page(account.id, limit=_MOST_QUESTIONS, cursor=None),
    )
    people = client_store.of_phones(account.id, [one.phone for one in (*entries, *asked)])
    return show(
        "consent/opt_outs",
        account,
        wrong.status if wrong else 200,
        rows=[_row(account, entry, people[entry.phone]) for entry in entries],
        questions=[
            PossibleOptOut(
                who=words.who(one.phone, people[one.phone], account),
                digits=one.phone.removeprefix("+"),
                message_id=one.message_id,
                words=one.words,
                at=one.at,
            )
            for one in asked
        ],
        more_questions=more_questions is not None,
        more=next_cursor,
        is_first=cursor is None,
        number=query.get("number", ""),
        wrong=wrong,
        answered="answered" in query,
        now=aws_clients.now(),
    )


def _row(account: Account, entry: ListedOptOut, people: list[Client]) -> OptOutRow:
    who, phone = words.who(entry.phone, people, account), in_words(entry.phone, account.country_code)
    return OptOutRow(
        digits=entry.phone.removeprefix("+"),
        who=who,
        phone="" if phone == who else phone,
        since=entry.since,
        words=entry.words if entry.means in wording.WITH_WORDS else "",
        over=wording.over(entry, account),
        means=wording.means(entry),
    )


def _number(account: Account, fields: dict[str, str]) -> str:
    try:
        return to_stored(fields.get("number", "").strip(), account.country_code)
    except RequestError as refusal:
        refusal.field = "number"
        raise


def _opt_out_form(fields: dict[str, str]) -> api.OptOutForm:
    """Return the form that the API takes; raise `RequestError` that names the field."""
    how = fields.get("how", "").strip()
    if not how:
        raise RequestError("Write what the client said, in the client's own words if you can.", field="how")
    try:
        day = date.fromisoformat(fields.get("asked_on", ""))
    except ValueError as error:
        raise RequestError("Choose the day on which the client asked.", field="asked_on") from error
    if fields.get("channel") not in ASKABLE:
        raise RequestError("Choose how the client asked.", field="channel")
    try:
        return api.OptOutForm(
            opted_out=True, how=how, by=name_of_person(), channel=Channel(fields["channel"]), asked_on=day
        )
    except ValidationError as error:
        raise errors.form_refusal(error.errors()[0], _FIELDS) from error


def _form(
    account: Account,
    typed: dict[str, str],
    wrong: RequestError | None = None,
    *,
    asks: bool = False,
    phone: str = "",
) -> Page:
    people = client_store.of_phones(account.id, [phone])[phone] if asks else []
    return show(
        "consent/record",
        account,
        wrong.status if wrong else 200,
        typed=typed,
        key=typed.get("key") or uuid4().hex,
        channels={channel.value: words.CHANNELS[channel] for channel in ASKABLE},
        asks=asks,
        phone=in_words(phone, account.country_code) if phone else "",
        who=words.who(phone, people, account) if asks else "",
        wrong=wrong,
    )
