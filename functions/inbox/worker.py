"""Writes a client's text once, as a reply of the right studio; queues its keyword and webhook, and fires triggers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import MsgspecError
from msgspec.structs import replace

from longcode import keywords, months
from longcode.accounts import store as accounts
from longcode.accounts.account import SERVICE, Account
from longcode.aws import batches, clients, queues, sns
from longcode.aws.settings import settings
from longcode.aws.telemetry import count, logger
from longcode.carriers import aws, twilio
from longcode.carriers.carrier import Inbound
from longcode.clients import store as client_store
from longcode.jobs import HandleKeyword, Receive, SendAwayText
from longcode.keywords import Keyword
from longcode.message import Message
from longcode.messages import folders, replies
from longcode.messages import reply as messages_reply
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.numbers.routing import (
    CLOCKS_DIFFER,
    REACH,
    Attribution,
    AttributionRule,
    LastText,
    Unclear,
    attribute,
    last_text_of,
)
from longcode.one_spelling import one_spelling
from longcode.optouts.report import report_possible_opt_out
from longcode.quiet_hours.opening_hours import is_closed
from longcode.triggers import store as triggers
from longcode.triggers.planning import fire_job
from longcode.triggers.trigger import Record, RecordKind
from longcode.usage import store as quotas
from longcode.webhooks import delivery
from longcode.webhooks.tell import enqueue_new
from longcode.windows import SWEEP_AFTER

_LONGEST_KEYWORD = 60  # characters of a reply that may be a studio's own keyword, with spaces and punctuation


def read_arrival(body: str, now: datetime) -> tuple[Inbound, datetime]:
    """Return the text in a job of Twilio's webhook or in a notification of AWS, and when it was received.

    Raise `ValueError` if there is none, so that the job ends in the dead-letter queue.
    """
    try:
        job = queues.read(Receive, body)
    except MsgspecError:
        return _read_sns(body, now)
    return twilio.read_inbound(job.form, answered_numbers=settings().answered_by_carrier), job.received_at


def _read_sns(body: str, now: datetime) -> tuple[Inbound, datetime]:
    notification = sns.read(body, now)
    # AWS never replies to keywords for us: the numbers have self-managed opt-outs (docs/operate.md).
    return aws.read_inbound(notification.message), notification.at


def receive(inbound: Inbound, received_at: datetime, now: datetime | None = None) -> None:
    """Write a text as a reply of the account that it belongs to, or as unattributed; a copy of it is not written.

    `now` is later than `received_at` if the text has waited in a queue, perhaps for days; by default they are equal.
    Keywords are queued before anything is written; STOP and START to our numbers also if the text belongs to no
    account. One to another number is kept for the operator, as any text.
    """
    inbound = replace(inbound, phone=one_spelling(inbound.phone))
    attribution = _attribution(inbound, received_at)
    keyword = _keyword(inbound.body, attribution)
    if keyword and _has_effect(keyword, attribution, inbound.number):
        _queue_keyword(inbound, keyword, attribution, received_at)
    if not isinstance(attribution, Attribution):
        _keep_for_operator(inbound, attribution, received_at)
        return
    studio = accounts.get(attribution.account)
    with_phone = client_store.with_phone(attribution.account, inbound.phone)
    reply = messages_reply.message_of_reply(
        inbound, attribution, keyword, received_at, studio=studio, with_phone=with_phone
    )
    is_new = replies.record_reply(inbound, reply)
    logger.info("reply", extra={"account": attribution.account, "rule": attribution.rule, "new": is_new})
    # A copy may be attributed to another account than the first, which has the reply.
    written = reply if is_new else _written_before(inbound)
    if written:
        numbers.note_reply(written.phone, written.account, written.number, received_at)
        _follow_up(written, studio, received_at, now or received_at)


def _keyword(body: str, attribution: Attribution | Unclear | None) -> str | None:
    """Return what a reply asks for in the client's own words: our text, which the phone may quote, is no part of it.

    Our text is read only for a reply that is long enough to quote it and seems to ask for something.
    """
    keyword = keywords.detect(body)
    if keyword is None or len(body) <= _LONGEST_KEYWORD or not isinstance(attribution, Attribution):
        return keyword
    ours = messages.get(attribution.account, attribution.answers) if attribution.answers else None
    return keywords.detect(body, ours.body) if ours else keyword


def _has_effect(keyword: str, attribution: Attribution | Unclear | None, number: str) -> bool:
    """Return whether a keyword is acted on: STOP and START to a number of ours, any other from whom we texted.

    Ours are also numbers that an account gave up, and any over which we have texted the phone.
    """
    match keyword:
        case keywords.POSSIBLE_OPT_OUT:
            return False
        case Keyword.STOP | Keyword.START:
            return bool(attribution) or number in settings().shared_numbers or numbers.is_dedicated(number)
        case _:
            return bool(attribution)


def _keep_for_operator(inbound: Inbound, unclear: Unclear | None, received_at: datetime) -> None:
    """Keep a reply that belongs to no account, or may be for several: no account sees its words."""
    candidates = unclear.candidates if unclear else ()
    if replies.keep_unattributed(inbound, received_at, candidates) and candidates:
        count("UnclearReplies")
    logger.info("unattributed reply", extra={"candidates": candidates})


def _queue_keyword(
    inbound: Inbound, keyword: str, attribution: Attribution | Unclear | None, received_at: datetime
) -> None:
    """Queue a keyword. A copy keeps the time of the first: a late copy of a STOP must not undo a later START.

    One that may be for several accounts gets the service's answer, which names none of them.
    """
    match attribution:
        case Attribution(account=known):
            this_copy: tuple[datetime, str | None] = (received_at, known)
        case Unclear():
            this_copy = (received_at, SERVICE)
        case None:
            this_copy = (received_at, None)
    at, account = replies.first_received(inbound) or this_copy
    job = HandleKeyword(
        id=messages_reply.message_id(inbound),
        keyword=keyword,
        phone=inbound.phone,
        number=inbound.number,
        words=inbound.body,
        at=at,
        account=account,
        answered=inbound.answered,
    )
    queues.send(job)


def _written_before(inbound: Inbound) -> Message | None:
    """Return the reply that an earlier copy of the text became."""
    owner = replies.owner(inbound.carrier, inbound.carrier_id)
    return messages.get(*owner) if owner else None


def _attribution(inbound: Inbound, received_at: datetime) -> Attribution | Unclear | None:
    """Return the account that a text belongs to and the rule that decided, if there is one."""
    last_texts = numbers.last_texts_to(inbound.phone, inbound.number)
    is_shared = inbound.number in settings().shared_numbers
    owner = None if is_shared else numbers.dedicated_owner(inbound.number)
    answered = None
    if inbound.replies_to:
        answered = _answered(inbound.replies_to, inbound.phone, last_texts, received_at)
        if answered is None:
            logger.warning("the carrier says that the reply answers an unknown text")
    return attribute(last_texts, received_at, answered=answered, owner=owner)


def _answered(carrier_id: str, phone: str, last_texts: Sequence[LastText], received_at: datetime) -> LastText | None:
    """Return the text with this carrier id: among the newest to the phone, then among all within reach."""
    newest = [(last.account, message_id) for last in last_texts for message_id in {last.message_id, *last.lately}]
    text = _with_carrier_id(carrier_id, messages.get_many(newest))
    since, until = received_at - REACH, received_at + CLOCKS_DIFFER
    for last in sorted(last_texts, key=lambda last: last.at, reverse=True):
        text = text or _with_carrier_id(carrier_id, folders.sent_to(phone, last.account, since, until))
    if text is None:
        return None
    return last_text_of(text, text.sent_at or text.created_at)


def _with_carrier_id(carrier_id: str, texts: Iterable[Message]) -> Message | None:
    return next((text for text in texts if text.carrier_id == carrier_id), None)


def _follow_up(reply: Message, studio: Account | None, received_at: datetime, now: datetime) -> None:
    """Report a possible opt-out, tell the studio's hosted software, and fire the studio's keyword triggers."""
    report_possible_opt_out(reply)
    if reply.keyword == Keyword.YES:
        # If it answers a join page, its client may have been written just before it.
        reply = replies.link_to_client(reply)
    account = studio if studio and studio.id == reply.account else accounts.get(reply.account)
    if account:
        enqueue_new(account, [delivery.of_reply(reply, now)])
        if reply.month and reply.charged_units:
            quotas.watch(account, reply.month, now + SWEEP_AFTER)
    # A reply that the operator handed over or moved to the account fires none of its triggers.
    by_operator = reply.rule == AttributionRule.OPERATOR
    if reply.keyword is None and not by_operator:
        is_answered = len(reply.body) <= _LONGEST_KEYWORD and _fire_keyword_triggers(reply, received_at)
        if account and not is_answered:
            _answer_if_closed(account, reply, received_at)


def _answer_if_closed(account: Account, reply: Message, received_at: datetime) -> None:
    """Queue the away text for a client's reply if the studio is closed."""
    hours, is_of_client = account.opening_hours, reply.client_id is not None and not reply.other_recipients
    may_be_closed = hours is not None and account.away_text is not None and is_of_client
    if hours and may_be_closed and is_closed(hours, months.time_zone(account.time_zone), received_at):
        queues.send(SendAwayText(account=account.id, message_id=reply.id))


def _fire_keyword_triggers(reply: Message, now: datetime) -> bool:
    """Fire the triggers on this keyword, once: a repeated delivery sends only jobs that may have been lost.

    Return whether there are any.
    """
    keyword = keywords.fold(reply.body)
    all_triggers = triggers.of_account(reply.account) if keyword else {}
    matching = {name: trigger for name, trigger in all_triggers.items() if trigger.keyword == keyword}
    if not matching:
        return False
    record = Record(
        account=reply.account,
        kind=RecordKind.KEYWORD,
        id=reply.id,
        at=reply.created_at,
        event_id=reply.id,
        changed_at=reply.created_at,
        client_id=reply.client_id,
        phone=reply.phone,
        status=keyword,
    )
    zone = months.time_zone(accounts.get_or_raise(reply.account).time_zone)
    event, _ = triggers.write_event(record, keyword, matching, zone, now)
    queues.send(*map(fire_job, event.plan.planned))
    return True


def handle(body: str) -> None:
    """Process one text."""
    now = clients.now()
    receive(*read_arrival(body, now), now)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return batches.run_in_order(event, handle)
