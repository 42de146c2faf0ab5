"""Match texts of ours with those that the carrier lists, to find out which of them the carrier has."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from longcode.carriers.carrier import CarrierText
from longcode.message import Message, MessageState
from longcode.windows import LEASE

UNCERTAIN = "uncertain"
"""The error of a text that failed without an answer: the carrier may have it, and it is not charged."""

SKEW = timedelta(seconds=15)
"""The difference between the carrier's clock, which has whole seconds, and ours."""


def window(message: Message) -> tuple[datetime, datetime]:
    """Return the earliest and the latest time at which the carrier can have taken a claimed text."""
    claimed_at = message.claimed_at or message.created_at
    return claimed_at - SKEW, claimed_at + LEASE + SKEW


def match(sought: Message, listed: Iterable[CarrierText], others: Iterable[Message]) -> CarrierText | None:
    """Return the listed text that is the one sought; None if none is, or if it may be another text of ours.

    `others` are our other texts to that phone over that number, of all accounts. The carrier does not store our
    references, so texts are matched by words and time. Two uncertain texts that share both cannot be told apart.
    If the text has a carrier's id already (see `admin.restore_check`), that id decides.
    """
    if sought.carrier_id:
        return next((text for text in listed if text.carrier_id == sought.carrier_id), None)
    others = list(others)
    if any(_may_be_confused(other, sought) for other in others):
        return None
    taken = {other.carrier_id for other in others}.union(sought.returned, *(other.returned for other in others))
    first, last = window(sought)
    candidates = [
        text
        for text in listed
        if text.carrier_id not in taken
        and words(text.body) == words(sought.body)
        and first <= text.created_at <= last
    ]
    return candidates[0] if len(candidates) == 1 else None


def assign(choices: Sequence[Sequence[str]]) -> dict[int, str]:
    """Return one of its choices, by index, for as many as can have one each, no choice twice.

    Who comes first has precedence, and takes the first of its choices that is free. It gets another one of them if
    only that leaves one for somebody else: this is a maximum matching.
    """
    given: dict[int, str] = {}
    holders: dict[str, int] = {}
    for start in range(len(choices)):
        reached_from: dict[str, int] = {}
        to_visit = [start]
        for index in to_visit:  # which grows by who holds a choice that is reached
            new = [choice for choice in choices[index] if choice not in reached_from]
            reached_from |= dict.fromkeys(new, index)
            choice = next((choice for choice in new if choice not in holders), None)
            if choice is None:
                to_visit += [holders[choice] for choice in new]
                continue
            while choice is not None:  # whoever gets a choice hands its own on
                index = reached_from[choice]  # noqa: PLW2901 - the search is over
                holders[choice] = index
                given[index], choice = choice, given.get(index)
            break
    return given


def _may_be_confused(other: Message, sought: Message) -> bool:
    uncertain = other.state in (MessageState.SENDING, MessageState.UNCERTAIN) or other.error == UNCERTAIN
    if not uncertain or other.carrier_id or words(other.body) != words(sought.body):
        return False
    first, last = window(sought)
    earliest, latest = window(other)
    return earliest <= last and first <= latest


def words(body: str) -> str:
    """Return a text as the carrier gets it: half a surrogate pair is encoded as a question mark."""
    return body.encode(errors="replace").decode().strip()
