"""Hosted software hears of an opt-out if the phone is of its client, or it ever texted it; nobody else does."""

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
from tests.functions.optout.test_worker import PHONE, answers, hear, heard
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, call, client, queued, studio
from tests.support.webhook_endpoint import HOOK

pytestmark = pytest.mark.usefixtures("aws")


def told() -> list[tuple[str, dict[str, Any]]]:
    """List who is told, and what."""
    found = [queues.read(jobs.Deliver, body) for body in queued("webhook")]
    return [
        (job.account, deliveries.look_up(job.account, [job.delivery_id]).deliveries[job.delivery_id].data)
        for job in found
    ]


def texted(account: str, number: str = "+15555550100") -> None:
    text = LastText(account=account, phone=PHONE, number=number, message_id="m", at=NOW)
    numbers.record_text(text, most_an_hour=10)


def test_a_studio_that_cannot_be_read_keeps_nobodys_stop_from_being_confirmed() -> None:
    client(studio("10000002", **HOOK))
    accounts.change_settings("10000002", {"delivery": "a word that this code does not know"})

    with pytest.raises(msgspec.ValidationError):
        hear("stop")

    assert len(answers()) == 1


def test_a_stop_is_told_to_whose_client_it_is_and_to_who_texted_the_phone_and_to_nobody_else() -> None:
    client(studio("10000001", **HOOK))
    studio("10000002", **HOOK)
    texted("10000002")
    studio("10000003", **HOOK)
    client(studio("10000004", **HOOK), "c9", "+12125550199")

    hear("stop")

    heard_by = dict(told())
    assert sorted(heard_by) == ["10000001", "10000002"]
    assert heard_by["10000001"] == {
        "phone": PHONE,
        "opted_out": True,
        "client_ids": ["c1"],
        "at": "2026-11-22T15:30:00+00:00",
        "means": "text",
    }
    assert heard_by["10000002"]["client_ids"] == []


def test_the_exact_words_are_told_to_nobody() -> None:
    client(studio(**HOOK))

    hear("stop", words="STOP you are horrible")

    assert "horrible" not in json.dumps(told())


def test_a_start_is_told_as_well_and_a_repeated_stop_is_not() -> None:
    client(studio(**HOOK))

    hear("stop", 0)
    hear("stop", 1)
    hear("start", 2)

    assert [data["opted_out"] for _, data in told()] == [True, False]


def test_killed_anywhere_the_next_delivery_of_a_stop_tells_it_once() -> None:
    client(studio(**HOOK))
    stop = heard("stop", 0)

    for crash in every_crash(after=False):
        with crash:
            worker.hear(stop, stop.at)
        worker.hear(stop, stop.at)
        worker.hear(stop, stop.at)

        assert len(queued("webhook")) <= 1  # what is lost, the sweeper brings
        assert [one["data"]["opted_out"] for one in store.query(keys.delivery("10000001"))] == [True]


def test_a_phone_that_the_studio_texted_over_another_of_our_numbers_concerns_it() -> None:
    studio(**HOOK)
    texted("10000001", "+15555550101")

    hear("stop")

    assert [account for account, _ in told()] == ["10000001"]


def test_what_staff_recorded_is_told_to_their_own_studio() -> None:
    client(studio(**HOOK))
    client(studio("10000002", **HOOK))

    call(api, "PUT", f"/optouts/{PHONE}", {"opted_out": True, "how": "On the phone"}, account="10000001")

    assert [(account, data["opted_out"], data["means"]) for account, data in told()] == [("10000001", True, "staff")]


def test_a_start_that_leaves_a_studio_blocked_by_its_staff_says_so() -> None:
    client(studio(**HOOK))
    hear("stop", 0)
    call(api, "PUT", f"/optouts/{PHONE}", {"opted_out": True, "how": "On the phone"}, account="10000001")
    told()

    hear("yes", 3)

    assert [data["opted_out"] for _, data in told()] == [True]


def test_a_studio_that_polls_or_wants_none_of_it_is_not_told() -> None:
    client(studio("10000001"))
    client(studio("10000002", **HOOK, webhook_events=(WebhookEvent.CALL_CREATED,)))

    hear("stop")

    assert told() == []


def test_a_studio_with_a_number_of_its_own_hears_nothing_of_a_stop_to_the_shared_ones() -> None:
    own_number = studio(**HOOK)
    client(own_number)
    accounts.change_settings(own_number.id, {"number": "+15555550109"})
    client(studio("10000002", **HOOK))

    hear("stop")

    assert [account for account, _ in told()] == ["10000002"]
