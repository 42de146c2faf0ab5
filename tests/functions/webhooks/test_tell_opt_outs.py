"""The webhook opt_out.recorded goes to the studios that have a client with the phone or have texted it."""

import json
from typing import Any

import msgspec
import pytest

from longcode import jobs
from longcode.accounts import store as accounts
from longcode.accounts.account import WebhookEvent
from longcode.aws import queues
from longcode.numbers import store as numbers
from longcode.numbers.routing import LastText
from longcode.table import keys, store
from longcode.webhooks import store as deliveries
from optout import api, worker
from tests.functions.optout.test_worker import PHONE, answers, keyword_job, receive_keyword
from tests.support.api_document import delivery_faults
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, call, client, studio, take_queued
from tests.support.webhook_endpoint import HOOK

pytestmark = pytest.mark.usefixtures("aws")


def sent() -> list[tuple[str, dict[str, Any]]]:
    """Return the accounts that get a webhook, each with its data, which must be as the API document describes it."""
    delivers = [queues.read(jobs.Deliver, body) for body in take_queued("webhook")]
    queued = [
        deliveries.delivery_facts(job.account, [job.delivery_id]).deliveries[job.delivery_id] for job in delivers
    ]
    assert [fault for delivery in queued for fault in delivery_faults(delivery)] == []
    return [(delivery.account, delivery.data) for delivery in queued]


def texted(account: str, number: str = "+15555550100") -> None:
    text = LastText(account=account, phone=PHONE, number=number, message_id="m", at=NOW)
    numbers.record_text(text, most_an_hour=10)


def test_an_unreadable_studio_does_not_stop_the_confirmation_of_a_stop() -> None:
    client(studio("10000002", **HOOK))
    accounts.change_settings("10000002", {"delivery": "a word that this code does not know"})

    with pytest.raises(msgspec.ValidationError):
        receive_keyword("stop")

    assert len(answers()) == 1


def test_a_stop_is_sent_to_the_studios_that_know_the_phone_and_to_no_others() -> None:
    client(studio("10000001", **HOOK))
    studio("10000002", **HOOK)
    texted("10000002")
    studio("10000003", **HOOK)
    client(studio("10000004", **HOOK), "c9", "+12125550199")

    receive_keyword("stop")

    data_by_account = dict(sent())
    assert sorted(data_by_account) == ["10000001", "10000002"]
    assert data_by_account["10000001"] == {
        "phone": PHONE,
        "opted_out": True,
        "client_ids": ["c1"],
        "at": "2026-11-22T15:30:00.000Z",
        "means": "text",
    }
    assert data_by_account["10000002"]["client_ids"] == []


def test_the_exact_words_are_not_sent() -> None:
    client(studio(**HOOK))

    receive_keyword("stop", words="STOP you are horrible")

    assert "horrible" not in json.dumps(sent())


def test_a_start_is_sent_and_a_repeated_stop_is_not() -> None:
    client(studio(**HOOK))

    receive_keyword("stop", 0)
    receive_keyword("stop", 1)
    receive_keyword("start", 2)

    assert [data["opted_out"] for _, data in sent()] == [True, False]


@pytest.mark.long
def test_a_stop_killed_anywhere_and_delivered_again_is_sent_once() -> None:
    client(studio(**HOOK))
    stop = keyword_job("stop", 0)

    for crash in every_crash(after=False):
        with crash:
            worker.handle_keyword(stop, stop.at)
        worker.handle_keyword(stop, stop.at)
        worker.handle_keyword(stop, stop.at)

        assert len(take_queued("webhook")) <= 1  # the sweeper enqueues a lost one
        assert [item["data"]["opted_out"] for item in store.query(keys.delivery("10000001"))] == [True]


def test_a_stop_is_sent_to_a_studio_that_texted_over_another_shared_number() -> None:
    studio(**HOOK)
    texted("10000001", "+15555550101")

    receive_keyword("stop")

    assert [account for account, _ in sent()] == ["10000001"]


def test_an_opt_out_recorded_by_staff_is_sent_to_their_own_studio() -> None:
    client(studio(**HOOK))
    client(studio("10000002", **HOOK))

    call(api, "PUT", f"/optouts/{PHONE}", {"opted_out": True, "how": "On the phone"}, account="10000001")

    assert [(account, data["opted_out"], data["means"]) for account, data in sent()] == [("10000001", True, "staff")]


def test_a_yes_that_leaves_the_opt_out_by_staff_is_sent_as_opted_out() -> None:
    client(studio(**HOOK))
    receive_keyword("stop", 0)
    call(api, "PUT", f"/optouts/{PHONE}", {"opted_out": True, "how": "On the phone"}, account="10000001")
    sent()

    receive_keyword("yes", 3)

    assert [data["opted_out"] for _, data in sent()] == [True]


def test_nothing_is_sent_to_a_studio_that_polls_or_does_not_want_the_event() -> None:
    client(studio("10000001"))
    client(studio("10000002", **HOOK, webhook_events=(WebhookEvent.CALL_CREATED,)))

    receive_keyword("stop")

    assert sent() == []


def test_a_stop_to_a_shared_number_is_not_sent_to_a_studio_with_its_own_number() -> None:
    own_number = studio(**HOOK)
    client(own_number)
    accounts.change_settings(own_number.id, {"number": "+15555550109"})
    client(studio("10000002", **HOOK))

    receive_keyword("stop")

    assert [account for account, _ in sent()] == ["10000002"]
