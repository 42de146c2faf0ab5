"""Accounts, broadcasts, triggers, webhooks and invoices that an older release wrote are read by today's code."""

from datetime import UTC, date, datetime

import pytest

from longcode.accounts import passwords
from longcode.accounts import store as accounts
from longcode.accounts.account import AccountStatus, OnUncertain, QuietZone, ReplyDelivery, WebhookEvent
from longcode.billing import exports
from longcode.billing import store as invoices
from longcode.billing.adjustments import Difference
from longcode.billing.invoice import InvoiceState
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import BulkAction, LimitPolicy
from longcode.clients import store as clients
from longcode.jobs import Product
from longcode.message import BroadcastState
from longcode.plans import store as plans
from longcode.plans.plans import PastLimit
from longcode.table import due, keys, trigger_keys
from longcode.templates import store as template_store
from longcode.triggers import call_tasks
from longcode.triggers import store as triggers
from longcode.triggers.planning import OccurrenceState
from longcode.triggers.trigger import DateOf, RecordKind, TextTo
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import DeliveryState
from tests.support.fakes import NOW, PASSWORD
from tests.support.older_items import CONFIRMATION_TOKEN, DAY, HERON, HERON_LIMITS, ITEMS, MINUTE

TYPES_OF_THE_RELEASE = {
    "account",
    "allowance",
    "audience",
    "balance",
    "broadcast",
    "call",
    "client",
    "clients",
    "confirmation",
    "consent",
    "credit",
    "dedicated",
    "delivery",
    "email",
    "event",
    "export",
    "inbound",
    "inbox-end",
    "inbox-entry",
    "invoice",
    "invoice-number",
    "last-invoice-number",
    "lines",
    "message",
    "occurrence",
    "opt-out",
    "pace",
    "password",
    "price-list",
    "quarantined",
    "question",
    "receiver",
    "record",
    "registered",
    "replies",
    "retention",
    "route",
    "skipped",
    "template",
    "trigger",
    "usage",
    "webhook",
}

pytestmark = pytest.mark.usefixtures("older_items")


def at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


def test_the_file_has_an_item_of_every_type_and_no_two_under_one_key() -> None:
    assert {item["type"]["S"] for item in ITEMS} == TYPES_OF_THE_RELEASE
    assert len({(item["pk"]["S"], item["sk"]["S"]) for item in ITEMS}) == len(ITEMS)


def test_the_keys_of_older_items_that_are_read_by_ranges_are_spelled_as_they_were() -> None:
    written = {keys.Key(item["pk"]["S"], item["sk"]["S"]) for item in ITEMS}
    spelled = {
        keys.inbox_entry(HERON, 1),
        keys.skipped(HERON, "b1", (5, 0)),
        keys.usage(HERON, "2026-11-22", "in1"),
        trigger_keys.occurrence(HERON, "session", "s1", "reminder", date(2026, 12, 3)),
        keys.consent("+12125550127", "account-10000009", NOW, "in1"),
        keys.last_text("+12125560000", "+15555550100", "10000001"),
        keys.registered(HERON),
        keys.with_webhook(HERON),
        keys.invoice_number("2026-11", "2026-11-000001"),
    }

    assert spelled - written == set()


def test_older_items_are_found_when_they_are_due() -> None:
    scheduled = {(item["pk"]["S"], item["sk"]["S"]) for item in ITEMS if "due_at" in item}

    assert {(item["pk"], item["sk"]) for item in due.find(NOW + 365 * DAY, 100)} == scheduled
    assert len(scheduled) == 12


# Accounts and plans: account, email, registered, webhook, password, confirmation, template, price-list.


def test_an_older_account_is_read_with_all_its_settings() -> None:
    account = accounts.get_or_raise(HERON)

    assert (account.name, account.email, account.product) == (
        "Heron Studio",
        "10000009@studio.example",
        Product.MYSTRATUS,
    )
    assert (account.edition, account.created_at, account.established_at) == ("professional", NOW, NOW)
    assert [(change.at, change.plan) for change in account.plan_changes] == [(NOW, "small"), (NOW + MINUTE, "medium")]
    assert (account.country_code, account.allowed_countries) == ("44", ("1",))
    assert (account.time_zone, account.phone, account.sender_name) == ("America/New_York", "+12125550190", "Heron")
    assert (account.delivery, account.webhook_url) == (ReplyDelivery.WEBHOOK, "https://studio.example/hook")
    assert account.webhook_secret == "whsec_bmV3ZXI="
    assert [(old.secret, old.until) for old in account.webhook_old_secrets] == [("whsec_bmV3", NOW + DAY)]
    assert account.webhook_events == (WebhookEvent.MESSAGE_RECEIVED, WebhookEvent.CALL_CREATED)
    assert (account.smart_encoding, account.create_clients, account.quiet_hours) == (False, True, False)
    assert (account.on_uncertain, account.quiet_zone) == (OnUncertain.RESEND, QuietZone.STUDIO)
    assert (account.units_a_day, account.texts_an_hour, account.retention_days) == (50, 3, 90)
    assert (account.statuses, account.stripe_customer) == ({"session": ("booked", "shot")}, "cus_heron")
    assert accounts.is_established_by(HERON, "form-1")


def test_the_status_of_an_older_account_is_read_from_standing() -> None:
    heron, egret, foxglove = (accounts.get_or_raise(account) for account in (HERON, "10000008", "10000005"))

    assert heron.status is AccountStatus.SUSPENDED
    assert [(change.at, change.to, change.reason, change.by) for change in heron.status_changes] == [
        (NOW + 2 * MINUTE, AccountStatus.SUSPENDED, "Unpaid since September", None)
    ]
    assert egret.status is AccountStatus.CLOSED
    assert [(change.to, change.reason, change.by) for change in egret.status_changes] == [
        (AccountStatus.SUSPENDED, None, "operator"),
        (AccountStatus.CLOSED, "Moved away", "operator"),
    ]
    assert (egret.delivery, egret.webhook_gone_at) == (ReplyDelivery.POLL, NOW + 3 * MINUTE)
    assert (foxglove.status, foxglove.status_changes) == (AccountStatus.ACTIVE, ())
    assert (foxglove.number, foxglove.number_since, foxglove.watched_month) == ("+15555550177", NOW, "2026-11")


def test_the_lists_of_older_accounts_are_read() -> None:
    assert list(accounts.all_ids()) == ["10000000", "10000008", "10000009"]
    assert [account.id for account in accounts.with_webhook()] == [HERON]
    assert accounts.with_email("10000009@studio.example") == HERON
    assert passwords.matches(PASSWORD, accounts.password_hash("10000000"))


def test_an_older_plan_confirmation_and_template_are_read() -> None:
    confirmation, template = (
        accounts.find_confirmation(CONFIRMATION_TOKEN, NOW),
        template_store.get_template("10000001", "sale"),
    )

    assert confirmation
    assert (confirmation.account, confirmation.plan, confirmation.valid_until) == (HERON, "large", NOW + DAY)
    assert template
    assert (template.name, template.subject, template.body) == ("sale", "", "Over")


def test_an_older_price_list_is_read() -> None:
    prices, revision = plans.read_loaded()

    assert prices
    assert (revision, prices.currency) == (1, "USD")
    assert [plan.name for plan in prices.plans] == ["starter", "small", "medium", "large", "volume"]
    medium = prices.of_month("2026-11")["medium"]
    assert (medium.title, medium.version, medium.on_offer) == ("Medium", 1, True)
    assert (medium.monthly_fee_micros, medium.included_units, medium.unit_price_micros) == (35_000_000, 1000, 40_000)
    assert medium.past_limit is PastLimit.CHARGE


# Clients: client, clients.


def test_older_clients_are_read_and_found_by_phone() -> None:
    ada, zoe = clients.get(HERON, "c1"), clients.get("10000002", "theirs")

    assert ada
    assert (ada.first_name, ada.last_name, ada.updated_at, ada.status) == ("Ada", "Lovelace", NOW, "active")
    assert (ada.time_zone, ada.made_by_text, ada.heard_stop) == ("America/Chicago", True, frozenset({"+12125550123"}))
    assert [(phone.number, phone.entered, phone.sms, phone.label) for phone in ada.phones] == [
        ("+12125550123", "(212) 555-0123", False, "home")
    ]
    assert zoe
    assert (zoe.first_name, zoe.allow_text_marketing, zoe.tags, zoe.heard_stop) == (
        "Zoë",
        True,
        ("vip",),
        frozenset(),
    )
    assert [(phone.sms, phone.label) for phone in zoe.phones] == [(True, None)]
    assert clients.with_phone(HERON, "+12125550123") == {"c1": False}
    assert clients.with_phone("10000001", "+12125560000") == {"q1": True, "q2": True}


# Broadcasts: broadcast, audience, skipped.


def test_an_older_broadcast_is_read_with_its_audience_and_skipped_clients() -> None:
    broadcast = broadcasts.get(HERON, "b1")

    assert broadcast
    assert (broadcast.state, broadcast.limit, broadcast.step) == (BroadcastState.SENDING, LimitPolicy.PART, 5)
    assert (broadcast.bulk_action, broadcast.begun, broadcast.paused) == (BulkAction.RESUME, True, False)
    assert (broadcast.taken_by, broadcast.cursor, broadcast.values) == ("worker-2", "c2", {"session.date": "May 5"})
    assert (broadcast.texts, broadcast.units, broadcast.skipped) == (1, 1, {"no_permission": 1})
    assert (broadcast.reserved, broadcast.reserved_of, broadcast.budget) == (3, ("used",), 2)
    audience = broadcasts.audience(broadcast)
    assert (audience.client_ids, audience.except_tags, audience.status) == (("c1", "c2", "c3"), ("vip",), "active")
    assert [
        (place, outcome.client_id, outcome.phone, outcome.code)
        for place, outcome in broadcasts.skipped_from(broadcast, None)
    ] == [((5, 0, 0), "c3", "+12125550125", "opted_out"), ((5, 0, 1), "c3", "+12125550126", "opted_out")]
    done, scheduled = broadcasts.page("10000001", limit=1, cursor=None)[0][0], broadcasts.get(HERON, "b0")
    assert (done.state, done.booked, done.budget, done.skipped) == (BroadcastState.DONE, True, None, {})
    assert scheduled
    assert (scheduled.state, scheduled.paused) == (BroadcastState.SCHEDULED, True)
    assert broadcasts.audience(scheduled).everyone


# Triggers: trigger, event, record, occurrence, call.


def test_older_triggers_are_read() -> None:
    reminder, ready = triggers.get("10000001", "reminder"), triggers.get(HERON, "ready")

    assert reminder
    assert (reminder.watches, reminder.statuses, reminder.to) == (RecordKind.SESSION, ("confirmed",), TextTo.STAFF)
    assert reminder.timing
    assert (reminder.timing.days, reminder.timing.of, reminder.timing.at) == (-1, DateOf.SESSION_DATE, "09:00")
    assert (reminder.staff_phone, reminder.enabled) == ("+12125550199", True)
    assert ready
    assert (ready.types, ready.template, ready.timing) == (("album",), "sale", None)
    assert (ready.sms_else_call, ready.enabled) == (True, False)


def test_older_events_records_occurrences_and_calls_are_read() -> None:
    record, event = triggers.get_record(HERON, "session", "s1"), triggers.get_event(HERON, "e1", NOW)
    [planned] = triggers.occurrences_of_record(HERON, "session", "s1")
    [dropped] = triggers.occurrences_of_record("10000001", "session", "s1")
    [call] = call_tasks.call_page("10000001", None, 5)

    assert record
    assert (record.status, record.of_type, record.values) == ("booked", "Family", {"session.place": "Pier 4"})
    assert (record.session_date, record.session_time, record.due_date) == (
        date(2026, 12, 3),
        "14:30",
        date(2026, 12, 1),
    )
    assert event
    assert (event.fingerprint, event.newest, event.record) == ("f3", True, record)
    assert event.plan.planned == (planned,)
    assert triggers.get_event(HERON, "e1", NOW + 3 * DAY) is None
    assert (planned.state, planned.trigger, planned.day) == (OccurrenceState.PLANNED, "reminder", date(2026, 12, 3))
    assert planned.fires_at == planned.due_at == datetime(2026, 12, 2, 14, tzinfo=UTC)
    assert (dropped.state, dropped.reason) == (OccurrenceState.DROPPED, "expired")
    assert (call.client_id, call.trigger, call.phones) == ("c1", "reminder", ())
    assert call.text == "Hi Zoë, see you on Thursday, December 3!"


# Webhooks: delivery, receiver.


def test_older_deliveries_are_read_and_an_endpoint_that_counted_its_workers() -> None:
    found = webhooks.delivery_facts(HERON, ["d1"])
    failed = webhooks.get("10000001", "8c50b7636cc51445959d30bb", at("2026-11-29T00:00:00Z"))

    assert found.account == accounts.get(HERON)
    assert (found.endpoint.failures, found.endpoint.version) == (1, 3)
    assert (found.endpoint.paused_until, found.endpoint.probe_until) == (NOW + 2 * MINUTE, None)
    delivery = found.deliveries["d1"]
    assert (delivery.state, delivery.attempt, delivery.event) == (
        DeliveryState.PENDING,
        0,
        WebhookEvent.MESSAGE_RECEIVED,
    )
    assert (delivery.data, delivery.message_id, delivery.due_at) == (
        {"sequence": 1, "read": None},
        "in1",
        NOW + MINUTE,
    )
    assert [text.body for text in webhooks.texts([delivery]).values()] == ["Lovely!"]
    assert failed
    assert (failed.state, failed.error, failed.data) == (DeliveryState.FAILED, "status_500", {"id": "new"})


# Usage and bills: usage, allowance, invoice, last-invoice-number, invoice-number, balance, export.


def test_older_usage_and_quotas_are_read() -> None:
    assert quotas.by_day("10000001", "2026-11") == {"2026-11-22": Usage(1, 1, 1, 1, 1, 1)}
    assert quotas.by_day(HERON, "2026-11") == {"2026-11-22": Usage(0, 0, 0, 1, 1, 1)}
    assert quotas.reserved(HERON_LIMITS) == {"used": 3, "used_2026-11-22": 3}
    noticed = [item["noticed"] for item in due.find(NOW + DAY, 100) if item.get("noticed")]
    assert noticed == [{"half", "most"}]


def test_older_invoices_are_read() -> None:
    issued, doubted = invoices.get_issued("10000001", "2026-11"), invoices.entry(HERON, "2026-11")
    paid = invoices.entry("10000001", "2026-11")

    assert issued
    assert (issued.state, issued.invoice.number, issued.invoice.total_micros) == (
        InvoiceState.PAID,
        "2026-11-000001",
        35_000_000,
    )
    assert (issued.invoice.issued_on, issued.invoice.ends_at) == (date(2026, 12, 1), at("2026-12-01T06:00:00Z"))
    assert [line.item for line in issued.invoice.lines] == ["monthly_fee", "units_sent", "units_received"]
    assert issued.document.startswith('{"account":"10000001","studio":"Foxglove Portraits","number"')
    assert paid
    assert (paid.paid_on, paid.mailed_at) == (date(2026, 10, 1), at("2026-12-01T09:00:00Z"))
    assert doubted
    assert (doubted.state, doubted.invoice, doubted.look_again_at) == (InvoiceState.DOUBTED, None, NOW + MINUTE)
    assert doubted.findings
    assert doubted.findings.differences == (Difference(month="2026-11", count="units_sent", counters=3, messages=4),)
    assert doubted.findings.unreadable == ("in1",)
    assert invoices.last_number("2026-11") == 3
    assert list(invoices.issued_numbers("2026-11")) == [("2026-11-000001", "10000003")]


def test_older_balances_and_exports_are_read() -> None:
    balance = invoices.balance("10000001")
    done, stopped = exports.get("10000001", "2026-11"), exports.get(HERON, "2026-10")

    assert (balance.version, balance.carried_micros, balance.waiting) == (1, 0, 0)
    assert done
    assert (done.round, done.attempt, done.stripe_invoice) == (1, 1, "in_1MtHbELkdIwHu7ixl4OzzPMv")
    assert stopped
    assert (stopped.attempt, stopped.stopped) == (1, "Stripe knows no such customer")
