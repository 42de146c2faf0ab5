from datetime import timedelta

import pytest

from longcode.carriers.carrier import Inbound
from longcode.messages import replies
from longcode.table import keys, store
from tests.support.fakes import NOW

pytestmark = pytest.mark.usefixtures("aws")

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def inbound(carrier_id: str = "SM1") -> Inbound:
    return Inbound(carrier="twilio", carrier_id=carrier_id, phone="+12125550123", number="+15555550100", body="Hello")


def test_an_unattributed_reply_is_kept_for_thirty_days_from_when_it_first_came() -> None:
    replies.keep_unattributed(inbound(), NOW)
    replies.keep_unattributed(inbound(), NOW + DAY)

    kept, words = store.get(keys.inbound("twilio", "SM1")), store.get(keys.inbound("twilio", "SM1", "words"))
    assert kept
    assert words
    assert (words["type"], words["body"], words["expires_at"]) == ("unattributed", "Hello", 1797953400)
    assert "expires_at" not in kept
    assert "body" not in kept
    assert replies.first_received(inbound()) == (NOW, None)


def test_unattributed_replies_are_listed_newest_first_page_by_page() -> None:
    for index in range(5):
        replies.keep_unattributed(inbound(f"SM{index}"), NOW + index * SECOND)

    pages: list[list[str]] = []
    cursor = None
    while len(pages) < 4:
        found, cursor = replies.unattributed_page(NOW + DAY, limit=2, cursor=cursor)
        pages.append([reply.inbound.carrier_id for reply in found])
        if cursor is None:
            break

    assert pages == [["SM4", "SM3"], ["SM2", "SM1"], ["SM0"]]


def test_a_page_that_is_exactly_full_is_the_last() -> None:
    replies.keep_unattributed(inbound("SM1"), NOW)
    replies.keep_unattributed(inbound("SM2"), NOW)

    found, cursor = replies.unattributed_page(NOW, limit=2, cursor=None)

    assert (len(found), cursor) == (2, None)


def test_an_expired_unattributed_reply_is_hidden_before_it_is_deleted() -> None:
    replies.keep_unattributed(inbound("SM1"), NOW)
    replies.keep_unattributed(inbound("SM2"), NOW + SECOND)

    last, over = NOW + 30 * DAY - SECOND, NOW + 30 * DAY

    assert len(replies.unattributed_page(last, limit=10, cursor=None)[0]) == 2
    assert [reply.inbound.carrier_id for reply in replies.unattributed_page(over, limit=10, cursor=None)[0]] == [
        "SM2"
    ]
    assert replies.get_unattributed("twilio", "SM1", last)
    assert replies.get_unattributed("twilio", "SM1", over) is None
