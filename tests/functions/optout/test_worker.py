"""STOP, START, HELP and YES take effect in the order of their times, and each change is confirmed once."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from longcode.clients import store as clients
from longcode.jobs import HandleKeyword, Means
from longcode.messages import folders
from longcode.messages import store as messages
from longcode.messages.folders import Search
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, account_scope
from optout import worker
from send import api
from tests.support.aws_calls import parallel_calls
from tests.support.crashes import Crash, every_crash
from tests.support.fakes import NOW, FakeCarrier, LambdaContext, call, client, sqs_event, studio, take_queued
from tests.support.readers import sample_event
from tests.support.text_steps import deliver

pytestmark = pytest.mark.usefixtures("aws")

PHONE = "+12125550123"
STOPPED = "You get no more texts from the studios on this number (Longcode). Reply START to get them again."
STARTED = "You get texts from your studio on this number again. Reply HELP for help, STOP to end them."


def at(minute: int) -> datetime:
    return NOW + timedelta(minutes=minute)


def keyword_job(keyword: str, minute: int = 0, **changes: Any) -> HandleKeyword:
    fields: dict[str, Any] = {
        "id": f"{keyword}-{minute}",
        "keyword": keyword,
        "phone": PHONE,
        "number": "+15555550100",
        "words": keyword.upper(),
        "at": at(minute),
        "account": "10000001",
    }
    return HandleKeyword(**(fields | changes))


def receive_keyword(keyword: str, minute: int = 0, **changes: Any) -> None:
    worker.handle_keyword(keyword_job(keyword, minute, **changes), at(minute))


def record_staff_opt_out(account: str, minute: int = 0, phone: str = PHONE) -> None:
    optouts.record(
        OptOutEvent(
            id=f"staff-{minute}",
            phone=phone,
            scope=account_scope(account),
            out=True,
            at=at(minute),
            means=Means.STAFF,
            words="She asked.",
            account=account,
        )
    )


def is_opted_out(account: str = "10000001", phone: str = PHONE) -> bool:
    return bool(optouts.blocked([(account, phone)]))


def stop_event() -> Any:
    """Return the event of a STOP sent a moment ago."""
    stop = sample_event("sqs_opt_out")
    [record] = stop["Records"]
    record["body"] = json.dumps(json.loads(record["body"]) | {"at": datetime.now(UTC).isoformat()})
    return stop


def answers(phone: str = PHONE) -> list[str]:
    """Return the automatic replies to a phone, oldest first."""
    page = folders.page("longcode", "sent", limit=50, search=Search(phone=phone))
    return [message.body for message in reversed(page.messages)]


def queued_text_ids() -> list[str]:
    return [json.loads(body)["message_id"] for body in take_queued("send")]


def test_a_stop_opts_the_phone_out_of_every_studio_and_is_confirmed() -> None:
    answer = worker.handler(stop_event(), LambdaContext())

    assert answer == {"batchItemFailures": []}
    assert (is_opted_out("10000001"), is_opted_out("10000002")) == (True, True)
    assert answers() == [STOPPED]
    assert queued_text_ids() == ["0f6a2c1e5b0d4b7e9a1c3d5e-0"]


def test_the_same_stop_delivered_again_is_confirmed_once() -> None:
    stop = stop_event()

    for _ in range(4):
        worker.handler(stop, LambdaContext())

    assert answers() == [STOPPED]
    assert set(queued_text_ids()) == {"0f6a2c1e5b0d4b7e9a1c3d5e-0"}


def test_a_repeated_stop_is_not_confirmed_again() -> None:
    receive_keyword("stop", 0)
    receive_keyword("stop", 1)

    assert is_opted_out()
    assert answers() == [STOPPED]


def test_a_start_opts_the_phone_in_and_is_confirmed() -> None:
    receive_keyword("stop", 0)
    receive_keyword("start", 1)

    assert not is_opted_out()
    assert answers() == [STOPPED, STARTED]


def test_a_start_from_a_phone_that_is_not_out_is_not_confirmed() -> None:
    receive_keyword("start")

    assert not is_opted_out()
    assert answers() == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_keywords_in_any_order_end_with_the_latest_by_time(order: Sequence[int]) -> None:
    said = [("stop", 0), ("start", 1), ("stop", 2)]

    for index in order:
        receive_keyword(*said[index])

    assert is_opted_out()
    assert [event.out for event in optouts.history(PHONE, SHARED, NOW)] == [True, False, True]


def test_a_stop_delivered_after_a_later_start_changes_nothing() -> None:
    receive_keyword("start", 1)
    receive_keyword("stop", 0)

    assert not is_opted_out()
    assert answers() == []


def test_yes_counts_only_from_a_phone_that_is_out() -> None:
    receive_keyword("yes", 0)
    assert optouts.history(PHONE, SHARED, NOW) == []

    receive_keyword("stop", 1)
    receive_keyword("yes", 2)

    assert not is_opted_out()
    assert answers() == [STOPPED, STARTED]


def test_a_start_ends_an_opt_out_recorded_by_staff() -> None:
    record_staff_opt_out("10000001")

    receive_keyword("start", 1)

    assert not is_opted_out()
    assert answers() == [STARTED]


def test_a_start_does_not_end_an_opt_out_recorded_later() -> None:
    record_staff_opt_out("10000001", 2)

    receive_keyword("start", 1)

    assert is_opted_out()
    assert answers() == []


def test_help_is_answered_and_changes_nothing() -> None:
    receive_keyword("stop", 0)
    receive_keyword("help", 1)

    assert is_opted_out()
    assert answers()[1] == (
        "Longcode texts for photo studios. Help: help@longcode.example. "
        "Msg & data rates may apply. Reply STOP to end."
    )


def test_automatic_replies_to_one_phone_are_three_an_hour() -> None:
    for minute in range(5):
        receive_keyword("help", minute)
    receive_keyword("help", 5, phone="+12125550199")
    receive_keyword("help", 61)

    assert (len(answers()), len(answers("+12125550199"))) == (4, 1)


def test_automatic_replies_of_all_kinds_are_three_an_hour() -> None:
    for minute, keyword in enumerate(("stop", "start", "help", "stop", "help")):
        receive_keyword(keyword, minute * 10)

    assert len(answers()) == 3
    assert is_opted_out()


def test_automatic_replies_are_counted_over_any_hour_and_not_by_the_clock() -> None:
    for minute in (27, 28, 29, 31, 86, 87):
        receive_keyword("help", minute)

    assert len(answers()) == 4


def test_concurrent_automatic_replies_are_three_an_hour() -> None:
    with parallel_calls() as threads:
        list(threads.map(lambda minute: receive_keyword("help", minute), range(6)))

    assert len(answers()) == 3


@pytest.mark.parametrize(("minute", "confirmed"), [(4, True), (5, False), (90, False)])
def test_a_stop_is_confirmed_within_five_minutes_or_not_at_all(minute: int, confirmed: bool) -> None:
    worker.handle_keyword(keyword_job("stop", 0), at(minute))

    assert is_opted_out()
    assert answers() == ([STOPPED] if confirmed else [])


def test_a_confirmation_in_the_queue_is_not_sent_after_five_minutes() -> None:
    receive_keyword("stop", 0)

    carrier = FakeCarrier()
    deliver(carrier, at(6))

    assert carrier.texts == []
    text = messages.get("longcode", "stop-0-0")
    assert text
    assert (text.state, text.valid_until) == ("expired", at(5))


def test_the_confirmation_of_a_start_is_not_sent_after_five_minutes() -> None:
    receive_keyword("stop", 0, answered=True)
    receive_keyword("start", 1)
    receive_keyword("stop", 3, answered=True)

    carrier = FakeCarrier()
    deliver(carrier, at(6))

    assert carrier.texts == []


SAID: list[Callable[[], None]] = [
    lambda: receive_keyword("stop", 0),
    lambda: receive_keyword("start", 10),
    lambda: receive_keyword("stop", 20, means=Means.CARRIER, answered=True),
    lambda: record_staff_opt_out("10000001", 5),
    lambda: receive_keyword("start", 30),
]


@pytest.mark.long
@pytest.mark.parametrize(
    "order", [order for order in permutations(range(5)) if order.index(3) < min(map(order.index, (1, 4)))]
)
def test_events_of_client_carrier_and_staff_in_any_order_end_with_the_latest(order: Sequence[int]) -> None:
    for index in [*order, *order]:
        SAID[index]()

    assert not is_opted_out()
    assert [event.means for event in optouts.history(PHONE, SHARED, NOW)] == ["text", "text", "carrier", "text"]
    for index in order:
        receive_keyword("stop", 40 + index)
    assert is_opted_out()


def test_a_start_does_not_replace_the_clients_permission() -> None:
    account = studio()
    client(account, "c1", PHONE, allow_text_marketing=False)

    receive_keyword("stop", 0)
    receive_keyword("start", 1)

    form = {"client_id": "c1", "body": "Hello"}
    assert call(api, "POST", "/messages/preview", form, account=account.id).json["code"] == "no_permission"


def test_a_repeated_delivery_counts_as_one_automatic_reply() -> None:
    for _ in range(5):
        receive_keyword("help", 0)
    receive_keyword("help", 1)
    receive_keyword("help", 2)

    assert len(answers()) == 3


def test_a_stop_that_the_carrier_confirmed_gets_no_reply() -> None:
    receive_keyword("stop", answered=True)

    assert is_opted_out()
    assert answers() == []


def test_an_unattributed_stop_opts_out_and_gets_no_reply() -> None:
    receive_keyword("stop", account=None)

    assert is_opted_out()
    assert answers() == []


def test_a_stop_is_marked_on_every_client_with_the_phone() -> None:
    client(studio("10000001"), "c1", PHONE)
    client(studio("10000002"), "c2", PHONE)
    client(studio("10000003"), "c3", "+12125550199")

    receive_keyword("stop")

    marked = [clients.get(*key) for key in (("10000001", "c1"), ("10000002", "c2"), ("10000003", "c3"))]
    assert [set(found.heard_stop) if found else None for found in marked] == [{PHONE}, {PHONE}, set()]


@pytest.mark.long
@pytest.mark.parametrize("keyword", ["yes", "start", "stop", "help"])
def test_a_keyword_killed_anywhere_takes_effect_and_is_answered_once(keyword: str) -> None:
    if keyword == "start":
        record_staff_opt_out("10000001")
    if keyword in ("yes", "start"):
        receive_keyword("stop", 0, answered=True)
    asked = keyword_job(keyword, 1)

    for crash in every_crash(after=False):
        with crash:
            worker.handle_keyword(asked, at(1))
        worker.handle_keyword(asked, at(3))

        assert is_opted_out() is (keyword == "stop")
        assert len(answers()) == 1
        assert f"{asked.id}-0" in queued_text_ids()


def test_a_yes_does_not_end_an_opt_out_recorded_by_another_studios_staff() -> None:
    record_staff_opt_out("10000002", phone=PHONE)

    receive_keyword("yes", 1)

    assert optouts.blocked([("10000002", PHONE)]) == {("10000002", PHONE)}
    assert answers() == []


def test_a_stop_killed_and_sent_again_is_confirmed_once() -> None:
    with Crash(4, before=True):
        receive_keyword("stop", 0)
    receive_keyword("stop", 1)
    assert answers() == []

    receive_keyword("stop", 0)
    receive_keyword("stop", 1)

    assert answers() == [STOPPED]


def test_concurrent_stops_and_a_start_end_with_the_latest() -> None:
    said = [("stop", 0), ("start", 1), ("stop", 2), ("stop", 2)]

    with parallel_calls() as threads:
        list(threads.map(lambda pair: receive_keyword(*pair), said))

    assert is_opted_out()
    assert [event.out for event in optouts.history(PHONE, SHARED, NOW)] == [True, False, True]
    assert answers().count(STOPPED) - answers().count(STARTED) == 1


def test_a_record_that_cannot_be_read_fails_alone() -> None:
    good = sample_event("sqs_opt_out")["Records"][0]["body"]
    shouted = json.dumps(json.loads(good) | {"id": "x", "keyword": "shout", "phone": "+12125550199"})

    answer = worker.handler(sqs_event(shouted, "nonsense", good), LambdaContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}, {"itemIdentifier": "m1"}]}
    assert (is_opted_out(), is_opted_out(phone="+12125550199")) == (True, False)


def test_no_log_contains_a_phone_or_a_body(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        worker.handler(stop_event(), LambdaContext())

    shown = "".join(capsys.readouterr())
    assert "5550123" not in shown
    assert "no more texts" not in shown
