"""The sweeper deletes bodies that are past an account's retention; the messages stay for the invoice."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from accounts import settings_api
from inbox import api
from inbox import worker as inbox_worker
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.carriers.carrier import Inbound
from longcode.message import Message
from longcode.messages import folders, retentions
from longcode.months import instant
from longcode.table import due, hub_keys, keys, store
from longcode.table.writes import Update
from longcode.teamwork import store as teamwork
from longcode.teamwork.store import Note
from longcode.usage import store as quotas
from sweeper import sweep_schedule as sweeper
from tests.support.admin_orders import send_accepted_order
from tests.support.aws_calls import parallel_calls
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, FakeCarrier, call, studio
from tests.support.reply_steps import NUMBER, PHONE, record_text
from tests.support.text_steps import accept, deliver, stored

DAY = timedelta(days=1)

pytestmark = pytest.mark.account(retention_days=30)


@pytest.fixture
def account(account: Account) -> Account:
    """A studio that keeps the texts' bodies for thirty days."""
    retentions.start(account.id, NOW)
    return account


def send(account: Account, key: str, at: datetime, body: str = "Hello") -> Message:
    message = accept(account, key, now=at, body=body)
    deliver(FakeCarrier(), at)
    return message


def reply(at: datetime, body: str = "Lovely!") -> None:
    inbound = Inbound(
        carrier="twilio", carrier_id=f"SM{at}", phone=PHONE, number=NUMBER, body=body, media=("https://m.example/1",)
    )
    inbox_worker.receive(inbound, at)


def bodies(account: Account) -> list[tuple[str, tuple[str, ...]]]:
    """Return the bodies and pictures in the table, oldest first."""
    page = folders.page(account.id, "all", limit=50)
    return [(message.body, message.media) for message in reversed(page.messages)]


def sweep(at: datetime) -> None:
    """Sweep until nothing more is due at that time."""
    while any(item["type"] == "retention" for item in due.find(at, 100)):
        sweeper.sweep(at)


def test_notes_past_retention_are_deleted_also_those_from_before_it_was_set(account: Account) -> None:
    kept_for_good = replace(account, retention_days=None)
    for name, at in (("old", NOW), ("new", NOW + 2 * DAY)):
        words = f"The {name} note"
        teamwork.add_note(
            kept_for_good, Note(account=account.id, phone=PHONE, id=name, words=words, at=at, person="Ann")
        )

    sweep(NOW + 31 * DAY)

    stored_notes = {item["id"]: item for item in store.query(hub_keys.note(account.id))}
    assert stored_notes["old"]["words"] == ""
    assert store.unexpired(stored_notes["old"], NOW + 31 * DAY) is None
    assert (stored_notes["new"]["words"], "expires" in stored_notes["new"]) == ("The new note", False)


def test_bodies_past_retention_are_deleted_and_usage_stays(account: Account) -> None:
    record_text(account)
    old = send(account, "old", NOW)
    reply(NOW + timedelta(hours=1))
    send(account, "new", NOW + 20 * DAY)

    sweep(NOW + 30 * DAY + timedelta(hours=2))

    assert bodies(account) == [("", ()), ("", ()), ("Hello", ())]
    kept = stored(account, old.id)
    assert (kept.state, kept.units, kept.charged_units, kept.month) == ("sent", 1, 1, "2026-11")
    assert quotas.of_month(account.id, "2026-11").units == 2


def look(account: Account, at: datetime, most: int = 2) -> None:
    item = store.get(keys.retention(account.id))
    assert item
    sweeper.purge_old_bodies(item, at, most)


def due_at(account: Account) -> str | None:
    return (store.get(keys.retention(account.id)) or {}).get("due_at")


def test_the_purge_continues_at_once_while_there_are_more_messages_and_otherwise_in_a_day(account: Account) -> None:
    for index in range(5):
        send(account, f"k{index}", NOW + timedelta(minutes=index * 10))
    later = NOW + 31 * DAY

    look(account, later)
    assert ([body for body, _ in bodies(account)], due_at(account)) == (["", "", *["Hello"] * 3], instant(later))
    look(account, later)
    look(account, later)

    assert [body for body, _ in bodies(account)] == [""] * 5
    assert due_at(account) == instant(later + DAY)


@pytest.mark.long
def test_a_scheduled_text_keeps_its_body_until_its_own_retention_is_over(account: Account) -> None:
    scheduled = accept(account, "far", now=NOW, send_at=NOW + 40 * DAY)

    sweep(NOW + 31 * DAY)
    assert stored(account, scheduled.id).body == "Hello"
    carrier = FakeCarrier()
    sweeper.sweep(NOW + 40 * DAY + timedelta(minutes=1))
    deliver(carrier, NOW + 40 * DAY + timedelta(minutes=1))
    for day in range(41, 72):
        sweep(NOW + day * DAY)

    assert [text.body for text in carrier.texts] == ["Hello"]
    assert stored(account, scheduled.id).body == ""


def test_a_message_linked_during_the_purge_is_purged_the_next_day(account: Account) -> None:
    old = send(account, "old", NOW)
    unlinked = keys.folder(account.id, "out", linked=False)
    store.write(Update(keys.message(account.id, old.id), changes={"folder": "nowhere"}))  # the index lags
    sweep(NOW + 30 * DAY + timedelta(hours=1))
    store.write(Update(keys.message(account.id, old.id), changes={"folder": unlinked}))

    sweep(NOW + 31 * DAY + timedelta(hours=2))

    assert stored(account, old.id).body == ""


@pytest.mark.long
def test_a_purge_killed_at_any_call_is_finished_by_the_next(account: Account) -> None:
    record_text(account)
    for index in range(3):
        send(account, f"k{index}", NOW + timedelta(minutes=index))
    reply(NOW + timedelta(minutes=3))
    later = NOW + 31 * DAY

    for crash in every_crash(after=False):
        with crash:
            look(account, later)
        sweep(later + timedelta(minutes=1))

        assert bodies(account) == [("", ())] * 4


def test_purges_at_once_purge_everything(account: Account) -> None:
    for index in range(4):
        send(account, f"k{index}", NOW + timedelta(minutes=index))
    later = NOW + 31 * DAY

    with parallel_calls() as threads:
        list(threads.map(lambda _: look(account, later), range(4)))
    sweep(later + timedelta(minutes=1))

    assert [body for body, _ in bodies(account)] == [""] * 4


def test_an_account_that_switched_retention_off_is_not_purged(account: Account) -> None:
    send(account, "old", NOW)
    accounts.change_settings(account.id, {"retention_days": None})

    sweep(NOW + 31 * DAY)

    assert [body for body, _ in bodies(account)] == ["Hello"]
    assert due_at(account) is None


def test_bodies_past_retention_are_hidden_before_they_are_deleted(account: Account) -> None:
    record_text(account)
    old = send(account, "old", NOW)
    reply(NOW)
    accounts.change_settings(account.id, {"retention_days": 1})

    shown = [
        *call(api, "GET", "/messages", account=account.id, query={"folder": "all"}).json["items"],
        call(api, "GET", f"/messages/{old.id}", account=account.id).json,
        *(reply["message"] for reply in call(api, "GET", "/inbox", account=account.id).json["items"]),
    ]
    found = call(api, "GET", "/messages", account=account.id, query={"folder": "all", "text": "lovely"})

    assert [(message["body"], message["media"], message["body_expired"]) for message in shown] == [("", [], True)] * 4
    assert found.json["items"] == []
    assert ("Lovely!", ("https://m.example/1",)) in bodies(account)


def test_the_setting_schedules_the_purge_and_is_limited_to_five_years(aws: None) -> None:
    account = studio()

    changed = call(settings_api, "PATCH", "/account", {"retention_days": 90}, account=account.id)
    refused = [
        call(settings_api, "PATCH", "/account", {"retention_days": days}, account=account.id)
        for days in (0, 1827, True)
    ]

    assert (changed.status, changed.json["retention_days"]) == (200, 90)
    assert due_at(account) is not None
    assert [(answer.status, answer.json["errors"][0]["field"]) for answer in refused] == [(422, "retention_days")] * 3
    taken_away = call(settings_api, "PATCH", "/account", {"retention_days": None}, account=account.id)
    assert taken_away.json["retention_days"] is None


def test_an_account_with_a_longer_retention_is_purged_by_the_new_setting(account: Account) -> None:
    send(account, "old", NOW)
    sweep(NOW + 31 * DAY)
    accounts.change_settings(account.id, {"retention_days": 90})
    later = send(account, "later", NOW + 20 * DAY)

    sweep(NOW + 33 * DAY)

    assert bodies(account) == [("", ()), ("Hello", ())]
    sweep(NOW + 112 * DAY)
    assert stored(account, later.id).body == ""


def test_a_reply_handed_over_after_its_retention_is_purged(account: Account) -> None:
    reply(NOW)  # unattributed
    accounts.change_settings(account.id, {"retention_days": 7})
    sweep(NOW + 20 * DAY)
    send_accepted_order(
        "replies.hand_over", NOW + 20 * DAY, carrier="twilio", carrier_id=f"SM{NOW}", account=account.id
    )

    sweep(NOW + 21 * DAY)

    assert bodies(account) == [("", ())]
