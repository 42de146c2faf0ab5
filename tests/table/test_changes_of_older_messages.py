"""Messages, numbers and opt-outs of an older release meet the conditions of today's writes."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.jobs import Means
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import folders, replies, retentions
from longcode.messages import store as messages
from longcode.numbers import choose
from longcode.numbers import store as numbers
from longcode.numbers.routing import LastText
from longcode.optouts import store as optouts
from longcode.optouts.consent import OptOutEvent, answer_event
from longcode.table import due, store
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from tests.support.fakes import NOW
from tests.support.older_items import DAY, HERON, HERON_LIMITS, MINUTE, SHARED_NUMBERS

HOUR = timedelta(hours=1)
PHONE = "+12125550123"

pytestmark = pytest.mark.usefixtures("older_items")


def message(number: int) -> Message:
    """Read one of the texts of the account."""
    found = messages.get(HERON, f"r{number}-0")
    assert found
    return found


def test_an_older_text_is_claimed_sent_and_counted() -> None:
    claimed = messages.claim(message(1), "worker-9", NOW + MINUTE, NOW + 3 * MINUTE)

    assert claimed
    assert messages.claim(message(1), "worker-8", NOW + MINUTE, NOW + 3 * MINUTE) is None
    assert messages.record(claimed, MessageState.SENT, carrier="twilio", carrier_id="SM5")
    sent = message(1)
    assert (sent.state, sent.attempt, sent.claim_id, sent.due_at) == (MessageState.SENT, 1, None, None)
    assert (sent.charged_units, sent.carrier_id, sent.sent_at) == (1, "SM5", NOW + MINUTE)
    assert quotas.of_month(HERON, "2026-11") == Usage(1, 1, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("number", "state"), [(1, MessageState.QUEUED), (2, MessageState.UNCERTAIN), (3, MessageState.QUEUED)]
)
def test_an_older_text_is_rescheduled(number: int, state: MessageState) -> None:
    assert messages.reschedule(message(number), state, NOW + HOUR)

    later = message(number)
    assert (later.state, later.due_at) == (state, NOW + HOUR)
    assert (later.claim_id, later.lease_until, later.held) == (None, None, None)


def test_an_older_uncertain_text_is_claimed_again() -> None:
    messages.reschedule(message(2), MessageState.UNCERTAIN, NOW + HOUR)

    again = messages.claim_again(message(2), "worker-9", NOW + HOUR, NOW + 2 * HOUR)

    assert again
    assert (again.attempt, again.resent, message(2)) == (2, True, again)


def test_older_texts_that_are_not_sent_release_their_units() -> None:
    assert messages.end_unsent(message(3), MessageState.EXPIRED, finished_at=NOW)
    messages.cancel_all([message(1)], NOW)

    assert (message(3).state, message(1).state) == (MessageState.EXPIRED, MessageState.CANCELLED)
    assert quotas.reserved(HERON_LIMITS) == {"used": 1, "used_2026-11-22": 1}


def test_an_older_reply_is_marked_as_read_and_linked() -> None:
    reply = messages.get(HERON, "in1")

    assert reply
    read = folders.mark_read(reply, is_read=True)
    assert read
    assert folders.link(read, client_id="c1")
    changed = messages.get(HERON, "in1")
    assert changed
    assert (changed.read, changed.client_id) == (True, "c1")
    counts = replies.unread_counts(HERON)
    assert (counts.unread, counts.unread_unlinked) == (0, 0)
    assert [one.id for one in folders.page(HERON, "inbox", limit=5).messages] == ["in1"]


def test_an_older_unattributed_reply_is_handed_over_after_the_accounts_newest_reply() -> None:
    unattributed = replies.get_unattributed("twilio", "SM2", NOW)
    reply = Message(
        account=HERON,
        id="in2",
        direction=Direction.IN,
        kind=MessageKind.REPLY,
        state=MessageState.RECEIVED,
        phone="+12125550128",
        number=SHARED_NUMBERS[0],
        body="Who is this?",
        encoding="GSM-7",
        segments=1,
        units=1,
        created_at=NOW,
    )

    assert unattributed
    assert replies.hand_over(unattributed, reply) == (HERON, "in2")
    assert [(sequence, one.id) for sequence, one in replies.after(HERON, 0, 5)] == [(1, "in1"), (2, "in2")]


def test_the_purge_of_an_older_account_is_moved_on_and_back() -> None:
    [item] = [item for item in due.find(NOW + 40 * DAY, 100) if item.get("walked")]

    assert due.reschedule(item, NOW + 50 * DAY, walked=retentions.place(NOW))
    retentions.restart_from("10000001", NOW - DAY)
    [item] = [item for item in due.find(NOW, 100) if item.get("walked")]
    assert item["walked"] == retentions.place(NOW - DAY)


def test_an_older_last_text_counts_towards_the_hour() -> None:
    [before] = numbers.last_texts_to("+12125560000", SHARED_NUMBERS[0])
    text = LastText(
        account="10000001", phone="+12125560000", number=SHARED_NUMBERS[0], message_id="m2", at=NOW + MINUTE
    )

    assert not numbers.record_text(text, 1, before)
    assert numbers.record_text(text, 2, before)
    [after] = numbers.last_texts_to("+12125560000", SHARED_NUMBERS[0])
    assert after.lately == {before.message_id: 1795361400, "m2": 1795361460}


def test_an_older_sticky_sender_stays_when_another_account_gets_one() -> None:
    def number_of(account: str) -> str:
        text = LastText(account=account, phone=PHONE, number="", message_id="m", at=NOW)
        choice = replace(choose.shared_choice(account, PHONE, ()), shared=SHARED_NUMBERS)
        taken = numbers.take_number(text, 10, choice, numbers.conversations_with(PHONE))
        assert isinstance(taken, LastText)
        return taken.number

    assert number_of("10000001") == "+15555550101"
    assert number_of("10000003") != "+15555550101"


def test_an_older_number_that_was_given_up_is_kept_for_its_account() -> None:
    assert not numbers.dedicate(accounts.get_or_raise("10000008"), "+15555550188", NOW + HOUR)
    assert numbers.dedicate(accounts.get_or_raise(HERON), "+15555550188", NOW + HOUR)

    assert numbers.dedicated_owner("+15555550188") == HERON


@pytest.mark.parametrize("opted_out", [True, False])
def test_an_older_question_is_answered_once(opted_out: bool) -> None:
    question = optouts.get_question(HERON, "+12125550127")

    assert question
    event = answer_event(question, opted_out=opted_out, by="Kim", now=NOW + HOUR)
    assert optouts.record_answer(event, "in1")
    assert not optouts.record_answer(event, "in1")
    state, answered = optouts.get("+12125550127", "account-10000009"), optouts.get_question(HERON, "+12125550127")
    assert state
    assert (state.out, state.asked, state.at) == (opted_out, None, NOW + HOUR)
    assert answered
    assert (answered.open, answered.opted_out) == (False, opted_out)
    assert [(one.asks, one.by) for one in optouts.phone_history("+12125550127", NOW)] == [
        (True, None),
        (False, "Kim"),
    ]


def test_an_older_opt_out_ends_with_a_start() -> None:
    start = OptOutEvent(
        id="in3",
        phone=PHONE,
        scope="account-10000001",
        out=False,
        at=NOW + HOUR,
        means=Means.TEXT,
        words="START",
    )

    assert optouts.blocked([("10000001", PHONE)]) == {("10000001", PHONE)}
    assert optouts.record(start).changed_by == "in3"
    assert optouts.blocked([("10000001", PHONE)]) == set()


def test_older_automatic_replies_count_towards_the_hour() -> None:
    one_more = optouts.automatic_reply_write(PHONE, "m2", NOW + HOUR)

    assert one_more
    assert one_more.changes["lately"] == {"stop-2-0": 1795361520, "m2": 1795365000}
    assert store.try_write(one_more)
