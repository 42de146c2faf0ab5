"""The orders about a phone: its hash in the logs, and what is shown of one that texts without end."""

import json
from datetime import timedelta

import pytest

from admin import invoke
from longcode.jobs import Means
from longcode.message import MessageKind, MessageState
from longcode.messages import store as messages
from longcode.messages.compose import draft
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from longcode.table import keyed_hash
from tests.support.admin_orders import send_accepted_order
from tests.support.fakes import NOW, LambdaContext
from tests.support.readers import log_lines, sample_event

pytestmark = pytest.mark.usefixtures("aws")

PHONE = "+12125550123"
SPELLINGS = ("+525512345678", "+5215512345678")


def test_the_hash_is_that_of_the_log_lines_of_the_phone(caplog: pytest.LogCaptureFixture) -> None:
    text = draft(
        account="1",
        message_id="m-0",
        kind=MessageKind.INDIVIDUAL,
        phone=PHONE,
        number="+15555550100",
        body="Hello",
        now=NOW,
    )
    messages.accept([text])
    messages.end_unsent(text, MessageState.EXPIRED, error="expired")

    answer = send_accepted_order("phones.hash", NOW, phone=PHONE)

    assert f'"phone_hash":"{answer["phone_hash"]}"' in log_lines(caplog)


def test_the_sample_event_is_answered() -> None:
    answer = invoke.handler(sample_event("admin_phones_hash"), LambdaContext())

    assert answer == {"phone_hash": keyed_hash.of("+15555550123")}


@pytest.mark.parametrize("phone", ["2125550123", "", None, "+1212555012a"])
def test_a_phone_that_is_not_in_e164_is_refused(phone: str | None) -> None:
    answer = invoke.handler({"do": "phones.hash", "phone": phone}, LambdaContext())

    assert (answer["code"], answer["field"]) == ("invalid", "phone")


def test_either_spelling_of_a_phone_has_the_hash_of_the_stored_one() -> None:
    hashes = {send_accepted_order("phones.hash", NOW, phone=phone)["phone_hash"] for phone in SPELLINGS}

    assert hashes == {keyed_hash.of("+525512345678")}


def test_a_phone_that_texts_without_end_is_shown_with_its_newest_words_in_an_answer_that_fits() -> None:
    for index in range(520):
        said = OptOutEvent(
            id=f"e{index:05}",
            phone=PHONE,
            scope=SHARED,
            out=index % 2 == 0,
            at=NOW - timedelta(hours=1) + timedelta(seconds=index),
            means=Means.TEXT,
            words=f"{index} {'stop ' * 300}",
        )
        optouts.record(said)

    shown = send_accepted_order("phones.show", NOW, phone=PHONE)

    assert (len(shown["history"]), shown["history_left_out"]) == (500, 20)
    assert shown["history"][-1]["words"].startswith("519 ")
    assert len(json.dumps(shown)) < 6_000_000
