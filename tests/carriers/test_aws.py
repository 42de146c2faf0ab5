from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.carriers.aws import Aws, client, read_inbound, read_receipt
from longcode.carriers.carrier import Inbound, Receipt, RefusalReason, Refused, SendResult, Sent, Text, Uncertain
from longcode.message import MessageState
from tests.carriers.conftest import FakeCarrier

KEYS: dict[str, Any] = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture(scope="module")
def sms() -> Any:
    return client(**KEYS)


def send_over_http(url: str, text: Text) -> SendResult:
    return Aws(client(endpoint_url=url, read_seconds=0.2, **KEYS)).send(text)


def test_a_text_is_sent_once_with_our_reference_in_its_context(sms: Any, text: Text) -> None:
    expected = {
        "DestinationPhoneNumber": "+15555550123",
        "OriginationIdentity": "+15555550100",
        "MessageBody": "Your session is tomorrow & it's at 10:30 😀",
        "MessageType": "TRANSACTIONAL",
        "ConfigurationSetName": "longcode",
        "TimeToLive": 14400,
        "Context": {"reference": "1001.0198f3c2a7b4"},
    }
    with Stubber(sms) as stub:
        stub.add_response("send_text_message", {"MessageId": "m-1"}, expected)

        answer = Aws(sms, configuration_set="longcode").send(text)

    assert answer == Sent("m-1")


@pytest.mark.parametrize(("asked_for", "sent_seconds"), [(0, 5), (5, 5), (259_200, 259_200), (999_999, 259_200)])
def test_the_time_to_live_stays_within_the_limits_of_aws(
    sms: Any, text: Text, asked_for: int, sent_seconds: int
) -> None:
    expected = {
        "DestinationPhoneNumber": "+15555550123",
        "OriginationIdentity": "+15555550100",
        "MessageBody": "Your session is tomorrow & it's at 10:30 😀",
        "MessageType": "TRANSACTIONAL",
        "TimeToLive": sent_seconds,
        "Context": {"reference": "1001.0198f3c2a7b4"},
    }
    with Stubber(sms) as stub:
        stub.add_response("send_text_message", {"MessageId": "m-1"}, expected)

        answer = Aws(sms).send(replace(text, valid_seconds=asked_for))

    assert answer == Sent("m-1")


@pytest.mark.parametrize(
    ("status", "code", "why"),
    [
        (429, "ThrottlingException", RefusalReason.TRY_AGAIN),
        (400, "ThrottlingException", RefusalReason.TRY_AGAIN),
        (429, "TooManyRequestsException", RefusalReason.TRY_AGAIN),
        (400, "ConflictException", RefusalReason.PARKED),
        (400, "ServiceQuotaExceededException", RefusalReason.PARKED),
        (400, "AccessDeniedException", RefusalReason.PARKED),
        (400, "ResourceNotFoundException", RefusalReason.PARKED),
        (400, "ValidationException", RefusalReason.INVALID),
        (400, "ExpiredTokenException", RefusalReason.PARKED),
        (400, "UnrecognizedClientException", RefusalReason.PARKED),
        (403, "InvalidSignatureException", RefusalReason.PARKED),
        (400, "BrandNewException", RefusalReason.INVALID),
    ],
)
def test_each_refusal_code_has_a_reason(sms: Any, text: Text, status: int, code: str, why: RefusalReason) -> None:
    with Stubber(sms) as stub:
        stub.add_client_error("send_text_message", code, http_status_code=status)

        assert Aws(sms).send(text) == Refused(why, code)


@pytest.mark.parametrize(
    ("code", "reason", "why"),
    [
        ("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT", RefusalReason.OPTED_OUT),
        ("ConflictException", "RESOURCE_NOT_ACTIVE", RefusalReason.PARKED),
        ("ConflictException", "REGISTRATION_NOT_COMPLETE", RefusalReason.PARKED),
        ("ConflictException", "DESTINATION_PHONE_NUMBER_NOT_VERIFIED", RefusalReason.PARKED),
        ("ConflictException", "NUMBER_CAPABILITIES_MISMATCH", RefusalReason.PARKED),
        ("ConflictException", "MESSAGE_TYPE_MISMATCH", RefusalReason.PARKED),
        ("ConflictException", "NO_ORIGINATION_IDENTITIES_FOUND", RefusalReason.PARKED),
        ("ValidationException", "SENDER_ID_NOT_REGISTERED", RefusalReason.PARKED),
        ("ValidationException", "SENDER_ID_REQUIRES_REGISTRATION", RefusalReason.PARKED),
        ("ValidationException", "COUNTRY_NOT_ENABLED", RefusalReason.PARKED),
        ("ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT", RefusalReason.PARKED),
        ("AccessDeniedException", "ACCOUNT_DISABLED", RefusalReason.PARKED),
        ("ValidationException", "INVALID_PARAMETER", RefusalReason.INVALID),
    ],
)
def test_the_code_of_a_refusal_is_its_reason(
    sms: Any, text: Text, code: str, reason: str, why: RefusalReason
) -> None:
    with Stubber(sms) as stub:
        stub.add_client_error("send_text_message", code, modeled_fields={"Reason": reason})

        assert Aws(sms).send(text) == Refused(why, reason)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "InternalServerException"),
        (500, "InternalServerException"),
        (503, "ThrottlingException"),
        (408, "RequestTimeout"),
    ],
)
def test_an_error_that_leaves_the_result_open_is_uncertain(sms: Any, text: Text, status: int, code: str) -> None:
    with Stubber(sms) as stub:
        stub.add_client_error("send_text_message", code, http_status_code=status)

        assert Aws(sms).send(text) == Uncertain(code)


def test_a_success_without_an_id_is_uncertain(sms: Any, text: Text) -> None:
    with Stubber(sms) as stub:
        stub.add_response("send_text_message", {})

        assert Aws(sms).send(text) == Uncertain("no MessageId")


def test_a_text_that_the_sdk_rejects_is_refused(sms: Any, text: Text) -> None:
    assert Aws(sms).send(replace(text, body="")) == Refused(RefusalReason.INVALID, "ParamValidationError")


def test_a_text_without_credentials_is_parked(text: Text) -> None:
    class Locked:
        def send_text_message(self, **_: object) -> None:
            raise NoCredentialsError

        def close(self) -> None:
            pass

    assert Aws(Locked()).send(text) == Refused(RefusalReason.PARKED, "NoCredentialsError")


def test_a_reason_on_the_wire_is_read(fake: FakeCarrier, text: Text) -> None:
    fake.answers(400, '{"__type": "ConflictException", "Reason": "DESTINATION_PHONE_NUMBER_OPTED_OUT"}')

    answer = send_over_http(fake.url, text)

    assert answer == Refused(RefusalReason.OPTED_OUT, "DESTINATION_PHONE_NUMBER_OPTED_OUT")


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_is_uncertain_and_not_retried(fake: FakeCarrier, text: Text, status: int) -> None:
    fake.answers(status, '{"__type": "InternalServerException"}')

    answer = send_over_http(fake.url, text)

    assert answer == Uncertain("InternalServerException")
    assert len(fake.asked) == 1


def test_throttling_is_not_retried_within_a_send(fake: FakeCarrier, text: Text) -> None:
    fake.answers(429, '{"__type": "ThrottlingException"}')

    answer = send_over_http(fake.url, text)

    assert answer == Refused(RefusalReason.TRY_AGAIN, "ThrottlingException")
    assert len(fake.asked) == 1


def test_a_time_out_is_uncertain_and_not_retried(fake: FakeCarrier, text: Text) -> None:
    fake.hangs()

    answer = send_over_http(fake.url, text)

    assert answer == Uncertain("ReadTimeoutError")
    assert len(fake.asked) == 1


def test_a_reset_is_uncertain_and_not_retried(fake: FakeCarrier, text: Text) -> None:
    fake.resets()

    answer = send_over_http(fake.url, text)

    assert answer == Uncertain("ConnectionClosedError")
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "no MessageId"),
        ("not json", "no MessageId"),
        ('{"MessageId": null}', "no MessageId"),
        ('{"MessageId": 7}', "no MessageId"),
        ("[1]", "AttributeError"),
        ("null", "AttributeError"),
    ],
)
def test_an_unreadable_success_is_uncertain(fake: FakeCarrier, text: Text, body: str, reason: str) -> None:
    fake.answers(200, body)

    assert send_over_http(fake.url, text) == Uncertain(reason)


def test_a_truncated_success_is_uncertain(fake: FakeCarrier, text: Text) -> None:
    fake.breaks_off()

    assert isinstance(send_over_http(fake.url, text), Uncertain)


def test_texts_of_one_batch_share_a_connection_and_one_idle_for_too_long_is_not_used_again(
    fake: FakeCarrier, text: Text
) -> None:
    fake.answers(200, '{"MessageId": "m-1"}')
    now = [0.0]
    carrier = Aws(client(endpoint_url=fake.url, **KEYS), clock=lambda: now[0])

    for at in (0.0, 1.0, 31.1):
        now[0] = at
        carrier.send(text)

    first, second, third = (asked.caller for asked in fake.asked)
    assert first == second
    assert third != second


def test_a_refused_connection_is_a_refusal(nobody_there: str, text: Text) -> None:
    assert send_over_http(nobody_there, text) == Refused(RefusalReason.TRY_AGAIN, "unreachable")


EVENT = {
    "eventType": "TEXT_DELIVERED",
    "eventVersion": "1.0",
    "eventTimestamp": 1795370730500,
    "isFinal": True,
    "originationPhoneNumber": "+15555550100",
    "destinationPhoneNumber": "+15555550123",
    "isoCountryCode": "US",
    "messageId": "m-1",
    "messageStatus": "DELIVERED",
    "context": {"reference": "1001.7"},
    "totalMessageParts": 1,
    "totalMessagePrice": 0.00581,
}
AT = datetime(2026, 11, 22, 18, 5, 30, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "final", "state"),
    [
        ("TEXT_DELIVERED", True, MessageState.DELIVERED),
        ("TEXT_SUCCESSFUL", True, MessageState.DELIVERED),
        ("TEXT_SUCCESSFUL", False, MessageState.SENT),
        ("TEXT_SUCCESSFUL", None, MessageState.SENT),
    ],
)
def test_an_event_of_success_changes_the_state(kind: str, final: bool | None, state: MessageState) -> None:
    receipt = read_receipt(EVENT | {"eventType": kind, "isFinal": final})

    assert receipt == Receipt(carrier="aws", reference="1001.7", carrier_id="m-1", state=state, at=AT)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("TEXT_INVALID", RefusalReason.NO_SUCH_NUMBER),
        ("TEXT_INVALID_MESSAGE", RefusalReason.BAD_TEXT),
        ("TEXT_UNREACHABLE", RefusalReason.TRY_ONCE_LATER),
        ("TEXT_CARRIER_UNREACHABLE", RefusalReason.TRY_ONCE_LATER),
        ("TEXT_BLOCKED", RefusalReason.BAD_NUMBER),
        ("TEXT_CARRIER_BLOCKED", RefusalReason.FILTERED),
        ("TEXT_SPAM", RefusalReason.FILTERED),
        ("TEXT_PROTECT_BLOCKED", RefusalReason.INVALID),
        ("TEXT_TTL_EXPIRED", RefusalReason.UNKNOWN),
    ],
)
def test_an_event_of_failure_has_a_reason(kind: str, why: RefusalReason) -> None:
    receipt = read_receipt(EVENT | {"eventType": kind})

    assert receipt == Receipt(
        carrier="aws",
        reference="1001.7",
        carrier_id="m-1",
        state=MessageState.UNDELIVERED,
        code=kind,
        reason=why,
        at=AT,
    )


def test_an_event_of_failure_that_is_not_final_is_ignored() -> None:
    assert read_receipt(EVENT | {"eventType": "TEXT_CARRIER_UNREACHABLE", "isFinal": False}) is None


@pytest.mark.parametrize("kind", ["TEXT_QUEUED", "TEXT_PENDING", "TEXT_UNKNOWN", "TEXT_TELEPORTED", "", None, 7])
def test_an_event_without_news_is_ignored(kind: object) -> None:
    assert read_receipt(EVENT | {"eventType": kind}) is None


@pytest.mark.parametrize("context", [None, {}, {"reference": ""}, {"reference": 7}, {"other": "x"}, "1001.7"])
def test_an_event_about_another_text_is_ignored(context: object) -> None:
    assert read_receipt(EVENT | {"context": context}) is None


def test_an_event_needs_only_its_type_and_our_reference() -> None:
    receipt = read_receipt({"eventType": "TEXT_SPAM", "context": {"reference": "1001.7"}})

    assert receipt == Receipt(
        carrier="aws",
        reference="1001.7",
        carrier_id=None,
        state=MessageState.UNDELIVERED,
        code="TEXT_SPAM",
        reason=RefusalReason.FILTERED,
    )


ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.text(), max_size=2)
    | st.dictionaries(st.just("reference") | st.text(), st.integers() | st.text(), max_size=2)
)


@given(st.sampled_from(sorted(EVENT)), ANYTHING)
def test_reading_any_event_raises_no_error(field: str, value: object) -> None:
    read_receipt(EVENT | {field: value})


REPLY = {
    "originationNumber": "+15555550123",
    "destinationNumber": "+15555550100",
    "messageKeyword": "KEYWORD_123456789012",
    "messageBody": "Yes please",
    "inboundMessageId": "in-1",
    "previousPublishedMessageId": "m-1",
}


def test_a_reply_names_the_text_that_it_answers() -> None:
    assert read_inbound(REPLY) == Inbound(
        carrier="aws",
        carrier_id="in-1",
        phone="+15555550123",
        number="+15555550100",
        body="Yes please",
        replies_to="m-1",
    )


def test_a_reply_needs_only_its_id_and_its_numbers() -> None:
    reply = {
        "originationNumber": "+15555550123",
        "destinationNumber": "+15555550100",
        "inboundMessageId": "in-1",
    }

    assert read_inbound(reply) == Inbound(
        carrier="aws", carrier_id="in-1", phone="+15555550123", number="+15555550100", body=""
    )


@pytest.mark.parametrize(("keyword", "answered"), [("STOP", True), ("stop", True), ("KEYWORD_1", False)])
def test_a_keyword_that_aws_replies_to_is_answered(keyword: str, answered: bool) -> None:
    inbound = read_inbound(REPLY | {"messageKeyword": keyword}, answers=frozenset({"STOP", "HELP"}))

    assert inbound.answered is answered


def test_with_self_managed_opt_outs_no_keyword_is_answered() -> None:
    assert read_inbound(REPLY | {"messageKeyword": "STOP"}).answered is False


@pytest.mark.parametrize("field", ["inboundMessageId", "originationNumber", "destinationNumber"])
@pytest.mark.parametrize("value", [None, "", " ", 7])
def test_a_reply_without_its_id_or_numbers_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        read_inbound(REPLY | {field: value})


@given(st.sampled_from(sorted(REPLY)), ANYTHING)
def test_any_reply_is_read_or_refused(field: str, value: object) -> None:
    try:
        inbound = read_inbound(REPLY | {field: value})
    except ValueError:
        return
    assert isinstance(inbound.body, str)
