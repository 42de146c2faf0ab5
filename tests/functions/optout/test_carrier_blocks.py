"""A carrier's block of a number that is older than the phone's last START: it blocks that pair and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product

import pytest
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.aws.settings import settings
from longcode.carriers.carrier import CarrierText, Receipt, RefusalReason, Refused, SendResult, Sent, Text
from longcode.errors import OptedOut
from longcode.jobs import HandleKeyword, Means
from longcode.message import Message, MessageState
from longcode.numbers import choose
from longcode.numbers import store as numbers
from longcode.numbers.conversations import free_number
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, start_since_block
from optout import worker
from send.receipts import apply_receipt
from sweeper import sweep_schedule
from tests.support.admin_orders import send_accepted_order
from tests.support.fakes import NOW, take_queued
from tests.support.text_steps import accept, counted_units, deliver, stored

A, B, C = (f"+1555555010{index}" for index in range(3))
OWN = "+13105550100"  # of another studio
PHONE = "+12125550123"
MINUTE = timedelta(minutes=1)
CODES = {"twilio": "21610", "aws": "DESTINATION_PHONE_NUMBER_OPTED_OUT"}


@pytest.fixture(autouse=True)
def three_numbers(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Configure three shared numbers."""
    monkeypatch.setenv("SHARED_NUMBERS", f"{A},{B},{C}")
    settings.cache_clear()
    yield
    settings.cache_clear()


@dataclass
class BlockingCarrier:
    """Keeps STOP and START for each pair of number and phone, as Twilio's default does."""

    name: str = "twilio"
    blocked: set[tuple[str, str]] = field(default_factory=set)
    taken: list[Text] = field(default_factory=list)

    def send(self, text: Text) -> SendResult:
        if (text.origin, text.to) in self.blocked:
            return Refused(RefusalReason.OPTED_OUT, CODES[self.name])
        self.taken.append(text)
        return Sent(f"SM{len(self.taken)}")

    def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:  # noqa: ARG002
        return None

    def hear(self, keyword: str, number: str, phone: str) -> None:
        if keyword == "stop":
            self.blocked.add((number, phone))
        else:
            self.blocked.discard((number, phone))


def hear(keyword: str, number: str, at: datetime, phone: str = PHONE) -> None:
    """Act on a keyword that the carrier has answered itself."""
    job = HandleKeyword(
        id=f"{keyword} {number} {at}",
        keyword=keyword,
        phone=phone,
        number=number,
        words=keyword,
        at=at,
        account="10000001",
        answered=True,
    )
    worker.handle_keyword(job, at)


def take_carrier_reports(at: datetime) -> None:
    for body in take_queued("opt_out"):
        worker.handle_keyword(queues.read(HandleKeyword, body), at)


def text(account: Account, carrier: BlockingCarrier, at: datetime, phone: str = PHONE) -> Message | None:
    """Send a text and what it takes until it is sent or has failed; None if it is refused as opted out."""
    try:
        message = accept(account, f"{phone} {at}", now=at, client_id=None, to=phone)
    except OptedOut:
        return None
    deliver(carrier, at)
    if stored(account, message.id).state is MessageState.QUEUED:
        sweep_schedule.sweep(at + MINUTE)
        deliver(carrier, at + MINUTE)
    take_carrier_reports(at)
    return stored(account, message.id)


@pytest.mark.long
@pytest.mark.parametrize("carrier_name", CODES)
def test_in_any_order_nothing_is_sent_after_the_last_stop_and_everything_after_the_last_start(
    account: Account, carrier_name: str
) -> None:
    carrier = BlockingCarrier(carrier_name)
    second, third = product(("stop", "start"), (A, B)), product(("stop", "start"), (A, B, C))
    orders = [(("stop", A), *others) for others in product(second, third)]

    for index, order in enumerate(orders):
        phone = f"+1212555{index + 1000}"
        text(account, carrier, NOW - MINUTE, phone)  # chooses a number
        for minute, (keyword, number) in enumerate(order):
            at = NOW + 10 * minute * MINUTE
            hear(keyword, number, at, phone)
            carrier.hear(keyword, number, phone)
            taken = len(carrier.taken)

            message = text(account, carrier, at + MINUTE, phone)

            if keyword == "stop":
                assert (message, len(carrier.taken)) == (None, taken), order
            else:
                assert message, order
                assert (message.state, len(carrier.taken)) == (MessageState.SENT, taken + 1), order


def stopped_and_started_elsewhere(account: Account) -> tuple[BlockingCarrier, str, str]:
    """Return a carrier that blocks the account's number for the phone, that number, and the one of the START."""
    carrier = BlockingCarrier()
    first = text(account, carrier, NOW)
    assert first
    other = next(number for number in (A, B, C) if number != first.number)
    for keyword, number, minute in (("stop", first.number, 1), ("start", other, 2)):
        hear(keyword, number, NOW + minute * MINUTE)
        carrier.hear(keyword, number, PHONE)
    return carrier, first.number, other


def test_the_text_takes_the_number_that_start_was_said_to_and_the_next_ones_do_at_once(account: Account) -> None:
    carrier, blocked, started = stopped_and_started_elsewhere(account)

    message = text(account, carrier, NOW + 5 * MINUTE)
    following = text(account, carrier, NOW + 9 * MINUTE)

    assert message
    assert following
    assert (message.state, message.number, message.attempt) == (MessageState.SENT, started, 2)
    assert (following.state, following.number, following.attempt) == (MessageState.SENT, started, 1)
    assert counted_units(account) == 3
    assert optouts.blocked([(account.id, PHONE)]) == set()
    assert {event.means for event in optouts.history(PHONE, SHARED, NOW)} == {Means.TEXT}
    assert send_accepted_order("numbers.list_blocked", NOW) == {
        "items": [{"phone": PHONE, "blocked": [blocked], "opted_in_over": started}],
        "next_cursor": None,
    }


def test_start_to_the_blocked_number_ends_its_block(account: Account) -> None:
    carrier, blocked, _ = stopped_and_started_elsewhere(account)
    text(account, carrier, NOW + 5 * MINUTE)

    hear("start", blocked, NOW + 9 * MINUTE)

    assert send_accepted_order("numbers.list_blocked", NOW)["items"] == []


def test_a_block_that_is_news_opts_the_phone_out(account: Account) -> None:
    carrier, _, started = stopped_and_started_elsewhere(account)
    text(account, carrier, NOW + 5 * MINUTE)
    carrier.hear("stop", started, PHONE)  # its webhook is lost

    failed = text(account, carrier, NOW + 20 * MINUTE)

    assert failed
    assert (failed.state, failed.error) == (MessageState.FAILED, "twilio:21610")
    assert optouts.blocked([(account.id, PHONE)]) == {(account.id, PHONE)}


def test_an_old_block_that_comes_by_receipt_sends_the_text_from_the_other_number(account: Account) -> None:
    carrier, blocked, started = stopped_and_started_elsewhere(account)
    carrier.blocked.clear()  # this time, the carrier accepts the text first
    message = accept(account, "by receipt", now=NOW + 5 * MINUTE)
    deliver(carrier, NOW + 5 * MINUTE)

    for _ in range(2):
        apply_receipt(
            Receipt(
                carrier="twilio",
                reference=f"{account.id}.{message.id}",
                carrier_id="SM2",
                state=MessageState.UNDELIVERED,
                code="21610",
                reason=RefusalReason.OPTED_OUT,
            ),
            NOW + 6 * MINUTE,
        )
    sweep_schedule.sweep(NOW + 7 * MINUTE)
    deliver(carrier, NOW + 7 * MINUTE)

    assert [text.origin for text in carrier.taken[1:]] == [blocked, started]
    assert (stored(account, message.id).state, counted_units(account)) == (MessageState.SENT, 2)
    assert take_queued("opt_out") == []


def event(
    keyword: str, number: str | None, minute: int, means: Means = Means.TEXT, scope: str = SHARED
) -> OptOutEvent:
    return OptOutEvent(
        id=f"e{minute}",
        phone=PHONE,
        scope=scope,
        out=keyword == "stop",
        at=NOW + minute * MINUTE,
        means=means,
        words=keyword,
        number=number,
    )


@pytest.mark.parametrize(
    ("history", "number"),
    [
        ([], None),
        ([event("stop", A, 1)], None),
        ([event("start", B, 1)], None),
        ([event("stop", A, 1), event("start", B, 2)], B),
        ([event("stop", A, 1), event("start", B, 2), event("start", C, 3)], C),
        ([event("stop", A, 1, Means.CARRIER), event("start", B, 2)], B),
        ([event("stop", A, 1), event("start", A, 2)], None),
        ([event("stop", A, 1), event("start", A, 2), event("start", B, 3)], None),
        ([event("start", B, 1), event("stop", A, 2)], None),
        ([event("stop", C, 1), event("start", B, 2)], None),
        ([event("stop", None, 1, Means.STAFF), event("start", B, 2)], None),
        ([event("stop", A, 1), event("start", B, 2), event("start", OWN, 3, scope="account-10000002")], B),
        ([event("stop", A, 1), event("start", OWN, 2, scope="account-10000002")], OWN),
    ],
)
def test_a_block_is_old_if_we_know_its_stop_and_a_later_start_elsewhere(
    history: list[OptOutEvent], number: str | None
) -> None:
    assert start_since_block(history, A) == number


def test_choosing_a_number_and_blocking_one_at_once_lose_neither(account: Account) -> None:
    numbers.block_pair(PHONE, A, B, NOW)
    numbers.block_pair(PHONE, C, B, NOW)

    known = numbers.conversations_with(PHONE)
    chosen = free_number(
        known, account.id, replace(choose.shared_choice(account.id, PHONE, ()), shared=[A, B, C]), NOW
    )
    numbers.unblock_pair(PHONE, A)

    assert chosen == B
    assert send_accepted_order("numbers.list_blocked", NOW)["items"] == [
        {"phone": PHONE, "blocked": [C], "opted_in_over": B}
    ]
