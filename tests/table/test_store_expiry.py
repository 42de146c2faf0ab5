"""Expired items that DynamoDB has not deleted yet: they are hidden, and their keys count as free."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from longcode.accounts import store as accounts
from longcode.carriers.carrier import Inbound
from longcode.jobs import Means
from longcode.messages import replies
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from longcode.triggers import store as triggers
from longcode.triggers.trigger import Record, RecordKind
from tests.support.fakes import NOW, studio

pytestmark = pytest.mark.usefixtures("aws")

PHONE = "+12125550123"
Look = Callable[[datetime], object]


def record(at: datetime) -> Record:
    return Record(
        account="10000001", kind=RecordKind.SESSION, id="s1", at=at, event_id="e1", changed_at=at, phone=PHONE
    )


def take_in(at: datetime) -> bool:
    return triggers.write_event(record(at), "print", {}, ZoneInfo("UTC"), at)[1]


def event_of_an_api() -> Look:
    take_in(NOW)
    return lambda now: triggers.get_event("10000001", "e1", now)


def consent() -> Look:
    stop = OptOutEvent(id="e1", phone=PHONE, scope=SHARED, out=True, at=NOW, means=Means.TEXT, words="STOP")
    optouts.record(stop)
    return lambda now: (
        optouts.history(PHONE, SHARED, now)
        or optouts.phone_history(PHONE, now)
        or optouts.history_page(now, limit=9, cursor="2000")[0]
    )


def unattributed() -> Look:
    replies.keep_unattributed(
        Inbound(carrier="twilio", carrier_id="SM1", phone=PHONE, number="+15555550100", body="?"), NOW
    )
    return lambda now: (
        replies.get_unattributed("twilio", "SM1", now) or replies.unattributed_page(now, limit=9, cursor=None)[0]
    )


def confirmation() -> Look:
    token = accounts.request_confirmation("10000001", "small", NOW)
    return lambda now: accounts.find_confirmation(token, now)


@pytest.mark.parametrize(
    ("write", "kept"),
    [
        (event_of_an_api, timedelta(hours=48)),
        (consent, timedelta(days=5 * 366)),
        (unattributed, timedelta(days=30)),
        (confirmation, timedelta(hours=24)),
    ],
)
def test_an_item_is_hidden_from_its_expiry_on(write: Callable[[], Look], kept: timedelta) -> None:
    look = write()

    assert look(NOW + kept - timedelta(seconds=1))
    assert not look(NOW + kept)


def test_an_expired_item_can_be_written_again() -> None:
    studio()

    assert [take_in(NOW), take_in(NOW + timedelta(hours=47)), take_in(NOW + timedelta(hours=48))] == [
        True,
        False,
        True,
    ]
