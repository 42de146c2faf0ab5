"""`longcode unattributed`: lists the replies that no studio has, hands one over, and moves one."""

import pytest

from longcode.carriers.carrier import Inbound
from longcode.messages import replies
from longcode.messages import store as messages
from tests.support.fakes import NOW, studio
from tests.support.operator import longcode

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
