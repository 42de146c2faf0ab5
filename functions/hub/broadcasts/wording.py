"""What a broadcast's state, audience, progress and results are in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil

from msgspec import Struct

from hub import words
from longcode.accounts.account import Account
from longcode.broadcasts.broadcast import Broadcast
from longcode.broadcasts.counts import Counts, Result
from longcode.clients.client import Audience
from longcode.message import MAY_STILL_BE_SENT, NOT_REACHED, BroadcastState, HoldReason, MessageState

_MINUTE, _HOUR = 60, 3600
_SOON = timedelta(minutes=10)  # a scheduled broadcast's page looks for its begin, and a finished one's for receipts
_TONES = {BroadcastState.REFUSED: "bad", BroadcastState.CANCELLED: "plain", BroadcastState.SCHEDULED: ""}
_SENT = "Sent, and the carrier has not said yet whether it arrived"
_ENDED = {
    MessageState.DELIVERED: "Delivered",
    MessageState.CANCELLED: "Cancelled before it was sent",
    MessageState.UNCERTAIN: "Sent, but the carrier has not confirmed it",
}
_NO_TEXT = {  # why a client gets no text: for one client, and for many
    "no_permission": ("Allow Text Marketing is not ticked in the record.", "Allow Text Marketing is not ticked"),
    "no_number_ticked": ("No number of the record has its SMS box ticked.", "no number has its SMS box ticked"),
    "opted_out": ("Asked us to stop. Only they can start again, by texting START.", "asked us to stop"),
    "duplicate": (
        "Another client in this broadcast has the same number, and gets the text.",
        "same number as another",
    ),
    "unreachable": (
        "Two texts came back: the number is a landline or unknown. Untick it in the record.",
        "landline, or an unknown number",
    ),
    "limit": ("It does not fit what is left of your limits.", "does not fit what is left of your limits"),
    "not_found": ("There is no such client.", "no such client"),
    "unreadable": ("The record cannot be read. We have been told.", "the record cannot be read"),
    "empty_field": (
        "The record has nothing for a merge field of the text. Fill it in, or write what stands there instead.",
        "nothing in the record for a merge field",
    ),
    "bad_value": ("The record has braces in a name. Take them out.", "braces in a name"),
    "text_too_long": ("With this client's name, the text is too long.", "too long with the client's name"),
    "empty_text": ("With this client's record, the text is empty.", "empty with the client's record"),
    "country_not_allowed": ("Your account does not text this country.", "a country that you do not text"),
    "number_type_not_allowed": ("Numbers of this kind get no texts.", "a kind of number that gets no texts"),
    "our_own_number": ("This is a number that we send from.", "a number that we send from"),
    "reached": (
        "The earlier broadcast reached this number, or may have.",
        "reached by the earlier broadcast, or perhaps",
    ),
    "not_again": (
        "The number cannot receive texts. Ask the client for another one.",
        "the number cannot receive texts",
    ),
}


class ResultLine(Struct, frozen=True, kw_only=True):
    """A result in words, how many texts have it, and the key by which the list of recipients is narrowed to it."""

    said: str
    count: int
    key: str = ""
    tone: str = ""


class Steps(Struct, frozen=True, kw_only=True):
    """How far a broadcast is: `done` of `total` texts, `handed_over` to the carrier, others waiting for a reason."""

    total: int
    done: int
    handed_over: int
    waiting: list[ResultLine]
    left: str
    moves: bool
    is_old: bool

    @property
    def unsent(self) -> int:
        """Return how many texts have not gone yet."""
        return self.total - self.done


def state(broadcast: Broadcast, texts: Counts, now: datetime, zone: str) -> tuple[str, str]:
    """Return the state of a broadcast in words, and its tone."""
    if broadcast.paused:
        return "Paused", ""
    waits = texts.may_still_be_sent
    match broadcast.state:
        case BroadcastState.SCHEDULED if broadcast.send_at and broadcast.send_at > now:
            said = f"Goes out {words.ahead(broadcast.send_at, now, zone)}"
        case BroadcastState.SCHEDULED | BroadcastState.PLANNING:
            said = "About to go out"
        case BroadcastState.REFUSED:
            said = "Not sent"
        case BroadcastState.CANCELLED:
            said = "Cancelled"
        case BroadcastState.DONE if waits and _held(texts) == waits:
            said = "Waits for the morning" if _held(texts, HoldReason.QUIET_HOURS) == waits else "Waits"
        case BroadcastState.DONE if not waits:
            said = "Sent"
        case _:
            said = "Going out"
    if said == "Sent":
        return said, "plain"
    return said, _TONES.get(broadcast.state, "")


def whom(broadcast: Broadcast, audience: Audience | None) -> str:
    """Return whom a broadcast is for: `all clients`, `clients with the tag “wedding”`.

    Clients that were left out by hand are counted only if the audience was read with their ids.
    """
    if broadcast.again_of:
        return "those whom an earlier broadcast did not reach"
    if audience is None:
        return ""
    if audience.everyone:
        said = "all clients"
    elif audience.tags or audience.status or audience.search:
        has = [f"the tag {_quoted(audience.tags)}"] if audience.tags else []
        has += [f"the status “{audience.status}”"] if audience.status else []
        has += [f"“{audience.search}” in a name or number"] if audience.search else []
        said = f"clients with {' and '.join(has)}"
    else:
        said = "clients chosen one by one"
    without = [f"the tag {_quoted(audience.except_tags)}"] if audience.except_tags else []
    if audience.except_client_ids:
        without.append(f"{words.counted(len(audience.except_client_ids), 'client')} left out by hand")
    return f"{said}, without {' and '.join(without)}" if without else said


def _quoted(tags: Sequence[str]) -> str:
    return " or ".join(f"“{tag}”" for tag in tags)


def _held(texts: Counts, *reasons: HoldReason) -> int:
    return sum(
        count
        for result, count in texts.results.items()
        if result.state in MAY_STILL_BE_SENT and result.reason and (not reasons or result.reason in reasons)
    )


def steps(broadcast: Broadcast, texts: Counts, now: datetime, segments_a_second: float) -> Steps:
    """Return how far a broadcast is, and about how long the rest takes."""
    counted = sum(texts.states.values())
    is_over = broadcast.state in (BroadcastState.DONE, BroadcastState.CANCELLED)
    total = counted if is_over else max(broadcast.planned_texts, counted)
    waiting = [
        ResultLine(said=words.waiting(result.reason or ""), count=count, key=key_of(result))
        for result, count in texts.results.items()
        if result.state in MAY_STILL_BE_SENT and result.reason
    ]
    going = total - texts.done - sum(line.count for line in waiting)
    is_going = not broadcast.paused and broadcast.state in (
        BroadcastState.PLANNING,
        BroadcastState.SENDING,
        BroadcastState.DONE,
    )
    left = ""
    if is_going and going > 0 and broadcast.state is not BroadcastState.PLANNING:
        segments = broadcast.segments / broadcast.texts if broadcast.texts else 1
        pace = texts.pace(now)
        left = time_left(max(going * segments / segments_a_second, going / pace if pace else 0))
    return Steps(
        total=total,
        done=texts.done,
        handed_over=texts.handed_over,
        waiting=waiting,
        left=left,
        moves=_moves(broadcast, texts, going, now) or texts.is_old(now),
        is_old=texts.is_old(now),
    )


def _moves(broadcast: Broadcast, texts: Counts, going: int, now: datetime) -> bool:
    """Return whether the numbers of a broadcast will soon be other ones."""
    if broadcast.bulk_action:
        return True
    if broadcast.paused or broadcast.state is BroadcastState.REFUSED:
        return False
    if broadcast.state is BroadcastState.SCHEDULED:
        return broadcast.send_at is None or broadcast.send_at - now < _SOON
    is_new = broadcast.finished_at is None or now - broadcast.finished_at < _SOON
    return going > 0 or bool(is_new and texts.count(MessageState.SENT, MessageState.UNCERTAIN))


def time_left(seconds: float) -> str:
    """Return about how long something takes: `about 2 minutes left`."""
    if seconds < _MINUTE:
        return "less than a minute left"
    if seconds < _HOUR:
        return f"about {words.counted(ceil(seconds / _MINUTE), 'minute')} left"
    return f"about {words.counted(round(seconds / _HOUR), 'hour')} left"


def results(texts: Counts) -> list[ResultLine]:
    """Return what became of the texts that have ended, by reason, the most frequent first."""
    lines = [
        ResultLine(
            said=of_result(result), count=count, key=key_of(result), tone="bad" if result.state in NOT_REACHED else ""
        )
        for result, count in texts.results.items()
        if result.state not in MAY_STILL_BE_SENT or result.state is MessageState.UNCERTAIN
    ]
    return sorted(lines, key=lambda line: (bool(line.tone), -line.count, line.said))


def skipped(broadcast: Broadcast) -> list[ResultLine]:
    """Return why clients got no text, the most frequent reason first."""
    return of_codes(broadcast.skipped)


def of_codes(counts_by_code: Mapping[str, int]) -> list[ResultLine]:
    """Return why clients get no text, from their counts by code, the most frequent reason first."""
    reasons = sorted(counts_by_code.items(), key=lambda pair: (-pair[1], pair[0]))
    return [ResultLine(said=why_none_of_many(code), count=count) for code, count in reasons]


def why_no_text(code: str | None, detail: str | None) -> str:
    """Return why a client or phone gets no text; the sentence of the API for a reason that is not known here."""
    return _NO_TEXT.get(code or "", (detail or "", ""))[0]


def why_none_of_many(code: str) -> str:
    """Return why many get no text, to stand after their number."""
    return _NO_TEXT.get(code, ("", code.replace("_", " ")))[1]


def of_result(result: Result) -> str:
    """Return a result in words."""
    if result.state in NOT_REACHED:
        return words.sentence(words.ended_badly(result.state, result.reason))
    return _ENDED.get(result.state, _SENT)


def key_of(result: Result) -> str:
    """Return the key of a result in an address."""
    return f"{result.state}.{result.reason or ''}"


def result_of(key: str, texts: Counts) -> Result | None:
    """Return the result that a key in an address stands for, if a text of the broadcast has it."""
    return next((result for result in texts.results if key_of(result) == key), None)


def reason_of_pause(broadcast: Broadcast, account: Account) -> str:
    """Return why a broadcast is paused, and what helps."""
    if broadcast.detail:
        return f"We paused it: {broadcast.detail} You can resume it once your account sends again."
    who = "You" if broadcast.paused_by == account.name else broadcast.paused_by or "Somebody"
    return f"{who} paused it. None of its texts go out until somebody resumes it."
