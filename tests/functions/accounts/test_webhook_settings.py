"""The settings of webhooks: address, secret, events, and from which reply on."""

from datetime import timedelta

import pytest

from accounts import credentials_api, settings_api
from inbox import worker
from longcode.accounts import store as accounts
from longcode.aws import clients
from longcode.carriers.carrier import Inbound
from longcode.messages import replies
from longcode.numbers import store as numbers
from longcode.numbers.routing import LastText
from longcode.webhooks import store as deliveries
from longcode.webhooks import webhook
from longcode.webhooks.delivery import Endpoint
from tests.support.aws_calls import losing_the_first_response
from tests.support.fakes import NOW, PASSWORD, ApiResponse, call, studio

pytestmark = pytest.mark.usefixtures("aws")

HOOK = "https://studio.example/hook"


def change(settings: object) -> ApiResponse:
    return call(settings_api, "PATCH", "/account", settings, account="10000001")


def test_the_first_webhook_address_creates_a_secret_that_stays() -> None:
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


def test_the_address_of_webhooks_that_are_on_cannot_be_removed() -> None:
    studio()
    change({"delivery": "webhook", "webhook_url": HOOK})

    assert change({"webhook_url": None}).status == 422
    assert change({"delivery": "poll", "webhook_url": None}).json["webhook_url"] is None


def test_replies_polled_before_are_not_posted() -> None:
    studio()
    route = LastText(account="10000001", phone="+12125550123", number="+15555550100", message_id="m", at=NOW)
    numbers.record_text(route, most_an_hour=10)
    worker.receive(
        Inbound(carrier="twilio", carrier_id="SM1", phone="+12125550123", number="+15555550100", body="Hi"), NOW
    )

    change({"delivery": "webhook", "webhook_url": HOOK})

    assert replies.forwarded("10000001") == replies.newest_sequence("10000001") == 1


def test_a_password_whose_write_the_sdk_repeated_is_shown() -> None:
    studio()

    with losing_the_first_response("dynamodb", "TransactWriteItems") as repeated:
        changed = call(credentials_api, "POST", "/account/password", {"present": PASSWORD}, account="10000001")

    assert repeated == ["TransactWriteItems"]
    assert changed.status == 200


def test_an_old_secret_signs_for_a_day_after_its_replacement() -> None:
    studio()
    old = change({"delivery": "webhook", "webhook_url": HOOK}).json["webhook_secret"]

    new = call(settings_api, "POST", "/account/webhook-secret", account="10000001").json["webhook_secret"]

    account = accounts.get_or_raise("10000001")
    now = clients.now()
    assert new != old
    assert webhook.signing_secrets(account, now) == [new, old]
    assert webhook.signing_secrets(account, now + timedelta(hours=25)) == [new]


def test_parallel_requests_for_a_new_secret_make_one() -> None:
    studio()
    change({"delivery": "webhook", "webhook_url": HOOK})
    read_before = accounts.get_or_raise("10000001")
    call(settings_api, "POST", "/account/webhook-secret", account="10000001")

    assert not accounts.change_webhook_secret(read_before, "whsec_other", ())


def test_a_secret_cannot_be_renewed_before_there_is_one() -> None:
    studio()

    refused = call(settings_api, "POST", "/account/webhook-secret", account="10000001")

    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "webhook_url")


def test_a_studio_chooses_its_webhook_events() -> None:
    studio()

    every = call(settings_api, "GET", "/account", account="10000001").json["webhook_events"]
    some = change({"webhook_events": ["message.received", "call.created"]}).json["webhook_events"]

    assert every == ["message.received", "message.status", "opt_out.recorded", "call.created", "usage.notice"]
    assert some == ["message.received", "call.created"]
    assert change({"webhook_events": ["message.read"]}).status == 422
    assert change({"webhook_events": None}).status == 422


def test_switched_off_webhooks_are_shown_until_they_are_turned_on_again() -> None:
    studio()
    change({"delivery": "webhook", "webhook_url": HOOK})
    accounts.switch_webhook_off("10000001", HOOK, NOW)

    off = call(settings_api, "GET", "/account", account="10000001").json
    on = change({"delivery": "webhook"}).json

    assert (off["delivery"], off["webhook_gone_at"]) == ("poll", "2026-11-22T15:30:00.000Z")
    assert (on["delivery"], on["webhook_gone_at"]) == ("webhook", None)


def test_a_new_address_ends_the_back_off_of_the_old_one() -> None:
    studio()
    change({"delivery": "webhook", "webhook_url": HOOK})
    deliveries.note_failure(Endpoint(account="10000001"), NOW, 0)

    change({"webhook_url": HOOK + "/new"})

    assert deliveries.delivery_facts("10000001", []).endpoint.paused_until is None
