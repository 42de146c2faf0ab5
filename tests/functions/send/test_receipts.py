import json
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from longcode.web.function_url import Broken
import pytest

from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.carriers import twilio
from longcode.carriers.carrier import Receipt, RefusalReason, Uncertain
from longcode.jobs import HandleKeyword
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import store as messages
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from send import receipts, receipts_api
from sweeper import sweep_schedule
from tests.support.aws_calls import failing
from tests.support.crashes import recorded_calls
from tests.support.fakes import NOW, ApiResponse, FakeCarrier, LambdaContext, call, take_queued
from tests.support.readers import log_lines
from tests.support.text_steps import accept, counted_units, deliver, stored

EVENTS = Path(__file__).parents[3] / "events"


def event(name: str) -> dict[str, Any]:
    """Return an event as AWS delivers it."""
    read: dict[str, Any] = json.loads((EVENTS / name).read_text())
    return read


def sent_message() -> Message:
    """Return the message that the events are about."""
    return Message(
        account="1001",
        id="0198f3c2a7b4",
        direction=Direction.OUT,
        kind=MessageKind.INDIVIDUAL,
        state=MessageState.SENT,
        phone="+15555550123",
        number="+15555550100",
        body="Hello",
        encoding="GSM-7",
        segments=1,
        units=1,
        created_at=NOW,
    )


def test_an_opted_out_receipt_records_the_opt_out_as_of_the_text_and_uncharges_it(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier(), NOW + timedelta(minutes=1))
    assert counted_units(account) == 1

    for _ in range(2):
        report(message, "failed", "21610")

    first, again = (queues.read(HandleKeyword, body) for body in take_queued("opt_out"))
    assert (first.keyword, first.phone, first.means, first.answered) == ("stop", "+12125550123", "carrier", True)
    assert (first.at, first.words) == (NOW + timedelta(minutes=1), "carrier code 21610")
    assert again == first
    ended = stored(account, message.id)
    assert (ended.state, ended.error, ended.charged_units) == (MessageState.UNDELIVERED, "twilio:21610", 0)
    assert quotas.of_month(account.id, "2026-11") == Usage()


def test_an_opted_out_receipt_before_our_own_record_charges_nothing(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier(answers=[Uncertain("timeout")]))

    report(message, "undelivered", "21610")

    assert len(take_queued("opt_out")) == 1
    assert (stored(account, message.id).state, counted_units(account)) == (MessageState.UNDELIVERED, 0)


def test_an_opted_out_receipt_takes_back_a_past_months_charge(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier())

    receipt = Receipt(
        carrier="twilio",
        reference=f"{account.id}.{message.id}",
        carrier_id="SM1",
        state=MessageState.UNDELIVERED,
        code="21610",
        reason=RefusalReason.OPTED_OUT,
    )
    receipts.apply_receipt(receipt, NOW + timedelta(days=20))

    assert (stored(account, message.id).charged_units, counted_units(account)) == (0, 0)


def test_a_landline_receipt_records_its_code_on_the_message(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier())

    report(message, "undelivered", "30006")

    ended = stored(account, message.id)
    assert (ended.state, ended.error) == (MessageState.UNDELIVERED, "twilio:30006")
    assert take_queued("opt_out") == []


def report(message: Message, status: str, code: str = "", sid: str = "SM1", token: str = "test-token") -> ApiResponse:
    path = f"/carriers/twilio/receipts/{message.account}.{message.id}"
    form = f"MessageSid={sid}&MessageStatus={status}" + (f"&ErrorCode={code}" if code else "")
    pairs = [("MessageSid", sid), ("MessageStatus", status)] + ([("ErrorCode", code)] if code else [])
    signed = twilio.signature(token, f"https://longcode.example{path}", pairs)
    return call(receipts_api, "POST", path, form, headers={"X-Twilio-Signature": signed})


@pytest.mark.parametrize("name", ["twilio_receipt.json", "twilio_receipt_at_its_own_address.json"])
def test_a_receipt_at_the_api_or_the_function_url_delivers_its_message(aws: None, name: str) -> None:
    messages.accept([sent_message()])

    answer = receipts_api.handler(event(name), LambdaContext())

    assert answer["statusCode"] == 204
    found = messages.get("1001", "0198f3c2a7b4")
    assert found
    assert found.state is MessageState.DELIVERED


@pytest.mark.parametrize("name", ["twilio_receipt.json", "twilio_receipt_at_its_own_address.json"])
def test_a_receipt_that_cannot_be_applied_is_an_error_that_the_alarm_sees(aws: None, name: str) -> None:
    """Lambda counts no error for a response with 500 (developer guide: types of metrics, Errors)."""
    with failing("dynamodb", "BatchGetItem", "AccessDenied"), pytest.raises(Broken):
        receipts_api.handler(event(name), LambdaContext())


def test_a_forged_receipt_at_the_function_url_is_refused_with_a_problem_document(aws: None) -> None:
    messages.accept([sent_message()])
    forged = event("twilio_receipt_at_its_own_address.json")
    forged["headers"]["x-twilio-signature"] = "b/+VMSnBsjNM8QYCDParMZ90aRs="

    answer = receipts_api.handler(forged, LambdaContext())

    assert answer["statusCode"] == 403
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    found = messages.get("1001", "0198f3c2a7b4")
    assert found
    assert found.state is MessageState.SENT


def test_the_function_url_has_no_other_route(aws: None) -> None:
    other = event("twilio_receipt_at_its_own_address.json") | {"rawPath": "/messages"}

    answer = receipts_api.handler(other, LambdaContext())

    assert answer["statusCode"] == 404


@pytest.mark.parametrize("order", sorted(set(permutations(["sent", "delivered", "delivered"]))))
def test_receipts_in_any_order_and_repeated_end_in_delivered_and_count_once(
    account: Account, order: tuple[str, ...]
) -> None:
    message = accept(account)
    deliver(FakeCarrier(answers=[Uncertain("timeout")]))

    for status in order:
        report(message, status)

    delivered = stored(account, message.id)
    assert (delivered.state, delivered.carrier_id, delivered.charged_units) == (MessageState.DELIVERED, "SM1", 1)
    assert delivered.due_at is None
    assert counted_units(account) == 1


def test_a_receipt_before_our_own_record_makes_the_record(account: Account) -> None:
    message = accept(account)
    claimed = messages.claim(message, "a", NOW, NOW + timedelta(seconds=60))
    assert claimed

    report(message, "delivered")
    recorded = messages.record(claimed, MessageState.SENT, carrier="twilio", carrier_id="SM1")

    assert not recorded
    assert stored(account, message.id).state is MessageState.DELIVERED
    assert counted_units(account) == 1


def test_an_undelivered_text_is_credited_and_has_the_error(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier())

    report(message, "undelivered", "30005")

    found = stored(account, message.id)
    assert (found.state, found.error, found.charged_units) == (MessageState.UNDELIVERED, "twilio:30005", 0)
    assert counted_units(account) == 0


def test_an_undelivered_text_may_become_delivered_and_a_delivered_one_not_undelivered(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier())

    for status in ("undelivered", "delivered", "undelivered", "sent"):
        report(message, status)

    found = stored(account, message.id)
    assert (found.state, found.error) == (MessageState.DELIVERED, None)


def test_a_receipt_after_an_uncertain_text_failed_changes_and_charges_nothing(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier(answers=[Uncertain("timeout")]))
    sweep_schedule.sweep(NOW + timedelta(minutes=16))
    deliver(FakeCarrier(), NOW + timedelta(minutes=16))

    answer = report(message, "delivered")

    found = stored(account, message.id)
    assert answer.status == 204
    assert (found.state, found.error) == (MessageState.FAILED, "uncertain")
    assert counted_units(account) == 0


@pytest.mark.parametrize("reference", ["10000001.none", "nobody.none", "no-dot"])
def test_a_receipt_for_an_unknown_text_is_accepted_without_effect(account: Account, reference: str) -> None:
    path = f"/carriers/twilio/receipts/{reference}"
    pairs = [("MessageSid", "SM1"), ("MessageStatus", "delivered")]
    signed = twilio.signature("test-token", f"https://longcode.example{path}", pairs)

    answer = call(
        receipts_api,
        "POST",
        path,
        "MessageSid=SM1&MessageStatus=delivered",
        headers={"X-Twilio-Signature": signed},
    )

    assert answer.status == 204


@pytest.mark.parametrize("status", ["queued", "sending", "unheard-of"])
def test_a_status_without_news_changes_nothing(account: Account, status: str) -> None:
    message = accept(account)
    deliver(FakeCarrier())

    answer = report(message, status)

    assert answer.status == 204
    assert stored(account, message.id).state is MessageState.SENT


def test_a_receipt_with_unknown_fields_is_applied(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier())
    path = f"/carriers/twilio/receipts/{message.account}.{message.id}"
    pairs = [("MessageSid", "SM1"), ("MessageStatus", "delivered"), ("RawDlrDoneDate", "2611221530"), ("Novelty", "")]
    signed = twilio.signature("test-token", f"https://longcode.example{path}", pairs)

    answer = call(receipts_api, "POST", path, urlencode(pairs), headers={"X-Twilio-Signature": signed})

    assert answer.status == 204
    assert stored(account, message.id).state is MessageState.DELIVERED


def test_a_filtered_text_counts_once_for_the_alarms(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    message = accept(account)
    deliver(FakeCarrier())

    for _ in range(2):
        report(message, "undelivered", "30007")

    said = capsys.readouterr().out
    assert (said.count('"RefusedTexts":'), said.count('"FilteredTexts":')) == (1, 1)


def test_a_replayed_receipt_writes_nothing(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier())
    report(message, "delivered")
    before = stored(account, message.id)

    with recorded_calls() as calls:
        answer = report(message, "delivered")

    assert answer.status == 204
    assert stored(account, message.id) == before
    assert not {"PutItem", "UpdateItem", "TransactWriteItems"} & set(calls)


def test_a_forged_receipt_is_refused_and_changes_nothing(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier())

    answer = report(message, "delivered", token="guessed")

    assert (answer.status, answer.json["code"]) == (403, "forged")
    assert stored(account, message.id).state is MessageState.SENT


def test_the_log_of_a_receipt_has_no_phone_number(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    message = accept(account, body="Secret words")
    deliver(FakeCarrier())

    report(message, "undelivered", "30005")
    report(message, "delivered", token="guessed")

    log = log_lines(caplog)
    assert "2125550123" not in log
    assert "Secret words" not in log
