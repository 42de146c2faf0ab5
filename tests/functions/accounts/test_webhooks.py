"""Turning webhooks on: the address, its secret, and from which reply on."""

import pytest

from accounts import api
from inbox import worker
from longcode.carriers.carrier import Inbound
from longcode.route import Route
from longcode.table import accounts, inbox, routes
from tests.fakes import NOW, PASSWORD, Answered, call, studio
from tests.functions.send.wire import losing_the_first_answer

pytestmark = pytest.mark.usefixtures("aws")

HOOK = "https://studio.example/hook"


def change(settings: object) -> Answered:
    return call(api, "PATCH", "/account", settings, account="10000001")


def test_an_address_brings_a_secret_that_stays() -> None:
    studio()

    first = change({"delivery": "webhook", "webhook_url": HOOK}).json
    second = change({"webhook_url": HOOK + "/new"}).json

    assert first["webhook_secret"].startswith("whsec_")
    assert second["webhook_secret"] == first["webhook_secret"]
    assert [one.id for one in accounts.with_webhook()] == ["10000001"]


def test_webhooks_without_an_address_are_refused() -> None:
    studio()

    refused = change({"delivery": "webhook"})

    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "webhook_url")
    assert list(accounts.with_webhook()) == []


def test_the_address_of_webhooks_that_are_on_cannot_be_taken_away() -> None:
    studio()
    change({"delivery": "webhook", "webhook_url": HOOK})

    assert change({"webhook_url": None}).status == 422
    assert change({"delivery": "poll", "webhook_url": None}).json["webhook_url"] is None


def test_what_was_fetched_before_is_not_posted_again() -> None:
    studio()
    route = Route(account="10000001", phone="+12125550123", number="+15555550100", message_id="m", at=NOW)
    routes.note([route], {"10000001": 10})
    worker.receive(
        Inbound(carrier="twilio", carrier_id="SM1", phone="+12125550123", number="+15555550100", body="Hi"), NOW
    )

    change({"delivery": "webhook", "webhook_url": HOOK})

    assert inbox.forwarded("10000001") == inbox.end("10000001") == 1


def test_a_password_whose_write_was_repeated_by_the_sdk_is_shown() -> None:
    studio()

    with losing_the_first_answer("dynamodb", "PutItem") as repeated:
        changed = call(api, "POST", "/account/password", {"present": PASSWORD}, account="10000001")

    assert repeated == ["PutItem"]
    assert changed.status == 200
