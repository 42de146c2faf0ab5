"""A client's text becomes a message: once per carrier id, keyword or conversation, to the right studio and client."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from inbox import arrival
from inbox.attributing import attributed
from longcode import keywords
from longcode.account import Account
from longcode.aws import clock, queues
from longcode.aws.batch import OneByOne
from longcode.aws.telemetry import logger
from longcode.carriers.carrier import Inbound
from longcode.jobs import HearKeyword
from longcode.keywords import Keyword
from longcode.message import Message
from longcode.messages import reply
from longcode.optouts import possible
from longcode.patience import HEALED_AFTER
from longcode.route import Rule
from longcode.table import accounts, allowances, inbox, messages, strangers
from longcode.webhooks import delivery
from longcode.webhooks.tell import tell

processor = OneByOne(EventType.SQS)
_LONGEST_KEYWORD = 60  # characters of a text that may be a studio's own keyword, with trimmings


def receive(inbound: Inbound, received_at: datetime, now: datetime | None = None) -> None:
    """Take in a text. STOP is handed on before the reply is written, and even if the text is nobody's.

    `now` is when it is taken in, if that is not when it came: it may have waited for days in a queue.
    """
    keyword = keywords.heard(inbound.body)
    decision = attributed(inbound, received_at)
    if keyword and keyword != keywords.NEAR_STOP and (decision or keyword in (Keyword.STOP, Keyword.START)):
        # A late copy of a STOP must not undo the START that followed it.
        as_new = (received_at, decision.account if decision else None)
        heard_at, account = inbox.taken_in(inbound) or as_new
        queues.send(_heard(inbound, keyword, account, heard_at))
    if decision is None:
        strangers.quarantine(inbound, received_at)
        logger.info("a stranger's text")
        return
    studio = accounts.get(decision.account)
    made = reply.make(inbound, decision, keyword, received_at, studio)
    new = inbox.take_in(inbound, made)
    logger.info("reply", extra={"account": decision.account, "rule": decision.rule, "new": new})
    taken = made if new else _taken_in(inbound)
    if taken:
        _make_known(taken, studio, received_at, now or received_at)


def _taken_in(inbound: Inbound) -> Message | None:
    """Read the reply that an earlier copy became: of the studio that it went to, whosever this copy would be."""
    owner = strangers.owner(inbound.carrier, inbound.carrier_id)
    return messages.get(*owner) if owner else None


def _make_known(taken: Message, studio: Account | None, received_at: datetime, now: datetime) -> None:
    """Do what follows from a reply: its staff are asked, its studio's software and its triggers are told."""
    possible.report(taken)
    # A copy of a reply may be of another account by now.
    account = studio if studio and studio.id == taken.account else accounts.get(taken.account)
    if account:
        tell(account, [delivery.of_reply(taken, now)])
        if taken.month and taken.charged_units:
            allowances.begin_watch(account, taken.month, now + HEALED_AFTER)
    by_a_person = taken.rule == Rule.OPERATOR  # who gave it to the account is none of its triggers' causes
    if taken.keyword is None and not by_a_person and len(taken.body) <= _LONGEST_KEYWORD:
        from inbox import spoken  # noqa: PLC0415 - a worker's start does without

        spoken.tell(taken, received_at)


def _heard(inbound: Inbound, keyword: str, account: str | None, at: datetime) -> HearKeyword:
    return HearKeyword(
        id=reply.message_id(inbound),
        keyword=keyword,
        phone=inbound.phone,
        number=inbound.number,
        words=inbound.body,
        at=at,
        account=account,
        answered=inbound.answered,
    )


def record_handler(record: SQSRecord) -> None:
    """Take in what a carrier brought."""
    now = clock.now()
    receive(*arrival.read(record.body, now), now)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, record_handler, processor, context)
