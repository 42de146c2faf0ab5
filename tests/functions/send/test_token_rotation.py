"""A new auth token of Twilio's, put into the secret while texts and receipts are on their way; an empty secret."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from aws_lambda_powertools.utilities.parameters.constants import DEFAULT_PROVIDERS
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from inbox import reconcile_schedule
from longcode.accounts.account import Account
from longcode.aws import parameters
from longcode.aws.clients import client as aws_client
from longcode.carriers import twilio
from longcode.carriers.carrier import RefusalReason, Refused, SendResult, Sent, Text
from longcode.carriers.choose import NotConfigured, Rotating, configured_carrier
from longcode.message import MessageState
from send import receipts_api
from tests.support.fakes import NOW, ApiResponse, FakeCarrier, LambdaContext, call, take_queued
from tests.support.text_steps import accept, counted_units, deliver, stored

TEXT = Text(reference="r", to="+12125550123", origin="+15555550100", body="Hello", valid_seconds=60)
UNAUTHORISED = Refused(RefusalReason.PARKED, "20003")


@pytest.fixture(autouse=True)
def forgotten(aws: None) -> Iterator[None]:
    """Let each test begin, and end, as a process that has not read the secret."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    let_five_minutes_pass()
    for name in parameters._Rotation.__struct_fields__:
        setattr(parameters._rotation, name, getattr(parameters._Rotation(), name))


def let_five_minutes_pass() -> None:
    """Empty the caches of the secrets and parameters that were read, but keep their clients."""
    for provider in DEFAULT_PROVIDERS.values():
        provider.clear_cache()


def put_secret(**secret: str) -> None:
    aws_client("secretsmanager").put_secret_value(SecretId="carrier", SecretString=json.dumps(secret))


def receipt(reference: str, token: str, sid: str = "SM1") -> ApiResponse:
    path = f"/carriers/twilio/receipts/{reference}"
    pairs = [("MessageSid", sid), ("MessageStatus", "delivered")]
    signed = twilio.signature(token, f"https://receipts.example{path}", pairs)
    form = f"MessageSid={sid}&MessageStatus=delivered"
    return call(receipts_api, "POST", path, form, headers={"X-Twilio-Signature": signed})


def test_receipts_of_the_old_and_the_new_token_are_accepted_while_the_token_changes(account: Account) -> None:
    first, second, third = (accept(account, key) for key in "abc")
    deliver(FakeCarrier())
    assert receipt("none.none", "test-token").status == 204  # the process knows the old secret

    put_secret(account_sid="AC0", auth_token="new-token")
    answers = [
        receipt(f"{account.id}.{message.id}", token, stored(account, message.id).carrier_id or "").status
        for message, token in ((first, "test-token"), (second, "new-token"), (third, "test-token"))
    ]

    assert answers == [204, 204, 204]
    assert {stored(account, message.id).state for message in (first, second, third)} == {MessageState.DELIVERED}


def test_a_new_process_accepts_the_old_token_until_it_is_promoted(account: Account) -> None:
    put_secret(account_sid="AC0", auth_token="new-token")

    assert receipt("none.none", "test-token").status == 204
    assert receipt("none.none", "new-token").status == 204
    assert receipt("none.none", "guessed").status == 403


def test_the_old_token_is_accepted_for_a_day() -> None:
    put_secret(account_sid="AC0", auth_token="new-token")
    parameters.read_credentials_again()
    now = datetime.now(UTC)

    later = [now + timedelta(hours=23), now + timedelta(hours=25)]

    assert [parameters.carrier_tokens(at) for at in later] == [("new-token", "test-token"), ("new-token",)]


def test_the_secret_is_read_again_every_ten_seconds_at_most() -> None:
    times = iter([100.0, 100.0, 109.9, 110.0, 110.0])

    assert [parameters.read_credentials_again(lambda: next(times)) for _ in range(3)] == [True, False, True]


class Switching:
    """A carrier that is opened anew with the token of a secret; the secret changes when it is read again."""

    def __init__(self, *, changes: bool = True, may_read: bool = True) -> None:
        self.old, self.new = FakeCarrier(answers=[UNAUTHORISED] * 2), FakeCarrier(answers=[Sent("SM9")])
        self.carrier, self.changes, self.may_read = self.old, changes, may_read

    def current(self) -> FakeCarrier:
        return self.carrier

    def read_again(self) -> bool:
        if self.may_read and self.changes:
            self.carrier = self.new
        return self.may_read


@pytest.mark.parametrize(
    ("secret", "result", "sends"),
    [
        (Switching(), Sent("SM9"), 2),
        (Switching(changes=False), UNAUTHORISED, 1),
        (Switching(may_read=False), Refused(RefusalReason.TRY_AGAIN, "20003"), 1),
    ],
)
def test_a_401_reads_the_secret_again_and_sends_with_the_new_token(
    secret: Switching, result: SendResult, sends: int
) -> None:
    carrier = Rotating(secret.current, secret.read_again)

    assert carrier.send(TEXT) == result
    assert len(secret.old.texts) + len(secret.new.texts) == sends


def test_a_secret_that_cannot_be_read_again_leaves_the_text_to_the_next_attempt() -> None:
    def unreadable() -> bool:
        raise GetParameterError("ThrottlingException")

    carrier = Rotating(Switching().current, unreadable)

    assert carrier.send(TEXT) == Refused(RefusalReason.TRY_AGAIN, "20003")


def test_a_secret_before_that_was_no_json_is_no_token() -> None:
    aws_client("secretsmanager").put_secret_value(SecretId="carrier", SecretString="new-token")
    put_secret(account_sid="AC0", auth_token="new-token")

    assert receipt("none.none", "guessed").status == 403
    assert parameters.carrier_tokens(datetime.now(UTC)) == ("new-token", "")


def test_a_token_that_was_replaced_twice_is_not_accepted_by_a_process_that_knows_it() -> None:
    put_secret(account_sid="AC0", auth_token="new-token")
    assert receipt("none.none", "test-token").status == 204

    put_secret(account_sid="AC0", auth_token="newest-token")
    let_five_minutes_pass()
    parameters._rotation.read_at -= 300

    assert receipt("none.none", "test-token").status == 403
    assert receipt("none.none", "new-token").status == 204


def test_another_refusal_does_not_read_the_secret() -> None:
    secret = Switching()
    secret.old.answers = [Refused(RefusalReason.PARKED, "30002")]

    assert Rotating(secret.current, secret.read_again).send(TEXT) == Refused(RefusalReason.PARKED, "30002")
    assert secret.carrier is secret.old


def test_nothing_is_handed_over_until_the_secret_has_an_account(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    put_secret(account_sid="", auth_token="generated")
    message, carrier = accept(account), configured_carrier()
    [job] = take_queued("send")

    deliver(carrier, jobs=[job])

    waiting = stored(account, message.id)
    assert (waiting.state, waiting.held, waiting.error) == (MessageState.QUEUED, None, "twilio:not_configured")
    assert waiting.due_at
    assert waiting.due_at > NOW
    assert (counted_units(account), "ParkedSends" in capsys.readouterr().out) == (0, False)
    assert carrier.find(TEXT.to, TEXT.origin, NOW) is None


def test_the_texts_go_once_the_secret_is_filled_in(account: Account) -> None:
    put_secret(account_sid="", auth_token="generated")
    before = configured_carrier()
    assert isinstance(before, Rotating)
    assert isinstance(before._current(), NotConfigured)

    put_secret(account_sid="AC0", auth_token="token")
    _forget()  # five minutes later at most

    assert isinstance(before._current(), twilio.Twilio)


def test_nothing_is_compared_and_no_alarm_raised_before_the_secret_is_filled_in() -> None:
    put_secret(account_sid="", auth_token="generated")

    assert reconcile_schedule.handler({}, LambdaContext()) == {"queued": 0}
