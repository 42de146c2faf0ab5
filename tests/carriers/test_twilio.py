import json
from collections.abc import Callable
from pathlib import Path
from socket import gaierror
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from urllib3 import PoolManager
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError

from longcode.carriers.carrier import Inbound, Receipt, RefusalReason, Refused, Sent, Text, Uncertain
from longcode.carriers.twilio import Twilio, read_inbound, read_receipt, receipt_url, signature, verify
from longcode.message import MessageState
from tests.carriers.conftest import FakeCarrier

EVENTS = Path(__file__).parents[2] / "events"

# The examples that Twilio publishes with its security documentation and its own libraries.
PUBLISHED_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
PUBLISHED_FORM = [
    ("To", "+18005551212"),
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("Caller", "+14158675309"),
]
PUBLISHED_SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def twilio(
    api_base: str,
    *,
    timeout_seconds: float = 5,
    pool: PoolManager | None = None,
    clock: Callable[[], float] = lambda: 0.0,
) -> Twilio:
    return Twilio(
        account_sid="AC123",
        auth_token="test-token",
        callback_base="https://longcode.example",
        api_base=api_base,
        timeout_seconds=timeout_seconds,
        pool=pool,
        clock=clock,
    )


class FailingPool(PoolManager):
    """Fails in a way that loopback cannot."""

    def __init__(self, problem: Exception) -> None:
        super().__init__()
        self.problem = problem

    def request(self, *_: Any, **__: Any) -> Any:
        raise self.problem


def test_a_text_is_sent_as_a_form_with_our_reference_in_the_callback(fake: FakeCarrier, text: Text) -> None:
    fake.answers(201, '{"sid": "SM1", "status": "queued", "num_segments": "1", "error_code": null}')

    answer = twilio(fake.url).send(text)

    assert answer == Sent("SM1")
    [asked] = fake.asked
    assert asked.path == "/2010-04-01/Accounts/AC123/Messages.json"
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.headers["Authorization"] == "Basic QUMxMjM6dGVzdC10b2tlbg=="
    assert asked.form == {
        "To": "+15555550123",
        "From": "+15555550100",
        "Body": "Your session is tomorrow & it's at 10:30 😀",
        "StatusCallback": "https://longcode.example/carriers/twilio/receipts/1001.0198f3c2a7b4#rc=3&rp=all",
        "ValidityPeriod": "14400",
    }


@pytest.mark.parametrize(("number", "service"), [("+15555550100", "MG123"), ("+15555550101", None)])
def test_a_messaging_service_is_named_beside_its_own_numbers_only(
    fake: FakeCarrier, text: Text, number: str, service: str | None
) -> None:
    """A number outside the service is refused with 21711 (Twilio's error dictionary)."""
    fake.answers(201, '{"sid": "SM1"}')
    carrier = Twilio(
        account_sid="AC123",
        auth_token="test-token",
        callback_base="https://longcode.example",
        messaging_services={"+15555550100": "MG123"},
        api_base=fake.url,
    )

    carrier.send(replace(text, origin=number))

    assert (fake.asked[0].form["From"], fake.asked[0].form.get("MessagingServiceSid")) == (number, service)


@pytest.mark.parametrize(
    ("body", "number", "opt_out_type", "answered"),
    [
        ("STOP", "+15555550100", None, True),
        (" Help ", "+15555550100", None, True),
        ("unstop", "+15555550100", None, True),
        ("stop please", "+15555550100", None, False),  # Twilio compares single words only
        ("ALTO", "+15555550100", None, False),
        ("STOP", "+15555550101", None, False),
        ("ALTO", "+15555550101", "STOP", True),  # Advanced Opt-Out
    ],
)
def test_a_keyword_is_answered_by_twilio_on_the_numbers_that_the_settings_name(
    body: str, number: str, opt_out_type: str | None, answered: bool
) -> None:
    form = {"MessageSid": "SM1", "From": "+12125550123", "To": number, "Body": body}
    form |= {"OptOutType": opt_out_type} if opt_out_type else {}

    assert read_inbound(form, answered_numbers=("+15555550100",)).answered is answered


@pytest.mark.parametrize(("asked_for", "sent_seconds"), [(-5, "1"), (0, "1"), (36_000, "36000"), (99_999, "36000")])
def test_the_validity_stays_within_the_limits_of_twilio(
    fake: FakeCarrier, text: Text, asked_for: int, sent_seconds: str
) -> None:
    fake.answers(201, '{"sid": "SM1"}')

    twilio(fake.url).send(replace(text, valid_seconds=asked_for))

    assert fake.asked[0].form["ValidityPeriod"] == sent_seconds


def test_a_lone_surrogate_is_sent_as_a_question_mark(fake: FakeCarrier, text: Text) -> None:
    fake.answers(201, '{"sid": "SM1"}')

    answer = twilio(fake.url).send(replace(text, body="oh \ud83d"))

    assert answer == Sent("SM1")
    assert fake.asked[0].form["Body"] == "oh ?"


def test_a_reference_is_quoted_into_the_path() -> None:
    url = receipt_url("https://longcode.example/live/", "a/b?c#d é")

    assert url == "https://longcode.example/live/carriers/twilio/receipts/a%2Fb%3Fc%23d%20%C3%A9"


@pytest.mark.parametrize(
    ("status", "code", "why"),
    [
        (429, 20429, RefusalReason.TRY_AGAIN),
        (400, 20429, RefusalReason.TRY_AGAIN),
        (429, 99999, RefusalReason.TRY_AGAIN),
        (400, 21611, RefusalReason.TRY_AGAIN),
        (400, 30001, RefusalReason.TRY_AGAIN),
        (400, 30022, RefusalReason.TRY_AGAIN),
        (400, 30023, RefusalReason.TRY_LATER),
        (400, 30027, RefusalReason.TRY_LATER),
        (400, 21211, RefusalReason.NO_SUCH_NUMBER),
        (400, 21612, RefusalReason.BAD_NUMBER),
        (400, 30004, RefusalReason.BAD_NUMBER),
        (400, 30005, RefusalReason.NO_SUCH_NUMBER),
        (400, 21610, RefusalReason.OPTED_OUT),
        (403, 21610, RefusalReason.OPTED_OUT),
        (400, 21614, RefusalReason.NOT_MOBILE),
        (400, 21635, RefusalReason.NOT_MOBILE),
        (400, 30006, RefusalReason.NOT_MOBILE),
        (400, 21617, RefusalReason.BAD_TEXT),
        (400, 30002, RefusalReason.PARKED),
        (400, 30034, RefusalReason.PARKED),
        (401, 20003, RefusalReason.PARKED),
        (403, 20003, RefusalReason.PARKED),
        (400, 30003, RefusalReason.TRY_ONCE_LATER),
        (400, 30007, RefusalReason.FILTERED),
        (400, 30008, RefusalReason.UNKNOWN),
        (400, 21408, RefusalReason.PARKED),
        (400, 21606, RefusalReason.PARKED),
        (404, 20404, RefusalReason.PARKED),
        (404, 99999, RefusalReason.PARKED),
        (400, 63038, RefusalReason.TRY_LATER),
        (429, 63038, RefusalReason.TRY_LATER),
    ],
)
def test_each_refusal_code_has_a_reason(
    fake: FakeCarrier, text: Text, status: int, code: int, why: RefusalReason
) -> None:
    fake.answers(status, f'{{"code": {code}, "message": "no", "more_info": "…", "status": {status}}}')

    answer = twilio(fake.url).send(text)

    assert answer == Refused(why, str(code))
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    ("status", "body", "refused"),
    [
        (429, "slow down", Refused(RefusalReason.TRY_AGAIN, "429")),
        (401, "", Refused(RefusalReason.PARKED, "401")),
        (403, '{"code": null}', Refused(RefusalReason.PARKED, "403")),
        (400, "[]", Refused(RefusalReason.INVALID, "400")),
        (413, "<html>", Refused(RefusalReason.INVALID, "413")),
    ],
)
def test_a_refusal_without_a_code_has_the_reason_of_its_status(
    fake: FakeCarrier, text: Text, status: int, body: str, refused: Refused
) -> None:
    fake.answers(status, body)

    assert twilio(fake.url).send(text) == refused


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_status_that_leaves_the_result_open_is_uncertain_whatever_the_body(
    fake: FakeCarrier, text: Text, status: int
) -> None:
    fake.answers(status, '{"code": 20429, "sid": "SM1"}', Retry_After="0")

    answer = twilio(fake.url).send(text)

    assert answer == Uncertain(f"http {status}")
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    "body", ["", "not json", "[1]", "null", '"SM1"', '{"sid": null}', '{"sid": ""}', '{"sid": 7}', "[" * 100_000]
)
def test_an_unreadable_success_is_uncertain(fake: FakeCarrier, text: Text, body: str) -> None:
    fake.answers(201, body)

    assert twilio(fake.url).send(text) == Uncertain("http 201")


def test_a_truncated_success_is_uncertain(fake: FakeCarrier, text: Text) -> None:
    fake.breaks_off()

    assert twilio(fake.url).send(text) == Uncertain("ProtocolError")


def test_a_redirect_is_not_followed(fake: FakeCarrier, text: Text) -> None:
    fake.answers(307, "", Location=f"{fake.url}/elsewhere")

    answer = twilio(fake.url).send(text)

    assert answer == Uncertain("http 307")
    assert len(fake.asked) == 1


def test_a_time_out_is_uncertain_and_not_retried(fake: FakeCarrier, text: Text) -> None:
    fake.hangs()

    answer = twilio(fake.url, timeout_seconds=0.1).send(text)

    assert answer == Uncertain("ReadTimeoutError")
    assert len(fake.asked) == 1


def test_a_reset_is_uncertain_and_not_retried(fake: FakeCarrier, text: Text) -> None:
    fake.resets()

    answer = twilio(fake.url).send(text)

    assert answer == Uncertain("ProtocolError")
    assert len(fake.asked) == 1


def test_a_connection_closed_without_a_response_is_uncertain(fake: FakeCarrier, text: Text) -> None:
    fake.hangs_up()

    answer = twilio(fake.url).send(text)

    assert answer == Uncertain("ProtocolError")
    assert len(fake.asked) == 1


def test_a_refused_connection_is_a_refusal(nobody_there: str, text: Text) -> None:
    assert twilio(nobody_there).send(text) == Refused(RefusalReason.TRY_AGAIN, "unreachable")


@pytest.mark.parametrize(
    "problem",
    [
        NameResolutionError("api.twilio.com", HTTPSConnection("api.twilio.com"), gaierror("no such host")),
        ConnectTimeoutError("too late"),
    ],
)
def test_an_unknown_or_unreachable_host_is_a_refusal(text: Text, problem: Exception) -> None:
    answer = twilio("https://api.twilio.com", pool=FailingPool(problem)).send(text)

    assert answer == Refused(RefusalReason.TRY_AGAIN, "unreachable")


def test_texts_of_one_batch_share_a_connection(fake: FakeCarrier, text: Text) -> None:
    fake.answers(201, '{"sid": "SM1"}')
    carrier = twilio(fake.url)

    carrier.send(text)
    carrier.send(text)

    assert fake.asked[0].caller == fake.asked[1].caller


def test_a_connection_idle_for_too_long_is_not_used_again(fake: FakeCarrier, text: Text) -> None:
    fake.answers(201, '{"sid": "SM1"}')
    now = [0.0]
    carrier = twilio(fake.url, clock=lambda: now[0])

    carrier.send(text)
    now[0] = 31.0
    carrier.send(text)

    assert fake.asked[0].caller != fake.asked[1].caller


def test_the_signature_of_twilios_example_is_the_published_one() -> None:
    assert signature("12345", PUBLISHED_URL, PUBLISHED_FORM) == PUBLISHED_SIGNATURE


def test_several_values_of_one_name_are_sorted_and_a_repeated_one_counts_once() -> None:
    form = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]

    assert signature("12345", PUBLISHED_URL, form) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


def test_a_url_is_signed_as_it_is_spelled() -> None:
    url = "https://MyCompany.com/myapp.php?foo=1&bar=2"

    assert signature("12345", url, PUBLISHED_FORM) == "g9IN/x4Cft2g517EjYvEvM/W7LU="


@given(st.permutations(PUBLISHED_FORM))
def test_the_order_of_the_form_does_not_matter(form: list[tuple[str, str]]) -> None:
    assert signature("12345", PUBLISHED_URL, form) == PUBLISHED_SIGNATURE


def test_a_blank_value_is_signed_too() -> None:
    with_blank = [*PUBLISHED_FORM, ("FromCity", "")]

    assert signature("12345", PUBLISHED_URL, with_blank) != PUBLISHED_SIGNATURE


def test_twilios_own_signature_is_accepted() -> None:
    assert verify("12345", PUBLISHED_URL, PUBLISHED_FORM, PUBLISHED_SIGNATURE)


@pytest.mark.parametrize(
    ("url", "signed", "accepted"),
    [
        ("https://longcode.example/a?b=1", "https://longcode.example:443/a?b=1", True),
        ("https://longcode.example:443/a", "https://longcode.example/a", True),
        ("https://longcode.example:443/a", "https://longcode.example:443/a", True),
        ("https://longcode.example/a", "https://longcode.example:80/a", False),
        ("https://longcode.example:8443/a", "https://longcode.example:443/a", False),
        ("http://127.0.0.1:443/a", "http://127.0.0.1/a", False),
    ],
)
def test_a_signature_holds_with_the_port_of_https_and_without_it(url: str, signed: str, accepted: bool) -> None:
    form = [("MessageStatus", "delivered")]

    assert verify("12345", url, form, signature("12345", signed, form)) is accepted


@pytest.mark.parametrize(
    "header", [None, "", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "rsoydt4t1cutdk1pdd93/vvr8b8=", "é", "\ud83d"]
)
def test_a_missing_or_wrong_signature_is_refused(header: str | None) -> None:
    assert not verify("12345", PUBLISHED_URL, PUBLISHED_FORM, header)


@pytest.mark.parametrize(
    ("auth_token", "url", "form"),
    [
        ("54321", PUBLISHED_URL, PUBLISHED_FORM),
        ("12345", PUBLISHED_URL + "3", PUBLISHED_FORM),
        ("12345", PUBLISHED_URL, [*PUBLISHED_FORM, ("Body", "STOP")]),
        ("12345", PUBLISHED_URL, PUBLISHED_FORM[1:]),
    ],
)
def test_another_token_url_or_form_is_refused(auth_token: str, url: str, form: list[tuple[str, str]]) -> None:
    assert not verify(auth_token, url, form, PUBLISHED_SIGNATURE)


def test_nothing_is_accepted_while_the_token_is_unset() -> None:
    assert not verify("", PUBLISHED_URL, PUBLISHED_FORM, signature("", PUBLISHED_URL, PUBLISHED_FORM))


@given(st.lists(st.tuples(st.text(), st.text())), st.text())
def test_verifying_never_raises(form: list[tuple[str, str]], header: str) -> None:
    assert not verify("12345", PUBLISHED_URL, form, header)


@pytest.mark.parametrize("status", ["sent", "delivered", "read"])
def test_a_receipt_of_success_changes_the_state(status: str) -> None:
    states = {"sent": MessageState.SENT, "delivered": MessageState.DELIVERED, "read": MessageState.DELIVERED}

    receipt = read_receipt("1001.7", {"MessageSid": "SM1", "MessageStatus": status, "ErrorCode": ""})

    assert receipt == Receipt(carrier="twilio", reference="1001.7", carrier_id="SM1", state=states[status])


@pytest.mark.parametrize("status", ["failed", "undelivered"])
@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("21610", RefusalReason.OPTED_OUT),
        ("30001", RefusalReason.TRY_AGAIN),
        ("30002", RefusalReason.PARKED),
        ("30003", RefusalReason.TRY_ONCE_LATER),
        ("30004", RefusalReason.BAD_NUMBER),
        ("30005", RefusalReason.NO_SUCH_NUMBER),
        ("30023", RefusalReason.TRY_LATER),
        ("30006", RefusalReason.NOT_MOBILE),
        ("30007", RefusalReason.FILTERED),
        ("30008", RefusalReason.UNKNOWN),
        ("30034", RefusalReason.PARKED),
        ("30036", RefusalReason.UNKNOWN),
    ],
)
def test_a_receipt_of_failure_has_a_reason(status: str, code: str, why: RefusalReason) -> None:
    receipt = read_receipt("1001.7", {"MessageSid": "SM1", "MessageStatus": status, "ErrorCode": code})

    assert receipt == Receipt(
        carrier="twilio", reference="1001.7", carrier_id="SM1", state=MessageState.UNDELIVERED, code=code, reason=why
    )


@pytest.mark.parametrize("status", ["failed", "canceled", "partially_delivered"])
def test_a_receipt_of_failure_without_a_code_has_its_status_as_code(status: str) -> None:
    receipt = read_receipt("1001.7", {"MessageStatus": status})

    assert receipt == Receipt(
        carrier="twilio",
        reference="1001.7",
        carrier_id=None,
        state=MessageState.UNDELIVERED,
        code=status,
        reason=RefusalReason.UNKNOWN,
    )


@pytest.mark.parametrize("status", ["accepted", "scheduled", "queued", "sending", "teleported", ""])
def test_a_receipt_without_news_is_ignored(status: str) -> None:
    assert read_receipt("1001.7", {"MessageSid": "SM1", "MessageStatus": status}) is None


@given(st.dictionaries(st.sampled_from(["MessageSid", "MessageStatus", "ErrorCode"]), st.text()))
def test_reading_any_receipt_raises_no_error(form: dict[str, str]) -> None:
    read_receipt("1001.7", form)


def test_a_receipt_without_a_status_is_ignored() -> None:
    assert read_receipt("1001.7", {}) is None


def test_a_reply_needs_only_its_id_and_its_numbers() -> None:
    inbound = read_inbound({"MessageSid": "SM1", "From": "+15555550123", "To": "+15555550100"})

    assert inbound == Inbound(
        carrier="twilio", carrier_id="SM1", phone="+15555550123", number="+15555550100", body=""
    )


def test_pictures_are_read_however_many_are_announced() -> None:
    form = {"MessageSid": "SM1", "From": "+15555550123", "To": "+15555550100", "NumMedia": "lots"}
    pictures = {"MediaUrl0": "https://a.example/0", "MediaUrl1": "", "MediaUrl2": "https://a.example/2"}

    inbound = read_inbound(form | pictures)

    assert inbound.media == ("https://a.example/0", "https://a.example/2")


@pytest.mark.parametrize(("opt_out_type", "answered"), [("STOP", True), ("HELP", True), ("", False)])
def test_a_keyword_that_twilio_replied_to_is_answered(opt_out_type: str, answered: bool) -> None:
    form = {"MessageSid": "SM1", "From": "+15555550123", "To": "+15555550100", "Body": "Stop"}

    assert read_inbound(form | {"OptOutType": opt_out_type}).answered is answered


@pytest.mark.parametrize("field", ["MessageSid", "From", "To"])
def test_a_reply_without_its_id_or_numbers_is_refused(field: str) -> None:
    form = {"MessageSid": "SM1", "From": "+15555550123", "To": "+15555550100"}
    del form[field]

    with pytest.raises(ValueError, match=field):
        read_inbound(form)


@pytest.mark.parametrize("field", ["MessageSid", "From", "To"])
def test_a_reply_with_a_blank_id_or_number_is_refused(field: str) -> None:
    form = {"MessageSid": "SM1", "From": "+15555550123", "To": "+15555550100", field: " "}

    with pytest.raises(ValueError, match=field):
        read_inbound(form)


@given(
    st.dictionaries(
        st.sampled_from(["MessageSid", "From", "To", "Body", "NumMedia", "MediaUrl0", "OptOutType"]) | st.text(),
        st.text(),
    )
)
def test_any_reply_is_read_or_refused(form: dict[str, str]) -> None:
    try:
        inbound = read_inbound(form)
    except ValueError:
        return
    assert inbound.phone == form["From"]


def webhook(name: str) -> tuple[list[tuple[str, str]], str, dict[str, Any]]:
    event = json.loads((EVENTS / name).read_text())
    headers = {header.lower(): value for header, value in event["headers"].items()}
    return parse_qsl(event["body"], keep_blank_values=True), headers["x-twilio-signature"], event


def test_the_inbound_event_is_signed_and_reads_as_a_reply() -> None:
    form, header, _ = webhook("twilio_inbound.json")

    assert verify("test-token", "https://longcode.example/carriers/twilio/inbound", form, header)
    assert read_inbound(dict(form)) == Inbound(
        carrier="twilio",
        carrier_id="SM11112222333344445555666677778888",
        phone="+15555550123",
        number="+15555550100",
        body="Yes & thank you! 10:30 is fine 😀",
        media=(
            "https://api.twilio.com/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef"
            "/Messages/SM11112222333344445555666677778888/Media/ME0123",
        ),
    )


def test_the_receipt_event_is_signed_and_reads_as_delivered() -> None:
    form, header, event = webhook("twilio_receipt.json")
    reference = event["pathParameters"]["reference"]

    assert verify("test-token", receipt_url("https://longcode.example", reference), form, header)
    assert read_receipt(reference, dict(form)) == Receipt(
        carrier="twilio",
        reference="1001.0198f3c2a7b4",
        carrier_id="SM88887777666655554444333322221111",
        state=MessageState.DELIVERED,
    )
