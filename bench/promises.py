"""What the service has promised a studio, and which promises were not kept by what phones, inbox and usage have."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from longcode.months import month_of

ON_ITS_WAY = {"scheduled", "accepted", "queued", "sending", "uncertain"}
_STATES = {"delivered": {"delivered", "sent"}, "sent": {"delivered", "sent"}, "undelivered": {"undelivered"}}
"""The states that a text may have at the end, by the carrier's status: without its receipts it stays `sent`."""

_CALL = timedelta(seconds=10)
"""The longest call of the carrier: one that has begun before the API showed an opt-out is not after it."""


@dataclass
class Promised:
    """What the service has accepted, and what the phones have sent. Words are unique, and one unit long."""

    texts: dict[str, str] = field(default_factory=dict)  # the phone, by the words
    may_fail: set[str] = field(default_factory=set)  # phones whose text may have ended without an answer
    cancelled: set[str] = field(default_factory=set)  # words of texts that the studio asked to cancel
    replies: dict[str, str] = field(default_factory=dict)  # the phone, by the words
    stopped: dict[str, datetime] = field(default_factory=dict)  # when the API showed a phone as opted out
    unheard_stops: set[str] = field(default_factory=set)  # phones that the API did not show as opted out


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A text that the carrier took for a phone, with the carrier's last status."""

    at: datetime
    status: str


def broken(
    promised: Promised,
    texts: Sequence[Mapping[str, Any]],
    arrived: Mapping[str, Sequence[Arrival]],
    replies: Sequence[str],
    used: Mapping[str, int],
) -> dict[str, list[str]]:
    """Return the words, phones or units about which a promise was not kept, by the kind of fault.

    `texts` are the API's, with their words as `body`; `arrived` has what the phones got, by its words; `replies` are
    the words in the inbox, and `used` is the usage of the months.
    """
    listed = {text["body"]: text for text in texts}
    times_listed = Counter(text["body"] for text in texts)
    heard = Counter(words for words in replies if words in promised.replies)
    reached = {words for words, ways in arrived.items() if any(way.status != "undelivered" for way in ways)}
    return {
        "lost": [words for words in promised.texts if _is_lost(promised, listed.get(words), arrived.get(words, ()))],
        "doubled": [words for words in promised.texts if len(arrived.get(words, ())) > 1 or times_listed[words] > 1],
        "stuck": stuck(texts),
        "wrong_state": [
            words
            for words, ways in arrived.items()
            if words in listed and not any(listed[words]["state"] in _STATES.get(way.status, ()) for way in ways)
        ],
        "replies_lost": [words for words in promised.replies if not heard[words]],
        "replies_doubled": [words for words, times in heard.items() if times > 1],
        "stops_lost": sorted(promised.unheard_stops),
        "texts_after_stop": [
            words
            for words, phone in promised.texts.items()
            if phone in promised.stopped
            and any(way.at > promised.stopped[phone] + _CALL for way in arrived.get(words, ()))
        ],
        "wrongly_charged": [
            words for words, text in listed.items() if text["charged_units"] != int(words in reached)
        ],
        "units_off": [
            f"{name}: {used[name]} instead of {owed}"
            for name, owed in (("units_sent", len(reached)), ("units_received", len(promised.replies)))
            if used[name] != owed
        ],
    }


def months_of(began: datetime, ended: datetime) -> list[str]:
    """Return the months, by the clock of invoices, in which a time began and ended: one, or two."""
    return sorted({month_of(began), month_of(ended)})


def added_up(used: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    """Return the usage of several months as one."""
    return sum((Counter(month) for month in used), Counter())


def stuck(texts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the words of the texts that have not reached a final state."""
    return [text["body"] for text in texts if text["state"] in ON_ITS_WAY]


def _is_lost(promised: Promised, text: Mapping[str, Any] | None, ways: Sequence[Arrival]) -> bool:
    """Return whether a text is missing, or did not reach the carrier although nothing explains it."""
    if text is None:
        return True
    if ways:
        return False
    explained = (
        text["body"] in promised.cancelled and text["state"] == "cancelled",
        text["phone"] in promised.may_fail and text["state"] == "failed",
        text["phone"] in promised.stopped and text["state"] == "refused",
    )
    return not any(explained)
