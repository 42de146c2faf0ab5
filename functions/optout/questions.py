"""Questions to staff about possible opt-outs: asked, and answered by staff or the client; texts wait meanwhile."""

from datetime import datetime

from longcode.changes import store as changes
from longcode.changes.change import Actor, ChangeKind, Detail, end_of_phone
from longcode.clients import store as clients
from longcode.errors import NotFound, OnlyTheClient
from longcode.jobs import HandleKeyword, Means
from longcode.message import HoldReason, MessageState
from longcode.messages import folders
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOut, OptOutEvent, account_scope, answer_event
from longcode.webhooks.tell import enqueue_opt_out
from longcode.windows import LONGEST_VALIDITY

ONLY_THE_CLIENT = "Only the client can end an opt-out, by replying START."


def ask(possible: HandleKeyword, now: datetime) -> None:
    """Ask a studio's staff about a possible opt-out, and hold the studio's texts to the phone.

    If the client has sent STOP or START since, nobody is asked. Repeating it is safe. This function writes the
    question and then reads the opt-out state; a STOP or START writes the state and then reads the questions. So
    whichever writes last sees the other. The reply is read before and after, because the operator may move it to
    another account meanwhile.
    """
    if possible.account is None or messages.get(possible.account, possible.id) is None:
        return
    event = OptOutEvent(
        id=possible.id,
        phone=possible.phone,
        scope=account_scope(possible.account),
        out=False,
        at=possible.at,
        means=Means.TEXT,
        words=possible.words,
        number=possible.number,
        account=possible.account,
        asks=True,
    )
    optouts.record(event)
    if messages.get(possible.account, possible.id) is None:
        optouts.withdraw_question(possible.account, possible.phone, possible.id)
        return
    for client_id in clients.with_phone(possible.account, possible.phone):
        clients.mark_phone(possible.account, client_id, possible.phone)
    if state := optouts.get(possible.phone, SHARED):
        close_answered(state, now)


def close_answered(state: OptOut, now: datetime) -> None:
    """Close the questions of all studios that the client's STOP or START to the shared numbers has answered."""
    for account in optouts.close_questions(state):
        release_held(account, state.phone, now)


def answer(
    account: str,
    phone: str,
    actor: Actor,
    *,
    opted_out: bool,
    message_id: str | None,
    by: str | None,
    now: datetime,
) -> None:
    """Record the answer of staff to the question about a phone, which must be about `message_id` if that is given.

    The same answer again changes nothing, and a "no" may still become a "yes". Raise `NotFound` if there is no such
    question, or `OnlyTheClient` for a "no" when the phone is opted out already.
    """
    while question := optouts.get_question(account, phone):
        if message_id not in (None, question.message_id):
            raise NotFound("The question about this phone is about another message.", field="message_id")
        is_out = bool(optouts.blocked([(account, phone)], numbers.dedicated_since(account)))
        if is_out and not opted_out:
            raise OnlyTheClient(ONLY_THE_CLIENT, field="opted_out")
        event = answer_event(question, opted_out=opted_out, by=by, now=now)
        details = [Detail("opted_out", after="yes" if opted_out else "no")]
        record = changes.new(
            account, ChangeKind.OPT_OUT_ANSWER, now, actor, about=end_of_phone(phone), details=details
        )
        if question.open and not optouts.record_answer(event, question.message_id, record):
            continue  # answered or replaced meanwhile: read it again
        if not question.open and question.opted_out is None:
            raise NotFound("The question about this phone is closed: the client has sent STOP or START.")
        if not question.open and opted_out and not question.opted_out and not is_out:
            optouts.record(event, record)
        if opted_out:
            optouts.refresh_listed(account, phone, now)
            enqueue_opt_out([event], now, [account])
        release_held(account, phone, now)
        return
    raise NotFound("There is no question about this phone.")


def release_held(account: str, phone: str, now: datetime) -> None:
    """Make the texts that wait for an answer due now; a text that this misses is checked again within the hour."""
    for text in folders.sent_to(phone, account, now - LONGEST_VALIDITY, now):
        if text.held is HoldReason.ASKED:
            messages.reschedule(text, MessageState.QUEUED, now)
