"""What staff are asked of a near miss: it is put, answered, or settled by the client; texts wait meanwhile."""

from datetime import datetime

from longcode.clients import store as clients
from longcode.errors import NotFound, OnlyTheClient
from longcode.jobs import HearKeyword, Means
from longcode.message import Held, MessageState
from longcode.messages import folders
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOut, OptOutEvent, answer_event, of_account
from longcode.webhooks.tell import tell_opt_out
from longcode.windows import VALID_IF_HELD


def ask(heard: HearKeyword, now: datetime) -> None:
    """Hold the studio's texts to a phone and ask its staff, unless the client has told since.

    Repeated, it does nothing twice. The client's word is looked for after the write: one of the two sees the other.
    So it is with the operator, who may give the reply to another studio.
    """
    if heard.account is None or messages.get(heard.account, heard.id) is None:
        return
    near_miss = OptOutEvent(
        id=heard.id,
        phone=heard.phone,
        scope=of_account(heard.account),
        out=False,
        at=heard.at,
        means=Means.TEXT,
        words=heard.words,
        number=heard.number,
        account=heard.account,
        asks=True,
    )
    optouts.record(near_miss)
    if messages.get(heard.account, heard.id) is None:
        optouts.withdraw(heard.account, heard.phone, heard.id)
        return
    for client_id in clients.with_phone(heard.account, heard.phone):
        clients.hear_stop(heard.account, client_id, heard.phone)
    told = optouts.get(heard.phone, SHARED)
    if told:
        settle(told, now)


def settle(told: OptOut, now: datetime) -> None:
    """Ask nobody any more about a phone that has told every studio itself."""
    for account in optouts.settle(told):
        let_go_on(account, told.phone, now)


def answer(
    account: str, phone: str, *, opted_out: bool, message_id: str | None, by: str | None, now: datetime
) -> None:
    """Take in what staff answer; the same again changes nothing, and who said no may still say yes.

    Raises `NotFound`, or `OnlyTheClient` when the phone is out already and shall not be.
    """
    while asked := optouts.get_question(account, phone):
        if message_id not in (None, asked.message_id):
            raise NotFound("This is not the message that is asked about.", field="message_id")
        is_out = bool(optouts.blocked([(account, phone)], numbers.dedicated_since(account)))
        if is_out and not opted_out:
            raise OnlyTheClient("Only the client can take an opt-out back, by replying START.", field="opted_out")
        told = answer_event(asked, opted_out=opted_out, by=by, now=now)
        if asked.open and not optouts.answer(told, asked.message_id):
            continue
        if not asked.open and asked.opted_out is None:
            raise NotFound("Nobody is asked about this phone any more: the client has told.")
        if not asked.open and opted_out and not asked.opted_out and not is_out:
            optouts.record(told)
        if opted_out:
            tell_opt_out([told], now, [account])
        let_go_on(account, phone, now)
        return
    raise NotFound("Nobody is asked about this phone.")


def let_go_on(account: str, phone: str, now: datetime) -> None:
    """Have the sweeper look at the texts that waited for an answer; what this misses, it finds within the hour."""

    for text in folders.sent_to(phone, account, now - VALID_IF_HELD, now):
        if text.held is Held.ASKED:
            messages.put_off(text, MessageState.QUEUED, now)
