"""Items of messages, numbers and opt-outs that an older release wrote are read by today's code."""

from datetime import datetime, timedelta

import pytest

from longcode.jobs import Means
from longcode.message import Direction, HoldReason, Linkable, MessageKind, MessageState
from longcode.messages import folders, replies, retentions
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.table import due
from tests.support.fakes import NOW
from tests.support.older_items import DAY, HERON, MINUTE, SHARED_NUMBERS

pytestmark = pytest.mark.usefixtures("older_items")


def at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


# Messages: message, inbox-end, inbox-entry, inbound, quarantined, retention.


def test_older_texts_are_read() -> None:
    accepted, sending, held = (messages.get(HERON, f"r{number}-0") for number in (1, 2, 3))
    sent = messages.get("10000001", "b4e9234cead09f055bf6a52b8-322ce1f9c52aecc3")

    assert accepted
    assert (accepted.direction, accepted.kind, accepted.state) == (
        Direction.OUT,
        MessageKind.INDIVIDUAL,
        MessageState.ACCEPTED,
    )
    assert (accepted.phone, accepted.number, accepted.body) == (
        "+12125550123",
        "+15555550100",
        "Your proofs are ready",
    )
    assert accepted.record
    assert (accepted.record.kind, accepted.record.id) == (Linkable.SESSION, "s1")
    assert (accepted.of, accepted.skipped) == (2, (("+12125550124", "not_ticked"),))
    assert (accepted.reserved_in, accepted.reserved_of) == ("2026-11", ("used", "used_2026-11-22"))
    assert (accepted.attempt, accepted.claim_id, accepted.due_at) == (0, None, NOW + 5 * MINUTE)
    assert sending
    assert (sending.state, sending.attempt, sending.claim_id) == (MessageState.SENDING, 1, "worker-1")
    assert (sending.broadcast, sending.claimed_at, sending.lease_until) == ("b1", NOW + MINUTE, NOW + 3 * MINUTE)
    assert held
    assert (held.state, held.held, held.send_at) == (
        MessageState.SCHEDULED,
        HoldReason.QUIET_HOURS,
        NOW + timedelta(hours=2),
    )
    assert sent
    assert (sent.state, sent.carrier, sent.carrier_id) == (MessageState.SENT, "twilio", "SM1")
    assert (sent.month, sent.charged_units, sent.sent_at) == ("2026-11", 1, NOW)
    assert (sent.template, sent.subject, sent.quiet_from) == ("sale", "Sale", at("2026-11-23T02:00:00Z"))


def test_older_replies_are_read_in_their_order() -> None:
    [(sequence, reply)] = replies.after(HERON, 0, 10)

    assert (sequence, reply.id, reply.body, reply.read) == (1, "in1", "Lovely!", False)
    assert (reply.answers, reply.replies_to, reply.rule) == ("r1-0", "SM8", "last_texted")
    assert (reply.media, reply.candidates) == (("https://api.twilio.example/m/1",), ("10000002",))
    assert (replies.newest_sequence(HERON), replies.forwarded(HERON)) == (1, 1)
    counts = replies.unread_counts(HERON)
    assert (counts.unread, counts.unread_unlinked) == (1, 1)
    assert replies.owner("twilio", "SM9") == (HERON, "in1")
    assert replies.owner("twilio", "SM1") == ("10000001", "21d10fb43703569af6ef868c")
    assert [message.id for message in folders.page(HERON, "all", limit=10).messages] == [
        "r3-0",
        "r2-0",
        "r1-0",
        "in1",
    ]


def test_an_older_unattributed_reply_is_read_for_thirty_days() -> None:
    unattributed = replies.get_unattributed("twilio", "SM2", NOW + 29 * DAY)

    assert unattributed
    assert (unattributed.at, unattributed.inbound.phone) == (NOW, "+12125550128")
    assert (unattributed.inbound.body, unattributed.inbound.replies_to) == ("Who is this?", "SM7")
    assert unattributed.inbound.media == ("https://api.twilio.example/m/2",)
    assert replies.get_unattributed("twilio", "SM2", NOW + 30 * DAY) is None


def test_an_older_purge_is_found_when_it_is_due() -> None:
    retention = next(item for item in due.find(at("2026-12-24T00:00:00Z"), 100) if item.get("walked"))

    assert (retention["account"], retention["waiting"]) == ("10000001", [])
    assert retention["walked"] == retentions.place(at("2026-11-21T17:30:00Z"))


# Numbers: lines, route, dedicated, pace.


def test_older_senders_and_numbers_are_read() -> None:
    [last] = numbers.last_texts_to("+12125560000", "+15555550100")

    assert (last.account, last.client_id, last.at) == ("10000001", "p0000", NOW)
    assert last.lately == {last.message_id: 1795361400}
    known = numbers.conversations_with("+12125550123")
    assert known.sticky_sender("10000001", SHARED_NUMBERS) == "+15555550101"
    assert numbers.dedicated_owner("+15555550177") == "10000001"
    assert numbers.dedicated_owner("+15555550188") is None
    assert numbers.all_dedicated() == ["+15555550177", "+15555550188"]
    assert numbers.reserve_throughput("+15555550100", MINUTE, NOW, DAY) == NOW + timedelta(milliseconds=1)


# Opt-outs: opt-out, consent, question.


def test_older_opt_outs_and_questions_are_read() -> None:
    stopped, asked = optouts.get("+12125550123", "account-10000001"), optouts.get("+12125550127", "account-10000009")
    [event], question = optouts.phone_history("+12125550127", NOW), optouts.get_question(HERON, "+12125550127")

    assert stopped
    assert (stopped.out, stopped.at, stopped.since) == (True, NOW + 2 * MINUTE, NOW + 2 * MINUTE)
    assert stopped.changed_by == stopped.event_id == "21d10fb43703569af6ef868c-out"
    assert asked
    assert (asked.out, asked.asked, asked.asked_at, asked.account) == (False, "in1", NOW, HERON)
    assert (event.words, event.means, event.asks) == ("please stop texting", Means.TEXT, True)
    assert (event.out, event.number, event.at) == (False, "+15555550100", NOW)
    assert question
    assert (question.message_id, question.words, question.at) == ("in1", "please stop texting", NOW)
    assert (question.open, question.opted_out) == (True, None)
    assert optouts.question_page(HERON, limit=5, cursor=None) == ([question], None)
