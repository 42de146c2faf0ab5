"""A client's text becomes a message: once per carrier id, keyword or conversation, to the right studio and client."""

from datetime import datetime
from hashlib import blake2s
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from longcode import keywords, segments
from longcode.aws import queues
from longcode.aws.batch import OneByOne
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.carriers import twilio
from longcode.carriers.carrier import Inbound
from longcode.jobs import HearKeyword, Receive
from longcode.keywords import Keyword
from longcode.message import Direction, Kind, Message, State
from longcode.months import month_of
from longcode.route import Decision, attribute, link
from longcode.table import clients, inbox, messages, routes

processor = OneByOne(EventType.SQS)
_LONGEST_KEYWORD = 60  # characters of a text that may be a studio's own keyword, with trimmings


def receive(inbound: Inbound, received_at: datetime) -> None:
    """Take in a text. STOP is handed on before the reply is written, and even if the text is nobody's."""
    keyword = keywords.heard(inbound.body)
    decision = attribute(routes.to(inbound.phone, inbound.number), received_at, inbound.replies_to)
    if keyword and (decision or keyword in (Keyword.STOP, Keyword.START)):
        # A late copy of a STOP must not undo the START that followed it.
        heard_at = inbox.seen_at(inbound) or received_at
        queues.put(settings().opt_out_queue_url, [_heard(inbound, keyword, decision, heard_at)])
    if decision is None:
        inbox.quarantine(inbound, received_at)
        logger.info("a stranger's text")
        return
    made = reply(inbound, decision, keyword, received_at)
    new = inbox.take_in(inbound, made)
    logger.info("reply", extra={"account": decision.route.account, "rule": decision.rule, "new": new})
    taken = made if new else messages.get(made.account, made.id)
    if taken and keyword is None and len(taken.body) <= _LONGEST_KEYWORD:
        from inbox import spoken  # noqa: PLC0415 - a worker's start does without

        spoken.tell(taken, received_at)


def reply(inbound: Inbound, decision: Decision, keyword: str | None, received_at: datetime) -> Message:
    """Make the message that a studio sees. STOP, START and HELP are not charged: they are the service's business."""
    account = decision.route.account
    measure = segments.measure(inbound.body)
    return Message(
        account=account,
        id=_message_id(inbound),
        direction=Direction.IN,
        kind=Kind.REPLY,
        state=State.RECEIVED,
        phone=inbound.phone,
        number=inbound.number,
        body=inbound.body,
        encoding=measure.encoding,
        segments=measure.segments,
        units=measure.units,
        charged_units=0 if _is_service(keyword) else measure.units,
        month=month_of(received_at),
        created_at=received_at,
        client_id=link(decision.route.client_id, clients.with_phone(account, inbound.phone)),
        carrier=inbound.carrier,
        carrier_id=inbound.carrier_id,
        read=False,
        keyword=keyword,
        media=inbound.media,
        answers=decision.route.message_id,
        rule=decision.rule,
        candidates=decision.candidates,
    )


def _is_service(keyword: str | None) -> bool:
    return keyword in (Keyword.STOP, Keyword.START, Keyword.HELP)


def _message_id(inbound: Inbound) -> str:
    return blake2s(f"{inbound.carrier}\n{inbound.carrier_id}".encode(), digest_size=12).hexdigest()


def _heard(inbound: Inbound, keyword: str, decision: Decision | None, at: datetime) -> HearKeyword:
    return HearKeyword(
        id=_message_id(inbound),
        keyword=keyword,
        phone=inbound.phone,
        number=inbound.number,
        words=inbound.body,
        at=at,
        account=decision.route.account if decision else None,
        answered=inbound.answered,
    )


def record_handler(record: SQSRecord) -> None:
    """Take in what one webhook brought."""
    job = queues.read(Receive, record.body)
    receive(twilio.read_inbound(job.form), job.received_at)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, record_handler, processor, context)
