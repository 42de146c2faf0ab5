"""From a received text to the studio's message, with its client, its units and its attribution."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2s

from longcode import segments
from longcode.accounts.account import Account, was_closed
from longcode.carriers.carrier import Inbound
from longcode.keywords import Keyword
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.months import month_of
from longcode.numbers.routing import Attribution, client_of_reply


def message_of_reply(
    inbound: Inbound,
    attribution: Attribution,
    keyword: str | None,
    received_at: datetime,
    *,
    studio: Account | None,
    with_phone: Mapping[str, bool],
) -> Message:
    """Return the message that the studio sees. STOP, START and HELP are not charged: the service answers them.

    A text that came after the account was closed is shown, but it is not charged and counts in no month.
    """
    closed = studio is not None and was_closed(received_at, studio.status_changes)
    measure = segments.measure(inbound.body)
    return Message(
        account=attribution.account,
        id=message_id(inbound),
        direction=Direction.IN,
        kind=MessageKind.REPLY,
        state=MessageState.RECEIVED,
        phone=inbound.phone,
        number=inbound.number,
        body=inbound.body,
        encoding=measure.encoding,
        segments=measure.segments,
        units=measure.units,
        charged_units=0 if closed or _is_service(keyword) else measure.units,
        month=None if closed else month_of(received_at),
        created_at=received_at,
        client_id=client_of_reply(attribution.client_id, with_phone),
        carrier=inbound.carrier,
        carrier_id=inbound.carrier_id,
        read=False,
        keyword=keyword,
        media=inbound.media,
        other_recipients=inbound.other_recipients,
        answers=attribution.answers,
        replies_to=inbound.replies_to,
        rule=attribution.rule,
        candidates=attribution.candidates,
    )


def message_id(inbound: Inbound) -> str:
    """Return the id of a reply: the same however often the carrier delivers it."""
    return blake2s(f"{inbound.carrier}\n{inbound.carrier_id}".encode(), digest_size=12).hexdigest()


def _is_service(keyword: str | None) -> bool:
    return keyword in (Keyword.STOP, Keyword.START, Keyword.HELP)
