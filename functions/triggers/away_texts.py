"""The away text: answers a client who writes outside the opening hours, once until the studio opens."""

import itertools
from datetime import datetime, timedelta
from hashlib import blake2s

from msgspec.structs import replace

from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, check_may_send
from longcode.aws.clients import pause
from longcode.aws.telemetry import logger
from longcode.clients import store as client_store
from longcode.clients.client import client_merge_values
from longcode.errors import RequestError
from longcode.jobs import SendAwayText
from longcode.message import Message, MessageKind
from longcode.messages import accept, compose
from longcode.messages import store as messages
from longcode.numbers import choose as choose_number
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import can_be_answered
from longcode.quiet_hours.opening_hours import away_text, opens_at
from longcode.template import render

_WORTH = timedelta(minutes=15)
"""How long after a reply its answer is still of use."""

_SOMEBODY_IS_THERE = timedelta(hours=1)
_HALVES = "1"  # the country code of those who read clocks with am and pm


def answer(job: SendAwayText, now: datetime) -> None:
    """Answer a reply with the away text.

    There is none if the studio is open, if the reply is old, if somebody of the studio is texting with the phone, at
    the hourly limit of automatic replies to it, or if another text to the client would be refused.
    """
    account, reply = accounts.get_or_raise(job.account), messages.get(job.account, job.message_id)
    try:
        text = _draft(account, reply, now) if reply else None
        if text and not _accept(account, text, now):
            logger.info("no away text: the hourly limit of automatic replies", extra={"message_id": text.id})
    except messages.AlreadyAccepted:
        logger.info("away text sent before", extra={"message_id": job.message_id})
    except RequestError as refusal:
        logger.info("no away text", extra={"message_id": job.message_id, "reason": refusal.code})


def _draft(account: Account, reply: Message, now: datetime) -> Message | None:
    """Return the answer to a reply, or None if there is none; raise `RequestError` if it would be refused."""
    hours, words, zone = account.opening_hours, account.away_text, months.time_zone(account.time_zone)
    if hours is None or words is None or now - reply.created_at > _WORTH or not can_be_answered(reply.phone):
        return None
    opens = opens_at(hours, zone, now)
    client = client_store.get(account.id, reply.client_id) if reply.client_id else None
    if opens == months.utc(now) or client is None or _is_somebody_there(account, reply):
        return None
    check_may_send(account)
    states = optouts.pair_blocks([(account.id, reply.phone)], account.number_since)
    if states.asked:
        return None
    blocked = {phone for _, phone in states.blocked}
    dedicated = numbers.dedicated_among([reply.phone], now)
    destinations = choose_number.destinations_of(account, dedicated)
    compose.recipients_of_client(client, reply.phone, blocked, destinations)
    said = away_text(words, opens, now, zone, halves=account.country_code == _HALVES)
    said = render(said, client_merge_values(account, client))
    body = accept.final_texts(said, account, [reply.phone], now, field="away_text")[reply.phone]
    until = min(now + _WORTH, opens) if opens else now + _WORTH
    draft = compose.draft(
        account=account.id,
        message_id=_id(reply.phone, opens),
        kind=MessageKind.TRIGGERED,
        phone=reply.phone,
        body=body,
        now=now,
    )
    [numbered] = choose_number.with_own_number(account, [replace(draft, client_id=client.id, valid_until=until)])
    return numbered


def _id(phone: str, opens: datetime | None) -> str:
    """Return the id of the answer to a phone while the studio is closed: it opens at an instant of its own."""
    return "away-" + blake2s(f"{phone}\n{opens}".encode(), digest_size=12).hexdigest()


def _is_somebody_there(account: Account, reply: Message) -> bool:
    """Return whether the reply answers a text that somebody of the studio has just written."""
    answered = messages.get(account.id, reply.answers) if reply.answers else None
    is_by_hand = answered is not None and answered.kind is MessageKind.INDIVIDUAL
    return answered is not None and is_by_hand and reply.created_at - answered.created_at < _SOMEBODY_IS_THERE


def _accept(account: Account, text: Message, now: datetime) -> bool:
    """Write and queue the answer; return False at the hourly limit of automatic replies to the phone."""
    for attempt in itertools.count():
        count = optouts.automatic_reply_write(text.phone, text.id, now)
        if count is None:
            return False
        try:
            accept.write(account, [text], now, [count])
        except messages.RequestOvertaken:  # another reply was counted meanwhile
            pause(attempt)
            continue
        return True
    raise AssertionError("unreachable: itertools.count does not end")
