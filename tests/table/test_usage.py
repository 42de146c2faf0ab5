"""Usage: every count once, added up by day and month."""

from datetime import UTC, datetime

import pytest

from longcode.message import Message, MessageKind, MessageState
from longcode.messages import store as messages
from longcode.messages.compose import draft
from longcode.table import store
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from tests.support.aws_calls import parallel_calls
from tests.support.fakes import NOW

pytestmark = pytest.mark.usefixtures("aws")


def add(day: str, spread_by: str = "m1", account: str = "10000001") -> None:
    store.write(quotas.count_write(account, day, spread_by, Usage(texts_sent=1, units_sent=2, segments_sent=3)))


def claimed(message_id: str, at: datetime = NOW) -> Message:
    text = draft(
        account="10000001",
        message_id=message_id,
        kind=MessageKind.INDIVIDUAL,
        phone="+12125550123",
        number="+15555550100",
        body="a" * 300,
        now=at,
    )
    messages.accept([text])
    found = messages.claim(text, "claim", at, at)
    assert found
    return found


def test_a_month_adds_up_its_own_days() -> None:
    for day in ("2026-10-31", "2026-11-01", "2026-11-30", "2026-12-01"):
        for spread_by in ("m1", "m2", "m3", "m4", "m5"):
            add(day, spread_by)
    add("2026-11-01", account="100000010")

    assert quotas.by_day("10000001", "2026-11") == {
        "2026-11-01": Usage(texts_sent=5, units_sent=10, segments_sent=15),
        "2026-11-30": Usage(texts_sent=5, units_sent=10, segments_sent=15),
    }
    assert quotas.of_month("10000001", "2026-11") == Usage(texts_sent=10, units_sent=20, segments_sent=30)
    assert quotas.of_month("10000001", "2026-09") == Usage()


def test_a_text_is_counted_at_once_and_once() -> None:
    message = claimed("m1")

    recorded = [messages.record(message, MessageState.SENT, carrier="twilio", carrier_id="SM1") for _ in range(3)]

    assert recorded == [True, False, False]
    assert quotas.by_day("10000001", "2026-11") == {"2026-11-22": Usage(texts_sent=1, units_sent=2, segments_sent=2)}


def test_a_text_counts_on_its_day_in_chicago() -> None:
    last_evening = datetime(2026, 12, 1, 5, 59, tzinfo=UTC)

    messages.record(claimed("m1", last_evening), MessageState.SENT)

    assert list(quotas.by_day("10000001", "2026-11")) == ["2026-11-30"]
    assert quotas.of_month("10000001", "2026-12") == Usage()


def test_parallel_texts_are_all_counted() -> None:
    texts = [claimed(f"m{number}") for number in range(8)]

    with parallel_calls() as threads:
        list(threads.map(lambda text: messages.record(text, MessageState.SENT), texts))

    assert quotas.of_month("10000001", "2026-11").texts_sent == 8
