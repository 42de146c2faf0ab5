"""STOP, START, HELP and YES take effect, and are answered once; a near miss puts a question to staff."""

import itertools
from dataclasses import replace
from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from longcode import jobs
from longcode.accounts.account import SERVICE
from longcode.aws import clients, queues
from longcode.aws.settings import settings
from longcode.aws.telemetry import OneByOne, logger
from longcode.clients import store as client_store
from longcode.keywords import NEAR_STOP, Keyword
from longcode.message import Message, MessageKind
from longcode.messages import compose
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import CONFIRMED_WITHIN, SHARED, OptOutEvent, account_of, keyword_answer, of_account
from longcode.table.store import pause
from longcode.webhooks.tell import tell_opt_out
from optout import questions

processor = OneByOne(EventType.SQS)


def hear(heard: jobs.HearKeyword, now: datetime) -> None:
    """Act on a keyword. Killed anywhere, the next delivery goes on: each step may be repeated."""
    if heard.keyword == NEAR_STOP:
        questions.ask(heard, now)
        return
    keyword = Keyword(heard.keyword)
    answer = keyword_answer(keyword, settings().help_contact)
    if keyword is Keyword.HELP:
        _answer(heard, answer, now)
        return
    owner = _owner(heard.number)
    events = [_event(heard, keyword, scope) for scope in _scopes(heard, keyword, owner)]
    states = [optouts.record(event) for event in events]
    for state in states:
        if state.scope == SHARED:
            questions.settle(state, now)
        else:
            questions.let_go_on(account_of(state.scope), heard.phone, now)
    if keyword is Keyword.STOP:
        for account, client_id in client_store.everywhere_with_phone(heard.phone):
            if owner is None or account in (owner, heard.account):
                client_store.hear_stop(account, client_id, heard.phone)
    if any(state.turned_by == heard.id for state in states):
        _answer(heard, answer, now, heard.at + CONFIRMED_WITHIN)
        tell_opt_out(events, now)


def _owner(number: str) -> str | None:
    """Tell whose a number alone is: a keyword to it is about that account."""
    return None if number in settings().shared_numbers else numbers.dedicated_owner(number)


def _scopes(heard: jobs.HearKeyword, keyword: Keyword, owner: str | None) -> list[str]:
    """Tell what a keyword opens or closes. A YES may answer one studio's question, so it undoes only a STOP."""
    said_to = of_account(owner) if owner else SHARED
    about = [said_to, *_elsewhere(heard, owner)]
    if keyword is Keyword.STOP:
        return about
    closed = optouts.scopes_to_open(heard.phone, heard.id)
    if keyword is Keyword.YES:
        return [said_to] if said_to in closed else []
    opened = (scope for scope in closed if scope in about or (not owner and _is_there(scope)))
    return sorted({said_to, *opened})


def _elsewhere(heard: jobs.HearKeyword, owner: str | None) -> list[str]:
    """Tell the scope of the studio whose text was answered, if it has left the number since."""
    if heard.account in (None, owner, SERVICE):
        return []
    left = owner is not None or numbers.dedicated_since(heard.account) is not None
    return [of_account(heard.account)] if left else []


def _is_there(scope: str) -> bool:
    """Tell whether a scope is closed for the shared numbers: one of an account with a number of its own is not."""
    return scope == SHARED or numbers.dedicated_since(account_of(scope)) is None


def _event(heard: jobs.HearKeyword, keyword: Keyword, scope: str) -> OptOutEvent:
    return OptOutEvent(
        id=heard.id,
        phone=heard.phone,
        scope=scope,
        out=keyword is Keyword.STOP,
        at=heard.at,
        means=heard.means,
        words=heard.words,
        number=heard.number,
        account=heard.account,
    )


def _answer(heard: jobs.HearKeyword, text: str, now: datetime, until: datetime | None = None) -> None:
    """Answer a keyword once; not at all if the carrier has, or to a stranger, or too often, or after `until`."""
    if heard.answered or heard.account is None or (until and now >= until):
        return
    answer = compose.draft(
        account=SERVICE,
        message_id=f"{heard.id}-0",
        kind=MessageKind.SERVICE,
        phone=heard.phone,
        number=heard.number,
        body=text,
        now=now,
    )
    if not _accept(replace(answer, valid_until=until or answer.valid_until), now):
        logger.info("answered often enough this hour", extra={"message_id": answer.id})
        return
    queues.send(jobs.Send(account=SERVICE, message_id=answer.id))


def _accept(answer: Message, now: datetime) -> bool:
    """Write an answer, unless it was before; False when the phone got as many as it may in an hour."""
    for attempt in itertools.count():
        counted = optouts.automatic_reply(answer.phone, answer.id, now)
        if counted is None:
            return messages.get(SERVICE, answer.id) is not None
        try:
            messages.accept([answer], [counted])
        except messages.AlreadyAccepted:
            logger.info("answered before", extra={"message_id": answer.id})
        except messages.NoAllowance:  # another answer was counted meanwhile
            pause(attempt)
            continue
        return True
    raise AssertionError("counting does not end")


def record_handler(record: SQSRecord) -> None:
    """Act on one keyword."""
    hear(queues.read(jobs.HearKeyword, record.body), clients.now())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, record_handler, processor, context)
