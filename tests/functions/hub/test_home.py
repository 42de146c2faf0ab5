"""The home page: what waits for somebody, and the Services panel (facts S28, S33)."""

import re
from datetime import datetime, timedelta

import pytest
from msgspec.structs import asdict

from billing.usage_api import panel_of
from hub import home
from hub.plan import chart
from longcode.accounts import people, sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus, StatusChange
from longcode.accounts.people import Person, Role
from longcode.aws import clients, queues
from longcode.broadcasts import store as broadcasts
from longcode.carriers.carrier import RefusalReason, Refused
from longcode.jobs import HandleKeyword
from longcode.message import MessageKind
from longcode.messages import store as messages
from longcode.messages.compose import draft
from longcode.months import day_of, month_of, previous
from longcode.table import keys, store
from longcode.table.writes import Put
from longcode.usage.usage import Usage
from optout import worker as optout_worker
from tests.support import broadcast_steps
from tests.support.browser import Browser
from tests.support.fakes import NOW, FakeCarrier, studio, take_queued
from tests.support.reply_steps import receive, record_text
from tests.support.text_steps import accept, deliver


def write_texts(account: Account, count: int, now: datetime) -> None:
    """Store texts that are on their way, all later than those before."""
    for number in range(count):
        text = draft(
            account=account.id,
            message_id=f"{count}-{number}",
            kind=MessageKind.BULK,
            phone="+13105550177",
            body="Hello",
            now=now + timedelta(seconds=count),
        )
        store.write(Put(keys.message(account.id, text.id), messages.item(text)))


@pytest.mark.account(texted=NOW - timedelta(hours=1))
def test_home_counts_what_waits_for_somebody(account: Account, signed_in: Browser) -> None:
    now = clients.now()
    receive("SM1", "Can I bring the dog?", at=now)
    receive("SM2", "Please stop texting me! <b>", at=now)
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), now)

    found = signed_in.get("home")

    assert "2 unread replies, the oldest since" in found.text
    assert "Zoë may ask you to stop: Please stop texting me! <b>" in found.text
    assert "Nothing waits" not in found.text


@pytest.mark.account(texted=NOW - timedelta(hours=1))
def test_home_names_who_wrote_last_and_leads_to_the_conversations(account: Account, signed_in: Browser) -> None:
    now = clients.now()
    receive("SM0", "Can I bring the dog?", at=now)
    one = signed_in.get("home")
    for number in range(3):
        phone = f"+1212555018{number}"
        record_text(account, phone=phone, client_id=None, message_id=f"to-{number}")
        receive(f"SM1{number}", f"Words {number}", phone=phone, at=now + timedelta(seconds=number + 1))
    four = signed_in.get("home")

    assert "Zoë Can I bring the dog? Answer" in one.text
    assert any(address.endswith("/messages/12125550123") for address in one.addresses)
    assert re.findall(r"Words \d", four.text) == ["Words 2", "Words 1", "Words 0"]
    assert "4 unread replies" in four.text
    assert "dog" not in four.text


@pytest.mark.account(texted=NOW - timedelta(hours=1))
def test_home_says_that_more_clients_may_ask_to_stop_than_it_names(account: Account, signed_in: Browser) -> None:
    for number in range(21):
        phone = f"+1212555{1000 + number}"
        record_text(account, phone=phone, client_id=None, message_id=f"to-{number}")
        receive(f"SM{number}", "Please stop texting me!", phone=phone, at=clients.now())
        for body in take_queued("opt_out"):
            optout_worker.handle_keyword(queues.read(HandleKeyword, body), clients.now())
        if number == 19:
            twenty = signed_in.get("home").text

    assert "More clients may ask you to stop" not in twenty
    assert "More clients may ask you to stop" in signed_in.get("home").text


def test_home_says_that_nothing_waits(signed_in: Browser) -> None:
    text = signed_in.get("home").text
    assert "Nothing waits for you." in text
    assert "New here? Import your clients" in text


def test_texts_of_the_last_day_that_did_not_arrive_are_counted(account: Account) -> None:
    accept(account, "a")
    deliver(FakeCarrier(answers=[Refused(RefusalReason.NO_SUCH_NUMBER, "twilio:30006")]))

    assert [home.of(account, NOW + hours * timedelta(hours=1)).failed for hours in (1, 25)] == [1, 0]


def test_a_day_of_more_texts_than_are_looked_at_is_not_called_a_whole_day(
    account: Account, signed_in: Browser
) -> None:
    now = clients.now()
    accept(account, "a", now=now)
    deliver(FakeCarrier(answers=[Refused(RefusalReason.NO_SUCH_NUMBER, "30006")]), now)
    write_texts(account, 199, now)

    shown, failed = signed_in.get("home").text, signed_in.get("failed").text
    write_texts(account, 1, now + timedelta(minutes=5))

    assert "1 text of your newest 200 did not arrive" in shown
    assert "Of your newest 200 texts, newest first." in failed
    assert "Your newest 200 texts arrived, or are still on their way." in signed_in.get("failed").text


def test_texts_that_did_not_arrive_are_listed_with_what_helps(account: Account, signed_in: Browser) -> None:
    accept(account, "a", now=clients.now())
    deliver(FakeCarrier(answers=[Refused(RefusalReason.NO_SUCH_NUMBER, "30006")]), clients.now())

    home, failed = signed_in.get("home"), signed_in.get("failed")

    assert "1 text did not arrive in the last 24 hours See why" in home.text
    assert "Not sent: the phone is a landline. Use a mobile number of the client." in failed.text
    assert any("/messages/12125550123" in address for address in failed.addresses)


@pytest.mark.parametrize(("most", "top"), [(0, 2), (1, 2), (3, 5), (11, 20), (201, 500), (1000, 1000)])
def test_the_chart_ends_at_a_round_number(most: int, top: int) -> None:
    assert chart.top_of_chart(most) == top


def test_a_paused_broadcast_waits(account: Account, signed_in: Browser) -> None:
    broadcast_id = broadcast_steps.create_broadcast(account)
    broadcasts.pause(broadcast_steps.stored(account, broadcast_id))

    assert "A broadcast is paused:" in signed_in.get("home").text
    assert "Somebody paused it." in signed_in.get("home").text
    assert [one.id for one in home.of(account, NOW).paused] == [broadcast_id]


def test_the_panel_has_this_month_and_last_with_a_bar_for_each_day(account: Account) -> None:
    for key in ("a", "b"):
        accept(account, key, now=NOW - timedelta(days=20))
    deliver(FakeCarrier(), NOW - timedelta(days=20))

    shown = home.of(account, NOW)
    assert shown.chart

    assert shown.current
    assert shown.past
    assert (shown.current.used.texts_sent, shown.past.used.texts_sent) == (2, 0)
    assert [(bar.day, bar.sent) for bar in shown.chart.bars if bar.sent] == [
        ((NOW - timedelta(days=20)).date().isoformat(), 2)
    ]
    assert max(bar.sent_height + bar.received_height for bar in shown.chart.bars) == 64
    assert len(shown.chart.bars) == 30


def test_the_page_of_the_panel_says_what_was_sent_how_far_the_limit_is_and_what_would_suit(
    account: Account, signed_in: Browser
) -> None:
    now = clients.now()
    today, last_month = day_of(now), f"{previous(month_of(now))}-15"
    for day, shard, sent in ((today, 0, 2_400), (today, 1, 12), (last_month, 0, 388)):
        used = Usage(texts_sent=sent, units_sent=sent, texts_received=9, units_received=9)
        store.write(Put(keys.usage(account.id, day, shard), {"type": "usage", "day": day, **asdict(used)}))

    text = signed_in.get("home").text

    assert "SMS Texting" in text
    assert "Sent 2,412 388 in" in text
    assert "Received 18" in text
    assert "2,430 of the 1,000 units in your plan used" in text
    assert "1,430 units beyond the plan." in text
    current = panel_of(account, now).current
    assert current
    advice = current.advice  # none after the last moment in which the month's plan can be changed
    assert (advice or "At this pace") in text.partition("beyond the plan.")[2].partition("Units by day")[0]


def test_a_closed_account_reads_why_it_has_no_texting(account: Account, signed_in: Browser) -> None:
    accounts.set_status(account, StatusChange(at=NOW, to=AccountStatus.CLOSED))

    home = signed_in.get("home")
    assert "<p>You have not enabled SMS Text Messaging.</p>" in home.html


def test_home_shows_nothing_of_another_studio(account: Account, signed_in: Browser) -> None:
    before = signed_in.get("home").text
    other = studio("10000002", name="Another Studio")
    accept(other, client_id=None, to="+12125550199", body="theirs")
    deliver(FakeCarrier(answers=[Refused(RefusalReason.NO_SUCH_NUMBER, "twilio:30006")]))

    assert signed_in.get("home").text == before
    assert "Every text of the last 7 days arrived" in signed_in.get("failed").text


def test_the_owner_sees_the_cost_and_staff_see_how_much_is_used(account: Account, signed_in: Browser) -> None:
    now = clients.now()
    store.write(Put(keys.usage(account.id, day_of(now), 0), {"type": "usage", "day": day_of(now), "units_sent": 40}))
    person = Person(account=account.id, id="s", name="Staff", email="s@x.example", role=Role.STAFF, added_at=now)
    people.add(person)
    staff = Browser({"session": sessions.begin(account.id, "Chrome", now, person)})

    of_owner, of_staff = signed_in.get("home").text, staff.get("home").text

    assert "Cost so far" in of_owner
    assert "$35.00" in of_owner
    assert "40 of the 1,000 units in your plan used" in of_staff
    assert "Cost" not in of_staff
    assert "$" not in of_staff
