"""Usage notices at 80 % and 100 % of a limit: by mail and webhook, once each."""

from datetime import UTC, datetime, timedelta

import pytest

from billing import usage_api
from inbox import worker as inbox_worker
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus, StatusChange
from longcode.aws.queues import read as read_job
from longcode.carriers.carrier import Inbound
from longcode.jobs import Deliver
from longcode.months import plan_cutoff
from longcode.numbers import store as numbers
from longcode.numbers.routing import LastText
from longcode.plans.plans import PlanChange
from longcode.table import store
from longcode.table.due import find
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from longcode.webhooks import store as deliveries
from longcode.webhooks.delivery import DeliveryState
from longcode.webhooks.webhook import EndpointResponse
from sweeper import sweep_schedule
from tests.functions.send.test_guards import try_to_send
from tests.support.aws_calls import failing
from tests.support.crashes import every_crash, recorded_calls
from tests.support.fakes import ACTOR, NOW, FakeCarrier, client, studio, take_queued
from tests.support.mails import mails_to
from tests.support.readers import log_lines
from tests.support.text_steps import accept, deliver
from tests.support.webhook_endpoint import HOOK, FakeEndpoint, run_webhook_jobs

pytestmark = pytest.mark.account(plan_changes=(PlanChange(NOW, "starter"),))


def use(account: Account, units: int, key: str = "use") -> None:
    for index in range(0, units, 10):
        accept(account, f"{key}-{index}", body="a" * 160 * min(10, units - index))


@pytest.fixture
def charged(aws: None) -> Account:
    """A studio whose plan includes 1,000 units, and charges for more."""
    account = studio(plan_changes=(PlanChange(NOW, "medium"),))
    client(account)
    return account


def count(account: Account, sent: int = 0, received: int = 0, day: str = "2026-11-30") -> None:
    """Count this many units, as if texts had been sent or received."""
    store.write(quotas.count_write(account.id, day, "m", Usage(units_sent=sent, units_received=received)))


def change(account: Account, plan: str, at: datetime) -> None:
    accounts.change_plan(accounts.get_or_raise(account.id), PlanChange(at, plan), ACTOR)


def last_words() -> str:
    """Return what the last mail says, without its link."""
    return mails_to("10000001@studio.example")[-1].body.partition(
        "\n\nSee what you use:\nhttps://longcode.example/hub/usage"
    )[0]


def texts() -> list[str]:
    mails = mails_to("10000001@studio.example")
    return [mail.text.split("\n\n")[1] for mail in mails if mail.subject != "Your Longcode account has a new plan"]


def subjects() -> list[str]:
    return [mail.subject for mail in mails_to("10000001@studio.example")]


def test_no_notice_is_sent_below_80_percent(account: Account) -> None:
    use(account, 79)

    sweep_schedule.sweep(NOW + timedelta(minutes=3))

    assert subjects() == []


@pytest.mark.long
def test_notices_at_80_and_100_percent_are_each_sent_once(account: Account) -> None:
    use(account, 80)
    sweep_schedule.sweep(NOW + timedelta(minutes=3))
    at_eighty = subjects()
    sweep_schedule.sweep(NOW + timedelta(minutes=9))
    use(account, 20, "more")

    for minute in (80, 90, 200):
        sweep_schedule.sweep(NOW + timedelta(minutes=minute))

    assert at_eighty == ["You have used 80% of your plan for November 2026"]
    assert subjects() == [*at_eighty, "You have used 100% of your plan for November 2026"]


def test_a_refusal_leads_to_a_notice_within_a_minute(account: Account) -> None:
    use(account, 100)
    sweep_schedule.sweep(NOW + timedelta(minutes=3))
    sweep_schedule.sweep(NOW + timedelta(minutes=9))
    before = len(subjects())

    assert try_to_send(account, "past", now=NOW + timedelta(minutes=10)) == "plan_limit_reached"
    sweep_schedule.sweep(NOW + timedelta(minutes=11))

    assert before == len(subjects()) == 2


def test_each_day_has_its_own_notices(aws: None) -> None:
    account = studio(units_a_day=10)
    client(account)
    tomorrow = NOW + timedelta(days=1)

    use(account, 10)
    sweep_schedule.sweep(NOW + timedelta(minutes=3))
    accept(account, "tomorrow", body="a" * 160 * 9, now=tomorrow)
    sweep_schedule.sweep(tomorrow + timedelta(minutes=3))

    assert subjects() == [
        "You have used 80% of your daily limit for 22 November 2026",
        "You have used 100% of your daily limit for 22 November 2026",
        "You have used 80% of your daily limit for 23 November 2026",
    ]


def test_usage_is_not_checked_after_the_month(account: Account) -> None:
    use(account, 10)
    december = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)

    swept = [sweep_schedule.sweep(december + timedelta(hours=hour)) for hour in (0, 24, 25, 26)]

    assert swept[0] > 0
    assert swept[2:] == [0, 0]
    assert subjects() == []


def test_a_refused_mail_is_tried_again_at_the_next_check(account: Account) -> None:
    use(account, 80)
    with failing("sesv2", "SendEmail", "MessageRejected") as refused:
        sweep_schedule.sweep(NOW + timedelta(minutes=3))
    before = subjects()

    sweep_schedule.sweep(NOW + timedelta(minutes=9))

    assert (len(refused), before) == (1, [])
    assert len(subjects()) == 1


def test_the_mail_services_error_text_is_not_logged(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    use(account, 80)

    with failing("sesv2", "SendEmail", "MessageRejected"):
        sweep_schedule.sweep(NOW + timedelta(minutes=3))

    assert "MessageRejected" in log_lines(caplog)
    assert "injected by a test" not in log_lines(caplog)


def test_a_mail_says_until_when_a_bigger_plan_takes_effect_at_once(account: Account) -> None:
    use(account, 80)

    sweep_schedule.sweep(NOW + timedelta(minutes=3))

    assert last_words().endswith(
        " If you change to a bigger plan by 17:00 Central Time on 30 November 2026, it takes effect at once."
    )


def test_a_mail_after_the_cut_off_offers_no_change_of_plan_for_the_month(account: Account) -> None:
    use(account, 80)

    sweep_schedule.sweep(datetime(2026, 11, 30, 23, 0, 1, tzinfo=UTC))

    assert last_words().endswith(" Replies still arrive, and they are free.")


def test_a_closed_account_gets_no_notice(account: Account) -> None:
    use(account, 80)
    accounts.set_status(account, StatusChange(at=NOW, to=AccountStatus.CLOSED))

    sweep_schedule.sweep(NOW + timedelta(minutes=3))

    assert subjects() == []


def test_two_sweepers_at_once_send_a_notice_once(account: Account) -> None:
    use(account, 80)
    item = next(item for item in find(NOW + timedelta(minutes=3), 500) if item["type"] == "allowance")

    sweep_schedule.act(item, NOW + timedelta(minutes=3))
    sweep_schedule.act(item, NOW + timedelta(minutes=3))

    assert len(subjects()) == 1


def test_counters_of_past_days_are_removed_from_the_item(aws: None) -> None:
    account = studio(units_a_day=10)
    client(account)
    for day in range(3):
        accept(account, f"day-{day}", now=NOW + timedelta(days=day))
        deliver(FakeCarrier(), NOW + timedelta(days=day))
        sweep_schedule.sweep(NOW + timedelta(days=day, minutes=3))

    item = next(item for item in find(NOW + timedelta(days=4), 500) if item["type"] == "allowance")

    assert [name for name in item if name.startswith("used")] == ["used_2026-11-24"]


def test_a_text_scheduled_for_next_month_does_not_prevent_next_months_notices(account: Account) -> None:
    december = datetime(2026, 12, 1, 15, tzinfo=UTC)
    accept(account, "later", send_at=december)
    sweep_schedule.sweep(NOW + timedelta(minutes=3))  # finds December's quota, before December

    for index in range(8):
        accept(account, f"then-{index}", body="a" * 1600, now=december)
    sweep_schedule.sweep(december + timedelta(minutes=3))

    assert subjects() == ["You have used 80% of your plan for December 2026"]


@pytest.mark.long
def test_a_bigger_plan_has_its_own_notices_and_a_limit_that_returns_has_no_second(account: Account) -> None:
    use(account, 80)
    sweep_schedule.sweep(NOW + timedelta(minutes=3))
    change(account, "small", NOW + timedelta(minutes=4))
    use(account, 160, "more")
    sweep_schedule.sweep(NOW + timedelta(minutes=9))
    change(account, "starter", NOW + timedelta(minutes=10))

    sweep_schedule.sweep(NOW + timedelta(minutes=15))
    sweep_schedule.sweep(NOW + timedelta(minutes=25))

    assert texts() == [
        "You have used 80 of the 100 units of your Starter plan for November 2026 (Central Time).",
        "You have used 240 of the 300 units of your Small plan for November 2026 (Central Time).",
        "You have used 240 of the 100 units of your Starter plan for November 2026 (Central Time).",
    ]


def test_a_notice_on_a_plan_that_charges_counts_sent_and_received_units(charged: Account) -> None:
    accept(charged, "first")
    deliver(FakeCarrier())
    count(charged, sent=700, received=99)
    sweep_schedule.sweep(NOW + timedelta(minutes=3))
    before = subjects()
    count(charged, received=200)

    sweep_schedule.sweep(NOW + timedelta(minutes=9))

    assert before == ["You have used 80% of your plan for November 2026"]
    assert last_words() == (
        "Hello Foxglove Portraits,\n\n"
        "You have used 1,000 of the 1,000 units, sent and received, of your Medium plan for November 2026"
        " (Central Time).\n\n"
        "All of them are used. Texts still go out, and each further unit, sent or received, costs $0.04."
    )


def test_a_notice_names_a_cheaper_plan_at_the_months_rate_until_the_cut_off(aws: None) -> None:
    account = studio(plan_changes=(PlanChange(NOW, "medium"),), created_at=NOW - timedelta(days=40))
    client(account)
    for day in range(1, 22):
        count(account, sent=120, day=f"2026-11-{day:02}")
    accept(account, "first")

    sweep_schedule.sweep(NOW + timedelta(minutes=3))

    assert last_words().splitlines()[-1] == (
        "At this pace you will use about 3,600 units this month. The Large plan would cost $28.00 less. If you change"
        " to it by 17:00 Central Time on the last day of the month, it counts for the whole month."
    )
    shown = usage_api.month_usage(account, "2026-11", NOW + timedelta(minutes=3))
    assert shown.advice in mails_to("10000001@studio.example")[-1].text.splitlines()
    assert usage_api.month_usage(account, "2026-11", plan_cutoff("2026-11") + timedelta(minutes=1)).advice is None


def test_usage_by_replies_alone_is_checked(charged: Account) -> None:
    came = Inbound(carrier="twilio", carrier_id="SM9", phone="+12125550123", number="+15555550100", body="Hello")
    texted = LastText(account=charged.id, phone=came.phone, number=came.number, message_id="m", at=NOW)
    numbers.record_text(texted, most_an_hour=10)
    inbox_worker.receive(came, NOW)
    count(charged, received=800)

    sweep_schedule.sweep(NOW + timedelta(minutes=3))

    assert subjects() == ["You have used 80% of your plan for November 2026"]


def test_only_a_months_first_text_writes_that_its_usage_is_checked(charged: Account) -> None:
    accept(charged, "first")
    with recorded_calls() as made:
        accept(charged, "second")

    assert made[:3] == ["BatchGetItem", "PutItem", "SendMessageBatch"]


def test_each_notice_is_one_webhook_although_the_endpoint_is_down(aws: None) -> None:
    account = studio(**HOOK, plan_changes=(PlanChange(NOW, "starter"),))
    client(account)
    use(account, 100)
    down = FakeEndpoint(always=EndpointResponse(500))

    for minute in (3, 9, 15):
        sweep_schedule.sweep(NOW + timedelta(minutes=minute))
        run_webhook_jobs(down, NOW + timedelta(minutes=minute))

    [first, *_] = down.events
    waiting = deliveries.page(account.id, DeliveryState.PENDING, NOW, limit=9, cursor=None).deliveries
    assert [delivery.data["percent"] for delivery in waiting] in ([80, 100], [100, 80])
    assert first == (
        "usage.notice",
        {
            "month": "2026-11",
            "day": None,
            "percent": 80,
            "used_units": 100,
            "limit_units": 100,
            "plan": "starter",
            "goes_on": False,
        },
    )
    assert len(subjects()) == 2


def test_webhooks_are_sent_although_the_mail_is_refused(aws: None) -> None:
    account = studio(**HOOK, plan_changes=(PlanChange(NOW, "starter"),))
    client(account)
    use(account, 100)

    with failing("sesv2", "SendEmail", "MessageRejected"):
        sweep_schedule.sweep(NOW + timedelta(minutes=3))
    sweep_schedule.sweep(NOW + timedelta(minutes=9))

    assert len({read_job(Deliver, body).delivery_id for body in take_queued("webhook")}) == 2
    assert len(subjects()) == 2


@pytest.mark.long
def test_a_notice_whose_sweeper_is_killed_anywhere_is_one_webhook_and_at_least_one_mail(aws: None) -> None:
    account = studio(**HOOK, plan_changes=(PlanChange(NOW, "starter"),))
    client(account)
    use(account, 80)
    take_queued("send")

    for crash in every_crash():
        with crash:
            sweep_schedule.sweep(NOW + timedelta(minutes=3))
        sweep_schedule.sweep(NOW + timedelta(minutes=9))
        sweep_schedule.sweep(NOW + timedelta(minutes=15))

        assert len({read_job(Deliver, body).delivery_id for body in take_queued("webhook")}) == 1
        assert len(subjects()) in (1, 2)


def test_a_limit_reached_in_the_last_minutes_is_notified_after_the_month(charged: Account) -> None:
    end = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
    accept(charged, "first", now=end - timedelta(minutes=3))
    sweep_schedule.sweep(end - timedelta(seconds=30))
    count(charged, sent=800)

    sweep_schedule.sweep(end + timedelta(minutes=1))

    assert subjects() == ["You have used 80% of your plan for November 2026"]


def test_a_month_with_only_late_texts_of_the_month_before_is_checked(charged: Account) -> None:
    end = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
    accept(charged, "first", now=end - timedelta(minutes=3))
    count(charged, sent=800, day="2026-12-01")

    for minute in (1, 3, 9):
        sweep_schedule.sweep(end + timedelta(minutes=minute))

    assert subjects() == ["You have used 80% of your plan for December 2026"]


def test_a_month_whose_only_texts_were_held_by_quiet_hours_is_checked(
    charged: Account,
) -> None:
    end = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
    accept(charged, "first", now=end - timedelta(minutes=3))
    for hour in range(8):
        sweep_schedule.sweep(end + timedelta(hours=hour))
    before = subjects()
    count(charged, sent=800, day="2026-12-01")

    sweep_schedule.sweep(end + timedelta(hours=9))
    sweep_schedule.sweep(end + timedelta(hours=9, minutes=5))

    assert before == []
    assert subjects() == ["You have used 80% of your plan for December 2026"]
