"""What the pages say of a text's state, of a refusal and of a time."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from hub import words
from longcode.accounts.account import Account
from longcode.carriers.refusals import AWS, AWS_EVENTS, TWILIO
from longcode.errors import (
    AccountSuspended,
    CountryNotAllowed,
    DayLimitReached,
    EmptyField,
    NotFound,
    NumberTypeNotAllowed,
    OptedOut,
    OurOwnNumber,
    RequestError,
    TooManyToPhone,
)
from longcode.jobs import Means, Product
from longcode.message import HoldReason, Message, MessageKind, MessageState
from longcode.messages.compose import draft, skipped_phone
from longcode.optouts.consent import OptOutEvent
from tests.support.fakes import NOW

CHICAGO = "America/Chicago"  # where NOW is Sunday 22 November, 09:30
HOUR = timedelta(hours=1)
STUDIO = Account(
    id="10000001",
    name="Foxglove",
    email="a@studio.example",
    product=Product.SPECTRA,
    edition="x",
    created_at=NOW,
    plan_changes=(),
)


def text(**changes: Any) -> Message:
    new = draft(account="1", message_id="m", kind=MessageKind.INDIVIDUAL, phone="+12125550123", body="Hello", now=NOW)
    return replace(new, **changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": MessageState.DELIVERED}, "delivered"),
        (
            {"state": MessageState.UNDELIVERED, "error": "twilio:30003"},
            "not delivered: the phone is switched off or out of reach. Send it again later, or call.",
        ),
        (
            {"state": MessageState.QUEUED, "error": "twilio:30003", "due_at": NOW + HOUR},
            "not delivered yet: the phone is switched off or out of reach. We try again at 10:30.",
        ),
        (
            {"state": MessageState.SCHEDULED, "held": HoldReason.QUIET_HOURS, "due_at": NOW + 22 * HOUR},
            "waits until tomorrow 07:30: it is night where the client is",
        ),
        (
            {"state": MessageState.QUEUED, "held": HoldReason.ASKED},
            "waits: the last reply may mean “stop”, and you have not answered yet",
        ),
        (
            {"state": MessageState.SCHEDULED, "send_at": NOW + 3 * HOUR},
            "will be sent today 12:30",
        ),
        (
            {"state": MessageState.EXPIRED, "error": "paused"},
            "not sent in time: its broadcast is paused. Send it again, if it is still of use.",
        ),
        (
            {"state": MessageState.REFUSED, "error": "opted_out"},
            "not sent: the client had asked us to stop. Only they can start again, by texting START.",
        ),
    ],
)
def test_a_state_says_what_happened_and_what_happens_next(changes: dict[str, Any], said: str) -> None:
    assert words.state(text(**changes), NOW, CHICAGO) == said


@pytest.mark.parametrize(("carrier", "codes"), [("twilio", TWILIO), ("aws", {**AWS, **AWS_EVENTS})])
def test_each_reason_of_a_carrier_is_a_sentence_without_its_code(carrier: str, codes: dict[str, Any]) -> None:
    for code in codes:
        said = words.sentence(words.state(text(state=MessageState.FAILED, error=f"{carrier}:{code}"), NOW, CHICAGO))
        assert said.startswith("Not sent: ")
        assert said.count(". ") == 1  # what happened, and what helps
        assert code not in said


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (
            TooManyToPhone("…", field="to", frees_at=NOW + HOUR),
            "This phone has had 10 texts this hour. You can send again at 10:30.",
        ),
        (
            DayLimitReached("…", frees_at=NOW + 15 * HOUR),
            "Your account has sent as much today as it may. You can send again tomorrow 00:30.",
        ),
        (
            DayLimitReached("…", frees_at=None),
            "This counts as more than your account may send in a day. The owner can raise the limit under Settings,"
            " Sending.",
        ),
        (OptedOut("…"), "This phone asked us to stop. Only they can start again, by texting START."),
        (RequestError("A sentence of the API."), "A sentence of the API."),
        (
            AccountSuspended("The operator has suspended this account, so it sends nothing: Unpaid"),
            "The operator has suspended this account, so it sends nothing: Unpaid. The mail to the owner says whom to"
            " ask.",
        ),
        (
            EmptyField("There is no client.album for this recipient.", field="client.album"),
            "There is no client.album for this recipient. Fill it in on the client's record, or write your own word"
            " in its place.",
        ),
        (
            NotFound("There is no client 'hub-1'.", field="client_id"),
            "There is no such client any more. Press Send again to text the number alone.",
        ),
        (NotFound("There is no template 'a'.", field="template"), "There is no template 'a'."),
    ],
)
def test_a_refusal_says_what_would_help_and_when(refusal: RequestError, said: str) -> None:
    assert words.refusal(refusal, STUDIO, NOW) == said


def test_a_phone_that_gets_none_is_told_in_words_without_names_of_the_api() -> None:
    codes = (OptedOut, CountryNotAllowed, NumberTypeNotAllowed, TooManyToPhone, OurOwnNumber)
    said = [
        words.why_refused(one.code, one.detail, None, STUDIO, NOW)
        for one in (skipped_phone("+1", kind.code) for kind in codes)
    ]

    assert [one for one in said if re.search(r"[a-z]_[a-z]|GET", one)] == []
    assert [one for one in said if one.count(". ") != 1] == []  # what is wrong, and what helps


def test_merge_fields_are_shown_as_people_read_them() -> None:
    body = "Hi {{client.first_name|there}}, your {{client.fields.album_2}} album: {{ studio.name }}"

    assert words.with_fields(body) == "Hi [first name], your [album 2] album: [name]"


def test_an_opt_out_is_told_with_its_day_and_words() -> None:
    event = OptOutEvent(
        id="e",
        phone="+1",
        scope="s",
        out=True,
        at=datetime.fromisoformat("2026-11-03T15:00Z"),
        words="STOP",
        means=Means.TEXT,
    )

    assert words.stopped(event, "Zoë", NOW, CHICAGO) == (
        "Zoë asked us to stop on 3 November (“STOP”). Only they can start again, by texting START."
    )
    assert words.stopped(None, "", NOW, CHICAGO).startswith("This phone asked us to stop. Only")


@pytest.mark.parametrize(
    ("body", "search", "shown"),
    [
        ("Can I bring the DÓG?", "dog", ("Can I bring the ", "DÓG", "?")),
        ("Straße 5", "strasse", ("", "Straße", " 5")),
        (f"{'word ' * 20}dog", "dog", ("…word word word word ", "dog", "")),
        ("Hello", "xyz", ("", "", "Hello")),
        ("Hello", "", ("", "", "Hello")),
    ],
)
def test_an_excerpt_has_what_a_search_finds(body: str, search: str, shown: tuple[str, str, str]) -> None:
    assert words.excerpt(body, search) == shown
