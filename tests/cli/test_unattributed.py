"""`longcode unattributed` lists the replies that no studio has, hands one over, and moves one; `fetch-replies`."""

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from inbox.reconcile_schedule import NotListed, ReconcileOrder
from longcode.aws import orders
from longcode.carriers.carrier import Inbound
from longcode.messages import replies
from longcode.messages import store as messages
from tests.support.fakes import NOW, studio
from tests.support.operator import Ended, deployment, longcode

PHONE = "+12125550123"
REPLY = Inbound(carrier="twilio", carrier_id="SM1", phone=PHONE, number="+15555550100", body="Is Tuesday fine?")


@pytest.fixture(autouse=True)
def reply(aws: None) -> None:
    """A reply that may be for two studios."""
    studio("10000001")
    studio("10000002")
    replies.keep_unattributed(REPLY, NOW, ("10000001", "10000002"))


def test_a_reply_is_listed_with_whom_it_may_be_for_and_its_words_only_on_request() -> None:
    plain, asked = longcode("unattributed", "list"), longcode("unattributed", "list", "--words", "--phones")

    assert "2026-11-22 15:30 SM1 +1212…0123 +15555550100 10000001, 10000002 2026-12-22 15:30" in plain.printed
    assert "Tuesday" not in plain.printed
    assert "Is Tuesday fine?" in asked.printed
    assert PHONE in asked.printed


def test_a_reply_is_handed_over_once_and_moved_to_another_account() -> None:
    handed = longcode("unattributed", "hand-over", "SM1", "10000001")
    message_id = handed.printed.rstrip(".").split()[-1]
    moved = longcode("unattributed", "move", "10000001", message_id, "10000002")

    assert handed.printed == f"Account 10000001 has the reply, as message {message_id}."
    assert moved.printed == "Account 10000002 has the reply, and account 10000001 has it no more."
    assert messages.get("10000001", message_id) is None
    assert messages.get("10000002", message_id) is not None
    assert longcode("unattributed", "list").printed == "There are none."


def test_a_reply_that_does_not_exist_is_refused() -> None:
    ended = longcode("unattributed", "hand-over", "SM2", "10000001")

    assert (ended.exit_code, "(CARRIER_ID)" in ended.printed) == (1, True)


@dataclass(frozen=True)
class Reconcile:
    """A client of Lambda whose function gives an answer, or raises an exception."""

    answer: dict[str, Any]
    fails: bool = False
    given: list[tuple[str, Any]] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        self.given.append((FunctionName, json.loads(Payload)))
        error = {"FunctionError": "Unhandled"} if self.fails else {}
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **error}


def fetch(function: Reconcile, since: str = "2026-11-22T10:00:00Z") -> Ended:
    clients: dict[str, Any] = {"lambda": function}
    return longcode(
        "fetch-replies", "--from", since, of=deployment(outputs={"ReconcileFunction": "reconcile"}, **clients)
    )


@pytest.mark.parametrize(
    ("queued", "said"),
    [
        (0, "No text was missing."),
        (1, "One text was missing, and will arrive."),
        (1200, "1,200 texts were missing, and will arrive."),
    ],
)
def test_lost_replies_are_fetched_since_a_time(queued: int, said: str) -> None:
    function = Reconcile({"queued": queued})

    ended = fetch(function)

    assert (ended.exit_code, ended.printed) == (0, said)
    [(name, event)] = function.given
    assert name == "reconcile"
    assert orders.read(event, ReconcileOrder).since == datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_a_list_that_was_not_complete_ends_with_1_and_asks_to_repeat_the_command() -> None:
    ended = fetch(Reconcile({"errorType": NotListed.__name__, "errorMessage": ""}, fails=True))

    assert (ended.exit_code, "Repeat the command." in ended.printed) == (1, True)


@pytest.mark.parametrize(
    ("answer", "fails", "exit_code", "said"),
    [
        ({"errorType": "ClientError", "errorMessage": "throttled"}, True, 3, "The fetch failed: throttled"),
        ({"code": "invalid", "detail": "The order cannot be read.", "field": "since"}, False, 1, "(--from)"),
    ],
)
def test_a_fetch_that_fails_or_is_refused_says_why(
    answer: dict[str, Any], *, fails: bool, exit_code: int, said: str
) -> None:
    ended = fetch(Reconcile(answer, fails))

    assert (ended.exit_code, said in ended.printed) == (exit_code, True)
