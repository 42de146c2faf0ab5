from collections import defaultdict
from itertools import product

import pytest

from longcode.accounts.account import Account
from longcode.carriers.carrier import Receipt, RefusalReason
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import store as messages
from send import receipts as send_receipts
from tests.support.fakes import NOW, studio
from tests.support.text_steps import counted_units, stored

RECORD = "our own record"
RECEIPTS = {
    "sent": (MessageState.SENT, None, None),
    "delivered": (MessageState.DELIVERED, None, None),
    "undelivered": (MessageState.UNDELIVERED, "30003", RefusalReason.TRY_ONCE_LATER),
}


def orders() -> list[tuple[str, ...]]:
    """Return one to three receipts in every order, some repeated, with our own record anywhere among them."""
    receipts = [order for length in (1, 2, 3) for order in product(RECEIPTS, repeat=length)]
    return [(*order[:place], RECORD, *order[place:]) for order in receipts for place in range(len(order) + 1)]


def claimed(account: Account, message_id: str) -> Message:
    message = Message(
        account=account.id,
        id=message_id,
        direction=Direction.OUT,
        kind=MessageKind.INDIVIDUAL,
        state=MessageState.SENDING,
        phone="+12125550123",
        number="+15555550100",
        body="Hello",
        encoding="GSM-7",
        segments=1,
        units=2,
        created_at=NOW,
        claimed_at=NOW,
        attempt=1,
    )
    messages.accept([message])
    return message


def live(message: Message, order: tuple[str, ...]) -> None:
    for step in order:
        if step == RECORD:
            messages.record(message, MessageState.SENT, carrier="twilio", carrier_id="SM1")
        else:
            state, code, why = RECEIPTS[step]
            reference = f"{message.account}.{message.id}"
            send_receipts.apply_receipt(
                Receipt(carrier="twilio", reference=reference, carrier_id="SM1", state=state, code=code, reason=why),
                NOW,
            )


def charged(order: tuple[str, ...]) -> bool:
    return "delivered" in order or "undelivered" not in order


@pytest.mark.long
def test_receipts_in_any_order_repeated_and_before_or_after_our_own_record_end_alike(aws: None) -> None:
    account, ends = studio(), defaultdict(set)

    for number, order in enumerate(orders()):
        message = claimed(account, f"m{number}")
        live(message, order)
        end = stored(account, message.id)
        ends[frozenset(order)].add((end.state, end.error, end.charged_units, end.carrier_id, end.due_at))

    undelivered = {(MessageState.UNDELIVERED, "twilio:30003", 0, "SM1", None)}
    delivered = {(MessageState.DELIVERED, None, 2, "SM1", None)}
    assert ends == {
        frozenset({RECORD, "sent"}): {(MessageState.SENT, None, 2, "SM1", None)},
        frozenset({RECORD, "undelivered"}): undelivered,
        frozenset({RECORD, "sent", "undelivered"}): undelivered,
        frozenset({RECORD, "delivered"}): delivered,
        frozenset({RECORD, "sent", "delivered"}): delivered,
        frozenset({RECORD, "delivered", "undelivered"}): delivered,
        frozenset({RECORD, "sent", "delivered", "undelivered"}): delivered,
    }
    assert counted_units(account) == 2 * sum(charged(order) for order in orders())
