"""An account whose day leaves its habit is suspended automatically; its owner is told, the operator restores it."""

from datetime import timedelta

import pytest

from accounts import settings_api
from billing import plan_api
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus
from longcode.carriers.carrier import RefusalReason, Refused, SendResult
from longcode.plans.plans import PlanChange
from longcode.table import store
from longcode.usage import store as quotas
from longcode.usage.habit import Activity, StopCause
from longcode.usage.usage import Usage
from send import api
from sweeper import sweep_schedule
from tests.support.admin_orders import send_accepted_order
from tests.support.fakes import NOW, FakeCarrier, call, client, studio
from tests.support.mails import Mail, mails_to
from tests.support.readers import log_lines
from tests.support.text_steps import accept, deliver

pytestmark = pytest.mark.usefixtures("aws")

TODAY = "2026-11-22"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def watched(number: str = "10000001", **changes: object) -> Account:
    """Return a studio whose first text of the month has put its usage on the due index."""
    account = studio(number, **changes)
    client(account)
    accept(account, "first")
    return account


def count(account: Account, units: int, on: str = TODAY, **others: int) -> None:
    """Count texts of one unit, as if they had been sent."""
    store.write(quotas.count_write(account.id, on, "m", Usage(texts_sent=units, units_sent=units), **others))


def status(account: Account) -> tuple[AccountStatus, list[str | None]]:
    now = accounts.get_or_raise(account.id)
    return now.status, [change.cause for change in now.status_changes]


def sweep(after: timedelta = 3 * MINUTE) -> None:
    sweep_schedule.sweep(NOW + after)


@pytest.mark.parametrize(
    ("units", "others", "cause"),
    [
        (2_001, {}, StopCause.PACE),
        (200, {"texts_abroad": 100}, StopCause.ABROAD),
        (100, {"texts_refused": 50}, StopCause.REFUSED),
        (0, {"texts_undelivered": 2_001, "units_undelivered": 2_001}, StopCause.PACE),
        (150, {"texts_undelivered": 200, "units_undelivered": 200}, StopCause.UNDELIVERED),
    ],
)
def test_a_day_that_leaves_the_habit_stops_the_account(units: int, others: dict[str, int], cause: StopCause) -> None:
    account = watched()
    count(account, units, TODAY, **others)

    sweep()

    assert status(account) == (AccountStatus.SUSPENDED, [cause])


def test_an_ordinary_busy_day_stops_nobody() -> None:
    account = watched()
    count(account, 800, "2026-10-23")
    count(account, 1_750, texts_abroad=150, texts_refused=100, texts_undelivered=150, units_undelivered=150)

    sweep()

    assert status(account) == (AccountStatus.ACTIVE, [])


def test_the_studio_sees_the_reason_and_its_owner_is_mailed(caplog: pytest.LogCaptureFixture) -> None:
    account = watched()
    count(account, 2_500)

    sweep()
    sweep(5 * MINUTE)
    refused = call(api, "POST", "/messages", {"client_id": "c1", "body": "Hello"}, account=account.id)

    reason = "It sent 2,500 units in a day, and 0 on the busiest of the 35 days before."
    assert refused.status == 403
    assert refused.json["detail"] == (
        f"The service has suspended this account by itself, so it sends nothing: {reason}"
    )
    mail = next(mail for mail in mails_to(account.email) if mail.subject == "Your Longcode account is stopped")
    assert reason in mail.text
    assert log_lines(caplog).count("account suspended automatically") == 1


def test_a_restored_account_is_not_stopped_for_the_same_cause_that_day() -> None:
    account = watched()
    count(account, 2_500)
    sweep()
    send_accepted_order("accounts.restore", NOW + 4 * MINUTE, account=account.id, by="Ann")
    count(account, 100)

    sweep(10 * MINUTE)
    after_restore = status(account)
    count(account, 0, texts_refused=2_000)
    sweep(20 * MINUTE)

    assert after_restore == (AccountStatus.ACTIVE, [StopCause.PACE, None])
    assert status(account) == (AccountStatus.SUSPENDED, [StopCause.PACE, None, StopCause.REFUSED])


def test_a_restored_day_is_part_of_the_habit_of_the_next() -> None:
    account = watched()
    count(account, 2_500)
    sweep()
    send_accepted_order("accounts.restore", NOW + 4 * MINUTE, account=account.id, by="Ann")
    count(account, 7_500, "2026-11-23")

    sweep(DAY)
    within = status(account)[0]
    count(account, 1, "2026-11-23")
    sweep(DAY + timedelta(hours=2))

    assert within is AccountStatus.ACTIVE
    assert status(account)[0] is AccountStatus.SUSPENDED


def test_a_larger_plan_of_today_does_not_make_an_unusual_day_ordinary() -> None:
    old = (PlanChange(NOW - 40 * DAY, "starter"),)
    account = watched("10000001", plan_changes=old)
    call(plan_api, "PUT", "/account/plan", {"plan": "volume"}, account=account.id)
    larger = watched("10000002", plan_changes=(*old, PlanChange(NOW - 36 * DAY, "volume")))
    for sender in (account, larger):
        count(sender, 9_900)

    sweep()

    assert status(account) == (AccountStatus.SUSPENDED, [StopCause.PACE])
    assert status(larger) == (AccountStatus.ACTIVE, [])


def receive(account: Account, units: int, on: str = TODAY) -> None:
    store.write(quotas.count_write(account.id, on, "m", Usage(texts_received=units, units_received=units)))


def told_of_replies(account: Account) -> list[Mail]:
    return [mail for mail in mails_to(account.email) if mail.subject == "Your Longcode account gets many replies"]


def test_an_owner_is_told_once_a_day_of_replies_without_end(capsys: pytest.CaptureFixture[str]) -> None:
    account, busy = watched("10000001"), watched("10000002")
    receive(busy, 300, "2026-11-10")
    for flooded in (account, busy):
        receive(flooded, 600)

    for minutes in (3, 9, 70):
        sweep(minutes * MINUTE)

    (told,) = told_of_replies(account)
    assert "600 units of replies" in told.text
    assert told_of_replies(busy) == []
    assert status(account) == (AccountStatus.ACTIVE, [])
    assert capsys.readouterr().out.count('"ManyReplies":[1.0]') == 1


def test_the_answers_to_a_broadcast_are_told_to_nobody() -> None:
    account = watched(plan_changes=(PlanChange(NOW - 40 * DAY, "large"),))
    count(account, 3_000)
    receive(account, 900)

    sweep()

    assert told_of_replies(account) == []


def test_the_stop_of_one_account_does_not_touch_another() -> None:
    bad, good = watched("10000001"), watched("10000002", plan_changes=(PlanChange(NOW, "large"),))
    count(bad, 2_500)
    count(good, 2_500)

    sweep()

    assert status(bad)[0] is AccountStatus.SUSPENDED
    assert status(good) == (AccountStatus.ACTIVE, [])
    assert accept(good, "after", now=NOW + 4 * MINUTE)


def _activity(account: Account) -> Activity:
    return quotas.activity_on(account.id, TODAY)


def test_another_country_in_the_settings_does_not_make_texts_there_ordinary() -> None:
    account = studio(allowed_countries=("AU",))
    client(account, "abroad", "+61491570156")
    for code in ("61", "64", "61"):
        assert call(settings_api, "PATCH", "/account", {"country_code": code}, account=account.id).status == 200
    accept(account, "k", client_id="abroad")

    deliver(FakeCarrier())

    assert _activity(account) == Activity(units_sent=1, texts_sent=1, texts_abroad=1)


def test_texts_abroad_are_counted_when_they_are_sent() -> None:
    account = studio(allowed_countries=("AU",))
    client(account, "home")
    client(account, "canada", "+14165550123")
    client(account, "abroad", "+61491570156")
    for name in ("home", "canada", "abroad"):
        accept(account, name, client_id=name)

    deliver(FakeCarrier())

    assert _activity(account) == Activity(units_sent=3, texts_sent=3, texts_abroad=1)


@pytest.mark.parametrize(
    ("reason", "counted"),
    [
        (RefusalReason.NO_SUCH_NUMBER, 1),
        (RefusalReason.FILTERED, 1),
        (RefusalReason.OPTED_OUT, 0),
        (RefusalReason.UNKNOWN, 0),
        (RefusalReason.TRY_AGAIN, 0),
    ],
)
def test_refusals_that_the_studio_brought_about_are_counted(reason: RefusalReason, counted: int) -> None:
    account = studio()
    client(account)
    accept(account, "refused")
    answers: list[SendResult] = [Refused(reason, "30001")]

    deliver(FakeCarrier(answers=answers))

    assert _activity(account).texts_refused == counted
