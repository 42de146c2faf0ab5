"""The owner's pages of webhooks and API keys: what is shown once, what became of a webhook, and what ends."""

import re
from datetime import timedelta

import pytest

from hub.settings import webhooks as pages
from longcode.accounts import api_keys, passwords
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, ReplyDelivery, WebhookEvent
from longcode.aws import clients
from longcode.webhooks import delivery
from longcode.webhooks import store as webhooks
from longcode.webhooks.webhook import EndpointResponse
from tests.support.aws_calls import meanwhile
from tests.support.browser import Browser, Page
from tests.support.webhook_endpoint import FakeEndpoint, run_webhook_jobs

URL = "https://studio.example/longcode"


def now(account: Account) -> Account:
    return accounts.get_or_raise(account.id)


def switch_on(browser: Browser, **fields: str) -> Page:
    return browser.submit(browser.get("webhooks"), "webhooks", webhook_url=URL, on="on", **fields)


def secret_on(page: Page) -> str:
    match = re.search(r"whsec_[\w+/=]+", page.text)
    return match[0] if match else ""


def test_a_first_address_shows_its_secret_once(account: Account, signed_in: Browser) -> None:
    first = switch_on(signed_in)
    again = switch_on(signed_in)

    assert secret_on(first) == now(account).webhook_secret
    assert (now(account).webhook_url, now(account).delivery) == (URL, ReplyDelivery.WEBHOOK)
    assert (secret_on(again), secret_on(signed_in.get("webhooks"))) == ("", "")


def test_a_first_address_that_is_sent_twice_says_where_its_secret_is(account: Account, signed_in: Browser) -> None:
    page = signed_in.get("webhooks")
    first, second = (signed_in.submit(page, "webhooks", webhook_url=URL, on="on") for _ in range(2))

    assert secret_on(first) == now(account).webhook_secret
    assert second.status == 409
    assert "If you did not see it, make a new secret" in second.text


def test_two_first_addresses_at_the_same_moment_make_one_secret(account: Account, signed_in: Browser) -> None:
    page, other = signed_in.get("webhooks"), Browser(dict(signed_in.cookies))
    shown: list[Page] = []

    with meanwhile("UpdateItem", lambda: shown.append(other.submit(page, "webhooks", webhook_url=URL, on="on"))):
        shown.append(signed_in.submit(page, "webhooks", webhook_url=URL, on="on"))

    assert {secret_on(one) for one in shown} - {""} == {now(account).webhook_secret}


def test_a_form_that_is_sent_twice_makes_one_secret_and_the_old_one_signs_for_a_day(
    account: Account, signed_in: Browser
) -> None:
    old = secret_on(switch_on(signed_in))
    asked = signed_in.get("webhooks/secret")

    made, repeated = (signed_in.submit(asked, "webhooks/secret") for _ in range(2))

    after = now(account)
    assert (secret_on(made), repeated.status) == (after.webhook_secret, 409)
    assert [one.secret for one in after.webhook_old_secrets] == [old]
    assert "The old secret signs too until" in signed_in.get("webhooks").text


def test_only_the_chosen_events_are_sent_and_an_unusable_address_is_refused(
    account: Account, signed_in: Browser
) -> None:
    switch_on(signed_in)
    fields = {name: value for name, value in signed_in.get("webhooks").fields.items() if name != "event_usage.notice"}

    signed_in.post("webhooks", **fields)
    refused = signed_in.post("webhooks", **fields | {"webhook_url": "http://10.0.0.1/"})

    assert WebhookEvent.USAGE_NOTICE not in now(account).webhook_events
    assert WebhookEvent.MESSAGE_RECEIVED in now(account).webhook_events
    assert "Please check the address: is not an https address." in refused.text
    assert (refused.fields["webhook_url"], now(account).webhook_url) == ("http://10.0.0.1/", URL)


def test_a_test_is_sent_once_whatever_events_are_chosen_and_shows_what_became_of_it(
    account: Account, signed_in: Browser
) -> None:
    switch_on(signed_in)
    page = signed_in.get("webhooks")
    sent = signed_in.submit(page, "webhooks/test")
    signed_in.submit(page, "webhooks/test")
    endpoint = FakeEndpoint(EndpointResponse(status=500))

    run_webhook_jobs(endpoint, clients.now())
    failed = signed_in.get(sent.path)
    state = signed_in.get("webhooks")
    listed = signed_in.get("webhooks/list", "state=pending")
    replayed = signed_in.submit(failed, f"{sent.path}/again")
    run_webhook_jobs(endpoint, clients.now())

    assert "It is on its way." in sent.text
    assert "1 attempt so far: your software answered 500: it has a fault of its own" in failed.text
    assert "It fails since" in state.text
    assert "A test" in listed.text
    assert "It is on its way." in replayed.text
    assert "Your software took it" in signed_in.get(sent.path).text
    assert len(endpoint.webhooks) == 2


def test_webhooks_that_were_given_up_are_listed_by_page(account: Account, signed_in: Browser) -> None:
    given_up = []
    for number in range(51):
        sent = delivery.of_test(account.id, str(number), clients.now() - timedelta(minutes=number))
        given_up.append(delivery.given_up(sent, "timed_out", clients.now()))
    webhooks.create(given_up)

    first = signed_in.get("webhooks/list")
    second = signed_in.get("webhooks/list", next(a for a in first.addresses if "after=" in a).partition("?")[2])

    assert [page.text.count("A test") for page in (first, second)] == [50, 1]
    assert "no answer within ten seconds" in first.text
    assert (
        "Webhooks are off, so it cannot be sent again now." in signed_in.get(f"webhooks/sent/{given_up[0].id}").text
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (None, ""),
        ("tls_failed", "the server's certificate is not valid"),
        ("status_404", "your software answered 404: there is nothing at the address"),
        ("status_302", "your software answered 302: it sends us to another address, and we follow none"),
        ("status_418", "your software answered 418"),
    ],
)
def test_an_error_is_said_in_words(error: str | None, said: str) -> None:
    assert pages.why(error) == said


def test_a_key_is_shown_once_and_ends_when_it_is_ended(account: Account, signed_in: Browser) -> None:
    page = signed_in.get("keys")

    made = signed_in.submit(page, "keys", name="Booking page", scope="send", ends="2100-12-31")
    repeated = signed_in.submit(page, "keys", name="Booking page", scope="send")
    listed = signed_in.get("keys")
    (key,) = api_keys.of_account(account.id)
    secret = re.search(r"lck_[a-z0-9]+_[a-z0-9]+", made.text)
    asked = signed_in.get(f"keys/{key.id}/end")
    ended = signed_in.submit(asked, f"keys/{key.id}/end")

    assert secret
    assert passwords.key_id_of(secret[0]) == key.id
    assert secret[0] not in listed.text
    assert (key.name, key.scope, f"{key.ends_at:%Y-%m-%d %H:%M}") == ("Booking page", "send", "2101-01-01 06:00")
    assert (repeated.status, "has made its key" in repeated.text) == (409, True)
    assert "The key has ended." in ended.text
    assert api_keys.of_account(account.id) == []


def test_a_key_without_scope_or_with_a_past_end_is_refused(account: Account, signed_in: Browser) -> None:
    page = signed_in.get("keys")

    without = signed_in.submit(page, "keys", name="Booking page")
    past = signed_in.submit(page, "keys", name="Booking page", scope="read", ends="2020-01-01")

    assert "Choose what the key can do." in without.text
    assert "The end of the key is in the past." in past.text
    assert past.fields["ends"] == "2020-01-01"
    assert api_keys.of_account(account.id) == []
