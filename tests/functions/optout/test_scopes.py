"""Whom a STOP and a START are about: a shared number's every sender on those, a dedicated one's its account alone."""

from datetime import timedelta

import pytest

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.carriers.carrier import RefusalReason, Refused
from longcode.clients import store as clients
from longcode.jobs import HearKeyword, Means
from longcode.keywords import NEAR_STOP
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, of_account
from optout import api, worker
from send import api as send_api
from send import worker as send_worker
from tests.support.fakes import NOW, FakeCarrier, LambdaContext, call, client, queued, sqs_event, studio

pytestmark = pytest.mark.usefixtures("aws")

PHONE, SHARED_NUMBER, OWN = "+12125550123", "+15555550100", "+15555550177"
MINE, OTHER = "10000001", "10000002"


@pytest.fixture(autouse=True)
def studios(aws: None) -> None:
    """Give two studios with one client; the first has a number of its own."""
    for number in (MINE, OTHER):
        client(studio(number))
    numbers.dedicate(accounts.need(MINE), OWN, NOW)


def mine() -> Account:
    return accounts.need(MINE)


def say(keyword: str, number: str, minute: int = 0, account: str = MINE) -> None:
    heard = HearKeyword(
        id=f"{keyword}-{number}-{minute}",
        keyword=keyword,
        phone=PHONE,
        number=number,
        words=keyword,
        at=NOW + timedelta(minutes=minute),
        account=account,
    )
    worker.hear(heard, NOW + timedelta(minutes=minute))


def may_text() -> tuple[bool, bool]:
    """Tell whether each studio's text is accepted: to the client, and to the number."""
    told = []
    for account in (MINE, OTHER):
        for whom in ({"client_id": "c1"}, {"to": PHONE}):
            answer = call(send_api, "POST", "/messages/preview", {**whom, "body": "Hello"}, account=account)
            told.append(answer.json["may_be_sent"])
        shown = call(api, "GET", f"/optouts/{PHONE}", account=account)
        assert shown.json["opted_out"] is not told[-1]
    assert (told[0], told[2]) == (told[1], told[3])
    return told[0], told[2]


def test_a_stop_to_a_shared_number_is_about_every_sender_on_the_shared_numbers() -> None:
    say("stop", SHARED_NUMBER, account=OTHER)

    assert may_text() == (True, False)


def test_a_stop_to_a_dedicated_number_is_about_its_account_alone() -> None:
    say("stop", OWN)

    assert may_text() == (False, True)
    assert [one.scope for one in optouts.history(PHONE, of_account(MINE), NOW)] == [of_account(MINE)]
    assert optouts.history(PHONE, SHARED, NOW) == []


def test_only_its_clients_are_marked() -> None:
    say("stop", OWN)

    marked = [found.heard_stop for account in (MINE, OTHER) if (found := clients.get(account, "c1"))]
    assert marked == [{PHONE}, frozenset()]


def test_a_start_opens_only_what_was_closed_there() -> None:
    say("stop", OWN)
    say("stop", SHARED_NUMBER, account=OTHER)

    say("start", SHARED_NUMBER, minute=1, account=OTHER)
    opened_shared = may_text()
    say("start", OWN, minute=1)

    assert opened_shared == (False, True)
    assert may_text() == (True, True)


def test_a_start_to_a_dedicated_number_leaves_the_shared_ones_closed() -> None:
    say("stop", OWN)
    say("stop", SHARED_NUMBER, account=OTHER)

    say("start", OWN, minute=1)

    assert may_text() == (True, False)


def test_a_yes_to_a_dedicated_number_undoes_its_stop() -> None:
    say("stop", OWN)
    say("stop", SHARED_NUMBER, account=OTHER)

    say("yes", OWN, minute=1)

    assert may_text() == (True, False)


def test_a_start_to_a_shared_number_opens_what_staff_of_its_senders_recorded() -> None:
    for account in (MINE, OTHER):
        optouts.record(
            OptOutEvent(
                id=account,
                phone=PHONE,
                scope=of_account(account),
                out=True,
                at=NOW,
                means=Means.STAFF,
                words="She asked.",
                account=account,
            )
        )
        clients.hear_stop(account, "c1", PHONE)

    say("start", SHARED_NUMBER, minute=1, account=OTHER)

    assert may_text() == (False, True)


def test_a_stop_said_to_a_studio_on_the_shared_numbers_goes_with_it_to_its_own_number() -> None:
    numbers.dedicate(mine(), None, NOW)
    say("stop", SHARED_NUMBER)
    numbers.dedicate(mine(), OWN, NOW + timedelta(minutes=1))
    accepted_before = may_text()

    say("start", OWN, minute=2)

    assert accepted_before == (False, False)
    assert may_text() == (True, False)


def test_a_stop_to_the_number_that_a_studio_has_left_binds_the_studio_whose_text_it_answers() -> None:
    say("stop", SHARED_NUMBER, minute=5)
    stopped = may_text()

    say("start", SHARED_NUMBER, minute=6)

    assert stopped == (False, False)
    assert may_text() == (True, True)


def test_a_stop_to_the_own_number_of_before_binds_a_studio_that_has_another() -> None:
    numbers.dedicate(mine(), "+15555550178", NOW)

    say("stop", OWN, minute=5)

    assert may_text() == (False, False)


def test_a_stop_to_what_is_another_studios_number_now_binds_both() -> None:
    say("stop", OWN, minute=5, account=OTHER)
    stopped = may_text()

    say("start", OWN, minute=6, account=OTHER)

    assert stopped == (False, False)
    assert may_text() == (True, True)


def test_the_worker_of_a_number_of_its_own_knows_a_stop_of_before() -> None:
    told = call(send_api, "POST", "/messages", {"to": PHONE, "body": "Hello"}, account=MINE).json["messages"][0]
    say("stop", SHARED_NUMBER, minute=-1)

    [body] = [one for one in queued("send") if told["id"] in one]
    send_worker.prepare([body], FakeCarrier(), NOW)(body)

    kept = messages.get(MINE, told["id"])
    assert kept
    assert kept.state == "refused"


def test_a_number_that_is_neither_shared_nor_anybodys_is_treated_as_shared() -> None:
    say("stop", "+15555550188", account=OTHER)

    assert may_text() == (True, False)


def test_each_scopes_stop_is_confirmed_over_the_number_that_it_was_said_to() -> None:
    say("stop", OWN)
    say("stop", SHARED_NUMBER, account=OTHER)

    texts = [messages.get("longcode", f"stop-{number}-0-0") for number in (OWN, SHARED_NUMBER)]
    assert [one.number for one in texts if one] == [OWN, SHARED_NUMBER]


@pytest.mark.parametrize(("stopped", "states"), [(SHARED_NUMBER, ("sent", "refused")), (OWN, ("refused", "sent"))])
def test_the_worker_holds_each_text_against_the_scope_of_its_number(stopped: str, states: tuple[str, str]) -> None:
    ids = {}
    for account in (MINE, OTHER):
        told = call(send_api, "POST", "/messages", {"to": PHONE, "body": "Hello"}, account=account)
        ids[account] = told.json["messages"][0]["id"]
    bodies = queued("send")

    say("stop", stopped, account=MINE if stopped == OWN else OTHER)
    deliver_job = send_worker.prepare(bodies, FakeCarrier(), NOW)
    for body in bodies:
        deliver_job(body)

    found = [messages.get(account, ids[account]) for account in (MINE, OTHER)]
    assert tuple(one.state for one in found if one) == states


def test_a_text_that_was_accepted_for_a_shared_number_passes_the_gate_of_the_shared_ones() -> None:
    numbers.dedicate(mine(), None, NOW)
    told = call(send_api, "POST", "/messages", {"to": PHONE, "body": "Hello"}, account=MINE).json["messages"][0]
    numbers.dedicate(mine(), OWN, NOW)
    say("stop", SHARED_NUMBER, account=OTHER)

    [body] = [one for one in queued("send") if told["id"] in one]
    send_worker.prepare([body], FakeCarrier(), NOW)(body)

    kept = messages.get(MINE, told["id"])
    assert kept
    assert (kept.number, kept.state, kept.error) == (SHARED_NUMBER, "refused", "opted_out")


def test_a_carrier_that_says_opted_out_of_a_dedicated_number_teaches_us_of_that_account() -> None:
    call(send_api, "POST", "/messages", {"to": PHONE, "body": "Hello"}, account=MINE)
    [body] = queued("send")

    send_worker.prepare([body], FakeCarrier(answers=[Refused(RefusalReason.OPTED_OUT, "21610")]), NOW)(body)
    worker.handler(sqs_event(*queued("opt_out")), LambdaContext())

    assert may_text() == (False, True)


def near_miss(number: str, minute: int = 0) -> None:
    reply = Message(
        account=MINE,
        id=f"near-{minute}",
        direction=Direction.IN,
        kind=MessageKind.REPLY,
        state=MessageState.RECEIVED,
        phone=PHONE,
        number=number,
        body="please stop texting me",
        encoding="GSM-7",
        segments=1,
        units=1,
        created_at=NOW + timedelta(minutes=minute),
    )
    messages.write_new(reply)
    heard = HearKeyword(
        id=f"near-{minute}",
        keyword=NEAR_STOP,
        phone=PHONE,
        number=number,
        words="please stop texting me",
        at=NOW + timedelta(minutes=minute),
        account=MINE,
    )
    worker.hear(heard, NOW)


def asked() -> list[str]:
    told = call(api, "GET", "/questions", account=MINE).json["items"]
    return [one["message_id"] for one in told]


def test_what_staff_are_asked_of_a_dedicated_number_a_word_to_the_shared_ones_does_not_answer() -> None:
    near_miss(OWN)

    say("stop", SHARED_NUMBER, minute=1, account=OTHER)

    assert asked() == ["near-0"]


def test_what_staff_are_asked_of_a_dedicated_number_a_word_to_it_answers() -> None:
    near_miss(OWN)

    say("start", OWN, minute=1)

    assert asked() == []


def test_staff_can_answer_no_for_a_dedicated_number_though_the_shared_ones_are_closed() -> None:
    say("stop", SHARED_NUMBER, account=OTHER)
    near_miss(OWN, minute=1)

    answer = call(api, "PUT", f"/questions/{PHONE}", {"opted_out": False}, account=MINE)

    assert answer.status in (200, 204)
    assert may_text() == (True, False)


def test_a_stop_that_comes_late_holds_though_staff_said_no_to_a_near_miss_meanwhile() -> None:
    near_miss(OWN)
    call(api, "PUT", f"/questions/{PHONE}", {"opted_out": False}, account=MINE)

    say("stop", OWN, minute=1)

    assert may_text() == (False, True)
