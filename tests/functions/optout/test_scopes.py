"""The scope of STOP and START: all studios on the shared numbers, or the one account of a dedicated number."""

from datetime import timedelta

import pytest

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.carriers.carrier import RefusalReason, Refused
from longcode.clients import store as clients
from longcode.jobs import HandleKeyword, Means
from longcode.keywords import POSSIBLE_OPT_OUT
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, account_scope
from optout import api, worker
from send import api as send_api
from send import worker as send_worker
from tests.support.fakes import NOW, FakeCarrier, LambdaContext, call, client, sqs_event, studio, take_queued

pytestmark = pytest.mark.usefixtures("aws")

PHONE, SHARED_NUMBER, OWN = "+12125550123", "+15555550100", "+15555550177"
MINE, OTHER = "10000001", "10000002"


@pytest.fixture(autouse=True)
def studios(aws: None) -> None:
    """Create two studios with one client each; the first has a number of its own."""
    for number in (MINE, OTHER):
        client(studio(number))
    numbers.dedicate(accounts.get_or_raise(MINE), OWN, NOW)


def mine() -> Account:
    return accounts.get_or_raise(MINE)


def say(keyword: str, number: str, minute: int = 0, account: str = MINE) -> None:
    job = HandleKeyword(
        id=f"{keyword}-{number}-{minute}",
        keyword=keyword,
        phone=PHONE,
        number=number,
        words=keyword,
        at=NOW + timedelta(minutes=minute),
        account=account,
    )
    worker.handle_keyword(job, NOW + timedelta(minutes=minute))


def may_text() -> tuple[bool, bool]:
    """Return for each studio whether its text is accepted, to the client and to the number alike."""
    accepted = []
    for account in (MINE, OTHER):
        for whom in ({"client_id": "c1"}, {"to": PHONE}):
            answer = call(send_api, "POST", "/messages/preview", {**whom, "body": "Hello"}, account=account)
            accepted.append(answer.json["may_be_sent"])
        shown = call(api, "GET", f"/optouts/{PHONE}", account=account)
        assert shown.json["opted_out"] is not accepted[-1]
    assert (accepted[0], accepted[2]) == (accepted[1], accepted[3])
    return accepted[0], accepted[2]


def test_a_stop_to_a_shared_number_opts_out_of_every_studio_on_the_shared_numbers() -> None:
    say("stop", SHARED_NUMBER, account=OTHER)

    assert may_text() == (True, False)


def test_a_stop_to_a_dedicated_number_opts_out_of_its_account_alone() -> None:
    say("stop", OWN)

    assert may_text() == (False, True)
    assert [event.scope for event in optouts.history(PHONE, account_scope(MINE), NOW)] == [account_scope(MINE)]
    assert optouts.history(PHONE, SHARED, NOW) == []


def test_a_stop_to_a_dedicated_number_marks_only_its_accounts_clients() -> None:
    say("stop", OWN)

    marked = [found.heard_stop for account in (MINE, OTHER) if (found := clients.get(account, "c1"))]
    assert marked == [{PHONE}, frozenset()]


def test_a_start_opts_in_only_to_the_scope_of_its_number() -> None:
    say("stop", OWN)
    say("stop", SHARED_NUMBER, account=OTHER)

    say("start", SHARED_NUMBER, minute=1, account=OTHER)
    opened_shared = may_text()
    say("start", OWN, minute=1)

    assert opened_shared == (False, True)
    assert may_text() == (True, True)


def test_a_start_to_a_dedicated_number_leaves_the_shared_scope_opted_out() -> None:
    say("stop", OWN)
    say("stop", SHARED_NUMBER, account=OTHER)

    say("start", OWN, minute=1)

    assert may_text() == (True, False)


def test_a_yes_to_a_dedicated_number_undoes_its_stop() -> None:
    say("stop", OWN)
    say("stop", SHARED_NUMBER, account=OTHER)

    say("yes", OWN, minute=1)

    assert may_text() == (True, False)


def test_a_start_to_a_shared_number_ends_the_opt_outs_recorded_by_staff_of_its_studios() -> None:
    for account in (MINE, OTHER):
        optouts.record(
            OptOutEvent(
                id=account,
                phone=PHONE,
                scope=account_scope(account),
                out=True,
                at=NOW,
                means=Means.STAFF,
                words="She asked.",
                account=account,
            )
        )
        clients.mark_phone(account, "c1", PHONE)

    say("start", SHARED_NUMBER, minute=1, account=OTHER)

    assert may_text() == (False, True)


def test_a_stop_from_before_a_studio_left_the_shared_numbers_still_blocks_it() -> None:
    numbers.dedicate(mine(), None, NOW)
    say("stop", SHARED_NUMBER)
    numbers.dedicate(mine(), OWN, NOW + timedelta(minutes=1))
    accepted_before = may_text()

    say("start", OWN, minute=2)

    assert accepted_before == (False, False)
    assert may_text() == (True, False)


def test_a_stop_to_a_shared_number_blocks_the_studio_that_left_it_if_it_answers_its_text() -> None:
    say("stop", SHARED_NUMBER, minute=5)
    stopped = may_text()

    say("start", SHARED_NUMBER, minute=6)

    assert stopped == (False, False)
    assert may_text() == (True, True)


def test_a_stop_to_a_studios_former_number_blocks_the_studio() -> None:
    numbers.dedicate(mine(), "+15555550178", NOW)

    say("stop", OWN, minute=5)

    assert may_text() == (False, False)


def test_a_stop_to_a_number_that_changed_studios_blocks_both() -> None:
    say("stop", OWN, minute=5, account=OTHER)
    stopped = may_text()

    say("start", OWN, minute=6, account=OTHER)

    assert stopped == (False, False)
    assert may_text() == (True, True)


def test_the_send_worker_refuses_a_text_after_a_stop_from_before_the_studio_left() -> None:
    message = call(send_api, "POST", "/messages", {"to": PHONE, "body": "Hello"}, account=MINE).json["messages"][0]
    say("stop", SHARED_NUMBER, minute=-1)

    [body] = [job for job in take_queued("send") if message["id"] in job]
    send_worker.prepare([body], FakeCarrier(), NOW)(body)

    kept = messages.get(MINE, message["id"])
    assert kept
    assert kept.state == "refused"


def test_an_unknown_number_is_treated_as_shared() -> None:
    say("stop", "+15555550188", account=OTHER)

    assert may_text() == (True, False)


def test_a_stop_is_confirmed_from_the_number_that_received_it() -> None:
    say("stop", OWN)
    say("stop", SHARED_NUMBER, account=OTHER)

    texts = [messages.get("longcode", f"stop-{number}-0-0") for number in (OWN, SHARED_NUMBER)]
    assert [text.number for text in texts if text] == [OWN, SHARED_NUMBER]


@pytest.mark.parametrize(("stopped", "states"), [(SHARED_NUMBER, ("sent", "refused")), (OWN, ("refused", "sent"))])
def test_the_send_worker_checks_each_text_against_the_scope_of_its_number(
    stopped: str, states: tuple[str, str]
) -> None:
    ids = {}
    for account in (MINE, OTHER):
        response = call(send_api, "POST", "/messages", {"to": PHONE, "body": "Hello"}, account=account)
        ids[account] = response.json["messages"][0]["id"]
    bodies = take_queued("send")

    say("stop", stopped, account=MINE if stopped == OWN else OTHER)
    deliver_job = send_worker.prepare(bodies, FakeCarrier(), NOW)
    for body in bodies:
        deliver_job(body)

    found = [messages.get(account, ids[account]) for account in (MINE, OTHER)]
    assert tuple(text.state for text in found if text) == states


def test_a_text_accepted_for_a_shared_number_is_refused_after_a_stop_to_the_shared_numbers() -> None:
    numbers.dedicate(mine(), None, NOW)
    message = call(send_api, "POST", "/messages", {"to": PHONE, "body": "Hello"}, account=MINE).json["messages"][0]
    numbers.dedicate(mine(), OWN, NOW)
    say("stop", SHARED_NUMBER, account=OTHER)

    [body] = [job for job in take_queued("send") if message["id"] in job]
    send_worker.prepare([body], FakeCarrier(), NOW)(body)

    kept = messages.get(MINE, message["id"])
    assert kept
    assert (kept.state, kept.error) == ("refused", "opted_out")


def test_a_carriers_opt_out_from_a_dedicated_number_blocks_its_account_alone() -> None:
    call(send_api, "POST", "/messages", {"to": PHONE, "body": "Hello"}, account=MINE)
    [body] = take_queued("send")

    send_worker.prepare([body], FakeCarrier(answers=[Refused(RefusalReason.OPTED_OUT, "21610")]), NOW)(body)
    worker.handler(sqs_event(*take_queued("opt_out")), LambdaContext())

    assert may_text() == (False, True)


def possible_opt_out(number: str, minute: int = 0) -> None:
    reply = Message(
        account=MINE,
        id=f"possible-{minute}",
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
    job = HandleKeyword(
        id=f"possible-{minute}",
        keyword=POSSIBLE_OPT_OUT,
        phone=PHONE,
        number=number,
        words="please stop texting me",
        at=NOW + timedelta(minutes=minute),
        account=MINE,
    )
    worker.handle_keyword(job, NOW)


def asked() -> list[str]:
    items = call(api, "GET", "/questions", account=MINE).json["items"]
    return [item["message_id"] for item in items]


def test_a_keyword_to_a_shared_number_does_not_close_a_question_of_a_dedicated_number() -> None:
    possible_opt_out(OWN)

    say("stop", SHARED_NUMBER, minute=1, account=OTHER)

    assert asked() == ["possible-0"]


def test_a_keyword_to_a_dedicated_number_closes_its_question() -> None:
    possible_opt_out(OWN)

    say("start", OWN, minute=1)

    assert asked() == []


def test_staff_of_a_dedicated_number_can_answer_no_despite_a_shared_opt_out() -> None:
    say("stop", SHARED_NUMBER, account=OTHER)
    possible_opt_out(OWN, minute=1)

    answer = call(api, "PUT", f"/questions/{PHONE}", {"opted_out": False}, account=MINE)

    assert answer.status in (200, 204)
    assert may_text() == (True, False)


def test_a_late_stop_counts_although_staff_answered_no_meanwhile() -> None:
    possible_opt_out(OWN)
    call(api, "PUT", f"/questions/{PHONE}", {"opted_out": False}, account=MINE)

    say("stop", OWN, minute=1)

    assert may_text() == (False, True)
