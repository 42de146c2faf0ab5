"""A studio is told when four fifths of a limit are used, and when all of it is: by mail, once each."""

from datetime import UTC, datetime, timedelta

import pytest

from longcode.account import Account
from longcode.plans import Change
from longcode.table.due import by
from send import due
from tests.fakes import NOW, FakeCarrier, client, studio
from tests.functions.accounts.mails import mails_to
from tests.functions.send.test_guards import try_to_send
from tests.functions.send.texts import accept, deliver
from tests.functions.send.wire import failing


@pytest.fixture
def account(aws: None) -> Account:
    """Give a studio whose plan stops at 100 units."""
    account = studio(plan_changes=(Change(NOW, "starter"),))
    client(account)
    return account


def use(account: Account, units: int, key: str = "use") -> None:
    for index in range(0, units, 10):
        accept(account, f"{key}-{index}", body="a" * 160 * min(10, units - index))


def subjects() -> list[str]:
    return [mail.subject for mail in mails_to("10000001@studio.example")]


def test_nothing_is_said_below_four_fifths(account: Account) -> None:
    use(account, 79)

    due.sweep(NOW + timedelta(minutes=3))

    assert subjects() == []


def test_four_fifths_and_all_are_each_told_once(account: Account) -> None:
    use(account, 80)
    due.sweep(NOW + timedelta(minutes=3))
    at_eighty = subjects()
    due.sweep(NOW + timedelta(minutes=9))
    use(account, 20, "more")

    for minute in (80, 90, 200):
        due.sweep(NOW + timedelta(minutes=minute))

    assert at_eighty == ["80 % of your plan are used for 2026-11"]
    assert subjects() == [*at_eighty, "100 % of your plan are used for 2026-11"]


def test_a_refusal_brings_the_notice_within_the_minute(account: Account) -> None:
    use(account, 100)
    due.sweep(NOW + timedelta(minutes=3))
    due.sweep(NOW + timedelta(minutes=9))
    before = len(subjects())

    assert try_to_send(account, "past", now=NOW + timedelta(minutes=10)) == "plan_limit_reached"
    due.sweep(NOW + timedelta(minutes=11))

    assert before == len(subjects()) == 2


def test_a_day_has_notices_of_its_own(aws: None) -> None:
    account = studio(units_a_day=10)
    client(account)
    tomorrow = NOW + timedelta(days=1)

    use(account, 10)
    due.sweep(NOW + timedelta(minutes=3))
    accept(account, "tomorrow", body="a" * 160 * 9, now=tomorrow)
    due.sweep(tomorrow + timedelta(minutes=3))

    assert subjects() == [
        "80 % of your limit of a day are used for 2026-11-22",
        "100 % of your limit of a day are used for 2026-11-22",
        "80 % of your limit of a day are used for 2026-11-23",
    ]


def test_when_the_month_is_over_nobody_looks_any_more(account: Account) -> None:
    use(account, 10)
    december = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)

    swept = [due.sweep(december + timedelta(hours=hour)) for hour in range(3)]

    assert swept[0] > 0
    assert swept[1:] == [0, 0]
    assert subjects() == []


def test_a_mail_that_is_refused_stops_nobody_else_and_is_tried_at_the_next_look(account: Account) -> None:
    use(account, 80)
    with failing("sesv2", "SendEmail", "MessageRejected") as refused:
        due.sweep(NOW + timedelta(minutes=3))
    before = subjects()

    due.sweep(NOW + timedelta(minutes=9))

    assert (len(refused), before) == (1, [])
    assert len(subjects()) == 1


def test_two_sweepers_at_once_tell_it_once(account: Account) -> None:
    use(account, 80)
    item = next(item for item in by(NOW + timedelta(minutes=3), 500) if item["type"] == "allowance")

    due.act(item, NOW + timedelta(minutes=3))
    due.act(item, NOW + timedelta(minutes=3))

    assert len(subjects()) == 1


def test_days_that_are_over_leave_the_item_small(aws: None) -> None:
    account = studio(units_a_day=10)
    client(account)
    for day in range(3):
        accept(account, f"day-{day}", now=NOW + timedelta(days=day))
        deliver(FakeCarrier(), NOW + timedelta(days=day))
        due.sweep(NOW + timedelta(days=day, minutes=3))

    item = next(item for item in by(NOW + timedelta(days=4), 500) if item["type"] == "allowance")

    assert [name for name in item if name.startswith("used")] == ["used_2026-11-24"]


def test_a_text_for_next_month_does_not_keep_next_months_notices_from_coming(account: Account) -> None:
    december = datetime(2026, 12, 1, 15, tzinfo=UTC)
    accept(account, "later", send_at=december)
    due.sweep(NOW + timedelta(minutes=3))  # looks at December's allowance, and too early

    for index in range(8):
        accept(account, f"then-{index}", body="a" * 1600, now=december)
    due.sweep(december + timedelta(minutes=3))

    assert subjects() == ["80 % of your plan are used for 2026-12"]
