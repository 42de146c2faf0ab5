"""Texts that the carrier accepts and then does not deliver: charged or credited, sent again, parked, and marked."""

import csv
import io
from datetime import datetime, timedelta

import pytest

from billing import usage_api
from broadcasts import api as broadcasts_api
from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.billing import closing
from longcode.carriers import refusals
from longcode.carriers.carrier import Receipt, RefusalReason, Refused, SendResult, Sent, Text, Uncertain
from longcode.clients import store as clients
from longcode.errors import DayLimitReached
from longcode.jobs import HandleKeyword
from longcode.message import HoldReason, Message, MessageState
from longcode.numbers import store as numbers
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from longcode.usage import store as quotas
from longcode.usage.habit import Activity
from longcode.usage.usage import Usage
from send.receipts import apply_receipt
from sweeper import sweep_schedule
from tests.support.admin_orders import send_accepted_order
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, FakeCarrier, call, client, studio, take_queued
from tests.support.text_steps import accept, counted_units, deliver, stored

pytestmark = pytest.mark.account(plan_changes=(PlanChange(NOW, "small"),))

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NUMBER, OWN = "+15555550100", "+13105550100"

TWILIO_TALLY = {
    "charged": "30007 30019 21617",
    "credited": "21211 21266 21610 21612 21614 21635 30003 30004 30005 30006 30008 30036 99999 undelivered"
    " 20001 21602 21604 21624 30400",
    "sent again": "429 20429 21611 30001 30022 30023 30027 63038",
    "parked": "401 403 404 20003 20404 21212 21408 21603 21606 21608 21609 21659 21660 21661 21701 21703 21704 21705"
    " 21711 30002 30024 30032 30033 30034 30035 30454",
}
AWS_TALLY = {
    "charged": "TEXT_INVALID_MESSAGE TEXT_CARRIER_BLOCKED TEXT_SPAM",
    "credited": "TEXT_INVALID TEXT_UNREACHABLE TEXT_CARRIER_UNREACHABLE TEXT_BLOCKED TEXT_PROTECT_BLOCKED"
    " TEXT_TTL_EXPIRED",
}
TALLIES = [
    (carrier, code, end)
    for carrier, tally in (("twilio", TWILIO_TALLY), ("aws", AWS_TALLY))
    for end, codes in tally.items()
    for code in codes.split()
]


def report(
    message: Message, code: str | None, sid: str | None = "SM1", now: datetime = NOW + MINUTE, carrier: str = "twilio"
) -> None:
    """Apply a receipt: delivered, or undelivered with a code."""
    receipt = Receipt(
        carrier=carrier,
        reference=f"{message.account}.{message.id}",
        carrier_id=sid,
        state=MessageState.UNDELIVERED if code else MessageState.DELIVERED,
        code=code,
        reason=refusals.meaning_of(carrier, code).reason if code else None,
    )
    apply_receipt(receipt, now)


def sent(account: Account, key: str = "k") -> Message:
    """Accept a text and hand it to the carrier, whose id for it is SM1."""
    message = accept(account, key)
    deliver(FakeCarrier())
    return stored(account, message.id)


def statement(account: Account) -> list[tuple[str, str]]:
    """Return units and credit of each row of the month's list."""
    page, _ = usage_api.csv_page(account.id, "2026-11", None)
    return [(row["units"], row["not_charged"]) for row in csv.DictReader(io.StringIO(page))]


def reserved(account: Account) -> int:
    return int((store.get(keys.quota(account.id, "2026-11")) or {}).get("used", 0))


def counters_add_up(account: Account) -> bool:
    """Return whether counters, list and quota agree with the messages."""
    counters, findings = closing.compare_month(account.id, "2026-11")
    return not findings and counters.units_sent == sum(int(units) for units, _ in statement(account))


def end_of(message: Message) -> str:
    if message.state is MessageState.QUEUED:
        return "parked" if message.held is HoldReason.PARKED else "sent again"
    assert message.state is MessageState.UNDELIVERED
    return "charged" if message.charged_units == message.units else "credited"


@pytest.mark.parametrize(("carrier", "code", "end"), TALLIES)
def test_each_code_in_a_receipt_is_charged_or_credited_with_a_line_or_sent_again(
    account: Account, carrier: str, code: str, end: str
) -> None:
    message = sent(account)

    for _ in range(2):
        report(message, code, carrier=carrier)

    credit = f"{refusals.meaning_of(carrier, code).words} ({carrier}:{code})"
    line = {"charged": [("1", "")], "credited": [("0", credit)]}.get(end, [])
    assert (end_of(stored(account, message.id)), statement(account)) == (end, line)
    assert quotas.of_month(account.id, "2026-11") == (Usage(1, 1, 1) if end == "charged" else Usage())
    assert reserved(account) == (0 if end == "credited" else 1)
    assert counters_add_up(account)


def test_the_tally_has_every_code_of_the_tables() -> None:
    tallied = {(carrier, code) for carrier, code, _ in TALLIES}

    assert {("twilio", code) for code in refusals.TWILIO} <= tallied
    assert {("aws", code) for code in refusals.AWS_EVENTS} <= tallied


@pytest.mark.parametrize("answer", [Sent("SM1"), Uncertain("timeout")])
def test_a_receipt_is_credited_whether_it_comes_before_or_after_our_own_record(
    account: Account, answer: Sent | Uncertain
) -> None:
    message = accept(account)
    deliver(FakeCarrier(answers=[answer]))

    report(message, "30008")

    assert statement(account) == [("0", "the carrier gives no reason (twilio:30008)")]
    assert (stored(account, message.id).state, reserved(account)) == (MessageState.UNDELIVERED, 0)
    assert counters_add_up(account)


def test_a_credited_text_that_is_delivered_after_all_is_charged_again(account: Account) -> None:
    message = sent(account)

    for code in ("30003", None, "30003", None):
        report(message, code)

    assert stored(account, message.id).state is MessageState.DELIVERED
    assert (statement(account), counted_units(account), reserved(account)) == ([("1", "")], 1, 1)
    assert counters_add_up(account)


@pytest.mark.parametrize("answer", [Sent("SM1"), Uncertain("timeout")])
def test_a_credited_text_stays_among_those_handed_over(account: Account, answer: Sent | Uncertain) -> None:
    message = accept(account, body="a" * 161)
    deliver(FakeCarrier(answers=[answer]))
    days = []

    for code in ("30008", None):
        report(message, code)
        days.append(quotas.activity_on(account.id, "2026-11-22"))

    assert days == [Activity(units_undelivered=2, texts_undelivered=1), Activity(units_sent=2, texts_sent=1)]


def undelivered(account: Account, number: int, code: str = "30008") -> None:
    """Text phones that are out of reach, one after the other."""
    for index in range(number):
        message = accept(account, f"k{index}", client_id=None, to=f"+1212555{index:04}")
        deliver(FakeCarrier(answers=[Sent(f"SM{index}")]))
        report(message, code, sid=f"SM{index}")


@pytest.mark.account(trial_units_a_day=5)
def test_texts_that_are_not_delivered_use_up_the_day_of_a_new_studio(account: Account) -> None:
    undelivered(account, 5)

    with pytest.raises(DayLimitReached):
        accept(account, "one more", client_id=None, to="+12125559999")
    assert quotas.of_month(account.id, "2026-11") == Usage()


@pytest.mark.account(units_a_day=5, plan_changes=(PlanChange(NOW, "small"),))
def test_a_days_limit_has_texts_that_were_not_delivered_before_its_counter_begins(account: Account) -> None:
    store.write(quotas.count_write(account.id, "2026-11-22", "m", Usage(), units_undelivered=5, texts_undelivered=5))

    with pytest.raises(DayLimitReached):
        accept(account)


@pytest.mark.account(ceiling_units_a_day=5)
def test_texts_that_are_not_delivered_reach_the_ceiling_of_an_account(account: Account) -> None:
    undelivered(account, 5)
    message = accept(account, "one more")

    deliver(carrier := FakeCarrier())

    assert (carrier.texts, stored(account, message.id).held) == ([], HoldReason.CEILING)


@pytest.mark.account(allowed_countries=("AU",))
def test_texts_to_other_countries_count_as_such_though_they_are_not_delivered(account: Account) -> None:
    message = accept(account, client_id=None, to="+61491570156")
    deliver(FakeCarrier())

    report(message, "30003")

    assert quotas.activity_on(account.id, "2026-11-22") == Activity(
        units_undelivered=1, texts_undelivered=1, texts_abroad=1
    )


def test_a_credit_after_the_invoice_is_on_the_next_invoice(account: Account) -> None:
    message = accept(account, body="a" * 161)
    deliver(FakeCarrier())
    december = NOW + timedelta(days=10)
    first = closing.close(account, "2026-11", lambda: december)

    report(message, "30003", now=december)
    second = closing.close(account, "2026-12", lambda: december + timedelta(days=30))

    assert first
    assert second
    assert first.units_sent == 2
    assert [(line.item, line.quantity, line.month) for line in second.lines if line.month] == [
        ("late_units_sent", -2, "2026-11")
    ]
    assert statement(account) == [("0", "the phone is switched off or out of reach (twilio:30003)")]


def test_a_text_that_came_too_fast_is_sent_again_once_and_charged_once(account: Account) -> None:
    message = sent(account)
    report(message, "30022")
    waiting = stored(account, message.id)
    assert waiting.due_at
    at = waiting.due_at + timedelta(seconds=1)

    sweep_schedule.sweep(at)
    deliver(carrier := FakeCarrier(answers=[Sent("SM2")]), at)
    for _ in range(2):
        report(message, "30022", sid="SM1", now=at)  # copies of the first attempt's receipt
    report(message, None, sid="SM2", now=at)

    assert (waiting.returned, waiting.carrier_id, waiting.month) == (("SM1",), None, None)
    assert waiting.error == "twilio:30022"
    assert timedelta(seconds=15) <= waiting.due_at - (NOW + MINUTE) <= timedelta(seconds=30)
    assert len(carrier.texts) == 1
    assert (stored(account, message.id).state, statement(account), reserved(account)) == ("delivered", [("1", "")], 1)
    assert counters_add_up(account)


@pytest.mark.parametrize("code", ["30023", "30027"])
def test_a_daily_cap_is_waited_for_longer(account: Account, code: str) -> None:
    message = sent(account)

    report(message, code)

    due_at = stored(account, message.id).due_at
    assert due_at
    assert 30 * MINUTE <= due_at - (NOW + MINUTE) <= HOUR


def test_a_daily_cap_in_the_answer_is_waited_for_longer(account: Account) -> None:
    message = accept(account)

    deliver(FakeCarrier(answers=[Refused(RefusalReason.TRY_LATER, "30023")]))

    due_at = stored(account, message.id).due_at
    assert due_at
    assert 30 * MINUTE <= due_at - NOW <= HOUR


def test_a_copy_of_a_receipt_during_the_next_attempt_sends_nothing_again(account: Account) -> None:
    message = sent(account)
    report(message, "30022")
    at = NOW + 2 * MINUTE
    sweep_schedule.sweep(at)
    deliver(FakeCarrier(answers=[Uncertain("timeout")]), at)

    report(message, "30022", now=at)

    assert stored(account, message.id).state is MessageState.UNCERTAIN


@pytest.mark.account(on_uncertain="resend")
def test_a_text_with_an_uncertain_first_attempt_is_not_sent_a_third_time(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier(answers=[Uncertain("timeout")]))
    at = NOW + 16 * MINUTE
    sweep_schedule.sweep(at)
    deliver(FakeCarrier(answers=[Sent("SM2")]), at)

    report(message, "30022", sid="SM2", now=at)

    assert end_of(stored(account, message.id)) == "credited"


@pytest.mark.parametrize(("sid", "later"), [(None, MINUTE), ("SM1", 5 * HOUR)])
def test_a_receipt_without_an_id_or_of_an_expired_text_credits_it(
    account: Account, sid: str | None, later: timedelta
) -> None:
    message = sent(account)

    report(message, "30022", sid=sid, now=NOW + later)

    assert end_of(stored(account, message.id)) == "credited"
    assert counters_add_up(account)


def test_a_worker_that_records_after_the_receipt_changes_nothing(account: Account) -> None:
    message = accept(account)

    class Hasty(FakeCarrier):
        def send(self, text: Text) -> SendResult:
            report(message, "30022")
            return super().send(text)

    deliver(Hasty())

    assert end_of(stored(account, message.id)) == "sent again"
    assert counted_units(account) == 0


def test_a_crash_while_a_receipt_is_applied_neither_loses_nor_doubles_the_text(account: Account) -> None:
    message = sent(account)

    for crash in every_crash(after=False):
        with crash:
            report(message, "30034")

        report(message, "30034")

        assert end_of(stored(account, message.id)) == "parked"
        assert counters_add_up(account)


def test_an_unregistered_number_parks_the_account_that_sends_from_it_and_no_other(account: Account) -> None:
    other = studio("10000002")
    client(other)
    numbers.dedicate(other, OWN, NOW)
    parked = sent(other)
    report(parked, "30034")

    mine, theirs, carrier = accept(account, "later"), accept(other, "later"), FakeCarrier()
    deliver(carrier)

    assert parked.number == OWN
    assert [text.origin for text in carrier.texts] == [NUMBER]
    assert (stored(account, mine.id).state, end_of(stored(other, theirs.id))) == (MessageState.SENT, "parked")


def test_a_release_sends_the_parked_texts_and_frees_their_number(account: Account) -> None:
    early, first = sent(account, "early"), sent(account, "first")
    report(first, "30034")
    second, at = accept(account, "second"), NOW + 2 * HOUR
    deliver(FakeCarrier())

    assert send_accepted_order("texts.release", at) == {"released": 2}
    report(early, "30034", now=at)  # late, of a text from before the release: it does not park the number again
    third, carrier = accept(account, "third", now=at), FakeCarrier()
    deliver(carrier, at)

    ends = [stored(account, message.id).state for message in (first, second, third)]
    assert (len(carrier.texts), ends) == (3, [MessageState.SENT] * 3)
    assert end_of(stored(account, early.id)) == "parked"
    assert len(statement(account)) == counted_units(account) == 3


def test_a_parked_number_raises_the_alarm_for_its_receipt_only(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    report(sent(account), "30034")
    assert "ParkedSends" in capsys.readouterr().out

    for key in "abc":
        accept(account, key)
    deliver(FakeCarrier())

    assert "ParkedSends" not in capsys.readouterr().out


def test_an_opt_out_by_receipt_has_the_time_of_the_text(account: Account) -> None:
    message = sent(account)

    report(message, "21610")

    [job] = take_queued("opt_out")
    assert queues.read(HandleKeyword, job).at == NOW


def left_out(account: Account) -> list[tuple[str, str]]:
    """Return the phones that a broadcast to all would leave out, with the reason."""
    form = {"audience": {"all": True}, "body": "Hi", "dry_run": True}
    items = call(broadcasts_api, "POST", "/broadcasts", form, account=account.id).json["items"]
    return [(item["phone"], item["code"]) for item in items if item["code"]]


@pytest.mark.parametrize(("code", "marked"), [("30006", True), ("30005", True), ("30003", False), ("30004", False)])
def test_a_number_that_is_a_landline_or_unknown_twice_is_left_out_of_broadcasts(
    account: Account, code: str, marked: bool
) -> None:
    first = sent(account, "first")
    for _ in range(2):  # a repeated receipt is not a second text
        report(first, code)
    once = left_out(account)

    report(sent(account, "second"), code)

    assert once == []
    assert left_out(account) == ([("+12125550123", "unreachable")] if marked else [])


def test_a_landline_in_the_answer_counts_too_and_a_single_text_may_still_be_tried(account: Account) -> None:
    for key in "ab":
        accept(account, key)
        deliver(FakeCarrier(answers=[Refused(RefusalReason.NOT_MOBILE, "21614")]))

    marked = clients.get(account.id, "c1")
    message = sent(account, "third")

    assert marked
    assert len(marked.unreachable) == 2
    assert message.state is MessageState.SENT
