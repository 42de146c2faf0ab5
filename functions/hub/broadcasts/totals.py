"""The totals of a draft in words: texts, length, price, limits, and texts that wait for quiet hours."""

from datetime import datetime

from msgspec import Struct

from broadcasts import draft_check
from broadcasts.draft_check import Fit
from hub import words
from hub.broadcasts import wording
from longcode.accounts.account import Account
from longcode.broadcasts.drafts import DraftCheck
from longcode.segments import UNIT_CHARACTERS


class DraftTotals(Struct, frozen=True, kw_only=True):
    """The totals of a check that is done, as the pages write them; `fit` is what the limits allow at a time."""

    texts: int
    units: int
    lengths: list[str]
    none: list[tuple[int, str]]
    waits: list[str]
    asked: int
    fit: Fit

    @property
    def left(self) -> int:
        """Return how many units the limits leave, or those needed without a limit."""
        return self.fit.needed if self.fit.left is None else self.fit.left


def of(account: Account, check: DraftCheck, at: datetime, now: datetime) -> DraftTotals:
    """Return the totals of a broadcast that would begin at a time."""
    fit = draft_check.fit(account, check, at)
    return DraftTotals(
        texts=check.texts,
        units=check.units,
        lengths=_lengths(check),
        none=sorted(((count, wording.why_none_of_many(code)) for code, count in check.skipped.items()), reverse=True),
        waits=waits(account, check, at, now),
        asked=check.asked,
        fit=fit,
    )


def waits(account: Account, check: DraftCheck, at: datetime, now: datetime) -> list[str]:
    """Return how many texts would wait for the end of quiet hours, each until when, in the studio's time."""
    zone = account.time_zone
    return [
        f"{words.counted(count, 'text')} {'waits' if count == 1 else 'wait'} until {words.ahead(until, now, zone)}"
        for until, count in draft_check.held(account, check, at)
    ]


def _lengths(check: DraftCheck) -> list[str]:
    """Return how many texts count as more than one, if not all count alike."""
    by_units = sorted((int(units), texts) for units, texts in check.counts.items())
    if len(by_units) == 1:
        units = by_units[0][0]
        return [] if units == 1 else [f"Each counts as {words.counted(units, 'text')} of 160 characters."]
    several = {units: (texts, words.number((units - 1) * UNIT_CHARACTERS)) for units, texts in by_units if units > 1}
    return [
        f"{words.counted(texts, 'text')} with more than {most} characters: counted as {units}."
        for units, (texts, most) in several.items()
    ]
