"""The steps of a reply, for tests: text a phone, receive its reply, post a webhook."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from msgspec.structs import replace

from inbox import webhook_api, worker
from longcode.accounts.account import Account
from longcode.carriers import twilio
from longcode.carriers.carrier import Inbound
from longcode.numbers import choose
from longcode.numbers import store as numbers
from longcode.numbers.routing import LastText
from tests.support.fakes import NOW, ApiResponse, call

PHONE, NUMBER = "+12125550123", "+15555550100"


def record_text(
    account: Account,
    at: datetime = NOW,
    *,
    phone: str = PHONE,
    number: str = NUMBER,
    client_id: str | None = "c1",
    message_id: str = "m-0",
) -> None:
    """Record that an account has texted a phone, from a shared number that is free or from its own."""
    text = LastText(account=account.id, phone=phone, number=number, message_id=message_id, at=at, client_id=client_id)
    if not choose.is_shared(number):
        numbers.record_text(text, most_an_hour=10)
        return
    choice = replace(choose.shared_choice(account.id, phone, ()), shared=(number,))
    taken = numbers.take_number(text, 10, choice, numbers.conversations_with(phone))
    assert isinstance(taken, LastText), taken


def receive(
    sid: str = "SM1", body: str = "Yes, thank you", *, phone: str = PHONE, number: str = NUMBER, at: datetime = NOW
) -> None:
    """Receive a text from a phone."""
    worker.receive(Inbound(carrier="twilio", carrier_id=sid, phone=phone, number=number, body=body), at)


def post(
    form: Mapping[str, str], token: str | None = "test-token", base: str = "https://longcode.example"
) -> ApiResponse:
    """Post a webhook to the address `base`, signed with a token, or unsigned with None."""
    url = f"{base}/carriers/twilio/inbound"
    signed = {"X-Twilio-Signature": twilio.signature(token, url, list(form.items()))} if token else {}
    return call(webhook_api, "POST", "/carriers/twilio/inbound", urlencode(form), headers=signed)
