import pytest

from longcode.carriers.carrier import Inbound
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import replies
from longcode.usage import store as quotas
from tests.support.aws_calls import failing, losing_the_first_response
from tests.support.fakes import NOW

pytestmark = pytest.mark.usefixtures("aws")


def inbound(carrier_id: str = "SM1") -> Inbound:
    return Inbound(carrier="twilio", carrier_id=carrier_id, phone="+12125550123", number="+15555550100", body="Hello")


def reply(message_id: str = "m1") -> Message:
    return Message(
        account="1",
        id=message_id,
        direction=Direction.IN,
        kind=MessageKind.REPLY,
        state=MessageState.RECEIVED,
        phone="+12125550123",
        number="+15555550100",
        body="Hello",
        encoding="GSM-7",
        segments=1,
        units=1,
        charged_units=1,
        month="2026-11",
        created_at=NOW,
    )


def test_a_reply_is_recorded_once_with_its_time_and_account() -> None:
    first, again = replies.record_reply(inbound(), reply()), replies.record_reply(inbound(), reply())

    assert (first, again) == (True, False)
    assert replies.first_received(inbound()) == (NOW, "1")
    assert replies.after("1", 0, 10) == [(1, reply())]


def test_an_id_that_never_came_is_unknown() -> None:
    assert replies.first_received(inbound()) is None


def test_a_reply_whose_write_the_sdk_repeated_is_recorded_once() -> None:
    with losing_the_first_response("dynamodb", "TransactWriteItems") as repeated:
        replies.record_reply(inbound(), reply())

    assert repeated == ["TransactWriteItems"]
    assert replies.newest_sequence("1") == 1
    assert quotas.of_month("1", "2026-11").units_received == 1


def test_a_reply_waits_for_another_transaction() -> None:
    with failing("dynamodb", "TransactWriteItems", "TransactionConflictException", times=2):
        taken_in = replies.record_reply(inbound(), reply())

    assert taken_in
