"""A carrier's block of a number that is older than the phone's last START: it blocks that pair and nothing else."""

from collections.abc import Iterator
from datetime import datetime
from itertools import product

import pytest
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.aws.settings import settings
from longcode.carriers.carrier import Receipt, RefusalReason
from longcode.errors import OptedOut
from longcode.jobs import HandleKeyword, Means
from longcode.message import Message, MessageState
from longcode.messages import store as messages
from longcode.numbers import choose
from longcode.numbers import store as numbers
from longcode.numbers.conversations import free_number
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, start_since_block
from longcode.optouts.report import report_carrier_opt_out
from longcode.table import keys, store
from longcode.table.writes import read
from longcode.webhooks.delivery import Delivery
from optout import worker
from send.receipts import apply_receipt
from sweeper import sweep_schedule
from tests.support import local_aws
from tests.support.admin_orders import send_accepted_order
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, client, studio, take_queued
from tests.support.keyword_histories import CODES, MINUTE, PHONE, A, B, BlockingCarrier, C
from tests.support.text_steps import accept, counted_units, deliver, stored
from tests.support.webhook_endpoint import HOOK

OWN = "+13105550100"  # of another studio


@pytest.fixture(autouse=True)
def three_numbers(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Configure three shared numbers."""
    monkeypatch.setenv("SHARED_NUMBERS", f"{A},{B},{C}")
    settings.cache_clear()
    yield
    settings.cache_clear()


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


def refused_before_its_stop_is_heard(account: Account) -> str:
    """Return the number of a STOP that is not heard yet, although a later START elsewhere and a refusal are."""
    first = text(account, BlockingCarrier(), NOW)
    assert first
    hear("start", next(number for number in (A, B, C) if number != first.number), NOW + 2 * MINUTE)
    report_carrier_opt_out(first, "21610", NOW + 3 * MINUTE)
    take_carrier_reports(NOW + 3 * MINUTE)
    assert optouts.blocked([(account.id, PHONE)])
    return first.number


@pytest.mark.long
def test_a_late_stop_that_explains_a_refusal_takes_its_opt_out_back(account: Account) -> None:
    hosted = studio("10000002", **HOOK)
    client(hosted)
    number = refused_before_its_stop_is_heard(account)

    for crash in every_crash(after=False):
        with crash:
            hear("stop", number, NOW + MINUTE)
        hear("stop", number, NOW + MINUTE)

        told = [read(Delivery, item).data for item in store.query(keys.delivery(hosted.id))]
        assert optouts.blocked([(account.id, PHONE)]) == set()
        assert [(event.out, event.words) for event in optouts.history(PHONE, SHARED, NOW)] == [
            (True, "stop"),
            (False, "start"),
            (False, "carrier code 21610, of a block that is older than START"),
        ]
        assert [(one["means"], one["opted_out"]) for one in told].count(("carrier", False)) == 1


def test_a_stop_between_the_start_and_a_refusal_that_was_taken_back_counts_also_after_a_restore(
    account: Account,
) -> None:
    beginning = local_aws.snapshot()
    number = refused_before_its_stop_is_heard(account)
    hear("stop", number, NOW + MINUTE)

    hear("stop", C, NOW + 2.5 * MINUTE)
    blocked, lines = optouts.blocked([(account.id, PHONE)]), send_accepted_order("optouts.export", NOW)["lines"]
    local_aws.restore(beginning)
    send_accepted_order("optouts.import", NOW, lines=lines)

    assert blocked == optouts.blocked([(account.id, PHONE)]) == {(account.id, PHONE)}


def test_a_refusal_that_is_delivered_again_after_it_was_taken_back_changes_nothing(account: Account) -> None:
    number = refused_before_its_stop_is_heard(account)
    hear("stop", number, NOW + MINUTE)
    history = optouts.history(PHONE, SHARED, NOW)
    text = messages.get(account.id, history[-1].id)
    assert text

    report_carrier_opt_out(text, "21610", NOW + 3 * MINUTE)
    take_carrier_reports(NOW + 4 * MINUTE)

    assert optouts.blocked([(account.id, PHONE)]) == set()
    assert optouts.history(PHONE, SHARED, NOW) == history


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
                carrier_id="twilio2",
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
