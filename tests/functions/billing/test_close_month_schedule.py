"""The schedule closes the month before its scheduled time, with a job for each account."""

from datetime import UTC, datetime
from typing import Any

import pytest

from billing import close_month_schedule
from longcode import months
from longcode.accounts import store as accounts
from longcode.aws import clients
from longcode.billing import month_end
from tests.support.crashes import every_crash
from tests.support.fakes import LambdaContext, studio, take_queued
from tests.support.readers import sample_event

pytestmark = pytest.mark.usefixtures("aws")

LONG_AFTER = datetime(2027, 6, 1, tzinfo=UTC)


def test_each_account_gets_a_job_for_the_month_before() -> None:
    studio("10000001")
    studio("10000002")

    closed = close_month_schedule.act(sample_event("schedule_close_month"), LONG_AFTER)

    assert closed == {"accounts": 2}
    assert sorted(take_queued("bill")) == [
        '{"account":"10000001","month":"2026-11"}',
        '{"account":"10000002","month":"2026-11"}',
    ]


def test_a_month_without_an_account_closes() -> None:
    assert close_month_schedule.handler({}, LambdaContext()) == {"accounts": 0}
    assert take_queued("bill") == []


@pytest.mark.parametrize(
    ("time", "month"),
    [
        ("2026-12-01T09:00:00Z", "2026-11"),
        ("2026-12-05T20:00:00Z", "2026-11"),
        ("2026-12-01T05:59:59Z", "2026-10"),
        ("2026-12-01T06:00:00+00:00", "2026-11"),
        ("2026-12-01T03:00:00-06:00", "2026-11"),
        ("2027-01-01T09:00:00Z", "2026-12"),
        ("2026-11-01T09:00:00Z", "2026-10"),
    ],
)
def test_a_late_call_closes_the_month_of_its_scheduled_time_in_chicago(time: str, month: str) -> None:
    studio()

    close_month_schedule.act({"time": time}, LONG_AFTER)

    assert take_queued("bill") == [f'{{"account":"10000001","month":"{month}"}}']


def test_an_order_without_a_time_closes_the_month_before_today() -> None:
    studio()
    month = months.previous(months.month_of(clients.now()))

    close_month_schedule.handler({}, LambdaContext())

    assert take_queued("bill") == [f'{{"account":"10000001","month":"{month}"}}']


@pytest.mark.parametrize(
    ("malformed", "field"),
    [
        ({"time": "<aws.scheduler.scheduled-time>"}, "time"),
        ({"time": "yesterday"}, "time"),
        ({"time": ""}, "time"),
        ({"time": None}, "time"),
        ({"time": 1796115600}, "time"),
        ({"time": "2026-12-01"}, "time"),
        ({"time": "2026-12-01T09:00:00"}, "time"),  # of no zone
        ({"time": "0001-01-01T00:00:00+14:00"}, "time"),
        ({"time": "9999-12-31T23:59:59-12:00"}, "time"),
        ({"tiem": "2026-12-01T09:00:00Z"}, "tiem"),
        ({"time": "2026-12-01T09:00:00Z", "account": "10000001"}, "account"),
        ({"month": "2026-11"}, "month"),
        ("2026-11", None),
        ([], None),
        (None, None),
    ],
)
def test_a_malformed_order_closes_no_month_and_rings_an_alarm(
    malformed: Any, field: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    studio()

    answer = close_month_schedule.handler(malformed, LambdaContext())

    assert (answer["code"], answer["field"]) == ("invalid", field)
    assert take_queued("bill") == []
    assert '"RefusedOrders":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_a_month_that_has_not_ended_is_refused_with_the_instant_of_its_end() -> None:
    studio()
    a_second_early = datetime(2026, 12, 1, 5, 59, 59, tzinfo=UTC)

    answer = close_month_schedule.act({"time": "2026-12-01T09:00:00Z"}, a_second_early)

    assert answer["code"] == "month_not_over"
    assert answer["detail"].startswith("2026-11 ends on 2026-12-01 06:00 UTC")
    assert take_queued("bill") == []


def test_on_one_machine_a_close_can_be_tried_before_the_months_end(monkeypatch: pytest.MonkeyPatch) -> None:
    studio()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    close_month_schedule.act({"time": "2026-12-01T09:00:00Z"}, datetime(2026, 11, 24, tzinfo=UTC))

    assert take_queued("bill") == ['{"account":"10000001","month":"2026-11","as_of":"2026-12-01T09:00:00Z"}']


@pytest.mark.long
def test_a_close_killed_anywhere_and_repeated_queues_every_account() -> None:
    every = [studio(f"1000{n:04}").id for n in range(25)]

    for crash in every_crash(after=False):
        with crash:
            month_end.queue_bills("2026-11", every, LONG_AFTER)
        month_end.queue_bills("2026-11", every, LONG_AFTER)

        assert {one[12:20] for one in take_queued("bill")} == set(every)


def test_a_close_that_died_is_continued_after_its_last_account() -> None:
    every = [studio(f"1000{n:04}").id for n in range(3)]

    assert list(accounts.all_ids(after=every[0])) == every[1:]
