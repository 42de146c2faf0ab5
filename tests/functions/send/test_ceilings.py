"""The ceilings of a day: of each account and of the whole service. Texts beyond are held, whatever sent them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.carriers.carrier import RefusalReason, Refused, SendResult
from longcode.message import HoldReason, Message, MessageState
from longcode.table import store
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from send import pacing
from sweeper import sweep_schedule
from tests.support.admin_orders import send_accepted_order
from tests.support.broadcast_steps import phone_number, send, texts, write_clients
from tests.support.fakes import NOW, FakeCarrier, client, studio, take_queued
from tests.support.text_steps import accept, deliver, stored

pytestmark = pytest.mark.usefixtures("aws")

DAY = "2026-11-22"
MIDNIGHT = datetime(2026, 11, 23, 6, tzinfo=UTC)  # in Chicago
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def of_three(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A service that hands over three segments a day."""
    yield from _with_ceiling(monkeypatch, "3")


@pytest.fixture
def of_sixteen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from _with_ceiling(monkeypatch, "16")


def _with_ceiling(monkeypatch: pytest.MonkeyPatch, segments: str) -> Iterator[None]:
    monkeypatch.setenv("SERVICE_SEGMENTS_A_DAY", segments)
    settings.cache_clear()
    yield
    settings.cache_clear()


def with_clients(number: str, count: int, **changes: object) -> Account:
    account = studio(number, **changes)
    for index in range(count):
        client(account, f"c{index}", f"+1212555{number[-1]}{index:03}")
    return account


def accept_all(account: Account, count: int, now: datetime = NOW) -> list[Message]:
    return [accept(account, f"k{index}", client_id=f"c{index}", now=now) for index in range(count)]


def states(accepted: list[Message], account: Account) -> list[tuple[MessageState, HoldReason | None]]:
    now = [stored(account, text.id) for text in accepted]
    return [(text.state, text.held) for text in now]


SENT, HELD = (MessageState.SENT, None), (MessageState.QUEUED, HoldReason.CEILING)


@pytest.mark.usefixtures("of_three")
def test_the_service_hands_over_no_more_than_its_ceiling_and_holds_the_rest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    account = with_clients("10000001", 5)
    accepted = accept_all(account, 5)
    carrier = FakeCarrier()

    deliver(carrier)

    assert len(carrier.texts) == 3
    assert sorted(states(accepted, account)) == sorted([SENT] * 3 + [HELD] * 2)
    assert quotas.segments_taken(DAY) == 3
    assert capsys.readouterr().out.count('"HeldAtCeiling":[1.0]') == 2


@pytest.mark.long
@pytest.mark.usefixtures("of_sixteen")
def test_workers_that_come_and_go_never_exceed_the_service_ceiling() -> None:
    account, carrier = with_clients("10000001", 20), FakeCarrier()
    accept_all(account, 20)

    for job in take_queued("send"):
        pacing.forget()
        deliver(carrier, jobs=[job])

    assert len(carrier.texts) == 7  # the first worker took ten and ended; then one at a time
    assert quotas.segments_taken(DAY) == 16


@pytest.mark.usefixtures("of_three")
def test_refused_texts_are_given_back() -> None:
    account = with_clients("10000001", 5)
    accept_all(account, 5)
    refused: list[SendResult] = [Refused(RefusalReason.NO_SUCH_NUMBER, "30005")] * 2
    carrier = FakeCarrier(answers=refused)

    deliver(carrier)

    assert len(carrier.texts) == 5


@pytest.mark.usefixtures("of_three")
def test_held_texts_to_one_client_go_when_the_ceiling_is_raised_and_expire_with_the_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account, carrier = with_clients("10000001", 5), FakeCarrier()
    accepted = accept_all(account, 5, MIDNIGHT - 3 * HOUR)
    deliver(carrier, MIDNIGHT - 3 * HOUR)
    monkeypatch.setenv("SERVICE_SEGMENTS_A_DAY", "4")
    settings.cache_clear()

    sweep_schedule.sweep(MIDNIGHT - 2 * HOUR + MINUTE)
    deliver(carrier, MIDNIGHT - 2 * HOUR + MINUTE)
    after_raise = len(carrier.texts)
    sweep_schedule.sweep(MIDNIGHT + MINUTE)
    deliver(carrier, MIDNIGHT + MINUTE)

    assert (after_raise, len(carrier.texts)) == (4, 4)
    (last,) = [text for text in (stored(account, one.id) for one in accepted) if text.state is not MessageState.SENT]
    assert (last.state, last.error) == (MessageState.EXPIRED, "ceiling")


def test_an_account_at_its_ceiling_is_held_and_no_other_account() -> None:
    full, other = with_clients("10000001", 2, ceiling_units_a_day=50), with_clients("10000002", 2)
    store.write(quotas.count_write(full.id, DAY, "m", Usage(texts_sent=50, units_sent=50)))
    held, sent = accept_all(full, 2), accept_all(other, 2)

    deliver(FakeCarrier())

    assert states(held, full) == [HELD, HELD]
    assert states(sent, other) == [SENT, SENT]


def test_the_default_ceiling_is_ten_thousand_and_the_operator_raises_it() -> None:
    account, carrier = with_clients("10000001", 1), FakeCarrier()
    store.write(quotas.count_write(account.id, DAY, "m", Usage(texts_sent=10_000, units_sent=10_000)))
    store.write(quotas.count_write(account.id, "2026-11-02", "m", Usage(units_sent=9_000)))  # its habit
    accepted = accept_all(account, 1)
    deliver(carrier)
    before = states(accepted, account)

    shown = send_accepted_order("accounts.set_ceiling", NOW, account=account.id, units_a_day=20_000, by="Ann")
    sweep_schedule.sweep(NOW + HOUR + MINUTE)
    deliver(carrier, NOW + HOUR + MINUTE)

    assert (before, states(accepted, account)) == ([HELD], [SENT])
    assert shown["ceiling_units_a_day"] == 20_000
    send_accepted_order("accounts.set_ceiling", NOW, account=account.id, units_a_day=None, by="Ann")
    assert accounts.get_or_raise(account.id).ceiling_units_a_day is None


def test_scheduled_texts_and_broadcasts_meet_the_ceiling_when_they_are_sent() -> None:
    account, carrier = studio(ceiling_units_a_day=1, quiet_hours=False), FakeCarrier()
    write_clients(account, 3)
    single = accept(account, "later", client_id=None, to=phone_number(1), send_at=NOW + HOUR)
    broadcast = send(account, now=NOW)
    deliver(carrier, jobs=take_queued("bulk")[:1])
    sweep_schedule.sweep(NOW + HOUR + MINUTE)

    deliver(carrier, NOW + HOUR + MINUTE)
    deliver(carrier, NOW + HOUR + MINUTE, jobs=take_queued("bulk"))

    assert len(carrier.texts) == 1
    assert stored(account, single.id).held is HoldReason.CEILING
    assert sorted(text.held or "" for text in texts(account, broadcast.id)) == ["", "ceiling", "ceiling"]


def test_bulk_texts_that_are_held_go_on_the_next_day() -> None:
    account, carrier = studio(ceiling_units_a_day=1, quiet_hours=False), FakeCarrier()
    write_clients(account, 2)
    broadcast = send(account, now=NOW)
    jobs = take_queued("bulk")
    deliver(carrier, jobs=jobs[:1])
    deliver(carrier, jobs=jobs[1:])
    held = [text.held for text in texts(account, broadcast.id)]

    sweep_schedule.sweep(MIDNIGHT + MINUTE)
    deliver(carrier, MIDNIGHT + MINUTE, jobs=take_queued("bulk"))

    assert held.count(HoldReason.CEILING) == 1
    assert len(carrier.texts) == 2


def test_a_worker_that_sees_a_large_day_has_its_account_checked_within_a_minute() -> None:
    account, carrier = with_clients("10000001", 2), FakeCarrier()
    accept(account, "k0", client_id="c0")
    deliver(carrier)
    sweep_schedule.sweep(NOW + 3 * MINUTE)
    sweep_schedule.sweep(NOW + 9 * MINUTE)  # nothing was used: the next check would come an hour later
    store.write(quotas.count_write(account.id, DAY, "m", Usage(texts_sent=2_500, units_sent=2_500)))
    accept(account, "k1", client_id="c1", now=NOW + 10 * MINUTE)
    deliver(carrier, NOW + 10 * MINUTE)

    sweep_schedule.sweep(NOW + 12 * MINUTE)

    assert accounts.get_or_raise(account.id).status == "suspended"
