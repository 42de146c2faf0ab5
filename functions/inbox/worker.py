"""A client's text becomes a message: once per carrier id, keyword or conversation, to the right studio and client."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from msgspec import MsgspecError

from longcode import keywords
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients, queues, sns
from longcode.aws.settings import settings
from longcode.aws.telemetry import OneByOne, logger
from longcode.carriers import twilio
from longcode.carriers.carrier import Inbound
from longcode.jobs import HearKeyword, Receive
from longcode.keywords import Keyword
from longcode.message import Message
from longcode.messages import folders, replies
from longcode.messages import reply as messages_reply
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.numbers.routing import Attribution, AttributionRule, LastText, attribute
from longcode.optouts.report import report_possible_opt_out
from longcode.triggers import store as triggers
from longcode.triggers.planning import fire_job
from longcode.triggers.trigger import Record, RecordKind
from longcode.usage import store as quotas
from longcode.webhooks import delivery
from longcode.webhooks.tell import tell
from longcode.windows import HEALED_AFTER

_LONGEST_KEYWORD = 60  # characters of a text that may be a studio's own keyword, with trimmings

_ANSWERED_WITHIN = timedelta(days=30)
_CLOCKS_DIFFER = timedelta(minutes=1)  # the carrier's and ours

processor = OneByOne(EventType.SQS)


def receive(inbound: Inbound, received_at: datetime, now: datetime | None = None) -> None:
    """Take in a text. STOP is handed on before the reply is written, and even if the text is nobody's.

    `now` is when it is taken in, if that is not when it came: it may have waited for days in a queue.
    """
    keyword = keywords.heard(inbound.body)
    decision = attributed(inbound, received_at)
    if keyword and keyword != keywords.NEAR_STOP and (decision or keyword in (Keyword.STOP, Keyword.START)):
        # A late copy of a STOP must not undo the START that followed it.
        as_new = (received_at, decision.account if decision else None)
        heard_at, account = replies.taken_in(inbound) or as_new
        queues.send(_heard(inbound, keyword, account, heard_at))
    if decision is None:
        replies.keep_unattributed(inbound, received_at)
        logger.info("a stranger's text")
        return
    studio = accounts.get(decision.account)
    made = messages_reply.make(inbound, decision, keyword, received_at, studio)
    new = replies.take_in(inbound, made)
    logger.info("reply", extra={"account": decision.account, "rule": decision.rule, "new": new})
    taken = made if new else _taken_in(inbound)
    if taken:
        _make_known(taken, studio, received_at, now or received_at)


def _taken_in(inbound: Inbound) -> Message | None:
    """Read the reply that an earlier copy became: of the studio that it went to, whosever this copy would be."""
    owner = replies.owner(inbound.carrier, inbound.carrier_id)
    return messages.get(*owner) if owner else None


def _make_known(taken: Message, studio: Account | None, received_at: datetime, now: datetime) -> None:
    """Do what follows from a reply: its staff are asked, its studio's software and its triggers are told."""
    report_possible_opt_out(taken)
    # A copy of a reply may be of another account by now.
    account = studio if studio and studio.id == taken.account else accounts.get(taken.account)
    if account:
        tell(account, [delivery.of_reply(taken, now)])
        if taken.month and taken.charged_units:
            quotas.begin_watch(account, taken.month, now + HEALED_AFTER)
    by_a_person = taken.rule == AttributionRule.OPERATOR  # who gave it to the account is none of its triggers' causes
    if taken.keyword is None and not by_a_person and len(taken.body) <= _LONGEST_KEYWORD:
        fire_keyword_triggers(taken, received_at)


def _heard(inbound: Inbound, keyword: str, account: str | None, at: datetime) -> HearKeyword:
    return HearKeyword(
        id=messages_reply.message_id(inbound),
        keyword=keyword,
        phone=inbound.phone,
        number=inbound.number,
        words=inbound.body,
        at=at,
        account=account,
        answered=inbound.answered,
    )


def read_arrival(body: str, now: datetime) -> tuple[Inbound, datetime]:
    """Read a text and when it came; ValueError for what is none, so that it ends in the dead-letter queue."""
    try:
        job = queues.read(Receive, body)
    except MsgspecError:
        return _of_sns(body, now)
    return twilio.read_inbound(job.form), job.received_at


def _of_sns(body: str, now: datetime) -> tuple[Inbound, datetime]:
    from longcode.carriers import aws  # noqa: PLC0415

    told = sns.read(body, now)
    # AWS has replied to no keyword: its opt-outs are left to us (docs/operating.md), or it would send us no STOP.
    return aws.read_inbound(told.message), told.at


def attributed(inbound: Inbound, received_at: datetime) -> Attribution | None:
    """Decide whose a reply is; None when it is a stranger's."""
    known = numbers.last_texts_to(inbound.phone, inbound.number)
    owner = None if inbound.number in settings().shared_numbers else _owner(inbound.number)
    answered = _answered(inbound.replies_to, inbound.phone, known, received_at) if inbound.replies_to else None
    if inbound.replies_to and answered is None:
        logger.warning("the carrier names a text that none of ours is")
    return attribute(known, received_at, answered=answered, owner=owner)


def _owner(number: str) -> str | None:

    return numbers.dedicated_owner(number)


def _answered(carrier_id: str, phone: str, known: Sequence[LastText], received_at: datetime) -> LastText | None:
    """Find the text that the carrier knows by this id, among the newest to the phone, then among all of a month."""
    lately = [(last.account, one) for last in known for one in {last.message_id: 0, **last.lately}]
    found = next((one for one in messages.get_many(lately) if one.carrier_id == carrier_id), None)
    newest_first = sorted(known, key=lambda one: one.at, reverse=True)
    while found is None and newest_first:
        found = _older(carrier_id, phone, newest_first.pop(0).account, received_at)
    return _last_text(found) if found else None


def _older(carrier_id: str, phone: str, account: str, received_at: datetime) -> Message | None:

    since, until = received_at - _ANSWERED_WITHIN, received_at + _CLOCKS_DIFFER
    sent = folders.sent_to(phone, account, since, until)
    return next((one for one in sent if one.carrier_id == carrier_id), None)


def _last_text(text: Message) -> LastText:
    return LastText(
        account=text.account,
        phone=text.phone,
        number=text.number,
        message_id=text.id,
        client_id=text.client_id,
        at=text.sent_at or text.created_at,
    )


def fire_keyword_triggers(reply: Message, now: datetime) -> None:
    """Tell the triggers that watch this keyword. Killed anywhere, the reply's next delivery goes on, and once."""
    said = keywords.fold(reply.body)
    every = triggers.of_account(reply.account) if said else {}
    watching = {name: one for name, one in every.items() if one.keyword == said}
    if not watching:
        return
    told = Record(
        account=reply.account,
        kind=RecordKind.KEYWORD,
        id=reply.id,
        at=reply.created_at,
        event_id=reply.id,
        changed_at=reply.created_at,
        client_id=reply.client_id,
        phone=reply.phone,
        status=said,
    )
    zone = ZoneInfo(accounts.need(reply.account).time_zone)
    event, _ = triggers.take_in_event(told, said, watching, zone, now)
    queues.send(*map(fire_job, event.plan.planned))


def record_handler(record: SQSRecord) -> None:
    """Take in what a carrier brought."""
    now = clients.now()
    receive(*read_arrival(record.body, now), now)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, record_handler, processor, context)
