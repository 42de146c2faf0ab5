"""The month closes by the time that the schedule meant, with one job for each account."""

from typing import Any

import pytest

from billing import close_month
from longcode import months
from longcode.aws import clock
from tests.fakes import LambdaContext, queued, studio
from tests.functions.accounts.event import event

pytestmark = pytest.mark.usefixtures("aws")


def test_each_account_gets_a_job_for_the_month_before() -> None:
    studio("10000001")
    studio("10000002")

    answer = close_month.handler(event("schedule_close_month"), LambdaContext())

    assert answer == {"accounts": 2}
    assert sorted(queued("bill")) == [
        '{"account":"10000001","month":"2026-11"}',
        '{"account":"10000002","month":"2026-11"}',
    ]


def test_a_month_without_an_account_closes() -> None:
    assert close_month.handler(event("schedule_close_month"), LambdaContext()) == {"accounts": 0}
    assert queued("bill") == []


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
def test_the_month_is_that_of_the_scheduled_time_in_chicago(time: str, month: str) -> None:
    studio()

    close_month.handler({"time": time}, LambdaContext())

    assert queued("bill") == [f'{{"account":"10000001","month":"{month}"}}']


@pytest.mark.parametrize(
    "malformed",
    [{}, {"time": ""}, {"time": None}],
)
def test_an_event_without_a_time_closes_the_month_before_today(malformed: dict[str, Any]) -> None:
    studio()
    month = months.previous(months.month_of(clock.now()))

    close_month.handler(malformed, LambdaContext())

    assert queued("bill") == [f'{{"account":"10000001","month":"{month}"}}']


@pytest.mark.parametrize("time", ["<aws.scheduler.scheduled-time>", "yesterday"])
def test_a_time_that_cannot_be_read_closes_no_month_at_all(time: str) -> None:
    studio()

    with pytest.raises(ValueError, match="isoformat"):
        close_month.handler({"time": time}, LambdaContext())

    assert queued("bill") == []
