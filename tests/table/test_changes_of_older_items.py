"""Accounts, broadcasts, triggers, webhooks and invoices of an older release meet the conditions of today's writes."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.accounts.account import AccountStatus, OldSecret, StatusChange
from longcode.billing import exports
from longcode.billing import store as invoices
from longcode.billing.adjustments import Credit, Findings
from longcode.billing.invoice import Invoice, InvoiceState
from longcode.broadcasts import store as broadcasts
from longcode.clients import store as clients
from longcode.message import BroadcastState
from longcode.plans import store as plans
from longcode.plans.plans import PlanChange
from longcode.table import store
from longcode.triggers import store as triggers
from longcode.triggers.planning import OccurrenceState
from longcode.usage import store as quotas
from longcode.webhooks import delivery
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import DeliveryState
from tests.support.fakes import ACTOR, NOW
from tests.support.older_items import CONFIRMATION_TOKEN, DAY, HERON, HERON_LIMITS, MINUTE

HOUR = timedelta(hours=1)
PHONE = "+12125550123"

pytestmark = pytest.mark.usefixtures("older_items")


@pytest.mark.parametrize(("account", "changes"), [(HERON, 2), ("10000008", 3), ("10000005", 1)])
def test_the_status_of_an_older_account_changes(account: str, changes: int) -> None:
    change = StatusChange(at=NOW + HOUR, to=AccountStatus.ACTIVE, reason="Paid", by="operator")

    accounts.set_status(accounts.get_or_raise(account), change)

    changed = accounts.get_or_raise(account)
    assert changed.status is AccountStatus.ACTIVE
    assert (len(changed.status_changes), changed.status_changes[-1]) == (changes, change)


def test_the_settings_plan_and_secret_of_an_older_account_change() -> None:
    accounts.change_settings(HERON, {"units_a_day": None, "sender_name": "Heron & Co"})
    accounts.change_plan(accounts.get_or_raise(HERON), PlanChange(NOW + HOUR, "large"), ACTOR)
    changed_secret = accounts.change_webhook_secret(
        accounts.get_or_raise(HERON), "third", [OldSecret("second", NOW + DAY)]
    )

    account = accounts.get_or_raise(HERON)
    assert changed_secret
    assert (account.units_a_day, account.sender_name, account.texts_an_hour) == (None, "Heron & Co", 3)
    assert [change.plan for change in account.plan_changes] == ["small", "medium", "large"]
    assert (account.webhook_secret, account.webhook_old_secrets) == ("third", (OldSecret("second", NOW + DAY),))


def test_an_older_plan_confirmation_is_used_once() -> None:
    accounts.use_confirmation(CONFIRMATION_TOKEN)

    assert accounts.find_confirmation(CONFIRMATION_TOKEN, NOW) is None
    with pytest.raises(store.ConditionFailed):
        accounts.use_confirmation(CONFIRMATION_TOKEN)


def test_an_older_price_list_is_replaced_by_its_next_revision() -> None:
    prices, revision = plans.read_loaded()

    assert prices
    assert plans.write(prices, revision)
    assert plans.read_loaded() == (prices, 2)


def test_an_older_client_is_replaced_with_the_links_of_its_phones() -> None:
    client = clients.get(HERON, "c1")

    assert client
    assert not clients.put(replace(client, first_name="Augusta", phones=()))
    changed = clients.get(HERON, "c1")
    assert changed
    assert (changed.first_name, changed.heard_stop) == ("Augusta", frozenset({PHONE}))
    assert clients.with_phone(HERON, PHONE) == {}
    assert clients.delete(HERON, "c1")


def test_an_older_broadcast_goes_on_with_its_step() -> None:
    broadcast = broadcasts.get(HERON, "b1")

    assert broadcast
    assert broadcasts.claim_step(broadcast, "worker-9", NOW + MINUTE, begin=True) is None
    taken = broadcasts.claim_step(broadcast, "worker-9", NOW + HOUR, begin=True)
    assert taken
    assert broadcasts.commit_step(
        taken, replace(taken, bulk_action=None, begun=False, texts=2, skipped={"no_permission": 1, "opted_out": 2})
    )
    moved = broadcasts.get(HERON, "b1")
    assert moved
    assert (moved.step, moved.bulk_action, moved.begun, moved.lease_until) == (6, None, False, None)
    assert (moved.texts, moved.skipped) == (2, {"no_permission": 1, "opted_out": 2})
    cancelled = broadcasts.cancel(moved, NOW + HOUR)
    assert cancelled
    assert cancelled == broadcasts.get(HERON, "b1")


def test_an_older_paused_broadcast_is_resumed_and_claimed() -> None:
    broadcast = broadcasts.get(HERON, "b0")

    assert broadcast
    resumed = broadcasts.resume(broadcast, NOW)
    assert resumed
    assert broadcasts.claim_step(resumed, "worker-9", NOW + HOUR, begin=False)
    claimed = broadcasts.get(HERON, "b0")
    assert claimed
    assert (claimed.state, claimed.paused, claimed.taken_by) == (BroadcastState.SCHEDULED, False, "worker-9")


def test_an_event_replaces_an_older_record_and_drops_what_a_deleted_trigger_planned() -> None:
    record = triggers.get_record(HERON, "session", "s1")

    assert record
    received = replace(record, at=NOW + HOUR, event_id="e2", status="shot")
    event, is_new = triggers.write_event(received, "f9", {}, ZoneInfo("America/New_York"), NOW + HOUR)
    assert (is_new, event.newest) == (True, True)
    assert triggers.get_record(HERON, "session", "s1") == received
    [occurrence] = triggers.occurrences_of_record(HERON, "session", "s1")
    assert (occurrence.state, occurrence.reason) == (OccurrenceState.DROPPED, "trigger_deleted")


def test_an_older_occurrence_is_postponed_and_dropped() -> None:
    [planned] = triggers.occurrences_of_record(HERON, "session", "s1")

    assert triggers.postpone(planned, NOW + 20 * DAY)
    [postponed] = triggers.occurrences_of_record(HERON, "session", "s1")
    assert triggers.drop(postponed, "cancelled", "It was cancelled.", NOW)
    [dropped] = triggers.occurrences_of_record(HERON, "session", "s1")
    assert (dropped.state, dropped.fires_at, dropped.due_at) == (OccurrenceState.DROPPED, NOW + 20 * DAY, None)


def test_older_deliveries_are_retried_and_replayed() -> None:
    now = NOW + 6 * DAY + 12 * HOUR
    pending, failed = webhooks.get(HERON, "d1", NOW), webhooks.get("10000001", "8c50b7636cc51445959d30bb", now)

    assert pending
    assert failed
    assert webhooks.change(pending, delivery.attempt_failed(pending, "status_500", NOW + MINUTE, 0.0))
    assert webhooks.change(failed, delivery.replayed(failed, now))
    retried, replayed = webhooks.get(HERON, "d1", NOW), webhooks.get("10000001", "8c50b7636cc51445959d30bb", now)
    assert retried
    assert (retried.state, retried.attempt, retried.error) == (DeliveryState.PENDING, 1, "status_500")
    assert replayed
    assert (replayed.state, replayed.attempt, replayed.begun_at) == (DeliveryState.PENDING, 0, now)


def test_an_older_endpoint_with_a_worker_is_called_again_after_its_pause() -> None:
    endpoint = webhooks.delivery_facts(HERON, []).endpoint

    assert delivery.backoff_until(endpoint, NOW + MINUTE) == NOW + 2 * MINUTE
    probed = webhooks.reserve(endpoint, NOW + HOUR)
    assert probed
    assert probed.version == 4
    assert webhooks.note_success(probed).failures == 0
    assert webhooks.delivery_facts(HERON, []).endpoint.failures == 0


def test_an_older_quota_bounds_what_is_reserved() -> None:
    assert store.try_write(*quotas.reserve_writes(HERON_LIMITS, 47, NOW))
    assert not store.try_write(*quotas.reserve_writes(HERON_LIMITS, 1, NOW))

    later = replace(HERON_LIMITS, changes=2, day="2026-11-23")
    assert not store.try_write(*quotas.reserve_writes(later, 1, NOW))
    quotas.begin_counters(later, NOW)
    assert store.try_write(*quotas.reserve_writes(later, 1, NOW))
    assert quotas.reserved(later) == {"used": 51, "used_2026-11-23": 1}


def test_an_invoice_takes_the_number_and_balance_after_older_ones() -> None:
    issued, balance = invoices.get_issued("10000001", "2026-11"), invoices.balance("10000001")

    assert issued
    document = issued.document.replace('"account":"10000001"', f'"account":"{HERON}"')
    invoice = msgspec.json.decode(document, type=Invoice)
    assert (
        invoices.issue(invoice, NOW, *invoices.settlement_writes(balance, "2026-11", [], 7)).number
        == "2026-11-000004"
    )
    entry = invoices.entry(HERON, "2026-11")
    assert entry
    assert (entry.state, entry.findings) == (InvoiceState.ISSUED, None)
    assert (invoices.balance("10000001").version, invoices.balance("10000001").carried_micros) == (2, 7)
    assert invoices.claim_mailing(HERON, "2026-11", NOW, NOW + MINUTE)


def test_an_older_doubted_invoice_is_parked_and_an_older_paid_one_stays_paid() -> None:
    assert invoices.park(HERON, "2026-11", Findings(unreadable=("in1",)))
    assert not invoices.park("10000001", "2026-11", Findings())
    invoices.mark_paid("10000001", "2026-11", date(2026, 12, 24))

    parked, paid = invoices.entry(HERON, "2026-11"), invoices.entry("10000001", "2026-11")
    assert parked
    assert parked.state is InvoiceState.PARKED
    assert paid
    assert (paid.state, paid.paid_on) == (InvoiceState.PAID, date(2026, 10, 1))
    assert not invoices.claim_mailing("10000001", "2026-11", NOW + 30 * DAY, NOW + 31 * DAY)


def test_an_older_credit_is_given_once() -> None:
    repeated = Credit(account="10000001", id="case-1", month="2026-11", amount_micros=1, reason="Again", given_at=NOW)

    stored = invoices.give_credit(repeated, 35_000_000)
    invoices.give_credit(replace(repeated, id="case-2"), 35_000_000)

    assert (stored.amount_micros, stored.reason, stored.applied_in) == (500_000, "Sent twice", None)
    assert (invoices.balance("10000001").version, invoices.balance("10000001").waiting) == (2, 1)


def test_an_older_export_that_stopped_begins_again() -> None:
    stopped = exports.get(HERON, "2026-10")

    assert stopped
    exports.begin_again(stopped, NOW + HOUR)
    taken = exports.claim(HERON, "2026-10", NOW + HOUR, NOW + 2 * HOUR)
    assert taken
    assert (taken.round, taken.attempt, taken.stopped) == (2, 1, None)
    assert exports.claim("10000001", "2026-11", NOW + HOUR, NOW + 2 * HOUR) is None
