"""Whose a reply is: reads what the rules ask for. Which of them decides is in longcode/route.py."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.carriers.carrier import Inbound
from longcode.message import Message
from longcode.route import Decision, LastText, attribute
from longcode.table import messages, routes

_ANSWERED_WITHIN = timedelta(days=30)
_CLOCKS_DIFFER = timedelta(minutes=1)  # the carrier's and ours


def attributed(inbound: Inbound, received_at: datetime) -> Decision | None:
    """Decide whose a reply is; None when it is a stranger's."""
    known = routes.to(inbound.phone, inbound.number)
    owner = None if inbound.number in settings().shared_numbers else _owner(inbound.number)
    answered = _answered(inbound.replies_to, inbound.phone, known, received_at) if inbound.replies_to else None
    if inbound.replies_to and answered is None:
        logger.warning("the carrier names a text that none of ours is")
    return attribute(known, received_at, answered=answered, owner=owner)


def _owner(number: str) -> str | None:
    from longcode.table import dedicated  # noqa: PLC0415 - few numbers are

    return dedicated.owner(number)


def _answered(carrier_id: str, phone: str, known: Sequence[LastText], received_at: datetime) -> LastText | None:
    """Find the text that the carrier knows by this id, among the newest to the phone, then among all of a month."""
    lately = [(last.account, one) for last in known for one in {last.message_id: 0, **last.lately}]
    found = next((one for one in messages.some(lately) if one.carrier_id == carrier_id), None)
    newest_first = sorted(known, key=lambda one: one.at, reverse=True)
    while found is None and newest_first:
        found = _older(carrier_id, phone, newest_first.pop(0).account, received_at)
    return _last_text(found) if found else None


def _older(carrier_id: str, phone: str, account: str, received_at: datetime) -> Message | None:
    from longcode.table import folders  # noqa: PLC0415 - few replies are to so old a text

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
