"""Acts on STOP, START, HELP and YES, replies to each once, asks staff about possible opt-outs, and phones to join."""

import itertools
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.accounts.account import SERVICE
from longcode.aws import batches, clients, queues
from longcode.aws.clients import pause
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.clients import join_pages
from longcode.clients import store as client_store
from longcode.jobs import AskToJoin, HandleKeyword, Means, Send
from longcode.keywords import POSSIBLE_OPT_OUT, Keyword
from longcode.message import Message, MessageKind
from longcode.messages import compose
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import (
    CONFIRMED_WITHIN,
    SHARED,
    OptOut,
    OptOutEvent,
    account_of_scope,
    account_scope,
    can_be_answered,
    joined_reply,
    keyword_reply,
    without_old_refusals,
)
from longcode.webhooks.tell import enqueue_opt_out
from optout import join_confirmation, questions


def handle_keyword(job: HandleKeyword, now: datetime) -> None:
    """Act on a keyword. Each step may be repeated: if the process is killed, the next delivery continues."""
    if job.keyword == POSSIBLE_OPT_OUT:
        questions.ask(job, now)
        return
    keyword = Keyword(job.keyword)
    if keyword is Keyword.HELP:
        _reply(job, keyword, now)
        return
    if (
        keyword is Keyword.YES
        and (request := join_confirmation.waiting(job, now))
        and join_confirmation.confirm(request, job.words, now)
    ):
        join_confirmation.link_messages(request, job.id)
        _reply(job, keyword, now, until=job.at + CONFIRMED_WITHIN, joins=True)
        join_pages.end_request(request)
        return
    owner = _owner(job.number)
    events = [_event(job, keyword, scope) for scope in _scopes(job, keyword, owner)]
    if job.means is Means.CARRIER and _is_for_old_block(events[0], now):
        return
    states = _record(events, now)
    for state in states:
        if state.scope == SHARED:
            questions.close_answered(state, now)
        else:
            questions.release_held(account_of_scope(state.scope), job.phone, now)
    if keyword is not Keyword.STOP:
        numbers.unblock_pair(job.phone, job.number)
    _update_lists(job, keyword, owner, now)
    if any(state.changed_by == job.id for state in states):
        _reply(job, keyword, now, until=job.at + CONFIRMED_WITHIN)
        enqueue_opt_out(events, now)


def _update_lists(job: HandleKeyword, keyword: Keyword, owner: str | None, now: datetime) -> None:
    """Mark the clients with a phone that has sent STOP, and bring the lists of opt-outs that it is on up to date."""
    with_client = list(client_store.with_phone_in_all_accounts(job.phone))
    texting = [account for account in numbers.accounts_texting(job.phone) if account != SERVICE]
    concerned = {account for account, _ in with_client} | {*texting, *({job.account} - {None, SERVICE})}
    if owner is not None:
        concerned &= {owner, job.account}
    for account, client_id in with_client if keyword is Keyword.STOP else ():
        if account in concerned:
            client_store.mark_phone(account, client_id, job.phone)
    for each in concerned:
        optouts.refresh_listed(str(each), job.phone, now)


def _record(events: Sequence[OptOutEvent], now: datetime) -> list[OptOut]:
    """Record what a keyword says in each scope, and return the states.

    If the keyword is heard of late, it can show that a carrier's refusal was for an old block, and is no opt-out.
    """
    states = [optouts.record(event) for event in events]
    old_refusals = optouts.take_back_refusals(events[0].phone, events[0].at, now) if events else []
    for refusal in old_refusals:
        enqueue_opt_out([replace(refusal, id=f"{refusal.id}-old")], now)
    if not old_refusals:
        return states
    return [state for event in events if (state := optouts.get(event.phone, event.scope))]


def _is_for_old_block(refusal: OptOutEvent, now: datetime) -> bool:
    """Return whether a refusal is for a block older than START, by what was heard after the text was refused."""
    others = [event for event in optouts.phone_history(refusal.phone, now) if event.id != refusal.id]
    return refusal not in without_old_refusals([*others, refusal])


def _owner(number: str) -> str | None:
    """Return the account that has the number to itself: a keyword to it concerns that account alone."""
    return None if number in settings().shared_numbers else numbers.dedicated_owner(number)


def _scopes(job: HandleKeyword, keyword: Keyword, owner: str | None) -> list[str]:
    """Return the scopes in which a keyword stops texts or allows them again.

    START also ends the opt-outs that the staff of studios on the shared numbers recorded. YES may answer what a
    studio has asked, so it only ends an opt-out from the number that it was sent to.
    """
    texted = account_scope(owner) if owner else SHARED
    concerned = [texted, *_scope_of_moved_studio(job, owner)]
    if keyword is Keyword.STOP:
        return concerned
    opted_out = optouts.scopes_to_opt_in(job.phone, job.id)
    if keyword is Keyword.YES:
        return [texted] if texted in opted_out else []
    ended = (scope for scope in opted_out if scope in concerned or (not owner and _is_on_shared_numbers(scope)))
    return sorted({texted, *ended})


def _scope_of_moved_studio(job: HandleKeyword, owner: str | None) -> list[str]:
    """Return the scope of the studio whose text was answered, if it no longer texts from this number."""
    if job.account in (None, owner, SERVICE):
        return []
    moved = owner is not None or numbers.dedicated_since(job.account) is not None
    return [account_scope(job.account)] if moved else []


def _is_on_shared_numbers(scope: str) -> bool:
    """Return whether a scope is the shared one, or of an account without a number of its own."""
    return scope == SHARED or numbers.dedicated_since(account_of_scope(scope)) is None


def _event(job: HandleKeyword, keyword: Keyword, scope: str) -> OptOutEvent:
    return OptOutEvent(
        id=job.id,
        phone=job.phone,
        scope=scope,
        out=keyword is Keyword.STOP,
        at=job.at,
        means=job.means,
        words=job.words,
        number=job.number,
        account=job.account,
    )


def _reply(
    job: HandleKeyword, keyword: Keyword, now: datetime, until: datetime | None = None, *, joins: bool = False
) -> None:
    """Reply to a keyword once; `joins` if it is the YES to the text of a join page.

    There is no reply if the carrier has replied, if the sender is no phone, if the text belongs to no account, at the
    hourly limit of automatic replies to the phone, or after `until`.
    """
    if job.answered or not can_be_answered(job.phone) or job.account is None or (until and now >= until):
        return
    studio = accounts.get(job.account)
    name = studio.name if studio else None
    reply = compose.draft(
        account=SERVICE,
        message_id=f"{job.id}-0",
        kind=MessageKind.SERVICE,
        phone=job.phone,
        number=job.number,
        body=joined_reply(name) if joins else keyword_reply(keyword, settings().help_contact, name),
        now=now,
    )
    if not _accept(replace(reply, valid_until=until or reply.valid_until), now):
        logger.info(
            "no reply: the hourly limit of automatic replies to the phone is reached", extra={"message_id": reply.id}
        )
        return
    queues.send(Send(account=SERVICE, message_id=reply.id))


def _accept(reply: Message, now: datetime) -> bool:
    """Write a reply unless it is written already; return False at the hourly limit of automatic replies."""
    for attempt in itertools.count():
        count = optouts.automatic_reply_write(reply.phone, reply.id, now)
        if count is None:
            return messages.get(SERVICE, reply.id) is not None
        try:
            messages.accept([reply], [count])
        except messages.AlreadyAccepted:
            logger.info("replied before", extra={"message_id": reply.id})
        except messages.NotReserved:  # another reply was counted meanwhile
            pause(attempt)
            continue
        return True
    raise AssertionError("unreachable: itertools.count does not end")


def handle(body: str) -> None:
    """Act on one keyword, or on a form of a join page."""
    if "keyword" in json.loads(body):
        handle_keyword(queues.read(HandleKeyword, body), clients.now())
    else:
        join_confirmation.text(queues.read(AskToJoin, body), clients.now())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return batches.run_in_order(event, handle)
