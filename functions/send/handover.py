"""The one call to the carrier for a text that was claimed, and what each of its answers means for the text."""

import random
from datetime import datetime
from typing import Any

from longcode import patience
from longcode.aws.telemetry import count, logger
from longcode.carriers.carrier import Carrier, Refused, Sent, Text, Uncertain, Why
from longcode.message import Held, Message, State
from longcode.table import messages
from send import mirroring


def hand_over(claimed: Message, carrier: Carrier, now: datetime) -> None:
    """Call the carrier, once, and record what it answers."""
    text = Text(
        reference=f"{claimed.account}.{claimed.id}",
        to=claimed.phone,
        origin=claimed.number,
        body=claimed.body,
        valid_seconds=patience.seconds_left(claimed, now),
    )
    match carrier.send(text):
        case Sent(carrier_id):
            messages.record(claimed, State.SENT, carrier=carrier.name, carrier_id=carrier_id)
        case Refused(Why.TRY_AGAIN | Why.PARKED as why, code):
            _try_again(claimed, why, code, now)
        case Refused(Why.TRY_ONCE_LATER as why, code) if claimed.attempt == 1:
            _try_again(claimed, why, code, now)
        case Refused(why, code):
            if why is Why.OPTED_OUT:
                mirroring.mirror(claimed, code, now)
            messages.settle(claimed, State.FAILED, error=f"{carrier.name}:{code}", finished_at=now)
        case Uncertain(reason):
            count("UncertainSends")
            logger.warning("uncertain", extra={"message_id": claimed.id, "reason": reason})
            deadline = patience.deadline(now, carrier.name)
            look = patience.next_look(now, deadline, carrier.name)
            messages.put_off(claimed, State.UNCERTAIN, look, deadline=deadline, carrier=carrier.name)


def _try_again(claimed: Message, why: Why, code: str, now: datetime) -> None:
    """Put a text off that surely did not go: until a pause is over, or parked until the operator lets it go on."""
    until = patience.ends_at(claimed)
    waits: dict[str, Any] = {"error": code}
    if why is Why.PARKED:
        count("ParkedSends")
        logger.error("parked: the carrier wants the operator", extra={"message_id": claimed.id, "code": code})
        waits["held"] = Held.PARKED
    else:
        until = min(until, patience.retry_at(now, claimed.attempt, random.random()))  # noqa: S311  # jitter is no secret
    if claimed.resent:
        # The second attempt is not used up, and of the first nobody knows more than before.
        messages.put_off(claimed, State.UNCERTAIN, until, deadline=now, resent=False)
        return
    messages.put_off(claimed, State.QUEUED, until, **waits)
