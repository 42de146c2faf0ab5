"""Which of the texts that a carrier lists is the one whose answer we never heard."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from longcode.carriers.carrier import CarrierText
from longcode.message import Message, MessageState
from longcode.windows import LEASE

UNCERTAIN = "uncertain"
"""The error of a text that was given up: the carrier may have it, and nobody is charged for it."""

_SKEW = timedelta(seconds=15)  # between the carrier's clock, which tells whole seconds, and ours


def window(message: Message) -> tuple[datetime, datetime]:
    """Tell from when until when the carrier can have taken a text that was claimed."""
    claimed_at = message.claimed_at or message.created_at
    return claimed_at - _SKEW, claimed_at + LEASE + _SKEW


def match(sought: Message, listed: Iterable[CarrierText], others: Iterable[Message]) -> CarrierText | None:
    """Find a text among what the carrier has of its phone; None when none is it, or when it might be another's.

    `others` are our other texts to that phone over that number, of any account. The carrier knows no reference of
    ours, so words and time must tell, and two texts that share both and are unheard of cannot be told apart.
    """
    others = list(others)
    if any(_may_be_meant(other, sought) for other in others):
        return None
    taken = {other.carrier_id for other in others}
    first, last = window(sought)
    fitting = [
        one
        for one in listed
        if one.carrier_id not in taken and _words(one.body) == _words(sought.body) and first <= one.created_at <= last
    ]
    return fitting[0] if len(fitting) == 1 else None


def _may_be_meant(other: Message, sought: Message) -> bool:
    unheard_of = other.state in (MessageState.SENDING, MessageState.UNCERTAIN) or other.error == UNCERTAIN
    if not unheard_of or other.carrier_id or _words(other.body) != _words(sought.body):
        return False
    first, last = window(sought)
    earliest, latest = window(other)
    return earliest <= last and first <= latest


def _words(body: str) -> str:
    """Give a text as it goes over the wire: half a surrogate pair is a question mark there."""
    return body.encode(errors="replace").decode().strip()
